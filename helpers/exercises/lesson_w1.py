"""The checks of workshop W1, find the anomalies in a series.

What is asked in W1.2 to W1.4 is a detector: any method is right that finds enough of
the wrong values of drawn series, with few false alarms. The bars are from
docs/results/workshops.md: several simple methods are above them under every key.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from helpers.evaluation import point_report
from helpers.exercises.answers import (
    as_array,
    as_function,
    as_indices,
    as_number,
    call,
    kind,
    require_unchanged,
)
from helpers.exercises.declared import Mistake, exercise
from helpers.exercises.judging import accuse, judge
from helpers.exercises.outcomes import CannotCheck, Wrong
from helpers.simulation import FaultySeries, faulty_demand
from helpers.text import count

Positions = NDArray[np.int64]
Find = Callable[[NDArray], Any]  # a series (n,) -> positions

# -- W1.1: the score of an attempt -----------------------------------------------------

Late = NDArray[np.int64]  # how many points after each wrong value each alarm is


def _late(found: Any, truth: Any) -> Late:
    return np.subtract.outer(np.asarray(found, int), np.asarray(truth, int)).T


def _mean(delays: Sequence[float]) -> float:
    return float(np.mean(delays)) if len(delays) else float("nan")


def _scored(
    right: Callable[[Late, int], NDArray], first: Callable[[NDArray], Any] = np.min
) -> Callable[..., tuple]:
    """Return a scoring function whose right alarms are `right` of how late they are."""

    def score_attempt(found, truth, tolerance):
        late = _late(found, truth)
        is_right = right(late, tolerance)
        rows = zip(late, is_right, strict=True)
        delays = [first(each[hits]) for each, hits in rows if hits.any()]
        return len(delays), int((~is_right.any(axis=0)).sum()), _mean(delays)

    return score_attempt


score_of_attempt = _scored(lambda late, most: (late >= 0) & (late <= most))


def _alarms_counted(found, truth, tolerance):
    late = _late(found, truth)
    right = (late >= 0) & (late <= tolerance)
    _, false, delay = score_of_attempt(found, truth, tolerance)
    return int(right.sum()), false, delay


def _one_alarm_each(found, truth, tolerance):
    points, _, delay = score_of_attempt(found, truth, tolerance)
    return points, len(found) - points, delay


def _summed(found, truth, tolerance):
    points, false, delay = score_of_attempt(found, truth, tolerance)
    return points, false, delay * points


def _zero(found, truth, tolerance):
    points, false, delay = score_of_attempt(found, truth, tolerance)
    return points, false, delay if points else 0.0


def _all_points(found, truth, tolerance):
    points, false, delay = score_of_attempt(found, truth, tolerance)
    return points, false, delay * points / len(truth)


_SCORE_MISTAKES = [
    Mistake(
        "early alarms",
        "Your alarms may come before the wrong value. Nobody knows of it then: an alarm "
        "belongs to a point if it is at it, or up to tolerance later.",
        _scored(lambda late, most: np.abs(late) <= most),
    ),
    Mistake(
        "tolerance ignored",
        "Only alarms exactly at a point count in yours. One that comes up to tolerance "
        "later has found it, too, with a delay.",
        _scored(lambda late, most: late == 0),
    ),
    Mistake(
        "one too short",
        "An alarm exactly tolerance half hours late still belongs to its point.",
        _scored(lambda late, most: (late >= 0) & (late < most)),
    ),
    Mistake(
        "alarms counted",
        "You count right alarms. A point that rings twice is found once.",
        _alarms_counted,
    ),
    Mistake(
        "one alarm for each point",
        "You count a second alarm at a found point as false. It belongs to the point: "
        "false are those that belong to none.",
        _one_alarm_each,
    ),
    Mistake(
        "last alarm",
        "The delay ends with the first alarm of a point, not with the last one.",
        _scored(lambda late, most: (late >= 0) & (late <= most), np.max),
    ),
    Mistake("sum", "That is the sum of the delays; the mean is asked for.", _summed),
    Mistake(
        "missed points are no delay",
        "You divide by all points. The mean is over the points found: a missed one has "
        "no delay, and counts where points are counted.",
        _all_points,
    ),
    Mistake(
        "zero delay",
        "Where nothing is found there is no delay. 0 would be the best one there is; the "
        "exercise asks for NaN.",
        _zero,
    ),
]


def _attempts(random: np.random.Generator) -> list[tuple[Positions, Positions, int]]:
    """Return (found, truth, tolerance): points hit at once, late, twice and never.

    In the last but one nothing is found, in the last one nothing is flagged.
    """
    cases = []
    for tolerance in random.permutation([2, 3, 4]).tolist():
        truth = np.cumsum(random.integers(30, 60, size=6))
        late = [[0], [0, 1], [1, tolerance], [tolerance], [-1], [tolerance + 1]]
        found = np.concatenate(list(map(np.add, truth, late)))
        found = np.r_[found, truth[-1] + random.integers(20, 60, size=1)]
        cases.append((random.permutation(found), truth, tolerance))
    cases.append((truth[:3] + tolerance + 5, truth, tolerance))
    return [*cases, (np.zeros(0, int), truth, tolerance)]


def _as_score(answer: Any) -> tuple[float, ...]:
    if hasattr(type(answer), "__array__"):
        answer = np.asarray(answer).ravel().tolist()
    if not issubclass(type(answer), tuple | list) or len(answer) != 3:
        raise CannotCheck(
            "score_attempt should return three numbers: points found, false alarms, "
            f"delay; yours returns a {kind(answer)}."
        )
    points, false, delay = answer
    if np.size(delay) != 1:
        raise CannotCheck("the delay should be one number.")
    mean = as_array(np.ravel(delay), "the delay", finite=False)[0]
    return as_number(points, "points found"), as_number(false, "false alarms"), mean


@exercise(
    "W1.1",
    "The score of an attempt",
    points=1,
    answers=("score_attempt",),
    reference=score_of_attempt,
    mistakes=_SCORE_MISTAKES,
    may_not_call=("helpers.evaluation.point_report",),
    hints=[
        "Take one true point. Which alarms belong to it? Then take one alarm: does it "
        "belong to any point?",
        "late = found - point; those with (late >= 0) & (late <= tolerance) belong to "
        "the point. The first of them is the smallest late.",
        "Collect min(late) of each point that has one in a list: its length is the number "
        "of points found, its mean the delay, NaN where it is empty.",
    ],
)
def check_w1_1(score_attempt: object, random: np.random.Generator) -> str:
    """Check points found, false alarms and delay of drawn attempts."""
    judge(
        score_attempt,
        _attempts(random),
        score_of_attempt,
        _SCORE_MISTAKES,
        name="score_attempt",
        read=_as_score,
        changes="found",
    )
    return (
        "Right: three numbers, and none of them alone says which attempt is better. "
        "Whoever flags everything finds every point at once."
    )


# -- drawn series, and what a detector finds in them -----------------------------------

SERIES = 12  # drawn by a check, or twice as many
TOLERANCE = 1  # half hours


@dataclass(frozen=True)
class Bar:
    """What a detector has to reach on drawn series: most of them, few false alarms.

    `share` is the least share of all wrong values, `false` the most false alarms per
    series on average.
    """

    share: float
    false: float

    def met_by(self, found: int, points: int, false: int, series: int) -> bool:
        """Return whether so many points and false alarms in so many series are enough."""
        return found >= self.share * points and false <= self.false * series


HALF = Bar(share=0.5, false=6)
MOST = Bar(share=0.8, false=1.5)
LIVE = Bar(share=0.7, false=4)


def four_each(random: np.random.Generator) -> list[FaultySeries]:
    """Draw series with four wrong values each."""
    return [faulty_demand(random) for _ in range(SERIES)]


_COUNTS = (1, 1, 1, 2, 2, 3, 4, 6, 8, 8, 8, 8)  # one number for all is wrong


def one_to_eight(random: np.random.Generator) -> list[FaultySeries]:
    """Draw series with one to eight wrong values, smaller ones, too."""
    counts = random.permutation(2 * _COUNTS).tolist()
    return [faulty_demand(random, faults=n, size=(0.4, 1.0)) for n in counts]


def _as_positions(answer: Any, points: int, name: str) -> Positions:
    if np.asarray(answer, dtype=object).size == 0:
        return np.zeros(0, int)
    if np.asarray(answer).dtype == bool:
        raise CannotCheck(
            f"{name} returns True and False; np.flatnonzero() makes positions of them."
        )
    places = np.array(sorted(as_indices(answer, f"what {name} returns")))
    if places[0] < 0 or places[-1] >= points:
        raise CannotCheck(
            f"{name} returns position {places[0] if places[0] < 0 else places[-1]}, "
            f"and the series has 0 to {points - 1}."
        )
    return places


def _labels_returned(answer: Any, points: int) -> bool:
    """Return whether an answer is 0 or 1 for each point."""
    if len(np.shape(answer)) != 1 or np.size(answer) != points:
        return False
    return bool(np.isin(np.asarray(answer, dtype=object), (0, 1)).all())


def _found(
    find: Find, drawn: Sequence[FaultySeries], name: str, mistakes: Sequence[Mistake]
) -> list[Positions]:
    """Return the positions that a detector finds in each series, read."""
    told = []
    for each in drawn:
        series = np.array(each.series)
        answer: Any = call(find, series)
        answer = list(answer) if hasattr(answer, "__next__") else answer
        if _labels_returned(answer, len(series)):
            raise accuse(mistakes, "labels")
        told.append(_as_positions(answer, len(series), name))
        require_unchanged(series, each.series, "series")
    return told


def _require_enough(
    told: Sequence[Positions],
    drawn: Sequence[FaultySeries],
    bar: Bar,
    mistakes: Sequence[Mistake],
) -> str:
    """Raise `Wrong` unless positions meet a bar on drawn series; tell their score."""
    reports = [
        point_report(found, np.flatnonzero(each.y), tolerance=TOLERANCE)
        for found, each in zip(told, drawn, strict=True)
    ]
    points, found, false = (
        int(sum(report[name] for report in reports))
        for name in ("points", "points found", "false alarms")
    )
    told_false = count(false, "false alarm")
    score = f"{found} of {points} points, {told_false} in {len(drawn)} series"
    alike = _AS_MANY in mistakes and len({len(positions) for positions in told}) == 1
    if bar.met_by(found, points, false, len(drawn)) and not alike:
        return score
    most = f"{bar.false * len(drawn):g} false alarms"
    detail = (
        f"Yours: {score}; asked for: {bar.share:.0%} of the points, at most {most}."
    )
    known = _known(told, drawn, mistakes)
    if known is None and alike:
        known = _AS_MANY
    if known is None:
        known = _TOO_FEW if found < bar.share * points else _TOO_MANY
    raise Wrong(known.diagnosis, known.says, detail)


def _known(
    told: Sequence[Positions],
    drawn: Sequence[FaultySeries],
    mistakes: Sequence[Mistake],
) -> Mistake | None:
    """Return the mistake that a detector's positions are known from, if there is one."""
    listed = {each.diagnosis: each for each in mistakes}
    if not any(map(len, told)):
        return listed["nothing flagged"]
    if all(len(found) > len(each) / 2 for found, each in zip(told, drawn, strict=True)):
        return listed["everything flagged"]
    if all(np.array_equal(found, told[0]) for found in told):
        return listed["the same places"]
    extremes = (_EXTREMES.function(np.array(each.series)) for each in drawn)
    return _EXTREMES if all(map(np.array_equal, told, extremes)) else None


