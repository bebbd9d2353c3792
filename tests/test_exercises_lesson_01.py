"""Lesson 01: right answers in unusual forms, and wrong ones that no catalogue lists."""

import statistics
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from scipy.stats import zscore
from sklearn.preprocessing import StandardScaler

from helpers.exercises import check
from helpers.exercises.declared import find
from helpers.exercises.engine import ask_drawn

KEYS = (b"one", b"two", b"three")


def said(number, answer):
    """Return what a check says of one answer, under a few keys."""
    outcomes = [ask_drawn(find(number), lambda given: (answer,), key) for key in KEYS]
    return {found.diagnosis or found.status for found in outcomes}


# -- 1.1


@pytest.mark.parametrize(
    ("kinds", "outcome"),
    [
        (("Point", " contextual ", "COLLECTIVE", "None"), "correct"),
        (("point", "contextual", "collective", None), "correct"),
        ((["point"], "contextual anomaly", np.str_("collective"), "normal"), "correct"),
        (("a point anomaly", "'contextual'.", {"collective"}, "no"), "correct"),
        (("point", "contextual", "collective (a group of points)", "none"), "correct"),
        (
            ("point and contextual", "contextual", "collective", "none"),
            "could not check",
        ),
        (("point", "contextual", "collective", "none, or point"), "could not check"),
        (("point", "contextual", "collective", "not sure"), "could not check"),
        (("piont", "contextual", "collective", "none"), "could not check"),
        ((1, 2, 3, 4), "could not check"),
        (('"point".', "it is contextual", "group of points", "no"), "correct"),
        (({"global"}, "a context anomaly", ("collective",), "ordinary"), "correct"),
        (
            ("point or contextual", "contextual", "collective", "none"),
            "could not check",
        ),
        (("point/none", "contextual", "collective", "none"), "could not check"),
        (("not an anomaly", "contextual", "collective", "none"), "overlooked"),
        ((None, None, None, None), "overlooked"),
        (("none", "contextual", "collective", "point"), "rare is not odd"),
        (("contextual", "point", "collective", "none"), "no context needed"),
    ],
)
def test_kinds(kinds, outcome):
    found = check("1.1", *kinds)
    assert (found.diagnosis or found.status) == outcome


# -- 1.2


def flags(values, k):
    q1, q3 = np.percentile(values, [25, 75])
    return (values < q1 - k * (q3 - q1)) | (values > q3 + k * (q3 - q1))


def one_by_one(values, k):
    q1, _, q3 = statistics.quantiles(values, n=4)
    for value in values:
        if not q1 - k * (q3 - q1) <= value <= q3 + k * (q3 - q1):
            yield value


def other_quartiles(values, k):
    q1, q3 = np.percentile(values, [25, 75], method="higher")
    return values[(values < q1 - k * (q3 - q1)) | (values > q3 + k * (q3 - q1))]


def low_and_high(values, k):
    found = values[flags(values, k)]
    return found[found < np.median(values)], found[found > np.median(values)]


def sorted_in_place(values, k):
    values.sort()
    return values[flags(values, k)]


def limits_to_whole_numbers(values, k):
    q1, q3 = np.percentile(values, [25, 75])
    low, high = np.floor(q1 - k * (q3 - q1)), np.ceil(q3 + k * (q3 - q1))
    return values[(values < low) | (values > high)]


def limits_rounded(values, k):
    q1, q3 = np.percentile(values, [25, 75])
    reach = k * (q3 - q1)
    return values[(values < round(q1 - reach)) | (values > round(q3 + reach))]


@pytest.mark.parametrize(
    ("outliers", "outcome"),
    [
        (one_by_one, "correct"),
        (other_quartiles, "correct"),
        (low_and_high, "correct"),
        (lambda values, k: set(values[flags(values, k)]), "correct"),
        (lambda values, k: np.unique(values[flags(values, k)]), "correct"),
        (lambda values, k: values[np.where(flags(values, k))], "correct"),
        (lambda values, k: pd.DataFrame({"x": values[flags(values, k)]}), "correct"),
        (
            lambda values, k: np.ma.masked_array(values, ~flags(values, k)),
            "correct",
        ),
        (sorted_in_place, "changed its input"),
        (limits_rounded, "other"),
        (limits_to_whole_numbers, "other"),
        (lambda values, k: values[1:][flags(values, k)[1:]], "other"),
        (lambda values, k: values[:-1][flags(values, k)[:-1]], "other"),
        (
            lambda values, k: dict(enumerate(values[flags(values, k)])).values(),
            "correct",
        ),
        (lambda values, k: np.where(flags(values, k)), "positions instead of values"),
        (lambda values, k: flags(values, k) * 1, "flags instead of values"),
        (lambda values, k: values * flags(values, k), "other"),
        (lambda values, k: values[flags(values, k / 2)], "other"),
        (lambda values, k: values[(values < 1) | (values > 9)], "other"),
        (lambda values, k: [0, 10], "other"),
        (
            lambda values, k: np.where(flags(values, k), values, np.nan),
            "could not check",
        ),
        (lambda values, k: int(flags(values, k).sum()), "could not check"),
        (lambda values: values, "could not check"),
    ],
)
def test_outliers(outliers, outcome):
    assert said("1.2", outliers) == {outcome}


# -- 1.3


def month_rule(values, by=None, k=3, centre="mean", ddof=1):
    groups = values.groupby(values.index.month if by is None else by(values.index))
    spread = groups.transform(lambda part: part.std(ddof=ddof))
    return (values - groups.transform(centre)).abs() > k * spread


