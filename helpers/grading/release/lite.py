"""A release as a site that runs in the browser: JupyterLite, with Python by Pyodide.

Experimental. The site holds the notebooks of a release and its wheel, so no solution;
it serves as files, from any web server. Python and the other packages come from the
web when a notebook starts: without a network nothing runs. Lessons 00 to 03 need no
neural network, and neither TensorFlow nor Keras can be had in a browser.
"""

import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path, PurePosixPath

import nbformat
from packaging.requirements import Requirement

from helpers.authoring.derive import to_bytes
from helpers.environment import KIT
from helpers.errors import KitError
from helpers.files import write_files

LESSONS = ("00", "01", "02", "03")
_NOT_THERE = {"tensorflow", "keras", "h5py", "ipython"}  # the last is the kernel's
_SETUP = """\
# Prepares this notebook in the browser: fetches packages, for which it needs a network.
import piplite
await piplite.install({packages})
await piplite.install("{kit}", deps=False)
from helpers import start
start("{lesson}")"""


def build_site(release: Path, out: Path) -> None:
    """Write the site of a release's lessons 00 to 03 into `out`.

    Raises `KitError`: no such release, or what JupyterLite says.
    """
    with tempfile.TemporaryDirectory(prefix="workshop-lite-") as scratch:
        files = {Path(scratch, name): [data] for name, data in site_files(release)}
        for path in files:
            path.parent.mkdir(parents=True, exist_ok=True)
        write_files(files)
        _build(Path(scratch), out.resolve())


def site_files(release: Path) -> Iterator[tuple[str, bytes]]:
    """Yield what the site is built from: "contents/*.ipynb" and the kit's wheel.

    Raises `KitError` where `release` is no release, or has none of the lessons.
    """
    found = dict(_released(release))
    lessons = [name for name in found if name[:2] in LESSONS]
    wheels = [name for name in found if name.endswith(".whl")]
    if not lessons or len(wheels) != 1:
        raise KitError(
            f"{release} has no wheel, or none of the lessons {', '.join(LESSONS)}: "
            "make it with workshop release."
        )
    yield wheels[0], found[wheels[0]]
    for name in lessons:
        yield f"contents/{name}", _in_browser(found[name], name[:2])


def _released(release: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the files beside a release's notebooks, by name."""
    try:
        with zipfile.ZipFile(release) as archive:
            for name in archive.namelist():
                if PurePosixPath(name).parent.name == "notebooks":
                    yield PurePosixPath(name).name, archive.read(name)
    except (OSError, zipfile.BadZipFile) as error:
        raise KitError(f"{release} is no release that can be read: {error}.") from None


def _in_browser(notebook: bytes, lesson: str) -> bytes:
    """Return a notebook whose first cell fetches what it needs as a browser can."""
    made = nbformat.reads(notebook.decode(), as_version=4)
    for cell in made.cells:
        if cell.id == "setup":
            packages = sorted(_packages(metadata.requires(KIT) or ()))
            cell.source = _SETUP.format(packages=packages, kit=KIT, lesson=lesson)
    return to_bytes(made)


def _packages(requirements: Iterable[str]) -> Iterator[str]:
    """Yield the names of what the kit needs in a browser; Pyodide has one version."""
    for each in map(Requirement, requirements):
        if not each.marker and each.name not in _NOT_THERE:
            yield each.name


def _build(sources: Path, out: Path) -> None:
    (wheel,) = sources.glob("*.whl")
    command = [sys.executable, "-m", "jupyterlite_core", "build", "--apps", "lab"]
    command += ["--no-sourcemaps", "--lite-dir", str(sources), "--output-dir", str(out)]
    command += ["--contents", "contents", "--piplite-wheels", str(wheel)]
    done = subprocess.run(command, cwd=sources, capture_output=True, text=True)
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise KitError(f"JupyterLite built nothing: {said[-1] if said else 'no word'}")
