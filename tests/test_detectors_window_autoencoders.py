"""Window autoencoders: what is rebuilt, which points are scored, where alarms stand."""

import keras
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from optional import needs_onnx
from sklearn.exceptions import NotFittedError

from helpers.detectors import Detector, WindowAutoencoderDetector
from helpers.detectors.windows import WindowDetector
from helpers.estimators import inputs
from helpers.networks import training
from helpers.networks.engines import variables_of
from helpers.networks.window_autoencoders import (
    WindowAutoencoderArrays,
    is_window_autoencoder,
)
from helpers.windows import point_scores, sliding_windows

FAULTS = {10: 12000, 50: 7000, 90: 10000, 150: 7000}  # as published, in timeseries4
SMALL = {"units": 6, "window": 6, "epochs": 30, "learning_rate": 0.02}


def wave(points=200, period=12, height=1000.0):
    return 5000 + height * np.sin(2 * np.pi * np.arange(points) / period)


def own_range_as(first, second):
    """Return the second series from the least to the largest value of the first."""
    share = (second - second.min()) / np.ptp(second)
    return first.min() + share * np.ptp(first)


class ZeroDetector(WindowDetector):
    """Rebuilds zeros, so that a step's error is its square: worked out by hand."""

    window: int = 5

    def _fit(self, X, y):
        self.scaler_ = self._fit_scaler(X)

    def _window(self):
        return self.window

    def _reconstruct(self, scaled):
        return np.zeros_like(scaled)


def zeros(points=60, window=5, features=1, **faults):
    """Return a detector of zeros, and a series with faults: at30=2.0 is a 2 at 30."""
    series = np.zeros((points, features))
    for place, value in faults.items():
        series[int(place[2:])] = value
    detector = ZeroDetector(scaling=None, window=window)
    noise = np.random.default_rng(0).normal(0, 0.01, (50, features))
    return detector.fit_series(noise), series


@pytest.fixture(scope="module")
def small():
    """Return an autoencoder of a wave, quickly trained."""
    return WindowAutoencoderDetector(**SMALL, random_state=0).fit_series(wave())


# ----------------------------------------------------------------------- the network


@pytest.mark.parametrize(
    ("cell", "features", "parameters"),
    [("gru", 1, 23301), ("lstm", 1, 30651), ("gru", 3, 23703)],
)
def test_parameters_by_cell_and_features(cell, features, parameters):
    series = np.tile(wave(453)[:, None], features)
    detector = WindowAutoencoderDetector.published(cell=cell, epochs=1, batch_size=448)
    assert detector.fit_series(series).network_.count_params() == parameters


def test_the_published_network_is_the_published_one():
    detector = WindowAutoencoderDetector.published(epochs=1).fit_series(wave(453)[:-1])
    assert detector.decision_scores_.shape == (448,)  # its loop ends one window early
    network = detector.network_
    kinds = [type(layer).__name__ for layer in network.layers[1:]]
    assert kinds == ["GRU", "RepeatVector", "GRU", "Dense"]
    assert network.input_shape == network.output_shape == (None, 5, 1)
    assert {network.layers[i].activation.__name__ for i in (1, 3)} == {"relu"}
    assert isinstance(network.optimizer, keras.optimizers.Adam)
    assert float(network.optimizer.learning_rate) == pytest.approx(0.001)
    assert network.loss == "mean_squared_error"
    stated = WindowAutoencoderDetector.published().get_params()
    assert stated["validation_fraction"] == 0
    assert (stated["epochs"], stated["batch_size"]) == (1000, 32)
    assert (stated["scaling"], stated["patience"]) == ("minmax", None)


@pytest.mark.parametrize(("window", "unrolled"), [(10, True), (11, False)])
def test_short_windows_are_unrolled(window, unrolled):
    detector = WindowAutoencoderDetector(
        window=window, epochs=1, units=2, batch_size=200
    ).fit_series(wave())
    assert detector.network_.layers[1].unroll is unrolled
    assert detector.network_.layers[3].unroll is unrolled


