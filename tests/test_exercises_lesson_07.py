"""Lesson 07: right answers in unusual forms, and wrong ones beside those it lists."""

from functools import cache, partial
from itertools import combinations

import keras
import numpy as np
import pandas as pd
import pytest
from scipy.stats import trim_mean
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from helpers.detectors.autoencoders import AutoencoderDetector, VAEDetector
from helpers.detectors.classical import PCADetector
from helpers.exercises import check
from helpers.exercises.answers import alike
from helpers.exercises.declared import find
from helpers.exercises.draws import generator
from helpers.exercises.engine import ask_drawn
from helpers.exercises.lesson_07 import _OWN_LAYERS, _behaviour, _rows_to_blame
from helpers.thresholds import oracle_threshold, quantile_threshold

COULD_NOT = "could not check"
KEYS = (b"a", b"b", b"c")
MANY_KEYS = [bytes([number]) for number in range(30)]


def found(number, *answers):
    outcome = check(number, *answers)
    return outcome.diagnosis or outcome.status


def under_keys(number, answer):
    """Return what is said of an answer under several keys, each once."""
    outcomes = [ask_drawn(find(number), answer, key) for key in KEYS]
    return {outcome.diagnosis or outcome.status for outcome in outcomes}


def row_by_row(X, rebuilt, scale):
    errors = []
    for row, again in zip(X, rebuilt, strict=True):
        errors.append(sum(((row - again) / scale) ** 2) / len(row))
    return errors


def errors_in_place(X, rebuilt, scale):
    X -= rebuilt
    X /= scale
    return np.square(X).mean(axis=1)


def right_errors(x, z, s):
    return np.square((x - z) / s).mean(axis=1)


@pytest.mark.parametrize(
    ("row_errors", "outcome"),
    [
        (row_by_row, "correct"),
        (lambda x, z, s: pd.DataFrame((x - z) / s).pow(2).mean(axis=1), "correct"),
        (lambda x, z, s: np.square((z - x) / s).mean(axis=1, keepdims=True), "correct"),
        (lambda x, z, s: np.square(x / s - z / s).mean(axis=1), "correct"),
        (lambda x, z, s: (np.square(x - z) / s**2).sum(axis=1) / x.shape[1], "correct"),
        (lambda x, z, s: right_errors(*(np.float32(a) for a in (x, z, s))), "correct"),
        (lambda x, z, s: tuple(right_errors(x, z, s)), "correct"),
        (lambda x, z, s: (error for error in right_errors(x, z, s)), "correct"),
        (lambda x, z, s: np.linalg.norm((x - z) / s, axis=1) ** 2 / len(s), "correct"),
        (errors_in_place, "changed its input"),
        (lambda x, z, s: -right_errors(x, z, s), "other"),
        (lambda x, z, s: np.sort(right_errors(x, z, s)), "other"),
        (lambda x, z, s: right_errors(x, z, s)[::-1], "other"),
        (lambda x, z, s: np.square((x - z) / s).max(axis=1), "other"),
        (lambda x, z, s: np.median(np.square((x - z) / s), axis=1), "other"),
        (lambda x, z, s: np.square((x - z) * s).mean(axis=1), "other"),
        (lambda x, z, s: np.square((x - z) / s.mean()).mean(axis=1), "other"),
        (lambda x, z, s: np.square((x - z) / s).mean(axis=1) / 2, "other"),
        (lambda x, z, s: right_errors(x, z, s).round(1), "other"),
        (lambda x, z, s: np.square(x - z).mean(), "other"),
        (lambda x, z, s: np.square((x - z) / s).sum(axis=0) / 3, "other"),
        (lambda x, z, s: (z - x).mean(axis=1), "other"),
        (lambda x, z, s: [str(error) for error in right_errors(x, z, s)], COULD_NOT),
        (lambda x, z, s: None, "not attempted"),
        (lambda x, z: x - z, COULD_NOT),
        (lambda x, z, s: "none", COULD_NOT),
        (3.0, COULD_NOT),
    ],
)
def test_errors_of_rows(row_errors, outcome):
    assert under_keys("7.1", lambda given: (row_errors,)) == {outcome}


