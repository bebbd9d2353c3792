"""The pages: one for each learner, and `class.html` for the teacher.

The templates say what is shown; every text in them is a stranger's, and
`showing.page` sees to it that it does nothing.
"""

from collections.abc import Sequence

import helpers
from helpers.exercises.outcomes import (
    CORRECT,
    COULD_NOT_CHECK,
    MARKS,
    NOT_ATTEMPTED,
    WRONG,
)
from helpers.grading import summary
from helpers.grading.course import exercise_title, notebook_of
from helpers.grading.gradebook import lesson_name
from helpers.grading.rows import Row
from helpers.grading.showing import file_name, in_parts, page, shown
from helpers.text import count, listed, number

_TOLD = {
    CORRECT: "right",
    WRONG: "not right yet",
    NOT_ATTEMPTED: "not attempted",
    COULD_NOT_CHECK: "could not be checked",
}
_WORDS = {
    "count": count,
    "in_parts": in_parts,
    "lesson_name": lesson_name,
    "listed": listed,
    "number": number,
    "shown": shown,
    "title_of": exercise_title,
    "version": helpers.__version__,
}


def learner_page(learner: str, rows: Sequence[Row]) -> bytes:
    """Return the page of one learner, made of this learner's rows alone."""
    return page(
        "learner.html",
        learner=learner,
        rows=rows,
        notebook_of=notebook_of,
        signs=MARKS,
        told=_TOLD,
        **_WORDS,
    )


def class_page(rows: Sequence[Row]) -> bytes:
    """Return the page of the whole class, with a link to the page of each learner."""
    learners: dict[str, list[Row]] = {}
    for row in rows:
        learners.setdefault(row.learner, []).append(row)
    return page(
        "class.html",
        lessons=summary.lessons_of(rows),
        learners=learners,
        summary=summary,
        file_name=file_name,
        **_WORDS,
    )
