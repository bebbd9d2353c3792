"""What every request and answer passes: limits of bytes, and safe headers."""

import json
from typing import Any

__all__ = ["MOST_BYTES", "Limits"]

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


class _TooLarge(Exception):
    """More bytes came than are taken."""


class _TooMany(Exception):
    """More bytes are here than the memory is meant to hold."""


class Limits:
    """ASGI middleware: 413 for a large body, also one of unknown length; headers.

    503 where all bodies together are too large.
    """

    def __init__(self, app: Any):
        self.app = app
        self.held = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass a request on, counting its bytes as they come."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
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

        async def headed(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *_HEADERS]
            await send(message)

        try:
            await self.app(scope, counted, headed)
        except _TooLarge:
            await _refuse(headed, 413, f"the body has more than {MOST_BYTES} bytes")
        except _TooMany:
            await _refuse(headed, 503, "too many bodies at a time; try again")
        finally:
            self.held -= count


async def _refuse(send: Any, status: int, line: str) -> None:
    told = {"error": line}
    headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
    start = {"type": "http.response.start", "status": status, "headers": headers}
    await send(start)
    await send({"type": "http.response.body", "body": json.dumps(told).encode()})
