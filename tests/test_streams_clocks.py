"""Streams that say when a row was: gaps, repeats, disorder, daylight saving."""

import time
import warnings

import numpy as np
import pandas as pd
import pytest
from optional import needs_kafka

from helpers.detectors import PCADetector
from helpers.logs import read_log
from helpers.streams import (
    CsvSource,
    IteratorSource,
    KafkaSource,
    OnlineDetector,
    RefittedDetector,
    StreamRun,
    batches,
)

HOURS = pd.date_range("2024-05-01", periods=60, freq="h")
GAP = HOURS.delete([31, 32])  # windows of 3 rows: row 31 is the second of its window


def lines(stamps, names="heat,time"):
    """Return a CSV whose first column counts the rows."""
    return "\n".join([names, *(f"{i},{s}" for i, s in enumerate(stamps)), ""])


@pytest.fixture
def source(tmp_path):
    """Return a function that writes stamps and returns their source."""

    def write(stamps, names="heat,time", **options):
        (tmp_path / "s.csv").write_text(lines(stamps, names))
        return CsvSource(tmp_path / "s.csv", **options)

    return write


def starts(found):
    return [start for one in found for start in one.starts.tolist()]


def cut(source, **options):
    """Return the batches, and what was warned of."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        found = list(batches(source, steps=3, batch=4, **options))
    return found, [str(one.message) for one in said]


def refused(source, *words):
    with pytest.raises(ValueError, match=r"s\.csv") as error:
        cut(source)
    told = str(error.value)
    assert "\n" not in told
    for word in words:
        assert word in told
    return told


SPELLINGS = {
    "ISO": "%Y-%m-%dT%H:%M:%SZ",
    "blank": "%Y-%m-%d %H:%M",
    "seconds since 1970": "%s",
    "day first, as the 13th tells": "%d/%m/%Y %H:%M",
    "a month by name": "%d %b %Y %H:%M",
}


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
def test_a_gap_is_refused_with_both_lines_and_both_times(source, spelling):
    stamps = [
        str(int(moment.timestamp())) if spelling == "%s" else moment.strftime(spelling)
        for moment in GAP + pd.Timedelta("12D")
    ]
    told = refused(source(stamps), "3 hours instead of 1 hour", 'gaps="split"')
    assert f"line 32 ({stamps[30]}) and line 33 ({stamps[31]})" in told


@pytest.mark.parametrize("block", [2**22, 700])
def test_windows_begin_anew_behind_a_gap(source, monkeypatch, block):
    monkeypatch.setattr("helpers.streams.sources._BLOCK", block)
    found, said = cut(source(GAP, gaps="split"))
    assert starts(found) == [*range(0, 30, 3), *range(31, 58, 3)]
    assert said == ["1 row before gaps, too few for a window of 3, are in no window"]
    values = np.concatenate([one.windows[:, :, 0] for one in found])
    assert values.tolist() == [[s, s + 1, s + 2] for s in starts(found)]
    assert [one.position.rows for one in found] == [12, 24, 37, 49, 58]


def test_an_index_of_times_is_split_as_the_file_is(source):
    table = pd.DataFrame({"heat": np.arange(58.0)}, index=GAP)
    found, said = cut(IteratorSource(table, gaps="split"))
    other, told = cut(source(GAP, gaps="split"))
    assert said == told
    for one, two in zip(found, other, strict=True):
        np.testing.assert_array_equal(one.windows, two.windows)
        np.testing.assert_array_equal(one.starts, two.starts)
    with pytest.raises(ValueError, match=r'1 gap, .*position 31.* pass gaps="split"'):
        cut(IteratorSource(table))


@pytest.mark.parametrize("after", range(4))
def test_reading_goes_on_with_the_same_clock(source, after):
    split = source(GAP, gaps="split")
    whole, _ = cut(split)
    rest, _ = cut(split, position=whole[after].position)
    assert starts(rest) == starts(whole[after + 1 :])
    if after < 2:
        refuses = source(GAP)
        with pytest.raises(ValueError, match=r"line 32 .* and line 33"):
            cut(refuses, position=whole[after].position)


def test_a_gap_right_where_reading_goes_on_is_seen(source):
    index = HOURS.delete([24, 25])
    first = cut(source(index, gaps="split"))[0][1]
    assert first.position.rows == 24
    with pytest.raises(ValueError, match=r"line 25 .* and line 26"):
        cut(source(index), position=first.position)
    assert starts(cut(source(index, gaps="split"), position=first.position)[0])[0] == 24


def test_the_first_gap_may_be_among_the_first_rows(source):
    assert starts(cut(source(HOURS[:20].delete([1, 2, 3, 4]), gaps="split"))[0]) == [
        *range(1, 16, 3)
    ]


def test_few_rows_are_read_at_the_end(source):
    assert starts(cut(source(HOURS[:7]))[0]) == [0, 3]
    assert starts(cut(source(HOURS[:1]))[0]) == []


def test_what_no_split_mends_is_refused(source):
    order = [*HOURS[:40], HOURS[30], *HOURS[40:]]
    for gaps in ("refuse", "split"):
        refused(
            source(order, gaps=gaps), "line 42 (2024-05-02 06:00", "is earlier than"
        )
        again = [*HOURS[:40], HOURS[39], *HOURS[40:]]
        refused(source(again, gaps=gaps), "line 42", "has the time of line 41")
        faster = [*HOURS[:40], *(HOURS[39] + pd.to_timedelta([20, 40, 60], "min"))]
        refused(source(faster, gaps=gaps), "the step changes: 20 minutes from line 41")
    slower = [*HOURS[:40], *pd.date_range(HOURS[39], periods=9, freq="2h")[1:]]
    refused(source(slower, gaps="split"), "the step changes: 2 hours from line 41")
    refused(source([*HOURS[:20], "soon"]), "line 22: the time 'soon' can't be read")


def test_jitter_working_days_and_months_are_even(source):
    even = [
        HOURS + pd.to_timedelta(np.resize([0, 120, -120], 60), "s"),
        pd.bdate_range("2024-05-01", periods=40).strftime("%Y-%m-%d"),
        pd.date_range("2020-01-01", periods=40, freq="MS").strftime("%Y-%m-%d"),
    ]
    for index in even:
        found, said = cut(source(index))
        assert starts(found) == list(range(0, len(index) // 3 * 3, 3))
        assert not said
    holiday = pd.bdate_range("2024-05-01", periods=40).delete(30)
    refused(source(holiday), "2 days instead of 1 day")


def test_daylight_saving_is_told_and_a_zone_mends_spring(source):
    zoned = pd.date_range("2024-03-30 20:00", periods=30, freq="h", tz="Europe/Berlin")
    wall = zoned.tz_localize(None)
    refused(source(wall), "2 hours instead of 1 hour", "put forward", 'zone="Europe')
    found, _ = cut(source(wall, zone="Europe/Berlin"))
    assert starts(found) == list(range(0, 30, 3))
    autumn = pd.date_range("2024-10-26 20:00", periods=30, freq="h", tz="Europe/Berlin")
    refused(
        source(autumn.tz_localize(None)),
        "has the time of line 8",
        "put back",
        "with their offset",
    )
    refused(
        source(autumn.tz_localize(None), zone="Europe/Berlin"), "this hour occurs twice"
    )
    assert starts(cut(source(autumn))[0]) == list(range(0, 30, 3))


def test_day_or_month_first_is_asked_where_rows_do_not_tell(source):
    stamps = pd.date_range("2024-05-01", periods=12).strftime("%d/%m/%Y")
    refused(source(stamps[:3]), "may have the day or the month first", "day_first=True")
    assert starts(cut(source(stamps[:6], day_first=True))[0]) == [0, 3]


def test_a_day_and_an_hour_in_two_columns_are_one_time(source):
    stamps = HOURS.delete(31).strftime("%Y-%m-%d,%H:%M:%S")
    told = refused(source(stamps, names="heat,date,hour"), "2 hours instead of 1 hour")
    assert "line 32 (2024-05-02 06:00:00)" in told


def test_am_pm_and_a_zone_in_columns_of_their_own_belong_to_the_time(tmp_path):
    path = tmp_path / "s.csv"
    spring = pd.date_range("2024-10-26 20:00", periods=40, freq="h", tz="Europe/Berlin")
    rows = [f"{i},{t:%Y-%m-%d %I:%M},{t:%p},{t:%z}" for i, t in enumerate(spring)]
    path.write_text("\n".join(["heat,time,AM/PM,tz", *rows, ""]))
    for features in (None, ("heat",)):
        found, said = cut(CsvSource(path, features=features))
        assert starts(found) == list(range(0, 39, 3))
        assert found[0].windows.shape[2] == 1
        assert not said


def test_seconds_without_a_date_are_a_clock_where_they_are_named(source):
    seconds = np.delete(np.arange(0, 60, 2), 20)
    assert cut(source(seconds))[0][0].windows.shape[2] == 2  # else two features
    told = refused(source(seconds, time="time"), "4 seconds instead of 2 seconds")
    assert "line 21 (38) and line 22 (42)" in told


@pytest.mark.parametrize(
    ("options", "features"),
    [
        ({}, ("heat",)),
        ({"features": ("heat",)}, ("heat",)),
        ({"time": "time"}, ("heat",)),
        ({"time": False, "features": ("heat",)}, ("heat",)),
    ],
)
def test_the_column_of_times_is_found_and_is_no_feature(source, options, features):
    made = source(GAP, **options)
    assert made.columns() == features
    if options.get("time") is False:
        assert starts(cut(made)[0]) == list(range(0, 57, 3))
    else:
        refused(made, "3 hours instead of 1 hour")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"time": "when"}, "has no column 'when'"),
        ({"time": 5}, "time must name a column"),
        ({"gaps": "fill"}, "gaps must be"),
        ({"zone": "Mars/Olympus"}, "zone= must name one"),
    ],
)
def test_what_is_asked_of_a_clock_in_vain_is_told(source, options, message):
    with pytest.raises(ValueError, match=message):
        cut(source(HOURS, **options))


def test_a_second_column_of_times_is_no_feature_in_silence(source):
    seconds = (HOURS - pd.Timestamp(0)) // pd.Timedelta("1s")
    for name in ("ts_ms", "timestamp", "epoch_us"):
        stamps = [f"{moment},{s}" for moment, s in zip(HOURS, seconds, strict=True)]
        names = f"heat,time,{name}"
        refused(source(stamps, names), f"'time' and '{name}' are times; name the feat")
        assert source(stamps, names, features=("heat",)).columns() == ("heat",)


@pytest.mark.parametrize("name", ["ts_ms", "time_us", "epoch_ns"])
def test_a_unit_in_its_name_leaves_a_time_what_it_is(source, name):
    count = {"ms": 10**3, "us": 10**6, "ns": 10**9}[name[-2:]]
    stamps = (GAP - pd.Timestamp(0)) // pd.Timedelta("1s") * count
    refused(source(stamps, f"heat,{name}"), "3 hours instead of 1 hour")
    line = f"{name}={stamps[0]} src=a dst=b"
    assert read_log([line])[0]["time"].tolist() == [GAP[0].tz_localize("UTC")]


def test_a_file_without_rows_yet_is_followed(tmp_path):
    path = tmp_path / "s.csv"
    path.write_text("heat,time\n")
    followed = CsvSource(path, wait=0.05, poll=0.01).read()
    with path.open("a") as file:
        file.write("\n".join(f"{i},{s}" for i, s in enumerate(HOURS)) + "\n")
    assert sum(len(rows) for rows in followed) == 60


def test_an_online_detector_never_scores_a_window_over_a_gap(source, tmp_path):
    random = np.random.default_rng(0)
    rows = [f"{v:.6f}" for v in random.normal(size=58)]
    online = OnlineDetector(detector=RefittedDetector(detector=PCADetector()), batch=4)
    online.fit(random.normal(size=(40, 3, 1)))
    names = "heat,time"
    (tmp_path / "s.csv").write_text(
        "\n".join([names, *map(",".join, zip(rows, map(str, GAP), strict=True)), ""])
    )
    path = tmp_path / "s.csv"
    seen = StreamRun(online, CsvSource(path, gaps="split"), folder=tmp_path / "run")
    with pytest.warns(UserWarning, match="1 row before gaps"):
        record = seen.run()
    assert len(record) == 19
    with pytest.raises(ValueError, match="a gap between line 32"):
        StreamRun(online, CsvSource(path)).run()


@needs_kafka
def test_messages_that_carry_times_have_a_clock():
    from confluent_kafka import Producer

    producer = Producer({"test.mock.num.brokers": 1, "log_level": 0})
    (found,) = producer.list_topics(timeout=10).brokers.values()
    topic = f"t{time.monotonic_ns()}"
    for number, moment in enumerate(GAP):
        producer.produce(topic, f"{number},{moment}".encode(), partition=0)
    producer.flush()
    servers, columns = f"{found.host}:{found.port}", ("heat", "time")
    split = KafkaSource(servers, topic, columns, gaps="split", wait=0.1)
    whole, _ = cut(split)
    assert starts(whole) == [*range(0, 30, 3), *range(31, 58, 3)]
    rest, _ = cut(split, position=whole[1].position)
    assert starts(rest) == starts(whole[2:])
    refuses = KafkaSource(servers, topic, columns, wait=0.1)
    for position in (whole[0].position, whole[1].position):
        with pytest.raises(ValueError, match=r"offset 30 .* and offset 31 .*3 hours"):
            cut(refuses, position=position)
    counted = KafkaSource(
        servers, topic, columns, features=("heat",), time=False, wait=0.1
    )
    assert starts(cut(counted)[0]) == list(range(0, 57, 3))
    producer.flush(1)
