"""The contract that all detectors keep.

It is PyOD's, on scikit-learn's `BaseEstimator`: `fit(X, y=None)`,
`decision_function(X)` (higher = more anomalous, one finite number per row or window),
`predict(X)` (1 where the score is greater than `threshold_`), and after `fit` the
attributes `decision_scores_`, `threshold_`, `labels_`, `n_features_in_`. `save(path)`
and `load(path)` are those of all estimators of the kit: see `helpers.estimators.base`.

**Writing a detector.** Subclass `Detector` in a module of this package; the contract
test finds it by existing. Set `input_kind`, declare each parameter as an annotated
attribute with its default (`n_neighbors: int = 5`; `__init__` is made of them, see
`helpers.estimators.parameters`) and document it in the class' docstring. Write
`_fit(X, y)` and `_score(X)`; both get checked arrays that must not be written to.
Override `_training_scores(X)` where a training row must not be compared with itself,
`_check_parameters()` to refuse bad parameters, `_least_rows()` where parameters decide
how many rows are needed. `scoring_parameters` names those that `_score` reads and that
may be set after `fit`. `contract_params` are constructor arguments that make the
contract test quick. An example with all of it: `docs/writing-detectors.md`.
"""

import importlib
import inspect
import pkgutil
from abc import abstractmethod
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import OutlierMixin

from helpers._arrays import as_told, check_seed
from helpers.estimators.base import Estimator, read_only_view
from helpers.estimators.inputs import (
    blocks,
    feature_names,
    lost_digits,
    other_labels,
    read_input,
)
from helpers.estimators.rollback import rollback
from helpers.thresholds import check_contamination, quantile_threshold

__all__ = ["Detector", "all_detectors"]

_ALL_EQUAL = (
    "all {} training rows have the same score: nothing can be told apart. Do columns "
    "stand still, or are values so small that their squares are 0? Rescale X"
)
_HUGE = (
    "scores as large as {:.3g}: a value lies that far from what was fitted, in units "
    "of a spread that is next to nothing. Leave out columns that stand still"
)
_EQUAL, _LARGEST_USUAL = 1e-12, 1e15


