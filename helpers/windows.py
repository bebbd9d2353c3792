"""From a series to windows, and from windows back to one score per point.

A window is named by its first point: window `i` covers the points
`i * stride .. i * stride + window - 1`. A pandas series whose index holds times is cut
only where each row is the next step: see `helpers.clock`.
"""

import warnings
from collections.abc import Iterable
from typing import Literal

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, NDArray

from helpers._arrays import (
    Floats,
    Labels,
    as_count,
    as_floats,
    as_labels,
    as_values,
    check_choice,
)
from helpers.clock import Gaps, stretches
from helpers.text import count

__all__ = [
    "as_series",
    "block_splits",
    "forecast_windows",
    "point_scores",
    "point_scores_in_parts",
    "sliding_windows",
    "window_count",
    "window_labels",
    "window_parts",
    "window_starts",
]


def window_count(n_points: int, window: int, *, stride: int = 1) -> int:
    """Return how many windows fit: (n_points - window) // stride + 1.

    Raises `ValueError` when not even one does.
    """
    as_count(window, "window", least=1)
    as_count(stride, "stride", least=1)
    if window > as_count(n_points, "n_points"):
        raise ValueError(
            f"a window of {window} points does not fit into a series of {n_points}; "
            "choose a shorter window"
        )
    return (n_points - window) // stride + 1


def sliding_windows(
    series: ArrayLike, window: int, *, stride: int = 1, gaps: Gaps = "refuse"
) -> Floats:
    """Cut `series` into overlapping windows.

    `series` is (n_points,) or (n_points, n_features). Returns
    (n_windows, window, n_features), float32 if the series is. The result is a
    read-only view that takes no memory: `.copy()` it before you change it.

    Where a pandas index holds times, rows must be even steps in order. With
    `gaps="split"` no window reaches over a gap; each part is then cut by itself, into
    a copy, and `window_starts` says where the windows are.

    Raises `ValueError` when the series is shorter than one window, or its clock is no
    clock: gaps, moments that are there twice or out of order, a step that changes.
    """
    values = as_series(series)
    parts = window_parts(series, window, gaps=gaps)
    cut = [_cut(values[part], window, stride) for part in parts]
    return cut[0] if len(cut) == 1 else np.concatenate(cut)


def window_starts(
    series: ArrayLike, window: int, *, stride: int = 1, gaps: Gaps = "refuse"
) -> Labels:
    """Return the position of each window's first point, as `sliding_windows` cuts them.

    Raises `ValueError` as it does.
    """
    starts = [
        np.arange(
            part.start, part.stop - window + 1, as_count(stride, "stride", least=1)
        )
        for part in window_parts(series, window, gaps=gaps)
    ]
    return np.concatenate(starts)


def window_parts(
    series: ArrayLike, window: int, *, gaps: Gaps = "refuse"
) -> list[slice]:
    """Return the parts of a series without a gap in which at least one window fits.

    Warns of rows that lie in shorter parts: no window holds them. Raises `ValueError`
    when no window fits, and as `helpers.clock.stretches`.
    """
    n_points = np.shape(series)[0]
    window_count(n_points, window)
    parts = [slice(*part.indices(n_points)) for part in stretches(series, gaps=gaps)]
    kept = [part for part in parts if part.stop - part.start >= window]
    if not kept:
        longest = max(part.stop - part.start for part in parts)
        raise ValueError(
            f"a window of {window} points does not fit between the gaps of the series, "
            f"whose longest part has {longest}; choose a shorter window"
        )
    left = n_points - sum(part.stop - part.start for part in kept)
    if left:
        short = count(len(parts) - len(kept), "part")
        warnings.warn(
            f"{count(left, 'point')} between gaps, in {short} shorter than {window} "
            "points, are in no window",
            UserWarning,
            stacklevel=3,
        )
    return kept


def _cut(values: Floats, window: int, stride: int) -> Floats:
    window_count(len(values), window, stride=stride)
    return sliding_window_view(values, window, axis=0)[::stride].swapaxes(1, 2)


def forecast_windows(
    series: ArrayLike, window: int, *, horizon: int = 1, gaps: Gaps = "refuse"
) -> tuple[Floats, Floats, Labels]:
    """Pair each window with the point `horizon` steps after its last one.

    Returns inputs (n, window, n_features), targets (n, n_features) and the index of
    each target in the series (n,): the point that a forecast error speaks about.
    A series of 453 points and a window of 10 give 443 pairs, with targets 10..452.
    With `gaps="split"` no gap of a clock lies in a window or before its target.

    Raises `ValueError` when no window has its target inside the series, and for a clock
    that is none, as `sliding_windows`.
    """
    values = as_series(series)
    as_count(horizon, "horizon", least=1)
    if as_count(window, "window", least=1) + horizon > len(values):
        raise ValueError(
            f"a window of {window} points and a horizon of {horizon} do not fit into "
            f"a series of {len(values)}; choose a shorter window"
        )
    parts = window_parts(series, window + horizon, gaps=gaps)
    inputs = [_cut(values[part][:-horizon], window, 1) for part in parts]
    index = np.concatenate(
        [np.arange(part.start + window + horizon - 1, part.stop) for part in parts]
    )
    joined = inputs[0] if len(parts) == 1 else np.concatenate(inputs)
    return joined, values[index], index