def test_long_windows_of_several_features_are_rebuilt():
    series = np.stack([wave(300), wave(300, period=25, height=3)], axis=1)
    detector = WindowAutoencoderDetector(
        window=96, epochs=2, units=5, batch_size=16, random_state=0
    )
    detector.fit_series(series)
    X = sliding_windows(series, 96)
    assert detector.reconstruct(X).shape == (205, 96, 2)
    assert detector.score_series(series).shape == (300,)
    assert np.isfinite(detector.score_series(series)).all()


# -------------------------------------------------------------- errors and their units


def test_a_score_is_the_mean_error_of_the_steps_in_units_of_the_scaler(small):
    X = sliding_windows(wave(60), 6)
    low, high = small.scaler_.data_min_, small.scaler_.data_max_
    by_hand = np.square((X - small.reconstruct(X)) / (high - low)).mean(axis=2)
    np.testing.assert_allclose(small.errors(X), by_hand, rtol=1e-5, atol=1e-12)
    expected = small.errors(X).mean(axis=1)
    np.testing.assert_allclose(small.decision_function(X), expected)


def test_what_is_rebuilt_comes_near_to_a_wave_and_not_to_a_fault(small):
    X = sliding_windows(wave(60), 6)
    assert np.abs(small.reconstruct(X) - X).mean() < 200  # of a wave of 4000 .. 6000
    changed = X[:1].copy()
    changed[0, 3] += 1500
    ratio = small.decision_function(changed) / small.decision_function(X[:1])
    assert ratio > 20


def test_series_and_windows_agree(small):
    series = wave(60)
    errors = small.errors(sliding_windows(series, 6))
    for reduce in ("max", "mean"):
        expected = point_scores(errors, n_points=60, window=6, reduce=reduce)
        found = small.score_series(series, reduce=reduce)
        np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_fit_series_is_fit_on_its_windows():
    quick = {"window": 3, "units": 2, "epochs": 1, "batch_size": 64, "random_state": 0}
    one = WindowAutoencoderDetector(**quick).fit_series(wave(60))
    other = WindowAutoencoderDetector(**quick).fit(sliding_windows(wave(60), 3))
    np.testing.assert_array_equal(one.decision_scores_, other.decision_scores_)


def test_fit_series_with_a_stride_is_fit_on_some_windows():
    detector = WindowAutoencoderDetector(window=10, epochs=1, units=2, batch_size=64)
    detector.fit_series(wave(203), stride=10)
    assert detector.decision_scores_.shape == (20,)


def test_a_frame_and_a_column_are_series_too(small):
    series = wave(30)
    frame = pd.DataFrame({"load": series})
    expected = small.score_series(series)
    np.testing.assert_array_equal(small.score_series(frame), expected)
    np.testing.assert_array_equal(small.score_series(frame["load"]), expected)
    np.testing.assert_array_equal(small.score_series(series.tolist()), expected)


# ------------------------------------------------------------------ a score per point


def test_a_point_has_its_largest_or_mean_error_and_none_where_nothing_covers_it():
    detector, series = zeros(points=13, at6=2.0)
    scores = detector.score_series(series, stride=3)
    assert np.flatnonzero(scores == 4).tolist() == [6]
    assert np.isnan(scores).nonzero()[0].tolist() == [11, 12]
    mean = detector.score_series(series, stride=3, reduce="mean")
    assert mean[6] == 4


@given(fault=st.integers(0, 49), stride=st.integers(1, 5), reduce=st.sampled_from("ab"))
def test_a_fault_is_scored_where_it_is(fault, stride, reduce):
    detector, series = zeros(points=50, features=2, **{f"at{fault}": 3.0})
    reduce = {"a": "max", "b": "mean"}[reduce]
    scores = detector.score_series(series, stride=stride, reduce=reduce)
    found = np.flatnonzero(scores > 0).tolist()
    assert found == ([fault] if not np.isnan(scores[fault]) else [])


