"""Networks on a GPU and on the same machine's CPU: precision, and rows a step.

Each network is trained and scores in processes of their own: one that sees the GPU, and
one that doesn't and has all cores. Where TensorFlow sees no GPU nothing is measured.
"""

import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.peers import hold_threads
from benchmarks.results import Skipped, Table, Units, code_of, spread
from helpers.detectors import (
    AutoencoderDetector,
    ForecastDetector,
    Seq2SeqDetector,
    VAEDetector,
)
from helpers.detectors.neural import NeuralDetector

DEPENDS_ON = ("benchmarks.peers",)

ROWS = 16_384
EPOCHS = 2
REPEATS = range(3)
BATCHES = (64, 1_024, 8_192)
PLACES = ("CPU", "GPU")
PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16")
_WIDE: dict[str, Any] = {"hidden_layers": (512, 256, 32)}


@dataclass(frozen=True)
class Network:
    """A detector, and the shape of a row or window that it reads.

    In float32 NumPy trains some, so that a GPU has nothing to do.
    """

    make: Callable[..., NeuralDetector]
    shape: tuple[int, ...]
    by_numpy: bool = False

    def ways(self, place: str) -> tuple[str, ...]:
        """Return the precisions in which it is trained in a place."""
        return PRECISIONS[1:] if self.by_numpy and place == "GPU" else PRECISIONS


NETWORKS = {
    "autoencoder 64-512-256-32": Network(
        partial(AutoencoderDetector, **_WIDE), (64,), by_numpy=True
    ),
    "VAE 64-512-256-32": Network(partial(VAEDetector, **_WIDE), (64,), by_numpy=True),
    "forecaster, LSTM 128": Network(partial(ForecastDetector, units=128), (33, 8)),
    "sequence to sequence 64": Network(partial(Seq2SeqDetector, units=64), (32,)),
}

Found = dict[str, dict[str, float]]  # "64 float32" -> what was measured


def gpus() -> list[str]:
    """Return the names of the GPUs that TensorFlow sees."""
    import tensorflow as tf

    devices = tf.config.list_physical_devices("GPU")
    details = map(tf.config.experimental.get_device_details, devices)
    return [each.get("device_name", "a GPU without a name") for each in details]


def table(units: Units) -> Table:
    """Return rows trained on and rows scored per second, here and there.

    Raises `Skipped` where there is no GPU.
    """
    names = gpus()
    if not names:
        raise Skipped("TensorFlow sees no GPU on this machine", _NOT_MEASURED)
    code = code_of("helpers.detectors")
    rows = []
    for name in NETWORKS:
        runs = {
            place: [units.get(unit, measured, code) for unit in _units(name, place)]
            for place in PLACES
        }
        rows += _rows(name, runs)
    cores = f"GPU: {names[0]}. CPU: {os.cpu_count()} cores of the same machine."
    return Table(_TITLE, _COLUMNS, rows, [cores, _NOTE])


def _units(name: str, place: str) -> list[dict[str, Any]]:
    return [{"name": name, "place": place, "repeat": number} for number in REPEATS]


def measured(*, name: str, place: str, repeat: int) -> Found:
    """Return what each precision and number of rows a step takes, in a new process."""
    spawn = get_context("spawn")
    with ProcessPoolExecutor(
        1, mp_context=spawn, initializer=_settle, initargs=(place,)
    ) as pool:
        return pool.submit(of_network, name, place, repeat).result()


def _settle(place: str) -> None:
    """Give this process all cores, and no GPU where it stands for the CPU."""
    hold_threads(os.cpu_count() or 1)
    if place == "CPU":
        import tensorflow as tf

        tf.config.set_visible_devices([], "GPU")


def of_network(name: str, place: str, repeat: int) -> Found:
    """Return the same, in this process."""
    network = NETWORKS[name]
    X = made(network.shape, repeat)
    return {
        f"{batch} {precision}": _trained(network, X, batch, precision)
        for batch in BATCHES
        for precision in network.ways(place)
    }


