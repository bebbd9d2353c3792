"""Right answers in other ways earn their points, and are no incident or suspicion."""

import pytest
from honest import OTHER_WAYS

from helpers.exercises.outcomes import CORRECT
from helpers.grading.box import kit_for_boxes
from helpers.grading.chunks import Answer, Terms, judge_chunk

LESSONS = sorted({lesson for lesson, _, _ in OTHER_WAYS})


@pytest.fixture(scope="module")
def kit(box):
    """The kit that boxes see."""
    with kit_for_boxes() as folder:
        yield folder


@pytest.mark.parametrize("lesson", LESSONS)
def test_other_ways_to_a_right_answer_earn_its_points(lesson, kit):
    answers = [Answer(n, source) for where, n, source in OTHER_WAYS if where == lesson]
    found = {}
    judge_chunk(lesson, answers, Terms(b"k" * 32, kit), found.__setitem__)
    told = [(v.exercise, v.status, v.incident, v.suspicion) for v in found.values()]
    assert told == [(answer.exercise, CORRECT, "", "") for answer in answers]
