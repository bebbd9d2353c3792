"""Write out a notebook's first cell: it makes the notebook run where it stands alone.

In Colab, or in an empty folder, `helpers` is missing. The cell then installs the kit:
from what the environment variable `WORKSHOP_KIT` names (a folder, an address, anything
pip takes); else from the newest `anomaly_workshop-*.whl` in the notebook's folder, in
the working folder or in Colab's `/content`, if it is not older than the notebook; else
from the public address, at the tag that the notebook was built from. pip gets the kit
alone, so it touches no package that is there; `start` adds those that are not.

What is in the way is said in one line: what pip or git said first, and the file that
helps. The line is raised outside of `except`: IPython 7.34, Colab's, shows two
tracebacks otherwise.

Before anything is imported the cell looks at which `helpers` it would be: a learner's
own file beside the notebook and PyPI's package of that name are named, not run.
"""

import re
from string import Template

_CELL = Template("""\
# Prepares this notebook; where the kit is missing, as in Colab, it is installed first.
import importlib.util, os, pathlib, re, subprocess, sys
found, here = importlib.util.find_spec("helpers"), os.getcwd()
if alone := not (found and found.origin):
    places = os.path.dirname(os.environ.get("JPY_SESSION_NAME", "")), here, "/content"
    files = [f for p in places for f in pathlib.Path(p).glob("anomaly_workshop-*.whl")]
    wheels = [[[*map(int, re.findall(r"\\d+(?=[.-])", f.name))], str(f)] for f in files]
    other = [$release, "$other"]
    kit = os.environ.get("WORKSHOP_KIT") or max([other, *wheels])[1]
    pip = sys.executable, "-m", "pip", "install", "-q", "--no-color", "--no-deps", kit
    done = subprocess.run(pip, capture_output=True, text=True)
    if done.returncode:
        said = re.findall(".*(?i:error|fatal|python.*): (?!sub)(.+)|$$", done.stderr)[0]
        old = f"; {files[0].name} is too old" if wheels and max(wheels) < other else ""
        raise SystemExit(f"{kit} can't be installed ({said}{old}). Upload "
            f"$wheel to {here} and try again.")
    importlib.invalidate_caches()
elif b"anomaly-detection workshop" not in pathlib.Path(found.origin).read_bytes():
    raise SystemExit(f"{found.origin} is not the course kit: rename it (if pip brought "
        "it:  %pip uninstall -y helpers), restart the kernel and run this cell again.")
from helpers import start
start("$lesson", alone)""")


def wheel_name(version: str) -> str:
    """Return the file name of the kit's wheel of a version, like "1.2.3"."""
    return f"anomaly_workshop-{version}-py3-none-any.whl"


def setup_cell(lesson: str, *, repository: str, version: str) -> str:
    """Return the source of the first cell of `lesson` ("03").

    `version` is the kit's, like "1.2.3". With an empty `repository` the cell knows no
    other place than a wheel that somebody has put beside it.
    """
    wheel = wheel_name(version)
    address = repository.rstrip("/")
    return _CELL.substitute(
        lesson=lesson,
        release=[int(number) for number in re.findall("[0-9]+", version)],
        wheel=wheel,
        other=f"git+{address}@v{version}" if address else wheel,
    )
