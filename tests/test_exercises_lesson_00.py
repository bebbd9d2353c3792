"""Lesson 00: the strangest day in any form, and what else learners hand in."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from helpers.exercises import check

DAY = pd.Timestamp("2014-01-16")
SCORES = pd.Series([0.4, 0.7], pd.to_datetime(["2014-01-01", "2014-01-16"]))


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (date(2014, 1, 16), "correct"),
        ("16 January 2014", "correct"),
        (DAY.to_numpy(), "correct"),
        (np.array(DAY.to_numpy()), "correct"),
        (DAY.to_period("D"), "correct"),
        (DAY.tz_localize("Australia/Melbourne"), "correct"),
        ([DAY], "correct"),
        (SCORES.nlargest(1).index, "correct"),
        (pd.Timestamp("2014-01-16 16:00"), "correct"),
        ("2014-01-17", "near miss"),
        ("2014-02-08", "another odd day"),
        ("2014-01-20", "inverted score"),
        (np.float32(0.7), "score instead of day"),
        (np.int64(15), "position instead of day"),
        ("16 January", "could not check"),
        ("2024-01-16", "could not check"),
        (SCORES, "could not check"),
        (SCORES.idxmax, "could not check"),
        ((DAY, 0.7), "could not check"),
        (pd.NaT, "could not check"),
        (True, "could not check"),
    ],
)
def test_days(answer, outcome):
    found = check("0.1", answer)
    assert (found.diagnosis or found.status) == outcome
