"""Kernel traces made up: frequencies, successors, bursts, seeds."""

from itertools import pairwise

import numpy as np
import pytest

from helpers.errors import KitError
from helpers.simulation import simulate_trace, traces
from helpers.simulation.trace_vocabulary import CLEAN_COUNTS, FILE_COUNTS, FILE_ROWS

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
    for kind, weights in traces.computed_weights().items():
        np.testing.assert_allclose(weights, traces.WEIGHTS[kind], rtol=1e-3, atol=2)


def test_fifo_has_six_bursts_with_half_of_their_segments_odd():
    y = simulate_trace(FILE_ROWS["fifo-ls-01"], "fifo").y
    odd = np.flatnonzero(y[:: traces.SEGMENT])
    assert (np.diff(odd) > 40).sum() == 5
    assert y.mean() == pytest.approx(0.336, abs=0.03)


@pytest.mark.parametrize("kind", ["full-while", "half-while"])
def test_loops_have_the_published_counts(kind):
    counts = simulate_trace(FILE_ROWS[kind], kind).counts()
    for event, published in FILE_COUNTS.items():
        assert counts[event] == pytest.approx(published[kind], rel=0.01, abs=3), event


@pytest.mark.parametrize(
    ("kind", "name"), [("fifo", "fifo-ls-01"), ("sporadic", "fifo-ls-sporadic")]
)
def test_bursts_have_the_published_counts_but_for_received_pulses(kind, name):
    counts = simulate_trace(FILE_ROWS[name], kind).counts()
    del counts["COMM", "REC_PULSE"]
    for event in FILE_COUNTS.keys() & counts.keys():
        assert counts[event] == pytest.approx(FILE_COUNTS[event][name], rel=0.15)


def test_fifo_has_runs_of_unseen_events_of_eleven():
    unseen = simulate_trace(400_000, "fifo").events >= 94
    edges = np.flatnonzero(np.diff(np.r_[0, unseen.astype(int), 0]))
    assert (edges[1::2] - edges[::2]).max() == 11


@pytest.mark.parametrize("size", [1, 7, 999, 1001])
@pytest.mark.parametrize("kind", traces.KINDS)
def test_any_length_can_be_asked_for(size, kind):
    trace = simulate_trace(size, kind)
    assert len(trace) == len(trace.y) == len(trace.texts()) == size


def test_an_unknown_kind_is_refused_with_the_kinds_there_are():
    with pytest.raises(KitError, match="half-while"):
        simulate_trace(10, "quarter-while")
