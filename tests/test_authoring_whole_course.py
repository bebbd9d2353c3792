"""The glossary, terms defined before they are used, pointers that lead somewhere."""

import pytest
from authoring_course import make_course
from nbformat import v4

from helpers.authoring import build as build_module
from helpers.authoring.build import build_lessons
from helpers.authoring.course import Course
from helpers.authoring.derive import Recipe, reference_notebook, to_bytes
from helpers.authoring.linked import broken_links
from helpers.authoring.pointers import dangling
from helpers.authoring.problems import LessonError
from helpers.authoring.source import read_lesson
from helpers.authoring.terms import (
    Term,
    glossary_source,
    glossary_text,
    main,
    read_glossary,
    undefined_terms,
)
from helpers.authoring.whole_course import (
    dangling_pointers,
    whole_course_problems,
)
from helpers.errors import KitError

COURSE = Course.here()
TERMS = read_glossary(glossary_source(COURSE))
NUMBERS = {lesson.number for lesson in COURSE.lessons()}
PAGES = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "*/*.md")
    for path in COURSE.root.glob(pattern)
)
OPENING = """\
# %% [markdown]
# # 03 · Small steps
#
# | | |
# |---|---|
# | You will be able to | tell precision from recall |
# | You need | nothing |
# | Time | 5 minutes of reading and doing; the cells run in {run_seconds} seconds |

"""
PRECISION = Term("precision", "The share of alarms that are anomalies.", "03",
                 checked=True)  # fmt: skip
LINK = "[precision](../docs/glossary.md#precision)"


def course_of(folder, *cells, name="03_small_steps"):
    """Return a course of one more lesson, with these cells behind its opening."""
    folder.joinpath("solutions").mkdir(exist_ok=True)
    source = folder / "solutions" / f"{name}.py"
    source.write_text(OPENING + "\n\n".join(cells) + "\n", encoding="utf-8")
    return Course(folder)


def prose(text, tags=""):
    lines = "\n".join(f"# {line}".rstrip() for line in text.splitlines())
    return f"# %% [markdown]{tags}\n{lines}"


def asked(folder, *cells, term=PRECISION):
    return undefined_terms(course_of(folder, *cells), [term])


# -- the glossary


def test_the_page_is_what_the_file_says():
    written = glossary_source(COURSE).with_suffix(".md").read_text(encoding="utf-8")
    assert written == glossary_text(TERMS, NUMBERS), (
        "run `python -m helpers.authoring.terms`"
    )


def test_writing_it_again_changes_nothing():
    page = glossary_source(COURSE).with_suffix(".md")
    before = page.read_bytes()
    main([])
    assert page.read_bytes() == before


@pytest.mark.parametrize("term", TERMS, ids=lambda term: term.name)
def test_every_term_is_told_in_a_sentence_or_two(term):
    assert 5 <= len(term.text.split()) <= 45
    assert term.text.endswith(".")
    assert term.lesson.isdigit()
    assert term.pattern.search(f"a {(*term.forms, term.name)[-1]} b") or term.forms
    link = f"[{term.name}](glossary.md#{term.anchor})"
    assert list(broken_links(link, folder=COURSE.root / "docs")) == []


def test_terms_the_course_rests_on_are_there():
    names = {term.name for term in TERMS}
    assert names >= {
        "AP", "Adam", "BiGAN", "Brier score", "ELBO", "F1", "F2", "FPR", "GRU",
        "KL term", "LSTM", "Mahalanobis distance", "ROC-AUC", "SMOTE", "TPR", "anomaly",
        "attention", "calibration", "chance level", "class weight", "contamination",
        "echo", "interval of AP", "leak", "macro average", "oracle", "pipeline",
        "precision", "precision@k", "recall", "teacher forcing", "threshold",
    }  # fmt: skip


def test_a_lesson_that_is_not_there_is_not_named():
    page = glossary_text([PRECISION], {"00"})
    assert "First in lesson" not in page
    assert "First in lesson 03." in glossary_text([PRECISION], {"03"})


def test_thai_is_shown_once_it_is_written():
    term = Term("recall", "The share that was found.", "03", th="ความระลึก")
    assert "Thai: ความระลึก" in glossary_text([term], ())
    assert "Thai" not in glossary_text([PRECISION], ())


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[[term]]\nname = "a"\ntext = "b"\n', "a: unknown or missing: lesson"),
        ('[[term]]\nname="a"\ntext="b"\nlesson="00"\nsee="c"\n', "missing: see"),
        (2 * '[[term]]\nname = "a"\ntext = "b"\nlesson = "00"\n', "two terms"),
    ],
)
def test_a_faulty_file_is_refused(tmp_path, text, told):
    path = tmp_path / "glossary.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(KitError, match=told):
        read_glossary(path)


def test_a_course_without_a_glossary_has_no_terms(tmp_path):
    assert read_glossary(tmp_path / "glossary.toml") == []


# -- a term is defined before it is used


