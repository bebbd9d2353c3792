"""A lesson as an assignment of nbgrader or of Otter: the teacher's notebook of each.

Both tools make the learners' notebook of it and grade what comes back. Every exercise
is one question, with its points for all of it or none: the check says *correct* of the
learner's answers, and again of answers to values that are drawn under a key. The latter
is hidden until the grading; exercises on paper have no such values. Section "Exporting
to nbgrader or Otter" of docs/instructor-guide.md says what neither can do.
"""

import secrets
from collections.abc import Callable, Iterable
from pathlib import Path

from nbformat import NotebookNode, v4

from helpers.authoring.course import Course
from helpers.authoring.derive import (
    Recipe,
    reference_cells,
    reference_notebook,
    to_bytes,
)
from helpers.authoring.run_times import read_run_times
from helpers.authoring.source import Cell, Lesson
from helpers.exercises.declared import PAPER, Exercise, find
from helpers.exercises.source import BEGIN, END

Cells = list[NotebookNode]
SECONDS = 300  # that one cell may run; some train networks
NBGRADER_SETTINGS = f"""\
# Settings of nbgrader for lessons of the anomaly-detection workshop.
c = get_config()
c.CourseDirectory.course_id = "anomaly_workshop"
c.ClearSolutions.code_stub = {{"python": "...  # YOUR CODE HERE"}}
c.ExecutePreprocessor.timeout = {SECONDS}
"""
_ASSIGNMENT = "# ASSIGNMENT CONFIG\nname: {}\nexport_cell: false"
_QUESTION = "# BEGIN QUESTION\nname: {}\npoints: {}\nall_or_nothing: true"


def files_of(tool: str, lesson: Lesson, course: Course) -> dict[Path, str]:
    """Return what a lesson is for "nbgrader" or "otter": place -> text of a file."""
    seconds = read_run_times(course.run_times).get(lesson.name, 0)
    made = EXPORTERS[tool](lesson, Recipe.of(course, seconds), secrets.token_hex(16))
    file = Path(f"{lesson.name}.ipynb")
    text = to_bytes(made).decode()
    if tool == "otter":
        return {file: text}
    return {
        Path("source", lesson.name) / file: text,
        Path("nbgrader_config.py"): NBGRADER_SETTINGS,
    }


def for_nbgrader(lesson: Lesson, recipe: Recipe, key: str) -> NotebookNode:
    """Return a source notebook of nbgrader's; `key` draws what hidden tests ask."""

    def new_cells(cell: Cell, found: Exercise, made: NotebookNode) -> Cells:
        if cell.role == "exercise":
            made.metadata["nbgrader"] = _about(made.id, solution=True)
            return [made]
        lines, hidden = [_visible(found)], _hidden(found, key)
        if hidden:
            lines += ["### BEGIN HIDDEN TESTS", hidden, "### END HIDDEN TESTS"]
        test = v4.new_code_cell("\n".join(lines), id=made.id.replace("check", "test"))
        facts = _about(test.id, grade=True, locked=True, points=found.points)
        test.metadata["nbgrader"] = facts
        return [made, test]

    return _assembled(lesson, recipe, new_cells)


def _about(name: str, **facts: bool | int) -> dict[str, object]:
    known = {"grade": False, "solution": False, "locked": False, "task": False}
    return {"schema_version": 3, "grade_id": name} | known | facts


def for_otter(lesson: Lesson, recipe: Recipe, key: str) -> NotebookNode:
    """Return Otter's assignment notebook; `key` draws what hidden tests ask."""

    def new_cells(cell: Cell, found: Exercise, made: NotebookNode) -> Cells:
        if cell.role == "check":
            return [made]
        for marker in (BEGIN, END):
            made.source = made.source.replace(marker, marker.removeprefix("##"))
        hidden = _hidden(found, key)
        tests = [_visible(found), *([f"# HIDDEN\n{hidden}"] if hidden else [])]
        name = "q" + found.number.lower().replace(".", "_")
        return [
            v4.new_raw_cell(_QUESTION.format(name, found.points)),
            *_between("SOLUTION", [made]),
            *_between("TESTS", map(v4.new_code_cell, tests)),
            v4.new_raw_cell("# END QUESTION"),
        ]

    notebook = _assembled(lesson, recipe, new_cells)
    notebook.cells.insert(0, v4.new_raw_cell(_ASSIGNMENT.format(lesson.name)))
    for place, each in enumerate(notebook.cells):
        each.id = f"cell-{place}"  # the same at every export
    return notebook


def _between(block: str, cells: Iterable[NotebookNode]) -> Cells:
    ends = (v4.new_raw_cell(f"# {end} {block}") for end in ("BEGIN", "END"))
    return [next(ends), *cells, next(ends)]


def _visible(found: Exercise) -> str:
    """Return the test that learners see; `check` itself never raises."""
    passed = ", ".join([f'"{found.number}"', *found.parameters])
    return f'assert check({passed}).status == "correct"'


def _hidden(found: Exercise, key: str) -> str:
    """Return the test on drawn values, or no code where nothing can be drawn."""
    if found.kind == PAPER:
        return ""
    return (
        "from helpers.grading.exported import ask_again\n\n"
        f'assert ask_again("{found.number}", "{key}").status == "correct"'
    )


def _assembled(
    lesson: Lesson,
    recipe: Recipe,
    new_cells: Callable[[Cell, Exercise, NotebookNode], Cells],
) -> NotebookNode:
    """Return the lesson's notebook with solutions, exercises and checks made anew."""
    notebook = reference_notebook(lesson, recipe)
    pairs = zip(reference_cells(lesson), notebook.cells, strict=True)
    notebook.cells = [
        new
        for cell, made in pairs
        if cell.role != "teacher-note"
        for new in (
            new_cells(cell, find(cell.exercise), made) if cell.exercise else [made]
        )
    ]
    return notebook


EXPORTERS = {"nbgrader": for_nbgrader, "otter": for_otter}
