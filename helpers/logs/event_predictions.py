"""What was foretold of a trace, kept on disk: re-analysed without the network.

A window is wrong by as many of its events as were foretold wrongly. A segment is so
many events, `segment` // `length` windows one after the other; its rate is the share of
its events that were foretold wrongly.
"""

import io
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from helpers._arrays import Floats, as_count, as_number
from helpers.files import as_path, write_whole
from helpers.logs.events import PADDING, Tokens

__all__ = ["Stretch", "TracePredictions", "rate_threshold"]


@dataclass(frozen=True)
class Stretch:
    """Windows one after the other: where, how many events are wrong, and their texts.

    start: the position in the trace of the first event that was foretold
    """

    start: int
    wrong: int
    events: tuple[str, ...]
    foretold: tuple[str, ...]


@dataclass(frozen=True, eq=False, repr=False)
class TracePredictions:
    """The events of each window and what was foretold of them.

    truth, foretold: (n_windows, length) tokens; where truth is 0 there was no event
    stride: events between the starts of two windows
    names: the text of each token
    """

    truth: Tokens
    foretold: Tokens
    stride: int
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.truth)

    def __repr__(self) -> str:
        """Return the sizes in one line."""
        length = self.truth.shape[1]
        return f"<{len(self)} windows of {length} events, stride {self.stride}>"

    @property
    def wrong(self) -> NDArray[np.bool_]:
        """Where an event was foretold wrongly (n_windows, length)."""
        return (self.truth != self.foretold) & (self.truth != PADDING)

    def misclassification(self, segment: int = 1000) -> Floats:
        """Return the share of wrongly foretold events of each segment (n_segments,).

        Segments start at window 0, s, 2 s, ... below n_windows - s, s = segment //
        length, as published: a last segment that just fits is left out. Where that
        leaves none, all windows are one segment. Raises `ValueError` where a segment
        is shorter than a window, or there are no windows.
        """
        s = self._windows_in(segment)
        starts = np.arange(0, max(1, len(self) - s), s)
        wrong, counted = (
            np.concatenate([[0], np.cumsum(cells.sum(axis=1))])
            for cells in (self.wrong, self.truth != PADDING)
        )
        ends = np.minimum(starts + s, len(self))
        return (wrong[ends] - wrong[starts]) / (counted[ends] - counted[starts])

    def _windows_in(self, segment: int) -> int:
        length = self.truth.shape[1]
        if not len(self):
            raise ValueError(
                "there are no windows, so no rate of wrong ones; a trace needs more "
                f"than {length} events"
            )
        return as_count(segment, "segment", least=length) // length

    def worst_stretches(
        self, *, windows: int = 5, more_than: int = 19
    ) -> list[Stretch]:
        """Return stretches with more than `more_than` wrong events, the worst first.

        A stretch is `windows` windows, side by side; at stride 5 it is 25 events one
        after the other.
        """
        count = as_count(windows, "windows", least=1)
        least = as_count(more_than, "more_than")
        whole = len(self) // count
        wrong = self.wrong[: whole * count].reshape(whole, -1).sum(axis=1)
        order = np.argsort(-wrong, kind="stable")
        return [
            self._stretch(i, count, int(wrong[i])) for i in order if wrong[i] > least
        ]

    def _stretch(self, number: int, windows: int, wrong: int) -> Stretch:
        rows = slice(number * windows, (number + 1) * windows)
        texts = (
            tuple(self.names[token] for token in cells[rows].ravel())
            for cells in (self.truth, self.foretold)
        )
        start = number * windows * self.stride + self.truth.shape[1]
        return Stretch(start, wrong, *texts)

    # ------------------------------------------------------------------------- files

    def save(self, path: str | os.PathLike) -> None:
        """Write them as .npz, with vocabulary and stride, whole or not at all."""
        body = io.BytesIO()
        told = json.dumps({"stride": self.stride, "names": self.names})
        small = np.min_scalar_type(len(self.names))
        np.savez_compressed(
            body,
            told=np.array(told),
            truth=self.truth.astype(small),
            foretold=self.foretold.astype(small),
        )
        write_whole(path, body.getbuffer())

    @classmethod
    def load(cls, path: str | os.PathLike) -> Self:
        """Return what `save` wrote; raise `ValueError` on any other file."""
        with Path(as_path(path)).open("rb") as file:
            try:
                with np.load(file, allow_pickle=False) as parts:
                    told = json.loads(str(parts["told"]))
                    truth, foretold = (
                        parts[name].astype(np.int64) for name in ("truth", "foretold")
                    )
                    names = tuple(told["names"])
                    if truth.ndim != 2 or truth.shape != foretold.shape:
                        raise ValueError
                    if max(truth.max(initial=0), foretold.max(initial=0)) >= len(names):
                        raise ValueError
                    return cls(truth, foretold, int(told["stride"]), names)
            except (OSError, ValueError, LookupError, TypeError, EOFError, BadZipFile):
                raise ValueError(
                    f"{path} holds no predictions of a trace; write them with save"
                ) from None


def rate_threshold(rates: list[Floats], *, k: float = 3.0) -> float:
    """Return mean + k sd of the rates of clean traces, one array per trace.

    All segments count alike; sd divides by n, as published. Pass one trace in a list
    for the published threshold, which is of the first one alone.
    """
    values = np.concatenate([np.asarray(part, np.float64) for part in rates])
    if not len(values):
        raise ValueError("rates are empty; score at least one clean trace")
    return float(values.mean() + as_number(k, "k", least=0) * values.std())
