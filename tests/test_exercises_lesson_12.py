"""Lesson 12: right answers in unusual forms, and wrong ones beside those it lists."""

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from scipy.stats import genpareto

from helpers.exercises import check
from helpers.exercises.declared import find
from helpers.exercises.engine import ask_drawn
from helpers.exercises.lesson_12 import (
    _alarm_cases,
    _tables,
    _window_cases,
    adjusted_alarms,
    fresh_rows,
    least_share_of,
    tail_of,
    windows_apart,
)
from helpers.thresholds import peaks_threshold

COULD_NOT = "could not check"


def found(number, *answers):
    outcome = check(number, *answers)
    return outcome.diagnosis or outcome.status


# -- 12.1


def with_a_loop(y, alarms):
    adjusted = list(alarms)
    for i in range(len(y)):
        left = right = i
        while left > 0 and y[left] and y[left - 1]:
            left -= 1
        while right < len(y) - 1 and y[right] and y[right + 1]:
            right += 1
        if y[i] and any(alarms[left : right + 1]):
            adjusted[i] = 1
    return adjusted


def with_pandas(y, alarms):
    run = (pd.Series(y).diff() != 0).cumsum()
    hit = pd.Series(alarms).groupby(run).transform("max")
    return np.where(y == 1, hit, alarms)


def in_place(y, alarms):
    alarms[:] = adjusted_alarms(y, alarms)
    return alarms


@pytest.mark.parametrize(
    ("adjust", "outcome"),
    [
        (with_a_loop, "correct"),
        (with_pandas, "correct"),
        (lambda y, a: adjusted_alarms(y, a) == 1, "correct"),
        (lambda y, a: adjusted_alarms(y, a).astype(float), "correct"),
        (lambda y, a: pd.Series(adjusted_alarms(y, a)), "correct"),
        (in_place, "changed its input"),
        (lambda y, a: a & y, "other"),
        (lambda y, a: a | y, "events without an alarm"),
        (lambda y, a: 1 - adjusted_alarms(y, a), "other"),
        (lambda y, a: adjusted_alarms(a, y), "other"),
        (lambda y, a: adjusted_alarms(y, a)[:-1], "other"),
        (lambda y, a: adjusted_alarms(y, a).sum(), COULD_NOT),
        (lambda y, a: None, "not attempted"),
        (lambda y: y, COULD_NOT),
        (np.ones(3), COULD_NOT),
    ],
)
def test_adjusting(adjust, outcome):
    assert found("12.1", adjust) == outcome


def test_the_alarms_of_the_check_hit_and_miss_events():
    shares = []
    for y, alarms in _alarm_cases(np.random.default_rng(0)):
        assert len(y) == len(alarms)
        assert alarms[y == 0].any()
        shares.append(adjusted_alarms(y, alarms)[y == 1].mean())
    assert 0 < shares[0] < 1
    assert shares[-1] == 0


# -- 12.2


def set_of_points(starts, window, cut):
    train = [
        i for i, s in enumerate(starts) if set(range(s, s + window)) <= {*range(cut)}
    ]
    test = [
        i for i, s in enumerate(starts) if not set(range(s, s + window)) & {*range(cut)}
    ]
    return train, test


@pytest.mark.parametrize(
    ("apart", "outcome"),
    [
        (set_of_points, "correct"),
        (lambda s, w, c: [np.where(s <= c - w)[0], np.where(s > c - 1)[0]], "correct"),
        (lambda s, w, c: tuple(p[::-1] for p in windows_apart(s, w, c)), "correct"),
        (lambda s, w, c: windows_apart(s, w, c + w), "other"),
        (lambda s, w, c: windows_apart(s, 1, c), "windows across the cut"),
        (lambda s, w, c: windows_apart(s, w, c)[::-1], "the other way round"),
        (lambda s, w, c: (np.array([], int), np.arange(len(s))), "other"),
        (lambda s, w, c: (s + w <= c, s >= c), COULD_NOT),
        (lambda s, w, c: np.flatnonzero(s >= c), COULD_NOT),
        (lambda s, w, c: {"train": 1, "test": 2}, COULD_NOT),
        (lambda s, w, c: (np.flatnonzero(s >= c), None), "not attempted"),
        (lambda s, w, c: None, "not attempted"),
    ],
)
def test_splitting(apart, outcome):
    assert found("12.2", apart) == outcome


def test_a_right_split_shares_no_point_and_loses_only_windows_across():
    for starts, window, cut in _window_cases(np.random.default_rng(0)):
        train, test = windows_apart(starts, window, cut)
        assert starts[train].max() + window == cut == starts[test].min()
        assert 0 < len(starts) - len(train) - len(test) < window


# -- 12.3


def row_by_row(X_train, X_test):
    seen = [tuple(row) for row in X_train.to_numpy()]
    new = []
    for row in X_test.to_numpy():
        new.append(tuple(row) not in seen)
        seen.append(tuple(row))
    return new


