"""From lines to sequences of lines, and an honest split between earlier and later."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from helpers._arrays import (
    Floats,
    Labels,
    aligned,
    as_count,
    as_floats,
    as_labels,
    as_table,
)
from helpers.windows import sliding_windows, window_labels

__all__ = ["LogWindows", "log_windows", "split_by_time"]


@dataclass(frozen=True, eq=False, repr=False)
class LogWindows:
    """Sequences of consecutive lines.

    X: (n, steps, features), a line is a step
    step_labels: (n, steps) of 0/1, or None
    labels: (n,), 1 where a window has an attack line; or None
    starts: (n,), the position of each window's first line
    n_lines: lines that the windows were cut from
    """

    X: Floats
    step_labels: Labels | Any  # who gave labels knows that it isn't None
    labels: Labels | None
    starts: Labels
    n_lines: int

    def __len__(self) -> int:
        return len(self.X)

    def __repr__(self) -> str:
        """Return the sizes in one line."""
        return f"<{len(self)} windows of {self.X.shape[1]} lines, X {self.X.shape}>"

    def line_scores(self, scores: ArrayLike) -> Floats:
        """Return one score per line: the highest of the windows that hold it.

        `scores` is (n,), or (n, steps) where each step has its own. Returns (n_lines,);
        NaN for the last lines if no window holds them: cut with `tail="overlap"`.

        Raises `ValueError` on another shape.
        """
        values = as_floats(scores, "scores")
        shape = self.X.shape[:2]
        if values.shape not in (shape, shape[:1]):
            raise ValueError(
                f"scores must be {shape[:1]} or {shape}, one per window or per step; "
                f"got {values.shape}"
            )
        values = np.broadcast_to(values.reshape(len(values), -1), shape)
        result = np.full(self.n_lines, np.nan)
        positions = self.starts[:, np.newaxis] + np.arange(shape[1])
        np.fmax.at(result, positions, values)
        return result


def log_windows(
    X: ArrayLike,
    labels: ArrayLike | None = None,
    *,
    steps: int,
    stride: int | None = None,
    tail: Literal["drop", "overlap"] = "drop",
) -> LogWindows:
    """Cut vectorised lines (lines, features) into windows of `steps` lines.

    `labels` (lines,) is 0/1 per line. Windows stand side by side unless `stride` says
    otherwise. `tail="overlap"` adds a window that ends at the last line, so that every
    line is in one: use it to score, and "drop" to train. Without a tail window X is a
    view that takes no memory.

    Cut training and test lines separately (`split_by_time` first): then no window
    reaches across the split.

    Raises `ValueError` when there are fewer lines than `steps`, labels are missing, or
    a Series of them has other labels in its index than a table X: rows go by label.
    """
    labels = aligned(X, labels, names=("X", "labels"))
    values = as_table(X, "X")
    width = as_count(steps, "steps", least=1)
    stride = width if stride is None else stride
    if tail not in ("drop", "overlap"):
        raise ValueError(f"tail must be 'drop' or 'overlap'; got {tail!r}")
    windows = sliding_windows(values, width, stride=stride)
    starts = np.arange(len(windows)) * stride
    if tail == "overlap" and starts[-1] + width < len(values):
        starts = np.append(starts, len(values) - width)
        windows = np.concatenate([windows, values[np.newaxis, -width:]])
    if labels is None:
        return LogWindows(windows, None, None, starts, len(values))
    truth = _line_labels(labels, len(values))
    by_line = window_labels(truth, width)
    step_labels = truth[starts[:, np.newaxis] + np.arange(width)]
    return LogWindows(windows, step_labels, by_line[starts], starts, len(values))


def _line_labels(labels: ArrayLike, n_lines: int) -> Labels:
    if isinstance(labels, pd.Series):
        if labels.isna().any():
            raise ValueError(
                f"labels are missing on {labels.isna().sum():,} lines; "
                "drop those lines or cut windows without labels"
            )
        labels = labels.to_numpy(np.float64)
    truth = as_labels(labels, "labels")
    if len(truth) != n_lines:
        raise ValueError(
            f"X has {n_lines} lines and labels has {len(truth)}; "
            "they must be equally long"
        )
    return truth


def split_by_time(records: pd.DataFrame, *arrays: Any, at: Any) -> list[Any]:
    """Split lines, and arrays that go with them, into before `at` and from `at` on.

    Returns [records before, records after, first array before, after, ...], as
    scikit-learn's `train_test_split` does. `at` is a moment, UTC unless it has a zone.
    No line is in both parts, and none of the first is later than one of the second,
    even where the clock of the log jumped.

    Series and tables go with `records` by their index, arrays by position. Raises
    `ValueError` when a part would be empty, or lengths or indices differ.
    """
    times = _times(records)
    before = (times < _moment(at)).to_numpy()
    if before.all() or not before.any():
        raise ValueError(
            f"all lines are {'before' if before.all() else 'at or after'} {at}; "
            f"choose a moment between {times.min()} and {times.max()}"
        )
    parts: list[Any] = []
    for number, values in enumerate((records, *arrays)):
        if len(values) != len(before):
            raise ValueError(
                f"records has {len(before)} lines and array {number} has "
                f"{len(values)}; they must be equally long"
            )
        values = aligned(records, values, names=("records", f"array {number}"))
        if not isinstance(values, pd.DataFrame | pd.Series):
            values = np.asarray(values)
        parts += [values[before], values[~before]]
    return parts


def _times(records: Any) -> pd.Series:
    has_times = isinstance(records, pd.DataFrame) and "time" in records
    if not has_times or not pd.api.types.is_datetime64_any_dtype(records["time"]):
        raise ValueError("records must be a table with a column of times named time")
    times = records["time"]
    if times.isna().any():
        raise ValueError(f"{times.isna().sum():,} lines have no time; drop them first")
    return times if times.dt.tz is not None else times.dt.tz_localize("UTC")


def _moment(at: Any) -> pd.Timestamp:
    try:
        moment = pd.Timestamp(at)
    except (TypeError, ValueError):
        moment = pd.NaT
    if moment is pd.NaT or isinstance(at, bool | int | float):
        raise ValueError(f"at must be a moment such as '2024-01-12 08:00'; got {at!r}")
    return moment.tz_localize("UTC") if moment.tzinfo is None else moment
