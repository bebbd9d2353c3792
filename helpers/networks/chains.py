"""Dense layers one after the other, computed with NumPy: forward, and back.

A step of a small dense network is a few thousand multiplications. What Keras does
around them, compiling or dispatching, takes many times as long, most of all in a short
training or for a single row. So dense networks are defined in Keras, and computed here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray
from scipy.special import erf

__all__ = [
    "Chain",
    "Layer",
    "chain_of",
    "leaky",
    "linear_layer",
    "next_draws",
    "sigmoid",
]

Array = NDArray[np.float32]
# of each layer: what it read, z, its value, and what dropout multiplied that by
Tape = list[tuple[Array, Array, Array, Array | None]]

_SELU_SCALE, _SELU_ALPHA = (
    np.float32(1.0507009873554805),
    np.float32(1.6732632423543772),
)


@dataclass(frozen=True)
class Activation:
    """A function, which may overwrite what it is given, and its derivative.

    `derivative(z, a)` is that at z, whose value is a; None for that of the identity.
    `slope` is that of a leaky ReLU below zero.
    """

    name: str
    value: Callable[[Array], Array]
    derivative: Callable[[Array, Array], NDArray] | None
    slope: float = 0.0


def sigmoid(z: Array) -> Array:
    """Return 1 / (1 + exp(-z)), written over z, to within a rounding of 1.

    NumPy's tanh is several times as fast as SciPy's `expit`.
    """
    z *= np.float32(0.5)
    np.tanh(z, out=z)
    z += np.float32(1)
    z *= np.float32(0.5)
    return z


def _selu(z: Array) -> Array:
    return _SELU_SCALE * np.where(z > 0, z, _SELU_ALPHA * np.expm1(np.minimum(z, 0)))


def _gelu_derivative(z: Array, a: Array) -> Array:
    density = np.exp(-0.5 * z * z) * np.float32(1 / np.sqrt(2 * np.pi))
    return 0.5 * (1 + erf(z * np.float32(np.sqrt(0.5)))) + z * density


def _leaky(slope: float) -> Activation:
    factor = np.float32(slope)
    return Activation(
        "leaky",
        lambda z: np.where(z > 0, z, factor * z),
        lambda z, a: np.where(z > 0, np.float32(1), factor),
        slope,
    )


_ALL_ACTIVATIONS = (
    Activation("linear", lambda z: z, None),
    Activation("relu", lambda z: np.maximum(z, 0, out=z), lambda z, a: a > 0),
    Activation("tanh", lambda z: np.tanh(z, out=z), lambda z, a: 1 - a * a),
    Activation("sigmoid", sigmoid, lambda z, a: a * (1 - a)),
    Activation(
        "elu",
        lambda z: np.where(z > 0, z, np.expm1(np.minimum(z, 0))),
        lambda z, a: np.where(a > 0, np.float32(1), a + 1),
    ),
    Activation(
        "selu",
        _selu,
        lambda z, a: np.where(a > 0, _SELU_SCALE, a + _SELU_SCALE * _SELU_ALPHA),
    ),
    Activation(
        "gelu",
        lambda z: 0.5 * z * (1 + erf(z * np.float32(np.sqrt(0.5)))),
        _gelu_derivative,
    ),
)
_ACTIVATIONS = {activation.name: activation for activation in _ALL_ACTIVATIONS}


@dataclass(frozen=True)
class Layer:
    """A dense layer: where its arrays stand among a network's variables.

    `dropout` is the share of its outputs that is left out in training; `draws` is the
    place of the state of the generator that chooses them.
    """

    kernel: int
    bias: int
    activation: Activation
    dropout: float = 0.0
    draws: int | None = None


@dataclass(frozen=True)
class Chain:
    """Dense layers one after the other."""

    layers: Sequence[Layer]

    def width(self, variables: Sequence[NDArray]) -> int:
        """Return how many numbers the first layer reads."""
        return len(variables[self.layers[0].kernel])

    def forward(self, x: Array, variables: Sequence[NDArray]) -> Array:
        """Return what the last layer says of x (n, inputs), without dropout."""
        for layer in self.layers:
            z = x @ variables[layer.kernel]
            z += variables[layer.bias]
            x = layer.activation.value(z)
        return x

    def record(self, x: Array, variables: Sequence[NDArray]) -> tuple[Array, Tape]:
        """Return what the last layer says in training, and what `back` needs.

        Advances the generators of the dropouts, which are among the variables.
        """
        tape: Tape = []
        for layer in self.layers:
            read = x
            z = x @ variables[layer.kernel]
            z += variables[layer.bias]
            a = layer.activation.value(z)
            mask = _drawn_mask(layer, a.shape, variables)
            x = a if mask is None else a * mask
            tape.append((read, z, a, mask))
        return x, tape

    def back(
        self,
        slope: Array,
        tape: Tape,
        variables: Sequence[NDArray],
        gradients: Sequence[NDArray],
    ) -> Array:
        """Write the gradients of the layers, given the loss's slope at the output.

        Returns the slope at the input of the chain (n, inputs).
        """
        for layer, (read, z, a, mask) in zip(
            reversed(self.layers), reversed(tape), strict=True
        ):
            if mask is not None:
                slope = slope * mask
            if layer.activation.derivative is not None:
                slope = slope * layer.activation.derivative(z, a)
            np.matmul(read.T, slope, out=gradients[layer.kernel])
            np.sum(slope, axis=0, out=gradients[layer.bias])
            slope = slope @ variables[layer.kernel].T
        return slope


def _drawn_mask(
    layer: Layer, shape: tuple[int, ...], variables: Sequence[NDArray]
) -> Array | None:
    """Return what the outputs are multiplied by, or None without dropout."""
    if layer.draws is None:
        return None
    kept = next_draws(variables[layer.draws]).random(shape, np.float32) >= layer.dropout
    return kept * np.float32(1 / (1 - layer.dropout))


def next_draws(state: NDArray) -> np.random.Generator:
    """Return the generator of a step, and advance its state: [seed, steps so far]."""
    generator = np.random.default_rng([int(number) for number in state])
    state[1] += 1
    return generator


def leaky(layer: Layer, slope: float) -> Layer:
    """Return a layer with a leaky ReLU of a slope below zero."""
    return _changed(layer, activation=_leaky(slope))


def linear_layer(kernel: int, bias: int) -> Layer:
    """Return a dense layer without activation."""
    return Layer(kernel, bias, _ACTIVATIONS["linear"])


def chain_of(layers: Sequence[Any], places: dict[int, int]) -> Chain:
    """Return the chain of some Keras layers; models among them are opened.

    `places` maps the id of each variable of the network to its place. Raises
    `ValueError` for a layer that is none of a chain.
    """
    return Chain(_joined([*_opened(layers)], places))


def _opened(layers: Sequence[Any]) -> Any:
    for layer in layers:
        if isinstance(layer, keras.Sequential):
            yield from layer.layers
        elif not isinstance(layer, keras.layers.InputLayer):
            yield layer


def _joined(layers: Sequence[Any], places: dict[int, int]) -> list[Layer]:
    """Return the dense layers, with activations and dropouts that follow them."""
    found: list[Layer] = []
    for layer in layers:
        if isinstance(layer, keras.layers.Dense):
            activation = _ACTIVATIONS[layer.activation.__name__]
            found.append(
                Layer(places[id(layer.kernel)], places[id(layer.bias)], activation)
            )
        elif isinstance(layer, keras.layers.LeakyReLU):
            found[-1] = leaky(found[-1], float(layer.negative_slope))
        elif isinstance(layer, keras.layers.Dropout):
            place = places[id(layer.seed_generator.state)]
            found[-1] = _changed(found[-1], dropout=float(layer.rate), draws=place)
        else:
            raise ValueError(f"a {type(layer).__name__} is no part of a dense chain")
    return found


def _changed(layer: Layer, **changes: Any) -> Layer:
    return Layer(**{**vars(layer), **changes})
