"""Run a lesson's checks and say what came of them.

A check only raises: `Wrong` with a diagnosis and a sentence about the idea,
`NotAttempted`, or `CannotCheck`; anything else that goes wrong inside it is also
"could not check". So every answer, however strange, ends in one of four outcomes.
The ladder follows the problem view of Kaggle's learntools.
"""

import html
import importlib
import importlib.util
import inspect
from collections.abc import Callable
from dataclasses import dataclass, field

from helpers.errors import KitError
from helpers.exercises.source import reference_solution

CORRECT = "correct"
WRONG = "wrong"
NOT_ATTEMPTED = "not attempted"
COULD_NOT_CHECK = "could not check"
NO_MESSAGE = "no message"

_MARKS = {CORRECT: "✔", WRONG: "✘", NOT_ATTEMPTED: "…", COULD_NOT_CHECK: "?"}
_COLOURS = {
    CORRECT: "#009E73",
    WRONG: "#D55E00",
    NOT_ATTEMPTED: "#767676",
    COULD_NOT_CHECK: "#0072B2",
}


class Wrong(Exception):
    """The answer shows a mistake: its `diagnosis` by name, and the idea behind it."""

    def __init__(self, diagnosis: str, message: str):
        super().__init__(message)
        self.diagnosis = diagnosis


class NotAttempted(Exception):
    """The answer is still the placeholder; a message says what to do about it."""


class CannotCheck(Exception):
    """The check can't read an answer of this kind; the message says which it needs."""


@dataclass(frozen=True)
class Exercise:
    """One exercise of a lesson: its number, title, hints and check."""

    number: str
    title: str
    hints: tuple[str, ...]
    checker: Callable[..., str]


@dataclass(frozen=True)
class Outcome:
    """What `check` found; Jupyter shows it as a coloured line.

    `status` is one of "correct", "wrong", "not attempted" and "could not check";
    `diagnosis` names the mistake where the status is "wrong".
    """

    exercise: str
    status: str
    message: str
    diagnosis: str | None = None

    def __repr__(self) -> str:
        named = f" ({self.diagnosis})" if self.diagnosis else ""
        head = f"{_MARKS[self.status]} Exercise {self.exercise}: {self.status}{named}."
        return f"{head} {self.message}".rstrip()

    def _repr_html_(self) -> str:
        return _panel(repr(self), _COLOURS[self.status])


@dataclass
class _Session:
    """What this kernel remembers; nothing of it leaves the machine."""

    lesson: str | None = None
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    solved: set[str] = field(default_factory=set)
    hints: dict[str, int] = field(default_factory=dict)


