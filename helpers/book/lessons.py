"""Lessons as the book and the slides show them: what of a reference, and to whom."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode, v4

from helpers.authoring.course import Course
from helpers.authoring.derive import (
    NOTEBOOK_METADATA,
    TEACHER_LABEL,
    blanked,
    reference_cells,
)
from helpers.authoring.source import Cell, Lesson
from helpers.errors import KitError
from helpers.exercises.declared import VALUES, find
from helpers.exercises.outcomes import OUTCOME_TYPE

SOLUTION = "solution"
_YOURS = "This output depends on your answer: run the notebook to see yours."
_FOLDED = {"code_prompt_show": "One solution"}


@dataclass(frozen=True)
class Shown:
    """A cell that is shown, and what it is for.

    `role` is that of the source's cell, or `SOLUTION` for an exercise's reference.
    """

    role: str | None
    cell: NotebookNode


def lesson_page(course: Course, lesson: Lesson, *, teacher: bool) -> NotebookNode:
    """Return a lesson as the book shows it, with the outputs of its reference.

    Solutions are folded, teacher's notes framed. Raises `KitError` where the reference
    was not built.
    """
    shown = shown_cells(course, lesson, teacher=teacher)
    return v4.new_notebook(
        cells=[_on_page(each) for each in shown], metadata=NOTEBOOK_METADATA
    )


def shown_cells(course: Course, lesson: Lesson, *, teacher: bool) -> list[Shown]:
    """Return what is shown of a lesson's reference, without tags, in its order.

    Learners see blanks, and no output of an answer, of a check, or of a cell that reads
    a number they were to find; teachers see a solution behind each blank, and notes.
    Nobody sees the setup cell. Raises `KitError` where the reference was not built.
    """
    reference = _read(course.reference(lesson))
    pairs = zip(reference_cells(lesson), reference.cells, strict=True)
    hidden: set[str] = set()
    found: list[Shown] = []
    for source, cell in pairs:
        if source.role == "exercise":
            hidden |= _values_of(source)
        found += _shown(lesson, source, cell, hidden, teacher)
    return found


def _read(path: Path) -> NotebookNode:
    try:
        return nbformat.read(path, as_version=4)
    except OSError as error:
        raise KitError(
            f"{path} can't be read: {error.strerror}; workshop build makes it."
        ) from None


def _values_of(exercise: Cell) -> set[str]:
    """Return the names of the numbers that an exercise asks for."""
    found = find(str(exercise.exercise))
    return set(found.answers) if found.kind == VALUES else set()


def _shown(
    lesson: Lesson, source: Cell, cell: NotebookNode, hidden: set[str], teacher: bool
) -> Iterator[Shown]:
    """Yield what is shown of one cell of the reference."""
    role = source.role
    if role == "setup" or (role == "teacher-note" and not teacher):
        return
    if role == "teacher-note":
        text = cell.source.removeprefix(TEACHER_LABEL)
        yield Shown(role, v4.new_markdown_cell(text, id=cell.id))
    elif role == "exercise":
        yield Shown(role, v4.new_code_cell(blanked(lesson, source), id=cell.id))
        if teacher:
            solution = _plain(cell)
            solution.id = f"{cell.id}-solution"
            yield Shown(SOLUTION, solution)
    elif role == "check" and not teacher:
        yield Shown(role, v4.new_code_cell(cell.source, id=cell.id))
    elif cell.cell_type == "code" and not teacher and _reads(cell.source, hidden):
        told = [v4.new_output("stream", text=_YOURS)] if cell.outputs else []
        yield Shown(role, v4.new_code_cell(cell.source, outputs=told, id=cell.id))
    else:
        yield Shown(role, _plain(cell))


def _on_page(shown: Shown) -> NotebookNode:
    """Return a cell as myst-nb takes it."""
    cell = shown.cell
    if shown.role == "teacher-note":
        return v4.new_markdown_cell(
            f":::{{admonition}} For the teacher\n{cell.source}\n:::"
        )
    alts = [alt for output in cell.get("outputs", ()) if (alt := alt_text(output))]
    told: dict = {"image": {"alt": " ".join(alts)}} if alts else {}
    if shown.role == SOLUTION:
        cell.metadata = {"tags": ["hide-cell"], "mystnb": _FOLDED | told}
    elif told:  # where myst-nb looks for it; one for all pictures of a cell
        cell.metadata = {"mystnb": told}
    return cell


def alt_text(output: NotebookNode) -> str:
    """Return the sentence of a picture; "" where there is none."""
    return output.get("metadata", {}).get("image/png", {}).get("alt", "")


def _plain(cell: NotebookNode) -> NotebookNode:
    """Return a cell without tags, its outputs in the forms that a page can show."""
    if cell.cell_type != "code":
        return v4.new_markdown_cell(cell.source, id=cell.id)
    for output in cell.outputs:
        data = output.get("data", {})
        data.pop(OUTCOME_TYPE, None)
        if "text/html" in data:  # no header that says nothing, as pandas has
            data["text/html"] = data["text/html"].replace("<th></th>", "<td></td>")
    return v4.new_code_cell(cell.source, outputs=cell.outputs, id=cell.id)


def _reads(source: str, names: set[str]) -> bool:
    read = {
        node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)
    }
    return bool(read & names)
