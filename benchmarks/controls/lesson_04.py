"""The controls of lesson 04, dense networks.

All on lesson 02's training part: the test part stays closed here, too. A seed draws the
split or the folds, the weights that a network starts from, and the order of its rows.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.compose import make_column_transformer
from sklearn.decomposition import PCA
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, log_loss
from sklearn.model_selection import StratifiedKFold, train_test_split
from sklearn.neighbors import NearestNeighbors
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from benchmarks.claims import Measured, claim
from helpers.datasets import load
from helpers.exercises.comparison import compared

EPOCHS = 200
CHANCE = float(np.log(2))
Parts = tuple[NDArray, NDArray, NDArray, NDArray]  # rows to fit, to validate, labels


# -- patients and networks, as the lesson has them


@cache
def patients() -> tuple[pd.DataFrame, NDArray]:
    """Return lesson 02's training part."""
    heart = load("heart")
    X, y = heart.X.replace({"ca": {4: np.nan}, "thal": {0: np.nan}}), heart.y
    first = ~X.duplicated().to_numpy()
    X, y = X[first].reset_index(drop=True), y[first]
    X, _, y, _ = train_test_split(X, y, test_size=0.25, stratify=y, random_state=4)
    return X.reset_index(drop=True), y


def parts(seed: int, *, scaled: bool = True) -> Parts:
    """Return the rows to fit and to validate, and the labels of both."""
    X, y = patients()
    fit, validation, y_fit, y_validation = train_test_split(
        X, y, test_size=0.25, stratify=y, random_state=seed
    )
    steps = [StandardScaler()] if scaled else []
    prepare = make_pipeline(SimpleImputer(strategy="median"), *steps).fit(fit)
    return prepare.transform(fit), prepare.transform(validation), y_fit, y_validation


def network(
    seed: int,
    *,
    inputs: int = 13,
    activation: str = "relu",
    optimizer: str = "SGD",
    rate: float = 0.2,
    decay: float = 0.0,
    dropout: float = 0.0,
) -> Any:
    """Return the lesson's network, ready to be trained."""
    import keras

    keras.utils.set_random_seed(seed)
    made = keras.Sequential([keras.Input((inputs,))])
    for units in (64, 32):
        penalty = keras.regularizers.L2(decay)
        made.add(keras.layers.Dense(units, activation, kernel_regularizer=penalty))
        made.add(keras.layers.Dropout(dropout))
    made.add(keras.layers.Dense(2, activation="softmax"))
    stepper = getattr(keras.optimizers, optimizer)(rate)
    made.compile(stepper, "sparse_categorical_crossentropy")
    return made


def after(made: Any, rows: NDArray, labels: NDArray, steps: int, **options: Any) -> Any:
    """Return the network after some steps, each with all rows."""
    for _ in range(steps):
        made.train_on_batch(rows, labels, **options)
    return made


def disease(made: Any, rows: NDArray) -> NDArray:
    """Return the probability of disease (n,)."""
    return made.predict_on_batch(rows)[:, 1].astype(float)


def loss(made: Any, rows: NDArray, labels: NDArray) -> float:
    """Return the mean of -log p, with p the probability given to what was true."""
    return float(log_loss(labels, np.clip(disease(made, rows), 1e-7, 1 - 1e-7)))


def neuron(rows: NDArray, labels: NDArray, C: float = np.inf) -> Any:
    """Return one neuron that was trained to the end."""
    return LogisticRegression(C=C, max_iter=5000).fit(rows, labels)


# -- activations, steps, batches


def _after_60(seed: int, rates: Sequence[float], **settings: Any) -> float:
    """Return the lowest training loss after 60 steps with one of the rates."""
    rows, _, labels, _ = parts(seed)
    made = (network(seed, rate=rate, **settings) for rate in rates)
    return min(loss(after(each, rows, labels, 60), rows, labels) for each in made)


@claim(
    says="after 60 steps sigmoids have the highest loss, ReLU and tanh are far below",
    changed="the activation; each has the best of four learning rates",
    measure="training loss after 60 steps",
    holds=lambda m: max(m["tanh"], m["ReLU"]) < m["sigmoid"] / 2,
)
def sigmoids_learn_slowest(seed: int) -> Measured:
    """Train the same network with three activations."""
    rates = (0.05, 0.2, 0.8, 3.2)
    return {
        name: _after_60(seed, rates, activation=name.lower())
        for name in ("sigmoid", "tanh", "ReLU")
    }


