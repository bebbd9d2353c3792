"""Clocks, commas and packed files of somebody's own table."""

import bz2
import lzma

import numpy as np
import pandas as pd
import pytest

from helpers.errors import KitError
from helpers.own_data import read_own

DAYS = pd.date_range("2024-03-01", periods=80, freq="6h")


def written(tmp_path, when=None, sep=",", **columns):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.random(80).round(4), **columns})
    if when is not None:
        frame.insert(0, "time", when)
    path = tmp_path / "table.csv"
    path.write_text(frame.to_csv(index=False, sep=sep))
    return path


@pytest.mark.parametrize(
    ("pattern", "hours"),
    [
        ("%Y-%m-%d %H:%M:%S CET", 1),
        ("%G-W%V-%uT%H:%M:%SZ", 0),
        ("%Y-%jT%H:%M:%SZ", 0),
        ("[%d/%b/%Y:%H:%M:%S -0700]", -7),
        ("%a, %d %b %Y %H:%M:%S GMT", 0),
        ("%Y%m%d%H%M%S", 0),
    ],
)
def test_spellings_that_logs_have_are_read_in_tables_too(tmp_path, pattern, hours):
    data = read_own(written(tmp_path, DAYS.strftime(pattern)))
    assert (data.times == DAYS - pd.Timedelta(hours=hours)).all()


@pytest.mark.parametrize(
    ("head", "pattern"),
    [
        ("date,time", "%d/%m/%Y,%I:%M:%S %p"),
        ("date,time", "%Y-%m-%d,%H:%M:%S.%f"),
        ("time,AM/PM", "%Y-%m-%d %I:%M,%p"),
        ("date,time,half", "%Y-%m-%d,%I:%M,%p"),
        ("time,tz", "%Y-%m-%d %H:%M,%z"),
    ],
)
def test_a_time_in_several_columns_is_put_together(tmp_path, head, pattern):
    hours = pd.date_range("2024-10-26", periods=80, freq="h", tz="Europe/Berlin")
    if "tz" not in head:  # without a zone an hour is there twice
        hours = hours.tz_localize(None).drop_duplicates()
    rows = [f"{hour:{pattern}},{i % 7}.5" for i, hour in enumerate(hours)]
    path = tmp_path / "own.csv"
    path.write_text("\n".join([f"{head},a", *rows]))
    data = read_own(path)
    wanted = hours.tz_convert("UTC").tz_localize(None) if hours.tz else hours
    assert data.times.tolist() == wanted.tolist()
    assert data.columns == ["a"]
    assert "are put together" in " ".join(data.found)


def test_counts_of_windows_since_1601_are_moments(tmp_path):
    ticks = (DAYS - pd.Timestamp(0)) // pd.Timedelta("100ns") + 116_444_736 * 10**9
    assert (read_own(written(tmp_path, ticks)).times == DAYS).all()


@pytest.mark.parametrize(
    ("when", "told"),
    [
        (["1.70416E+12"] * 40 + ["1.70417E+12"] * 40, "a spreadsheet shortened"),
        ([638403048000000000 + n for n in range(80)], ".NET ticks"),
    ],
)
def test_shortened_and_ambiguous_counts_are_refused(tmp_path, when, told):
    with pytest.raises(KitError, match=told):
        read_own(written(tmp_path, when))


def test_an_open_order_of_day_and_month_is_told_and_can_be_said(tmp_path):
    days = pd.date_range("2024-01-01", periods=12, freq="D").repeat(7)[:80]
    path = written(tmp_path, days.strftime("%d/%m/%Y"))
    month_first = read_own(path, day_first=False)
    assert month_first.times[-1] == pd.Timestamp("2024-12-01")
    assert read_own(path, day_first=True).times[-1] == pd.Timestamp("2024-01-12")


def test_commas_that_prove_nothing_are_asked(tmp_path):
    unclear = [f"{n % 9 + 1},{n + 100}" for n in range(80)]
    whole = pd.Series([int(text.replace(",", "")) for text in unclear])
    path = tmp_path / "table.csv"
    path.write_text(
        "n;m\n" + "".join(f'"{t}";{i % 7}\n' for i, t in enumerate(unclear))
    )
    plain = tmp_path / "plain.csv"
    plain.write_text(
        "n,m\n" + "".join(f'"{t}",{i % 7}\n' for i, t in enumerate(unclear))
    )
    with pytest.raises(KitError, match="pass decimal="):
        read_own(plain)
    for mark, wanted in ((".", whole), (",", whole / 1000)):
        for file in (path, plain):
            found = read_own(file, decimal=mark).table["n"]
            np.testing.assert_allclose(found, wanted)


@pytest.mark.parametrize("pack", [bz2.compress, lzma.compress])
def test_packed_tables_are_read(tmp_path, pack):
    path = written(tmp_path, DAYS)
    wanted = read_own(path).table
    path.write_bytes(pack(path.read_bytes()))
    pd.testing.assert_frame_equal(read_own(path).table, wanted)


def test_a_capture_is_called_one(tmp_path):
    path = tmp_path / "table.csv"
    path.write_bytes(b"\x0a\x0d\x0d\x0a\x1c\0\0\0M<+\x1a")
    with pytest.raises(KitError, match="pcapng"):
        read_own(path)


def numbered(folder, texts, separator=","):
    """Write two columns: texts, and numbers that say nothing of marks."""
    path = folder / "table.csv"
    rows = (f'"{t}"{separator}{i % 7}' for i, t in enumerate(texts))
    path.write_text("\n".join([f"n{separator}m", *rows, ""]))
    return path


