"""The LSTM encoder-decoder, the Gaussian of its errors, and thresholds by labels."""

import numpy as np
import pytest
from scipy.spatial.distance import mahalanobis
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from helpers.detectors import Detector, EncoderDecoderDetector
from helpers.detectors.error_models import ErrorModel, six_way_split
from helpers.networks import training
from helpers.networks.engines import variables_of
from helpers.networks.recurrences import EncoderDecoderArrays
from helpers.networks.sequences import EncoderDecoderShape, encoder_decoder
from helpers.thresholds import searched_threshold

STEPS, RANDOM = 6, np.random.default_rng(0)
QUICK = {"units": 4, "epochs": 2, "random_state": 0, "batch_size": 64}
FEEDS = pytest.mark.parametrize("feed", ["true", "own", "constant"])


def waves(count=60, features=2, seed=0):
    """Return windows of sines of any phase (n, 6, features)."""
    random = np.random.default_rng(seed)
    phase = random.uniform(0, 2 * np.pi, (count, 1, 1))
    steps = np.arange(STEPS)[:, np.newaxis] + np.arange(features)
    return np.sin(steps + phase) + random.normal(0, 0.05, (count, STEPS, features))


def with_spikes(count=60, every=5, seed=0):
    """Return windows, some with a spike at step 3, and labels of their points."""
    X = waves(count, seed=seed)
    labels = np.zeros((count, STEPS), int)
    labels[::every, 3] = 1
    X[::every, 3] += 4
    return X, labels


@pytest.fixture(scope="module")
def fitted():
    """Return a detector that no test changes."""
    return EncoderDecoderDetector(**QUICK).fit(waves())


def one_line(error, *words):
    assert "\n" not in str(error.value)
    for word in words:
        assert word in str(error.value)


# -------------------------------------------------------------------- the network


@pytest.mark.parametrize(
    ("units", "features", "parameters"),
    [(15, 1, 2_146), (15, 34, 6_634), (35, 34, 21_034), (25, 7, 6_932)],
)
def test_with_peepholes_it_has_the_published_parameters(units, features, parameters):
    shape = EncoderDecoderShape(STEPS, features, units=units, peepholes=True)
    assert encoder_decoder(shape, 0).count_params() == parameters


def test_without_peepholes_it_has_six_a_unit_less():
    shape = EncoderDecoderShape(STEPS, 34, units=15, peepholes=False)
    assert encoder_decoder(shape, 0).count_params() == 6_634 - 6 * 15


def made(feed, known=0, peepholes=True, steps=STEPS):
    """Return a network for two features, as Keras and as NumPy computes it."""
    shape = EncoderDecoderShape(steps, 2, known, 5, peepholes, feed)
    network = encoder_decoder(shape, 1)
    arrays = EncoderDecoderArrays(network, features=2, feed=feed)
    variables = [variable.numpy() for variable in variables_of(network)]
    x = np.random.default_rng(3).normal(size=(20, steps, 2 + known)).astype("f4")
    return network, lambda rows: arrays.say(rows, variables), x


@FEEDS
@pytest.mark.parametrize("known", [0, 3])
@pytest.mark.parametrize("peepholes", [True, False])
def test_numpy_says_what_keras_says(feed, known, peepholes):
    network, say, x = made(feed, known, peepholes)
    for in_training in (True, False):
        said = np.asarray(network(x, training=in_training))
        np.testing.assert_allclose(say(x), said, atol=1e-5)


def test_numpy_says_what_keras_says_of_windows_too_long_to_unroll():
    network, say, x = made("own", 2, steps=23)
    np.testing.assert_allclose(say(x), np.asarray(network(x)), atol=1e-5)


def steps_that_change(say, x, step):
    """Return the steps that are said otherwise after a change of one that is read."""
    other = x.copy()
    other[:, step] += 0.5
    return np.flatnonzero(np.abs(say(other) - say(x)).max(axis=(0, 2)) > 1e-7)


