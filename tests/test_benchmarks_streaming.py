"""The benchmark of streams, on a small one and on made-up results."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from benchmarks import streaming, streaming_tables
from benchmarks.results import Units
from helpers.datasets.stream_sources import FOREST
from helpers.datasets.streams import load_stream
from helpers.streams import RefittedDetector


@pytest.fixture
def quick(monkeypatch):
    """Only the stream that ships, and a network that takes no time."""
    few = {name: streaming.TABULAR[name] for name in ("PCA", "kNN")}

    def made(settings, method, seed):
        simple = few.get(method, few["PCA"])
        return RefittedDetector(detector=simple(seed))

    for name, value in {
        "STREAMS": ("satellite",),
        "TABULAR": few,
        "SEEDS": range(1),
        "PROCESSES": 1,
        "made": made,
        "why_no_stream_peers": lambda: "river not installed",
    }.items():
        monkeypatch.setattr(streaming, name, value)


def test_a_stream_has_lines_left_alone_and_updated(quick, tmp_path):
    units = Units(tmp_path / "units.jsonl", "code")
    tables = streaming.table(units)
    assert units.computed == 4
    lines = [row[1:3] for row in tables["streaming"].rows]
    assert lines == [("one column (oracle)", "no")] + [
        (name, mode)
        for name in ("PCA", "kNN", "encoder-decoder")
        for mode in ("no", "yes")
    ]
    assert "peers is left out: river not installed." in tables["streaming"].notes
    assert len(tables["streaming_periods"].rows) == 6


@pytest.mark.parametrize("method", ["PCA", "kNN"])
def test_left_alone_it_is_judged_on_the_periods_of_the_updated_one(quick, method):
    found = streaming.unit(stream="satellite", method=method, seed=0)
    assert found["static"]["updates"] == 0 < found["updated"]["updates"]
    assert found["static"]["whole"]["windows"] == 391
    assert len(found["static"]["periods"]) == len(found["updated"]["periods"])
    assert 0.5 < found["updated"]["whole"]["auc_level"] <= 1


def test_labels_change_what_is_learned_but_no_score_of_a_static_one():
    data = load_stream("satellite")
    random = np.random.default_rng(0)
    shuffled = data.y.copy()
    shuffled[data.initial :] = random.permutation(shuffled[data.initial :])
    settings = streaming.starting_settings(data)
    scores = {}
    for name, y in (("known", data.y), ("shuffled", shuffled)):
        given = type(data)(**{**vars(data), "y": y})
        for updates in (False, True):
            run, _ = streaming.followed(given, settings, "PCA", 0, updates=updates)
            scores[name, updates] = run.record()["score"].to_numpy()
    assert np.array_equal(scores["known", False], scores["shuffled", False])
    assert not np.array_equal(scores["known", True], scores["shuffled", True])


def test_a_window_of_one_point_is_hard_where_that_point_is():
    data = load_stream("satellite")
    strict = replace(data, name="of ours")
    hard = {
        method: streaming._settings(strict, method).online.hard_points
        for method in ("PCA", streaming.NETWORK)
    }
    assert hard == {"PCA": 1, streaming.NETWORK: 4}


def test_settings_of_forest_are_for_the_small_file_alone():
    published = replace(FOREST, settings=replace(FOREST.settings, initial=700))
    forest = replace(load_stream("satellite"), name="forest", published=published)
    whole = streaming.starting_settings(replace(forest, settings=published.settings))
    small = streaming.starting_settings(forest)
    assert (whole.online.hard_points, whole.online.full) == (10, 100)
    assert (small.online.hard_points, small.online.full) == (4, 10)
    assert "feed" not in whole.initial.parameters
    assert small.initial.parameters["feed"] == "constant"


class Counting:
    """A peer that scores how many rows it has learned."""

    def __init__(self):
        self.learned = 0

    def learn(self, row):
        self.learned += 1

    def score(self, row):
        return self.learned


def test_a_peer_learns_normal_windows_after_they_were_scored():
    first, windows = np.zeros((3, 2, 1)), np.ones((4, 2, 1))
    labels = np.array([0, 1, 0, 0])
    learning = streaming.scored(Counting(), first, windows, labels, True)
    assert list(learning) == [3, 4, 4, 5]
    static = streaming.scored(Counting(), first, windows, labels, False)
    assert list(static) == [3, 3, 3, 3]


def test_the_column_of_an_oracle_is_named():
    found = streaming.one_column(load_stream("satellite"))
    assert found["whole"]["auc"] > 0.9
    assert found["column"].split(", ")[1] in {name for name, *_ in streaming._SUMMARIES}


def result(method, auc, seed=0, **more):
    whole = {"auc": auc, "auc_level": auc + 0.01, "tpr": 0.5, "fpr": 0.1}
    run = {"whole": whole, "updates": 2, "seconds": 3.0, "periods": [auc, float("nan")]}
    static = run | {"updates": 0, "seconds": 1.5}
    one = {"stream": "satellite", "method": method, "seed": seed}
    return one | {"updated": run, "static": static} | more


def test_lines_means_and_the_verdict():
    streams = {"satellite": load_stream("satellite")}
    network = [result("encoder-decoder", auc, s) for s, auc in enumerate((0.8, 0.9))]
    quick = result("PCA", 0.88)
    quick["updated"]["seconds"] = 3 / 372
    found = [quick, *network]
    tables = streaming_tables.tables(found, streams, {"smtp": "not here"})
    rows = {row[1:3]: row for row in tables["streaming"].rows}
    assert rows["encoder-decoder", "yes"][4:7] == ("0.850", "0.800 to 0.900", "0.860")
    assert rows["encoder-decoder", "yes"][-2:] == ("2", "2")
    assert rows["PCA", "no"][-2:] == ("–", "1")
    notes = " ".join(tables["streaming"].notes)
    assert "does not beat the best of the others" in notes
    assert "0.860, PCA 0.890; it takes 370 times the CPU time" in notes
    assert "Left alone it has 0.860." in notes
    assert "smtp is left out: not here." in notes
    assert tables["streaming_periods"].rows[0][3] == "0.88, –"


@pytest.mark.parametrize(("method", "columns"), [("encoder-decoder", 40), ("PCA", 36)])
def test_the_network_alone_reads_a_calendar(monkeypatch, method, columns):
    soils = load_stream("satellite")
    clock = pd.date_range("1997-01-06", periods=len(soils), freq="2h")
    weeks = replace(soils, times=clock)
    monkeypatch.setattr(streaming, "load_stream", lambda name: weeks)
    monkeypatch.setattr(streaming, "online", lambda data, *rest: data.X.shape[1])
    found = streaming.unit(stream="power_demand", method=method, seed=0)
    assert found == columns
