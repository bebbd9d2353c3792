"""The first cell says which `helpers` it found, before it runs any of it.

Where there is none, and the kit can't be installed, pip and git say why: for real here,
in a Python without packages but pip, and without a network.
"""

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


# -- the kit is not there --------------------------------------------------------------

WHEEL = "anomaly_workshop-1.2.3-py3-none-any.whl"


@pytest.fixture
def alone(tmp_path):
    """Return what the cell says in an empty folder, to a Python that has only pip."""
    pip = pytest.importorskip("pip", reason="this environment has no pip")
    library, folder = tmp_path / "library", tmp_path / "empty"
    library.mkdir()
    folder.mkdir()
    (library / "pip").symlink_to(Path(pip.__file__).parent)
    nowhere = "http://127.0.0.1:9"  # nobody listens there

    def said(repository="", kit=""):
        code = setup_cell("03", repository=repository, version="1.2.3")
        done = subprocess.run(
            [sys.executable, "-S", "-c", code],
            cwd=folder,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(tmp_path),
                "PYTHONPATH": str(library),
                "WORKSHOP_KIT": str(kit),
                "https_proxy": nowhere,
            },
            capture_output=True,
            text=True,
            timeout=100,
        )
        assert done.returncode == 1
        (line,) = done.stderr.strip().splitlines()
        assert line.endswith(f"). Upload {WHEEL} to {folder} and try again.")
        return line.split("). Upload")[0]

    said.folder = folder
    return said


def test_without_wheel_and_address_the_file_to_upload_is_named(alone):
    assert alone().startswith(f"{WHEEL} can't be installed ([Errno 2] No such file or ")


def test_an_older_wheel_is_told_from_none(alone):
    older = alone.folder / WHEEL.replace("1.2.3", "1.2.2")
    older.write_bytes(b"")
    assert alone().endswith(f"; {older.name} is too old")


def test_a_torn_wheel_is_named(alone):
    (alone.folder / WHEEL).write_bytes(b"PK\3\4 and no more")
    said = alone()
    assert said.startswith(f"{WHEEL} can't be installed (Wheel 'anomaly-workshop'")
    assert "is invalid" in said
    assert "too old" not in said


def test_a_folder_that_is_not_the_kits_is_named(alone):
    said = alone(kit=alone.folder)
    assert said.startswith(f"{alone.folder} can't be installed (Directory ")
    assert "is not installable" in said


@pytest.fixture
def published(tmp_path):
    """Return the address of a repository without a tag."""
    folder = tmp_path / "published"
    git = ["git", "-C", str(folder), "-c", "user.name=x", "-c", "user.email=x@y"]
    try:
        subprocess.run(["git", "init", "-q", str(folder)], check=True)
    except FileNotFoundError:
        pytest.skip("git is missing")
    commit = [*git, "commit", "-q", "--allow-empty", "-m", "x"]
    subprocess.run(commit, check=True)
    return folder.as_uri()


def test_a_tag_that_is_missing_is_named(alone, published):
    assert alone(repository=published) == (
        f"git+{published}@v1.2.3 can't be installed "
        "(pathspec 'v1.2.3' did not match any file(s) known to git"
    )


def test_without_a_network_the_address_and_the_reason_are_named(alone):
    said = alone(repository="https://example.invalid/kit")
    assert said.startswith("git+https://example.invalid/kit@v1.2.3 can't be installed")
    assert "unable to access 'https://example.invalid/kit/'" in said
