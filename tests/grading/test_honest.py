"""Right answers in other ways earn their points, and are no incident or suspicion."""

import datetime

import numpy as np
import pandas as pd
import pytest
from cheats import CHEATS
from honest import OTHER_WAYS, WITH_OTHER_CELLS

from helpers.exercises.outcomes import CORRECT
from helpers.grading.box import kit_for_boxes
from helpers.grading.chunks import Answer, Terms, judge_chunk
from helpers.grading.plain import (
    Unreadable,
    decode,
    dumps,
    encode,
    loads,
    plain_only,
)
from helpers.grading.running import run_answer, run_what_can, wanted_of
from helpers.grading.uses import depended_on

ALL = [(each[0], Answer(*each[1:])) for each in (*OTHER_WAYS, *WITH_OTHER_CELLS)]
LESSONS = sorted({lesson for lesson, _ in ALL})


@pytest.fixture(scope="module")
def kit(box):
    """The kit that boxes see."""
    with kit_for_boxes() as folder:
        yield folder


@pytest.mark.parametrize("lesson", LESSONS)
def test_other_ways_to_a_right_answer_earn_its_points(lesson, kit):
    answers = [answer for where, answer in ALL if where == lesson]
    found = {}
    judge_chunk(lesson, answers, Terms(b"k" * 32, kit), found.__setitem__)
    told = [(v.exercise, v.status, v.incident, v.suspicion) for v in found.values()]
    assert told == [(answer.exercise, CORRECT, "", "") for answer in answers]


@pytest.mark.parametrize("lesson", sorted({lesson for lesson, *_ in CHEATS}))
def test_a_right_result_without_the_work_earns_nothing(lesson, kit):
    answers = [Answer(*cheat) for where, *cheat in CHEATS if where == lesson]
    found = {}
    judge_chunk(lesson, answers, Terms(b"k" * 32, kit), found.__setitem__)
    assert len(found) == len(answers)
    assert not [v.exercise for v in found.values() if v.status == CORRECT]


@pytest.mark.parametrize(
    "value",
    [
        datetime.date(2024, 2, 29),
        datetime.datetime(2024, 2, 29, 12, 30),
        datetime.timedelta(days=-1, seconds=3),
        pd.Interval(0.5, 2.5, closed="left"),
        pd.period_range("2024-01", periods=3, freq="M"),
        pd.timedelta_range("1D", periods=3, freq="12h"),
        pd.interval_range(0, 4),
        pd.Series(pd.cut([1.0, 2.0, 9.0], 3)),
        pd.Series([1, 2, 9]).groupby(pd.cut([1, 2, 9], 2), observed=True).mean(),
        pd.CategoricalIndex(["low", "high", "low"]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_values_of_pandas_and_clocks_come_back_as_they_were(value):
    back = decode(loads(dumps(encode(value, plain_only))), plain_only)
    assert type(back) is type(value)
    same = getattr(back, "equals", back.__eq__)
    assert same(value)
    if isinstance(value, pd.Series):
        assert back.index.equals(value.index)


def test_a_cell_above_binds_what_it_can():
    names = {}
    run_what_can("a = 1\nmissing.plot()\nb = a + 1", "<above>", names)
    assert (names["a"], names["b"]) == (1, 2)


def test_a_cell_goes_on_behind_what_binds_no_answer():
    names = {}
    assert run_answer("x = 2\nprint(missing)", names, ["x"]) == ["NameError"]
    assert names["x"] == 2
    for source in ("x = missing", "x = ...\nmissing", "missing"):
        with pytest.raises(NameError):
            run_answer(source, {}, ["x"])


def test_of_other_exercises_only_what_is_read_runs():
    others = ["import math\nK = 3\nmodel = train()", "f = lambda v: v * K\nf(1)"]
    wanted = wanted_of(others, ["def g(model):\n    return f(model)"])
    assert wanted == ["import math", "K = 3", "f = lambda v: v * K"]


def test_a_long_trial_is_left_out_of_what_an_answer_depends_on():
    own = "import time\ndef f(): return 1\nwhile True:\n    time.sleep(1)"
    kept, cell = depended_on([own, "x = f()"], ["x"])
    assert "while" not in kept
    assert "def f" in kept
    assert cell == "x = f()"
    hidden = "z = f\nx = globals()['z']"
    assert depended_on([own, hidden], ["x"])[0].count("while") == 1


def test_arrays_of_records_and_texts_have_a_plain_form():
    records = np.array([(1, 2.5)], dtype=[("a", int), ("b", float)])
    back = decode(loads(dumps(encode(records, plain_only))), plain_only)
    assert back.tolist() == [(1, 2.5)]


def test_keys_that_share_a_hash_take_nobodys_time():
    keys = [{"is": "int", "text": hex(n * (2**61 - 1))} for n in range(1, 3000)]
    with pytest.raises(Unreadable, match="hash"):
        decode({"is": "set", "items": keys}, plain_only)
    assert len(decode(encode(set(range(3000)), plain_only), plain_only)) == 3000
