"""The checks of lesson 01, what is an anomaly?"""

import re
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm, rankdata

from helpers.datasets.examples import FOUR_POINTS, INTEGERS
from helpers.exercises.answers import as_array, as_flags, as_number, call, kind
from helpers.exercises.declared import ANYTHING, PAPER, Mistake, exercise
from helpers.exercises.judging import (
    OTHER,
    NothingReturned,
    accuse,
    judge,
    recognise,
)
from helpers.exercises.outcomes import CannotCheck, Wrong

# -- 1.1: three kinds --------------------------------------------------------------------

_KINDS = {  # how words that mean a kind begin
    "point": r"point\b|global",
    "contextual": r"context",
    "collective": r"collect|group",
    "none": r"none|nothing|normal|ordinary|inlier|not? an|no$",
}


def _in_case(name: str, answer: str) -> Callable[[], tuple]:
    return lambda: tuple(answer if name == case else ANYTHING for case in "ABCD")


_KIND_MISTAKES = [
    Mistake(
        "no context needed",
        "Case A leaves the limits of its half hour, and also those of the year. Which "
        "kind can be seen without knowing the time?",
        _in_case("A", "contextual"),
    ),
    Mistake(
        "ordinary value",
        "The value of case B is inside the limits of the year: many nights have such "
        "values. What must you know beside the value to find it odd?",
        _in_case("B", "point"),
    ),
    *(
        Mistake(
            "each reading is fine",
            "In case C each reading is inside both limits. Take one away from its "
            "neighbours, and nothing about it is odd.",
            _in_case("C", wrong),
        )
        for wrong in ("point", "contextual")
    ),
    *(
        Mistake(
            "rare is not odd",
            "The highest evening of a winter is rare, as every record is; but look at "
            "both pairs of limits. Does case D leave one of them?",
            _in_case("D", wrong),
        )
        for wrong in ("point", "contextual")
    ),
    *(
        Mistake(
            "one reading is no group",
            f"Case {case} is a single reading. Collective is a group whose members are "
            "fine one by one.",
            _in_case(case, "collective"),
        )
        for case in "ABD"
    ),
]


@exercise(
    "1.1",
    "Which kind?",
    points=1,
    answers=("case_a", "case_b", "case_c", "case_d"),
    kind=PAPER,
    reference=lambda: ("point", "contextual", "collective", "none"),
    mistakes=_KIND_MISTAKES,
    hints=[
        "Ask in this order: is the value outside the limits of the year? If not, is it "
        "outside the limits of its own half hour? If not, is there a group?",
        "A point anomaly needs no clock to be seen; a contextual one does.",
        "One case is inside both limits and no group: a record is not yet an anomaly.",
    ],
)
def check_1_1(case_a: object, case_b: object, case_c: object, case_d: object) -> str:
    """Check the kinds of four cases, each with the limits of the year and of its time."""
    answers = zip("abcd", (case_a, case_b, case_c, case_d), strict=True)
    recognise(
        [_kind_of(answer, f"case_{case}") for case, answer in answers],
        {},
        lambda: ("point", "contextual", "collective", "none"),
        _KIND_MISTAKES,
        others=[
            (
                "overlooked",
                f"Something is odd about case {case}. Compare it with both pairs of "
                "limits; if it is inside both, ask how many readings the case has.",
            )
            for case in "ABCD"
        ],
    )
    return (
        "Three questions in this order: strange by itself, strange at this time, strange "
        "together? D is none of them, only a record."
    )


def _kind_of(answer: Any, what: str) -> str:
    wanted = ", ".join(f'"{name}"' for name in _KINDS)
    if answer is None:  # Python's word for "none"
        return "none"
    if issubclass(type(answer), (set, frozenset)):
        answer = list(answer)
    if issubclass(type(answer), (list, tuple, np.ndarray)) and np.size(answer) == 1:
        answer = np.ravel(answer)[0]
    if not issubclass(type(answer), str):
        raise CannotCheck(
            f"{what} should be one of {wanted}; yours is a {kind(answer)}."
        )
    said = str(answer).strip(" \t\n.,;:!?'\"()[]").casefold()
    named = [name for name, words in _KINDS.items() if re.search(rf"\b({words})", said)]
    if len(named) > 1:
        raise CannotCheck(
            f"{what} should be one kind; yours names {' and '.join(named)}."
        )
    if named:
        return named[0]
    raise CannotCheck(f"{what} should be one of {wanted}; yours is {said[:30]!r}.")


