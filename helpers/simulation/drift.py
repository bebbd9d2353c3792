"""Streams that drift, made from a table of classes: which row comes when, and why.

A table has no time. These functions give it one: they return a `RowStream`, the order
in which the rows of the table arrive, with the truth about each of them. Four steps,
each of which takes what the one before returned:

- `class_by_class` lets the normal classes come one after the other: **sudden** drifts;
- `class_after_class` goes from one class to another, at once or **gradually**;
- `insert_chunks` puts rows of an anomalous class in, in chunks at random places;
- `change_label` is the drift that no input shows: from some point on, **an anomaly is
  normal** (or the other way round), because people came to see it otherwise.

    order = class_by_class(soil, [(1, 1000), 3, 7, 1])
    order = insert_chunks(order, [2], chunk=(5, 30))
    X_stream, y = X[order.rows], order.y
"""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from helpers._arrays import Labels, as_count, as_generator, as_several, as_told

__all__ = [
    "Drift",
    "RowStream",
    "change_label",
    "class_after_class",
    "class_by_class",
    "insert_chunks",
]


@dataclass(frozen=True)
class Drift:
    """A change of what is normal: from row `position` on, and over `width` rows.

    `width` is 0 for a sudden drift; `name` says from what to what.
    """

    position: int
    name: str
    width: int = 0


@dataclass(frozen=True, eq=False, repr=False)
class RowStream:
    """The order in which the rows of a table arrive.

    rows: position in the table of each row of the stream (n,)
    classes: the class of every row of the table
    y: 1 where a row is an anomaly at the time it arrives, else 0 (n,)
    drifts: what changes, in the order of time
    """

    rows: NDArray[np.int64]
    classes: NDArray
    y: Labels
    drifts: tuple[Drift, ...] = ()

    @property
    def kinds(self) -> NDArray:
        """The class of each row of the stream (n,)."""
        return self.classes[self.rows]

    def __len__(self) -> int:
        return len(self.rows)

    def __repr__(self) -> str:
        """Return sizes in one line."""
        return (
            f"<stream of {len(self):,} rows, {int(self.y.sum()):,} anomalies, "
            f"{len(self.drifts)} drifts>"
        )


def class_by_class(kinds: ArrayLike, order: Sequence[object]) -> RowStream:
    """Return a stream of whole classes, one after the other: sudden drifts.

    kinds: the class of every row of a table (n,)
    order: classes, or pairs `(class, rows)` for so many rows of a class. One that
        comes again goes on where it stopped; without a number all that is left comes.

    Within a class the rows keep the order of the table. Raises `ValueError` for a class
    that the table lacks, or more rows than it has left.
    """
    labels = _classes(kinds)
    blocks = _blocks(labels, order)
    sizes = [len(block) for _, block in blocks]
    starts = np.cumsum(sizes)[:-1].tolist()
    names = [str(name) for name, _ in blocks]
    changes = zip(starts, names[:-1], names[1:], strict=True)
    drifts = [Drift(at, f"{old} -> {new}") for at, old, new in changes if old != new]
    rows = np.concatenate([block for _, block in blocks])
    return RowStream(rows, labels, np.zeros(len(rows), dtype=np.int64), tuple(drifts))


def class_after_class(
    kinds: ArrayLike,
    before: Hashable,
    after: Hashable,
    *,
    width: int = 0,
    random_state: int | np.random.Generator | None = 0,
) -> RowStream:
    """Return all rows of class `before`, then all of `after`: one drift.

    With a `width` it is gradual: over so many rows the chance that the next one is of
    the new class rises evenly from 0 to 1. Both classes keep their own order. Raises
    `ValueError` when a class is too small for the width.
    """
    stream = class_by_class(kinds, [before, after])
    border, span = stream.drifts[0].position, as_count(width, "width")
    random = as_generator(random_state)
    is_new = random.random(span) < (np.arange(span) + 0.5) / max(span, 1)
    start = border - int((~is_new).sum())
    if start < 0 or start + span > len(stream):
        raise ValueError(
            f"a width of {span:,} does not fit: class {before} has {border:,} rows, "
            f"class {after} {len(stream) - border:,}"
        )
    rows = stream.rows.copy()
    zone = rows[start : start + span]  # a view
    zone[is_new] = stream.rows[border : start + span]
    zone[~is_new] = stream.rows[start:border]
    drift = replace(stream.drifts[0], position=start, width=span)
    return replace(stream, rows=rows, drifts=(drift,))


def insert_chunks(
    stream: RowStream,
    anomalous: Iterable[Hashable],
    *,
    chunk: tuple[int, int] = (5, 100),
    most: int | None = None,
    random_state: int | np.random.Generator | None = 0,
) -> RowStream:
    """Return `stream` with rows of the classes `anomalous` in it, as anomalies.

    Their rows (the first `most` of each class, if given) are cut, in the order of the
    table, into chunks of a random length from `chunk`, (least, most); a class's last
    one may be shorter. Each is put in whole, before a random row of the stream, so no
    chunk splits another one. Drifts move along: they stay at the same row.
    """
    _require_stream(stream)
    random = as_generator(random_state)
    sizes = _chunk_sizes(chunk)
    chunks = []
    for kind in _each(anomalous):
        _refuse_known(stream, kind)
        found = _rows_of(stream.classes, kind)
        chunks += _cut(found[: _most(most, kind, len(found))], sizes, random)
    if not chunks:
        raise ValueError("anomalous names no class; name at least one")
    lengths = [len(one) for one in chunks]
    places = np.repeat(random.integers(0, len(stream), len(chunks)), lengths)
    rows = np.insert(stream.rows, places, np.concatenate(chunks))
    drifts = tuple(_moved(drift, places) for drift in stream.drifts)
    return replace(stream, rows=rows, y=np.insert(stream.y, places, 1), drifts=drifts)


