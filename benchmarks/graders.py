"""Graders beside `workshop grade`: nbgrader, Otter, bare nbval; each in its own way.

nbgrader and Otter get the lesson as `workshop export` writes it. They are no part of
the kit: the variables `WORKSHOP_NBGRADER` and `WORKSHOP_OTTER` name a Python that has
them (and the kit's packages), else this Python is asked.
"""

import contextlib
import csv
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol
from xml.etree import ElementTree

import nbformat
from nbformat import NotebookNode, v4

from benchmarks.processes import Spent, watched
from helpers.authoring.course import Course
from helpers.authoring.derive import Recipe, learner_notebook, reference_notebook
from helpers.authoring.source import Lesson, checked_exercise, exercise_number
from helpers.exercises.declared import find
from helpers.grading import box
from helpers.grading.exporters import files_of
from helpers.paths import kit_root

Points = dict[str, int]  # exercise -> points
SECONDS = 30  # that one cell may run
PATIENCE = 90  # seconds for a whole submission, where a grader has no limit of its own


@dataclass(frozen=True)
class Submission:
    """What a learner wrote: a cell for each exercise, and cells of their own above."""

    answers: Mapping[str, str]
    own: tuple[str, ...] = ()
    points: Points = field(default_factory=dict)  # that are right

    def signed(self, learner: str) -> "Submission":
        """Return the submission with the learner's name in each of its cells."""
        answers = {n: f"{cell}\n# {learner}" for n, cell in self.answers.items()}
        own = tuple(f"{cell}\n# {learner}" for cell in self.own)
        return Submission(answers, own, self.points)

    def written_into(self, notebook: NotebookNode) -> NotebookNode:
        """Return a handed-out notebook with the answers in it."""
        filled, first = deepcopy(notebook), None
        for place, cell in enumerate(filled.cells):
            number = exercise_number(cell.source) if cell.cell_type == "code" else None
            if number and number in self.answers:
                first = place if first is None else first
                cell.source = f"# Exercise {number}\n{self.answers[number]}"
        filled.cells[first:first] = [
            v4.new_code_cell(source, id=f"own-{place}")
            for place, source in enumerate(self.own)
        ]
        return filled


@dataclass
class Graded:
    """What a grader gave each learner, and what it took for all of them."""

    points: dict[str, Points]
    spent: Spent


class Grader(Protocol):
    """A tool that grades a class in a folder of its own."""

    def why_not(self) -> str | None:
        """Return why it can't be had here, or None."""

    def grade(
        self, lesson: Lesson, submissions: Mapping[str, Submission], folder: Path
    ) -> Graded:
        """Hand out the lesson, take the submissions, grade them, in an empty folder."""


def environment(python: str = sys.executable) -> dict[str, str]:
    """Return the environment in which a tool's Python finds the kit, and programs."""
    kit = os.pathsep.join([str(kit_root()), *filter(None, [os.getenv("PYTHONPATH")])])
    path = os.pathsep.join([str(Path(python).parent), os.environ["PATH"]])
    return dict(os.environ) | {"PYTHONPATH": kit, "PATH": path}


def why_not(module: str) -> str | None:
    """Return why a module can't be had, from this Python or the one named for it."""
    python = _python(module)
    if python == sys.executable:
        return None if find_spec(module) else f"{module} is not installed"
    tried = subprocess.run([python, "-c", f"import {module}"], capture_output=True)
    return f"{_variable(module)} names no Python with it" if tried.returncode else None


def run(module: str, *arguments: object, folder: Path, seconds: float = 3600) -> Spent:
    """Run a tool's command in a folder."""
    command = run_command(module, *arguments)
    return watched(command, folder, environment(_python(module)), seconds)


def run_command(module: str, *arguments: object) -> list[str]:
    """Return the command that runs a module, in the Python named for it."""
    return [_python(module), "-m", module, *map(str, arguments)]


