"""Folders of a run's own for as long as it lives, cleared away even if it was killed.

A run that is killed clears nothing away. So each folder is locked by its owner: what
lies there unlocked is nobody's any more, and the next run removes it.
"""

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows: what a killed run left stays there
    fcntl = None  # type: ignore[assignment]

_YOUNG = 60.0  # seconds in which a folder may be one that isn't locked yet


@contextlib.contextmanager
def folder_of_a_run(prefix: str) -> Iterator[Path]:
    """Make an empty temporary folder; remove it in the end, and those left by others.

    Others are folders of the same `prefix` and the same user whose owner is gone.
    """
    _clear_left(prefix)
    with tempfile.TemporaryDirectory(prefix=prefix) as made, _locked(made):
        yield Path(made)


@contextlib.contextmanager
def _locked(folder: str | os.PathLike) -> Iterator[None]:
    """Hold a folder; raises `OSError` where somebody holds it, or it can't be."""
    if fcntl is None:
        yield
        return
    held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(held)


def _clear_left(prefix: str) -> None:
    if fcntl is None:
        return
    for place in Path(tempfile.gettempdir()).glob(f"{prefix}*"):
        with contextlib.suppress(OSError):  # another user's, another run's, gone by now
            status = place.lstat()
            old = time.time() - status.st_mtime > _YOUNG
            if old and status.st_uid == os.getuid():
                with _locked(place):
                    shutil.rmtree(place, ignore_errors=True)