def from_one_state(feed, x):
    """Return a network whose encoder forgets all it reads: its state is zero."""
    shape = EncoderDecoderShape(STEPS, 2, 0, 5, True, feed)
    network = encoder_decoder(shape, 1)
    encoder = network.get_layer("encoder")
    encoder.set_weights([np.zeros_like(weight) for weight in encoder.get_weights()])
    return lambda rows: np.asarray(network(rows))


def test_windows_are_said_in_reverse_the_true_values_read_one_step_later():
    x = made("true")[2]
    say = from_one_state("true", x)
    assert steps_that_change(say, x, STEPS - 1).tolist() == [0, 1, 2, 3, 4]
    assert steps_that_change(say, x, 2).tolist() == [0, 1]
    assert steps_that_change(say, x, 0).tolist() == []


@pytest.mark.parametrize("feed", ["own", "constant"])
def test_otherwise_only_the_encoder_sees_the_values(feed):
    x = made(feed)[2]
    assert not len(steps_that_change(from_one_state(feed, x), x, 2))
    assert len(steps_that_change(made(feed)[1], x, 2)) == STEPS


def test_what_is_fed_back_decides_what_is_said():
    x = made("own")[2]
    said = [made(feed)[1](x) for feed in ("true", "own", "constant")]
    for one, other in ((0, 1), (0, 2), (1, 2)):
        # the same weights, and the same start token: ones
        np.testing.assert_allclose(said[one][:, -1], said[other][:, -1], atol=1e-6)
        assert np.abs(said[one][:, 0] - said[other][:, 0]).max() > 1e-3


@FEEDS
def test_known_covariates_are_read_of_the_step_to_be_said(feed):
    _, say, x = made(feed, known=1)
    x[..., 2] = 0
    other = x.copy()
    other[:, 3, 2] = 1
    changed = np.abs(say(other) - say(x)).max(axis=(0, 2)) > 1e-7
    assert changed.tolist() == [True] * 4 + [False] * 2


# -------------------------------------------------------------------- the detector


@FEEDS
def test_errors_are_absolute_and_in_the_windows_own_order(feed):
    X = waves()
    detector = EncoderDecoderDetector(**QUICK, feed=feed, scaling=None).fit(X)
    said = np.asarray(detector.network_(X.astype("f4")))
    np.testing.assert_allclose(detector.errors(X), np.abs(X - said), atol=1e-5)
    np.testing.assert_allclose(detector.reconstruct(X), said, atol=1e-5)
    spiked = X.copy()
    spiked[:, 1, 0] += 50
    assert (detector.errors(spiked)[..., 0].argmax(axis=1) == 1).all()


def test_errors_are_in_units_of_the_scaler(fitted):
    X = waves(seed=4)
    off = np.abs(fitted.reconstruct(X) - X) * fitted.scaler_.scale_
    np.testing.assert_allclose(fitted.errors(X), off, atol=1e-9)


def test_windows_with_an_abnormal_point_are_never_trained_on():
    X, labels = with_spikes()
    detector = EncoderDecoderDetector(**QUICK, scaling=None)
    parts = detector.fit(X, labels).split_
    for part in (parts.train, parts.errors, parts.threshold, parts.validation):
        assert not labels[part].any()
    wild = X.copy()
    wild[labels.any(axis=1)] *= 7
    again = clone(detector).fit(wild, labels.max(axis=1))
    assert again.history_ == detector.history_


@pytest.mark.parametrize("score_type", ["mahalanobis", "published_code"])
def test_known_covariates_are_never_rebuilt_nor_scored(score_type):
    X = np.concatenate([waves(), RANDOM.normal(size=(60, STEPS, 3)).round()], axis=2)
    detector = EncoderDecoderDetector(**QUICK, known_features=3, score_type=score_type)
    detector.fit(X)
    assert detector.errors(X).shape == (60, STEPS, 2)
    assert detector.error_model_.mean.shape == (2,)
    assert detector.network_.output_shape == (None, STEPS, 2)
    np.testing.assert_allclose(detector.reconstruct(X)[..., 2:], X[..., 2:])
    # what is known matters only by what the decoder says then
    other = X.copy()
    other[:, :, 2:] += 1
    off = np.abs(
        detector._scaled(other)[..., :2] - detector._rebuilt(detector._scaled(other))
    )
    np.testing.assert_allclose(detector.errors(other), off)


