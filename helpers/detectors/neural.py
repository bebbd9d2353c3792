"""What all neural detectors share: scaling, training, its curve, going on, files.

**Writing a neural detector.** Subclass `NeuralDetector`, and define
`_build(seed) -> keras.Model` (compiled, by `self._compile`), `_score(X)` and
`_onnx_scores(graph, scaled)`, the same score as ONNX; override `_source(X)` where the
network should say something else than the scaled rows that it reads. Import Keras
inside methods only: discovery must stay quick. What `fit` learns is kept as plain
arrays (`state_`, a `TrainingState`), so files and copies need no Keras format; the
Keras model itself is `network_`. In mixed precision `_build` makes a second one, that
learns: what it says, and losses that it adds, have to be float32 (`dense_output`), and
arrays that a layer makes of its own `compute_dtype`.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from helpers._arrays import LARGEST_SIZE, as_count, as_told
from helpers.detectors.base import Detector
from helpers.estimators.trained import TrainedNetwork

if TYPE_CHECKING:
    from helpers.networks.states import TrainingState
    from helpers.networks.training import Source

__all__ = ["NeuralDetector", "as_sizes", "check_layers", "squared_errors"]


class NeuralDetector(TrainedNetwork, Detector):
    """Base class of the detectors that train a network; see the module's docstring.

    Parameters
    ----------
    those of `TrainedNetwork`, where attributes are described, too, and of `Detector`
    """

    min_rows: ClassVar[int] = 4
    contract_params: ClassVar[dict[str, Any]] = {
        "epochs": 3,
        "batch_size": 32,
        "random_state": 0,
    }

    # ------------------------------------------------------------ what users call

    def partial_fit(
        self, X: ArrayLike, y: ArrayLike | None = None, *, epochs: int | None = None
    ) -> Self:
        """Train the fitted network further on X, for `epochs` more; return self.

        Weights, optimizer and curve go on from where they are, after `load` too; the
        scaling stays. A `learning_rate` set since then is the one used. Scores,
        threshold and labels become those of X. Without a `fit` before, this is one.
        Raises `ValueError` on bad input, or when parameters set since `fit` ask for
        another network or optimizer; then nothing has changed.
        """
        further = self._further_epochs(epochs)
        if not self.__sklearn_is_fitted__():
            return self.fit(X, y)
        with self._going_on(X) as array:
            self._require_rows(array)
            self._train(array, y, self.state_, further)
            self._finish(array)
        return self

    # ------------------------------------------------------- what detectors define

    def _source(self, X: NDArray, y: ArrayLike | None) -> "Source":
        """Return what turns row numbers into what the network reads and should say.

        Most should say what they read.
        """

        def source(rows: NDArray) -> tuple[NDArray, NDArray]:
            values = self._as_network_input(self._scaled(X[rows]))
            return values, values

        return source

    def _after_training(self, X: NDArray) -> None:
        """Learn what the scores need beside the network; most need nothing."""

    # ------------------------------------------------------------------- details

    def _fit(self, X: NDArray, y: ArrayLike | None) -> None:
        self._initialize(X)
        self._train(X, y, None, self.epochs)

    def _train(
        self,
        X: NDArray,
        y: ArrayLike | None,
        state: "TrainingState | None",
        epochs: int,
    ) -> None:
        training, validation = self._split(len(X))
        plan = self._plan(X, epochs, state)
        source = self._source(X, y)
        self._train_on(source, training, validation, plan=plan, state=state)
        self._after_training(X)


def squared_errors(scaled: NDArray, reconstructed: NDArray) -> NDArray[np.float64]:
    """Return (scaled - reconstructed)^2 in double precision, kept finite."""
    errors: NDArray = scaled - reconstructed.astype(np.float64)
    return np.square(np.clip(errors, -1e150, 1e150))


def as_sizes(sizes: Sequence[int]) -> tuple[int, ...]:
    """Return layer sizes as Keras wants them: no whole numbers of numpy."""
    return tuple(int(size) for size in sizes)


def check_layers(sizes: object, name: str) -> None:
    """Raise `ValueError` unless `sizes` is None or a sequence of whole numbers."""
    if sizes is None:
        return
    one = isinstance(sizes, str | bytes) or getattr(sizes, "shape", None) == ()
    if one or not isinstance(sizes, Sequence | np.ndarray):
        raise ValueError(f"{name} must be a sequence of sizes; got {as_told(sizes)}")
    if not len(sizes):
        raise ValueError(f"{name} is empty; name at least one size: (2,)")
    for size in sizes:
        as_count(size, f"each size in {name}", least=1, most=LARGEST_SIZE)
