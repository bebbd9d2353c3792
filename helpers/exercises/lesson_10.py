"""The checks of lesson 10, streams and drift."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from helpers.exercises.answers import (
    as_array,
    as_flags,
    as_function,
    as_number,
    call,
    kind,
)
from helpers.exercises.declared import Mistake, exercise, expected
from helpers.exercises.judging import judge
from helpers.exercises.outcomes import CannotCheck
from helpers.thresholds import normal_share

# -- 10.1: the loop --------------------------------------------------------------------

Loop = Callable[..., Any]


def stream_scores(
    batches: Sequence[NDArray], score: Callable, ask: Callable, learn: Callable
) -> NDArray:
    """Return the scores of all windows; each batch is scored, then asked, then learned."""
    scores = []
    for windows in batches:
        scores.append(score(windows))
        labels = ask(windows)
        learn(windows, labels)
    return np.concatenate(scores)


def _learned_first(batches, score, ask, learn):
    scores = []
    for windows in batches:
        learn(windows, ask(windows))
        scores.append(score(windows))
    return np.concatenate(scores)


def _asked_first(batches, score, ask, learn):
    scores = []
    for windows in batches:
        labels = ask(windows)
        scores.append(score(windows))
        learn(windows, labels)
    return np.concatenate(scores)


def _scored_at_the_end(batches, score, ask, learn):
    for windows in batches:
        learn(windows, ask(windows))
    return np.concatenate([score(windows) for windows in batches])


def _scored_twice(batches, score, ask, learn):
    scores = []
    for windows in batches:
        score(windows)
        learn(windows, ask(windows))
        scores.append(score(windows))
    return np.concatenate(scores)


def _all_scored_first(batches, score, ask, learn):
    scores = [score(windows) for windows in batches]
    for windows in batches:
        learn(windows, ask(windows))
    return np.concatenate(scores)


def _one_large_batch(batches, score, ask, learn):
    windows = np.concatenate(batches)
    scores = score(windows)
    learn(windows, ask(windows))
    return scores


def _never_learned(batches, score, ask, learn):
    return np.concatenate([score(windows) for windows in batches])


def _asked_in_vain(batches, score, ask, learn):
    scores = []
    for windows in batches:
        scores.append(score(windows))
        ask(windows)
    return np.concatenate(scores)


def _last_batch(batches, score, ask, learn):
    return [stream_scores([windows], score, ask, learn) for windows in batches][-1]


_LOOP_MISTAKES = [
    Mistake(
        "learned first",
        "Each batch is learned before it is scored, so the detector has seen the answers "
        "of the windows that it judges. Score first, then ask, then learn.",
        _learned_first,
    ),
    Mistake(
        "scored at the end",
        "You score when the whole stream has been learned. In a stream a score is due at "
        "once, from what was known then.",
        _scored_at_the_end,
    ),
    Mistake(
        "scored again",
        "You keep a score that was made after learning the same batch. The first score is "
        "the one that somebody acted upon.",
        _scored_twice,
    ),
    Mistake(
        "asked first",
        "The scores are right, but the labels of a batch lie on the table before it is "
        "scored. The expert is asked afterwards: nobody can be tempted then.",
        _asked_first,
    ),
    Mistake(
        "all scored first",
        "You score the whole stream before anything is learned, so no score gains from "
        "a label. The second batch is scored after the first one was learned.",
        _all_scored_first,
    ),
    Mistake(
        "all scored first",
        "You make one large batch of the stream: nothing is learned before all is "
        "scored.",
        _one_large_batch,
    ),
    Mistake(
        "never learned",
        "That is the detector that is left alone: nobody asks, and nothing is learned.",
        _never_learned,
    ),
    Mistake(
        "never learned",
        "The expert is asked, and what is said goes nowhere: call learn(windows, labels).",
        _asked_in_vain,
    ),
    Mistake(
        "last batch only",
        "You return the scores of one batch. Collect those of all, in their order.",
        _last_batch,
    ),
]


class _World:
    """A detector and an expert that note what is asked of them, in which order.

    A window's score is its distance from the mean of the normal ones learned so far.
    """

    def __init__(self) -> None:
        self.told: list[tuple[str, float]] = []
        self.normal: list[NDArray] = []

    def _note(self, what: str, windows: object) -> NDArray:
        array = as_array(windows, f"what you give to {what}()", dimensions=2)
        self.told.append((what, round(float(array.sum()), 6)))
        return array

    def score(self, windows: object) -> NDArray:
        array = self._note("score", windows)
        centre = np.mean(self.normal, axis=0) if self.normal else 0.0
        return np.abs(array - centre).mean(axis=1)

    def ask(self, windows: object) -> NDArray:
        array = self._note("ask", windows)
        return (array[:, 0] > 1).astype(np.int64)

    def learn(self, windows: object, labels: object) -> None:
        array = self._note("learn", windows)
        known = as_array(labels, "labels", length=len(array))
        self.told.append(("labels", float(known @ np.arange(1, len(known) + 1))))
        self.normal.extend(array[known == 0])


def _followed(follow: Loop, batches: list[NDArray]) -> tuple[Any, list]:
    """Return the scores of a loop, and what it asked of whom, in which order."""
    world = _World()
    scores = call(follow, batches, world.score, world.ask, world.learn)
    return scores, world.told


@expected
def _rightly_followed(batches: list[NDArray]) -> tuple[Any, list]:
    return _followed(stream_scores, batches)


@expected
def _wrongly_followed(mistake: int, batches: list[NDArray]) -> tuple[Any, list]:
    return _followed(_LOOP_MISTAKES[mistake].function, batches)


def _as_followed(answer: Any) -> tuple[NDArray, str]:
    scores, told = answer
    if isinstance(scores, list) and scores and np.ndim(scores[0]) == 1:
        raise CannotCheck(
            "follow() returns a list of batches; np.concatenate() makes one array of it."
        )
    return as_array(scores, "what follow() returns"), repr(told)


def _same_loop(ours: tuple[NDArray, str], theirs: tuple[NDArray, str]) -> bool:
    return (
        ours[1] == theirs[1]
        and ours[0].shape == theirs[0].shape
        and np.allclose(ours[0], theirs[0])
    )


def _streams(random: np.random.Generator) -> list[tuple[list[NDArray]]]:
    """Return streams of batches of 4 windows of 3 values; a third are anomalies."""
    streams = []
    for count in (3, 4):
        windows = random.normal(size=(count, 4, 3)) / 5 + random.uniform(-0.5, 0.5)
        for batch in windows:
            batch[random.permutation(4)[: random.integers(1, 3)], 0] += 3
        streams.append(([*windows],))
    return streams


@exercise(
    "10.1",
    "The loop",
    answers=("follow",),
    reference=stream_scores,
    mistakes=_LOOP_MISTAKES,
    hints=[
        "For each batch three things happen, and their order is the whole exercise.",
        "scores.append(score(windows)) comes first; then labels = ask(windows).",
        "Then learn(windows, labels). After the loop: np.concatenate(scores).",
    ],
)
def check_10_1(follow: object, random: np.random.Generator) -> str:
    """Check that each batch is scored, then asked about, then learned."""
    judge(
        partial(_followed, as_function(follow, "follow")),
        _streams(random),
        _rightly_followed,
        [
            replace(mistake, function=partial(_wrongly_followed, number))
            for number, mistake in enumerate(_LOOP_MISTAKES)
        ],
        name="follow",
        use=lambda loop, batches: loop(batches),
        read=_as_followed,
        same=_same_loop,
    )
    return (
        "Scored, asked, learned, batch by batch. No label changes a score already given: "
        "draw all later labels anew, and these scores stay."
    )


# -- 10.2: who goes where --------------------------------------------------------------


def sorted_windows(
    labels: NDArray, points_above: NDArray, hard_points: int
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    """Return masks (n,) of the anomalous, the normal, the hard normal windows."""
    known, above = np.asarray(labels, float), np.asarray(points_above)
    return known == 1, known == 0, (known == 0) & (above >= hard_points)


def _sorting(
    abnormal: Callable[..., NDArray],
    normal: Callable[..., NDArray],
    hard: Callable[..., NDArray],
) -> Loop:
    def sort_in(labels, points_above, hard_points):
        given = np.asarray(labels, float), np.asarray(points_above), hard_points
        return abnormal(*given), normal(*given), hard(*given)

    return sort_in


def _is_anomaly(y: NDArray, above: NDArray, least: int) -> NDArray:
    return y == 1


def _is_normal(y: NDArray, above: NDArray, least: int) -> NDArray:
    return y == 0


def _is_hard(y: NDArray, above: NDArray, least: int) -> NDArray:
    return (y == 0) & (above >= least)


_SORTING_MISTAKES = [
    Mistake(
        "unknown is normal",
        "NaN is not 1, but that does not make it 0: of these windows nobody knows "
        "anything. They go nowhere.",
        _sorting(
            _is_anomaly,
            lambda y, above, least: y != 1,
            lambda y, above, least: (y != 1) & (above >= least),
        ),
    ),
    Mistake(
        "unknown is normal",
        "The hard windows include some that nobody has called normal: NaN is not 0.",
        _sorting(
            _is_anomaly,
            _is_normal,
            lambda y, above, least: (y != 1) & (above >= least),
        ),
    ),
    Mistake(
        "unknown is an anomaly",
        "NaN is not 0, but that does not make it 1: nobody said so.",
        _sorting(lambda y, above, least: y != 0, _is_normal, _is_hard),
    ),
    Mistake(
        "anomalies among the hard",
        "High scores of anomalies are right, and must not be trained away. Hard windows "
        "are normal ones.",
        _sorting(_is_anomaly, _is_normal, lambda y, above, least: above >= least),
    ),
    Mistake(
        "more than the least",
        "`hard_points` points are enough: at least, not more than.",
        _sorting(
            _is_anomaly, _is_normal, lambda y, above, least: (y == 0) & (above > least)
        ),
    ),
    Mistake(
        "easy ones",
        "You train on the normal windows that the detector knows already. The hard ones "
        "are those that look like anomalies to it.",
        _sorting(
            _is_anomaly, _is_normal, lambda y, above, least: (y == 0) & (above < least)
        ),
    ),
    Mistake(
        "hard ones left out",
        "All normal windows go to the second buffer, the hard ones too: thresholds of "
        "easy windows alone would be too low.",
        _sorting(
            _is_anomaly,
            lambda y, above, least: (y == 0) & (above < least),
            _is_hard,
        ),
    ),
    Mistake(
        "any point",
        "One point above is not always enough: `hard_points` says how many.",
        _sorting(
            _is_anomaly, _is_normal, lambda y, above, least: (y == 0) & (above > 0)
        ),
    ),
    Mistake(
        "order",
        "Three right masks in another order: anomalous, normal, hard.",
        lambda labels, points_above, hard_points: sorted_windows(
            labels, points_above, hard_points
        )[::-1],
    ),
]


def _label_cases(random: np.random.Generator) -> list[tuple[NDArray, NDArray, int]]:
    """Return (labels, points above, least): each label with 0 to 6 points."""
    cases = []
    for least in random.choice([2, 3, 4], 2, replace=False):
        labels = np.repeat([0.0, 1.0, np.nan], 7)
        above = np.tile(np.arange(7), 3)
        order = random.permutation(21)
        cases.append((labels[order], above[order], int(least)))
    return cases


def _as_masks(answer: Any) -> tuple[NDArray, ...]:
    if not issubclass(type(answer), tuple | list) or len(answer) != 3:
        raise CannotCheck(
            "sort_in should return three masks: anomalous, normal, hard; yours returns "
            f"a {kind(answer)}."
        )
    names = ("the anomalous windows", "the normal windows", "the hard windows")
    return tuple(
        as_flags(mask, name, length=21)
        for mask, name in zip(answer, names, strict=True)
    )


@exercise(
    "10.2",
    "Who goes where",
    answers=("sort_in",),
    reference=sorted_windows,
    mistakes=_SORTING_MISTAKES,
    hints=[
        "Three comparisons with labels; NaN == 0 and NaN == 1 are both False.",
        "A hard window is normal *and* has at least hard_points points above.",
        "return labels == 1, labels == 0, (labels == 0) & (points_above >= hard_points)",
    ],
)
def check_10_2(sort_in: object, random: np.random.Generator) -> str:
    """Check the three masks on windows of every label and any number of points."""
    judge(
        sort_in,
        _label_cases(random),
        sorted_windows,
        _SORTING_MISTAKES,
        name="sort_in",
        read=_as_masks,
        changes="labels or points_above",
    )
    return (
        "What nobody labelled goes nowhere; anomalies set thresholds and train nobody; "
        "of the normal windows the hard ones are trained on."
    )


# -- 10.3: when an update is due -------------------------------------------------------


def due_batches(hard: Sequence[int], abnormal: Sequence[int], full: int) -> list[int]:
    """Return the numbers of the batches after which an update is due.

    `hard` and `abnormal` are how many such windows each batch has. An update empties
    both buffers.
    """
    return _due(hard, abnormal, full)


def _due(
    hard: Sequence[int],
    abnormal: Sequence[int],
    full: int,
    *,
    needs: Callable[[int, int], bool] = lambda kept, new: kept > 0,
    reached: Callable[[int, int], bool] = lambda kept, full: kept >= full,
    left: Callable[[int, int, int], tuple[int, int]] = lambda h, a, full: (0, 0),
) -> list[int]:
    """Follow two counts; `needs`, `reached` and `left` are where learners go wrong."""
    found, hard_kept, abnormal_kept = [], 0, 0
    for number, (more, odd) in enumerate(zip(hard, abnormal, strict=True)):
        hard_kept, abnormal_kept = hard_kept + more, abnormal_kept + odd
        if reached(hard_kept, full) and needs(abnormal_kept, odd):
            found.append(number)
            hard_kept, abnormal_kept = left(hard_kept, abnormal_kept, full)
    return found


def _dropped_unless_due(
    hard: Sequence[int], abnormal: Sequence[int], full: int
) -> list[int]:
    found, hard_kept, abnormal_kept = [], 0, 0
    for number, (more, odd) in enumerate(zip(hard, abnormal, strict=True)):
        hard_kept, abnormal_kept = hard_kept + more, abnormal_kept + odd
        if hard_kept >= full:
            if abnormal_kept > 0:
                found.append(number)
            hard_kept, abnormal_kept = 0, 0
    return found


_TRIGGER_MISTAKES = [
    Mistake(
        "never emptied",
        "From the first update on you update after each batch: the buffers are emptied by "
        "an update, both of them.",
        lambda h, a, full: _due(h, a, full, left=lambda hard, odd, full: (hard, odd)),
    ),
    Mistake(
        "anomalies kept",
        "You empty the hard windows and keep the anomalous ones. After an update both "
        "buffers begin anew.",
        lambda h, a, full: _due(h, a, full, left=lambda hard, odd, full: (0, odd)),
    ),
    Mistake(
        "rest kept",
        "You take `full` windows out and keep the rest. An update takes all hard windows "
        "there are, and empties the buffer.",
        lambda h, a, full: _due(
            h, a, full, left=lambda hard, odd, full: (hard - full, 0)
        ),
    ),
    Mistake(
        "without an anomaly",
        "You update when there are enough hard windows. Without an anomalous one a "
        "threshold between the two can't be sought: wait for the first.",
        lambda h, a, full: _due(h, a, full, needs=lambda kept, new: True),
    ),
    Mistake(
        "anomaly in the same batch",
        "The anomaly may have come in an earlier batch: since the last update, not in "
        "this batch.",
        lambda h, a, full: _due(h, a, full, needs=lambda kept, new: new > 0),
    ),
    Mistake(
        "more than full",
        "`full` hard windows are enough: at least, not more than.",
        lambda h, a, full: _due(h, a, full, reached=lambda kept, full: kept > full),
    ),
    Mistake(
        "full of any windows",
        "You count all windows that were kept. Only the hard ones decide whether an "
        "update has enough to train on.",
        lambda h, a, full: _due(np.add(h, a).tolist(), a, full),
    ),
    Mistake(
        "full and forgotten",
        "Where the hard windows are enough and no anomaly is there yet, you throw them "
        "away. They wait.",
        _dropped_unless_due,
    ),
    Mistake(
        "counted from one",
        "The right batches, counted from 1. Python, and the record of a stream, count "
        "from 0.",
        lambda h, a, full: [number + 1 for number in due_batches(h, a, full)],
    ),
    Mistake(
        "the first one only",
        "You stop at the first update. The stream goes on.",
        lambda h, a, full: due_batches(h, a, full)[:1],
    ),
]


def _count_cases(random: np.random.Generator) -> list[tuple[list, list, int]]:
    """Return (hard, abnormal, full) in which every mistake gives other batches.

    Parts of a stream, each of which ends with an update; the first one stays the first,
    since what is left by an update before it makes the difference later. The counts are
    multiples of a drawn number.
    """
    waits = ([4, 4, 6, 3], [0, 0, 0, 1])  # enough, and waits for an anomaly
    others = [
        ([5, 5, 20], [1, 0, 1]),  # exactly full; the anomaly came before
        ([14, 7, 20], [1, 1, 1]),  # more than full
        ([10, 20], [1, 1]),  # exactly full, with the anomaly
        ([9, 1, 20], [1, 0, 1]),  # full with the anomaly only
        waits,
    ]
    cases = []
    for _ in range(2):
        times = int(random.integers(1, 4))
        parts = [waits, *(others[place] for place in random.permutation(len(others)))]
        hard = [times * count for part in parts for count in part[0]]
        abnormal = [times * count for part in parts for count in part[1]]
        cases.append((hard, abnormal, 10 * times))
    return cases


def _as_batches(answer: Any) -> list[float]:
    if issubclass(type(answer), list | tuple | np.ndarray) and not len(answer):
        return []
    return as_array(answer, "what updates() returns").round(6).tolist()


@exercise(
    "10.3",
    "When an update is due",
    answers=("updates",),
    reference=due_batches,
    mistakes=_TRIGGER_MISTAKES,
    hints=[
        "Keep two counts, of the hard and of the anomalous windows since the last update.",
        "Add a batch's counts first; then see whether both conditions hold.",
        "if hard_kept >= full and abnormal_kept > 0: note the number of the batch, and "
        "set both counts to 0.",
    ],
)
def check_10_3(updates: object, random: np.random.Generator) -> str:
    """Check the batches after which both buffers hold enough."""
    judge(
        updates,
        _count_cases(random),
        due_batches,
        _TRIGGER_MISTAKES,
        name="updates",
        read=_as_batches,
        changes="hard or abnormal",
    )
    return (
        "Enough hard windows, and an anomaly to set the threshold against. A stream "
        "without anomalies never updates: that is a property, and sometimes a trap."
    )


# -- 10.4: scores that can be compared -------------------------------------------------


def comparable_scores(
    scores: NDArray, versions: NDArray, normal_scores: Mapping[int, NDArray]
) -> NDArray:
    """Return for each score (n,) the share of its version's normal ones below it."""
    return _by_version(scores, versions, normal_scores, normal_share)


