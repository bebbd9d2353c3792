"""Kernel traces of a flying controller, made up: 94 events, normal or disturbed.

The QNX traces of the published system are not public; `simulate_trace` makes traces
like them out of **episodes**: short sequences of events that a kernel writes when it
passes a message, receives a pulse, serves an interrupt or runs a timer.

**Fitted to what is published** (`FITTED`): the 94 events and their frequency in clean
traces; the deterministic successors inside an episode; six bursts in a `fifo` trace
with half their segments odd; of a disturbed trace the ten published rows of counts, as
far as non-negative weights can.

**Ours** (`OURS`): which episodes there are, their random order, the number of pulses
in one interrupt, what the unseen events are called, and what fills an odd segment
beside the ten published rows. The frequencies do not change within a clean trace.

Episode weights are a non-negative least-squares fit (`fit_weights`), kept as data
(`WEIGHTS`). An episode comes as often as its weight says, rounded up or down at
random, so frequencies hardly vary from one seed to another: an event with 50 or more
expected occurrences is within 1 %, a rarer one has its expected number but for
rounding.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from helpers._arrays import Labels, as_count
from helpers.errors import KitError
from helpers.simulation.trace_vocabulary import (
    CLEAN_COUNTS,
    FILE_COUNTS,
    FILE_ROWS,
    UNSEEN,
    Event,
    token,
)
from helpers.simulation.trace_weights import EPISODE_WEIGHTS

__all__ = ["FITTED", "KINDS", "OURS", "VOCABULARY", "Trace", "simulate_trace"]

KINDS = ("clean", "fifo", "sporadic", "full-while", "half-while")
"""Kinds of traces: normal, two with bursts, two with a program that loops."""

FITTED = (
    "the 94 events of clean traces and the frequency of each",
    "successors inside an episode: messages, pulses, interrupts, timers, calls",
    "the six bursts of a fifo trace (seven: sporadic), half of their segments odd",
    "the ten published rows of counts of looping traces, within 1 %",
    "nine of those rows of fifo traces, within 15 %; received pulses are too many",
)
OURS = (
    "which episodes there are and that they come in random order",
    "how many pulses one interrupt sends, and that it does not grow with time",
    "names of unseen events other than SND_PULSE and SND_PULSE_DIS",
    "the rest of an odd segment; a half loop differs from a full one in counts alone",
    "that a trace begins anywhere: the start of the system is not in it",
)

VOCABULARY: tuple[Event, ...] = (*CLEAN_COUNTS, *UNSEEN)
"""Class and name of each event; a trace holds positions in it. First 94: clean."""

SEGMENT = 1000
"""Events in a segment, the unit in which a trace is odd or not."""


def _call(name: str, *between: str, exit_name: str = "") -> str:
    inside = " ".join(between)
    return f"ker_call{name} {inside} ker_exit{exit_name or name}"


def _interrupt(number: str, *inside: str) -> str:
    """Return an interrupt: a handler for each of `inside`, one after the other."""
    handlers = (
        f"int_handler_entr{number} {one} int_handler_exit{number}" for one in inside
    )
    return f"int_entr{number} {' '.join(handlers)} int_exit{number}"


_READY, _RUN = "threadthready", "threadthrunning"
_WAIT = "ker_callmsg_receivev/14 threadthreceive"
_SEND = "ker_callmsg_sendv/11 commsnd_message"
_TAKE = f"{_RUN} commrec_message ker_exitmsg_receivev/14"
_INFO = _call("connect_client_info/42")
_REPLY = _call("msg_replyv/15", "commreply_message", _READY)
_BACK = f"{_WAIT} {_RUN} ker_exitmsg_sendv/11"
_PULSE = f"{_READY} {_RUN} commrec_pulse ker_exitmsg_receivev/14"
_PULSES = "commsnd_pulse_exe"
_READ, _WRITE = _call("msg_readv/16"), _call("msg_writev/17")
_USER = "usreventevent-2"
_TICK, _DISK = "0x00000044", "0x0000002d"


def _message(*work: str, send: str = _SEND, back: str = _BACK) -> str:
    """Return a message sent, received, worked on and answered."""
    return " ".join((send, "threadthreply", _TAKE, *work, _REPLY, back))


def _tick(pulses: int, *user: str) -> str:
    return _interrupt(_TICK, " ".join([_PULSES] * pulses), " ".join(user))


_EPISODES = {
    "message": _message(),
    "message, who?": _message(_INFO),
    "message, read": _message(_INFO, _READ),
    "message, read twice": _message(_READ, _READ),
    "message, write": _message(_INFO, _WRITE),
    "message, about": _message(_call("msg_info/19")),
    "message, current": _message(_call("msg_current/10"), _READ),
    "message, blocked": _message(send=f"{_SEND} threadthsend"),
    "message, event": _message(_call("msg_deliver_event/21")),
    "message, open": _message(
        "systempathmgr_open",
        send="ker_callmsg_sendvnc/12 commsnd_message",
        back=f"{_WAIT} {_RUN} ker_exitmsg_sendvnc/12",
    ),
    "message, cancelled": _message(
        send="ker_callmsg_sendvnc/12 commsnd_message",
        back=f"{_WAIT} {_RUN} ker_exitmsg_sendvnc/12",
    ),
    "message, failed": " ".join(
        (
            _SEND,
            "threadthreply",
            _TAKE,
            _call("msg_error/13", "commmsg_error", _READY),
            _BACK,
        )
    ),
    "pulse": f"{_PULSE} {_WAIT} {_RUN}",
    "pulse, nobody after": f"{_PULSE} {_WAIT}",
    "pulse, next at once": (
        f"{_PULSE} ker_callmsg_receivev/14 commrec_pulse ker_exitmsg_receivev/14 "
        f"{_WAIT} {_RUN}"
    ),
    **{f"tick, {n} pulses": _tick(n, _USER, _USER) for n in (1, 3, 6, 9, 14)},
    "tick, user 0": _tick(6, "usreventevent-0"),
    "disk": _interrupt(_DISK, ""),
    "disk, tick inside": _interrupt(_DISK, _tick(4, _USER, _USER)),
    "bus": f"{_interrupt('0x00000049', 'usreventevent-1')} usreventevent-3",
    "serial": _interrupt("0x0000002e", ""),
    "network": _interrupt("0x00000029", ""),
    "condition": " ".join(
        (
            "ker_callsync_condvar_wait/82 threadthcondvar",
            _RUN,
            _call("sync_condvar_signal/83", _READY, exit_name="sync_condvar_sig/83"),
            "ker_exitsync_condvar_wait/82",
        )
    ),
    "buffer": "controlbuffer controltime",
    "page": f"threadthwaitpage {_RUN} {_READY}",
    "page, alone": f"threadthwaitpage {_READY}",
    "timer": _call("timer_timeout/75", "threadthnanosleep", _RUN, _READY),
    "timer, alone": _call("timer_timeout/75", "threadthnanosleep", _READY),
    "preempted": f"{_READY} {_RUN}",
    "attach": f"{_call('connect_attach/39')} {_call('connect_detach/40')}",
    "flags": _call("connect_flags/43"),
    "signal": _call("signal_waitinfo/32", "threadthsigwaitinfo"),
    "signal, no exit": "ker_callsignal_waitinfo/32 threadthsigwaitinfo",
    "signal, state": "threadthsigwaitinfo",
    "signal, interrupt": "int_callker_signal_waitinfo/32",
    "thread": f"threadthcreate {_READY}",
    "thread, named": f"processprocthread_name threadthcreate {_READY}",
    "process": f"processproccreate_name threadthcreate {_READY}",
    "mutex": (
        f"{_call('sync_mutex_lock/80', 'threadthmutex')} "
        f"{_call('sync_mutex_unlock/81')}"
    ),
    "mutex, unlocked": f"threadthmutex {_call('sync_mutex_unlock/81')}",
    "error, late": "ker_exitmsg_error/13",
    "join": "threadthjoin",
    "trace": "ker_exittrace_event/01",
    "signalled": f"commsignal {_call('signal_return/27')} {_call('timer_alarm/74')}",
}

_ODD = {
    "odd: pulse sent": (
        "ker_callmsg_sendpulse/70 commsnd_pulse threadthready ker_exitmsg_sendpulse/70"
    ),
    "odd: unknown": " ".join(
        (
            _READY,
            *["ker_callthread_destroy/47 processprocdestroy commsnd_pulse_dis"] * 3,
            "ker_callthread_destroy/47 processprocdestroy",
            _READY,
        )
    ),
    "odd: loop": " ".join([_RUN, _READY] * 4),
    "odd: sent, unanswered": f"{_SEND} threadthreply {_TAKE} {_WAIT} {_RUN}",
}
EPISODES: dict[str, tuple[str, ...]] = {
    name: tuple(text.split()) for name, text in (_EPISODES | _ODD).items()
}
"""Episodes: the events of each, in order. Those that begin with `odd` are anomalies."""

_NUMBER = {token(event): at for at, event in enumerate(VOCABULARY)}


@cache
def _contents() -> NDArray[np.float64]:
    """Return how often each event is in each episode (events, episodes)."""
    rows = np.zeros((len(VOCABULARY), len(EPISODES)))
    for column, events in enumerate(EPISODES.values()):
        np.add.at(rows[:, column], [_NUMBER[one] for one in events], 1)
    return rows


def fit_weights(
    counts: Mapping[Event, float], pull: float = 3e-3
) -> NDArray[np.float64]:
    """Return how often each episode must come for the events to come `counts` times.

    Non-negative least squares of relative errors over the events in `counts`; an
    episode with an event that is not in it has no weight. `pull` draws each weight
    towards a share of its rarest event, so that variants of an episode stay in.
    """
    target = np.array([counts.get(event, 0.0) for event in VOCABULARY])
    contents = _contents()
    known = target > 0
    usable = np.asarray(~(contents[~known] > 0).any(axis=0))
    share = target[:, None] / contents.sum(axis=1)[:, None]
    prior = np.where(contents > 0, share, np.inf).min(axis=0)[usable]
    system = contents[np.ix_(known, usable)] / target[known, None]
    return _solve(system, np.ones(known.sum()), prior, pull, usable)


def fit_odd_weights(kind: str) -> NDArray[np.float64]:
    """Return the weights of episodes in odd segments of a trace of this kind.

    Fitted to the ten published rows of counts, less what the normal segments of the
    file hold; what isn't published is drawn to the clean weights (ours).
    """
    name, odd = _PUBLISHED[kind]
    total, rows = sum(CLEAN_COUNTS.values()), FILE_ROWS[name]
    target = np.array(
        [
            counts[name] / rows - (1 - odd) * CLEAN_COUNTS.get(event, 0) / total
            for event, counts in FILE_COUNTS.items()
        ]
    )
    scale = np.array([max(FILE_COUNTS[one][name], 1) / rows for one in FILE_COUNTS])
    contents = _contents()
    parts = contents[[VOCABULARY.index(event) for event in FILE_COUNTS]]
    system = np.vstack([odd * parts / scale[:, None], contents.sum(axis=0)])
    prior = np.maximum(WEIGHTS["clean"] / 1e7, 1e-3)
    wanted = np.append(np.maximum(target, 0) / scale, 1.0)
    return _solve(system, wanted, prior, 1e-3, np.ones(len(prior), dtype=bool))


def _solve(
    system: NDArray[np.float64],
    wanted: NDArray[np.float64],
    prior: NDArray[np.float64],
    pull: float,
    usable: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Return non-negative weights (episodes,), weakly drawn to `prior`."""
    system = np.vstack([system, np.diag(pull / prior)])
    wanted = np.append(wanted, np.full(len(prior), pull))
    weights = np.zeros(len(usable))
    weights[usable] = nnls(system, wanted)[0]
    return weights


