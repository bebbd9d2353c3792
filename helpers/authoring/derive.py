"""Derive the learner's notebook and the unexecuted reference from a lesson's source.

Both are functions of the source, the measured run time and the kit's address: the same
in, the same bytes out. Neither runs any code.
"""

import hashlib
from collections import Counter
from dataclasses import dataclass

import nbformat
from nbformat import NotebookNode, v4

from helpers.authoring.blanks import blank
from helpers.authoring.course import Course, files_address
from helpers.authoring.relinked import next_linked, relinked
from helpers.authoring.setup_cell import setup_cell
from helpers.authoring.source import MACHINE_TIME, RUN_SECONDS, Cell, Lesson

LEARNER_DROPS = ("wrong-answer", "teacher-note")
REFERENCE_DROPS = ("wrong-answer",)
TEACHER_LABEL = "**For the teacher.** "
NOT_COMPARED = "nbval-ignore-output"
LEARNER_TAGS = ("setup", "exercise", "check")

# No versions, no machine: what every notebook of the course says about its kernel.
NOTEBOOK_METADATA = {
    "kernelspec": {
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
        "name": "python3",
    },
    "language_info": {"name": "python"},
}


@dataclass(frozen=True)
class Recipe:
    """What a notebook needs beside its source; `lessons` are those it lies among."""

    run_seconds: int
    repository: str
    version: str
    lessons: tuple[str, ...] = ()

    @classmethod
    def of(cls, course: Course, run_seconds: int) -> "Recipe":
        """Return the recipe of a course for a lesson that runs `run_seconds`."""
        names = tuple(path.stem for path in course.sources())
        return cls(run_seconds, course.repository, course.version, names)


def learner_notebook(lesson: Lesson, recipe: Recipe) -> NotebookNode:
    """Return what a learner opens: blanks, and nothing of the teacher's."""
    return _notebook(lesson, recipe, learner=True)


def reference_notebook(lesson: Lesson, recipe: Recipe) -> NotebookNode:
    """Return the teacher's notebook, not yet executed: solutions and teacher notes."""
    return _notebook(lesson, recipe, learner=False)


def reference_cells(lesson: Lesson) -> list[Cell]:
    """Return the source cells behind the reference's cells, one for one."""
    return [cell for cell in lesson.cells if cell.role not in REFERENCE_DROPS]


def to_bytes(notebook: NotebookNode) -> bytes:
    """Return a valid notebook file: UTF-8, one final newline, keys sorted.

    Raises `nbformat.ValidationError` when the notebook is not valid.
    """
    nbformat.validate(notebook)
    return (nbformat.writes(notebook).rstrip("\n") + "\n").encode("utf-8")


def cell_ids(cells: tuple[Cell, ...]) -> list[str]:
    """Return one id per cell that stays the same while the cell does.

    Exercises and checks are named by their number; other cells by a hash of their
    text, counted where the same text stands twice.
    """
    names = [_id(cell) for cell in cells]
    seen: Counter[str] = Counter()
    ids = []
    for name in names:
        seen[name] += 1
        ids.append(name if seen[name] == 1 else f"{name}-{seen[name]}")
    return ids


def _id(cell: Cell) -> str:
    if cell.role == "setup":
        return "setup"
    if cell.role in ("exercise", "check"):
        return f"{cell.role}-{str(cell.exercise).replace('.', '-').lower()}"
    digest = hashlib.sha256(cell.source.encode("utf-8")).hexdigest()
    return f"{cell.role or cell.kind}-{digest[:8]}"


def _notebook(lesson: Lesson, recipe: Recipe, *, learner: bool) -> NotebookNode:
    drops = LEARNER_DROPS if learner else REFERENCE_DROPS
    cells = [
        _cell(cell, identity, _source(lesson, cell, recipe, learner=learner), learner)
        for cell, identity in zip(lesson.cells, cell_ids(lesson.cells), strict=True)
        if cell.role not in drops
    ]
    notebook = v4.new_notebook(cells=cells, metadata=NOTEBOOK_METADATA)
    notebook.nbformat_minor = 5
    return notebook


def _cell(cell: Cell, identity: str, source: str, learner: bool) -> NotebookNode:
    new_cell = v4.new_code_cell if cell.kind == "code" else v4.new_markdown_cell
    kept = LEARNER_TAGS if learner else cell.tags
    tags = [tag for tag in cell.tags if tag in kept]
    if MACHINE_TIME in tags:  # for `pytest --nbval`, which compares what isn't marked
        tags.append(NOT_COMPARED)
    return new_cell(source, id=identity, metadata={"tags": tags} if tags else {})


def _source(lesson: Lesson, cell: Cell, recipe: Recipe, *, learner: bool) -> str:
    if cell.role == "setup":
        return setup_cell(
            lesson.number, repository=recipe.repository, version=recipe.version
        )
    if cell.role == "teacher-note":
        return TEACHER_LABEL + cell.source
    if cell.kind == "markdown":
        return _linked(lesson, cell, recipe, learner=learner)
    return blanked(lesson, cell) if cell.role == "exercise" and learner else cell.source


def _linked(lesson: Lesson, cell: Cell, recipe: Recipe, *, learner: bool) -> str:
    """Return text whose links work, too, where a learner has this notebook alone."""
    text = cell.source
    if cell is lesson.cells[0]:
        text = text.replace(RUN_SECONDS, str(recipe.run_seconds))
    if cell is lesson.cells[-1]:
        text = next_linked(text, name=lesson.name, names=recipe.lessons)
    address = files_address(recipe.repository, recipe.version)
    if not (learner and address):
        return text
    page = f"notebooks/{lesson.name}.ipynb"
    return relinked(text, page=page, pages=(), address=address)


def blanked(lesson: Lesson, exercise: Cell) -> str:
    """Return an exercise cell's source as a learner gets it."""
    check = lesson.check_of(exercise)
    return blank(exercise.source, check.source if check else "")
