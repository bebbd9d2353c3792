"""Episodes of kernel traces: short sequences of events that belong together.

A kernel writes an episode when it passes a message, receives a pulse, serves an
interrupt or runs a timer. The successors inside are published; which episodes there
are is ours.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from helpers.simulation.trace_vocabulary import CLEAN_COUNTS, UNSEEN, Event, token

__all__ = ["EPISODES", "NUMBER", "VOCABULARY", "contents", "flat"]

VOCABULARY: tuple[Event, ...] = (*CLEAN_COUNTS, *UNSEEN)
"""Class and name of each event; a trace holds positions in it. First 94: clean."""


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
    "odd: nobody waits": f"{_SEND} threadthreply {_TAKE} {_REPLY}",
    "odd: sent, unanswered": f"{_SEND} threadthreply {_TAKE} {_WAIT} {_RUN}",
}
EPISODES: dict[str, tuple[str, ...]] = {
    name: tuple(text.split()) for name, text in (_EPISODES | _ODD).items()
}
"""Episodes: the events of each, in order. Those that begin with `odd` are anomalies."""

NUMBER = {token(event): at for at, event in enumerate(VOCABULARY)}


@cache
def contents() -> NDArray[np.float64]:
    """Return how often each event is in each episode (events, episodes)."""
    rows = np.zeros((len(VOCABULARY), len(EPISODES)))
    for column, events in enumerate(EPISODES.values()):
        np.add.at(rows[:, column], [NUMBER[one] for one in events], 1)
    return rows


@cache
def flat() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the events of all episodes in a row, and the length of each."""
    parts = [NUMBER[one] for events in EPISODES.values() for one in events]
    lengths = [len(events) for events in EPISODES.values()]
    return np.array(parts, dtype=np.int64), np.array(lengths, dtype=np.int64)
