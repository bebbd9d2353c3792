"""Lessons in another language: the learner's notebook with its prose translated.

Code stays as it is, to the letter, and so do cell ids and tags: the reference, its
outputs and the grading are those of the English lesson. Checks, hints and pictures
find the language by the notebook's folder (`helpers/translations/spoken.py`).
"""

from collections.abc import Callable, Iterable
from pathlib import Path

from babel.messages.catalog import Catalog
from nbformat import NotebookNode

from helpers.authoring import catalogues, markdown
from helpers.authoring.build import write_all
from helpers.authoring.course import Course
from helpers.authoring.derive import Recipe, learner_notebook, to_bytes
from helpers.authoring.linked import ELSEWHERE
from helpers.authoring.problems import LessonError
from helpers.authoring.run_times import read_run_times
from helpers.authoring.source import RUN_SECONDS, Lesson
from helpers.errors import KitError
from helpers.text import count

Report = Callable[[str], None]


def chosen(course: Course, spoken: str, names: list[str]) -> list[Path]:
    """Return the sources of the lessons named; of those that have a catalogue if none.

    Raises `KitError` where there is no such lesson, or `spoken` is no language.
    """
    if names:
        return list(dict.fromkeys(course.find(name) for name in names))
    return [
        path
        for path in course.sources()
        if catalogues.path_of(course, spoken, path.stem.split("_")[0]).is_file()
    ]


def translated_path(course: Course, spoken: str, lesson: Lesson) -> Path:
    """Return where the learner's notebook in another language lies."""
    return course.notebooks / spoken / f"{lesson.name}.ipynb"


def renew_catalogues(
    course: Course, spoken: str, lessons: Iterable[Lesson], *, report: Report = print
) -> None:
    """Bring the catalogues of the rooms and of `lessons` up to date with the English.

    Writes what changed; `report` gets a line for each catalogue. Raises `KitError` for
    a file that is no catalogue; then none is written.
    """
    asked = {room: catalogues.asked_of_room(course, room) for room in catalogues.ROOMS}
    asked |= {each.number: catalogues.asked_of_lesson(course, each) for each in lessons}
    written: dict[Path, bytes] = {}
    lines = []
    for domain, template in asked.items():
        path = catalogues.path_of(course, spoken, domain)
        catalogue, found, new = catalogues.renewed(path, template, spoken)
        content = catalogues.as_bytes(catalogue)
        if not path.is_file() or path.read_bytes() != content:
            written[path] = content
        lines.append(
            f"{course.label(path)}: {new} new, {found.fuzzy} fuzzy, "
            f"{found.untranslated} untranslated of {count(found.messages, 'message')}"
        )
    write_all(written)
    for line in lines:
        report(line)


def build_translated(
    course: Course, spoken: str, lessons: Iterable[Lesson], *, report: Report = print
) -> None:
    """Write the notebooks of `lessons` in another language, and what their checks say.

    What isn't translated, or fuzzy, is English; `report` gets a line that counts it.
    Raises `LessonError` for translations that lost code, a link, a value or a term, and
    `KitError` for a language that has no catalogue yet.
    """
    files = sorted(catalogues.folder(course, spoken).glob("*.po"))
    if not files:
        raise KitError(
            f"There are no catalogues for {spoken!r} yet: workshop translate {spoken} "
            "writes them."
        )
    terms = catalogues.glossary(course, spoken)
    known = {path: catalogues.read(path) for path in files}
    found = [
        problem
        for path, catalogue in known.items()
        for problem in catalogues.problems(catalogue, course.label(path), terms)
    ]
    if found:
        raise LessonError(found)
    contents = {
        catalogues.messages_path(course, spoken): catalogues.spoken_messages(
            course, spoken
        )
    }
    rooms = known.get(catalogues.path_of(course, spoken, "exercises"), Catalog())
    switch = catalogues.translation(rooms, catalogues.SWITCH)
    lines = [
        f"{path.stem}, of all lessons: {catalogues.counts(catalogue)}"
        for path, catalogue in known.items()
        if path.stem in catalogues.ROOMS
    ]
    for lesson in lessons:
        catalogue, told, _ = catalogues.renewed(
            catalogues.path_of(course, spoken, lesson.number),
            catalogues.asked_of_lesson(course, lesson),
            spoken,
        )
        notebook = translated_notebook(course, lesson, catalogue)
        if switch:
            notebook.cells[0].source += f"\n\n{switch.replace('{language}', spoken)}"
        contents[translated_path(course, spoken, lesson)] = to_bytes(notebook)
        lines.append(f"{lesson.name}: {told}")
    write_all(contents)
    for line in lines:
        report(line)


def translated_notebook(
    course: Course, lesson: Lesson, catalogue: Catalog
) -> NotebookNode:
    """Return the learner's notebook with the prose that `catalogue` knows translated.

    Raises `LessonError` while the lesson's run time isn't known: it was never built.
    """
    seconds = read_run_times(course.run_times).get(lesson.name)
    if seconds is None:
        message = "no executed reference: build it in English first"
        raise LessonError([lesson.problem(1, message)])
    notebook = learner_notebook(lesson, Recipe.of(course, seconds))
    english = {identity: cell.source for identity, cell in catalogues.prose(lesson)}
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            text, where = english[cell.id], catalogues.context(lesson, cell.id)
            said = catalogues.translation(catalogue, text, where) or cell.source
            said = said.replace(RUN_SECONDS, str(seconds))
            cell.source = _one_folder_deeper(said)
    return notebook


def _one_folder_deeper(text: str) -> str:
    """Return a text whose links lead to the same files from a folder below."""
    parts, at = [], 0
    for offset, target in sorted(markdown.links(text)):
        if not target.startswith((*ELSEWHERE, "#", "/")):
            parts += [text[at:offset], "../"]
            at = offset
    return "".join([*parts, text[at:]])
