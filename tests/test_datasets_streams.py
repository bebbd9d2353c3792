"""Streams: counts, drifts, options, the same numbers from disk, the full files."""

import gzip
import hashlib

import numpy as np
import pandas as pd
import pytest

from helpers.datasets import DatasetUnavailable, UnknownDataset, files, load
from helpers.datasets.readers.kdd import COLUMNS, CONTINUOUS, SYMBOLIC, service_rows
from helpers.datasets.readers.tabular import read_csv
from helpers.datasets.registry import registered_files
from helpers.datasets.stream_page import page
from helpers.datasets.stream_sources import FOREST_COLUMNS
from helpers.datasets.streams import (
    Drift,
    Settings,
    Stream,
    load_stream,
    read_stream,
    statistics,
    stream_names,
    write_stream,
)
from helpers.errors import KitError
from helpers.paths import datasets_dir


@pytest.fixture
def stream_or_skip():
    """Return `load_stream`, but skip with its line where the data are absent."""

    def load_it(name, **options):
        try:
            return load_stream(name, **options)
        except DatasetUnavailable as error:
            pytest.skip(str(error))

    return load_it


def same(first, second):
    """Assert that two streams are equal, bit for bit."""
    for field in ("name", "title", "feature_names", "settings", "published", "drifts"):
        assert getattr(first, field) == getattr(second, field), field
    assert first.notes == second.notes
    for field in ("X", "y", "kinds"):
        assert np.array_equal(getattr(first, field), getattr(second, field)), field
    assert (first.times is None) == (second.times is None)
    assert first.times is None or first.times.equals(second.times)


# --- what each stream is ----------------------------------------------------------


def test_power_demand_is_51_weeks_of_which_7_are_anomalous(stream_or_skip):
    stream = stream_or_skip("power_demand")
    assert stream.X.shape == (4284, 1)
    assert stream.times[0] == pd.Timestamp("1997-01-06")
    assert stream.times[0].day_name() == "Monday"
    assert stream.y.sum() == 108
    weeks = np.flatnonzero(stream.window_labels())
    assert weeks.tolist() == [11, 12, 16, 17, 19, 38, 50]
    online = weeks[weeks >= stream.initial // stream.window] - 12
    assert online.tolist() == [0, 4, 5, 7, 26, 38], "published positions in the stream"
    assert (
        stream.settings == stream.published.settings == Settings(84, 1, 15, 1008, 5, 9)
    )
    assert stream.kinds[972] == "Good Friday"
    assert (stream.kinds != "").sum() == 108


def test_own_labels_take_the_place_of_the_nine_days(stream_or_skip, tmp_path):
    days, places = tmp_path / "days.csv", tmp_path / "places.csv"
    days.write_text("date,name\n1997-05-09,bridge day\n1997-12-25,\n")
    places.write_text("start,stop\n1476,1488\n4236,4248\n")
    by_day = stream_or_skip("power_demand", labels=days)
    by_place = stream_or_skip("power_demand", labels=str(places))
    assert np.flatnonzero(by_day.y).tolist() == [*range(1476, 1488), *range(4236, 4248)]
    assert np.array_equal(by_day.y, by_place.y)
    assert (by_day.kinds[1476], by_day.kinds[4236]) == ("bridge day", "labelled")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "can't be read"),
        ("", "no CSV of labels"),
        ("when\n1997-01-06\n", "needs a column date, or columns start and stop"),
        ("date\n6. Januar\n", "'6. Januar' is no date"),
        ("date\n1998-01-06\n", "not in the stream, which has 1997-01-06 to 1997-12-28"),
        ("start,stop\n5,5\n", "5 to 5 is no stretch of a stream of 4,284"),
        ("start,stop\n5,4285\n", "5 to 4285 is no stretch"),
        ("start,stop\n-1,5\n", "-1 to 5 is no stretch"),
        ("start,stop\n1.5,5\n", "1.5 to 5 are no two whole numbers"),
    ],
)
def test_labels_that_cannot_be_are_said_in_a_line(
    text, words, stream_or_skip, tmp_path
):
    path = tmp_path / "labels.csv"
    if text is not None:
        path.write_text(text)
    with pytest.raises(KitError, match=words) as error:
        stream_or_skip("power_demand", labels=path)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_the_34_columns_are_the_continuous_ones():
    assert len(CONTINUOUS) == 34
    assert [column for column in COLUMNS if column not in SYMBOLIC] == CONTINUOUS
    for column in ("duration", "root_shell", "su_attempted", "num_outbound_cmds"):
        assert column in CONTINUOUS


