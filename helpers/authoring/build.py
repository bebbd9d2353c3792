"""Build lessons: check the source, run it, write both notebooks and the course map."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from helpers.authoring.course import Course
from helpers.authoring.course_map import index_notebook, readme_text
from helpers.authoring.derive import (
    Recipe,
    learner_notebook,
    reference_cells,
    reference_notebook,
    to_bytes,
)
from helpers.authoring.execute import Fault, execute, tidy_outputs, unsolved
from helpers.authoring.gate import gate
from helpers.authoring.learners import committed, is_somebodys, was_worked_on
from helpers.authoring.problems import LessonError, Problem
from helpers.authoring.reading import lesson_reading_ease
from helpers.authoring.rules import problems
from helpers.authoring.run_times import (
    MOST_SECONDS,
    read_run_times,
    run_times_text,
    rung,
)
from helpers.authoring.source import MACHINE_TIME, Lesson
from helpers.authoring.whole_course import whole_course_problems
from helpers.files import write_files

Report = Callable[[str], None]


@dataclass(frozen=True)
class Built:
    """A lesson's two notebooks, ready to be written, and the run time they show.

    `changed_line` is where code stands that was never executed as it is now.
    """

    lesson: Lesson
    reference: NotebookNode
    learner: NotebookNode
    run_seconds: int
    remark: str
    changed_line: int | None = None


def build_lessons(
    course: Course,
    lessons: list[Lesson],
    *,
    run: bool = True,
    jobs: int = 1,
    record_times: bool = False,
    keys: int = 0,
    report: Report = print,
) -> None:
    """Build `lessons` and renew the course map; `report` gets a line per lesson.

    With `run` false nothing is executed: outputs stay up to the first code cell that
    changed. The seconds that lessons show are those of the recording machine: they are
    written, and judged, with `record_times` or while none are known; and cells tagged
    `machine-time` keep their outputs while no code above them changes. `keys` is the
    number of keys under which the gate asks every check (see `gate.py`); only lessons
    that are executed pass it.

    Raises `LessonError`: for problems in the sources before anything runs; for cells
    that fail and checks that misjudge afterwards, when the lessons that did well have
    been written.
    """
    course.one_number_each()
    found = [problem for lesson in lessons for problem in problems(lesson)]
    found += whole_course_problems(course)
    if found:
        raise LessonError(found)
    readme_text(course)  # raises now rather than after minutes of running

    def attempt(lesson: Lesson) -> Built | LessonError:
        try:
            if not run:
                return rederived(course, lesson)
            built = executed(course, lesson, record_times=record_times)
            misjudged = gate(lesson, keys)
            return LessonError(misjudged) if misjudged else built
        except LessonError as error:
            return error

    with ThreadPoolExecutor(max_workers=jobs) as pool:
        for outcome in pool.map(attempt, lessons):
            if isinstance(outcome, LessonError):
                found += outcome.problems
            else:
                _write(course, outcome)
                report(f"{outcome.lesson.name}: {outcome.remark}")
    renew_map(course)
    if found:
        raise LessonError(found)


def executed(course: Course, lesson: Lesson, *, record_times: bool = False) -> Built:
    """Return a lesson's notebooks after running every cell in a fresh kernel.

    Raises `LessonError` for what a learner should not meet (see `execute`).
    """
    ran = reference_notebook(lesson, Recipe.of(course, 0))
    outcome = execute(ran, import_path=course.root)
    found = _located(lesson, outcome.faults or [*tidy_outputs(ran), *unsolved(ran)])
    recorded = read_run_times(course.run_times).get(lesson.name)
    stored = _stored(course.reference(lesson))
    if stored is not None and not record_times:
        carry_outputs(ran, stored, tag=MACHINE_TIME)
    again = record_times or recorded is None
    if again and outcome.seconds > MOST_SECONDS and not found:
        message = f"runs {outcome.seconds:.0f} s; a lesson may take {MOST_SECONDS} s"
        found = [lesson.problem(1, message)]
    if found:
        raise LessonError(found)
    if recorded is None or record_times:
        recorded = rung(outcome.seconds, recorded)
    remark = f"ran {outcome.seconds:.1f} s, recorded as {recorded} s"
    return _assembled(course, lesson, ran, recorded, remark)


def rederived(course: Course, lesson: Lesson) -> Built:
    """Return a lesson's notebooks with the outputs stored so far, running nothing.

    Raises `LessonError` while there is no executed reference.
    """
    seconds = read_run_times(course.run_times).get(lesson.name)
    stored = _stored(course.reference(lesson))
    if seconds is None or stored is None:
        message = "no executed reference that can be read: build it in full"
        raise LessonError([lesson.problem(1, message)])
    return _assembled(course, lesson, stored, seconds, "derived, nothing executed")


def _assembled(
    course: Course, lesson: Lesson, ran: NotebookNode, seconds: int, remark: str
) -> Built:
    recipe = Recipe.of(course, seconds)
    reference = reference_notebook(lesson, recipe)
    changed = carry_outputs(reference, ran)
    if ease := lesson_reading_ease(lesson):
        remark = f"{remark}, {ease}"
    line = None if changed is None else reference_cells(lesson)[changed].line
    if line is not None:
        remark = f"{remark}; code changed at line {line}: build it in full"
    learner = learner_notebook(lesson, recipe)
    return Built(lesson, reference, learner, seconds, remark, changed_line=line)


def carry_outputs(
    notebook: NotebookNode, ran: NotebookNode, *, tag: str | None = None
) -> int | None:
    """Copy outputs from `ran`, up to the first code cell that is not the same there.

    With a `tag` only cells that have it get theirs. Returns that cell's index in
    `notebook`, or None when every output was copied: from a changed cell on, no stored
    output can be trusted.
    """
    before = [cell for cell in ran.cells if cell.cell_type == "code"]
    after = [i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    for position, index in enumerate(after):
        cell = notebook.cells[index]
        old = before[position] if position < len(before) else None
        if old is None or not _same_code(cell, old):
            return index
        if tag is None or tag in cell.metadata.get("tags", ()):
            cell.outputs = old.outputs
            cell.execution_count = old.execution_count
    return None


def _same_code(cell: NotebookNode, old: NotebookNode) -> bool:
    # the setup cell's text moves with the kit's version, and computes nothing
    same = cell.source == old.source or cell.id == "setup"
    ran = old.get("execution_count") is not None
    return ran and same and cell.id == old.get("id")


def _located(lesson: Lesson, faults: Iterable[Fault]) -> list[Problem]:
    cells = reference_cells(lesson)
    found = []
    for fault in faults:
        cell = cells[fault.index]
        line = cell.line
        if fault.line is not None and cell.role != "setup":
            line = cell.first_line + fault.line - 1
        found.append(lesson.problem(line, fault.message))
    return found


def _write(course: Course, built: Built) -> None:
    run_times = read_run_times(course.run_times)
    run_times[built.lesson.name] = built.run_seconds
    names = {path.stem for path in course.sources()}
    kept = {name: seconds for name, seconds in run_times.items() if name in names}
    write_all(
        {
            course.reference(built.lesson): to_bytes(built.reference),
            course.learner(built.lesson): to_bytes(built.learner),
            course.run_times: run_times_text(kept).encode("utf-8"),
        }
    )


def renew_map(course: Course) -> None:
    """Write the course map into the README and `index.ipynb`."""
    write_all(
        {
            course.readme: readme_text(course).encode("utf-8"),
            course.index: to_bytes(index_notebook(course)),
        }
    )


def write_all(contents: dict[Path, bytes]) -> None:
    """Write all files or none, and the folders they lie in."""
    for path in contents:
        path.parent.mkdir(parents=True, exist_ok=True)
    write_files({path: [content] for path, content in contents.items()})


def _stored(path: Path) -> NotebookNode | None:
    """Return a notebook as it lies there; None if it is missing or broken."""
    if not path.is_file():
        return None
    try:
        return nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
    except (ValueError, AttributeError):  # a merge conflict, for one
        return None


# -- is everything built what its source says? ----------------------------------------


def stale(course: Course) -> list[Problem]:
    """Return where a built file is not what its source builds; nothing is run."""
    course.one_number_each()
    lessons = course.lessons()
    found = [problem for lesson in lessons for problem in problems(lesson)]
    if not found:
        found += [p for lesson in lessons for p in _stale_notebooks(course, lesson)]
        found += _stale_maps(course)
    names = {lesson.name for lesson in lessons}
    for folder in (course.solutions, course.notebooks):
        for path in sorted(folder.glob("*.ipynb")):
            if folder == course.notebooks and is_somebodys(course, path):
                continue
            if path.stem not in names and path != course.index:
                message = f"no solutions/{path.stem}.py builds this: delete it"
                found.append(Problem(course.label(path), 1, message))
    return found


def _stale_notebooks(course: Course, lesson: Lesson) -> list[Problem]:
    try:
        built = rederived(course, lesson)
    except LessonError as error:
        return list(error.problems)
    found = []
    if built.changed_line is not None:
        message = "code that was not executed since it changed: build it in full"
        found.append(lesson.problem(built.changed_line, message))
    for path, notebook in (
        (course.reference(lesson), built.reference),
        (course.learner(lesson), built.learner),
    ):
        content = committed(course, path) if was_worked_on(path) else None
        if content is None and path.is_file():
            content = path.read_bytes()
        if content != to_bytes(notebook):
            found.append(_differs(course, path, lesson))
    return found


def _stale_maps(course: Course) -> list[Problem]:
    expected = {
        course.readme: readme_text(course).encode("utf-8"),
        course.index: to_bytes(index_notebook(course)),
    }
    return [
        Problem(course.label(path), 1, "the course map is not current: run the build")
        for path, content in expected.items()
        if not path.is_file() or path.read_bytes() != content
    ]


def _differs(course: Course, path: Path, lesson: Lesson) -> Problem:
    message = f"not what {lesson.label} builds: run the build, do not edit this file"
    return Problem(course.label(path), 1, message)
