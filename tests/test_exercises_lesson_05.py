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


def lagged(series, window, *, newest_first=False, drop=True):
    """Windows by shifting, as pandas does it."""
    lags = range(1, window + 1) if newest_first else range(window, 0, -1)
    table = pd.DataFrame({lag: pd.Series(series).shift(lag) for lag in lags})
    table["target"] = series
    table = table.dropna() if drop else table
    return table.drop(columns="target"), table["target"], table.index


def blanked(series, window):
    answer = tuple(part.copy() for part in windows(series, window))
    series[:] = 0
    return answer


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
        (lagged, "correct"),
        (lambda s, w: [a.astype("float32").tolist() for a in forecast_windows(s, w)],
         "correct"),
        (lambda s, w: (windows(s, w)[0][:, ::-1], *windows(s, w)[1:]), "newest first"),
        (lambda s, w: lagged(s, w, newest_first=True), "newest first"),
        (lambda s, w: lagged(s, w, drop=False), "values without a window"),
        (lambda s, w: (windows(s, w)[0].T, *windows(s, w)[1:]), "transposed"),
        (lambda s, w: (windows(s, w)[0], *windows(s, w)[:0:-1]),
         "targets and positions swapped"),
        (lambda s, w: (windows(np.arange(len(s)), w)[0], *windows(s, w)[1:]),
         "positions as inputs"),
        (lambda s, w: (windows(s, w)[0][::-1], *windows(s, w)[1:]),
         "window and target apart"),
        (lambda s, w: windows(s, 3), "width"),
        (lambda s, w: (windows(s, w)[0], s[np.arange(w, 12)], np.arange(w, 12)),
         COULD_NOT),
        (blanked, "changed its input"),
        (lambda s, w: tuple(a.astype(str) for a in windows(s, w)), COULD_NOT),
        (lambda s, w: dict(enumerate(windows(s, w))), COULD_NOT),
        (lambda s, w: windows(s.iloc, w), COULD_NOT),
        (lambda s: windows(s, 3), COULD_NOT),
        (lambda s, w: (windows(s, w)[0], ..., None), "not attempted"),
        (lambda s, w: print(*windows(s, w)), "not attempted"),
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


def prepared(mean=np.mean, sd=np.std, border=False, scale=slice(None), shuffle=False,
             window=None, cut=None, ahead=1):  # fmt: skip
    """Return a `prepare` with the given faults."""
    own_window, own_cut = window, cut

    def prepare(series, window, cut):
        window, cut = own_window or window, own_cut or cut
        others = {"all": series, "later": series[cut:]}
        known = others[scale] if isinstance(scale, str) else series[:cut][scale]
        scaled = (series - mean(known)) / sd(known)
        first = windows(scaled[:cut], window)[:2]
        second = windows(scaled[cut - window * border :], window)[:2]
        if shuffle:
            order = np.random.default_rng(0).permutation(len(first[0]))
            first = tuple(part[order] for part in first)
        if ahead == 2:
            first, second = ((x[:-1], y[1:]) for x, y in (first, second))
        return *first, *second

    return prepare


def altered(change):
    """Return a `prepare` whose four right arrays are changed afterwards."""
    return lambda *arguments: change(*prepared()(*arguments))


def per_window(inputs, targets, later_inputs, later_targets):
    def scaled(x):
        return (x - x.mean(axis=1, keepdims=True)) / x.std(axis=1, keepdims=True)

    return scaled(inputs), targets, scaled(later_inputs), later_targets


def in_place(series, window, cut):
    series -= series[:cut].mean()
    series /= series[:cut].std()
    first, later = (windows(part, window) for part in (series[:cut], series[cut:]))
    return *first[:2], *later[:2]


def as_it_was(series, window, cut):
    return *prepared()(series, window, cut)[:2], *windows(series[cut:], window)[:2]


def by_windows(series, window, cut):
    mean, sd = (f(windows(series[:cut], window)[0]) for f in (np.mean, np.std))
    return prepared(mean=lambda x: mean, sd=lambda x: sd)(series, window, cut)


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
        (lambda *a: [part[..., None].tolist() for part in prepared()(*a)], "correct"),
        (lambda *a: [part.astype("float32") for part in prepared()(*a)], "correct"),
        (prepared(scale="later"), "scaler saw the future"),
        (prepared(mean=lambda x: x[:40].mean(), scale="all"), "scaler saw the future"),
        (prepared(sd=lambda x: 1), "not divided"),
        (prepared(sd=np.var), "variance"),
        (by_windows, "units of the windows"),
        (as_it_was, "later part not scaled"),
        (prepared(ahead=2), "window and target apart"),
        (prepared(window=5), "window or cut ignored"),
        (prepared(cut=40), "window or cut ignored"),
        (in_place, "changed its input"),
        (altered(per_window), "windows that share nothing"),
        (altered(lambda *four: [part[::2] for part in four]),
         "windows that share nothing"),
        (altered(lambda *four: [part[::-1] for part in four]), "time runs backwards"),
        (altered(lambda a, b, c, d: (a[:, ::-1], b, c[:, ::-1], d)),
         "time runs backwards"),
        (altered(lambda a, b, c, d: (a, c, b, d)), "order of the four"),
        (altered(lambda a, b, c, d: (b, a, d, c)), "order of the four"),
        (altered(lambda a, b, c, d: (a, b + 1, c, d)),
         "inputs and targets in different units"),
        (altered(lambda a, b, c, d: (a, b, c[:, 1:], d)), "width"),
        (altered(lambda *four: [np.sign(p) * np.abs(p) ** 0.5 for p in four]),
         "other values"),
        (altered(lambda a, b, c, d: (np.where(a == a[0, 0], 0, a), b, c, d)),
         "other values"),
        (altered(lambda a, b, c, d: ((a, b), (c, d))), COULD_NOT),
        (lambda series, window, cut: cut(series), COULD_NOT),
        (altered(lambda *four: (..., ..., ..., ...)), "not attempted"),
        (lambda *a: prepared()(*a)[2:] + prepared()(*a)[:2], "split"),
        (lambda *a: prepared()(*a)[:2], COULD_NOT),
        (lambda *a: None, "not attempted"),
    ],
)  # fmt: skip
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