def _variable(module: str) -> str:
    return f"WORKSHOP_{module.upper()}"  # WORKSHOP_NBGRADER, WORKSHOP_OTTER


def _python(module: str) -> str:
    return os.environ.get(_variable(module), sys.executable)


def _went_well(spent: Spent) -> None:
    if spent.status:
        raise RuntimeError(f"exit status {spent.status}: {spent.said}")


def _write(notebook: NotebookNode, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)


def _exported(tool: str, lesson: Lesson, folder: Path) -> None:
    for place, text in files_of(tool, lesson, Course.here()).items():
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).write_text(text, encoding="utf-8")


# -- nbgrader --------------------------------------------------------------------------


class Nbgrader:
    """`nbgrader autograde` of the whole class."""

    why_not = staticmethod(partial(why_not, "nbgrader"))

    def grade(
        self, lesson: Lesson, submissions: Mapping[str, Submission], folder: Path
    ) -> Graded:
        """Grade with a time limit for each cell."""
        _exported("nbgrader", lesson, folder)
        name, file = lesson.name, f"{lesson.name}.ipynb"
        _went_well(run("nbgrader", "generate_assignment", name, folder=folder))
        handed_out = nbformat.read(folder / "release" / name / file, 4)
        for learner, each in submissions.items():
            place = folder / "submitted" / learner / name / file
            _write(each.written_into(handed_out), place)
        limit = f"--ExecutePreprocessor.timeout={SECONDS}"
        spent = run("nbgrader", "autograde", name, limit, folder=folder)
        return Graded(_of_nbgrader(folder / "gradebook.db"), spent)


_AUTOMATIC = """
    select work.student_id, cell.name, grade.auto_score from grade
    join base_cell as cell on cell.id = grade.cell_id
    join submitted_notebook as file on file.id = grade.notebook_id
    join submitted_assignment as work on work.id = file.assignment_id
"""


def _of_nbgrader(database: Path) -> dict[str, Points]:
    points: dict[str, Points] = {}
    with contextlib.closing(sqlite3.connect(database)) as opened:
        for learner, cell, score in opened.execute(_AUTOMATIC):
            number = cell.removeprefix("test-").replace("-", ".")
            points.setdefault(learner, {})[number] = int(score or 0)
    return points


# -- Otter -----------------------------------------------------------------------------


class Otter:
    """`otter run` of one submission after the other (`otter grade` needs Docker)."""

    why_not = staticmethod(partial(why_not, "otter"))

    def grade(
        self, lesson: Lesson, submissions: Mapping[str, Submission], folder: Path
    ) -> Graded:
        """Grade; Otter has no time limit, so one that takes too long is ended."""
        _exported("otter", lesson, folder)
        file = f"{lesson.name}.ipynb"
        _went_well(run("otter", "assign", file, "dist", folder=folder))
        (tests,) = (folder / "dist" / "autograder").glob("*.zip")
        handed_out = nbformat.read(folder / "dist" / "student" / file, 4)
        points, spent = {}, []
        for learner, each in submissions.items():
            _write(each.written_into(handed_out), folder / learner / file)
            told = ["run", f"{learner}/{file}", "-a", tests, "-o", learner]
            spent.append(run("otter", *told, folder=folder, seconds=PATIENCE))
            points[learner] = _of_otter(folder / learner / "results.json")
        return Graded(points, _together(spent))


def _of_otter(results: Path) -> Points:
    if not results.exists():
        return {}
    found = json.loads(results.read_text(encoding="utf-8"))["tests"]
    return {
        each["name"].split(" ")[0].removeprefix("q").replace("_", "."): int(
            each["score"]
        )
        for each in found
        if each["name"].startswith("q")
    }


def _together(spent: Iterable[Spent]) -> Spent:
    spent = list(spent)
    return Spent(
        sum(each.cpu for each in spent),
        sum(each.wall for each in spent),
        max(each.megabytes for each in spent),
    )


# -- nbval, bare -----------------------------------------------------------------------


