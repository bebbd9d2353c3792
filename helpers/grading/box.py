"""The box in which learners' code runs: bubblewrap, no network, nothing to be had.

A box sees the interpreter and its packages, the system's libraries and a copy of the
kit without checks, references and lessons, all of it read-only; 64 MB of `/tmp`; and
one socket. Every namespace is its own, so that its processes see and signal no others,
and end when their first one ends. Limits of memory, processes, processor time, open
files and file size are set inside; the memory of all processes together is watched
from outside.

Started by root, a box is two: the outer one mounts (the interpreter may lie where only
root can read), then the user is dropped, and the inner one takes away the right to
make new namespaces.
"""

import contextlib
import os
import shutil
import signal
import site
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helpers.errors import KitError
from helpers.grading.calls import open_filter
from helpers.grading.channel import Channel, Closed, Late
from helpers.grading.folders import folder_of_a_run
from helpers.grading.plain import Unreadable
from helpers.grading.withheld import texts_withheld, withhold
from helpers.paths import datasets_dir

_NOBODY = 65534
_KIT = "/kit"
_TEMPORARY = 64_000_000
_BETWEEN_LOOKS = 0.25  # seconds
_MORE_SECONDS = 2  # of processor time, for what keeps the box


@dataclass(frozen=True)
class Limits:
    """What a task may take: seconds of real and of processor time, bytes, processes."""

    seconds: float = 60.0
    cpu: int = 30
    memory: int = 1_500_000_000  # address space of each process
    group_memory: int = 2_000_000_000  # resident, all processes of the box together
    processes: int = 24
    files: int = 64
    file_size: int = 32_000_000


WITH_TENSORFLOW = Limits(
    seconds=120.0,
    cpu=60,
    memory=6_000_000_000,
    group_memory=3_000_000_000,
    processes=64,
)


class Incident(Exception):
    """The box had to end a task: the reason, as a fact for the gradebook."""


def why_not() -> str | None:
    """Return in one line why there can be no box here, or None where there can."""
    if not sys.platform.startswith("linux"):
        return "boxes need Linux (in WSL or a container elsewhere)"
    if shutil.which("bwrap") is None:
        return "bubblewrap is not installed: apt install bubblewrap, or dnf, pacman"
    if Path(sys.prefix).resolve().is_relative_to("/tmp"):
        return (
            f"{sys.prefix} lies in /tmp, of which each box has its own: clone elsewhere"
        )
    with tempfile.TemporaryDirectory(prefix="workshop-tried-") as folder:
        Path(folder).chmod(0o755)
        with _filter_of_calls() as filtered:
            command = [*_wrapped(Path(folder), Limits(), filtered), "/usr/bin/true"]
            tried = subprocess.run(
                command, capture_output=True, text=True, timeout=60, pass_fds=filtered
            )
    if tried.returncode == 0:
        return None
    said = (tried.stderr.strip().splitlines() or ["it gives no reason"])[-1]
    return (
        f"bubblewrap can't make a box ({said}): user namespaces may be forbidden, as "
        "on Ubuntu 24.04, until AppArmor allows them; see the instructor's guide"
    )


@contextlib.contextmanager
def kit_for_boxes(lessons: Collection[str] | None = None) -> Iterator[Path]:
    """Make the kit that boxes see, for as long as the context lasts.

    No checks, references, lessons, authoring: only what lessons import, the bundled
    data, and the side of the box; of what exercises of `lessons` (None: of all) ask
    learners to write, nothing.
    """
    package = Path(__file__).resolve().parent.parent
    with folder_of_a_run("workshop-box-") as kit:
        shutil.copytree(package, kit / "helpers", ignore=_not_in_boxes)
        (kit / "helpers" / "exercises").mkdir(exist_ok=True)
        (kit / "helpers" / "exercises" / "__init__.py").write_text(_STAND_INS)
        withhold(kit, lessons)
        shutil.copytree(datasets_dir(), kit / "datasets")
        for place in (kit, *kit.rglob("*")):
            place.chmod(0o755 if place.is_dir() else 0o644)
        subprocess.run(
            [sys.executable, "-m", "compileall", "-q", str(kit / "helpers")], check=True
        )
        yield kit


_STAND_INS = '''"""Checks are asked outside: in a box these say nothing."""


def check(*arguments, **named):
    """Say nothing."""


hint = solution = progress = check
'''
_LEFT_OUT = ("exercises", "authoring", "_kit", "__pycache__")
_OF_GRADING = frozenset(
    f"{name}.py"
    for name in (
        *("__init__", "plain", "channel", "recipes", "fitted"),
        *("inside", "layers", "own_models", "own_networks", "running"),
        *("calls", "uses", "watched", "withheld"),
    )
)


def _not_in_boxes(folder: str, names: list[str]) -> list[str]:
    if Path(folder).name == "grading":
        return [name for name in names if name not in _OF_GRADING]
    return [name for name in names if name in _LEFT_OUT]


