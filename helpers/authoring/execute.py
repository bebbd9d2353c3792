"""Execute a reference in a fresh kernel and keep of its outputs what is stable.

The kernel is this Python, in an empty folder, with the bundled data only: what a
learner has. What a learner should not meet is a fault: an error, a warning, a progress
bar, a memory address, a picture without words.
"""

import contextlib
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from traitlets import default

from helpers.exercises.outcomes import CORRECT, OUTCOME_TYPE
from helpers.text import first_line

CELL_SECONDS = 300
FIGURE = "Figure: "
MOST_TEXT = 50_000  # characters that one cell may show
_ANSI = re.compile(r"\x1b\[[0-9;]*m")
# IPython 8 says it; before, an arrow points at the line of the first frame: the cell's
_LINE_IN_TRACEBACK = re.compile(r"(?:Cell In\[\d+\], line |^-+> )(\d+)", re.MULTILINE)
_LINE_IN_WARNING = re.compile(r"ipykernel_\d+[/\\]\d+\.py:(\d+):")
# From the module `warnings`, and from Python's logging: "WARNING:tensorflow:...".
_WARNING = re.compile(r"\b\w*Warning: .*|^WARNING:\w+:.*")
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]{6,}")
_RANDOM_ID = re.compile(r'id="T_[0-9a-f]{5}')
_INLINE = "module://matplotlib_inline.backend_inline"
# What the author's shell may know and a learner's does not.
_OURS = ("WORKSHOP_DATA_DIR", "WORKSHOP_DATA_URL", "WORKSHOP_KIT")
_TEXT_TYPES = ("text/plain", "text/html", "text/markdown", "text/latex")


@dataclass(frozen=True)
class Fault:
    """What is wrong with the cell at `index` when it runs; `line` counts from 1."""

    index: int
    message: str
    line: int | None = None


@dataclass(frozen=True)
class Run:
    """How a notebook ran: the seconds its cells took, and the fault that ended it."""

    seconds: float
    faults: list[Fault]


class _ThisPython(KernelSpecManager):
    """Knows one kernel: the Python that runs the build, whatever else is installed."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """Return the kernel of this interpreter for any name."""
        argv = [sys.executable, "-m", "ipykernel_launcher", "-f"]
        argv += ["{connection_file}", "--log-level=ERROR"]
        return KernelSpec(argv=argv, display_name="Python 3", language="python")


class _ThisPythonManager(AsyncKernelManager):
    @default("kernel_spec_manager")
    def _only_this_python(self) -> KernelSpecManager:
        return _ThisPython()


def execute(notebook: NotebookNode, *, import_path: Path) -> Run:
    """Run a notebook's cells in place, each output as Jupyter would store it.

    `import_path` is the folder from which the kernel imports `helpers`. The run stops
    at the first cell that fails; that is the `Run`'s one fault.
    """
    watch = _Watch()
    client = NotebookClient(
        notebook,
        kernel_manager_class=_ThisPythonManager,
        timeout=CELL_SECONDS,
        record_timing=False,
        on_cell_start=watch.cell_starts,
    )
    ours = {"PYTHONPATH": str(import_path), "MPLBACKEND": _INLINE}
    faults = []
    with learner_machine() as (folder, environment):
        try:
            client.execute(cwd=str(folder), env=environment | ours)
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            faults.append(_failure(watch.index, error))
    return Run(watch.seconds(), faults)


class _Watch:
    """Knows which cell runs, and since when; the kernel's own start is not timed."""

    def __init__(self) -> None:
        self.index = 0
        self.began: float | None = None

    def cell_starts(self, cell: NotebookNode, cell_index: int) -> None:
        self.index = cell_index
        self.began = self.began or time.perf_counter()

    def seconds(self) -> float:
        return time.perf_counter() - self.began if self.began else 0.0


@contextlib.contextmanager
def learner_machine() -> Iterator[tuple[Path, dict[str, str]]]:
    """Give an empty folder to work in, and an environment as a learner has it.

    Without a data mirror, downloads, network, or what is set up in the user's home.
    """
    kept = {name: value for name, value in os.environ.items() if name not in _OURS}
    with tempfile.TemporaryDirectory(prefix="lesson-") as top:
        folder, home = Path(top, "work"), Path(top, "home")
        folder.mkdir()
        home.mkdir()
        yield (
            folder,
            kept
            | {
                "IPYTHONDIR": str(home),
                "WORKSHOP_CACHE_DIR": str(home),
                "WORKSHOP_LANG": "en",
                "WORKSHOP_OFFLINE": "1",
                "WORKSHOP_PROGRESS": "0",
                "WORKSHOP_RECORD": "",
            },
        )


