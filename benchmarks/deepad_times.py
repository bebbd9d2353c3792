"""How long deepad's autoencoder takes: the kit beside Keras and PyOD, in one run.

The same network (18-15-7-2-7-15-18), the same rows, epochs and batch size, one thread
each. Times go into the table as ratios only.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score
from sklearn.preprocessing import MinMaxScaler

from benchmarks.peers import make_peer, why_absent
from benchmarks.results import NOTHING, Table, Units, code_of
from benchmarks.training import seconds
from helpers.datasets import load
from helpers.detectors import AutoencoderDetector
from helpers.thresholds import oracle_threshold

ROWS, EPOCHS, BATCH = 15_864, 14, 128
REPEATS = range(3)
KERAS, PYOD = "Keras, fit", "PyOD AutoEncoder"
LIMITS = {
    ("train", KERAS): "0.75",
    ("train", PYOD): "1.0",
    ("score 10 000 rows", "Keras, predict"): "0.25",
    ("find the best threshold", "trying each score"): "0.001",
}


def table(units: Units) -> Table:
    """Return the kit's times as ratios to what else does the same work."""
    code = code_of("helpers.detectors.autoencoders", "pyod", "torch", __name__)
    runs = [units.get({"times": repeat}, unit, code) for repeat in REPEATS]
    rows = []
    for (work, other), most in LIMITS.items():
        ratios = [run[work][other] for run in runs if other in run[work]]
        told = (f"{np.median(ratios):.2g}", f"{min(ratios):.2g} to {max(ratios):.2g}")
        rows.append((work, other, most, *(told if ratios else (NOTHING, NOTHING))))
    why = why_absent(PYOD)
    left_out = [f"{PYOD} is left out: {why}."] if why else []
    return Table("The kit's time, as a share of others' time", _COLUMNS, rows,
                 [_NOTE, *left_out])  # fmt: skip


def unit(*, times: int) -> dict[str, dict[str, float]]:
    """Return for each piece of work the kit's time, divided by each other's."""
    data = load("deepad_8020")
    train = data.extra["train"].to_numpy(dtype=float)[:ROWS]
    X = data.X.to_numpy(dtype=float)
    ours = AutoencoderDetector.published(
        epochs=EPOCHS, batch_size=BATCH, random_state=times, progress=False
    )
    training = {"ours": lambda: ours.fit(train), KERAS: lambda: keras_fit(train, times)}
    if not why_absent(PYOD):
        training[PYOD] = lambda: pyod_fit(train, times)
    found = {"train": shares(training)}
    scaled = ours.scaler_.transform(X).astype(np.float32)
    ours.network_.predict(scaled, verbose=0)  # its first call compiles it
    found["score 10 000 rows"] = shares(
        {
            "ours": lambda: ours.decision_function(X),
            "Keras, predict": lambda: ours.network_.predict(scaled, verbose=0),
        }
    )
    scores = ours.decision_function(X)
    found["find the best threshold"] = shares(
        {
            "ours": lambda: oracle_threshold(data.y, scores, metric="accuracy"),
            "trying each score": lambda: try_each(data.y, scores),
        }
    )
    return found


def shares(works: dict[str, Callable[[], Any]]) -> dict[str, float]:
    """Return the time of "ours" divided by that of each other work."""
    took = {name: seconds(work) for name, work in works.items()}
    ours = took.pop("ours")
    return {name: ours / time for name, time in took.items()}


def keras_fit(X: NDArray, seed: int) -> None:
    """Train the network as a Keras tutorial does: scale, compile, fit."""
    import keras

    keras.utils.set_random_seed(seed)
    scaled = MinMaxScaler().fit_transform(X)
    sizes = [(15, "relu"), (7, "relu"), (2, None), (7, "relu"), (15, "relu")]
    layers = [keras.layers.Dense(units, activation=kind) for units, kind in sizes]
    output = keras.layers.Dense(X.shape[1], activation="sigmoid")
    model = keras.Sequential([keras.Input((X.shape[1],)), *layers, output])
    model.compile(keras.optimizers.Adam(0.01), "mean_squared_error")
    model.fit(scaled, scaled, epochs=EPOCHS, batch_size=BATCH, verbose=0)


def pyod_fit(X: NDArray, seed: int) -> None:
    """Train PyOD's autoencoder of the same layers."""
    sizes = {"hidden_neuron_list": [15, 7, 2], "epoch_num": EPOCHS}
    make_peer(PYOD, seed=seed, batch_size=BATCH, **sizes).fit(X)


def try_each(y: NDArray, scores: NDArray) -> float:
    """Return the score with the best accuracy, found by trying one after the other."""
    return max(np.unique(scores), key=lambda score: accuracy_score(y, scores > score))


_COLUMNS = ("work", "beside", "wanted, at most", "our share of the time", "spread")
_NOTE = (
    f"deepad's autoencoder on {ROWS // 1000} {ROWS % 1000} of its rows, {EPOCHS} "
    f"epochs in batches of {BATCH}, one thread. Compiling is counted on every side. "
    "Training with the kit and with PyOD ends with the scores of the training rows, "
    "with Keras it does not. Three runs: the median, and the spread. The network that "
    "predicts had been compiled before."
)
