"""The checks of lesson 08, six detectors."""

from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from helpers.detectors.base import Detector
from helpers.exercises.answers import (
    as_array,
    as_function,
    as_number,
    call,
    kind,
    require_unchanged,
)
from helpers.exercises.declared import exercise
from helpers.exercises.outcomes import CannotCheck, Wrong

# -- 8.1: one function for them all ------------------------------------------------------

_PARTS = {"training": 300, "validation": 500, "test": 400}
_ANOMALIES = 0.2


class Witness(Detector):
    """Keeps the contract, and notes which rows it is taught.

    A row is (number, oddness). Rows it was taught score a quarter of their oddness, as rows
    that a network knows by heart do.
    """

    taught: ClassVar[list[np.ndarray]] = []

    def _fit(self, X: np.ndarray, y: object) -> None:
        self.taught.append(X.copy())
        self.known_ = X[:, 0]

    def _score(self, X: np.ndarray) -> np.ndarray:
        number, oddness = X.T
        return np.where(np.isin(number, self.known_), 0.25, 1.0) * oddness


_Parts = dict[str, tuple[pd.DataFrame, np.ndarray]]


def _parts() -> _Parts:
    rng = np.random.default_rng(8)
    parts, first = {}, 0
    for name, rows in _PARTS.items():
        y = (rng.random(rows) < _ANOMALIES).astype(int)
        # so long a tail that mean + 3 sd is no substitute for the quantile
        oddness = rng.gamma(0.5, size=rows) + (20 if name == "test" else 2.5) * y
        numbers = np.arange(first, first + rows)
        parts[name] = pd.DataFrame({"number": numbers, "oddness": oddness}), y
        first += rows
    return parts


@exercise(
    "8.1",
    "One function for them all",
    answers=("judge",),
    hints=[
        "Three things happen, each with rows of another part: teach, choose a threshold, "
        "score.",
        "X_train[y_train == 0] are the normal training rows; the validation part has normal "
        "rows, too, and the detector has never seen those.",
        "The threshold is np.quantile(detector.decision_function(...), 0.99) of the normal "
        "validation rows; return it after the scores of X_test.",
    ],
)
def check_8_1(judge: object) -> str:
    """Check who teaches, who chooses the threshold and who is scored."""
    function = as_function(judge, "judge")
    parts = _parts()
    Witness.taught = []
    (X, y), validation, (X_test, _) = parts.values()
    given = X, y, *validation, X_test
    handed = deepcopy(given)
    try:
        answer = call(function, Witness(), *handed)
    except CannotCheck:
        _require_rows_as_given(parts)
        raise
    scores, threshold = _scores_and_threshold(answer)
    _require_teaching(parts)
    scored = Witness().fit(X[y == 0])
    _require_scores(scores, scored, parts)
    _require_threshold(threshold, scored, parts)
    names = ("X_train", "y_train", "X_validation", "y_validation", "X_test")
    for each in zip(handed, given, names, strict=True):
        require_unchanged(*each)
    return (
        "Normal training rows teach, normal validation rows set the threshold, the test "
        "part is only scored. No label of an anomaly was needed, and no line says which "
        "detector it is."
    )


def _scores_and_threshold(answer: object) -> tuple[np.ndarray, float]:
    several = issubclass(type(answer), tuple | list)
    if not several or len(answer) != 2:
        given = f"{len(answer)} things" if several else f"a {kind(answer)}"
        raise CannotCheck(
            "judge should return two things, the scores of the test rows and the "
            f"threshold; yours returns {given}."
        )
    scores, threshold = answer
    if np.ndim(threshold) == 1 and np.ndim(scores) == 0:
        raise CannotCheck(
            "judge should return the scores first and the threshold second; yours come "
            "the other way round."
        )
    return (
        as_array(scores, "the scores that judge returns"),
        as_number(threshold, "the threshold that judge returns"),
    )


