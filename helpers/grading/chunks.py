"""A chunk of answers, judged: one notebook, one clean kernel, one run of nbval.

The chunk is written as a notebook in which every cell asks about one answer and has the
output of a correct one. nbval runs it and says which cells gave that; what the judge
wrote down says the rest. An answer has earned its points where both say so.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import nbformat
import psutil
from nbformat import v4

from helpers.errors import KitError
from helpers.exercises.outcomes import CORRECT, COULD_NOT_CHECK
from helpers.grading.box import WITH_TENSORFLOW, Limits
from helpers.grading.folders import folder_of_a_run
from helpers.grading.grounds import lesson_ground
from helpers.grading.judge import RECORDS, Verdict, expected
from helpers.grading.nbval_plugin import LIFE, PIPE
from helpers.grading.rows import KERNEL
from helpers.paths import kit_root

_MEMORY = 12_000_000_000  # bytes of address space of the judge's kernel
_SETUP = "from helpers.grading.judge import Judge\njudge = Judge.of({!r})"
_DIED = "what judges it died of it, twice"
_TOO_LONG = "judging it took longer than there is time for"


@dataclass(frozen=True)
class Answer:
    """One exercise's cell as it was handed in, and what else the learner wrote.

    `own` are other code cells of the learner's; `others` the cells of other exercises,
    of which only imports and definitions may be wanted.
    """

    exercise: str
    source: str
    own: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class Terms:
    """What all answers of a run are judged under.

    `kit` is the folder that boxes see, None without boxes; `limits` changes those of
    `box.Limits` by name.
    """

    key: bytes
    kit: Path | None
    limits: tuple[tuple[str, float], ...] = ()


Told = Callable[[int, Verdict], None]


class Running:
    """The runs of nbval that are on their way, so that all can be stopped at once."""

    def __init__(self) -> None:
        self.stopped = False
        self._processes: set[subprocess.Popen[bytes]] = set()

    def stop(self) -> None:
        """End all runs; none begins after this."""
        self.stopped = True
        for process in list(self._processes):
            _kill(process, signal.SIGKILL)

    @contextlib.contextmanager
    def noted(self, process: subprocess.Popen[bytes]) -> Iterator[None]:
        """Know of a run as long as the context lasts, and end it then."""
        self._processes.add(process)
        try:
            if self.stopped:
                _kill(process, signal.SIGKILL)
            yield
        finally:
            _end(process)
            self._processes.discard(process)


def judge_chunk(
    lesson: str,
    answers: Sequence[Answer],
    terms: Terms,
    told: Told,
    running: Running | None = None,
) -> None:
    """Judge answers of one lesson; `told` gets each one's place and verdict at once.

    A kernel that an answer's check wears out, or that is killed, is replaced, and the
    rest goes on in a new one. Ends early when `running` is stopped. Raises `KitError`
    where nothing can be judged.
    """
    running = running or Running()
    left = list(range(len(answers)))
    fruitless = 0
    while left and not running.stopped:
        done, began = 0, False
        with folder_of_a_run("workshop-judge-") as folder:
            part = [answers[place] for place in left]
            _write_chunk(folder, lesson, part, terms)
            for at, verdict in _verdicts(folder, lesson, part, terms, running):
                told(left[at], verdict)
                done += 1
            said = _last_words(folder)
            began = (folder / KERNEL).exists()
        left = left[done:]
        fruitless = 0 if done else fruitless + 1
        if fruitless > 1 and began and not running.stopped:
            told(left[0], _unjudged(answers[left[0]].exercise, _DIED))
            left, fruitless = left[1:], 0
        if fruitless > 2 and not running.stopped:
            raise KitError(f"lesson {lesson} can't be judged: {said}")


def _unjudged(exercise: str, why: str) -> Verdict:
    idea = f"Your answer could not be judged: {why}."
    return Verdict(exercise, COULD_NOT_CHECK, "", idea, why)


def _last_words(folder: Path) -> str:
    """Return what nbval's run said about an error, in a line."""
    text = (folder / "pytest.log").read_text(encoding="utf-8", errors="replace")
    lines = [line.strip() for line in text.splitlines() if "Error" in line]
    return lines[-1][:300] if lines else "nbval ended before its first cell"


def _write_chunk(
    folder: Path, lesson: str, answers: Sequence[Answer], terms: Terms
) -> None:
    chunk = {
        **_ground_for(lesson, {each.exercise for each in answers}),
        "tasks": [asdict(each) for each in answers],
        "key": terms.key.hex(),
        "kit": str(terms.kit) if terms.kit else None,
        "limits": dict(terms.limits),
    }
    (folder / "chunk.json").touch(mode=0o600)
    (folder / "chunk.json").write_text(json.dumps(chunk), encoding="utf-8")
    cells = [v4.new_code_cell(_SETUP.format(str(folder)), execution_count=1)]
    for place, each in enumerate(answers):
        data = {"text/plain": expected(each.exercise)}
        output = v4.new_output("execute_result", data, execution_count=place + 2)
        cells.append(
            v4.new_code_cell(
                f"judge.ask({place})", outputs=[output], execution_count=place + 2
            )
        )
    nbformat.write(v4.new_notebook(cells=cells), folder / "grading.ipynb")