@pytest.mark.parametrize(
    "cells",
    [
        [prose("It has a **precision** of 1."), prose("Precision is fine.")],
        [prose("**Precision** is a share."), prose("The precision fell.")],
        [prose(f"It has a {LINK}."), prose("precision")],
        [prose("The precisions of a float: `precision`", ' tags=["teacher-note"]')],
        [prose("Run `precision` and $precision$."), prose("Nothing else.")],
        [prose("An average-precision, imprecision, precisionist.")],
    ],
    ids=["bold", "capital", "linked", "teacher-note", "code", "other words"],
)
def test_a_defined_or_absent_term_is_no_problem(tmp_path, cells):
    assert asked(tmp_path, *cells) == []


@pytest.mark.parametrize(
    "cells",
    [
        [prose("Words.\n\nThe precision fell."), prose("**precision**")],
        [prose("| precision |\n|---|\n| 1 |")],
        [prose("Words.\n\n## Precision")],
        [prose("**the best precision** of all")],
        [prose("[precision](../docs/glossary.md#recall)")],
    ],
    ids=["defined later", "table", "heading", "a bold phrase", "another term's link"],
)
def test_a_term_that_is_used_first_is_told_with_its_line(tmp_path, cells):
    (problem,) = asked(tmp_path, *cells)
    source = (tmp_path / "solutions" / "03_small_steps.py").read_text(encoding="utf-8")
    assert "recision" in source.splitlines()[problem.line - 1]
    assert LINK in problem.message


def test_only_the_first_lesson_has_to_define_it(tmp_path):
    course_of(tmp_path, prose("**precision**"), name="02_before")
    assert asked(tmp_path, prose("The precision fell.")) == []


def test_names_with_capitals_are_found_only_so(tmp_path):
    term = Term("AP", "Average precision.", "03", forms=("AP", "average precision"),
                checked=True)  # fmt: skip
    assert asked(tmp_path, prose("An ap is no APX, AP-like or CAP."), term=term) == []
    assert asked(tmp_path, prose("Both APs rise."), term=term)
    assert asked(tmp_path, prose("The Average\nprecision rises."), term=term)
    assert asked(tmp_path, prose("**average precision (AP)**"), term=term) == []


def test_a_term_that_is_not_checked_is_not_asked_for(tmp_path):
    free = Term("precision", "A share.", "03")
    assert asked(tmp_path, prose("precision"), term=free) == []


@pytest.mark.parametrize(
    ("after", "defined"),
    [("**Precision** is a share.", True), ("The table says it.", False)],
)
def test_what_code_prints_is_explained_in_the_next_prose(tmp_path, after, defined):
    course = course_of(tmp_path, prose("See."), "# %%\nprint('x')", prose(after))
    lesson = read_lesson(course.sources()[0], label="03")
    notebook = reference_notebook(lesson, Recipe(1, "", "0"))
    notebook.cells[2].outputs = [v4.new_output("stream", text="precision 0.5\n")]
    course.reference(lesson).write_bytes(to_bytes(notebook))
    assert (undefined_terms(course, [PRECISION]) == []) is defined


# -- pointers


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("see lesson 12", ["12"]),
        ("Lessons 09 and 11 do", ["09", "11"]),
        ("lessons 02, 09, and 11", ["09", "11"]),
        ("lessons 00 to 12", ["12"]),
        ("lesson\n09", ["09"]),
        ("09's table", ["09"]),
        ("exercise 9.2, exercise 2.1", ["09"]),
        ("workshop W2 and lesson w3", ["W2", "W3"]),
        ("lesson 02 has 12 rows, of 09 and 11", []),
        ("`lesson 12` and\n\n```\nlesson 11\n```", []),
        ("W1 is a weight; 0.12's digits", []),
    ],
)
def test_a_pointer_to_a_lesson_that_is_not_there_is_found(text, numbers):
    assert [number for _, number in dangling(text, {"00", "02"})] == numbers


def test_a_pointer_is_told_with_its_line(tmp_path):
    course = course_of(
        tmp_path,
        prose("Words.\n\nSee lesson 12."),
        prose("And\nlesson 11.", ' tags=["teacher-note"]'),
    )
    lines = course.sources()[0].read_text(encoding="utf-8").splitlines()
    found = list(dangling_pointers(course))
    assert [lines[problem.line - 1] for problem in found] == [
        "# See lesson 12.",
        "# lesson 11.",
    ]
    assert "lesson 12, which does not exist" in found[0].message


@pytest.mark.parametrize("page", PAGES, ids=COURSE.label)
def test_pages_point_to_lessons_that_exist(page):
    assert list(dangling(page.read_text(encoding="utf-8"), NUMBERS)) == []


# -- both, at the build


def test_all_lessons_keep_both_rules():
    assert whole_course_problems(COURSE) == []


def test_a_build_refuses_what_breaks_a_rule(tmp_path, monkeypatch):
    course = make_course(tmp_path)
    source = course.sources()[0]
    broken = source.read_text(encoding="utf-8").replace("Some words.", "See lesson 12.")
    source.write_text(broken, encoding="utf-8")
    monkeypatch.setattr(build_module, "executed", pytest.fail)
    with pytest.raises(LessonError, match="points to lesson 12"):
        build_lessons(course, course.lessons())
