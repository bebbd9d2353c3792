"""Code that ruff and mypy have nothing to say about."""

import subprocess
import sys

import pytest

from helpers.paths import kit_root

ROOT = kit_root()
FOLDERS = ("helpers", "tests", "solutions", "benchmarks")


def run(*command):
    """Run a tool of the kit's Python in its folder; return what it found."""
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("command", [("check",), ("format", "--check")], ids=" ".join)
def test_code_is_ruff_clean(command):
    folders = [name for name in FOLDERS if (ROOT / name).is_dir()]
    status, told = run("ruff", *command, "--quiet", *folders)
    assert status == 0, told


def test_types_are_mypy_clean():
    """What is checked stands in pyproject, under [tool.mypy]."""
    status, told = run("mypy", "--no-error-summary")
    assert status == 0, told
