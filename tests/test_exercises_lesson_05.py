"""Lesson 05: right answers in unusual forms, and wrong ones beside those it lists."""

import numpy as np
import pandas as pd
import pytest
from numpy.lib.stride_tricks import sliding_window_view
from sklearn.preprocessing import StandardScaler

from helpers.exercises.declared import find
from helpers.exercises.engine import ask_drawn
from helpers.forecasts import echo_free_errors, sensitivity
from helpers.thresholds import budget_threshold
from helpers.windows import forecast_windows, sliding_windows

COULD_NOT = "could not check"
KEYS = b"one", b"two", b"three"


def found(number, answer):
    """Return the one outcome that an answer, a function of the given, gets."""
    outcomes = [ask_drawn(find(number), lambda g: (answer(g),), key) for key in KEYS]
    (said,) = {outcome.diagnosis or outcome.status for outcome in outcomes}
    return said


def cases(*pairs):
    return pytest.mark.parametrize(("answer", "outcome"), pairs)


# -- 5.1


def windows(series, window, ahead=1):
    positions = np.arange(window + ahead - 1, len(series))
    views = sliding_window_view(series, window)[: len(positions)]
    return views, series[positions], positions


def lagged(series, window, *, newest_first=False):
    """Windows by shifting, as pandas does it."""
    lags = range(1, window + 1) if newest_first else range(window, 0, -1)
    table = pd.DataFrame({lag: pd.Series(series).shift(lag) for lag in lags})
    table["target"] = series
    table = table.dropna()
    return table.drop(columns="target"), table["target"], table.index


def in_a_loop(series, window):
    inputs, targets, positions = [], [], []
    for start in range(len(series) - window):
        inputs.append(list(series[start : start + window]))
        targets.append(float(series[start + window]))
        positions.append(start + window)
    return inputs, targets, positions


def one_by_one(series, window):
    yield from windows(series, window)


def from_the_end(series, window):
    inputs = [
        series[len(series) - k - window : len(series) - k]
        for k in range(len(series) - window, 0, -1)
    ]
    return np.stack(inputs), series[window:], range(window, len(series))


def blanked(series, window):
    answer = tuple(part.copy() for part in windows(series, window))
    series[:] = 0
    return answer


def cut_and(change):
    return lambda s, w: change(*windows(s, w))


