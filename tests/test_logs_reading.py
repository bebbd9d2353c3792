"""Reading logs: three formats are one table, and nothing in a line is fatal."""

import gzip
import io
import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.errors import KitError
from helpers.logs import (
    COLUMNS,
    LogUnreadable,
    LogVectorizer,
    read_log,
)
from helpers.simulation import simulate_network

SMALL = simulate_network(1, rows_per_day=60, clients=4)
WRITERS = {
    "JSON lines": SMALL.to_json_lines,
    "text lines": SMALL.to_text_lines,
    "CSV": SMALL.to_csv,
}
formats = pytest.mark.parametrize("form", list(WRITERS))


def row(**changes):
    fields = {"time": "2024-01-08T10:00:00Z", "src": "10.0.0.1", "dst": "10.0.0.2"}
    return json.dumps({**fields, **changes})


# ------------------------------------------------------- three formats, one array


@settings(max_examples=15)
@given(
    seed=st.integers(0, 10**6),
    rows=st.integers(20, 300),
    labels=st.booleans(),
    dialects=st.lists(st.integers(0, 3), min_size=1, max_size=5),
)
def test_three_formats_are_one_table_and_one_array(seed, rows, labels, dialects):
    log = simulate_network(1, seed, rows_per_day=rows, clients=3)
    texts = {
        "JSON lines": log.to_json_lines(labels=labels),
        "text lines": log.to_text_lines(labels=labels),
        "CSV": log.to_csv(labels=labels, dialects=dialects),
    }
    vectorizer = LogVectorizer(time_of_day=True).fit(log.records)
    wanted = vectorizer.transform(log.records)
    for form, lines in texts.items():
        records, report = read_log(lines)
        assert report.format == form
        assert set(report.table()["problem"]) <= {"gaps in time", "duplicate lines"}
        assert report.unreadable == {}
        pd.testing.assert_frame_equal(
            records[list(COLUMNS)].reset_index(drop=True), log.records
        )
        assert np.array_equal(vectorizer.transform(records), wanted)
        if labels:
            assert records["label"].tolist() == log.y.tolist()
        else:
            assert records["label"].isna().all()


@formats
def test_a_format_that_is_named_gives_the_same(form):
    lines = WRITERS[form]()
    records, report = read_log(lines, format=form)
    found, other = read_log(lines)
    pd.testing.assert_frame_equal(records, found)
    assert report == other
    numbers = records.index[[0, -1]]
    assert [lines[n - 1] for n in numbers] == records["original"].iloc[[0, -1]].tolist()


def test_a_format_that_is_none_is_named_with_those_there_are():
    with pytest.raises(ValueError, match="no format 'XML'; there are JSON lines, text"):
        read_log([row()], format="XML")


def test_label_words_of_all_parts_are_understood():
    report = read_log(SMALL.to_csv())[1]
    words = {word: label for word, (label, _) in report.labels.items()}
    expected = {"normal": 0, "benign": 0, "0": 0, "-": 0}
    expected |= {"attack": 1, "malicious": 1, "1": 1, "ATTACK": 1}
    assert words.items() <= expected.items()
    assert sum(count for _, count in report.labels.values()) == len(SMALL)
    assert report.names["kB out"] == "bytes_sent (from kb × 1,000)"


# ----------------------------------------------------------------- torn anywhere


def _records_or_none(content):
    try:
        return read_log(io.BytesIO(content))[1].records
    except LogUnreadable:
        return 0


@formats
@settings(max_examples=120)
@given(data=st.data())
def test_a_file_cut_at_any_byte_loses_one_line_and_says_so(form, data):
    content = "".join(line + "\n" for line in WRITERS[form]()[:40]).encode()
    whole, _ = read_log(io.BytesIO(content))
    cut = data.draw(st.integers(1, len(content)))
    if content[:cut].count(b"\n") <= (form == "CSV"):  # not one whole line of data
        assert _records_or_none(content[:cut]) in (0, 1)
        return
    records, report = read_log(io.BytesIO(content[:cut]))
    lines = content[:cut].count(b"\n")
    complete = whole[whole.index <= lines]
    same = records[records.index <= lines]
    pd.testing.assert_frame_equal(same, complete)
    last = set(records.index) - set(same.index)
    if cut < len(content) and content[cut - 1 : cut] != b"\n":
        assert any("no line end" in note for note in report.notes)
        stands = lines + 1 in last
        header = form == "CSV" and lines + 1 not in report.unreadable
        assert stands or lines + 1 in report.unreadable or header
    else:
        assert not last