# -- what detectors look at ------------------------------------------------------------


def from_neighbours(series: NDArray) -> NDArray:
    """Return how far each value is from the middle between its neighbours."""
    away = np.zeros(len(series))
    away[1:-1] = np.abs(series[1:-1] - (series[:-2] + series[2:]) / 2)
    return away


def _jump(series: NDArray) -> NDArray:
    return np.abs(np.diff(series, prepend=series[0]))


def _from_the_half_hour(series: NDArray) -> NDArray:
    half_hour = np.arange(len(series)) % 48
    usual = pd.Series(series).groupby(half_hour).transform("median")
    return np.abs(series - usual.to_numpy())


def _above(score: NDArray, k: float) -> Positions:
    return np.flatnonzero(score > score.mean() + k * score.std())


def needle_places(series: NDArray, share: float = 0.25) -> Positions:
    """Return the peaks of the distance to the neighbours, above a share of the sd."""
    away = from_neighbours(series)
    before, after = np.r_[0, away[:-1]], np.r_[away[1:], 0]
    peak = (away >= before) & (away >= after)
    return np.flatnonzero(peak & (away > share * series.std()))


def _three_sigma(series: NDArray) -> Positions:
    return np.flatnonzero(np.abs(series - series.mean()) > 3 * series.std())


