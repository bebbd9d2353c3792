"""Tables that hold next to nothing: no detector gives absurd scores without a word."""

import warnings

import numpy as np
import pytest

from helpers.detectors import LOFDetector, PCADetector, all_detectors

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