@pytest.mark.parametrize("reduce", ["max", "mean"])
@pytest.mark.parametrize("stride", [1, 2, 7])
def test_errors_that_are_worked_on_in_parts_give_the_same(monkeypatch, reduce, stride):
    detector, series = zeros()
    series += np.random.default_rng(0).normal(size=series.shape)
    whole = detector.score_series(series, stride=stride, reduce=reduce)
    monkeypatch.setattr(inputs, "BLOCK_VALUES", 15)
    parts = detector.score_series(series, stride=stride, reduce=reduce)
    np.testing.assert_array_equal(parts, whole)


# ---------------------------------------------------------------- alarms are runs


def test_a_run_of_windows_is_one_alarm_with_a_position():
    detector, series = zeros(at20=1.0, at21=2.0, at40=2.0)
    runs = detector.alarms(series, 0.5)
    assert runs.to_dict("list") == {
        "first window": [17, 36],
        "last window": [21, 40],
        "peak window": [17, 36],
        "score": [1.0, 0.8],
        "position": [21, 40],
    }


def test_the_published_mark_can_be_a_point_late_and_the_peak_is_not():
    # a small value in front lets the alarm begin where the fault has come in already
    detector, series = zeros(at30=1.5, at33=1.2)
    assert detector.alarms(series, 0.6)["position"].tolist() == [33]
    assert detector.alarms(series, 0.6, mark="peak")["position"].tolist() == [30]


@pytest.mark.parametrize(("mark", "position"), [("first", 4), ("peak", 1)])
def test_a_fault_in_the_first_window_is_marked_at_its_end_or_where_it_is(
    mark, position
):
    detector, series = zeros(at1=2.0)
    runs = detector.alarms(series, 0.5, mark=mark)
    assert runs["position"].tolist() == [position]
    assert runs["first window"].tolist() == [0]


@pytest.mark.parametrize(("mark", "position"), [("first", 32), ("peak", 30)])
def test_positions_are_points_of_the_series_whatever_the_stride(mark, position):
    detector, series = zeros(at30=2.0)
    runs = detector.alarms(series, 0.5, mark=mark, stride=4)
    assert runs["first window"].tolist() == [7]
    assert runs["position"].tolist() == [position]


@given(fault=st.integers(0, 59), window=st.integers(1, 9))
def test_a_peak_is_the_fault_wherever_it_is(fault, window):
    detector, series = zeros(window=window, **{f"at{fault}": 4.0})
    runs = detector.alarms(series, 0.5, mark="peak")
    assert runs["position"].tolist() == [fault]


@pytest.mark.parametrize("mark", ["first", "peak"])
def test_without_alarms_the_table_is_empty_and_of_the_same_kind(mark):
    detector, series = zeros(at30=2.0)
    some, none = (detector.alarms(series, level, mark=mark) for level in (0.5, 99))
    assert len(none) == 0
    assert none.dtypes.to_dict() == some.dtypes.to_dict()


def test_a_score_at_the_threshold_is_no_alarm_and_the_own_threshold_is_the_default():
    detector, series = zeros(at30=2.0)
    assert len(detector.alarms(series, 0.8)) == 0
    detector.threshold_ = 0.79
    assert detector.alarms(series).equals(detector.alarms(series, 0.79))
    assert len(detector.alarms(series)) == 1


def test_the_published_faults_are_found(load_or_skip):
    first, fourth = (
        load_or_skip(f"krm_timeseries{number}").X.to_numpy().ravel()
        for number in (1, 4)
    )
    fourth = fourth.copy()
    fourth[list(FAULTS)] = list(FAULTS.values())
    fast = {"activation": "tanh", "epochs": 150, "learning_rate": 0.01}
    detector = WindowAutoencoderDetector.published(
        **fast, falling_rate=True, random_state=0
    ).fit_series(first[:-1])
    runs = detector.alarms(own_range_as(first, fourth), 0.001)
    assert np.abs(runs["position"].to_numpy() - list(FAULTS)).max() <= 1


# -------------------------------------------------------------------------- training


