"""The LSTM with peepholes: a step worked out in NumPy, sizes, files, the classifier."""

import itertools

import keras
import numpy as np
import pytest
from sklearn.base import clone

from helpers.classifiers import RNNClassifier
from helpers.networks.layers import seed_stream
from helpers.networks.peepholes import PeepholeLSTMCell
from helpers.networks.recurrent import recurrent_layer

UNITS, FEATURES = 3, 2
QUICK = {"units": 4, "epochs": 3, "learning_rate": 0.02, "random_state": 0}


def sigmoid(values):
    return 1 / (1 + np.exp(-values))


def numpy_steps(X, kernel, recurrent, bias, peepholes):
    """Return the outputs (n, steps, units) of an LSTM with peepholes."""
    hidden = memory = np.zeros((len(X), len(recurrent)))
    outputs = []
    for inputs in X.swapaxes(0, 1):
        sums = inputs @ kernel + hidden @ recurrent + bias
        i, f, c, o = np.split(sums, 4, axis=1)
        admitted = sigmoid(i + peepholes[0] * memory)
        kept = sigmoid(f + peepholes[1] * memory)
        memory = kept * memory + admitted * np.tanh(c)
        hidden = sigmoid(o + peepholes[2] * memory) * np.tanh(memory)
        outputs.append(hidden)
    return np.stack(outputs, axis=1)


def layer_and_weights(seed=0):
    """Return a layer, and random weights that all matter."""
    layer = keras.layers.RNN(PeepholeLSTMCell(UNITS), return_sequences=True)
    layer.build((None, None, FEATURES))
    random = np.random.default_rng(seed)
    weights = [random.normal(size=weight.shape) for weight in layer.get_weights()]
    layer.set_weights(weights)
    return layer, weights


def sequences(rows=5, steps=7, seed=1):
    return np.random.default_rng(seed).normal(size=(rows, steps, FEATURES))


# ----------------------------------------------------------------------------- the cell


def test_it_computes_what_numpy_computes():
    layer, weights = layer_and_weights()
    outputs = keras.ops.convert_to_numpy(layer(sequences().astype(np.float32)))
    np.testing.assert_allclose(outputs, numpy_steps(sequences(), *weights), atol=1e-5)


@pytest.mark.parametrize("gate", range(3))
def test_every_gate_sees_the_memory(gate):
    """Other peepholes of one gate change what comes out, as NumPy says."""
    layer, weights = layer_and_weights()
    one = numpy_steps(sequences(), *weights)
    weights[3][gate] += 1.0
    layer.set_weights(weights)
    other = keras.ops.convert_to_numpy(layer(sequences().astype(np.float32)))
    assert np.abs(other - one).max() > 0.01
    np.testing.assert_allclose(other, numpy_steps(sequences(), *weights), atol=1e-5)


def test_closed_peepholes_make_it_kerass_lstm():
    layer, weights = layer_and_weights()
    plain = keras.layers.LSTM(UNITS, return_sequences=True)
    plain.build((None, None, FEATURES))
    plain.set_weights(weights[:3])
    layer.set_weights([*weights[:3], np.zeros((3, UNITS))])
    X = sequences().astype(np.float32)
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(layer(X)),
        keras.ops.convert_to_numpy(plain(X)),
        atol=1e-6,
    )


def test_it_can_do_without_a_bias():
    layer = keras.layers.RNN(PeepholeLSTMCell(UNITS, use_bias=False))
    layer.build((None, None, FEATURES))
    assert [w.shape for w in layer.get_weights()] == [(2, 12), (3, 12), (3, 3)]
    assert layer(sequences().astype(np.float32)).shape == (5, UNITS)


def test_a_dropout_inside_is_refused():
    for name in ("dropout", "recurrent_dropout"):
        with pytest.raises(ValueError, match="add a Dropout layer"):
            PeepholeLSTMCell(UNITS, **{name: 0.1})


def test_a_model_with_it_is_saved_by_keras(tmp_path):
    inputs = keras.Input((7, FEATURES))
    cell = PeepholeLSTMCell(UNITS, peephole_initializer="ones")
    model = keras.Model(inputs, keras.layers.RNN(cell)(inputs))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.layers[-1].cell.get_config() == cell.get_config()
    X = sequences().astype(np.float32)
    np.testing.assert_array_equal(loaded.predict_on_batch(X), model.predict_on_batch(X))


# ----------------------------------------------------------------------------- its size


