"""`workshop score` of files of any size: pieces, machines, stops, and what is bad."""

import gzip
import multiprocessing
import os
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from optional import needs_parquet
from typer.testing import CliRunner

from helpers import extras
from helpers.cli import app
from helpers.detectors import PCADetector, SeasonalNaiveDetector
from helpers.errors import KitError
from helpers.scoring import machines, run, sources
from helpers.scoring.pieces import ModelFile, Piece, Terms

NAMES = ["speed", "heat", "load"]
TABLE = pd.DataFrame(np.random.default_rng(1).normal(size=(60, 3)), columns=NAMES)
ROWS = 7  # in a piece: nine of them


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Work in a folder with a table and a detector, seven rows a piece."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sources, "PIECE_ROWS", ROWS)
    TABLE.to_csv("t.csv", index=False)
    PCADetector().fit(TABLE).save("d.detector")
    return tmp_path


def score(*arguments):
    return CliRunner().invoke(app, ["score", *map(str, arguments)])


def scored(*arguments):
    """Return the bytes that a call writes."""
    result = score(*arguments, "--out", "o.csv")
    assert result.exit_code == 0, (result.stderr, result.exception)
    with open("o.csv", "rb") as file:
        return file.read()


def refusal(*arguments):
    """Return the one line that a call ends with; it has written nothing."""
    before = sorted(os.listdir())
    result = score(*arguments)
    assert isinstance(result.exception, KitError), result.exception
    assert result.stdout == ""
    assert sorted(os.listdir()) == before
    return str(result.exception)


def wanted(detector="d.detector", table=TABLE):
    """Return the bytes of a whole table's scores, row by row."""
    from helpers.detectors import Detector

    model = Detector.load(detector)
    scores = model.decision_function(table)
    lines = [f"{x!r},{int(x > model.threshold_)}\n" for x in scores.tolist()]
    return "".join(["score,label\n", *lines]).encode()


@pytest.fixture
def counted(monkeypatch):
    """Return a list to which each piece that is scored adds its first row."""
    firsts = []
    found = machines.score_piece

    def counting(terms, piece):
        firsts.append(piece.first)
        return found(terms, piece)

    monkeypatch.setattr(machines, "score_piece", counting)
    return firsts


# ------------------------------------------------------------------- pieces and kinds


def values(text):
    return pd.read_csv(pd.io.common.BytesIO(text)).to_numpy()


def test_the_pieces_of_a_table_make_the_whole(here, counted):
    np.testing.assert_allclose(
        values(scored("d.detector", "t.csv")), values(wanted()), rtol=1e-12
    )
    assert counted == [0, 7, 14, 21, 28, 35, 42, 49, 56]
    assert score("d.detector", "t.csv").stdout_bytes == scored("d.detector", "t.csv")


def changed(content, how):
    return {
        "gz": lambda: gzip.compress(content),
        "cr": lambda: content.replace(b"\n", b"\r"),
        "crlf": lambda: content.replace(b"\n", b"\r\n"),
        "bom": lambda: b"\xef\xbb\xbf" + content,
        "blank lines": lambda: content.replace(b"\n", b"\n \n\n"),
        "no last newline": content.rstrip,
    }[how]()


@pytest.mark.parametrize(
    "how", ["gz", "cr", "crlf", "bom", "blank lines", "no last newline"]
)
def test_however_a_table_is_written_the_bytes_are_the_same(here, how):
    whole = scored("d.detector", "t.csv")
    name = "x.csv.gz" if how == "gz" else "x.csv"
    (here / name).write_bytes(changed((here / "t.csv").read_bytes(), how))
    assert scored("d.detector", name) == whole


def test_a_text_beside_with_line_ends_and_quotes_belongs_to_its_row(here):
    whole = scored("d.detector", "t.csv")
    notes = ["plain", 'two\nlines, "said"', "\n\n\n\n\n\n\n\n\n", '5" wide'] * 15
    TABLE.assign(note=notes).to_csv("x.csv", index=False)
    assert scored("d.detector", "x.csv") == whole
    bare = (here / "x.csv").read_text().replace('"5"" wide"', '5" wide')
    (here / "x.csv").write_text(bare)
    assert bare.count('5" wide') == 15
    assert scored("d.detector", "x.csv") == whole


