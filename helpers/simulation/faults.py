"""Put faults into a series at points that are then known: labels for one that has none.

Two faults of sensors: a **spike**, one wrong value, and a **stuck** sensor, which
repeats its last good value for a while. A spike is a point anomaly; of a stuck sensor
each value is an ordinary one, at the wrong time. Where they are is drawn, or, for
spikes, named by you: `inject_faults(series, at=[104, 204], change=3000)`.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from helpers._arrays import Labels, as_count, as_generator, as_number, as_values
from helpers.clock import Gaps, stretches

__all__ = ["FaultySeries", "inject_faults"]

_TRIES = 1000  # to draw places that no gap lies in


@dataclass(frozen=True, eq=False, repr=False)
class FaultySeries:
    """A series with faults, and the truth about them.

    series: as the one given, a pandas Series or an array (n,), with the faults in it
    y: 1 where a fault is, else 0 (n,)
    faults: DataFrame, a row per fault in the order of time: `kind`, `start` (position),
        `points`, `change` (the largest, with its sign, in units of the series)
    """

    series: pd.Series | NDArray[np.float64]
    y: Labels
    faults: pd.DataFrame

    def __len__(self) -> int:
        return len(self.y)

    def __repr__(self) -> str:
        """Return sizes in one line."""
        kinds = self.faults["kind"].value_counts().sort_index()
        told = ", ".join(f"{amount} {kind}" for kind, amount in kinds.items())
        return f"<series of {len(self):,} points with faults: {told}>"


def inject_faults(
    series: ArrayLike,
    *,
    at: ArrayLike | None = None,
    change: ArrayLike | None = None,
    spikes: int | None = None,
    stuck: int = 0,
    size: tuple[float, float] = (0.5, 1.5),
    length: int = 12,
    apart: int = 24,
    random_state: int | None = 0,
    gaps: Gaps = "refuse",
) -> FaultySeries:
    """Return a copy of `series` (n,) with faults in it, and their labels.

    With `at`, positions in the series counted from 0, nothing is drawn: a spike is at
    each of them, which adds `change`, one number for all or one for each, in units of
    the series. Without it, `spikes` (4 unless you say) and `stuck` sensors are at
    random places. Such a spike adds or subtracts `size`, drawn between (least, most)
    standard deviations of the series; a stuck sensor repeats the value before for
    `length` points, and those that happen to be right are labelled too. Before the
    first fault, between two, and after the last one are at least `apart` points
    without a fault. Where a pandas index holds times, rows must be even steps in order;
    with `gaps="split"` no stuck sensor reaches over a gap.

    Raises `ValueError` when the series is too short for all that, for a clock that is
    none (gaps, moments out of order or there twice), and for positions
    that it doesn't have, and where a spike would change nothing, as drawn ones do in a
    series that is constant.
    """
    values = as_values(series, "series", least=2)
    parts = stretches(series, gaps=gaps)
    if at is not None or change is not None:
        starts, changes = _named_spikes(at, change, len(values))
        if spikes or stuck:
            raise ValueError("at names every spike; leave out spikes and stuck")
        kinds, points = ["spike"] * len(starts), [1] * len(starts)
        return _with_faults(series, values, kinds, starts, points, changes)
    low, high = _checked_size(size)
    n_spikes = 4 if spikes is None else as_count(spikes, "spikes")
    kinds = ["spike"] * n_spikes + ["stuck"] * as_count(stuck, "stuck")
    if not kinds:
        raise ValueError("no faults asked for; spikes and stuck are both 0")
    random = as_generator(random_state)
    kinds = list(random.permutation(kinds))
    points = [
        1 if kind == "spike" else as_count(length, "length", least=2) for kind in kinds
    ]
    starts = _places(len(values), points, as_count(apart, "apart", least=1), random)
    begins = np.array([part.start for part in parts[1:]], dtype=np.int64)
    for _ in range(_TRIES):
        if not _over_a_gap(starts, points, begins):
            break
        starts = _places(len(values), points, apart, random)
    else:
        raise ValueError("gaps leave no place for such faults; ask for shorter ones")
    with np.errstate(over="ignore", invalid="ignore"):
        spread = values.std()
    changes = random.uniform(low, high, len(kinds)) * spread
    changes *= random.choice([-1, 1], len(kinds))
    return _with_faults(series, values, kinds, starts, points, changes)


def _named_spikes(
    at: ArrayLike | None, change: ArrayLike | None, n_points: int
) -> tuple[NDArray, NDArray]:
    """Return positions in the order of time, and the change at each of them."""
    if at is None or change is None:
        raise ValueError("at says where and change by how much: give both")
    asked = np.atleast_1d(np.asarray(at, dtype=object)).tolist()
    starts = np.array([as_count(one, "a position in at") for one in asked], dtype=int)
    if not len(starts):
        raise ValueError("at names no position")
    if starts.max() >= n_points:
        raise ValueError(
            f"at has position {starts.max():,}; the series ends at {n_points - 1:,}"
        )
    if len(np.unique(starts)) < len(starts):
        raise ValueError("at has a position twice; add up what happens at it")
    return _with_changes(starts, as_values(np.atleast_1d(change), "change"))


def _with_changes(starts: NDArray, changes: NDArray) -> tuple[NDArray, NDArray]:
    if len(changes) not in (1, len(starts)):
        raise ValueError(
            f"change has {len(changes)} numbers for {len(starts)} positions; give one "
            "number, or one for each"
        )
    if not changes.all():
        raise ValueError("a change of 0 is no fault; leave its position out")
    order = np.argsort(starts)
    return starts[order], np.broadcast_to(changes, starts.shape)[order]


def _checked_size(size: object) -> tuple[float, float]:
    if not isinstance(size, tuple | list) or len(size) != 2:
        raise ValueError(
            f"size must be (least, most) in sd of the series; got {size!r}"
        )
    low = as_number(size[0], "the least size", least=0, above=True)
    return low, as_number(size[1], "the most of size", least=low)


def _places(
    n_points: int, points: list[int], apart: int, random: np.random.Generator
) -> NDArray[np.int64]:
    """Return where each fault starts; all places that leave the gaps are as likely."""
    needed = sum(points) + apart * (len(points) + 1)
    if needed > n_points:
        raise ValueError(
            f"{len(points)} faults and gaps of {apart} need {needed:,} points, but "
            f"series has {n_points:,}; ask for fewer faults or a smaller `apart`"
        )
    slack = np.sort(random.integers(0, n_points - needed + 1, len(points)))
    before = np.cumsum([0, *points[:-1]]) + apart * np.arange(1, len(points) + 1)
    return slack + before


def _over_a_gap(starts: NDArray, points: list[int], begins: NDArray) -> bool:
    """Say whether a stuck sensor, from the value that it repeats on, has a gap in it.

    begins: the first points after gaps
    """
    first, last = starts[:, None], (starts + points)[:, None]
    long = np.array(points)[:, None] > 1
    return bool((long & (first <= begins) & (begins < last)).any())


def _with_faults(
    series: ArrayLike,
    values: NDArray,
    kinds: list[str],
    starts: NDArray,
    points: list[int],
    changes: NDArray,
) -> FaultySeries:
    faulty, y = values.copy(), np.zeros(len(values), dtype=np.int64)
    told = []
    for kind, start, count, change in zip(kinds, starts, points, changes, strict=True):
        where = slice(start, start + count)
        faulty[where] = values[start] + change if kind == "spike" else values[start - 1]
        y[where] = 1
        moved = faulty[where] - values[where]
        if kind == "spike":
            _check_moved(moved[0], start, values[start])
        told.append((str(kind), int(start), count, moved[np.abs(moved).argmax()]))
    if isinstance(series, pd.Series):
        faulty = pd.Series(faulty, series.index, name=series.name)
    columns = ["kind", "start", "points", "change"]
    return FaultySeries(faulty, y, pd.DataFrame(told, columns=columns))


def _check_moved(moved: float, start: int, value: float) -> None:
    """Raise `ValueError` where a spike changes nothing, or is no number any more."""
    if moved == 0 or not np.isfinite(moved):
        raise ValueError(
            f"the spike at position {start:,} would change {value:g} by {moved:g}; say "
            "where and by how much with at and change"
        )
