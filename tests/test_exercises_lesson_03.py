"""Lesson 03: right answers in unusual forms, and wrong ones beside those it lists."""

import warnings

import numpy as np
import pandas as pd
import pytest
from imblearn import FunctionSampler
from imblearn.combine import SMOTETomek
from imblearn.ensemble import BalancedRandomForestClassifier, RUSBoostClassifier
from imblearn.over_sampling import ADASYN, SMOTE, BorderlineSMOTE, RandomOverSampler
from imblearn.pipeline import Pipeline, make_pipeline
from imblearn.under_sampling import RandomUnderSampler, TomekLinks
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.decomposition import PCA
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.metrics import fbeta_score
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline as sklearn_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from helpers.datasets import load
from helpers.exercises import check, resampled
from helpers.exercises.declared import find
from helpers.exercises.draws import generator
from helpers.exercises.engine import ask_drawn
from helpers.exercises.resampled import coin_flips
from helpers.thresholds import cost_threshold

Y = load("abalone19").y
SHARE = Y.mean()
FOREST = RandomForestClassifier(20, random_state=0)


def found(number, *answers):
    outcome = check(number, *answers)
    return outcome.diagnosis or outcome.status


@pytest.mark.parametrize(
    ("accuracy", "constant", "outcome"),
    [
        (np.array(1 - SHARE), np.float32(SHARE), "correct"),
        (0.992, 0.008, "correct"),
        (round(1 - SHARE, 5), round(SHARE, 6), "correct"),
        (1 - SHARE, Y.sum() / (len(Y) - 1), "constant"),
        (0.992, 0.0096, "random, not constant"),
        (1 - SHARE, 0.02, "constant"),
        (1 - SHARE, SHARE / (1 - SHARE), "odds"),
        (1 - SHARE, SHARE + 1e-4 / 3, "constant"),
        (0.5, SHARE, "accuracy"),
        ("99.2", SHARE, "could not check"),
    ],
)
def test_floors(accuracy, constant, outcome):
    assert found("3.1", accuracy, constant, Y) == outcome


def test_the_floors_of_the_lesson_are_no_answer_elsewhere():
    for key in range(20):
        copied = ask_drawn(find("3.1"), lambda given: (0.9923, 0.0077), b"%d" % key)
        assert copied.diagnosis == "accuracy"


def smote(**options):
    return SMOTE(random_state=0, **options)


class SmotedForest(ClassifierMixin, BaseEstimator):
    """Resamples inside its own fit, as some write it."""

    def __init__(self, sampler=None, trees=20, n_estimators=20):
        self.sampler = sampler
        self.trees = trees
        self.n_estimators = n_estimators

    def fit(self, X, y):
        if self.sampler is not None:
            X, y = self.sampler.fit_resample(X, y)
        self.forest_ = RandomForestClassifier(self.n_estimators).fit(X, y)
        self.classes_ = self.forest_.classes_
        return self

    def predict(self, X):
        return self.forest_.predict(X)

    def predict_proba(self, X):
        return self.forest_.predict_proba(X)


def between_any_two(X, y):
    """Return rows with new anomalies by hand, some on each line between two."""
    ones = X[y == 1]
    new = (ones + 0.3 * (np.roll(ones, shift, axis=0) - ones) for shift in (1, 2, 3))
    return np.vstack([X, *new]), np.r_[y, np.ones(3 * len(ones), int)]


class Remembers(SmotedForest):
    """Knows the test rows from somewhere else."""


