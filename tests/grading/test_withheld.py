"""What exercises ask for is in no box's kit, and copies of a library's don't run."""

import ast
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import helpers
from helpers.grading.withheld import texts_withheld, withhold

ROOT = Path(helpers.__file__).parent.parent
SEEN = """
import gc, inspect, json, sys
from helpers.grading import withheld
texts, cells, asked = json.loads(sys.stdin.read())
withheld.serve(texts)
from helpers.windows import forecast_windows
import helpers.thresholds as t
before = forecast_windows(range(6), 3)[2].tolist()
assert before == [3, 4, 5]
import numpy
import scipy.spatial.distance as d
from sklearn.covariance import EmpiricalCovariance as E
text, far = inspect.getsource(d.mahalanobis), d.mahalanobis.__code__
asked = [compile(code, "<cell>", "exec") for code in asked]
taken = ["helpers.windows.forecast_windows", "scipy.spatial.distance.mahalanobis"]
taken += ["scipy.spatial.distance.cdist"]
assert withheld.take_away(taken, globals(), cells)
def mine():
    pass
for code in asked:
    try:
        exec(code)
        print("ran")
    except Exception as error:
        print(type(error).__name__)
assert list(map(float, t.iqr_limits(range(9)))) == [-4, 12]
"""


@pytest.fixture(scope="module")
def kit(tmp_path_factory):
    """A copy of the kit without what it withholds, and its true texts."""
    folder = tmp_path_factory.mktemp("kit")
    left_out = shutil.ignore_patterns("exercises", "_kit", "__pycache__")
    shutil.copytree(ROOT / "helpers", folder / "helpers", ignore=left_out)
    withhold(folder)
    return folder


def test_nothing_of_what_is_asked_for_is_in_the_kit(kit):
    texts = texts_withheld(kit)
    assert {"helpers.windows", "helpers.logs.counts", "helpers.forecasts"} <= {*texts}
    for name, text in texts.items():
        path = kit / f"{name.replace('.', '/')}.py"
        ours, theirs = (ast.parse(each) for each in (path.read_text(), text))
        names = [[getattr(n, "name", "") for n in tree.body] for tree in (ours, theirs)]
        assert names[0] == names[1]
        assert len(path.read_text().splitlines()) == len(text.splitlines())
    assert "sliding_window_view" in texts["helpers.windows"]
    own = (kit / "helpers" / "forecasts.py").read_text()
    assert "mended" not in own
    assert "steps_back" in own  # signatures stay


# each comes to what is asked for where nothing is withheld
REFUSED = {
    "called": "forecast_windows(range(6), 3)",
    "copied": "type(forecast_windows)(forecast_windows.__code__, {})()",
    "run as a text": (
        "exec(inspect.getsource(sys.modules['helpers.windows']), {})\n"
        "forecast_windows(range(6), 3)"
    ),
    "loaded again": (
        "del sys.modules['helpers.windows']\n"
        "from helpers.windows import forecast_windows as f\nf(range(6), 3)"
    ),
    "a library's, called": "d.mahalanobis(1, 2, 3)",
    "a library's, handed over": "numpy.vectorize(d.mahalanobis)(1, 2, 3)",
    "a library's, looked into": "d.mahalanobis.__kwdefaults__['_original']",
    "a library's code, copied": "type(mine)(far, {})",
    "a library's code, renamed": "far.replace(co_name='mine')",
    "a library's code, given": "mine.__code__ = far",
    "a library's code, in a library's name": "far.replace(co_filename=d.__file__)",
    "a library's, by what holds it": "gc.get_referents(d.mahalanobis)",
    "a library's, asked by who says yes": (
        "withheld._OF_LIBRARIES = withheld._LOOKED_AT = ()\n"
        "withheld.is_library_that_names = lambda function: True\n"
        "withheld._Refusing._is_closed = lambda *all: False\n"
        "d.mahalanobis(1, 2, 3)"
    ),
    "a library's text, renamed": "exec(text.replace('delta', 'away'), vars(d))",
    "a library's file": "open(d.__file__)",
}
RUNS = {
    "an expression": "eval('1 + 1')",
    "a named tuple": "from collections import namedtuple as n\nn('P', 'a b')(1, 2)",
    "a data class": "import dataclasses as d\nd.make_dataclass('A', 'b')(1)",
    "a library's own use": "E().fit([[1, 2], [2, 4], [5, 5]]).mahalanobis([[1, 2]])",
    "a long text of a cell": f"exec({'x = 1;' * 50!r})",
}


@pytest.fixture(scope="module")
def said(kit):
    """Return what became of each piece of code, all in one process like a box's."""
    asked = {**REFUSED, **RUNS}
    told = [texts_withheld(kit), [*RUNS.values()], [*asked.values()]]
    start = f"import sys; sys.path[0] = {str(kit)!r}"
    found = subprocess.run(
        [sys.executable, "-c", start + SEEN],
        input=json.dumps(told),
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(zip(asked, found.stdout.split(), strict=True))


@pytest.mark.parametrize("way", REFUSED)
def test_no_way_leads_to_what_was_taken_away(way, said):
    assert said[way] in ("OwnCodeWanted", "PermissionError")


@pytest.mark.parametrize("way", RUNS)
def test_what_honest_code_makes_of_texts_runs(way, said):
    assert said[way] == "ran"
