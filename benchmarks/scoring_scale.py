"""`workshop score` of ten million rows: memory, one worker and two, what is killed.

The rows are made here, a block at a time. Ten million are scored by one process and by
two, and by two when something is killed half-way; a million by Dask's workers, too. On
two quiet cores that takes ten minutes, and 1.2 GB of disk.
"""

import contextlib
import hashlib
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import psutil

from benchmarks.graders import environment, run_command
from benchmarks.processes import Spent, watched
from benchmarks.results import NOTHING, Table, Units, code_of, spread
from helpers.detectors import IsolationForestDetector

FEATURES = 10
ROWS = {"1 million": 1_000_000, "10 million": 10_000_000}
TIMED = "10 million"
REPEATS = range(1)
TREES = 200  # so many that scoring takes the most of the time, and not reading
WANTED = 1.7  # the time of one worker, that of two = 1
_BLOCK = 100_000
_DETECTOR, _TABLE, _OUT = "forest.detector", "rows.csv", "scores.csv"


def make_rows(rows: int, path: Path) -> None:
    """Write a table of normal rows, four digits a number."""
    names = ",".join(f"sensor_{number}" for number in range(FEATURES))
    with path.open("w", encoding="ascii") as file:
        file.write(f"{names}\n")
        for start in range(0, rows, _BLOCK):
            random = np.random.default_rng(start)
            block = random.normal(size=(min(_BLOCK, rows - start), FEATURES))
            np.savetxt(file, block, fmt="%.4f", delimiter=",")


def make_detector(path: Path) -> None:
    """Write an isolation forest."""
    X = np.random.default_rng(1).normal(size=(2_000, FEATURES))
    forest = IsolationForestDetector(n_estimators=TREES, random_state=0)
    forest.fit(X).save(path)


@dataclass
class Half:
    """Does something to a run once, when half of the scores are kept."""

    part: Path
    wanted: float  # bytes of all scores
    what: Callable[[subprocess.Popen], bool]
    done: bool = False
    megabytes: float = 0.0  # the most that the command itself has held

    def __call__(self, process: subprocess.Popen, gone: float) -> None:
        """Look at how far the run is."""
        self.megabytes = max(self.megabytes, most_held(process.pid))
        if not self.done and self.part.exists():
            with contextlib.suppress(OSError):
                if 2 * self.part.stat().st_size >= self.wanted:
                    self.done = self.what(process)


def most_held(process: int) -> float:
    """Return the most megabytes that a process has held so far, 0 where it is gone."""
    with contextlib.suppress(OSError):
        told = Path(f"/proc/{process}/status").read_text()
        if found := re.search(r"VmHWM:\s*(\d+) kB", told):
            return int(found[1]) / 1024
    return 0.0


def kill_a_worker(process: subprocess.Popen) -> bool:
    """Kill one of the processes that score; return whether there was one."""
    for each in psutil.Process(process.pid).children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if any("spawn_main" in word for word in each.cmdline()):
                each.kill()
                return True
    return False


def kill_the_command(process: subprocess.Popen) -> bool:
    """Kill the command itself, as kill -9 does."""
    process.kill()
    return True


HALF_WAY = {"worker killed": kill_a_worker, "command killed": kill_the_command}


def scored(*, way: str, rows: int, folder: Path) -> dict[str, Any]:
    """Score the table in a folder in some way; return what it took and gave."""
    out = folder / _OUT
    out.unlink(missing_ok=True)
    half = Half(folder / f"{_OUT}.part", 20 * rows, HALF_WAY.get(way, lambda _: True))
    with _options(way) as options:
        spent = [_run(folder, options, half)]
        if way == "command killed":
            spent.append(_run(folder, options, half))
    return {
        "status": [each.status for each in spent],
        "happened": half.done,
        "wall": spent[0].wall,
        "cpu": spent[0].cpu,
        "megabytes": half.megabytes,
        "all megabytes": max(each.megabytes for each in spent),
        "bytes": hashlib.sha256(out.read_bytes()).hexdigest(),
        "went_on_from": _went_on_from(spent[-1].said),
    }


@contextlib.contextmanager
def _options(way: str) -> Iterator[list[str]]:
    """Yield the options of a way, and keep its cluster going."""
    kind, _, workers = way.partition(" ")
    if kind != "Dask":
        yield ["--jobs", workers if kind == "processes" else "2"]
        return
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=int(workers),
        threads_per_worker=1,
        dashboard_address=None,
        host="127.0.0.1",
    ) as cluster:
        yield ["--scheduler", cluster.scheduler_address]


def _run(folder: Path, options: list[str], half: Half) -> Spent:
    score = ("score", _DETECTOR, _TABLE, "--out", _OUT, *options)
    command = run_command("helpers.cli", *score)
    return watched(command, folder, environment(), meanwhile=half)


