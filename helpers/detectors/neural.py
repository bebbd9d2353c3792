"""What all neural detectors share: scaling, training, its curve, going on, files.

**Writing a neural detector.** Subclass `NeuralDetector`, and define
`_build(seed) -> keras.Model` (compiled, by `self._compile`), `_source(X)` (a function
from row numbers to what the network reads and should say, both float32, prepared from
scaled rows) and `_score(X)`. Import Keras inside methods only: discovery must stay
quick. What `fit` learns is kept as plain arrays (`state_`, a `TrainingState`), so files
and copies need no Keras format; the Keras model itself is `network_`.
"""

import os
import sys
from abc import abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.utils import check_random_state

from helpers._arrays import as_count, as_number
from helpers.detectors.base import Detector
from helpers.detectors.inputs import blocks

__all__ = ["NeuralDetector"]

Scaling = Literal["standard", "minmax"] | None

# A network reads at most this many standard deviations (or ranges): beyond, single
# precision and gradients fail. Scores are of the true values, so they go on growing.
INPUT_LIMIT = 50.0
_SCALERS = {"standard": StandardScaler, "minmax": MinMaxScaler}
_OPTIMIZERS = ("adam", "sgd")


class NeuralDetector(Detector):
    """Base class of the detectors that train a network; see the module's docstring.

    Parameters
    ----------
    epochs : int, the most passes over the training rows
    batch_size : int, rows per step
    learning_rate : float
    optimizer : "adam" or "sgd"
    validation_fraction : float in [0, 1), the share of rows that are kept from training
        to see whether it still helps; drawn at random. 0 keeps none
    patience : int or None, epochs without a better validation loss before training
        stops and the best weights are put back. None: train all epochs
    scaling : "standard" (mean 0, sd 1), "minmax" (0 to 1) or None, per feature, learned
        in `fit`
    checkpoint : path or None, a file in which the training is kept after every epoch
        while it runs; after an interruption, the same `fit` goes on from there and ends
        as if it had never been interrupted
    progress : bool, a bar while a long training runs (on a screen only)
    contamination, random_state : see `Detector`; None draws another seed each time

    Attributes
    ----------
    history_ : dict of "loss" and, with validation rows, "val_loss", one value an epoch
    best_epoch_ : int, counted from 1: the epoch whose weights are in use
    network_ : keras.Model
    state_ : weights, optimizer and curve as plain arrays
    """

    recurrent: ClassVar[bool] = False
    min_rows: ClassVar[int] = 4
    contract_params: ClassVar[dict[str, Any]] = {
        "epochs": 3,
        "batch_size": 32,
        "random_state": 0,
    }

    def __init__(
        self,
        *,
        epochs: int = 100,
        batch_size: int = 64,
        learning_rate: float = 0.003,
        optimizer: str = "adam",
        validation_fraction: float = 0.1,
        patience: int | None = 10,
        scaling: Scaling = "standard",
        checkpoint: str | os.PathLike | None = None,
        progress: bool = True,
        contamination: float = 0.1,
        random_state: int | None = None,
    ):
        super().__init__(contamination=contamination)
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.optimizer = optimizer
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.scaling = scaling
        self.checkpoint = checkpoint
        self.progress = progress
        self.random_state = random_state

    # ------------------------------------------------------------ what users call

    def partial_fit(
        self, X: ArrayLike, y: ArrayLike | None = None, *, epochs: int | None = None
    ) -> Self:
        """Train the fitted network further on X, for `epochs` more; return self.

        Weights, optimizer and curve go on from where they are, after `load` too; the
        scaling stays. Scores, threshold and labels become those of X. Without a `fit`
        before, this is one. Raises `ValueError` on bad input; then nothing has changed.
        """
        if epochs is not None:
            as_count(epochs, "epochs", least=1)
        if not self.__sklearn_is_fitted__():
            return self.fit(X, y)
        before = dict(vars(self))
        try:
            self._go_on(X, y, epochs)
        except BaseException:
            vars(self).clear()
            vars(self).update(before)
            raise
        return self

    @property
    def history_(self) -> dict[str, list[float]]:
        """The training's curve: "loss" and "val_loss", one value an epoch."""
        return {name: list(values) for name, values in self._state().history.items()}

    @property
    def best_epoch_(self) -> int:
        """The epoch, counted from 1, whose weights are in use."""
        return self._state().best_epoch + 1

    # ------------------------------------------------------- what detectors define

    @abstractmethod
    def _build(self, seed: int) -> Any:
        """Return the compiled network for `n_features_in_` features."""

    @abstractmethod
    def _source(
        self, X: NDArray, y: ArrayLike | None
    ) -> Callable[[NDArray], tuple[NDArray, NDArray]]:
        """Return what turns row numbers into what the network reads and should say."""

    def _after_training(self, X: NDArray) -> None:
        """Learn what the scores need beside the network; most need nothing."""

    # ------------------------------------------------------------------- details

    def _fit(self, X: NDArray, y: ArrayLike | None) -> None:
        self.seed_ = int(check_random_state(self.random_state).randint(2**31 - 1))
        self.scaler_ = self._fit_scaler(X)
        self.network_ = self._build(self.seed_)
        self._train(X, y, None, self.epochs)

    def _go_on(self, X: ArrayLike, y: ArrayLike | None, epochs: int | None) -> None:
        self._check_parameters()
        array = self._read(X)
        if len(array) < self._least_rows():
            raise ValueError(
                f"X has too few rows (n_samples={len(array)}): {type(self).__name__} "
                f"with these parameters needs at least {self._least_rows()}"
            )
        self.network_ = self._build(self.seed_)
        self._train(array, y, self.state_, epochs or self.epochs)
        self._finish(array)

    def _train(self, X: NDArray, y: ArrayLike | None, state: Any, epochs: int) -> None:
        from helpers.networks.training import train

        training, validation = self._split(len(X))
        self.state_ = train(
            self.network_,
            self._source(X, y),
            training,
            self._plan(X, epochs, state),
            validation_rows=validation,
            state=state,
        )
        self._after_training(X)

    def _plan(self, X: NDArray, epochs: int, state: Any) -> Any:
        from helpers.networks.training import Plan, training_key

        options: dict[str, Any] = {}
        if self.checkpoint is not None:
            parameters = {**self.get_params(), "checkpoint": None, "progress": None}
            done = 0 if state is None else state.epochs
            key = training_key(type(self).__name__, parameters, epochs, done, X)
            options = {"checkpoint": Path(self.checkpoint), "key": key}
        return Plan(
            epochs=epochs,
            batch_size=self.batch_size,
            patience=self.patience,
            seed=self.seed_,
            progress=type(self).__name__ if self.progress and _watched() else None,
            **options,
        )

    def _split(self, rows: int) -> tuple[NDArray, NDArray | None]:
        """Return the rows to train on and those to validate on, drawn at random."""
        held_out = round(self.validation_fraction * rows)
        if self.validation_fraction > 0:
            held_out = max(1, held_out)
        if not held_out:
            return np.arange(rows), None
        order = np.random.default_rng(self.seed_).permutation(rows)
        return np.sort(order[held_out:]), np.sort(order[:held_out])

    def _fit_scaler(self, X: NDArray) -> Any:
        """Return a scaler per feature, learned in blocks, or None."""
        if self.scaling is None:
            return None
        scaler = _SCALERS[self.scaling]()
        for rows in blocks(X):
            scaler.partial_fit(_as_rows(X[rows]))
        return scaler

    def _scaled(self, X: NDArray) -> NDArray[np.float64]:
        """Return X, (n, features) or (n, steps, features), in units of the scaler."""
        if self.scaler_ is None:
            return X.astype(np.float64)
        return self.scaler_.transform(_as_rows(X)).reshape(X.shape)

    def _readable(self, scaled: NDArray) -> NDArray[np.float32]:
        """Return scaled values as a network reads them: single precision, limited."""
        return np.clip(scaled, -INPUT_LIMIT, INPUT_LIMIT).astype(np.float32)

    def _compile(self, network: Any, loss: Any, **options: Any) -> Any:
        """Return `network`, compiled with a loss and this detector's optimizer."""
        import keras

        kind = {"adam": keras.optimizers.Adam, "sgd": keras.optimizers.SGD}
        optimizer = kind[self.optimizer](self.learning_rate, **options)
        network.compile(optimizer=optimizer, loss=loss, jit_compile=False)
        return network

    def _run(self, network: Any, *inputs: NDArray) -> Any:
        """Return what a Keras model says of float32 `inputs`, as arrays.

        A recurrent one is compiled first; rows are then padded to a power of two, so
        that it is compiled for few sizes.
        """
        import keras

        values = inputs[0] if len(inputs) == 1 else list(inputs)
        if not self.recurrent:
            return _arrays(network(values, training=False), keras, None)
        rows = len(inputs[0])
        size = 1 << (rows - 1).bit_length()
        padded = [
            np.concatenate([part, np.repeat(part[:1], size - rows, axis=0)])
            for part in inputs
        ]
        said = network.predict_on_batch(padded[0] if len(padded) == 1 else padded)
        return _arrays(said, keras, rows)

    def _state(self) -> Any:
        if "state_" not in vars(self):
            raise AttributeError(f"this {type(self).__name__} is not fitted yet")
        return self.state_

    def _check_parameters(self) -> None:
        as_count(self.epochs, "epochs", least=1)
        as_count(self.batch_size, "batch_size", least=1)
        as_number(self.learning_rate, "learning_rate", least=0, above=True)
        share = as_number(self.validation_fraction, "validation_fraction", least=0)
        if share >= 1:
            raise ValueError(
                f"validation_fraction must be below 1; got {share:g}: "
                "some rows must be left to train on"
            )
        if self.patience is not None:
            as_count(self.patience, "patience", least=1)
        check_choice(self.optimizer, "optimizer", _OPTIMIZERS)
        check_choice(self.scaling, "scaling", (*_SCALERS, None))

    def __getstate__(self) -> dict[str, Any]:
        """Return what is kept in files and copies: arrays, not Keras objects."""
        state = dict(super().__getstate__())
        state.pop("network_", None)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Build the network anew around the kept arrays."""
        super().__setstate__(state)
        if "state_" in vars(self):
            from helpers.networks.training import put_back

            self.network_ = self._build(self.seed_)
            put_back(self.network_, self.state_)


def _watched() -> bool:
    """Say whether a person sees a progress bar: in a notebook or a terminal.

    Not where outputs are kept or compared: the build sets `WORKSHOP_PROGRESS=0`, and
    the kernels that nbval starts inherit `PYTEST_VERSION`.
    """
    seen = "ipykernel" in sys.modules or sys.stderr.isatty()
    kept = os.environ.get("WORKSHOP_PROGRESS") == "0" or "PYTEST_VERSION" in os.environ
    return seen and not kept


def check_choice(value: object, name: str, choices: tuple) -> None:
    """Raise `ValueError` unless `value` is one of `choices`."""
    if not (value is None or isinstance(value, str)) or value not in choices:
        told = ", ".join(map(repr, choices))
        raise ValueError(f"{name} must be one of {told}; got {value!r}")


def squared_errors(scaled: NDArray, said: NDArray) -> NDArray[np.float64]:
    """Return (scaled - said)^2 in double precision, kept finite."""
    return np.square(np.clip(scaled - said.astype(np.float64), -1e150, 1e150))


def _as_rows(X: NDArray) -> NDArray[np.float64]:
    return X.reshape(-1, X.shape[-1]).astype(np.float64)


def _arrays(said: Any, keras: Any, rows: int | None) -> Any:
    if isinstance(said, list | tuple):
        return [_arrays(part, keras, rows) for part in said]
    return keras.ops.convert_to_numpy(said)[:rows]
