"""Every plot: labelled, told in a sentence, honest about `ax`, without side effects."""

import inspect
import io

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from sklearn.base import clone
from sklearn.cluster import DBSCAN
from sklearn.datasets import make_blobs
from sklearn.ensemble import IsolationForest
from sklearn.model_selection import KFold

from benchmarks.published import FOUR_FACTORS, FOUR_POINTS
from helpers import plots, thresholds
from helpers.detectors import KNNDetector

random = np.random.default_rng(0)
NORMAL_ROWS = random.normal(size=(200, 2)) @ [[1.0, 0.6], [0.0, 0.8]]
POINTS = np.vstack([NORMAL_ROWS, random.normal(4, 0.7, size=(12, 2))])
LABELS = np.repeat([0, 1], [200, 12])
SCORES = np.linalg.norm(POINTS, axis=1)
WEAK_SCORES = SCORES + random.normal(0, 3, size=212)
HOURS = pd.date_range("2014-02-14", periods=336, freq="30min")
SERIES = pd.Series(np.sin(np.arange(336) / 48 * 2 * np.pi), HOURS, name="demand")
SERIES = SERIES + random.normal(0, 0.1, size=336)
SERIES.iloc[[104, 204]] += 1.5
EVENTS = np.zeros(336, int)
EVENTS[100:110] = EVENTS[200:206] = 1
BLOBS = make_blobs(
    300,
    centers=[(1, 0.5), (2, 2), (1, -1)],
    cluster_std=[0.1, 0.4, 0.3],
    random_state=0,
)[0]
HEART = pd.DataFrame(
    {"age": [50.0, np.nan] * 50, "ca": [0, 1, 2, 4] * 25, "thal": [1, 2, 3, 0, 2] * 20}
)
RESAMPLED = np.vstack([POINTS, POINTS[200:] + 0.3])
RESAMPLED_LABELS = np.repeat([0, 1], [200, 24])
EPOCHS = np.arange(1, 41)
HISTORY = {
    "loss": 0.3 + 0.5 / EPOCHS,
    "val_loss": 0.4 + 0.4 / EPOCHS + 0.004 * EPOCHS,
    "accuracy": 1 - 0.5 / EPOCHS,
}
CURVES = {"distance": (LABELS, SCORES), "noisy distance": (LABELS, WEAK_SCORES)}
PROBABILITIES = {
    "honest": (LABELS, 1 / (1 + np.exp(3 - WEAK_SCORES / 2))),
    "after SMOTE": (LABELS, 1 / (1 + np.exp(1 - WEAK_SCORES / 2))),
}
DIGITS = np.arange(128.0).reshape(2, 64) % 17

