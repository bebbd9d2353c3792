"""Event logs: a network that foretells the next events of a trace.

What is read, and what a segment is: `helpers.detectors.event_traces`. The baseline that
counts events is in `helpers.detectors.event_counts`.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from helpers._arrays import LARGEST_SIZE, as_count, as_number, check_flag
from helpers.detectors.event_counts import CountProfileDetector
from helpers.detectors.event_traces import EventDetector, EventFiles, Trace
from helpers.estimators.trained import TrainedNetwork
from helpers.logs.event_predictions import Stretch, TracePredictions
from helpers.logs.events import (
    RESERVED,
    UNKNOWN,
    Tokens,
    event_windows,
    window_starts,
)
from helpers.logs.trace_windows import TraceWindows

if TYPE_CHECKING:
    from helpers.networks.training import Plan, Source

__all__ = ["CountProfileDetector", "EventSeq2SeqDetector"]

MEASURED = 10_000  # training windows that "accuracy" in the curve is of, at most
WINDOWS = 2**15  # windows that are foretold at a time


class EventSeq2SeqDetector(TrainedNetwork, EventDetector):
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
    precision, checkpoint, random_state : as in `TrainedNetwork`
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
        variables = self.state_.variables
        return self.arrays_.foretell(windows, variables, attention=True).attention

    def to_onnx(self, path: str | os.PathLike) -> None:
        """Write what scores a trace as an ONNX file, whole or not at all.

        The graph reads "X", int64 (n,): the numbers of events, as `decision_function`
        does; of texts, those that `tokenizer_.encode` gives. It gives "scores", double
        (n,), as `decision_function` does to about 1e-6 of them (or of 1), unless two
        events are as good as equally likely; and "foretold", int64 (n,), the number
        foretold in the place of each event, -1 for the first `length` or for none. The
        rate of a segment is the share of places where "foretold" is not "X". A long
        trace takes some 4 kB an event: pass pieces that overlap by `length` events.

        Its metadata say, beside those of `TrainedNetwork.to_onnx`, "length", "segment",
        "segment_threshold" and, after a fit on texts, "vocabulary" in JSON. Raises as
        there.
        """
        super().to_onnx(path)

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
        with self._going_on(X) as array:
            self._require_rows(array)
            self.trace_lengths_, self.n_events_ = (len(array),), len(array)
            self._train(array, EventFiles((len(array),)), self.state_, further)
            self._finish(array)
        return self

    # ------------------------------------------------------------------- training

    def _fit(self, X: NDArray, y: Any) -> None:
        files = self._learn_events(X, y)
        self._initialize(X)
        self._train(X, files, None, self.epochs)

    def _train(self, X: NDArray, files: EventFiles, state: Any, epochs: int) -> None:
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

    def _starts(self, files: EventFiles) -> tuple[Tokens, Tokens | None]:
        """Return where windows start to train on, and to validate on."""
        windows = self._trace_windows(files.lengths)
        return windows.split(files.held_out, float(self.validation_fraction))

    def _trace_windows(self, lengths: tuple[int, ...]) -> TraceWindows:
        return TraceWindows(lengths, int(self.length), int(self.stride))

    def _source(self, trace: Tokens) -> "Source":
        windows = self._trace_windows(self.trace_lengths_)

        def source(starts: NDArray) -> tuple[NDArray, NDArray]:
            read, follows = windows.cut(trace, starts)
            x = np.concatenate([read, follows[:, :-1]], axis=1).astype(np.int32)
            return x, follows[:, 1:].astype(np.int32)

        return source

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

    def _onnx_bytes(self) -> bytes:
        from helpers.networks.onnx_events import foretelling_bytes
        from helpers.networks.onnx_graphs import facts_of

        facts = facts_of(self) | {
            "length": str(int(self.length)),
            "segment": str(int(self.segment)),
            "segment_threshold": repr(float(self.segment_threshold_)),
        }
        if self.vocabulary_:
            facts["vocabulary"] = json.dumps(self.vocabulary_)
        return foretelling_bytes(self, facts)

    def _numbers_of_tokens(self) -> Tokens:
        """Return the number of an event that each token stands for, -1 for none."""
        if self.vocabulary_:  # numbers are tokens
            return np.arange(len(self._names()))
        return np.concatenate([np.full(len(RESERVED), -1), self.known_])

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
            windows = event_windows(trace, starts[rows], length=self.length)
            found = self.arrays_.foretell(windows, self.state_.variables)
            tokens[rows], surprise[rows] = found.tokens, found.surprise
        return tokens, surprise

    def _least_rows(self) -> int:
        return (4 if self.validation_fraction > 0 else 2) * self.length + 1

    def _check_parameters(self) -> None:
        super()._check_parameters()
        EventDetector._check_parameters(self)  # scaling ends the chain before it
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


# ---------------------------------------------------------------------------- details


def _portions(starts: Tokens) -> Iterator[Tokens]:
    for at in range(0, len(starts), WINDOWS):
        yield starts[at : at + WINDOWS]
