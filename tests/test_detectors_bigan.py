"""The BiGAN detector: three players, who learns from what, and both scores."""

import tracemalloc

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from helpers.detectors import BiGANDetector, Detector

QUICK = {"hidden_layers": (16,), "discriminator_layers": (16,), "random_state": 0}


@pytest.fixture(scope="module")
def rows():
    """Return 400 rows of four features that two numbers decide."""
    random = np.random.default_rng(0)
    hidden = random.uniform(-1, 1, size=(400, 2))
    mixing = np.array([[1.0, 0.0, 1.0, -1.0], [0.0, 1.0, 1.0, 1.0]])
    return hidden @ mixing + random.normal(0, 0.02, size=(400, 4))


@pytest.fixture(scope="module")
def trained(rows):
    return BiGANDetector(**QUICK, epochs=40).fit(rows)


def network(features=4, reconstruction=0.0, seed=0):
    from helpers.networks.bigan import BiGAN, BiGANLoss, BiGANShape

    shape = BiGANShape(features, code=2, hidden=(8,), discriminator=(8,))
    return BiGAN(shape, BiGANLoss(reconstruction), seed)


# ------------------------------------------------------------------- the published one


def test_the_published_networks_have_their_parameters():
    random = np.random.default_rng(0)
    detector = BiGANDetector.published(epochs=1, random_state=0)
    model = detector.fit(random.uniform(size=(40, 18))).network_
    assert model.encoder.count_params() == 2690
    assert model.generator.count_params() == 2706
    weights = model.discriminator.trainable_variables
    assert sum(np.prod(weight.shape) for weight in weights) == 2817


def test_the_published_game_can_be_changed():
    detector = BiGANDetector.published(epochs=3, score_type="feature_matching")
    assert detector.reconstruction_weight == 0
    assert detector.patience is None
    assert (detector.epochs, detector.learning_rate) == (3, 0.01)
    assert detector.score_type == "feature_matching"


# ------------------------------------------------------------------------- the players


def test_each_player_learns_from_its_own_loss_only():
    """A step with one player's gradients leaves the others' weights alone."""
    tf = pytest.importorskip("tensorflow")
    model, x = network(), np.random.default_rng(0).uniform(size=(32, 4))
    x = x.astype(np.float32)
    model(x)
    judge = model.discriminator.trainable_variables
    others = [
        *model.encoder.trainable_variables,
        *model.generator.trainable_variables,
    ]
    with tf.GradientTape(persistent=True) as tape:
        judged, deceived = model.adversarial_losses(x, model.encoder(x))

    def moved(loss, weights):
        values = [weight.value for weight in weights]
        return [part is not None for part in tape.gradient(loss, values)]

    assert not any(moved(judged, others))
    assert all(moved(judged, judge))
    assert not any(moved(deceived, judge))
    assert all(moved(deceived, others))


def test_the_two_losses_have_swapped_targets():
    """When the discriminator is sure and right, it pays little and the others much."""
    import keras

    model, x = network(), np.full((64, 4), 5.0, np.float32)
    for weight in model.discriminator.trainable_variables:
        weight.assign(keras.ops.zeros_like(weight))
    kernel = model.discriminator.hidden[0].kernel
    kernel.assign(keras.ops.ones_like(kernel) * np.eye(6, 8)[:, :1] * [[1.0] * 8])
    logit = model.discriminator.logit
    logit.kernel.assign(keras.ops.ones_like(logit.kernel))
    logit.bias.assign([-16.0])  # real rows have 5 in front, made ones at most 1
    for drop in model.discriminator.dropouts:
        drop.rate = 0.0
    judged, deceived = model.adversarial_losses(x, model.encoder(x))
    assert float(judged) < 0.01
    assert float(deceived) > 20


def test_equal_logits_cost_the_logarithm_of_two():
    import keras

    model, x = network(), np.zeros((16, 4), np.float32)
    for weight in model.discriminator.trainable_variables:
        weight.assign(keras.ops.zeros_like(weight))
    for loss in model.adversarial_losses(x, model.encoder(x)):
        assert float(loss) == pytest.approx(2 * np.log(2), rel=1e-5)


def test_without_training_the_loss_is_the_reconstruction_error():
    import keras

    model, x = network(), np.random.default_rng(1).uniform(size=(16, 4))
    x = x.astype(np.float32)
    rebuilt = keras.ops.convert_to_numpy(model(x, training=False))
    assert float(sum(model.losses)) == pytest.approx(np.abs(x - rebuilt).mean())


# ------------------------------------------------------------------------ the detector


def test_training_lowers_the_reconstruction_error(rows, trained):
    errors = trained.history_["val_loss"]
    assert min(errors) < 0.5 * errors[0]
    assert trained.best_epoch_ == np.argmin(errors) + 1
    assert np.abs(trained.reconstruct(rows) - rows).mean() < 0.5 * rows.std()


@pytest.mark.parametrize("score_type", ["reconstruction", "feature_matching"])
def test_both_scores_find_rows_off_the_plane(rows, score_type):
    detector = BiGANDetector(**QUICK, epochs=40, score_type=score_type).fit(rows[:300])
    random = np.random.default_rng(1)
    odd = rows[300:].copy()
    odd[:, 2] = random.permutation(-odd[:, 2]) + 1.5
    scores = detector.decision_function(np.concatenate([rows[300:], odd]))
    assert roc_auc_score(np.repeat([0, 1], 100), scores) > 0.9


