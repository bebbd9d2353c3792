"""The pairs of all lines, put under the columns that their names stand for.

Lines of one program have the same names in the same order, so what a name means is
looked up once an order (a layout), and a line leaves its values and nothing else.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from helpers.logs.clocks import has_zone, is_time_of_day, lacks_zone, parted
from helpers.logs.fields import COLUMNS, Field, resolve
from helpers.logs.formats import Pairs, Unreadable
from helpers.logs.values import is_missing

__all__ = ["ASIDE", "Gathered", "Other", "gather"]

ASIDE = ("end", "bytes_total")  # what other columns are worked out from
# of iptables; other programs count bytes under them
_INTERFACES = {"in", "out", "IN", "OUT"}


_HANDS = ("hour", "minute", "second")
_HALF = "ampm"  # of the day, in a field of its own
# of bytes; 6in4-wan is none
_SIZE = re.compile(r"0[xX][\da-fA-F]+|\d[\d.,' ]*(?:[kKmMgG]?i?[bB])?")


class Other(NamedTuple):
    """A value that a line has under a second name of a column."""

    position: int
    name: str
    value: Any
    field: Field


class Gathered(NamedTuple):
    """The readable lines, column by column, as the file has them."""

    numbers: list[int]
    values: dict[str, list[Any]]
    fields: dict[str, list[Field | None]]
    sources: dict[str, list[str]]
    others: dict[str, list[Other]]
    unreadable: dict[int, str]
    names: dict[str, str]
    unknown: Counter
    conflicts: dict[str, list[int]]
    blank: list[int]


class _Second(NamedTuple):
    """A second name of a column: where the first one's value stands, and its own."""

    first: int
    at: int
    name: str
    field: Field


@dataclass(frozen=True)
class _Layout:
    """What the names of a line stand for, and the values of all lines that have them.

    columns: the place, name and field of each column's first value, by column
    interfaces: places of names that mean bytes, unless the value is an interface
    hands: places of hour, minute, second and AM or PM that are fields of their own
    """

    columns: dict[str, tuple[int, str, Field]]
    seconds: list[_Second]
    names: dict[str, str]
    unknown: list[str]
    interfaces: list[int]
    hands: dict[str, int] = field(default_factory=dict)
    positions: list[int] = field(default_factory=list)
    lines: list[Sequence[Any]] = field(default_factory=list)

    def note(self, gathered: Gathered) -> None:
        """Note the names when they are met first, so that they stand in that order."""
        for name, told in self.names.items():
            gathered.names.setdefault(name, told)
        for name in self.unknown:
            gathered.unknown[name] += 0


def gather(results: Iterable[Pairs | Unreadable | None]) -> Gathered:
    """Return what was parsed of lines 1, 2, ..., by column."""
    columns = (*COLUMNS, *ASIDE, "label")
    gathered = Gathered([], {}, {}, {}, {}, {}, {}, Counter(), {}, [])
    layouts: dict[tuple, _Layout] = {}
    times: dict[int, tuple[str, Any, Field]] = {}  # put together of several fields
    ends: dict[int, Any] = {}  # the same
    for number, result in enumerate(results, start=1):
        if result is None:
            gathered.blank.append(number)
            continue
        if isinstance(result, Unreadable):
            gathered.unreadable[number] = str(result)
            continue
        names, values = result
        position = len(gathered.numbers)
        gathered.numbers.append(number)
        layout = _layout_of(names, values, layouts)
        if not layout.lines:
            layout.note(gathered)
        layout.positions.append(position)
        layout.lines.append(values)
        _add_others(layout, position, values, gathered, times)
        if "end" in layout.columns and {"date", "tz"} & set(layout.columns):
            ends[position] = _whole_end(layout, values)
    for layout in layouts.values():
        for name in layout.unknown:
            gathered.unknown[name] += len(layout.lines)
    for column in columns:
        _fill(column, list(layouts.values()), gathered)
    for position, (name, value, one) in times.items():
        gathered.values["time"][position] = value
        gathered.fields["time"][position] = one
        gathered.sources["time"][position] = name
    for position, value in ends.items():
        gathered.values["end"][position] = value
    return gathered


# -------------------------------------------------------------------------- layouts


def _layout_of(
    names: tuple, values: Sequence[Any], layouts: dict[tuple, _Layout]
) -> _Layout:
    layout = layouts.get(names)
    if layout is None:
        layout = layouts[names] = _new_layout(names, ())
    if layout.interfaces:
        met = tuple(at for at in layout.interfaces if _is_interface(values[at]))
        if met:
            key = (names, met)
            if key not in layouts:
                layouts[key] = _new_layout(names, met)
            return layouts[key]
    return layout


def _new_layout(names: tuple, ignored: tuple[int, ...]) -> _Layout:
    layout = _Layout({}, [], {}, [], [])
    for at, name in enumerate(names):
        known = resolve(name)
        if known is not None and name in _INTERFACES:
            layout.interfaces.append(at)
        if known is None or at in ignored:
            layout.unknown.append(name[:80])
            hand = re.sub(r"[\W_]", "", name.casefold().removesuffix("s"))
            if hand in (*_HANDS, _HALF):
                layout.hands.setdefault(hand, at)
            continue
        layout.names.setdefault(name, str(known))
        first = layout.columns.setdefault(known.column, (at, name, known))
        if first[0] != at:
            layout.seconds.append(_Second(first[0], at, name, known))
    return layout


