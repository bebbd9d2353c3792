"""Words and numbers as sentences show them: "1 row", "a, b and c", "0.0123".

For messages, summaries of pictures, reports and tables. Nothing here knows what is
told, and nothing is imported but the standard library.
"""

import math
from collections.abc import Iterable, Sequence

NO_MESSAGE = "no message"


def number(value: float) -> str:
    """Return `value` as a reader wants it: three significant digits, no 1e+03."""
    if not math.isfinite(value):
        return str(value)
    if value and not 1e-3 <= abs(value) < 1e6:
        return f"{value:.2e}"
    digits = max(0, 2 - math.floor(math.log10(abs(value)))) if value else 0
    text = f"{value:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def percent(share: float) -> str:
    """Return a share, 0 to 1, as "12.3 %"."""
    return f"{number(100 * share)} %"


def count(amount: int, thing: str, plural: str | None = None) -> str:
    """Return "1 row", "2,000 rows"."""
    word = thing if amount == 1 else plural or f"{thing}s"
    return f"{amount:,} {word}"


def duration(seconds: float) -> str:
    """Return a stretch of time in its largest fitting unit: "30 minutes"."""
    for unit, size in (("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1)):
        if seconds >= size:
            amount = number(seconds / size)
            return f"{amount} {unit}" if amount == "1" else f"{amount} {unit}s"
    return f"{number(seconds)} seconds"


def listed(words: Iterable[str]) -> str:
    """Return "a", "a and b", "a, b and c"; "" for no words."""
    *first, last = list(words) or [""]
    return f"{', '.join(first)} and {last}" if first else last


def some(words: Sequence[str], most: int, *, separator: str = ", ") -> str:
    """Return the first `most` words, and how many more there are: "a, b and 3 more"."""
    shown = separator.join(words[:most])
    left = len(words) - most
    return f"{shown} and {left:,} more" if left > 0 else shown


def first_line(said: object, *, most: int = 160) -> str:
    """Return the first line of what an error says; "no message" where it says nothing.

    An error that a learner's code made may fail to say anything at all.
    """
    try:
        lines = str(said).strip().splitlines()
    except Exception:
        lines = []
    return lines[0][:most] if lines else NO_MESSAGE
