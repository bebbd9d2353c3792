"""Lesson 02: right answers in unusual forms, and wrong ones beside those it lists."""

import numpy as np
import pandas as pd
import pytest
from imblearn.over_sampling import SMOTE
from imblearn.pipeline import make_pipeline as imblearn_pipeline
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.linear_model import (
    LinearRegression,
    LogisticRegression,
    LogisticRegressionCV,
    SGDClassifier,
)
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MinMaxScaler,
    Normalizer,
    OneHotEncoder,
    OrdinalEncoder,
    RobustScaler,
    StandardScaler,
)
from sklearn.svm import SVC

from helpers.exercises import check
from helpers.exercises.answers import is_fitted
from helpers.exercises.comparison import compared, drawn_folds
from helpers.exercises.costs import Costs, Scored
from helpers.exercises.declared import find
from helpers.exercises.draws import generator
from helpers.exercises.engine import ask_drawn
from helpers.exercises.heart import (
    KINDS,
    NUMBERS,
    heart_pipeline,
    patients_of_heart,
    preparation,
    table_of_heart,
)

TABLE = table_of_heart()
CODES = {"ca": 4, "thal": 0}
REGRESSION = LogisticRegression(max_iter=1000)
X, Y = patients_of_heart()


def found(number, *answers):
    outcome = check(number, *answers)
    return outcome.diagnosis or outcome.status


KEYS = (b"one", b"two", b"three")


def hidden(number, answer):
    """Return what a check says of an answer to drawn data, under a few keys."""
    outcomes = [ask_drawn(find(number), answer, key) for key in KEYS]
    return {each.diagnosis or each.status for each in outcomes}


# -- 2.1

ILL = 1 - TABLE["target"]
WOMEN, MEN = ILL.groupby(TABLE["sex"]).mean()


@pytest.mark.parametrize(
    ("ill", "women", "men", "outcome"),
    [
        (TABLE["target"] == 0, WOMEN, MEN, "correct"),
        (ILL.tolist(), round(WOMEN, 2), round(MEN, 2), "correct"),
        (iter(ILL), [WOMEN], np.array([MEN]), "correct"),
        (ILL.to_frame(), WOMEN, MEN, "correct"),
        (ILL.set_axis(range(303, 0, -1)), WOMEN, MEN, "correct"),
        (TABLE["exang"], WOMEN, MEN, "label"),
        (ILL[:300], WOMEN, MEN, "could not check"),
        (2 - TABLE["target"], WOMEN, MEN, "could not check"),
        (ILL, 0.3, MEN, "shares"),
        (ILL, WOMEN, 0.5, "shares"),
        (ILL, f"{WOMEN:.0%}", MEN, "could not check"),
    ],
)
def test_labels_and_shares(ill, women, men, outcome):
    assert found("2.1", ill, women, men, TABLE) == outcome


@pytest.mark.parametrize("key", range(12))
def test_shares_are_those_of_the_given_table(key):
    def copied(given):
        return (1 - given["table"]["target"], 0.25, 0.55)

    def without_the_twin(given):
        table = given["table"].drop_duplicates()
        return (
            1 - table["target"],
            *(1 - table["target"]).groupby(table["sex"]).mean(),
        )

    said = [
        ask_drawn(find("2.1"), each, b"%d" % key) for each in (copied, without_the_twin)
    ]
    assert [found.diagnosis or found.status for found in said] == [
        "shares",
        "could not check",
    ]


# -- 2.2


def test_a_code_need_not_be_the_rarest_value():
    def rarest(given):
        table = given["table"]
        codes = {name: table[name].value_counts().idxmin() for name in CODES}
        return codes, 7, [0, 1]

    assert hidden("2.2", rarest) == {"allowed value"}


@pytest.mark.parametrize(
    ("twins", "outcome"),
    [
        ({164, 163}, "correct"),
        ((163.0, 164.0), "correct"),
        (iter([164, 163]), "correct"),
        (TABLE.duplicated(keep=False), "correct"),
        (TABLE.duplicated(keep=False).tolist(), "correct"),
        (TABLE[TABLE.duplicated(keep=False)], "correct"),
        (TABLE.duplicated(), "half a pair"),
        ([], "not twins"),
        ([0, 1], "not twins"),
        ([0, 163, 164], "not twins"),
        (164, "could not check"),
        (np.where(TABLE.duplicated(keep=False)), "correct"),
        ([(163, 164)], "correct"),
        ([165], "not twins"),
    ],
)
def test_twins(twins, outcome):
    assert found("2.2", CODES, 7, twins, TABLE) == outcome