def test_what_is_known_makes_windows_easy_that_nothing_else_explains():
    """Each step is a draw that only the covariate tells."""
    draws = np.random.default_rng(1).choice([-1.0, 1.0], (200, 4, 1))
    settings = QUICK | {"epochs": 25, "feed": "constant", "learning_rate": 0.1}
    blind = EncoderDecoderDetector(**settings).fit(draws)
    told = EncoderDecoderDetector(**settings, known_features=1)
    told.fit(np.concatenate([draws, draws], axis=2))
    held_out = blind.split_.errors
    assert told.errors(np.concatenate([draws, draws], axis=2))[held_out].mean() < 0.1
    assert blind.errors(draws)[held_out].mean() > 0.25


def test_a_pipeline_a_clone_and_a_file_keep_what_is_known(tmp_path):
    X = np.concatenate([waves(), np.ones((60, STEPS, 1))], axis=2)
    detector = EncoderDecoderDetector(**QUICK, known_features=1).fit(X)
    pipeline = make_pipeline(FunctionTransformer(), clone(detector)).fit(X)
    detector.save(tmp_path / "it")
    loaded = Detector.load(tmp_path / "it")
    for other in (pipeline, loaded):
        expected = detector.decision_function(X)
        assert np.array_equal(other.decision_function(X), expected)
    assert np.array_equal(loaded.errors(X), detector.errors(X))
    assert loaded.error_model_.count == detector.error_model_.count


def test_a_series_gets_a_score_a_point():
    series = np.sin(np.arange(120) / 3)
    detector = EncoderDecoderDetector(**QUICK | {"epochs": 4}, window=8)
    detector.fit_series(series)
    faulty = series.copy()
    faulty[60] += 3
    scores = detector.score_series(faulty)
    assert scores.shape == (120,)
    assert abs(int(scores.argmax()) - 60) <= 1
    assert "position" in detector.alarms(faulty)


# --------------------------------------------------------- early stopping, going on


def curve_after(validation_losses, monkeypatch, **plan):
    """Return a training's state whose validation losses are these."""
    detector = EncoderDecoderDetector(**QUICK)
    told = iter(validation_losses)

    def loss(rows, order, training):
        return 1.0 if training else next(told)

    monkeypatch.setattr(training._Rows, "mean_loss", loss)
    settings = {"epochs": len(validation_losses), **plan}
    return detector.set_params(**settings).fit(waves()).state_


def test_what_gets_better_by_less_than_min_delta_does_not_count(monkeypatch):
    losses = [1.0, 0.5, 0.499, 0.498, 0.497, 0.1]
    state = curve_after(losses, monkeypatch, patience=3, min_delta=0.01)
    assert state.history["val_loss"] == losses[:5]
    # the weights put back are those of the lowest loss all the same
    assert state.best_epoch == 4
    state = curve_after(losses, monkeypatch, patience=3, min_delta=0.0)
    assert state.history["val_loss"] == losses


def test_the_restored_validation_loss_is_the_lowest():
    X = waves(80)
    detector = EncoderDecoderDetector(
        **QUICK | {"epochs": 18, "learning_rate": 0.05, "patience": 5}
    ).fit(X)
    curve = detector.history_["val_loss"]
    assert min(curve) < 0.8 * curve[0]
    held_out = detector._as_network_input(
        detector._scaled(X[detector.split_.validation])
    )
    loss = np.square(held_out - np.asarray(detector.network_(held_out))).mean()
    assert loss == pytest.approx(min(curve), rel=1e-4)


def test_going_on_trains_on_few_normal_windows_and_keeps_the_error_model():
    X, labels = with_spikes()
    detector = EncoderDecoderDetector(**QUICK, few_anomalies=1).fit(X, labels)
    model, tau, threshold = detector.error_model_, detector.tau_, detector.threshold_
    before = detector.errors(X[1:5]).mean()
    detector.partial_fit(X[:5], labels[:5], epochs=10)
    assert detector.errors(X[1:5]).mean() < before
    assert detector.error_model_ is model
    assert (detector.tau_, detector.threshold_) == (tau, threshold)
    with pytest.raises(ValueError, match="no window is normal") as error:
        detector.partial_fit(X[:5], np.ones(5))
    one_line(error)


