"""What a run has scored so far, beside the file that it will become.

The file OUT.part holds an answer per piece, in the table's order, each after a line
that says of which piece it is and what it must sum up to. So the next run, after
whatever ended the last one, goes on behind the answers that are still right: those of
the same rows by the same detector.
"""

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from helpers.errors import KitError
from helpers.locks import is_at, lock

__all__ = ["Parts"]

_MAGIC = b"anomaly-workshop scores 1\n"


class Parts:
    """The answers to the pieces of a table, as they come; a context.

    With a path they are kept there when the run is stopped; without, or once `drop` is
    called, nothing stays. Raises `KitError` where another file lies there.
    """

    def __init__(self, path: Path | None):
        self._path = path
        self._file: IO[bytes] = _opened(path)
        self._at = len(_MAGIC)  # behind the last answer that is right
        self._going_on = path is not None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not self._file.closed and self.empty:
            self.drop()
        self._file.close()

    def has(self, key: str) -> bool:
        """Return whether the next answer is there already; from the first no on, no."""
        if self._going_on:
            self._file.seek(self._at)
            answer = self._next(key)
            self._going_on = answer is not None
            if answer is None:
                self._file.seek(self._at)
                self._file.truncate()
            else:
                self._at = self._file.tell()
        return self._going_on

    def _next(self, key: str | None) -> bytes | None:
        """Return the answer at this place, if it is whole and of the piece `key`."""
        with contextlib.suppress(ValueError, KeyError, TypeError):
            told = json.loads(self._file.readline())
            if key in (None, told["piece"]):
                answer = self._file.read(int(told["bytes"]))
                if _sum(answer) == told["sum"]:
                    return answer
        return None

    def add(self, key: str, answer: bytes) -> None:
        """Keep an answer, behind all others."""
        told = {"piece": key, "bytes": len(answer), "sum": _sum(answer)}
        self._file.write(json.dumps(told).encode() + b"\n" + answer)
        self._file.flush()
        self._at = self._file.tell()

    def answers(self) -> Iterator[bytes]:
        """Yield all answers in their order."""
        end = self._at
        self._file.seek(len(_MAGIC))
        while self._file.tell() < end:
            answer = self._next(None)
            if answer is None:
                raise KitError(f"{self._path} was changed meanwhile; start anew")
            yield answer

    def end(self) -> None:
        """Leave out the answers behind the table's last piece."""
        self._file.truncate(self._at)

    @property
    def empty(self) -> bool:
        """Whether no answer is kept, of this run or one before."""
        return os.fstat(self._file.fileno()).st_size <= len(_MAGIC)

    def drop(self) -> None:
        """Keep nothing."""
        if self._path is not None and not self._file.closed:
            self._path.unlink(missing_ok=True)
        self._file.close()


def _opened(path: Path | None) -> IO[bytes]:
    """Return a file that begins with our line, open for reading and writing."""
    file = _unnamed() if path is None else _locked(path)
    start = file.read(len(_MAGIC))
    if not _MAGIC.startswith(start):
        file.close()
        raise KitError(f"{path} is in the way: what is scored is kept there; move it")
    if start != _MAGIC:
        file.seek(0)
        file.write(_MAGIC)
        file.flush()
    return file


def _unnamed() -> IO[bytes]:
    return tempfile.TemporaryFile()


def _locked(path: Path) -> IO[bytes]:
    """Open a file that no other run writes to."""
    while True:
        path.touch()
        file = path.open("r+b")
        try:
            lock(file.fileno(), path, kind="file")
        except BaseException:
            file.close()
            raise
        if is_at(file.fileno(), path):
            return file
        file.close()  # its holder removed it in between


def _sum(answer: bytes) -> str:
    return hashlib.blake2b(answer, digest_size=16).hexdigest()
