"""`workshop grade`: a class graded with one command."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from helpers.errors import KitError
from helpers.files import user_path
from helpers.grading.rows import GRADED, MISSING, UNREADABLE, Row

_NO_BOX = """\
WARNING: --no-sandbox. Learners' code runs as you, with all your rights: it can read
your files and the other submissions, change them, use the network, and go on running
afterwards. Use it only for code that you have read."""


def grade(
    submissions: Annotated[
        Path,
        typer.Argument(parser=user_path, metavar="PATH", help="What was handed in."),
    ],
    out: Annotated[
        Path,
        typer.Option(
            parser=user_path, metavar="PATH", help="Folder for gradebook and pages."
        ),
    ],
    lesson: Annotated[
        str | None, typer.Option(help="Only this lesson: 03, W1. Else told by markers.")
    ] = None,
    roster: Annotated[
        Path | None,
        typer.Option(
            parser=user_path,
            metavar="PATH",
            help="CSV of the class: who is missing gets a row.",
        ),
    ] = None,
    jobs: Annotated[int, typer.Option(help="How many are graded side by side.")] = 2,
    format: Annotated[
        str | None, typer.Option(help="A gradebook to import, too: moodle or canvas.")
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option(help="A Dask cluster: tcp://host:8786.")
    ] = None,
    seconds: Annotated[
        int | None,
        typer.Option(help="Seconds of processor time for an exercise."),
    ] = None,
    no_sandbox: Annotated[
        bool, typer.Option("--no-sandbox", help="Run learners' code without a box.")
    ] = False,
) -> None:
    """Grade a folder of submissions: gradebook, a page per learner, the class.

    Run it again after an interruption, or when more was handed in: what is known
    already is not graded again.
    """
    from helpers.grading.run import Order, grade

    console = Console(stderr=True)
    if no_sandbox:
        console.print(_NO_BOX, style="bold red", highlight=False)
    limits = _limits(seconds)
    order = Order(
        submissions,
        out,
        lesson,
        roster,
        jobs,
        format,
        scheduler,
        sandbox=not no_sandbox,
        limits=limits,
    )
    columns = (
        TextColumn("grading"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    try:
        with Progress(*columns, console=console) as bar:
            task = bar.add_task("grading", total=None)
            told = lambda done, of: bar.update(task, completed=done, total=of)  # noqa: E731
            found = grade(order, told)
    except KeyboardInterrupt:
        typer.echo("Stopped. The same command goes on from here.", err=True)
        raise typer.Exit(130) from None
    typer.echo(summary(found.rows, out))
    if found.failed:
        raise KitError(
            f"{found.failed} answers could not be judged ({found.why}); the same "
            "command tries them again."
        )


def _limits(seconds: int | None) -> tuple[tuple[str, float], ...]:
    if seconds is None:
        return ()
    if seconds < 1:
        raise KitError(f"--seconds is at least 1, not {seconds}")
    return (("cpu", seconds), ("seconds", 2 * seconds + 5))


def summary(rows: tuple[Row, ...], out: Path) -> str:
    """Return what a teacher reads first: counts, incidents, where the pages are."""
    by_status = {
        status: sum(row.status == status for row in rows)
        for status in (GRADED, MISSING, UNREADABLE)
    }
    told = ", ".join(
        f"{count} {status}" for status, count in by_status.items() if count
    )
    lines = [f"{told or 'nothing was handed in'}"]
    for flag in ("incident", "suspicious"):
        names = sorted({row.learner for row in rows if flag in row.flags})
        if names:
            shown = ", ".join(names[:5]) + (" and others" if len(names) > 5 else "")
            lines.append(f"{flag}: {len(names)} ({shown})")
    lines.append(f"gradebook: {out / 'gradebook.csv'}; the class: {out / 'class.html'}")
    return "\n".join(lines)
