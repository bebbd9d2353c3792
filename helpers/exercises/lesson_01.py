"""The checks of lesson 01, what is an anomaly?"""

import random
from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy.stats import t

from helpers.datasets import load
from helpers.exercises.answers import as_array, as_function, as_number, call, kind
from helpers.exercises.declared import PAPER, exercise
from helpers.exercises.outcomes import CannotCheck, Wrong

_TEXT = "4 4 4 4 4 8 7 4 4 2 6 3 5 8 6 6 4 3 1 4 4 9 2 7 4 7 6 5 3 4 5 4 4 4 5 4 10 0"
INTEGERS = np.array(_TEXT.split(), dtype=int)


# ------------------------------------------------------------------ 1.1, three kinds

_KINDS = {
    "point": ("point", "global"),
    "contextual": ("context",),
    "collective": ("collect", "group"),
    "none": ("none", "no anomaly", "normal", "not "),
}
_KIND_MISTAKES = {
    ("A", "contextual"): (
        "no context needed",
        "9.22 GW is odd for its half hour, and also for every other half hour of the "
        "year. Which kind can be seen without knowing the time?",
    ),
    ("B", "point"): (
        "ordinary value",
        "3.23 GW is inside the limits of the year: most nights have such values. What "
        "must you know beside the value to find it odd?",
    ),
    ("C", "point"): (
        "each reading is fine",
        "12.0 °C is inside both limits, eight times over. Take one reading away from its "
        "neighbours, and nothing about it is odd.",
    ),
    ("D", "point"): (
        "rare is not odd",
        "The highest evening of a winter is rare, as every record is; but look at both "
        "pairs of limits. Does 6.87 GW leave one of them?",
    ),
}
_KIND_MISTAKES["C", "contextual"] = _KIND_MISTAKES["C", "point"]
_KIND_MISTAKES["D", "contextual"] = _KIND_MISTAKES["D", "point"]
_RIGHT_KINDS = {"A": "point", "B": "contextual", "C": "collective", "D": "none"}


@exercise(
    "1.1",
    "Which kind?",
    answers=(
        "case_a",
        "case_b",
        "case_c",
        "case_d",
    ),
    kind=PAPER,
    hints=[
        "Ask in this order: is the value outside the limits of the year? If not, is it "
        "outside the limits of its own half hour? If not, is there a group?",
        "A point anomaly needs no clock to be seen; a contextual one does.",
        "One case is inside both limits and no group: a record is not yet an anomaly.",
    ],
)
def check_1_1(case_a: object, case_b: object, case_c: object, case_d: object) -> str:
    """Check the kinds of four cases, each with the limits of the year and of its time."""
    answers = (case_a, case_b, case_c, case_d)
    kinds = {
        name: _kind_of(answer, f"case_{name.lower()}")
        for name, answer in zip("ABCD", answers, strict=True)
    }
    for name, right in _RIGHT_KINDS.items():
        if kinds[name] != right:
            raise Wrong(*_kind_mistake(name, kinds[name]))
    return (
        "Three questions in this order: strange by itself, strange at this time, strange "
        "together? D is none of them, only a record."
    )


def _kind_of(answer: object, what: str) -> str:
    wanted = ", ".join(f'"{name}"' for name in _KINDS)
    if not issubclass(type(answer), str):
        raise CannotCheck(
            f"{what} should be one of {wanted}; yours is a {kind(answer)}."
        )
    said = str(answer).strip().casefold()
    for name, openings in _KINDS.items():
        if said.startswith(openings):
            return name
    raise CannotCheck(f"{what} should be one of {wanted}; yours is {said[:30]!r}.")


def _kind_mistake(name: str, answer: str) -> tuple[str, str]:
    if (name, answer) in _KIND_MISTAKES:
        return _KIND_MISTAKES[name, answer]
    if answer == "collective":
        return (
            "one reading is no group",
            f"Case {name} is a single reading. Collective is a group whose members are "
            "fine one by one; here the one value, its limits and its time are all there "
            "is.",
        )
    return (
        "overlooked",
        f"Something is odd about case {name}. Compare the value with both pairs of limits; "
        "if it is inside both, ask how many readings the case has.",
    )


# ---------------------------------------------------------------- 1.2, the box plot


@exercise(
    "1.2",
    "The rule of the box plot",
    answers=("outliers",),
    hints=[
        "Three steps: the quartiles, the two limits, the values beyond them.",
        "np.percentile(values, [25, 75]) gives q1 and q3; the limits start from these "
        "two, and k stretches the IQR.",
        "values[mask] keeps the values where mask is True. Below one limit OR above the "
        "other: (values < low) | (values > high).",
    ],
)
def check_1_2(outliers: object) -> str:
    """Check the values outside a box plot's limits, on the limits, and for other k."""
    function = as_function(outliers, "outliers")
    samples = [
        (INTEGERS, 1.5),
        (INTEGERS, 1.0),
        (_SKEWED, 1.5),
        (_SKEWED, 3.0),
        (_HEAVY, 1.2),
        (_HEAVY, 2.0),
    ]
    answers = [
        _outliers_of(call(function, values.copy(), k), values, k)
        for values, k in samples
    ]
    if _all_same(answers, [_box_rule(*sample) for sample in samples]):
        return (
            "0 and 10 of the 38 integers are outside; 1 and 9 lie on the limits and stay "
            "inside. With another k, other limits: the rule has a knob, and somebody has "
            "to turn it."
        )
    for diagnosis, (rule, message) in _OUTLIER_MISTAKES.items():
        if _all_same(answers, [rule(*sample) for sample in samples]):
            raise Wrong(diagnosis, message)
    raise Wrong("limits", _outlier_fallback(answers, samples))


