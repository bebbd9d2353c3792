"""Times, numbers and second names in logs: read right, or refused with the reason."""

import json
import re

import pandas as pd
import pytest

from helpers.logs import LogUnreadable, read_log

MOMENT = pd.Timestamp("2024-01-08 10:00", tz="UTC")
SPELLINGS = """2024-01-08T10:00:00Z|2024-01-08t10:00:00z|2024-01-08 10:00:00 UTC
20240108T100000Z|20240108T1000Z|2024-008T10:00:00Z|2024008T100000Z|2024-W02-1T10:00Z
2024W021T10Z|2024-01-08T10:00:00,000Z|2024-01-08T10:00:00.000000000Z
2024-01-08T15:30:00+0530|2024-01-08T12+02|2024-01-08 12:00 UTC+2
2024-01-08 12:00:00 GMT+02:00|2024-01-08 11:00:00 CET|2024-01-08 05:00:00 EST
Mon, 08 Jan 2024 10:00:00 GMT|Mon Jan  8 10:00:00 2024|Mon Jan 8 17:00:00 ICT 2024
[08/Jan/2024:02:00:00 -0800]|08-Jan-2024 10:00:00 AM|Jan 8, 2024 10:00:00 a.m.
Jan 8, 2024, 10 AM|08-JAN-24 10:00:00|2024-01-08 10:00:00AM|1704708000|1704708000.000
1704708000000|1704708000000000|1704708000000000000|133491816000000000|20240108100000
13349181600000000|2024-01-08T11:00:00+01:00[Europe/Berlin]|/Date(1704708000000)/
2024-01-08 17:00:00 Asia/Bangkok|10:00:00 2024-01-08|10:00:00.000 UTC Mon Jan 8 2024
2024/01/08 10:00:00|2024.01.08 10:00|2024-01-08_10:00:00|1704708000,0|1,704,708,000
1.704708000E+9|08 Jan 2024 10:00:00 +0000 (UTC)|2024-Jan-08 10:00:00.000
January 8, 2024 at 10:00:00 AM|08.01.2024 10:00|2024-01-08T10:00:00−00:00"""
SPELLINGS = [one for part in SPELLINGS.splitlines() for one in part.split("|")]


def lines_of(times, name="time"):
    return [
        f"{name}\tsrc\tdst",
        *(f"{time}\t10.0.0.{n}\t10.0.0.99" for n, time in enumerate(times)),
    ]


@pytest.mark.parametrize("time", SPELLINGS)
def test_one_moment_in_a_table_however_it_is_written(time):
    assert read_log(lines_of([time]))[0]["time"].tolist() == [MOMENT]


@pytest.mark.parametrize(
    ("time", "wanted"),
    [
        ("2016-12-31T23:59:60Z", "2017-01-01"),
        ("2017-01-01T05:29:60.5+05:30", "2017-01-01 00:00:00.5"),
        ("2024-01-08T24:00:00Z", "2024-01-09"),
        ("2024-01-08 12:00:00 AM", "2024-01-08"),
        ("2024-01-08 12:30 PM", "2024-01-08 12:30"),
        ("2024-01-08T10:30,5Z", "2024-01-08 10:30:30"),
        ("20240108T1030.25Z", "2024-01-08 10:30:15"),
        ("2024-01-08T10.75Z", "2024-01-08 10:45"),
        ("2024-01-08T10,000001Z", "2024-01-08 10:00:00.0036"),
        ("20240108", "2024-01-08"),
        ("1704123123595912", "2024-01-01 15:32:03.595912"),  # no day of 1704
        ("2024-02-29T00:00:00-12:00", "2024-02-29 12:00"),
    ],
)
def test_leap_seconds_midnights_and_halves_of_the_day(time, wanted):
    found = read_log(lines_of([time]))[0]["time"].iloc[0]
    assert found == pd.Timestamp(wanted, tz="UTC")


