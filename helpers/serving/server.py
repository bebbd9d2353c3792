"""The server below the application: uvicorn, with an end to every wait.

uvicorn itself waits for ever for the head of a request, for a body that nobody reads,
and for a client that takes no answer; a few hundred such connections would keep
everybody else out.
"""

import asyncio
import gc
import json
import os
import socket
from typing import Any

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from helpers.errors import KitError

__all__ = ["Patience", "listening", "server_of"]

HEAD_SECONDS = 5.0  # until the whole head of a request is there
EXCHANGE_SECONDS = 60.0  # from there until the client has its answer
MOST_CONNECTIONS = 500


class Patience(H11Protocol):
    """uvicorn's own protocol on h11; connections that stand still are ended."""

    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._wait(HEAD_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        if self._timer is not None:
            self._timer.cancel()
        super().connection_lost(exc)

    def handle_events(self) -> None:
        """Read on; once a head is complete, another time begins."""
        before = self.cycle
        super().handle_events()
        if self.cycle is not before and not self.cycle.response_complete:
            self._wait(EXCHANGE_SECONDS)

    def on_response_complete(self) -> None:
        """Begin to wait for the next request, or for the client to take this answer."""
        self._wait(HEAD_SECONDS)
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is not HTTP, in one line; an answer on its way is cut off."""
        self._refuse(400, "Bad Request", "this is not HTTP")

    def _wait(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.loop.call_later(seconds, self._end)

    def _end(self) -> None:
        answering = self.cycle is not None and not self.cycle.response_complete
        if answering or self.transport.is_closing():
            self.transport.abort()  # the client does not take what is left
        else:
            told = f"the head of the request took more than {HEAD_SECONDS:.0f} s"
            self._refuse(408, "Request Timeout", told)

    def _refuse(self, status: int, reason: str, told: str) -> None:
        if self.conn.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            self.transport.abort()
            return
        text = json.dumps({"error": told}).encode()
        headers = [("content-type", "application/json"), ("connection", "close"),
                   ("content-length", str(len(text)))]  # fmt: skip
        head = h11.Response(status_code=status, headers=headers, reason=reason)
        for event in (head, h11.Data(data=text), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event))
        self.transport.close()
        self._wait(HEAD_SECONDS)  # until the client has taken it


def listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens; raise `KitError` where it can't."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # the protocol is named: asyncio sends at once (TCP_NODELAY) only where it knows it
    door = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":  # elsewhere it would let two servers share a port
            door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind((host, port))
        door.listen(1024)
        return door
    except OSError as error:
        door.close()
        told = error.strerror or str(error)
        raise KitError(
            f"can't listen on {host}, port {port} ({told}); name another --port"
        ) from None


def server_of(app: Any) -> uvicorn.Server:
    """Return a server for an application; `run(sockets=[listening(...)])` starts it."""
    gc.collect()
    gc.freeze()  # what is loaded stays: no collection looks at it again
    return uvicorn.Server(
        uvicorn.Config(
            app,
            http=Patience,
            ws="none",
            log_config=None,  # errors go to stderr all the same
            log_level="error",
            server_header=False,
            proxy_headers=False,
            limit_concurrency=MOST_CONNECTIONS,
            timeout_keep_alive=5,
            timeout_graceful_shutdown=5,
        )
    )
