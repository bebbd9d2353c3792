"""Event texts as numbers, windows of them, and what is kept of predictions."""

import json
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.logs.event_predictions import TracePredictions, rate_threshold
from helpers.logs.events import (
    EventTokenizer,
    event_windows,
    joined_events,
    short_sessions,
    unknown_events,
    window_count,
    window_starts,
)

NAMES = ("<padding>", "<unknown>", "<start>", "a", "b", "c")
texts = st.text(max_size=40)


# -------------------------------------------------------------------------- tokenizer


def test_events_are_numbered_by_frequency_then_by_place():
    tokenizer = EventTokenizer.fit([["b", "a", "c"], ["c", "a", "c"]])
    assert tokenizer.events == ("c", "a", "b")
    assert tokenizer.encode(["a", "nobody", "c"]).tolist() == [4, 1, 3]
    assert tokenizer.decode([4, 1, 3, 0, 2]) == [
        "a",
        "<unknown>",
        "c",
        "<padding>",
        "<start>",
    ]


def test_94_events_make_a_vocabulary_of_97():
    assert EventTokenizer.fit([[f"event {i}" for i in range(94)]]).size == 97


def test_class_and_event_are_joined_in_lower_case_as_published():
    joined = joined_events(["COMM", "Int_Entr"], ["SND_PULSE", "0x0000002D"])
    assert joined == ["commsnd_pulse", "int_entr0x0000002d"]
    with pytest.raises(ValueError, match="classes has 1 rows and events has 2"):
        joined_events(["COMM"], ["A", "B"])


def test_lower_casing_is_an_option():
    assert EventTokenizer.fit([["Ä", "ä"]]).size == 5
    tokenizer = EventTokenizer.fit([["Ä", "ä"]], lower=True)
    assert tokenizer.events == ("ä",)
    assert tokenizer.encode(["Ä"]).tolist() == [3]


def test_texts_in_all_languages_come_back_from_the_file(tmp_path):
    events = [
        "ระบบเริ่มทำงาน",
        "登录失败",
        "فشل",
        "🔥",
        "",
        " ",
        "x" * 5000,
        "<start>",
        "\ud800",
    ]
    tokenizer = EventTokenizer.fit([events])
    tokenizer.save(tmp_path / "events.json")
    loaded = EventTokenizer.load(tmp_path / "events.json")
    assert loaded == tokenizer
    assert loaded.encode(events).min() == 3  # "<start>" is an event like others here
    assert loaded.decode(loaded.encode(events)) == events


@given(st.lists(st.lists(texts, max_size=9), min_size=1).filter(any))
def test_whatever_the_texts_they_are_decoded_as_they_were(traces):
    tokenizer = EventTokenizer.fit(traces)
    counts = Counter(event for trace in traces for event in trace)
    frequencies = [counts[event] for event in tokenizer.events]
    assert frequencies == sorted(frequencies, reverse=True)
    for trace in traces:
        assert tokenizer.decode(tokenizer.encode(trace)) == trace


def test_texts_that_differ_behind_a_nul_are_different_events():
    trace = ["a\0b", "a\0c", "a", "", "\0", "a\0b"]
    tokenizer = EventTokenizer.fit([trace])
    assert tokenizer.encode(trace).tolist() == [3, 4, 5, 6, 7, 3]
    assert tokenizer.decode(tokenizer.encode(trace)) == trace
    assert EventTokenizer.fit([["A", "a", "B"]], lower=True).events == ("a", "b")


@pytest.mark.parametrize(
    ("traces", "words"),
    [
        ("login", "pass a list of traces"),
        (["login", "logout"], "not a trace"),
        (None, "pass a list of traces"),
        ([], "traces is empty"),
        ([[]], "no events"),
        ([["a", None]], "event 1 of a trace is None, not a text"),
        ([["a", float("nan")]], "event 1 of a trace is nan"),
        ([[1, 2]], r"turn numbers into texts with str\(\)"),
    ],
)
def test_what_is_no_list_of_traces_is_told(traces, words):
    with pytest.raises(ValueError, match=words) as error:
        EventTokenizer.fit(traces)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        json.dumps({"format": "workshop event vocabulary 1"}).encode(),
        b'{"format": "workshop event vocabulary 1", "lower": false, "events": [1, 1]}',
    ],
)
def test_another_file_is_no_vocabulary(body, tmp_path):
    (tmp_path / "it").write_bytes(body)
    with pytest.raises(ValueError, match="is no vocabulary of events"):
        EventTokenizer.load(tmp_path / "it")


def test_a_foreign_token_is_not_decoded():
    with pytest.raises(ValueError, match="hold 9, but the vocabulary ends at 3"):
        EventTokenizer(("a",)).decode([9])


# ---------------------------------------------------------------------------- windows


@pytest.mark.parametrize(
    ("events", "stride", "count"),
    [
        (680_061, 5, 136_011),
        (680_065, 5, 136_011),
        (680_066, 5, 136_012),
        (680_061, 1, 680_051),
        (11, 5, 1),
        (10, 1, 0),
        (0, 1, 0),
    ],
)
def test_windows_are_counted_as_published(events, stride, count):
    assert window_count(events, stride=stride) == count
    assert count == len(range(0, max(0, events - 10), stride))


