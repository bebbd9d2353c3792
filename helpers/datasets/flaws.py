"""Flaws that can be counted: the sentences a card must have, computed from the data."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from helpers.datasets.dataset import Dataset

TELLING = 0.95  # a single column with this ROC-AUC is worth a sentence


def audit(dataset: Dataset) -> tuple[str, ...]:
    """Return one sentence per countable flaw of a data set.

    Tables and sessions: repeated rows, rows with both labels, missing values,
    constant columns, labels in blocks, a column that nearly is the label. Series:
    what `audit_stamps` finds. A test compares the sentences with the cards.
    """
    if dataset.card.kind in ("tabular", "sessions"):
        return audit_table(dataset.X, dataset.y)
    if isinstance(dataset.X.index, pd.DatetimeIndex):
        return audit_stamps(dataset.X.index)
    return ()


def audit_table(X: pd.DataFrame, y: np.ndarray | None = None) -> tuple[str, ...]:
    """Return one sentence per countable flaw of a table, with labels if given.

    X: (n, features), y: (n,) of 0 and 1
    """
    flaws = list(_flaws_of_rows(X))
    if y is not None and 0 < np.sum(y) < len(y):
        flaws += _flaws_of_labels(X, np.asarray(y))
    return tuple(flaws)


def audit_stamps(index: pd.DatetimeIndex) -> tuple[str, ...]:
    """Return one sentence per flaw of time stamps: order, repeats, gaps."""
    flaws = []
    if not index.is_monotonic_increasing:
        flaws.append("The time stamps are not in order.")
    repeated = int(index.duplicated().sum())
    if repeated:
        flaws.append(f"Repeated time stamps: {repeated:,}.")
    distinct = index.unique().sort_values()
    steps = np.diff(distinct.to_numpy())
    missing = int((np.round(steps / np.median(steps)) - 1).sum())
    if missing:
        flaws.append(f"Missing time steps: {missing:,}.")
    return tuple(flaws)


def _flaws_of_rows(X: pd.DataFrame) -> Iterator[str]:
    repeats = int(X.duplicated().sum())
    if repeats:
        yield f"Repeated rows: {repeats:,} of {len(X):,}."
    missing = int(X.isna().to_numpy().sum())
    if missing:
        yield f"Missing values: {missing:,}."
    constant = int((X.nunique() <= 1).sum())
    if constant:
        yield f"Constant columns: {constant} of {X.shape[1]}."


def _flaws_of_labels(X: pd.DataFrame, y: np.ndarray) -> Iterator[str]:
    rows = pd.util.hash_pandas_object(X, index=False)
    share = pd.Series(y).groupby(rows.to_numpy()).transform("mean")
    both = int(((share > 0) & (share < 1)).sum())
    if both:
        yield f"Rows with a twin that has the other label: {both:,}."
    if np.count_nonzero(np.diff(y)) == 1:
        end = "first" if y[0] else "last"
        yield f"Anomalies come {end}: shuffle before you split by position."
    column, area = most_telling_column(X, y)
    if area >= TELLING:
        yield f"Column {column} alone reaches ROC-AUC {area:.4f}."


def most_telling_column(X: pd.DataFrame, y: np.ndarray) -> tuple[str, float]:
    """Return the numeric column that ranks best by itself, and its ROC-AUC."""
    from scipy.stats import rankdata

    anomalies = np.flatnonzero(y)
    pairs = len(anomalies) * (len(y) - len(anomalies))
    best = ("", 0.0)
    for column in X.select_dtypes("number"):
        ranks = rankdata(X[column].to_numpy())[anomalies]
        area = (ranks.sum() - len(anomalies) * (len(anomalies) + 1) / 2) / pairs
        area = max(area, 1 - area)
        if area > best[1]:
            best = (str(column), float(area))
    return best
