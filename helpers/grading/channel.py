"""Messages between the two sides of a box: length and JSON over one socket.

Each side sends requests and answers them, and may ask back before it answers: a
function that the box was handed lives outside, and the other way round. Whoever reads
from a box reads bounded messages within a bounded time.
"""

import socket
import struct
import time
from collections.abc import Callable

from helpers.grading.plain import BOUNDS, Bounds, Node, Unreadable, dumps, loads

_HEAD = struct.Struct(">Q")
_AT_A_TIME = 1 << 20


class Closed(ConnectionError):
    """The other side is gone."""


class Late(TimeoutError):
    """The other side did not answer within its time."""


Watch = Callable[[], None]  # called while waiting; raises to give up


class Channel:
    """One end of a box's socket.

    `deadline` is a time of `time.monotonic`, or None; `watch` is called every fifth of
    a second of waiting.
    """

    def __init__(self, end: socket.socket, bounds: Bounds = BOUNDS):
        self.end, self.bounds = end, bounds
        self.deadline: float | None = None
        self.watch: Watch = lambda: None

    def send(self, message: Node) -> None:
        """Send a message; raises `Unreadable` for one that is too large."""
        data = dumps(message, self.bounds)
        self._write(_HEAD.pack(len(data)) + data)

    def receive(self) -> Node:
        """Return the next message.

        Raises `Closed` at the end of it all, `Late` after the deadline, and
        `Unreadable` for what is no message of ours; after that there is nothing to be
        had from this channel any more.
        """
        (length,) = _HEAD.unpack(self._read(_HEAD.size))
        if length > 2 * self.bounds.size:
            raise Unreadable(f"it takes more than {self.bounds.size // 1_000_000} MB")
        return loads(self._read(length), self.bounds)

    def _write(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            self._wait()
            try:
                rest = rest[self.end.send(rest[:_AT_A_TIME]) :]
            except TimeoutError:
                continue
            except OSError:
                raise Closed from None

    def _read(self, count: int) -> bytes:
        parts = bytearray()
        while len(parts) < count:
            self._wait()
            try:
                part = self.end.recv(min(count - len(parts), _AT_A_TIME))
            except TimeoutError:
                continue
            except OSError:
                raise Closed from None
            if not part:
                raise Closed
            parts += part
        return bytes(parts)

    def _wait(self) -> None:
        self.watch()
        if self.deadline is not None and time.monotonic() > self.deadline:
            raise Late
        self.end.settimeout(None if self.deadline is None else 0.2)
