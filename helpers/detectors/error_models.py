"""How large errors are on normal windows: a Gaussian, and how windows are held out.

A network that rebuilds windows leaves an error e = |x - rebuilt x| of D values at each
step. On normal windows that trained nobody, mean and covariance of e say which errors
are usual; a step is as odd as its error is far from them (Malhotra et al., 2016).
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.covariance import ledoit_wolf_shrinkage

from helpers._arrays import Floats, Labels, as_labels, as_number, check_choice

__all__ = ["ErrorModel", "SixWaySplit", "six_way_split"]

ScoreType = Literal["mahalanobis", "published_code"]
Weighting = Literal["samples", "published"]

LARGEST_ERROR = 1e100  # beyond, squares leave the range of floats
_LEAST_SHARE, _LEAST_VARIANCE = 1e-6, 1e-14  # of the mean variance; of single precision


class SixWaySplit(NamedTuple):
    """Numbers of the windows that each part holds, all in stream order."""

    train: Labels
    errors: Labels
    threshold: Labels
    validation: Labels
    abnormal_threshold: Labels
    abnormal_test: Labels


def six_way_split(
    labels: ArrayLike, *, validation_fraction: float = 0.1
) -> SixWaySplit:
    """Split windows with labels (n,) of 0/1 in stream order, as published.

    Of N normal windows, with n = N // 10: the first 5n train the network, the next 3n
    say how large errors are, the next n how high normal scores are (for the threshold),
    and the rest, a tenth or a little more, when to stop. Of abnormal windows the first
    half is for the threshold, the second for a test; a single one is in both.

    `validation_fraction` is the share that is left to say when to stop; the others stay
    5 : 3 : 1. With 0 nothing is left: what can't be divided by 9 joins the training.
    Raises `ValueError` where a part would stay empty.
    """
    flags = as_labels(labels, "labels")
    normal, abnormal = np.flatnonzero(flags == 0), np.flatnonzero(flags)
    left = 1 - as_number(validation_fraction, "validation_fraction", least=0, below=1)
    ninth = int(len(normal) * left / 9 + 1e-9)
    if not ninth:
        raise ValueError(
            f"too few normal windows ({len(normal)}) to split 5 : 3 : 1 and hold out "
            f"validation_fraction = {validation_fraction:g}; pass at least "
            f"{int(np.ceil(9 / left - 1e-9))}"
        )
    spare = 0 if validation_fraction else len(normal) - 9 * ninth
    ends = np.cumsum([5 * ninth + spare, 3 * ninth, ninth])
    first_half = max(1, len(abnormal) // 2)
    second_half = min(len(abnormal) // 2, max(0, len(abnormal) - 1))
    train, errors, threshold, validation = np.split(normal, ends)
    normal_parts = train, errors, threshold, validation
    return SixWaySplit(*normal_parts, abnormal[:first_half], abnormal[second_half:])


@dataclass(frozen=True)
class ErrorModel:
    """Mean (D,) and covariance (D, D) of the errors of `count` normal points.

    `covariance` is that of the sample. What scores divide by is shrunk towards equal,
    independent errors by `shrinkage` (Ledoit and Wolf, 2004) and never quite singular,
    so that a feature that stands still does no harm.
    """

    mean: Floats
    covariance: Floats
    shrinkage: float
    count: int

    @classmethod
    def of(cls, errors: NDArray) -> "ErrorModel":
        """Return the model of errors (n, steps, D), or (points, D)."""
        rows = errors.reshape(-1, errors.shape[-1])
        centred = rows - rows.mean(axis=0)
        size = float(np.abs(centred).max()) or 1.0
        return cls(
            mean=rows.mean(axis=0),
            covariance=centred.T @ centred / len(rows),
            shrinkage=float(ledoit_wolf_shrinkage(centred / size)),
            count=len(rows),
        )

    def updated(
        self, errors: NDArray, weighting: Weighting = "samples"
    ) -> "ErrorModel":
        """Return the model of the errors so far and of new ones (n, steps, D).

        With p the weight of the new ones, m and V their mean and covariance:

            mu'    = p m + (1 - p) mu
            Sigma' = p V + (1 - p) Sigma + p (1 - p) (m - mu) (m - mu)'

        - "samples": p = new points / all points. The result is that of all errors at
          once.
        - "published": p = new *windows* / (new windows + old *points*), and the last
          term with (mu - mu') in place of (m - mu). So p stays tiny, and what is new is
          all but ignored.

        Raises `ValueError` on another `weighting`.
        """
        check_choice(weighting, "weighting", ("samples", "published"))
        new = ErrorModel.of(errors)
        told = new.count if weighting == "samples" else len(errors)
        p = told / (told + self.count)
        mean = p * new.mean + (1 - p) * self.mean
        gap = (new.mean if weighting == "samples" else mean) - self.mean
        spread = p * (1 - p) * np.outer(gap, gap)
        return ErrorModel(
            mean=mean,
            covariance=p * new.covariance + (1 - p) * self.covariance + spread,
            shrinkage=p * new.shrinkage + (1 - p) * self.shrinkage,
            count=self.count + new.count,
        )

    @property
    def regularized(self) -> Floats:
        """The covariance (D, D) that can be inverted."""
        average = float(np.trace(self.covariance)) / len(self.mean)
        least = self.shrinkage * average + _LEAST_SHARE * average + _LEAST_VARIANCE
        return (1 - self.shrinkage) * self.covariance + least * np.eye(len(self.mean))

    def weights(self, score_type: ScoreType) -> NDArray:
        """Return the matrix (D, D) between the two (e - mu) of a score."""
        if score_type == "published_code":
            return self.covariance
        return np.linalg.inv(self.regularized)

    def scores(self, errors: NDArray, score_type: ScoreType = "mahalanobis") -> Floats:
        """Return the score of each point (...) of errors (..., D).

        - "mahalanobis": (e - mu)' Sigma^-1 (e - mu), about D on average where all is
          normal. The square of the Mahalanobis distance, as the text says.
        - "published_code": sqrt((e - mu)' Sigma (e - mu)), what the published code
          computes: it hands Sigma over where its inverse is asked for. For one feature
          that is sd x |e - mu|.
        """
        off = (errors - self.mean).reshape(-1, len(self.mean))
        squares = np.einsum("nd,nd->n", off @ self.weights(score_type), off)
        limited: Floats = np.maximum(squares, 0).reshape(errors.shape[:-1])
        return np.sqrt(limited) if score_type == "published_code" else limited
