"""Streams made from a table of classes: order, chunks, drifts and changing labels."""

from itertools import groupby

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.simulation import (
    Drift,
    change_label,
    class_after_class,
    class_by_class,
    insert_chunks,
)

MIXED = np.array([1, "a", None], dtype=object)
KINDS = np.random.default_rng(0).permutation(np.repeat(["a", "b", "c", "x"], 200))


def lengths(flags):
    """Return the lengths of runs of true values."""
    return [len(list(run)) for flag, run in groupby(flags) if flag]


def test_classes_come_one_after_the_other_and_go_on_where_they_stopped():
    stream = class_by_class(KINDS, [("a", 150), "c", "b", "a"])
    assert [(kind, len(list(run))) for kind, run in groupby(stream.kinds)] == [
        ("a", 150), ("c", 200), ("b", 200), ("a", 50),
    ]  # fmt: skip
    assert stream.drifts == (
        Drift(150, "a -> c"), Drift(350, "c -> b"), Drift(550, "b -> a"),
    )  # fmt: skip
    assert len(np.unique(stream.rows)) == len(stream) == 600
    for kind in "abc":
        rows = stream.rows[stream.kinds == kind]
        assert np.array_equal(rows, np.flatnonzero(kind == KINDS)), "the table's order"
    assert not stream.y.any()
    assert repr(stream) == "<stream of 600 rows, 0 anomalies, 3 drifts>"


def test_a_class_cut_in_two_without_another_between_is_no_drift():
    assert class_by_class(KINDS, [("a", 100), "a"]).drifts == ()


