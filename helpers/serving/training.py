"""Models for serving: trained one by one, each into its own folder.

models/rows.csv                  labelled rows that the dashboard shows
models/NAME/model.detector       `detector.save`
models/NAME/metrics.json         six measures, threshold, seconds of training and of
                                 each epoch, the data's name
models/NAME/histogram.png, roc.png, metrics.png
models/overview.png              a panel of scores for each model in the folder
"""

import json
import time
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np

from helpers.detectors import Detector
from helpers.errors import KitError
from helpers.files import write_whole
from helpers.serving.measures import (
    Judged,
    best_threshold,
    charts,
    measures,
    overview,
    save_picture,
)
from helpers.serving.published import MODELS
from helpers.serving.tables import Parts

__all__ = ["chosen", "draw_overview", "train_one", "write_rows"]

SHOWN_ROWS = 1000


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
    detector = MODELS[name].make(seed)
    networked = "epochs" in detector.get_params()
    if epochs is not None and networked:
        detector.set_params(epochs=epochs)
    with _times(networked) as times:  # imports what networks need
        began = time.perf_counter()
        detector.fit(data.train.iloc[: MODELS[name].first])
        seconds = time.perf_counter() - began
    scores = detector.decision_function(data.X)
    detector.threshold_ = best_threshold(data.y, scores)
    found = measures(data.y, scores, detector.threshold_)
    told = found | {"seconds": seconds, "epoch_seconds": times, "data": data.name}
    place = out / name
    place.mkdir(parents=True, exist_ok=True)
    detector.save(place / "model.detector")
    for chart, ax in charts(MODELS[name].told, Judged(data.y, scores, found)).items():
        save_picture(ax.figure, place / f"{chart}.png")
    text = json.dumps(told, allow_nan=False, indent=1)
    write_whole(place / "metrics.json", f"{text}\n".encode())
    return told


def _times(networked: bool) -> AbstractContextManager[list[float]]:
    """Return what collects the seconds of epochs; no network, no Keras."""
    if not networked:
        return nullcontext([])
    from helpers.networks.training import epoch_seconds

    return epoch_seconds()


def write_rows(data: Parts, out: Path, seed: int = 0) -> None:
    """Write the labelled rows that the dashboard shows: at most 1 000, drawn."""
    out.mkdir(parents=True, exist_ok=True)
    count = min(SHOWN_ROWS, len(data.X))
    at = np.random.default_rng(seed).choice(len(data.X), count, replace=False)
    table = data.X.iloc[at].assign(label=data.y[at])
    write_whole(out / "rows.csv", table.to_csv(index=False).encode())


def draw_overview(data: Parts, out: Path) -> Path:
    """Draw the score panels of the data's models in `out` into `overview.png`."""
    runs = {
        model.told: _judged_again(data, out / name)
        for name, model in MODELS.items()
        if _data_of(out / name) == data.name
    }
    return save_picture(overview(runs), out / "overview.png")


def _data_of(place: Path) -> str | None:
    """Return the name of the data that a folder's model was judged on, or None."""
    file = place / "metrics.json"
    return json.loads(file.read_text("utf-8"))["data"] if file.is_file() else None


def _judged_again(data: Parts, place: Path) -> Judged:
    """Return what a kept model finds in the data, at its own threshold."""
    model = Detector.load(place / "model.detector")
    scores = model.decision_function(data.X)
    return Judged(data.y, scores, measures(data.y, scores, model.threshold_))
