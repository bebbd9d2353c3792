"""For pytest, beside nbval: say of each cell of a grading notebook what became of it.

`pytest -p helpers.grading.nbval_plugin`, with the number of an open pipe in
`GRADING_PIPE`: a line of JSON for each cell that has run, `{"cell": 3, "passed": true}`.
"""

import json
import os
from typing import Any

PIPE = "GRADING_PIPE"


def pytest_runtest_logreport(report: Any) -> None:
    """Tell what became of a cell: only an explicit pass of the call is one."""
    if report.when == "call" or report.outcome != "passed":
        cell = int(report.nodeid.rpartition("Cell ")[2])
        passed = report.when == "call" and report.outcome == "passed"
        told = {"cell": cell, "passed": passed and not hasattr(report, "wasxfail")}
        os.write(int(os.environ[PIPE]), (json.dumps(told) + "\n").encode())
