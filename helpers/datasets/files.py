"""From the name of a registered file to its verified bytes.

Sources in order: the kit's own `datasets/`, the folder in `WORKSHOP_DATA_DIR`, the
download cache, a download. What is hashed is what is parsed: a file is read once and
checked in memory, so half a file, or a file that changes meanwhile, is never used.
"""

import os
from pathlib import Path
from typing import NamedTuple

from helpers.datasets.download import cache_dir, download
from helpers.datasets.errors import DatasetDamaged
from helpers.datasets.registry import RegisteredFile, registered_files
from helpers.files import user_path
from helpers.paths import datasets_dir


class Place(NamedTuple):
    """Where a copy of a file is: `kind` is `bundled`, `mirror` or `cached`."""

    kind: str
    path: Path


def places(file: RegisteredFile) -> list[Place]:
    """Return where `file` may be on this machine, in the order of preference."""
    found = []
    if file.bundled is not None:
        found.append(Place("bundled", datasets_dir() / file.bundled))
    mirror = os.environ.get("WORKSHOP_DATA_DIR")
    if mirror:
        found.append(Place("mirror", user_path(mirror) / file.mirror))
    cache = cache_dir()
    if cache is not None:  # somebody without a home has none, and needs none
        found.append(Place("cached", cache / file.mirror))
    return found


def copies(file: RegisteredFile) -> list[Place]:
    """Return the copies of `file` that exist on this machine, sound or not."""
    return [place for place in places(file) if os.path.isfile(place.path)]


def where(file: RegisteredFile) -> str:
    """Return `bundled`, `mirror`, `cached`, or `download` when there is no copy."""
    found = copies(file)
    return found[0].kind if found else "download"


def read_file(name: str) -> bytes:
    """Return the verified bytes of the registered file `name`.

    Raises `DatasetDamaged` for a copy in the kit or in the mirror that differs from
    the registry, and `DatasetUnavailable` when there is no copy and none can be
    fetched. A damaged copy in the cache is fetched again.
    """
    file = registered_files()[name]
    found = copies(file)
    if found and found[0].kind != "cached":
        return read_copy(file, found[0])
    if found:
        content = _content(found[0].path)
        if content is not None and file.matches(content):
            return content
    return read_copy(file, Place("cached", download(file)))


def read_copy(file: RegisteredFile, place: Place) -> bytes:
    """Return the bytes of one copy; raises `DatasetDamaged` if it is another file."""
    content = _content(place.path)
    if content is None:
        raise DatasetDamaged(f"{place.path} can't be read: check its permissions.")
    if not file.matches(content):
        raise DatasetDamaged(
            f"{place.path} is not the file in the registry "
            f"({len(content):,} bytes, expected {file.bytes:,}, SHA-256 "
            f"{file.sha256[:8]}…): {_repair(place.kind)}."
        )
    return content


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _repair(kind: str) -> str:
    return {
        "bundled": "restore it with `git checkout -- datasets`, or install the kit "
        "again",
        "mirror": "copy it again from the original, or delete it to let the kit "
        "download its own",
        "cached": "delete it, it will be fetched again",
    }[kind]
