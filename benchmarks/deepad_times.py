"""How long deepad's autoencoder takes: the kit beside Keras, PyOD, torch and NumPy.

The same network (18-15-7-2-7-15-18), the same rows, epochs and batch size, one thread
each, at several sizes. CPU times go into the table as ratios only.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, roc_curve
from sklearn.preprocessing import MinMaxScaler

from benchmarks.peers import make_peer, why_absent
from benchmarks.results import NOTHING, Table, Units, code_of
from benchmarks.timing import Works, shares
from helpers.datasets import load
from helpers.detectors import AutoencoderDetector
from helpers.thresholds import oracle_threshold

EPOCHS, BATCH, RATE = 14, 128, 0.01
REPEATS = range(3)
TO_TRAIN = (500, 2_000, 15_864)
TO_SCORE = (1, 1_000, 10_000, 1_000_000)
KERAS, PYOD, TORCH = "Keras, fit", "PyOD AutoEncoder, same network", "torch, a loop"
PREDICT, TUNED = "Keras, predict", "Keras, one batch"
NUMPY = "NumPy, the multiplications and checks alone"
EACH, CURVE = "trying each score", "scikit-learn, roc_curve"
THRESHOLD = "find the best threshold"
# (work, beside what) -> the largest share of the time that is wanted
WANTED = {
    ("train, 500 rows", TORCH): "1.5",
    ("train, 2 000 rows", TORCH): "1.5",
    ("train, 15 864 rows", TORCH): "0.6",
    ("train, 15 864 rows", PYOD): "0.3",
    ("train, 15 864 rows", KERAS): "0.75",
    ("score 1 row", NUMPY): "3",
    ("score 10 000 rows", NUMPY): "1.5",
    ("score 10 000 rows", PREDICT): "0.25",
    (THRESHOLD, EACH): "0.001",
}


def table(units: Units) -> Table:
    """Return the kit's times as ratios to what else does the same work."""
    code = code_of("helpers.detectors.autoencoders", "pyod", "torch", __name__)
    runs = [units.get({"times": repeat}, unit, code) for repeat in REPEATS]
    rows = []
    for work, others in runs[0].items():
        for other in others:
            ratios = [run[work][other] for run in runs]
            told = f"{np.median(ratios):.2g}", f"{min(ratios):.2g} to {max(ratios):.2g}"
            rows.append((work, other, WANTED.get((work, other), NOTHING), *told))
    why = why_absent("PyOD AutoEncoder")
    left_out = [f"{PYOD} and {TORCH} are left out: {why}."] if why else []
    return Table("The kit's CPU time, as a share of others'", _COLUMNS, rows,
                 [*_NOTES, *left_out])  # fmt: skip


def unit(*, times: int) -> dict[str, dict[str, float]]:
    """Return for each piece of work the kit's time, divided by each other's."""
    data = load("deepad_8020")
    train = data.extra["train"].to_numpy(dtype=float)
    X = data.X.to_numpy(dtype=float)
    for work in trainings(train[:BATCH], times).values():
        work()  # a library's first call is no measure
    found = {
        f"train, {_spaced(rows)} rows": shares(trainings(train[:rows], times))
        for rows in TO_TRAIN
    }
    ours = published(times).fit(train[: TO_TRAIN[-1]])
    for rows in TO_SCORE:
        told = "score 1 row" if rows == 1 else f"score {_spaced(rows)} rows"
        found[told] = shares(scorings(ours, np.resize(X, (rows, X.shape[1]))))
    found[THRESHOLD] = shares(thresholds(data.y, ours.decision_function(X)))
    return found


# ------------------------------------------------------------------------- training


def published(seed: int) -> AutoencoderDetector:
    """Return the kit's autoencoder."""
    return AutoencoderDetector.published(
        epochs=EPOCHS,
        batch_size=BATCH,
        learning_rate=RATE,
        random_state=seed,
        progress=False,
    )


def trainings(X: NDArray, seed: int) -> Works:
    """Return what trains the network on X (rows, features), by name."""
    works: dict[str, Callable[[], Any]] = {
        "ours": lambda: published(seed).fit(X),
        KERAS: lambda: keras_fit(X, seed),
    }
    if why_absent("PyOD AutoEncoder"):
        return works
    return works | {
        PYOD: lambda: pyod_fit(X, seed),
        TORCH: lambda: torch_fit(X, seed),
    }


def keras_fit(X: NDArray, seed: int) -> None:
    """Train the network as a Keras tutorial does: scale, compile, fit."""
    import keras

    keras.utils.set_random_seed(seed)
    scaled = MinMaxScaler().fit_transform(X)
    sizes = [(15, "relu"), (7, "relu"), (2, None), (7, "relu"), (15, "relu")]
    layers = [keras.layers.Dense(units, activation=kind) for units, kind in sizes]
    output = keras.layers.Dense(X.shape[1], activation="sigmoid")
    model = keras.Sequential([keras.Input((X.shape[1],)), *layers, output])
    model.compile(keras.optimizers.Adam(RATE), "mean_squared_error")
    model.fit(scaled, scaled, epochs=EPOCHS, batch_size=BATCH, verbose=0)