def test_the_last_windows_are_kept_for_validation():
    detector = WindowAutoencoderDetector(validation_fraction=0.1)
    rows, held_out = detector._split(195)
    assert np.array_equal(np.r_[rows, held_out], np.arange(195))
    assert len(held_out) == 20


def test_a_falling_rate_ends_near_zero_on_half_a_cosine():
    shares = [training._share_of_rate(done, 8) for done in range(8)]
    assert shares[0] == 1
    assert shares[4] == pytest.approx(0.5)
    assert shares == sorted(shares, reverse=True)
    assert 0 < shares[-1] < 0.05


@pytest.mark.parametrize(("falling", "share"), [(True, 0.5), (False, 1.0)])
def test_the_rate_falls_only_where_it_should(falling, share):
    detector = WindowAutoencoderDetector(
        units=2, epochs=2, learning_rate=0.02, falling_rate=falling
    ).fit_series(wave(40))
    rate = float(detector.network_.optimizer.learning_rate)
    assert rate == pytest.approx(0.02 * share)


def test_an_interrupted_falling_rate_goes_on_where_it_was(tmp_path, monkeypatch):
    parameters = {"window": 3, "epochs": 4, "batch_size": 64, "random_state": 0}
    expected = WindowAutoencoderDetector(**parameters).fit_series(wave(40))
    written = training.write_checkpoint

    def stop_after_two(path, state, key, seed):
        written(path, state, key, seed)
        if state.epochs == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(training, "write_checkpoint", stop_after_two)
    detector = WindowAutoencoderDetector(**parameters, checkpoint=tmp_path / "it")
    with pytest.raises(KeyboardInterrupt):
        detector.fit_series(wave(40))
    monkeypatch.setattr(training, "write_checkpoint", written)
    detector.fit_series(wave(40))
    assert detector.history_ == expected.history_
    np.testing.assert_array_equal(detector.decision_scores_, expected.decision_scores_)


def test_saved_loaded_and_trained_on(small, tmp_path):
    small.save(tmp_path / "autoencoder")
    loaded = Detector.load(tmp_path / "autoencoder")
    series = wave(40)
    np.testing.assert_array_equal(
        loaded.score_series(series), small.score_series(series)
    )
    assert loaded.alarms(series).equals(small.alarms(series))
    loaded.partial_fit(sliding_windows(wave(), 6), epochs=3)
    assert loaded.history_["loss"][:-3] == small.history_["loss"]
    assert loaded.history_["loss"][-1] < small.history_["loss"][0] / 10


# ------------------------------------------------------------ what computes the scores


class DenseWindows(WindowAutoencoderDetector):
    """A subclass with another network, which NumPy has no way to compute."""

    def _build(self, seed):
        shape = (self.n_steps_in_, self.n_features_in_)
        layers = keras.layers
        network = keras.Sequential(
            [
                keras.Input(shape),
                layers.Flatten(),
                layers.Dense(3),
                layers.Dense(shape[0] * shape[1]),
                layers.Reshape(shape),
            ]
        )
        return self._compile(network, "mean_squared_error")


def test_another_network_of_a_subclass_is_computed_by_keras(tmp_path):
    detector = DenseWindows(epochs=2, window=4, random_state=0).fit_series(wave(60))
    assert detector.arrays_ is None
    X = sliding_windows(wave(60), 4)
    scaled = detector._scaled(X)
    said = np.asarray(detector.network_(scaled.astype(np.float32)))
    expected = np.square(scaled - said).mean(axis=(1, 2))
    np.testing.assert_allclose(detector.decision_function(X), expected, rtol=1e-4)
    detector.save(tmp_path / "it")
    np.testing.assert_array_equal(
        Detector.load(tmp_path / "it").score_series(wave(60)),
        detector.score_series(wave(60)),
    )


