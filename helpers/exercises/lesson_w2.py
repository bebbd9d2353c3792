"""The checks of workshop W2, an ODDS data set of your choice.

W2.2 and W2.3 ask for a function that scores rows. It is judged by its mean AP on parts
of all eight sets that are drawn (`helpers.simulation.parts`), with bars from
docs/results/workshops_odds.md.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr
from sklearn.metrics import average_precision_score
from sklearn.neighbors import NearestNeighbors

from helpers.exercises.answers import (
    as_array,
    as_function,
    as_number,
    call,
    require_unchanged,
)
from helpers.exercises.declared import Mistake, exercise
from helpers.exercises.judging import judge
from helpers.exercises.outcomes import CannotCheck, NotAttempted, Wrong
from helpers.simulation.parts import (
    ODDS_SETS,
    DrawnPart,
    distance_from_mean,
    drawn_part,
)

Score = Callable[[NDArray, NDArray], Any]  # X_train, X_test -> scores (n_test,)

# -- W2.1: a threshold from a budget ---------------------------------------------------


def threshold_of_budget(normal_scores: NDArray, rows: int, alerts: int) -> float:
    """Return the threshold above which `alerts` of `rows` normal rows are expected."""
    highest = np.sort(normal_scores)[::-1]
    return float(highest[round(len(highest) * alerts / rows)])


def _of_known_rows(normal_scores, rows, alerts):
    return np.sort(normal_scores)[::-1][alerts]


def _one_less(normal_scores, rows, alerts):
    return np.sort(normal_scores)[::-1][round(len(normal_scores) * alerts / rows) - 1]


def _low_end(normal_scores, rows, alerts):
    return np.quantile(normal_scores, alerts / rows)


def _largest(normal_scores, rows, alerts):
    return np.max(normal_scores)


def _share_itself(normal_scores, rows, alerts):
    return 1 - alerts / rows


def _three_sigma(normal_scores, rows, alerts):
    return np.mean(normal_scores) + 3 * np.std(normal_scores)


_BUDGET_MISTAKES = [
    Mistake(
        "counted in the wrong rows",
        "You leave as many of the known scores above the threshold as the team reads in "
        "a day. There are more rows in a day than known ones, or fewer: make a share of "
        "the budget first.",
        _of_known_rows,
    ),
    Mistake(
        "one alert unused",
        "One alert too few: an alarm rings above the threshold, not at it, so the value "
        "at the threshold itself does not count.",
        _one_less,
    ),
    Mistake(
        "the lower end",
        "That is a quantile from the lower end: nearly everything rings. Higher scores "
        "are more anomalous, so the share belongs above the threshold.",
        _low_end,
    ),
    Mistake(
        "the largest score",
        "Above the largest normal score nothing rings of what you know. The budget is "
        "there to be used: each unused alert is a chance to find something.",
        _largest,
    ),
    Mistake(
        "a share is no score",
        "That is a share of rows. The threshold is a score: which one has that share of "
        "the scores below it?",
        _share_itself,
    ),
    Mistake(
        "3 sigma",
        "Mean and three sd know nothing of the budget: how many rows ring then is decided "
        "by the shape of the scores.",
        _three_sigma,
    ),
]


def _budgets(random: np.random.Generator) -> list[tuple[NDArray, int, int]]:
    """Return (normal_scores, rows, alerts): skewed scores, some of them tied."""
    cases = []
    for size, rows, alerts in ((500, 2000, 40), (800, 400, 10), (600, 6000, 50)):
        times = int(random.integers(1, 4))
        scores = random.lognormal(0, 0.4, size) * random.uniform(1, 50) + 2
        cases.append((scores, rows * times, alerts * times))
    scores = np.r_[np.round(random.normal(20, 3, 400)), 60 + np.arange(5) // 2 * 1.0]
    return [*cases, (np.round(random.permutation(scores)), 810, 10)]


def _above(answer: Any, normal_scores: NDArray) -> int:
    threshold = as_number(answer, "the threshold")
    return int(np.sum(np.asarray(normal_scores) > threshold))


def _used(function: Callable, normal_scores: NDArray, *budget: int) -> Any:
    before = np.array(normal_scores)
    return _above(call(function, normal_scores, *budget), before)


@exercise(
    "W2.1",
    "A threshold from a budget",
    points=1,
    answers=("threshold_for",),
    reference=threshold_of_budget,
    mistakes=_BUDGET_MISTAKES,
    hints=[
        "The team reads alerts of rows. Which share is that? Of the normal scores the "
        "same share may lie above the threshold.",
        "np.quantile(normal_scores, q) has the share q of the scores below it.",
        "np.quantile(normal_scores, 1 - alerts / rows)",
    ],
)
def check_w2_1(threshold_for: object, random: np.random.Generator) -> str:
    """Check how many normal scores lie above the threshold of drawn budgets."""
    judge(
        threshold_for,
        _budgets(random),
        threshold_of_budget,
        _BUDGET_MISTAKES,
        name="threshold_for",
        read=lambda count: count,
        use=_used,
        changes="scores",
    )
    return (
        "Right: as many normal rows ring as the team can read. No label was needed; what "
        "is found for that price is another question."
    )


# -- drawn parts, and what a scoring function is worth on them -------------------------

PARTS_OF_A_SET = 2
CLEARLY = 0.55  # mean AP; chance is about 0.12
TURNED = 0.65  # mean AP of scores turned round
AHEAD = 0.02  # of the simplest baseline, in mean AP
ROUNDS = 4  # of drawn parts for scores that are ahead or behind by luck, perhaps
LUCK = 0.04  # in mean AP on the parts of one round: about twice its sd


def drawn_parts(random: np.random.Generator) -> list[DrawnPart]:
    """Draw parts of all eight sets, in no particular order."""
    names = random.permutation(np.repeat(ODDS_SETS, PARTS_OF_A_SET)).tolist()
    return [drawn_part(random, name) for name in names]


def average_precision(part: DrawnPart, scores: NDArray) -> float:
    """Return the AP of scores of a part."""
    return float(average_precision_score(part.y_test, scores))


def _scores_of(score: Score, part: DrawnPart, name: str) -> NDArray[np.float64]:
    tables = part.X_train.copy(), part.X_test.copy()
    answer = call(score, *tables)
    scores = as_array(answer, f"what {name} returns", length=len(part.X_test))
    for ours, before in zip(tables, (part.X_train, part.X_test), strict=True):
        require_unchanged(ours, before, "rows")
    return scores


def _all_scores(score: Any, name: str, parts: Sequence[DrawnPart]) -> list[NDArray]:
    function = as_function(score, name)
    return [_scores_of(function, part, name) for part in parts]


def _mean_ap(parts: Sequence[DrawnPart], scores: Sequence[NDArray]) -> float:
    return float(
        np.mean([average_precision(*pair) for pair in zip(parts, scores, strict=True)])
    )


# -- what scores too low ---------------------------------------------------------------


def nearest_rows(X_train: NDArray, X_test: NDArray) -> NDArray[np.float64]:
    """Return the mean distance to the 5 nearest training rows, columns in sd."""
    spread = X_train.std(axis=0)
    known = NearestNeighbors(n_neighbors=5).fit(X_train / spread)
    return known.kneighbors(X_test / spread)[0].mean(axis=1)


def _far_unscaled(X_train: NDArray, X_test: NDArray) -> NDArray:
    return ((X_test - X_train.mean(axis=0)) ** 2).sum(axis=1)


def _reversed(X_train: NDArray, X_test: NDArray) -> NDArray:
    return -distance_from_mean(X_train, X_test)


def _predicted(X_train: NDArray, X_test: NDArray) -> NDArray:
    limit = np.quantile(distance_from_mean(X_train, X_train), 0.9)
    return np.where(distance_from_mean(X_train, X_test) > limit, -1, 1)


def _guesses(X_train: NDArray, X_test: NDArray) -> NDArray:
    return np.random.default_rng(0).random(len(X_test))


def _some_columns(X_train: NDArray, X_test: NDArray) -> NDArray:
    z = (X_test - X_train.mean(axis=0)) / X_train.std(axis=0)
    return z[:, :3].sum(axis=1)


def _all_alike(X_train: NDArray, X_test: NDArray) -> NDArray:
    return np.zeros(len(X_test))


_ALIKE = Mistake(
    "all alike",
    "All rows get the same score. Nothing is ranked then.",
    _all_alike,
)
_DIRECTION = Mistake(
    "wrong direction",
    "Turned round, your scores would be good: higher has to mean more anomalous. Some of "
    "scikit-learn's functions give higher values to normal rows.",
    _reversed,
)
_LABELS = Mistake(
    "labels",
    "Your function returns only two different values, as predict() does. Scores rank the "
    "rows: score_samples() or decision_function() give them, negative where anomalous.",
    _predicted,
)
_TOO_LOW = Mistake(
    "not clearly above chance",
    "On average over the drawn parts your scores rank not clearly better than guesses. "
    "Do they look at all columns, and on both ends of each?",
    _some_columns,
)
_GUESSES = Mistake(_TOO_LOW.diagnosis, _TOO_LOW.says, _guesses)
_UNSCALED = Mistake(
    "unscaled",
    "Your ranking changes when one column is told in another unit: the column with the "
    "largest numbers decides. Divide each column by its sd, learned from X_train.",
    _far_unscaled,
)
_BASELINE = Mistake(
    "the baseline itself",
    "Your scores rank exactly as the simplest baseline does, the distance from the mean. "
    "What does it not see? Normal rows may lie in several clouds.",
    distance_from_mean,
)


def _few_columns(X_train: NDArray, X_test: NDArray) -> NDArray:
    few = max(1, X_train.shape[1] // 4)
    return distance_from_mean(X_train[:, :few], X_test[:, :few])


_BEHIND = Mistake(
    "not ahead of the baseline",
    "Averaged over the drawn parts, the distance from the mean does as well, or nearly "
    "so. Is your idea worth its price on the sets where the baseline is weak?",
    _few_columns,
)
_CLEAR_MISTAKES = [_ALIKE, _DIRECTION, _LABELS, _GUESSES, _TOO_LOW]
_AHEAD_MISTAKES = [
    _ALIKE,
    _DIRECTION,
    _LABELS,
    _UNSCALED,
    _BASELINE,
    _BEHIND,
]


def _common(parts: Sequence[DrawnPart], scores: Sequence[NDArray]) -> Mistake | None:
    """Return what is wrong with scores that are too low, where it shows in themselves."""
    if all(np.ptp(each) == 0 for each in scores):
        return _ALIKE
    if all(len(np.unique(each)) <= 2 for each in scores):
        return _LABELS
    if _mean_ap(parts, [-each for each in scores]) >= TURNED:
        return _DIRECTION
    return None


def _is_unscaled(score: Score, name: str, parts: Sequence[DrawnPart]) -> bool:
    """Return whether another unit of one column changes the ranking in some parts."""
    changed = []
    for part in parts[:6]:
        unit = np.ones(part.X_train.shape[1])
        unit[np.argmin(part.X_train.std(axis=0))] = 1e10
        other = DrawnPart(part.X_train * unit, part.X_test * unit, part.y_test, "")
        try:
            pair = (_scores_of(score, each, name) for each in (part, other))
            changed.append(spearmanr(*pair).statistic < 0.95)
        except (CannotCheck, NotAttempted, Wrong):
            changed.append(False)
    return sum(changed) > 1


@exercise(
    "W2.2",
    "Clearly better than chance",
    points=2,
    answers=("score",),
    reference=distance_from_mean,
    mistakes=_CLEAR_MISTAKES,
    may_not_call=("helpers.simulation.parts.distance_from_mean",),
    hints=[
        "X_train holds normal rows only. What is typical of them, column by column? And "
        "how far is a row from that?",
        "Bring the columns to one scale first, by mean and sd of X_train. Mind that a "
        "value can be too low as well as too high.",
        "z = (X_test - X_train.mean(axis=0)) / X_train.std(axis=0), then one number per "
        "row from z, for instance (z**2).sum(axis=1). A detector of the kit will do, too: "
        "fit it on X_train, and decision_function(X_test).",
    ],
)
def check_w2_2(score: object, random: np.random.Generator) -> str:
    """Check that scores are clearly better than chance on drawn parts."""
    parts = drawn_parts(random)
    scores = _all_scores(score, "score", parts)
    ap = _mean_ap(parts, scores)
    told = f"mean AP {ap:.2f} on {len(parts)} drawn parts"
    if ap >= CLEARLY:
        return f"Right: {told}."
    found = _common(parts, scores) or _TOO_LOW
    raise Wrong(found.diagnosis, found.says, f"Yours: {told}; asked for: {CLEARLY}.")


@exercise(
    "W2.3",
    "Ahead of the simplest baseline",
    points=3,
    answers=("better_score",),
    reference=nearest_rows,
    mistakes=_AHEAD_MISTAKES,
    hints=[
        "On which of the sets is the baseline weak? Draw parts of it, and look at a picture "
        "of two of its columns: is normal one cloud?",
        "A row may be near to some normal rows, and far from their mean. Ask the rows, not "
        "the mean: how far is the nearest one, or the fifth?",
        "Scale by the sd of X_train, then sklearn.neighbors.NearestNeighbors on X_train, "
        "and the mean of kneighbors(X_test)[0] for each row.",
    ],
)
def check_w2_3(better_score: object, random: np.random.Generator) -> str:
    """Check that scores are ahead of the distance from the mean on drawn parts.

    Where one round of parts leaves it to luck, more are drawn.
    """
    parts: list[DrawnPart] = []
    scores: list[NDArray] = []
    for _ in range(ROUNDS):
        more = drawn_parts(random)
        parts += more
        scores += _all_scores(better_score, "better_score", more)
        simplest = [distance_from_mean(part.X_train, part.X_test) for part in parts]
        ap, baseline = _mean_ap(parts, scores), _mean_ap(parts, simplest)
        if not baseline + AHEAD - LUCK <= ap < baseline + AHEAD:
            break
    told = f"mean AP {ap:.2f} on {len(parts)} drawn parts, the baseline {baseline:.2f}"
    if ap >= baseline + AHEAD / 2:  # on so many parts half of it is no luck
        return f"Right: {told}."
    found = _common(parts, scores)
    if found is None and all(map(_rank_alike, scores, simplest)):
        found = _BASELINE
    if found is None and _is_unscaled(
        as_function(better_score, "better_score"), "better_score", parts
    ):
        found = _UNSCALED
    found = found or _BEHIND
    asked = f"asked for: {AHEAD} more than the baseline."
    raise Wrong(found.diagnosis, found.says, f"Yours: {told}; {asked}")


def _rank_alike(scores: NDArray, others: NDArray) -> bool:
    return bool(spearmanr(scores, others).statistic > 0.9999)
