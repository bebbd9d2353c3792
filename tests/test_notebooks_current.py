"""Every built file is what its source builds: nobody edits a notebook."""

from helpers.authoring.build import stale
from helpers.authoring.course import Course

COURSE = Course.here()


def test_there_are_lessons():
    assert COURSE.sources()


def test_notebooks_references_and_course_map_are_current():
    problems = stale(COURSE)
    assert not problems, "\n".join(["not current:", *map(str, problems)])
