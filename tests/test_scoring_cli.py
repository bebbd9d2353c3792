"""`workshop score`: what it prints, what it refuses, and what it never imports."""

import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from optional import needs_onnx
from typer.testing import CliRunner

from helpers import extras
from helpers.classifiers import RNNClassifier
from helpers.cli import app
from helpers.detectors import (
    AutoencoderDetector,
    ForecastDetector,
    PCADetector,
    SeasonalNaiveDetector,
)
from helpers.errors import KitError
from helpers.scoring.tables import read_table

KINDS = [pytest.param("onnx", marks=needs_onnx), "saved"]
NAMES = ["speed", "heat", "load"]
TABLE = pd.DataFrame(np.random.default_rng(0).normal(size=(50, 3)), columns=NAMES)
SERIES = np.sin(np.arange(80) / 5)


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Work in a folder with `t.csv`: the table, its columns in another order."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")
    shuffled = TABLE.assign(label="text", id=range(50))
    shuffled[["load", "label", "speed", "id", "heat"]].to_csv("t.csv", index=False)
    return tmp_path


def keep(detector, kind):
    """Write a detector as a file of a kind; return its name."""
    name = {"onnx": "d.onnx", "saved": "d.detector"}[kind]
    (detector.to_onnx if kind == "onnx" else detector.save)(name)
    return name


def network(X=TABLE):
    return AutoencoderDetector(**AutoencoderDetector.contract_params).fit(X)


def score(*arguments):
    return CliRunner().invoke(app, ["score", *map(str, arguments)])


def answered(text):
    """Return scores and labels that were printed or written."""
    lines = text.splitlines()
    assert lines[0] == "score,label"
    cells = [line.split(",") for line in lines[1:]]
    return [cell[0] for cell in cells], [cell[1] for cell in cells]


def refusal(*arguments):
    """Return the one line that a call ends with."""
    result = score(*arguments)
    assert result.exit_code == 1
    assert isinstance(result.exception, KitError), result.exception
    assert result.stdout == ""
    told = str(result.exception)
    assert "\n" not in told
    return told


# ------------------------------------------------------------------ what it answers


@pytest.mark.parametrize("kind", KINDS)
def test_columns_are_found_by_name_and_others_left_alone(here, kind):
    detector = network()
    result = score(keep(detector, kind), "t.csv")
    assert result.exit_code == 0
    assert result.stderr == ""
    scores, labels = answered(result.stdout)
    wanted = detector.decision_function(TABLE)
    assert np.array(scores, float) == pytest.approx(wanted, rel=1e-5)
    assert labels == [str(label) for label in detector.predict(TABLE)]
    assert set(labels) == {"0", "1"}


def test_a_saved_detector_prints_its_very_scores(here):
    detector = PCADetector().fit(TABLE)
    scores, _ = answered(score(keep(detector, "saved"), "t.csv").stdout)
    assert np.array_equal(np.array(scores, float), detector.decision_function(TABLE))


@pytest.mark.parametrize("kind", KINDS)
def test_without_names_the_order_of_the_columns_counts(here, kind):
    detector = network(TABLE.to_numpy())
    TABLE.to_csv("plain.csv", index=False)
    TABLE.to_csv("bare.csv", index=False, header=False)
    name = keep(detector, kind)
    told = score(name, "plain.csv").stdout
    wanted = detector.decision_function(TABLE.to_numpy())
    assert np.array(answered(told)[0], float) == pytest.approx(wanted, rel=1e-5)
    assert score(name, "bare.csv", "--no-header").stdout == told


@pytest.mark.parametrize("kind", KINDS)
def test_with_no_header_a_detector_that_knows_names_takes_their_order(here, kind):
    TABLE.to_csv("bare.csv", index=False, header=False)
    name = keep(network(), kind)
    assert score(name, "bare.csv", "--no-header").stdout == score(name, "t.csv").stdout


@pytest.mark.parametrize("kind", KINDS)
def test_a_forecaster_reads_the_rows_as_a_series(here, kind):
    parameters = ForecastDetector.contract_params | {"window": 7}
    detector = ForecastDetector(**parameters).fit_series(SERIES)
    pd.DataFrame({"value": SERIES}).to_csv("s.csv", index=False)
    scores, labels = answered(score(keep(detector, kind), "s.csv").stdout)
    assert scores[:7] == labels[:7] == [""] * 7
    wanted = detector.score_series(SERIES)[7:]
    assert np.array(scores[7:], float) == pytest.approx(wanted, rel=1e-5)
    assert labels[7:] == [str(int(x > detector.threshold_)) for x in wanted]


def test_a_baseline_of_windows_does_so_too(here):
    detector = SeasonalNaiveDetector(period=5).fit_series(SERIES)
    pd.DataFrame({"value": SERIES}).to_csv("s.csv", index=False)
    scores, _ = answered(score(keep(detector, "saved"), "s.csv").stdout)
    wanted = detector.score_series(SERIES)[5:]
    assert np.array_equal(np.array(scores[5:], float), wanted)


