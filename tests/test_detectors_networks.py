"""Every network of the kit, used roughly: settings, interruptions, what is set late.

One table of networks, of the detectors and of the classifier; every test runs on all.
"""

import pickle
import random

import keras
import numpy as np
import pytest
from sklearn.base import clone

from helpers.classifiers import RNNClassifier
from helpers.detectors import (
    AutoencoderDetector,
    BiGANDetector,
    ForecastDetector,
    IsolationForestDetector,
    Seq2SeqDetector,
    VAEDetector,
    WindowAutoencoderDetector,
)
from helpers.networks import checkpoints, training
from helpers.networks.precision import single_precision

ROWS = np.random.default_rng(0).normal(size=(48, 3))
WINDOWS = np.random.default_rng(1).normal(size=(48, 4, 2))
LABELS = (WINDOWS[..., 0] > 0).astype(int)
QUICK = {"epochs": 3, "batch_size": 16, "random_state": 0}

# each with what makes it quick, and a change that makes another network
NETWORKS = {
    AutoencoderDetector: ({"hidden_layers": (4, 2)}, {"hidden_layers": (5, 3)}),
    VAEDetector: ({"hidden_layers": (4, 2)}, {"hidden_layers": (5, 3)}),
    BiGANDetector: (
        {"hidden_layers": (6,), "discriminator_layers": (6,)},
        {"code_size": 3},
    ),
    Seq2SeqDetector: ({"units": 3}, {"units": 4}),
    ForecastDetector: ({"units": 3}, {"cell": "gru"}),
    WindowAutoencoderDetector: ({"units": 3}, {"cell": "lstm"}),
    RNNClassifier: ({"units": 3}, {"cell": "gru"}),
}
every_network = pytest.mark.parametrize(
    "cls", list(NETWORKS), ids=lambda cls: cls.__name__
)


def make(cls, **parameters):
    return cls(**QUICK | NETWORKS[cls][0] | parameters)


def data(cls):
    if cls is RNNClassifier:
        return WINDOWS, LABELS
    return (WINDOWS if cls.input_kind == "windows" else ROWS,)


def fitted(cls, **parameters):
    return make(cls, **parameters).fit(*data(cls))


def scores(model):
    return model.decision_function(data(type(model))[0])


@pytest.fixture
def interrupted(monkeypatch):
    """Return a function that stops the training of a model before its third epoch."""
    told = training._with_progress

    def until_the_third(epochs, plan, state):
        for epoch in told(epochs, plan, state):
            if epoch == 2:
                raise KeyboardInterrupt
            yield epoch

    def stop(train, *arguments, **options):
        with monkeypatch.context() as patch:
            patch.setattr(training, "_with_progress", until_the_third)
            with pytest.raises(KeyboardInterrupt):
                train(*arguments, **options)

    return stop


# ------------------------------------------------------------------ the user's settings


@pytest.fixture
def settings():
    """Put floatx and the dtype policy back after a test that changes them."""
    floatx, policy = keras.config.floatx(), keras.config.dtype_policy()
    yield
    keras.config.set_floatx(floatx)
    keras.config.set_dtype_policy(policy)


@every_network
@pytest.mark.parametrize("precision", ["float64", "mixed_float16"])
def test_the_users_precision_is_neither_used_nor_lost(cls, precision, settings):
    expected, kept = scores(fitted(cls)), pickle.dumps(fitted(cls))
    if precision == "float64":
        keras.config.set_floatx(precision)
    keras.config.set_dtype_policy(precision)
    np.testing.assert_array_equal(scores(fitted(cls)), expected)
    np.testing.assert_array_equal(scores(pickle.loads(kept)), expected)
    assert keras.config.dtype_policy().name == precision
    assert (keras.config.floatx() == "float64") == (precision == "float64")


def test_nested_and_failing_uses_put_the_settings_back(settings):
    keras.config.set_floatx("float64")

    @single_precision()
    def fail():
        with single_precision():
            assert keras.config.floatx() == "float32"
        assert keras.config.floatx() == "float32"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert keras.config.floatx() == "float64"


