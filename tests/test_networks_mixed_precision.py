"""Mixed precision: products in 16 bits while a network learns, float32 elsewhere.

All families are discovered. They learn by a few steps that aren't compiled, which is
what a processor does quickly; two learn long enough to be compiled.
"""

import functools

import keras
import numpy as np
import pytest
from interrupts import pressed_after
from optional import needs_onnx
from test_detectors_contract import KINDS

from helpers.classifiers import RNNClassifier
from helpers.detectors import (
    AutoencoderDetector,
    BiGANDetector,
    EncoderDecoderDetector,
    EventSeq2SeqDetector,
    ForecastDetector,
    Seq2SeqDetector,
    VAEDetector,
    WindowAutoencoderDetector,
    all_detectors,
)
from helpers.estimators.trained import TrainedNetwork

MIXED = ("mixed_bfloat16", "mixed_float16")
FAMILIES = [
    *(cls for cls in all_detectors() if issubclass(cls, TrainedNetwork)),
    RNNClassifier,
]
CASES = [(cls, precision) for cls in FAMILIES for precision in MIXED]
every_case = pytest.mark.parametrize(
    ("cls", "precision"), CASES, ids=lambda part: getattr(part, "__name__", part)
)
every_family = pytest.mark.parametrize("cls", FAMILIES, ids=lambda cls: cls.__name__)
QUICK = {
    "epochs": 2,
    "batch_size": 24,
    "learning_rate": 0.02,
    "validation_fraction": 0.0,
    "random_state": 0,
    "progress": False,
}
# Nothing is left out at random, for it is drawn by other numbers in each precision;
# errors of a VAE are below 1, so that float16 skips no step to find the loss's scale; a
# BiGAN's halves push against each other, so its loss falls where it is the error.
FAMILY = {
    AutoencoderDetector: {"dropout": 0.0},
    BiGANDetector: {"dropout": 0.0, "reconstruction_weight": 50.0},
    VAEDetector: {"scaling": "minmax"},
    EventSeq2SeqDetector: {"batch_size": 64, "learning_rate": 0.1},
}
# of the spread of the float32 scores, after a few steps
TOLERANCE = {"mixed_bfloat16": 0.05, "mixed_float16": 0.02}


def data(cls, rows=24):
    """Return X and y that a family reads; y is None but for the classifier."""
    X = KINDS[cls.input_kind].normal(rows)
    return X, (X[:, :, 0] > 0).astype(int) if cls is RNNClassifier else None


def unfitted(cls, **changes):
    small = getattr(cls, "contract_params", {"units": 4})
    return cls(**(small | QUICK | FAMILY.get(cls, {}) | changes))


@functools.cache
def fitted(cls, precision):
    """Return a small network, trained once for all tests; none of them changes it."""
    return unfitted(cls, precision=precision).fit(*data(cls))


