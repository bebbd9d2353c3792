"""The command `workshop export`: a lesson for another grader."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from helpers.errors import KitError
from helpers.files import user_path, write_files


class Grader(StrEnum):
    """The graders that a lesson can be exported to."""

    nbgrader = "nbgrader"
    otter = "otter"


_NEXT = {
    Grader.nbgrader: "nbgrader generate_assignment {name}",
    Grader.otter: "otter assign {name}.ipynb dist",
}


def export(
    grader: Annotated[Grader, typer.Argument(help="nbgrader or otter.")],
    lesson: Annotated[str, typer.Argument(help="A lesson's number or name, like 03.")],
    out: Annotated[
        Path,
        typer.Option(
            parser=user_path, metavar="PATH", help="The folder to write into."
        ),
    ],
) -> None:
    """Write a lesson as the teacher's notebook of nbgrader or Otter.

    It holds the solutions and the hidden tests: give learners what the other tool makes
    of it. Raises `KitError`: no such lesson, exported there before, no place to write.
    """
    from helpers.authoring.cli import need_tools

    need_tools()
    from helpers.authoring.course import Course
    from helpers.grading.exporters import files_of

    course = Course.here()
    (found,) = course.lessons([course.find(lesson)])
    files = files_of(grader.value, found, course)
    for path in _write_new({out / place: text for place, text in files.items()}):
        typer.echo(f"wrote {path}")
    typer.echo(f"next, in {out}: {_NEXT[grader].format(name=found.name)}")


def _write_new(files: Mapping[Path, str]) -> list[Path]:
    """Write all files or none, and return them; settings that are there stay."""
    wanted = {
        path: [text.encode()]
        for path, text in files.items()
        if not (path.suffix == ".py" and path.exists())
    }
    for path in wanted:
        if path.exists():
            raise KitError(f"{path} is there already: move it, or name another --out.")
    try:
        for path in wanted:
            path.parent.mkdir(parents=True, exist_ok=True)
        write_files(wanted)
    except OSError as error:
        named = error.filename or next(iter(wanted))
        raise KitError(f"{named} can't be written: {error.strerror}.") from None
    return list(wanted)
