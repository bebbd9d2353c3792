"""The checks of lesson 05, forecasting with recurrent networks."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from helpers.exercises.answers import (
    as_array,
    as_function,
    as_number,
    call,
    kind,
    require_unchanged,
    same_values,
)
from helpers.exercises.declared import VALUES, exercise
from helpers.exercises.outcomes import CannotCheck, Wrong


def _parts(answer: object, what: str, names: Sequence[str]) -> Sequence[object]:
    """Return what a function returned, if it is as many things as it should be."""
    told = f"{', '.join(names[:-1])} and {names[-1]}"
    if not issubclass(type(answer), tuple | list):
        raise CannotCheck(
            f"{what} should return {told}; yours returns a {kind(answer)}."
        )
    if len(answer) != len(names):
        raise CannotCheck(
            f"{what} should return {len(names)} things, {told}; yours returns "
            f"{len(answer)}."
        )
    return answer


def _shape(answer: object) -> tuple[int, ...]:
    """Return the shape of an array, a table or nested lists, () of all else."""
    try:
        return tuple(np.shape(answer))
    except Exception:
        return ()


def _table(answer: object, what: str, *, finite: bool = True) -> np.ndarray:
    """Return windows as (n, window); a last axis of one feature is dropped."""
    if len(_shape(answer)) != 3:
        return as_array(answer, what, dimensions=2, finite=finite)
    array = as_array(answer, what, dimensions=3, finite=finite)
    if array.shape[2] != 1:
        raise CannotCheck(f"{what} should have a row per window.")
    return array[:, :, 0]


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
    answers=("cut",),
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
    for window, length in ((3, 12), (5, 11), (1, 12)):
        values, given = series[:length], series[:length].copy()
        _require_windows(_cut_by(function, given, window), values, window)
        require_unchanged(given, values, "series")
    return (
        "A series of n values has n - window targets. The values of the first window have "
        "no forecast, so nothing can be said about them."
    )


def _cut_by(function: Callable, series: np.ndarray, window: int) -> _Cut:
    answer = call(function, series, window)
    names = ("inputs", "targets", "positions")
    inputs, targets, positions = _parts(answer, "cut", names)
    found = _Cut(
        _table(inputs, "the inputs that cut returns", finite=False),
        as_array(targets, "the targets that cut returns", finite=False),
        as_array(positions, "the positions that cut returns"),
    )
    if not all(np.isfinite(part).all() for part in found):
        raise Wrong(
            "values without a window",
            "There are NaN in your inputs or targets: the first `window` values of the "
            "series have no whole window before them, so they are no targets.",
        )
    return found


def _require_windows(answer: _Cut, series: np.ndarray, window: int) -> None:
    right = _cut(series, window)
    told = f"{len(series)} values and a window of {window}"
    _require_layout(answer, right)
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


def _require_layout(answer: _Cut, right: _Cut) -> None:
    """Raise `Wrong` where right values stand in other rows, columns or places."""
    window = right.inputs.shape[1]
    if same_values(answer.targets, right.positions) and same_values(
        answer.positions, right.targets
    ):
        raise Wrong(
            "targets and positions swapped",
            "Your second array holds the positions and the third one the targets. Asked "
            "are inputs, targets, positions, in this order.",
        )
    if same_values(answer.inputs.T, right.inputs) and window > 1:
        raise Wrong(
            "transposed",
            "Each window is a column in your inputs. A row holds one window, so that "
            "there are as many rows as targets.",
        )
    if same_values(answer.inputs[:, ::-1], right.inputs) and window > 1:
        raise Wrong(
            "newest first",
            "Your windows begin with the newest value. Time runs on in a window: the "
            "value right before the target comes last.",
        )
    if same_values(answer.inputs, right.positions[:, None] - np.arange(window, 0, -1)):
        raise Wrong(
            "positions as inputs",
            "Your inputs are positions. Take the values that the series has there.",
        )


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
        if all(same_values(*pair) for pair in zip(answer, right, strict=True)):
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
_OTHER_CUT, _OTHER_WINDOW = 33, 3


def _future_series() -> np.ndarray:
    """Return 60 values whose level and spread change at the cut."""
    random = np.random.default_rng(7)
    return np.r_[random.normal(10, 2, _CUT_AT), random.normal(30, 6, 20)]


@exercise(
    "5.2",
    "Prepare without seeing the future",
    answers=("prepare",),
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
    given = series.copy()
    answer = _prepared_by(function, given, _WINDOW, _CUT_AT)
    units = _units(answer, series)
    _require_split(answer, series, units)
    _require_past_units(units, series)
    if not _is_prepared(answer, series, _WINDOW, _CUT_AT):
        raise Wrong(
            "other values",
            "Lengths and units are right, but some of your windows hold other values "
            "than the scaled series.",
        )
    other = _prepared_by(function, series.copy(), _OTHER_WINDOW, _OTHER_CUT)
    if not _is_prepared(other, series, _OTHER_WINDOW, _OTHER_CUT):
        raise Wrong(
            "window or cut ignored",
            f"Right for a window of {_WINDOW} and a cut at {_CUT_AT}, not for a window of "
            f"{_OTHER_WINDOW} and a cut at {_OTHER_CUT}: use `window` and `cut`.",
        )
    require_unchanged(given, series, "series")
    return (
        "Cut by time, scaled by what was known. After the cut this series lies ten "
        "standard deviations higher, and your scaler lets that show."
    )


def _prepared_by(
    function: Callable, series: np.ndarray, window: int, cut: int
) -> _Prepared:
    answer = call(function, series, window, cut)
    names = ("inputs", "targets", "later inputs", "later targets")
    parts = _parts(answer, "prepare", names)
    tables = tuple(_shape(part)[1:2] == (window,) for part in parts)
    if tables in ((True, True, False, False), (False, True, False, True)):
        raise Wrong(
            "order of the four",
            "The four arrays come in another order: asked are inputs and targets to "
            "train on, then inputs and targets to validate on.",
        )
    return _Prepared(
        _table(parts[0], "the inputs to train on"),
        as_array(parts[1], "the targets to train on"),
        _table(parts[2], "the inputs to validate on"),
        as_array(parts[3], "the targets to validate on"),
    )


def _is_prepared(answer: _Prepared, series: np.ndarray, window: int, cut: int) -> bool:
    """Say whether all values are right, with either sd, and the border in or out."""
    known = series[:cut]
    for sd in (known.std(), known.std(ddof=1)):
        scaled = (series - known.mean()) / sd
        first = _cut(scaled[:cut], window)
        for start in (cut, cut - window):
            later = _cut(scaled[start:], window)
            right = (first.inputs, first.targets, later.inputs, later.targets)
            if all(
                same_values(*pair, 1e-4) for pair in zip(answer, right, strict=True)
            ):
                return True
    return False


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
        if inputs.shape[1] != _WINDOW:
            raise Wrong(
                "width",
                f"With a window of {_WINDOW} your inputs to {which} on have "
                f"{inputs.shape[1]} columns.",
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
    if early == _CUT_AT - _WINDOW and late in (20 - _WINDOW, 20):
        if not np.isnan(units).any():
            return
        raise Wrong(
            "other values",
            "Your targets are not the values of the series, each minus a mean and divided "
            "by a standard deviation: they rise and fall in another way.",
        )
    raise Wrong(
        "split",
        f"You train on {early} windows and validate on {late}. With 60 values, a window "
        f"of {_WINDOW} and a cut at {_CUT_AT}, all windows with their targets before the "
        "cut train, those after it validate, in the order of time.",
    )


def _require_order(answer: _Prepared) -> None:
    """Raise `Wrong` where the windows of a part don't follow each other."""
    everything = np.vstack([answer.inputs, answer.later_inputs])
    for inputs, targets, which in (
        (answer.inputs, answer.targets, "to train on"),
        (answer.later_inputs, answer.later_targets, "to validate on"),
    ):
        if len(inputs) < 3:
            raise Wrong("split", f"There are only {len(inputs)} windows {which}.")
        if _shared(inputs[1:, :-1], inputs[:-1, 1:]) < 0.5:
            raise _out_of_order(inputs, everything, which)
        if np.allclose(targets, inputs[:, -1]):
            raise Wrong(
                "target in its own window",
                f"Each target {which} is the last value of its window. It is to be "
                "forecast, so it is not there yet.",
            )
        if not np.allclose(inputs[1:, -1], targets[:-1]):
            raise _apart(inputs, targets, which)


