"""Pictures of event logs: the events of a segment, and the rates of many segments."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray

from helpers._arrays import (
    Floats,
    as_count,
    as_labels,
    as_told,
    as_values,
    check_threshold,
    same_length,
)
from helpers.plots.style import (
    ANOMALY,
    EVENT,
    GREY,
    NORMAL,
    SCORE,
    THRESHOLD,
    finish,
    new_axes,
    span,
)
from helpers.text import count, number, percent, some

__all__ = ["segment_rates", "trace_events"]

_MOST_ROWS = 60
_LONGEST_NAME = 34  # characters of a kind that are written beside its row


def trace_events(
    events: Sequence,
    wrong: ArrayLike | None = None,
    *,
    start: int = 0,
    most: int = 20,
    apart: Sequence[str] = ("<unknown>",),
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the events of a segment (n,), a row per kind; the discrete picture.

    `events` are texts or numbers, of a window or of a thousand events; `wrong` (n,) is
    1 where an event was foretold wrongly. `start` is the place of the first one in its
    trace. The `most` frequent kinds get a row each, the highest the most frequent, and
    so do those in `apart` however rare; the others share one, "other kinds". Raises
    `ValueError` where there are no events or lengths differ.
    """
    kinds = _kinds(events)
    marked = _wrong(wrong, len(kinds))
    first = as_count(start, "start")
    names, rows = _rows(kinds, as_count(most, "most", least=1, most=_MOST_ROWS), apart)
    ax = new_axes(ax, size=(8.0, 1.6 + 0.19 * len(names)))
    places = first + np.arange(len(kinds))
    right, missed = ("event", "") if wrong is None else ("foretold", "foretold wrongly")
    for chosen, looks, label in (
        (~marked, NORMAL | {"marker": "|", "markersize": 5}, right),
        (marked, ANOMALY | {"markersize": 5, "markeredgewidth": 0}, missed),
    ):
        if chosen.any():
            label_ = label if wrong is None else f"{label} ({chosen.sum():,})"
            ax.plot(places[chosen], rows[chosen], linestyle="", label=label_, **looks)
    ax.set_yticks(range(len(names)), [_short(name) for name in names], fontsize=7)
    ax.set_ylim(len(names) - 0.5, -0.5)
    return finish(
        ax,
        key=None if wrong is None else "above",
        x="place in the trace",
        y="kind of event",
        title=title or "Events of a segment",
        text=_told(kinds, marked if wrong is not None else None, first),
    )


