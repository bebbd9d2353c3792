"""Windows: every off-by-one that a learner can make is fixed here."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.windows import (
    block_splits,
    forecast_windows,
    point_scores,
    sliding_windows,
    window_count,
    window_labels,
)

steady = settings(max_examples=50)


@st.composite
def sizes(draw):
    points = draw(st.integers(1, 40))
    return points, draw(st.integers(1, points)), draw(st.integers(1, 9))


@steady
@given(sizes(), st.integers(1, 3))
def test_windows_are_slices_of_the_series(size, features):
    points, window, stride = size
    series = np.arange(points * features, dtype=float).reshape(points, features)
    windows = sliding_windows(series, window, stride=stride)
    starts = range(0, points - window + 1, stride)
    assert windows.shape == (len(starts), window, features)
    assert len(windows) == window_count(points, window, stride=stride)
    for i, start in enumerate(starts):
        assert np.array_equal(windows[i], series[start : start + window])


@pytest.mark.parametrize(
    "series",
    [
        [1.0, 2, 3, 4],
        np.arange(1, 5),
        pd.Series([1, 2, 3, 4], pd.date_range("2020", periods=4)),
        pd.DataFrame({"load": [1, 2, 3, 4]}),
    ],
)
def test_any_series_will_do(series):
    assert sliding_windows(series, 3)[..., 0].tolist() == [[1, 2, 3], [2, 3, 4]]


def test_windows_take_no_memory_and_are_protected():
    series = np.zeros(1000)
    windows = sliding_windows(series, 100)
    assert np.shares_memory(windows, series)
    with pytest.raises(ValueError, match="read-only"):
        windows[0, 0, 0] = 1
    windows.copy()[0, 0, 0] = 1


def test_the_published_counts():
    # 453 points: 443 one-step forecasts from windows of 10; 449 windows of 5
    inputs, targets, index = forecast_windows(np.arange(453), 10)
    assert inputs.shape == (443, 10, 1)
    assert targets[:, 0].tolist() == index.tolist() == list(range(10, 453))
    assert window_count(453, 5) == 449


@steady
@given(sizes(), st.integers(1, 5))
def test_a_forecast_speaks_about_a_point_it_has_not_seen(size, horizon):
    points, window, _ = size
    series = np.arange(points)
    if window + horizon > points:
        with pytest.raises(ValueError, match="do not fit"):
            forecast_windows(series, window, horizon=horizon)
        return
    inputs, targets, index = forecast_windows(series, window, horizon=horizon)
    assert len(inputs) == len(targets) == len(index) == points - window - horizon + 1
    assert np.array_equal(inputs[:, -1, 0] + horizon, index)
    assert np.array_equal(targets[:, 0], index)
    assert index[-1] == points - 1


@steady
@given(sizes(), st.sampled_from(["max", "mean"]), st.integers(0, 99))
def test_point_scores_are_those_of_the_covering_windows(size, reduce, seed):
    points, window, stride = size
    n_windows = window_count(points, window, stride=stride)
    scores = np.random.default_rng(seed).normal(size=n_windows)
    per_point = point_scores(
        scores, n_points=points, window=window, stride=stride, reduce=reduce
    )
    for point in range(points):
        covering = [
            scores[i]
            for i in range(n_windows)
            if i * stride <= point < i * stride + window
        ]
        expected = getattr(np, reduce)(covering) if covering else np.nan
        assert per_point[point] == pytest.approx(expected, nan_ok=True)


def test_errors_per_step_land_on_their_point():
    series = np.arange(6.0)
    errors = sliding_windows(series, 3)[..., 0]  # a step's error is its own value
    for reduce in ("max", "mean"):
        per_point = point_scores(errors, n_points=6, window=3, reduce=reduce)
        assert per_point.tolist() == series.tolist()


@steady
@given(sizes(), st.integers(1, 4), st.integers(0, 99))
def test_a_window_is_labelled_by_its_points(size, min_points, seed):
    points, window, stride = size
    min_points = min(min_points, window)
    labels = np.random.default_rng(seed).integers(0, 2, size=points)
    expected = sliding_windows(labels, window, stride=stride).sum(axis=(1, 2))
    found = window_labels(labels, window, stride=stride, min_points=min_points)
    assert np.array_equal(found, expected >= min_points)
    assert found.dtype.kind == "i"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: sliding_windows([1, 2], 3), "window of 3 points does not fit"),
        (lambda: sliding_windows([1, 2], 0), "window must be a whole number"),
        (lambda: sliding_windows([1, 2], 1.5), "whole number"),
        (lambda: sliding_windows([1, 2], 1, stride=0), "stride must be"),
        (lambda: sliding_windows(["a", "b"], 1), "series must be numbers"),
        (lambda: sliding_windows(np.ones((2, 2, 2)), 1), r"shape \(2, 2, 2\)"),
        (lambda: forecast_windows([1, 2, 3], 3), "do not fit"),
        (lambda: forecast_windows([1, 2, 3], 1, horizon=0), "horizon must be"),
        (lambda: point_scores([1, 2], n_points=5, window=3), "3 windows of 3 points"),
        (
            lambda: point_scores([1, 2, 3], n_points=5, window=3, reduce="sum"),
            "one of 'max', 'mean'",
        ),
        (lambda: window_labels([0, 2], 1), "it has 2"),
        (lambda: window_labels([0, 1], 1, min_points=2), "more than window"),
    ],
)
def test_bad_input_is_told_in_one_line(call, message):
    with pytest.raises(ValueError, match=message) as error:
        call()
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "series",
    [
        pd.date_range("2020", periods=9),
        np.ones(9) * 1j,
        [10**400] * 9,
        list("abcdefghi"),
        None,
    ],
)
def test_a_series_is_numbers(series):
    """Dates would silently become nanoseconds."""
    with pytest.raises(ValueError, match=r"series (must be numbers|is None)"):
        sliding_windows(series, 3)


def test_window_scores_are_numbers():
    with pytest.raises(ValueError, match="window_scores must be numbers"):
        point_scores(["a", "b"], n_points=3, window=2)
    with pytest.raises(ValueError, match="reduce must be one of 'max', 'mean'"):
        point_scores([1.0, 2.0], n_points=3, window=2, reduce=[])


def test_single_precision_is_kept_and_not_copied():
    series = np.arange(9, dtype=np.float32)
    windows = sliding_windows(series, 3)
    assert windows.dtype == np.float32
    assert np.shares_memory(windows, series)
    assert forecast_windows(np.arange(9), 3)[0].dtype == np.float64


# -- splits


@pytest.mark.parametrize(("stride", "window"), [(1, 7), (3, 12), (5, 5), (6, 4)])
def test_blocks_test_every_window_once_and_share_no_point(stride, window):
    starts = stride * np.arange(60)
    splits = block_splits(starts, window, blocks=4)
    assert np.concatenate([test for _, test in splits]).tolist() == list(range(60))
    for train, test in splits:
        points = [
            {p for s in starts[part] for p in range(s, s + window)}
            for part in (train, test)
        ]
        assert not points[0] & points[1]
        across = 2 * -(-window // stride)
        assert len(train) + len(test) >= 60 - across


@pytest.mark.parametrize(
    ("starts", "blocks", "told"),
    [
        ([0, 1, 2], 4, "3 windows can't make 4 blocks"),
        ([0, 2, 1], 2, "starts must rise; sort the windows by time"),
        ([0, 1, 2], 1, "blocks must be a whole number of at least 2"),
    ],
)
def test_windows_that_make_no_blocks_are_refused(starts, blocks, told):
    with pytest.raises(ValueError, match=told):
        block_splits(starts, 2, blocks=blocks)
