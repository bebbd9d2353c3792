"""Recurrent autoencoders of windows: one layer reads, another rebuilds.

The encoder's last state is the code of the window. The decoder gets this code at every
step, and a dense layer turns each of its states into the features of that step. NumPy
computes the same: the decoder reads the same numbers at every step, so what its kernel
makes of them is computed once.
"""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from helpers.networks.chains import chain_of
from helpers.networks.engines import places_of
from helpers.networks.layers import dense_output, seed_stream
from helpers.networks.recurrences import (
    ACTIVATIONS,
    Array,
    Variables,
    recurrence_of,
    windows_at_a_time,
)
from helpers.networks.recurrent import recurrent_layer

__all__ = [
    "WindowAutoencoderArrays",
    "WindowAutoencoderShape",
    "is_window_autoencoder",
    "window_autoencoder",
]

_RECURRENT = (keras.layers.LSTM, keras.layers.GRU)


@dataclass(frozen=True)
class WindowAutoencoderShape:
    """Steps, features, and both recurrent layers: cell, units and activation."""

    steps: int
    features: int
    cell: str = "gru"
    units: int = 50
    activation: str = "tanh"


def window_autoencoder(shape: WindowAutoencoderShape, seed: int) -> keras.Model:
    """Return (n, steps, features) -> the same windows, rebuilt."""
    seeds = seed_stream(seed)
    inputs = keras.Input((shape.steps, shape.features))
    layer = shape.cell, shape.units, shape.steps, seeds
    cell: dict[str, Any] = {"activation": shape.activation}
    code = recurrent_layer(*layer, **cell)(inputs)
    repeated = keras.layers.RepeatVector(shape.steps)(code)
    values = recurrent_layer(*layer, return_sequences=True, **cell)(repeated)
    outputs = dense_output(shape.features, None, seeds)(values)
    return keras.Model(inputs, outputs, name="window_autoencoder")


class WindowAutoencoderArrays:
    """A `window_autoencoder` as NumPy computes it."""

    def __init__(self, network: keras.Model):
        places = places_of(network)
        encoder, repeat, decoder, output = _parts(network)
        self.encoder, self.decoder = (
            recurrence_of(layer, places) for layer in (encoder, decoder)
        )
        self.output = chain_of([output], places)
        self.steps = int(repeat.n)

    def say(self, x: Array, variables: Variables) -> Array:
        """Return windows x (n, steps, features) as they are rebuilt."""
        width = self.encoder.gates * self.encoder.units
        size = windows_at_a_time(width, x.shape[1])
        parts = [
            self._say(x[start : start + size], variables)
            for start in range(0, len(x), size)
        ]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _say(self, x: Array, variables: Variables) -> Array:
        code = self.encoder.last(x, variables)[0]
        sums = self.decoder.sums(code[:, np.newaxis], variables)[:, 0]
        state = self.decoder.start(len(x))
        hidden = np.empty((len(x), self.steps, self.decoder.units), np.float32)
        for step in range(self.steps):
            state = self.decoder.step(sums, state, variables)
            hidden[:, step] = state[0]
        said = self.output.forward(hidden.reshape(-1, hidden.shape[2]), variables)
        return said.reshape(len(x), self.steps, -1)


def is_window_autoencoder(network: keras.Model) -> bool:
    """Say whether a network is built as `window_autoencoder` does."""
    parts = _parts(network)
    if len(parts) != 4:
        return False
    encoder, repeat, decoder, output = parts
    return (
        all(_is_plain(layer) for layer in (encoder, decoder))
        and isinstance(repeat, keras.layers.RepeatVector)
        and isinstance(output, keras.layers.Dense)
        and output.activation is keras.activations.linear
        and (encoder.return_sequences, decoder.return_sequences) == (False, True)
    )


def _parts(network: keras.Model) -> list[keras.Layer]:
    return [la for la in network.layers if not isinstance(la, keras.layers.InputLayer)]


def _is_plain(layer: keras.Layer) -> bool:
    """Say whether NumPy has this recurrent layer."""
    if not isinstance(layer, _RECURRENT) or not layer.use_bias or layer.go_backwards:
        return False
    gates = layer.recurrent_activation is keras.activations.sigmoid
    return (
        gates
        and layer.activation.__name__ in ACTIVATIONS
        and getattr(layer, "reset_after", True)
        and not layer.stateful
    )