@claim(
    says="the gradient that reaches the first layer is smallest with sigmoids;",
    changed="the activation",
    measure="length of the first layer's gradient, at the start",
    holds=lambda m: m["sigmoid"] < min(m["tanh"], m["ReLU"]) / 2,
)
def sigmoids_pass_small_gradients(seed: int) -> Measured:
    """Make one step: divided by the rate, it is the gradient."""
    rows, _, labels, _ = parts(seed)
    found = {}
    for name in ("sigmoid", "tanh", "ReLU"):
        made = network(seed, activation=name.lower())
        start = made.get_weights()[0]
        step = after(made, rows, labels, 1).get_weights()[0] - start
        found[name] = float(np.linalg.norm(step) / 0.2)
    return found


@cache
def _by_rate(seed: int) -> dict[str, float]:
    rows, _, labels, _ = parts(seed)
    found = {"at the start": loss(network(seed), rows, labels)}
    for rate in (0.001, 0.2, 1.0, 10.0):
        found[f"{rate:g}"] = _after_60(seed, (rate,))
    return found


@claim(
    says="Too low a rate hardly moves, too high a rate jumps over the valley and back.",
    changed="the learning rate: 0.001, 0.2 or 10",
    measure="training loss after 60 steps",
    holds=lambda m: (
        m["at the start"] - m["0.001"] < 0.2 * (m["at the start"] - m["0.2"])
        and m["10"] > CHANCE
    ),
)
def too_low_crawls_too_high_jumps(seed: int) -> Measured:
    """Train with three learning rates."""
    return {name: value for name, value in _by_rate(seed).items() if name != "1"}


@claim(
    says="a rate of 1 is lower still after 60 steps.",
    changed="the learning rate: 0.2 or 1",
    measure="training loss after 60 steps",
    holds=lambda m: m["1"] < m["0.2"],
)
def a_rate_of_1_is_faster(seed: int) -> Measured:
    """Train with two learning rates."""
    return {name: _by_rate(seed)[name] for name in ("0.2", "1")}


@claim(
    says="After as many epochs the small batches are ahead, because they have made six "
    "times as many steps; after as many steps they are not.",
    changed="the rows in a batch, once with as many epochs and once with as many steps",
    measure="training loss",
    holds=lambda m: m["all, 60 steps"] <= m["32, 60 steps"] < m["all, 10 steps"],
)
def small_batches_make_more_steps(seed: int) -> Measured:
    """Train for 10 epochs in batches of 32 and of all rows, and for 60 steps."""
    rows, _, labels, _ = parts(seed)
    found = {}
    for name, size, epochs in [
        ("all, 10", 169, 10),
        ("32, 60", 32, 10),
        ("all, 60", 169, 60),
    ]:
        made = network(seed)
        made.fit(rows, labels, batch_size=size, epochs=epochs, verbose=0)
        found[f"{name} steps"] = loss(made, rows, labels)
    return found


@claim(
    says="Without scaling both learn little, Adam more than plain gradient descent. "
    "With scaling both learn the rows: the scaler helps more than the optimizer does.",
    changed="optimizer, and scaled inputs or not; the best of four rates each",
    measure="training loss after 60 steps",
    holds=lambda m: (
        max(m["scaled, SGD"], m["scaled, Adam"]) < 0.1
        and 0.35 < m["unscaled, Adam"] < m["unscaled, SGD"] - 0.03 < CHANCE
    ),
)
def scaling_helps_more_than_adam(seed: int) -> Measured:
    """Train with two optimizers on two kinds of inputs."""
    found = {}
    for name, scaled in (("scaled", True), ("unscaled", False)):
        rows, _, labels, _ = parts(seed, scaled=scaled)
        for optimizer in ("SGD", "Adam"):
            found[f"{name}, {optimizer}"] = min(
                loss(after(made, rows, labels, 60), rows, labels)
                for rate in (0.003, 0.01, 0.1, 1.0)
                for made in [network(seed, optimizer=optimizer, rate=rate)]
            )
    return found


# -- over-fitting and its cures


@claim(
    says="3,042 numbers can learn 169 patients by heart, even where there is no rule; "
    "a single neuron can't.",
    changed="the model; the labels are shuffled for both",
    measure="training loss",
    holds=lambda m: m["network, 600 steps"] < 0.1 and m["one neuron"] > 0.5,
)
def shuffled_labels_are_learned_by_heart(seed: int) -> Measured:
    """Train on labels that were shuffled."""
    rows, _, labels, _ = parts(seed)
    labels = np.random.default_rng(seed).permutation(labels)
    one = neuron(rows, labels).predict_proba(rows)
    made = after(network(seed), rows, labels, 600)
    return {
        "network, 600 steps": loss(made, rows, labels),
        "one neuron": float(log_loss(labels, one)),
    }


