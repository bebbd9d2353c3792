"""Where rows come from: anything that can be looped over, and a CSV that grows.

A topic of Kafka, the third source, is in `helpers.streams.kafka`.
"""

import contextlib
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from helpers._arrays import (
    Labels,
    as_count,
    as_labels,
    as_number,
    as_told,
    as_values,
)
from helpers.clock import Gaps, stretches
from helpers.files import as_path
from helpers.streams.clocks import (
    LEARNED,
    AskedTime,
    StreamClock,
    Times,
    TimesReader,
    timed_format,
)
from helpers.streams.lines import RowFormat, cells_of
from helpers.streams.rows import Rows
from helpers.windows import as_series

__all__ = ["CsvSource", "IteratorSource"]

_BLOCK = 2**22  # bytes read at a time
_ROWS = 2**14  # rows of an array handed over at a time
_NEAR = 2**16  # bytes before a mark that are looked at for the last times


@dataclass(frozen=True)
class IteratorSource:
    """Rows of an array, a list, a generator, a queue: of what can be looped over.

    Going on after row k means: begin again and leave out k rows. What can be looped
    over once only, such as a generator, must therefore be made anew; or pass a function
    that makes it. `iter(queue.get, None)` loops over a queue that another thread fills
    with lists of numbers, until it gets None.

    Parameters
    ----------
    rows : iterable of rows (features,), or of numbers; an array (n, features); or a
        function without arguments that returns one of them. A pandas series or table
        whose index holds times must have even steps in order
    labels : (n,) of 0 and 1, for the expert; None where nobody knows
    gaps : "refuse" or "split": whether a gap in such an index is an error, or windows
        begin anew behind it
    """

    rows: Iterable | Callable[[], Iterable]
    labels: ArrayLike | None = None
    gaps: Gaps = "refuse"

    def read(self, mark: int | None = None) -> Iterator[Rows]:
        """Yield the rows from row `mark` on. Raises `ValueError` on what is no row."""
        made = self.rows() if callable(self.rows) else self.rows
        labels = None if self.labels is None else as_labels(self.labels, "labels")
        if isinstance(made, np.ndarray | list | tuple | pd.DataFrame | pd.Series):
            yield from _of_array(made, labels, mark or 0, self.gaps)
        else:
            yield from _of_iterator(_looped(made), labels, mark or 0)


def _looped(rows: object) -> Iterator:
    if not isinstance(rows, Iterable):
        raise ValueError(
            f"rows must be what can be looped over, row by row; got {as_told(rows)}"
        )
    return iter(rows)


def _of_array(
    rows: ArrayLike, labels: Labels | None, mark: int, gaps: Gaps
) -> Iterator[Rows]:
    values = as_series(rows)
    parts = stretches(rows, gaps=gaps, name="rows")
    if not values.shape[1]:
        raise ValueError("the rows of the stream have no features; nothing to score")
    _check_finite(values, 0)
    if labels is not None and len(labels) != len(values):
        raise ValueError(
            f"labels has {len(labels)} rows and the stream {len(values)}; they must be "
            "equally long"
        )
    marks = np.arange(1, len(values) + 1)
    begins = np.zeros(len(values), dtype=bool)
    begins[[part.start for part in parts[1:]]] = True
    whole = Rows(values.astype(np.float64, copy=False), marks, labels, begins)
    for start in range(mark, len(values), _ROWS):
        yield whole[start : start + _ROWS]


def _of_iterator(rows: Iterator, labels: Labels | None, mark: int) -> Iterator[Rows]:
    width = None
    for number, row in enumerate(islice(rows, mark, None), start=mark):
        values = as_values(np.atleast_1d(row), f"row {number} of the stream")
        width = width or len(values)
        if len(values) != width:
            raise ValueError(
                f"row {number} of the stream has {len(values)} values, those before "
                f"it {width}"
            )
        if labels is not None and number >= len(labels):
            raise ValueError(f"labels has {len(labels)} rows, the stream more")
        known = None if labels is None else labels[number : number + 1]
        yield Rows(values[np.newaxis], np.array([number + 1]), known)


def _check_finite(values: np.ndarray, first: int) -> None:
    bad = np.flatnonzero(~np.isfinite(values).all(axis=1))
    if len(bad):
        raise ValueError(
            f"row {first + bad[0]} of the stream has missing or infinite values; fill "
            "or drop them first"
        )