@pytest.mark.parametrize(
    ("time", "reason"),
    [
        ("2024-01-08 10:00:00 CST", "several zones are called CST"),
        ("2024-01-08 10:00 IST", "several zones are called IST"),
        ("2024-01-08 10:00 QQQ", "the zone 'QQQ' isn't known"),
        ("2024-01-08 10:00:00+25:00", "no zone is"),
        ("2024-01-08 10:00:00 +530", r"\+530 may be hours or minutes"),
        ("2024-01-08 10.30", "the time has a piece that isn't known"),
        ("1.70416E+12", "a spreadsheet shortened the time"),
        ("1,70471E+09", "a spreadsheet shortened the time"),
        ("0.000", "seconds from a start, without a date"),
        ("45299.41667", "a spreadsheet's day number"),
        ("638403048000000000", ".NET ticks"),
        ("2024010810", "YYYYMMDDHH, or seconds"),
        ("2024010810000012", "YYYYMMDDHHMMSS with decimals, or a count"),
        ("3913696800", "seconds since 1900"),
        ("Jan  8 10:00:00", "the time has no year"),
        ("10:00:00", "a time of day without a date"),
        ("00:12.5", "minutes and seconds without hour and date; a spreadsheet"),
        ("2024-01-08 13:00 PM", "hour 13 with AM or PM"),
        ("2024-01-08T10:00:60Z", "a 60th second only ends"),
        ("2024-02-30 10:00", "there is no such day"),
        ("2024-01-08 25:00:00", "there is no such time of day"),
        ("2024-10-27 02:30 Europe/Berlin", "this hour occurs twice"),
        ("2024-03-31 02:30 Europe/Berlin", "this hour doesn't occur"),
    ],
)
def test_what_is_refused_says_why(time, reason):
    with pytest.raises(LogUnreadable, match=reason):
        read_log(lines_of([time]))
    records, report = read_log(lines_of(["2024-01-08T10:00:00Z", time]))
    assert records["time"].tolist() == [MOMENT]
    assert re.search(reason, report.unreadable[3])