# no value is near a limit, so that every way to compute a quartile will do
_SKEWED = np.concatenate([np.linspace(1.4, 2.7, 25) ** 2, [-4.0, 12.9, 40.0]])
_HEAVY = 20 + np.tan(np.linspace(-1.45, 1.45, 41))


def _box_rule(values: np.ndarray, k: float) -> np.ndarray:
    low, high = _box_limits(values, k)
    return values[(values < low) | (values > high)]


def _box_limits(values: np.ndarray, k: float) -> tuple[float, float]:
    q1, q3 = np.percentile(values, [25, 75])
    return q1 - k * (q3 - q1), q3 + k * (q3 - q1)


def _on_or_outside(values: np.ndarray, k: float) -> np.ndarray:
    low, high = _box_limits(values, k)
    return values[(values <= low) | (values >= high)]


def _inside(values: np.ndarray, k: float) -> np.ndarray:
    low, high = _box_limits(values, k)
    return values[(values >= low) & (values <= high)]


def _strictly_inside(values: np.ndarray, k: float) -> np.ndarray:
    low, high = _box_limits(values, k)
    return values[(values > low) & (values < high)]


def _around(centre: Callable, reach: Callable) -> Callable:
    def rule(values: np.ndarray, k: float) -> np.ndarray:
        return values[np.abs(values - centre(values)) > k * reach(values)]

    return rule


def _iqr(values: np.ndarray) -> float:
    return float(np.subtract(*np.percentile(values, [75, 25])))


def _shares_as_percentiles(values: np.ndarray, k: float) -> np.ndarray:
    q1, q3 = np.percentile(values, [0.25, 0.75])
    reach = k * (q3 - q1)
    return values[(values < q1 - reach) | (values > q3 + reach)]


def _one_end(*, above: bool) -> Callable:
    def rule(values: np.ndarray, k: float) -> np.ndarray:
        low, high = _box_limits(values, k)
        return values[values > high] if above else values[values < low]

    return rule


def _outside_the_box(values: np.ndarray, k: float) -> np.ndarray:
    q1, q3 = np.percentile(values, [25, 75])
    return values[(values < q1) | (values > q3)]


def _crossed(values: np.ndarray, k: float) -> np.ndarray:
    q1, q3 = np.percentile(values, [25, 75])
    reach = k * (q3 - q1)
    return values[(values < q3 - reach) | (values > q1 + reach)]


_INVERTED = "These are the values between the limits, the normal ones. Turn the comparison round."
_ONE_SIDED = (
    "A box plot has two whiskers. Of the 38 integers one outlier is too small and one "
    "too large; your function sees only one of the two."
)
_OUTLIER_MISTAKES: dict[str, tuple[Callable, str]] = {
    "on the limit": (
        _on_or_outside,
        "1 and 9 lie exactly on the limits of the 38 integers, and you flag them. A "
        "whisker may end on a value: on the limit is still inside, so compare with < "
        "and >.",
    ),
    "k forgotten": (
        lambda values, k: _box_rule(values, 1.0),
        "These limits are one IQR away from the quartiles, whatever k is. The whiskers "
        "are k IQR long.",
    ),
    "k fixed": (
        lambda values, k: _box_rule(values, 1.5),
        "Right for k = 1.5, and the same values come back for any other k. Use the "
        "argument, not the number.",
    ),
    "around the median": (
        _around(np.median, _iqr),
        "You measure from the median. A box plot measures from the ends of the box, q1 "
        "downwards and q3 upwards: half of the values are in the box and never outliers.",
    ),
    "around the mean": (
        _around(np.mean, _iqr),
        "You measure from the mean, which the outliers themselves pull towards them. "
        "Start from the quartiles: q1 downwards, q3 upwards.",
    ),
    "standard deviations": (
        _around(np.mean, np.std),
        "That is mean ± k sd, the other rule. The outliers have widened those limits; "
        "the box plot uses quartiles so that they can't.",
    ),
    "both at once": (
        lambda values, k: values[:0],
        "Nothing is ever flagged. If you ask for values below the low limit AND above "
        "the high one, no number can be both; one of the two is enough: use |. In a loop, "
        "return only after its end.",
    ),
    "three standard deviations": (
        lambda values, k: _around(np.mean, np.std)(values, 3),
        "That is the 3-sigma rule, whatever k is. A box plot starts from the quartiles, "
        "and its whiskers are k IQR long.",
    ),
    "inverted": (_inside, _INVERTED),
    "inverted, and on the limit": (_strictly_inside, _INVERTED),
    "one side": (_one_end(above=True), _ONE_SIDED),
    "the other side": (_one_end(above=False), _ONE_SIDED),
    "share as percentile": (
        _shares_as_percentiles,
        "np.percentile counts in per cent: 0.25 is a quarter of one per cent, near the "
        "smallest value. The quartiles are 25 and 75 (or np.quantile with 0.25 and 0.75).",
    ),
    "outside the box": (
        _outside_the_box,
        "You flag whatever is outside the box, and that is half of all values, always. "
        "The limits lie k IQR beyond the ends of the box.",
    ),
    "crossed limits": (
        _crossed,
        "Your limits are q3 - k IQR and q1 + k IQR, crossed. The low limit hangs on the "
        "low quartile, the high one on the high quartile.",
    ),
}


