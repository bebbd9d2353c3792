"""The checks of lesson 05, forecasting with recurrent networks."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from helpers.exercises.answers import as_array, as_function, as_number, call, kind
from helpers.exercises.engine import CannotCheck, Wrong, exercise


def _same(a: np.ndarray, b: np.ndarray, tolerance: float = 1e-6) -> bool:
    return a.shape == b.shape and np.allclose(a, b, atol=tolerance)


def _parts(answer: object, what: str, names: Sequence[str]) -> Sequence[object]:
    """Return what a function returned, if it is as many things as it should be."""
    told = f"{', '.join(names[:-1])} and {names[-1]}"
    if not issubclass(type(answer), tuple | list):
        raise CannotCheck(f"{what} should return {told}; yours returns {kind(answer)}.")
    if len(answer) != len(names):
        raise CannotCheck(
            f"{what} should return {len(names)} things, {told}; yours returns "
            f"{len(answer)}."
        )
    return answer


def _table(answer: object, what: str) -> np.ndarray:
    """Return windows as (n, window); a last axis of one feature is dropped."""
    array = answer
    if issubclass(type(answer), np.ndarray) and answer.ndim == 3:
        if answer.shape[2] != 1:
            raise CannotCheck(f"{what} should have a row per window.")
        array = answer[:, :, 0]
    return as_array(array, what, dimensions=2)


# -- 5.1: cut the windows ----------------------------------------------------------------


class _Cut(NamedTuple):
    inputs: np.ndarray
    targets: np.ndarray
    positions: np.ndarray


def _cut(series: np.ndarray, window: int, *, ahead: int = 1) -> _Cut:
    positions = np.arange(window + ahead - 1, len(series))
    inputs = [series[p - window - ahead + 1 : p - ahead + 1] for p in positions]
    return _Cut(np.array(inputs), series[positions], positions)


@exercise(
    "5.1",
    "Cut the windows",
    hints=[
        "By hand: the series 10, 11, 12, 13, 14 and a window of 3. Which windows have a "
        "value after them? There are two.",
        "Go through the targets rather than the windows. The first value that has a whole "
        "window before it is at position `window`, the last one is the end of the series.",
        "positions = np.arange(window, len(series)); the inputs of the target at p are "
        "series[p - window : p].",
    ],
)
def check_5_1(cut: object) -> str:
    """Check inputs, targets and positions of one-step-ahead windows."""
    function = as_function(cut, "cut")
    series = np.random.default_rng(5).permutation(np.arange(10.0, 22.0))
    for window in (3, 5, 1):
        _require_windows(_cut_by(function, series, window), series, window)
    return (
        "A series of n values has n - window targets. The values of the first window have "
        "no forecast, so nothing can be said about them."
    )


def _cut_by(function: Callable, series: np.ndarray, window: int) -> _Cut:
    answer = call(function, series.copy(), window)
    names = ("inputs", "targets", "positions")
    inputs, targets, positions = _parts(answer, "cut", names)
    return _Cut(
        _table(inputs, "the inputs that cut returns"),
        as_array(targets, "the targets that cut returns"),
        as_array(positions, "the positions that cut returns"),
    )


def _require_windows(answer: _Cut, series: np.ndarray, window: int) -> None:
    right = _cut(series, window)
    told = f"12 values and a window of {window}"
    if answer.inputs.shape[1] == window + 1:
        raise Wrong(
            "target in its own window",
            f"With {told} your inputs have {window + 1} columns. What is to be forecast "
            "must not be among what it is forecast from.",
        )
    if answer.inputs.shape[1] != window:
        raise Wrong(
            "width",
            f"With {told} your inputs have {answer.inputs.shape[1]} columns: a row holds "
            "the values of one window.",
        )
    if len({len(part) for part in answer}) > 1:
        raise Wrong(
            "different lengths",
            f"With {told} there are {len(answer.inputs)} windows, {len(answer.targets)} "
            f"targets and {len(answer.positions)} positions. Each window has one of each.",
        )
    _require_alignment(answer, right, series, told)
    _require_all_windows(answer, right, told)


def _require_alignment(
    answer: _Cut, right: _Cut, series: np.ndarray, told: str
) -> None:
    """Raise `Wrong` where windows, targets and positions do not belong together."""
    where = [int(np.flatnonzero(series == row[-1])[0]) if row[-1] in series else -9
             for row in answer.inputs]  # fmt: skip
    last = np.array(where)
    target = np.array(
        [int(np.flatnonzero(series == t)[0]) if t in series else -9
         for t in answer.targets]
    )  # fmt: skip
    if (last < 0).any() or (target < 0).any():
        raise Wrong(
            "other values",
            f"With {told} there are values in your windows or targets that the series "
            "doesn't have. Cut it, change nothing.",
        )
    gaps = set((target - last).tolist())
    if gaps == {0}:
        raise Wrong(
            "target in its own window",
            "Each target is also the last value of its window: the forecast has only to "
            "repeat it, and every error is 0. Nobody has that value beforehand.",
        )
    if gaps == {2}:
        raise Wrong(
            "two steps ahead",
            "One value lies between each window and its target: that is a forecast two "
            "steps ahead. The target is the value right after the window.",
        )
    if gaps != {1}:
        raise Wrong(
            "window and target apart",
            f"With {told} a window ends at position {last[0]}, and its target is at "
            f"{target[0]}. It should be the next one, in every row.",
        )
    if not np.array_equal(answer.positions, target):
        _require_positions(answer, target, len(right.inputs[0]))


def _require_positions(answer: _Cut, target: np.ndarray, window: int) -> None:
    shift = set((target - answer.positions).tolist())
    if shift == {window} and window > 1:
        raise Wrong(
            "position of the window",
            "Your positions are where each window begins. An error speaks about the "
            "target, `window` steps later: with these the wrong half hour is blamed.",
        )
    if shift == {1}:
        raise Wrong(
            "position of the last input",
            "Your positions are one too low: where each window ends. The alarm would ring "
            "for the value before the fault.",
        )
    if shift == {-1}:
        raise Wrong(
            "counted from one",
            "Your positions are one too high. Positions in arrays begin with 0.",
        )
    raise Wrong(
        "positions",
        f"series[positions] should be the targets; yours say {answer.positions[0]:g} "
        f"where the target is at {target[0]}.",
    )


def _require_all_windows(answer: _Cut, right: _Cut, told: str) -> None:
    if len(answer.targets) == len(right.targets):
        if all(_same(*pair) for pair in zip(answer, right, strict=True)):
            return
        raise Wrong(
            "order",
            f"With {told} windows and targets fit, but not all are there, once each and in "
            "the order of time.",
        )
    if len(answer.targets) == len(right.targets) - 1:
        first = answer.positions[0] == right.positions[0]
        raise Wrong(
            "last window lost" if first else "first window lost",
            f"With {told} one pair is missing, at the {'end' if first else 'start'}. The "
            "range ends before its second number; the last value has a forecast, too."
            if first
            else f"With {told} one pair is missing, at the start: the value at position "
            "`window` has a whole window before it.",
        )
    raise Wrong(
        "number of windows",
        f"With {told} you have {len(answer.targets)} pairs. Every value with a whole "
        "window before it is a target; windows move on by one.",
    )


# -- 5.2: prepare without seeing the future ----------------------------------------------


class _Prepared(NamedTuple):
    inputs: np.ndarray
    targets: np.ndarray
    later_inputs: np.ndarray
    later_targets: np.ndarray


_CUT_AT, _WINDOW = 40, 5


def _future_series() -> np.ndarray:
    """Return 60 values whose level and spread change at the cut."""
    random = np.random.default_rng(7)
    return np.r_[random.normal(10, 2, _CUT_AT), random.normal(30, 6, 20)]


@exercise(
    "5.2",
    "Prepare without seeing the future",
    hints=[
        "On the day of the cut, which values exist? Mean and standard deviation come from "
        "those, and are used for all.",
        "Scale first, then cut the series in two, then make windows of each part with "
        "forecast_windows. Nothing is shuffled.",
        "scaled = (series - series[:cut].mean()) / series[:cut].std(); then "
        "forecast_windows(scaled[:cut], window) and forecast_windows(scaled[cut:], window).",
    ],
)
def check_5_2(prepare: object) -> str:
    """Check a split by time, with a scaler that knows the past only."""
    function = as_function(prepare, "prepare")
    series = _future_series()
    answer = call(function, series.copy(), _WINDOW, _CUT_AT)
    names = ("inputs", "targets", "later inputs", "later targets")
    parts = _parts(answer, "prepare", names)
    answer = _Prepared(
        _table(parts[0], "the inputs to train on"),
        as_array(np.ravel(parts[1]), "the targets to train on"),
        _table(parts[2], "the inputs to validate on"),
        as_array(np.ravel(parts[3]), "the targets to validate on"),
    )
    units = _units(answer, series)
    _require_split(answer, series, units)
    _require_past_units(units, series)
    return (
        "Cut by time, scaled by what was known. After the cut this series lies ten "
        "standard deviations higher, and your scaler lets that show."
    )


def _units(answer: _Prepared, series: np.ndarray) -> list[tuple[float, float]]:
    """Return the mean and sd that targets were scaled with, in both parts."""
    found = []
    before = series[_WINDOW:_CUT_AT]
    for targets, values in (
        (answer.targets, [before, series[_WINDOW:], series[: _CUT_AT - _WINDOW]]),
        (
            answer.later_targets,
            [series[_CUT_AT + _WINDOW :], series[_CUT_AT:], series[_CUT_AT + 1 :]],
        ),
    ):
        found.append(_unit(targets, values))
    return found


def _unit(targets: np.ndarray, candidates: list[np.ndarray]) -> tuple[float, float]:
    """Return (mean, sd) that make a linear map of a candidate, else NaN."""
    for values in candidates:
        if len(values) == len(targets) and np.ptp(targets) > 0:
            slope, offset = np.polyfit(targets, values, 1)
            if np.allclose(slope * targets + offset, values, atol=1e-4):
                return float(offset), float(slope)
    return float("nan"), float("nan")


def _require_split(
    answer: _Prepared, series: np.ndarray, units: list[tuple[float, float]]
) -> None:
    for inputs, targets, which in (
        (answer.inputs, answer.targets, "train"),
        (answer.later_inputs, answer.later_targets, "validate"),
    ):
        if len(inputs) != len(targets):
            raise Wrong(
                "different lengths",
                f"There are {len(inputs)} windows to {which} on and {len(targets)} "
                "targets. Each window has one.",
            )
    if answer.inputs.shape[1] != _WINDOW:
        raise Wrong(
            "width",
            f"With a window of {_WINDOW} your inputs have {answer.inputs.shape[1]} "
            "columns.",
        )
    _require_order(answer)
    early, late = len(answer.targets), len(answer.later_targets)
    if early > _CUT_AT - _WINDOW:
        raise Wrong(
            "targets beyond the cut",
            f"You train on {early} windows, but only {_CUT_AT - _WINDOW} of the targets "
            f"lie before position {_CUT_AT}. Windows are fewer than values: a cut of the "
            "windows lies `window` steps later in the series.",
        )
    told = np.isnan([units[0][0], units[1][0]])
    if early == _CUT_AT - _WINDOW and late in (20 - _WINDOW, 20) and not told.any():
        return
    raise Wrong(
        "split",
        f"You train on {early} windows and validate on {late}. With 60 values, a window "
        f"of {_WINDOW} and a cut at {_CUT_AT}, all windows with their targets before the "
        "cut train, those after it validate, in the order of time.",
    )


def _require_order(answer: _Prepared) -> None:
    """Raise `Wrong` where the windows of a part don't follow each other."""
    for inputs, targets, which in (
        (answer.inputs, answer.targets, "to train on"),
        (answer.later_inputs, answer.later_targets, "to validate on"),
    ):
        if len(inputs) < 3:
            raise Wrong("split", f"There are only {len(inputs)} windows {which}.")
        follows = np.isclose(inputs[1:, :-1], inputs[:-1, 1:]).all(axis=1)
        if follows.mean() < 0.5:
            raise Wrong(
                "random split",
                f"The windows {which} don't follow each other in time. Neighbours share "
                "all but one of their values: drawn at random, what is validated on was "
                "trained on, give or take a step.",
            )
        nexts = np.isclose(inputs[1:, -1], targets[:-1])
        if not nexts.all() and not np.isclose(targets, inputs[:, -1]).any():
            raise Wrong(
                "inputs and targets in different units",
                f"The targets {which} are not the values that the next window ends with: "
                "scale the whole series first, then cut it into windows.",
            )
        if np.allclose(targets, inputs[:, -1]):
            raise Wrong(
                "target in its own window",
                f"Each target {which} is the last value of its window. It is to be "
                "forecast, so it is not there yet.",
            )