@cases(
    (windows, "correct"),
    (forecast_windows, "correct"),
    (lagged, "correct"),
    (in_a_loop, "correct"),
    (one_by_one, "correct"),
    (from_the_end, "correct"),
    (cut_and(lambda x, y, p: [x, y, p]), "correct"),
    (cut_and(lambda x, y, p: (iter(x), iter(y), iter(p))), "correct"),
    (cut_and(lambda x, y, p: (pd.DataFrame(x, p), pd.Series(y, p), pd.Index(p))),
     "correct"),
    (cut_and(lambda x, y, p: (x[..., None], y[:, None], p[:, None])), "correct"),
    (cut_and(lambda x, y, p: (x.astype("float32"), y.astype(int), p * 1.0)), "correct"),
    (cut_and(lambda x, y, p: (tuple(map(tuple, x)), map(float, y), p.astype("int8"))),
     "correct"),
    (lambda s, w: windows(np.array(s.tolist()), w), "correct"),
    (lambda s, w: sliding_windows(s, w + 1)[:, :-1].squeeze(-1), COULD_NOT),
    (lambda s, w: (lambda v: (v[:, :-1], v[:, -1], np.arange(len(v)) + w))(
        sliding_window_view(s, w + 1)), "correct"),
    (cut_and(lambda x, y, p: (x, y, p + 1)), "other"),
    (cut_and(lambda x, y, p: (x[::-1], y[::-1], p[::-1])), "other"),
    (cut_and(lambda x, y, p: (x[::-1], y, p)), "other"),
    (cut_and(lambda x, y, p: (x, -y, p)), "other"),
    (cut_and(lambda x, y, p: (x, y, np.zeros(len(p)))), "other"),
    (cut_and(lambda x, y, p: (np.repeat(x, 2, 0), np.repeat(y, 2), np.repeat(p, 2))),
     "other"),
    (cut_and(lambda x, y, p: (x / 10, y, p)), "other"),
    (cut_and(lambda x, y, p: (x - x.mean(), y - y.mean(), p)), "other"),
    (cut_and(lambda x, y, p: (x[::2], y[::2], p[::2])), "other"),
    (cut_and(lambda x, y, p: (x[:1], y[:1], p[:1])), "other"),
    (cut_and(lambda x, y, p: (x, y, p[:1])), "other"),
    (lambda s, w: windows(np.arange(len(s)), w), "other"),
    (lambda s, w: windows(s, 3), "other"),  # for the second window only
    (lambda s, w: windows(s, w, 3), "other"),
    (lambda s, w: (sliding_window_view(s, w), s[w:], np.arange(w, len(s))),
     "other"),
    (lambda s, w: (sliding_window_view(s, w), s[w - 1:], np.arange(w - 1, len(s))),
     "target in its own window"),
    (lambda s, w: (sliding_window_view(s, w + 1), *windows(s, w)[1:]),
     "target in its own window"),
    (lambda s, w: lagged(s, w, newest_first=True), "newest first"),
    (lambda s, w: forecast_windows(s, w, horizon=2), "two steps ahead"),
    (lambda s, w: (windows(s, w)[0], s[np.arange(w, 12)], np.arange(w, 12)), COULD_NOT),
    (lambda s, w: tuple(part.astype(str) for part in windows(s, w)), COULD_NOT),
    (lambda s, w: dict(enumerate(windows(s, w))), COULD_NOT),
    (lambda s, w: windows(s, w)[:2], COULD_NOT),
    (lambda s, w: windows(s, w)[0], COULD_NOT),
    (lambda s: windows(s, 3), COULD_NOT),
    (blanked, "changed its input"),
    (cut_and(lambda x, y, p: (x, ..., None)), "not attempted"),
    (lambda s, w: None, "not attempted"),
    (5, COULD_NOT),
)  # fmt: skip
def test_windows(answer, outcome):
    assert found("5.1", lambda given: answer) == outcome


# -- 5.2


def prepared(mean=np.mean, sd=np.std, border=False, scale=slice(None), window=None,
             cut=None):  # fmt: skip
    """Return a `prepare` with the given habits."""
    own_window, own_cut = window, cut

    def prepare(series, window, cut):
        window, cut = own_window or window, own_cut or cut
        others = {"all": series, "later": series[cut:]}
        known = others[scale] if isinstance(scale, str) else series[:cut][scale]
        scaled = (series - mean(known)) / sd(known)
        first = windows(scaled[:cut], window)[:2]
        second = windows(scaled[cut - window * border :], window)[:2]
        return *first, *second

    return prepare


def altered(change, **habits):
    """Return a `prepare` whose four right arrays are changed afterwards."""
    return lambda *arguments: change(*prepared(**habits)(*arguments))


def shuffled(inputs, targets, seed=0):
    order = np.random.default_rng(seed).permutation(len(targets))
    return inputs[order], targets[order]


def by_position(series, window, cut):
    scaled = (series - series[:cut].mean()) / series[:cut].std()
    inputs, targets, positions = forecast_windows(scaled, window)
    early = positions < cut
    return inputs[early], targets[early], inputs[~early], targets[~early]


def by_scaler(series, window, cut):
    scaler = StandardScaler().fit(series[:cut].reshape(-1, 1))
    parts = [scaler.transform(p.reshape(-1, 1)) for p in (series[:cut], series[cut:])]
    return sum((forecast_windows(part, window)[:2] for part in parts), ())


