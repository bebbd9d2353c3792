"""What a stream is: rows in the order they arrive, the truth, and how it was run.

A window here is `window` rows, one after the other, that overlap no other window.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from helpers._arrays import Floats, Labels, as_count, as_labels, as_table, same_length
from helpers.simulation.drift import Drift
from helpers.text import count, percent
from helpers.windows import window_labels

__all__ = ["Drift", "Published", "Settings", "Stream"]


@dataclass(frozen=True)
class Settings:
    """How a stream is learned from and followed.

    window: rows in a window (T)
    batch: windows scored at a time (MB)
    hidden: units of the recurrent layer
    initial: rows that the initialisation takes; the rest is the stream
    hard_points: points above the threshold that make a normal window hard (HC)
    trigger: batches of hard normal windows that start an update (K)
    """

    window: int
    batch: int
    hidden: int
    initial: int
    hard_points: int
    trigger: int


@dataclass(frozen=True)
class Published:
    """What the thesis of Li (Hannover, 2018) reports of a stream.

    rows, features, anomaly_percent: its table of data sets
    auc_stationary, auc_adaptive: window ROC-AUC without and with updates
    updates: how many updates there were
    settings: of its own runs; units as in ours
    """

    rows: int
    features: int
    anomaly_percent: float
    auc_stationary: float
    auc_adaptive: float
    updates: int
    settings: Settings


@dataclass(frozen=True, eq=False, repr=False)
class Stream:
    """A stream with known truth.

    name, title: how it is called, what it is
    X: rows in the order they arrive (n, features)
    y: 1 where a row is an anomaly when it arrives, else 0 (n,)
    feature_names: one per column of X
    kinds: what each row is, in words: attack, cover type, day (n,); never an input
    settings: ours; its `initial` first rows are for the initialisation
    published: what was published about it, None for a stream of ours
    drifts: what changes, where, in the order of time
    times: time stamps, or None
    notes: what one should know before comparing
    """

    name: str
    title: str
    X: Floats
    y: Labels
    feature_names: tuple[str, ...]
    kinds: np.ndarray
    settings: Settings
    published: Published | None = None
    drifts: tuple[Drift, ...] = ()
    times: pd.DatetimeIndex | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raise `ValueError` for parts that do not fit together."""
        X = as_table(self.X, "X", columns=None)
        same_length(X, as_labels(self.y, "y"), self.kinds, names=("X", "y", "kinds"))
        if not np.isfinite(X).all():
            raise ValueError("X has missing or infinite values; fill or drop them")
        if len(self.feature_names) != X.shape[1]:
            raise ValueError(
                f"{len(self.feature_names)} feature names for {X.shape[1]} columns"
            )
        as_count(self.settings.initial, "initial", least=1, most=len(X))

    @property
    def window(self) -> int:
        """Rows in a window."""
        return self.settings.window

    @property
    def initial(self) -> int:
        """How many of the first rows the initialisation takes."""
        return self.settings.initial

    def window_labels(self, window: int | None = None, *, least: int = 1) -> Labels:
        """Return the label of each whole window: 1 where `least` of its rows are."""
        length = self.window if window is None else window
        return window_labels(self.y, length, stride=length, min_points=least)

    def __len__(self) -> int:
        return len(self.X)

    def __repr__(self) -> str:
        """Return sizes in one line."""
        anomalies = int(self.y.sum())
        return (
            f"<stream {self.name}: {len(self):,} rows, "
            f"{count(len(self.feature_names), 'feature')}, {anomalies:,} anomalies "
            f"({percent(anomalies / len(self))}), {count(len(self.drifts), 'drift')}>"
        )
