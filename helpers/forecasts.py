"""What forecasts look back at, and forecast errors without their echoes.

A forecaster is any function from a series, or from windows of it, to forecasts: the
`forecast_series` of a detector, a network's `predict_on_batch`, a rule of one line.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from helpers._arrays import Floats, as_count, as_floats, as_number, as_values
from helpers.clock import stretches

__all__ = ["echo_free_errors", "sensitivity"]


def sensitivity(
    forecast: Callable[[np.ndarray], ArrayLike],
    windows: ArrayLike,
    steps_back: int,
    *,
    nudge: float = 0.05,
) -> float:
    """Return how far forecasts move per unit of the value `steps_back` steps ago.

    `forecast` maps windows (n, steps, features) to (n, ...); the last step of a window
    is one step back. All features of that step are moved by `nudge`; the result is the
    mean absolute distance of the forecasts, divided by it. Windows keep their type.

    Raises `ValueError` where the windows have no such step.
    """
    before = np.asarray(windows)
    steps = before.shape[1] if before.ndim == 3 else 0
    if not as_count(steps_back, "steps_back", least=1) <= steps:
        raise ValueError(
            f"steps_back = {steps_back} in windows of shape {before.shape}; they must "
            "be (n, steps, features), with as many steps at least"
        )
    size = as_number(nudge, "nudge", least=0, above=True)
    moved = before.copy()
    moved[:, -steps_back] += size
    distances = np.abs(np.subtract(forecast(moved), forecast(before)))
    return float(distances.mean() / size)


def echo_free_errors(
    forecast: Callable[[np.ndarray], ArrayLike],
    series: ArrayLike,
    threshold: float,
    *,
    start: int = 0,
) -> Floats:
    """Return absolute forecast errors (n,), less what follows from an earlier alarm.

    A wrong value stands in the windows after it and spoils their forecasts: an echo.
    Each point from `start` on whose error still exceeds `threshold` is replaced, by
    itself, by its forecast; later points keep the smaller of their two errors. So a
    fault is one alarm, and a new level rings only until the forecasts have followed.
    Costs one call of `forecast` per alarm.

    `forecast` maps a series (n,) to the forecast of each point (n,), NaN for the first
    ones, whose errors are NaN then.

    Raises `ValueError` where `forecast` returns another number of values, and for a
    pandas series whose clock has gaps or is none.
    """
    values = as_values(series, "series")
    stretches(series, way_out="call it with each part between gaps")
    as_count(start, "start")
    expected = _forecasts(forecast, values)
    errors = np.abs(values - expected)
    for point in range(start, len(values)):
        if errors[point] > threshold:
            mended = values.copy()
            mended[point] = expected[point]
            again = np.abs(values - _forecasts(forecast, mended))
            later = slice(point + 1, None)
            errors[later] = np.minimum(errors[later], again[later])
    return errors


def _forecasts(forecast: Callable[[np.ndarray], ArrayLike], values: Floats) -> Floats:
    found = as_floats(forecast(values), "the forecast")
    if found.shape != values.shape:
        raise ValueError(
            f"the forecast has shape {found.shape} for a series of {len(values)} "
            "points; it must have one value per point, NaN for the first ones"
        )
    return found