def test_going_on_needs_no_held_out_windows():
    detector = EncoderDecoderDetector(**QUICK).fit(waves())
    detector.set_params(validation_fraction=0.0).partial_fit(waves(6), epochs=2)
    assert len(detector.history_["loss"]) == 4
    assert len(detector.history_["val_loss"]) == 2


# -------------------------------------------------------------- how windows are split


@pytest.mark.parametrize(
    ("normal", "abnormal", "counts"),
    [
        (5_935, 65, (2965, 1779, 593, 598, 32, 33)),  # SMTP
        (29_808, 192, (14900, 8940, 2980, 2988, 96, 96)),  # HTTP, T = 10
        (982, 18, (490, 294, 98, 100, 9, 9)),  # HTTP, T = 30
        (9_939, 61, (4965, 2979, 993, 1002, 30, 31)),  # FOREST
        (11, 1, (5, 3, 1, 2, 1, 1)),  # PowerDemand: the single one is in both
        (10, 0, (5, 3, 1, 1, 0, 0)),
    ],
)
def test_the_split_has_the_published_counts(normal, abnormal, counts):
    labels = np.random.default_rng(0).permutation([0] * normal + [1] * abnormal)
    parts = six_way_split(labels)
    assert tuple(len(part) for part in parts) == counts
    stream = np.concatenate(parts[:4])
    assert np.array_equal(stream, np.flatnonzero(labels == 0))
    assert np.array_equal(np.union1d(*parts[4:]), np.flatnonzero(labels))


def test_with_nothing_left_to_stop_early_the_rest_is_trained_on():
    parts = six_way_split(np.zeros(29), validation_fraction=0.0)
    assert [len(part) for part in parts] == [17, 9, 3, 0, 0, 0]
    assert np.array_equal(np.concatenate(parts), np.arange(29))


def test_too_few_normal_windows_are_refused():
    with pytest.raises(ValueError, match="too few normal windows") as error:
        six_way_split([0] * 9 + [1] * 30)
    one_line(error, "(9)", "at least 10")
    with pytest.raises(ValueError, match="too few normal windows") as error:
        EncoderDecoderDetector(**QUICK).fit(waves(20), [0] * 9 + [1] * 11)
    one_line(error)


# ------------------------------------------------------------------- the error model


HAND = np.array([[0.0, 0.0], [2.0, 0.0], [0.0, 4.0], [2.0, 4.0]])


def test_the_scores_are_those_worked_out_by_hand():
    model = ErrorModel(np.array([1.0, 2.0]), np.diag([1.0, 4.0]), 0.0, 4)
    # (e - mu) = (3, 2): 9 / 1 + 4 / 4, and the root of 9 * 1 + 4 * 4
    assert model.scores(np.array([4.0, 4.0])) == pytest.approx(10, rel=1e-4)
    code = model.scores(np.array([4.0, 4.0]), "published_code")
    assert code == pytest.approx(5)
    assert model.scores(np.array([1.0, 2.0])) == 0


def test_the_model_is_mean_and_covariance_of_all_points():
    model = ErrorModel.of(HAND.reshape(2, 2, 2))
    assert model.mean.tolist() == [1, 2]
    assert model.covariance.tolist() == [[1, 0], [0, 4]]
    assert model.count == 4


def test_both_forms_are_scipys_distances():
    random = np.random.default_rng(0)
    errors = np.abs(random.normal(size=(50, 4, 3)) @ random.normal(size=(3, 3)))
    model, e = ErrorModel.of(errors), errors[7, 2]
    inverse = np.linalg.inv(model.regularized)
    expected = mahalanobis(e, model.mean, inverse) ** 2
    assert model.scores(errors)[7, 2] == pytest.approx(expected)
    swapped = mahalanobis(e, model.mean, model.covariance)
    assert model.scores(errors, "published_code")[7, 2] == pytest.approx(swapped)