def _outliers_of(answer: object, values: np.ndarray, k: float) -> np.ndarray:
    """Return an answer as sorted values; a mask stands for the values it selects."""
    what = "outliers(values, k)"
    answer = _joined(answer, what)
    if issubclass(type(answer), np.ma.MaskedArray):
        answer = answer.compressed()
    if np.ndim(answer) == 0 and issubclass(type(answer), (int, float, np.number)):
        raise CannotCheck(f"{what} should return the values themselves, in an array.")
    if issubclass(type(answer), (set, frozenset)):  # it holds no value twice
        members = as_array(list(answer), what)
        return np.sort(values[np.isin(values, members)])
    array = as_array(answer, what)
    low, high = _box_limits(values, k)
    odd = (values < low) | (values > high)
    if len(array) == len(values) and np.isin(array, (0.0, 1.0)).all():  # a mask
        return np.sort(values[array.astype(bool)])
    if len(array) == 2 and np.allclose(np.sort(array), (low, high)):
        raise Wrong(
            "limits instead of values",
            "These are the two limits, and they are right. The question is which values "
            "lie outside them.",
        )
    if odd.any() and np.array_equal(array, np.flatnonzero(odd)):
        raise Wrong(
            "positions instead of values",
            "These are the positions of the outliers. Use them as an index: "
            "values[positions] are the values.",
        )
    return np.sort(array)


def _joined(answer: object, what: str) -> object:
    """Return low and high outliers as one array, and what np.where returns unpacked."""
    if not issubclass(type(answer), (list, tuple)):
        return answer
    parts = [part for part in answer if issubclass(type(part), (list, np.ndarray))]
    if len(parts) != len(answer) or len(parts) not in (1, 2):
        return answer
    return np.concatenate([as_array(part, what) for part in parts])


def _all_same(answers: list[np.ndarray], expected: list[np.ndarray]) -> bool:
    return all(
        len(answer) == len(rule) and np.allclose(answer, np.sort(rule))
        for answer, rule in zip(answers, expected, strict=True)
    )


def _outlier_fallback(answers: list[np.ndarray], samples: list) -> str:
    if all(np.array_equal(answer, answers[0]) for answer in answers):
        return (
            "The same values come back for all arrays and all k. Work with the two "
            "arguments, not with names from outside."
        )
    for answer, (values, k) in zip(answers, samples, strict=True):
        if not _all_same([answer], [_box_rule(values, k)]):
            break
    right, low_and_high = _box_rule(values, k), _box_limits(values, k)
    name = "the 38 integers" if values is INTEGERS else f"{len(values)} other values"
    head = f"For {name} and k = {k:g} you return "
    if np.setdiff1d(answer, values).size:
        return f"{head}numbers that are not among the values: select with values[mask]."
    if np.array_equal(answer, np.sort(values)):
        return f"{head}all of them. Print your two limits: is the low one below the high one?"
    if len(answer) >= len(values):
        return f"{head}{len(answer)} values. Select those outside, and leave the others out."
    others_right = _all_same(
        answers[2:], [_box_rule(*sample) for sample in samples[2:]]
    )
    extra = np.setdiff1d(answer, right)
    if others_right and extra.size and np.isin(extra, low_and_high).all():
        return f"{head}a value that lies on a limit. On the limit is still inside."
    if len(answer) > len(right):
        return f"{head}{len(answer)} values, too many: your limits are too narrow. Print them."
    if len(answer) == 0:
        return (
            f"{head}nothing. Print your limits; if they are right, look at how the values "
            "are collected: does a return stand inside a loop?"
        )
    return f"{head}{len(answer)} values, too few: your limits are too wide. Print them."


# ------------------------------------------------------------ 1.3, limits per month


@exercise(
    "1.3",
    "To each month its own",
    answers=("month_flags",),
    hints=[
        "values.groupby(values.index.month) makes the twelve groups; nobody has to count "
        "to twelve.",
        'groupby(...).transform("mean") returns a Series as long as values, with the mean '
        "of its own month beside each value.",
        "Flag where the absolute distance from the month's mean is greater than 3 times "
        "the month's standard deviation.",
    ],
)
def check_1_3(month_flags: object) -> str:
    """Check flags outside mean ± 3 sd of the own month, on a made-up year."""
    function = as_function(month_flags, "month_flags")
    year = _made_up_year()
    flags = _flags_of(call(function, year.copy()), year)
    if (flags == _beyond(year, by=_month_of(year))).all():
        demand = load("elecdemand").X["Demand"]
        alarms = _beyond(demand, by=_month_of(demand))
        per_month = alarms.groupby(demand.index.month_name(), sort=False).sum()
        hit = [f"{name} {count}" for name, count in per_month.items() if count]
        return (
            f"All twelve months are watched. On the demand that makes {alarms.sum()} "
            f"alarms ({', '.join(hit)}): spring and autumn can ring now."
        )
    for diagnosis, (rule, message) in _MONTH_MISTAKES.items():
        if (flags == rule(year)).all():
            raise Wrong(diagnosis, message)
    _say_which_months(flags, year)
    raise Wrong("limits", _month_fallback(flags, year))


