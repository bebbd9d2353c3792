"""The checks of lesson 12, evaluation traps."""

from collections.abc import Callable
from copy import deepcopy
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.stats import expon, genpareto

from helpers.evaluation import events_from_labels
from helpers.exercises.answers import (
    as_array,
    as_function,
    as_number,
    call,
    kind,
)
from helpers.exercises.declared import Mistake, exercise
from helpers.exercises.judging import accuse, judge
from helpers.exercises.outcomes import CannotCheck, NotAttempted

# -- 12.1: point adjustment ------------------------------------------------------------


def _adjusting(
    change: Callable[[NDArray, NDArray, int, int], Any],
) -> Callable[[NDArray, NDArray], NDArray]:
    """Return an `adjust` that changes the alarms of each event (start, stop)."""

    def adjust(y: NDArray, alarms: NDArray) -> NDArray:
        adjusted = np.array(alarms)
        for start, stop in events_from_labels(y):
            change(adjusted, np.asarray(alarms), start, stop)
        return adjusted

    return adjust


def _whole_event(adjusted: NDArray, alarms: NDArray, start: int, stop: int) -> None:
    adjusted[start:stop] = alarms[start:stop].max()


def _from_the_alarm_on(adjusted: NDArray, alarms: NDArray, start: int, stop: int):
    adjusted[start:stop] = np.maximum.accumulate(alarms[start:stop])


def _up_to_the_alarm(adjusted: NDArray, alarms: NDArray, start: int, stop: int):
    adjusted[start:stop] = np.maximum.accumulate(alarms[start:stop][::-1])[::-1]


def _every_event(adjusted: NDArray, alarms: NDArray, start: int, stop: int) -> None:
    adjusted[start:stop] = 1


def _by_majority(adjusted: NDArray, alarms: NDArray, start: int, stop: int) -> None:
    adjusted[start:stop] = alarms[start:stop].mean() >= 0.5


def _one_point_over(adjusted: NDArray, alarms: NDArray, start: int, stop: int) -> None:
    adjusted[start : stop + 1] = alarms[start : stop + 1].max()


adjusted_alarms = _adjusting(_whole_event)

_ADJUSTMENT_MISTAKES = [
    Mistake("unchanged", "These are the alarms as they came in.", lambda y, a: a),
    Mistake(
        "from the alarm on",
        "Your events are flagged from their first alarm on. Point adjustment goes back, "
        "too: all points of the run count as found, also those before the alarm.",
        _adjusting(_from_the_alarm_on),
    ),
    Mistake(
        "up to the alarm",
        "Your events are flagged up to their last alarm. The points after it belong to "
        "the same run of ones, and count as found as well.",
        _adjusting(_up_to_the_alarm),
    ),
    Mistake(
        "events without an alarm",
        "You flag all events. Only those with at least one alarm count as found.",
        _adjusting(_every_event),
    ),
    Mistake(
        "all events at once",
        "One alarm in one event flags all the others in yours. Each run of ones stands "
        "for itself.",
        lambda y, a: np.where(y == 1, (a * y).max(), a),
    ),
    Mistake(
        "false alarms dropped",
        "The events are right, but the alarms outside them are gone. They stay: they "
        "are the false alarms.",
        lambda y, a: _adjusting(_whole_event)(y, a) * y,
    ),
    Mistake(
        "by majority",
        "You ask for half of the points. Point adjustment is content with one.",
        _adjusting(_by_majority),
    ),
    Mistake(
        "one point too far",
        "Your runs end one point too late: an alarm right behind an event counts for it.",
        _adjusting(_one_point_over),
    ),
]


def _alarm_cases(random: np.random.Generator) -> list[tuple[NDArray, NDArray]]:
    """Return (y, alarms): events hit early, late, inside, at most points, and not.

    Behind some events there is a false alarm right away, behind others a point later.
    In the last case no event is hit.
    """
    hits = [[0, 1, 0, 0, 0], [0, 0, 0, 1, 0], [1, 1, 1, 0], [0, 0, 0, 0], [0, 1, 0]]
    missed = [[0] * len(hit) for hit in hits]
    return [_series_of(events, random) for events in (hits, hits, missed)]