EXAMPLES = {
    "activation_curves": lambda ax: plots.activation_curves(ax=ax),
    "autoencoder_diagram": lambda ax: plots.autoencoder_diagram((8, 3, 8), ax=ax),
    "box_plot": lambda ax: plots.box_plot(SCORES, name="score", ax=ax),
    "buffers_over_time": lambda ax: plots.buffers_over_time(
        {"normal": [0, 1, 1, 2, 0, 1], "abnormal": [0, 0, 1, 1, 0, 0]},
        [4],
        full=2,
        ax=ax,
    ),
    "calibration_curves": lambda ax: plots.calibration_curves(PROBABILITIES, ax=ax),
    "class_counts": lambda ax: plots.class_counts(
        {"before": LABELS, "after": RESAMPLED_LABELS}, ax=ax
    ),
    "confusion_matrix": lambda ax: plots.confusion_matrix(LABELS, SCORES > 3, ax=ax),
    "cost_curve": lambda ax: plots.cost_curve(
        *thresholds.threshold_costs(
            LABELS, WEAK_SCORES, cost_false_negative=10, cost_false_positive=1
        ),
        chosen=4.0,
        ax=ax,
    ),
    "cv_folds": lambda ax: plots.cv_folds(
        KFold(5, shuffle=True, random_state=0).split(np.zeros(60)),
        60,
        sources=np.r_[np.arange(40), np.arange(20)],
        ax=ax,
    ),
    "dbscan_clusters": lambda ax: plots.dbscan_clusters(
        BLOBS, DBSCAN(eps=0.4, min_samples=2).fit(BLOBS).labels_, ax=ax
    ),
    "decision_map": lambda ax: plots.decision_map(
        lambda X: np.linalg.norm(X, axis=1), POINTS, LABELS, threshold=3.0, ax=ax
    ),
    "distribution_plot": lambda ax: plots.distribution_plot(
        SERIES, thresholds.sigma_limits(SERIES), name="demand", ax=ax
    ),
    "heat_map": lambda ax: plots.heat_map(
        pd.DataFrame(POINTS, columns=["height", "width"]).corr(), name="r", ax=ax
    ),
    "image_rows": lambda ax: plots.image_rows(
        {"original": DIGITS, "rebuilt": DIGITS / 2}, (8, 8), names=["a", "b"], ax=ax
    ),
    "learning_curves": lambda ax: plots.learning_curves(HISTORY, ax=ax),
    "lof_circles": lambda ax: plots.lof_circles(
        FOUR_POINTS, FOUR_FACTORS, threshold=1.5, ax=ax
    ),
    "metric_bars": lambda ax: plots.metric_bars(
        {"forest": {"F1": 0.5, "recall": 0.25}, "PCA": {"recall": 0.75, "F1": 0.375}},
        ax=ax,
    ),
    "missing_values": lambda ax: plots.missing_values(
        HEART, codes={"ca": 4, "thal": [0]}, ax=ax
    ),
    "network_diagram": lambda ax: plots.network_diagram((13, 64, 32, 2), ax=ax),
    "precision_recall_curves": lambda ax: plots.precision_recall_curves(CURVES, ax=ax),
    "rebuilt_scatter": lambda ax: plots.rebuilt_scatter(
        POINTS, {"half": POINTS / 2, "centre": 0 * POINTS}, y=LABELS, ax=ax
    ),
    "reconstruction": lambda ax: plots.reconstruction(
        SERIES[:96], SERIES[48:144], ax=ax
    ),
    "resampled_scatter": lambda ax: plots.resampled_scatter(
        POINTS, LABELS, RESAMPLED, RESAMPLED_LABELS, ax=ax
    ),
    "roc_curves": lambda ax: plots.roc_curves(CURVES, ax=ax),
    "score_histogram": lambda ax: plots.score_histogram(SCORES, LABELS, 3.0, ax=ax),
    "score_over_time": lambda ax: plots.score_over_time(
        (SERIES - SERIES.rolling(5, 1).median()).abs(), 0.6, events=EVENTS, ax=ax
    ),
    "scores_with_updates": lambda ax: plots.scores_with_updates(
        SCORES,
        [60, 150],
        labels=np.where(np.arange(212) == 3, np.nan, LABELS),
        thresholds=np.repeat([3.0, 2.5], 106),
        drifts=[50],
        ax=ax,
    ),
    "segment_rates": lambda ax: plots.segment_rates(
        {"clean": [0.25, 0.31, 0.27], "half loop": [0.4, 0.3, 0.5, 0.45]},
        0.365,
        labels={"clean": [0, 0, 0], "half loop": [1, 0, 1, 1]},
        ax=ax,
    ),
    "series_pair": lambda ax: plots.series_pair(
        SERIES[:96], 1000 + 50 * SERIES[48:144], names=("monday", "tuesday"), ax=ax
    ),
    "series_with_anomalies": lambda ax: plots.series_with_anomalies(
        SERIES, [104, 204], (-2, 2), events=EVENTS, name="demand", ax=ax
    ),
    "size_curves": lambda ax: plots.size_curves(
        [2, 8, 64],
        {"network": [0.2, 0.9, 0.3], "PCA": [0.1, 0.4]},
        name="AP",
        chance=0.05,
        ax=ax,
    ),
    "spread": lambda ax: plots.spread(
        {"forest": [0.8, 0.83, 0.81], "network": [0.7, 0.9, 0.6]}, chance=0.5, ax=ax
    ),
    "tail_plot": lambda ax: plots.tail_plot(
        NORMAL_ROWS[:, 0], 1e-4, level=0.9, new=NORMAL_ROWS[:, 1], ax=ax
    ),
    "trace_events": lambda ax: plots.trace_events(
        [*["read", "write"] * 6, "$open", "<unknown>"],
        [*[0] * 11, 1, 0, 1],
        start=5000,
        most=2,
        ax=ax,
    ),
}