class _Shown(str):
    """A text that Jupyter shows as it is, not as a quoted string."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


_session = _Session()
_registry: dict[str, Exercise] = {}


def exercise(number: str, title: str, *, hints: tuple[str, ...] | list[str]):
    """Register the decorated function as the check of exercise `number` ("3.2").

    The function takes the learner's answers, raises `Wrong`, `NotAttempted` or
    `CannotCheck`, and returns the sentence shown for a correct answer.
    """

    def register(checker: Callable[..., str]) -> Callable[..., str]:
        _registry[number] = Exercise(number, title, tuple(hints), checker)
        return checker

    return register


def begin(lesson: str) -> None:
    """Begin a new record for `lesson` ("03"); the first cell of a notebook does so."""
    global _session
    _session = _Session(lesson=str(lesson))


def check(number: str, *answers: object, **named_answers: object) -> Outcome:
    """Return what the check of exercise `number` says of the answers.

    Never raises on account of an answer. A blank answer (`...` or None) is "not
    attempted".
    """
    outcome = _outcome(str(number), answers, named_answers)
    _session.outcomes[outcome.exercise] = outcome
    if outcome.status == CORRECT:
        _session.solved.add(outcome.exercise)
    return outcome


def hint(number: str) -> str:
    """Return the next hint for exercise `number`; after the last one, say so.

    Raises `KitError` when there is no such exercise.
    """
    found = _find(number)
    given = _session.hints.get(found.number, 0)
    total = len(found.hints)
    if given == total:
        return _Shown(
            f"That was the last of {total} hints for exercise {found.number}. "
            f'solution("{found.number}") shows one way to do it.'
        )
    _session.hints[found.number] = given + 1
    return _Shown(f"Hint {given + 1} of {total}: {found.hints[given]}")


def solution(number: str) -> str:
    """Return the reference solution of exercise `number`, as the lesson has it.

    Raises `KitError` when there is no such exercise.
    """
    return _Shown(reference_solution(_find(number).number))


def progress() -> str:
    """Return a table of this lesson's exercises and how far each one is.

    Counts only what happened in this kernel since its first cell.
    """
    if _session.lesson is None:
        raise KitError('no lesson has begun: run the first cell, helpers.start("NN").')
    rows = [_progress_row(found) for found in exercises_of(_session.lesson)]
    done = sum(
        found.number in _session.solved for found in exercises_of(_session.lesson)
    )
    return _Shown("\n".join([*rows, f"{done} of {len(rows)} exercises solved"]))


def exercises_of(lesson: str) -> list[Exercise]:
    """Return the exercises of `lesson` ("03") in order.

    Raises `KitError` when the lesson has no exercise module.
    """
    module = f"helpers.exercises.lesson_{lesson.lower()}"
    if importlib.util.find_spec(module) is None:
        raise KitError(f"Lesson {lesson} has no exercises here.")
    importlib.import_module(module)
    prefix = lesson.lstrip("0") or "0"
    found = [e for e in _registry.values() if e.number.split(".")[0] == prefix]
    return sorted(found, key=lambda e: [int(part) for part in e.number.split(".")[1:]])


def lesson_of(number: str) -> str:
    """Return the lesson of an exercise number: "3.2" -> "03", "W1.2" -> "W1"."""
    head = str(number).split(".")[0]
    return head.zfill(2) if head.isdigit() else head


def _find(number: str) -> Exercise:
    lesson = lesson_of(number)
    try:
        known = {e.number: e for e in exercises_of(lesson)}
    except KitError:
        known = {}
    if str(number) not in known:
        there = (
            f"lesson {lesson} has {', '.join(known)}" if known else "check its number"
        )
        raise KitError(f"There is no exercise {number}: {there}.")
    return known[str(number)]


def _outcome(number: str, answers: tuple, named: dict) -> Outcome:
    try:
        found = _find(number)
        if any(value is None or value is ... for value in (*answers, *named.values())):
            raise NotAttempted
        _require_all_answers(found, answers, named)
        message = found.checker(*answers, **named)
    except NotAttempted as blank:
        todo = str(blank) or "Replace the `...`"
        message = f'{todo} and run the cell again; hint("{number}") helps.'
        return Outcome(number, NOT_ATTEMPTED, message)
    except Wrong as mistake:
        return Outcome(number, WRONG, str(mistake), mistake.diagnosis)
    except (CannotCheck, KitError) as problem:
        return Outcome(number, COULD_NOT_CHECK, str(problem))
    except (Exception, SystemExit) as error:
        return Outcome(number, COULD_NOT_CHECK, _surprise(error))
    return Outcome(number, CORRECT, message)


def _require_all_answers(found: Exercise, answers: tuple, named: dict) -> None:
    signature = inspect.signature(found.checker)
    try:
        signature.bind(*answers, **named)
    except TypeError:
        call = ", ".join([f'"{found.number}"', *signature.parameters])
        raise CannotCheck(f"This check is called as check({call}).") from None


def first_line(error: BaseException, *, most: int = 160) -> str:
    """Return the first line of what `error` says, "no message" where it says nothing.

    An error that a learner's code made may fail to say anything at all.
    """
    try:
        lines = str(error).strip().splitlines()
    except Exception:
        lines = []
    return lines[0][:most] if lines else NO_MESSAGE


def _surprise(error: BaseException) -> str:
    said = first_line(error, most=200).rstrip(".")
    reason = "" if said == NO_MESSAGE else f": {said}"
    return (
        f"Looking at your answer raised {type(error).__name__}{reason}. "
        "Is it of the kind the exercise asks for?"
    )


def _progress_row(found: Exercise) -> str:
    outcome = _session.outcomes.get(found.number)
    status = outcome.status if outcome else NOT_ATTEMPTED
    if found.number in _session.solved:
        status = CORRECT
    hints = _session.hints.get(found.number, 0)
    used = f", {hints} of {len(found.hints)} hints" if hints else ""
    return f"{_MARKS[status]} {found.number:5} {found.title}: {status}{used}"


def _panel(text: str, colour: str) -> str:
    return (
        f'<div style="border-left: 4px solid {colour}; padding: 0.4em 0.8em">'
        f"{html.escape(text)}</div>"
    )
