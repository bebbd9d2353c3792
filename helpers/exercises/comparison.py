"""Is one model better than another? What the checks of exercises 2.4 and 4.5 share.

Two models are tested on the same folds of a cross-validation. `gain` is their mean
difference; `luck` is its standard error after Nadeau and Bengio (2003, "Inference for
the Generalization Error"), s * sqrt(1/k + n_test/n_train), with s the standard
deviation of the k differences; `better` says whether gain is more than twice luck.

An exercise says how its given values become the accuracies of the two models:

    def _folds(accuracy):
        return accuracy["logistic regression"], accuracy["random forest"]

    mistakes = comparison_mistakes(_folds)
    require_comparison((gain, luck, better), {"accuracy": accuracy}, _folds, mistakes)
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from helpers.exercises.answers import as_number, kind
from helpers.exercises.declared import ANYTHING, Mistake
from helpers.exercises.judging import recognise
from helpers.exercises.outcomes import CannotCheck

Pair = tuple[NDArray, NDArray]  # accuracies of two models (folds,), on the same folds
Folds = Callable[..., Pair]  # the given values, by name -> the pair

ROUNDED = 6e-4  # three decimals are enough
TEST_OVER_TRAIN = 1 / 4  # of five parts one tests and four train


def compared(first: NDArray, second: NDArray) -> tuple[float, float, bool]:
    """Return gain, luck and better for accuracies (folds,) of five-fold splits."""
    difference = np.subtract(first, second)
    gain = float(difference.mean())
    luck = float(difference.std(ddof=1) * _root(len(difference)))
    return gain, luck, gain > 2 * luck


def _root(folds: int) -> float:
    return float(np.sqrt(1 / folds + TEST_OVER_TRAIN))


def same_comparison(ours: float, theirs: float) -> bool:
    """Return whether two numbers agree to three decimals, or two verdicts agree."""
    return bool(np.isclose(ours, theirs, rtol=0, atol=ROUNDED))


def require_comparison(
    answers: Sequence[object],
    given: Mapping[str, Any],
    folds: Folds,
    mistakes: Sequence[Mistake],
) -> tuple[float, float, bool]:
    """Raise `Wrong` unless the answers are gain, luck and better of the given values.

    Returns them, as they are exactly. Raises `CannotCheck` for an answer that is no
    number or no truth value, and where the accuracies don't scatter.
    """
    first, second = (np.asarray(part, dtype=float) for part in folds(**given))
    if len(first) < 2 or np.ptp(first - second) == 0:
        raise CannotCheck("The accuracies don't scatter; run the cell above again.")
    gain, luck, better = answers
    read = (as_number(gain, "gain"), as_number(luck, "luck"), _as_verdict(better))
    recognise(
        read,
        given,
        lambda **values: compared(*folds(**values)),
        [each for each in mistakes if _is_made(each, read, given)],
        others=_OTHERS,
        same=same_comparison,
    )
    return compared(first, second)


def _is_made(
    mistake: Mistake, answers: Sequence[float], given: Mapping[str, Any]
) -> bool:
    """Return whether the answers are a mistake's; a rounded number may be another's.

    Two ways to a wrong luck may lie closer together than three decimals.
    """
    return all(
        theirs is ANYTHING or bool(np.isclose(ours, theirs, rtol=1e-3, atol=1e-6))
        for ours, theirs in zip(answers, mistake.function(**given), strict=True)
    )


_VERDICT = (
    "gain and luck are right, and better doesn't follow from them: it is True only if "
    "gain is more than twice luck."
)
_OTHERS = (
    (
        "gain",
        "gain is not the mean of the differences, fold by fold: first model minus "
        "second.",
    ),
    (
        "luck",
        "luck is not that standard error. Take the standard deviation of the "
        "differences, one for each fold, times the root. n_test and n_train are the "
        "rows that one fold tests and learns from.",
    ),
    (
        "verdict",
        _VERDICT,
    ),
)


def _as_verdict(answer: object) -> bool:
    listed = issubclass(type(answer), list | tuple) or hasattr(answer, "__array__")
    if listed and np.size(np.asarray(answer)) == 1:
        answer = np.asarray(answer).ravel()[0]
    if not issubclass(type(answer), bool | np.bool_):
        raise CannotCheck(f"better should be True or False; yours is a {kind(answer)}.")
    return bool(answer)


def comparison_mistakes(folds: Folds) -> list[Mistake]:
    """Return what learners get wrong in such a comparison."""

    def mistake(
        diagnosis: str, says: str, function: Callable[[NDArray, NDArray], tuple]
    ) -> Mistake:
        return Mistake(diagnosis, says, lambda **given: function(*folds(**given)))

    return [mistake(*each) for each in _MISTAKES]


def _gain(of: Callable[[NDArray], Any]) -> Callable[[NDArray, NDArray], tuple]:
    return lambda a, b: (of(np.subtract(a, b)), ANYTHING, ANYTHING)


def _luck(of: Callable[[float, int], Any]) -> Callable[[NDArray, NDArray], tuple]:
    def answers(a: NDArray, b: NDArray) -> tuple:
        difference = np.subtract(a, b)
        return difference.mean(), of(difference.std(ddof=1), len(difference)), ANYTHING

    return answers


def _unpaired(a: NDArray, b: NDArray) -> tuple:
    spread = np.hypot(np.std(a, ddof=1), np.std(b, ddof=1))
    return np.mean(a) - np.mean(b), spread * _root(len(a)), ANYTHING


def _other_verdict(a: NDArray, b: NDArray) -> tuple:
    gain, luck, better = compared(a, b)
    return gain, luck, not better


_PERCENT = "Those are points of a hundred; accuracy is a share between 0 and 1."
_MISTAKES = (
    ("verdict", _VERDICT, _other_verdict),  # first: its gain and its luck are right
    (
        "the other way round",
        "gain has the other sign. It is the first model's accuracy minus the second "
        "one's: where the first is behind, it is negative.",
        _gain(lambda d: -d.mean()),
    ),
    ("percent", _PERCENT, _gain(lambda d: 100 * d.mean())),
    (
        "sum",
        "That is the sum of the differences; the mean is asked for.",
        _gain(lambda d: d.sum()),
    ),
    (
        "rounded",
        "Rounded too early: the gain is so small that two digits can't hold it.",
        _gain(lambda d: np.round(d.mean(), 2)),
    ),
    (
        "root forgotten",
        "The spread is multiplied by what stands under the root. The root itself is "
        "missing.",
        _luck(lambda s, k: s * _root(k) ** 2),
    ),
    (
        "independent folds",
        "That takes the splits for independent tests. They share their patients: "
        "repeat the folds a thousand times, and this number goes to zero although "
        "nobody new has come to the clinic.",
        _luck(lambda s, k: s / np.sqrt(k)),
    ),
    (
        "spread of one fold",
        "That is how far a single difference scatters. The mean of several is "
        "steadier: the root is still missing.",
        _luck(lambda s, k: s),
    ),
    (
        "unpaired",
        "That treats the two models as if each had met splits of its own. They met the "
        "same ones, and an easy fold is easy for both: take the spread of the "
        "differences.",
        _unpaired,
    ),
    (
        "which share",
        "Under the root stand two terms, one over the number of differences, and "
        "n_test / n_train: of five parts one tests and four train. Is one of the terms "
        "missing, or another quotient?",
        _luck(lambda s, k: s * np.sqrt(1 / k + 1 / 5)),
    ),
    (
        "which share",
        "The share under the root is n_test / n_train: of five parts one tests and "
        "four train. Which quotient is that?",
        _luck(lambda s, k: s * np.sqrt(1 / k + 4)),
    ),
    ("percent", _PERCENT, _luck(lambda s, k: 100 * s * _root(k))),
    (
        "twice",
        "That is twice the luck already; the factor 2 belongs to the comparison.",
        _luck(lambda s, k: 2 * s * _root(k)),
    ),
)


def kind_of_draw(draw: int) -> tuple[bool, bool]:
    """Return whether the gain of a draw is to be proven, and to be below zero.

    Four draws in a row have all four kinds.
    """
    return draw % 4 in (1, 2), draw % 2 == 0


def drawn_folds(
    random: np.random.Generator, folds: int, *, proven: bool = False
) -> Pair:
    """Draw accuracies of two models on the same folds.

    luck is 0.013 to 0.017, and gain 1.68 to 1.85 times that, or 2.3 to 2.7 times if it
    is to be `proven`. No listed mistake is right, but a verdict may be by luck, so
    an exercise needs draws of both kinds.
    """
    shape = np.cos(np.pi * (np.arange(folds) + 0.5) / folds)
    z = _standardised(random.permutation(np.exp(shape)))  # its median is not its mean
    both = random.permutation(shape**3)  # how easy a fold is, for both models
    both = _standardised(both - z * (both @ z) / (z @ z))
    luck = random.uniform(0.013, 0.017)
    while True:  # rounded to two digits, the gain has to be another
        times = random.uniform(2.3, 2.7) if proven else random.uniform(1.68, 1.85)
        if abs(round(times * luck, 2) - times * luck) > 2 * ROUNDED:
            break
    difference = luck * (times + z / _root(folds))
    second = random.uniform(0.76, 0.8) + 0.06 * both
    return second + difference, second


def _standardised(values: NDArray) -> NDArray:
    return (values - values.mean()) / values.std(ddof=1)