@cache
def _validated(seed: int, decay: float = 0.0, dropout: float = 0.0) -> NDArray:
    """Return the probability of disease of the validation rows after each epoch."""
    rows, validation, labels, _ = parts(seed)
    made = network(seed, decay=decay, dropout=dropout)
    return np.array(
        [disease(after(made, rows, labels, 1), validation) for _ in range(EPOCHS)]
    )


def _losses(seed: int, **cure: float) -> NDArray:
    """Return the validation loss after each epoch."""
    labels = parts(seed)[3]
    return np.array(
        [log_loss(labels, np.clip(p, 1e-7, 1)) for p in _validated(seed, **cure)]
    )


def _certainty_when_wrong(p: NDArray, labels: NDArray) -> float:
    wrong = (p > 0.5) != labels
    return float(np.maximum(p, 1 - p)[wrong].mean())


@claim(
    says="where the network is wrong, it gives the wrong answer a higher probability "
    "at the end than in its best epoch",
    changed="the epoch: that of the lowest validation loss, or the last of 200",
    measure="mean probability of the wrong answer, validation rows that are wrong",
    holds=lambda m: m["last epoch"] > m["best epoch"] + 0.05,
)
def over_fitting_is_false_certainty(seed: int) -> Measured:
    """Look at the wrong answers of one training at two epochs."""
    labels, p = parts(seed)[3], _validated(seed)
    best = int(np.argmin(_losses(seed)))
    return {
        "best epoch": _certainty_when_wrong(p[best], labels),
        "last epoch": _certainty_when_wrong(p[-1], labels),
    }


@claim(
    says="On the mean of five splits dropout delays the damage, and weight decay "
    "prevents it,",
    changed="the cure: none, dropout 0.5 or decay 0.1, for 200 epochs each",
    measure="mean validation loss of five splits, lowest and at the end",
    holds=lambda m: (
        m["none, lowest"] + 0.05 < m["none, end"]
        and m["dropout, lowest"] + 0.05 < m["dropout, end"] < m["none, end"]
        and m["decay, end"] < m["decay, lowest"] + 0.03
    ),
)
def decay_prevents_what_dropout_delays(seed: int) -> Measured:
    """Follow the validation loss of three networks on five splits."""
    found = {}
    cures = {"none": {}, "dropout": {"dropout": 0.5}, "decay": {"decay": 0.1}}
    for name, cure in cures.items():
        splits = range(5 * seed, 5 * seed + 5)
        losses = np.mean([_losses(split, **cure) for split in splits], axis=0)
        found[f"{name}, lowest"] = float(losses.min())
        found[f"{name}, end"] = float(losses[-1])
    return found


@claim(
    says="Cured, the network has about the loss of one neuron with a decay of its own.",
    changed="the model: the network with decay 0.1, or logistic regression with C 0.1",
    measure="validation loss",
    holds=lambda m: abs(m["network"] - m["one neuron"]) < 0.03,
)
def a_cured_network_is_level_with_a_neuron(seed: int) -> Measured:
    """Compare the decayed network with a decayed logistic regression."""
    rows, validation, labels, truth = parts(seed)
    one = neuron(rows, labels, C=0.1).predict_proba(validation)
    return {
        "network": float(_losses(seed, decay=0.1)[-1]),
        "one neuron": float(log_loss(truth, one)),
    }


# -- is it better than lesson 02?

OfModel = Callable[..., NDArray]  # setting, rows, others, seed -> probabilities
DECAYS, CS = (0.3, 0.1, 0.03, 0.01), (3, 1, 0.3, 0.1)


def _prepare() -> Any:
    numbers = ["age", "trestbps", "chol", "thalach", "oldpeak", "ca"]
    kinds = ["cp", "restecg", "slope", "thal"]
    encode = make_pipeline(
        SimpleImputer(strategy="most_frequent"),
        OneHotEncoder(handle_unknown="ignore", sparse_output=False),
    )
    number = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    return make_column_transformer(
        (number, numbers), (encode, kinds), ("passthrough", ["sex", "fbs", "exang"])
    )


