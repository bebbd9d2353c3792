"""What every request and answer passes: its framing, limits of bytes, safe headers."""

import ipaddress
import json
import re
from collections.abc import Iterable
from typing import Any

__all__ = ["MOST_BYTES", "Limits", "names_of"]

MOST_BYTES = 2_000_000
MOST_HELD = 64_000_000  # of all requests that are here at a time
_HEADERS = [
    (b"content-security-policy", b"default-src 'none'; script-src 'self'; "
     b"style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; "
     b"form-action 'none'; frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
]  # fmt: skip


_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[^:\[\]]+)(:[0-9]*)?")


class _TooLarge(Exception):
    """More bytes came than are taken."""


class _TooMany(Exception):
    """More bytes are here than the memory is meant to hold."""


def names_of(host: str, more: Iterable[str] = ()) -> frozenset[str] | None:
    """Return what a server that listens on `host` may be called; None: anything.

    A page of a stranger may give its own name the address of this machine (DNS
    rebinding), and would then read what is served here. So a server that only this
    machine reaches knows its names, in small letters: those, and `more`.
    """
    try:
        here = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        here = False
    own = f"[{host}]" if ":" in host else host
    names = {"localhost", "127.0.0.1", "[::1]", own, *more}
    return frozenset(name.lower() for name in names) if here else None


class Limits:
    """ASGI middleware: 413 for a large body, also one of unknown length; headers.

    503 where all bodies together are too large; 421 for a request to another name than
    `names` (None: to any); 400 where it is in doubt where the body ends; 415 where it
    is packed.
    """

    def __init__(self, app: Any, names: frozenset[str] | None = None):
        self.app = app
        self.names = names
        self.held = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass a request on, counting its bytes as they come."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if told := self._objection(dict(scope["headers"])):
            await _refuse(_headed(send), *told)
            return
        count = 0

        async def counted() -> Any:
            nonlocal count
            message = await receive()
            came = len(message.get("body", b""))
            count += came
            self.held += came
            if count > MOST_BYTES:
                raise _TooLarge
            if self.held > MOST_HELD:
                raise _TooMany
            return message

        headed = _headed(send)
        try:
            await self.app(scope, counted, headed)
        except _TooLarge:
            await _refuse(headed, 413, f"the body has more than {MOST_BYTES} bytes")
        except _TooMany:
            await _refuse(headed, 503, "too many bodies at a time; try again")
        finally:
            self.held -= count

    def _objection(self, headers: dict[bytes, bytes]) -> tuple[int, str] | None:
        """Return why a request is refused whatever its body is: status and line."""
        found = _HOST.fullmatch(headers.get(b"host", b"").decode("latin-1").lower())
        if self.names is not None and not (found and found["name"] in self.names):
            told = "this server has another name: workshop serve --name adds one"
            return 421, told
        if b"transfer-encoding" in headers and b"content-length" in headers:
            return 400, "the body has two lengths: it is either chunked or counted"
        if headers.get(b"content-encoding", b"identity").lower() != b"identity":
            return 415, "the body must not be packed (Content-Encoding)"
        return None


def _headed(send: Any) -> Any:
    """Return `send` that puts the safe headers on every answer."""

    async def headed(message: Any) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", []), *_HEADERS]
        await send(message)

    return headed


async def _refuse(send: Any, status: int, line: str) -> None:
    body = json.dumps({"error": line}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(body)),
        (b"connection", b"close"),
    ]
    start = {"type": "http.response.start", "status": status, "headers": headers}
    await send(start)
    await send({"type": "http.response.body", "body": body})