def block_splits(
    starts: ArrayLike, window: int, *, blocks: int = 5
) -> list[tuple[Labels, Labels]]:
    """Return (train, test) positions of windows, each block of time once the test part.

    `starts` (n,) are the first points of the windows, rising. A window that shares a
    point with one of the test block is in neither part. Use it as `cv=`.

    Raises `ValueError` where `starts` don't rise, or are fewer than the blocks.
    """
    first = as_values(starts, "starts")
    as_count(window, "window", least=1)
    if as_count(blocks, "blocks", least=2) > len(first):
        raise ValueError(f"{len(first)} windows can't make {blocks} blocks")
    if (np.diff(first) <= 0).any():
        raise ValueError("starts must rise; sort the windows by time")
    splits = []
    for test in np.array_split(np.arange(len(first)), blocks):
        begin, end = first[test[0]], first[test[-1]] + window
        train = np.flatnonzero((first + window <= begin) | (first >= end))
        splits.append((train, test))
    return splits


def point_scores(
    window_scores: ArrayLike,
    *,
    n_points: int,
    window: int,
    stride: int = 1,
    reduce: Literal["max", "mean"] = "max",
) -> Floats:
    """Give each point the largest (or the mean) score of the windows that cover it.

    `window_scores` is (n_windows,), or (n_windows, window) where each step of a window
    has an error of its own. Returns (n_points,). Points that no window covers, such as
    a tail shorter than `stride`, are NaN: nobody looked at them.

    Raises `ValueError` when the number of scores is not the number of windows.
    """
    n_windows = window_count(n_points, window, stride=stride)
    steps = _scores_per_step(window_scores, n_windows, window)
    return point_scores_in_parts(
        [steps], n_points=n_points, window=window, stride=stride, reduce=reduce
    )


def point_scores_in_parts(
    parts: Iterable[Floats],
    *,
    n_points: int,
    window: int,
    stride: int = 1,
    reduce: Literal["max", "mean"] = "max",
) -> Floats:
    """Return the `point_scores` of errors that come in parts, one after the other.

    Each part is (some windows, window). So a long series takes no memory for the
    errors of all its windows at once.
    """
    check_choice(reduce, "reduce", ("max", "mean"))
    combine = np.fmax if reduce == "max" else np.add
    result = np.full(n_points, np.nan if reduce == "max" else 0.0)
    covering = np.zeros(n_points)
    start = 0
    for part in parts:
        end = start + len(part) * stride
        for step in range(window):  # one vectorised pass per step, not per window
            points = slice(start + step, end + step, stride)
            result[points] = combine(result[points], part[:, step])
            covering[points] += 1
        start = end
    if reduce == "mean":
        return np.divide(
            result, covering, where=covering > 0, out=np.full(n_points, np.nan)
        )
    return result


def window_labels(
    point_labels: ArrayLike,
    window: int,
    *,
    stride: int = 1,
    min_points: int = 1,
    gaps: Gaps = "refuse",
) -> Labels:
    """Label a window 1 when at least `min_points` of its points are anomalies.

    `point_labels` is (n_points,) of 0/1. Returns (n_windows,), aligned with
    `sliding_windows`; where that splits at gaps, give labels with the same index.
    Raises `ValueError` on other labels, a series too short, or a clock that is none.
    """
    labels = as_labels(point_labels, "point_labels")
    window_count(len(labels), window, stride=stride)
    if as_count(min_points, "min_points", least=1) > window:
        raise ValueError(f"min_points = {min_points} is more than window = {window}")
    starts = window_starts(point_labels, window, stride=stride, gaps=gaps)
    covered = sliding_window_view(labels, window)[starts]
    return (covered.sum(axis=1) >= min_points).astype(np.int64)


def as_series(series: ArrayLike) -> NDArray:
    """Return a series as floats (n_points, n_features); float32 stays float32.

    Raises `ValueError` on what is no number and on other shapes.
    """
    values = as_floats(series, "series", keep_single=True)
    if values.ndim == 1:
        return values[:, np.newaxis]
    if values.ndim != 2:
        raise ValueError(
            "series must be (n_points,) or (n_points, n_features); "
            f"got shape {values.shape}"
        )
    return values


def _scores_per_step(window_scores: ArrayLike, n_windows: int, window: int) -> Floats:
    scores = as_floats(window_scores, "window_scores")
    if scores.shape == (n_windows,):
        return np.broadcast_to(scores[:, np.newaxis], (n_windows, window))
    if scores.shape == (n_windows, window):
        return scores
    raise ValueError(
        f"window_scores has shape {scores.shape}, but {n_windows} windows of {window} "
        f"points fit here: ({n_windows},) or ({n_windows}, {window}) is expected"
    )
