"""Folders that a command writes whole: only an older one of its own is replaced."""

import shutil
from pathlib import Path

from helpers.errors import KitError


def place_of(out: Path | None, usual: str, *, teacher: bool) -> Path:
    """Return `out`, or the usual folder of an edition.

    The teacher's is another one: it never takes the place of what a class is given.
    """
    return out or Path(f"{usual}-teacher" if teacher else usual)


def require_own(out: Path, mark: str, what: str) -> None:
    """Raise `KitError` where `out` is there, not empty, and has no file `mark`.

    `what` says what it should be: "book", "set of slides".
    """
    empty = out.is_dir() and not any(out.iterdir())
    if out.exists() and not empty and not (out / mark).is_file():
        raise KitError(
            f"{out} is there and is no {what}: name another folder with --out."
        )


def replace(out: Path, built: Path) -> None:
    """Put the folder `built` in the place of `out`."""
    shutil.rmtree(out, ignore_errors=True)
    out.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(built, out)
