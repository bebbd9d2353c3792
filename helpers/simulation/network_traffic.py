"""The normal traffic of a simulated office: who is there, what they do, and when."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from helpers._arrays import Floats, as_count
from helpers.simulation.network_formats import as_utc

DAY = 86_400.0  # seconds
USUAL_RATE = 4_000  # lines a day for which the sizes of the attacks are stated
WEEKEND = 0.35  # traffic of people on Saturday and Sunday, working day = 1
# people's connections in each hour of a day, from midnight
HOURS = np.array(
    [
        *(2, 1, 1, 1, 1, 2, 5, 20, 55, 85, 95, 90),
        *(65, 80, 95, 90, 80, 60, 35, 20, 14, 10, 7, 4),
    ]
)


class World(NamedTuple):
    """Who is there, for how long, and how busy."""

    days: int
    rows_per_day: int
    start: pd.Timestamp
    clients: np.ndarray
    outside: np.ndarray

    @property
    def weekdays(self) -> np.ndarray:
        """The day of the week of each day, Monday = 0."""
        return (self.start.weekday() + np.arange(self.days)) % 7


class _Service(NamedTuple):
    """How one service is used: medians of sizes in bytes, of durations in seconds."""

    name: str
    protocol: str
    port: int
    share: float  # of all sessions of a working day
    lines: float  # mean connections per session
    sent: float
    received: float
    seconds: float
    spread: float  # sigma of the logarithm: 1.4 is a heavy tail
    messages: tuple[str, ...]  # alike often: repeat one to make it more frequent
    sources: str = "clients"
    destinations: tuple[str, ...] = ()  # none: outside
    lookup: float = 0  # share of sessions that begin with a DNS look-up
    people: bool = True  # follows the daily rhythm


DNS_SERVER = "10.0.0.2"
WEB_SERVER = "10.0.0.10"
SSH_SERVERS = ("10.0.0.6", "10.0.0.7", "10.0.0.8")
SERVERS = (DNS_SERVER, "10.0.0.3", "10.0.0.4", "10.0.0.5", *SSH_SERVERS, WEB_SERVER)
USERS = ("anna", "ben", "chandra", "dora", "emeka", "backup", "deploy")
_PAGES = ("/", "/index.html", "/news", "/search", "/style.css", "/logo.png")
_FAILURES = {
    "SF": "",
    "S0": "no answer",
    "REJ": "connection refused",
    "RSTO": "connection reset by peer",
}

_DNS = _Service(
    "dns", "udp", 53, 0, 1, 60, 140, 0.012, 0.5,
    ("query A answered NOERROR",) * 12
    + ("query AAAA answered NOERROR",) * 6
    + ("query A answered NXDOMAIN", "query PTR answered NOERROR"),
    destinations=(DNS_SERVER,),
)  # fmt: skip
_SERVICES = (
    _Service(
        "https", "tcp", 443, 0.44, 2.6, 2_200, 16_000, 1.6, 1.4,
        ("TLS session closed",) * 9 + ("TLS session resumed",) * 3 + ("TLS alert 40",),
        lookup=0.6,
    ),
    _Service(
        "http", "tcp", 80, 0.08, 2.0, 700, 6_000, 0.4, 1.2,
        tuple(f"GET {page} 200" for page in _PAGES) * 3
        + ("GET /favicon.ico 404", "POST /form 302", "GET /login 403"),
        lookup=0.6,
    ),
    _Service(
        "https", "tcp", 443, 0.10, 1.8, 900, 11_000, 0.8, 1.2,
        ("TLS session closed",) * 9 + ("TLS session resumed",) * 3,
        sources="outside", destinations=(WEB_SERVER,),
    ),
    _Service(
        "imap", "tcp", 143, 0.14, 1.0, 500, 3_500, 3.0, 1.1,
        ("folder synchronised",) * 12 + ("login failed",),
        destinations=("10.0.0.4",),
    ),
    _Service(
        "smtp", "tcp", 25, 0.05, 1.1, 9_000, 450, 1.2, 1.5,
        ("message accepted",) * 9 + ("message greylisted", "mailbox unavailable"),
        destinations=("10.0.0.4",),
    ),
    _Service(
        "smb", "tcp", 445, 0.05, 3.0, 3_000, 30_000, 2.0, 1.6,
        ("file read",) * 6 + ("file written",) * 3 + ("access denied",),
        destinations=("10.0.0.5",),
    ),
    _Service(
        "ssh", "tcp", 22, 0.03, 1.3, 4_500, 6_000, 60.0, 1.5,
        tuple(f"Accepted publickey for {user}" for user in USERS) * 3
        + tuple(f"Failed password for {user}" for user in USERS[:4]),
        destinations=SSH_SERVERS,
    ),
    _Service(
        "ntp", "udp", 123, 0.06, 1.0, 76, 76, 0.03, 0.2, ("time synchronised",),
        destinations=("10.0.0.3",), people=False,
    ),
    _Service(
        "ssh", "tcp", 22, 0.005, 1.0, 900_000, 9_000, 90.0, 1.0,
        ("Accepted publickey for backup",),
        sources="10.0.0.5", people=False,
    ),
    *(
        _Service(
            "check", "tcp", port, 0.006, 1.0, 120, 180, 0.02, 0.4, ("health check",),
            sources="10.0.0.9", destinations=SERVERS, people=False,
        )
        for port in (22, 80, 443, 3306, 5432, 8080, 8443, 9100)
    ),
)  # fmt: skip


def make_world(
    days: int, rows_per_day: int, start: str | pd.Timestamp, clients: int
) -> World:
    """Return the office; raises `ValueError` on sizes or a start that make none."""
    moment = as_utc(start)
    if moment != moment.normalize():
        raise ValueError(f"start must be midnight of a day; got {start}")
    last_octets = 1 + np.arange(254)
    outside = [
        f"{network}.{octet}"
        for network in ("192.0.2", "198.51.100", "203.0.113")
        for octet in last_octets
    ]
    names = [
        f"10.0.{1 + number // 200}.{10 + number % 200}"
        for number in range(as_count(clients, "clients", least=2))
    ]
    return World(
        as_count(days, "days", least=1),
        as_count(rows_per_day, "rows_per_day", least=20),
        moment,
        np.array(names, dtype=object),
        np.array(outside, dtype=object),
    )


# ---------------------------------------------------------------- normal traffic


class Batch(NamedTuple):
    """Lines of one origin: seconds since the start, and their columns."""

    seconds: Floats
    columns: dict[str, np.ndarray]
    attack: str = ""


def normal_traffic(rng: np.random.Generator, world: World) -> list[Batch]:
    """Return the batches of all services; their lines a day add up to the wanted."""
    lines_per_session = sum(one.share * (one.lines + one.lookup) for one in _SERVICES)
    sessions_per_day = world.rows_per_day / lines_per_session
    batches = []
    for service in _SERVICES:
        times = _session_times(rng, world, service, service.share * sessions_per_day)
        source = _pick(rng, _hosts(world, service.sources), len(times))
        if service.lookup:
            asks = rng.random(len(times)) < service.lookup  # the others remember
            dns = np.full(asks.sum(), DNS_SERVER, dtype=object)
            batches.append(_lines(rng, _DNS, times[asks], source[asks], dns))
            times = times + rng.lognormal(np.log(0.05), 0.5, len(times))
        batches.append(_sessions(rng, world, service, times, source))
    return batches


def _hosts(world: World, name: str) -> np.ndarray:
    groups = {"clients": world.clients, "outside": world.outside}
    return groups.get(name, np.array([name], dtype=object))


def _session_times(
    rng: np.random.Generator, world: World, service: _Service, per_day: float
) -> Floats:
    """Return when sessions begin, in seconds since the start: a Poisson process."""
    level = np.ones(world.days)
    if service.people:
        level = np.where(world.weekdays >= 5, WEEKEND, 1.0)
    counts = rng.poisson(per_day * level * rng.lognormal(0, 0.05, world.days))
    day = np.repeat(np.arange(world.days), counts)
    return (day + _time_of_day(rng, len(day), people=service.people)) * DAY


def _time_of_day(rng: np.random.Generator, size: int, *, people: bool) -> Floats:
    """Draw times of day as shares of a day, by people's hours or evenly."""
    if not people:
        return rng.random(size)
    reached = np.concatenate(([0], np.cumsum(HOURS))) / HOURS.sum()
    return np.interp(rng.random(size), reached, np.arange(25) / 24)


