"""Lesson 04: right answers in unusual forms, and wrong ones beside those it lists."""

import numpy as np
import pandas as pd
import pytest

from helpers.exercises import check

COULD_NOT = "could not check"


def found(number, *answers):
    outcome = check(number, *answers)
    return outcome.diagnosis or outcome.status


@pytest.mark.parametrize(
    ("parameters", "outcome"),
    [
        (lambda s: np.dot(np.array(s[:-1]) + 1, s[1:]), "correct"),
        (lambda s: float(np.dot(np.array(s[:-1]) + 1, s[1:])), "correct"),
        (lambda s: 3042, "one network only"),
        (lambda s: (s[0] + 1) * s[1] + (s[1] + 1) * s[2] + (s[2] + 1) * s[3],
         "one network only"),
        (lambda s: np.dot(s[:-1], np.array(s[1:]) + 1), "bias on the wrong side"),
        (lambda s: sum(s), "units counted"),
        (lambda s: sum((s[0] + 1) * units for units in s[1:]), "several layers"),
        (lambda s: np.dot(np.array(s[:-1]) + 1, s[1:]) - 1, "count"),
        (lambda s: s[9], COULD_NOT),
        (3042, COULD_NOT),
    ],
)  # fmt: skip
def test_parameters(parameters, outcome):
    assert found("4.1", parameters) == outcome


def network(*units, inputs=13, hidden="sigmoid", output="softmax", **options):
    import keras

    layers = [keras.layers.Dense(n, hidden, **options) for n in units[:-1]]
    last = keras.layers.Dense(units[-1], output)
    return keras.Sequential([keras.Input(np.atleast_1d(inputs)), *layers, last])


@pytest.mark.parametrize(
    ("units", "options", "outcome"),
    [
        ((64, 32, 2), {}, "correct"),
        ((64, 32, 2), {"hidden": "relu"}, "another activation"),
        ((64, 32, 2), {"hidden": "softmax"}, "softmax between layers"),
        ((64, 32, 2), {"hidden": "linear"}, "linear layers"),
        ((64, 32, 2), {"output": "linear"}, "no probabilities"),
        ((64, 32, 2), {"use_bias": False}, "parameters"),
        ((64, 32, 2), {"inputs": (169, 13)}, "rows for inputs"),
        ((64, 32, 2), {"inputs": 22}, "inputs"),
        ((32, 64, 2), {}, "order"),
        ((64, 32), {}, "a layer is missing"),
        ((64, 32, 3), {}, "sizes"),
        ((64, 32, 1), {"output": "sigmoid"}, "one output"),
    ],
)
def test_networks(units, options, outcome):
    assert found("4.2", network(*units, **options)) == outcome


def test_networks_of_another_make():
    import keras
    from keras import layers

    inputs = keras.Input((13,))
    hidden = layers.Activation("sigmoid")(layers.Dense(64)(inputs))
    hidden = layers.Dense(32, "sigmoid")(layers.Dropout(0.5)(hidden))
    outputs = layers.Softmax()(layers.Dense(2)(hidden))
    assert found("4.2", keras.Model(inputs, outputs)) == "correct"
    assert found("4.2", keras.Sequential([layers.Dense(2)])) == "no inputs"
    assert found("4.2", keras.Sequential) == COULD_NOT
    assert found("4.2", [64, 32, 2]) == COULD_NOT


@pytest.mark.parametrize(
    ("collapse", "outcome"),
    [
        (lambda V, a, W, b: [(V @ W).tolist(), (a @ W + b).tolist()], "correct"),
        (lambda V, a, W, b: (pd.DataFrame(V @ W), pd.Series(a @ W + b)), "correct"),
        (lambda V, a, W, b: (V @ W, (a @ W + b)[np.newaxis]), "correct"),
        (lambda V, a, W, b: (V * W, a * b), "weights multiplied one by one"),
        (lambda V, a, W, b: ((V @ W).T, a @ W + b), "transposed"),
        (lambda V, a, W, b: (V @ W, W @ a + b), "transposed"),
        (lambda V, a, W, b: (V @ W, a @ W), "second bias lost"),
        (lambda V, a, W, b: (V @ W, 0), "bias"),
        (lambda V, a, W, b: ((V + W) / 2, b), "weights"),
        (lambda V, a, W, b: V @ W, COULD_NOT),
        (lambda V, a, W, b: (V @ W, a @ W, b), COULD_NOT),
    ],
)
def test_folded_layers(collapse, outcome):
    assert found("4.3", collapse) == outcome