def _require_teaching(parts: _Parts) -> None:
    if not Witness.taught:
        raise Wrong("not taught", "Your function never calls fit on the detector.")
    _require_rows_as_given(parts)
    taught = Witness.taught[-1][:, 0]
    for name in ("test", "validation"):
        if np.isin(taught, parts[name][0]["number"]).any():
            raise Wrong(
                f"trained on the {name} part",
                f"The detector was taught rows of the {name} part. What it has seen looks "
                "more normal to it than it is, so that part can say nothing any more.",
            )
    X, y = parts["training"]
    odd = np.isin(taught, X["number"][y == 1])
    if odd.all():
        raise Wrong(
            "inverted label",
            "You taught it the anomalies: 1 marks an anomaly, 0 a normal row.",
        )
    if odd.any():
        raise Wrong(
            "trained on anomalies too",
            "The anomalies of the training part taught as well. What a detector is shown, "
            "it learns to call normal; y_train says which rows to leave out.",
        )
    if len(np.unique(taught)) < (y == 0).sum():
        raise Wrong(
            "only some of the rows",
            "Some normal training rows were left out. All of them may teach; the "
            "validation part has others for the threshold.",
        )


def _require_rows_as_given(parts: _Parts) -> None:
    """Raise if the detector was taught other rows than those of the three parts."""
    given = np.vstack([X.to_numpy() for X, _ in parts.values()])
    for taught in Witness.taught[-1:]:
        if taught.shape[1] != given.shape[1]:
            raise Wrong(
                "other rows",
                f"You taught it rows of {taught.shape[1]} numbers; those of X_train have "
                f"{given.shape[1]}. Use what the function is given, not other variables "
                "of the notebook, and add no labels.",
            )
        if not np.isin(taught[:, 0], given[:, 0]).all():
            raise Wrong(
                "other rows",
                "You taught it rows that are not in X_train, or changed them before. Hand "
                "them over as they are: a detector that needs scaled rows scales them.",
            )


def _require_scores(scores: np.ndarray, scored: Witness, parts: _Parts) -> None:
    right = scored.decision_function(parts["test"][0])
    if len(scores) == len(right) and np.allclose(scores, right):
        return
    if np.isin(scores, (0, 1)).all():
        raise Wrong(
            "labels in place of scores",
            "These are 0 and 1. A threshold of the detector's own has decided already, and "
            "the order of the rows, which AP looks at, is lost. Return the scores.",
        )
    if len(scores) != len(right):
        raise Wrong(
            "scores of other rows",
            f"You return {len(scores)} scores, and X_test has {len(right)} rows.",
        )
    if np.allclose(scores, -right):
        raise Wrong("inverted score", "Higher means more anomalous; yours are negated.")
    if np.allclose(np.sort(scores), np.sort(right)):
        raise Wrong(
            "another order",
            "The right scores in another order than the rows of X_test: nobody knows any "
            "more which row each belongs to.",
        )
    raise Wrong(
        "scores",
        "These are not what decision_function says of X_test. Return its scores as they "
        "are: all else can be done to them later.",
    )


