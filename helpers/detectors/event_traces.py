"""What detectors of events share: texts, numbers, several traces, segments.

**What is read.** X is one trace, (n,) whole numbers, a number per kind of event. Raw
event texts go through `fit_events(traces)`: each trace is a sequence of texts, one
file; nothing runs over the border of two. All methods that take a trace then take
texts, or the numbers that `tokenizer_.encode(texts)` gives.

**What is scored.** `decision_function` gives each event its own score; a decision about
a segment (1 000 events, as published) is what `segment_values` and `flag` are for.
"""

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from helpers._arrays import as_count, as_number, check_choice, check_flag
from helpers.detectors.base import Detector
from helpers.estimators.inputs import read_input
from helpers.estimators.rollback import rollback
from helpers.logs.event_predictions import rate_threshold
from helpers.logs.events import (
    RESERVED,
    UNKNOWN,
    EventTokenizer,
    Tokens,
    as_traces,
)
from helpers.text import count

__all__ = ["EventDetector", "EventFiles", "Trace"]

_ONE_KIND = (
    "all {} events are of one kind: neither counts nor order tell anything apart but "
    "events never seen. Do the texts name the kind?"
)
_NONE_RECURS = (
    "all {} events are of different kinds: nothing recurs, so nothing can be learned. "
    "Leave out of the texts what is new each time, such as times and numbers"
)
_NO_SPREAD = (
    "{} one value, {:.3g}, so k sd of it are 0 and any segment above is flagged. Fit "
    "on more events, or set a smaller segment"
)

Trace = ArrayLike | Sequence[str]


@dataclass(frozen=True)
class EventFiles:
    """What `fit_events` knows of X beside its numbers: borders and names.

    `held_out` says how many traces, the last ones, train nothing.
    """

    lengths: tuple[int, ...]
    tokenizer: EventTokenizer | None = None
    held_out: int | None = None


