"""A run that is stopped, killed, shared out or done again gives the same bytes."""

import contextlib
import os
import signal
import subprocess
import sys
import time

import psutil
import pytest
from hand_in import hand_in, notebook
from hostile import RIGHT

from helpers.errors import KitError
from helpers.grading.ledger import fingerprint
from helpers.grading.run import Order, grade
from helpers.locks import only_one_in

REPORTS = ("gradebook.csv", "grading.jsonl", "class.html")
NAMES = ["Ada", "ada", "Zoë", "Zoë", "=1+1", "<b>Bo</b>", "李雷", "José", "Kim", "Mia"]


@pytest.fixture(scope="module")
def key():
    return bytes(range(32))


@pytest.fixture(scope="module")
def submissions(tmp_path_factory):
    """A class of twelve; two answers of each differ from all others'."""
    folder = tmp_path_factory.mktemp("submissions")
    for number, name in enumerate([*NAMES, "Noor", "Olu"]):
        cells = dict(RIGHT)
        for each in ("3.1", "3.4"):
            cells[each] = f"{RIGHT[each]}\n# {number}"
        if number % 3 == 0:
            cells["3.1"] = f"lazy_accuracy = constant_ap = {number} / 20"
        made = notebook("03", cells)
        hand_in(folder / f"{name.replace('/', '')}_{number}" / "03.ipynb", made)
    return folder


def out_with(folder, key):
    (folder / "work").mkdir(parents=True, mode=0o700)
    (folder / "work" / "key").write_bytes(key)
    return folder


def bytes_of(out):
    pages = {page.name: page.read_bytes() for page in (out / "learners").iterdir()}
    return pages | {name: (out / name).read_bytes() for name in REPORTS}


@pytest.fixture(scope="module")
def whole(box, submissions, key, tmp_path_factory):
    """What an undisturbed run writes."""
    out = out_with(tmp_path_factory.mktemp("whole") / "out", key)
    found = grade(Order(submissions, out, jobs=2))
    return found, bytes_of(out)


def test_all_answers_are_judged_and_pages_are_there(whole, submissions):
    found, written = whole
    assert found.failed == 0
    assert len(found.rows) == len(list(submissions.iterdir()))
    assert len(written) == len(found.rows) + len(REPORTS)
    assert sorted({row.total for row in found.rows}) == [4, 5]


def test_an_interrupted_run_goes_on_and_gives_the_same_bytes(
    whole, submissions, key, tmp_path
):
    out = out_with(tmp_path / "out", key)

    def interrupt(done, of):
        if done == 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        grade(Order(submissions, out, jobs=2), interrupt)
    known = (out / "work" / "verdicts.jsonl").read_bytes()
    (out / "work" / "verdicts.jsonl").write_bytes(known[:-20])  # cut off as it was told
    found = grade(Order(submissions, out, jobs=1))
    assert 0 < found.judged < whole[0].judged
    assert bytes_of(out) == whole[1]


def test_a_killed_kernel_costs_nothing(whole, submissions, key, tmp_path):
    out = out_with(tmp_path / "out", key)
    killed = []

    def kill(done, of):
        if done == 7:
            for process in psutil.Process().children(recursive=True):
                with contextlib.suppress(psutil.Error):
                    if "ipykernel_launcher" in " ".join(process.cmdline()):
                        process.kill()
                        killed.append(process.pid)

    limits = (("seconds", 15.0),)  # and so much less patience with a cell
    grade(Order(submissions, out, jobs=1, limits=limits), kill)
    assert killed
    assert bytes_of(out) == whole[1]


def test_only_what_changed_is_judged_again(submissions, key, tmp_path, box):
    folder, out = tmp_path / "two", tmp_path / "out"
    cells = dict(RIGHT)
    for name in ("one", "two"):
        hand_in(folder / name / "03.ipynb", notebook("03", cells))
    assert grade(Order(folder, out)).judged == len(RIGHT)  # equal answers once
    cells["3.4"] = "corrected = None"
    hand_in(folder / "two" / "03.ipynb", notebook("03", cells))
    found = grade(Order(folder, out))
    assert found.judged == 1
    assert [row.total for row in found.rows] == [5, 4]


