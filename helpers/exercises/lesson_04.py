"""The checks of lesson 04, dense networks."""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from helpers.exercises.answers import alike, as_array, as_number, as_values, kind
from helpers.exercises.comparison import (
    compared,
    comparison_mistakes,
    drawn_folds,
    kind_of_draw,
    require_comparison,
)
from helpers.exercises.declared import ANYTHING, MODEL, VALUES, Mistake, exercise
from helpers.exercises.judging import accuse, judge
from helpers.exercises.outcomes import CannotCheck, NotAttempted, Wrong
from helpers.text import first_line

SIZES = (13, 64, 32, 2)

# -- 4.1: how many numbers ---------------------------------------------------------------


def _parameters(sizes: Sequence[int]) -> int:
    return sum((inputs + 1) * units for inputs, units in pairwise(sizes))


def _weights(sizes: Sequence[int]) -> int:
    return sum(inputs * units for inputs, units in pairwise(sizes))


def _of_four_sizes(sizes: Sequence[int]) -> int:
    a, b, c, d = (sizes[place] for place in range(4))
    return (a + 1) * b + (b + 1) * c + (c + 1) * d


def _of_a_quartet(sizes: Sequence[int]) -> int:
    a, b, c, d = sizes
    return (a + 1) * b + (b + 1) * c + (c + 1) * d


_SIZES_ONLY = (
    "Right for the published network only: use `sizes`, however many there are."
)
_COUNT_MISTAKES = [
    Mistake(
        "biases forgotten",
        "Those are the weights. Each unit also adds a number of its own before the "
        "activation, so that it need not say 0 when all its inputs are 0.",
        _weights,
    ),
    Mistake(
        "inputs counted as units",
        "You gave the inputs a bias, too. They are values that come in: nothing is "
        "computed there, and nothing is learned.",
        lambda sizes: _weights(sizes) + sum(sizes),
    ),
    Mistake(
        "one bias per layer",
        "That is one bias for a whole layer. Its units would all be shifted together; "
        "each has a bias of its own.",
        lambda sizes: _weights(sizes) + len(sizes) - 1,
    ),
    Mistake(
        "bias on the wrong side",
        "You count a bias for every value that a layer reads. The bias belongs to the "
        "unit that does the sum: one for each that writes.",
        lambda sizes: _weights(sizes) + sum(sizes[:-1]),
    ),
    Mistake(
        "a layer is missing",
        "The last layer is not in your count. n sizes stand for n - 1 layers of units, "
        "and the outputs learn as well.",
        lambda sizes: _parameters(sizes[:-1]),
    ),
    Mistake(
        "a layer is missing",
        "The first layer is not in your count: between the inputs and the first hidden "
        "layer lie weights, too.",
        lambda sizes: _parameters(sizes[1:]),
    ),
    Mistake(
        "units counted",
        "That is the number of units, or of biases. Each unit also has one weight for "
        "every value it reads.",
        lambda sizes: sum(sizes[1:]),
    ),
    Mistake(
        "layers multiplied",
        "That multiplies all sizes, the number of ways through the network. Weights lie "
        "only between one layer and the next: multiply two sizes, then add up.",
        lambda sizes: int(np.prod(sizes, dtype=np.int64)),
    ),
    Mistake(
        "one network only",
        _SIZES_ONLY,
        lambda sizes: _parameters(SIZES) + 0 * len(sizes),
    ),
    Mistake("one network only", _SIZES_ONLY, _of_four_sizes),
    Mistake("one network only", _SIZES_ONLY, _of_a_quartet),
]


def _networks(random: np.random.Generator) -> list[tuple[tuple[int, ...]]]:
    """Return sizes: the published network, and drawn ones of two to six sizes."""
    drawn = [
        random.choice(np.arange(2, 60), size=n, replace=False) for n in range(2, 7)
    ]
    return [(SIZES,), *((tuple(sizes.tolist()),) for sizes in drawn)]


@exercise(
    "4.1",
    "How many numbers must it learn?",
    answers=("parameters",),
    reference=_parameters,
    mistakes=_COUNT_MISTAKES,
    hints=[
        "Begin with one unit that reads 13 values: how many weights, how many biases?",
        "A layer has that many for each of its units. Walk through neighbouring sizes, for "
        "instance with zip(sizes[:-1], sizes[1:]).",
        "Each pair of neighbours adds (n_inputs + 1) * n_units.",
    ],
)
def check_4_1(parameters: object, random: np.random.Generator) -> str:
    """Check the count of weights and biases of any dense network."""
    judge(
        parameters,
        _networks(random),
        _parameters,
        _COUNT_MISTAKES,
        name="parameters",
        read=partial(as_number, what="what parameters() returns"),
    )
    return (
        "13-64-32-2 learns 3,042 numbers, and more than two thirds of them lie "
        "between the two hidden layers."
    )


# -- 4.2: the published network ----------------------------------------------------------


def _built(
    *units: int,
    inputs: int = SIZES[0],
    hidden: Any = "sigmoid",
    output: Any = "softmax",
) -> Any:
    """Return a dense network, as learners build it."""
    import keras

    layers = [keras.layers.Dense(n, activation=hidden) for n in units[:-1]]
    last = keras.layers.Dense(units[-1], activation=output)
    return keras.Sequential([keras.Input((inputs,)), *layers, last])


def _softmax_twice(sums: Any) -> Any:
    import keras

    return keras.ops.softmax(keras.ops.softmax(sums))


