"""Lesson 11: right answers in unusual forms, and wrong ones beside those it lists."""

import numpy as np
import pandas as pd
import pytest

from helpers.exercises import check
from helpers.exercises.declared import find
from helpers.exercises.draws import generator
from helpers.exercises.engine import ask_drawn
from helpers.exercises.lesson_11 import (
    bar_of,
    distance_of,
    rates_of,
    windows_of,
)
from helpers.logs.events import event_windows, window_starts

COULD_NOT = "could not check"


def found(number, *answers):
    outcome = check(number, *answers)
    return outcome.diagnosis or outcome.status


# -- 11.1


def with_a_loop(trace, length, stride):
    read, truth = [], []
    i = 0
    while i < len(trace) - 2 * length:
        read.append(list(trace[i : i + length]))
        truth.append(list(trace[i + length : i + 2 * length]))
        i += stride
    return read, truth


def by_views(trace, length, stride):
    both = np.lib.stride_tricks.sliding_window_view(trace, 2 * length)
    both = both[: len(trace) - 2 * length : stride]
    return both[:, :length], both[:, length:]


def as_one_array(trace, length, stride):
    return np.stack(windows_of(trace, length, stride))


def as_tables(trace, length, stride):
    return [pd.DataFrame(part) for part in windows_of(trace, length, stride)]


@pytest.mark.parametrize(
    ("windows", "outcome"),
    [
        (with_a_loop, "correct"),
        (by_views, "correct"),
        (as_tables, "correct"),
        (as_one_array, COULD_NOT),
        (lambda t, n, s: windows_of(t, n, s)[0], COULD_NOT),
        (lambda t, n, s: windows_of(t, 5, s), "other"),
        (lambda t, n, s: windows_of(np.sort(t), n, s), "other"),
        (lambda t, n, s: windows_of(t, n, 1), "stride ignored"),
        (lambda t, n, s: windows_of(t[:-1], n, s), "the last window is lost"),
        (lambda t, n, s: None, "not attempted"),
        (lambda t, n: None, COULD_NOT),
        ("windows", COULD_NOT),
    ],
)
def test_windows_are_judged_by_what_they_hold(windows, outcome):
    assert found("11.1", windows) == outcome


def test_windows_of_the_exercise_are_those_of_the_kit():
    trace = np.arange(3, 46)
    for length, stride in [(5, 1), (5, 5), (3, 2), (4, 7)]:
        starts = window_starts(len(trace), length=length, stride=stride)
        theirs = event_windows(trace, starts, length=length)
        for ours, kit in zip(windows_of(trace, length, stride), theirs, strict=True):
            np.testing.assert_array_equal(ours, kit[:, 1:])


# -- 11.2


def with_groups(wrong, per_segment):
    whole = len(wrong) // per_segment
    frame = pd.DataFrame(wrong).iloc[: whole * per_segment]
    return (
        frame.astype(float)
        .groupby(np.arange(len(frame)) // per_segment)
        .mean()
        .mean(axis=1)
    )


@pytest.mark.parametrize(
    ("rates", "outcome"),
    [
        (with_groups, "correct"),
        (lambda w, n: list(rates_of(w, n)), "correct"),
        (lambda w, n: rates_of(w, n)[:, None], "correct"),
        (lambda w, n: 100 * rates_of(w, n), "other"),
        (lambda w, n: rates_of(w[:, :1], n), "other"),
        (lambda w, n: rates_of(w, n)[1:], "other"),
        (lambda w, n: rates_of(w, n).mean(), COULD_NOT),
        (lambda w, n: 1 - rates_of(w, n), "share of right ones"),
        (lambda w, n: ..., "not attempted"),
        (rates_of(np.ones((4, 5), bool), 2), COULD_NOT),
    ],
)
def test_rates_are_judged_by_their_values(rates, outcome):
    assert found("11.2", rates) == outcome


# -- 11.3


def rates():
    return find("11.3").given_by(generator("11.3"))["clean_rates"]


def with_pandas(clean_rates):
    every = pd.concat([pd.Series(each) for each in clean_rates])
    return every.mean() + 3 * every.std()


@pytest.mark.parametrize(
    ("bar", "outcome"),
    [
        (lambda r: bar_of(r), "correct"),
        (lambda r: round(bar_of(r), 3), "correct"),
        (lambda r: np.array([bar_of(r)]), "correct"),
        (lambda r: np.hstack(r).mean() + 3 * np.hstack(r).std(ddof=1), "correct"),
        (with_pandas, "correct"),
        (lambda r: 100 * bar_of(r), "another number"),
        (lambda r: np.quantile(np.hstack(r), 0.9973), "quantile"),
        (lambda r: np.hstack(r).mean(), "mean alone"),
        (lambda r: str(bar_of(r)), COULD_NOT),
        (lambda r: r, COULD_NOT),
        (lambda r: ..., "not attempted"),
    ],
)
def test_the_bar_is_of_all_segments(bar, outcome):
    given = rates()
    assert found("11.3", bar(given), given) == outcome


# -- 11.4


def with_scipy(counts, shares):
    from scipy.stats import chisquare

    return chisquare(counts, counts.sum() * shares).statistic


def with_a_sum(counts, shares):
    total = 0
    for number, share in zip(counts, shares, strict=True):
        total += (number - sum(counts) * share) ** 2 / (sum(counts) * share)
    return total


@pytest.mark.parametrize(
    ("distance", "outcome"),
    [
        (with_scipy, "correct"),
        (lambda c, s: [distance_of(c, s)], "correct"),
        (with_a_sum, "correct"),
        (lambda c, s: (c - c.sum() * s) ** 2 / (c.sum() * s), COULD_NOT),
        (lambda c, s: np.abs(c - c.sum() * s).sum(), "other"),
        (lambda c, s: distance_of(c, s) / len(c), "mean over kinds"),
        (lambda c, s: distance_of(c, s) / c.sum(), "per event"),
        (lambda c, s: 2 * distance_of(c, s), "other"),
        (lambda c, s: None, "not attempted"),
        (3.0, COULD_NOT),
    ],
)
def test_the_distance_is_judged_by_its_values(distance, outcome):
    assert found("11.4", distance) == outcome


@pytest.mark.parametrize(
    ("number", "right"),
    [("11.1", with_a_loop), ("11.2", with_groups), ("11.4", with_scipy)],
)
def test_unusual_right_answers_are_right_under_many_keys(number, right):
    exercise = find(number)
    for key in range(20):
        said = ask_drawn(exercise, lambda given: (right,), f"other {key}".encode())
        assert said.status == "correct"
