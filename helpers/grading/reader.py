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

MEMORY = 3_000_000_000  # address space: a notebook of 300 MB, as text and parsed
PROCESSOR_SECONDS = 60  # for one file
SECONDS = 120.0
_LONGEST_REPLY = 64_000_000
_KIT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Place:
    """Where a file is: a path, and the numbers of entries of archives in it."""

    path: Path
    chain: tuple[int, ...] = ()


@dataclass(frozen=True)
class Found:
    """What a notebook holds of a lesson: as `extract` says, and remarks on the file."""

    lesson: str
    exercises: dict[str, str]
    own: list[str]
    remarks: list[str]


class Reader:
    """Reads files in a child with limits; a context manager."""

    def __init__(self) -> None:
        self._child: subprocess.Popen | None = None
        self.seconds = SECONDS

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
        if self._child is None or self._child.poll() is not None:
            self._end()
            self._child = _started()
        try:
            line = self._exchange(json.dumps(request).encode() + b"\n")
            told = json.loads(line)
        except (OSError, ValueError):
            raise CantRead(self._why_it_ended()) from None
        if "problem" in told:
            raise CantRead(told["problem"])
        return told

    def _exchange(self, line: bytes) -> bytes:
        assert self._child and self._child.stdin and self._child.stdout
        self._child.stdin.write(line)
        self._child.stdin.flush()
        deadline = time.monotonic() + self.seconds
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
            return "reading it takes too long"
        return "reading it takes more memory than there is for one file"

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


_SIGXCPU = 24


def _asked(place: Place) -> dict[str, Any]:
    return {"path": os.fsdecode(place.path), "chain": place.chain}


def _started() -> subprocess.Popen:
    code = (
        f"import sys; sys.path.insert(0, {str(_KIT)!r}); "
        "from helpers.grading.reader import main; main()"
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


def main() -> None:
    """Answer requests, a line each, until there are no more."""
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever prints is no reply
    _limit()
    archives = Archives()
    for line in sys.stdin.buffer:
        _allow_seconds()
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
        return {"problem": "reading it takes more memory than there is for one file"}
    except Exception as error:  # a file that nobody thought of: still a row
        return {"problem": f"it can't be read: {type(error).__name__}: {error}"[:300]}


def _found(
    cells: list[Cell], remarks: list[str], lesson: str | None
) -> list[dict[str, Any]]:
    lessons = [lesson] if lesson else lessons_in(cells)
    return [extract(cells, released(each)).told(each, remarks) for each in lessons]


def _limit() -> None:
    try:
        import resource
    except ImportError:  # Windows has no limits of this kind
        return
    wanted = {"AS": MEMORY, "FSIZE": LARGEST_FILE + 10**6, "CORE": 0, "NOFILE": 64}
    for name, value in wanted.items():
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (value, value))


def _allow_seconds() -> None:
    """Allow the process as much processor time again as one file may take."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        used = resource.getrusage(resource.RUSAGE_SELF)
        until = int(used.ru_utime + used.ru_stime) + PROCESSOR_SECONDS
        hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
        resource.setrlimit(resource.RLIMIT_CPU, (until, hard))
