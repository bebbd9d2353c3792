"""The web book: what it shows, and what it keeps from learners."""

import gc
import importlib.util
import re
from contextlib import nullcontext
from pathlib import Path

import pytest
from browser import Visit, browser, needs_browser
from said import notes, squeezed, words_of

from helpers.authoring.course import Course
from helpers.authoring.relinked import relinked
from helpers.authoring.source import Lesson
from helpers.authoring.terms import Term
from helpers.book.cli import book
from helpers.book.folders import place_of
from helpers.book.links import linked_terms
from helpers.book.stage import Book
from helpers.errors import KitError
from helpers.grading.release.leaks import secret_lines

COURSE = Course.here()
needs_sphinx = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("sphinx", "myst_nb")),
    reason='sphinx is missing: make book, or pip install ".[book]"',
)


@pytest.fixture(scope="module")
def lessons() -> list[Lesson]:
    return COURSE.lessons()


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The learners' edition; Sphinx made it without a warning, or it were not there."""
    folder = tmp_path_factory.mktemp("book") / "site"
    book(out=folder)
    return folder


@pytest.fixture(scope="module")
def teachers(tmp_path_factory):
    folder = tmp_path_factory.mktemp("book") / "teachers"
    book(out=folder, teacher=True, epub=False)
    return folder


@needs_sphinx
def test_learners_get_no_line_of_a_solution_and_no_teachers_note(site, lessons):
    said = words_of(site)
    secret = [*secret_lines(lessons), *notes(lessons)]
    assert len(notes(lessons)) > 20
    assert [each for each in secret if squeezed(each) in said] == []


@needs_sphinx
def test_the_teachers_edition_has_both(teachers, lessons):
    said = words_of(teachers)
    for lesson in lessons:
        for cell in lesson.cells:
            if cell.role == "exercise":
                assert squeezed(cell.source) in said, cell.exercise
    missing = [each for each in notes(lessons) if squeezed(each) not in said]
    assert missing == []


@needs_sphinx
def test_every_lesson_has_its_page_its_notebook_and_its_line_in_llms_txt(site, lessons):
    listed = (site / "llms.txt").read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)]+)\)", listed)
    assert all((site / link).is_file() for link in links)
    for lesson in lessons:
        assert f"notebooks/{lesson.name}.html" in links
        blank = COURSE.learner(lesson).read_bytes()
        copies = list((site / "_downloads").rglob(f"{lesson.name}.ipynb"))
        assert [copy.read_bytes() for copy in copies] == [blank]


@needs_sphinx
def test_pictures_have_their_sentences_and_formulas_are_mathml(site):
    pages = [
        page.read_text(encoding="utf-8") for page in site.rglob("notebooks/*.html")
    ]
    images = [
        tag for page in pages for tag in re.findall(r"<img [^>]*_images[^>]*>", page)
    ]
    assert len(images) > 80
    assert [tag for tag in images if len(alt(tag)) < 20] == []
    glossary = (site / "docs" / "glossary.html").read_text(encoding="utf-8")
    assert glossary.count("<math") > 20
    assert "$$" not in glossary


def alt(tag: str) -> str:
    found = re.search(r'alt="([^"]*)"', tag)
    return found[1] if found else ""


@needs_sphinx
@needs_browser
def test_no_page_asks_the_web_for_anything_or_is_wider_than_a_phone(site):
    pages = sorted(site.rglob("*.html"))
    assert len(pages) > 40
    said = []
    with browser() as chromium:
        visit = Visit(chromium)
        visit.page.on("console", lambda told: said.append((told.type, told.text)))
        for page in pages:
            visit.page.goto(page.as_uri())
            for width in (390, 1280):
                visit.page.set_viewport_size({"width": width, "height": 720})
                assert visit.overflow() == 0, (page.name, width)
    assert visit.asked_outside == []
    assert visit.errors == []
    assert [text for kind, text in said if kind in ("error", "warning")] == []


