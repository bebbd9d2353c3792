"""`workshop traces score`: a saved detector judges a trace in a file."""

import numpy as np
import pandas as pd
import pytest
from optional import needs_onnx
from typer.testing import CliRunner

from helpers.cli import app
from helpers.detectors import (
    AutoencoderDetector,
    CountProfileDetector,
    EventSeq2SeqDetector,
    PCADetector,
)
from helpers.errors import KitError
from helpers.scoring.event_models import read_event_detector
from helpers.scoring.models import read_model
from helpers.scoring.traces import read_events

NAMES = ["commsignal", "threadready", "เปิด", "int_entr0x44"]


def trace(seed, n=400, strange=()):
    random = np.random.default_rng(seed)
    events = [NAMES[i] for i in random.integers(0, 4, n)]
    for at in strange:
        events[at] = "never seen"
    return events


def run(*arguments):
    result = CliRunner().invoke(app, ["traces", "score", *map(str, arguments)])
    problem = result.exception if isinstance(result.exception, KitError) else None
    if result.exception and problem is None and result.exit_code != 2:
        raise result.exception
    return result.stdout, problem


def small_network(**changes):
    quick = {"epochs": 1, "units": 4, "embedding": 4, "segment": 50, "random_state": 0}
    network = EventSeq2SeqDetector(**quick | changes, progress=False)
    return network.fit_events([trace(0), trace(1)])


@pytest.fixture
def counts(tmp_path):
    detector = CountProfileDetector(segment=50).fit_events([trace(0), trace(1)])
    detector.save(tmp_path / "counts")
    return tmp_path / "counts"


def written(path, events):
    path.write_text("\n".join(events), encoding="utf-8")
    return path


def test_a_clean_trace_is_none_and_a_strange_one_is(counts, tmp_path):
    clean = written(tmp_path / "clean.txt", trace(2))
    told, problem = run(counts, clean)
    assert problem is None
    assert told.startswith("not an anomaly: 0 of 8 segments of 50 events above ")
    odd = written(tmp_path / "odd.txt", trace(2, strange=range(100, 130)))
    out = tmp_path / "report.csv"
    told, problem = run(counts, odd, "--out", out)
    assert told.startswith("anomaly: 1 of 8 segments")
    report = pd.read_csv(out)
    assert report["anomaly"].tolist() == [0, 0, 1, 0, 0, 0, 0, 0]
    assert report["first event"].tolist() == list(range(0, 400, 50))
    highest = report["value"].max()
    assert highest > report["threshold"][0]
    assert told.rstrip().endswith(f"{highest:.4g}")


def test_the_worst_stretches_are_told_as_text(tmp_path):
    small_network().save(tmp_path / "network")
    odd = written(tmp_path / "odd.txt", trace(2, strange=range(100, 200)))
    told, problem = run(tmp_path / "network", odd, "--stretches", 1)
    assert problem is None
    assert "25 of 25 foretold wrongly" in told
    assert "<unknown>" in told


@needs_onnx
@pytest.mark.parametrize("changes", [{}, {"carry_state": False, "length": 3}])
def test_a_network_judges_the_same_from_its_onnx_file(changes, tmp_path, monkeypatch):
    monkeypatch.setattr("helpers.scoring.event_models.PIECE", 7)
    network = small_network(**changes)
    network.save(tmp_path / "network")
    network.to_onnx(tmp_path / "network.onnx")
    odd = written(tmp_path / "odd.txt", trace(2, strange=range(100, 200)))
    told = []
    for name in ("network", "network.onnx"):
        out = tmp_path / f"{name}.csv"
        said = run(tmp_path / name, odd, "--stretches", 2, "--out", out)
        told.append((said, out.read_text()))
    assert told[0] == told[1]
    assert told[0][0][1] is None


@needs_onnx
@pytest.mark.parametrize("events", [6, 7, 10, 11, 12, 60])
def test_an_onnx_file_foretells_what_the_detector_does(events, tmp_path):
    network = small_network()
    network.to_onnx(tmp_path / "it.onnx")
    file = read_event_detector(tmp_path / "it.onnx")
    kept, told = (it.predict_trace(trace(5, events)) for it in (network, file))
    assert np.array_equal(kept.truth, told.truth)
    seen = kept.truth != 0
    assert np.array_equal(kept.foretold[seen], told.foretold[seen])
    assert kept.names == told.names


@needs_onnx
def test_other_onnx_files_are_refused_in_a_line(tmp_path):
    clean = written(tmp_path / "clean.txt", trace(2))
    rows = np.random.default_rng(0).normal(size=(40, 3))
    dense = AutoencoderDetector(epochs=1, progress=False).fit(rows)
    dense.to_onnx(tmp_path / "dense.onnx")
    numbers = small_network().fit(np.arange(90) % 4)
    numbers.to_onnx(tmp_path / "numbers.onnx")
    (tmp_path / "torn.onnx").write_bytes(b"nothing")
    with pytest.raises(KitError, match="which reads events and no table"):
        read_model(tmp_path / "numbers.onnx", warn=print)
    for name, message in (
        ("dense", "holds a AutoencoderDetector, which reads no events"),
        ("numbers", r"numbers of events and no texts; fit with fit_events([trace])"),
        ("torn", "damaged, or no ONNX file"),
        ("nowhere", "nowhere.onnx"),
    ):
        told, problem = run(tmp_path / f"{name}.onnx", clean)
        assert message in str(problem)
        assert "\n" not in str(problem)
        assert not told


def test_classes_and_events_of_a_csv_are_joined(tmp_path):
    path = tmp_path / "trace.csv"
    path.write_text("class,event\nCOMM,SIGNAL\nTHREAD,READY\n")
    assert read_events(path) == ["commsignal", "threadready"]


def test_what_cannot_be_judged_is_told_in_a_line(counts, tmp_path):
    PCADetector().fit(np.random.default_rng(0).normal(size=(20, 2))).save(
        tmp_path / "pca"
    )
    clean = written(tmp_path / "clean.txt", trace(2))
    written(tmp_path / "empty.txt", [])
    (tmp_path / "latin.txt").write_bytes(b"\xff\xfe\xe4")
    for arguments, message in (
        ((tmp_path / "pca", clean), "holds a detector of tabular"),
        ((tmp_path / "nothing", clean), "nothing"),
        ((clean, clean), "clean.txt"),
        ((counts, tmp_path / "nowhere.txt"), "can't be read: No such file"),
        ((counts, tmp_path / "nowhere.csv"), "nowhere.csv"),
        ((counts, tmp_path / "empty.txt"), "has no events"),
        ((counts, tmp_path / "latin.txt"), "no text in UTF-8"),
        ((counts, clean, "--stretches", 2), "foretells no events"),
        ((counts, clean, "--out", clean), "is what is read"),
        ((counts, clean, "--out", tmp_path), "is a folder"),
    ):
        told, problem = run(*arguments)
        assert message in str(problem), arguments
        assert "\n" not in str(problem)
        assert not told
