"""Tables of any size, read piece by piece: CSV, CSV in gzip.

Where a piece ends hangs on the table alone, never on who scores it. Nothing is read
twice, and no more than a piece is held. Parquet is read in `helpers.scoring.parquet`.
"""

import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import Any, Protocol

from helpers.errors import KitError
from helpers.scoring.pieces import Piece
from helpers.scoring.tables import names_at_top

__all__ = ["CsvSource", "Numbered", "Source", "open_source", "rows_at_a_time"]

PIECE_ROWS = 2**14
PIECE_BYTES = 2**22  # fewer rows where they are long
_BOM = b"\xef\xbb\xbf"
_BLANK = re.compile(rb"(?:\A|\n)[ \t\r\f\v]*(?:\n|(?<![\n])\Z)")

# a piece, and the lines of the file that its rows stand in, where it has lines
Numbered = tuple[Piece, Sequence[int] | None]


class Source(Protocol):
    """A table that is read piece by piece."""

    columns: list[str] | int  # their names, or their number where they have none

    def pieces(self, chosen: Sequence[int], steps: int) -> Iterator[Numbered]:
        """Yield the table's pieces, which need the columns at the places `chosen`.

        Each begins with the `steps` - 1 rows before its own. Raises `KitError` where
        the table can't be read on.
        """