@every_network
def test_a_cleared_session_changes_nothing(cls):
    model = fitted(cls)
    expected = scores(model)
    keras.backend.clear_session()
    np.testing.assert_array_equal(scores(model), expected)
    model.partial_fit(*data(cls), epochs=1)


@every_network
def test_no_random_generator_of_python_is_touched(cls):
    random.seed(3)
    before = random.getstate()
    first = pickle.dumps(fitted(cls))
    assert random.getstate() == before
    random.seed(4)
    assert pickle.dumps(fitted(cls)) == first, "two equal trainings, two equal files"


# ------------------------------------------------------------------- what is set late


@every_network
def test_what_is_set_after_fit_does_not_spoil_the_file(cls, tmp_path):
    model = fitted(cls)
    expected = scores(model)
    before = model.get_params()
    model.set_params(**NETWORKS[cls][1]).save(tmp_path / "model")
    loaded = cls.load(tmp_path / "model")
    assert loaded.get_params() == model.get_params()
    with pytest.raises(ValueError, match="needs another fit"):
        scores(loaded)
    loaded.set_params(**before)
    np.testing.assert_array_equal(scores(loaded), expected)


@pytest.mark.parametrize(
    ("cls", "change"),
    [
        (AutoencoderDetector, {"activation": "tanh"}),
        (AutoencoderDetector, {"scaling": "minmax"}),
        (Seq2SeqDetector, {"teacher_forcing": "always"}),
        (ForecastDetector, {"output_scale": 5.0}),
        (WindowAutoencoderDetector, {"activation": "relu"}),
    ],
)
def test_a_loaded_network_computes_what_was_trained(cls, change):
    model = fitted(cls)
    expected, before = scores(model), model.get_params()
    copied = pickle.loads(pickle.dumps(model.set_params(**change)))
    copied.set_params(**before)
    np.testing.assert_array_equal(scores(copied), expected)


@every_network
def test_another_network_cannot_go_on(cls):
    model = fitted(cls)
    expected = scores(model)
    for change in (NETWORKS[cls][1], {"optimizer": "sgd"}):
        before = model.get_params()
        model.set_params(**change)
        with pytest.raises(ValueError, match="set it back, or call fit") as error:
            model.partial_fit(*data(cls))
        assert f"({next(iter(change))})" in str(error.value)
        assert "\n" not in str(error.value)
        model.set_params(**{name: before[name] for name in change})
        np.testing.assert_array_equal(scores(model), expected)
    model.partial_fit(*data(cls), epochs=1)


@every_network
def test_a_learning_rate_set_later_is_used(cls):
    model = fitted(cls)
    before = [weight.copy() for weight in model.network_.get_weights()]
    model.set_params(learning_rate=1e-9).partial_fit(*data(cls), epochs=1)
    for old, new in zip(before, model.network_.get_weights(), strict=True):
        np.testing.assert_allclose(new, old, atol=1e-6)


# -------------------------------------------------------------------- interruptions


@every_network
@pytest.mark.parametrize("seed", [0, None, "generator"])
def test_an_interrupted_training_keeps_its_seed(cls, seed, interrupted, tmp_path):
    path = tmp_path / "training"

    def another():
        state = np.random.RandomState(5) if seed == "generator" else seed
        return make(cls, random_state=state, checkpoint=path, validation_fraction=0.3)

    interrupted(another().fit, *data(cls))
    drawn = checkpoints.checkpoint_seed(path)
    model = another().fit(*data(cls))
    assert model.seed_ == drawn
    assert not path.exists()
    if seed == 0:
        np.testing.assert_array_equal(
            scores(model), scores(fitted(cls, validation_fraction=0.3))
        )