_NETWORK_MISTAKES = [
    Mistake(
        "linear layers",
        "A hidden layer has no activation. Sums of sums are sums: such layers say no more "
        "than one neuron does.",
        lambda: _built(64, 32, 2, hidden=None),
    ),
    Mistake(
        "another activation",
        "A sound network, with as many parameters, but in the published one the hidden "
        "units are sigmoids. (ReLU would be today's choice.)",
        lambda: _built(64, 32, 2, hidden="relu"),
    ),
    Mistake(
        "softmax between layers",
        "Softmax makes the units of a hidden layer share 1 among them, as if only one "
        "could be right. Each should speak for itself; softmax is for the outputs.",
        lambda: _built(64, 32, 2, hidden="softmax"),
    ),
    Mistake(
        "wrong output activation",
        "Each output is a number of its own, and the two don't add up to 1: the network "
        "could find a patient both surely healthy and surely ill. With softmax the "
        "outputs share 1.",
        lambda: _built(64, 32, 2, output="sigmoid"),
    ),
    Mistake(
        "no probabilities",
        "The outputs may be any numbers. Softmax turns them into probabilities. (Keras "
        "can train without it, if its loss is told from_logits.)",
        lambda: _built(64, 32, 2, output=None),
    ),
    Mistake(
        "softmax twice",
        "The outputs pass through softmax twice. Then none of them can come near 1, "
        "however sure the network is.",
        lambda: _built(64, 32, 2, output=_softmax_twice),
    ),
    Mistake(
        "one output",
        "One output, where each class should have its own. (A single sigmoid unit would be "
        "a sound network, too; softmax of a single unit is always 1.) Labels of 0 and 1 "
        "may stay one column; the sparse loss knows what to do.",
        lambda: _built(64, 32, 1, output="sigmoid"),
    ),
    Mistake(
        "inputs counted as a layer",
        "Your first layer is a full layer of units that learn. The inputs are no units: "
        "keras.Input is all they need.",
        lambda: _built(13, 64, 32, 2),
    ),
    Mistake(
        "a layer is missing",
        "There are two hidden layers, and then a layer for the outputs.",
        lambda: _built(64, 2),
    ),
    Mistake(
        "rows for inputs",
        "That is a number of patients. A network reads one row at a time, so its inputs "
        "are the columns; it takes as many rows as come.",
        lambda: _built(64, 32, 2, inputs=169),
    ),
]


@exercise(
    "4.2",
    "Build the published network",
    answers=("network",),
    kind=MODEL,
    points=2,
    mistakes=_NETWORK_MISTAKES,
    hints=[
        "keras.Sequential takes a list. First keras.Input((13,)), then the layers in order.",
        'A hidden layer is layers.Dense(64, activation="sigmoid"). Without activation= it '
        "is linear.",
        "The two outputs are probabilities of the same patient, healthy or ill: they have "
        'to add up to 1. That is activation="softmax".',
    ],
)
def check_4_2(network: Any, random: np.random.Generator) -> str:
    """Check sizes, activations and outputs of a 13-64-32-2 network, trained or not."""
    _require_model(network)
    blocks = _dense_blocks(network)
    _require_inputs(tuple(network.input_shape[1:]))
    _require_units([block[0].units for block in blocks])
    _require_activations(blocks, random)
    if network.count_params() != _parameters(SIZES):
        raise Wrong(
            "parameters",
            "Shapes and activations are right, but this network learns another count of "
            "numbers than exercise 4.1 says. Leave every unit its bias, let each layer "
            "read the one before it, and add no other layer that learns.",
        )
    return (
        "3,042 parameters, as counted in exercise 4.1, and two probabilities that add up "
        "to 1 for every patient."
    )


def _require_model(network: Any) -> None:
    if issubclass(type(network), type):
        raise CannotCheck("network is a class; call it to make a model: ...()")
    if not all(hasattr(type(network), name) for name in ("count_params", "summary")):
        raise CannotCheck(
            f"network should be a Keras model; yours is a {kind(network)}."
        )
    if not network.built:
        raise Wrong(
            "no inputs",
            "This network doesn't know how many values it reads, so it has no weights "
            "yet. Let keras.Input((13,)) stand first.",
        )
    if not hasattr(network, "input_shape"):
        raise CannotCheck("build it with keras.Sequential, so that its layers show.")


def _dense_blocks(network: Any) -> list[list[Any]]:
    """Return each dense layer together with what follows it up to the next one."""
    import keras

    blocks: list[list[Any]] = []
    for layer in _flat(network.layers):
        if isinstance(layer, keras.layers.Dense):
            blocks.append([layer])
        elif blocks:
            blocks[-1].append(layer)
    if not blocks:
        raise Wrong("no layers", "There is no Dense layer in it that could learn.")
    return blocks


def _flat(layers: Sequence[Any]) -> Iterator[Any]:
    """Yield layers, and those of networks that serve as a layer."""
    for layer in layers:
        yield from _flat(layer.layers) if hasattr(layer, "layers") else [layer]


def _require_inputs(shape: tuple) -> None:
    if shape == SIZES[:1]:
        return
    if any(size and size >= 100 for size in shape):
        raise accuse(_NETWORK_MISTAKES, "rows for inputs")
    raise Wrong("inputs", "A patient is one row of 13 values; keras.Input says so.")


