"""The commands `workshop release` and `lite`: for a class, without what solves."""

from pathlib import Path
from typing import Annotated

import typer

from helpers.errors import KitError
from helpers.extras import require
from helpers.files import user_path


def release(
    *,
    lesson: Annotated[
        list[str] | None,
        typer.Option(help="A lesson, like 03; may be given again. All if none."),
    ] = None,
    out: Annotated[
        Path, typer.Option(parser=user_path, metavar="PATH", help="The zip to write.")
    ] = Path("release.zip"),
    force: Annotated[bool, typer.Option(help="Replace a file that is there.")] = False,
) -> None:
    """Pack what a class receives: notebooks, data, the kit, checks without solutions.

    Runs the lessons once. Raises `KitError`: no such lesson, a lesson that doesn't run,
    a file that is in the way.
    """
    _require_place(out, force)
    from helpers.authoring.course import Course
    from helpers.files import write_whole
    from helpers.grading.release.bundle import release as made

    course = Course.here()
    paths = [course.find(name) for name in lesson or []] or course.sources()
    chosen = course.lessons(sorted(set(paths)))
    released = made(course, chosen, report=typer.echo)
    write_whole(out, released.data)
    typer.echo(f"wrote {out}: {len(chosen)} lessons, {len(released.data) / 1e6:.1f} MB")
    for name in released.checks.told:
        typer.echo(f"{name} goes out as code: cells of the lesson use its model")
    for number, why in sorted(released.checks.withheld.items()):
        typer.echo(f"exercise {number}: its check stays with you ({why})")


def lite(
    *,
    release: Annotated[
        Path,
        typer.Argument(parser=user_path, metavar="ZIP", help="From workshop release."),
    ],
    out: Annotated[
        Path,
        typer.Option(parser=user_path, metavar="PATH", help="Folder of the site."),
    ] = Path("build/lite"),
) -> None:
    """Build a site from a release: lessons 00 to 03 run in the browser (experimental).

    Raises `KitError`: no release, none of these lessons in it, a folder in the way.
    """
    for package in ("jupyterlite_core", "jupyterlite_pyodide_kernel"):
        require(package, "workshop lite", extra="lite")
    if out.exists() and not (out / "jupyter-lite.json").is_file():
        raise KitError(f"{out} is there and is no such site: name another --out.")
    from helpers.grading.release.lite import build_site

    build_site(release, out)
    typer.echo(
        f"The site is in {out}; to look at it: python -m http.server -d {out}\n"
        "Its notebooks fetch Python from the web: they don't run without a network."
    )


def _require_place(out: Path, force: bool) -> None:
    """Raise now what would only turn out after minutes of running."""
    from helpers.files import check_place

    if out.exists() and not out.is_dir() and not force:
        raise KitError(f"{out} is there already: name another --out, or add --force.")
    try:
        check_place(out)
    except OSError as error:
        raise KitError(str(error)) from None
