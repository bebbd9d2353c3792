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
from helpers.locks import only_one_in

VARIABLE = "WORKSHOP_RECORD"
LONG = 64 * 1024  # bytes from which on it is compacted
MOST = 4 * 1024 * 1024  # bytes that are read, the newest; no record is so long
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

    A `fault` from the beginning means that it is not to be kept at all.
    """

    def __init__(self, path: str | os.PathLike, fault: str = ""):
        self.path = Path(path)
        self.fault = fault
        self._refused = bool(fault)

    @property
    def _older(self) -> Path:
        """Where lines wait while they are compacted, also after a crash."""
        return self.path.with_name(f"{self.path.name}.older")

    def open(self) -> "Record":
        """Make the file where it is missing, compact it where it is long.

        A file that holds something else is left alone, now and later.
        """
        if not self._refused and not _is_ours(self.path):
            self.fault, self._refused = "it holds something else", True
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

    def forget(self) -> bool:
        """Delete the record; return whether there was one.

        Raises `KitError` where the system refuses, or the file is none of ours.
        """
        found = [path for path in (self._older, self.path) if os.path.lexists(path)]
        for path in found:
            if not _is_ours(path):
                raise KitError(f"{path} holds something else; it was not deleted")
        try:
            for path in found:
                path.unlink(missing_ok=True)
        except OSError as error:
            raise KitError(f"{path} can't be deleted: {error.strerror}") from None
        return bool(found)

    # --------------------------------------------------------------------- details

    def _append(self, text: str) -> None:
        if self._refused:
            return
        self.fault = ""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            _append(self.path, text)
        except (OSError, ValueError) as error:
            self.fault = getattr(error, "strerror", None) or str(error)

    def _compact(self) -> None:
        """Replace many lines by one per exercise.

        Lines that other kernels write meanwhile go to a new file, or, if they had
        opened the old one, make it stay for the next time.
        """
        older = self._older
        waits = os.path.lexists(older)
        if not _is_ours(older) or not (waits or self.path.stat().st_size >= LONG):
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
    path = Path(os.path.expanduser(asked)) if asked else _users_place()
    if path.is_absolute():
        return Record(path)
    if asked:
        return Record(path, f"{VARIABLE} is no full path; empty, it means no record")
    return Record(path, f"there is no home folder; {VARIABLE} can name a place")


def _users_place() -> Path:
    import platformdirs  # comes with pooch

    return platformdirs.user_data_path("anomaly-workshop", False) / "progress.jsonl"


# -------------------------------------------------------------------- lines of a file


def _line(number: str, kept: Kept) -> str:
    """Return a line; it begins anew, whatever torn line comes before it."""
    told = {"exercise": number, "solved": kept.solved}
    return "\n" + json.dumps(told | {"hints": kept.hints, "at": kept.at}) + "\n"


def _append(path: Path, text: str) -> None:
    """Write at the end of a file in one go; raise `OSError` where it doesn't fit."""
    written = text.encode()
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | _FLAGS, 0o600)
    try:
        if written and os.write(file, written) < len(written):
            raise OSError("the disk is full")
    finally:
        os.close(file)


def _lines(path: Path) -> list[str]:
    """Return the lines of an ordinary file; none where it can't be read."""
    try:
        file = os.open(path, os.O_RDONLY | _FLAGS)
    except (OSError, ValueError):
        return []
    with open(file, "rb") as opened:
        kind = os.fstat(file)
        if not stat.S_ISREG(kind.st_mode):
            return []
        opened.seek(max(0, kind.st_size - MOST))
        return opened.read(MOST).decode(errors="replace").split("\n")


def _is_ours(path: Path) -> bool:
    """Return whether a file is missing, empty, or begins as a record does.

    What can't be looked at isn't decided here: writing to it says what is wrong.
    """
    begins = b'{"exercise"'
    try:
        with open(os.open(path, os.O_RDONLY | _FLAGS), "rb") as opened:
            if not stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
                return False
            found = opened.read(1000).lstrip()[: len(begins)]
    except (OSError, ValueError):
        return not path.is_dir()
    return begins.startswith(found)


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