def _require_threshold(threshold: float, scored: Witness, parts: _Parts) -> None:
    from helpers.thresholds import oracle_threshold

    X, y = parts["validation"]
    of_all = scored.decision_function(X)
    of_normal = of_all[y == 0]
    if _at_quantile(threshold, of_normal, 0.99):
        return
    of_test = scored.decision_function(parts["test"][0])
    X_train, y_train = parts["training"]
    of_train = scored.decision_function(X_train)
    wrong = (
        (
            _at_quantile(threshold, of_train[y_train == 0], 0.99)
            or _at_quantile(threshold, of_train, 0.99)
            or np.isclose(threshold, scored.threshold_),
            "threshold from training rows",
            "That threshold comes from rows that taught the detector. It knows them, so "
            "their scores are lower than those of new normal rows, and far more than one "
            "in a hundred of these would ring.",
        ),
        (
            any(_at_quantile(threshold, of_test, q) for q in (0.8, 0.9, 0.95, 0.99)),
            "threshold from the test part",
            "That threshold was chosen on the test part. Even without its labels, the "
            "part then no longer plays the future: in the future one row comes at a time.",
        ),
        (
            _at_quantile(threshold, of_all, 0.99),
            "anomalies among the normal",
            "You let all validation rows choose. Anomalies are among them, and push the "
            "threshold up to where only the worst of them ring.",
        ),
        (
            _at_quantile(threshold, of_all[y == 1], 0.99)
            or _at_quantile(threshold, of_all[y == 1], 0.01),
            "inverted label",
            "That is a quantile of the anomalies' scores; 0 marks a normal row.",
        ),
        (
            _at_quantile(threshold, of_normal, 0.01),
            "wrong end",
            "99 of 100 normal rows exceed that: it is the quantile of the other end. "
            "(np.percentile counts in per cent: 99, not 0.99.)",
        ),
        (
            any(
                np.isclose(threshold, of_normal.mean() + k * of_normal.std(ddof=d))
                for k in (2, 3)
                for d in (0, 1)
            ),
            "another rule",
            "Mean plus some standard deviations promises a share only for bell curves. "
            "Scores have a long tail: count rows, with a quantile.",
        ),
        (
            np.isclose(threshold, of_normal.max()),
            "no false alarm at all",
            "That is the highest normal score: one wild row decides everything. One in a "
            "hundred may exceed the threshold.",
        ),
        (
            any(
                np.isclose(threshold, oracle_threshold(y, of_all, metric=metric))
                for metric in ("f1", "f2", "accuracy")
            ),
            "threshold from the anomalies",
            "That separates normal rows from anomalies of the validation part. Labels may "
            "say which rows are normal, and nothing more: take a quantile of those.",
        ),
    )
    for found, diagnosis, message in wrong:
        if found:
            raise Wrong(diagnosis, message)
    share = np.mean(of_normal > threshold)
    raise Wrong(
        "threshold",
        f"{share:.1%} of the normal validation rows exceed your threshold; it should be "
        "one in a hundred. A quantile of their scores says where that is.",
    )


def _at_quantile(threshold: float, scores: np.ndarray, q: float) -> bool:
    """Say whether `threshold` is a q-quantile of scores by any usual definition."""
    ranked = np.sort(scores)
    place = q * (len(ranked) - 1)
    low = ranked[max(int(np.floor(place)) - 1, 0)]
    high = ranked[min(int(np.ceil(place)) + 1, len(ranked) - 1)]
    return bool(low <= threshold < high or np.isclose(threshold, low))


# -- 8.2: which seed goes to work --------------------------------------------------------

_Run = dict[str, Any]
_Rule = Callable[[list[_Run]], float]


def _runs(seed: int) -> list[_Run]:
    rng = np.random.default_rng(seed)
    runs = []
    for _ in range(6):
        epochs = int(rng.integers(4, 9))
        runs.append(
            {
                "loss": rng.uniform(0.1, 1.0, epochs).round(3).tolist(),
                "val_loss": rng.uniform(0.2, 1.2, epochs).round(3).tolist(),
                "test AP": round(float(rng.uniform(0.1, 0.9)), 3),
            }
        )
    return runs


def _chosen(runs: list[_Run]) -> float:
    return float(np.argmin([min(run["val_loss"]) for run in runs]))


_MISCHOSEN: tuple[tuple[_Rule, str, str], ...] = (
    (
        lambda runs: np.argmax([run["test AP"] for run in runs]),
        "best on the test part",
        "You choose by the test AP. Then the test part helped to make the detector, and "
        "its number is the best of several draws of luck; nobody can keep what it promises.",
    ),
    (
        lambda runs: np.argmin([run["test AP"] for run in runs]),
        "worst on the test part",
        "You choose by the test AP, and the lowest at that. The test part must have no say.",
    ),
    (
        lambda runs: np.argmin([min(run["loss"]) for run in runs]),
        "training loss",
        "The training loss praises what was learned by heart. Rows that did not train "
        "are the better judges, and they need no labels.",
    ),
    (
        lambda runs: np.argmin([run["loss"][-1] for run in runs]),
        "training loss",
        "The training loss praises what was learned by heart, and the last one most of "
        "all. Rows that did not train are the better judges.",
    ),
    (
        lambda runs: np.argmin([run["val_loss"][-1] for run in runs]),
        "last epoch",
        "The right curve, but its last value. Each run has put back the weights of its "
        "best epoch, so that is the epoch to compare.",
    ),
    (
        lambda runs: np.argmin([np.mean(run["val_loss"]) for run in runs]),
        "mean over the epochs",
        "The mean over the epochs also counts the time before anything was learned. What "
        "goes to work is one epoch, the best.",
    ),
    (
        lambda runs: np.argmax([min(run["val_loss"]) for run in runs]),
        "largest loss",
        "That is the largest validation loss: a loss should be small.",
    ),
    (
        lambda runs: np.argmax([max(run["val_loss"]) for run in runs]),
        "largest loss",
        "That is the largest validation loss: a loss should be small.",
    ),
    (
        lambda runs: _chosen(runs) + 1,
        "counted from one",
        "The right run, counted from 1; positions count from 0.",
    ),
    (
        lambda runs: min(min(run["val_loss"]) for run in runs),
        "loss, not position",
        "That is the lowest loss itself. Which run has it?",
    ),
    (
        lambda runs: runs[int(_chosen(runs))]["test AP"],
        "AP, not position",
        "That is what the right run does on the test part: the number to report. Return "
        "its position.",
    ),
    (
        lambda runs: np.argmin(runs[0]["val_loss"]),
        "epoch, not run",
        "That is the best epoch of one run. Compare the best epochs of all runs.",
    ),
    (
        lambda runs: _chosen(runs[:5]),
        "the first five only",
        "You look at five runs. There may be more, or fewer: go through all of runs.",
    ),
)


