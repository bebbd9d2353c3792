"""What all neural detectors share: training, its curve, going on, interruptions."""

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import GridSearchCV

from helpers.detectors import AutoencoderDetector, Detector, VAEDetector
from helpers.detectors.neural import NeuralDetector, squared_errors
from helpers.networks import engines, training
from helpers.networks.training import Plan, TrainingState, train

BOTH = pytest.mark.parametrize("cls", [AutoencoderDetector, VAEDetector])
SMALL = {"dropout": 0.0, "hidden_layers": (4, 2), "batch_size": 16, "random_state": 1}


def rows(count=120, seed=0):
    random = np.random.default_rng(seed)
    code = random.normal(size=(count, 2))
    mixing = np.array([[1.0, 0.5, -1, 0.2], [0.3, -1, 0.4, 1]])
    return code @ mixing + random.normal(0, 0.05, (count, 4))


def same(first, second):
    assert len(first) == len(second)
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


class Interrupted(KeyboardInterrupt):
    """What Ctrl-C does, at a moment of our choice."""


@pytest.fixture
def interrupt(monkeypatch):
    """Return a function that lets the next training stop in a given epoch."""

    def in_epoch(number):
        told = training._with_progress

        def until(epochs, plan, state):
            for epoch in told(epochs, plan, state):
                if epoch == number:
                    raise Interrupted
                yield epoch

        monkeypatch.setattr(training, "_with_progress", until)
        return lambda: monkeypatch.setattr(training, "_with_progress", told)

    return in_epoch


# ------------------------------------------------------------------------ its curve


@BOTH
def test_training_lowers_the_loss_and_reports_its_curve(cls):
    detector = cls(**SMALL, epochs=40, patience=None).fit(rows())
    assert set(detector.history_) == {"loss", "val_loss"}
    assert {len(curve) for curve in detector.history_.values()} == {40}
    assert detector.history_["loss"][-1] < 0.7 * detector.history_["loss"][0]


def test_without_held_out_rows_there_is_no_validation_curve():
    detector = AutoencoderDetector(**SMALL, epochs=4, validation_fraction=0)
    detector.fit(rows())
    assert set(detector.history_) == {"loss"}
    assert detector.best_epoch_ == 4
    assert np.array_equal(detector._split(50)[0], np.arange(50))


def test_held_out_rows_are_never_trained_on():
    detector = AutoencoderDetector(**SMALL, epochs=1, validation_fraction=0.25)
    train_rows, held_out = detector.fit(rows())._split(120)
    assert len(held_out) == 30
    assert np.array_equal(np.sort(np.r_[train_rows, held_out]), np.arange(120))


def test_early_stopping_puts_the_best_weights_back():
    detector = AutoencoderDetector(
        **SMALL, epochs=200, patience=3, learning_rate=0.05
    ).fit(rows(60))
    curve = detector.history_["val_loss"]
    assert len(curve) < 200
    assert detector.best_epoch_ == int(np.argmin(curve)) + 1 == len(curve) - 3
    _, held_out = detector._split(60)
    scores = detector.decision_scores_[held_out].mean()
    assert scores == pytest.approx(min(curve), rel=1e-4)


def test_the_curve_cannot_be_changed_from_outside():
    detector = AutoencoderDetector(**SMALL, epochs=2).fit(rows())
    detector.history_["loss"].clear()
    assert len(detector.history_["loss"]) == 2


def test_a_diverging_training_says_what_to_do():
    detector = AutoencoderDetector(
        **SMALL, epochs=50, optimizer="sgd", learning_rate=1e6, activation=None
    )
    with pytest.raises(ValueError, match="lower learning_rate") as error:
        detector.fit(rows())
    assert "\n" not in str(error.value)
    assert not hasattr(detector, "network_")


# ---------------------------------------------------------------------- the engine


ACTIVATIONS = [None, "tanh", "sigmoid", "elu", "selu", "gelu", "linear"]


