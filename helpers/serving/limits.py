"""What every request and answer passes: a limit of bytes, and safe headers."""

import json
from typing import Any

__all__ = ["MOST_BYTES", "Limits"]

MOST_BYTES = 2_000_000
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


class Limits:
    """ASGI middleware: 413 for a large body, also one of unknown length; headers."""

    def __init__(self, app: Any):
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass a request on, counting its bytes as they come."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        count = 0

        async def counted() -> Any:
            nonlocal count
            message = await receive()
            count += len(message.get("body", b""))
            if count > MOST_BYTES:
                raise _TooLarge
            return message

        async def headed(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *_HEADERS]
            await send(message)

        try:
            await self.app(scope, counted, headed)
        except _TooLarge:
            await _refuse(headed)


async def _refuse(send: Any) -> None:
    told = {"error": f"the body has more than {MOST_BYTES} bytes"}
    headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
    start = {"type": "http.response.start", "status": 413, "headers": headers}
    await send(start)
    await send({"type": "http.response.body", "body": json.dumps(told).encode()})
