"""Windows of events per second: the kit beside the custom loop of a tutorial.

The published network (vocabulary 97, embedding 64, 128 units) is trained and decodes
both ways in one run, one thread. The loop is that of TensorFlow's tutorial on
translation with attention: layers called step by step, in a `tf.function` per batch of
256 to train, and to decode eagerly, or in a `tf.function` per step. It decodes windows
that are all different, and those of a clean trace, of which the kit decodes equal ones
once.
"""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from helpers.detectors import EventSeq2SeqDetector
from helpers.logs.events import event_windows, window_starts
from helpers.simulation.traces import simulate_trace

VOCABULARY, BATCH, LENGTH, UNITS = 97, 256, 5, 128
REPEATS = 3
EAGER, COMPILED, OURS = "loop, eager", "loop, compiled", "kit"
DIFFERENT = "decode windows that are all different"
TRACE = "decode the windows of a clean trace"


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

    def train_all(self, read: NDArray, follows: NDArray) -> None:
        """Train for an epoch."""
        for i in range(0, len(read), BATCH):
            halves = read[i : i + BATCH], follows[i : i + BATCH]
            self.train(*map(self.tf.constant, halves))

    def decode_all(self, read: NDArray, *, compiled: bool) -> None:
        """Foretell windows in batches."""
        for i in range(0, len(read), BATCH):
            self.decode(read[i : i + BATCH], compiled=compiled)

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


def unit(*, times: int) -> dict[str, dict[str, float]]:
    """Return work -> windows per second of the loop, eager and compiled, and ours."""
    random = np.random.default_rng(times).integers(3, VOCABULARY, 10_250)
    real = simulate_trace(50_000, random_state=times).events + 3
    read, follows = event_windows(random, window_starts(len(random)))
    loop, kit = TutorialLoop(), Kit(random)
    found = {
        "train": {
            COMPILED: rate(lambda: loop.train_all(read, follows), len(read)),
            OURS: rate(lambda: kit.train(random), len(read)),
        }
    }
    for name, tokens in ((DIFFERENT, random), (TRACE, real)):
        windows = event_windows(tokens, window_starts(len(tokens), stride=LENGTH))
        few, count = windows[0][: 8 * BATCH], len(windows[0])
        found[name] = {
            EAGER: rate(partial(loop.decode_all, few, compiled=False), len(few)),
            COMPILED: rate(partial(loop.decode_all, few, compiled=True), len(few)),
            OURS: rate(partial(kit.decode, windows), count),
        }
    return found


class Kit:
    """The same network as the kit trains it, and as it decodes."""

    def __init__(self, tokens: NDArray):
        from helpers.networks.engines import KerasEngine

        detector = EventSeq2SeqDetector.published(
            epochs=3, random_state=0, learning_rate=0.01, segment=10**6, progress=False
        )
        small = np.concatenate([np.arange(3, VOCABULARY), tokens[:500]])
        self.detector = detector.fit(small)
        self.engine = KerasEngine(detector.network_, BATCH, 10**6)

    def train(self, tokens: NDArray) -> None:
        """Train for an epoch on the windows of a trace, at stride 1."""
        self.detector.trace_lengths_ = (len(tokens),)
        source = self.detector._source(self.detector._tokens(tokens))
        self.engine.run(*source(window_starts(len(tokens))), True)

    def decode(self, windows: tuple[NDArray, NDArray]) -> None:
        """Foretell windows, its own tokens being read."""
        detector = self.detector
        detector.arrays_.foretell(windows, detector.state_.variables)