def test_for_one_feature_the_published_code_is_sd_times_the_distance():
    errors = np.random.default_rng(0).gamma(2, size=(40, 5, 1))
    found = ErrorModel.of(errors).scores(errors, "published_code")
    expected = errors.std() * np.abs(errors - errors.mean())[..., 0]
    np.testing.assert_allclose(found, expected)


@pytest.mark.parametrize("features", [1, 5, 34])
def test_normal_points_score_about_as_many_as_there_are_features(features):
    random = np.random.default_rng(2)
    mixing = random.normal(size=(features, features))
    errors = np.abs(random.normal(size=(200, 10, features)) @ mixing)
    assert ErrorModel.of(errors).scores(errors).mean() == pytest.approx(
        features, rel=0.03
    )


@pytest.mark.parametrize("features", [1, 2, 5])
def test_held_out_normal_windows_score_about_as_many_as_there_are_features(features):
    X = waves(400, features)
    detector = EncoderDecoderDetector(**QUICK).fit(X)
    held_out = X[detector.split_.errors]
    assert detector.point_scores(held_out).mean() == pytest.approx(features, rel=0.05)
    assert detector.point_scores(waves(200, features, 9)).mean() == pytest.approx(
        features, rel=0.3
    )


def test_a_feature_that_stands_still_does_no_harm():
    errors = np.abs(np.random.default_rng(0).normal(size=(30, 4, 3)))
    errors[..., 1] = 0.25
    scores = ErrorModel.of(errors).scores(errors)
    assert np.isfinite(scores).all()
    assert scores.mean() == pytest.approx(2, rel=0.2)
    still = ErrorModel.of(np.full((5, 4, 3), 0.25))
    assert np.isfinite(still.scores(errors)).all()
    X = np.concatenate([waves(), np.ones((60, STEPS, 1))], axis=2)
    detector = EncoderDecoderDetector(**QUICK).fit(X)
    assert np.median(detector.point_scores(X)) < 10


# ------------------------------------------------------------------- re-estimation


def test_running_estimates_are_those_of_all_errors_at_once():
    random = np.random.default_rng(0)
    old, new, last = (
        random.gamma(k, size=(n, 6, 2)) for k, n in ((1, 9), (4, 3), (2, 5))
    )
    model = ErrorModel.of(old).updated(new).updated(last)
    whole = ErrorModel.of(np.concatenate([old, new, last]))
    np.testing.assert_allclose(model.mean, whole.mean)
    np.testing.assert_allclose(model.covariance, whole.covariance)
    assert model.count == whole.count == 17 * 6


def test_the_published_weights_count_windows_against_points():
    old, new = np.array([[[0.0], [2.0]]] * 3), np.array([[[9.0], [13.0]]])
    model = ErrorModel.of(old).updated(new, "published")
    # old: 6 points, mean 1, variance 1; new: 1 window, mean 11, variance 4; p = 1 / 7
    mean = 11 / 7 + 6 / 7
    variance = 4 / 7 + 6 / 7 + 6 / 49 * (1 - mean) ** 2
    assert model.mean == pytest.approx([mean])
    assert model.covariance == pytest.approx(np.array([[variance]]))
    assert model.count == 8


def test_mu_and_sigma_stay_run_on_or_are_replaced(fitted, tmp_path):
    fitted.save(tmp_path / "it")
    new = waves(30, seed=8) * 1.5
    of_new = ErrorModel.of(fitted.errors(new))
    for how in ("none", "running", "replace"):
        detector = Detector.load(tmp_path / "it")
        before, tau = detector.error_model_, detector.tau_
        assert detector.reestimate(new, how=how) is detector
        expected = {
            "none": before,
            "running": before.updated(detector.errors(new)),
            "replace": of_new,
        }[how]
        np.testing.assert_allclose(detector.error_model_.mean, expected.mean)
        np.testing.assert_allclose(
            detector.error_model_.covariance, expected.covariance
        )
        assert detector.error_model_.count == expected.count
        assert detector.tau_ == tau