@needs_sphinx
@needs_browser
def test_a_screen_reader_meets_no_obstacle(site):
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright",
        reason="axe is missing: pip install axe-playwright-python",
    )
    names = ("index", "notebooks/01_what_is_an_anomaly", "docs/results/claims")
    found = {}
    with browser() as chromium:
        page = Visit(chromium).page
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            for name in names:
                page.goto((site / f"{name}.html").as_uri())
                page.add_style_tag(content="* {transition: none !important}")
                told = axe.Axe().run(page).response
                assert told["passes"]
                found[scheme, name] = {each["id"] for each in told["violations"]}
    # the theme has the site's name outside of all landmarks; Markdown, empty corners
    known = {"region", "empty-table-header"}
    assert set().union(*found.values()) <= known, found
    text = (site / "notebooks" / "01_what_is_an_anomaly.html").read_text("utf-8")
    assert "<th></th>" not in text


@needs_sphinx
def test_what_the_themes_makers_work_with_is_no_part_of_the_site(site):
    names = [path.name for path in site.rglob("*")]
    assert [each for each in names if each.endswith(".map") or "macros" in each] == []


@needs_sphinx
@needs_browser
def test_search_finds_a_lesson_from_a_file(site):
    with browser() as chromium:
        visit = Visit(chromium)
        visit.page.goto(f"{(site / 'search.html').as_uri()}?q=SMOTE")
        first = visit.page.locator("#search-results li a").first
        first.wait_for(timeout=10_000)
        assert "Imbalanced" in " ".join(
            visit.page.locator("#search-results li a").all_inner_texts()
        )


@needs_sphinx
def test_a_folder_that_is_no_book_is_left_alone(tmp_path, monkeypatch):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(KitError, match="no book"):
        book(out=tmp_path, epub=False)
    assert (tmp_path / "mine.txt").read_text() == "mine"


@pytest.mark.parametrize("usual", ["build/book", "build/slides"])
def test_the_teachers_edition_never_takes_the_place_of_the_class_s(usual):
    assert place_of(None, usual, teacher=False) == Path(usual)
    assert place_of(None, usual, teacher=True) == Path(f"{usual}-teacher")
    assert place_of(Path("mine"), usual, teacher=True) == Path("mine")


def in_place_of_sphinx(monkeypatch, faulty=(), meanwhile=lambda: None):
    """Let another class than Sphinx build nothing, with faults for some builders."""

    class Builds:
        def __init__(self, sources, settings, out, trees, builder, *_, **options):
            self.out, self.builder = Path(out), builder
            self.statuscode = int(builder in faulty)
            self.begin = lambda: None

        def connect(self, event, begin):
            assert event == "write-started"
            self.begin = begin

        def build(self):
            meanwhile()
            self.begin()
            self.out.mkdir()
            (self.out / f"a.{self.builder}").write_text(self.builder)

    monkeypatch.setattr("sphinx.application.Sphinx", Builds)
    monkeypatch.setattr(Book, "write", lambda book, folder: None)