@exercise(
    "8.2",
    "Which seed goes to work?",
    answers=("choose",),
    hints=[
        "Which of the three entries could you look at before anybody knows an anomaly?",
        "Each run stands for its best epoch: the lowest value of its validation curve.",
        'np.argmin([min(run["val_loss"]) for run in runs]) is the position.',
    ],
)
def check_8_2(choose: object) -> str:
    """Check that the run is chosen by the best validation loss."""
    function = as_function(choose, "choose")
    cases = [_runs(seed) for seed in range(12)]
    handed = deepcopy(cases)
    answers = [as_number(call(function, runs), "choose(runs)") for runs in handed]
    if answers == [_chosen(runs) for runs in cases]:
        for after, before in zip(handed, cases, strict=True):
            require_unchanged(pd.DataFrame(after), pd.DataFrame(before), "list of runs")
        return (
            "Normal rows that were held out choose, and the test part is left to say how "
            "good the choice is. Report that number, and the spread over the seeds."
        )
    for rule, diagnosis, message in _MISCHOSEN:
        if np.allclose(answers, [rule(runs) for runs in cases]):
            raise Wrong(diagnosis, message)
    if len(set(answers)) == 1 and answers[0] in range(len(cases[0])):
        raise Wrong(
            "always the same",
            f"You take run {answers[0]:g}, whatever the runs are. Their validation losses "
            "say which.",
        )
    if any(answer not in range(len(cases[0])) for answer in answers):
        raise Wrong(
            "no position",
            f"choose should return a position, 0 to 5 for six runs; one of yours is "
            f"{next(a for a in answers if a not in range(6)):.3g}.",
        )
    right = sum(a == _chosen(runs) for a, runs in zip(answers, cases, strict=True))
    raise Wrong(
        "another run",
        f"In {right} of {len(cases)} cases yours is the run with the lowest validation "
        "loss of all. Take each run's lowest value first, then compare the runs.",
    )


# -- 8.3: how unusual is that ------------------------------------------------------------


def _below(scores: np.ndarray, normal: np.ndarray) -> np.ndarray:
    return np.mean(normal[np.newaxis] < scores[:, np.newaxis], axis=1)


