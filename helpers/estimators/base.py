"""What detectors and classifiers are: estimators that check, remember and are saved."""

import os
import sys
import warnings
from abc import ABC, abstractmethod
from functools import cache
from typing import Any, ClassVar, Self

from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError

from helpers.estimators.changes import as_kept, as_settings, is_same
from helpers.estimators.inputs import feature_names, other_labels, read_input
from helpers.estimators.parameters import ParameterFieldsMixin
from helpers.estimators.storage import read_estimator, write_estimator

__all__ = ["Estimator", "fitting_parameters"]


class Estimator(ParameterFieldsMixin, BaseEstimator, ABC):
    """Base class of all detectors and classifiers.

    Its parameters are its fields (see `helpers.estimators.parameters`); `input_kind`
    says what it reads (see `helpers.estimators.inputs`).

    **A parameter set after `fit`**, by `set_params` or as an attribute, is of one of
    three kinds. Those in `scoring_parameters`, which scoring reads, hold from then on.
    Those in `training_parameters` say how the next training runs and wait for it. All
    others say what was fitted: until `fit` is called, or they are set back, whatever
    asks the fitted estimator (`decision_function`, `predict`, `to_onnx`, ...) raises
    `ValueError`. `save`, copies and `clone` work all the same. A class names its own in
    the two sets; those of its bases are added.

    Attributes
    ----------
    fitted_with_ : dict, the parameters of the third kind as they were in `fit`
    """

    scoring_parameters: ClassVar[frozenset[str]] = frozenset()
    training_parameters: ClassVar[frozenset[str]] = frozenset({"random_state"})

    input_kind: ClassVar[str] = "tabular"
    min_rows: ClassVar[int] = 2
    _how_to_fit: ClassVar[str] = "fit(X)"

    # ------------------------------------------------------------ what users call

    def save(self, path: str | os.PathLike) -> None:
        """Write what was fitted to `path`, whole or not at all.

        `load` gives bit-identical answers. Raises `NotFittedError` before `fit`.
        """
        self._require_fitted()
        write_estimator(self, path)

    @classmethod
    def load(cls, path: str | os.PathLike) -> Self:
        """Return what is saved at `path`; `Detector.load` takes every detector.

        The file holds a pickle, which can run code: load only files you trust. Raises
        `ValueError` on a damaged or foreign file, or another class.
        """
        return read_estimator(path, cls)

    # ------------------------------------------------------- what subclasses define

    @abstractmethod
    def __sklearn_is_fitted__(self) -> bool:
        """Say whether `fit` has come to its end."""

    def _check_parameters(self) -> None:
        """Raise `ValueError` on parameters that cannot work."""

    def _least_rows(self) -> int:
        return self.min_rows

    # ------------------------------------------------------------------- details

    def _read(self, X: ArrayLike, *, doing: str = "scoring") -> NDArray:
        """Return X checked against what `fit` saw, read-only."""
        if doing == "scoring":
            self._require_current()
        else:
            self._require_fitted()
        array = read_input(X, self.input_kind, doing=doing)
        self._check_width(array, feature_names(X))
        self._check_labels(other_labels(X))
        return read_only_view(array)

    def _require_fitted(self) -> None:
        if not self.__sklearn_is_fitted__():
            raise NotFittedError(
                f"this {type(self).__name__} is not fitted yet; call "
                f"{self._how_to_fit} first"
            )

    def _require_current(self) -> None:
        """Raise unless this is fitted, with the parameters that it has now."""
        self._require_fitted()
        fitted_with = vars(self).get("fitted_with_", {})  # none in files of before
        for name, kept in fitted_with.items():
            now = getattr(self, name)
            if now is not kept and not is_same(now, kept):
                raise ValueError(self._told_of_changes(fitted_with))

    def _told_of_changes(self, fitted_with: dict[str, Any]) -> str:
        now = {name: getattr(self, name) for name in fitted_with}
        changed = [n for n, kept in fitted_with.items() if not is_same(now[n], kept)]
        before, since = (
            as_settings({name: values[name] for name in changed})
            for values in (fitted_with, now)
        )
        return (
            f"this {type(self).__name__} was fitted with {before}; what was set since "
            f"({since}) needs another "
            f"fit: call {self._how_to_fit}, or set {', '.join(changed)} back"
        )

    def _remember_parameters(self) -> None:
        """Keep the parameters that say what was fitted, as they are now."""
        names = fitting_parameters(type(self))
        self.fitted_with_ = {name: as_kept(getattr(self, name)) for name in names}

    def _require_rows(self, array: NDArray) -> None:
        if len(array) < self._least_rows():
            raise ValueError(
                f"X has too few rows (n_samples={len(array)}): "
                f"{type(self).__name__} with these parameters needs at least "
                f"{self._least_rows()}"
            )

    def _forget(self) -> None:
        """Delete what an earlier `fit` has learned."""
        for name in [name for name in vars(self) if name.endswith("_")]:
            delattr(self, name)

    def _remember_width(self, array: NDArray, names: NDArray | None = None) -> None:
        self.n_features_in_ = 1 if array.ndim == 1 else array.shape[-1]
        if array.ndim == 3:
            self.n_steps_in_ = array.shape[1]
        if names is not None:
            self.feature_names_in_ = names

    def _check_width(self, array: NDArray, names: NDArray | None = None) -> None:
        for axis, attribute, word in (
            (-1, "n_features_in_", "features"),
            (1, "n_steps_in_", "steps per window"),
        ):
            seen = getattr(self, attribute, None)
            if array.ndim > 1 and seen is not None and array.shape[axis] != seen:
                raise ValueError(
                    f"X has {array.shape[axis]} {word}, but {type(self).__name__} is "
                    f"expecting {seen} {word} as input; pass the same as in fit"
                )
        known = getattr(self, "feature_names_in_", None)
        if array.ndim == 2 and (names is None) != (known is None):
            self._warn_of_names(fitted=known is not None)
        if names is not None and known is not None and (names != known).any():
            odd = next(i for i, name in enumerate(names) if name != known[i])
            raise ValueError(
                f"X has column {names[odd]!r} where fit saw {known[odd]!r}; "
                "pass X[detector.feature_names_in_]"
            )

    def _check_labels(self, labels: list[Any] | None, name: str = "X") -> None:
        """Raise `ValueError` where a column of `fit` stands at another place.

        Labels that `fit` never saw are believed to stand for what was there.
        """
        known: list[Any] = getattr(self, "column_labels_", [])
        for place, label in enumerate(labels or [] if known else []):
            if label != known[place] and label in known:
                raise ValueError(
                    f"{name} has column {label!r} where fit saw {known[place]!r}; "
                    f"pass {name}[detector.column_labels_]"
                )

    def _warn_of_names(self, *, fitted: bool) -> None:
        """Warn, in scikit-learn's words, that columns can't be compared by name."""
        name = type(self).__name__
        self._warn(
            f"X does not have valid feature names, but {name} was fitted with feature "
            "names"
            if fitted
            else f"X has feature names, but {name} was fitted without feature names"
        )

    def _warn(self, message: str) -> None:
        """Warn at the line that called this estimator, by whichever of its methods."""
        level, frame = 2, sys._getframe(1)
        while frame.f_back is not None and (
            frame.f_locals.get("self") is self
            or frame.f_globals.get("__name__") == "contextlib"  # a `with` of our own
        ):
            level, frame = level + 1, frame.f_back
        warnings.warn(message, UserWarning, stacklevel=level)

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn what this reads: dense, full data of one shape."""
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = self.input_kind == "tabular"
        tags.input_tags.three_d_array = self.input_kind == "windows"
        tags.input_tags.one_d_array = self.input_kind == "events"
        return tags


@cache
def fitting_parameters(cls: type[Estimator]) -> tuple[str, ...]:
    """Return the parameters that say what is fitted: all that are in neither set."""
    free: set[str] = set()
    for base in cls.__mro__:
        for kind in ("scoring_parameters", "training_parameters"):
            free |= vars(base).get(kind, frozenset())
    return tuple(name for name in cls._get_param_names() if name not in free)


def read_only_view(array: NDArray) -> NDArray:
    """Return a read-only view, so that no estimator can change the caller's data."""
    view = array.view()
    view.flags.writeable = False
    return view
