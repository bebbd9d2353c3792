"""The paired comparison of two models, which two lessons ask for."""

import numpy as np
import pandas as pd
import pytest

from helpers.exercises.comparison import (
    compared,
    comparison_mistakes,
    drawn_folds,
    require_comparison,
)
from helpers.exercises.declared import ANYTHING
from helpers.exercises.outcomes import CannotCheck, Wrong


def folds(first, second):
    return first, second


MISTAKES = comparison_mistakes(folds)


def asked(answers, first, second):
    given = {"first": first, "second": second}
    try:
        require_comparison(answers, given, folds, MISTAKES)
    except Wrong as wrong:
        return wrong.diagnosis
    return "correct"


def draws(count):
    seeds = range(100)
    return [
        drawn_folds(np.random.default_rng(seed), count, proven=seed % 2 == 1)
        for seed in seeds
    ]


def test_the_numbers_of_a_comparison():
    first, second = np.array([0.8, 0.9, 0.7, 0.9, 0.7]), np.full(5, 0.75)
    gain, luck, better = compared(first, second)
    assert gain == pytest.approx(0.05)
    assert luck == pytest.approx(0.1 * np.sqrt(0.45))
    assert better is False
    assert compared(first + 0.1, second)[2] is True


@pytest.mark.parametrize("count", [5, 30])
def test_every_mistake_gets_its_own_name_whatever_is_drawn(count):
    for first, second in draws(count):
        right = compared(first, second)
        assert asked(right, first, second) == "correct"
        for mistake in MISTAKES:
            wrong = mistake.function(first=first, second=second)
            wrong = tuple(
                ours if value is ANYTHING else value
                for ours, value in zip(right, wrong, strict=True)
            )
            assert asked(wrong, first, second) == mistake.diagnosis


def test_the_draws_have_both_verdicts_and_a_gain_in_both():
    verdicts = [compared(*pair)[2] for pair in draws(30)]
    assert verdicts == [False, True] * 50
    assert all(compared(*pair)[0] > 0 for pair in draws(30))


@pytest.mark.parametrize("count", [5, 30])
def test_three_decimals_are_enough(count):
    for first, second in draws(count):
        gain, luck, better = compared(first, second)
        answers = round(gain, 3), round(luck, 3), better
        assert asked(answers, first, second) == "correct"


def test_a_verdict_comes_in_many_forms():
    first, second = draws(30)[0]
    gain, luck, better = compared(first, second)
    for form in (np.bool_(better), np.array([better]), [better], pd.Series([better])):
        assert asked(([gain], np.array(luck), form), first, second) == "correct"
    for form in ("no", None, 1, [True, False]):
        with pytest.raises(CannotCheck, match="better should be True or False"):
            asked((gain, luck, form), first, second)


def test_accuracies_that_do_not_scatter_are_refused():
    with pytest.raises(CannotCheck, match="don't scatter"):
        asked((0, 0.1, False), np.ones(5), np.ones(5))