def _made_up_year() -> pd.Series:
    """Return a seasonal year, every 6 hours, with at least two odd values a month.

    The tails are heavy and the upper one is longer, so that every mistake flags other
    values than the rule does.
    Python's own random numbers are the same in every version.
    """
    rng = random.Random(10)
    time = pd.date_range("2014-01-01", "2014-12-31 18:00", freq="6h")
    month = np.asarray(time.month)
    level = 20 + 8 * np.cos((month - 1) * np.pi / 6)
    sd = np.array([2.0, 1.2, 0.7, 1.6, 0.5, 1.0, 2.4, 0.8, 1.4, 0.6, 1.1, 1.8])
    noise = t.ppf([rng.random() for _ in time], 2.5)
    noise = np.where(noise > 0, 1.7 * noise, noise)
    return pd.Series(level + sd[month - 1] * noise, time, name="demand")


def _beyond(
    values: pd.Series,
    *,
    by: object = None,
    k: float = 3.0,
    centre: object = "mean",
    sd: object = "std",
) -> pd.Series:
    """True outside centre ± k sd of a group; `by` None is one group for all."""
    groups = values.groupby(np.zeros(len(values)) if by is None else by)
    return (values - groups.transform(centre)).abs() > k * groups.transform(sd)


def _other_month(values: pd.Series, shift: int) -> pd.Series:
    months = values.groupby(values.index.month)
    other = (values.index.month - 1 + shift) % 12 + 1
    centre, sd = months.mean()[other].to_numpy(), months.std()[other].to_numpy()
    return (values - centre).abs() > 3 * sd


def _without(values: pd.Series, month: int) -> pd.Series:
    inside = values.index.month != month
    return _beyond(values, by=values.index.month) & inside


def _half(values: pd.Series, *, above: bool) -> pd.Series:
    centre = values.groupby(values.index.month).transform("mean")
    side = values > centre if above else values < centre
    return _beyond(values, by=values.index.month) & side


def _mad(values: pd.Series) -> float:
    return float((values - values.median()).abs().median())


def _outside_box(values: pd.Series) -> pd.Series:
    low, high = _box_limits(values.to_numpy(), 1.5)
    return (values < low) | (values > high)


def _month_of(values: pd.Series) -> np.ndarray:
    return np.asarray(values.index.month)