def _folds(seed: int) -> list[tuple[NDArray, NDArray]]:
    cut = StratifiedKFold(5, shuffle=True, random_state=seed)
    return list(cut.split(*patients()))


@cache
def _untrained(inputs: int, decay: float, seed: int) -> tuple[Any, list[NDArray]]:
    made = network(seed, inputs=inputs, decay=decay)
    return made, made.get_weights()


def of_network(
    decay: float, rows: NDArray, others: NDArray, seed: int, **options: Any
) -> NDArray:
    """Return the probabilities of `others`, from a network that learned from `rows`."""
    X, y = patients()
    prepare = _prepare()
    columns = prepare.fit_transform(X.iloc[rows])
    made, start = _untrained(columns.shape[1], decay, seed)
    made.set_weights(start)
    after(made, columns, y[rows], 80, **options)
    return disease(made, prepare.transform(X.iloc[others]))


def of_logistic(C: float, rows: NDArray, others: NDArray, seed: int) -> NDArray:
    """Return the same from a logistic regression, for which nothing is drawn."""
    X, y = patients()
    model = make_pipeline(_prepare(), LogisticRegression(C=C, max_iter=1000))
    return model.fit(X.iloc[rows], y[rows]).predict_proba(X.iloc[others])[:, 1]


def _chosen(of_model: OfModel, settings: Sequence[float], seed: int) -> list[float]:
    """Return for each fold the best setting on three inner folds of its rows."""
    y, best = patients()[1], []
    for rows, _ in _folds(seed):
        inner = StratifiedKFold(3, shuffle=True, random_state=seed)
        cuts = [(rows[a], rows[b]) for a, b in inner.split(rows, y[rows])]
        losses = [
            np.mean([log_loss(y[b], of_model(each, a, b, seed)) for a, b in cuts])
            for each in settings
        ]
        best.append(settings[int(np.argmin(losses))])
    return best


def _out_of_fold(
    of_model: OfModel, settings: Sequence[float], seed: int, start: int, **options: Any
) -> NDArray:
    """Return each row's probability; `start` draws the weights, `seed` the folds."""
    p = np.empty(len(patients()[1]))
    for (rows, held_out), setting in zip(_folds(seed), settings, strict=True):
        p[held_out] = of_model(setting, rows, held_out, start, **options)
    return p


@cache
def _tuned(seed: int) -> dict[str, NDArray]:
    """Return out-of-fold probabilities: both models tuned alike, and without cure."""
    decays = _chosen(of_network, DECAYS, seed)
    tuned = _chosen(of_logistic, CS, seed)
    found = {"logistic regression, tuned": _out_of_fold(of_logistic, tuned, seed, seed)}
    for more in range(3):
        start = 100 * more + seed
        p = _out_of_fold(of_network, decays, seed, start)
        found[f"network, tuned, start {more}"] = p
        p = _out_of_fold(of_network, [0.0] * 5, seed, start)
        found[f"network, no cure, start {more}"] = p
    return found


def _accuracies(seed: int, p: NDArray) -> NDArray:
    """Return the accuracy in each fold."""
    y = patients()[1]
    return np.array([np.mean((p[rows] > 0.5) == y[rows]) for _, rows in _folds(seed)])


def _several(seed: int, name: str) -> NDArray:
    """Return the probabilities of three starts (3, n)."""
    return np.array([p for key, p in _tuned(seed).items() if key.startswith(name)])


@claim(
    says="Tuned in the same way, network and logistic regression rank the patients "
    "equally well, and a network without cure ranks them worse;",
    changed="the model; both choose among four decays on inner folds",
    measure="AP, mean of the five folds",
    holds=lambda m: (
        abs(m["network, tuned"] - m["logistic regression, tuned"]) < 0.02
        and m["network, no cure"] < m["network, tuned"]
    ),
)
def tuned_alike_they_rank_alike(seed: int) -> Measured:
    """Compare AP fold by fold: networks of two folds need not share a scale."""
    y = patients()[1]
    cuts = [held_out for _, held_out in _folds(seed)]
    names = ("logistic regression, tuned", "network, tuned", "network, no cure")
    return {
        name: np.mean(
            [
                average_precision_score(y[rows], p[rows])
                for p in _several(seed, name)
                for rows in cuts
            ]
        )
        for name in names
    }


