"""Lesson 03: right answers in unusual forms, and wrong ones beside those it lists."""

import warnings

import numpy as np
import pandas as pd
import pytest
from imblearn.ensemble import BalancedRandomForestClassifier
from imblearn.over_sampling import ADASYN, SMOTE, RandomOverSampler
from imblearn.pipeline import make_pipeline
from imblearn.under_sampling import RandomUnderSampler, TomekLinks
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline as sklearn_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from helpers.datasets import load
from helpers.exercises import check

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
        (0.992, 0.0096, "random, not constant"),
        (1 - SHARE, 0.02, "constant"),
        (0.5, SHARE, "accuracy"),
        ("99.2", SHARE, "could not check"),
    ],
)
def test_floors(accuracy, constant, outcome):
    assert found("3.1", accuracy, constant, Y) == outcome


def smote(**options):
    return SMOTE(random_state=0, **options)


@pytest.mark.parametrize(
    ("model", "outcome"),
    [
        (make_pipeline(smote(sampling_strategy=0.1), FOREST), "correct"),
        (make_pipeline(ADASYN(random_state=0), FOREST), "correct"),
        (make_pipeline(RandomOverSampler(), FOREST), "correct"),
        (make_pipeline(StandardScaler(), make_pipeline(smote(), FOREST)), "correct"),
        (
            make_pipeline(
                RandomUnderSampler(sampling_strategy=0.3, random_state=0),
                smote(),
                FOREST,
            ),
            "correct",
        ),
        (make_pipeline(smote(), SVC()), "correct"),
        (
            GridSearchCV(
                make_pipeline(smote(), FOREST), {"smote__k_neighbors": [3, 5]}, cv=3
            ),
            "correct",
        ),
        (CalibratedClassifierCV(make_pipeline(smote(), FOREST)), "correct"),
        (make_pipeline(smote(), RandomForestClassifier(800, n_jobs=-1)), "correct"),
        (BalancedRandomForestClassifier(20), "no SMOTE"),
        (make_pipeline(TomekLinks(), FOREST), "wrong direction"),
        (sklearn_pipeline(smote(), FOREST), "the other Pipeline"),
        (make_pipeline(FOREST, smote()), "order"),
        (make_pipeline(smote()), "order"),
        (smote(), "could not check"),
        (make_pipeline(SMOTE, FOREST), "could not check"),
        (make_pipeline(smote(), RandomForestRegressor(5)), "could not check"),
        (make_pipeline(smote(k_neighbors=40), FOREST), "could not check"),
    ],
)
def test_models_are_judged_without_a_warning(model, outcome):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert found("3.2", model) == outcome


def test_thresholds():
    random = np.random.default_rng(0)
    y = random.random(400) < 0.2
    scores = np.clip(0.3 * y + random.random(400) / 2, 0, 1)
    parts = (y[:200], scores[:200]), (y[200:], scores[200:])
    assert found("3.3", 137, *parts) == "never rings"
    assert found("3.3", -1, *parts) == "always rings"


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
