"""From what a file holds to the values of a canonical column; bad ones become missing.

Missing text is "", missing numbers and labels are <NA> or NaN, so that text columns
always hold text. Times are UTC at a microsecond, durations too.
"""

import math
import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from helpers.logs.clocks import (
    FIRST,
    LACKS_HALVES,
    LAST,
    ClockHints,
    Undecided,
    lacks_halves,
    read_times,
)
from helpers.logs.fields import PROTOCOLS, TEXTS, Field, label_of, unit_factor
from helpers.logs.numerals import as_float
from helpers.text import count

MISSING = {
    "", "-", "--", "?", "nan", "null", "none", "nil", "n/a", "na", "<na>", "nat",
    "(empty)", "(null)", "undefined", "\\n",
}  # fmt: skip
LARGEST = 2**53  # above it a float no longer counts in ones
_ISO = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(?:(:\d\d)(?:[.,](\d{1,9})\d*)?)?\s?"
    r"(Z|z|UTC|[+-]\d\d:?\d\d)?"
)
_HEX = re.compile(r"\s*0[xX][0-9a-fA-F]{1,16}\s*")
_BARE_HEX = re.compile(r"(?=.*\d)(?=.*[a-fA-F])[0-9a-fA-F]{2,16}")
_CLOCKED = re.compile(r"(\d{1,6}):([0-5]\d):([0-5]\d(?:[.,]\d+)?)")
_QUANTITY = re.compile(r"(.*[\d.,])\s*([a-zA-Zµμ]+)")


class Converted(NamedTuple):
    """A column, and which of its values were there but not understood."""

    values: Any
    bad: list[int]  # positions
    notes: tuple[str, ...] = ()
    reasons: Mapping[int, str] = MappingProxyType({})


class Hints(ClockHints, total=False):
    """What a person knows of a file's clock and numbers.

    decimal: "." or ",", what stands before the decimals of numbers
    """

    decimal: str | None


def convert(
    column: str, values: Sequence[Any], fields: Sequence[Field | None], hints: Hints
) -> Converted:
    """Return the values of a canonical column; `fields` tells each one's unit.

    `hints` names the file's decimal mark and what is known of its clock.
    """
    if column == "time":
        return _times(values, hints)
    if column == "label":
        return _labels(values)
    if column in TEXTS:
        return _texts(column, values)
    return _numbers(column, values, fields, hints.get("decimal") or ".")


def is_missing(value: Any) -> bool:
    """Return whether a value says that there is none."""
    if isinstance(value, str):
        return value.strip().casefold() in MISSING
    return value is None or (isinstance(value, float) and math.isnan(value))


# ------------------------------------------------------------------------ text


def _texts(column: str, values: Sequence[Any]) -> Converted:
    cleaned, bad = [], []
    known: dict[str, str] = {}  # a log repeats itself: each text is cleaned once
    for position, value in enumerate(values):
        if type(value) is not str:
            text = _as_text(value)
            if text is None:
                bad.append(position)
            cleaned.append(_cleaned(column, text or ""))
        else:
            if value not in known:
                known[value] = _cleaned(column, _as_text(value) or "")
            cleaned.append(known[value])
    return Converted(cleaned, bad)


def _cleaned(column: str, text: str) -> str:
    if column != "message" and text.casefold() in MISSING:
        return ""
    return _CLEAN.get(column, str)(text)


