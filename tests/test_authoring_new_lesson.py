"""`workshop new-lesson` begins lessons that pass, and `workshop build` builds them."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from authoring_course import LESSON, NAME, make_course
from typer.testing import CliRunner

from helpers.authoring.course import Course
from helpers.authoring.derive import Recipe, learner_notebook
from helpers.authoring.new_lesson import slug, write_lesson
from helpers.authoring.rules import problems
from helpers.cli import app
from helpers.errors import KitError

HERE = Path(__file__).parent.parent
REHEARSE = """
import sys
from helpers.authoring.course import Course
from helpers.authoring.gate import gate
from helpers.authoring.rehearsal import complaint, rehearse
(lesson,) = Course.here().lessons()
results = rehearse(lesson)
print(len(results), [complaint(case, outcome) for case, outcome in results.items()])
print(gate(lesson, 20))
"""


@pytest.fixture
def kit(tmp_path):
    """A checkout with the kit's own helpers and no lesson."""
    course = make_course(tmp_path / "kit", lessons={})
    shutil.rmtree(course.root / "helpers")
    ignored = shutil.ignore_patterns("__pycache__", "lesson_*.py")
    shutil.copytree(HERE / "helpers", course.root / "helpers", ignore=ignored)
    return course


@pytest.fixture
def run(monkeypatch):
    """Run the command `workshop` in a course; return its result."""

    def run_in(course, *arguments):
        monkeypatch.setattr(Course, "here", lambda: course)
        return CliRunner().invoke(app, arguments)

    return run_in


def test_a_new_lesson_passes_everything_at_once(kit, run):
    assert run(kit, "new-lesson", "7", "Why it's late: déjà vu").exit_code == 0
    (lesson,) = kit.lessons()
    assert lesson.name == "07_why_it_s_late_deja_vu"
    assert lesson.header.title == "Why it's late: déjà vu"
    assert problems(lesson) == []

    environment = os.environ | {"PYTHONPATH": str(kit.root)}
    done = subprocess.run(
        [sys.executable, "-c", REHEARSE],
        cwd=kit.root,
        env=environment,
        capture_output=True,
        text=True,
    )
    told = done.stdout.splitlines()[-2:]
    assert told == ["5 [None, None, None, None, None]", "[]"], done.stderr

    # this process has the kit's own lesson 07: the gate has just run in the other one
    built = run(kit, "build", "7", "--keys", "0")
    assert built.exit_code == 0, built.exception
    assert built.output.startswith("07_why_it_s_late_deja_vu: ran ")
    reference = json.loads(kit.reference(lesson).read_text(encoding="utf-8"))
    shown = str([cell.get("outputs") for cell in reference["cells"]])
    assert "Exercise 7.1: correct" in shown


def test_a_workshop_of_several_days_has_its_own_numbers(tmp_path):
    course = make_course(tmp_path, lessons={})
    source, module = write_lesson(course, "W4", "Your data")
    assert (source, module) == (
        "solutions/w4_your_data.py",
        "helpers/exercises/lesson_w4.py",
    )
    (lesson,) = course.lessons()
    assert problems(lesson) == []
    assert (lesson.number, lesson.exercise_prefix) == ("W4", "W4")
    notebook = learner_notebook(lesson, Recipe.of(course, 5))
    assert "exercise-w4-1" in [cell.id for cell in notebook.cells]
    compile((course.root / module).read_text(), module, "exec")


def test_nothing_is_overwritten(tmp_path):
    course = make_course(tmp_path)
    with pytest.raises(KitError, match=f"Lesson 03 exists: solutions/{NAME}.py"):
        write_lesson(course, "3", "Something else")
    (tmp_path / "helpers" / "exercises").mkdir()
    (tmp_path / "helpers" / "exercises" / "lesson_08.py").write_text("mine = 1\n")
    with pytest.raises(KitError, match=r"exists: helpers/exercises/lesson_08.py"):
        write_lesson(course, "08", "Something else")
    assert [path.stem for path in course.sources()] == [NAME]


@pytest.mark.parametrize(
    ("number", "title", "reason"),
    [
        ("123", "x", "number '123': two digits"),
        ("x", "x", "two digits, or w4"),
        ("-1", "x", "as in 13 'My topic'"),
        ("4", "***", "a letter a-z or a digit"),
        ("4", "日本", "a letter a-z or a digit"),
        ("4", "", "a title is one line"),
        ("4", "a\nb", "a title is one line"),
        ("4", "a\rb", "a title is one line"),
        ("4", "x" * 300, "at most 80 characters"),
    ],
)
def test_what_is_no_lesson_is_refused(tmp_path, number, title, reason):
    with pytest.raises(KitError, match=reason):
        write_lesson(make_course(tmp_path, lessons={}), number, title)


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("My topic", "my_topic"),
        ("  A -- B ", "a_b"),
        ("Événements", "evenements"),
        ("日本", ""),
    ],
)
def test_a_title_becomes_part_of_a_file_name(title, expected):
    assert slug(title) == expected


def test_the_build_command_names_every_problem(tmp_path, run):
    course = make_course(tmp_path, lessons={NAME: LESSON.replace("## Take", "## T")})
    result = run(course, "build")
    assert isinstance(result.exception, KitError)
    assert str(result.exception).startswith(f"1 problem:\nsolutions/{NAME}.py:")


def test_the_build_command_knows_its_lessons(tmp_path, run):
    result = run(make_course(tmp_path), "build", "5")
    assert f"there are: {NAME}" in str(result.exception)


def test_the_build_command_without_execution_needs_an_executed_reference(tmp_path, run):
    result = run(make_course(tmp_path), "build", "3", "--no-execute")
    assert "no executed reference" in str(result.exception)


def test_an_installed_kit_without_the_tools_says_what_is_missing(run, monkeypatch):
    monkeypatch.setitem(sys.modules, "jupytext", None)
    result = run(None, "build")
    assert "Building lessons needs jupytext" in str(result.exception)


def test_a_wheel_builds_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("helpers.authoring.course.kit_root", lambda: tmp_path)
    with pytest.raises(KitError, match="built in a clone"):
        Course.here()