# -- 1.2: the box plot -------------------------------------------------------------------

# no value is near a limit, so that every way to compute a quartile will do
_SKEWED = np.concatenate([np.linspace(1.4, 2.7, 25) ** 2, [-4.0, 12.9, 40.0]])
_HEAVY = np.tan(np.linspace(-1.45, 1.45, 41))


def _limits(values: np.ndarray, k: float, at: tuple = (25, 75)) -> tuple[float, float]:
    q1, q3 = np.percentile(values, at)
    return q1 - k * (q3 - q1), q3 + k * (q3 - q1)


def _outside(values: np.ndarray, limits: tuple[float, float]) -> np.ndarray:
    low, high = limits
    return (values < low) | (values > high)


def _box_rule(values: np.ndarray, k: float) -> np.ndarray:
    return values[_outside(values, _limits(values, k))]


def _on_or_outside(values: np.ndarray, k: float) -> np.ndarray:
    low, high = _limits(values, k)
    return values[(values <= low) | (values >= high)]


def _around(values: np.ndarray, k: float, centre: Callable, reach: Callable):
    return values[np.abs(values - centre(values)) > k * reach(values)]


def _iqr(values: np.ndarray) -> float:
    return float(np.subtract(*np.percentile(values, [75, 25])))


_ONE_SIDED = (
    "A box plot has two whiskers: a value can be too small or too large. Your function "
    "sees only one of the two."
)
_BOX_MISTAKES = [
    Mistake(
        "on the limit",
        "You flag values that lie exactly on a limit, too. A whisker may end on a value: "
        "on the limit is still inside, so compare with < and >.",
        _on_or_outside,
    ),
    Mistake(
        "k forgotten",
        "These limits are one IQR away from the quartiles, whatever k is. The whiskers "
        "are k IQR long.",
        lambda values, k: _box_rule(values, 1.0),
    ),
    Mistake(
        "k fixed",
        "Right for k = 1.5, and the same values come back for any other k. Use the "
        "argument, not the number.",
        lambda values, k: _box_rule(values, 1.5),
    ),
    Mistake(
        "around the median",
        "You measure from the median. A box plot measures from the ends of the box, q1 "
        "downwards and q3 upwards.",
        partial(_around, centre=np.median, reach=_iqr),
    ),
    Mistake(
        "standard deviations",
        "That is mean ± k sd, the other rule. The outliers have widened those limits; "
        "the box plot uses quartiles so that they can't.",
        partial(_around, centre=np.mean, reach=np.std),
    ),
    Mistake(
        "both at once",
        "Nothing is ever flagged. If you ask for values below the low limit AND above "
        "the high one, no number can be both; one of the two is enough: use |.",
        lambda values, k: values[:0],
    ),
    Mistake(
        "inverted",
        "These are the values between the limits, the normal ones. Turn the comparison "
        "round.",
        lambda values, k: values[~_outside(values, _limits(values, k))],
    ),
    Mistake(
        "one side",
        _ONE_SIDED,
        lambda values, k: values[values > _limits(values, k)[1]],
    ),
    Mistake(
        "one side",
        _ONE_SIDED,
        lambda values, k: values[values < _limits(values, k)[0]],
    ),
    Mistake(
        "share as percentile",
        "np.percentile counts in per cent: 0.25 is a quarter of one per cent, near the "
        "smallest value. The quartiles are 25 and 75.",
        lambda values, k: values[_outside(values, _limits(values, k, (0.25, 0.75)))],
    ),
    Mistake(
        "outside the box",
        "You flag whatever is outside the box, and that is half of all values. The "
        "limits lie k IQR beyond the ends of the box.",
        lambda values, k: _box_rule(values, 0),
    ),
    Mistake(
        "limits instead of values",
        "These are the two limits. The question is which values lie outside them.",
        _limits,
    ),
    Mistake(
        "flags instead of values",
        "These are flags, one per value. Use them as an index: values[flags] are the "
        "values.",
        lambda values, k: _outside(values, _limits(values, k)),
    ),
    Mistake(
        "positions instead of values",
        "These are the positions of the outliers. Use them as an index: "
        "values[positions] are the values.",
        lambda values, k: np.flatnonzero(_outside(values, _limits(values, k))),
    ),
]


