"""Days of electricity demand with wrong values in it, drawn: no file holds their like.

The base is the bundled set `taylor`, half hours of England and Wales. A drawn series is
a mixture of two stretches of it that begin on the same day of the week, on a scale of
its own and with a little noise, so that looking the stretch up finds nothing.
"""

from functools import lru_cache

import numpy as np

from helpers._arrays import as_count
from helpers.simulation.faults import FaultySeries, inject_faults

__all__ = ["faulty_demand"]

_DAY, _WEEK = 48, 7 * 48
_NOISE = 0.01  # sd of the noise, in sd of the series
_APART = 24  # points without a fault, at least, between two
_TRIES = 1000


def faulty_demand(
    random: np.random.Generator,
    *,
    points: int = 453,
    faults: int = 4,
    size: tuple[float, float] = (0.6, 1.2),
) -> FaultySeries:
    """Return `points` half hours of demand, from midnight on, with `faults` spikes.

    A spike adds or subtracts `size`, drawn between (least, most) standard deviations of
    the series, and stays within the range of the series: no fixed limit finds it.
    `random` draws days, mixture, scale, noise, places and sizes; the series is an
    array, in no particular unit.

    Raises `ValueError` where so many points or faults don't fit.
    """
    clean = _clean(random, as_count(points, "points", least=_DAY))
    for _ in range(_TRIES):
        seed = int(random.integers(2**32))
        made = inject_faults(
            clean, spikes=faults, size=size, apart=_APART, random_state=seed
        )
        if made.series.min() >= clean.min() and made.series.max() <= clean.max():
            return made
    raise ValueError(f"faults of {size} sd don't stay within the range of the series")


def _clean(random: np.random.Generator, points: int) -> np.ndarray:
    demand = _demand()
    days = (len(demand) - points) // _DAY  # the last one that a stretch can begin on
    if days < 13:
        raise ValueError(f"{points:,} points are too many; there are {len(demand):,}")
    first = random.integers(days + 1)
    weeks = [day for day in range(first % 7, days + 1, 7) if day != first]
    stretches = [demand[d * _DAY :][:points] for d in (first, random.choice(weeks))]
    share = random.uniform(0.3, 0.7)
    mixed = share * stretches[0] + (1 - share) * stretches[1]
    noisy = mixed + random.normal(0, _NOISE * mixed.std(), points)
    return random.uniform(0.2, 2.0) * noisy


@lru_cache
def _demand() -> np.ndarray:
    from helpers.datasets import load

    return load("taylor").X["demand_mw"].to_numpy(float)
