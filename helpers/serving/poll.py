"""Wait until a server answers: `python -m helpers.serving.poll http://127.0.0.1:8000`."""

import sys
import time
from collections.abc import Sequence
from http.client import HTTPException
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

__all__ = ["main", "wait_for"]


def wait_for(address: str, *, seconds: float = 60.0) -> bool:
    """Ask `/health` twice a second; return whether it answered in time."""
    direct = build_opener(ProxyHandler({}))  # a school's proxy can't reach here
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            with direct.open(f"{address}/health", timeout=2) as answer:
                return answer.status == 200
        except (URLError, OSError, HTTPException):  # nothing there, or no server
            time.sleep(0.5)
    return False


def main(arguments: Sequence[str]) -> int:
    """Wait for the address that the arguments name; return the exit status."""
    if len(arguments) != 1:
        print("name one address: python -m helpers.serving.poll http://127.0.0.1:8000")
        return 2
    answers = wait_for(arguments[0])
    told = "answers" if answers else "does not answer"
    print(f"{arguments[0]} {told}", flush=True)
    return int(not answers)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