class KerasAutoencoder(AutoencoderDetector):
    """One whose steps Keras carries out."""

    def _arrays(self, network):
        return None

    def _score(self, X):
        scaled = self._scaled(X)
        rebuilt = self._outputs(self.network_, scaled)  # as a detector without arrays
        return squared_errors(scaled, rebuilt).mean(axis=1)


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_numpy_trains_and_scores_as_keras_does(activation, optimizer):
    options = {**SMALL, "epochs": 5, "activation": activation, "optimizer": optimizer}
    ours = AutoencoderDetector(**options).fit(rows())
    theirs = KerasAutoencoder(**options).fit(rows())
    for name, curve in ours.history_.items():
        np.testing.assert_allclose(theirs.history_[name], curve, rtol=1e-5)
    pairs = zip(ours.state_.variables, theirs.state_.variables, strict=True)
    for mine, other in pairs:
        np.testing.assert_allclose(mine, other, rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(
        theirs.decision_scores_, ours.decision_scores_, rtol=1e-3
    )
    said = np.asarray(ours.network_(ours._as_network_input(ours._scaled(rows()))))
    np.testing.assert_allclose(ours._reconstruct(ours._scaled(rows())), said, atol=1e-5)


def test_compiled_and_stepwise_training_agree(monkeypatch):
    slow = KerasAutoencoder(**SMALL, epochs=2).fit(rows())
    monkeypatch.setattr(engines, "COMPILE_FROM_STEPS", 0)
    quick = KerasAutoencoder(**SMALL, epochs=2).fit(rows())
    np.testing.assert_allclose(quick.decision_scores_, slow.decision_scores_, rtol=1e-3)


@BOTH
@pytest.mark.parametrize("activation", ACTIVATIONS[1:])
@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_gradients_are_those_of_the_loss(cls, activation, dropout):
    options = SMALL | {"activation": activation, "dropout": dropout}
    detector = cls(**options, epochs=1)
    detector.fit(rows())
    arrays, x = detector.arrays_, detector._scaled(rows(20, seed=3))
    before = [np.array(value, dtype=float) for value in detector.state_.variables]
    gradients = [np.zeros_like(value) for value in before]

    def loss(values):
        spare = [np.zeros_like(value) for value in before]
        return arrays.learn(x, x, [value.copy() for value in values], spare)

    arrays.learn(x, x, [value.copy() for value in before], gradients)
    for place, value in enumerate(before):
        if not value.ndim or (value.shape == (2,) and not gradients[place].any()):
            continue  # a random generator
        step = np.zeros_like(value)
        step.flat[0] = 1e-6
        ends = [
            loss([*before[:place], value + sign * step, *before[place + 1 :]])
            for sign in (1, -1)
        ]
        slope = (ends[0] - ends[1]) / 2e-6
        assert gradients[place].flat[0] == pytest.approx(slope, rel=1e-4, abs=1e-7)


@BOTH
def test_dropout_draws_anew_in_each_step(cls):
    detector = cls(**SMALL | {"dropout": 0.5}, epochs=1).fit(rows())
    arrays, values = detector.arrays_, detector.state_.variables
    x = detector._scaled(rows()).astype(np.float32)
    spare = [np.zeros_like(value) for value in values]
    first, second = (arrays.learn(x, x, values, spare) for _ in range(2))
    assert first != second


@settings(max_examples=10)
@given(
    count=st.integers(1, 70),
    batch_size=st.integers(1, 40),
    chunk_values=st.integers(1, 200),
)
def test_every_row_is_used_once_an_epoch(count, batch_size, chunk_values):
    import keras

    seen = []
    X = np.arange(count, dtype=np.float32)[:, np.newaxis]

    def source(order):
        seen.extend(order.tolist())
        return X[order], X[order]

    network = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    network.compile("sgd", "mean_squared_error")
    network.optimizer.learning_rate = 0.0
    before = training.CHUNK_VALUES
    training.CHUNK_VALUES = chunk_values
    try:
        plan = Plan(epochs=2, batch_size=batch_size)
        state = train(network, source, np.arange(count), plan)
    finally:
        training.CHUNK_VALUES = before
    error = float(network.compute_loss(x=X, y=X, y_pred=network(X)))
    assert state.history["loss"] == pytest.approx([error, error], rel=1e-4)
    assert all(seen.count(row) >= 2 for row in range(count))
    # one look at the first row of each pass tells the engine its width
    assert len(seen) == 2 * count + 2


def test_a_decoder_need_not_be_a_mirror():
    detector = AutoencoderDetector(**SMALL, decoder_layers=(3,), epochs=1).fit(rows())
    # 4-4-2 and 2-3-4, with biases
    assert detector.network_.count_params() == (20 + 10) + (9 + 16)
    assert detector.get_params()["decoder_layers"] == (3,)
    with pytest.raises(ValueError, match="decoder_layers is empty"):
        detector.set_params(decoder_layers=()).fit(rows())
    with pytest.raises(ValueError, match="decoder_layers must be a sequence"):
        detector.set_params(decoder_layers=3).fit(rows())


def test_the_published_digits_have_their_parameters():
    X = np.random.default_rng(0).random((12, 100))
    detector = AutoencoderDetector.published("mnist", epochs=1).fit(X)
    assert detector.network_.count_params() == 28_328
    assert detector.encode(X).shape == (12, 16)


def test_no_global_random_state_is_touched():
    np.random.seed(5)  # noqa: NPY002
    expected = np.random.random(3)  # noqa: NPY002
    np.random.seed(5)  # noqa: NPY002
    AutoencoderDetector(**SMALL, epochs=2).fit(rows())
    assert np.array_equal(np.random.random(3), expected)  # noqa: NPY002


def test_a_whole_number_is_a_learning_rate():
    whole, same = (
        AutoencoderDetector(**SMALL, epochs=1, optimizer="sgd", learning_rate=rate)
        for rate in (1, 1.0)
    )
    scores = whole.fit(rows()).decision_scores_
    assert np.array_equal(scores, same.fit(rows()).decision_scores_)


@BOTH
def test_another_random_state_gives_another_network(cls):
    scores = [
        cls(hidden_layers=(4, 2), epochs=2, random_state=seed)
        .fit(rows())
        .decision_scores_
        for seed in (1, 2)
    ]
    assert not np.allclose(*scores)


# ----------------------------------------------------------------------- going on


@BOTH
def test_a_loaded_detector_goes_on_where_it_was(cls, tmp_path):
    whole = cls(**SMALL, epochs=8, patience=None, validation_fraction=0).fit(rows())
    half = cls(**SMALL, epochs=4, patience=None, validation_fraction=0).fit(rows())
    half.save(tmp_path / "half")
    loaded = Detector.load(tmp_path / "half").partial_fit(rows(), epochs=4)
    assert loaded.history_ == whole.history_
    assert same(loaded.state_.variables, whole.state_.variables)
    assert same(loaded.state_.optimizer, whole.state_.optimizer)
    assert np.array_equal(loaded.decision_scores_, whole.decision_scores_)


def test_going_on_lowers_the_loss_on_new_data():
    old, new = rows(seed=0), rows(seed=1) @ np.diag([1, -1, 1, 1])
    detector = AutoencoderDetector(**SMALL, epochs=60).fit(old)
    before = detector.decision_function(new).mean()
    detector.partial_fit(new, epochs=60)
    assert detector.decision_function(new).mean() < before
    assert len(detector.decision_scores_) == len(new)


def test_partial_fit_without_a_fit_is_one():
    detector = AutoencoderDetector(**SMALL, epochs=3)
    expected = AutoencoderDetector(**SMALL, epochs=3).fit(rows())
    detector.partial_fit(rows())
    assert np.array_equal(detector.decision_scores_, expected.decision_scores_)


@pytest.mark.parametrize(
    ("X", "options", "words"),
    [
        (rows()[:, :3], {}, "expecting 4 features"),
        (rows(2), {}, "too few rows"),
        (np.full((20, 4), np.nan), {}, "missing"),
        (rows(), {"epochs": 0}, "epochs must be a whole number"),
    ],
)
def test_a_partial_fit_that_fails_changes_nothing(X, options, words):
    detector = AutoencoderDetector(**SMALL, epochs=2).fit(rows())
    expected = detector.decision_function(rows())
    with pytest.raises(ValueError, match=words):
        detector.partial_fit(X, **options)
    assert np.array_equal(detector.decision_function(rows()), expected)


def test_an_interrupted_partial_fit_changes_nothing(interrupt):
    detector = AutoencoderDetector(**SMALL, epochs=2).fit(rows())
    expected = detector.decision_function(rows())
    interrupt(3)
    with pytest.raises(Interrupted):
        detector.partial_fit(rows(seed=1), epochs=5)
    assert np.array_equal(detector.decision_function(rows()), expected)


# -------------------------------------------------------------------- interruptions


@BOTH
@pytest.mark.parametrize("epoch", [1, 5])
def test_an_interrupted_training_ends_as_if_it_never_was(
    cls, epoch, interrupt, tmp_path
):
    parameters = {**SMALL, "epochs": 8, "dropout": 0.2}
    expected = cls(**parameters).fit(rows())
    parameters["checkpoint"] = tmp_path / "training"
    mend = interrupt(epoch)
    with pytest.raises(Interrupted):
        cls(**parameters).fit(rows())
    mend()
    assert [path.name for path in tmp_path.iterdir()] == ["training"]
    detector = cls(**parameters).fit(rows())
    assert detector.history_ == expected.history_
    assert same(detector.state_.variables, expected.state_.variables)
    assert np.array_equal(detector.decision_scores_, expected.decision_scores_)
    assert not list(tmp_path.iterdir())


KILLED = """
import os, sys
import numpy as np
from helpers.detectors import AutoencoderDetector
from helpers.networks import training

write = training.write_checkpoint
def write_and_die(path, state, key, seed):
    write(path, state, key, seed)
    if state.epochs == 3:
        os._exit(9)
if sys.argv[2] == "die":
    training.write_checkpoint = write_and_die
X = np.random.default_rng(0).normal(size=(80, 4))
detector = AutoencoderDetector(epochs=6, random_state=0, checkpoint=sys.argv[1])
detector.fit(X)
print(len(detector.history_["loss"]), repr(detector.decision_scores_.sum()))
"""


def test_a_killed_process_loses_nothing(tmp_path):
    def run(file, how):
        return subprocess.run(
            [sys.executable, "-c", KILLED, str(tmp_path / file), how],
            capture_output=True,
            text=True,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        )

    assert run("one", "die").returncode == 9
    resumed, whole = run("one", "live"), run("two", "live")
    assert resumed.stdout == whole.stdout != ""


@pytest.mark.parametrize(
    ("changed", "X"),
    [({"learning_rate": 0.1}, rows()), ({}, rows(seed=3)), ({"epochs": 9}, rows())],
)
def test_a_checkpoint_of_another_training_is_refused(changed, X, interrupt, tmp_path):
    parameters = {**SMALL, "epochs": 8, "checkpoint": tmp_path / "training"}
    mend = interrupt(2)
    with pytest.raises(Interrupted):
        AutoencoderDetector(**parameters).fit(rows())
    mend()
    with pytest.raises(ValueError, match="other data or parameters") as error:
        AutoencoderDetector(**parameters | changed).fit(X)
    assert "\n" not in str(error.value)


def test_a_foreign_checkpoint_is_refused_and_kept(tmp_path):
    path = tmp_path / "thesis.txt"
    path.write_text("three years of work")
    with pytest.raises(ValueError, match="no checkpoint") as error:
        AutoencoderDetector(**SMALL, epochs=2, checkpoint=path).fit(rows())
    assert "\n" not in str(error.value)
    assert path.read_text() == "three years of work"


def test_a_checkpoint_in_no_folder_is_refused(tmp_path):
    path = tmp_path / "nowhere" / "training"
    with pytest.raises(FileNotFoundError, match="create it first"):
        AutoencoderDetector(**SMALL, epochs=2, checkpoint=path).fit(rows())


# ----------------------------------------------------------------------- in company


def test_grid_search_chooses_a_code_size():
    X = rows(200)
    strange = np.random.default_rng(3).normal(0, 2, (20, 4))
    y = np.r_[np.zeros(200), np.ones(20)]
    search = GridSearchCV(
        AutoencoderDetector(
            epochs=60, batch_size=16, activation=None, random_state=0, patience=None
        ),
        {"hidden_layers": [(2,), (4,)], "learning_rate": [0.01]},
        scoring="roc_auc",
        cv=[(np.arange(150), np.arange(150, 220))],
        error_score="raise",
    ).fit(np.concatenate([X, strange]), y)
    # two columns make these rows; a code of four rebuilds any row, strange ones too
    assert search.best_params_["hidden_layers"] == (2,)
    assert search.best_score_ > 0.95
    assert search.best_estimator_.network_.count_params() == 2 * 4 + 2 + 2 * 4 + 4


def test_the_bar_is_silent_where_outputs_are_kept(capsys, monkeypatch):
    monkeypatch.setattr(
        training, "tqdm", lambda **options: pytest.fail("a bar")
        if not options["disable"] else __import__("tqdm").tqdm(**options)
    )  # fmt: skip
    AutoencoderDetector(**SMALL, epochs=2).fit(rows())
    assert capsys.readouterr() == ("", "")


def test_a_long_training_shows_a_bar_and_takes_it_away(monkeypatch, capsys):
    monkeypatch.setattr("helpers.estimators.trained._shows_progress", lambda: True)
    bar = training.tqdm
    monkeypatch.setattr(
        training, "tqdm", lambda **options: bar(**options | {"delay": 0})
    )
    AutoencoderDetector(**SMALL, epochs=2).fit(rows())
    told = capsys.readouterr().err
    assert "AutoencoderDetector" in told
    assert told.rpartition("\r")[2] == ""
    assert told.rstrip("\r").rpartition("\r")[2].strip() == ""
    AutoencoderDetector(**SMALL, epochs=2, progress=False).fit(rows())
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"epochs": 0}, "epochs must be a whole number"),
        ({"epochs": 2.5}, "epochs must be a whole number"),
        ({"batch_size": 0}, "batch_size"),
        ({"learning_rate": 0}, "learning_rate must be a number above 0"),
        ({"optimizer": "adamax"}, "optimizer must be one of 'adam', 'sgd'"),
        ({"optimizer": ["adam"]}, "optimizer must be one of"),
        ({"scaling": "robust"}, "scaling must be one of 'standard', 'minmax', None"),
        ({"validation_fraction": 1}, "validation_fraction must be below 1"),
        ({"validation_fraction": -0.1}, "validation_fraction"),
        ({"patience": 0}, "patience"),
        ({"hidden_layers": 3}, "hidden_layers must be a sequence"),
        ({"hidden_layers": ()}, "hidden_layers is empty"),
        ({"hidden_layers": (4, 0)}, "each size in hidden_layers"),
        ({"hidden_layers": "42"}, "hidden_layers must be a sequence"),
        ({"activation": "swishy"}, "activation must be one of"),
        ({"dropout": 1.0}, "dropout must be below 1"),
    ],
)
@BOTH
def test_bad_parameters_are_refused_in_one_line(cls, parameters, words):
    with pytest.raises(ValueError, match=r"must|empty") as error:
        cls(**parameters).fit(rows())
    assert words in str(error.value)
    assert "\n" not in str(error.value)


