"""Recurrent networks, as Keras models."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import keras

from helpers.networks.layers import dense, seeds

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
    """An LSTM cell and a dense output, one value a step, that may read what it said.

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
        said = self.output_layer(hidden)
        return said, [*memory, said]


def sequence_to_sequence(shape: SequenceShape, seed: int) -> keras.Model:
    """Return a network that reads a row (n, steps), value by value, and retells it.

    A bidirectional LSTM ends in states that begin an LSTM decoder; the decoder starts
    from the first value of the row and says the second, the third, ... and at last the
    first: rows rolled by -1 (n, steps).
    """
    numbers = seeds(seed)
    rows = keras.Input((shape.steps,))
    sequence = keras.layers.Reshape((shape.steps, 1))(rows)
    forward = _encode(shape, numbers)(_dropped(sequence, shape, numbers))
    back = _encode(shape, numbers, go_backwards=True)(
        _dropped(sequence, shape, numbers)
    )
    memory = [
        keras.layers.Concatenate()([one, other])
        for one, other in zip(forward[1:], back[1:], strict=True)
    ]
    cell = FeedbackCell(
        keras.layers.LSTMCell(2 * shape.units, **_starts(numbers)),
        dense(1, shape.output_activation, numbers),
        forced=shape.forced,
    )
    decoder = keras.layers.RNN(cell, return_sequences=True, name="decoder")
    said = decoder(
        _dropped(sequence, shape, numbers), initial_state=[*memory, rows[:, :1]]
    )
    return keras.Model(
        rows, keras.layers.Reshape((shape.steps,))(said), name="sequence_to_sequence"
    )


def _encode(
    shape: SequenceShape, numbers: Iterator[int], **options: Any
) -> keras.layers.LSTM:
    return keras.layers.LSTM(
        shape.units, return_state=True, **_starts(numbers), **options
    )


def _dropped(sequence: Any, shape: SequenceShape, numbers: Iterator[int]) -> Any:
    """Return the sequence, whole rows of it left out in training.

    That is what `dropout` of a Keras LSTM is for one value a step: the same mask at
    every step.
    """
    if not shape.dropout:
        return sequence
    return keras.layers.SpatialDropout1D(shape.dropout, seed=next(numbers))(sequence)


def _starts(numbers: Iterator[int]) -> dict[str, Any]:
    return {
        "kernel_initializer": keras.initializers.GlorotUniform(seed=next(numbers)),
        "recurrent_initializer": keras.initializers.Orthogonal(seed=next(numbers)),
        "seed": 0,  # of a dropout that is not there; else Keras draws from `random`
    }
