"""The exercises in a learner's notebook, and the code that the learner put beside them.

Exercise cells are found by what survives Jupyter, Colab and VS Code: the marker in
their first line (`# Exercise 3.2`), else the id that the build gave them, else, where
it is clear, by their place above the check. All else that is not the lesson's own code
is the learner's own: imports and helper functions that an answer may stand on.

Hostile code is parsed here, never run; `reader` does even that in a child with limits.
"""

import ast
import contextlib
import functools
import re
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from helpers.errors import KitError
from helpers.grading.cells import CODE, Cell, cells_of
from helpers.grading.magics import plain_python
from helpers.paths import kit_root

_NUMBER = r"([A-Za-z]?\d{1,3})\s*[.,_\-]\s*(\d{1,3})\b"
_MARKER = re.compile(rf"\s*#[#\s]*exercise\s*[:#]?\s*{_NUMBER}", re.IGNORECASE)
_ONLY_MARKER = re.compile(rf"{_MARKER.pattern}[\s:.\-]*$", re.IGNORECASE)
_ID = re.compile(r"exercise-([a-z]?\d{1,3})-(\d{1,3})$", re.IGNORECASE)
_CHECKED = re.compile(
    rf"^[ \t]*check\s*\(\s*[\"']{_NUMBER}[\"']", re.MULTILINE | re.IGNORECASE
)
_LONGEST_TREE = 50_000  # characters
_ENOUGH = 3  # cells of a lesson that tell it
_SERVICES = ("check", "hint", "solution", "progress")
_SERVICE = re.compile(rf"(?:{'|'.join(_SERVICES)})\s*\(")
_SETUP = re.compile(r"from helpers import start\b|helpers\.start\(")
_LESSON_FILE = re.compile(r"(\d\d|[wW]\d)_.*\.ipynb$")


class Extracted(NamedTuple):
    """What `extract` found: exercises by number, own cells in order, remarks."""

    exercises: dict[str, str]
    own: list[str]
    remarks: list[str]


# -- the lesson as it was released -----------------------------------------------------


@dataclass(frozen=True)
class Released:
    """A lesson as learners got it.

    `exercises` holds the blank cells by number, `answers` the names that each must
    answer, `known` every code cell in normal form, `setup` the lines of its first one.
    """

    lesson: str
    exercises: Mapping[str, str]
    answers: Mapping[str, frozenset[str]]
    known: frozenset[str] = frozenset()
    setup: frozenset[str] = field(default_factory=frozenset)


def lessons(folder: Path | None = None) -> dict[str, Path]:
    """Return the notebooks that learners got by lesson: "03", "W1"."""
    found = sorted((folder or kit_root() / "notebooks").glob("*_*.ipynb"))
    named = [
        (match[1].upper(), p) for p in found if (match := _LESSON_FILE.match(p.name))
    ]
    return dict(named)


@functools.cache
def released(lesson: str) -> Released:
    """Return a lesson as learners got it; raises `KitError` where there is none."""
    known = lessons()
    if lesson not in known:
        raise KitError(
            f"There is no notebook of lesson {lesson} in {kit_root() / 'notebooks'}; "
            f"there are {', '.join(known) or 'none'}."
        )
    return released_of(cells_of(known[lesson].read_bytes())[0], lesson)


def released_of(cells: Iterable[Cell], lesson: str) -> Released:
    """Return what `extract` compares with, of the cells of a released notebook."""
    code = [cell for cell in cells if cell.kind == CODE]
    exercises = {n: cell.source for cell in code if (n := _number(cell))}
    checks = {n: cell.source for cell in code for n in _checked(cell.source)}
    answers = {
        number: frozenset(_bound(blank) & _read(checks.get(number, "")))
        for number, blank in exercises.items()
    }
    known = {form for cell in code for form in _forms(cell.source)}
    setup = {line for cell in code if _is_setup(cell) for line in _lines(cell.source)}
    return Released(lesson, exercises, answers, frozenset(known), frozenset(setup))


def lessons_in(cells: Sequence[Cell]) -> list[str]:
    """Return the lessons that a notebook is of, most often one: by its exercises.

    Markers count first, then ids and checks, then cells of a lesson that stayed as
    they were. Beside the lesson that has most, one counts that is there in full.
    """
    known = lessons()
    code = [cell for cell in cells if cell.kind == CODE]
    for numbers in (
        [_marker(cell.source) for cell in code],
        [_by_id(cell) for cell in code],
        [number for cell in code for number in _checked(cell.source)],
        [_anywhere(cell.source) for cell in code],
    ):
        counted = _counted(set(filter(None, numbers)), known)
        if counted:
            return _most(counted)
    return _by_cells(code, known)