def _shared(these: np.ndarray, those: np.ndarray) -> float:
    """Return the share of rows that are equal."""
    return np.isclose(these, those).all(axis=1).mean()


def _out_of_order(inputs: np.ndarray, everything: np.ndarray, which: str) -> Wrong:
    """Return what is wrong with windows that don't follow each other."""
    if _shared(inputs[1:, 1:], inputs[:-1, :-1]) > 0.5:
        return Wrong(
            "time runs backwards",
            f"Time runs backwards in the inputs {which}. In a window the oldest value "
            "comes first, and the oldest window is the first row.",
        )
    followed = [_shared(everything[:, :-1], row[1:]) > 0 for row in inputs]
    if np.mean(followed) < 0.5:
        return Wrong(
            "windows that share nothing",
            f"Neighbours among the windows {which} should share all but one of their "
            "values; yours don't. Is each window or each column scaled by itself, or are "
            "windows left out?",
        )
    return Wrong(
        "random split",
        f"The windows {which} don't follow each other in time. Neighbours share all but "
        "one of their values: drawn at random, what is validated on was trained on, give "
        "or take a step.",
    )


def _apart(inputs: np.ndarray, targets: np.ndarray, which: str) -> Wrong:
    """Return what is wrong with targets that the next window doesn't end with."""
    if np.isfinite(_unit(targets[:-1], [inputs[1:, -1]])).all():
        return Wrong(
            "inputs and targets in different units",
            f"The targets {which} are in other units than the inputs: scale the whole "
            "series first, then cut it into windows.",
        )
    return Wrong(
        "window and target apart",
        f"The targets {which} are not the values right after their windows.",
    )


