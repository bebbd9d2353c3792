"""An over-sampled forest, judged by the rows that it learns from: exercise 3.2.

Whatever the model is, a pipeline or an estimator that resamples inside its own `fit`,
the check fits it to coin flips, looks at what reaches the forest's `fit`, and at which
forest answers.
"""

import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from typing import Any
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

from helpers.exercises.answers import is_fitted
from helpers.exercises.declared import Mistake
from helpers.exercises.judging import accuse
from helpers.exercises.outcomes import CannotCheck, Wrong
from helpers.text import first_line

Rows = tuple[NDArray, NDArray]  # X (n, features), y (n,)

TREES = 10
TOO_GOOD = 0.9  # ROC-AUC that coin flips don't reach


def coin_flips(random: np.random.Generator, rows: int) -> Rows:
    """Draw X (rows, 10) of noise, and y with an anomaly in ten: nothing to learn."""
    y = random.permutation(np.arange(rows) < rows // 10).astype(int)
    return random.normal(size=(rows, 10)), y


def require_smote_inside(model: Any, random: np.random.Generator) -> None:
    """Raise `Wrong` unless `fit` makes new anomalies from its own rows, for a forest.

    `model` has fit, predict and get_params; it may be a search or a wrapper.
    """
    _require_named_steps(model)
    _require_unfitted(model)
    inner = model.estimator if hasattr(model, "cv") else model  # what a search tries
    _require_usable(inner)
    train, (X_test, y_test) = coin_flips(random, 300), coin_flips(random, 100)
    with warnings.catch_warnings(), _watched_forests() as forests:
        warnings.simplefilter("ignore")
        fitted = _fitted(inner, *train)
        learned = [*forests.learned]
        if not learned:
            raise accuse(RESAMPLING_MISTAKES, "no forest")
        _require_new_anomalies(learned, train[1])
        if not _has_smote(inner):
            _require_between(learned, train[1])
        scores = _scores(fitted, X_test, forests)
    auc = _roc_auc(y_test, scores)
    if auc > TOO_GOOD:
        raise Wrong(
            "still too good",
            "On fresh coin flips an honest model stays near 0.5, because nothing can "
            "be learned.",
            f"Yours reaches ROC-AUC {auc:.2f}.",
        )
    _require_answers(forests, train[1])


def _require_unfitted(model: Any) -> None:
    if is_fitted(model):
        parts = model.get_params(deep=True).values()
        sampler = any(hasattr(part, "fit_resample") for part in parts)
        raise accuse(RESAMPLING_MISTAKES, "fitted" if sampler else "leak")
    if type(model).__module__.startswith("imblearn.ensemble"):
        raise accuse(RESAMPLING_MISTAKES, "no SMOTE")


def _require_named_steps(model: Any) -> None:
    steps = getattr(model, "steps", None) or []
    if not all(isinstance(step, tuple | list) and len(step) == 2 for step in steps):
        raise CannotCheck(
            "Each step of a Pipeline is a pair, a name and an object. make_pipeline "
            "finds the names itself."
        )


def _require_usable(model: Any) -> None:
    steps = getattr(model, "steps", None)
    if not steps:
        return
    classes = [step for _, step in steps if isinstance(step, type)]
    if classes:
        name = classes[0].__name__
        raise CannotCheck(f"{name} is the class itself; call it: {name}()")
    if hasattr(steps[-1][1], "fit_resample"):
        raise accuse(RESAMPLING_MISTAKES, "order")
    sampler = any(hasattr(step, "fit_resample") for _, step in steps)
    if sampler and not type(model).__module__.startswith("imblearn"):
        raise accuse(RESAMPLING_MISTAKES, "the other Pipeline")


def _fitted(model: Any, X: NDArray, y: NDArray) -> Any:
    """Return a fitted clone with few trees."""
    from sklearn.base import clone

    model = clone(model)
    for name, value in model.get_params(deep=True).items():
        if name.endswith("n_estimators") and isinstance(value, int):
            model.set_params(**{name: min(value, TREES)})
        if name.endswith("n_jobs"):  # another process would not be seen
            model.set_params(**{name: None})
    try:
        return model.fit(X, y)
    except Exception as error:
        raise CannotCheck(f"model can't be fitted: {first_line(error)}") from None


_NEVER_SEEN = -1  # of a forest that was fitted before


class _Forests:
    """The rows that random forests learn from, and which of these forests answer."""

    def __init__(self) -> None:
        self.learned: list[Rows] = []
        self.answering: set[int] = set()  # places in `learned`

    def noting_fit(self, fit: Any) -> Any:
        @wraps(fit)
        def watched(forest: Any, X: Any, y: Any, *args: Any, **options: Any) -> Any:
            forest._learned_as = len(self.learned)  # a copy keeps it, a clone doesn't
            rows = X.toarray() if hasattr(X, "toarray") else np.asarray(X)
            self.learned.append((rows, np.asarray(y)))
            return fit(forest, X, y, *args, **options)

        return watched

    def noting_answers(self, predict: Any) -> Any:
        @wraps(predict)
        def watched(forest: Any, X: Any) -> Any:
            self.answering.add(vars(forest).get("_learned_as", _NEVER_SEEN))
            return predict(forest, X)

        return watched


@contextmanager
def _watched_forests() -> Iterator[_Forests]:
    """Note what random forests are fitted on and asked in this process."""
    from imblearn.ensemble import BalancedRandomForestClassifier
    from sklearn.ensemble import RandomForestClassifier

    forests = _Forests()
    with ExitStack() as stack:
        for forest in (RandomForestClassifier, BalancedRandomForestClassifier):
            for name, noting in (
                ("fit", forests.noting_fit),
                ("predict_proba", forests.noting_answers),
            ):
                watched = noting(getattr(forest, name))
                stack.enter_context(patch.object(forest, name, watched))
        yield forests


def _require_new_anomalies(learned: list[Rows], y: NDArray) -> None:
    """Raise `Wrong` unless a forest met anomalies that were not among the rows."""
    if any(_has_new(rows, y) for rows in learned):
        return
    if any((labels == 1).sum() > y.sum() for _, labels in learned):
        raise accuse(RESAMPLING_MISTAKES, "copies")
    if all((labels == 0).sum() < (y == 0).sum() for _, labels in learned):
        raise accuse(RESAMPLING_MISTAKES, "wrong direction")
    raise accuse(RESAMPLING_MISTAKES, "no resampling")


def _has_new(rows: Rows, y: NDArray) -> bool:
    X, labels = rows
    return len(np.unique(X[labels == 1], axis=0)) > y.sum()


def _require_answers(forests: _Forests, y: NDArray) -> None:
    """Raise `Wrong` unless what answers are forests that met new anomalies."""
    met = {place for place, rows in enumerate(forests.learned) if _has_new(rows, y)}
    if not forests.answering or forests.answering - met:
        raise accuse(RESAMPLING_MISTAKES, "another answers")


def _has_smote(model: Any) -> bool:
    """Say whether a part of a model is a sampler of SMOTE's family, as the library's.

    Whatever comes behind such a sampler may bend the lines on which its rows lie.
    """
    kinds = {type(part) for part in model.get_params(deep=True).values()}
    found = ("imblearn.over_sampling", "imblearn.combine")
    smotes = [kind for kind in kinds if kind.__module__.startswith(found)]
    return any(kind.__name__ != "RandomOverSampler" for kind in smotes)


def _require_between(learned: list[Rows], y: NDArray) -> None:
    """Raise `Wrong` unless new anomalies lie on lines through two other rows."""
    for X, labels in learned:
        rows, first = np.unique(X, axis=0, return_index=True)
        anomalies = rows[labels[first] == 1]
        new = len(anomalies) - y.sum()
        if new > 0 and _on_lines(anomalies, rows) >= _MOST_ON_LINES * new:
            return
    raise accuse(RESAMPLING_MISTAKES, "noise")


_MOST_ON_LINES = 0.9  # of new anomalies; single precision, say, may bend a few


def _on_lines(anomalies: NDArray, rows: NDArray) -> int:
    """Count the anomalies that lie on a line through another one and another row."""
    count = 0
    for each in anomalies:
        away, to = anomalies - each, rows - each
        far, further = np.linalg.norm(away, axis=1), np.linalg.norm(to, axis=1)
        away, to = away[far > 0] / far[far > 0, None], to[further > 0]
        parallel = np.abs(away @ (to / further[further > 0, None]).T) > 1 - 1e-6
        count += bool((parallel.sum(axis=1) > 1).any())  # each is parallel to itself
    return count


def _scores(model: Any, X: NDArray, forests: _Forests) -> NDArray:
    """Return the probability of an anomaly per row; what `fit` asked doesn't count."""
    forests.answering.clear()
    try:
        return np.asarray(model.predict_proba(X))[:, 1]
    except Exception as error:
        raise _unscored(error) from None


def _roc_auc(y: NDArray, scores: NDArray) -> float:
    from sklearn.metrics import roc_auc_score

    try:
        return float(roc_auc_score(y, scores))
    except Exception as error:
        raise _unscored(error) from None


def _unscored(error: Exception) -> CannotCheck:
    return CannotCheck(
        f"model.predict_proba() can't score new rows: {first_line(error)}"
    )


# -- what learners build instead -------------------------------------------------------


def _forest(trees: int = TREES) -> Any:
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(trees, random_state=0)


def _before(*samplers: Any, last: Any = None) -> Any:
    """Return imbalanced-learn's pipeline of samplers and a model, a forest if none."""
    from imblearn.pipeline import make_pipeline

    return make_pipeline(*samplers, last if last is not None else _forest())


def smote_then_forest(trees: int = TREES, **_: Any) -> Any:
    """Return an unfitted pipeline: SMOTE, then a random forest."""
    from imblearn.over_sampling import SMOTE

    return _before(SMOTE(random_state=0), last=_forest(trees))


def at_real_share(p: NDArray, share: float) -> NDArray:
    """Return the probabilities p (n,) of a balanced model for a world with `share`
    anomalies: its odds, times share / (1 - share).
    """
    real = p * share
    return real / (real + (1 - p) * (1 - share))


def _leak(X_noise: NDArray, y_noise: NDArray) -> Any:
    from imblearn.over_sampling import SMOTE

    return _forest().fit(*SMOTE(random_state=0).fit_resample(X_noise, y_noise))


def _already_fitted(X_noise: NDArray, y_noise: NDArray) -> Any:
    return smote_then_forest().fit(X_noise, y_noise)


def _copies(**_: Any) -> Any:
    from imblearn.over_sampling import RandomOverSampler

    return _before(RandomOverSampler(random_state=0))


def _noisy(**_: Any) -> Any:
    from imblearn.over_sampling import RandomOverSampler

    return _before(RandomOverSampler(shrinkage=0.3, random_state=0))


def _under_sampled(**_: Any) -> Any:
    from imblearn.under_sampling import RandomUnderSampler

    return _before(RandomUnderSampler(random_state=0))


def _balanced_forest(**_: Any) -> Any:
    from imblearn.ensemble import BalancedRandomForestClassifier

    return BalancedRandomForestClassifier(TREES, random_state=0)


def _with_a_regression(**_: Any) -> Any:
    from imblearn.over_sampling import SMOTE
    from sklearn.linear_model import LogisticRegression

    return _before(SMOTE(random_state=0), last=LogisticRegression())


def _asked_in_vain(**_: Any) -> Any:
    from sklearn.base import BaseEstimator, ClassifierMixin

    class AnotherAnswers(ClassifierMixin, BaseEstimator):
        def fit(self, X: NDArray, y: NDArray) -> Any:
            smote_then_forest().fit(X, y)
            self.model_ = _forest().fit(X, y)
            self.classes_ = self.model_.classes_
            return self

        def predict_proba(self, X: NDArray) -> NDArray:
            return self.model_.predict_proba(X)

        def predict(self, X: NDArray) -> NDArray:
            return self.model_.predict(X)

    return AnotherAnswers()


def _other_pipeline(**_: Any) -> Any:
    from imblearn.over_sampling import SMOTE
    from sklearn.pipeline import make_pipeline

    return make_pipeline(SMOTE(random_state=0), _forest())


def _wrong_order(**_: Any) -> Any:
    from imblearn.over_sampling import SMOTE

    return _before(_forest(), last=SMOTE(random_state=0))


RESAMPLING_MISTAKES = (
    Mistake(
        "leak",
        "This model has been fitted already. If SMOTE made some of its rows, it did so "
        "before anybody split them: the test folds hold neighbours of rows that the "
        "model has seen. Give check an unfitted model that resamples inside each "
        "training part.",
        _leak,
    ),
    Mistake(
        "fitted",
        "The right steps, but the model has been fitted already. Leave it unfitted: "
        "whoever splits the rows fits it to each training part.",
        _already_fitted,
    ),
    Mistake(
        "no resampling",
        "No leak, but nothing is resampled either: the forest sees the anomalies as "
        "rare as they are. Put SMOTE in front of it, as a step of one pipeline.",
        lambda **_: _forest(),
    ),
    Mistake(
        "copies",
        "Every anomaly that the forest sees is one of the rows it was given, some of "
        "them several times. SMOTE makes new ones, between neighbours.",
        _copies,
    ),
    Mistake(
        "noise",
        "The new anomalies are old ones with noise added. SMOTE adds none: it puts "
        "each new anomaly on the line between two neighbours.",
        _noisy,
    ),
    Mistake(
        "wrong direction",
        "No anomaly is new: normal rows are thrown away. This exercise is about SMOTE, "
        "which makes new anomalies between existing ones.",
        _under_sampled,
    ),
    Mistake(
        "no SMOTE",
        "This model does resample, inside its own fit, and nothing leaks: each tree "
        "gets as many normal rows as anomalies. But this exercise is about SMOTE, as a "
        "step in front of a random forest.",
        _balanced_forest,
    ),
    Mistake(
        "no forest",
        "The exercise asks for a random forest after SMOTE, and no forest is fitted.",
        _with_a_regression,
    ),
    Mistake(
        "another answers",
        "A forest learns from SMOTE's new anomalies, but another model, which has met "
        "none of them, has a say when this one predicts. Let the forest behind SMOTE "
        "answer, and it alone.",
        _asked_in_vain,
    ),
    Mistake(
        "the other Pipeline",
        "The right idea in scikit-learn's Pipeline, which takes no samplers. That of "
        "imblearn.pipeline does, and skips them when it predicts.",
        _other_pipeline,
    ),
    Mistake(
        "order",
        "The sampler stands last, and a sampler can't predict. It prepares the rows "
        "for the forest, so it comes before it.",
        _wrong_order,
    ),
)
