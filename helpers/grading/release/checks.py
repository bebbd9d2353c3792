"""Make the released checks of some lessons, and try each beside the one at home.

Each check is asked about right, wrong, strange and nearly right answers, here and as it
will be released. Where any outcome differs by a letter, the check stays with the
teacher, and the release says so.
"""

import ast
import importlib.util
import sys
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from copy import deepcopy
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any
from unittest.mock import patch

from helpers.authoring.source import Lesson
from helpers.exercises import declared, judging
from helpers.exercises.declared import FUNCTION, Exercise
from helpers.exercises.draws import generator
from helpers.exercises.engine import ask
from helpers.exercises.outcomes import Outcome
from helpers.grading.release.asked import Asked, asked_of
from helpers.grading.release.own_values import Call
from helpers.grading.release.program import PACKAGE, Kept, Place, Program
from helpers.grading.release.recording import (
    LESSON,
    Recorder,
    _Like,
    in_force,
    recording,
)
from helpers.grading.release.rewriting import Released, released_modules

Given = dict[str, Any]
Said = dict[tuple[str, int, str], Outcome | None]  # by exercise, values and answer
_PASSES = 6


@dataclass
class Question:
    """One exercise as it is asked: its answers, and the visible values it is given."""

    found: Exercise
    answers: list[Asked]
    given: list[Given] = field(default_factory=list)


@dataclass(frozen=True)
class Checks:
    """The released modules by name, and the exercises whose check stays home.

    `code` are functions that secrets and checks share and that can't be tables, `told`
    those among them that the lessons' own cells show.
    """

    modules: dict[str, Released]
    withheld: dict[str, str]
    code: list[str]
    told: list[str]


def questions_of(lesson: Lesson, own: Mapping[str, Given]) -> list[Question]:
    """Return the questions of a lesson; `own` has its own values by exercise."""
    found = []
    for cell in lesson.having("exercise"):
        exercise = declared.find(cell.exercise or "")
        drawn = exercise.given_by(generator(exercise.number))
        given = [drawn, *(own[n] for n in [exercise.number] if n in own)]
        found.append(Question(exercise, asked_of(lesson, cell, exercise), given))
    return found


def released_checks(
    lessons: list[str],
    questions: list[Question],
    folder: Path,
    shown: Sequence[Place] = (),
    calls: Sequence[Call] = (),
) -> Checks:
    """Return the released checks of `lessons` ("03", ...), tried in a `folder`.

    Each pass asks all checks at home, writes the modules, and asks these. What turns
    out to depend on the answers becomes code again where it may, else the exercise is
    withheld; so passes repeat, for the exercises concerned, until nothing changes.
    """
    program, recorder = Program(lessons, shown), Recorder()
    at_home: Said = {}
    asking = questions
    for _ in range(_PASSES):
        kept = program.kept()
        with recording(program, kept.tables, recorder), _eager(program):
            at_home |= _asked_at_home(asking, recorder)
            _called_at_home(program, calls, recorder)
        again = _demoted(program, kept, recorder)
        asking = [each for each in questions if each.found.number in again]
        if again:
            continue
        modules = released_modules(program, kept, recorder)
        differing = _differing(questions, at_home, load(modules, folder), program)
        if not differing:
            break
        program.withheld |= differing
    told = program.code & program.shown
    return Checks(modules, dict(program.withheld), _named(program.code), _named(told))


def _named(places: Iterable[Place]) -> list[str]:
    return sorted(f"{part}.{name}" for part, name in places)


def _demoted(program: Program, kept: Kept, recorder: Recorder) -> set[str]:
    """Make code of what can't be tables; return the exercises that this concerns."""
    found: set[str] = set()
    for place in sorted(kept.tables):
        noted = recorder.functions[place]
        secret = place in program.secrets
        if not noted.problem and (secret or not noted.depends_on_answers):
            continue
        concerned = program.exercises_at(place)
        if secret and place not in program.shown:
            why = f"its reference can't be a table: {noted.problem}"
            concerned -= set(program.withheld)
            program.withheld |= dict.fromkeys(concerned, why)
        else:
            program.code.add(place)
            concerned |= {""} if place in program.shown else set()
        found |= concerned
    return found


# -- asking ----------------------------------------------------------------------------


def _asked_at_home(questions: list[Question], recorder: Recorder) -> Said:
    said: Said = {}
    for question in questions:
        for place, given in enumerate(question.given):
            for answer in question.answers:
                recorder.answer = f"{question.found.number} {answer.told}"
                key = (question.found.number, place, answer.told)
                said[key] = _said(question.found, answer, given, recorder)
    return said


