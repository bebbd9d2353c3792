"""Simulated logs as files: JSON lines, text lines, and CSV that disagrees with itself.

Every line ends in a quote or a brace, so that a line cut in the middle can be told from
a whole one.
"""

import csv
import io
import json
import os
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from helpers._arrays import Labels
from helpers.files import user_path


def as_utc(moment: object) -> pd.Timestamp:
    """Return a moment as UTC; one without a zone is meant as UTC.

    Raises `ValueError` on what is no moment.
    """
    try:
        stamp = pd.Timestamp(moment)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{moment!r} is no time: {error}") from None
    if stamp is pd.NaT:
        raise ValueError(f"{moment!r} is no time")
    if stamp.tzinfo is None:
        return stamp.tz_localize("UTC")
    return stamp.tz_convert("UTC")


def write(lines: list[str], path: str | os.PathLike | None) -> list[str]:
    """Write `lines` to `path` (UTF-8) unless it is None, and return them."""
    if path is not None:
        text = "".join(line + "\n" for line in lines)
        user_path(path).write_text(text, encoding="utf-8", newline="\n")
    return lines


def json_lines(records: pd.DataFrame, y: Labels | None) -> list[str]:
    """Return one JSON object per record; the label is true or false."""
    table = records.assign(time=_iso(records))
    if y is not None:
        table.insert(len(table.columns) - 1, "attack", y.astype(bool))
    names = list(table.columns)
    return [
        json.dumps(dict(zip(names, row, strict=True)))
        for row in zip(*(table[name].tolist() for name in names), strict=True)
    ]


_KEYS = {
    "source": "src",
    "destination": "dst",
    "protocol": "proto",
    "port": "dpt",
    "service": "service",
    "flag": "flag",
    "duration": "dur",
    "bytes_sent": "sent",
    "bytes_received": "rcvd",
}


def text_lines(records: pd.DataFrame, y: Labels | None) -> list[str]:
    """Return one line of syslog per record: time, host, program, then key=value."""
    pairs = [
        [f"{key}={v}" for v in records[name].tolist()] for name, key in _KEYS.items()
    ]
    if y is not None:
        pairs.append(["label=attack" if label else "label=normal" for label in y])
    pairs.append([f"msg={json.dumps(text)}" for text in records["message"].tolist()])
    return [
        f"{time} gateway flowlog: {' '.join(row)}"
        for time, *row in zip(_iso(records), *pairs, strict=True)
    ]


class _Dialect(NamedTuple):
    """One device's idea of a CSV file: (name, values) in its own order."""

    separator: str
    normal: object
    attack: object
    label: str
    columns: tuple[tuple[str, Callable[[pd.DataFrame], Sequence]], ...]


def _iso(records: pd.DataFrame) -> list[str]:
    return _stamps(records["time"], "Z")


def _stamps(times: pd.Series, zone: str) -> list[str]:
    naive = times.dt.tz_localize(None).to_numpy().astype("datetime64[ms]")
    return [stamp + zone for stamp in np.datetime_as_string(naive).tolist()]


def _epoch(records: pd.DataFrame) -> np.ndarray:
    naive = records["time"].dt.tz_localize(None).to_numpy()
    return naive.astype("datetime64[ms]").astype(np.int64)


def _plain(name: str) -> Callable[[pd.DataFrame], list]:
    return lambda records: records[name].tolist()


def _scaled(name: str, factor: int) -> Callable[[pd.DataFrame], list]:
    return lambda records: [round(v * factor, 6) for v in records[name].tolist()]


def _divided(name: str, divisor: int) -> Callable[[pd.DataFrame], list]:
    return lambda records: [v / divisor for v in records[name].tolist()]


_DIALECTS = (
    _Dialect(
        ",", "normal", "attack", "label",
        (
            ("time", _iso),
            ("src", _plain("source")),
            ("dst", _plain("destination")),
            ("proto", _plain("protocol")),
            ("port", _plain("port")),
            ("service", _plain("service")),
            ("duration", _plain("duration")),
            ("bytes_sent", _plain("bytes_sent")),
            ("bytes_received", _plain("bytes_received")),
            ("flag", _plain("flag")),
        ),
    ),
    _Dialect(
        ",", "benign", "malicious", "Class",
        (
            ("Epoch", lambda r: [f"{ms / 1000:.3f}" for ms in _epoch(r).tolist()]),
            ("Source Address", _plain("source")),
            ("Destination Address", _plain("destination")),
            ("Destination Port", _plain("port")),
            ("Protocol", lambda r: r["protocol"].str.upper().tolist()),
            ("Service", lambda r: r["service"].str.upper().tolist()),
            ("State", _plain("flag")),
            ("Duration (ms)", _scaled("duration", 1000)),
            ("kB out", _divided("bytes_sent", 1000)),
            ("kB in", _divided("bytes_received", 1000)),
        ),
    ),
    _Dialect(
        ";", 0, 1, "is_attack",
        (
            ("destination_ip", _plain("destination")),
            ("source_ip", _plain("source")),
            ("dst_port", _plain("port")),
            ("ip_proto", lambda r: r["protocol"].map({"tcp": 6, "udp": 17}).tolist()),
            ("app", _plain("service")),
            ("tx_bytes", _plain("bytes_sent")),
            ("rx_bytes", _plain("bytes_received")),
            ("duration_s", _plain("duration")),
            ("conn_state", _plain("flag")),
            ("timestamp", lambda r: _stamps(r["time"] + pd.Timedelta("1h"), "+01:00")),
        ),
    ),
    _Dialect(
        "\t", "-", "ATTACK", "Verdict",
        (
            ("Epoch ms", lambda r: _epoch(r).tolist()),
            ("From", _plain("source")),
            ("To", _plain("destination")),
            ("Service Name", _plain("service")),
            ("To Port", _plain("port")),
            ("Transport", _plain("protocol")),
            ("Microseconds", _scaled("duration", 1_000_000)),
            ("Octets In", _plain("bytes_received")),
            ("Octets Out", _plain("bytes_sent")),
            ("Status", lambda r: r["flag"].str.lower().tolist()),
        ),
    ),
)  # fmt: skip


def csv_lines(
    records: pd.DataFrame, y: Labels | None, dialects: Sequence[int]
) -> list[str]:
    """Return the records in as many parts as `dialects`, each with its own header."""
    chosen = list(dialects)
    if not chosen or any(number not in range(len(_DIALECTS)) for number in chosen):
        raise ValueError(
            f"dialects must name some of 0 to {len(_DIALECTS) - 1}; got {dialects!r}"
        )
    lines = []
    for number, rows in zip(
        chosen, np.array_split(np.arange(len(records)), len(chosen)), strict=True
    ):
        part = records.iloc[rows].reset_index(drop=True)
        truth = None if y is None else y[rows]
        lines += _part(part, truth, _DIALECTS[number])
    return lines


def _part(records: pd.DataFrame, y: Labels | None, dialect: _Dialect) -> list[str]:
    """Return header and rows; all text is quoted, and the message comes last."""
    columns = {name: values(records) for name, values in dialect.columns}
    if y is not None:
        columns[dialect.label] = [
            dialect.attack if one else dialect.normal for one in y
        ]
    columns["message"] = records["message"].tolist()
    buffer = io.StringIO()
    writer = csv.writer(
        buffer,
        delimiter=dialect.separator,
        quoting=csv.QUOTE_NONNUMERIC,
        lineterminator="\n",
    )
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return buffer.getvalue().splitlines()
