"""Kernel traces of a flying controller, made up: 94 events, normal or disturbed.

The QNX traces of the published system are not public; `simulate_trace` makes traces
like them out of **episodes** (`trace_episodes`): short sequences of events that a
kernel writes when it passes a message, receives a pulse, serves an interrupt or runs a
timer.

**Fitted to what is published** (`FITTED`): the 94 events and their frequency in clean
traces, taken together or file by file; the deterministic successors inside an episode;
the start; six bursts in a `fifo` trace with half their segments odd; the plateaus of
`half-while`; of each file the ten published rows of counts.

**Ours** (`OURS`): which episodes there are, their random order, the number of pulses
in one interrupt, what the unseen events are called, and what fills an odd segment
beside the ten published rows.

Episode weights are a non-negative least-squares fit (`trace_fitting`), kept as data
(`trace_weights`). An episode comes as often as its weight says, rounded up or down at
random, so frequencies hardly vary from one seed to another: an event with 50 or more
expected occurrences is within 1 %, a rarer one has its expected number but for
rounding.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from helpers._arrays import Labels, as_count, as_generator, as_told
from helpers.errors import KitError
from helpers.simulation.trace_episodes import EPISODES, NUMBER, VOCABULARY, flat
from helpers.simulation.trace_layout import (
    BETWEEN,
    NORMAL,
    ODD,
    SEGMENT,
    WEAK,
    segment_modes,
)
from helpers.simulation.trace_vocabulary import FILES, START_UP, Event, token
from helpers.simulation.trace_weights import WEIGHTS

__all__ = ["FITTED", "KINDS", "OURS", "Trace", "simulate_trace"]

KINDS = ("clean", "fifo", "sporadic", "full-while", "half-while")
"""Kinds of traces: normal, two with bursts, two with a program that loops."""

MOST_EVENTS = 100_000_000
"""The longest trace that is made at once; it needs several GB of memory."""

FITTED = (
    "the 94 events of clean traces and the frequency of each",
    "successors inside an episode: messages, pulses, interrupts, timers, calls",
    "the first seven events, where a trace begins with a normal segment",
    "the six bursts of a fifo trace (seven: sporadic), half of their segments odd",
    "where the plateaus of half-while are",
    "of each file the ten published rows of counts, within 1 %",
)
OURS = (
    "which episodes there are and that they come in random order",
    "how many pulses one interrupt sends: more from file to file, not within one",
    "the 84 other events of a clean file: as in all ten together",
    "names of unseen events other than SND_PULSE and SND_PULSE_DIS",
    "that received pulses are fewer in the normal segments of a burst, too",
    "that what is normal in half-while lies on its plateaus, and that a segment of "
    "them has 60 % odd episodes; where full-while is normal",
    "the rest of an odd segment; a half loop differs from a full one in counts and "
    "plateaus alone",
)

_FILE_OF_KIND = {"fifo": "fifo-ls-01", "sporadic": "fifo-ls-sporadic"}


@dataclass(frozen=True, eq=False, repr=False)
class Trace:
    """A kernel trace with the truth about it.

    events: position in `vocabulary` of each event (n,)
    y: 1 for the events of an odd segment, else 0 (n,)
    vocabulary: class and name of each kind of event
    """

    events: NDArray[np.int64]
    y: Labels
    vocabulary: tuple[Event, ...] = VOCABULARY

    def texts(self, start: int = 0, stop: int | None = None) -> list[str]:
        """Return events `start` to `stop` as words: `commsnd_pulse_exe`."""
        words = [token(event) for event in self.vocabulary]
        return [words[at] for at in self.events[start:stop]]

    def counts(self) -> dict[Event, int]:
        """Return how often each event of the vocabulary comes."""
        counts = np.bincount(self.events, minlength=len(self.vocabulary))
        return dict(zip(self.vocabulary, counts.tolist(), strict=True))

    def __len__(self) -> int:
        return len(self.events)

    def __repr__(self) -> str:
        """Return sizes in one line."""
        return f"<trace of {len(self):,} events, {self.y.mean():.1%} in odd segments>"


def simulate_trace(
    n_events: int = 1_000_000,
    kind: str = "clean",
    random_state: int | np.random.Generator | None = 0,
) -> Trace:
    """Return a kernel trace of `n_events` events, of one of `KINDS`.

    `kind` can be a published file, too: `simulate_trace(FILE_ROWS["clean-03"],
    "clean-03")` has its length and its counts, and each clean file sends more pulses
    than the one before. Plain `clean` is what all ten have in common. The same
    arguments give the same trace on every machine. Raises `KitError` for an unknown
    kind, `ValueError` for a number of events below 1 or above 100 million.
    """
    if not isinstance(kind, str) or kind not in (*KINDS, *FILES):
        raise KitError(
            f"no kind of trace {as_told(kind)}: take one of {', '.join(KINDS)}, or a "
            f"published file, {FILES[0]} to {FILES[-1]}"
        )
    n_events = as_count(n_events, "n_events", least=1, most=MOST_EVENTS)
    rng = as_generator(random_state)
    name = _FILE_OF_KIND.get(kind, kind)
    modes = segment_modes(-(-n_events // SEGMENT), name, rng)
    modes = np.repeat(modes, SEGMENT)[:n_events]
    events = np.empty(n_events, dtype=np.int64)
    for mode in np.unique(modes):
        places = np.flatnonzero(modes == mode)
        start = mode == NORMAL and places[0] == 0
        events[places] = _episodes(len(places), _weights(name, mode), rng, start)
    return Trace(events, modes % 2)


def _weights(name: str, mode: int) -> NDArray[np.int64]:
    """Return how often each episode comes in segments of a mode (episodes,)."""
    if mode == NORMAL:
        return _numbers(name if name.startswith("clean") else "clean")
    return _numbers(name + {ODD: "", BETWEEN: ", between", WEAK: ", weak"}[mode])


@cache
def _numbers(name: str) -> NDArray[np.int64]:
    return np.array(WEIGHTS[name].split(), dtype=np.int64)


def _episodes(
    size: int, weights: NDArray[np.int64], rng: np.random.Generator, start: bool
) -> NDArray[np.int64]:
    """Return `size` events of whole episodes in random order, the last one cut.

    With `start` the system starts first; the episodes it is made of count as such.
    """
    parts, lengths = flat()
    counts = _rounded(weights * (size / (weights @ lengths)), rng)
    begin = np.array([NUMBER[one] for one in START_UP if start], dtype=np.int64)
    if start:
        counts = np.maximum(counts - _IN_START_UP, 0)
    short = size - len(begin) - int(counts @ lengths)
    filler = int(np.argmax(weights))
    counts[filler] += max(0, -(-short // int(lengths[filler])))
    order = rng.permutation(np.repeat(np.arange(len(counts)), counts))
    sizes = lengths[order]
    starts = np.cumsum(sizes) - sizes
    first = (np.cumsum(lengths) - lengths)[order]
    events = parts[np.arange(sizes.sum()) + np.repeat(first - starts, sizes)]
    return np.concatenate([begin, events])[:size]


_IN_START_UP = np.isin(list(EPISODES), ["buffer", "process", "thread"]).astype(int)
"""Episodes that the start of the system stands for, once each (episodes,)."""


def _rounded(
    expected: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.int64]:
    """Return whole numbers, each `expected` on average: rounded up or down."""
    return np.floor(expected + rng.random(len(expected))).astype(np.int64)
