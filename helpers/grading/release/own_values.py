"""The values that a lesson itself gives to its checks: its cells run once for them."""

import contextlib
import io
from typing import Any

from helpers.authoring.rehearsal import (
    close_figures,
    copied,
    moved_to_a_learner,
    run_code,
    shown_to_nobody,
)
from helpers.authoring.source import Lesson
from helpers.exercises.declared import find

_RUN = (None, "setup", "exercise")  # the roles of cells that make values


def own_values(lesson: Lesson) -> dict[str, dict[str, Any]]:
    """Return the lesson's names before each exercise that is given some, by number.

    The cells run in order, solutions included, up to the last such exercise. Raises
    what a cell raises.
    """
    wanted = [
        cell
        for cell in lesson.having("exercise")
        if len(find(cell.exercise or "").parameters)
        > len(find(cell.exercise or "").answers)
    ]
    values: dict[str, dict[str, Any]] = {}
    names: dict[str, Any] = {"__name__": "__main__", "display": shown_to_nobody}
    with moved_to_a_learner(), contextlib.redirect_stdout(io.StringIO()):
        for cell in lesson.cells if wanted else ():
            if cell in wanted:
                values[str(cell.exercise)] = copied(names)
            if cell is wanted[-1]:
                break
            if cell.kind == "code" and cell.role in _RUN:
                run_code(cell.source, names, lesson, cell.first_line)
                close_figures()
    return values
