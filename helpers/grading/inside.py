"""What runs in the box: a learner's cells, and nobody but them.

`python -m helpers.grading.inside FD` serves one box. It imports what the lesson
imports, and forks for every task that comes over its control socket, so that each
starts from the same state and none sees another's. A task's process has one socket,
knows no key, no check, no reference and no other learner, and what it says is believed
by nobody: it is read as plain data, by `proxies`, outside.
"""

import builtins
import contextlib
import ctypes
import inspect
import os
import random
import resource
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
import types
from pathlib import Path
from typing import Any, NoReturn

from helpers.grading import own_networks
from helpers.grading.calls import allow_no_programs
from helpers.grading.channel import Channel, Closed
from helpers.grading.own_models import asked, described, is_own
from helpers.grading.plain import Node, Unreadable, decode, encode
from helpers.grading.recipes import RECIPES, is_network, made_of, recipe_of
from helpers.grading.running import as_python, run_answer, run_what_can, wanted_of
from helpers.grading.uses import depended_on, forbidden_use, names_used
from helpers.grading.watched import Watched
from helpers.grading.withheld import serve, take_away

_PR_SET_DUMPABLE, _PR_SET_CHILD_SUBREAPER = 4, 36


def main() -> None:
    """Serve a box: prepare as the first message says, then fork for each task."""
    control = socket.socket(fileno=int(sys.argv[1]))
    libc = ctypes.CDLL(None)
    libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    channel = Channel(control)
    ready = channel.receive()
    if ready["apart"]:  # no import looks into a folder that a teacher has the kit in
        sys.path[:] = [each for each in sys.path if not sys.prefix.startswith(each)]
    _take_few_cores()
    serve(ready.pop("withheld"))  # nobody finds it among the names of this frame
    names = _prepared(ready["above"])
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)  # no task may look into this process
    channel.send({"ready": os.getpid()})
    while True:
        said, ends, _, _ = socket.recv_fds(control, 1, 1)
        if said == _KILL:
            continue  # that task ended by itself a moment ago
        if not ends:
            return
        child = os.fork()
        if child == 0:
            control.close()
            _task(ends[0], names, ready)
        os.close(ends[0])
        status = _ended(child, control, ready["apart"])
        left = _left_behind(ready["apart"])
        channel.send({"status": status, "left": left})


_KILL, _START = b"k", b"t"
_SCRATCH = ("/tmp/", "/dev/shm/")  # what can be written in a box of its own
_MOST_CORES = 4  # that a box takes: each may want a worker, each worker memory


def _take_few_cores() -> None:
    """Keep to a few cores, any of them: `n_jobs=-1` starts no more workers then."""
    cores = sorted(os.sched_getaffinity(0))
    few = random.sample(cores, min(len(cores), _MOST_CORES))
    os.sched_setaffinity(0, few)
    os.cpu_count = lambda: len(few)


def _ended(child: int, control: socket.socket, apart: bool) -> int:
    """Wait for a task's process; kill it and all it started when told to."""
    end: int = os.pidfd_open(child)
    while True:
        ready, _, _ = select.select([end, control.fileno()], [], [])
        if end in ready:
            os.close(end)
            return os.waitpid(child, 0)[1]
        if control.recv(1) != _KILL:
            os._exit(1)  # whoever asked is gone
        _kill(child, apart)


def _kill(child: int, apart: bool) -> None:
    """Kill a task; in a box of its own everything there but what keeps the box."""
    if not apart:
        with contextlib.suppress(OSError):
            os.killpg(child, signal.SIGKILL)
        return
    for number in (signal.SIGSTOP, signal.SIGKILL):  # who is stopped can't fork
        for each in _others():
            with contextlib.suppress(OSError):
                os.kill(each, number)


def _left_behind(apart: bool) -> list[int]:
    """Clear away what a task left; return how many processes, how many files stay."""
    if not apart:
        return [0, 0]
    left = 0
    for turn in range(100):
        _bury()
        others = _others()
        left = left if turn else sum(not _is_of_a_pool(each) for each in others)
        if not others:
            break
        _kill(0, apart)
        time.sleep(0.01)
    return [left, _files_left() + _shared_left()]


def _others() -> list[int]:
    """Return the other processes of the box: neither this one nor its ancestors."""
    numbers = {int(each) for each in os.listdir("/proc") if each.isdigit()}
    number = os.getpid()
    while number in numbers:
        numbers.discard(number)
        number = _parent_of(number)
    return sorted(numbers - {1})


