"""For pytest, beside nbval: say of each cell of a grading notebook what became of it.

`pytest -p helpers.grading.nbval_plugin`, with the number of an open pipe in
`GRADING_PIPE`: a line of JSON for each cell that ran, `{"cell": 3, "passed": true}`.
The pipe in `GRADING_LIFE` is one that only ends: when whoever grades is gone, this run
ends, too, as it does when its kernel has died.
"""

import contextlib
import json
import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

import psutil

from helpers.grading.rows import KERNEL

PIPE, LIFE = "GRADING_PIPE", "GRADING_LIFE"
_MOST_MEMORY = 4_000_000_000  # bytes that a kernel may hold, whatever a model wants


def pytest_configure(config: Any) -> None:
    """Watch over whoever started this run."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    threading.Thread(target=_end_with_kernel, daemon=True).start()


def _end_with_parent() -> None:
    while os.read(int(os.environ[LIFE]), 1):
        pass
    os.killpg(os.getpgrp(), signal.SIGKILL)


def _end_with_kernel() -> None:
    """End this run soon after its kernel: nbval would wait for all of a cell's time."""
    file = Path(KERNEL)
    while not file.exists() or psutil.pid_exists(_number(file)):
        time.sleep(0.25)
        with contextlib.suppress(psutil.Error, ValueError, FileNotFoundError):
            kernel = psutil.Process(_number(file))
            if kernel.status() == psutil.STATUS_ZOMBIE:
                break
            if kernel.memory_info().rss > _MOST_MEMORY:
                kernel.kill()
    time.sleep(2)  # what it said last is still on its way
    os.killpg(os.getpgrp(), signal.SIGKILL)


def _number(file: Path) -> int:
    return int(file.read_text() or os.getpid())


def pytest_runtest_logreport(report: Any) -> None:
    """Tell what became of a cell: only an explicit pass of the call is one."""
    if report.when == "call" or report.outcome != "passed":
        cell = int(report.nodeid.rpartition("Cell ")[2])
        passed = report.when == "call" and report.outcome == "passed"
        told = {"cell": cell, "passed": passed and not hasattr(report, "wasxfail")}
        os.write(int(os.environ[PIPE]), (json.dumps(told) + "\n").encode())
