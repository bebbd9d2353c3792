"""Lessons as assignments of nbgrader and Otter: what the notebooks hold, and do."""

import re
from types import SimpleNamespace

import nbformat
import numpy as np
import pytest
from typer.testing import CliRunner

from benchmarks.graders import GRADERS
from benchmarks.grading import HONEST, RARE
from helpers.authoring.course import Course
from helpers.cli import app
from helpers.exercises.declared import PAPER, exercises_of
from helpers.exercises.outcomes import CORRECT, NOT_ATTEMPTED, WRONG
from helpers.exercises.source import reference_solution
from helpers.grading.exported import ask_again
from helpers.grading.exporters import EXPORTERS, files_of

COURSE = Course.here()
LESSONS = {lesson.number: lesson for lesson in COURSE.lessons()}
HIDDEN = re.compile(r"(### BEGIN HIDDEN TESTS.*### END HIDDEN TESTS|# HIDDEN.*)", re.S)


def export(*arguments):
    return CliRunner().invoke(app, ["export", *map(str, arguments)])


def notebook(tool, number):
    files = files_of(tool, LESSONS[number], COURSE)
    text = next(text for place, text in files.items() if place.suffix == ".ipynb")
    return nbformat.reads(text, as_version=4)


@pytest.fixture(params=[(t, n) for t in EXPORTERS for n in LESSONS], ids="-".join)
def exported_lesson(request):
    tool, number = request.param
    return SimpleNamespace(
        tool=tool, lesson=LESSONS[number], notebook=notebook(tool, number)
    )


def points_in(tool, cells):
    """Return exercise's number -> points that a notebook gives."""
    if tool == "nbgrader":
        about = [cell.metadata.get("nbgrader", {}) for cell in cells]
        graded = [each for each in about if each.get("grade")]
        names = {each["grade_id"]: each["points"] for each in graded}
    else:
        found = [re.match(r"# BEGIN QUESTION\nname: (\S+)\npoints: (\d+)", cell.source)
                 for cell in cells if cell.cell_type == "raw"]  # fmt: skip
        names = {each[1]: int(each[2]) for each in found if each}
    return {
        re.sub(r"test-|q", "", name).replace("-", "_"): p for name, p in names.items()
    }


def test_a_notebook_is_valid_and_holds_every_exercise_with_its_points(exported_lesson):
    nbformat.validate(exported_lesson.notebook)
    declared = exercises_of(exported_lesson.lesson.number)
    wanted = {each.number.lower().replace(".", "_"): each.points for each in declared}
    assert points_in(exported_lesson.tool, exported_lesson.notebook.cells) == wanted


def test_no_wrong_answer_and_no_note_of_a_teacher_is_in_a_notebook(exported_lesson):
    told = [cell.source for cell in exported_lesson.notebook.cells]
    lesson = exported_lesson.lesson
    hidden = lesson.having("wrong-answer") + lesson.having("teacher-note")
    assert hidden
    assert not [cell.source for cell in hidden if any(cell.source in t for t in told)]


def test_every_exercise_but_those_on_paper_has_a_hidden_test(exported_lesson):
    cells = exported_lesson.notebook.cells
    hidden = [found[0] for cell in cells if (found := HIDDEN.search(cell.source))]
    asked = [
        re.search(r'ask_again\("(.+?)", "(\w+)"\)', text).groups() for text in hidden
    ]
    declared = exercises_of(exported_lesson.lesson.number)
    wanted = [each.number for each in declared if each.kind != PAPER]
    assert [number for number, _ in asked] == wanted
    assert len({key for _, key in asked}) == 1


def test_nbgrader_locks_the_tests_and_opens_the_exercises():
    cells = {cell.id: cell for cell in notebook("nbgrader", "03").cells}
    exercise, test = (
        cells[f"{x}-3-3"].metadata["nbgrader"] for x in ("exercise", "test")
    )
    flags = ("grade", "solution", "locked", "task")
    assert [exercise[flag] for flag in flags] == [False, True, False, False]
    assert [test[flag] for flag in flags] == [True, False, True, False]
    assert exercise["schema_version"] == test["schema_version"] == 3
    assert "### BEGIN SOLUTION\n" in cells["exercise-3-3"].source
    first = cells["test-3-1"].source.split("\n")[0]
    wanted = 'check("3.1", lazy_accuracy, constant_ap, y).status == "correct"'
    assert first == f"assert {wanted}"


