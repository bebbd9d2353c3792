"""Where the course's streams come from: a function for each, from data to `Stream`.

The five streams of Li's thesis (Hannover, 2018), prepared as it prepares them, and one
of ours that ships with the kit. What was published is about the full files; the
smaller files that a course can mirror get settings in proportion (`_scaled`).
"""

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from helpers._arrays import as_count, as_several, check_choice, check_flag
from helpers.datasets.loading import load
from helpers.datasets.readers.kdd import COLUMNS, CONTINUOUS, service_rows
from helpers.datasets.stream import Drift, Published, Settings, Stream
from helpers.errors import KitError
from helpers.files import user_path
from helpers.simulation.drift import (
    RowStream,
    change_label,
    class_by_class,
    insert_chunks,
)
from helpers.text import listed

# the settings of the published runs (batches are of windows, `initial` is rows)
POWER = Published(35_040, 1, 2.19, 0.91, 0.97, 2, Settings(84, 1, 15, 1_008, 5, 9))
SMTP = Published(96_554, 34, 1.23, 0.94, 0.98, 2, Settings(10, 8, 15, 60_000, 1, 50))
HTTP = Published(623_091, 34, 0.65, 0.76, 0.86, 2, Settings(10, 8, 35, 300_000, 1, 200))
BOTH = Published(719_645, 34, 0.73, 0.64, 0.85, 3, Settings(10, 8, 15, 60_000, 4, 50))
FOREST = Published(
    581_012, 7, 0.47, 0.74, 0.82, 8, Settings(10, 8, 25, 100_000, 10, 100)
)

FOREST_COLUMNS = [
    "Elevation",
    "Aspect",
    "Slope",
    "Horizontal_Distance_To_Hydrology",
    "Vertical_Distance_To_Hydrology",
    "Horizontal_Distance_To_Roadways",
    "Horizontal_Distance_To_Fire_Points",
]
SOILS = {
    1: "red soil",
    2: "cotton crop",
    3: "grey soil",
    4: "damp grey soil",
    5: "vegetation stubble",
    7: "very damp grey soil",
}


