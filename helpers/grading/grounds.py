"""What a lesson's source gives to an exercise: what stands above its cell, its blank.

An exercise cell runs on what the exercise declares as given. Of the lesson itself it
finds the import statements, and the functions that the lesson defines above it.
"""

import ast
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from helpers.authoring.course import Course
from helpers.authoring.derive import blanked
from helpers.authoring.source import Cell, Lesson, read_lesson, statements
from helpers.errors import KitError
from helpers.exercises.declared import Exercise, exercises_of, find

_NEED_NETWORKS = ("keras", "helpers.networks", "helpers.detectors", "tensorflow")


@dataclass(frozen=True)
class LessonGround:
    """A lesson as grading sees it."""

    lesson: Lesson

    @property
    def number(self) -> str:
        """The lesson's number: "03", "W1"."""
        return self.lesson.number

    @cached_property
    def exercises(self) -> tuple[Exercise, ...]:
        """The lesson's exercises, in order."""
        return tuple(exercises_of(self.number))

    @cached_property
    def imports(self) -> tuple[str, ...]:
        """Every import statement of the lesson, once."""
        found = [
            ast.unparse(node)
            for _, node in statements(self.lesson.cells)
            if isinstance(node, ast.Import | ast.ImportFrom)
        ]
        return tuple(dict.fromkeys(found))

    @property
    def needs_networks(self) -> bool:
        """Whether TensorFlow may be imported: such boxes need more memory."""
        return any(name in line for line in self.imports for name in _NEED_NETWORKS)

    def functions_above(self, number: str) -> tuple[str, ...]:
        """Return the functions defined above an exercise's cell, but no answers."""
        cell, answers = self._cell(number), find(number).answers
        above = self.lesson.cells[: self.lesson.cells.index(cell)]
        return tuple(
            ast.unparse(node)
            for each, node in statements(above)
            if each.role != "exercise"
            and isinstance(node, ast.FunctionDef)
            and node.name not in answers
        )

    def blank(self, number: str) -> str:
        """Return an exercise's cell as a learner gets it."""
        return blanked(self.lesson, self._cell(number))

    def _cell(self, number: str) -> Cell:
        for cell in self.lesson.having("exercise"):
            if cell.exercise == number:
                return cell
        raise KitError(f"lesson {self.number} has no cell of exercise {number}")


@cache
def lesson_ground(number: str) -> LessonGround:
    """Return what lesson "03" gives; raises `KitError` where there is none."""
    found = _sources(Course.here()).get(number.upper())
    if found is None:
        raise KitError(f"there is no lesson {number} here; lessons are named 03 or W1")
    return LessonGround(read_lesson(found))


def lessons_here() -> list[str]:
    """Return the numbers of all lessons that have exercises, in order."""
    return [
        number
        for number, path in sorted(_sources(Course.here()).items())
        if LessonGround(read_lesson(path)).lesson.having("exercise")
    ]


def _sources(course: Course) -> dict[str, Path]:
    return {
        path.stem.split("_")[0].upper(): path for path in course.solutions.glob("*.py")
    }
