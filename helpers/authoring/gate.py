"""The gate: every check is asked again with other data, under many keys.

An exercise cell is a function of what the exercise declares as given. So its solution
has to be correct with any data that may be drawn, and each recorded mistake, be it a
wrong-answer cell of the lesson or an entry of the exercise's catalogue, has to be wrong
with the diagnosis that names it. Nothing of the lesson runs but its import statements
and the definitions of its functions: what else a cell needs has to be given.
"""

import ast
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from helpers.authoring.derive import blanked
from helpers.authoring.problems import Problem
from helpers.authoring.rehearsal import run_code, shown_to_nobody
from helpers.authoring.source import Cell, Lesson, is_check_call, statements
from helpers.errors import KitError
from helpers.exercises.declared import Exercise, find
from helpers.exercises.engine import ask_drawn
from helpers.exercises.outcomes import CORRECT, WRONG, Outcome
from helpers.text import first_line

Answer = Callable[[dict[str, Any]], tuple[object, ...]]
Case = tuple[int, str, Answer, str, str | None]  # line, told, answer, status, diagnosis


def gate(lesson: Lesson, keys: int) -> list[Problem]:
    """Return where a lesson's checks misjudge an answer under one of `keys` keys.

    Every exercise of the lesson is asked about its solution, its declared reference,
    its wrong-answer cells and its catalogue.
    """
    if not keys:
        return []
    return [
        problem
        for cell in lesson.having("exercise")
        for problem in _misjudged(lesson, cell, keys)
    ]


def _misjudged(lesson: Lesson, cell: Cell, keys: int) -> Iterator[Problem]:
    try:
        found = find(cell.exercise or "")
    except KitError as problem:
        yield lesson.problem(cell.line, str(problem))
        return
    yield from _call_fits(lesson, cell, found)
    above = _names_above(lesson, cell)
    for line, told, answer, status, diagnosis in _cases(lesson, cell, found, above):
        other: dict[str, list[int]] = {}
        for key in range(keys):
            said = _said(found, answer, key_of(key))
            if said != _wanted(status, diagnosis):
                other.setdefault(said, []).append(key)
        for said, where in other.items():
            wanted = _wanted(status, diagnosis)
            message = (
                f"{told} should be {wanted}, and is {said} under {len(where)} of "
                f"{keys} keys, the first of them {where[0]}"
            )
            yield lesson.problem(line, f"exercise {found.number}: {message}")


def key_of(number: int) -> bytes:
    """Return the gate's key of that number."""
    return f"gate {number}".encode()


def recorded_answers(lesson: Lesson, cell: Cell, found: Exercise) -> list[Case]:
    """Return every recorded answer of an exercise: solution, wrong ones, catalogue."""
    return list(_cases(lesson, cell, found, _names_above(lesson, cell)))


def _said(found: Exercise, answer: Answer, key: bytes) -> str:
    try:
        outcome = ask_drawn(found, answer, key)
    except (Exception, SystemExit) as error:
        return f"{type(error).__name__} ({first_line(error)})"
    return _told(outcome)


def _told(outcome: Outcome) -> str:
    if outcome.status in (CORRECT, WRONG):
        return _wanted(outcome.status, outcome.diagnosis)
    return f"{outcome.status} ({outcome.message})"


def _wanted(status: str, diagnosis: str | None) -> str:
    return f"{status} ({diagnosis})" if diagnosis else status


def _call_fits(lesson: Lesson, cell: Cell, found: Exercise) -> Iterator[Problem]:
    """Yield a problem where the check cell passes other names than the check takes."""
    check = lesson.check_of(cell)
    if check is None:
        yield lesson.problem(cell.line, f"exercise {found.number} has no check")
        return
    call = next(
        node for node in ast.walk(ast.parse(check.source)) if is_check_call(node)
    )
    passed = [ast.unparse(argument) for argument in call.args[1:]]
    if passed != list(found.parameters) or call.keywords:
        wanted = ", ".join([f'"{found.number}"', *found.parameters])
        yield lesson.problem(check.first_line, f"the check reads check({wanted})")
    missing = set(found.parameters[len(found.answers) :])
    if missing and found.given is None:
        message = f"exercise {found.number} declares no `given` for {sorted(missing)}"
        yield lesson.problem(cell.line, message)


def _names_above(lesson: Lesson, cell: Cell) -> dict[str, object]:
    """Return what imports above an exercise bind, and the lesson's own functions.

    A function whose defaults need other names of the lesson is left out.
    """
    above = lesson.cells[: lesson.cells.index(cell)]
    kept: list[ast.stmt] = [
        node
        for each, node in statements(above)
        if isinstance(node, ast.Import | ast.ImportFrom)
        or (isinstance(node, ast.FunctionDef) and each.role != "exercise")
    ]
    names: dict[str, object] = {"__name__": "__main__", "display": shown_to_nobody}
    for statement in kept:
        optional = [NameError] if isinstance(statement, ast.FunctionDef) else []
        with suppress(*optional):
            exec(compile(ast.Module([statement], []), str(lesson.path), "exec"), names)
    return names


def _cases(
    lesson: Lesson, cell: Cell, found: Exercise, above: dict[str, object]
) -> Iterator[Case]:
    """Yield every recorded answer of an exercise and what it must be called."""
    blank = blanked(lesson, cell)

    def by_code(code: str, first_line: int) -> Answer:
        def answer(given: dict[str, Any]) -> tuple[object, ...]:
            names = above | given
            if code != cell.source:  # what the cell gives a learner is still there
                run_code(blank, names, lesson, cell.first_line)
            run_code(code, names, lesson, first_line)
            return tuple(names.get(name, ...) for name in found.answers)

        return answer

    solution = by_code(cell.source, cell.first_line)
    yield cell.line, "the solution", solution, CORRECT, None
    for wrong in lesson.wrong_answers(cell):
        diagnosis = str(wrong.metadata["diagnosis"])
        answer = by_code(wrong.source, wrong.first_line)
        yield wrong.line, f"the answer {diagnosis!r}", answer, WRONG, diagnosis
    if found.reference is not None:
        yield cell.line, "its declared reference", found.right, CORRECT, None
    for mistake in found.mistakes:

        def mistaken(given: dict[str, Any], mistake=mistake) -> tuple[object, ...]:
            return found.mistaken(mistake, given)

        told = f"the listed mistake {mistake.diagnosis!r}"
        yield cell.line, told, mistaken, WRONG, mistake.diagnosis