def scaled_later(series, window, cut):
    """Windows first, units afterwards."""
    mean, sd = series[:cut].mean(), series[:cut].std()
    parts = forecast_windows(series[:cut], window)[:2]
    parts += forecast_windows(series[cut:], window)[:2]
    return [(part - mean) / sd for part in parts]


def scaled_by(known, series, window, cut):
    scaled = (series - known.mean()) / known.std()
    return *windows(scaled[:cut], window)[:2], *windows(scaled[cut:], window)[:2]


def per_window(inputs, targets, later_inputs, later_targets):
    def scaled(x):
        return (x - x.mean(axis=1, keepdims=True)) / x.std(axis=1, keepdims=True)

    return scaled(inputs), targets, scaled(later_inputs), later_targets


def in_place(series, window, cut):
    series -= series[:cut].mean()
    series /= series[:cut].std()
    first, later = (windows(part, window) for part in (series[:cut], series[cut:]))
    return *first[:2], *later[:2]


def random_tenth(series, window, cut):
    """A random split that keeps no promise about its sizes."""
    scaled = (series - series[:cut].mean()) / series[:cut].std()
    pairs = shuffled(*windows(scaled, window)[:2], seed=1)
    return pairs[0][:50], pairs[1][:50], pairs[0][50:], pairs[1][50:]


def not_by_cut(series, window, cut):
    half = len(series) // 2
    return prepared(cut=half)(series, window, cut)


@cases(
    (prepared(), "correct"),
    (prepared(border=True), "correct"),
    (prepared(sd=lambda known: known.std(ddof=1)), "correct"),
    (by_position, "correct"),
    (by_scaler, "correct"),
    (scaled_later, "correct"),
    (lambda s, w, c: prepared()(pd.Series(s).to_numpy(), w, c), "correct"),
    (altered(lambda *four: [part.tolist() for part in four]), "correct"),
    (altered(lambda *four: [part[..., None].tolist() for part in four]), "correct"),
    (altered(lambda *four: [part.astype("float32") for part in four]), "correct"),
    (altered(lambda a, b, c, d: (pd.DataFrame(a), iter(b), c, pd.Series(d)[::1])),
     "correct"),
    (altered(lambda *four: (part for part in four)), "correct"),
    # the order of windows within a part is nobody's business
    (altered(lambda a, b, c, d: (*shuffled(a, b), c, d)), "correct"),
    (altered(lambda a, b, c, d: (*shuffled(a, b), *shuffled(c, d)), border=True),
     "correct"),
    (altered(lambda *four: [part[::-1] for part in four]), "correct"),
    (altered(lambda a, b, c, d: (shuffled(a, b)[0], b, c, d)), "other"),
    (prepared(scale="all"), "scaler saw the future"),
    (prepared(scale="later"), "scaler saw the future"),
    (lambda s, w, c: scaled_by(s[: c + 1], s, w, c), "scaler saw the future"),
    (prepared(mean=lambda known: known[:33].mean(), scale="all"),
     "scaler saw the future"),
    (prepared(mean=np.min, sd=np.ptp, scale="all"), "scaler saw the future"),
    (prepared(mean=np.min, sd=np.ptp), "another scaling"),
    (prepared(mean=np.median), "another scaling"),
    (prepared(mean=np.median, sd=lambda known: known.std() * 2),
     "another scaling"),
    (prepared(mean=lambda known: 0, sd=np.max), "another scaling"),
    (prepared(mean=lambda known: 0), "another scaling"),
    (prepared(scale=slice(-10, None)), "another scaling"),
    (random_tenth, "random split"),
    (altered(lambda a, b, c, d: (a[::2], b[::2], c[::2], d[::2])), "other"),
    (altered(lambda a, b, c, d: (a[:-1], b[1:], c[:-1], d[1:])), "other"),
    (altered(lambda a, b, c, d: (a[:, ::-1], b, c[:, ::-1], d)), "other"),
    (altered(lambda a, b, c, d: (a, b + 1, c, d)), "other"),
    (altered(lambda a, b, c, d: (a[:, 1:], b, c[:, 1:], d)), "other"),
    (altered(lambda a, b, c, d: (a[1:], b, c, d)), "other"),
    (altered(per_window), "other"),
    (altered(lambda *four: [np.sign(p) * np.abs(p) ** 0.5 for p in four]), "other"),
    (altered(lambda *four: [np.round(part, 1) for part in four]), "other"),
    (altered(lambda a, b, c, d: (c, d, a, b)), "random split"),
    (altered(lambda a, b, c, d: (b, a, d, c)), "order of the four"),
    (prepared(window=5), "other"),
    (prepared(cut=40), "targets beyond the cut"),
    (not_by_cut, "validated on the training part"),
    (in_place, "changed its input"),
    (altered(lambda a, b, c, d: ((a, b), (c, d))), COULD_NOT),
    (altered(lambda *four: four[:2]), COULD_NOT),
    (lambda series, window, cut: cut(series), COULD_NOT),
    (lambda series, window: None, COULD_NOT),
    (altered(lambda *four: (..., ..., ..., ...)), "not attempted"),
    (lambda *a: None, "not attempted"),
)  # fmt: skip
def test_preparations(answer, outcome):
    assert found("5.2", lambda given: answer) == outcome


