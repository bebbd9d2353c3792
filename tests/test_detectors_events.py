"""Events foretold by a network with attention, and counted by the baseline."""

import json
import pickle

import keras
import numpy as np
import pytest
from optional import needs_onnx

from helpers.detectors import CountProfileDetector, Detector, EventSeq2SeqDetector
from helpers.detectors.event_traces import EventFiles
from helpers.logs.event_predictions import TracePredictions
from helpers.logs.events import EventTokenizer, event_windows, window_starts
from helpers.networks import attention, training
from helpers.networks.attention import (
    AttentionArrays,
    AttentionShape,
    DecayedAdam,
    attention_network,
    gru_state,
    masked_loss,
)

KINDS = ("เปิด", "read", "读", "write", "ปิด")
SMALL = {
    "units": 6,
    "embedding": 4,
    "epochs": 2,
    "batch_size": 64,
    "learning_rate": 0.05,
    "segment": 25,
    "random_state": 0,
}


def trace(events=120, seed=0):
    """Return texts that follow each other in a circle, with a rare jump."""
    random = np.random.default_rng(seed)
    steps = np.where(random.random(events) < 0.05, 2, 1)
    return [KINDS[place % len(KINDS)] for place in np.cumsum(steps)]


def make(**changes):
    return EventSeq2SeqDetector(**SMALL | changes)


def starts_of(detector, held_out=None):
    return detector._starts(EventFiles(detector.trace_lengths_, held_out=held_out))


@pytest.fixture(scope="module")
def fitted():
    return make().fit_events([trace(), trace(seed=1)])


# -------------------------------------------------------------------------- network


def test_it_has_the_published_number_of_parameters():
    network = attention_network(AttentionShape(vocabulary=97), 0)
    assert network.count_params() == 256_226
    assert network.output_shape == (None, 5, 97)


def random_network(carry_state):
    shape = AttentionShape(9, length=4, embedding=3, units=7, carry_state=carry_state)
    network = attention_network(shape, 0)
    random = np.random.default_rng(0)
    for variable in network.variables:
        variable.assign(random.normal(0, 0.9, variable.shape))
    return network, AttentionArrays(network, carry_state=carry_state)


@pytest.mark.parametrize("carry_state", [True, False])
def test_numpy_decodes_as_keras_does(carry_state):
    """Greedy decoding with Keras: the network is asked once a step."""
    network, arrays = random_network(carry_state)
    tokens = np.random.default_rng(1).integers(3, 9, 300)
    read, follows = event_windows(tokens, window_starts(300, length=4), length=4)
    said = np.repeat(read[:, :1], 4, axis=1)
    for step in range(4):
        logits = network.predict_on_batch(np.concatenate([read, said], axis=1))
        found = logits[:, step].argmax(axis=1)
        if step < 3:
            said[:, step + 1] = found
    variables = [variable.numpy() for variable in network.variables]
    told = arrays.foretell((read, follows), variables, attention=True)
    assert np.array_equal(told.tokens[:, :3], said[:, 1:])
    assert np.array_equal(told.tokens[:, 3], found)
    logits = keras.ops.log_softmax(logits).numpy()
    surprise = -np.take_along_axis(logits, follows[:, 1:, np.newaxis], axis=2)[..., 0]
    np.testing.assert_allclose(told.surprise, surprise, rtol=1e-4, atol=1e-4)
    assert len(np.unique(told.tokens)) >= 3
    assert told.attention.shape == (len(read), 4, 5)


def test_the_attention_is_that_of_the_layer():
    network, arrays = random_network(True)
    tokens = np.arange(3, 9)[np.newaxis].repeat(2, 0)
    read = np.concatenate([[[2], [2]], tokens[:, :4]], axis=1)
    variables = [variable.numpy() for variable in network.variables]
    told = arrays.foretell((read, read), variables, attention=True)
    decoder, encoder = network.get_layer("decoder"), network.get_layer("encoder")
    encoded = encoder(read)
    _, weights = decoder.look_back(encoded, decoder.keys(encoded), encoded[:, -1])
    np.testing.assert_allclose(told.attention[:, 0], weights, atol=1e-5)