def _require_past_units(units: list[tuple[float, float]], series: np.ndarray) -> None:
    past, later = series[:_CUT_AT], series[_CUT_AT:]

    def close(unit: tuple[float, float], values: np.ndarray) -> bool:
        sds = (values.std(), values.std(ddof=1))
        return bool(
            np.isclose(unit[0], values.mean(), atol=1e-3)
            and any(np.isclose(unit[1], sd, atol=1e-3) for sd in sds)
        )

    if all(close(unit, past) for unit in units):
        return
    if any(close(unit, series) for unit in units):
        raise Wrong(
            "scaler saw the future",
            "You scale with the mean and spread of the whole series. On the day of the cut "
            "the rest has not happened: what comes after it moves what you train on, and a "
            "rise to a new level looks half as steep.",
        )
    if close(units[0], past) and (close(units[1], later) or units[1] != units[0]):
        raise Wrong(
            "each part by itself",
            "The later part is scaled by its own mean and spread. If all of it lies twice "
            "as high, nobody will ever see it: use the units of the first part.",
        )
    if np.isclose(units[0], (0, 1), atol=1e-3).all():
        raise Wrong(
            "not scaled",
            "The values are as they were. A network wants numbers around 0, of size 1.",
        )
    if np.isclose(units[0][0], past.min(), atol=1e-3):
        raise Wrong(
            "another scaling",
            "That scales to 0 and 1, a sound choice, but another one: mean 0 and standard "
            "deviation 1 are asked for.",
        )
    if np.isclose(units[0][0], past[_WINDOW:].mean(), atol=1e-3):
        raise Wrong(
            "units of the targets",
            "Mean and spread are those of the targets: the first values, which have no "
            "window before them, are known as well.",
        )
    raise Wrong(
        "units",
        f"Your units, mean {units[0][0]:.3g} and spread {units[0][1]:.3g}, are not those "
        "of the values before the cut.",
    )


