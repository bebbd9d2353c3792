"""Read a lesson's source, `solutions/NN_slug.py`, and keep every cell's line number.

The format is jupytext's percent format. jupytext forgets where a cell stood, so the
n-th cell is paired with the n-th `# %%` line of the text. Nothing is judged here:
`rules.py` says what is wrong with a lesson, this module only says what is in it.
"""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeGuard

import jupytext
from nbformat import ValidationError

from helpers.authoring.problems import LessonError, Problem

MARKER = re.compile(r"^\s*#\s*%%(%*\s.*|\s*)$")
LESSON_NAME = re.compile(r"(?P<number>\d\d|w\d)(_[a-z0-9]+)+")
EXERCISE_LINE = re.compile(r"# Exercise (?P<number>\S+)")
RUN_SECONDS = "{run_seconds}"

# What nbval compares, and what another machine will not find again.
COMPARED, MACHINE_TIME = "nbval-check-output", "machine-time"
# What each tag may stand on, and the ones that say what a cell is for (one per cell).
TAGS = {
    "setup": "code",
    "exercise": "code",
    "check": "code",
    "wrong-answer": "code",
    "teacher-note": "markdown",
    COMPARED: "code",
    MACHINE_TIME: "code",
}
ROLES = tuple(tag for tag in TAGS if tag not in (COMPARED, MACHINE_TIME))

# What jupytext notes about blank lines between cells.
_LAYOUT = ("lines_to_next_cell", "lines_to_end_of_cell_marker")
# Percent format, code taken letter by letter: a comment never turns into a magic.
_FORMAT = {"extension": ".py", "format_name": "percent", "comment_magics": False}


@dataclass(frozen=True)
class Cell:
    """A cell as written: `line` has its `# %%`, at `first_line` `source` begins."""

    kind: str
    source: str
    line: int
    first_line: int
    metadata: Mapping[str, Any]

    @property
    def tags(self) -> tuple[str, ...]:
        """The cell's tags, in the order written."""
        return tuple(self.metadata.get("tags", ()))

    @property
    def role(self) -> str | None:
        """What the cell is for: one of `ROLES`, or None for an ordinary cell."""
        return next((tag for tag in self.tags if tag in ROLES), None)

    @cached_property
    def exercise(self) -> str | None:
        """The number ("3.2") of the exercise this cell sets, checks or gets wrong."""
        if self.role == "exercise":
            return exercise_number(self.source)
        if self.role == "check":
            return checked_exercise(self.source)
        named = self.metadata.get("exercise") if self.role == "wrong-answer" else None
        return named if isinstance(named, str) else None

    def line_of(self, offset: int) -> int:
        """Return the file's line for a character offset into `source`."""
        return self.first_line + self.source.count("\n", 0, offset)


@dataclass(frozen=True)
class Header:
    """What a lesson's opening table promises; `minutes` counts reading and doing."""

    title: str
    outcomes: str
    needs: str
    minutes: int


@dataclass(frozen=True)
class Lesson:
    """A lesson's source: its cells, and in `preamble` what stands above them.

    `label` is the file's path as problems show it.
    """

    path: Path
    label: str
    preamble: str
    cells: tuple[Cell, ...]

    @property
    def name(self) -> str:
        """The file's name without its ending: "03_imbalanced_data"."""
        return self.path.stem

    @property
    def number(self) -> str:
        """The lesson's number as `helpers.start` takes it: "03", "W1"."""
        return self.name.split("_")[0].upper()

    @property
    def exercise_prefix(self) -> str:
        """What its exercise numbers begin with: "3" in 3.2, "W1" in W1.2."""
        return self.number.lstrip("0") or "0"

    def having(self, role: str) -> list[Cell]:
        """Return the cells of one role, in order."""
        return [cell for cell in self.cells if cell.role == role]

    def after(self, cell: Cell) -> Iterator[Cell]:
        """Yield the cells that follow `cell`."""
        yield from self.cells[self.cells.index(cell) + 1 :]

    def check_of(self, exercise: Cell) -> Cell | None:
        """Return the check of an exercise cell: the learner's next code cell."""
        for cell in self.after(exercise):
            if cell.kind == "code" and cell.role != "wrong-answer":
                is_check = cell.role == "check" and cell.exercise == exercise.exercise
                return cell if is_check else None
        return None

    def wrong_answers(self, exercise: Cell) -> list[Cell]:
        """Return the wrong-answer cells written for an exercise cell."""
        number = exercise.exercise
        return [cell for cell in self.having("wrong-answer") if cell.exercise == number]

    @cached_property
    def header(self) -> Header | None:
        """The opening cell's promises; None while its title or a row is missing."""
        opening = self.cells[0].source if self.cells else ""
        title = re.search(r"^# \S+ · (.+)$", opening, re.MULTILINE)
        outcomes, needs, time = (
            table_row(opening, name)
            for name in ("You will be able to", "You need", "Time")
        )
        minutes = re.search(r"(\d+) minutes", time or "")
        if not (title and outcomes and needs and minutes):
            return None
        return Header(title[1].strip(), outcomes, needs, int(minutes[1]))

    def problem(self, line: int, message: str) -> Problem:
        """Return a `Problem` of this lesson."""
        return Problem(self.label, line, message)


