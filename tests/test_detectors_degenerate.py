"""Tables that hold next to nothing: no detector gives absurd scores without a word."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning

from helpers.detectors import (
    Detector,
    LOFDetector,
    PCADetector,
    all_detectors,
)

RANDOM = np.random.default_rng(0)
BASE = RANDOM.normal(size=(48, 2))
TABLES = {
    "a stuck sensor": np.c_[BASE[:, 0], np.full(48, 20.1)],
    "one value": np.full((48, 2), 0.1),
    "two values": np.resize([[0.0], [1.0]], (48, 1)),
    "ties": np.round(BASE),
    "all rows equal but one": np.r_[np.full((47, 2), 3.0), [[50.0, 50.0]]],
    "scales far apart": BASE * [1e-9, 1e12],
    "1e300": BASE * 1e300,
    "1e90": BASE * 1e90,
    "whole numbers beyond 2^53": 2**60 + np.arange(96).reshape(48, 2) % 7,
    "rounding around 20": 20 + BASE * 1e-13,
    "a column of NaN": np.c_[BASE[:, 0], np.full(48, np.nan)],
    "one row": BASE[:1],
}
FOUND = [cls for cls in all_detectors() if cls.input_kind != "events"]
OF_EVENTS = [cls for cls in all_detectors() if cls.input_kind == "events"]
TRACES = {  # and what the warning has
    "one kind": (["read"] * 90, "all 90 events are of one kind"),
    "numbers of one kind": (np.zeros(90, int), "all 90 events are of one kind"),
    "nothing recurs": (np.arange(90), "all 90 events are of different kinds"),
    "counts that never change": (np.tile([1, 2], 45), "k sd of it are 0"),
    "one segment": (np.tile([1, 2, 3], 6)[:17], "1 clean segment has one value"),
}


def absurd(scores, X):
    """Say whether scores are no numbers, far beyond all rows, or all the same."""
    usual = 1e15 * max(1, np.abs(X).max())
    same = len(scores) > 1 and np.ptp(scores) == 0
    return not np.isfinite(scores).all() or np.abs(scores).max() > usual or same


@pytest.mark.parametrize("cls", FOUND, ids=lambda cls: cls.__name__)
def test_scores_are_sound_or_there_is_a_warning_or_an_error_in_one_line(cls):
    for name, table in TABLES.items():
        X = table if cls.input_kind == "tabular" else table[:, np.newaxis].repeat(6, 1)
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            try:
                scores = cls(**cls.contract_params).fit(X).decision_scores_
            except ValueError as error:
                told = str(error)
            else:
                told = "; ".join(str(warning.message) for warning in said)
                assert told or not absurd(scores, X), name
        assert "\n" not in told, name


def test_lof_warns_of_duplicates_as_scikit_learn_does():
    with pytest.warns(UserWarning, match="duplicate values are leading to incorrect"):
        LOFDetector(n_neighbors=3).fit(TABLES["all rows equal but one"])


def test_a_table_of_one_value_leaves_no_axis_to_divide_by():
    with pytest.warns(UserWarning, match="all 48 training rows"):
        detector = PCADetector().fit(TABLES["one value"])
    np.testing.assert_allclose(detector.decision_function([[1.1, 0.1]]), [1.0])


@pytest.mark.parametrize("cls", FOUND[:1], ids=lambda cls: cls.__name__)
@pytest.mark.parametrize("name", ["whole numbers beyond 2^53", "rounding around 20"])
def test_numbers_that_floats_blur_are_named(cls, name):
    with pytest.warns(UserWarning, match="column 0 .* keeps few digits or none"):
        cls(**cls.contract_params).fit(TABLES[name])


@pytest.mark.parametrize("cls", OF_EVENTS, ids=lambda cls: cls.__name__)
def test_traces_that_teach_nothing_are_told(cls):
    trained = hasattr(cls, "epochs")  # one trace is enough of what all share
    for trace, told in [*TRACES.values()][: 1 if trained else None]:
        detector = cls(**cls.contract_params | {"segment": 17})
        with pytest.warns(UserWarning, match=told):
            detector.fit_events([trace])
        assert np.isfinite(detector.score_events(trace)).all()


@pytest.mark.parametrize("cls", OF_EVENTS, ids=lambda cls: cls.__name__)
def test_traces_that_are_none_are_refused_in_a_line(cls):
    for traces, told in [
        ([], "traces is empty"),
        ([[1, 2] * 9, []], "trace 1 is empty; leave it out"),
        ([[7]], "too few rows"),
    ]:
        with pytest.raises(ValueError, match=told) as error:
            cls(**cls.contract_params).fit_events(traces)
        assert "\n" not in str(error.value)


def wrapped(detector):
    """Return the classes of the estimators that a fitted detector has inside."""
    found = set()
    for value in vars(detector).values():
        if isinstance(value, Detector):
            found |= wrapped(value)
        elif isinstance(value, BaseEstimator):
            found.add(type(value))
    return found


def test_no_detector_keeps_a_warning_of_its_library_to_itself(monkeypatch):
    """What is said inside, by whichever method of whichever estimator, is heard."""
    inside = set()
    for cls in [cls for cls in FOUND if cls.input_kind == "tabular"]:
        detector = cls(**cls.contract_params).fit(BASE)
        for library in wrapped(detector):
            calls = []
            with (
                monkeypatch.context() as patch,
                warnings.catch_warnings(record=True) as w,
            ):
                warnings.simplefilter("always")
                for method in METHODS:
                    if hasattr(library, method):
                        patch.setattr(library, method, loud(library, method, calls))
                detector.fit(BASE).decision_function(BASE)
            heard = [one for one in w if one.category is ConvergenceWarning]
            assert len(heard) == len(calls), (cls, library)
            inside |= {library.__name__} if calls else set()
    assert inside >= {
        "IsolationForest", "LocalOutlierFactor", "NearestNeighbors", "OneClassSVM",
    }  # fmt: skip


METHODS = ("fit", "score_samples", "decision_function", "kneighbors", "transform")


def loud(library, method, calls):
    """Return a method that warns, and then does what it did."""
    before = getattr(library, method)

    def call(*arguments, **named):
        calls.append(method)
        warnings.warn("it did not converge", ConvergenceWarning, stacklevel=2)
        return before(*arguments, **named)

    return call


@pytest.mark.parametrize(
    "labels",
    [[0, 1, 2], [7, "b", 2.5], [("x", "a"), ("x", "b"), ("y", "a")]],
    ids=["numbers", "mixed", "levels"],
)
def test_columns_in_another_order_are_refused_whatever_they_are_called(
    labels, tmp_path
):
    frame = pd.DataFrame(RANDOM.normal(size=(48, 3)) * [1, 10, 100])
    if isinstance(labels[0], tuple):
        labels = pd.MultiIndex.from_tuples(labels)
    frame.columns = labels
    detector = PCADetector().fit(frame)
    detector.save(tmp_path / "pca.detector")
    turned = frame.iloc[:, [2, 1, 0]]
    for each in (detector, PCADetector.load(tmp_path / "pca.detector")):
        with pytest.raises(ValueError, match="where fit saw") as error:
            each.decision_function(turned)
        assert "\n" not in str(error.value)
        again = each.decision_function(turned[each.column_labels_])
        np.testing.assert_array_equal(again, detector.decision_scores_)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        detector.decision_function(frame.to_numpy())


def test_values_too_fine_for_lof_are_said():
    with pytest.warns(UserWarning, match="LOF adds 1e-10 to each distance"):
        LOFDetector().fit(BASE * 1e-12)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        LOFDetector().fit(BASE * 1e-3)
