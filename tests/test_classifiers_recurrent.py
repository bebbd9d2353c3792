"""The recurrent classifier: labels per step or sequence, the published preset."""

import copy
import os

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone, is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV

from helpers.classifiers import RNNClassifier
from helpers.networks import engines, training

QUICK = {"units": 8, "epochs": 12, "learning_rate": 0.02, "random_state": 0}


def sequences(rows=120, steps=8, seed=0):
    """Return sequences, and 1 for each step once the sum so far is above 1."""
    X = np.random.default_rng(seed).normal(size=(rows, steps, 2))
    return X, (np.cumsum(X[..., 0], axis=1) > 1).astype(int)


@pytest.fixture(scope="module")
def fitted():
    return RNNClassifier(**QUICK).fit(*sequences())


def weights(classifier):
    return [np.array(w) for w in classifier.network_.get_weights()]


# ------------------------------------------------------------------ what is published


def test_the_published_configuration_is_the_articles():
    classifier = RNNClassifier.published(epochs=1, batch_size=120)
    X, y = sequences()
    described = classifier.fit(X[..., :1], y).describe()
    assert described == {
        "seed": 123,
        "optimizer": "SGD",
        "learning_rate": 0.005,
        "momentum": 0.9,
        "nesterov": True,
        "clip": 0.5,
        "layer": "LSTM",
        "units": 10,
        "activation": "tanh",
        "start": "GlorotUniform",
        "recurrent_start": "GlorotUniform",
        "answers": "per step",
        "output": "softmax",
        "output_start": "GlorotUniform",
        "classes": 2,
        "loss": "categorical_crossentropy",
        "parameters": 4 * 10 * (1 + 10 + 1) + 2 * (10 + 1),
    }


def test_the_published_preset_can_be_changed():
    changed = RNNClassifier.published(units=20, random_state=5)
    assert changed.get_params()["clip"] == 0.5
    assert (changed.units, changed.random_state) == (20, 5)


def one_step(**parameters):
    """Return the change of the weights in one step of plain descent at rate 1."""
    X, y = sequences(40)
    classifier = RNNClassifier(
        units=4,
        optimizer="sgd",
        learning_rate=1.0,
        epochs=1,
        batch_size=40,
        l2=5.0,  # makes the gradients large
        validation_fraction=0,
        random_state=0,
        **parameters,
    ).fit(X, y)
    start = classifier._build(classifier.seed_).get_weights()
    return [
        after - before for after, before in zip(weights(classifier), start, strict=True)
    ]


def test_no_element_of_a_gradient_is_above_the_clip():
    free = np.concatenate([change.ravel() for change in one_step()])
    cut = np.concatenate([change.ravel() for change in one_step(clip=0.5)])
    assert np.abs(free).max() > 1
    assert np.abs(cut).max() <= 0.5 + 1e-6
    # each element by itself, not the whole by its length
    np.testing.assert_allclose(cut, np.clip(free, -0.5, 0.5), atol=1e-6)


def test_nesterov_looks_ahead():
    plain = np.concatenate([change.ravel() for change in one_step()])
    ahead = np.concatenate(
        [change.ravel() for change in one_step(momentum=0.9, nesterov=True)]
    )
    np.testing.assert_allclose(ahead, 1.9 * plain, rtol=1e-4, atol=1e-6)


# ----------------------------------------------------------------------- what it says


def test_it_learns_to_remember(fitted):
    X, y = sequences(60, seed=1)
    assert fitted.score(X, y) > 0.9
    now_only = (X[..., 0] > 1).astype(int)  # no memory
    assert fitted.score(X, y) > (now_only == y).mean() + 0.1


def test_shapes_and_probabilities(fitted):
    X, y = sequences(7, seed=2)
    likely = fitted.predict_proba(X)
    assert likely.shape == (7, 8, 2)
    np.testing.assert_allclose(likely.sum(axis=-1), 1)
    assert np.array_equal(fitted.predict(X), likely.argmax(axis=-1))
    np.testing.assert_allclose(fitted.decision_function(X), likely[..., 1])
    assert fitted.score(X, y) == (fitted.predict(X) == y).mean()
    assert is_classifier(fitted)