# without scales, so without labels on their axes
DRAWINGS = {
    "attention_diagram": lambda ax: plots.attention_diagram(ax=ax),
    "bigan_diagram": lambda ax: plots.bigan_diagram(ax=ax),
    "encoder_decoder_diagram": lambda ax: plots.encoder_decoder_diagram(ax=ax),
    "gru_diagram": lambda ax: plots.gru_diagram(ax=ax),
    "lstm_diagram": lambda ax: plots.lstm_diagram(ax=ax),
    "online_diagram": lambda ax: plots.online_diagram(ax=ax),
    "rnn_diagram": lambda ax: plots.rnn_diagram(ax=ax),
    "vae_diagram": lambda ax: plots.vae_diagram(ax=ax),
}
EXAMPLES |= DRAWINGS


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_every_plot_has_an_example():
    functions = {
        name for name in plots.__all__ if inspect.isfunction(getattr(plots, name))
    }
    assert functions - {"summary", "pair_plot"} == set(EXAMPLES)


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_plot_takes_a_title_and_axes_by_name(name):
    parameters = inspect.signature(getattr(plots, name)).parameters
    for option in ("title", "ax"):
        assert parameters[option].kind is inspect.Parameter.KEYWORD_ONLY


@pytest.mark.parametrize("name", sorted(EXAMPLES.keys() - DRAWINGS))
def test_both_axes_are_labelled_and_the_title_is_set(name):
    ax = EXAMPLES[name](None)
    assert ax.get_xlabel()
    assert ax.get_ylabel()
    assert ax.get_title()


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_given_axes_is_drawn_on_and_returned(name):
    _, (ax, other) = plt.subplots(1, 2)
    assert EXAMPLES[name](ax) is ax
    assert not other.has_data()
    assert len(plt.get_fignums()) == 1


@pytest.mark.parametrize("name", EXAMPLES)
def test_neither_shows_nor_changes_settings(name, monkeypatch):
    monkeypatch.setattr(plt, "show", lambda *_: pytest.fail("plt.show was called"))
    before = dict(mpl.rcParams)
    EXAMPLES[name](None).figure.canvas.draw()
    assert dict(mpl.rcParams) == before


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_same_plot_twice_is_the_same_bytes(name):
    def picture():
        buffer = io.BytesIO()
        EXAMPLES[name](None).figure.savefig(buffer, metadata={"Software": None})
        return buffer.getvalue()

    assert picture() == picture()