# -- the command -----------------------------------------------------------------------


@contextlib.contextmanager
def _filter_of_calls() -> Iterator[list[int]]:
    """Give the descriptor of the filter of system calls, in a list, if there is one."""
    number = open_filter()
    try:
        yield [] if number is None else [number]
    finally:
        if number is not None:
            os.close(number)


def _wrapped(kit: Path, limits: Limits, filtered: list[int]) -> list[str]:
    """Return the command in front of what is to run in a box."""
    calls = [part for each in filtered for part in ("--seccomp", str(each))]
    bwrap = shutil.which("bwrap") or "bwrap"
    mounts = ["--clearenv", *_system(), *_interpreter(), "--ro-bind", str(kit), _KIT]
    mounts += ["--proc", "/proc", "--dev", "/dev"]
    mounts += ["--size", "1000000", "--perms", "1777", "--tmpfs", "/dev/shm"]
    mounts += ["--size", str(_TEMPORARY), "--perms", "1777", "--tmpfs", "/tmp"]
    for name, value in _ENVIRONMENT.items():
        mounts += ["--setenv", name, value]
    apart = ["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"]
    apart += ["--unshare-cgroup-try", "--die-with-parent", "--new-session"]
    if os.geteuid() != 0:
        return [
            *[bwrap, *mounts, *apart, "--remount-ro", "/dev", "--remount-ro", "/"],
            *["--unshare-user", "--disable-userns", *calls, "--chdir", "/tmp"],
            *_limited(limits),
        ]
    setpriv = shutil.which("setpriv") or "setpriv"
    dropped = ["--reuid", str(_NOBODY), "--regid", str(_NOBODY), "--clear-groups"]
    inner = ["--unshare-user", "--disable-userns", *calls, "--ro-bind", "/", "/"]
    inner += ["--dev-bind", "/dev", "/dev", "--bind", "/tmp", "/tmp", "--proc", "/proc"]
    return [
        *[bwrap, *mounts, *apart, "--remount-ro", "/"],
        *[setpriv, *dropped, "--no-new-privs", bwrap, *inner, "--chdir", "/tmp"],
        *_limited(limits),
    ]


_ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "HOME": "/tmp",
    "LANG": "C.UTF-8",
    "MPLBACKEND": "Agg",
    "MPLCONFIGDIR": "/tmp/.matplotlib",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "CUDA_VISIBLE_DEVICES": "",
    "KERAS_BACKEND": "tensorflow",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
}


def _limited(limits: Limits) -> list[str]:
    return [
        shutil.which("prlimit") or "prlimit",
        f"--as={limits.memory}",
        f"--nproc={limits.processes}",
        f"--nofile={limits.files}",
        f"--fsize={limits.file_size}",
        "--core=0",
    ]


def _system() -> Iterator[str]:
    """Yield the mounts of the system's programs and libraries."""
    for name in ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"):
        place = Path(name)
        if place.is_symlink():
            yield from ("--symlink", os.readlink(place), name)
        elif place.is_dir():
            yield from ("--ro-bind", name, name)
    for name in ("/etc/ld.so.cache", "/etc/fonts", "/etc/localtime", "/nix/store"):
        if Path(name).exists():
            yield from ("--ro-bind", name, name)


def _interpreter() -> Iterator[str]:
    """Yield the mounts of this interpreter and its packages, without the kit's own."""
    wanted = [sys.base_prefix, sys.prefix, os.path.realpath(sys.executable)]
    wanted += [*site.getsitepackages()]
    mounted: list[Path] = [Path("/usr")]
    made: set[str] = set()
    for place in map(Path, dict.fromkeys(wanted)):
        folder = place if place.is_dir() else place.parent
        for each in dict.fromkeys((folder, folder.resolve())):
            if any(each.is_relative_to(known) for known in mounted):
                continue
            if not each.is_dir() or each == Path("/"):
                continue
            for parent in reversed(each.parents[:-1]):
                if str(parent) not in made:
                    made.add(str(parent))
                    yield from ("--perms", "0755", "--dir", str(parent))
            yield from ("--ro-bind", str(each.resolve()), str(each))
            mounted.append(each)
    for packages in map(Path, site.getsitepackages()):
        if (packages / "helpers").is_dir():
            yield from ("--tmpfs", str(packages / "helpers"))


# -- a box that runs -------------------------------------------------------------------


