"""The one-step forecasts of the half-hourly series, beside linear and naive ones.

Reference: the day-2 notebook `LSTM_GRU` of krmonline/AnomalyDetection. Each series
min-max scaled by its own range; 300 points of the first to train and 153 to validate;
windows of 10; LSTM 32, an output times 100, Adam, 200 epochs of batch 10. Points of the
second series are anomalies where the forecast is more than 0.3 off.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import RidgeCV

from benchmarks import published
from benchmarks.results import Run, Units, code_of
from benchmarks.training import seconds
from helpers.datasets import load
from helpers.detectors.forecasters import ForecastDetector, SeasonalNaiveDetector
from helpers.evaluation import events_from_labels
from helpers.thresholds import max_threshold
from helpers.windows import forecast_windows, sliding_windows

SEEDS = range(5)
TRAINING_POINTS, WINDOW, PERIOD = 300, 10, 48
FAULTS = (115, 239, 431)
DOTS = [240, 431]  # where the published picture has them
PUBLISHED_THRESHOLD = 0.3
# if its last validation error were all bias
PUBLISHED_BIAS = float(published.FORECAST["MSE of the validation points"]) ** 0.5
NETWORK = "LSTM 32, as published"
DEFAULT = "ForecastDetector(), its defaults"
RIDGE = "linear autoregression, last 10 values"
SEASONAL = "seasonal naive, period 48"


class LinearForecaster:
    """A ridge regression on the last `window` values; its penalty by leave-one-out."""

    def __init__(self, window: int):
        self.window = window
        self.model = RidgeCV(alphas=np.logspace(-6, 1, 15))

    def fit_series(self, series: NDArray) -> Self:
        """Learn from a series (n,)."""
        inputs, targets, _ = forecast_windows(series, self.window)
        self.model.fit(inputs[:, :, 0], targets[:, 0])
        return self

    def forecast_series(self, series: NDArray) -> NDArray:
        """Return the forecast of each point (n,); NaN for the first ones."""
        inputs = sliding_windows(series[:-1], self.window)[:, :, 0]
        return np.r_[np.full(self.window, np.nan), self.model.predict(inputs)]


class PublishedForecaster:
    """The published network, with its validation loss after every epoch."""

    def __init__(self, seed: int):
        self.seed = seed

    def fit_series(self, series: NDArray) -> Self:
        """Learn from the first 300 points, validate on the others."""
        X, validation_fraction = published_windows(series)
        self.detector = ForecastDetector.published(
            scaling=None,
            validation_fraction=validation_fraction,
            random_state=self.seed,
            progress=False,
        ).fit(X)
        return self

    def forecast_series(self, series: NDArray) -> NDArray:
        """Return the forecast of each point (n,); NaN for the first ones."""
        return self.detector.forecast_series(series)


METHODS: dict[str, Callable[[int], Any]] = {
    NETWORK: PublishedForecaster,
    DEFAULT: lambda seed: ForecastDetector(random_state=seed, progress=False),
    "ForecastDetector(cell='gru')": lambda seed: ForecastDetector(
        cell="gru", random_state=seed, progress=False
    ),
    RIDGE: lambda seed: LinearForecaster(WINDOW),
    "linear autoregression, last 48 values": lambda seed: LinearForecaster(PERIOD),
    SEASONAL: lambda seed: SeasonalNaiveDetector(period=PERIOD),
}


def all_runs(units: Units) -> list[Run]:
    """Return what all seeds found; raises `DatasetUnavailable`."""
    series = [own_range(read(f"krm_timeseries{number}")) for number in (1, 2)]
    work = partial(unit, *series)
    code = code_of(__name__)
    return [
        units.get({"model": "forecast", "seed": seed}, work, code) for seed in SEEDS
    ]


def unit(first: NDArray, second: NDArray, *, model: str, seed: int) -> Run:
    """Return how well each method forecasts, and which faults its errors show."""
    found = {}
    for name, make in METHODS.items():
        forecaster = make(seed)
        series = first if name == NETWORK else first[:TRAINING_POINTS]
        time = seconds(forecaster.fit_series, series)
        normal = first - forecaster.forecast_series(first)
        errors = second - forecaster.forecast_series(second)
        found[name] = {
            **sizes(forecaster, errors),
            **judged(normal[TRAINING_POINTS + WINDOW :], errors),
            "seconds": time,
        }
    return found


def judged(normal: NDArray, errors: NDArray) -> dict[str, float]:
    """Return the errors of normal points, of the faults, and what thresholds find.

    `normal` are the validation errors; `errors` (n,) those of the series with faults.
    """
    size = np.abs(errors)
    beside = np.ones(len(size), dtype=bool)
    for fault in FAULTS:
        beside[fault : fault + WINDOW + 1] = False
    at = {
        f"at {PUBLISHED_THRESHOLD}": PUBLISHED_THRESHOLD,
        "validation threshold": max_threshold(np.abs(normal)),
    }
    found = {"MSE of the validation points": float(np.mean(normal**2))}
    found |= {f"error at {place}": float(size[place]) for place in (115, 239, *DOTS)}
    found["largest error away from faults"] = float(np.nanmax(size[beside]))
    for name, threshold in at.items():
        counts = located(size > threshold, FAULTS, echo=WINDOW)
        found |= {f"{measure}, {name}": value for measure, value in counts.items()}
    dots = np.flatnonzero(size > PUBLISHED_THRESHOLD).tolist()
    found[f"dots at {DOTS[0]} and {DOTS[1]} only"] = int(dots == DOTS)
    # forecasts as much too low as the published ones may have been
    shifted = np.abs(errors - np.mean(normal) + PUBLISHED_BIAS)
    dots = np.flatnonzero(shifted > PUBLISHED_THRESHOLD).tolist()
    found["the same, forecasts 0.08 too low"] = int(dots == DOTS)
    return found


def located(
    alarms: NDArray, faults: tuple[int, ...], *, echo: int = 1
) -> dict[str, int]:
    """Return how many faults have an alarm within one point, and the false alarms.

    `alarms` is (n,) of booleans; a run of them is one alarm. One that begins up to
    `echo` points after a fault, which still stands in what is read, is not false.
    """
    points = np.flatnonzero(alarms)
    near = [np.any(np.abs(points - fault) <= 1) for fault in faults]
    false = [
        start
        for start, _ in events_from_labels(alarms.astype(int))
        if not any(-1 <= start - fault <= echo for fault in faults)
    ]
    return {"faults found": int(sum(near)), "false alarms": len(false)}


def sizes(forecaster: Any, errors: NDArray) -> dict[str, float]:
    """Return parameters, number of forecasts, and the curve's best and last MSE."""
    found: dict[str, float] = {"forecasts": int(np.isfinite(errors).sum())}
    detector = getattr(forecaster, "detector", forecaster)
    if hasattr(detector, "network_"):
        found = {"parameters": detector.network_.count_params(), **found}
    if forecaster is not detector:
        curve = detector.history_["val_loss"]
        found["MSE of the best epoch"] = min(curve)
    return found


def published_windows(series: NDArray) -> tuple[NDArray, float]:
    """Return the 290 + 143 windows of 10 + 1 points, and the latter's share."""
    training, validation = (
        sliding_windows(part, WINDOW + 1)
        for part in (series[:TRAINING_POINTS], series[TRAINING_POINTS:])
    )
    both = np.concatenate([training, validation])
    return both, len(validation) / len(both)


def read(name: str) -> NDArray:
    """Return a series (n,); raises `DatasetUnavailable`."""
    return load(name).X.to_numpy(dtype=float).ravel()


def own_range(series: NDArray) -> NDArray:
    """Return a series min-max scaled by itself, as published."""
    return (series - series.min()) / np.ptp(series)
