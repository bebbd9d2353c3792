"""Event logs: a network that foretells the next events, and counts as the baseline.

**What is read.** X is one trace, (n,) whole numbers, a number per kind of event. Raw
event texts go through `fit_events(traces)`: each trace is a sequence of texts, one
file; nothing runs over the border of two. All methods that take a trace then take
texts, or the numbers that `tokenizer_.encode(texts)` gives.

**What is scored.** `decision_function` gives each event its own score; a decision about
a segment (1 000 events, as published) is what `misclassification` and `flag` are for.
"""

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from helpers._arrays import LARGEST_SIZE, as_count, as_number, check_choice, check_flag
from helpers.detectors.base import Detector
from helpers.estimators.inputs import read_input
from helpers.estimators.rollback import rollback
from helpers.estimators.trained import TrainedNetwork
from helpers.logs.event_predictions import Stretch, TracePredictions, rate_threshold
from helpers.logs.events import (
    RESERVED,
    START,
    UNKNOWN,
    EventTokenizer,
    as_traces,
    event_windows,
    window_starts,
)

if TYPE_CHECKING:
    from helpers.networks.attention import Foretold
    from helpers.networks.training import Plan, Source

__all__ = ["CountProfileDetector", "EventSeq2SeqDetector"]

MEASURED = 10_000  # training windows that "accuracy" in the curve is of, at most
WINDOWS = 2**15  # windows that are foretold at a time

Trace = ArrayLike | Sequence[str]
Tokens = NDArray[np.int64]


@dataclass(frozen=True)
class _Files:
    """What `fit_events` knows of X beside its numbers: borders and names.

    `held_out` says how many traces, the last ones, train nothing.
    """

    lengths: tuple[int, ...]
    tokenizer: EventTokenizer | None = None
    held_out: int | None = None


