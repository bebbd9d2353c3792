"""Event sequences out of the registry: HDFS sessions held out, log lines as a trace.

The source of the HDFS sessions has normal test sessions that are not in the registry.
So `hdfs_sessions` **holds out** training sessions: distinct sequences are dealt out,
with all their copies, so no held-out session was seen before. Abnormal ones are for
testing alone.

37 % of the abnormal sessions are shorter than ten events. How a detector pads them is
told where it does so (`helpers.detectors.EventSeq2SeqDetector`). Two rules need no
detector: `unknown_events` and `short_sessions` of `helpers.logs.events`.
"""

from dataclasses import dataclass
from math import ceil
from numbers import Real

import numpy as np
from numpy.typing import NDArray

from helpers._arrays import as_generator, as_told
from helpers.datasets.cards import Card
from helpers.datasets.loading import load
from helpers.errors import KitError

__all__ = ["HdfsSessions", "hdfs_sessions", "log_events"]

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


def hdfs_sessions(
    share: float = 0.3, random_state: int | np.random.Generator | None = 0
) -> HdfsSessions:
    """Return the HDFS sessions with about `share` of the normal ones held out.

    Identical sessions stay on one side. Raises `DatasetUnavailable` where the files are
    not on this machine, `KitError` for a share outside 0 to 1, `ValueError` for a seed
    that is none.
    """
    if not isinstance(share, Real) or not 0 < share < 1:
        told = as_told(share)
        raise KitError(f"share is {told}: hold out more than 0 and less than 1")
    random = as_generator(random_state)
    data = load("hdfs_sessions")
    rows, normal = data.X["events"], data.y == 0
    train, held_out = _dealt(list(rows[normal]), share, random)
    abnormal = [np.array(one, dtype=np.int64) for one in rows[~normal]]
    return HdfsSessions(train, held_out, abnormal, data.card)


def _dealt(
    sessions: list[tuple[int, ...]], share: float, random: np.random.Generator
) -> tuple[list[Session], list[Session]]:
    """Return sessions to fit and to hold out; no sequence is on both sides."""
    distinct = sorted(set(sessions))
    order = random.permutation(len(distinct))
    out = {distinct[at] for at in order[: ceil(share * len(distinct))]}
    sides: tuple[list[Session], list[Session]] = ([], [])
    for one in sessions:
        sides[one in out].append(np.array(one, dtype=np.int64))
    return sides


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