_Shares = Callable[[np.ndarray, np.ndarray], np.ndarray]
_MISCOUNTED: tuple[tuple[_Shares, str, str], ...] = (
    (
        lambda s, n: np.searchsorted(n, s) / len(n),
        "searched in a disorder",
        "np.searchsorted finds places among sorted values, and normal_scores come in any "
        "order: np.sort(normal_scores) first.",
    ),
    (
        lambda s, n: np.sort(_below(s, n)),
        "sorted",
        "The right shares, sorted: nobody knows any more which score each belongs to.",
    ),
    (
        lambda s, n: 1 - _below(s, n),
        "inverted",
        "That is the share of normal rows above the score: small where a row is unusual. "
        "Scores in this course rise with oddness; count those below.",
    ),
    (
        lambda s, n: 100 * _below(s, n),
        "percent",
        "Right, but in per cent: a share lies between 0 and 1.",
    ),
    (
        lambda s, n: len(n) * _below(s, n),
        "a count, not a share",
        "That is how many normal rows lie below. Two detectors with validation parts of "
        "different size could not be compared: divide by their number.",
    ),
    (
        lambda s, n: len(n) * _below(s, n) / len(s),
        "divided by the wrong number",
        "You count among the normal rows, and divide by the number of scores to judge.",
    ),
    (
        lambda s, n: (s - n.min()) / (n.max() - n.min()),
        "stretched, not counted",
        "That stretches the scale, and one wild normal row decides how far. Equal steps "
        "still mean different things for two detectors. Count rows instead.",
    ),
    (
        lambda s, n: ((s - n.min()) / (n.max() - n.min())).clip(0, 1),
        "stretched, not counted",
        "That stretches the scale and cuts it off: between 0 and 1, but no share of rows. "
        "Count rows instead.",
    ),
    (
        lambda s, n: s / n.max(),
        "stretched, not counted",
        "That stretches the scale, and one wild normal row decides how far. Count rows.",
    ),
    (
        lambda s, n: (s - s.min()) / (s.max() - s.min()),
        "stretched, not counted",
        "That stretches the scale by the scores themselves: whatever comes, the highest is "
        "always 1. Count normal rows instead.",
    ),
    (
        lambda s, n: (s - n.mean()) / n.std(),
        "stretched, not counted",
        "Standard deviations are a common unit only if both scores have the same shape. "
        "Errors have long tails, and one wild row stretches the scale. Count rows instead.",
    ),
    (
        lambda s, n: (s - n.mean()) / n.std(ddof=1),
        "stretched, not counted",
        "Standard deviations are a common unit only if both scores have the same shape. "
        "Errors have long tails, and one wild row stretches the scale. Count rows instead.",
    ),
    (
        lambda s, n: s,
        "unchanged",
        "These are the scores that came in, in their own unit.",
    ),
    (
        lambda s, n: _below(n, s),
        "the other way round",
        "For each normal row you count the scores below it. Turn it round: for each score, "
        "how many normal rows?",
    ),
)


@exercise(
    "8.3",
    "How unusual is that?",
    answers=("surprise",),
    hints=[
        "For one score: np.mean(normal_scores < score). A comparison is 0 or 1, its mean a "
        "share.",
        "Do it for each score: a list comprehension will do.",
        "np.searchsorted(np.sort(normal_scores), scores) counts those below for all at "
        "once; divide by len(normal_scores).",
    ],
)
def check_8_3(surprise: object) -> str:
    """Check the share of normal scores below each score."""
    function = as_function(surprise, "surprise")
    rng = np.random.default_rng(3)
    normal = rng.gamma(1.5, size=60)
    scores = np.r_[rng.gamma(2.5, size=25), 40.0, 0.0]
    given = scores.copy(), normal.copy()
    answer = _surprised(function, *given)
    if _close(answer, _below(scores, normal), 1 / len(normal)):
        _require_shares_of_any_rows(function, answer, scores, normal)
        require_unchanged(given[0], scores, "scores")
        require_unchanged(given[1], normal, "normal_scores")
        return (
            "A share of normal rows: the same unit for every detector, and a threshold "
            "of 0.99 for all. Above the wildest normal row all is 1, so the order among "
            "the far-out is the price."
        )
    ranks = np.argsort(np.argsort(scores))
    if any(_close(answer, (ranks + k) / len(ranks), 0.03) for k in (0, 0.5, 1)):
        raise Wrong(*_COMPANY)
    if _close(answer, ranks, 1.01):
        raise Wrong(*_COMPANY)
    for rule, diagnosis, message in _MISCOUNTED:
        wrong = rule(scores, normal)
        allowed = 1e-6 if "stretched" in diagnosis else max(1e-6, _step(wrong, normal))
        if _close(answer, wrong, allowed):
            raise Wrong(diagnosis, message)
    if len(answer) != len(scores):
        raise Wrong(
            "one for each score",
            f"{len(scores)} scores come in and {len(answer)} numbers come out; each score "
            "should get its share. (Mind the axis of your mean.)",
        )
    if set(np.unique(answer)) <= {0.0, 1.0}:
        raise Wrong(
            "an alarm, not a share",
            "Only 0 and 1 come out, as if each score were compared with one number. "
            "Compare it with all normal scores, and take the mean.",
        )
    if answer.min() < 0 or answer.max() > 1:
        raise Wrong(
            "no share",
            f"One of yours is {answer[np.argmax(abs(answer))]:.3g}; a share lies between 0 "
            "and 1. Count the normal scores below, and divide by how many there are.",
        )
    right = _below(scores, normal)
    worst = np.argmax(np.abs(answer - right))
    raise Wrong(
        "share",
        f"{right[worst] * len(normal):.0f} of {len(normal)} normal scores lie below the "
        f"score {scores[worst]:.3g}. Which share is that? You return {answer[worst]:.3g}.",
    )