# -- 5.3: how far back does it look? -----------------------------------------------------

_COEFFICIENTS = np.array(
    [0.05, 0.1, 0.3, 0.4, 0.7, 1.1]
)  # of the first step to the last


def _leaning(windows: object) -> np.ndarray:
    """Forecast whose direction turns with the first step, so that signs cancel."""
    array = np.asarray(windows, dtype=float)
    values = array[:, :, 0] if array.ndim == 3 else array
    sign = np.where(values[:, 0] > 0, 1.0, -1.0)
    return (sign * (values @ _COEFFICIENTS))[:, np.newaxis]


def _probes() -> np.ndarray:
    random = np.random.default_rng(3)
    windows = random.normal(size=(8, 6, 1))
    windows[:, 0, 0] = [3, -3] * 4
    return windows


@exercise(
    "5.3",
    "How far back does it look?",
    hints=[
        "Two forecasts: one of the windows as they are, one of the windows with a single "
        "value changed. What matters is how far apart they are.",
        "The last value in a window is 1 step before the target, and windows[:, -1] in "
        "NumPy. Change a copy; the windows belong to somebody else.",
        "nudged = windows.copy(); nudged[:, -steps_back] += nudge; then the mean of the "
        "absolute differences, divided by nudge.",
    ],
)
def check_5_3(influence: object) -> str:
    """Check the mean absolute effect of one input, per unit of nudge."""
    function = as_function(influence, "influence")
    windows, found = _probes(), []
    for steps_back in (1, 2, 3):
        given = windows.copy()
        answer = call(function, _leaning, given, steps_back)
        if not np.array_equal(given, windows):
            raise Wrong(
                "nudged in place",
                "After your function the windows are no longer what they were: `nudged = "
                "windows` gives the same array a second name. Then both forecasts are of "
                "nudged windows, and the next caller gets them, too. Copy first.",
            )
        found.append(as_number(answer, "what influence returns"))
    _require_influence(np.array(found))
    other = as_number(call(function, _leaning, windows.copy(), 2, 0.1), "influence")
    if not np.isclose(other, _COEFFICIENTS[-2], rtol=1e-3):
        raise Wrong(
            "nudge ignored",
            "Right for a nudge of 0.05, not for 0.1: use `nudge` where you change the "
            "value and where you divide.",
        )
    return (
        "A gradient, measured without calculus: it works for every forecaster, be it a "
        "network or a formula."
    )