def _counted(numbers: set[str], known: Mapping[str, Path]) -> dict[str, float]:
    """Return the share of its exercises that is there, by lesson."""
    there: Counter[str] = Counter()
    for number in numbers:
        head = number.split(".")[0]
        lesson = head.zfill(2) if head.isdigit() else head
        if lesson in known and number in released(lesson).exercises:
            there[lesson] += 1
    return {each: n / len(released(each).exercises) for each, n in there.items()}


def _most(shares: dict[str, float]) -> list[str]:
    first = max(sorted(shares), key=lambda lesson: shares[lesson])
    others = [each for each, share in shares.items() if share == 1 and each != first]
    return [first, *sorted(others)]


def _by_cells(code: Sequence[Cell], known: Mapping[str, Path]) -> list[str]:
    """Return the lesson of which most cells are there as they were, if enough are."""
    sources = [cell.source for cell in code]
    same = {lesson: _same_cells(sources, released(lesson)) for lesson in known}
    best = max(same, key=lambda lesson: same[lesson], default="")
    return [best] if best and same[best] >= _ENOUGH else []


def _same_cells(sources: Iterable[str], released: Released) -> int:
    """Return how many cells of a lesson are there as they were."""
    forms = {_plain(source) for source in sources if not _is_service(source)}
    return len((forms - {""}) & released.known)


# -- the exercises ---------------------------------------------------------------------


def extract(cells: Sequence[Cell], released: Released) -> Extracted:
    """Return the exercises of a notebook, its own code, and remarks for the teacher.

    An exercise that is not there has no entry; one left blank has its blank. `own` are
    the other code cells that the learner added or changed, in order. Lines for Jupyter
    itself (%matplotlib, !pip) are taken out of both.
    """
    return _Extraction(cells, released).result()


@dataclass(eq=False)
class _Piece:
    """A code cell, or the part of one below a marker."""

    source: str
    number: str = ""  # by its marker
    identity: str = ""  # the number by its id, or by a marker further down
    text: bool = False  # it stands in a text cell
    used: bool = False


