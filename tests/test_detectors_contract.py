"""The contract of DESIGN.md, for every detector that exists.

Detectors are discovered: a new one is tested by being in `helpers.detectors`. Data are
made per `input_kind`; what makes a detector quick here is its `contract_params`.
"""

import contextlib
import subprocess
import sys
from dataclasses import dataclass
from decimal import Decimal
from unittest import SkipTest

import numpy as np
import pandas as pd
import pytest
from example_detectors import MeanWindowDetector, RareEventDetector
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from sklearn.base import clone, is_outlier_detector
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import estimator_checks_generator

from helpers.detectors import Detector, KNNDetector, all_detectors

FOUND = all_detectors()
ALL = [*FOUND, MeanWindowDetector, RareEventDetector]
TABULAR = [cls for cls in ALL if cls.input_kind == "tabular"]
every_detector = pytest.mark.parametrize("cls", ALL, ids=lambda cls: cls.__name__)
tabular_detector = pytest.mark.parametrize("cls", TABULAR, ids=lambda c: c.__name__)
row_detector = pytest.mark.parametrize(  # an event depends on those before it
    "cls",
    [cls for cls in ALL if cls.input_kind != "events"],
    ids=lambda cls: cls.__name__,
)
quick = settings(
    max_examples=12,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@dataclass(frozen=True)
class Kind:
    """How to make normal data and one blatant anomaly for an `input_kind`."""

    dtypes: tuple

    def normal(self, rows, seed=0):
        raise NotImplementedError

    def anomaly(self):
        raise NotImplementedError

    def planted(self, rows=80, seed=1):
        return np.concatenate([self.normal(rows, seed), self.anomaly()])


class Tabular(Kind):
    mixing = np.array([[1.0, 0.5, 0.2], [0.0, 1.0, 0.3], [0.0, 0.0, 0.8]])

    def normal(self, rows, seed=0):
        return np.random.default_rng(seed).normal(size=(rows, 3)) @ self.mixing

    def anomaly(self):
        return np.array([[9.0, -8.0, 9.0]])


class Windows(Kind):
    def normal(self, rows, seed=0):
        random = np.random.default_rng(seed)
        phase = random.uniform(0, 2 * np.pi, size=(rows, 1, 1))
        waves = np.sin(np.arange(6)[:, np.newaxis] + np.arange(2) + phase)
        return waves + random.normal(0, 0.05, size=waves.shape)

    def anomaly(self):
        return np.array([[[9.0, -9.0], [-9.0, 9.0]] * 3])


class Events(Kind):
    def normal(self, rows, seed=0):
        return np.resize([1, 2, 3, 4], rows)

    def anomaly(self):
        return np.array([7])


KINDS = {
    "tabular": Tabular((np.float64, np.float32)),
    "windows": Windows((np.float64, np.float32)),
    "events": Events((np.int64, np.int32)),
}


def make(cls, **parameters):
    return cls(**(cls.contract_params | parameters))


def data(cls, rows=80, seed=0):
    return KINDS[cls.input_kind].normal(rows, seed)


def fitted(cls, **parameters):
    return make(cls, **parameters).fit(data(cls))


def one_line(error, *words):
    text = str(getattr(error, "value", error))
    assert "\n" not in text
    for word in words:
        assert word in text, text


# -------------------------------------------------------------------- discovery


def test_the_classical_family_is_found():
    assert {
        "IQRDetector",
        "IsolationForestDetector",
        "KNNDetector",
        "LOFDetector",
        "MADDetector",
        "OneClassSVMDetector",
        "PCADetector",
        "ZScoreDetector",
    } <= {cls.__name__ for cls in FOUND}


def test_abstract_and_private_classes_are_not_found():
    assert all(issubclass(cls, Detector) for cls in FOUND)
    assert not any(cls.__name__.startswith("_") for cls in FOUND)
    assert Detector not in FOUND


HEAVY = """
import sys
sys.path.extend(sys.argv[1:])
from helpers import evaluation, thresholds, windows
from helpers.detectors import all_detectors
all_detectors()
heavy = {"keras", "tensorflow", "torch", "seaborn", "matplotlib"} & set(sys.modules)
print(sorted(heavy))
"""


def test_discovery_imports_nothing_heavy():
    run = subprocess.run(
        [sys.executable, "-c", HEAVY, *sys.path],
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.strip() == "[]"


# ------------------------------------------------------------ scikit-learn's own checks


# We follow PyOD: predict gives 0 and 1 (scikit-learn: 1 and -1); and bad input is
# always a ValueError (scikit-learn wants a TypeError for objects such as dicts).
DIFFERENT_ON_PURPOSE = {
    "check_outliers_fit_predict": "labels are 0 and 1",
    "check_outliers_train": "labels are 0 and 1",
    "check_dtype_object": "a ValueError, as for all bad input",
}


@tabular_detector
@pytest.mark.filterwarnings("ignore")
def test_scikit_learn_accepts_it(cls):
    for estimator, check in estimator_checks_generator(make(cls)):
        name = getattr(check, "func", check).__name__
        if name not in DIFFERENT_ON_PURPOSE:
            with contextlib.suppress(SkipTest):  # a check for another set-up
                check(estimator)


@every_detector
def test_it_is_an_outlier_detector(cls):
    assert is_outlier_detector(make(cls))


# ------------------------------------------------------------------- what fit leaves


@every_detector
@quick
@given(
    rows=st.integers(25, 60),
    seed=st.integers(0, 1000),
    scale=st.sampled_from([1e-3, 1.0, 1e4]),
    shift=st.sampled_from([0.0, -50.0, 1e4]),
    contamination=st.sampled_from([0.01, 0.1, 0.25, 0.5]),
    kind_of_float=st.integers(0, 1),
)
def test_fit_keeps_its_promises(
    cls, rows, seed, scale, shift, contamination, kind_of_float
):
    kind = KINDS[cls.input_kind]
    X = kind.normal(rows, seed)
    if cls.input_kind != "events":
        X = X * scale + shift
    X = X.astype(kind.dtypes[kind_of_float])
    before = X.copy()
    detector = make(cls, contamination=contamination)
    assert detector.fit(X) is detector
    scores = detector.decision_function(X)
    assert X.dtype == before.dtype
    assert np.array_equal(X, before), "X was changed"
    for values in (scores, detector.decision_scores_):
        assert values.dtype == np.float64
        assert values.shape == (rows,)
        assert np.isfinite(values).all()
    flagged = detector.decision_scores_ > detector.threshold_
    assert isinstance(detector.threshold_, float)
    assert np.array_equal(detector.labels_, flagged)
    assert flagged.mean() <= contamination
    assert np.array_equal(detector.predict(X), scores > detector.threshold_)
    assert set(np.unique(detector.predict(X))) <= {0, 1}


@every_detector
def test_attributes_of_fit_end_with_an_underscore(cls):
    detector = fitted(cls)
    learned = set(vars(detector)) - set(detector.get_params())
    assert all(name.endswith("_") for name in learned), learned
    assert {"decision_scores_", "threshold_", "labels_", "n_features_in_"} <= learned


@every_detector
def test_parameters_are_kept_as_given(cls):
    detector = fitted(cls)
    assert detector.get_params() == make(cls).get_params()
    assert clone(detector).get_params() == detector.get_params()
    assert not hasattr(clone(detector), "threshold_")
    assert type(detector).__name__ in repr(detector)


@row_detector
def test_ties_do_not_break_the_promise(cls):
    X = data(cls, 80)
    X[:40] = X[0]
    detector = make(cls, contamination=0.1).fit(X)
    assert detector.labels_.mean() <= 0.1


@every_detector
def test_all_rows_equal_is_survived(cls):
    X = np.repeat(data(cls, 1), 40, axis=0)
    detector = make(cls).fit(X)
    assert not detector.labels_.any()


@every_detector
def test_a_second_fit_forgets_the_first(cls):
    first, second = data(cls, 80, seed=0), data(cls, 60, seed=5)
    refitted = make(cls).fit(first).fit(second)
    fresh = make(cls).fit(second)
    assert np.array_equal(refitted.decision_scores_, fresh.decision_scores_)
    if cls.input_kind == "tabular":
        assert make(cls).fit(first).fit(second[:, :2]).n_features_in_ == 2


@every_detector
def test_fit_predict_gives_the_training_labels(cls):
    detector = make(cls)
    assert np.array_equal(detector.fit_predict(data(cls)), detector.labels_)


@every_detector
def test_the_same_random_state_gives_the_same_scores(cls):
    parameters = {"random_state": 3} if "random_state" in make(cls).get_params() else {}
    runs = [fitted(cls, **parameters).decision_function(data(cls)) for _ in range(2)]
    assert np.array_equal(*runs)


# ----------------------------------------------------------------------- what it scores


@every_detector
def test_higher_is_more_anomalous(cls):
    scores = fitted(cls).decision_function(KINDS[cls.input_kind].planted())
    assert scores.argmax() == len(scores) - 1
    assert fitted(cls).predict(KINDS[cls.input_kind].planted())[-1] == 1


@row_detector
def test_one_row_scores_as_in_company(cls):
    X, detector = data(cls), fitted(cls)
    alone = [detector.decision_function(X[i : i + 1])[0] for i in (0, 7, 79)]
    np.testing.assert_allclose(
        alone, detector.decision_function(X)[[0, 7, 79]], rtol=1e-5, atol=1e-8
    )


@row_detector
def test_order_of_rows_does_not_matter(cls):
    X, detector = KINDS[cls.input_kind].planted(), fitted(cls)
    order = np.random.default_rng(0).permutation(len(X))
    np.testing.assert_allclose(
        detector.decision_function(X[order]),
        detector.decision_function(X)[order],
        rtol=1e-5,
        atol=1e-8,
    )


@every_detector
def test_both_precisions_agree(cls):
    narrow = KINDS[cls.input_kind].dtypes[1]
    X = data(cls).astype(narrow)
    wide = X.astype(KINDS[cls.input_kind].dtypes[0])
    expected = make(cls).fit(wide).decision_function(wide)
    scores = make(cls).fit(X).decision_function(X)
    np.testing.assert_allclose(
        scores, expected, rtol=1e-3, atol=1e-4 * np.ptp(expected)
    )


@tabular_detector
@pytest.mark.parametrize("dtype", [np.int64, np.int8, np.bool_, np.float16, "Int64"])
def test_whole_numbers_count_as_numbers(cls, dtype):
    whole = (data(cls) > 0.3).astype(int)
    expected = make(cls).fit(whole.astype(float)).decision_scores_
    X = pd.DataFrame(whole).astype(dtype)
    np.testing.assert_allclose(make(cls).fit(X).decision_scores_, expected, rtol=1e-5)


@tabular_detector
def test_mixed_columns_of_a_frame_count_as_numbers(cls):
    X = pd.DataFrame(data(cls), columns=list("abc"))
    X["b"] = X["b"] > 0
    assert np.isfinite(make(cls).fit(X).decision_function(X)).all()


# ------------------------------------------------------------- in company of others


@tabular_detector
def test_a_frame_and_an_array_score_alike(cls):
    frame = pd.DataFrame(data(cls), columns=["pulse", "age", "weight"])
    detector = make(cls).fit(frame)
    assert detector.feature_names_in_.tolist() == ["pulse", "age", "weight"]
    by_frame = detector.decision_function(frame)
    with pytest.warns(UserWarning, match="valid feature names"):
        by_array = detector.decision_function(frame.to_numpy())
    assert np.array_equal(by_frame, by_array)
    with pytest.raises(ValueError, match="column") as error:
        detector.decision_function(frame[["age", "pulse", "weight"]])
    one_line(error, "'age' where fit saw 'pulse'", "X[detector.feature_names_in_]")


class OtherFrame:
    """A frame of another library: what numpy and this kit ask of one, as polars has."""

    def __init__(self, frame):
        self.columns = list(frame.columns)
        self.values = frame.to_numpy()

    def __array__(self, dtype=None, copy=None):
        return np.array(self.values, dtype=dtype)

    def to_numpy(self):
        return self.values


def told_once(begin, call):
    """Require one warning of a call, which names the line of the call."""
    with pytest.warns(UserWarning, match=f"^{begin}") as told:
        call()
    assert [warning.filename for warning in told] == [__file__]
    assert told[0].lineno == call.__code__.co_firstlineno


@tabular_detector
@pytest.mark.parametrize("kind", [pd.DataFrame, OtherFrame])
def test_a_frame_against_an_array_warns_once_per_call_as_scikit_learn_does(cls, kind):
    X = data(cls)
    frame = kind(pd.DataFrame(X, columns=["pulse", "age", "weight"]))
    name = cls.__name__
    lost = (
        f"X does not have valid feature names, but {name} was fitted with feature names"
    )
    detector = make(cls).fit(frame)
    told_once(lost, lambda: detector.decision_function(X))
    told_once(lost, lambda: detector.predict(X))
    told_once(lost, lambda: detector.predict(pd.DataFrame(X)))
    new = f"X has feature names, but {name} was fitted without feature names"
    detector.fit(X)  # forgets the names, and says nothing
    told_once(new, lambda: detector.decision_function(frame))
    told_once(new, lambda: detector.predict(frame))
    for method in ("reconstruct", "feature_errors", "encode", "partial_fit"):
        if asked := getattr(detector, method, None):
            told_once(new, lambda asked=asked: asked(frame))


@tabular_detector
def test_a_frame_of_another_library_keeps_its_names(cls):
    names = ["pulse", "age", "weight"]
    frame = pd.DataFrame(data(cls), columns=names)
    detector = make(cls).fit(OtherFrame(frame))
    assert detector.feature_names_in_.tolist() == names
    expected = detector.decision_function(OtherFrame(frame))
    assert np.array_equal(detector.decision_function(frame), expected)
    with pytest.raises(ValueError, match="column") as error:
        detector.decision_function(OtherFrame(frame[["age", "pulse", "weight"]]))
    one_line(error, "'age' where fit saw 'pulse'", "X[detector.feature_names_in_]")


def test_the_line_named_is_the_one_that_calls_a_subclass():
    class Louder(TABULAR[0]):
        def decision_function(self, X):
            return 2 * super().decision_function(X)

    frame = pd.DataFrame(data(Louder), columns=["pulse", "age", "weight"])
    detector = Louder(**Louder.contract_params).fit(frame)
    lost = (
        "X does not have valid feature names, but Louder was fitted with feature names"
    )
    told_once(lost, lambda: detector.predict(frame.to_numpy()))


def test_scores_all_alike_are_told_at_the_line_that_fits():
    still = np.ones((30, 3))
    told_once("all 30 training rows", lambda: KNNDetector().fit(still))
    told_once("all 30 training rows", lambda: KNNDetector().fit_predict(still))


@every_detector
def test_it_works_at_the_end_of_a_pipeline(cls):
    same = FunctionTransformer()
    pipeline = make_pipeline(same, make(cls)).fit(data(cls))
    expected = fitted(cls).decision_function(data(cls))
    assert np.array_equal(pipeline.decision_function(data(cls)), expected)
    assert set(pipeline.predict(data(cls))) <= {0, 1}
    assert pipeline[-1].threshold_ == fitted(cls).threshold_


@row_detector
def test_grid_search_ranks_by_roc_auc(cls):
    kind = KINDS[cls.input_kind]
    X = np.concatenate([kind.planted(40), kind.planted(40, seed=2)])
    y = np.zeros(len(X), int)
    y[[40, 81]] = 1
    search = GridSearchCV(
        make(cls),
        {"contamination": [0.05, 0.2]},
        scoring="roc_auc",
        cv=[(np.r_[0:40], np.r_[41:82]), (np.r_[41:81], np.r_[0:41])],
        error_score="raise",
    ).fit(X, y)
    assert search.best_score_ == 1.0
    assert hasattr(search.best_estimator_, "threshold_")


# ------------------------------------------------------------------------- bad input


def spoiled(cls, value):
    X = data(cls).astype(float)
    X[(7, 1, 1)[: X.ndim]] = value
    return X


def wrong_inputs(cls):
    """Return (name, input, words of the message) for an input kind."""
    X = data(cls)
    shared = [
        ("missing", spoiled(cls, np.nan), ["1 missing", "7", "fill or drop"]),
        ("infinite", spoiled(cls, -np.inf), ["1 infinite", "7"]),
        ("empty", X[:0], ["empty"]),
        ("text", X.astype(str), ["not numeric"]),
        ("huge", spoiled(cls, -1e200), ["1e+200", "rescale"]),
        ("none", None, ["X is None"]),
        ("scalar", 3.0, ["shape ()"]),
        ("complex", X.astype(complex), ["Complex"]),
        ("dates", np.zeros(X.shape, "M8[s]"), ["datetime64"]),
    ]
    special = {
        "tabular": [
            ("no columns", X[:, :0] if X.ndim > 1 else X, ["0 feature(s)"]),
            ("one row of numbers", np.ones(5), ["Reshape your data"]),
            ("windows", np.ones((4, 3, 2)), ["flatten"]),
            ("ragged", [[1, 2], [3]], ["different lengths"]),
            ("sparse", csr_matrix(np.eye(9)), ["toarray"]),
        ],
        "windows": [
            ("a table", np.ones((9, 4)), ["X[:, :, np.newaxis]"]),
            ("a series", np.ones(9), ["sliding_windows"]),
        ],
        "events": [
            ("fractions", np.array([0.5, 1.0, 2.0]), ["whole numbers"]),
            ("negative", np.array([1, -1, 2]), ["start at 0"]),
            ("a column", np.ones((9, 1), int), ["ravel"]),
        ],
    }
    return shared + special[cls.input_kind]


@every_detector
def test_bad_input_is_refused_in_one_line(cls):
    detector = fitted(cls)
    for name, X, words in wrong_inputs(cls):
        for method in (make(cls).fit, detector.decision_function, detector.predict):
            try:
                method(X)
            except ValueError as error:
                one_line(error, *words)
            else:
                pytest.fail(f"{method.__qualname__} took {name}")


@tabular_detector
def test_a_missing_value_is_located(cls):
    frame = pd.DataFrame(data(cls), columns=["pulse", "age", "weight"])
    frame.loc[[7, 9, 30], "age"] = np.nan
    with pytest.raises(ValueError, match="missing") as error:
        make(cls).fit(frame)
    one_line(error, "3 missing", "row 7, column 'age'")


@tabular_detector
def test_text_in_a_frame_is_located(cls):
    frame = pd.DataFrame({"age": [50.0] * 30, "sex": ["male"] * 30})
    with pytest.raises(ValueError, match="not numeric") as error:
        make(cls).fit(frame)
    one_line(error, "'male' in row 0, column 'sex'", "encode")


STRANGE_FRAMES = [
    ({"time": pd.date_range("2020", periods=30)}, "Timestamp", "turn times into"),
    ({"time": [np.datetime64("2020-01-01")] * 30}, "Timestamp", "turn times into"),
    ({"day": pd.period_range("2020", periods=30)}, "Period", "turn times into"),
    ({"field": [1 + 2j] * 30}, "(1+2j)", "pass the real part"),
    ({"bin": pd.cut(np.arange(30.0), 3)}, "Interval", "turn it into numbers"),
    ({"deep": [np.ones((9, 9))] * 30}, "array", "turn it into numbers"),
]


@tabular_detector
@pytest.mark.parametrize(("column", "value", "way_out"), STRANGE_FRAMES)
def test_a_strange_column_is_located(cls, column, value, way_out):
    frame = pd.DataFrame({"age": np.arange(30.0), **column})
    with pytest.raises(ValueError, match="not numeric") as error:
        make(cls).fit(frame)
    one_line(error, value, f"row 0, column '{next(iter(column))}'", way_out)


class Unconvertible:
    """A table of a library that numpy does not know."""


@tabular_detector
@pytest.mark.parametrize(
    ("X", "words"),
    [
        ([{"age": 50}] * 30, ["list of records", "pd.DataFrame(X)"]),
        (np.zeros(30, [("age", "f8"), ("sex", "f8")]), ["pd.DataFrame(X)"]),
        ({"age": [50] * 30}, ["X is a dict", "pd.DataFrame(X)"]),
        (Unconvertible(), ["X is a Unconvertible", "pass an array"]),
        ((row for row in np.ones((30, 2))), ["X is a generator"]),
        (pd.Series(np.arange(30)), ["X.to_frame()"]),
        ([[10**400, 1]] * 30, ["too large"]),
        (np.full((30, 2), 3e38, np.float32), ["3e+38", "float32", "rescale"]),
    ],
)
def test_what_is_no_table_gets_a_way_out(cls, X, words):
    with pytest.raises(ValueError, match="X") as error:
        make(cls).fit(X)
    one_line(error, *words)


@tabular_detector
def test_masked_values_are_missing(cls):
    X = np.ma.masked_greater(data(cls), 1.5)
    with pytest.raises(ValueError, match="missing") as error:
        make(cls).fit(X)
    one_line(error, f"{X.mask.sum()} missing")
    unmasked = np.ma.masked_greater(data(cls), 1e9)
    assert np.isfinite(make(cls).fit(unmasked).decision_scores_).all()


@tabular_detector
@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("scale", "shift"), [(1e90, 0.0), (1.0, 1.6e9), (1e-6, 0.0)])
def test_units_do_not_blind_it(cls, scale, shift):
    """A time in seconds since 1970, or a quantity in odd units."""
    X = KINDS["tabular"].planted() * scale + shift
    scores = make(cls).fit(X[:-1]).decision_function(X)
    assert scores.argmax() == len(X) - 1
    assert len(np.unique(scores)) > 40


@row_detector
def test_another_width_is_refused(cls):
    with pytest.raises(ValueError, match="expecting") as error:
        fitted(cls).decision_function(data(cls)[..., :-1])
    one_line(error, "features")
    if cls.input_kind == "windows":
        with pytest.raises(ValueError, match="steps") as error:
            fitted(cls).decision_function(data(cls)[:, :-1])
        one_line(error)


@every_detector
def test_too_few_rows_are_refused(cls):
    with pytest.raises(ValueError, match="too few") as error:
        make(cls).fit(data(cls, 1))
    one_line(error, "needs at least")


@every_detector
def test_before_fit_nothing_works(cls, tmp_path):
    detector = make(cls)
    calls = [
        lambda: detector.decision_function(data(cls)),
        lambda: detector.predict(data(cls)),
        lambda: detector.save(tmp_path / "detector"),
    ]
    for call in calls:
        with pytest.raises(NotFittedError, match="call fit") as error:
            call()
        one_line(error, cls.__name__)
    assert not list(tmp_path.iterdir())


@every_detector
@pytest.mark.parametrize("share", [0, -0.1, 0.51, 1, np.nan, "auto", None, True])
def test_contamination_is_checked(cls, share):
    with pytest.raises(ValueError, match="contamination") as error:
        make(cls, contamination=share).fit(data(cls))
    one_line(error, "at most 0.5")


@every_detector
@pytest.mark.parametrize(
    "seed", [-1, 2**32, 0.0, "1", np.nan, True, [1], np.array(1), pd.Series([1, 2])]
)
def test_a_seed_is_checked_whether_or_not_it_is_needed(cls, seed):
    if "random_state" not in cls._get_param_names():
        pytest.skip("it draws nothing")
    with pytest.raises(ValueError, match="random_state must be None, a whole") as error:
        make(cls, random_state=seed).fit(data(cls))
    one_line(error, "numpy RandomState")


@every_detector
def test_set_params_refuses_in_one_line(cls):
    detector = fitted(cls)
    kept = vars(detector).copy()
    for wrong in ({"nope": 1}, {"contamination__x": 1}, {"contamination": "many"}):
        with pytest.raises(ValueError, match=r"\w") as error:
            detector.set_params(**wrong)
        one_line(error, *wrong.keys() - {"contamination"})
    assert vars(detector) == kept


@every_detector
def test_a_number_that_signals_is_missing_like_others(cls):
    cells = data(cls).astype(object)
    cells[(0,) * cells.ndim] = Decimal("sNaN")
    with pytest.raises(ValueError, match="X has 1 missing") as error:
        make(cls).fit(cells)
    one_line(error)


@every_detector
def test_a_class_is_no_data(cls):
    with pytest.raises(ValueError, match="X is a type, not an array"):
        make(cls).fit(pd.DataFrame)


@every_detector
def test_a_failed_fit_leaves_no_trace(cls):
    detector = make(cls)
    with pytest.raises(ValueError, match="missing"):
        detector.fit(spoiled(cls, np.nan))
    assert vars(detector) == vars(make(cls))
    detector.fit(data(cls))
    before = detector.decision_function(data(cls))
    for X in (spoiled(cls, np.nan), data(cls, 1)):
        with pytest.raises(ValueError, match=r"missing|too few"):
            detector.fit(X)
    assert np.array_equal(detector.decision_function(data(cls)), before)


@every_detector
def test_an_interrupted_fit_leaves_no_trace(cls, monkeypatch):
    detector = fitted(cls)
    before = detector.decision_function(data(cls))

    def interrupt(self, X):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(cls, "_training_scores", interrupt)
        with pytest.raises(KeyboardInterrupt):
            detector.fit(data(cls, 60, seed=9))
    assert np.array_equal(detector.decision_function(data(cls)), before)


# ---------------------------------------------------------------------------- files


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """Return a folder with every detector, saved, and its scores."""
    folder = tmp_path_factory.mktemp("detectors")
    for cls in ALL:
        detector = fitted(cls)
        detector.save(folder / cls.__name__)
        planted = KINDS[cls.input_kind].planted()
        np.save(folder / f"{cls.__name__}.X.npy", planted)
        np.save(folder / f"{cls.__name__}.npy", detector.decision_function(planted))
    return folder


@every_detector
def test_a_loaded_detector_scores_bit_for_bit(cls, saved):
    X = np.load(saved / f"{cls.__name__}.X.npy")
    expected = np.load(saved / f"{cls.__name__}.npy")
    for loader in (cls, Detector):
        detector = loader.load(saved / cls.__name__)
        assert type(detector) is cls
        assert np.array_equal(detector.decision_function(X), expected)
        assert detector.get_params() == make(cls).get_params()
        assert np.array_equal(detector.labels_, fitted(cls).labels_)


SCORE_ALL = """
import sys, numpy as np
from pathlib import Path
sys.path.extend(sys.argv[2:])
from helpers.detectors import Detector
for scores in sorted(Path(sys.argv[1]).glob("*Detector.npy")):
    X = np.load(scores.with_suffix(".X.npy"))
    detector = Detector.load(scores.with_suffix(""))
    same = np.array_equal(detector.decision_function(X), np.load(scores))
    print(scores.stem, "same" if same else "different")
"""


def test_another_process_scores_bit_for_bit(saved):
    run = subprocess.run(
        [sys.executable, "-c", SCORE_ALL, str(saved), *sys.path],
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.split("\n")[:-1] == sorted(f"{c.__name__} same" for c in ALL)


@every_detector
def test_the_file_of_another_detector_is_refused(cls, saved):
    other = next(other for other in ALL if not issubclass(other, cls))
    with pytest.raises(ValueError, match="holds a") as error:
        cls.load(saved / other.__name__)
    one_line(error, other.__name__, cls.__name__, "Detector.load")