def test_a_wrong_way_to_reestimate_is_refused(fitted):
    for options in ({"how": "sometimes"}, {"weighting": "none"}):
        with pytest.raises(ValueError, match="must be one of") as error:
            fitted.reestimate(waves(), **options)
        one_line(error)
    with pytest.raises(ValueError, match="expecting 2 features") as error:
        fitted.reestimate(waves(features=3))
    one_line(error)


# --------------------------------------------------------------------- thresholds


def test_the_search_takes_the_best_of_its_candidates():
    normal, abnormal = [0.0, 1.0, 2.0, 3.0, 4.0], [1.5, 8.0, 12.0, 12.0]
    # medians 2 and 10: candidates 2.0, 2.4, 2.8, ..., 9.6
    tau = searched_threshold(normal, abnormal)
    assert tau == pytest.approx(4.0)  # no false alarm, 3 of 4 found
    assert searched_threshold(normal, abnormal, candidates=2) == pytest.approx(6.0)
    assert searched_threshold(normal, abnormal, candidates=1) == 2.0


def test_the_published_swap_is_the_f_measure_of_two():
    """Its F-beta of 0.5, with misses and false alarms exchanged, is F2."""
    random = np.random.default_rng(0)
    normal, abnormal = random.gamma(2, 1, 300), random.gamma(3, 2, 40)
    lower, upper = np.median(normal), np.median(abnormal)
    tau, best = 0.0, 0.0
    for candidate in lower + np.arange(20) * (upper - lower) / 20:
        found, false = (abnormal > candidate).sum(), (normal > candidate).sum()
        p, r = found / len(abnormal), found / (found + false)  # called P and R there
        value = 1.25 * p * r / (0.25 * p + r)
        if value > best:
            tau, best = candidate, value
    assert searched_threshold(normal, abnormal, beta=2) == pytest.approx(tau)
    assert searched_threshold(normal, abnormal, beta=0.5) > tau


@pytest.mark.parametrize(
    ("scores", "options", "words"),
    [
        (([], [1.0]), {}, "normal_scores"),
        (([1.0], [np.nan]), {}, "abnormal_scores"),
        (([1.0], [2.0]), {"beta": 0}, "beta"),
        (([1.0], [2.0]), {"candidates": 0}, "candidates"),
    ],
)
def test_a_search_that_cannot_be_says_why(scores, options, words):
    with pytest.raises(ValueError, match=words) as error:
        searched_threshold(*scores, **options)
    one_line(error)


def test_where_anomalies_are_few_the_threshold_is_twice_the_largest_score():
    X, labels = with_spikes()
    detector = EncoderDecoderDetector(**QUICK, few_anomalies=7).fit(X, labels)
    normal = detector.point_scores(X[detector.split_.threshold])
    assert len(detector.split_.abnormal_threshold) == 6
    assert detector.tau_ == pytest.approx(2 * normal.max())
    assert detector.threshold_ == pytest.approx(2 * normal.max())


def test_labels_decide_both_thresholds_by_search():
    X, labels = with_spikes()
    settings = QUICK | {"few_anomalies": 6}
    detector = EncoderDecoderDetector(**settings).fit(X, labels)
    points = detector.point_scores(X)
    normal = points[detector.split_.threshold].ravel()
    mixed = points[detector.split_.abnormal_threshold]
    flags = labels[detector.split_.abnormal_threshold]
    expected = searched_threshold(np.r_[normal, mixed[flags == 0]], mixed[flags == 1])
    assert detector.tau_ == pytest.approx(expected)
    windows = searched_threshold(
        points[detector.split_.threshold].max(axis=1), mixed.max(axis=1)
    )
    assert detector.threshold_ == pytest.approx(windows)
    assert np.array_equal(detector.predict(X), detector.labels_)
    held_out = detector.split_.abnormal_test
    assert detector.predict(X[held_out]).mean() > 0.8


def test_without_anomalies_contamination_decides(fitted):
    assert fitted.searched_ is None
    assert fitted.labels_.sum() == 6
    normal = fitted.point_scores(waves()[fitted.split_.threshold])
    assert fitted.tau_ == pytest.approx(2 * normal.max())


