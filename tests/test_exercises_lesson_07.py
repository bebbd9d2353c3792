"""Lesson 07: right answers in unusual forms, and wrong ones beside those it lists."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from helpers.detectors.autoencoders import AutoencoderDetector, VAEDetector
from helpers.detectors.classical import PCADetector
from helpers.exercises import check
from helpers.thresholds import oracle_threshold, quantile_threshold

COULD_NOT = "could not check"


def found(number, *answers):
    outcome = check(number, *answers)
    return outcome.diagnosis or outcome.status


def row_by_row(X, rebuilt, scale):
    errors = []
    for row, again in zip(X, rebuilt, strict=True):
        errors.append(sum(((row - again) / scale) ** 2) / len(row))
    return errors


def errors_in_place(X, rebuilt, scale):
    X -= rebuilt
    X /= scale
    return np.square(X).mean(axis=1)


def errors_of_three_features(X, rebuilt, scale):
    return [
        sum(((X[row, j] - rebuilt[row, j]) / scale[j]) ** 2 for j in range(3)) / 3
        for row in range(len(X))
    ]


def right_errors(x, z, s):
    return np.square((x - z) / s).mean(axis=1)


@pytest.mark.parametrize(
    ("row_errors", "outcome"),
    [
        (row_by_row, "correct"),
        (lambda x, z, s: pd.DataFrame((x - z) / s).pow(2).mean(axis=1), "correct"),
        (lambda x, z, s: np.square((z - x) / s).mean(axis=1, keepdims=True), "correct"),
        (lambda x, z, s: np.square((x - z) / s).mean(axis=1).astype("float32"),
         "correct"),
        (lambda x, z, s: right_errors(x, z, s).astype("float16"), "correct"),
        (lambda x, z, s: tuple(right_errors(x, z, s)), "correct"),
        (errors_in_place, "changed its input"),
        (errors_of_three_features, COULD_NOT),
        (lambda x, z, s: np.square((x - z) / s).sum(axis=1) / 3,
         "three features only"),
        (lambda x, z, s: np.square((x - z) / s).sum(axis=1) / len(x),
         "divided by the number of rows"),
        (lambda x, z, s: -right_errors(x, z, s), "negated"),
        (lambda x, z, s: np.sort(right_errors(x, z, s)), "sorted"),
        (lambda x, z, s: right_errors(x, z, s)[::-1], "row errors"),
        (lambda x, z, s: (error for error in right_errors(x, z, s)), COULD_NOT),
        (lambda x, z, s: [str(error) for error in right_errors(x, z, s)], COULD_NOT),
        (lambda x, z, s: np.abs((x - z) / s).mean(axis=1), "absolute error"),
        (lambda x, z, s: np.square((x - z) / s).sum(axis=1), "sum"),
        (lambda x, z, s: np.sqrt(right_errors(x, z, s)), "root"),
        (lambda x, z, s: np.square((x - z) / s).max(axis=1), "worst feature"),
        (lambda x, z, s: np.square((x - z) / s), "no mean yet"),
        (lambda x, z, s: ((x - z) / s).mean(axis=1) ** 2, "squared too late"),
        (lambda x, z, s: np.square((x - z) * s).mean(axis=1),
         "multiplied by the scale"),
        (lambda x, z, s: np.square((x - z) / s.mean()).mean(axis=1),
         "one scale for all features"),
        (lambda x, z, s: np.square((x - z) / s).sum(axis=0) / 3, "shape"),
        (lambda x, z, s: np.square(x - z).mean(), "one number for all rows"),
        (lambda x, z, s: (z - x).mean(axis=1), "signed error"),
        (lambda x, z, s: np.square((x - z) / s).mean(axis=1) / 2, "row errors"),
        (lambda x, z, s: None, "not attempted"),
        (lambda x, z: x - z, COULD_NOT),
        (lambda x, z, s: "none", COULD_NOT),
        (3.0, COULD_NOT),
    ],
)  # fmt: skip
def test_errors_of_rows(row_errors, outcome):
    assert found("7.1", row_errors) == outcome


def test_a_row_that_is_named_is_one_whose_error_is_wrong():
    def first_alone(X, rebuilt, scale):
        return np.r_[right_errors(X, rebuilt, scale)[:1], np.zeros(len(X) - 1)]

    assert "[131, 0.9, 52]" in check("7.1", first_alone).message


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
    every = pd.concat([X_TRAIN, X_TEST])
    renamed = X_TRAIN.to_numpy()
    return {
        "as asked": untrained().fit(NORMAL),
        "array": untrained().fit(NORMAL.to_numpy()),
        "of the rows most": untrained(scaling="standard").fit(NORMAL[:200]),
        "variational": untrained(kind=VAEDetector).fit(NORMAL),
        "with a linear code": untrained(3).fit(NORMAL),
        "all rows": untrained().fit(renamed, Y_TRAIN),
        "in portions": untrained().fit(NORMAL[:150]).partial_fit(NORMAL[150:]),
        "all rows, then normal": untrained().fit(X_TRAIN).partial_fit(NORMAL),
        "normal and two anomalies": untrained().fit(
            pd.concat([NORMAL, X_TRAIN[Y_TRAIN == 1][:2]])
        ),
        "normal and two of the test": untrained().fit(pd.concat([NORMAL, X_TEST[1:3]])),
        "anomalies": untrained().fit(X_TRAIN[Y_TRAIN == 1]),
        "test": untrained().fit(X_TEST),
        "everything": untrained().fit(every),
        "half of all": untrained().fit(X_TRAIN[:150]),
        "wide": untrained(16, 6).fit(NORMAL),
        "untrained": untrained(),
        "scaler of all": untrained().fit(scaled(StandardScaler(), X_TRAIN, NORMAL)),
        "scaler of everything": untrained().fit(scaled(MinMaxScaler(), every, NORMAL)),
        "all rows, scaled": untrained().fit(scaled(MinMaxScaler(), X_TRAIN, X_TRAIN)),
        "scaled twice": untrained().fit(scaled(StandardScaler(), NORMAL, NORMAL)),
        "few": untrained().fit(NORMAL[:40]),
        "invented": untrained().fit(random.normal(size=(270, 6))),
        "with label": untrained().fit(NORMAL.assign(y=0.0)),
        "PCA": PCADetector(n_components=2).fit(NORMAL),
        "class": AutoencoderDetector,
        "words": "autoencoder(2)",
    }


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("as asked", "correct"),
        ("array", "correct"),
        ("of the rows most", "correct"),
        ("variational", "correct"),
        ("with a linear code", "correct"),
        ("in portions", "correct"),
        ("all rows, then normal", "trained on other rows first"),
        ("normal and two anomalies", "trained on anomalies too"),
        ("normal and two of the test", "trained on test rows"),
        ("all rows", "trained on anomalies too"),
        ("half of all", "trained on anomalies too"),
        ("all rows, scaled", "trained on anomalies too"),
        ("anomalies", "inverted label"),
        ("test", "trained on test rows"),
        ("everything", "trained on test rows"),
        ("wide", "code as wide as the input"),
        ("untrained", "not fitted"),
        ("scaler of all", "scaler fitted on everything"),
        ("scaler of everything", "scaler fitted on everything"),
        ("scaled twice", "scaled twice"),
        ("few", "few rows"),
        ("invented", "other rows"),
        ("with label", "other features"),
        ("PCA", COULD_NOT),
        ("class", COULD_NOT),
        ("words", COULD_NOT),
    ],
)
def test_who_may_teach(name, outcome):
    assert found("7.2", detectors()[name], X_TRAIN, Y_TRAIN, X_TEST) == outcome


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
    outcome = check("7.2", detectors()["as asked"], X_train, y_train, X_TEST)
    assert outcome.status == COULD_NOT
    assert "Run the cell that makes them again" in outcome.message


TRAINING = random.gamma(4, 0.003, 1900)
HELD_OUT = random.gamma(4, 0.0034, 634)
Y_TEST = (np.arange(2600) % 40 == 0).astype(int)
TEST = random.gamma(4, 0.0034, 2600) + 0.04 * Y_TEST


@pytest.mark.parametrize(
    ("threshold", "outcome"),
    [
        (quantile_threshold(HELD_OUT, 0.01), "correct"),
        (np.quantile(HELD_OUT, 0.99), "correct"),
        (np.float32(np.percentile(HELD_OUT, 99)), "correct"),
        (np.sort(HELD_OUT)[-7], "correct"),
        (quantile_threshold(TRAINING, 0.01), "threshold on training rows"),
        (oracle_threshold(Y_TEST, TEST, metric="f2"), "threshold on test labels"),
        (np.quantile(TEST[Y_TEST == 0], 0.99), "threshold on test labels"),
        (np.quantile(TEST, 1 - Y_TEST.mean()), "threshold on test labels"),
        (TEST[Y_TEST == 1].min(), "threshold on test rows"),
        (TEST.max(), "threshold on test rows"),
        (np.quantile(np.r_[TRAINING, HELD_OUT], 0.99), "threshold on training rows"),
        (6, "no alarm at all"),
        (np.quantile(TEST, 0.99), "anomalies among the normal"),
        (np.quantile(np.r_[TRAINING, TEST], 0.99), "anomalies among the normal"),
        (np.percentile(HELD_OUT, 0.99), "percentile"),
        (np.quantile(HELD_OUT, 0.01), "the other tail"),
        (np.quantile(HELD_OUT, 0.95), "another share"),
        (HELD_OUT.mean() + 2 * HELD_OUT.std(ddof=1), "another rule"),
        (HELD_OUT.max(), "no alarm at all"),
        (0.99, "share, not error"),
        (HELD_OUT.mean(), "threshold"),
        (1e9, "no alarm at all"),
        (HELD_OUT, COULD_NOT),
        ("0.03", COULD_NOT),
        (np.nan, COULD_NOT),
    ],
)
def test_a_promise_kept(threshold, outcome):
    assert found("7.3", threshold, TRAINING, HELD_OUT, (Y_TEST, TEST)) == outcome


def usual(normal_errors):
    return normal_errors.mean(axis=0)


def blame_in_place(errors, normal_errors):
    errors /= usual(normal_errors)
    return errors.argmax()


@pytest.mark.parametrize(
    ("blame", "outcome"),
    [
        (lambda e, n: int(np.argmax(e / usual(n))), "correct"),
        (lambda e, n: np.argsort(e / np.median(n, axis=0))[-1], "correct"),
        (lambda e, n: np.argmax((e - usual(n)) / n.std(axis=0)), "correct"),
        (lambda e, n: pd.Series(e / usual(n)).idxmax(), "correct"),
        (lambda e, n: np.uint8(list(e / usual(n)).index(max(e / usual(n)))), "correct"),
        (lambda e, n: (n / e).mean(axis=0).argmin(), "correct"),
        (blame_in_place, "changed its input"),
        (lambda e, n: (e / n.max(axis=0)).argmax(), "compared with the worst"),
        (lambda e, n: (e / n.std(axis=0)).argmax(), "compared with the spread"),
        (lambda e, n: (e / n[0]).argmax(), "compared with one row"),
        (lambda e, n: (e / n).mean(axis=0).argmax(), "one row decides"),
        (lambda e, n: (e / n.min(axis=0)).argmax(), "one row decides"),
        (lambda e, n: (np.sqrt(e) / usual(n)).argmax(), "root of one side"),
        (lambda e, n: e.argmax(), "largest error"),
        (lambda e, n: np.argmax(e / n.sum()), "largest error"),
        (lambda e, n: np.argmin(e / usual(n)), "upside down"),
        (lambda e, n: np.argmax(e / usual(n)) + 1, "counted from one"),
        (lambda e, n: (e / usual(n)).max(), "multiple, not position"),
        (lambda e, n: usual(n).argmax(), "the row had no say"),
        (lambda e, n: (e * usual(n)).argmax(), "multiplied"),
        (lambda e, n: (e - usual(n)).argmax(), "difference, not multiple"),
        (lambda e, n: (e / n.mean(axis=1)).argmax(), "mean over the features"),
        (lambda e, n: 0, "blame"),
        (lambda e, n: -1, "blame"),
        (lambda e, n: e / usual(n), COULD_NOT),
        (lambda e, n: "feature 2", COULD_NOT),
        (2, COULD_NOT),
    ],
)
def test_who_is_to_blame(blame, outcome):
    assert found("7.4", blame) == outcome


@pytest.mark.parametrize(
    ("counts", "outcome"),
    [
        ((28, 11, 43), "correct"),
        ((np.int64(28), 11.0, np.float32(43)), "correct"),
        ((51, 80, 20), "read as printed"),
        ((51, 79, 20), "read as printed"),
        ((15, 24, 56), "read as printed"),
        ((28, 43, 11), "arguments still swapped"),
        ((0.39, 0.28, 0.61), "shares"),
        ((28.08, 10.92, 42.92), "not whole rows"),
        ((28, 39, 43), "does not add up"),
        ((28, 11, 11), "does not add up"),
        ((30, 9, 41), "counts"),
        ((39, 0, 32), "counts"),
        ((0, 39, 71), "counts"),
        ((1e308, 1e308, 1e308), "does not add up"),
        (("28", 11, 43), COULD_NOT),
        (([28], 11, 43), COULD_NOT),
    ],
)
def test_the_published_report(counts, outcome):
    assert found("7.5", *counts) == outcome