# -- 5.3


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


def window_by_window(forecast, given, steps_back, nudge=0.05):
    moved = []
    for window in given:
        other = window.copy()
        other[-steps_back] = other[-steps_back] + nudge
        pair = forecast(np.stack([window, other]))
        moved.append(abs(pair[1, 0] - pair[0, 0]))
    return sum(moved) / len(moved) / nudge


def downwards(forecast, given, steps_back, nudge=0.05):
    """Subtracts, by a mask instead of an index."""
    place = np.zeros((given.shape[1], 1))
    place[given.shape[1] - steps_back] = nudge
    return np.mean(np.abs(forecast(given - place) - forecast(given)) / nudge)


def left_nudged(forecast, given, steps_back, nudge=0.05):
    before = forecast(given)
    given[:, -steps_back] += nudge
    return np.abs(forecast(given) - before).mean() / nudge


def a_window(forecast, given, steps_back, nudge=0.05):
    nudged = given.copy()
    nudged[-steps_back] += nudge
    return np.abs(forecast(nudged) - forecast(given)).mean() / nudge


def scaled(forecast, given, steps_back, nudge=0.05):
    """Multiplies the value instead of adding to it."""
    nudged = given.copy()
    nudged[:, -steps_back] *= 1 + nudge
    return np.abs(forecast(nudged) - forecast(given)).mean() / nudge


