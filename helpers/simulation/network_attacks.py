"""Four attacks on the simulated office, each as the log lines it leaves."""

from collections.abc import Callable, Iterable

import numpy as np

from helpers._arrays import Floats, as_several, as_told
from helpers.simulation.network_traffic import (
    DAY,
    SERVERS,
    SSH_SERVERS,
    USERS,
    USUAL_RATE,
    WEB_SERVER,
    Batch,
    World,
    columns_of,
    with_failures,
)

Part = tuple[float, float]  # of the log's time, in seconds since its start

ATTACKS = ("port scan", "flood", "brute force", "exfiltration")


def checked_kinds(attacks: Iterable[str] | None) -> list[str]:
    """Return the names as a list; raises `ValueError` on one that is no attack."""
    kinds = [] if attacks is None else as_several(attacks)
    for kind in kinds:
        if not isinstance(kind, str) or kind not in ATTACKS:
            raise ValueError(
                f"{as_told(kind)} is no attack of the simulator; choose from "
                f"{', '.join(ATTACKS)}"
            )
    return kinds


def _moments(rng: np.random.Generator, size: int, seconds: float, part: Part) -> Floats:
    """Draw `size` moments within `seconds` that begin anywhere in the part."""
    first, last = part
    length = min(seconds, 0.9 * (last - first))
    begin = rng.uniform(first, last - length)
    return np.sort(begin + length * rng.random(size))


def _amount(rng: np.random.Generator, world: World, usual: int) -> int:
    """Return a number of lines near `usual`, in proportion to the log."""
    scaled = usual * world.rows_per_day / USUAL_RATE
    return max(10, round(scaled * rng.uniform(0.85, 1.15)))


def _port_scan(rng: np.random.Generator, world: World, part: Part) -> Batch:
    """One client tries port after port of one server."""
    size = _amount(rng, world, 400)
    seconds = _moments(rng, size, rng.uniform(180, 420), part)
    columns = columns_of(
        source=rng.choice(world.clients),
        destination=rng.choice(SERVERS),
        protocol="tcp",
        port=rng.permutation(np.arange(1, 10_001))[np.arange(size) % 10_000],
        service="other",
        duration=rng.lognormal(np.log(0.004), 0.8, size),
        bytes_sent=np.full(size, 60.0),
        bytes_received=np.full(size, 80.0),
        flag=rng.choice(["SF", "S0", "REJ"], size, p=[0.03, 0.25, 0.72]),
        message=np.full(size, "connection opened and closed", dtype=object),
    )
    return Batch(seconds, with_failures(rng, columns), "port scan")


def _flood(rng: np.random.Generator, world: World, part: Part) -> Batch:
    """Many outside hosts ask the web server for more than it can answer."""
    size = _amount(rng, world, 1_000)
    seconds = _moments(rng, size, rng.uniform(90, 180), part)
    columns = columns_of(
        source=rng.choice(world.outside, size),
        destination=WEB_SERVER,
        protocol="tcp",
        port=443,
        service="https",
        duration=rng.lognormal(np.log(2.5), 0.9, size),
        bytes_sent=rng.lognormal(np.log(500), 0.4, size),
        bytes_received=rng.lognormal(np.log(2_000), 1.0, size),
        flag=rng.choice(["SF", "S0", "RSTO"], size, p=[0.25, 0.55, 0.20]),
        message=np.full(size, "TLS session closed", dtype=object),
    )
    return Batch(seconds, with_failures(rng, columns), "flood")


def _brute_force(rng: np.random.Generator, world: World, part: Part) -> Batch:
    """One outside host tries passwords on an ssh server."""
    size = _amount(rng, world, 250)
    seconds = _moments(rng, size, rng.uniform(600, 1_200), part)
    names = (*USERS[:4], "root", "root", "root", "invalid user admin")
    message = rng.choice([f"Failed password for {name}" for name in names], size)
    message = message.astype(object)
    message[-1] = "Accepted password for backup"
    columns = columns_of(
        source=rng.choice(world.outside),
        destination=rng.choice(SSH_SERVERS),
        protocol="tcp",
        port=22,
        service="ssh",
        duration=rng.lognormal(np.log(2.5), 0.5, size),
        bytes_sent=rng.lognormal(np.log(1_900), 0.3, size),
        bytes_received=rng.lognormal(np.log(2_400), 0.3, size),
        flag=rng.choice(["SF", "RSTO"], size, p=[0.95, 0.05]),
        message=message,
    )
    return Batch(seconds, with_failures(rng, columns), "brute force")


def _exfiltration(rng: np.random.Generator, world: World, part: Part) -> Batch:
    """One client sends a little more than it should, to one outside host, for hours."""
    size = _amount(rng, world, 80)
    seconds = _working_day(rng, world, size, part)
    columns = columns_of(
        source=rng.choice(world.clients),
        destination=rng.choice(world.outside),
        protocol="tcp",
        port=443,
        service="https",
        duration=rng.lognormal(np.log(2.0), 0.8, size),
        bytes_sent=rng.lognormal(np.log(6_000), 0.9, size),
        bytes_received=rng.lognormal(np.log(8_000), 0.9, size),
        flag=rng.choice(["SF", "RSTO"], size, p=[0.985, 0.015]),
        message=np.full(size, "TLS session closed", dtype=object),
    )
    return Batch(seconds, with_failures(rng, columns), "exfiltration")


def _working_day(
    rng: np.random.Generator, world: World, size: int, part: Part
) -> Floats:
    """Draw moments from 9 to 17 o'clock of a working day in the part, if it has one."""
    days = np.arange(world.days)
    opens, closes = days * DAY + 9 * 3600, days * DAY + 17 * 3600
    fits = (world.weekdays < 5) & (opens >= part[0]) & (closes <= part[1])
    if not fits.any():
        return _moments(rng, size, 8 * 3600, part)
    day = rng.choice(days[fits])
    return np.sort(rng.uniform(opens[day], closes[day], size))


ATTACKERS: dict[str, Callable[..., Batch]] = {
    "port scan": _port_scan,
    "flood": _flood,
    "brute force": _brute_force,
    "exfiltration": _exfiltration,
}
