"""The table that models for serving are trained and judged on."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from helpers.datasets import load
from helpers.datasets.errors import DatasetUnavailable
from helpers.errors import KitError

__all__ = ["SPLITS", "Parts", "parts"]

SPLITS = ("8020", "9010")
BUNDLED = "shuttle"


@dataclass(frozen=True)
class Parts:
    """Normal training rows, and labelled rows to judge by (1 = anomaly)."""

    name: str
    train: pd.DataFrame
    X: pd.DataFrame
    y: NDArray


def parts(split: str) -> tuple[Parts, str]:
    """Return the rows of a split of KDD99, and a line that says what they are.

    Without the KDD99 files they are of the bundled table: half of its normal rows to
    train on, the rest to judge. Raises `KitError` for another split.
    """
    if split not in SPLITS:
        raise KitError(f"no split {split!r}: --split is one of {', '.join(SPLITS)}")
    try:
        data = load(f"deepad_{split}")
    except DatasetUnavailable:
        return _bundled(), f"KDD99 is not on this machine: {BUNDLED} stands in for it."
    found = Parts(data.card.name, data.extra["train"], data.X, np.asarray(data.y))
    return found, f"KDD99, split {split}: {len(found.train)} normal rows to train on."


def _bundled() -> Parts:
    data = load(BUNDLED)
    y = np.asarray(data.y)
    normal = np.random.default_rng(0).permutation(np.flatnonzero(y == 0))
    train = np.sort(normal[: len(normal) // 2])
    rest = np.setdiff1d(np.arange(len(y)), train)
    X = data.X.reset_index(drop=True)
    return Parts(BUNDLED, X.iloc[train], X.iloc[rest], y[rest])
