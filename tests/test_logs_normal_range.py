"""The normal range: what is frozen, and the verdicts on new scores."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.logs import NormalRange

RNG = np.random.default_rng(0)
NORMAL = NormalRange.from_scores(RNG.random(20_000), contamination=0.01)
QUIET = np.random.default_rng(1).random(1_500)


def test_the_range_holds_what_was_measured():
    assert 0.985 < NORMAL.threshold < 0.995
    assert abs(NORMAL.share - 0.01) < 1e-9
    assert NORMAL.lines == 20_000
    assert 5 <= NORMAL.limit <= 15
    assert NORMAL.spread > 0.9
    given_one = NormalRange.from_scores(RNG.random(1_000), threshold=0.5, stretch=10)
    assert given_one.threshold == 0.5
    assert 0.4 < given_one.share < 0.6


@pytest.mark.parametrize("seed", range(10))
def test_normal_logs_are_within(seed):
    scores = np.random.default_rng(100 + seed).random(3_000)
    verdict = NORMAL.judge(scores)
    assert verdict.within
    assert str(verdict) == "within the normal range"


def test_a_burst_is_out_though_the_log_as_a_whole_is_not():
    verdict = NORMAL.judge(np.concatenate([RNG.random(30_000), np.full(30, 9.0)]))
    assert verdict.share <= verdict.largest_share
    assert verdict.busiest >= 30 > verdict.limit
    assert str(verdict) == "NOT within the normal range"


def test_a_slow_rise_is_out_though_no_stretch_is():
    scores = RNG.random(20_000)
    scores[::40] = 9
    verdict = NORMAL.judge(scores)
    assert verdict.busiest <= verdict.limit
    assert verdict.share > verdict.largest_share
    assert not verdict.within


@given(st.integers(1, 250), st.integers(0, 250))
def test_the_counts_are_those_of_a_slow_count(lines, above):
    scores = np.zeros(lines)
    scores[np.random.default_rng(above).integers(0, lines, min(above, lines))] = 1
    normal = NormalRange(0.5, 0.01, 20, 3, 1.0, 1_000)
    verdict = normal.judge(scores)
    slow = [scores[i : i + 20].sum() for i in range(max(1, lines - 19))]
    assert verdict.busiest == max(slow)
    assert verdict.above == scores.sum()


@pytest.mark.parametrize(
    ("scores", "options", "message"),
    [
        (range(10), {}, "fewer than two stretches"),
        (QUIET, {"stretch": 1}, "stretch must be"),
        (QUIET, {"contamination": 2}, "contamination is"),
        (QUIET, {"threshold": "a"}, "threshold must be"),
    ],
)
def test_mistakes_are_named(scores, options, message):
    with pytest.raises(ValueError, match=message):
        NormalRange.from_scores(scores, **options)
