"""A large class: one worker and two, a worker killed, a run interrupted.

200 submissions of two exercises of lesson 03 that are quick to grade, each written a
little differently, right ones and wrong ones.
"""

import os
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import psutil

from benchmarks.graders import Submission, environment, hand_in, run_command
from benchmarks.grading import ABOVE, Assignment
from benchmarks.processes import Spent, watched
from benchmarks.results import Table, Units, code_of

SUBMISSIONS = 200
QUICK = Assignment("03", ("3.1", "3.4"), ABOVE)
WANTED = 1.7  # the time of one worker, that of two = 1
_KEY = bytes(range(32))  # the same draws in all runs

VALUES = (
    "lazy_accuracy = 1 - y.mean()\nconstant_ap = y.mean()",
    "constant_ap = float((y == 1).mean())\nlazy_accuracy = 1 - constant_ap",
    "lazy_accuracy, constant_ap = y.mean(), y.mean()",
    "lazy_accuracy, constant_ap = 1 - y.mean(), 0.5",
)
FUNCTIONS = (
    "odds = p / (1 - p) * share / (1 - share)\n    return odds / (1 + odds)",
    "a, b = p * share, (1 - p) * (1 - share)\n    return a / (a + b)",
    "return p * share",
)


def class_of(size: int) -> dict[str, Submission]:
    """Return submissions by learner, all ways of answering in turn."""
    made = {}
    for number in range(size):
        values = VALUES[number % len(VALUES)]
        function = f"def corrected(p, share):\n    {FUNCTIONS[number % len(FUNCTIONS)]}"
        name = f"learner_{number:03}"
        made[name] = Submission({"3.1": values, "3.4": function}).signed(name)
    return made


@dataclass
class Half:
    """Does something to a run once, when half of the answers are judged."""

    verdicts: Path
    answers: int
    what: Callable[[subprocess.Popen], bool]
    done: bool = False
    seen: int = 0

    def __call__(self, process: subprocess.Popen, gone: float) -> None:
        """Look at how far the run is."""
        if not self.done and self.verdicts.exists():
            self.seen = self.verdicts.read_bytes().count(b"\n")
            if 2 * self.seen >= self.answers:
                self.done = self.what(process)


def kill_a_worker(process: subprocess.Popen) -> bool:
    """Kill one of the processes that judge; return whether there was one."""
    for each in psutil.Process(process.pid).children(recursive=True):
        try:
            if "--nbval" in each.cmdline():
                each.kill()
                return True
        except psutil.Error:
            continue
    return False


def press_ctrl_c(process: subprocess.Popen) -> bool:
    """Interrupt the command as a terminal does."""
    os.kill(process.pid, signal.SIGINT)
    return True


HALF_WAY = {"killed": kill_a_worker, "interrupted": press_ctrl_c}


def graded(*, way: str) -> dict[str, Any]:
    """Grade a class with one job ("1"), two ("2"), or two and something half-way."""
    with TemporaryDirectory(prefix="scale-") as name:
        folder = Path(name)
        hand_in(QUICK.lesson(), class_of(SUBMISSIONS), folder / "submissions")
        work = folder / "grades" / "work"
        work.mkdir(parents=True, mode=0o700)
        (work / "key").write_bytes(_KEY)
        verdicts, answers = work / "verdicts.jsonl", 2 * SUBMISSIONS
        half = Half(verdicts, answers, HALF_WAY.get(way, lambda process: True))
        spent = [_run(folder, "1" if way == "1" else "2", half)]
        while spent[-1].status and len(spent) < 3:
            spent.append(_run(folder, "2", half))
        return {
            "status": [each.status for each in spent],
            "wall": spent[0].wall,
            "cpu": spent[0].cpu,
            "megabytes": list(spent[0].memory),
            "verdicts": verdicts.read_bytes().count(b"\n"),
            "gradebook": (folder / "grades" / "gradebook.csv").read_bytes().decode(),
        }


def _run(folder: Path, jobs: str, half: Half) -> Spent:
    command = run_command("helpers.cli", *GRADE, "--jobs", jobs)
    return watched(command, folder, environment(), meanwhile=half)


GRADE = ("grade", "submissions", "--out", "grades", "--lesson", "03")


def _ratio(one: dict[str, Any], two: dict[str, Any]) -> str:
    return f"{one['wall'] / two['wall']:.2f}"


def _at(run: dict[str, Any], share: float) -> float:
    """Return the megabytes of the command when a share of its time was over."""
    seen = run["megabytes"]
    return float(np.mean(seen[int(share * (len(seen) - 1)) :][:5]))


def _twice(run: dict[str, Any]) -> int:
    return run["verdicts"] - 2 * SUBMISSIONS


def _told(same: bool) -> str:
    return "the same" if same else "another one"


def table(units: Units) -> Table:
    """Return what a large class takes, and what an interruption changes."""
    code = code_of("helpers.grading")
    one, two, killed, interrupted = (
        units.get({"way": way}, graded, code)
        for way in ("1", "2", "killed", "interrupted")
    )
    same = [run["gradebook"] == one["gradebook"] for run in (two, killed, interrupted)]
    rows = [
        ("time of one worker, that of two = 1", f"{WANTED}", _ratio(one, two)),
        ("CPU s a submission", "–", f"{one['cpu'] / SUBMISSIONS:.2f}"),
        ("MB of the command itself, a quarter on", "–", f"{_at(one, 0.25):.0f}"),
        ("MB of the command itself, at the end", "the same", f"{_at(one, 1):.0f}"),
        ("gradebook of two workers", "the same", _told(same[0])),
        ("gradebook, a worker killed half-way", "the same", _told(same[1])),
        ("gradebook, Ctrl-C half-way and again", "the same", _told(same[2])),
        ("answers judged twice after Ctrl-C", "0", str(_twice(interrupted))),
    ]
    columns = ("what", "wanted", "found")
    return Table(f"Grading {SUBMISSIONS} submissions", columns, rows, [_NOTE])


_NOTE = """\
Two exercises of lesson 03 that are quick to grade; no two answers are alike. A worker
is a run of nbval with a kernel and boxes of its own. Times by the clock: a machine
that does something else beside makes the first line smaller. The gradebook is compared
byte by byte with that of one worker, under the same key."""
