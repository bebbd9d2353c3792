"""Workshop W2: thresholds and scoring functions of many kinds, on drawn parts."""

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import IsolationForest
from sklearn.neighbors import NearestNeighbors
from sklearn.svm import OneClassSVM

from helpers.detectors import KNNDetector
from helpers.exercises import check
from helpers.exercises.declared import find
from helpers.exercises.draws import generator
from helpers.exercises.engine import ask
from helpers.exercises.lesson_w2 import (
    _budgets,
    distance_from_mean,
    drawn_parts,
    nearest_rows,
    threshold_of_budget,
)
from helpers.thresholds import budget_threshold

COULD_NOT = "could not check"


def found(number, answer):
    outcome = check(number, answer)
    return outcome.diagnosis or outcome.status


# -- W2.1


def of_the_kit(normal_scores, rows, alerts):
    return budget_threshold(normal_scores, round(len(normal_scores) * alerts / rows))


def between_two(normal_scores, rows, alerts):
    ranked = np.sort(normal_scores)[::-1]
    count = round(len(ranked) * alerts / rows)
    return (ranked[count] + ranked[count - 1]) / 2


@pytest.mark.parametrize(
    ("threshold_for", "outcome"),
    [
        (lambda s, r, a: np.quantile(s, 1 - a / r), "correct"),
        (lambda s, r, a: np.quantile(s, 1 - a / r, method="lower"), "correct"),
        (of_the_kit, "correct"),
        (between_two, "correct"),
        (lambda s, r, a: pd.Series([threshold_of_budget(s, r, a)]), "correct"),
        (lambda s, r, a: np.quantile(s, a / r), "the lower end"),
        (lambda s, r, a: max(s), "the largest score"),
        (lambda s, r, a: np.quantile(s, 0.95), "other"),
        (lambda s, r, a: np.quantile(s, 1 - r / a), COULD_NOT),
        (lambda s, r, a: s > np.quantile(s, 1 - a / r), COULD_NOT),
        (lambda s, r, a: np.nan, COULD_NOT),
        (lambda s, r, a: None, "not attempted"),
        (0.5, COULD_NOT),
    ],
)
def test_a_threshold_from_a_budget(threshold_for, outcome):
    assert found("W2.1", threshold_for) == outcome


def test_budgets_are_whole_numbers_of_known_scores():
    for scores, rows, alerts in _budgets(np.random.default_rng(1)):
        assert (len(scores) * alerts) % rows == 0
        above = np.sum(scores > threshold_of_budget(scores, rows, alerts))
        assert above == len(scores) * alerts / rows


# -- W2.2 and W2.3


def one_class(X_train, X_test):
    spread = X_train.std(axis=0)
    model = OneClassSVM(nu=0.1, gamma=1 / X_train.shape[1]).fit(X_train / spread)
    return -model.score_samples(X_test / spread)


def by_the_kit(X_train, X_test):
    return KNNDetector().fit(X_train).decision_function(X_test)


def fills_in(X_train, X_test):
    X_test[:] = (X_test - X_train.mean(axis=0)) / X_train.std(axis=0)
    return (X_test**2).sum(axis=1)


def ranked(X_train, X_test):
    return np.argsort(np.argsort(distance_from_mean(X_train, X_test)))


@pytest.mark.parametrize(
    ("score", "outcome"),
    [
        (one_class, "correct"),
        (by_the_kit, "correct"),
        (nearest_rows, "correct"),
        (ranked, "correct"),
        (lambda a, b: distance_from_mean(a, b).tolist(), "correct"),
        (lambda a, b: pd.Series(distance_from_mean(a, b)), "correct"),
        (lambda a, b: -by_the_kit(a, b), "wrong direction"),
        (lambda a, b: distance_from_mean(a, b) > 1e9, "all alike"),
        (lambda a, b: by_the_kit(a, b) > np.median(by_the_kit(a, b)), "labels"),
        (lambda a, b: np.arange(len(b)), "not clearly above chance"),
        (fills_in, "changed its input"),
        (lambda a, b: distance_from_mean(a, b)[:-1], COULD_NOT),
        (lambda a, b: distance_from_mean(a, a), COULD_NOT),
        (lambda a, b: distance_from_mean(a, b) * np.nan, COULD_NOT),
        (lambda a, b: b, COULD_NOT),
        (lambda a: a, COULD_NOT),
        (lambda a, b: None, "not attempted"),
        (np.ones(400), COULD_NOT),
    ],
)
def test_scores_clearly_better_than_chance(score, outcome):
    assert found("W2.2", score) == outcome


def nearest_one(X_train, X_test):
    spread = X_train.std(axis=0)
    near = NearestNeighbors(n_neighbors=1).fit(X_train / spread)
    return near.kneighbors(X_test / spread)[0][:, 0]


@pytest.mark.parametrize(
    ("score", "outcome"),
    [
        (nearest_rows, "correct"),
        (nearest_one, "correct"),
        (by_the_kit, "unscaled"),
        (lambda a, b: np.log(distance_from_mean(a, b)), "the baseline itself"),
        (lambda a, b: 3 * distance_from_mean(a, b) + 7, "the baseline itself"),
        (lambda a, b: -nearest_rows(a, b), "wrong direction"),
        (
            lambda a, b: distance_from_mean(a[:, :2], b[:, :2]),
            "not ahead of the baseline",
        ),
        (lambda a, b: None, "not attempted"),
    ],
)
def test_scores_ahead_of_the_baseline(score, outcome):
    assert found("W2.3", score) == outcome


@pytest.mark.parametrize("key", range(4))
def test_whether_scores_are_ahead_is_no_luck_of_the_key(key):
    def forest(X_train, X_test):
        return -IsolationForest(random_state=0).fit(X_train).score_samples(X_test)

    def largest(X_train, X_test):
        z = (X_test - X_train.mean(axis=0)) / X_train.std(axis=0)
        return np.abs(z).max(axis=1)

    def told(answer):
        random = generator("W2.3", b"%d" % key)
        return ask(find("W2.3"), (answer,), {}, random).status

    assert (told(forest), told(largest)) == ("correct", "wrong")


def test_parts_of_all_sets_are_drawn_alike_by_a_key_and_unlike_by_another():
    first, again, other = (drawn_parts(np.random.default_rng(k)) for k in (1, 1, 2))
    assert sorted(part.name for part in first) == sorted(part.name for part in other)
    assert all(
        np.array_equal(a.X_test, b.X_test) for a, b in zip(first, again, strict=True)
    )
    assert not any(
        a.X_test.shape == b.X_test.shape and np.allclose(a.X_test, b.X_test)
        for a, b in zip(first, other, strict=True)
    )
