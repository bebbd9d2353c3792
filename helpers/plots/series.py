"""Pictures of values over time."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from numpy.typing import ArrayLike, NDArray

from helpers._arrays import (
    Labels,
    aligned,
    as_floats,
    as_labels,
    as_values,
    check_threshold,
    same_length,
)
from helpers.evaluation import events_from_labels
from helpers.plots.style import (
    ANOMALY,
    EVENT,
    NORMAL,
    RECONSTRUCTION,
    SCORE,
    THRESHOLD,
    finish,
    line_styles,
    new_axes,
    span,
)
from helpers.text import count, number

WIDE = (8.0, 3.0)
_LIMITS = ("the lower limit", "the upper limit")


def series_with_anomalies(
    values: ArrayLike,
    flags: ArrayLike | None = None,
    limits: tuple[ArrayLike, ArrayLike] | None = None,
    *,
    events: ArrayLike | None = None,
    name: str = "value",
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw a series (n,) with flagged points, limits and labelled stretches.

    `flags` is 0/1 per point or the indices of the flagged ones. `limits` is (low,
    high), numbers or one pair per point. `events` is 0/1 per point: its runs are
    shaded. A Series with a DatetimeIndex is drawn over time.
    """
    array, time = as_values(values, "values"), _time_axis(values)
    marked = _flag_mask(aligned(values, flags, names=("values", "flags")), len(array))
    events = aligned(values, events, names=("values", "events"))
    ax = new_axes(ax, size=WIDE)
    ax.plot(time, array, color=NORMAL["color"], linewidth=0.9, label=name)
    told = _draw_band(ax, time, limits)
    told += _shade_events(ax, time, events, None if flags is None else marked)
    if flags is not None:
        ax.plot(time[marked], array[marked], linestyle="", markersize=7, **ANOMALY,
                markeredgecolor="white", markeredgewidth=0.5,
                label=f"flagged ({marked.sum()})")  # fmt: skip
        told += f"; {count(int(marked.sum()), 'point')} flagged"
    _tidy_dates(ax, time)
    return finish(
        ax,
        key="above",
        x=_time_name(time),
        y=name,
        title=title or f"{name[:1].upper()}{name[1:]} over time",
        text=f"series of {count(len(array), 'point')}, {name} from {span(array)}{told}",
    )