# -------------------------------------------------------------------------- details


def test_errors_stay_finite_beyond_single_precision():
    errors = squared_errors(np.array([[1e200, -1e200]]), np.zeros((1, 2), np.float32))
    assert np.isfinite(errors).all()


def test_a_state_knows_how_long_it_trained():
    assert TrainingState().epochs == 0
    assert TrainingState(history={"loss": [3.0, 2.0]}).epochs == 2


def test_the_base_class_is_no_detector():
    with pytest.raises(TypeError, match="abstract"):
        NeuralDetector()


class Skipping(AutoencoderDetector):
    """A subclass whose network is no chain of dense layers."""

    def _build(self, seed):
        import keras

        layers = keras.layers
        shape = self.n_features_in_
        inputs = keras.Input((shape,))
        encoder = keras.Sequential(
            [keras.Input((shape,)), layers.Dense(2), layers.Rescaling(2.0)],
            name="encoder",
        )
        decoder = keras.Sequential(
            [keras.Input((2,)), layers.Dense(shape)], name="decoder"
        )
        network = keras.Model(inputs, decoder(encoder(inputs)))
        return self._compile(network, "mean_squared_error")


def test_keras_computes_what_a_subclass_builds(tmp_path):
    detector = Skipping(epochs=2, random_state=0).fit(rows())
    assert detector.arrays_ is None
    codes = detector.encode(rows())
    assert codes.shape == (120, 2)
    np.testing.assert_allclose(
        detector.decode(codes), detector.reconstruct(rows()), rtol=1e-4, atol=1e-5
    )
    scores = detector.decision_function(rows())
    np.testing.assert_allclose(
        scores, detector.feature_errors(rows()).mean(axis=1), rtol=1e-6
    )
    with pytest.raises(ValueError, match=r"codes must be \(n, 2\)"):
        detector.decode([[1.0]])
    pytest.importorskip("onnx")
    with pytest.raises(ValueError, match="only dense networks"):
        detector.to_onnx(tmp_path / "net.onnx")
    assert not list(tmp_path.iterdir())
