"""The classical family: detectors that need no network, on scikit-learn.

Three look at one feature at a time (z-score, MAD, IQR), three at neighbours and
borders (kNN, LOF, one-class SVM), one at random splits (isolation forest), one at
linear structure (PCA). On most tables one of them is hard to beat: try them first.
"""

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.ensemble import IsolationForest
from sklearn.neighbors import LocalOutlierFactor, NearestNeighbors
from sklearn.preprocessing import StandardScaler
from sklearn.svm import OneClassSVM
from sklearn.utils import check_random_state

from helpers._arrays import (
    LARGEST_SIZE,
    as_count,
    as_number,
    as_told,
    check_choice,
    check_flag,
)
from helpers.detectors.base import Detector
from helpers.estimators.inputs import blocks
from helpers.thresholds import median_and_scale

__all__ = [
    "IQRDetector",
    "IsolationForestDetector",
    "KNNDetector",
    "LOFDetector",
    "MADDetector",
    "OneClassSVMDetector",
    "PCADetector",
    "ZScoreDetector",
]


class ZScoreDetector(Detector):
    """How many standard deviations the strangest feature is from its mean.

    score = max over features of |x - mean| / sd, so 3 is the 3-sigma rule. Outliers in
    the training data inflate the sd and hide one another. A constant feature counts
    with sd 1.

    Parameters
    ----------
    contamination : see `Detector`
    """

    def _fit(self, X: NDArray, y: ArrayLike | None) -> None:
        scaler = _fit_scaler(X)
        self.mean_, self.scale_ = scaler.mean_, scaler.scale_

    def _score(self, X: NDArray) -> NDArray:
        return np.abs((X - self.mean_) / self.scale_).max(axis=1)


class MADDetector(Detector):
    """Like the z-score, with median and MAD, which outliers hardly move.

    score = max over features of |x - median| / (1.4826 MAD): the modified z-score of
    Iglewicz and Hoaglin (1993), whose advice is 3.5 as threshold. Where more than half
    of a feature's values are equal, the mean deviation takes the place of the MAD.

    Parameters
    ----------
    contamination : see `Detector`
    """

    def _fit(self, X: NDArray, y: ArrayLike | None) -> None:
        centres = [median_and_scale(column.astype(np.float64)) for column in X.T]
        self.median_, scale = np.array(centres).T
        self.scale_ = np.where(scale > 0, scale, 1.0)

    def _score(self, X: NDArray) -> NDArray:
        return np.abs((X - self.median_) / self.scale_).max(axis=1)


class IQRDetector(Detector):
    """How far outside the box of a box plot the strangest feature lies.

    score = max over features of max(q1 - x, x - q3) / IQR. A score above 1.5 is
    outside Tukey's whiskers; inside the box the score is negative. A feature whose
    quartiles coincide is measured in 1.349 sd instead (sd 1 if it is constant).

    Parameters
    ----------
    contamination : see `Detector`
    """

    def _fit(self, X: NDArray, y: ArrayLike | None) -> None:
        boxes = [np.quantile(column.astype(np.float64), (0.25, 0.75)) for column in X.T]
        self.lower_quartile_, self.upper_quartile_ = np.array(boxes).T
        iqr = self.upper_quartile_ - self.lower_quartile_
        self.scale_ = np.where(iqr > 0, iqr, _IQR_PER_SIGMA * _fit_scaler(X).scale_)

    def _score(self, X: NDArray) -> NDArray:
        centre = (self.lower_quartile_ + self.upper_quartile_) / 2
        return (np.abs(X - centre) / self.scale_).max(axis=1) - 0.5


