"""Rules about the prose of a lesson that need to know the other lessons.

They run at every build, for the lessons that are listed here: add a number, like "03",
as soon as the lesson keeps the rule. Both tuples are to hold all lessons in the end.
"""

from collections.abc import Collection, Iterator

from helpers.authoring.course import Course
from helpers.authoring.pointers import dangling
from helpers.authoring.problems import Problem
from helpers.authoring.source import Lesson
from helpers.authoring.terms import glossary_source, read_glossary, undefined_terms

# Lessons that use no checked term of the glossary before it is defined; what is
# missing: `python -m helpers.authoring.terms --list`
DEFINES_TERMS: tuple[str, ...] = ("00", "01", "05", "06", "07", "08")
# Lessons that point only to lessons which exist
POINTS_TO_LESSONS: tuple[str, ...] = ("00", "01", "05", "06", "07", "08")


def whole_course_problems(course: Course) -> list[Problem]:
    """Return what the listed lessons break: terms first, then pointers."""
    found: list[Problem] = []
    if DEFINES_TERMS:
        terms = read_glossary(glossary_source(course))
        found += undefined_terms(course, terms, DEFINES_TERMS)
    return found + list(dangling_pointers(course, POINTS_TO_LESSONS))


def dangling_pointers(
    course: Course, covered: Collection[str] | None = None
) -> Iterator[Problem]:
    """Yield where prose points to a lesson without a source, teacher's notes included.

    Only in the `covered` lessons; without, in all.
    """
    lessons = course.lessons()
    numbers = {lesson.number for lesson in lessons}
    for lesson in lessons:
        if covered is None or lesson.number in covered:
            yield from _pointers_of(lesson, numbers)


def _pointers_of(lesson: Lesson, numbers: Collection[str]) -> Iterator[Problem]:
    for cell in lesson.cells:
        if cell.kind != "markdown":
            continue
        for line, number in dangling(cell.source, numbers):
            message = f"points to lesson {number}, which does not exist"
            yield lesson.problem(cell.first_line + line - 1, message)
