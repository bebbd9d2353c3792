"""Lesson 09: right answers in unusual forms, and wrong ones beside those it lists."""

from itertools import groupby

import numpy as np
import pandas as pd
import pytest

from helpers.exercises.declared import find
from helpers.exercises.engine import ask_drawn

KEYS = [f"key {number}".encode() for number in range(24)]


def found(number, answer):
    """Return the one outcome that an answer gets under three keys."""
    outcomes = [ask_drawn(find(number), lambda g: (answer,), key) for key in KEYS]
    (said,) = {outcome.diagnosis or outcome.status for outcome in outcomes}
    return said


def cases(*pairs):
    return pytest.mark.parametrize(("answer", "outcome"), pairs)


# -- 9.1


def runs_in_a_loop(scores, threshold, window):
    marks, ringing = [], False
    for start, score in enumerate(scores):
        if score > threshold and not ringing:
            marks.append(start + window - 1)
        ringing = score > threshold
    return marks


def runs_by_pandas(scores, threshold, window):
    flags = pd.Series(scores) > threshold
    return flags.index[flags & ~flags.shift(fill_value=False)] + window - 1


def runs_one_by_one(scores, threshold, window):
    yield from runs_in_a_loop(scores, threshold, window)


def only_the_first_run(scores, threshold, window):
    return runs_in_a_loop(scores, threshold, window)[:1]


def runs_by_groups(scores, threshold, window):
    marks, start = [], 0
    for rings, run in groupby(scores > threshold):
        if rings:
            marks.append(start + window - 1)
        start += len(list(run))
    return tuple(marks)


def one_point_early(scores, threshold, window):
    return np.array(runs_in_a_loop(scores, threshold, window)) - 1


def windows_of_five(scores, threshold, window):
    return runs_in_a_loop(scores, threshold, 5)


def worst_of_each_run(scores, threshold, window):
    rings = np.flatnonzero(scores > threshold)
    runs = np.split(rings, np.flatnonzero(np.diff(rings) > 1) + 1)
    return [run[scores[run].argmax()] + window - 1 for run in runs if len(run)]


@cases(
    (runs_in_a_loop, "correct"),
    (runs_by_groups, "correct"),
    (runs_by_pandas, "correct"),
    (runs_one_by_one, "correct"),
    (only_the_first_run, "other"),
    (lambda s, t, w: np.flatnonzero(s >= t) + w - 1, "other"),
    (lambda s, t, w: [], "other"),
    (one_point_early, "other"),
    (windows_of_five, "other"),
    (worst_of_each_run, "worst window of the run"),
)
def test_a_run_of_windows_is_one_detection(answer, outcome):
    assert found("9.1", answer) == outcome


# -- 9.2


def by_solving(errors, normal_errors):
    off = errors - normal_errors.mean(axis=0)
    solved = np.linalg.solve(np.cov(normal_errors.T), off.T).T
    return np.einsum("ij,ij->i", off, solved)


def of_the_sample(errors, normal_errors):
    off = errors - normal_errors.mean(axis=0)
    inverse = np.linalg.pinv(np.cov(normal_errors, rowvar=False, bias=True))
    return [row @ inverse @ row for row in off]


def by_scikit_learn(errors, normal_errors):
    from sklearn.covariance import EmpiricalCovariance

    return EmpiricalCovariance().fit(normal_errors).mahalanobis(errors)


@cases(
    (by_solving, "correct"),
    (of_the_sample, "correct"),
    (by_scikit_learn, "correct"),
    (lambda e, n: np.abs(e).sum(axis=1), "other"),
    (lambda e, n: np.sqrt(by_solving(e, n)), "square root taken"),
    (lambda e, n: by_solving(n, n), "other"),
)
def test_a_score_divides_by_the_covariance_of_normal_errors(answer, outcome):
    assert found("9.2", answer) == outcome


# -- 9.3


def by_frames(days, weekday, holiday, learn):
    frame = pd.DataFrame(days)
    teach = learn & (holiday == 0)
    profiles = frame[teach].groupby(weekday[teach]).median()
    return (frame - profiles.loc[weekday].to_numpy()).abs().mean(axis=1)


def signed(days, weekday, holiday, learn):
    frame = pd.DataFrame(days)
    teach = learn & (holiday == 0)
    profiles = frame[teach].groupby(weekday[teach]).median()
    return (frame - profiles.loc[weekday].to_numpy()).mean(axis=1)


def silent_on_holidays(days, weekday, holiday, learn):
    return by_frames(days, weekday, holiday, learn) * (holiday == 0)


def loud_on_holidays(days, weekday, holiday, learn):
    return holiday.astype(float)


@cases(
    (by_frames, "correct"),
    (signed, "other"),
    (silent_on_holidays, "other"),
    (loud_on_holidays, "other"),
)
def test_a_holiday_is_compared_with_days_of_its_weekday(answer, outcome):
    assert found("9.3", answer) == outcome


# -- 9.4


def by_a_loop(scores, week, budget):
    worst = {}
    for score, each in zip(scores, week, strict=True):
        worst[each] = max(score, worst.get(each, 0))
    return sorted(worst.values())[-budget - 1]


def by_pandas(scores, week, budget):
    worst = pd.Series(scores).groupby(week).max()
    return worst.nlargest(budget + 1).min()


def by_trying(scores, week, budget):
    kept = [t for t in scores if len(set(week[scores > t])) <= budget]
    return min(kept)


def just_above(scores, week, budget):
    return np.nextafter(by_a_loop(scores, week, budget), np.inf) * 1.001


def days_after_the_worst_week(scores, week, budget):
    """Leave the worst week out, and count days in what is left."""
    rest = scores[week != week[scores.argmax()]]
    return np.sort(rest)[::-1][budget - 1]


def all_ring(scores, week, budget):
    return scores.min() - 1


@cases(
    (by_a_loop, "correct"),
    (by_pandas, "correct"),
    (by_trying, "correct"),
    (lambda s, w, b: np.array([by_a_loop(s, w, b)]), "correct"),
    (just_above, "other"),
    (all_ring, "other"),
    (days_after_the_worst_week, "other"),
    (lambda s, w, b: np.quantile(s, 0.95), "other"),
    (lambda s, w, b: by_a_loop(s, w, 2), "other"),
)
def test_a_budget_counts_weeks_and_not_their_days(answer, outcome):
    assert found("9.4", answer) == outcome


# -- 9.5


@cases(
    (lambda r, f, s: 1 / (1 + f * (1 - s) / (r * s)), "correct"),
    (lambda r, f, s: np.array([r * s / (r * s + f - f * s)]), "correct"),
    (lambda r, f, s: 0.5, "other"),
    (lambda r, f, s: r, "other"),
)
def test_what_an_alarm_is_worth_depends_on_the_share_of_holidays(answer, outcome):
    assert found("9.5", answer) == outcome
