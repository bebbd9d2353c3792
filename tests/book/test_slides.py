"""Slides: none taller than a projector, nothing from the web, nothing given away."""

import base64
import importlib.util
import io
import re
import shutil
from datetime import datetime, timedelta

import pytest
from browser import Visit, browser, needs_browser
from nbformat import v4
from PIL import Image
from said import notes, squeezed, words_of

from helpers.authoring.course import Course
from helpers.authoring.course_map import course_rows
from helpers.book import lecture
from helpers.book.lessons import SOLUTION, Shown
from helpers.book.slides.agenda import AGENDA, agenda_text
from helpers.book.slides.cli import slides
from helpers.book.slides.decks import deck
from helpers.book.slides.outputs import picture_size
from helpers.errors import KitError
from helpers.grading.release.leaks import secret_lines

COURSE = Course.here()
LESSONS = COURSE.lessons()
needs_reveal = pytest.mark.skipif(
    any(importlib.util.find_spec(n) is None for n in ("nbconvert", "sphinx_revealjs")),
    reason='sphinx-revealjs is missing: make slides, or pip install ".[book]"',
)


@pytest.fixture(scope="module")
def decks(tmp_path_factory):
    """The learners' slides of all lessons."""
    folder = tmp_path_factory.mktemp("slides") / "learners"
    slides(out=folder)
    return folder


@pytest.fixture(scope="module")
def teachers(tmp_path_factory):
    """The teacher's slides of a short lesson."""
    folder = tmp_path_factory.mktemp("slides") / "teachers"
    slides(["00"], out=folder, teacher=True)
    return folder


@needs_reveal
def test_learners_get_no_line_of_a_solution_and_no_teachers_note(decks):
    said = words_of(decks)
    secret = [*secret_lines(LESSONS), *notes(LESSONS)]
    assert [each for each in secret if squeezed(each) in said] == []


@needs_reveal
def test_the_first_page_leads_to_every_deck_and_every_notebook(decks):
    index = (decks / "index.html").read_text(encoding="utf-8")
    links = re.findall(r'href="([^"]+)"', index)
    wanted = [f"{each.name}.html" for each in LESSONS]
    wanted += ["first-lecture.html"]
    wanted += [f"notebooks/{each.name}.ipynb" for each in LESSONS]
    assert sorted(set(wanted) - set(links)) == []
    assert [link for link in links if not (decks / link).is_file()] == []
    blank = COURSE.learner(LESSONS[1])
    assert (decks / "notebooks" / blank.name).read_bytes() == blank.read_bytes()


# All slides side by side, each with its size, its smallest letters and its faintest.
MEASURED = """() => {
  const style = document.createElement('style');
  style.textContent = `.slides, .slides section { position: static !important;
    display: block !important; transform: none !important; width: 1280px !important;
    height: auto !important; visibility: visible !important; }`;
  document.head.append(style);
  const light = colour => {
    const [r, g, b] = colour.match(/[\\d.]+/g).map(part => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = part => {
    for (let at = part; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (!/, 0\\)$/.test(colour)) return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  const contrasts = {};
  const contrast = (ink, paper) => contrasts[ink + paper] ??= (() => {
    const [dark, bright] = [light(ink), light(paper)].sort((a, b) => a - b);
    return (bright + 0.05) / (dark + 0.05);
  })();
  return Reveal.getSlides().map(slide => {
    const told = [...slide.querySelectorAll('*')].filter(part => !part.closest('aside')
      && [...part.childNodes].some(node => node.nodeType == 3 && node.data.trim()));
    const looks = told.map(part => [getComputedStyle(part), ground(part)]);
    return {
      title: slide.querySelector('h1, h2, h3')?.innerText,
      width: slide.scrollWidth,
      height: Math.ceil(slide.getBoundingClientRect().height),
      letters: Math.min(99, ...looks.map(([style]) => parseFloat(style.fontSize))),
      contrast: Math.min(99, ...looks.map(([s, paper]) => contrast(s.color, paper))),
    };
  });
}"""


def opened(visit, page):
    visit.page.goto(page.as_uri())
    visit.page.wait_for_function("window.Reveal && Reveal.isReady()")


