"""The kernels of lessons 00 to 03 get no Keras; nbval runs them, see `conftest.py`."""

import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HOOK = runpy.run_path(str(ROOT / "conftest.py"))
import_path, refusing = HOOK["import_path"], HOOK["REFUSING"]


def test_the_lessons_that_need_no_networks_are_run_without():
    names = [path.name for path in sorted((ROOT / "solutions").glob("*.ipynb"))]
    without = [name for name in names if refusing in import_path(name, "")]
    assert [name[:2] for name in without] == ["00", "01", "02", "03"]
    assert import_path(without[0], "a") == os.pathsep.join([refusing, "a"])


def test_the_kernel_after_them_gets_all_again():
    before = import_path("03_imbalanced_data.ipynb", "a")
    assert import_path("04_dense_networks.ipynb", before) == "a"
    assert import_path("test_text.py", before) == "a"


@pytest.mark.parametrize("name", ["keras", "tensorflow", "h5py", "keras.layers"])
def test_a_python_on_that_path_refuses(name):
    code = f"import json\ntry: import {name}\nexcept ImportError as e: print(e)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": refusing},
        capture_output=True,
        text=True,
    )
    assert done.stdout == f"{name.split('.')[0]} is refused here\n", done.stderr