def there_and_back(forecast, given, steps_back, nudge=0.05):
    before = forecast(given)
    given[:, -steps_back] += nudge
    after = forecast(given)
    given[:, -steps_back] -= nudge
    return np.abs(after - before).mean() / nudge


def uneven_shapes(forecast, given, steps_back, nudge=0.05):
    nudged = given.copy()
    nudged[:, -steps_back] += nudge
    return np.abs(forecast(nudged)[:, 0] - forecast(given)).mean() / nudge


def a_window(forecast, given, steps_back, nudge=0.05):
    nudged = given.copy()
    nudged[-steps_back] += nudge
    return np.abs(forecast(nudged) - forecast(given)).mean() / nudge


def root_mean_square(moved):
    return np.sqrt(np.mean(moved**2))


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
        (there_and_back, "correct"),
        (lambda f, w, *more: nudging()(f, w.astype("float32"), *more), "correct"),
        (lambda f, w, *more: nudging()(f, w[:, :, 0], *more), "correct"),
        (nudging(reduce=np.max), "not the mean"),
        (nudging(reduce=np.median), "not the mean"),
        (nudging(reduce=lambda moved: moved[0, 0]), "not the mean"),
        (lambda f, w, *more: nudging()(f, w[-1:], *more), "not the mean"),
        (nudging(reduce=root_mean_square), "squared"),
        (nudging(measure=lambda x: x, reduce=np.std), "squared"),
        (uneven_shapes, "each window with each"),
        (a_window, "a window, not a step"),
        (nudging(lambda k: -1), "steps_back ignored"),
        (lambda f, w, k, n=0.05: nudging()(f, w, k, 0.05), "nudge ignored"),
        (lambda f, w, k, n=0.05: nudging()(f, w, k, 1.0), "nudge ignored"),
        (lambda f, w, k, n=0.05: {1: 1.1, 2: 0.7, 3: 0.4}[k], "nudge ignored"),
        (lambda f, w, k: nudging()(f, w, k), COULD_NOT),
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
        (np.float32(RANKED[-4]), "correct"),
        (np.array(RANKED[-4]), "correct"),
        (RANKED[-4] * 1000, "megawatts"),
        (RANKED[-4] ** 2, "squared"),
        (np.sort(np.abs(ERROR))[-4], COULD_NOT),  # NaN comes last
        (np.complex128(RANKED[-4]), COULD_NOT),
        (RANKED[-4:-3], COULD_NOT),
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


def removing(*, both=True, in_place=False, now=False, ask=True, true=True, give=None,
             smaller=np.minimum, until=None, limit=None):  # fmt: skip
    """Return a `without_echoes` with the given faults."""
    own_limit, smaller_of = limit, smaller

    def without_echoes(forecast, series, threshold):
        measured = series.copy()
        threshold = own_limit or threshold
        expected = forecast(series)
        errors = np.abs(series - expected)
        for point in np.flatnonzero(errors > threshold):
            if ask and errors[point] <= threshold:
                continue
            mended = series if in_place else series.copy()
            mended[point] = expected[point]
            again = np.abs((measured if true else mended) - forecast(mended))
            later = slice(point + (not now), until and point + until)
            smaller = smaller_of(errors, again) if both else again
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


def all_at_once(forecast, series, threshold):
    expected = forecast(series)
    errors = np.abs(series - expected)
    again = np.abs(series - forecast(np.where(errors > threshold, expected, series)))
    return np.minimum(errors, again)


def in_one_copy(forecast, series, threshold):
    expected, mended = forecast(series), series.copy()
    errors = np.abs(series - expected)
    for point in range(len(series)):
        if errors[point] > threshold:
            mended[point] = expected[point]
            again = np.abs(series - forecast(mended))
            errors[point + 1 :] = np.minimum(errors, again)[point + 1 :]
    return errors


@pytest.mark.parametrize(
    ("function", "outcome"),
    [
        (removing(), "correct"),
        (removing(smaller=np.fmin), "correct"),
        (removing(now=True), "correct"),
        (in_one_copy, "correct"),
        (removing(give=lambda e, _: e.astype("float32")), "correct"),
        (removing(smaller=np.maximum), "not the smaller one"),
        (all_at_once, "all at once"),
        (removing(until=3), "echo left"),
        (removing(until=11), "echo left"),
        (removing(limit=1), "echo left"),
        (removing(limit=2), "echo left"),
        (removing(give=lambda e, t: e / t), "divided by the threshold"),
        (removing(give=lambda e, _: e**2), "squared"),
        (lambda f, s, t: s, "a series, not errors"),
        (lambda f, s, t: f(s), "a series, not errors"),
        (removing(give=lambda e, _: e.reshape(-1, 10)), COULD_NOT),
        (removing(give=lambda e, _: e.astype(str)), COULD_NOT),
        (removing(give=lambda e, t: np.flatnonzero(e > t)), COULD_NOT),
        (lambda s, f, t: removing()(f, s, t), COULD_NOT),
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
