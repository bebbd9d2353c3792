"""Zips that were handed in, opened without trust and never unpacked onto the disk.

Everything is read by an entry's number, not by its name, so that no name can lead
anywhere and two entries of one name stay two. What an archive says about sizes is
checked while reading.
"""

import os
import stat
import tempfile
import time
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from helpers.grading.cells import CantRead

LARGEST_FILE = 300_000_000  # bytes of a notebook, or of an archive in an archive
MOST_ENTRIES = 20_000
DEEPEST = 3  # archives in archives
_AT_A_TIME = 1 << 20
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, KeyError)


@dataclass(frozen=True)
class Entry:
    """A file in an archive; `problem` says why it can't be read, if it can't.

    `number` is its place in the archive's list, `time` seconds since 1970 as the
    archive tells them, `size` in bytes as it tells them.
    """

    number: int
    name: str
    size: int = 0
    time: float | None = None
    problem: str = ""


def too_large(size: int) -> str:
    """Return the reason for a file of `size` bytes that is not read."""
    return (
        f"it takes {size / 1e6:,.0f} MB, and at most {LARGEST_FILE // 10**6} are read; "
        "ask for the notebook without its outputs"
    )


def open_regular(path: str) -> IO[bytes]:
    """Open a regular file, and nothing else; raises `CantRead`."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        number = os.open(path, flags | getattr(os, "O_BINARY", 0))
    except OSError as error:
        raise CantRead(f"the system can't open it: {error.strerror}") from None
    if not stat.S_ISREG(os.fstat(number).st_mode):
        os.close(number)
        raise CantRead("it is not a regular file")
    return os.fdopen(number, "rb")


class Archives:
    """Archives by their path and the numbers of the entries that lead to them.

    The last ones stay open, since their entries are asked for one after the other.
    """

    def __init__(self) -> None:
        self._open: dict[tuple, zipfile.ZipFile] = {}

    def entries(self, path: str, chain: tuple[int, ...]) -> list[Entry]:
        """Return the files of an archive; raises `CantRead`."""
        return list(_entries(self._archive(path, chain)))

    def data(self, path: str, chain: tuple[int, ...]) -> bytes:
        """Return a file's bytes; raises `CantRead`."""
        if not chain:
            with open_regular(path) as file:
                return _all_of(file)
        archive = self._archive(path, chain[:-1])
        with _entry(archive, chain[-1]) as file:
            try:
                return _all_of(file)
            except _BROKEN as error:
                raise CantRead(f"its place in the archive is broken: {error}") from None

    def _archive(self, path: str, chain: tuple[int, ...]) -> zipfile.ZipFile:
        known = self._open.get((path, chain))
        if known:
            return known
        if len(chain) > DEEPEST:
            raise CantRead("archives within archives within archives")
        for key in list(self._open):
            if key[0] != path or key[1] != chain[: len(key[1])]:
                self._open.pop(key).close()
        file = self._unpacked(path, chain) if chain else open_regular(path)
        self._open[path, chain] = opened = _opened(file)
        return opened

    def _unpacked(self, path: str, chain: tuple[int, ...]) -> IO[bytes]:
        """Return an archive in an archive as a file without a name."""
        file = tempfile.TemporaryFile()
        size = 0
        with _entry(self._archive(path, chain[:-1]), chain[-1]) as packed:
            try:
                while part := packed.read(_AT_A_TIME):
                    size += len(part)
                    if size > LARGEST_FILE:
                        raise CantRead(too_large(size))
                    file.write(part)
            except CantRead:
                raise
            except _BROKEN as error:
                raise CantRead(f"the archive in it is broken: {error}") from None
        return file


def _opened(file: IO[bytes]) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    except (*_BROKEN, NotImplementedError) as error:
        file.seek(0)
        head = file.read(200).lstrip()
        file.close()
        if not head:
            raise CantRead("the file is empty") from None
        if head.startswith(b"<"):
            raise CantRead("it is a web page, not a zip") from None
        if head.startswith((b"7z", b"Rar!", b"\x1f\x8b", b"BZh", b"\xfd7zXZ")):
            raise CantRead("it is another kind of archive: ask for a zip") from None
        raise CantRead(f"the zip is torn or broken: {error}") from None


def _entry(archive: zipfile.ZipFile, number: int) -> IO[bytes]:
    listed = archive.infolist()
    if number >= len(listed):
        raise CantRead("the archive has changed meanwhile")
    problem = _problem(listed[number])
    if problem:
        raise CantRead(problem)
    try:
        return archive.open(listed[number])
    except NotImplementedError:
        reason = "it is packed in a way that isn't read: ask for a usual zip"
        raise CantRead(reason) from None
    except (*_BROKEN, RuntimeError) as error:
        raise CantRead(f"its place in the archive is broken: {error}") from None


def _all_of(file: IO[bytes]) -> bytes:
    """Return a file's bytes, however many it says it has; raises `CantRead`."""
    data = file.read(LARGEST_FILE + 1)
    if len(data) > LARGEST_FILE:
        raise CantRead(too_large(len(data)))
    return data


def _entries(archive: zipfile.ZipFile) -> Iterator[Entry]:
    listed = archive.infolist()
    if len(listed) > MOST_ENTRIES:
        raise CantRead(f"the archive holds more than {MOST_ENTRIES:,} files")
    if sum(each.compress_size for each in listed) > _size(archive):
        raise CantRead("the archive's files lie over one another: a zip bomb")
    for number, each in enumerate(listed):
        name = _name(each)
        if not name.endswith("/"):
            yield Entry(number, name, each.file_size, _time(each), _problem(each))


def _size(archive: zipfile.ZipFile) -> int:
    assert archive.fp is not None
    return archive.fp.seek(0, os.SEEK_END)


def _problem(entry: zipfile.ZipInfo) -> str:
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind == stat.S_IFLNK:
        return "it is a link, not a file"
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "it is not a regular file"
    if entry.flag_bits & 0x1:
        return "it is locked with a password"
    if entry.file_size > LARGEST_FILE:
        return too_large(entry.file_size)
    name = _name(entry)
    if ".." in name.split("/") or name.startswith("/") or name[1:3] == ":/":
        return "its place leads out of the archive"
    return ""


def _name(entry: zipfile.ZipInfo) -> str:
    """Return an entry's name; without a mark for UTF-8 it may be UTF-8 all the same."""
    name = entry.filename
    if not entry.flag_bits & 0x800 and not name.isascii():
        try:
            name = name.encode("cp437").decode("utf-8")
        except UnicodeError:
            pass
    return name.replace("\\", "/")


def _time(entry: zipfile.ZipInfo) -> float | None:
    try:
        return time.mktime((*entry.date_time, 0, 0, -1))
    except (ValueError, OverflowError):
        return None
