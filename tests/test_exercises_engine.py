"""The engine: four outcomes, hints in order, progress, and no crash on any answer."""

import contextlib

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from strange import strange

from helpers.errors import KitError
from helpers.exercises import (
    begin,
    catalogue,
    check,
    declared,
    engine,
    hint,
    progress,
    solution,
)
from helpers.exercises.answers import (
    as_array,
    as_flags,
    as_function,
    as_number,
    call,
    require_unchanged,
)
from helpers.exercises.declared import VALUES, Mistake, exercise
from helpers.exercises.draws import generator
from helpers.exercises.judging import judge, recognise
from helpers.exercises.outcomes import (
    OUTCOME_TYPE,
    CannotCheck,
    NotAttempted,
    Outcome,
    Wrong,
)
from helpers.paths import solutions_dir


@pytest.fixture(autouse=True)
def lesson_99(monkeypatch):
    """A made-up lesson with one exercise: the answer is 42."""

    def exercises_of(lesson):
        if lesson != "99":
            raise KitError(f"Lesson {lesson} has no exercises here.")
        return [declared._registry["99.1"]]

    monkeypatch.setattr(declared, "_registry", dict(declared._registry))
    monkeypatch.setattr(declared, "exercises_of", exercises_of)
    monkeypatch.setattr(engine, "exercises_of", exercises_of)

    @exercise(
        "99.1",
        "The answer",
        answers=["answer"],
        hints=["It is even.", "Six times seven."],
    )
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
    assert check("99.1", None).status == "could not check"
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
    outcome = Outcome("1.1", "wrong", "<script>alert(1)</script>")
    assert "<script>" not in outcome._repr_mimebundle_()["text/html"]


def test_programs_read_an_outcome_too():
    hint("99.1")
    bundle = check("99.1", 54)._repr_mimebundle_()
    assert bundle["text/plain"].startswith("✘ Exercise 99.1: wrong (other base).")
    assert bundle[OUTCOME_TYPE] == {
        "exercise": "99.1",
        "status": "wrong",
        "diagnosis": "other base",
        "message": "Six times nine is 42 in base 13 only.",
        "idea": "Six times nine is 42 in base 13 only.",
        "hints_used": 1,
    }


def test_beginning_a_lesson_that_is_not_there_says_so():
    with pytest.raises(KitError, match="Lesson 77 has no exercises"):
        begin("77")


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
        ((1 / n for n in range(-1, 1)), "raised ZeroDivisionError"),
        (iter(int, 1), "does not come to an end"),
        (None, "yours is None"),
        (..., "yours is `...`"),
        ([1, np.nan], "There are NaN or infinite values in a"),
    ],
)
def test_what_numpy_would_turn_into_numbers_is_refused(answer, told):
    with pytest.raises(CannotCheck, match=told):
        as_array(answer, "a")


def test_a_number_is_read_from_what_has_one_entry():
    class Tensor:
        def __array__(self, dtype=None, copy=None):
            return np.array(1.5)

    assert as_number(Tensor(), "n") == 1.5
    assert as_number(np.array(1.5), "n") == 1.5
    for answer in ([1.5], (1.5,), np.array([1.5]), pd.Series({"a": 1.5})):
        assert as_number(answer, "n") == 1.5
    for answer in (np.complex128(1.5), np.array("1.5"), [1.5, 1.5], ["1.5"], [True]):
        with pytest.raises(CannotCheck):
            as_number(answer, "n")
    kept = as_array([1, np.nan], "a", finite=False)
    assert np.array_equal(kept, [1, np.nan], equal_nan=True)


def test_a_generator_is_an_array_too():
    assert as_array((n * n for n in range(3)), "a", length=3).tolist() == [0, 1, 4]


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


# -- what is declared


def declare(number, **options):
    @exercise(number, "Title", **{"answers": ["answer"], "hints": []} | options)
    def checker(answer, factor, random):
        return f"{factor} {random.random():.3f}"


def test_two_exercises_of_one_number_are_an_error():
    with pytest.raises(KitError, match=r"99\.1 is declared twice"):
        declare("99.1")


def test_a_check_begins_with_its_answers_and_has_a_known_kind():
    with pytest.raises(KitError, match="first parameters are its answers"):
        declare("99.2", answers=["factor"])
    with pytest.raises(KitError, match="kind is one of"):
        declare("99.2", kind="essay")


