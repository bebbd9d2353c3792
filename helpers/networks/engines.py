"""What carries out the steps of a training: compiled Keras code, or NumPy.

An engine holds the variables of a network and of its optimizer while it is trained. A
recurrent network or a BiGAN is trained by TensorFlow, a chunk of batches a call;
another backend of Keras is refused before. A dense autoencoder is computed with NumPy
(see `helpers.networks.chains`): to train 18-15-7-2 for 14 epochs on 500 rows that
takes about a hundredth of the CPU time, on 15 864 rows about a sixth.
"""

import math
from collections.abc import Callable
from typing import Any, Protocol, runtime_checkable

import keras
import numpy as np
from numpy.typing import NDArray

__all__ = [
    "ArrayEngine",
    "ArrayNetwork",
    "Engine",
    "KerasEngine",
    "places_of",
    "variables_of",
]

COMPILE_FROM_STEPS = 20  # compiling costs as much as so many steps without

Values = list[NDArray]


class Engine(Protocol):
    """What `helpers.networks.training.train` asks of an engine."""

    def load(self, variables: Values, optimizer: Values) -> None:
        """Go on from these; an empty `optimizer` is one that begins."""

    def variables(self) -> Values:
        """Return copies of the network's variables."""

    def optimizer(self) -> Values:
        """Return copies of the optimizer's."""

    def slow_down(self, share: float) -> None:
        """Train at this share of the learning rate from now on."""

    def run(self, x: NDArray, y: NDArray, training: bool) -> float:
        """Train on all batches of x and y, or judge them; return the sum of losses."""


def variables_of(network: keras.Model) -> list:
    """Return weights and the states of random generators, without metrics."""
    metrics = {id(variable) for variable in network.metrics_variables}
    return [v for v in network.variables if id(v) not in metrics]


def places_of(network: keras.Model) -> dict[int, int]:
    """Return the place of each variable, by its id, in `variables_of(network)`."""
    return {id(variable): i for i, variable in enumerate(variables_of(network))}


# ------------------------------------------------------------------------- NumPy


@runtime_checkable
class ArrayNetwork(Protocol):
    """A network as functions of its variables, a list in the order of Keras'.

    Both return the mean loss of the rows. `learn` advances the random generators that
    are among the variables.
    """

    def judge(self, x: NDArray, y: NDArray, variables: Values) -> float:
        """Return the loss of x, where y should be said."""

    def learn(
        self, x: NDArray, y: NDArray, variables: Values, gradients: Values
    ) -> float:
        """Return the loss, and write its gradients."""


class ArrayEngine:
    """Adam or plain gradient descent on arrays, with Keras' formulas.

    All weights are one vector, of which `values` are views, so that a step of Adam is
    nine operations and not nine a weight.
    """

    def __init__(self, network: keras.Model, arrays: ArrayNetwork, batch_size: int):
        self.arrays, self.batch_size = arrays, batch_size
        self._adam = isinstance(network.optimizer, keras.optimizers.Adam)
        self._settings = network.optimizer
        self._rate = self._full_rate = float(network.optimizer.learning_rate)
        mine = variables_of(network)
        trainable = {id(variable) for variable in network.trainable_variables}
        self._trained = [id(variable) in trainable for variable in mine]
        initial = [np.array(variable.numpy()) for variable in mine]
        size = sum(v.size for v, yes in zip(initial, self._trained, strict=True) if yes)
        self._theta, self._slope, self._spare = np.empty((3, size), np.float32)
        self._values = self._views(self._theta, initial)
        self._gradients = self._views(self._slope, initial)
        self.load(initial, [])

    def _views(self, vector: NDArray, like: Values) -> Values:
        """Return arrays shaped as `like`; the trained ones are views of `vector`."""
        found, start = [], 0
        for array, trained in zip(like, self._trained, strict=True):
            if trained:
                found.append(vector[start : start + array.size].reshape(array.shape))
                start += array.size
            else:
                found.append(array.astype(np.int64))
        return found

    def load(self, variables: Values, optimizer: Values) -> None:
        """Go on from these; an empty `optimizer` is one that begins."""
        for mine, value in zip(self._values, variables, strict=True):
            mine[...] = value
        moments = np.zeros((2 * self._adam, len(self._theta)), np.float32)
        steps, moments = optimizer or [np.zeros((), np.int64), moments]
        self._steps, self._moments = int(steps), moments.copy()

    def variables(self) -> Values:
        """Return copies of the network's variables."""
        return [value.copy() for value in self._values]

    def optimizer(self) -> Values:
        """Return the number of steps, and the moments (2, weights) of Adam."""
        return [np.array(self._steps), self._moments.copy()]

    def slow_down(self, share: float) -> None:
        """Train at this share of the learning rate from now on."""
        self._rate = self._full_rate * share

    def run(self, x: NDArray, y: NDArray, training: bool) -> float:
        """Train on all batches of x and y, or judge them; return the sum of losses."""
        with np.errstate(all="ignore"):  # a loss that is no number is refused later
            return self._run(x, y, training)

    def _run(self, x: NDArray, y: NDArray, training: bool) -> float:
        total = 0.0
        for start in range(0, len(x), self.batch_size):
            rows = slice(start, start + self.batch_size)
            if training:
                part = x[rows], y[rows]
                loss = self.arrays.learn(*part, self._values, self._gradients)
                self._step()
            else:
                loss = self.arrays.judge(x[rows], y[rows], self._values)
            total += loss * len(x[rows])
        return total

    def _step(self) -> None:
        self._steps += 1
        if not self._adam:
            np.multiply(self._slope, np.float32(self._rate), out=self._spare)
            np.subtract(self._theta, self._spare, out=self._theta)
            return
        first, second = self._settings.beta_1, self._settings.beta_2
        mean, square = self._moments
        slope, spare = self._slope, self._spare
        np.multiply(slope, slope, out=spare)
        spare -= square
        spare *= np.float32(1 - second)
        square += spare
        slope -= mean
        slope *= np.float32(1 - first)
        mean += slope
        np.sqrt(square, out=spare)
        spare += np.float32(self._settings.epsilon)
        np.divide(mean, spare, out=spare)
        rate = self._rate * math.sqrt(1 - second**self._steps)
        spare *= np.float32(rate / (1 - first**self._steps))
        np.subtract(self._theta, spare, out=self._theta)


