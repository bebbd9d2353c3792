"""Any detector of tables as one of windows that can be updated: by fitting it again."""

from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone

from helpers._arrays import as_count, as_told
from helpers.detectors.base import Detector
from helpers.estimators.rollback import rollback

__all__ = ["RefittedDetector"]


class RefittedDetector(Detector):
    """A detector of tables that reads a window as one long row.

    What a network does by training further, it does by fitting again: on the windows of
    `fit` and those of each `partial_fit`, the newest `keep` of them. So PCA, nearest
    neighbours or an isolation forest follow a stream with the labels that a network
    gets, and the question whether the network was worth it has an answer.

    Parameters
    ----------
    detector : a detector of tables, such as PCADetector(); a copy of it is fitted
    keep : int, the most windows that it is fitted on
    contamination : see `Detector`; it takes the place of the detector's own
    """

    input_kind: ClassVar[str] = "windows"

    detector: Detector
    keep: int = 5000

    def partial_fit(self, X: ArrayLike, y: ArrayLike | None = None) -> Self:
        """Fit again, on these windows too; return self. Without `fit`, this is one."""
        if not self.__sklearn_is_fitted__():
            return self.fit(X, y)
        with rollback(self):
            windows = np.concatenate([self.windows_, self._read(X, doing="fit")])
            self._fit(windows, y)
            self._finish(self.windows_)
        return self

    def _fit(self, X: NDArray, y: ArrayLike | None) -> None:
        self.windows_ = np.array(X[-self.keep :])
        self.detector_ = clone(self.detector).fit(_as_rows(self.windows_))

    def _training_scores(self, X: NDArray) -> NDArray:
        if len(X) == len(self.windows_):
            return self.detector_.decision_scores_
        return super()._training_scores(X)

    def _score(self, X: NDArray) -> NDArray:
        return self.detector_.decision_function(_as_rows(X))

    def _check_parameters(self) -> None:
        as_count(self.keep, "keep", least=2)
        kind: Any = getattr(self.detector, "input_kind", None)
        if not isinstance(self.detector, Detector) or kind != "tabular":
            raise ValueError(
                "detector must be a detector of tables, such as PCADetector(); got "
                f"{as_told(self.detector)}"
            )


def _as_rows(windows: NDArray) -> NDArray:
    return windows.reshape(len(windows), -1)