class Detector(OutlierMixin, Estimator):
    """Base class of all detectors; see the module's docstring for the contract.

    `predict` and `labels_` are 1 for an anomaly and 0 for a normal row, as in PyOD and
    in labels y; scikit-learn's own detectors say -1 and 1. `np.where(labels, -1, 1)`
    turns one into the other.

    Parameters
    ----------
    contamination : float in (0, 0.5]
        Share of the training scores that may lie above `threshold_`: an assumption
        you make, never a result. Ties are not split, so the share may be smaller.

    **Set after `fit`**, `contamination` is heeded at once: `threshold_` and `labels_`
    become those of `decision_scores_`, in place of a threshold set by hand, too; one
    that is no such share is refused. Other parameters say what to fit: once they are
    set, `decision_function`, `predict` and the like raise `ValueError` until `fit` is
    called or they are set back. Except: `random_state` and what says how a network is
    trained (see `TrainedNetwork`) wait for the next training, and a `score_type` that
    the class documents so holds for scores from then on. See `Estimator` for the rule.

    Attributes
    ----------
    decision_scores_ : (n,) float64, scores of the training data
    threshold_ : float, the (1 - contamination) quantile of them
    labels_ : (n,) 0/1, `decision_scores_ > threshold_`
    n_features_in_ : int; feature_names_in_ : (n_features,) after a DataFrame
    column_labels_ : list, after a series in a DataFrame, or columns that are no text
    """

    contract_params: ClassVar[dict[str, Any]] = {}
    scoring_parameters: ClassVar[frozenset[str]] = frozenset({"contamination"})

    contamination: float = 0.1

    # ------------------------------------------------------------ what users call

    def fit(self, X: ArrayLike, y: ArrayLike | None = None) -> Self:
        """Learn what is normal from X; return self.

        X is (n, features), (n, steps, features) or (n,) events, by `input_kind`.
        `y` is ignored by unsupervised detectors. When it fails, the detector stays as
        it was before.

        Raises `ValueError` on bad input or parameters, in one line.
        """
        with rollback(self):
            self._fit_checked(X, y)
        return self

    def decision_function(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return the anomaly score of each row of X (n,); higher = more anomalous.

        Raises `NotFittedError` before `fit`, `ValueError` on bad input, on columns in
        another order, or where parameters set since `fit` need another. Warns where
        only one of X and what was fitted had names.
        """
        array = self._read(X)
        return self._checked(self._score_in_blocks(array), array)

    def predict(self, X: ArrayLike) -> NDArray[np.int64]:
        """Return 1 (anomaly) where the score is greater than `threshold_`, else 0.

        PyOD's numbers; scikit-learn's are -1 (anomaly) and 1.
        """
        return (self.decision_function(X) > self.threshold_).astype(np.int64)

    def fit_predict(self, X: ArrayLike, y: ArrayLike | None = None) -> NDArray:
        """Fit, and return `labels_`: 1 for the training rows above the threshold."""
        return self.fit(X, y).labels_

    def set_params(self, **params: Any) -> Self:
        """Set parameters, all or none of them; return self. See the class for when."""
        try:
            with rollback(self):
                return super().set_params(**params)
        except AttributeError:  # of what is no estimator: seed__depth=1
            raise ValueError(
                f"a detector's parameters have none of their own; got {as_told(params)}"
            ) from None
        except ValueError as error:  # scikit-learn breaks its lines
            raise ValueError(" ".join(str(error).split())) from None

    # ------------------------------------------------------- what detectors define

    @abstractmethod
    def _fit(self, X: NDArray, y: ArrayLike | None) -> None:
        """Learn from checked X; set attributes that end with an underscore."""

    @abstractmethod
    def _score(self, X: NDArray) -> NDArray:
        """Return one score per row of checked X."""

    def _training_scores(self, X: NDArray) -> NDArray:
        return self._score_in_blocks(X)

    # ------------------------------------------------------------------- details

    def _fit_checked(self, X: ArrayLike, y: ArrayLike | None) -> None:
        check_contamination(self.contamination)
        check_seed(getattr(self, "random_state", None))
        self._check_parameters()
        array = read_input(X, self.input_kind)
        self._require_rows(array)
        self._forget()
        self._remember_width(array, feature_names(X))
        if (labels := other_labels(X)) is not None:
            self.column_labels_ = labels
        array = read_only_view(array)
        if told := lost_digits(X, array, feature_names(X)):
            self._warn(told)
        self._fit(array, y)
        self._finish(array)

    def _finish(self, array: NDArray) -> None:
        """Set what the scores of the training rows decide."""
        self.decision_scores_ = self._checked(self._training_scores(array), array)
        scores = self.decision_scores_
        if len(array) > 1 and np.ptp(scores) <= _EQUAL * np.abs(scores).max():
            self._warn(_ALL_EQUAL.format(len(array)))
        self._set_threshold(self.contamination)
        self._remember_parameters()

    def _set_threshold(self, contamination: float) -> None:
        scores = self.decision_scores_
        self.threshold_ = quantile_threshold(scores, contamination)
        self.labels_ = (scores > self.threshold_).astype(np.int64)

    def __setattr__(self, name: str, value: Any) -> None:
        """Set an attribute; `contamination`, after `fit`, with what it decides."""
        if name == "contamination" and "decision_scores_" in vars(self):
            check_contamination(value)
            self._set_threshold(value)
        super().__setattr__(name, value)

    def _score_in_blocks(self, X: NDArray) -> NDArray:
        if self.input_kind == "events":  # one event depends on those before it
            return self._score(X)
        return np.concatenate([self._score(X[rows]) for rows in blocks(X)])

    def _checked(self, scores: ArrayLike, X: NDArray) -> NDArray[np.float64]:
        scores = np.asarray(scores, dtype=np.float64)
        if scores.shape != (len(X),):
            raise ValueError(
                f"{type(self).__name__} returned scores of shape {scores.shape} "
                f"for {len(X)} rows; this is an error in the detector"
            )
        if not np.isfinite(scores).all():
            raise ValueError(
                f"{type(self).__name__} returned NaN or infinite scores; "
                "this is an error in the detector"
            )
        largest = np.abs(scores).max(initial=0.0)
        if largest > _LARGEST_USUAL and largest > _usual_size(X):
            self._warn(_HUGE.format(largest))
        return scores

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "threshold_")


def _usual_size(X: NDArray) -> float:
    """Return how large scores of X may be: what is not scaled scores in its units."""
    if not np.issubdtype(X.dtype, np.number):
        return _LARGEST_USUAL
    largest = max(float(X.max(initial=0)), -float(X.min(initial=0)))  # no copy of X
    return _LARGEST_USUAL * max(1.0, largest)


def all_detectors() -> list[type[Detector]]:
    """Return every concrete detector class of this package, sorted by name."""
    package = importlib.import_module("helpers.detectors")
    found: dict[str, type[Detector]] = {}
    for module_info in pkgutil.walk_packages(package.__path__, "helpers.detectors."):
        module = importlib.import_module(module_info.name)
        for name, member in inspect.getmembers(module, inspect.isclass):
            if (
                issubclass(member, Detector)
                and not inspect.isabstract(member)
                and member.__module__ == module.__name__
                and not name.startswith("_")
            ):
                found[name] = member
    return [found[name] for name in sorted(found)]