@functools.cache
def fitted_by_keras(cls):
    """Return the same in float32, by Keras also where NumPy would train it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TrainedNetwork, "_trained_arrays", lambda self: None)
        return unfitted(cls).fit(*data(cls))


def scores(network, X):
    answer = getattr(network, "decision_function", None) or network.predict_proba
    return answer(X)


def all_layers(model):
    """Return the layers of a model, and theirs."""
    return model._flatten_layers(include_self=False)


@every_case
def test_it_learns_as_in_float32(cls, precision):
    mixed, single = fitted(cls, precision), fitted_by_keras(cls)
    losses = mixed.history_["loss"]
    assert losses[-1] < losses[0]
    np.testing.assert_allclose(losses, single.history_["loss"], rtol=0.03)
    X, _ = data(cls)
    ours, theirs = scores(mixed, X), scores(single, X)
    assert not np.array_equal(ours, theirs)
    tolerance = TOLERANCE[precision] * theirs.std()
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=tolerance)
    if cls is not RNNClassifier:
        assert mixed.threshold_ == pytest.approx(single.threshold_, abs=tolerance)


@every_case
def test_weights_and_scores_are_float32(cls, precision):
    mixed = fitted(cls, precision)
    assert mixed.get_params()["precision"] == precision
    policies = {layer.dtype_policy.name for layer in all_layers(mixed.mixed_network_)}
    assert policies == {precision, "float32"}
    assert {la.compute_dtype for la in all_layers(mixed.network_)} == {"float32"}
    kinds = {v.dtype for v in mixed.state_.variables if v.dtype.kind == "f"}
    assert kinds == {np.dtype(np.float32)}
    weights = zip(mixed.network_.weights, mixed.mixed_network_.weights, strict=True)
    assert all(np.array_equal(one, other) for one, other in weights)
    assert scores(mixed, data(cls)[0]).dtype == np.float64


@every_family
def test_a_file_keeps_the_scores_and_goes_on(cls, tmp_path):
    X, y = data(cls)
    path, mixed = tmp_path / "saved", fitted(cls, "mixed_float16")
    mixed.save(path)
    loaded = cls.load(path)
    assert np.array_equal(scores(loaded, X), scores(mixed, X))
    loaded.partial_fit(X, y, epochs=1)
    losses = loaded.history_["loss"]
    assert len(losses) == 3
    assert losses[-1] < losses[0]
    before, after = (
        int(each.mixed_network_.optimizer.iterations) for each in (mixed, loaded)
    )
    assert after == 1.5 * before


@needs_onnx
@every_family
def test_its_graph_is_that_of_float32(cls, tmp_path):
    import onnx

    sizes = set()
    for network in (fitted(cls, "mixed_float16"), fitted_by_keras(cls)):
        path = tmp_path / "graph.onnx"
        network.to_onnx(path)
        graph = onnx.load(path).graph
        kinds = {each.data_type for each in graph.initializer}
        assert onnx.TensorProto.FLOAT in kinds
        assert not kinds & {onnx.TensorProto.FLOAT16, onnx.TensorProto.BFLOAT16}
        sizes.add(len(graph.node))
    assert len(sizes) == 1


VARIANTS = [
    (AutoencoderDetector, {"dropout": 0.3, "decoder_layers": (3,)}),
    (EncoderDecoderDetector, {"feed": "own", "peepholes": False}),
    (EncoderDecoderDetector, {"feed": "constant", "known_features": 1}),
    (EventSeq2SeqDetector, {"carry_state": False, "decay": 0.1}),
    (ForecastDetector, {"cell": "gru", "output_scale": 10.0}),
    (Seq2SeqDetector, {"teacher_forcing": "always", "dropout": 0.2}),
    (WindowAutoencoderDetector, {"cell": "lstm", "activation": "relu"}),
    (RNNClassifier, {"peepholes": True, "l2": 0.01, "class_weight": "balanced"}),
]


@pytest.mark.parametrize(
    ("cls", "changes"), VARIANTS, ids=lambda part: getattr(part, "__name__", None)
)
def test_other_networks_of_a_family_learn_too(cls, changes):
    mixed = unfitted(cls, epochs=1, precision="mixed_float16", **changes)
    mixed.fit(*data(cls))
    assert np.isfinite(mixed.history_["loss"]).all()


# -------------------------------------------------------------------- long trainings


@pytest.fixture(scope="module")
def compiled():
    """Return a forecaster that was trained by compiled steps."""
    X, _ = data(ForecastDetector, rows=160)
    made = unfitted(ForecastDetector, epochs=5, precision="mixed_float16")
    return made.fit(X), X


def test_compiled_steps_learn_too(compiled):
    losses = compiled[0].history_["loss"]
    assert all(later < sooner for sooner, later in zip(losses, losses[1:]))  # noqa: B905, RUF007


def test_going_on_compiles_nothing_and_heeds_the_learning_rate(compiled):
    forecaster, X = compiled
    network = forecaster.mixed_network_
    functions = dict(vars(network)["workshop_compiled"])
    steps = int(network.optimizer.inner_optimizer.iterations)
    forecaster.set_params(learning_rate=0.5)
    forecaster.partial_fit(X, epochs=1)
    assert forecaster.mixed_network_ is network
    assert vars(network)["workshop_compiled"] == functions
    assert float(network.optimizer.learning_rate) == 0.5
    assert int(network.optimizer.inner_optimizer.iterations) > steps


LONG = {
    "hidden_layers": (4, 2),
    "validation_fraction": 0.2,
    "patience": None,
    "precision": "mixed_float16",
}


def test_an_interrupted_training_keeps_the_best_weights(monkeypatch):
    X, _ = data(AutoencoderDetector)
    pressed_after(monkeypatch, 3)
    with pytest.warns(UserWarning, match="after 3 of 9 epochs"):
        cut = unfitted(AutoencoderDetector, epochs=9, **LONG).fit(X)
    monkeypatch.undo()
    patient = LONG | {"patience": 9}
    whole = unfitted(AutoencoderDetector, epochs=3, **patient).fit(X)
    assert cut.best_epoch_ == whole.best_epoch_
    np.testing.assert_array_equal(cut.decision_scores_, whole.decision_scores_)


def test_a_checkpoint_keeps_the_scale_of_the_loss(monkeypatch, tmp_path):
    X, _ = data(AutoencoderDetector)
    plan = LONG | {"epochs": 4, "scaling": None}
    wide = 300 * X  # so that the first scale is too large, and is halved
    whole = unfitted(AutoencoderDetector, **plan).fit(wide)
    kept = plan | {"checkpoint": tmp_path / "state"}
    with monkeypatch.context() as patch:
        pressed_after(patch, 2)
        with pytest.raises(KeyboardInterrupt):
            unfitted(AutoencoderDetector, **kept).fit(wide)
    again = unfitted(AutoencoderDetector, **kept).fit(wide)
    assert again.history_ == whole.history_
    np.testing.assert_array_equal(again.decision_scores_, whole.decision_scores_)
    scale = float(again.mixed_network_.optimizer.dynamic_scale)
    assert scale == float(whole.mixed_network_.optimizer.dynamic_scale)
    assert scale < again.mixed_network_.optimizer.initial_scale


# ---------------------------------------------------------------- what 16 bits can't do


def test_gradients_too_small_for_float16_are_learned_from():
    """Squares of errors of 1e-4 have gradients that float16 rounds to 0."""
    X = 1e-4 * data(AutoencoderDetector, rows=96)[0]
    found = {}
    for precision in ("float32", "mixed_float16"):
        plan = {"epochs": 6, "scaling": None, "learning_rate": 1e-3}
        network = unfitted(AutoencoderDetector, precision=precision, **plan).fit(X)
        losses = network.history_["loss"]
        found[precision] = losses[-1] / losses[0]
    assert found["float32"] < 0.99
    assert found["mixed_float16"] == pytest.approx(found["float32"], abs=0.05)


def test_rows_far_away_make_no_loss_infinite():
    """A row 50 standard deviations off: its divergence is beyond float16."""
    X = np.array(data(VAEDetector, rows=96)[0])
    X[0] = 1e4
    plan = {"epochs": 4, "divergence_weight": 10.0, "precision": "mixed_float16"}
    network = unfitted(VAEDetector, **plan).fit(X)
    assert np.isfinite(network.history_["loss"]).all()
    assert np.isfinite(network.decision_function(X)).all()


def test_what_to_do_when_it_diverges_is_said():
    far = {"optimizer": "sgd", "learning_rate": 1e6, "epochs": 9, "scaling": None}
    for precision, ending in (("float32", "; lower .*rate"), (MIXED[1], "='float32'")):
        network = unfitted(AutoencoderDetector, precision=precision, **far)
        told = f"diverged: loss is .*{ending}$"
        with pytest.raises(ValueError, match=told):
            network.fit(data(AutoencoderDetector)[0])


# -------------------------------------------------------------------- the parameter


def test_float32_is_what_nobody_asks_for():
    assert {cls().precision for cls in FAMILIES} == {"float32"}
    assert "mixed_network_" not in vars(fitted_by_keras(VAEDetector))


def test_the_users_own_policy_comes_back():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float64")
    try:
        unfitted(AutoencoderDetector, precision="mixed_bfloat16").fit(
            data(AutoencoderDetector)[0]
        )
        assert keras.config.dtype_policy().name == "float64"
        assert keras.config.floatx() == "float32"
    finally:
        keras.config.set_dtype_policy(before)


def test_it_cannot_change_while_training_goes_on():
    X, _ = data(AutoencoderDetector)
    network = unfitted(AutoencoderDetector).fit(X)
    network.set_params(precision="mixed_float16")
    with pytest.raises(ValueError, match=r"\(precision\) stays as it was in fit"):
        network.partial_fit(X)


def test_a_file_from_before_goes_on():
    X, _ = data(AutoencoderDetector)
    network = unfitted(AutoencoderDetector).fit(X)
    for kept in (network.built_with_, network.fitted_with_, vars(network)):
        kept.pop("precision")
    network.partial_fit(X, epochs=1)
    assert len(network.history_["loss"]) == 3


def test_another_precision_is_refused():
    with pytest.raises(ValueError, match="precision must be"):
        unfitted(AutoencoderDetector, precision="float16").fit(
            data(AutoencoderDetector)[0]
        )