class _Extraction:
    def __init__(self, cells: Sequence[Cell], released: Released):
        self.released = released
        self.remarks: list[str] = []
        self.left_out: list[str] = []
        self.pieces = [piece for cell in cells for piece in self._pieces(cell)]

    def result(self) -> Extracted:
        exercises = {}
        for number in self.released.exercises:
            source = self._exercise(number)
            if source is not None:
                exercises[number] = source
        own = [source for source in map(self._own, self.pieces) if source]
        if self.left_out:
            lines = ", ".join(dict.fromkeys(line[:30] for line in self.left_out[:3]))
            more = ", ..." if len(self.left_out) > 3 else ""
            self.remarks.append(
                f"lines for Jupyter itself were left out: {lines}{more}"
            )
        return Extracted(exercises, own, self.remarks)

    # pieces

    def _pieces(self, cell: Cell) -> Iterator[_Piece]:
        if cell.kind != CODE:
            yield from self._text_piece(cell)
            return
        source, dropped = plain_python(cell.source)
        if _plain(cell.source) not in self.released.known:
            self.left_out += dropped
        parts = self._parts(source)
        if len(parts) > 1:
            told = ", ".join(number for number, _ in parts)
            self.remarks.append(f"exercises {told} stood in one cell")
            yield from (_Piece(part, number) for number, part in parts)
            return
        number, identity = self._ours(_marker(source)), self._ours(_by_id(cell))
        inside = next(
            (n for _, n in self._marks(source) if self._answers(n, source)), ""
        )
        yield _Piece(source, number, identity or inside)

    def _text_piece(self, cell: Cell) -> Iterator[_Piece]:
        """Yield an exercise whose code cell was made a text cell by accident."""
        number = self._ours(_by_id(cell))
        if not number and re.match(r"\s*# Exercise [\w.]+[ :]*\n", cell.source):
            number = self._ours(_marker(cell.source))
        if number and _tree(cell.source):
            yield _Piece(cell.source, number, text=True)

    def _parts(self, source: str) -> list[tuple[str, str]]:
        """Cut a cell at the markers of exercises, where each part is an answer."""
        marks, lines = self._marks(source), source.split("\n")
        if len({number for _, number in marks}) < 2:
            return [("", source)]
        starts = [0, *[index for index, _ in marks[1:]]]
        ends = [*starts[1:], len(lines)]
        cut = zip(marks, starts, ends, strict=True)
        parts = [(number, "\n".join(lines[a:b])) for (_, number), a, b in cut]
        answered = all(
            _tree(part)
            and (self._answers(number, part) or self._is_blank(part, number))
            for number, part in parts
        )
        return parts if answered else [("", source)]

    def _marks(self, source: str) -> list[tuple[int, str]]:
        """Return the lines that are nothing but a marker, or are the first: number."""
        lines = source.split("\n")
        first = next((n for n, line in enumerate(lines) if line.strip()), 0)
        return [
            (index, number)
            for index, line in enumerate(lines)
            if (index == first or _ONLY_MARKER.match(line))
            and (number := self._ours(_marker(line)))
        ]

    def _answers(self, number: str, source: str) -> bool:
        """Whether a source sets a name that the exercise answers."""
        return bool(self.released.answers.get(number, frozenset()) & _bound(source))

    def _ours(self, number: str) -> str:
        return number if number in self.released.exercises else ""

    # one exercise

    def _exercise(self, number: str) -> str | None:
        marked = [p for p in self.pieces if p.number == number and not p.text]
        by_id = [p for p in self.pieces if p.identity == number and not p.number]
        filled = [p for p in marked + by_id if not self._is_blank(p.source, number)]
        for tier in (marked, by_id):
            answers = [
                p for p in tier if p in filled and self._answers(number, p.source)
            ]
            if answers:
                return self._taken(answers[-1], number, len(answers))
        elsewhere = self._elsewhere(number)
        if not filled:
            return elsewhere or self._blank(marked + by_id)
        last = self._taken(filled[-1], number, 1)
        return f"{last}\n\n{elsewhere}" if elsewhere else last

    def _taken(self, piece: _Piece, number: str, several: int) -> str:
        if several > 1:
            self.remarks.append(
                f"exercise {number} was answered in {several} cells; the last was taken"
            )
        piece.used = True
        parts = [piece, *self._continued(piece, number)]
        if len(parts) > 1:
            self.remarks.append(
                f"exercise {number} was answered in {len(parts)} cells, all were taken"
            )
        return "\n\n".join(part.source for part in parts)

    def _continued(self, piece: _Piece, number: str) -> list[_Piece]:
        """Return own cells between an answer and its check that set its names, too."""
        wanted = self.released.answers.get(number, frozenset())
        found: list[_Piece] = []
        for other in self.pieces[self.pieces.index(piece) + 1 :]:
            if number in _checked(other.source):
                for each in found:
                    each.used = True
                return found
            if other.used or other.number or other.identity:
                continue
            if wanted & _bound(other.source) and not self._is_lessons(other.source):
                found.append(other)
        return []

    def _elsewhere(self, number: str) -> str | None:
        """Return an answer that is in no cell of its exercise, where it is clear."""
        for piece in self.pieces:
            if (
                piece.text
                and piece.number == number
                and not self._is_blank(piece.source, number)
            ):
                self.remarks.append(f"exercise {number} stood in a text cell")
                piece.used = True
                return piece.source
        return self._by_answers(number)

    def _by_answers(self, number: str) -> str | None:
        wanted = self.released.answers.get(number)
        if not self._is_of_lesson():
            return None
        own = [p for p in self.pieces if self._could_be_answer(p)]
        found = [p for p in own if wanted and wanted <= _bound(p.source)]
        above = self._above_check(number)
        last = [p for p in above if p in found][-1:]
        parts = [p for p in above if wanted and wanted & _bound(p.source)]
        if last:
            found = last
        elif (
            not found
            and wanted
            and wanted <= frozenset().union(*(_bound(p.source) for p in parts))
        ):
            found = parts
        elif len(found) != 1:
            return None
        for piece in found:
            piece.used = True
        names = ", ".join(sorted(wanted or ()))
        one = f"the one that sets {names} was taken"
        self.remarks.append(
            f"exercise {number} was not in its own cell; "
            + (one if len(found) == 1 else f"those that set {names} were taken")
        )
        return "\n\n".join(piece.source for piece in found)

    def _is_of_lesson(self) -> bool:
        """Whether exercises are marked or checked, or cells stayed as they were."""
        for piece in self.pieces:
            checked = any(map(self._ours, _checked(piece.source)))
            if piece.number or piece.identity or checked:
                return True
        return _same_cells((p.source for p in self.pieces), self.released) >= _ENOUGH

    def _could_be_answer(self, piece: _Piece) -> bool:
        taken = piece.number or piece.text or piece.used
        return not taken and not self._is_lessons(piece.source)

    def _above_check(self, number: str) -> list[_Piece]:
        """Return the own cells above the last check of an exercise.

        They begin behind the check of the exercise before it.
        """
        above: list[_Piece] = []
        since: list[_Piece] = []
        for piece in self.pieces:
            checked = [each for each in _checked(piece.source) if self._ours(each)]
            if self._could_be_answer(piece):
                since.append(piece)
            if number in checked:
                above += since
            if checked:
                since = []
        return above

    def _blank(self, pieces: list[_Piece]) -> str | None:
        for piece in pieces:
            piece.used = True
        return pieces[-1].source if pieces else None

    def _is_blank(self, source: str, number: str) -> bool:
        blank = self.released.exercises[number]
        return bool({"", *_forms(blank)} & _forms(source))

    # own code

    def _own(self, piece: _Piece) -> str:
        if piece.used or piece.text or _does_nothing(piece.source):
            return ""
        if piece.number and self._is_blank(piece.source, piece.number):
            return ""
        if _SETUP.search(piece.source):
            return self._added_to_setup(piece.source)
        return "" if self._is_lessons(piece.source) else piece.source

    def _added_to_setup(self, source: str) -> str:
        """Return the lines that a learner put into the first cell."""
        kept = [
            line
            for line in source.split("\n")
            if line.strip() not in self.released.setup | {""} and "start" not in line
        ]
        rest = "\n".join(kept)
        return rest if _tree(rest) and not _does_nothing(rest) else ""

    def _is_lessons(self, source: str) -> bool:
        """Whether a cell is the lesson's own: unchanged, or nothing but a service."""
        if _plain(source) in self.released.known or _is_service(source):
            return True
        return bool(_forms(source) & self.released.known)


