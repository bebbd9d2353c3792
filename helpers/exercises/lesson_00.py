"""The check of lesson 00, start here."""

import re
import warnings
from collections.abc import Iterator
from itertools import islice
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from helpers.exercises.answers import kind
from helpers.exercises.declared import VALUES, Mistake, exercise
from helpers.exercises.judging import accuse, recognise
from helpers.exercises.outcomes import CannotCheck

# -- 0.1: the strangest day --------------------------------------------------------------


def _scored_year(random: np.random.Generator) -> dict[str, object]:
    """Draw `scores` of the days of a year, and `days`, whose extremes are other days.

    The strangest day is neither the first nor the last alarm, nor the first of its
    rounded score.
    """
    while True:
        given = _some_year(random)
        scores = given["scores"]
        alarms = scores.index[scores > scores.quantile(0.97)]
        others = (alarms[0], alarms[-1], scores.round(1).idxmax())
        if scores.idxmax() not in others:
            return given


def _some_year(random: np.random.Generator) -> dict[str, Any]:
    year = int(random.integers(1990, 2030))
    dates = pd.date_range(f"{year}-01-01", f"{year}-12-31", freq="D", name="timestamp")
    n = len(dates)
    ranks = _ranks(random, dates)
    days = pd.DataFrame(
        {
            # the extremes of both columns are days with middling scores
            "peak demand (GW)": 4 + 5 / n * ((ranks + n // 2) % n),
            "temperature swing (°C)": 1 + 20 / n * ((ranks + n // 3) % n),
        },
        index=dates,
    )
    low, high = random.uniform(0.3, 0.4), random.uniform(0.7, 0.9)
    scores = low + (high - low) * (ranks / n) ** 3
    known = pd.Series(scores, dates)
    detector = SimpleNamespace(
        decision_scores_=scores,
        labels_=(known > known.quantile(0.97)).to_numpy().astype(int),
        threshold_=known.quantile(0.97),
        decision_function=lambda rows: known.loc[rows.index].to_numpy(),
    )
    return {"scores": known.copy(), "days": days, "detector": detector}


def _ranks(random: np.random.Generator, dates: pd.DatetimeIndex) -> NDArray:
    """Return ranks (n,) with the third highest before the highest, the second after.

    So the strangest day is not the day of the largest step; nor does it begin or end a
    week or a month.
    """
    n = len(dates)
    inside = (dates.day_of_week % 6 > 0) & (dates.day > 1) & (dates.day < 28)
    ranks, day = random.permutation(n), int(random.choice(np.flatnonzero(inside)))
    for place, rank in zip((day - 1, day, day + 1), (n - 3, n - 1, n - 2), strict=True):
        other = np.flatnonzero(ranks == rank)[0]
        ranks[[place, other]] = ranks[[other, place]]
    return ranks


def _strangest(scores: pd.Series) -> pd.Timestamp:
    return scores.idxmax()


_MISTAKES = [
    Mistake(
        "inverted score",
        "This is the most ordinary day. Higher scores are more anomalous: take the day "
        "with the highest one.",
        lambda scores: scores.idxmin(),
    ),
    Mistake(
        "score instead of day",
        "That is a score. It says how strange the strangest day is; the question is "
        "which day it was.",
        lambda scores: scores.max(),
    ),
    Mistake(
        "position instead of day",
        "That is a number, a position perhaps. The question is the date that stands "
        "beside the score, in scores.index.",
        lambda scores: scores.argmax(),
    ),
]


@exercise(
    "0.1",
    "The strangest day",
    points=1,
    answers=("strangest_day",),
    kind=VALUES,
    given=_scored_year,
    reference=_strangest,
    mistakes=_MISTAKES,
    hints=[
        "Higher score, stranger day: look for the highest score.",
        "scores.max() is the highest score itself. You need the date beside it.",
        "pandas calls the label of the highest value idxmax.",
    ],
)
def check_0_1(strangest_day: object, scores: pd.Series) -> str:
    """Check the date of the highest score."""
    day = _as_day(strangest_day)
    if _day_first(strangest_day) == _strangest(scores):  # 5/3/2014 in March
        day = _strangest(scores)
    if day not in scores.index:
        raise CannotCheck(
            f"{day:%d %B %Y} has no score. Take the date from scores.index."
        )
    recognise(
        (day,),
        {"scores": scores},
        _strangest,
        _MISTAKES,
        others=[
            (
                "another day",
                "Other days have a higher score. Let the scores decide: not the "
                "thermometer, the demand or the place in the list.",
            )
        ],
    )
    return (
        f"{day:%d %B} has the highest score of all {len(scores)} days. No label was "
        "needed to find it."
    )


def _as_day(answer: Any) -> pd.Timestamp:
    answer = _one_of(answer)
    kinds = type(answer)
    if issubclass(kinds, float | np.floating):
        raise accuse(_MISTAKES, "score instead of day")
    if issubclass(kinds, int | np.integer) and not issubclass(kinds, bool):
        raise accuse(_MISTAKES, "position instead of day")
    if callable(answer):
        raise CannotCheck(
            "strangest_day should be a date; yours is a function that hasn't been "
            "called. Brackets () call it."
        )
    answer = str(answer) if issubclass(kinds, pd.Period) else answer
    try:
        day = _read(answer) if issubclass(kinds, str) else pd.Timestamp(answer)
    except Exception:
        day = pd.NaT
    if pd.isna(day):
        raise CannotCheck(
            "strangest_day should be a date, like the labels of scores; yours is a "
            f"{kind(answer)}."
        )
    return day.tz_localize(None).normalize()


def _day_first(answer: Any) -> pd.Timestamp:
    """Return the date of a text like 5/3/2014 as most of the world reads it, else NaT."""
    if not issubclass(type(answer), str) or not re.match(r"\d\d?\D", answer):
        return pd.NaT
    with warnings.catch_warnings():  # 14 can't be a month: read as it stands
        warnings.simplefilter("ignore")
        return pd.to_datetime(answer, dayfirst=True, errors="coerce")


def _read(answer: str) -> pd.Timestamp:
    """Return the date of a text; between dots the day comes first, as in 14.1.2014."""
    dots = re.fullmatch(r"\s*\d{1,2}\.\s?\d{1,2}\.\s?\d{4}\b.*", answer)
    return pd.to_datetime(answer, dayfirst=True) if dots else pd.Timestamp(answer)


def _one_of(answer: Any) -> Any:
    """Return the only entry of a list, an index, an array or a Series of dates."""
    kinds = type(answer)
    if issubclass(kinds, pd.DataFrame) or _holds_scores(answer):
        raise CannotCheck(
            f"strangest_day should be one date; yours is a {kind(answer)} of length "
            f"{len(answer)}. The dates are its labels: .index has them."
        )
    if not issubclass(kinds, _CONTAINERS):
        return answer
    entries = list(islice(np.ravel(answer) if kinds is np.ndarray else answer, 1000))
    if len(entries) == 1:
        return entries[0]
    raise CannotCheck(
        f"strangest_day should be one date; yours is a {kind(answer)} of length "
        f"{len(entries)}."
    )


_CONTAINERS = (
    pd.Index,
    pd.Series,
    np.ndarray,
    list,
    tuple,
    set,
    frozenset,
    Iterator,
)


def _holds_scores(answer: Any) -> bool:
    return issubclass(type(answer), pd.Series) and answer.dtype.kind == "f"
