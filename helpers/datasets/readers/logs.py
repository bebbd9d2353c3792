"""Logs: sessions of event numbers, structured log lines, and plain tables."""

import numpy as np
import pandas as pd

from helpers.datasets.cards import Card
from helpers.datasets.dataset import Dataset, make
from helpers.datasets.files import read_file
from helpers.datasets.readers.tabular import read_csv


def sessions(card: Card) -> Dataset:
    """Read sessions, one a line: X has a column of tuples of event numbers.

    `options.labels` gives the label of all sessions of a file, file by file.
    """
    parts = [_sessions(name) for name in card.files]
    y = np.repeat(card.options["labels"], [len(part) for part in parts])
    events = pd.Series([one for part in parts for one in part], dtype=object)
    return make(card, events.to_frame("events"), y)


def _sessions(name: str) -> list[tuple[int, ...]]:
    lines = read_file(name).decode("ascii").splitlines()
    return [tuple(map(int, line.split())) for line in lines]


def log_lines(card: Card) -> Dataset:
    """Read a loghub sample; a `Label` column other than `-` marks an anomaly."""
    X = read_csv(card.files[0], keep_default_na=False)
    if "Label" not in X:
        return make(card, X)
    label = X.pop("Label").to_numpy(dtype=object)
    return make(card, X, label != "-", alert=label)


def table(card: Card) -> Dataset:
    """Read a plain table, with the card's separator and column names if it has any."""
    columns = card.options.get("columns")
    separator = card.options.get("separator", ",")
    header = 0 if columns is None else None
    X = read_csv(card.files[0], sep=separator, header=header, names=columns)
    return make(card, X)
