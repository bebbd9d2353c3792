"""What a class's rows say together: how many handed in, which mistakes, which totals.

Counts only; `pages` writes the sentences.
"""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from helpers.exercises.outcomes import (
    CORRECT,
    NOT_ATTEMPTED,
    WRONG,
)
from helpers.grading.gradebook import exercises_in, points_possible
from helpers.grading.rows import GRADED, MISSING, Mark, Row
from helpers.grading.showing import in_order

MOST_BARS = 11  # of a histogram that is read on a phone
MOST_MISTAKES = 25  # of a lesson, in its table


@dataclass(frozen=True)
class Bar:
    """One bar of a histogram: totals from `low` to `high`, and how many have them."""

    low: int
    high: int
    count: int

    @property
    def label(self) -> str:
        """The totals: "3", "4–6"."""
        return f"{self.low}" if self.low == self.high else f"{self.low}–{self.high}"


@dataclass(frozen=True)
class Exercised:
    """How a class did one exercise: counts of learners, `share` of all points."""

    number: str
    of: int
    correct: int
    wrong: int
    not_attempted: int
    could_not_check: int
    share: float
    copied_is_right: bool

    @property
    def asked(self) -> int:
        """How many learners' answers were graded."""
        return self.correct + self.wrong + self.not_attempted + self.could_not_check


@dataclass(frozen=True)
class Mistaken:
    """A mistake, and how many learners made it."""

    exercise: str
    diagnosis: str
    idea: str
    count: int


@dataclass(frozen=True)
class Lesson:
    """All rows of one lesson, sorted out."""

    lesson: str
    rows: tuple[Row, ...]

    @property
    def graded(self) -> list[Row]:
        """The rows of notebooks that were graded."""
        return [row for row in self.rows if row.status == GRADED]

    @property
    def missing(self) -> list[Row]:
        """The rows of those who handed in nothing."""
        return [row for row in self.rows if row.status == MISSING]

    @property
    def unreadable(self) -> list[Row]:
        """The rows of files that gave no notebook to grade."""
        neither = (GRADED, MISSING)
        return [row for row in self.rows if row.status not in neither]

    @property
    def remarked(self) -> list[Row]:
        """The rows a teacher should know something of."""
        return [row for row in self.rows if row.remarks]

    @property
    def of(self) -> int:
        """Points that can be earned."""
        return points_possible(self.rows)[self.lesson]

    @property
    def mean(self) -> float:
        """Mean total of the graded; 0 where there are none."""
        return statistics.fmean(row.total for row in self.graded) if self.graded else 0

    @property
    def median(self) -> float:
        """Median total of the graded; 0 where there are none."""
        return statistics.median(row.total for row in self.graded) if self.graded else 0

    @property
    def incidents(self) -> list[tuple[Row, Mark]]:
        """Every mark with an incident, with its row."""
        return [(row, m) for row in self.rows for m in row.marks if m.incident]

    @property
    def suspicions(self) -> list[tuple[Row, Mark]]:
        """Every mark with a suspicion, with its row."""
        return [(row, m) for row in self.rows for m in row.marks if m.suspicion]


def lessons_of(rows: Sequence[Row]) -> list[Lesson]:
    """Return the rows by lesson in the order of the course; those of none are last."""
    names = sorted({row.lesson for row in rows}, key=lambda n: (not n, in_order(n)))
    return [
        Lesson(name, tuple(row for row in rows if row.lesson == name)) for name in names
    ]


def histogram(totals: Sequence[int], of: int) -> list[Bar]:
    """Return the bars of a histogram of totals from 0 to `of`, the empty ones, too."""
    highest = max([of, *totals])
    width = -(-(highest + 1) // MOST_BARS)
    return [
        Bar(
            low,
            min(low + width - 1, highest),
            sum(low <= t < low + width for t in totals),
        )
        for low in range(0, highest + 1, width)
    ]


def hardest(lesson: Lesson) -> list[Exercised]:
    """Return the exercises of a lesson, the one with the fewest points first."""
    done = [_exercised(lesson, number) for number in exercises_in(lesson.rows)]
    return sorted(done, key=lambda each: (each.share, in_order(each.number)))


def _exercised(lesson: Lesson, number: str) -> Exercised:
    marks = [m for row in lesson.rows for m in row.marks if m.exercise == number]
    statuses = [mark.status for mark in marks]
    known = [statuses.count(s) for s in (CORRECT, WRONG, NOT_ATTEMPTED)]
    earned, of = sum(m.points for m in marks), sum(m.of for m in marks)
    return Exercised(
        number,
        max(mark.of for mark in marks),
        *known,
        could_not_check=len(statuses) - sum(known),
        share=earned / of if of else 1.0,
        copied_is_right=any(mark.copied_is_right for mark in marks),
    )


def commonest(lesson: Lesson) -> list[Mistaken]:
    """Return the mistakes of a lesson, the one that most learners made first."""
    made: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for row in lesson.rows:
        for mark in row.marks:
            if mark.diagnosis:
                key = (mark.exercise, mark.diagnosis)
                made.setdefault(key, []).append((row.learner, mark.idea))
    found = [
        Mistaken(exercise, diagnosis, ideas[0], len({name for name, _ in by}))
        for (exercise, diagnosis), by in made.items()
        for ideas in [sorted({idea for _, idea in by if idea}) or [""]]
    ]
    return sorted(found, key=lambda m: (-m.count, in_order(m.exercise), m.diagnosis))