@needs_onnx
def test_another_network_of_a_subclass_is_no_onnx_file(tmp_path):
    detector = DenseWindows(epochs=1, window=4).fit_series(wave(60))
    with pytest.raises(NotImplementedError, match="doesn't define _onnx_scores"):
        detector.to_onnx(tmp_path / "it.onnx")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"activation": "elu"},
        {"recurrent_activation": "hard_sigmoid"},
        {"use_bias": False},
        {"reset_after": False},
        {"go_backwards": True},
        {"stateful": True},
    ],
    ids=str,
)
def test_only_grus_that_numpy_gets_right_are_left_to_it(changes):
    layers = keras.layers
    network = keras.Sequential(
        [
            keras.Input((3, 1), batch_size=1),
            layers.GRU(3, **changes),
            layers.RepeatVector(3),
            layers.GRU(3, return_sequences=True),
            layers.Dense(1),
        ]
    )
    assert is_window_autoencoder(network) is (not changes)
    X = np.random.default_rng(0).random((1, 3, 1), np.float32)
    if not changes:
        variables = [np.array(v.numpy()) for v in variables_of(network)]
        said = WindowAutoencoderArrays(network).say(X, variables)
        np.testing.assert_allclose(said, network(X).numpy(), atol=1e-5)


def test_many_windows_are_scored_in_few_passes_over_the_steps(small, monkeypatch):
    say, calls = small.arrays_.say, []

    def counted(x, variables):
        calls.append(len(x))
        return say(x, variables)

    monkeypatch.setattr(small.arrays_, "say", counted)
    small.decision_function(sliding_windows(wave(3000), 6))
    assert len(calls) == 1


# ------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"cell": "rnn"}, "'gru', 'lstm'"),
        ({"activation": "gelu"}, "'tanh', 'relu'"),
        ({"units": 0}, "units must be a whole number"),
        ({"window": 0}, "window must be a whole number"),
        ({"window": 2.5}, "window must be a whole number"),
        ({"falling_rate": "yes"}, "falling_rate must be True or False"),
        ({"scaling": "none"}, "scaling must be one of"),
        ({"window": 300}, "does not fit into a series of 200; choose a shorter"),
    ],
)
def test_bad_parameters_are_refused(parameters, words):
    with pytest.raises(ValueError, match=words) as error:
        WindowAutoencoderDetector(**parameters).fit_series(wave())
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("series", "options", "words"),
    [
        (np.r_[wave(20), np.nan], {}, "1 points with missing .* position 20; fill"),
        (wave(5), {}, "window of 6 points does not fit into a series of 5"),
        (np.zeros((30, 2)), {}, "X has 2 features, but WindowAuto.* expecting 1"),
        ("text", {}, "series"),
        (None, {}, "series"),
        (np.zeros((2, 3, 4)), {}, r"series must be \(n_points,\)"),
        (wave(20), {"stride": 0}, "stride must be a whole number"),
    ],
)
@pytest.mark.parametrize("ask", ["score_series", "alarms"])
def test_bad_series_are_refused(small, ask, series, options, words):
    with pytest.raises(ValueError, match=words) as error:
        getattr(small, ask)(series, **options)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("ask", "options", "words"),
    [
        ("score_series", {"reduce": "median"}, "reduce must be one of 'max', 'mean'"),
        ("alarms", {"mark": "last"}, "mark must be one of 'first', 'peak'"),
        ("alarms", {"threshold": np.nan}, "threshold must be one number"),
        ("alarms", {"threshold": [1, 2]}, "threshold must be one number"),
    ],
)
def test_bad_choices_are_refused(small, ask, options, words):
    with pytest.raises(ValueError, match=words) as error:
        getattr(small, ask)(wave(30), **options)
    assert "\n" not in str(error.value)


def test_windows_of_another_length_are_refused(small):
    for ask in (small.errors, small.reconstruct, small.decision_function):
        with pytest.raises(ValueError, match="expecting 6 steps per window"):
            ask(sliding_windows(wave(30), 7))


@pytest.mark.parametrize(
    "ask", ["errors", "reconstruct", "score_series", "alarms", "decision_function"]
)
def test_before_fit_nothing_is_said(ask):
    detector = WindowAutoencoderDetector()
    with pytest.raises(NotFittedError, match="call fit"):
        getattr(detector, ask)(np.zeros((4, 10, 1))[:, :, 0])