def _require_past_units(units: list[tuple[float, float]], series: np.ndarray) -> None:
    past, later = series[:_CUT_AT], series[_CUT_AT:]

    def near(number: float, *others: float) -> bool:
        return bool(np.isclose(number, others, atol=1e-3).any())

    def close(unit: tuple[float, float], values: np.ndarray) -> bool:
        return near(unit[0], values.mean()) and near(
            unit[1], values.std(), values.std(ddof=1)
        )

    if all(close(unit, past) for unit in units):
        return
    whole = (series.std(), series.std(ddof=1), np.ptp(series))
    if any(near(mean, series.mean()) or near(sd, *whole) for mean, sd in units):
        raise Wrong(
            "scaler saw the future",
            "You scale with the mean and spread of the whole series. On the day of the cut "
            "the rest has not happened: what comes after it moves what you train on, and a "
            "rise to a new level looks half as steep.",
        )
    if close(units[0], later):
        raise Wrong(
            "scaler saw the future",
            "You scale with the mean and spread of the later part. On the day of the cut "
            "none of it has happened.",
        )
    if close(units[0], past) and near(units[1][0], 0) and near(units[1][1], 1):
        raise Wrong(
            "later part not scaled",
            "The later part is as it was. A network that learned in one unit can't be "
            "validated in another: the same mean and spread for both.",
        )
    if close(units[0], past):
        raise Wrong(
            "each part by itself",
            "The later part is scaled by its own mean and spread. If all of it lies twice "
            "as high, nobody will ever see it: use the units of the first part.",
        )
    _require_other_units(*units[0], past)


