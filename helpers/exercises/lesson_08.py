"""The checks of lesson 08, six detectors."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import partial
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from scipy.stats import gamma

from helpers.detectors.base import Detector
from helpers.exercises.answers import (
    as_array,
    as_function,
    as_number,
    call,
    kind,
    require_unchanged,
)
from helpers.exercises.declared import Mistake, exercise
from helpers.exercises.judging import accuse, judge
from helpers.exercises.outcomes import CannotCheck, Wrong
from helpers.thresholds import oracle_threshold

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
_APART = {"training": 4.0, "validation": 4.0, "test": 20.0}  # anomalies, from the rest


def _oddness(rows: int, random: np.random.Generator) -> np.ndarray:
    """Return quantiles of a gamma distribution (rows,), in any order.

    Its tail is so long that mean + 3 sd is no substitute for the quantile.
    """
    return random.permutation(gamma.ppf((np.arange(rows) + 0.5) / rows, 0.5))


def _parts(random: np.random.Generator) -> _Parts:
    """Draw a training, a validation and a test part, in a unit of their own.

    They are drawn anew while the highest normal score of the validation part is also
    the threshold that separates its anomalies best: two mistakes would be one.
    """
    while True:
        parts = _drawn_parts(random)
        X, y = parts["validation"]
        oddness = X["oddness"].to_numpy()
        highest = oddness[y == 0].max()
        if not np.isclose(oracle_threshold(y, oddness), highest):
            return parts


def _drawn_parts(random: np.random.Generator) -> _Parts:
    parts, first, unit = {}, 0, random.uniform(200, 900)  # above shares, and positions
    for name, rows in _PARTS.items():
        y = random.permutation(np.arange(rows) < _ANOMALIES * rows).astype(int)
        oddness = unit * (_oddness(rows, random) + _APART[name] * y)
        numbers = np.arange(first, first + rows)
        parts[name] = pd.DataFrame({"number": numbers, "oddness": oddness}), y
        first += rows
    return parts


def _judging(
    *,
    teach: Callable[..., Any] = lambda X, y, V, v, T: X[y == 0],
    choose: Callable[..., Any] = lambda X, y, V, v, T: V[v == 0],
    q: float = 0.99,
    scores: Callable[..., Any] = lambda detector, T: detector.decision_function(T),
    threshold: Callable[..., Any] | None = None,
) -> Callable[..., Any]:
    """Return a `judge` that teaches, chooses or scores in its own way.

    `teach` and `choose` take the five arrays and return rows; `threshold` takes the
    detector, the validation rows and their labels.
    """

    def judge(detector, X, y, V, v, T):
        detector.fit(teach(X, y, V, v, T))
        chosen = detector.decision_function(choose(X, y, V, v, T))
        cut = np.quantile(chosen, q)
        if threshold:
            cut = threshold(detector, V, v)
        return scores(detector, T), cut

    return judge


def _sigma_of_normal(detector: Any, V: pd.DataFrame, v: np.ndarray) -> float:
    normal = detector.decision_function(V[v == 0])
    return normal.mean() + 3 * normal.std()


_JUDGING_MISTAKES = [
    Mistake(
        "not taught",
        "Your function never calls fit on the detector.",
        lambda detector, X, y, V, v, T: (np.ones(len(T)), 1.0),
    ),
    Mistake(
        "trained on anomalies too",
        "The anomalies of the training part taught as well. What a detector is shown, it "
        "learns to call normal; y_train says which rows to leave out.",
        _judging(teach=lambda X, y, V, v, T: X),
    ),
    Mistake(
        "inverted label",
        "You used the anomalies: 1 marks an anomaly, 0 a normal row.",
        _judging(teach=lambda X, y, V, v, T: X[y == 1]),
    ),
    Mistake(
        "inverted label",
        "You used the anomalies: 1 marks an anomaly, 0 a normal row.",
        _judging(choose=lambda X, y, V, v, T: V[v == 1]),
    ),
    Mistake(
        "trained on another part",
        "The detector was taught rows of the validation or the test part. What it has "
        "seen looks more normal to it than it is, so that part can say nothing any more.",
        _judging(teach=lambda X, y, V, v, T: pd.concat([X[y == 0], V[v == 0]])),
    ),
    Mistake(
        "trained on another part",
        "The detector was taught rows of the validation or the test part. What it has "
        "seen looks more normal to it than it is, so that part can say nothing any more.",
        _judging(teach=lambda X, y, V, v, T: pd.concat([X[y == 0], T])),
    ),
    Mistake(
        "only some of the rows",
        "Some normal training rows were left out. All of them may teach; the validation "
        "part has others for the threshold.",
        _judging(teach=lambda X, y, V, v, T: X[y == 0][:50]),
    ),
    Mistake(
        "other rows",
        "You taught it rows that are not in X_train, or changed them before. Use what "
        "the function is given, as it is, and add no labels: a detector that needs "
        "scaled rows scales them.",
        _judging(teach=lambda X, y, V, v, T: (X[y == 0] - X.mean()) / X.std()),
    ),
    Mistake(
        "labels in place of scores",
        "These are 0 and 1. A threshold has decided already, and the order of the rows, "
        "which AP looks at, is lost. Return the scores.",
        _judging(scores=lambda detector, T: detector.predict(T)),
    ),
    Mistake(
        "scores of other rows",
        "The scores are not as many as X_test has rows.",
        _judging(scores=lambda detector, T: detector.decision_function(T[:9])),
    ),
    Mistake(
        "inverted score",
        "Higher means more anomalous; yours are negated.",
        _judging(scores=lambda detector, T: -detector.decision_function(T)),
    ),
    Mistake(
        "another order",
        "The right scores in another order than the rows of X_test: nobody knows any "
        "more which row each belongs to.",
        _judging(scores=lambda detector, T: np.sort(detector.decision_function(T))),
    ),
    Mistake(
        "scores",
        "These are not what decision_function says of X_test. Return its scores as they "
        "are: all else can be done to them later.",
        _judging(scores=lambda detector, T: detector.decision_function(T) / 2),
    ),
    Mistake(
        "threshold from training rows",
        "That threshold comes from rows that taught the detector. It knows them, so "
        "their scores tend to be lower than those of new normal rows, and more than one "
        "in a hundred of these would ring.",
        _judging(choose=lambda X, y, V, v, T: X[y == 0]),
    ),
    Mistake(
        "threshold from training rows",
        "That threshold comes from rows that taught the detector. It knows them, so "
        "their scores tend to be lower than those of new normal rows, and more than one "
        "in a hundred of these would ring.",
        _judging(threshold=lambda detector, V, v: detector.threshold_),
    ),
    Mistake(
        "threshold from the test part",
        "That threshold was chosen on the test part. Even without its labels, the part "
        "then no longer plays the future: in the future one row comes at a time.",
        _judging(choose=lambda X, y, V, v, T: T),
    ),
    Mistake(
        "anomalies among the normal",
        "You let all validation rows choose. Anomalies are among them, and push the "
        "threshold up to where only the worst of them ring.",
        _judging(choose=lambda X, y, V, v, T: V),
    ),
    Mistake(
        "wrong end",
        "99 of 100 normal rows exceed that: it is the quantile of the other end. "
        "(np.percentile counts in per cent: 99, not 0.99.)",
        _judging(q=0.01),
    ),
    Mistake(
        "another rule",
        "Mean plus some standard deviations promises a share only for bell curves. "
        "Scores have a long tail: count rows, with a quantile.",
        _judging(threshold=_sigma_of_normal),
    ),
    Mistake(
        "no false alarm at all",
        "That is the highest normal score: one wild row decides everything. One in a "
        "hundred may exceed the threshold.",
        _judging(q=1.0),
    ),
    Mistake(
        "threshold from the anomalies",
        "That separates normal rows from anomalies of the validation part. Labels may "
        "say which rows are normal, and nothing more: take a quantile of those.",
        _judging(
            threshold=lambda detector, V, v: float(
                oracle_threshold(v, detector.decision_function(V))
            )
        ),
    ),
    Mistake(
        "threshold",
        "One in a hundred normal validation rows should exceed the threshold. A quantile "
        "of their scores says where that is.",
        _judging(q=0.9),
    ),
]


@exercise(
    "8.1",
    "One function for them all",
    points=2,
    answers=("judge",),
    reference=_judging(),
    mistakes=_JUDGING_MISTAKES,
    hints=[
        "Three things happen, each with rows of another part: teach, choose a threshold, "
        "score.",
        "X_train[y_train == 0] are the normal training rows; the validation part has "
        "normal rows, too, and the detector has never seen those.",
        "The threshold is np.quantile(detector.decision_function(...), 0.99) of the "
        "normal validation rows; return it after the scores of X_test.",
    ],
)
def check_8_1(judge: object, random: np.random.Generator) -> str:
    """Check who teaches, who chooses the threshold and who is scored."""
    function = as_function(judge, "judge")
    parts = _parts(random)
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


def _scores_and_threshold(answer: Any) -> tuple[np.ndarray, float]:
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


def _no(diagnosis: str, detail: str = "") -> Wrong:
    return accuse(_JUDGING_MISTAKES, diagnosis, detail)


def _require_teaching(parts: _Parts) -> None:
    if not Witness.taught:
        raise _no("not taught")
    _require_rows_as_given(parts)
    taught = Witness.taught[-1][:, 0]
    for name in ("test", "validation"):
        if np.isin(taught, parts[name][0]["number"]).any():
            raise _no("trained on another part", f"Here it is the {name} part.")
    X, y = parts["training"]
    odd = np.isin(taught, X["number"][y == 1])
    if odd.all():
        raise _no("inverted label")
    if odd.any():
        raise _no("trained on anomalies too")
    if len(np.unique(taught)) < (y == 0).sum():
        raise _no("only some of the rows")


def _require_rows_as_given(parts: _Parts) -> None:
    """Raise if the detector was taught other rows than those of the three parts.

    Rows are numbered through, and may be rounded to single precision.
    """
    given = np.vstack([X.to_numpy() for X, _ in parts.values()])
    for taught in Witness.taught[-1:]:
        if (
            taught.shape[1] != given.shape[1]
            or not np.isin(taught[:, 0], given[:, 0]).all()
        ):
            raise _no("other rows")
        if not np.allclose(given[taught[:, 0].astype(int)], taught, rtol=1e-5):
            raise _no("other rows")


def _require_scores(scores: np.ndarray, scored: Witness, parts: _Parts) -> None:
    right = scored.decision_function(parts["test"][0])
    if len(scores) == len(right) and np.allclose(scores, right):
        return
    if np.isin(scores, (0, 1)).all():
        raise _no("labels in place of scores")
    if len(scores) != len(right):
        raise _no(
            "scores of other rows",
            f"You return {len(scores)} scores, and X_test has {len(right)} rows.",
        )
    if np.allclose(scores, -right):
        raise _no("inverted score")
    if np.allclose(np.sort(scores), np.sort(right)):
        raise _no("another order")
    raise _no("scores")


def _require_threshold(threshold: float, scored: Witness, parts: _Parts) -> None:
    X, y = parts["validation"]
    of_all = scored.decision_function(X)
    of_normal = of_all[y == 0]
    if _at_quantile(threshold, of_normal, 0.99):
        return
    for found, diagnosis in _recognised(threshold, scored, parts):
        if found:
            raise _no(diagnosis)
    share = np.mean(of_normal > threshold)
    raise _no("threshold", f"{share:.1%} of them exceed yours.")


def _recognised(
    threshold: float, scored: Witness, parts: _Parts
) -> Iterator[tuple[bool, str]]:
    """Yield whether a threshold is a known wrong one, and which, one by one."""
    X, y = parts["validation"]
    of_all = scored.decision_function(X)
    of_normal = of_all[y == 0]

    def near(*values: float) -> bool:
        return bool(np.isclose(threshold, values).any())

    yield near(scored.threshold_), "threshold from training rows"
    yield near(of_normal.max()), "no false alarm at all"
    mean, sds = of_normal.mean(), (of_normal.std(), of_normal.std(ddof=1))
    yield near(*(mean + k * sd for k in (2, 3) for sd in sds)), "another rule"
    metrics = ("f1", "f2", "accuracy")
    best = [float(oracle_threshold(y, of_all, metric=metric)) for metric in metrics]
    between = *_interpolated(of_all, 1 - y.mean()), of_all[y == 1].min()
    yield near(*best, *between), "threshold from the anomalies"
    for scores, q, diagnosis in _quantiles(scored, parts):
        yield near(*_usual_quantiles(scores, q)), diagnosis


def _quantiles(scored: Witness, parts: _Parts) -> list[tuple[np.ndarray, float, str]]:
    """Return scores, a quantile of them, and what its choice as threshold is called."""
    of = {name: scored.decision_function(X) for name, (X, _) in parts.items()}
    labels = {name: y for name, (_, y) in parts.items()}
    normal, odd = (of["validation"][labels["validation"] == each] for each in (0, 1))
    of_taught = of["training"][labels["training"] == 0]
    return [
        (of["validation"], 0.99, "anomalies among the normal"),
        (odd, 0.99, "inverted label"),
        (odd, 0.01, "threshold from the anomalies"),
        (normal, 0.01, "wrong end"),
        (normal, 0.0099, "wrong end"),  # np.percentile(..., 0.99)
        (of_taught, 0.99, "threshold from training rows"),
        *((of["test"], q, "threshold from the test part") for q in (0.8, 0.9, 0.99)),
        (of["training"], 0.99, "threshold from training rows"),
    ]


def _at_quantile(threshold: float, scores: np.ndarray, q: float) -> bool:
    """Say whether `threshold` is a q-quantile of scores by any usual definition."""
    around = _ranked_around(scores, q)
    return bool(around[0] <= threshold < around[-1] or np.isclose(threshold, around[0]))


_DEFINITIONS: tuple[Any, ...] = (
    "linear",
    "midpoint",
    "hazen",
    "weibull",
    "median_unbiased",
)


def _usual_quantiles(scores: np.ndarray, q: float) -> list[float]:
    """Return the q-quantile of scores by several definitions, the scores beside it."""
    return [*_interpolated(scores, q), *_ranked_around(scores, q)]


def _interpolated(scores: np.ndarray, q: float) -> list[float]:
    return [np.quantile(scores, q, method=each) for each in _DEFINITIONS]


def _ranked_around(scores: np.ndarray, q: float) -> np.ndarray:
    """Return the scores around the q-quantile, one more on either side, sorted."""
    place = q * (len(scores) - 1)
    low, high = int(np.floor(place)) - 1, int(np.ceil(place)) + 1
    return np.sort(scores)[max(low, 0) : high + 1]


# -- 8.2: the loss of a VAE --------------------------------------------------------------


def _vae_terms(
    X: np.ndarray,
    rebuilt: np.ndarray,
    mean: np.ndarray,
    log_variance: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the squared errors (rows, features) and the KL terms (rows, code)."""
    terms = 1 + log_variance - mean**2 - np.exp(log_variance)
    return (X - rebuilt) ** 2, -terms / 2