@given(
    least=st.integers(1, 20),
    more=st.integers(0, 80),
    most=st.integers(1, 200),
    seed=st.integers(0, 1000),
)
def test_chunks_are_whole_anomalous_and_drifts_stay_at_their_row(
    least, more, most, seed
):
    before = class_by_class(KINDS, ["a", "b", "c"])
    options = {"chunk": (least, least + more), "most": most, "random_state": seed}
    after = insert_chunks(before, ["x"], **options)
    assert np.array_equal(after.rows[after.y == 0], before.rows)
    assert set(after.kinds[after.y == 1]) == {"x"}
    inserted = np.sort(after.rows[after.y == 1])
    assert np.array_equal(inserted, np.flatnonzero(KINDS == "x")[:most])
    chunks = -(-most // least)
    assert len(lengths(after.y == 1)) <= chunks
    assert sum(length < least for length in lengths(after.y == 1)) <= 1
    for old, new in zip(before.drifts, after.drifts, strict=True):
        assert after.rows[new.position] == before.rows[old.position]
        assert new.width == 0


def test_a_chunk_keeps_the_order_of_the_table():
    after = insert_chunks(class_by_class(KINDS, ["a"]), "x", chunk=(200, 200))
    assert lengths(after.y) == [200]
    assert np.array_equal(after.rows[after.y == 1], np.flatnonzero(KINDS == "x"))


def test_the_same_seed_makes_the_same_stream():
    streams = [
        insert_chunks(class_by_class(KINDS, "abc"), "x", random_state=seed)
        for seed in (1, 1, 2)
    ]
    assert np.array_equal(streams[0].rows, streams[1].rows)
    assert not np.array_equal(streams[0].rows, streams[2].rows)


@given(width=st.integers(0, 200), seed=st.integers(0, 100))
def test_a_gradual_drift_mixes_only_within_its_width(width, seed):
    stream = class_after_class(KINDS, "a", "b", width=width, random_state=seed)
    (drift,) = stream.drifts
    assert (drift.width, drift.name) == (width, "a -> b")
    assert set(stream.kinds[: drift.position]) <= {"a"}
    assert set(stream.kinds[drift.position + width :]) <= {"b"}
    for kind in "ab":
        rows = stream.rows[stream.kinds == kind]
        assert np.array_equal(rows, np.flatnonzero(kind == KINDS))


def test_in_a_gradual_drift_the_share_of_the_new_class_rises_evenly():
    kinds = np.repeat(["old", "new"], 30_000)
    stream = class_after_class(kinds, "old", "new", width=20_000)
    (drift,) = stream.drifts
    zone = stream.kinds[drift.position : drift.position + drift.width] == "new"
    shares = zone.reshape(10, -1).mean(axis=1)
    assert shares == pytest.approx(np.arange(10) / 10 + 0.05, abs=0.03)


def test_chunks_widen_a_gradual_drift():
    before = class_after_class(KINDS, "a", "b", width=200)
    after = insert_chunks(before, "x", chunk=(10, 10))
    (drift,) = after.drifts
    zone = slice(drift.position, drift.position + drift.width)
    inside = after.rows[zone][after.y[zone] == 0]
    start = before.drifts[0].position
    assert np.array_equal(inside, before.rows[start : start + 200])
    assert drift.width > 200


def test_an_anomaly_becomes_normal_and_no_row_changes():
    before = insert_chunks(class_by_class(KINDS, ["a", "b", "c"]), "x", chunk=(5, 9))
    after = change_label(before, "x", 400)
    assert np.array_equal(after.rows, before.rows)
    assert np.array_equal(after.y[:400], before.y[:400])
    assert after.y[:400].any()
    assert not after.y[400:].any()
    assert before.y[400:].any(), "the stream that was given is left alone"
    assert Drift(400, "x becomes normal") in after.drifts
    positions = [drift.position for drift in after.drifts]
    assert positions == sorted(positions)


def test_what_was_normal_becomes_an_anomaly():
    stream = class_by_class(KINDS, [("a", 100), "b", "a"])
    after = change_label(stream, "a", 150, anomalous=True)
    assert not after.y[:300].any()
    assert after.y[300:].all()
    assert after.drifts[1] == Drift(150, "a becomes an anomaly")


STREAM = class_by_class(KINDS, ["a", "b"])
WITH_X = insert_chunks(STREAM, "x", chunk=(5, 9))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: class_by_class(KINDS, []), "order names no class"),
        (lambda: class_by_class(KINDS, ["q"]), "no row is of class 'q'; classes are a"),
        (lambda: class_by_class(KINDS, [("a", 201)]), "200 rows left; order asks for"),
        (lambda: class_by_class(KINDS, ["a", "a"]), "class a has 0 rows left"),
        (lambda: class_by_class(KINDS, [("a", 0)]), "rows must be a whole number"),
        (lambda: class_by_class(KINDS, [("a", 1, 2)]), "order holds classes or"),
        (lambda: class_by_class(KINDS, [{"a"}]), "order holds classes or"),
        (lambda: class_by_class([[1]], [1]), "one class per row"),
        (lambda: class_after_class(KINDS, "a", "b", width=900), "width of 900 does"),
        (lambda: class_after_class(KINDS, "a", "b", width=-1), "width"),
        (lambda: class_after_class(KINDS, "a", "a"), "class a has 0 rows left"),
        (lambda: insert_chunks(STREAM, ["a"]), "class a is in the stream already"),
        (lambda: insert_chunks(STREAM, []), "anomalous names no class"),
        (lambda: insert_chunks(STREAM, "x", chunk=5), "chunk must be"),
        (lambda: insert_chunks(STREAM, "x", chunk=(9, 5)), "the most of chunk"),
        (lambda: insert_chunks(STREAM, "x", chunk=(0, 5)), "the least of chunk"),
        (lambda: insert_chunks(STREAM, "x", most=201), "class x has 200 rows"),
        (lambda: insert_chunks(STREAM, "x", random_state=-1), "random_state"),
        (lambda: class_by_class(KINDS, 5), "order must be a list of classes; got 5"),
        (lambda: class_by_class(KINDS, [(["a"], 2)]), "a class is a text or a number"),
        (lambda: class_by_class([[1], [2, 3]], [1]), "one class per row"),
        (lambda: class_by_class(MIXED, ["z"]), "classes are 1, None, a"),
        (lambda: insert_chunks(5, ["x"]), "stream must be a RowStream, as class_by"),
        (lambda: insert_chunks(STREAM, None), "no row is of class None"),
        (lambda: insert_chunks(STREAM, [["x"]]), "a class is a text or a number"),
        (lambda: insert_chunks(STREAM, "x", random_state="s"), "random_state must be"),
        (lambda: change_label(5, "x", 3), "stream must be a RowStream"),
        (lambda: change_label(WITH_X, ["a"], 3), "a class is a text or a number"),
        (lambda: change_label(WITH_X, "a", 590), "does not occur both before and"),
        (lambda: change_label(WITH_X, "x", 601), "at must be at most 600"),
        (lambda: change_label(WITH_X, "x", 300, anomalous=True), "is an anomaly alr"),
    ],
)
def test_what_cannot_be_is_said_in_a_line(call, words):
    with pytest.raises(ValueError, match=words) as error:
        call()
    assert "\n" not in str(error.value)