def change_label(
    stream: RowStream, kind: Hashable, at: int, *, anomalous: bool = False
) -> RowStream:
    """Return `stream` in which rows of class `kind` are normal from position `at` on.

    An anomaly that becomes normal: not one value changes, only what people call it, so
    no detector can see this drift without being told. With `anomalous=True` what was
    normal becomes an anomaly. Raises `ValueError` unless the class occurs before `at`
    and after it: else nobody could tell that its label changed.
    """
    _require_stream(stream)
    start = as_count(at, "at", most=len(stream))
    same = stream.kinds == _as_class(kind)
    if not same[:start].any() or not same[start:].any():
        raise ValueError(
            f"class {kind} does not occur both before and after row {start:,}; choose "
            "another class or place"
        )
    new = int(anomalous)
    if (stream.y[same] == new).all():
        raise ValueError(f"class {kind} is {_word(new)} already")
    y = stream.y.copy()
    y[start:][same[start:]] = new
    drift = Drift(start, f"{kind} becomes {_word(new)}")
    drifts = sorted([*stream.drifts, drift], key=lambda one: one.position)
    return replace(stream, y=y, drifts=tuple(drifts))


def _word(label: int) -> str:
    return "an anomaly" if label else "normal"


def _classes(kinds: ArrayLike) -> NDArray:
    try:
        labels = np.asarray(kinds)
    except ValueError:  # rows of unequal lengths
        labels = np.zeros((0, 0))
    if labels.ndim != 1 or not len(labels):
        raise ValueError(
            f"kinds must be one class per row of the table; got {as_told(kinds)}"
        )
    return labels


def _rows_of(labels: NDArray, kind: Hashable) -> NDArray[np.int64]:
    found = np.flatnonzero(labels == kind)
    if not len(found):
        known = ", ".join(sorted(set(map(str, labels)))[:10])
        raise ValueError(f"no row is of class {as_told(kind)}; classes are {known}")
    return found


def _blocks(labels: NDArray, order: Sequence[object]) -> list[tuple[object, NDArray]]:
    """Return each class of `order` with the rows that it contributes there."""
    if not isinstance(order, Iterable):
        raise ValueError(f"order must be a list of classes; got {as_told(order)}")
    left: dict[object, NDArray] = {}
    blocks = []
    for entry in order:
        kind, wanted = _asked(entry)
        rows = left.get(kind)
        rows = _rows_of(labels, kind) if rows is None else rows
        size = len(rows) if wanted is None else wanted
        if not len(rows) or size > len(rows):
            raise ValueError(
                f"class {kind} has {len(rows):,} rows left; order asks for "
                f"{'more' if wanted is None else f'{size:,}'}"
            )
        blocks.append((kind, rows[:size]))
        left[kind] = rows[size:]
    if not blocks:
        raise ValueError("order names no class; name at least one")
    return blocks


def _asked(entry: object) -> tuple[Hashable, int | None]:
    """Return a class and how many rows of it; None for all that are left."""
    if isinstance(entry, Hashable) and not isinstance(entry, tuple):
        return entry, None
    if not isinstance(entry, tuple | list) or len(entry) != 2:
        raise ValueError(f"order holds classes or (class, rows); got {as_told(entry)}")
    return _as_class(entry[0]), as_count(entry[1], "rows", least=1)


def _as_class(kind: object) -> Hashable:
    if isinstance(kind, Hashable) and not isinstance(kind, tuple):
        return kind
    raise ValueError(f"a class is a text or a number; got {as_told(kind)}")


def _each(kinds: object) -> list[Hashable]:
    """Return classes, each once; one alone is a list of one."""
    return list(dict.fromkeys(map(_as_class, as_several(kinds))))


def _require_stream(stream: object) -> None:
    if not isinstance(stream, RowStream):
        raise ValueError(
            "stream must be a RowStream, as class_by_class returns it; got "
            f"{as_told(stream)}"
        )


def _chunk_sizes(chunk: object) -> tuple[int, int]:
    if not isinstance(chunk, tuple | list) or len(chunk) != 2:
        raise ValueError(f"chunk must be (least, most) rows; got {as_told(chunk)}")
    least = as_count(chunk[0], "the least of chunk", least=1)
    return least, as_count(chunk[1], "the most of chunk", least=least)


def _most(most: int | None, kind: Hashable, n_rows: int) -> int:
    if most is None:
        return n_rows
    wanted = as_count(most, "most", least=1)
    if wanted > n_rows:
        raise ValueError(f"class {kind} has {n_rows:,} rows; most asks for {wanted:,}")
    return wanted


def _refuse_known(stream: RowStream, kind: Hashable) -> None:
    if (stream.kinds == kind).any():
        raise ValueError(
            f"class {kind} is in the stream already; a class is normal or anomalous"
        )


def _cut(
    rows: NDArray, sizes: tuple[int, int], random: np.random.Generator
) -> list[NDArray]:
    """Cut rows into chunks of random length; both ends of `sizes` can occur."""
    least, most = sizes
    lengths = random.integers(least, most + 1, len(rows) // least + 1)
    ends = np.cumsum(lengths)
    return np.split(rows, ends[ends < len(rows)])


def _moved(drift: Drift, places: NDArray) -> Drift:
    """Return a drift after rows were put in before the `places` (one per new row)."""
    start, stop = drift.position, drift.position + drift.width
    first, last = (at + int((places <= at).sum()) for at in (start, stop))
    return replace(drift, position=first, width=last - first)
