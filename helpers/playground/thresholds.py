"""A threshold that moves: what it finds, what it misses, and what that costs."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from helpers._arrays import Floats, as_labelled_scores, as_number, check_threshold
from helpers.playground.pages import BLANK, Playground, filled, rounded
from helpers.text import count, number

_STEPS = 200  # of the slider
_BINS = 40  # of the histogram


def playground(
    scores: ArrayLike,
    y: ArrayLike,
    *,
    cost: tuple[float, float] = (10, 1),
    threshold: float | None = None,
    rows_per_day: float = 1000,
    title: str = "Move the threshold",
) -> Playground:
    """Return a page with a threshold to move over scores (n,) of labelled rows y (n,).

    It shows the confusion matrix, precision, recall, false alarms a day (of
    `rows_per_day` rows), the cost, and the place on both curves. `cost` is (of a missed
    anomaly, of a false alarm). The slider starts at `threshold`, or where 5 % of the
    rows are flagged. Counts for 200 thresholds are sent, never rows, so a page of a
    million rows is as small as one of a thousand.

    Raises `ValueError` for scores that are not finite, labels of one class, and
    negative costs. Labels of the rows that a threshold was chosen on flatter it.
    """
    labels, values = as_labelled_scores(y, scores)
    missed = as_number(cost[0], "cost of a missed anomaly", least=0)
    false_alarm = as_number(cost[1], "cost of a false alarm", least=0)
    daily = as_number(rows_per_day, "rows_per_day", least=0, above=True)
    check_threshold(threshold)
    anomalies, normal = np.sort(values[labels == 1]), np.sort(values[labels == 0])
    steps = _steps(values, threshold)
    found, alarms = _above(anomalies, steps), _above(normal, steps)
    start = int(np.searchsorted(steps, _start(values, threshold)))
    edges = np.linspace(values.min(), values.max(), _BINS + 1)
    data = {
        "t": [float(f"{step:.6g}") for step in steps],
        "tp": found.tolist(),
        "fp": alarms.tolist(),
        "start": start,
        "cost": [missed, false_alarm],
        "daily": daily,
        "edges": rounded(edges[[0, -1]]),
        "shares": [_shares(normal, edges), _shares(anomalies, edges)],
        "title": title,
    }
    sentence = _told(steps[start], int(found[start]), int(alarms[start]), labels)
    return Playground(filled("thresholds.html", data, title), sentence, title, 600)


def _steps(values: Floats, threshold: float | None) -> Floats:
    """Return rising thresholds: below all scores, at the highest, closer at the top."""
    distinct = np.unique(values)
    if len(distinct) > _STEPS:
        even = np.linspace(0, 1, _STEPS // 2)
        top = 1 - np.geomspace(1 / len(values), 0.2, _STEPS // 2)
        kept = np.quantile(values, np.r_[even, top], method="inverted_cdf")
        distinct = np.unique(kept)
    below = np.nextafter(values.min(), -np.inf)
    own = [] if threshold is None else [threshold]
    return np.unique(np.r_[below, distinct, own])


def _start(values: Floats, threshold: float | None) -> float:
    if threshold is not None:
        return threshold
    return float(np.quantile(values, 0.95, method="inverted_cdf"))


def _above(ranked: Floats, thresholds: Floats) -> NDArray[np.int64]:
    """Return how many of rising scores exceed each threshold."""
    return len(ranked) - np.searchsorted(ranked, thresholds, side="right")


def _shares(values: Floats, edges: Floats) -> list[float]:
    return rounded(np.histogram(values, edges)[0] / len(values))


def _told(threshold: float, found: int, alarms: int, labels: NDArray) -> str:
    flagged, all_ = found + alarms, int(labels.sum())
    precision = f"{found / flagged:.2f}" if flagged else "not defined"
    return (
        f"Threshold {number(threshold)} flags {flagged:,} of "
        f"{count(len(labels), 'row')}: {found:,} of "
        f"{count(all_, 'anomaly', 'anomalies')} (recall {found / all_:.2f}) and "
        f"{count(alarms, 'false alarm')} (precision {precision}). "
        f"{BLANK}"
    )