def _vae_loss(X, rebuilt, mean, log_variance, weight):
    errors, divergence = _vae_terms(X, rebuilt, mean, log_variance)
    return np.mean(errors.sum(axis=1) + weight * divergence.sum(axis=1))


def _from_terms(combine: Callable[..., Any]) -> Callable[..., Any]:
    """Return a `vae_loss` that combines (errors, divergence, weight) in its own way."""

    def vae_loss(X, rebuilt, mean, log_variance, weight):
        return combine(*_vae_terms(X, rebuilt, mean, log_variance), weight)

    return vae_loss


def _divergence_of(terms: Callable[..., Any]) -> Callable[..., Any]:
    """Return a `vae_loss` whose divergence has other `terms` (mean, log variance)."""

    def vae_loss(X, rebuilt, mean, log_variance, weight):
        divergence = -terms(mean, log_variance) / 2
        errors = (X - rebuilt) ** 2
        return np.mean(errors.sum(axis=1) + weight * divergence.sum(axis=1))

    return vae_loss


_MEAN_OF_FEATURES = (
    "A mean over the features is the sum divided by their number, so the divergence "
    "weighs that many times more beside it. This loss adds the features up."
)
_SUM_OF_ROWS = (
    "You add up all rows. Then the loss of a larger batch is larger, although nothing "
    "is worse: take the mean over the rows."
)
_VAE_MISTAKES = [
    Mistake(
        "reconstruction alone",
        "That is the loss of a plain autoencoder: the divergence is missing, and nothing "
        "keeps the codes near the standard normal distribution.",
        _from_terms(lambda errors, divergence, weight: errors.sum(axis=1).mean()),
    ),
    Mistake(
        "divergence alone",
        "The squared error is missing: this loss does not ask for a good reconstruction.",
        _from_terms(
            lambda errors, divergence, weight: weight * divergence.sum(axis=1).mean()
        ),
    ),
    Mistake(
        "not weighted",
        "The divergence should count `weight` times.",
        _from_terms(
            lambda errors, divergence, weight: (
                errors.sum(axis=1) + divergence.sum(axis=1)
            ).mean()
        ),
    ),
    Mistake(
        "the other part weighted",
        "You weigh the squared error; the weight belongs to the divergence.",
        _from_terms(
            lambda errors, divergence, weight: (
                weight * errors.sum(axis=1) + divergence.sum(axis=1)
            ).mean()
        ),
    ),
    Mistake(
        "sign of the divergence",
        "You subtract the divergence: the further the codes are from the standard normal "
        "distribution, the lower your loss. Mind the minus before the half.",
        _from_terms(
            lambda errors, divergence, weight: (
                errors.sum(axis=1) - weight * divergence.sum(axis=1)
            ).mean()
        ),
    ),
    Mistake(
        "twice the divergence",
        "The half before the sum is missing.",
        _from_terms(
            lambda errors, divergence, weight: (
                errors.sum(axis=1) + 2 * weight * divergence.sum(axis=1)
            ).mean()
        ),
    ),
    Mistake(
        "mean over the features",
        _MEAN_OF_FEATURES,
        _from_terms(
            lambda errors, divergence, weight: (
                errors.mean() + weight * divergence.sum(axis=1).mean()
            )
        ),
    ),
    Mistake(
        "mean over the features",
        _MEAN_OF_FEATURES,
        _from_terms(
            lambda errors, divergence, weight: (
                errors.mean() + weight * divergence.mean()
            )
        ),
    ),
    Mistake(
        "mean over the code",
        "The divergences of the numbers of a code are added up, not averaged.",
        _from_terms(
            lambda errors, divergence, weight: (
                errors.sum(axis=1).mean() + weight * divergence.mean()
            )
        ),
    ),
    Mistake(
        "sum over the rows",
        _SUM_OF_ROWS,
        _from_terms(
            lambda errors, divergence, weight: errors.sum() + weight * divergence.sum()
        ),
    ),
    Mistake(
        "absolute error",
        "You add up absolute differences; this loss squares them.",
        _from_terms(
            lambda errors, divergence, weight: (
                np.sqrt(errors).sum(axis=1) + weight * divergence.sum(axis=1)
            ).mean()
        ),
    ),
    Mistake(
        "sd for variance",
        "exp(log_variance / 2) is the standard deviation; the variance is "
        "exp(log_variance).",
        _divergence_of(lambda m, v: 1 + v - m**2 - np.exp(v / 2)),
    ),
    Mistake(
        "variance for its logarithm",
        "The network gives the logarithm of the variance. The formula has both: "
        "log_variance itself, and its exponential, the variance.",
        _divergence_of(lambda m, v: 1 + v - m**2 - v),
    ),
    Mistake(
        "variance for its logarithm",
        "The network gives the logarithm of the variance. The formula has both: "
        "log_variance itself, and its exponential, the variance.",
        _divergence_of(lambda m, v: 1 + np.exp(v) - m**2 - v),
    ),
    Mistake(
        "mean not squared",
        "The mean enters the divergence squared: whether it lies above or below 0 makes "
        "no difference.",
        _divergence_of(lambda m, v: 1 + v - m - np.exp(v)),
    ),
]