def _require_influence(found: np.ndarray) -> None:
    right = _COEFFICIENTS[[-1, -2, -3]]

    def close(values: object) -> bool:
        return bool(np.allclose(found, values, rtol=1e-3, atol=1e-6))

    if close(right):
        return
    if close(_COEFFICIENTS[[1, 2, 3]]):
        raise Wrong(
            "counted from the front",
            "You count from the start of the window, where the oldest values are. One step "
            "back from the target is the last value of the window.",
        )
    if close(_COEFFICIENTS[[0, 1, 2]]):
        raise Wrong(
            "counted from the front",
            "You count from the oldest value. One step back from the target is the last "
            "value of the window: NumPy counts from the end with minus signs.",
        )
    if close(_COEFFICIENTS[[-2, -3, -4]]):
        raise Wrong(
            "one step too far back",
            "You nudge the value one step before the one that is meant: 1 is the last one "
            "in the window, index -1.",
        )
    if close(_COEFFICIENTS[[0, -1, -2]]):
        raise Wrong(
            "one step too near",
            "For 1 step back you nudge the first value of the window, since -0 is 0. One "
            "step back is index -1.",
        )
    if np.abs(found).max() < 1e-6:
        raise Wrong(
            "signs cancel",
            "The answer is 0 for all steps. Here half of the forecasts go up and half go "
            "down: take the absolute difference of each before the mean.",
        )
    if close(0.05 * right):
        raise Wrong(
            "not per unit",
            "That is how far it moves for this nudge. Divide by the nudge, or a bigger one "
            "would make every network look more attentive.",
        )
    if close(np.cumsum(right)):
        raise Wrong(
            "all the way to the end",
            "A slice, `-steps_back:`, nudges that value and all after it, so the influences "
            "add up. One value only.",
        )
    if close(right**2) or close(0.05 * right**2) or close(0.05**2 * right**2):
        raise Wrong(
            "squared", "That is the mean square; the mean distance is asked for."
        )
    if close(8 * right):
        raise Wrong("sum", "That is the sum over the windows; the mean is asked for.")
    if close(-right):
        raise Wrong("sign", "A distance has no sign: np.abs.")
    raise Wrong(
        "influence",
        f"For 1, 2 and 3 steps back you find {found[0]:.3g}, {found[1]:.3g} and "
        f"{found[2]:.3g}. Change one value in a copy, forecast both, and take the mean "
        "absolute difference per unit of nudge.",
    )


