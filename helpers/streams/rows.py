"""A stream of rows, cut into windows, handed over in batches.

A *source* yields rows of numbers, in order, and with each row a *mark*: where to go on
after it. `batches` cuts them into windows of `steps` rows that do not overlap, and the
windows into batches. Whatever the source, equal rows give equal batches.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from helpers._arrays import Floats, Labels, as_count
from helpers.windows import window_labels

__all__ = ["START", "Batch", "Position", "Rows", "Source", "batches"]


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

    `marks[i]` is where the source goes on after row i.
    """

    values: Floats
    marks: Labels
    labels: Labels | None = None

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, rows: slice) -> "Rows":
        labels = None if self.labels is None else self.labels[rows]
        return Rows(self.values[rows], self.marks[rows], labels)


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
    """

    windows: Floats
    points: Labels | None
    position: Position

    @property
    def first_row(self) -> int:
        """How many rows of the stream lie before this batch."""
        return self.position.rows - self.windows.shape[0] * self.windows.shape[1]

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
    window are left out at the end. The windows left over there come as a smaller batch,
    unless `partial` is False: then they wait for their batch, as they should where the
    stream grows and is read again later.
    """
    as_count(steps, "steps", least=1)
    as_count(batch, "batch", least=1)
    rows = position.rows
    for block in _blocks(source.read(position.mark), steps * batch):
        count = len(block) // steps
        if not count or (count < batch and not partial):
            return
        used = block[: count * steps]
        rows += len(used)
        yield _as_batch(used, steps, Position(int(used.marks[-1]), rows))


def _as_batch(rows: Rows, steps: int, position: Position) -> Batch:
    windows = rows.values.reshape(-1, steps, rows.values.shape[1])
    points = None if rows.labels is None else rows.labels.reshape(-1, steps)
    return Batch(windows, points, position)


def _blocks(parts: Iterable[Rows], size: int) -> Iterator[Rows]:
    """Yield the same rows, `size` of them at a time; what is left over comes last."""
    held: list[Rows] = []
    count = 0
    for part in parts:
        held.append(part)
        count += len(part)
        if count < size:
            continue
        joined = _joined(held)
        whole = count // size * size
        for start in range(0, whole, size):
            yield joined[start : start + size]
        held, count = [joined[whole:]], count - whole
    if count:
        yield _joined(held)


def _joined(parts: list[Rows]) -> Rows:
    if len(parts) == 1:
        return parts[0]
    labels: NDArray | None = None
    if parts[0].labels is not None:
        labels = np.concatenate([part.labels for part in parts])
    return Rows(
        np.concatenate([part.values for part in parts]),
        np.concatenate([part.marks for part in parts]),
        labels,
    )