def _extremes(series: NDArray) -> Positions:
    return np.sort(np.argsort(np.abs(series - series.mean()))[-4:])


def _box_plot(series: NDArray) -> Positions:
    low, high = np.quantile(series, [0.25, 0.75])
    reach = 1.5 * (high - low)
    return np.flatnonzero((series < low - reach) | (series > high + reach))


def _largest(series: NDArray, count: int = 4) -> Positions:
    return np.sort(np.argsort(from_neighbours(series))[-count:])


# -- W1.2: at least half ---------------------------------------------------------------

_TOO_FEW = Mistake(
    "too many missed",
    "Your detector misses too many of the wrong values. Each of them is an ordinary "
    "value at the wrong moment: what would show it, the value, or how it stands to the "
    "values around it?",
    lambda series: _above(_from_the_half_hour(series), 2),
)
_TOO_MANY = Mistake(
    "too many false alarms",
    "Your detector finds the wrong values, and rings far too often beside them. Look at "
    "the score of ordinary points, and put the threshold above it.",
    lambda series: _above(_jump(series), 0.5),
)
_EXTREMES = Mistake(
    "extreme values",
    "You flag the values furthest from the mean. They are the peaks and troughs of "
    "ordinary days; the wrong values lie within the range of the series.",
    _extremes,
)
_LIMITS = Mistake(
    "nothing flagged",
    "Your detector flags nothing at all. The wrong values lie within the range of the "
    "series, so no limit on the values themselves is exceeded; and on another score the "
    "threshold may be too high.",
    _three_sigma,
)
_BOX_PLOT = Mistake(_LIMITS.diagnosis, _LIMITS.says, _box_plot)
_EVERYTHING = Mistake(
    "everything flagged",
    "Your detector flags most of the series. All wrong values are among them, and nobody "
    "will look.",
    lambda series: np.arange(len(series)),
)
_MEMORISED = Mistake(
    "the same places",
    "Your detector returns the same positions for each series. The places of the series "
    "that you have seen say nothing about others.",
    lambda series: np.array([104, 204, 304, 422]),
)
_LABELS = Mistake(
    "labels",
    "Your detector returns a 0 or 1 for each point. Positions are asked for: "
    "np.flatnonzero(labels) makes them.",
    lambda series: np.isin(np.arange(len(series)), needle_places(series)).astype(int),
)
_AS_MANY = Mistake(
    "always as many",
    "Your detector returns as many positions for each series, and the series hold one to "
    "six wrong values. A threshold on the score decides how many there are.",
    _largest,
)