# -- 5.4: the threshold ------------------------------------------------------------------

_WEEK = 7 * 48
_TRAIN, _VALIDATION = slice(0, 6 * _WEEK), slice(6 * _WEEK, 9 * _WEEK)
_TEST = slice(9 * _WEEK, None)
_BUDGET = 3


@exercise(
    "5.4",
    "Choose the threshold",
    hints=[
        "Which weeks may decide? Not those that the network learned from, and not those "
        "that judge it.",
        "An error of -2 GW is as bad as one of +2 GW. Sort the absolute errors: how many "
        "may lie above the threshold?",
        "The alarm rings above the threshold, so the fourth largest error of the validation "
        "weeks leaves three that ring.",
    ],
)
def check_5_4(threshold: object, lstm_error: object) -> str:
    """Check a threshold that keeps to a budget of false alarms on validation weeks."""
    limit = as_number(threshold, "threshold")
    parts = _error_parts(lstm_error)
    errors = np.sort(np.abs(parts["validation"]))
    alarms = int((errors > limit).sum())
    low, high = errors[-_BUDGET - 1], errors[-_BUDGET]
    if low <= limit < high and alarms == _BUDGET:
        return (
            "Three alarms in three ordinary weeks, and the test weeks had no say. Frozen: "
            "whatever they bring, it stays."
        )
    _require_known_threshold(limit, parts)
    if limit < 0:
        raise Wrong("sign", "An absolute error is never below 0: this always rings.")
    if alarms == 0:
        raise Wrong(
            "never rings",
            f"No validation error is above {limit:.3g} GW. The budget allows three alarms; "
            "a threshold that is higher than it needs to be misses small faults.",
        )
    way = "lower" if alarms < _BUDGET else "higher"
    raise Wrong(
        "budget",
        f"{limit:.3g} GW would ring {alarms} times in the three validation weeks. The "
        f"budget is three: choose a {way} threshold.",
    )