@dataclass(frozen=True)
class CsvSource:
    """The rows of a CSV file, which may still be growing.

    Its first line names the columns. A mark is a byte of the file, so going on takes no
    time. A last line without its line end is still being written: it waits, and a
    warning says so where the stream ends before it does. Blank lines are passed over.

    **Its clock.** Where a column says when a row was, rows have to be even steps in
    order, as in the first 17 rows, which wait for each other; a step that is none is an
    error with both lines and both times.

    Parameters
    ----------
    path : the file
    features : names of the columns that are scored; None: all but label and time
    label : name of a column of 0 and 1, for the expert; None: there is none
    time : name of the column of times, or several whose texts make one, ("date",
        "time"); None: looked for; False: there is none, so rows are counted
    gaps : "refuse" or "split": whether a gap is an error, or windows begin anew behind
        it, so that none spans it
    zone : of times that name none, as "+07:00" or "Asia/Bangkok"; None: UTC
    day_first : whether 03/04/2024 is in April; None: as the rows tell
    wait : seconds without a new row after which the stream has ended. 0: the end of
        the file is the end; `math.inf`: it never ends
    poll : seconds between two looks at the file
    """

    path: str | Path
    features: tuple[str, ...] | None = None
    label: str | None = None
    wait: float = 0.0
    poll: float = 0.2
    time: AskedTime = None
    gaps: Gaps = "refuse"
    zone: str | None = None
    day_first: bool | None = None

    def read(self, mark: int | None = None) -> Iterator[Rows]:
        """Yield the rows from byte `mark` on, and new ones as they are written.

        Raises `FileNotFoundError`, or `ValueError` on a line that is no row, and where
        the file is shorter than `mark` or no line begins there: it is another one.
        """
        path = as_path(self.path)
        _, start = self._header(path)
        byte = start
        if mark is not None:
            _check_mark(path, mark)
            byte = mark
        quiet = time.monotonic()
        timed: _TimedLines | None = None
        while True:
            block = _whole_lines(path, byte)
            if block:
                if timed is None and block.strip():
                    timed = self._begun(path, start, mark)
                if timed is not None:
                    yield from timed.read(block, byte)
                byte += len(block)
                quiet = time.monotonic()
            elif time.monotonic() - quiet >= self.wait:
                if timed is not None:
                    yield from timed.clock.rest()
                return _warn_of_torn_line(path, byte)
            else:
                time.sleep(self.poll)

    def _begun(self, path: Path, start: int, mark: int | None) -> "_TimedLines":
        """Return the reader of rows, who has read what lies before `mark`."""
        timed = _TimedLines(
            path,
            self._header(path)[0],
            TimesReader(self.zone, self.day_first),
            StreamClock(self.gaps, partial(_place, path), str(path)),
        )
        if mark is not None and timed.rows_of.time:
            timed.go_on(start, mark)
        return timed

    def columns(self) -> tuple[str, ...]:
        """Return the names of the features, in the order in which they are read."""
        return self._header(as_path(self.path))[0].features

    def _header(self, path: Path) -> tuple[RowFormat, int]:
        """Return the format of the lines, and the byte where the first row begins."""
        if not (isinstance(self.wait, float) and self.wait == np.inf):
            as_number(self.wait, "wait", least=0)
        as_number(self.poll, "poll", least=0, above=True)
        if not path.is_file():
            raise FileNotFoundError(f"{path} is no file; write its header line first")
        with path.open("rb") as file:
            line = file.readline(_BLOCK)
        if not line.endswith(b"\n"):
            raise ValueError(f"{path} has no whole header line; its columns need names")
        text = _decoded(line, str(path)).removeprefix("\ufeff").strip()
        names = [name.strip() for name in cells_of(text, lambda _: f"{path}, line 1")]
        if _are_values(names):
            raise ValueError(f"{path}, line 1 holds numbers; write names of columns")
        first = _first_cells(path, len(line))
        return timed_format(self, names, first, str(path)), len(line)


