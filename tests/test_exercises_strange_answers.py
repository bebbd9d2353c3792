"""Every check of every lesson survives every answer, and says one line about it."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strange import strange

from helpers.exercises import check
from helpers.exercises.declared import exercises_of
from helpers.exercises.draws import generator
from helpers.exercises.outcomes import COULD_NOT_CHECK, NOT_ATTEMPTED, WRONG
from helpers.paths import solutions_dir

LESSONS = sorted({path.name.split("_")[0] for path in solutions_dir().glob("*_*.py")})
EXERCISES = [exercise for lesson in LESSONS for exercise in exercises_of(lesson)]


def test_there_are_exercises_in_every_lesson():
    assert LESSONS
    for lesson in LESSONS:
        assert exercises_of(lesson), lesson


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.number)
def test_an_exercise_has_a_title_hints_and_a_docstring(exercise):
    assert exercise.title
    assert len(exercise.hints) >= 2
    assert exercise.checker.__doc__


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.number)
@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_strange_answer_gets_one_line_and_never_counts_as_correct(exercise, data):
    answers = {name: data.draw(strange, label=name) for name in exercise.answers}
    drawn = exercise.given_by(generator(exercise.number))
    given = {name: drawn[name] for name in exercise.parameters if name in drawn}
    outcome = check(exercise.number, **answers, **given)
    assert outcome.status in {WRONG, NOT_ATTEMPTED, COULD_NOT_CHECK}, repr(outcome)
    assert outcome.message.strip()
    assert "\n" not in outcome.message
    assert len(outcome.message) < 700


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.number)
def test_too_few_and_too_many_answers_are_no_crash(exercise):
    assert check(exercise.number).status in {NOT_ATTEMPTED, COULD_NOT_CHECK}
    assert check(exercise.number, *[0] * 9).status == COULD_NOT_CHECK
