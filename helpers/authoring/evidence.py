"""Numbers in prose, and where each of them comes from.

A number with a decimal point or a per cent sign has to be an output's or in the code of
its own notebook, a claim's of its lesson, or in a results table that the lesson links
to, rounded as the prose rounds it. Whole numbers, code, formulas and addresses don't
count, nor does a cell that says `<!-- made-up numbers -->`: it tells a story or sets an
exercise, and its numbers are nobody's result.
"""

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from helpers.authoring.problems import Problem
from helpers.authoring.source import Lesson

_NUMBER = re.compile(r"(?<![\w.,/])(\d+(?:\.\d+)?|\.\d+)([  ]?%)?(?![\w/]|\.\d)")
_ANY_NUMBER = re.compile(r"\d+(?:\.\d+)?(?:e[+-]?\d+)?")
_NO_PROSE = re.compile(
    r"```.*?```|`[^`]*`|\$\$.*?\$\$|\$[^$]*\$|\]\([^)]*\)|<!--.*?-->|https?://\S+"
    r"|[Ee]xercises? \d+\.\d+",
    re.DOTALL,
)
_MADE_UP = "<!-- made-up numbers -->"
_TABLE_LINK = re.compile(r"docs/results/(\w+)\.md")
_TEXTS = ("text/plain", "text/html")


@dataclass(frozen=True)
class Quoted:
    """A number as prose has it: its text, value, decimals, and whether per cent."""

    text: str
    value: float
    decimals: int
    percent: bool

    def is_found(self, known: Iterable[float]) -> bool:
        """Return whether one of the `known` numbers rounds to this one."""
        half = 0.5001 * 10**-self.decimals
        scales = (1, 100) if self.percent else (1,)
        return any(
            abs(scale * value - self.value) <= half
            for value in known
            for scale in scales
        )


def quoted_numbers(markdown: str) -> Iterator[tuple[int, Quoted]]:
    """Yield (line from 0, number) for each number in prose that needs evidence."""
    bare = _NO_PROSE.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), markdown)
    for line, text in enumerate(bare.split("\n")):
        for found in _NUMBER.finditer(text):
            number, percent = found[1], bool(found[2])
            if percent or "." in number:
                decimals = len(number.partition(".")[2])
                yield (
                    line,
                    Quoted(found[0].strip(), float(number), decimals, percent),
                )


def evidence(reference: NotebookNode, tables: Iterable[Path]) -> list[float]:
    """Return every number in a notebook's code and outputs, and in `tables` (CSV)."""
    texts = [cell.source for cell in reference.cells if cell.cell_type == "code"]
    for cell in reference.cells:
        for output in cell.get("outputs", []):
            texts.append(output.get("text", ""))
            texts += [output.get("data", {}).get(kind, "") for kind in _TEXTS]
    for path in tables:
        with path.open(encoding="utf-8", newline="") as file:
            texts += [cell for row in csv.reader(file) for cell in row]
    return [float(number) for text in texts for number in _ANY_NUMBER.findall(text)]


def linked_tables(lesson: Lesson, results: Path) -> list[Path]:
    """Return the results tables here that a lesson's prose links to."""
    prose = "\n".join(cell.source for cell in lesson.cells if cell.kind == "markdown")
    names = dict.fromkeys(_TABLE_LINK.findall(prose))
    paths = [results / f"{name}.csv" for name in names if name != "claims"]
    return [path for path in paths if path.is_file()]


def claimed_numbers(lesson: Lesson, results: Path) -> list[float]:
    """Return the numbers of a lesson's own claims."""
    path = results / "claims.csv"
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["lesson"] == lesson.number]
    told = [row[name] for row in rows for name in ("measured", "changed", "holds on")]
    return [float(number) for text in told for number in _ANY_NUMBER.findall(text)]


def unsupported_numbers(
    lesson: Lesson, reference: NotebookNode, results: Path
) -> list[Problem]:
    """Return each number in a lesson's prose that nothing computed.

    `results` is the folder of the results tables. Teacher's notes count as prose.
    """
    known = evidence(reference, linked_tables(lesson, results))
    known += claimed_numbers(lesson, results)
    return [
        lesson.problem(
            cell.first_line + line, f"{quoted.text} is in no output, claim or table"
        )
        for cell in lesson.cells
        if cell.kind == "markdown" and _MADE_UP not in cell.source
        for line, quoted in quoted_numbers(cell.source)
        if not quoted.is_found(known)
    ]


def uncompared_tables(lesson: Lesson, reference: NotebookNode) -> Iterator[Problem]:
    """Yield the cells whose table no test run compares, nor a statement after it.

    A table counts as checked where its cell is tagged `nbval-check-output`, or the next
    code cell is, before another table.
    """
    cells = [cell for cell in reference.cells if cell.cell_type == "code"]
    sources = [
        cell
        for cell in lesson.cells
        if cell.kind == "code" and cell.role != "wrong-answer"
    ]
    for index, (cell, source) in enumerate(zip(cells, sources, strict=True)):
        follows = cells[index + 1 : index + 2]
        if shows_table(cell) and not any(map(_is_compared, [cell, *follows])):
            yield lesson.problem(source.line, "a table that no test run compares")


def shows_table(cell: NotebookNode) -> bool:
    """Return whether a cell's stored output is a table or a column of one."""
    for output in cell.get("outputs", []):
        data = output.get("data", {})
        column = re.search(r"^(Name: .*)?dtype: ", data.get("text/plain", ""), re.M)
        if "<table" in data.get("text/html", "") or column:
            return True
    return False


def _is_compared(cell: NotebookNode) -> bool:
    return "nbval-check-output" in cell.metadata.get("tags", ())
