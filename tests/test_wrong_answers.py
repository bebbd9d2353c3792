"""Every exercise of every lesson: blank, wrong in each tagged way, and right.

A blank answer is "not attempted", a wrong-answer cell gets the diagnosis of its tag and
a sentence, the solution is correct. A blank is also asked where nothing else is
answered, and no cell may fail there. A lesson runs once for all of its cases.
"""

from functools import cache

import pytest

from helpers.authoring.course import Course
from helpers.authoring.rehearsal import cases, complaint, rehearse

LESSONS = {lesson.name: lesson for lesson in Course.here().lessons()}
CASES = [case for lesson in LESSONS.values() for case in cases(lesson)]


@cache
def outcomes(name):
    return rehearse(LESSONS[name])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_an_answer_gets_the_outcome_that_it_deserves(case):
    found = complaint(case, outcomes(case.lesson)[case])
    assert found is None, found
