"""The benchmark of event logs, on short traces and a network that takes no time."""

import numpy as np
import pytest

from benchmarks import traces, traces_tables
from benchmarks.results import Units
from helpers.datasets import DatasetUnavailable
from helpers.datasets.sessions import HdfsSessions
from helpers.detectors import EventSeq2SeqDetector

TIMES = {
    "train": {"loop, compiled": 10.0, "kit": 20.0},
    "decode": {"loop, eager": 1.0, "loop, compiled": 5.0, "kit": 15.0},
}


def small_network(seed):
    return EventSeq2SeqDetector(
        units=4, embedding=4, epochs=1, stride=7, random_state=seed, progress=False
    )


def nothing_there(*_):
    raise DatasetUnavailable("hdfs_sessions is not here: fetch it")


@pytest.fixture
def short(monkeypatch):
    for name, value in {
        "SEEDS": range(2),
        "PROCESSES": 1,
        "FILES": ("clean-01", "clean-02"),
        "EVENTS": 3000,
        "TO_SCORE": 6000,
        "METHODS": (traces.NETWORK, traces.COUNTS, traces.UNKNOWN, traces.ORACLE),
        "hdfs_sessions": nothing_there,
    }.items():
        monkeypatch.setattr(traces, name, value)
    monkeypatch.setitem(
        traces._MAKE,
        traces.NETWORK,
        lambda clean, judged, seed: traces._by_network(
            small_network(seed), clean, judged
        ),
    )
    monkeypatch.setattr(traces.event_times, "unit", lambda times: TIMES)


@pytest.mark.filterwarnings("ignore:Only one class")  # so short are the traces
def test_the_tables_have_a_line_for_each_kind_of_trace_and_method(short, tmp_path):
    units = Units(tmp_path / "units.jsonl", "code")
    tables = traces.table(units)
    assert units.computed == 2 * 4 + 2
    lines = [row[:2] for row in tables["traces"].rows]
    assert lines == [
        (kind, method)
        for kind in traces.KINDS
        for method in traces.METHODS
        if (kind, method) != ("clean", traces.ORACLE)  # there is nothing to choose on
    ]
    told = {row[:2]: row for row in tables["traces"].rows}
    assert told["unseen", traces.UNKNOWN][6] == "6 of 6 (100 %)"
    assert float(told["order", traces.COUNTS][8]) < 1
    assert told["clean", traces.COUNTS][5] == "1 of 7,338"
    assert told["clean", traces.COUNTS][8] == "–"
    assert any("sessions are left out: hdfs_sessions is" in note
               for note in tables["traces"].notes)  # fmt: skip
    assert "traces_sessions" not in tables
    training = dict(row[:2] for row in tables["traces_training"].rows)
    assert training["loss"] == "0.3011"
    assert training["validation accuracy"] == "–"
    again = Units(tmp_path / "units.jsonl", "code")
    assert traces.table(again) == tables
    assert again.computed == 0


def test_changed_segments_are_those_that_are_labelled():
    clean, _ = traces._trace("clean", 4000, 3)
    for kind, changed in traces.CHANGED.items():
        events, y = traces._trace(kind, 4000, 3)
        same = np.array(clean) == np.array(events)
        assert same[y == 0].all()
        assert (~same[:1000]).sum() <= changed
        assert y.reshape(4, 1000).mean(axis=1).tolist() == [1, 0, 1, 0]
        assert not same[y == 1].all()
        if kind == "order":
            assert sorted(clean) == sorted(events)


def test_sessions_are_found_at_rates_of_false_alarms(monkeypatch):
    random = np.random.default_rng(0)
    normal = [np.arange(1, 13) + random.integers(0, 3) for _ in range(60)]
    odd = [np.array([99, *range(1, 12)]), np.arange(12, 0, -1), np.arange(1, 4)]
    parts = HdfsSessions(normal[:40], normal[40:], odd, None)
    monkeypatch.setattr(traces, "hdfs_sessions", lambda share, seed: parts)
    monkeypatch.setattr(traces, "EventSeq2SeqDetector",
                        lambda **_: small_network(0).set_params(segment=5))  # fmt: skip
    found = traces.of_sessions(sessions=0)
    assert found["sizes"] == {"train": 40, "held out": 20, "abnormal": 3}
    assert found["found"]["rules"] == {"held out": 0, "abnormal": pytest.approx(2 / 3)}
    surprise = found["found"]["network, the most surprising event"]
    assert surprise["0.05"] >= 1 / 3
    rows = traces_tables._sessions([found])
    assert rows[0][1:3] == ("0 %", "66.7 %")
    assert len(rows) == 1 + 4 * len(traces.ALARMS)


def test_at_most_the_stated_share_of_normal_ones_lies_above_the_threshold():
    normal = np.repeat([0.0, 1.0, 2.0], [90, 8, 2])
    assert traces._recall(normal, np.array([1.5, 3.0]), 0.05) == 1
    assert traces._recall(normal, np.array([1.5, 3.0]), 0.01) == 0.5


def test_gains_are_told_beside_what_is_wanted():
    rows = traces_tables._times([TIMES, TIMES])
    assert [row[:4] for row in rows] == [
        ("train", "loop, compiled", "1.5", "2"),
        ("decode", "loop, eager", "5", "15"),
        ("decode", "loop, compiled", "5", "3"),
    ]
