"""The clock of a stream that names its times: where windows begin anew, or the error.

A stream is looked at row by row and never as a whole, so its usual step is that of the
first rows; those wait until it is known. See `helpers.clock` for series.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from helpers._arrays import as_told, check_choice
from helpers.clock import (
    Gaps,
    are_working_days,
    if_clocks_changed,
    off_beat,
    uneven_steps,
    usual_step,
    working_seconds,
)
from helpers.logs.clocks import (
    RELATIVE,
    SERIAL,
    Undecided,
    is_half_of_day,
    is_time_of_day,
    lacks_zone,
    parted,
    read_times,
)
from helpers.logs.fields import resolve
from helpers.logs.values import Hints, convert
from helpers.streams.lines import RowFormat
from helpers.streams.rows import Rows, joined_rows
from helpers.text import duration, listed

__all__ = [
    "LEARNED",
    "AskedTime",
    "StreamClock",
    "Times",
    "TimesReader",
    "time_cells",
    "timed_format",
]

LEARNED = 17  # rows whose usual step is the stream's
_KEPT = 3  # rows before, so that a step that changes shows
_START = "2000-01-01T00:00Z"  # from which seconds without a date count; never shown
Place = Callable[[int], str]
AskedTime = str | tuple[str, ...] | bool | None


class Times(NamedTuple):
    """When rows were: `values` (n,), UTC at a microsecond, and as the stream has it."""

    values: NDArray[np.datetime64]
    texts: list[str]

    def last(self, amount: int) -> "Times":
        """Return the last times, so many of them."""
        return Times(self.values[-amount:], self.texts[-amount:])


def time_cells(
    asked: AskedTime,
    names: Sequence[str],
    first: Sequence[str],
    *,
    features: Sequence[str] | None,
    label: str | None,
) -> tuple[str, ...]:
    """Return the names of the cells that say when a row was, none or several.

    `asked` is a name, or several whose texts make a moment (a day and an hour); False:
    there is none. None looks among the cells that are no `features` and no `label` for
    one that is called as times are, or, where no features are named, that reads as a
    date; `first` are the cells of the first row. Raises `ValueError` for another one,
    and where two columns are called so and no features are named.
    """
    if asked is False:
        return ()
    if isinstance(asked, str):
        return (asked,)
    if isinstance(asked, tuple | list) and all(isinstance(one, str) for one in asked):
        return tuple(asked)
    if asked is not None:
        raise ValueError(
            "time must name a column, or several that make a moment, or be None or "
            f"False; got {as_told(asked)}"
        )
    free = {
        name: cell.strip()
        for name, cell in zip(names, first, strict=False)
        if name != label and name not in (features or ())
    }
    moments = [
        name for name, cell in free.items() if _is_moment(cell, _is_called(name))
    ]
    named = [name for name in moments if _is_called(name)]
    if len(named) > 1 and features is None:
        raise ValueError(
            f"{listed(map(repr, named))} are times; name the features, or drop one"
        )
    if not named and features is None and len(moments) == 1:
        named = moments
    hours = [name for name, cell in free.items() if is_time_of_day(cell)]
    found = named[:1]
    if named and hours and ":" not in free[named[0]]:
        found.append(hours[0])
    return (*found, *_changing(found, free)) if found else ()


def _changing(found: list[str], free: dict[str, str]) -> list[str]:
    """Return the names of cells that say AM or PM, or a zone, of a time that doesn't.

    found: cells of the time; free: all cells of the first row by name
    """
    text = " ".join(free[name] for name in found)
    halves = [name for name, cell in free.items() if is_half_of_day(cell)]
    named = {name: resolve(name) for name in free}
    zones = [name for name, field in named.items() if field and field.column == "tz"]
    has_half = is_half_of_day(text[-2:]) or ":" not in text
    return [*halves[: not has_half], *zones[: lacks_zone(parted(text))]]


class Asked(Protocol):
    """What a source of lines is asked to read."""

    @property
    def features(self) -> tuple[str, ...] | None: ...

    @property
    def label(self) -> str | None: ...

    @property
    def time(self) -> AskedTime: ...


def timed_format(
    asked: Asked, names: Sequence[str], first: Sequence[str], where: str
) -> RowFormat:
    """Return the format of lines with cells of these names, those of times found.

    Raises `ValueError`, with `where`, as `time_cells` and `RowFormat.of`.
    """
    features, label = asked.features, asked.label
    try:
        time = time_cells(asked.time, names, first, features=features, label=label)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None
    return RowFormat.of(names, features=features, label=label, time=time, where=where)


def _is_called(name: str) -> bool:
    field = resolve(name)
    return field is not None and field.column in ("time", "date")


def _is_moment(cell: str, called: bool) -> bool:
    """Say whether a cell is a moment; a number is one only where it is `called` so."""
    if not called and cell.replace(".", "", 1).isdecimal():
        return False
    read = [read_times([cell], {"day_first": first}) for first in (True, False)]
    reasons = {times.reasons.get(0, "") for times in read} - {"", RELATIVE, SERIAL}
    if called and reasons and not is_time_of_day(cell):
        return True  # why it can't be one is told where it is read
    return any(not np.isnat(times.values[0]) for times in read)


class TimesReader:
    """Reads the times of a stream, part by part; each part keeps to what is decided.

    zone, day_first: what a person knows of times that don't say it
    """

    def __init__(self, zone: str | None, day_first: bool | None) -> None:
        self._hints = Hints(zone=zone, day_first=day_first, start=_START)

    def read(self, texts: list[str], where: Place) -> Times:
        """Return the times; raises `ValueError`, with `where(i)`, for what is none."""
        try:
            read = convert("time", texts, [], self._hints)
            self._decide(texts, read.values)
        except Undecided as error:
            raise ValueError(f"{where(0)}: {error}") from None
        values = read.values.dt.tz_localize(None).to_numpy().astype("datetime64[us]")
        bad = np.flatnonzero(np.isnat(values))
        if len(bad):
            first = int(bad[0])
            reason = read.reasons.get(first) or "write it as 2024-01-31T12:00"
            raise ValueError(
                f"{where(first)}: the time {texts[first][:40]!r} can't be read: "
                f"{reason}, or say time=False to count rows"
            )
        return Times(values, texts)

    def _decide(self, texts: list[str], values: pd.Series) -> None:
        """Keep whether the day comes first, once rows have told it."""
        numeric = [text for text in texts if not text.strip()[:4].isdecimal()]
        if self._hints["day_first"] is not None or not numeric:
            return
        told = [
            first
            for first in (True, False)
            if convert("time", texts, [], {**self._hints, "day_first": first})
            .values.equals(values)
        ]  # fmt: skip
        if len(told) == 1:
            self._hints["day_first"] = told[0]


class StreamClock:
    """Looks at the steps of a stream, and marks the rows where windows begin anew.

    `place` turns a row's mark into words, such as "line 7". Use: `take` each part with
    its times, `rest` at the end; both yield the rows in order.
    """

    def __init__(self, gaps: Gaps, place: Place, name: str) -> None:
        check_choice(gaps, "gaps", ("refuse", "split"))
        self._gaps, self._place, self._name = gaps, place, name
        self._beat: float | None = None
        self._working = False
        self._before = Times(np.zeros(0, "datetime64[us]"), [])
        self._marks = np.zeros(0, np.int64)
        self._held: list[tuple[Rows, Times]] = []

    def go_on(self, first: Times, before: Times, marks: NDArray) -> None:
        """Take up a stream whose `first` rows are those, and whose last read `before`.

        `marks` are those of the rows before.
        """
        self._learn(first.values[:LEARNED])
        self._before, self._marks = before.last(_KEPT), marks[-_KEPT:]

    def take(self, rows: Rows, times: Times) -> Iterator[Rows]:
        """Yield rows whose clock was looked at; the first ones wait for each other."""
        if not len(rows):
            return
        if self._beat is not None:
            yield self._looked_at(rows, times)
            return
        self._held.append((rows, times))
        if sum(len(part) for part, _ in self._held) >= LEARNED:
            yield from self.rest()

    def rest(self) -> Iterator[Rows]:
        """Yield the rows that wait."""
        if not self._held:
            return
        rows = joined_rows([part for part, _ in self._held])
        times = _joined([part for _, part in self._held])
        self._held.clear()
        if self._beat is None:
            self._learn(times.values[:LEARNED])
        yield self._looked_at(rows, times)

    def _learn(self, values: NDArray) -> None:
        self._working = are_working_days(pd.DatetimeIndex(values))
        steps = self._steps(values)
        steps = steps[steps > 0]
        self._beat = usual_step(steps) if len(steps) else None

    def _steps(self, values: NDArray) -> NDArray[np.float64]:
        """Return the seconds from row to row (n - 1,), without weekends if so."""
        steps = np.diff(values).astype(np.int64) / 1e6
        if not self._working or len(values) < 2:
            return steps
        working = np.diff(working_seconds(pd.DatetimeIndex(values)))
        return np.where(steps > 0, working, steps)

    def _looked_at(self, rows: Rows, times: Times) -> Rows:
        """Return the rows with their `begins`; raises `ValueError` for bad steps."""
        joined = _joined([self._before, times])
        marks = np.concatenate([self._marks, rows.marks])
        steps = self._steps(joined.values)
        known = len(self._before.values)
        new = np.arange(len(steps)) >= known - 1
        back = np.flatnonzero((steps <= 0) & new)
        if len(back):
            self._refuse(int(back[0]), joined, marks, steps)
        usual = self._beat or 1.0
        other = off_beat(steps, usual) & (new | (steps > usual))
        wide, changed = uneven_steps(steps, usual, other)
        if changed is not None:
            self._refuse(changed, joined, marks, steps)
        wide = wide[wide >= known - 1]
        if len(wide) and self._gaps == "refuse":
            self._refuse(int(wide[0]), joined, marks, steps)
        begins = np.zeros(len(rows), dtype=bool)
        begins[wide + 1 - known] = True
        self._before, self._marks = joined.last(_KEPT), marks[-_KEPT:]
        return rows.beginning(begins)

    def _refuse(self, at: int, times: Times, marks: NDArray, steps: NDArray) -> None:
        """Raise `ValueError` about the step after row `at`: both places, both times."""
        first, second = (
            f"{self._place(int(marks[i]))} ({times.texts[i].strip()})"
            for i in (at, at + 1)
        )
        step, usual = float(steps[at]), self._beat or 1.0
        hour = times.values[at + 1].astype(object).hour
        turned = if_clocks_changed(hour, step if step <= 0 else step - usual)
        if turned:
            zone = "write times with their offset, as +02:00"
            if step > 0:
                zone += ', or pass zone="Europe/Berlin" (yours)'
            turned += zone
        if step <= 0:
            kind = "has the time of" if step == 0 else "is earlier than"
            told = f"{second} {kind} {first}; sort the rows, one for each time"
        elif step < usual or self._gaps == "split":
            told = (
                f"the step changes: {duration(step)} from {first} to {second}, at "
                f"first {duration(usual)}; bring it to one step"
            )
        else:
            told = (
                f"a gap between {first} and {second}: {duration(step)} instead of "
                f'{duration(usual)}; fill it, or pass gaps="split"'
            )
        raise ValueError(
            f"{self._name}: {told}, or say time=False to count rows{turned}"
        )


def _joined(parts: list[Times]) -> Times:
    if len(parts) == 1:
        return parts[0]
    return Times(
        np.concatenate([part.values for part in parts]),
        [text for part in parts for text in part.texts],
    )
