"""The benchmark of a GPU: a table where there is one, else a line."""

import numpy as np
import pytest

from benchmarks import gpu
from benchmarks.__main__ import run
from benchmarks.results import Units

NUMPY, KERAS = "autoencoder 64-512-256-32", "forecaster, LSTM 128"


@pytest.fixture
def without(monkeypatch):
    monkeypatch.setattr(gpu, "gpus", list)


def test_without_a_gpu_it_is_skipped_in_a_line_and_a_table_stays(tmp_path, without):
    (tmp_path / "gpu.md").write_text("of a GPU")
    told = run("gpu", tmp_path)
    assert told == "skipped: TensorFlow sees no GPU on this machine"
    assert (tmp_path / "gpu.md").read_text() == "of a GPU"
    assert len(list(tmp_path.iterdir())) == 1


def test_without_a_gpu_a_first_table_says_that_nothing_was_measured(tmp_path, without):
    assert run("gpu", tmp_path).startswith("skipped: ")
    assert (tmp_path / "gpu.csv").read_text(encoding="utf-8").splitlines() == [
        "what,found",
        'GPUs that TensorFlow saw where this was run,"none, so nothing was measured"',
    ]
    told = (tmp_path / "gpu.md").read_text(encoding="utf-8")
    assert all(name in told for name in gpu.NETWORKS)


def test_the_table_of_a_gpu(tmp_path, monkeypatch):
    """The GPU trains twice as fast as the CPU in the first run, then four times."""

    def measured(*, name, place, repeat):
        speeds = {"CPU": 100.0, "GPU": (200.0, 400.0, 400.0)[repeat]}
        return {
            f"{batch} {precision}": {
                "trained": speeds[place],
                "scored": 100.0 if place == "CPU" else 1500.0,
                "loss": 0.5 if batch == gpu.BATCHES[0] else 1.0,
            }
            for batch in gpu.BATCHES
            for precision in gpu.NETWORKS[name].ways(place)
        }

    monkeypatch.setattr(gpu, "gpus", lambda: ["Tesla T4"])
    monkeypatch.setattr(gpu, "measured", measured)
    monkeypatch.setattr(gpu, "code_of", lambda *names: "")
    units = Units(tmp_path / "u.jsonl", "code")
    table = gpu.table(units)
    assert units.computed == 2 * 3 * len(gpu.NETWORKS)
    assert table.notes[0].startswith("GPU: Tesla T4. CPU: ")
    rows = {row[:4]: row[4:] for row in table.rows}
    assert rows[KERAS, "64", "CPU", "float32"] == (
        *("100", "1.0", "–"),
        *("100", "1.0", "1.00"),
    )
    assert rows[KERAS, "1024", "GPU", "mixed_float16"] == (
        *("400", "4.0", "2.00 to 4.00"),
        *("1500", "15.0", "2.00"),
    )
    assert (NUMPY, "64", "GPU", "float32") not in rows
    assert len(rows) == len(table.rows) == 3 * (6 + 6 + 5 + 5)


def test_what_is_measured_is_trained_in_each_precision(monkeypatch):
    monkeypatch.setattr(gpu, "ROWS", 64)
    monkeypatch.setattr(gpu, "BATCHES", (64,))
    found = gpu.of_network(NUMPY, "GPU", 0)
    assert list(found) == ["64 mixed_bfloat16", "64 mixed_float16"]
    for run_ in found.values():
        assert run_["trained"] > 0
        assert run_["scored"] > 0
        assert 0 < run_["loss"] < 1  # 1 is that of the mean


@pytest.mark.parametrize("name", gpu.NETWORKS)
def test_its_rows_are_of_the_shape_a_network_reads(name, monkeypatch):
    monkeypatch.setattr(gpu, "ROWS", 50)
    shape = gpu.NETWORKS[name].shape
    X = gpu.made(shape, 0)
    assert X.shape == (50, *shape)
    assert np.array_equal(X, gpu.made(shape, 0))
    assert not np.array_equal(X, gpu.made(shape, 1))
    assert 0.5 < X.std() < 1
