"""The engine: four outcomes, hints in order, progress, and no crash on any answer."""

import contextlib

import numpy as np
import pandas as pd
import pytest
from hypothesis import given

from helpers.errors import KitError
from helpers.exercises import begin, check, engine, hint, progress, solution
from helpers.exercises.answers import (
    as_array,
    as_flags,
    as_function,
    as_number,
    call,
    require_unchanged,
)
from helpers.exercises.engine import CannotCheck, NotAttempted, Wrong, exercise
from helpers.paths import solutions_dir
from tests.strange import strange


@pytest.fixture(autouse=True)
def lesson_99(monkeypatch):
    """A made-up lesson with one exercise: the answer is 42."""

    def exercises_of(lesson):
        if lesson != "99":
            raise KitError(f"Lesson {lesson} has no exercises here.")
        return [engine._registry["99.1"]]

    monkeypatch.setattr(engine, "_registry", dict(engine._registry))
    monkeypatch.setattr(engine, "exercises_of", exercises_of)

    @exercise("99.1", "The answer", hints=["It is even.", "Six times seven."])
    def check_99_1(answer):
        number = as_number(answer, "answer")
        if number == 54:
            raise Wrong("other base", "Six times nine is 42 in base 13 only.")
        if number == -1:
            raise SystemExit(1)
        if number != 42:
            raise Wrong("number", "Not the answer.")
        return "Now find the question."

    begin("99")


def test_the_four_outcomes():
    assert check("99.1", 42).status == "correct"
    assert check("99.1", 41).status == "wrong"
    assert check("99.1", ...).status == "not attempted"
    assert check("99.1", None).status == "not attempted"
    assert check("99.1", "forty-two").status == "could not check"
    assert check("99.1").status == "could not check"
    assert check("99.1", -1).status == "could not check"


def test_too_few_and_too_many_answers_say_how_the_check_is_called():
    for outcome in (check("99.1"), check("99.1", 42, 43), check("99.1", reply=42)):
        assert outcome.status == "could not check"
        assert 'called as check("99.1", answer)' in outcome.message


def test_a_wrong_answer_gets_its_diagnosis_and_the_idea():
    outcome = check("99.1", 54)
    assert outcome.diagnosis == "other base"
    assert "base 13" in repr(outcome)
    assert repr(outcome).startswith("✘ Exercise 99.1: wrong (other base).")


def test_an_unknown_exercise_names_those_there_are():
    outcome = check("99.7", 42)
    assert outcome.status == "could not check"
    assert "lesson 99 has 99.1" in outcome.message
    with pytest.raises(KitError, match=r"There is no exercise 98\.1"):
        hint("98.1")


def test_html_is_escaped():
    outcome = engine.Outcome("1.1", "wrong", "<script>alert(1)</script>")
    assert "<script>" not in outcome._repr_html_()


def test_hints_come_in_order_and_end():
    assert hint("99.1") == "Hint 1 of 2: It is even."
    assert hint("99.1") == "Hint 2 of 2: Six times seven."
    assert "last of 2 hints" in hint("99.1")
    assert "last of 2 hints" in hint("99.1")


def test_progress_counts_what_was_solved_and_a_later_mistake_takes_nothing():
    assert "0 of 1 exercises solved" in progress()
    check("99.1", 42)
    check("99.1", 41)
    assert "✔ 99.1" in progress()
    assert "1 of 1 exercises solved" in progress()
    begin("99")
    assert "0 of 1 exercises solved" in progress()


def test_progress_before_the_first_cell_says_what_to_run():
    engine._session.lesson = None
    with pytest.raises(KitError, match="run the first cell"):
        progress()


@given(strange)
def test_no_answer_crashes_the_check(answer):
    assert check("99.1", answer).status in {
        "correct",
        "wrong",
        "not attempted",
        "could not check",
    }


@given(strange)
def test_the_guards_raise_only_what_the_engine_knows(answer):
    for guard in (as_number, as_array, as_function):
        with contextlib.suppress(CannotCheck):
            guard(answer, "answer")


def test_guards_accept_what_they_should():
    assert as_number(True + 1, "n") == 2
    assert as_array([1, 2], "a", length=2).tolist() == [1, 2]
    assert as_flags([0, 1, True], "f", length=3).tolist() == [False, True, True]
    with pytest.raises(CannotCheck, match="3 entries"):
        as_array([1, 2], "a", length=3)
    with pytest.raises(CannotCheck, match="only 0 and 1"):
        as_flags([0, 2], "f", length=2)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (["1", "2"], "yours holds texts"),
        (np.array(["1", 2], dtype=object), "yours holds texts"),
        (np.array([1 + 1j, 2]), "yours holds complex numbers"),
        (pd.date_range("2024-01-01", periods=2), "yours holds dates"),
        ([[1, 2], [3]], "yours is a list of unequal rows"),
        (None, "yours is None"),
        (..., "yours is `...`"),
        ([1, np.nan], "There are NaN or infinite values in a"),
    ],
)
def test_what_numpy_would_turn_into_numbers_is_refused(answer, told):
    with pytest.raises(CannotCheck, match=told):
        as_array(answer, "a")


def test_numbers_are_read_from_what_has_no_axes_only():
    class Tensor:
        def __array__(self, dtype=None, copy=None):
            return np.array(1.5)

    assert as_number(Tensor(), "n") == 1.5
    assert as_number(np.array(1.5), "n") == 1.5
    for answer in (np.array([1.5]), np.complex128(1.5), np.array("1.5")):
        with pytest.raises(CannotCheck):
            as_number(answer, "n")
    kept = as_array([1, np.nan], "a", finite=False)
    assert np.array_equal(kept, [1, np.nan], equal_nan=True)


def test_a_changed_input_is_found():
    array, table = np.array([1.0, np.nan]), pd.DataFrame({"a": [1, 2]})
    require_unchanged(array, array.copy(), "array")
    require_unchanged(table, table.copy(), "table")
    for changed, before in (
        (array + 1, array),
        (table.assign(b=3), table),
        (table.iloc[::-1], table),
    ):
        with pytest.raises(Wrong, match="Work on a copy"):
            require_unchanged(changed, before, "input")


def test_call_tells_a_blank_from_a_crash():
    with pytest.raises(NotAttempted, match="add the missing `return`"):
        call(lambda: None)
    with pytest.raises(NotAttempted):
        call(lambda: ...)
    for blank in (..., None):
        with pytest.raises(NotAttempted, match="still blank"):
            call(lambda blank=blank: (1, blank))
    with pytest.raises(CannotCheck, match="ZeroDivisionError"):
        call(lambda: 1 / 0)
    with pytest.raises(CannotCheck, match=r"'iloc'\. The check gives a NumPy array"):
        call(lambda x: x.iloc, np.zeros(3))
    with pytest.raises(CannotCheck, match="a parameter of that name"):
        call(lambda cut: cut(3), 7)
    with pytest.raises(CannotCheck, match=r"part\. The rows that you collect"):
        call(lambda: np.array([[1, 2], [3]]))


def test_solution_is_the_lessons_own_text_without_markers(monkeypatch, tmp_path):
    source = solutions_dir() / "03_imbalanced_data.py"
    monkeypatch.undo()
    shown = solution("3.2")
    assert shown.startswith("# Exercise 3.2\n")
    assert "SOLUTION" not in shown
    assert all(
        line in source.read_text(encoding="utf-8") for line in shown.splitlines()
    )