def test_windows_reach_over_the_ends_of_pieces(here):
    series = np.sin(np.arange(60) / 5) + np.arange(60) / 10
    detector = SeasonalNaiveDetector(period=5).fit_series(series)
    detector.save("s.detector")
    pd.DataFrame({"value": series}).to_csv("s.csv", index=False)
    lines = scored("s.detector", "s.csv").decode().splitlines()[1:]
    assert lines[:5] == [","] * 5
    found = [float(line.partition(",")[0]) for line in lines[5:]]
    assert found == detector.score_series(series)[5:].tolist()


def test_a_window_longer_than_a_piece_gets_its_rows(here, monkeypatch):
    monkeypatch.setattr(sources, "PIECE_ROWS", 2)
    series = np.sin(np.arange(60) / 5)
    detector = SeasonalNaiveDetector(period=9).fit_series(series)
    detector.save("s.detector")
    pd.DataFrame({"value": series}).to_csv("s.csv", index=False)
    lines = scored("s.detector", "s.csv").decode().splitlines()[1:]
    found = [float(line.partition(",")[0]) for line in lines[9:]]
    assert found == detector.score_series(series)[9:].tolist()


def test_long_rows_make_small_pieces():
    assert sources.rows_at_a_time(100, 1) == 2**14
    assert sources.rows_at_a_time(2**20, 1) == 4
    assert sources.rows_at_a_time(2**30, 1) == 1
    assert sources.rows_at_a_time(2**20, 9) == 9


# ------------------------------------------------------------------------- machines


def test_two_processes_give_the_same_bytes_and_the_same_line(here):
    assert scored("d.detector", "t.csv", "--jobs", 2) == scored("d.detector", "t.csv")
    (here / "x.csv").write_text(with_row("1,2,3,4", 33))
    call = "d.detector", "x.csv", "--out", "p.csv"
    assert refusal(*call, "--jobs", 2) == refusal(*call)


def asked_of(here, count, happens=lambda number: None):
    """Yield pieces of seven rows of the table, after `happens(number)`."""
    lines = (here / "t.csv").read_bytes().splitlines(keepends=True)[1:]
    for number in range(count):
        happens(number)
        piece = Piece(ROWS * number, 0, b"".join(lines[:ROWS]))
        yield machines.Asked(piece, str(number), None)


def terms_and_model(here):
    file = ModelFile((here / "d.detector").read_bytes(), ".detector")
    return Terms(file.digest, 3, (0, 1, 2), tuple(NAMES), "csv"), file


def test_a_killed_process_loses_nothing(here):
    def kill_one(number):
        if number == 6:
            multiprocessing.active_children()[0].kill()

    terms, file = terms_and_model(here)
    answers = list(machines.on_processes(asked_of(here, 9, kill_one), terms, file, 2))
    assert [int(asked.key) for asked, _ in answers] == list(range(9))
    first = b"".join(wanted().splitlines(keepends=True)[1 : ROWS + 1])
    assert {answer for _, answer in answers} == {first}


def test_no_more_pieces_are_held_than_the_workers_have(here):
    seen = []
    terms, file = terms_and_model(here)
    found = machines.on_processes(asked_of(here, 9, seen.append), terms, file, 1)
    ahead = [len(seen) - done for done, _ in enumerate(found)]
    assert max(ahead) == machines.AHEAD


def test_a_cluster_gives_the_same_bytes_and_a_killed_worker_loses_nothing(here):
    distributed = pytest.importorskip("distributed")
    whole = scored("d.detector", "t.csv")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1"
    ) as cluster:
        address = cluster.scheduler_address
        assert scored("d.detector", "t.csv", "--scheduler", address) == whole

        def kill_one(number):
            if number == 6:
                os.kill(next(iter(cluster.workers.values())).pid, 9)

        terms, file = terms_and_model(here)
        asked = asked_of(here, 9, kill_one)
        answers = list(machines.on_cluster(asked, terms, file, address))
    first = b"".join(whole.splitlines(keepends=True)[1 : ROWS + 1])
    assert [answer for _, answer in answers] == [first] * 9


def test_a_cluster_that_is_not_there_is_a_line_and_drops_nothing(here, monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr("helpers.clusters.PATIENCE", 1)
    told = refusal(
        "d.detector", "t.csv", "--out", "o.csv", "--scheduler", "tcp://127.0.0.1:9"
    )
    assert told.startswith("no scheduler answers at tcp://127.0.0.1:9")
    stopped_at(here, 4)
    kept = (here / "o.csv.part").read_bytes()
    refusal("d.detector", "t.csv", "--out", "o.csv", "--scheduler", "tcp://127.0.0.1:9")
    assert (here / "o.csv.part").read_bytes() == kept


def test_processes_that_always_end_stop_the_run(here, monkeypatch):
    monkeypatch.setattr(machines, "_begin", os._exit)
    terms, _ = terms_and_model(here)
    with pytest.raises(machines.Stopped, match="ended 4 times at row 1, perhaps"):
        list(machines.on_processes(asked_of(here, 3), terms, 1, 1))


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--jobs", 0], "--jobs is at least 1"),
        (["--jobs", 2, "--scheduler", "tcp://a:1"], "--jobs is for this machine"),
        (["--out", "o.csv.gz"], "name a .csv or a .parquet file"),
    ],
)
def test_options_that_do_not_go_are_lines(here, options, told):
    assert told in refusal("d.detector", "t.csv", *options)


