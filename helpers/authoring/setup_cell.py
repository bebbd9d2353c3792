"""Write out a notebook's first cell: it makes the notebook run where it stands alone.

In Colab, or in an empty folder, `helpers` is missing. The cell then installs the kit:
from what the environment variable `WORKSHOP_KIT` names (a folder, an address, anything
pip takes), else from the public address at the tag the notebook was built from. pip
adds what is missing and keeps the versions that are there.
"""

_INSTALL = """\
# Prepares this notebook; where the kit is missing, as in Colab, it is installed first.
try:
    from helpers import start
except ImportError:
    import importlib, os, subprocess, sys

{kit}
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", kit], check=True)
    sys.modules.pop("helpers", None)  # something else of that name
    importlib.invalidate_caches()
    from helpers import start

import helpers

start("{lesson}")"""

_PUBLIC = """\
    public = "git+{repository}@v{version}"
    kit = os.environ.get("WORKSHOP_KIT") or public"""

_UNPUBLISHED = """\
    kit = os.environ.get("WORKSHOP_KIT")
    if not kit:
        raise SystemExit(
            "This copy was built without a public address for its kit. If you have the "
            "kit's folder, run  %pip install PATH/TO/FOLDER  and then this cell again."
        )"""


def setup_cell(lesson: str, *, repository: str, version: str) -> str:
    """Return the source of the first cell of `lesson` ("03").

    An empty `repository` makes the cell say, where the kit is missing, that this copy
    has no public address.
    """
    kit = _PUBLIC if repository else _UNPUBLISHED
    address = repository.rstrip("/")
    filled = kit.format(repository=address, version=version)
    return _INSTALL.format(kit=filled, lesson=lesson)