def _scaled(published: Published, n_rows: int) -> Settings:
    """Return the published settings for a stream of `n_rows`, in proportion.

    `initial` and `trigger` shrink as the stream does: with 50 batches of hard windows
    to wait for, a tenth of the stream would end before its first update.
    """
    share, own = n_rows / published.rows, published.settings
    windows = max(1, round(own.initial * share) // own.window)
    trigger = max(1, round(own.trigger * share))
    return replace(own, initial=windows * own.window, trigger=trigger)


# --- power demand -----------------------------------------------------------------


def power_demand(labels: str | os.PathLike | None = None) -> Stream:
    """Power demand of 1997 every two hours: 51 weeks of 84 values, nine odd days.

    `labels` names a CSV of your own labels in place of the nine days: a column `date`
    (whole days, such as 1997-03-28) or two columns `start` and `stop` (positions, half
    open), and a column `name` if you like.
    """
    dataset = load("power_demand_nl_1997")
    times = pd.DatetimeIndex(dataset.X.index)
    events = dataset.extra["events"]
    if labels is not None:
        events = read_events(labels, times)
    y, kinds = np.zeros(len(times), dtype=np.int64), np.full(len(times), "", object)
    for start, stop, name in events.itertuples(index=False):
        y[start:stop], kinds[start:stop] = 1, name
    return Stream(
        "power_demand",
        dataset.card.title,
        dataset.X.to_numpy(dtype=np.float64),
        y,
        ("demand",),
        kinds,
        POWER.settings,
        POWER,
        times=times,
        notes=(
            "39 weeks after the first 12, 6 of them anomalous: one week decides "
            "whether ROC-AUC is 0.91 or 0.97.",
            "The published share of anomalies, 2.19 %, is that of 8 days among 365.",
        ),
    )


def read_events(path: str | os.PathLike, times: pd.DatetimeIndex) -> pd.DataFrame:
    """Return start, stop and name of each stretch in a file of labels.

    The file is a CSV with `date`, or with `start` and `stop`, as `power_demand` says.
    Raises `KitError` with the file's name and the line that can't be.
    """
    table = _read_table(path)
    if "date" in table:
        found = [_day(path, row, times) for row in table.to_dict("records")]
    elif {"start", "stop"} <= set(table):
        found = [_stretch(path, row, len(times)) for row in table.to_dict("records")]
    else:
        raise KitError(f"{path} needs a column date, or columns start and stop.")
    return pd.DataFrame(found, columns=["start", "stop", "name"])


def _read_table(path: str | os.PathLike) -> pd.DataFrame:
    try:
        table = pd.read_csv(user_path(path), dtype=str, keep_default_na=False)
    except OSError as error:
        raise KitError(f"{path} can't be read: {error.strerror}.") from None
    except (ValueError, pd.errors.ParserError) as error:
        line = str(error).splitlines()[0]
        raise KitError(f"{path} is no CSV of labels: {line}.") from None
    return table.set_axis([str(name).strip() for name in table.columns], axis=1)


def _day(
    path: str | os.PathLike, row: dict[str, str], times: pd.DatetimeIndex
) -> tuple[int, int, str]:
    try:
        day = pd.Timestamp(row["date"]).normalize()
    except ValueError:
        raise KitError(f"{path}: {row['date']!r} is no date like 1997-03-28.") from None
    inside = np.flatnonzero(times.normalize() == day)
    if not len(inside):
        raise KitError(
            f"{path}: {row['date']!r} is not in the stream, which has "
            f"{times[0]:%Y-%m-%d} to {times[-1]:%Y-%m-%d}."
        )
    return int(inside[0]), int(inside[-1]) + 1, row.get("name") or "labelled"


def _stretch(
    path: str | os.PathLike, row: dict[str, str], n_rows: int
) -> tuple[int, int, str]:
    told = f"{row['start']} to {row['stop']}"
    try:
        start, stop = int(row["start"]), int(row["stop"])
    except ValueError:
        raise KitError(f"{path}: {told} are no two whole numbers.") from None
    if not 0 <= start < stop <= n_rows:
        raise KitError(f"{path}: {told} is no stretch of a stream of {n_rows:,} rows.")
    return start, stop, row.get("name") or "labelled"


# --- KDD Cup 1999 -----------------------------------------------------------------


def smtp(
    full: bool = False, columns: Sequence[str] | str | os.PathLike | None = None
) -> Stream:
    """KDD Cup 1999, service smtp: 34 columns, y = an attack.

    From the 10 % file that a course can mirror, or with `full` from the full one.
    `columns` names others than the 34: a list, or a text file with one a line.
    """
    stream = _service("smtp", SMTP, full, columns)
    return replace(stream, notes=(*stream.notes, _SIX_OF_TEN + _SMTP_RUN))


def http(
    full: bool = False, columns: Sequence[str] | str | os.PathLike | None = None
) -> Stream:
    """KDD Cup 1999, service http: 34 columns, y = an attack; options as in `smtp`."""
    stream = _service("http", HTTP, full, columns)
    return replace(stream, notes=(*stream.notes, _SIX_OF_TEN + _HTTP_RUN))


_SIX_OF_TEN = (
    "A published window is anomalous when more than 5 of its 10 rows are "
    "(`window_labels(least=6)`), ours when any is. "
)
_SMTP_RUN = (
    "The published run counts neptune only, and moved the first 10,000 rows after the "
    "initialisation to the end."
)
_HTTP_RUN = "The published run swapped two parts of the file; where is not known."


def smtp_http(
    full: bool = False, columns: Sequence[str] | str | os.PathLike | None = None
) -> Stream:
    """All of smtp, then all of http: one sudden drift; options as in `smtp`."""
    first, second = smtp(full, columns), http(full, columns)
    n_rows = len(first) + len(second)
    scaled = replace(_scaled(BOTH, n_rows), initial=first.initial)  # smtp's model
    return Stream(
        "smtp_http",
        "KDD Cup 1999, service smtp and then http" + _part(full),
        np.concatenate([first.X, second.X]),
        np.concatenate([first.y, second.y]),
        first.feature_names,
        np.concatenate([first.kinds, second.kinds]),
        BOTH.settings if full else scaled,
        BOTH,
        (Drift(len(first), "smtp -> http"),),
        notes=() if full else (_smaller(n_rows, BOTH, scaled),),
    )


def _service(
    service: str,
    published: Published,
    full: bool,
    columns: Sequence[str] | str | os.PathLike | None,
) -> Stream:
    check_flag(full, "full")
    names = _columns(columns)
    file = "kddcup99_full" if full else "kddcup99_10_percent"
    table, attack = service_rows(file, service, names)
    own = published.settings if full else _scaled(published, len(table))
    return Stream(
        service,
        f"KDD Cup 1999, service {service}" + _part(full),
        table.to_numpy(dtype=np.float64),
        (attack != "normal").astype(np.int64),
        tuple(names),
        attack,
        own,
        published,
        notes=() if full else (_smaller(len(table), published, own),),
    )


def _part(full: bool) -> str:
    return "" if full else " (10 % file)"


def _smaller(n_rows: int, published: Published, own: Settings) -> str:
    given = published.settings
    return (
        f"{n_rows:,} rows of the published {published.rows:,}: the initialisation "
        f"takes {own.initial:,} rows, not {given.initial:,}, and an update waits for "
        f"{own.trigger} batches, not {given.trigger}. Published results are about the "
        "full file."
    )


def _columns(columns: Sequence[str] | str | os.PathLike | None) -> list[str]:
    """Return the names of the columns to keep; the 34 continuous ones for None."""
    if columns is None:
        return list(CONTINUOUS)
    names = list(columns) if isinstance(columns, list | tuple) else _names(columns)
    numeric = set(COLUMNS) - {"protocol_type", "service", "flag"}
    strange = [name for name in names if name not in numeric]
    if strange:
        raise KitError(f"{strange[0]!r} is no column of numbers of KDD Cup 1999.")
    if not names or len(set(names)) < len(names):
        raise KitError("Name at least one column of KDD Cup 1999, and each once.")
    return names


def _names(path: Any) -> list[str]:
    try:
        lines = user_path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError, TypeError) as error:
        reason = getattr(error, "strerror", None) or "no text of column names"
        raise KitError(f"{path} can't be read: {reason}.") from None
    return [line.strip() for line in lines if line.strip()]


