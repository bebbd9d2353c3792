"""The course map: one row per lesson, shown in the README and in `index.ipynb`."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from nbformat import NotebookNode, v4

from helpers.authoring.course import Course
from helpers.authoring.derive import NOTEBOOK_METADATA
from helpers.authoring.problems import LessonError, Problem
from helpers.authoring.run_times import read_run_times
from helpers.authoring.source import Lesson

OPEN = "<!-- course map -->"
CLOSE = "<!-- /course map -->"
_BETWEEN = re.compile(f"{re.escape(OPEN)}.*?{re.escape(CLOSE)}", re.DOTALL)

_INDEX = (
    """\
# Anomaly detection: the course map

Every lesson is a notebook that you read, run and complete. Read a cell, say to \
yourself what it will show, then run it with **Shift + Enter**.

- The first cell of each notebook prepares it and says whether the packages are right: \
open its line to see the table.
- Where you see `# YOUR CODE HERE`, it is your turn. The cell below says how you did.
- Stuck? `hint("1.1")` gives a hint, then a bigger one; `solution("1.1")` shows one way.
- Lessons stand alone. Any order works; this one is how they were meant.""",
    "{table}",
    "**Start with lesson {first}.**",
)


@dataclass(frozen=True)
class Row:
    """One lesson in the map; `seconds` is None until it was built once."""

    name: str
    number: str
    title: str
    outcomes: str
    minutes: int
    seconds: int | None

    @classmethod
    def of(cls, lesson: Lesson, seconds: int | None) -> "Row":
        """Return a lesson's row. Raises `LessonError` for an incomplete title table."""
        header = lesson.header
        if header is None:
            message = "the course map needs its title and title table"
            raise LessonError([lesson.problem(1, message)])
        return cls(
            lesson.name,
            lesson.number,
            header.title,
            header.outcomes,
            header.minutes,
            seconds,
        )


def course_rows(course: Course, lessons: Iterable[Lesson] | None = None) -> list[Row]:
    """Return the rows of all lessons, in order, or of those that were read already."""
    seconds = read_run_times(course.run_times)
    read = course.lessons() if lessons is None else lessons
    return [Row.of(lesson, seconds.get(lesson.name)) for lesson in read]


def map_table(rows: list[Row], *, folder: str, course: Course) -> str:
    """Return the map as a markdown table; `folder` is where its links lead."""
    head = "| Lesson | You will be able to | Minutes | Cells run in | Open |"
    lines = [head, "|---|---|---|---|---|"]
    for row in rows:
        runs = f"{row.seconds} s" if row.seconds else "–"
        doors = f"[notebook]({folder}{row.name}.ipynb){_colab(row, course)}"
        lines.append(
            f"| {row.number} · {_in_cell(row.title)} | {row.outcomes} | {row.minutes} "
            f"| {runs} | {doors} |"
        )
    return "\n".join(lines)


def _in_cell(text: str) -> str:
    return re.sub(r"(?<!\\)\|", r"\|", text)


def _colab(row: Row, course: Course) -> str:
    address = colab_address(course, row.name)
    return f" · [Colab]({address})" if address else ""


def colab_address(course: Course, name: str) -> str:
    """Return where a lesson opens in Colab; "" for a kit without a GitHub address."""
    github = "https://github.com/"
    if not course.repository.startswith(github):
        return ""
    place = course.repository.removeprefix(github).strip("/").removesuffix(".git")
    path = f"{place}/blob/v{course.version}/notebooks/{name}.ipynb"
    return f"https://colab.research.google.com/github/{path}"


def readme_text(course: Course) -> str:
    """Return the README's text with the map renewed.

    Raises `LessonError` when the README has no pair of map markers.
    """
    text = course.readme.read_text(encoding="utf-8") if course.readme.is_file() else ""
    if len(_BETWEEN.findall(text)) != 1:
        message = f"put the course map's markers here once: {OPEN} and {CLOSE}"
        raise LessonError([Problem(course.label(course.readme), 1, message)])
    table = map_table(course_rows(course), folder="notebooks/", course=course)
    return _BETWEEN.sub(lambda _: f"{OPEN}\n\n{table}\n\n{CLOSE}", text)


def index_notebook(
    course: Course, names: Collection[str] | None = None
) -> NotebookNode:
    """Return the notebook that `make lab` opens: how the course works, and its map.

    With `names` ("03_imbalanced_data", ...) the map shows these lessons only.
    """
    rows = [each for each in course_rows(course) if not names or each.name in names]
    table = map_table(rows, folder="", course=course)
    first = rows[0].number if rows else "00"
    cells = [
        v4.new_markdown_cell(
            text.format(table=table, first=first), id=f"index-{number}"
        )
        for number, text in enumerate(_INDEX, start=1)
    ]
    notebook = v4.new_notebook(cells=cells, metadata=NOTEBOOK_METADATA)
    notebook.nbformat_minor = 5
    return notebook
