"""What the index of a series says of time: even steps, or where they are not.

A window counts rows. That is a stretch of time only where each row is one step after
the row before it. A pandas Series or DataFrame whose index holds moments or periods,
or texts of moments, as `read_csv(index_col=0)` leaves them, says whether it is so;
arrays, lists and other indices say nothing, and are believed.

Even are steps of one length (a tenth more or less is the jitter of a sensor), calendar
steps (days, months, working days), and the days of a zone with daylight saving.
"""

import re
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from helpers._arrays import check_choice
from helpers.text import count, duration

__all__ = [
    "Gaps",
    "are_working_days",
    "if_clocks_changed",
    "off_beat",
    "step_of",
    "stretches",
    "uneven_steps",
    "usual_step",
    "working_seconds",
]

Gaps = Literal["refuse", "split"]

_JITTER = 0.1  # of the usual step
_RUN = 3  # so many other steps in a row, all alike, are another sampling rate
_HOUR, _DAY = 3600.0, 86_400.0
_ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:?\d\d|$)")
_OTHER_DAY = re.compile(
    r"\d{1,2}([-/.])\d{1,2}\1(?:\d{4}(?:\D|$)|\d\d,? \d{1,2}:\d\d)"
    r"|\d{4}([-/.])\d{1,2}\2\d{1,2}(?:\D|$)|\d{1,2}[- ][A-Za-z]{3}[a-z]*\.?[- ]\d\d"
    r"|[A-Z][a-z]{2,8}\.? \d{1,2},? \d{4}|[A-Z][a-z]{2}, \d{1,2} [A-Z][a-z]{2} \d{4}"
    r"|\d{8}[T ]\d{4}"
)
_ISO_ZONE = re.compile(r":\d\d(?:[.,]\d+)? ?(?:Z|[+-]\d\d(?::?\d\d)?)$")
_TOLD = {"datetime", "datetime64", "date", "period", "timedelta", "timedelta64"}


def stretches(
    series: ArrayLike,
    *,
    gaps: Gaps = "refuse",
    name: str = "series",
    way_out: str = 'pass gaps="split"',
) -> list[slice]:
    """Return the parts of a series (n_points, ...) in which each row is the next step.

    One part, all of it, for arrays and where the index holds no times. With
    `gaps="split"` a part ends at each gap. `way_out` is what the message about one
    advises.

    Raises `ValueError` for a gap, unless it may be split there; and for what no split
    mends: rows out of order, a moment twice, a step that changes, a row without time.
    """
    check_choice(gaps, "gaps", ("refuse", "split"))
    index = _times(series, name)
    if index is None:
        return [slice(0, None)]
    seconds = _seconds(index)
    _check_order(index, seconds, name)
    if len(seconds) < 2 or not len(wide := _uneven(index, seconds, name)):
        return [slice(0, len(index))]
    if gaps == "refuse":
        told = _gaps_told(index, seconds, wide, name)
        steps, place = np.diff(seconds), int(wide[0]) + 1
        more = float(steps[wide[0]]) - usual_step(steps)
        raise ValueError(
            f"{told}; fill it (resample), or {way_out}, or {name}.to_numpy() to count "
            f"rows{_change_told(index, place, more)}"
        )
    ends = [*(wide + 1).tolist(), len(index)]
    return [slice(*pair) for pair in zip([0, *ends[:-1]], ends, strict=True)]


def step_of(series: ArrayLike) -> float | None:
    """Return the usual step (seconds) of a series whose index holds moments, else None.

    Rows must be in order, as `stretches` sees to.
    """
    index = _times(series, "series")
    if index is None or isinstance(index, pd.PeriodIndex) or len(index) < 2:
        return None
    return usual_step(np.diff(_seconds(index)))


def _times(series: Any, name: str) -> Any:
    """Return the index where it holds times, as moments or periods; else None."""
    index = getattr(series, "index", None)
    if not isinstance(index, pd.Index):
        return None
    if isinstance(index, pd.MultiIndex):
        return _refuse_levels(index, name)
    if not isinstance(index, pd.DatetimeIndex | pd.PeriodIndex | pd.TimedeltaIndex):
        if isinstance(index, pd.CategoricalIndex):
            index = index.astype(index.categories.dtype)
        if isinstance(index, pd.IntervalIndex):
            index = index.left
        told = pd.api.types.infer_dtype(index, skipna=True)
        if told == "string":
            return _texts_as_moments(index, name)
        if told not in _TOLD:
            return None
        index = _as_moments(index, told, name)
    if index.hasnans:
        place = int(np.flatnonzero(index.isna())[0])
        raise ValueError(
            f"{name} has {count(int(index.isna().sum()), 'row')} without a time, first "
            f"at position {place:,}; drop them: {name}[{name}.index.notna()]"
        )
    return index


