"""CPU times of works side by side, as shares.

Apart from `training`, whose source is part of every benchmark's fingerprint.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from benchmarks.training import seconds

# CPU seconds that a work is repeated for, at least, and for three calls at most
LEAST_TIME, ENOUGH_TIME = 0.1, 5.0

Works = Mapping[str, Callable[[], Any]]


def shares(works: Works) -> dict[str, float]:
    """Return the time of "ours" divided by that of each other work."""
    took = {name: each_call(work) for name, work in works.items()}
    ours = took.pop("ours")
    return {name: ours / time for name, time in took.items()}


def each_call(work: Callable[[], Any]) -> float:
    """Return the CPU seconds of a call, the median of three or more if it is quick."""
    took: list[float] = []
    began = time.process_time()
    while (spent := time.process_time() - began) < LEAST_TIME or (
        len(took) < 3 and spent < ENOUGH_TIME
    ):
        took.append(seconds(work))
    return float(np.median(took))
