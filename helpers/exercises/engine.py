"""Ask a check about an answer, and keep what this kernel remembers of a learner.

A check only raises: `Wrong` with a diagnosis and a sentence about the idea,
`NotAttempted`, or `CannotCheck`; anything else that goes wrong inside it is also
"could not check". So every answer, however strange, ends in one of four outcomes.
The ladder follows the problem view of Kaggle's learntools.
"""

import dataclasses
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from helpers.errors import KitError
from helpers.exercises.declared import Exercise, exercises_of, find
from helpers.exercises.draws import generator
from helpers.exercises.outcomes import (
    CORRECT,
    COULD_NOT_CHECK,
    NOT_ATTEMPTED,
    WRONG,
    CannotCheck,
    NotAttempted,
    Outcome,
    Wrong,
    mark,
)
from helpers.exercises.overview import everything, in_a_line, no_record
from helpers.exercises.record import Everything, Record, the_record
from helpers.exercises.source import reference_solution
from helpers.text import NO_MESSAGE, first_line
from helpers.translations import translated


@dataclass
class _Session:
    """What this kernel remembers; nothing of it leaves the machine."""

    lesson: str | None = None
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    solved: set[str] = field(default_factory=set)
    hints: dict[str, int] = field(default_factory=dict)
    record: Record | None = None  # the learner's own, over all lessons


