"""`workshop score`: the scores and labels of a table, by a detector in a file."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from numpy.typing import NDArray

from helpers.errors import KitError
from helpers.files import check_out, user_path, write_whole
from helpers.scoring.tables import columns_of, read_table

if TYPE_CHECKING:
    from helpers.scoring.models import Model

__all__ = ["score"]


def score(
    model: Annotated[
        Path,
        typer.Argument(
            parser=user_path,
            help="A detector, by detector.to_onnx or detector.save. The latter's file "
            "can run code: name only one you trust. Or `w2`: then the table holds your "
            "scores of an ODDS set, for workshop W2.",
        ),
    ],
    table: Annotated[
        Path,
        typer.Argument(parser=user_path, metavar="TABLE.csv", help="Rows to score."),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            parser=user_path, help="Write the answer there, not to the screen."
        ),
    ] = None,
    no_header: Annotated[
        bool, typer.Option("--no-header", help="The table's first line is a row.")
    ] = False,
    data: Annotated[
        str | None, typer.Option(help="w2: the set; otherwise by the number of rows.")
    ] = None,
    nickname: Annotated[
        str | None, typer.Option(help="w2: your name on the board.")
    ] = None,
    board: Annotated[
        Path | None,
        typer.Option(parser=user_path, help="w2: add the AP to this file of attempts."),
    ] = None,
) -> None:
    """Print score and label (1: anomaly) of each row of a table, as CSV.

    Columns are found by name where the detector knows names; others may stand beside
    them. A detector of windows reads the rows as a series, one point after the other;
    the score of a row is that of the window that ends there, the first rows have none.

    `workshop score w2 scores.csv` tells AP, ROC-AUC and rank of your scores instead.
    """
    if str(model).lower() == "w2" and not model.exists():
        from helpers.scoring.workshop import score_w2

        if no_header or out is not None:
            raise KitError("w2 takes neither --out nor --no-header")
        told = score_w2(table, data=data, nickname=nickname, board=board)
        typer.echo(told, nl=False)
        return
    if data is not None or nickname is not None or board is not None:
        raise KitError("--data, --nickname and --board go with `workshop score w2`")
    from helpers.scoring.models import read_model  # other commands start without it

    if out is not None:
        check_out(out, model, table)
    detector = read_model(model, warn=_tell)
    rows = columns_of(
        read_table(table, header=not no_header),
        detector.names,
        detector.features,
        table,
    )
    answer = _as_csv(_scores(detector, rows, table), detector.threshold)
    if out is None:
        typer.echo(answer, nl=False)
    else:
        _write(out, answer)


def _tell(message: str) -> None:
    typer.echo(f"workshop: {message}", err=True)


def _scores(detector: "Model", rows: NDArray, table: Path) -> NDArray:
    try:
        return detector.score(rows)
    except ValueError as error:
        raise KitError(str(error).replace("X ", f"{table} ", 1)) from None


def _as_csv(scores: NDArray, threshold: float) -> str:
    """Return a line per row; empty cells where there is no score."""
    lines = [
        "," if math.isnan(score) else f"{score!r},{int(score > threshold)}"
        for score in scores.tolist()
    ]
    return "\n".join(["score,label", *lines, ""])


def _write(out: Path, answer: str) -> None:
    try:
        write_whole(out, answer.encode())
    except OSError as error:
        raise KitError(f"{out} can't be written: {error.strerror}") from None