def _batches(random: np.random.Generator) -> list[tuple[Any, ...]]:
    """Draw (rows, rebuilt rows, means, log variances, weight), of several shapes."""
    cases = []
    for rows, features, code in ((6, 9, 3), (1, 5, 2), (40, 4, 2)):
        X = random.random((rows, features))
        rebuilt = X + random.normal(scale=0.5, size=X.shape)
        mean, log_variance = random.normal(size=(2, rows, code))
        cases += [
            (X, rebuilt, mean, log_variance, weight)
            for weight in (1.0, round(random.uniform(2, 5), 2))
        ]
    return cases


@exercise(
    "8.2",
    "The loss of a VAE",
    points=2,
    answers=("vae_loss",),
    reference=_vae_loss,
    mistakes=_VAE_MISTAKES,
    hints=[
        "Two parts: a number per row for the squared error, a number per row for the "
        "divergence. Add them, then take the mean over the rows.",
        "Squares are added up over the features (axis=1), the divergence over the "
        "numbers of the code (axis=1). The variance is np.exp(log_variance).",
        "divergence = -0.5 * (1 + log_variance - mean**2 - np.exp(log_variance))"
        ".sum(axis=1); the loss is the mean of squared error + weight * divergence.",
    ],
)
def check_8_2(vae_loss: object, random: np.random.Generator) -> str:
    """Check squared error and divergence, how they are added up, and the weight."""
    judge(
        vae_loss,
        _batches(random),
        _vae_loss,
        _VAE_MISTAKES,
        name="vae_loss",
        read=partial(as_number, what="what vae_loss returns"),
        same=lambda ours, theirs: bool(np.isclose(ours, theirs, rtol=1e-3, atol=0)),
        changes="arrays",
    )
    return (
        "One part asks for a good reconstruction, the other for codes that do not "
        "differ from row to row. The weight decides between them."
    )