_COMPANY = (
    "rank among the test rows",
    "You rank the scores among themselves. Then a row's number depends on the company it "
    "comes in, and of two normal rows one is always the most surprising. Compare with "
    "normal rows that stay the same.",
)


def _require_shares_of_any_rows(
    function: Callable, answer: np.ndarray, scores: np.ndarray, normal: np.ndarray
) -> None:
    """Raise if the same score gets another share beside others, or fewer rows count."""
    if not _close(
        _surprised(function, scores[:2].copy(), normal.copy()), answer[:2], 0
    ):
        raise Wrong(*_COMPANY)
    some = normal[:40]
    fewer = _surprised(function, scores.copy(), some.copy())
    if not _close(fewer, _below(scores, some), 1 / len(some)):
        raise Wrong(
            "fixed number of rows",
            f"Right for {len(normal)} normal scores, and not for {len(some)}: divide by "
            "how many there are, len(normal_scores).",
        )


def _surprised(
    function: Callable, scores: np.ndarray, normal: np.ndarray
) -> np.ndarray:
    return as_array(call(function, scores, normal), "what surprise returns")


def _step(values: np.ndarray, normal: np.ndarray) -> float:
    """Return what one normal row changes, in the unit of values."""
    return float(np.ptp(values)) / len(normal)


def _close(answer: np.ndarray, right: np.ndarray, within: float) -> bool:
    return len(answer) == len(right) and bool(
        (np.abs(answer - right) <= within + 1e-9).all()
    )


# -- 8.4: the first call is different ----------------------------------------------------

# seconds of calls in a row; while one of them ran, somebody else used the machine: one
# in the middle, the last, and the second
_MEASURED = (
    np.array([6.0, 0.21, 0.2, 0.19, 0.2, 2.6, 0.2, 0.21]),
    np.array([12.0, 1.5, 1.52, 1.49, 1.5, 9.0]),
    np.array([8.0, 2.4, 0.31, 0.3, 0.29, 0.3, 0.31, 0.3]),
)
_CALLS = (1, 10, 4000)
_Total = Callable[[np.ndarray, int], float]


def _usual(seconds: np.ndarray, calls: int) -> float:
    return seconds[0] + (calls - 1) * np.median(seconds[1:])