def test_the_published_decoder_forgets_its_state_and_the_default_does_not():
    """With equal contexts, only a state that goes on can tell the steps apart."""
    for carry_state, same in ((False, True), (True, False)):
        network, arrays = random_network(carry_state)
        encoder = network.get_layer("encoder")
        variables = {id(v): np.zeros(v.shape) for v in encoder.variables}
        values = [
            variables.get(id(v), v.numpy()).astype(np.float32)
            for v in network.variables
        ]
        windows = (np.full((1, 5), 3), np.full((1, 5), 3))
        surprise = arrays.foretell(windows, values, forced=True).surprise[0]
        assert np.allclose(surprise[1], surprise[2]) is same


def test_the_decoder_steps_as_the_cell_of_keras():
    decoder = random_network(True)[0].get_layer("decoder")
    read = np.random.default_rng(2).normal(size=(4, 10)).astype(np.float32)
    before = np.random.default_rng(3).normal(size=(4, 7)).astype(np.float32)
    sums = read @ decoder.cell.kernel + decoder.cell.bias[0]
    expected, _ = decoder.cell(read, [before])
    np.testing.assert_allclose(
        gru_state(decoder.cell, sums, before), expected, rtol=1e-5, atol=1e-6
    )


def test_padding_has_no_loss():
    logits = np.random.default_rng(0).normal(size=(1, 3, 5)).astype(np.float32)
    first = -np.log(np.exp(logits[0, 0, 4]) / np.exp(logits[0, 0]).sum())
    loss = masked_loss(np.array([[4, 0, 0]]), logits)
    np.testing.assert_allclose(loss, [first], rtol=1e-6)
    assert float(masked_loss(np.array([[0, 0, 0]]), logits)[0]) == 0


def test_the_decay_is_that_of_keras():
    """Adam's rate falls as tf.keras' InverseTimeDecay with a decay of one step."""
    schedule = keras.optimizers.schedules.InverseTimeDecay(0.05, 1, 0.01)
    ends = []
    for optimizer in (keras.optimizers.Adam(schedule), DecayedAdam(0.05, decay=0.01)):
        variable = keras.Variable(np.ones(3, np.float32))
        optimizer.build([variable])
        for step in range(300):
            slope = keras.ops.convert_to_tensor([1.0, -0.5, float(step % 3)])
            optimizer.apply([slope], [variable])
        ends.append(variable.numpy())
    np.testing.assert_allclose(*ends, rtol=1e-5)


# -------------------------------------------------------------------------- training


def test_the_curve_tells_accuracies_beside_the_losses(fitted):
    curve = fitted.history_
    assert set(curve) == {"loss", "val_loss", "accuracy", "val_accuracy"}
    assert all(len(values) == 2 for values in curve.values())
    assert all(0 <= share <= 1 for share in curve["val_accuracy"])


def test_it_learns_what_follows():
    detector = make(units=16, embedding=8, epochs=15).fit_events([trace(400)])
    assert detector.history_["val_accuracy"][-1] > 0.85
    clean = detector.misclassification(trace(200, seed=5))
    shuffled = np.random.default_rng(0).permutation(trace(200, seed=5)).tolist()
    assert clean.max() < detector.misclassification(shuffled).min()
    assert detector.flag(shuffled).all()
    assert not detector.flag(trace(200, seed=5)).all()


def test_windows_do_not_run_over_the_border_of_traces():
    detector = make(length=2, validation_fraction=0.0)
    first, second = ["a"] * 9, ["b"] * 9
    detector.fit_events([first, second])
    told = detector._source(detector._tokens(np.repeat([3, 4], 9)))
    starts, _ = starts_of(detector)
    x, y = told(starts)
    together = np.concatenate([x[:, 1:3], x[:, 4:], y], axis=1)
    assert len(starts) == 2 * 5
    assert (np.ptp(together, axis=1) == 0).all()