_SHIFTED = (
    "Each value is compared with the limits of a neighbouring month: the groups are "
    "right, the names have slipped by one. Let groupby carry the month with the value."
)
_ROBUST = (
    "Each month has its own limits, and robust ones at that: a good idea, and the next "
    "section's. Here, first, the rule with mean and sd of the month."
)
_ONE_SIDE = (
    "Each month has its own limits, but you watch only one of the two. A month can be "
    "oddly quiet as well as oddly busy: take the absolute distance."
)
_MONTH_MISTAKES: dict[str, tuple[Callable, str]] = {
    "one limit for all": (
        lambda v: _beyond(v),
        "That is one pair of limits for all months. July's normal is not January's: the "
        "seasons widen the sd until nothing in between can be odd.",
    ),
    "another month's limits": (lambda v: _other_month(v, 1), _SHIFTED),
    "the month before": (lambda v: _other_month(v, -1), _SHIFTED),
    "sd of the year": (
        lambda v: _beyond(v, by=_month_of(v), sd=lambda part: v.std()),
        "Each month has its own mean now, but all share the sd of the year, which holds "
        "the difference between the seasons. A month's spread comes from its own values.",
    ),
    "mean of the year": (
        lambda v: _beyond(v, by=_month_of(v), centre=lambda part: v.mean()),
        "The sd is each month's own, but the middle is the year's. In summer every half "
        "hour is far from that.",
    ),
    "day of the month": (
        lambda v: _beyond(v, by=v.index.day),
        "index.day is the day of the month, 1 to 31: each of your groups holds days of "
        "all seasons. index.month is the month.",
    ),
    "hour of the day": (
        lambda v: _beyond(v, by=v.index.hour),
        "You grouped by the hour. A good idea too, but every hour has days of all "
        "seasons in it; the month is index.month.",
    ),
    "day of the week": (
        lambda v: _beyond(v, by=v.index.day_of_week),
        "You grouped by the day of the week. Every Monday group holds summer and winter "
        "alike; the month is index.month.",
    ),
    "week": (
        lambda v: _beyond(v, by=v.index.isocalendar().week.to_numpy()),
        "Your groups are weeks: too small to know what is odd, since an odd value is a "
        "good part of its own sd. index.month is the month.",
    ),
    "month and hour": (
        lambda v: _beyond(v, by=[_month_of(v), np.asarray(v.index.hour)]),
        "You grouped by month and hour: a good idea, but smaller groups than asked for. "
        "The month alone.",
    ),
    "quarter": (
        lambda v: _beyond(v, by=v.index.quarter),
        "Your groups are quarters: three months share one pair of limits, and the first "
        "of them differs from the last. index.month is the month.",
    ),
    "inverted": (
        lambda v: ~_beyond(v, by=_month_of(v)),
        "These are the values inside the limits. A flag is True where a value is odd.",
    ),
    "only above": (lambda v: _half(v, above=True), _ONE_SIDE),
    "only below": (lambda v: _half(v, above=False), _ONE_SIDE),
    "nothing is flagged": (
        lambda v: v != v,
        "No value is flagged at all. Either the groups are too small to have an outlier, "
        "or a value would have to be below the low limit AND above the high one; one of "
        "the two is enough: use |.",
    ),
    "median with sd": (
        lambda v: _beyond(v, by=_month_of(v), centre="median"),
        "The spread is each month's sd, but the middle is its median: two rules mixed. "
        "The one asked for measures from the month's mean.",
    ),
    "median and MAD": (
        lambda v: _beyond(v, by=_month_of(v), k=3.5 * 1.4826, centre="median", sd=_mad),
        _ROBUST,
    ),
    "box plot": (
        lambda v: v.groupby(_month_of(v)).transform(_outside_box).astype(bool),
        "That is a box plot for each month: a fine rule, and robust. Here, first, the "
        "one with mean and sd of the month.",
    ),
    "one standard deviation": (
        lambda v: _beyond(v, by=_month_of(v), k=1),
        "The limits are one sd away from the mean. A third of all ordinary values lie "
        "beyond that; 3 sigma takes three.",
    ),
    "two standard deviations": (
        lambda v: _beyond(v, by=_month_of(v), k=2),
        "The limits are two sd away from the mean, and one ordinary value in twenty lies "
        "beyond; 3 sigma takes three.",
    ),
    "variance": (
        lambda v: _beyond(v, by=_month_of(v), sd="var"),
        "That is 3 times the variance, in squared gigawatts. The sd is its root.",
    ),
}


def _flags_of(answer: object, values: pd.Series) -> pd.Series:
    """Return an answer as one flag per value; time stamps or positions will do."""
    what = "month_flags(values)"
    answer = _unwrapped(answer)
    if issubclass(type(answer), pd.DatetimeIndex):
        return pd.Series(values.index.isin(answer), values.index)
    if issubclass(type(answer), pd.Series):
        if issubclass(type(answer.index), pd.MultiIndex):  # groupby(...).apply(...)
            answer = answer.droplevel(0)
        if answer.index.isin(values.index).all():
            answer = _in_order(answer, values)
    if np.ndim(answer) == 0:
        raise CannotCheck(
            f"{what} should return one flag per value; yours is one value."
        )
    array = as_array(answer, what)
    if len(array) == 12:
        raise Wrong(
            "one result per month",
            "Twelve results, one per month. The question is about each value: "
            "groupby(...).transform(...) puts a month's number beside each of its values.",
        )
    if len(array) == len(values):
        if np.isin(array, (-1.0, 1.0)).all() and (array < 0).any():
            raise CannotCheck(
                f"{what} should hold True and False (or 1 and 0); yours holds -1 and 1."
            )
        if not np.isin(array, (0.0, 1.0)).all():
            raise Wrong("no threshold", _NO_THRESHOLD)
        return pd.Series(array.astype(bool), values.index)
    positions = np.arange(len(values))
    if np.asarray(answer).dtype != bool and np.isin(array, positions).all():
        return pd.Series(np.isin(positions, array), values.index)
    advice = (
        "Is a month missing?"
        if len(array) < len(values)
        else "Work on the argument, not on a series from outside."
    )
    raise CannotCheck(
        f"{what} should return one flag per value: {len(values)} went in, and "
        f"{len(array)} came back. {advice}"
    )


_NO_THRESHOLD = (
    "These are numbers: limits, or how far away each value is. A flag needs the "
    "comparison: True where a value leaves its limits."
)


def _unwrapped(answer: object) -> object:
    """Return what a tuple, a table or a list of months or time stamps holds."""
    if issubclass(type(answer), tuple) and len(answer) == 2:
        raise Wrong("no threshold", _NO_THRESHOLD)
    if issubclass(type(answer), dict):
        answer = list(answer.values())
    if issubclass(type(answer), list) and _all_series(answer):
        return pd.concat(answer)
    if issubclass(type(answer), pd.DataFrame) and answer.shape[1] > 1:
        flags = answer.select_dtypes("bool")
        if flags.shape[1] != 1:
            raise Wrong("no threshold", _NO_THRESHOLD)
        answer = flags
    if issubclass(type(answer), tuple) and len(answer) == 1:
        return answer[0]
    if issubclass(type(answer), (list, set)) and _all_time_stamps(answer):
        return pd.DatetimeIndex(list(answer))
    if issubclass(type(answer), pd.DataFrame) and answer.shape[1] == 1:
        return answer.iloc[:, 0]
    if issubclass(type(answer), np.ndarray) and answer.ndim == 2 and 1 in answer.shape:
        return answer.ravel()
    return answer