@pytest.mark.parametrize(
    ("name", "rows", "anomalies", "windows", "initial", "trigger"),
    [
        ("smtp", 9_723, 125, 972, 6_040, 5),
        ("http", 64_293, 2_407, 6_429, 30_950, 21),
        ("smtp_http", 74_016, 2_532, 7_401, 6_040, 5),
    ],
)
def test_network_streams_of_the_10_percent_file(
    name, rows, anomalies, windows, initial, trigger, stream_or_skip
):
    stream = stream_or_skip(name)
    assert stream.X.shape == (rows, 34)
    assert stream.y.sum() == anomalies
    assert len(stream.window_labels()) == windows
    own, published = stream.settings, stream.published.settings
    assert (own.initial, own.trigger) == (initial, trigger)
    assert (own.window, own.batch, own.hard_points) == (
        published.window, published.batch, published.hard_points,
    )  # fmt: skip
    assert stream.window_labels(least=6).sum() < stream.window_labels().sum()
    batches = (windows - initial // own.window) / own.batch
    assert own.trigger < batches, "ours can fire"
    assert stream.published.settings.trigger > batches or name != "smtp"
    assert f"takes {initial:,} rows" in stream.notes[0]
    assert "Published results are about the full file" in stream.notes[0]


def test_smtp_and_http_are_the_rows_of_the_derived_files(stream_or_skip):
    both, names = stream_or_skip("smtp_http"), [*COLUMNS, "label"]
    try:
        parts = [read_csv(f"kdd99_10pct_{one}") for one in ("smtp", "http")]
    except DatasetUnavailable as error:
        pytest.skip(str(error))
    rows = pd.concat(parts).set_axis(names, axis=1)
    assert np.array_equal(both.X, rows[CONTINUOUS].to_numpy(float))
    assert np.array_equal(both.kinds, rows["label"].str.rstrip("."))
    smtp = stream_or_skip("smtp")
    assert np.array_equal(both.X[:9723], smtp.X)
    assert both.drifts == (Drift(9723, "smtp -> http"),)


def test_other_columns_by_list_or_by_file(stream_or_skip, tmp_path):
    (tmp_path / "columns.txt").write_text("count\n\n srv_count\n")
    by_file = stream_or_skip("smtp", columns=tmp_path / "columns.txt")
    assert by_file.feature_names == ("count", "srv_count")
    same(by_file, stream_or_skip("smtp", columns=["count", "srv_count"]))


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        (["counts"], "'counts' is no column of numbers"),
        (["service"], "'service' is no column of numbers"),
        ([], "at least one column"),
        (["count", "count"], "each once"),
        ("/no/such/file", "/no/such/file can't be read"),
        (7, "can't be read"),
    ],
)
def test_columns_that_cannot_be_are_said_in_a_line(columns, words):
    with pytest.raises(KitError, match=words):
        load_stream("smtp", columns=columns)


def test_forest_comes_type_after_type_with_chunks_of_type_4(stream_or_skip):
    stream = stream_or_skip("forest")
    assert stream.X.shape == (15_120, 7)
    assert stream.feature_names == tuple(FOREST_COLUMNS)
    assert stream.y.sum() == 2_160
    assert set(stream.kinds[stream.y == 1]) == {"type 4"}
    normal = stream.kinds[stream.y == 0]
    blocks = [normal[0], *normal[1:][normal[1:] != normal[:-1]]]
    assert [one.removeprefix("type ") for one in blocks] == list("1235672")
    assert [drift.name for drift in stream.drifts][:2] == [
        "type 1 -> 2", "type 2 -> 3",
    ]  # fmt: skip
    for drift in stream.drifts:
        assert stream.kinds[drift.position][-1] == drift.name[-1]
    assert 0 < stream.y[: stream.initial].sum() < 200
    assert stream.drifts[0].position > 2 * stream.initial


def test_forest_is_seeded_and_may_have_fewer_anomalies(stream_or_skip):
    first, again = (
        stream_or_skip("forest", most=300),
        stream_or_skip("forest", most=300),
    )
    other = stream_or_skip("forest", most=300, random_state=1)
    same(first, again)
    assert first.y.sum() == other.y.sum() == 300
    assert not np.array_equal(first.y, other.y)


