"""A grid search: which window length and which hidden size set anomalies apart most.

The measure is published (Li, 2018): the mean reconstruction error of anomalous windows
divided by that of normal ones that trained nobody. It looks at the labels of the first
rows only.
"""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from helpers.detectors.base import Detector

__all__ = ["best_of", "error_ratios"]

Make = Callable[[int, int], Detector]


def error_ratios(
    stream: tuple[NDArray, NDArray],
    make: Make,
    *,
    lengths: Sequence[int],
    hidden: Sequence[int],
    repeats: int = 1,
) -> pd.DataFrame:
    """Return the ratio for each window length (rows) and hidden size (columns).

    `stream` is rows (n, features) and their labels (n,), cut into windows; `make(size,
    repeat)` returns a detector that is not fitted. Each is fitted on the first four
    fifths of the normal windows and judged on the last one and on the anomalous
    windows; a cell is the mean over `repeats`. NaN where a length leaves no window for
    one of them.
    """
    cells = [
        [
            np.mean([_ratio(*stream, length, make(size, k)) for k in range(repeats)])
            for size in hidden
        ]
        for length in lengths
    ]
    return pd.DataFrame(
        np.array(cells, dtype=np.float64),
        index=pd.Index(lengths, name="window"),
        columns=pd.Index(hidden, name="hidden"),
    )


def best_of(ratios: pd.DataFrame) -> tuple[int, int, float]:
    """Return window length, hidden size and ratio of the best cell.

    Raises `ValueError` where no cell has a ratio.
    """
    if ratios.isna().all(axis=None):
        raise ValueError(
            "no window length leaves normal and anomalous windows to compare; try "
            "shorter ones, or more rows"
        )
    length, size = ratios.stack().idxmax()
    return int(length), int(size), float(ratios.loc[length, size])


def _ratio(rows: NDArray, labels: NDArray, length: int, detector: Detector) -> float:
    count = len(rows) // length
    windows = rows[: count * length].reshape(count, length, rows.shape[1])
    anomalous = labels[: count * length].reshape(count, length).any(axis=1)
    normal, abnormal = windows[~anomalous], windows[anomalous]
    trained = len(normal) * 4 // 5
    if trained < detector._least_rows() or not len(abnormal):
        return np.nan
    detector.fit(normal[:trained])
    return _error(detector, abnormal) / _error(detector, normal[trained:])


def _error(detector: Detector, windows: NDArray) -> float:
    """Return the mean error with which windows are rebuilt; else the mean score."""
    if hasattr(detector, "errors"):
        return float(np.mean(detector.errors(windows)))
    return float(detector.decision_function(windows).mean())