def test_otter_finds_its_blocks_one_in_the_other():
    cells = notebook("otter", "07").cells
    assert cells[0].source == (
        "# ASSIGNMENT CONFIG\nname: 07_autoencoders\nexport_cell: false"
    )
    open_blocks, code = [], []
    for cell in cells[1:]:
        if cell.cell_type == "raw":
            begins, block = re.match(r"# (BEGIN|END) (\w+)", cell.source).groups()
            if begins == "BEGIN":
                open_blocks.append(block)
            else:
                assert open_blocks.pop() == block
        elif cell.source.startswith("# Exercise"):
            assert open_blocks == ["QUESTION", "SOLUTION"]
            code += re.findall(r"^ *(#+ \w+ SOLUTION)$", cell.source, re.MULTILINE)
        elif "ask_again" in cell.source:
            assert open_blocks == ["QUESTION", "TESTS"]
            assert cell.source.startswith("# HIDDEN\n")
    assert not open_blocks
    assert set(code) == {"# BEGIN SOLUTION", "# END SOLUTION"}


# -- the hidden tests ------------------------------------------------------------------


@pytest.fixture
def kernel(monkeypatch):
    """Run cells as a kernel would; return its names."""
    names = {"In": [""], "y": np.array([0, 0, 1]), "np": np}
    shell = SimpleNamespace(user_ns=names, transform_cell=lambda cell: cell)
    monkeypatch.setattr("IPython.core.getipython.get_ipython", lambda: shell)

    def run(cell):
        names["In"].append(cell)
        exec(cell, names)
        return names

    return run


def test_a_hidden_test_runs_the_cell_again_and_leaves_all_names_as_they_were(kernel):
    names = kernel(reference_solution("3.1"))
    before = dict(names)
    assert ask_again("3.1", "a key").status == CORRECT
    assert names == before


def test_a_hidden_test_rejects_typed_numbers_and_blanks(kernel):
    kernel("# Exercise 3.1\nlazy_accuracy, constant_ap = 2 / 3, 1 / 3")
    assert ask_again("3.1", "a key").status == WRONG
    kernel("# Exercise 3.1\nlazy_accuracy = constant_ap = ...")
    assert ask_again("3.1", "a key").status == NOT_ATTEMPTED


def test_a_hidden_test_sees_the_learners_other_cells(kernel):
    kernel("def share():\n    return y.mean()")
    kernel("# Exercise 3.1\nconstant_ap = share()\nlazy_accuracy = 1 - constant_ap")
    assert ask_again("3.1", "a key").status == CORRECT


def test_a_hidden_test_takes_the_last_cell_of_an_exercise(kernel):
    kernel("# Exercise 3.4\ndef corrected(p, share):\n    return p")
    kernel(reference_solution("3.4"))
    kernel("check('3.4', corrected)".replace("check", "print"))
    assert ask_again("3.4", "a key").status == CORRECT


# -- the command -----------------------------------------------------------------------


def test_the_command_writes_a_course_of_nbgraders_lesson_by_lesson(tmp_path):
    out = tmp_path / "course"
    for number, name in (("3", "03_imbalanced_data"), ("00", "00_start_here")):
        done = export("nbgrader", number, "--out", out)
        assert done.exit_code == 0, done.output
        assert f"nbgrader generate_assignment {name}" in done.output
        assert (out / "source" / name / f"{name}.ipynb").is_file()
    settings = (out / "nbgrader_config.py").read_text()
    assert "code_stub" in settings
    assert "nbgrader_config.py" not in done.output


def test_each_export_has_a_key_of_its_own():
    keys = {re.search(r'ask_again\("3.1", "(\w+)"', str(notebook("otter", "03")))[1]
            for _ in range(2)}  # fmt: skip
    assert len(keys) == 2


@pytest.mark.parametrize("tool", EXPORTERS)
def test_an_export_that_is_there_stays(tool, tmp_path):
    assert export(tool, "03", "--out", tmp_path).exit_code == 0
    (there,) = tmp_path.rglob("*.ipynb")
    there.write_text("mine")
    again = export(tool, "03", "--out", tmp_path)
    assert f"{there} is there already" in str(again.exception)
    assert there.read_text() == "mine"


def test_a_folder_that_cannot_be_made_is_told_in_a_line(tmp_path):
    (tmp_path / "file").touch()
    done = export("otter", "03", "--out", tmp_path / "file" / "below")
    assert "can't be written" in str(done.exception)


# -- with the tools --------------------------------------------------------------------


@pytest.mark.parametrize("name", ["nbgrader", "Otter"])
def test_the_tool_hands_out_and_grades(name, tmp_path):
    if reason := GRADERS[name].why_not():
        pytest.skip(reason)
    tried = {x: HONEST[x] for x in ("right", "one_wrong", "typed_numbers")}
    graded = GRADERS[name].grade(RARE.lesson(), tried, tmp_path)
    assert graded.points == {x: each.points for x, each in tried.items()}