def _all_series(entries: list) -> bool:
    return bool(entries) and all(issubclass(type(one), pd.Series) for one in entries)


def _all_time_stamps(entries: list | set) -> bool:
    kinds = {type(entry) for entry in entries}
    return bool(kinds) and all(issubclass(one, pd.Timestamp) for one in kinds)


def _in_order(answer: pd.Series, values: pd.Series) -> pd.Series:
    """Return a Series of flags, or of the flagged values, in the order of `values`."""
    answer = answer[~answer.index.duplicated()]
    if answer.dtype == bool:  # what is left out was not flagged
        return answer.reindex(values.index, fill_value=False)
    if len(answer) < len(values):
        return pd.Series(values.index.isin(answer.index), values.index)
    return answer.reindex(values.index)


def _say_which_months(flags: pd.Series, year: pd.Series) -> None:
    """Raise `Wrong` when some months are right and others were left out."""
    months = _month_of(year)
    right = _beyond(year, by=months)
    silent = {m for m in range(1, 13) if not flags[months == m].any()}
    others = ~np.isin(months, list(silent))
    if silent and others.any() and (flags == right)[others].all():
        raise Wrong(
            "a month is missing",
            f"In {len(silent)} of the 12 months no alarm is ever raised, though each month "
            f"of this made-up year has odd values; the others are right. {_why(silent)}",
        )


def _why(silent: set[int]) -> str:
    if len(silent) == 11:
        return "Does a return stand inside the loop, so that it ends after one month?"
    return (
        "range(1, 12), for one, ends before 12, and range(12) begins at 0: let the index "
        "name the groups, then count them."
    )


def _month_fallback(flags: pd.Series, year: pd.Series) -> str:
    right = _beyond(year, by=_month_of(year))
    missed, false = int((right & ~flags).sum()), int((flags & ~right).sum())
    head = (
        f"On a made-up year you miss {missed} of {right.sum()} odd values and flag {false} "
        "ordinary ones. "
    )
    if missed > false:
        return head + "Your limits are too wide: does each month have its own sd?"
    if false > len(year) / 2:
        return head + (
            "Do your limits come from `values`, and not from a series outside of the "
            "function? And is a flag True where a value is odd?"
        )
    return head + (
        "Which values share one mean and one sd? All of one month, and no others."
    )


# -------------------------------------------------------------- 1.4, LOF by hand

_HOUSES = np.array([[0, 0], [0, 1], [1, 1], [3, 0]], dtype=float)
_CLOSE = 0.04  # 1.3 for 1.333 is near enough for pencil and paper


@exercise(
    "1.4",
    "LOF with pencil and paper",
    answers=(
        "lof_b",
        "lof_d",
    ),
    kind=PAPER,
    hints=[
        "Begin with a table: each house's two nearest neighbours, and how far the second "
        "of them is. Both neighbours of b, and both of d, are a and c.",
        "The way to a neighbour counts at least that neighbour's own d_2. From b to a: "
        "the walk is 1, but a's second neighbour is 2 away, so the way counts 2.",
        "Densities: a and c have 1 / mean(1, 2). Find those of b and d, then divide the "
        "neighbours' mean density by them.",
    ],
)
def check_1_4(lof_b: object, lof_d: object) -> str:
    """Check the factors of two of four houses, city-block distance, k = 2."""
    answer = np.array([as_number(lof_b, "lof_b"), as_number(lof_d, "lof_d")])
    right = _factors()
    if np.allclose(answer, right, atol=_CLOSE):
        return (
            "d lives in an area half as dense as its neighbours': factor 2. And b, in the "
            "very middle, gets 4/3: from so few neighbours a density is a rough guess. A "
            "factor a little above 1 means nothing yet."
        )
    for diagnosis, (factors, message) in _lof_mistakes().items():
        if np.allclose(answer, factors, atol=_CLOSE):
            raise Wrong(diagnosis, message)
    good = np.isclose(answer, right, atol=_CLOSE)
    if good[1]:
        raise Wrong(
            "b",
            "d is right. For b, look at what it costs to reach a and c: each of them has "
            "a second neighbour of its own, and how far away is that one?",
        )
    if good[0]:
        raise Wrong(
            "d",
            "b is right. For d: which two houses are nearest, how far is the walk, and "
            "what is d's density? Its neighbours' mean density is divided by it.",
        )
    raise Wrong("factors", _lof_fallback(answer))


