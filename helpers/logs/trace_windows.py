"""Windows of several traces in one array: where they start, and which train nothing."""

from dataclasses import dataclass

import numpy as np

from helpers.logs.events import PADDING, Tokens, event_windows, window_starts

__all__ = ["TraceWindows"]


@dataclass(frozen=True)
class TraceWindows:
    """Traces one after the other in an array, and the windows that are cut from them.

    lengths: the events of each trace
    length: events in a window that is read, and in the one that follows it
    stride: events between the starts of two windows
    """

    lengths: tuple[int, ...]
    length: int
    stride: int

    def split(self, held_out: int | None, share: float) -> tuple[Tokens, Tokens | None]:
        """Return where windows start to train on, and those to validate on, if any.

        `held_out` is how many traces, the last ones, train nothing; None holds out a
        `share` of the traces, at least one of several, or the last share of a single
        one. Raises `ValueError` where no window is left to train on.
        """
        placed, last = self._starts(), self._traces_held_out(held_out, share)
        if last is None:
            return self._last_share(_joined(placed), share)
        cut = len(placed) - last
        training, validation = _joined(placed[:cut]), _joined(placed[cut:])
        if not len(training):
            raise ValueError(
                f"no trace to train on has more than {self.length} events; pass longer "
                "ones, or set a smaller length"
            )
        return training, validation if len(validation) else None

    def cut(self, tokens: Tokens, starts: Tokens) -> tuple[Tokens, Tokens]:
        """Return what is read and what follows (n, length + 1), as `event_windows`.

        `tokens` are those of all traces; beyond the end of a trace is padding.
        """
        read, follows = event_windows(tokens, starts, length=self.length)
        ends = np.cumsum(self.lengths)
        left = ends[np.searchsorted(ends, starts, side="right")] - starts
        for half, skipped in ((read, 0), (follows, self.length)):
            beyond = skipped + np.arange(self.length) >= left[:, np.newaxis]
            half[:, 1:][beyond] = PADDING
        return read, follows

    # ------------------------------------------------------------------- details

    def _starts(self) -> list[Tokens]:
        """Return the starts of each trace's windows, as places in the array."""
        borders = np.cumsum([0, *self.lengths])
        return [
            window_starts(events, length=self.length, stride=self.stride) + border
            for events, border in zip(self.lengths, borders, strict=False)
        ]

    def _traces_held_out(self, held_out: int | None, share: float) -> int | None:
        """Return how many traces are held out, None where it is a share of one."""
        if held_out is not None:
            return held_out
        count = len(self.lengths)
        if count == 1:
            return None if share > 0 else 0
        if share == 0:
            return 0
        return min(count - 1, max(1, round(share * count)))

    def _last_share(self, starts: Tokens, share: float) -> tuple[Tokens, Tokens | None]:
        """Return the first windows and the last ones, which share no event."""
        held_out = max(1, round(share * len(starts)))
        first = max(len(starts) - held_out, -(-2 * self.length // self.stride))
        validation = starts[first:]
        if not len(validation):
            return starts, None
        return starts[starts <= validation[0] - 2 * self.length], validation


def _joined(parts: list[Tokens]) -> Tokens:
    return np.concatenate([*parts, np.empty(0, np.int64)]).astype(np.int64)