def statements(cells: Iterable[Cell]) -> Iterator[tuple[Cell, ast.stmt]]:
    """Yield the statements of a lesson's own code, each with its cell.

    Neither the first cell's nor wrong answers; a cell that is no Python has none.
    """
    for cell in cells:
        if cell.kind == "code" and cell.role not in ("setup", "wrong-answer"):
            for node in (parsed(cell.source) or ast.Module([], [])).body:
                yield cell, node


def read_lesson(path: Path, *, label: str | None = None) -> Lesson:
    """Return the lesson in the file `path`.

    Raises `LessonError` when the text cannot be split into cells.
    """
    label = label or path.name
    try:
        text = path.read_text(encoding="utf-8-sig")  # Windows editors add a mark
    except UnicodeDecodeError as error:
        line = path.read_bytes().count(b"\n", 0, error.start) + 1
        message = f"not UTF-8 ({error.reason}): save the file as UTF-8"
        raise LessonError([Problem(label, line, message)]) from None
    except OSError as error:
        raise LessonError([Problem(label, 1, str(error.strerror))]) from None
    return parse_lesson(text, path=path, label=label)


def parse_lesson(text: str, *, path: Path, label: str) -> Lesson:
    """Return the lesson that `text` spells; `path` names it, no file is read."""
    lines = text.splitlines()
    starts = [index for index, line in enumerate(lines) if MARKER.match(line)]
    if not starts:
        message = "no cell here: a cell starts with `# %%`"
        raise LessonError([Problem(label, 1, message)])
    try:
        nodes = jupytext.reads("\n".join(lines[starts[0] :]) + "\n", fmt=_FORMAT).cells
    except (ValidationError, AttributeError):  # options that are no text, or worse
        raise LessonError(_faulty_options(lines, starts, label)) from None
    if len(nodes) != len(starts):
        message = "a `# %%` line stands inside a string or a fenced block"
        raise LessonError([Problem(label, starts[0] + 1, message)])
    pairs = zip(nodes, starts, strict=True)
    cells = tuple(_cell(node, start, lines) for node, start in pairs)
    return Lesson(path, label, "\n".join(lines[: starts[0]]), cells)


def _faulty_options(
    lines: list[str], starts: list[int], label: str
) -> Iterator[Problem]:
    """Yield a problem for each `# %%` line whose options no notebook can hold."""
    for start in starts:
        try:
            jupytext.reads(lines[start] + "\n", fmt=_FORMAT)
        except (ValidationError, AttributeError) as error:
            reason = getattr(error, "message", error)
            yield Problem(label, start + 1, f"the cell's options: {reason}")


def _cell(node: Mapping, start: int, lines: list[str]) -> Cell:
    content = start + 1
    while content < len(lines) and not lines[content].strip():
        content += 1
    return Cell(
        kind=node["cell_type"],
        source=node["source"].strip("\n"),
        line=start + 1,
        first_line=content + 1,
        metadata={k: v for k, v in node["metadata"].items() if k not in _LAYOUT},
    )


def exercise_number(source: str) -> str | None:
    """Return the number in a cell's first line, `# Exercise 3.2`, or None."""
    first = EXERCISE_LINE.fullmatch(source.split("\n", 1)[0].rstrip())
    return first["number"] if first else None


def checked_exercise(source: str) -> str | None:
    """Return the number in the `check("3.2", ...)` that ends a cell, or None."""
    tree = parsed(source)
    last = tree.body[-1] if tree and tree.body else None
    match last:
        case ast.Expr(
            value=ast.Call(
                func=ast.Name(id="check"), args=[ast.Constant(value=str(number)), *_]
            )
        ):
            return number
    return None


def is_check_call(node: ast.AST) -> TypeGuard[ast.Call]:
    """Return whether a syntax node is a call of `check`."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "check"
    )


def parsed(source: str) -> ast.Module | None:
    """Return the syntax tree of a cell, or None when it is not Python."""
    try:
        return ast.parse(source)
    except SyntaxError:
        return None


def table_row(source: str, name: str) -> str | None:
    """Return the second cell of the row that `name` opens in a markdown table."""
    row = re.search(rf"^\| *{re.escape(name)} *\|(.+)\|[ ]*$", source, re.MULTILINE)
    return row[1].strip() if row else None