# ---------------------------------------------------------------------- stop and go on

_KILLED = """
import os, sys
from helpers.scoring import machines, sources
sources.PIECE_ROWS = {rows}
found = machines.score_piece
def dies(terms, piece):
    if piece.first == {rows} * {pieces}:
        os.kill(os.getpid(), {signal})
    return found(terms, piece)
machines.score_piece = dies
from helpers.cli import app
app(["score", "d.detector", "t.csv", "--out", "o.csv"])
"""


class Killed(BaseException):
    pass


def stopped_at(here, pieces):
    """Score in this process until something ends it after so many pieces."""

    def dies(terms, piece):
        if piece.first == ROWS * pieces:
            raise Killed
        return found(terms, piece)

    found = machines.score_piece
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(machines, "score_piece", dies)
        with pytest.raises(Killed):
            score("d.detector", "t.csv", "--out", "o.csv")
    assert not (here / "o.csv").exists()
    assert (here / "o.csv.part").exists()


def killed_at(here, pieces, signal):
    """Run the command until it gets a signal after so many pieces."""
    code = _KILLED.format(rows=ROWS, pieces=pieces, signal=signal)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert not (here / "o.csv").exists()
    assert (here / "o.csv.part").exists()
    return done


def test_a_killed_run_goes_on_with_the_same_bytes(here, counted):
    whole = scored("d.detector", "t.csv")
    (here / "o.csv").unlink()
    counted.clear()
    assert killed_at(here, 4, signal=9).returncode == -9
    result = score("d.detector", "t.csv", "--out", "o.csv")
    assert result.stderr == "workshop: going on from row 29 of t.csv\n"
    assert counted == [28, 35, 42, 49, 56]
    assert (here / "o.csv").read_bytes() == whole
    assert not (here / "o.csv.part").exists()


def test_ctrl_c_keeps_what_is_scored_and_says_so(here, counted):
    done = killed_at(here, 2, signal=2)
    assert done.returncode == 130
    assert done.stderr == (
        "workshop: stopped; the same command goes on from where it was\n"
    )
    assert scored("d.detector", "t.csv").startswith(b"score,label\n")
    assert counted[0] == 14


def test_another_detector_starts_anew(here, counted):
    stopped_at(here, 4)
    counted.clear()
    PCADetector(n_components=1).fit(TABLE).save("d.detector")
    found = scored("d.detector", "t.csv")
    assert counted[0] == 0
    np.testing.assert_allclose(values(found), values(wanted()), rtol=1e-12)


def test_rows_that_changed_are_scored_anew(here, counted):
    stopped_at(here, 4)
    counted.clear()
    other = TABLE.copy()
    other.loc[15] = 0.125  # in the third piece
    other.to_csv("t.csv", index=False)
    found = scored("d.detector", "t.csv")
    assert counted == [14, 21, 28, 35, 42, 49, 56]
    np.testing.assert_allclose(values(found), values(wanted(table=other)), rtol=1e-12)


def test_a_table_that_became_shorter_gets_no_more_scores_than_rows(here):
    stopped_at(here, 4)
    TABLE[:14].to_csv("t.csv", index=False)
    assert len(scored("d.detector", "t.csv").splitlines()) == 15


@pytest.mark.parametrize("kept", [0.3, 0.5, 0.9])
def test_a_torn_or_changed_part_is_scored_anew(here, kept):
    whole = scored("d.detector", "t.csv")
    for how in (lambda part, at: part[:at], lambda part, at: part[:at] + b"7" * 9):
        (here / "o.csv").unlink()
        stopped_at(here, 4)
        part = (here / "o.csv.part").read_bytes()
        (here / "o.csv.part").write_bytes(how(part, int(kept * len(part))))
        assert scored("d.detector", "t.csv") == whole