# -- 8.3: which seed goes to work --------------------------------------------------------

_Run = dict[str, Any]
_RUNS = 6


def _run(random: np.random.Generator) -> _Run:
    epochs = int(random.integers(4, 9))
    return {
        "loss": random.uniform(0.1, 1.0, epochs).round(4).tolist(),
        "val_loss": random.uniform(0.2, 1.2, epochs).round(4).tolist(),
        "test AP": round(float(random.uniform(0.1, 0.9)), 4),
    }


def _lists_of_runs(random: np.random.Generator) -> list[tuple[list[_Run]]]:
    """Draw twelve lists of runs; the one to choose is at each position twice.

    Its best epoch is the first, the last and one between, in turn.
    """
    cases = []
    for number, position in enumerate(2 * list(range(_RUNS))):
        runs = [_run(random) for _ in range(_RUNS)]
        chosen = runs.pop(_chosen(runs))
        if number % 3 < 2:
            _move_best(chosen["val_loss"], -(number % 3), runs)
        runs.insert(position, chosen)
        cases.append((runs,))
    return [*cases, ([_run(random) for _ in range(3)],)]


def _move_best(losses: list[float], epoch: int, others: list[_Run]) -> None:
    """Move the lowest loss to `epoch`; all other epochs are no better than `others`."""
    best = losses.pop(losses.index(min(losses)))
    second = min(min(run["val_loss"]) for run in others)
    losses[:] = [max(loss, round(second + 0.1, 4)) for loss in losses]
    losses.insert(epoch if epoch == 0 else len(losses), best)


