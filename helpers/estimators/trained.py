"""A network that is trained: its parameters, its curve, interruptions, files.

`NeuralDetector` and `RNNClassifier` are such. A subclass inherits the parameters of
`TrainedNetwork`, defines `_build(seed) -> keras.Model` (compiled, by `self._compile`)
and calls `_initialize(X)`, then `_train_on(...)`. What training leaves is kept as plain
arrays (`state_`), so files and copies need no Keras format; the Keras model itself is
`network_`.
"""

import os
import sys
from abc import abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from numbers import Integral
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_random_state

from helpers._arrays import (
    as_count,
    as_number,
    as_told,
    check_choice,
    check_flag,
    check_seed,
)
from helpers.estimators.base import fitting_parameters
from helpers.estimators.changes import as_kept, is_same
from helpers.estimators.inputs import blocks
from helpers.estimators.rollback import rollback
from helpers.estimators.scaling import ScaledInput
from helpers.extras import require
from helpers.files import as_path, check_place, user_path, write_whole

if TYPE_CHECKING:
    from helpers.networks.onnx_graphs import Graph
    from helpers.networks.states import TrainingState
    from helpers.networks.training import Plan, Source

__all__ = ["TrainedNetwork"]

# A network reads at most this many standard deviations (or ranges): beyond, single
# precision and gradients fail. Scores are of the true values, so they go on growing.
INPUT_LIMIT = 50.0
_COMPILED_FROM_STEPS = 2**18  # steps of all windows, in one call
_OPTIMIZERS = ("adam", "sgd")
_PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16")
_MOST_ROWS_A_STEP = 2**30  # TensorFlow counts rows in 32 bits