def _factors(
    *,
    distances: np.ndarray | None = None,
    reach: Callable[[float, float, float], float] = lambda own, its, far: max(its, far),
    result: Callable[[float, list[float]], float] = lambda own, near: (
        np.mean(near) / own
    ),
    k: int = 2,
) -> np.ndarray:
    """Return the factors of b and d; the parameters are the ways to get them wrong."""
    if distances is None:
        distances = np.abs(_HOUSES[:, None] - _HOUSES).sum(axis=2)
    order = [
        [other for other in np.argsort(row, kind="stable") if other != house][:k]
        for house, row in enumerate(distances)
    ]
    last = [distances[house, near[-1]] for house, near in enumerate(order)]
    density = [
        1 / np.mean([reach(last[h], last[o], distances[h, o]) for o in near])
        for h, near in enumerate(order)
    ]
    return np.array(
        [result(density[h], [density[o] for o in order[h]]) for h in (1, 3)]
    )


def _lof_mistakes() -> dict[str, tuple[np.ndarray, str]]:
    straight = np.sqrt(np.square(_HOUSES[:, None] - _HOUSES).sum(axis=2))
    return {
        "straight lines": (
            _factors(distances=straight),
            "These are the factors with distances as the crow flies, scikit-learn's "
            "default. Here one walks along the streets: |Δx| + |Δy|.",
        ),
        "plain distances": (
            _factors(reach=lambda own, its, far: far),
            "You took the plain distances. The way to a neighbour counts at least that "
            "neighbour's own d_k: from b to a the walk is 1, but a's second neighbour is "
            "farther. This keeps close pairs from looking endlessly dense.",
        ),
        "own k-distance": (
            _factors(reach=lambda own, its, far: max(own, far)),
            "You compared with the d_k of the house you start from. It is the "
            "neighbour's that counts: max(d_k(o), d(p, o)), with o the neighbour.",
        ),
        "upside down": (
            _factors(result=lambda own, near: own / np.mean(near)),
            "Upside down: a lonely house must get a large factor. Divide the neighbours' "
            "density by its own.",
        ),
        "sign": (
            -_factors(),
            "The size is right, the sign is scikit-learn's: it stores the negative "
            "factor, so that lower is odder. In this course higher is more anomalous.",
        ),
        "density": (
            _factors(result=lambda own, near: own),
            "Those are the densities of b and d themselves. LOF compares: the mean "
            "density of the neighbours, divided by the own one.",
        ),
        "mean distance": (
            _factors(result=lambda own, near: 1 / own),
            "Those are the mean distances to the neighbours, one step before the "
            "density. Turn each into 1 / mean, then compare with the neighbours.",
        ),
        "sum": (
            _factors(result=lambda own, near: np.sum(near) / own),
            "You added the densities of the two neighbours. LOF takes their mean; "
            "otherwise every ordinary point would get about k instead of 1.",
        ),
        "k counts the house itself": (
            _factors(k=1),
            "These are the factors with one neighbour. A house is not its own "
            "neighbour: k = 2 are two others.",
        ),
        "all neighbours": (
            _factors(k=3),
            "With three neighbours everybody has everybody: all neighbourhoods are alike, "
            "and nobody stands out. Take the two nearest.",
        ),
        "swapped": (_factors()[::-1], "The two numbers are right, but swapped."),
    }


def _lof_fallback(answer: np.ndarray) -> str:
    head = f"You have {answer[0]:.3g} for b and {answer[1]:.3g} for d. "
    if (answer <= 0).any():
        return head + "A ratio of two densities is positive."
    if answer[1] <= answer[0]:
        return head + "d lives far from everybody: its factor must be the larger one."
    return head + (
        "Go step by step: the two neighbours of each house, how far the second one is, "
        "the density, and only then the ratio."
    )


# ------------------------------------------------------- 1.5, cosine and correlation


@exercise(
    "1.5",
    "From cosine to correlation",
    answers=("prepared",),
    hints=[
        "Write both formulas below one another. Pearson: the same product and the same "
        "lengths, but of what?",
        "Cosine divides by the lengths already, so scale cannot be the trouble. What else "
        "do two series of positive numbers share?",
        "Correlation looks at distances from the mean. Subtract something from x.",
    ],
)
def check_1_5(prepared: object) -> str:
    """Check that the cosine of two prepared series is their Pearson correlation."""
    function = as_function(prepared, "prepared")
    pairs = _series_pairs()
    answers = [[_prepared(function, x) for x in pair] for pair in pairs]
    found = np.array([_cosine(*pair) for pair in answers])
    if np.allclose(found, _cosines(pairs, lambda x: x - x.mean()), atol=1e-8):
        first = answers[0][0]
        unit = np.isclose(first.std(), 1) or np.isclose(first.std(ddof=1), 1)
        what = (
            "z-scored, and the mean alone would have done: cosine divides by the length "
            "anyway"
            if unit
            else "centred, and that is enough: the other half of a z-score, dividing by "
            "the sd, changes no angle"
        )
        raw = _cosines(pairs[:1], lambda x: x)[0]
        return (
            f"For a and b the cosine falls from {raw:.4f} to {found[0]:.8f}, and Pearson "
            f"says the same. Your series is {what}."
        )
    for diagnosis, (prepare, message) in _COSINE_MISTAKES.items():
        if np.allclose(found, _cosines(pairs, prepare), atol=1e-6):
            raise Wrong(diagnosis, message)
    if all(np.array_equal(one[0], answers[0][0]) for one in answers[1:]):
        raise Wrong(
            "not the argument",
            "The same series comes back whatever goes in. Work with the argument, x, not "
            "with a name from outside.",
        )
    shifts = np.concatenate(
        [answer - x for pair, xs in zip(answers, pairs, strict=True)
         for answer, x in zip(pair, xs, strict=True) if len(answer) == len(x)] or [[]]
    )  # fmt: skip
    if len(shifts) and np.allclose(shifts, shifts[0]):
        raise Wrong(
            "one number for all",
            "You move all series by the same number. Each has a middle of its own.",
        )
    pearson = _cosines(pairs, lambda x: x - x.mean())
    worst = int(np.argmax(np.abs(found - pearson)))
    if np.allclose(found, pearson, atol=2e-3):
        raise Wrong(
            "rounded",
            "Almost: the cosine agrees with Pearson to two digits or three. Does your "
            "function round?",
        )
    raise Wrong(
        "cosine",
        f"For {'two other series' if worst else 'a and b'} the cosine of your prepared "
        f"series is {found[worst]:.4f}, and their Pearson correlation is "
        f"{pearson[worst]:.4f}. Correlation measures each value from the mean of its own "
        "series, and changes nothing else.",
    )


