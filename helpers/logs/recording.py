"""Events of the learner's own Python: a trace of calls and returns.

with record_events("my_module") as events:
    my_module.work()
events[:2]  # ["call my_module.work", "call my_module.step"]
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from helpers.errors import KitError

__all__ = ["record_events"]

_HOOK = Callable[[FrameType, str, object], object]


@contextmanager
def record_events(*modules: str, limit: int = 1_000_000) -> Iterator[list[str]]:
    """Record calls and returns of Python functions of `modules` while the block runs.

    modules: names of modules; those inside them (`name.part`) count too; `__main__` is
        the notebook itself
    limit: events at most; what comes later is not recorded

    Yields a list that fills with texts: `call module.function`, `return
    module.function`. Only the thread that opens the block is recorded, and functions
    written in C are not. A profiler that runs already pauses inside the block and goes
    on after it, also if the block fails.
    """
    if not modules or not all(isinstance(one, str) and one for one in modules):
        raise KitError('name a module to record: record_events("__main__")')
    if limit < 1:
        raise KitError(f"limit is {limit}: record at least one event")
    events: list[str] = []
    before = sys.getprofile()
    sys.setprofile(_recorder(events, modules, limit))
    try:
        yield events
    finally:
        sys.setprofile(before)


def _recorder(events: list[str], modules: tuple[str, ...], limit: int) -> _HOOK:
    """Return a hook that appends the calls and returns in `modules` to `events`."""
    inside = tuple(f"{name}." for name in modules)

    def hook(frame: FrameType, what: str, _: object) -> None:
        if what not in ("call", "return") or len(events) >= limit:
            return
        name = frame.f_globals.get("__name__") or ""
        if name == __name__:
            return
        if name in modules or name.startswith(inside):
            events.append(f"{what} {name}.{frame.f_code.co_qualname}")

    return hook