@needs_reveal
@needs_browser
def test_every_slide_fits_and_can_be_read_from_the_back_without_the_web(decks):
    with browser() as chromium:
        visit = Visit(chromium)
        for name in (*(each.name for each in LESSONS), "first-lecture"):
            opened(visit, decks / f"{name}.html")
            found = visit.page.evaluate(MEASURED)
            assert len(found) > 10
            # the number of the slide and the arrows stand in the last 20 pixels
            unfit = [
                each
                for each in found
                if not each["title"]
                or each["height"] > 700
                or each["width"] > 1280
                or each["letters"] < 18
                or each["contrast"] < 4.5
            ]
            assert unfit == [], name
        visit.page.goto((decks / "index.html").as_uri())
        assert visit.overflow() == 0
    assert visit.asked_outside == []
    assert visit.errors == []


@needs_reveal
@needs_browser
def test_the_speakers_view_has_the_notes_and_a_solution_its_own_slide(teachers):
    (lesson,) = (each for each in LESSONS if each.number == "00")
    (note,) = lesson.having("teacher-note")
    with browser() as chromium:
        visit = Visit(chromium)
        opened(visit, teachers / f"{lesson.name}.html")
        at = visit.page.evaluate(
            "Reveal.getSlides().findIndex(each => each.querySelector('aside'))"
        )
        visit.page.evaluate(
            "at => { const i = Reveal.getIndices(Reveal.getSlides()[at]);"
            " Reveal.slide(i.h, i.v); }",
            at,
        )
        assert "SOLUTION" not in visit.page.inner_text(
            "section.present section.present"
        )
        with visit.page.expect_popup() as popup:
            visit.page.keyboard.press("s")
        told = popup.value.locator(".speaker-controls-notes .value")
        told.wait_for(timeout=10_000)
        assert squeezed(note.source)[:40] in squeezed(told.inner_text())
    assert visit.errors == []


@needs_reveal
def test_a_folder_that_has_no_slides_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(KitError, match="is no set of slides"):
        slides(["00"], out=tmp_path)
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_without_the_extra_it_is_a_line(tmp_path, monkeypatch):
    monkeypatch.setattr("helpers.extras.find_spec", lambda name: None)
    with pytest.raises(KitError, match=r"^workshop slides needs nbconvert: pip"):
        slides(out=tmp_path / "slides")


# -- the rules by which cells become slides


def text(source, role=None):
    return Shown(role, v4.new_markdown_cell(source))


def code(source, *outputs, role=None):
    return Shown(role, v4.new_code_cell(source, outputs=list(outputs)))


def printed(told):
    return v4.new_output("stream", text=told)


def picture(width, height, alt="A picture."):
    png = io.BytesIO()
    Image.new("L", (width, height)).save(png, "png")
    data = {"image/png": base64.b64encode(png.getvalue()).decode()}
    about = {"image/png": {"alt": alt}}
    return v4.new_output("display_data", data=data, metadata=about)


def kinds(*shown):
    """The types and the first lines of the cells of a deck."""
    return [
        (cell.metadata.slideshow.slide_type, cell.source.split("\n")[0])
        for cell in deck(shown).cells
    ]


def test_headings_begin_slides_and_exercises_a_slide_below():
    found = kinds(text("# 03 · Rare\n\nWords."), text("## A part\n\n### Exercise 3.1"))
    assert found == [
        ("slide", "# 03 · Rare"),
        ("-", "Words."),
        ("slide", "## A part"),
        ("subslide", "### Exercise 3.1"),
    ]


def test_what_has_no_room_goes_below_with_the_same_title():
    words = "Long words come here, one after the other. " * 14
    found = kinds(text(f"## A part\n\n{words}\n\n{words}\n\n{words}"))
    assert [kind for kind, _ in found] == ["slide", "-", "-", "subslide", "-"]
    assert found[3] == ("subslide", "## A part")


def test_a_paragraph_longer_than_a_slide_is_parted_between_sentences():
    sentence = "A sentence of forty letters, or nearly so."
    parts = [line for kind, line in kinds(text(" ".join([sentence] * 60)))]
    told = [part for part in parts if part.startswith("A sentence")]
    assert len(told) > 1
    assert all(part.endswith("so.") for part in told)
    assert " ".join(told) == " ".join([sentence] * 60)


def test_long_code_is_parted_between_statements_with_their_comments():
    block = "# what it is for\ndef f(x):\n    return (\n        x\n    )\n\n\n"
    cells = deck([text("## A part"), code(block * 6)]).cells
    parts = [cell.source for cell in cells if cell.cell_type == "code"]
    assert len(parts) > 1
    assert all(part.startswith("# what it is for") for part in parts)
    assert "".join(parts).count("return") == 6


