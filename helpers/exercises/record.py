"""A learner's own record: which exercises were solved on this machine, and when.

One small file, a line of JSON per attempt: the exercise, whether it was right, hints
used, the time; no answer and no name. Nothing sends it anywhere. Where it can't be
kept, nothing is, and no check ever fails or waits because of it.

`WORKSHOP_RECORD` names another file by its full path; empty, it means none. Without it,
only notebooks that `helpers.start` began keep one, in the user's data folder.
"""

import contextlib
import json
import os
import re
import stat
import sys
import time
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helpers.errors import KitError
from helpers.files import user_path
from helpers.locks import is_at, only_one_in

VARIABLE = "WORKSHOP_RECORD"
LONG = 64 * 1024  # bytes from which on it is compacted
MOST = 4 * 1024 * 1024  # bytes that are read, the newest; no record is so long
_BEGINS = b'{"exercise"'
_LINE = 300  # characters of a line, at most
_LATEST = 2**33  # seconds; a later time than the year 2242 is garbage
_NUMBER = re.compile(r"[A-Z]?[0-9]{1,3}\.[0-9]{1,3}")
_FLAGS = os.O_NONBLOCK if hasattr(os, "O_NONBLOCK") else 0  # a pipe makes nobody wait
_FLAGS |= getattr(os, "O_BINARY", 0)


@dataclass(frozen=True)
class Kept:
    """What is known of one exercise: solved ever, most hints used, last attempt.

    `at` is in seconds since 1970. Joining two in any order, any number of times, gives
    the same, so no line that is read twice or comes late changes anything.
    """

    solved: bool
    hints: int
    at: int

    def __or__(self, other: "Kept") -> "Kept":
        return Kept(
            self.solved or other.solved,
            max(self.hints, other.hints),
            max(self.at, other.at),
        )


Everything = Mapping[str, Kept]  # by exercise number


class Record:
    """The record in one file; `fault` says why it isn't kept, in a few words.

    Where there is a `fault` from the beginning, as where the file holds something else,
    it is left alone, now and later.
    """

    def __init__(self, path: str | os.PathLike, fault: str = ""):
        self.path = Path(path)
        self.fault = fault or _fault_of(self.path)
        self._refused = bool(self.fault)

    @property
    def _files(self) -> list[Path]:
        return [path for path in (self._older, self.path) if os.path.lexists(path)]

    @property
    def _older(self) -> Path:
        """Where lines wait while they are compacted, also after a crash."""
        return self.path.with_name(f"{self.path.name}.older")

    def open(self) -> "Record":
        """Make the file where it is missing, compact it where it is long."""
        self._append("")
        if not self.fault:
            with contextlib.suppress(KitError, OSError):  # another kernel is at it
                self._compact()
        return self

    def note(self, number: str, *, solved: bool, hints: int) -> None:
        """Write that exercise `number` was tried; what goes wrong is kept in `fault`.

        One short write at the file's end, so kernels that write at once don't mix.
        """
        with contextlib.suppress(Exception):  # a learner may have replaced anything
            self._append(_line(number, Kept(solved, hints, int(time.time()))))

    def read(self) -> dict[str, Kept]:
        """Return what is known of each exercise; skip lines that are none of ours."""
        if self._refused:
            return {}
        return _joined([*_lines(self._older), *_lines(self.path)])

    def exists(self) -> bool:
        """Return whether there is a file of it."""
        return bool(self._files)

    def forget(self) -> None:
        """Delete the record.

        Raises `KitError` where the system refuses, or the file is none of ours.
        """
        found = self._files
        for path in found:
            if fault := _fault_of(path):
                raise KitError(f"{path} was not deleted: {fault}")
        try:
            for path in found:
                path.unlink(missing_ok=True)
        except OSError as error:
            raise KitError(f"{path} can't be deleted: {error.strerror}") from None

    # --------------------------------------------------------------------- details

    def _append(self, text: str) -> None:
        if self._refused:
            return
        self.fault = ""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            _append(self.path, text)
        except (OSError, ValueError) as error:
            self.fault = _reason(error)

    def _compact(self) -> None:
        """Replace many lines by one per exercise.

        What other kernels write meanwhile goes to a new file. Those that had opened the
        old one write again, and if they did so after it was read, it stays for the next
        time.
        """
        older = self._older
        waits = os.path.lexists(older)
        if _fault_of(older) or not (waits or self.path.stat().st_size >= LONG):
            return
        with warnings.catch_warnings(action="ignore"), only_one_in(self.path.parent):
            if not os.path.lexists(older):
                os.replace(self.path, older)
            size = older.stat().st_size
            known = _joined(_lines(older))
            _append(self.path, "".join(_line(*each) for each in known.items()))
            if older.stat().st_size == size:
                older.unlink()


