"""Measure a lesson's rhythm: how prose and code take turns."""

import statistics
from dataclasses import dataclass
from itertools import groupby

from helpers.authoring.blanks import BEGIN, END
from helpers.authoring.derive import LEARNER_DROPS
from helpers.authoring.source import Cell, Lesson


@dataclass(frozen=True)
class Rhythm:
    """What a lesson's cells look like to a learner (who has solved the exercises)."""

    cells: int
    prose_share: float
    median_code_lines: float
    most_code_lines: int
    most_code_in_a_row: int
    median_words: float


def rhythm(lesson: Lesson) -> Rhythm:
    """Return a lesson's rhythm: non-blank lines of code, words of prose."""
    cells = [cell for cell in lesson.cells if cell.role not in LEARNER_DROPS]
    code = [_code_lines(cell) for cell in cells if cell.kind == "code"]
    words = [len(cell.source.split()) for cell in cells if cell.kind == "markdown"]
    rows = [
        len(list(run)) for kind, run in groupby(c.kind for c in cells) if kind == "code"
    ]
    return Rhythm(
        cells=len(cells),
        prose_share=len(words) / len(cells),
        median_code_lines=statistics.median(code or [0]),
        most_code_lines=max(code, default=0),
        most_code_in_a_row=max(rows, default=0),
        median_words=statistics.median(words or [0]),
    )


def _code_lines(cell: Cell) -> int:
    lines = (line.strip() for line in cell.source.splitlines())
    return sum(bool(line) and line not in (BEGIN, END) for line in lines)
