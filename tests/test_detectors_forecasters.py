"""Forecasters: who is judged, in which units, and how near the published system."""

import tracemalloc

import keras
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV

from helpers.detectors import Detector, ForecastDetector, SeasonalNaiveDetector
from helpers.thresholds import mad_threshold
from helpers.windows import sliding_windows

FAULTS = [115, 239, 431]  # timeseries2; the exact difference to its history
SMALL = {"units": 6, "window": 4, "epochs": 30, "learning_rate": 0.02}


def wave(points=200, period=12, height=1000.0):
    return 5000 + height * np.sin(2 * np.pi * np.arange(points) / period)


@pytest.fixture(scope="module")
def small():
    """Return a forecaster of a wave, quickly trained."""
    return ForecastDetector(**SMALL, random_state=0).fit_series(wave())


# ----------------------------------------------------------------------- the network


@pytest.mark.parametrize(
    ("cell", "parameters"), [("rnn", 1121), ("lstm", 4385), ("gru", 3393)]
)
def test_parameters_by_cell(cell, parameters):
    detector = ForecastDetector.published(cell=cell, epochs=1, batch_size=200)
    detector.fit_series(wave())
    assert detector.network_.count_params() == parameters


def test_the_published_network_is_the_published_one():
    detector = ForecastDetector.published(epochs=1, batch_size=200)
    network = detector.fit_series(wave()).network_
    kinds = [type(layer).__name__ for layer in network.layers[1:]]
    assert kinds == ["LSTM", "Dense", "Rescaling"]
    assert network.input_shape == (None, 10, 1)
    assert network.layers[-1].scale == 100
    assert isinstance(network.optimizer, keras.optimizers.Adam)
    assert float(network.optimizer.learning_rate) == pytest.approx(0.001)
    assert network.loss == "mean_squared_error"
    stated = ForecastDetector.published().get_params()
    assert (stated["epochs"], stated["batch_size"], stated["scaling"]) == (
        200,
        10,
        "minmax",
    )


@pytest.mark.parametrize(("window", "unrolled"), [(10, True), (11, False)])
def test_short_windows_are_unrolled(window, unrolled):
    detector = ForecastDetector(window=window, epochs=1, units=2, batch_size=200)
    assert detector.fit_series(wave()).network_.layers[1].unroll is unrolled


# ---------------------------------------------------------------- which point is judged


@given(
    fault=st.integers(12, 99),
    period=st.integers(1, 12),
    features=st.integers(1, 3),
)
def test_a_fault_is_scored_where_it_is(fault, period, features):
    series = np.tile(wave(100, period=12)[:, None], features)
    detector = SeasonalNaiveDetector(period=12).fit_series(series)
    series[fault] += 3000
    scores = detector.score_series(series)
    assert scores.shape == (100,)
    assert np.isnan(scores[:12]).all()
    high = np.flatnonzero(scores[12:] > 1) + 12
    assert high[0] == fault
    assert set(high) <= {fault, fault + 12}  # where it is the forecast of another


def test_the_last_step_is_what_is_judged(small):
    X = sliding_windows(wave(40, period=12), 5).copy()
    said = small.forecast(X)
    X[:, -1] += 700
    np.testing.assert_array_equal(small.forecast(X), said)
    deviation = small.scaler_.scale_[0]
    errors = np.abs(X[:, -1] - said)[:, 0] / deviation
    np.testing.assert_allclose(small.decision_function(X), errors, rtol=1e-6)


def test_series_and_windows_agree(small):
    series = wave(60)
    windows = sliding_windows(series, 5)
    scores = small.score_series(series)
    assert np.isnan(scores[:4]).all()
    np.testing.assert_array_equal(scores[4:], small.decision_function(windows))
    said = small.forecast_series(series)
    assert said.shape == series.shape
    np.testing.assert_array_equal(said[4:], small.forecast(windows)[:, 0])
    assert np.abs(said[4:] - series[4:]).max() < 300  # of a wave of 4 000 .. 6 000


