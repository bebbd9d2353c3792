"""The check of lesson 00, start here."""

import pandas as pd

from helpers.exercises.answers import kind
from helpers.exercises.engine import CannotCheck, Wrong, exercise

STRANGEST = pd.Timestamp("2014-01-16")


@exercise(
    "0.1",
    "The strangest day",
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
    if day.month == 1 and 14 <= day.day <= 28:
        raise Wrong(
            "near miss",
            "A hot day of the same heat wave, but another one scores higher still. Let "
            "the scores decide, not the thermometer.",
        )
    raise Wrong(
        "inverted score",
        f"{day:%d %B} is a rather ordinary day here. Higher scores are more anomalous: is "
        "your day the one with the highest score?",
    )


def _as_day(answer: object) -> pd.Timestamp:
    if isinstance(answer, float):
        raise Wrong(
            "score instead of day",
            "That is a score. It says how strange the strangest day is; the question is "
            "which day it was.",
        )
    if isinstance(answer, int) or type(answer).__name__.startswith("int"):
        raise Wrong(
            "position instead of day",
            "That is a position in the list. The date stands beside it, in scores.index.",
        )
    try:
        day = pd.Timestamp(answer)
    except Exception:
        day = pd.NaT
    if pd.isna(day):
        raise CannotCheck(
            "strangest_day should be a date, like the labels of scores; yours is a "
            f"{kind(answer)}."
        )
    return day.normalize()
