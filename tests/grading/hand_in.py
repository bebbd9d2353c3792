"""Notebooks as learners hand them in, made from the released ones."""

import copy
import json
from functools import cache
from pathlib import Path

from helpers.authoring.course import Course


@cache
def released(lesson):
    """Return a lesson's learner notebook as plain data."""
    (path,) = Course.here().notebooks.glob(f"{lesson.lower()}_*.ipynb")
    return json.loads(path.read_text(encoding="utf-8"))


def notebook(lesson, cells, own=()):
    """Return a learner's notebook: `cells` by exercise, `own` below the setup cell."""
    made = copy.deepcopy(released(lesson))
    for cell in made["cells"]:
        head, _, number = cell.get("id", "").partition("exercise-")
        number = number.replace("-", ".").upper()
        if not head and number in cells:
            cell["source"] = f"# Exercise {number}\n{cells[number]}"
    added = [
        {
            "cell_type": "code",
            "id": f"own-{n}",
            "metadata": {},
            "outputs": [],
            "execution_count": None,
            "source": source,
        }
        for n, source in enumerate(own)
    ]
    (at,) = [n for n, c in enumerate(made["cells"]) if c.get("id") == "setup"]
    made["cells"][at + 1 : at + 1] = added
    return made


def hand_in(path: Path, made):
    """Write a notebook into a class's folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(made), encoding="utf-8")
