"""What a forecaster looks back at, and errors without their echoes."""

import numpy as np
import pytest

from helpers.forecasts import echo_free_errors, sensitivity

WINDOWS = np.random.default_rng(0).normal(size=(20, 5, 1)).astype("float32")


def weighted(windows):
    return windows[:, :, 0] @ np.array([0, 0.25, 0, -0.5, 2.0])


@pytest.mark.parametrize(
    ("steps_back", "weight"), [(1, 2), (2, 0.5), (3, 0), (4, 0.25), (5, 0)]
)
def test_the_sensitivity_on_a_weighted_sum_is_the_weight(steps_back, weight):
    before = WINDOWS.copy()
    assert sensitivity(weighted, WINDOWS, steps_back) == pytest.approx(weight, abs=1e-5)
    assert np.array_equal(before, WINDOWS)


def test_the_sensitivity_is_per_unit_of_the_nudge():
    assert sensitivity(weighted, WINDOWS, 1, nudge=3.0) == pytest.approx(2)
    slow = sensitivity(lambda w: np.tanh(9 * w[:, -1]), WINDOWS, 1, nudge=100)
    assert slow < 0.02


def test_windows_keep_their_type():
    kinds = []
    sensitivity(lambda w: kinds.append(w.dtype) or w[:, -1], WINDOWS, 1)
    assert {*kinds} == {np.dtype("float32")}


@pytest.mark.parametrize("windows", [WINDOWS[:, :2], WINDOWS[:, :, 0], np.arange(9)])
def test_a_step_that_no_window_has(windows):
    with pytest.raises(ValueError, match="steps_back = 3 in windows of shape"):
        sensitivity(weighted, windows, 3)


@pytest.mark.parametrize("wrong", [{"steps_back": 0}, {"steps_back": 1, "nudge": 0}])
def test_influence_of_nothing(wrong):
    with pytest.raises(ValueError, match="must be a"):
        sensitivity(weighted, WINDOWS, **wrong)


# ------------------------------------------------------------------------ echoes


def mean_of_three(series):
    forecast = np.full(len(series), np.nan)
    forecast[3:] = (series[:-3] + series[1:-2] + series[2:-1]) / 3
    return forecast


def test_a_fault_keeps_its_error_and_loses_its_echoes():
    series = np.zeros(12)
    series[6] = 9.0
    errors = echo_free_errors(mean_of_three, series, 1.0)
    assert np.isnan(errors[:3]).all()
    assert np.array_equal(errors[3:], [0, 0, 0, 9, 0, 0, 0, 0, 0])
    assert series[6] == 9.0


def test_two_faults_in_one_window_both_stay():
    series = np.zeros(12)
    series[[6, 8]] = 9.0, -6.0
    found = echo_free_errors(mean_of_three, series, 1.0)
    assert np.flatnonzero(found > 1.0).tolist() == [6, 8]
    assert found[8] == pytest.approx(6)


@pytest.mark.parametrize(("threshold", "alarms"), [(7, [6]), (5, [6, 7])])
def test_a_new_level_rings_until_the_forecasts_have_followed(threshold, alarms):
    series = np.r_[np.zeros(6), np.full(6, 9.0)]
    found = echo_free_errors(mean_of_three, series, threshold)
    assert np.flatnonzero(found > threshold).tolist() == alarms


def test_points_before_the_start_are_left_as_they_are():
    series = np.zeros(14)
    series[[4, 10]] = 9.0
    plain = np.abs(series - mean_of_three(series))
    found = echo_free_errors(mean_of_three, series, 1.0, start=8)
    assert np.array_equal(found[:8], plain[:8], equal_nan=True)
    assert np.flatnonzero(found > 1.0).tolist() == [4, 5, 6, 7, 10]


def test_no_alarm_costs_one_call():
    calls = []
    echo_free_errors(lambda s: calls.append(1) or mean_of_three(s), np.zeros(9), 1.0)
    assert len(calls) == 1


@pytest.mark.parametrize("values", [np.zeros(8), np.zeros((9, 1)), 0.0])
def test_a_forecast_of_another_length(values):
    with pytest.raises(ValueError, match="must have one value per point"):
        echo_free_errors(lambda series: values, np.zeros(9), 1.0)