# ------------------------------------------------------------------------- Keras


class KerasEngine:
    """The steps of a compiled Keras model, whatever it is made of.

    `steps` are those that are expected: from some on, TensorFlow compiles them.
    """

    def __init__(self, network: keras.Model, batch_size: int, steps: int):
        self.network = network
        if not network.optimizer.built:  # one that scales losses would grow
            network.optimizer.build(network.trainable_variables)
        self.run = _tensorflow_batches(network, batch_size, steps)

    def load(self, variables: Values, optimizer: Values) -> None:
        """Go on from these; an empty `optimizer` is one that begins."""
        _assign(variables_of(self.network), variables)
        rate = float(self.network.optimizer.learning_rate)  # may have been set since
        if optimizer:
            _assign(self.network.optimizer.variables, optimizer)
        self._full_rate = rate
        self.slow_down(1.0)

    def slow_down(self, share: float) -> None:
        """Train at this share of the learning rate from now on."""
        self.network.optimizer.learning_rate = self._full_rate * share

    def variables(self) -> Values:
        """Return copies of the network's variables."""
        return _values(variables_of(self.network))

    def optimizer(self) -> Values:
        """Return copies of the optimizer's."""
        return _values(self.network.optimizer.variables)


def _tensorflow_batches(network: keras.Model, batch_size: int, steps: int) -> Any:
    """Return a function that trains on (or judges) all batches of a chunk in one call.

    It returns the sum over the rows of their losses. What was compiled stays with the
    network, so that going on compiles nothing.
    """
    compiled = steps >= COMPILE_FROM_STEPS
    kept = vars(network).setdefault("workshop_compiled", {})
    if (batch_size, True) in kept:
        return kept[batch_size, True]
    kept[batch_size, compiled] = _over_batches(network, batch_size, compiled)
    return kept[batch_size, compiled]


def _over_batches(network: keras.Model, batch_size: int, compiled: bool) -> Any:
    import tensorflow as tf

    def train_step(x: Any, y: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = network.compute_loss(x=x, y=y, y_pred=network(x, training=True))
            scaled = network.optimizer.scale_loss(loss)  # the same, but in float16
        variables = network.trainable_variables
        network.optimizer.apply(tape.gradient(scaled, variables), variables)
        return loss

    def test_step(x: Any, y: Any) -> Any:
        return network.compute_loss(x=x, y=y, y_pred=network(x, training=False))

    def over_batches(step: Callable) -> Callable:
        def run(x: Any, y: Any) -> Any:
            total = tf.constant(0.0)
            for start in tf.range(0, tf.shape(x)[0], batch_size):
                # one after the other: else random numbers may be drawn ahead of turn
                tf.autograph.experimental.set_loop_options(parallel_iterations=1)
                batch = x[start : start + batch_size]
                loss = step(batch, y[start : start + batch_size])
                total += loss * tf.cast(tf.shape(batch)[0], loss.dtype)
            return total

        return tf.function(run, reduce_retracing=True) if compiled else run

    functions = {True: over_batches(train_step), False: over_batches(test_step)}

    def run(x: NDArray, y: NDArray, training: bool) -> float:
        inputs = tf.constant(x)
        targets = inputs if y is x else tf.constant(y)
        if compiled:
            return float(_call_for_any_length(functions[training], inputs, targets))
        return float(functions[training](inputs, targets))

    return run


def _call_for_any_length(function: Any, inputs: Any, targets: Any) -> Any:
    """Call a compiled function so that it is compiled once for all numbers of rows."""
    import tensorflow as tf

    signature = [
        tf.TensorSpec([None, *tensor.shape[1:]], tensor.dtype)
        for tensor in (inputs, targets)
    ]
    return function.get_concrete_function(*signature)(inputs, targets)


def _values(variables: list) -> Values:
    return [np.array(variable.numpy()) for variable in variables]


def _assign(variables: list, values: Values) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
