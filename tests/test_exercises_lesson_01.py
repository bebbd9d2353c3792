"""The checks of lesson 01: right answers in any form, wrong ones told apart."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from helpers.exercises import check, lesson_01


def box_rule(values, k):
    q1, q3 = np.percentile(values, [25, 75])
    return (values < q1 - k * (q3 - q1)) | (values > q3 + k * (q3 - q1))


def month_rule(values, ddof=1):
    months = values.groupby(values.index.month)
    sd = months.transform(lambda part: part.std(ddof=ddof))
    return (values - months.transform("mean")).abs() > 3 * sd


def month_by_month(values):
    parts = [part for _, part in values.groupby(values.index.month)]
    return pd.concat([(p - p.mean()).abs() > 3 * p.std() for p in parts[::-1]])


@pytest.mark.parametrize(
    "form",
    [
        list,
        tuple,
        set,
        pd.Series,
        lambda found: [found[found < 5], found[found >= 5]],
        lambda found: found.reshape(-1, 1),
        lambda found: pd.DataFrame({"value": found}),
    ],
)
def test_outliers_in_any_container(form):
    assert (
        check("1.2", lambda values, k: form(values[box_rule(values, k)])).status
        == "correct"
    )


def test_outliers_as_a_mask_or_with_other_quartiles():
    def higher(values, k):
        q1, q3 = np.percentile(values, [25, 75], method="higher")
        return values[(values < q1 - k * (q3 - q1)) | (values > q3 + k * (q3 - q1))]

    assert check("1.2", box_rule).status == "correct"
    ones = check("1.2", lambda values, k: box_rule(values, k).astype(int))
    assert ones.status == "correct"
    assert check("1.2", higher).status == "correct"


@pytest.mark.parametrize(
    "flags",
    [
        lambda values: month_rule(values, ddof=0),
        lambda values: month_rule(values).to_numpy(),
        lambda values: month_rule(values).astype(int).tolist(),
        lambda values: values.index[month_rule(values)],
        lambda values: list(values.index[month_rule(values)]),
        lambda values: values[month_rule(values)],
        lambda values: np.flatnonzero(month_rule(values)),
        lambda values: np.where(month_rule(values)),
        lambda values: month_rule(values).to_frame(),
        lambda values: values.groupby(values.index.month).apply(
            lambda part: (part - part.mean()).abs() > 3 * part.std()
        ),
        month_by_month,
        lambda values: [
            (part - part.mean()).abs() > 3 * part.std()
            for _, part in values.groupby(values.index.month)
        ],
        lambda values: pd.DataFrame({"value": values, "odd": month_rule(values)}),
    ],
)
def test_month_flags_in_any_form(flags):
    assert check("1.3", flags).status == "correct"


@pytest.mark.parametrize(
    ("prepared", "status"),
    [
        (lambda x: list(x - x.mean()), "correct"),
        (lambda x: pd.Series(x - x.mean()) / x.std(ddof=1), "correct"),
        (lambda x: (x - x.mean()).reshape(-1, 1), "correct"),
        (lambda x: x - 4.9, "wrong"),
        (lambda x: np.arange(10.0), "wrong"),
        (lambda x: (value for value in x), "could not check"),
        (lambda x: x - x, "wrong"),
        (lambda x: x.mean(), "could not check"),
    ],
)
def test_prepared_series(prepared, status):
    assert check("1.5", prepared).status == status


def test_no_two_mistakes_look_alike():
    year = lesson_01._made_up_year()
    months = {
        name: rule(year).to_numpy()
        for name, (rule, _) in lesson_01._MONTH_MISTAKES.items()
    } | {"right": month_rule(year).to_numpy()}
    factors = {
        name: factors for name, (factors, _) in lesson_01._lof_mistakes().items()
    } | {"right": lesson_01._factors()}
    for one, other in combinations(months, 2):
        assert (months[one] != months[other]).any(), (one, other)
    for one, other in combinations(factors, 2):
        assert not np.allclose(factors[one], factors[other], atol=0.08), (one, other)


def first_month_only(values):
    return month_rule(values) & (values.index.month == 1)


def first_value_only(values, k):
    return values[:1][box_rule(values, k)[:1]]


@pytest.mark.parametrize(
    ("number", "answer", "words"),
    [
        ("1.2", first_value_only, "return stand inside a loop"),
        ("1.2", lambda values, k: values * box_rule(values, k), "leave the others out"),
        (
            "1.2",
            lambda values, k: values[values < 1 | values > 9],
            "each one in brackets",
        ),
        ("1.3", first_month_only, "return stand inside the loop"),
        ("1.3", lambda values: values == values, "a series outside"),
        ("1.3", lambda values: np.where(month_rule(values), -1, 1), "-1 and 1"),
        ("1.5", lambda x: (x - x.mean()).round(1), "round"),
    ],
)
def test_a_message_is_about_this_answer(number, answer, words):
    assert words in check(number, answer).message


def test_a_number_may_be_an_array_without_axes():
    assert check("1.4", np.array(4 / 3), np.array(2)).status == "correct"
    assert "without quotes" in check("1.4", "4/3", 2).message