def with_merge(X_train, X_test):
    known = X_test.merge(X_train.drop_duplicates(), how="left", indicator=True)
    return (known["_merge"] == "left_only") & ~known.duplicated()


def adds_a_column(X_train, X_test):
    new = fresh_rows(X_train, X_test)
    X_test["new"] = new
    return new


@pytest.mark.parametrize(
    ("fresh", "outcome"),
    [
        (row_by_row, "correct"),
        (with_merge, "correct"),
        (lambda a, b: fresh_rows(a, b).astype(int), "correct"),
        (adds_a_column, "changed its input"),
        (lambda a, b: fresh_rows(a.drop_duplicates(), b), "correct"),
        (lambda a, b: fresh_rows(b, a), "other"),
        (lambda a, b: np.flatnonzero(fresh_rows(a, b)), COULD_NOT),
        (lambda a, b: b[fresh_rows(a, b)], COULD_NOT),
        (lambda a, b: fresh_rows(a, b).sum(), COULD_NOT),
        (lambda a, b: np.zeros(len(b), bool), "other"),
        (lambda a, b: None, "not attempted"),
    ],
)
def test_fresh_rows(fresh, outcome):
    assert found("12.3", fresh) == outcome


def test_the_tables_of_the_check_hold_twins_and_new_mixtures():
    for X_train, X_test in _tables(np.random.default_rng(0)):
        new = fresh_rows(X_train, X_test)
        assert 0 < new.sum() < len(X_test) - 4
        assert X_train.duplicated().any()


# -- 12.4


def by_counting(scores, normal_scores, threshold):
    flagged = sum(score > threshold for score in scores) / len(scores)
    false = sum(score > threshold for score in normal_scores) / len(normal_scores)
    return np.clip((flagged - false) / (1 - false), 0, 1)


@pytest.mark.parametrize(
    ("least_share", "outcome"),
    [
        (by_counting, "correct"),
        (lambda s, n, t: 1 - min(1, np.mean(s <= t) / np.mean(n <= t)), "correct"),
        (lambda s, n, t: [least_share_of(s, n, t)], "correct"),
        (lambda s, n, t: least_share_of(s, n, t - 1), "other"),
        (lambda s, n, t: 100 * least_share_of(s, n, t), "other"),
        (lambda s, n, t: least_share_of(n, s, t), "other"),
        (lambda s, n, t: least_share_of(-s, -n, -t), "other"),
        (lambda s, n, t: 0, "other"),
        (lambda s, n, t: s > t, COULD_NOT),
        (lambda s, n, t: None, "not attempted"),
    ],
)
def test_least_share(least_share, outcome):
    assert found("12.4", least_share) == outcome


def test_the_least_share_is_the_true_one_where_every_anomaly_rings():
    normal = np.arange(1000.0)
    scores = np.r_[normal, np.full(250, 5000.0)]
    assert least_share_of(scores, normal, 949) == pytest.approx(0.2)


# -- 12.5


def by_hand(scores, rate):
    start = np.quantile(scores, 0.9)
    peaks = scores[scores > start] - start
    best = minimize(
        lambda p: genpareto.nnlf((p[0], 0, np.exp(p[1])), peaks),
        (0.1, np.log(peaks.mean())),
        method="Nelder-Mead",
        options={"xatol": 1e-8, "fatol": 1e-8},
    ).x
    share = len(peaks) / len(scores)
    return start + np.exp(best[1]) / best[0] * ((rate / share) ** -best[0] - 1)


@pytest.mark.parametrize(
    ("tail_threshold", "outcome"),
    [
        (by_hand, "correct"),
        (lambda s, r: peaks_threshold(s, r, level=0.9), "correct"),
        (lambda s, r: [tail_of(s, r)], "correct"),
        (lambda s, r: tail_of(s, 10 * r), "other"),
        (lambda s, r: 2 * s.max(), "other"),
        (lambda s, r: s.mean() + 3 * s.std(), "other"),
        (lambda s, r: -tail_of(s, r), "other"),
        (lambda s, r: np.inf, COULD_NOT),
        (lambda s, r: "0.6", COULD_NOT),
        (lambda s, r: s > tail_of(s, r), COULD_NOT),
        (lambda s, r: None, "not attempted"),
    ],
)
def test_a_tail(tail_threshold, outcome):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of the search, by hand
        assert found("12.5", tail_threshold) == outcome


# -- all


@pytest.mark.parametrize(
    ("number", "answer"),
    [
        ("12.1", with_pandas),
        ("12.2", set_of_points),
        ("12.3", row_by_row),
        ("12.4", by_counting),
        ("12.5", by_hand),
    ],
)
def test_unusual_right_answers_are_right_under_other_keys(number, answer):
    exercise = find(number)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        outcomes = {
            ask_drawn(exercise, lambda given: (answer,), key).status
            for key in (b"one", b"two", b"three")
        }
    assert outcomes == {"correct"}
