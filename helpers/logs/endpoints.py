"""An address and a port in one field: 10.0.0.1:443, [::1]:443, web.example:443.

So do 10.0.0.1.443 (tcpdump) and 10.0.0.1:443:X1 (SonicWall, with its interface).
"""

import re
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from helpers.logs.gathering import Gathered
from helpers.logs.values import Converted
from helpers.text import count

__all__ = ["split_ports"]

_ENDPOINT = re.compile(
    r"(?P<four>\d{1,3}(?:\.\d{1,3}){3})[:.](?P<port>\d{1,5})(?::[^:\s]*){0,2}"
    r"|\[(?P<six>[\da-f:.]*:[\da-f:.]*(?:%\w+)?)\](?::(?P<port6>\d{1,5}))?"
    r"|(?P<name>(?=[\w.-]*[a-z])[\w.-]+):(?P<port_name>\d{1,5})"
)


def split_ports(gathered: Gathered, converted: dict[str, Converted]) -> None:
    """Take the ports off sources and destinations; those of destinations are `port`.

    Where a line names another port too, that one counts, and the lines are a conflict.
    """
    for column in ("source", "destination"):
        text = converted[column]
        parts = [_split(host) for host in text.values]
        ports = {at: port for at, (_, port) in enumerate(parts) if port is not None}
        notes = text.notes
        if ports:
            told = f"{count(len(ports), 'port')} behind {column}, as in"
            notes = (*notes, f"{told} {text.values[next(iter(ports))]}, taken off")
        hosts = [host for host, _ in parts]
        converted[column] = text._replace(values=hosts, notes=notes)
        if column == "destination" and ports:
            _fill_ports(gathered, converted, ports)


@lru_cache(maxsize=65_536)
def _split(host: str) -> tuple[str, int | None]:
    """Return an address without its port, and the port; None where it has none."""
    found = _ENDPOINT.fullmatch(host)
    if found is None:
        return host, None
    digits = found["port"] or found["port6"] or found["port_name"]
    if digits and int(digits) > 65_535:
        return host, None
    name = found["four"] or found["six"] or found["name"]
    return name, int(digits) if digits else None


def _fill_ports(
    gathered: Gathered, converted: dict[str, Converted], ports: dict[int, int]
) -> None:
    one = converted["port"]
    values: Any = one.values.copy()
    gathered.others.setdefault("port", [])  # the report says who gave how many
    numbers = gathered.conflicts.setdefault("port", [])
    for position, port in ports.items():
        if pd.isna(values[position]):
            values[position] = port
            gathered.sources["port"][position] = gathered.sources["destination"][
                position
            ]
        elif values[position] != port:
            numbers.append(gathered.numbers[position])
    if not numbers:
        del gathered.conflicts["port"]
    numbers[:] = np.unique(numbers).tolist()
    bad = [position for position in one.bad if position not in ports]
    converted["port"] = one._replace(values=values, bad=bad)