def test_the_last_trace_is_held_out_or_the_last_share_of_one():
    detector = make(epochs=1).fit_events([trace(60), trace(50), trace(40)])
    training, validation = starts_of(detector)
    assert training.max() < 110
    assert validation.min() == 110
    detector.fit_events([trace(100)])
    training, validation = starts_of(detector)
    assert len(validation) == 9
    assert training.max() + 10 <= validation.min()
    detector.fit_events([trace(60)], validation=[trace(40, seed=3)])
    assert starts_of(detector, 1)[1].tolist() == list(range(60, 90))


def test_an_interrupted_training_goes_on_bit_for_bit(tmp_path, monkeypatch):
    whole = make(length=2, epochs=3).fit_events([trace(60)])
    detector = make(length=2, epochs=3, checkpoint=tmp_path / "it")
    written = training.write_checkpoint

    def stop_after_two(path, state, key, seed):
        written(path, state, key, seed)
        if state.epochs == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(training, "write_checkpoint", stop_after_two)
        with pytest.raises(KeyboardInterrupt):
            detector.fit_events([trace(60)])
    detector.fit_events([trace(60)])
    assert detector.history_ == whole.history_
    assert np.array_equal(detector.decision_scores_, whole.decision_scores_)
    assert not (tmp_path / "it").exists()


def test_a_training_goes_on_with_its_vocabulary(fitted):
    detector = pickle.loads(pickle.dumps(fitted))
    numbers = detector.tokenizer_.encode(trace(seed=7))
    detector.partial_fit(numbers, epochs=1)
    assert len(detector.history_["loss"]) == 3
    assert detector.decision_scores_.shape == (120,)
    assert detector.tokenizer_ == fitted.tokenizer_


# -------------------------------------------------------------------------- scoring


def test_texts_and_their_numbers_score_alike(fitted):
    events = trace(60, seed=4)
    numbers = fitted.tokenizer_.encode(events)
    scores = fitted.score_events(events)
    assert np.array_equal(fitted.decision_function(numbers), scores)
    assert (scores[:5] == 0).all()
    assert (scores[5:] > 0).all()
    assert fitted.decision_scores_.shape == (240,)


def test_an_unseen_event_is_the_most_surprising(fitted):
    events = trace(60, seed=4)
    events[3] = events[40] = "ไม่เคยเห็น"
    scores = fitted.score_events(events)
    assert scores[[3, 40]].min() >= np.log(241)
    assert fitted.predict_trace(events).truth[:, 0].tolist().count(1) == 1


def test_predictions_are_the_tokens_of_each_window(fitted):
    events = trace(61, seed=4)
    assert fitted.predictions(events).shape == (11, 5)
    assert fitted.predictions(events, stride=1).shape == (51, 5)
    told = fitted.predict_trace(events)
    assert np.array_equal(told.truth.ravel(), fitted.tokenizer_.encode(events)[5:60])
    assert np.array_equal(fitted.predictions(events), fitted.predictions(events))


def test_equal_windows_are_foretold_once_and_as_alone(fitted, monkeypatch):
    numbers = fitted.tokenizer_.encode(trace(200, seed=4))
    starts = np.arange(0, 190)
    alone = [fitted._foretold(numbers, starts[[i]]) for i in starts]
    monkeypatch.setattr(attention, "BLOCK", 7)
    many, surprise = fitted._foretold(numbers, starts)
    assert np.array_equal(many, np.concatenate([tokens for tokens, _ in alone]))
    told = np.concatenate([surprises for _, surprises in alone])
    np.testing.assert_allclose(surprise, told, rtol=1e-5, atol=1e-6)
    read, follows = event_windows(numbers, starts)
    assert len(np.unique(read, axis=0)) < len(
        np.unique(np.concatenate([read, follows], axis=1), axis=0)
    )


