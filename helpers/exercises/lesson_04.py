"""The checks of lesson 04, dense networks."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from helpers.exercises.answers import (
    as_array,
    as_function,
    as_number,
    call,
    kind,
    same_values,
)
from helpers.exercises.declared import MODEL, VALUES, exercise
from helpers.exercises.outcomes import CannotCheck, Wrong

SIZES = (13, 64, 32, 2)

# -- 4.1: how many numbers ---------------------------------------------------------------

_NETWORKS = (SIZES, (13, 1), (32, 8, 1), (5, 3, 4, 6))


def _steps(sizes: Sequence[int]) -> list[tuple[int, int]]:
    return list(pairwise(sizes))


def _parameters(sizes: Sequence[int]) -> int:
    return sum((inputs + 1) * units for inputs, units in _steps(sizes))


# what a mistake counts, its name, and the idea behind it
_MISCOUNTS: tuple[tuple[Callable[[Sequence[int]], float], str, str], ...] = (
    (
        lambda sizes: sum(a * b for a, b in _steps(sizes)),
        "biases forgotten",
        "Those are the weights. Each unit also adds a number of its own before the "
        "activation, so that it need not say 0 when all its inputs are 0.",
    ),
    (
        lambda sizes: sum(a * b for a, b in _steps(sizes)) + sum(sizes),
        "inputs counted as units",
        "You gave the inputs a bias, too. They are values that come in: nothing is "
        "computed there, and nothing is learned.",
    ),
    (
        lambda sizes: sum(a * b + 1 for a, b in _steps(sizes)),
        "one bias per layer",
        "That is one bias for a whole layer. Its units would all be shifted together; "
        "each has a bias of its own.",
    ),
    (
        lambda sizes: sum(a * (b + 1) for a, b in _steps(sizes)),
        "bias on the wrong side",
        "You count a bias for every value that a layer reads. The bias belongs to the "
        "unit that does the sum: one for each that writes.",
    ),
    (
        lambda sizes: _parameters(sizes[:-1]),
        "a layer is missing",
        "The last layer is not in your count. n sizes stand for n - 1 layers of units, "
        "and the outputs learn as well.",
    ),
    (
        lambda sizes: _parameters(sizes[1:]),
        "a layer is missing",
        "The first layer is not in your count: between the inputs and the first hidden "
        "layer lie weights, too.",
    ),
    (
        lambda sizes: sum(sizes),
        "units counted",
        "That is the number of inputs and units. What is learned sits on the connections: "
        "each unit has one weight for every value it reads.",
    ),
    (
        lambda sizes: sum(sizes[1:]),
        "units counted",
        "That is the number of units, or of biases. Each unit also has one weight for "
        "every value it reads.",
    ),
    (
        lambda sizes: float(np.prod(np.asarray(sizes, dtype=float))),
        "layers multiplied",
        "That multiplies all sizes, the number of ways through the network. Weights lie "
        "only between one layer and the next: multiply two sizes, then add up.",
    ),
)


@exercise(
    "4.1",
    "How many numbers must it learn?",
    answers=("parameters",),
    hints=[
        "Begin with one unit that reads 13 values: how many weights, how many biases?",
        "A layer has that many for each of its units. Walk through neighbouring sizes, for "
        "instance with zip(sizes[:-1], sizes[1:]).",
        "Each pair of neighbours adds (n_inputs + 1) * n_units.",
    ],
)
def check_4_1(parameters: object) -> str:
    """Check the count of weights and biases of any dense network."""
    function = as_function(parameters, "parameters")
    right = [_parameters(sizes) for sizes in _NETWORKS]
    counts = [_counted(function, SIZES)]
    for sizes in _NETWORKS[1:]:
        try:
            counts.append(_counted(function, sizes))
        except CannotCheck as problem:
            if counts[0] != right[0]:
                raise
            raise Wrong(
                "one network only",
                f"Right for {SIZES}, not for {sizes}: a network may have any number of "
                f"layers. {problem}",
            ) from None
    if counts == right:
        return (
            "13-64-32-2 learns 3,042 numbers, and more than two thirds of them lie "
            "between the two hidden layers."
        )
    for miscount, diagnosis, message in _MISCOUNTS:
        if counts == [miscount(sizes) for sizes in _NETWORKS]:
            raise Wrong(diagnosis, message)
    if counts[0] == right[0]:
        raise Wrong(
            "one network only",
            "Right for 13-64-32-2, but not for every other network: use sizes, whatever "
            "its numbers and however many there are.",
        )
    way = "too many" if counts[1] > right[1] else "too few"
    if counts[1] == right[1]:
        raise Wrong(
            "several layers",
            f"One neuron with 13 inputs is right, but for {SIZES} you count "
            f"{counts[0]:,.0f}. Each layer reads only the one before it.",
        )
    raise Wrong(
        "count",
        f"For the smallest network, {_NETWORKS[1]}, you count {counts[1]:,g}: {way}. It is "
        "one neuron. Count by hand what it has to learn, then do the same for each unit.",
    )


def _counted(function: Callable, sizes: Sequence[int]) -> float:
    return as_number(call(function, sizes), f"parameters({sizes})")


# -- 4.2: the published network ----------------------------------------------------------


@exercise(
    "4.2",
    "Build the published network",
    answers=("network",),
    kind=MODEL,
    hints=[
        "keras.Sequential takes a list. First keras.Input((13,)), then the layers in order.",
        'A hidden layer is layers.Dense(64, activation="sigmoid"). Without activation= it '
        "is linear.",
        "The two outputs are probabilities of the same patient, healthy or ill: they have "
        'to add up to 1. That is activation="softmax".',
    ],
)
def check_4_2(network: object) -> str:
    """Check sizes, activations and outputs of a 13-64-32-2 network."""
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
    dense = _dense_blocks(network)
    if not hasattr(network, "input_shape"):
        raise CannotCheck("build it with keras.Sequential, so that its layers show.")
    _require_inputs(tuple(network.input_shape[1:]))
    _require_sizes([block[0].units for block in dense], dense[-1])
    _require_activations(dense)
    if network.count_params() != _parameters(SIZES):
        raise Wrong(
            "parameters",
            f"Shapes and activations are right, but there are {network.count_params():,} "
            "parameters, not as many as exercise 4.1 counts. Leave every unit its bias, "
            "and add no other layer that learns.",
        )
    return (
        "3,042 parameters, as counted in exercise 4.1, and two probabilities that add up "
        "to 1 for every patient."
    )


def _dense_blocks(network: Any) -> list[list[Any]]:
    """Return each dense layer together with what follows it up to the next one."""
    import keras

    blocks: list[list[Any]] = []
    for layer in network.layers:
        if isinstance(layer, keras.layers.Dense):
            blocks.append([layer])
        elif blocks:
            blocks[-1].append(layer)
    if not blocks:
        raise Wrong("no layers", "There is no Dense layer in it that could learn.")
    return blocks


def _require_inputs(shape: tuple) -> None:
    if shape == (SIZES[0],):
        return
    if rows := {169, 226, 302, 303}.intersection(shape):
        raise Wrong(
            "rows for inputs",
            f"{rows.pop()} is the number of patients. A network reads one row at a time, so "
            "its inputs are the columns; however many rows come is its own affair.",
        )
    told = " x ".join(map(str, shape))
    raise Wrong(
        "inputs", f"Your network reads {told} values; a patient is one row of 13."
    )


def _require_sizes(units: list[int], last: list[Any]) -> None:
    if units == list(SIZES[1:]):
        return
    if units == [64, 32, 1]:
        if np.allclose(_passed(last, np.linspace(-3, 3, 32)[np.newaxis]), 1):
            raise Wrong(
                "softmax over one unit",
                "Softmax makes its outputs add up to 1. A single one is then always 1, "
                "whoever the patient is.",
            )
        raise Wrong(
            "one output",
            "With one sigmoid unit it is a sound network for two classes, but another one: "
            "here each class has an output of its own. Labels of 0 and 1 may stay one "
            "column; the sparse loss knows what to do.",
        )
    if units == [13, 64, 32, 2]:
        raise Wrong(
            "inputs counted as a layer",
            "Your first layer is a full layer of 13 units that learns 182 numbers. The 13 "
            "inputs are no units: keras.Input is all they need.",
        )
    if units == [32, 64, 2]:
        raise Wrong("order", "The layer of 64 comes first, then the one of 32.")
    if units in ([64, 32], [64, 2], [32, 2], [2]):
        raise Wrong(
            "a layer is missing",
            f"Your layers have {', '.join(map(str, units))} units. There are two hidden "
            "layers, and then the outputs.",
        )
    told = ", ".join(map(str, units))
    raise Wrong(
        "sizes", f"Your layers have {told} units; 64, 32 and then 2 are asked for."
    )


def _require_activations(blocks: list[list[Any]]) -> None:
    rng = np.random.default_rng(0)
    *hidden, output = blocks
    widths = SIZES[:-1]
    bent = [
        not _is_linear(block, 3 * rng.normal(size=(2, width)))
        for block, width in zip(hidden, widths, strict=False)
    ]
    if not all(bent):
        which = (
            "Neither hidden layer has" if not any(bent) else "One hidden layer lacks"
        )
        raise Wrong(
            "linear layers",
            f"{which} an activation. Sums of sums are sums: such layers say no more than "
            "one neuron does, as the lesson shows next.",
        )
    _require_probabilities(_passed(output, 3 * rng.normal(size=(8, widths[-1]))))
    for block, width in zip(hidden, widths, strict=False):
        _require_sigmoid(block, rng.normal(size=(2, width)))


def _require_probabilities(p: np.ndarray) -> None:
    if np.allclose(p.sum(axis=1), 1, atol=1e-3) and p.min() >= 0:
        return
    if p.min() < 0 or p.max() > 1:
        raise Wrong(
            "no probabilities",
            "The outputs may be any numbers. Softmax turns them into probabilities. (Keras "
            "can train without it, if its loss is told from_logits.)",
        )
    raise Wrong(
        "wrong output activation",
        "Each output is a number of its own, and the two don't add up to 1: the network "
        "could call a patient 90 % healthy and 80 % ill. Softmax makes them share.",
    )


def _require_sigmoid(block: list[Any], pair: np.ndarray) -> None:
    values = _passed(block, _sums(pair)).astype(float)
    if np.allclose(values.sum(axis=1), 1, atol=1e-3) and values.min() >= 0:
        raise Wrong(
            "softmax between layers",
            "Softmax makes the units of a hidden layer share 1 among them, as if only one "
            "could be right. Each should speak for itself; softmax is for the outputs.",
        )
    if values.min() > 0 and values.max() < 1:
        a, b, both, none = np.log(values / (1 - values))
        if np.allclose(a + b, both + none, atol=0.02):
            return
    raise Wrong(
        "another activation",
        "Sound, and with as many parameters, but in the published network the hidden units "
        "are sigmoids. (ReLU would be today's choice: the lesson takes it up next.)",
    )


def _passed(block: list[Any], rows: np.ndarray) -> np.ndarray:
    """Return what a dense layer and its followers make of rows."""
    import keras

    values = keras.ops.convert_to_tensor(rows.astype("float32"))
    for layer in block:
        values = layer(values, training=False)
    return keras.ops.convert_to_numpy(values)


def _sums(pair: np.ndarray) -> np.ndarray:
    """Return the rows a, b, a + b and 0."""
    return np.vstack([pair, pair.sum(axis=0), 0 * pair[0]])


def _is_linear(block: list[Any], pair: np.ndarray) -> bool:
    """Say whether f(a) + f(b) = f(a + b) + f(0)."""
    a, b, both, none = _passed(block, _sums(pair))
    return np.allclose(a + b, both + none, atol=1e-3)


# -- 4.3: linear layers ------------------------------------------------------------------


@exercise(
    "4.3",
    "Fold two linear layers into one",
    answers=("collapse",),
    hints=[
        "Write down what the second layer says of the first one's output: put x @ W1 + b1 "
        "where it reads x.",
        "(x @ W1 + b1) @ W2 + b2: multiply out. One part contains x, the rest doesn't.",
        "W = W1 @ W2, and the rest is b.",
    ],
)
def check_4_3(collapse: object) -> str:
    """Check that one linear layer says the same as two."""
    function = as_function(collapse, "collapse")
    # square layers first: there every mistake computes something, and can be named
    _require_collapse(function, _two_layers(3, 3, 3))
    _require_collapse(function, _two_layers(4, 3, 2))
    return (
        "Two linear layers are one, so three are, and a hundred. Depth begins where "
        "something bends between them."
    )


def _two_layers(inputs: int, hidden: int, outputs: int) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(4)
    shapes = ((inputs, hidden), (hidden,), (hidden, outputs), (outputs,))
    return tuple(rng.normal(size=shape).round(1) for shape in shapes)


def _require_collapse(function: Callable, arrays: tuple[np.ndarray, ...]) -> None:
    W1, b1, W2, b2 = (array.copy() for array in arrays)
    answer = call(function, W1, b1, W2, b2)
    if not issubclass(type(answer), tuple | list):
        raise CannotCheck(
            f"collapse should return W and b; yours returns a {kind(answer)}."
        )
    if len(answer) != 2:
        raise CannotCheck(
            f"collapse should return two things, W and b; yours returns {len(answer)}."
        )
    W = as_array(answer[0], "the W that collapse returns", dimensions=2)
    b = np.ravel(as_array(np.ravel(answer[1]), "the b that collapse returns"))
    W1, b1, W2, b2 = arrays
    _require_weights(W, W1, W2)
    _require_bias(b, b1, W2, b2)


def _require_weights(W: np.ndarray, W1: np.ndarray, W2: np.ndarray) -> None:
    if same_values(W, W1 @ W2):
        return
    if W.shape == W1.shape and same_values(W, W1 * W2):
        raise Wrong(
            "weights multiplied one by one",
            "`*` multiplies number by number. Each hidden unit's sum goes into every unit "
            "of the next layer: that is a matrix product, `@`.",
        )
    if same_values(W, W2 @ W1):
        raise Wrong(
            "order of the layers",
            "In x @ W the rows of x come from the left, so they meet W1 first and W2 then. "
            "Your product lets them pass the second layer before the first.",
        )
    if same_values(W, (W1 @ W2).T) or same_values(W, W1.T @ W2.T):
        raise Wrong(
            "transposed",
            "Books often write W x; Keras writes x @ W, with a row for each input and a "
            "column for each unit. Nothing has to be turned round.",
        )
    if same_values(W, W1 + W2):
        raise Wrong(
            "weights added",
            "The layers follow each other; they don't stand side by side. What passes the "
            "first is multiplied by W1, and the result of that by W2.",
        )
    raise Wrong(
        "weights",
        f"W of shape {W.shape} is not the weights of the two layers together. Let b1 and b2 "
        "be 0, and ask what becomes of one row x on its way through both.",
    )


def _require_bias(
    b: np.ndarray, b1: np.ndarray, W2: np.ndarray, b2: np.ndarray
) -> None:
    if same_values(b, b1 @ W2 + b2):
        return
    if same_values(b, b2):
        raise Wrong(
            "first bias lost",
            "W is right. But b1 does not vanish: the first layer adds it, and the second "
            "passes it on like everything else it reads.",
        )
    if same_values(W2 @ b1 + b2, b):
        raise Wrong(
            "transposed",
            "W is right. In Keras what comes in stands on the left: the second layer makes "
            "b1 @ W2 of it, not W2 @ b1.",
        )
    if same_values(b, b1 @ W2):
        raise Wrong(
            "second bias lost",
            "W is right, and b1 takes the right way. What does the second layer add at "
            "the end?",
        )
    if same_values(b, b1 + b2):
        raise Wrong(
            "first bias skips a layer",
            "W is right. But b1 is added before the second layer, so the second layer "
            "weighs it, like everything else it reads.",
        )
    raise Wrong(
        "bias",
        "W is right, b isn't. Send a row of zeros through both layers: what comes out is "
        "the b you look for.",
    )


# -- 4.4: early stopping -----------------------------------------------------------------

# validation loss, loss on the test part, patience; in the last two it never runs out
_HISTORIES: tuple[tuple[list[float], list[float], int], ...] = (
    (
        [0.9, 0.7, 0.6, 0.65, 0.62, 0.55, 0.58, 0.6, 0.61, 0.3, 0.4, 0.5],
        [0.9, 0.8, 0.75, 0.7, 0.6, 0.65, 0.7, 0.66, 0.68, 0.67, 0.2, 0.3],
        3,
    ),
    (
        [0.8, 0.5, 0.6, 0.7, 0.4, 0.45, 0.5, 0.55, 0.2, 0.3],
        [0.9, 0.8, 0.7, 0.75, 0.72, 0.3, 0.35, 0.1, 0.3, 0.4],
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
_ENDLESS = 2


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


def _falling(losses: Sequence[float]) -> list[float]:
    """Return the training loss of a history: it falls and falls."""
    return [round(0.9 * 0.8**epoch, 4) for epoch in range(len(losses))]


_LAST = (
    "kept the last weights",
    (
        "That is where training stops. By then `patience` epochs have made it worse: go back "
        "to the weights of the best epoch so far."
    ),
)
_TEST = (
    "stopped on test data",
    (
        "You watch the test part, so the test part chooses the weights, and its loss is no "
        "test any more. Stop on validation; open the test part once, at the end."
    ),
)
_TRAINING = (
    "stopped on training data",
    (
        "You watch the training loss. It falls as long as you let it, over-fitting or not. "
        "Only rows that teach nothing can tell when to stop."
    ),
)
_IMPATIENT = (
    "no patience",
    (
        "You stop at the first epoch that brings nothing. A curve trembles: give it "
        "`patience` epochs in a row to find a new low, then go back to the best one."
    ),
)
# a rule of (validation, test, patience), its name, and the idea behind it
_STOPS: tuple[tuple[Callable[[list, list, int], float], str, str], ...] = (
    (lambda v, t, p: _kept(t, p), *_TEST),
    (lambda v, t, p: int(np.argmin(t)), *_TEST),
    (lambda v, t, p: len(v) - 1, *_TRAINING),
    (lambda v, t, p: _last(v, p), *_LAST),
    (lambda v, t, p: min(_last(v, p) + 1, len(v)), *_LAST),
    (
        lambda v, t, p: int(np.argmin(v)),
        "saw the future",
        "That is the lowest validation loss of the whole history. On the day, training "
        "had stopped before: whoever waits for a better epoch must have trained on.",
    ),
    (lambda v, t, p: _first_rise(v, ties=True), *_IMPATIENT),
    (lambda v, t, p: _first_rise(v, ties=False), *_IMPATIENT),
    (lambda v, t, p: _first_rise(v, ties=True) + 1, *_IMPATIENT),
    (lambda v, t, p: _first_rise(v, ties=False) + 1, *_IMPATIENT),
    (
        lambda v, t, p: _never_renewed(v, p),
        "patience not renewed",
        "You count all epochs without a new low together. Each new low renews the "
        "patience: only epochs in a row count.",
    ),
    (
        lambda v, t, p: _below_the_last(v, p),
        "compared with the epoch before",
        "A loss below the last one may still lie above the lowest. Compare with the best "
        "epoch so far, or a slow climb with dips never stops.",
    ),
    (
        lambda v, t, p: _kept(v, p) + 1,
        "counted from one",
        "That is the number of epochs it took; the epoch itself is counted from 0, as "
        "lists are.",
    ),
    (
        lambda v, t, p: _kept(v, p + 1),
        "one epoch too patient",
        "You wait one epoch longer: with patience 2 the second epoch in a row without a "
        "new low is the last.",
    ),
    (
        lambda v, t, p: _kept(v, p, ties=True),
        "an equal loss is no progress",
        "You count a loss that equals the lowest as a new low. Only a lower one is.",
    ),
    (
        lambda v, t, p: v[_kept(v, p)],
        "loss, not epoch",
        "That is the lowest loss before the stop. Which epoch had it?",
    ),
)


@exercise(
    "4.4",
    "Stop in time",
    answers=("epoch_to_keep",),
    hints=[
        "Walk through the epochs as if the later ones had not happened yet. Remember the "
        "best one so far.",
        "Which of the three losses may decide when to stop? Not the one that is trained "
        "on, and not the one that judges at the end.",
        "A new low: remember its epoch. Otherwise, if epoch - best >= patience, break. "
        "Return best.",
    ],
)
def check_4_4(epoch_to_keep: object) -> str:
    """Check early stopping with patience, on the validation loss, on made-up curves."""
    function = as_function(epoch_to_keep, "epoch_to_keep")
    answers = []
    for validation, test, patience in _HISTORIES:
        history = {"loss": _falling(validation), "val_loss": list(validation)}
        answer = call(function, history | {"test_loss": list(test)}, patience)
        answers.append(as_number(answer, "what epoch_to_keep returns"))
    right = [_kept(validation, patience) for validation, _, patience in _HISTORIES]
    if answers == right:
        return (
            "It forgets what came after the stop, goes back to the best epoch, and the "
            "test part had no say."
        )
    if answers[:-_ENDLESS] == right[:-_ENDLESS]:
        raise Wrong(
            "never stopped",
            "Right where patience runs out. But training may also end before it does: "
            "then the best epoch of all is kept.",
        )
    for rule, diagnosis, message in _STOPS:
        expected = [rule(*history) for history in _HISTORIES]
        if answers[:-_ENDLESS] == expected[:-_ENDLESS]:
            raise Wrong(diagnosis, message)
    first = next(i for i in range(len(right)) if answers[i] != right[i])
    validation, _, patience = _HISTORIES[first]
    raise Wrong(
        "epoch",
        f"For val_loss = {validation} and patience {patience} you return "
        f"{answers[first]:g}. Go through it by hand: note the lowest so far, and how "
        "many epochs in a row brought no lower one.",
    )


# -- 4.5: seeds are not patients ---------------------------------------------------------


@exercise(
    "4.5",
    "Seeds are not patients",
    answers=(
        "gain",
        "luck",
        "better",
    ),
    kind=VALUES,
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
    network_accuracy: object,
    logistic_accuracy: object,
) -> str:
    """Check a paired comparison that averages seeds before it counts folds."""
    network, logistic = _accuracies(network_accuracy, logistic_accuracy)
    _require_gain(as_number(gain, "gain"), network, logistic)
    _require_luck(as_number(luck, "luck"), network, logistic)
    if not issubclass(type(better), bool | np.bool_):
        raise CannotCheck(f"better should be True or False; yours is a {kind(better)}.")
    if bool(better) != bool(as_number(gain, "gain") > 2 * as_number(luck, "luck")):
        raise Wrong(
            "verdict",
            "gain and luck are right, but the verdict doesn't follow from them: better is "
            "True only if gain is more than twice luck.",
        )
    if better:
        return "On these folds the network is ahead by more than luck explains."
    return (
        "Not proven. A thousand seeds would make the network's own chance vanish, and leave "
        "the patients' chance as it is."
    )


def _accuracies(network: object, logistic: object) -> tuple[np.ndarray, np.ndarray]:
    first = as_array(network, "network_accuracy", dimensions=2)
    second = as_array(logistic, "logistic_accuracy", length=first.shape[1])
    values = np.concatenate([first.ravel(), second])
    if min(first.shape) < 2 or np.ptp(first.mean(axis=0) - second) == 0:
        raise CannotCheck("the accuracies don't scatter; run the cells above again.")
    if values.min() < 0 or values.max() > 1:
        raise CannotCheck("accuracies lie between 0 and 1; run the cells above again.")
    return first, second


def _require_gain(answer: float, network: np.ndarray, logistic: np.ndarray) -> None:
    gain = (network - logistic).mean()

    def close(value: float) -> bool:
        return bool(np.isclose(answer, value, rtol=0, atol=2e-4))

    if close(gain):
        return
    if close(-gain):
        raise Wrong(
            "the other way round",
            "That is logistic regression minus network. The sign says who is ahead.",
        )
    if close(network.shape[1] * gain) or close(network.size * gain):
        raise Wrong("sum", "That is the sum of the differences; the mean is asked for.")
    if np.isclose(answer, 100 * gain, atol=0.02):
        raise Wrong("percent", "Those are points of a hundred; accuracy is a share.")
    if close(network.max(axis=0).mean() - logistic.mean()) or close(
        network.mean(axis=1).max() - logistic.mean()
    ):
        raise Wrong(
            "best seed",
            "You compare the luckiest seed. It is known only after looking at the labels, "
            "and the next patients won't bring them along. Take the mean over the seeds.",
        )
    if close(network[0].mean() - logistic.mean()):
        raise Wrong(
            "one seed", "That is the first seed alone; take the mean over all of them."
        )
    if close(np.abs(network.mean(axis=0) - logistic).mean()):
        raise Wrong(
            "no sign",
            "Without their signs, wins and losses add up. Let them cancel each other.",
        )
    if close(network.mean()) or close(logistic.mean()):
        raise Wrong(
            "no comparison", "That is the accuracy of one model; subtract the other's."
        )
    raise Wrong(
        "gain",
        f"gain = {answer:.3g} is not the mean accuracy of the network minus the mean "
        "accuracy of logistic regression.",
    )


def _require_luck(answer: float, network: np.ndarray, logistic: np.ndarray) -> None:
    means = network.mean(axis=0)
    difference, every = means - logistic, (network - logistic).ravel()
    folds, s = len(difference), difference.std(ddof=1)
    root = np.sqrt(1 / folds + 1 / (folds - 1))

    def close(*values: float) -> bool:
        return any(np.isclose(answer, value, rtol=0.003, atol=2e-5) for value in values)

    if close(s * root):
        return
    if close(s / np.sqrt(folds), difference.std() / np.sqrt(folds)):
        raise Wrong(
            "independent folds",
            "That takes the folds for independent tests. Their training parts share most of "
            "their rows; n_test / n_train under the root pays for it, as in exercise 2.4.",
        )
    if close(difference.std() * root):
        raise Wrong(
            "sd of a population",
            "np.std divides by k. These folds stand for all the folds there could be: "
            "divide by k - 1, with ddof=1.",
        )
    unpaired = np.sqrt(means.var(ddof=1) + logistic.var(ddof=1))
    if close(unpaired, unpaired * root, unpaired / np.sqrt(folds)):
        raise Wrong(
            "unpaired",
            "That adds up the scatter of both models. They met the same folds, and an easy "
            "fold is easy for both: subtract fold by fold first, then take the sd.",
        )
    if close(s, difference.std()):
        raise Wrong(
            "spread of one fold",
            "That is how far one fold scatters. The mean of five scatters less: the root "
            "is still missing.",
        )
    if close(s * np.sqrt(2 / folds)):
        raise Wrong(
            "n_test over all",
            "Almost: five folds train on four parts and test on one, so n_test / n_train "
            "is not one in five.",
        )
    if close(means.std(ddof=1) * root, logistic.std(ddof=1) * root):
        raise Wrong(
            "one model",
            "That is the scatter of one model over the folds. Subtract fold by fold first, "
            "and take the sd of the differences.",
        )
    if close(*(every.std(ddof=d) * f for d in (0, 1) for f in _factors(len(every)))):
        raise Wrong(
            "seeds counted as folds",
            "You count every seed in every fold as a test of its own. But the seeds met "
            "the same patients: they repeat the question, they don't ask new people. "
            "First take the mean over the seeds, then count folds.",
        )
    if close(s**2 * root**2, s * root**2):
        raise Wrong("root", "Close: a square root is missing somewhere.")
    raise Wrong(
        "luck",
        f"luck = {answer:.3g} is not s times the root. Take the mean over the seeds, "
        "subtract fold by fold, and s is the sd of these differences.",
    )


def _factors(count: int) -> tuple[float, ...]:
    """Return what a standard error of `count` results may multiply its sd by."""
    return 1.0, 1 / np.sqrt(count), np.sqrt(1 / count + 1 / 4), np.sqrt(1 / 5 + 1 / 4)