def _box_cases(random: np.random.Generator) -> list[tuple[np.ndarray, float]]:
    """Return (values, k): integers with values on the limits, two longer tails."""
    step, start = int(random.choice([-3, -2, 2, 3])), int(random.integers(-20, 20))
    integers = start + step * np.array(INTEGERS)
    scale = random.choice([-1, 1]) * random.uniform(0.5, 3)
    skewed, heavy = scale * _SKEWED, scale * _HEAVY + random.uniform(-20, 20)
    cases = [(np.array(INTEGERS), 1.5), (integers, 1.5), (integers, 1), (integers, 2)]
    cases += [(skewed, 1.5), (skewed / 1000, 3.0), (heavy, 1.2), (heavy, 2.0)]
    return [(_with_extremes_at_the_ends(random.permutation(v)), k) for v, k in cases]


def _with_extremes_at_the_ends(values: np.ndarray) -> np.ndarray:
    """Return values with the largest first and the smallest last: none may be skipped."""
    inner = np.delete(values, [np.argmax(values), np.argmin(values)])
    return np.concatenate([[values.max()], inner, [values.min()]])


@exercise(
    "1.2",
    "The rule of the box plot",
    points=2,
    answers=("outliers",),
    reference=_box_rule,
    mistakes=_BOX_MISTAKES,
    may_not_call=("helpers.thresholds.iqr_limits",),
    hints=[
        "Three steps: the quartiles, the two limits, the values beyond them.",
        "np.percentile(values, [25, 75]) gives q1 and q3; the limits start from these "
        "two, and k stretches the IQR.",
        "values[mask] keeps the values where mask is True. Below one limit OR above the "
        "other: (values < low) | (values > high).",
    ],
)
def check_1_2(outliers: object, random: np.random.Generator) -> str:
    """Check the values outside a box plot's limits, on the limits, and for other k."""
    judge(
        outliers,
        _box_cases(random),
        _box_rule,
        _BOX_MISTAKES,
        name="outliers",
        read=_as_outliers,
        changes="array",
    )
    return (
        "Values on a limit stay inside. With another k there are other limits: the rule "
        "has a parameter, and somebody has to choose it."
    )


def _as_outliers(answer: Any) -> np.ndarray:
    """Return an answer as sorted values; low and high ones may come apart."""
    what, kinds = "outliers(values, k)", type(answer)
    if issubclass(kinds, np.ma.MaskedArray):
        answer = answer.compressed()
    if issubclass(kinds, (set, frozenset)):
        answer = list(answer)
    if issubclass(kinds, (list, tuple)) and 1 <= len(answer) <= 2:
        arrays = [part for part in answer if isinstance(part, (list, np.ndarray))]
        if len(arrays) == len(answer):
            answer = np.concatenate([as_array(part, what) for part in arrays])
    return np.sort(as_array(answer, what))


# -- 1.3: limits per month ---------------------------------------------------------------


