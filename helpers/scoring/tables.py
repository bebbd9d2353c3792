"""A CSV file as the numbers that a detector reads, or one line that says why not."""

import csv
import re
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from helpers._csv import EXACT
from helpers.errors import KitError

__all__ = ["columns_of", "read_table"]

_SHOWN = 8  # names in a message
_WHOLE = re.compile(r"\s*[+-]?\d+\s*")


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


def columns_of(
    table: pd.DataFrame, names: list[str] | None, count: int, path: Path
) -> NDArray[np.float64]:
    """Return the columns that a detector reads (n, count), in its order.

    By name where it knows `names` and the table has some, else all of them. Raises
    `KitError` for a column that is missing, there twice, or holds something else than
    finite numbers.
    """
    if names is None or isinstance(table.columns, pd.RangeIndex):
        if table.shape[1] != count:
            raise KitError(
                f"{path} has {table.shape[1]} columns, but the detector reads {count}"
                f"{' and knows no names' if names is None else ''}"
            )
        chosen = table
    else:
        _check_names(list(table.columns), names, path)
        chosen = table[names]
    columns = [_numbers(column, name, path) for name, column in chosen.items()]
    return np.column_stack(columns)


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


def _numbers(column: pd.Series, name: object, path: Path) -> NDArray[np.float64]:
    """Return a column as finite numbers."""
    too_large = f"{path} has a whole number in column {name!r} that is too large"
    try:
        values = pd.to_numeric(column, errors="coerce").to_numpy(np.float64)
    except OverflowError:
        raise KitError(too_large) from None
    bad = np.flatnonzero(~np.isfinite(values))
    if len(bad):
        if _WHOLE.fullmatch(str(column.iloc[bad[0]])):  # text, to pandas before 3
            raise KitError(too_large)
        where = f"column {name!r}, row {bad[0] + 1} of the data"
        raise KitError(f"{path} has {_fault(column.iloc[bad[0]])} in {where}")
    return values


def _fault(cell: object) -> str:
    if pd.isna(cell):
        return "a missing value"
    if isinstance(cell, str):
        return f"the text {cell[:30]!r}"
    return f"the value {cell}"