def _series_of(
    events: list[list[int]], random: np.random.Generator
) -> tuple[NDArray, NDArray]:
    y, alarms = [0, 0], [0, 1]
    for place in random.permutation(len(events)):
        late, gap = place % 2, int(random.integers(4, 7))
        y += [1] * len(events[place]) + [0] * gap
        alarms += [*events[place], *[0] * late, 1, *[0] * (gap - 1 - late)]
    return np.array(y), np.array(alarms)


def _as_flags(answer: object) -> NDArray:
    return as_array(answer, "what adjust returns")


@exercise(
    "12.1",
    "Point adjustment",
    answers=("adjust",),
    reference=adjusted_alarms,
    mistakes=_ADJUSTMENT_MISTAKES,
    hints=[
        "An event is a run of ones in y. Go through the events one by one.",
        "evaluation.events_from_labels(y) gives start and stop of each; stop itself "
        "lies behind the event, as in a slice.",
        "adjusted = alarms.copy(), and for each event "
        "adjusted[start:stop] = alarms[start:stop].max().",
    ],
)
def check_12_1(adjust: object, random: np.random.Generator) -> str:
    """Check that an event with an alarm is flagged as a whole, and nothing else is."""
    judge(
        adjust,
        _alarm_cases(random),
        adjusted_alarms,
        _ADJUSTMENT_MISTAKES,
        name="adjust",
        read=_as_flags,
        changes="alarms",
    )
    return (
        "One alarm anywhere in an event, and all its points count as found. A detector "
        "that misses nearly every point of a long event is not punished for it."
    )


# -- 12.2: windows apart ---------------------------------------------------------------


