"""Recurrent networks, as Keras models."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import keras

from helpers.networks.layers import dense_output, seed_stream
from helpers.networks.peepholes import PeepholeLSTMCell
from helpers.networks.recurrent import UNROLL_UP_TO, recurrent_layer

__all__ = [
    "EncoderDecoderShape",
    "FeedbackCell",
    "SequenceShape",
    "encoder_decoder",
    "sequence_to_sequence",
]


@dataclass(frozen=True)
class SequenceShape:
    """What `sequence_to_sequence` is made of.

    `units` are those of each direction of the encoder; the decoder has twice as many.
    `forced` says whether the decoder reads the true values in training, and in scoring.
    """

    steps: int
    units: int
    dropout: float = 0.0
    output_activation: str | None = "sigmoid"
    forced: tuple[bool, bool] = (True, False)


@dataclass(frozen=True)
class EncoderDecoderShape:
    """What `encoder_decoder` is made of.

    A step has `features` values and, behind them, `known` covariates. `feed` is what
    the decoder reads beside these: the "true" value of the step it has said last, its
    "own", or a "constant" 1.
    """

    steps: int
    features: int
    known: int = 0
    units: int = 15
    peepholes: bool = True
    feed: str = "true"


class FeedbackCell(keras.layers.Layer):
    """A recurrent cell and a dense output that may read its last output.

    Where it is `forced` (in training, in scoring) it reads its inputs; elsewhere it
    reads what it said last, D values, or what `feed` makes of that: a token's
    embedding, say, is `feed=lambda said: embedding(keras.ops.argmax(said, -1))`, of
    `feed_size` numbers. Inputs that are wider than what is fed back hold D values and,
    behind them, what is known of a step: that is always read.

    States are those of `cell`, one array or several, and what is read next where it is
    not forced (n, feed_size): its initial state is what is read first.
    """

    def __init__(
        self,
        cell: keras.layers.Layer,
        output: keras.layers.Dense,
        *,
        forced: tuple[bool, bool],
        feed: Callable[[Any], Any] | None = None,
        feed_size: int | None = None,
        **options: Any,
    ):
        super().__init__(**options)
        self.cell, self.output_layer, self.forced = cell, output, forced
        self.feed, self.feed_size = feed, feed_size or output.units
        self.state_size = [*_as_list(cell.state_size), self.feed_size]
        self.output_size = output.units

    def build(self, shape: Sequence[int | None]) -> None:
        """Create the weights."""
        self.cell.build(shape)
        self.output_layer.build((None, self.cell.units))

    def call(
        self, inputs: Any, states: Sequence[Any], training: bool = False
    ) -> tuple[Any, list[Any]]:
        """Go one step on: inputs (n, feed_size and more), output (n, D)."""
        *memory, last = states
        in_training, in_scoring = self.forced
        forced = in_training if training else in_scoring
        read = inputs if forced else self._beside_known(last, inputs)
        hidden, memory = self.cell(read, memory)
        output = self.output_layer(hidden)
        fed_back = output if self.feed is None else self.feed(output)
        fed_back = keras.ops.cast(fed_back, self.compute_dtype)
        return output, [*_as_list(memory), fed_back]

    def _beside_known(self, last: Any, inputs: Any) -> Any:
        if inputs.shape[-1] == self.feed_size:
            return last
        known = inputs[:, self.feed_size :]
        return keras.ops.concatenate([last, known], axis=-1)


def sequence_to_sequence(shape: SequenceShape, seed: int) -> keras.Model:
    """Return a network that reads a row (n, steps), value by value, and retells it.

    A bidirectional LSTM ends in states that begin an LSTM decoder; the decoder starts
    from the first value of the row and says the second, the third, ... and at last the
    first: rows rolled by -1 (n, steps).
    """
    seeds = seed_stream(seed)
    rows = keras.Input((shape.steps,))
    sequence = keras.layers.Reshape((shape.steps, 1))(rows)
    forward = _encoder(shape, seeds)(_with_dropout(sequence, shape, seeds))
    back = _encoder(shape, seeds, go_backwards=True)(
        _with_dropout(sequence, shape, seeds)
    )
    memory = [
        keras.layers.Concatenate()([one, other])
        for one, other in zip(forward[1:], back[1:], strict=True)
    ]
    cell = FeedbackCell(
        keras.layers.LSTMCell(2 * shape.units, **_initializers(seeds)),
        dense_output(1, shape.output_activation, seeds),
        forced=shape.forced,
    )
    decoder = keras.layers.RNN(cell, return_sequences=True, name="decoder")
    outputs = decoder(
        _with_dropout(sequence, shape, seeds), initial_state=[*memory, rows[:, :1]]
    )
    flat = keras.layers.Reshape((shape.steps,), dtype="float32")(outputs)
    return keras.Model(rows, flat, name="sequence_to_sequence")


def encoder_decoder(shape: EncoderDecoderShape, seed: int) -> keras.Model:
    """Return (n, steps, features + known) -> (n, steps, features): windows, rebuilt.

    An LSTM reads the values; from its last state on, another says them in reverse: the
    last step first, after a start token of ones. Known covariates of the step that it
    has to say are read by the decoder alone. The output has the window's own order.
    """
    seeds = seed_stream(seed)
    windows = keras.Input((shape.steps, shape.features + shape.known))
    values = windows[..., : shape.features]
    encoder = recurrent_layer(
        "lstm",
        shape.units,
        shape.steps,
        seeds,
        peepholes=shape.peepholes,
        return_state=True,
        name="encoder",
    )
    _, *memory = encoder(values)
    ones = keras.ops.ones_like(values)
    said = _backwards_decoder(shape, seeds)(
        _decoder_inputs(windows, ones, shape), initial_state=[*memory, ones[:, 0]]
    )
    rebuilt = keras.ops.flip(said, axis=1)
    return keras.Model(windows, rebuilt, name="encoder_decoder")


def _backwards_decoder(
    shape: EncoderDecoderShape, seeds: Iterator[int]
) -> keras.layers.RNN:
    weights = _initializers(seeds)
    if shape.peepholes:
        start = keras.initializers.GlorotUniform(seed=next(seeds))
        cell = PeepholeLSTMCell(shape.units, peephole_initializer=start, **weights)
    else:
        cell = keras.layers.LSTMCell(shape.units, **weights)
    forced = shape.feed != "own"
    says = dense_output(shape.features, None, seeds)
    return keras.layers.RNN(
        FeedbackCell(cell, says, forced=(forced, forced)),
        return_sequences=True,
        unroll=shape.steps <= UNROLL_UP_TO,
        name="decoder",
    )


def _decoder_inputs(windows: Any, ones: Any, shape: EncoderDecoderShape) -> Any:
    """Return what stands beside the decoder: (n, steps, features + known), reversed.

    Known covariates are of the step to be said; values of the one that was said last.
    """
    backwards = keras.ops.flip(windows, axis=1)
    if shape.feed != "true":
        values = ones
    else:
        before = backwards[:, :-1, : shape.features]
        values = keras.ops.concatenate([ones[:, :1], before], axis=1)
    if not shape.known:
        return values
    known = backwards[..., shape.features :]
    return keras.ops.concatenate([values, known], axis=-1)


def _encoder(
    shape: SequenceShape, seeds: Iterator[int], **options: Any
) -> keras.layers.LSTM:
    return keras.layers.LSTM(
        shape.units, return_state=True, **_initializers(seeds), **options
    )


def _with_dropout(sequence: Any, shape: SequenceShape, seeds: Iterator[int]) -> Any:
    """Return the sequence, whole rows of it left out in training.

    That is what `dropout` of a Keras LSTM is for one value a step: the same mask at
    every step.
    """
    if not shape.dropout:
        return sequence
    return keras.layers.SpatialDropout1D(shape.dropout, seed=next(seeds))(sequence)


def _initializers(seeds: Iterator[int]) -> dict[str, Any]:
    return {
        "kernel_initializer": keras.initializers.GlorotUniform(seed=next(seeds)),
        "recurrent_initializer": keras.initializers.Orthogonal(seed=next(seeds)),
        "seed": 0,  # of a dropout that is not there; else Keras draws from `random`
    }


def _as_list(values: Any) -> list[Any]:
    return list(values) if isinstance(values, list | tuple) else [values]