def _error_parts(lstm_error: object) -> dict[str, np.ndarray]:
    """Return the finite signed errors of the three parts."""
    try:
        values = np.asarray(lstm_error, dtype=float)
    except Exception:
        raise CannotCheck(
            "lstm_error should be the array that the cell makes."
        ) from None
    if values.shape != (12 * _WEEK,) or np.isfinite(values).sum() < 11 * _WEEK:
        raise CannotCheck(
            "lstm_error should be the array of 4,032 errors that the cell makes; run the "
            "cell again."
        )
    slices = {"train": _TRAIN, "validation": _VALIDATION, "test": _TEST}
    parts = {name: values[where] for name, where in slices.items()}
    parts = {name: part[np.isfinite(part)] for name, part in parts.items()}
    if min(len(part) for part in parts.values()) < _WEEK:
        raise CannotCheck("lstm_error has too many missing values; run the cell again.")
    return parts


def _require_known_threshold(limit: float, parts: dict[str, np.ndarray]) -> None:
    """Raise `Wrong` for the thresholds that learners write, by name."""
    signed = np.sort(parts["validation"])
    errors, learned, judged = (
        np.sort(np.abs(parts[name])) for name in ("validation", "train", "test")
    )

    def close(*values: float) -> bool:
        return any(np.isclose(limit, value, rtol=1e-4) for value in values)

    def at_border(ordered: np.ndarray) -> bool:
        share = 1 - _BUDGET / len(ordered)
        return close(ordered[-3], ordered[-4], ordered[-1], np.quantile(ordered, share))

    if close(errors[-_BUDGET]):
        raise Wrong(
            "at the threshold itself",
            "That is the third largest error, and the alarm rings above it, so only two "
            "ring. The next lower one is meant.",
        )
    if close(errors[-1]):
        raise Wrong(
            "never rings",
            "That is the largest validation error, so nothing rings. The budget allows "
            "three alarms, and a lower threshold finds smaller faults.",
        )
    if at_border(judged):
        raise Wrong(
            "threshold on test errors",
            "You read it off the test weeks. There the largest errors are the faults: such "
            "a threshold sits right where it would find none but the biggest, and on the "
            "day it starts work nobody has those weeks.",
        )
    if at_border(learned) or close(
        *learned[-2 * _BUDGET - 2 :], np.quantile(learned, 1 - _BUDGET / (3 * _WEEK))
    ):
        raise Wrong(
            "threshold on training errors",
            "Those are errors of the weeks that the network was trained on. They tell how "
            "well it remembers; a budget for new weeks needs weeks that it never saw.",
        )
    if at_border(
        np.sort(np.abs(np.concatenate([parts["train"], parts["validation"]])))
    ):
        raise Wrong(
            "threshold on training errors",
            "The training weeks are among your errors. The network knows them; only weeks "
            "it never saw tell how it errs.",
        )
    if at_border(signed) or at_border(np.sort(-signed)):
        raise Wrong(
            "signed errors",
            "With its sign an error of -2 GW counts as a small one. A value can come out "
            "too low as well as too high: absolute errors first.",
        )
    if close(errors.mean(), np.median(errors), np.sqrt(np.mean(errors**2))):
        raise Wrong(
            "mean of the errors",
            "That is a usual error, and usual errors are normal: hundreds of half hours "
            "lie above it.",
        )
    if close(
        *(errors.mean() + k * errors.std(ddof=d) for k in (2, 3) for d in (0, 1)),
        *(signed.mean() + k * signed.std(ddof=d) for k in (2, 3) for d in (0, 1)),
    ):
        raise Wrong(
            "sigma rule",
            f"A rule of thumb for bell curves; errors have longer tails. It would ring "
            f"{int((errors > limit).sum())} times in the validation weeks, the budget "
            "says three: count.",
        )
    if limit == _BUDGET:
        raise Wrong(
            "number of alarms",
            "That is how many alarms may ring. A threshold is an error, in gigawatts.",
        )


