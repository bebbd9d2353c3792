"""What a lesson itself gives to its checks, and calls: its cells run once for it."""

import ast
import contextlib
import importlib
import io
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from functools import wraps
from typing import Any
from unittest.mock import patch

from helpers.authoring.rehearsal import (
    close_figures,
    copied,
    moved_to_a_learner,
    run_code,
    shown_to_nobody,
)
from helpers.authoring.source import Cell, Lesson, parsed
from helpers.exercises.declared import find
from helpers.grading.release.program import PACKAGE, Place

_RUN = (None, "setup", "exercise")  # the roles of cells that make values
_HIDDEN = ("exercise", "wrong-answer", "teacher-note")
Call = tuple[Place, tuple, dict[str, Any]]  # what a cell called, and with what


@dataclass
class Run:
    """What came of a lesson: names before an exercise, by number; and calls."""

    values: dict[str, dict[str, Any]] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)


def shown_by(lesson: Lesson) -> list[Place]:
    """Return what visible cells import from the modules of the checks."""
    return [
        (str(node.module).removeprefix(f"{PACKAGE}."), alias.name)
        for cell in lesson.cells
        if cell.kind == "code" and cell.role not in _HIDDEN
        for node in ast.walk(parsed(cell.source) or ast.Module([], []))
        if isinstance(node, ast.ImportFrom)
        and str(node.module).startswith(f"{PACKAGE}.")
        for alias in node.names
    ]


def own_values(lesson: Lesson) -> Run:
    """Return what a lesson gives to its checks and calls of their modules.

    The cells run in order, solutions included, as far as that takes. Raises what a
    cell raises.
    """
    run, last = Run(), _last(lesson)
    names: dict[str, Any] = {"__name__": "__main__", "display": shown_to_nobody}
    if last is None:
        return run
    quiet = contextlib.redirect_stdout(io.StringIO())
    with moved_to_a_learner(), quiet, _watched(shown_by(lesson), run.calls):
        for cell in lesson.cells[: lesson.cells.index(last) + 1]:
            if _is_given(cell):
                run.values[str(cell.exercise)] = copied(names)
            if cell.kind == "code" and cell.role in _RUN:
                run_code(cell.source, names, lesson, cell.first_line)
                close_figures()
    return run


def _is_given(cell: Cell) -> bool:
    if cell.role != "exercise":
        return False
    found = find(cell.exercise or "")
    return len(found.parameters) > len(found.answers)


def _last(lesson: Lesson) -> Cell | None:
    """Return the last cell that gives values to a check or calls what is shown."""
    names = [name for _, name in shown_by(lesson)]
    wanted = [
        cell
        for cell in lesson.cells
        if _is_given(cell)
        or (cell.role not in _HIDDEN and any(name in cell.source for name in names))
    ]
    return wanted[-1] if wanted else None


@contextlib.contextmanager
def _watched(places: list[Place], calls: list[Call]) -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        for place in places:
            module = importlib.import_module(f"{PACKAGE}.{place[0]}")
            function = _noting(getattr(module, place[1]), place, calls)
            stack.enter_context(patch.object(module, place[1], function))
        yield


def _noting(function: Callable[..., Any], place: Place, calls: list[Call]) -> Any:
    @wraps(function)
    def noting(*arguments: Any, **named: Any) -> Any:
        calls.append((place, deepcopy(arguments), deepcopy(named)))
        return function(*arguments, **named)

    return noting
