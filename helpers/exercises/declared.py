"""What an exercise declares, and where declared exercises are found.

An exercise cell is a function: from the names it is *given* (lesson data) to the names
it must *answer*. So everything about an exercise can be asked again with other data:
`given` draws them, `reference` answers them, each `Mistake` answers them as a learner
who has that idea would, and the check judges.

    @exercise(
        "3.3",
        "Choose the threshold by cost",
        points=2,
        answers=("threshold",),
        given=scored_parts,           # random -> {"y_validation": ..., ...}
        reference=cheapest_threshold, # (y_validation, ...) -> threshold
        mistakes=[Mistake("costs swapped", "It is the other way round ...", swapped)],
        hints=[...],
    )
    def check_3_3(threshold, y_validation, validation_scores): ...

The check's parameters are the answers, then the given names that it needs, then
`random` if it draws something itself. In a lesson the cell passes the lesson's own
values; a hidden check passes drawn ones.
"""

import importlib
import importlib.util
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from helpers.errors import KitError

FUNCTION = "function"  # the answer is a function; it is called with drawn inputs
VALUES = "values"  # values of lesson data; the cell runs again with drawn data
MODEL = "model"  # an estimator or a network; the check fits it to drawn data
PAPER = "paper"  # worked out on paper: the same for everybody, so it can be copied
KINDS = (FUNCTION, VALUES, MODEL, PAPER)

Given = Mapping[str, Any]


Function = TypeVar("Function", bound=Callable[..., Any])


def expected(function: Function) -> Function:
    """Mark a function of a check that works out what is right or what mistakes give.

    It takes nothing of the answer. A release for a class holds its results on the
    visible draw in its place, as it does for references and mistakes.
    """
    marked.add(function)
    return function


marked: set[Callable[..., Any]] = set()  # functions that `expected` has marked


class _Anything:
    """Stands in a mistake's answers where any value may stand."""

    def __repr__(self) -> str:
        return "ANYTHING"


ANYTHING = _Anything()


@dataclass(frozen=True)
class Mistake:
    """A mistake that learners make, as data.

    `diagnosis` names it, `says` is the idea behind it in a sentence that quotes no
    data, `function` is what a learner would write: the wrong function itself where the
    exercise asks for one, else a function of the given data (by name) that returns the
    wrong answers, in order; it may take some of the names only. `ANYTHING` stands for
    an answer that doesn't matter.
    """

    diagnosis: str
    says: str
    function: Callable[..., Any]


@dataclass(frozen=True)
class Exercise:
    """One exercise of a lesson, as its check module declares it."""

    number: str
    title: str
    hints: tuple[str, ...]
    checker: Callable[..., str]
    answers: tuple[str, ...]
    kind: str
    points: int = 1
    given: Callable[..., Given] | None = None  # of random; if it likes, of the draw
    reference: Callable[..., Any] | None = None
    mistakes: tuple[Mistake, ...] = ()
    draws: int = 1
    may_not_call: tuple[str, ...] = ()

    @property
    def parameters(self) -> tuple[str, ...]:
        """What the cell passes to `check`: answers, then given names."""
        names = inspect.signature(self.checker).parameters
        return tuple(name for name in names if name != "random")

    @property
    def draws_itself(self) -> bool:
        """Whether the check takes `random`."""
        return "random" in inspect.signature(self.checker).parameters

    def given_by(self, random: np.random.Generator, draw: int = 0) -> dict[str, Any]:
        """Return lesson data that are drawn: name -> value, fresh at each call.

        `draw` is the number of the draw. A `given` that takes it can see to it that
        every kind of data occurs among an exercise's draws.
        """
        if not self.given:
            return {}
        counts = "draw" in inspect.signature(self.given).parameters
        return dict(self.given(random, draw) if counts else self.given(random))

    def mistaken(self, mistake: Mistake, given: Given) -> tuple[Any, ...]:
        """Return the answers of a learner who makes `mistake`.

        Where the mistake leaves an answer open, it is the reference's.
        """
        if self.kind == FUNCTION and len(self.answers) == 1:
            return (mistake.function,)
        wrong = self._as_answers(_with_names(mistake.function, given))
        if not any(value is ANYTHING for value in wrong):
            return wrong
        right = self.right(given)
        pairs = zip(wrong, right, strict=True)
        return tuple(ours if value is ANYTHING else value for value, ours in pairs)

    def right(self, given: Given) -> tuple[Any, ...]:
        """Return the reference's answers; raises `KitError` where none is declared."""
        if self.reference is None:
            raise KitError(f"exercise {self.number} declares no reference")
        if self.kind == FUNCTION and len(self.answers) == 1:
            return (self.reference,)
        return self._as_answers(_with_names(self.reference, given))

    def _as_answers(self, found: Any) -> tuple[Any, ...]:
        return found if len(self.answers) > 1 else (found,)


