"""Windows of the half-hourly series, rebuilt by a recurrent network and by PCA.

Reference: the day-2 notebook `LSTM_AutoEncoder` of krmonline/AnomalyDetection, whose
layers are GRUs. 448 windows of 5, min-max scaled; GRU 50, repeated, GRU 50, one output
a step; mean squares, Adam, 1000 epochs of batch 32. Then four values of another series
are replaced, and a run of windows with an error above 0.001 counts as one detection, at
the last point of its first window.
"""

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA

from benchmarks.krm_forecast import located, own_range, read
from benchmarks.results import Run, Units, code_of
from benchmarks.training import seconds
from helpers.detectors import WindowAutoencoderDetector
from helpers.evaluation import events_from_labels
from helpers.thresholds import max_threshold
from helpers.windows import sliding_windows

SEEDS = range(5)
WINDOW = 5
INJECTED = {10: 12000, 50: 7000, 90: 10000, 150: 7000}
SHOWN, CHANGED_TO = 125, 0.7  # the window that is looked at, and its third value
PUBLISHED_THRESHOLD = 0.001
MARKS, PLACES = [10, 51, 90, 150], "detections at 10, 51, 90, 150 only"
NETWORK = "GRU 50-50, as published"
QUICK = "GRU 50-50, tanh, 300 epochs, falling rate"
PCA_3 = "PCA, 3 components"


# what the kit's detector is built with, on values that are scaled already
NETWORKS: dict[str, dict[str, Any]] = {
    NETWORK: {},
    QUICK: {
        "activation": "tanh",
        "epochs": 300,
        "learning_rate": 0.01,
        "falling_rate": True,
    },
}
COMPONENTS = {f"PCA, {n} component{'s' * (n > 1)}": n for n in (3, 2, 1)}


def all_runs(units: Units) -> list[Run]:
    """Return what all seeds found; raises `DatasetUnavailable`."""
    series = {number: read(f"krm_timeseries{number}") for number in (1, 3, 4)}
    work = partial(unit, series)
    code = code_of(__name__)
    return [
        units.get({"model": "reconstruction", "seed": seed}, work, code)
        for seed in SEEDS
    ]


def unit(series: dict[int, NDArray], *, model: str, seed: int) -> Run:
    """Return how well each method rebuilds windows, and which faults that shows."""
    training = own_range(series[1])
    normal = windows(own_range(series[3]))
    test = windows(own_range(with_faults(series[4])))
    X = windows(training)[:-1]  # the source's loop ends one window early
    found = {}
    for name in (*NETWORKS, *COMPONENTS):
        method = make(name, seed)
        time = seconds(method.fit, X)
        threshold = max_threshold(method.errors(normal))
        errors = method.errors(test)
        found[name] = {
            **method.facts(),
            "windows": len(X),
            **on_known_windows(method, X),
            **named(
                detections(errors > PUBLISHED_THRESHOLD), f"at {PUBLISHED_THRESHOLD}"
            ),
            PLACES: int(marks(errors > PUBLISHED_THRESHOLD) == MARKS),
            **named(detections(errors > threshold), "validation threshold"),
            "seconds": time,
        }
    return found


class RecurrentAutoencoder:
    """The published network, and how it is trained, with changes if any."""

    def __init__(self, changes: dict[str, Any], seed: int):
        self.detector = WindowAutoencoderDetector.published(
            scaling=None, random_state=seed, progress=False, **changes
        )

    def fit(self, X: NDArray) -> None:
        """Train on windows (n, 5)."""
        self.detector.fit(X[:, :, np.newaxis])

    def errors(self, X: NDArray) -> NDArray:
        """Return the mean squared error of each window (n,)."""
        return self.detector.decision_function(X[:, :, np.newaxis])

    def facts(self) -> dict[str, int]:
        """Return the number of parameters."""
        return {"parameters": self.detector.network_.count_params()}


class LinearAutoencoder:
    """Principal components of the windows."""

    def __init__(self, components: int):
        self.model = PCA(components)

    def fit(self, X: NDArray) -> None:
        """Learn from windows (n, 5)."""
        self.model.fit(X)

    def errors(self, X: NDArray) -> NDArray:
        """Return the mean squared error of each window (n,)."""
        said = self.model.inverse_transform(self.model.transform(X))
        return np.square(X - said).mean(axis=1)

    def facts(self) -> dict[str, int]:
        """Return nothing: it is no network."""
        return {}


def make(name: str, seed: int) -> Any:
    """Return a method, ready to fit."""
    if name in COMPONENTS:
        return LinearAutoencoder(COMPONENTS[name])
    return RecurrentAutoencoder(NETWORKS[name], seed)


def on_known_windows(method: Any, X: NDArray) -> dict[str, float]:
    """Return the error of the training windows, of one, and of that one changed."""
    changed = X[SHOWN].copy()
    changed[WINDOW // 2] = CHANGED_TO
    before, after = method.errors(np.stack([X[SHOWN], changed])).tolist()
    return {
        "MSE of the training windows": float(method.errors(X).mean()),
        "MSE of window 125": before,
        "MSE of window 125, its third value 0.7": after,
    }


def detections(alarms: NDArray) -> dict[str, int]:
    """Return which faults have a detection within one point; the others are false."""
    points = np.zeros(len(alarms) + WINDOW - 1, dtype=bool)
    points[marks(alarms)] = True
    return located(points, tuple(INJECTED))


def marks(alarms: NDArray) -> list[int]:
    """Return the last point of the first window of each run of alarms (n_windows,)."""
    return [start + WINDOW - 1 for start, _ in events_from_labels(alarms.astype(int))]


def with_faults(series: NDArray) -> NDArray:
    """Return the series with the four values replaced."""
    changed = series.copy()
    changed[list(INJECTED)] = list(INJECTED.values())
    return changed


def windows(series: NDArray) -> NDArray:
    """Return all windows of 5 (n, 5)."""
    return sliding_windows(series, WINDOW)[:, :, 0]


def named(found: dict[str, int], threshold: str) -> dict[str, int]:
    """Return the measures with the threshold they depend on in their names."""
    return {f"{measure}, {threshold}": value for measure, value in found.items()}