@needs_onnx
@pytest.mark.parametrize(
    "changes",
    [{}, {"carry_state": False}, {"length": 1}, {"length": 3, "stride": 2}],
    ids=str,
)
def test_it_scores_the_same_from_its_onnx_file(changes, tmp_path):
    import onnxruntime

    detector = make(**changes).fit_events([trace(), trace(77, seed=1)])
    detector.to_onnx(tmp_path / "it.onnx")
    session = onnxruntime.InferenceSession(
        tmp_path / "it.onnx", providers=["CPUExecutionProvider"]
    )
    for events in (1, 2, 5, 6, 10, 11, 90):
        texts = trace(events, seed=4)
        texts[events // 2] = "ไม่เคยเห็น"
        numbers = detector.tokenizer_.encode(texts)
        scores, foretold = session.run(["scores", "foretold"], {"X": numbers})
        wanted = detector.score_events(texts)
        assert scores.shape == foretold.shape == wanted.shape
        np.testing.assert_allclose(scores, wanted, rtol=1e-5, atol=1e-5)
    told, length = detector.predict_trace(texts), detector.length
    said = foretold[length : length + told.truth.size]
    assert np.array_equal(said, told.foretold.ravel()[: len(said)])
    facts = session.get_modelmeta().custom_metadata_map
    assert float(facts["segment_threshold"]) == detector.segment_threshold_
    assert json.loads(facts["vocabulary"])["events"] == list(
        detector.vocabulary_["events"]
    )


@needs_onnx
def test_numbers_of_events_are_those_of_fit_in_its_onnx_file(tmp_path):
    import onnxruntime

    numbers = np.array([7, 10**12, 0, 41])[np.arange(120) % 4]
    detector = make(epochs=8).fit(numbers)
    detector.to_onnx(tmp_path / "it.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "it.onnx")
    scores, foretold = session.run(["scores", "foretold"], {"X": numbers})
    np.testing.assert_allclose(
        scores, detector.decision_function(numbers), rtol=1e-5, atol=1e-5
    )
    assert (foretold[:5] == -1).all()
    assert set(foretold[5:]) <= {7, 10**12, 0, 41}
    rates = detector.misclassification(numbers)
    assert rates[0] == (foretold != numbers)[5:30].mean()


def test_attention_says_where_the_decoder_looks(fitted):
    looks = fitted.attention(trace(31))
    assert looks.shape == (5, 5, 6)
    np.testing.assert_allclose(looks.sum(axis=2), 1, rtol=1e-5)
    assert (looks >= 0).all()


def test_the_threshold_is_of_all_clean_traces_or_of_the_first(fitted):
    one = make(threshold_from="first", k=2).fit_events([trace(), trace(seed=1)])
    values = fitted.segment_values_
    assert len(values) == 2
    every = np.concatenate(values)
    assert fitted.segment_threshold_ == pytest.approx(every.mean() + 3 * every.std())
    first = one.segment_values_[0]
    assert one.segment_threshold_ == pytest.approx(first.mean() + 2 * first.std())
    np.testing.assert_array_equal(fitted.misclassification(trace()), values[0])


def test_kept_predictions_say_what_the_detector_says(fitted, tmp_path):
    events = trace(120, seed=9)
    fitted.predict_trace(events).save(tmp_path / "it.npz")
    kept = TracePredictions.load(tmp_path / "it.npz")
    for segment in (10, 50):
        np.testing.assert_array_equal(
            kept.misclassification(segment), fitted.misclassification(events, segment)
        )
    options = {"windows": 2, "more_than": 0}
    worst = fitted.worst_stretches(events, **options)
    assert kept.worst_stretches(**options) == worst
    start = worst[0].start
    assert list(worst[0].events) == events[start : start + 10]


@pytest.mark.parametrize("events", [1, 5, 6, 7, 10, 11])
def test_very_short_traces_are_scored(fitted, events):
    short = trace(events)
    assert fitted.score_events(short).shape == (events,)
    assert len(fitted.predictions(short)) == (events > 5)
    if events > 5:
        assert 0 <= fitted.misclassification(short)[0] <= 1
    else:
        with pytest.raises(ValueError, match="needs more than 5 events"):
            fitted.flag(short)


def test_short_sessions_can_be_fitted():
    sessions = [trace(events, seed) for seed, events in enumerate([3, 7, 9, 30, 8])]
    detector = make(epochs=1, segment=5).fit_events(sessions)
    assert len(detector.decision_scores_) == sum(map(len, sessions))
    assert len(detector.segment_values_) == 4
    with pytest.raises(ValueError, match="no trace to train on has more than 5"):
        make().fit_events([["a", "b"]] * 20)


def test_the_vocabulary_is_saved_with_the_detector_and_alone(fitted, tmp_path):
    fitted.save(tmp_path / "detector")
    loaded = Detector.load(tmp_path / "detector")
    events = trace(50, seed=2)
    assert np.array_equal(loaded.score_events(events), fitted.score_events(events))
    assert isinstance(loaded.vocabulary_, dict)
    loaded.tokenizer_.save(tmp_path / "events.json")
    assert EventTokenizer.load(tmp_path / "events.json") == fitted.tokenizer_


def test_an_empty_trace_is_named():
    detector = CountProfileDetector(segment=8)
    with pytest.raises(ValueError, match="trace 1 is empty; leave it out"):
        detector.fit_events([["a", "b"], []])
    assert not hasattr(detector, "threshold_")


def test_texts_need_fit_events():
    detector = CountProfileDetector(segment=8).fit(np.arange(40) % 4)
    assert detector.tokenizer_ is None
    with pytest.raises(ValueError, match=r"fit with fit_events\(\[trace\]\)"):
        detector.flag(["a", "b"])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"length": 0}, "length must be"),
        ({"decay": -1}, "decay must be"),
        ({"decay": 0.1, "optimizer": "sgd"}, "decay is for the optimizer"),
        ({"segment": 4}, "at least the 5 events of a window"),
        ({"k": "3"}, "k must be"),
        ({"threshold_from": "some"}, "threshold_from must be"),
        ({"lower": 1}, "lower must be"),
        ({"carry_state": None}, "carry_state must be"),
    ],
)
def test_wrong_parameters_are_refused(changes, words):
    for fit in (
        lambda it: it.fit(np.arange(90) % 4),
        lambda it: it.fit_events([KINDS]),
    ):
        with pytest.raises(ValueError, match=words) as error:
            fit(make(**changes))
        assert "\n" not in str(error.value)


