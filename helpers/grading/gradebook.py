"""The gradebook: a table that spreadsheets read, and that Moodle or Canvas import.

No cell of text can be taken for a formula: one that begins with a sign that starts a
formula gets an apostrophe before it. Numbers stay numbers. All files are UTF-8 with a
byte order mark, so that a spreadsheet reads names in any script.
"""

import csv
import html
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence

from helpers.errors import KitError
from helpers.grading.names import Named, platform_name
from helpers.grading.rows import GRADED, Row
from helpers.grading.showing import in_order, shown

FORMATS = ("moodle", "canvas")
LONGEST_CELL = 32_000  # characters; a cell of a spreadsheet holds 32,767

Cell = str | int | float

_INVISIBLE = ("C", "Z")  # categories of Unicode: controls, format marks, spaces

MOODLE = (
    "Identifier",
    "Full name",
    "Status",
    "Grade",
    "Maximum Grade",
    "Grade can be changed",
    "Last modified (submission)",
    "Last modified (grade)",
    "Feedback comments",
)
CANVAS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")


def as_csv(table: Iterable[Sequence[Cell]]) -> bytes:
    """Return a table as CSV in which no text is a formula."""
    text = io.StringIO()
    csv.writer(text).writerows([[cell(each) for each in line] for line in table])
    return text.getvalue().encode("utf-8-sig")


def cell(value: Cell) -> Cell:
    """Return what a cell holds: a number as it is, a text that is no formula."""
    if not isinstance(value, str):
        return value
    text = shown(value, LONGEST_CELL)
    return f"'{text}" if begins_formula(value) or begins_formula(text) else text


def begins_formula(text: str) -> bool:
    """Whether a spreadsheet could take `text` for a formula, spaces passed over."""
    if text[:1] in ("\t", "\r", "\n"):
        return True
    for sign in text:
        if sign in "=+-@＝＋－＠":
            return True
        if sign != "'" and unicodedata.category(sign)[0] not in _INVISIBLE:
            return False
    return False


def exercises_in(rows: Iterable[Row]) -> list[str]:
    """Return the numbers of all exercises in `rows`, in the order of the course."""
    return sorted({mark.exercise for row in rows for mark in row.marks}, key=in_order)


def gradebook(rows: Sequence[Row]) -> list[list[Cell]]:
    """Return the gradebook: a header, then a line per learner and lesson."""
    exercises = exercises_in(rows)
    last = ("total", "status", "flags", "reason")
    table: list[list[Cell]] = [["learner", "file", "lesson", *exercises, *last]]
    for row in rows:
        earned = {mark.exercise: mark.points for mark in row.marks}
        points: list[Cell] = [earned.get(number, "") for number in exercises]
        flags, why = ", ".join(row.flags), "; ".join(reasons(row))
        table.append([row.learner, row.file, row.lesson, *points])
        table[-1] += [row.total, row.status, flags, why]
    return table


def reasons(row: Row) -> list[str]:
    """Return all a teacher should know of a row, each in a few words."""
    marked = [
        f"{mark.exercise}: {said}"
        for mark in row.marks
        for said in (mark.incident, mark.suspicion)
        if said
    ]
    return [said for said in (row.reason, *marked, *row.remarks) if said]


def exported(rows: Sequence[Row], form: str) -> list[list[Cell]]:
    """Return the table that `form` imports; raise `KitError` for one not known."""
    require_format(form)
    return moodle(rows) if form == "moodle" else canvas(rows)


def require_format(form: str | None) -> None:
    """Raise `KitError` where `form` is none of `FORMATS` and not None."""
    if form is not None and form not in FORMATS:
        known = " or ".join(FORMATS)
        raise KitError(f"--format {shown(str(form), 40)} isn't known; name {known}")