def _pick(rng: np.random.Generator, hosts: np.ndarray, size: int) -> np.ndarray:
    """Draw hosts: the k-th is chosen in proportion to 1 / k^0.8 (Zipf's law)."""
    weights = 1 / np.arange(1, len(hosts) + 1) ** 0.8
    return rng.choice(hosts, size, p=weights / weights.sum())


def _sessions(
    rng: np.random.Generator,
    world: World,
    service: _Service,
    times: Floats,
    source: np.ndarray,
) -> Batch:
    """Return a batch with one or more lines per session, seconds apart."""
    pool = np.array(service.destinations or world.outside, dtype=object)
    destination = _pick(rng, pool, len(times))
    counts = rng.geometric(1 / service.lines, len(times))
    session = np.repeat(np.arange(len(times)), counts)
    place = np.arange(len(session)) - np.repeat(np.cumsum(counts) - counts, counts)
    pauses = place * rng.exponential(1.5, len(session))
    return _lines(
        rng, service, times[session] + pauses, source[session], destination[session]
    )


def _lines(
    rng: np.random.Generator,
    service: _Service,
    seconds: Floats,
    source: np.ndarray,
    destination: np.ndarray,
) -> Batch:
    """Return lines of a service with sizes, durations, and a failure now and then."""
    size = len(seconds)
    failures = [0.98, 0.02, 0, 0] if service.protocol == "udp" else None
    flag = rng.choice(list(_FAILURES), size, p=failures or [0.965, 0.012, 0.008, 0.015])
    sizes = rng.normal(0, service.spread, (3, size))
    columns = columns_of(
        source=source,
        destination=destination,
        protocol=service.protocol,
        port=service.port,
        service=service.name,
        duration=service.seconds * np.exp(sizes[0] * 0.7),
        bytes_sent=service.sent * np.exp(sizes[1]),
        bytes_received=service.received * np.exp((sizes[1] + sizes[2]) / np.sqrt(2)),
        flag=flag,
        message=rng.choice(np.array(service.messages, dtype=object), size),
    )
    return Batch(seconds, with_failures(rng, columns))


def columns_of(**columns: Any) -> dict[str, np.ndarray]:
    """Return all columns as arrays of the length of `flag`."""
    size = len(columns["flag"])
    return {
        name: np.full(size, value, dtype=object if isinstance(value, str) else None)
        if np.isscalar(value)
        else np.asarray(value)
        for name, value in columns.items()
    }


def with_failures(
    rng: np.random.Generator, columns: dict[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Make the sizes and messages of failed connections those of failures."""
    flag = columns["flag"]
    silent = (flag == "S0") | (flag == "REJ")
    quick = rng.lognormal(np.log(0.004), 0.8, len(flag))
    columns["duration"] = np.where(silent, quick, columns["duration"])
    columns["bytes_sent"] = np.where(silent, 60, columns["bytes_sent"])
    columns["bytes_received"] = np.where(silent, 0, columns["bytes_received"])
    for name, message in _FAILURES.items():
        if message:
            columns["message"] = np.where(flag == name, message, columns["message"])
    return columns