def test_published_says_what_is_published():
    detector = EventSeq2SeqDetector.published(epochs=1)
    assert (detector.carry_state, detector.learning_rate, detector.decay) == (
        False,
        0.05,
        0.01,
    )
    assert (detector.threshold_from, detector.lower, detector.epochs) == (
        "first",
        True,
        1,
    )


# ------------------------------------------------------------------------------ counts


def test_the_distance_of_counts_by_hand():
    detector = CountProfileDetector(segment=4).fit([1, 2, 1, 1, 1, 2, 1, 1])
    shares = np.array([0.5, 6, 2]) / 8.5  # never seen, 1, 2
    np.testing.assert_allclose(detector.shares_, shares)
    expected = 4 * shares
    distances = [
        ((np.array(c) - expected) ** 2 / expected).sum() for c in ((0, 3, 1), (1, 0, 3))
    ]
    np.testing.assert_allclose(
        detector.segment_distances([1, 2, 1, 1, 9, 2, 2, 2]), distances
    )


def test_counts_see_bursts_and_unseen_events_but_no_order():
    clean = [trace(400, seed) for seed in range(3)]
    detector = CountProfileDetector(segment=50).fit_events(clean)
    assert [len(values) for values in detector.segment_values_] == [8, 8, 8]
    burst = trace(200)
    burst[50:100] = ["read"] * 50
    assert detector.flag(burst).tolist() == [False, True, False, False]
    unseen = trace(200)
    unseen[120:125] = ["?"] * 5
    assert detector.flag(unseen)[2]
    backwards = detector.segment_distances(trace(200)[::-1])
    np.testing.assert_allclose(backwards, detector.segment_distances(trace(200))[::-1])


def test_a_trailing_score_is_that_of_its_segment():
    detector = CountProfileDetector(segment=20).fit_events([trace(300)])
    events = trace(100, seed=3)
    scores = detector.score_events(events)
    np.testing.assert_allclose(scores[19::20], detector.segment_distances(events))