@pytest.mark.parametrize("name", EXAMPLES)
def test_nothing_is_cut_off(name):
    figure = EXAMPLES[name](None).figure
    figure.canvas.draw()
    drawn = figure.get_tightbbox()
    width, height = figure.get_size_inches()
    assert drawn.x0 >= -0.02
    assert drawn.y0 >= -0.02
    assert drawn.x1 <= width + 0.02
    assert drawn.y1 <= height + 0.02


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_summary_is_one_sentence_with_numbers(name):
    text = plots.summary(EXAMPLES[name](None))
    assert text.startswith("Figure: ")
    assert text.endswith(".")
    assert "\n" not in text
    assert "nan" not in text
    assert any(character.isdigit() for character in text)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("box_plot", "15 lie outside"),
        ("buffers_over_time", "normal at most 2; abnormal at most 1; 1 update, before"),
        ("scores_with_updates", "2 updates, before window 60, 150; 1 drift, before"),
        ("class_counts", "after: 200 normal and 24 anomaly (10.7 %)"),
        (
            "confusion_matrix",
            "197 true negatives, 3 false positives, 0 false negatives",
        ),
        ("cost_curve", "least 68 at 5.47"),
        ("cv_folds", "32 of 60 test rows have a twin"),
        ("dbscan_clusters", "3 clusters (largest: 100, 100, 98) and 2 noise points"),
        ("decision_map", "12 of them anomalies"),
        ("distribution_plot", "0 lie below the limit -2.19 and 2 above 2.19"),
        ("heat_map", "(height, width), most "),
        ("image_rows", "original above rebuilt; mean squared difference of rebuilt"),
        ("learning_curves", "best 0.48 in epoch 10"),
        ("lof_circles", "the largest is at (3, 0); 1 exceed 1.5"),
        (
            "metric_bars",
            "2 models; largest in F1 forest (0.500), in recall PCA (0.750)",
        ),
        ("missing_values", "age 50 missing and 0 coded; ca 0 missing and 25 coded"),
        ("network_diagram", "3,042 parameters, layer by layer 896, 2,080, 66"),
        ("precision_recall_curves", "noisy distance 0.394; chance is 0.057"),
        ("rebuilt_scatter", "half with a mean squared error of 0.252, for anomalies 4"),
        ("resampled_scatter", "12 synthetic points, 0 copies, 0 dropped"),
        ("roc_curves", "noisy distance 0.803, chance 0.5; best distance (1.000)"),
        ("score_histogram", "12 of 12 anomalies and 3 of 200 normal rows exceed"),
        ("score_over_time", "2 labelled events, 2 of them touched by a flag; 2 points"),
        ("segment_rates", "clean from 0.25 to 0.31, 0 of 3 above the threshold; half "),
        ("segment_rates", "half loop from 0.3 to 0.5, 3 of 4 above the threshold; the"),
        ("series_with_anomalies", "2 points flagged"),
        ("size_curves", "network 0.2 to 0.9, highest at 8; PCA 0.1 to 0.4, highest"),
        (
            "trace_events",
            "14 events of 4 kinds from place 5,000 on; the most frequent, ",
        ),
        ("trace_events", "2 foretold wrongly (14.3 %), most of all write (1), <unk"),
        ("spread", "network 0.733 (0.600 to 0.900); chance 0.5"),
    ],
)
def test_the_summary_tells_what_is_to_be_seen(name, said):
    assert said.lower() in plots.summary(EXAMPLES[name](None)).lower()


def test_the_spread_of_large_numbers_is_told_without_decimals():
    said = plots.summary(plots.spread({"cost": [12, 50, 31.4]}, name="total cost"))
    assert "cost 31.1 (12 to 50)" in said


def test_bars_of_one_model_tell_each_measure():
    ax = plots.metric_bars({"PCA": {"F1": 0.5, "recall": 0.25}})
    assert "measures of PCA: F1 0.500, recall 0.250" in plots.summary(ax)
    assert [bar.get_width() for bar in ax.patches] == [0.5, 0.25]


def test_bars_of_a_measure_stand_together_and_differ_in_two_ways():
    ax = EXAMPLES["metric_bars"](None)
    forest, pca = ax.containers
    assert [bar.get_width() for bar in pca] == [0.375, 0.75]  # in the forest's order
    gaps = [b.get_y() - a.get_y() for a, b in zip(forest, pca, strict=True)]
    assert gaps == pytest.approx([0.4, 0.4])
    assert forest[0].get_facecolor() != pca[0].get_facecolor()
    assert forest[0].get_hatch() != pca[0].get_hatch()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "values must be a dict"),
        ([("PCA", 1)], "values must be a dict"),
        ({"PCA": {}}, "'PCA' has no measures"),
        ({"PCA": {"F1": 1}, "LOF": {"F2": 1}}, "'F1' is a measure of 'PCA' or 'LOF'"),
        ({"PCA": {"F1": "good"}}, "PCA: F1"),
        ({str(k): {"F1": 1} for k in range(9)}, "values has 9 models; 8 is the most"),
    ],
)
def test_bars_refuse_what_cannot_be_compared(values, message):
    with pytest.raises(ValueError, match=message):
        plots.metric_bars(values)