def _is_of_a_pool(number: int) -> bool:
    """Say whether a process is a worker that waits for more work (`n_jobs=-1`)."""
    with contextlib.suppress(OSError):
        command = Path(f"/proc/{number}/cmdline").read_bytes()
        return b"loky" in command or b"multiprocessing" in command
    return False


def _parent_of(number: int) -> int:
    with contextlib.suppress(OSError, ValueError, IndexError):
        text = Path(f"/proc/{number}/stat").read_text()
        return int(text.rpartition(")")[2].split()[1])
    return 0


def _bury() -> None:
    """Take note of the dead ones that came to this process, so that they are gone."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _files_left() -> int:
    """Empty the two places that can be written; return how much can't be removed."""
    for place in ("/tmp", "/dev/shm"):
        with contextlib.suppress(OSError):  # another's: nobody could change it
            os.chmod(place, 0o1777)
        for entry in os.scandir(place):
            if entry.is_dir(follow_symlinks=False):
                subprocess.run(["/bin/chmod", "-R", "u+rwx", entry.path], check=False)
                shutil.rmtree(entry.path, ignore_errors=True)
            else:
                with contextlib.suppress(OSError):
                    os.unlink(entry.path)
    return sum(len(os.listdir(place)) for place in ("/tmp", "/dev/shm"))


def _shared_left() -> int:
    """Return how many segments of shared memory, semaphores and queues there are."""
    found = 0
    for kind in ("shm", "sem", "msg"):
        with contextlib.suppress(OSError), open(f"/proc/sysvipc/{kind}") as table:
            found += max(len(table.readlines()) - 1, 0)
    return found


def _prepared(above: list[str]) -> dict[str, Any]:
    """Run the statements that a lesson's cells stand on; return the names they bind."""
    import IPython.core.inputtransformer2  # noqa: F401 - once, not in every task

    names: dict[str, Any] = {"display": _nothing, "get_ipython": _Shell}
    for each in ("check", "hint", "solution", "progress"):
        names[each] = _nothing
    for statement in above:
        with contextlib.suppress(Exception):
            exec(compile(statement, "<lesson>", "exec"), names)
    _record_fits_of_detectors()
    _plain_progress_bars()
    return names


def _plain_progress_bars() -> None:
    """Let a notebook's progress bar be a plain one: there is no notebook to draw it."""
    with contextlib.suppress(ImportError):
        import tqdm

        bars = types.ModuleType("tqdm.notebook")
        bars.tqdm = bars.tqdm_notebook = tqdm.tqdm  # type: ignore[attr-defined]
        bars.trange = bars.tnrange = tqdm.trange  # type: ignore[attr-defined]
        sys.modules[bars.__name__] = tqdm.notebook = bars


def _record_fits_of_detectors() -> None:
    from helpers.grading.recipes import record_fits

    found = sys.modules.get("helpers.detectors")
    for value in list(vars(found).values()) if found else []:
        if isinstance(value, type):
            for kind in value.__mro__:
                ours = kind.__module__.startswith("helpers.detectors")
                if ours and not kind.__dict__.get("_fits_recorded"):
                    record_fits(kind)
                    kind._fits_recorded = True  # type: ignore[attr-defined]


def _seed(number: int) -> None:
    """Make what is drawn without a seed the same whenever an answer is graded."""
    import numpy as np

    random.seed(number)
    np.random.seed(number % 2**32)  # noqa: NPY002 - what learners call without a seed
    drawn = random.Random(number)
    with contextlib.suppress(AttributeError):  # where default_rng() gets its seed
        np.random.bit_generator.randbits = drawn.getrandbits  # type: ignore[attr-defined]
    keras = sys.modules.get("keras")
    if keras is not None:
        keras.utils.set_random_seed(number % 2**32)


def _nothing(*arguments: object, **named: object) -> None:
    """Stand in for what shows something in a notebook."""


class _Shell:
    """Stand in for IPython's shell: magics do nothing."""

    def __getattr__(self, name: str) -> Any:
        return _nothing


def _task(end: int, names: dict[str, Any], ready: Node) -> NoReturn:
    """Answer one task's requests until the other side hangs up; never return."""
    cpu = int(ready["cpu"])
    os.setsid()
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 1))
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in range(3):
        os.dup2(nowhere, standard)
    for number in range(3, 64):
        if number != end:
            with contextlib.suppress(OSError):
                os.close(number)
    sys.stdin, sys.stdout = open(0), open(1, "w")  # noqa: SIM115
    sys.stderr = open(2, "w")  # noqa: SIM115
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    scratch = _SCRATCH if ready["apart"] else ()
    task = _Task(Channel(socket.socket(fileno=end)), names, scratch)
    sys.addaudithook(task.watched.look)
    with contextlib.suppress(Closed):
        task.serve()
    _end_pools()
    os._exit(0)


