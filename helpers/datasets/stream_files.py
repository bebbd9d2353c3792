"""A stream on disk: two files of the same shape for all streams.

`stream.csv` has a row per row of the stream: the time stamp where there is one, the
features, the label, the kind. `stream.toml` says the rest: names, drifts, settings.
Reading gives back the very same numbers.
"""

import json
import os
import tomllib
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pandas as pd

from helpers.datasets.stream import Drift, Published, Settings, Stream
from helpers.errors import KitError
from helpers.files import as_path, write_files

TABLE, TEXT = "stream.csv", "stream.toml"


def write_stream(stream: Stream, folder: str | os.PathLike) -> Path:
    """Write `stream` into `folder`, which is made where it is missing; return it.

    Both files are written or none; those of an earlier stream are replaced. Raises
    `OSError` with a name when the disk refuses.
    """
    place = as_path(folder, "folder")
    place.mkdir(parents=True, exist_ok=True)
    text = _as_toml(stream).encode("utf-8")
    write_files({place / TABLE: [_as_csv(stream)], place / TEXT: [text]})
    return place


def read_stream(folder: str | os.PathLike) -> Stream:
    """Return the stream that `write_stream` wrote into `folder`.

    Raises `KitError` with the file's name when one is missing, torn, or not of a
    stream.
    """
    place = as_path(folder, "folder")
    told = _read_toml(place / TEXT)
    try:
        parts = _described(told)
        return Stream(**parts, **_read_csv(place / TABLE, told))
    except KeyError as error:
        raise KitError(f"{place / TEXT} lacks {error.args[0]!r}.{_AGAIN}") from None
    except (TypeError, ValueError) as error:
        line = str(error).splitlines()[0]
        raise KitError(f"{place} holds no whole stream: {line}.{_AGAIN}") from None


_AGAIN = " Prepare the stream again."


def _as_csv(stream: Stream) -> bytes:
    """Return the table; its header is for people, names are read from the text."""
    names = [" ".join(name.split()) for name in stream.feature_names]
    table = pd.DataFrame(stream.X, columns=names)
    if stream.times is not None:
        table.insert(0, "time", stream.times, allow_duplicates=True)
    for name, values in (("y", stream.y), ("kind", stream.kinds)):
        table.insert(table.shape[1], name, values, allow_duplicates=True)
    return table.to_csv(index=False, lineterminator="\n").encode("utf-8")


def _read_csv(path: Path, told: dict[str, Any]) -> dict[str, Any]:
    """Return X, y, kinds and times; columns count by their place, not by name."""
    if not path.is_file():
        _missing(path)
    first, width = int(told["times"]), len(told["features"])
    y, kind = first + width, first + width + 1
    rest = pd.read_csv(
        path,
        header=None,
        skiprows=1,
        usecols=[*range(first), y, kind],
        dtype={y: np.int64, kind: str},
        keep_default_na=False,
    )
    if len(rest) != told["rows"]:
        raise ValueError(f"{TABLE} has {len(rest):,} rows of {told['rows']:,}")
    return {
        "X": _read_numbers(path, range(first, y)),
        "y": rest[y].to_numpy(),
        "kinds": rest[kind].to_numpy(dtype=object),
        "times": pd.DatetimeIndex(pd.to_datetime(rest[0])) if first else None,
    }


def _read_numbers(path: Path, columns: range) -> np.ndarray:
    """Return columns of a CSV as floats, each the very number that was written."""
    return np.loadtxt(
        path,
        delimiter=",",
        comments=None,
        quotechar='"',
        skiprows=1,
        usecols=columns,
        ndmin=2,
        encoding="utf-8",
    )


def _missing(path: Path) -> NoReturn:
    raise KitError(f"{path} is missing.{_AGAIN}")


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        _missing(path)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise KitError(f"{path} is no valid TOML: {error}.{_AGAIN}") from None
    except OSError as error:
        raise KitError(f"{path} can't be read: {error.strerror}.") from None


def _described(told: dict[str, Any]) -> dict[str, Any]:
    """Return what the text says of a stream, as arguments of `Stream`."""
    published = told.get("published")
    if published is not None:
        own = Settings(**published["settings"])
        published = Published(**{**published, "settings": own})
    return {
        "name": told["name"],
        "title": told["title"],
        "feature_names": tuple(told["features"]),
        "settings": Settings(**told["settings"]),
        "published": published,
        "drifts": tuple(Drift(**drift) for drift in told.get("drifts", [])),
        "notes": tuple(told["notes"]),
    }


def _as_toml(stream: Stream) -> str:
    """Return the text; JSON's strings, numbers and lists are TOML's too."""
    top = {
        "name": stream.name,
        "title": stream.title,
        "rows": len(stream),
        "times": stream.times is not None,
        "features": list(stream.feature_names),
        "notes": list(stream.notes),
    }
    parts = [_lines(top), "[settings]", _lines(asdict(stream.settings))]
    if stream.published is not None:
        values = asdict(stream.published)
        own = values.pop("settings")
        parts += ["[published]", _lines(values)]
        parts += ["[published.settings]", _lines(own)]
    for drift in stream.drifts:
        parts += ["[[drifts]]", _lines(asdict(drift))]
    return "\n".join(parts)


def _lines(values: dict[str, Any]) -> str:
    told = [
        f"{key} = {json.dumps(value, ensure_ascii=False)}"
        for key, value in values.items()
    ]
    return "\n".join(told).replace("\x7f", "\\u007f") + "\n"