@pytest.mark.parametrize(
    ("head", "wanted"),
    [
        ("2024-01-08 11:00:00 CET fw", "2024-01-08 10:00"),
        ("2024-01-08 10:00:00 PM fw", "2024-01-08 22:00"),
        ("2024-01-08 10:00:00 p.m. fw", "2024-01-08 22:00"),
        ("2024-01-08 12:00 +2 fw", "2024-01-08 10:00"),
        ("2024-01-08T11:00:00.000+0100 FW", "2024-01-08 10:00"),
        ("[08/Jan/2024:02:00:00 -0800]", "2024-01-08 10:00"),
        ("Jan 08 2024 10:00:00: %ASA-6:", "2024-01-08 10:00"),
        ("fw01 2024-01-08T10:00:00Z kernel:", "2024-01-08 10:00"),
        ("<13>1 2024-01-08T10:00:00Z fw app - - -", "2024-01-08 10:00"),
        ("2024-01-08 15:45:00 (UTC+5:45) fw", "2024-01-08 10:00"),
        ("2024-01-08 11:00:00 (CET) fw", "2024-01-08 10:00"),
        ("2024-01-08 10:00:00 (kernel) fw", "2024-01-08 10:00"),
        ("2024-01-08 07:00:00 America/Argentina/Salta: fw", "2024-01-08 10:00"),
        ("2024-01-08 05:00:00 Etc/GMT+5 fw", "2024-01-08 10:00"),
        ("2024-01-08 19:00:00 JST|fw|", "2024-01-08 10:00"),
        ("2024-01-08 11:00:00 WAT. fw", "2024-01-08 10:00"),
        ("2024-01-08 10:00:00 utc fw", "2024-01-08 10:00"),
        ("2024-01-08 12:00:00 cest fw", "2024-01-08 10:00"),
        ("2024-01-08 10:00:00 hkt fw", "2024-01-08 10:00"),
        ("2024-01-08 10:00:00 GET /index.html", "2024-01-08 10:00"),
        ("date=2024-01-08 time=10:00:00", "2024-01-08 10:00"),
        ("date=2024-01-08 time=17:00:00.0+0700", "2024-01-08 10:00"),
        ("date=2024-01-08 time=10:00:00Z tz=+0900", "2024-01-08 10:00"),
        ("date=2024-01-08 time=10:00:00 tz=-", "2024-01-08 10:00"),
        ("date=2024-01-08 time=-", "2024-01-08"),
        ("time=15:30:00 tz=+0530 date=2024-01-08", "2024-01-08 10:00"),
        ("Jan  8 10:00:00 relay date=2024-01-08 time=11:00:00 tz=CET",
         "2024-01-08 10:00"),
        ("2024-01-08 17:00:00 GMT+7: fw", "2024-01-08 10:00"),
        ("2024-01-08 11:00:00 [CET] fw", "2024-01-08 10:00"),
        ("2024-01-08 17:00:00 [+0700] fw", "2024-01-08 10:00"),
        ("2024-01-08 17:00:00 [GMT+7] fw", "2024-01-08 10:00"),
        ("2024-01-08 10:00:00 [cat] fw", "2024-01-08 10:00"),
        ("2024-01-08 10:00:00 [-5] fw", "2024-01-08 10:00"),
        ("2024-01-08 10:00:00 [-1234] fw", "2024-01-08 10:00"),
        ("Jan  8 05:00:00 2024 EST fw", "2024-01-08 10:00"),
        ("Mon Jan  8 11:00:00 2024 CET: fw", "2024-01-08 10:00"),
        ("UTC 2024-01-08 10:00:00 fw", "2024-01-08 10:00"),
        ("am 2024-01-08 10:00:00 fw", "2024-01-08 10:00"),
        ("date=2024-01-08 time=10:00:00 PM", "2024-01-08 22:00"),
        ("date=2024-01-08 time=11:00:00 CET", "2024-01-08 10:00"),
        ("date=2024-01-08 time=17:00:00 +0700", "2024-01-08 10:00"),
        ("date=2024-01-08 time=05:00 PM GMT+7", "2024-01-08 10:00"),
        ("time=[08/Jan/2024:17:00:00 +0700]", "2024-01-08 10:00"),
        ("time='2024-01-08 10:00:00 PM'", "2024-01-08 22:00"),
        ("time=1704708000;", "2024-01-08 10:00"),
    ],
)  # fmt: skip
def test_the_time_before_the_first_pair_is_read_whole(head, wanted):
    found = read_log([f"{head} src=10.0.0.1 dst=10.0.0.2"])[0]["time"].iloc[0]
    assert found == pd.Timestamp(wanted, tz="UTC")


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        ("2024-01-08 10:00:00 PST8PDT fw", "the time has a piece that isn't known"),
        ("2024-01-08 10:00:00 Central European Standard Time fw", "has a piece that"),
        ("2024-01-08 10:00:00 下午 fw", "the time has a piece that isn't known"),
        ("2024-01-08 10:00:00 P fw", "the zone 'P' isn't known"),
        ("2024-01-08 10:00:00 BDT fw", "several zones are called BDT"),
        ("2024-01-08 10:00:00 ist fw", "several zones are called IST"),
        ("2024-01-08 10:00:00 Asia/Atlantis fw", "the zone 'Asia/Atlantis' isn't"),
        ("2024-01-08 10:00:00 CET/CEST fw", "the zone 'CET/CEST' isn't known"),
        ("2024-01-08 10:00:00 IST+0530 fw", "has a piece that isn't known"),
        ("2024-01-08 10:00:00 EST-05:00 fw", "has a piece that isn't known"),
        ("2024-01-08 10:00:00 DST fw", "the zone 'DST' isn't known"),
        ("2024-01-08 10:00:00 [IST] fw", "several zones are called IST"),
        ("2024-01-08 10:00:00 Eastern Time fw", "has a piece that isn't known"),
        ("2024-01-08 10:00:00 (Central European Time) fw", "the zone 'Central Eur"),
        ("Jan 8 10:00:00 2024 CST fw", "several zones are called CST"),
        ("PM 2024-01-08 10:00:00 fw", "has a piece that isn't known"),
        ("下午 2024-01-08 10:00:00 fw", "has a piece that isn't known"),
        ("CET 2024-01-08 10:00:00 fw", "has a piece that isn't known"),
        ("UTC+7 2024-01-08 10:00:00 fw", "has a piece that isn't known"),
        ("8 janv. 2024 10:00:00 fw", "has a piece that isn't known"),
        ("240108 10:00:00 fw", "has a piece that isn't known"),
        ("[12345.678901] fw", "seconds from a start, without a date"),
        ("date=2024-01-08 time=10:00 IST", "several zones are called IST"),
        ("date=2024-01-08 time=10h00", "time not understood"),
        ("date=2024-01-08 time=10:61:00", "there is no such time of day"),
        ("date=2024-01-08 time=10:00:00 tz=-300", "-300 may be hours or minutes"),
    ],
)
def test_what_changes_a_time_is_never_skipped(head, reason):
    with pytest.raises(LogUnreadable, match=reason):
        read_log([f"{head} src=10.0.0.1 dst=10.0.0.2"])