@needs_onnx
def test_many_rows_and_one(here):
    detector = network()
    name = keep(detector, "onnx")
    many = pd.concat([TABLE] * 700, ignore_index=True)  # more than a block
    for table in (many, TABLE[:1]):
        table.to_csv("n.csv", index=False)
        scores, _ = answered(score(name, "n.csv").stdout)
        wanted = detector.decision_function(table)
        assert np.array(scores, float) == pytest.approx(wanted, rel=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_out_takes_what_would_be_printed(here, kind):
    name = keep(network(), kind)
    (here / "o.csv").write_text("old")
    result = score(name, "t.csv", "--out", "o.csv")
    assert (result.exit_code, result.stdout) == (0, "")
    assert (here / "o.csv").read_text() == score(name, "t.csv").stdout


@needs_onnx
def test_scoring_by_onnx_imports_neither_keras_nor_scikit_learn(here):
    name = keep(network(), "onnx")
    code = (
        "import sys; from helpers.cli import app\n"
        f"app(['score', {name!r}, 't.csv', '--out', 'o.csv'], standalone_mode=False)\n"
        "heavy = {'tensorflow', 'keras', 'sklearn', 'onnx', 'matplotlib', 'torch'}\n"
        "print(sorted(heavy & set(sys.modules)), 'onnxruntime' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "[] True\n", done.stderr
    assert len(answered((here / "o.csv").read_text())[0]) == 50


def test_what_load_warns_of_is_a_line_of_its_own(here, monkeypatch):
    from helpers.estimators import storage

    name = keep(PCADetector().fit(TABLE), "saved")
    versions = storage._versions() | {"numpy": "1.0"}
    monkeypatch.setattr(storage, "_versions", lambda: versions)
    result = score(name, "t.csv")
    assert result.exit_code == 0
    assert result.stderr.startswith(f"workshop: {name} was written with numpy ")
    assert len(answered(result.stdout)[0]) == 50


# ------------------------------------------------------------------ what it refuses


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "x.csv is empty"),
        (b"\n\n", "x.csv is empty"),
        (b"speed,heat,load\n", "x.csv has no rows"),
        (b"speed,heat\n1,2\n", "no column 'load'; it has 'speed', 'heat'"),
        (b"speed;heat;load\n1;2;3\n", "it has 'speed;heat;load'"),
        (b"speed,heat,load,heat\n1,2,3,4\n", "column 'heat' more than once"),
        (
            b"speed,heat,load\n1,2,3\n4,warm,6\n",
            "the text 'warm' in column 'heat', row 2",
        ),
        (b"speed,heat,load\n1,,3\n", "a missing value in column 'heat', row 1"),
        (b"speed,heat,load\n1,2\n", "a missing value in column 'load', row 1"),
        (b"speed,heat,load\n1,inf,3\n", "the value inf in column 'heat', row 1"),
        (b"speed,heat,load\n1,1e200,3\n", "too large to square"),
        (b"speed,heat,load\n1,2,3,4\n", "more cells than its first line has names"),
        (b"speed,heat,load\n1,2,3\n1,2,3,4\n", "no table with rows alike"),
        (b"1,2,3\n4,5,6\n", "say --no-header"),
        (b"\xff\xfe\x00speed\n", "not UTF-8"),
        (b'speed,heat,load\n1,2,"3\n', "no table with rows alike"),
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_a_table_that_cannot_be_scored_is_refused(here, kind, content, told):
    name = keep(network(), kind)
    (here / "x.csv").write_bytes(content)
    line = refusal(name, "x.csv", "--out", "o.csv")
    assert line.startswith("x.csv ")
    assert told in line
    assert not (here / "o.csv").exists()


@pytest.mark.parametrize("kind", KINDS)
def test_columns_are_counted_where_no_names_are_known(here, kind):
    name = keep(network(TABLE.to_numpy()), kind)
    told = "t.csv has 5 columns, but the detector reads 3 and knows no names"
    assert refusal(name, "t.csv") == told


def test_a_series_too_short_for_one_window_is_refused(here):
    name = keep(SeasonalNaiveDetector(period=5).fit_series(SERIES), "saved")
    (here / "s.csv").write_text("value\n1\n2\n")
    assert "s.csv has too few rows (2)" in refusal(name, "s.csv")


def test_files_that_are_none_are_refused(here):
    name = keep(PCADetector().fit(TABLE), "saved")
    (here / "folder").mkdir()
    for path in ("none", "folder"):
        assert refusal(path, "t.csv").startswith(f"{path} can't be read: ")
        assert "can't be read" in refusal(name, f"{path}.csv")
    (here / "t.txt").write_text("speed,heat,load\n1,2,3\n")
    assert refusal(name, "t.txt") == (
        "t.txt is no .csv file; pass a table as comma-separated text"
    )
    assert "t.csv is no detector in a file" in refusal("t.csv", "t.csv")
    assert "no detector in a file" in refusal("t.txt", "t.csv")


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.95])
@pytest.mark.parametrize("kind", KINDS)
def test_a_torn_detector_is_refused(here, kind, share):
    name = keep(network(), kind)
    content = (here / name).read_bytes()
    (here / name).write_bytes(content[: int(share * len(content))])
    assert refusal(name, "t.csv").startswith(name)


