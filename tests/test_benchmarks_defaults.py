"""Small tables with many anomalies, and the table of what was tried by them."""

import numpy as np
import pandas as pd
import pytest

from benchmarks import defaults
from benchmarks.small_tables import SMALL, small_table

EACH_KIND = (
    "yeast4: 500 rows, 10% own",
    "abalone19: 300 rows, 10% global",
    "yeast4: 400 rows, 20% clustered",
)


def large() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    X = np.c_[random.normal(size=(900, 3)), np.zeros(900)]
    X[:100, 3] = 1  # varies among the set's own anomalies alone
    return X, np.repeat([1, 0], [100, 800])


@pytest.mark.parametrize("which", EACH_KIND)
def test_a_small_table_has_its_rows_its_share_and_columns_that_vary(which):
    _, _, rows, share = SMALL[which]

    X, y = small_table(*large(), which, 0)

    assert len(X) == len(y) == rows
    assert y.sum() == round(rows * share)
    assert (X.std(axis=0) > 0).all()


@pytest.mark.parametrize("which", EACH_KIND)
def test_a_small_table_is_the_same_for_a_seed_and_another_for_another(which):
    first, same, other = (small_table(*large(), which, seed)[0] for seed in (1, 1, 2))

    np.testing.assert_array_equal(first, same)
    assert not np.array_equal(first[:5, :3], other[:5, :3])


def test_clustered_anomalies_lie_farther_out_than_normal_rows():
    X, y = small_table(*large(), "yeast4: 400 rows, 20% clustered", 0)

    far = np.square(X).sum(axis=1)

    assert np.median(far[y == 1]) > 2 * np.median(far[y == 0])


def test_what_was_tried_differs_from_the_default_and_gaps_have_no_mean():
    both = [pd.Series({"all rows": a, "clean": c}) for a, c in ((0.2, 0.4), (0.3, 0.3))]
    means = {("the default", kind): both[0] for kind in ("large", "small")}
    means |= {("other", kind): both[1] for kind in ("large", "small")}
    means["gap", "small"] = both[1]

    *cells, mean = defaults._tried_line("other", means)
    *few, none = defaults._tried_line("gap", means)

    assert cells[1:3] == ["0.300 (+0.100)", "0.300 (-0.100)"]
    assert mean in ("+0.000", "-0.000")
    assert few[1:3] == ["–", "–"]
    assert none == "–"


def test_noise_without_the_worst_rows_ignores_them():
    class Errors:
        def decision_function(self, X):
            return X[:, 0]

        def feature_errors(self, X):
            return np.square(X)

    X = np.r_[np.ones((99, 2)), [[100.0, 100.0]]]

    np.testing.assert_allclose(defaults.without_worst(Errors(), X), 1)
    np.testing.assert_allclose(defaults.from_median(Errors(), X), 1 / 0.6745)
