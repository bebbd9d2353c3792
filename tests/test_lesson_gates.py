"""What every lesson and page has to keep beside the rules that the build enforces.

The rhythm's limits are wide on purpose; `pytest -s` prints the table of all lessons.
"""

import ast
import re

import nbformat
import pytest

from helpers.authoring.course import Course
from helpers.authoring.course_map import CLOSE, OPEN
from helpers.authoring.derive import Recipe, learner_notebook
from helpers.authoring.execute import execute, stored_images, tidy_outputs
from helpers.authoring.linked import broken_links
from helpers.authoring.rhythm import rhythm
from helpers.paths import kit_root

COURSE = Course.here()
ROOT = kit_root()
LESSONS = COURSE.lessons()
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("*/*.md")])
CODE = ("helpers", "tests", "solutions", "benchmarks")
TEXTS = ("*", "docs/**/*.md", ".github/**/*.yml", *(f"{name}/**/*.py" for name in CODE))

CELLS = (10, 60)
PROSE_SHARE = (0.35, 0.70)
MOST_CODE_LINES = 25
MOST_CODE_CELLS_IN_A_ROW = 3
MEDIAN_WORDS_PER_PROSE_CELL = (12, 90)

each_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)


# -- rhythm


@each_lesson
def test_prose_and_code_take_turns(lesson):
    measured = rhythm(lesson)
    print(f"\n{lesson.name}: {measured}")
    assert CELLS[0] <= measured.cells <= CELLS[1]
    assert PROSE_SHARE[0] <= measured.prose_share <= PROSE_SHARE[1]
    assert measured.most_code_lines <= MOST_CODE_LINES
    assert measured.most_code_in_a_row <= MOST_CODE_CELLS_IN_A_ROW
    low, high = MEDIAN_WORDS_PER_PROSE_CELL
    assert low <= measured.median_words <= high


def test_the_page_for_authors_tells_the_limits():
    page = (ROOT / "docs" / "writing-lessons.md").read_text(encoding="utf-8")
    low, high = (f"{100 * share:.0f}" for share in PROSE_SHARE)
    for limit in (
        f"{CELLS[0]} to {CELLS[1]}",
        f"{low} to {high} %",
        f"at most {MOST_CODE_LINES}",
        f"at most {MOST_CODE_CELLS_IN_A_ROW}",
        "{} to {}".format(*MEDIAN_WORDS_PER_PROSE_CELL),
    ):
        assert f"| {limit} |" in page, limit


# -- the learner's notebook


def telling(notebook):
    """Make each check cell print its status as well."""
    checks = [c for c in notebook.cells if "check" in c.metadata.get("tags", ())]
    for cell in checks:
        lines = cell.source.split("\n")
        call = ast.parse(cell.source).body[-1]
        lines[call.lineno - 1] = f"outcome = {lines[call.lineno - 1]}"
        cell.source = "\n".join([*lines, "print('status:', outcome.status)"])
    return checks


QUICK = [lesson for lesson in LESSONS if lesson.number in ("00", "w1")]


# Of all lessons `test_wrong_answers` asks the same without a kernel: only cells that
# read what an answer binds run again there (`helpers.authoring.untouched`).
@pytest.mark.parametrize("lesson", QUICK, ids=lambda lesson: lesson.name)
def test_a_blank_notebook_runs_and_every_check_says_not_attempted(lesson):
    notebook = learner_notebook(lesson, Recipe.of(COURSE, 0))
    checks = telling(notebook)
    run = execute(notebook, import_path=ROOT)
    assert run.faults == []
    assert tidy_outputs(notebook) == []
    printed = [cell.outputs[-1].text.splitlines()[-1] for cell in checks]
    assert printed == ["status: not attempted"] * len(lesson.having("exercise"))


# -- the reference


@each_lesson
def test_every_stored_image_has_alt_text_and_nothing_came_on_stderr(lesson):
    reference = nbformat.read(COURSE.reference(lesson), as_version=4)
    for cell in reference.cells:
        outputs = cell.get("outputs", [])
        assert not [output for output in outputs if output.get("name") == "stderr"]
        for output, kind in stored_images(outputs):
            assert output.metadata[kind]["alt"].strip(), cell.id


# -- pages, code, address


@each_lesson
def test_links_in_a_lesson_lead_somewhere(lesson):
    broken = [
        f"{lesson.label}:{cell.first_line + line - 1}: {target}"
        for cell in lesson.cells
        if cell.kind == "markdown"
        for line, target in broken_links(cell.source, folder=COURSE.notebooks)
    ]
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=COURSE.label)
def test_links_in_a_page_lead_somewhere(page):
    text = page.read_text(encoding="utf-8")
    assert list(broken_links(text, folder=page.parent)) == []


def test_the_public_address_stands_in_one_place():
    address = re.compile(r"(github|gitlab)\.com/[\w.-]+/anomaly-workshop")
    paths = {path for pattern in TEXTS for path in ROOT.glob(pattern)}
    for path in sorted(paths - {ROOT / "pyproject.toml"}):
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            by_hand = text.split(OPEN)[0] + text.split(CLOSE)[-1]
            assert not address.search(by_hand), path
            if COURSE.repository:
                assert COURSE.repository not in by_hand, path
