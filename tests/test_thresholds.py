"""Thresholds: one rule (score > threshold), ties, and equality with trying them all."""

import re
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse
from scipy.stats import genpareto
from sklearn.metrics import accuracy_score, confusion_matrix, fbeta_score

from benchmarks.published import (
    INTEGERS,
    INTEGERS_LIMITS,
    INTEGERS_MEAN,
    INTEGERS_OUTLIERS,
    INTEGERS_SD,
)
from helpers import thresholds
from helpers.thresholds import OracleThreshold

steady = settings(max_examples=50)

many = st.integers(1, 60).flatmap(
    lambda n: arrays(float, n, elements=st.floats(-1e6, 1e6, width=32))
)
tied = st.integers(1, 60).flatmap(
    lambda n: arrays(float, n, elements=st.sampled_from([-1.0, 0.0, 0.5, 2.0, 1e5]))
)


@st.composite
def labelled_scores(draw):
    rows = draw(st.integers(2, 40))
    y = draw(arrays(int, rows, elements=st.integers(0, 1)))
    y[0], y[-1] = 0, 1
    return y, draw(arrays(float, rows, elements=st.sampled_from([0, 1, 2.5, 3, 7, 8])))


# ----------------------------------------------------------------------- quantiles


@steady
@given(st.one_of(many, tied), st.floats(0.001, 0.5))
def test_a_quantile_never_flags_more_than_promised(scores, contamination):
    threshold = thresholds.quantile_threshold(scores, contamination)
    assert (scores > threshold).mean() <= contamination
    lower = scores[scores < threshold]
    if len(lower):  # and it is the lowest score that keeps the promise
        assert (scores > lower.max()).mean() > contamination - 1e-9


@pytest.mark.parametrize("contamination", [0.01, 0.05, 0.1, 0.25, 0.5])
def test_a_quantile_flags_exactly_the_share_where_it_can(contamination):
    scores = np.random.default_rng(0).permutation(200)
    threshold = thresholds.quantile_threshold(scores, contamination)
    assert (scores > threshold).mean() == contamination


@steady
@given(tied, st.integers(0, 60))
def test_a_budget_is_kept(scores, alerts):
    alerts = min(alerts, len(scores))
    threshold = thresholds.budget_threshold(scores, alerts)
    assert (scores > threshold).sum() <= alerts


def test_a_budget_is_used_up_without_ties():
    scores = np.random.default_rng(0).permutation(50).astype(float)
    for alerts in range(51):
        assert (scores > thresholds.budget_threshold(scores, alerts)).sum() == alerts


# -------------------------------------------------------------------------- limits


def test_the_box_plot_of_the_38_integers():
    low, high = thresholds.iqr_limits(INTEGERS)
    assert (low, high) == INTEGERS_LIMITS
    outside = sorted(v for v in INTEGERS if v < low or v > high)
    assert outside == list(INTEGERS_OUTLIERS)


def test_sigma_limits_take_the_sample_deviation():
    low, high = thresholds.sigma_limits(INTEGERS)
    assert low == pytest.approx(INTEGERS_MEAN - 3 * INTEGERS_SD, abs=1e-5)
    assert high == pytest.approx(INTEGERS_MEAN + 3 * INTEGERS_SD, abs=1e-5)
    assert thresholds.sigma_threshold(INTEGERS) == high
    mean = thresholds.sigma_threshold(INTEGERS, k=0)
    assert mean == pytest.approx(INTEGERS_MEAN)


def test_group_limits_are_those_of_each_values_own_group():
    values, groups = np.arange(12.0) ** 2, np.array(list("abcabcabcabc"))
    low, high = thresholds.group_limits(values, groups)
    for name in "abc":
        own = thresholds.sigma_limits(values[groups == name])
        assert set(zip(low[groups == name], high[groups == name], strict=True)) == {own}
    low, high = thresholds.group_limits(INTEGERS, [0] * 38, thresholds.iqr_limits)
    assert (set(low), set(high)) == ({1}, {9})
    with pytest.raises(ValueError, match="groups"):
        thresholds.group_limits(values, groups[1:])
    for rule in (np.max, lambda group: (0, 1, 2), lambda group: None):
        with pytest.raises(ValueError, match=r"must return \(low, high\); got"):
            thresholds.group_limits(values, groups, rule)


def test_the_mad_of_a_normal_sample_is_its_sigma():
    sample = np.random.default_rng(0).normal(10, 2, size=20_000)
    assert thresholds.mad_threshold(sample, k=1) == pytest.approx(12, abs=0.05)
    spoiled = np.append(sample, np.full(500, 1e6))  # outliers hardly move it
    assert thresholds.mad_threshold(spoiled, k=1) == pytest.approx(12, abs=0.15)


