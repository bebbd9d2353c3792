"""`workshop progress`: a learner's own record, shown, made a page, or deleted."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from helpers.errors import KitError
from helpers.files import user_path

if TYPE_CHECKING:
    from helpers.exercises.record import Record


def progress(
    export: Annotated[
        Path | None,
        typer.Option(
            parser=user_path,
            metavar="PATH",
            help="Write a page to hand in, such as page.html.",
        ),
    ] = None,
    name: Annotated[
        str, typer.Option(help="Your name on the page; a line to fill in if not given.")
    ] = "",
    forget: Annotated[
        bool, typer.Option("--forget", help="Delete the record, after asking.")
    ] = False,
) -> None:
    """Show how far you are in all lessons, as this machine has noted it.

    The record is yours: it stays on this machine, and holds no answers.
    """
    from helpers.exercises.overview import everything
    from helpers.exercises.record import the_record

    record = the_record()
    if export:
        _export(record, export, name)
    elif not forget:
        typer.echo(everything(record))
    if forget:
        _forget(record)


def _export(record: "Record | None", out: Path, name: str) -> None:
    from helpers.exercises.overview import page
    from helpers.files import check_out, write_whole

    if record is None or not record.read():
        raise KitError("nothing is recorded yet, so there is no page to write")
    check_out(out, record.path)
    try:
        write_whole(out, page(record, name).encode())
    except OSError as error:
        raise KitError(f"{out} can't be written: {error.strerror or error}") from None
    typer.echo(f"{out} is written; it stays here until you hand it in.")


def _forget(record: "Record | None") -> None:
    if record is None or not record.exists():
        typer.echo("There is no record to delete.")
        return
    if record.fault:
        raise KitError(f"{record.path} was not deleted: {record.fault}")
    typer.confirm(f"Delete {record.path}? This can't be undone.", abort=True)
    record.forget()
    typer.echo("Deleted.")
