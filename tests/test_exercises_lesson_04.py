"""Lesson 04: right answers in unusual forms, and wrong ones beside those it lists."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from helpers.exercises import check
from helpers.exercises.comparison import compared
from helpers.exercises.declared import find
from helpers.exercises.draws import generator
from helpers.exercises.engine import ask_drawn

COULD_NOT = "could not check"
KEYS = [b"a", b"b", b"c"]


def said(outcome):
    return outcome.diagnosis or outcome.status


def found(number, *answers):
    """Return what a check says of an answer: in a lesson, and under a few keys."""
    outcomes = {said(check(number, *answers))} | {
        said(ask_drawn(find(number), lambda given: answers, key)) for key in KEYS
    }
    assert len(outcomes) == 1, outcomes
    return outcomes.pop()


# -- 4.1


def four_sizes(sizes):
    a, b, c, d = sizes
    return (a + 1) * b + (b + 1) * c + (c + 1) * d


def by_hand(sizes):
    sizes = list(sizes)
    count = 0
    while len(sizes) > 1:
        count += sizes.pop(0) * sizes[0] + sizes[0]
    return count


@pytest.mark.parametrize(
    ("parameters", "outcome"),
    [
        (lambda s: np.dot(np.array(s[:-1]) + 1, s[1:]), "correct"),
        (lambda s: [float(np.dot(np.array(s[:-1]) + 1, s[1:]))], "correct"),
        (lambda s: sum(a * b for a, b in pairwise(s)) + sum(s[1:]), "correct"),
        (lambda s: pd.Series(s).rolling(2).apply(lambda p: (p.iloc[0] + 1) * p.iloc[1])
         .sum(), "correct"),
        (by_hand, "correct"),
        (lambda s: {4: 3042, 2: 14}.get(len(s), 0), "other"),
        (four_sizes, "one network only"),
        (lambda s: sum(s) + 1, "other"),
        (lambda s: sum((s[0] + 1) * units for units in s[1:]), "other"),
        (lambda s: np.dot(np.array(s[:-1]) + 1, s[1:]) - 1, "other"),
        (lambda s: sum((a + 1) * (b + 1) for a, b in pairwise(s)), "other"),
        (lambda s: s[0] * s[-1], "other"),
        (lambda s: [(a + 1) * b for a, b in pairwise(s)], COULD_NOT),
        (lambda s: s[9], COULD_NOT),
        (lambda s: str(s), COULD_NOT),
        (lambda s: None, "not attempted"),
        (3042, COULD_NOT),
    ],
)  # fmt: skip
def test_parameters(parameters, outcome):
    assert found("4.1", parameters) == outcome


# -- 4.2


def network(*units, inputs=13, hidden="sigmoid", output="softmax", **options):
    import keras

    layers = [keras.layers.Dense(n, hidden, **options) for n in units[:-1]]
    last = keras.layers.Dense(units[-1], output)
    return keras.Sequential([keras.Input(np.atleast_1d(inputs)), *layers, last])


@pytest.mark.parametrize(
    ("units", "options", "outcome"),
    [
        ((64, 32, 2), {}, "correct"),
        ((64, 32, 2), {"hidden": "tanh"}, "another activation"),
        ((64, 32, 2), {"hidden": "hard_sigmoid"}, "another activation"),
        ((64, 32, 2), {"output": "tanh"}, "no probabilities"),
        ((64, 32, 2), {"output": "relu"}, "no probabilities"),
        ((64, 32, 2), {"use_bias": False}, "parameters"),
        ((64, 32, 2), {"inputs": (169, 13)}, "rows for inputs"),
        ((64, 32, 2), {"inputs": 22}, "inputs"),
        ((32, 64, 2), {}, "sizes"),
        ((64, 32, 3), {}, "sizes"),
        ((64, 32, 1), {"output": "softmax"}, "one output"),
        ((13, 64, 32, 1), {"output": "sigmoid"}, "inputs counted as a layer"),
        ((64, 32), {}, "a layer is missing"),
        ((2,), {}, "a layer is missing"),
    ],
)
def test_networks(units, options, outcome):
    assert found("4.2", network(*units, **options)) == outcome


def of_functions(follow=None):
    """Return the published network, built from functions of keras."""
    import keras
    from keras import layers, ops

    inputs = keras.Input((13,))
    hidden = layers.Activation("sigmoid")(layers.Dense(64)(inputs))
    logistic = lambda z: 1 / (1 + ops.exp(-z))  # noqa: E731
    hidden = layers.Dense(32, logistic)(layers.Dropout(0.5)(hidden))
    hidden = follow(hidden) if follow else hidden
    return keras.Model(inputs, layers.Softmax()(layers.Dense(2)(hidden)))


def test_networks_of_another_make():
    import keras
    from keras import layers

    assert found("4.2", of_functions()) == "correct"
    assert found("4.2", of_functions(layers.BatchNormalization())) == "parameters"
    twice = network(64, 32, 2)
    twice.add(layers.Softmax())
    assert found("4.2", twice) == "softmax twice"
    nested = keras.Sequential([keras.Input((13,)), layers.Dense(64, "sigmoid")])
    nested = keras.Sequential(
        [nested, layers.Dense(32, "sigmoid"), layers.Dense(2, "softmax")]
    )
    assert found("4.2", nested) == "correct"
    assert found("4.2", keras.Sequential([layers.Dense(2)])) == "no inputs"
    flat = keras.Sequential([keras.Input((13,)), layers.Flatten()])
    assert found("4.2", flat) == "no layers"
    assert found("4.2", keras.Sequential) == COULD_NOT
    assert found("4.2", [64, 32, 2]) == COULD_NOT


def hard_trained(**options):
    """Return a network with weights as large as those of a network trained for long."""
    trained = network(64, 32, 2, **options)
    weights = [np.random.default_rng(0).normal(size=w.shape) for w in trained.weights]
    trained.set_weights([300 * each for each in weights])
    return trained


def test_how_hard_a_network_was_trained_makes_no_difference():
    assert found("4.2", hard_trained()) == "correct"
    assert found("4.2", hard_trained(hidden=None)) == "linear layers"
    assert found("4.2", hard_trained(hidden="relu")) == "another activation"
    assert found("4.2", hard_trained(output="sigmoid")) == "wrong output activation"


def test_looking_at_a_network_leaves_it_as_it_is():
    trained = hard_trained()
    before = trained.get_weights()
    check("4.2", trained)
    for ours, theirs in zip(before, trained.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


# -- 4.3


def in_place(V, a, W, b):
    b += a @ W
    return V @ W, b


def by_rows(V, a, W, b):
    """Send rows through both layers, and read off W and b."""
    through = lambda x: (x @ V + a) @ W + b  # noqa: E731
    shift = through(np.zeros(len(V)))
    return through(np.eye(len(V))) - shift, shift


@pytest.mark.parametrize(
    ("collapse", "outcome"),
    [
        (lambda V, a, W, b: [(V @ W).tolist(), (a @ W + b).tolist()], "correct"),
        (lambda V, a, W, b: (pd.DataFrame(V @ W), pd.Series(a @ W + b)), "correct"),
        (lambda V, a, W, b: (V @ W, (a @ W + b)[np.newaxis]), "correct"),
        (
            lambda V, a, W, b: ((V @ W).astype("f4"), (a @ W + b).astype("f4")),
            "correct",
        ),
        (lambda V, a, W, b: (np.einsum("ij,jk", V, W), np.dot(a, W) + b), "correct"),
        (lambda V, a, W, b: (part for part in (V @ W, a @ W + b)), "correct"),
        (by_rows, "correct"),
        (lambda V, a, W, b: ((W.T @ V.T).T, W.T @ a + b), "correct"),
        (in_place, "changed its input"),
        (lambda V, a, W, b: (V @ W, 0), "other"),
        (lambda V, a, W, b: (V @ W, a @ W - b), "other"),
        (lambda V, a, W, b: ((V + W) / 2, b), COULD_NOT),
        (lambda V, a, W, b: (V @ W, np.zeros_like(b)), "other"),
        (lambda V, a, W, b: (a @ W + b, V @ W), COULD_NOT),
        (lambda V, a, W, b: V @ W, COULD_NOT),
        (lambda V, a, W, b: (V @ W, a @ W, b), COULD_NOT),
        (lambda V, a, W, b: (V @ W, None), "not attempted"),
    ],
)
def test_folded_layers(collapse, outcome):
    assert found("4.3", collapse) == outcome


# -- 4.4


def stopping(*, ties=False, late=0, least=0.0, give=None):
    """Return a rule for early stopping with the given faults."""

    def epoch_to_keep(history, patience):
        losses = pd.Series(history["val_loss"])
        best = waited = epoch = 0
        for epoch in range(1, len(losses)):
            lower = losses[epoch] < losses[best] - least
            if lower or (ties and losses[epoch] == losses[best]):
                best, waited = epoch, 0
            else:
                waited += 1
            if waited >= patience + late:
                break
        return give(best, epoch, losses, patience) if give else best

    return epoch_to_keep


def from_the_second(history, patience):
    """Take the second epoch for the first."""
    return 1 + stopping()({"val_loss": history["val_loss"][1:]}, patience)


def waiting_from_the_start(history, patience):
    """Count every epoch as waiting, whether it brings a new low or not."""
    best, losses = 0, history["val_loss"]
    for epoch, loss in enumerate(losses):
        if loss < losses[best]:
            best = epoch
        elif epoch + 1 >= patience:
            break
    return best


def with_windows(history, patience):
    """Say the same without remembering: is the epoch lower than all before it?"""
    losses = np.array(history["val_loss"])
    best = 0
    while (losses[best + 1 : best + 1 + patience] < losses[best]).any():
        best += 1 + int(np.argmax(losses[best + 1 :] < losses[best]))
    return best


def emptying(history, patience):
    losses = history["val_loss"]
    best, epoch, waited, low = 0, 0, 0, losses.pop(0)
    while losses and waited < patience:
        loss, epoch = losses.pop(0), epoch + 1
        if loss < low:
            best, low, waited = epoch, loss, 0
        else:
            waited += 1
    return best


@pytest.mark.parametrize(
    ("rule", "outcome"),
    [
        (stopping(), "correct"),
        (stopping(give=lambda best, *_: np.int64(best)), "correct"),
        (stopping(give=lambda best, *_: [float(best)]), "correct"),
        (with_windows, "correct"),
        (emptying, "changed its input"),
        (stopping(late=-1), "other"),
        (from_the_second, "other"),
        (waiting_from_the_start, "other"),
        (lambda history, patience: stopping()(history, 2 * patience), "other"),
        (stopping(least=0.2), "other"),
        (stopping(give=lambda best, *_: best - 1), "other"),
        (stopping(give=lambda *_: 5), "other"),
        (lambda history, patience: patience, "other"),
        (lambda history, patience: {3: 5, 2: 1}.get(patience, 2), "other"),
        (lambda history, patience: len(history["val_loss"]) - patience, "other"),
        (lambda history, patience: history["val_accuracy"], COULD_NOT),
        (stopping(give=lambda best, *_: (best, 0.5)), COULD_NOT),
        (stopping(give=lambda best, _, losses, __: list(losses)), COULD_NOT),
        (stopping(give=lambda *_: None), "not attempted"),
    ],
)
def test_early_stopping(rule, outcome):
    assert found("4.4", rule) == outcome


# -- 4.5


def compares(answers):
    """Return what the check says of gain, luck and better under a few keys."""
    exercise = find("4.5")

    def of(given):
        network, logistic = given["network_accuracy"], given["logistic_accuracy"]
        return answers(network, logistic, *exercise.right(given))

    outcomes = {said(ask_drawn(exercise, of, key)) for key in KEYS}
    assert len(outcomes) == 1, outcomes
    return outcomes.pop()


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        (lambda n, b, g, k, v: (np.float32(g), k, np.bool_(v)), "correct"),
        (lambda n, b, g, k, v: (round(g, 3), round(k, 3), v), "correct"),
        (lambda n, b, g, k, v: ([g], pd.Series([k]), np.array(v)), "correct"),
        (lambda n, b, g, k, v: (n.mean() - b.mean(), k, [v]), "correct"),
        (lambda n, b, g, k, v: (g, k, g > 0), "verdict"),
        (lambda n, b, g, k, v: (g, k, False), "verdict"),
        (lambda n, b, g, k, v: (g, k, abs(g) > 2 * k), "verdict"),
        (lambda n, b, g, k, v: (np.median(n.mean(axis=0) - b), k, v), "gain"),
        (lambda n, b, g, k, v: (n.mean(), k, True), "gain"),
        (lambda n, b, g, k, v: (g, n.mean(axis=0).std(ddof=1), v), "luck"),
        (lambda n, b, g, k, v: (g, 0, True), "luck"),
        (lambda n, b, g, k, v: (g, k**2, v), "luck"),
        (lambda n, b, g, k, v: (g, k * np.sqrt(0.45), v), "root forgotten"),
        (lambda n, b, g, k, v: (g, k / np.sqrt(5 * 0.45), v), "independent folds"),
        (lambda n, b, g, k, v: (g, k * np.sqrt(4.2 / 0.45), v), "which share"),
        (lambda n, b, g, k, v: (g, k * np.sqrt(0.8), v), "divided by k"),
        (lambda n, b, g, k, v: (g, k * np.sqrt(7 / 12 / 0.45), v),
         "seeds counted as folds"),
        (lambda n, b, g, k, v: (g, (n.mean(axis=1) - b.mean()).std(ddof=1), v), "luck"),
        (lambda n, b, g, k, v: (-g, k, v), "the other way round"),
        (lambda n, b, g, k, v: (0.019, 0.013, False), "gain"),
        (lambda n, b, g, k, v: (g, k, "no"), COULD_NOT),
        (lambda n, b, g, k, v: (g, k, 1), COULD_NOT),
        (lambda n, b, g, k, v: (n.mean(axis=0) - b, k, v), COULD_NOT),
    ],
)  # fmt: skip
def test_seeds_are_not_patients(answers, outcome):
    assert compares(answers) == outcome


@pytest.mark.parametrize(
    "verdict",
    [
        lambda gain, luck: False,
        lambda gain, luck: True,
        lambda gain, luck: gain > 0,
        lambda gain, luck: gain > luck,
        lambda gain, luck: abs(gain) > 2 * luck,
        lambda gain, luck: gain > 2.776 * luck,
        lambda gain, luck: gain > 1.42 * luck,  # a one-sided t test
    ],
)
def test_no_verdict_is_right_by_luck(verdict):
    def of(given):
        gain, luck, _ = find("4.5").right(given)
        return gain, luck, verdict(gain, luck)

    for key in range(25):
        assert said(ask_drawn(find("4.5"), of, b"%d" % key)) == "verdict"


@pytest.mark.parametrize("verdict", [False, True])
def test_nor_in_the_comparison_of_lesson_02(verdict):
    def of(given):
        return *find("2.4").right(given)[:2], verdict

    for key in range(25):
        assert said(ask_drawn(find("2.4"), of, b"%d" % key)) == "verdict"


def test_a_network_that_is_better_may_be_called_so():
    logistic = np.array([0.913, 0.867, 0.800, 0.822, 0.822])
    ahead = logistic + np.array([[0.05, 0.06, 0.05, 0.04, 0.05]] * 2)
    answers = compared(ahead.mean(axis=0), logistic)
    assert answers[-1]
    assert said(check("4.5", *answers, ahead, logistic)) == "correct"
    assert said(check("4.5", *answers[:2], False, ahead, logistic)) == "verdict"


def test_accuracies_that_were_swapped_are_no_crash():
    given = find("4.5").given_by(generator("4.5"))
    swapped = given["logistic_accuracy"], given["network_accuracy"]
    assert said(check("4.5", 0.1, 0.1, True, *swapped)) == COULD_NOT


# -- 4.6


def layer(build=None, call=None, **members):
    """Return a class of layers with the given `build` and `call`."""
    import keras
    from keras import ops

    def own_weights(self, input_shape):
        self.W = self.add_weight(shape=(input_shape[-1], self.units))
        self.b = self.add_weight(shape=(self.units,), initializer="zeros")

    def init(self, units):
        keras.layers.Layer.__init__(self)
        self.units = units

    members |= {
        "__init__": init,
        "build": build or own_weights,
        "call": call or (lambda self, x: ops.relu(x @ self.W + self.b)),
    }
    return type("ReluUnits", (keras.layers.Layer,), members)


def variables(self, input_shape):
    import keras

    start = keras.random.normal((input_shape[-1], self.units))
    self.W = keras.Variable(start)
    self.b = keras.Variable(keras.ops.ones((1, self.units)))


def turned(self, input_shape):
    self.W = self.add_weight(shape=(self.units, input_shape[-1]))
    self.b = self.add_weight(shape=(self.units,))


def no_bias(self, input_shape):
    self.W = self.add_weight(shape=(input_shape[-1], self.units))


def frozen_bias(self, input_shape):
    self.W = self.add_weight(shape=(input_shape[-1], self.units))
    self.b = self.add_weight(shape=(self.units,), trainable=False)


def dense_inside(self, input_shape):
    import keras

    self.inner = keras.layers.Dense(self.units, "relu")
    self.inner.build(input_shape)


def listed_dense(self, input_shape):
    import keras

    self.inner = [keras.layers.Dense(self.units, "relu")]


def one_matrix(self, input_shape):
    self.W = self.add_weight(shape=(input_shape[-1] + 1, self.units))


def all_ones(self, input_shape):
    self.W = self.add_weight(shape=(input_shape[-1], self.units), initializer="ones")
    self.b = self.add_weight(shape=(self.units,))


def test_layers():
    import keras
    from keras import ops

    assert found("4.6", layer()) == "correct"
    assert found("4.6", layer(variables)) == "correct"
    maximum = lambda self, x: ops.maximum(ops.matmul(x, self.W) + self.b, 0)  # noqa: E731
    assert found("4.6", layer(call=maximum)) == "correct"
    activation = keras.layers.ReLU()
    own = lambda self, x: activation(self.b + ops.dot(x, self.W))  # noqa: E731
    assert found("4.6", layer(call=own)) == "correct"
    numpy = lambda self, x: np.maximum(x @ self.W + self.b, 0)  # noqa: E731
    assert found("4.6", layer(call=numpy)) == "outside Keras"
    wrong = {
        "transposed": layer(
            turned, lambda self, x: ops.relu(x @ ops.transpose(self.W) + self.b)
        ),
        "bias forgotten": layer(no_bias, lambda self, x: ops.relu(x @ self.W)),
        "nothing to learn": layer(frozen_bias),
        "Keras' own layer": layer(dense_inside, lambda self, x: self.inner(x)),
        "all units alike": layer(all_ones),
        "shapes": layer(
            one_matrix, lambda self, x: ops.relu(x @ self.W[:-1] + self.W[-1])
        ),
    }
    for diagnosis, made in wrong.items():
        assert found("4.6", made) == diagnosis
    listed = layer(listed_dense, lambda self, x: self.inner[0](x))
    assert found("4.6", listed) == "Keras' own layer"
    sigmoid = lambda self, x: ops.sigmoid(x @ self.W + self.b)  # noqa: E731
    assert found("4.6", layer(call=sigmoid)) == "other"
    total = lambda self, x: ops.sum(ops.relu(x @ self.W + self.b), axis=1)  # noqa: E731
    assert found("4.6", layer(call=total)) == "other"


def test_layers_that_are_none():
    import keras

    assert found("4.6", keras.layers.Dense) == "Keras' own layer"
    assert found("4.6", keras.layers.Dense(8)) == COULD_NOT
    assert found("4.6", dict) == COULD_NOT
    assert found("4.6", lambda units: layer()(units)) == COULD_NOT
    assert found("4.6", layer(call=lambda self, x: None)) == "not attempted"
    assert found("4.6", layer(lambda self, shape: None)) == COULD_NOT