def test_fit_series_is_fit_on_its_windows(small):
    fitted = ForecastDetector(**SMALL, random_state=0).fit(sliding_windows(wave(), 5))
    np.testing.assert_array_equal(small.decision_scores_, fitted.decision_scores_)


def test_a_frame_and_a_column_are_series_too(small):
    series = wave(30)
    frame = pd.DataFrame({"load": series})
    expected = small.score_series(series)
    np.testing.assert_array_equal(small.score_series(frame), expected)
    np.testing.assert_array_equal(small.score_series(frame["load"]), expected)
    assert small.forecast_series(frame).shape == (30, 1)


def test_scores_are_the_mean_error_of_the_features():
    random = np.random.default_rng(0)
    series = random.normal(size=(60, 2)) * [1, 1000]
    detector = SeasonalNaiveDetector(period=2, scaling="standard").fit_series(series)
    X = sliding_windows(series, 3)
    spread = sliding_windows(series, 3).reshape(-1, 2).std(axis=0)
    expected = (np.abs(X[:, 2] - X[:, 0]) / spread).mean(axis=1)
    np.testing.assert_allclose(detector.decision_function(X), expected)
    np.testing.assert_allclose(detector.forecast(X), X[:, 0])


@pytest.mark.parametrize("scaling", ["standard", "minmax", None])
def test_the_naive_forecast_is_one_period_earlier(scaling):
    series = np.random.default_rng(1).normal(size=50)
    detector = SeasonalNaiveDetector(period=7, scaling=scaling).fit_series(series)
    said = detector.forecast_series(series)
    assert np.isnan(said[:7]).all()
    np.testing.assert_allclose(said[7:], series[:-7])


def test_longer_windows_serve_a_shorter_period():
    series = wave(60)
    detector = SeasonalNaiveDetector(period=3, scaling=None)
    detector.fit(sliding_windows(series, 10))
    np.testing.assert_allclose(detector.forecast_series(series)[9:], series[6:-3])


# -------------------------------------------------------------------------- training


def test_the_last_windows_are_kept_for_validation(small):
    training, validation = small._split(196)
    assert np.array_equal(np.r_[training, validation], np.arange(196))
    assert len(validation) == 20
    assert set(small.history_) == {"loss", "val_loss"}


def test_the_same_seed_gives_the_same_forecasts(small):
    again = ForecastDetector(**SMALL, random_state=0).fit_series(wave())
    series = wave(40)
    np.testing.assert_array_equal(
        again.score_series(series), small.score_series(series)
    )


def test_saved_loaded_and_trained_on(small, tmp_path):
    small.save(tmp_path / "forecaster")
    loaded = Detector.load(tmp_path / "forecaster")
    np.testing.assert_array_equal(
        loaded.score_series(wave(40)), small.score_series(wave(40))
    )
    loaded.partial_fit(sliding_windows(wave(), 5), epochs=5)
    assert loaded.history_["loss"][: small.state_.epochs] == small.history_["loss"]
    assert loaded.state_.epochs == small.state_.epochs + 5
    assert loaded.history_["loss"][small.state_.epochs] < small.history_["loss"][0] / 3


def test_grid_search_chooses_a_cell():
    X = sliding_windows(wave(80), 5).copy()
    X[::10, -1] += 4000
    labels = (np.arange(len(X)) % 10 == 0).astype(int)
    search = GridSearchCV(
        ForecastDetector(units=4, epochs=3, random_state=0),
        {"cell": ["rnn", "gru"]},
        scoring="roc_auc",
        cv=2,
        error_score="raise",
    ).fit(X, labels)
    assert search.best_score_ > 0.9


# ------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"cell": "LSTM"}, "'rnn', 'lstm', 'gru'"),
        ({"units": 0}, "units must be a whole number"),
        ({"window": 0}, "window must be a whole number"),
        ({"output_scale": 0}, "output_scale must be a number above 0"),
        ({"scaling": "none"}, "scaling must be one of"),
    ],
)
def test_bad_parameters_are_refused(parameters, words):
    with pytest.raises(ValueError, match=words) as error:
        ForecastDetector(**parameters).fit_series(wave())
    assert "\n" not in str(error.value)