@claim(
    says="On no folds that we tried is the network's gain in accuracy more than twice "
    "its luck.",
    changed="the model; both choose among four decays on inner folds",
    measure="gain in accuracy, and twice its standard error",
    holds=lambda m: m["gain"] < m["twice luck"],
)
def no_gain_beyond_luck(seed: int) -> Measured:
    """Compare accuracy fold by fold, with the mean of three starts."""
    starts = [_accuracies(seed, p) for p in _several(seed, "network, tuned")]
    other = _accuracies(seed, _tuned(seed)["logistic regression, tuned"])
    gain, luck, _ = compared(np.mean(starts, axis=0), other)
    return {"gain": gain, "twice luck": 2 * luck}


@claim(
    says="With decay the seeds hardly differ; without it they differ several times as "
    "much.",
    changed="weight decay, chosen or none",
    measure="mean distance between the probabilities of two starts",
    holds=lambda m: m["no cure"] > 3 * m["tuned"],
)
def decay_makes_seeds_agree(seed: int) -> Measured:
    """Compare networks that differ in their first weights only."""
    found = {}
    for name in ("tuned", "no cure"):
        a, b, c = _several(seed, f"network, {name}")
        found[name] = float(np.mean([abs(a - b), abs(b - c), abs(a - c)]))
    return found


@claim(
    says="The accuracy of the tuned network scatters far more over the folds than over "
    "the seeds:",
    changed="the fold, or the seed",
    measure="sd of accuracy",
    holds=lambda m: m["over folds"] > 3 * m["over starts"],
)
def folds_scatter_more_than_seeds(seed: int) -> Measured:
    """Compare two kinds of spread in the same 15 accuracies."""
    every = np.array([_accuracies(seed, p) for p in _several(seed, "network, tuned")])
    return {
        "over folds": every.std(axis=1, ddof=1).mean(),
        "over starts": every.std(axis=0, ddof=1).mean(),
    }


@claim(
    says="Both ways make the costs much smaller, and the cut alone does it as well as "
    "the weights, without a new training.",
    changed="class weights of ten to one in training, or the cut",
    measure="cost of 10 for a miss and 1 for a false alarm",
    holds=lambda m: (
        m["class weights, cut at 0.5"] < 0.8 * m["cut at 0.5"]
        and m["cut at 1/11"] < 1.1 * m["class weights, cut at 0.5"]
    ),
)
def a_cut_does_what_class_weights_do(seed: int) -> Measured:
    """Compare costs out of fold."""
    y = patients()[1]
    p = _out_of_fold(of_network, [0.1] * 5, seed, seed)
    weights = {0: 2 / 11, 1: 20 / 11}
    weighted = _out_of_fold(of_network, [0.1] * 5, seed, seed, class_weight=weights)
    alarms = {
        "cut at 0.5": p > 0.5,
        "class weights, cut at 0.5": weighted > 0.5,
        "cut at 1/11": p > 1 / 11,
    }
    return {
        name: float(10 * np.sum(y[~alarm]) + np.sum(1 - y[alarm]))
        for name, alarm in alarms.items()
    }


# -- letters


@claim(
    says="The first three components hold about half of the variance of the letters.",
    changed="the number of principal components",
    measure="share of the variance",
    holds=lambda m: 0.45 <= m["3 components"] <= 0.55,
    seeds=(0,),
)
def three_components_of_the_letters(seed: int) -> Measured:
    """Look at all rows, as the picture does."""
    letter = load("krm_letter")
    shares = PCA().fit(StandardScaler().fit_transform(letter.X))
    held = shares.explained_variance_ratio_.cumsum()
    return {f"{count} components": held[count - 1] for count in (1, 3, 10)}


@claim(
    says="In this view, of the five nearest neighbours of an anomaly 9 % are "
    "anomalies, where blindly drawn rows would give 6 %; in all 32 columns 20 % are",
    changed="the columns that neighbours are looked for in",
    measure="share of anomalies among the five nearest neighbours of an anomaly",
    holds=lambda m: m["drawn blindly"] < m["3 components"] < m["32 columns"] / 1.5,
    seeds=(0,),
)
def letters_hide_in_three_dimensions(seed: int) -> Measured:
    """Count neighbours in three components and in all columns."""
    letter = load("krm_letter")
    rows = StandardScaler().fit_transform(letter.X)
    found = {"drawn blindly": letter.y.mean()}
    views = {"3 components": PCA(3).fit_transform(rows), "32 columns": rows}
    for name, view in views.items():
        search = NearestNeighbors(n_neighbors=6).fit(view)
        near = search.kneighbors(view[letter.y == 1], return_distance=False)[:, 1:]
        found[name] = letter.y[near].mean()
    return found
