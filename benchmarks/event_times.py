"""Windows of events per second: the kit beside the custom loop of a tutorial.

`python -m benchmarks.event_times` trains and decodes the published network (vocabulary
97, embedding 64, 128 units) on random tokens, both ways in one run; set
OMP_NUM_THREADS, TF_NUM_INTRAOP_THREADS and TF_NUM_INTEROP_THREADS to 1. The loop
is that of TensorFlow's tutorial on translation with attention: layers called step by
step, in a `tf.function` per batch of 256 to train, and to decode eagerly, or in a
`tf.function` per step. Windows are all different, so that nothing is saved by
foretelling equal ones once; in real traces many are equal.
"""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from helpers.detectors import EventSeq2SeqDetector
from helpers.logs.events import event_windows, window_starts

VOCABULARY, BATCH, LENGTH, UNITS = 97, 256, 5, 128
REPEATS = 3


class TutorialLoop:
    """The tutorial's encoder, attention and decoder, called a step at a time."""

    def __init__(self) -> None:
        import keras
        import tensorflow as tf

        layers = keras.layers
        self.tf, self.optimizer = tf, keras.optimizers.Adam(0.01)
        self.read = layers.Embedding(VOCABULARY, 64)
        self.encoder = layers.GRU(UNITS, return_sequences=True, return_state=True)
        self.said = layers.Embedding(VOCABULARY, 64)
        self.decoder = layers.GRU(UNITS, return_sequences=True, return_state=True)
        self.keys, self.query = layers.Dense(UNITS), layers.Dense(UNITS)
        self.weigh, self.logits = layers.Dense(1), layers.Dense(VOCABULARY)
        self.loss = keras.losses.SparseCategoricalCrossentropy(
            from_logits=True, reduction="none"
        )
        self.train = tf.function(self._train)
        self.compiled_step = tf.function(self.step)
        self.compiled_encode = tf.function(self.encode)

    def encode(self, read: Any) -> Any:
        """Return the states of what is read, and the last one."""
        return self.encoder(self.read(read))

    def step(self, last: Any, state: Any, encoded: Any) -> Any:
        """Return the logits of a step, and the next state."""
        tf = self.tf
        query = self.query(tf.expand_dims(state, 1))
        scores = self.weigh(tf.nn.tanh(self.keys(encoded) + query))
        context = tf.reduce_sum(tf.nn.softmax(scores, axis=1) * encoded, axis=1)
        x = tf.concat([tf.expand_dims(context, 1), self.said(last)], axis=-1)
        output, state = self.decoder(x)
        return self.logits(output[:, 0]), state

    def _train(self, read: Any, follows: Any) -> Any:
        tf, total = self.tf, 0.0
        with tf.GradientTape() as tape:
            encoded, state = self.encode(read)
            for step in range(1, LENGTH + 1):
                logits, state = self.step(follows[:, step - 1 : step], state, encoded)
                truth = follows[:, step]
                mask = tf.cast(tf.not_equal(truth, 0), tf.float32)
                total += tf.reduce_mean(self.loss(truth, logits) * mask)
            parts = (self.read, self.encoder, self.said, self.decoder, self.keys)
            layers = (*parts, self.query, self.weigh, self.logits)
            variables = [v for layer in layers for v in layer.trainable_variables]
        self.optimizer.apply(tape.gradient(total, variables), variables)
        return total

    def decode(self, read: NDArray, *, compiled: bool) -> None:
        """Foretell a batch, its own tokens being read."""
        encode = self.compiled_encode if compiled else self.encode
        step = self.compiled_step if compiled else self.step
        encoded, state = encode(self.tf.constant(read))
        last = self.tf.constant(read[:, :1])
        for _ in range(LENGTH):
            logits, state = step(last, state, encoded)
            last = self.tf.expand_dims(self.tf.argmax(logits, axis=1), 1)


def rate(call: Callable[[], Any], windows: int) -> float:
    """Return windows per second of CPU time, the best of some runs but the first."""
    call()
    times = []
    for _ in range(REPEATS):
        start = time.process_time()
        call()
        times.append(time.process_time() - start)
    return windows / min(times)


def tutorial_rates(read: NDArray, follows: NDArray) -> dict[str, float]:
    """Return the loop's windows per second: trained, decoded eagerly, and compiled."""
    loop, starts = TutorialLoop(), range(0, len(read), BATCH)
    halves = [(read[i : i + BATCH], follows[i : i + BATCH]) for i in starts]

    def train() -> None:
        for pair in halves:
            loop.train(*map(loop.tf.constant, pair))

    def decode(compiled: bool) -> None:
        """Foretell a batch, its own tokens being read."""
        for some, _ in halves:
            loop.decode(some, compiled=compiled)

    return {
        "train": rate(train, len(read)),
        "decode, eager": rate(lambda: decode(False), len(read)),
        "decode, compiled steps": rate(lambda: decode(True), len(read)),
    }


def kit_rates(tokens: NDArray) -> dict[str, float]:
    """Return the kit's windows per second, of an epoch, and of foretelling."""
    detector = EventSeq2SeqDetector.published(
        epochs=3, random_state=0, learning_rate=0.01, segment=10**6
    )
    small = np.concatenate([np.arange(3, VOCABULARY), tokens[:500]])
    detector.fit(small)
    starts = window_starts(len(tokens))
    from helpers.networks.engines import KerasEngine

    engine = KerasEngine(detector.network_, BATCH, 10**6)
    detector.trace_lengths_ = (len(tokens),)
    x, y = detector._source(detector._tokens(tokens))(starts)
    windows = event_windows(detector._tokens(tokens), starts)
    variables = detector.state_.variables
    return {
        "train": rate(lambda: engine.run(x, y, True), len(starts)),
        "decode": rate(
            lambda: detector.arrays_.foretell(windows, variables), len(starts)
        ),
    }


def main() -> None:
    """Print both rates and their ratios."""
    tokens = np.random.default_rng(0).integers(3, VOCABULARY, 10_250)
    read, follows = event_windows(tokens, window_starts(len(tokens)))
    loop, kit = tutorial_rates(read, follows), kit_rates(tokens)
    for name, value in loop.items():
        mine = kit["train" if name == "train" else "decode"]
        print(f"{name}: loop {value:,.0f}/s, kit {mine:,.0f}/s, {mine / value:.2f} x")


if __name__ == "__main__":
    main()
