"""The files below a folder of submissions, and those in archives, as they are.

Looked at with `lstat` before anything is opened: no link is followed, and nothing but
a regular file is ever read.
"""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helpers.grading.archives import DEEPEST, LARGEST_FILE, Entry, too_large
from helpers.grading.cells import CantRead
from helpers.grading.names import is_archive, is_no_hand_in, is_notebook, shown
from helpers.grading.reader import Place, Reader

DEEPEST_FOLDER = 20
_SECONDS_FOR_ARCHIVES = 60.0  # for all archives in one folder or archive of a learner
_KINDS = (
    (stat.S_ISLNK, "it is a link, not a file"),
    (stat.S_ISFIFO, "it is a pipe, not a file"),
    (stat.S_ISSOCK, "it is a socket, not a file"),
    (stat.S_ISBLK, "it is a device, not a file"),
    (stat.S_ISCHR, "it is a device, not a file"),
)


@dataclass(frozen=True)
class FoundFile:
    """A file that may be handed in.

    `parts` is the way to it below the folder, through archives, too; `problem` says
    why it can't be read, if that is known; `time` is the file's or the entry's.
    """

    parts: tuple[str, ...]
    place: Place
    size: int = 0
    time: float | None = None
    problem: str = ""

    @property
    def file(self) -> str:
        """The way to it as reports show it."""
        return "/".join(self.parts)

    @property
    def name(self) -> str:
        """The name of the file itself."""
        return self.parts[-1]


def files_below(folder: Path, reader: Reader) -> Iterator[FoundFile]:
    """Yield what lies below a folder, or in one archive, in order of its names.

    What systems and editors made is passed over.
    """
    if folder.is_file():
        yield from _Search(reader).file(folder, (shown(folder.name),))
    else:
        yield from _Search(reader).folder(folder, ())


class _Search:
    def __init__(self, reader: Reader):
        self.reader = reader
        self.spent: dict[tuple[str, ...], float] = {}

    def folder(self, folder: Path, above: tuple[str, ...]) -> Iterator[FoundFile]:
        try:
            names = sorted(os.listdir(folder))
        except OSError as error:
            reason = f"the folder can't be opened: {error.strerror}"
            yield FoundFile(above or ("",), Place(folder), problem=reason)
            return
        names = [name for name in names if not is_no_hand_in(name)]
        if not names and above:
            yield FoundFile(above, Place(folder), problem="the folder is empty")
        if names and len(above) > DEEPEST_FOLDER:
            yield FoundFile(above, Place(folder), problem="folders nested too deeply")
            return
        for name, told in _told_apart(names):
            yield from self.file(folder / name, (*above, told))

    def file(self, path: Path, parts: tuple[str, ...]) -> Iterator[FoundFile]:
        try:
            status = path.lstat()
        except OSError as error:
            reason = f"it can't be looked at: {error.strerror}"
            yield FoundFile(parts, Place(path), problem=reason)
            return
        if stat.S_ISDIR(status.st_mode):
            if is_notebook(path.name):
                reason = "it is a folder under a notebook's name"
                yield FoundFile(parts, Place(path), problem=reason)
            yield from self.folder(path, parts)
            return
        problem = next((why for is_it, why in _KINDS if is_it(status.st_mode)), "")
        size, time = status.st_size, status.st_mtime
        if not problem and is_notebook(path.name):
            problem = _by_size(size)
        found = FoundFile(parts, Place(path), size, time, problem)
        yield from self.opened(found) if is_archive(path.name) else [found]

    def opened(self, archive: FoundFile) -> Iterator[FoundFile]:
        """Yield the files in an archive, or the archive with what is wrong with it."""
        try:
            if archive.problem:
                raise CantRead(archive.problem)
            entries = self._entries(archive)
        except CantRead as error:
            yield _with(archive, problem=str(error))
            return
        inside = [self._inside(archive, each) for each in entries]
        kept = [each for each in inside if each]
        if not kept:
            yield _with(archive, problem="the archive is empty")
        for each in kept:
            nested = is_archive(each.name) and not each.problem
            yield from self.opened(each) if nested else [each]

    def _entries(self, archive: FoundFile) -> list[Entry]:
        if len(archive.place.chain) > DEEPEST:
            raise CantRead("archives within archives within archives")
        return self.reader.entries(archive.place)

    def _inside(self, archive: FoundFile, entry: Entry) -> FoundFile | None:
        way = [shown(p) for p in entry.name.split("/") if p not in ("", ".", "..")]
        if not way or any(is_no_hand_in(part) for part in way):
            return None
        problem = entry.problem
        if not problem and is_notebook(way[-1]):
            problem = _by_size(entry.size)
        place = Place(archive.place.path, (*archive.place.chain, entry.number))
        parts = (*archive.parts, *way[:DEEPEST_FOLDER])
        return FoundFile(parts, place, entry.size, entry.time, problem)


def _with(found: FoundFile, **changed: Any) -> FoundFile:
    return FoundFile(**(vars(found) | changed))


def _by_size(size: int) -> str:
    if size == 0:
        return "the file is empty"
    return too_large(size) if size > LARGEST_FILE else ""


def _told_apart(names: list[str]) -> Iterator[tuple[str, str]]:
    """Yield names and how they are shown, such that no two are shown alike."""
    taken = set(names)
    for name in names:
        told = shown(name)
        if told != name and told in taken:
            told = repr(os.fsencode(name))[2:-1]
        taken.add(told)
        yield name, told
