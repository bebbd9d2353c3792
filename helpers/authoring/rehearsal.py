"""Rehearse a lesson's exercises: blank, wrong and right answers against their checks.

The lesson's cells run in order in one namespace, as in a notebook. At each exercise the
blank a learner gets runs on a copy of that namespace, followed by the check; so does
every wrong answer, after the blank; then the solution and the check run for real.

Beside it goes the notebook that nobody has answered: each exercise stays blank there. A
cell that reads what an answer binds or changes runs there, too (see `untouched.py`).
"""

import ast
import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass

from helpers.authoring.derive import blanked
from helpers.authoring.execute import learner_machine
from helpers.authoring.source import Cell, Lesson
from helpers.authoring.untouched import Untouched, Watched

BLANK, WRONG, SOLUTION = "blank", "wrong", "solution"
UNTOUCHED = "untouched"


@dataclass(frozen=True)
class Case:
    """One answer to one exercise, and the outcome its check must give."""

    lesson: str
    exercise: str
    answer: str
    line: int
    status: str
    diagnosis: str | None = None

    @property
    def id(self) -> str:
        """A name for test reports: `03_imbalanced_data-3.2-leak-l120`."""
        named = self.diagnosis or self.answer
        return f"{self.lesson}-{self.exercise}-{named}-l{self.line}"


def cases(lesson: Lesson) -> list[Case]:
    """Return every case of a lesson, in the order they are rehearsed."""
    return [
        case
        for exercise in lesson.having("exercise")
        for case, _ in _answers(lesson, exercise)
    ]


def _answers(lesson: Lesson, exercise: Cell) -> Iterator[tuple[Case, str]]:
    """Yield each case of an exercise and the code that answers; solution last."""
    number, name = exercise.exercise or "", lesson.name
    case = Case(name, number, BLANK, exercise.first_line, "not attempted")
    yield case, blanked(lesson, exercise)
    for cell in lesson.wrong_answers(exercise):
        diagnosis = str(cell.metadata["diagnosis"])
        case = Case(name, number, WRONG, cell.first_line, "wrong", diagnosis)
        yield case, cell.source
    yield _untouched_case(lesson, exercise), blanked(lesson, exercise)
    case = Case(name, number, SOLUTION, exercise.first_line, "correct")
    yield case, exercise.source


def _untouched_case(lesson: Lesson, exercise: Cell) -> Case:
    """The blank answer where no exercise before it was answered either."""
    number = exercise.exercise or ""
    return Case(lesson.name, number, UNTOUCHED, exercise.first_line, "not attempted")


def rehearse(lesson: Lesson) -> dict[Case, object]:
    """Return what the check said in each case: its outcome, or the exception raised.

    A cell that fails outside an answer ends the rehearsal; the cases that it keeps from
    running get its exception.
    """
    results: dict[Case, object] = {}
    names = Watched({"__name__": "__main__", "display": shown_to_nobody})

    def run(source: str, names: dict[str, object], first_line: int) -> object:
        return run_code(source, names, lesson, first_line)

    untouched = Untouched(names, run, copied)
    try:
        with moved_to_a_learner():
            for cell in lesson.cells:
                if cell.role == "exercise":
                    _rehearse_exercise(lesson, cell, names, untouched, results)
                elif cell.kind == "code" and cell.role not in ("wrong-answer", "check"):
                    untouched.run_beside(cell.source, cell.first_line)
                close_figures()
    except (Exception, SystemExit) as error:
        return {case: results.get(case, error) for case in cases(lesson)}
    if untouched.fault:  # a cell that an unanswered exercise stops
        results |= {
            case: untouched.fault for case in results if case.answer == UNTOUCHED
        }
    return results


def complaint(case: Case, outcome: object) -> str | None:
    """Return what is wrong with the outcome of a case, or None when all is well."""
    where = f"{case.lesson}.py:{case.line}: the {case.answer} answer to {case.exercise}"
    if isinstance(outcome, BaseException):
        return f"{where} raised {type(outcome).__name__}: {outcome}"
    status = getattr(outcome, "status", None)
    diagnosis = getattr(outcome, "diagnosis", None)
    message = getattr(outcome, "message", "")
    if (status, diagnosis) != (case.status, case.diagnosis):
        wanted = f"{case.status} ({case.diagnosis})" if case.diagnosis else case.status
        return f"{where} should be {wanted}, is {status} ({diagnosis}): {message}"
    if case.status == "wrong" and not str(message).strip():
        return f"{where} gets no sentence about the idea"
    return None


def _rehearse_exercise(
    lesson: Lesson,
    exercise: Cell,
    solved: Watched,
    untouched: Untouched,
    results: dict[Case, object],
) -> None:
    """Fill in the results of one exercise; raise what its solution raises."""
    check = lesson.check_of(exercise)
    if check is None:
        raise ValueError(f"exercise {exercise.exercise} has no check")
    blank, here = blanked(lesson, exercise), untouched.names()
    solved.watch()
    for case, code in _answers(lesson, exercise):
        own: dict[str, object] = solved
        if case.answer != SOLUTION:
            own = here if case.answer == UNTOUCHED else copied(solved)
        try:
            if case.answer == WRONG:  # what the cell gives a learner is still there
                run_code(blank, own, lesson, exercise.first_line)
            run_code(code, own, lesson, case.line)
            results[case] = run_code(check.source, own, lesson, check.first_line)
        except (Exception, SystemExit) as error:  # an answer may call exit()
            results[case] = error
            if case.answer == SOLUTION:
                raise
    untouched.keep(here)


def run_code(
    source: str, namespace: dict[str, object], lesson: Lesson, first_line: int
) -> object:
    """Run code and return the value of its last expression, as Jupyter does.

    `first_line` is where it stands in the lesson, so that tracebacks name the line.
    """
    file = str(lesson.path)
    body = ast.parse("\n" * (first_line - 1) + source).body
    last = body[-1] if body else None
    shown = last.value if isinstance(last, ast.Expr) else None
    if shown is not None:
        body.pop()
    exec(compile(ast.Module(body, type_ignores=[]), file, "exec"), namespace)
    if shown is None:
        return None
    return eval(compile(ast.Expression(shown), file, "eval"), namespace)


def copied(namespace: dict[str, object]) -> dict[str, object]:
    """Copy a namespace and the data in it, so that an answer may change both."""
    import numpy as np
    import pandas as pd

    data = (np.ndarray, pd.DataFrame, pd.Series, list, dict, set)
    return {
        name: value.copy() if isinstance(value, data) and name[:2] != "__" else value
        for name, value in namespace.items()
    }


def shown_to_nobody(*objects: object, **options: object) -> None:
    """Stand in for IPython's `display`."""


def close_figures() -> None:
    """Close what a cell has drawn."""
    import matplotlib.pyplot as plt

    plt.close("all")


@contextlib.contextmanager
def moved_to_a_learner() -> Iterator[None]:
    """Make this process's folder and environment a learner's, and draw no windows."""
    folder_before, environment_before = os.getcwd(), dict(os.environ)
    with learner_machine() as (folder, environment):
        _replace_environment(environment | {"MPLBACKEND": "Agg"})
        os.chdir(folder)
        try:
            yield
        finally:
            os.chdir(folder_before)
            _replace_environment(environment_before)


def _replace_environment(environment: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)
