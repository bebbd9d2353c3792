"""The benchmark of large tables: its rows, what it kills, and its table."""

import numpy as np
import pandas as pd

from benchmarks import scoring_scale
from benchmarks.results import NOTHING, Units


def test_rows_are_the_same_each_time_and_as_many_as_asked_for(tmp_path, monkeypatch):
    monkeypatch.setattr(scoring_scale, "_BLOCK", 40)
    for name in ("a", "b"):
        scoring_scale.make_rows(100, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    found = pd.read_csv(tmp_path / "a")
    assert found.shape == (100, scoring_scale.FEATURES)
    assert not found.duplicated().any()
    assert abs(found.to_numpy().mean()) < 0.1


def test_something_happens_once_when_half_is_scored(tmp_path):
    happened = []
    what = lambda process: not happened.append(1)  # noqa: E731
    half = scoring_scale.Half(tmp_path / "part", 100.0, what)
    process = type("Process", (), {"pid": 2**30})
    for size in (0, 49, 50, 90):
        (tmp_path / "part").write_bytes(b"x" * size)
        half(process, 0.0)
        assert len(happened) == (size >= 50)


def test_the_table_says_what_was_lost(tmp_path, monkeypatch):
    def scored(*, way, rows, folder):
        killed = way == "command killed"
        return {
            "status": [0],
            "happened": True,
            "wall": {"processes 1": 90.0, "Dask 1": 80.0}.get(way, 50.0),
            "cpu": 1.0,
            "megabytes": 190.4 + rows / 1e7,
            "all megabytes": 500.0,
            "bytes": "other" if way == "worker killed" else "one",
            "went_on_from": 5001 if killed else 1,
        }

    monkeypatch.setattr(scoring_scale, "scored", scored)
    monkeypatch.setattr(scoring_scale, "DASK", ("Dask 1", "Dask 2"))
    monkeypatch.setattr(scoring_scale, "code_of", lambda *names: "")
    for name in ("make_rows", "make_detector"):
        monkeypatch.setattr(scoring_scale, name, lambda *arguments: None)
    table = scoring_scale.table(Units(tmp_path / "u.jsonl", "code"))
    found = {row[0]: row[2:] for row in table.rows}
    ratio = "time of one, that of two = 1: "
    assert found[f"{ratio}processes, 10 million rows"] == ("1.80", NOTHING)
    assert found[f"{ratio}Dask, 1 million rows"] == ("1.60", NOTHING)
    assert f"{ratio}Dask, 10 million rows" not in found
    assert found["MB of the command, 1 million rows, 1 at work"] == ("190", NOTHING)
    assert found["MB of the command, 10 million rows, 2 at work"] == ("191", NOTHING)
    of_all = "MB of all its processes, 10 million rows, 2 at work"
    assert found[of_all] == ("500", NOTHING)
    assert found["bytes, 1 million rows, Dask 2"][0] == "the same"
    assert found["bytes, 10 million rows, worker killed"][0] == "others"
    assert found["bytes, 10 million rows, command killed"][0] == "the same"
    assert "bytes, 10 million rows, processes 1" not in found
    again = found["command killed half-way, and called again"]
    assert again[0] == "goes on from row 5,001"
    assert np.size(table.rows[0]) == len(table.columns)