def test_the_summary_of_a_figure_tells_all_its_plots():
    figure, (left, right) = plt.subplots(1, 2)
    EXAMPLES["roc_curves"](left)
    EXAMPLES["box_plot"](right)
    assert plots.summary(figure).count("Figure: ") == 2


def test_a_foreign_plot_has_no_summary():
    with pytest.raises(ValueError, match=r"has no summary; make it with .*plots"):
        plots.summary(plt.subplots()[1])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1.0, 2.0], [3]), "updates must be numbers of windows .* from 0 to 2"),
        (([1.0, 2.0], [0.5]), "updates must be numbers of windows"),
        (([1.0, np.nan],), "scores"),
    ],
)
def test_marks_of_a_stream_lie_in_it(arguments, message):
    with pytest.raises(ValueError, match=message):
        plots.scores_with_updates(*arguments)


def test_rare_kinds_share_a_row_but_those_apart_do_not():
    ax = EXAMPLES["trace_events"](None)
    told = [label.get_text() for label in ax.get_yticklabels()]
    assert told == ["read", "write", "<unknown>", "1 other kind"]
    right, wrong = ax.lines
    assert right.get_xdata()[-1] == 5012
    assert right.get_ydata()[-1] == 3
    assert list(wrong.get_xdata()) == [5011, 5013]
    assert list(wrong.get_ydata()) == [1, 2]


def test_segments_of_several_traces_stand_side_by_side():
    ax = EXAMPLES["segment_rates"](None)
    above = [line for line in ax.lines if line.get_marker() == "X"]
    assert [list(line.get_xdata()) for line in above] == [[], [3, 5, 6]]
    assert [text.get_text() for text in ax.texts] == ["clean", "half loop"]
    shaded = [patch.get_x() for patch in ax.patches]
    assert shaded == [2.5, 4.5]
    alone = plots.segment_rates([0.2, 0.3])
    assert "foretold wrongly of 2 segments: from 0.2" in plots.summary(alone)


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: plots.trace_events([]), "events is empty"),
        (lambda: plots.trace_events("read"), "events must be a sequence"),
        (lambda: plots.trace_events(np.zeros((2, 2))), "events must be a sequence"),
        (lambda: plots.trace_events(["a"], [0, 1]), "lengths|events and wrong|wrong"),
        (lambda: plots.trace_events(["a"], [2]), "wrong"),
        (lambda: plots.trace_events(["a"], most=0), "most must be"),
        (lambda: plots.segment_rates([]), "rates"),
        (lambda: plots.segment_rates({}), "rates is empty"),
        (lambda: plots.segment_rates({"a": [np.nan]}), "rates of a"),
        (lambda: plots.segment_rates([0.1], labels=[0, 1]), "labels"),
        (lambda: plots.segment_rates({"a": [0.1]}, labels=[0]), "of the same traces"),
        (lambda: plots.segment_rates([0.1], "high"), "threshold"),
    ],
)
def test_pictures_of_traces_refuse_in_a_line(draw, message):
    with pytest.raises(ValueError, match=message) as error:
        draw()
    assert "\n" not in str(error.value)


def test_labels_and_thresholds_are_those_of_the_windows():
    for wrong in ({"labels": [1]}, {"thresholds": [1.0]}, {"labels": [2, 0]}):
        with pytest.raises(ValueError, match=r"labels|thresholds"):
            plots.scores_with_updates([1.0, 2.0], **wrong)
    with pytest.raises(ValueError, match="buffers must be a dict"):
        plots.buffers_over_time({})


@pytest.mark.parametrize("names", [None, ["height", "width"]])
@pytest.mark.parametrize("drawn", [POINTS, pd.DataFrame(POINTS, columns=["x", "y"])])
@pytest.mark.parametrize("model", [KNNDetector(), IsolationForest(random_state=0)])
def test_a_map_asks_a_detector_in_the_names_it_was_fitted_with(model, names, drawn):
    """A frame against an array would warn, and pytest makes an error of that."""
    known = POINTS if names is None else pd.DataFrame(POINTS, columns=names)
    fitted = clone(model).fit(known)
    if names and hasattr(drawn, "columns"):
        drawn = drawn.set_axis(names, axis=1)
    assert plots.summary(plots.decision_map(fitted.decision_function, drawn))