_PUBLISHED = {
    "fifo": ("fifo-ls-01", 0.336),
    "sporadic": ("fifo-ls-sporadic", 0.33),
    "full-while": ("full-while", 0.954),
    "half-while": ("half-while", 0.974),
}
"""The file whose counts a kind has, and the share of its segments that are odd."""


def computed_weights() -> dict[str, list[int]]:
    """Return what `WEIGHTS` holds, computed anew: episodes in ten million events."""
    clean = fit_weights(CLEAN_COUNTS) * 1e7 / sum(CLEAN_COUNTS.values())
    odd = {kind: fit_odd_weights(kind) for kind in _PUBLISHED}
    lengths = _contents().sum(axis=0)
    odd = {kind: one * 1e7 / (one @ lengths) for kind, one in odd.items()}
    return {
        k: np.round(one).astype(int).tolist()
        for k, one in {"clean": clean, **odd}.items()
    }


WEIGHTS: dict[str, NDArray[np.int64]] = {
    kind: np.array(weights, dtype=np.int64) for kind, weights in EPISODE_WEIGHTS.items()
}
"""How often each of `EPISODES` comes in ten million events, kind by kind: data."""


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
    n_events: int = 1_000_000, kind: str = "clean", random_state: int = 0
) -> Trace:
    """Return a kernel trace of `n_events` events, of one of `KINDS`.

    The same arguments give the same trace on every machine. Raises `KitError` for an
    unknown kind or a number of events below 1.
    """
    if kind not in KINDS:
        raise KitError(f"no kind of trace {kind!r}: take one of {', '.join(KINDS)}")
    n_events = as_count(n_events, "n_events")
    rng = np.random.default_rng(random_state)
    y = _odd_events(n_events, kind, rng)
    events = np.empty(n_events, dtype=np.int64)
    for odd, weights in enumerate((WEIGHTS["clean"], WEIGHTS.get(kind))):
        if (places := y == odd).any() and weights is not None:
            events[places] = _episodes(int(places.sum()), weights, rng)
    return Trace(events, y)


