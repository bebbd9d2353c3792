"""How long the cells of each lesson run: measured by the build, kept in one small file.

A recorded time is a rung of a coarse ladder, and it moves only when a measurement no
longer fits it, so that a rebuild on a busier or quicker machine changes nothing.
"""

import tomllib
from pathlib import Path

from helpers.errors import KitError

LADDER = (2, 3, 5, 8, 10, 15, 20, 30, 45, 60)
MOST_SECONDS = LADDER[-1]
# A measurement below this share of the recorded rung moves it down.
_MUCH_FASTER = 0.4

_HEAD = (
    "# Seconds that the cells of each lesson run, rounded up; measured by the build.\n"
)


def rung(measured: float, recorded: int | None = None) -> int:
    """Return the seconds to record for a lesson that ran `measured` seconds.

    `recorded` is what the file says so far; it stays while the measurement fits it.
    Above the ladder's top the answer is the top: the build refuses such a lesson.
    """
    if recorded is not None and _MUCH_FASTER * recorded <= measured <= recorded:
        return recorded
    return next((step for step in LADDER if measured <= step), MOST_SECONDS)


def read_run_times(path: Path) -> dict[str, int]:
    """Return lesson name -> seconds; empty while there is no file.

    Raises `KitError` for a file that the build did not write, as after a merge.
    """
    if not path.is_file():
        return {}
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        found = {"": None}
    if not all(isinstance(seconds, int) for seconds in found.values()):
        raise KitError(f"{path.name} can't be read: delete it and build all lessons.")
    return found


def run_times_text(run_times: dict[str, int]) -> str:
    """Return the text of the file, lessons in order."""
    return _HEAD + "".join(
        f"{name} = {run_times[name]}\n" for name in sorted(run_times)
    )
