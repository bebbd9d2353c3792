"""The benchmarks of graders: the submissions, the watch, the tables."""

import sys
from types import SimpleNamespace

import pytest

from benchmarks import grading, scale
from benchmarks.graders import SECONDS, Graded, Submission
from benchmarks.processes import Spent, watched
from benchmarks.results import Units
from helpers.authoring.course import Course
from helpers.authoring.derive import Recipe, learner_notebook
from helpers.exercises.declared import find
from helpers.exercises.engine import ask_drawn
from helpers.exercises.outcomes import CORRECT

BUSY = (
    "from time import process_time as now\nend = now() + {}\nwhile now() < end: pass\n"
)
PARENT = """
import subprocess, sys
for seconds in ({0}, {0}):
    subprocess.run([sys.executable, "-c", {1!r}.format(seconds)], check=True)
"""


def run(code, folder, **options):
    return watched([sys.executable, "-c", code], folder, {}, **options)


# -- what a command takes --------------------------------------------------------------


def test_processor_time_of_children_that_are_gone_counts(tmp_path):
    spent = run(PARENT.format(0.4, BUSY), tmp_path)
    assert spent.status == 0
    assert 0.8 <= spent.cpu < 1.6


def test_processor_time_of_a_process_that_nobody_waits_for_counts(tmp_path):
    code = (
        "import os, subprocess, sys, time\n"
        f"child = subprocess.Popen([sys.executable, '-c', {BUSY.format(60)!r}])\n"
        "time.sleep(1.5)\n"
        "os._exit(0)\n"
    )
    spent = run(code, tmp_path)
    assert spent.cpu > 0.2  # on a busy machine it has a share of a core only
    assert "Traceback" not in spent.said


def test_a_command_ends_when_its_time_is_over_with_all_it_started(tmp_path):
    code = "import subprocess, sys\nsubprocess.run(['sleep', '60'])"
    spent = run(code, tmp_path, seconds=0.5)
    assert spent.status == -9
    assert spent.wall < 10


def test_memory_of_all_processes_at_once_counts(tmp_path):
    hold = "import time\nheld = bytearray(b'x' * 60_000_000)\ntime.sleep(1)\n"
    code = (
        f"import subprocess, sys\nhold = {hold!r}\n"
        "two = [subprocess.Popen([sys.executable, '-c', hold]) for _ in range(2)]\n"
        "[each.wait() for each in two]"
    )
    assert 110 < run(code, tmp_path).megabytes < 400


# -- the submissions -------------------------------------------------------------------


def earned(submission, above):
    """Return exercise -> points under a key, the learner's other cells run first."""
    found = {}
    for number, answer in submission.answers.items():
        exercise = find(number)

        def answered(given, answer=answer, exercise=exercise):
            names = {}
            exec(above, names)
            names.update(given)
            for cell in (*submission.own, answer):
                exec(cell, names)
            return tuple(names.get(name, ...) for name in exercise.answers)

        correct = ask_drawn(exercise, answered, b"a key").status == CORRECT
        found[number] = exercise.points * correct
    return found


@pytest.mark.parametrize("name", grading.HONEST)
def test_the_points_of_honest_submissions_are_those_of_the_checks(name):
    submission = grading.HONEST[name]
    assert earned(submission, grading.RARE.above) == submission.points


@pytest.mark.parametrize("name", scale.class_of(4))
def test_a_large_class_has_right_and_wrong_answers(name):
    submission = scale.class_of(4)[name]
    number = int(name[-1])
    wanted = {"3.1": int(number < 2), "3.4": int(number % 3 < 2)}
    assert earned(submission, scale.QUICK.above) == wanted


def test_ten_submissions_have_other_answers_under_each_name():
    ten = grading.HONEST | grading.HOSTILE
    assert len(ten) == 10
    signed = [each.signed(name).answers for name, each in ten.items()]
    assert len({answer for each in signed for answer in each.values()}) == 30


@pytest.mark.parametrize("assignment", [grading.RARE, grading.NETWORKS])
def test_answers_stand_in_their_cells_and_own_cells_above_them(assignment):
    lesson = assignment.lesson()
    handed_out = learner_notebook(lesson, Recipe.of(Course.here(), 0))
    answers = {number: f"answer = {number}" for number in assignment.exercises}
    filled = Submission(answers, own=("mine = 1",)).written_into(handed_out)
    sources = [cell.source for cell in filled.cells if cell.cell_type == "code"]
    assert sources[1:4] == [
        assignment.above,
        "mine = 1",
        f"# Exercise {assignment.exercises[0]}\nanswer = {assignment.exercises[0]}",
    ]
    assert len(filled.cells) == len(handed_out.cells) + 1
    assert len(sources) == 3 + 2 * len(answers)


# -- the tables ------------------------------------------------------------------------


def grader(cpu, wrongly=(), why=None):
    def grade(lesson, submissions, folder):
        points = {x: each.points for x, each in submissions.items() if x not in wrongly}
        return Graded(points, Spent(cpu * len(submissions), 2.0, 300.0))

    return SimpleNamespace(why_not=lambda: why, grade=grade)


def test_the_table_tells_points_and_times_and_who_is_absent(tmp_path, monkeypatch):
    made = {
        "nbgrader": grader(8.0, ["ends_the_process"]),
        "Otter": grader(1.0, why="otter is not installed"),
        "workshop grade": grader(2.0),
    }
    monkeypatch.setattr(grading, "GRADERS", made)
    units = Units(tmp_path / "units.jsonl", "code")
    table = grading.table(units)
    assert [row[:3] for row in table.rows] == [
        ("03", "nbgrader", "9 of 10"),
        ("03", "workshop grade", "10 of 10"),
        ("07", "nbgrader", "6 of 6"),
        ("07", "workshop grade", "6 of 6"),
    ]
    assert table.rows[0][-1] == "ends the process"
    assert table.rows[1][3:5] == ("2.0", "0.25")
    assert table.notes[1:] == ["Otter is left out: otter is not installed."]
    assert f"{SECONDS} s" in table.notes[0]


def test_what_was_measured_once_stays_when_a_grader_is_gone(tmp_path, monkeypatch):
    units = Units(tmp_path / "units.jsonl", "code")
    monkeypatch.setattr(grading, "GRADERS", {"nbgrader": grader(8.0)})
    before = grading.table(units)
    gone = grader(8.0, why="nbgrader is not installed")
    monkeypatch.setattr(grading, "GRADERS", {"nbgrader": gone})
    assert grading.table(units) == before


def test_the_table_of_a_large_class(tmp_path, monkeypatch):
    def graded(*, way):
        return {
            "status": [0],
            "wall": {"1": 170.0}.get(way, 100.0),
            "cpu": 300.0,
            "megabytes": [*range(10, 30)],
            "verdicts": 400,
            "gradebook": "another" if way == "killed" else "one",
        }

    monkeypatch.setattr(scale, "graded", graded)
    found = [row[2] for row in scale.table(Units(tmp_path / "u.jsonl", "code")).rows]
    assert found == [
        "1.70",
        "1.50",
        "16",
        "29",
        "the same",
        "another one",
        "the same",
        "0",
    ]


def test_something_happens_once_when_half_is_judged(tmp_path):
    happened = []
    half = scale.Half(tmp_path / "verdicts", 4, lambda process: not happened.append(1))
    for lines in ("", "a\n", "a\nb\n", "a\nb\nc\n"):
        (tmp_path / "verdicts").write_text(lines)
        half(None, 0.0)
    assert happened == [1]
    assert half.seen == 2
