"""Lesson 05: right answers in unusual forms, and wrong ones beside those it lists."""

import numpy as np
import pandas as pd
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from helpers.exercises import check
from helpers.windows import forecast_windows

COULD_NOT = "could not check"


def found(number, *answers):
    outcome = check(number, *answers)
    return outcome.diagnosis or outcome.status


def windows(series, window, ahead=1):
    positions = np.arange(window + ahead - 1, len(series))
    views = sliding_window_view(series, window)[: len(positions)]
    return views, series[positions], positions


@pytest.mark.parametrize(
    ("cut", "outcome"),
    [
        (windows, "correct"),
        (forecast_windows, "correct"),
        (lambda s, w: tuple(a.tolist() for a in windows(s, w)), "correct"),
        (lambda s, w: (pd.DataFrame(windows(s, w)[0]), *windows(s, w)[1:]), "correct"),
        (lambda s, w: windows(s, w, 2), "two steps ahead"),
        (lambda s, w: (sliding_window_view(s, w), s[w - 1 :], np.arange(w - 1, 12)),
         "target in its own window"),
        (lambda s, w: (sliding_window_view(s, w + 1), *windows(s, w)[1:]),
         "target in its own window"),
        (lambda s, w: tuple(a[1:] for a in windows(s, w)), "first window lost"),
        (lambda s, w: tuple(a[:-1] for a in windows(s, w)), "last window lost"),
        (lambda s, w: tuple(a[::2] for a in windows(s, w)), "number of windows"),
        (lambda s, w: tuple(a[::-1] for a in windows(s, w)), "order"),
        (lambda s, w: (*windows(s, w)[:2], windows(s, w)[2] - 1),
         "position of the last input"),
        (lambda s, w: (*windows(s, w)[:2], windows(s, w)[2] + 1), "counted from one"),
        (lambda s, w: (*windows(s, w)[:2], windows(s, w)[2] - w),
         "position of the window"),
        (lambda s, w: (sliding_window_view(s, w), *windows(s, w)[1:]),
         "different lengths"),
        (lambda s, w: (windows(s, w)[0][:, ::-1], *windows(s, w)[1:]),
         "window and target apart"),
        (lambda s, w: (windows(s, w)[0], -windows(s, w)[1], windows(s, w)[2]),
         "other values"),
        (lambda s, w: windows(s, w)[:2], COULD_NOT),
        (lambda s, w: windows(s, w)[0], COULD_NOT),
        (lambda s, w: s[99], COULD_NOT),
        (5, COULD_NOT),
    ],
)  # fmt: skip
def test_windows(cut, outcome):
    assert found("5.1", cut) == outcome


def prepared(mean=np.mean, sd=np.std, border=False, scale=slice(None), shuffle=False):
    """Return a `prepare` with the given faults."""

    def prepare(series, window, cut):
        known = series[:cut][scale] if scale != "all" else series
        scaled = (series - mean(known)) / sd(known)
        first = windows(scaled[:cut], window)[:2]
        second = windows(scaled[cut - window * border :], window)[:2]
        if shuffle:
            order = np.random.default_rng(0).permutation(len(first[0]))
            first = tuple(part[order] for part in first)
        return *first, *second

    return prepare


@pytest.mark.parametrize(
    ("prepare", "outcome"),
    [
        (prepared(), "correct"),
        (prepared(border=True), "correct"),
        (prepared(sd=lambda x: x.std(ddof=1)), "correct"),
        (lambda *a: [part.tolist() for part in prepared()(*a)], "correct"),
        (prepared(scale="all"), "scaler saw the future"),
        (prepared(scale=slice(5, None)), "units of the targets"),
        (prepared(mean=np.min, sd=np.ptp), "another scaling"),
        (prepared(mean=lambda x: 0, sd=lambda x: 1), "not scaled"),
        (prepared(shuffle=True), "random split"),
        (prepared(mean=lambda x: 0), "units"),
        (lambda *a: prepared()(*a)[2:] + prepared()(*a)[:2], "split"),
        (lambda *a: prepared()(*a)[:2], COULD_NOT),
        (lambda *a: None, "not attempted"),
    ],
)
def test_preparations(prepare, outcome):
    assert found("5.2", prepare) == outcome


def nudging(where=lambda k: -k, *, measure=np.abs, reduce=np.mean, per=True):
    def influence(forecast, given, steps_back, nudge=0.05):
        nudged = given.copy()
        nudged[:, where(steps_back)] += nudge
        moved = reduce(measure(forecast(nudged) - forecast(given)))
        return moved / nudge if per else moved

    return influence


def both_ways(forecast, given, steps_back, nudge=0.05):
    up, down = given.copy(), given.copy()
    up[:, -steps_back] += nudge
    down[:, -steps_back] -= nudge
    return float(np.abs(forecast(up) - forecast(down)).mean() / 2 / nudge)


