"""Files written whole or not at all: a reader sees the old file or the new one."""

import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from helpers.errors import KitError

__all__ = [
    "as_path",
    "check_out",
    "check_place",
    "read_text",
    "user_path",
    "write_files",
    "write_whole",
]


def as_path(path: object, name: str = "path") -> Path:
    """Return `path` as one, `~` expanded; raise `ValueError` for what names no file."""
    try:
        if isinstance(path, str | os.PathLike) and str(path):
            found = user_path(path)
            if b"\0" not in os.fsencode(found):
                return found
    except (TypeError, UnicodeEncodeError):  # paths of bytes, text of no file system
        pass
    from helpers._arrays import as_told  # it takes SciPy, which most don't need here

    raise ValueError(f"{name} must name a file; got {as_told(path)}")


def user_path(path: str | os.PathLike) -> Path:
    """Return a path that a user names, `~` being the home folder.

    `~nobody`, which is no home, stays as it is; so does `~` where there is no home.
    """
    return Path(os.path.expanduser(path))


def write_whole(path: str | os.PathLike, *parts: bytes | memoryview) -> None:
    """Write the `parts`, one after the other, to `path`; everybody may read it.

    Raises `ValueError` when `path` is none, `IsADirectoryError` when it is a folder,
    `FileNotFoundError` when the folder it is to lie in is missing, and `OSError` with
    its name when the disk refuses it; the file that was there stays, and nothing else
    is left behind.
    """
    write_files({as_path(path): parts})


def write_files(contents: Mapping[Path, Iterable[bytes | memoryview]]) -> None:
    """Write all files or none: each is complete on disk before any moves in.

    `contents` maps a path to the parts of its file. Raises as `write_whole` does.
    """
    ready: list[tuple[Path, Path]] = []
    try:
        for path, parts in contents.items():
            check_place(path)
            _write_beside(Path(os.path.realpath(path)), parts, ready)
        for beside, path in ready:
            os.replace(beside, path)
    except OSError as error:  # about our own names, which nobody knows
        raise _named(error, path) from None
    finally:
        for beside, _ in ready:
            beside.unlink(missing_ok=True)


def check_place(path: Path) -> None:
    """Raise `OSError` where no file can be: at a folder or a device, or in a missing
    folder.
    """
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder; name a file in it")
    if path.exists() and not path.is_file():  # a device, a pipe: it would be replaced
        raise FileExistsError(f"{path} is no ordinary file; name another")
    if path.exists() and not os.access(path, os.W_OK):
        raise PermissionError(f"{path} is write-protected; name another file")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"{path.parent} is no folder; create it first")


def read_text(path: Path) -> str:
    """Return a text in UTF-8, with or without a BOM; `KitError` in a line if none."""
    try:
        return path.read_text(encoding="utf-8-sig")  # as some editors write it
    except OSError as error:
        raise KitError(f"{path} can't be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise KitError(f"{path} is no text in UTF-8") from None


def check_out(out: Path, *read: Path) -> None:
    """Raise `KitError` where `--out` can't be written, or is one of the files read."""
    try:
        check_place(out)
        if any(out.exists() and path.exists() and out.samefile(path) for path in read):
            raise KitError(f"--out {out} is what is read; name another file")
    except OSError as error:
        raise KitError(str(error)) from None


def _write_beside(
    path: Path, parts: Iterable[bytes | memoryview], ready: list[tuple[Path, Path]]
) -> None:
    """Write a file of another name into the same folder, and note it in `ready`."""
    descriptor, name = tempfile.mkstemp(
        dir=path.parent, prefix=f".{path.name[:40]}.", suffix=".part"
    )
    ready.append((Path(name), path))
    with os.fdopen(descriptor, "wb") as file:
        file.writelines(parts)
        file.flush()
        os.fsync(file.fileno())
    os.chmod(name, 0o644)


def _named(error: OSError, path: Path) -> OSError:
    """Return the error of the system with the name of the file that was asked for."""
    if error.errno is None:  # one of ours
        return error
    return type(error)(error.errno, error.strerror, str(path))
