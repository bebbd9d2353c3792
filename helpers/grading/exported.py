"""What the hidden tests of an exported notebook call: an exercise, asked anew.

Runs in the learner's own kernel, after the learner's cells, under nbgrader or Otter.
There is no box: code of a learner's that is out to cheat can see and change what stands
here.
"""

import re
from typing import Any

from helpers.exercises.declared import find
from helpers.exercises.engine import ask_drawn
from helpers.exercises.outcomes import Outcome

__all__ = ["ask_again"]


def ask_again(number: str, key: str) -> Outcome:
    """Return what the check of exercise `number` ("3.2") says of drawn values.

    The exercise's cell runs again in this kernel, on values drawn under `key`, with the
    learner's other names around it; afterwards all names are what they were. Raises
    what the cell raises.
    """
    from IPython.core.getipython import get_ipython

    shell: Any = get_ipython()
    names, found = shell.user_ns, find(number)
    cell = next((each for each in reversed(names["In"]) if _is_of(each, number)), "")
    code = compile(shell.transform_cell(cell), f"<exercise {number}>", "exec")

    def answer(given: dict[str, Any]) -> tuple[object, ...]:
        names.update(given)
        exec(code, names)
        return tuple(names.get(name, ...) for name in found.answers)

    before = dict(names)
    try:
        return ask_drawn(found, answer, key.encode())
    finally:
        names.clear()
        names.update(before)


def _is_of(cell: str, number: str) -> bool:
    return bool(re.match(rf"\s*# Exercise {re.escape(number)}\s*$", cell, re.MULTILINE))
