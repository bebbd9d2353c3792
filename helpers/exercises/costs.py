"""The cheapest threshold: what the checks of exercises 2.5 and 3.3 share.

Three parts have scores: the rows that the model learned from, rows that it has not
seen, and the test part. The threshold belongs to the second. The alarm rings when a
score is greater than the threshold.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from helpers.errors import KitError
from helpers.exercises.declared import Mistake, expected
from helpers.exercises.judging import accuse
from helpers.exercises.outcomes import Wrong


@dataclass(frozen=True)
class Costs:
    """What one miss and one false alarm cost."""

    miss: float
    false_alarm: float = 1

    def swapped(self) -> "Costs":
        """Return the costs the wrong way round."""
        return Costs(self.false_alarm, self.miss)

    @property
    def of_true_probabilities(self) -> float:
        """The cheapest threshold where the scores are true probabilities."""
        return self.false_alarm / (self.miss + self.false_alarm)


@dataclass(eq=False)
class Scored:
    """Labels (n,) of True and False, and the score (n,) of each row."""

    y: NDArray
    scores: NDArray

    @classmethod
    def of(cls, y: ArrayLike, scores: ArrayLike) -> "Scored":
        """Return labels (n,) of 0/1 and scores (n,), as a lesson has them."""
        return cls(np.asarray(y, dtype=bool), np.asarray(scores, dtype=float))

    def misses(self, threshold: float) -> int:
        """Return how many anomalies raise no alarm."""
        return int((self.y & (self.scores <= threshold)).sum())

    def false_alarms(self, threshold: float) -> int:
        """Return how many normal rows raise one."""
        return int((~self.y & (self.scores > threshold)).sum())

    def cost(self, threshold: float, costs: Costs) -> float:
        """Return what all mistakes at a threshold cost together."""
        missed = costs.miss * self.misses(threshold)
        return missed + costs.false_alarm * self.false_alarms(threshold)

    @cached_property
    def candidates(self) -> NDArray:
        """All thresholds that make a difference, rising: -inf and the scores."""
        return np.r_[-np.inf, np.unique(self.scores)]

    @cached_property
    def _silent(self) -> tuple[NDArray, NDArray]:
        """Return how many anomalies and normal rows lie at or below each candidate."""
        anomalies, normal = (np.sort(self.scores[self.y == y]) for y in (True, False))
        return (
            np.searchsorted(anomalies, self.candidates, "right"),
            np.searchsorted(normal, self.candidates, "right"),
        )

    def costs(self, costs: Costs) -> NDArray:
        """Return the cost at each of the candidates."""
        missed, quiet = self._silent
        return costs.miss * missed + costs.false_alarm * ((~self.y).sum() - quiet)

    def cheapest(self, costs: Costs) -> float:
        """Return the lowest of the cheapest thresholds."""
        return float(self.candidates[np.argmin(self.costs(costs))])

    def all_cheapest(self, costs: Costs) -> NDArray:
        """Return all of the cheapest candidates, rising."""
        total = self.costs(costs)
        return self.candidates[total == total.min()]

    def is_cheapest(self, threshold: float, costs: Costs) -> bool:
        """Return whether no threshold costs less than this one."""
        return bool(self.cost(threshold, costs) <= self.costs(costs).min())

    @cached_property
    def best_f2(self) -> float:
        """The lowest of the thresholds with the highest F2."""
        missed, quiet = self._silent
        found, false = self.y.sum() - missed, (~self.y).sum() - quiet
        return float(
            self.candidates[np.argmax(found / (5 * found + 4 * missed + false))]
        )

    def best_rates(self, costs: Costs) -> float:
        """The cheapest threshold if both classes were equally large."""
        missed, quiet = self._silent
        misses, false_alarms = missed / self.y.sum(), 1 - quiet / (~self.y).sum()
        total = costs.miss * misses + costs.false_alarm * false_alarms
        return float(self.candidates[np.argmin(total)])

    def best_hundredth(self, costs: Costs) -> float:
        """Return the cheapest of the thresholds 0, 0.01, ... 1."""
        steps = np.arange(101) / 100
        below = np.searchsorted(self.candidates, steps, "right") - 1
        return float(steps[np.argmin(self.costs(costs)[below])])

    def together(self, other: "Scored") -> "Scored":
        """Return the rows of both parts as one."""
        labels, scores = zip(
            (self.y, self.scores), (other.y, other.scores), strict=True
        )
        return Scored(np.concatenate(labels), np.concatenate(scores))


class Parts(NamedTuple):
    """The three parts of an exercise, and what mistakes cost in it."""

    training: Scored
    validation: Scored
    test: Scored
    prices: Costs


class Known(NamedTuple):
    """What is known of the thresholds of three parts, before anybody answers.

    `least` is the lowest cost on the validation part, `least_on_test` that on the test
    part; `choices` are the thresholds that a search finds there, "right" or by a slip.
    """

    least: float
    least_on_test: float
    choices: dict[str, NDArray]

    def is_choice(self, name: str, threshold: float) -> bool:
        """Return whether a search finds this: a score, or three decimals of one.

        In float32 a score may be a bit lower than it was.
        """
        best = self.choices[name]
        near = np.isclose(best, threshold, rtol=1e-6, atol=1e-9)
        return bool(near.any() or threshold in np.round(best, 3))


_RIGHT, _ON_TEST, _ON_TRAINING = "right", "on test rows", "on training rows"
_SWAPPED, _EQUAL = "costs swapped", "costs equal"


@expected
def known_of(parts: Parts) -> Known:
    """Return what is known of the thresholds of three parts."""
    training, validation, test, costs = parts
    choices = {
        _RIGHT: validation.all_cheapest(costs),
        _ON_TEST: test.all_cheapest(costs),
        _ON_TRAINING: training.all_cheapest(costs),
        _SWAPPED: validation.all_cheapest(costs.swapped()),
        _EQUAL: validation.all_cheapest(Costs(1, 1)),
    }
    least, on_test = validation.costs(costs).min(), test.costs(costs).min()
    return Known(float(least), float(on_test), choices)


class _Slip(NamedTuple):
    """A way to a wrong threshold, and how to tell that it was gone."""

    diagnosis: str
    says: str
    shows: Callable[[float, Parts, Known], bool]


def _is(number: float, threshold: float) -> bool:
    return bool(np.isclose(threshold, number, rtol=0, atol=1e-3))


_SLIPS = (
    _Slip(
        "never rings",
        "No score is greater than this threshold: there is never an alarm, and every "
        "anomaly is a miss. Is it a position in a list, a cost, or per cent?",
        lambda t, parts, known: t >= parts.validation.scores.max(),
    ),
    _Slip(
        "always rings",
        "Every score is greater than this threshold: the alarm always rings, and no "
        "model is needed for that.",
        lambda t, parts, known: t < parts.validation.scores.min(),
    ),
    _Slip(
        "no choice",
        "0.5 is the default, and the right cut only when both mistakes cost the same "
        "and the probabilities are true. Choose by the costs.",
        lambda t, parts, known: _is(0.5, t),
    ),
    _Slip(
        "believes the probabilities",
        "That is the formula for true probabilities, cost of a false alarm by the sum "
        "of both costs. Do the scores hold what they promise? Choose by what happened "
        "on labelled rows.",
        lambda t, parts, known: _is(parts.prices.of_true_probabilities, t),
    ),
    _Slip(
        "threshold on test labels",
        "This threshold is the best one for the test labels, which nobody has on the "
        "day the detector starts work. Choose on other rows, then read the test part "
        "once.",
        lambda t, parts, known: known.is_choice(_ON_TEST, t),
    ),
    _Slip(
        "threshold on training rows",
        "This threshold is the best one for the rows that the model learned from. It "
        "has seen their labels, so their scores are better than those of any new row "
        "will be. Choose on labelled rows that the model did not learn from.",
        lambda t, parts, known: known.is_choice(_ON_TRAINING, t),
    ),
    _Slip(
        "costs swapped",
        "This is the best threshold if the two costs were exchanged. A miss is the "
        "dear mistake here, a false alarm the cheap one.",
        lambda t, parts, known: known.is_choice(_SWAPPED, t),
    ),
    _Slip(
        "mistakes, not costs",
        "This is the best threshold if both mistakes cost the same. A miss costs more.",
        lambda t, parts, known: known.is_choice(_EQUAL, t),
    ),
    _Slip(
        "at the threshold itself",
        "Cheapest if the alarm rang at the threshold itself. It rings above it, so the "
        "row whose score this is stays silent. The next lower score is meant.",
        lambda t, parts, known: _costs_least(np.nextafter(t, -np.inf), parts, known),
    ),
)

_THRESHOLDS: tuple[Callable[[Parts], float], ...] = (  # how each slip is made
    lambda parts: 1.0,
    lambda parts: -1.0,
    lambda parts: 0.5,
    lambda parts: parts.prices.of_true_probabilities,
    lambda parts: parts.test.cheapest(parts.prices),
    lambda parts: parts.training.cheapest(parts.prices),
    lambda parts: parts.validation.cheapest(parts.prices.swapped()),
    lambda parts: parts.validation.cheapest(Costs(1, 1)),
    lambda parts: _next_higher(parts.validation, parts.prices),
)


def _next_higher(part: Scored, costs: Costs) -> float:
    candidates, total = part.candidates, part.costs(costs)
    best = np.flatnonzero(total == total.min())[-1]
    return float(candidates[min(best + 1, len(candidates) - 1)])


def threshold_mistakes(
    parts_of: Callable[..., Parts], *, then: Sequence[Any] = ()
) -> list[Mistake]:
    """Return the ways to a wrong threshold, for given values that `parts_of` reads.

    `then` are the answers after the threshold, if the exercise asks for more.
    """

    def mistake(slip: _Slip, made: Callable[[Parts], float]) -> Mistake:
        def answers(**given: Any) -> Any:
            threshold = made(parts_of(**given))
            return (threshold, *then) if then else threshold

        return Mistake(slip.diagnosis, slip.says, answers)

    return [mistake(*each) for each in zip(_SLIPS, _THRESHOLDS, strict=True)]


def require_cheapest(
    threshold: float, parts: Parts, mistakes: Sequence[Mistake]
) -> None:
    """Raise `Wrong` unless no threshold is cheaper on the validation part.

    Three decimals are enough. `mistakes` are those of `threshold_mistakes`.
    """
    known = known_of(parts)
    if _is_right(threshold, parts, known):
        return
    here, best = parts.validation.cost(threshold, parts.prices), known.least
    detail = f"On the validation part it costs {here:.0f}, and {best:.0f} is possible."
    for slip in _SLIPS:
        if slip.shows(threshold, parts, known):
            raise accuse(mistakes, slip.diagnosis, detail)
    raise Wrong(
        "not the cheapest",
        "Another threshold costs less. Try the scores themselves as candidates: "
        "between two of them nothing changes.",
        detail,
    )


def drawn_parts(
    random: np.random.Generator, costs: Costs, share: float, *, out_of_fold: bool
) -> Parts:
    """Draw three parts in which each way to a wrong threshold leads elsewhere.

    A `share` of the rows are anomalies. The model knows its training rows too well, and
    no part holds true probabilities: validation scores are shifted one way, the others
    the other way. With `out_of_fold` the validation scores are those of the training
    rows, from models that had not seen them. One score of the test part is the cheapest
    threshold itself.
    """
    seed = int(random.integers(2**63))
    found = _parts_of_seed(seed, costs, share, out_of_fold)
    training, validation, test = (
        Scored(part.y.copy(), part.scores.copy()) for part in found[:3]
    )
    return Parts(training, validation, test, costs)


@lru_cache(maxsize=1024)
def _parts_of_seed(seed: int, costs: Costs, share: float, out_of_fold: bool) -> Parts:
    random = np.random.default_rng(seed)
    for _ in range(1000):
        known, new = _labels(random, share, rows=240), _labels(random, share, rows=120)
        other = known if out_of_fold else _labels(random, share, rows=240)
        way = int(random.choice([-1, 1]))
        shift = way * random.uniform(0.5, 1)
        training = _scored(random, known, distance=5, shift=-way)
        validation = _scored(random, other, distance=2.5, shift=shift)
        test = _scored(random, new, distance=2.5, shift=-shift)
        test.scores[random.integers(len(new))] = validation.cheapest(costs)
        parts = Parts(training, validation, test, costs)
        right = known_of(parts)
        named = all(
            _named(made(parts), parts, right) == slip
            for slip, made in zip(_SLIPS, _THRESHOLDS, strict=True)
        )
        if named and not any(_is_right(t, parts, right) for t in _unlisted(parts)):
            return parts
    raise KitError("no parts drawn in which the wrong thresholds differ")


def _unlisted(parts: Parts) -> list[float]:
    """Return thresholds that learners choose in ways too rare to be listed.

    By the costs on two parts taken as one; on the validation part by F2, by the rates
    of both mistakes, in steps of a hundredth, and so that no anomaly is missed.
    """
    part, costs = parts.validation, parts.prices
    pooled = [part.together(other) for other in (parts.training, parts.test)]
    no_miss = np.nextafter(part.scores[part.y].min(), -np.inf)
    return [
        *(cut for each in pooled for cut in each.all_cheapest(costs)),
        part.best_f2,
        part.best_rates(costs),
        part.best_hundredth(costs),
        float(no_miss),
    ]


def _labels(random: np.random.Generator, share: float, rows: int) -> NDArray:
    return random.permutation(np.arange(rows) < round(share * rows))


def _scored(
    random: np.random.Generator, y: NDArray, distance: float, shift: float
) -> Scored:
    """Return scores from 0 to 1 of two classes `distance` apart on the logit scale."""
    logit = shift + distance * (y - 0.5) + random.normal(size=len(y))
    return Scored(y, np.round(1 / (1 + np.exp(-logit)), 3))


def _is_right(threshold: float, parts: Parts, known: Known) -> bool:
    cheapest = _costs_least(threshold, parts, known)
    return cheapest or known.is_choice(_RIGHT, threshold)


def _costs_least(threshold: float, parts: Parts, known: Known) -> bool:
    return bool(parts.validation.cost(threshold, parts.prices) <= known.least)


def _named(threshold: float, parts: Parts, known: Known) -> _Slip | None:
    """Return the slip that a wrong threshold is taken for, None for a right one."""
    if _is_right(threshold, parts, known):
        return None
    return next((slip for slip in _SLIPS if slip.shows(threshold, parts, known)), None)
