"""Read network logs of three formats into one table, and report what was met."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from os import PathLike
from types import MappingProxyType
from typing import IO, Any, NamedTuple

import numpy as np
import pandas as pd

from helpers._arrays import as_number
from helpers.logs.fields import COLUMNS, NEEDED, Field, resolve
from helpers.logs.formats import FORMATS, Pairs, Unreadable, csv_header, recognise
from helpers.logs.lines import Lines, LogUnreadable, as_lines
from helpers.logs.reading_report import LogReport
from helpers.logs.values import Converted, convert, label_word
from helpers.text import listed

__all__ = ["read_log"]

Source = str | PathLike | IO | Iterable[str] | Iterable[bytes]


def read_log(
    source: Source,
    *,
    format: str | None = None,
    jump_seconds: float = 1.0,
    gap_seconds: float = 3600.0,
) -> tuple[pd.DataFrame, LogReport]:
    """Read a network log, whichever of the three formats it has.

    "JSON lines" (Zeek, Suricata, Elastic) hold an object each; nested ones are
    flattened, {"source": {"ip": ...}} is the field `source.ip`. "text lines" are `time
    words key=value key="more words"`. In "CSV" names, units and label words may change:
    each header line starts a part with a separator (comma, semicolon, tab or bar) of
    its own. `format` names one of the three; None recognises it by the first lines.

    `source` is a path (also of a .gz file), an open file, or a list of lines. Returns
    a table with one row per readable line, in the order of the file, and a report of
    all that was met. Nothing in a single line is fatal.

    The table's columns: `time` (UTC), `source`, `destination`, `protocol`, `port`,
    `service`, `duration` (seconds), `bytes_sent`, `bytes_received`, `flag`,
    `message`, then `label` (0, 1 or <NA>) and `original`, the line itself. Its index
    `line` is the number of the line in the file. Missing text is "", missing numbers
    are <NA> or NaN.

    The report names each step of the clock backwards by more than `jump_seconds` and
    each silence of more than `gap_seconds`.

    Raises `LogUnreadable` when not one line has a time, a source and a destination,
    and `ValueError` on a format that is none.
    """
    if format is not None and format not in FORMATS:
        raise ValueError(f"no format {format!r}; there are {listed(FORMATS)}")
    lines = as_lines(source)
    return _read(lines, format or recognise(lines.texts), jump_seconds, gap_seconds)


class _Gathered(NamedTuple):
    """The readable lines, column by column, as the file has them."""

    numbers: list[int]
    values: dict[str, list[Any]]
    fields: dict[str, list[Field | None]]
    unreadable: dict[int, str]
    names: dict[str, str]
    unknown: Counter
    conflicts: dict[str, list[int]]
    blank: list[int]


def _read(
    lines: Lines, form: str, jump_seconds: float, gap_seconds: float
) -> tuple[pd.DataFrame, LogReport]:
    as_number(jump_seconds, "jump_seconds", least=0)
    as_number(gap_seconds, "gap_seconds", least=0, above=True)
    gathered = _gather(lines, form)
    if not gathered.numbers:
        raise LogUnreadable(_why_nothing(lines, form, gathered))
    converted = {
        column: convert(column, values, gathered.fields[column])
        for column, values in gathered.values.items()
    }
    frame = _frame(gathered, converted, lines)
    frame = _without_unusable(frame, gathered, converted)
    if frame.empty:
        raise LogUnreadable(_why_nothing(lines, form, gathered))
    report = _report(lines, form, gathered, converted, frame)
    return frame, _with_clock(report, frame, jump_seconds, gap_seconds)


# ------------------------------------------------------------------- gathering


def _gather(lines: Lines, form: str) -> _Gathered:
    values: dict[str, list] = {column: [] for column in (*COLUMNS, "label")}
    fields: dict[str, list] = {column: [] for column in values}
    gathered = _Gathered([], values, fields, {}, {}, Counter(), {}, [])
    for number, result in enumerate(FORMATS[form](lines.texts), start=1):
        if result is None:
            gathered.blank.append(number)
        elif isinstance(result, Unreadable):
            gathered.unreadable[number] = str(result)
        else:
            _add(gathered, number, result)
    return gathered


def _add(gathered: _Gathered, number: int, pairs: Pairs) -> None:
    """Put the pairs of one line under their columns; the first of two names wins.

    Values and fields go to flat lists: tuples by the million slow Python down.
    """
    found: dict[str, Any] = {}
    fields: dict[str, Field] = {}
    for name, value in pairs:
        field = resolve(name)
        if field is None:
            gathered.unknown[name[:80]] += 1
        elif field.column not in found:
            found[field.column], fields[field.column] = value, field
            if name not in gathered.names:
                gathered.names[name] = str(field)
        elif repr(found[field.column]) != repr(value):
            gathered.conflicts.setdefault(field.column, []).append(number)
    gathered.numbers.append(number)
    for column, values in gathered.values.items():
        values.append(found.get(column))
        gathered.fields[column].append(fields.get(column))


# ------------------------------------------------------------------- the table


def _frame(
    gathered: _Gathered, converted: dict[str, Converted], lines: Lines
) -> pd.DataFrame:
    frame = pd.DataFrame({name: one.values for name, one in converted.items()})
    frame["original"] = [lines.texts[number - 1] for number in gathered.numbers]
    frame.index = pd.Index(gathered.numbers, name="line", dtype=np.int64)
    return frame


def _without_unusable(
    frame: pd.DataFrame, gathered: _Gathered, converted: dict[str, Converted]
) -> pd.DataFrame:
    """Drop lines without time, source or destination, and say why."""
    keep = np.ones(len(frame), dtype=bool)
    for column in NEEDED:
        missing = frame[column].isna() | (frame[column] == "")
        bad = set(converted[column].bad)
        for position in np.flatnonzero(missing & keep).tolist():
            state = "not understood" if position in bad else "missing"
            gathered.unreadable[gathered.numbers[position]] = f"{column} {state}"
        keep &= ~missing.to_numpy()
    return frame[keep]


def _why_nothing(lines: Lines, form: str, gathered: _Gathered) -> str:
    """Return one line: what the file is, what was looked for, what to do."""
    head = f"{lines.name} is no network log that can be read"
    if _is_one_document(lines.texts):
        return f"{head}: it is one JSON document; write one object a line"
    if form == "CSV" and not any(csv_header(text) for text in lines.texts[:200]):
        first = next(text for text in lines.texts if text.strip())
        return (
            f"{head}: no line is JSON or has key=value, and no header names time, "
            f"source and destination (first line: {_clipped(first)})"
        )
    reasons = Counter(gathered.unreadable.values())
    reason, count = reasons.most_common(1)[0] if reasons else ("only headers", 1)
    found = ", ".join(map(repr, [*gathered.names, *gathered.unknown][:8])) or "none"
    return (
        f"{head} as {form}: {reason} on {count:,} of {len(lines.texts):,} lines; "
        f"names found: {_clipped(found, 200)}"
    )


def _is_one_document(texts: list[str]) -> bool:
    texts = [text for text in texts if text.strip()]
    if len(texts) == 1 and texts[0].lstrip().startswith("{"):
        return False
    try:
        return isinstance(json.loads("\n".join(texts)), dict | list)
    except (ValueError, RecursionError):
        return False


def _clipped(text: str, size: int = 60) -> str:
    plain = " ".join(text.split())
    plain = "".join(one if one.isprintable() else "?" for one in plain)
    return plain if len(plain) <= size else plain[: size - 1] + "…"


# ------------------------------------------------------------------ the report


def _report(
    lines: Lines,
    form: str,
    gathered: _Gathered,
    converted: dict[str, Converted],
    frame: pd.DataFrame,
) -> LogReport:
    kept = set(frame.index)
    bad = {
        column: tuple(
            number
            for number in (gathered.numbers[position] for position in one.bad)
            if number in kept
        )
        for column, one in converted.items()
        if column != "label"
    }
    repeated = frame.index[frame["original"].duplicated()]
    return LogReport(
        source=lines.name,
        format=form,
        lines=len(lines.texts),
        records=len(frame),
        blank=len(gathered.blank),
        unreadable=_frozen(dict(sorted(gathered.unreadable.items()))),
        names=_frozen(gathered.names),
        unknown_fields=_frozen(gathered.unknown),
        conflicts=_frozen({c: tuple(n) for c, n in gathered.conflicts.items()}),
        bad_values=_frozen({column: n for column, n in bad.items() if n}),
        labels=_frozen(_label_words(gathered, frame)),
        duplicates=tuple(repeated.tolist()),
        recoded=lines.recoded,
        notes=_notes(lines, converted),
    )


def _frozen(values: dict) -> MappingProxyType:
    return MappingProxyType(dict(values))


def _label_words(
    gathered: _Gathered, frame: pd.DataFrame
) -> dict[str, tuple[int | None, int]]:
    kept = set(frame.index)
    pairs = zip(gathered.numbers, gathered.values["label"], strict=True)
    words = [label_word(value) if number in kept else "" for number, value in pairs]
    counts = Counter(word for word in words if word)
    meaning: dict[str, int | None] = {}
    labels = frame["label"].reindex(gathered.numbers)
    for word, label in zip(words, labels, strict=True):
        meaning.setdefault(word, None if pd.isna(label) else int(label))
    return {word: (meaning[word], count) for word, count in counts.items()}


def _notes(lines: Lines, converted: dict[str, Converted]) -> tuple[str, ...]:
    notes = [note for one in converted.values() for note in one.notes]
    if lines.open_end:
        notes.append("the last line has no line end: it may be cut")
    if lines.torn_archive:
        notes.append("the gzip file ends too early: lines are missing")
    return tuple(notes)


def _with_clock(
    report: LogReport, frame: pd.DataFrame, jump_seconds: float, gap_seconds: float
) -> LogReport:
    """Return the report with the steps of the clock: back, or far ahead."""
    steps = frame["time"].diff().dt.total_seconds()
    back, ahead = steps[steps < -jump_seconds], steps[steps > gap_seconds]
    return replace(
        report,
        clock_jumps=_frozen({int(n): -float(s) for n, s in back.items()}),
        gaps=_frozen({int(n): float(s) for n, s in ahead.items()}),
    )