def _refuse_levels(index: pd.MultiIndex, name: str) -> None:
    for level in index.levels:
        if isinstance(level, pd.DatetimeIndex | pd.PeriodIndex):
            raise ValueError(
                f"the index of {name} has {index.nlevels} levels, one of them times: "
                f"several series in one; take one at a time: {name}.xs(key)"
            )


def _texts_as_moments(index: pd.Index, name: str) -> pd.DatetimeIndex | None:
    """Return texts such as 2024-01-31 12:00 as moments; None where one is none.

    Raises `ValueError` for dates that are written in another way.
    """
    if not len(index) or not _ISO_DAY.match(str(index[0])):
        if len(index) and all(_OTHER_DAY.match(str(text)) for text in index):
            raise ValueError(
                f"the index of {name} has times as text, such as {index[0]!r}; make "
                f"them moments: {name}.index = pd.to_datetime({name}.index, "
                "dayfirst=...), or drop it: reset_index(drop=True)"
            )
        return None
    zoned = _ISO_ZONE.search(str(index[0])) is not None
    try:
        return pd.to_datetime(index, format="ISO8601", utc=zoned)
    except (TypeError, ValueError):
        return None


def _as_moments(index: pd.Index, told: str, name: str) -> pd.Index:
    try:
        if told == "period":
            return pd.PeriodIndex(index)
        if told.startswith("timedelta"):
            return pd.TimedeltaIndex(index)
        return pd.DatetimeIndex(index)
    except (TypeError, ValueError):
        raise ValueError(
            f"the index of {name} mixes times of several kinds or zones; make them "
            "alike: pd.to_datetime(index, utc=True)"
        ) from None


def _seconds(index: Any) -> NDArray[np.float64]:
    """Return when each row is, in seconds, from the first row on.

    In periods where the index has them; a weekend is left out of working days.
    """
    if isinstance(index, pd.PeriodIndex):
        return index.asi8.astype(np.float64)
    if are_working_days(index):
        return working_seconds(index)
    moments = index.asi8
    since = moments - (moments[0] if len(moments) else 0)
    return np.asarray(since / _per_second(index), dtype=np.float64)


def working_seconds(index: pd.DatetimeIndex) -> NDArray[np.float64]:
    """Return when each row is, in seconds from the first row on, without weekends."""
    days = np.busday_count(index[0].date(), _dates(index))
    return np.asarray(_DAY * days, dtype=np.float64)


def are_working_days(index: Any) -> bool:
    """Say whether rows are days at one hour, never on a weekend, and pass over one."""
    if not isinstance(index, pd.DatetimeIndex) or len(index) < 3:
        return False
    if (index.day_of_week > 4).any() or len(np.unique(_dates(index))) < 3:
        return False
    days = _dates(index)
    same_hour = len(np.unique(index.tz_localize(None).asi8 % _day_of(index))) == 1
    steps = np.diff(days).astype(int)
    weekend = (index.day_of_week[:-1] == 4) & (steps == 3)
    return bool(same_hour and weekend.any() and np.median(steps) == 1)


def _dates(index: pd.DatetimeIndex) -> NDArray:
    return index.tz_localize(None).to_numpy().astype("datetime64[D]")


def _day_of(index: pd.DatetimeIndex) -> int:
    return int(_DAY * _per_second(index))


def _per_second(index: Any) -> float:
    return float({"s": 1, "ms": 1e3, "us": 1e6, "ns": 1e9}[index.unit])


# ---------------------------------------------------------------- what no split mends


def _check_order(index: Any, seconds: NDArray, name: str) -> None:
    """Raise `ValueError` where a row is not later than the one before it."""
    steps = np.diff(seconds)
    back, same = np.flatnonzero(steps < 0), np.flatnonzero(steps == 0)
    if len(back):
        place = int(back[0]) + 1
        raise ValueError(
            f"{name} is not in the order of time: {_at(index, place)} comes after "
            f"{index[place - 1]} ({count(len(back), 'step')} back); sort it: "
            f"{name}.sort_index(){_change_told(index, place, steps[place - 1])}"
        )
    if len(same):
        place = int(same[0]) + 1
        twice = count(len(same), "moment", "moments")
        raise ValueError(
            f"{name} has {twice} twice, first {_at(index, place)}; keep one: "
            f"{name}[~{name}.index.duplicated()], or {name}.groupby(level=0).mean()"
            f"{_change_told(index, place, 0.0)}"
        )