def _went_on_from(said: str) -> int:
    found = re.search(r"going on from row (\d+)", said)
    return int(found[1]) if found else 1


PROCESSES = ("processes 1", "processes 2")
DASK = ("Dask 1", "Dask 2") if find_spec("distributed") else ()


def measured(units: Units) -> dict[str, list[dict[str, Any]]]:
    """Return what each way took: of small and of large tables, in turns."""
    code = code_of("helpers.scoring")
    found: dict[str, list[dict[str, Any]]] = {}
    for size, rows in ROWS.items():
        turns = [
            (way, repeat)
            for repeat in REPEATS
            for way in (PROCESSES if size == TIMED else PROCESSES + DASK)
        ]
        if size == TIMED:
            turns += [(way, 0) for way in HALF_WAY]
        with _Tables(rows) as tables:
            for way, repeat in turns:
                unit = {"way": way, "rows": rows, "repeat": repeat}
                run = units.get(unit, tables.scored, code)
                found.setdefault(f"{size}: {way}", []).append(run)
    return found


class _Tables:
    """A folder with a table and a detector, made when they are first needed."""

    def __init__(self, rows: int):
        self._rows = rows
        self._stack = contextlib.ExitStack()
        self._folder: Path | None = None

    def __enter__(self) -> "_Tables":
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def scored(self, *, way: str, rows: int, repeat: int) -> dict[str, Any]:
        """Score it in some way."""
        if self._folder is None:
            name = self._stack.enter_context(TemporaryDirectory(prefix="scores-"))
            self._folder = Path(name)
            make_detector(self._folder / _DETECTOR)
            make_rows(rows, self._folder / _TABLE)
        return scored(way=way, rows=rows, folder=self._folder)


def table(units: Units) -> Table:
    """Return what ten million rows take, and what is lost when something is killed."""
    found = measured(units)
    killed = found[f"{TIMED}: command killed"]
    rows = [
        _times("processes", TIMED, WANTED, found),
        *(
            _times("Dask", size, NOTHING, found)
            for size in ROWS
            if DASK and size != TIMED
        ),
        *(
            (f"MB of {whose}, {size} rows, {jobs} at work", NOTHING, *_held(runs, what))
            for whose, what in _MEMORY.items()
            for jobs in "12"
            for size in ROWS
            for runs in [found[f"{size}: processes {jobs}"]]
        ),
        *(
            (f"bytes, {size} rows, {way}", "the same", _told(runs, ones), NOTHING)
            for name, runs in found.items()
            for size, _, way in [name.partition(": ")]
            for ones in [found[f"{size}: processes 1"]]
            if way != "processes 1"
        ),
        (
            "command killed half-way, and called again",
            "goes on",
            _went_on(killed[0]),
            NOTHING,
        ),
    ]
    columns = ("what", "wanted", "found", "spread")
    return Table(f"Scoring {TIMED} rows of a CSV file", columns, rows, [_NOTE])


_MEMORY = {"the command": "megabytes", "all its processes": "all megabytes"}


def _times(
    what: str, size: str, wanted: object, found: dict[str, list[dict[str, Any]]]
) -> tuple[str, ...]:
    ones, twos = (found[f"{size}: {what} {number}"] for number in "12")
    ratios = [one["wall"] / two["wall"] for one, two in zip(ones, twos, strict=True)]
    told = f"time of one, that of two = 1: {what}, {size} rows"
    return told, f"{wanted}", f"{np.median(ratios):.2f}", spread(ratios)


def _held(runs: list[dict[str, Any]], what: str) -> tuple[str, str]:
    held = [round(run[what]) for run in runs]
    return f"{np.median(held):.0f}", spread(held)


def _told(runs: list[dict[str, Any]], ones: list[dict[str, Any]]) -> str:
    if not all(run["happened"] for run in runs):
        return "nothing was killed"
    same = all(run["bytes"] == ones[0]["bytes"] for run in runs)
    return "the same" if same else "others"


def _went_on(run: dict[str, Any]) -> str:
    return f"goes on from row {run['went_on_from']:,}"


_NOTE = f"""\
Rows of {FEATURES} numbers, four digits each, made by code; an isolation forest of
{TREES} trees, as `detector.save` wrote it; `workshop score --out scores.csv`. Times by
the clock, the start of Python and of its workers included: a machine that does
something else beside makes the ratio smaller, and so does one with two cores for two
workers of Dask, whose scheduler needs a share, too. Memory is the most that the
command's own process held; and the most that it held with the processes that score,
where pages that several processes share count in parts, so that it may be less. A
process that scores (of two), or the command itself, is killed (-9) when half of the
rows are scored; the command is called again then. Scores are compared byte by byte with
those of one process."""