@pytest.mark.parametrize(
    ("codes", "outcome"),
    [
        (pd.Series(CODES), "correct"),
        ({"thal": [0], "ca": {4.0}}, "correct"),
        ({"thal": np.array([0]), "ca": np.array(4)}, "correct"),
        ({"thal": 0}, "one code missing"),
        ({"ca": 4, "thal": 3}, "allowed value"),
        ({"ca": 4, "thal": 0, "oldpeak": 0}, "extreme is not missing"),
        ({"ca": -1, "thal": 0}, "no such value"),
        ({"CA": 4, "thal": 0}, "could not check"),
        ({4: "ca"}, "could not check"),
        ([4, 0], "could not check"),
    ],
)
def test_codes(codes, outcome):
    assert found("2.2", codes, 7, [163, 164], TABLE) == outcome


@pytest.mark.parametrize(
    ("incomplete", "outcome"),
    [
        (np.int64(7), "correct"),
        (7.0, "correct"),
        ([7], "correct"),
        (6, "a twin left out"),
        (5, "one column only"),
        (7 / 303, "incomplete"),
        (8, "incomplete"),
    ],
)
def test_incomplete(incomplete, outcome):
    assert found("2.2", CODES, incomplete, [163, 164], TABLE) == outcome


# -- 2.3


def filled(then, strategy="most_frequent", **options):
    return make_pipeline(SimpleImputer(strategy=strategy, **options), then)


ENCODER = OneHotEncoder(handle_unknown="ignore")


@pytest.mark.parametrize(
    ("prepared", "outcome"),
    [
        (preparation(), "correct"),
        (preparation(scale=make_pipeline(KNNImputer(), MinMaxScaler())), "correct"),
        (preparation(scale=filled(RobustScaler(), "mean")), "correct"),
        (
            preparation(encode=filled(OneHotEncoder(drop="first"))),
            "unseen kind",
        ),
        (
            preparation(
                encode=filled(OneHotEncoder(drop="first", handle_unknown="ignore"))
            ),
            "correct",
        ),
        (preparation(encode=filled(ENCODER, add_indicator=True)), "correct"),
        (preparation(encode=filled(OrdinalEncoder())), "codes taken as numbers"),
        (
            make_column_transformer(
                (filled(StandardScaler(), "median"), [*NUMBERS, "cp"]),
                (filled(ENCODER), [kind for kind in KINDS if kind != "cp"]),
                remainder="passthrough",
            ),
            "codes taken as numbers",
        ),
        (
            make_column_transformer(
                (filled(StandardScaler(), "median"), NUMBERS[:-1]),
                (filled(ENCODER), [*KINDS, "ca"]),
                remainder="passthrough",
            ),
            "numbers taken as kinds",
        ),
        (
            make_column_transformer(
                (filled(StandardScaler(), "median"), ["age", "chol", "trestbps"]),
                (SimpleImputer(), ["thalach", "oldpeak", "ca"]),
                (filled(ENCODER), KINDS),
                remainder="passthrough",
            ),
            "not scaled",
        ),
        (preparation(scale=filled(Normalizer())), "not scaled"),
        (preparation(scale=StandardScaler()), "holes left"),
        (
            make_pipeline(FunctionTransformer(pd.DataFrame.dropna), preparation()),
            "rows lost",
        ),
        (
            FunctionTransformer(
                lambda frame: pd.get_dummies(frame.fillna(0), columns=KINDS)
            ),
            "depends on the neighbours",
        ),
        (
            make_pipeline(
                FunctionTransformer(lambda frame: frame.fillna(frame.max())),
                preparation(),
            ),
            "depends on the neighbours",
        ),
    ],
)
def test_preparations_are_judged_by_what_they_do(prepared, outcome):
    if isinstance(prepared, FunctionTransformer):
        prepared = make_pipeline(prepared, StandardScaler(with_mean=False))
    assert found("2.3", make_pipeline(prepared, REGRESSION), X, Y, NUMBERS) == outcome


GOOD = heart_pipeline(REGRESSION)
SEARCH = {"logisticregression__C": [0.1, 1]}