def _require_units(units: list[int]) -> None:
    if units == list(SIZES[1:]):
        return
    told = f"Your layers have {', '.join(map(str, units))} units."
    known = {
        "one output": ([64, 32, 1],),
        "inputs counted as a layer": ([13, 64, 32, 2], [13, 64, 32, 1]),
        "a layer is missing": ([64, 32], [64, 2], [32, 2], [2]),
    }
    for diagnosis, found in known.items():
        if units in found:
            raise accuse(_NETWORK_MISTAKES, diagnosis, told)
    raise Wrong("sizes", "64 units, then 32 and then 2 are asked for.", told)


def _require_activations(blocks: list[list[Any]], random: np.random.Generator) -> None:
    """Judge what each layer makes of its units' sums; its weights may be any."""
    *hidden, output = blocks
    for block in hidden:
        if found := _not_sigmoid(block, random):
            raise accuse(_NETWORK_MISTAKES, found)
    p = _activated(output, 3 * random.normal(size=(8, output[0].units)))
    if p.min() < 0 or p.max() > 1:
        raise accuse(_NETWORK_MISTAKES, "no probabilities")
    if not np.allclose(p.sum(axis=1), 1, atol=0.01):
        raise accuse(_NETWORK_MISTAKES, "wrong output activation")
    sure = _activated(output, np.array([[20.0, -20.0], [-20.0, 20.0]]))
    if sure.max() < 0.9:
        raise accuse(_NETWORK_MISTAKES, "softmax twice")


def _not_sigmoid(block: list[Any], random: np.random.Generator) -> str | None:
    """Return what is wrong with the activation of a hidden layer, if anything."""
    a, b = 3 * random.normal(size=(2, block[0].units))
    sums = np.vstack([a, b, a + b, 0 * a])
    values = _activated(block, sums)
    if np.allclose(values, 1 / (1 + np.exp(-sums)), atol=0.005):
        return None
    if np.allclose(values[0] + values[1], values[2] + values[3], atol=0.01):
        return "linear layers"
    shared = np.allclose(values.sum(axis=1), 1, atol=0.01) and values.min() >= 0
    return "softmax between layers" if shared else "another activation"


def _activated(block: list[Any], sums: np.ndarray) -> np.ndarray:
    """Return what a dense layer and its followers make of its units' sums."""
    import keras

    values = block[0].activation(keras.ops.convert_to_tensor(sums.astype("float32")))
    for layer in block[1:]:
        values = layer(values, training=False)
    return keras.ops.convert_to_numpy(values).astype(float)


# -- 4.3: linear layers ------------------------------------------------------------------