@cases(
    (sensitivity, COULD_NOT),  # its nudge is given by name only
    (lambda f, w, k, n=0.05: sensitivity(f, w, k, nudge=n), "correct"),
    (lambda f, w, k, n: [sensitivity(f, w, k, nudge=n)], "correct"),
    (lambda f, w, k, n: pd.Series(sensitivity(f, w, k, nudge=n), ["x"]), "correct"),
    (lambda f, w, k, n: np.float32(sensitivity(f, w, k, nudge=n)), "correct"),
    (lambda f, w, k, n: sensitivity(f, w.astype("float32"), k, nudge=n), "correct"),
    (lambda f, w, k, n: sensitivity(f, w, k, nudge=n / 2), "correct"),
    (both_ways, "correct"),
    (there_and_back, "correct"),
    (window_by_window, "correct"),
    (downwards, "correct"),
    (left_nudged, "changed its input"),
    (a_window, "other"),
    (scaled, "other"),
    (lambda f, w, k, n=0.05: -sensitivity(f, w, k, nudge=n), "other"),
    (lambda f, w, k, n=0.05: sensitivity(f, w, k, nudge=n) / n, "other"),
    (
        lambda f, w, k, n=0.05: sensitivity(f, w, k + 1, nudge=n),
        "other",
    ),
    (lambda f, w, k, n=0.05: np.abs(f(w + n) - f(w)).mean() / n, "other"),
    (lambda f, w, k, n=0.05: np.abs(f(w)).mean(), "other"),
    (lambda f, w, k, n=0.05: {1: 1.1, 2: 0.7, 3: 0.4}[k], "other"),
    (lambda f, w, k, n=0.05: sensitivity(f, w, k, nudge=1e-6), "nudge ignored"),
    (lambda f, w, k, n=0.05: 1.0, "other"),
    (lambda f, w, k: sensitivity(f, w, k), COULD_NOT),
    (lambda w, f, k, n=0.05: sensitivity(f, w, k, nudge=n), COULD_NOT),
    (lambda *a: "far", COULD_NOT),
    (lambda *a: np.ones(3), COULD_NOT),
    (lambda *a: np.nan, COULD_NOT),
    (lambda *a: ..., "not attempted"),
    ([0.1, 0.2], COULD_NOT),
)
def test_influences(answer, outcome):
    assert found("5.3", lambda given: answer) == outcome


# -- 5.4


def of_validation(find):
    """Return an answer that `find`s a threshold in the sorted validation errors."""
    return lambda given: find(np.sort(np.abs(given["lstm_error"][given["validation"]])))


def by_counting(given):
    errors = np.abs(given["lstm_error"])[given["validation"]]
    return min(e for e in errors if (errors > e).sum() <= 3)


def from_series(given):
    errors = pd.Series(given["lstm_error"])[given["validation"]].abs()
    return errors.nlargest(4).iloc[-1:]


def weekly_maximum(given):
    """One alarm in each week: the largest of three second largest errors."""
    weeks = np.abs(given["lstm_error"][given["validation"]]).reshape(3, -1)
    return np.sort(weeks, axis=1)[:, -2].max()


def before_the_test(given):
    """The fourth largest error of training and validation weeks together."""
    sizes = np.abs(given["lstm_error"][10 : given["test"].start])
    return np.sort(sizes)[-4]


def spoiled(given):
    """Overwrites what the check needs."""
    error = given["lstm_error"]
    error[given["validation"]] = 0.0
    return 0.1


@cases(
    (of_validation(lambda e: e[-4]), "correct"),
    (of_validation(lambda e: (e[-4] + e[-3]) / 2), "correct"),
    (of_validation(lambda e: np.nextafter(e[-3], 0)), "correct"),
    (of_validation(lambda e: np.float32(e[-4])), "correct"),
    (of_validation(lambda e: [e[-4]]), "correct"),
    (of_validation(lambda e: np.array([[e[-4]]])), "correct"),
    (of_validation(lambda e: float(f"{(e[-4] + e[-3]) / 2:.3f}")), "correct"),
    (of_validation(lambda e: np.quantile(e, 1 - 3 / len(e))), "correct"),
    (of_validation(lambda e: np.partition(e, -4)[-4]), "correct"),
    (of_validation(lambda e: budget_threshold(e, 3)), "correct"),
    (by_counting, "correct"),
    (from_series, "correct"),
    (spoiled, "budget"),  # the check has values of its own
    (before_the_test, "budget"),
    (of_validation(lambda e: e[-5]), "budget"),
    (of_validation(lambda e: e[-7]), "budget"),
    (of_validation(lambda e: e[-8]), "budget"),
    (of_validation(lambda e: e[-30]), "budget"),
    (of_validation(lambda e: e[-2]), "budget"),
    (of_validation(lambda e: np.quantile(e, 0.99)), "budget"),
    (of_validation(lambda e: np.quantile(e, 1 - 3 / (12 * 336))), "budget"),
    (of_validation(lambda e: e[3]), "budget"),
    (of_validation(lambda e: -e[-4]), "budget"),
    (of_validation(lambda e: e[-4] ** 2), None),
    (of_validation(lambda e: e[-4] * 1000), "never rings"),
    (of_validation(lambda e: e[-1] + 1e-3), "never rings"),
    (lambda given: 100, "never rings"),
    (lambda given: 0, "budget"),
    (lambda given: np.int64(3), "number of alarms"),
    (lambda given: np.abs(given["lstm_error"][given["train"]])[10:].mean(), "budget"),
    (lambda given: np.sort(np.abs(given["lstm_error"]))[-4], COULD_NOT),  # NaN is last
    (of_validation(lambda e: e[-4:]), COULD_NOT),
    (of_validation(lambda e: e), COULD_NOT),
    (of_validation(lambda e: str(e[-4])), COULD_NOT),
    (of_validation(lambda e: np.complex128(e[-4])), COULD_NOT),
    (lambda given: given["validation"], COULD_NOT),
)
def test_thresholds(answer, outcome):
    if outcome is None:  # how many ring depends on the unit
        outcomes = {ask_drawn(find("5.4"), lambda g: (answer(g),), k) for k in KEYS}
        assert {one.diagnosis for one in outcomes} <= {"budget", "never rings"}
        return
    assert found("5.4", answer) == outcome


