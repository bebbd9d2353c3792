"""Series and parts drawn for the workshops: what they hold, and what they hide."""

import numpy as np
import pytest

from helpers.datasets import load
from helpers.evaluation import point_report
from helpers.simulation import distance_from_mean, drawn_part, faulty_demand
from helpers.simulation.parts import ODDS_SETS


def drawn(seed=0, **options):
    return faulty_demand(np.random.default_rng(seed), **options)


@pytest.mark.parametrize("seed", range(5))
def test_wrong_values_lie_within_the_range_and_are_as_many_as_asked_for(seed):
    made = drawn(seed, faults=6, size=(0.4, 1.0))
    right = made.series[made.y == 0]
    assert made.y.sum() == 6
    assert len(made) == 453
    assert right.min() <= made.series[made.y == 1].min()
    assert made.series[made.y == 1].max() <= right.max()


def test_a_seed_draws_one_series_and_another_seed_another():
    assert np.array_equal(drawn(1).series, drawn(1).series)
    assert not np.array_equal(drawn(1).series, drawn(2).series)


def test_no_stretch_of_the_base_is_a_drawn_series_on_another_scale():
    base = load("taylor").X["demand_mw"].to_numpy(float)
    made = drawn(3)
    known = made.y == 0
    gaps = []
    for day in range((len(base) - 453) // 48 + 1):
        stretch = base[48 * day :][:453][known]
        line = np.polyfit(stretch, made.series[known], 1)
        rest = made.series[known] - np.polyval(line, stretch)
        gaps.append(rest.std() / made.series[known].std())
    assert min(gaps) > 0.01


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"points": 4000}, "are too many"),
        ({"size": (5, 6)}, "don't stay within the range"),
        ({"points": 3}, "points"),
        ({"faults": 40}, "need"),
    ],
)
def test_what_does_not_fit_is_refused(options, told):
    with pytest.raises(ValueError, match=told):
        drawn(**options)


@pytest.mark.parametrize("name", ODDS_SETS)
def test_a_part_has_rows_of_both_kinds_and_its_rows_stand_in_no_file(name):
    part = drawn_part(np.random.default_rng(0), name)
    assert part.X_train.shape[0] == 300
    assert part.X_test.shape == (400, part.X_train.shape[1])
    assert 400 / 12 - 1 <= part.y_test.sum() <= 400 / 6 + 1
    assert np.isfinite(part.X_train).all()
    assert (part.X_train.std(axis=0) > 0).all()
    assert part.X_train.shape[1] < load(name).X.shape[1]


def test_rows_to_score_are_in_no_order_and_no_row_is_there_twice():
    part = drawn_part(np.random.default_rng(4), "satellite")
    places = np.flatnonzero(part.y_test)
    assert 100 < places.mean() < 300
    rows = np.concatenate([part.X_train, part.X_test])
    assert len(np.unique(rows, axis=0)) == len(rows)


def test_a_part_of_an_unknown_set_is_refused():
    with pytest.raises(ValueError, match="no set 'heart'; there are breastw"):
        drawn_part(np.random.default_rng(0), "heart")


def test_a_constant_column_counts_nothing_in_the_distance():
    X = np.c_[[0.0, 1, 2], [5.0, 5, 5]]
    assert np.allclose(distance_from_mean(X, np.array([[1.0, 9]])), 0)


@pytest.mark.parametrize("found", [[True, False], [[1]], [1.5], [-1]])
def test_a_report_wants_positions(found):
    with pytest.raises(ValueError, match="found must be positions"):
        point_report(found, [1])


def test_a_report_counts_points_alarms_and_delay():
    told = point_report([3, 10, 12, 22, 50], [10, 20, 48], tolerance=2)
    assert told == {"points": 3, "points found": 3, "false alarms": 1, "delay": 4 / 3}
