"""Note what a program's secret functions give while its checks are asked at home."""

import functools
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import numpy as np

from helpers.exercises.declared import Mistake
from helpers.exercises.outcomes import CannotCheck, NotAttempted, Wrong
from helpers.grading.plain import Node, Unreadable, encode, plain_only
from helpers.grading.recorded import floats_in, key_of, node_of
from helpers.grading.release.program import Place, Program

LESSON = "the lesson's own cells"


@dataclass
class Noted:
    """What one function gave: entries by the hash of the arguments.

    `by` says which answers were asked about when an entry was needed; `problem` why
    the function can't be a table.
    """

    entries: dict[str, Node] = field(default_factory=dict)
    by: dict[str, set[str]] = field(default_factory=dict)
    problem: str = ""

    @property
    def depends_on_answers(self) -> bool:
        """Say whether arguments came from the answers themselves."""
        asked = set().union(*self.by.values()) if self.by else set()
        return len(asked) > 2 and any(len(each) == 1 for each in self.by.values())


class Recorder:
    """Stands in for secret functions and mistakes, and notes what they give."""

    def __init__(self) -> None:
        self.functions: dict[Place, Noted] = {}
        self.mistakes: list[Noted] = []
        self.answer = ""  # which answer is being asked about, with its exercise
        self._inside = 0

    def watched(self, function: Callable[..., Any], noted: Noted) -> Any:
        """Return a function that does the same, and notes calls from a check."""

        def watching(*arguments: Any, **named: Any) -> Any:
            if self._inside:
                return function(*arguments, **named)
            with self.unnoticed():
                key = key_of(arguments, named)
                generators = _generators(arguments, named)
                entry, outcome = _called(function, arguments, named)
            if self.answer == LESSON and "gives" in entry:
                floats = encode(floats_in(arguments, named), plain_only)
                entry = entry | {"floats": floats}
            self._note(noted, key, entry | _states(generators))
            if isinstance(outcome, BaseException):
                raise outcome
            return outcome

        return _Like(function, watching)

    @contextmanager
    def unnoticed(self) -> Iterator[None]:
        """What is called inside is no call of a check."""
        self._inside += 1
        try:
            yield
        finally:
            self._inside -= 1

    def _note(self, noted: Noted, key: str, entry: Node) -> None:
        if "problem" in entry:
            noted.problem = entry["problem"]
        elif noted.entries.setdefault(key, entry) != entry:
            noted.problem = "it gives different results for the same arguments"
        noted.by.setdefault(key, set()).add(self.answer)


class _Like:
    """A function in the place of another, as the same for whoever looks at it."""

    def __init__(self, function: Callable[..., Any], call: Callable[..., Any]):
        functools.update_wrapper(self, function, updated=())
        self._call = call

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        return self._call(*arguments, **named)

    def __deepcopy__(self, memo: object) -> "_Like":
        return self


def _called(
    function: Callable[..., Any], arguments: tuple, named: dict[str, Any]
) -> tuple[Node, Any]:
    """Return an entry and the outcome of a call: its result, or what it raised."""
    try:
        result = function(*arguments, **named)
    except (Wrong, CannotCheck, NotAttempted) as error:
        return {"problem": "it judges"}, error
    except Exception as error:
        return {"raises": [type(error).__name__, str(error)[:300]]}, error
    try:
        return {"gives": node_of(result, str(function.__module__))}, result
    except (Unreadable, RecursionError) as error:
        return {"problem": str(error)}, result


def _generators(arguments: tuple, named: dict[str, Any]) -> dict[str, Any]:
    places = [*((str(i), each) for i, each in enumerate(arguments)), *named.items()]
    return {at: each for at, each in places if isinstance(each, np.random.Generator)}


def _states(generators: dict[str, np.random.Generator]) -> Node:
    states = {at: each.bit_generator.state for at, each in generators.items()}
    return {"random": states} if states else {}


@contextmanager
def in_force(patches: Iterable[Any]) -> Iterator[None]:
    """Hold all `patches` (of `unittest.mock.patch`) while the context lasts."""
    with ExitStack() as stack:
        for each in patches:
            stack.enter_context(each)
        yield


@contextmanager
def recording(
    program: Program, tables: set[Place], recorder: Recorder
) -> Iterator[None]:
    """Watch the functions at `tables` and all mistakes of a program."""
    patches = []
    recorder.mistakes = recorder.mistakes or [Noted() for _ in program.mistakes]
    for place in sorted(tables):
        function = program.parts[place[0]].value(place[1])
        noted = recorder.functions.setdefault(place, Noted())
        watched = recorder.watched(function, noted)
        for part in program.parts.values():
            for name in part.defined:
                if part.value(name) is function:
                    patches.append(patch.object(part.module, name, watched))
    with _mistakes_watched(program.mistakes, recorder), in_force(patches):
        yield


@contextmanager
def _mistakes_watched(mistakes: list[Mistake], recorder: Recorder) -> Iterator[None]:
    functions = [each.function for each in mistakes]
    for mistake, function, noted in zip(
        mistakes, functions, recorder.mistakes, strict=True
    ):
        watched = recorder.watched(function, noted)
        object.__setattr__(mistake, "function", watched)
    try:
        yield
    finally:
        for mistake, function in zip(mistakes, functions, strict=True):
            object.__setattr__(mistake, "function", function)
