"""From the rows of a file to what detectors read: numbers, windows, three parts.

Everything that is learned is learned from the training part: what fills a gap, which
words get a column of their own, mean and spread. A table is split by lot, with twins
kept together; a series by time, and windows that lie across a cut are in no part.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from helpers._arrays import Floats, Labels, as_count
from helpers.errors import KitError
from helpers.own_data.moments import duration
from helpers.own_data.reading import OwnData
from helpers.text import count, some
from helpers.windows import sliding_windows

__all__ = ["OwnParts", "Part", "split_own"]

_LEAST_NORMAL = 20  # rows labelled normal, to train on those alone
_GAP = 5  # usual steps; windows don't reach across a longer one
_MOST_WORDS = 10  # of a column that get a feature of their own


@dataclass(frozen=True, eq=False)
class Part:
    """Some windows: `rows` (n,) are the rows they end in, `X` (n, steps, features).

    `labels` (n,) are those of these rows: 0, 1, NaN unknown; None without labels.
    """

    rows: Labels
    X: Floats
    labels: Floats | None

    def __len__(self) -> int:
        """Return the number of windows."""
        return len(self.rows)

    @property
    def normal(self) -> NDArray[np.bool_]:
        """Which windows may stand for normal ones (n,): all, where no label tells."""
        if self.labels is None or (self.labels == 0).sum() < _LEAST_NORMAL:
            return np.ones(len(self), dtype=bool)
        return self.labels == 0


@dataclass(frozen=True, eq=False)
class OwnParts:
    """What detectors train on, what chooses thresholds, and what tests them.

    `of_feature` (features,) is the column that a feature was made of, `usual`
    (features,) its value in a usual row: the median, or the commonest word.
    """

    data: OwnData
    train: Part
    validation: Part
    test: Part
    window: int
    features: tuple[str, ...]
    of_feature: Labels
    usual: Floats
    said: tuple[str, ...] = field(default=())

    @property
    def columns(self) -> list[str]:
        """The columns of the file that the features come from."""
        return self.data.columns

    @property
    def known(self) -> NDArray[np.bool_]:
        """Which test rows have a label (n,)."""
        if self.test.labels is None:
            return np.zeros(len(self.test), dtype=bool)
        return ~np.isnan(self.test.labels)

    @property
    def can_judge(self) -> bool:
        """Whether the test part has normal rows and anomalies that are known."""
        labels = self.test.labels
        return labels is not None and len(np.unique(labels[self.known])) == 2

    def in_order(self, scores: Floats) -> pd.Series:
        """Return scores of the test part (n,) as a Series over time, or over rows."""
        rows, times = self.test.rows, self.data.times
        return pd.Series(scores, rows if times is None else times[rows])

    def report(self) -> str:
        """Return what was done to make the parts, one sentence a line."""
        return "\n".join(f"- {sentence}" for sentence in self.said)


def split_own(
    data: OwnData, *, window: int | None = None, most: int = 4000, random_state: int = 0
) -> OwnParts:
    """Return half of the rows to train on, a quarter each for the threshold and a test.

    Rows in time order are split by time and read in windows of `window` rows, each
    judged at its last row; None takes a day where that is 4 to 48 rows, else 12. Of
    more than `most` windows in a part some are drawn (in a series evenly spaced ones,
    and of the other two parts three times as many).

    Raises `ValueError` for a window that doesn't fit.
    """
    as_count(most, "most", least=100)
    said: list[str] = []
    steps = _steps(data, window)
    rows, cuts = (
        _by_time(data, steps, said)
        if data.ordered
        else _by_lot(data, random_state, said)
    )
    teachers = _teachers(data, rows[0], said)
    features = _Features(data, np.arange(cuts[0]) if data.ordered else teachers)
    table = features.of(data.table)
    series = sliding_windows(table, steps)
    parts = []
    for at, ends in enumerate(rows):
        chosen = teachers if at == 0 else ends
        limit = 3 * most if data.ordered and at else most
        chosen = _drawn(chosen, limit, data.ordered, random_state, said, at)
        labels = None if data.labels is None else data.labels[chosen]
        parts.append(Part(chosen, series[chosen - steps + 1].copy(), labels))
    said += features.said
    said.append(_sizes(parts, steps, data))
    train, validation, test = parts
    return OwnParts(
        data=data,
        train=train,
        validation=validation,
        test=test,
        window=steps,
        features=features.names,
        of_feature=features.of_column,
        usual=features.usual,
        said=tuple(said),
    )


def _steps(data: OwnData, window: int | None) -> int:
    if not data.ordered:
        if window not in (None, 1):
            raise ValueError("window needs rows in time order: read_own(..., time=...)")
        return 1
    most = max(len(data) // 20, 1)
    if window is not None:
        if as_count(window, "window", least=1) > most:
            raise ValueError(
                f"window = {window} is too long for {len(data):,} rows; take at most "
                f"{most}"
            )
        return window
    wanted = 12
    if data.times is not None and len(data.times) > 1:
        step = np.median(np.diff(data.times.to_numpy()).astype("timedelta64[s]"))
        seconds = step.astype(float)
        day = round(86_400 / seconds) if seconds > 0 else 0
        wanted = day if 4 <= day <= 48 else wanted
    return int(min(wanted, most))


# ------------------------------------------------------------------------ the split


def _by_time(
    data: OwnData, steps: int, said: list[str]
) -> tuple[list[Labels], tuple[int, int]]:
    """Return the last rows of the windows of three parts, and where they are cut."""
    cuts = len(data) // 2, 3 * len(data) // 4
    ends = np.arange(steps - 1, len(data))
    ends = ends[~_across_a_gap(data, steps)]
    if len(ends) < len(data) / 3:
        ends = np.arange(steps - 1, len(data))
        said.append("There are so many gaps that windows reach across them.")
    elif len(ends) < len(data) - steps + 1:
        lost = len(data) - steps + 1 - len(ends)
        said.append(
            f"No score for {count(lost, 'row')} after a gap in time: too few rows "
            "stand between."
        )
    begins = ends - steps + 1
    parts = [
        ends[ends < cuts[0]],
        ends[(begins >= cuts[0]) & (ends < cuts[1])],
        ends[begins >= cuts[1]],
    ]
    if min(map(len, parts)) < 5:
        raise KitError(
            f"{data.name} leaves a part of the series with fewer than 5 windows; "
            "choose a shorter window, or collect more rows"
        )
    return parts, cuts


def _across_a_gap(data: OwnData, steps: int) -> NDArray[np.bool_]:
    """Return which windows have a long step inside (windows,)."""
    windows = len(data) - steps + 1
    if data.times is None or steps == 1:
        return np.zeros(windows, dtype=bool)
    length = np.diff(data.times.to_numpy()).astype(float)
    usual = np.median(length[length > 0]) if (length > 0).any() else 0.0
    long = np.concatenate([[0], np.cumsum(length > _GAP * usual)])
    return long[steps - 1 :] - long[: len(long) - steps + 1] > 0


def _by_lot(
    data: OwnData, random_state: int, said: list[str]
) -> tuple[list[Labels], tuple[int, int]]:
    """Return the rows of three parts drawn by lot; twins are in one part."""
    grouped = data.table.groupby(data.columns, sort=False, dropna=False)
    twin = grouped.ngroup().to_numpy()
    if np.bincount(twin).max() > len(twin) / 10:
        said.append(
            "One row is there so often that twins had to be split: some test rows were "
            "seen in training."
        )
        twin = np.arange(len(twin))
    random = np.random.default_rng(random_state)
    place = random.permutation(twin.max() + 1)[twin]  # of each row's twins in the lot
    share = np.cumsum(np.bincount(place))[place] / len(twin)
    part = np.digitize(share, (0.5, 0.75), right=True)
    rows = [np.flatnonzero(part == which) for which in range(3)]
    return rows, (len(rows[0]), len(rows[0]) + len(rows[1]))


def _teachers(data: OwnData, rows: Labels, said: list[str]) -> Labels:
    """Return the training rows that a detector may learn from."""
    if data.labels is None:
        said.append(
            "No labels: detectors learn from all training rows, whatever they are."
        )
        return rows
    normal = rows[data.labels[rows] == 0]
    if len(normal) < _LEAST_NORMAL:
        said.append(
            f"Only {count(len(normal), 'training row')} are labelled normal: detectors "
            "learn from all of them."
        )
        return rows
    said.append(
        f"Detectors learn from the {len(normal):,} training rows that are labelled "
        "normal; anomalies and unknown ones teach nobody."
    )
    return normal


def _drawn(
    rows: Labels, most: int, ordered: bool, seed: int, said: list[str], part: int
) -> Labels:
    """Return at most `most` rows: evenly spaced ones of a series, else by lot."""
    if len(rows) <= most:
        return rows
    name = ("Training", "Validation", "Test")[part]
    if ordered:
        every = -(-len(rows) // most)
        said.append(f"{name} part: one row in {every} is used; most= takes others.")
        return rows[::every]
    said.append(
        f"{name} part: {most:,} of {len(rows):,} rows are used, drawn by lot; most= "
        "takes others."
    )
    random = np.random.default_rng(seed)
    return np.sort(random.choice(rows, most, replace=False))


def _sizes(parts: Sequence[Part], steps: int, data: OwnData) -> str:
    told = [f"{len(part):,}" for part in parts]
    how = f"split by time, each read with the {steps - 1} rows before it"
    if data.times is not None and steps > 1:
        span = np.median(np.diff(data.times.to_numpy()).astype(float)) / 1e9
        how += f" ({duration(steps * float(span))} in all)" if span else ""
    if not data.ordered:
        how = "split by lot"
    return f"{told[0]} rows train, {told[1]} choose thresholds, {told[2]} test: {how}."


# --------------------------------------------------------------------- the features


class _Features:
    """What turns a table of numbers and words into features, learned on some rows."""

    def __init__(self, data: OwnData, rows: Labels):
        self.ordered, self.said = data.ordered, list[str]()
        self.words = [c for c in data.columns if data.table[c].dtype == object]
        self.numbers = [c for c in data.columns if c not in self.words]
        learned = data.table.iloc[rows]
        self.medians = learned[self.numbers].median().fillna(0.0)
        self.scaler = (
            StandardScaler().fit(self._filled(learned)) if self.numbers else None
        )
        self.encoder = OneHotEncoder(
            max_categories=_MOST_WORDS,
            handle_unknown="infrequent_if_exist",
            sparse_output=False,
        )
        if self.words:
            self.encoder.fit(learned[self.words].to_numpy(object))
        names, of_column = (
            list(self.numbers),
            [data.columns.index(column) for column in self.numbers],
        )
        for column, labels in zip(self.words, self._word_names(), strict=True):
            names += [f"{column} = {label}" for label in labels]
            of_column += [data.columns.index(column)] * len(labels)
        self.names, self.of_column = tuple(names), np.array(of_column)
        usual = {c: self.medians[c] for c in self.numbers}
        usual |= {c: learned[c].mode().iloc[0] for c in self.words}
        self.usual = self.of(pd.DataFrame([usual])[data.columns])[0]
        self._tell(data)

    def of(self, table: pd.DataFrame) -> Floats:
        """Return the features of a table (rows, features)."""
        blocks = []
        if self.scaler is not None:
            blocks.append(self.scaler.transform(self._filled(table)))
        if self.words:
            blocks.append(self.encoder.transform(table[self.words].to_numpy(object)))
        return np.clip(np.hstack(blocks), -1e6, 1e6)

    def _filled(self, table: pd.DataFrame) -> Floats:
        numbers = table[self.numbers].astype(float)
        if self.ordered:
            numbers = numbers.ffill()
        return numbers.fillna(self.medians).to_numpy()

    def _word_names(self) -> list[list[str]]:
        if not self.words:
            return []
        named = self.encoder.get_feature_names_out([""] * len(self.words))
        sizes = [
            len(known) if rare is None else len(known) - len(rare) + 1
            for known, rare in zip(
                self.encoder.categories_,
                self.encoder.infrequent_categories_,
                strict=True,
            )
        ]
        starts = np.cumsum([0, *sizes])
        return [
            [str(n)[1:].replace("infrequent_sklearn", "other") for n in named[a:b]]
            for a, b in pairwise(starts)
        ]

    def _tell(self, data: OwnData) -> None:
        gaps = [c for c in self.numbers if data.table[c].isna().any()]
        if gaps:
            how = "the value before, or " if self.ordered else ""
            self.said.append(
                f"Gaps in {some(gaps, 3)} are filled with {how}the median of the "
                "training rows: a gap alone makes no alert."
            )
        if self.words:
            self.said.append(
                f"Words in {some(self.words, 3)} become columns of 0 and 1; words that "
                "are rare, or new after training, share one."
            )