_HALF_MISTAKES = [
    _LIMITS,
    _BOX_PLOT,
    _EXTREMES,
    _EVERYTHING,
    _MEMORISED,
    _LABELS,
    _TOO_FEW,
    _TOO_MANY,
]


def neighbours_three_sigma(series: NDArray) -> Positions:
    """Return where the distance to the neighbours is above its mean + 3 sd."""
    return _above(from_neighbours(series), 3)


@exercise(
    "W1.2",
    "Half of the points",
    points=2,
    answers=("find",),
    reference=neighbours_three_sigma,
    mistakes=_HALF_MISTAKES,
    hints=[
        "A wrong value lies within the range of the series. But does it lie where the "
        "values before and after it let you expect it?",
        "Make a score first: how far is each value from the middle between its "
        "neighbours? series[1:-1] - (series[:-2] + series[2:]) / 2",
        "Then a threshold, for instance score.mean() + 3 * score.std(), and "
        "np.flatnonzero(score > threshold). Mind that the score has two points less.",
    ],
)
def check_w1_2(find: object, random: np.random.Generator) -> str:
    """Check that a detector finds half of four points in drawn series."""
    drawn = four_each(random)
    found = _found(as_function(find, "find"), drawn, "find", _HALF_MISTAKES)
    told = _require_enough(found, drawn, HALF, _HALF_MISTAKES)
    return f"On {SERIES} other series: {told}."


# -- W1.3: nearly all, however many ----------------------------------------------------

_MOST_MISTAKES = [*_HALF_MISTAKES, _AS_MANY]


@exercise(
    "W1.3",
    "Nearly all, however many there are",
    points=3,
    answers=("find_all",),
    reference=needle_places,
    mistakes=_MOST_MISTAKES,
    hints=[
        "What do your false alarms have in common? Print their positions, and look at "
        "the score around a wrong value: which points ring beside it?",
        "Next to a wrong value both neighbours have half of its score. Keep a point only "
        "if its score is larger than those beside it.",
        "A mean and an sd of the score grow with the wrong values in it. A share of the "
        "series' own sd, tried on faulty_demand(...), is steadier: 0.25 * series.std().",
    ],
)
def check_w1_3(find_all: object, random: np.random.Generator) -> str:
    """Check that a detector finds most of one to eight points, with few false alarms."""
    function = as_function(find_all, "find_all")
    drawn = one_to_eight(random)
    found = _found(function, drawn, "find_all", _MOST_MISTAKES)
    told = _require_enough(found, drawn, MOST, _MOST_MISTAKES)
    return f"On {len(drawn)} other series with one to eight wrong values each: {told}."


