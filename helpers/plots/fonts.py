"""Fonts for the words in pictures, where matplotlib's own lacks a language's letters.

Nothing is downloaded: a font of the machine is taken, behind matplotlib's own.
"""

import functools
from pathlib import Path

import matplotlib
from matplotlib import font_manager

from helpers.translations import language, translated

# fonts that have the letters, the likest to matplotlib's own first: Debian's
# fonts-thai-tlwg, Google's, Windows', macOS'
_FONTS = {
    "th": ("Waree", "Loma", "Garuda", "Noto Sans Thai", "Sarabun", "Leelawadee UI",
           "Tahoma", "Thonburi"),
}  # fmt: skip
_TOLD: set[str] = set()  # languages for which a line has been shown


def families() -> list[str]:
    """Return the font families for a text: matplotlib's, then the language's."""
    found = _font(language())
    return [*matplotlib.rcParams["font.family"], *([found] if found else [])]


def needs_a_font() -> bool:
    """Return whether the notebook's language has letters that no font here has."""
    return language() in _FONTS and not _font(language())


def missing_font() -> list[str]:
    """Return a line that says that pictures stay English, once per kernel; or none."""
    spoken = language()
    if not needs_a_font() or spoken in _TOLD:
        return []
    _TOLD.add(spoken)
    return [
        translated(
            "No font here has the letters of this language, so the words in pictures "
            "stay English; the package fonts-thai-tlwg, or another one, brings them."
        )
    ]


@functools.cache
def _font(spoken: str) -> str | None:
    """Return the first font of a language that this machine has."""
    wanted = _FONTS.get(spoken, ())
    if not wanted:
        return None
    known = set(font_manager.get_font_names())
    if not known & set(wanted):  # matplotlib's list may be older than the font
        for path in font_manager.findSystemFonts():
            if Path(path).stem.split("-")[0] in {n.replace(" ", "") for n in wanted}:
                font_manager.fontManager.addfont(path)
        known = set(font_manager.get_font_names())
    return next((name for name in wanted if name in known), None)