@pytest.mark.parametrize(
    ("names", "cells", "wanted"),
    [
        ("date,hour", "2024-01-08,9", "2024-01-08 09:00"),
        ("date,hour,minute", "2024-01-08,9,5", "2024-01-08 09:05"),
        ("Second,Minute,Hour,Day", "7,05,23,20240108", "2024-01-08 23:05:07"),
        ("date,hour,minute,tz", "2024-01-08,17,30,7", "2024-01-08 10:30"),
        ("date,hour,time", "2024-01-08,9,10:00", "2024-01-08 10:00"),
        ("date,hour,AM/PM", "2024-01-08,9,PM", "2024-01-08 21:00"),
        ("date,time,ampm", "2024-01-08,9:00:00,PM", "2024-01-08 21:00"),
        ("date,time,am_pm", "2024-01-08,12:05:00 AM,AM", "2024-01-08 00:05"),
        ("time,AM/PM", "2024-01-08 09:00,PM", "2024-01-08 21:00"),
        ("time,AM/PM,tz", "2024-01-08 05:00,PM,+07:00", "2024-01-08 10:00"),
        ("time,AM/PM", "2024-01-08 09:00,", "2024-01-08 09:00"),
    ],
)
def test_an_hour_and_a_minute_may_be_fields_of_their_own(names, cells, wanted):
    found = read_log([f"{names},src,dst", f"{cells},a,b"])[0]["time"].iloc[0]
    assert found == pd.Timestamp(wanted, tz="UTC")
    for strange in ("25", "x", ""):
        with pytest.raises(LogUnreadable, match="time not understood"):
            read_log(["date,hour,src,dst", f"2024-01-08,{strange},a,b"])


@pytest.mark.parametrize(
    "time",
    [
        "2024-01-08 05:00:00 PM",
        "2024-01-08 17:00",
        "2024-1-8 17:00",
        "Jan 8 2024 17:00",
        "8 Jan 2024 5:00 PM",
        "20240108 170000",
        "20240108170000",
        "202401081700",
        "20240108T170000",
        "08/Jan/2024:17:00:00",
        "2024-01-08T17",
        "2024-W02-1T17:00:00,000",
        "2024-01-08T10:00:00Z",
        "2024-01-08 11:00:00 CET",
        "1704708000",
    ],
)
def test_a_zone_of_its_own_field_counts_however_a_time_is_written(time):
    lines = ["time;tz;src;dst", f"{time};+07:00;a;b"]
    assert read_log(lines)[0]["time"].tolist() == [MOMENT]
    dated = ["date;time;tz;src;dst", f"2024-01-08;{time};+07:00;a;b"]
    assert read_log(dated)[0]["time"].tolist() == [MOMENT]
    plain = ["time;src;dst", f"{time};a;b"]
    assert read_log(plain, zone="+07:00")[0]["time"].tolist() == [MOMENT]
    naive = "1 times without a zone read as UTC" in read_log(plain)[1].notes
    assert naive == (time[-1] != "Z" and "CET" not in time and len(time) != 10)


