"""From what a file holds to the values of a canonical column; bad ones become missing.

Missing text is "", missing numbers and labels are <NA> or NaN, so that text columns
always hold text. Times are UTC at a microsecond, durations too.
"""

import math
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from helpers.logs.fields import PROTOCOLS, TEXTS, Field, label_of, unit_factor

MISSING = {"", "-", "nan", "null", "none", "n/a", "na", "<na>", "nat", "(empty)"}
# moments outside these are mistakes; the bounds tell seconds from ms, µs and ns
FIRST, LAST = np.datetime64("1980-01-01", "us"), np.datetime64("2100-01-01", "us")
EPOCHS = (315_532_800, 4_102_444_800)  # the same in seconds
LARGEST = 2**53  # above it a float no longer counts in ones
_ISO = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(:\d\d)?(?:[.,](\d{1,9})\d*)?\s?"
    r"(Z|z|UTC|[+-]\d\d:?\d\d)?"
)
_QUANTITY = re.compile(r"([+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?)\s*([a-zA-Zµμ]+)")


class Converted(NamedTuple):
    """A column, and which of its values were there but not understood."""

    values: Any
    bad: list[int]  # positions
    notes: tuple[str, ...] = ()


def convert(
    column: str, values: Sequence[Any], fields: Sequence[Field | None]
) -> Converted:
    """Return the values of a canonical column; `fields` tells each one's unit."""
    if column == "time":
        return _times(values)
    if column == "label":
        return _labels(values)
    if column in TEXTS:
        return _texts(column, values)
    return _numbers(column, values, fields)


def _is_missing(value: Any) -> bool:
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
    return PROTOCOLS.get(text, text.casefold())


_CLEAN = {
    "protocol": _protocol,
    "service": str.casefold,
    "flag": str.upper,
    "source": str.casefold,
    "destination": str.casefold,
}


# --------------------------------------------------------------------- numbers


def _numbers(
    column: str, values: Sequence[Any], fields: Sequence[Field | None]
) -> Converted:
    numbers = np.full(len(values), np.nan)
    bad = []
    for position, (value, field) in enumerate(zip(values, fields, strict=True)):
        if value is None or field is None:
            continue
        number = _number(column, value, field)
        if number is None and _is_missing(value):
            continue
        if number is None:
            bad.append(position)
        else:
            numbers[position] = number
    if column == "duration":
        return Converted(np.round(numbers, 6), bad)
    whole = pd.Series(np.rint(numbers))
    return Converted(whole.astype("Int64").array, bad)


def _number(column: str, value: Any, field: Field) -> float | None:
    """Return the value in canonical units, or None if it is no sensible number."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value) * field.multiply / field.divide
    except OverflowError:
        return None
    except ValueError:
        number = _quantity(column, str(value))
    largest = 65_535 if column == "port" else LARGEST
    return number if 0 <= number <= largest else None


def _quantity(column: str, text: str) -> float:
    """Return a number that has its unit behind it, such as "1.2 kB"; else NaN."""
    match = _QUANTITY.fullmatch(text.strip())
    factor = unit_factor(column, match[2]) if match else None
    if match is None or factor is None:
        return math.nan
    return float(match[1]) * factor[0] / factor[1]


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


def _times(values: Sequence[Any]) -> Converted:
    """Read ISO times and epochs (seconds, ms, µs or ns, told apart by their size)."""
    stamps = np.full(len(values), np.datetime64("NaT"), dtype="datetime64[us]")
    iso: list[str] = []
    where: list[int] = []
    naive = 0
    for position, value in enumerate(values):
        text = value.strip() if isinstance(value, str) else value
        if isinstance(text, str) and (match := _ISO.fullmatch(text)):
            day, minute, second, fraction, zone = match.groups()
            naive += zone is None
            zone = "Z" if zone in (None, "z", "UTC") else zone
            iso.append(f"{day}T{minute}{second or ':00'}.{fraction or '0'}{zone}")
            where.append(position)
        elif (moment := _epoch(text)) is not None:
            stamps[position] = moment
    if iso:
        stamps[where] = _parsed(iso)
    stamps[(stamps < FIRST) | (stamps >= LAST)] = np.datetime64("NaT")
    times = pd.Series(stamps).dt.tz_localize("UTC")
    bad = [
        position
        for position in np.flatnonzero(times.isna()).tolist()
        if not _is_missing(values[position])
    ]
    note = f"{naive:,} times without a zone read as UTC"
    return Converted(times, bad, (note,) if naive else ())


def _parsed(iso: list[str]) -> np.ndarray:
    parsed = pd.to_datetime(
        pd.Series(iso, dtype=object), format="ISO8601", utc=True, errors="coerce"
    )
    return parsed.dt.tz_localize(None).to_numpy().astype("datetime64[us]")


def _epoch(value: Any) -> np.datetime64 | None:
    """Return an epoch between 1980 and 2100 as a moment, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    for per_second in (1, 10**3, 10**6, 10**9):
        if EPOCHS[0] <= number / per_second < EPOCHS[1]:
            return np.datetime64(round(number / per_second * 10**6), "us")
    return None