def _require_other_units(mean: float, sd: float, past: np.ndarray) -> None:
    """Raise `Wrong` for units of the past that are no mean or no sd of its values."""

    def close(*right: float) -> bool:
        return bool(np.isclose((mean, sd), right, atol=1e-3).all())

    if close(0, 1):
        raise Wrong(
            "not scaled",
            "The values are as they were. A network wants numbers around 0, of size 1.",
        )
    if close(past.mean(), 1):
        raise Wrong(
            "not divided",
            "The mean is subtracted; then divide by the standard deviation, so that the "
            "values come to size 1.",
        )
    if close(past.mean(), past.var()) or close(past.mean(), past.var(ddof=1)):
        raise Wrong(
            "variance",
            "You divide by the variance. Its root, the standard deviation, has the unit "
            "of the values.",
        )
    if np.isclose(mean, past.min(), atol=1e-3):
        raise Wrong(
            "another scaling",
            "That scales to 0 and 1, a sound choice, but another one: mean 0 and standard "
            "deviation 1 are asked for.",
        )
    windows = _cut(past, _WINDOW)
    if np.isclose(mean, windows.targets.mean(), atol=1e-3):
        raise Wrong(
            "units of the targets",
            "Mean and spread are those of the targets: the first values, which have no "
            "window before them, are known as well.",
        )
    if np.isclose(mean, windows.inputs.mean(), atol=1e-3):
        raise Wrong(
            "units of the windows",
            "Mean and spread are those of the windows, in which most values stand several "
            "times, the first and the last only once. Take each known value once.",
        )
    raise Wrong(
        "units",
        f"Your units, mean {mean:.3g} and spread {sd:.3g}, are not those of the values "
        "before the cut.",
    )


# -- 5.3: how far back does it look? -----------------------------------------------------

_COEFFICIENTS = np.array(
    [0.05, 0.1, 0.3, 0.4, 0.7, 1.1]
)  # of the first step to the last


def _watched(seen: list[np.ndarray]) -> Callable:
    """Return a forecaster that adds what it is given to `seen`.

    It leans up or down, more or less, by the first step of a window: signs cancel, and
    the mean over the windows is not what a single one of them says.
    """

    def forecast(windows: object) -> np.ndarray:
        array = np.asarray(windows, dtype=float)
        values = array[:, :, 0] if array.ndim == 3 else array
        seen.append(values.copy())
        lean = np.round(values[:, 0]) / 2
        return (lean * (values @ _COEFFICIENTS))[:, np.newaxis]

    return forecast


def _probes() -> np.ndarray:
    random = np.random.default_rng(3)
    windows = random.normal(size=(8, 6, 1))
    windows[:, 0, 0] = [1, -1] * 3 + [5, -5]
    return windows


def _nudge_of(seen: list[np.ndarray], windows: np.ndarray) -> float:
    """Return how far what a forecaster has seen is from `windows`, at most."""
    rows = [row for values in seen for row in values]
    apart = [np.abs(windows[:, :, 0] - row).max(axis=1).min() for row in rows]
    return max(apart, default=0.0)


