"""Read somebody's own CSV file: nothing silent, nothing lost, or one line that refuses.

What is read stays as near to the file as a detector allows: numbers with gaps as NaN,
words as words, the line in the file of each row. What fills gaps and turns words into
numbers is learned later, from the training part alone: see `parts`.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from helpers._arrays import Floats, as_count, as_told
from helpers.errors import KitError
from helpers.logs.clocks import (
    LACKS_HALVES,
    SERIAL,
    Undecided,
    is_half_of_day,
    lacks_halves,
    read_times,
)
from helpers.logs.fields import resolve
from helpers.own_data.cells import Cells, read_cells
from helpers.own_data.labels import NAMES, OwnLabels, as_own_labels
from helpers.own_data.moments import (
    about_steps,
    as_moments,
    has_dates_only,
    is_day_time,
    is_half,
    looks_like_moments,
    may_be_moments,
)
from helpers.own_data.names import short
from helpers.own_data.numbers import as_numbers, decimals_in, is_gap, is_number
from helpers.text import count, percent, some

__all__ = ["FEWEST_ROWS", "OwnData", "read_own"]

_HAS_POINT = re.compile(r"[+-]?(?:0|[1-9]\d{3,}|[1-9]\d{0,2})\.(?:\d{1,2}|\d{4,})")
FEWEST_ROWS = 60  # half of them train, a quarter each chooses the threshold and tests
_TIME_NAMES = frozenset(
    ("time", "timestamp", "time_stamp", "date", "datetime", "date_time", "ts", "when",
     "zeit", "zeitstempel", "datum")
)  # fmt: skip
_ID_NAMES = frozenset(
    ("id", "index", "no", "nr", "number", "row", "rownames", "row_id", "uid", "uuid",
     "key")
)  # fmt: skip
_TWICE = re.compile(r" \(\d+\)$")  # what a name that is there twice gets
_WORDS_PER_ROW = 0.5  # more distinct words than that name rows or are free text


@dataclass(frozen=True, eq=False, repr=False)
class OwnData:
    """A file as it was read; rows in time order where there is a time.

    name: the file's name
    table: DataFrame (rows, columns) of floats, NaN where missing, and words
    labels: (rows,) of 0 normal, 1 anomaly, NaN unknown; or None
    times: the moment of each row, rising; or None
    ordered: whether the rows follow one another in time
    lines: (rows,) the line in the file of each row
    found: what was found and done, a sentence each
    """

    name: str
    table: pd.DataFrame
    labels: Floats | None
    times: pd.DatetimeIndex | None
    ordered: bool
    lines: NDArray[np.int64]
    found: tuple[str, ...]

    @property
    def columns(self) -> list[str]:
        """The names of the columns that detectors will see."""
        return list(self.table.columns)

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.table)

    def __repr__(self) -> str:
        """Return name and sizes in one line."""
        parts = [count(len(self), "row"), count(len(self.columns), "column")]
        parts.append("a time" if self.times is not None else "no time")
        if self.labels is None:
            parts.append("no labels")
        else:
            parts.append(count(int(np.nansum(self.labels)), "labelled anomaly",
                               "labelled anomalies"))  # fmt: skip
        return f"<{self.name}: {', '.join(parts)}>"

    def report(self) -> str:
        """Return what was found and done, one sentence a line."""
        head = f"{repr(self)[1:-1]}."
        return "\n".join([head, *(f"- {sentence}" for sentence in self.found)])


def read_own(
    path: object,
    time: str | bool | None = None,
    label: str | bool | None = None,
    *,
    anomaly: object = None,
    rows: int = 50_000,
    header: bool | None = None,
    keep: Collection[str] = (),
    leave_out: Collection[str] = (),
    day_first: bool | None = None,
    decimal: str | None = None,
) -> OwnData:
    """Read a CSV file of your own, and say in plain sentences what was found and done.

    `time` and `label` name columns; None looks for them, False says there is none.
    `time=True` says that the rows are in the order of time, though no column has it.
    `anomaly` is the label's value (or values) that means anomaly. At most `rows` rows
    are read, the first ones. `header` says whether the first row has names; None looks.
    `keep` names columns to use although they look like identifiers or free text,
    `leave_out` columns not to use. `day_first` says whether 03/04/2024 is in April, and
    `decimal` ("." or ",") whether 1,234 has decimals, where the file doesn't tell.

    Separators, decimal commas, encodings, formats of dates, gaps, words, doubled names
    and rows of other lengths are recognised, and `OwnData.found` says so. Raises
    `KitError`, in a line that names the way out, for a file that is missing, empty or
    no table, for fewer than `FEWEST_ROWS` rows, and for a column that isn't there; and
    `ValueError` for parameters of another kind.
    """
    as_count(rows, "rows", least=FEWEST_ROWS)
    keep, leave_out = _names(keep, "keep"), _names(leave_out, "leave_out")
    for value, name, others in (
        (time, "time", (True, False)),
        (label, "label", (False,)),
    ):
        if not (value is None or isinstance(value, str) or value in others):
            raise ValueError(f"{name} must name a column, or be None or False; got "
                             f"{as_told(value)}")  # fmt: skip
    if not (header is None or isinstance(header, bool)):
        raise ValueError(f"header must be True, False or None; got {as_told(header)}")
    if decimal not in (None, ".", ","):
        raise ValueError(f'decimal must be ".", "," or None; got {as_told(decimal)}')
    if not (day_first is None or isinstance(day_first, bool)):
        raise ValueError(
            f"day_first must be True, False or None; got {as_told(day_first)}"
        )
    cells = read_cells(path, rows, header)
    _require_columns(cells, [time, label, *keep, *leave_out])
    if len(cells.lines) < FEWEST_ROWS:
        raise KitError(
            f"{cells.name} has {count(len(cells.lines), 'row')}; at least "
            f"{FEWEST_ROWS} are needed to train, to choose a threshold and to "
            "test: collect more"
        )
    reader = _Reader(cells, keep, leave_out, decimal)
    reader.day_first = day_first
    return reader.read(time, label, anomaly)


def _names(names: Collection[str], told: str) -> list[str]:
    if isinstance(names, str):
        return [names]
    if not isinstance(names, Collection) or not all(isinstance(n, str) for n in names):
        raise ValueError(f"{told} must be a list of column names; got {as_told(names)}")
    return list(names)


def _require_columns(cells: Cells, wanted: Sequence[Any]) -> None:
    for name in wanted:
        if isinstance(name, str) and name not in cells.columns:
            there = some([repr(short(each)) for each in cells.columns], 8)
            raise KitError(
                f"{cells.name} has no column {short(name)!r}; it has {there}"
            )


class _Reader:
    """One file on its way from text to `OwnData`."""

    def __init__(
        self,
        cells: Cells,
        keep: list[str],
        leave_out: list[str],
        decimal: str | None = None,
    ):
        self.name, self.left = cells.name, dict(cells.columns)
        self.lines = np.array(cells.lines, dtype=np.int64)
        self.keep, self.found = set(keep), list(cells.found)
        self.ordered = False
        self.day_first: bool | None = None
        for name in leave_out:
            self.left.pop(name, None)
        self.mark = decimal or _mark_of(cells, self.left)
        if leave_out:
            self.found.append(f"Left out as you asked: {some(leave_out, 5)}.")

    def read(self, time: Any, label: Any, anomaly: object) -> OwnData:
        """Return the data; raises `KitError` where too little is left."""
        self.ordered = time is True
        labels = self._labels(label, anomaly)
        times = self._times(time)
        table = self._table()
        if table.empty:
            raise KitError(
                f"{self.name} has no column that tells rows apart; what was found: "
                f"{' '.join(self.found)}"
            )
        order = self._order(times, table)
        if len(order) < FEWEST_ROWS:
            raise KitError(
                f"{self.name} keeps {count(len(order), 'row')} with a time, and at "
                f"least {FEWEST_ROWS} are needed; is {short(time or 'time')!r} the "
                "right column? time=False does without"
            )
        self._twins(table, order, times)
        return OwnData(
            self.name,
            table.iloc[order].reset_index(drop=True),
            None if labels is None else labels[order],
            None if times is None else pd.DatetimeIndex(times.iloc[order], name=None),
            times is not None or time is True,
            self.lines[order],
            tuple(self.found),
        )

    # -------------------------------------------------------------- labels and time

    def _labels(self, label: Any, anomaly: object) -> Floats | None:
        if label is False:
            return None
        name = label
        if name is None:
            named = self._named_labels()
            if not named:
                if anomaly is not None:
                    raise KitError("anomaly= needs the column of the labels: label=...")
                self.found.append(
                    "No labels: nothing can be counted as right or wrong."
                )
                return None
            name = named[0]
        read: OwnLabels = as_own_labels(
            self.left.pop(name), short(name), anomaly, asked=label is not None
        )
        self.found += read.found
        for other in self._named_labels() if read.values is not None else ():
            self.left.pop(other)
            self._left_out(
                short(other),
                "may tell what the labels tell, as its name does; "
                f"keep=[{short(other)!r}] would use it",
            )
        return read.values

    def _named_labels(self) -> list[str]:
        """Return the columns that are called as labels are, the second ones too."""
        plain = {name: _TWICE.sub("", name) for name in self.left}
        named = [n for n, p in plain.items() if p.casefold().replace(" ", "_") in NAMES]
        return [n for n in named if n not in self.keep and self._few_words(n)]

    def _few_words(self, name: str) -> bool:
        distinct = {cell.strip() for cell in self.left[name] if not is_gap(cell)}
        return len(distinct) <= 20

    def _times(self, time: Any) -> pd.Series | None:
        if time is False:
            return None
        if time is True:
            self.found.append("The rows are taken to follow one another in time.")
            return None
        name = time or self._time_column()
        if name is None:
            self.found.append(
                "No time: the rows are taken to be in no order; time=True says they "
                "are."
            )
            self._tell_counted()
            return None
        cells = self.left.pop(name)
        cells = self._with_zone(name, self._with_day_time(name, cells))
        read = as_moments(cells, short(name), self.day_first)
        bad = np.flatnonzero(read.values.isna())
        if len(bad) > len(cells) / 2:
            where = f"line {self.lines[bad[0]]}: {short(cells[bad[0]])!r}"
            where += f", {read.reason}" if read.reason else ""
            raise KitError(
                f"{self.name}: {short(name)} holds no dates that can be read "
                f"({where}); write them as 2024-01-31 12:00, or say time=False"
            )
        self.found.append(f"The time is in {short(name)}.")
        self.found += read.found
        if len(bad):
            self.found.append(
                f"{count(len(bad), 'row')} without a readable time set aside (the "
                f"first is line {self.lines[bad[0]]}: {short(cells[bad[0]])!r})."
            )
        return read.values

    def _tell_counted(self) -> None:
        """Say that a column is called a time, and is used as a number like others."""
        for name in self.left:
            if not _is_time_name(name) or as_numbers(self.left[name]) is None:
                continue
            read = read_times([cell for cell in self.left[name] if not is_gap(cell)])
            serial = set(read.reasons.values()) == {SERIAL}
            kind = "may be a spreadsheet's day numbers" if serial else "are no dates"
            self.found.append(
                f"{short(name)} is called a time, but its numbers {kind}: no clock "
                f"here; time={short(name)!r} would order the rows by it."
            )

    def _time_column(self) -> str | None:
        named = [n for n in self.left if _is_time_name(n)]
        dated = [n for n in self.left if looks_like_moments(self.left[n])]
        counted = [name for name in named if _is_epoch(self.left[name])]
        if not dated and not counted:
            counted = [name for name in named if may_be_moments(self.left[name])]
        ranked = [*(name for name in named if name in dated), *counted]
        if ranked:  # a day and a second may both be there: the finer one
            return max(ranked, key=lambda name: len(set(self.left[name])))
        return dated[0] if dated else None

    def _with_day_time(self, name: str, cells: list[str]) -> list[str]:
        """Return dates with the times of another column, where there is one."""
        clocks = [other for other in self.left if is_day_time(self.left[other])]
        if clocks and has_dates_only(cells):
            cells = self._together(name, cells, clocks[0])
        halves = [other for other in self.left if is_half(self.left[other])]
        if halves and not any(is_half_of_day(cell[-2:]) for cell in cells):
            cells = self._together(name, cells, halves[0])
        return cells

    def _with_zone(self, name: str, cells: list[str]) -> list[str]:
        """Return times with the zones of another column, where they differ."""
        called = {name: resolve(name) for name in self.left}
        zones = [n for n, field in called.items() if field and field.column == "tz"]
        if not zones or len({cell.strip() for cell in self.left[zones[0]]}) < 2:
            return cells  # one zone changes no step
        return self._together(name, cells, zones[0])

    def _together(self, name: str, cells: list[str], other: str) -> list[str]:
        self.found.append(f"{short(name)} and {short(other)} are put together.")
        more = self.left.pop(other)
        return [f"{a.strip()} {b.strip()}" for a, b in zip(cells, more, strict=True)]

    # ---------------------------------------------------------------------- columns

    def _table(self) -> pd.DataFrame:
        columns: dict[str, Any] = {}
        for name, cells in self.left.items():
            column = self._column(name, cells)
            if column is not None:
                columns[name] = column
        return pd.DataFrame(columns, index=range(len(self.lines)))

    def _column(self, name: str, cells: list[str]) -> Any:
        told = short(name)
        there = [cell.strip() for cell in cells if not is_gap(cell)]
        if not there:
            return self._left_out(told, "has no value at all")
        if len(set(there)) == 1 and len(there) == len(cells):
            return self._left_out(told, f"is {short(there[0])!r} in every row")
        numbers = as_numbers(cells, self.mark)
        if numbers is None:
            return self._words(name, cells, there)
        self._tell_numbers(told, numbers, cells)
        values = numbers.values
        seen = values[~np.isnan(values)]
        if not len(seen) or np.ptp(seen) == 0:
            only = f"{seen[0]:g}" if len(seen) else "nothing readable"
            return self._left_out(told, f"has nothing but {only} and gaps")
        if name not in self.keep and _counts_rows(name, values):
            return self._left_out(
                told, f"numbers the rows; keep=[{told!r}] would use it"
            )
        return values

    def _left_out(self, told: str, reason: str) -> None:
        self.found.append(f"{told} left out: it {reason}.")

    def _tell_numbers(self, told: str, numbers: Any, cells: list[str]) -> None:
        if numbers.unit:
            self.found.append(f"{told}: numbers in {numbers.unit}.")
        if numbers.mark == ",":
            told_before = any("decimal comma" in each for each in self.found)
            if not told_before and any("," in cell for cell in cells):
                self.found.append(f"{told}: numbers with a decimal comma, as 1,5.")
        elif numbers.grouped:
            self.found.append(f"{told}: numbers with marks for thousands, as 1,500.")
        for positions, reason in (
            (numbers.infinite, "infinite or too large a number"),
            (numbers.bad, "no number"),
        ):
            if positions:
                first = positions[0]
                self.found.append(
                    f"{told}: {count(len(positions), 'cell')} not usable, {reason} "
                    f"(line {self.lines[first]}: {short(cells[first])!r}); they "
                    "count as missing."
                )
        large = np.abs(numbers.values) > 2**53
        if (large & (numbers.values % 1 == 0)).any():
            self.found.append(f"{told}: numbers above 2^53 lose their last digits.")
        gaps = int(np.isnan(numbers.values).sum())
        if gaps:
            more = (
                " More than half: think of leave_out." if gaps > len(cells) / 2 else ""
            )
            self.found.append(
                f"{told}: {count(gaps, 'value')} missing "
                f"({percent(gaps / len(cells))}); filled later, from what the training "
                f"part knows.{more}"
            )

    def _words(self, name: str, cells: list[str], there: list[str]) -> Any:
        told, distinct = short(name), len(set(there))
        if looks_like_moments(cells) or is_day_time(cells):
            return self._left_out(told, "has dates or times; one column is the time")
        if name not in self.keep and distinct > max(20, _WORDS_PER_ROW * len(there)):
            return self._left_out(
                told,
                f"has other words in nearly every row; keep=[{told!r}] would use it",
            )
        digits = sum(map(is_number, there))
        mixed = f", {percent(digits / len(there))} of them numbers" if digits else ""
        gaps = len(cells) - len(there)
        missing = f"; {count(gaps, 'gap')} count as a word of their own" if gaps else ""
        self.found.append(f"{told}: words, {distinct:,} different{mixed}{missing}.")
        words = ["(missing)" if is_gap(c) else " ".join(c.split()) for c in cells]
        return pd.Series(words, dtype=object)

    # -------------------------------------------------------------------------- rows

    def _order(self, times: pd.Series | None, table: pd.DataFrame) -> NDArray:
        """Return the positions of the rows that are kept, in time order if any."""
        if times is None:
            return np.arange(len(self.lines))
        kept = np.flatnonzero(times.notna())
        moments = times.iloc[kept].to_numpy()
        back = int((moments[1:] < moments[:-1]).sum())
        if back:
            self.found.append(
                f"The time goes back {count(back, 'time')}: the rows were sorted."
            )
        if back and lacks_halves(moments):
            self.found.append(f"{LACKS_HALVES[0].upper()}{LACKS_HALVES[1:]}.")
        order = kept[np.argsort(moments, kind="stable")]
        both = table.iloc[order].assign(**{"\0time": times.iloc[order].to_numpy()})
        again = both.duplicated().to_numpy()
        if again.any():
            lines = [str(line) for line in self.lines[order[again]]]
            self.found.append(
                f"{_rows(again.sum(), 'repeats', 'repeat')} another one with its time; "
                f"set aside (line {some(lines, 3)})."
            )
        order = order[~again]
        twice = int(times.iloc[order].duplicated().sum())
        if twice:
            self.found.append(
                f"{_rows(twice, 'has', 'have')} the time of the row before, and other "
                "values: kept, in the file's order."
            )
        if len(order):
            self.found += about_steps(pd.DatetimeIndex(times.iloc[order]), "The clock")
        return order

    def _twins(self, table: pd.DataFrame, order: NDArray, times: Any) -> None:
        twins = int(table.iloc[order].duplicated().sum())
        if twins and times is None and not self.ordered:
            self.found.append(
                f"{_rows(twins, 'repeats', 'repeat')} another one: kept; twins stay in "
                "one part, so that no part is tested on what another one learned."
            )


def _rows(amount: int, one: str, several: str) -> str:
    """Return "1 row repeats", "2 rows repeat"."""
    return f"{count(int(amount), 'row')} {one if amount == 1 else several}"


def _mark_of(cells: Cells, columns: dict[str, list[str]]) -> str:
    """Return what stands before the decimals of a file's numbers; else ask."""
    try:
        return decimals_in(columns, cells.separator).mark
    except Undecided as error:
        way = "" if "pass decimal=" in str(error) else ', or pass decimal="." or ","'
        raise KitError(f"{cells.name}: {error}{way}") from None


def _is_time_name(name: str) -> bool:
    return name.casefold().replace(" ", "_") in _TIME_NAMES


def _is_epoch(cells: list[str]) -> bool:
    if as_numbers(cells) is None:
        return False
    told = " ".join(as_moments(cells, "time").found)
    return "since 1970" in told or "has moments like" in told


def _counts_rows(name: str, values: Floats) -> bool:
    """Return whether whole numbers count the rows, or name them by number."""
    if np.isnan(values).any() or (values % 1).any():
        return False
    if bool((np.diff(values) == 1).all()):
        return True
    plain = name.casefold().replace(" ", "_")
    is_id = plain in _ID_NAMES or plain.endswith("_id") or plain.startswith("unnamed")
    distinct = len(np.unique(values))
    return is_id and distinct > 0.9 * len(values)
