"""Write what Sphinx reads: pages of lessons, documents, results and data sets."""

import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import nbformat

from helpers.authoring.course import Course
from helpers.authoring.course_map import colab_address, course_rows
from helpers.authoring.relinked import relinked
from helpers.authoring.source import Lesson
from helpers.authoring.terms import Term, glossary_source, read_glossary
from helpers.book.lessons import lesson_page
from helpers.book.links import linked_terms
from helpers.book.pages import (
    RESULTS,
    cards_page,
    front_page,
    help_page,
    llms_text,
    results_page,
)
from helpers.datasets.cards import cards

_DOCS = (
    "agenda",
    "first-lecture",
    "algorithms",
    "glossary",
    "domains",
    "references",
    "detectors-in-use",
    "streams",
    "traces",
)
_TEACHERS = ("instructor-guide", "writing-lessons", "writing-detectors")
_DATA = ("README", "STREAMS", "LICENSES")


@dataclass
class Book:
    """One edition: its lessons, and the text of all other pages by path."""

    course: Course
    lessons: list[Lesson]
    pages: dict[str, str]
    llms: str  # llms.txt
    teacher: bool = False

    @classmethod
    def of(cls, course: Course, *, teacher: bool = False) -> "Book":
        """Return the edition for learners, or the teacher's."""
        lessons = course.lessons()
        rows = course_rows(course, lessons)
        pages = _documents(course, teacher)
        pages["datasets/cards.md"] = cards_page(cards().values())
        pages[RESULTS] = results_page(pages[RESULTS], sorted(pages))
        front, help_ = (_text(course, f"docs/book/{n}.txt") for n in ("front", "help"))
        pages["help.md"] = help_page(help_, course.repository)
        pages["index.md"] = front_page(front, rows, pages, teacher=teacher)
        return cls(course, lessons, pages, llms_text(rows, pages), teacher)

    def write(self, folder: Path) -> None:
        """Write the sources of the edition into `folder`, in place of what is there."""
        shutil.rmtree(folder, ignore_errors=True)
        for name, text in self.pages.items():
            _write(folder / name, self._linked(text, name))
        _write(folder / "extra" / "llms.txt", self.llms)
        (folder / "downloads").mkdir()
        for lesson in self.lessons:
            _write(folder / _page(lesson), self._lesson(lesson))
            shutil.copy(self.course.learner(lesson), folder / "downloads")
        for name in self._pictures:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(self.course.root / name, folder / name)

    @cached_property
    def _pictures(self) -> tuple[str, ...]:
        images = (self.course.root / "docs" / "images" / "lecture").glob("*.png")
        drawn = sorted(self.course.label(path) for path in images)
        return (*_in_results(self.course, "*.png"), *drawn)

    @cached_property
    def _terms(self) -> list[Term]:
        return read_glossary(glossary_source(self.course))

    @cached_property
    def _known(self) -> frozenset[str]:
        """What a link can lead to."""
        return frozenset((*self.pages, *map(_page, self.lessons), *self._pictures))

    def _lesson(self, lesson: Lesson) -> str:
        """Return the page of a lesson; its first cell says how to get the notebook."""
        page = lesson_page(self.course, lesson, teacher=self.teacher)
        prose = [cell for cell in page.cells if cell.cell_type == "markdown"]
        texts = [self._linked(cell.source, _page(lesson)) for cell in prose]
        texts = linked_terms(texts, self._terms, glossary="../docs/glossary.md")
        for cell, text in zip(prose, texts, strict=True):
            cell.source = text
        page.cells[0].source += f"\n\n{_doors(self.course, lesson.name)}"
        return nbformat.writes(page)

    def _linked(self, text: str, page: str) -> str:
        address = self.course.files_address
        return relinked(text, page=page, pages=self._known, address=address)


def _documents(course: Course, teacher: bool) -> dict[str, str]:
    """Return the texts that the repository has already, by path from its root."""
    names = [f"docs/{name}.md" for name in (*_DOCS, *(_TEACHERS if teacher else ()))]
    names += _in_results(course, "*.md")
    names += [f"datasets/{name}.md" for name in _DATA]
    return {name: _text(course, name) for name in names}


def _text(course: Course, name: str) -> str:
    return (course.root / name).read_text(encoding="utf-8")


def _in_results(course: Course, pattern: str) -> tuple[str, ...]:
    found = (course.root / "docs" / "results").rglob(pattern)
    return tuple(sorted(path.relative_to(course.root).as_posix() for path in found))


def _page(lesson: Lesson) -> str:
    return f"notebooks/{lesson.name}.ipynb"


def _doors(course: Course, name: str) -> str:
    """Return the line with the ways to a lesson's notebook."""
    doors = [f"{{download}}`Download the notebook <../downloads/{name}.ipynb>`"]
    if address := colab_address(course, name):
        doors.append(f"[open it in Colab]({address})")
    return " or ".join(doors) + ": here you read, there you do."


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