@formats
@settings(max_examples=60)
@given(data=st.data())
def test_a_line_cut_in_the_middle_of_a_file_is_reported(form, data):
    lines = WRITERS[form]()[:20]
    victim = data.draw(st.integers(2, 18))
    cut = data.draw(st.integers(1, len(lines[victim]) - 1))
    torn = [*lines[:victim], lines[victim][:cut], *lines[victim + 1 :]]
    records, report = read_log(torn)
    if not lines[victim][:cut].strip():
        return
    assert victim + 1 in report.unreadable
    assert victim + 1 not in records.index
    wanted = read_log(lines)[0].drop(index=victim + 1)
    pd.testing.assert_frame_equal(records, wanted)


@given(st.lists(st.one_of(st.text(max_size=60), st.binary(max_size=60)), max_size=8))
def test_rubbish_between_lines_never_stops_the_reader(rubbish):
    good = row().encode()
    bad = [
        one.encode("utf-8", "replace") if isinstance(one, str) else one
        for one in rubbish
    ]
    content = b"\n".join([good, *bad, *[good] * (len(bad) + 1)])
    records, report = read_log(io.BytesIO(content))
    assert report.records == len(records) >= len(bad) + 2
    assert len(report.unreadable) + report.blank + report.records == report.lines
    assert "\n" not in str(report)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(
    st.dictionaries(
        st.sampled_from([*COLUMNS, "label", "source.ip", "x"]), json_values, max_size=14
    )
)
def test_any_json_values_give_a_table_that_can_be_vectorised(fields):
    records, report = read_log([row(), json.dumps(fields), row(**fields)])
    assert 1 in records.index
    array = LogVectorizer(min_lines=1, time_of_day=True).fit_transform(records)
    assert np.isfinite(array).all()
    assert report.records == len(records)


# --------------------------------------------------------- fields, values, times


@settings(max_examples=25)
@given(st.randoms(use_true_random=False))
def test_the_order_of_fields_does_not_matter(random):
    wanted, _ = read_log(SMALL.to_json_lines())
    shuffled = []
    for line in SMALL.to_json_lines():
        pairs = list(json.loads(line).items())
        random.shuffle(pairs)
        shuffled.append(json.dumps({**dict(pairs), "sensor": "eth0"}))
    records, report = read_log(shuffled)
    pd.testing.assert_frame_equal(
        records.drop(columns="original"), wanted.drop(columns="original")
    )
    assert report.unknown_fields == {"sensor": len(SMALL)}


def test_text_lines_in_any_order_with_unknown_fields():
    lines = [
        '<13>2024-01-08 10:00 fw kernel: DST=10.0.0.2 SRC=10.0.0.1 x=1 msg="a \\"b\\""',
        "1704708001 fw dst=10.0.0.2 dpt=443 src=10.0.0.1 sent=1.5kB dur=20ms rcvd=7",
    ]
    records, report = read_log(lines)
    assert records["message"].tolist() == ['a "b"', ""]
    assert records["bytes_sent"].iloc[1] == 1500
    assert records["duration"].iloc[1] == 0.02
    assert records["time"].diff().iloc[1] == pd.Timedelta("1s")
    assert report.unknown_fields == {"x": 1}
    assert "1 times without a zone read as UTC" in report.notes


@pytest.mark.parametrize(
    ("fields", "column", "value"),
    [
        ({"Duration (ms)": 1500}, "duration", 1.5),
        ({"Flow Duration": 2_000_000}, "duration", 2),
        ({"duration_us": "250"}, "duration", 0.00025),
        ({"out_kb": "1.5"}, "bytes_sent", 1500),
        ({"KiB in": 2}, "bytes_received", 2048),
        ({"src_bytes": 5}, "bytes_sent", 5),
        ({"resp_bytes": "6 B"}, "bytes_received", 6),
        ({"proto": 17}, "protocol", "udp"),
        ({"proto": "TCP"}, "protocol", "tcp"),
        ({"id.resp_p": 53}, "port", 53),
        ({"conn_state": "sf"}, "flag", "SF"),
        ({"service": "-"}, "service", ""),
        ({"Label": "BENIGN"}, "label", 0),
        ({"Label": "Port Scan"}, "label", 1),
        ({"class": "normal."}, "label", 0),
        ({"is_attack": True}, "label", 1),
        ({"is_attack": 1.0}, "label", 1),
        ({"message": " two\n lines\t"}, "message", "two lines"),
    ],
)
def test_names_units_and_words(fields, column, value):
    assert read_log([row(**fields)])[0][column].iloc[0] == value