def windows_apart(
    starts: ArrayLike, window: int, cut: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return positions in `starts` of windows wholly before `cut`, wholly from it on."""
    first = np.asarray(starts)
    return np.flatnonzero(first + window <= cut), np.flatnonzero(first >= cut)


def _split(
    train: Callable[[NDArray, int, int], Any], test: Callable[[NDArray, int, int], Any]
) -> Callable[..., Any]:
    def apart(starts, window, cut):
        first = np.asarray(starts)
        return (
            np.flatnonzero(train(first, window, cut)),
            np.flatnonzero(test(first, window, cut)),
        )

    return apart


def _random_halves(starts, window, cut):
    order = np.random.default_rng(0).permutation(len(starts))
    size = int(np.sum(np.asarray(starts) + window <= cut))
    return order[:size], order[size:]


def _the_starts(starts, window, cut):
    first = np.asarray(starts)
    return first[first + window <= cut], first[first >= cut]


_SPLIT_MISTAKES = [
    Mistake(
        "windows across the cut",
        "Some of your training windows begin before the cut and end behind it: they hold "
        "points of the test part. Where does a window end?",
        _split(lambda s, w, c: s < c, lambda s, w, c: s >= c),
    ),
    Mistake(
        "windows across the cut",
        "Some of your test windows begin before the cut: they hold points of the "
        "training part.",
        _split(lambda s, w, c: s + w <= c, lambda s, w, c: s + w > c),
    ),
    Mistake(
        "one window lost",
        "The last training window ends right before the cut, and may stay: a window "
        "that starts at s covers s to s + window - 1.",
        _split(lambda s, w, c: s + w < c, lambda s, w, c: s >= c),
    ),
    Mistake(
        "one window lost",
        "A window that starts at the cut holds only points from the cut on: it belongs "
        "to the test part.",
        _split(lambda s, w, c: s + w <= c, lambda s, w, c: s > c),
    ),
    Mistake(
        "one point shared",
        "Your last training window ends on the cut itself, and that point belongs to "
        "the test part: a window that starts at s covers s to s + window - 1.",
        _split(lambda s, w, c: s + w <= c + 1, lambda s, w, c: s >= c),
    ),
    Mistake(
        "twice the gap",
        "You leave out the windows across the cut twice: once the training part ends "
        "before it, the test part may begin right there.",
        _split(lambda s, w, c: s + w <= c, lambda s, w, c: s >= c + w),
    ),
    Mistake(
        "counted as windows",
        "cut is a point of the series, and yours cuts the list of windows. With a "
        "stride of more than one these are different numbers.",
        _split(
            lambda s, w, c: np.arange(len(s)) + w <= c,
            lambda s, w, c: np.arange(len(s)) >= c,
        ),
    ),
    Mistake(
        "random split",
        "That is a random split. Neighbouring windows share most of their points, and "
        "lie on both sides of it.",
        _random_halves,
    ),
    Mistake(
        "starts, not positions",
        "These are the starts themselves. Positions in the list of windows are asked "
        "for, so that they can index the windows.",
        _the_starts,
    ),
    Mistake(
        "the other way round",
        "The training windows come first, and lie before the cut.",
        lambda s, w, c: windows_apart(s, w, c)[::-1],
    ),
]


def _window_cases(random: np.random.Generator) -> list[tuple[NDArray, int, int]]:
    """Return (starts, window, cut): several strides, one window ends at the cut."""
    cases = []
    for stride in (1, *random.integers(2, 5, size=2).tolist()):
        window = stride * int(random.integers(3, 6))
        first = stride * int(random.integers(4, 9))  # the window that ends at the cut
        starts = stride * np.arange(first // stride + int(random.integers(25, 35)))
        cases.append((starts, window, first + window))
    return cases


def _as_two_parts(answer: Any) -> tuple[NDArray, ...]:
    if not issubclass(type(answer), tuple | list) or len(answer) != 2:
        raise CannotCheck(
            "apart should return two arrays of positions, training and test; yours "
            f"returns a {kind(answer)}."
        )
    names = ("the training positions", "the test positions")
    parts = []
    for part, name in zip(answer, names, strict=True):
        array = np.asarray(part)
        if array.dtype == bool:
            raise CannotCheck(
                f"{name} are True and False; np.flatnonzero() makes positions."
            )
        parts.append(as_array(part, name) if array.size else np.zeros(0))
    return tuple(parts)


def _require_no_lot(function: Callable[..., Any], case: tuple) -> None:
    """Raise `Wrong` where windows of the two parts stand in turns: a random split."""
    try:
        train, test = _as_two_parts(call(function, *deepcopy(case)))
    except (CannotCheck, NotAttempted):
        return  # the judge tells
    both = np.r_[train, test]
    if not np.array_equal(np.sort(both), np.arange(len(case[0]))):
        return
    sides = np.repeat([0, 1], [len(train), len(test)])[np.argsort(both)]
    if np.count_nonzero(np.diff(sides)) > 2:
        raise accuse(_SPLIT_MISTAKES, "random split")


def _same_parts(ours: tuple[NDArray, ...], theirs: tuple[NDArray, ...]) -> bool:
    """Return whether two splits hold the same windows, in whatever order."""
    return all(
        np.array_equal(np.sort(a), np.sort(b))
        for a, b in zip(ours, theirs, strict=True)
    )


@exercise(
    "12.2",
    "Windows that share nothing",
    answers=("apart",),
    reference=windows_apart,
    mistakes=_SPLIT_MISTAKES,
    hints=[
        "Draw the series as a line, the cut on it, and three windows: one before, one "
        "across, one behind. Which belong to a part?",
        "A window that starts at s covers the points s to s + window - 1.",
        "np.flatnonzero(starts + window <= cut), and the same with starts >= cut.",
    ],
)
def check_12_2(apart: object, random: np.random.Generator) -> str:
    """Check that no point is in a training window and in a test window."""
    cases = _window_cases(random)
    _require_no_lot(as_function(apart, "apart"), cases[0])
    judge(
        apart,
        cases,
        windows_apart,
        _SPLIT_MISTAKES,
        name="apart",
        read=_as_two_parts,
        same=_same_parts,
        changes="starts",
    )
    return (
        "No point lies in a window of both parts. The windows across the cut belong to "
        "neither: that is the price of an honest number."
    )


# -- 12.3: rows that were never seen ---------------------------------------------------


def fresh_rows(X_train: pd.DataFrame, X_test: pd.DataFrame) -> NDArray[np.bool_]:
    """Return for each test row whether it is new: not in training, not seen before."""
    both = pd.concat([X_train, X_test])
    return ~both.duplicated().to_numpy()[len(X_train) :]


def _known(X_train: pd.DataFrame, X_test: pd.DataFrame) -> NDArray[np.bool_]:
    known = set(X_train.itertuples(index=False, name=None))
    return np.array([row in known for row in X_test.itertuples(index=False, name=None)])


def _column_by_column(X_train: pd.DataFrame, X_test: pd.DataFrame) -> NDArray[np.bool_]:
    seen = [X_test[name].isin(X_train[name]) for name in X_test]
    return ~np.logical_and.reduce(seen) & ~X_test.duplicated().to_numpy()


_FRESH_MISTAKES = [
    Mistake(
        "inverted",
        "You mark the rows that are not new. True stands for a row that may judge.",
        lambda X_train, X_test: ~fresh_rows(X_train, X_test),
    ),
    Mistake(
        "repeated in the test part",
        "Rows of the training part are gone. But a row that occurs ten times in the test "
        "part still counts ten times; once is enough.",
        lambda X_train, X_test: ~_known(X_train, X_test),
    ),
    Mistake(
        "known from training",
        "Each row of the test part counts once. But some of them were in the training "
        "part, and a detector knows those by heart.",
        lambda X_train, X_test: ~X_test.duplicated().to_numpy(),
    ),
    Mistake(
        "none of the twins",
        "Of rows that occur twice in the test part you keep none (keep=False). They are "
        "new, so one of them may judge.",
        lambda X_train, X_test: (
            ~_known(X_train, X_test) & ~X_test.duplicated(keep=False).to_numpy()
        ),
    ),
    Mistake(
        "the last of them",
        "The right rows, but of equal ones you keep the last; the first is asked for.",
        lambda X_train, X_test: (
            ~_known(X_train, X_test) & ~X_test.duplicated(keep="last").to_numpy()
        ),
    ),
    Mistake(
        "column by column",
        "You look at each column by itself. A row is known only where all its values "
        "stood together in one training row.",
        _column_by_column,
    ),
    Mistake(
        "rows of both parts",
        "Your answer has an entry for the training rows as well. Only test rows judge.",
        lambda X_train, X_test: ~pd.concat([X_train, X_test]).duplicated().to_numpy(),
    ),
    Mistake(
        "all rows",
        "You keep all rows of the test part.",
        lambda X_train, X_test: np.ones(len(X_test), dtype=bool),
    ),
]

_WORDS = ("tcp", "udp", "icmp")


def _tables(random: np.random.Generator) -> list[tuple[pd.DataFrame, pd.DataFrame]]:
    """Return (X_train, X_test): known rows, twins among the new ones, new mixtures."""
    cases = []
    for _ in range(3):
        numbers = random.permutation(np.arange(10, 40))
        old, new = numbers[:12], numbers[12:20]
        word = random.choice(_WORDS, size=40)
        known = [(word[i], int(n), int(n) + 1) for i, n in enumerate(old)]
        fresh = [(word[20 + i], int(n), int(n) + 1) for i, n in enumerate(new)]
        mixed = [(known[i][0], known[i][1], known[i + 1][2]) for i in range(4)]
        test = known[:5] + fresh + fresh[:3] + mixed + known[:1]
        train = known + known[:4]
        columns = ["protocol", "bytes", "answer"]
        order = random.permutation(len(test))
        cases.append(
            (
                pd.DataFrame(train, columns=columns),
                pd.DataFrame([test[i] for i in order], columns=columns),
            )
        )
    return cases


def _as_mask(answer: Any) -> NDArray:
    if issubclass(type(answer), pd.DataFrame):
        raise CannotCheck(
            "fresh should return True or False for each test row; yours returns a table."
        )
    array = as_array(answer, "what fresh returns")
    if not np.isin(array, (0, 1)).all():
        raise CannotCheck(
            "fresh should return True or False for each test row; yours returns other "
            "numbers. Positions are a mask of the kind that is asked for after "
            "np.isin(np.arange(len(X_test)), positions)."
        )
    return array


@exercise(
    "12.3",
    "Rows that were never seen",
    answers=("fresh",),
    reference=fresh_rows,
    mistakes=_FRESH_MISTAKES,
    hints=[
        "Two kinds of rows must not judge: those that the training part holds, and "
        "those that came before in the test part.",
        "X.duplicated() is True for each row that occurred above. What if the training "
        "rows stood above?",
        "~pd.concat([X_train, X_test]).duplicated(), without its first len(X_train) "
        "entries.",
    ],
)
def check_12_3(fresh: object, random: np.random.Generator) -> str:
    """Check that each row judges once, and none that was in the training part."""
    judge(
        fresh,
        _tables(random),
        fresh_rows,
        _FRESH_MISTAKES,
        name="fresh",
        read=_as_mask,
        changes="tables",
    )
    return (
        "Each row judges once, and none that the detector was taught. What is left is a "
        "smaller test part, and an honest one."
    )


# -- 12.4: how many anomalies are there, at least? --------------------------------------


def least_share_of(scores: NDArray, normal_scores: NDArray, threshold: float) -> float:
    """Return the least share of anomalies among rows that raise so many alarms."""
    flagged = np.mean(np.asarray(scores) > threshold)
    false = np.mean(np.asarray(normal_scores) > threshold)
    return max(0.0, float((flagged - false) / (1 - false)))


def _shares(rule: Callable[[float, float], float]) -> Callable[..., float]:
    """Return a `least_share` that makes its answer of flagged share and false alarms."""

    def least_share(scores, normal_scores, threshold):
        return rule(np.mean(scores > threshold), np.mean(normal_scores > threshold))

    return least_share


def _pooled(scores, normal_scores, threshold):
    everything = np.concatenate([scores, normal_scores])
    return least_share_of(everything, normal_scores, threshold)


_SHARE_MISTAKES = [
    Mistake(
        "flagged share",
        "That is the share of rows that were flagged. Some of them are false alarms, as "
        "many as normal rows raise.",
        _shares(lambda flagged, false: flagged),
    ),
    Mistake(
        "false alarms of all rows",
        "You take off the false alarms that all rows would raise. Only the normal rows "
        "raise any: with a share p of anomalies these are 1 - p of the rows.",
        _shares(lambda flagged, false: max(0, flagged - false)),
    ),
    Mistake(
        "below zero",
        "Right, but where fewer rows are flagged than false alarms alone would be, your "
        "share is negative. At least none is an anomaly: 0.",
        _shares(lambda flagged, false: (flagged - false) / (1 - false)),
    ),
    Mistake(
        "below zero",
        "Where fewer rows are flagged than false alarms alone would be, your share is "
        "negative. And only normal rows raise false alarms, 1 - p of all.",
        _shares(lambda flagged, false: flagged - false),
    ),
    Mistake(
        "another denominator",
        "That is the share of alarms that are real, a precision. The share of rows that "
        "are anomalies is asked for.",
        _shares(lambda flagged, false: max(0, (flagged - false) / flagged)),
    ),
    Mistake(
        "product",
        "You multiply where you should solve: flagged = p + (1 - p) * false. What is p?",
        _shares(lambda flagged, false: flagged * (1 - false)),
    ),
    Mistake(
        "false alarm rate",
        "That is the false alarm rate of the normal rows.",
        _shares(lambda flagged, false: false),
    ),
    Mistake(
        "known rows counted too",
        "You count the known normal rows among those in question.",
        _pooled,
    ),
    Mistake(
        "count",
        "That is a number of rows; a share between 0 and 1 is asked for.",
        lambda s, n, t: len(s) * least_share_of(s, n, t),
    ),
]


def _score_cases(random: np.random.Generator) -> list[tuple[NDArray, NDArray, float]]:
    """Return (scores, normal_scores, threshold) with known shares; one flags too few."""
    cases = []
    for flagged in (*random.uniform(0.25, 0.6, size=2), 0.02):
        threshold = float(random.uniform(2, 9))
        false = random.uniform(0.06, 0.15)
        scores = _flagging(flagged, int(random.integers(200, 400)), threshold, random)
        normal = _flagging(false, int(random.integers(500, 900)), threshold, random)
        cases.append((scores, normal, threshold))
    return cases


def _flagging(
    share: float, rows: int, threshold: float, random: np.random.Generator
) -> NDArray:
    """Return scores (rows,), a share of them above the threshold, in any order."""
    above = np.arange(rows) < round(share * rows)
    away = random.uniform(0.1, 1.5, size=rows)
    return random.permutation(threshold + np.where(above, away, -away))


def _as_share(answer: object) -> float:
    return as_number(answer, "what least_share returns")


@exercise(
    "12.4",
    "How many, at least?",
    answers=("least_share",),
    reference=least_share_of,
    mistakes=_SHARE_MISTAKES,
    hints=[
        "Count the alarms among 100 rows of which p are anomalies. The anomalies raise "
        "at most one alarm each; how many do the normal rows raise?",
        "flagged = p + (1 - p) * false, if each anomaly is found. Solve it for p.",
        "p = (flagged - false) / (1 - false), and 0 where that is negative.",
    ],
)
def check_12_4(least_share: object, random: np.random.Generator) -> str:
    """Check the share of anomalies that explains the alarms if each one is found."""
    judge(
        least_share,
        _score_cases(random),
        least_share_of,
        _SHARE_MISTAKES,
        name="least_share",
        read=_as_share,
        changes="scores",
    )
    return (
        "If each anomaly rings, that is their share; if some are missed, there are more. "
        "So it is what the alarms prove, at least, and it needs no label of an anomaly."
    )


# -- 12.5: the tail --------------------------------------------------------------------

LEVEL = 0.9


@lru_cache(maxsize=64)
def _fitted(values: bytes) -> tuple[float, float, float]:
    """Return shape, 0 and scale of float64 values; most mistakes need the same fit."""
    return genpareto.fit(np.frombuffer(values), floc=0)


def tail_of(scores: NDArray, rate: float) -> float:
    """Return the threshold that the generalised Pareto tail of scores gives a rate."""
    return _tail()(scores, rate)


def _tail(
    *,
    shift: bool = True,
    add: bool = True,
    chance: Callable[[float, float], float] = lambda rate, above: rate / above,
    isf: Callable[..., float] = genpareto.isf,
) -> Callable[[NDArray, float], float]:
    """Return a `tail_threshold`, or one that leaves a step out or takes another one."""

    def tail_threshold(scores, rate):
        start = np.quantile(scores, LEVEL)
        peaks = scores[scores > start] - (start if shift else 0)
        fitted = _fitted(np.asarray(peaks, dtype=float).tobytes())
        value = isf(chance(rate, np.mean(scores > start)), *fitted)
        return float(value + (start if add else 0))

    return tail_threshold


def _exponential(scores: NDArray, rate: float) -> float:
    start = np.quantile(scores, LEVEL)
    peaks = scores[scores > start] - start
    return float(start + expon.isf(rate / np.mean(scores > start), 0, peaks.mean()))


def _fitted_to_all(scores: NDArray, rate: float) -> float:
    low = scores.min()
    return float(low + genpareto.isf(rate, *_fitted((scores - low).tobytes())))


_TAIL_MISTAKES = [
    Mistake(
        "rate of the peaks",
        "You ask the tail for the rate itself. The tail speaks of peaks only, and one "
        "score in ten is a peak: among them the rate is larger.",
        _tail(chance=lambda rate, above: rate),
    ),
    Mistake(
        "rate of the peaks",
        "You multiply the rate where you should divide: peaks are rarer than scores, so "
        "among them the same alarms are a larger share.",
        _tail(chance=lambda rate, above: rate * above),
    ),
    Mistake(
        "level forgotten",
        "That is how far the threshold lies above the level. Add the level.",
        _tail(add=False),
    ),
    Mistake(
        "peaks not measured from the level",
        "The distribution begins at 0. Subtract the level from the peaks before the fit, "
        "and add it afterwards.",
        _tail(shift=False, add=False),
    ),
    Mistake(
        "peaks not measured from the level",
        "The distribution begins at 0. Subtract the level from the peaks before the fit, "
        "and add it afterwards.",
        _tail(shift=False),
    ),
    Mistake(
        "wrong end",
        "That is the low end of the tail: nearly all peaks lie above it. isf(p) has the "
        "share p above it, ppf(p) below.",
        _tail(isf=genpareto.ppf),
    ),
    Mistake(
        "quantile",
        "That is a quantile of the scores. Beyond the largest of them there are none, so "
        "no rarer rate than one in their number can be told from counts.",
        lambda scores, rate: float(np.quantile(scores, 1 - rate)),
    ),
    Mistake(
        "the largest score",
        "That is the largest score. What was not seen in so many rows may still come.",
        lambda scores, rate: float(scores.max()),
    ),
    Mistake(
        "exponential tail",
        "You fit an exponential distribution. It is the generalised Pareto distribution "
        "of shape 0; whether the tail is longer or shorter, the fit should say.",
        _exponential,
    ),
    Mistake(
        "all scores fitted",
        "You fit all scores. The theory speaks of what lies above a high level; most "
        "scores are ordinary, and would decide the fit.",
        _fitted_to_all,
    ),
]


def _tail_cases(random: np.random.Generator) -> list[tuple[NDArray, float]]:
    """Return (scores, rate): tails of two shapes, ten times rarer than one in n."""
    cases = []
    for shape in (0.25, -0.2):
        rows, zero, unit = (
            int(random.integers(600, 900)),
            *random.uniform(5, 20, size=2),
        )
        ranks = (np.arange(rows) + 0.5) / rows
        scores = zero + unit * genpareto.ppf(ranks, shape)
        noisy = scores + unit * 1e-3 * random.random(rows)
        cases.append((random.permutation(noisy), 0.1 / rows))
    return cases


def _same_threshold(ours: float, theirs: float) -> bool:
    """Return whether two fits agree; where a search begins moves it a little."""
    return bool(np.isclose(ours, theirs, rtol=2e-3, atol=0))


def _as_threshold(answer: object) -> float:
    return as_number(answer, "what tail_threshold returns")


@exercise(
    "12.5",
    "A threshold from the tail",
    answers=("tail_threshold",),
    points=2,
    reference=tail_of,
    mistakes=_TAIL_MISTAKES,
    hints=[
        "Four steps: the level, the peaks above it, the fit, and back to scores.",
        "The fit describes peaks. Of all scores one in ten is a peak, so an alarm rate "
        "of r among the scores is a rate of r / share of peaks among the peaks.",
        "fitted = genpareto.fit(peaks, floc=0), then "
        "level + genpareto.isf(rate / np.mean(scores > level), *fitted).",
    ],
)
def check_12_5(tail_threshold: object, random: np.random.Generator) -> str:
    """Check a peaks-over-threshold fit on tails of two shapes."""
    judge(
        tail_threshold,
        _tail_cases(random),
        tail_of,
        _TAIL_MISTAKES,
        name="tail_threshold",
        read=_as_threshold,
        same=_same_threshold,
        changes="scores",
    )
    return (
        "A long tail gets a threshold far beyond the largest score, a short one a "
        "threshold close to it. No count could tell them apart; the assumption does."
    )