def test_the_ten_clean_files_make_the_published_windows():
    assert 7_343_905 - 10 * 10 == 7_343_805
    assert (
        window_count(7_343_905 - 9 * 734_390) + 9 * window_count(734_390) == 7_343_805
    )


def test_windows_begin_with_a_start_token():
    read, follows = event_windows(np.arange(3, 16), [0, 2], length=5)
    assert read.tolist() == [[2, 3, 4, 5, 6, 7], [2, 5, 6, 7, 8, 9]]
    assert follows.tolist() == [[2, 8, 9, 10, 11, 12], [2, 10, 11, 12, 13, 14]]


def test_a_short_trace_makes_one_padded_window():
    assert window_starts(7, stride=5).tolist() == [0]
    assert window_starts(5).tolist() == []
    read, follows = event_windows(np.arange(3, 10), window_starts(7))
    assert read.tolist() == [[2, 3, 4, 5, 6, 7]]
    assert follows.tolist() == [[2, 8, 9, 0, 0, 0]]


# -------------------------------------------------------------------------- predictions


def foretold(wrong, length=5):
    """Return windows of which the first `wrong[i]` events are foretold wrongly."""
    truth = np.full((len(wrong), length), 3)
    said = np.where(np.arange(length) < np.array(wrong)[:, np.newaxis], 4, 3)
    return TracePredictions(truth, said, length, NAMES)


def test_the_rate_of_a_segment_by_hand():
    # segments of 10 events are 2 windows: (1 + 2) / 10, (5 + 0) / 10; the last is left
    rates = foretold([1, 2, 5, 0, 4]).misclassification(10)
    np.testing.assert_allclose(rates, [0.3, 0.5])


def test_a_last_segment_that_just_fits_is_left_out_as_published():
    assert len(foretold([0] * 4).misclassification(10)) == 1
    assert len(foretold([0] * 5).misclassification(10)) == 2


def test_clean_01_has_the_published_numbers_of_segments():
    told = TracePredictions(*np.zeros((2, 136_011, 5), int) + 3, 5, NAMES)
    assert len(told.misclassification(1000)) == 680
    assert len(told.misclassification(5000)) == 136


def test_padding_is_not_counted():
    told = TracePredictions(
        np.array([[3, 4, 0, 0, 0]]), np.array([[3, 5, 5, 5, 5]]), 5, NAMES
    )
    assert told.misclassification(5).tolist() == [0.5]


def test_one_short_segment_is_made_of_what_there_is():
    assert foretold([1, 2]).misclassification(1000).tolist() == [0.3]
    with pytest.raises(ValueError, match="there are no windows"):
        foretold([]).misclassification(1000)
    with pytest.raises(ValueError, match=r"segment must be .* at least 5"):
        foretold([1]).misclassification(4)


def test_the_threshold_is_that_of_the_published_statistics():
    spread = np.sqrt(0.00047941)
    rates = 0.2996441 + np.array([-spread, spread])
    assert rate_threshold([rates]) == pytest.approx(0.36533, abs=1e-5)
    assert rate_threshold([rates], k=0) == pytest.approx(0.2996441)
    both = rate_threshold([rates, np.full(2, 0.5)])
    every = np.append(rates, [0.5, 0.5])
    assert both == pytest.approx(every.mean() + 3 * every.std())


def test_the_worst_stretches_are_told_as_texts():
    wrong = [0] * 5 + [4] * 5 + [5] * 5 + [4, 4, 4, 4, 3]
    worst = foretold(wrong).worst_stretches()
    assert [(stretch.start, stretch.wrong) for stretch in worst] == [(55, 25), (30, 20)]
    assert worst[0].events == ("a",) * 25
    assert worst[0].foretold == ("b",) * 25
    assert len(foretold(wrong).worst_stretches(more_than=18)) == 3


def test_predictions_are_analysed_again_from_the_file_alone(tmp_path):
    told = foretold(np.arange(40) % 6)
    told.save(tmp_path / "trace.npz")
    loaded = TracePredictions.load(tmp_path / "trace.npz")
    assert (loaded.stride, loaded.names) == (5, NAMES)
    for segment in (10, 50):
        np.testing.assert_array_equal(
            loaded.misclassification(segment), told.misclassification(segment)
        )
    assert loaded.worst_stretches(windows=1, more_than=4) == told.worst_stretches(
        windows=1, more_than=4
    )


def test_another_file_holds_no_predictions(tmp_path):
    path = tmp_path / "it.npz"
    path.write_bytes(b"no")
    with pytest.raises(ValueError, match="holds no predictions of a trace"):
        TracePredictions.load(path)
    np.savez(path, truth=np.zeros(3))
    with pytest.raises(ValueError, match="holds no predictions of a trace"):
        TracePredictions.load(path)


# ---------------------------------------------------------------- rules without a model


def test_the_two_rules_for_sessions():
    sessions = [[5, 5, 9], [5], [], [7, 5, 5, 5]]
    assert unknown_events(sessions, [5, 7]).tolist() == [True, False, False, False]
    assert short_sessions(sessions, 3).tolist() == [False, True, True, False]