def _chosen(runs: list[_Run]) -> int:
    return int(np.argmin([min(run["val_loss"]) for run in runs]))


_CHOICE_MISTAKES = [
    Mistake(
        "best on the test part",
        "You choose by the test AP. Then the test part helped to make the detector, and "
        "its number is the best of several draws of luck; nobody can keep what it "
        "promises.",
        lambda runs: np.argmax([run["test AP"] for run in runs]),
    ),
    Mistake(
        "training loss",
        "The training loss praises what was learned by heart. Rows that did not train "
        "are the better judges, and they need no labels.",
        lambda runs: np.argmin([min(run["loss"]) for run in runs]),
    ),
    Mistake(
        "training loss",
        "The training loss praises what was learned by heart, and the last one most of "
        "all. Rows that did not train are the better judges.",
        lambda runs: np.argmin([run["loss"][-1] for run in runs]),
    ),
    Mistake(
        "last epoch",
        "The right curve, but its last value. Each run has put back the weights of its "
        "best epoch, so that is the epoch to compare.",
        lambda runs: np.argmin([run["val_loss"][-1] for run in runs]),
    ),
    Mistake(
        "mean over the epochs",
        "The mean over the epochs also counts the time before anything was learned. What "
        "goes to work is one epoch, the best.",
        lambda runs: np.argmin([np.mean(run["val_loss"]) for run in runs]),
    ),
    Mistake(
        "largest loss",
        "That is the largest validation loss: a loss should be small.",
        lambda runs: np.argmax([min(run["val_loss"]) for run in runs]),
    ),
    Mistake(
        "counted from one",
        "The right run, counted from 1; positions count from 0.",
        lambda runs: _chosen(runs) + 1,
    ),
    Mistake(
        "loss, not position",
        "That is the lowest loss itself. Which run has it?",
        lambda runs: min(min(run["val_loss"]) for run in runs),
    ),
    Mistake(
        "AP, not position",
        "That is what the right run does on the test part: the number to report. Return "
        "its position.",
        lambda runs: runs[_chosen(runs)]["test AP"],
    ),
    Mistake(
        "always the same",
        "You take the same run, whatever the runs are. Their validation losses say which.",
        lambda runs: 0,
    ),
]