def test_scores_are_what_the_docstring_says(rows, trained):
    x = rows[:20]
    scaled = trained.scaler_.transform(x)
    network, x32 = trained.network_, scaled.astype(np.float32)
    codes = network.encoder(x32)
    judged = (network.discriminator(r, codes) for r in (x32, network(x32)))
    (logits, seen), (_, seen_rebuilt) = judged
    rebuilt, logits, seen, seen_rebuilt = (
        np.asarray(part, np.float64)
        for part in (network(x32), logits, seen, seen_rebuilt)
    )
    error = np.abs(scaled - rebuilt).sum(axis=1)
    matching = 0.9 * error + 0.1 * np.abs(seen - seen_rebuilt).sum(axis=1)
    np.testing.assert_allclose(trained.decision_function(x), matching, rtol=1e-5)
    believed = 1 / (1 + np.exp(-logits[:, 0]))
    trained.score_type = "reconstruction"
    try:
        scores = trained.decision_function(x)
    finally:
        trained.score_type = "feature_matching"
    np.testing.assert_allclose(scores, 0.9 * error - 0.1 * np.log(believed), rtol=1e-5)
    assert len(np.unique(scores - 0.9 * error)) > 10, "one logit a row, not a call"


def test_codes_and_generated_rows(rows, trained):
    assert trained.encode(rows).shape == (400, 2)
    made = trained.generate(500, random_state=3)
    assert made.shape == (500, 4)
    assert np.array_equal(made, trained.generate(500, random_state=3))
    for seed in (-1, "a", 0.5):
        with pytest.raises(ValueError, match="random_state must be a whole number"):
            trained.generate(3, random_state=seed)
    low, high = rows.min(axis=0) - 1e-5, rows.max(axis=0) + 1e-5
    assert ((made >= low) & (made <= high)).all(), "minmax and a sigmoid keep the range"


def test_a_loaded_detector_goes_on_as_the_saved_one(rows, tmp_path):
    detector = BiGANDetector(**QUICK, epochs=2).fit(rows)
    detector.save(tmp_path / "bigan")
    loaded = Detector.load(tmp_path / "bigan")
    for each in (detector, loaded):
        each.partial_fit(rows, epochs=2)
    assert len(loaded.history_["loss"]) == 4
    assert loaded.history_ == detector.history_
    assert np.array_equal(loaded.decision_scores_, detector.decision_scores_)


def test_another_seed_plays_another_game(rows):
    first, again, other = (
        BiGANDetector(**QUICK | {"random_state": seed}, epochs=1).fit(rows)
        for seed in (1, 1, 2)
    )
    assert first.history_ == again.history_
    assert first.history_ != other.history_


def test_compiled_and_plain_steps_draw_alike(rows, monkeypatch):
    from helpers.networks import engines

    runs = []
    for limit in (1, 10**9):
        monkeypatch.setattr(engines, "COMPILE_FROM_STEPS", limit)
        runs.append(BiGANDetector(**QUICK, epochs=2).fit(rows).history_["loss"])
    np.testing.assert_allclose(*runs, rtol=1e-4)


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"hidden_layers": None}, "hidden_layers is None"),
        ({"discriminator_layers": ()}, "discriminator_layers is empty"),
        ({"hidden_layers": (3, 0)}, "each size in hidden_layers"),
        ({"code_size": 0}, "code_size"),
        ({"score_type": "l1"}, "score_type must be one of 'reconstruction'"),
        ({"reconstruction_weight": -1}, "reconstruction_weight"),
        ({"label_smoothing": 0.5}, "label_smoothing must be below 0.5"),
        ({"dropout": 1}, "dropout must be below 1"),
        ({"beta_1": 1.0}, "beta_1 must be below 1"),
        ({"batch_size": 0}, "batch_size"),
    ],
)
def test_bad_parameters_are_refused_in_one_line(rows, parameters, words):
    with pytest.raises(ValueError, match=words) as error:
        BiGANDetector(**parameters).fit(rows)
    assert "\n" not in str(error.value)


def test_all_detectors_choose_a_batch_size_by_the_rows():
    from helpers.estimators.trained import batch_size_for

    sizes = [batch_size_for(rows) for rows in (5, 300, 97_278, 10**7)]
    assert sizes == [16, 16, 379, 1024]


@pytest.mark.parametrize("score_type", ["reconstruction", "feature_matching"])
def test_a_row_scores_the_same_at_every_place(rows, score_type):
    detector = BiGANDetector(**QUICK, epochs=1, score_type=score_type).fit(rows)
    order = np.random.default_rng(0).permutation(27)
    scores = detector.decision_function(rows[:27])
    np.testing.assert_allclose(
        detector.decision_function(rows[order]), scores[order], rtol=1e-9, atol=1e-12
    )


# ---------------------------------------------------------------------------- memory


def test_scoring_takes_little_memory_and_blocks_change_no_score():
    table = np.random.default_rng(0).random((2**14, 18), dtype=np.float32)
    detector = BiGANDetector(epochs=1, random_state=0).fit(table[:500])
    tracemalloc.start()
    try:
        scores = detector.decision_function(table)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 40e6  # all 275 numbers of each row at once took 89 MB
    assert np.array_equal(scores, detector._score_few(table))
