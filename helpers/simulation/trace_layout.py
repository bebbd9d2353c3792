"""Where a kernel trace is odd: bursts, loops and plateaus, segment by segment.

Each segment of a trace has one of four **modes**; those with an odd number are the
anomalies:

- `NORMAL`: as in a clean trace;
- `ODD`: full of odd episodes;
- `BETWEEN`: a normal segment inside a burst, with fewer received pulses;
- `WEAK`: a segment on a plateau of a half loop, odd episodes and normal ones mixed.
"""

import numpy as np
from numpy.typing import NDArray

__all__ = ["BETWEEN", "NORMAL", "ODD", "SEGMENT", "WEAK", "WEAK_SHARE", "segment_modes"]

SEGMENT = 1000
"""Events in a segment, the unit in which a trace is odd or not."""

NORMAL, ODD, BETWEEN, WEAK = range(4)

WEAK_SHARE = 0.6
"""Ours: odd episodes in a weak segment, as a share of its events."""

Modes = NDArray[np.int64]

_BURSTS = {
    "fifo-ls-01": (6, 180 / 265),
    "fifo-ls-02": (6, 180 / 265),
    "fifo-ls-sporadic": (7, 150 / 228),
}
"""Bursts of a file, and the share of a burst in the time from one to the next."""

_NORMAL_SHARE = {"full-while": 64 / 1404, "half-while": 37 / 1399}
"""Published: the share of a loop's segments that are below the threshold."""

_PLATEAUS = ((13, 25), (122, 138), (210, 230))
_PLATEAU_PARTS = 279
"""Published plateaus of `half-while`: first and last of 279 equal parts, from 0 on."""


def segment_modes(n: int, name: str, rng: np.random.Generator) -> Modes:
    """Return the mode of each of `n` segments of a trace like the file `name` (n,)."""
    if name in _BURSTS:
        return _in_bursts(n, name, rng)
    if name == "half-while":
        places = _plateaus(n)
        modes = np.where(places, WEAK, ODD)
    elif name == "full-while":
        places = np.ones(n, dtype=bool)
        modes = np.full(n, ODD)
    else:
        return np.full(n, NORMAL)
    wanted = min(round(n * _NORMAL_SHARE[name]), int(places.sum()))
    modes[rng.permutation(np.flatnonzero(places))[:wanted]] = NORMAL
    return modes


def _in_bursts(n: int, name: str, rng: np.random.Generator) -> Modes:
    """Return modes of a trace with bursts: half of the segments of each are odd."""
    modes = np.full(n, NORMAL)
    for begin, end in _bursts(n, name, rng):
        width = end - begin
        odd = rng.permutation(width) < (width + 1) // 2
        modes[begin:end] = np.where(odd, ODD, BETWEEN)
    return modes


def _bursts(n: int, name: str, rng: np.random.Generator) -> list[tuple[int, int]]:
    """Return begin and end of each burst: at a fixed pace, or at random (sporadic)."""
    count, share = _BURSTS[name]
    step = n / count
    width = max(1, round(step * share))
    gap = max(0, int(step) - width)
    found = []
    for one in range(count):
        late = int(rng.integers(gap + 1)) if name == "fifo-ls-sporadic" else gap // 2
        begin = int(one * step) + late
        found.append((begin, min(begin + width, n)))
    return [(begin, end) for begin, end in found if begin < end]


def _plateaus(n: int) -> NDArray[np.bool_]:
    """Return which of `n` segments of a half loop are on a plateau (n,)."""
    part = np.arange(n) * _PLATEAU_PARTS // n
    inside = [(part >= first) & (part <= last) for first, last in _PLATEAUS]
    return np.logical_or.reduce(inside)
