"""Kernel traces made up: frequencies, successors, bursts, seeds."""

import time
from itertools import pairwise

import numpy as np
import pytest

from helpers.errors import KitError
from helpers.simulation import simulate_trace, trace_fitting, traces
from helpers.simulation.trace_layout import SEGMENT, segment_modes
from helpers.simulation.trace_vocabulary import (
    CLEAN_COUNTS,
    CLEAN_FILES,
    FILE_COUNTS,
    FILE_ROWS,
    FILES,
)
from helpers.simulation.trace_weights import WEIGHTS

MILLION = 1_000_000


@pytest.fixture(scope="module", params=[0, 1, 2])
def clean(request):
    return simulate_trace(MILLION, random_state=request.param)


def test_each_clean_event_is_within_one_percent_or_its_rounding(clean):
    total = sum(CLEAN_COUNTS.values())
    counts = clean.counts()
    for event, published in CLEAN_COUNTS.items():
        expected = published * MILLION / total
        assert abs(counts[event] - expected) <= max(0.01 * expected, 1.0), event


def test_published_vocabulary_has_94_events_and_a_clean_trace_no_other(clean):
    assert len(CLEAN_COUNTS) == 94
    assert clean.events.max() < 94
    assert not clean.y.any()


@pytest.mark.parametrize(
    ("event", "following"),
    [
        ("ker_callmsg_sendv/11", {"commsnd_message"}),
        ("commrec_pulse", {"ker_exitmsg_receivev/14"}),
        ("commrec_message", {"ker_exitmsg_receivev/14"}),
        ("ker_callconnect_client_info/42", {"ker_exitconnect_client_info/42"}),
        ("ker_callmsg_readv/16", {"ker_exitmsg_readv/16"}),
        ("ker_callmsg_replyv/15", {"commreply_message"}),
        ("ker_callmsg_error/13", {"commmsg_error"}),
        ("ker_calltimer_timeout/75", {"threadthnanosleep"}),
        ("int_entr0x00000044", {"int_handler_entr0x00000044"}),
    ],
)
def test_published_successors_are_deterministic(event, following):
    words = simulate_trace(200_000).texts()
    assert {b for a, b in pairwise(words) if a == event} == (following)


def test_interrupts_are_nested():
    words = simulate_trace(200_000).texts()
    pairs = set(pairwise(words))
    assert ("int_handler_entr0x0000002d", "int_entr0x00000044") in pairs


def test_same_seed_gives_the_same_trace_and_another_seed_another():
    first, again = (simulate_trace(50_000, "fifo", 3) for _ in range(2))
    assert np.array_equal(first.events, again.events)
    assert np.array_equal(first.y, again.y)
    assert not np.array_equal(first.events, simulate_trace(50_000, "fifo", 4).events)


def test_stored_weights_are_the_ones_the_fit_gives():
    computed = trace_fitting.computed_weights()
    assert list(computed) == list(WEIGHTS)
    for name, weights in computed.items():
        stored = np.array(WEIGHTS[name].split(), dtype=int)
        np.testing.assert_allclose(weights, stored, rtol=1e-3, atol=2)


def test_fifo_has_six_bursts_with_half_of_their_segments_odd():
    y = simulate_trace(FILE_ROWS["fifo-ls-01"], "fifo").y
    odd = np.flatnonzero(y[::SEGMENT])
    assert (np.diff(odd) > 40).sum() == 5
    assert y.mean() == pytest.approx(0.336, abs=0.03)


@pytest.mark.parametrize("name", FILES)
def test_each_file_has_its_ten_published_counts(name):
    counts = simulate_trace(FILE_ROWS[name], name).counts()
    for event, published in FILE_COUNTS.items():
        wanted = pytest.approx(published[name], rel=0.01, abs=1)
        assert counts[event] == wanted, event


def test_pulses_grow_by_twelve_thousand_from_clean_file_to_clean_file():
    pulse = traces.VOCABULARY.index(("COMM", "SND_PULSE_EXE"))
    sent = [
        int((simulate_trace(FILE_ROWS[name], name).events == pulse).sum())
        for name in CLEAN_FILES
    ]
    assert sent[0] == pytest.approx(36_701, rel=0.01)
    assert sent[-1] == pytest.approx(144_575, rel=0.01)
    np.testing.assert_allclose(np.diff(sent), 12_000, atol=1_500)