def test_a_file_of_somebody_else_is_never_replaced(here):
    (here / "o.csv.part").write_text("mine")
    told = refusal("d.detector", "t.csv", "--out", "o.csv")
    assert told == "o.csv.part is in the way: what is scored is kept there; move it"
    assert (here / "o.csv.part").read_text() == "mine"


def test_two_runs_to_one_file_are_refused(here, monkeypatch):
    told = []
    found = machines.score_piece

    def meanwhile(terms, piece):
        monkeypatch.setattr(machines, "score_piece", found)
        told.append(score("d.detector", "t.csv", "--out", "o.csv").exception)
        return found(terms, piece)

    monkeypatch.setattr(machines, "score_piece", meanwhile)
    assert len(scored("d.detector", "t.csv").splitlines()) == 61
    assert str(told[0]).startswith("o.csv.part is in use: another run writes there")


def test_a_disk_that_fills_leaves_the_old_answer_and_nothing_else(here, monkeypatch):
    (here / "o.csv").write_text("old")

    def full(self, key, answer):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(run.Parts, "add", full)
    told = refusal("d.detector", "t.csv", "--out", "o.csv")
    assert told == "o.csv can't be written: No space left on device"
    assert (here / "o.csv").read_text() == "old"


# -------------------------------------------------------------------------- bad rows


def with_row(row, place):
    """Return the table as text, one of its rows replaced."""
    lines = TABLE.to_csv(index=False).splitlines()
    lines[place] = row
    return "\n".join(lines) + "\n"


BAD = [
    ("1,2", "has a missing value in column 'load'"),
    ("1,,3", "has a missing value in column 'heat'"),
    ("nan,2,3", "has a missing value in column 'speed'"),
    ("1,warm,3", "has the text 'warm' in column 'heat'"),
    ("1,2,inf", "has the value inf in column 'load'"),
    ("1,2,1e200", "holds values as large as 1e+200, too large to square"),
    (f"1,2,{10**400}", "has "),  # infinite, or too large, as pandas reads it
]


@pytest.mark.parametrize("place", [1, 8, 33, 60])
def test_a_row_too_wide_is_named_wherever_it_stands(here, place):
    (here / "x.csv").write_text(with_row("1,2,3,4", place))
    told = refusal("d.detector", "x.csv", "--out", "o.csv")
    assert f": 4 cells instead of 3, row {place} of the data (line {place + 1})" in told


@pytest.mark.parametrize(("row", "told"), BAD)
@pytest.mark.parametrize("place", [1, 33])
def test_a_bad_row_is_named_with_its_line(here, row, told, place):
    (here / "x.csv").write_text(with_row(row, place))
    line = refusal("d.detector", "x.csv", "--out", "o.csv")
    assert line.startswith(f"x.csv {told}")
    assert line.endswith(f", row {place} of the data (line {place + 1})")


def test_the_first_of_several_bad_rows_is_named(here):
    text = with_row("1,2,x", 40).splitlines()
    text[38] = "y,2,3"
    (here / "x.csv").write_text("\n".join(text))
    told = "x.csv has the text 'y' in column 'speed', row 38 of the data (line 39)"
    assert refusal("d.detector", "x.csv") == told


def test_empty_lines_count_as_lines_and_not_as_rows(here):
    (here / "x.csv").write_text("\n" + with_row("1,2,x", 33).replace("\n", "\n\n"))
    told = "row 33 of the data (line 68)"
    assert refusal("d.detector", "x.csv").endswith(told)


def test_text_that_is_not_utf_8_is_named_with_its_line(here):
    content = with_row("1,2,3", 33).encode().splitlines(keepends=True)
    content[50] = b"1,2,caf\xe9\n"
    (here / "x.csv").write_bytes(b"".join(content))
    told = refusal("d.detector", "x.csv")
    assert told.startswith("x.csv is not UTF-8 text; save it as CSV in UTF-8")
    assert told.endswith("row 50 of the data (line 51)")


def test_a_gap_in_a_column_is_found_in_any_piece(here):
    series = np.sin(np.arange(60) / 5)
    SeasonalNaiveDetector(period=5).fit_series(series).save("s.detector")
    lines = ["value", *map(str, series)]
    lines[31] = ""
    (here / "s.csv").write_text("\n".join(lines))
    told = "s.csv has an empty line after 31 others, where its only column would have"
    assert refusal("s.detector", "s.csv").startswith(told)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_a_torn_gzip_file_is_a_line(here, share):
    whole = gzip.compress((here / "t.csv").read_bytes())
    (here / "x.csv.gz").write_bytes(whole[: int(share * len(whole))])
    told = refusal("d.detector", "x.csv.gz", "--out", "o.csv")
    assert told.startswith("x.csv.gz is ")
    assert ("empty" if share == 0 else "damaged") in told