def test_windows_too_short_are_refused():
    with pytest.raises(ValueError, match="at least 2"):
        ForecastDetector().fit(np.ones((20, 1, 1)))
    with pytest.raises(ValueError, match="period = 48 needs 49"):
        SeasonalNaiveDetector().fit(np.ones((20, 48, 1)))
    with pytest.raises(ValueError, match="period must be"):
        SeasonalNaiveDetector(period=0).fit_series(wave())


def test_a_series_with_gaps_is_refused(small):
    series = wave(40)
    series[[7, 9]] = np.nan
    for method in (
        small.score_series,
        small.forecast_series,
        ForecastDetector().fit_series,
    ):
        with pytest.raises(ValueError, match="2 points with missing") as error:
            method(series)
        assert "position 7" in str(error.value)
    with pytest.raises(ValueError, match="does not fit"):
        small.score_series(wave(4))
    with pytest.raises(ValueError, match="series is None"):
        small.score_series(None)


def test_before_fit_there_is_no_forecast():
    for method in ("forecast", "forecast_series", "score_series"):
        with pytest.raises(NotFittedError, match="call fit"):
            getattr(ForecastDetector(), method)(wave())


# -------------------------------------------------------------- the reference's series


@pytest.fixture
def series(load_or_skip):
    """Return the training, validation and test series of the reference course."""
    first, second = (
        load_or_skip(f"krm_timeseries{number}").X.to_numpy().ravel()
        for number in (1, 2)
    )
    return first[:300], first[300:], second


def test_the_published_split_gives_the_published_windows(series):
    training, validation, test = series
    windows = [len(sliding_windows(part, 11)) for part in series]
    assert windows == [290, 143, 443]
    assert (len(training), len(validation), len(test)) == (300, 153, 453)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_faults_are_found_at_their_place_and_one_is_missed(series, seed):
    """The source marks 240 and 431, misses 239 and 115, with a threshold by eye."""
    training, validation, test = series
    detector = ForecastDetector(random_state=seed).fit_series(training)
    normal = detector.score_series(validation)[10:]
    threshold = mad_threshold(normal, 8)
    scores = detector.score_series(test)
    found = np.flatnonzero(scores > threshold)
    assert {239, 431} <= set(found)
    assert 115 not in found
    assert scores[115] < np.nanmax(scores[:100])  # less than what normal days do
    followers = {fault + step for fault in FAULTS for step in range(11)}
    assert len(set(found) - followers) <= 5  # kinks of normal days, as at 290
    # better than the published 0.00079, as a share of the range
    errors = (validation - detector.forecast_series(validation))[10:]
    assert np.mean((errors / np.ptp(training)) ** 2) < 0.0007


def test_the_naive_twin_finds_the_same_two_faults(series):
    training, validation, test = series
    detector = SeasonalNaiveDetector(period=48).fit_series(training)
    whole = np.concatenate([training, validation])
    threshold = np.nanmax(detector.score_series(whole)[300:])
    found = np.flatnonzero(detector.score_series(test) > threshold)
    assert found.tolist() == [239, 287, 431]  # 287 is 239 a day later


@pytest.mark.parametrize(
    ("series", "problem"),
    [
        (5.0, r"got shape \(\)"),
        ([], "does not fit into a series of 0"),
        (np.zeros((9, 2, 2)), r"got shape \(9, 2, 2\)"),
        ([1.0, np.nan, np.inf] * 9, "18 points with missing or infinite values, first"),
    ],
)
def test_what_is_no_series(series, problem):
    with pytest.raises(ValueError, match=problem):
        SeasonalNaiveDetector(period=3).fit_series(series)


def test_a_long_series_of_single_precision_is_not_copied():
    series = np.zeros((200_000, 20), dtype=np.float32)
    detector = SeasonalNaiveDetector(period=3).fit_series(series[:100])
    tracemalloc.start()
    detector.score_series(series)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.5 * series.nbytes