@exercise(
    "8.3",
    "Which seed goes to work?",
    answers=("choose",),
    reference=_chosen,
    mistakes=_CHOICE_MISTAKES,
    hints=[
        "Which of the three entries could you look at before anybody knows an anomaly?",
        "Each run stands for its best epoch: the lowest value of its validation curve.",
        'np.argmin([min(run["val_loss"]) for run in runs]) is the position.',
    ],
)
def check_8_3(choose: object, random: np.random.Generator) -> str:
    """Check that the run is chosen by the best validation loss."""
    judge(
        choose,
        _lists_of_runs(random),
        _chosen,
        _CHOICE_MISTAKES,
        name="choose",
        read=partial(as_number, what="what choose returns"),
        changes="list of runs",
    )
    return (
        "Normal rows that were held out choose, and the test part is left to say how "
        "good the choice is. Report that number, and the spread over the seeds."
    )


# -- 8.4: how unusual is that ------------------------------------------------------------


def _below(scores: np.ndarray, normal_scores: np.ndarray) -> np.ndarray:
    """Return the share of normal scores below each score."""
    below = np.searchsorted(np.sort(normal_scores), scores)
    return below / len(normal_scores)


def _ranks(scores: np.ndarray, normal_scores: np.ndarray) -> np.ndarray:
    return np.argsort(np.argsort(scores)) / len(scores)


def _stretched(scores: np.ndarray, low: float, high: float) -> np.ndarray:
    return (scores - low) / (high - low)


