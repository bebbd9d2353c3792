"""A process with limits that reads what was handed in, and the way to ask it.

Parsing hostile files can take all memory, all time, or the process. So a child reads
them: one for many files, and a new one where a file killed it. Plain data comes back,
at most `_LONGEST_REPLY` bytes: an archive's list of files, or of a notebook the sources
that `extract` found.
"""

import contextlib
import json
import os
import select
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from helpers.grading.archives import LARGEST_FILE, Archives, Entry
from helpers.grading.cells import CantRead, Cell, cells_of
from helpers.grading.extract import extract, lessons_in, released

_TOO_LONG = "reading it takes too long"
_TOO_MUCH = "reading it takes more memory than there is for one file"
_LONGEST_REPLY = 64_000_000
_KIT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Limits:
    """What reading one file may take: bytes of address space, and seconds.

    A notebook of 300 MB takes 0.6 GB as text, and 1 to 2 GB while it is parsed.
    """

    memory: int = 3_000_000_000
    processor_seconds: int = 60
    seconds: float = 120.0


@dataclass(frozen=True)
class Place:
    """Where a file is: a path, and the numbers of entries of archives in it."""

    path: Path
    chain: tuple[int, ...] = ()


@dataclass(frozen=True)
class Found:
    """What a notebook holds of a lesson: as `extract` says, and remarks on the file.

    `of` are the lessons that it seems to be of, whatever was asked for.
    """

    lesson: str
    of: list[str]
    exercises: dict[str, str]
    own: list[str]
    remarks: list[str]


class Reader:
    """Reads files in a child with limits; a context manager."""

    def __init__(self, limits: Limits = Limits()) -> None:
        self._child: subprocess.Popen | None = None
        self.limits = limits

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *exception: object) -> None:
        self._end()

    def entries(self, place: Place) -> list[Entry]:
        """Return the files of an archive; raises `CantRead`."""
        told = self._ask({"op": "entries", **_asked(place)})
        return [Entry(**each) for each in told["entries"]]

    def notebook(self, place: Place, lesson: str | None) -> list[Found]:
        """Return what a notebook holds of `lesson`, or of each lesson it is of.

        Raises `CantRead`. A notebook of no lesson gives an empty list.
        """
        told = self._ask({"op": "notebook", "lesson": lesson, **_asked(place)})
        return [Found(**each) for each in told["found"]]

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        fresh = self._child is None
        if self._child is None:
            self._child = _started(self.limits)
        try:
            told = json.loads(self._exchange(json.dumps(request).encode() + b"\n"))
        except (OSError, ValueError):
            reason = self._why_it_ended()
            if not fresh and reason != _TOO_LONG:
                return self._ask(request)  # perhaps other files wore the child out
            raise CantRead(reason) from None
        if told.get("worn"):
            self._end()
        if "problem" in told:
            raise CantRead(told["problem"])
        return told

    def _exchange(self, line: bytes) -> bytes:
        assert self._child
        assert self._child.stdin
        assert self._child.stdout
        self._child.stdin.write(line)
        self._child.stdin.flush()
        deadline = time.monotonic() + self.limits.seconds
        number, parts = self._child.stdout.fileno(), bytearray()
        while not parts.endswith(b"\n"):
            left = deadline - time.monotonic()
            if left < 0 or len(parts) > _LONGEST_REPLY:
                raise TimeoutError
            if select.select([number], [], [], left)[0]:
                part = os.read(number, 1 << 20)
                if not part:
                    raise ConnectionError
                parts += part
        return bytes(parts)

    def _why_it_ended(self) -> str:
        """End the child; return the reason for which a file can't be read."""
        assert self._child
        try:
            status = self._child.wait(0.5)
        except subprocess.TimeoutExpired:
            status = None
        self._end()
        if status is None or status == -_SIGXCPU:
            return _TOO_LONG
        if status == -_SIGKILL:
            return _TOO_MUCH
        return "it ends the program that reads it"

    def _end(self) -> None:
        if self._child is None:
            return
        self._child.kill()
        self._child.wait()
        for stream in (self._child.stdin, self._child.stdout):
            if stream:
                with contextlib.suppress(OSError):
                    stream.close()
        self._child = None


_SIGKILL, _SIGXCPU = 9, 24


def _asked(place: Place) -> dict[str, Any]:
    return {"path": os.path.abspath(os.fsdecode(place.path)), "chain": place.chain}


def _started(limits: Limits) -> subprocess.Popen:
    code = (
        f"import sys; sys.path.insert(0, {str(_KIT)!r}); "
        "from helpers.grading.reader import main; "
        f"main({limits.memory}, {limits.processor_seconds})"
    )
    return subprocess.Popen(
        [sys.executable, "-I", "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=tempfile.gettempdir(),
        start_new_session=True,
    )


# -- inside the child ------------------------------------------------------------------


def main(memory: int, processor_seconds: int) -> None:
    """Answer requests, a line each, until there are no more."""
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever prints is no reply
    _limit(memory)
    archives = Archives()
    for line in sys.stdin.buffer:
        _allow(processor_seconds)
        replies.write(json.dumps(_reply(json.loads(line), archives)).encode() + b"\n")
        replies.flush()


def _reply(request: dict[str, Any], archives: Archives) -> dict[str, Any]:
    path, chain = request["path"], tuple(request["chain"])
    try:
        if request["op"] == "entries":
            listed = archives.entries(path, chain)
            return {"entries": [asdict(each) for each in listed]}
        cells, remarks = cells_of(archives.data(path, chain))
        return {"found": _found(cells, remarks, request["lesson"])}
    except CantRead as error:
        return {"problem": str(error)}
    except MemoryError:
        return {"problem": _TOO_MUCH, "worn": True}
    except Exception as error:  # a file that nobody thought of: still a row
        return {"problem": f"it can't be read: {type(error).__name__}: {error}"[:300]}


def _found(
    cells: list[Cell], remarks: list[str], lesson: str | None
) -> list[dict[str, Any]]:
    of = lessons_in(cells)
    found = [
        (each, extract(cells, released(each))) for each in ([lesson] if lesson else of)
    ]
    return [
        asdict(Found(each, of, it.exercises, it.own, [*remarks, *it.remarks]))
        for each, it in found
    ]


def _limit(memory: int) -> None:
    try:
        import resource
    except ImportError:  # Windows has no limits of this kind
        return
    wanted = {"AS": memory, "FSIZE": LARGEST_FILE + 10**6, "CORE": 0, "NOFILE": 64}
    for name, value in wanted.items():
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (value, value))


def _allow(seconds: int) -> None:
    """Allow the process as much processor time again as one file may take."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        used = resource.getrusage(resource.RUSAGE_SELF)
        until = int(used.ru_utime + used.ru_stime) + seconds
        hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
        resource.setrlimit(resource.RLIMIT_CPU, (until, hard))
