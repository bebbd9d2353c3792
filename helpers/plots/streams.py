"""Pictures of a stream: its scores, the updates, and what the buffers held."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray

from helpers._arrays import Labels, as_labels, as_told, as_values, same_length
from helpers.plots.style import (
    ANOMALY,
    EVENT,
    NORMAL,
    OKABE_ITO,
    THRESHOLD,
    finish,
    line_styles,
    new_axes,
    span,
)
from helpers.text import count, number

_WIDE = (8.0, 3.2)
_UPDATE = {"color": OKABE_ITO["green"], "linestyle": ":", "linewidth": 1.6}


def scores_with_updates(
    scores: ArrayLike,
    updates: ArrayLike = (),
    *,
    labels: ArrayLike | None = None,
    thresholds: ArrayLike | None = None,
    drifts: ArrayLike = (),
    name: str = "anomaly score",
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the score of each window (n,), with marks where the detector was updated.

    `updates` and `drifts` are numbers of windows: an update stands before the window it
    names. `labels` (n,) marks anomalies; NaN, where nobody said, counts as normal.
    `thresholds` (n,) are those in use, which updates change. Raises `ValueError` where
    lengths differ or a mark lies outside the stream.
    """
    array = as_values(scores)
    marked = _marked(labels, len(array))
    ax = new_axes(ax, size=_WIDE)
    windows = np.arange(len(array))
    for kind, looks, label in (
        (~marked, NORMAL | {"markersize": 3}, "normal"),
        (marked, ANOMALY | {"markersize": 6}, f"anomaly ({marked.sum()})"),
    ):
        ax.plot(windows[kind], array[kind], linestyle="", label=label, **looks)
    if thresholds is not None:
        cuts = as_values(thresholds, "thresholds")
        same_length(array, cuts, names=("scores", "thresholds"))
        ax.step(windows, cuts, where="mid", **THRESHOLD, label="threshold")
    told = _draw_marks(ax, updates, drifts, len(array))
    if marked.any():
        told += f"; {count(int(marked.sum()), 'anomaly', 'anomalies')} with a median "
        told += f"of {number(np.median(array[marked]))}, normal ones "
        told += number(np.median(array[~marked])) if (~marked).any() else "none"
    return finish(
        ax,
        key="above",
        x="window",
        y=name,
        title=title or "Scores of a stream",
        text=f"{name} of {count(len(array), 'window')} from {span(array)}{told}",
    )


def buffers_over_time(
    buffers: Mapping[str, ArrayLike],
    updates: ArrayLike = (),
    *,
    full: float | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw how buffers fill: name -> windows in it after each window (n,) of a stream.

    `updates` are numbers of windows, as in `scores_with_updates`; `full` is a size at
    which an update is due. Raises `ValueError` where there is none or lengths differ.
    """
    if not isinstance(buffers, Mapping) or not buffers:
        raise ValueError("buffers must be a dict of a name and sizes (n,) each")
    sizes = {name: as_values(values, name) for name, values in buffers.items()}
    same_length(*sizes.values(), names=tuple(sizes))
    ax = new_axes(ax, size=_WIDE)
    for name, style in line_styles(sizes):
        ax.plot(sizes[name], **style, label=name, drawstyle="steps-post")
    if full is not None:
        ax.axhline(full, **THRESHOLD, label=f"full: {number(full)}")
    length = len(next(iter(sizes.values())))
    told = "; ".join(f"{name} at most {number(s.max())}" for name, s in sizes.items())
    told += _draw_marks(ax, updates, (), length)
    return finish(
        ax,
        key="above",
        x="window",
        y="windows in the buffer",
        title=title or "Buffers of a stream",
        text=f"{count(len(sizes), 'buffer')} over {count(length, 'window')}: {told}",
    )


def _draw_marks(ax: Axes, updates: ArrayLike, drifts: ArrayLike, windows: int) -> str:
    """Draw updates and drifts as vertical lines; return how many there are."""
    told = ""
    for name, places, style in (
        ("update", _places(updates, "updates", windows), _UPDATE),
        ("drift", _places(drifts, "drifts", windows), EVENT | {"linewidth": 5}),
    ):
        for number_, place in enumerate(places):
            label = f"{name} ({len(places)})" if number_ == 0 else None
            ax.axvline(place - 0.5, **style, label=label, zorder=0)
        if len(places):
            told += f"; {count(len(places), name)}, before window "
            told += ", ".join(map(str, places[:6])) + (
                " ..." if len(places) > 6 else ""
            )
    return told


def _places(places: ArrayLike, name: str, windows: int) -> NDArray[np.int64]:
    array = np.asarray(places)
    if array.size == 0:
        return np.zeros(0, dtype=np.int64)
    whole = array.ndim == 1 and array.dtype.kind in "iu"
    if not whole or array.min() < 0 or array.max() > windows:
        raise ValueError(
            f"{name} must be numbers of windows (k,), from 0 to {windows}; got "
            f"{as_told(places)}"
        )
    return array.astype(np.int64)


def _marked(labels: ArrayLike | None, windows: int) -> NDArray[np.bool_]:
    if labels is None:
        return np.zeros(windows, dtype=bool)
    known = np.nan_to_num(np.asarray(labels, dtype=np.float64))
    kinds: Labels = as_labels(known, "labels")
    same_length(np.zeros(windows), kinds, names=("scores", "labels"))
    return kinds == 1
