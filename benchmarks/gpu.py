"""Training on a GPU: single and mixed precision, small batches and large ones.

Without a GPU that TensorFlow sees nothing is measured, and a table that is there stays
as it was; where there is none yet, one is written that says so.
"""

import time
from typing import Any

import numpy as np

from benchmarks.results import NOTHING, Table, Units, code_of, spread
from helpers.datasets import DatasetUnavailable
from helpers.detectors import (
    BiGANDetector,
    ForecastDetector,
    WindowAutoencoderDetector,
)
from helpers.detectors.neural import NeuralDetector

DEPENDS_ON = ("helpers.networks",)

ROWS = 65_536
EPOCHS = 3
REPEATS = range(3)
BATCHES = (64, 1_024, 16_384)
_QUICK: dict[str, Any] = {
    "epochs": EPOCHS,
    "validation_fraction": 0,
    "random_state": 0,
    "progress": False,
}

# name -> class, parameters, shape of a row or window
DETECTORS: dict[str, tuple[type[NeuralDetector], dict[str, Any], tuple[int, ...]]] = {
    "BiGAN, 64 features": (BiGANDetector, {}, (64,)),
    "forecaster, LSTM 128": (ForecastDetector, {"units": 128}, (33, 8)),
    "GRU autoencoder 128": (WindowAutoencoderDetector, {"units": 128}, (32, 8)),
}
WAYS = [("CPU", "single"), ("GPU", "single"), ("GPU", "mixed")]

_TITLE = "Training on a GPU"
_COLUMNS = ("detector", "rows a step", "where", "precision",
            "rows per second, CPU = 1", "spread", "last loss, CPU = 1")  # fmt: skip
_NOT_MEASURED = (
    "**Not measured yet**: TensorFlow saw no GPU where this table was made. "
    "`python -m benchmarks gpu` on a machine with one fills it."
)


def gpus() -> list[Any]:
    """Return the GPUs that TensorFlow sees."""
    import tensorflow as tf

    return tf.config.list_physical_devices("GPU")


def table(units: Units) -> Table:
    """Return how many times as fast a GPU trains, by precision and batch size.

    Raises `DatasetUnavailable`, which skips the benchmark, where there is no GPU and
    a table already.
    """
    if not gpus():
        if units.path.with_suffix(".md").exists():
            raise DatasetUnavailable("TensorFlow sees no GPU on this machine")
        none: list[tuple[str, ...]] = [
            (name, f"{batch}", place, precision, NOTHING, NOTHING, NOTHING)
            for name in DETECTORS
            for batch in BATCHES
            for place, precision in WAYS
        ]
        return Table(_TITLE, _COLUMNS, none, [_NOT_MEASURED, _NOTE])
    code = code_of("helpers.detectors")
    rows: list[tuple[str, ...]] = []
    for name in DETECTORS:
        for batch in BATCHES:
            runs = [
                units.get({"name": name, "batch": batch, "repeat": n}, measured, code)
                for n in REPEATS
            ]
            rows += _rows(name, batch, runs)
    return Table(_TITLE, _COLUMNS, rows, [_NOTE])


def measured(*, name: str, batch: int, repeat: int) -> dict[str, dict[str, float]]:
    """Return seconds to train and the last loss, by place and precision, in turns."""
    found = {}
    for place, precision in WAYS:
        seconds, loss = _trained(name, batch, repeat, (place, precision))
        found[f"{place} {precision}"] = {"seconds": seconds, "loss": loss}
    return found


def _trained(
    name: str, batch: int, repeat: int, way: tuple[str, str]
) -> tuple[float, float]:
    """Train twice; return the seconds of the second time, when all is compiled."""
    import tensorflow as tf

    kind, parameters, shape = DETECTORS[name]
    place, precision = way
    X = np.random.default_rng(repeat).normal(size=(ROWS, *shape)).astype(np.float32)
    options = _QUICK | parameters | {"batch_size": batch, "precision": precision}
    detector = kind(**options)
    with tf.device(f"/{place}:0"):
        detector.fit(X)
        began = time.perf_counter()
        detector.partial_fit(X)
        return time.perf_counter() - began, detector.history_["loss"][-1]


def _rows(
    name: str, batch: int, runs: list[dict[str, dict[str, float]]]
) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for place, precision in WAYS:
        way = f"{place} {precision}"
        speed = [1 / _share(run, way, "seconds") for run in runs]
        loss = [_share(run, way, "loss") for run in runs]
        told = f"{np.median(speed):.1f}", spread(speed), f"{np.median(loss):.3f}"
        rows.append((name, f"{batch}", place, precision, *told))
    return rows


def _share(run: dict[str, dict[str, float]], way: str, what: str) -> float:
    return run[way][what] / run["CPU single"][what]


_NOTE = f"""\
{ROWS} rows or windows of random numbers, {EPOCHS} epochs more by `partial_fit` after as
many by `fit`, so that nothing is compiled while it is timed; the scores of the rows,
which `partial_fit` computes at its end, are in the time. Times by the clock, three
runs in turns: the median, and the spread. "mixed" is `precision="mixed"`: float16
products, float32 variables, and scores in float32."""
