"""What NumPy says of a trained network is what Keras says of it."""

import numpy as np
import pytest

from helpers.classifiers import RNNClassifier
from helpers.detectors import (
    BiGANDetector,
    ForecastDetector,
    Seq2SeqDetector,
    WindowAutoencoderDetector,
)
from helpers.estimators import trained

QUICK = {"epochs": 1, "random_state": 0}


def by_keras(detector, inputs):
    return np.asarray(detector.network_(inputs.astype(np.float32), training=False))


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize("steps", [1, 11])
@pytest.mark.parametrize("output_scale", [1.0, 7.0])
def test_a_forecast_is_that_of_keras(cell, steps, output_scale):
    windows = np.random.default_rng(0).random((70, steps + 1, 2))
    detector = ForecastDetector(cell=cell, output_scale=output_scale, units=5, **QUICK)
    scaled = detector.fit(windows)._scaled(windows)[:, :-1]
    said = detector._computed(detector.arrays_.say, scaled)
    np.testing.assert_allclose(said, by_keras(detector, scaled), atol=1e-5)


def test_many_windows_are_left_to_keras(monkeypatch):
    windows = np.random.default_rng(0).random((70, 5, 2))
    detector = ForecastDetector(units=5, **QUICK).fit(windows)
    few = detector.decision_function(windows)
    monkeypatch.setattr(trained, "_COMPILED_FROM_STEPS", 70 * 4)
    monkeypatch.delattr(detector.arrays_.__class__, "say")
    np.testing.assert_allclose(detector.decision_function(windows), few, rtol=1e-4)


@pytest.mark.parametrize("cell", ["gru", "lstm"])
@pytest.mark.parametrize("activation", ["tanh", "relu"])
@pytest.mark.parametrize("steps", [1, 11])
def test_a_rebuilt_window_is_that_of_keras(cell, activation, steps):
    windows = np.random.default_rng(0).random((70, steps, 2))
    parameters = {"cell": cell, "activation": activation, "units": 5}
    detector = WindowAutoencoderDetector(**parameters, **QUICK).fit(windows)
    scaled = detector._scaled(windows)
    said = detector._computed(detector.arrays_.say, scaled)
    np.testing.assert_allclose(said, by_keras(detector, scaled), atol=1e-5)


@pytest.mark.parametrize("forcing", ["never", "always"])
def test_a_retold_row_is_that_of_keras(forcing):
    rows = np.random.default_rng(0).random((70, 6))
    detector = Seq2SeqDetector(units=3, teacher_forcing=forcing, **QUICK).fit(rows)
    scaled = detector._scaled(rows)
    retold = np.roll(by_keras(detector, scaled), 1, axis=1)
    np.testing.assert_allclose(detector._reconstruct(scaled), retold, atol=1e-5)


def test_what_a_bigan_rebuilds_is_that_of_keras():
    rows = np.random.default_rng(0).random((70, 6))
    detector = BiGANDetector(hidden_layers=(8, 4), **QUICK).fit(rows)
    rebuilt = detector._unscaled(by_keras(detector, detector._scaled(rows)))
    np.testing.assert_allclose(detector.reconstruct(rows), rebuilt, atol=1e-5)


@pytest.mark.parametrize("per_step", [True, False])
@pytest.mark.parametrize(
    "cell", [{"cell": "rnn"}, {"cell": "gru"}, {"cell": "lstm"}, {"peepholes": True}]
)
def test_probabilities_are_those_of_keras(cell, per_step):
    X = np.random.default_rng(0).random((40, 7, 3))
    y = (X[..., 0] > 0.5).astype(int)
    classifier = RNNClassifier(**cell, **QUICK).fit(X, y if per_step else y[:, 0])
    wanted = by_keras(classifier, classifier._scaled(X))
    np.testing.assert_allclose(classifier.predict_proba(X), wanted, atol=1e-5)