@pytest.mark.parametrize(
    ("model", "outcome"),
    [
        (GridSearchCV(GOOD, SEARCH, cv=3), "correct"),
        (CalibratedClassifierCV(GOOD), "correct"),
        (make_pipeline(GOOD), "correct"),
        (heart_pipeline(LogisticRegressionCV(Cs=3, max_iter=1000)), "correct"),
        (heart_pipeline(GridSearchCV(REGRESSION, {"C": [0.1, 1]})), "correct"),
        (heart_pipeline(SGDClassifier(loss="log_loss")), "correct"),
        (heart_pipeline(make_pipeline(StandardScaler(), REGRESSION)), "correct"),
        (imblearn_pipeline(preparation(), SMOTE(), REGRESSION), "correct"),
        (heart_pipeline(SGDClassifier()), "another model"),
        (heart_pipeline(SVC()), "another model"),
        (heart_pipeline(RandomForestClassifier(5)), "another model"),
        (heart_pipeline(LinearRegression()), "another model"),
        (HistGradientBoostingClassifier(), "no preparation"),
        (imblearn_pipeline(SMOTE(), REGRESSION), "no preparation"),
        (preparation(), "could not check"),
        (make_pipeline(preparation()), "no model"),
        (make_pipeline(preparation(), StandardScaler()), "no model"),
        (heart_pipeline(LogisticRegression(penalty="l3")), "could not check"),
        (LogisticRegression, "could not check"),
    ],
)
def test_other_models_around_a_good_preparation(model, outcome):
    assert found("2.3", model, X, Y, NUMBERS) == outcome


def test_a_fitted_pipeline_is_refused_whatever_it_was_fitted_on():
    model = heart_pipeline(REGRESSION)
    assert found("2.3", model.fit(X[:200], Y[:200]), X, Y, NUMBERS) == "fitted"
    assert found("2.3", model.fit(X, Y), X, Y, NUMBERS) == "fitted"
    dummies = pd.get_dummies(X.fillna(X.median()), columns=KINDS)
    outside = make_pipeline(StandardScaler(), REGRESSION)
    assert found("2.3", outside.fit(dummies, Y), X, Y, NUMBERS) == "leak"
    frozen = make_pipeline(FrozenEstimator(preparation().fit(X)), REGRESSION)
    assert found("2.3", frozen, X, Y, NUMBERS) == "leak"


def test_the_table_has_to_have_its_holes():
    whole = X.fillna(X.median())
    assert found("2.3", GOOD, whole, Y, NUMBERS) == "could not check"
    assert found("2.3", GOOD, whole.to_numpy(), Y, NUMBERS) == "could not check"


# -- 2.4


def test_answers_about_luck():
    first, second = drawn_folds(np.random.default_rng(0), folds=30)
    accuracy = {"logistic regression": first, "random forest": second}
    gain, luck, better = compared(first, second)
    population = luck * np.sqrt(29 / 30)  # np.std as it is
    for table in (accuracy, pd.DataFrame(accuracy)):
        assert found("2.4", gain, luck, better, table) == "correct"
        assert found("2.4", gain, population, better, table) == "correct"
    assert found("2.4", gain, -luck, better, accuracy) == "luck"
    assert found("2.4", first.mean(), luck, better, accuracy) == "gain"
    assert found("2.4", gain, luck, "no", accuracy) == "could not check"
    assert found("2.4", gain, luck, better, {}) == "could not check"


def of_accuracy(verdict, share=lambda given: 1 / 4):
    """Return an answer to 2.4 with a verdict of its own."""

    def answer(given):
        first, second = list(given["accuracy"].values())[:2]
        difference = first - second
        root = np.sqrt(1 / given["repeated"].get_n_splits() + share(given))
        gain, luck = difference.mean(), difference.std(ddof=1) * root
        return gain, luck, bool(verdict(gain, luck))

    return answer


def of_one_fold(given):
    tested = round(len(given["y_train"]) / 5)
    return tested / (len(given["y_train"]) - tested)


def test_verdicts_under_several_keys():
    right = of_accuracy(lambda gain, luck: gain / luck > 2, of_one_fold)
    assert hidden("2.4", right) == {"correct"}
    for verdict in (
        lambda gain, luck: abs(gain) > 2 * luck,
        lambda gain, luck: False,
        lambda gain, luck: gain > 1.65 * luck,
    ):
        assert hidden("2.4", of_accuracy(verdict)) == {"verdict"}
    assert hidden("2.4", of_accuracy(lambda *_: True, lambda _: 0)) <= {
        "independent folds"
    }


# -- 2.5


def test_the_cheapest_threshold_is_the_lowest_of_the_cheapest():
    part = Scored(np.array([False, True, False, True]), np.array([0.1, 0.4, 0.6, 0.9]))
    costs = Costs(miss=10)
    assert part.cheapest(costs) == 0.1
    assert part.is_cheapest(0.3, costs)
    assert part.costs(costs).min() == part.cost(0.3, costs) == 1
    assert part.costs(costs.swapped()).min() == part.misses(0.6) == 1
    assert part.costs(costs).tolist() == [
        part.cost(threshold, costs) for threshold in part.candidates
    ]


