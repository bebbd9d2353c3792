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
import pandas as pd
from numpy.typing import NDArray

from helpers.logs.events import START
from helpers.networks.chains import sigmoid
from helpers.networks.engines import places_of
from helpers.networks.layers import dense, dense_output, seed_stream

__all__ = [
    "AttentionArrays",
    "AttentionRun",
    "AttentionShape",
    "DecayedAdam",
    "Foretold",
    "attention_network",
    "masked_loss",
]

BLOCK = 256  # windows at a time: their states fit into a processor's cache

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
        nothing = keras.ops.zeros((1, self._shape.units), self.compute_dtype)
        state, states = nothing, []
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
        self.logits = dense_output(shape.vocabulary, None, seeds)
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
        nothing, states = keras.ops.zeros((1, units), self.compute_dtype), []
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
        Its own depend on what was read alone: equal windows are decoded once.
        """
        read, follows = windows
        codes = np.arange(len(read)) if forced else _numbered(read)
        order = np.argsort(codes, kind="stable")
        first = order[np.flatnonzero(np.diff(codes[order], prepend=-1))]
        blocks = range(0, max(1, len(first)), BLOCK)
        borders = np.searchsorted(codes[order], blocks[1:])
        run = AttentionRun(self, variables)
        parts = [
            run.foretell(
                read[first[at : at + BLOCK]], follows[some], codes[some] - at, forced
            )
            for at, some in zip(blocks, np.split(order, borders), strict=True)
        ]
        back = np.argsort(order)
        tokens, surprise, looks = (
            np.concatenate(part)[back] for part in zip(*parts, strict=True)
        )
        return Foretold(tokens, surprise, looks if attention else None)


class AttentionRun:
    """The network with some variables: what can be computed of them beforehand is.

    Arrays of windows are (steps, n, units), so that a step is one piece of memory. The
    state after the start token is the same in all windows, and the next one is known by
    its token alone: both are looked up.
    """

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
        nothing = np.zeros((1, self.units), np.float32)
        self.first = self._read(self.read_table[[START]], nothing)
        self.second = self._read(self.read_table, self.first)
        self.second_inner = self.second @ self.read_recurrent + self.read_bias
        self.first_keys, self.second_keys = map(self._keys, (self.first, self.second))

    def foretell(
        self, read: Tokens, follows: Tokens, codes: Tokens, forced: bool
    ) -> tuple[NDArray, NDArray, Array]:
        """Return tokens, surprises and weights of windows that read `read[codes]`.

        Where the decoder is `forced`, `codes` are 0, 1, 2, ...
        """
        encoded, keys = self._encode(read)
        length, state = self.arrays.length, encoded[-1]
        tokens = np.empty((len(read), length), np.int64)
        surprise = np.empty((len(follows), length), np.float32)
        looks = np.empty((len(read), length, len(encoded)), np.float32)
        last, spare = np.full(len(read), START), np.empty_like(keys)
        for step in range(length):
            weights = self._weights(keys, state, spare)
            looks[:, step] = weights.T
            context = _weighted(encoded, weights, spare[0])
            state = self._step(context, last, state)
            truth = follows[:, step + 1]
            tokens[:, step], surprise[:, step] = self._say(state, truth, codes)
            last = truth if forced else tokens[:, step]
        return tokens[codes], surprise, looks[codes]

    def _encode(self, read: Tokens) -> tuple[Array, Array]:
        """Return the states after each token read, and their keys (steps, n, units)."""
        shape = read.shape[1], len(read), self.units
        encoded, keys = np.empty(shape, np.float32), np.empty(shape, np.float32)
        encoded[0], keys[0] = self.first, self.first_keys
        encoded[1], keys[1] = self.second[read[:, 1]], self.second_keys[read[:, 1]]
        inner = self.second_inner[read[:, 1]]
        for step in range(2, shape[0]):
            if step > 2:
                inner = encoded[step - 1] @ self.read_recurrent + self.read_bias
            sums = self.read_table[read[:, step]]
            encoded[step] = _gru_state(sums, inner, encoded[step - 1])
        keys[2:] = self._keys(encoded[2:])
        return encoded, keys

    def _read(self, sums: Array, before: Array) -> Array:
        """Return the encoder's next state."""
        return _gru_state(sums, before @ self.read_recurrent + self.read_bias, before)

    def _keys(self, encoded: Array) -> Array:
        """Return the keys of states (..., units), by one product."""
        kernel, bias = self.of["keys"]
        rows = encoded.reshape(-1, self.units) @ kernel
        rows += bias
        return rows.reshape(encoded.shape)

    def _weights(self, keys: Array, state: Array, spare: Array) -> Array:
        """Return how much each of the states read weighs (steps, n)."""
        kernel, bias = self.of["query"]
        np.add(keys, state @ kernel + bias, out=spare)
        np.tanh(spare, out=spare)
        # the bias is the same for all, so it weighs nothing
        weigh, _ = self.of["weigh"]
        scores = (spare.reshape(-1, self.units) @ weigh).reshape(keys.shape[:2])
        scores -= scores.max(axis=0)
        np.exp(scores, out=scores)
        scores /= scores.sum(axis=0)
        return scores

    def _step(self, context: Array, last: Tokens, state: Array) -> Array:
        """Return the decoder's next state."""
        sums = self.said_table[last]
        sums += context @ self.context_kernel
        if not self.arrays.carry_state:
            return _gru_state(sums, self.said_bias[np.newaxis], state * 0)
        return _gru_state(sums, state @ self.said_recurrent + self.said_bias, state)

    def _say(self, state: Array, truth: Tokens, codes: Tokens) -> tuple[NDArray, Array]:
        """Return the likeliest tokens, and how surprising the true ones are."""
        kernel, bias = self.of["logits"]
        logits = state @ kernel
        logits += bias
        tokens = logits.argmax(axis=1)
        logits -= logits[np.arange(len(logits)), tokens][:, np.newaxis]
        true = logits[codes, truth]
        sums = np.exp(logits, out=logits).sum(axis=1)
        return tokens, np.log(sums)[codes] - true


def _numbered(rows: Tokens) -> Tokens:
    """Return a number for each row (n,): the same where rows are equal, from 0 on."""
    numbers = np.zeros(len(rows), np.int64)
    size = int(rows.max(initial=0)) + 1
    for column in rows.T:
        numbers = pd.factorize(numbers * size + column)[0]
    return numbers


def _weighted(encoded: Array, weights: Array, spare: Array) -> Array:
    """Return the sum over steps of states by their weights (n, units)."""
    found = encoded[0] * weights[0][:, np.newaxis]
    for states, weight in zip(encoded[1:], weights[1:], strict=True):
        found += np.multiply(states, weight[:, np.newaxis], out=spare)
    return found


def _gru_state(sums: Array, inner: Array, state: Array) -> Array:
    """Return the next state of x K + b (n, 3 units) and h R + b, as Keras' GRU does."""
    units = state.shape[1]
    gates = sigmoid(sums[:, : 2 * units] + inner[:, : 2 * units])
    candidate = gates[:, units:] * inner[:, 2 * units :]
    candidate += sums[:, 2 * units :]
    np.tanh(candidate, out=candidate)
    found = state - candidate
    found *= gates[:, :units]
    found += candidate
    return found


def _gru(cell: Any, place: dict[int, int]) -> list[int]:
    return [place[id(v)] for v in (cell.kernel, cell.recurrent_kernel, cell.bias)]


def _dense(layer: Any, place: dict[int, int]) -> list[int]:
    return [place[id(layer.kernel)], place[id(layer.bias)]]