@pytest.mark.parametrize(
    "time",
    [
        "2024-01-08T10:00:00Z",
        "2024-01-08 10:00",
        "2024-01-08T12:00:00.000+02:00",
        "2024-01-08T05:00:00,000-0500",
        1704708000,
        "1704708000.0",
        1704708000000,
        "1704708000000000",
        1704708000 * 10**9,
    ],
)
def test_one_moment_in_many_ways(time):
    records, _ = read_log([row(time=time)])
    assert records["time"].iloc[0] == pd.Timestamp("2024-01-08 10:00", tz="UTC")


@pytest.mark.parametrize(
    "fields",
    [
        {"bytes_sent": 10**400},
        {"bytes_sent": 2**60},
        {"bytes_sent": -1},
        {"bytes_sent": "many"},
        {"bytes_sent": True},
        {"bytes_sent": [1]},
        {"bytes_sent": float("inf")},
        {"port": 70_000},
        {"duration": "1 fortnight"},
        {"message": ["a", "b"]},
    ],
)
def test_a_strange_value_is_missing_and_reported(fields):
    (column,) = fields
    records, report = read_log([row(), row(**fields)])
    assert report.bad_values == {column: (2,)}
    value = records[column].iloc[1]
    assert value == "" if column == "message" else pd.isna(value)


@pytest.mark.parametrize("value", [None, "", "NaN", "null", "-", float("nan"), "N/A"])
def test_a_missing_value_is_missing_and_no_problem(value):
    records, report = read_log([row(bytes_sent=value, service=value)])
    assert report.ok
    assert records["bytes_sent"].isna().all()
    assert records["service"].tolist() == [""]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("[1, 2]", "JSON, but a list instead of an object"),
        ("null", "JSON, but null instead"),
        ('{"time": 1', "torn: the closing brace is missing"),
        ('{"time": }', "broken JSON"),
        ('{"time": "2024-01-08T10:00:00Z", "src": "a"}', "destination missing"),
        (row(time="noon"), "time not understood"),
        (row(time=12), "time not understood"),
        (row(time="0001-01-01T00:00:00Z"), "time not understood"),
        (row(time="9999-01-01T00:00:00Z"), "time not understood"),
        (row(time="2024-13-40 10:00:00"), "time not understood"),
        (row(src=None), "source missing"),
        (row(src={}), "source missing"),
        (row(src=["10.0.0.1"]), "source not understood"),
        ("[" * 100_000, "JSON nested too deep"),
        ("hello", "no JSON object"),
        ('{"a":' * 100_000 + "}", "JSON nested too deep"),
    ],
)
def test_an_unreadable_line_says_why(line, reason):
    records, report = read_log([row(), line, row()])
    assert records.index.tolist() == [1, 3]
    assert list(report.unreadable) == [2]
    assert reason in report.unreadable[2]


def test_two_names_for_one_field():
    lines = [
        row(source_ip="10.9.9.9"),
        '{"src": "x", ' + row()[1:],
        row(source_ip="10.0.0.1"),
    ]
    records, report = read_log(lines)
    assert records["source"].tolist() == ["10.0.0.1", "x", "10.0.0.1"]
    assert report.conflicts == {"source": (1, 2)}
    header = "time,src,dst,bytes_sent,bytes_sent"
    twice, report = read_log([header, "2024-01-08 10:00,a,b,1,2"])
    assert twice["bytes_sent"].tolist() == [1]
    assert report.conflicts == {"bytes_sent": (2,)}