def _as_text(value: Any) -> str | None:
    """Return one line of text, or None where the value is no text."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _short(value)
    if not isinstance(value, str):
        return None
    if not value.isascii():  # half of a surrogate pair can't be written to a file
        value = value.encode("utf-8", "replace").decode("utf-8")
    return " ".join(value.split())


def _short(value: int | float) -> str | None:
    try:
        return str(value)
    except ValueError:  # an int of thousands of digits
        return None


def _protocol(text: str) -> str:
    name = text.casefold()
    if name.endswith(".0") and name[:-2].isdecimal():  # a spreadsheet's 6.0 is 6
        name = name[:-2]
    return PROTOCOLS.get(name, name)


_CLEAN = {
    "protocol": _protocol,
    "service": str.casefold,
    "flag": str.upper,
    "source": str.casefold,
    "destination": str.casefold,
}


# --------------------------------------------------------------------- numbers


def _numbers(
    column: str, values: Sequence[Any], fields: Sequence[Field | None], decimal: str
) -> Converted:
    """Return numbers in canonical units: plain ones at once, all others one by one.

    Raises `Undecided` where a column is hexadecimal and doesn't say so.
    """
    numbers = np.full(len(values), np.nan)
    scaled = np.zeros(len(values), dtype=bool)
    bad: list[int] = []
    plain: list[float] = []
    where: list[int] = []
    odd: list[str] = []
    for position, value in enumerate(values):
        if _is_plain(value, decimal):
            plain.append(float(value))
        else:
            field = fields[position]
            if value is None or field is None:
                continue
            number, scaled[position] = _number(column, value, field, decimal)
            if isinstance(value, str):
                odd.append(value)
            if number is not None:
                numbers[position] = number
            elif not is_missing(value):
                bad.append(position)
            continue
        where.append(position)
    if where:
        units = [fields[position] for position in where]
        found, scaled[where] = _scaled(np.array(plain), units)
        found[~((found >= 0) & (found <= _largest(column)))] = np.nan
        numbers[where] = found
        bad += [where[at] for at in np.flatnonzero(np.isnan(found)).tolist()]
    wrong = [values[at] for at in bad if isinstance(values[at], str)]
    notes = _about_hex(column, odd, wrong, len(where) + len(wrong))
    if column == "duration":
        return Converted(np.round(numbers, 6), sorted(bad), tuple(notes))
    broken = np.abs(numbers - np.rint(numbers)) > 1e-9 * np.maximum(1.0, numbers)
    reasons = dict.fromkeys(
        np.flatnonzero(broken & ~scaled).tolist(), "a count with a fraction"
    )
    numbers[list(reasons)] = np.nan
    whole = pd.Series(np.rint(numbers)).astype("Int64").array
    rounded = int((broken & scaled).sum())
    if rounded:
        notes.append(
            f"{rounded:,} values of {column} in larger units rounded to whole bytes"
        )
    return Converted(whole, sorted([*bad, *reasons]), tuple(notes), reasons)


def _about_hex(column: str, odd: list[str], bad: list[str], size: int) -> list[str]:
    """Return what to say of hexadecimal numbers, of which `size` are in the column.

    odd: texts that are not plain numbers; bad: those of them that are no numbers

    `10` is ten, or sixteen among `1A` and `2F`: raises `Undecided` where a fifth of a
    column looks like those. `0x10` says what it is.
    """
    bare = [text.strip() for text in bad if _BARE_HEX.fullmatch(text.strip())]
    if len(bare) > 1 and len(bare) * 5 > size:
        raise Undecided(
            f"{column} looks hexadecimal, as {bare[0]!r}; write 0x before its numbers, "
            "or export decimal ones"
        )
    found = [text.strip() for text in odd if _HEX.fullmatch(text)]
    if not found:
        return []
    return [f"{count(len(found), 'value')} of {column} hexadecimal, as {found[0]}"]


_PLAIN = re.compile(r"\d+(?:\.\d+)?\Z")


def _is_plain(value: Any, decimal: str) -> bool:
    """Say whether `float` reads a value as it is meant."""
    kind = type(value)
    if kind is str:
        return decimal == "." and value.isascii() and _PLAIN.match(value) is not None
    if kind is float:
        return not math.isnan(value)
    return kind is int and abs(value) < 2**60


def _scaled(numbers: NDArray, units: list[Any]) -> tuple[NDArray, Any]:
    """Return numbers in canonical units, and which of them had larger ones."""
    one = units[0]
    if units.count(one) == len(units):
        return numbers * one.multiply / one.divide, one.multiply > 1
    multiply = np.array([unit.multiply for unit in units], dtype=np.float64)
    divide = np.array([unit.divide for unit in units], dtype=np.float64)
    return numbers * multiply / divide, multiply > 1


def _largest(column: str) -> int:
    return 65_535 if column == "port" else LARGEST


def _number(
    column: str, value: Any, field: Field, decimal: str
) -> tuple[float | None, bool]:
    """Return the value in canonical units, None if it is no sensible number.

    The second tells whether a unit larger than one byte was multiplied out.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None, False
    scaled = field.multiply > 1
    try:
        number = value if not isinstance(value, str) else _as_float(value, decimal)
        number = float(number) * field.multiply / field.divide
    except OverflowError:
        return None, False
    if math.isnan(number) and isinstance(value, str):
        number, scaled = _quantity(column, value, decimal)
    return (number if 0 <= number <= _largest(column) else None), scaled