# -- 5.5: remove the echoes --------------------------------------------------------------

_WEIGHTS = np.array([0.2, 0.3, 0.5])  # of the three values before, the oldest first
_LIMIT = 1.0


def _weighted(series: object) -> np.ndarray:
    """Forecast each value from the three before it; NaN for the first three."""
    values = np.asarray(series, dtype=float)
    forecast = np.full(len(values), np.nan)
    views = np.lib.stride_tricks.sliding_window_view(values, 3)
    forecast[3:] = views[:-1] @ _WEIGHTS
    return forecast


def _fault_series() -> np.ndarray:
    """Return 60 calm values with two faults, a small one in an echo, and a new level."""
    series = 10 + 0.2 * np.sin(np.arange(60) * 1.7)
    series[12] += 9
    series[25] -= 8
    series[27] += 3.5  # in the echo of the one before
    series[42:] += 5
    return series


def _judged_again(
    series: np.ndarray, limit: float, *, ask_again: bool = True, mend_all: bool = False
) -> np.ndarray:
    expected = _weighted(series)
    errors = np.abs(series - expected)
    mended = series.copy()
    for point in np.flatnonzero(errors > limit):
        if not ask_again or errors[point] > limit:
            mended = mended if mend_all else series.copy()
            mended[point] = _weighted(mended)[point] if mend_all else expected[point]
            again = np.abs(series - _weighted(mended))
            errors[point + 1 :] = np.minimum(errors, again)[point + 1 :]
    return errors


def _own_forecasts(series: np.ndarray, limit: float) -> np.ndarray:
    mended, errors = series.copy(), np.full(len(series), np.nan)
    for point in range(3, len(series)):
        expected = _weighted(mended)[point]
        errors[point] = abs(series[point] - expected)
        if errors[point] > limit:
            mended[point] = expected
    return errors


def _only_again(series: np.ndarray, limit: float) -> np.ndarray:
    """Return what comes of taking the second error in place of the smaller one."""
    expected = _weighted(series)
    errors = np.abs(series - expected)
    for point in np.flatnonzero(errors > limit):
        if errors[point] > limit:
            mended = series.copy()
            mended[point] = expected[point]
            errors[point + 1 :] = np.abs(series - _weighted(mended))[point + 1 :]
    return errors


@exercise(
    "5.5",
    "Remove the echoes",
    hints=[
        "Begin with the errors as they are. Walk through np.flatnonzero(errors > "
        "threshold); an earlier repair may have silenced a later one of them.",
        "mended = series.copy(); mended[point] = expected[point]. The second forecast is "
        "made from mended, but the error is still measured from the true series.",
        "again = np.abs(series - forecast(mended)); errors[point + 1:] = np.minimum("
        "errors[point + 1:], again[point + 1:]).",
    ],
)
def check_5_5(without_echoes: object) -> str:
    """Check errors that no longer blame the values after a fault."""
    function = as_function(without_echoes, "without_echoes")
    series = _fault_series()
    given = series.copy()
    answer = call(function, _weighted, given, _LIMIT)
    if not np.array_equal(given, series):
        raise Wrong(
            "changed the series",
            "Your function changes the series that it was given: the measured values are "
            "lost. Mend a copy.",
        )
    errors = _as_errors(answer, len(series))
    right = (
        _judged_again(series, _LIMIT),
        _judged_again(series, _LIMIT, ask_again=False),
        _judged_again(series, _LIMIT, mend_all=True),
    )
    if not any(_same(errors[3:], each[3:]) for each in right):
        _require_no_known_mistake(errors, series)
        _require_known_places(errors, series, right[0])
    return (
        "The faults keep their errors, their echoes are gone, and the new level at the "
        "end is an alarm once and then normal."
    )


