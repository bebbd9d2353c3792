"""Lesson 10: right answers in unusual forms, and wrong ones beside those it lists."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from helpers.exercises import check
from helpers.exercises.declared import find
from helpers.exercises.engine import ask_drawn
from helpers.exercises.lesson_10 import (
    _count_cases,
    _label_cases,
    _records,
    _score_cases,
    _streams,
    comparable_scores,
    due_batches,
    labels_and_updates,
    sorted_windows,
    stream_scores,
)

COULD_NOT = "could not check"


def found(number, *answers):
    outcome = check(number, *answers)
    return outcome.diagnosis or outcome.status


# -- 10.1


def with_a_list(batches, score, ask, learn):
    scores = []
    for windows in batches:
        scores.extend(score(windows))
        learn(windows, list(ask(windows)))
    return scores


def with_preallocation(batches, score, ask, learn):
    scores = np.empty(sum(map(len, batches)))
    at = 0
    while batches:
        windows, *batches = batches
        scores[at : at + len(windows)] = score(windows)
        learn(windows, ask(windows))
        at += len(windows)
    return scores


def one_batch_late(batches, score, ask, learn):
    scores, waiting = [], None
    for windows in batches:
        scores.append(score(windows))
        if waiting is not None:
            learn(waiting, ask(waiting))
        waiting = windows
    return np.concatenate(scores)


def learns_normal_ones_only(batches, score, ask, learn):
    scores = []
    for windows in batches:
        scores.append(score(windows))
        labels = ask(windows)
        learn(windows[labels == 0], labels[labels == 0])
    return np.concatenate(scores)


def learns_own_alarms(batches, score, ask, learn):
    scores = []
    for windows in batches:
        scores.append(score(windows))
        ask(windows)
        learn(windows, (scores[-1] > 1).astype(int))
    return np.concatenate(scores)


def window_by_window(batches, score, ask, learn):
    single = [window[None] for windows in batches for window in windows]
    return stream_scores(single, score, ask, learn)


@pytest.mark.parametrize(
    ("follow", "outcome"),
    [
        (with_a_list, "correct"),
        (with_preallocation, "correct"),
        (lambda b, s, a, k: stream_scores(b, s, a, k).tolist(), "correct"),
        (lambda b, s, a, k: pd.Series(stream_scores(b, s, a, k)), "correct"),
        (lambda b, s, a, k: stream_scores(b[::-1], s, a, k), "other"),
        (lambda b, s, a, k: stream_scores(b[:-1], s, a, k), "other"),
        (one_batch_late, "other"),
        (learns_normal_ones_only, "other"),
        (learns_own_alarms, "other"),
        (window_by_window, "other"),
        (lambda b, s, a, k: [s(windows) for windows in b], COULD_NOT),
        (lambda b, s, a, k: k(b[0], [0]), COULD_NOT),
        (lambda b, s, a, k: s(b), COULD_NOT),
        (lambda b, s, a, k: None, "not attempted"),
        (lambda b: b, COULD_NOT),
        (7, COULD_NOT),
    ],
)
def test_following_a_stream(follow, outcome):
    assert found("10.1", follow) == outcome


def test_the_streams_of_the_check_hold_both_kinds_in_every_batch():
    for (batches,) in _streams(np.random.default_rng(0)):
        odd = np.array([batch[:, 0] > 1 for batch in batches])
        assert odd.any(axis=1).all()
        assert not odd.all(axis=1).any()


# -- 10.2


def one_by_one(labels, points_above, hard_points):
    abnormal, normal, hard = [], [], []
    for label, points in zip(labels, points_above, strict=True):
        abnormal.append(int(label == 1))
        normal.append(int(label == 0))
        hard.append(int(label == 0 and not points < hard_points))
    return abnormal, normal, hard


def positions(labels, points_above, hard_points):
    masks = sorted_windows(labels, points_above, hard_points)
    return tuple(map(np.flatnonzero, masks))


def fills_gaps(labels, points_above, hard_points):
    masks = sorted_windows(labels, points_above, hard_points)
    labels[np.isnan(labels)] = -1
    return masks


@pytest.mark.parametrize(
    ("sort_in", "outcome"),
    [
        (one_by_one, "correct"),
        (lambda y, p, k: list(sorted_windows(y, p, k)), "correct"),
        (lambda y, p, k: tuple(map(pd.Series, sorted_windows(y, p, k))), "correct"),
        (fills_gaps, "changed its input"),
        (lambda y, p, k: (y == 1, y == 0, (y == 0) & (p == k)), "other"),
        (lambda y, p, k: (y == 0, y == 1, (y == 0) & (p >= k)), "other"),
        (lambda y, p, k: sorted_windows(y, p, 1), "any point"),
        (positions, COULD_NOT),
        (lambda y, p, k: sorted_windows(y, p, k)[0], COULD_NOT),
        (lambda y, p, k: (y == 1, y == 0), COULD_NOT),
        (lambda y, p, k: (y == 1, y == 0, None), "not attempted"),
        (lambda y, p, k: None, "not attempted"),
    ],
)
def test_sorting_windows_into_buffers(sort_in, outcome):
    assert found("10.2", sort_in) == outcome


def test_the_labels_of_the_check_come_with_every_number_of_points():
    for labels, above, least in _label_cases(np.random.default_rng(0)):
        for of_label in (labels == 0, labels == 1, np.isnan(labels)):
            assert sorted(above[of_label]) == [*range(7)]
        assert 1 < least < 6


# -- 10.3


def recursive(hard, abnormal, full, start=0):
    for stop in range(start + 1, len(hard) + 1):
        if sum(hard[start:stop]) >= full and any(abnormal[start:stop]):
            return [stop - 1, *recursive(hard, abnormal, full, stop)]
    return []


def as_mask(hard, abnormal, full):
    return np.isin(np.arange(len(hard)), due_batches(hard, abnormal, full))


@pytest.mark.parametrize(
    ("updates", "outcome"),
    [
        (recursive, "correct"),
        (lambda h, a, full: np.array(due_batches(h, a, full)), "correct"),
        (lambda h, a, full: (n for n in due_batches(h, a, full)), "correct"),
        (lambda h, a, full: [], "other"),
        (lambda h, a, full: due_batches(h, a, full - 1), "other"),
        (lambda h, a, full: due_batches(a, h, full), "other"),
        (lambda h, a, full: due_batches(h, a, full)[::-1], "other"),
        (as_mask, "other"),
        (lambda h, a, full: len(due_batches(h, a, full)), COULD_NOT),
        (lambda h, a, full: None, "not attempted"),
    ],
)
def test_when_an_update_is_due(updates, outcome):
    assert found("10.3", updates) == outcome


def test_the_counts_of_the_check_end_with_an_update():
    for hard, abnormal, full in _count_cases(np.random.default_rng(0)):
        due = due_batches(hard, abnormal, full)
        assert len(due) > 5
        assert due[-1] == len(hard) - 1


# -- 10.4


def in_numpy(scores, versions, normal_scores):
    shares = [
        np.searchsorted(np.sort(normal_scores[v]), s) / len(normal_scores[v])
        for s, v in zip(scores, versions, strict=True)
    ]
    return np.array(shares)


@pytest.mark.parametrize(
    ("comparable", "outcome"),
    [
        (in_numpy, "correct"),
        (lambda s, v, n: in_numpy(s, v, n).tolist(), "correct"),
        (lambda s, v, n: pd.Series(in_numpy(s, v, n), index=v), "correct"),
        (lambda s, v, n: 100 * in_numpy(s, v, n), "other"),
        (lambda s, v, n: 1 - in_numpy(s, v, n), "other"),
        (lambda s, v, n: comparable_scores(s, v[::-1], n), "other"),
        (lambda s, v, n: s / np.array([np.median(n[k]) for k in v]), "other"),
        (lambda s, v, n: np.sort(in_numpy(s, v, n)), "other"),
        (lambda s, v, n: in_numpy(s, v, n).mean(), COULD_NOT),
        (lambda s, v, n: {k: in_numpy(s[v == k], v[v == k], n) for k in n}, COULD_NOT),
        (lambda s, v, n: None, "not attempted"),
    ],
)
def test_comparable_scores(comparable, outcome):
    assert found("10.4", comparable) == outcome


def test_the_versions_of_the_check_are_on_scales_of_their_own_and_have_ties():
    for scores, versions, normal in _score_cases(np.random.default_rng(0)):
        assert set(versions) == {0, 1, 2}
        assert any(np.isin(scores[versions == v], normal[v]).any() for v in normal)
        medians = [np.median(normal[v]) for v in normal]
        assert max(medians) > 2 * min(medians)


# -- 10.5


def in_plain_python(record):
    asked = sum(label == label for label in record["label"])
    batches = set(record["batch"][record["updated"]])
    return asked, len(batches), asked / len(batches)


@pytest.mark.parametrize(
    ("bill", "outcome"),
    [
        (in_plain_python, "correct"),
        (lambda r: list(labels_and_updates(r)), "correct"),
        (lambda r: np.array(labels_and_updates(r)), "correct"),
        (lambda r: labels_and_updates(r.dropna()), "other"),
        (lambda r: (0, 0, 0.0), "other"),
        (lambda r: labels_and_updates(r)[::-1], "other"),
        (lambda r: (len(r), *labels_and_updates(r)[1:]), "other"),
        (lambda r: r["label"].count(), COULD_NOT),
        (lambda r: labels_and_updates(r)[:2], COULD_NOT),
        (lambda r: (1, 2, "three"), COULD_NOT),
        (lambda r: None, "not attempted"),
    ],
)
def test_the_bill(bill, outcome):
    assert found("10.5", bill) == outcome


def test_the_records_of_the_check_have_alarms_that_nobody_was_asked_about():
    for (record,) in _records(np.random.default_rng(0)):
        assert record["label"][~record["alarm"]].isna().all()
        assert record["label"][record["alarm"]].isna().any()
        assert record["updated"].sum() == 4 * labels_and_updates(record)[1]


# -- the references, and other keys


def test_the_reference_of_the_trigger_agrees_with_the_kits_own_buffers():
    from helpers.streams.buffers import Buffers

    random = np.random.default_rng(0)
    hard, abnormal = random.integers(0, 5, 60), random.integers(0, 2, 60)
    buffers, due = Buffers(keep=1000, hold_out=0.2), []
    for batch, (more, odd) in enumerate(zip(hard, abnormal, strict=True)):
        labels = np.repeat([0.0, 1.0], [more, odd])
        buffers.add(np.zeros((len(labels), 1, 1)), labels, labels == 0)
        if buffers.full(12):
            due.append(batch)
            buffers.clear()
    assert due_batches(hard.tolist(), abnormal.tolist(), 12) == due


def test_the_reference_of_the_loop_never_scores_with_a_label_of_the_same_batch():
    seen = SimpleNamespace(learned=[], scored=[])
    batches = [np.full((2, 1), number) for number in range(3)]

    def score(windows):
        seen.scored.append([*seen.learned])
        return windows.ravel()

    stream_scores(
        batches,
        score,
        lambda windows: windows.ravel(),
        lambda windows, labels: seen.learned.append(int(labels[0])),
    )
    assert seen.scored == [[], [0], [0, 1]]


@pytest.mark.parametrize(
    ("number", "answer"),
    [
        ("10.1", with_preallocation),
        ("10.2", one_by_one),
        ("10.3", recursive),
        ("10.4", in_numpy),
        ("10.5", in_plain_python),
    ],
)
def test_unusual_right_answers_are_right_under_other_keys(number, answer):
    exercise = find(number)
    outcomes = {
        ask_drawn(exercise, lambda given: (answer,), key).status
        for key in (b"one", b"two", b"three")
    }
    assert outcomes == {"correct"}