_COMPANY = (
    "You rank the scores among themselves. Then a row's number depends on the company "
    "it comes in, and of two normal rows one is always the most surprising. Compare "
    "with normal rows that stay the same."
)
_STRETCHED = (
    "That stretches or shifts the scale, and one wild row decides how far. Equal steps "
    "still mean different things for two detectors. Count normal rows instead."
)
_SHARE_MISTAKES = [
    Mistake("rank among the test rows", _COMPANY, _ranks),
    Mistake(
        "rank among the test rows",
        _COMPANY,
        lambda scores, normal_scores: _ranks(scores, normal_scores) + 1 / len(scores),
    ),
    Mistake(
        "inverted",
        "That is the share of normal rows above the score: small where a row is unusual. "
        "Scores in this course rise with oddness; count those below.",
        lambda scores, normal_scores: 1 - _below(scores, normal_scores),
    ),
    Mistake(
        "percent",
        "Right, but in per cent: a share lies between 0 and 1.",
        lambda scores, normal_scores: 100 * _below(scores, normal_scores),
    ),
    Mistake(
        "a count, not a share",
        "That is how many normal rows lie below. Two detectors with validation parts of "
        "different size could not be compared: divide by their number.",
        lambda scores, normal_scores: np.searchsorted(np.sort(normal_scores), scores),
    ),
    Mistake(
        "divided by the wrong number",
        "You count among the normal rows, and divide by the number of scores to judge.",
        lambda scores, normal_scores: (
            np.searchsorted(np.sort(normal_scores), scores) / len(scores)
        ),
    ),
    Mistake(
        "searched in a disorder",
        "np.searchsorted finds places among sorted values, and normal_scores come in any "
        "order: np.sort(normal_scores) first.",
        lambda scores, normal_scores: (
            np.searchsorted(normal_scores, scores) / len(normal_scores)
        ),
    ),
    Mistake(
        "sorted",
        "The right shares, sorted: nobody knows any more which score each belongs to.",
        lambda scores, normal_scores: np.sort(_below(scores, normal_scores)),
    ),
    Mistake(
        "stretched, not counted",
        _STRETCHED,
        lambda scores, normal_scores: _stretched(
            scores, normal_scores.min(), normal_scores.max()
        ),
    ),
    Mistake(
        "stretched, not counted",
        _STRETCHED,
        lambda scores, normal_scores: _stretched(scores, scores.min(), scores.max()),
    ),
    Mistake(
        "stretched, not counted",
        _STRETCHED,
        lambda scores, normal_scores: (
            (scores - normal_scores.mean()) / normal_scores.std()
        ),
    ),
    Mistake(
        "unchanged",
        "These are the scores that came in, in their own unit.",
        lambda scores, normal_scores: scores,
    ),
    Mistake(
        "the other way round",
        "For each normal row you count the scores below it. Turn it round: for each "
        "score, how many normal rows?",
        lambda scores, normal_scores: _below(normal_scores, scores),
    ),
]
_NORMAL_ROWS = (60, 40)


