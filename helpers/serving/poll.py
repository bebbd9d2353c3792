"""Wait until a server answers: `python -m helpers.serving.poll http://127.0.0.1:8000`."""

import sys
import time
from urllib.error import URLError
from urllib.request import urlopen

__all__ = ["wait_for"]


def wait_for(address: str, *, seconds: float = 60.0) -> bool:
    """Ask `/health` twice a second; return whether it answered in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            with urlopen(f"{address}/health", timeout=2) as answer:
                return answer.status == 200
        except (URLError, OSError):
            time.sleep(0.5)
    return False


if __name__ == "__main__":
    answers = wait_for(sys.argv[1])
    print(f"{sys.argv[1]} {'answers' if answers else 'does not answer'}", flush=True)
    sys.exit(not answers)
