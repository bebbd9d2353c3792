"""Cells that are dates and times, in several formats; and what a clock tells of itself.

All moments become UTC where the file names zones, and stay as written where not.
"""

import re
from collections import Counter
from typing import NamedTuple

import numpy as np
import pandas as pd

from helpers.errors import KitError
from helpers.logs.clocks import (
    BUDDHIST,
    RELATIVE,
    SERIAL,
    Undecided,
    is_half_of_day,
    is_time_of_day,
    read_times,
)
from helpers.own_data.names import short
from helpers.own_data.numbers import is_gap, is_number
from helpers.text import count, duration, percent

__all__ = [
    "Moments",
    "about_steps",
    "as_moments",
    "looks_like_moments",
    "may_be_moments",
]

_DATES = (
    "%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y",
    "%d-%m-%Y", "%m-%d-%Y", "%d.%m.%y", "%d/%m/%y", "%m/%d/%y", "%d %b %Y",
    "%d %B %Y", "%b %d %Y", "%b %d, %Y", "%B %d, %Y", "%d-%b-%Y", "%Y%m%d",
    "%Y-%m", "%Y/%m", "%b %Y", "%B %Y", "%b-%Y",
)  # fmt: skip
_DAY_FIRST = ("%d.%m.", "%d/%m/", "%d-%m-")
_MONTH_FIRST = ("%m/%d/", "%m-%d-")
_TIMES = (
    "",
    " %H:%M:%S",
    " %H:%M",
    " %H:%M:%S.%f",
    " %I:%M:%S %p",
    " %I:%M %p",
    " %H%M%S",
)
_ISO = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d\S*(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?")
_ZONE = re.compile(r"(?:Z|UTC|[+-]\d\d:?\d\d)$")
_MAYBE = re.compile(r"\d\d?\D+\d|\d\D+\d\d|[A-Za-z]{3,}\D+\d|\d{8}")  # all dates
_EPOCHS = {"seconds": 1, "milliseconds": 1e3, "microseconds": 1e6, "nanoseconds": 1e9}
_FIRST, _LAST = 315_532_800, 4_102_444_800  # 1980 to 2100, in seconds since 1970
_SAMPLE = 300


class Moments(NamedTuple):
    """Moments (n,), NaT where a cell is none; what to say; why cells were refused."""

    values: pd.Series
    found: list[str]
    reason: str = ""


def looks_like_moments(cells: list[str]) -> bool:
    """Return whether nearly all cells of a sample are dates; numbers never are."""
    sample = _sampled(cells)
    if not sample or sum(map(is_number, sample)) > len(sample) / 2:
        return False
    if sum(_MAYBE.search(cell) is not None for cell in sample) < 0.9 * len(sample):
        return False
    read = as_moments(sample, "", day_first=True)  # whether, not which
    return bool(read.values.notna().mean() >= 0.9) or read.reason == BUDDHIST


def may_be_moments(cells: list[str]) -> bool:
    """Return whether nearly all cells of a sample have digits, and no number is one.

    So has 1. März 2024, which nobody here reads: in a column that is called a time it
    is to be refused, not to become a word.
    """
    sample = _sampled(cells)
    digits = sum(any(one.isdecimal() for one in cell) for cell in sample)
    return digits > 0.9 * len(sample) and not any(map(is_number, sample))


def is_day_time(cells: list[str]) -> bool:
    """Return whether a column has times without a date, such as 17:24:00."""
    sample = _sampled(cells)
    return bool(sample) and all(":" in one and is_time_of_day(one) for one in sample)


def is_half(cells: list[str]) -> bool:
    """Return whether a column says AM or PM of a time in another one."""
    sample = _sampled(cells)
    return bool(sample) and all(map(is_half_of_day, sample))


def has_dates_only(cells: list[str]) -> bool:
    """Return whether a column has dates without a time."""
    return not any(":" in cell for cell in _sampled(cells))


def as_moments(cells: list[str], name: str, day_first: bool | None = None) -> Moments:
    """Return the cells as moments, by the formats that read most of them.

    `day_first` says what 03/04/2024 is. What no format reads is left to the reader of
    clocks of logs. Raises `KitError` for counts that mean several things, and where
    the day or the month may come first.
    """
    texts = pd.Series([cell.strip() for cell in cells], dtype=object)
    texts[[is_gap(text) for text in texts]] = ""
    there = texts[texts != ""]
    if len(there) and is_number(there.iloc[0]) and there.map(is_number).mean() > 0.9:
        return _counted(texts, name)
    values = pd.Series(pd.NaT, index=texts.index, dtype="datetime64[ns]")
    found: list[str] = []
    zones = _read_iso(there, values, name, found)
    left = there[values[there.index].isna()]
    used = [] if len(left) == len(there) else ["2024-01-31 12:00"]
    for _ in range(4):
        if left.empty:
            break
        pattern = _best_pattern(left, found, name, day_first)
        if pattern is None:
            break
        parsed = _parsed(left, pattern)
        values[left.index] = parsed
        left = left[parsed.isna()]
        used.append(_told(pattern))
    reason = ""
    if len(left):
        reason = _read_rest(left, values, found, name)
        more = values[left.index].notna()
        left = left[~more]
        used += ["other spellings"] if more.any() else []
    if len(used) > 1:
        found.append(f"{name} has dates in {len(used)} formats: {', '.join(used)}.")
    if zones and len(left) < len(there) and zones < values.notna().sum():
        found.append(f"{name}: only some moments name a time zone; the others are UTC.")
    return Moments(values, found, reason)


def _sampled(cells: list[str]) -> list[str]:
    there = [cell for cell in cells if not is_gap(cell)]
    return there[:: max(1, len(there) // _SAMPLE)]


def _read_iso(there: pd.Series, values: pd.Series, name: str, found: list[str]) -> int:
    """Put what is written as ISO 8601 into `values`; return how many name a zone."""
    iso = there[there.map(lambda text: _ISO.fullmatch(text) is not None)]
    if iso.empty:
        return 0
    parsed = pd.to_datetime(iso, format="ISO8601", utc=True, errors="coerce")
    values[iso.index] = _in_bounds(parsed.dt.tz_localize(None))
    zoned = iso[iso.map(lambda text: _ZONE.search(text[10:]) is not None)]
    zones = {_ZONE.search(text[10:])[0] for text in zoned}  # type: ignore[index]
    if zones - {"Z", "UTC", "+00:00", "+0000"}:
        told = "zones" if len(zones) > 1 else "zone"
        found.append(f"{name}: moments of {len(zones)} time {told} became UTC.")
    return len(zoned)


def _read_rest(left: pd.Series, values: pd.Series, found: list[str], name: str) -> str:
    """Put zones by name, week dates, leap seconds and the like into `values`.

    Returns why the others were refused, "" where nothing is known of it.
    """
    texts = left.tolist()
    try:
        read = read_times(texts)
    except Undecided:
        return ""
    stamps = pd.Series(read.values, index=left.index).astype("datetime64[ns]")
    values[left.index] = stamps
    reasons = Counter(reason for reason in read.reasons.values() if reason)
    reason = max(reasons, key=lambda one: reasons[one], default="")
    if reasons:
        found.append(f"{name}: {count(reasons.total(), 'cell')} refused, {reason}.")
    found += [f"{name}: {note}." for note in read.notes]
    return reason


def _best_pattern(
    left: pd.Series, found: list[str], name: str, day_first: bool | None
) -> str | None:
    """Return the pattern that reads most texts; of two, the one that is in order.

    Raises `KitError` where the day or the month may come first: a person has to say.
    """
    sample = left.iloc[:: max(1, len(left) // _SAMPLE)]
    reads = {
        date + time: int(_parsed(sample, date + time).notna().sum())
        for time in _TIMES
        for date in _DATES
    }
    most = max(reads.values())
    if not most:
        return None
    best = [pattern for pattern, rows in reads.items() if rows == most]
    if day_first is not None:
        wanted = _DAY_FIRST if day_first else _MONTH_FIRST
        best = [one for one in best if one.startswith(wanted)] or best
    if len(best) == 1:
        return best[0]
    readings = {pattern: _parsed(sample, pattern) for pattern in best}
    if all(readings[best[0]].equals(other) for other in readings.values()):
        return best[0]
    steady = [one for one, moments in readings.items() if not _goes_back(moments)]
    if len(steady) != 1:
        raise KitError(
            f"{name}: {short(sample.iloc[0])!r} may have the day or the month first; "
            "pass day_first=True or day_first=False"
        )
    found.append(f"{name}: read as {_told(steady[0])}; else the clock would go back.")
    return steady[0]


def _parsed(texts: pd.Series, pattern: str) -> pd.Series:
    parsed = pd.to_datetime(texts, format=pattern, errors="coerce")
    return _in_bounds(parsed)


def _in_bounds(parsed: pd.Series) -> pd.Series:
    """Return moments that nanoseconds can count; the others are left to be refused."""
    kept = parsed.dt.year.between(1678, 2261)
    return parsed.where(kept).astype("datetime64[ns]")


def _goes_back(moments: pd.Series) -> bool:
    return bool((moments.dropna().diff().dropna() < pd.Timedelta(0)).any())


def _told(pattern: str) -> str:
    return pd.Timestamp("2024-01-31 12:00").strftime(pattern)


def _counted(texts: pd.Series, name: str) -> Moments:
    """Return moments of a column of numbers: since 1970, or as seconds from there."""
    shared = _unequivocal(texts, name)
    if shared is not None:
        return shared
    numbers = pd.to_numeric(texts, errors="coerce")
    for unit, factor in _EPOCHS.items():
        seconds = numbers / factor
        if seconds.dropna().between(_FIRST, _LAST).mean() > 0.9:
            kept = seconds.where(seconds.between(_FIRST, _LAST))
            told = f"{name} counts {unit} since 1970; read so, as UTC."
            return Moments(pd.to_datetime(kept, unit="s", errors="coerce"), [told])
    dates = _parsed(texts, "%Y%m%d")
    if len(texts[texts != ""]) and dates[texts != ""].notna().mean() > 0.9:
        return Moments(dates, [f"{name} has dates like 20240131."])
    kept = numbers.where(numbers.abs() < 9e9)
    told = f"{name} has numbers that are no dates; read as seconds, for their order."
    return Moments(pd.to_datetime(kept, unit="s", errors="coerce"), [told])


def _unequivocal(texts: pd.Series, name: str) -> Moments | None:
    """Return moments of counts since 1601 and of 20240131120000; None for others.

    Raises `KitError` for counts that were shortened, or that mean several moments.
    """
    there = texts[texts != ""]
    read = read_times(there.tolist())
    reasons = [r for r in read.reasons.values() if r and r not in (RELATIVE, SERIAL)]
    if len(reasons) > len(there) / 10:
        raise KitError(
            f"{name} holds times that can't be read, such as {short(there.iloc[0])!r}: "
            f"{reasons[0]}"
        )
    lengths = there.map(len)
    if not lengths.isin((12, 14, 17, 18)).mean() > 0.9:
        return None
    stamps = pd.Series(read.values, index=there.index).astype("datetime64[ns]")
    plain = pd.to_numeric(there, errors="coerce")
    for factor in _EPOCHS.values():  # told apart below
        if (plain / factor).between(_FIRST, _LAST).mean() > 0.1:
            return None
    if stamps.notna().mean() <= 0.9:
        return None
    told = f"{name} has moments like {short(there.iloc[0])}, read as {stamps.iloc[0]}."
    return Moments(stamps.reindex(texts.index), [told])


# ------------------------------------------------------------------------ the clock


def about_steps(times: pd.DatetimeIndex, name: str) -> list[str]:
    """Return sentences about the steps of rising moments: even, uneven, with gaps."""
    steps = np.diff(times.to_numpy()).astype("timedelta64[ns]").astype(float) / 1e9
    steps = steps[steps > 0]
    if not len(steps):
        return [f"{name}: all moments are the same."]
    usual = float(np.median(steps))
    uneven = np.abs(steps - usual) > 0.01 * usual
    if not uneven.any():
        return [f"{name}: one row every {duration(usual)}, without a gap."]
    gaps = steps > 3 * usual
    told = (
        f"{name}: mostly one row every {duration(usual)}; {percent(uneven.mean())} of "
        "the steps are other ones"
    )
    if gaps.any():
        told += (
            f", {count(int(gaps.sum()), 'gap')} among them, the longest "
            f"{duration(float(steps.max()))}"
        )
    return [f"{told}. Windows count rows, not minutes."]
