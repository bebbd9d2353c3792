"""For pytest, beside nbval: say of each cell of a grading notebook what became of it.

`pytest -p helpers.grading.nbval_plugin`, with the number of an open pipe in
`GRADING_PIPE`: a line of JSON for each cell that ran, `{"cell": 3, "passed": true}`.
The pipe in `GRADING_LIFE` is one that only ends: when whoever grades is gone, this run
ends, too.
"""

import json
import os
import signal
import threading
from typing import Any

PIPE, LIFE = "GRADING_PIPE", "GRADING_LIFE"


def pytest_configure(config: Any) -> None:
    """Watch over whoever started this run."""
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    while os.read(int(os.environ[LIFE]), 1):
        pass
    os.killpg(os.getpgrp(), signal.SIGKILL)


def pytest_runtest_logreport(report: Any) -> None:
    """Tell what became of a cell: only an explicit pass of the call is one."""
    if report.when == "call" or report.outcome != "passed":
        cell = int(report.nodeid.rpartition("Cell ")[2])
        passed = report.when == "call" and report.outcome == "passed"
        told = {"cell": cell, "passed": passed and not hasattr(report, "wasxfail")}
        os.write(int(os.environ[PIPE]), (json.dumps(told) + "\n").encode())
