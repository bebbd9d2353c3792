"""`workshop leaderboard`: a class's attempts as one page."""

from pathlib import Path
from typing import Annotated

import typer

from helpers.files import check_out, user_path
from helpers.grading.leaderboard import leaderboard
from helpers.grading.showing import shown


def draw(
    folder: Annotated[
        Path,
        typer.Argument(
            parser=user_path,
            metavar="PATH",
            help="Folder of attempts: *.jsonl and *.csv files.",
        ),
    ],
    out: Annotated[
        Path, typer.Option(parser=user_path, metavar="PATH", help="The page to write.")
    ] = Path("leaderboard.html"),
) -> None:
    """Draw a class's attempts at workshops W1 and W2 as one page."""
    check_out(out)
    for remark in leaderboard(folder, out):
        typer.echo(f"passed over: {shown(remark)}", err=True)
    typer.echo(f"{out} is written")
