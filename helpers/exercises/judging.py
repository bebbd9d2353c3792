"""One judge for all answers that can be compared: accept first, then recognise.

An answer is right when it does what the reference does, on every case. Only a wrong one
is compared with the mistakes: the first that does exactly the same on every case is
named. For anything else there is a counter-example.
"""

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from typing import Any

import numpy as np

from helpers.exercises.answers import (
    alike,
    as_function,
    as_values,
    call,
    require_unchanged,
    shown,
)
from helpers.exercises.declared import ANYTHING, Mistake
from helpers.exercises.outcomes import CannotCheck, NotAttempted, Wrong

Read = Callable[[object], Any]
Same = Callable[[Any, Any], bool]
Use = Callable[..., Any]

OTHER = "other"  # the diagnosis of an answer that is wrong in a way nobody listed


def judge(
    answer: object,
    cases: Sequence[tuple],
    reference: Callable[..., Any],
    mistakes: Sequence[Mistake],
    *,
    name: str,
    read: Read = as_values,
    same: Same = alike,
    use: Use = call,
    changes: str = "input",
) -> None:
    """Raise unless the function `answer` does what `reference` does, on every case.

    `cases` are tuples of arguments; each function gets a copy of its own. `read` turns
    a result into what `same` compares, and raises `CannotCheck` or `Wrong` for what it
    can't read. `use(function, *case)` is what a function gives on a case: its result,
    unless the exercise asks for what follows from it. `name` is what the exercise calls
    the function, `changes` what it must leave as it was.

    Raises `Wrong` with the diagnosis and the idea of the first of `mistakes` that gives
    the same on every case; else with "other" and a counter-example; or with "changed
    its input". Raises `CannotCheck` where the function raises, unless a mistake does,
    too; `NotAttempted` where it returns nothing, whatever the case.
    """
    function = as_function(answer, name)
    handed = [deepcopy(case) for case in cases]
    found = [_result(function, case, read, use) for case in handed]
    if all(_is_blank(ours) for ours in found):
        raise found[0].problem
    right = [read(use(reference, *deepcopy(case))) for case in cases]
    if all(_agree(*pair, same) for pair in zip(found, right, strict=True)):
        _require_unchanged(handed, cases, changes)
        return
    for mistake in mistakes:
        if all(
            _agree(ours, _mistaken(mistake, case, read, use), same)
            for ours, case in zip(found, cases, strict=True)
        ):
            raise Wrong(mistake.diagnosis, mistake.says)
    for ours, case, ideal in zip(found, cases, right, strict=True):
        if _is_blank(ours):
            raise _nothing_returned(name, case, ideal)
        if isinstance(ours, _Failure):
            raise ours.problem from None
    agreed = [bool(same(*pair)) for pair in zip(found, right, strict=True)]
    where = agreed.index(False)
    raise _counter_example(name, cases[where], found[where], right[where])


def recognise(
    values: Sequence[Any],
    given: Mapping[str, Any],
    reference: Callable[..., Any],
    mistakes: Sequence[Mistake],
    *,
    others: Sequence[tuple[str, ...]],
    same: Same = alike,
) -> None:
    """Raise `Wrong` unless `values`, answers that were read, are the reference's.

    `reference` and each mistake's function take the values of `given` by name and
    return the answers in order (one answer alone, not in a tuple). A mistake is made
    where all its answers are the learner's; `ANYTHING` is any answer. `others` has, for
    each answer, diagnosis, idea and perhaps detail of a value that nobody listed.
    """
    several = len(values) > 1
    right = _listed(reference(**given), several)
    agreed = [same(*pair) for pair in zip(values, right, strict=True)]
    if all(agreed):
        return
    for mistake in mistakes:
        theirs = _listed(mistake.function(**given), several)
        if all(
            value is ANYTHING or same(ours, value)
            for ours, value in zip(values, theirs, strict=True)
        ):
            raise Wrong(mistake.diagnosis, mistake.says)
    raise Wrong(*others[agreed.index(False)])


