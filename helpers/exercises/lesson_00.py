"""The check of lesson 00, start here."""

import numpy as np
import pandas as pd

from helpers.exercises.answers import kind
from helpers.exercises.declared import VALUES, exercise
from helpers.exercises.outcomes import CannotCheck, Wrong

STRANGEST = pd.Timestamp("2014-01-16")


@exercise(
    "0.1",
    "The strangest day",
    answers=("strangest_day",),
    kind=VALUES,
    hints=[
        "Higher score, stranger day: look for the highest score.",
        "scores.max() is the highest score itself. You need the date beside it.",
        "pandas calls the label of the highest value idxmax.",
    ],
)
def check_0_1(strangest_day: object) -> str:
    """Check the date of the highest score of the first detector."""
    day = _as_day(strangest_day)
    if day == STRANGEST:
        return (
            "16 January, in the heat wave: 43 degrees, and the highest demand of the "
            "year. No label was needed to find it."
        )
    if day.year != STRANGEST.year:
        raise CannotCheck(
            f"All days here are of {STRANGEST.year}; yours has another year, or none. "
            "Take the date from scores.index."
        )
    if day in _HEAT_WAVE:
        raise Wrong(
            "near miss",
            "A hot day of the same heat wave, but another one scores higher still. Let "
            "the scores decide, not the thermometer.",
        )
    if day in _ODD:
        raise Wrong(
            "another odd day",
            f"{day:%d %B} is a strange day too, but not the strangest: another one has "
            "a higher score.",
        )
    raise Wrong(
        "inverted score",
        f"{day:%d %B} is not the strangest day. Higher scores are more anomalous: "
        "is yours the day with the highest score?",
    )


_HEAT_WAVE = [pd.Timestamp(2014, 1, day) for day in (14, 15, 17)]
_ODD = pd.to_datetime(  # the rest of the twenty highest scores
    [
        *("2014-01-05", "2014-01-10", "2014-01-13", "2014-01-28", "2014-01-30"),
        *("2014-02-02", "2014-02-03", "2014-02-06", "2014-02-07", "2014-02-08"),
        *("2014-02-09", "2014-07-22", "2014-08-01", "2014-11-08", "2014-12-25"),
        "2014-12-26",
    ]
)


def _as_day(answer: object) -> pd.Timestamp:
    answer = _alone(answer)
    kinds = type(answer)
    if issubclass(kinds, float | np.floating):
        raise Wrong(
            "score instead of day",
            "That is a score. It says how strange the strangest day is; the question is "
            "which day it was.",
        )
    if issubclass(kinds, int | np.integer) and not issubclass(kinds, bool):
        raise Wrong(
            "position instead of day",
            "That is a number, a position perhaps. The question is the date that stands "
            "beside the score, in scores.index.",
        )
    if callable(answer):
        raise CannotCheck(
            "strangest_day should be a date; yours is a function that hasn't been "
            "called. Brackets () call it."
        )
    try:
        day = pd.Timestamp(str(answer) if issubclass(kinds, pd.Period) else answer)
    except Exception:
        day = pd.NaT
    if pd.isna(day):
        raise CannotCheck(
            "strangest_day should be a date, like the labels of scores; yours is a "
            f"{kind(answer)}."
        )
    return day.tz_localize(None).normalize()


def _alone(answer: object) -> object:
    """Return the only entry of a list, an index or an array of dates."""
    kinds = type(answer)
    if issubclass(kinds, pd.Series | pd.DataFrame):
        raise CannotCheck(
            f"strangest_day should be one date; yours is a {kind(answer)} of length "
            f"{len(answer)}. The dates are its labels: .index has them."
        )
    if issubclass(kinds, pd.DatetimeIndex | list | tuple | np.ndarray):
        entries = (
            list(np.ravel(answer)) if issubclass(kinds, np.ndarray) else list(answer)
        )
        if len(entries) == 1:
            return entries[0]
        raise CannotCheck(
            f"strangest_day should be one date; yours is a {kind(answer)} of "
            f"length {len(entries)}."
        )
    return answer