def _by_version(
    scores: NDArray,
    versions: NDArray,
    normal_scores: Mapping[int, NDArray],
    share: Callable[[NDArray, NDArray], NDArray],
) -> NDArray:
    found = np.zeros(len(scores))
    for version in np.unique(versions):
        own = versions == version
        found[own] = share(scores[own], normal_scores[int(version)])
    return found


def _in_one_pool(scores, versions, normal_scores):
    return normal_share(scores, np.concatenate([*normal_scores.values()]))


def _at_or_below(scores: NDArray, normal: NDArray) -> NDArray:
    return (normal[None, :] <= scores[:, None]).mean(axis=1)


_SHARE_MISTAKES = [
    Mistake(
        "one pool",
        "You compare with the normal scores of all versions. A version's scores mean "
        "something beside its own normal scores only.",
        _in_one_pool,
    ),
    Mistake(
        "the newest version",
        "You compare all scores with the normal ones of the newest version. Older scores "
        "are on another scale.",
        lambda s, v, normal: normal_share(s, normal[max(normal)]),
    ),
    Mistake(
        "the first version",
        "You compare all scores with the normal ones of version 0. Later scores are on "
        "another scale.",
        lambda s, v, normal: normal_share(s, normal[min(normal)]),
    ),
    Mistake(
        "the share above",
        "That is the share of the normal scores above. An anomaly would get 0; asked is "
        "the share below.",
        lambda s, v, normal: _by_version(
            s, v, normal, lambda own, n: (n[None, :] > own[:, None]).mean(axis=1)
        ),
    ),
    Mistake(
        "equal ones below",
        "Normal scores that are equal don't lie below.",
        lambda s, v, normal: _by_version(s, v, normal, _at_or_below),
    ),
    Mistake(
        "ranked among themselves",
        "You rank the scores of a version among themselves. In a period of many "
        "anomalies each would look usual: compare with the *normal* scores.",
        lambda s, v, normal: _by_version(
            s, v, normal, lambda own, n: normal_share(own, own)
        ),
    ),
    Mistake(
        "share of the largest",
        "That divides by the largest normal score. It brings the versions nearer to one "
        "scale, but the spread below differs: count how many lie below.",
        lambda s, v, normal: _by_version(s, v, normal, lambda own, n: own / n.max()),
    ),
    Mistake(
        "counts",
        "You count the normal scores below; divide by how many the version has.",
        lambda s, v, normal: _by_version(
            s, v, normal, lambda own, n: normal_share(own, n) * len(n)
        ),
    ),
]


