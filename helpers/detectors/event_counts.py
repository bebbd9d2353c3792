"""The baseline of every detector of events: how often each kind of them occurs."""

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from helpers.detectors.event_traces import EventDetector, Trace
from helpers.logs.events import START, Tokens

__all__ = ["CountProfileDetector"]


class CountProfileDetector(EventDetector):
    """How far the counts of events in a stretch are from those of clean traces.

    The baseline of every event detector: order is not looked at. The score of an event
    is the chi-square distance of the last `segment` events up to it, sum over kinds of
    (count - expected)^2 / expected; a kind that `fit` never saw is expected as often as
    one seen half a time.

    Parameters
    ----------
    segment : int, events in a segment
    k : float, a segment is flagged above mean + k sd of the clean segments' values
    threshold_from : the clean traces that mean and sd are of: "all", or the "first"
    lower : bool, whether `fit_events` lower-cases the texts
    contamination : see `Detector`; of the scores of single events

    Attributes
    ----------
    shares_ : (kinds + 1,) the expected share of what was never seen, and of each kind,
        the most frequent first
    segment_threshold_ : float, above which a segment is flagged
    segment_values_ : list of (n_segments,), the distances of the clean traces
    tokenizer_ : EventTokenizer after `fit_events` with texts, else None
    """

    contract_params: ClassVar[dict[str, Any]] = {"segment": 8}

    def segment_distances(self, events: Trace) -> NDArray[np.float64]:
        """Return the distance of each segment (n_segments,) of a trace.

        Segments stand side by side; an incomplete last one is left out, unless there is
        no other.
        """
        trace = self._kinds(self._read(self._numbered(events)))
        return self._distances_of_segments(trace)

    def _fit(self, X: NDArray, y: Any) -> None:
        self._learn_events(X, y)
        counts = np.bincount(self._kinds(X), minlength=len(self.known_) + 1)
        counts = np.maximum(counts.astype(np.float64), 0.5)
        self.shares_ = counts / counts.sum()

    def _kinds(self, X: NDArray) -> Tokens:
        """Return the kind of each event: 0 never seen, from 1 on the others."""
        return np.maximum(self._tokens(X) - START, 0)

    def _training_scores(self, X: NDArray) -> NDArray:
        traces = [trace for trace in self._clean_traces(X) if len(trace)]
        self._learn_threshold(
            [self._distances_of_segments(self._kinds(trace)) for trace in traces]
        )
        return np.concatenate([self._score(trace) for trace in traces])

    def _score(self, X: NDArray) -> NDArray:
        trace, size = self._kinds(X), min(self.segment, len(X))
        block = max(size, 2**22 // len(self.shares_) // 4)
        parts = []
        for start in range(0, len(trace), block):
            before = trace[max(0, start - size) : start]
            parts.append(self._trailing(before, trace[start : start + block], size))
        return np.concatenate(parts)

    def _trailing(self, before: Tokens, trace: Tokens, size: int) -> NDArray:
        """Return the distance of the last `size` events up to each of `trace`."""
        both = np.concatenate([before, trace])
        seen = np.zeros((len(both) + 1, len(self.shares_)), np.int32)
        seen[np.arange(1, len(both) + 1), both] = 1
        np.cumsum(seen, axis=0, out=seen)
        ends = np.arange(len(before), len(both)) + 1
        return self._distance(seen[ends] - seen[np.maximum(ends - size, 0)])

    def _distance(self, counts: NDArray) -> NDArray[np.float64]:
        expected = counts.sum(axis=1, keepdims=True) * self.shares_
        return (np.square(counts - expected) / expected).sum(axis=1)

    def _distances_of_segments(self, trace: Tokens) -> NDArray[np.float64]:
        count = max(1, len(trace) // self.segment)
        starts = np.arange(count) * self.segment
        kinds = len(self.shares_)
        cells = [
            np.bincount(trace[start : start + self.segment], minlength=kinds)
            for start in starts
        ]
        return self._distance(np.array(cells))

    def segment_values(self, events: Trace) -> NDArray[np.float64]:
        """Return the distance of each segment: `segment_distances`."""
        return self.segment_distances(events)