def test_forest_in_the_order_of_the_file(stream_or_skip):
    stream, table = stream_or_skip("forest", order="file"), load("covtype_15120")
    assert np.array_equal(stream.X, table.X[FOREST_COLUMNS].to_numpy(float))
    assert np.array_equal(stream.y, table.y)
    assert stream.drifts == ()


def test_satellite_ships_and_drifts_three_times():
    stream = load_stream("satellite")
    assert repr(stream) == (
        "<stream satellite: 4,619 rows, 36 features, 220 anomalies (4.76 %), 3 drifts>"
    )
    soils = [stream.kinds[drift.position] for drift in stream.drifts]
    assert soils == ["grey soil", "very damp grey soil", "red soil"]
    before = stream.y[: stream.initial]
    assert set(stream.kinds[: stream.initial][before == 0]) == {"red soil"}
    anomalous = {"cotton crop", "vegetation stubble"}
    assert set(stream.kinds[: stream.initial][before == 1]) == anomalous
    middle = len(stream) // 2
    for part in (slice(stream.initial, middle), slice(middle, None)):
        assert set(stream.kinds[part][stream.y[part] == 1]) == anomalous
    rows = {tuple(row) for row in load("satellite").X.to_numpy(float)}
    assert {tuple(row) for row in stream.X} <= rows


@pytest.mark.parametrize("kind", ["cotton crop", "vegetation stubble"])
def test_an_anomaly_of_satellite_becomes_normal(kind):
    plain, changed = (
        load_stream("satellite"),
        load_stream("satellite", becomes_normal=kind),
    )
    middle = len(plain) // 2
    assert np.array_equal(plain.X, changed.X), "not one value changes"
    differs = plain.y != changed.y
    assert np.array_equal(
        differs, (plain.kinds == kind) & (np.arange(len(plain)) >= middle)
    )
    assert differs.any()
    assert changed.y[middle:].any(), "the other anomaly stays one"
    assert Drift(middle, f"{kind} becomes normal") in changed.drifts


def test_damp_grey_soil_can_be_the_anomaly_and_no_column_shows_it():
    stream = load_stream("satellite", anomalous="damp grey soil")
    assert set(stream.kinds[stream.y == 1]) == {"damp grey soil"}
    assert statistics([stream]).loc["satellite", "its ROC-AUC"] < 0.8


def test_names_are_read_as_people_write_them():
    assert load_stream(" Satellite ").name == "satellite"
    with pytest.raises(UnknownDataset, match="Did you mean satellite"):
        load_stream("satelite")
    with pytest.raises(UnknownDataset, match="is a text like"):
        load_stream(3)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"full": True}, KitError, "has no option 'full'; it has anomalous, most"),
        ({"becomes_normal": "red soil"}, ValueError, "becomes_normal must be one of"),
        ({"anomalous": "grey soil"}, ValueError, "anomalous must be one of"),
        ({"anomalous": []}, ValueError, "anomalous names no class"),
        ({"anomalous": 5}, ValueError, "anomalous must be one of .*; got 5"),
        ({"anomalous": None}, ValueError, "anomalous must be one of .*; got None"),
        ({"most": 5}, ValueError, "most must be a whole number of at least 10"),
        ({"most": 1000}, ValueError, "most asks for 1,000"),
        ({"random_state": "x"}, ValueError, "random_state"),
    ],
)
def test_options_that_cannot_be_are_said_in_a_line(options, error, words):
    with pytest.raises(error, match=words) as caught:
        load_stream("satellite", **options)
    assert "\n" not in str(caught.value)


# --- the full files: read where they can be had, tried on slices of their shape ---