def _score_cases(random: np.random.Generator) -> list[tuple[NDArray, NDArray, dict]]:
    """Return (scores, versions, normal scores): three scales, with ties."""
    cases = []
    for scales in ((1, 5, 2), (4, 1, 9)):
        normal = {
            version: scale * random.permutation(np.arange(10, 10 + size)).astype(float)
            for version, (scale, size) in enumerate(
                zip(scales, (8, 20, 12), strict=True)
            )
        }
        versions = np.sort(random.integers(0, 3, 18))
        versions[:3] = 0
        versions[-3:] = 2
        places = random.integers(8, 26, 18) + random.choice([0, 0.5], 18)
        scores = np.array(scales)[versions] * places
        scores[0], scores[-1] = normal[0][3], normal[2][3]  # equal to a normal score
        cases.append((scores, versions, normal))
    return cases


@exercise(
    "10.4",
    "Scores of several versions",
    answers=("comparable",),
    reference=comparable_scores,
    mistakes=_SHARE_MISTAKES,
    hints=[
        "Take the windows one by one: which version scored it, and what are that "
        "version's normal scores?",
        "np.mean(normal_scores[version] < score) is the share below.",
        "np.array([np.mean(normal_scores[v] < s) for s, v in zip(scores, versions)])",
    ],
)
def check_10_4(comparable: object, random: np.random.Generator) -> str:
    """Check the share of normal scores of the same version that lie below."""
    judge(
        comparable,
        _score_cases(random),
        comparable_scores,
        _SHARE_MISTAKES,
        name="comparable",
        read=lambda answer: as_array(answer, "what comparable() returns"),
        changes="scores, versions or normal_scores",
    )
    return (
        "0.99 now means the same for every version: one normal window in a hundred "
        "scores as high."
    )


