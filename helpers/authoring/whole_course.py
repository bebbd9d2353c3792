"""Rules about the prose of a lesson that need to know the other lessons.

No checked term of the glossary is used before it is defined (what is missing:
`python -m helpers.authoring.terms --list`), and prose points only to lessons that
exist. They run at every build, for all lessons.
"""

from collections.abc import Collection, Iterator

from helpers.authoring.course import Course
from helpers.authoring.pointers import dangling
from helpers.authoring.problems import Problem
from helpers.authoring.source import Lesson
from helpers.authoring.terms import glossary_source, read_glossary, undefined_terms


def whole_course_problems(course: Course) -> list[Problem]:
    """Return what the lessons break: terms first, then pointers."""
    source = glossary_source(course)
    terms = read_glossary(source) if source.exists() else []
    return [*undefined_terms(course, terms), *dangling_pointers(course)]


def dangling_pointers(course: Course) -> Iterator[Problem]:
    """Yield where prose, teacher's notes too, points to a lesson without a source."""
    lessons = course.lessons()
    numbers = {lesson.number for lesson in lessons}
    for lesson in lessons:
        yield from _pointers_of(lesson, numbers)


def _pointers_of(lesson: Lesson, numbers: Collection[str]) -> Iterator[Problem]:
    for cell in lesson.cells:
        if cell.kind != "markdown":
            continue
        for line, number in dangling(cell.source, numbers):
            message = f"points to lesson {number}, which does not exist"
            yield lesson.problem(cell.first_line + line - 1, message)
