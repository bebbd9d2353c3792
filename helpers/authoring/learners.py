"""Tell a learner's traces in `notebooks/` from a notebook that the build left stale.

`make lab` opens copies, but nobody is kept from working in `notebooks/` itself. That is
no fault of the kit's: where git knows better, its version is judged instead.
"""

import json
import subprocess
from pathlib import Path

from helpers.authoring.course import Course


def was_worked_on(path: Path) -> bool:
    """Return whether a learner's notebook was run: a built one shows no run at all."""
    if path.parent.name != "notebooks":
        return False
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        return any(cell.get("execution_count") or cell.get("outputs") for cell in cells)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def committed(course: Course, path: Path) -> bytes | None:
    """Return the file as git's last commit has it; None without git or the file."""
    done = _git(course, "show", f"HEAD:./{course.label(path)}")
    return done.stdout if done and not done.returncode else None


def is_somebodys(course: Course, path: Path) -> bool:
    """Return whether git knows the course but not this file: it is no part of it."""
    index = _git(course, "ls-files", "--", course.label(course.readme))
    known = _git(course, "ls-files", "--", course.label(path))
    return bool(index and index.stdout and known and not known.stdout)


def _git(course: Course, *arguments: str) -> subprocess.CompletedProcess | None:
    try:
        return subprocess.run(
            ["git", *arguments], cwd=course.root, capture_output=True, check=False
        )
    except OSError:  # no git on this machine
        return None