random = np.random.default_rng(0)
X_TRAIN = pd.DataFrame(random.normal(size=(300, 6)) @ random.normal(size=(6, 6)))
X_TEST = X_TRAIN + random.normal(size=(300, 6))
Y_TRAIN = (np.arange(300) % 10 == 0).astype(int)
X_TRAIN[Y_TRAIN == 1] += 9
X_TEST[Y_TRAIN == 1] += 30
NORMAL = X_TRAIN[Y_TRAIN == 0]


def untrained(*hidden, kind=AutoencoderDetector, **options):
    options = {"scaling": "minmax", "epochs": 2, "random_state": 0} | options
    return kind(hidden_layers=hidden or (4, 2), **options)


def scaled(scaler, seen, rows):
    return scaler.fit(seen.to_numpy()).transform(rows.to_numpy())


@cache
def detectors():
    """Real networks, as learners hand them over in the lesson."""
    every = pd.concat([X_TRAIN, X_TEST])
    odd = pd.concat([NORMAL, X_TRAIN[Y_TRAIN == 1][:2]])
    return {
        "array": untrained().fit(NORMAL.to_numpy()),
        "of the rows most": untrained(scaling="standard").fit(NORMAL[:200]),
        "variational": untrained(kind=VAEDetector).fit(NORMAL),
        "in portions": untrained().fit(NORMAL[:150]).partial_fit(NORMAL[150:]),
        "all rows, then normal": untrained().fit(X_TRAIN).partial_fit(NORMAL),
        "normal and two anomalies": untrained().fit(odd),
        "normal and two of the test": untrained().fit(pd.concat([NORMAL, X_TEST[1:3]])),
        "all rows": untrained().fit(X_TRAIN.to_numpy(), Y_TRAIN),
        "anomalies": untrained().fit(X_TRAIN[Y_TRAIN == 1]),
        "half of all": untrained().fit(X_TRAIN[:150]),
        "wide": untrained(16, 6).fit(NORMAL),
        "scaler of all": untrained().fit(scaled(StandardScaler(), X_TRAIN, NORMAL)),
        "scaler of everything": untrained().fit(scaled(MinMaxScaler(), every, NORMAL)),
        "all rows, scaled": untrained().fit(scaled(MinMaxScaler(), X_TRAIN, X_TRAIN)),
        "invented": untrained().fit(random.normal(size=(270, 6))),
        "with label": untrained().fit(NORMAL.assign(y=0.0)),
        "PCA": PCADetector(n_components=2).fit(NORMAL),
        "two rows again and again": untrained().fit(NORMAL.to_numpy()[Y_TRAIN]),
        "normal, then anomalies": untrained()
        .fit(NORMAL)
        .partial_fit(X_TRAIN[Y_TRAIN == 1]),
        "class": AutoencoderDetector,
        "words": "autoencoder(2)",
    }


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("array", "correct"),
        ("of the rows most", "correct"),
        ("variational", "correct"),
        ("in portions", "correct"),
        ("all rows, then normal", "trained on other rows first"),
        ("normal and two anomalies", "trained on anomalies too"),
        ("normal and two of the test", "trained on test rows"),
        ("all rows", "trained on anomalies too"),
        ("half of all", "trained on anomalies too"),
        ("all rows, scaled", "trained on anomalies too"),
        ("anomalies", "inverted label"),
        ("two rows again and again", "few rows"),
        ("normal, then anomalies", "trained on anomalies too"),
        ("wide", "code as wide as the input"),
        ("scaler of all", "scaler fitted on everything"),
        ("scaler of everything", "scaler fitted on everything"),
        ("invented", "other rows"),
        ("with label", "other features"),
        ("PCA", COULD_NOT),
        ("class", COULD_NOT),
        ("words", COULD_NOT),
    ],
)
def test_who_may_teach(name, outcome):
    assert found("7.2", detectors()[name], X_TRAIN, Y_TRAIN, X_TEST) == outcome


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (lambda a, X, y: a(6, seed=3).fit(X.to_numpy()[y == 0]), "correct"),
        (lambda a, X, y: a(2).set_params(epochs=5).fit(X.loc[y < 1]), "correct"),
        (
            lambda a, X, y: a(12).fit(X[y == 0].sample(frac=1, random_state=0)),
            "correct",
        ),
        (lambda a, X, y: a(6).partial_fit(X[~y.astype(bool)]), "correct"),
        (lambda a, X, y: a(6).fit(pd.concat([X[y == 0]] * 2)), "correct"),
        (lambda a, X, y: a(6).fit(X[:-50]), "trained on anomalies too"),
        (lambda a, X, y: a(6).fit(pd.concat([X[y == 0][:9]] * 20)), "few rows"),
        (lambda a, X, y: a(6).fit(X[y == 0] / 100), "other rows"),
        (lambda a, X, y: a(6).fit(X.iloc[:, :30][y == 0]), "other features"),
        (lambda a, X, y: a(50).fit(X[y == 0]), "code as wide as the input"),
        (lambda a, X, y: a, COULD_NOT),
    ],
)
def test_who_may_teach_where_data_are_drawn(answer, outcome):
    def by_name(given):
        return (answer(given["autoencoder"], given["X_train"], given["y_train"]),)

    assert under_keys("7.2", by_name) == {outcome}