class _NeighbourDetector(Detector):
    """What KNN and LOF share: training rows that new rows are compared with.

    Parameters
    ----------
    n_neighbors : int, how many of them a row is compared with
    max_samples : int or None; above so many training rows a random sample of that size
        serves as reference, since time grows with the square of the rows. None: all
    random_state : int or None, of the sample; None draws another each time
    contamination : see `Detector`
    """

    contract_params: ClassVar[dict[str, Any]] = {"n_neighbors": 3}

    n_neighbors: int
    max_samples: int | None = 20_000
    random_state: int | None = None

    def _check_parameters(self) -> None:
        as_count(self.n_neighbors, "n_neighbors", least=1, most=LARGEST_SIZE)
        _check_max_samples(self.max_samples, least=self.n_neighbors + 1)

    def _least_rows(self) -> int:
        return self.n_neighbors + 1

    def _fit(self, X: NDArray, y: ArrayLike | None) -> None:
        self.reference_rows_ = _sample(len(X), self.max_samples, self.random_state)
        self._warn_of_units(X)
        self._fit_reference(X[self.reference_rows_])

    def _warn_of_units(self, X: NDArray) -> None:
        """Warn where one feature decides all distances, whatever the others say."""
        span = np.ptp(X, axis=0).astype(np.float64)
        there = span[span > 0]
        if len(there) and there.max() > _FAR_APART * there.min():
            self._warn(
                f"column {span.argmax()} varies by {there.max():.3g}, another one by "
                f"{there.min():.3g}: the one decides all distances; scale X first"
            )

    def _training_scores(self, X: NDArray) -> NDArray:
        own = self._reference_scores()
        if len(own) == len(X):
            return own
        scores = self._score_in_blocks(X)
        scores[self.reference_rows_] = own
        return scores

    @abstractmethod
    def _fit_reference(self, X: NDArray) -> None:
        """Learn the rows that others are compared with."""

    @abstractmethod
    def _reference_scores(self) -> NDArray:
        """Return the scores of these rows, none being its own neighbour."""


class KNNDetector(_NeighbourDetector):
    """The distance to the k nearest training rows.

    A training row is not its own neighbour. Scale the features first when their units
    differ.

    Parameters
    ----------
    n_neighbors : int, k
    method : what becomes of the k distances: "largest", the k-th (Ramaswamy et al.,
        2000), "mean" (Angiulli and Pizzuti, 2002) or "median" (PyOD's third)
    max_samples : int or None; above so many training rows a random sample of that size
        serves as reference, since time grows with the square of the rows. None: all
    random_state : int or None, of the sample; None draws another each time
    contamination : see `Detector`
    """

    n_neighbors: int = 5
    method: Literal["largest", "mean", "median"] = "largest"

    def _check_parameters(self) -> None:
        super()._check_parameters()
        check_choice(self.method, "method", tuple(_REDUCTIONS))

    def _fit_reference(self, X: NDArray) -> None:
        self.neighbors_ = NearestNeighbors(n_neighbors=self.n_neighbors).fit(X)

    def _reference_scores(self) -> NDArray:
        return self._reduce(self.neighbors_.kneighbors()[0])

    def _score(self, X: NDArray) -> NDArray:
        return self._reduce(self.neighbors_.kneighbors(X)[0])

    def _reduce(self, distances: NDArray) -> NDArray:
        return _REDUCTIONS[self.method](distances, axis=1)


class LOFDetector(_NeighbourDetector):
    """How much thinner the data are around a row than around its neighbours.

    Local outlier factor (Breunig et al., 2000): about 1 inside a cluster of any
    density, larger outside. A training row is not its own neighbour; new rows are
    compared with the training rows only.

    Parameters
    ----------
    n_neighbors : int, how many neighbours the density is estimated from
    max_samples, random_state : as in `KNNDetector`
    contamination : see `Detector`
    """

    n_neighbors: int = 20

    def _fit_reference(self, X: NDArray) -> None:
        self.lof_ = LocalOutlierFactor(n_neighbors=self.n_neighbors, novelty=True)
        self.lof_.fit(X)
        self._warn_of_repeats(self._reference_scores())
        spread = float(np.ptp(X, axis=0).max(initial=0))
        if 0 < spread < _FINE:
            self._warn(_TOO_FINE.format(spread))

    def _warn_of_repeats(self, scores: NDArray) -> None:
        """Warn where rows repeat, as scikit-learn does where nobody asks for novelty.

        More equal rows than `n_neighbors` are infinitely dense: whatever is next to
        them gets scores of 1e8 and more.
        """
        largest = np.abs(scores).max(initial=0)
        if largest > _CROWDED and (self.lof_.kneighbors()[0][:, -1] == 0).any():
            self._warn(_DUPLICATES.format(largest))

    def _reference_scores(self) -> NDArray:
        return -self.lof_.negative_outlier_factor_

    def _score(self, X: NDArray) -> NDArray:
        scores = -self.lof_.score_samples(X)
        self._warn_of_repeats(scores)
        return scores