def test_a_checkpoint_of_another_seed_is_refused(interrupted, tmp_path):
    model = make(AutoencoderDetector, checkpoint=tmp_path / "training")
    interrupted(model.fit, ROWS)
    with pytest.raises(ValueError, match="belongs to a training with other data"):
        clone(model).set_params(random_state=1).fit(ROWS)


@every_network
def test_a_checkpoint_of_another_past_is_refused(cls, interrupted, tmp_path):
    path = tmp_path / "training"
    first = fitted(cls, epochs=1).set_params(checkpoint=path)
    interrupted(first.partial_fit, *data(cls), epochs=3)
    other = make(cls, epochs=1).fit(*(part[::-1] for part in data(cls)))
    other.set_params(checkpoint=path)
    with pytest.raises(ValueError, match="belongs to a training with other data"):
        other.partial_fit(*data(cls), epochs=3)
    first.partial_fit(*data(cls), epochs=3)
    assert first.state_.epochs == 4


def array_file(path):
    with path.open("wb") as file:
        np.save(file, np.ones(3))


def foreign_archive(told):
    def write(path):
        with path.open("wb") as file:
            np.savez(file, told=np.array(told))

    return write


@pytest.mark.parametrize(
    "write",
    [array_file, *map(foreign_archive, ("[1]", "{}", "no JSON")), lambda p: p.touch()],
)
def test_no_foreign_file_is_taken_for_a_checkpoint(write, tmp_path):
    path = tmp_path / "file"
    write(path)
    content = path.read_bytes()
    with pytest.raises(ValueError, match="is no checkpoint of a training") as error:
        fitted(AutoencoderDetector, checkpoint=path)
    assert "\n" not in str(error.value)
    assert path.read_bytes() == content


@pytest.mark.parametrize("checkpoint", ["", 5, b"file", True])
def test_a_checkpoint_is_a_path(checkpoint):
    with pytest.raises(ValueError, match="checkpoint must be a path or None"):
        fitted(AutoencoderDetector, checkpoint=checkpoint)


def test_no_epoch_is_trained_for_a_place_that_cannot_hold_it(tmp_path, monkeypatch):
    monkeypatch.setattr(training, "train", lambda *_, **__: pytest.fail("trained"))
    with pytest.raises(IsADirectoryError, match="is a folder; name a file in it"):
        fitted(AutoencoderDetector, checkpoint=tmp_path)
    with pytest.raises(FileNotFoundError, match="is no folder; create it first"):
        fitted(AutoencoderDetector, checkpoint=tmp_path / "no" / "training")


# ------------------------------------------------------------------- odd parameters


@pytest.mark.parametrize(
    ("cls", "whole"),
    [
        (AutoencoderDetector, {"hidden_layers": (4, 2), "decoder_layers": (3,)}),
        (VAEDetector, {"hidden_layers": (4, 2)}),
        (BiGANDetector, {"hidden_layers": (6,), "code_size": 2}),
        (Seq2SeqDetector, {"units": 3}),
        (ForecastDetector, {"units": 3}),
        (WindowAutoencoderDetector, {"units": 3}),
        (RNNClassifier, {"units": 3, "l2": 0.5}),
    ],
)
def test_numbers_of_numpy_are_numbers(cls, whole):
    """As in a grid of `np.arange`; with epochs enough to be compiled."""
    whole = whole | {"epochs": 25, "batch_size": 16}
    odd = {
        name: np.float32(value) if isinstance(value, float) else np.array(value)[()]
        for name, value in whole.items()
    }
    expected = scores(fitted(cls, **whole))
    np.testing.assert_array_equal(scores(fitted(cls, **odd)), expected)


@every_network
def test_some_rows_are_always_trained_on(cls):
    assert np.isfinite(scores(fitted(cls, validation_fraction=0.999))).all()


def test_a_batch_of_more_rows_than_tensorflow_counts():
    parameters = {"epochs": 70, "patience": None}
    expected = scores(fitted(AutoencoderDetector, **parameters, batch_size=48))
    model = fitted(AutoencoderDetector, **parameters, batch_size=10**12)
    np.testing.assert_array_equal(scores(model), expected)


