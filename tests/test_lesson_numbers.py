"""Numbers in lessons: each is computed somewhere, compared, and a spoiled one fails."""

import copy
import re
import subprocess
import sys

import nbformat
import pytest

from helpers.authoring.course import Course
from helpers.authoring.evidence import (
    Quoted,
    quoted_numbers,
    uncompared_tables,
    unsupported_numbers,
)
from helpers.paths import kit_root

COURSE = Course.here()
LESSONS = COURSE.lessons()
RESULTS = kit_root() / "docs" / "results"

each_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)


def reference_of(lesson):
    return nbformat.read(COURSE.reference(lesson), as_version=4)


@each_lesson
def test_every_number_in_prose_was_computed(lesson):
    found = unsupported_numbers(lesson, reference_of(lesson), RESULTS)
    assert [str(problem) for problem in found] == []


@each_lesson
def test_every_table_is_compared_or_followed_by_a_compared_statement(lesson):
    found = list(uncompared_tables(lesson, reference_of(lesson)))
    assert [str(problem) for problem in found] == []


# -- a spoiled number fails the test run


def spoiled(text):
    """Return `text` with the first number in it that has a point, or any, changed."""
    found = re.search(r"\d+\.\d+", text) or re.search(r"\d+", text)
    if not found:
        return text
    digit = str((int(found[0][-1]) + 1) % 10)
    return text[: found.end() - 1] + digit + text[found.end() :]


def cut_after_first_compared_number(notebook):
    """Return the notebook up to its first compared output with a number, spoiled."""
    cut = copy.deepcopy(notebook)
    for index, cell in enumerate(cut.cells):
        tags = cell.metadata.get("tags", ())
        if "nbval-check-output" in tags and spoil(cell.outputs):
            cut.cells = cut.cells[: index + 1]
            return cut
    raise AssertionError("no compared number")


def spoil(outputs):
    """Change the first number in the outputs' text; return whether there was one."""
    for output in outputs:
        holder, key = (
            (output, "text") if "text" in output else (output.data, "text/plain")
        )
        before, holder[key] = holder[key], spoiled(holder[key])
        if holder[key] != before:
            return True
    return False


@each_lesson
def test_a_spoiled_number_in_a_stored_output_fails_the_run(lesson, tmp_path):
    path = tmp_path / "spoiled.ipynb"
    nbformat.write(cut_after_first_compared_number(reference_of(lesson)), path)
    command = "-m pytest -q --nbval-lax --nbval-current-env -p no:cacheprovider"
    done = subprocess.run(
        [sys.executable, *command.split(), "--rootdir", tmp_path, path],
        cwd=COURSE.solutions,
        capture_output=True,
        text=True,
    )
    assert "1 failed" in done.stdout, done.stdout[-2000:]
    assert re.search(r"mismatch '(text/plain|stdout|text)'", done.stdout), done.stdout


# -- what counts as a number


@pytest.mark.parametrize(
    ("markdown", "numbers"),
    [
        ("AP 0.37, level with 4 others", ["0.37"]),
        ("about 43 % of rows, 12% of them", ["43 %", "12%"]),
        ("`C=0.1`, $x^{0.5}$ and [a](b/0.3.md), 3.2.1, v1.2a", []),
        ("in lesson 03, exercise 3.2: 20 rows", []),
        ("```\n0.5\n```\nthen 0.25", ["0.25"]),
    ],
)
def test_which_numbers_need_evidence(markdown, numbers):
    assert [quoted.text for _, quoted in quoted_numbers(markdown)] == numbers


def test_evidence_rounds_to_what_the_prose_says():
    assert Quoted("0.38", 0.38, 2, False).is_found([0.3755])
    assert not Quoted("0.38", 0.38, 2, False).is_found([0.37, 38.0])
    assert Quoted("38 %", 38, 0, True).is_found([0.379])
    assert Quoted("38 %", 38, 0, True).is_found([38.2])