def test_the_mad_survives_mostly_equal_values():
    low, high = thresholds.mad_limits([5, 5, 5, 5, 5, 5, 9])
    assert low < 5 < high
    assert thresholds.mad_limits([5, 5, 5]) == (5, 5)


def test_the_largest_score_of_normal_data():
    assert thresholds.max_threshold([1, 4, 2]) == 4
    assert thresholds.max_threshold([1, 4, 2], factor=2) == 8


# ------------------------------------------------------------------------ with labels


@steady
@given(labelled_scores())
def test_a_sweep_counts_what_scikit_learn_counts(pair):
    y, scores = pair
    sweep = thresholds.sweep_thresholds(y, scores)
    assert (np.diff(sweep.thresholds) < 0).all()
    assert len(sweep.thresholds) == len(np.unique(scores)) + 1
    for i, threshold in enumerate(sweep.thresholds):
        tn, fp, fn, tp = confusion_matrix(y, scores > threshold).ravel()
        assert (tn, fp, fn, tp) == (
            sweep.true_negatives[i],
            sweep.false_positives[i],
            sweep.false_negatives[i],
            sweep.true_positives[i],
        )
    assert sweep.true_positives[0] + sweep.false_positives[0] == 0
    assert sweep.true_negatives[-1] + sweep.false_negatives[-1] == 0


@steady
@given(labelled_scores(), st.floats(0, 20), st.floats(0, 20))
def test_the_cheapest_threshold_is_the_cheapest(pair, miss, alarm):
    assume(miss or alarm)
    y, scores = pair

    def cost(threshold):
        missed = ((scores <= threshold) & (y == 1)).sum()
        return miss * missed + alarm * ((scores > threshold) & (y == 0)).sum()

    chosen = thresholds.cost_threshold(y, scores, miss, alarm)
    everything = scores.min() - 1
    assert cost(chosen) == min(cost(t) for t in [*scores, everything])


@pytest.mark.parametrize(
    ("metric", "score"),
    [
        ("f1", lambda y, p: fbeta_score(y, p, beta=1, zero_division=0)),
        ("f2", lambda y, p: fbeta_score(y, p, beta=2, zero_division=0)),
        ("accuracy", accuracy_score),
    ],
)
@steady
@given(pair=labelled_scores())
def test_an_oracle_is_as_good_as_it_gets(metric, score, pair):
    y, scores = pair
    oracle = thresholds.oracle_threshold(y, scores, metric=metric)
    assert isinstance(oracle, OracleThreshold)
    best = max(score(y, scores > t) for t in {*scores, scores.min() - 1})
    assert score(y, scores > oracle) == pytest.approx(best)


def test_costs_fall_and_rise():
    sweep, costs = thresholds.threshold_costs(
        [0, 0, 1, 1], [1, 2, 3, 4], cost_false_negative=5, cost_false_positive=1
    )
    assert sweep[:-1].tolist() == [4, 3, 2, 1]
    assert costs.tolist() == [10, 5, 0, 1, 2]


def test_a_million_scores_are_swept_in_no_time():
    random = np.random.default_rng(0)
    y = (random.random(1_000_000) < 0.01).astype(int)
    sweep = thresholds.sweep_thresholds(y, random.normal(size=1_000_000) + y)
    assert sweep.true_positives[-1] == y.sum()


# ------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: thresholds.quantile_threshold([]), "at least 1 number; got 0"),
        (lambda: thresholds.quantile_threshold([1, np.nan]), "first at position 1"),
        (lambda: thresholds.quantile_threshold(["a"]), "scores must be numbers"),
        (lambda: thresholds.quantile_threshold(["1"]), "scores must be numbers"),
        (lambda: thresholds.quantile_threshold([1, "a"]), "scores must be numbers"),
        (lambda: thresholds.quantile_threshold([1, None, "a"]), "all rows alike"),
        (lambda: thresholds.quantile_threshold([1j]), "got complex128"),
        (lambda: thresholds.quantile_threshold([[1, 2]]), "one number per row"),
        (lambda: thresholds.quantile_threshold([1], 0.6), "at most 0.5; got 0.6"),
        (lambda: thresholds.quantile_threshold([1], True), "share of rows"),
        (lambda: thresholds.sigma_threshold([1]), "at least 2 numbers"),
        (lambda: thresholds.sigma_threshold([1, 2], k=-1), "k must be a number"),
        (lambda: thresholds.max_threshold([1], factor=0), "factor .* above 0"),
        (lambda: thresholds.budget_threshold([1, 2], 3), "more than the 2 scores"),
        (lambda: thresholds.budget_threshold([1, 2], 0.5), "whole number"),
        (lambda: thresholds.cost_threshold([0, 0], [1, 2], 1, 1), "only normal rows"),
        (lambda: thresholds.cost_threshold([0, 1], [1, 2], -1, 1), "false_negative"),
        (lambda: thresholds.cost_threshold([0, 1, 1], [1, 2], 1, 1), "equally long"),
        (lambda: thresholds.oracle_threshold([0, 2], [1, 2]), "it has 2"),
        (
            lambda: thresholds.oracle_threshold([0, 1], [1, 2], metric="auc"),
            "one of 'f1', 'f2', 'accuracy'; got 'auc'",
        ),
    ],
)
def test_bad_input_is_told_in_one_line(call, message):
    with pytest.raises(ValueError, match=message) as error:
        call()
    assert "\n" not in str(error.value)


