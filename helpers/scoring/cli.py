"""`workshop score`: the scores and labels of a table, by a detector in a file."""

from pathlib import Path
from typing import Annotated

import typer

from helpers.errors import KitError
from helpers.files import user_path

__all__ = ["score"]


def score(
    model: Annotated[
        Path,
        typer.Argument(
            parser=user_path,
            metavar="PATH",
            help="A detector, by detector.to_onnx or detector.save. The latter's file "
            "can run code: name only one you trust. Or `w2`: then the table holds your "
            "scores of an ODDS set, for workshop W2.",
        ),
    ],
    table: Annotated[
        Path,
        typer.Argument(
            parser=user_path,
            metavar="TABLE.csv",
            help="Rows to score: .csv, .csv.gz or .parquet.",
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            parser=user_path,
            metavar="FILE",
            help="Write the answer there, not to the screen: .parquet, else CSV.",
        ),
    ] = None,
    no_header: Annotated[
        bool, typer.Option("--no-header", help="The table's first line is a row.")
    ] = False,
    jobs: Annotated[int, typer.Option(help="Processes that score.")] = 1,
    scheduler: Annotated[
        str | None,
        typer.Option(help="Score on this Dask cluster: tcp://host:8786 (yours only)."),
    ] = None,
    data: Annotated[
        str | None, typer.Option(help="w2: the set; otherwise by the number of rows.")
    ] = None,
    nickname: Annotated[
        str | None, typer.Option(help="w2: your name on the board.")
    ] = None,
    board: Annotated[
        Path | None,
        typer.Option(
            parser=user_path,
            metavar="PATH",
            help="w2: add the AP to this file of attempts.",
        ),
    ] = None,
) -> None:
    """Print score and label (1: anomaly) of each row of a table, as CSV.

    Columns are found by name where the detector knows names; others may stand beside
    them. A detector of windows reads the rows as a series, one point after the other;
    the score of a row is that of the window that ends there, the first rows have none.

    The table is read piece by piece, so it may be larger than memory. A run with --out
    that was stopped goes on where it was when it is called again.

    `workshop score w2 scores.csv` tells AP, ROC-AUC and rank of your scores instead.
    """
    if str(model).lower() == "w2" and not model.exists():
        from helpers.scoring.workshop import score_w2

        if no_header or out is not None or jobs != 1 or scheduler is not None:
            raise KitError(
                "w2 takes neither --out nor --no-header, --jobs nor --scheduler"
            )
        told = score_w2(table, data=data, nickname=nickname, board=board)
        typer.echo(told, nl=False)
        return
    if data is not None or nickname is not None or board is not None:
        raise KitError("--data, --nickname and --board go with `workshop score w2`")
    from helpers.scoring.run import Order, score_table  # other commands start without

    order = Order(model, table, out, not no_header, jobs, scheduler)
    try:
        score_table(order, tell=_tell, show=_show)
    except KeyboardInterrupt:
        if out is not None:
            _tell("stopped; the same command goes on from where it was")
        raise typer.Exit(code=130) from None


def _tell(message: str) -> None:
    typer.echo(f"workshop: {message}", err=True)


def _show(answer: bytes) -> None:
    typer.echo(answer.decode(), nl=False)
