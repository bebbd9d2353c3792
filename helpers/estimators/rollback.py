"""All or nothing: what fails leaves an object as it was."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["rollback"]


@contextmanager
def rollback(thing: Any) -> Iterator[None]:
    """Put all attributes of `thing` back when the block fails or is interrupted."""
    before = dict(vars(thing))
    try:
        yield
    except BaseException:
        vars(thing).clear()
        vars(thing).update(before)
        raise