def test_an_unhashable_metric_is_refused():
    with pytest.raises(ValueError, match="metric must be one of"):
        thresholds.oracle_threshold([0, 1], [1.0, 2.0], metric=[])


def test_masked_scores_are_missing():
    with pytest.raises(ValueError, match="1 missing"):
        thresholds.quantile_threshold(np.ma.masked_greater([1.0, 2.0, 9.0], 5))


# ------------------------------------------------------------- in units of normal rows


def test_the_share_of_normal_scores_below():
    found = thresholds.normal_share([-1, 0, 0.5, 1, 9], [1, 0, 1, 3])
    assert np.array_equal(found, [0, 0, 0.25, 0.25, 1])


@given(
    arrays(float, st.integers(1, 30), elements=st.floats(-9, 9)),
    arrays(float, st.integers(1, 30), elements=st.floats(-9, 9)),
)
def test_the_share_does_not_know_the_unit(scores, normal):
    found = thresholds.normal_share(scores, normal)
    assert np.array_equal(found, [(normal < score).mean() for score in scores])
    doubled = thresholds.normal_share(4 * scores, 4 * normal)
    assert np.array_equal(found, doubled)


def test_a_share_of_no_scores():
    with pytest.raises(ValueError, match="normal_scores must hold at least 1 number"):
        thresholds.normal_share([1.0], [])


def test_free_mistakes_are_refused():
    with pytest.raises(ValueError, match=r"both 0.*say what a mistake costs"):
        thresholds.cost_threshold([0, 1], [0.1, 0.9], 0, 0)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ([[1, 2], [3]], "its rows differ in length"),
        ((value for value in (1, 2)), "it is a generator; pass a list or an array"),
        ({"a": 1}, "it is a dict; pass a list"),
        (sparse.csr_matrix([[1.0, 2.0]]), "it is a sparse matrix; pass .toarray()"),
        ([{"a": 1}], "it has {'a': 1}, which is no number"),
        ([pd.Period("2020-01"), 1], "which is no number"),
        ([1j, None], "it has 1j, which is no number"),
        ([pd.NA, 1.0], "1 missing or infinite values (first at position 0)"),
        ([1.0, pd.NaT], "1 missing or infinite values (first at position 1)"),
    ],
)
def test_what_is_no_sequence_of_numbers_is_told(values, told):
    with pytest.raises(ValueError, match=re.escape(told)) as error:
        thresholds.quantile_threshold(values)
    assert str(error.value).startswith("scores ")
    assert "float()" not in str(error.value)


@pytest.mark.parametrize("number", [Decimal, Fraction, np.float16, np.longdouble])
def test_numbers_of_any_kind_are_numbers(number):
    values = np.array([*map(number, (1, 2, 4, 8))], dtype=object)
    assert thresholds.sigma_limits(values) == thresholds.sigma_limits([1, 2, 4, 8])


@pytest.mark.parametrize(
    "rule", [thresholds.sigma_limits, thresholds.mad_limits, thresholds.iqr_limits]
)
def test_a_limit_beyond_floats_is_refused(rule):
    with pytest.raises(ValueError, match="too large to reckon with"):
        rule(1.7e308 * np.linspace(-1, 1, 9))


@pytest.mark.filterwarnings("error")
def test_numbers_that_leave_the_range_of_floats_are_refused():
    with pytest.raises(ValueError, match="too large to reckon with"):
        thresholds.max_threshold([1e308], factor=10)
    with pytest.raises(ValueError, match="too large to reckon with"):
        thresholds.cost_threshold([0, 1, 1], [1, 2, 3], 1.7e308, 1.7e308)


@pytest.mark.parametrize(
    ("groups", "told"),
    [
        ([None, "a", "a"], "groups has missing values"),
        ([pd.NA, 1, 1], "groups has missing values"),
        (np.ma.masked_equal([1, 1, 2], 2), "groups has missing values"),
        ([{}, {}, {}], "one name or number per row"),
        ([["a"], ["a", "b"], []], "one name or number per row"),
        (np.ones((3, 2)), "one name or number per row"),
        ("aaa", "one name or number per row"),
    ],
)
def test_groups_that_name_none_are_refused(groups, told):
    with pytest.raises(ValueError, match=told):
        thresholds.group_limits([1.0, 2.0, 3.0], groups)