def _as_errors(answer: object, length: int) -> np.ndarray:
    """Return the errors (n,); what can't be forecast may be NaN."""
    try:
        array = np.ravel(np.asarray(answer, dtype=float))
    except Exception:
        raise CannotCheck(
            f"without_echoes should return an array; yours returns {kind(answer)}."
        ) from None
    if len(array) != length:
        raise CannotCheck(
            f"without_echoes should return one error for each of the {length} points; "
            f"yours returns {len(array)}."
        )
    if not np.isfinite(array[3:]).all():
        raise CannotCheck("without_echoes returns NaN where a forecast exists.")
    return array


def _require_no_known_mistake(errors: np.ndarray, series: np.ndarray) -> None:
    raw = np.abs(series - _weighted(series))
    if _same(errors[3:], raw[3:]):
        raise Wrong(
            "nothing removed",
            "Those are the errors as they were. If you wrote to a copy, return that one; "
            "and the second forecast has to be made from the mended series.",
        )
    if np.isin(errors[3:], (0.0, 1.0)).all():
        raise Wrong(
            "alarms, not errors", "Return the errors; alarms come of them later."
        )
    if (errors[3:] < 0).any():
        raise Wrong("signed errors", "Errors have lost no sign yet: np.abs.")
    if _same(errors[3:], _own_forecasts(series, _LIMIT)[3:]):
        raise Wrong(
            "believes its own forecast",
            "From the new level on, yours forecasts from its own forecasts and never comes "
            "back: every later point is an alarm. Keep the smaller of both errors, so that "
            "what really happened is heard as well.",
        )
    if _same(errors[3:], _only_again(series, _LIMIT)[3:]):
        raise Wrong(
            "not the smaller one",
            "You take the second error, whatever it is. Where a value was true after all, "
            "mending makes it worse: keep the smaller of the two.",
        )


def _require_known_places(
    errors: np.ndarray, series: np.ndarray, right: np.ndarray
) -> None:
    """Raise `Wrong` by what happened to the faults and around them."""
    raw = np.abs(series - _weighted(series))
    if min(errors[12], errors[25]) <= _LIMIT:
        raise Wrong(
            "fault mended away",
            "The fault itself has no error any more. Mend it for the forecasts of later "
            "points; its own error is still that of the value that was measured.",
        )
    if errors[27] < _LIMIT:
        raise Wrong(
            "silenced",
            "Two points after one fault there is another one, and yours doesn't see it. "
            "An echo must be told from a fault, not muted: forecast again.",
        )
    if errors[42] < _LIMIT:
        raise Wrong(
            "too much removed",
            "The first point of a new level is no longer an alarm, but nothing before it "
            "explains it. Only points after an alarm may change.",
        )
    if (errors[44:] > _LIMIT).sum() > (right[44:] > _LIMIT).sum():
        raise Wrong(
            "believes its own forecast",
            "At a new level, which lasts, yours doesn't stop ringing. Keep the smaller of "
            "both errors, so that what really happened is heard as well.",
        )
    echo = int(np.argmax(np.abs(errors - right)[3:])) + 3
    if errors[echo] > right[echo] and np.isclose(errors[echo], raw[echo]):
        raise Wrong(
            "echo left",
            f"At position {echo} an echo is left: every alarm that stands gets its repair, "
            "and all later points are judged again.",
        )
    raise Wrong(
        "errors",
        f"At position {echo} your error is {errors[echo]:.3g}, and the points before it "
        "say otherwise. One copy per alarm, one value replaced by its first forecast, "
        "errors measured from the true series.",
    )
