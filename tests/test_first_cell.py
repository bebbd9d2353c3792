"""The first cell says which `helpers` it found, before it runs any of it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.authoring.setup_cell import setup_cell

ROOT = Path(__file__).parent.parent
CELL = setup_cell("03", repository="", version="0")
BAD = "raise RuntimeError('a file that is not the kit was run')\n"


def run_in(folder, code=CELL, *path, **environment):
    """Run the cell as a kernel in `folder` does, which finds files there first."""
    known = os.pathsep.join([str(folder), *map(str, path), str(ROOT)])
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": known, "WORKSHOP_KIT": ""} | environment,
        capture_output=True,
        text=True,
        timeout=100,
    )


@pytest.mark.parametrize("name", ["helpers.py", "helpers/__init__.py"])
def test_a_learners_own_file_or_package_is_named_and_not_run(tmp_path, name):
    own = tmp_path / name
    own.parent.mkdir(exist_ok=True)
    own.write_text(BAD, encoding="utf-8")
    done = run_in(tmp_path)
    assert done.returncode == 1
    assert done.stderr.strip() == (
        f"{own} is not the course kit: rename it (if pip brought it:  "
        "%pip uninstall -y helpers), restart the kernel and run this cell again."
    )


def test_the_package_of_that_name_from_an_index_is_to_be_uninstalled(tmp_path):
    packages = tmp_path / "lib" / "site-packages"
    (packages / "helpers").mkdir(parents=True)
    (packages / "helpers" / "__init__.py").write_text(BAD, encoding="utf-8")
    empty = tmp_path / "empty"
    empty.mkdir()
    done = run_in(empty, CELL, packages)
    assert done.returncode == 1
    assert str(packages / "helpers" / "__init__.py") in done.stderr
    assert "%pip uninstall -y helpers" in done.stderr
    assert "a file that is not the kit was run" not in done.stderr


def test_a_folder_without_code_beside_the_notebook_is_in_nobodys_way(tmp_path):
    (tmp_path / "helpers").mkdir()
    done = run_in(tmp_path, CELL + "\nimport helpers; print(helpers.__file__)")
    assert done.stdout.strip() == str(ROOT / "helpers" / "__init__.py"), done.stderr
