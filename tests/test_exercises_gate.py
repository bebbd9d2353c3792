"""Every recorded answer of every exercise, under a few keys; the build asks 200."""

from numbers import Real

import numpy as np
import pandas as pd
import pytest

from helpers.authoring.course import Course
from helpers.authoring.gate import gate
from helpers.exercises.declared import FUNCTION, exercises_of
from helpers.exercises.draws import generator
from helpers.exercises.engine import ask, ask_drawn

COURSE = Course.here()
LESSONS = COURSE.lessons()
EXERCISES = [found for lesson in LESSONS for found in exercises_of(lesson.number)]
KEYS = 3

with_reference = pytest.mark.parametrize(
    "found", [e for e in EXERCISES if e.reference], ids=lambda found: found.number
)


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_no_check_misjudges_a_recorded_answer_under_any_key(lesson):
    assert gate(lesson, KEYS) == []


@pytest.mark.parametrize("found", EXERCISES, ids=lambda found: found.number)
def test_an_exercise_declares_what_a_grader_needs(found):
    drawn = found.given_by(generator(found.number))
    assert set(found.parameters[len(found.answers) :]) <= set(drawn)
    assert found.points >= 1
    assert found.draws >= 1
    for mistake in found.mistakes:
        assert mistake.says.strip()
        assert "\n" not in mistake.says
        assert not any(word in mistake.says for word in ("{", "}"))


# -- one answer in many forms


def forms(value):
    """Return a value as learners hand it over: all are the same answer."""
    if isinstance(value, tuple):
        each = [forms(part) for part in value]
        return [tuple(parts) for parts in zip(*each, strict=False)]
    if isinstance(value, pd.DataFrame):
        return [value]
    if isinstance(value, pd.Timestamp):
        return [[value], pd.Series([value]), value.to_datetime64()]
    if hasattr(value, "ndim") and value.ndim:
        alone = value.ndim == 1
        odd = pd.Index(range(len(value)))[::-1] + 100
        series = pd.Series(value, index=odd) if alone else value.tolist()
        return [value.tolist(), series, iter(value.tolist()) if alone else value]
    if isinstance(value, bool | np.bool_) or not isinstance(value, Real | np.number):
        return [value]  # a text, a list of things of its own, a model
    number = float(value)
    return [[number], pd.Series([number], index=["a"]), number]


def shaped(function, which):
    def answer(*arguments, **options):
        found = forms(function(*arguments, **options))
        return found[min(which, len(found) - 1)]

    return answer


@with_reference
@pytest.mark.parametrize("which", range(3))
def test_an_answer_is_right_in_any_form(found, which):
    def answer(given):
        right = found.right(given)
        if found.kind == FUNCTION and callable(right[0]):
            return (shaped(right[0], which),)
        return tuple(forms(value)[min(which, len(forms(value)) - 1)] for value in right)

    outcome = ask_drawn(found, answer, b"forms")
    assert outcome.status == "correct", repr(outcome)


@pytest.mark.parametrize("found", EXERCISES, ids=lambda found: found.number)
def test_a_blank_is_not_attempted(found):
    blanks = [...] * len(found.parameters)
    outcome = ask(found, tuple(blanks), {}, generator(found.number))
    assert outcome.status == "not attempted"