@pytest.mark.parametrize(
    ("names", "cells", "wanted"),
    [
        ("start,end", "2024-01-08T10:00:00Z,2024-01-08T10:00:05Z", 5),
        ("start,end", "2024-01-08 10:00:00,2024-01-08 10:00:05", 5),
        ("start,end", "2024-01-08T10:00:00Z,2024-01-08T17:00:05+07:00", 5),
        ("start,end", "1704708000,1704708005", 5),
        ("start,end", "2024-01-08T10:00:00+07:00,2024-01-08 10:00:05", None),
        ("start,end", "2024-01-08 10:00:00,1704708005", None),
        ("start,end,tz", "2024-01-08 10:00:00,2024-01-08 10:00:05,+07:00", 5),
        ("date,start,end,tz", "2024-01-08,10:00:00,10:00:05,-07:00", 5),
        ("date,start,end", "2024-01-08,10:00:00,10:00:05", 5),
        ("start,end", "1/13/2024 11:59:58 PM,1/14/2024 12:00:03 AM", 5),
    ],
)
def test_a_duration_of_start_and_end_has_one_zone(names, cells, wanted):
    found = read_log([f"{names},src,dst", f"{cells},a,b"])[0]["duration"].iloc[0]
    assert wanted is None if pd.isna(found) else found == wanted


@pytest.mark.parametrize(
    ("zone", "hour"), [("7", 3), (7, 3), (0, 10), (-5, 15), (None, 10)]
)
def test_a_zone_that_is_a_number_counts_hours(zone, hour):
    pairs = {"date": "2024-01-08", "time": "10:00:00", "src": "a", "dst": "b"}
    times = read_log([json.dumps({**pairs, "tz": zone})])[0]["time"]
    assert times.dt.hour.tolist() == [hour]
    for strange in (420, 5.5, True):
        with pytest.raises(LogUnreadable, match="time not understood"):
            read_log([json.dumps({**pairs, "tz": strange})])


# --------------------------------------------------------------- day or month first


@pytest.mark.parametrize(
    ("times", "days"),
    [
        (["03/04/2024 1:00", "13/04/2024 1:00"], ["04-03", "04-13"]),
        (["03/04/2024 1:00", "04/13/2024 1:00"], ["03-04", "04-13"]),
        (["3-4-24 1:00", "28-4-24 1:00", "1-5-24 1:00"], ["04-03", "04-28", "05-01"]),
        (["04/04/2024 1:00"], ["04-04"]),
        (["30/04/2024 1:00", "01/05/2024 1:00"], ["04-30", "05-01"]),
    ],
)
def test_all_lines_decide_whether_the_day_comes_first(times, days):
    found = read_log(lines_of(times))[0]["time"]
    assert found.dt.strftime("%m-%d").tolist() == days


def test_what_all_lines_leave_open_is_asked():
    lines = lines_of(["03/04/2024 10:00", "04/04/2024 11:00"])
    with pytest.raises(LogUnreadable, match="pass day_first=True or day_first=False"):
        read_log(lines)
    records, report = read_log(lines, day_first=True)
    assert records["time"].dt.month.tolist() == [4, 4]
    assert "day first, as told" in report.notes
    assert read_log(lines, day_first=False)[0]["time"].dt.month.tolist() == [3, 4]
    with pytest.raises(LogUnreadable, match="dates are written in two orders"):
        read_log(lines_of(["13/01/2024 1:00", "01/13/2024 1:00"]))


