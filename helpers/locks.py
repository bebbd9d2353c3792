"""One writer in a folder: a second one is told so and writes nothing.

The lock is the system's own (flock, or msvcrt on Windows), so it ends with the process
that holds it, however that ends. Only an empty file may stay; it locks nothing.
"""

import contextlib
import errno
import os
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

from helpers.errors import KitError
from helpers.files import as_path

if sys.platform == "win32":
    import msvcrt
else:
    try:
        import fcntl
    except ImportError:  # a system with neither, such as a browser's
        fcntl = None  # type: ignore[assignment]

__all__ = ["is_at", "lock", "only_one_in"]

_FILE = ".in-use"
_TAKEN = (errno.EACCES, errno.EAGAIN, errno.EDEADLK, errno.EWOULDBLOCK)


@contextlib.contextmanager
def only_one_in(folder: str | os.PathLike) -> Iterator[None]:
    """Be the only one who writes in `folder`, which exists, while the block runs.

    Raises `KitError` in a line that names the folder where another process, or another
    run in this one, is at work in it, and where the folder can't be written. Warns
    where the system or the file system has no locks: then nobody is kept out.
    """
    path = as_path(folder, "folder") / _FILE
    held = _take(path)
    try:
        yield
    finally:
        if sys.platform == "win32":  # an open file can't be removed there
            os.close(held)
            _remove(path)
        else:  # removed while it is ours: nobody else's file is
            _remove(path)
            os.close(held)


def _take(path: Path) -> int:
    """Return the descriptor of the file at `path`, once it is locked."""
    while True:
        try:
            held = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as error:
            raise KitError(f"{path} can't be written: {error.strerror}") from None
        try:
            lock(held, path.parent)
            if is_at(held, path):
                return held
        except BaseException:
            os.close(held)
            raise
        os.close(held)  # its holder removed it in between: the next one is locked


def lock(held: int, name: Path, *, kind: str = "folder") -> None:
    """Lock an open file; raise `KitError` where it is taken, warn where none can be.

    `name` is what the messages call it, a `kind` of thing.
    """
    try:
        if sys.platform == "win32":
            msvcrt.locking(held, msvcrt.LK_NBLCK, 1)
        elif fcntl is None:
            raise OSError(errno.ENOTSUP, "this system has no locks")
        else:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _TAKEN:
            raise KitError(
                f"{name} is in use: another run writes there; wait until it has "
                f"ended, stop it, or name another {kind}"
            ) from None
        warnings.warn(
            f"{name} can't be locked ({error.strerror}); see that no other run "
            "writes there",
            RuntimeWarning,
            stacklevel=5,
        )


def is_at(held: int, path: Path) -> bool:
    """Return whether an open file is still the one at `path`."""
    try:
        return os.path.samestat(os.fstat(held), path.stat())
    except FileNotFoundError:
        return False


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):  # the folder is gone, or the next one has it
        path.unlink()
