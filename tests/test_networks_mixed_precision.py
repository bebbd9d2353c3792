"""`precision="mixed"`: float16 products in training, float32 everywhere else."""

import keras
import numpy as np
import pytest

from benchmarks import gpu
from benchmarks.__main__ import run
from helpers.detectors import (
    AutoencoderDetector,
    BiGANDetector,
    Detector,
    ForecastDetector,
    VAEDetector,
)

ROWS = np.random.default_rng(0).normal(size=(160, 4)) @ np.diag([1, 2, 3, 4])
WINDOWS = np.random.default_rng(1).normal(size=(160, 8, 2))
QUICK = {"epochs": 4, "batch_size": 32, "random_state": 0, "progress": False}
CASES = [
    (AutoencoderDetector, ROWS),
    (VAEDetector, ROWS),
    (BiGANDetector, ROWS),
    (ForecastDetector, WINDOWS),
]


def fitted(cls, X, **changes):
    return cls(**(QUICK | changes)).fit(X)


def seen_dtypes(monkeypatch):
    """Return a list to which each training adds the policy of its network."""
    from helpers.networks import training

    seen, found = [], training.train

    def train(network, *arguments, **options):
        seen.append(network.dtype_policy.name)
        return found(network, *arguments, **options)

    monkeypatch.setattr(training, "train", train)
    return seen


@pytest.mark.parametrize(("cls", "X"), CASES, ids=lambda case: str(case)[:40])
def test_mixed_trains_in_float16_and_scores_as_single_does(cls, X, monkeypatch):
    seen = seen_dtypes(monkeypatch)
    single, mixed = fitted(cls, X), fitted(cls, X, precision="mixed")
    assert seen == ["float32", "mixed_float16"]
    assert mixed.network_.dtype_policy.name == "float32"
    kinds = {v.dtype.kind + str(v.dtype.itemsize) for v in mixed.state_.variables}
    assert "f2" not in kinds
    ours, theirs = (d.decision_function(X) for d in (mixed, single))
    assert ours.dtype == np.float64
    assert not np.array_equal(ours, theirs)
    if cls is BiGANDetector:  # two networks that chase each other drift apart
        assert np.corrcoef(ours, theirs)[0, 1] > 0.95
    else:
        np.testing.assert_allclose(ours, theirs, rtol=0.1, atol=0.02 * theirs.std())
    losses = mixed.history_["loss"], single.history_["loss"]
    np.testing.assert_allclose(*losses, rtol=0.02)


def test_single_is_what_nobody_asks_for(monkeypatch):
    seen = seen_dtypes(monkeypatch)
    assert AutoencoderDetector().precision == "single"
    fitted(AutoencoderDetector, ROWS)
    assert seen == ["float32"]


def test_the_users_own_policy_comes_back():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float64")
    try:
        fitted(AutoencoderDetector, ROWS, precision="mixed")
        assert keras.config.dtype_policy().name == "float64"
        assert keras.config.floatx() == "float32"
    finally:
        keras.config.set_dtype_policy(before)


def test_a_file_keeps_scores_and_goes_on_in_mixed_precision(tmp_path, monkeypatch):
    detector = fitted(ForecastDetector, WINDOWS, precision="mixed")
    detector.save(tmp_path / "d")
    loaded = Detector.load(tmp_path / "d")
    scores = detector.decision_function(WINDOWS)
    assert np.array_equal(loaded.decision_function(WINDOWS), scores)
    seen = seen_dtypes(monkeypatch)
    for each in (detector, loaded):
        each.partial_fit(WINDOWS, epochs=2)
    assert seen == ["mixed_float16"] * 2
    again, ours = (each.decision_function(WINDOWS) for each in (loaded, detector))
    np.testing.assert_allclose(again, ours, rtol=1e-3)
    assert len(loaded.history_["loss"]) == 6


def test_going_on_compiles_nothing_and_heeds_the_learning_rate():
    detector = fitted(ForecastDetector, WINDOWS, precision="mixed")
    before = vars(detector.network_)["workshop_mixed"]
    detector.set_params(learning_rate=0.5)
    detector.partial_fit(WINDOWS, epochs=1)
    assert vars(detector.network_)["workshop_mixed"] is before
    assert float(before.optimizer.learning_rate) == 0.5


def test_precision_cannot_change_while_training_goes_on():
    detector = fitted(AutoencoderDetector, ROWS)
    detector.set_params(precision="mixed")
    with pytest.raises(ValueError, match=r"\(precision\) stays as it was in fit"):
        detector.partial_fit(ROWS)


def test_a_file_from_before_goes_on():
    detector = fitted(AutoencoderDetector, ROWS)
    del detector.built_with_["precision"], detector.fitted_with_["precision"]
    vars(detector).pop("precision", None)
    assert len(detector.partial_fit(ROWS, epochs=1).history_["loss"]) == 5


def test_another_precision_is_refused():
    with pytest.raises(ValueError, match="precision must be"):
        fitted(AutoencoderDetector, ROWS, precision="half")


# ------------------------------------------------------------------- its benchmark


def test_without_a_gpu_the_benchmark_is_skipped_in_a_line(tmp_path, monkeypatch):
    monkeypatch.setattr(gpu, "gpus", list)
    (tmp_path / "gpu.md").write_text("of a GPU")
    told = run("gpu", tmp_path)
    assert told == "skipped: TensorFlow sees no GPU on this machine"
    assert (tmp_path / "gpu.md").read_text() == "of a GPU"
    assert len(list(tmp_path.iterdir())) == 1


def test_without_a_gpu_a_first_table_says_that_nothing_was_measured(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(gpu, "gpus", list)
    assert run("gpu", tmp_path) == "wrote gpu.md"
    text = (tmp_path / "gpu.md").read_text(encoding="utf-8")
    assert "**Not measured yet**: TensorFlow saw no GPU" in text
    assert "| BiGAN, 64 features | 64 | GPU | mixed | – | – | – |" in text


def test_the_table_of_a_gpu(tmp_path, monkeypatch):
    from benchmarks.results import Units

    def measured(*, name, batch, repeat):
        return {
            "CPU single": {"seconds": 8.0, "loss": 0.5},
            "GPU single": {"seconds": 4.0 - repeat, "loss": 0.5},
            "GPU mixed": {"seconds": 1.0, "loss": 0.51},
        }

    monkeypatch.setattr(gpu, "gpus", lambda: ["one"])
    monkeypatch.setattr(gpu, "measured", measured)
    rows = gpu.table(Units(tmp_path / "u.jsonl", "code")).rows
    assert len(rows) == 3 * len(gpu.DETECTORS) * len(gpu.BATCHES)
    assert [row[3:] for row in rows[:3]] == [
        ("single", "1.0", "–", "1.000"),
        ("single", "2.7", "2.00 to 4.00", "1.000"),
        ("mixed", "8.0", "–", "1.020"),
    ]


def test_what_is_measured_trains_in_each_way(monkeypatch):
    monkeypatch.setattr(gpu, "ROWS", 64)
    monkeypatch.setattr(gpu, "WAYS", [("CPU", "single"), ("CPU", "mixed")])
    found = gpu.measured(name="forecaster, LSTM 128", batch=32, repeat=0)
    assert list(found) == ["CPU single", "CPU mixed"]
    assert all(each["seconds"] > 0 for each in found.values())
    losses = [each["loss"] for each in found.values()]
    assert losses[1] == pytest.approx(losses[0], rel=0.02)