# -- W1.4: as the values come in -------------------------------------------------------


def jumps_live(series: NDArray) -> Positions:
    """Return where a step is above 1.5 of the 95 % quantile of the steps before it."""
    steps = pd.Series(_jump(series))
    usual = steps.expanding(min_periods=48).quantile(0.95).shift(1)
    return np.flatnonzero(steps > 1.5 * usual)


def _above_so_far(score: pd.Series, k: float) -> Positions:
    known = score.expanding(min_periods=48)
    return np.flatnonzero(score > (known.mean() + k * known.std()).shift(1))


_AHEAD = Mistake(
    "looks ahead",
    "Your detector answers otherwise for a point when values change that come later. "
    "Live, these are not known yet: neighbours on the right, the mean, the sd or the "
    "median of the whole series are out of reach.",
    lambda series: _above(_jump(series), 3),
)
_CENTRED = Mistake(_AHEAD.diagnosis, _AHEAD.says, needle_places)
_LIVE_MISTAKES = [
    _LIMITS,
    _EXTREMES,
    _EVERYTHING,
    _MEMORISED,
    _LABELS,
    _AHEAD,
    _CENTRED,
    Mistake(
        _TOO_MANY.diagnosis,
        _TOO_MANY.says,
        lambda series: np.flatnonzero(_jump(series) > np.r_[0, _jump(series)[:-1]]),
    ),
    Mistake(
        _TOO_FEW.diagnosis,
        _TOO_FEW.says,
        lambda series: _above_so_far(pd.Series(series).diff(48).abs(), 3),
    ),
]


Early = list[tuple[int, Any]]  # where another future begins, what is answered then


def _asked_early(find: Find, drawn: Sequence[FaultySeries]) -> list[Early]:
    """Ask a detector of each series with other futures, before it may know the true one.

    A future begins behind a fault, and in some of the series nowhere special, too.
    """
    asked: list[Early] = []
    for place, each in enumerate(drawn):
        faults = np.flatnonzero(each.y)
        cuts = [*faults + 1, *(faults + 12 if place < 3 else [])]
        asked.append([])
        for turn, cut in enumerate(sorted(map(int, cuts))):
            other = each.series.copy()
            other[cut:] = (9, -9)[turn % 2] * other[cut:][::-1]
            asked[-1].append((cut, call(find, other)))
    return asked


def _require_no_future(
    told: Sequence[Positions], early: Sequence[Early], points: int, name: str
) -> None:
    """Raise `Wrong` where what comes after a point changes whether it is flagged."""
    for found, asked in zip(told, early, strict=True):
        for cut, answer in asked:
            answer = list(answer) if hasattr(answer, "__next__") else answer
            again = set(_as_positions(answer, points, name))
            if {at for at in {*found} ^ again if at < cut}:
                raise accuse(_LIVE_MISTAKES, "looks ahead")


@exercise(
    "W1.4",
    "As the values come in",
    points=3,
    answers=("find_live",),
    reference=jumps_live,
    mistakes=_LIVE_MISTAKES,
    hints=[
        "Which parts of your score need a value from the right of a point? And which "
        "parts of your threshold?",
        "The step from the value before is known at once. For a threshold take the steps "
        "up to then: pd.Series(steps).expanding(min_periods=48), then .shift(1).",
        "A mean and sd of the steps so far will do, mean + 3 sd; a high quantile of them, "
        "times a factor, rings less often.",
    ],
)
def check_w1_4(find_live: object, random: np.random.Generator) -> str:
    """Check that a detector finds points with what is known up to them."""
    function = as_function(find_live, "find_live")
    drawn = four_each(random)
    early = _asked_early(function, drawn)
    found = _found(function, drawn, "find_live", _LIVE_MISTAKES)
    try:
        told = _require_enough(found, drawn, LIVE, _LIVE_MISTAKES)
    except Wrong as problem:
        if problem.diagnosis in (_TOO_FEW.diagnosis, _TOO_MANY.diagnosis):
            _require_no_future(found, early, len(drawn[0]), "find_live")
        raise
    _require_no_future(found, early, len(drawn[0]), "find_live")
    return f"On {SERIES} other series, value by value: {told}."
