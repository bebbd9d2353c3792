"""Ten submissions of one assignment, by four graders.

The assignment is three exercises of lesson 03: one asks for values, one for a model,
one for a function. What each submission earns is known beforehand. nbgrader and Otter
grade what `workshop export` makes of the assignment, with hidden tests.
"""

from dataclasses import replace

from benchmarks.graders import Submission
from helpers.authoring.course import Course
from helpers.authoring.source import Cell, Lesson

EXERCISES = ("3.1", "3.2", "3.4")

# What the exercises stand on in the lesson.
ABOVE = """\
import numpy as np
from imblearn.over_sampling import SMOTE
from imblearn.pipeline import make_pipeline
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import average_precision_score

from helpers.datasets import load
from helpers.exercises import check, hint, progress, solution

y = load("abalone19").y
rng = np.random.default_rng(0)
X_noise = rng.normal(size=(1200, 20))
y_noise = (rng.random(1200) < 0.03).astype(int)"""


def assignment() -> Lesson:
    """Return lesson 03 with three exercises and no more code than these stand on."""
    course = Course.here()
    (lesson,) = course.lessons([course.find("03")])
    title, setup = lesson.cells[0], lesson.having("setup")[0]
    above = Cell("code", ABOVE, line=1, first_line=2, metadata={})
    wanted = [cell for cell in lesson.cells if cell.exercise in EXERCISES]
    return replace(lesson, cells=(title, setup, above, *wanted))


_RIGHT = {
    "3.1": "lazy_accuracy = 1 - y.mean()\nconstant_ap = y.mean()",
    "3.2": "model = make_pipeline(\n"
    "    SMOTE(random_state=0), RandomForestClassifier(60, random_state=0)\n)",
    "3.4": "def corrected(p, share):\n"
    "    odds = p / (1 - p) * share / (1 - share)\n"
    "    return odds / (1 + odds)",
}
_ALL = {"3.1": 1, "3.2": 2, "3.4": 1}


def _but(number: str, answer: str, *own: str) -> Submission:
    """Return a right submission but for one exercise, which earns nothing."""
    return Submission(_RIGHT | {number: answer}, own, _ALL | {number: 0})


HONEST = {
    "right": Submission(_RIGHT, points=_ALL),
    "another_way": Submission(
        {
            "3.1": "silent = np.zeros(len(y))\n"
            "lazy_accuracy = float((silent == y).mean())\n"
            "constant_ap = average_precision_score(y, silent)",
            "3.2": "from imblearn.pipeline import Pipeline\n\n"
            "steps = [('more', SMOTE(random_state=7))]\n"
            "steps += [('trees', RandomForestClassifier(40, random_state=1))]\n"
            "model = Pipeline(steps)",
            "3.4": "def corrected(p, share):\n"
            "    anomalies, normal = p * share, (1 - p) * (1 - share)\n"
            "    return anomalies / (anomalies + normal)",
        },
        points=_ALL,
    ),
    "imports_elsewhere": Submission(
        _RIGHT
        | {
            "3.1": "constant_ap = statistics.fmean(y)\nlazy_accuracy = 1 - constant_ap",
            "3.2": "model = Chain([('a', SMOTE()), ('b', Forest(60))])",
        },
        (
            "import statistics\n\n"
            "from imblearn.pipeline import Pipeline as Chain\n"
            "from sklearn.ensemble import RandomForestClassifier as Forest",
        ),
        _ALL,
    ),
    "helper_elsewhere": Submission(
        _RIGHT
        | {
            "3.1": "constant_ap = share_of_ones(y)\nlazy_accuracy = 1 - constant_ap",
            "3.4": "def corrected(p, share):\n"
            "    odds = odds_of(p) * odds_of(share)\n"
            "    return odds / (1 + odds)",
        },
        (
            "def odds_of(p):\n    return p / (1 - p)",
            "def share_of_ones(labels):\n    return float(np.mean(labels == 1))",
        ),
        _ALL,
    ),
    "one_wrong": _but("3.4", "def corrected(p, share):\n    return p * share"),
    "typed_numbers": _but("3.1", "lazy_accuracy, constant_ap = 0.992333, 0.007667"),
}
HOSTILE = {
    "endless_loop": _but("3.2", "while True:\n    pass"),
    "ends_the_process": _but("3.1", "import os\n\nos._exit(0)"),
    "patches_libraries": _but(
        "3.1",
        "import sklearn.metrics\n\n"
        "np.isclose = lambda *arguments, **named: True\n"
        "sklearn.metrics.average_precision_score = lambda *a, **named: 1.0\n"
        "lazy_accuracy, constant_ap = 0.5, 0.5",
    ),
    "prints_forever": _but("3.4", "while True:\n    print('more ' * 20)"),
}
