"""The command `workshop slides`: a deck for each lesson, and the agenda.

It needs the extra `book` and a clone of the kit; `make slides` has both.
"""

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from helpers.extras import require
from helpers.files import user_path


def slides(
    lessons: Annotated[
        list[str] | None,
        typer.Argument(help="Numbers or names, like 03 or w1; all if none."),
    ] = None,
    *,
    out: Annotated[
        Path | None,
        typer.Option(
            parser=user_path,
            metavar="PATH",
            help="Folder of the slides: build/slides, or build/slides-teacher.",
        ),
    ] = None,
    teacher: Annotated[
        bool,
        typer.Option("--teacher", help="With solutions and speaker's notes."),
    ] = False,
) -> None:
    """Build slides from the executed lessons; open OUT/index.html.

    Raises `KitError` where a lesson is unknown or was never built.
    """
    for package in ("nbconvert", "latex2mathml", "sphinx_revealjs"):
        require(package, "workshop slides", extra="book")
    from helpers.authoring.course import Course
    from helpers.book.folders import place_of, replace, require_own
    from helpers.book.slides.export import write_slides

    course = Course.here()
    paths = [course.find(name) for name in lessons or []] or course.sources()
    chosen = course.lessons(dict.fromkeys(paths))
    place = place_of(out, "build/slides", teacher=teacher)
    require_own(place, "reveal/dist/reveal.js", "set of slides")
    with tempfile.TemporaryDirectory(prefix="workshop-slides-") as scratch:
        built = Path(scratch) / "slides"
        write_slides(course, chosen, built, teacher=teacher)
        replace(place, built)
    typer.echo(f"The slides are in {place}: open {place / 'index.html'}.")
