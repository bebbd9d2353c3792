"""Recurrent networks, as Keras models."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import keras

from helpers.networks.layers import dense, seed_stream

__all__ = ["FeedbackCell", "SequenceShape", "sequence_to_sequence"]


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


class FeedbackCell(keras.layers.Layer):
    """An LSTM cell and a dense output, one value a step, that may read its last output.

    Where it is `forced` (in training, in scoring) it reads its inputs; elsewhere it
    reads its own last output, and only the initial state says what came first. States
    are those of the LSTM cell and the last output (n, 1).
    """

    def __init__(
        self,
        cell: keras.layers.LSTMCell,
        output: keras.layers.Dense,
        *,
        forced: tuple[bool, bool],
        **options: Any,
    ):
        super().__init__(**options)
        self.cell, self.output_layer, self.forced = cell, output, forced
        self.state_size = [cell.units, cell.units, 1]
        self.output_size = 1

    def build(self, shape: Sequence[int | None]) -> None:
        """Create the weights."""
        self.cell.build(shape)
        self.output_layer.build((None, self.cell.units))

    def call(
        self, inputs: Any, states: Sequence[Any], training: bool = False
    ) -> tuple[Any, list[Any]]:
        """Go one step on: inputs (n, 1), output (n, 1)."""
        *memory, last = states
        in_training, in_scoring = self.forced
        read = inputs if (in_training if training else in_scoring) else last
        hidden, memory = self.cell(read, memory)
        output = self.output_layer(hidden)
        return output, [*memory, output]


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
        dense(1, shape.output_activation, seeds),
        forced=shape.forced,
    )
    decoder = keras.layers.RNN(cell, return_sequences=True, name="decoder")
    outputs = decoder(
        _with_dropout(sequence, shape, seeds), initial_state=[*memory, rows[:, :1]]
    )
    return keras.Model(
        rows, keras.layers.Reshape((shape.steps,))(outputs), name="sequence_to_sequence"
    )


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