def test_unknown_label_words_are_missing_labels():
    records, report = read_log([row(label="normal"), row(label="gremlin"), row()])
    assert records["label"].isna().tolist() == [False, True, True]
    assert report.labels == {"normal": (0, 1), "gremlin": (None, 1)}
    assert "1 unknown label words" in str(report)


def test_the_clock_is_watched_not_mended():
    minutes = ["10:00", "09:00", "09:01", "13:00", "12:59:59.5"]
    lines = [row(time=f"2024-01-08 {minute}Z", n=n) for n, minute in enumerate(minutes)]
    records, report = read_log(lines)
    assert records.index.tolist() == [1, 2, 3, 4, 5]
    assert report.clock_jumps == {2: 3600.0}
    assert report.gaps == {4: 14_340.0}
    _, strict = read_log(lines, jump_seconds=0, gap_seconds=30)
    assert strict.clock_jumps == {2: 3600.0, 5: 0.5}
    assert list(strict.gaps) == [3, 4]


def test_known_tools_are_understood():
    zeek = {
        "ts": 1704708000.5, "uid": "C1", "id.orig_h": "10.0.0.1", "id.orig_p": 50_000,
        "id.resp_h": "10.0.0.2", "id.resp_p": 53, "proto": "udp", "service": "dns",
        "duration": 0.01, "orig_bytes": 40, "resp_bytes": 90, "conn_state": "SF",
    }  # fmt: skip
    elastic = {
        "@timestamp": "2024-01-08T10:00:00.5Z",
        "source": {"ip": "10.0.0.1", "port": 50_000, "bytes": 40},
        "destination": {"ip": "10.0.0.2", "port": 53, "bytes": 90},
        "network": {"transport": "udp", "protocol": "dns"},
        "event": {"duration": 10_000_000},
    }
    one, report = read_log([json.dumps(zeek)])
    two, _ = read_log([json.dumps(elastic)])
    assert set(report.unknown_fields) == {"uid", "id.orig_p"}
    same = [name for name in COLUMNS if name != "flag"]
    pd.testing.assert_frame_equal(one[same], two[same])


def test_a_log_among_the_lines_of_other_programs():
    other = ["2024-01-08T10:00:00Z host cron[1]: job started"] * 3
    lines = [line for one in SMALL.to_text_lines() for line in [*other, one]]
    records, report = read_log(lines)
    assert len(records) == len(SMALL)
    assert len(report.unreadable) == 3 * len(SMALL)


# ------------------------------------------------------------------------- files


@pytest.mark.parametrize(
    "dress",
    [
        lambda text: b"\xef\xbb\xbf" + text.encode(),
        lambda text: text.encode("utf-16"),
        lambda text: text.replace("\n", "\r\n").encode(),
        lambda text: text.replace("\n", "\r").encode(),
        lambda text: gzip.compress(text.encode()),
        lambda text: b"\n\n" + text.replace("\n", "\n  \n").encode(),
    ],
    ids=["BOM", "UTF-16", "CRLF", "CR", "gzip", "empty lines"],
)
@formats
def test_files_in_any_dress(form, dress, tmp_path):
    path = tmp_path / "network.log"
    path.write_bytes(dress("".join(line + "\n" for line in WRITERS[form]())))
    records, report = read_log(path)
    assert report.source == "network.log"
    assert not report.unreadable
    pd.testing.assert_frame_equal(
        records[list(COLUMNS)].reset_index(drop=True), SMALL.records
    )


def test_latin_1_lines_are_read_and_reported(tmp_path):
    path = tmp_path / "log"
    lines = [row(n=1).encode(), json.dumps({"m": 0}).encode()]
    lines.append(row(msg="é", n=2).replace("\\u00e9", "é").encode("latin-1"))
    path.write_bytes(b"\n".join(lines) + b"\n")
    records, report = read_log(str(path))
    assert records["message"].tolist() == ["", "é"]
    assert report.recoded == (3,)


