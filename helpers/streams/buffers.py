"""Windows that wait for an update."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from helpers._arrays import Floats

__all__ = ["Buffer", "Buffers", "fill_batch"]

_FEWEST = 10  # windows held out; with fewer, those that are trained on count, too


class Buffer:
    """The most recent windows of a kind, in the order of the stream.

    `len(buffer)` windows are kept, at most `most` of them, each with the answer to a
    question (`marked`); `seen` counts all that came since it was empty.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.clear()

    def clear(self) -> None:
        """Drop all windows and begin to count anew."""
        self._windows: list[NDArray] = []
        self._marked: list[bool] = []
        self.seen = 0

    def add(self, windows: NDArray, marked: NDArray) -> None:
        """Keep the windows (n, steps, features); the oldest leave for the newest."""
        self.seen += len(windows)
        self._windows.extend(np.array(window) for window in windows)
        self._marked.extend(marked.tolist())
        del self._windows[: len(self._windows) - self.most]
        del self._marked[: len(self._marked) - self.most]

    def __len__(self) -> int:
        return len(self._windows)

    def windows(self, *, fewest: int = 0) -> NDArray:
        """Return the marked windows (n, steps, features); all, if `fewest` are not."""
        windows, marked = np.stack(self._windows), np.array(self._marked)
        return windows[marked] if marked.sum() >= fewest else windows

    def __getstate__(self) -> dict[str, Any]:
        """Return what is kept in files: one array, not thousands."""
        windows = np.stack(self._windows) if self._windows else None
        return vars(self) | {"_windows": windows, "_marked": np.array(self._marked)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._windows = [] if self._windows is None else list(self._windows)
        self._marked = np.asarray(self._marked, dtype=bool).tolist()


class Buffers:
    """The three buffers, filled by what an expert says.

    `abnormal` has the anomalous windows; `errors` the normal ones, whose errors an
    updated detector is judged by; `normal` the hard ones among them, which it is
    trained on. Each k-th normal window (`hold_out` = 1 / k) trains nobody: a
    detector's errors on what it was trained on would be too small.
    """

    def __init__(self, keep: int, hold_out: float) -> None:
        self.normal, self.abnormal, self.errors = (Buffer(keep) for _ in range(3))
        self._every = round(1 / hold_out)

    def add(self, windows: NDArray, labels: Floats, hard: NDArray) -> None:
        """Sort in windows (n, steps, features) by their labels (n,): 0, 1, or NaN.

        `hard` (n,) says which of the normal ones are hard.
        """
        normal, abnormal = labels == 0, labels == 1
        numbers = self.errors.seen + np.cumsum(normal)  # of normal windows, from 1
        held_out = numbers % self._every == 0
        self.abnormal.add(windows[abnormal], abnormal[abnormal])
        self.errors.add(windows[normal], held_out[normal])
        self.normal.add(windows[hard], ~held_out[hard])

    def full(self, hard: int) -> bool:
        """Say whether there are `hard` hard windows and an anomalous one."""
        return self.normal.seen >= hard and len(self.abnormal) > 0

    def training(self, *, fewest: int = 1) -> NDArray:
        """Return the hard windows that an update trains on.

        Those held out are among them only where fewer than `fewest` are left, as where
        what is hard recurs with each k-th window.
        """
        return self.normal.windows(fewest=fewest)

    def held_out(self) -> NDArray:
        """Return the normal windows that train nobody; all where they are too few."""
        return self.errors.windows(fewest=_FEWEST)

    def clear(self) -> None:
        """Empty all three."""
        for buffer in (self.normal, self.abnormal, self.errors):
            buffer.clear()


def fill_batch(windows: NDArray, size: int) -> NDArray:
    """Return the windows, repeated in turn until there are at least `size` of them.

    Three windows a, b, c and size 8 give a b c a b c a b.
    """
    if len(windows) >= size:
        return windows
    return windows[np.arange(size) % len(windows)]