def test_a_budget_for_each_week_is_right_by_luck_at_most():
    for key in range(12):
        said = ask_drawn(find("5.4"), lambda g: (weekly_maximum(g),), b"%d" % key)
        assert said.status == "wrong"


def test_no_order_statistic_of_the_validation_errors_is_called_a_leak():
    for place in range(1, 60):
        said = found("5.4", of_validation(lambda e, place=place: e[-place]))
        assert "test" not in said
        assert "training" not in said


# -- 5.5


def removing(*, in_place=False, now=False, give=None, smaller=np.minimum, until=None,
             limit=None):  # fmt: skip
    """Return a `without_echoes` with the given habits."""
    own_limit = limit

    def without_echoes(forecast, series, threshold):
        threshold = own_limit or threshold
        expected = forecast(series)
        errors = np.abs(series - expected)
        for point in np.flatnonzero(errors > threshold):
            if errors[point] <= threshold:
                continue
            mended = series if in_place else series.copy()
            mended[point] = expected[point]
            again = np.abs(series - forecast(mended))
            later = slice(point + (not now), until and point + until)
            errors[later] = smaller(errors, again)[later]
        return give(errors, threshold) if give else errors

    return without_echoes


def one_by_one_in_python(forecast, series, threshold):
    expected = [float(value) for value in forecast(series)]
    errors = [abs(value - guess) for value, guess in zip(series, expected, strict=True)]
    point = 0
    while point < len(series):
        if errors[point] > threshold:
            mended = list(series)
            mended[point] = expected[point]
            again = forecast(mended)
            for later in range(point + 1, len(series)):
                errors[later] = min(errors[later], abs(series[later] - again[later]))
        point += 1
    return errors


def in_pandas(forecast, series, threshold):
    values = pd.Series(series)
    expected = pd.Series(forecast(values))
    errors = (values - expected).abs()
    for point in values.index:
        if errors[point] > threshold:
            mended = values.copy()
            mended[point] = expected[point]
            again = (values - forecast(mended)).abs()
            errors = errors.where((values.index <= point) | (errors <= again), again)
    return errors.set_axis(errors.index[::-1])


def backwards(forecast, series, threshold):
    expected = forecast(series)
    errors = np.abs(series - expected)
    for point in np.flatnonzero(errors > threshold)[::-1]:
        mended = series.copy()
        mended[point] = expected[point]
        again = np.abs(series - forecast(mended))
        errors[point + 1 :] = np.minimum(errors, again)[point + 1 :]
    return errors


