"""A learner's notebook works when the file is all there is, as on Colab.

`make test-newest` does the same with a really fresh environment and the newest
versions of everything; here the environment borrows this one's packages, but not the
kit, so the first cell has to fetch it.
"""

import os
import site
import subprocess
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
NOTEBOOK = ROOT / "notebooks" / "00_start_here.ipynb"


@pytest.fixture
def python_without_kit(tmp_path):
    """An environment that has every package of this one except the kit itself."""
    home = tmp_path / "environment"
    venv.create(home, with_pip=False)
    python = (
        next(home.glob("bin/python")) if os.name != "nt" else home / "Scripts/python"
    )
    folder = next(home.glob("lib/python*/site-packages"))
    # a folder named in a .pth file is searched, but its own .pth files (the editable
    # install of the kit is one) are not read
    packages = [path for path in site.getsitepackages() if Path(path).is_dir()]
    (folder / "borrowed.pth").write_text("\n".join(packages) + "\n", encoding="utf-8")
    return python


def run(python, *arguments, cwd, **environment):
    clean = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    return subprocess.run(
        [python, *arguments],
        cwd=cwd,
        env=clean | environment,
        capture_output=True,
        text=True,
        timeout=600,
    )


def test_the_first_cell_fetches_the_kit_from_a_local_clone(
    python_without_kit, tmp_path
):
    empty = tmp_path / "empty"
    empty.mkdir()
    assert run(python_without_kit, "-c", "import helpers", cwd=empty).returncode != 0

    done = run(
        python_without_kit,
        ROOT / "tests" / "run_alone.py",
        NOTEBOOK,
        cwd=empty,
        WORKSHOP_KIT=str(ROOT),
        PIP_NO_BUILD_ISOLATION="false",  # pip's way to say: build with what is here
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "OK   00_start_here.ipynb" in done.stdout

    code = "import helpers; from helpers.datasets import load as l; "
    code += "print(helpers.__file__, l('wine').y.sum())"
    where = run(python_without_kit, "-c", code, cwd=empty, WORKSHOP_OFFLINE="1")
    assert str(tmp_path) in where.stdout, where.stderr
    assert where.stdout.split()[-1] == "10"