def _work_in_threads() -> None:
    """Let workers be threads, or forks, where no program can be started for them."""
    import multiprocessing

    import joblib.parallel

    backends = joblib.parallel.BACKENDS
    backends["loky"] = backends["multiprocessing"] = backends["threading"]
    multiprocessing.set_start_method("fork", force=True)


def _end_pools() -> None:
    """End the workers that Python itself would end with this process."""
    found = sys.modules.get("multiprocessing.process")
    for each in list(getattr(found, "_children", ())):
        with contextlib.suppress(Exception):
            each.kill()


class _Task:
    """One exercise, one draw: a namespace, and what was handed out of it."""

    def __init__(self, channel: Channel, names: dict[str, Any], scratch: tuple):
        self.channel = channel
        self.main = types.ModuleType("__main__")
        vars(self.main).update(names)
        vars(self.main)["__builtins__"] = builtins
        sys.modules["__main__"] = self.main
        self.handles: list[Any] = []
        self.watched = Watched(lambda said: channel.send({"seen": said}), scratch)

    def serve(self) -> None:
        while True:
            self._answer(self.channel.receive())

    def _answer(self, request: Node) -> None:
        try:
            reply = getattr(self, f"_{request['do']}")(request)
        except Closed:
            raise
        except BaseException as error:  # an answer may raise whatever it likes
            reply = _raised(error)
        try:
            self.channel.send(reply)
        except Unreadable as problem:
            self.channel.send({"unreadable": str(problem)})

    # -- requests --

    def _run(self, request: Node) -> Node:
        """Run a cell on the given names; return the answers, each as a node.

        Before it run the lesson's own functions, and where the learner's other cells
        are wanted those: what goes wrong in them is left for the cell to find out. What
        they make of the given names is undone unless it is asked for as `changed`.
        `skipped` are the errors of statements that had no answer to bind.
        """
        names = vars(self.main)
        _seed(request["seed"])
        for name, each in request["given"]:
            names[name] = self.decoded(each)
        if request["may_not_call"]:
            self._take_away(request)
        wanted = wanted_of(request["others"], [*request["own"], request["cell"]])
        own = request["own"]
        if request["sparing"]:
            own = depended_on([*own, request["cell"]], request["names"])[:-1]
        above = [*request["ground"], *wanted, *own]
        for place, source in enumerate(above):
            run_what_can(source, f"<cell above {place}>", names)
        if len(above) > len(request["ground"]) and not request["changed"]:
            for name, each in request["given"]:
                names[name] = self.decoded(each)
        skipped = run_answer(request["cell"], names, request["names"])
        answers = [self._read(names.get(name, ...)) for name in request["names"]]
        return {"answers": answers, "skipped": skipped}

    def _take_away(self, request: Node) -> None:
        cells = []
        for each in (*request["own"], *request["others"], request["cell"]):
            with contextlib.suppress(SyntaxError):
                cells.append(as_python(each))
        if take_away(request["may_not_call"], vars(self.main), cells):
            _work_in_threads()
            allow_no_programs()  # a fresh interpreter would have it all

    def _call(self, request: Node) -> Node:
        """Call what was handed out; say what came of it and of its arguments."""
        function = self.handles[request["at"]]
        arguments = [self.decoded(each) for each in request["arguments"]]
        named = {name: self.decoded(each) for name, each in request["named"]}
        value = function(*arguments, **named)
        reply = {"value": self._read(value), "changed": []}
        for place, (each, before) in enumerate(
            zip(arguments, request["arguments"], strict=True)
        ):
            if isinstance(before, dict | list):
                after = self._read(each)
                if after != before:
                    reply["changed"].append([place, after])
        return reply

    def _borrows(self, request: Node) -> Node:
        """Return which forbidden name cells use for the answers; nothing runs."""
        imports, cells, answers = request["about"]
        used = names_used(imports, [as_python(each) for each in cells], answers)
        return {"borrowed": forbidden_use(used, request["forbidden"])}

    def _layer(self, request: Node) -> Node:
        from helpers.grading.layers import asked

        return asked(self, request)

    def _model(self, request: Node) -> Node:
        return asked(self, request)

    def _network(self, request: Node) -> Node:
        return own_networks.asked(self, request)

    # -- values --

    def _read(self, value: Any) -> Node:
        try:
            return encode(value, self.kept)
        except Unreadable as problem:
            return {"is": "unreadable", "reason": str(problem)}
        except Exception as error:  # an object whose own methods raise
            reason = f"looking at it raised {type(error).__name__}"
            return {"is": "unreadable", "reason": reason}

    def kept(self, value: Any) -> Node:
        """Return the node of what stays in the box: a recipe, or a handle."""
        if type(value) is _Outside:
            return {"is": "outside", "at": vars(value)["at"]}
        recipe = recipe_of(value, lambda part: encode(part, self.kept))
        if recipe is not None:
            return recipe
        if is_network(value):
            return own_networks.described(value, self)
        if is_own(value):
            return described(value, self.hand_out(value))
        if _is_tensor(value):
            import numpy as np

            return encode(np.asarray(value), self.kept)
        return _described(value) | {"handle": self.hand_out(value)}

    def hand_out(self, value: Any) -> int:
        """Return the number under which the other side asks for a value."""
        self.handles.append(value)
        return len(self.handles) - 1

    def decoded(self, node: Node) -> Any:
        return decode(node, self._reached)

    def _reached(self, node: Node) -> Any:
        kind = node.get("is")
        if kind in RECIPES:
            return made_of(node, self.decoded)
        if kind == "mine":
            return self.handles[node["at"]]
        return _Outside(self, node["at"])

    def ask_back(
        self,
        at: int,
        method: str | None,
        arguments: tuple,
        named: dict[str, Any],
        *,
        get: bool = False,
    ) -> Any:
        """Ask an object that lives outside; raises what it raises, by name."""
        request = {
            "back": at,
            "method": method,
            "get": get,
            "arguments": [self._read(each) for each in arguments],
            "named": [[name, self._read(each)] for name, each in named.items()],
        }
        return self._told_back(request)

    def copy_back(self, at: int, how: str) -> Any:
        """Return a copy of a model that lives outside: a clone, or as fitted."""
        return self._told_back({"back": at, "copy": how})

    def _told_back(self, request: Node) -> Any:
        self.channel.send(request)
        while True:
            reply = self.channel.receive()
            if "do" not in reply:
                break
            self._answer(reply)
        if "raised" in reply:
            kind = getattr(builtins, reply["raised"], RuntimeError)
            raise kind(reply["message"])
        return _METHOD if reply.get("method") else self.decoded(reply["value"])


