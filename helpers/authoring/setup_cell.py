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
def kit_is_here():
    import importlib.machinery, sys

    importlib.invalidate_caches()
    found = importlib.machinery.PathFinder.find_spec("helpers")
    if not found or not found.origin:
        return False
    with open(found.origin, "rb") as file:
        if b"anomaly-detection workshop" not in file.read():
            pip = "-packages" in found.origin
            way = "run  %pip uninstall -y helpers" if pip else "rename it or move it"
            raise SystemExit(
                f"helpers is {{found.origin}}, which is not the course kit: {{way}}, "
                "restart the kernel and run this cell again."
            )
    if getattr(sys.modules.get("helpers"), "__file__", found.origin) != found.origin:
        for name in [name for name in sys.modules if name.split(".")[0] == "helpers"]:
            del sys.modules[name]  # something else of that name
    return True


def install_kit(*options):
    import os, subprocess, sys

{kit}
    pip = [sys.executable, "-m", "pip", "install", "--quiet", *options, kit]
    subprocess.run(pip, check=True)


kit_is_here() or install_kit()
kit_is_here() or install_kit("--force-reinstall", "--no-deps")  # files are missing

import helpers
from helpers import start

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