# -- cells -----------------------------------------------------------------------------


def _number(cell: Cell) -> str:
    return _marker(cell.source) or _by_id(cell)


def _marker(source: str) -> str:
    """Return the number of the exercise that the first line marks, or ""."""
    found = _MARKER.match(source.lstrip("\ufeff \t\n"))
    return f"{found[1].upper().lstrip('0') or '0'}.{int(found[2])}" if found else ""


def _anywhere(source: str) -> str:
    return next(filter(None, map(_marker, source.split("\n"))), "")


def _by_id(cell: Cell) -> str:
    found = _ID.match(cell.id)
    return f"{found[1].upper()}.{found[2]}" if found else ""


def _checked(source: str) -> list[str]:
    """Return the numbers of the exercises that a cell checks."""
    return [f"{a.upper()}.{b}" for a, b in _CHECKED.findall(source)]


def _is_setup(cell: Cell) -> bool:
    return cell.id == "setup" or bool(_SETUP.search(cell.source))


def _is_service(source: str) -> bool:
    """Whether a cell only asks for a check, a hint, a solution, the progress."""
    if not _SERVICE.search(source):
        return False
    tree = _tree(source)
    return bool(tree and tree.body) and all(map(_asks, tree.body if tree else []))


def _does_nothing(source: str) -> bool:
    """Whether a source is blank, remarks, or what is left of Jupyter's own lines."""
    tree = _tree(source)
    if tree is None:
        return not _plain(source)
    return all(isinstance(each, ast.Pass) for each in tree.body)


def _asks(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Call)
        and isinstance(statement.value.func, ast.Name)
        and statement.value.func.id in _SERVICES
    )


# -- source ----------------------------------------------------------------------------


def _lines(source: str) -> Iterator[str]:
    for line in source.split("\n"):
        if told := line.strip():
            yield told


def _plain(source: str) -> str:
    """Return a source without comments' lines, blank lines, and spaces at line ends."""
    lines = [line.rstrip() for line in source.split("\n")]
    return "\n".join(x for x in lines if x and not x.lstrip().startswith("#"))


@functools.lru_cache(maxsize=1024)
def _forms(source: str) -> frozenset[str]:
    """Return the forms by which two sources are the same: as text, and as a tree."""
    tree = _tree(source)
    forms = {_plain(source)}
    if tree is not None:
        with contextlib.suppress(RecursionError):
            forms.add(ast.dump(tree) if tree.body else "")
    return frozenset(forms)


@functools.lru_cache(maxsize=256)
def _tree(source: str) -> ast.Module | None:
    """Return the tree of a source, or None where it is no Python, or very long."""
    if len(source) > _LONGEST_TREE:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


@functools.lru_cache(maxsize=1024)
def _bound(source: str) -> frozenset[str]:
    """Return the names that a source sets at module level, even a broken one."""
    tree = _tree(source)
    if tree is None:
        found = re.findall(
            r"^(?:def|class)\s+(\w+)|^(\w+)\s*(?::[^=\n]*)?=[^=]", source, re.MULTILINE
        )
        return frozenset(a or b for a, b in found)
    return frozenset(_bound_by(tree.body))


def _bound_by(body: Sequence[ast.stmt]) -> Iterator[str]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from ((a.asname or a.name).split(".")[0] for a in node.names)
        else:
            for each in ast.walk(node):
                if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store):
                    yield each.id


def _read(source: str) -> frozenset[str]:
    tree = _tree(source)
    walked = ast.walk(tree) if tree else ()
    return frozenset(n.id for n in walked if isinstance(n, ast.Name))
