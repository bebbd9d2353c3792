"""Parquet files, with the extra `parquet`: rows to score, and scores as a file."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from helpers.errors import KitError
from helpers.extras import require
from helpers.scoring.pieces import Piece
from helpers.scoring.sources import Numbered, rows_at_a_time

__all__ = ["ParquetSource", "open_parquet", "require_parquet", "score_file"]

GROUP_ROWS = 2**17  # rows in a group of what is written


def require_parquet(path: Path) -> None:
    """Raise `KitError`, in a line, without the extra."""
    require("pyarrow", str(path), extra="parquet")


@contextmanager
def open_parquet(path: Path, *, header: bool) -> Iterator["ParquetSource"]:
    """Open a table; raise `KitError` where it is none, or can't be read."""
    require_parquet(path)
    if not header:
        raise KitError(f"{path} knows its columns' names; leave out --no-header")
    import pyarrow as pa
    from pyarrow import parquet

    try:
        file = parquet.ParquetFile(path)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        raise KitError(f"{path} is damaged, or no Parquet file") from None
    except OSError as error:
        raise KitError(f"{path} can't be read: {error.strerror or error}") from None
    with file:
        if not file.metadata.num_rows:
            raise KitError(f"{path} has no rows; pass at least one")
        yield ParquetSource(path, file)


class ParquetSource:
    """A Parquet file, of which only the columns that are needed are read."""

    def __init__(self, path: Path, file: Any):
        self._path, self._file = path, file
        self.columns: list[str] | int = list(file.schema_arrow.names)

    def pieces(self, chosen: Sequence[int], steps: int) -> Iterator[Numbered]:
        """Yield the table's pieces; see `Source`."""
        there = self._file.schema_arrow.names
        names = [there[place] for place in chosen]
        self._require_numbers(names)
        size = rows_at_a_time(8 * len(names), steps)
        before = np.empty((0, len(names)))
        done = 0
        for own in _in_sizes(self._batches(names, size), size):
            rows = np.concatenate([before, own])
            yield Piece(done, len(before), rows), None
            done += len(own)
            before = rows[len(rows) - min(len(rows), steps - 1) :]

    def _batches(self, names: list[str], size: int) -> Iterator[NDArray[np.float64]]:
        """Yield some rows at a time, columns as in `names`; a missing value is NaN."""
        import pyarrow as pa

        try:
            for batch in self._file.iter_batches(batch_size=size, columns=names):
                columns = [
                    batch.column(name).cast(pa.float64(), safe=False) for name in names
                ]
                yield np.column_stack(
                    [column.to_numpy(zero_copy_only=False) for column in columns]
                )
        except (pa.ArrowException, OSError) as error:
            told = str(error).partition("\n")[0]
            raise KitError(f"{self._path} is damaged: {told}") from None

    def _require_numbers(self, names: list[str]) -> None:
        from pyarrow import types

        kinds = (types.is_integer, types.is_floating, types.is_boolean)
        for name in names:
            kind = self._file.schema_arrow.field(name).type
            if not any(is_kind(kind) for is_kind in (*kinds, types.is_decimal)):
                raise KitError(
                    f"{self._path} has {kind} in column {name!r} and no numbers"
                )


def _in_sizes(
    batches: Iterator[NDArray[np.float64]], size: int
) -> Iterator[NDArray[np.float64]]:
    """Yield the same rows, `size` at a time, however the file is cut into groups."""
    held: list[NDArray[np.float64]] = []
    count = 0
    for batch in batches:
        held.append(batch)
        count += len(batch)
        while count >= size:
            rows = np.concatenate(held)
            yield rows[:size]
            held, count = [rows[size:]], count - size
    if count:
        yield np.concatenate(held)


def score_file(parts: Iterator[bytes], threshold: float) -> Iterator[bytes]:
    """Yield a Parquet file of columns `score` and `label`, as bytes.

    `parts` are scores, float64 as bytes. Where there is no score, both are null.
    """
    import pyarrow as pa
    from pyarrow import parquet

    schema = pa.schema([("score", pa.float64()), ("label", pa.int8())])
    written = _Written()
    scores = (np.frombuffer(part, "<f8")[:, np.newaxis] for part in parts)
    with parquet.ParquetWriter(written, schema) as writer:
        for group in _in_sizes(scores, GROUP_ROWS):
            none = np.isnan(group[:, 0])
            columns = group[:, 0], (group[:, 0] > threshold).astype(np.int8)
            writer.write_table(
                pa.table([pa.array(c, mask=none) for c in columns], schema=schema)
            )
            yield from written.taken()
    yield from written.taken()


class _Written:
    """What a writer takes for a file: the bytes are passed on and not kept."""

    closed = False

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0

    def write(self, data: Any) -> int:
        self._parts.append(bytes(data))
        self._size += len(self._parts[-1])
        return len(self._parts[-1])

    def tell(self) -> int:
        return self._size

    def writable(self) -> bool:
        return True

    def flush(self) -> None:
        """Do nothing: whoever takes the bytes writes them."""

    def close(self) -> None:
        """Do nothing, as above."""

    def taken(self) -> list[bytes]:
        """Return what was written since the last call."""
        parts, self._parts = self._parts, []
        return parts