class _Shown(str):
    """A text that Jupyter shows as it is, not as a quoted string."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


_session = _Session()


def begin(lesson: str, record: Record | None = None) -> None:
    """Begin to count for `lesson` ("03"); the first cell of a notebook does so.

    With a `record`, attempts are noted there, too. Raises `KitError` where there is no
    such lesson.
    """
    global _session
    exercises_of(str(lesson))
    _session = _Session(lesson=str(lesson), record=record)


def check(number: str, *answers: object, **named_answers: object) -> Outcome:
    """Return what the check of exercise `number` says of the answers.

    After the answers come the lesson's values that the answers were computed from, as
    the check cell has them. Never raises on account of an answer. A blank answer
    (`...`) is "not attempted".
    """
    number = str(number)
    try:
        found = find(number)
    except KitError as problem:
        return Outcome(number, COULD_NOT_CHECK, str(problem))
    outcome = ask(found, answers, named_answers, generator(number))
    used = _session.hints.get(number, 0)
    outcome = dataclasses.replace(outcome, hints_used=used)
    _session.outcomes[number] = outcome
    solved = outcome.status == CORRECT
    if solved:
        _session.solved.add(number)
    if _session.record and outcome.status != NOT_ATTEMPTED:
        _session.record.note(number, solved=solved, hints=used)
    return outcome


def ask(
    found: Exercise,
    values: tuple[object, ...],
    named: Mapping[str, object],
    random: np.random.Generator,
) -> Outcome:
    """Return what an exercise's check says of answers and given values.

    `random` draws what the check itself draws. Never raises on account of an answer.
    """
    number = found.number
    try:
        bound = _bound(found, values, named)
        if any(bound[name] is ... for name in found.answers):
            raise NotAttempted
        if found.draws_itself:
            bound["random"] = random
        message = found.checker(**bound)
    except NotAttempted as blank:
        todo = str(blank) or "Replace the `...`"
        message = f'{todo} and run the cell again; hint("{number}") helps.'
        return Outcome(number, NOT_ATTEMPTED, message)
    except Wrong as mistake:
        told = (str(mistake), mistake.diagnosis, mistake.idea)
        return Outcome(number, WRONG, *told)
    except (CannotCheck, KitError) as problem:
        return Outcome(number, COULD_NOT_CHECK, str(problem))
    except (Exception, SystemExit) as error:
        return Outcome(number, COULD_NOT_CHECK, _unexpected(error))
    return Outcome(number, CORRECT, message)


def ask_drawn(
    found: Exercise, answer: Callable[[dict[str, Any]], tuple[object, ...]], key: bytes
) -> Outcome:
    """Return what a check says of `answer` under a key: the first that isn't correct.

    `answer` takes drawn values by name, a copy of its own, and returns the answers.
    An exercise is asked as often as its `draws` say. Raises what `answer` raises.
    """
    given_names = found.parameters[len(found.answers) :]
    for draw in range(found.draws):
        drawn = found.given_by(generator(found.number, key, draw), draw)
        values = answer(drawn)
        random = generator(found.number, key, draw)
        given = found.given_by(random, draw)
        passed = (*values, *(given[name] for name in given_names))
        outcome = ask(found, passed, {}, random)
        if outcome.status != CORRECT:
            break
    return outcome


def _bound(
    found: Exercise, values: tuple[object, ...], named: Mapping[str, object]
) -> dict[str, Any]:
    """Return what a check cell passes, by parameter; as a blank where all is blank."""
    parameters = [
        parameter
        for name, parameter in inspect.signature(found.checker).parameters.items()
        if name != "random"
    ]
    try:
        return dict(inspect.Signature(parameters).bind(*values, **named).arguments)
    except TypeError:
        call = ", ".join([f'"{found.number}"', *(each.name for each in parameters)])
        raise CannotCheck(f"This check is called as check({call}).") from None


def _unexpected(error: BaseException) -> str:
    said = first_line(error, most=200).rstrip(".")
    reason = "" if said == NO_MESSAGE else f": {said}"
    return (
        f"Looking at your answer raised {type(error).__name__}{reason}. "
        "Is it of the kind the exercise asks for?"
    )


def hint(number: str) -> str:
    """Return the next hint for exercise `number`; after the last one, say so.

    Raises `KitError` when there is no such exercise.
    """
    found = find(number)
    given = _session.hints.get(found.number, 0)
    total = len(found.hints)
    if given == total:
        return _Shown(
            translated(
                f"That was the last of {total} hints for exercise {found.number}. "
                f'solution("{found.number}") shows one way to do it.'
            )
        )
    _session.hints[found.number] = given + 1
    told = f"Hint {given + 1} of {total}: {found.hints[given]}"
    return _Shown(translated(told))


def solution(number: str) -> str:
    """Return the reference solution of exercise `number`, as the lesson has it.

    Raises `KitError` when there is no such exercise.
    """
    return _Shown(reference_solution(find(number).number))


def progress(lessons: str = "this") -> str:
    """Return a table of this lesson's exercises and how far each one is.

    The rows count what happened in this kernel since its first cell. Where the
    learner's own record knows more, a line tells of all lessons on this machine;
    `progress("all")` is the table over them. Raises `KitError` for another word, and
    before a lesson has begun.
    """
    if lessons == "all":
        return _Shown(everything(_session.record or the_record()))
    if lessons != "this":
        raise KitError('progress() is of this lesson, progress("all") of all lessons.')
    if _session.lesson is None:
        raise KitError('no lesson has begun: run the first cell, helpers.start("NN").')
    known = _session.record.read() if _session.record else {}
    found = exercises_of(_session.lesson)
    done = sum(each.number in _session.solved for each in found)
    rows = [_progress_row(each, known) for each in found]
    rows += [translated(f"{done} of {len(rows)} exercises solved")]
    rows += map(translated, _told_of_all(known))
    return _Shown("\n".join(rows))


def _told_of_all(known: Everything) -> list[str]:
    """Return a line over all lessons; none where this kernel knows all there is."""
    record = _session.record
    if record and record.fault:
        return [no_record(record)]
    return [in_a_line(known)] if set(known) - set(_session.outcomes) else []


def _progress_row(found: Exercise, known: Everything) -> str:
    outcome = _session.outcomes.get(found.number)
    status = outcome.status if outcome else NOT_ATTEMPTED
    before = found.number in known and known[found.number].solved
    if found.number in _session.solved:
        status, before = CORRECT, False
    hints = _session.hints.get(found.number, 0)
    used = translated(f", {hints} of {len(found.hints)} hints") if hints else ""
    used += translated(", solved before") if before else ""
    told = f"{translated(found.title)}: {translated(status)}{used}"
    return f"{mark(status)} {found.number:5} {told}"