def largest_first(forecast, series, threshold):
    expected = forecast(series)
    errors = np.abs(series - expected)
    for point in np.argsort(-np.nan_to_num(errors)):
        if errors[point] > threshold:
            mended = series.copy()
            mended[point] = expected[point]
            again = np.abs(series - forecast(mended))
            errors[point + 1 :] = np.minimum(errors, again)[point + 1 :]
    return errors


def first_alarm_only(forecast, series, threshold):
    expected = forecast(series)
    errors = np.abs(series - expected)
    point = int(np.argmax(errors > threshold))
    mended = series.copy()
    mended[point] = expected[point]
    again = np.abs(series - forecast(mended))
    errors[point + 1 :] = np.minimum(errors, again)[point + 1 :]
    return errors


def by_the_value_before(forecast, series, threshold):
    """Repairs an alarm by repeating the value before it."""
    errors = np.abs(series - forecast(series))
    for point in np.flatnonzero(errors > threshold):
        if errors[point] > threshold:
            mended = series.copy()
            mended[point] = mended[point - 1]
            again = np.abs(series - forecast(mended))
            errors[point + 1 :] = np.minimum(errors, again)[point + 1 :]
    return errors


@cases(
    (removing(), "correct"),
    (removing(smaller=np.fmin), "correct"),
    (removing(now=True), "correct"),
    (one_by_one_in_python, "correct"),
    (in_pandas, "correct"),
    (lambda f, s, t: echo_free_errors(f, s, t), "correct"),
    (removing(give=lambda e, _: e.astype("float32")), "correct"),
    (removing(give=lambda e, _: np.nan_to_num(e).tolist()), "correct"),
    (removing(give=lambda e, _: pd.Series(e, index=range(len(e), 0, -1))), "correct"),
    (removing(give=lambda e, _: iter(e)), "correct"),
    (removing(give=lambda e, _: e[:, None]), "correct"),
    (removing(in_place=True), "repairs pile up"),
    (removing(until=4), "echo left"),
    (removing(until=11), "echo left"),
    (removing(limit=1), "other"),
    (removing(smaller=np.add), "other"),
    (backwards, "echoes mended as well"),
    (first_alarm_only, "other"),
    (largest_first, "other"),
    (by_the_value_before, "other"),
    (removing(give=lambda e, t: e / t), "other"),
    (removing(give=lambda e, _: -e), "other"),
    (removing(give=lambda e, _: e * np.nan), "other"),
    (removing(give=lambda e, _: e[3:]), "other"),
    (lambda f, s, t: s, "other"),
    (lambda f, s, t: f(s), "a series, not errors"),
    (lambda f, s, t: s - f(s), "other"),
    (lambda f, s, t: np.minimum(np.abs(s - f(s)), t), "other"),
    (lambda f, s, t: np.zeros(len(s)), "other"),
    (lambda f, s, t: np.flatnonzero(np.abs(s - f(s)) > t), "other"),
    (removing(give=lambda e, _: e.reshape(-1, 10)), COULD_NOT),
    (removing(give=lambda e, _: e.astype(str)), COULD_NOT),
    (lambda f, s, t: 0.5, COULD_NOT),
    (lambda s, f, t: removing()(f, s, t), COULD_NOT),
    (lambda f, s, t: f(s, t), COULD_NOT),
    (lambda f, s, t: None, "not attempted"),
)
def test_echoes(answer, outcome):
    assert found("5.5", lambda given: answer) == outcome


