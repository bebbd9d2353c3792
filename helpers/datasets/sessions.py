"""Event sequences out of the registry: HDFS sessions held out, log lines as a trace.

The source of the HDFS sessions has normal test sessions that are not in the registry.
So `hdfs_sessions` **holds out** training sessions: distinct sequences are dealt out,
with all their copies, so no held-out session was seen before. Abnormal ones are for
testing alone.

37 % of the abnormal sessions are shorter than ten events. **Padding rule**
(`padded`): a session shorter than a window is filled up in front with 0, which is no
event, and counts as one window; none is left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from helpers._arrays import Labels, as_count
from helpers.datasets.cards import Card
from helpers.datasets.loading import load
from helpers.errors import KitError

__all__ = ["HdfsSessions", "hdfs_sessions", "log_events", "padded", "two_rules"]

Session = NDArray[np.int64]


@dataclass(frozen=True, eq=False, repr=False)
class HdfsSessions:
    """Sessions of event numbers from 1 on, one array (n_events,) each.

    train, held_out: normal sessions, to fit on and to count false alarms on
    abnormal: sessions of blocks that failed, to count what is found
    card: what is known of the set
    """

    train: list[Session]
    held_out: list[Session]
    abnormal: list[Session]
    card: Card

    def __repr__(self) -> str:
        """Return sizes in one line."""
        sizes = len(self.train), len(self.held_out), len(self.abnormal)
        return "<HDFS sessions: {:,} to fit, {:,} held out, {:,} abnormal>".format(
            *sizes
        )


def hdfs_sessions(share: float = 0.3, random_state: int = 0) -> HdfsSessions:
    """Return the HDFS sessions with about `share` of the normal ones held out.

    Identical sessions stay on one side. Raises `DatasetUnavailable` where the files are
    not on this machine, `KitError` for a share outside 0 to 1.
    """
    if not 0 < share < 1:
        raise KitError(f"share is {share}: hold out more than 0 and less than 1")
    data = load("hdfs_sessions")
    rows, normal = data.X["events"], data.y == 0
    train, held_out = _dealt(list(rows[normal]), share, random_state)
    abnormal = [np.array(one, dtype=np.int64) for one in rows[~normal]]
    return HdfsSessions(train, held_out, abnormal, data.card)


def _dealt(
    sessions: list[tuple[int, ...]], share: float, random_state: int
) -> tuple[list[Session], list[Session]]:
    """Return sessions to fit and to hold out; no sequence is on both sides."""
    distinct = sorted(set(sessions))
    order = np.random.default_rng(random_state).permutation(len(distinct))
    out = {distinct[at] for at in order[: ceil(share * len(distinct))]}
    sides: tuple[list[Session], list[Session]] = ([], [])
    for one in sessions:
        sides[one in out].append(np.array(one, dtype=np.int64))
    return sides


def padded(session: Session, length: int) -> Session:
    """Return a session filled up in front with 0 to `length` events, if shorter."""
    length = as_count(length, "length")
    return np.pad(session, (max(0, length - len(session)), 0))


def two_rules(
    train: Sequence[Session], sessions: Sequence[Session], shortest: int = 10
) -> tuple[Labels, Labels]:
    """Return which sessions two simple rules find: unknown event, and too short.

    unknown: 1 where a session has an event that no session of `train` has (n,)
    short: 1 where a session has fewer than `shortest` events (n,)
    """
    known = np.unique(np.concatenate(train)) if len(train) else np.array([], dtype=int)
    unknown = [int(not np.isin(one, known).all()) for one in sessions]
    short = [int(len(one) < shortest) for one in sessions]
    return np.array(unknown, dtype=np.int64), np.array(short, dtype=np.int64)


def log_events(name: str, column: str = "EventTemplate") -> NDArray[np.object_]:
    """Return the events of a registered log sample in the order of its lines (n,).

    name: a loghub set such as `loghub_BGL_2k`
    column: `EventTemplate` for texts, `EventId` for short names

    Raises `KitError` where the set has no such column.
    """
    X = load(name).X
    if column not in X:
        found = ", ".join(X.columns[:8])
        raise KitError(f"{name} has no column {column}: it has {found}")
    return X[column].to_numpy(dtype=object)
