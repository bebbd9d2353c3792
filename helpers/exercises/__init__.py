"""Exercises that answer back: check, hint, solution and progress.

One module per lesson, `lesson_NN.py`, declares its exercises (`declared.py` says how)
and holds their checks. `judging.py` compares answers with the reference and with known
mistakes, `answers.py` reads answers, `outcomes.py` is what a check can say, `engine.py`
asks and remembers, `draws.py` draws the data of hidden checks from a key.
"""

from helpers.exercises.declared import catalogue
from helpers.exercises.engine import begin, check, hint, progress, solution
from helpers.exercises.outcomes import Outcome

__all__ = ["Outcome", "begin", "catalogue", "check", "hint", "progress", "solution"]
