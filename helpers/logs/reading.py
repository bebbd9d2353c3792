"""Read network logs of three formats into one table, and report what was met."""

import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any, Unpack

import numpy as np
import pandas as pd

from helpers._arrays import as_number
from helpers.logs.clocks import ClockHints, Undecided, lacks_zone, read_times
from helpers.logs.endpoints import split_ports
from helpers.logs.fields import NEEDED, resolve
from helpers.logs.formats import FORMATS, csv_header, recognise
from helpers.logs.gathering import ASIDE, Gathered, gather
from helpers.logs.lines import Lines, LogUnreadable, as_lines
from helpers.logs.numerals import Decimals, decimals_of
from helpers.logs.reading_report import LogReport, joined_reports
from helpers.logs.sources import Paths, are_pieces, several_paths
from helpers.logs.values import Converted, Hints, convert, label_word
from helpers.text import listed

__all__ = ["read_log"]

Source = str | PathLike | IO | Iterable[str] | Iterable[bytes]


def read_log(
    source: Source,
    *,
    format: str | None = None,
    jump_seconds: float = 1.0,
    gap_seconds: float = 3600.0,
    **known: Unpack[Hints],
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

    Where a line has two names of one column, the first usable value counts; `used` of
    the report says which name gave how many. What a file doesn't tell can be `known`:
    `day_first=True` (03/04/2024 is in April), `zone="+05:30"` of times that name none
    (else UTC), `year=2024` of the first time of a syslog, `start="2024-01-08T10:00Z"`
    of relative seconds, `decimal=","`.

    Several files (folders, a pattern such as "logs/*.log*", a list of paths) become
    one table, rotated ones the oldest first; its column `file` says where line `line`
    stands, and so do the line numbers of the report. A file that holds the same lines
    as another one is left out, and the report says so.

    Raises `LogUnreadable` when not one line has a time, a source and a destination,
    or when a file allows two readings of dates or numbers and nothing is `known`;
    and `ValueError` on a format or a hint that is none.
    """
    if format is not None and format not in FORMATS:
        raise ValueError(f"no format {format!r}; there are {listed(FORMATS)}")
    _check(known)
    steps = (
        as_number(jump_seconds, "jump_seconds", least=0),
        as_number(gap_seconds, "gap_seconds", least=0, above=True),
    )
    paths = several_paths(source)
    if paths is not None:
        return _read_files(source, paths, (format, steps), known)
    lines = as_lines(source)
    return _read(lines, format or recognise(lines.texts), steps, known)


def _check(known: Hints) -> None:
    for name, allowed in (("decimal", (None, ".", ",")), ("day_first", (None, 0, 1))):
        if known.get(name) not in allowed:
            raise ValueError(f"{name} can't be {known.get(name)!r}")
    names = {*Hints.__annotations__, *ClockHints.__annotations__} - {"before"}
    for name in known:
        if name not in names:
            raise TypeError(f"read_log knows no {name}=; it knows {listed(names)}")
    read_times([], known)


def _read_files(
    source: Any, paths: Paths, how: tuple[str | None, tuple[float, float]], known: Hints
) -> tuple[pd.DataFrame, LogReport]:
    """Read files one after the other into one table, with the file of each line."""
    frames: list[pd.DataFrame] = []
    reports, left = [], []
    form, steps = how
    hints = known
    held: dict[int, str] = {}  # which file holds these lines
    places: list[Path] = []
    for path, name in zip(paths.places, paths.names, strict=True):
        try:
            lines = as_lines(path)._replace(name=name)
            key = hash(tuple(lines.texts))
            if key in held:  # packed, and there unpacked too
                left.append(f"{name} holds the same lines as {held[key]}")
                continue
            held[key] = name
            frame, report = _read(lines, form or recognise(lines.texts), steps, hints)
        except LogUnreadable as error:
            if not paths.searched or " pass " in str(error):
                raise
            left.append(str(error))
            continue
        if frames and are_pieces(places[-1], path):
            report = _with_order(report, frames[-1], frame, steps[0])
        places.append(path)
        frames.append(frame.assign(file=name))
        reports.append(report)
        if known.get("year") is not None:
            hints = Hints(**{**known, "before": frame["time"].iloc[-1].date()})
    if not frames and isinstance(source, str | PathLike) and Path(source).is_dir():
        raise LogUnreadable(f"{source} is a folder without a network log: {left[0]}")
    if not frames:
        raise LogUnreadable(left[0])
    return pd.concat(frames), joined_reports(reports, left)


def _with_order(
    report: LogReport, before: pd.DataFrame, frame: pd.DataFrame, jump_seconds: float
) -> LogReport:
    """Return the report, with a note where a piece of a log begins too early."""
    back = (before["time"].iloc[-1] - frame["time"].iloc[0]).total_seconds()
    if back <= jump_seconds:
        return report
    told = f"begins {back:,.0f} s before {before['file'].iloc[0]}, read before it, ends"
    return replace(report, notes=(*report.notes, told))


def _read(
    lines: Lines, form: str, steps: tuple[float, float], hints: Hints
) -> tuple[pd.DataFrame, LogReport]:
    gathered = gather(FORMATS[form](lines.texts))
    if not gathered.numbers:
        raise LogUnreadable(_why_nothing(lines, form, gathered))
    try:
        converted = _converted(gathered, hints)
    except Undecided as error:
        raise LogUnreadable(f"{lines.name}: {error}") from None
    frame = _frame(gathered, converted, lines)
    frame = _without_unusable(frame, gathered, converted)
    if frame.empty:
        raise LogUnreadable(_why_nothing(lines, form, gathered))
    report = _report(lines, form, gathered, converted, frame)
    return frame, _with_clock(report, frame, *steps)


# ------------------------------------------------------------------ the usable values


def _converted(gathered: Gathered, hints: Hints) -> dict[str, Converted]:
    """Return each column's values; where the first is no use, those of other names."""
    decimals = _decimals(gathered, hints)
    hints = Hints(**{**hints, "decimal": decimals.mark})
    converted = {}
    for column, values in gathered.values.items():
        if column in ASIDE:
            continue
        others = gathered.others.get(column, [])
        both = [*values, *(one.value for one in others)]
        fields = [*gathered.fields[column], *(one.field for one in others)]
        one = _convert(column, both, fields, gathered, hints)
        converted[column] = _usable(column, one, gathered) if others else one
    _work_out(gathered, converted, hints)
    split_ports(gathered, converted)
    first = converted["bytes_sent"]
    converted["bytes_sent"] = first._replace(notes=decimals.notes + first.notes)
    return converted


def _decimals(gathered: Gathered, hints: Hints) -> Decimals:
    told = hints.get("decimal")
    if told is not None:
        return Decimals(
            told, (f"numbers have {told!r} before their decimals, as told",)
        )
    texts = {
        column: [value for value in _all(gathered, column) if isinstance(value, str)]
        for column in ("duration", "bytes_sent", "bytes_received", "bytes_total")
    }
    if not any("." in text or "," in text for one in texts.values() for text in one):
        return Decimals(".")
    return decimals_of(texts)


def _all(gathered: Gathered, column: str) -> list[Any]:
    others = gathered.others.get(column, [])
    return [*gathered.values[column], *(one.value for one in others)]


def _convert(
    column: str, values: list, fields: list, gathered: Gathered, hints: Hints
) -> Converted:
    """Convert; where the day isn't known, programs that always put it first help."""
    try:
        return convert(column, values, fields, hints)
    except Undecided:
        names = {re.sub(r"\W", "", name.casefold()) for name in gathered.unknown}
        if column != "time" or "flowid" not in names:
            raise
    told = Hints(**{**hints, "day_first": True})
    one = convert(column, values, fields, told)
    notes = (
        note.replace(", as told", ", as CICFlowMeter writes") for note in one.notes
    )
    return one._replace(notes=tuple(notes))


def _usable(column: str, one: Converted, gathered: Gathered) -> Converted:
    """Return one value a line: the first that is usable; note where two differ."""
    values = list(one.values)
    size = len(gathered.numbers)
    bad = set(one.bad)
    for place, other in enumerate(gathered.others[column], start=size):
        new, old = values[place], values[other.position]
        if _lacks(new):
            if _lacks(old) and place in bad:
                bad.add(other.position)
        elif _lacks(old):
            bad.discard(other.position)
            values[other.position] = new
            gathered.values[column][other.position] = other.value
            gathered.sources[column][other.position] = other.name
        elif _differ(column, old, new):
            numbers = gathered.conflicts.setdefault(column, [])
            number = gathered.numbers[other.position]
            if not numbers or numbers[-1] != number:
                numbers.append(number)
    kept = values[:size] if isinstance(one.values, list) else one.values[:size].copy()
    if not isinstance(kept, list):
        kept = type(one.values)(values[:size]) if isinstance(kept, pd.Series) else kept
        if not isinstance(kept, pd.Series):
            kept = _filled(one.values, values[:size])
    positions = sorted(position for position in bad if position < size)
    return Converted(kept, positions, one.notes, one.reasons)


def _filled(like: Any, values: list) -> Any:
    return pd.array(values, dtype=like.dtype) if hasattr(like, "isna") else np.array(
        values, dtype=like.dtype
    )  # fmt: skip


def _lacks(value: Any) -> bool:
    return value == "" if isinstance(value, str) else bool(pd.isna(value))


def _differ(column: str, old: Any, new: Any) -> bool:
    if column == "time":
        return abs(old - new) > pd.Timedelta("1s")
    return old != new


def _work_out(
    gathered: Gathered, converted: dict[str, Converted], hints: Hints
) -> None:
    """Fill durations from start and end, and bytes received from all bytes."""
    starts = np.array([_is_start(name) for name in gathered.sources["time"]], bool)
    if any(value is not None for value in gathered.values["end"]):
        ends = convert("time", gathered.values["end"], [], hints).values
        passed = (ends - converted["time"].values).dt.total_seconds().to_numpy()
        kept = np.array(converted["duration"].values, dtype=float)
        holes = np.isnan(kept) & starts & (passed >= 0)
        if hints.get("zone") is None:
            holes &= _alike(gathered.values["time"], gathered.values["end"], holes)
        kept[holes] = np.round(passed[holes], 6)
        converted["duration"] = converted["duration"]._replace(values=kept)
    if any(value is not None for value in gathered.values["bytes_total"]):
        fields = gathered.fields["bytes_total"]
        total = convert("bytes_sent", gathered.values["bytes_total"], fields, hints)
        left = total.values - converted["bytes_sent"].values
        received = pd.Series(converted["bytes_received"].values)
        received = received.fillna(pd.Series(left).where(pd.Series(left) >= 0))
        one = converted["bytes_received"]
        converted["bytes_received"] = one._replace(values=received.array)


def _alike(starts: list[Any], ends: list[Any], holes: np.ndarray) -> np.ndarray:
    """Say where a start and an end both name a zone, or neither does."""
    alike = holes.copy()
    for place in np.flatnonzero(holes).tolist():
        pair = starts[place], ends[place]
        texts = [isinstance(one, str) and not one.isdecimal() for one in pair]
        if any(texts):
            naive = [
                text and lacks_zone(" ".join(one.split()))
                for one, text in zip(pair, texts, strict=True)
            ]
            alike[place] = naive[0] == naive[1]
    return alike


def _is_start(name: str) -> bool:
    """Return whether a time, perhaps behind its date, is when a flow began."""
    names = (name, name.partition(" ")[2])
    plain = {re.sub(r"\W|_", "", one.casefold()) for one in names}
    return bool(plain & {"start", "stime", "starttime", "flowstart", "eventstart"})


# ------------------------------------------------------------------- the table


def _frame(
    gathered: Gathered, converted: dict[str, Converted], lines: Lines
) -> pd.DataFrame:
    frame = pd.DataFrame({name: one.values for name, one in converted.items()})
    frame["original"] = [lines.texts[number - 1] for number in gathered.numbers]
    frame.index = pd.Index(gathered.numbers, name="line", dtype=np.int64)
    return frame


def _without_unusable(
    frame: pd.DataFrame, gathered: Gathered, converted: dict[str, Converted]
) -> pd.DataFrame:
    """Drop lines without time, source or destination, and say why."""
    keep = np.ones(len(frame), dtype=bool)
    for column in NEEDED:
        missing = frame[column].isna() | (frame[column] == "")
        bad = set(converted[column].bad)
        for position in np.flatnonzero(missing & keep).tolist():
            state = "not understood" if position in bad else "missing"
            if reason := converted[column].reasons.get(position):
                state = f"not understood: {reason}"
            gathered.unreadable[gathered.numbers[position]] = f"{column} {state}"
        keep &= ~missing.to_numpy()
    return frame[keep]


def _why_nothing(lines: Lines, form: str, gathered: Gathered) -> str:
    """Return one line: what the file is, what was looked for, what to do."""
    head = f"{lines.name} is no network log that can be read"
    if _is_one_document(lines.texts):
        return f"{head}: it is one JSON document; write one object a line"
    if form == "JSON lines" and any(text.strip() == "{" for text in lines.texts):
        return f"{head}: its JSON objects have several lines; write one a line (jq -c)"
    if form == "CSV" and not any(csv_header(text) for text in lines.texts[:200]):
        texts = [text for text in lines.texts if text.strip()]
        first = next((text for text in texts if text.startswith("#fields")), texts[0])
        return (
            f"{head}: no line is JSON or has key=value, and no header names time, "
            f"source and destination (first line: {_clipped(first)}){_lacking(first)}"
        )
    reasons = Counter(gathered.unreadable.values())
    reason, count = ("only headers", 1)
    if reasons:
        reason, count = min(reasons.items(), key=lambda one: (_noise(one[0]), -one[1]))
    found = ", ".join(map(repr, [*gathered.names, *gathered.unknown][:8])) or "none"
    return (
        f"{head} as {form}: {reason} on {count:,} of {len(lines.texts):,} lines; "
        f"names found: {_clipped(found, 200)}"
    )


def _lacking(header: str) -> str:
    """Return which columns a line lacks that looks like a header of others."""
    for separator in (",", ";", "\t", "|"):
        fields = [resolve(cell.strip(' "')) for cell in header.split(separator)]
        found = {field.column for field in fields if field is not None}
        if len(found) >= 2:
            return f"; no name of {listed([n for n in NEEDED if n not in found])}"
    return ""


def _noise(reason: str) -> int:
    """Return how little a reason matters: lines of other programs come last."""
    if "not understood:" in reason or "NODATA" in reason:
        return 0
    if reason.endswith(("missing", "not understood")):
        return 1
    return 3 if reason.startswith(("torn", "no ")) else 2


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
    gathered: Gathered,
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
        used=_used(gathered, frame),
        notes=_notes(lines, converted),
    )


def _used(gathered: Gathered, frame: pd.DataFrame) -> MappingProxyType:
    """Return how many usable values each name gave, of columns with several names."""
    used = {}
    kept = set(frame.index)
    for column in gathered.others:
        if column not in frame:
            continue
        there = ~(frame[column].isna() | (frame[column] == ""))
        usable = iter(there.tolist())
        pairs = zip(gathered.numbers, gathered.sources[column], strict=True)
        names = [name for number, name in pairs if number in kept]
        used[column] = _frozen(Counter(n for n in names if next(usable)))
    return _frozen({column: names for column, names in used.items() if names})


def _frozen(values: dict) -> MappingProxyType:
    return MappingProxyType(dict(values))


def _label_words(
    gathered: Gathered, frame: pd.DataFrame
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
