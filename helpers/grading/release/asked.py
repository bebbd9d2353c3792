"""Answers that a released check is tried on: right, wrong, strange, nearly right."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

import numpy as np

from helpers.authoring.gate import recorded_answers
from helpers.authoring.source import Cell, Lesson
from helpers.exercises.declared import Exercise
from helpers.exercises.draws import generator

Given = dict[str, Any]
Answers = tuple[object, ...]


@dataclass(frozen=True)
class Asked:
    """An answer by name: made anew at each call, from lesson data by name."""

    told: str
    make: Callable[[Given], Answers]


def asked_of(lesson: Lesson, cell: Cell, found: Exercise) -> list[Asked]:
    """Return the answers that an exercise's check is asked about."""
    recorded = recorded_answers(lesson, cell, found)
    names = set(found.given_by(generator(found.number)))
    answers = [
        Asked(f"{told} ({place})", _of_declared(make, names, told))
        for place, (_, told, make, _, _) in enumerate(recorded)
    ]
    solution = answers[0].make
    several = len(found.answers)
    answers += [
        Asked(f"strange: {told}", _always(value, several))
        for told, value in STRANGE.items()
    ]
    return answers + [
        Asked(f"solution, {told}", _changed(solution, change))
        for told, change in CHANGES.items()
    ]


def _of_declared(
    make: Callable[[Given], Answers], names: set[str], told: str
) -> Callable[[Given], Answers]:
    """Return how an answer is made; what the exercise declares takes its names only."""
    if not told.startswith(("its declared", "the listed")):
        return make
    return lambda given: make({n: each for n, each in given.items() if n in names})


def _always(value: Callable[[], Any], several: int) -> Callable[[Given], Answers]:
    return lambda given: (value(),) * several


def _changed(
    solution: Callable[[Given], Answers], change: Callable[[Any], Any]
) -> Callable[[Given], Answers]:
    def answers(given: Given) -> Answers:
        return tuple(_by(each, change) for each in solution(given))

    return answers


def _by(value: Any, change: Callable[[Any], Any]) -> Any:
    """Return a value changed, or a function whose results are."""
    if not callable(value) or isinstance(value, type) or hasattr(value, "get_weights"):
        return change(value)

    @wraps(value)
    def changed(*arguments: Any, **named: Any) -> Any:
        return change(value(*arguments, **named))

    return changed


def _each(change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a change of numbers that goes into lists, tuples and dicts."""

    def go(value: Any) -> Any:
        if isinstance(value, tuple | list):
            return type(value)(go(each) for each in value) if _plain(value) else value
        if isinstance(value, dict):
            return {key: go(each) for key, each in value.items()}
        try:
            return change(value)
        except Exception:
            return value

    return go


def _plain(value: Any) -> bool:
    return type(value) in (tuple, list)


CHANGES: dict[str, Callable[[Any], Any]] = {
    "a little more": _each(lambda value: value * 1.03 + 0.011),
    "much more": _each(lambda value: value * 7 + 3),
    "negative": _each(lambda value: -1.0 * value - 0.5),
    "as text": str,
    "in a list": lambda value: [value],
    "nothing": lambda value: None,
    "reversed": _each(lambda value: value[::-1]),
    "shortened": _each(lambda value: value[:-1]),
    "zero": _each(lambda value: value * 0),
}


def _none(*arguments: Any, **named: Any) -> None:
    """Return nothing."""


def _first(x: Any, *arguments: Any, **named: Any) -> Any:
    return x


def _fails(*arguments: Any, **named: Any) -> Any:
    raise ValueError("on purpose")


def _ones(*arguments: Any, **named: Any) -> Any:
    return np.ones(5)


def _one(*arguments: Any, **named: Any) -> Any:
    return 1.0


STRANGE: dict[str, Callable[[], Any]] = {
    "blank": lambda: ...,
    "None": lambda: None,
    "a text": lambda: "text",
    "an object": object,
    "a class": lambda: int,
    "true": lambda: True,
    "0": lambda: 0,
    "0.5": lambda: 0.5,
    "1": lambda: 1,
    "-1.0": lambda: -1.0,
    "1000.0": lambda: 1000.0,
    "nan": lambda: float("nan"),
    "a list": lambda: [1.0, 2.0],
    "an array": lambda: np.arange(12.0),
    "a table": lambda: np.ones((4, 4)),
    "a dict": lambda: {"model": 1},
    "a set": lambda: {1, 2, 3},
    "a pair": lambda: (np.ones(3), np.ones(3)),
    "a function of nothing": lambda: _none,
    "a function of its input": lambda: _first,
    "a function that fails": lambda: _fails,
    "a function of ones": lambda: _ones,
    "a function of one": lambda: _one,
}