class EventDetector(Detector):
    """What detectors of events share: texts, tokens, several traces, segments.

    Parameters
    ----------
    segment : int, events in a segment
    k : float, a segment is flagged above mean + k sd of the clean segments' values
    threshold_from : the clean traces that mean and sd are of: "all", or the "first"
        alone, as published
    lower : bool, whether `fit_events` lower-cases the texts
    contamination : see `Detector`; of the scores of single events

    Attributes
    ----------
    tokenizer_ : EventTokenizer, after `fit_events` with texts; else None
    segment_threshold_ : float, above which a segment is flagged
    segment_values_ : list of (n_segments,), the values of the clean traces
    """

    input_kind: ClassVar[str] = "events"

    segment: int = 1000
    k: float = 3.0
    threshold_from: Literal["all", "first"] = "all"
    lower: bool = False

    # ------------------------------------------------------------ what users call

    def fit_events(
        self, traces: Sequence[Trace], *, validation: Sequence[Trace] = ()
    ) -> Self:
        """Fit on clean traces, a list of sequences of texts or of numbers; return self.

        `validation` are clean traces that train nothing. Where there are none, the last
        of several traces is held out, or the last share of a single one; see
        `validation_fraction`. Thresholds are of all of them, and `decision_scores_` of
        their events, one trace after the other.

        Raises `ValueError` on bad input or parameters, in one line.
        """
        self._check_parameters()
        held_out = as_traces(validation) if len(validation) else []
        known = as_traces(traces)
        _refuse_empty(known + held_out)
        with rollback(self):
            tokenizer = self._tokenizer_of(known)
            every = [_numbers(trace, tokenizer, "fit") for trace in known + held_out]
            files = EventFiles(
                tuple(map(len, every)), tokenizer, len(held_out) if held_out else None
            )
            self._fit_checked(np.concatenate(every), files)  # type: ignore[arg-type]
        return self

    @property
    def tokenizer_(self) -> EventTokenizer | None:
        """The vocabulary of texts, or None where the events are numbers."""
        self._require_fitted()
        told: dict[str, Any] | None = self.vocabulary_
        return EventTokenizer.from_plain(told) if told else None

    def score_events(self, events: Trace) -> NDArray[np.float64]:
        """Return the score of each event (n,) of a trace of texts or numbers."""
        return self.decision_function(self._numbered(events))

    def flag(self, events: Trace) -> NDArray[np.bool_]:
        """Say of each segment of a trace whether it is an anomaly (n_segments,)."""
        return self.segment_values(events) > self.segment_threshold_

    # ------------------------------------------------------------ what detectors define

    @abstractmethod
    def segment_values(self, events: Trace) -> NDArray[np.float64]:
        """Return what is compared with `segment_threshold_`, one value a segment."""

    # ------------------------------------------------------------------- details

    def _tokenizer_of(self, traces: list) -> EventTokenizer | None:
        if not any(_is_text(trace) for trace in traces):
            return None
        return EventTokenizer.fit(traces, lower=bool(self.lower))

    def _numbered(self, events: Trace) -> NDArray:
        self._require_current()
        return _numbers(events, self.tokenizer_, "scoring")

    def _learn_events(self, X: NDArray, y: Any) -> EventFiles:
        """Learn the events' numbers; return what is known of the traces in X."""
        files = y if isinstance(y, EventFiles) else EventFiles((len(X),))
        self.trace_lengths_ = files.lengths
        tokenizer = files.tokenizer
        self.vocabulary_: dict[str, Any] | None = None
        self.known_ = _by_frequency(X)
        if tokenizer is not None:
            self.vocabulary_ = {"events": tokenizer.events, "lower": tokenizer.lower}
            self.known_ = np.arange(len(RESERVED), tokenizer.size)
        self.n_events_ = len(X)
        kinds = len(np.unique(X))
        if kinds == 1:
            self._warn(_ONE_KIND.format(len(X)))
        elif kinds == len(X):
            self._warn(_NONE_RECURS.format(len(X)))
        return files

    def _tokens(self, X: NDArray) -> Tokens:
        """Return the tokens of event numbers; `UNKNOWN` for those not seen in `fit`."""
        order = np.argsort(self.known_)
        ordered = self.known_[order]
        places = np.minimum(np.searchsorted(ordered, X), len(ordered) - 1)
        found = ordered[places] == X
        return np.where(found, order[places] + len(RESERVED), UNKNOWN)

    def _names(self) -> tuple[str, ...]:
        """Return the text of each token."""
        if self.vocabulary_:
            return (*RESERVED, *self.vocabulary_["events"])
        numbers: list[int] = self.known_.tolist()
        return (*RESERVED, *map(str, numbers))

    def _clean_traces(self, X: NDArray) -> list[NDArray]:
        return np.split(X, np.cumsum(self.trace_lengths_)[:-1])

    def _learn_threshold(self, values: list[NDArray]) -> None:
        self.segment_values_ = values
        chosen = values if self.threshold_from == "all" else values[:1]
        self.segment_threshold_ = rate_threshold(chosen, k=self.k)
        every = np.concatenate(chosen)
        if np.ptp(every) <= 1e-12 * np.abs(every).max(initial=0.0):
            amount = count(len(every), "clean segment has", "clean segments have")
            self._warn(_NO_SPREAD.format(amount, every[0]))

    def _check_parameters(self) -> None:
        super()._check_parameters()
        as_count(self.segment, "segment", least=1)
        as_number(self.k, "k", least=0)
        check_choice(self.threshold_from, "threshold_from", ("all", "first"))
        check_flag(self.lower, "lower")


# ---------------------------------------------------------------------------- details


def _is_text(trace: Trace) -> bool:
    numeric = isinstance(trace, np.ndarray) and trace.dtype.kind in "iuf"
    if numeric or not isinstance(trace, Iterable):
        return False
    return any(isinstance(event, str) for event in trace)


def _numbers(trace: Trace, tokenizer: EventTokenizer | None, doing: str) -> NDArray:
    """Return a trace as numbers: texts by the tokenizer, numbers as they are."""
    if isinstance(trace, str | bytes) or not _is_text(trace):
        return read_input(trace, "events", doing=doing)
    if tokenizer is None:
        raise ValueError(
            "the events are texts, but fit saw numbers; fit with fit_events([trace])"
        )
    return tokenizer.encode(trace)  # type: ignore[arg-type]


def _refuse_empty(traces: list) -> None:
    for number, trace in enumerate(traces):
        if not len(trace):
            raise ValueError(f"trace {number} is empty; leave it out")


def _by_frequency(X: NDArray) -> NDArray:
    """Return the different numbers in X, the most frequent first, then by place."""
    numbers, first, counts = np.unique(X, return_index=True, return_counts=True)
    return numbers[np.lexsort((first, -counts))]
