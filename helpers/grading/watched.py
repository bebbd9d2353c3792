"""What an answer reaches for while it runs, noted for the teacher.

The box keeps it from everything anyway. But a learner whose code looks for other
people's work, or for the network, is told apart from one whose code is only wrong. A
library that looks at the machine (`/proc/cpuinfo`) or starts workers is no suspicion.
"""

import os
import re
import sys
from collections.abc import Callable
from typing import Any

MOST_SEEN = 5
_NOT_FOR_ANSWERS = re.compile(
    r"""^/proc/(?!self/)[^/]+/(environ|mem|root|cwd|fd|cmdline|maps)\b
    | ^/proc/self/(environ|mem)\b | ^/proc/?$
    | ^/(root|home)\b | ^/etc/(passwd|shadow)\b
    | \.ipynb\b | \b(solutions?|submissions?|grades?|gradebook)\b
    | \b(exercises|lesson_\w\w)\b""",
    re.VERBOSE,
)
_OF_PYTHON = tuple({sys.prefix, sys.base_prefix, "/kit/helpers/"} - {"/usr"})
_FILES = ("open", "os.listdir", "os.scandir", "os.chdir")
_NETWORK = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname")


class Watched:
    """Tells what was reached for, once and at once; `look` is an audit hook."""

    def __init__(self, tell: Callable[[str], None], scratch: tuple[str, ...] = ()):
        self._tell, self._scratch = tell, scratch
        self._seen: list[str] = []

    def look(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Tell what an event of the interpreter says, if honest answers don't do it."""
        said = _said(event, arguments, self._scratch)
        if said and said not in self._seen and len(self._seen) < MOST_SEEN:
            self._seen.append(said)
            self._tell(said)


def _said(
    event: str, arguments: tuple[Any, ...], scratch: tuple[str, ...]
) -> str | None:
    if event in _FILES:
        path = arguments[0] if arguments else None
        text = os.fsdecode(path) if isinstance(path, str | bytes) else ""
        if text.startswith(_OF_PYTHON) or _is_own_file(text, arguments, scratch):
            return None
        if _NOT_FOR_ANSWERS.search(text):
            return f"it looked for {text[:100]}"
    elif event in _NETWORK and not _is_local(arguments):
        return "it looked for the network"
    elif event == "os.kill" and arguments[0] in (-1, 1, os.getppid()):
        return "it tried to end what runs it"
    return None


def _is_own_file(
    text: str, arguments: tuple[Any, ...], scratch: tuple[str, ...]
) -> bool:
    """Say whether a file is one that the answer makes, or made, where it may write."""
    place = os.path.abspath(text) if scratch and text else ""
    if not place.startswith(scratch or "/nowhere/"):
        return False
    mode, flags = (*arguments[1:3], None, None)[:2]
    made = isinstance(mode, str) and bool(set(mode) & set("wax"))
    made = made or (isinstance(flags, int) and bool(flags & os.O_CREAT))
    return made or os.path.lexists(place)


def _is_local(arguments: tuple[Any, ...]) -> bool:
    """Say whether a socket's event is about a path (of Python's own worker pools)."""
    return len(arguments) == 2 and isinstance(arguments[1], str | bytes)