def test_a_zone_that_is_told_counts_for_times_without_one():
    lines = lines_of(["2024-01-08 17:00:00", "2024-01-08T10:00:00Z"])
    records, report = read_log(lines, zone="Asia/Bangkok")
    assert records["time"].tolist() == [MOMENT, MOMENT]
    assert not any("without a zone" in note for note in report.notes)
    for wrong in ({"zone": "Mars"}, {"start": "noon"}, {"decimal": "x"}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            read_log(lines, **wrong)


def test_hours_that_lost_am_and_pm_are_said():
    """As in CIC-IDS2017, where 1:02 after 12:59 is the afternoon."""
    told = "hours run from 1 to 12 and begin again: AM and PM may be lost"
    day = ["5/7/2017 11:59", "5/7/2017 12:59", "5/7/2017 1:02", "6/7/2017 9:00"]
    assert told in str(read_log(lines_of(day), day_first=True)[1].notes)
    for times in (
        [*day, "6/7/2017 13:00"],
        [*day, "6/7/2017 0:30"],
        ["5/7/2017 9:59", "5/7/2017 12:59", "6/7/2017 1:02"],
    ):
        report = read_log(lines_of(times), day_first=True)[1]
        assert told not in str(report.notes)


# -------------------------------------------------------------------- second names


def test_the_first_usable_value_wins_and_the_report_counts():
    lines = [
        "time,src,src_ip,dst,dport,dst_port,attack_cat,label",
        "2024-01-08T10:00:00Z,-,10.0.0.1,b,,443,,0",
        "2024-01-08T10:00:01Z,10.0.0.2,10.0.0.9,b,99999,80,Odd,1",
        "2024-01-08T10:00:02Z,10.0.0.3,,b,22,22.0,normal,0",
    ]
    records, report = read_log(lines)
    assert records["source"].tolist() == ["10.0.0.1", "10.0.0.2", "10.0.0.3"]
    assert records["port"].tolist() == [443, 80, 22]
    assert records["label"].tolist() == [0, 1, 0]
    assert report.used["source"] == {"src_ip": 1, "src": 2}
    assert report.used["port"] == {"dst_port": 2, "dport": 1}
    assert report.used["label"] == {"label": 2, "attack_cat": 1}
    assert report.conflicts == {"source": (3,)}
    assert not report.bad_values
    assert report.labels == {"0": (0, 1), "1": (1, 1), "normal": (0, 1)}


@pytest.mark.parametrize("none", ["--", "?", "(null)", r"\N", "undefined", "nil", "-"])
def test_what_says_that_there_is_nothing_is_no_address(none):
    lines = ["time,src,src_ip,dst,bytes,label", f"{MOMENT},{none},10.0.0.1,b,{none},"]
    records, report = read_log(lines)
    assert records["source"].tolist() == ["10.0.0.1"]
    assert records["bytes_sent"].isna().all()
    assert report.used["source"] == {"src_ip": 1}
    assert not report.conflicts
    assert not report.bad_values


# --------------------------------------------------------------- numbers by locale


def table(*rows):
    names = "time;src;dst;bytes_sent;bytes_received;duration"
    return [names, *(f"2024-01-08T10:00:00Z;a;b;{row}" for row in rows)]


@pytest.mark.parametrize(
    ("row", "values"),
    [
        ("1.234;5;0,5", [1234, 5, 0.5]),
        ("1.234.567;5;1.234,5", [1234567, 5, 1234.5]),
        ("1 234;5;1,25", [1234, 5, 1.25]),
        ("1'234;5;1.25", [1234, 5, 1.25]),
        ("1,234;5;1.25", [1234, 5, 1.25]),
        ("1\u00a0234\u00a0567;5;1,5", [1234567, 5, 1.5]),
        ("1,234,567;5;2.5", [1234567, 5, 2.5]),
        ("1,5 kB;5;0,5", [1500, 5, 0.5]),
        ("1234;5;0.125", [1234, 5, 0.125]),
        ("1234;5.0;1e-3", [1234, 5, 0.001]),
        ("1,23,456;5;1", [123456, 5, 1]),
        ("12,34,56,789.00;1,234;2.5", [123456789, 1234, 2.5]),
        ("1,50,000 kB;5;1.5", [150000000, 5, 1.5]),
        ("0x1A;0XfF;0.5", [26, 255, 0.5]),
    ],
)
def test_numbers_are_read_as_the_file_writes_them(row, values):
    records, report = read_log(table(row))
    found = records[["bytes_sent", "bytes_received", "duration"]].iloc[0]
    assert found.tolist() == values
    assert not report.bad_values


def test_durations_may_be_counted_in_longer_units():
    lines = ["time,src,dst,Duration (min)", "2024-01-08T10:00:00Z,a,b,1.5"]
    assert read_log(lines)[0]["duration"].tolist() == [90]
    found = read_log(table("1;5;0:01:30,5", "1;5;26:00:00", "1;5;2 h", "1;5;0:99:00"))
    assert found[0]["duration"].iloc[:3].tolist() == [90.5, 93_600, 7200]
    assert found[1].bad_values == {"duration": (5,)}


def test_the_mark_is_said_asked_for_and_never_guessed():
    assert (
        "numbers have a decimal comma, as 0,5"
        in read_log(table("1.234;5;0,5"))[1].notes
    )
    for row in ("1.234;5;1", "1,234;5;1"):
        with pytest.raises(LogUnreadable, match=r'pass decimal="\." or decimal=","'):
            read_log(table(row))
    assert read_log(table("1.234;5;1"), decimal=",")[0]["bytes_sent"].tolist() == [1234]
    with pytest.raises(LogUnreadable, match="numbers are written in two ways"):
        read_log(table("1;5;0,5", "1;5;0.5"))


def test_lakhs_and_hexadecimal_numbers_are_said_or_asked():
    assert "numbers mark lakhs, as 1,23,456" in read_log(table("1,23,456;5;1"))[1].notes
    with pytest.raises(LogUnreadable, match=r"two ways \('1,23,456' and '0,5'\)"):
        read_log(table("1,23,456;5;0,5"))
    records, report = read_log(table("0x1a;7;0x2", "16;0xFF FF;1"))
    assert records["bytes_sent"].tolist() == [26, 16]
    assert records["duration"].tolist() == [2, 1]
    assert "1 value of bytes_sent hexadecimal, as 0x1a" in report.notes
    assert report.bad_values == {"bytes_received": (3,)}
    with pytest.raises(LogUnreadable, match="bytes_sent looks hexadecimal, as '1A'"):
        read_log(table("1A;7;1", "10;7;1", "2F;7;1"))
    report = read_log(table("1A;7;1", *["10;7;1"] * 9))[1]
    assert report.bad_values == {"bytes_sent": (2,)}


def test_a_count_with_a_fraction_is_missing_and_reported():
    records, report = read_log(table("1.5;5;0.5", "7;5;0.5"))
    assert records["bytes_sent"].isna().tolist() == [True, False]
    assert report.bad_values == {"bytes_sent": (2,)}
    _, report = read_log(table("1.0005 kB;5;0.5"))
    assert any("rounded to whole bytes" in note for note in report.notes)


@pytest.mark.parametrize("when", ["2567-01-08 10:00", "8/1/2567 10:00"])
def test_a_year_of_the_buddhist_era_is_named(when):
    with pytest.raises(LogUnreadable, match=r"Buddhist era \(2567 is 2024\)"):
        read_log(["time,src,dst", f"{when},10.0.0.1,10.0.0.2"])
