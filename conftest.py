"""Lessons 00 to 03 run without Keras, TensorFlow and h5py, as in a browser.

nbval starts a kernel for each lesson's reference. Those of these four find a
`sitecustomize` that refuses the three packages, so a cell that needs one fails.
"""

import os
from pathlib import Path

import pytest

WITHOUT_NETWORKS = ("00", "01", "02", "03")
REFUSING = str(Path(__file__).parent / "tests" / "without_networks")


def import_path(name: str, known: str) -> str:
    """Return PYTHONPATH for the kernel of a file, where it was `known` before."""
    kept = [each for each in known.split(os.pathsep) if each not in ("", REFUSING)]
    refused = name.endswith(".ipynb") and name[:2] in WITHOUT_NETWORKS
    return os.pathsep.join([REFUSING, *kept] if refused else kept)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Set the path before nbval starts the kernel of the item's file."""
    known = os.environ.get("PYTHONPATH", "")
    if (path := import_path(item.path.name, known)) != known:
        os.environ["PYTHONPATH"] = path