@pytest.mark.parametrize("rule", [None, "sigma", 3])
def test_a_rule_that_is_no_function_is_refused(rule):
    with pytest.raises(ValueError, match="rule must be a function"):
        thresholds.group_limits([1.0, 2.0], ["a", "a"], rule)


@pytest.mark.parametrize("value", [pd.Series([1, 2]), np.arange(1000), {"a": [1] * 99}])
def test_a_refused_parameter_is_shown_in_one_short_line(value):
    for call in (
        lambda: thresholds.quantile_threshold([1, 2], value),
        lambda: thresholds.sigma_limits([1, 2], k=value),
        lambda: thresholds.budget_threshold([1, 2], value),
        lambda: thresholds.oracle_threshold([0, 1], [1, 2], metric=value),
    ):
        with pytest.raises(ValueError, match="; got ") as error:
            call()
        assert "\n" not in str(error.value)
        assert len(str(error.value)) < 160


# ------------------------------------------------------------- peaks over threshold


@pytest.mark.parametrize("shape", [-0.3, 0.0, 0.3])
def test_a_rate_that_was_not_observed_is_about_kept_where_the_tail_is_pareto(shape):
    tail = genpareto(shape)
    rates = []
    for seed in range(15):
        scores = tail.rvs(size=2000, random_state=seed)
        rates.append(tail.sf(thresholds.peaks_threshold(scores, 1e-4, level=0.9)))
    assert 0.3e-4 < np.median(rates) < 3e-4


def test_peaks_and_quantile_agree_on_a_rate_that_was_observed():
    scores = np.random.default_rng(0).exponential(size=20_000)
    by_count = thresholds.quantile_threshold(scores, 0.005)
    assert thresholds.peaks_threshold(scores, 0.005) == pytest.approx(
        by_count, rel=0.02
    )


def test_a_rarer_alarm_needs_a_higher_score():
    scores = np.random.default_rng(0).normal(size=3000)
    cuts = [thresholds.peaks_threshold(scores, 10.0**-k) for k in range(2, 9)]
    assert np.all(np.diff(cuts) > 0)
    assert cuts[0] > np.quantile(scores, 0.98)


@pytest.mark.parametrize(("unit", "zero"), [(1e9, 0), (1e-9, 0), (2.0, -50)])
def test_the_unit_of_a_score_does_not_matter(unit, zero):
    scores = np.random.default_rng(1).gumbel(size=1000)
    cut = thresholds.peaks_threshold(scores, 1e-4, level=0.9)
    moved = thresholds.peaks_threshold(unit * scores + zero, 1e-4, level=0.9)
    assert moved == pytest.approx(unit * cut + zero, rel=1e-3)


def test_ties_at_the_level_count_as_below_it():
    scores = np.r_[np.zeros(950), 1 + np.arange(50.0)]
    cut = thresholds.peaks_threshold(scores, 0.001, level=0.5)
    assert cut > 40
    with pytest.raises(ValueError, match=r"0\.05 of the scores lie above"):
        thresholds.peaks_threshold(scores, 0.3, level=0.5)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("scores", "rate", "level", "told"),
    [
        (np.ones(500), 1e-3, 0.98, "only 0 different scores lie above the level 0.98"),
        (
            np.arange(100),
            1e-3,
            0.98,
            "only 2 different .* give more scores",
        ),
        (np.repeat([1, 2, 3], 400), 1e-3, 0.5, "only 1 different scores"),
        (np.arange(2000), 0.02, 0.98, "take quantile_threshold for a .* of 0.02, or"),
        (genpareto.rvs(2, size=3000, random_state=0), 1e-4, 0.98, "mean is infinite"),
        (np.arange(2000), 0, 0.98, "false_alarm_rate must be a number above 0; got 0"),
        (np.arange(2000), "rare", 0.98, "false_alarm_rate must be a number above 0"),
        (np.arange(2000), 1e-3, 1, "level must be below 1; got 1"),
        (np.arange(2000), 1e-3, 0, "level must be a number above 0; got 0"),
        ([], 1e-3, 0.98, "scores must hold at least 1 number; got 0"),
        ([1, np.nan], 1e-3, 0.98, "missing or infinite"),
        (1.7e308 * np.linspace(-1, 1, 999), 1e-3, 0.9, "too large to reckon with"),
    ],
)
def test_scores_without_a_tail_are_refused_in_one_line(scores, rate, level, told):
    with pytest.raises(ValueError, match=told) as error:
        thresholds.peaks_threshold(scores, rate, level)
    assert "\n" not in str(error.value)
