"""What `load` returns."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from helpers.datasets.cards import Card
from helpers.text import count, percent


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """A data set: features, labels, and what is known about both.

    X: DataFrame, one row per sample (tabular), time step (series), log line or
        session; a series has its time stamps as index
    y: ndarray of 0 (normal) and 1 (anomaly), one per row of X, or None
    feature_names: the columns of X
    card: origin, citation, licence, sizes and known flaws
    extra: what else belongs to the set (original table, attack names, windows);
        the card says what

    Every `load` reads afresh: change X as you like, the next load doesn't see it.
    """

    X: pd.DataFrame
    y: np.ndarray | Any  # who loads by name knows whether it is None
    card: Card
    extra: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names of the columns of X."""
        return tuple(map(str, self.X.columns))

    def __repr__(self) -> str:
        """Return name and sizes in one line."""
        rows, features = self.X.shape
        labels = "no labels"
        if self.y is not None:
            anomalies = int(self.y.sum())
            labels = f"{anomalies:,} anomalies ({percent(anomalies / max(rows, 1))})"
        columns = count(features, "feature")
        return f"<{self.card.name}: {rows:,} rows, {columns}, {labels}>"


def make(card: Card, X: pd.DataFrame, y: object = None, **extra: Any) -> Dataset:
    """Return a `Dataset` with string column names, integer labels and own arrays."""
    X.columns = [str(column) for column in X.columns]
    labels = None if y is None else np.array(y, dtype=np.int64)
    for key, value in extra.items():
        if isinstance(value, np.ndarray):
            extra[key] = value.copy()  # pandas hands out arrays that can't be written
    return Dataset(X, labels, card, MappingProxyType(extra))
