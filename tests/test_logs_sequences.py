"""Windows of log lines, and the split between earlier and later."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.logs import daily_connections, log_windows, split_by_time
from helpers.simulation import simulate_network


@st.composite
def cuts(draw):
    lines = draw(st.integers(1, 60))
    steps = draw(st.integers(1, lines))
    return (
        lines,
        steps,
        draw(st.integers(1, 70)),
        draw(st.sampled_from(["drop", "overlap"])),
    )


@given(cuts(), st.randoms(use_true_random=False))
def test_windows_hold_the_lines_they_say(cut, random):
    lines, steps, stride, tail = cut
    X = np.arange(2.0 * lines).reshape(lines, 2)
    y = np.array([random.random() < 0.2 for _ in range(lines)], dtype=int)
    windows = log_windows(X, y, steps=steps, stride=stride, tail=tail)
    assert windows.X.shape == (len(windows), steps, 2)
    for i, start in enumerate(windows.starts):
        assert np.array_equal(windows.X[i], X[start : start + steps])
        assert np.array_equal(windows.step_labels[i], y[start : start + steps])
        assert windows.labels[i] == y[start : start + steps].max()
    assert (np.diff(windows.starts)[:-1] == stride).all()
    if tail == "overlap":
        assert windows.starts[-1] + steps == lines or stride > steps


@given(cuts())
def test_scores_come_back_to_their_lines(cut):
    lines, steps, stride, tail = cut
    windows = log_windows(np.zeros((lines, 1)), steps=steps, stride=stride, tail=tail)
    positions = windows.starts[:, np.newaxis] + np.arange(steps)
    by_line = windows.line_scores(positions)
    seen = ~np.isnan(by_line)
    assert np.array_equal(by_line[seen], np.flatnonzero(seen))
    assert np.array_equal(np.flatnonzero(seen), np.unique(positions))
    if tail == "overlap" and stride <= steps:
        assert seen.all()
    by_window = windows.line_scores(np.arange(len(windows)))
    assert by_window[windows.starts[-1]] == len(windows) - 1


def test_windows_side_by_side_by_default():
    windows = log_windows(np.zeros((25, 3)), steps=10)
    assert windows.starts.tolist() == [0, 10]
    assert windows.labels is windows.step_labels is None
    assert repr(windows) == "<2 windows of 10 lines, X (2, 10, 3)>"
    assert np.isnan(windows.line_scores([1, 2])[20:]).all()


def test_the_split_keeps_time_and_rows_together():
    log = simulate_network(2, rows_per_day=200)
    log.records.insert(0, "row", np.arange(len(log)))
    mixed = log.records.sample(frac=1, random_state=0)
    y = log.y[mixed["row"]]
    before, after, y_before, y_after = split_by_time(mixed, y, at="2024-01-09 06:00")
    assert before["time"].max() < pd.Timestamp("2024-01-09 06:00", tz="UTC")
    assert after["time"].min() >= pd.Timestamp("2024-01-09 06:00", tz="UTC")
    assert sorted([*before["row"], *after["row"]]) == list(range(len(log)))
    assert np.array_equal(y_before, log.y[before["row"]])
    assert np.array_equal(y_after, log.y[after["row"]])
    zoned = split_by_time(
        mixed, at=pd.Timestamp("2024-01-09 08:00", tz="Europe/Athens")
    )
    pd.testing.assert_frame_equal(zoned[0], before)


def test_a_moment_on_a_line_belongs_to_the_later_part():
    records = pd.DataFrame({"time": pd.date_range("2024-01-08", periods=3, tz="UTC")})
    before, after = split_by_time(records, at="2024-01-09")
    assert (len(before), len(after)) == (1, 2)


TIMES = pd.DataFrame({"time": pd.date_range("2024-01-08", periods=3, tz="UTC")})


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: log_windows(np.zeros((3, 1)), steps=4), "does not fit"),
        (lambda: log_windows(np.zeros((3, 1)), steps=0), "steps must be"),
        (lambda: log_windows(np.zeros(3), steps=1), "X must be a table of rows"),
        (lambda: log_windows(np.zeros((3, 1)), [0, 1], steps=1), "equally long"),
        (lambda: log_windows(np.zeros((3, 1)), [0, 1, 2], steps=1), "0 .normal. and 1"),
        (lambda: log_windows(np.zeros((3, 1)), steps=1, tail="pad"), "tail must be"),
        (
            lambda: log_windows(
                np.zeros((2, 1)), pd.Series([1, None], dtype="Int64"), steps=1
            ),
            "labels are missing on 1 lines",
        ),
        (
            lambda: log_windows(np.zeros((4, 1)), steps=2).line_scores([1, 2, 3]),
            r"scores must be \(2,\) or \(2, 2\)",
        ),
        (lambda: split_by_time(TIMES, at="2030-01-01"), "all lines are before 2030"),
        (lambda: split_by_time(TIMES, at="2020-01-01"), "all lines are at or after"),
        (lambda: split_by_time(TIMES, [1], at="2024-01-09"), "equally long"),
        (lambda: split_by_time(TIMES, at="noon-ish"), "at must be a moment"),
        (lambda: split_by_time(TIMES, at=0.5), "at must be a moment"),
        (lambda: split_by_time([1, 2], at="2024"), "records must be a table"),
        (lambda: split_by_time(TIMES.astype(str), at="2024"), "column of times"),
        (lambda: split_by_time(TIMES.assign(time=pd.NaT), at="2024"), "have no time"),
    ],
)
def test_mistakes_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


# ------------------------------------------------------------------------ counts


def talks(*lines):
    return pd.DataFrame(lines, columns=["time", "source", "destination"]).assign(
        time=lambda table: pd.to_datetime(table["time"])
    )


def test_connections_are_counted_by_day_source_and_destination():
    records = talks(
        ("2024-01-01 23:59", "a", "b"),
        ("2024-01-02 00:01", "a", "b"),
        ("2024-01-02 09:00", "b", "a"),
        ("2024-01-02 10:00", "a", "b"),
        ("2024-02-02 10:00", "a", "b"),
    )
    assert daily_connections(records).tolist() == [1, 2, 1, 2, 1]
    shuffled = records.iloc[[3, 0, 4, 2, 1]]
    assert daily_connections(shuffled).tolist() == [2, 1, 1, 1, 2]


def test_lines_that_lack_the_same_count_together():
    records = talks(
        (None, "a", "b"), ("2024-01-02", None, "b"), (None, "a", "b"), (None, "a", None)
    )
    assert daily_connections(records).tolist() == [2, 1, 2, 1]


def test_connections_need_three_columns():
    with pytest.raises(ValueError, match="the log has no source and no destination"):
        daily_connections(talks(("2024-01-01", "a", "b"))[["time"]])


def test_series_go_with_lines_by_their_labels():
    log = simulate_network(1, 3, rows_per_day=90, clients=3)
    records = log.records.set_axis(np.arange(1, len(log.records) + 1))
    at = records["time"].iloc[40]
    y = pd.Series(np.arange(len(records)), records.index)
    for other in (y, y[::-1], y.sample(frac=1, random_state=0)):
        early, late, before, after = split_by_time(records, other, at=at)
        assert before.equals(y[early.index])
        assert after.equals(y[late.index])
    table = records[["duration"]].fillna(0.0)
    labels = (y % 7 == 3).astype(int)
    wanted = log_windows(table, labels, steps=5)
    for other in (labels[::-1], labels.to_numpy()):
        found = log_windows(table, other, steps=5)
        assert np.array_equal(found.step_labels, wanted.step_labels)
    for call in (
        lambda: split_by_time(records, y.reset_index(drop=True), at=at),
        lambda: log_windows(table, labels.reset_index(drop=True), steps=5),
    ):
        with pytest.raises(ValueError, match="have different indices"):
            call()