# -- 5.6


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def lstm_step(x, h, c, U, W, b):
    i, f, g, o = np.split(x @ U + h @ W + b, 4, axis=1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def by_gate(x, h, c, U, W, b):
    """Cuts the weights in place of the sums."""
    units = h.shape[1]
    i, f, g, o = (
        np.dot(x, U[:, k : k + units])
        + np.dot(h, W[:, k : k + units])
        + b[k : k + units]
        for k in range(0, 4 * units, units)
    )
    c = c * sigmoid(f) + np.tanh(g) * sigmoid(i)
    return [np.tanh(c) * sigmoid(o), c]


def by_tanh(x, h, c, U, W, b):
    """Writes the logistic function as a tanh."""
    i, f, g, o = np.hsplit(np.hstack([x, h]) @ np.vstack([U, W]) + b, 4)
    i, f, o = ((1 + np.tanh(z / 2)) / 2 for z in (i, f, o))
    new = f * c + i * np.tanh(g)
    return o * np.tanh(new), new


def row_by_row(x, h, c, U, W, b):
    rows = [
        lstm_step(*(v[k : k + 1] for v in (x, h, c)), U, W, b) for k in range(len(x))
    ]
    return tuple(np.vstack(parts) for parts in zip(*rows, strict=True))


def forgets_in_place(x, h, c, U, W, b):
    i, f, g, o = np.split(x @ U + h @ W + b, 4, axis=1)
    c *= sigmoid(f)
    c += sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def wrongly(*, forget=sigmoid, write=sigmoid, show=sigmoid, x_with="U", add=1):
    def step(x, h, c, U, W, b):
        z = h @ W + add * b + (x @ U if x_with == "U" else 0)
        i, f, g, o = np.split(z, 4, axis=1)
        c = forget(f) * c + write(i) * np.tanh(g)
        return show(o) * np.tanh(c), c

    return step


@cases(
    (lstm_step, "correct"),
    (by_gate, "correct"),
    (by_tanh, "correct"),
    (row_by_row, "correct"),
    (lambda *a: tuple(part.tolist() for part in lstm_step(*a)), "correct"),
    (lambda *a: tuple(pd.DataFrame(part) for part in lstm_step(*a)), "correct"),
    (lambda *a: (part.astype("float32") for part in lstm_step(*a)), "correct"),
    (forgets_in_place, "changed its input"),
    (wrongly(forget=lambda f: 1 - sigmoid(f)), "other"),
    (wrongly(forget=np.tanh), "other"),
    (wrongly(write=np.tanh), "other"),
    (wrongly(show=np.tanh), "other"),
    (wrongly(forget=lambda f: f), "other"),
    (wrongly(x_with=""), "other"),
    (wrongly(add=2), "other"),
    (lambda x, h, c, U, W, b: lstm_step(x, c, h, U, W, b), "other"),
    (lambda x, h, c, U, W, b: (h, c), "other"),
    (lambda *a: tuple(np.round(part, 1) for part in lstm_step(*a)), "other"),
    (lambda *a: tuple(part[:1] for part in lstm_step(*a)), "other"),
    (lambda *a: lstm_step(*a)[0], COULD_NOT),
    (lambda *a: (*lstm_step(*a), 1), COULD_NOT),
    (lambda *a: tuple(part.ravel() for part in lstm_step(*a)), COULD_NOT),
    (lambda x, h, c, W, U, b: lstm_step(x, h, c, U, W, b), COULD_NOT),
    (lambda x, h, c: (h, c), COULD_NOT),
    (lambda *a: (lstm_step(*a)[0], None), "not attempted"),
    (lambda *a: ..., "not attempted"),
)
def test_steps(answer, outcome):
    assert found("5.6", lambda given: answer) == outcome


def test_the_step_is_what_keras_computes():
    import keras

    layer = keras.layers.LSTM(4, return_state=True)
    windows = np.random.default_rng(0).normal(size=(3, 5, 2)).astype("float32")
    _, h_of_keras, c_of_keras = layer(windows)
    weights = layer.get_weights()
    h = c = np.zeros((3, 4))
    for step in range(5):
        h, c = find("5.6").reference(windows[:, step], h, c, *weights)
    np.testing.assert_allclose(h, np.asarray(h_of_keras), atol=1e-5)
    np.testing.assert_allclose(c, np.asarray(c_of_keras), atol=1e-5)