def test_code_that_is_one_long_statement_is_parted_anyhow():
    lines = [f"    x = {number}" for number in range(60)]
    cells = deck([text("## A part"), code("\n".join(["def f():", *lines]))]).cells
    parts = [cell.source for cell in cells if cell.cell_type == "code"]
    assert "\n".join(parts).split("\n") == ["def f():", *lines]
    assert all(part.count("\n") < 23 for part in parts)


def test_an_exercise_is_followed_by_a_slide_of_its_solution_and_its_section():
    found = kinds(
        text("## A part\n\nWords.\n\n### Exercise 3.1\n\nDo."),
        code("x = ...", role="exercise"),
        code("x = 1", role=SOLUTION),
        text("Ask them.", role="teacher-note"),
        code("check('3.1', x)", role="check"),
        text("More words."),
    )
    assert found[3:] == [
        ("-", "Do."),
        ("-", "x = ..."),
        ("subslide", "## Exercise 3.1"),
        ("-", "x = 1"),
        ("notes", "Ask them."),
        ("-", "check('3.1', x)"),
        ("subslide", "## A part"),
        ("-", "More words."),
    ]


def test_what_is_to_be_predicted_comes_with_a_key():
    asked = deck([text("**Predict** it."), code("print(1)", printed("1\n"))]).cells
    told = deck([text("See it."), code("print(1)", printed("1\n"))]).cells
    assert asked[-1].metadata.slideshow.slide_type == "fragment"
    assert asked[-2].metadata.slideshow.slide_type == "-"
    assert told[-1].metadata.slideshow.slide_type == "-"


def html_table(rows):
    body = "".join(f"<tr><td>{row}</td></tr>" for row in range(rows))
    table = f"<table><thead><tr><th>n</th></tr></thead><tbody>{body}</tbody></table>"
    return v4.new_output("execute_result", data={"text/html": table})


@pytest.mark.parametrize(("rows", "cut"), [(8, False), (80, True)])
def test_a_long_table_is_cut_and_says_so(rows, cut):
    *_, cell = deck([text("## A part"), code("", html_table(rows))]).cells
    shown = cell.outputs[0].data["text/html"]
    left = shown.count("<td>")
    assert (left < rows) == cut
    told = f"The first {left} of {rows} rows; all of them are in the notebook."
    assert (told in shown) == cut


def test_a_markdown_table_goes_on_below_with_its_head():
    rows = [f"| {number} | {'words ' * 20}|" for number in range(30)]
    table = "\n".join(["| a | b |", "|---|---|", *rows])
    cells = [c for c in deck([text(table)]).cells if c.source.startswith("| a | b |")]
    assert len(cells) > 1
    body = [line for cell in cells for line in cell.source.split("\n")[2:]]
    assert body == rows


def test_long_prints_go_on_below_and_lose_no_line():
    lines = [f"line {number}" for number in range(70)]
    cells = deck([code("", printed("\n".join(lines)))]).cells
    parts = [cell.outputs[0].text for cell in cells if cell.get("outputs")]
    assert len(parts) > 2
    assert "\n".join(parts).split("\n") == lines


@pytest.mark.parametrize("size", [(700, 300), (300, 1200), (2400, 500), (80, 60)])
def test_a_picture_keeps_its_shape_and_fits_and_its_sentence_is_its_alt(size):
    told = printed("Figure: A picture.\nAP 0.5\n")
    cells = deck([text("## A part"), code("draw()", told, picture(*size))]).cells
    (shown,) = (c for c in cells if c.get("outputs") and "data" in c.outputs[0])
    about = shown.outputs[0].metadata["image/png"]
    assert about["alt"] == "A picture."
    assert (about["width"] <= 1160) & (about["height"] <= 590)
    shape = about["width"] / about["height"]
    assert shape == pytest.approx(size[0] / size[1], rel=0.02)
    texts = [c.outputs[0].text for c in cells if c.get("outputs") and c is not shown]
    assert texts == ["AP 0.5"]
    assert picture_size(shown.outputs[0].data["image/png"]) == size


@needs_reveal
def test_formulas_are_mathml():
    from helpers.book.slides.export import html_of

    page = html_of("One $x^2$ and\n\n$$\\frac{a}{b}$$\n\nand `$5`.")
    assert page.count("<math") == 2
    assert 'display="block"' in page
    assert "$5" in page


# -- the first lecture


