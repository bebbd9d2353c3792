"""The units in which features are compared: learned from training rows, kept."""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from helpers._arrays import check_choice
from helpers.estimators.base import Estimator
from helpers.estimators.inputs import blocks

__all__ = ["ScaledInput", "Scaling"]

Scaling = Literal["standard", "minmax"] | None
_SCALERS = {"standard": StandardScaler, "minmax": MinMaxScaler}


class ScaledInput(Estimator):
    """What learns, with `scaling`, in which units the features are compared.

    Parameters
    ----------
    scaling : "standard" (mean 0, sd 1), "minmax" (0 to 1) or None, per feature, learned
        in `fit`
    """

    scaling: Scaling = "standard"

    def _fit_scaler(self, X: NDArray) -> Any:
        """Return a scaler per feature, learned in blocks, or None."""
        if self.scaling is None:
            return None
        scaler = _SCALERS[self.scaling]()
        for rows in blocks(X):
            scaler.partial_fit(_as_rows(X[rows]))
        if self.scaling == "minmax":
            _scale_small_ranges(scaler)
        return scaler

    def _scaled(self, X: NDArray) -> NDArray[np.float64]:
        """Return X, (n, features) or (n, steps, features), in units of the scaler."""
        scaled = X.astype(np.float64)
        if isinstance(self.scaler_, StandardScaler):
            scaled -= self.scaler_.mean_
            scaled /= self.scaler_.scale_
        elif self.scaler_ is not None:
            scaled *= self.scaler_.scale_
            scaled += self.scaler_.min_
        return scaled

    def _unscaled(self, scaled: NDArray) -> NDArray[np.float64]:
        """Return (n, features) in units of the scaler in units of X."""
        if self.scaler_ is None:
            return scaled.astype(np.float64)
        return self.scaler_.inverse_transform(scaled)

    def _check_parameters(self) -> None:
        check_choice(self.scaling, "scaling", (*_SCALERS, None))


def _scale_small_ranges(scaler: MinMaxScaler) -> None:
    """Let a scaler see ranges below 2e-15, which scikit-learn takes for constants.

    Constant is what varies by less than its own rounding.
    """
    tiny, rounding = np.finfo(float).tiny, 10 * np.finfo(float).eps
    span, low = scaler.data_range_, scaler.data_min_
    largest = np.maximum(np.abs(low), np.abs(scaler.data_max_))
    small = (span < rounding) & (span > np.maximum(rounding * largest, tiny))
    scaler.scale_[small] = 1 / span[small]
    scaler.min_[small] = -low[small] * scaler.scale_[small]


def _as_rows(X: NDArray) -> NDArray[np.float64]:
    return X.reshape(-1, X.shape[-1]).astype(np.float64)
