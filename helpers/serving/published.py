"""deepad's six models as it published them, as detectors that can be kept in a file.

Reference: fastforwardlabs/deepad (Cloudera, 2020). The benchmarks train these same
models: what is served is what `docs/results/deepad_metrics.md` judges.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.decomposition import PCA
from sklearn.preprocessing import MinMaxScaler

from helpers._arrays import as_told
from helpers.detectors import (
    AutoencoderDetector,
    BiGANDetector,
    Detector,
    OneClassSVMDetector,
    Seq2SeqDetector,
    VAEDetector,
)

__all__ = ["MODELS", "ComponentDistanceDetector", "Model", "RangedSVMDetector"]

BATCHES, BATCH = 15, 256  # all that deepad's BiGAN is trained on; it says "epochs"


class ComponentDistanceDetector(Detector):
    """deepad's score of PCA: the distances of a row from the component vectors.

    Not the reconstruction error: it adds up the Euclidean distances, in the space of
    the features between 0 and 1, between the row and each of the component vectors. A
    component's sign means nothing, and libraries choose it differently; this score
    depends on it.

    Parameters
    ----------
    signs : of 1 and -1, one for each component: put before the vector whose largest
        entry is positive. As published: (-1, -1)
    contamination : see `Detector`
    """

    signs: Sequence[int] = (-1, -1)

    def _check_parameters(self) -> None:
        if not len(self.signs) or not set(self.signs) <= {1, -1}:
            raise ValueError(f"signs are 1 or -1 each; got {as_told(self.signs)}")

    def _least_rows(self) -> int:
        return len(self.signs)

    def _fit(self, X: NDArray, y: ArrayLike | None) -> None:
        if len(self.signs) > X.shape[1]:
            raise ValueError(f"{len(self.signs)} components of {X.shape[1]} features")
        self.scaler_ = MinMaxScaler().fit(X)
        found = PCA(len(self.signs)).fit(self.scaler_.transform(X)).components_
        largest = found[np.arange(len(found)), np.abs(found).argmax(axis=1)]
        turned = np.array(self.signs) * np.sign(largest)
        self.components_ = np.ascontiguousarray(found * turned[:, np.newaxis])

    def _score(self, X: NDArray) -> NDArray:
        return np.linalg.norm(self._differences(X), axis=2).sum(axis=1)

    def feature_errors(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return each feature's part of the squared distances (n, features).

        Raises as `decision_function`.
        """
        return np.square(self._differences(self._read(X))).sum(axis=1)

    def _differences(self, X: NDArray) -> NDArray:
        return self.scaler_.transform(X)[:, np.newaxis] - self.components_


class RangedSVMDetector(OneClassSVMDetector):
    """A one-class SVM of features that are brought between 0 and 1 first.

    Parameters
    ----------
    all of `OneClassSVMDetector`; `standardize` acts on what was brought there
    """

    def _fit(self, X: NDArray, y: ArrayLike | None) -> None:
        self.ranges_ = MinMaxScaler().fit(X)
        super()._fit(self.ranges_.transform(X), y)

    def _score(self, X: NDArray) -> NDArray:
        return super()._score(self.ranges_.transform(X))


def support_vectors(*, gamma: float, nu: float) -> RangedSVMDetector:
    """Return a one-class SVM of all rows, each column between 0 and 1."""
    return RangedSVMDetector(gamma=gamma, nu=nu, standardize=False, max_samples=None)


@dataclass(frozen=True)
class Model:
    """A model: its name in words, how it is made of a seed, and how many rows it sees.

    `first` is the number of rows, from the first one, that it is trained on; None: all.
    """

    told: str
    make: Callable[[int], Any]
    first: int | None = None


MODELS: dict[str, Model] = {
    "autoencoder": Model(
        "autoencoder", lambda seed: AutoencoderDetector.published(random_state=seed)
    ),
    "vae": Model("VAE", lambda seed: VAEDetector.published(random_state=seed)),
    "bigan": Model(
        "BiGAN",
        lambda seed: BiGANDetector.published(epochs=1, random_state=seed),
        first=BATCHES * BATCH,
    ),
    "seq2seq": Model(
        "sequence to sequence",
        lambda seed: Seq2SeqDetector.published(random_state=seed),
    ),
    "pca": Model("PCA", lambda seed: ComponentDistanceDetector()),
    "ocsvm": Model("one-class SVM", lambda seed: support_vectors(gamma=0.5, nu=1e-4)),
}