@exercise(
    "5.3",
    "How far back does it look?",
    answers=("influence",),
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
        answer = call(function, _watched([]), given, steps_back)
        if not np.allclose(given, windows):
            raise Wrong(
                "nudged in place",
                "After your function the windows are no longer what they were: `nudged = "
                "windows` gives the same array a second name. Then both forecasts are of "
                "nudged windows, and the next caller gets them, too. Copy first.",
            )
        found.append(as_number(answer, "what influence returns"))
    _require_influence(np.array(found))
    seen = []
    answer = call(function, _watched(seen), windows.copy(), 2, 0.3)
    other, nudge = as_number(answer, "influence"), _nudge_of(seen, windows)
    # a nudge may go half up and half down
    if not (np.isclose(other, _COEFFICIENTS[-2], rtol=1e-3) and 0.149 < nudge < 0.301):
        raise Wrong(
            "nudge ignored",
            "Right for a nudge of 0.05, not for 0.3: use `nudge` where you change the "
            "value and where you divide.",
        )
    return (
        "A gradient, measured without calculus: it works for every forecaster, be it a "
        "network or a formula."
    )


def _each_with_each() -> np.ndarray:
    """Return what comes of forecasts of shapes (n,) and (n, 1), for 1 to 3 steps."""
    forecast, windows, found = _watched([]), _probes(), []
    for steps_back in (1, 2, 3):
        nudged = windows.copy()
        nudged[:, -steps_back] += 0.05
        table = forecast(nudged)[:, 0] - forecast(windows)
        found.append(np.abs(table).mean() / 0.05)
    return np.array(found)


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
    lean = np.abs(np.round(_probes()[:, 0, 0]) / 2)  # of the windows; the mean is 1
    square = np.mean(lean**2) * right**2
    if any(close(each) for each in (square, 0.05 * square, 0.05**2 * square)):
        raise Wrong(
            "squared", "That is the mean square; the mean distance is asked for."
        )
    if close(np.sqrt(square)):
        raise Wrong(
            "squared",
            "That is the root of the mean square, in which the windows that move most "
            "count more. The mean distance is asked for.",
        )
    if any(close(share * right) for share in {*lean, np.median(lean)}):
        raise Wrong(
            "not the mean",
            "The windows move unequally far, and yours is the distance of one of them, "
            "or the median, or the largest. Take the mean over all windows.",
        )
    if close(8 * right):
        raise Wrong("sum", "That is the sum over the windows; the mean is asked for.")
    if np.ptp(found) < 1e-6 and close(right[0]):
        raise Wrong(
            "steps_back ignored",
            "For 1, 2 and 3 steps back you find the same: use `steps_back`.",
        )
    if np.allclose(found, lean[[-1, -2, -3]] * _COEFFICIENTS.sum() / 8, rtol=1e-3):
        raise Wrong(
            "a window, not a step",
            "You nudge all values of one window: the first axis counts the windows, the "
            "second one their steps.",
        )
    if close(_each_with_each()):
        raise Wrong(
            "each window with each",
            "Both forecasts have to be of the same shape: (8,) minus (8, 1) is a table of 8 "
            "times 8, each forecast minus each other one.",
        )
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
    answers=("threshold",),
    kind=VALUES,
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
    if issubclass(type(threshold), float) and np.isnan(threshold):
        raise CannotCheck(
            "threshold is NaN, and so are the first ten errors: no whole window lies "
            "before them. Take the slice that may decide; it has no NaN."
        )
    limit = as_number(threshold, "threshold")
    parts = _error_parts(lstm_error)
    errors = np.sort(np.abs(parts["validation"]))
    alarms = int((errors > limit).sum())
    low, high = errors[-_BUDGET - 1], errors[-_BUDGET]
    if low * (1 - 1e-6) <= limit < high:  # a threshold in float32 may be a bit lower
        return (
            "Three alarms in three ordinary weeks, and the test weeks had no say. Frozen: "
            "whatever they bring, it stays."
        )
    _require_known_threshold(limit, parts)
    for diagnosis, lower, upper, told in (
        ("megawatts", 1000 * low, 1000 * high, "That is in megawatts"),
        ("squared", low**2, high**2, "That is the square of an error"),
    ):
        if lower <= limit < upper:
            raise Wrong(diagnosis, f"{told}; the errors are in gigawatts.")
    if limit < 0:
        raise Wrong("sign", "An absolute error is never below 0: this always rings.")
    if alarms == 0:
        raise Wrong(
            "never rings",
            f"No validation error is above {limit:.4g} GW. The budget allows three alarms; "
            "a threshold that is higher than it needs to be misses small faults.",
        )
    way = "lower" if alarms < _BUDGET else "higher"
    raise Wrong(
        "budget",
        f"{limit:.4g} GW would ring {alarms} time{'s' * (alarms > 1)} in the three "
        f"validation weeks. The budget is three: choose a {way} threshold.",
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
            "lstm_error should be the array of 4,032 errors that the first line of the "
            "cell makes. Leave that line as it is, and give your own arrays other names."
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

_WEIGHTS = np.array([0.2, 0.3, 0.5])  # of the values before, the oldest first
_LIMIT, _OTHER_LIMIT = 1.0, 0.5
_LAGS, _OTHER_LAGS = (3, 2, 1), (20, 2, 1)

Forecaster = Callable[[object], np.ndarray]


def _weighted(lags: tuple[int, ...]) -> Forecaster:
    """Return a forecaster from the values at `lags`; NaN as long as one is missing."""

    def forecast(series: object) -> np.ndarray:
        values = np.asarray(series, dtype=float)
        expected = np.full(len(values), np.nan)
        first = max(lags)
        before = [values[first - lag : len(values) - lag] for lag in lags]
        expected[first:] = _WEIGHTS @ np.array(before)
        return expected

    return forecast


def _fault_series() -> np.ndarray:
    """Return 60 calm values with two faults, a small one in an echo, and a new level."""
    series = 10 + 0.2 * np.sin(np.arange(60) * 1.7)
    series[12] += 9
    series[25] -= 8
    series[27] += 3.5  # in the echo of the one before
    series[42:] += 5
    return series


def _other_series() -> np.ndarray:
    """Return 70 values with four faults, a small one among them."""
    series = 10 + 0.1 * np.sin(np.arange(70) * 1.7)
    series[[24, 27, 45, 53]] += [-1.8, 0.8, 2.4, 1.9]
    return series


def _judged_again(
    series: np.ndarray,
    forecast: Forecaster,
    limit: float,
    *,
    ask_again: bool = True,
    mended: str = "one",
    keep: Callable = np.minimum,
) -> np.ndarray:
    """Return the errors without echoes.

    `mended` is "one" where each alarm gets a copy of its own, "first" where one copy
    takes the first forecast of each, "anew" where it takes a forecast from itself.
    """
    expected = forecast(series)
    errors = np.abs(series - expected)
    copy = series.copy()
    for point in np.flatnonzero(errors > limit):
        if not ask_again or errors[point] > limit:
            copy = series.copy() if mended == "one" else copy
            repair = forecast(copy) if mended == "anew" else expected
            copy[point] = repair[point]
            again = np.abs(series - forecast(copy))
            errors[point + 1 :] = keep(errors, again)[point + 1 :]
    return errors


def _right_errors(
    series: np.ndarray, forecast: Forecaster, limit: float
) -> list[np.ndarray]:
    """Return what all fair readings of the exercise give."""
    ways = ({}, {"ask_again": False}, {"mended": "first"}, {"mended": "anew"})
    return [_judged_again(series, forecast, limit, **way) for way in ways]


def _own_forecasts(series: np.ndarray, limit: float) -> np.ndarray:
    mended, errors = series.copy(), np.full(len(series), np.nan)
    for point in range(3, len(series)):
        expected = _weighted(_LAGS)(mended)[point]
        errors[point] = abs(series[point] - expected)
        if errors[point] > limit:
            mended[point] = expected
    return errors


@exercise(
    "5.5",
    "Remove the echoes",
    answers=("without_echoes",),
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
    series, forecast = _fault_series(), _weighted(_LAGS)
    errors = _errors_by(function, forecast, series, _LIMIT)
    right = _right_errors(series, forecast, _LIMIT)
    if not any(same_values(errors[3:], each[3:]) for each in right):
        _require_no_known_mistake(errors, series)
        _require_known_places(errors, series, right[0])
    _require_other_case(function)
    return (
        "The faults keep their errors, their echoes are gone, and the new level at the "
        "end is an alarm once and then normal."
    )


def _errors_by(
    function: Callable, forecast: Forecaster, series: np.ndarray, limit: float
) -> np.ndarray:
    """Return the errors (n,); what can't be forecast may be NaN."""
    given = series.copy()
    answer = call(function, forecast, given, limit)
    if not np.array_equal(given, series):
        raise Wrong(
            "changed the series",
            "Your function changes the series that it was given: the measured values are "
            "lost. Mend a copy.",
        )
    what = "what without_echoes returns"
    array = as_array(answer, what, length=len(series), finite=False)
    if not np.isfinite(array[np.isfinite(forecast(series))]).all():
        raise CannotCheck("without_echoes returns NaN where a forecast exists.")
    return array


def _require_other_case(function: Callable) -> None:
    """Raise `Wrong` where echoes last longer, or the threshold is another one."""
    series, forecast = _other_series(), _weighted(_OTHER_LAGS)
    errors = _errors_by(function, forecast, series, _OTHER_LIMIT)
    right = _right_errors(series, forecast, _OTHER_LIMIT)
    first = max(_OTHER_LAGS)
    if any(same_values(errors[first:], each[first:]) for each in right):
        return
    if same_values(errors[first:] * _OTHER_LIMIT, right[0][first:]):
        raise Wrong(
            "divided by the threshold",
            "You divide the errors by the threshold. Return them as they are.",
        )
    apart = np.abs(errors - right[0])
    place = int(np.argmax(apart[first:])) + first
    told = (
        f"Right so far. With a threshold of {_OTHER_LIMIT} and a forecaster that looks up "
        f"to {first} values back"
    )
    if errors[place] > right[0][place]:
        raise Wrong(
            "echo left",
            f"{told}, an echo is left at position {place}. Use `threshold`, and judge all "
            "later points again, however late they are.",
        )
    raise Wrong(
        "errors",
        f"{told}, the error at position {place} comes out too small. Go through the "
        "alarms in the order of time, and only through errors above `threshold`.",
    )


def _all_at_once(series: np.ndarray, forecast: Forecaster) -> list[np.ndarray]:
    """Return what comes of mending all alarms in one copy, echoes and all."""
    expected = forecast(series)
    errors = np.abs(series - expected)
    again = np.abs(series - forecast(np.where(errors > _LIMIT, expected, series)))
    smaller = np.minimum(errors, again)
    return [again, smaller, np.where(errors > _LIMIT, errors, smaller)]


def _require_no_known_mistake(errors: np.ndarray, series: np.ndarray) -> None:
    forecast = _weighted(_LAGS)
    expected = forecast(series)
    raw = np.abs(series - expected)

    def close(*others: np.ndarray) -> bool:
        return any(same_values(errors[3:], other[3:]) for other in others)

    if close(raw):
        raise Wrong(
            "nothing removed",
            "Those are the errors as they were. If you wrote to a copy, return that one; "
            "and the second forecast has to be made from the mended series.",
        )
    if close(series, expected, np.where(raw > _LIMIT, expected, series)):
        raise Wrong(
            "a series, not errors",
            "You return a series of values, measured or forecast. An error is how far a "
            "value lies from its forecast.",
        )
    if np.isin(errors[3:], (0.0, 1.0)).all():
        raise Wrong(
            "alarms, not errors", "Return the errors; alarms come of them later."
        )
    if (errors[3:] < 0).any():
        raise Wrong("signed errors", "Errors have lost no sign yet: np.abs.")
    if close(_judged_again(series, forecast, _LIMIT) ** 2):
        raise Wrong("squared", "Those are the squares of the errors.")
    if close(_own_forecasts(series, _LIMIT)):
        raise Wrong(
            "believes its own forecast",
            "From the new level on, yours forecasts from its own forecasts and never comes "
            "back: every later point is an alarm. Keep the smaller of both errors, so that "
            "what really happened is heard as well.",
        )
    keeps = (lambda old, new: new, np.maximum, lambda old, new: (old + new) / 2)
    if close(*(_judged_again(series, forecast, _LIMIT, keep=keep) for keep in keeps)):
        raise Wrong(
            "not the smaller one",
            "You don't keep the smaller of the two errors. Where a value was true after "
            "all, mending makes it worse: then the first error stands.",
        )
    if close(*_all_at_once(series, forecast)):
        raise Wrong(
            "all at once",
            "You mend all alarms together, but some of them are echoes, whose values were "
            "true. One alarm after the other: some stop ringing when an earlier one is "
            "mended.",
        )


def _require_known_places(
    errors: np.ndarray, series: np.ndarray, right: np.ndarray
) -> None:
    """Raise `Wrong` by what happened to the faults and around them."""
    raw = np.abs(series - _weighted(_LAGS)(series))
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