@dataclass
class _TimedLines:
    """The lines of a file as rows, and its clock, if it has one."""

    path: Path
    rows_of: RowFormat
    reader: TimesReader
    clock: StreamClock

    def read(self, block: bytes, byte: int) -> Iterator[Rows]:
        """Yield the rows of whole lines from `byte` on, once their step is known."""
        rows, times = self._parsed(block, byte)
        if times is not None:
            yield from self.clock.take(rows, times)
        elif len(rows):
            yield rows

    def go_on(self, start: int, mark: int) -> None:
        """Look at the times of the first rows and of the last ones before `mark`."""
        begin = _line_start(self.path, max(start, mark - _NEAR), start)
        with self.path.open("rb") as file:
            file.seek(begin)
            near = file.read(mark - begin)
        with contextlib.suppress(ValueError):  # a line that somebody went past
            _, first = self._parsed(_some_lines(self.path, start), start)
            rows, before = self._parsed(near, begin)
            if first is not None and before is not None:
                self.clock.go_on(first, before, rows.marks)

    def _parsed(self, block: bytes, byte: int) -> tuple[Rows, Times | None]:
        path = self.path
        ends = np.flatnonzero(np.frombuffer(block, np.uint8) == ord("\n")) + 1
        lines = _decoded(block, str(path)).split("\n")[:-1]
        kept = [i for i, line in enumerate(lines) if line.strip()]

        def where(i: int) -> str:
            return f"{path}, line {_line_number(path, byte) + kept[i]}"

        read = self.rows_of.read([lines[i].strip("\r") for i in kept], where)
        rows = Rows(read.values, byte + ends[kept].astype(np.int64), read.labels)
        if read.stamps is None:
            return rows, None
        return rows, self.reader.read(read.stamps, where)


def _some_lines(path: Path, start: int) -> bytes:
    """Return the first lines, as many as a step is learned of; blank ones too."""
    taken, found = [], 0
    with path.open("rb") as file:
        file.seek(start)
        while found < LEARNED and (line := file.readline(_BLOCK)).endswith(b"\n"):
            taken.append(line)
            found += bool(line.strip())
    return b"".join(taken)


def _first_cells(path: Path, start: int) -> list[str]:
    """Return the cells of the first row; none where there is no row yet."""
    with path.open("rb") as file:
        file.seek(start)
        while (line := file.readline(_BLOCK)).endswith(b"\n"):
            if line.strip():
                with contextlib.suppress(ValueError):  # told when it is read
                    return cells_of(_decoded(line, "").strip(), lambda _: "")
                break
    return []


def _are_values(names: list[str]) -> bool:
    """Say whether a header is a row of numbers; 0, 1, 2 are the names of pandas."""
    try:
        values = np.array(names, dtype=np.float64)
    except ValueError:
        return False
    return bool((np.diff(values) != 1).any() or values[0] not in (0, 1))


def _line_start(path: Path, byte: int, least: int) -> int:
    """Return where the first line begins that does so at `byte` or later."""
    if byte <= least:
        return least
    with path.open("rb") as file:
        file.seek(byte - 1)
        return byte - 1 + len(file.readline(_BLOCK))


def _place(path: Path, mark: int) -> str:
    """Return "line 7" of the row that ends at byte `mark`."""
    return f"line {_line_number(path, mark) - 1}"


def _check_mark(path: Path, mark: int) -> None:
    as_count(mark, "the byte where reading goes on", least=1)
    size = path.stat().st_size
    if size < mark:
        raise ValueError(
            f"{path} has {size:,} bytes, but it was read up to byte {mark:,}: it was "
            "cut short or is another file; start the stream anew"
        )
    with path.open("rb") as file:
        file.seek(mark - 1)
        if file.read(1) != b"\n":
            raise ValueError(
                f"{path} has no line that begins at byte {mark:,}, where reading "
                "stopped: it is another file; start the stream anew"
            )


def _whole_lines(path: Path, byte: int) -> bytes:
    """Return the lines from `byte` on that are written to their end."""
    with path.open("rb") as file:
        if file.seek(0, 2) < byte:
            _check_mark(path, byte)
        file.seek(byte)
        block = file.read(_BLOCK)
    end = block.rfind(b"\n") + 1
    if not end and len(block) == _BLOCK:
        raise ValueError(
            f"{path} has a line of more than {_BLOCK:,} bytes; is it a CSV?"
        )
    return block[:end]


def _line_number(path: Path, byte: int) -> int:
    """Return the number of the line that begins at `byte`, counted from 1."""
    with path.open("rb") as file:
        return file.read(byte).count(b"\n") + 1


def _decoded(block: bytes, where: str) -> str:
    try:
        return block.decode()
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{where} is no text in UTF-8: {as_told(error.object[error.start :][:4])}"
        ) from None


def _warn_of_torn_line(path: Path, byte: int) -> None:
    if path.stat().st_size > byte:
        warnings.warn(
            f"{path}: its last line has no line end yet, so it was not read; it waits",
            UserWarning,
            stacklevel=3,
        )