def test_a_cluster_of_two_workers_gives_the_same_bytes(
    whole, submissions, key, tmp_path
):
    distributed = pytest.importorskip("distributed")
    out = out_with(tmp_path / "out", key)
    with distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=True,
        dashboard_address=None,
        host="127.0.0.1",
    ) as cluster:
        address = cluster.scheduler_address
        found = grade(Order(submissions, out, jobs=2, scheduler=address))
    assert found.failed == 0
    assert bytes_of(out) == whole[1]


def test_a_cluster_that_is_not_there_is_a_line(submissions, tmp_path):
    pytest.importorskip("distributed")
    order = Order(submissions, tmp_path / "out", scheduler="tcp://127.0.0.1:9")
    with pytest.raises(KitError, match=r"no scheduler answers at tcp://127\.0\.0\.1:9"):
        grade(order)


def test_two_runs_in_one_folder_are_refused(submissions, tmp_path, box):
    (tmp_path / "out").mkdir()
    with (
        only_one_in(tmp_path / "out"),
        pytest.raises(KitError, match=str(tmp_path / "out")),
    ):
        grade(Order(submissions, tmp_path / "out"))


def test_without_a_box_nothing_runs_unless_it_is_asked_for(
    submissions, tmp_path, monkeypatch
):
    monkeypatch.setattr("helpers.grading.run.why_not", lambda: "there is none")
    with pytest.raises(KitError, match=r"there is none.*--no-sandbox"):
        grade(Order(submissions, tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_no_folder_and_no_jobs_are_lines(tmp_path):
    (tmp_path / "in").mkdir()
    with pytest.raises(KitError, match="is no folder"):
        grade(Order(tmp_path / "nowhere", tmp_path / "out"))
    with pytest.raises(KitError, match="--jobs is at least 1"):
        grade(Order(tmp_path / "in", tmp_path / "out", jobs=0))


def test_grades_among_the_submissions_are_refused(submissions):
    with pytest.raises(KitError, match="lies among the submissions"):
        grade(Order(submissions, submissions / "grades"))


def test_the_fingerprint_is_the_kits():
    assert fingerprint() == fingerprint()
    assert len(fingerprint()) == 64


def command(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "helpers.cli", "grade", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_the_command_grades_and_says_where(submissions, tmp_path, box):
    folder, out = tmp_path / "one", tmp_path / "out"
    hand_in(folder / "Ada" / "03.ipynb", notebook("03", RIGHT))
    run = command(folder, "--out", out, "--format", "moodle")
    assert run.returncode == 0, run.stderr
    assert "1 graded" in run.stdout
    assert str(out / "gradebook.csv") in run.stdout
    assert (out / "gradebook_moodle.csv").exists()


def test_without_the_box_the_command_says_what_that_means(tmp_path):
    folder, out = tmp_path / "one", tmp_path / "out"
    hand_in(folder / "Ada" / "03.ipynb", notebook("03", RIGHT))
    run = command(folder, "--out", out, "--no-sandbox")
    assert run.returncode == 0, run.stderr
    assert "WARNING: --no-sandbox" in run.stderr
    assert "5" in (out / "gradebook.csv").read_text(encoding="utf-8-sig")


def test_ctrl_c_says_how_to_go_on(submissions, tmp_path, box):
    process = subprocess.Popen(
        [
            *[sys.executable, "-m", "helpers.cli", "grade", submissions],
            *["--out", tmp_path / "out"],
        ],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # and Ctrl-C means what it does in a terminal
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    verdicts = tmp_path / "out" / "work" / "verdicts.jsonl"
    for _ in range(600):
        if verdicts.exists() and verdicts.stat().st_size:
            break
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "The same command goes on from here" in said