class TrainedNetwork(ScaledInput):
    """What trains a network, draws its curve, goes on, and is kept in files.

    Parameters
    ----------
    epochs : int, the most passes over the training rows
    batch_size : int or None, rows per step; None: 16 to 1 024, by the number of rows
    learning_rate : float
    optimizer : "adam" or "sgd"
    validation_fraction : float in [0, 1), the share of rows that are kept from training
        to see whether it still helps; drawn at random. 0 keeps none
    patience : int or None, epochs without a better validation loss before training
        stops and the best weights are put back. None: train all epochs
    min_delta : float, by how much a validation loss must be lower to count as better,
        for `patience`; the weights put back are the best ones all the same
    checkpoint : path or None, a file in which the training is kept after every epoch
        while it runs; after an interruption, the same `fit` goes on from there and ends
        as if it had never been interrupted
    precision : "float32", or "mixed_bfloat16" or "mixed_float16": what the network
        multiplies in while it is trained, by Keras. Weights, losses and scores are
        float32 in all of them. The mixed ones are for GPUs with tensor cores: float16
        since 2017, bfloat16 since 2020. On a CPU they are right, and slower
    progress : bool, a bar while a long training runs (on a screen only)
    random_state : int or None; None draws another seed each time
    and those of `ScaledInput`

    Set after `fit`, all of these but `optimizer`, `precision` and `scaling` wait for
    the next `fit` or `partial_fit`; see `Estimator` for the others.

    Attributes
    ----------
    history_ : dict of "loss" and, with validation rows, "val_loss", one value an epoch
    best_epoch_ : int, counted from 1: the epoch whose weights are in use
    state_ : weights, optimizer and curve as plain arrays; scores are computed from them
    network_ : keras.Model, the same network; built_with_ : the parameters it was built
        with; arrays_ : where NumPy computes it, how; mixed_network_ : where it is
        trained in mixed precision, the network that is
    """

    recurrent: ClassVar[bool] = False
    ordered: ClassVar[bool] = False  # rows stand in the order of time
    training_parameters: ClassVar[frozenset[str]] = frozenset(
        {
            "epochs",
            "batch_size",
            "learning_rate",
            "validation_fraction",
            "patience",
            "min_delta",
            "checkpoint",
            "progress",
        }
    )
    _kept_in_training: ClassVar[frozenset[str]] = frozenset({"scaling", "precision"})

    epochs: int = 100
    batch_size: int | None = 64
    learning_rate: float = 0.003
    optimizer: Literal["adam", "sgd"] = "adam"
    validation_fraction: float = 0.1
    patience: int | None = 10
    min_delta: float = 0.0
    checkpoint: str | os.PathLike | None = None
    precision: Literal["float32", "mixed_bfloat16", "mixed_float16"] = "float32"
    progress: bool = True
    random_state: int | None = None

    @property
    def history_(self) -> dict[str, list[float]]:
        """The training's curve: "loss" and "val_loss", one value an epoch."""
        return {
            name: list(values) for name, values in self._trained_state().history.items()
        }

    @property
    def best_epoch_(self) -> int:
        """The epoch, counted from 1, whose weights are in use."""
        return self._trained_state().best_epoch + 1

    # ------------------------------------------------------------ what users call

    def to_onnx(self, path: str | os.PathLike) -> None:
        """Write what `decision_function` computes as an ONNX file, whole or not at all.

        The graph reads "X", float64 in the units of `fit`, (n, features) or (n, steps,
        features) with any n, and gives "scores", float64, as `decision_function` does
        to about 1e-6 of them (or of 1): scaling, network and score are in it, with the
        score type set now. It needs neither this kit nor Keras. Where a row has missing
        or infinite values, which `decision_function` refuses, its score is NaN.

        Its metadata say, as text, "detector" (the class), "anomaly_workshop" (the
        version of this kit), "input_kind", "threshold" (a row is an anomaly where its
        score is greater) and, where `fit` saw a DataFrame, "feature_names" in JSON.

        Raises `NotFittedError` before `fit`, `ValueError` where parameters set since
        need another, `ModuleNotFoundError` without the extra "onnx" of this kit.
        """
        self._require_current()
        require("onnx", "to_onnx", extra="onnx")
        write_whole(path, self._onnx_bytes())

    # ------------------------------------------------------- what subclasses define

    def _onnx_scores(self, graph: "Graph", scaled: str) -> str:
        """Add to `graph` what makes the scores of scaled input; return their name.

        `scaled` names the input in units of the scaler, as `_scaled` returns it.
        """
        raise NotImplementedError(
            f"{type(self).__name__} can't be written as ONNX: it doesn't define "
            "_onnx_scores(graph, scaled)"
        )

    def _onnx_bytes(self) -> bytes:
        """Return the file that `to_onnx` writes."""
        from helpers.networks.onnx_graphs import onnx_bytes

        return onnx_bytes(self, self._onnx_scores)

    @abstractmethod
    def _build(self, seed: int) -> Any:
        """Return the compiled network for `n_features_in_` features."""

    def _arrays(self, network: Any) -> Any:
        """Return a network as NumPy computes it, or None: Keras does.

        With the methods of `ArrayNetwork` it is trained so, too.
        """
        return None

    # ------------------------------------------------------------------- details

    def _further_epochs(self, epochs: int | None) -> int:
        """Return for how many epochs `partial_fit(epochs=...)` goes on."""
        return self.epochs if epochs is None else as_count(epochs, "epochs", least=1)

    @contextmanager
    def _going_on(self, X: ArrayLike) -> Iterator[NDArray]:
        """Yield X, checked, with the network ready to be trained further on it.

        All or nothing: what fails within leaves everything as it was.
        """
        with rollback(self):
            self._check_parameters()
            array = self._read(X, doing="fit")
            _require_tensorflow()
            self._rebuild_for_training()
            yield array

    def _initialize(self, X: NDArray) -> None:
        """Draw the seed, learn the scaling, build the network."""
        _require_tensorflow()
        seed = self._interrupted_seed()
        self.seed_ = draw_seed(self.random_state) if seed is None else seed
        self.scaler_ = self._fit_scaler(X)
        self._build_network()

    def _interrupted_seed(self) -> int | None:
        """Return the seed of the training that the checkpoint holds, if any does."""
        if self.checkpoint is None:
            return None
        from helpers.networks.checkpoints import checkpoint_seed

        return checkpoint_seed(user_path(self.checkpoint))

    def _build_network(self) -> None:
        """Build the network that the parameters ask for now; remember them."""
        from helpers.networks.precision import single_precision

        self.built_with_ = self._parameters_kept()
        with single_precision():
            self.network_ = self._build(self.seed_)
        self.arrays_ = self._arrays(self.network_)
        self.__dict__.pop("mixed_network_", None)

    def _network_in_training(self) -> Any:
        """Return the network that is trained: in mixed precision it is another.

        That one starts from the same weights. `network_`, which scores, gets its
        weights when it is trained, and stays in float32.
        """
        from helpers.networks.precision import mixed_precision

        if self.precision == "float32":
            return self.network_
        if "mixed_network_" not in vars(self):
            with mixed_precision(self.precision):
                self.mixed_network_ = self._build(self.seed_)
        return self.mixed_network_

    def _parameters_kept(self) -> dict[str, Any]:
        params = self.get_params(deep=False)
        return {name: as_kept(value) for name, value in params.items()}

    def _rebuild_for_training(self) -> None:
        """Make the network ready to be trained further, as parameters set since ask.

        Raises `ValueError` when the weights or the optimizer do not fit any more, or
        what training keeps was set to something else.
        """
        from helpers.networks.training import state_fits

        before, now = vars(self).get("built_with_", {}), self._parameters_kept()
        changed = [
            name
            for name in fitting_parameters(type(self))
            if not is_same(now[name], before.get(name, getattr(type(self), name)))
        ]
        if not changed:
            self.built_with_ = now
            network = self._network_in_training()
            network.optimizer.learning_rate = float(self.learning_rate)
            return
        self._require_kept(changed)
        self._build_network()
        network = self._network_in_training()
        if not state_fits(network, self.state_, self._trained_arrays()):
            raise ValueError(
                f"what was set since fit ({', '.join(changed)}) asks for another "
                "network or optimizer, which cannot go on from here; set it back, or "
                "call fit"
            )

    def _require_kept(self, changed: list[str]) -> None:
        """Raise `ValueError` where `partial_fit` would not heed what was set."""
        if kept := [name for name in changed if name in self._kept_in_training]:
            raise ValueError(
                f"what was set since fit ({', '.join(kept)}) stays as it was in fit "
                "when training goes on; set it back, or call fit"
            )

    def _rebuild_network(self) -> None:
        """Build the network around `state_`, whatever was set since it was trained."""
        from helpers.networks.precision import single_precision
        from helpers.networks.training import restore_weights

        trained = object.__new__(type(self))
        trained.__dict__.update(vars(self) | vars(self).get("built_with_", {}))
        with single_precision():
            self.network_ = trained._build(self.seed_)
            restore_weights(self.network_, self.state_)
        self.arrays_ = trained._arrays(self.network_)

    def _train_on(
        self,
        source: "Source",
        rows: NDArray,
        validation_rows: NDArray | None,
        *,
        plan: "Plan",
        state: "TrainingState | None",
    ) -> None:
        """Train `network_` on `source(rows)`, from `state` on; keep the state."""
        from helpers.networks.precision import single_precision
        from helpers.networks.training import restore_weights, train

        try:
            with single_precision():
                self.state_ = train(
                    self._network_in_training(),
                    source,
                    rows,
                    plan,
                    validation_rows=validation_rows,
                    state=state,
                    arrays=self._trained_arrays(),
                )
                if self.precision != "float32":
                    restore_weights(self.network_, self.state_)
        except BaseException:
            if state is not None:
                restore_weights(self.network_, state)
            raise

    def _trained_arrays(self) -> Any:
        """Return `arrays_` where it can learn, too, else None: Keras does."""
        from helpers.networks.engines import ArrayNetwork

        if self.precision != "float32":
            return None
        return self.arrays_ if isinstance(self.arrays_, ArrayNetwork) else None

    def _plan(
        self,
        X: NDArray,
        epochs: int,
        state: "TrainingState | None",
        *others: NDArray,
    ) -> "Plan":
        """Return the plan; a checkpoint is of X and whatever else decides."""
        from helpers.networks.checkpoints import training_key
        from helpers.networks.training import Plan

        options: dict[str, Any] = {}
        if self.precision == "mixed_float16":
            options["remedy"] = "lower learning_rate, or set precision='float32'"
        if self.checkpoint is not None:
            stated = self.random_state
            parameters = self.get_params() | {
                "random_state": int(stated) if isinstance(stated, Integral) else None,
                "checkpoint": None,
                "progress": None,
            }
            done, weights = (state.epochs, state.variables) if state else (0, [])
            name = type(self).__name__
            key = training_key(name, parameters, epochs, done, X, *others, *weights)
            options |= {"checkpoint": user_path(self.checkpoint), "key": key}
        return Plan(
            epochs=epochs,
            batch_size=min(
                int(self.batch_size or batch_size_for(len(X))), _MOST_ROWS_A_STEP
            ),
            patience=self.patience,
            min_delta=float(self.min_delta),
            seed=self.seed_,
            progress=type(self).__name__
            if self.progress and _shows_progress()
            else None,
            **options,
        )

    def _split(self, rows: int) -> tuple[NDArray, NDArray | None]:
        """Return the rows to train on and those to validate on.

        The latter are drawn at random; of rows in the order of time they are the last.
        """
        held_out = round(self.validation_fraction * rows)
        if self.validation_fraction > 0:
            held_out = min(max(1, held_out), rows - 1)
        if not held_out:
            return np.arange(rows), None
        if self.ordered:
            return np.arange(rows - held_out), np.arange(rows - held_out, rows)
        order = np.random.default_rng(self.seed_).permutation(rows)
        return np.sort(order[held_out:]), np.sort(order[:held_out])

    def _as_network_input(self, scaled: NDArray) -> NDArray[np.float32]:
        """Return scaled values as a network reads them: single precision, limited."""
        return np.clip(scaled, -INPUT_LIMIT, INPUT_LIMIT).astype(np.float32)

    def _onnx_input(self, graph: "Graph", scaled: str) -> str:
        """Return the same of a graph's scaled values."""
        return graph.single(graph.limited(scaled, INPUT_LIMIT))

    def _compile(self, network: Any, loss: Any, **options: Any) -> Any:
        """Return `network`, compiled with a loss and this detector's optimizer."""
        import keras

        kind = {"adam": keras.optimizers.Adam, "sgd": keras.optimizers.SGD}
        optimizer = kind[self.optimizer](float(self.learning_rate), **options)
        network.compile(optimizer=optimizer, loss=loss, jit_compile=False)
        return network

    def _forward(self, network: Any, inputs: NDArray) -> Any:
        """Return what a Keras model says of float32 `inputs`, as arrays.

        Rows are padded to a multiple of 16: processors treat the last few numbers of
        an array in another way, and a row's score must not depend on its place. For a
        recurrent network, which is compiled first, it is a power of two, so that it is
        compiled for few sizes.
        """
        from helpers.networks.precision import single_precision

        rows = len(inputs)
        size = 1 << (rows - 1).bit_length() if self.recurrent else rows + -rows % 16
        padded = _padded(inputs, size)
        with single_precision():
            if self.recurrent:
                return _to_numpy(network.predict_on_batch(padded), rows)
            return _to_numpy(network(padded, training=False), rows)

    def _computed(
        self, say: Callable[[NDArray, list[NDArray]], NDArray], scaled: NDArray
    ) -> NDArray[np.float64]:
        """Return `say(inputs, variables)` for scaled rows, read in blocks, by NumPy.

        `say` is a method of what `_arrays` returns. Rows are padded as in `_forward`.
        """
        variables = self.state_.variables
        parts = []
        for rows in blocks(scaled):
            inputs = self._as_network_input(scaled[rows])
            count = len(inputs)
            if count > 1 or not self.recurrent:  # there, it would cost too much
                inputs = _padded(inputs, count + -count % 16)
            parts.append(say(inputs, variables)[:count])
        found = parts[0] if len(parts) == 1 else np.concatenate(parts)
        return found.astype(np.float64)

    def _said(self, scaled: NDArray) -> NDArray[np.float64]:
        """Return what a recurrent network says of scaled windows (n, steps, features).

        By NumPy, or, where that would take longer than compiling, or where NumPy has
        no way to compute the network, by Keras.
        """
        if (
            self.arrays_ is None
            or len(scaled) * scaled.shape[1] >= _COMPILED_FROM_STEPS
        ):
            return self._outputs(self.network_, scaled)
        return self._computed(self.arrays_.say, scaled)

    def _outputs(self, network: Any, scaled: NDArray) -> NDArray[np.float64]:
        """Return the output of a Keras model for scaled rows, read in blocks."""
        parts = [
            self._forward(network, self._as_network_input(scaled[rows]))
            for rows in blocks(scaled)
        ]
        return np.concatenate(parts).astype(np.float64)

    def _trained_state(self) -> "TrainingState":
        if "state_" not in vars(self):
            raise AttributeError(f"this {type(self).__name__} is not fitted yet")
        return self.state_

    def _check_parameters(self) -> None:
        super()._check_parameters()
        as_count(self.epochs, "epochs", least=1)
        if self.batch_size is not None:
            as_count(self.batch_size, "batch_size", least=1)
        as_number(self.learning_rate, "learning_rate", least=0, above=True)
        as_number(self.validation_fraction, "validation_fraction", least=0, below=1)
        if self.patience is not None:
            as_count(self.patience, "patience", least=1)
        as_number(self.min_delta, "min_delta", least=0)
        check_choice(self.optimizer, "optimizer", _OPTIMIZERS)
        check_choice(self.precision, "precision", _PRECISIONS)
        check_flag(self.progress, "progress")
        _check_checkpoint(self.checkpoint)

    def __getstate__(self) -> dict[str, Any]:
        """Return what is kept in files and copies: arrays, not Keras objects."""
        state = dict(super().__getstate__())
        for name in ("network_", "arrays_", "mixed_network_"):
            state.pop(name, None)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Build the network anew around the kept arrays."""
        super().__setstate__(state)
        if "state_" in vars(self):
            self._rebuild_network()


def _shows_progress() -> bool:
    """Say whether a person sees a progress bar: in a notebook or a terminal.

    Not where outputs are kept or compared: the build sets `WORKSHOP_PROGRESS=0`, and
    the kernels that nbval starts inherit `PYTEST_VERSION`.
    """
    seen = "ipykernel" in sys.modules or sys.stderr.isatty()
    kept = os.environ.get("WORKSHOP_PROGRESS") == "0" or "PYTEST_VERSION" in os.environ
    return seen and not kept


def _require_tensorflow() -> None:
    """Raise `ValueError` where Keras runs on what nobody tested: it may never end.

    Asks before Keras is imported: a backend that is missing would end that.
    """
    backend = os.environ.get("KERAS_BACKEND")
    if "keras" in sys.modules or not backend:
        import keras

        backend = keras.backend.backend()
    if backend != "tensorflow":
        raise ValueError(
            f"Keras runs on {backend} (KERAS_BACKEND), but the kit trains its networks "
            "on tensorflow alone; unset KERAS_BACKEND, and restart"
        )


def draw_seed(random_state: Any) -> int:
    """Return a seed; raise `ValueError` where `random_state` cannot give one."""
    check_seed(random_state)
    return int(check_random_state(random_state).randint(2**31 - 1))


def _check_checkpoint(checkpoint: Any) -> None:
    """Raise before any training what would be raised after its first epoch."""
    if checkpoint is None:
        return
    try:
        path = as_path(checkpoint)
    except ValueError:
        raise ValueError(
            f"checkpoint must be a path or None; got {as_told(checkpoint)}"
        ) from None
    check_place(path)


def batch_size_for(rows: int) -> int:
    """Return the rows per step that make about 256 steps an epoch: 16 to 1 024."""
    return min(max(rows // 256, 16), 1024)


def _padded(inputs: NDArray, size: int) -> NDArray:
    """Return `size` rows: the inputs, and the first of them again."""
    if size == len(inputs):
        return inputs
    return np.concatenate([inputs, np.repeat(inputs[:1], size - len(inputs), axis=0)])


def _to_numpy(outputs: Any, rows: int) -> Any:
    """Return the first rows of one or several outputs of a model, as arrays."""
    import keras

    if isinstance(outputs, list | tuple):
        return [_to_numpy(part, rows) for part in outputs]
    return keras.ops.convert_to_numpy(outputs)[:rows]
