"""Kernel traces from CSV files, and the table of their counts, file by file.

A trace has the columns `class` and `event`; other columns are left alone. Files are
read in pieces, so a trace may be larger than memory as text.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pandas as pd

from helpers.errors import KitError
from helpers.files import user_path
from helpers.simulation.trace_vocabulary import FILE_COUNTS, FILES

__all__ = ["count_table", "published_counts", "read_trace", "trace_files"]

_ROWS = 500_000


def trace_files(folder: str | Path) -> dict[str, Path]:
    """Return the published files that `folder` has, by name (`clean-01`), in order.

    They are called `hexacopter-hil-clean-01.kev.csv`. Raises `KitError` if there is
    none of the fifteen.
    """
    paths = {
        name: user_path(folder) / f"hexacopter-hil-{name}.kev.csv" for name in FILES
    }
    found = {name: path for name, path in paths.items() if path.is_file()}
    if not found:
        raise KitError(
            f"no trace in {folder}: expected {paths[FILES[0]].name} or others"
        )
    return found


def read_trace(path: str | Path) -> pd.DataFrame:
    """Return the events of a trace: columns `class` and `event`, as categories.

    Raises `KitError` for a file that isn't there, isn't UTF-8 text, lacks a column, has
    a gap in one or has no rows.
    """
    parts = list(_pieces(user_path(path)))
    if not parts or not sum(map(len, parts)):
        raise KitError(f"{path}: no events, only a header")
    return pd.concat(parts, ignore_index=True).astype("category")


def count_table(traces: Mapping[str, str | Path]) -> pd.DataFrame:
    """Return how often each event comes in each trace: (class, event) x trace.

    traces: the path of each trace, by the name its column gets
    """
    columns = {name: _counts(user_path(path)) for name, path in traces.items()}
    if not columns:
        raise KitError("no traces to count: give at least one name and path")
    table = pd.DataFrame(columns).fillna(0).astype("int64").sort_index()
    return table.rename_axis(["class", "event"])


def published_counts() -> pd.DataFrame:
    """Return the ten published rows of the table: (class, event) x fifteen traces."""
    table = pd.DataFrame(FILE_COUNTS).T
    return table.rename_axis(["class", "event"])


def _counts(path: Path) -> pd.Series:
    """Return the number of each (class, event) of a file, read piece by piece."""
    parts = [piece.value_counts() for piece in _pieces(path)]
    if not parts or not sum(map(len, parts)):
        raise KitError(f"{path}: no events, only a header")
    return pd.concat(parts).groupby(level=["class", "event"]).sum()


def _pieces(path: Path) -> Iterator[pd.DataFrame]:
    """Yield the two columns of a file, at most `_ROWS` rows at a time."""
    kept = {"class", "event"}
    try:
        with pd.read_csv(
            path,
            usecols=lambda name: name.strip() in kept,
            index_col=False,
            dtype=str,
            keep_default_na=False,
            chunksize=_ROWS,
            encoding="utf-8-sig",
            skipinitialspace=True,
        ) as pieces:
            row = 2
            for piece in pieces:
                yield _checked(path, piece, row)
                row += len(piece)
    except FileNotFoundError as error:
        raise KitError(f"{path}: no such trace") from error
    except UnicodeDecodeError as error:
        raise KitError(f"{path}: not UTF-8 text: save the trace as UTF-8") from error
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        reason = " ".join(str(error).split())
        raise KitError(f"{path}: not a CSV table: {reason}") from error
    except OSError as error:
        raise KitError(f"{path}: can't be read: {error.strerror}") from error


def _checked(path: Path, piece: pd.DataFrame, row: int) -> pd.DataFrame:
    """Return a piece with clean column names; its first row is line `row`."""
    piece = piece.rename(columns=str.strip)
    if missing := [name for name in ("class", "event") if name not in piece]:
        raise KitError(
            f"{path}: no column {' and '.join(missing)}: a trace needs class and event"
        )
    piece = piece[["class", "event"]].apply(lambda column: column.str.strip())
    if (empty := (piece == "").any(axis=1).to_numpy()).any():
        raise KitError(
            f"{path}, line {row + int(empty.argmax())}: class or event empty"
        )
    return piece
