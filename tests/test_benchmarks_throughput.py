"""The benchmark of windows per second, on one small detector and short streams."""

import pytest

from benchmarks import throughput
from benchmarks.results import Units
from helpers.detectors import WindowAutoencoderDetector


@pytest.fixture
def small(monkeypatch):
    quick = {"units": 2, "epochs": 1, "random_state": 0}
    detectors = {"small": (lambda: WindowAutoencoderDetector(**quick), (4, 2))}
    for name, value in {
        "DETECTORS": detectors,
        "STREAMED": "small",
        "SIZES": (1, 20),
        "REPEATS": range(2),
        "LONG_STREAM": 2560,
        "_gain_of_two": lambda seed: 1.5 + seed,  # starts processes
    }.items():
        monkeypatch.setattr(throughput, name, value)


def test_lines_of_calls_and_of_streams(small, tmp_path):
    units = Units(tmp_path / "units.jsonl", "code")
    tables = throughput.table(units)
    calls, streams = tables["throughput"].rows, tables["throughput_streams"].rows
    assert [row[:3] for row in calls] == [
        ("small", size, other)
        for size in ("1", "20")
        for other in (throughput.PREDICT, throughput.ONE_BATCH)
    ]
    assert [row[3] for row in calls] == ["15", "–", "–", "–"]
    assert all(float(row[4]) > 0 for row in calls)
    assert streams[1][1:] == ("2", "1.5 to 2.5")
    assert units.computed == 4


def test_memory_is_told_in_megabytes():
    held = bytearray(b"x" * 300 * 2**20)
    assert len(held) / 2**20 < throughput.megabytes() < 50_000
