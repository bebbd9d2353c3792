"""The glossary, and the rule that a term is defined before it is used.

`docs/glossary.toml` is the one source; `python -m helpers.authoring.terms` writes
`docs/glossary.md` from it, and `--list` lists what learners meet undefined.

A lesson defines a term where it sets it in bold (`**precision**`), or links it to the
glossary (`[precision](../docs/glossary.md#precision)`). The first cell of the course in
which a checked term stands has to do one of them. What code prints may be explained in
the prose after it. Opening cells (they promise) and teacher's notes are not asked.
"""

import re
import sys
import tomllib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import nbformat

from helpers.authoring import markdown
from helpers.authoring.course import Course
from helpers.authoring.derive import LEARNER_DROPS, reference_cells
from helpers.authoring.problems import Problem
from helpers.authoring.reading import blocks
from helpers.authoring.source import Cell, Lesson
from helpers.errors import KitError

_HEAD = """\
# Glossary

The terms of this course, in one or two sentences each. It is made from
[glossary.toml](glossary.toml): change a term there, then run
`python -m helpers.authoring.terms`.
"""
_KEYS = {"name", "text", "lesson", "th", "forms", "formula", "checked"}
_BOLD = re.compile(r"\*\*([^*]+)\*\*")


@dataclass(frozen=True)
class Term:
    """One term of the glossary; `forms` are the spellings that count as its use."""

    name: str
    text: str
    lesson: str
    th: str = ""
    forms: tuple[str, ...] = ()
    formula: str = ""
    checked: bool = False

    @property
    def anchor(self) -> str:
        """The fragment of its heading: "ROC-AUC" -> "roc-auc"."""
        return markdown.anchor(self.name)

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What finds a use of the term; names with capitals are found only so."""
        return re.compile("|".join(map(_form_pattern, self.forms or (self.name,))))

    def is_defined_in(self, source: str) -> bool:
        """Return whether a markdown text sets the term in bold, or links it."""
        target = f"glossary.md#{self.anchor}"
        linked = any(link.endswith(target) for _, link in markdown.links(source))
        return linked or any(map(self.is_all_of, _BOLD.findall(source)))

    def is_all_of(self, bold: str) -> bool:
        """Return whether words set in bold are this term and nothing else."""
        rest, uses = self.pattern.subn("", bold)
        return bool(uses) and not re.search(r"\w", rest)


def _form_pattern(form: str) -> str:
    if form.startswith("re:"):
        return form[3:]
    words = r"[\s-]+".join(map(re.escape, re.split(r"[\s-]", form)))
    sensitive = words if form != form.lower() else f"(?i:{words})"
    return rf"(?<![\w-]){sensitive}(?:s|es)?(?![\w-])"


# -- the glossary


def read_glossary(path: Path) -> list[Term]:
    """Return the terms in a glossary file, in the order of the alphabet.

    Raises `KitError` for unknown or missing fields, and for two terms of one name.
    """
    if not path.is_file():
        return []
    entries = tomllib.loads(path.read_text(encoding="utf-8"))["term"]
    for entry in entries:
        unknown = set(entry) - _KEYS
        missing = {"name", "text", "lesson"} - set(entry)
        if unknown or missing:
            odd = ", ".join(sorted(unknown | missing))
            name = entry.get("name", "a term without a name")
            raise KitError(f"{path.name}: {name}: unknown or missing: {odd}.")
    terms = [Term(**e | {"forms": tuple(e.get("forms", ()))}) for e in entries]
    anchors = [term.anchor for term in terms]
    twice = sorted({anchor for anchor in anchors if anchors.count(anchor) > 1})
    if twice:
        raise KitError(f"{path.name}: two terms lead to #{twice[0]}.")
    return sorted(terms, key=lambda term: term.name.lower())


def glossary_source(course: Course) -> Path:
    """Return where a course keeps its terms."""
    return course.root / "docs" / "glossary.toml"


def glossary_text(terms: Iterable[Term], lessons: Collection[str]) -> str:
    """Return the glossary's page; `lessons` are the numbers of those that exist."""
    return "\n".join([_HEAD, *(_entry(term, lessons) for term in terms)])


