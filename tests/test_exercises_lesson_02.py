"""Lesson 02: right answers in unusual forms, and wrong ones beside those it lists."""

import numpy as np
import pandas as pd
import pytest
from imblearn.over_sampling import SMOTE
from imblearn.pipeline import make_pipeline as imblearn_pipeline
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    StandardScaler,
)

from helpers.datasets import load
from helpers.exercises import check
from helpers.exercises.answers import is_fitted
from helpers.exercises.costs import Costs, Scored
from helpers.exercises.heart import patients_of_heart, rows_of_heart

TABLE = load("heart").extra["table"]
CODES = {"ca": 4, "thal": 0}
NUMBERS = ["age", "trestbps", "chol", "thalach", "oldpeak", "ca"]
KINDS = ["cp", "restecg", "slope", "thal"]
REGRESSION = LogisticRegression(max_iter=1000)


def found(number, *answers):
    outcome = check(number, *answers)
    return outcome.diagnosis or outcome.status


@pytest.mark.parametrize(
    ("twins", "outcome"),
    [
        ({164, 163}, "correct"),
        ((163.0, 164.0), "correct"),
        (TABLE.duplicated(keep=False), "correct"),
        (TABLE[TABLE.duplicated(keep=False)], "correct"),
        (TABLE.duplicated(), "half a pair"),
        ([164, 165], "counting from one"),
        ([], "no twins"),
        ([0, 1], "not twins"),
        ([3, 4, 5], "not twins"),
        ([0, 163, 164], "not only twins"),
        (164, "could not check"),
        (np.where(TABLE.duplicated(keep=False)), "correct"),
        ([(163, 164)], "correct"),
        (TABLE.index[TABLE.duplicated(keep="last")], "half a pair"),
        ([165], "not twins"),
    ],
)
def test_twins(twins, outcome):
    assert found("2.2", CODES, 7, twins) == outcome


@pytest.mark.parametrize(
    ("codes", "outcome"),
    [
        (pd.Series(CODES), "correct"),
        ({"thal": [0], "ca": {4.0}}, "correct"),
        ({"thal": np.array([0]), "ca": np.array(4)}, "correct"),
        ({"ca": 4}, "one code missing"),
        ({"ca": 4, "thal": 3}, "allowed value"),
        ({"ca": 4, "thal": 0, "chol": 564}, "extreme is not missing"),
        ({"ca": -1, "thal": 0}, "no such value"),
        ({"CA": 4, "thal": 0}, "could not check"),
        ({4: "ca"}, "could not check"),
    ],
)
def test_codes(codes, outcome):
    assert found("2.2", codes, 7, [163, 164]) == outcome


@pytest.mark.parametrize(
    ("incomplete", "outcome"),
    [
        (np.int64(7), "correct"),
        (6, "a twin left out"),
        (5, "one column only"),
        (296, "complete rows"),
        (7 / 303, "share"),
        (8, "incomplete"),
    ],
)
def test_incomplete(incomplete, outcome):
    assert found("2.2", CODES, incomplete, [163, 164]) == outcome


def prepared(*, scale=None, encode=None, remainder="passthrough"):
    usual = make_pipeline(
        SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore")
    )
    scale = scale or make_pipeline(SimpleImputer(), StandardScaler())
    return make_column_transformer(
        (scale, NUMBERS), (encode or usual, KINDS), remainder=remainder
    )


def filled(imputer, then):
    return make_pipeline(imputer, then)


MOST_FREQUENT = SimpleImputer(strategy="most_frequent")
ENCODER = OneHotEncoder(handle_unknown="ignore")


@pytest.mark.parametrize(
    ("preparation", "outcome"),
    [
        (prepared(), "correct"),
        (prepared(scale=make_pipeline(KNNImputer(), MinMaxScaler())), "correct"),
        (
            prepared(
                encode=filled(
                    MOST_FREQUENT, OneHotEncoder(drop="first", handle_unknown="ignore")
                )
            ),
            "correct",
        ),
        (
            prepared(
                encode=filled(
                    SimpleImputer(strategy="most_frequent", add_indicator=True), ENCODER
                )
            ),
            "correct",
        ),
        (prepared(encode=filled(MOST_FREQUENT, OneHotEncoder())), "unseen kind"),
        (
            prepared(encode=filled(MOST_FREQUENT, OrdinalEncoder())),
            "codes taken as numbers",
        ),
        (prepared(encode=ENCODER), "holes left"),
        (prepared(scale=StandardScaler()), "holes left"),
        (prepared(scale=SimpleImputer()), "not scaled"),
        (prepared(remainder="drop"), "columns dropped"),
        (
            prepared(
                scale=filled(
                    SimpleImputer(strategy="constant", fill_value=-1), StandardScaler()
                )
            ),
            "filled with a code",
        ),
        (filled(MOST_FREQUENT, ENCODER), "numbers taken as kinds"),
        (
            make_pipeline(
                FunctionTransformer(lambda frame: frame.fillna(frame.median())),
                prepared(),
            ),
            "depends on the neighbours",
        ),
        (
            FunctionTransformer(
                lambda frame: pd.get_dummies(frame.fillna(0), columns=KINDS)
            ),
            "depends on the neighbours",
        ),
    ],
)
def test_preparations_are_judged_by_what_they_do(preparation, outcome):
    if outcome == "depends on the neighbours":
        preparation = make_pipeline(preparation, StandardScaler(with_mean=False))
    assert found("2.3", make_pipeline(preparation, REGRESSION)) == outcome