# --- forest cover -----------------------------------------------------------------


def forest(
    full: bool = False,
    order: str = "types",
    most: int | None = None,
    random_state: int = 0,
) -> Stream:
    """Forest cover, 7 columns; type 4 is the anomaly, the other six are normal.

    `order="types"`: type after type (1, a part of 2, 3, 5, 6, 7, the rest of 2), with
    type 4 put in as chunks of 5 to 100 rows at random places, of which `random_state`
    decides, and `most` how many rows of type 4 there are; `order="file"`: as in the
    file. From the sample of 15,120 rows, or with `full` from all 581,012.
    """
    check_flag(full, "full")
    check_choice(order, "order", ("types", "file"))
    dataset = load("covtype" if full else "covtype_15120")
    types = dataset.extra["type"]
    arrival = _forest_order(types, order, most, random_state)
    own = FOREST.settings if full else _scaled(FOREST, len(types))
    if not full:  # as in the full set, less than half of the first type
        own = replace(own, initial=1_000)
    return Stream(
        "forest",
        dataset.card.title + (", type after type" if order == "types" else ""),
        dataset.X[FOREST_COLUMNS].to_numpy(dtype=np.float64)[arrival.rows],
        arrival.y,
        tuple(FOREST_COLUMNS),
        np.array([f"type {kind}" for kind in arrival.kinds], dtype=object),
        own,
        FOREST,
        arrival.drifts,
        notes=() if full else (_smaller(len(types), FOREST, own), _SAMPLE),
    )


_SAMPLE = (
    "The sample has 2,160 rows of every type: with all of type 4 in, 14 % of the "
    "stream are anomalies, not 0.47 %; `most` takes fewer."
)


def _forest_order(
    types: np.ndarray, order: str, most: int | None, random_state: int
) -> RowStream:
    if order == "file":
        if most is not None:
            raise ValueError("most is for order='types'; the file has all rows")
        return RowStream(np.arange(len(types)), types, (types == 4).astype(np.int64))
    n_second = round(int((types == 2).sum()) * 150_000 / 283_301)
    normal = class_by_class(types, [1, (2, n_second), 3, 5, 6, 7, 2])
    named = [replace(one, name=f"type {one.name}") for one in normal.drifts]
    normal = replace(normal, drifts=tuple(named))
    return insert_chunks(normal, [4], most=most, random_state=random_state)


# --- satellite --------------------------------------------------------------------


def satellite(
    anomalous: Sequence[str] = ("cotton crop", "vegetation stubble"),
    most: int = 110,
    becomes_normal: str | None = None,
    random_state: int = 3,
) -> Stream:
    """Landsat soils, one after the other, and three rare ones: ships with the kit.

    Red, grey, very damp grey and again red soil: three sudden drifts, the last one
    back. `most` rows of each soil in `anomalous` (cotton crop, vegetation stubble,
    damp grey soil, which is the hard one) are put in as chunks of 5 to 30 rows. With
    `becomes_normal`, one of these, its rows are normal from the middle of the stream
    on: an anomaly that becomes normal.

    With the usual `random_state` the initialisation meets both kinds of anomaly, and
    either comes before and after the middle; with another one it may meet none.
    """
    dataset = load("satellite")
    soils = np.array([SOILS[soil] for soil in dataset.extra["soil_class"]], object)
    order = [("red soil", 1_000), "grey soil", "very damp grey soil", "red soil"]
    rare = as_several(anomalous)
    for soil in rare:
        check_choice(soil, "anomalous", tuple(SOILS[number] for number in (2, 4, 5)))
    arrival = insert_chunks(
        class_by_class(soils, order),
        rare,
        chunk=(5, 30),
        most=as_count(most, "most", least=10),
        random_state=random_state,
    )
    if becomes_normal is not None:
        check_choice(becomes_normal, "becomes_normal", tuple(rare))
        arrival = change_label(arrival, becomes_normal, len(arrival) // 2)
    return Stream(
        "satellite",
        f"Landsat: soil after soil, {listed(rare)} among them",
        dataset.X.to_numpy(dtype=np.float64)[arrival.rows],
        arrival.y,
        dataset.feature_names,
        arrival.kinds,
        Settings(window=10, batch=8, hidden=25, initial=700, hard_points=4, trigger=5),
        drifts=arrival.drifts,
        notes=(
            "A stream of ours: the table has no time, so the order is made up.",
            "Rows of a soil keep the order of the picture: neighbours are alike.",
        ),
    )