def _called_at_home(
    program: Program, calls: Sequence[Call], recorder: Recorder
) -> None:
    """Call again what the lessons' own cells called."""
    recorder.answer = LESSON
    for place, arguments, named in calls:
        program.parts[place[0]].value(place[1])(*deepcopy(arguments), **named)


def _said(
    found: Exercise, answer: Asked, given: Given, recorder: Recorder
) -> Outcome | None:
    """Return an outcome; None where the answer itself can't be made."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with recorder.unnoticed():
                values = answer.make(given | _copies(found, given))
        except (Exception, SystemExit):
            return None
        if found.kind == FUNCTION:
            values = tuple(_quiet(each, recorder) for each in values)
        passed = (*values, *_copies(found, given).values())
        return ask(found, passed, {}, generator(found.number))


def _copies(found: Exercise, given: Given) -> Given:
    """Return what the check takes of lesson data, copied: an answer may change it."""
    names = found.parameters[len(found.answers) :]
    return {name: deepcopy(given[name]) for name in names}


def _quiet(value: Any, recorder: Recorder) -> Any:
    """Return a function whose own calls are not those of a check."""
    if isinstance(value, _Like):
        value = value.__wrapped__  # type: ignore[attr-defined]
    if not isinstance(value, FunctionType):
        return value

    @wraps(value)
    def quiet(*arguments: Any, **named: Any) -> Any:
        with recorder.unnoticed():
            return value(*arguments, **named)

    return quiet


def _differing(
    questions: list[Question],
    at_home: Said,
    released: dict[str, Exercise],
    program: Program,
) -> dict[str, str]:
    """Return the exercises whose released check says anything else, and what."""
    found: dict[str, str] = {}
    for question in questions:
        number = question.found.number
        if number in program.withheld:
            continue
        for place, given in enumerate(question.given):
            for answer in question.answers:
                ours = at_home[number, place, answer.told]
                theirs = _said(released[number], answer, given, Recorder())
                if ours != theirs and number not in found:
                    found[number] = f"{answer.told}: {ours!r} at home, then {theirs!r}"
    return found


@contextmanager
def _eager(program: Program) -> Iterator[None]:
    """Let `judge` and `recognise` ask reference and mistakes about every case."""
    swapped: dict[Any, Any] = {
        judging.judge: _eager_judge,
        judging.recognise: _eager_recognise,
    }
    patches = [
        patch.object(part.module, name, swapped[part.value(name)])
        for part in program.parts.values()
        for name in ("judge", "recognise")
        if name in part.defined
    ]
    with in_force(patches):
        yield


def _eager_judge(
    answer: object, cases: Any, reference: Any, mistakes: Any, **options: Any
) -> None:
    asked = {"read": judging.as_values, "use": judging.call} | options
    for case in cases:
        for mistake in mistakes:
            judging._mistaken(mistake, case, asked["read"], asked["use"])
    judging.judge(answer, cases, reference, mistakes, **options)


def _eager_recognise(
    values: Any, given: Any, reference: Any, mistakes: Any, **options: Any
) -> None:
    for each in (reference, *(mistake.function for mistake in mistakes)):
        with suppress(Exception):  # it is recorded as such
            each(**given)
    judging.recognise(values, given, reference, mistakes, **options)


# -- the released modules, here --------------------------------------------------------


def write(modules: dict[str, Released], folder: Path) -> None:
    """Write released modules and their data into a folder."""
    for name, module in modules.items():
        (folder / f"{name}.py").write_text(module.code, encoding="utf-8")
        (folder / f"{name}.json").write_text(module.data, encoding="utf-8")


def load(modules: dict[str, Released], folder: Path) -> dict[str, Exercise]:
    """Return the exercises that released modules declare, by number."""
    write(modules, folder)
    kept = {name: sys.modules.pop(name, None) for name in map(_dotted, modules)}
    with patch.object(declared, "_registry", {}):
        try:
            for name in modules:
                _loaded(name, modules, folder)
            return dict(declared._registry)
        finally:
            for name, module in kept.items():
                sys.modules.pop(name, None)
                if module is not None:
                    sys.modules[name] = module


def _dotted(name: str) -> str:
    return f"{PACKAGE}.{name}"


def _loaded(name: str, modules: dict[str, Released], folder: Path) -> ModuleType:
    if _dotted(name) in sys.modules:
        return sys.modules[_dotted(name)]
    for statement in ast.parse(modules[name].code).body:
        if isinstance(statement, ast.ImportFrom):
            package, _, other = str(statement.module).rpartition(".")
            if package == PACKAGE and other in modules:
                _loaded(other, modules, folder)
    spec = importlib.util.spec_from_file_location(_dotted(name), folder / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
