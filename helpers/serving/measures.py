"""deepad's six measures of a model, and its charts: one model's, and all in one."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike
from PIL import Image
from sklearn.metrics import accuracy_score, fbeta_score, precision_score, roc_auc_score

from helpers import plots
from helpers.evaluation import confusion
from helpers.files import write_whole
from helpers.thresholds import oracle_threshold

__all__ = [
    "MEASURES",
    "Judged",
    "best_threshold",
    "charts",
    "measures",
    "overview",
    "save_picture",
]

MEASURES = {  # deepad's key -> its name
    "acc": "accuracy",
    "precision": "precision",
    "recall": "recall",
    "f1": "F1",
    "f2": "F2",
    "roc": "ROC-AUC",
}
_DPI, _COLOURS = 72, 64


class Judged(NamedTuple):
    """Labels (n,) of 0/1, scores (n,), and what `measures` found of them."""

    y: ArrayLike
    scores: ArrayLike
    found: Mapping[str, float]

    @property
    def bars(self) -> dict[str, float]:
        """The six measures by their names."""
        return {name: self.found[key] for key, name in MEASURES.items()}


def best_threshold(y: ArrayLike, scores: ArrayLike) -> float:
    """Return the threshold with the best accuracy on labels y: an oracle."""
    return float(oracle_threshold(y, scores, metric="accuracy"))


def measures(y: ArrayLike, scores: ArrayLike, threshold: float) -> dict[str, float]:
    """Return deepad's `metrics.json`, by its keys.

    `y` (n,) of 0/1, `scores` (n,); a row is flagged when its score is above the
    threshold.
    """
    alarms = np.asarray(scores) > threshold
    return {
        "acc": float(accuracy_score(y, alarms)),
        "precision": float(precision_score(y, alarms, zero_division=0)),
        "recall": float(confusion(y, alarms)["TPR"]),
        "f1": float(fbeta_score(y, alarms, beta=1, zero_division=0)),
        "f2": float(fbeta_score(y, alarms, beta=2, zero_division=0)),
        "roc": float(roc_auc_score(y, scores)),
        "threshold": threshold,
    }


def charts(model: str, judged: Judged) -> dict[str, Axes]:
    """Return deepad's three charts of a model: {"histogram", "roc", "metrics"}."""
    y, scores, found = judged
    return {
        "histogram": plots.score_histogram(
            scores, y, found["threshold"], title=f"{model}: scores and threshold"
        ),
        "roc": plots.roc_curves({model: (y, scores)}, title=f"{model}: ROC curve"),
        "metrics": plots.metric_bars({model: judged.bars}, title=f"{model}: measures"),
    }


def overview(runs: Mapping[str, Judged]) -> Figure:
    """Return one picture of up to six models: scores and threshold of each."""
    figure, panels = plt.subplots(2, 3, figsize=(11.0, 5.6), layout="constrained")
    for ax, (model, (y, scores, found)) in zip(panels.flat, runs.items(), strict=False):
        title = f"{model}, ROC-AUC {found['roc']:.3f}"
        plots.score_histogram(scores, y, found["threshold"], title=title, ax=ax)
    for ax in panels.flat[len(runs) :]:
        ax.remove()
    return figure


def save_picture(figure: Any, path: Path) -> Path:
    """Write a small picture (PNG) that is the same on every run, and close it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    whole, small = io.BytesIO(), io.BytesIO()
    figure.savefig(whole, dpi=_DPI)
    plt.close(figure)
    image = Image.open(whole).convert("RGB").quantize(_COLOURS)
    image.save(small, format="png", optimize=True)
    write_whole(path, small.getvalue())
    return path