def test_a_table_that_is_no_gzip_file_is_a_line(here):
    (here / "x.csv.gz").write_bytes((here / "t.csv").read_bytes())
    assert "damaged, or no gzip file" in refusal("d.detector", "x.csv.gz")
    (here / "x.gz").write_bytes(b"")
    assert "name.csv.gz where it is packed" in refusal("d.detector", "x.gz")


# -------------------------------------------------------------------------- Parquet


def test_without_the_extra_parquet_is_a_line(here, monkeypatch):
    monkeypatch.setattr(extras, "find_spec", lambda package: None)
    (here / "t.parquet").write_bytes(b"")
    told = 't.parquet needs pyarrow: pip install "anomaly-workshop[parquet]"'
    assert refusal("d.detector", "t.parquet") == told
    told = 'o.parquet needs pyarrow: pip install "anomaly-workshop[parquet]"'
    assert refusal("d.detector", "t.csv", "--out", "o.parquet") == told


@needs_parquet
@pytest.mark.parametrize("group", [1, 5, 7, 100])
def test_parquet_gives_the_bytes_of_csv_however_it_is_cut(here, group):
    whole = scored("d.detector", "t.csv")
    other = TABLE.assign(id=range(60), note="text")[["note", "load", "speed", "heat"]]
    other.to_parquet("t.parquet", row_group_size=group)
    np.testing.assert_allclose(
        values(scored("d.detector", "t.parquet")), values(whole), rtol=1e-12
    )
    if group == 5:
        assert scored("d.detector", "t.parquet", "--jobs", 2) == scored(
            "d.detector", "t.parquet"
        )


@needs_parquet
def test_scores_in_parquet_are_those_in_csv_null_where_there_are_none(here):
    series = np.sin(np.arange(60) / 5) + np.arange(60) / 10
    SeasonalNaiveDetector(period=5).fit_series(series).save("s.detector")
    pd.DataFrame({"value": series}).to_csv("s.csv", index=False)
    scored("s.detector", "s.csv")
    assert score("s.detector", "s.csv", "--out", "o.parquet").exit_code == 0
    text, found = pd.read_csv("o.csv"), pd.read_parquet("o.parquet")
    assert found["score"].isna().sum() == found["label"].isna().sum() == 5
    pd.testing.assert_frame_equal(found, text, check_dtype=False)


@needs_parquet
@pytest.mark.parametrize(
    ("column", "told"),
    [
        (
            [None] + [1.0] * 59,
            "has a missing value in column 'heat', row 1 of the data",
        ),
        ([1.0] * 40 + [np.inf] * 20, "has the value inf in column 'heat', row 41 of"),
        (["a"] * 60, "string in column 'heat' and no numbers"),
        (pd.date_range("2024", periods=60), "in column 'heat' and no numbers"),
    ],
)
def test_parquet_columns_that_are_no_numbers_are_named(here, column, told):
    TABLE.assign(heat=column).to_parquet("t.parquet")
    assert told in refusal("d.detector", "t.parquet", "--out", "o.csv")


@needs_parquet
def test_parquet_files_that_are_none_are_lines(here):
    (here / "t.parquet").write_bytes(b"PAR1 nothing")
    assert "no Parquet file" in refusal("d.detector", "t.parquet")
    TABLE[:0].to_parquet("t.parquet")
    assert refusal("d.detector", "t.parquet").startswith("t.parquet has no rows")
    TABLE[["speed"]].to_parquet("t.parquet")
    assert "t.parquet has no column 'heat', 'load'" in refusal(
        "d.detector", "t.parquet"
    )
    told = refusal("d.detector", "t.parquet", "--no-header")
    assert told == "t.parquet knows its columns' names; leave out --no-header"


# --------------------------------------------------------------------------- a cluster


def test_a_cluster_of_another_kit_is_a_line():
    from helpers.clusters import require_alike

    client = SimpleNamespace(
        scheduler_info=lambda: {"workers": {"tcp://a:1": {}}},
        get_versions=lambda check: None,
        run=lambda function: {"tcp://a:1": "another"},
    )
    with pytest.raises(KitError, match="worker tcp://a:1 has another version"):
        require_alike(client)
    client.scheduler_info = lambda: {"workers": {}}
    with pytest.raises(KitError, match="the cluster has no workers"):
        require_alike(client)