class OneClassSVMDetector(Detector):
    """How far outside a soft border around the training rows.

    One-class SVM with an RBF kernel (Schölkopf et al., 2001). Results are sensitive to
    `nu` and `gamma`.

    Parameters
    ----------
    nu : float in (0, 1), the share of training rows that may stay outside
    gamma : float, how tightly the border follows them; or "scale" or "auto", as in
        scikit-learn
    standardize : bool, bring the features to mean 0 and sd 1 first
    max_samples : int or None; above so many rows a random sample of that size is
        learned: training time grows with the square of the rows, scoring time with the
        number of support vectors (about nu x rows). None: all
    random_state : int or None, of the sample; None draws another each time
    contamination : see `Detector`
    """

    nu: float = 0.5
    gamma: float | Literal["scale", "auto"] = "scale"
    standardize: bool = True
    max_samples: int | None = 10_000
    random_state: int | None = None

    def _check_parameters(self) -> None:
        as_number(self.nu, "nu", least=0, above=True, below=1)
        if not (isinstance(self.gamma, str) and self.gamma in ("scale", "auto")):
            as_number(self.gamma, "gamma", least=0, above=True)
        check_flag(self.standardize, "standardize")
        _check_max_samples(self.max_samples, least=2)

    def _fit(self, X: NDArray, y: ArrayLike | None) -> None:
        self.scaler_ = _fit_scaler(X, scale=self.standardize)
        rows = _sample(len(X), self.max_samples, self.random_state)
        self.svm_ = OneClassSVM(nu=self.nu, gamma=self.gamma, cache_size=20)
        self.svm_.fit(_scaled(X[rows], self.scaler_))

    def _score(self, X: NDArray) -> NDArray:
        return -self.svm_.decision_function(_scaled(X, self.scaler_))


class IsolationForestDetector(Detector):
    """How few random splits it takes to isolate a row.

    Isolation forest (Liu et al., 2008): the score, between 0 and 1, is 2 to the power
    of minus the mean path length over its expectation; 0.5 is ordinary.

    scikit-learn's trees compute in float32. A feature that this would blur, such as a
    time in seconds since 1970, is moved to 0..1 first; splits do not mind.

    Parameters
    ----------
    n_estimators : int, how many trees
    max_samples : rows that each tree sees, so that big tables cost little: int, float
        (a share), or "auto" (at most 256)
    random_state : int or None; None draws other splits each time
    contamination : see `Detector`
    """

    contract_params: ClassVar[dict[str, Any]] = {"n_estimators": 20, "random_state": 0}

    n_estimators: int = 100
    max_samples: int | float | Literal["auto"] = "auto"
    random_state: int | None = None

    def _check_parameters(self) -> None:
        as_count(self.n_estimators, "n_estimators", least=1, most=LARGEST_SIZE)
        if isinstance(self.max_samples, float | np.floating):
            as_number(self.max_samples, "max_samples", least=0, above=True)
            if self.max_samples > 1:
                raise ValueError(
                    "max_samples is a whole number of rows, or a share of them up to "
                    f"1; got {as_told(self.max_samples)}"
                )
        elif not isinstance(self.max_samples, str) or self.max_samples != "auto":
            as_count(self.max_samples, "max_samples", least=1)

    def _fit(self, X: NDArray, y: ArrayLike | None) -> None:
        low, span = X.min(axis=0).astype(np.float64), np.ptp(X, axis=0)
        blurred = _imprecise_in_float32(low, span)
        self.shift_ = np.where(blurred, low, 0.0)
        self.scale_ = np.where(blurred & (span > 0), span, 1.0)
        self.forest_ = IsolationForest(
            n_estimators=self.n_estimators,
            max_samples=self._rows_per_tree(len(X)),
            random_state=self.random_state,
        ).fit(self._rescaled(X))

    def _rows_per_tree(self, rows: int) -> int | str:
        if isinstance(self.max_samples, str):
            return self.max_samples
        share = isinstance(self.max_samples, float | np.floating)
        wanted = self.max_samples * rows if share else self.max_samples
        return max(1, int(wanted))  # scikit-learn warns where rows are fewer

    def _score(self, X: NDArray) -> NDArray:
        return -self.forest_.score_samples(self._rescaled(X))

    def _rescaled(self, X: NDArray) -> NDArray:
        if not self.shift_.any() and (self.scale_ == 1).all():
            return X
        moved = (X - self.shift_) / self.scale_
        return moved.clip(-_LARGEST_FLOAT32, _LARGEST_FLOAT32)


