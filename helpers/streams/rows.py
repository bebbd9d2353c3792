"""A stream of rows, cut into windows, handed over in batches.

A *source* yields rows of numbers, in order, and with each row a *mark*: where to go on
after it. `batches` cuts them into windows of `steps` rows that do not overlap, and the
windows into batches. Whatever the source, equal rows give equal batches. Where a source
says that a row comes after a gap, windows begin anew there.
"""

import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from helpers._arrays import Floats, Labels, as_count
from helpers.text import count
from helpers.windows import window_labels

__all__ = ["START", "Batch", "Position", "Rows", "Source", "batches", "joined_rows"]


class Position(NamedTuple):
    """Where a stream goes on: the source's own mark, and how many rows lie before it.

    `mark` is None at the start; else a row number, a byte of a file or the offset of a
    message, by the source.
    """

    mark: int | None = None
    rows: int = 0


START = Position()


@dataclass(frozen=True)
class Rows:
    """Rows of a stream: `values` (n, features), `marks` (n,), `labels` (n,) or None.

    `marks[i]` is where the source goes on after row i. `begins` (n,) says which rows
    come after a gap; None: none does. `numbers` (n,) count the rows of the stream from
    0; `batches` fills them in.
    """

    values: Floats
    marks: Labels
    labels: Labels | None = None
    begins: NDArray[np.bool_] | None = None
    numbers: Labels | None = None

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, rows: slice) -> "Rows":
        arrays = [getattr(self, one.name) for one in fields(self)]
        taken: Any = (None if one is None else one[rows] for one in arrays)
        return Rows(*taken)

    def beginning(self, begins: NDArray[np.bool_]) -> "Rows":
        """Return these rows, of which some come after a gap."""
        return replace(self, begins=begins)


class Source(Protocol):
    """What rows come from."""

    def read(self, mark: int | None = None) -> Iterator[Rows]:
        """Yield rows in order, from `mark` on; from the first one where it is None."""


@dataclass(frozen=True)
class Batch:
    """Windows (n, steps, features) that are scored together.

    `points` (n, steps) are the labels that the stream keeps of its rows, or None where
    it keeps none. They are for the expert, who is asked after the scoring; a detector
    is never given a batch, only its `windows`. `position` is where the next one begins.
    `starts` (n,) are the numbers of the windows' first rows in the stream.
    """

    windows: Floats
    points: Labels | None
    position: Position
    starts: Labels

    @property
    def first_row(self) -> int:
        """How many rows of the stream lie before this batch."""
        return int(self.starts[0])

    def labels(self, min_points: int = 1) -> Labels:
        """Return 1 for each window with at least `min_points` anomalous points (n,).

        Raises `ValueError` where the stream keeps no labels.
        """
        if self.points is None:
            raise ValueError(
                "this stream keeps no labels: name the source's label column, or "
                "answer with labels of your own"
            )
        steps = self.windows.shape[1]
        return window_labels(
            self.points.ravel(), steps, stride=steps, min_points=min_points
        )


def batches(
    source: Source,
    *,
    steps: int,
    batch: int = 8,
    position: Position = START,
    partial: bool = True,
) -> Iterator[Batch]:
    """Yield the stream's windows of `steps` rows, `batch` of them at a time.

    `position` is that of an earlier batch: the next one follows. Rows that fill no
    window are left out, at the end and before a gap, of which a warning counts them.
    The windows left over at the end come as a smaller batch,
    unless `partial` is False: then they wait for their batch, as they should where the
    stream grows and is read again later.
    """
    as_count(steps, "steps", least=1)
    as_count(batch, "batch", least=1)
    whole = _whole_windows(source.read(position.mark), steps, position.rows)
    for block in _blocks(whole, steps * batch):
        if len(block) < steps * batch and not partial:
            return
        yield _as_batch(block, steps)


def _as_batch(rows: Rows, steps: int) -> Batch:
    windows = rows.values.reshape(-1, steps, rows.values.shape[1])
    points = None if rows.labels is None else rows.labels.reshape(-1, steps)
    numbers = np.asarray(rows.numbers)
    position = Position(int(rows.marks[-1]), int(numbers[-1]) + 1)
    return Batch(windows, points, position, numbers[::steps])


def _whole_windows(parts: Iterable[Rows], steps: int, number: int) -> Iterator[Rows]:
    """Yield the rows that fill windows, with their numbers from `number` on.

    Rows before a gap that fill none are left out, with a warning at the end.
    """
    held: list[Rows] = []
    size = left = 0
    for part in parts:
        numbers = np.arange(number, number + len(part))
        number += len(part)
        begins = [] if part.begins is None else np.flatnonzero(part.begins).tolist()
        part = replace(part, begins=None, numbers=numbers)
        for start, end in zip([0, *begins], [*begins, len(part)], strict=True):
            if start or begins[:1] == [0]:  # after a gap
                left, size, held = left + size, 0, []
            held.append(part[start:end])
            size += end - start
            if size >= steps:
                joined = joined_rows(held)
                whole = size // steps * steps
                yield joined[:whole]
                size, held = size - whole, [joined[whole:]]
    if left:
        warnings.warn(
            f"{count(left, 'row')} before gaps, too few for a window of {steps}, are "
            "in no window",
            UserWarning,
            stacklevel=3,
        )


def _blocks(parts: Iterable[Rows], size: int) -> Iterator[Rows]:
    """Yield the same rows, `size` of them at a time; what is left over comes last."""
    held: list[Rows] = []
    amount = 0
    for part in parts:
        held.append(part)
        amount += len(part)
        if amount < size:
            continue
        joined = joined_rows(held)
        whole = amount // size * size
        for start in range(0, whole, size):
            yield joined[start : start + size]
        held, amount = [joined[whole:]], amount - whole
    if amount:
        yield joined_rows(held)


def joined_rows(parts: list[Rows]) -> Rows:
    """Return parts, one after the other, as one."""
    if len(parts) == 1:
        return parts[0]
    columns = [[getattr(part, one.name) for part in parts] for one in fields(Rows)]
    joined: Any = (None if one[0] is None else np.concatenate(one) for one in columns)
    return Rows(*joined)