def rows_at_a_time(row_bytes: int, steps: int) -> int:
    """Return how many rows make a piece: a window's at least."""
    return max(steps, min(PIECE_ROWS, PIECE_BYTES // max(1, row_bytes)))


@contextmanager
def open_source(path: Path, *, header: bool) -> Iterator[Source]:
    """Open a table by the end of its name; raise `KitError` for what is none."""
    kinds = [suffix.lower() for suffix in path.suffixes][-2:]
    if kinds[-1:] == [".parquet"]:
        from helpers.scoring.parquet import open_parquet

        with open_parquet(path, header=header) as source:
            yield source
    elif kinds[-1:] == [".csv"] or kinds == [".csv", ".gz"]:
        with _open_text(path, packed=kinds[-1] == ".gz") as text:
            yield CsvSource(path, text, header=header)
    else:
        raise KitError(
            f"{path} is no .csv file; pass a table as comma-separated text"
            + (" (name.csv.gz where it is packed)" if kinds[-1:] == [".gz"] else "")
        )


@contextmanager
def _open_text(path: Path, *, packed: bool) -> Iterator[Any]:
    with _reading(path):
        text: Any = (gzip.open if packed else open)(path, "rb")
    with text:
        yield text


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Say in a line what keeps a file from being read."""
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise KitError(f"{path} is damaged, or no gzip file: {error}") from None
    except OSError as error:
        raise KitError(f"{path} can't be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise KitError(f"{path} is not UTF-8 text; save it as CSV in UTF-8") from None
    except csv.Error as error:
        raise KitError(f"{path} is no table with rows alike: {error}") from None


class CsvSource:
    """Comma-separated text in UTF-8, with or without a line of names.

    Raises `KitError` for a table that is empty or has no names where it should.
    """

    def __init__(self, path: Path, text: Any, *, header: bool):
        self._path, self._rows = path, _Rows(path, text)
        self._first: tuple[list[bytes], Sequence[int]] = self._rows.take(1)
        if not self._first[0]:
            raise KitError(f"{path} is empty; pass at least one row")
        with _reading(path):
            cells = next(csv.reader(io.StringIO(self._first[0][0].decode())))
        self.columns: list[str] | int = len(cells)
        self._rows.one_column = len(cells) == 1
        if header:
            self.columns = names_at_top(cells, path)
            self._first = self._rows.take(1)
            if not self._first[0]:
                raise KitError(f"{path} has no rows; pass at least one")

    def pieces(self, chosen: Sequence[int], steps: int) -> Iterator[Numbered]:
        """Yield the table's pieces; see `Source`."""
        rows, lines = self._first
        size = rows_at_a_time(len(rows[0]), steps)
        more, their_lines = self._rows.take(size - 1)
        rows, lines = [*rows, *more], [*lines, *their_lines]
        done = context = 0
        while len(rows) > context:
            yield Piece(done, context, b"".join(rows)), lines
            done += len(rows) - context
            keep = len(rows) - min(len(rows), steps - 1)
            rows, lines = rows[keep:], lines[keep:]
            context = len(rows)
            more, their_lines = self._rows.take(size)
            rows, lines = [*rows, *more], [*lines, *their_lines]


class _Rows:
    """The rows of a text with the numbers of their lines; empty lines are left out.

    In a table of one column an empty line would be a value: there, one between others
    is a `KitError`.
    """

    def __init__(self, path: Path, text: Any):
        self._path, self._done = path, 0
        self.one_column = False
        self._first: int | None = None  # line of the first row
        self._gap: int | None = None  # first empty line after it
        with _reading(path):
            self._lines = _lines_of(text)

    def take(self, count: int) -> tuple[list[bytes], Sequence[int]]:
        """Return up to `count` rows, or a few more; none at the end of the text."""
        rows: list[bytes] = []
        lines: Sequence[int] = ()
        while count > 0 and not rows:
            with _reading(self._path):
                rows, lines = self._read(count)
            if not rows:
                break
            rows, lines = self._without_blanks(rows, lines)
        return rows, lines

    def _read(self, count: int) -> tuple[list[bytes], Sequence[int]]:
        first = self._done + 1
        rows = list(islice(self._lines, count))
        if b'"' not in b"".join(rows):
            self._done += len(rows)
            return rows, range(first, first + len(rows))
        used, ends = self._quoted(rows)
        self._done += len(used)
        starts = [0, *ends[:-1]]
        pairs = zip(starts, ends, strict=True)
        return [b"".join(used[a:b]) for a, b in pairs], [first + a for a in starts]

    def _quoted(self, rows: list[bytes]) -> tuple[list[bytes], list[int]]:
        """Return all lines up to the end of the last row, and where each row ends."""
        used: list[bytes] = []

        def texts() -> Iterator[str]:
            for line in chain(rows, self._lines):
                used.append(line)
                yield line.decode(errors="replace")

        ends = []
        for _ in csv.reader(texts()):
            ends.append(len(used))
            if len(used) >= len(rows):
                break
        return used, ends

    def _without_blanks(
        self, rows: list[bytes], lines: Sequence[int]
    ) -> tuple[list[bytes], Sequence[int]]:
        regular = self._gap is None and self._first is not None
        if regular and not _BLANK.search(b"".join(rows)):  # quicker than row by row
            return rows, lines
        blank = [row.isspace() for row in rows]
        if any(blank) or self._gap is not None or self._first is None:
            for line, empty in zip(lines, blank, strict=True):
                self._notice(line, empty)
        if not any(blank):
            return rows, lines
        kept = [place for place, empty in enumerate(blank) if not empty]
        return [rows[place] for place in kept], [lines[place] for place in kept]

    def _notice(self, line: int, empty: bool) -> None:
        if not empty and self._first is None:
            self._first = line
        elif empty and self._first is not None and self._gap is None:
            self._gap = line
        elif not empty and self._first and self._gap and self.one_column:
            raise KitError(
                f"{self._path} has an empty line after {self._gap - self._first} "
                "others, where its only column would have a value; fill or drop it "
                f"(line {self._gap})"
            )


def _lines_of(text: Any) -> Iterator[bytes]:
    """Yield the lines of a text as bytes, whatever ends them, without a BOM."""
    first = text.readline()
    first = first.removeprefix(_BOM)
    if b"\r" in first.rstrip(b"\r\n"):  # lines that end in a carriage return alone
        text.seek(0)
        decoded = io.TextIOWrapper(text, "utf-8-sig", newline=None)
        return (line.encode() for line in decoded)
    return chain([first] if first else [], text)