def _series_pairs() -> list[tuple[np.ndarray, np.ndarray]]:
    rng = np.random.default_rng(3)
    a = np.array([1.0, 2, 3, 4, 5, 6, 7, 7, 7, 7])
    b = np.array([5.0, 5, 6, 6, 7, 7, 8, 8, 8, 9])
    x = np.exp(rng.normal(size=24)) + 2
    return [(a, b), (x, 0.4 * x + rng.gamma(1.0, size=24)), (x, 30 - 3 * x**0.5)]


def _prepared(function: Callable, x: np.ndarray) -> np.ndarray:
    answer = call(function, x.copy())
    shape = np.shape(answer) if issubclass(type(answer), np.ndarray) else ()
    if len(shape) == 2 and 1 in shape:  # as a scaler of scikit-learn returns it
        answer = np.ravel(answer)
    if issubclass(type(answer), (int, float, np.number)):
        raise CannotCheck(
            "prepared(x) should return a series as long as x, not a number."
        )
    array = as_array(answer, "prepared(x)")
    if len(array) < 2:
        raise CannotCheck(
            f"prepared(x) should be a series; yours has {len(array)} values."
        )
    if not np.linalg.norm(array) > 0:
        raise Wrong(
            "nothing left",
            "Only zeros come back, and zeros have no direction. Subtract one number from "
            "the series, not the series from itself.",
        )
    return array


def _cosine(a: np.ndarray, b: np.ndarray) -> float:
    if len(a) != len(b):
        raise CannotCheck("prepared(x) returns another length for another series.")
    with np.errstate(all="ignore"):
        cosine = float(a / np.linalg.norm(a) @ (b / np.linalg.norm(b)))
    if not np.isfinite(cosine):
        raise CannotCheck("prepared(x) holds numbers too large to compare.")
    return cosine


def _cosines(pairs: list, prepare: Callable) -> np.ndarray:
    return np.array([_cosine(prepare(a), prepare(b)) for a, b in pairs])


def _ranks(x: np.ndarray) -> np.ndarray:
    ranks = pd.Series(x).rank().to_numpy()
    return ranks - ranks.mean()


_COSINE_MISTAKES: dict[str, tuple[Callable, str]] = {
    "scaled only": (
        lambda x: x,
        "Nothing has changed: the cosine is that of the raw series. It divides by the "
        "lengths itself, so dividing by any number first does nothing to the angle. What "
        "does Pearson do before it multiplies?",
    ),
    "smallest value": (
        lambda x: x - x.min(),
        "You moved the smallest value to 0, so all values are still on one side of zero. "
        "Correlation wants them on both sides: above and below average.",
    ),
    "middle of the range": (
        lambda x: x - (x.max() + x.min()) / 2,
        "You measure from the middle between the smallest and the largest value, so two "
        "readings decide. Pearson measures from the mean of all.",
    ),
    "median": (
        lambda x: x - np.median(x),
        "Right move, other middle: Pearson measures from the mean. The median would "
        "resist outliers, and then it is no longer Pearson's number.",
    ),
    "ranks": (
        _ranks,
        "That is the correlation of the ranks, Spearman's. A fine measure, but here the "
        "values themselves count.",
    ),
    "raw ranks": (
        lambda x: pd.Series(x).rank().to_numpy(),
        "Ranks instead of values, and all of them still positive. Keep the values, and "
        "measure them from another zero.",
    ),
    "brackets": (
        lambda x: x - x.mean() / x.std(),
        "x - x.mean() / x.std() divides first and subtracts then. Put brackets round the "
        "difference.",
    ),
    "differences": (
        np.diff,
        "You compare the steps from one value to the next: that is the correlation of "
        "changes, nearly, and not of the series.",
    ),
    "first value": (
        lambda x: x - x[0],
        "You measure from the first value, so one reading decides about all the others. "
        "Pearson measures from the mean.",
    ),
    "logarithm": (
        np.log,
        "A logarithm bends the series; its values still lie on one side. Shift it "
        "instead.",
    ),
}
