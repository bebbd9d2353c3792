"""Ctrl-C while a network learns: what has been learned so far is kept."""

import signal
import subprocess
import sys
import warnings

import numpy as np
import pytest
from interrupts import pressed_after

from helpers.detectors import AutoencoderDetector

SCRIPT = """
import signal, sys, warnings
import numpy as np
from helpers.detectors import AutoencoderDetector
from helpers.networks import training

recorded = training._record

def record(engine, state, losses):
    recorded(engine, state, losses)
    if state.epochs == 3:
        print("now", flush=True)
        sys.stdin.readline()

training._record = record
X = np.random.default_rng(0).normal(size=(60, 3))
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    detector = AutoencoderDetector(epochs=100_000, patience=None, random_state=0).fit(X)
print(len(detector.history_["loss"]), len(detector.decision_function(X)))
print(said[0].message)
"""


def test_a_signal_from_outside_ends_a_first_training_with_what_it_has():
    run = subprocess.Popen(
        [sys.executable, "-c", SCRIPT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert run.stdout.readline() == "now\n"
        run.send_signal(signal.SIGINT)
        told = run.communicate("\n", timeout=60)[0].splitlines()
    finally:
        run.kill()
    assert run.returncode == 0
    assert told[0] == "3 60"
    assert told[1].startswith("training was interrupted after 3 of 100000 epochs; ")
    assert told[1].endswith("partial_fit(X, epochs=99997) goes on")


X = np.random.default_rng(0).normal(size=(60, 3))
SET = {"patience": None, "random_state": 0, "learning_rate": 0.05}


def test_the_best_weights_so_far_are_those_of_a_training_that_ends_there(monkeypatch):
    whole = AutoencoderDetector(epochs=4, **(SET | {"patience": 100})).fit(X)
    before = signal.getsignal(signal.SIGINT)
    pressed_after(monkeypatch, 4)
    with pytest.warns(UserWarning, match=r"after 4 of 50 epochs; .* \(epoch \d+\)"):
        cut = AutoencoderDetector(epochs=50, **SET).fit(X)
    assert signal.getsignal(signal.SIGINT) is before
    np.testing.assert_array_equal(cut.decision_scores_, whole.decision_scores_)
    assert cut.history_ == whole.history_
    cut.partial_fit(X, epochs=2)
    assert len(cut.history_["loss"]) == 6


def test_the_second_time_it_stops_at_once_and_nothing_is_left(monkeypatch):
    pressed_after(monkeypatch, 2, times=2)
    detector = AutoencoderDetector(epochs=50, **SET)
    before = dict(vars(detector))
    with pytest.raises(KeyboardInterrupt):
        detector.fit(X)
    assert vars(detector) == before


def test_further_training_is_left_as_it_was(monkeypatch):
    detector = AutoencoderDetector(epochs=2, **SET).fit(X)
    scores = detector.decision_scores_
    pressed_after(monkeypatch, 4)
    with pytest.raises(KeyboardInterrupt):
        detector.partial_fit(X, epochs=50)
    np.testing.assert_array_equal(detector.decision_scores_, scores)


def test_with_a_checkpoint_the_next_fit_goes_on(monkeypatch, tmp_path):
    kept = {**SET, "checkpoint": tmp_path / "state"}
    with monkeypatch.context() as patch:
        pressed_after(patch, 3)
        with pytest.raises(KeyboardInterrupt):
            AutoencoderDetector(epochs=5, **kept).fit(X)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        detector = AutoencoderDetector(epochs=5, **kept).fit(X)
    whole = AutoencoderDetector(epochs=5, **SET).fit(X)
    np.testing.assert_array_equal(detector.decision_scores_, whole.decision_scores_)