def test_a_code_that_is_hardly_narrower_is_no_cause_for_praise():
    outcome = check("7.2", untrained(5).fit(NORMAL), X_TRAIN, Y_TRAIN, X_TEST)
    assert outcome.status == "correct"
    assert "leaves out little" in outcome.message


def test_rows_that_were_scaled_before_are_seen():
    for scaler in (MinMaxScaler(), StandardScaler()):
        rows = scaler.fit_transform(X_TRAIN)
        detector = untrained().fit(rows[Y_TRAIN == 0])
        outcome = found("7.2", detector, rows, Y_TRAIN, scaler.transform(X_TEST))
        assert outcome == "scaler fitted on everything"


@pytest.mark.parametrize(
    ("X_train", "y_train"),
    [
        (NORMAL, Y_TRAIN),
        (NORMAL, Y_TRAIN[Y_TRAIN == 0]),
        (X_TRAIN, 1 - Y_TRAIN),
    ],
)
def test_rows_or_labels_that_were_overwritten_are_named(X_train, y_train):
    outcome = check("7.2", detectors()["array"], X_train, y_train, X_TEST)
    assert outcome.status == COULD_NOT
    assert "Run the cell that makes them again" in outcome.message


@pytest.mark.parametrize(
    ("rule", "outcome"),
    [
        (lambda t, h, e, y: quantile_threshold(h, 0.01), "correct"),
        (lambda t, h, e, y: np.float32(np.percentile(h, 99)), "correct"),
        (lambda t, h, e, y: [np.quantile(h, 0.99)], "correct"),
        (
            lambda t, h, e, y: np.sort(h)[int(np.ceil((len(h) + 1) * 0.99)) - 1],
            "correct",
        ),
        (lambda t, h, e, y: np.sort(h)[-7], "threshold"),  # of 634 rows
        (
            lambda t, h, e, y: np.quantile(np.r_[t, h, e[y == 0]], 0.99),
            "threshold on test labels",
        ),
        (
            lambda t, h, e, y: np.quantile(np.r_[h, e[y == 0]], 0.99),
            "threshold on test labels",
        ),
        (lambda t, h, e, y: np.quantile(np.r_[t, h, e], 0.99), "threshold"),
        (
            lambda t, h, e, y: np.median(h) + 4.4 * np.median(abs(h - np.median(h))),
            "threshold",
        ),
        (
            lambda t, h, e, y: 2.5 * np.quantile(h, 0.75) - 1.5 * np.quantile(h, 0.25),
            "threshold",
        ),
        (lambda t, h, e, y: h.mean() + 2.326 * h.std(), "threshold"),
        (lambda t, h, e, y: sorted(h)[-round(len(h) / 100) - 1], "correct"),
        (lambda t, h, e, y: pd.Series(h).quantile(0.99), "correct"),
        (lambda t, h, e, y: float(f"{np.quantile(h, 0.99):.3g}"), "correct"),
        (lambda t, h, e, y: np.quantile(h, 0.9895), "correct"),
        (lambda t, h, e, y: e[y == 1].min(), "threshold on test rows"),
        (lambda t, h, e, y: e.max(), "threshold on test rows"),
        (lambda t, h, e, y: oracle_threshold(y, e), "threshold on test labels"),
        (lambda t, h, e, y: np.quantile(h, 0.9), "threshold"),
        (lambda t, h, e, y: np.quantile(h, 0.999), "threshold"),
        (lambda t, h, e, y: h.mean(), "threshold"),
        (lambda t, h, e, y: 2 * h.max(), "no alarm at all"),
        (lambda t, h, e, y: -1, "threshold"),
        (lambda t, h, e, y: h, COULD_NOT),
        (lambda t, h, e, y: "0.03", COULD_NOT),
        (lambda t, h, e, y: np.nan, COULD_NOT),
    ],
)
def test_a_promise_kept(rule, outcome):
    assert under_keys("7.3", lambda given: (rule(*given.values()),)) == {outcome}


