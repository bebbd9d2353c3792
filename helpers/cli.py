"""The command `workshop`.

Each room brings its own commands; this module mounts them and turns a `KitError`
into one line and exit status 1.
"""

import sys

import typer

from helpers.authoring.cli import build, new_lesson, translate
from helpers.book.cli import book
from helpers.book.slides.cli import slides
from helpers.datasets.cli import app as data_app
from helpers.environment import package_states
from helpers.errors import KitError
from helpers.exercises.cli import progress
from helpers.grading.cli import grade
from helpers.grading.export_cli import export
from helpers.grading.leaderboard_cli import draw
from helpers.grading.release.cli import lite, release
from helpers.lab import fresh, lab, run_tests
from helpers.scoring.cli import score
from helpers.scoring.traces import app as traces_app
from helpers.serving.cli import serve, train
from helpers.streams.cli import app as stream_app

app = typer.Typer(
    help="The anomaly-detection workshop: data, lessons, detectors, environment.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(data_app, name="data", help="List, verify and prefetch the data sets.")
app.add_typer(stream_app, name="stream")
app.add_typer(traces_app, name="traces")
app.command("lab")(lab)
app.command("fresh")(fresh)
# what pytest knows, -k and others, is for pytest
app.command(
    "test", context_settings={"ignore_unknown_options": True, "allow_extra_args": True}
)(run_tests)
app.command("book")(book)
app.command("build")(build)
app.command("grade")(grade)
app.command("leaderboard")(draw)
app.command("lite")(lite)
app.command("new-lesson")(new_lesson)
app.command("progress")(progress)
app.command("score")(score)
app.command("slides")(slides)
app.command("export")(export)
app.command("release")(release)
app.command("serve")(serve)
app.command("train")(train)
app.command("translate")(translate)


@app.command("env")
def environment() -> None:
    """Print the OK / FAIL table of this environment; exit 1 on a FAIL."""
    table = package_states()
    typer.echo(repr(table))
    raise typer.Exit(code=0 if table.ok else 1)


def main() -> None:
    """Run the command line; a `KitError` is one line on stderr and exit status 1."""
    try:
        app()
    except KitError as error:
        typer.echo(f"workshop: {error}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
