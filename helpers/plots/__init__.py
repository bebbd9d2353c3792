"""The pictures every lesson shows.

Each function (but `pair_plot`, which makes a figure of many axes) takes arrays and
`ax=None`, returns the axes, labels both of them, and
keeps a one-sentence text of what is to be seen, with its numbers: `summary(ax)`. All
take `title=` in place of their own (an `ax.set_title` afterwards may cover the
legend). None calls `plt.show()` or changes matplotlib's settings. Anomalies, scores,
thresholds and reconstructions look the same in all lessons.
"""

from helpers.plots.drawings import (
    attention_diagram,
    autoencoder_diagram,
    bigan_diagram,
    encoder_decoder_diagram,
    gru_diagram,
    lstm_diagram,
    online_diagram,
    rnn_diagram,
    vae_diagram,
)
from helpers.plots.folds import cv_folds
from helpers.plots.measures import metric_bars
from helpers.plots.networks import activation_curves, network_diagram
from helpers.plots.points import (
    dbscan_clusters,
    decision_map,
    lof_circles,
    resampled_scatter,
)
from helpers.plots.reconstructions import image_rows, rebuilt_scatter
from helpers.plots.relations import heat_map, pair_plot
from helpers.plots.scores import (
    box_plot,
    calibration_curves,
    confusion_matrix,
    cost_curve,
    distribution_plot,
    precision_recall_curves,
    roc_curves,
    score_histogram,
    spread,
)
from helpers.plots.series import (
    reconstruction,
    score_over_time,
    series_pair,
    series_with_anomalies,
)
from helpers.plots.streams import buffers_over_time, scores_with_updates
from helpers.plots.style import (
    ANOMALY,
    CHANCE,
    EVENT,
    NORMAL,
    OKABE_ITO,
    RECONSTRUCTION,
    SCORE,
    SYNTHETIC,
    THRESHOLD,
    summary,
)
from helpers.plots.tables import class_counts, missing_values
from helpers.plots.tails import tail_plot
from helpers.plots.traces import segment_rates, trace_events
from helpers.plots.training import learning_curves, size_curves

__all__ = [
    "ANOMALY",
    "CHANCE",
    "EVENT",
    "NORMAL",
    "OKABE_ITO",
    "RECONSTRUCTION",
    "SCORE",
    "SYNTHETIC",
    "THRESHOLD",
    "activation_curves",
    "attention_diagram",
    "autoencoder_diagram",
    "bigan_diagram",
    "box_plot",
    "buffers_over_time",
    "calibration_curves",
    "class_counts",
    "confusion_matrix",
    "cost_curve",
    "cv_folds",
    "dbscan_clusters",
    "decision_map",
    "distribution_plot",
    "encoder_decoder_diagram",
    "gru_diagram",
    "heat_map",
    "image_rows",
    "learning_curves",
    "lof_circles",
    "lstm_diagram",
    "metric_bars",
    "missing_values",
    "network_diagram",
    "online_diagram",
    "pair_plot",
    "precision_recall_curves",
    "rebuilt_scatter",
    "reconstruction",
    "resampled_scatter",
    "rnn_diagram",
    "roc_curves",
    "score_histogram",
    "score_over_time",
    "scores_with_updates",
    "segment_rates",
    "series_pair",
    "series_with_anomalies",
    "size_curves",
    "spread",
    "summary",
    "tail_plot",
    "trace_events",
    "vae_diagram",
]