def test_a_torn_archive_gives_what_it_holds():
    rng = np.random.default_rng(0)
    lines = [row(n=str(rng.integers(10**18))) for _ in range(500)]
    packed = gzip.compress("\n".join(lines).encode())
    records, report = read_log(io.BytesIO(packed[: len(packed) // 2]))
    assert 100 < len(records) < 400
    assert "the gzip file ends too early: lines are missing" in report.notes


def test_open_files_and_lists_of_bytes():
    text = "\n".join(SMALL.to_text_lines())
    wanted, _ = read_log(SMALL.to_text_lines())
    sources = [io.StringIO(text), io.BytesIO(text.encode()), text.encode().split(b"\n")]
    for source in [*sources, iter(text.splitlines(keepends=True))]:
        pd.testing.assert_frame_equal(read_log(source)[0], wanted)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ([], "lines is empty: there is no line to read"),
        ([" ", ""], "is empty"),
        ("{}", "this is the text of a log, not a path"),
        ("no-such-file.log", "no-such-file.log can't be read: No such file"),
        (".", "is a folder"),
        ("", "the path of the log is empty; name a file"),
        ("a\0b", "can't be read"),
        (5, "a log is a path, an open file or a list of lines; got int"),
        ([5], "a list of lines holds text; got int among them"),
        (None, "got NoneType"),
        (b"{}", "got a bytes"),
        ({"time": 1}, "got a dict"),
        (SMALL.records, "got a DataFrame"),
        (
            ["Jan  8 00:00:03 host kernel: SRC=1.2.3.4 DST=5.6.7.8 DPT=22 "],
            "the time has no year; let the logger write ISO times on 1 of 1 lines",
        ),
        (["[", "{}", "]"], "no network log"),
        (["[", '{"time": 1},', '{"time": 2}', "]"], "one JSON document"),
        (["a,b,c", "1,2,3"], r"no header names time, source and destination \(first"),
        (["time,src,dst"], "only headers"),
        ([row(src="")], "source missing on 1 of 1 lines; names found: 'time', 'src'"),
        ([b"\x1f\x8bnonsense"], "no network log"),
        (io.BytesIO(b"\x1f\x8bnonsense"), "lines is a damaged gzip file"),
        ([b"\x00\xff" * 50], "no network log"),
    ],
)
def test_nothing_to_read_is_one_line(source, message):
    with pytest.raises(LogUnreadable, match=message) as error:
        read_log(source)
    assert isinstance(error.value, KitError)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["BGL", "HDFS", "Linux", "OpenSSH", "Zookeeper"])
def test_a_foreign_log_gets_a_clear_answer(name, load_or_skip):
    frame = load_or_skip(f"loghub_{name}_2k").X
    with pytest.raises(LogUnreadable, match="no header names time, source and dest"):
        read_log(frame.to_csv(index=False).splitlines())


def test_a_torn_archive_of_several_loses_its_end_only():
    """Logs that are packed one by one and joined, as log rotation does."""
    content = "".join(line + "\n" for line in WRITERS["JSON lines"]()[:60]).encode()
    half = len(content) // 2
    joined = gzip.compress(content[:half]) + gzip.compress(content[half:])
    assert read_log(io.BytesIO(joined))[1].records == 60
    records, report = read_log(io.BytesIO(joined[:-30]))
    assert len(records) > 30
    assert any("ends too early" in note for note in report.notes)


# ------------------------------------------------------------------- the report


def test_the_report_in_a_line_and_as_a_table():
    lines = [row(n=1), row(n=1), '{"time', "", row(bytes_sent="x"), row(label="huh")]
    _, report = read_log(lines)
    assert str(report) == (
        "lines: JSON lines, 4 of 6 lines read; 1 torn lines, 1 unknown fields, "
        "1 values of bytes_sent not understood, 1 unknown label words, "
        "1 duplicate lines"
    )
    table = report.table()
    assert table.columns.tolist() == ["problem", "count", "details"]
    assert table["details"].iloc[0] == "line 3: torn: the closing brace is missing"
    assert not report.ok
    assert report.blank == 1
    with pytest.raises(TypeError):
        report.labels["x"] = 1


def test_a_clean_log_has_a_clean_report():
    report = read_log([row(n_=None) for _ in range(1)])[1]
    assert report.unknown_fields == {"n_": 1}
    report = read_log([row()])[1]
    assert report.ok
    assert str(report).endswith("no problems")
    assert report.table().empty


@pytest.mark.parametrize("argument", ["jump_seconds", "gap_seconds"])
def test_impossible_arguments_are_refused(argument):
    with pytest.raises(ValueError, match=argument):
        read_log([row()], **{argument: -1})