def test_a_step_does_not_know_the_future(fitted):
    X, _ = sequences(5, seed=3)
    changed = X.copy()
    changed[:, 5:] += 3
    before, after = fitted.predict_proba(X), fitted.predict_proba(changed)
    np.testing.assert_array_equal(before[:, :5], after[:, :5])
    assert not np.allclose(before[:, 5:], after[:, 5:])


def test_one_label_per_sequence():
    X, y = sequences()
    classifier = RNNClassifier(**QUICK | {"epochs": 40}).fit(X, y[:, -1])
    other, labels = sequences(60, seed=1)
    assert not classifier.per_step_
    assert classifier.predict_proba(other).shape == (60, 2)
    assert classifier.decision_function(other).shape == (60,)
    assert classifier.score(other, labels[:, -1]) > 0.85
    assert classifier.describe()["answers"] == "per sequence"


def test_labels_may_be_text():
    X, y = sequences()
    names = np.array(["normal", "attack"])[y]
    classifier = RNNClassifier(**QUICK, normal="normal").fit(X, names)
    assert classifier.classes_.tolist() == ["attack", "normal"]
    assert set(classifier.predict(X).ravel()) == {"attack", "normal"}
    likely = classifier.predict_proba(X)
    np.testing.assert_allclose(classifier.decision_function(X), likely[..., 0])
    as_objects = RNNClassifier(**QUICK, normal="normal").fit(X, names.astype(object))
    np.testing.assert_array_equal(as_objects.predict_proba(X), likely)


def test_anomaly_scores_add_up_all_other_classes():
    X, y = sequences()
    kinds = y + (X[..., 1] > 1) * y  # 0 normal, 1 and 2 two attacks
    classifier = RNNClassifier(**QUICK).fit(X, kinds)
    likely = classifier.predict_proba(X)
    expected = likely[..., 1] + likely[..., 2]
    np.testing.assert_allclose(classifier.decision_function(X), expected)
    with pytest.raises(ValueError, match="normal='ok' is none of the classes 0, 1, 2"):
        classifier.set_params(normal="ok").decision_function(X)


def test_balanced_weights_find_more_of_a_rare_class():
    X, _ = sequences(200)
    y = (X[..., 0] + 0.7 * X[..., 1] > 2.2).astype(int)  # about 4 %
    found = {}
    for weight in (None, "balanced"):
        classifier = RNNClassifier(**QUICK | {"epochs": 3}, class_weight=weight)
        found[weight] = classifier.fit(X, y).predict(X)[y == 1].mean()
    assert classifier.class_weights_ @ np.bincount(y.ravel()) == pytest.approx(y.size)
    assert found["balanced"] > found[None] + 0.1


# -------------------------------------------------------------------------- training


def test_two_runs_are_identical(fitted):
    again = RNNClassifier(**QUICK).fit(*sequences())
    assert again.history_ == fitted.history_
    np.testing.assert_array_equal(
        again.predict_proba(sequences()[0]), fitted.predict_proba(sequences()[0])
    )


