"""A simulated office network: one log line per connection, with ground truth.

Normal traffic has a daily rhythm and quiet week-ends, a dozen services, stable clients
and servers, look-ups before visits (an order to learn), heavy-tailed sizes, and the
small failures that every network has. Four attacks can be mixed in: a port scan, a
flood, a brute-force login and a slow exfiltration, which hides among normal uploads.

Flags are those of Zeek and KDD99: SF ended well, S0 no answer, REJ refused, RSTO reset.
Outside hosts have addresses that are reserved for documentation (RFC 5737).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from os import PathLike

import numpy as np
import pandas as pd

from helpers._arrays import Labels, as_count, as_generator, as_number
from helpers.simulation import network_formats
from helpers.simulation.network_attacks import ATTACKERS, ATTACKS, checked_kinds
from helpers.simulation.network_traffic import (
    DAY,
    USUAL_RATE,
    Batch,
    World,
    make_world,
    normal_traffic,
)
from helpers.text import percent

__all__ = ["ATTACKS", "NetworkLog", "simulate_network"]


@dataclass(frozen=True, eq=False, repr=False)
class NetworkLog:
    """Log lines and the truth about them.

    records: DataFrame, a row per line in the order of time: `time` (UTC), `source`,
        `destination`, `protocol`, `port`, `service`, `duration` (seconds),
        `bytes_sent`, `bytes_received`, `flag`, `message`
    y: 1 where the line belongs to an attack, else 0
    attack: the name of the attack, or ""
    episodes: DataFrame, a row per attack: `kind`, `start` and `stop` (its first and
        last line), `lines`, `source` ("many" for a flood), `destination`
    """

    records: pd.DataFrame
    y: Labels
    attack: np.ndarray
    episodes: pd.DataFrame

    def __len__(self) -> int:
        return len(self.records)

    def __repr__(self) -> str:
        """Return sizes in one line."""
        share = self.y.sum() / max(len(self), 1)
        return (
            f"<network log: {len(self):,} lines, {self.y.sum():,} of attacks "
            f"({percent(share)}), {len(self.episodes)} episodes>"
        )

    def to_json_lines(
        self, path: str | PathLike | None = None, *, labels: bool = True
    ) -> list[str]:
        """Return the log as JSON, one object a line; write it to `path` if given."""
        lines = network_formats.json_lines(self.records, self.y if labels else None)
        return network_formats.write(lines, path)

    def to_text_lines(
        self, path: str | PathLike | None = None, *, labels: bool = True
    ) -> list[str]:
        """Return the log as a syslog writes it: time, host, program, key=value ..."""
        lines = network_formats.text_lines(self.records, self.y if labels else None)
        return network_formats.write(lines, path)

    def to_csv(
        self,
        path: str | PathLike | None = None,
        *,
        labels: bool = True,
        dialects: Sequence[int] = (0, 1, 2, 3),
    ) -> list[str]:
        """Return the log as CSV whose labels do not agree from part to part.

        The log is cut into as many parts as `dialects` names. Each has a header line
        and names, order, separator, units, times and label words of its own, as if
        four devices had written one file. `dialects=[1]` is one consistent file.

        Raises `ValueError` when a dialect is not 0, 1, 2 or 3.
        """
        truth = self.y if labels else None
        lines = network_formats.csv_lines(self.records, truth, dialects)
        return network_formats.write(lines, path)


def simulate_network(
    days: int = 7,
    random_state: int | np.random.Generator | None = 0,
    *,
    attacks: Iterable[str] | None = ATTACKS,
    episodes_per_attack: int = 2,
    clean_days: float = 0,
    rows_per_day: int = USUAL_RATE,
    start: str | pd.Timestamp = "2024-01-08",
    clients: int = 40,
) -> NetworkLog:
    """Simulate the log of an office network and return it with its ground truth.

    `rows_per_day` is the mean of a working day's normal lines; week-ends have about
    half of it. The time from `clean_days` to the end is cut into `episodes_per_attack`
    equal parts, and each part gets one episode of each kind in `attacks`: with 2, a
    split in the middle leaves every kind on both sides. `attacks=None` is a clean log.
    `start` is midnight UTC of the first day (a Monday unless you change it).

    A port scan has about 400 lines in minutes, a flood 1 000 in two minutes, a
    brute-force login 250 in a quarter of an hour, an exfiltration 80 in a working day;
    with other `rows_per_day` in proportion. The same `random_state` gives the same log.

    Raises `ValueError` on an unknown attack, a seed that is none, or sizes that make
    no log.
    """
    world = make_world(days, rows_per_day, start, clients)
    kinds = checked_kinds(attacks)
    as_count(episodes_per_attack, "episodes_per_attack", least=1)
    if as_number(clean_days, "clean_days", least=0) >= days and kinds:
        raise ValueError(
            f"clean_days = {clean_days} leaves no time for attacks in {days} days"
        )
    rng = as_generator(random_state)
    batches = normal_traffic(rng, world)
    parts = np.linspace(clean_days, days, episodes_per_attack + 1) * DAY
    for kind in kinds:
        batches += [ATTACKERS[kind](rng, world, part) for part in pairwise(parts)]
    return _assemble(batches, world)


# -------------------------------------------------------------------- one table


def _assemble(batches: list[Batch], world: World) -> NetworkLog:
    """Sort all lines by time, on a clock of milliseconds, and cut at the end."""
    milliseconds = np.concatenate([one.seconds for one in batches]) * 1000
    milliseconds = milliseconds.astype(np.int64)
    origin = np.repeat(np.arange(len(batches)), [len(one.seconds) for one in batches])
    order = np.argsort(milliseconds, kind="stable")
    order = order[milliseconds[order] < world.days * DAY * 1000]
    offsets = pd.to_timedelta(milliseconds[order], unit="ms")
    times = {"time": (world.start + offsets).as_unit("us")}
    for name in batches[0].columns:
        times[name] = np.concatenate([one.columns[name] for one in batches])[order]
    records = _tidy(pd.DataFrame(times))
    attack = np.array([one.attack for one in batches], dtype=object)[origin[order]]
    return NetworkLog(
        records,
        (attack != "").astype(np.int64),
        attack,
        _episodes(batches, records, origin[order]),
    )


def _tidy(records: pd.DataFrame) -> pd.DataFrame:
    """Give every column the type and resolution that the log readers give it."""
    records["duration"] = np.round(records["duration"].astype(np.float64), 6)
    for name in ("port", "bytes_sent", "bytes_received"):
        records[name] = np.rint(records[name].astype(np.float64)).astype("Int64")
    for name in ("source", "destination", "protocol", "service", "flag", "message"):
        records[name] = pd.Series(list(map(str, records[name])))
    return records


def _episodes(
    batches: list[Batch], records: pd.DataFrame, origin: np.ndarray
) -> pd.DataFrame:
    """Return a row per attack, in the order of their beginnings."""
    columns = ["kind", "start", "stop", "lines", "source", "destination"]
    rows = []
    for number, batch in enumerate(batches):
        if batch.attack:
            part = records[origin == number]
            sources = part["source"].unique()
            rows.append(
                (
                    batch.attack,
                    part["time"].iloc[0],
                    part["time"].iloc[-1],
                    len(part),
                    sources[0] if len(sources) == 1 else "many",
                    part["destination"].iloc[0],
                )
            )
    table = pd.DataFrame(rows, columns=columns)
    for name in ("start", "stop"):
        table[name] = pd.to_datetime(table[name], utc=True)
    return table.sort_values("start", kind="stable", ignore_index=True)
