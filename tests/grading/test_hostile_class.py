"""A class of a hundred, most of them honest, careless or mistaken, some hostile.

What each row has to be is written beside the answers, in `hostile.py`.
"""

import csv
import hashlib
import os
import socket
import threading
from types import SimpleNamespace

import psutil
import pytest
from hand_in import hand_in, notebook
from hostile import CASES, RIGHT

from helpers.authoring.course import Course
from helpers.exercises.declared import exercises_of
from helpers.grading.run import Order, grade

LIMITS = (("cpu", 3.0), ("seconds", 12.0))
POINTS = {found.number: found.points for found in exercises_of("03")}


@pytest.fixture(scope="module")
def graded(box, tmp_path_factory):
    """Grade the class once; return what there was before, and what came of it."""
    place = tmp_path_factory.mktemp("class")
    submissions, out, canary = place / "submissions", place / "out", place / "canary"
    canary.write_text("untouched")
    os.environ["CANARY"] = "secret-canary"
    with _listener() as listener:
        names = {
            "{port}": str(listener.port),
            "{canary}": str(canary),
            "{submissions}": str(submissions),
            "{out}": str(out),
            "{kit}": str(Course.here().root),
        }
        for case in CASES:
            _hand_in(submissions, case, names)
        before = _hashes(submissions)
        order = Order(submissions, out, lesson="03", jobs=2, limits=LIMITS)
        found = grade(order)
        again = grade(order)
        yield SimpleNamespace(
            rows={row.learner: row for row in found.rows},
            found=found,
            again=again,
            order=order,
            out=out,
            canary=canary,
            listener=listener,
            unchanged=before == _hashes(submissions),
        )
    del os.environ["CANARY"]


def _hand_in(submissions, case, names):
    cells = {}
    for number, source in (RIGHT | case.cells).items():
        for name, value in names.items():
            source = source.replace(name, value)
        cells[number] = source
    hand_in(submissions / case.name / "03.ipynb", notebook("03", cells, case.own))


def _hashes(folder):
    return {
        path: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*.ipynb"))
    }


class _listener:
    """A server on this machine that notes who comes."""

    def __enter__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port, self.came = self.socket.getsockname()[1], []
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def _listen(self):
        while True:
            try:
                self.came.append(self.socket.accept())
            except OSError:
                return

    def __exit__(self, *exception):
        self.socket.close()


def test_the_class_is_large_and_every_name_is_another():
    assert len(CASES) >= 80
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_learner_has_exactly_these_points(graded, case):
    row = graded.rows[case.name]
    earned = {mark.exercise: mark.points for mark in row.marks}
    wanted = {
        number: 0 if number in case.wrong else of for number, of in POINTS.items()
    }
    assert earned == wanted, row.marks
    assert row.flags == case.flags, row.marks
    told = " ".join(
        f"{mark.status} {mark.diagnosis} {mark.idea} {mark.incident}"
        for mark in row.marks
        if mark.exercise in case.wrong
    )
    assert case.says in told


def test_the_gradebook_says_the_same(graded):
    with (graded.out / "gradebook.csv").open(encoding="utf-8-sig", newline="") as file:
        lines = {line["learner"]: line for line in csv.DictReader(file)}
    for case in CASES:
        row = graded.rows[case.name]
        assert [int(lines[case.name][number]) for number in POINTS] == [
            mark.points for mark in row.marks
        ]
        assert int(lines[case.name]["total"]) == row.total


def test_nothing_outside_the_boxes_was_touched(graded):
    assert graded.canary.read_text() == "untouched"
    assert not graded.canary.with_suffix(".d").exists()
    assert graded.listener.came == []
    assert graded.unchanged


def test_no_process_outlives_the_run(graded):
    left = [
        process.info["cmdline"]
        for process in psutil.process_iter(["cmdline"])
        if {"3333", "helpers.grading.nbval_plugin"} & set(process.info["cmdline"] or [])
    ]
    assert left == []


def test_reports_hold_no_script_no_secret_and_no_hidden_data(graded):
    pages = [*graded.out.rglob("*.html"), graded.out / "gradebook.csv"]
    assert len(pages) > len(CASES)
    for page in pages:
        text = page.read_text(encoding="utf-8-sig")
        assert "<script" not in text
        assert "hidden: [" not in text
        assert "secret-canary" not in text


def test_the_key_is_for_its_owner_alone(graded):
    assert (graded.out / "work" / "key").stat().st_mode & 0o077 == 0
    assert (graded.out / "work").stat().st_mode & 0o077 == 0


def test_a_second_run_judges_nothing_and_finds_the_same(graded):
    assert graded.again.judged == 0
    assert graded.again.rows == graded.found.rows
