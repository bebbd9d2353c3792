"""Time series: X has one row per time step, and time stamps as index where known.

`extra["events"]` has one row per anomalous stretch: `start` and `stop` are positions
in X, half open as in a slice, and `name` says what happened, as far as it is known.
"""

import json
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from helpers.datasets.cards import Card
from helpers.datasets.dataset import Dataset, make
from helpers.datasets.files import read_file
from helpers.datasets.readers.tabular import read_csv


def _events(rows: Iterable[tuple[int, int, str]]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=["start", "stop", "name"])


def _labels(n_points: int, events: pd.DataFrame) -> np.ndarray:
    """Return 0/1 labels of shape (n_points,): one inside an event."""
    y = np.zeros(n_points, dtype=np.int64)
    for start, stop in zip(events["start"], events["stop"], strict=True):
        y[start:stop] = 1
    return y


def stamped(card: Card) -> Dataset:
    """Read a CSV whose first column is the time, with the card's column names.

    With an offset in the stamps the index is in UTC.
    """
    table = read_csv(card.files[0])
    X = table.iloc[:, 1:].set_axis(card.options["columns"], axis=1)
    has_offset = "+" in str(table.iloc[0, 0])
    index = pd.to_datetime(table.iloc[:, 0], utc=has_offset)
    return make(card, X.set_index(pd.DatetimeIndex(index, name="timestamp")))


def elecdemand(card: Card) -> Dataset:
    """Victoria 2014: demand and temperature; y = 1 on the ten public holidays."""
    table = read_csv(card.files[0], parse_dates=["timestamp"]).set_index("timestamp")
    holidays = pd.to_datetime(list(card.options["holidays"]))
    starts = table.index.get_indexer(holidays)
    day_names = card.options["holidays"].values()
    events = _events(
        (start, start + 48, name)
        for start, name in zip(starts.tolist(), day_names, strict=True)
    )
    X = table.drop(columns="WorkDay")
    return make(card, X, _labels(len(X), events), events=events, table=table)


def plain_series(card: Card) -> Dataset:
    """Read a column of numbers; `options.injected` holds the positions of y = 1."""
    X = read_csv(card.files[0], header=None, names=["value"])
    injected = card.options.get("injected")
    if injected is None:
        return make(card, X)
    events = _events((point, point + 1, "injected") for point in injected)
    return make(card, X, _labels(len(X), events), events=events)


def twin_series(card: Card) -> Dataset:
    """Nine days and a half of the demand in taylor, as long as the course's series.

    `options.first` is where they start; with `options.at` and `options.change` the
    faults of the course are put in, the series without them is in `extra["clean"]`.
    """
    from helpers.simulation import inject_faults

    demand = read_csv(card.files[0]).set_axis(["timestamp", "demand_mw"], axis=1)
    demand.index = pd.DatetimeIndex(demand.pop("timestamp"), name="timestamp")
    first = card.options["first"]
    clean = demand.iloc[first : first + 453].astype(float)
    if "at" not in card.options:
        return make(card, clean)
    at, change = card.options["at"], card.options["change"]
    made = inject_faults(clean["demand_mw"], at=at, change=change)
    events = _events((point, point + 1, "injected") for point in at)
    faulty = clean.assign(demand_mw=made.series)
    return make(card, faulty, made.y, events=events, clean=clean)


def ucr(card: Card) -> Dataset:
    """Read a UCR archive series: the test part; the training part in `extra`."""
    train, test = (read_csv(name) for name in card.files)
    points = np.flatnonzero(test["is_anomaly"])
    events = _events([(int(points[0]), int(points[-1]) + 1, card.options["event"])])
    parts = {"train": train[["value"]], "events": events}
    return make(card, test[["value"]], test["is_anomaly"], **parts)


def power_demand(card: Card) -> Dataset:
    """Power demand 1997: every 8th quarter hour, 51 weeks of 84 values.

    Bin Li (Hannover, 2018): drop the first 60 and the last 36 of the 4,380 values, so
    that the series starts on Monday, 6 January. The full series is in `extra`.
    """
    quarters = read_csv(card.files[0], header=None, names=["demand"])
    quarters.index = pd.date_range(
        "1997-01-01", periods=len(quarters), freq="15min", name="timestamp"
    )
    X = quarters.iloc[::8].iloc[60:-36].copy()
    events = _events(
        (day["start"], day["start"] + 12, day["name"]) for day in card.options["days"]
    )
    y = _labels(len(X), events)
    return make(card, X, y, events=events, quarter_hours=quarters)


def nab(card: Card) -> Dataset:
    """Read a series of the Numenta benchmark: y = 1 inside its label windows."""
    series_name, windows_name, labels_name = card.files
    table = read_csv(series_name, parse_dates=["timestamp"]).set_index("timestamp")
    key = card.options["key"]
    windows = pd.DataFrame(
        json.loads(read_file(windows_name))[key], columns=["start", "stop"]
    ).apply(pd.to_datetime)
    points = pd.DatetimeIndex(json.loads(read_file(labels_name))[key])
    events = _events(_inside(table.index, window) for window in windows.itertuples())
    extra = {"events": events, "windows": windows, "point_labels": points}
    return make(card, table, _labels(len(table), events), **extra)


def _inside(index: pd.DatetimeIndex, window: Any) -> tuple[int, int, str]:
    """Return the positions that a window covers; both its ends belong to it."""
    inside = np.flatnonzero((index >= window.start) & (index <= window.stop))
    return int(inside[0]), int(inside[-1]) + 1, "label window"


def nab_labels(card: Card) -> Dataset:
    """Read a label file of the Numenta benchmark: one row per window or point."""
    content = json.loads(read_file(card.files[0]))
    columns = list(card.options["columns"])
    rows = [
        (name, *np.atleast_1d(entry).tolist())
        for name, entries in content.items()
        for entry in entries
    ]
    X = pd.DataFrame(rows, columns=["series", *columns])
    X[columns] = X[columns].apply(pd.to_datetime)
    return make(card, X)