def test_the_lecture_says_of_the_six_detectors_what_their_table_says():
    said = (COURSE.root / lecture.LECTURE).read_text("utf-8")
    table = COURSE.root / "docs" / "results" / "deepad"
    shown = (table / "README.md").read_text("utf-8")
    of_all = re.search(r"!\[Figure: ([^\]]+)\]\(overview\.png\)", shown)[1]
    assert f"![{of_all}](results/deepad/overview.png)" in said


def test_the_lecture_shows_what_its_pictures_show_when_they_are_drawn(tmp_path):
    (tmp_path / "docs" / "images" / "lecture").mkdir(parents=True)
    page = COURSE.root / lecture.LECTURE
    shutil.copy(page, tmp_path / lecture.LECTURE)
    told = lecture.draw(tmp_path)
    assert told == page.read_text(encoding="utf-8"), (
        "run `python -m helpers.book.lecture`"
    )
    for name in lecture.PICTURES:
        assert f"(images/lecture/{name}.png)" in told
        new, stored = (
            Image.open(root / "docs" / "images" / "lecture" / f"{name}.png")
            for root in (tmp_path, COURSE.root)
        )
        # by a few pixels with the machine's fonts
        assert new.size == pytest.approx(stored.size, abs=20)


def test_ten_algorithms_name_lessons_that_have_them():
    page = (COURSE.root / "docs" / "algorithms.md").read_text(encoding="utf-8")
    rows = [line.strip("|").split("|") for line in page.split("\n") if "| " in line][1:]
    assert len(rows) == 10
    sources = {each.number: each.path.read_text(encoding="utf-8") for each in LESSONS}
    words = {
        "linear regression": "LinearRegression",
        "logistic regression": "LogisticRegression",
        "naive Bayes": "GaussianNB",
        "nearest neighbours": "neighbours",
        "decision tree": "DecisionTree",
        "random forest": "forest",
        "support vector machine": "one-class SVM",
        "k-means": "DBSCAN",
        "Apriori": "event",
        "neural network": "network",
    }
    for name, *_, where in rows:
        first, *others = re.findall(r"\b\d\d\b", where)
        for number in (first, *others):
            assert words[name.strip()] in sources[number] or number == "05", name


def test_each_cost_of_an_algorithm_is_derived_or_has_a_source():
    page = (COURSE.root / "docs" / "algorithms.md").read_text(encoding="utf-8")
    table, _, told = page.partition("## Where the costs are from")
    names = [line.split("|")[1].strip() for line in table.split("\n") if "| " in line]
    reasons = re.findall(r"^- \*\*([^*]+)\*\*: (.{30,})", told, re.MULTILINE)
    assert [name.lower() for name, _ in reasons] == [n.lower() for n in names[1:]]


# -- the agenda

AGENDA_TEXT = (COURSE.root / AGENDA).read_text(encoding="utf-8")
SLOT = re.compile(
    r"^\| (?:(?P<time>\d+:\d\d) \| (?P<minutes>\d+) \| (?P<what>.*?)"
    r"|(?P<extra>\[.*?) \| (?P<long>\d+) \| .*?) \|$",
    re.MULTILINE,
)


def test_the_agenda_has_every_lesson_once_with_its_own_minutes():
    slots = [
        (each["what"] or each["extra"], each["minutes"] or each["long"])
        for each in SLOT.finditer(AGENDA_TEXT)
    ]
    found = {
        name: int(minutes)
        for what, minutes in slots
        for name in re.findall(r"\(\.\./notebooks/(\w+)\.ipynb\)", what)
    }
    assert found == {row.name: row.minutes for row in course_rows(COURSE, LESSONS)}
    assert AGENDA_TEXT.count("../notebooks/") == len(LESSONS)


def test_no_slot_of_the_agenda_begins_before_the_last_one_ends():
    for day in AGENDA_TEXT.split("\n\n"):
        slots = [each for each in SLOT.finditer(day) if each["time"]]
        ends = None
        for slot in slots:
            begins = datetime.strptime(slot["time"], "%H:%M")
            assert ends is None or begins >= ends, slot[0]
            ends = begins + timedelta(minutes=int(slot["minutes"]))


def test_a_deck_that_was_not_made_is_no_link():
    rows = course_rows(COURSE, LESSONS[:1])
    page = agenda_text(AGENDA_TEXT, rows, address="")
    assert re.findall(r"\]\(([^)]+)\)", page) == [
        "first-lecture.html",
        "00_start_here.html",
        "notebooks/00_start_here.ipynb",
    ]
    assert f"cells run in {rows[0].seconds} s" in page
    assert "02 Supervised baselines" in page