def usual(normal_errors):
    return normal_errors.mean(axis=0)


def blame_in_place(errors, normal_errors):
    errors /= usual(normal_errors)
    return errors.argmax()


def blame_by_loop(errors, normal_errors):
    best, where = 0, 0
    for j in range(len(errors)):
        multiple = errors[j] / (sum(normal_errors[:, j]) / len(normal_errors))
        if multiple > best:
            best, where = multiple, j
    return where


@pytest.mark.parametrize(
    ("blame", "outcome"),
    [
        (lambda e, n: int(np.argmax(e / usual(n))), "correct"),
        (blame_by_loop, "correct"),
        (lambda e, n: pd.Series(e / usual(n)).idxmax(), "correct"),
        (lambda e, n: np.argsort(e / usual(n))[-1:], "correct"),
        (lambda e, n: np.uint8(list(e / usual(n)).index(max(e / usual(n)))), "correct"),
        (lambda e, n: (n / e).mean(axis=0).argmin(), "correct"),
        (lambda e, n: (np.log(e) - np.log(usual(n))).argmax(), "correct"),
        (lambda e, n: ((e - usual(n)) / usual(n)).argmax(), "correct"),
        (lambda e, n: np.sqrt(e / n.sum(axis=0)).argmax(), "correct"),
        (lambda e, n: float((e / usual(n)).argmax()), "correct"),
        (blame_in_place, "changed its input"),
        (lambda e, n: np.argmax(e / n.sum()), "largest error"),
        (lambda e, n: np.argmin(e / usual(n)), "upside down"),
        (lambda e, n: (e / usual(n)).argmax() - len(e), "other"),
        (lambda e, n: 0, "other"),
        (lambda e, n: e / usual(n), COULD_NOT),
        (lambda e, n: "feature 2", COULD_NOT),
        (2, COULD_NOT),
    ],
)
def test_who_is_to_blame(blame, outcome):
    assert under_keys("7.4", lambda given: (blame,)) == {outcome}


@pytest.mark.parametrize(
    "blame",
    [
        lambda e, n: (e / n.min(axis=0)).argmax(),
        lambda e, n: ((e - np.median(n, axis=0)) / n.std(axis=0)).argmax(),
        lambda e, n: (e > n).sum(axis=0).argmax(),
        *(partial(lambda e, n, q: (e / np.quantile(n, q, axis=0)).argmax(), q=q)
          for q in (0.1, 0.25, 0.75, 0.9, 0.95)),
        lambda e, n: (e / np.sqrt((n**2).mean(axis=0))).argmax(),
        lambda e, n: (np.sqrt(e) / np.sqrt(n).mean(axis=0)).argmax(),
        lambda e, n: (e / trim_mean(n, 0.1)).argmax(),
        lambda e, n: (e / n[1:].mean(axis=0)).argmax(),
        lambda e, n: (e**2 / usual(n)).argmax(),
        lambda e, n: (e / (1 + usual(n))).argmax(),
    ],
)  # fmt: skip
def test_another_measure_of_what_is_usual_is_refused(blame):
    for key in MANY_KEYS:
        outcome = ask_drawn(find("7.4"), lambda given: (blame,), key)
        assert outcome.status == "wrong"


def test_rows_that_tell_the_ideas_apart_are_found_under_every_key():
    for number in range(200):
        assert _rows_to_blame(np.random.default_rng(number))