class PCADetector(Detector):
    """How far a row is from the mean along the principal axes, or how badly rebuilt.

    `score_type="weighted"`: the sum over the axes of (projection)^2 / sd. That lies
    between the squared distance from the mean, in which strong axes decide, and the one
    in units of the variance (Shyu et al., 2003), in which weak ones do. An sd below
    0.3 of the largest counts as that. `score_type="reconstruction"`: the
    mean squared difference between a row and its reconstruction from `n_components`
    axes, which is what a linear autoencoder finds. What is odd along these axes costs
    nothing then. At least one direction that varies is left out, or nothing could be
    rebuilt badly.

    Parameters
    ----------
    n_components : int, how many axes; or a float below 1, the share of the variance to
        keep. None: all for "weighted", 0.9 for "reconstruction"
    score_type : "weighted" or "reconstruction"
    standardize : bool, bring the features to mean 0 and sd 1 first; without it those
        with large units decide everything
    contamination : see `Detector`
    """

    n_components: int | float | None = None
    score_type: Literal["weighted", "reconstruction"] = "weighted"
    standardize: bool = True

    def _check_parameters(self) -> None:
        check_flag(self.standardize, "standardize")
        check_choice(self.score_type, "score_type", ("weighted", "reconstruction"))
        if self.n_components is None:
            return
        share = isinstance(self.n_components, float | np.floating)
        if share and 0 < self.n_components < 1:
            return
        try:
            as_count(self.n_components, "n_components", least=1)
        except ValueError:
            raise ValueError(
                "n_components must be a whole number of at least 1, or a share of the "
                f"variance between 0 and 1; got {as_told(self.n_components)}"
            ) from None

    def _fit(self, X: NDArray, y: ArrayLike | None) -> None:
        width, weighted = X.shape[1], self.score_type == "weighted"
        wanted = self.n_components
        if wanted is None:
            wanted = width if weighted else _SHARE_REBUILT
        most = width if weighted else max(width - 1, 1)
        if wanted > most:
            raise ValueError(
                f"n_components = {wanted} of {width} features leaves "
                f"{'none to judge' if weighted else 'nothing to rebuild badly'}; keep "
                f"at most {most}"
            )
        self.scaler_ = _fit_scaler(X, scale=self.standardize)
        axes, variances = _principal_axes(X, self.scaler_)
        total = max(variances.sum(), np.finfo(float).tiny)
        self.explained_variance_ratio_ = variances / total
        kept = _components_kept(wanted, self.explained_variance_ratio_)
        axes = axes[: kept if weighted else min(kept, width - 1)]
        # a file keeps rows in C order; another order adds in another order, too
        self.components_ = np.ascontiguousarray(axes)
        self.variances_ = variances[: len(self.components_)]
        self.least_sd_ = _LEAST_SHARE * float(np.sqrt(variances[0])) or 1.0
        if self._stands_still(variances[0]):
            self.least_sd_ = 1.0
        self.score_type_ = self.score_type

    def _score(self, X: NDArray) -> NDArray:
        scaled = _scaled(X, self.scaler_)
        if self.score_type_ == "weighted":
            return self._weighted_distance(scaled)
        return np.square(scaled - self._reconstruct(scaled)).mean(axis=1)

    def _stands_still(self, variance: float) -> bool:
        """Say whether what varies most is nothing but rounding."""
        scale = self.scaler_.scale_
        largest = np.abs(self.scaler_.mean_ / (1.0 if scale is None else scale)).max()
        return bool(np.sqrt(variance) <= 8 * np.finfo(float).eps * largest)

    def _weighted_distance(self, scaled: NDArray) -> NDArray[np.float64]:
        """Return the sum of squares along all axes, each divided by its sd.

        All are divided by the least sd first; then the strong axes are put right.
        """
        sd = np.sqrt(self.variances_)
        strong = sd > self.least_sd_
        along = np.square(scaled @ self.components_[strong].T)
        excess = 1 / self.least_sd_ - 1 / sd[strong]
        whole = np.square(scaled).sum(axis=1) / self.least_sd_
        return np.maximum(whole - along @ excess, 0.0)

    def reconstruct(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return X as the kept components rebuild it, (n, features) in its own units.

        Raises as `decision_function`.
        """
        scaled = _scaled(self._read(X), self.scaler_)
        return self.scaler_.inverse_transform(self._reconstruct(scaled))

    def _reconstruct(self, scaled: NDArray) -> NDArray:
        return (scaled @ self.components_.T) @ self.components_


# ------------------------------------------------------------------------ details

_NO_VARIANCE = 1e-14
_CROWDED = 1e7  # scikit-learn's own limit
_FINE = 1e-6
_TOO_FINE = (
    "values spread over {:.3g} alone, and LOF adds 1e-10 to each distance, so that "
    "densities look alike; scale X first"
)
_DUPLICATES = (
    "duplicate values are leading to incorrect results: scores as large as {:.3g}. "
    "Increase n_neighbors beyond the number of equal rows, or drop duplicates"
)
_FAR_APART = 1e12
_SHARE_REBUILT = 0.9  # of the variance, where nobody says how many axes are kept
_LEAST_SHARE = 0.3  # of the largest sd: see docs/results/defaults.md
_LARGEST_FLOAT32 = 1e35
_IQR_PER_SIGMA = 1.3489795003921634  # of a normal distribution
_REDUCTIONS: dict[str, Callable[..., NDArray]] = {
    "largest": np.max,
    "mean": np.mean,
    "median": np.median,
}


def _fit_scaler(X: NDArray, *, scale: bool = True) -> StandardScaler:
    """Return a centring scaler, learned in blocks; constant features get scale 1."""
    scaler = StandardScaler(with_std=scale)
    for rows in blocks(X):
        scaler.partial_fit(X[rows].astype(np.float64))
    return scaler


def _scaled(X: NDArray, scaler: StandardScaler) -> NDArray[np.float64]:
    return scaler.transform(X.astype(np.float64))


def _principal_axes(X: NDArray, scaler: StandardScaler) -> tuple[NDArray, NDArray]:
    """Return all principal axes (k, features) and the variances along them.

    A tall table is read in blocks and never copied as a whole.
    """
    if len(X) < 10 * X.shape[1]:
        _, singular_values, axes = np.linalg.svd(
            _scaled(X, scaler), full_matrices=False
        )
        variances = singular_values**2
    else:
        scaled_blocks = (_scaled(X[rows], scaler) for rows in blocks(X))
        variances, axes = np.linalg.eigh(sum(Z.T @ Z for Z in scaled_blocks))
        variances, axes = variances[::-1].clip(min=0), axes.T[::-1]
    return axes, variances / len(X)


def _components_kept(n_components: int | float, shares: NDArray) -> int:
    used = int((shares > _NO_VARIANCE).sum())
    if isinstance(n_components, float | np.floating):
        n_components = int(np.searchsorted(np.cumsum(shares), n_components)) + 1
        return min(n_components, max(used - 1, 1))
    return min(n_components, used)


def _sample(rows: int, max_samples: int | None, random_state: int | None):
    """Return the indices of a random sample, or a slice of all rows."""
    if max_samples is None or rows <= max_samples:
        return slice(None)
    random = check_random_state(random_state)
    return np.sort(random.choice(rows, max_samples, replace=False))


def _imprecise_in_float32(low: NDArray, span: NDArray) -> NDArray[np.bool_]:
    """Return for which features float32 keeps less than a thousandth of the span."""
    largest = np.maximum(np.abs(low), np.abs(low + span))
    beyond = (largest > _LARGEST_FLOAT32) | (largest < 1 / _LARGEST_FLOAT32)
    return beyond | (largest > 1e4 * span)


def _check_max_samples(max_samples: int | None, *, least: int) -> None:
    if max_samples is not None:
        as_count(max_samples, "max_samples", least=least)
