"""Event logs: from the names of events to numbers, and to windows of them.

A trace is a sequence of events, each named by a text in any language. `EventTokenizer`
numbers the texts: 0 is padding, 1 an event that was never seen (`UNKNOWN`), 2 the start
of a window (`START`), and from 3 on stand the events, the most frequent first. So 94
events make a vocabulary of 97.

A window is `length` events to read and the `length` events after them to foretell.
Several traces are several files: windows are cut from each alone, so that none runs
over a border.
"""

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from helpers._arrays import as_count, as_told, coded
from helpers.files import as_path, write_whole

__all__ = [
    "PADDING",
    "START",
    "UNKNOWN",
    "EventTokenizer",
    "event_windows",
    "joined_events",
    "short_sessions",
    "unknown_events",
    "window_count",
    "window_starts",
]

PADDING, UNKNOWN, START = 0, 1, 2
RESERVED = ("<padding>", "<unknown>", "<start>")
_FORMAT = "workshop event vocabulary 1"

Tokens = NDArray[np.int64]


@dataclass(frozen=True)
class EventTokenizer:
    """The number of each event text; made by `EventTokenizer.fit(traces)`.

    events: the texts, the most frequent first, of equals the one that came first; the
        token of `events[i]` is i + 3
    lower: whether texts are lower-cased before they are looked up
    """

    events: tuple[str, ...]
    lower: bool = False

    @classmethod
    def fit(cls, traces: Iterable[Sequence[str]], *, lower: bool = False) -> Self:
        """Return the tokenizer of some traces, a list of sequences of texts.

        Raises `ValueError` where there are no events, or what is no text.
        """
        counts: dict[str, int] = {}
        for trace in as_traces(traces):
            codes, names = _coded(trace, lower)
            for name, count in zip(names, np.bincount(codes).tolist(), strict=True):
                counts[name] = counts.get(name, 0) + count
        if not counts:
            raise ValueError("traces hold no events; pass at least one event")
        return cls(tuple(sorted(counts, key=lambda name: -counts[name])), lower)

    @property
    def size(self) -> int:
        """The number of tokens, the three reserved ones among them."""
        return len(self.events) + len(RESERVED)

    def encode(self, trace: Sequence[str]) -> Tokens:
        """Return the tokens (n,) of a trace; `UNKNOWN` for texts not seen in `fit`."""
        codes, names = _coded(trace, self.lower)
        places = {name: i for i, name in enumerate(self.events, len(RESERVED))}
        tokens = np.array([places.get(name, UNKNOWN) for name in names], np.int64)
        return tokens[codes]

    def decode(self, tokens: ArrayLike) -> list[str]:
        """Return the texts of tokens (n,); reserved ones as "<unknown>" and the like.

        Raises `ValueError` on a token that is not in the vocabulary.
        """
        names = (*RESERVED, *self.events)
        numbers = np.asarray(tokens).ravel().tolist()
        strange = [number for number in numbers if not 0 <= number < len(names)]
        if strange:
            raise ValueError(
                f"tokens hold {strange[0]}, but the vocabulary ends at "
                f"{len(names) - 1}; decode with the tokenizer that encoded them"
            )
        return [names[number] for number in numbers]

    def save(self, path: str | os.PathLike) -> None:
        """Write the vocabulary as JSON in UTF-8, whole or not at all."""
        told = {"format": _FORMAT, "lower": self.lower, "events": self.events}
        text = json.dumps(told, ensure_ascii=False, indent=1)
        write_whole(path, text.encode("utf-8", "surrogatepass"))

    @classmethod
    def load(cls, path: str | os.PathLike) -> Self:
        """Return the tokenizer that `save` wrote; `ValueError` on any other file."""
        body = Path(as_path(path)).read_bytes()
        try:
            told = json.loads(body.decode("utf-8", "surrogatepass"))
            return cls.from_plain(told if told["format"] == _FORMAT else {})
        except (ValueError, LookupError, TypeError):
            raise ValueError(
                f"{path} is no vocabulary of events; write one with tokenizer.save"
            ) from None

    @classmethod
    def from_plain(cls, told: dict[str, Any]) -> Self:
        """Return the tokenizer of {"events": [...], "lower": bool}."""
        events, lower = tuple(told["events"]), told["lower"]
        whole = all(isinstance(name, str) for name in events)
        if not whole or len(set(events)) < len(events) or not isinstance(lower, bool):
            raise ValueError("a vocabulary is a list of different texts")
        return cls(events, lower)


