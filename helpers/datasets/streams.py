"""Streams with drifts and known truth: `load_stream("satellite")`.

    power_demand  weeks of a building, holidays are the anomalies
    smtp, http, smtp_http  network connections of KDD Cup 1999
    forest        cover types, one after the other
    satellite     soils, one after the other; ships with the kit

`write_stream` and `read_stream` keep one in a folder, `statistics` compares several.
`datasets/STREAMS.md` has the table of all.
"""

import difflib
import inspect
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pandas as pd

from helpers._arrays import as_several, as_told
from helpers.datasets import stream_sources as sources
from helpers.datasets.errors import UnknownDataset
from helpers.datasets.flaws import most_telling_column
from helpers.datasets.stream import Drift, Published, Settings, Stream
from helpers.datasets.stream_files import read_stream, write_stream
from helpers.errors import KitError

__all__ = [
    "Drift",
    "Published",
    "Settings",
    "Stream",
    "load_stream",
    "read_stream",
    "statistics",
    "stream_names",
    "write_stream",
]

_SOURCES: dict[str, Callable[..., Stream]] = {
    "power_demand": sources.power_demand,
    "smtp": sources.smtp,
    "http": sources.http,
    "smtp_http": sources.smtp_http,
    "forest": sources.forest,
    "satellite": sources.satellite,
}


def stream_names() -> tuple[str, ...]:
    """Return the names of all streams."""
    return tuple(_SOURCES)


def load_stream(name: str, **options: Any) -> Stream:
    """Return the stream `name`, prepared as it was published.

    Options, where a stream has them (`help(helpers.datasets.stream_sources)`):
    `full` (the full file, not the one a course can mirror), `columns`, `labels`,
    `order`, `anomalous`, `most`, `becomes_normal`, `random_state`.

    Raises `UnknownDataset` for another name, `KitError` for an option that this stream
    lacks, `DatasetUnavailable` when a file is not here and can't be fetched.

    >>> load_stream("satellite")
    <stream satellite: 4,619 rows, 36 features, 220 anomalies (4.76 %), 3 drifts>
    """
    source = _source(name)
    known = list(inspect.signature(source).parameters)
    strange = [option for option in options if option not in known]
    if strange:
        raise KitError(
            f"The stream {name} has no option {strange[0]!r}; "
            f"it has {', '.join(known)}."
        )
    return source(**options)


def _source(name: str) -> Callable[..., Stream]:
    if not isinstance(name, str):
        raise UnknownDataset(
            f"The name of a stream is a text like 'smtp', not {type(name).__name__}."
        )
    folded = name.strip().casefold().replace("-", "_").replace("+", "_")
    if folded in _SOURCES:
        return _SOURCES[folded]
    near = difflib.get_close_matches(folded, _SOURCES, n=1, cutoff=0.6)
    hint = f" Did you mean {near[0]}?" if near else ""
    raise UnknownDataset(
        f"No stream is called {name[:60]!r}.{hint} There are {', '.join(_SOURCES)}."
    )


def statistics(streams: Stream | Iterable[Stream]) -> pd.DataFrame:
    """Return a row per stream: its sizes, counted, beside the published ones.

    dims, instances, anomalies and their share in %, windows and the share of anomalous
    ones, drifts; the one column that ranks the rows best by itself, with its ROC-AUC:
    what any detector has to beat; instances and anomalies as published, where they are.

    Raises `ValueError` for what is no stream; one alone is a list of one.
    """
    found = as_several(streams)
    for each in found:
        if not isinstance(each, Stream):
            raise ValueError(
                "streams must hold streams, as load_stream returns them; got "
                f"{as_told(each)}"
            )
    rows = {stream.name: _row(stream) for stream in found}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("stream")


def _row(stream: Stream) -> dict[str, Any]:
    windows, published = stream.window_labels(), stream.published
    table = pd.DataFrame(stream.X, columns=list(stream.feature_names))
    column, area = most_telling_column(table, stream.y)
    return {
        "dims": stream.X.shape[1],
        "instances": len(stream),
        "anomalies": int(stream.y.sum()),
        "anomalies %": round(100 * float(stream.y.mean()), 2),
        "windows": len(windows),
        "anomalous windows %": round(100 * float(windows.mean()), 2),
        "drifts": len(stream.drifts),
        "one column": column,
        "its ROC-AUC": round(area, 4),
        "published instances": published.rows if published else None,
        "published anomalies %": published.anomaly_percent if published else np.nan,
    }
