"""The notebook that nobody has answered, beside the solved one, where it differs."""

import pytest
from authoring_course import LESSON, lesson_of

from helpers.authoring import rehearsal
from helpers.authoring.rehearsal import UNTOUCHED, complaint, copied, rehearse
from helpers.authoring.untouched import Untouched, Watched

SHOWN = "# %%\nimport matplotlib"


def world(**names):
    """Return solved names, and the notebook beside them; cells are run by `exec`."""
    solved = Watched(names)
    return solved, Untouched(solved, lambda text, names, _: exec(text, names), copied)


def exercise(blank, solution, **names):
    """Return both after one exercise."""
    solved, untouched = world(**names)
    here = untouched.names()
    solved.watch()
    exec(blank, here)
    exec(solution, solved)
    untouched.keep(here)
    return solved, untouched


def complaints(text):
    results = rehearse(lesson_of(text))
    return [c for case, outcome in results.items() if (c := complaint(case, outcome))]


def test_a_cell_that_needs_an_answer_is_told():
    text = LESSON.replace(SHOWN, "# %%\nprint(answer + 1)\n\n" + SHOWN)
    told = complaints(text)
    assert len(told) == 2
    assert all("the untouched answer" in line and "TypeError" in line for line in told)


def test_a_cell_that_copes_with_a_blank_is_fine():
    text = LESSON.replace(SHOWN, "# %%\nprint(answer)\n\n" + SHOWN)
    assert complaints(text) == []


def test_a_later_blank_is_asked_with_the_earlier_blank():
    text = LESSON.replace("given = 21\n", "given = double(21) // 2\n")
    assert [c for c in complaints(text) if "untouched" in c]


def test_a_lesson_is_asked_once_for_each_exercise(monkeypatch):
    again = []

    class Told(Untouched):
        def run_beside(self, source, line):
            super().run_beside(source, line)
            again.extend(self.again)

    monkeypatch.setattr(rehearsal, "Untouched", Told)
    results = rehearse(lesson_of())
    assert [case.answer for case in results].count(UNTOUCHED) == 2
    assert again == []  # the figure's cell reads no answer


@pytest.mark.parametrize(
    "cell",
    ["b = a", "def f():\n    return a\nb = f()", "b = [a for _ in range(2)]"],
)
def test_a_cell_that_reads_an_answer_runs_again(cell):
    solved, untouched = exercise("a = ...", "a = 1")
    untouched.run_beside(cell, 7)
    assert untouched.again == [7]
    assert solved["b"] in (1, [1, 1])
    assert untouched.names()["b"] in (..., [..., ...])


@pytest.mark.parametrize("cell", ["b = 1", "a = 2\nb = a", "for a in [1]:\n    a"])
def test_a_cell_that_reads_none_runs_once(cell):
    _, untouched = exercise("a = ...", "a = 1")
    untouched.run_beside(cell, 7)
    assert untouched.again == []


def test_a_function_above_reads_the_names_of_its_notebook():
    _, untouched = exercise("a = 0", "a = 1")
    untouched.run_beside("def f():\n    return a", 1)
    untouched.run_beside("b = f()", 2)
    assert untouched.again == [2]
    assert untouched.names()["b"] == 0


def test_a_name_bound_anew_is_the_same_again():
    _, untouched = exercise("a = ...", "a = 1")
    untouched.run_beside("a = 5", 1)
    untouched.run_beside("b = a", 2)
    assert untouched.again == []


def test_data_that_an_answer_changes_differ():
    _, untouched = exercise("", "table.append(2)", table=[1])
    untouched.run_beside("b = len(table)", 1)
    assert untouched.again == [1]
    assert untouched.names()["b"] == 1


def test_data_that_an_answer_reads_stay_one():
    _, untouched = exercise("", "a = table[0]", table=[1])
    untouched.run_beside("b = len(table)", 1)
    assert untouched.again == []


def test_a_helper_name_of_the_solution_is_not_there():
    _, untouched = exercise("a = ...", "step = 1\na = step")
    untouched.run_beside("b = step", 4)
    assert isinstance(untouched.fault, NameError)
    untouched.run_beside("c = step", 5)  # nothing runs there any more
    assert untouched.again == [4]