@pytest.mark.parametrize("name", ["smtp", "http", "smtp_http", "forest"])
def test_without_the_full_file_one_line_says_so(name, tmp_path, monkeypatch):
    monkeypatch.setenv("WORKSHOP_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("WORKSHOP_CACHE_DIR", str(tmp_path))
    with pytest.raises(DatasetUnavailable, match=r"(covtype|kddcup99)_full") as error:
        load_stream(name, full=True)
    assert "\n" not in str(error.value)


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    """Return a function that puts a small file in the place of a registered one."""

    def put(name, text):
        content = gzip.compress(text.encode("ascii"))
        told = registered_files()[name]
        digest = hashlib.sha256(content).hexdigest()
        file = told.model_copy(update={"bytes": len(content), "sha256": digest})
        path = tmp_path / file.mirror
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        monkeypatch.setenv("WORKSHOP_DATA_DIR", str(tmp_path))
        monkeypatch.setattr(
            files, "registered_files", lambda: {**registered_files(), name: file}
        )

    return put


def kdd_lines(services, attacks):
    """Return records of KDD Cup 1999: 41 values and a label with a dot."""
    lines = []
    for row, (service, attack) in enumerate(zip(services, attacks, strict=True)):
        values = [str(row)] + ["0"] * 40
        values[1:4] = ["tcp", service, "SF"]
        lines.append(",".join([*values, f"{attack}."]))
    return "\n".join(lines) + "\n"


def test_a_slice_shaped_like_the_full_kdd_file(stand_in):
    services = ["smtp", "http", "private", "http", "smtp"] * 4_000
    attacks = ["normal", "normal", "neptune", "back", "normal"] * 4_000
    stand_in("kddcup99_full", kdd_lines(services, attacks))
    table = load("kdd99")
    assert table.X.shape == (20_000, 41)
    assert table.y.sum() == 8_000
    http, attack = service_rows("kddcup99_full", "http", ["duration"], at_once=777)
    assert http["duration"].tolist()[:4] == [1, 3, 6, 8], "the order of the file"
    assert (attack == "back").sum() == 4_000


def test_streams_of_the_full_kdd_file_have_the_published_settings(stand_in):
    n_smtp, n_http = 60_010, 20
    services = ["smtp"] * n_smtp + ["http"] * n_http
    stand_in("kddcup99_full", kdd_lines(services, ["normal"] * (n_smtp + n_http)))
    stream = load_stream("smtp", full=True, columns=["duration"])
    assert stream.settings == stream.published.settings
    assert not any("Published results are about" in note for note in stream.notes)
    assert stream.title == "KDD Cup 1999, service smtp"


def test_a_slice_shaped_like_the_full_forest_file(stand_in):
    types = np.random.default_rng(0).choice(7, 150_000) + 1
    lines = [",".join([str(i), *"12345678", "9", *"0" * 44, str(kind)])
             for i, kind in enumerate(types)]  # fmt: skip
    stand_in("covtype_full", "\n".join(lines) + "\n")
    stream = load_stream("forest", full=True)
    assert stream.X.shape == (150_000, 7)
    assert stream.settings == stream.published.settings
    in_order = load_stream("forest", full=True, order="file")
    assert in_order.X[7].tolist() == [7, 1, 2, 3, 4, 5, 9], "columns 0 to 5 and 9"
    assert np.array_equal(in_order.y, types == 4)


# --- on disk ----------------------------------------------------------------------


@pytest.mark.parametrize("name", stream_names())
def test_a_stream_comes_back_from_disk_as_it_was(name, stream_or_skip, tmp_path):
    options = {"columns": ["count", "serror_rate"]} if "tp" in name else {}
    stream = stream_or_skip(name, **options)
    folder = write_stream(stream, tmp_path / "new" / name)
    assert sorted(path.name for path in folder.iterdir()) == [
        "stream.csv", "stream.toml",
    ]  # fmt: skip
    same(read_stream(folder), stream)


ODD = Stream(
    "odd",
    'a "title"\nwith \\ and \x7f and é',
    np.array([[0.1 + 0.2, 1e-300], [-1 / 3, 1e22], [5e-324, -0.0]]),
    np.array([0, 1, 0]),
    ("y", 'time, "kind"'),
    np.array(["", "NA", 'a,"b"\nc'], dtype=object),
    Settings(1, 1, 1, 1, 1, 1),
    drifts=(Drift(1, "a -> b", 2),),
    notes=("one", "two: \U0001f600"),
)


def test_odd_names_kinds_and_numbers_come_back_from_disk(tmp_path):
    again = read_stream(write_stream(ODD, tmp_path))
    same(again, ODD)
    assert np.array_equal(np.signbit(again.X), np.signbit(ODD.X))


def spoil_csv(folder):
    path = folder / "stream.csv"
    path.write_bytes(path.read_bytes()[:-9])


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda folder: (folder / "stream.csv").unlink(), "stream.csv is missing"),
        (lambda folder: (folder / "stream.toml").unlink(), "stream.toml is missing"),
        (lambda folder: (folder / "stream.toml").write_text("a ="), "no valid TOML"),
        (lambda folder: (folder / "stream.toml").write_text("a = 1"), "lacks 'name'"),
        (spoil_csv, "holds no whole stream"),
        (
            lambda folder: (folder / "stream.csv").write_text("a,y,kind\n"),
            "No columns to parse",
        ),
    ],
)
def test_what_is_torn_is_said_in_a_line(spoil, words, tmp_path):
    write_stream(ODD, tmp_path)
    spoil(tmp_path)
    with pytest.raises(KitError, match=words) as error:
        read_stream(tmp_path)
    assert "\n" not in str(error.value)
    assert "Prepare the stream again" in str(error.value)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"X": np.array([[np.nan]] * 3)}, "missing or infinite"),
        ({"y": np.array([0, 1])}, "equally long"),
        ({"y": np.array([0, 1, 2])}, "0 .normal. and 1 .anomaly. only"),
        ({"feature_names": ("a",)}, "1 feature names for 2 columns"),
        ({"settings": Settings(1, 1, 1, 4, 1, 1)}, "initial must be at most 3"),
    ],
)
def test_parts_that_do_not_fit_together_are_refused(change, words):
    with pytest.raises(ValueError, match=words):
        Stream(**{**vars(ODD), **change})