def _ground_for(lesson: str, exercises: set[str]) -> dict[str, Any]:
    """Return what the judge has to know of a lesson's source."""
    ground = lesson_ground(lesson)
    return {
        "imports": ground.imports,
        "functions": {each: ground.functions_above(each) for each in exercises},
        "networks": ground.needs_networks,
    }


def _verdicts(
    folder: Path,
    lesson: str,
    answers: Sequence[Answer],
    terms: Terms,
    running: Running,
) -> Iterator[tuple[int, Verdict]]:
    """Run nbval on a chunk; yield what is said of its answers, in order."""
    with _nbval(folder, lesson, terms, running) as lines:
        next_place = 0
        for line in lines:
            said = json.loads(line)
            place = said["cell"] - 1
            if place < 0:
                if not said["passed"]:
                    return
                continue
            if place != next_place:
                return
            next_place += 1
            verdict = _recorded(folder, place)
            if running.stopped:
                return
            if verdict is None and not _kernel_lives(folder):
                return
            if verdict is None:  # nbval's patience came to an end
                yield place, _unjudged(answers[place].exercise, _TOO_LONG)
                return
            yield place, _agreed(verdict, said["passed"])


def _kernel_lives(folder: Path) -> bool:
    """Say whether the judge's kernel is there still."""
    with contextlib.suppress(psutil.Error, OSError, ValueError):
        process = psutil.Process(int((folder / KERNEL).read_text()))
        return process.status() != psutil.STATUS_ZOMBIE
    return False


def _agreed(verdict: Verdict, passed: bool) -> Verdict:
    """Return the verdict as far as nbval agrees: only an explicit pass is correct."""
    if (verdict.status == CORRECT) == passed:
        return verdict
    return Verdict(
        verdict.exercise, COULD_NOT_CHECK, incident="nbval and the judge disagree"
    )


def _recorded(folder: Path, place: int) -> Verdict | None:
    with contextlib.suppress(FileNotFoundError):
        for line in (folder / RECORDS).read_text(encoding="utf-8").splitlines():
            told = json.loads(line)
            if told.pop("place") == place:
                return Verdict(**told)
    return None


@contextlib.contextmanager
def _nbval(
    folder: Path, lesson: str, terms: Terms, running: Running
) -> Iterator[Iterator[str]]:
    """Start nbval on a chunk; give the lines that tell of its cells as they run."""
    ours, theirs = os.pipe()
    their_life, our_life = os.pipe()
    with (folder / "pytest.log").open("wb") as log:
        process = subprocess.Popen(
            _command(folder, lesson, terms),
            cwd=folder,
            env=_environment(folder) | {PIPE: str(theirs), LIFE: str(their_life)},
            pass_fds=[theirs, their_life],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    os.close(theirs)
    os.close(their_life)
    try:
        with running.noted(process), os.fdopen(ours, encoding="utf-8") as lines:
            yield iter(lines)
    finally:
        os.close(our_life)
        _kill_kernel(folder)


def _kill_kernel(folder: Path) -> None:
    """Kill a kernel that is so busy that it did not notice the end of its run."""
    with contextlib.suppress(psutil.Error, OSError, ValueError):
        process = psutil.Process(int((folder / KERNEL).read_text()))
        if Path(process.cwd()).resolve() == folder.resolve():
            process.kill()


def _end(process: subprocess.Popen[bytes]) -> None:
    """End nbval, and with it its kernel and the kernel's box."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=3)
    for number in (signal.SIGTERM, signal.SIGKILL):
        _kill(process, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=5)
            break


def _kill(process: subprocess.Popen[bytes], number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def _command(folder: Path, lesson: str, terms: Terms) -> list[str]:
    usual = WITH_TENSORFLOW if lesson_ground(lesson).needs_networks else Limits()
    seconds = dict(terms.limits).get("seconds", usual.seconds)
    prlimit = shutil.which("prlimit")  # models made of recipes are hostile, too
    return [
        *([prlimit, f"--as={_MEMORY}"] if prlimit else []),
        *[sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        *["-p", "helpers.grading.nbval_plugin", "-p", "nbval.plugin"],
        *["--nbval", "--nbval-current-env"],
        *[f"--nbval-cell-timeout={2 * seconds + 30}", "-c", os.devnull],
        *["--rootdir", str(folder), "grading.ipynb"],
    ]


def _environment(folder: Path) -> dict[str, str]:
    """Return the clean environment of the judge's kernel."""
    kept = ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH", "WORKSHOP_DATA_DIR")
    made = {name: os.environ[name] for name in kept if name in os.environ}
    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR"):
        made[name] = str(folder / name.lower())
    made["TMPDIR"] = str(folder)  # so that nothing stays where a run is killed
    one = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS")}
    one |= {f"TF_NUM_{name}_THREADS": "1" for name in ("INTRAOP", "INTEROP")}
    return (
        made
        | one
        | {
            "PYTHONPATH": str(kit_root()),
            "TF_ENABLE_ONEDNN_OPTS": "0",
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "CUDA_VISIBLE_DEVICES": "",
            "KERAS_BACKEND": "tensorflow",
            "PYTHONHASHSEED": "0",
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "MPLBACKEND": "Agg",
        }
    )