def test_a_map_of_columns_in_another_order_is_refused():
    frame = pd.DataFrame(POINTS, columns=["height", "width"])
    detector = KNNDetector().fit(frame)
    with pytest.raises(ValueError, match="'width' where fit saw 'height'"):
        plots.decision_map(detector.decision_function, frame[["width", "height"]])


def test_a_function_of_its_own_gets_an_array():
    frame = pd.DataFrame(POINTS, columns=["height", "width"])
    assert plots.summary(plots.decision_map(lambda X: X[:, 0], frame))


def test_anomalies_look_the_same_everywhere():
    colour = mpl.colors.to_rgba(plots.ANOMALY["color"])
    for name in ("decision_map", "dbscan_clusters", "lof_circles"):
        faces = [
            tuple(face)
            for collection in EXAMPLES[name](None).collections
            for face in collection.get_facecolor()
        ]
        assert colour in faces, name
    for name in ("series_with_anomalies", "score_over_time"):
        marked = [
            line for line in EXAMPLES[name](None).lines if line.get_marker() == "X"
        ]
        assert [line.get_color() for line in marked] == [plots.ANOMALY["color"]], name


@pytest.mark.parametrize("flags", [[104, 204], np.isin(np.arange(336), [104, 204])])
def test_flags_are_positions_or_a_mask(flags):
    ax = plots.series_with_anomalies(SERIES, flags)
    marked = next(line for line in ax.lines if line.get_marker() == "X")
    assert marked.get_ydata().tolist() == SERIES.iloc[[104, 204]].tolist()


def test_limits_may_move_with_the_season():
    low, high = SERIES.rolling(48, 1).min(), SERIES.rolling(48, 1).max()
    text = plots.summary(plots.series_with_anomalies(SERIES, limits=(low, high)))
    assert "limits that move" in text


@pytest.mark.parametrize(
    "index",
    [HOURS, HOURS.tz_localize("Australia/Melbourne"), HOURS.to_period("h"), None],
    ids=["naive", "zoned", "periods", "none"],
)
def test_time_of_any_kind_is_drawn(index):
    ax = plots.series_with_anomalies(pd.Series(SERIES.to_numpy(), index))
    ax.figure.canvas.draw()
    assert ax.get_xlabel() == ("position in the series" if index is None else "time")


def test_each_line_of_images_has_its_own_scale_and_white_gaps():
    ax = plots.image_rows(
        {"x": DIGITS, "faint": DIGITS / 1000, "flat": 0 * DIGITS}, (8, 8)
    )
    mosaic = ax.images[0].get_array()
    assert mosaic.shape == (27, 18)
    first, second, third = mosaic[:8, :8], mosaic[9:17, :8], mosaic[18:26, :8]
    np.testing.assert_allclose(first, second)
    assert not third.any()
    assert np.ma.getmaskarray(np.ma.masked_invalid(mosaic))[8].all()
    assert [label.get_text() for label in ax.get_yticklabels()] == [
        "x",
        "faint",
        "flat",
    ]


def test_reconstructions_of_anomalies_are_joined_to_them():
    ax = plots.rebuilt_scatter(POINTS, {"half": POINTS / 2}, y=LABELS)
    ends = [line.get_xydata() for line in ax.lines]
    assert len(ends) == LABELS.sum()
    np.testing.assert_allclose(ends[0][1], ends[0][0] / 2)


def test_curves_of_normal_rows_and_anomalies_look_as_everywhere():
    ax = plots.size_curves([1, 2], {"anomalies": [3, 2], "normal": [2, 1]}, log=True)
    styles = [(line.get_color(), line.get_marker()) for line in ax.lines]
    assert styles == [
        (kind["color"], kind["marker"]) for kind in (plots.ANOMALY, plots.NORMAL)
    ]


def test_a_title_of_ones_own():
    ax = plots.score_histogram(SCORES, title="Distances")
    assert ax.get_title() == "Distances"


