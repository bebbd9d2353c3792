"""Folders of a run are gone with it, and those of a killed run with the next one."""

import os
import shutil
import subprocess
import sys
import tempfile
import time

import pytest

from helpers.grading.box import why_not
from helpers.grading.folders import folder_of_a_run

pytest.importorskip("fcntl")
_HOLDER = """
import sys, time
from helpers.grading.box import why_not
from helpers.grading.folders import folder_of_a_run
with folder_of_a_run("workshop-tried-") as folder:
    print(folder, flush=True)
    time.sleep(60)
"""


def test_what_a_killed_run_left_is_cleared_and_nothing_in_use(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    command = [sys.executable, "-c", _HOLDER]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as process:
        left = process.stdout.readline().decode().strip()
        old = time.time() - 3600
        os.utime(left, (old, old))
        with folder_of_a_run("workshop-tried-") as mine:
            assert os.path.isdir(left)
        process.kill()
    young = tmp_path / "workshop-tried-young"
    young.mkdir()
    with folder_of_a_run("workshop-tried-"):
        assert not os.path.exists(left)
    assert young.exists()
    assert not mine.exists()


@pytest.mark.skipif(not shutil.which("bwrap"), reason="bubblewrap is not installed")
def test_a_python_in_the_folder_that_boxes_have_for_themselves_is_named(monkeypatch):
    monkeypatch.setattr(sys, "prefix", "/tmp/clone/.venv")
    assert why_not() == (
        "/tmp/clone/.venv lies in /tmp, of which each box has its own: clone elsewhere"
    )
