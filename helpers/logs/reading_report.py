"""What the reader met: everything it changed, guessed or left out, line by line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any

import pandas as pd

from helpers.text import some

__all__ = ["LogReport", "joined_reports"]


def _nothing() -> Mapping:
    return MappingProxyType({})


@dataclass(frozen=True, eq=True, repr=False)
class LogReport:
    """How a log was read. Line numbers count from 1, in the file as it is.

    Of several files the numbers are texts, "fw.log.1:12" for line 12 of fw.log.1.

    source: the name of the file without its folder, or "lines"
    format: "JSON lines", "text lines" or "CSV"
    lines: lines in the file; records: those read; blank: empty lines and CSV headers
    unreadable: line number -> why it was left out ("torn: ..." for a line cut off)
    names: how each name in the file was understood, with its unit
    unknown_fields: names that stand for nothing we know -> on how many lines
    used: column of several names -> name -> how many usable values it gave
    conflicts: column -> lines on which two names gave it different values
    bad_values: column -> lines whose value was not understood and is now missing
    labels: label words as written -> (0, 1 or None, how often)
    clock_jumps: line -> seconds by which the clock went back there
    gaps: line -> seconds without a line before it
    duplicates: lines that repeat an earlier line to the letter
    recoded: lines that were no UTF-8 and were read as Latin-1
    notes: what else should be known, in words
    """

    source: str
    format: str
    lines: int
    records: int
    blank: int = 0
    unreadable: Mapping[int, str] = field(default_factory=_nothing)
    names: Mapping[str, str] = field(default_factory=_nothing)
    unknown_fields: Mapping[str, int] = field(default_factory=_nothing)
    conflicts: Mapping[str, tuple[int, ...]] = field(default_factory=_nothing)
    bad_values: Mapping[str, tuple[int, ...]] = field(default_factory=_nothing)
    labels: Mapping[str, tuple[int | None, int]] = field(default_factory=_nothing)
    clock_jumps: Mapping[int, float] = field(default_factory=_nothing)
    gaps: Mapping[int, float] = field(default_factory=_nothing)
    duplicates: tuple[int, ...] = ()
    recoded: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    used: Mapping[str, Mapping[str, int]] = field(default_factory=_nothing)

    @property
    def ok(self) -> bool:
        """Whether nothing was met that a person should look at."""
        return not self._problems()

    def __str__(self) -> str:
        """Return the whole in one line."""
        head = f"{self.source}: {self.format}, {self.records:,} of {self.lines:,} lines"
        problems = [f"{count:,} {name}" for name, count, _ in self._problems()]
        return f"{head} read; {', '.join(problems) or 'no problems'}"

    __repr__ = __str__

    def table(self) -> pd.DataFrame:
        """Return one row per kind of problem: how often, and where or what."""
        return pd.DataFrame(self._problems(), columns=["problem", "count", "details"])

    def _problems(self) -> list[tuple[str, int, str]]:
        torn = {n: why for n, why in self.unreadable.items() if why.startswith("torn")}
        other = {n: why for n, why in self.unreadable.items() if n not in torn}
        unread = {w: n for w, (label, n) in self.labels.items() if label is None}
        found = [
            ("torn lines", len(torn), _reasons(torn)),
            ("unreadable lines", len(other), _reasons(other)),
            ("unknown fields", len(self.unknown_fields), _ranked(self.unknown_fields)),
            *(
                (f"values of {column} not understood", len(numbers), _at(numbers))
                for column, numbers in self.bad_values.items()
            ),
            *(
                (f"lines that name {column} twice", len(numbers), _at(numbers))
                for column, numbers in self.conflicts.items()
            ),
            ("unknown label words", len(unread), _ranked(unread)),
            ("clock jumps backwards", len(self.clock_jumps), _jumps(self.clock_jumps)),
            ("gaps in time", len(self.gaps), _jumps(self.gaps)),
            ("duplicate lines", len(self.duplicates), _at(self.duplicates)),
            ("lines that are no UTF-8", len(self.recoded), _at(self.recoded)),
            ("notes", len(self.notes), "; ".join(self.notes)),
        ]
        return [row for row in found if row[1]]


SHOWN = 5


def joined_reports(reports: Sequence[LogReport], left: Sequence[str]) -> LogReport:
    """Return one report of several files; `left` says why others were left out."""
    forms = sorted({report.format for report in reports})
    said: dict[str, Any] = {
        "source": f"{len(reports):,} files",
        "format": " and ".join(forms),
        "notes": (
            *(f"{one.source}: {note}" for one in reports for note in one.notes),
            *(f"left out: {why}" for why in left),
        ),
    }
    for one in fields(LogReport):
        if one.name not in said:
            parts = [_placed(getattr(each, one.name), each) for each in reports]
            said[one.name] = _summed(parts)
    return LogReport(**said)


def _placed(value: Any, report: LogReport) -> Any:
    """Return a field of a report with the file's name before each line number."""
    if isinstance(value, tuple):
        return tuple(f"{report.source}:{number}" for number in value)
    if not isinstance(value, Mapping):
        return value
    return {
        f"{report.source}:{key}" if isinstance(key, int) else key: (
            _placed(each, report)
            if isinstance(each, tuple) and value is not report.labels
            else each
        )
        for key, each in value.items()
    }


def _summed(parts: Sequence[Any]) -> Any:
    """Return numbers added, texts side by side, mappings joined by key."""
    total = parts[0]
    for part in parts[1:]:
        if isinstance(part, Mapping):
            shared = {k: _joined(total[k], part[k]) for k in part if k in total}
            total = {**total, **part, **shared}
        else:
            total = total + part
    return MappingProxyType(total) if isinstance(total, dict) else total


def _joined(one: Any, other: Any) -> Any:
    if isinstance(one, str):
        return one if one == other else f"{one} or {other}"
    if isinstance(one, tuple) and one and (one[0] is None or isinstance(one[0], int)):
        return one[0], one[1] + other[1]  # a label word: its meaning, how often
    return _summed([one, other])


def _at(numbers: tuple[int, ...]) -> str:
    word = "line" if len(numbers) == 1 else "lines"
    return f"{word} {some(list(map(str, numbers)), SHOWN)}"


def _ranked(counts: Mapping[str, int]) -> str:
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return some([f"{name!r} x {n:,}" for name, n in ranked], SHOWN)


def _reasons(reasons: Mapping[int, str]) -> str:
    told = [f"line {number}: {why}" for number, why in reasons.items()]
    return some(told, SHOWN, separator="; ")


def _jumps(jumps: Mapping[int, float]) -> str:
    told = [f"line {number}: {seconds:,.0f} s" for number, seconds in jumps.items()]
    return some(told, SHOWN)
