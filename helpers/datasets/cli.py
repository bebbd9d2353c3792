"""`workshop data`: list, verify, fetch, and show the card of a data set."""

from collections import Counter
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from helpers.datasets.cards import Card, card, cards
from helpers.datasets.catalogue import size_of
from helpers.datasets.download import mirror_fault
from helpers.datasets.errors import DatasetDamaged
from helpers.datasets.files import copies, read_copy, where
from helpers.datasets.loading import fetch
from helpers.datasets.registry import (
    RegisteredFile,
    readable_size,
    registered_files,
)
from helpers.errors import KitError

app = typer.Typer(help="List, verify and prefetch the data sets.", no_args_is_help=True)


def whereabouts(card: Card) -> str:
    """Return where `load` would take a data set from.

    `bundled`, `mirror`, `cached` or `download`: the farthest of its files decides.
    """
    order = ("bundled", "mirror", "cached", "download")
    kinds = [where(registered_files()[name]) for name in card.files]
    return max(kinds, key=order.index, default="bundled")


@app.command("list")
def list_sets(
    text: Annotated[str, typer.Argument(help="Only names with this text.")] = "",
) -> None:
    """List the data sets, their sizes, and where they would be read from."""
    table = Table(box=None, pad_edge=False)
    for heading in ("name", "kind", "where"):
        table.add_column(heading, overflow="fold")
    for heading in ("rows", "anomalies", "size"):
        table.add_column(heading, justify="right")
    for one in cards().values():
        if text.casefold() in one.name.casefold():
            table.add_row(*_cells(one))
    if not table.row_count:
        raise KitError(f"No data set has {text!r} in its name.")
    Console().print(table)


def _cells(one: Card) -> list[str]:
    anomalies = "-" if one.anomalies is None else f"{one.anomalies:,}"
    size = readable_size(size_of(one)) if one.files else "-"
    return [one.name, one.kind, whereabouts(one), f"{one.rows:,}", anomalies, size]


@app.command("card")
def show_card(name: Annotated[str, typer.Argument(help="Name of a data set.")]) -> None:
    """Print the card of a data set: origin, licence, sizes and known flaws."""
    typer.echo(str(card(name)))


@app.command("verify")
def verify() -> None:
    """Check every file that is on this machine; exit 1 and name the bad ones."""
    checked: Counter[str] = Counter()
    bad = []
    for file in registered_files().values():
        bad += _faults(file, checked)
    for fault in bad:
        typer.echo(f"workshop: {fault}", err=True)
    counts = ", ".join(f"{count} {kind}" for kind, count in checked.items())
    if state := mirror_fault():
        typer.echo(f"workshop: WORKSHOP_DATA_DIR is not used: {state}.", err=True)
    typer.echo(f"Intact: {counts or 'none'}. Damaged or missing: {len(bad)}.")
    if bad:
        raise typer.Exit(code=1)


def _faults(file: RegisteredFile, checked: Counter[str]) -> list[str]:
    """Return a line per bad copy of a file; count the sound ones in `checked`."""
    faults = []
    found = copies(file)
    if file.bundled is not None and not any(one.kind == "bundled" for one in found):
        faults.append(f"{file.bundled} is missing: install the kit again.")
    for place in found:
        try:
            read_copy(file, place)
        except DatasetDamaged as error:
            faults.append(str(error))
        else:
            checked[place.kind] += 1
    return faults


@app.command("fetch")
def fetch_sets(
    names: Annotated[list[str] | None, typer.Argument(metavar="NAME...")] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Fetch every data set.")
    ] = False,
) -> None:
    """Download what is missing, so that lessons run without a network."""
    if everything == bool(names):
        raise KitError("Name the data sets to fetch, or say --all.")
    wanted = list(cards()) if everything else [card(name).name for name in names or []]
    failed = [name for name in wanted if not _fetched(name)]
    if failed:
        typer.echo(f"workshop: not fetched: {', '.join(failed)}.", err=True)
        raise typer.Exit(code=1)


def _fetched(name: str) -> bool:
    """Fetch one data set and say how it went; return whether all of it is here."""
    try:
        fetch(name)
    except KitError as error:
        typer.echo(f"workshop: {error}", err=True)
        return False
    typer.echo(f"{name}: {whereabouts(card(name))}")
    return True