def _of_groups(values: np.ndarray, groups: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and sd of each value's own group."""
    _, group = np.unique(groups, return_inverse=True)
    count = np.bincount(group)
    mean = (np.bincount(group, values) / count)[group]
    variance = np.bincount(group, (values - mean) ** 2) / (count - 1)
    return mean, np.sqrt(variance)[group]


def _months(values: pd.Series) -> np.ndarray:
    return np.asarray(values.index.month)


def _month_rule(
    values: pd.Series, groups: np.ndarray | None = None, k: float = 3.0
) -> np.ndarray:
    """Return flags (n,): outside mean ± k sd of the own group, by default the month."""
    array = values.to_numpy(dtype=float)
    mean, sd = _of_groups(array, _months(values) if groups is None else groups)
    return np.abs(array - mean) > k * sd


def _other_month(values: pd.Series, shift: int) -> pd.Series:
    months = values.groupby(values.index.month)
    other = (values.index.month - 1 + shift) % 12 + 1
    centre, sd = months.mean()[other].to_numpy(), months.std()[other].to_numpy()
    return (values - centre).abs() > 3 * sd


def _half_of_the_year(values: pd.Series, *, centre: bool) -> np.ndarray:
    """Return flags where mean (`centre`) or sd are the year's, the other the month's."""
    mean, sd = _of_groups(values.to_numpy(), _months(values))
    if centre:
        return np.abs(values.to_numpy() - values.mean()) > 3 * sd
    return np.abs(values.to_numpy() - mean) > 3 * values.std()


def _side(values: pd.Series, *, above: bool) -> np.ndarray:
    mean, _ = _of_groups(values.to_numpy(), _months(values))
    side = values.to_numpy() > mean if above else values.to_numpy() < mean
    return _month_rule(values) & side


def _robust(values: pd.Series) -> pd.Series:
    months = values.groupby(values.index.month)
    distance = (values - months.transform("median")).abs()
    return distance > 3.5 * 1.4826 * distance.groupby(_months(values)).transform(
        "median"
    )


_SHIFTED = (
    "Each value is compared with the limits of a neighbouring month: the groups are "
    "right, the names have slipped by one. Let groupby carry the month with the value."
)
_ONE_SIDE = (
    "Each month has its own limits, but you watch only one of the two. A month can be "
    "oddly quiet as well as oddly busy: take the absolute distance."
)
_MISSING = (
    "In some month no alarm is ever raised, though it has odd values. range(1, 12) ends "
    "before 12, range(12) begins at 0, and a return inside a loop ends it at once: let "
    "the index name the groups, then count them."
)
_MONTH_MISTAKES = [
    Mistake(
        "one limit for all",
        "That is one pair of limits for all months. The seasons widen the sd, and what "
        "is odd for its month is ordinary for the year.",
        lambda values: _month_rule(values, np.zeros(len(values))),
    ),
    Mistake("another month's limits", _SHIFTED, partial(_other_month, shift=1)),
    Mistake("another month's limits", _SHIFTED, partial(_other_month, shift=-1)),
    Mistake(
        "sd of the year",
        "Each month has its own mean now, but all share the sd of the year, which holds "
        "the difference between the seasons. A month's spread comes from its own values.",
        partial(_half_of_the_year, centre=False),
    ),
    Mistake(
        "mean of the year",
        "The sd is each month's own, but the middle is the year's, which whole months "
        "lie far away from.",
        partial(_half_of_the_year, centre=True),
    ),
    Mistake(
        "day of the month",
        "index.day is the day of the month, 1 to 31: each of your groups holds days of "
        "all seasons. index.month is the month.",
        lambda values: _month_rule(values, np.asarray(values.index.day)),
    ),
    *(
        Mistake(
            "a month is missing",
            _MISSING,
            lambda values, left=left: (
                _month_rule(values) & ~np.isin(_months(values), left)
            ),
        )
        for left in ([12], [1], list(range(2, 13)))
    ),
    Mistake(
        "inverted",
        "These are the values inside the limits. A flag is True where a value is odd.",
        lambda values: ~_month_rule(values),
    ),
    Mistake("one side", _ONE_SIDE, partial(_side, above=True)),
    Mistake("one side", _ONE_SIDE, partial(_side, above=False)),
    Mistake(
        "nothing is flagged",
        "No value is flagged at all. Would a value have to be below the low limit AND "
        "above the high one? One of the two is enough: use |.",
        lambda values: np.zeros(len(values), dtype=bool),
    ),
    Mistake(
        "two standard deviations",
        "The limits are two sd away from the mean; 3 sigma takes three.",
        partial(_month_rule, k=2),
    ),
    Mistake(
        "a robust rule",
        "Each month has its own limits, and robust ones at that: a good idea, and the "
        "next section's. Here, first, the rule with mean and sd of the month.",
        _robust,
    ),
    Mistake(
        "no threshold",
        "These are numbers: limits, or how far away each value is. A flag needs the "
        "comparison: True where a value leaves its limits.",
        lambda values: np.abs(
            values - _of_groups(values.to_numpy(), _months(values))[0]
        ),
    ),
    Mistake(
        "one result per month",
        "Twelve results, one per month. The question is about each value: "
        "groupby(...).transform(...) puts a month's number beside each of its values.",
        lambda values: values.groupby(values.index.month).std(),
    ),
]


def _years(random: np.random.Generator) -> list[tuple[pd.Series]]:
    """Return two years, every 6 hours, with odd values above and below in each month.

    Each month holds the same heavy-tailed pattern, in another order, at another level
    and with another spread, so that the rule's flags are known and the mistakes' differ.
    """
    firsts = (2014, int(random.choice([2013, 2015, 2018, 2022])))
    flips = random.permutation([-1.0, 1.0])
    return [(_year(random, *each),) for each in zip(firsts, flips, strict=True)]


def _year(random: np.random.Generator, first_year: int, flip: float) -> pd.Series:
    first = pd.Timestamp(first_year, 1, 1)
    first += pd.DateOffset(months=int(random.integers(1, 12)))  # not in January
    last = first + pd.DateOffset(years=1)
    time = pd.date_range(first, last, freq="6h", inclusive="left")
    month = np.asarray(time.month)
    level = random.uniform(20, 60) + 4 * np.cos(
        (month - random.integers(12)) * np.pi / 6
    )
    sd = random.permutation(
        [2.0, 1.2, 0.7, 1.6, 0.5, 1.0, 2.4, 0.8, 1.4, 0.6, 1.1, 1.8]
    )
    values = np.empty(len(time))
    for number in range(1, 13):
        inside = month == number
        values[inside] = random.permutation(_pattern(int(inside.sum())))
    return pd.Series(level + flip * sd[month - 1] * values, time, name="demand")


# odd in both directions, and some that only another rule flags
_TAILS = [-9.5, -8.2, -4.1, 4.1, 6.2, 7.75, 9.0, 9.3, 10.5, 11.0]


def _pattern(size: int) -> np.ndarray:
    """Return quantiles of the normal distribution, and the tails."""
    bulk = (np.arange(size - len(_TAILS)) + 0.5) / (size - len(_TAILS))
    return np.concatenate([norm.ppf(bulk), _TAILS])


@exercise(
    "1.3",
    "To each month its own",
    points=2,
    answers=("month_flags",),
    reference=_month_rule,
    mistakes=_MONTH_MISTAKES,
    may_not_call=("helpers.thresholds.group_limits",),
    hints=[
        "values.groupby(values.index.month) makes the twelve groups; nobody has to count "
        "to twelve.",
        'groupby(...).transform("mean") returns a Series as long as values, with the mean '
        "of its own month beside each value.",
        "Flag where the absolute distance from the month's mean is greater than 3 times "
        "the month's standard deviation.",
    ],
)
def check_1_3(month_flags: object, random: np.random.Generator) -> str:
    """Check flags outside mean ± 3 sd of the own month, on made-up years."""
    judge(
        month_flags,
        _years(random),
        _month_rule,
        _MONTH_MISTAKES,
        name="month_flags",
        use=lambda function, values: _flags_of(call(function, values), values),
        changes="Series",
    )
    return "All twelve months are watched, each with its own limits."


def _flags_of(answer: Any, values: pd.Series) -> np.ndarray:
    """Return an answer as one flag per value, in the order of the values."""
    what, kinds = "month_flags(values)", type(answer)
    if issubclass(kinds, pd.DataFrame) and answer.shape[1] == 1:
        answer = answer.iloc[:, 0]
    if issubclass(kinds, dict):
        answer = pd.Series(answer)
    if issubclass(type(answer), pd.Series):
        answer = _in_order(answer, values.index)
    array = np.asarray(answer) if issubclass(kinds, tuple) else as_array(answer, what)
    if len(array) == 12:
        raise accuse(_MONTH_MISTAKES, "one result per month")
    numbers = array.dtype.kind in "fi" and not np.isin(array, (-1, 0, 1)).all()
    if numbers and (len(array) == len(values) or array.shape == (2, len(values))):
        raise accuse(_MONTH_MISTAKES, "no threshold")
    return as_flags(array, what, length=len(values))


def _in_order(answer: pd.Series, index: pd.Index) -> pd.Series:
    """Return a Series in the order of `index`, where it has the same time stamps."""
    if issubclass(type(answer.index), pd.MultiIndex):  # groupby(...).apply(...)
        answer = answer.droplevel(0)
    same = len(answer) == len(index) and answer.index.is_unique
    return answer[index] if same and answer.index.isin(index).all() else answer


# -- 1.4: LOF by hand --------------------------------------------------------------------

_HOUSES = np.array(FOUR_POINTS, dtype=float)
_CLOSE = 0.04  # 1.3 for 1.333 is near enough for pencil and paper


def _walk(houses: np.ndarray) -> np.ndarray:
    return np.abs(houses[:, None] - houses).sum(axis=2)


def _straight(houses: np.ndarray) -> np.ndarray:
    return np.sqrt(np.square(houses[:, None] - houses).sum(axis=2))


def _factors(
    *,
    distance: Callable = _walk,
    reach: Callable = lambda own, its, far: max(its, far),
    result: Callable = lambda own, near: np.mean(near) / own,
    k: int = 2,
) -> tuple[float, float]:
    """Return the factors of b and d; the parameters are the ways to get them wrong."""
    distances = distance(_HOUSES)
    order = [
        [other for other in np.argsort(row, kind="stable") if other != house][:k]
        for house, row in enumerate(distances)
    ]
    last = [distances[house, near[-1]] for house, near in enumerate(order)]
    density = [
        1 / np.mean([reach(last[h], last[o], distances[h, o]) for o in near])
        for h, near in enumerate(order)
    ]
    b, d = (result(density[h], [density[o] for o in order[h]]) for h in (1, 3))
    return float(b), float(d)


_LOF_MISTAKES = [
    Mistake(
        "straight lines",
        "These are the factors with distances as the crow flies, scikit-learn's default. "
        "Here one walks along the streets: |Δx| + |Δy|.",
        partial(_factors, distance=_straight),
    ),
    Mistake(
        "plain distances",
        "You took the plain distances. The way to a neighbour counts at least that "
        "neighbour's own d_k: from b to a the walk is 1, but a's second neighbour is "
        "farther.",
        partial(_factors, reach=lambda own, its, far: far),
    ),
    Mistake(
        "own k-distance",
        "You compared with the d_k of the house you start from. It is the neighbour's "
        "that counts: max(d_k(o), d(p, o)), with o the neighbour.",
        partial(_factors, reach=lambda own, its, far: max(own, far)),
    ),
    Mistake(
        "upside down",
        "Upside down: a lonely house must get a large factor. Divide the neighbours' "
        "density by its own.",
        partial(_factors, result=lambda own, near: own / np.mean(near)),
    ),
    Mistake(
        "sign",
        "The size is right, the sign is scikit-learn's: it stores the negative factor, "
        "so that lower is odder. In this course higher is more anomalous.",
        partial(_factors, result=lambda own, near: -np.mean(near) / own),
    ),
    Mistake(
        "density",
        "Those are the densities of b and d themselves. LOF compares: the mean density "
        "of the neighbours, divided by the own one.",
        partial(_factors, result=lambda own, near: own),
    ),
    Mistake(
        "mean distance",
        "Those are the mean distances to the neighbours, one step before the density. "
        "Turn each into 1 / mean, then compare with the neighbours.",
        partial(_factors, result=lambda own, near: 1 / own),
    ),
    Mistake(
        "sum",
        "You added the densities of the two neighbours. LOF takes their mean.",
        partial(_factors, result=lambda own, near: np.sum(near) / own),
    ),
    Mistake(
        "k counts the house itself",
        "These are the factors with one neighbour. A house is not its own neighbour: "
        "k = 2 are two others.",
        partial(_factors, k=1),
    ),
    Mistake(
        "swapped",
        "The two numbers are right, but swapped.",
        lambda: _factors()[::-1],
    ),
]


@exercise(
    "1.4",
    "LOF with pencil and paper",
    points=2,
    answers=("lof_b", "lof_d"),
    kind=PAPER,
    reference=_factors,
    mistakes=_LOF_MISTAKES,
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
    recognise(
        (as_number(lof_b, "lof_b"), as_number(lof_d, "lof_d")),
        {},
        _factors,
        _LOF_MISTAKES,
        others=[
            (
                "b",
                "For b, look at what it costs to reach a and c: each of them has a second "
                "neighbour of its own, and how far away is that one?",
            ),
            (
                "d",
                "b is right. For d: which two houses are nearest, how far is the walk, "
                "and what is d's density? Its neighbours' mean density is divided by it.",
            ),
        ],
        same=lambda ours, right: abs(ours - right) <= _CLOSE,
    )
    return (
        "d lives in an area half as dense as its neighbours': factor 2. And b, in the "
        "very middle, gets 4/3: from so few neighbours a density is a rough guess. A "
        "factor a little above 1 means nothing yet."
    )


# -- 1.5: cosine and correlation ---------------------------------------------------------


def _z_scored(x: np.ndarray) -> np.ndarray:
    return (x - np.mean(x)) / np.std(x)


_SERIES_MISTAKES = [
    Mistake(
        "scaled only",
        "The cosine is that of the raw series. It divides by the lengths itself, so "
        "dividing by any number first does nothing to the angle. What does Pearson do "
        "before it multiplies?",
        lambda x: x / np.std(x),
    ),
    Mistake(
        "smallest value",
        "You moved the smallest value to 0, so all values are still on one side of zero. "
        "Pearson wants them on both sides: above and below average.",
        lambda x: (x - np.min(x)) / (np.max(x) - np.min(x)),
    ),
    Mistake(
        "median",
        "Right move, other middle: Pearson measures from the mean. The median would "
        "resist outliers, and then it is no longer Pearson's number.",
        lambda x: x - np.median(x),
    ),
    Mistake(
        "ranks",
        "That is the correlation of the ranks, Spearman's. A fine measure, but here the "
        "values themselves count.",
        lambda x: rankdata(x) - np.mean(rankdata(x)),
    ),
    Mistake(
        "brackets",
        "x - x.mean() / x.std() divides first and subtracts then. Put brackets round the "
        "difference.",
        lambda x: x - np.mean(x) / np.std(x),
    ),
    Mistake(
        "differences",
        "You compare the steps from one value to the next: that is the correlation of "
        "changes, nearly, and not of the series.",
        np.diff,
    ),
    Mistake(
        "first value",
        "You measure from the first value, so one reading decides about all the others. "
        "Pearson measures from the mean.",
        lambda x: x - np.asarray(x)[0],
    ),
    Mistake(
        "nothing left",
        "Only zeros come back, and zeros have no direction. Subtract one number from the "
        "series, not the series from itself.",
        lambda x: x - x,
    ),
]


def _series_pairs(random: np.random.Generator) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return pairs of positive series: alike, opposed, and hardly related."""
    x = np.sort(np.exp(random.normal(size=24))) + random.uniform(1, 3)
    y = 30 - 3 * np.sqrt(x) + random.uniform(0, 1, size=24)
    z = random.permutation(x) ** 2 + random.uniform(4, 6)
    order = random.permutation(24)
    return [
        (x[order], (x + 0.3 * z)[order]),
        (x[order], y[order]),
        (y[order], z[order]),
    ]


@exercise(
    "1.5",
    "From cosine to correlation",
    points=1,
    answers=("prepared",),
    reference=_z_scored,
    mistakes=_SERIES_MISTAKES,
    hints=[
        "Write both formulas below one another. Pearson: the same product and the same "
        "lengths, but of what?",
        "Cosine divides by the lengths already, so scale cannot be the trouble. What else "
        "do two series of positive numbers share?",
        "Correlation looks at distances from the mean. Subtract something from x.",
    ],
)
def check_1_5(prepared: object, random: np.random.Generator) -> str:
    """Check that the cosine of two prepared series is their Pearson correlation."""
    try:
        judge(
            prepared,
            _series_pairs(random),
            _z_scored,
            _SERIES_MISTAKES,
            name="prepared",
            use=_cosine_of_prepared,
            changes="series",
        )
    except Wrong as wrong:
        if wrong.diagnosis != OTHER:
            raise
        blank = isinstance(wrong, NothingReturned)
        raise Wrong(OTHER, wrong.idea if blank else _NOT_PEARSON) from None
    return (
        "The cosine is Pearson's correlation now. Subtracting the mean does it: dividing "
        "by the sd as well changes no angle."
    )


_NOT_PEARSON = (
    "The cosine of two prepared series is not their Pearson correlation. That measures "
    "each value from the mean of its own series, changes nothing else and rounds nothing."
)


def _cosine_of_prepared(function: Callable, a: np.ndarray, b: np.ndarray) -> float:
    first, second = (_as_series(call(function, x)) for x in (a, b))
    if len(first) != len(second):
        raise CannotCheck("prepared(x) returns another length for another series.")
    return float(first @ second)


def _as_series(answer: Any) -> np.ndarray:
    """Return what a function made of a series, as a vector of length 1."""
    what = "prepared(x)"
    if issubclass(type(answer), (int, float, np.number)):
        raise CannotCheck(f"{what} should return a series as long as x, not a number.")
    array = as_array(answer, what)
    if len(array) < 2:
        raise CannotCheck(f"{what} should be a series; yours has {len(array)} values.")
    scale = np.abs(array).max()
    if not scale > 0:
        raise accuse(_SERIES_MISTAKES, "nothing left")
    array = array / scale
    return array / np.linalg.norm(array)