def segment_rates(
    rates: ArrayLike | Mapping[str, ArrayLike],
    threshold: float | None = None,
    *,
    labels: ArrayLike | Mapping[str, ArrayLike] | None = None,
    name: str = "share foretold wrongly",
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw a value per segment (n_segments,) of one trace, or of several side by side.

    The continuous picture. Several are a dict: name of the trace -> values. Segments
    above `threshold` are marked; `labels`, as many of them and in the same form, are 1
    where a segment truly holds an anomaly, which is shaded. Raises `ValueError` where
    there are no values or lengths differ.
    """
    check_threshold(threshold)
    several = isinstance(rates, Mapping)
    traces = _values_of(rates, "rates", as_values)
    truth = _labels_of(labels, traces)
    ax = new_axes(ax, size=(8.0, 3.2))
    told, at = [], 0
    for trace, values in traces.items():
        told.append(_draw_trace(ax, trace if several else "", values, at, threshold))
        _shade(ax, truth.get(trace), at)
        at += len(values)
    if threshold is not None:
        label = f"threshold {number(threshold)}"
        ax.axhline(threshold, **THRESHOLD, label=label)
    _name_traces(ax, traces if several else {})
    beside = "" if threshold is None else f"; the threshold is {number(threshold)}"
    return finish(
        ax,
        key="above",
        x="segment",
        y=name,
        title=title or f"{name[:1].upper()}{name[1:]}, segment by segment",
        text=f"{name} of {count(at, 'segment')}: {'; '.join(told)}{beside}",
    )


# ------------------------------------------------------------------- events, details


def _kinds(events: Sequence) -> list[str]:
    """Return the kind of each event as a text."""
    one_text = isinstance(events, str | bytes)
    shape = np.shape(events) if isinstance(events, np.ndarray) else (0,)
    if one_text or len(shape) != 1 or not hasattr(events, "__len__"):
        raise ValueError(
            f"events must be a sequence of texts or numbers; got {as_told(events)}"
        )
    if not len(events):
        raise ValueError("events is empty; pass at least one")
    return [str(event) for event in events]


def _wrong(wrong: ArrayLike | None, events: int) -> NDArray[np.bool_]:
    if wrong is None:
        return np.zeros(events, bool)
    marked = as_labels(wrong, "wrong") == 1
    same_length(np.zeros(events), marked, names=("events", "wrong"))
    return marked


def _rows(
    kinds: list[str], most: int, apart: Sequence[str]
) -> tuple[list[str], NDArray]:
    """Return the names of the rows, and the row of each event (n,)."""
    counts = Counter(kinds)
    ordered = sorted(counts, key=lambda kind: -counts[kind])  # then by place
    own = {*ordered[:most], *(kind for kind in apart if kind in counts)}
    names = [kind for kind in ordered if kind in own]
    row = {kind: i for i, kind in enumerate(names)}
    others = len(counts) - len(names)
    if others:
        names.append(count(others, "other kind"))
    rows = np.array([row.get(kind, len(row)) for kind in kinds])
    return names, rows


def _short(name: str) -> str:
    """Return a name that leaves room for the picture; `$` is no formula."""
    cut = name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"
    return cut.replace("$", r"\$")


def _told(kinds: list[str], marked: NDArray[np.bool_] | None, first: int) -> str:
    counts = Counter(kinds)
    common, times = counts.most_common(1)[0]
    told = (
        f"{count(len(kinds), 'event')} of {count(len(counts), 'kind')} from place "
        f"{first:,} on; the most frequent, {common}, {count(times, 'time')}"
    )
    if marked is None:
        return told
    missed = Counter(np.array(kinds, object)[marked].tolist()).most_common()
    told += f"; {int(marked.sum()):,} foretold wrongly ({percent(marked.mean())})"
    worst = [f"{kind} ({times:,})" for kind, times in missed]
    return told + (f", most of all {some(worst, 2)}" if worst else "")


# -------------------------------------------------------------------- rates, details


def _values_of(given: Any, name: str, read: Any) -> dict[str, NDArray]:
    """Return the arrays of a dict, or of one array, which has no name."""
    if not isinstance(given, Mapping):
        return {"": read(given, name)}
    if not given:
        raise ValueError(f"{name} is empty; pass at least one trace")
    return {str(key): read(values, f"{name} of {key}") for key, values in given.items()}


def _labels_of(labels: Any, traces: dict[str, Floats]) -> dict[str, NDArray]:
    if labels is None:
        return {}
    found = _values_of(labels, "labels", as_labels)
    if found.keys() != traces.keys():
        raise ValueError(
            f"labels must be of the same traces as rates; got {some(list(found), 4)}"
        )
    for trace, values in traces.items():
        same_length(values, found[trace], names=("rates", "labels"))
    return found


def _draw_trace(
    ax: Axes, trace: str, values: Floats, at: int, threshold: float | None
) -> str:
    """Draw one trace from segment `at` on; return what is to be seen."""
    first = "_" if at else ""  # matplotlib leaves such names out of the legend
    places = at + np.arange(len(values))
    ax.plot(
        places, values, **SCORE, linewidth=0.9, marker=".", markersize=3,
        label=f"{first}segment",
    )  # fmt: skip
    told = f"{trace} from {span(values)}".strip()
    if threshold is None:
        return told
    above = values > threshold
    ax.plot(places[above], values[above], linestyle="", markersize=6, **ANOMALY,
            markeredgecolor="white", markeredgewidth=0.5,
            label=f"{first}above the threshold")  # fmt: skip
    return f"{told}, {above.sum():,} of {len(values):,} above the threshold"


def _shade(ax: Axes, truth: NDArray | None, at: int) -> None:
    """Shade the segments that truly hold an anomaly."""
    if truth is None:
        return
    edges = np.diff(np.concatenate([[0], truth, [0]]))
    for start, end in zip(
        np.flatnonzero(edges == 1), np.flatnonzero(edges == -1), strict=True
    ):
        known = any(label == "anomaly" for label in ax.get_legend_handles_labels()[1])
        ax.axvspan(
            at + start - 0.5, at + end - 0.5, **EVENT,
            label="_anomaly" if known else "anomaly",
        )  # fmt: skip


def _name_traces(ax: Axes, traces: Mapping[str, NDArray]) -> None:
    """Write the name of each trace over its segments, a line at each border."""
    at = 0
    for trace, values in traces.items():
        if at:
            ax.axvline(at - 0.5, color=GREY, linewidth=0.8)
        ax.text(
            at + (len(values) - 1) / 2, 0.99, _short(trace), ha="center", va="top",
            fontsize=8, transform=ax.get_xaxis_transform(),
        )  # fmt: skip
        at += len(values)
    if traces:  # room for the names
        low, high = ax.get_ylim()
        ax.set_ylim(low, high + 0.1 * (high - low))
