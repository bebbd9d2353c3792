"""Lessons as pages of the book: what is shown of an executed reference, and to whom."""

import ast
from collections.abc import Iterator

import nbformat
from nbformat import NotebookNode, v4

from helpers.authoring.course import Course
from helpers.authoring.derive import TEACHER_LABEL, blanked, reference_cells
from helpers.authoring.source import Cell, Lesson
from helpers.exercises.declared import VALUES, find
from helpers.exercises.outcomes import OUTCOME_TYPE

_YOURS = "This output depends on your answer: run the notebook to see yours."
_FOLDED = {"code_prompt_show": "One solution"}


def lesson_page(course: Course, lesson: Lesson, *, teacher: bool) -> NotebookNode:
    """Return a lesson as the book shows it, with the outputs of its reference.

    Learners see blanks, and no output of an answer, of a check, or of a cell that reads
    a number they were to find. Raises `KitError` where the reference was not built.
    """
    reference = nbformat.read(course.reference(lesson), as_version=4)
    page = v4.new_notebook(metadata=reference.metadata)
    pairs = zip(reference_cells(lesson), reference.cells, strict=True)
    hidden: set[str] = set()
    for source, cell in pairs:
        if source.role == "exercise":
            hidden |= _values_of(source)
        page.cells += _shown(lesson, source, cell, hidden, teacher)
    return page


def _values_of(exercise: Cell) -> set[str]:
    """Return the names of the numbers that an exercise asks for."""
    found = find(str(exercise.exercise))
    return set(found.answers) if found.kind == VALUES else set()


def _shown(
    lesson: Lesson, source: Cell, cell: NotebookNode, hidden: set[str], teacher: bool
) -> Iterator[NotebookNode]:
    """Yield what stands in the book for one cell of the reference."""
    if source.role == "setup":
        return
    if source.role == "teacher-note":
        if teacher:
            text = cell.source.removeprefix(TEACHER_LABEL)
            yield v4.new_markdown_cell(
                f":::{{admonition}} For the teacher\n{text}\n:::"
            )
    elif source.role == "exercise":
        yield v4.new_code_cell(blanked(lesson, source), id=cell.id)
        if teacher:
            yield _folded(cell)
    elif source.role == "check" and not teacher:
        yield v4.new_code_cell(cell.source, id=cell.id)
    elif cell.cell_type == "code" and not teacher and _reads(cell.source, hidden):
        told = [v4.new_output("stream", text=_YOURS)] if cell.outputs else []
        yield v4.new_code_cell(cell.source, outputs=told, id=cell.id)
    else:
        yield _plain(cell)


def _folded(cell: NotebookNode) -> NotebookNode:
    folded = _plain(cell)
    folded.id = f"{cell.id}-solution"
    folded.metadata = {
        "tags": ["hide-cell"],
        "mystnb": _FOLDED | folded.metadata.get("mystnb", {}),
    }
    return folded


def _plain(cell: NotebookNode) -> NotebookNode:
    """Return a cell without tags, its outputs in the forms that a page can show."""
    if cell.cell_type != "code":
        return v4.new_markdown_cell(cell.source, id=cell.id)
    alts = [
        output.get("metadata", {}).get("image/png", {}).get("alt")
        for output in cell.outputs
    ]
    for output in cell.outputs:
        output.get("data", {}).pop(OUTCOME_TYPE, None)
    page = v4.new_code_cell(cell.source, outputs=cell.outputs, id=cell.id)
    if any(alts):  # where myst-nb looks for it; one for all pictures of a cell
        page.metadata = {"mystnb": {"image": {"alt": " ".join(filter(None, alts))}}}
    return page


def _reads(source: str, names: set[str]) -> bool:
    read = {
        node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)
    }
    return bool(read & names)