def _with_names(function: Callable[..., Any], given: Given) -> Any:
    """Return what a function gives for those of the given names that it takes."""
    taken = inspect.signature(function).parameters.values()
    if not any(each.kind is each.VAR_KEYWORD for each in taken):
        given = {each.name: given[each.name] for each in taken if each.name in given}
    return function(**given)


_registry: dict[str, Exercise] = {}


def exercise(
    number: str,
    title: str,
    *,
    hints: Sequence[str],
    answers: Sequence[str],
    kind: str = FUNCTION,
    **declared: Any,
) -> Callable[[Callable[..., str]], Callable[..., str]]:
    """Register the decorated function as the check of exercise `number` ("3.2").

    The check takes the answers, the given values and, if it names it, `random`; it
    raises `Wrong`, `NotAttempted` or `CannotCheck`, and returns the sentence shown for
    a correct answer. `declared` are the other fields of `Exercise`.

    Raises `KitError` for a second exercise of that number, and where the declaration
    and the check's parameters don't fit.
    """

    def register(checker: Callable[..., str]) -> Callable[..., str]:
        declared["mistakes"] = tuple(declared.get("mistakes", ()))
        made = Exercise(
            number,
            title,
            tuple(hints),
            checker,
            answers=tuple(answers),
            kind=kind,
            **declared,
        )
        _require_sound(made)
        _registry[number] = made
        return checker

    return register


def _require_sound(made: Exercise) -> None:
    known = _registry.get(made.number)
    if known and _place(known) != _place(made):
        raise KitError(f"Exercise {made.number} is declared twice.")
    if made.kind not in KINDS:
        raise KitError(f"Exercise {made.number}: kind is one of {', '.join(KINDS)}.")
    if made.parameters[: len(made.answers)] != made.answers:
        raise KitError(
            f"Exercise {made.number}: the check's first parameters are its answers, "
            f"{', '.join(made.answers)}."
        )


def _place(found: Exercise) -> tuple[str, str]:
    return found.checker.__module__, found.checker.__qualname__


def exercises_of(lesson: str) -> list[Exercise]:
    """Return the exercises of `lesson` ("03") in order.

    Raises `KitError` when the lesson has no exercise module.
    """
    module = f"helpers.exercises.lesson_{lesson.lower()}"
    if importlib.util.find_spec(module) is None:
        raise KitError(
            f"Lesson {lesson} has no exercises here. A lesson is named by the two "
            'characters its file begins with: "03", "W1".'
        )
    importlib.import_module(module)
    prefix = lesson.upper().lstrip("0") or "0"
    found = [e for e in _registry.values() if e.number.split(".")[0] == prefix]
    return sorted(found, key=lambda e: [int(part) for part in e.number.split(".")[1:]])


def lesson_of(number: str) -> str:
    """Return the lesson of an exercise number: "3.2" -> "03", "W1.2" -> "W1"."""
    head = str(number).split(".")[0]
    return head.zfill(2) if head.isdigit() else head


def find(number: str) -> Exercise:
    """Return exercise `number`; raises `KitError` when there is none."""
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


def catalogue(lesson: str) -> list[tuple[Exercise, Mistake]]:
    """Return every mistake that the checks of `lesson` know, with its exercise.

    Raises `KitError` when the lesson has no exercise module.
    """
    return [(found, each) for found in exercises_of(lesson) for each in found.mistakes]
