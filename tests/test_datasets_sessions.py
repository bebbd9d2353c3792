"""HDFS sessions held out, two simple rules, log samples as traces."""

import numpy as np
import pytest

from helpers.datasets import DatasetUnavailable
from helpers.datasets.sessions import hdfs_sessions, log_events
from helpers.errors import KitError
from helpers.logs.events import short_sessions, unknown_events


@pytest.fixture(scope="module")
def hdfs():
    try:
        return hdfs_sessions()
    except DatasetUnavailable as error:
        pytest.skip(str(error))


def test_no_held_out_session_was_seen_in_training(hdfs):
    seen = {tuple(one) for one in hdfs.train}
    assert len(hdfs.train) + len(hdfs.held_out) == 4855
    assert hdfs.held_out
    assert not any(tuple(one) in seen for one in hdfs.held_out)


def test_the_hold_out_depends_on_the_seed_alone(hdfs):
    def lengths(sessions):
        return [len(one) for one in sessions.held_out]

    assert lengths(hdfs_sessions()) == lengths(hdfs)
    assert lengths(hdfs_sessions(random_state=1)) != lengths(hdfs)


def test_two_rules_find_84_of_100_abnormal_sessions_without_a_model(hdfs):
    known = np.unique(np.concatenate([*hdfs.train, *hdfs.held_out]))
    unknown = unknown_events(hdfs.abnormal, known)
    short = short_sessions(hdfs.abnormal, 10)
    assert short.mean() == pytest.approx(0.368, abs=0.001)
    assert (unknown | short).mean() == pytest.approx(0.8365, abs=0.0005)


@pytest.mark.parametrize("share", [0, 1, -0.1, float("nan"), "half", None])
def test_a_share_that_leaves_one_side_empty_is_refused(share):
    with pytest.raises(KitError, match="share"):
        hdfs_sessions(share)


@pytest.mark.parametrize("seed", ["x", -1, 1.5, [1, 2]])
def test_a_seed_that_is_none_is_refused_before_anything_is_read(seed):
    with pytest.raises(ValueError, match="random_state must be None, a whole number"):
        hdfs_sessions(random_state=seed)


@pytest.mark.parametrize("name", ["loghub_HDFS_2k", "loghub_BGL_2k"])
def test_a_log_sample_is_a_trace_of_2000_templates(name):
    try:
        events = log_events(name)
    except DatasetUnavailable as error:
        pytest.skip(str(error))
    assert len(events) == 2000
    assert len(set(events)) == len(set(log_events(name, "EventId")))


def test_a_set_without_events_is_refused():
    with pytest.raises(KitError, match="no column EventTemplate"):
        log_events("heart")