@needs_onnx
def test_a_graph_of_somebody_else_is_refused(here):
    from onnx import TensorProto, helper

    infos = [
        helper.make_tensor_value_info(name, TensorProto.DOUBLE, ["n", 3])
        for name in ("X", "scores")
    ]
    node = helper.make_node("Identity", ["X"], ["scores"])
    graph = helper.make_graph([node], "theirs", infos[:1], infos[1:])
    opset = [helper.make_opsetid("", 18)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=8)
    (here / "theirs.onnx").write_bytes(model.SerializeToString())
    assert refusal("theirs.onnx", "t.csv") == (
        "theirs.onnx was not written by to_onnx of this kit"
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_classifier_is_no_detector(here, kind):
    X = np.random.default_rng(0).normal(size=(20, 4, 3))
    classifier = RNNClassifier(units=2, epochs=1).fit(X, np.arange(20) % 2)
    told = refusal(keep(classifier, kind), "t.csv")
    assert "RNNClassifier" in told
    assert "detector" in told.lower()


@needs_onnx
def test_without_the_extra_one_line_says_what_to_install(here, monkeypatch):
    name = keep(network(), "onnx")
    monkeypatch.setattr(extras, "find_spec", lambda package: None)
    assert refusal(name, "t.csv") == (
        f'scoring with {name} needs onnxruntime: pip install "anomaly-workshop[onnx]"'
    )


def test_out_never_replaces_what_is_read_and_lies_in_a_folder(here):
    name = keep(PCADetector().fit(TABLE), "saved")
    before = [(here / path).read_bytes() for path in (name, "t.csv")]
    for out in (name, "t.csv", "./t.csv"):
        assert "is what is read; name another file" in refusal(
            name, "t.csv", "--out", out
        )
    assert "is no folder" in refusal(name, "t.csv", "--out", "nowhere/o.csv")
    assert "is a folder" in refusal(name, "t.csv", "--out", here)
    assert [(here / path).read_bytes() for path in (name, "t.csv")] == before


def test_a_full_disk_leaves_the_old_answer(here, monkeypatch):
    import os

    name = keep(PCADetector().fit(TABLE), "saved")
    (here / "o.csv").write_text("old")

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    told = refusal(name, "t.csv", "--out", "o.csv")
    assert told == "o.csv can't be written: No space left on device"
    assert (here / "o.csv").read_text() == "old"
    assert not list(here.glob("*.part"))
    assert not list(here.glob(".*.part"))


def test_blank_lines_before_the_names_are_no_names(here):
    name = keep(PCADetector().fit(TABLE), "saved")
    (here / "x.csv").write_text("  \n\nspeed,heat,load\n\n1,2,3\n   \n")
    assert len(answered(score(name, "x.csv").stdout)[0]) == 1


@pytest.mark.parametrize("content", ["a\n1\n\n3\n4\n5\n6\n", "a\n\n1\n2\n3\n4\n5\n6\n"])
def test_a_gap_in_a_series_is_never_closed(here, content):
    name = keep(SeasonalNaiveDetector(period=2).fit_series(SERIES), "saved")
    (here / "x.csv").write_text(content)
    assert "x.csv has an empty line after " in refusal(name, "x.csv")
    (here / "x.csv").write_text("\n\na\n1\n2\n3\n4\n\n\n")
    assert len(answered(score(name, "x.csv").stdout)[0]) == 4


def test_a_whole_number_of_any_length_is_refused(here):
    name = keep(PCADetector().fit(TABLE), "saved")
    (here / "x.csv").write_text(f"speed,heat,load\n1,2,{10**400}\n")
    assert "whole number that is too large in column 'load'" in refusal(name, "x.csv")


def test_numbers_are_read_to_their_last_digit(here):
    values = np.random.default_rng(0).normal(size=2000) * 10.0 ** np.arange(
        -20, 20, 0.02
    )
    pd.DataFrame({"value": values}).to_csv("exact.csv", index=False)
    table = read_table(here / "exact.csv", header=True)
    assert table["value"].tolist() == values.tolist()


@pytest.mark.parametrize(
    "header",
    [
        "[" * 100_000,
        '{"class":"a","module":"b","versions":["x"],"bytes":0,"sha256":"x"}',
        '{"class":"a","module":"b","versions":3,"bytes":0,"sha256":"x"}',
    ],
)
def test_a_header_of_anything_else_is_damage(here, header):
    (here / "d").write_text(f"anomaly-workshop detector 1\n{header}\n")
    assert refusal("d", "t.csv") == "d is damaged; save it again"


def test_out_names_an_ordinary_file(here):
    name = keep(PCADetector().fit(TABLE), "saved")
    os.mkfifo("pipe")
    told = "pipe is no ordinary file; name another"
    assert refusal(name, "t.csv", "--out", "pipe") == told