def _entry(term: Term, lessons: Collection[str]) -> str:
    lines = [f"## {term.name}", "", term.text]
    if term.formula:
        lines += ["", f"$${term.formula}$$"]
    if term.th:
        lines += ["", f"Thai: {term.th}"]
    if term.lesson in lessons:
        lines += ["", f"First in lesson {term.lesson}."]
    return "\n".join([*lines, ""])


# -- a term is defined before it is used


@dataclass(frozen=True)
class _Place:
    """Something a learner reads: a cell's prose, or what its code printed."""

    lesson: Lesson
    cell: Cell
    text: str
    is_output: bool

    def line_of(self, term: Term) -> int:
        found = term.pattern.search(markdown.without_code(self.cell.source))
        if self.is_output or not found:
            return self.cell.line
        return self.cell.line_of(found.start())


def undefined_terms(course: Course, terms: Iterable[Term]) -> list[Problem]:
    """Return where a checked term stands first in the course without a definition."""
    places = [place for lesson in course.lessons() for place in _read(course, lesson)]
    found = []
    for term in terms:
        first = _first_use(places, term) if term.checked else None
        if first is None or _is_defined(places, first, term):
            continue
        place = places[first]
        found.append(place.lesson.problem(place.line_of(term), _message(term)))
    return sorted(found)


def _message(term: Term) -> str:
    link = f"[{term.name}](../docs/glossary.md#{term.anchor})"
    return (
        f"{term.name!r} is used before it is defined: define it here, in bold, or "
        f"link it, {link}"
    )


def _first_use(places: list[_Place], term: Term) -> int | None:
    uses = (i for i, place in enumerate(places) if term.pattern.search(place.text))
    return next(uses, None)


def _is_defined(places: list[_Place], first: int, term: Term) -> bool:
    """Return whether the place defines the term; for output, the next prose may."""
    asked = [places[first]]
    if places[first].is_output:
        later = (p for p in places[first + 1 :] if not p.is_output)
        asked = [place for place in [next(later, None)] if place]
    return any(
        not place.is_output and term.is_defined_in(place.cell.source) for place in asked
    )


def _read(course: Course, lesson: Lesson) -> Iterator[_Place]:
    """Yield what a learner reads of a lesson after its opening cell, in order."""
    printed = _printed(course, lesson)
    for cell in lesson.cells[1:]:
        if cell.role in LEARNER_DROPS:
            continue
        if cell.kind == "markdown":
            text = "\n".join(blocks(cell.source, headings=True, tables=True))
            yield _Place(lesson, cell, text, is_output=False)
        elif cell.line in printed:
            yield _Place(lesson, cell, printed[cell.line], is_output=True)


def _printed(course: Course, lesson: Lesson) -> dict[int, str]:
    """Return {line of a cell: what it printed}, as its executed reference has it."""
    path = course.reference(lesson)
    if not path.is_file():
        return {}
    stored = nbformat.read(path, as_version=4).cells
    cells = reference_cells(lesson)
    if len(stored) != len(cells):  # not built since it changed
        return {}
    pairs = zip(cells, stored, strict=True)
    return {c.line: _output_text(s) for c, s in pairs if s.cell_type == "code"}


def _output_text(cell: nbformat.NotebookNode) -> str:
    texts = [
        output.get("text") or output.get("data", {}).get("text/plain", "")
        for output in cell.get("outputs", [])
    ]
    return "\n".join(texts)


def main(arguments: list[str]) -> None:
    """Write `docs/glossary.md`; with `--list`, list what learners meet undefined."""
    course = Course.here()
    source = glossary_source(course)
    terms = read_glossary(source)
    if "--list" in arguments:
        print(*undefined_terms(course, terms), sep="\n")
        return
    numbers = {lesson.number for lesson in course.lessons()}
    text = glossary_text(terms, numbers)
    source.with_suffix(".md").write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
