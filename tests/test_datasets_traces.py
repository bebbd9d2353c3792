"""Traces read from class/event CSV files, and their table of counts."""

import pandas as pd
import pytest

from helpers.datasets.readers import traces as reader
from helpers.datasets.readers.traces import (
    count_table,
    published_counts,
    read_trace,
    trace_files,
)
from helpers.errors import KitError
from helpers.simulation import simulate_trace


def _write(path, text="t,class,event\n1,COMM,SIGNAL\n2,COMM,SIGNAL\n3,CONTROL,TIME\n"):
    path.write_text(text, encoding="utf-8")
    return path


def test_only_class_and_event_are_read(tmp_path):
    trace = read_trace(_write(tmp_path / "a.csv"))
    assert trace.astype(str).to_numpy().tolist() == [
        ["COMM", "SIGNAL"],
        ["COMM", "SIGNAL"],
        ["CONTROL", "TIME"],
    ]


def test_count_table_equals_the_counts_of_a_made_up_trace_in_pieces(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(reader, "_ROWS", 777)
    made = simulate_trace(5000, "fifo")
    rows = [made.vocabulary[at] for at in made.events]
    pd.DataFrame(rows, columns=["class", "event"]).to_csv(tmp_path / "a.csv")
    table = count_table({"a": tmp_path / "a.csv", "b": _write(tmp_path / "b.csv")})
    counted = {k: n for k, n in table["a"].items() if n}
    assert counted == {k: n for k, n in made.counts().items() if n}
    assert table.loc[("COMM", "SIGNAL"), "b"] == 2
    assert len(read_trace(tmp_path / "a.csv")) == 5000


def test_the_fifteen_files_are_found_by_name_in_order(tmp_path):
    for name in ("half-while", "clean-01"):
        _write(tmp_path / f"hexacopter-hil-{name}.kev.csv")
    assert list(trace_files(tmp_path)) == ["clean-01", "half-while"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"class,when\nCOMM,1\n", "no column event"),
        (b"a,b\n1,2\n", "no column class and event"),
        (b"class,event\n", "no events"),
        (b"", "not a CSV table"),
        (b"class,event\nCOMM,A\nCOMM,\n", "line 3: class or event empty"),
        ("class,event\nCOMM,Ä\n".encode("latin-1"), "UTF-8"),
        ("class,event\nCOMM,A\n".encode("utf-16"), "UTF-8"),
    ],
)
def test_a_file_that_is_no_trace_is_refused_in_one_line(tmp_path, content, words):
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(KitError, match=words) as caught:
        read_trace(tmp_path / "a.csv")
    assert "\n" not in str(caught.value)


def test_no_file_and_no_folder_are_refused(tmp_path):
    with pytest.raises(KitError, match="no such trace"):
        read_trace(tmp_path / "a.csv")
    with pytest.raises(KitError, match="no trace in"):
        trace_files(tmp_path / "nowhere")


def test_the_published_table_has_ten_events_of_fifteen_traces():
    table = published_counts()
    assert table.shape == (10, 15)
    assert table.loc[("COMM", "MSG_ERROR"), "fifo-ls-01"] == 5715
    assert table.loc[("CONTROL", "BUFFER"), "half-while"] == 4334


def test_fields_beyond_the_header_do_not_shift_the_columns(tmp_path):
    path = _write(tmp_path / "a.csv", "class,event\nCOMM,SIGNAL,7,8\n")
    assert read_trace(path).astype(str).to_numpy().tolist() == [["COMM", "SIGNAL"]]
