"""`workshop score w2`: a learner's scores of an ODDS set, beside chance and others'."""

import csv
import datetime
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, roc_auc_score

from helpers.datasets import load
from helpers.errors import KitError
from helpers.grading.attempts import Attempt, append_attempt, attempts_in
from helpers.paths import kit_root
from helpers.scoring.tables import read_table
from helpers.simulation.parts import ODDS_SETS, distance_from_mean
from helpers.text import first_line

__all__ = ["score_w2"]

_TABLE = ("docs", "results", "odds_sets.csv")


def score_w2(
    path: Path,
    *,
    data: str | None = None,
    nickname: str | None = None,
    board: Path | None = None,
) -> str:
    """Return what a file of scores, one for each row of an ODDS set, is worth.

    The set is `data`, or the one that has as many rows as the file has scores. With a
    `nickname`, the AP is added to the file `board` of attempts.

    Raises `KitError` for a file that can't be read as such scores.
    """
    if (board is None) != (nickname is None):
        raise KitError("--board and --nickname belong together: name both, or neither")
    scores = _scores(path)
    name = _set_of(len(scores), data, path)
    _require_a_ranking(scores, path)
    found = load(name)
    ap = float(average_precision_score(found.y, scores))
    auc = float(roc_auc_score(found.y, scores))
    rows = found.X.to_numpy(float)
    simplest = average_precision_score(found.y, distance_from_mean(rows, rows))
    chance = float(found.y.mean())
    lines = [
        f"{name}: {len(scores):,} rows, {found.y.sum():,} anomalies",
        f"AP       {ap:.3f}   chance {chance:.3f}, simplest baseline {simplest:.3f}",
        f"ROC-AUC  {auc:.3f}   chance 0.500",
        *_rank(name, ap),
    ]
    if auc < 0.5:
        lines.append("Below chance: do higher scores mean more anomalous in your file?")
    elif len(np.unique(scores)) == 2:
        lines.append("Two different scores only: labels? Scores rank, labels don't.")
    if board is not None and nickname is not None:
        attempt = Attempt(
            nickname=nickname,
            workshop="W2",
            dataset=name,
            metric="AP",
            value=ap,
            chance=chance,
            baseline=float(simplest),
            when=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        )
        append_attempt(board, attempt)
        lines.append(_place_on_board(board, attempt))
    return "\n".join(lines) + "\n"


# -- the file --------------------------------------------------------------------------


def _scores(path: Path) -> NDArray[np.float64]:
    """Return the scores in a CSV file: its only column, or the one named `score`."""
    names = _first_cells(path)
    header = not all(_is_number(name) for name in names)
    column = read_table(path, header=header)
    if column.shape[1] > 1:
        if not header or "score" not in column:
            raise KitError(
                f"{path} has {column.shape[1]} columns; write one, or name one score"
            )
        column = column[["score"]]
    values = column.iloc[:, 0]
    scores = pd.to_numeric(values, errors="coerce").to_numpy(float)
    bad = np.flatnonzero(~np.isfinite(scores))
    if len(bad):
        line, said = int(bad[0]) + 1 + header, values.iloc[bad[0]]
        told = "is empty or NaN" if pd.isna(said) else f"holds {_short(said)}"
        raise KitError(
            f"{path}: line {line} {told}; each row needs a finite number"
            + (f" ({len(bad):,} lines like that)" if len(bad) > 1 else "")
        )
    return scores


def _first_cells(path: Path) -> list[str]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return next(csv.reader(file), [])
    except (OSError, UnicodeDecodeError, csv.Error):
        return []  # read_table says what is wrong


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _short(said: object) -> str:
    return f'"{first_line(str(said), most=30)}"' if isinstance(said, str) else str(said)


def _set_of(rows: int, data: str | None, path: Path) -> str:
    """Return the name of the set that a file of so many scores belongs to."""
    sizes = {name: load(name).card.rows for name in ODDS_SETS}
    by_name = {name.lower(): name for name in ODDS_SETS}
    fitting = next((name for name, size in sizes.items() if size == rows), None)
    if data is not None and data.lower() not in by_name:
        raise KitError(f"no set {data!r} in W2; there are {', '.join(ODDS_SETS)}")
    wanted = by_name[data.lower()] if data else fitting
    if wanted is None:
        told = ", ".join(f"{name} {size:,}" for name, size in sizes.items())
        raise KitError(
            f"{path} has {rows:,} scores, and no set of W2 as many rows: {told}"
        )
    if sizes[wanted] != rows:
        other = f"; {fitting} has as many" if fitting else ""
        told = f"{wanted} has {sizes[wanted]:,} rows{other}"
        raise KitError(f"{path} has {rows:,} scores, and {told}")
    return wanted


def _require_a_ranking(scores: NDArray, path: Path) -> None:
    if np.ptp(scores) == 0:
        raise KitError(
            f"{path}: all {len(scores):,} scores are {scores[0]:g}; nothing is ranked"
        )


# -- beside others ---------------------------------------------------------------------


def _rank(name: str, ap: float) -> list[str]:
    """Return the place among the detectors of the results table, where it is here."""
    path = kit_root().joinpath(*_TABLE)
    if not path.is_file():
        return []
    table = pd.read_csv(path, na_values="–")
    of = table[(table["training rows"] == "all rows") & (table["measure"] == "AP")]
    theirs = pd.to_numeric(of[name], errors="coerce").dropna()
    place = int((theirs > round(ap, 3)).sum()) + 1
    return [
        f"rank     {place} of {len(theirs) + 1} by AP, in docs/results/odds_sets.md",
        "         (those learned from 60 % of the rows and were judged on the others)",
    ]


def _place_on_board(board: Path, attempt: Attempt) -> str:
    """Return the place of an attempt among the best of each nickname on the board."""
    best: dict[str, float] = {}
    for each in attempts_in(board):
        same = (each.workshop, each.dataset, each.metric)
        if same == (attempt.workshop, attempt.dataset, attempt.metric):
            best[each.nickname] = max(each.value, best.get(each.nickname, -np.inf))
    nickname = " ".join(attempt.nickname.split())
    place = 1 + sum(value > best[nickname] for value in best.values())
    return f"board    {nickname} is {place} of {len(best)} with AP {best[nickname]:.3f}"