def pyod_fit(X: NDArray, seed: int) -> None:
    """Train PyOD's autoencoder of the same layers, without what ours has not."""
    same = {"batch_norm": False, "dropout_rate": 0.0, "lr": RATE, "batch_size": BATCH}
    sizes = {"hidden_neuron_list": [15, 7, 2], "epoch_num": EPOCHS}
    make_peer("PyOD AutoEncoder", seed=seed, **same, **sizes).fit(X)


def torch_fit(X: NDArray, seed: int) -> None:
    """Train the network in the shortest loop that torch allows."""
    import torch
    from torch import nn

    torch.manual_seed(seed)
    rows = torch.from_numpy(MinMaxScaler().fit_transform(X).astype(np.float32))
    sizes = (X.shape[1], 15, 7, 2, 7, 15, X.shape[1])
    kinds = (nn.ReLU, nn.ReLU, nn.Identity, nn.ReLU, nn.ReLU, nn.Sigmoid)
    steps = zip(sizes, sizes[1:], kinds, strict=False)
    layers = [layer for i, j, kind in steps for layer in (nn.Linear(i, j), kind())]
    model, loss_of = nn.Sequential(*layers), nn.MSELoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(rows)).split(BATCH):
            optimizer.zero_grad()
            loss_of(model(rows[batch]), rows[batch]).backward()
            optimizer.step()


# -------------------------------------------------------------------------- scoring


def scorings(ours: AutoencoderDetector, X: NDArray) -> Works:
    """Return what computes scores of X, or less, by name; all were called once."""
    scaled = ours.scaler_.transform(X).astype(np.float32)
    network, floor = ours.network_, floor_of(ours)
    works = {
        "ours": lambda: ours.decision_function(X),
        PREDICT: lambda: network.predict(scaled, verbose=0),
        TUNED: lambda: network.predict_on_batch(scaled),
        NUMPY: lambda: floor(X),
    }
    for work in works.values():
        work()
    return works


def floor_of(detector: AutoencoderDetector) -> Callable[[NDArray], NDArray]:
    """Return the least that scores rows: checks, scaling, six products, the error."""
    weights = [np.array(weight) for weight in detector.network_.get_weights()]
    layers = list(zip(weights[::2], weights[1::2], strict=True))
    scale, least = detector.scaler_.scale_, detector.scaler_.min_

    def scores(X: NDArray) -> NDArray:
        if X.ndim != 2 or X.shape[1] != len(scale) or not np.isfinite(X).all():
            raise ValueError("X must be a table of finite numbers")
        scaled = (X * scale + least).astype(np.float32)
        said = scaled
        for place, (kernel, bias) in enumerate(layers):
            said = said @ kernel + bias
            if place not in (2, 5):
                said = np.maximum(said, 0)
        said = 1 / (1 + np.exp(-said))
        return np.square(scaled - said).mean(axis=1, dtype=np.float64)

    return scores


def thresholds(y: NDArray, scores: NDArray) -> Works:
    """Return what finds the threshold with the best accuracy, by name."""
    return {
        "ours": lambda: oracle_threshold(y, scores, metric="accuracy"),
        EACH: lambda: try_each(y, scores),
        CURVE: lambda: from_curve(y, scores),
    }


def try_each(y: NDArray, scores: NDArray) -> float:
    """Return the score with the best accuracy, found by trying one after the other."""
    return max(np.unique(scores), key=lambda score: accuracy_score(y, scores > score))


def from_curve(y: NDArray, scores: NDArray) -> float:
    """Return the threshold t of the best accuracy of scores >= t, from the curve."""
    false, true, cuts = roc_curve(y, scores, drop_intermediate=False)
    anomalies = y.mean()
    return float(cuts[np.argmax(true * anomalies + (1 - false) * (1 - anomalies))])


def _spaced(count: int) -> str:
    return f"{count:,}".replace(",", " ")


_COLUMNS = ("work", "beside", "wanted, at most", "our share of the time", "spread")
_NOTES = (
    f"deepad's autoencoder on its own rows, {EPOCHS} epochs in batches of {BATCH}, one "
    "thread, CPU time. Building and compiling a network is counted on every side. "
    "Training with the kit and with PyOD ends with the scores of the training rows, "
    "with Keras and torch it does not. PyOD's network has neither batch normalisation "
    "nor dropout here, as the others have none.",
    f'To score: "{PREDICT}" has its default of 32 rows a batch, "{TUNED}" gets all '
    "rows at once; both get rows that are scaled, return no errors, and had been "
    "compiled before. The kit scores a million rows in blocks. Three runs: the median, "
    "and the spread.",
)
