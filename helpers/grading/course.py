"""What reports say of the course itself: titles of exercises, where lessons lie."""

from functools import cache

from helpers.errors import KitError
from helpers.exercises.declared import find
from helpers.grading.extract import lessons


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
    found = lessons().get(lesson)
    return f"notebooks/{found.name}" if found else ""
