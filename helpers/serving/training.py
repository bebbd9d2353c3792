"""Models for serving: trained one by one, each into its own folder.

models/rows.csv                  labelled rows that the dashboard shows
models/NAME/model.detector       `detector.save`
models/NAME/metrics.json         six measures, threshold, seconds of training
models/NAME/histogram.png, roc.png, metrics.png
models/overview.png              a panel of scores for each model in the folder
"""

import json
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, fbeta_score, precision_score, roc_auc_score

from helpers import plots
from helpers.detectors import (
    AutoencoderDetector,
    BiGANDetector,
    Detector,
    OneClassSVMDetector,
    PCADetector,
    Seq2SeqDetector,
    VAEDetector,
)
from helpers.errors import KitError
from helpers.evaluation import confusion
from helpers.files import write_whole
from helpers.serving.tables import Parts
from helpers.thresholds import oracle_threshold

__all__ = ["MODELS", "chosen", "draw_overview", "measures", "train_one", "write_rows"]

SHOWN_ROWS = 1000
MODELS: dict[str, Callable[[int], Detector]] = {
    "autoencoder": lambda seed: AutoencoderDetector.published(random_state=seed),
    "vae": lambda seed: VAEDetector.published(random_state=seed),
    "bigan": lambda seed: BiGANDetector.published(random_state=seed),
    "seq2seq": lambda seed: Seq2SeqDetector.published(random_state=seed),
    "pca": lambda seed: PCADetector(n_components=2, score_type="reconstruction"),
    "ocsvm": lambda seed: OneClassSVMDetector(nu=0.01, random_state=seed),
}
_SHOWN = {"acc": "accuracy", "precision": "precision", "recall": "recall",
          "f1": "F1", "f2": "F2", "roc": "ROC-AUC"}  # fmt: skip


def chosen(name: str) -> list[str]:
    """Return the models that a name means; raise `KitError` for an unknown one."""
    if name == "all":
        return list(MODELS)
    if name not in MODELS:
        raise KitError(f"no model {name!r}: name one of {', '.join(MODELS)}, or all")
    return [name]


def train_one(
    name: str, data: Parts, out: Path, *, seed: int = 0, epochs: int | None = None
) -> dict[str, Any]:
    """Train a model, write its folder below `out`, return its `metrics.json`."""
    detector = MODELS[name](seed)
    if epochs is not None and "epochs" in detector.get_params():
        detector.set_params(epochs=epochs)
    began = time.perf_counter()
    detector.fit(data.train)
    seconds = time.perf_counter() - began
    scores = detector.decision_function(data.X)
    found = measures(data.y, scores) | {"seconds": seconds, "data": data.name}
    detector.threshold_ = found["threshold"]
    place = out / name
    place.mkdir(parents=True, exist_ok=True)
    detector.save(place / "model.detector")
    _draw(name, place, data.y, scores, found)
    text = json.dumps(found, allow_nan=False, indent=1)
    write_whole(place / "metrics.json", f"{text}\n".encode())
    return found


def measures(y: NDArray, scores: NDArray) -> dict[str, Any]:
    """Return the six measures at the threshold with the best accuracy on y (n,)."""
    threshold = float(oracle_threshold(y, scores, metric="accuracy"))
    alarms = scores > threshold
    return {
        "acc": float(accuracy_score(y, alarms)),
        "precision": float(precision_score(y, alarms, zero_division=0)),
        "recall": float(confusion(y, alarms)["TPR"]),
        "f1": float(fbeta_score(y, alarms, beta=1, zero_division=0)),
        "f2": float(fbeta_score(y, alarms, beta=2, zero_division=0)),
        "roc": float(roc_auc_score(y, scores)),
        "threshold": threshold,
    }


def write_rows(data: Parts, out: Path, seed: int = 0) -> None:
    """Write the labelled rows that the dashboard shows: at most 1 000, drawn."""
    out.mkdir(parents=True, exist_ok=True)
    count = min(SHOWN_ROWS, len(data.X))
    at = np.random.default_rng(seed).choice(len(data.X), count, replace=False)
    table = data.X.iloc[at].assign(label=data.y[at])
    write_whole(out / "rows.csv", table.to_csv(index=False).encode())


def draw_overview(names: Iterable[str], data: Parts, out: Path) -> Path:
    """Draw the score panels of the models in `out` into `overview.png`."""
    figure, panels = plt.subplots(2, 3, figsize=(11.0, 5.6), layout="constrained")
    ready = [name for name in names if (out / name / "metrics.json").is_file()]
    for ax, name in zip(panels.flat, ready, strict=False):
        model = Detector.load(out / name / "model.detector")
        scores = model.decision_function(data.X)
        title = f"{name}, ROC-AUC {roc_auc_score(data.y, scores):.3f}"
        plots.score_histogram(scores, data.y, model.threshold_, title=title, ax=ax)
    for ax in panels.flat[len(ready) :]:
        ax.set_visible(False)
    figure.savefig(out / "overview.png", dpi=72)
    plt.close(figure)
    return out / "overview.png"


def _draw(
    name: str, place: Path, y: NDArray, scores: NDArray, found: dict[str, Any]
) -> None:
    bars = {name: {told: found[key] for key, told in _SHOWN.items()}}
    threshold = found["threshold"]
    charts = {
        "histogram": plots.score_histogram(
            scores, y, threshold, title=f"{name}: scores"
        ),
        "roc": plots.roc_curves({name: (y, scores)}, title=f"{name}: ROC curve"),
        "metrics": plots.metric_bars(bars, title=f"{name}: measures"),
    }
    for chart, ax in charts.items():
        figure: Any = ax.figure
        figure.savefig(place / f"{chart}.png", dpi=72)
        plt.close(figure)
