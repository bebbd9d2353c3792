"""The benchmark of times to score, on one small detector, and on made-up ratios."""

import pytest

from benchmarks import scoring_times
from benchmarks.results import NOTHING, Units
from helpers.detectors import AutoencoderDetector, VAEDetector


@pytest.fixture
def small(monkeypatch):
    quick = {"epochs": 1, "hidden_layers": (2,), "random_state": 0}
    detectors = {
        "autoencoder": (lambda: AutoencoderDetector(**quick), 0),
        "VAE, 16 draws": (lambda: VAEDetector(**quick), 0),
    }
    monkeypatch.setattr(scoring_times, "DETECTORS", detectors)
    monkeypatch.setattr(scoring_times, "SIZES", (1, 20))
    monkeypatch.setattr(scoring_times, "REPEATS", range(2))


def test_each_detector_and_size_has_a_line(small, tmp_path):
    units = Units(tmp_path / "units.jsonl", "code")
    table = scoring_times.table(units)
    assert [row[:2] for row in table.rows] == [
        ("autoencoder", "1"), ("autoencoder", "20"),
        ("VAE, 16 draws", "1"), ("VAE, 16 draws", "20"),
    ]  # fmt: skip
    assert units.computed == 2
    keras = {row[0]: row[4] for row in table.rows}
    assert keras["VAE, 16 draws"] == NOTHING
    assert float(keras["autoencoder"]) > 0


def test_without_onnx_its_cells_are_empty(small, tmp_path, monkeypatch):
    monkeypatch.setattr(scoring_times, "_onnx_scores", lambda detector, folder: None)
    table = scoring_times.table(Units(tmp_path / "units.jsonl", "code"))
    assert {row[2] for row in table.rows} == {NOTHING}
