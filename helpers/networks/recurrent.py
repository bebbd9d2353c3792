"""Recurrent networks: a one-step forecaster and a classifier of steps or sequences."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from helpers.networks.layers import dense_output, seed_stream
from helpers.networks.peepholes import PeepholeLSTMCell

__all__ = [
    "ClassifierShape",
    "ForecasterShape",
    "classifier",
    "forecaster",
    "recurrent_layer",
    "weighted_crossentropy",
]

UNROLL_UP_TO = 10  # steps: longer ones take longer to compile than they save

_CELLS = {
    "rnn": keras.layers.SimpleRNN,
    "lstm": keras.layers.LSTM,
    "gru": keras.layers.GRU,
}


@dataclass(frozen=True)
class ForecasterShape:
    """Steps that are read, features, one recurrent layer, and what the output means.

    The dense output is multiplied by `output_scale`.
    """

    steps: int
    features: int
    cell: str = "lstm"
    units: int = 32
    output_scale: float = 1.0


@dataclass(frozen=True)
class ClassifierShape:
    """Steps, features, classes, one recurrent layer, and what holds it back.

    `per_step` says whether each step gets an answer or the sequence one. `dropout` is
    of what the output layer reads; `l2` weighs the squares of all kernels. `peepholes`
    are those of an LSTM.
    """

    steps: int
    features: int
    classes: int
    cell: str = "lstm"
    units: int = 10
    per_step: bool = True
    peepholes: bool = False
    recurrent_start: str = "orthogonal"
    dropout: float = 0.0
    l2: float = 0.0


def forecaster(shape: ForecasterShape, seed: int) -> keras.Model:
    """Return (n, steps, features) -> (n, features): the step after the last."""
    seeds = seed_stream(seed)
    inputs = keras.Input((shape.steps, shape.features))
    values = recurrent_layer(shape.cell, shape.units, shape.steps, seeds)(inputs)
    values = dense_output(shape.features, None, seeds)(values)
    if shape.output_scale != 1:
        scale = keras.layers.Rescaling(shape.output_scale, dtype="float32")
        values = scale(values)
    return keras.Model(inputs, values, name="forecaster")


def classifier(shape: ClassifierShape, seed: int) -> keras.Model:
    """Return (n, steps, features) -> probabilities (n, steps, classes), softmax.

    Without `shape.per_step` they are (n, classes).
    """
    seeds = seed_stream(seed)
    inputs = keras.Input((shape.steps, shape.features))
    squares = keras.regularizers.L2(shape.l2) if shape.l2 else None
    values = recurrent_layer(
        shape.cell,
        shape.units,
        shape.steps,
        seeds,
        start=shape.recurrent_start,
        peepholes=shape.peepholes,
        regularizer=squares,
        return_sequences=shape.per_step,
    )(inputs)
    if shape.dropout:
        values = keras.layers.Dropout(shape.dropout, seed=next(seeds))(values)
    says = dense_output(shape.classes, "softmax", seeds, kernel_regularizer=squares)
    return keras.Model(inputs, says(values), name="classifier")


def recurrent_layer(
    cell: str,
    units: int,
    steps: int,
    seeds: Iterator[int],
    *,
    start: str = "orthogonal",
    peepholes: bool = False,
    regularizer: keras.Regularizer | None = None,
    **options: Any,
) -> keras.layers.Layer:
    """Return a recurrent layer, with tanh unless told, unrolled where that pays.

    Its input kernel starts from Glorot uniform weights, its recurrent kernel from an
    orthogonal matrix or (`start="glorot"`) from Glorot uniform weights too. With
    `peepholes` it is an LSTM whose gates see its memory (see `PeepholeLSTMCell`).
    """
    glorot = keras.initializers.GlorotUniform
    starts = {"orthogonal": keras.initializers.Orthogonal, "glorot": glorot}
    weights: dict[str, Any] = {
        "kernel_initializer": glorot(seed=next(seeds)),
        "recurrent_initializer": starts[start](seed=next(seeds)),
        "kernel_regularizer": regularizer,
        "recurrent_regularizer": regularizer,
        "seed": 0,  # of a dropout that is not there; else Keras draws one from `random`
    }
    options["unroll"] = steps <= UNROLL_UP_TO
    if not peepholes:
        return _CELLS[cell](units, **weights, **options)
    weights["peephole_initializer"] = glorot(seed=next(seeds))
    return keras.layers.RNN(PeepholeLSTMCell(units, **weights), **options)


def weighted_crossentropy(weights: NDArray[np.float64]) -> Callable[[Any, Any], Any]:
    """Return the categorical cross-entropy, each step times the weight of its class."""
    values = weights.astype(np.float32)

    def weighted_crossentropy(y_true: Any, y_pred: Any) -> Any:
        factors = keras.ops.sum(y_true * values, axis=-1)
        return factors * keras.losses.categorical_crossentropy(y_true, y_pred)

    return weighted_crossentropy