def stopping(
    *, key="val_loss", ties=False, late=0, renew=True, to_last=False, give=None
):
    """Return a rule for early stopping with the given faults."""

    def epoch_to_keep(history, patience):
        losses = np.asarray(history[key])
        best = waited = epoch = 0
        for epoch in range(1, len(losses)):
            lowest = losses[epoch - 1 if to_last else best]
            if losses[epoch] < lowest or (ties and losses[epoch] == lowest):
                best, waited = epoch, 0 if renew else waited
            else:
                waited += 1
            if waited >= patience + late:
                break
        return give(best, epoch, losses, patience) if give else best

    return epoch_to_keep


@pytest.mark.parametrize(
    ("rule", "outcome"),
    [
        (stopping(), "correct"),
        (stopping(give=lambda best, *_: np.int64(best)), "correct"),
        (stopping(late=1), "one epoch too patient"),
        (stopping(ties=True), "an equal loss is no progress"),
        (stopping(renew=False), "patience not renewed"),
        (stopping(to_last=True), "compared with the epoch before"),
        (stopping(key="test_loss"), "stopped on test data"),
        (stopping(key="loss"), "stopped on training data"),
        (stopping(give=lambda best, *_: best + 1), "counted from one"),
        (stopping(give=lambda best, _, losses, __: losses[best]), "loss, not epoch"),
        (stopping(give=lambda _, epoch, __, patience: epoch - patience),
         "never stopped"),
        (lambda history, patience: patience, "epoch"),
        (lambda history, patience: history["val_accuracy"], COULD_NOT),
        (stopping(give=lambda best, *_: (best, 0.5)), COULD_NOT),
    ],
)  # fmt: skip
def test_early_stopping(rule, outcome):
    assert found("4.4", rule) == outcome


NETWORK = np.array(
    [
        [0.913, 0.844, 0.800, 0.889, 0.889],
        [0.913, 0.844, 0.822, 0.889, 0.867],
        [0.891, 0.844, 0.800, 0.867, 0.889],
    ]
)
LOGISTIC = np.array([0.913, 0.867, 0.800, 0.822, 0.822])
EVERY = NETWORK - LOGISTIC
DIFFERENCE = EVERY.mean(axis=0)
GAIN = DIFFERENCE.mean()
ROOT = np.sqrt(1 / 5 + 1 / 4)
LUCK = DIFFERENCE.std(ddof=1) * ROOT


@pytest.mark.parametrize(
    ("gain", "luck", "better", "outcome"),
    [
        (np.float32(GAIN), round(LUCK, 5), np.False_, "correct"),
        (GAIN, LUCK, True, "verdict"),
        (-GAIN, LUCK, False, "the other way round"),
        (100 * GAIN, LUCK, False, "percent"),
        (DIFFERENCE.sum(), LUCK, False, "sum"),
        (np.abs(DIFFERENCE).mean(), LUCK, False, "no sign"),
        (EVERY.max(axis=0).mean(), LUCK, False, "best seed"),
        (NETWORK.mean(), LUCK, True, "no comparison"),
        (GAIN, EVERY.std(ddof=1) / np.sqrt(15), True, "seeds counted as folds"),
        (GAIN, EVERY.std(ddof=1) * np.sqrt(1 / 15 + 1 / 4), False,
         "seeds counted as folds"),
        (GAIN, DIFFERENCE.std() * ROOT, False, "sd of a population"),
        (GAIN, DIFFERENCE.std(ddof=1), False, "spread of one fold"),
        (GAIN, DIFFERENCE.std(ddof=1) * np.sqrt(2 / 5), False, "n_test over all"),
        (GAIN, NETWORK.mean(axis=0).std(ddof=1) * ROOT, False, "one model"),
        (GAIN, LUCK**2, False, "root"),
        (GAIN, 0, True, "luck"),
        (GAIN, LUCK, "no", COULD_NOT),
        (DIFFERENCE, LUCK, False, COULD_NOT),
    ],
)  # fmt: skip
def test_seeds_are_not_patients(gain, luck, better, outcome):
    assert found("4.5", gain, luck, better, NETWORK, LOGISTIC) == outcome


def test_a_network_that_is_better_may_be_called_so():
    ahead = LOGISTIC + np.array([[0.05, 0.06, 0.05, 0.04, 0.05]] * 2)
    difference = (ahead - LOGISTIC).mean(axis=0)
    luck = difference.std(ddof=1) * ROOT
    assert found("4.5", difference.mean(), luck, True, ahead, LOGISTIC) == "correct"