def joined_events(classes: Iterable[str], events: Iterable[str]) -> list[str]:
    """Return class and event as one text each, lower-cased: "COMM", "SIGNAL" is
    "commsignal", as the published tokens are.

    Raises `ValueError` where the two differ in length.
    """
    firsts, seconds = list(classes), list(events)
    if len(firsts) != len(seconds):
        raise ValueError(
            f"classes has {len(firsts)} rows and events has {len(seconds)}; they must "
            "be equally long"
        )
    return [f"{one}{other}".lower() for one, other in zip(firsts, seconds, strict=True)]


# ---------------------------------------------------------------------------- windows


def window_count(n_events: int, *, length: int = 5, stride: int = 1) -> int:
    """Return how many windows a trace has: ceil((n_events - 2 length) / stride).

    Windows start at 0, stride, 2 stride, ... below n_events - 2 length, as published,
    so the very last place is left out. A trace of at most 2 length events has none.
    """
    events = as_count(n_events, "n_events")
    size = as_count(length, "length", least=1)
    return max(0, -(-(events - 2 * size) // as_count(stride, "stride", least=1)))


def window_starts(n_events: int, *, length: int = 5, stride: int = 1) -> Tokens:
    """Return where the windows of a trace start, (n,).

    A trace that is too short for `window_count`, but has an event to foretell, makes
    one window, which is padded.
    """
    count = window_count(n_events, length=length, stride=stride)
    if not count and n_events > length:
        count = 1
    return np.arange(count) * stride


def event_windows(
    tokens: ArrayLike, starts: ArrayLike, *, length: int = 5
) -> tuple[Tokens, Tokens]:
    """Return what is read and what follows it, both (n, length + 1).

    Each begins with `START`. Beyond the end of the trace stands `PADDING`, which no
    loss and no rate counts.
    """
    trace, size = np.asarray(tokens), 2 * as_count(length, "length", least=1)
    padded = np.concatenate([trace, np.full(size, PADDING, trace.dtype)])
    places = np.asarray(starts, np.int64)[:, np.newaxis] + np.arange(size)
    cut = padded[np.minimum(places, len(padded) - 1)]
    first = np.full((len(cut), 1), START, cut.dtype)
    return (
        np.concatenate([first, cut[:, :length]], axis=1),
        np.concatenate([first, cut[:, length:]], axis=1),
    )


# ------------------------------------------------------------- rules without a model


def unknown_events(sessions: Iterable[Sequence], known: Iterable) -> NDArray[np.bool_]:
    """Say of each session whether it holds an event that is not in `known` (n,)."""
    seen = set(known)
    return np.array([not seen.issuperset(session) for session in sessions], bool)


def short_sessions(sessions: Iterable[Sequence], least: int) -> NDArray[np.bool_]:
    """Say of each session whether it has fewer than `least` events (n,)."""
    fewest = as_count(least, "least", least=1)
    return np.array([len(session) < fewest for session in sessions], bool)


# ---------------------------------------------------------------------------- details


def as_traces(traces: Any) -> list:
    """Return a list of traces; raise `ValueError` where it is one trace, or a text."""
    advice = "pass a list of traces, each a sequence of events: [trace]"
    if isinstance(traces, str | bytes) or not isinstance(traces, Iterable):
        raise ValueError(f"traces is {as_told(traces)}; {advice}")
    found = list(traces)
    for trace in found:
        if isinstance(trace, str | bytes) or not hasattr(trace, "__len__"):
            raise ValueError(f"traces holds {as_told(trace)}, not a trace; {advice}")
    if not found:
        raise ValueError(f"traces is empty; {advice}")
    return found


def _coded(trace: Sequence[str], lower: bool) -> tuple[NDArray[np.int64], list[str]]:
    """Return each event's place (n,) among the texts that differ, and these texts.

    They are lower-cased if asked, and may be alike then.
    """
    if isinstance(trace, str | bytes):
        raise ValueError(f"a trace is a sequence of texts; got {as_told(trace)}")
    cells = list(trace)
    try:
        codes, names = coded(cells)
    except TypeError:
        at = next(at for at, each in enumerate(cells) if not isinstance(each, str))
        raise ValueError(
            f"event {at} of a trace is {as_told(cells[at])}, not a text; drop "
            "missing events, and turn numbers into texts with str()"
        ) from None
    return codes, [name.lower() if lower else name for name in names]