def month_by_month(values):
    parts = [part for _, part in values.groupby(values.index.month)]
    return pd.concat([(p - p.mean()).abs() > 3 * p.std() for p in parts[::-1]])


def by_a_list_of_names(values):
    found = pd.Series(False, values.index)
    for name in pd.date_range("2014-01-01", periods=12, freq="MS").month_name():
        part = values[values.index.month_name() == name]
        found[part.index] = (part - part.mean()).abs() > 3 * part.std()
    return found


def months_in_a_row(values):
    parts = [values[values.index.month == month] for month in range(1, 13)]
    return np.concatenate([(p - p.mean()).abs() > 3 * p.std() for p in parts])


def only_the_year_of_the_lesson(values):
    return month_rule(values) & (values.index.year == 2014)


def index_replaced(values):
    flagged = month_rule(values).to_numpy()
    values.index = values.index.month
    return flagged


def box_plots(values):
    def outside(part):
        return flags(part.to_numpy(), 1.5)

    return values.groupby(values.index.month).transform(outside).astype(bool)


@pytest.mark.parametrize(
    ("month_flags", "outcome"),
    [
        (lambda values: month_rule(values, ddof=0), "correct"),
        (lambda values: (bool(flag) for flag in month_rule(values)), "correct"),
        (lambda values: month_rule(values).reset_index(drop=True), "correct"),
        (lambda values: month_rule(values).astype(float).to_frame(), "correct"),
        (lambda values: month_rule(values, lambda i: i.strftime("%b")), "correct"),
        (
            lambda values: values.groupby(values.index.month).apply(
                lambda part: (part - part.mean()).abs() > 3 * part.std()
            ),
            "correct",
        ),
        (month_by_month, "correct"),
        (lambda values: month_rule(values).to_dict(), "correct"),
        (by_a_list_of_names, "correct"),
        (index_replaced, "changed its input"),
        (months_in_a_row, "other"),
        (only_the_year_of_the_lesson, "other"),
        (box_plots, "a robust rule"),
        (lambda values: month_rule(values, centre="median"), "other"),
        (lambda values: month_rule(values, k=2.5), "other"),
        (lambda values: month_rule(values, lambda i: i.hour), "other"),
        (lambda values: month_rule(values, lambda i: i.quarter), "other"),
        (lambda values: month_rule(values).shift(1, fill_value=False), "other"),
        (lambda values: values == values, "other"),
        (lambda values: values.index[month_rule(values)], "could not check"),
        (lambda values: np.flatnonzero(month_rule(values)), "could not check"),
        (lambda values: values[month_rule(values)], "could not check"),
        (lambda values: np.where(month_rule(values), -1, 1), "could not check"),
        (lambda values: np.full(17520, True), "could not check"),
        (
            lambda values: values > values.groupby(values.index.month).mean(),
            "could not check",
        ),
    ],
)
def test_month_flags(month_flags, outcome):
    assert said("1.3", month_flags) == {outcome}


# -- 1.4


@pytest.mark.parametrize(
    ("lof_b", "lof_d", "outcome"),
    [
        (1.3, 2, "correct"),
        ([4 / 3], pd.Series([2.0], index=["d"]), "correct"),
        (np.array(4 / 3), np.float32(2), "correct"),
        (Fraction(4, 3), Decimal("2.0"), "correct"),
        (1, 2, "b"),
        (4 / 3, 2.17, "d"),
        (1.2, 2.2, "straight lines"),
        ((4 / 3, 2), 2, "could not check"),
        ("4/3", 2, "could not check"),
    ],
)
def test_factors(lof_b, lof_d, outcome):
    found = check("1.4", lof_b, lof_d)
    assert (found.diagnosis or found.status) == outcome


# -- 1.5


def in_place(x):
    x -= x.mean()
    return x


@pytest.mark.parametrize(
    ("prepared", "outcome"),
    [
        (zscore, "correct"),
        (lambda x: StandardScaler().fit_transform(x.reshape(-1, 1)), "correct"),
        (lambda x: [value - sum(x) / len(x) for value in x], "correct"),
        (lambda x: (value - x.mean() for value in x), "correct"),
        (lambda x: pd.Series(x - x.mean(), index=x), "correct"),
        (lambda x: x.mean() - x, "correct"),
        (lambda x: (x - x.mean())[::-1] / 1e6, "correct"),
        (in_place, "changed its input"),
        (lambda x: (value for value in x), "scaled only"),
        (lambda x: x / x.max(), "scaled only"),
        (lambda x: x - 4.9, "other"),
        (lambda x: (x - x.mean()).round(1), "other"),
        (lambda x: np.sort(x - x.mean()), "other"),
        (lambda x: x - (x.max() + x.min()) / 2, "other"),
        (lambda x: np.arange(24.0), "other"),
        (np.log, "other"),
        (lambda x: 0 * x, "nothing left"),
        (lambda x: x.mean(), "could not check"),
        (lambda x: (x - x.mean(), x.std()), "could not check"),
        (lambda x: x * np.nan, "could not check"),
    ],
)
def test_prepared_series(prepared, outcome):
    assert said("1.5", prepared) == {outcome}


def test_a_branch_without_a_return():
    found = check("1.5", lambda x: x - x.mean() if x.min() > 5 else None)
    assert found.diagnosis == "other"
    assert "returns nothing" in found.message


def test_the_first_day_of_a_series_is_told():
    found = check("1.3", months_in_a_row)
    assert " 2014" in found.message
