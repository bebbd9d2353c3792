"""What reports say of the course itself: titles of exercises, where lessons lie."""

from functools import cache

from helpers.errors import KitError
from helpers.exercises.declared import find
from helpers.paths import kit_root


@cache
def exercise_title(number: str) -> str:
    """Return the title of an exercise; "" where the kit has no such exercise."""
    try:
        return find(number).title
    except (KitError, ValueError, ImportError):
        return ""


@cache
def notebook_of(lesson: str) -> str:
    """Return the notebook of a lesson, "notebooks/03_imbalanced_data.ipynb", or ""."""
    named = lesson.isascii() and lesson.isalnum()
    found = (kit_root() / "notebooks").glob(f"{lesson}_*.ipynb") if named else ()
    return next((f"notebooks/{path.name}" for path in sorted(found)), "")
