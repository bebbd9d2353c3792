"""Lines of text as rows of numbers: how a CSV file and a Kafka topic write a row."""

import csv
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from helpers._arrays import Floats, Labels
from helpers.logs.objects import DEPTH, JsonObject, flatten
from helpers.text import listed, some

__all__ = ["Read", "RowFormat", "cells_of", "is_list", "is_object", "object_cells"]


class Read(NamedTuple):
    """Lines as numbers: features (n, features), labels (n,) and the texts of times."""

    values: Floats
    labels: Labels | None
    stamps: list[str] | None


def cells_of(line: str, where: Callable[[int], str], number: int = 0) -> list[str]:
    """Return the cells of a line; `ValueError`, with `where(number)`, if it is none."""
    try:
        return next(csv.reader([line]), [])
    except csv.Error:
        told = "a carriage return within it" if "\r" in line else "a cell too long"
        raise ValueError(
            f"{where(number)} is no line of a CSV: it has {told}"
        ) from None


def is_object(text: str) -> bool:
    """Return whether a text is meant as a JSON object; a line of numbers never is."""
    return text.startswith("{")


def is_list(text: str) -> bool:
    """Return whether a text is a JSON list; a time in brackets is none."""
    if not (text.startswith("[") and text.endswith("]")):
        return False
    try:
        return isinstance(json.loads(text), list)
    except (ValueError, RecursionError):
        return False


def object_cells(text: str, names: Sequence[str], where: str) -> list[str]:
    """Return the values of a JSON object under `names`, as texts, in that order.

    Names of objects within objects are joined by a dot: `motor.heat`. Names that are
    not asked for are left out. Raises `ValueError`, with `where`, for broken JSON, for
    a name that is missing, and for one that is there twice.
    """
    written: list[str] = []
    values: list[Any] = []
    try:
        flatten(_DECODER.decode(text), "", DEPTH, written, values)
    except (ValueError, RecursionError) as error:
        told = "broken" if text.endswith("}") else "torn"
        why = getattr(error, "msg", "nested too deep")
        raise ValueError(f"{where} is {told} JSON: {why}") from None
    found = dict(zip(written, values, strict=True))
    if missing := [name for name in names if name not in found]:
        raise ValueError(
            f"{where} has no {listed(map(repr, missing))}; it has "
            f"{some(list(found), 8) or 'nothing'}"
        )
    if twice := [name for name in names if written.count(name) > 1]:
        raise ValueError(f"{where} has {twice[0]!r} twice; send it once")
    return [_as_cell(found[name]) for name in names]


# numbers stay as they are written, as the cells of a CSV do
_DECODER = json.JSONDecoder(
    object_pairs_hook=JsonObject, parse_float=str, parse_int=str, parse_constant=str
)


def _as_cell(value: Any) -> str:
    """Return a text or a number as it is written, else the JSON of a value."""
    return value if isinstance(value, str) else json.dumps(value)


@dataclass(frozen=True)
class RowFormat:
    """What the cells of a line are: the names of all, of the features, of the label.

    `features` are read in that order; `label` names a cell of 0 (normal) or 1
    (anomaly), or is None. `time` names the cells that say when, such as a day and an
    hour, or none.
    """

    names: tuple[str, ...]
    features: tuple[str, ...]
    label: str | None = None
    time: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        names: Sequence[str],
        *,
        features: Sequence[str] | None = None,
        label: str | None = None,
        time: Sequence[str] = (),
        where: str = "the stream",
    ) -> "RowFormat":
        """Return the format of lines with cells of these names.

        All cells but the label and the time are features unless `features` names them.
        Raises `ValueError` where a name is missing or there twice.
        """
        others = {label, *time}
        chosen = tuple(features or (name for name in names if name not in others))
        wanted = (*chosen, *time) if label is None else (*chosen, label, *time)
        if missing := [name for name in wanted if name not in names]:
            raise ValueError(
                f"{where} has no column {listed(map(repr, missing))}; it has "
                f"{some(list(names), 8)}"
            )
        if twice := sorted({name for name in names if list(names).count(name) > 1}):
            raise ValueError(f"{where} has two columns {twice[0]!r}; rename one")
        if not chosen:
            raise ValueError(f"{where} has no column but its label; nothing to score")
        return cls(tuple(names), chosen, label, tuple(time))

    def read(self, lines: Sequence[str], where: Callable[[int], str]) -> Read:
        """Return the features (n, features), labels (n,) and times (n,) of the lines.

        `where(i)` names line i. Raises `ValueError`, with that name, on another number
        of cells, on what is no number, and on missing or infinite values.
        """
        return self.read_cells(
            [cells_of(line, where, i) for i, line in enumerate(lines)], where
        )

    def read_cells(
        self, cells: Sequence[list[str]], where: Callable[[int], str]
    ) -> Read:
        """Return the same of lines that are cells already."""
        wanted = self.features if self.label is None else (*self.features, self.label)
        columns = [self.names.index(name) for name in wanted]
        try:
            picked = [[row[column] for column in columns] for row in cells]
            values = np.array(picked, dtype=np.float64).reshape(len(cells), len(wanted))
            sound = np.isfinite(values).all(axis=1)
        except (ValueError, IndexError):
            sound = np.zeros(len(cells), dtype=bool)
        sound &= np.array([len(row) == len(self.names) for row in cells], dtype=bool)
        if not sound.all():
            self._refuse(cells, np.flatnonzero(~sound), where)
        places = [self.names.index(name) for name in self.time]
        stamps = None
        if places:
            stamps = [" ".join(row[place] for place in places) for row in cells]
        if self.label is None:
            return Read(values, None, stamps)
        return Read(values[:, :-1], self._labels(values[:, -1], where), stamps)

    def _refuse(self, cells: Sequence, doubtful: Labels, where: Callable) -> None:
        """Raise `ValueError` about the first line that is none of ours."""
        for line in doubtful:
            if len(cells[line]) != len(self.names):
                raise ValueError(
                    f"{where(line)} has {len(cells[line])} cells, not the "
                    f"{len(self.names)} of {some(self.names, 5)}"
                )
            for name in (*self.features, self.label):
                if name is not None:
                    _check_cell(cells[line][self.names.index(name)], name, where(line))

    def _labels(self, values: Floats, where: Callable[[int], str]) -> Labels:
        strange = np.flatnonzero((values != 0) & (values != 1))
        if len(strange):
            line = strange[0]
            raise ValueError(
                f"{where(line)} has the label {values[line]:g}; a label is 0 (normal) "
                "or 1 (anomaly)"
            )
        return values.astype(np.int64)


def _check_cell(cell: str, name: str, where: str) -> None:
    try:
        finite = bool(np.isfinite(float(cell)))
    except ValueError:
        raise ValueError(
            f"{where}: {name!r} is {cell[:30]!r}, which is no number"
        ) from None
    if not finite:
        raise ValueError(f"{where}: {name!r} is {cell[:30]!r}; fill or drop it first")