def made(shape: tuple[int, ...], seed: int) -> NDArray[np.float32]:
    """Return rows or windows (ROWS, *shape) that can be learned: waves, and noise."""
    random = np.random.default_rng(seed)
    phase = random.uniform(0, 2 * np.pi, size=(ROWS, *(1 for _ in shape)))
    speeds = random.uniform(0.2, 1, size=shape[1:])
    waves = np.sin(phase + np.multiply.outer(np.arange(shape[0]), speeds))
    noisy = waves + random.normal(0, 0.1, size=waves.shape)
    return noisy.astype(np.float32)


def _trained(
    network: Network, X: NDArray, batch: int, precision: str
) -> dict[str, float]:
    """Train, train on, and score: what is timed has been compiled before."""
    detector = network.make(
        epochs=EPOCHS,
        batch_size=batch,
        precision=precision,
        validation_fraction=0.0,
        patience=None,
        random_state=0,
        progress=False,
    ).fit(X)
    began = time.perf_counter()
    detector.partial_fit(X)
    trained = time.perf_counter()
    detector.decision_function(X)
    scored = time.perf_counter() - trained
    return {
        "trained": EPOCHS * len(X) / (trained - began),
        "scored": len(X) / scored,
        "loss": detector.history_["loss"][-1],
    }


def _rows(name: str, runs: dict[str, list[Found]]) -> list[tuple[str, ...]]:
    """Return a row for each number of rows a step, place and precision."""
    rows = []
    for batch in BATCHES:
        for place, found in runs.items():
            for precision in NETWORKS[name].ways(place):
                way = [run[f"{batch} {precision}"] for run in found]
                same = [run[f"{batch} float32"] for run in runs["CPU"]]
                small = [run[f"{BATCHES[0]} float32"] for run in runs["CPU"]]
                told = _told(way, same, small)
                rows.append((name, f"{batch}", place, precision, *told))
    return rows


def _told(
    way: Sequence[dict[str, float]],
    same: Sequence[dict[str, float]],
    small: Sequence[dict[str, float]],
) -> tuple[str, ...]:
    faster = _shares(way, same, "trained")
    return (
        f"{np.median([run['trained'] for run in way]):.0f}",
        f"{np.median(faster):.1f}",
        spread(faster),
        f"{np.median([run['scored'] for run in way]):.0f}",
        f"{np.median(_shares(way, same, 'scored')):.1f}",
        f"{np.median(_shares(way, small, 'loss')):.2f}",
    )


def _shares(
    of: Sequence[dict[str, float]], by: Sequence[dict[str, float]], what: str
) -> list[float]:
    return [one[what] / other[what] for one, other in zip(of, by, strict=True)]


_TITLE = "Networks on a GPU"
_COLUMNS = (
    "detector",
    "rows a step",
    "where",
    "precision",
    "rows trained on per second",
    "CPU in float32 = 1",
    "spread",
    "rows scored per second",
    "CPU in float32 = 1",
    f"loss, CPU in float32 with {BATCHES[0]} rows a step = 1",
)
_NOT_MEASURED = Table(
    _TITLE,
    ("what", "found"),
    [("GPUs that TensorFlow saw where this was run", "none, so nothing was measured")],
    [
        "`python -m benchmarks gpu` on a machine with a GPU writes the table: rows "
        f"trained on and rows scored per second of {'; '.join(NETWORKS)}; "
        f"{', '.join(PRECISIONS)}; {', '.join(map(str, BATCHES))} rows a step; GPU "
        "beside CPU."
    ],
)
_NOTE = f"""\
{ROWS:,} rows or windows of waves with noise. They are trained on for {EPOCHS} epochs by
`partial_fit`, after as many by `fit`, so that nothing is compiled while it is timed;
the scores of the rows, which `partial_fit` computes at its end, are in that time. By
the clock, three runs: the median, and the spread. Scores are computed in float32 in all
rows. Dense networks score by NumPy, and in float32 are trained by it, so they have no
row of a GPU in float32. The loss is that after {2 * EPOCHS} epochs, with the same
learning rate: fewer steps an epoch learn less."""