@pytest.mark.parametrize(
    ("units", "features", "published"),
    [(15, 1, 2146), (15, 34, 6634), (35, 34, 21034), (25, 7, 6932)],
    ids=["power demand", "smtp", "http", "forest"],
)
def test_an_encoder_and_a_decoder_have_the_published_size(units, features, published):
    """Of the thesis: two LSTMs with peepholes, a linear output per step."""
    seeds = seed_stream(0)
    inputs, forced = (keras.Input((12, features)) for _ in range(2))
    options = {"peepholes": True, "return_sequences": True}
    encoder = recurrent_layer("lstm", units, 12, seeds, return_state=True, **options)
    decoder = recurrent_layer("lstm", units, 12, seeds, **options)
    _, *states = encoder(inputs)
    outputs = keras.layers.Dense(features)(decoder(forced, initial_state=states))
    assert keras.Model([inputs, forced], outputs).count_params() == published


def test_each_start_has_its_own_seed():
    layer = recurrent_layer("lstm", 3, 12, seed_stream(0), peepholes=True)
    layer.build((None, 12, 3))
    kernel, recurrent, _, peepholes = layer.get_weights()
    flat = [weights.ravel()[:9] for weights in (kernel, recurrent, peepholes)]
    for one, other in itertools.combinations(flat, 2):
        assert not np.allclose(one / np.linalg.norm(one), other / np.linalg.norm(other))


# ----------------------------------------------------------------------- the classifier


@pytest.fixture(scope="module")
def fitted():
    X = sequences(60, 6)
    return RNNClassifier(**QUICK, peepholes=True).fit(X, (X[..., 0] > 0).astype(int))


def test_the_classifier_says_that_it_has_them(fitted):
    described = fitted.describe()
    assert described["layer"] == "PeepholeLSTM"
    assert described["parameters"] == 4 * 4 * (2 + 4 + 1) + 3 * 4 + 2 * (4 + 1)
    assert (described["units"], described["activation"]) == (4, "tanh")
    assert described["answers"] == "per step"


def test_the_articles_layer_has_the_size_of_a_graves_lstm():
    """Deeplearning4j counts inputs x 4 n, n x (4 n + 3) and 4 n weights for n units."""
    X = sequences(40, 6)[..., :1]
    model = RNNClassifier.published(peepholes=True, epochs=1)
    described = model.fit(X, (X[..., 0] > 0).astype(int)).describe()
    assert described["layer"] == "PeepholeLSTM"
    assert described["parameters"] == 1 * 40 + 10 * 43 + 40 + 2 * (10 + 1)
    assert described["recurrent_start"] == "GlorotUniform"


def test_its_peepholes_are_trained(fitted):
    start = fitted._build(fitted.seed_).get_weights()[3]
    trained = fitted.network_.get_weights()[3]
    assert start.shape == trained.shape == (3, 4)
    assert (np.abs(trained - start) > 1e-4).all()


def test_it_answers_the_same_from_a_file(fitted, tmp_path):
    fitted.save(tmp_path / "classifier")
    loaded = RNNClassifier.load(tmp_path / "classifier")
    X = sequences(9, 6, seed=3)
    np.testing.assert_array_equal(loaded.predict_proba(X), fitted.predict_proba(X))
    assert loaded.get_params() == fitted.get_params()
    again = clone(loaded).fit(sequences(60, 6), (sequences(60, 6)[..., 0] > 0) * 1)
    np.testing.assert_array_equal(again.predict_proba(X), fitted.predict_proba(X))


def test_peepholes_cannot_be_closed_between_two_trainings(fitted):
    X = sequences(60, 6)
    before = fitted.network_.get_weights()
    try:
        fitted.set_params(peepholes=False)
        with pytest.raises(ValueError, match=r"set since fit \(peepholes\)"):
            fitted.partial_fit(X, (X[..., 0] > 0).astype(int))
    finally:
        fitted.set_params(peepholes=True)
    for mine, theirs in zip(fitted.network_.get_weights(), before, strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_l2_holds_peepholes_back_too():
    X = sequences(60, 6)
    y = (X[..., 0] > 0).astype(int)
    sizes = [
        np.square(
            RNNClassifier(**QUICK | {"epochs": 12}, peepholes=True, l2=l2)
            .fit(X, y)
            .network_.get_weights()[3]
        ).sum()
        for l2 in (0.0, 1.0)
    ]
    assert sizes[1] < sizes[0] / 4


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"cell": "gru", "peepholes": True}, "those of an LSTM; set cell='lstm'"),
        ({"peepholes": "yes"}, "peepholes must be True or False"),
    ],
)
def test_bad_parameters_are_refused(parameters, words):
    X = sequences()
    with pytest.raises(ValueError, match=words) as error:
        RNNClassifier(**parameters).fit(X, (X[..., 0] > 0).astype(int))
    assert "\n" not in str(error.value)
