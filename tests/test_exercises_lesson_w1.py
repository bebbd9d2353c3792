"""Workshop W1: detectors of many kinds, right ones and others, on drawn series."""

import numpy as np
import pandas as pd
import pytest

from helpers.evaluation import point_report
from helpers.exercises import check
from helpers.exercises.declared import find
from helpers.exercises.engine import ask_drawn
from helpers.exercises.lesson_w1 import (
    HALF,
    _attempts,
    four_each,
    jumps_live,
    needle_places,
    neighbours_three_sigma,
    one_to_eight,
    score_of_attempt,
)

COULD_NOT = "could not check"


def found(number, answer):
    outcome = check(number, answer)
    return outcome.diagnosis or outcome.status


# -- W1.1


def by_report(found, truth, tolerance):
    told = point_report(found, truth, tolerance=tolerance)
    return told["points found"], told["false alarms"], told["delay"]


@pytest.mark.parametrize(
    ("score_attempt", "outcome"),
    [
        (by_report, "correct"),
        (lambda *case: list(by_report(*case)), "correct"),
        (lambda *case: np.array(by_report(*case)), "correct"),
        (lambda f, t, k: (*by_report(f, t, k)[:2], None), "not attempted"),
        (lambda f, t, k: by_report(t, f, k), "other"),
        (lambda f, t, k: by_report(f, t, k)[:2], COULD_NOT),
        (lambda f, t, k: dict(point_report(f, t, tolerance=k)), COULD_NOT),
        (lambda f, t, k: None, "not attempted"),
        (3, COULD_NOT),
    ],
)
def test_scoring_an_attempt(score_attempt, outcome):
    assert found("W1.1", score_attempt) == outcome


def test_the_kit_and_the_reference_count_alike():
    for case in _attempts(np.random.default_rng(5)):
        ours, theirs = by_report(*case), score_of_attempt(*case)
        assert np.allclose(ours, theirs, equal_nan=True)


# -- W1.2 to W1.4


def median_of_three(series):
    rolled = pd.Series(series).rolling(3, center=True, min_periods=1)
    away = (pd.Series(series) - rolled.median()).abs()
    return away.index[away > away.mean() + 4 * away.std()]


def one_by_one(series):
    return list(needle_places(series))


def in_place(series):
    places = needle_places(series)
    series[places] = 0
    return places


@pytest.mark.parametrize(
    ("detector", "outcome"),
    [
        (needle_places, "correct"),
        (median_of_three, "correct"),
        (one_by_one, "correct"),
        (lambda s: set(needle_places(s).tolist()), "correct"),
        (lambda s: iter(needle_places(s).tolist()), "correct"),
        (lambda s: needle_places(s).astype(float), "correct"),
        (lambda s: np.repeat(needle_places(s), 2), "correct"),
        (lambda s: np.argsort(np.abs(np.diff(s)))[-6:] + 1, "correct"),
        (in_place, "changed its input"),
        (lambda s: needle_places(s) - 1, "too many missed"),
        (lambda s: np.isin(np.arange(len(s)), needle_places(s)), "labels"),
        (lambda s: np.arange(0, len(s), 12), "the same places"),
        (
            lambda s: np.r_[needle_places(s), np.arange(0, 400, 9)],
            "too many false alarms",
        ),
        (lambda s: [], "nothing flagged"),
        (lambda s: np.r_[needle_places(s), len(s)], COULD_NOT),
        (lambda s: needle_places(s) + 0.5, COULD_NOT),
        (lambda s: 1 / 0, COULD_NOT),
        (lambda s: None, "not attempted"),
        ([104, 204, 304, 422], COULD_NOT),
    ],
)
def test_a_detector_of_half_of_the_points(detector, outcome):
    assert found("W1.2", detector) == outcome


@pytest.mark.parametrize(
    ("detector", "outcome"),
    [
        (needle_places, "correct"),
        (lambda s: needle_places(s, 0.2), "correct"),
        (lambda s: needle_places(s, 0.3), "correct"),
        (lambda s: needle_places(s, 0.9), "too many missed"),
        (neighbours_three_sigma, "too many false alarms"),
        (lambda s: np.argsort(s)[:5], "always as many"),
        (lambda s: s[:0], "nothing flagged"),
    ],
)
def test_a_detector_of_nearly_all_points(detector, outcome):
    assert found("W1.3", detector) == outcome


@pytest.mark.parametrize("count", range(1, 10))
@pytest.mark.parametrize("key", [b"a", b"b", b"c"])
def test_as_many_alarms_for_each_series_never_pass(count, key):
    def largest(series):
        away = np.abs(series[1:-1] - (series[:-2] + series[2:]) / 2)
        return 1 + np.argsort(away)[-count:]

    outcome = ask_drawn(find("W1.3"), lambda given: (largest,), key)
    assert outcome.diagnosis == "always as many"


def loop_live(series):
    steps = np.abs(np.diff(series, prepend=series[0]))
    limits = [np.quantile(steps[:t], 0.95) if t > 48 else np.inf for t in range(453)]
    return np.flatnonzero(steps > 1.5 * np.array(limits))


def peeks_by_one(series):
    away = np.zeros(len(series))
    away[1:-1] = np.abs(series[1:-1] - (series[:-2] + series[2:]) / 2)
    scale = pd.Series(series).expanding(min_periods=24).std()
    return np.flatnonzero(away > 0.25 * scale)


def whole_scale(series):
    steps = np.abs(np.diff(series, prepend=series[0]))
    return np.flatnonzero(steps > 0.55 * series.std())


@pytest.mark.parametrize(
    ("detector", "outcome"),
    [
        (jumps_live, "correct"),
        (loop_live, "correct"),
        (peeks_by_one, "looks ahead"),
        (whole_scale, "looks ahead"),
        (needle_places, "looks ahead"),
        (lambda s: needle_places(s) + 1, "looks ahead"),
        (lambda s: [104, 204, 304, 422], "the same places"),
    ],
)
def test_a_live_detector_knows_nothing_of_what_comes(detector, outcome):
    assert found("W1.4", detector) == outcome


# -- what is drawn


def test_drawn_series_hold_what_the_exercise_says():
    random = np.random.default_rng(0)
    assert {int(each.y.sum()) for each in four_each(random)} == {4}
    counts = [int(each.y.sum()) for each in one_to_eight(random)]
    assert set(counts) == {1, 2, 3, 4, 6, 8}


def test_a_bar_is_met_at_its_edge_and_not_beyond():
    assert HALF.met_by(found=24, points=48, false=72, series=12)
    assert not HALF.met_by(found=23, points=48, false=72, series=12)
    assert not HALF.met_by(found=24, points=48, false=73, series=12)