def _as_float(text: str, decimal: str) -> float:
    return int(text, 16) if _HEX.fullmatch(text) else as_float(text, decimal)


def _quantity(column: str, text: str, decimal: str) -> tuple[float, bool]:
    """Return a number that has its unit behind it, such as "1.2 kB"; else NaN.

    A duration of 0:01:30 has its unit in its marks.
    """
    if column == "duration" and (clocked := _CLOCKED.fullmatch(text.strip())):
        hours, minutes, seconds = clocked.groups()
        whole = int(hours) * 3600 + int(minutes) * 60
        return whole + float(seconds.replace(",", ".")), False
    match = _QUANTITY.fullmatch(text.strip())
    factor = unit_factor(column, match[2]) if match else None
    if match is None or factor is None:
        return math.nan, False
    return as_float(match[1], decimal) * factor[0] / factor[1], factor[0] > 1


# ---------------------------------------------------------------------- labels


def _labels(values: Sequence[Any]) -> Converted:
    labels, bad = [], []
    known: dict[str, int | None] = {}
    for position, value in enumerate(values):
        word = label_word(value)
        if word not in known:
            known[word] = label_of(word)
        labels.append(known[word])
        if known[word] is None and word:
            bad.append(position)
    return Converted(pd.array(labels, dtype="Int64"), bad)


def label_word(value: Any) -> str:
    """Return how a label is written, "" where there is none."""
    if isinstance(value, bool):
        return str(value).lower()
    text = _as_text(value)
    if text is None:
        return type(value).__name__
    return "" if text.casefold() in MISSING - {"-", "none"} else text[:40]


# ----------------------------------------------------------------------- times


def _times(values: Sequence[Any], hints: ClockHints) -> Converted:
    """Read moments: the usual ISO spelling at once, all others one by one."""
    stamps = np.full(len(values), np.datetime64("NaT", "us"))
    iso: list[str] = []
    where: list[int] = []
    naive: set[int] = set()
    for position, value in enumerate(values):
        match = _ISO.fullmatch(value.strip()) if isinstance(value, str) else None
        if match is None or (match[5] is None and hints.get("zone") is not None):
            continue
        day, minute, second, fraction, zone = match.groups()
        if zone is None:
            naive.add(position)
        zone = "Z" if zone in (None, "z", "UTC") else zone
        iso.append(f"{day}T{minute}{second or ':00'}.{fraction or '0'}{zone}")
        where.append(position)
    if iso:
        stamps[where] = _parsed(iso)
    stamps[(stamps < FIRST) | (stamps >= LAST)] = np.datetime64("NaT", "us")
    left = [
        p
        for p in np.flatnonzero(np.isnat(stamps)).tolist()
        if not is_missing(values[p])
    ]
    read = read_times([values[p] for p in left], hints)
    stamps[left] = read.values
    bad = [p for p in left if np.isnat(stamps[p])]
    reasons = {left[at]: reason for at, reason in read.reasons.items() if reason}
    unzoned = len(naive - set(left)) + read.naive
    told = (f"{unzoned:,} times without a zone read as UTC",) if unzoned else ()
    if unzoned and lacks_halves(stamps):
        told = (*told, LACKS_HALVES)
    times = pd.Series(stamps).dt.tz_localize("UTC")
    return Converted(times, [int(p) for p in bad], told + read.notes, reasons)


def _parsed(iso: list[str]) -> np.ndarray:
    parsed = pd.to_datetime(
        pd.Series(iso, dtype=object), format="ISO8601", utc=True, errors="coerce"
    )
    return parsed.dt.tz_localize(None).to_numpy().astype("datetime64[us]")