class Box:
    """A box that runs, warm: `task` gives a channel to a fresh process in it.

    `above` are the statements that cells of the lesson stand on. A context manager; on
    leaving it everything in the box is dead.
    """

    def __init__(self, kit: Path | None, above: list[str], limits: Limits = Limits()):
        self.limits = limits
        self.exceeded: str | None = None  # why it had to be killed
        self._spent_before = 0.0  # processor time of earlier tasks
        ours, theirs = socket.socketpair()
        self._ours = ours
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `close`
        with theirs, _filter_of_calls() as filtered:
            command = _command(kit, theirs.fileno(), limits, filtered)
            self._process = subprocess.Popen(
                command,
                pass_fds=[theirs.fileno(), *filtered],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._errors,
                start_new_session=True,
                env=None if kit else dict(os.environ) | _ENVIRONMENT,
            )
        threading.Thread(target=self._look_after, daemon=True).start()
        self.control = Channel(ours)
        self.control.deadline = time.monotonic() + 120
        try:
            apart = kit is not None  # only then is nobody else among its processes
            ready = {"above": above, "cpu": limits.cpu, "apart": apart}
            self.control.send(ready | {"withheld": texts_withheld(kit)})
            self.control.receive()
        except (Closed, Late, Unreadable):
            self.close()
            raise KitError(f"a box did not start: {self._said()}") from None

    def _said(self) -> str:
        self._errors.seek(0)
        lines = self._errors.read(100_000).decode(errors="replace").strip().splitlines()
        return lines[-1][:300] if lines else "it gives no reason"

    def __enter__(self) -> "Box":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    @property
    def alive(self) -> bool:
        """Whether the box can take another task."""
        return self._process.poll() is None

    def task(self) -> Channel:
        """Fork a fresh process; return the channel to it, with its deadline set."""
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                socket.send_fds(self._ours, [b"t"], [theirs.fileno()])
            except OSError:
                raise Incident("the box was gone before the exercise began") from None
        self._spent_before = _taken(self._process.pid)[1]
        channel = Channel(ours)
        channel.deadline = time.monotonic() + self.limits.seconds
        channel.watch = self._watch
        return channel

    def _watch(self) -> None:
        if self.exceeded:
            raise Incident(self.exceeded)

    def _look_after(self) -> None:
        """Kill the box when all its processes together take too much, at any time.

        What a task has started goes on while nobody waits for it.
        """
        most = self.limits.cpu + _MORE_SECONDS
        while self.alive:
            resident, spent = _taken(self._process.pid)
            if resident > self.limits.group_memory:
                self.exceeded = "it took more memory than there is for one learner"
            elif spent - self._spent_before > most and self._spent_before:
                self.exceeded = "it took more processor time than there is"
            if self.exceeded:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self._process.pid, signal.SIGKILL)
                return
            time.sleep(_BETWEEN_LOOKS)

    def finish(self, channel: Channel) -> str | None:
        """End a task and all it started; return what went wrong with it, or None.

        Its files are gone, too. A box that can't be made clean is closed.
        """
        channel.end.close()
        told = self._told(2) or self._killed()
        try:
            status, (left, files) = told["status"], told["left"]
        except (TypeError, KeyError, ValueError):
            self.close()
            return self.exceeded or "it broke the box that it ran in"
        if files:
            self.close()
        return _ending(status, left)

    def _told(self, seconds: float) -> Any:
        """Return what the box says of a task that has ended, or None in time."""
        self.control.deadline = time.monotonic() + seconds
        with contextlib.suppress(Closed, Late, Unreadable):
            return self.control.receive()
        return None

    def _killed(self) -> Any:
        with contextlib.suppress(OSError):
            self._ours.send(b"k")
            return self._told(15)
        return None

    def close(self) -> None:
        """Kill whatever is in the box."""
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._ours.close()
        if not self._errors.closed and sys.exc_info()[0] is None:
            self._errors.close()


def _ending(status: int, left: int) -> str | None:
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        if number == signal.SIGXCPU:
            return "it took more processor time than there is"
        return f"its process was ended by signal {number}"
    if status:  # which one is the learner's choice: it could tell what is hidden
        return "its process ended itself"
    some = "a process" if left == 1 else f"{left} processes"
    return f"it left {some} behind" if left else None


def _command(
    kit: Path | None, number: int, limits: Limits, filtered: list[int]
) -> list[str]:
    """Return the command of a box; without a kit, one that protects from nothing."""
    if kit is None:
        return [sys.executable, "-m", "helpers.grading.inside", str(number)]
    code = (
        f"import sys; sys.path.insert(0, {_KIT!r}); sys.argv[1:] = ['{number}']; "
        "from helpers.grading.inside import main; main()"
    )
    return [*_wrapped(kit, limits, filtered), sys.executable, "-I", "-c", code]


def _taken(first: int) -> tuple[int, float]:
    """Return resident bytes and processor seconds of a process and its descendants."""
    import psutil

    try:
        process = psutil.Process(first)
        family = [process, *process.children(recursive=True)]
    except psutil.Error:
        return 0, 0.0
    resident, spent = 0, 0.0
    for each in family:
        with contextlib.suppress(psutil.Error):
            resident += each.memory_info().rss
            spent += sum(each.cpu_times()[:4])  # those of its dead children, too
    return resident, spent
