"""Begin a lesson: a small one that keeps every rule, to be rewritten bit by bit."""

import re
import unicodedata
from pathlib import Path
from string import Template

from helpers.authoring.build import write_all
from helpers.authoring.course import Course
from helpers.authoring.source import LESSON_NAME
from helpers.errors import KitError

LONGEST_TITLE = 80
_TEMPLATES = Path(__file__).parent / "templates"


def write_lesson(course: Course, number: str, title: str) -> list[str]:
    """Write the source and the exercise module of a new lesson; return their paths.

    `number` is "13", "3" or "w4". Raises `KitError` when it is none of these, when the
    lesson or its module exists, or when no file name can be made of the title.
    """
    number = number.lower().zfill(2)
    name = f"{number}_{slug(title)}"
    if not (title.isprintable() and len(title) <= LONGEST_TITLE and slug(title)):
        raise KitError(
            f"No lesson can be called {title[:40]!r}: a title is one line of at most "
            f"{LONGEST_TITLE} characters, among them a letter a-z or a digit for the "
            "file's name."
        )
    if not LESSON_NAME.fullmatch(name):
        raise KitError(
            f"No lesson can have the number {number!r}: two digits, or w4 for a "
            "workshop, as in 13 'My topic'."
        )
    source = course.solutions / f"{name}.py"
    module = course.root / "helpers" / "exercises" / f"lesson_{number}.py"
    taken = [*course.solutions.glob(f"{number}_*.py"), *([module] * module.exists())]
    if taken:
        raise KitError(f"Lesson {number} exists: {course.label(taken[0])}.")
    write_all(
        {
            source: _filled("lesson.txt", number, title),
            module: _filled("exercises.txt", number, title),
        }
    )
    return [course.label(source), course.label(module)]


def slug(title: str) -> str:
    """Return a title as part of a file name: "Why it's late" -> "why_it_s_late"."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "_", plain.lower()).strip("_")


def _filled(template: str, number: str, title: str) -> bytes:
    text = (_TEMPLATES / template).read_text(encoding="utf-8")
    prefix = number.upper().lstrip("0") or "0"
    return (
        Template(text)
        .substitute(
            number=number.upper(),
            prefix=prefix,
            title=title.strip(),
            function=prefix.lower(),
        )
        .encode("utf-8")
    )