@pytest.mark.parametrize(
    ("counts", "outcome"),
    [
        ((28, 11, 43), "correct"),
        ((np.int64(28), 11.0, np.float32(43)), "correct"),
        (([28], 11, np.array([43])), "correct"),
        ((51, 79, 20), "read as printed"),
        ((15, 24, 56), "read as printed"),
        ((28, 11, 42.92), "not whole rows"),
        ((0.72, 0.28, 0.61), "shares"),
        ((28, 11, 11), "does not add up"),
        ((30, 9, 41), "counts"),
        ((39, 0, 32), "counts"),
        ((0, 39, 71), "counts"),
        ((1e308, 1e308, 1e308), "does not add up"),
        (("28", 11, 43), COULD_NOT),
    ],
)
def test_the_published_report(counts, outcome):
    assert found("7.5", *counts) == outcome


def dense(units, activation=None):
    return keras.layers.Dense(units, activation=activation)


def functional(features, code):
    inputs = keras.Input((features,))
    coded = dense(code)(dense(128, "relu")(inputs))
    return keras.Model(inputs, dense(features, "sigmoid")(dense(128, "relu")(coded)))


def in_two_halves(features, code):
    encoder = keras.Sequential(
        [keras.Input((features,)), dense(128, "relu"), dense(code, "linear")]
    )
    decoder = keras.Sequential(
        [keras.Input((code,)), dense(128, "relu"), dense(features, "sigmoid")]
    )
    network = keras.Sequential([encoder, decoder])
    network.compile(optimizer="adam", loss="mse")
    network.fit(np.zeros((4, features)), np.zeros((4, features)), verbose=0)
    return network


def without_input(features, code):
    return keras.Sequential(
        [dense(128, keras.ops.relu), dense(code), dense(128, "relu"),
         dense(features), keras.layers.Activation("sigmoid")]
    )  # fmt: skip


def narrower(features, code):
    return keras.Sequential(
        [keras.Input((features,)), dense(64, "relu"), dense(code), dense(64, "relu"),
         dense(features, "sigmoid")]
    )  # fmt: skip


def with_dropout(features, code):
    layers = functional(features, code).layers
    return keras.Sequential([*layers[:2], keras.layers.Dropout(0.2), *layers[2:]])


def one_side_linear(features, code):
    return keras.Sequential(
        [keras.Input((features,)), dense(128, "relu"), dense(code), dense(128),
         dense(features, "sigmoid")]
    )  # fmt: skip


@pytest.mark.parametrize(
    ("build", "outcome"),
    [
        (functional, "correct"),
        (in_two_halves, "correct"),
        (without_input, "correct"),
        (narrower, "other"),
        (one_side_linear, "other"),
        (with_dropout, "other"),
        (lambda features, code: keras.Sequential(), COULD_NOT),
        (lambda features, code: functional(64, 8), "fixed sizes"),
        (lambda features, code: functional, COULD_NOT),
        (lambda features, code: keras.Sequential, COULD_NOT),
        (lambda features, code: dense(8), COULD_NOT),
    ],
)
def test_layers_of_ones_own(build, outcome):
    assert under_keys("7.6", lambda given: (build(**given),)) == {outcome}


@pytest.mark.parametrize("features", [9, 12, 20, 64])
@pytest.mark.parametrize("code", [2, 3, 4, 8])
def test_no_listed_network_is_taken_for_another_at_any_size(features, code):
    behaviours = [
        _behaviour(build(features, code), features)
        for build in [functional, *(mistake.function for mistake in _OWN_LAYERS[:-1])]
    ]
    for one, other in combinations(behaviours, 2):
        assert not alike(one, other, tolerance=1e-4)


def test_what_is_wrong_with_a_network_of_the_right_sizes_is_said():
    linear = check("7.6", one_side_linear(64, 8), 64, 8).message
    assert "look at the activations" in linear
    assert "dropout" in check("7.6", with_dropout(64, 8), 64, 8).message
    assert "(64,)" in check("7.6", narrower(64, 8), 64, 8).message


def test_a_trained_network_keeps_its_weights():
    network = functional(64, 8)
    before = network.get_weights()
    assert found("7.6", network, 64, 8) == "correct"
    pairs = zip(before, network.get_weights(), strict=True)
    assert all(np.array_equal(*pair) for pair in pairs)


def test_no_draw_repeats_another():
    for number in ("7.2", "7.3"):
        first, second = (
            find(number).given_by(generator(number, key)) for key in KEYS[:2]
        )
        for name, value in first.items():
            if not callable(value):
                assert not np.array_equal(value, second[name])