def moodle(rows: Sequence[Row]) -> list[list[Cell]]:
    """Return Moodle's offline grading worksheet.

    Moodle knows a learner by the number in the names of its own archives
    ("Ada Lovelace_123456_assignsubmission_file_"). Whose file has no such name gets no
    identifier, and Moodle passes over that line. Several lessons of one assignment are
    one grade.
    """
    table: list[list[Cell]] = [[*MOODLE]]
    together: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        together.setdefault((moodle_identifier(row.file), row.learner), []).append(row)
    highest = points_possible(rows)
    for (identifier, learner), theirs in together.items():
        graded = best_of_each_lesson(theirs)
        grade: Cell = sum(row.total for row in graded) if graded else ""
        of = sum(highest[lesson] for lesson in {row.lesson for row in theirs})
        status = ", ".join(dict.fromkeys(row.status for row in theirs))
        said = html.escape("; ".join(s for row in graded for s in feedback(row)))
        table.append([identifier, learner, status, grade, of, "Yes", "", "", said])
    return table


def canvas(rows: Sequence[Row]) -> list[list[Cell]]:
    """Return a gradebook that Canvas imports: a column for each lesson.

    Canvas knows a learner by the number in the names of its own archives, else by the
    exact name.
    """
    lessons = sorted({row.lesson for row in rows if row.lesson}, key=in_order)
    highest = points_possible(rows)
    table: list[list[Cell]] = [[*CANVAS, *map(lesson_name, lessons)]]
    table.append(["Points Possible", "", "", "", "", *(highest[n] for n in lessons)])
    by_learner: dict[str, list[Row]] = {}
    for row in rows:
        by_learner.setdefault(row.learner, []).append(row)
    for learner, theirs in by_learner.items():
        numbers = [canvas_number(row.file, learner) for row in theirs]
        graded = {row.lesson: row.total for row in best_of_each_lesson(theirs)}
        points: list[Cell] = [graded.get(lesson, "") for lesson in lessons]
        table.append([learner, next(filter(None, numbers), ""), "", "", "", *points])
    return table


def lesson_name(lesson: str) -> str:
    """Return what a lesson is called: "Lesson 03", "Workshop W1"."""
    kind = "Workshop" if lesson[:1] == "W" else "Lesson"
    return f"{kind} {lesson}" if lesson else "Without a lesson"


def points_possible(rows: Iterable[Row]) -> dict[str, int]:
    """Return the points that each lesson's exercises make together, by lesson."""
    by_lesson: dict[str, dict[str, int]] = {}
    for row in rows:
        exercises = by_lesson.setdefault(row.lesson, {})
        for mark in row.marks:
            exercises[mark.exercise] = max(mark.of, exercises.get(mark.exercise, 0))
    return {lesson: sum(exercises.values()) for lesson, exercises in by_lesson.items()}


def best_of_each_lesson(rows: Iterable[Row]) -> list[Row]:
    """Return one graded row for each lesson, the better one where there are two."""
    best: dict[str, Row] = {}
    for row in rows:
        if row.status == GRADED and (
            row.lesson not in best or row.total > best[row.lesson].total
        ):
            best[row.lesson] = row
    return list(best.values())


def feedback(row: Row) -> list[str]:
    """Return what each exercise earned, as a platform shows it to the learner."""
    return [
        f"{mark.exercise}: {mark.points} of {mark.of}"
        + (f", {mark.diagnosis}" if mark.diagnosis else "")
        for mark in row.marks
    ]


def moodle_identifier(file: str) -> str:
    """Return "Participant 123456" for a file of a Moodle archive, else ""."""
    part, found = _platform(file)
    is_moodle = found is not None and "_assignsubmission_" in part.lower()
    return f"Participant {found.owner.id}" if found and is_moodle else ""


def canvas_number(file: str, learner: str) -> str:
    """Return the learner's number in the name of a Canvas file, else "".

    Canvas writes "lovelaceada_LATE_1234_567890_lesson.ipynb": the letters of the name,
    the learner, the file. The letters must be this learner's.
    """
    part, found = _platform(file)
    if found is None or "_assignsubmission_" in part.lower():
        return ""
    same = _letters(found.owner.name) == _letters(re.sub(r" \(\d+\)$", "", learner))
    return found.owner.id if same else ""


def _platform(file: str) -> tuple[str, Named | None]:
    """Return the part of a path that a platform named, and what it says."""
    parts = ((part, platform_name(part)) for part in file.split("/"))
    return next((each for each in parts if each[1]), ("", None))


def _letters(name: str) -> list[str]:
    plain = unicodedata.normalize("NFC", name.casefold())
    return sorted(each for each in plain if each.isalnum())
