"""Lesson 00: the strangest day in any form, and what else learners hand in."""

import numpy as np
import pandas as pd
import pytest

from helpers.exercises import check
from helpers.exercises.declared import find
from helpers.exercises.engine import ask_drawn

DAY = pd.Timestamp("2014-01-14")
SCORES = pd.Series([0.4, 0.7, 0.6], pd.date_range("2014-01-13", periods=3))


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (DAY.date(), "correct"),
        ("14 January 2014", "correct"),
        ("2014-01-14", "correct"),
        ("14.01.2014", "correct"),
        ("14. 1. 2014", "correct"),
        ("01/14/2014", "correct"),
        (DAY.to_numpy(), "correct"),
        (np.array(DAY.to_numpy()), "correct"),
        (DAY.to_period("D"), "correct"),
        (DAY.tz_localize("Australia/Melbourne"), "correct"),
        ({DAY}, "correct"),
        (iter([DAY]), "correct"),
        (SCORES.nlargest(1).index, "correct"),
        (SCORES.index[SCORES.eq(0.7)], "correct"),
        (pd.Series(SCORES.index[[1]], index=["a"]), "correct"),
        (pd.Timestamp("2014-01-14 16:00"), "correct"),
        (np.float32(0.7), "score instead of day"),
        ([0.7], "score instead of day"),
        (np.int64(1), "position instead of day"),
        ("14 January", "could not check"),
        ("2024-01-14", "could not check"),
        ("the hottest day", "could not check"),
        (SCORES, "could not check"),
        (SCORES.nlargest(1), "could not check"),
        (SCORES.idxmax, "could not check"),
        ((DAY, 0.7), "could not check"),
        ([], "could not check"),
        (None, "could not check"),
        (pd.NaT, "could not check"),
        (True, "could not check"),
        (lambda: DAY, "could not check"),
    ],
)
def test_days(answer, outcome):
    found = check("0.1", answer, SCORES)
    assert (found.diagnosis or found.status) == outcome


@pytest.mark.parametrize("column", [0, 1])
@pytest.mark.parametrize("key", [b"one", b"two", b"three"])
def test_no_thermometer_and_no_meter_answers(column, key):
    def extreme(given):
        return (given["days"].iloc[:, column].idxmax(),)

    found = ask_drawn(find("0.1"), extreme, key)
    assert found.diagnosis in ("another day", "inverted score")


@pytest.mark.parametrize("key", range(12))
@pytest.mark.parametrize(
    "lucky",
    [
        lambda scores: scores.index[scores > scores.quantile(0.97)][0],
        lambda scores: scores.index[scores > scores.quantile(0.97)][-1],
        lambda scores: scores.round(1).idxmax(),
    ],
)
def test_no_day_is_the_strangest_by_luck(lucky, key):
    found = ask_drawn(find("0.1"), lambda given: (lucky(given["scores"]),), b"%d" % key)
    assert found.diagnosis == "another day"


@pytest.mark.parametrize("key", range(12))
def test_a_day_before_its_month(key):
    def between_dots(given):
        return (given["scores"].idxmax().strftime("%d.%m.%Y"),)

    assert ask_drawn(find("0.1"), between_dots, b"%d" % key).status == "correct"