# -- 10.5: the bill --------------------------------------------------------------------


def labels_and_updates(record: pd.DataFrame) -> tuple[int, int, float]:
    """Return the labels asked for, the updates, and the labels per update."""
    asked = int(record["label"].notna().sum())
    updates = record.loc[record["updated"], "batch"].nunique()
    return asked, updates, asked / updates


def _billed(
    asked: Callable[[pd.DataFrame], float], updates: Callable[[pd.DataFrame], float]
) -> Callable[[pd.DataFrame], tuple[float, float, float]]:
    def bill(record):
        labels, times = asked(record), updates(record)
        return labels, times, labels / times

    return bill


def _asked(record: pd.DataFrame) -> float:
    return record["label"].notna().sum()


def _times(record: pd.DataFrame) -> float:
    return record.loc[record["updated"], "batch"].nunique()


_BILL_MISTAKES = [
    Mistake(
        "all windows",
        "You count every window. Of some nobody was asked: their label is NaN.",
        _billed(len, _times),
    ),
    Mistake(
        "anomalies only",
        "You count the anomalies. An expert who looks and says `normal` has worked, too.",
        _billed(lambda record: record["label"].sum(), _times),
    ),
    Mistake(
        "alarms",
        "You count the alarms. How many labels were given is what `label` says.",
        _billed(lambda record: record["alarm"].sum(), _times),
    ),
    Mistake(
        "windows for updates",
        "`updated` stands at all windows of a batch. Count batches, not windows.",
        _billed(_asked, lambda record: record["updated"].sum()),
    ),
    Mistake(
        "versions",
        "Version 0 came without an update: there is one update fewer than versions.",
        _billed(_asked, lambda record: record["version"].max() + 1),
    ),
    Mistake(
        "the last update",
        "Counting versions in the record misses an update after the last batch: no window "
        "was scored by that version yet. `updated` has it.",
        _billed(_asked, lambda record: record["version"].max()),
    ),
    Mistake(
        "batches",
        "You divide by all batches. Ask after which of them the detector was updated.",
        _billed(_asked, lambda record: record["batch"].nunique()),
    ),
    Mistake(
        "the other way round",
        "That is updates per label.",
        lambda record: (
            _asked(record),
            _times(record),
            _times(record) / _asked(record),
        ),
    ),
]


