"""A run of nbval ends soon after its kernel, and no kernel takes all the memory."""

import os
import signal
import subprocess
import sys

import psutil

from helpers.grading.rows import KERNEL

RUN = f"""
import subprocess, sys, threading, time
from pathlib import Path
from helpers.grading import nbval_plugin
nbval_plugin._MOST_MEMORY = 1_000_000
threading.Thread(target=nbval_plugin._end_with_kernel, daemon=True).start()
time.sleep(0.1)  # the kernel begins after its run
kernel = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
Path({KERNEL!r}).write_text(str(kernel.pid))
time.sleep(60)
"""


def test_a_kernel_that_grows_too_large_ends_with_its_run(tmp_path):
    found = subprocess.run(
        [sys.executable, "-c", RUN],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        start_new_session=True,
        timeout=50,
    )
    assert found.returncode == -signal.SIGKILL
    number = int((tmp_path / KERNEL).read_text())
    gone = not psutil.pid_exists(number)
    assert gone or psutil.Process(number).status() == psutil.STATUS_ZOMBIE
