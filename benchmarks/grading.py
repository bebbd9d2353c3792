"""Ten submissions of one assignment, and six of one with networks, by four graders.

The assignment is three exercises of lesson 03: one asks for values, one for a model,
one for a function. What each submission earns is known beforehand. nbgrader and Otter
grade what `workshop export` makes of the assignment, with hidden tests.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.graders import GRADERS, SECONDS, Points, Submission
from benchmarks.results import NOTHING, Table, Units, code_of
from helpers.authoring.course import Course
from helpers.authoring.source import Cell, Lesson

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


ABOVE_NETWORKS = """\
import keras
import numpy as np
from sklearn.model_selection import train_test_split

from helpers.datasets import load
from helpers.detectors.autoencoders import AutoencoderDetector
from helpers.exercises import check, hint, progress, solution

data = load("satimage-2")
first = ~data.X.duplicated().to_numpy()
X_train, X_test, y_train, y_test = train_test_split(
    data.X[first], data.y[first], test_size=0.5, stratify=data.y[first], random_state=0
)
features, code = 64, 8


def autoencoder(code, seed=0):
    return AutoencoderDetector(
        hidden_layers=(128, code),
        dropout=0.0,
        scaling="minmax",
        epochs=30,
        learning_rate=0.005,
        validation_fraction=0.1,
        patience=10,
        contamination=0.01,
        random_state=seed,
    )"""


@dataclass(frozen=True)
class Assignment:
    """Some exercises of a lesson, and the code that they stand on."""

    number: str
    exercises: tuple[str, ...]
    above: str

    def lesson(self) -> Lesson:
        """Return the lesson with these exercises and no more code than they need."""
        course = Course.here()
        (lesson,) = course.lessons([course.find(self.number)])
        title, setup = lesson.cells[0], lesson.having("setup")[0]
        above = Cell("code", self.above, line=1, first_line=2, metadata={})
        kept = [cell for cell in lesson.cells if cell.exercise in self.exercises]
        return replace(lesson, cells=(title, setup, above, *kept))


RARE = Assignment("03", ("3.1", "3.2", "3.4"), ABOVE)
NETWORKS = Assignment("07", ("7.2", "7.4", "7.6"), ABOVE_NETWORKS)

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

_RIGHT_NETWORKS = {
    "7.2": "detector = autoencoder(6).fit(X_train[y_train == 0])",
    "7.4": "def blame(errors, normal_errors):\n"
    "    return (errors / normal_errors.mean(axis=0)).argmax()",
    "7.6": "network = keras.Sequential([\n"
    "    keras.Input((features,)),\n"
    "    keras.layers.Dense(128, activation='relu'),\n"
    "    keras.layers.Dense(code),\n"
    "    keras.layers.Dense(128, activation='relu'),\n"
    "    keras.layers.Dense(features, activation='sigmoid'),\n"
    "])",
}
_ALL_NETWORKS = {"7.2": 2, "7.4": 2, "7.6": 3}
TRAINED = {
    "right": Submission(_RIGHT_NETWORKS, points=_ALL_NETWORKS),
    "another_way": Submission(
        {
            "7.2": "normal = X_train.loc[y_train == 0]\n"
            "detector = autoencoder(code=5, seed=2)\ndetector.fit(normal)",
            "7.4": "def blame(errors, normal_errors):\n"
            "    return int(np.argmax(errors / np.mean(normal_errors, axis=0)))",
            "7.6": "rows = keras.Input((features,))\n"
            "inner = keras.layers.Dense(128, activation='relu')(rows)\n"
            "inner = keras.layers.Dense(code)(inner)\n"
            "inner = keras.layers.Dense(128, activation='relu')(inner)\n"
            "again = keras.layers.Dense(features, activation='sigmoid')(inner)\n"
            "network = keras.Model(rows, again)",
        },
        points=_ALL_NETWORKS,
    ),
    "imports_elsewhere": Submission(
        _RIGHT_NETWORKS
        | {
            "7.4": "def blame(errors, normal_errors):\n"
            "    return int(argmax(errors / mean(normal_errors, 0)))",
            "7.6": "network = Chain([\n"
            "    keras.Input((features,)),\n"
            "    Layer(128, 'relu'),\n"
            "    Layer(code, 'linear'),\n"
            "    Layer(128, 'relu'),\n"
            "    Layer(features, 'sigmoid'),\n"
            "])",
        },
        (
            "from keras import Sequential as Chain\n"
            "from keras.layers import Dense as Layer\n"
            "from numpy import argmax, mean",
        ),
        _ALL_NETWORKS,
    ),
    "helper_elsewhere": Submission(
        _RIGHT_NETWORKS
        | {
            "7.2": "detector = autoencoder(6, seed=1).fit(normal_of(X_train, y_train))",
            "7.4": "def blame(errors, normal_errors):\n"
            "    return max(enumerate(ratios(errors, normal_errors)), key=second)[0]",
        },
        (
            "def normal_of(rows, labels):\n    return rows[labels == 0]",
            "def ratios(one, others):\n    return one / others.mean(axis=0)",
            "def second(pair):\n    return pair[1]",
        ),
        _ALL_NETWORKS,
    ),
    "one_wrong": Submission(
        _RIGHT_NETWORKS | {"7.2": "detector = autoencoder(6).fit(X_train)"},
        points=_ALL_NETWORKS | {"7.2": 0},
    ),
    "error_alone": Submission(
        _RIGHT_NETWORKS
        | {"7.4": "def blame(errors, normal_errors):\n    return int(errors.argmax())"},
        points=_ALL_NETWORKS | {"7.4": 0},
    ),
}
CLASSES: dict[str, tuple[Assignment, Mapping[str, Submission]]] = {
    "honest": (RARE, HONEST),
    "hostile": (RARE, HOSTILE),
    "networks": (NETWORKS, TRAINED),
}


def table(units: Units) -> Table:
    """Return what each grader gave, and what that took."""
    found, absent = {}, []
    for name, grader in GRADERS.items():
        code = code_of("helpers.grading") if name == "workshop grade" else ""
        works = [{"grader": name, "class_": each} for each in CLASSES]
        kept = all(units.has(work, code) for work in works)
        reason = None if kept else grader.why_not()
        if reason:
            absent.append(f"{name} is left out: {reason}.")
        else:
            found[name] = {
                work["class_"]: units.get(work, graded, code) for work in works
            }
    rows = [row for group in GROUPS for row in _rows(group, found)]
    title = "Ten submissions, and six with networks, by four graders"
    return Table(title, _COLUMNS, rows, [_NOTE, *absent])


def graded(*, grader: str, class_: str) -> dict[str, Any]:
    """Return who got other points than are right, and what grading a class took."""
    assignment, submissions = CLASSES[class_]
    signed = {name: each.signed(name) for name, each in submissions.items()}
    with TemporaryDirectory(prefix="grading-") as folder:
        made = GRADERS[grader].grade(assignment.lesson(), signed, Path(folder))
    return {
        "wrongly": [
            name
            for name, each in submissions.items()
            if _of(made.points.get(name, {}), each.points) != each.points
        ],
        "learners": len(submissions),
        "points": made.points,
        "cpu": made.spent.cpu,
        "wall": made.spent.wall,
        "megabytes": made.spent.megabytes,
    }


def _of(points: Points, wanted: Points) -> Points:
    return {number: points.get(number, 0) for number in wanted}


# what is told of: lesson, its classes, the classes whose time is told
GROUPS = (("03", ("honest", "hostile"), "honest"), ("07", ("networks",), "networks"))
_COLUMNS = (
    "lesson", "grader", "graded right", "CPU s a submission, honest", "nbgrader = 1",
    "s by the clock, honest", "CPU s a submission, all", "MB at the most",
    "graded wrongly",
)  # fmt: skip


def _rows(
    group: tuple[str, tuple[str, ...], str], found: Mapping[str, Any]
) -> Iterator[tuple[str, ...]]:
    lesson, classes, timed = group

    def each(name: str, measure: str) -> float:
        return found[name][timed][measure] / found[name][timed]["learners"]

    for grader in found:
        runs = [found[grader][class_] for class_ in classes]
        learners = sum(run["learners"] for run in runs)
        wrongly = [
            learner.replace("_", " ") for run in runs for learner in run["wrongly"]
        ]
        of_nbgrader = NOTHING
        if "nbgrader" in found:
            of_nbgrader = f"{each(grader, 'cpu') / each('nbgrader', 'cpu'):.2f}"
        yield (
            lesson,
            grader,
            f"{learners - len(wrongly)} of {learners}",
            f"{each(grader, 'cpu'):.1f}",
            of_nbgrader,
            f"{each(grader, 'wall'):.1f}",
            f"{sum(run['cpu'] for run in runs) / learners:.1f}",
            f"{max(run['megabytes'] for run in runs):.0f}",
            ", ".join(wrongly) or NOTHING,
        )


_NOTE = f"""\
Three exercises of a lesson each: of 03 six honest submissions and four that loop, end
their process, patch libraries or print without end; of 07, with TensorFlow, six honest
ones. Right is a submission that gets the right points in each exercise. Each grader
takes a class in one go, one process at a time (`workshop grade` with one job). Every
answer is written differently, so that none is known from another learner's. A cell may
run for {SECONDS} s; Otter has no limit and is ended after three times as long. nbgrader
and Otter grade what `workshop export` writes, hidden tests included; bare nbval
compares what the checks print. Only `workshop grade` keeps learners' code in boxes. CPU
times are those of all processes together, memory what all of them hold at once. Both
are of one machine: compare rows, not numbers of elsewhere."""