def _records(random: np.random.Generator) -> list[tuple[pd.DataFrame]]:
    """Return records of batches of 4 windows: one updated after its last batch too."""
    records = []
    for at_the_end in (True, False):
        batches = int(random.integers(17, 24))
        number = np.repeat(np.arange(batches), 4)
        after = random.choice(batches - 1, 4, replace=False)
        after[0] = batches - 1 if at_the_end else after[0]
        alarm = random.random(len(number)) < 0.4
        label = (random.random(len(number)) < 0.5).astype(float)
        label[~alarm] = np.nan
        label[np.flatnonzero(alarm)[:2]] = np.nan  # the expert was not there
        label[number == after[1]] = np.nan
        table = {
            "batch": number,
            "window": np.arange(len(number)),
            "version": np.searchsorted(np.sort(after), number),
            "alarm": alarm,
            "label": label,
            "updated": np.isin(number, after),
        }
        records.append((pd.DataFrame(table),))
    return records


def _as_bill(answer: Any) -> tuple[float, ...]:
    if not issubclass(type(answer), tuple | list | np.ndarray) or len(answer) != 3:
        raise CannotCheck(
            "bill should return three numbers: labels, updates, labels per update; yours "
            f"returns a {kind(answer)}."
        )
    names = ("the labels", "the updates", "the labels per update")
    return tuple(
        as_number(part, name) for part, name in zip(answer, names, strict=True)
    )


@exercise(
    "10.5",
    "The bill",
    answers=("bill",),
    reference=labels_and_updates,
    mistakes=_BILL_MISTAKES,
    hints=[
        "A label that was asked for is not NaN: record['label'].notna().",
        "record.loc[record['updated'], 'batch'] has the batch of each window that says "
        "updated; each batch counts once.",
        ".nunique() counts different values; the third number is the quotient.",
    ],
)
def check_10_5(bill: object, random: np.random.Generator) -> str:
    """Check labels, updates and their quotient on drawn records."""
    judge(
        bill,
        _records(random),
        labels_and_updates,
        _BILL_MISTAKES,
        name="bill",
        read=_as_bill,
        changes="record",
    )
    return "Labels are what an update costs: computing time is the smaller part here."
