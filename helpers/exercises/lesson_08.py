"""The checks of lesson 08, six detectors."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from helpers.exercises.answers import as_array, as_function, as_number, call, kind
from helpers.exercises.engine import CannotCheck, NotAttempted, Wrong, exercise

# -- 8.1: one function for them all ------------------------------------------------------

_PARTS = {"training": 300, "validation": 500, "test": 400}
_ANOMALIES = 0.2


class _Witness:
    """Keeps the contract, and notes which rows it is taught.

    A row is (number, oddness). Rows it was taught score a quarter of their oddness, as rows
    that a network knows by heart do.
    """

    taught: ClassVar[list[np.ndarray]] = []

    def fit(self, X: Any, y: Any = None) -> "_Witness":
        rows = np.asarray(X, dtype=float)
        type(self).taught.append(rows[:, 0])
        self.known_ = rows[:, 0]
        self.decision_scores_ = self.decision_function(X)
        self.threshold_ = float(np.quantile(self.decision_scores_, 0.9))
        self.labels_ = (self.decision_scores_ > self.threshold_).astype(int)
        return self

    def decision_function(self, X: Any) -> np.ndarray:
        if not hasattr(self, "known_"):
            raise CannotCheck("the detector is asked for scores before fit().")
        number, oddness = np.asarray(X, dtype=float).T
        return np.where(np.isin(number, self.known_), 0.25, 1.0) * oddness

    def predict(self, X: Any) -> np.ndarray:
        return (self.decision_function(X) > self.threshold_).astype(int)

    def fit_predict(self, X: Any, y: Any = None) -> np.ndarray:
        return self.fit(X).labels_

    def get_params(self, deep: bool = True) -> dict:
        return {}

    def set_params(self, **parameters: Any) -> "_Witness":
        return self


_Parts = dict[str, tuple[pd.DataFrame, np.ndarray]]


def _parts() -> _Parts:
    rng = np.random.default_rng(8)
    parts, first = {}, 0
    for name, rows in _PARTS.items():
        y = (rng.random(rows) < _ANOMALIES).astype(int)
        oddness = rng.gamma(2.0, size=rows) + (20 if name == "test" else 6) * y
        numbers = np.arange(first, first + rows)
        parts[name] = pd.DataFrame({"number": numbers, "oddness": oddness}), y
        first += rows
    return parts


@exercise(
    "8.1",
    "One function for them all",
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
    _Witness.taught = []
    detector = _Witness()
    (X, y), (X_validation, y_validation), (X_test, _) = parts.values()
    answer = call(
        function, detector, X.copy(), y.copy(), X_validation.copy(),
        y_validation.copy(), X_test.copy(),
    )  # fmt: skip
    scores, threshold = _scores_and_threshold(answer)
    _require_teaching(parts)
    scored = _Witness().fit(X[y == 0])
    _require_scores(scores, scored, parts)
    _require_threshold(threshold, scored, parts)
    return (
        "Normal training rows teach, normal validation rows set the threshold, the test "
        "part is only scored. No label of an anomaly was needed, and no line says which "
        "detector it is."
    )


def _scores_and_threshold(answer: object) -> tuple[np.ndarray, float]:
    if not issubclass(type(answer), tuple | list) or len(answer) != 2:
        raise CannotCheck(
            "judge should return two things, the scores of the test rows and the "
            f"threshold; yours returns a {kind(answer)}."
        )
    scores, threshold = answer
    if scores is None or threshold is None or scores is ... or threshold is ...:
        raise NotAttempted("judge() returns nothing in one of its two places,")
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
    if not _Witness.taught:
        raise Wrong("not taught", "Your function never calls fit on the detector.")
    taught = _Witness.taught[-1]
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


def _require_scores(scores: np.ndarray, scored: _Witness, parts: _Parts) -> None:
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
    raise Wrong(
        "scores",
        "These are not what decision_function says of X_test. Return its scores as they "
        "are: all else can be done to them later.",
    )


def _require_threshold(threshold: float, scored: _Witness, parts: _Parts) -> None:
    X, y = parts["validation"]
    of_all = scored.decision_function(X)
    if _at_quantile(threshold, of_all[y == 0], 0.99):
        return
    of_test = scored.decision_function(parts["test"][0])
    X_train, y_train = parts["training"]
    of_train = scored.decision_function(X_train)
    wrong = (
        (
            _at_quantile(threshold, of_train[y_train == 0], 0.99)
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
            _at_quantile(threshold, of_all[y == 0], 0.01),
            "wrong end",
            "99 of 100 normal rows exceed that: it is the quantile of the other end.",
        ),
        (
            np.isclose(threshold, of_all[y == 0].max()),
            "no false alarm at all",
            "That is the highest normal score: one wild row decides everything. One in a "
            "hundred may exceed the threshold.",
        ),
    )
    for found, diagnosis, message in wrong:
        if found:
            raise Wrong(diagnosis, message)
    share = np.mean(of_all[y == 0] > threshold)
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
        lambda runs: 0,
        "always the same",
        "You take the first run, whatever the others say. Their validation losses do say.",
    ),
)


@exercise(
    "8.2",
    "Which seed goes to work?",
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
    answers = [
        as_number(call(function, [dict(run) for run in runs]), "choose(runs)")
        for runs in cases
    ]
    if answers == [_chosen(runs) for runs in cases]:
        return (
            "Normal rows that were held out choose, and the test part is left to say how "
            "good the choice is. Report that number, and the spread over the seeds."
        )
    for rule, diagnosis, message in _MISCHOSEN:
        if np.allclose(answers, [rule(runs) for runs in cases]):
            raise Wrong(diagnosis, message)
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
    answer = _surprised(function, scores, normal)
    if _close(answer, _below(scores, normal), 1 / len(normal)):
        if len(one := _surprised(function, scores[:1], normal)) and _close(
            one, answer[:1], 1e-9
        ):
            return (
                "A share of normal rows: the same unit for every detector, and a threshold "
                "of 0.99 for all. Above the wildest normal row all is 1, so the order among "
                "the far-out is the price."
            )
        raise Wrong(*_COMPANY)
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
            "Only 0 and 1: you compare with one number. Compare with all normal scores.",
        )
    if answer.min() < 0 or answer.max() > 1:
        raise Wrong(
            "no share",
            f"One of yours is {answer[np.argmax(abs(answer))]:.3g}; a share lies between 0 "
            "and 1. Count the normal scores below, and divide by how many there are.",
        )
    raise Wrong(
        "share",
        f"A score above every normal one gets {answer[-2]:.3g} from you, the lowest of all "
        f"{answer[-1]:.3g}. What share of normal_scores lies below each?",
    )


_COMPANY = (
    "rank among the test rows",
    "You rank the scores among themselves. Then a row's number depends on the company it "
    "comes in, and of two normal rows one is always the most surprising. Compare with "
    "normal rows that stay the same.",
)


def _surprised(
    function: Callable, scores: np.ndarray, normal: np.ndarray
) -> np.ndarray:
    answer = call(function, scores.copy(), normal.copy())
    if np.ndim(answer) == 0 and not issubclass(type(answer), str | set | dict):
        raise CannotCheck(
            f"surprise should return a number for each score; yours returns a "
            f"{kind(answer)}."
        )
    return as_array(answer, "surprise(scores, normal_scores)")


def _step(values: np.ndarray, normal: np.ndarray) -> float:
    """Return what one normal row changes, in the unit of values."""
    return float(np.ptp(values)) / len(normal)


def _close(answer: np.ndarray, right: np.ndarray, within: float) -> bool:
    return len(answer) == len(right) and bool(
        (np.abs(answer - right) <= within + 1e-9).all()
    )


# -- 8.4: the first call is different ----------------------------------------------------

# seconds of calls in a row; while the sixth one ran, somebody else used the machine
_MEASURED = (
    np.array([6.0, 0.21, 0.2, 0.19, 0.2, 2.6, 0.2, 0.21]),
    np.array([12.0, 1.5, 1.52, 1.49, 1.5, 9.0]),
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
    answers = [
        as_number(call(function, s.copy(), n), "total_time(seconds, calls)")
        for s, n in cases
    ]
    if _agree(answers, [_usual(*case) for case in cases], 0.06):
        return (
            "Compiling once, then a usual call each. For one call the first counts alone, "
            "for thousands it is forgotten: whoever times a single call compares compilers."
        )
    for rule, diagnosis, message in _MISTIMED:
        if _agree(answers, [float(rule(*case)) for case in cases], 0.03):
            raise Wrong(diagnosis, message)
    if np.allclose(np.divide(answers, 1000), [_usual(*c) for c in cases], rtol=0.06):
        raise Wrong("milliseconds", "Right, in milliseconds; seconds came in.")
    if not np.isclose(answers[0], _MEASURED[0][0], rtol=0.06):
        raise Wrong(
            "one call",
            f"For a single call you say {answers[0]:.3g} s. A fresh process with one call "
            "does what the first measured call did.",
        )
    more = (answers[2] - answers[1]) / (_CALLS[2] - _CALLS[1])
    raise Wrong(
        "one more call",
        f"One more call costs {more:.3g} s by your account. Look at the calls after the "
        "first: what does one of them usually take?",
    )


def _agree(answers: Sequence[float], right: Sequence[float], within: float) -> bool:
    return bool(np.allclose(answers, right, rtol=within, atol=1e-9))