def test_thresholds_are_found_again_on_other_windows():
    X, labels = with_spikes()
    detector = EncoderDecoderDetector(**QUICK, few_anomalies=1).fit(X, labels)
    other, flags = with_spikes(30, 3, seed=5)
    before = detector.tau_
    assert detector.find_thresholds(other, flags) is detector
    points = detector.point_scores(other)
    expected = searched_threshold(
        np.r_[
            points[~flags.any(axis=1)].ravel(),
            points[flags.any(axis=1)][:, [0, 1, 2, 4, 5]].ravel(),
        ],
        points[flags == 1],
    )
    assert detector.tau_ == pytest.approx(expected)
    assert detector.tau_ != before
    with pytest.raises(ValueError, match="no window is normal") as error:
        detector.find_thresholds(other, np.ones(30))
    one_line(error)


# ------------------------------------------------------------- from points to windows


@pytest.mark.parametrize("reduce", ["max", "mean", "count"])
def test_a_windows_score_is_made_of_those_of_its_points(fitted, reduce):
    X = waves(20, seed=6)
    points = fitted.point_scores(X)
    expected = {
        "max": points.max(axis=1),
        "mean": points.mean(axis=1),
        "count": np.sort(points, axis=1)[:, -3],
    }[reduce]
    try:
        fitted.set_params(reduce=reduce, min_points=3)
        np.testing.assert_allclose(fitted.decision_function(X), expected, rtol=1e-6)
    finally:
        fitted.set_params(reduce="max", min_points=1)


@pytest.mark.parametrize("min_points", [1, 2, 5])
def test_by_count_a_window_is_flagged_where_so_many_points_exceed_tau(min_points):
    X, labels = with_spikes(80, 4)
    settings = QUICK | {"few_anomalies": 1, "reduce": "count"}
    detector = EncoderDecoderDetector(**settings, min_points=min_points)
    detector.fit(X, labels)
    over = (detector.point_scores(X) > detector.tau_).sum(axis=1)
    assert np.array_equal(detector.predict(X), over >= min_points)


def test_published_settings_are_those_of_the_thesis_code():
    detector = EncoderDecoderDetector.published("http", epochs=1)
    assert (detector.units, detector.window, detector.epochs) == (35, 30, 1)
    assert (detector.min_delta, detector.patience, detector.beta) == (1e-4, 20, 2)
    assert detector.score_type == "published_code"
    power = EncoderDecoderDetector.published()
    assert (power.window, power.batch_size, power.epochs) == (84, 1, 300)
    with pytest.raises(ValueError, match="dataset must be one of"):
        EncoderDecoderDetector.published("mnist")


# ------------------------------------------------------------------------ bad input


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"units": 0}, "units"),
        ({"feed": "guess"}, "feed"),
        ({"peepholes": "yes"}, "peepholes"),
        ({"known_features": 2}, "leaves none of the 2 features"),
        ({"known_features": -1}, "known_features"),
        ({"reduce": "median"}, "reduce"),
        ({"min_points": 7}, "min_points must be at most 6"),
        ({"min_points": 0}, "min_points"),
        ({"score_type": "euclid"}, "score_type"),
        ({"beta": -1}, "beta"),
        ({"few_anomalies": 1.5}, "few_anomalies"),
        ({"window": 0}, "window"),
        ({"min_delta": -1}, "min_delta"),
    ],
)
def test_a_wrong_parameter_is_named(changes, words):
    with pytest.raises(ValueError, match=words) as error:
        EncoderDecoderDetector(**QUICK | changes).fit(waves())
    one_line(error)


@pytest.mark.parametrize(
    ("y", "words"),
    [
        (np.zeros(59), "59 labels for 60 windows"),
        (np.full(60, 2), "0 \\(normal\\) and 1"),
        (["normal"] * 60, "y must be numbers"),
        (np.zeros((60, 5)), "one number per row"),
    ],
)
def test_wrong_labels_are_named(y, words):
    with pytest.raises(ValueError, match=words) as error:
        EncoderDecoderDetector(**QUICK).fit(waves(), y)
    one_line(error)
