"""The command `workshop book`: the course as a site, an EPUB and llms.txt.

It needs the extra `book` and a clone of the kit; `make book` has both.
"""

import gc
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from helpers.book.folders import place_of, replace, require_own
from helpers.errors import KitError
from helpers.extras import require
from helpers.files import user_path

# what the theme's makers work with: 3 MB, and pages that nobody can open
_THEMES_OWN = ("_static/*macros.html", "_static/*/*.map")


def book(
    *,
    out: Annotated[
        Path | None,
        typer.Option(
            parser=user_path,
            metavar="PATH",
            help="Folder of the site: build/book, or build/book-teacher.",
        ),
    ] = None,
    teacher: Annotated[
        bool,
        typer.Option("--teacher", help="With solutions and notes; not for a class."),
    ] = False,
    epub: Annotated[bool, typer.Option(help="Write an EPUB beside the site.")] = True,
) -> None:
    """Build the web book from the executed lessons; open OUT/index.html.

    Raises `KitError` where the book has a fault: a link, a heading, a picture.
    """
    for package in ("sphinx", "myst_nb", "sphinx_book_theme", "latex2mathml"):
        require(package, "workshop book", extra="book")
    from helpers.authoring.course import Course
    from helpers.book.stage import Book

    course = Course.here()
    place = place_of(out, "build/book", teacher=teacher)
    require_own(place, "searchindex.js", "book")
    with (
        tempfile.TemporaryDirectory(prefix="workshop-book-") as scratch,
        _nothing_collected(),
    ):
        sources = Path(scratch) / "sources"
        Book.of(course, teacher=teacher).write(sources)
        built = _built(course.root / "docs" / "book", sources, "html")
        for path in (each for kind in _THEMES_OWN for each in built.glob(kind)):
            path.unlink()
        if epub:
            name = (
                "anomaly-detection-teacher.epub"
                if teacher
                else "anomaly-detection.epub"
            )
            found = next(
                _built(course.root / "docs" / "book", sources, "epub").glob("*.epub")
            )
            shutil.copy(found, built / name)
        replace(place, built)
    typer.echo(f"The book is in {place}: open {place / 'index.html'}.")


@contextmanager
def _nothing_collected() -> Iterator[None]:
    """Look for no garbage meanwhile: of 17 s of processor time that took 5.

    Documents are large trees whose nodes know their parents; all of them stay until
    the end, so every look is in vain. It costs 50 MB.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _built(settings: Path, sources: Path, builder: str) -> Path:
    """Return the folder that Sphinx wrote; every warning is an error."""
    from sphinx.cmd.build import main

    out = sources.parent / builder
    options = [
        "-q",
        "-W",
        "--keep-going",
        "-j",
        "auto",
        "-b",
        builder,
        "-c",
        str(settings),
    ]
    options += ["-d", f"{sources}.trees"]
    if builder == "html":
        options += ["-D", f"html_extra_path={sources / 'extra'}"]
    if main([*options, str(sources), str(out)]):
        raise KitError(
            f"The book ({builder}) has the faults above; nothing was written."
        )
    return out
