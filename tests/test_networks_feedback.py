"""The cell that reads what it has said: values, tokens, and what is known beside."""

import numpy as np
import pytest

from helpers.networks.sequences import FeedbackCell

STEPS, TOKENS, WIDTH = 5, 7, 3


def unrolled(cell, output, read_next, state, first):
    """Return what a cell says (n, steps, D), one call a step."""
    said, read = [], first
    for step in range(STEPS):
        hidden, state = cell(read, state)
        said.append(output(hidden))
        read = read_next(step, said[-1])
    return np.stack(said, axis=1)


def test_a_token_is_read_as_the_embedding_of_the_likeliest_one():
    import keras

    embedding = keras.layers.Embedding(TOKENS, WIDTH)
    cell, output = keras.layers.GRUCell(4), keras.layers.Dense(TOKENS)

    def feed(said):
        return embedding(keras.ops.argmax(said, axis=-1))

    feedback = FeedbackCell(
        cell, output, forced=(True, False), feed=feed, feed_size=WIDTH
    )
    decoder = keras.layers.RNN(feedback, return_sequences=True)
    start = embedding(np.array([1, 2]))
    forced = np.random.default_rng(0).normal(size=(2, STEPS, WIDTH)).astype("f4")
    zeros = np.zeros((2, 4), "f4")
    said = decoder(forced, initial_state=[zeros, start], training=False)
    free = unrolled(cell, output, lambda step, last: feed(last), [zeros], start)
    np.testing.assert_allclose(np.asarray(said), free, atol=1e-6)
    told = decoder(forced, initial_state=[zeros, start], training=True)
    true = unrolled(
        cell,
        output,
        lambda step, last: forced[:, min(step + 1, STEPS - 1)],
        [zeros],
        forced[:, 0],
    )
    np.testing.assert_allclose(np.asarray(told), true, atol=1e-6)


@pytest.mark.parametrize("known", [0, 2])
def test_several_values_are_fed_back_beside_what_is_known(known):
    import keras

    cell, output = keras.layers.LSTMCell(4), keras.layers.Dense(3)
    feedback = FeedbackCell(cell, output, forced=(False, False))
    decoder = keras.layers.RNN(feedback, return_sequences=True)
    inputs = np.random.default_rng(0).normal(size=(2, STEPS, 3 + known)).astype("f4")
    ones, zeros = np.ones((2, 3), "f4"), np.zeros((2, 4), "f4")
    said = decoder(inputs, initial_state=[zeros, zeros, ones])

    def beside(step, last):
        return np.concatenate([last, inputs[:, step, 3:]], axis=1)

    expected = unrolled(
        cell,
        output,
        lambda step, last: beside(min(step + 1, STEPS - 1), last),
        [zeros, zeros],
        beside(0, ones),
    )
    np.testing.assert_allclose(np.asarray(said), expected, atol=1e-6)