def _episodes(
    size: int, weights: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.int64]:
    """Return `size` events of whole episodes in random order, the last one cut."""
    parts, lengths = _flat()
    expected = weights * (size / (weights @ lengths))
    counts = _rounded(expected, rng)
    short = size - int(counts @ lengths)
    filler = int(np.argmax(weights))
    counts[filler] += max(0, -(-short // int(lengths[filler])))
    order = rng.permutation(np.repeat(np.arange(len(counts)), counts))
    sizes = lengths[order]
    starts = np.cumsum(sizes) - sizes
    first = (np.cumsum(lengths) - lengths)[order]
    return parts[np.arange(sizes.sum()) + np.repeat(first - starts, sizes)][:size]


def _rounded(
    expected: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.int64]:
    """Return whole numbers, each `expected` on average: rounded up or down."""
    return np.floor(expected + rng.random(len(expected))).astype(np.int64)


@cache
def _flat() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the events of all episodes in a row, and the length of each."""
    parts = [_NUMBER[one] for events in EPISODES.values() for one in events]
    lengths = [len(events) for events in EPISODES.values()]
    return np.array(parts, dtype=np.int64), np.array(lengths, dtype=np.int64)


def _odd_events(n_events: int, kind: str, rng: np.random.Generator) -> Labels:
    """Return 1 for each event of an odd segment (n,)."""
    n = -(-n_events // SEGMENT)
    odd = np.zeros(n, dtype=bool)
    if kind in ("fifo", "sporadic"):
        odd = _bursts(n, kind, rng) & (rng.permutation(n) % 2 == 0)
    elif kind in _PUBLISHED:
        odd = rng.permutation(n) < round(n * _PUBLISHED[kind][1])
    return np.repeat(odd, SEGMENT)[:n_events].astype(np.int64)


def _bursts(n: int, kind: str, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Return where bursts are (segments,): six at a fixed pace, or seven at random."""
    bursts, length, pace = (6, 180, 265) if kind == "fifo" else (7, 150, 228)
    step = n / bursts
    width = max(1, round(step * length / pace))
    gap = max(0, int(step) - width)
    inside = np.zeros(n, dtype=bool)
    for one in range(bursts):
        late = gap // 2 if kind == "fifo" else int(rng.integers(gap + 1))
        begin = int(one * step) + late
        inside[begin : begin + width] = True
    return inside