def kept_record() -> Record | None:
    """Return this notebook's record, made where it is missing; None where none is kept.

    None: `WORKSHOP_RECORD` is empty, a test runs (also the kernels that nbval starts),
    or this is no notebook.
    """
    asked = os.environ.get(VARIABLE)
    if "PYTEST_VERSION" in os.environ or (
        asked is None and "ipykernel" not in sys.modules
    ):
        return None
    record = the_record()
    return record and record.open()


def the_record() -> Record | None:
    """Return this user's record, whether there is one or not; None if unwanted.

    Where there is no place for it, its `fault` says so.
    """
    asked = os.environ.get(VARIABLE)
    if asked == "":
        return None
    path = user_path(asked) if asked else _users_place()
    if path.is_absolute():
        return Record(path)
    if asked:
        return Record(path, f"{VARIABLE} is no full path; empty, it means no record")
    return Record(path, f"there is no home folder; {VARIABLE} can name a place")


def _users_place() -> Path:
    import platformdirs  # comes with pooch

    name = "progress.jsonl"
    try:
        return platformdirs.user_data_path("anomaly-workshop", False) / name
    except RuntimeError:  # no home can be found
        return Path("~", name)


# -------------------------------------------------------------------- lines of a file


def _line(number: str, kept: Kept) -> str:
    """Return a line; it begins anew, whatever torn line comes before it."""
    told = {"exercise": number, "solved": kept.solved}
    return "\n" + json.dumps(told | {"hints": kept.hints, "at": kept.at}) + "\n"


def _append(path: Path, text: str) -> None:
    """Write at the end of a file in one go; raise `OSError` where it doesn't fit.

    Again where the file was put aside meanwhile, to be compacted: twice is once.
    """
    for _ in range(3):
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | _FLAGS, 0o600)
        try:
            written = text.encode()
            if written and os.write(file, written) < len(written):
                raise OSError("the disk is full")
            if is_at(file, path):
                return
        finally:
            os.close(file)


def _lines(path: Path) -> list[str]:
    """Return the lines of an ordinary file; none where it can't be read."""
    try:
        return _read(path, MOST, last=True).decode(errors="replace").split("\n")
    except (OSError, ValueError):
        return []


def _fault_of(path: Path) -> str:
    """Return why a file is no record of ours; "" where it is one, or is missing."""
    try:
        begins = _read(path, 1000).lstrip()[: len(_BEGINS)]
    except FileNotFoundError:
        return ""
    except (OSError, ValueError) as error:
        return _reason(error)
    return "" if _BEGINS.startswith(begins) else "it holds something else"


def _read(path: Path, most: int, *, last: bool = False) -> bytes:
    """Return the first, or last, `most` bytes of an ordinary file.

    Raises `OSError` for a folder, a pipe or a device; nothing is waited for.
    """
    file = os.open(path, os.O_RDONLY | _FLAGS)
    kind = os.fstat(file)
    if not stat.S_ISREG(kind.st_mode):
        os.close(file)
        raise OSError("it is no ordinary file")
    with open(file, "rb") as opened:
        opened.seek(max(0, kind.st_size - most) if last else 0)
        return opened.read(most)


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)


def _joined(lines: Iterable[str]) -> dict[str, Kept]:
    known: dict[str, Kept] = {}
    for line in lines:
        found = _understood(line)
        if found:
            number, kept = found
            known[number] = known[number] | kept if number in known else kept
    return known


def _understood(line: str) -> tuple[str, Kept] | None:
    """Return what a line says; None where it is torn or none of ours."""
    if not line or len(line) > _LINE:
        return None
    try:
        told = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(told, dict):
        return None
    number, solved = told.get("exercise"), told.get("solved")
    if not isinstance(number, str) or not _NUMBER.fullmatch(number):
        return None
    if not isinstance(solved, bool):
        return None
    if not _within(told.get("hints"), 100) or not _within(told.get("at"), _LATEST):
        return None
    return number, Kept(solved, told["hints"], told["at"])


def _within(value: Any, most: int) -> bool:
    return type(value) is int and 0 <= value <= most