def test_the_loss_continues_from_the_saved_point(fitted, tmp_path):
    X, y = sequences()
    fitted.save(tmp_path / "classifier")
    loaded = RNNClassifier.load(tmp_path / "classifier")
    np.testing.assert_array_equal(loaded.predict_proba(X), fitted.predict_proba(X))
    loaded.partial_fit(X, y, epochs=4)
    curve, before = loaded.history_["loss"], fitted.history_["loss"]
    assert curve[: len(before)] == before
    assert len(curve) == len(before) + 4
    assert curve[len(before)] < before[len(before) // 2] < before[0]


def test_trained_twice_is_trained_once(tmp_path, monkeypatch):
    """With nothing held out, 3 epochs and 3 more are 6 epochs, bit for bit.

    Where all of them are compiled: steps that are not may differ in the last bit.
    """
    monkeypatch.setattr(engines, "COMPILE_FROM_STEPS", 0)
    options = QUICK | {"validation_fraction": 0}
    whole = RNNClassifier(**options | {"epochs": 6}).fit(*sequences())
    half = RNNClassifier(**options | {"epochs": 3}).fit(*sequences())
    half.save(tmp_path / "half")
    rest = RNNClassifier.load(tmp_path / "half").partial_fit(*sequences(), epochs=3)
    assert rest.history_ == whole.history_
    for mine, theirs in zip(weights(rest), weights(whole), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_an_interrupted_training_goes_on(tmp_path, monkeypatch):
    told = training._with_progress

    def until_the_third(epochs, plan, state):
        for epoch in told(epochs, plan, state):
            if epoch == 3:
                raise KeyboardInterrupt
            yield epoch

    path = tmp_path / "training"
    classifier = RNNClassifier(**QUICK, checkpoint=path)
    with monkeypatch.context() as patch:
        patch.setattr(training, "_with_progress", until_the_third)
        with pytest.raises(KeyboardInterrupt):
            classifier.fit(*sequences())
    assert path.exists()
    assert vars(classifier) == vars(RNNClassifier(**QUICK, checkpoint=path))
    X, y = sequences()
    with pytest.raises(ValueError, match="belongs to a training with other data"):
        clone(classifier).fit(X, 1 - y)
    classifier.fit(X, y)
    assert not path.exists()
    assert classifier.history_ == RNNClassifier(**QUICK).fit(X, y).history_


def test_validation_data_decide_when_to_stop():
    X, y = sequences(40)
    other = sequences(30, seed=9)
    classifier = RNNClassifier(**QUICK | {"epochs": 40}, patience=2)
    wrong = other[0], 1 - other[1]  # gets worse at once
    assert classifier.fit(X, y, validation_data=wrong).state_.epochs <= 5
    assert classifier.fit(X, y, validation_data=other).state_.epochs > 5
    likely = classifier.predict_proba(other[0])
    chosen = np.take_along_axis(likely, other[1][..., None], axis=-1)
    best = min(classifier.history_["val_loss"])
    assert -np.log(chosen).mean() == pytest.approx(best, rel=1e-4)


def test_dropout_and_l2_hold_the_weights_back():
    X, _ = sequences(30)
    y = np.random.default_rng(5).integers(0, 2, size=X.shape[:2])  # nothing to learn
    options = QUICK | {"epochs": 60, "validation_fraction": 0, "units": 16}
    free = RNNClassifier(**options).fit(X, y)
    held = RNNClassifier(**options, dropout=0.5, l2=0.01).fit(X, y)
    assert free.score(X, y) > held.score(X, y) + 0.1
    lengths = [sum((w**2).sum() for w in weights(model)) for model in (free, held)]
    assert lengths[1] < lengths[0] / 2


def test_grid_search_and_clone():
    X, y = sequences(60)
    search = GridSearchCV(
        RNNClassifier(**QUICK | {"epochs": 3}),
        {"cell": ["rnn", "gru"]},
        cv=2,
        error_score="raise",
    ).fit(X, y)
    assert 0.5 < search.best_score_ <= 1
    assert not hasattr(clone(search.best_estimator_), "classes_")
    copied = copy.deepcopy(search.best_estimator_)
    np.testing.assert_array_equal(copied.predict_proba(X), search.predict_proba(X))


def test_no_bar_where_nobody_watches(fitted, capsys):
    assert os.environ.get("PYTEST_VERSION")
    RNNClassifier(**QUICK | {"epochs": 2}).fit(*sequences())
    assert capsys.readouterr() == ("", "")


# ------------------------------------------------------------------------- bad input


def with_missing(values, dtype=float):
    values = values.astype(dtype)
    values[2, 3] = np.nan
    return values


X, Y = sequences(10)


@pytest.mark.parametrize(
    ("X", "y", "words"),
    [
        (with_missing(X), Y, "missing"),
        (X[:, :, 0], Y, "windows"),
        (X, None, "y is None; pass one label per step"),
        (X, Y[:, :-1], r"y has shape \(10, 7\)"),
        (X, Y[:-1], r"y has shape \(9, 8\)"),
        (X, np.eye(2)[Y], r"take y.argmax"),
        (X, with_missing(Y), r"1 missing labels, first at \[2, 3\]"),
        (X, with_missing(Y, object), r"1 missing labels, first at \[2, 3\]"),
        (X, Y * 0.5, "labels are classes, not quantities"),
        (X, np.zeros_like(Y), r"one class only \(0\)"),
        (X, [[0]] * 9 + [[0, 1]], "different lengths"),
        (X, np.array([["a"] * 4 + [0] * 4] * 10, dtype=object), "mixes int and str"),
        (X[:1], Y[:1], "too few"),
    ],
)
def test_bad_data_are_refused_in_one_line(fitted, X, y, words):
    before = weights(fitted)
    for method in (RNNClassifier(**QUICK).fit, fitted.partial_fit):
        if method == fitted.partial_fit and words in (
            "too few",
            r"one class only \(0\)",
        ):
            continue  # more of one class is fine
        with pytest.raises(ValueError, match=words) as error:
            method(X, y)
        assert "\n" not in str(error.value)
    for mine, theirs in zip(weights(fitted), before, strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_a_fitted_classifier_wants_the_same_again(fitted):
    with pytest.raises(
        ValueError, match="X has 1 features, but RNNClassifier is expec"
    ):
        fitted.predict(X[..., :1])
    with pytest.raises(ValueError, match="X has 7 steps per window"):
        fitted.predict_proba(X[:, :7])
    with pytest.raises(ValueError, match="did not see: 2; the classes are 0, 1"):
        fitted.partial_fit(X, Y * 2)
    with pytest.raises(ValueError, match="one label per step; pass the same kind"):
        fitted.partial_fit(X, Y[:, 0])
    with pytest.raises(ValueError, match="validation_data must be a pair"):
        fitted.partial_fit(X, Y, validation_data=X)
    with pytest.raises(ValueError, match="the y of validation_data has shape"):
        fitted.partial_fit(X, Y, validation_data=(X, Y[:5]))


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"cell": "transformer"}, "cell must be one of"),
        ({"units": 0}, "units must be"),
        ({"dropout": 1.0}, "dropout must be below 1"),
        ({"momentum": -0.1}, "momentum must be"),
        ({"l2": -1}, "l2 must be"),
        ({"clip": 0}, "clip must be a number above 0"),
        ({"class_weight": "even"}, "class_weight must be one of"),
        ({"recurrent_start": "zeros"}, "recurrent_start must be one of"),
        ({"optimizer": "lion"}, "optimizer must be one of"),
        ({"scaling": 1}, "scaling must be one of"),
        ({"epochs": 0}, "epochs must be"),
    ],
)
def test_bad_parameters_are_refused(parameters, words):
    with pytest.raises(ValueError, match=words):
        RNNClassifier(**parameters).fit(X, Y)


def test_before_fit_nothing_works(tmp_path):
    classifier = RNNClassifier()
    for call in (
        lambda: classifier.predict(X),
        lambda: classifier.decision_function(X),
        lambda: classifier.describe(),
        lambda: classifier.save(tmp_path / "file"),
    ):
        with pytest.raises(NotFittedError, match="call fit"):
            call()
    assert not list(tmp_path.iterdir())


def test_a_file_of_something_else_is_refused(fitted, tmp_path):
    (tmp_path / "file").write_text("hello")
    with pytest.raises(ValueError, match="is not a saved detector"):
        RNNClassifier.load(tmp_path / "file")


def test_labels_from_a_frame(fitted):
    frame = pd.DataFrame(Y)
    assert fitted.score(X, frame) == fitted.score(X, Y)


def test_single_precision_gives_the_same_answers(fitted):
    np.testing.assert_allclose(
        fitted.predict_proba(X.astype(np.float32)), fitted.predict_proba(X), atol=1e-5
    )
    assert keras.backend.floatx() == "float32"