def _uneven(index: Any, seconds: NDArray, name: str) -> NDArray[np.int64]:
    """Return after which rows there is a gap; raise where the step itself changes."""
    steps = np.diff(seconds)
    usual = usual_step(steps)
    other = off_beat(steps, usual) & ~_even_on_the_wall(index, usual)
    wide, place = uneven_steps(steps, usual, other)
    if place is not None:
        raise ValueError(
            f"{name} has mixed steps: mostly {_told(index, usual)}, but "
            f"{_told(index, steps[place])} before {_at(index, place + 1)}; bring it to "
            f"one step: {_resampled(name, index)}, then fill what is missing"
        )
    return wide


def usual_step(steps: NDArray) -> float:
    """Return the step (seconds) that most rows are after the row before them."""
    return float(np.quantile(steps, 0.5, method="lower"))


def uneven_steps(
    steps: NDArray, usual: float, other: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], int | None]:
    """Return which steps are gaps, and which is the first of a changed step, or None.

    steps: (n,) seconds; other: (n,) whether a step is another one than the `usual`
    """
    place = _first_change(steps, other)
    if place is None:
        short = np.flatnonzero(other & (steps < usual))
        place = int(short[0]) if len(short) else None
    return np.flatnonzero(other), place


def _first_change(steps: NDArray, other: NDArray) -> int | None:
    """Return where some other steps of one length follow each other, or None."""
    near = np.abs(np.diff(steps)) <= _JITTER * steps[1:]
    alike = other[1:] & other[:-1] & near
    for place in np.flatnonzero(alike):
        if alike[place : place + _RUN - 1].sum() == _RUN - 1:
            return int(place)
    return None


def off_beat(steps: NDArray, usual: float) -> NDArray[np.bool_]:
    """Say of each step whether it is another one than the usual one, beyond jitter."""
    return np.abs(steps - usual) > _JITTER * usual


def _even_on_the_wall(index: Any, usual: float) -> NDArray[np.bool_]:
    """Say of each step whether it is the usual one on the wall clock of the zone.

    A wall clock hides a missing hour of the night when clocks are put back, so it is
    asked only where steps are longer than an hour.
    """
    if not isinstance(index, pd.DatetimeIndex) or index.tz is None or usual <= _HOUR:
        return np.zeros(len(index) - 1, dtype=bool)
    wall = index.tz_localize(None)
    return ~off_beat(np.diff(wall.asi8) / _per_second(wall), usual)


# ------------------------------------------------------------------------- the words


def _gaps_told(index: Any, seconds: NDArray, wide: NDArray, name: str) -> str:
    place = int(wide[0])
    return (
        f"{name} has {count(len(wide), 'gap')}, first between {index[place]} and "
        f"{_at(index, place + 1)}, {_told(index, np.diff(seconds)[place])} instead of "
        f"{_told(index, usual_step(np.diff(seconds)))}"
    )


def _at(index: Any, place: int) -> str:
    return f"{index[place]} (position {place:,})"


def _told(index: Any, step: float) -> str:
    if isinstance(index, pd.PeriodIndex):
        return count(
            int(step), f"period ({index.freqstr})", f"periods ({index.freqstr})"
        )
    return duration(float(step))


def _resampled(name: str, index: Any) -> str:
    way = (
        "asfreq(freq)" if isinstance(index, pd.PeriodIndex) else "resample(step).mean()"
    )
    return f"{name}.{way}"


def if_clocks_changed(hour: int, jump: float) -> str:
    """Return "; if clocks were put back then, " where they may have been, else "".

    `hour` is that of the later row, on a wall clock, and `jump` by how many seconds
    it is later (or earlier, below 0) than it should be.
    """
    if hour > 3:
        return ""
    if -_HOUR <= jump <= 0:
        return "; if clocks were put back then, "
    return "; if clocks were put forward then, " if np.isclose(jump, _HOUR) else ""


def _change_told(index: Any, place: int, jump: float) -> str:
    """Return what to do if a clock without a zone was put on or back at a row."""
    if not isinstance(index, pd.DatetimeIndex) or index.tz is not None:
        return ""
    told = if_clocks_changed(index[place].hour, jump)
    how = ', ambiguous="infer"' if "back" in told else ""
    return told and f"{told}give the index its zone: tz_localize(zone{how})"
