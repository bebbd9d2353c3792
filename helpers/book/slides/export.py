"""Write decks by nbconvert, with formulas as MathML and reveal.js beside them."""

import shutil
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from importlib.resources import as_file, files
from pathlib import Path
from string import Template

from latex2mathml.converter import convert
from nbconvert.exporters import SlidesExporter, TemplateExporter
from nbconvert.filters import Highlight2HTML
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode

from helpers.authoring.course import Course
from helpers.authoring.course_map import course_rows
from helpers.authoring.relinked import relinked
from helpers.authoring.source import Lesson
from helpers.book.lessons import Shown, shown_cells
from helpers.book.slides.agenda import AGENDA, LECTURE_DECK, agenda_text, deck_name
from helpers.book.slides.decks import deck
from helpers.book.slides.documents import document_cells
from helpers.files import read_text

LECTURE = ("docs/first-lecture.md", "docs/domains.md", "docs/algorithms.md")
_STYLES = ("slides.css", "index.css")
# of all that reveal.js has: what the pages ask for, and the licences
REVEAL = (
    "LICENSE",
    "dist/reset.css",
    "dist/reveal.css",
    "dist/reveal.js",
    "dist/theme/fonts/source-sans-pro",
    "plugin/notes/notes.js",
)


class _Renderer(IPythonRenderer):
    """Markdown as HTML that needs no script: formulas are MathML."""

    def block_math(self, body: str) -> str:
        return convert(body, display="block")

    def inline_math(self, body: str) -> str:
        return convert(body)


def html_of(text: str) -> str:
    """Return markdown as HTML, formulas as MathML."""
    renderer = _Renderer(escape=False, exclude_anchor_links=True)
    return MarkdownWithMath(renderer=renderer).render(text)


class _Exporter(SlidesExporter):
    """nbconvert's slides, with markdown as above."""

    def markdown2html(self, source: str) -> str:
        return html_of(source)

    def from_notebook_node(self, nb, resources=None, **kw):
        # nbconvert's own parses the page again to add what our template has already:
        # half of the time
        colours = Highlight2HTML(pygments_lexer="python", parent=self)
        self.register_filter("highlight_code", colours)
        filled = self._init_resources(resources or {})
        return TemplateExporter.from_notebook_node(self, nb, filled, **kw)


class Exporter:
    """Writes pages of slides; `folder` has their template and styles."""

    def __init__(self, folder: Path):
        self._folder = folder

    @cached_property
    def _exporter(self) -> _Exporter:
        return _Exporter(
            template_name="deck", extra_template_basedirs=[str(self._folder)]
        )

    def deck_page(self, slides: NotebookNode, title: str) -> str:
        """Return a notebook with slide types as a page of HTML."""
        slides.metadata["title"] = title
        page, _ = self._exporter.from_notebook_node(slides)
        return page

    def index_page(self, text: str) -> str:
        """Return a page of markdown as HTML."""
        template = Template(read_text(self._folder / "index.html"))
        title = text.splitlines()[0].lstrip("# ")
        return template.substitute(title=title, body=html_of(text))

    def write_parts(self, folder: Path) -> None:
        """Copy the styles, and reveal.js as PyPI has it, beside the decks."""
        for name in _STYLES:
            shutil.copy(self._folder / name, folder)
        with as_file(files("sphinx_revealjs") / "_static" / "revealjs") as reveal:
            for name in REVEAL:
                there = folder / "reveal" / name
                there.parent.mkdir(parents=True, exist_ok=True)
                copy = shutil.copytree if (reveal / name).is_dir() else shutil.copy
                copy(reveal / name, there)


def write_slides(
    course: Course, lessons: Sequence[Lesson], folder: Path, *, teacher: bool
) -> None:
    """Write the decks of lessons, the agenda and the notebooks into a new `folder`.

    Raises `KitError` where a lesson was not built.
    """
    exporter = Exporter(course.root / "docs" / "slides")
    rows = course_rows(course, lessons)
    (folder / "notebooks").mkdir(parents=True)
    exporter.write_parts(folder)
    for lesson, row in zip(lessons, rows, strict=True):
        slides = lesson_slides(course, lesson, teacher=teacher)
        page = exporter.deck_page(slides, f"{row.number} · {row.title}")
        (folder / deck_name(lesson.name)).write_text(page, encoding="utf-8")
        shutil.copy(course.learner(lesson), folder / "notebooks")
    lecture = exporter.deck_page(lecture_slides(course), "The first lecture")
    (folder / LECTURE_DECK).write_text(lecture, encoding="utf-8")
    text = read_text(course.root / AGENDA)
    agenda = agenda_text(text, rows, address=course.files_address)
    (folder / "index.html").write_text(exporter.index_page(agenda), encoding="utf-8")


def lesson_slides(course: Course, lesson: Lesson, *, teacher: bool) -> NotebookNode:
    """Return a lesson's slides as a notebook; its links lead out, or are words.

    Raises `KitError` where the lesson was not built.
    """
    shown = shown_cells(course, lesson, teacher=teacher)
    return deck(_linked(shown, course, course.label(course.learner(lesson))))


def lecture_slides(course: Course) -> NotebookNode:
    """Return the slides of the first lecture: its documents, one after the other."""
    shown: list[Shown] = []
    for name in LECTURE:
        path = course.root / name
        cells = document_cells(read_text(path), path.parent)
        shown += _linked(cells, course, name)
    return deck(shown)


def _linked(shown: Iterable[Shown], course: Course, page: str) -> Iterator[Shown]:
    """Yield cells whose links lead to the web, or are words; they stand on `page`."""
    for each in shown:
        if each.cell.cell_type == "markdown":
            each.cell.source = relinked(
                each.cell.source, page=page, pages=(), address=course.files_address
            )
        yield each