# --- the table --------------------------------------------------------------------


def test_the_table_is_counted_from_the_data(stream_or_skip):
    streams = [stream_or_skip("power_demand"), load_stream("satellite")]
    table = statistics(streams)
    assert table.index.tolist() == ["power_demand", "satellite"]
    power = table.loc["power_demand"]
    assert (power["dims"], power["instances"], power["anomalies"]) == (1, 4284, 108)
    assert (power["anomalies %"], power["published anomalies %"]) == (2.52, 2.19)
    assert (power["windows"], power["anomalous windows %"]) == (51, 13.73)
    assert table.loc["satellite", "anomalies %"] == 4.76
    assert table.loc["satellite", "one column"] in streams[1].feature_names
    assert table.loc["satellite", "its ROC-AUC"] == pytest.approx(0.98, abs=0.01)


def test_one_stream_is_a_table_of_one_row():
    stream = load_stream("satellite")
    pd.testing.assert_frame_equal(statistics(stream), statistics([stream]))


@pytest.mark.parametrize("streams", [5, None, "satellite", [5], ["satellite"]])
def test_a_table_of_what_is_no_stream_is_refused_in_a_line(streams):
    with pytest.raises(ValueError, match="streams must hold streams, as load") as error:
        statistics(streams)
    assert "\n" not in str(error.value)


# --- the bundled twin of the course's five series ---------------------------------


def test_the_twin_series_are_as_long_as_the_course_s_and_have_its_period():
    series = [load(f"twin_timeseries{number}").X["demand_mw"] for number in range(1, 6)]
    assert all(len(values) == 453 for values in series)
    for values in series:
        lags = {lag: values.autocorr(lag) for lag in range(24, 73)}
        assert max(lags, key=lags.get) == 48
    correlations = np.corrcoef(series[:4])
    assert correlations.min() > 0.98
    assert series[0].index[0].day_name() == "Monday"


def test_the_injected_points_of_the_twins_are_found_by_subtraction():
    fifth, fourth = load("twin_timeseries5"), load("twin5").extra["clean"]["demand_mw"]
    assert fourth.equals(load("twin_timeseries4").X["demand_mw"])
    difference = fifth.X["demand_mw"].to_numpy() - fourth.to_numpy()
    assert {i: difference[i] for i in np.flatnonzero(difference)} == {
        104: 4500, 204: 4500, 304: 4500, 422: -6000,
    }  # fmt: skip
    assert np.array_equal(fifth.y, difference != 0)
    second = load("twin_timeseries2")
    difference = second.X["demand_mw"] - second.extra["clean"]["demand_mw"]
    assert np.flatnonzero(difference).tolist() == [115, 239, 431]
    assert difference.iloc[[115, 239, 431]].tolist() == [1000, -6000, 5000]
    for dataset in (fifth, second):
        faulty, clean = dataset.X["demand_mw"], dataset.extra["clean"]["demand_mw"]
        assert clean.min() <= faulty.min()
        assert faulty.max() <= clean.max(), "no fixed limit finds them"
        assert (
            dataset.extra["events"]["start"].tolist()
            == np.flatnonzero(dataset.y).tolist()
        )


def test_the_page_of_the_streams_is_current(stream_or_skip):
    """`python -m helpers.datasets.stream_page` writes it again."""
    text = (datasets_dir() / "STREAMS.md").read_text(encoding="utf-8")
    assert page([stream_or_skip(name) for name in stream_names()]) == text
    assert "| power_demand | 1 | 4,284 | 108 | 2.52 |" in text