def resampled_text(indices):
    points, labels = POINTS[indices], LABELS[indices]
    ax = plots.resampled_scatter(POINTS, LABELS, points, labels, indices=indices)
    return plots.summary(ax)


def test_resampling_counts_what_the_sampler_says():
    twice = np.r_[0:212, 200:212, 200]
    assert "0 synthetic points, 13 copies, 0 dropped" in resampled_text(twice)
    under = np.r_[0:50, 200:212]
    assert "0 synthetic points, 0 copies, 150 dropped" in resampled_text(under)


def test_rows_with_twins_are_dropped_and_made_all_the_same():
    twins, y = np.zeros((6, 2)), [0, 0, 0, 0, 1, 1]
    ax = plots.resampled_scatter(twins, y, twins[:4], y[2:], indices=[2, 3, 4, 5])
    assert "0 synthetic points, 0 copies, 2 dropped" in plots.summary(ax)
    ax = plots.resampled_scatter(twins, y, np.zeros((8, 2)), [*y, 1, 1])
    assert "2 synthetic points, 0 copies, 0 dropped" in plots.summary(ax)


def test_learning_curves_read_a_keras_history():
    class History:
        history = HISTORY

    text = plots.summary(plots.learning_curves(History()))
    assert text == plots.summary(plots.learning_curves(HISTORY))


def test_learning_curves_draw_one_line_per_learning_rate():
    curves = {"0.1": [3, 1], "0.01": [3, 2], "0.001": [3, 2.9]}
    assert len(plots.learning_curves(curves).lines) == 3
    ax = plots.learning_curves(curves, name="training loss", chance=0.69)
    assert len(ax.lines) == 4
    assert ax.get_ylabel() == "training loss"
    assert plots.summary(ax).startswith("Figure: Training loss over 2 epochs, 0.1 goes")
    assert plots.summary(ax).endswith("; chance 0.69.")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: plots.dbscan_clusters(np.ones((3, 4)), [0, 1, 0]),
            "project with PCA",
        ),
        (lambda: plots.dbscan_clusters(POINTS, [0, 1]), "equally long"),
        (lambda: plots.dbscan_clusters(POINTS, LABELS, names=("a",)), "two labels"),
        (lambda: plots.score_histogram([1, np.nan]), "missing or infinite"),
        (lambda: plots.confusion_matrix([1, -1], [1, 1]), r"-1/1 becomes"),
        (lambda: plots.roc_curves({}), "curves must be a dict"),
        (lambda: plots.roc_curves({"a": ([0, 0], [1, 2])}), "only normal rows"),
        (lambda: plots.calibration_curves({"a": ([0, 1], [1, 2])}), "probabilities"),
        (lambda: plots.series_with_anomalies(SERIES, [999]), "names point 999"),
        (lambda: plots.series_with_anomalies(SERIES, [0.5]), "flags must be 0/1"),
        (lambda: plots.series_pair([1, 1], [1, 2]), "first is constant"),
        (lambda: plots.learning_curves({}), "history must map names"),
        (lambda: plots.learning_curves(HISTORY, metric="auc"), "it has loss, val_loss"),
        (lambda: plots.activation_curves(["swoosh"]), "no activation 'swoosh'"),
        (lambda: plots.network_diagram([3]), "needs an input and an output"),
        (lambda: plots.network_diagram([3, 0]), "layer size must be a whole number"),
        (lambda: plots.missing_values(HEART, {"cholesterol": 0}), "'cholesterol'"),
        (lambda: plots.cv_folds([], 10), "splits is empty"),
        (lambda: plots.spread({}), "values is empty"),
        (lambda: plots.image_rows({}, (8, 8)), "images must be a dict"),
        (lambda: plots.image_rows({"a": DIGITS}, (9, 8)), "72 columns"),
        (lambda: plots.image_rows({"a": DIGITS}, (8, 8), names="a"), "2 images, but 1"),
        (lambda: plots.rebuilt_scatter(POINTS, {"a": POINTS[1:]}), "equally long"),
        (lambda: plots.size_curves([1], {}), "curves must be a dict"),
        (lambda: plots.size_curves([1], {"a": [1, 2]}), "a has 2 values for 1 sizes"),
        (lambda: plots.roc_curves({"a": 1}), r"curves\['a'\] must be a pair"),
        (lambda: plots.missing_values([1, 2]), "table must be a DataFrame, not list"),
        (lambda: plots.score_over_time(SERIES, np.nan), "threshold must be one number"),
        (lambda: plots.score_histogram([1, 2], None, "1"), "threshold must be one"),
        (lambda: plots.lof_circles(POINTS, [1, 2], threshold=[1]), "must be one num"),
        (lambda: plots.series_with_anomalies(SERIES, limits=3), r"must be \(low, high"),
        (
            lambda: plots.series_with_anomalies(SERIES, limits=([1, 2, 3], 4)),
            "the lower limit must be a number, or one for each",
        ),
        (
            lambda: plots.score_histogram([1, 2], ax=np.empty((2, 2), object)),
            r"must be one matplotlib Axes, not ndarray; pass one of them: ax\[0, 0\]",
        ),
        (lambda: plots.score_histogram([1, 2], ax=Figure()), "figure.add_subplot()"),
        (lambda: plots.summary(None), "must be one matplotlib Axes, not NoneType"),
    ],
)
def test_bad_input_is_told_in_one_line(call, message):
    with pytest.raises(ValueError, match=message) as error:
        call()
    assert "\n" not in str(error.value)