def _scores_to_judge(
    random: np.random.Generator,
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Draw (scores, normal scores), two of the scores alone, and fewer normal ones.

    Some are negative, like those of a one-class SVM.
    """
    unit = random.uniform(0.5, 20)
    normal = unit * (random.gamma(1.5, size=_NORMAL_ROWS[0]) - 1)
    scores = unit * (np.r_[40.0, random.gamma(2.5, size=25), 0.0] - 1)
    return [(scores, normal), (scores[:2], normal), (scores, normal[: _NORMAL_ROWS[1]])]


def _same_share(ours: np.ndarray, theirs: np.ndarray) -> bool:
    """Whether two answers differ by no more than what one normal row changes."""
    return ours.shape == theirs.shape and bool(
        (np.abs(ours - theirs) <= 1 / _NORMAL_ROWS[1] + 1e-9).all()
    )


@exercise(
    "8.4",
    "How unusual is that?",
    answers=("surprise",),
    reference=_below,
    mistakes=_SHARE_MISTAKES,
    hints=[
        "For one score: np.mean(normal_scores < score). A comparison is 0 or 1, its mean "
        "a share.",
        "Do it for each score: a list comprehension will do.",
        "np.searchsorted(np.sort(normal_scores), scores) counts those below for all at "
        "once; divide by len(normal_scores).",
    ],
)
def check_8_4(surprise: object, random: np.random.Generator) -> str:
    """Check the share of normal scores below each score."""
    judge(
        surprise,
        _scores_to_judge(random),
        _below,
        _SHARE_MISTAKES,
        name="surprise",
        read=partial(as_array, what="what surprise returns"),
        same=_same_share,
        changes="scores",
    )
    return (
        "A share of normal rows: the same unit for every detector, and a threshold of "
        "0.99 for all. Above the wildest normal row all is 1, so the order among the "
        "far-out is the price."
    )


# -- 8.5: the first call is different ----------------------------------------------------

# how far undisturbed calls are from the usual one, as a share; the fastest is no usual
# call, their mean and their median are
_AROUND = np.array([-0.15, -0.1, -0.04, 0.0, 0.04, 0.1, 0.15])
# seconds of the first call, and of a call while somebody else used the machine, in
# usual calls; and where in the row that one is: in the middle, last (there it takes longer
# than the first), second
_SERIES = ((30.0, 13.0, 5), (6.0, 9.0, 8), (25.0, 8.0, 1))
_CALLS = (1, 10, 4000)


def _measured_calls(random: np.random.Generator) -> list[tuple[np.ndarray, int]]:
    """Draw the seconds of calls in a row, and for how many calls to ask."""
    cases = []
    for first, disturbed, place in _SERIES:
        usual = random.uniform(0.1, 2.0)
        others = np.insert(1 + random.permutation(_AROUND), place - 1, disturbed)
        seconds = usual * np.r_[first, others]
        cases += [(seconds.round(4), calls) for calls in _CALLS]
    return cases


def _usual(seconds: np.ndarray, calls: int) -> float:
    return seconds[0] + (calls - 1) * np.median(seconds[1:])


_ONCE = (
    "The network is compiled once, in the first call; then it is there. You let it be "
    "compiled, in part or in whole, in every further call."
)
_DISTURBED = (
    "Compiling is counted once: good. But one of the other calls took many times as long "
    "as the rest, while somebody else used the machine, and it speaks for all in yours."
)
_TIME_MISTAKES = [
    Mistake("compiled in every call", _ONCE, lambda seconds, calls: calls * seconds[0]),
    Mistake(
        "compiled in every call",
        _ONCE,
        lambda seconds, calls: calls * np.mean(seconds),
    ),
    Mistake(
        "compiled in every call",
        _ONCE,
        lambda seconds, calls: seconds[0] + (calls - 1) * np.mean(seconds),
    ),
    Mistake(
        "never compiled",
        "The usual call, so many times. But a fresh process has to compile first, and "
        "for few calls that is nearly all of the time.",
        lambda seconds, calls: calls * np.median(seconds[1:]),
    ),
    Mistake(
        "somebody else's work",
        _DISTURBED,
        lambda seconds, calls: seconds[0] + (calls - 1) * np.mean(seconds[1:]),
    ),
    Mistake(
        "one call for all",
        "You take one call, the second or the last, for the usual one. It may be the one "
        "that somebody else's work disturbed: ask all calls after the first.",
        lambda seconds, calls: seconds[0] + (calls - 1) * seconds[1],
    ),
    Mistake(
        "one call for all",
        "You take one call, the second or the last, for the usual one. It may be the one "
        "that somebody else's work disturbed: ask all calls after the first.",
        lambda seconds, calls: seconds[0] + (calls - 1) * seconds[-1],
    ),
    Mistake(
        "the fastest call",
        "The fastest call is not the usual one: half of all calls take longer than the "
        "median, and nearly all longer than the fastest.",
        lambda seconds, calls: seconds[0] + (calls - 1) * np.min(seconds[1:]),
    ),
    Mistake(
        "one call too many",
        "The first call is one of them: after it, calls - 1 are left.",
        lambda seconds, calls: seconds[0] + calls * np.median(seconds[1:]),
    ),
    Mistake(
        "the calls that were measured",
        "That is how long the measured calls took. What does one more call usually add?",
        lambda seconds, calls: np.sum(seconds),
    ),
    Mistake(
        "the calls that were measured",
        "You add up measured calls; when more are asked for than were measured, the rest "
        "is missing. What does one more call usually add?",
        lambda seconds, calls: np.sum(seconds[:calls]),
    ),
    Mistake(
        "time per call",
        "That is the time per call; the total is asked for.",
        lambda seconds, calls: _usual(seconds, calls) / calls,
    ),
]


@exercise(
    "8.5",
    "The first call is different",
    answers=("total_time",),
    reference=_usual,
    mistakes=_TIME_MISTAKES,
    hints=[
        "Draw the total time against the number of calls: where does the line start, how "
        "steep is it?",
        "seconds[0] is paid once. The others tell what one more call costs; one of them "
        "was disturbed, and a median doesn't mind.",
        "seconds[0] + (calls - 1) * np.median(seconds[1:])",
    ],
)
def check_8_5(total_time: object, random: np.random.Generator) -> str:
    """Check that compiling is counted once, and a disturbed call not at all."""
    judge(
        total_time,
        _measured_calls(random),
        _usual,
        _TIME_MISTAKES,
        name="total_time",
        read=partial(as_number, what="what total_time returns"),
        same=lambda ours, theirs: bool(np.isclose(ours, theirs, rtol=0.05, atol=0)),
        changes="seconds",
    )
    return (
        "Compiling once, then a usual call each. For one call the first counts alone, "
        "for thousands it is forgotten: whoever times a single call compares compilers."
    )
