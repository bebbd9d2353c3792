"""A sequence-to-sequence network with additive attention, for tokens.

A GRU reads a window of tokens. A second GRU foretells the next ones, step by step; at
each it looks back at all states of the first and weighs them by
v tanh(W1 encoded + W2 state): Bahdanau et al. (2015). In training it reads the true
tokens (teacher forcing). To score, it reads its own: `AttentionArrays` does that with
NumPy, for thousands of windows at a time.

`FeedbackCell` of `helpers.networks.sequences` isn't used: it has no place for the
encoder's states, which every step looks back at, and with true tokens to read, all
steps share one product with the output's weights.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import keras
import numpy as np
from numpy.typing import NDArray

from helpers.networks.chains import sigmoid
from helpers.networks.engines import places_of
from helpers.networks.layers import dense, seed_stream

__all__ = [
    "AttentionArrays",
    "AttentionShape",
    "DecayedAdam",
    "Foretold",
    "attention_network",
    "masked_loss",
]

BLOCK = 512  # windows at a time: their sums fit into a processor's cache

Array = NDArray[np.float32]
Tokens = NDArray[np.integer]


@dataclass(frozen=True)
class AttentionShape:
    """What `attention_network` is made of.

    `length` events are read, after a start token, and as many foretold. With
    `carry_state` the decoder's GRU goes on from its last state; without, as published,
    it begins each step from zeros, and the state only says where to look.
    """

    vocabulary: int
    length: int = 5
    embedding: int = 64
    units: int = 128
    carry_state: bool = True


class AttentionEncoder(keras.layers.Layer):
    """States (n, steps, units) of a GRU that reads tokens (n, steps), from zeros on."""

    def __init__(self, shape: AttentionShape, seeds: Iterator[int], **options: Any):
        super().__init__(**options)
        self.embedding = _embedding(shape, seeds)
        self.cell = keras.layers.GRUCell(shape.units, **_starts(seeds))
        self._shape = shape

    def build(self, shape: Any) -> None:
        """Create the weights."""
        self.embedding.build((None, self._shape.vocabulary))
        self.cell.build((None, self._shape.embedding))

    def call(self, tokens: Any) -> Any:
        """Return the state after each token."""
        sums = sums_of(self.embedding(tokens), self.cell.kernel, self.cell.bias[0])
        state, states = keras.ops.zeros((1, self._shape.units)), []
        for of_step in keras.ops.unstack(sums, axis=1):  # slices have dear gradients
            state = gru_state(self.cell, of_step, state)
            states.append(state)
        return keras.ops.stack(states, axis=1)


class AttentionDecoder(keras.layers.Layer):
    """Logits (n, length, vocabulary) of encoded states and of tokens that are read.

    Calls: [encoded (n, steps, units), tokens (n, length)].
    """

    def __init__(self, shape: AttentionShape, seeds: Iterator[int], **options: Any):
        super().__init__(**options)
        self.carry_state = shape.carry_state
        self.embedding = _embedding(shape, seeds)
        self.keys = dense(shape.units, None, seeds)
        self.query = dense(shape.units, None, seeds)
        self.weigh = dense(1, None, seeds)
        self.cell = keras.layers.GRUCell(shape.units, **_starts(seeds))
        self.logits = dense(shape.vocabulary, None, seeds)
        self._shape = shape

    def build(self, shapes: Any) -> None:
        """Create the weights."""
        units, vocabulary = self._shape.units, self._shape.vocabulary
        self.embedding.build((None, vocabulary))
        for layer in (self.keys, self.query, self.weigh, self.logits):
            layer.build((None, units))
        self.cell.build((None, units + self._shape.embedding))

    def call(self, inputs: Any) -> Any:
        """Return the logits of all steps, the true tokens being read."""
        encoded, tokens = inputs
        state = encoded[:, -1]
        units = self._shape.units
        keys, kernel = self.keys(encoded), self.cell.kernel
        embedded = self.embedding(tokens)
        embedded = sums_of(embedded, kernel[units:], self.cell.bias[0])
        nothing, states = keras.ops.zeros((1, units)), []
        for of_token in keras.ops.unstack(embedded, axis=1):
            context = self.look_back(encoded, keys, state)[0]
            sums = context @ kernel[:units] + of_token
            before = state if self.carry_state else nothing
            state = gru_state(self.cell, sums, before)
            states.append(state)
        return self.logits(keras.ops.stack(states, axis=1))

    def look_back(self, encoded: Any, keys: Any, state: Any) -> tuple[Any, Any]:
        """Return the context (n, units) and the weights (n, steps) of one step."""
        query = keras.ops.expand_dims(self.query(state), 1)
        scores = self.weigh(keras.ops.tanh(keys + query))
        weights = keras.ops.softmax(scores, axis=1)
        return keras.ops.sum(weights * encoded, axis=1), weights[..., 0]


def sums_of(x: Any, kernel: Any, bias: Any) -> Any:
    """Return x K + b (n, steps, 3 units) of all steps of x at once."""
    rows = keras.ops.reshape(x, (-1, x.shape[-1])) @ kernel + bias
    return keras.ops.reshape(rows, (-1, x.shape[1], kernel.shape[-1]))


def gru_state(cell: keras.layers.GRUCell, sums: Any, before: Any) -> Any:
    """Return what a GRU's cell does, of x K + b (n, 3 units) and its last state.

    `before` may be one row of zeros (1, units), multiplied once and not a window each.
    """
    inner = before @ cell.recurrent_kernel + cell.bias[1]
    of_x, of_inner = (keras.ops.split(part, 3, axis=-1) for part in (sums, inner))
    kept = keras.ops.sigmoid(of_x[0] + of_inner[0])
    reset = keras.ops.sigmoid(of_x[1] + of_inner[1])
    candidate = keras.ops.tanh(of_x[2] + reset * of_inner[2])
    return candidate + kept * (before - candidate)


def attention_network(shape: AttentionShape, seed: int) -> keras.Model:
    """Return the network: tokens (n, 2 length + 1) in, logits (n, length, tokens) out.

    Read are a start token, `length` events, and what the decoder reads: a start token
    and the first `length` - 1 events that follow. 256 226 parameters with a vocabulary
    of 97, an embedding of 64 and 128 units.
    """
    seeds, read = seed_stream(seed), shape.length + 1
    tokens = keras.Input((read + shape.length,), dtype="int32")
    encoded = AttentionEncoder(shape, seeds, name="encoder")(tokens[:, :read])
    decoder = AttentionDecoder(shape, seeds, name="decoder")
    return keras.Model(tokens, decoder([encoded, tokens[:, read:]]))


def masked_loss(truth: Any, logits: Any) -> Any:
    """Return each window's mean cross-entropy (n,) of its tokens that are not 0."""
    losses = keras.ops.sparse_categorical_crossentropy(truth, logits, from_logits=True)
    mask = keras.ops.cast(keras.ops.not_equal(truth, 0), losses.dtype)
    counted = keras.ops.maximum(keras.ops.sum(mask, axis=-1), 1)
    return keras.ops.sum(losses * mask, axis=-1) / counted


