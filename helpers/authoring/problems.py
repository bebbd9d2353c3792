"""Problems of a lesson: collected first, then reported together, each with its line."""

from collections.abc import Iterable
from dataclasses import dataclass

from helpers.errors import KitError
from helpers.text import count


@dataclass(frozen=True, order=True)
class Problem:
    """One thing to mend: a file (relative to the kit), a line from 1, a sentence."""

    path: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


class LessonError(KitError):
    """Everything that keeps lessons from being built, one `path:line: message` a line.

    `problems` holds them as a sorted tuple without repeats.
    """

    def __init__(self, problems: Iterable[Problem]):
        self.problems = tuple(sorted(set(problems)))
        headline = f"{count(len(self.problems), 'problem')}:"
        super().__init__("\n".join([headline, *map(str, self.problems)]))