def test_axes_are_named_by_the_columns_of_a_table():
    table = pd.DataFrame(POINTS, columns=["height", "width"])
    ax = plots.lof_circles(table, 1 + SCORES)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("height", "width")


TABLE = pd.DataFrame(POINTS, columns=["height", "width"]).assign(
    sum=POINTS.sum(axis=1), noise=random.normal(size=212)
)


def test_a_pair_plot_shows_both_classes_in_every_pair():
    figure = plots.pair_plot(TABLE, LABELS)
    drawn = [ax for ax in figure.axes if ax.collections]
    assert len(drawn) == 6
    normal, anomaly = (
        mpl.colors.to_rgba(style["color"]) for style in (plots.NORMAL, plots.ANOMALY)
    )
    for ax in drawn:
        faces = {tuple(face) for face in ax.collections[0].get_facecolor()}
        assert faces == {normal, anomaly}
    told = plots.summary(figure)
    assert told.startswith("Figure: Pairs of 4 columns of 212 rows; most related are ")
    assert "12 anomalies, farthest from the normal rows in sum, by " in told
    assert plots.summary(plots.pair_plot(TABLE)).count("anomal") == 0


def test_a_pair_plot_changes_no_settings(monkeypatch):
    monkeypatch.setattr(plt, "show", lambda *_: pytest.fail("plt.show was called"))
    before = dict(mpl.rcParams)
    figure = plots.pair_plot(TABLE, LABELS, title="Mine")
    figure.canvas.draw()
    assert dict(mpl.rcParams) == before
    assert figure.get_suptitle() == "Mine"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: plots.pair_plot(TABLE[["sum"]]), "X has 1 column; choose 2 to 8"),
        (lambda: plots.pair_plot(TABLE, [0, 1]), "equally long"),
        (lambda: plots.pair_plot(POINTS), "X must be a DataFrame"),
        (lambda: plots.heat_map(TABLE.assign(a="b")), "table must hold numbers only"),
        (lambda: plots.heat_map(TABLE * np.nan), "missing or infinite"),
    ],
)
def test_tables_that_cannot_be_drawn(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_tail_tells_its_threshold_and_how_often_new_rows_exceed_it():
    scores = np.random.default_rng(0).exponential(size=3000)
    later = np.random.default_rng(1).exponential(size=5000)
    cut = thresholds.peaks_threshold(scores, 0.001, level=0.9)
    told = plots.summary(plots.tail_plot(scores, 0.001, level=0.9, new=later))
    assert f"for one row in 1,000 at {cut:.3g}" in told
    assert f"{(later > cut).sum()} of 5,000 new ones exceed it" in told
    with pytest.raises(ValueError, match="a tail needs 10"):
        plots.tail_plot(np.ones(50), 0.001)