def test_other_models_around_a_good_preparation():
    X, y = patients_of_heart()
    good = make_pipeline(prepared(), REGRESSION)
    search = GridSearchCV(good, {"logisticregression__C": [0.1, 1]}, cv=3)
    forest = make_pipeline(prepared(), RandomForestClassifier(20))
    assert found("2.3", search) == found("2.3", forest) == "correct"
    assert found("2.3", make_pipeline(good)) == "correct"
    assert found("2.3", good.fit(X[:200], y[:200])) == "correct"
    assert found("2.3", good.fit(X, y)) == "fitted on all rows"
    assert found("2.3", good.fit(*rows_of_heart())) == "fitted on all rows"
    assert found("2.3", HistGradientBoostingClassifier()) == "no preparation"
    regression = make_pipeline(prepared(), LinearRegression())
    assert found("2.3", regression) == "not a classifier"
    dummies = pd.get_dummies(X.fillna(X.median()), columns=KINDS)
    outside = make_pipeline(StandardScaler(), REGRESSION)
    assert found("2.3", outside.fit(dummies, y)) == "leak"
    assert found("2.3", outside.fit(X.fillna(X.median()), y)) == "leak"
    assert found("2.3", prepared()) == "could not check"
    assert found("2.3", make_pipeline(prepared())) == "no model"
    assert found("2.3", make_pipeline(prepared(), StandardScaler())) == "no model"
    sampled = imblearn_pipeline(prepared(), SMOTE(random_state=0), REGRESSION)
    assert found("2.3", sampled) == "correct"
    frozen = FrozenEstimator(prepared().fit(X))
    assert found("2.3", make_pipeline(frozen, REGRESSION)) == "leak"


def test_a_right_answer_about_luck_may_use_either_standard_deviation():
    random = np.random.default_rng(0)
    forest = random.normal(0.8, 0.05, 30)
    accuracy = {"logistic regression": forest + random.normal(0.01, 0.03, 30)}
    accuracy["random forest"] = forest
    difference = accuracy["logistic regression"] - forest
    gain, root = difference.mean(), np.sqrt(1 / 30 + 1 / 4)
    for ddof in (0, 1):
        luck = difference.std(ddof=ddof) * root
        assert found("2.4", gain, luck, gain > 2 * luck, accuracy) == "correct"
    assert found("2.4", -gain, luck, False, accuracy) == "the other way round"
    assert found("2.4", gain, -luck, False, accuracy) == "not positive"
    assert found("2.4", gain, 100 * luck, False, accuracy) == "percent"
    assert found("2.4", gain, luck, "no", accuracy) == "could not check"
    assert found("2.4", gain, 2 * luck, False, accuracy) == "twice"
    zero_axes = [np.array(value) for value in (gain, luck, gain > 2 * luck)]
    assert found("2.4", *zero_axes, pd.DataFrame(accuracy)) == "correct"


def test_the_cheapest_threshold_is_the_lowest_of_the_cheapest():
    part = Scored(np.array([False, True, False, True]), np.array([0.1, 0.4, 0.6, 0.9]))
    assert part.cheapest(Costs(miss=10)) == 0.1
    assert part.lowest_cost(Costs(miss=10)) == part.cost(0.3, Costs(miss=10)) == 1
    assert part.lowest_cost(Costs(miss=1, false_alarm=10)) == part.misses(0.6) == 1


def test_thresholds_that_never_or_always_ring():
    random = np.random.default_rng(0)
    y = random.random(200) < 0.4
    scores = np.clip(
        0.5 * y + random.random(200) / 2 + 0.1 * random.normal(size=200), 0, 1
    )
    parts = (y[:150], scores[:150]), (y[150:], scores[150:])
    assert found("2.5", 13, 5, *parts) == "never rings"
    assert found("2.5", -1, 5, *parts) == "always rings"


def test_is_fitted():
    assert not is_fitted(LogisticRegression())
    assert is_fitted(LogisticRegression().fit([[0], [1]], [0, 1]))
