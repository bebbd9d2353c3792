"""A CSV file as the numbers that a detector reads, or one line that says why not."""

import csv
import io
import re
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from helpers._csv import EXACT
from helpers.errors import KitError

__all__ = [
    "BadRow",
    "chosen_columns",
    "names_at_top",
    "numbers",
    "read_table",
    "rows_of_text",
]

_SHOWN = 8  # names in a message
_WHOLE = re.compile(r"\s*[+-]?\d+\s*")


class BadRow(Exception):
    """A row that can't be scored: its place among those read, and what is wrong.

    The place is None where it isn't one row's fault.
    """

    def __init__(self, place: int | None, told: str):
        super().__init__(place, told)
        self.place, self.told = place, told


def read_table(path: Path, *, header: bool) -> pd.DataFrame:
    """Return the table in a CSV file in UTF-8; without `header` columns are numbered.

    Raises `KitError` for a file that is missing, empty or no table.
    """
    if path.suffix.lower() != ".csv":
        raise KitError(f"{path} is no .csv file; pass a table as comma-separated text")
    try:
        table = _parsed(path, header)
    except OSError as error:
        raise KitError(f"{path} can't be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise KitError(f"{path} is not UTF-8 text; save it as CSV in UTF-8") from None
    except pd.errors.EmptyDataError:
        raise KitError(f"{path} is empty; pass at least one row") from None
    except OverflowError:  # pandas 3.0 fails here, others keep it as an object
        raise KitError(f"{path} has a whole number that is too large") from None
    except (pd.errors.ParserError, csv.Error) as error:
        told = " ".join(str(error).split())
        raise KitError(f"{path} is no table with rows alike: {told}") from None
    if not len(table):
        raise KitError(f"{path} has no rows; pass at least one")
    return table


def _parsed(path: Path, header: bool) -> pd.DataFrame:
    table = pd.read_csv(
        path,
        header=0 if header else None,
        encoding="utf-8-sig",
        low_memory=False,
        **EXACT,
    )
    if table.shape[1] == 1:
        _refuse_gaps(path)
    if not isinstance(table.index, pd.RangeIndex):
        raise KitError(f"{path} has rows with more cells than its first line has names")
    if header:  # pandas renames columns that are there twice
        names = _first_line(path)
        if len(names) != table.shape[1]:
            raise KitError(f"{path} has no line of names at its top; add one")
        table.columns = pd.Index(names, dtype=object)
    else:
        table.columns = pd.RangeIndex(table.shape[1])
    return table


def _refuse_gaps(path: Path) -> None:
    """Raise `KitError` for an empty line between others: in one column, a value."""
    lines = path.read_text(encoding="utf-8-sig").strip().splitlines()
    if (gap := next((i for i, line in enumerate(lines) if not line.strip()), 0)) > 0:
        raise KitError(
            f"{path} has an empty line after {gap} others, where its only column would "
            "have a value; fill or drop it"
        )


def _first_line(path: Path) -> list[str]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = csv.reader(file)
        names = next(line for line in lines if len(line) > 1 or "".join(line).strip())
    return names_at_top(names, path)


def names_at_top(names: list[str], path: Path) -> list[str]:
    """Return the cells of a first line; raise `KitError` where they are all numbers."""
    if all(_is_number(name) for name in names):
        raise KitError(
            f"{path} begins with numbers where the columns' names should be; "
            "add a line of names, or say --no-header"
        )
    return names


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def chosen_columns(
    there: list[str] | int, names: list[str] | None, count: int, path: Path
) -> tuple[tuple[int, ...], tuple[str | int, ...]]:
    """Return the places of the columns that a detector reads, and what to call them.

    `there` are the table's columns, or their number where they have no names. They are
    found by name where the detector knows `names`, too, else all are taken. Raises
    `KitError` for a column that is missing or there twice.
    """
    width = there if isinstance(there, int) else len(there)
    if names is None or isinstance(there, int):
        if width != count:
            raise KitError(
                f"{path} has {width} columns, but the detector reads {count}"
                f"{' and knows no names' if names is None else ''}"
            )
        called = range(width) if isinstance(there, int) else there
        return tuple(range(width)), tuple(called)
    _check_names(there, names, path)
    return tuple(map(there.index, names)), tuple(names)


def _check_names(there: list[str], wanted: list[str], path: Path) -> None:
    missing = [name for name in wanted if name not in there]
    if missing:
        raise KitError(
            f"{path} has no column {_listed(missing)}; it has {_listed(there)}"
        )
    twice = [name for name in wanted if there.count(name) > 1]
    if twice:
        raise KitError(f"{path} has column {_listed(twice)} more than once")


def _listed(names: list[str]) -> str:
    shown = ", ".join(map(repr, names[:_SHOWN]))
    more = len(names) - _SHOWN
    return shown if more <= 0 else f"{shown} and {more} more"


def rows_of_text(content: bytes, width: int) -> pd.DataFrame:
    """Return lines of CSV in UTF-8, `width` cells each, as a table.

    Raises `BadRow` for the first one that is no such line.
    """
    names = ",".join(map(str, range(width))).encode()
    try:
        table = pd.read_csv(
            io.BytesIO(names + b"\n" + content), low_memory=False, **EXACT
        )
    except UnicodeDecodeError:
        raise _undecoded(content) from None
    except (pd.errors.ParserError, csv.Error) as error:
        raise _too_wide(content, width, f"is no table with rows alike: {error}") from (
            None
        )
    if not isinstance(table.index, pd.RangeIndex):
        told = "has rows with more cells than its first line has names"
        raise _too_wide(content, width, told)
    return table


def _undecoded(content: bytes) -> BadRow:
    before = content[: _first_undecoded(content)]
    return BadRow(before.count(b"\n"), "is not UTF-8 text; save it as CSV in UTF-8")


def _first_undecoded(content: bytes) -> int:
    try:
        content.decode()
    except UnicodeDecodeError as error:
        return error.start
    return len(content)


def _too_wide(content: bytes, width: int, told: str) -> BadRow:
    """Return what to say of the first row with too many cells."""
    try:
        for place, row in enumerate(csv.reader(io.StringIO(content.decode()))):
            if len(row) > width:
                kind = told.partition(": ")[0]
                return BadRow(place, f"{kind}: {len(row)} cells instead of {width}")
    except csv.Error:
        pass
    return BadRow(None, " ".join(told.split()))


def numbers(column: pd.Series, name: object) -> NDArray[np.float64]:
    """Return a column as finite numbers; raise `BadRow` for the first that is none."""
    try:
        values = pd.to_numeric(column, errors="coerce").to_numpy(np.float64)
    except OverflowError:
        told = f"has a whole number that is too large in column {name!r}"
        raise BadRow(_too_large(column), told) from None
    bad = np.flatnonzero(~np.isfinite(values))
    if len(bad):
        fault = _fault(column.iloc[bad[0]])
        if _WHOLE.fullmatch(str(column.iloc[bad[0]])):  # text, to pandas before 3
            fault = "a whole number that is too large"
        raise BadRow(int(bad[0]), f"has {fault} in column {name!r}")
    return values


def _too_large(column: pd.Series) -> int | None:
    """Return the place of the first whole number that no float holds."""
    for place, cell in enumerate(column):
        try:
            float(cell)
        except OverflowError:
            return place
        except (TypeError, ValueError):
            continue
    return None


def _fault(cell: object) -> str:
    if pd.isna(cell):
        return "a missing value"
    if isinstance(cell, str):
        return f"the text {cell[:30]!r}"
    return f"the value {cell}"