def _is_interface(value: Any) -> bool:
    return isinstance(value, str) and not _SIZE.fullmatch(value)


def _fill(column: str, layouts: list[_Layout], gathered: Gathered) -> None:
    """Put the values of a column, of all lines, where they belong."""
    size = len(gathered.numbers)
    values: list[Any] = [None] * size
    fields: list[Field | None] = [None] * size
    sources = [""] * size
    for layout in layouts:
        if column not in layout.columns:
            continue
        at, name, known = layout.columns[column]
        if len(layout.lines) == size:
            values = [line[at] for line in layout.lines]
            fields, sources = [known] * size, [name] * size
            continue
        for position, line in zip(layout.positions, layout.lines, strict=True):
            values[position] = line[at]
            fields[position] = known
            sources[position] = name
    gathered.values[column] = values
    gathered.fields[column] = fields
    gathered.sources[column] = sources


# -------------------------------------------------------- several names of one column


def _add_others(
    layout: _Layout,
    position: int,
    values: Sequence[Any],
    gathered: Gathered,
    times: dict[int, tuple[str, Any, Field]],
) -> None:
    """Note what a line has under second names, and put its time together."""
    others: dict[str, list[Other]] = {}
    for first, at, name, known in layout.seconds:
        one, value = values[first], values[at]
        if one is not value and repr(one) != repr(value):
            other = Other(position, name, value, known)
            others.setdefault(known.column, []).append(other)
    if {"date", "tz"} & set(layout.columns) or _HALF in layout.hands:
        ranked = _joined_times(layout, values, others.pop("time", []))
        if ranked:
            times[position] = ranked[0]
            others["time"] = [Other(position, *one) for one in ranked[1:]]
    for column, found in others.items():
        gathered.others.setdefault(column, []).extend(found)


def _joined_times(
    layout: _Layout, values: Sequence[Any], others: list[Other]
) -> list[tuple[str, Any, Field]]:
    """Put a date, a time of day and a zone of a line together, in any order.

    Returns the moments of the line, the best one first: name, value and field.
    """
    found = {
        column: (name, values[at], known)
        for column, (at, name, known) in layout.columns.items()
        if column in ("date", "time", "tz")
    }
    date, zone = found.get("date"), found.get("tz")
    mine = [found["time"]] if "time" in found else []
    mine += [(other.name, other.value, other.field) for other in others]
    if half := _half_text(layout, values):
        mine = [(name, _with_half(value, half), known) for name, value, known in mine]
    at = _zone_text(zone[1]) if zone else ""
    clocked = {v for _, v, _ in mine if isinstance(v, str) and is_time_of_day(v)}
    joined, rest = [], []
    for name, value, known in mine:
        if date and isinstance(value, str) and value in clocked:
            whole = f"{date[1]} {value} {'' if has_zone(value) else at}"
            joined.append((f"{date[0]} {name}", whole, known))
        elif at and isinstance(value, str) and not (date and clocked):
            rest.append((name, _with_zone(value, at), known))
        else:
            rest.append((name, value, known))
    if date and not joined and all(is_missing(value) for _, value, _ in mine):
        clock = _hands_text(layout, values)  # a date beside a time is no midnight
        rest.append((date[0], f"{date[1]} {clock} {at}".strip(), Field("time")))
    return joined + rest if at else rest + joined


def _whole_end(layout: _Layout, values: Sequence[Any]) -> Any:
    """Return when a line ends, with the date and the zone of other fields."""
    places = {column: at for column, (at, *_) in layout.columns.items()}
    value = values[places["end"]]
    zone = _zone_text(values[places["tz"]]) if "tz" in places else ""
    if not isinstance(value, str):
        return value
    if "date" in places and is_time_of_day(value):
        return f"{values[places['date']]} {value} {'' if has_zone(value) else zone}"
    return _with_zone(value, zone) if zone else value


def _hands_text(layout: _Layout, values: Sequence[Any]) -> str:
    """Return 10:30:05 of an hour, a minute and a second; "" where there is no hour."""
    if "hour" not in layout.hands:
        return ""
    told = [str(values[layout.hands[n]]) for n in _HANDS if n in layout.hands]
    clock = ":".join([*(f"{one.strip() or '?':0>2}" for one in told), "00"][:3])
    return f"{clock} {_half_text(layout, values)}".strip()


def _half_text(layout: _Layout, values: Sequence[Any]) -> str:
    """Return what a field says of AM or PM, "" where there is none."""
    value = values[layout.hands[_HALF]] if _HALF in layout.hands else None
    return "" if is_missing(value) else str(value).strip()


def _with_half(value: Any, half: str) -> Any:
    """Return a time of a clock with its half of the day, unless it has one."""
    if not isinstance(value, str) or not re.search(r"\d:\d\d[\d:.,\s]*\Z", value):
        return value
    return f"{value.strip()} {half}"


def _zone_text(zone: Any) -> str:
    """Return a zone as it stands behind a time; hours may be a number, +7."""
    if is_missing(zone):
        return ""
    if isinstance(zone, str):
        return f"+{zone.strip()}" if zone.strip().isdecimal() else zone
    return f"{zone:+}" if type(zone) in (int, float) else f"({zone})"


def _with_zone(value: str, zone: str) -> str:
    """Return a time with the zone of another field, if it is a date and names none."""
    plain = parted(" ".join(value.split()).strip("\"'[]"))
    return f"{plain} {zone}" if lacks_zone(plain) else value