def _collapsed(
    W1: np.ndarray, b1: np.ndarray, W2: np.ndarray, b2: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    return W1 @ W2, b1 @ W2 + b2


_TRANSPOSED = (
    "Books often write W x; Keras writes x @ W, with a row for each input and a column for "
    "each unit. Nothing has to be transposed, and what comes in stands on the left."
)
_COLLAPSE_MISTAKES = [
    Mistake(
        "first bias lost",
        "W is right. But b1 does not vanish: the first layer adds it, and the second "
        "passes it on like everything else it reads.",
        lambda W1, b1, W2, b2: (W1 @ W2, b2),
    ),
    Mistake(
        "second bias lost",
        "W is right, and b1 takes the right way. What does the second layer add at the "
        "end?",
        lambda W1, b1, W2, b2: (W1 @ W2, b1 @ W2),
    ),
    Mistake(
        "first bias skips a layer",
        "W is right. But b1 is added before the second layer, so the second layer weighs "
        "it, like everything else it reads.",
        lambda W1, b1, W2, b2: (W1 @ W2, np.resize(b1, b2.shape) + b2),
    ),
    Mistake(
        "first bias skips a layer",
        "W is right. But b1 is added before the second layer, so the second layer weighs "
        "it, like everything else it reads.",
        lambda W1, b1, W2, b2: (W1 @ W2, b1 + b2),
    ),
    Mistake(
        "order of the layers",
        "In x @ W the rows of x come from the left, so they meet W1 first and W2 then. "
        "Your product lets them pass the second layer before the first.",
        lambda W1, b1, W2, b2: (W2 @ W1, b1 @ W2 + b2),
    ),
    Mistake(
        "order of the layers",
        "In x @ W the rows of x come from the left, so they meet W1 first and W2 then. "
        "Yours pass the second layer before the first.",
        lambda W1, b1, W2, b2: (W2 @ W1, b2 @ W1 + b1),
    ),
    Mistake(
        "transposed",
        _TRANSPOSED,
        lambda W1, b1, W2, b2: ((W1 @ W2).T, b1 @ W2 + b2),
    ),
    Mistake(
        "transposed",
        _TRANSPOSED,
        lambda W1, b1, W2, b2: (W1 @ W2, W2 @ b1 + b2),
    ),
    Mistake(
        "weights multiplied one by one",
        "`*` multiplies number by number. Each hidden unit's sum goes into every unit of "
        "the next layer: that is a matrix product, `@`.",
        lambda W1, b1, W2, b2: (W1 * W2, b1 * W2 + b2),
    ),
    Mistake(
        "weights multiplied one by one",
        "`*` multiplies number by number. Each hidden unit's sum goes into every unit of "
        "the next layer: that is a matrix product, `@`.",
        lambda W1, b1, W2, b2: (W1 * W2, b1 * b2),
    ),
    Mistake(
        "weights added",
        "The layers follow each other; they don't stand side by side. What passes the "
        "first is multiplied by W1, and the result of that by W2.",
        lambda W1, b1, W2, b2: (W1 + W2, b1 + b2),
    ),
]


def _two_layers(random: np.random.Generator) -> list[tuple[np.ndarray, ...]]:
    """Return (W1, b1, W2, b2): square ones, where every mistake gives numbers, others."""
    cases = []
    for inputs, hidden, outputs in [(3, 3, 3), (4, 3, 2), (2, 5, 1)]:
        shapes = ((inputs, hidden), (hidden,), (hidden, outputs), (outputs,))
        cases.append(tuple(random.normal(size=shape).round(2) for shape in shapes))
    return cases


def _as_layer(answer: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return the two things that `collapse` returns as arrays, b with one axis."""
    answer = list(answer) if isinstance(answer, Iterator) else answer
    if not issubclass(type(answer), tuple | list) or len(answer) != 2:
        count = f" {len(answer)} things" if issubclass(type(answer), tuple) else ""
        raise CannotCheck(
            "collapse should return two things, W and b; yours returns"
            f"{count or f' a {kind(answer)}'}."
        )
    W = as_array(answer[0], "the W that collapse returns", dimensions=2)
    b = np.ravel(np.asarray(as_values(answer[1])))
    return W, as_array(b, "the b that collapse returns")


@exercise(
    "4.3",
    "Fold two linear layers into one",
    answers=("collapse",),
    points=2,
    reference=_collapsed,
    mistakes=_COLLAPSE_MISTAKES,
    hints=[
        "Write down what the second layer says of the first one's output: put x @ W1 + b1 "
        "where it reads x.",
        "(x @ W1 + b1) @ W2 + b2: multiply out. One part contains x, the rest doesn't.",
        "W = W1 @ W2, and the rest is b.",
    ],
)
def check_4_3(collapse: object, random: np.random.Generator) -> str:
    """Check that one linear layer says the same as two."""
    judge(
        collapse,
        _two_layers(random),
        _collapsed,
        _COLLAPSE_MISTAKES,
        name="collapse",
        read=_as_layer,
        same=partial(alike, tolerance=1e-5),
        changes="weights",
    )
    return (
        "Two linear layers are one, so three are, and a hundred. More layers say more "
        "only with an activation between them."
    )


# -- 4.4: early stopping -----------------------------------------------------------------

# validation loss, test loss, patience; in the last two it never runs out. In some the
# first epoch is the best one, or is followed by a rise: those begin as they are.
_AS_THEY_ARE = 3
_HISTORIES: tuple[tuple[list[float], list[float], int], ...] = (
    ([0.5, 0.6, 0.7, 0.55, 0.3], [0.6, 0.55, 0.5, 0.45, 0.4], 3),
    (
        [0.6, 0.7, 0.5, 0.55, 0.45, 0.6, 0.65, 0.7, 0.2],
        [0.9, 0.8, 0.7, 0.6, 0.62, 0.58, 0.64, 0.66, 0.5],
        3,
    ),
    ([0.9, 0.5, 0.7, 0.65, 0.8, 0.6, 0.3], [0.9, 0.8, 0.7, 0.6, 0.5, 0.55, 0.4], 3),
    (
        [0.9, 0.7, 0.6, 0.65, 0.62, 0.55, 0.58, 0.6, 0.61, 0.3, 0.4, 0.5],
        [0.9, 0.8, 0.75, 0.7, 0.6, 0.65, 0.7, 0.66, 0.68, 0.67, 0.2, 0.3],
        3,
    ),
    (
        [0.8, 0.5, 0.6, 0.7, 0.4, 0.45, 0.5, 0.55, 0.6, 0.58, 0.56, 0.2, 0.3],
        [0.9, 0.8, 0.7, 0.75, 0.72, 0.3, 0.35, 0.1, 0.3, 0.4, 0.42, 0.44, 0.46],
        2,
    ),
    ([0.6, 0.5, 0.5, 0.5, 0.4, 0.6], [0.9, 0.8, 0.7, 0.6, 0.55, 0.5], 2),
    (
        [0.5, 0.7, 0.6, 0.65, 0.62, 0.4, 0.45],
        [0.9, 0.8, 0.7, 0.6, 0.5, 0.55, 0.45],
        3,
    ),
    (
        [0.9, 0.95, 0.8, 0.85, 0.7, 0.75, 0.6, 0.65, 0.7, 0.75, 0.5],
        [0.9, 0.8, 0.7, 0.6, 0.5, 0.55, 0.54, 0.53, 0.52, 0.51, 0.6],
        3,
    ),
    ([0.5, 0.4, 0.3], [0.3, 0.4, 0.5], 5),
    ([0.5, 0.3, 0.4, 0.45], [0.5, 0.45, 0.4, 0.3], 7),
)

Rule = Callable[..., float]  # (losses, patience) -> epoch


def _kept(losses: Sequence[float], patience: int, *, ties: bool = False) -> int:
    """Return the best epoch when training stops; with `ties` an equal loss is new."""
    best = 0
    for epoch, loss in enumerate(losses):
        if loss < losses[best] or (ties and loss == losses[best]):
            best = epoch
        elif epoch - best >= patience:
            break
    return best


def _last(losses: Sequence[float], patience: int) -> int:
    return min(_kept(losses, patience) + patience, len(losses) - 1)


def _kept_or_last(losses: Sequence[float], patience: int) -> int:
    """Return the epoch kept, or the last one where patience never runs out."""
    kept = _kept(losses, patience)
    return kept if kept + patience < len(losses) else len(losses) - 1


def _never_renewed(losses: Sequence[float], patience: int) -> int:
    """Return the best epoch when all epochs without a new low count together."""
    best = waited = 0
    for epoch, loss in enumerate(losses[1:], start=1):
        best = epoch if loss < losses[best] else best
        waited += best != epoch
        if waited >= patience:
            break
    return best


def _below_the_last(losses: Sequence[float], patience: int) -> int:
    """Return the epoch kept when each is compared with the one before."""
    best = 0
    for epoch in range(1, len(losses)):
        if losses[epoch] < losses[epoch - 1]:
            best = epoch
        elif epoch - best >= patience:
            break
    return best


def _first_rise(losses: Sequence[float], *, ties: bool) -> int:
    """Return the last epoch before the first that is no better than the one before."""
    steps = np.diff(losses)
    rises = np.flatnonzero(steps >= 0 if ties else steps > 0)
    return int(rises[0]) if len(rises) else len(losses) - 1


def _watching(rule: Rule, key: str = "val_loss") -> Callable[[dict, int], float]:
    """Return a rule on losses as a function of a history."""
    return lambda history, patience: rule(history[key], patience)


_epoch_to_keep = _watching(_kept)

_TEST = (
    "stopped on test data",
    (
        "You watch the test part, so the test part chooses the weights, and its loss is no "
        "test any more. Stop on validation; open the test part once, at the end."
    ),
)
_LAST = (
    "kept the last weights",
    (
        "That is where training stops. By then `patience` epochs have made it worse: go back "
        "to the weights of the best epoch so far."
    ),
)
_IMPATIENT = (
    "no patience",
    (
        "You stop at the first epoch that brings nothing. A curve trembles: give it "
        "`patience` epochs in a row to find a new low, then go back to the best one."
    ),
)
_STOP_MISTAKES = [
    Mistake(*_TEST, _watching(_kept, "test_loss")),
    Mistake(*_TEST, _watching(lambda v, p: int(np.argmin(v)), "test_loss")),
    Mistake(
        "stopped on training data",
        "You watch the training loss. It falls as long as you let it, over-fitting or "
        "not. Only rows that teach nothing can tell when to stop.",
        _watching(_kept, "loss"),
    ),
    Mistake(*_LAST, _watching(_last)),
    Mistake(*_LAST, _watching(lambda v, p: min(_last(v, p) + 1, len(v)))),
    Mistake(
        "saw the future",
        "That is the lowest validation loss of the whole history. On the day, training "
        "had stopped before: whoever waits for a better epoch must have trained on.",
        _watching(lambda v, p: int(np.argmin(v))),
    ),
    *(
        Mistake(
            *_IMPATIENT,
            _watching(lambda v, p, t=ties, m=more: _first_rise(v, ties=t) + m),
        )
        for ties in (True, False)
        for more in (0, 1)
    ),
    Mistake(
        "patience not renewed",
        "You count all epochs without a new low together. Each new low renews the "
        "patience: only epochs in a row count.",
        _watching(_never_renewed),
    ),
    Mistake(
        "compared with the epoch before",
        "A loss below the last one may still lie above the lowest. Compare with the best "
        "epoch so far, or a slow climb with dips never stops.",
        _watching(_below_the_last),
    ),
    Mistake(
        "counted from one",
        "That is the number of epochs it took; the epoch itself is counted from 0, as "
        "lists are.",
        _watching(lambda v, p: _kept(v, p) + 1),
    ),
    Mistake(
        "one epoch too patient",
        "You wait one epoch longer: with patience 2 the second epoch in a row without a "
        "new low is the last.",
        _watching(lambda v, p: _kept(v, p + 1)),
    ),
    Mistake(
        "an equal loss is no progress",
        "You count a loss that equals the lowest as a new low. Only a lower one is.",
        _watching(lambda v, p: _kept(v, p, ties=True)),
    ),
    Mistake(
        "loss, not epoch",
        "That is the lowest loss; the epoch in which it was reached is asked for.",
        _watching(lambda v, p: v[_kept(v, p)]),
    ),
    Mistake(
        "never stopped",
        "Right where patience runs out. A training may also end before: then, too, the "
        "best epoch so far is kept.",
        _watching(lambda v, p: _last(v, p) - p),
    ),
    Mistake(
        "never stopped",
        "Right where patience runs out. A training may also end before: then, too, the "
        "best epoch so far is kept, not the last one.",
        _watching(_kept_or_last),
    ),
]


def _histories(random: np.random.Generator) -> list[tuple[dict[str, list[float]], int]]:
    """Return (history, patience): the curves above, later, stretched and shifted.

    A few epochs of steady progress come first in most of them.
    """
    cases = []
    for place, (validation, test, patience) in enumerate(_HISTORIES):
        epochs = int(random.integers(4)) if place >= _AS_THEY_ARE else 0
        steady = np.linspace(2, 1.1, epochs, endpoint=False)
        scale, shift = random.uniform(0.5, 2), random.uniform(0, 0.5)
        curves = {
            "val_loss": np.r_[steady, validation],
            "test_loss": np.r_[steady, test],
        }
        curves["loss"] = 0.9 * 0.8 ** np.arange(len(curves["val_loss"]))
        history = {
            name: (scale * curve + shift).round(3).tolist()
            for name, curve in curves.items()
        }
        cases.append((history, patience))
    return cases


@exercise(
    "4.4",
    "Stop in time",
    answers=("epoch_to_keep",),
    points=2,
    reference=_epoch_to_keep,
    mistakes=_STOP_MISTAKES,
    hints=[
        "Walk through the epochs as if the later ones had not happened yet. Remember the "
        "best one so far.",
        "Which of the three losses may decide when to stop? Not the one that is trained "
        "on, and not the one that judges at the end.",
        "A new low: remember its epoch. Otherwise, if epoch - best >= patience, break. "
        "Return best.",
    ],
)
def check_4_4(epoch_to_keep: object, random: np.random.Generator) -> str:
    """Check early stopping with patience: which epoch's weights are kept."""
    judge(
        epoch_to_keep,
        _histories(random),
        _epoch_to_keep,
        _STOP_MISTAKES,
        name="epoch_to_keep",
        read=partial(as_number, what="what epoch_to_keep() returns"),
        changes="history",
    )
    return (
        "It forgets what came after the stop, goes back to the best epoch, and the test "
        "part had no say."
    )


# -- 4.5: seeds are not patients ---------------------------------------------------------


def _over_seeds(
    network_accuracy: np.ndarray, logistic_accuracy: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    return np.mean(network_accuracy, axis=0), np.asarray(logistic_accuracy)


def _seeds_and_folds(
    random: np.random.Generator, draw: int = 0
) -> dict[str, np.ndarray]:
    """Draw accuracies of a network, a row for each of three seeds, and of another model.

    The differences of all seeds and folds together scatter 1.35 times as far as the
    means over the seeds do, and the first seed is the worst: so no listed mistake is
    right, and no two are alike. Of four draws in a row the network is ahead in two and
    behind in two, each time once by more than twice its luck.
    """
    proven, behind = kind_of_draw(draw)
    while True:
        network, logistic = drawn_folds(random, 5, proven=proven)
        if behind:
            network = network - 2 * (network - logistic).mean()
        seeds = np.array([-0.9, *random.permutation([0.2, 0.7])])[:, np.newaxis]
        apart = np.array([[-1], [0], [1]]) * random.permutation(
            np.linspace(-0.4, 0.4, 5)
        )
        s = (network - logistic).std(ddof=1)
        between = seeds + apart
        between *= s * np.sqrt((14 * 1.35**2 - 12) / np.sum(between**2))
        gain, one = (network - logistic).mean(), between[0].mean()
        if abs(one + 2 * gain) > 3e-3:  # the first seed's gain is not that turned round
            break
    return {"network_accuracy": network + between, "logistic_accuracy": logistic}


def _best_seed(network_accuracy: np.ndarray, logistic_accuracy: np.ndarray) -> tuple:
    best = np.mean(network_accuracy, axis=1).max()
    return best - np.mean(logistic_accuracy), ANYTHING, ANYTHING


def _first_seed(network_accuracy: np.ndarray, logistic_accuracy: np.ndarray) -> tuple:
    return np.mean(network_accuracy[0] - logistic_accuracy), ANYTHING, ANYTHING


def _every_seed(
    root: Callable[[int], float],
) -> Callable[[np.ndarray, np.ndarray], tuple]:
    """Return the answers of a learner who takes each seed in each fold as a test."""

    def answers(network_accuracy: np.ndarray, logistic_accuracy: np.ndarray) -> tuple:
        every = np.subtract(network_accuracy, logistic_accuracy).ravel()
        return every.mean(), every.std(ddof=1) * root(len(every)), ANYTHING

    return answers


def _with_spread(
    root: float, *, ddof: int = 1
) -> Callable[[np.ndarray, np.ndarray], tuple]:
    """Return the answers of a learner who has the differences right, not the luck."""

    def answers(network_accuracy: np.ndarray, logistic_accuracy: np.ndarray) -> tuple:
        difference = np.subtract(*_over_seeds(network_accuracy, logistic_accuracy))
        return difference.mean(), difference.std(ddof=ddof) * root, ANYTHING

    return answers


_SEEDS = (
    "seeds counted as folds",
    (
        "You count every seed in every fold as a test of its own. But the seeds met the "
        "same patients: they repeat the question, they don't ask new people. First take "
        "the mean over the seeds, then count folds."
    ),
)
_SEED_MISTAKES = [
    *comparison_mistakes(_over_seeds),
    Mistake(*_SEEDS, _every_seed(lambda count: 1 / np.sqrt(count))),
    Mistake(*_SEEDS, _every_seed(lambda count: np.sqrt(1 / count + 1 / 4))),
    Mistake(*_SEEDS, _every_seed(lambda count: np.sqrt(1 / 5 + 1 / 4))),
    *(
        Mistake(
            "seeds counted as folds",
            "The spread is right, but k counts the differences, one for each fold. "
            "However many seeds there are, no new patients come with them.",
            _with_spread(np.sqrt(1 / k + 1 / 4)),
        )
        for k in (3, 15)
    ),
    Mistake(
        "divided by k",
        "Almost: the spread is that of np.std as it comes, which divides by k. Of five "
        "differences that is a tenth too small; with ddof=1 it divides by k - 1.",
        _with_spread(np.sqrt(1 / 5 + 1 / 4), ddof=0),
    ),
    Mistake(
        "best seed",
        "The seeds are not averaged: that is the luckiest. It is known only after "
        "looking at the labels, and the next patients won't bring it along. Take the "
        "mean over the seeds.",
        _best_seed,
    ),
    Mistake(
        "one seed",
        "That is the first seed alone; take the mean over all of them.",
        _first_seed,
    ),
]


@exercise(
    "4.5",
    "Seeds are not patients",
    answers=("gain", "luck", "better"),
    kind=VALUES,
    points=2,
    given=_seeds_and_folds,
    reference=lambda **given: compared(*_over_seeds(**given)),
    mistakes=_SEED_MISTAKES,
    draws=12,
    hints=[
        "How many groups of patients were tested? The other seeds met the same ones.",
        "First make one number per fold: network_accuracy.mean(axis=0). Then subtract.",
        "difference.std(ddof=1) * np.sqrt(1 / 5 + 1 / 4), with 5 differences: four parts "
        "train and one tests.",
    ],
)
def check_4_5(
    gain: object,
    luck: object,
    better: object,
    network_accuracy: np.ndarray,
    logistic_accuracy: np.ndarray,
) -> str:
    """Check a paired comparison that averages seeds before it counts folds."""
    given = {
        "network_accuracy": as_array(
            network_accuracy, "network_accuracy", dimensions=2
        ),
        "logistic_accuracy": as_array(logistic_accuracy, "logistic_accuracy"),
    }
    answers = (gain, luck, better)
    *_, proven = require_comparison(answers, given, _over_seeds, _SEED_MISTAKES)
    if proven:
        return "On these folds the network is ahead by more than luck explains."
    return (
        "Not proven. A thousand seeds would make the network's own luck vanish, and leave "
        "the patients' luck as it is."
    )


# -- 4.6: a layer of one's own -----------------------------------------------------------


def _relu_units(**faults: Any) -> Any:
    """Return a class of layers of ReLU units, as learners write it, with some faults."""
    import keras

    class Units(keras.layers.Layer):
        def __init__(self, units):
            super().__init__()
            self.units = units

        def build(self, input_shape):
            inputs = faults.get("inputs", input_shape[-1])
            start = faults.get("start", "glorot_uniform")
            learns = faults.get("learns", True)
            self.W = self.add_weight(
                shape=(inputs, self.units), initializer=start, trainable=learns
            )
            biases = (faults.get("biases", self.units),)
            self.b = self.add_weight(shape=biases, initializer="zeros")

        def call(self, inputs):
            default = lambda x, W, b: keras.ops.relu(x @ W + b)  # noqa: E731
            return faults.get("call", default)(inputs, self.W, self.b)

    return Units


_LAYER_MISTAKES = [
    Mistake(
        "no activation",
        "That is the weighted sum. Without an activation these units are linear, and "
        "exercise 4.3 folds them into the next layer.",
        lambda: _relu_units(call=lambda x, W, b: x @ W + b),
    ),
    Mistake(
        "bias after the activation",
        "The bias belongs to the sum: it shifts the point at which a unit begins to "
        "answer. Added after ReLU it only lifts the output.",
        lambda: _relu_units(call=lambda x, W, b: _relu(x @ W) + b),
    ),
    Mistake(
        "bias forgotten",
        "What the bias adds is missing in what your layer computes.",
        lambda: _relu_units(call=lambda x, W, b: _relu(x @ W)),
    ),
    Mistake(
        "one bias per layer",
        "One bias shifts all units together; each unit has a bias of its own.",
        lambda: _relu_units(biases=1),
    ),
    Mistake(
        "one width only",
        "Your weights fit one number of inputs only. `input_shape[-1]` says how many "
        "values a row has.",
        lambda: _relu_units(inputs=SIZES[0]),
    ),
    Mistake(
        "all units alike",
        "All weights start at the same value, so all units say the same, get the same "
        "gradient, and stay alike for ever. Let W start at random.",
        lambda: _relu_units(start="zeros"),
    ),
    Mistake(
        "nothing to learn",
        "W or b is not among the layer's trainable weights, so training leaves it as it "
        "is. `self.add_weight` makes one that learns.",
        lambda: _relu_units(learns=False),
    ),
]


def _relu(values: Any) -> Any:
    import keras

    return keras.ops.relu(values)


@exercise(
    "4.6",
    "Write a layer",
    answers=("ReluUnits",),
    kind=MODEL,
    points=3,
    mistakes=_LAYER_MISTAKES,
    may_not_call=("keras.layers.Dense", "keras.layers.EinsumDense"),
    hints=[
        "`build` runs once, when the first rows come: `input_shape` is (rows, inputs). W "
        "has a row for each input and a column for each unit; b has a number per unit.",
        "self.W = self.add_weight(shape=(input_shape[-1], self.units)) makes weights that "
        'start at random; with initializer="zeros" they start at 0, which suits b.',
        "`call` gets the rows: keras.ops.relu(inputs @ self.W + self.b).",
    ],
)
def check_4_6(ReluUnits: object, random: np.random.Generator) -> str:
    """Check a layer of ReLU units: its weights, what it computes, for any width."""
    _require_layer_class(ReluUnits)
    for inputs, units in [(13, 8), tuple(random.permutation(np.arange(3, 7))[:2])]:
        _require_relu_units(ReluUnits, int(inputs), int(units), random)
    return (
        "It computes what keras.layers.Dense computes, learns as many numbers, and can "
        "stand in any network."
    )


def _require_layer_class(answer: Any) -> None:
    import keras

    if not issubclass(type(answer), type):
        raise CannotCheck(
            "ReluUnits should be a class, without brackets behind its name; yours is a "
            f"{kind(answer)}."
        )
    if not issubclass(answer, keras.layers.Layer):
        raise CannotCheck("ReluUnits should inherit from keras.layers.Layer.")
    if issubclass(answer, keras.layers.Dense):
        raise _keras_own()


def _keras_own() -> Wrong:
    return Wrong(
        "Keras' own layer",
        "keras.layers.Dense does the work here. Write what it does: weights in `build`, "
        "the sum and the activation in `call`.",
    )


def _require_relu_units(
    made: Any, inputs: int, units: int, random: np.random.Generator
) -> None:
    """Judge a layer of some width by what it computes with drawn weights."""
    import keras

    rows = keras.ops.convert_to_tensor(random.normal(size=(6, inputs)).astype("f4"))
    layer = _first_call(made, units, rows)
    if any(isinstance(part, keras.layers.Dense) for part in _parts_of(layer)):
        raise _keras_own()
    W, b = _weights_of(layer, inputs, units)
    W.assign(random.normal(size=W.shape))
    b.assign(random.normal(size=b.shape))
    x, W, b = (keras.ops.convert_to_numpy(each) for each in (rows, W.value, b.value))
    right = np.maximum(x @ W + b, 0)
    values = keras.ops.convert_to_numpy(layer(rows))
    if values.shape == right.shape and np.allclose(values, right, atol=1e-3):
        _require_network(made, inputs, units)
        return
    known = {
        "no activation": x @ W + b,
        "bias after the activation": np.maximum(x @ W, 0) + b,
        "bias forgotten": np.maximum(x @ W, 0),
    }
    for diagnosis, theirs in known.items():
        if values.shape == right.shape and np.allclose(values, theirs, atol=1e-3):
            raise accuse(_LAYER_MISTAKES, diagnosis)
    raise Wrong(
        "other",
        "Your layer has the right weights, but what comes out is not max(0, x @ W + b).",
    )


def _parts_of(layer: Any) -> Iterator[Any]:
    """Yield what a layer keeps, and the entries of the lists that it keeps."""
    for part in vars(layer).values():
        yield part
        if isinstance(part, list | tuple):
            yield from part


def _require_network(made: Any, inputs: int, units: int) -> None:
    """Raise `Wrong` unless the layer can stand in a network, where gradients pass."""
    import keras

    try:
        made(units)(keras.Input((inputs,)))
    except Exception:
        raise Wrong(
            "outside Keras",
            "The values are right, but no network can be built with this layer: its "
            "`call` needs numbers where Keras has none yet. Does NumPy compute there? "
            "No gradient passes through NumPy; keras.ops has the same functions.",
        ) from None


def _first_call(made: Any, units: int, rows: Any) -> Any:
    """Return a layer of the learner's class after its first rows: it has weights now."""
    try:
        layer = made(units)
        values = layer(rows)
    except Exception as error:
        if rows.shape[1] != SIZES[0]:
            raise accuse(_LAYER_MISTAKES, "one width only") from None
        raise CannotCheck(
            f"ReluUnits raised {type(error).__name__} on its first rows: "
            f"{_reason(error)}"
        ) from None
    if values is None or values is ...:
        raise NotAttempted("`call` returns nothing: fill in `build` and `call`")
    return layer


def _reason(error: Exception) -> str:
    """Return the line of an error that says why; Keras puts another one above it."""
    lines = [line for line in str(error).splitlines() if line.strip()]
    if len(lines) > 1 and lines[0].startswith("Exception encountered"):
        return re.sub(r"\x1b\[\d+m", "", lines[1])[:160]
    return first_line(error)


def _weights_of(layer: Any, inputs: int, units: int) -> tuple[Any, Any]:
    """Return the W and the b of a layer, and refuse any that can't learn."""
    import keras

    by_shape = {tuple(each.shape): each for each in layer.trainable_weights}
    W = by_shape.pop((inputs, units), None)
    if W is None and (units, inputs) in by_shape:
        raise Wrong(
            "transposed",
            "Your W has a row for each unit. Keras keeps a row for each input and a "
            "column for each unit, so that x @ W fits.",
        )
    rest = {int(np.prod(shape)): each for shape, each in by_shape.items()}
    if W is None and any(len(shape) == 2 and min(shape) > 1 for shape in by_shape):
        shapes = ", ".join(str(shape) for shape in by_shape)
        raise Wrong(
            "shapes",
            "W has a row for each input and a column for each unit, b a number for "
            "each unit. The inputs are counted by `input_shape[-1]`, the units by what "
            "ReluUnits(units) was called with.",
            f"With {inputs} inputs and {units} units yours have the shapes {shapes}.",
        )
    if W is None or (not rest and len(layer.weights) > 1):
        raise accuse(_LAYER_MISTAKES, "nothing to learn")
    if not rest:
        raise accuse(_LAYER_MISTAKES, "bias forgotten")
    if list(rest) == [1]:
        raise accuse(_LAYER_MISTAKES, "one bias per layer")
    if list(rest) != [units]:
        raise Wrong(
            "weights", "A layer of ReLU units learns W and b, and nothing else."
        )
    if np.ptp(keras.ops.convert_to_numpy(W.value), axis=1).max() == 0:
        raise accuse(_LAYER_MISTAKES, "all units alike")
    return W, rest[units]
