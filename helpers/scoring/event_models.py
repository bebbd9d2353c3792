"""Detectors of events in files, of either kind, as what judges a trace of texts.

One is what `detector.save` writes, the other what `detector.to_onnx` does; to judge
with the latter imports neither Keras nor scikit-learn.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from helpers.errors import KitError
from helpers.logs.event_predictions import TracePredictions
from helpers.logs.events import (
    RESERVED,
    EventTokenizer,
    event_windows,
    window_starts,
)
from helpers.scoring.models import onnx_session

__all__ = ["ForetellingFile", "read_event_detector"]

PIECE = 2**15  # windows that the graph foretells at a time


@dataclass(frozen=True)
class ForetellingFile:
    """What `EventSeq2SeqDetector.to_onnx` wrote, with the detector's names for it.

    session: what runs the graph
    segment_threshold_: the rate above which a segment of `segment` events is flagged
    """

    session: Any
    tokenizer: EventTokenizer
    length: int
    segment: int
    segment_threshold_: float
    input_kind: ClassVar[str] = "events"

    def predict_trace(self, events: list[str]) -> TracePredictions:
        """Return what is foretold of a trace of texts, side by side."""
        tokens, length = self.tokenizer.encode(events), self.length
        foretold = np.concatenate([np.zeros(length, np.int64), *self._foretold(tokens)])
        starts = window_starts(len(tokens), length=length, stride=length)
        truth, said = (
            event_windows(part, starts, length=length)[1][:, 1:]
            for part in (tokens, foretold)
        )
        return TracePredictions(
            truth, said, length, (*RESERVED, *self.tokenizer.events)
        )

    def segment_values(self, events: list[str]) -> NDArray[np.float64]:
        """Return the share of wrongly foretold events of each segment."""
        return self.predict_trace(events).misclassification(self.segment)

    def _foretold(self, tokens: NDArray[np.int64]) -> list[NDArray]:
        """Return the tokens foretold after the first `length`, in pieces."""
        size = PIECE * self.length
        return [
            self.session.run(
                ["foretold"], {"X": tokens[start : start + size + self.length]}
            )[0][self.length :]
            for start in range(0, len(tokens), size)
        ]


def read_event_detector(path: Path) -> Any:
    """Return the detector of events in a file: a detector, or a `ForetellingFile`.

    Raises `KitError` where there is none. A file of `detector.save` holds a pickle,
    which can run code.
    """
    if path.suffix.lower() == ".onnx" and path.is_file():
        return _of_onnx(path)
    from helpers.detectors.base import Detector  # other commands start without it

    detector = Detector.load(path)
    if detector.input_kind != "events":
        raise KitError(f"{path} holds a detector of {detector.input_kind}")
    return detector


def _of_onnx(path: Path) -> ForetellingFile:
    session, facts = onnx_session(path)
    if facts.get("input_kind") != "events":
        raise KitError(f"{path} holds a {facts['detector']}, which reads no events")
    if "vocabulary" not in facts:
        raise KitError(
            f"{path} knows numbers of events and no texts; fit with fit_events([trace])"
        )
    try:
        return ForetellingFile(
            session,
            EventTokenizer.from_plain(json.loads(facts["vocabulary"])),
            int(facts["length"]),
            int(facts["segment"]),
            float(facts["segment_threshold"]),
        )
    except (ValueError, LookupError, TypeError):
        raise KitError(f"{path} is damaged; write it again") from None