def test_a_key_draws_what_is_given_and_what_the_check_draws():
    declare("99.2", kind=VALUES, given=lambda random: {"factor": random.integers(1e9)})
    found = declared._registry["99.2"]
    said = {
        key: engine.ask_drawn(found, lambda given: (given["factor"],), key).message
        for key in (b"one", b"two")
    }
    assert said[b"one"] != said[b"two"]
    again = engine.ask_drawn(found, lambda given: (given["factor"],), b"one")
    assert again.message == said[b"one"]
    assert check("99.1", 42) == check("99.1", 42)


def test_generators_of_a_key_are_the_same_everywhere():
    assert generator("3.1").integers(1_000_000) == generator("3.1").integers(1_000_000)
    others = {
        generator("3.1", b"key").random(),
        generator("3.1", b"key", 1).random(),
        generator("3.2", b"key").random(),
        generator("3.1", b"other").random(),
    }
    assert len(others) == 4


def test_a_mistakes_open_answers_are_the_references():
    wrong = Mistake("wrong", "It is.", lambda factor: (declared.ANYTHING, factor))
    found = declared.Exercise(
        "99.3",
        "Title",
        (),
        checker=lambda a, b, factor: "",
        answers=("a", "b"),
        kind=VALUES,
        reference=lambda factor: (2 * factor, 3 * factor),
        mistakes=(wrong,),
    )
    assert found.mistaken(wrong, {"factor": 5}) == (10, 5)


def test_the_catalogue_lists_mistakes_with_their_exercise(monkeypatch):
    monkeypatch.undo()
    known = {(found.number, each.diagnosis) for found, each in catalogue("03")}
    assert {("3.1", "percent"), ("3.4", "inverted prior")} <= known


# -- the judge

CASES = [(np.array([1.0, 2.0, 4.0]), 2.0), (np.array([3.0, 0.0]), 0.5)]
SCALING = [
    Mistake("added", "Scaling multiplies.", lambda x, factor: x + factor),
    Mistake("never", "Always raises.", lambda x, factor: 1 / 0),
    Mistake("last lost", "One entry is lost.", lambda x, factor: (x * factor)[:-1]),
]


def verdict(answer):
    try:
        judge(answer, CASES, lambda x, factor: x * factor, SCALING, name="scaled")
    except Wrong as wrong:
        return wrong.diagnosis
    except (CannotCheck, NotAttempted) as problem:
        return str(problem)
    return "correct"


def in_place(x, factor):
    x *= factor
    return x


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda x, factor: x * factor, "correct"),
        (lambda x, factor: [factor * float(one) for one in x], "correct"),
        (lambda x, factor: (factor * one for one in x), "correct"),
        (lambda x, factor: pd.Series(x * factor, index=x), "correct"),
        (lambda x, factor: factor + x, "added"),
        (lambda x, factor: x[:-1] * factor, "last lost"),
        (lambda x, factor: x * 2, "other"),
        (in_place, "changed its input"),
        (lambda x, factor: None, "scaled() returns nothing"),
        (lambda x, factor: x.scale(), "AttributeError"),
        (lambda x: x, "TypeError"),
        (lambda x, factor: object(), "can't be compared"),
        (3, "should be a function"),
    ],
)
def test_the_judge_accepts_first_and_then_recognises(answer, told):
    if callable(answer):
        answer.__name__ = "scaled"
    assert told in verdict(answer)


def test_a_counter_example_quotes_values_and_the_idea_does_not():
    with pytest.raises(Wrong) as caught:
        judge(lambda x: x, [(3.0,)], lambda x: 2 * x, [], name="twice")
    assert "twice(3) gives 3; right is 6." in str(caught.value)
    assert "3" not in caught.value.idea


def test_values_are_accepted_first_and_then_recognised():
    def ask(*values):
        recognise(
            values,
            {"y": np.array([0, 1, 1, 1])},
            lambda y: (y.sum(), y.mean()),
            [Mistake("swapped", "Swapped.", lambda y: (y.mean(), y.sum()))],
            others=[("count", "Count."), ("share", "Share.")],
        )

    assert ask(3, 0.75) is None
    for values, diagnosis in (
        ((0.75, 3), "swapped"),
        ((3, 1), "share"),
        ((1, 1), "count"),
    ):
        with pytest.raises(Wrong) as caught:
            ask(*values)
        assert caught.value.diagnosis == diagnosis
