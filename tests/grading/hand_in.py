"""Notebooks as learners hand them in, made from the released ones."""

from pathlib import Path

import notebook_files


def notebook(lesson, cells, own=()):
    """Return a learner's notebook: `cells` by exercise, `own` below the setup cell."""
    answers = {
        number: f"# Exercise {number}\n{source}" for number, source in cells.items()
    }
    below = [("setup", source) for source in reversed(own)]
    return notebook_files.notebook(lesson, answers, below)


def hand_in(path: Path, made):
    """Write a notebook into a class's folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(notebook_files.as_bytes(made))
