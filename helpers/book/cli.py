"""The command `workshop book`: the course as a site, an EPUB and llms.txt.

It needs the extra `book` and a clone of the kit; `make book` has both.
"""

import gc
import multiprocessing
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated, Any

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
        settings = course.root / "docs" / "book"
        built = _built(settings, sources, "html", beside="epub" if epub else None)
        for path in (each for kind in _THEMES_OWN for each in built.glob(kind)):
            path.unlink()
        if epub:
            name = "anomaly-detection-teacher" if teacher else "anomaly-detection"
            found = next((built.parent / "epub").glob("*.epub"))
            shutil.copy(found, built / f"{name}.epub")
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


def _built(
    settings: Path, sources: Path, builder: str, beside: str | None = None
) -> Path:
    """Return the folder that Sphinx wrote; every warning is an error.

    `beside` is another builder, which begins as soon as the pages are read: it needs
    what is read only, and the other processors have not enough to do.
    """
    from sphinx.application import Sphinx
    from sphinx.errors import SphinxError
    from sphinx.util.docutils import docutils_namespace, patch_docutils

    out = sources.parent / builder
    extra = {"html_extra_path": [str(sources / "extra")]} if builder == "html" else {}
    other = _Beside(settings, sources, beside) if beside else None
    try:
        with ExitStack() as names:
            names.enter_context(patch_docutils(settings))
            names.enter_context(docutils_namespace())
            app = Sphinx(
                *(sources, settings, out, f"{sources}.trees", builder, extra),
                status=None,
                warningiserror=True,
                parallel=os.cpu_count() or 1,
            )
            if other:
                app.connect("write-started", lambda *_: other.start(names))
            app.build()
            faults = app.statuscode
    except SphinxError as error:
        raise KitError(f"The book ({builder}) can't be built: {error}") from None
    finally:
        if other:
            other.wait()
    if faults:
        raise _faulty(builder)
    if other:
        other.require_done()
    return out


class _Beside:
    """Another builder, in a process of its own where the system can fork."""

    def __init__(self, settings: Path, sources: Path, builder: str):
        self._what = settings, sources, builder
        self._process: Any = None

    def start(self, names: ExitStack) -> None:
        """Begin, now that the pages are read; `names` are those of the builder here."""
        if "fork" in multiprocessing.get_all_start_methods():
            fork = multiprocessing.get_context("fork")
            self._process = fork.Process(target=_built_alone, args=(names, *self._what))
            self._process.start()

    def wait(self) -> None:
        """Let it come to its end, if it began."""
        if self._process:
            self._process.join()

    def require_done(self) -> None:
        """Raise `KitError` unless it is done; where it can't be beside, do it now."""
        if not self._process:
            _built(*self._what)
        elif self._process.exitcode:
            raise _faulty(self._what[2])


def _faulty(builder: str) -> KitError:
    return KitError(f"The book ({builder}) has the faults above; nothing was written.")


def _built_alone(names: ExitStack, settings: Path, sources: Path, builder: str) -> None:
    names.close()  # a builder says its names anew
    try:
        _built(settings, sources, builder)
    except KitError as error:
        typer.echo(error, err=True)
        sys.exit(1)