@pytest.mark.parametrize(
    "state", [-1, 2**40, 1.5, "seed", [1], np.random.default_rng(0)]
)
def test_a_bad_random_state_is_named(state):
    with pytest.raises(ValueError, match="random_state must be None") as error:
        fitted(AutoencoderDetector, random_state=state)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("rate", [10**400, 1j, np.complex64(1)])
def test_a_learning_rate_is_a_real_number(rate):
    with pytest.raises(ValueError, match="learning_rate must be a number above 0"):
        fitted(AutoencoderDetector, learning_rate=rate)


@pytest.mark.parametrize("normal", [[0, 1], np.array([0, 1, 2]), None, "ok"])
def test_normal_is_one_label(normal):
    with pytest.raises(ValueError, match="is none of the classes 0, 1"):
        scores(fitted(RNNClassifier, normal=normal))


@pytest.mark.parametrize("cls", [BiGANDetector, Seq2SeqDetector])
@pytest.mark.parametrize("scale", [1e-30, 1e-150])
def test_small_units_do_not_blind_a_scaling_to_the_range(cls, scale):
    expected = fitted(cls).decision_scores_
    small = make(cls).fit(ROWS * scale)
    np.testing.assert_allclose(small.decision_scores_, expected, rtol=1e-4)
    assert 0.01 * scale < small.reconstruct(ROWS * scale).std() < 100 * scale


def test_rounding_is_no_range():
    X = np.full((20, 2), 3.0)
    X[::2] = np.nextafter(3.0, 4.0)
    assert np.ptp(make(BiGANDetector).fit(X).decision_scores_) < 1e-6


@pytest.mark.parametrize("cls", [VAEDetector, BiGANDetector])
def test_a_score_type_set_after_fit_is_checked(cls):
    detector = fitted(cls).set_params(score_type="likelyhood")
    with pytest.raises(ValueError, match="score_type must be one of 'reconstruction'"):
        scores(detector)


@pytest.mark.parametrize("cls", [AutoencoderDetector, VAEDetector])
@pytest.mark.filterwarnings("error")
def test_codes_beyond_single_precision_are_refused(cls):
    detector = cls(**cls.contract_params).fit(np.eye(8))
    with pytest.raises(ValueError, match="codes holds values beyond 1e"):
        detector.decode(np.full((2, 2), 1e300))


@pytest.mark.parametrize("sizes", [np.array(2), np.float64(2), b"22", [10**30], [[2]]])
def test_layers_are_a_sequence_of_sizes(sizes):
    with pytest.raises(ValueError, match="hidden_layers") as error:
        AutoencoderDetector(hidden_layers=sizes).fit(np.eye(8))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("progress", ["no", 1, None, np.array([True, False])])
def test_progress_is_a_flag(progress):
    with pytest.raises(ValueError, match="progress must be True or False"):
        AutoencoderDetector(progress=progress).fit(np.eye(8))


@pytest.mark.parametrize(
    ("detector", "name"),
    [
        (VAEDetector(n_draws=10**30), "n_draws"),
        (VAEDetector(divergence_weight=1e300), "divergence_weight"),
        (BiGANDetector(code_size=10**30), "code_size"),
        (BiGANDetector(reconstruction_weight=10**300), "reconstruction_weight"),
        (Seq2SeqDetector(units=10**30), "units"),
        (ForecastDetector(units=10**30), "units"),
        (ForecastDetector(output_scale=1e300), "output_scale"),
        (IsolationForestDetector(n_estimators=10**30), "n_estimators"),
    ],
)
@pytest.mark.filterwarnings("error")
def test_sizes_and_weights_that_nothing_holds_are_refused(detector, name):
    X = np.eye(8)[:, :, None] if detector.input_kind == "windows" else np.eye(8)
    with pytest.raises(ValueError, match=f"{name} must be ") as error:
        detector.fit(X)
    assert "\n" not in str(error.value)
