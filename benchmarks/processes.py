"""What a command takes, with all the processes that descend from it."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

_EVERY = 0.1  # seconds between two looks
_OURS = -1  # stands for this process, the parent of the first one
_KEPT = 4000  # characters of what the command printed last


@dataclass(frozen=True)
class Spent:
    """Seconds of processor and of the clock, megabytes at the most, how it ended.

    `memory` holds each look at the first process's own megabytes, one a second.
    """

    cpu: float
    wall: float
    megabytes: float
    status: int = 0
    said: str = ""
    memory: tuple[float, ...] = ()


@dataclass
class _Known:
    """A process as last seen: who started it, its own seconds, its children's."""

    parent: int
    own: float
    children: float


@dataclass
class _Family:
    """The processes that descend from a first one, also those that are gone.

    A process that is waited for passes its seconds on to who waits; one that is killed
    in another way takes them along. So both are kept: what was seen of each process,
    and what a parent got of children beyond that.
    """

    first: int
    known: dict[tuple[int, float], _Known] = field(default_factory=dict)
    megabytes: float = 0.0

    def look(self) -> None:
        """Take in the processes that live now."""
        with contextlib.suppress(psutil.Error):
            first = psutil.Process(self.first)
            held = 0.0
            for each in [first, *first.children(recursive=True)]:
                with contextlib.suppress(psutil.Error), each.oneshot():
                    spent = each.cpu_times()
                    self.known[each.pid, each.create_time()] = _Known(
                        each.ppid(),
                        spent.user + spent.system,
                        spent.children_user + spent.children_system,
                    )
                    held += _megabytes(each.pid)
            self.megabytes = max(self.megabytes, held)

    def cpu(self, waited: float) -> float:
        """Return all seconds; `waited` are those that the first one's parent got."""
        passed_on: dict[int, float] = {}
        for (pid, _), each in self.known.items():
            parent = _OURS if pid == self.first else each.parent
            total = each.own + each.children
            passed_on[parent] = passed_on.get(parent, 0.0) + total
        got = {pid: each.children for (pid, _), each in self.known.items()}
        got[_OURS] = waited
        own = sum(each.own for each in self.known.values())
        unseen = (seconds - passed_on.get(pid, 0.0) for pid, seconds in got.items())
        return own + sum(max(0.0, seconds) for seconds in unseen)


def _megabytes(process: int) -> float:
    """Return what a process holds; pages that several share count in parts."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
        return next(int(x.split()[1]) / 1024 for x in lines if x.startswith("Pss:"))
    except (OSError, StopIteration):
        with contextlib.suppress(psutil.Error):
            return psutil.Process(process).memory_info().rss / 2**20
    return 0.0


def watched(
    command: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    seconds: float = 3600,
    meanwhile: Callable[[subprocess.Popen, float], None] | None = None,
) -> Spent:
    """Run a command in `folder` and return what it took; kill it after `seconds`.

    `meanwhile` gets the process and the seconds since it began at each look.
    """
    before, began = _waited(), time.perf_counter()
    log = folder / "last_command.log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            list(command), cwd=folder, env=dict(environment), stdin=subprocess.DEVNULL,
            stdout=file, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    family = _Family(process.pid)
    memory: list[float] = []
    while process.poll() is None:
        gone = time.perf_counter() - began
        family.look()
        if gone > len(memory) and (held := _megabytes(process.pid)):
            memory.append(held)
        if meanwhile:
            meanwhile(process, gone)
        if gone > seconds:
            _end(family)
            process.wait()
            break
        time.sleep(_EVERY)
    wall = time.perf_counter() - began
    _end(family)
    said = log.read_text(errors="replace")[-_KEPT:]
    cpu = family.cpu(_waited() - before)
    return Spent(cpu, wall, family.megabytes, process.returncode, said, tuple(memory))


def _waited() -> float:
    times = os.times()
    return times.children_user + times.children_system


def _end(family: _Family) -> None:
    """Kill those of the family that are still there."""
    for pid, created in family.known:
        with contextlib.suppress(psutil.Error, ProcessLookupError):
            if psutil.Process(pid).create_time() == created:
                os.kill(pid, signal.SIGKILL)