class _EventDetector(Detector):
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
            files = _Files(
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

    def _learn_events(self, X: NDArray, y: Any) -> _Files:
        """Learn the events' numbers; return what is known of the traces in X."""
        files = y if isinstance(y, _Files) else _Files((len(X),))
        self.trace_lengths_ = files.lengths
        tokenizer = files.tokenizer
        self.vocabulary_: dict[str, Any] | None = None
        self.known_ = _by_frequency(X)
        if tokenizer is not None:
            self.vocabulary_ = {"events": tokenizer.events, "lower": tokenizer.lower}
            self.known_ = np.arange(len(RESERVED), tokenizer.size)
        self.n_events_ = len(X)
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

    def _check_parameters(self) -> None:
        super()._check_parameters()
        as_count(self.segment, "segment", least=1)
        as_number(self.k, "k", least=0)
        check_choice(self.threshold_from, "threshold_from", ("all", "first"))
        check_flag(self.lower, "lower")


class EventSeq2SeqDetector(TrainedNetwork, _EventDetector):
    """How badly a sequence-to-sequence network foretells the events of a trace.

    A GRU reads `length` events, a second one foretells the `length` after them, looking
    back by additive attention (Bahdanau et al., 2015; Ezeme et al., 2019). In scoring
    it reads its own likeliest event. The score of an event is its surprise, minus the
    logarithm of its probability, in nats; an event that `fit` never saw has at least
    log(n + 1), n events in `fit`, and the first `length` of a trace, which nobody could
    foretell, have 0. The rate of a segment is the share of its events that were
    foretold wrongly.

    A trace that is too short for a window (2 `length` events or fewer) is padded, and
    what is padded is not counted; a trace of `length` events or fewer has no rate.

    Parameters
    ----------
    length : int, events in a window that is read, and in the one that is foretold
    stride : int, events between the starts of two windows in training. To score,
        windows follow at `length`
    embedding : int, numbers that stand for an event; units : int, size of the states
    carry_state : bool, whether the decoder's GRU goes on from its last state. The
        published code's begins each step anew (the state only says where to look), so
        at the second step it has forgotten the first: False repeats that
    decay : float, the rate after t steps is learning_rate / (1 + decay t)
    validation_fraction : as in `TrainedNetwork`, but the **last** traces of several, at
        least one, or the last share of a single one
    epochs, batch_size, learning_rate, optimizer, patience, min_delta, progress : as in
        `TrainedNetwork`; without `batch_size`, 256
    checkpoint, random_state : as in `TrainedNetwork`
    segment, k, threshold_from, lower, contamination : see `CountProfileDetector`

    Attributes
    ----------
    history_ : of `TrainedNetwork`, and "accuracy", "val_accuracy": the share of events
        foretold rightly after an epoch, true events being read, on at most 10 000 of
        the training windows, and on all that were held out
    segment_threshold_, segment_values_, tokenizer_ : see `CountProfileDetector`
    """

    recurrent: ClassVar[bool] = True
    scaling: ClassVar[None] = None  # type: ignore[misc]
    contract_params: ClassVar[dict[str, Any]] = {
        "length": 2,
        "epochs": 2,
        "batch_size": 64,
        "learning_rate": 0.1,
        "embedding": 4,
        "units": 4,
        "segment": 20,
        "random_state": 0,
    }

    length: int = 5
    stride: int = 1
    embedding: int = 64
    units: int = 128
    carry_state: bool = True
    decay: float = 0.0
    epochs: int = 10
    batch_size: int | None = 256
    learning_rate: float = 0.003
    patience: int | None = 3

    @classmethod
    def published(cls, **changes: Any) -> Self:
        """Return the network for QNX traces (Weiwei Liu), with `changes` if any.

        256 226 parameters with 94 events; two epochs at stride 1, batches of 256, Adam
        at 0.05 / (1 + 0.01 t), no validation, the decoder's state not carried on, and
        the threshold of the first clean trace. Its source, unlike this, trains on whole
        batches only. Texts are lower-cased.
        """
        published: dict[str, Any] = {
            "length": 5,
            "stride": 1,
            "embedding": 64,
            "units": 128,
            "carry_state": False,
            "decay": 0.01,
            "epochs": 2,
            "batch_size": 256,
            "learning_rate": 0.05,
            "optimizer": "adam",
            "validation_fraction": 0.0,
            "patience": None,
            "segment": 1000,
            "k": 3.0,
            "threshold_from": "first",
            "lower": True,
        }
        return cls(**(published | changes))

    # ------------------------------------------------------------ what users call

    def predictions(self, events: Trace, *, stride: int | None = None) -> Tokens:
        """Return the tokens foretold of each window (n_windows, length) of a trace."""
        return self.predict_trace(events, stride=stride).foretold

    def predict_trace(
        self, events: Trace, *, stride: int | None = None
    ) -> TracePredictions:
        """Return what is foretold of a trace, to keep on disk and to analyse.

        Windows start at 0, `stride` (`length`, unless told), ... as `window_count` of
        `helpers.logs.events` says.
        """
        trace = self._tokens(self._read(self._numbered(events)))
        step = as_count(self.length if stride is None else stride, "stride", least=1)
        starts = window_starts(len(trace), length=self.length, stride=step)
        truth = event_windows(trace, starts, length=self.length)[1][:, 1:]
        foretold = self._foretold(trace, starts)[0]
        return TracePredictions(truth, foretold, step, self._names())

    def misclassification(
        self, events: Trace, segment: int | None = None
    ) -> NDArray[np.float64]:
        """Return the share of wrongly foretold events of each segment (n_segments,)."""
        size = self.segment if segment is None else segment
        return self.predict_trace(events).misclassification(size)

    def worst_stretches(self, events: Trace, **options: Any) -> list[Stretch]:
        """Return the worst stretches of a trace as texts.

        Options are those of `TracePredictions.worst_stretches`: by default stretches of
        5 windows (25 events) of which more than 19 were foretold wrongly.
        """
        return self.predict_trace(events).worst_stretches(**options)

    def attention(self, events: Trace) -> NDArray[np.float32]:
        """Return where the decoder looks (n_windows, length, length + 1).

        Of each window and event foretold, the weights of the start token and of the
        `length` events read; they sum to 1. Windows are those of `predict_trace`.
        """
        trace = self._tokens(self._read(self._numbered(events)))
        starts = window_starts(len(trace), length=self.length, stride=self.length)
        windows = event_windows(trace, starts, length=self.length)
        return self._foretell(windows, attention=True).attention  # type: ignore

    def partial_fit(
        self, X: ArrayLike, y: ArrayLike | None = None, *, epochs: int | None = None
    ) -> Self:
        """Train the fitted network further on one trace X, for `epochs` more.

        The vocabulary stays; scores, thresholds and labels become those of X. Without a
        `fit` before, this is one. Raises `ValueError` as `fit` does, or when parameters
        set since `fit` ask for another network or optimizer.
        """
        further = self._further_epochs(epochs)
        if not self.__sklearn_is_fitted__():
            return self.fit(X)
        with rollback(self):
            self._check_parameters()
            array = self._read(X, doing="fit")
            self._require_rows(array)
            self._rebuild_for_training()
            self.trace_lengths_, self.n_events_ = (len(array),), len(array)
            self._train(array, _Files((len(array),)), self.state_, further)
            self._finish(array)
        return self

    # ------------------------------------------------------------------- training

    def _fit(self, X: NDArray, y: Any) -> None:
        files = self._learn_events(X, y)
        self._initialize(X)
        self._train(X, files, None, self.epochs)

    def _train(self, X: NDArray, files: _Files, state: Any, epochs: int) -> None:
        trace = self._tokens(X)
        training, validation = self._starts(files)
        source = self._source(trace)
        borders = np.array([*files.lengths, files.held_out or 0])
        plan = self._plan(trace, epochs, state, borders, self.known_)
        plan = replace(plan, measure=self._measure(source, training, validation))
        self._train_on(source, training, validation, plan=plan, state=state)

    def _plan(self, X: NDArray, *others: Any) -> "Plan":
        plan = super()._plan(X, *others)
        return plan if self.batch_size else replace(plan, batch_size=256)

    def _starts(self, files: _Files) -> tuple[Tokens, Tokens | None]:
        """Return where windows start to train on, and to validate on."""
        starts = [
            window_starts(n, length=self.length, stride=self.stride)
            for n in files.lengths
        ]
        borders = np.cumsum([0, *files.lengths])
        placed = [part + at for part, at in zip(starts, borders, strict=False)]
        held_out = self._traces_held_out(files)
        if held_out is None:
            return self._last_share(_joined(placed))
        cut = len(placed) - held_out
        training, validation = _joined(placed[:cut]), _joined(placed[cut:])
        if not len(training):
            raise ValueError(
                f"no trace to train on has more than {self.length} events; pass longer "
                "ones, or set a smaller length"
            )
        return training, validation if len(validation) else None

    def _traces_held_out(self, files: _Files) -> int | None:
        """Return how many traces are held out, None where it is a share of one."""
        if files.held_out is not None:
            return files.held_out
        count = len(files.lengths)
        if count == 1:
            return None if self.validation_fraction > 0 else 0
        if self.validation_fraction == 0:
            return 0
        return min(count - 1, max(1, round(self.validation_fraction * count)))

    def _last_share(self, starts: Tokens) -> tuple[Tokens, Tokens | None]:
        """Return the first windows and the last ones, which share no event."""
        held_out = max(1, round(self.validation_fraction * len(starts)))
        first = max(len(starts) - held_out, -(-2 * self.length // self.stride))
        validation = starts[first:]
        if not len(validation):
            return starts, None
        return starts[starts <= validation[0] - 2 * self.length], validation

    def _source(self, trace: Tokens) -> "Source":
        ends = np.cumsum(self.trace_lengths_)

        def source(starts: NDArray) -> tuple[NDArray, NDArray]:
            read, follows = self._windows(trace, starts, ends)
            x = np.concatenate([read, follows[:, :-1]], axis=1).astype(np.int32)
            return x, follows[:, 1:].astype(np.int32)

        return source

    def _windows(
        self, trace: Tokens, starts: Tokens, ends: Tokens
    ) -> tuple[Tokens, Tokens]:
        """Return windows of several traces in one array; padded beyond their ends."""
        read, follows = event_windows(trace, starts, length=self.length)
        left = ends[np.searchsorted(ends, starts, side="right")] - starts
        for half, skipped in ((read, 0), (follows, self.length)):
            beyond = skipped + np.arange(self.length) >= left[:, np.newaxis]
            half[:, 1:][beyond] = 0
        return read, follows

    def _measure(
        self, source: "Source", training: Tokens, validation: Tokens | None
    ) -> Any:
        """Return what says how many events are foretold rightly by some weights."""
        step = max(1, -(-len(training) // MEASURED))
        parts = {"accuracy": training[::step]}
        if validation is not None:
            parts["val_accuracy"] = validation

        def measure(variables: list[NDArray]) -> dict[str, float]:
            return {
                name: self._accuracy(source, starts, variables)
                for name, starts in parts.items()
            }

        return measure

    def _accuracy(
        self, source: "Source", starts: Tokens, variables: list[NDArray]
    ) -> float:
        right = counted = 0
        for some in _portions(starts):
            x, truth = source(some)
            read, said = np.split(x, [self.length + 1], axis=1)
            follows = np.concatenate([said[:, :1], truth], axis=1)
            found = self.arrays_.foretell((read, follows), variables, forced=True)
            right += int(((found.tokens == truth) & (truth != 0)).sum())
            counted += int((truth != 0).sum())
        return right / max(1, counted)

    def _build(self, seed: int) -> Any:
        from helpers.networks.attention import attention_network, masked_loss

        network = attention_network(self._shape(), seed)
        return self._compile(network, masked_loss)

    def _shape(self) -> Any:
        from helpers.networks.attention import AttentionShape

        return AttentionShape(
            vocabulary=len(self.known_) + len(RESERVED),
            length=int(self.length),
            embedding=int(self.embedding),
            units=int(self.units),
            carry_state=bool(self.carry_state),
        )

    def _compile(self, network: Any, loss: Any, **options: Any) -> Any:
        if not self.decay:
            return super()._compile(network, loss, **options)
        from helpers.networks.attention import DecayedAdam

        optimizer = DecayedAdam(float(self.learning_rate), decay=float(self.decay))
        network.compile(optimizer=optimizer, loss=loss, jit_compile=False)
        return network

    def _arrays(self, network: Any) -> Any:
        from helpers.networks.attention import AttentionArrays

        return AttentionArrays(network, carry_state=bool(self.carry_state))

    # ------------------------------------------------------------------- scoring

    def _score(self, X: NDArray) -> NDArray:
        return self._surprises(self._tokens(X))

    def _surprises(self, trace: Tokens) -> NDArray[np.float64]:
        """Return the surprise of each event of one trace (n,), each foretold once."""
        scores = np.zeros(len(trace))
        starts = np.arange(0, max(0, len(trace) - self.length), self.length)
        if len(starts):
            said = self._foretold(trace, starts)[1].ravel()
            scores[self.length :] = said[: len(trace) - self.length]
        least = np.log(self.n_events_ + 1)
        return np.where(trace == UNKNOWN, np.maximum(scores, least), scores)

    def _training_scores(self, X: NDArray) -> NDArray:
        traces = self._clean_traces(X)
        found = (self._rates(trace) for trace in traces)
        self._learn_threshold([rates for rates in found if rates is not None])
        return np.concatenate([self._score(trace) for trace in traces])

    def _rates(self, trace: NDArray) -> NDArray | None:
        """Return the rates of a clean trace, None where it is too short for one."""
        tokens = self._tokens(trace)
        starts = window_starts(len(tokens), length=self.length, stride=self.length)
        if not len(starts):
            return None
        truth = event_windows(tokens, starts, length=self.length)[1][:, 1:]
        foretold = self._foretold(tokens, starts)[0]
        told = TracePredictions(truth, foretold, self.length, self._names())
        return told.misclassification(self.segment)

    def segment_values(self, events: Trace) -> NDArray[np.float64]:
        """Return the rate of each segment: `misclassification`."""
        return self.misclassification(events)

    def _foretold(self, trace: Tokens, starts: Tokens) -> tuple[Tokens, NDArray]:
        """Return the tokens foretold at `starts`, and the surprises (n, length)."""
        shape = len(starts), self.length
        tokens, surprise = np.empty(shape, np.int64), np.empty(shape)
        for at in range(0, len(starts), WINDOWS):
            rows = slice(at, at + WINDOWS)
            found = self._foretell(
                event_windows(trace, starts[rows], length=self.length)
            )
            tokens[rows], surprise[rows] = found.tokens, found.surprise
        return tokens, surprise

    def _foretell(
        self, windows: tuple[Tokens, Tokens], *, attention: bool = False
    ) -> "Foretold":
        """Return what is foretold of windows; those that are equal, only once."""
        different, places = _different(windows)
        found = self.arrays_.foretell(
            different, self.state_.variables, attention=attention
        )
        looks = found.attention[places] if found.attention is not None else None
        return found._replace(
            tokens=found.tokens[places],
            surprise=found.surprise[places],
            attention=looks,
        )

    def _least_rows(self) -> int:
        return (4 if self.validation_fraction > 0 else 2) * self.length + 1

    def _check_parameters(self) -> None:
        super()._check_parameters()
        _EventDetector._check_parameters(self)  # scaling ends the chain before it
        for name in ("length", "stride", "embedding", "units"):
            as_count(getattr(self, name), name, least=1, most=LARGEST_SIZE)
        check_flag(self.carry_state, "carry_state")
        as_number(self.decay, "decay", least=0)
        if self.decay and self.optimizer != "adam":
            raise ValueError('decay is for the optimizer "adam"; set decay to 0')
        if self.segment < self.length:
            raise ValueError(
                f"segment must hold at least the {self.length} events of a window; got "
                f"{self.segment}"
            )


class CountProfileDetector(_EventDetector):
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


def _joined(parts: list[Tokens]) -> Tokens:
    return np.concatenate([*parts, np.empty(0, np.int64)]).astype(np.int64)


def _portions(starts: Tokens) -> Iterator[Tokens]:
    for at in range(0, len(starts), WINDOWS):
        yield starts[at : at + WINDOWS]


def _different(
    windows: tuple[Tokens, Tokens],
) -> tuple[tuple[Tokens, Tokens], NDArray]:
    """Return each different window once, and where those given stand among them."""
    both = np.ascontiguousarray(np.concatenate(windows, axis=1), np.int32)
    rows = both.view(np.dtype((np.void, both.itemsize * both.shape[1]))).ravel()
    _, first, places = np.unique(rows, return_index=True, return_inverse=True)
    return (windows[0][first], windows[1][first]), places