class _Outside:
    """An object of the lesson's, or of a check's, asked from the box."""

    def __init__(self, task: _Task, at: int):
        vars(self).update(task=task, at=at)

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        own = vars(self)
        return own["task"].ask_back(own["at"], None, arguments, named)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        own = vars(self)
        found = own["task"].ask_back(own["at"], name, (), {}, get=True)
        if found is not _METHOD:
            return found
        return lambda *a, **named: own["task"].ask_back(own["at"], name, a, named)

    def __sklearn_clone__(self) -> Any:
        return vars(self)["task"].copy_back(vars(self)["at"], "clone")

    def __deepcopy__(self, memory: object) -> Any:
        return vars(self)["task"].copy_back(vars(self)["at"], "deepcopy")

    __copy__ = __sklearn_clone__


_METHOD = "a method"  # what is told of an attribute that can be called


def _is_tensor(value: Any) -> bool:
    return hasattr(type(value), "__array__") and hasattr(type(value), "dtype")


def _described(value: Any) -> dict[str, Any]:
    """Return what may be known of a value that stays: its kind, name, parameters."""
    kind = type(value)
    if issubclass(kind, type):
        return _described_class(value)
    about = {"is": "object", "kind": kind.__name__[:80], "callable": callable(value)}
    if callable(value):
        name = getattr(value, "__name__", kind.__name__)
        about["name"] = name[:80] if isinstance(name, str) else "your function"
        with contextlib.suppress(Exception):
            about["signature"] = [
                [each.name, int(each.kind), each.default is not each.empty]
                for each in inspect.signature(value).parameters.values()
            ]
    return about


def _described_class(value: type) -> dict[str, Any]:
    bases = [f"{each.__module__}.{each.__name__}" for each in value.__mro__]
    return {"is": "class", "kind": value.__name__[:80], "bases": bases[:30]}


def _raised(error: BaseException) -> Node:
    names = [each.__name__[:80] for each in type(error).__mro__]
    try:
        message = str(error)[:2000]
    except BaseException:
        message = ""
    return {"raised": names, "message": message, "where": _line_of(error)}


def _line_of(error: BaseException) -> int | None:
    line, trace = None, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<cell>":
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


if __name__ == "__main__":
    main()