def _failure(index: int, error: Exception) -> Fault:
    if isinstance(error, CellTimeoutError):
        return Fault(index, f"still running after {CELL_SECONDS} s")
    if not isinstance(error, CellExecutionError):
        return Fault(index, f"the kernel died: {error}")
    line = _LINE_IN_TRACEBACK.search(_ANSI.sub("", error.traceback))
    reason = first_line(error.evalue)
    return Fault(index, f"{error.ename}: {reason}", int(line[1]) if line else None)


def tidy_outputs(notebook: NotebookNode) -> list[Fault]:
    """Make the stored outputs stable and readable to all; return what cannot be.

    Log lines on stderr are dropped, neighbouring streams joined, and each image gets
    as its alt text the line the cell prints for it, `Figure: ...`.
    """
    faults: list[Fault] = []
    for index, cell in enumerate(notebook.cells):
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            faults += _warnings(index, cell.outputs)
            cell.outputs = _joined(o for o in cell.outputs if o.get("name") != "stderr")
            faults += [Fault(index, message) for message in _unstable(cell.outputs)]
            faults += [
                Fault(index, message) for message in _describe_images(cell.outputs)
            ]
    return faults


def unsolved(notebook: NotebookNode) -> list[Fault]:
    """Return the checks of an executed reference that don't call it correct."""
    faults = []
    for index, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", []):
            found = output.get("data", {}).get(OUTCOME_TYPE)
            if found and found["status"] != CORRECT:
                message = f"the solution of {found['exercise']} is {found['status']}"
                faults.append(Fault(index, f"{message}: {found['message']}"))
    return faults


def _warnings(index: int, outputs: list[NotebookNode]) -> Iterator[Fault]:
    stderr = "".join(o.text for o in outputs if o.get("name") == "stderr")
    for text in stderr.splitlines():
        warning = _WARNING.search(text)
        if warning:
            line = _LINE_IN_WARNING.search(text)
            message = f"a learner would see {warning[0].strip()}"
            yield Fault(index, message, int(line[1]) if line else None)


def _joined(outputs: Iterator[NotebookNode]) -> list[NotebookNode]:
    """Join streams that follow each other; how they were cut depends on timing."""
    joined: list[NotebookNode] = []
    for output in outputs:
        last = joined[-1] if joined else NotebookNode()
        if output.get("name") and output.get("name") == last.get("name"):
            last.text += output.text
        else:
            joined.append(output)
    return joined


def _unstable(outputs: list[NotebookNode]) -> Iterator[str]:
    text = "\n".join(chain.from_iterable(map(_texts, outputs)))
    address = _ADDRESS.search(text)
    if address:
        yield f"an output with a memory address ({address[0].strip()})"
    if _RANDOM_ID.search(text):
        yield "a styled table has a random id; show a plain DataFrame"
    if len(text) > MOST_TEXT:
        yield f"an output of {len(text):,} characters; show at most {MOST_TEXT:,}"
    if re.search(r"\r(?!\n)|\x08", text):
        yield "a progress bar in the output; turn it off (Keras: verbose=0)"


def _texts(output: NotebookNode) -> list[str]:
    if output.output_type == "stream":
        return [output.text]
    return [output.get("data", {}).get(kind, "") for kind in _TEXT_TYPES]


def _describe_images(outputs: list[NotebookNode]) -> Iterator[str]:
    printed = "".join(o.text for o in outputs if o.get("name") == "stdout")
    lines = [line for line in printed.splitlines() if line.startswith(FIGURE)]
    summaries = [line for line in lines if line.removeprefix(FIGURE).strip()]
    images = list(stored_images(outputs))
    if len(images) != len(summaries):
        yield (
            f"images: {len(images)}, printed lines that start with {FIGURE!r}: "
            f"{len(summaries)}; print one for each image (helpers.plots.summary)"
        )
    for (output, kind), summary in zip(images, summaries, strict=False):
        output.metadata[kind] = {
            **output.metadata.get(kind, {}),
            "alt": summary.removeprefix(FIGURE).strip(),
        }


def stored_images(outputs: list[NotebookNode]) -> Iterator[tuple[NotebookNode, str]]:
    """Yield (output, media type) for every image among a cell's outputs."""
    for output in outputs:
        for kind in sorted(output.get("data", {})):
            if kind.startswith("image/"):
                yield output, kind