def test_ten_clean_files_together_have_the_94_published_counts():
    events = [
        simulate_trace(FILE_ROWS[name], name, random_state=seed).events
        for seed, name in enumerate(CLEAN_FILES)
    ]
    counts = np.bincount(np.concatenate(events), minlength=94)
    for found, published in zip(counts, CLEAN_COUNTS.values(), strict=True):
        assert found == pytest.approx(published, rel=0.01, abs=10)


@pytest.mark.parametrize("kind", ["clean", "clean-01", "fifo"])
def test_a_trace_begins_with_the_published_start_of_the_system(kind):
    assert simulate_trace(200_000, kind).texts(0, 7) == [
        "controlbuffer",
        "controltime",
        "processproccreate_name",
        "threadthcreate",
        "threadthready",
        "threadthcreate",
        "threadthreceive",
    ]


@pytest.mark.parametrize(
    ("kind", "published"), [("fifo", 28_312), ("sporadic", 25_631)]
)
def test_bursts_receive_as_few_pulses_as_published(kind, published):
    name = {"fifo": "fifo-ls-01", "sporadic": "fifo-ls-sporadic"}[kind]
    counts = simulate_trace(FILE_ROWS[name], kind).counts()
    assert counts["COMM", "REC_PULSE"] == pytest.approx(published, rel=0.01)


def test_half_while_is_weaker_on_its_three_published_plateaus():
    trace = simulate_trace(FILE_ROWS["half-while"], "half-while")
    pulse = trace.vocabulary.index(("COMM", "SND_PULSE"))
    per_part = np.add.reduceat(trace.events == pulse, np.arange(0, len(trace), 5000))
    plateau = np.zeros(len(per_part), dtype=bool)
    for first, last in ((14, 24), (123, 137), (211, 229)):  # without the edges
        plateau[first : last + 1] = True
    others = np.ones(len(per_part), dtype=bool)
    for first, last in ((12, 26), (121, 139), (209, 231)):
        others[first : last + 1] = False
    assert per_part[plateau].mean() < 0.75 * per_part[others].mean()
    assert per_part[plateau].max() < np.median(per_part[others])


@pytest.mark.parametrize(("name", "normal"), [("half-while", 37), ("full-while", 64)])
def test_loops_have_the_published_number_of_normal_segments(name, normal):
    y = simulate_trace(FILE_ROWS[name], name).y[::SEGMENT]
    assert (y == 0).sum() == pytest.approx(normal, abs=1)


def test_normal_segments_of_half_while_lie_on_plateaus():
    modes = segment_modes(1399, "half-while", np.random.default_rng(5))
    normal = np.flatnonzero(modes == 0) * 279 // 1399
    inside = [(13, 25), (122, 138), (210, 230)]
    assert len(normal) == 37
    assert all(any(a <= part <= b for a, b in inside) for part in normal)


def test_fifo_has_runs_of_unseen_events_of_eleven():
    unseen = simulate_trace(400_000, "fifo").events >= 94
    edges = np.flatnonzero(np.diff(np.r_[0, unseen.astype(int), 0]))
    assert (edges[1::2] - edges[::2]).max() == 11


@pytest.mark.parametrize("size", [1, 7, 999, 1001])
@pytest.mark.parametrize("kind", traces.KINDS)
def test_any_length_can_be_asked_for(size, kind):
    trace = simulate_trace(size, kind)
    assert len(trace) == len(trace.y) == len(trace.texts()) == size


@pytest.mark.parametrize("kind", ["quarter-while", None, 3, ["clean"], np.zeros(2)])
def test_an_unknown_kind_is_refused_with_the_kinds_there_are(kind):
    with pytest.raises(KitError, match="half-while") as error:
        simulate_trace(10, kind)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("size", [0, -5, 2.5, "10", True, None, float("nan"), 10**12])
def test_a_length_that_is_none_is_refused_in_one_line(size):
    with pytest.raises(ValueError, match=r"^n_events must be [^\n]*$"):
        simulate_trace(size)


@pytest.mark.parametrize("seed", [-1, 1.5, "seed", True, [1, -2], object()])
def test_a_seed_that_is_none_is_refused_in_one_line(seed):
    with pytest.raises(ValueError, match=r"^random_state must be [^\n]*$"):
        simulate_trace(10, random_state=seed)


def test_a_million_events_take_less_than_two_seconds():
    began = time.process_time()
    simulate_trace(MILLION, "half-while", random_state=9)
    assert time.process_time() - began < 2