class DecayedAdam(keras.optimizers.Adam):
    """Adam whose rate after t steps is learning_rate / (1 + decay t).

    Keras' `InverseTimeDecay` says the same, but then nobody can set the rate, as going
    on with a training does.
    """

    def __init__(self, learning_rate: float, *, decay: float, **options: Any):
        super().__init__(learning_rate, **options)
        self.decay = decay

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Change one variable."""
        steps = keras.ops.cast(self.iterations, learning_rate.dtype)
        rate = learning_rate / (1 + self.decay * steps)
        super().update_step(gradient, variable, rate)


def _embedding(shape: AttentionShape, seeds: Iterator[int]) -> keras.layers.Embedding:
    start = keras.initializers.RandomUniform(seed=next(seeds))
    return keras.layers.Embedding(
        shape.vocabulary, shape.embedding, embeddings_initializer=start
    )


def _starts(seeds: Iterator[int]) -> dict[str, Any]:
    return {
        "kernel_initializer": keras.initializers.GlorotUniform(seed=next(seeds)),
        "recurrent_initializer": keras.initializers.Orthogonal(seed=next(seeds)),
        "seed": 0,  # of a dropout that is not there; else Keras draws from `random`
    }


# ------------------------------------------------------------------ in NumPy, to score


class Foretold(NamedTuple):
    """What the decoder says of windows.

    tokens: (n, length), the likeliest at each step
    surprise: (n, length), minus the logarithm of the true token's probability
    attention: (n, length, length + 1), or None: weights of what was read, sum 1
    """

    tokens: NDArray[np.int64]
    surprise: Array
    attention: Array | None


class AttentionArrays:
    """The network of `attention_network`, computed with NumPy."""

    def __init__(self, network: keras.Model, *, carry_state: bool):
        encoder, decoder = (network.get_layer(name) for name in ("encoder", "decoder"))
        self.carry_state, self.length = carry_state, decoder._shape.length
        self.units = encoder.cell.units
        place = places_of(network)
        self.places = {
            "read": [
                place[id(encoder.embedding.embeddings)],
                *_gru(encoder.cell, place),
            ],
            "said": [
                place[id(decoder.embedding.embeddings)],
                *_gru(decoder.cell, place),
            ],
            "keys": _dense(decoder.keys, place),
            "query": _dense(decoder.query, place),
            "weigh": _dense(decoder.weigh, place),
            "logits": _dense(decoder.logits, place),
        }

    def foretell(
        self,
        windows: tuple[Tokens, Tokens],
        variables: list[NDArray],
        *,
        forced: bool = False,
        attention: bool = False,
    ) -> Foretold:
        """Return what is foretold of windows, (n, length + 1) read and followed.

        The decoder reads its own likeliest token, or where it is `forced` the true one.
        """
        run = _Run(self, variables)
        rows = range(0, max(1, len(windows[0])), BLOCK)
        parts = [
            run.foretell(
                windows[0][i : i + BLOCK], windows[1][i : i + BLOCK], forced, attention
            )
            for i in rows
        ]
        joined = [np.concatenate(part) for part in zip(*parts, strict=True)]
        return Foretold(joined[0], joined[1], joined[2] if attention else None)


class _Run:
    """The network with some variables: what can be computed of them beforehand is."""

    def __init__(self, arrays: AttentionArrays, variables: list[NDArray]):
        self.arrays, self.units = arrays, arrays.units
        of = {name: [variables[i] for i in at] for name, at in arrays.places.items()}
        embedding, kernel, self.read_recurrent, bias = of["read"]
        self.read_table, self.read_bias = embedding @ kernel + bias[0], bias[1]
        embedding, kernel, self.said_recurrent, bias = of["said"]
        self.context_kernel = np.ascontiguousarray(kernel[: self.units])
        self.said_table = embedding @ kernel[self.units :] + bias[0]
        self.said_bias = bias[1]
        self.of = of

    def foretell(
        self, read: Tokens, follows: Tokens, forced: bool, attention: bool
    ) -> tuple[NDArray, NDArray, NDArray]:
        """Return tokens, surprises, and weights (or nothing) of some windows."""
        encoded, state = self._encode(read)
        kernel, bias = self.of["keys"]
        keys = (encoded.reshape(-1, self.units) @ kernel + bias).reshape(encoded.shape)
        shape = len(read), self.arrays.length
        tokens, surprise = np.empty(shape, np.int64), np.empty(shape, np.float32)
        looks = np.empty((*shape, read.shape[1]) if attention else (len(read), 0, 0))
        last = follows[:, 0]
        for step in range(shape[1]):
            weights = self._weights(keys, state)
            context = (weights[:, np.newaxis] @ encoded)[:, 0]
            state = self._step(context, last, state)
            tokens[:, step], surprise[:, step] = self._say(state, follows[:, step + 1])
            last = follows[:, step + 1] if forced else tokens[:, step]
            if attention:
                looks[:, step] = weights
        return tokens, surprise, looks.astype(np.float32)

    def _encode(self, read: Tokens) -> tuple[Array, Array]:
        """Return the states after each token (n, steps, units), and the last one."""
        encoded = np.empty((*read.shape, self.units), np.float32)
        state = np.zeros((len(read), self.units), np.float32)
        for step in range(read.shape[1]):
            inner = state @ self.read_recurrent + self.read_bias
            state = _gru_state(self.read_table[read[:, step]], inner, state)
            encoded[:, step] = state
        return encoded, state

    def _weights(self, keys: Array, state: Array) -> Array:
        """Return how much each of the states read weighs (n, steps)."""
        kernel, bias = self.of["query"]
        looked = keys + (state @ kernel + bias)[:, np.newaxis]
        np.tanh(looked, out=looked)
        weigh, _ = self.of[
            "weigh"
        ]  # its bias is the same for all, so it weighs nothing
        scores = (looked.reshape(-1, self.units) @ weigh).reshape(keys.shape[:2])
        scores = np.exp(scores - scores.max(axis=1, keepdims=True))
        return scores / scores.sum(axis=1, keepdims=True)

    def _step(self, context: Array, last: Tokens, state: Array) -> Array:
        """Return the decoder's next state."""
        sums = self.said_table[last] + context @ self.context_kernel
        if not self.arrays.carry_state:
            before = np.zeros_like(state)
            return _gru_state(sums, np.tile(self.said_bias, (len(state), 1)), before)
        return _gru_state(sums, state @ self.said_recurrent + self.said_bias, state)

    def _say(self, state: Array, truth: Tokens) -> tuple[NDArray, Array]:
        """Return the likeliest tokens, and how surprising the true ones are."""
        kernel, bias = self.of["logits"]
        logits = state @ kernel + bias
        tokens = logits.argmax(axis=1)
        rows = np.arange(len(logits))
        highest = logits[rows, tokens]
        logits -= highest[:, np.newaxis]
        true = logits[rows, truth]
        return tokens, np.log(np.exp(logits).sum(axis=1)) - true


def _gru_state(sums: Array, inner: Array, state: Array) -> Array:
    """Return the next state of x K + b (n, 3 units) and h R + b, as Keras' GRU does."""
    units = state.shape[1]
    gates = sigmoid(sums[:, : 2 * units] + inner[:, : 2 * units])
    candidate = gates[:, units:] * inner[:, 2 * units :]
    candidate += sums[:, 2 * units :]
    np.tanh(candidate, out=candidate)
    return candidate + gates[:, :units] * (state - candidate)


def _gru(cell: Any, place: dict[int, int]) -> list[int]:
    return [place[id(v)] for v in (cell.kernel, cell.recurrent_kernel, cell.bias)]


def _dense(layer: Any, place: dict[int, int]) -> list[int]:
    return [place[id(layer.kernel)], place[id(layer.bias)]]
