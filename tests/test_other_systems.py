"""What learners use is imported where a system has none of Linux' own modules."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
BLOCKED = ("fcntl", "resource", "pwd", "grp", "termios")
# grading needs Linux, as README says; networks import Keras, which takes its time
PROGRAM = f"""
import importlib, pkgutil, sys
sys.modules.update(dict.fromkeys({BLOCKED}))
import helpers
found = [
    module.name
    for module in pkgutil.walk_packages(helpers.__path__, "helpers.")
    if not module.name.startswith(("helpers.grading", "helpers.networks"))
]
for name in found:
    importlib.import_module(name)
from pathlib import Path
from helpers.locks import only_one_in
import warnings
with warnings.catch_warnings(action="ignore"), only_one_in(Path(sys.argv[1])):
    pass
print(len(found), "keras" in sys.modules)
"""


def test_the_learners_road_needs_no_module_of_linux(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    modules, keras = done.stdout.split()
    assert int(modules) > 200
    assert keras == "False"


def test_networks_import_no_module_of_linux():
    for path in sorted((ROOT / "helpers" / "networks").glob("*.py")):
        text = path.read_text(encoding="utf-8")
        for name in BLOCKED:
            assert f"import {name}" not in text, path.name
