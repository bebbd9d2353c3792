"""Recurrent networks computed with NumPy, to score: one loop over the steps.

Keras' call of a recurrent network of ten steps takes a millisecond before it computes
anything. The loop here says the same, in the order of Keras' weights; where windows are
many, it works on as many at a time as fit into a processor's cache.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from helpers.networks.chains import Chain, chain_of, linear_layer, sigmoid
from helpers.networks.engines import places_of
from helpers.networks.peepholes import PeepholeLSTMCell

__all__ = [
    "EncoderDecoderArrays",
    "RecurrentArrays",
    "SequenceArrays",
    "windows_at_a_time",
]

CACHED_VALUES = 2**16  # numbers of a step's sums that are worked on at a time
KEPT_VALUES = 2**22  # numbers of all steps' sums that are kept at a time: 16 MB

Array = NDArray[np.float32]
Variables = Sequence[NDArray]
State = tuple[Array, ...]  # h, or h and c
Step = Callable[[Array, State, Variables], State]
Function = Callable[..., Array]  # of an array, and perhaps of `out`, where to write


def _relu(z: Array, out: Array | None = None) -> Array:
    return np.maximum(z, 0, out=out)


ACTIVATIONS: dict[str, Function] = {"tanh": np.tanh, "relu": _relu}


@dataclass(frozen=True)
class Recurrence:
    """A recurrent layer: where its arrays stand among a network's variables.

    `step` goes from x K + b (n, gates x units) and the state to the next state.
    """

    kernel: int
    recurrent: int
    bias: int
    units: int
    gates: int
    step: Step
    backwards: bool = False
    peepholes: int | None = None
    activation: str = "tanh"

    @property
    def states(self) -> int:
        """The number of arrays in a state."""
        return 2 if self.gates == 4 else 1

    def start(self, rows: int) -> State:
        """Return the state before the first step: zeros (rows, units)."""
        return tuple(np.zeros((self.states, rows, self.units), np.float32))

    def sums(self, x: Array, variables: Variables) -> Array:
        """Return x K + b (n, steps, gates x units) of x (n, steps, features)."""
        sums = x.reshape(-1, x.shape[-1]) @ variables[self.kernel]
        sums += variables[self.bias] if self.gates != 3 else variables[self.bias][0]
        return sums.reshape(*x.shape[:2], -1)

    def run(self, x: Array, variables: Variables) -> Iterator[State]:
        """Yield the state after each step of x (n, steps, features)."""
        state, sums = self.start(len(x)), self.sums(x, variables)
        steps = range(x.shape[1])
        for number in reversed(steps) if self.backwards else steps:
            state = self.step(sums[:, number], state, variables)
            yield state

    def last(self, x: Array, variables: Variables) -> State:
        """Return the state after the last step."""
        *_, state = self.run(x, variables)
        return state


def recurrence_of(layer: Any, places: dict[int, int]) -> Recurrence:
    """Return the recurrence of a Keras layer or cell: simple, LSTM, GRU, peepholes."""
    cell = getattr(layer, "cell", layer)
    activation = cell.activation.__name__
    function = ACTIVATIONS[activation]
    kernel, recurrent, bias = (
        places[id(variable)]
        for variable in (cell.kernel, cell.recurrent_kernel, cell.bias)
    )
    peepholes = None
    if isinstance(cell, PeepholeLSTMCell):
        peepholes = places[id(cell.peepholes)]
        gates, step = 4, _peephole_step(recurrent, peepholes)
    elif isinstance(cell, keras.layers.LSTMCell):
        gates, step = 4, _lstm_step(recurrent, function)
    elif isinstance(cell, keras.layers.GRUCell):
        gates, step = 3, _gru_step(recurrent, bias, function)
    else:
        gates, step = 1, _simple_step(recurrent, function)
    backwards = bool(getattr(layer, "go_backwards", False))
    arrays = kernel, recurrent, bias
    told = backwards, peepholes, activation
    return Recurrence(*arrays, cell.units, gates, step, *told)


def _simple_step(recurrent: int, function: Function) -> Step:
    def step(sums: Array, state: State, variables: Variables) -> State:
        return (function(sums + state[0] @ variables[recurrent]),)

    return step


def _lstm_step(recurrent: int, function: Function) -> Step:
    def step(sums: Array, state: State, variables: Variables) -> State:
        h, c = state
        sums = h @ variables[recurrent] + sums
        units = h.shape[1]
        gates = sigmoid(sums[:, : 2 * units])
        candidate = function(sums[:, 2 * units : 3 * units])
        c = gates[:, units:] * c
        candidate *= gates[:, :units]
        c += candidate
        return function(c, out=candidate) * sigmoid(sums[:, 3 * units :]), c

    return step


def _gru_step(recurrent: int, bias: int, function: Function) -> Step:
    def step(sums: Array, state: State, variables: Variables) -> State:
        (h,) = state
        units = h.shape[1]
        inner = h @ variables[recurrent]
        inner += variables[bias][1]
        both = sums[:, : 2 * units] + inner[:, : 2 * units]
        gates = sigmoid(both)
        kept, reset = gates[:, :units], gates[:, units:]
        candidate = function(sums[:, 2 * units :] + reset * inner[:, 2 * units :])
        return (candidate + kept * (h - candidate),)

    return step


def _peephole_step(recurrent: int, peepholes: int) -> Step:
    def step(sums: Array, state: State, variables: Variables) -> State:
        h, c = state
        units, weights = h.shape[1], variables[peepholes]
        sums = h @ variables[recurrent] + sums
        seen = (c[:, np.newaxis] * weights[:2]).reshape(len(c), -1)
        gates = sigmoid(seen + sums[:, : 2 * units])
        candidate = np.tanh(sums[:, 2 * units : 3 * units])
        c = gates[:, units:] * c
        candidate *= gates[:, :units]
        c += candidate
        output = sigmoid(weights[2] * c + sums[:, 3 * units :])
        return np.tanh(c, out=candidate) * output, c

    return step


def windows_at_a_time(width: int, steps: int) -> int:
    """Return how many windows of `steps` steps, each `width` sums, to work on."""
    return max(16, min(CACHED_VALUES // width, KEPT_VALUES // (width * steps)))


class RecurrentArrays:
    """A recurrent layer and a dense one on its last state, or on each of its states."""

    def __init__(self, network: keras.Model):
        places = places_of(network)
        (layer,) = (part for part in network.layers if hasattr(part, "cell"))
        self.recurrence = recurrence_of(layer, places)
        self.per_step = bool(layer.return_sequences)
        dense = network.get_layer(index=_place_of_output(network))
        self.softmax = dense.activation is keras.activations.softmax
        self.output = _linear_output(dense, places)
        scales = (la for la in network.layers if isinstance(la, keras.layers.Rescaling))
        self.scale = np.float32(next((layer.scale for layer in scales), 1.0))

    def say(self, x: Array, variables: Variables) -> Array:
        """Return what the network says of windows x (n, steps, features)."""
        width = self.recurrence.gates * self.recurrence.units * x.shape[1]
        size = max(16, CACHED_VALUES // width)
        parts = [
            self._say(x[start : start + size], variables)
            for start in range(0, len(x), size)
        ]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _say(self, x: Array, variables: Variables) -> Array:
        if self.per_step:
            states = [state[0] for state in self.recurrence.run(x, variables)]
            hidden = np.stack(states, axis=1).reshape(-1, self.recurrence.units)
        else:
            hidden = self.recurrence.last(x, variables)[0]
        said = self.output.forward(hidden, variables)
        if self.softmax:
            said = softmax(said, axis=-1)
        said *= self.scale
        return said.reshape(*x.shape[: 1 + self.per_step], -1)


def _place_of_output(network: keras.Model) -> int:
    kinds = [isinstance(layer, keras.layers.Dense) for layer in network.layers]
    return kinds.index(True)


def _linear_output(dense: Any, places: dict[int, int]) -> Chain:
    """Return the chain of one dense layer; a softmax is left to whoever asks."""
    if dense.activation is not keras.activations.softmax:
        return chain_of([dense], places)
    kernel, bias = places[id(dense.kernel)], places[id(dense.bias)]
    return Chain([linear_layer(kernel, bias)])


class SequenceArrays:
    """A row read by an LSTM from both ends, and retold by a decoder, value by value."""

    def __init__(self, network: keras.Model, *, forced: bool):
        places = places_of(network)
        encoders = [la for la in network.layers if isinstance(la, keras.layers.LSTM)]
        ahead, back = sorted(encoders, key=lambda layer: layer.go_backwards)
        self.ahead, self.back = (recurrence_of(la, places) for la in (ahead, back))
        feedback = network.get_layer("decoder").cell
        self.decoder = recurrence_of(feedback, places)
        self.output = chain_of([feedback.output_layer], places)
        self.forced = forced

    def say(self, x: Array, variables: Variables) -> Array:
        """Return rows x (n, steps) as they are retold, rolled by -1."""
        size = max(16, CACHED_VALUES // (8 * self.ahead.units))
        parts = [
            self._say(x[start : start + size], variables)
            for start in range(0, len(x), size)
        ]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _say(self, x: Array, variables: Variables) -> Array:
        values = x[:, :, np.newaxis]
        ends = (part.last(values, variables) for part in (self.ahead, self.back))
        state = tuple(np.concatenate(pair, axis=1) for pair in zip(*ends, strict=True))
        said = np.empty_like(x)
        read = values[:, :1]
        for step in range(x.shape[1]):
            sums = self.decoder.sums(read, variables)[:, 0]
            state = self.decoder.step(sums, state, variables)
            output = self.output.forward(state[0], variables)
            said[:, step] = output[:, 0]
            follows = values[:, step + 1 : step + 2]
            read = follows if self.forced else output[:, :, np.newaxis]
        return said


class EncoderDecoderArrays:
    """Windows read by an LSTM, and said in reverse by another that goes on from it.

    Of each step the first `features` values are rebuilt; what stands behind them is
    known to the decoder. `feed` is as in `EncoderDecoderShape`.
    """

    def __init__(self, network: keras.Model, *, features: int, feed: str):
        places = places_of(network)
        self.encoder = recurrence_of(network.get_layer("encoder"), places)
        feedback = network.get_layer("decoder").cell
        self.decoder = recurrence_of(feedback, places)
        self.output = chain_of([feedback.output_layer], places)
        self.features, self.feed = features, feed

    def say(self, x: Array, variables: Variables) -> Array:
        """Return windows x (n, steps, features + known) rebuilt: (n, steps, features).

        Steps are in the windows' own order.
        """
        size = windows_at_a_time(4 * self.encoder.units, x.shape[1])
        parts = [
            self._say(x[start : start + size], variables)
            for start in range(0, len(x), size)
        ]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _say(self, x: Array, variables: Variables) -> Array:
        state = self.encoder.last(x[..., : self.features], variables)
        backwards = x[:, ::-1]
        own = self.feed == "own"
        said = (self._free if own else self._forced)(backwards, state, variables)
        return said[:, ::-1]

    def _forced(self, backwards: Array, state: State, variables: Variables) -> Array:
        """Return what a decoder says that reads true values, or ones."""
        read = backwards.copy()
        if self.feed == "true":
            read[:, 1:, : self.features] = backwards[:, :-1, : self.features]
            read[:, 0, : self.features] = 1
        else:
            read[..., : self.features] = 1
        sums, hidden = self.decoder.sums(read, variables), []
        for step in range(read.shape[1]):
            state = self.decoder.step(sums[:, step], state, variables)
            hidden.append(state[0])
        rows = np.stack(hidden, axis=1).reshape(-1, self.decoder.units)
        said = self.output.forward(rows, variables)
        return said.reshape(*read.shape[:2], self.features)

    def _free(self, backwards: Array, state: State, variables: Variables) -> Array:
        """Return what a decoder says that reads its own last output."""
        read, said = backwards.copy(), np.empty_like(backwards[..., : self.features])
        last = np.ones_like(said[:, 0])
        for step in range(read.shape[1]):
            read[:, step, : self.features] = last
            sums = self.decoder.sums(read[:, step : step + 1], variables)[:, 0]
            state = self.decoder.step(sums, state, variables)
            said[:, step] = last = self.output.forward(state[0], variables)
        return said
