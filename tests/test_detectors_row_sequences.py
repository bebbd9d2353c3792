"""Rows as sequences: the published network, its recursive decoding, its scores."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from helpers.detectors import Detector, Seq2SeqDetector


@pytest.fixture(scope="module")
def rows():
    """Return 300 rows of five features that follow one another."""
    random = np.random.default_rng(0)
    start = random.uniform(0, 2 * np.pi, size=(300, 1))
    return np.sin(start + np.arange(5)) + random.normal(0, 0.02, size=(300, 5))


@pytest.fixture(scope="module")
def trained(rows):
    return Seq2SeqDetector(units=6, epochs=25, random_state=0).fit(rows[:200])


def build(forced, steps=4, units=3, seed=0):
    from helpers.networks.sequences import SequenceShape, sequence_to_sequence

    return sequence_to_sequence(SequenceShape(steps, units, forced=forced), seed)


def retold(model, x):
    """Return what decoding says, step by step in Python."""
    import keras

    wide = x[:, :, np.newaxis]
    layers = [one for one in model.layers if isinstance(one, keras.layers.LSTM)]
    ends = [layer(wide)[1:] for layer in layers]
    memory = [keras.ops.concatenate(pair, axis=-1) for pair in zip(*ends, strict=True)]
    decoder = model.get_layer("decoder").cell
    said, row = x[:, :1], []
    for _ in range(x.shape[1]):
        hidden, memory = decoder.cell(said, memory)
        said = decoder.output_layer(hidden)
        row.append(keras.ops.convert_to_numpy(said))
    return np.concatenate(row, axis=1)


def test_the_published_network_has_its_parameters():
    random = np.random.default_rng(0)
    detector = Seq2SeqDetector.published(epochs=1, random_state=0)
    model = detector.fit(random.uniform(size=(20, 18))).network_
    assert model.count_params() == 2741
    sizes = [layer.count_params() for layer in model.layers if layer.count_params()]
    assert sorted(sizes) == [480, 480, 1760 + 21]
    assert detector.teacher_forcing == "training"
    assert len(detector.history_["loss"]) == 1


@pytest.mark.parametrize("forced", [(True, False), (False, False)])
def test_decoding_is_a_loop_over_its_own_outputs(forced):
    model = build(forced)
    x = np.random.default_rng(0).uniform(size=(6, 4)).astype(np.float32)
    said = np.asarray(model(x, training=False))
    np.testing.assert_allclose(said, retold(model, x), rtol=1e-5, atol=1e-6)


def test_forced_decoding_reads_the_true_values():
    x = np.random.default_rng(0).uniform(size=(6, 4)).astype(np.float32)
    free, forced = build((True, False)), build((True, True))
    free_said, said = np.asarray(free(x)), np.asarray(forced(x))
    np.testing.assert_allclose(said[:, 0], free_said[:, 0], rtol=1e-5)
    assert not np.allclose(said[:, 1:], free_said[:, 1:], atol=1e-4)
    learning = np.asarray(free(x, training=True))
    np.testing.assert_allclose(learning, said, rtol=1e-5)


def test_dropout_works_in_training_only():
    from helpers.networks.sequences import SequenceShape, sequence_to_sequence

    model = sequence_to_sequence(SequenceShape(4, 3, dropout=0.5), 0)
    x = np.random.default_rng(0).uniform(size=(50, 4)).astype(np.float32)
    quiet = [np.asarray(model(x, training=False)) for _ in range(2)]
    assert np.array_equal(*quiet)
    assert not np.allclose(np.asarray(model(x, training=True)), quiet[0])


def test_training_makes_retelling_better(rows, trained):
    errors = trained.history_["val_loss"]
    assert min(errors) < 0.3 * errors[0]
    assert np.abs(trained.reconstruct(rows) - rows).mean() < 0.4


@pytest.mark.parametrize("feature", range(5))
def test_every_feature_counts(rows, trained, feature):
    """The first one too: the decoder says it last."""
    odd = rows[200:].copy()
    odd[:, feature] += 3.0
    scores = trained.decision_function(np.concatenate([rows[200:], odd]))
    assert roc_auc_score(np.repeat([0, 1], 100), scores) > 0.95


def test_the_score_is_the_mean_squared_error_in_scaled_units(rows, trained):
    difference = trained.scaler_.transform(rows) - trained.scaler_.transform(
        trained.reconstruct(rows)
    )
    expected = np.square(difference).mean(axis=1)
    np.testing.assert_allclose(trained.decision_function(rows), expected, rtol=1e-6)


@pytest.mark.parametrize("features", [1, 2, 7])
def test_any_number_of_features_will_do(features):
    X = np.random.default_rng(0).normal(size=(40, features))
    detector = Seq2SeqDetector(units=2, epochs=1, random_state=0).fit(X)
    assert detector.decision_function(X).shape == (40,)
    assert detector.reconstruct(X).shape == X.shape


def test_a_loaded_detector_goes_on_as_the_saved_one(rows, tmp_path):
    detector = Seq2SeqDetector(units=3, epochs=2, dropout=0.2, random_state=0).fit(rows)
    detector.save(tmp_path / "sequences")
    loaded = Detector.load(tmp_path / "sequences")
    for each in (detector, loaded):
        each.partial_fit(rows, epochs=1)
    assert len(loaded.history_["loss"]) == 3
    assert loaded.history_ == detector.history_
    assert np.array_equal(loaded.decision_scores_, detector.decision_scores_)


def test_the_same_seed_tells_the_same_story(rows):
    first, again, other = (
        Seq2SeqDetector(units=2, epochs=1, random_state=seed).fit(rows)
        for seed in (1, 1, 2)
    )
    assert np.array_equal(first.decision_scores_, again.decision_scores_)
    assert not np.array_equal(first.decision_scores_, other.decision_scores_)


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"units": 0}, "units"),
        ({"dropout": 1.0}, "dropout must be below 1"),
        ({"teacher_forcing": True}, "teacher_forcing must be one of 'never'"),
        ({"scaling": "robust"}, "scaling must be one of"),
        ({"batch_size": 2.5}, "batch_size"),
    ],
)
def test_bad_parameters_are_refused_in_one_line(rows, parameters, words):
    with pytest.raises(ValueError, match=words) as error:
        Seq2SeqDetector(**parameters).fit(rows)
    assert "\n" not in str(error.value)
