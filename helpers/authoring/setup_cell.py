"""Write out a notebook's first cell: it makes the notebook run where it stands alone.

In Colab, or in an empty folder, `helpers` is missing. The cell then installs the kit:
from what the environment variable `WORKSHOP_KIT` names (a folder, an address, anything
pip takes), else from the public address at the tag the notebook was built from. pip
adds what is missing and keeps the versions that are there.

Before anything is imported the cell looks at which `helpers` it would be: a learner's
own file beside the notebook and PyPI's package of that name are named, not run.
"""

_INSTALL = """\
# Prepares this notebook; where the kit is missing, as in Colab, it is installed first.
import importlib.util, os, pathlib, subprocess, sys
found = importlib.util.find_spec("helpers")
if found and found.origin:
    if b"anomaly-detection workshop" not in pathlib.Path(found.origin).read_bytes():
        raise SystemExit(
            f"{{found.origin}} is not the course kit: rename it (if pip brought it:  "
            "%pip uninstall -y helpers), restart the kernel and run this cell again."
        )
try:
    from helpers import start
except ImportError:
{kit}
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", kit], check=True)
    sys.modules.pop("helpers", None)  # a folder of that name
    importlib.invalidate_caches()
    from helpers import start
start("{lesson}")"""

_PUBLIC = """\
    public = "git+{repository}@v{version}"
    kit = os.environ.get("WORKSHOP_KIT") or public"""

_UNPUBLISHED = """\
    if not (kit := os.environ.get("WORKSHOP_KIT")):
        raise SystemExit(
            "This copy was built without a public address for its kit. If you have the "
            "kit's folder, run  %pip install PATH/TO/FOLDER  and then this cell again."
        ) from None"""


def setup_cell(lesson: str, *, repository: str, version: str) -> str:
    """Return the source of the first cell of `lesson` ("03").

    An empty `repository` makes the cell say, where the kit is missing, that this copy
    has no public address.
    """
    kit = _PUBLIC if repository else _UNPUBLISHED
    address = repository.rstrip("/")
    filled = kit.format(repository=address, version=version)
    return _INSTALL.format(kit=filled, lesson=lesson)
