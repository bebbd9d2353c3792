"""A piece of a table: what one worker scores at a time, and how.

The functions here run in the command itself, in a process beside it or on a worker of a
cluster, and give the same bytes everywhere: a piece ends where the table alone says.
"""

import hashlib
import math
import struct
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from helpers.scoring.models import Model, read_model
from helpers.scoring.tables import BadRow, numbers, rows_of_text

__all__ = [
    "Bad",
    "ModelFile",
    "Piece",
    "Terms",
    "carry_model",
    "keep_model",
    "score_piece",
]


class Bad(NamedTuple):
    """What is wrong with a piece: with which of its rows (None: no single one)."""

    place: int | None
    told: str


@dataclass(frozen=True)
class Terms:
    """What all pieces of a table have in common.

    model: SHA-256 of the detector's file; width: cells in a row of the table; chosen:
    places of the columns that the detector reads; names: what messages call them;
    wanted: "csv", lines of score and label, or "scores", float64 as bytes
    """

    model: str
    width: int
    chosen: tuple[int, ...]
    names: tuple[str | int, ...]
    wanted: str

    def key(self, versions: Sequence[str]) -> bytes:
        """Return what changes whenever a piece's answer may."""
        return hashlib.sha256(repr((self, list(versions))).encode()).digest()


@dataclass(frozen=True)
class Piece:
    """Some rows of a table, in its order.

    first: rows of the table before the first own one
    context: rows at the beginning of `content` that belong to pieces before: a window
        that ends in this one may begin there
    content: lines of CSV in UTF-8, or the chosen columns as numbers (rows, columns)
    """

    first: int
    context: int
    content: bytes | NDArray[np.float64]

    def key(self, terms: bytes) -> str:
        """Return a digest of all that decides the piece's answer."""
        hashed = hashlib.blake2b(terms, digest_size=16)
        hashed.update(struct.pack("<qq", self.first, self.context))
        content = self.content
        hashed.update(content if isinstance(content, bytes) else content.tobytes())
        return hashed.hexdigest()


@dataclass(frozen=True)
class ModelFile:
    """A detector's file, to be carried to whoever scores with it."""

    content: bytes
    suffix: str

    @property
    def digest(self) -> str:
        """SHA-256 of the file."""
        return hashlib.sha256(self.content).hexdigest()


_models: dict[str, Model] = {}


def keep_model(digest: str, model: Model) -> None:
    """Score the pieces that will come with this detector, whose file has the digest."""
    _models[digest] = model


def carry_model(file: ModelFile) -> None:
    """The same with a detector in a file that was carried here."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"model{file.suffix}"
        path.write_bytes(file.content)
        keep_model(file.digest, read_model(path, warn=lambda message: None))


def score_piece(terms: Terms, piece: Piece) -> bytes | Bad:
    """Return the answer for a piece's own rows, or what is wrong with it."""
    model = _models[terms.model]
    try:
        own = _scores(model, _rows(terms, piece))[piece.context :]
    except BadRow as bad:
        return Bad(bad.place, bad.told)
    if terms.wanted == "scores":
        return own.astype("<f8").tobytes()
    return _as_lines(own, model.threshold)


def _scores(model: Model, rows: NDArray) -> NDArray[np.float64]:
    try:
        with threadpool_limits(1):  # sums in the same order wherever they are done
            return model.score(rows)
    except ValueError as error:
        largest = int(np.abs(rows).max(axis=1).argmax())
        place = largest if "too large" in str(error) else None
        raise BadRow(place, str(error).removeprefix("X ")) from None


def _as_lines(scores: NDArray, threshold: float) -> bytes:
    """Return a line of score and label per row; empty cells where there is no score."""
    lines = [
        "," if math.isnan(score) else f"{score!r},{int(score > threshold)}"
        for score in scores.tolist()
    ]
    return "\n".join([*lines, ""]).encode()


def _rows(terms: Terms, piece: Piece) -> NDArray[np.float64]:
    """Return the columns that the detector reads (rows, columns), all finite."""
    if isinstance(piece.content, bytes):
        table = rows_of_text(piece.content, terms.width)
        columns = [table.iloc[:, place] for place in terms.chosen]
    else:
        if np.isfinite(piece.content).all():
            return piece.content
        columns = [pd.Series(column) for column in piece.content.T]
    found, bad = [], []
    for column, name in zip(columns, terms.names, strict=True):
        try:
            found.append(numbers(column, name))
        except BadRow as error:
            bad.append(error)
    if bad:  # the one that stands first in the file
        raise min(bad, key=lambda each: -1 if each.place is None else each.place)
    return np.column_stack(found)