@pytest.mark.parametrize(
    ("model", "outcome"),
    [
        (make_pipeline(smote(sampling_strategy=0.5), FOREST), "correct"),
        (make_pipeline(BorderlineSMOTE(random_state=0), FOREST), "correct"),
        (make_pipeline(ADASYN(random_state=0), FOREST), "correct"),
        (make_pipeline(SMOTETomek(random_state=0), FOREST), "correct"),
        (make_pipeline(StandardScaler(), make_pipeline(smote(), FOREST)), "correct"),
        (make_pipeline(StandardScaler(), smote(), PCA(3), FOREST), "correct"),
        (
            make_pipeline(
                RandomUnderSampler(sampling_strategy=0.3, random_state=0),
                smote(),
                FOREST,
            ),
            "correct",
        ),
        (
            GridSearchCV(
                make_pipeline(smote(), FOREST), {"smote__k_neighbors": [3, 5]}, cv=3
            ),
            "correct",
        ),
        (CalibratedClassifierCV(make_pipeline(smote(), FOREST), cv=3), "correct"),
        (make_pipeline(smote(), RandomForestClassifier(800, n_jobs=-1)), "correct"),
        (make_pipeline(smote(), BalancedRandomForestClassifier(20)), "correct"),
        (SmotedForest(smote()), "correct"),
        (make_pipeline(smote(), SmotedForest()), "correct"),
        (SmotedForest(), "no resampling"),
        (SmotedForest(RandomOverSampler()), "copies"),
        (SmotedForest(RandomOverSampler(shrinkage=0.1)), "noise"),
        (make_pipeline(FunctionSampler(func=between_any_two), FOREST), "correct"),
        (sklearn_pipeline(StandardScaler(), FOREST), "no resampling"),
        (make_pipeline(smote(), DummyClassifier()), "no forest"),
        (make_pipeline(smote(), SVC()), "no forest"),
        (make_pipeline(smote(), RandomForestRegressor(5)), "no forest"),
        (BalancedRandomForestClassifier(20), "no SMOTE"),
        (RUSBoostClassifier(n_estimators=5), "no SMOTE"),
        (make_pipeline(TomekLinks(), FOREST), "wrong direction"),
        (make_pipeline(smote()), "order"),
        (smote(), "could not check"),
        (make_pipeline(SMOTE, FOREST), "could not check"),
        (Pipeline([smote(), FOREST]), "could not check"),
        (make_pipeline(smote(k_neighbors=40), FOREST), "could not check"),
        (RandomForestClassifier, "could not check"),
    ],
)
def test_models_are_judged_without_a_warning(model, outcome):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert found("3.2", model) == outcome


def test_a_model_that_knows_the_answer_is_too_good(monkeypatch):
    X, y = coin_flips(np.random.default_rng(1), 100)
    known = {row.tobytes() for row in X[y == 1]}
    monkeypatch.setattr(
        Remembers,
        "predict_proba",
        lambda self, rows: np.array([[0, row.tobytes() in known] for row in rows]),
    )
    parts = iter([coin_flips(np.random.default_rng(2), 300), (X, y)])
    monkeypatch.setattr(resampled, "coin_flips", lambda random, rows: next(parts))
    assert found("3.2", Remembers(smote())) == "still too good"


def test_the_forest_is_itself_again_after_the_check():
    fit = RandomForestClassifier.fit
    assert found("3.2", make_pipeline(smote(), FOREST)) == "correct"
    assert RandomForestClassifier.fit is fit
    assert "fit" not in vars(RandomForestClassifier)


@pytest.mark.parametrize("key", [b"0", b"1", b"2"])
def test_thresholds(key):
    given = find("3.3").given_by(generator("3.3", key))
    rest = list(given.values())
    threshold = find("3.3").right(given)[0]
    scores = np.unique(given["validation_scores"])
    between = (threshold + scores[scores > threshold][0]) / 2
    for form in (threshold, between, [threshold], np.array(threshold)):
        assert found("3.3", form, *rest) == "correct"
    assert found("3.3", 137, *rest) == "never rings"
    assert found("3.3", -1, *rest) == "always rings"
    assert found("3.3", np.quantile(scores, 0.97), *rest) == "not the cheapest"
    assert found("3.3", np.quantile(scores, 0.02), *rest) == "not the cheapest"


def by_cost(*parts):
    """Return a rule that chooses the cheapest threshold on some parts together."""

    def chosen(given):
        y = np.concatenate([given[f"y_{part}"] for part in parts])
        names = {"train": "training", "validation": "validation", "test": "test"}
        scores = np.concatenate([given[f"{names[part]}_scores"] for part in parts])
        return cost_threshold(y, scores, 20, 1)

    return chosen


def highest_f2(given):
    y, scores = given["y_validation"], given["validation_scores"]
    return max(np.unique(scores), key=lambda t: fbeta_score(y, scores > t, beta=2))


def no_miss(given):
    scores = given["validation_scores"]
    return np.nextafter(scores[given["y_validation"] == 1].min(), 0)


@pytest.mark.parametrize(
    ("rule", "right"),
    [
        (by_cost("validation"), True),
        (lambda given: np.float32(by_cost("validation")(given)), True),
        (by_cost("validation", "test"), False),
        (by_cost("train", "validation"), False),
        (highest_f2, False),
        (no_miss, False),
    ],
)
def test_rules_for_a_threshold_under_many_keys(rule, right):
    for key in range(8):
        outcome = ask_drawn(find("3.3"), lambda given: (rule(given),), b"%d" % key)
        assert (outcome.status == "correct") is right


def in_place(p, share):
    p /= 1 - p
    p *= share / (1 - share)
    return p / (1 + p)


@pytest.mark.parametrize(
    ("function", "outcome"),
    [
        (in_place, "changed its input"),
        (lambda p, share: pd.DataFrame({"p": 0.2 * p})["p"], "other"),
        (lambda p: p, "could not check"),
    ],
)
def test_corrections(function, outcome):
    assert found("3.4", function) == outcome