@pytest.mark.parametrize(
    ("influence", "outcome"),
    [
        (nudging(), "correct"),
        (both_ways, "correct"),
        (nudging(lambda k: k), "counted from the front"),
        (nudging(lambda k: k - 1), "counted from the front"),
        (nudging(lambda k: -k - 1), "one step too far back"),
        (nudging(lambda k: 1 - k), "one step too near"),
        (nudging(lambda k: slice(-k, None)), "all the way to the end"),
        (nudging(measure=lambda x: x), "signs cancel"),
        (nudging(measure=np.square, per=False), "squared"),
        (nudging(per=False), "not per unit"),
        (nudging(reduce=np.sum), "sum"),
        (lambda *a: -nudging()(*a), "sign"),
        (lambda f, w, k, n=0.05: nudging()(f, w, k, 0.05) * 0.05 / n, "nudge ignored"),
        (lambda *a: 1.0, "influence"),
        (lambda *a: "far", COULD_NOT),
        (lambda *a: np.ones(3), COULD_NOT),
    ],
)
def test_influences(influence, outcome):
    assert found("5.3", influence) == outcome


WEEKS = 336
random = np.random.default_rng(11)
ERROR = np.r_[
    np.full(10, np.nan),
    random.normal(0.05, 0.2, 6 * WEEKS - 10),
    random.standard_t(4, 3 * WEEKS) * 0.3 - 0.1,
    random.normal(0, 0.3, 3 * WEEKS),
]
ERROR[[3100, 3300, 3500, 3700, 3900]] += [5, -6, 4, -3, 7]
VALIDATION = ERROR[6 * WEEKS : 9 * WEEKS]
RANKED = np.sort(np.abs(VALIDATION))
LEARNED = np.sort(np.abs(ERROR[10 : 6 * WEEKS]))


@pytest.mark.parametrize(
    ("threshold", "outcome"),
    [
        (RANKED[-4], "correct"),
        (np.float32((RANKED[-4] + RANKED[-3]) / 2), "correct"),
        (np.quantile(RANKED, 1 - 3 / 1008), "correct"),
        (RANKED[-3], "at the threshold itself"),
        (RANKED[-1], "never rings"),
        (np.sort(np.abs(ERROR[9 * WEEKS :]))[-4], "threshold on test errors"),
        (np.abs(ERROR[9 * WEEKS :]).max(), "threshold on test errors"),
        (LEARNED[-4], "threshold on training errors"),
        (LEARNED[-7], "threshold on training errors"),
        (np.sort(VALIDATION)[-4], "signed errors"),
        (RANKED.mean(), "mean of the errors"),
        (np.sqrt(np.mean(VALIDATION**2)), "mean of the errors"),
        (RANKED.mean() + 3 * RANKED.std(), "sigma rule"),
        (3, "number of alarms"),
        (100, "never rings"),
        (-1, "sign"),
        (RANKED[-30], "budget"),
        ("1.2", COULD_NOT),
        (RANKED, COULD_NOT),
    ],
)
def test_thresholds(threshold, outcome):
    assert found("5.4", threshold, ERROR) == outcome


def test_a_threshold_needs_the_errors_of_the_lesson():
    assert found("5.4", 1.2, ERROR[:100]) == COULD_NOT
    assert found("5.4", 1.2, np.full(4032, np.nan)) == COULD_NOT


def removing(*, both=True, in_place=False, now=False, ask=True, true=True, give=None):
    """Return a `without_echoes` with the given faults."""

    def without_echoes(forecast, series, threshold):
        measured = series.copy()
        expected = forecast(series)
        errors = np.abs(series - expected)
        for point in np.flatnonzero(errors > threshold):
            if ask and errors[point] <= threshold:
                continue
            mended = series if in_place else series.copy()
            mended[point] = expected[point]
            again = np.abs((measured if true else mended) - forecast(mended))
            later = slice(point + (not now), None)
            smaller = np.minimum(errors, again) if both else again
            errors[later] = smaller[later]
        return give(errors, threshold) if give else errors

    return without_echoes


def muted(forecast, series, threshold):
    alarms = np.flatnonzero(np.abs(series - forecast(series)) > threshold)
    errors = np.abs(series - forecast(series))
    for point in alarms:
        if errors[point] > threshold:
            errors[point + 1 : point + 4] = 0
    return errors


@pytest.mark.parametrize(
    ("function", "outcome"),
    [
        (removing(), "correct"),
        (removing(ask=False), "correct"),
        (removing(give=lambda e, _: np.nan_to_num(e).tolist()), "correct"),
        (removing(give=lambda e, _: pd.Series(e)), "correct"),
        (removing(both=False), "not the smaller one"),
        (removing(in_place=True), "changed the series"),
        (removing(now=True, true=False), "fault mended away"),
        (removing(give=lambda e, t: e > t), "alarms, not errors"),
        (removing(give=lambda e, _: -e), "signed errors"),
        (removing(give=lambda e, _: e[3:]), COULD_NOT),
        (removing(give=lambda e, _: e * np.nan), COULD_NOT),
        (lambda f, s, t: np.abs(s - f(s)), "nothing removed"),
        (lambda f, s, t: np.minimum(np.abs(s - f(s)), t), "fault mended away"),
        (muted, "silenced"),
        (lambda f, s, t: f(s, t), COULD_NOT),
    ],
)
def test_echoes(function, outcome):
    assert found("5.5", function) == outcome
