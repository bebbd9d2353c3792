"""`grading.jsonl`: a line for each row and exercise that explains its grade later.

The same rows give the same bytes: keys are sorted, no line tells a time, and all is
ASCII, so a name of any script does nothing in a terminal and is still exact.
"""

import dataclasses
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import helpers
from helpers.grading.rows import Mark, Row

# what else is known: of an exercise ("3.1"), or of one in one file (file, "3.1")
Facts = Mapping[str | tuple[str, str], Mapping[str, Any]]


def as_lines(rows: Iterable[Row], facts: Facts | None = None) -> bytes:
    """Return the lines of all rows; a row without marks has one line of its own."""
    lines = (line for row in rows for line in _of_row(row, facts or {}))
    return "".join(json.dumps(line, sort_keys=True) + "\n" for line in lines).encode()


def _of_row(row: Row, facts: Facts) -> Iterator[dict[str, Any]]:
    known: dict[str, Any] = {
        "learner": row.learner,
        "file": row.file,
        "lesson": row.lesson,
        "row_status": row.status,
        "reason": row.reason,
        "remarks": list(row.remarks),
        "kit_version": helpers.__version__,
    }
    if not row.marks:
        yield {**known, "exercise": None, "points": 0}
    for mark in row.marks:
        yield {**_facts_of(row, mark, facts), **known, **dataclasses.asdict(mark)}


def _facts_of(row: Row, mark: Mark, facts: Facts) -> dict[str, Any]:
    """Return what else is known; it never replaces what a row or a mark says."""
    of_all = facts.get(mark.exercise, {})
    return {**of_all, **facts.get((row.file, mark.exercise), {})}
