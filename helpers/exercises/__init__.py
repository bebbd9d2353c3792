"""Exercises that answer back: check, hint, solution and progress.

One module per lesson, `lesson_NN.py`, holds its checks; `engine.py` runs them and
`answers.py` holds the guards they share.
"""

from helpers.exercises.engine import (
    Outcome,
    begin,
    check,
    hint,
    progress,
    solution,
)

__all__ = ["Outcome", "begin", "check", "hint", "progress", "solution"]