@needs_sphinx
def test_who_names_no_folder_gets_one_for_each_edition(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    in_place_of_sphinx(monkeypatch)
    for teacher in (False, True):
        book(teacher=teacher, epub=False)
    found = sorted(path.name for path in (tmp_path / "build").iterdir())
    assert found == ["book", "book-teacher"]


@needs_sphinx
@pytest.mark.parametrize("works", [True, False])
def test_no_garbage_is_looked_for_while_a_book_is_built(tmp_path, monkeypatch, works):
    looked_for = []
    in_place_of_sphinx(
        monkeypatch,
        faulty=() if works else ("html",),
        meanwhile=lambda: looked_for.append(gc.isenabled()),
    )
    with nullcontext() if works else pytest.raises(KitError, match="faults"):
        book(out=tmp_path / "book", epub=False)
    assert looked_for == [False]
    assert gc.isenabled()


@needs_sphinx
@pytest.mark.parametrize("methods", [["fork"], ["spawn"]])
def test_an_epub_is_written_beside_the_site_or_after_it(
    tmp_path, monkeypatch, methods, capfd
):
    monkeypatch.setattr("multiprocessing.get_all_start_methods", lambda: methods)
    in_place_of_sphinx(monkeypatch)
    book(out=tmp_path / "book")
    assert (tmp_path / "book" / "anomaly-detection.epub").read_text() == "epub"
    in_place_of_sphinx(monkeypatch, faulty=("epub",))
    with pytest.raises(KitError, match=r"^The book \(epub\) has the faults above"):
        book(out=tmp_path / "another")
    assert not (tmp_path / "another").exists()


PAGES = {"docs/a.md", "docs/results/b.md"}


@pytest.mark.parametrize(
    ("text", "address", "expected"),
    [
        ("see [b](results/b.md#x)", "", "see [b](results/b.md#x)"),
        ("see [`code` it](../LICENSE)", "", "see `code` it"),
        (
            "see [it](../LICENSE)",
            "https://e.org/k",
            "see [it](https://e.org/k/LICENSE)",
        ),
        (
            "see [it](../x.py#L3)",
            "https://e.org/k",
            "see [it](https://e.org/k/x.py#L3)",
        ),
        (
            "[out](https://e.org) [here](#there)",
            "",
            "[out](https://e.org) [here](#there)",
        ),
        (
            "`[a](b.md)` and ```\n[a](b.md)\n```",
            "",
            "`[a](b.md)` and ```\n[a](b.md)\n```",
        ),
        ("![a picture](gone.png)", "", "![a picture](gone.png)"),
        ("[[1]](gone.md), [two](gone.md)", "", "[1], two"),
    ],
)
def test_links_lead_to_the_book_to_the_web_or_are_words(text, address, expected):
    assert relinked(text, page="docs/a.md", pages=PAGES, address=address) == expected


TERMS = [Term("recall", "", "02"), Term("F1", "", "02", forms=("F1 score", "F1"))]


def test_a_term_leads_to_the_glossary_where_it_stands_in_bold_first():
    texts = [
        "recall, `**recall**`, [**F1**](#x) and **more recall**",
        "**Recall** is a share. **Predict** the **F1\nscore**: **recall** again.",
    ]
    assert linked_terms(texts, TERMS, glossary="g.md") == [
        texts[0],
        "[**Recall**](g.md#recall) is a share. **Predict** the "
        "[**F1\nscore**](g.md#f1): **recall** again.",
    ]


@needs_sphinx
def test_terms_of_lessons_lead_to_entries_of_the_glossary(site):
    glossary = (site / "docs" / "glossary.html").read_text(encoding="utf-8")
    lesson = next(site.glob("notebooks/02_*.html")).read_text(encoding="utf-8")
    anchors = set(re.findall(r'href="\.\./docs/glossary\.html#([^"]+)"', lesson))
    assert len(anchors) > 15
    assert {each for each in anchors if f'id="{each}"' not in glossary} == set()


@pytest.mark.parametrize("address", ["", "https://github.com/someone/kit"])
def test_a_lesson_opens_in_colab_where_the_kit_has_an_address(
    tmp_path, monkeypatch, lessons, address
):
    monkeypatch.setattr(Course, "repository", address)
    Book(COURSE, lessons[:1], {}, "").write(tmp_path)
    (page,) = tmp_path.glob("notebooks/*.ipynb")
    text = page.read_text(encoding="utf-8")
    opens = f"colab.research.google.com/github/someone/kit/blob/v{COURSE.version}/"
    assert text.count("colab.research.google.com") == text.count(opens) == bool(address)
    assert "Download the notebook" in text


def test_without_the_extra_it_is_a_line(tmp_path, monkeypatch):
    monkeypatch.setattr("helpers.extras.find_spec", lambda name: None)
    with pytest.raises(KitError, match=r'^workshop book needs sphinx: pip install "an'):
        book(out=tmp_path / "site")
    assert not (tmp_path / "site").exists()