def _listed(found: Any, several: bool) -> Sequence[Any]:
    return found if several else (found,)


def accuse(mistakes: Sequence[Mistake], diagnosis: str, detail: str = "") -> Wrong:
    """Return the `Wrong` of a listed mistake, for checks that recognise it themselves.

    `detail` says what this very answer gave. Raises `KeyError` for one not listed.
    """
    says = {each.diagnosis: each.says for each in mistakes}
    return Wrong(diagnosis, says[diagnosis], detail)


class _Failure(Exception):
    """What came of a case in which there is no result that can be compared."""

    def __init__(self, problem: CannotCheck | NotAttempted):
        super().__init__(str(problem))
        self.problem = problem
        cause = problem.__context__  # what the learner's own code raised
        self.mark = type(cause).__name__ if cause else str(problem)
        if isinstance(problem, NotAttempted):
            self.mark = "nothing returned"


def _is_blank(result: Any) -> bool:
    return isinstance(result, _Failure) and isinstance(result.problem, NotAttempted)


def _result(function: Callable, case: tuple, read: Read, use: Use) -> Any:
    """Return what a function gives on a case, read, or its failure."""
    try:
        return read(use(function, *case))
    except (CannotCheck, NotAttempted) as problem:
        return _Failure(problem)


def _mistaken(mistake: Mistake, case: tuple, read: Read, use: Use) -> Any:
    try:
        return _result(mistake.function, deepcopy(case), read, use)
    except Wrong as problem:
        return _Failure(CannotCheck(str(problem)))


def _agree(ours: Any, theirs: Any, same: Same) -> bool:
    failed = isinstance(ours, _Failure), isinstance(theirs, _Failure)
    if any(failed):
        return all(failed) and ours.mark == theirs.mark
    return bool(same(ours, theirs))


def _require_unchanged(
    handed: Sequence[tuple], cases: Sequence[tuple], changes: str
) -> None:
    """Raise `Wrong` where a function changed an array or a table it was given."""
    for after, before in zip(handed, cases, strict=True):
        for ours, original in zip(after, before, strict=True):
            require_unchanged(ours, original, changes)


class NothingReturned(Wrong):
    """A function that answers some of what it is given, and nothing for the rest."""


def _nothing_returned(name: str, case: tuple, ideal: Any) -> NothingReturned:
    given = ", ".join(shown(value) for value in case)
    return NothingReturned(
        OTHER,
        f"{name} returns nothing for some of what it may be given: a branch without a "
        "`return`?",
        f"{name}({given}) gives None; right is {shown(ideal)}.",
    )


def _counter_example(name: str, case: tuple, ours: Any, ideal: Any) -> Wrong:
    given = ", ".join(shown(value) for value in case)
    where = _first_difference(ours, ideal) if shown(ours) == shown(ideal) else ""
    return Wrong(
        OTHER,
        f"{name} does not do what is asked, in a way that this check can't name.",
        f"{name}({given}) gives {shown(ours)}; right is {shown(ideal)}." + where,
    )


def _differs(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return where two arrays of a shape differ; NaN is the same as NaN."""
    if {one.dtype.kind, other.dtype.kind} <= set("biuf"):
        return ~np.isclose(one, other, equal_nan=True)
    return one != other


def _first_difference(ours: Any, ideal: Any) -> str:
    """Return where two answers that look alike when shortened differ first."""
    several = isinstance(ours, tuple)
    pairs = zip(ours, ideal, strict=True) if several else [(ours, ideal)]
    for one, other in pairs:
        if np.shape(one) == np.shape(other) and np.ndim(one):
            places = np.argwhere(_differs(np.asarray(one), np.asarray(other)))
            if len(places):
                at = tuple(int(place) for place in places[0])
                told = at[0] if len(at) == 1 else at
                values = shown(np.asarray(one)[at]), shown(np.asarray(other)[at])
                return " At position {}: {}; right is {}.".format(told, *values)
    return ""