class Nbval:
    """`pytest --nbval` of submissions that hold the outputs of the reference."""

    why_not = staticmethod(partial(why_not, "nbval"))

    def grade(
        self, lesson: Lesson, submissions: Mapping[str, Submission], folder: Path
    ) -> Graded:
        """Grade: a check that says what it said of the reference earns its points."""
        reference = reference_notebook(lesson, Recipe.of(Course.here(), 0))
        _write(reference, folder / "reference.ipynb")
        _went_well(run("nbconvert", *_EXECUTE, "reference.ipynb", folder=folder))
        executed = nbformat.read(folder / "reference.ipynb", 4)
        places = {}
        for learner, each in submissions.items():
            written = each.written_into(executed)
            _write(written, folder / f"{learner}.ipynb")
            places[learner] = _places_of_checks(written)
        (folder / "reference.ipynb").unlink()
        options = ["--nbval-lax", f"--nbval-cell-timeout={SECONDS}", _NO_SETTINGS]
        options += ["--nbval-current-env", "--junitxml=found.xml", "-q", "--tb=no"]
        spent = run(
            "pytest", *options, *sorted(f"{x}.ipynb" for x in places), folder=folder
        )
        passed = _passed(folder / "found.xml")
        return Graded(
            {
                learner: {
                    number: find(number).points * ((learner, place) in passed)
                    for number, place in checks.items()
                }
                for learner, checks in places.items()
            },
            spent,
        )


_EXECUTE = ("--to", "notebook", "--execute", "--inplace")
_NO_SETTINGS = "--rootdir=."


def _places_of_checks(notebook: NotebookNode) -> dict[str, int]:
    """Return exercise -> the place of its check among all code cells."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return {
        number: place
        for place, cell in enumerate(code)
        if (number := checked_exercise(cell.source))
    }


def _passed(report: Path) -> set[tuple[str, int]]:
    """Return (learner, place) of the cells that passed."""
    cases = ElementTree.parse(report).iter("testcase")
    return {
        (
            Path(case.get("classname", "")).stem.split(".")[0],
            _place(case.get("name", "")),
        )
        for case in cases
        if not list(case)
    }


def _place(name: str) -> int:
    return int(name.rsplit(" ", 1)[-1])


def hand_in(
    lesson: Lesson, submissions: Mapping[str, Submission], folder: Path
) -> None:
    """Write a lesson's notebooks as learners hand them in, a folder for each."""
    handed_out = learner_notebook(lesson, Recipe.of(Course.here(), 0))
    for learner, each in submissions.items():
        place = folder / learner / f"{lesson.name}.ipynb"
        _write(each.written_into(handed_out), place)


# -- the kit ---------------------------------------------------------------------------


class Workshop:
    """`workshop grade`, everybody in boxes."""

    @staticmethod
    def why_not() -> str | None:
        """Return why there can be no boxes here, or None."""
        return box.why_not()

    def grade(
        self, lesson: Lesson, submissions: Mapping[str, Submission], folder: Path
    ) -> Graded:
        """Grade with one job, as the others have one process."""
        hand_in(lesson, submissions, folder / "submissions")
        told = ["grade", "submissions", "--out", "grades", "--lesson", lesson.number]
        told += ["--jobs", "1", "--seconds", str(SECONDS)]
        spent = run("helpers.cli", *told, folder=folder)
        _went_well(spent)
        return Graded(_of_workshop(folder / "grades" / "gradebook.csv"), spent)


def _of_workshop(gradebook: Path) -> dict[str, Points]:
    with gradebook.open(encoding="utf-8-sig", newline="") as file:
        return {
            row["learner"]: {
                name: int(value) for name, value in row.items() if "." in name and value
            }
            for row in csv.DictReader(file)
        }


GRADERS: dict[str, Grader] = {
    "nbgrader": Nbgrader(),
    "Otter": Otter(),
    "nbval, bare": Nbval(),
    "workshop grade": Workshop(),
}