def test_a_point_before_three_digits_is_asked_where_it_may_mark_thousands(tmp_path):
    texts = [f"{n % 9 + 1}.{n + 100}" for n in range(80)]
    comma = read_own(numbered(tmp_path, texts))  # commas part the cells
    np.testing.assert_allclose(comma.table["n"], [float(text) for text in texts])
    path = numbered(tmp_path, texts, ";")
    with pytest.raises(
        KitError, match=r"'\d\.\d{3}' may be a whole number .* decimal="
    ):
        read_own(path)
    np.testing.assert_allclose(
        read_own(path, decimal=",").table["n"] / 1000, comma.table["n"]
    )


def test_numbers_written_in_two_ways_are_refused(tmp_path):
    texts = [f"{n}.5" for n in range(76)] + ["1,5", "2,5", "3,5", "4,5"]
    path = numbered(tmp_path, texts)
    with pytest.raises(KitError, match=r"two ways .* or pass decimal="):
        read_own(path)
    assert np.isnan(read_own(path, decimal=".").table["n"]).sum() == 4


def test_a_zero_is_no_group_of_thousands(tmp_path):
    texts = [f"0,{n + 100}" for n in range(80)]
    found = read_own(numbered(tmp_path, texts)).table["n"]
    np.testing.assert_allclose(found, np.arange(100, 180) / 1000)


def test_a_day_that_may_be_a_month_is_asked(tmp_path):
    days = pd.date_range("2024-01-01", periods=12, freq="D").repeat(7)[:80]
    path = written(tmp_path, days.strftime("%d/%m/%Y"))
    with pytest.raises(KitError, match="'01/01/2024' may have the day or the month"):
        read_own(path)
    weeks = pd.date_range("2024-01-01", periods=80, freq="D")
    told = read_own(written(tmp_path, weeks.strftime("%d/%m/%Y")))
    assert told.times[-1] == weeks[-1]


@pytest.mark.parametrize("spelling", ["%Y-%m-%d", "%d/%m/%Y"])
def test_a_year_of_the_buddhist_era_is_named(tmp_path, spelling):
    days = pd.date_range("2024-01-08", periods=80).strftime(spelling)
    path = written(tmp_path, days.str.replace("2024", "2567"))
    with pytest.raises(KitError, match=r"Buddhist era \(2567 is 2024\)"):
        read_own(path)


def test_years_that_nanoseconds_do_not_reach_are_no_times(tmp_path):
    with pytest.raises(KitError, match="holds no dates that can be read"):
        read_own(written(tmp_path, [f"{9000 + n}-01-01" for n in range(80)]), "time")


def test_a_time_that_is_none_is_named(tmp_path):
    serials = (45292 + np.arange(80) / 24).round(5)
    data = read_own(written(tmp_path, serials))
    assert data.times is None
    assert "may be a spreadsheet's day numbers: no clock here" in data.report()
    data = read_own(written(tmp_path, np.arange(80) ** 1.5))
    assert "its numbers are no dates: no clock here; time='time'" in data.report()
    assert "no clock" not in read_own(written(tmp_path, DAYS)).report()


def test_lakhs_of_a_table_are_whole_numbers(tmp_path):
    texts = [f"{n % 9 + 1},{n % 7 + 10},{n + 100}" for n in range(80)]
    found = read_own(numbered(tmp_path, texts)).table["n"]
    assert found.tolist() == [float(text.replace(",", "")) for text in texts]


@pytest.mark.parametrize(
    ("spelling", "told"),
    [
        ("%Y-%m-%d %H:%M IST", "several zones are called IST"),
        ("%H:%M.5", "a spreadsheet shortened it"),
        ("%d. Januar %Y", "write them as 2024-01-31 12:00, or say time=False"),
    ],
)
def test_a_column_that_is_called_a_time_is_read_or_refused(tmp_path, spelling, told):
    path = written(tmp_path, DAYS.strftime(spelling))
    with pytest.raises(KitError, match=f"time holds no dates that can be read.*{told}"):
        read_own(path)
    assert read_own(path, time=False).times is None
    words = written(tmp_path, ["morning", "evening"] * 40)
    assert list(read_own(words).columns) == ["time", "a"]


@pytest.mark.parametrize("spelling", ["%Y-%m", "%b %Y", "%B %Y"])
def test_months_are_moments(tmp_path, spelling):
    months = pd.date_range("2010-01-01", periods=80, freq="MS")
    data = read_own(written(tmp_path, months.strftime(spelling)))
    assert (data.times == months).all()


def test_a_second_column_of_labels_tells_no_answer(tmp_path):
    rng = np.random.default_rng(1)
    labels = (np.arange(80) % 9 == 0).astype(int)
    noise = rng.permutation(labels)
    path = tmp_path / "table.csv"
    rows = zip(rng.random(80), labels, labels, noise, strict=True)
    path.write_text(
        "a,label,label,class\n" + "".join(",".join(map(str, r)) + "\n" for r in rows)
    )
    data = read_own(path)
    assert data.columns == ["a"]
    assert data.labels.tolist() == labels.tolist()
    assert "label (2) left out: it may tell what the labels tell" in data.report()
    assert read_own(path, keep=["class"]).columns == ["a", "class"]


def test_whole_numbers_that_floats_do_not_hold_are_said(tmp_path):
    path = written(tmp_path, n=[2**53 + 1 + i * i for i in range(80)])
    assert "n: numbers above 2^53 lose their last digits" in read_own(path).report()
