"""Find a reference solution in the lesson's source, where it is written once."""

import re
import textwrap

from helpers.errors import KitError
from helpers.paths import solutions_dir
from helpers.translations import translated

BEGIN = "### BEGIN SOLUTION"
END = "### END SOLUTION"
_CELL = re.compile(r"^# %%.*$", re.MULTILINE)


def reference_solution(number: str) -> str:
    """Return the solution cell of exercise `number` ("3.2"), without its markers.

    Where the kit came without lesson sources, as a class gets it, says who has them.
    Raises `KitError` when no lesson source on this machine holds the exercise.
    """
    if not solutions_dir().is_dir():
        return translated(f"Your teacher has the solution of exercise {number}.")
    marker = f"# Exercise {number}\n"
    for path in sorted(solutions_dir().glob("*.py")):
        for cell in _CELL.split(path.read_text(encoding="utf-8")):
            code = cell.strip("\n") + "\n"
            if code.startswith(marker) and BEGIN in code:
                return _without_markers(code)
    raise KitError(f"The source of exercise {number} is not part of this installation.")


def _without_markers(code: str) -> str:
    lines = [line for line in code.splitlines() if line.strip() not in (BEGIN, END)]
    return textwrap.dedent("\n".join(lines)).strip()
