"""The checks of lesson 05, forecasting with recurrent networks."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from scipy.special import expit as sigmoid
from scipy.stats import norm
from scipy.stats import t as student

from helpers.exercises.answers import (
    alike,
    as_array,
    as_function,
    as_number,
    call,
    kind,
    require_unchanged,
    same_values,
)
from helpers.exercises.declared import VALUES, Mistake, exercise
from helpers.exercises.judging import OTHER, accuse, judge, recognise
from helpers.exercises.outcomes import CannotCheck, Wrong


def _parts(answer: Any, what: str, names: Sequence[str]) -> Sequence[Any]:
    """Return what a function returned, if it is as many things as it should be."""
    told = f"{', '.join(names[:-1])} and {names[-1]}"
    if issubclass(type(answer), Iterator):
        answer = list(answer)
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


def _shape(answer: Any) -> tuple[int, ...]:
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


def _places(values: np.ndarray, series: np.ndarray) -> np.ndarray:
    """Return where in `series`, all of whose values differ, each value stands; or -9."""
    order = np.argsort(series)
    near = np.searchsorted(series[order], values - 1e-3).clip(max=len(series) - 1)
    found = order[near]
    return np.where(np.abs(series[found] - values) < 1e-3, found, -9)


# -- 5.1: cut the windows ----------------------------------------------------------------


class _Cut(NamedTuple):
    inputs: np.ndarray
    targets: np.ndarray
    positions: np.ndarray


def _right_cut(series: np.ndarray, window: int, *, ahead: int = 1) -> _Cut:
    """Return windows (n, window), the values `ahead` steps after them, and where."""
    positions = np.arange(window + ahead - 1, len(series))
    inputs = [series[p - window - ahead + 1 : p - ahead + 1] for p in positions]
    return _Cut(np.array(inputs), series[positions], positions)


def _changed_cut(change: Callable[..., Sequence]) -> Callable:
    """Return a `cut` whose inputs, targets and positions are changed afterwards."""
    return lambda series, window: tuple(change(*_right_cut(series, window), window))


def _with_gaps(series: np.ndarray, window: int) -> _Cut:
    """Return a row for each value, as shifted columns have it: the first with NaN."""
    padded = np.r_[np.full(window, np.nan), series]
    inputs = [padded[p : p + window] for p in range(len(series))]
    return _Cut(np.array(inputs), series, np.arange(len(series)))


_CUT_MISTAKES = [
    Mistake(
        "target in its own window",
        "What is to be forecast must not be among what it is forecast from: a forecast "
        "has only to repeat it, and every error is 0. Nobody has that value beforehand.",
        lambda s, w: (_right_cut(s, w + 1).inputs, s[w:-1], np.arange(w, len(s) - 1)),
    ),
    Mistake(
        "two steps ahead",
        "One value lies between each window and its target. The target is the value "
        "right after the window.",
        partial(_right_cut, ahead=2),
    ),
    Mistake(
        "last window lost",
        "One pair is missing, at the end. A range ends before its second number; the "
        "last value of the series has a forecast, too.",
        _changed_cut(lambda x, y, p, w: (x[:-1], y[:-1], p[:-1])),
    ),
    Mistake(
        "first window lost",
        "One pair is missing, at the start: the value at position `window` has a whole "
        "window before it.",
        _changed_cut(lambda x, y, p, w: (x[1:], y[1:], p[1:])),
    ),
    Mistake(
        "position of the window",
        "Your positions are where each window begins. The error belongs to the target, "
        "`window` steps later: with these the wrong half hour is blamed.",
        _changed_cut(lambda x, y, p, w: (x, y, p - w)),
    ),
    Mistake(
        "position of the last input",
        "Your positions are one too low: where each window ends. The alarm would ring "
        "for the value before the fault.",
        _changed_cut(lambda x, y, p, w: (x, y, p - 1)),
    ),
    Mistake(
        "newest first",
        "Your windows begin with the newest value. Time goes forward in a window: the "
        "value right before the target comes last.",
        _changed_cut(lambda x, y, p, w: (x[:, ::-1], y, p)),
    ),
    Mistake(
        "values without a window",
        "There are NaN in your inputs or targets: the first `window` values of the "
        "series have no whole window before them, so they are no targets.",
        _with_gaps,
    ),
]


def _different_values(random: np.random.Generator) -> np.ndarray:
    """Draw 12 values that differ from each other and from all positions."""
    return random.permutation(np.arange(12.0)) + random.integers(20, 80)


@exercise(
    "5.1",
    "Cut the windows",
    points=2,
    answers=("cut",),
    reference=_right_cut,
    mistakes=_CUT_MISTAKES,
    may_not_call=("helpers.windows.forecast_windows",),
    hints=[
        "By hand: the series 10, 11, 12, 13, 14 and a window of 3. Which windows have a "
        "value after them? There are two.",
        "Go through the targets rather than the windows. The first value that has a whole "
        "window before it is at position `window`, the last one is the end of the series.",
        "positions = np.arange(window, len(series)); the inputs of the target at p are "
        "series[p - window : p].",
    ],
)
def check_5_1(cut: object, random: np.random.Generator) -> str:
    """Check inputs, targets and positions of one-step-ahead windows."""
    function = as_function(cut, "cut")
    series = _different_values(random)
    for window, length in ((3, 12), (5, 11), (1, 12)):
        values, handed = series[:length], series[:length].copy()
        found, right = _cut_by(function, handed, window), _right_cut(values, window)
        if not all(same_values(*pair) for pair in zip(found, right, strict=True)):
            raise _cut_mistake(found, right, values)
        require_unchanged(handed, values, "series")
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
        raise accuse(_CUT_MISTAKES, "values without a window")
    return found


def _cut_mistake(answer: _Cut, right: _Cut, series: np.ndarray) -> Wrong:
    """Return what is wrong with windows, seen in where their values come from."""
    window, width = right.inputs.shape[1], answer.inputs.shape[1]
    told = (
        f"With {len(series)} values and a window of {window} your arrays have the "
        f"shapes {', '.join(str(part.shape) for part in answer)}."
    )
    if width == window + 1:
        return accuse(_CUT_MISTAKES, "target in its own window", told)
    if width == window > 1 and same_values(answer.inputs[:, ::-1], right.inputs):
        return accuse(_CUT_MISTAKES, "newest first")
    if width == window and len({len(part) for part in answer}) == 1:
        named = _wrong_places(answer, series, right)
        if named is not None:
            return accuse(_CUT_MISTAKES, named, told)
    idea = (
        "Each row holds one window, its target is the value right after it, and "
        "series[positions] are the targets: all of them, in the order of time."
    )
    return Wrong(OTHER, idea, told)


def _wrong_places(answer: _Cut, series: np.ndarray, right: _Cut) -> str | None:
    """Name what is wrong with where last inputs and targets stand in the series."""
    last, target = (_places(v, series) for v in (answer.inputs[:, -1], answer.targets))
    if (target < 0).any() or (last < 0).any():
        return None
    gaps, shifts = set(target - last), set(target - answer.positions)
    if gaps == {0}:
        return "target in its own window"
    if gaps == {2}:
        return "two steps ahead"
    if gaps == {1} and shifts == {1}:
        return "position of the last input"
    if gaps == {1} and shifts == {right.inputs.shape[1]}:
        return "position of the window"
    if gaps == {1} and np.array_equal(target, right.positions[:-1]):
        return "last window lost"
    if gaps == {1} and np.array_equal(target, right.positions[1:]):
        return "first window lost"
    return None


# -- 5.2: prepare without seeing the future ----------------------------------------------


class _Prepared(NamedTuple):
    inputs: np.ndarray
    targets: np.ndarray
    later_inputs: np.ndarray
    later_targets: np.ndarray


Units = tuple[float, float]  # what is subtracted, and what is divided by


def _units(values: np.ndarray) -> Units:
    return float(values.mean()), float(values.std())


def _prepare(
    series: np.ndarray,
    window: int,
    cut: int,
    *,
    units: Units | None = None,
    later: Units | None = None,
    border: bool = False,
) -> _Prepared:
    """Return what is asked for; or in other units, those of the later part, too."""
    mean, sd = units or _units(series[:cut])
    later_mean, later_sd = later or (mean, sd)
    first = _right_cut((series[:cut] - mean) / sd, window)
    start = cut - window if border else cut
    second = _right_cut((series[start:] - later_mean) / later_sd, window)
    return _Prepared(first.inputs, first.targets, second.inputs, second.targets)


def _in_units(find: Callable[..., Units]) -> Callable:
    """Return a `prepare` with units that `find(past, series, window)` gives."""

    def prepare(series: np.ndarray, window: int, cut: int) -> _Prepared:
        units = find(series[:cut], series, window)
        return _prepare(series, window, cut, units=units)

    return prepare


def _each_by_itself(series: np.ndarray, window: int, cut: int) -> _Prepared:
    return _prepare(series, window, cut, later=_units(series[cut:]))


def _cut_by_count(series: np.ndarray, window: int, cut: int) -> tuple:
    mean, sd = _units(series[:cut])
    inputs, targets, _ = _right_cut((series - mean) / sd, window)
    return inputs[:cut], targets[:cut], inputs[cut:], targets[cut:]


def _drawn_parts(series: np.ndarray, window: int, cut: int) -> tuple:
    mean, sd = _units(series[:cut])
    inputs, targets, _ = _right_cut((series - mean) / sd, window)
    order = np.random.default_rng(0).permutation(len(targets))
    first, second = order[: cut - window], order[cut - window :]
    return inputs[first], targets[first], inputs[second], targets[second]


def _all_to_validate(series: np.ndarray, window: int, cut: int) -> tuple:
    mean, sd = _units(series[:cut])
    return *_prepare(series, window, cut)[:2], *_right_cut(
        (series - mean) / sd, window
    )[:2]


_PREPARE_MISTAKES = [
    Mistake(
        "scaler saw the future",
        "Values from after the cut are in the mean or the spread that you scale with. On "
        "the day of the cut they have not happened: what comes later moves what you train "
        "on, and a rise to a new level looks less steep than it is.",
        _in_units(lambda past, series, window: _units(series)),
    ),
    Mistake(
        "each part by itself",
        "The later part is scaled by its own mean and spread. If all of it lies twice as "
        "high, nobody will ever see it: use the units of the first part.",
        _each_by_itself,
    ),
    Mistake(
        "later part not scaled",
        "The later part is as it was. A network that learned in one unit can't be "
        "validated in another: the same mean and spread for both.",
        partial(_prepare, later=(0.0, 1.0)),
    ),
    Mistake(
        "not scaled",
        "The values are as they were. A network needs numbers around 0, of size 1.",
        partial(_prepare, units=(0.0, 1.0)),
    ),
    Mistake(
        "another scaling",
        "That is a scaling by what was known, but another one: subtract the mean of all "
        "values before the cut, and divide by their standard deviation.",
        _in_units(lambda past, series, window: (past.min(), float(np.ptp(past)))),
    ),
    Mistake(
        "another scaling",
        "That is a scaling by what was known, but another one: subtract the mean of all "
        "values before the cut, and divide by their standard deviation.",
        _in_units(lambda past, series, window: _units(past[window:])),
    ),
    Mistake(
        "random split",
        "Some windows that you train on have targets from after the cut, and some that "
        "you validate on have targets from before it. Neighbouring windows share all but "
        "one of their values, so what is validated on was nearly all trained on.",
        _drawn_parts,
    ),
    Mistake(
        "targets beyond the cut",
        "You train on targets from after the cut. Windows are fewer than values: the "
        "window number `cut` has its target `window` steps after position `cut`.",
        _cut_by_count,
    ),
    Mistake(
        "validated on the training part",
        "Among the windows that you validate on are some with their targets before the "
        "cut. The network learned those, so they don't tell how it does on new values.",
        _all_to_validate,
    ),
    Mistake(
        "order of the four",
        "The four arrays come in another order: asked are inputs and targets to train "
        "on, then inputs and targets to validate on.",
        lambda s, w, c: tuple(_prepare(s, w, c)[i] for i in (0, 2, 1, 3)),
    ),
]

_CASES = (5, 40), (3, 33)  # window and cut


def _new_level(random: np.random.Generator, cut: int) -> np.ndarray:
    """Draw 60 values, all different, whose level and spread change at `cut`.

    The first ones are unusual, so that units without them are other units. The mean of
    those before `cut` is not their median.
    """
    past = np.exp(norm.ppf((np.arange(cut) + 0.5) / cut) / 2)
    past = (past - past.mean()) / past.std()
    past = np.r_[past[-5:], random.permutation(past[:-5])]
    later = random.permutation(norm.ppf((np.arange(60 - cut) + 0.5) / (60 - cut)))
    series = np.r_[past, 10 + 3 * later]
    return random.uniform(20, 40) + random.uniform(2, 5) * series


@exercise(
    "5.2",
    "Prepare without seeing the future",
    points=2,
    answers=("prepare",),
    reference=_prepare,
    mistakes=_PREPARE_MISTAKES,
    hints=[
        "On the day of the cut, which values exist? Mean and standard deviation come from "
        "those, and are used for all.",
        "Scale first, then cut the series in two, then make windows of each part with "
        "forecast_windows.",
        "scaled = (series - series[:cut].mean()) / series[:cut].std(); then "
        "forecast_windows(scaled[:cut], window) and forecast_windows(scaled[cut:], window).",
    ],
)
def check_5_2(prepare: object, random: np.random.Generator) -> str:
    """Check a split by time, with a scaler that knows the past only."""
    function = as_function(prepare, "prepare")
    for place, (window, cut) in enumerate(_CASES):
        series = _new_level(random, cut)
        handed = series.copy()
        answer = _prepared_by(function, handed, window, cut)
        if not _is_prepared(answer, series, window, cut):
            told = f"With 60 values, a window of {window} and a cut at {cut}"
            told += f"; {_CASES[0]} was right." if place else "."
            raise _preparation_mistake(answer, series, window, cut, told)
        require_unchanged(handed, series, "series")
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
        raise accuse(_PREPARE_MISTAKES, "order of the four")
    return _Prepared(
        _table(parts[0], "the inputs to train on"),
        as_array(parts[1], "the targets to train on"),
        _table(parts[2], "the inputs to validate on"),
        as_array(parts[3], "the targets to validate on"),
    )


def _is_prepared(answer: _Prepared, series: np.ndarray, window: int, cut: int) -> bool:
    """Say whether all pairs are right, in any order, with either sd and border."""
    if len(answer[0]) != len(answer[1]) or len(answer[2]) != len(answer[3]):
        return False
    mean, sd = series[:cut].mean(), series[:cut].std()
    for units in (mean, sd), (mean, series[:cut].std(ddof=1)):
        for border in (False, True):
            right = _prepare(series, window, cut, units=units, border=border)
            pairs = zip(_ordered(answer), _ordered(right), strict=True)
            if all(same_values(*pair, 1e-4) for pair in pairs):
                return True
    return False


def _ordered(answer: _Prepared) -> list[np.ndarray]:
    """Return the pairs (inputs and target in a row) of both parts, by target."""
    parts = (answer.inputs, answer.targets), (answer.later_inputs, answer.later_targets)
    return [np.c_[inputs, targets][np.argsort(targets)] for inputs, targets in parts]


def _preparation_mistake(
    answer: _Prepared, series: np.ndarray, window: int, cut: int, told: str
) -> Wrong:
    """Return what is wrong with windows, seen in where their values come from."""
    first, second = answer[:2], answer[2:]
    for inputs, targets in (first, second):
        if inputs.shape != (len(targets), window):
            idea = "A row of inputs is one window, and each window has one target."
            return Wrong(OTHER, idea, f"{told} Yours are {inputs.shape}.")
    whole = _units_of(answer, series, window, cut)
    units: list[Any] = [
        _units_of(part, series, window, cut) or whole for part in (first, second)
    ]
    if None in units:
        idea = (
            "Some values are not those of the series, minus one mean and divided by one "
            "standard deviation. Is each window or column scaled by itself?"
        )
        return Wrong(OTHER, idea, told)
    early, late = (
        _places(targets * sd + mean, series)
        for (_, targets), (mean, sd) in zip((first, second), units, strict=True)
    )
    named = _wrong_split(early, late, cut) or _wrong_units(
        units[0], units[1], series, cut
    )
    if named is not None:
        return accuse(_PREPARE_MISTAKES, named)
    idea = (
        "Train on every window whose target lies before the cut, validate on every one "
        "whose target lies after it; a target is the value right after its window."
    )
    return Wrong(OTHER, idea, f"{told} You train on {len(first[1])} windows.")


def _units_of(
    part: Sequence[np.ndarray], series: np.ndarray, window: int, cut: int
) -> Units | None:
    """Return what makes the values of a part those of a stretch of the series."""
    values = np.unique(np.round(np.concatenate([each.ravel() for each in part]), 6))
    n = len(series)
    starts, stops = (0, cut - window, cut), (cut - 1, cut, cut + window, n - 1, n)
    for start, stop in ((a, b) for a in starts for b in stops if b - a == len(values)):
        stretch = np.sort(series[start:stop])
        sd, mean = np.polyfit(values, stretch, 1)
        if np.allclose(values * sd + mean, stretch, atol=1e-3):
            return float(mean), float(sd)
    return None


def _wrong_split(early: np.ndarray, late: np.ndarray, cut: int) -> str | None:
    """Name what is wrong with where the targets of both parts come from."""
    if (early >= cut).any():
        mixed = (late < cut).any()
        return "random split" if mixed else "targets beyond the cut"
    return "validated on the training part" if (late < cut).any() else None


def _wrong_units(early: Units, late: Units, series: np.ndarray, cut: int) -> str | None:
    """Name the units, if they are not those of the values before the cut."""
    past, later = series[:cut], series[cut:]

    def like(units: Units, values: np.ndarray) -> bool:
        sds = values.std(), values.std(ddof=1)
        return any(np.allclose(units, (values.mean(), sd), atol=1e-2) for sd in sds)

    unscaled = [np.allclose(units, (0, 1), atol=1e-2) for units in (early, late)]
    if like(early, past):
        if like(late, past):
            return None
        return "later part not scaled" if unscaled[1] else "each part by itself"
    if unscaled[0]:
        return "not scaled"
    if any(like(early, series[:stop]) for stop in range(cut + 1, len(series))):
        return "scaler saw the future"
    future = [*_units(series), *_units(later), np.ptp(series), series.max()]
    if np.isclose(np.reshape(early, (2, 1)), future, atol=1e-2).any():
        return "scaler saw the future"
    return "another scaling"


# -- 5.3: how far back does it look? -----------------------------------------------------

_COEFFICIENTS = np.array([0.05, 0.1, 0.3, 0.4, 0.7, 1.1])  # first step to last
_LEANS = np.array([1, 1, 1, -1, -1, -3, 5, 3])  # halves of them: their mean size is 1


def _forecaster(scale: float, seen: list[np.ndarray] | None = None) -> Callable:
    """Return a forecaster (n, 6, 1) -> (n, 1); it adds what it is given to `seen`.

    It leans up or down, more or less, by the first step of a window: the mean over the
    windows is not what a single one of them says.
    """

    def forecast(windows: object) -> np.ndarray:
        array = np.asarray(windows, dtype=float)
        values = array[:, :, 0] if array.ndim == 3 else array
        if seen is not None:
            seen.append(values.copy())
        lean = np.round(values[:, 0]) / 2
        return (scale * lean * (values @ _COEFFICIENTS))[:, np.newaxis]

    return forecast


def _probes(random: np.random.Generator) -> np.ndarray:
    """Draw 8 windows of 6 steps (8, 6, 1), in 64ths: they add up without rounding."""
    windows = np.round(64 * random.normal(size=(8, 6, 1))) / 64
    windows[:, 0, 0] = random.permutation(_LEANS)
    return windows


def _influence(
    forecast: Callable, windows: np.ndarray, steps_back: int, nudge: float = 0.05
) -> float:
    """Return how far forecasts move per unit of the value `steps_back` steps ago."""
    return _moved(forecast, windows, -steps_back, nudge)


def _moved(
    forecast: Callable,
    windows: np.ndarray,
    where: Any,
    nudge: float,
    reduce: Callable = lambda moved: np.abs(moved).mean(),
) -> float:
    nudged = windows.copy()
    nudged[:, where] += nudge
    return reduce(forecast(nudged) - forecast(windows)) / nudge


def _nudging(where: Callable = lambda k: -k, **options: Callable) -> Callable:
    """Return an `influence` that nudges elsewhere, or reduces otherwise."""

    def influence(
        forecast: Callable, windows: np.ndarray, steps_back: int, nudge: float = 0.05
    ) -> float:
        return _moved(forecast, windows, where(steps_back), nudge, **options)

    return influence


def _in_place(f: Callable, windows: np.ndarray, k: int, nudge: float = 0.05) -> float:
    nudged = windows
    nudged[:, -k] += nudge
    return np.abs(f(nudged) - f(windows)).mean() / nudge


_INFLUENCE_MISTAKES = [
    *(
        Mistake(
            "counted from the front",
            "You count from the oldest value of the window. One step back from the target "
            "is the last value: NumPy counts from the end with minus signs.",
            _nudging(lambda k, first=first: k - first),
        )
        for first in (0, 1)
    ),
    Mistake(
        "all the way to the end",
        "A slice, `-steps_back:`, nudges that value and all after it, so the influences "
        "add up. One value only.",
        _nudging(lambda k: slice(-k, None)),
    ),
    Mistake(
        "nudged in place",
        "`nudged = windows` gives the same array a second name. Then both forecasts are "
        "of nudged windows, and the next caller gets them, too. Copy first.",
        _in_place,
    ),
    *(
        Mistake(
            "signs cancel",
            "Some forecasts go up and others down: take the absolute difference of each "
            "before the mean.",
            _nudging(reduce=of),
        )
        for of in (np.mean, lambda moved: abs(moved.mean()))
    ),
    Mistake(
        "not per unit",
        "That is how far it moves for this nudge. Divide by the nudge, or a bigger one "
        "would make every network look more attentive.",
        lambda f, w, k, nudge=0.05: nudge * _influence(f, w, k, nudge),
    ),
    *(
        Mistake(
            "not the mean",
            "The windows move unequally far. Take the mean of their distances, not the "
            "sum, the median, the largest or a mean of squares.",
            _nudging(reduce=lambda moved, of=of: of(np.abs(moved))),
        )
        for of in (np.sum, np.max, np.median, lambda moved: np.mean(moved**2))
    ),
    *(
        Mistake(
            "nudge ignored",
            "The result must not depend on the size that you chose: use `nudge` where you "
            "change the value and where you divide.",
            lambda f, w, k, nudge=0.05, power=power: (
                _influence(f, w, k, 0.05) * (0.05 / nudge) ** power
            ),
        )
        for power in (0, 1)
    ),
]


@exercise(
    "5.3",
    "How far back does it look?",
    points=2,
    answers=("influence",),
    reference=_influence,
    mistakes=_INFLUENCE_MISTAKES,
    may_not_call=("helpers.forecasts.sensitivity",),
    hints=[
        "Two forecasts: one of the windows as they are, one of the windows with a single "
        "value changed. What matters is how far apart they are.",
        "The last value in a window is 1 step before the target, and windows[:, -1] in "
        "NumPy. Change a copy; the windows belong to somebody else.",
        "nudged = windows.copy(); nudged[:, -steps_back] += nudge; then the mean of the "
        "absolute differences, divided by nudge.",
    ],
)
def check_5_3(influence: Any, random: np.random.Generator) -> str:
    """Check the mean absolute effect of one input, per unit of nudge."""
    forecast, windows = _forecaster(random.uniform(0.5, 2)), _probes(random)
    judge(
        influence,
        [(forecast, windows, k, 2.0**-power) for k, power in ((1, 2), (2, 4), (3, 3))],
        _influence,
        _INFLUENCE_MISTAKES,
        name="influence",
        read=partial(as_number, what="what influence returns"),
        same=partial(alike, tolerance=1e-4),
        changes="windows",
    )
    seen: list[np.ndarray] = []
    call(influence, _forecaster(1.0, seen), windows.copy(), 2, 0.25)
    if not 0.124 < _farthest(seen, windows) < 0.251:  # it may go half up, half down
        raise accuse(_INFLUENCE_MISTAKES, "nudge ignored")
    return (
        "A gradient, measured without calculus: it works for every forecaster, be it a "
        "network or a formula."
    )


def _farthest(seen: list[np.ndarray], windows: np.ndarray) -> float:
    """Return how far what a forecaster has seen is from `windows`, at most."""
    rows = [row for values in seen for row in values]
    apart = [np.abs(windows[:, :, 0] - row).max(axis=1).min() for row in rows]
    return max(apart, default=0.0)


# -- 5.4: the threshold ------------------------------------------------------------------

_BUDGET = 3  # alarms in the validation weeks


def _twelve_weeks(random: np.random.Generator) -> dict[str, object]:
    """Draw errors in GW: the weeks learned from have the smallest ones, the last faults.

    The errors of a part have the same sizes at each draw, in another order and unit, so
    that no other way to a threshold comes to the right one by luck.
    """
    week = 7 * 48
    slices = {"train": slice(0, 6 * week), "validation": slice(6 * week, 9 * week)}
    slices["test"] = slice(9 * week, 12 * week)
    size = random.uniform(0.2, 0.4)
    parts = [
        _errors(random, 6 * week, 0.75 * size),
        _errors(random, 3 * week, size),
        _errors(random, 3 * week, 1.2 * size),
    ]
    error = np.concatenate(parts)
    faults = random.choice(np.arange(9 * week, 12 * week), 8, replace=False)
    error[faults] += np.sign(error[faults]) * size * random.uniform(12, 20, 8)
    error[:10] = np.nan
    actual = 30 + 5 * np.sin(np.arange(12 * week) * np.pi / 24)
    names = {"day": 48, "week": week, "actual": actual, "lstm_error": error}
    return names | slices | {"forecasts": {"LSTM": actual - error}}


def _errors(random: np.random.Generator, points: int, size: float) -> np.ndarray:
    """Return errors (points,) with long tails, in random order.

    The fourth largest of either sign are the sixth and the tenth in size: no learner
    comes there by counting wrongly.
    """
    sizes = size * student.ppf(0.5 + (np.arange(points) + 0.5) / points / 2, 4)
    signs = random.choice([-1, 1], points)
    signs[-10:] = random.choice([-1, 1]) * np.array([-1, -1, 1, 1, 1, -1, 1, 1, -1, 1])
    return random.permutation(sizes * signs)


def _largest(errors: np.ndarray, place: int) -> float:
    """Return the largest absolute error (`place` 1), or the next ones."""
    sizes = np.abs(errors)
    return float(np.sort(sizes[np.isfinite(sizes)])[-place])


def _quantile(errors: np.ndarray) -> float:
    return float(np.nanquantile(np.abs(errors), 1 - _BUDGET / 1008))


def _cheapest_threshold(
    lstm_error: np.ndarray, validation: slice, **others: object
) -> float:
    """Return the fourth largest validation error: three ring above it."""
    return _largest(lstm_error[validation], _BUDGET + 1)


def _of_validation(find: Callable[..., float]) -> Callable:
    """Return a mistake that finds a threshold in the signed validation errors."""
    return lambda lstm_error, validation, **others: find(lstm_error[validation])


def _of_part(part: str, find: Any) -> Callable:
    return lambda lstm_error, **slices: find(lstm_error[slices[part]])


_THRESHOLD_MISTAKES = [
    Mistake(
        "at the threshold itself",
        "That is the third largest error, and the alarm rings above it, so only two "
        "ring. The next lower one is meant.",
        _of_validation(lambda errors: _largest(errors, _BUDGET)),
    ),
    *(
        Mistake(
            "threshold on test errors",
            "You read it off the test weeks. There the largest errors are the faults: "
            "such a threshold finds none but the biggest, and on the day it starts work "
            "nobody has those weeks.",
            _of_part("test", find),
        )
        for find in (_quantile, *(partial(_largest, place=k) for k in (4, 3, 1)))
    ),
    *(
        Mistake(
            "threshold on training errors",
            "Those are errors of the weeks that the network was trained on. They tell how "
            "well it remembers; a budget for new weeks needs weeks that it never saw.",
            _of_part("train", find),
        )
        for find in (_quantile, *(partial(_largest, place=k) for k in (4, 7, 3, 1)))
    ),
    *(
        Mistake(
            "budget",
            "The lowest threshold that keeps to the budget has exactly three of the "
            "absolute errors of the three validation weeks above it.",
            _of_validation(partial(_largest, place=place)),
        )
        for place in (2, 5, 7)
    ),
    *(
        Mistake(
            "signed errors",
            "With its sign an error of -2 GW counts as a small one. A value can come out "
            "too low as well as too high: absolute errors first.",
            _of_validation(find),
        )
        for find in (
            lambda errors: float(np.sort(errors)[-4]),
            lambda errors: float(np.sort(-errors)[-4]),
            lambda errors: float(np.quantile(errors, 1 - _BUDGET / len(errors))),
        )
    ),
    *(
        Mistake(
            "mean of the errors",
            "That is a usual error, and usual errors are normal: hundreds of half hours "
            "lie above it.",
            _of_validation(lambda errors, of=of: float(of(np.abs(errors)))),
        )
        for of in (np.mean, np.median, lambda sizes: np.sqrt(np.mean(sizes**2)))
    ),
    *(
        Mistake(
            "sigma rule",
            "A rule of thumb for bell curves, and errors have longer tails, so that more "
            "of them ring. The budget is a count: count.",
            _of_validation(
                lambda errors, ddof=ddof: float(
                    np.abs(errors).mean() + 3 * np.abs(errors).std(ddof=ddof)
                )
            ),
        )
        for ddof in (0, 1)
    ),
    Mistake(
        "never rings",
        "No validation error lies above it, so nothing rings. The budget allows three "
        "alarms, and a lower threshold finds smaller faults.",
        _of_validation(lambda errors: _largest(errors, 1)),
    ),
    Mistake(
        "number of alarms",
        "That is how many alarms may ring. A threshold is an error, in gigawatts.",
        lambda **others: float(_BUDGET),
    ),
]


@exercise(
    "5.4",
    "Choose the threshold",
    answers=("threshold",),
    kind=VALUES,
    given=_twelve_weeks,
    reference=_cheapest_threshold,
    mistakes=_THRESHOLD_MISTAKES,
    draws=4,
    hints=[
        "Which weeks may decide? Not those that the network learned from, and not those "
        "that judge it.",
        "An error of -2 GW is as bad as one of +2 GW. Sort the absolute errors: how many "
        "may lie above the threshold?",
        "The alarm rings above the threshold, so the fourth largest error of the validation "
        "weeks leaves three that ring.",
    ],
)
def check_5_4(
    threshold: Any,
    lstm_error: object,
    train: object,
    validation: object,
    test: object,
) -> str:
    """Check a threshold that keeps to a budget of false alarms on validation weeks."""
    if issubclass(type(threshold), float) and np.isnan(threshold):
        raise CannotCheck(
            "threshold is NaN, and so are the first ten errors: no whole window lies "
            "before them. Take the slice that may decide; it has no NaN."
        )
    limit = as_number(threshold, "threshold")
    given = _given_errors(lstm_error, train, validation, test)
    errors = np.abs(given["lstm_error"][given["validation"]])
    low, high = _largest(errors, _BUDGET + 1), _largest(errors, _BUDGET)
    if low * (1 - 1e-6) <= limit < high:  # a threshold in float32 may be a bit lower
        return (
            "Three alarms in three ordinary weeks, and the test weeks had no say. Frozen: "
            "whatever they bring, it stays."
        )
    alarms = int((errors > limit).sum())
    recognise(
        (limit,),
        given,
        _cheapest_threshold,
        _THRESHOLD_MISTAKES,
        others=[_off_budget(alarms)],
        same=lambda a, b: bool(np.isclose(a, b, rtol=1e-6)),
    )
    raise CannotCheck("The threshold lies on the border of the budget.")


def _off_budget(alarms: int) -> tuple[str, ...]:
    """Return diagnosis, idea and detail of a threshold that nobody listed."""
    named = accuse(_THRESHOLD_MISTAKES, "budget" if alarms else "never rings")
    if not alarms:
        return named.diagnosis, named.idea
    way = "lower" if alarms < _BUDGET else "higher"
    told = f"Yours would ring {alarms} time{'s' * (alarms != 1)}: choose a {way} one."
    return named.diagnosis, named.idea, told


def _given_errors(
    lstm_error: Any, train: Any, validation: Any, test: Any
) -> dict[str, Any]:
    """Return signed errors and slices by name; raise where they aren't the lesson's."""
    slices = {"train": train, "validation": validation, "test": test}
    try:
        values = np.asarray(lstm_error, dtype=float)
        sizes = [np.isfinite(values[where]).sum() for where in slices.values()]
    except Exception:
        sizes = [0]
    if min(sizes) < 336 or np.isnan(values[validation]).any():
        raise CannotCheck(
            "lstm_error should be the array of 4,032 errors, and train, validation and "
            "test the slices of it, as the cells above make them. Run those again, and "
            "give your own arrays other names."
        )
    return {"lstm_error": values, **slices}


# -- 5.5: remove the echoes --------------------------------------------------------------

_WEIGHTS = np.array([0.2, 0.3, 0.5])  # of the values before, the oldest first

Forecaster = Callable[[object], np.ndarray]


def _weighted(lags: tuple[int, ...], weights: np.ndarray = _WEIGHTS) -> Forecaster:
    """Return a forecaster from the values at `lags`; NaN as long as one is missing."""

    def forecast(series: object) -> np.ndarray:
        values = np.asarray(series, dtype=float)
        expected = np.full(len(values), np.nan)
        first = max(lags)
        before = [values[first - lag : len(values) - lag] for lag in lags]
        expected[first:] = weights @ np.array(before)
        return expected

    return forecast


def _faults(random: np.random.Generator) -> list[tuple]:
    """Draw three (forecast, series, threshold): other units, upside down or not.

    In the first, faults stand in the echoes of others, and a new level has one right
    after its start; in the second, echoes come late; in the third, the forecast goes on
    along a line, so that an echo is larger than its fault.
    """
    near = 10 + 0.2 * np.sin(np.arange(60) * 1.7)
    near[[12, 14, 25, 27, 44]] += [9, 4.5, -8, 3.5, 6]
    near[42:] += 5
    late = 10 + 0.1 * np.sin(np.arange(70) * 1.7)
    late[[24, 27, 45, 53]] += [-1.8, 0.8, 2.4, 1.9]
    line = 10 + 0.05 * np.sin(np.arange(50) * 1.7)
    line[[12, 27, 29]] += [3, -2, -5]
    cases = []
    for forecast, series, limit in (
        (_weighted((3, 2, 1)), near, 1.0),
        (_weighted((20, 2, 1)), late, 0.5),
        (_weighted((2, 1), np.array([-1, 2])), line, 0.8),
    ):
        scale = random.uniform(0.5, 0.9)
        turned = random.choice([-1, 1]) * scale * series + random.uniform(0, 20)
        cases.append((forecast, turned, float(scale * limit)))
    return cases


def _without_echoes(
    forecast: Forecaster,
    series: np.ndarray,
    threshold: float,
    *,
    ask_again: bool = True,
    pile: bool = False,
    keep: Callable = np.minimum,
    points: int | None = None,
) -> np.ndarray:
    """Return the errors without echoes; or with a fault of the walk through alarms.

    `ask_again`: whether an alarm has to stand still; `pile`: whether one copy takes all
    repairs; `keep` chooses between both errors, for the next `points`.
    """
    expected = forecast(series)
    errors = np.abs(series - expected)
    copy = series.copy()
    for point in np.flatnonzero(errors > threshold):
        if not ask_again or errors[point] > threshold:
            copy = copy if pile else series.copy()
            copy[point] = expected[point]
            again = np.abs(series - forecast(copy))
            later = slice(point + 1, points and point + 1 + points)
            errors[later] = keep(errors[later], again[later])
    return errors


def _raw(forecast: Forecaster, series: np.ndarray, threshold: float) -> np.ndarray:
    return np.abs(series - forecast(series))


def _mended_away(
    forecast: Forecaster, series: np.ndarray, threshold: float
) -> np.ndarray:
    expected = forecast(series)
    mended = np.where(np.abs(series - expected) > threshold, expected, series)
    return np.abs(mended - forecast(mended))


def _all_at_once(keep: Callable) -> Callable:
    """Return one that mends all alarms together, echoes and all."""

    def errors(f: Forecaster, series: np.ndarray, threshold: float) -> np.ndarray:
        raw, expected = _raw(f, series, threshold), f(series)
        mended = np.where(raw > threshold, expected, series)
        return keep(raw, np.abs(series - f(mended)))

    return errors


def _own_forecasts(
    forecast: Forecaster, series: np.ndarray, threshold: float
) -> np.ndarray:
    mended, errors = series.copy(), _raw(forecast, series, threshold)
    for point in range(len(series)):
        expected = forecast(mended)[point]
        errors[point] = abs(series[point] - expected)
        if errors[point] > threshold:
            mended[point] = expected
    return errors


def _silenced(forecast: Forecaster, series: np.ndarray, threshold: float) -> np.ndarray:
    errors = _raw(forecast, series, threshold)
    for point in np.flatnonzero(errors > threshold):
        if errors[point] > threshold:
            errors[point + 1 : point + 11] = 0
    return errors


_ECHO_MISTAKES = [
    Mistake(
        "nothing removed",
        "Those are the errors as they were. If you wrote to a copy, return that one; and "
        "the second forecast has to be made from the mended series.",
        _raw,
    ),
    Mistake(
        "fault mended away",
        "The fault itself has no error any more. Mend it for the forecasts of later "
        "points; its own error is still that of the value that was measured.",
        _mended_away,
    ),
    Mistake(
        "believes its own forecast",
        "From a new level on, yours forecasts from its own forecasts and never comes "
        "back: every later point is an alarm. Keep the smaller of both errors, so that "
        "what was really measured counts as well.",
        _own_forecasts,
    ),
    Mistake(
        "silenced",
        "Another fault may come right after the first one, and yours doesn't see it. An "
        "echo must be told from a fault, not muted: forecast again.",
        _silenced,
    ),
    *(
        Mistake(
            "not the smaller one",
            "You don't keep the smaller of the two errors. Where a value was true after "
            "all, mending makes it worse: then the first error stands.",
            partial(_without_echoes, keep=keep),
        )
        for keep in (lambda old, new: new, np.maximum, lambda old, new: (old + new) / 2)
    ),
    *(
        Mistake(
            "all at once",
            "You mend all alarms together, but some of them are echoes, whose values were "
            "true. One alarm after the other: some no longer stand when an earlier one is "
            "mended.",
            _all_at_once(keep),
        )
        for keep in (np.minimum, lambda old, new: new)
    ),
    Mistake(
        "echoes mended as well",
        "You mend every alarm of the first forecast, echoes among them, whose values were "
        "true. Go through them in the order of time, and ask again whether an alarm still "
        "stands when its turn comes.",
        partial(_without_echoes, ask_again=False),
    ),
    Mistake(
        "repairs pile up",
        "From the second alarm on, your series holds the earlier repairs as well, and at "
        "a new level those are wrong. Each alarm gets a copy of the measured series, with "
        "this one value replaced.",
        partial(_without_echoes, pile=True),
    ),
    Mistake(
        "echo left",
        "You judge only the next points again. What a forecast looks back at may be "
        "much longer ago: judge all later points again.",
        partial(_without_echoes, points=10),
    ),
    Mistake(
        "a series, not errors",
        "You return a series of forecasts. An error is how far a value lies from its "
        "forecast.",
        lambda forecast, series, threshold: forecast(series),
    ),
]


def _same_errors(ours: np.ndarray, theirs: np.ndarray) -> bool:
    """Compare errors; where nothing can be forecast, NaN and 0 are both fine."""
    return alike(np.nan_to_num(ours), np.nan_to_num(theirs), tolerance=1e-4)


@exercise(
    "5.5",
    "Remove the echoes",
    points=3,
    answers=("without_echoes",),
    reference=_without_echoes,
    mistakes=_ECHO_MISTAKES,
    may_not_call=("helpers.forecasts.echo_free_errors",),
    hints=[
        "Begin with the errors as they are. Walk through np.flatnonzero(errors > "
        "threshold); an earlier repair may have silenced a later one of them.",
        "mended = series.copy(); mended[point] = expected[point]. The second forecast is "
        "made from mended, but the error is still measured from the true series.",
        "again = np.abs(series - forecast(mended)); errors[point + 1:] = np.minimum("
        "errors[point + 1:], again[point + 1:]).",
    ],
)
def check_5_5(without_echoes: object, random: np.random.Generator) -> str:
    """Check errors that no longer blame the values after a fault."""
    judge(
        without_echoes,
        _faults(random),
        _without_echoes,
        _ECHO_MISTAKES,
        name="without_echoes",
        read=partial(as_array, what="what without_echoes returns", finite=False),
        same=_same_errors,
        changes="series",
    )
    return (
        "The faults keep their errors, their echoes are gone, and a new level is an "
        "alarm when it begins and then normal."
    )


# -- 5.6: one step of an LSTM ------------------------------------------------------------

States = tuple[np.ndarray, np.ndarray]


def _right_step(
    x: np.ndarray,
    h: np.ndarray,
    c: np.ndarray,
    U: np.ndarray,
    W: np.ndarray,
    b: np.ndarray,
    *,
    order: str = "ifgo",
    squash: Callable = np.tanh,
    cell: Callable = lambda f, c, i, g: f * c + i * g,
    show: Callable = lambda o, c: o * np.tanh(c),
) -> States:
    """Return h and c (n, units) after one more input x (n, features), as Keras does.

    The blocks of U, W and b are `order`: input gate, forget gate, candidate (g), output
    gate; what else is given is what learners write in their place.
    """
    blocks = dict(zip(order, np.split(x @ U + h @ W + b, 4, axis=1), strict=True))
    i, f, o = (sigmoid(blocks[name]) for name in "ifo")
    new = cell(f, c, i, squash(blocks["g"]))
    return show(o, new), new


_STEP_MISTAKES = [
    *(
        Mistake(
            "blocks in another order",
            "Keras keeps the four blocks in the order input gate, forget gate, candidate, "
            "output gate. Yours reads them in another one.",
            partial(_right_step, order=order),
        )
        for order in ("figo", "ifog", "fiog")
    ),
    Mistake(
        "candidate through the logistic function",
        "The candidate may be negative, or nothing could bring the cell state below 0: "
        "it goes through tanh. Only the gates are shares between 0 and 1.",
        partial(_right_step, squash=sigmoid),
    ),
    Mistake(
        "cell state shown as it is",
        "The output gate multiplies the tanh of the cell state, so that the hidden state "
        "stays between -1 and 1.",
        partial(_right_step, show=lambda o, c: o * c),
    ),
    Mistake(
        "nothing is kept",
        "The old cell state is missing in the new one: the forget gate says how much of "
        "it is kept, and what is written is added.",
        partial(_right_step, cell=lambda f, c, i, g: i * g),
    ),
    Mistake(
        "nothing is forgotten",
        "The old cell state is multiplied by the forget gate before anything is added.",
        partial(_right_step, cell=lambda f, c, i, g: c + i * g),
    ),
    Mistake(
        "old cell state shown",
        "The hidden state is made from the new cell state, not from the one before.",
        lambda x, h, c, U, W, b: _right_step(
            x, h, c, U, W, b, show=lambda o, new: o * np.tanh(c)
        ),
    ),
    Mistake(
        "without the biases",
        "The biases are missing. In Keras the one of the forget gate starts at 1.",
        lambda x, h, c, U, W, b: _right_step(x, h, c, U, W, 0 * b),
    ),
    Mistake(
        "states swapped",
        "First the hidden state, then the cell state.",
        lambda x, h, c, U, W, b: _right_step(x, h, c, U, W, b)[::-1],
    ),
]


def _states(answer: object) -> tuple[np.ndarray, ...]:
    """Read the hidden and the cell state that a step returns."""
    names = ("the hidden state", "the cell state")
    parts = _parts(answer, "lstm_step", names)
    return tuple(map(partial(as_array, dimensions=2), parts, names))


def _steps(random: np.random.Generator) -> list[tuple[np.ndarray, ...]]:
    """Draw inputs, states and weights for 1 and 3 rows, 1 and 2 features."""
    return [
        tuple(
            random.normal(size=shape)
            for shape in ((n, m), (n, u), (n, u), (m, 4 * u), (u, 4 * u), (4 * u,))
        )
        for n, m, u in ((3, 2, 4), (1, 1, 2))
    ]


@exercise(
    "5.6",
    "One step of an LSTM",
    points=2,
    answers=("lstm_step",),
    reference=_right_step,
    mistakes=_STEP_MISTAKES,
    may_not_call=(
        "keras.layers.LSTM",
        "keras.layers.LSTMCell",
        "keras.layers.ConvLSTM1D",
        "keras.src.layers.rnn.conv_lstm.ConvLSTMCell",
        "tensorflow.raw_ops.LSTMBlockCell",
        "tensorflow.raw_ops.BlockLSTM",
        "tensorflow.raw_ops.BlockLSTMV2",
        "tensorflow.python.ops.gen_rnn_ops.lstm_block_cell",
        "tensorflow.python.ops.gen_rnn_ops.block_lstm",
        "tensorflow.python.ops.gen_rnn_ops.block_lstm_v2",
        "helpers.networks.peepholes.PeepholeLSTMCell",
        "helpers.networks.recurrences._lstm_step",
    ),
    hints=[
        "All four blocks at once: x @ U + h @ W + b has 4 * units columns. np.split cuts "
        "it in four.",
        "Three blocks go through sigmoid, the candidate through np.tanh. Then the last two "
        "equations of the drawing.",
        "i, f, candidate, o = np.split(x @ U + h @ W + b, 4, axis=1); the new c is "
        "sigmoid(f) * c + sigmoid(i) * np.tanh(candidate).",
    ],
)
def check_5_6(lstm_step: object, random: np.random.Generator) -> str:
    """Check the hidden and the cell state after one step."""
    judge(
        lstm_step,
        _steps(random),
        _right_step,
        _STEP_MISTAKES,
        name="lstm_step",
        read=_states,
        same=partial(alike, tolerance=1e-5),
        changes="states and weights",
    )
    return (
        "That is the whole cell. Called once per step, each time with the states of the "
        "step before, it is keras.layers.LSTM."
    )
