"""What must not reach a class, looked for byte by byte in a zip and the wheel in it."""

import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping

from helpers.authoring.derive import blanked
from helpers.authoring.source import Lesson
from helpers.exercises.declared import exercises_of
from helpers.exercises.source import BEGIN, END
from helpers.grading.release.own_values import shown_by
from helpers.grading.release.program import Place, Program

_LIBRARY = re.compile(r"/helpers/(?!exercises/|grading/)")
SHORT = 12  # a stripped line of so many letters at most gives nothing away
# nor do `return scores` and `return np.array(`
_NO_IDEA = re.compile(r"return [\w.]+\(?")


def files_of(data: bytes, where: str = "") -> Iterator[tuple[str, bytes]]:
    """Yield each file of a zip by name, and those of the wheels inside."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            content = archive.read(name)
            yield where + name, content
            if name.endswith((".whl", ".zip")):
                yield from files_of(content, f"{where}{name}/")


def secret_lines(lessons: Iterable[Lesson]) -> dict[str, str]:
    """Return lines of solutions and wrong answers, with the exercise they are of.

    Left out is what learners see anyway, in this lesson or another: text, cells that
    set no exercise, blanks, and the hints and sentences of checks.
    """
    found: dict[str, str] = {}
    every = list(lessons)
    seen = "\n".join(map(_visible, every))
    for lesson in every:
        for cell in lesson.cells:
            if cell.role == "exercise":
                lines = _between_markers(cell.source)
            elif cell.role == "wrong-answer":
                lines = cell.source.splitlines()
            else:
                continue
            for line in map(str.strip, lines):
                if _NO_IDEA.fullmatch(line) or line.startswith("#"):
                    continue
                if len(line) > SHORT and line not in seen:
                    found[line] = str(cell.exercise)
    return found


def _visible(lesson: Lesson) -> str:
    """Return what a learner of the lesson sees, hints and diagnoses included."""
    shown = [
        blanked(lesson, cell) if cell.role == "exercise" else cell.source
        for cell in lesson.cells
        if cell.role not in ("wrong-answer", "teacher-note")
    ]
    for each in exercises_of(lesson.number):
        shown += [*each.hints, *(mistake.says for mistake in each.mistakes)]
    return "\n".join(shown)


def _between_markers(source: str) -> list[str]:
    parts = source.split(BEGIN)[1:]
    return [line for part in parts for line in part.split(END)[0].splitlines()]


def secret_names(lessons: Iterable[Lesson]) -> set[Place]:
    """Return the places of references, of wrong functions and of what draws data.

    Left out is what cells of the lessons show to learners by its name.
    """
    every = list(lessons)
    shown = {place for lesson in every for place in shown_by(lesson)}
    return Program(lesson.number for lesson in every).secrets - shown


def leaks(
    files: Mapping[str, bytes], lines: Mapping[str, str], names: Iterable[Place]
) -> list[str]:
    """Return where a file holds a secret line; or a check module a secret name of it.

    The kit's library, which the lessons teach with, may have a line in common with a
    solution (`return scores`): it is looked for in all other files.
    """
    found = []
    for name, content in files.items():
        if _LIBRARY.search(name) or name.endswith((".whl", ".zip")):
            continue
        for line, exercise in lines.items():
            if line.encode() in content or _in_json(line) in content:
                found.append(f"{name}: a line of exercise {exercise}: {line}")
        if "helpers/exercises/" in name:
            words = set(re.findall(rb"\w+", content))
            own = {each for part, each in names if f"/{part}." in name}
            told = sorted(each for each in own if each.encode() in words)
            found += [f"{name}: the name {each}" for each in told]
    return found


def _in_json(line: str) -> bytes:
    return line.replace("\\", "\\\\").replace('"', '\\"').encode()
