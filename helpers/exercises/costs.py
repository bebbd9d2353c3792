"""The cheapest threshold: what the checks of lessons 02 and 03 share.

The alarm rings when a score is greater than the threshold.
"""

from dataclasses import dataclass

import numpy as np

from helpers.exercises.answers import as_array
from helpers.exercises.outcomes import CannotCheck, Wrong


@dataclass(frozen=True)
class Costs:
    """What one miss and one false alarm cost."""

    miss: float
    false_alarm: float = 1

    def swapped(self) -> "Costs":
        """Return the costs the wrong way round."""
        return Costs(self.false_alarm, self.miss)


@dataclass(frozen=True, eq=False)
class Scored:
    """Labels (n,) of True and False, and the score (n,) of each row."""

    y: np.ndarray
    scores: np.ndarray

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

    def cheapest(self, costs: Costs) -> float:
        """Return the lowest of the cheapest thresholds."""
        candidates = [-np.inf, *np.unique(self.scores)]
        return min(candidates, key=lambda threshold: self.cost(threshold, costs))

    def lowest_cost(self, costs: Costs) -> float:
        """Return the cost of the cheapest threshold there is."""
        return self.cost(self.cheapest(costs), costs)


def labelled_scores(pair: object, what: str) -> Scored:
    """Return the pair (labels, scores) that a check cell passes on."""
    if not isinstance(pair, tuple) or len(pair) != 2:
        raise CannotCheck(
            f"{what} should be the pair (labels, scores), as the cell has it."
        )
    y = as_array(pair[0], f"the {what} labels").astype(bool)
    return Scored(y, as_array(pair[1], f"the {what} scores", length=len(y)))


def require_cheapest(
    threshold: float,
    validation: Scored,
    test: Scored,
    costs: Costs,
    *,
    tolerance: float = 1.02,
) -> None:
    """Raise `Wrong` unless the threshold is the cheapest on the validation part.

    `tolerance` times the lowest cost is near enough. Knows a threshold that was chosen
    on the test labels, swapped costs, 0.5, the formula for true probabilities, and
    those that ring never, always, or at the score itself.
    """
    cost, best = validation.cost(threshold, costs), validation.lowest_cost(costs)
    if cost <= best * tolerance:
        return
    _require_some_alarms(threshold, validation)
    if validation.cost(np.nextafter(threshold, -np.inf), costs) <= 1.0001 * best:
        raise Wrong(
            "at the threshold itself",
            "Cheapest if the alarm rang at the threshold itself. It rings above it, so "
            "the row whose score this is stays silent. The next lower score is meant.",
        )
    theory = costs.false_alarm / (costs.miss + costs.false_alarm)
    if np.isclose(threshold, theory, atol=1e-3) or np.isclose(
        threshold, costs.false_alarm / costs.miss, atol=1e-9
    ):
        raise Wrong(
            "believes the probabilities",
            f"The formula for true probabilities. On the validation part it costs "
            f"{cost:.0f} and {best:.0f} is possible: choose by what happened there.",
        )
    if test.cost(threshold, costs) <= test.lowest_cost(costs):
        raise Wrong(
            "threshold on test labels",
            "This threshold is the best one for the test labels, which nobody has on "
            "the day the detector starts work. Choose on validation, then read the "
            "test part once.",
        )
    swapped = costs.swapped()
    if validation.cost(threshold, swapped) <= validation.lowest_cost(swapped):
        raise Wrong(
            "costs swapped",
            f"This is the best threshold if a false alarm cost {costs.miss:g} and a "
            f"miss {costs.false_alarm:g}. It is the other way round: a miss costs "
            f"{costs.miss:g}.",
        )
    if np.isclose(threshold, 0.5):
        raise Wrong(
            "no choice",
            "0.5 is the default, and the right cut only when both mistakes cost the "
            f"same and the probabilities are true. Here it costs {cost:.0f}; "
            f"{best:.0f} is possible.",
        )
    direction = "lower" if threshold > validation.cheapest(costs) else "higher"
    raise Wrong(
        "not the cheapest",
        f"Your threshold costs {cost:.0f} on the validation part and {best:.0f} is "
        f"possible. Try the scores themselves as candidates, {direction} ones first.",
    )


def _require_some_alarms(threshold: float, validation: Scored) -> None:
    """Raise `Wrong` for a threshold above all scores or below them."""
    if threshold >= validation.scores.max():
        unlike = (
            " A threshold is compared with scores, and those end at 1: is yours a "
            "position in a list, a cost, or per cent?"
        )
        raise Wrong(
            "never rings",
            f"No score is greater than {threshold:.3g}: there is never an alarm, and "
            f"every anomaly is a miss.{unlike if threshold > 1 else ''}",
        )
    if threshold < validation.scores.min():
        raise Wrong(
            "always rings",
            f"Every score is greater than {threshold:.3g}: the alarm always rings, "
            "and no model is needed for that.",
        )