_MISTIMED: tuple[tuple[_Total, str, str], ...] = (
    (
        lambda s, n: n * s[0],
        "compiled in every call",
        "You take every call for as long as the first. The network is compiled once, then "
        "it is there.",
    ),
    (
        lambda s, n: n * s.mean(),
        "compiled in every call",
        "A mean over all calls spreads the compiling over them: each further call would "
        "bring its part of it again. It happens once, however many calls follow.",
    ),
    (
        lambda s, n: n * np.median(s[1:]),
        "never compiled",
        "The usual call, so many times. But a fresh process has to compile first, and for "
        "few calls that is nearly all of the time.",
    ),
    (
        lambda s, n: s[0] + (n - 1) * s[1:].mean(),
        "somebody else's work",
        "Compiling is counted once: good. But one of the other calls took many times as "
        "long as the rest, while somebody else used the machine, and your mean lets it "
        "speak for all of them.",
    ),
    (
        lambda s, n: s[0] + n * np.median(s[1:]),
        "one call too many",
        "The first call is one of them: after it, calls - 1 are left.",
    ),
    (
        lambda s, n: s[0] + (n - 1) * s[1],
        "somebody else's work",
        "You take the second call for the usual one. It may be the one that somebody "
        "else's work disturbed: ask all calls after the first.",
    ),
    (
        lambda s, n: s[0] + (n - 1) * s[-1],
        "somebody else's work",
        "You take the last call for the usual one. It may be the one that somebody else's "
        "work disturbed: ask all calls after the first.",
    ),
    (
        lambda s, n: s[0] + (n - 1) * s.mean(),
        "compiled in every call",
        "The first call stands apart, and yet your mean for the others has it in as well.",
    ),
    (
        lambda s, n: s.sum(),
        "the calls that were measured",
        "That is how long the measured calls took, whatever calls is.",
    ),
    (
        lambda s, n: s[:n].sum(),
        "the calls that were measured",
        "You add up measured calls; when more are asked for than were measured, the rest "
        "is missing. What does one more call usually add?",
    ),
    (
        lambda s, n: s.max() + (n - 1) * s.max(),
        "compiled in every call",
        "You take every call for as long as the longest.",
    ),
    (
        lambda s, n: np.median(s[1:]),
        "one call",
        "That is one usual call. How long for so many, from a fresh start?",
    ),
    (
        lambda s, n: _usual(s, n) / n,
        "time per call",
        "That is the time per call; the total is asked for.",
    ),
)


@exercise(
    "8.4",
    "The first call is different",
    answers=("total_time",),
    hints=[
        "Draw the total time against the number of calls: where does the line start, how "
        "steep is it?",
        "seconds[0] is paid once. The others tell what one more call costs; one of them "
        "was disturbed, and a median doesn't mind.",
        "seconds[0] + (calls - 1) * np.median(seconds[1:])",
    ],
)
def check_8_4(total_time: object) -> str:
    """Check that compiling is counted once, and a disturbed call not at all."""
    function = as_function(total_time, "total_time")
    cases = [(seconds, calls) for seconds in _MEASURED for calls in _CALLS]
    handed = [deepcopy(case) for case in cases]  # of its own for every call
    answers = [
        as_number(call(function, *case), "total_time(seconds, calls)")
        for case in handed
    ]
    if _agree(answers, [_usual(*case) for case in cases], 0.06):
        for (after, _), (before, _) in zip(handed, cases, strict=True):
            require_unchanged(after, before, "seconds")
        return (
            "Compiling once, then a usual call each. For one call the first counts alone, "
            "for thousands it is forgotten: whoever times a single call compares compilers."
        )
    for rule, diagnosis, message in _MISTIMED:
        if _agree(answers, [float(rule(*case)) for case in cases], 0.03):
            raise Wrong(diagnosis, message)
    if np.allclose(np.divide(answers, 1000), [_usual(*c) for c in cases], rtol=0.06):
        raise Wrong("milliseconds", "Right, in milliseconds; seconds came in.")
    raise _mistimed(answers)


def _mistimed(answers: list[float]) -> Wrong:
    """Return what is said of the first series whose times are not right."""
    by_series = np.reshape(answers, (len(_MEASURED), len(_CALLS)))
    for seconds, said in zip(_MEASURED, by_series, strict=True):
        right = [_usual(seconds, calls) for calls in _CALLS]
        if _agree(said, right, 0.06):
            continue
        if not _agree(said[:1], right[:1], 0.06):
            return Wrong(
                "one call",
                f"The first call took {seconds[0]:g} s. For a single call you say "
                f"{said[0]:.3g} s, but a fresh process with one call does what the first "
                "measured call did.",
            )
        more = (said[2] - said[1]) / (_CALLS[2] - _CALLS[1])
        measured = ", ".join(f"{value:g}" for value in seconds)
        return Wrong(
            "one more call",
            f"The calls took {measured} s. For {_CALLS[1]} calls you say {said[1]:.3g} s, "
            f"and each further one costs {more:.3g} s. How many calls come after the "
            "first, and what does one of them usually take?",
        )
    return Wrong("one more call", "These are not the times of so many calls.")


def _agree(answers: Sequence[float], right: Sequence[float], within: float) -> bool:
    return bool(np.allclose(answers, right, rtol=within, atol=1e-9))
