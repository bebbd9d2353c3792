"""The zip that a class receives: notebooks, data, the wheel, and how to begin."""

import io
import re
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from helpers.authoring.course import Course
from helpers.authoring.course_map import index_notebook
from helpers.authoring.derive import Recipe, learner_notebook, to_bytes
from helpers.authoring.run_times import read_run_times
from helpers.authoring.setup_cell import wheel_name
from helpers.authoring.source import Lesson
from helpers.errors import KitError
from helpers.grading.release.checks import Checks, questions_of, released_checks
from helpers.grading.release.kit import built_wheel, write_tree
from helpers.grading.release.leaks import files_of, leaks, secret_lines, secret_names
from helpers.grading.release.own_values import Run, own_values, shown_by

Report = Callable[[str], None]

TOP = "anomaly-workshop"
_WHEN = (2020, 1, 1, 0, 0, 0)  # of every file: the same release has the same bytes

_README = """\
# Anomaly detection, learned by doing

You need Python 3.11, 3.12 or 3.13. Unzip this folder, open a terminal in it, and type:

```
python -m pip install -r requirements.txt
python -m jupyter lab notebooks/index.ipynb
```

The first command needs the network, the second doesn't. To keep other projects as they
are, make an environment before: `python -m venv .venv`, then `. .venv/bin/activate` (on
Windows `.venv\\Scripts\\activate`).

{lessons}

- Read a cell, say to yourself what it will show, then run it with **Shift + Enter**.
- Where you see `# YOUR CODE HERE`, it is your turn. The cell below it says how you did.
- Stuck? `hint("{first}")` gives a hint, then a bigger one. Your teacher has the
  solutions.
- A blank notebook runs from top to bottom, so nothing breaks while you work.
- To hand in, save the notebook and send the file from `notebooks/` as it is.

In Colab, upload a notebook there, and `{wheel}` from `notebooks/` beside it (the
folder at the left): the first cell installs it.

Checks look at your answer and tell what is behind a mistake. Nothing you do leaves your
machine. The data in `datasets/` have their own licences: `datasets/LICENSES.md`.
"""

_REQUIREMENTS = """\
# The kit in this folder and JupyterLab, in the versions that the course was tried with.
--constraint versions.txt
./notebooks/{wheel}[lab]
"""
_SHOWS_SOLUTION = re.compile(r"; `solution\(.*?\)` shows one way\.")
_LOCKED = re.compile(
    r"^([A-Za-z0-9_.-]+)(?:\[[^]]*\])?(==[^ ;\\]+)( ;[^\\\n]+)?", re.MULTILINE
)


@dataclass(frozen=True)
class Release:
    """A release: the bytes of its zip, and what the teacher should know."""

    data: bytes
    checks: Checks
    lessons: tuple[str, ...]


def release(
    course: Course,
    lessons: Sequence[Lesson],
    report: Report = print,
    values: Callable[[Lesson], Run] = own_values,
) -> Release:
    """Return the release of some lessons.

    `values` gives what a lesson's checks are given there. Raises `KitError` where a
    lesson can't be run, and where anything in the zip, or in the wheel in it, would
    tell a solution.
    """
    questions, calls, shown = [], [], []
    for lesson in lessons:
        report(f"{lesson.name}: running it for the values its checks are given")
        run = _run(lesson, values)
        questions += questions_of(lesson, run.values)
        calls += run.calls
        shown += shown_by(lesson)
    report("asking every check about right, wrong and strange answers")
    numbers = [lesson.number for lesson in lessons]
    with tempfile.TemporaryDirectory(prefix="checks-") as folder:
        checks = released_checks(numbers, questions, Path(folder), shown, calls)
    data = packed(course, lessons, checks)
    return Release(data, checks, tuple(each.name for each in lessons))


def packed(course: Course, lessons: Sequence[Lesson], checks: Checks) -> bytes:
    """Return the zip of some lessons with their released checks.

    Raises `KitError` where anything in it would tell a solution.
    """
    with tempfile.TemporaryDirectory(prefix="release-") as top:
        tree = Path(top, "kit")
        tree.mkdir()
        write_tree(course, checks.modules, tree)
        (tree / "README.md").write_text(_readme(course, lessons), encoding="utf-8")
        wheel = built_wheel(tree, Path(top, "wheel"))
        files = dict(_files(course, lessons, wheel))
    data = _zipped(files)
    _require_no_leaks(course, data)
    return data


def _run(lesson: Lesson, values: Callable[[Lesson], Run]) -> Run:
    try:
        return values(lesson)
    except Exception as error:
        raise KitError(
            f"{lesson.name} does not run here ({type(error).__name__}: {error}). "
            f"Build it first: workshop build {lesson.number}"
        ) from error


def _require_no_leaks(course: Course, data: bytes) -> None:
    every = course.lessons()
    found = leaks(dict(files_of(data)), secret_lines(every), secret_names(every))
    if found:
        raise KitError("\n".join(["nothing is released: it would tell", *found]))


def _files(
    course: Course, lessons: Sequence[Lesson], wheel: Path
) -> Iterator[tuple[str, bytes]]:
    seconds = read_run_times(course.run_times)
    order = tuple(lesson.name for lesson in lessons)
    for lesson in lessons:
        # no public address: what lies there has the solutions
        recipe = Recipe(seconds.get(lesson.name, 0), "", course.version, order)
        notebook = learner_notebook(lesson, recipe)
        yield f"notebooks/{lesson.name}.ipynb", to_bytes(notebook)
    names = {lesson.name for lesson in lessons}
    yield "notebooks/index.ipynb", to_bytes(_index(course, names))
    for path in sorted(course.root.glob("datasets/**/*")):
        if path.is_file():
            yield path.relative_to(course.root).as_posix(), path.read_bytes()
    # beside the notebooks: in Colab their first cell looks for it
    yield f"notebooks/{wheel.name}", wheel.read_bytes()
    yield "README.md", _readme(course, lessons).encode()
    yield "requirements.txt", _REQUIREMENTS.format(wheel=wheel.name).encode()
    yield "versions.txt", _versions(course).encode()
    for name in ("LICENSE", "LICENSE-TEXT.md"):
        yield name, (course.root / name).read_bytes()


def _index(course: Course, names: set[str]) -> NotebookNode:
    """Return the map of the released lessons; the teacher has the solutions."""
    notebook = index_notebook(course, names)
    for cell in notebook.cells:
        cell.source = _SHOWS_SOLUTION.sub(
            ". Your teacher has the solutions.", cell.source
        )
    return notebook


def _readme(course: Course, lessons: Sequence[Lesson]) -> str:
    shown = [
        f"- `notebooks/{each.name}.ipynb`: {each.header.title}"
        for each in lessons
        if each.header
    ]
    numbers = [str(cell.exercise) for e in lessons for cell in e.having("exercise")]
    return _README.format(
        lessons="\n".join(shown),
        first=(numbers or ["1.1"])[0],
        wheel=wheel_name(course.version),
    )


def _versions(course: Course) -> str:
    """Return the lock's versions as constraints, without hashes."""
    text = (course.root / "requirements.lock").read_text(encoding="utf-8")
    lines = [
        f"{name}{version}{(marker or '').rstrip()}"
        for name, version, marker in _LOCKED.findall(text)
    ]
    return "\n".join(lines) + "\n"


def _zipped(files: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            info = zipfile.ZipInfo(f"{TOP}/{name}", date_time=_WHEN)
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(info, files[name])
    return target.getvalue()