@pytest.mark.parametrize("key", [b"0", b"1", b"2"])
def test_thresholds_and_prices(key):
    exercise = find("2.5")
    given = exercise.given_by(generator("2.5", key))
    rest = [given[name] for name in exercise.parameters[2:]]
    threshold, cost = exercise.right(given)
    scores = np.unique(given["validation_scores"])
    between = (threshold + scores[scores > threshold][0]) / 2
    missed = given["y_test"][given["test_scores"] <= between].sum()
    alarms = given["y_test"][given["test_scores"] > between]
    price = 10 * missed + (alarms == 0).sum()
    assert found("2.5", between, price, *rest) == "correct"
    assert found("2.5", [threshold], np.array(cost), *rest) == "correct"
    assert found("2.5", round(threshold, 3), int(cost), *rest) == "correct"
    narrow = np.float32(threshold)
    assert found("2.5", narrow, cost, *rest) == "correct"
    at = given["test_scores"] >= threshold
    labels = given["y_test"]
    price = 10 * labels[~at].sum() + (labels[at] == 0).sum()
    assert found("2.5", threshold, price, *rest) == "at the threshold itself"
    least = Scored.of(labels, given["test_scores"]).costs(Costs(10)).min()
    assert found("2.5", threshold, least, *rest) == "price of another threshold"
    part = Scored.of(given["y_train"], given["validation_scores"])
    for luck in (part.best_hundredth, part.best_rates):
        assert found("2.5", luck(Costs(10)), cost, *rest) != "correct"
    assert found("2.5", 13, cost, *rest) == "never rings"
    assert found("2.5", 0, cost, *rest) == "always rings"
    assert found("2.5", 0.9, cost, *rest) == "not the cheapest"
    assert found("2.5", threshold, cost + 3.5, *rest) == "price"
    assert found("2.5", threshold, "4", *rest) == "could not check"


def searched(y, scores, candidates):
    """Return the candidate with the lowest cost, 10 a miss and 1 a false alarm."""
    costs = [price(y, scores, candidate) for candidate in candidates]
    return candidates[np.argmin(costs)]


def price(y, scores, threshold):
    return 10 * (y[scores <= threshold] == 1).sum() + (y[scores > threshold] == 0).sum()


def in_single_precision(given):
    scores = given["validation_scores"].astype("float32")
    threshold = searched(given["y_train"], scores, np.unique(scores))
    test = given["test_scores"].astype("float32")
    return threshold, price(given["y_test"], test, threshold)


def in_hundredths(given):
    candidates = np.linspace(0, 1, 101)
    threshold = searched(given["y_train"], given["validation_scores"], candidates)
    return threshold, price(given["y_test"], given["test_scores"], threshold)


def mixed_with(part, labels):
    def answer(given):
        scores = np.r_[given["validation_scores"], given[part]]
        y = np.r_[given["y_train"], given[labels]]
        threshold = searched(y, scores, np.unique(scores))
        return threshold, price(given["y_test"], given["test_scores"], threshold)

    return answer


def price_at_the_threshold_itself(given):
    scores = given["validation_scores"]
    threshold = searched(given["y_train"], scores, np.unique(scores))
    below = np.nextafter(threshold, 0)
    return threshold, price(given["y_test"], given["test_scores"], below)


def test_thresholds_that_are_right_in_another_form_or_by_luck():
    assert hidden("2.5", in_single_precision) == {"correct"}
    listed = {mistake.diagnosis for mistake in find("2.5").mistakes}
    for answer in (
        in_hundredths,
        mixed_with("test_scores", "y_test"),
        mixed_with("training_scores", "y_train"),
    ):
        assert hidden("2.5", answer) <= listed | {"not the cheapest"}
    assert hidden("2.5", price_at_the_threshold_itself) == {"at the threshold itself"}


def test_is_fitted():
    assert not is_fitted(LogisticRegression())
    assert is_fitted(LogisticRegression().fit([[0], [1]], [0, 1]))


@pytest.mark.parametrize("key", range(12))
def test_a_verdict_at_other_limits_is_no_verdict(key):
    def one_sided(given):
        gain, luck, _ = compared(*list(given["accuracy"].values())[:2])
        return gain, luck, gain > 1.645 * luck

    assert ask_drawn(find("2.4"), one_sided, b"%d" % key).diagnosis == "verdict"