def score_over_time(
    scores: ArrayLike,
    threshold: float | None = None,
    *,
    events: ArrayLike | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw a score per point (n,), its threshold, and labelled stretches shaded."""
    check_threshold(threshold)
    array, time = as_values(scores), _time_axis(scores)
    events = aligned(scores, events, names=("scores", "events"))
    ax = new_axes(ax, size=WIDE)
    ax.plot(time, array, **SCORE, linewidth=0.9, label="score")
    alarms = np.zeros(len(array), bool) if threshold is None else array > threshold
    told = _shade_events(ax, time, events, alarms)
    if threshold is not None:
        ax.axhline(threshold, **THRESHOLD, label=f"threshold {number(threshold)}")
        ax.plot(time[alarms], array[alarms], linestyle="", markersize=6, **ANOMALY,
                markeredgecolor="white", markeredgewidth=0.5,
                label=f"alarm ({alarms.sum()})")  # fmt: skip
        told += f"; {count(int(alarms.sum()), 'point')} above the threshold "
        told += number(threshold)
    _tidy_dates(ax, time)
    return finish(
        ax,
        key="above",
        x=_time_name(time),
        y="anomaly score",
        title=title or "Score over time",
        text=f"score of {count(len(array), 'point')}, from {span(array)}{told}",
    )


def reconstruction(
    values: ArrayLike,
    rebuilt: ArrayLike,
    *,
    names: tuple[str, str] = ("original", "reconstruction"),
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw a signal (n,) and what a model makes of it, the gap between them shaded.

    Serves for reconstructions and for forecasts (`names`).
    """
    array, model = as_values(values, "values"), as_values(rebuilt, "rebuilt")
    same_length(array, model, names=("values", "rebuilt"))
    time = _time_axis(values)
    ax = new_axes(ax, size=WIDE)
    ax.plot(time, array, color=NORMAL["color"], linewidth=1.2, label=names[0])
    ax.plot(time, model, **RECONSTRUCTION, linewidth=1.2, label=names[1])
    ax.fill_between(time, array, model, color=SCORE["color"], alpha=0.3, label="error")
    _tidy_dates(ax, time)
    errors = np.abs(array - model)
    worst = int(np.argmax(errors))
    return finish(
        ax,
        key="above",
        x=_time_name(time),
        y="value",
        title=title or f"{names[0][0].upper()}{names[0][1:]} and {names[1]}",
        text=f"{names[0]} and {names[1]} over {count(len(array), 'point')}: mean "
        f"absolute error {number(errors.mean())}, largest {number(errors.max())} at "
        f"{_moment(time, worst)}",
    )


def series_pair(
    first: ArrayLike,
    second: ArrayLike,
    *,
    names: tuple[str, str] = ("first", "second"),
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw two series (n,) in standard deviations, so that their shapes compare."""
    pair = [as_values(first, names[0], least=2), as_values(second, names[1], least=2)]
    same_length(*pair, names=names)
    for name, values in zip(names, pair, strict=True):
        if values.std() == 0:
            raise ValueError(f"{name} is constant; correlation needs a change")
    time = _time_axis(first)
    ax = new_axes(ax, size=WIDE)
    scaled = [(values - values.mean()) / values.std() for values in pair]
    for (name, style), values in zip(line_styles(names), scaled, strict=True):
        ax.plot(time, values, **style, label=name)
    _tidy_dates(ax, time)
    correlation = float(np.mean(scaled[0] * scaled[1]))
    return finish(
        ax,
        key="above",
        x=_time_name(time),
        y="standard deviations from the mean",
        title=title or f"{names[0]} and {names[1]}: correlation {correlation:.3f}",
        text=f"two series of {count(len(pair[0]), 'point')} after z-scoring; their "
        f"Pearson correlation is {correlation:.4f}",
    )


# ------------------------------------------------------------------------ details


def _time_axis(values: ArrayLike) -> NDArray:
    """Return the times or numbers that a Series is indexed by, else positions."""
    index = getattr(values, "index", None)
    if isinstance(index, pd.PeriodIndex):
        index = index.to_timestamp()
    if isinstance(index, pd.DatetimeIndex):
        return index.tz_localize(None).to_numpy()
    if isinstance(index, pd.Index) and pd.api.types.is_numeric_dtype(index.dtype):
        return index.to_numpy()
    return np.arange(len(np.asarray(values)))


def _time_name(time: NDArray) -> str:
    return "time" if time.dtype.kind == "M" else "position in the series"


def _moment(time: NDArray, position: int) -> str:
    if time.dtype.kind == "M":
        return str(pd.Timestamp(time[position]))
    return f"position {time[position]}"


def _tidy_dates(ax: Axes, time: NDArray) -> None:
    if time.dtype.kind == "M":
        locator = AutoDateLocator()
        ax.xaxis.set_major_locator(locator)
        ax.xaxis.set_major_formatter(ConciseDateFormatter(locator))


def _flag_mask(flags: ArrayLike | None, points: int) -> NDArray[np.bool_]:
    mask = np.zeros(points, dtype=bool)
    if flags is None:
        return mask
    array = np.asarray(flags)
    if array.shape == (points,) and np.isin(array, (0, 1)).all():
        return array.astype(bool)
    if array.size and (array.dtype.kind not in "iu" or array.ndim != 1):
        raise ValueError(
            f"flags must be 0/1 for each of the {points} points, or the indices of "
            f"flagged points; got shape {array.shape} of {array.dtype}"
        )
    if array.size and not 0 <= array.min() <= array.max() < points:
        raise ValueError(
            f"flags names point {array.max()}, but the series has {points} points"
        )
    mask[array.astype(int)] = True
    return mask


def _draw_band(ax: Axes, time: NDArray, limits: Sequence[ArrayLike] | None) -> str:
    if limits is None:
        return ""
    if not isinstance(limits, Sequence | np.ndarray) or len(limits) != 2:
        raise ValueError(f"limits must be (low, high); got {limits!r:.60}")
    ends = [as_floats(end, name) for end, name in zip(limits, _LIMITS, strict=True)]
    for end, name in zip(ends, _LIMITS, strict=True):
        if end.shape not in ((), (len(time),)) or np.isnan(end).all():
            raise ValueError(f"{name} must be a number, or one for each of the points")
    ends = [np.broadcast_to(end, len(time)) for end in ends]
    for end, label in zip(ends, ("limits", None), strict=True):
        ax.plot(time, end, **THRESHOLD, linewidth=1, label=label)
    if all(np.ptp(end) == 0 for end in ends):
        return f"; limits {number(ends[0][0])} and {number(ends[1][0])}"
    return f"; limits that move, {span(ends[0])} below and {span(ends[1])} above"


def _shade_events(
    ax: Axes, time: NDArray, events: ArrayLike | None, flags: NDArray | None
) -> str:
    if events is None:
        return ""
    labels: Labels = as_labels(events, "events")
    same_length(time, labels, names=("the series", "events"))
    runs = events_from_labels(labels)
    for position, (start, stop) in enumerate(runs):
        low, high = max(start - 1, 0), min(stop, len(time) - 1)
        ax.axvspan(
            time[low], time[high], **EVENT, lw=0, label=None if position else "labelled"
        )
    told = f"; {count(len(runs), 'labelled event')}"
    if flags is None:
        return told
    hit = sum(flags[start:stop].any() for start, stop in runs)
    return f"{told}, {hit} of them touched by a flag"
