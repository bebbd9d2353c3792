"""Names that somebody else chose, made harmless for pictures and for sentences."""

import unicodedata
from functools import cache

from matplotlib import font_manager
from matplotlib.ft2font import FT2Font

__all__ = ["drawable", "plain", "short"]

_MOST = 28  # letters of a name in a picture


def plain(text: object) -> str:
    """Return a text in one line, with a mark for letters that can't be shown."""
    joined = " ".join(str(text).split())
    return "".join(
        letter if _is_shown(letter) else "\N{REPLACEMENT CHARACTER}"
        for letter in joined
    )


def short(text: object, most: int = _MOST) -> str:
    """Return a text in one line of at most `most` letters."""
    told = plain(text)
    return told if len(told) <= most else told[: most - 1] + "…"


def drawable(text: object, most: int = _MOST) -> str:
    """Return a name as a picture can show it: short, no formula, known letters only.

    matplotlib reads what stands between dollar signs as a formula, hides names that
    begin with an underscore from legends, and warns of letters that its font lacks.
    """
    told = short(text, most)
    told = "".join(letter if ord(letter) in _letters() else "□" for letter in told)
    told = f" {told}" if told.startswith("_") else told
    return told.replace("$", r"\$")


def _is_shown(letter: str) -> bool:
    """Return whether a letter has a shape; marks that turn text round have none."""
    return letter == " " or unicodedata.category(letter)[0] not in "CZ"


@cache
def _letters() -> frozenset[int]:
    """Return the letters of the font that pictures are drawn with by default."""
    path = font_manager.findfont("DejaVu Sans")
    return frozenset(FT2Font(path).get_charmap())
