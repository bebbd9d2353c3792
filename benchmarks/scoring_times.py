"""How long each neural detector takes to score, beside ONNX Runtime and Keras.

ONNX Runtime gets the graph that `to_onnx` writes: the same rows, the same scores. Keras
gets its own network, compiled before, and rows that are scaled: what the network costs,
without the checks, the scaling and the score. CPU times, as ratios only.
"""

import importlib.util
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.results import NOTHING, Table, Units, code_of
from benchmarks.timing import shares
from helpers.detectors import (
    AutoencoderDetector,
    BiGANDetector,
    ForecastDetector,
    Seq2SeqDetector,
    VAEDetector,
)
from helpers.detectors.neural import NeuralDetector

DEPENDS_ON = ("benchmarks.timing", "helpers.detectors")

FEATURES = 18
SIZES = (1, 1_000, 10_000)
REPEATS = range(3)
ONNX, KERAS = "ONNX Runtime", "Keras, the network alone"
_QUICK: dict[str, Any] = {"epochs": 1, "random_state": 0, "progress": False}
DETECTORS: dict[str, tuple[Callable[[], NeuralDetector], int]] = {
    "autoencoder 15-7-2": (lambda: AutoencoderDetector.published(**_QUICK), 0),
    "VAE, 16 draws": (lambda: VAEDetector(**_QUICK), 0),
    "BiGAN": (lambda: BiGANDetector(**_QUICK), 0),
    "sequence to sequence": (lambda: Seq2SeqDetector(**_QUICK), 0),
    "forecaster, LSTM, 10 steps": (lambda: ForecastDetector(cell="lstm", **_QUICK), 11),
    "forecaster, GRU, 96 steps": (lambda: ForecastDetector(cell="gru", **_QUICK), 97),
}
# a score is more than what the network says of a row, once
SEVERAL_PASSES = ("VAE, 16 draws", "BiGAN")
_COLUMNS = ("detector", "rows", f"{ONNX} = 1", "spread", f"{KERAS} = 1", "spread")


def table(units: Units) -> Table:
    """Return the kit's times as ratios, a line per detector and number of rows."""
    code = code_of("onnx", "onnxruntime")
    runs = [units.get({"repeat": repeat}, unit, code) for repeat in REPEATS]
    rows = [
        (name, size, *_cells([run[name][size] for run in runs]))
        for name in DETECTORS
        for size in map(str, SIZES)
    ]
    return Table("The kit's CPU time to score, beside others'", _COLUMNS, rows, [_NOTE])


def unit(*, repeat: int) -> dict[str, dict[str, dict[str, float]]]:
    """Return for each detector and number of rows the kit's share of others' time."""
    return {name: _of_one(name, repeat) for name in DETECTORS}


def _of_one(name: str, repeat: int) -> dict[str, dict[str, float]]:
    make, steps = DETECTORS[name]
    random = np.random.default_rng(repeat)
    shape = (steps, FEATURES) if steps else (FEATURES,)
    detector = make().fit(random.normal(size=(200, *shape)))
    with TemporaryDirectory() as folder:
        run = _onnx_scores(detector, Path(folder))
    found = {}
    for size in SIZES:
        X = random.normal(size=(size, *shape))
        works = {"ours": partial(detector.decision_function, X)}
        if name not in SEVERAL_PASSES:
            read = (X[:, :-1] if steps else X).astype(np.float32)
            works[KERAS] = partial(detector.network_.predict_on_batch, read)
        if run is not None:
            works[ONNX] = partial(run, X)
        for work in works.values():
            work()
        found[str(size)] = shares(works)
    return found


def _onnx_scores(
    detector: NeuralDetector, folder: Path
) -> Callable[[NDArray], Any] | None:
    if not all(map(importlib.util.find_spec, ("onnx", "onnxruntime"))):
        return None
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    detector.to_onnx(folder / "detector.onnx")
    session = onnxruntime.InferenceSession(folder / "detector.onnx", options)
    return lambda X: session.run(["scores"], {"X": X})


def _cells(runs: list[dict[str, float]]) -> tuple[str, ...]:
    cells: list[str] = []
    for other in (ONNX, KERAS):
        ratios = [run[other] for run in runs if other in run]
        if ratios:
            spread = f"{min(ratios):.2g} to {max(ratios):.2g}"
            cells += [f"{np.median(ratios):.2g}", spread]
        else:
            cells += [NOTHING, NOTHING]
    return tuple(cells)


_NOTE = (
    f"{FEATURES} features, one thread, three runs: the median, and the spread. ONNX "
    "Runtime scores with the graph that `to_onnx` writes, from raw rows to scores as "
    "the kit does, without its checks of names and types. Keras computes the network "
    "only, of rows that are scaled, all in one batch, compiled before; a VAE and a "
    "BiGAN need several passes for a score, so there is nothing to compare."
)
