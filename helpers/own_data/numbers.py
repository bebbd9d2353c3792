"""Cells that are numbers, in the ways that people and programs write them."""

import re
from collections import Counter
from typing import NamedTuple

import numpy as np

from helpers._arrays import Floats

__all__ = ["Numbers", "as_numbers", "is_gap", "is_number"]

GAPS = {
    "", "-", "--", "?", ".", "na", "n/a", "#n/a", "#na", "nan", "null", "none", "nil",
    "nat", "<na>", "missing", "(missing)", "(null)", "\\n", "#value!", "#ref!",
}  # fmt: skip
_INFINITE = re.compile(r"[+-]?(inf|infinity|∞|#div/0!|1\.#inf)", re.IGNORECASE)
_SIGN, _POWER = r"[+\-−]?", r"(?:[eE][+-]?\d{1,4})?"
_POINT = re.compile(rf"{_SIGN}(?:\d+\.?\d*|\.\d+){_POWER}")
_GROUPS = r"\d{1,3}(?:[. '\u00a0\u202f’]\d{3})+"
_COMMA = re.compile(rf"{_SIGN}(?:(?:\d+|{_GROUPS})(?:,\d*)?|,\d+){_POWER}")
_GROUPED = re.compile(rf"{_SIGN}\d{{1,3}}(?:[, '\u00a0\u202f’]\d{{3}})+(?:\.\d*)?")
_UNCLEAR = re.compile(rf"{_SIGN}[1-9]\d{{0,2}},\d{{3}}")
_WITH_UNIT = re.compile(
    r"(?P<before>[€$£¥])?\s*"
    r"(?P<number>[+\-−]?[\d.,' \u00a0\u202f’]*\d(?:[eE][+-]?\d+)?)"
    r"\s*(?P<after>[^\d\s.,+\-][^\d\s]{0,9})?"
)
LARGEST = 1e100  # beyond it sums of squares leave the range of numbers
_ENOUGH = 0.9  # share of the cells that have to be numbers


class Numbers(NamedTuple):
    """A column as numbers, NaN where there is none; `bad` are positions, by kind."""

    values: Floats
    written: str  # "1.5", "1,5" or "1,500.0"
    unit: str
    bad: list[int]  # cells that are neither numbers nor gaps
    infinite: list[int]
    unclear: bool  # "1,234" everywhere: thousands or decimals?


def is_gap(cell: str) -> bool:
    """Return whether a cell says that there is no value."""
    return cell.strip().casefold() in GAPS


def is_number(cell: str) -> bool:
    """Return whether a cell is a number, however it is written."""
    text = cell.strip()
    styles = (_POINT, _COMMA, _GROUPED)
    digits = any(letter.isdecimal() for letter in text)
    return digits and text.isascii() and any(style.fullmatch(text) for style in styles)


def as_numbers(cells: list[str], *, comma: bool | None) -> Numbers | None:
    """Return a column of cells as numbers, or None where too few are.

    `comma` says whether the file's other columns have a decimal comma (True) or a point
    (False), None if none tells.
    """
    texts = [cell.strip() for cell in cells]
    asked = [i for i, text in enumerate(texts) if not is_gap(text)]
    texts, unit = _without_unit(texts, asked)
    infinite = [i for i in asked if _INFINITE.fullmatch(texts[i])]
    there = sorted(set(asked) - set(infinite))
    fits: dict[str, float] = {
        style: sum(_fits(texts[i], style) for i in there)
        for style in ("1.5", "1,5", "1,500.0")
    }
    unclear = _is_unclear([texts[i] for i in there])
    if comma:
        fits["1,5"] += 0.5
    written = max(fits, key=lambda style: fits[style])
    if unclear:
        written = "1,5" if comma else "1,500.0"
    if not there or fits[written] < _ENOUGH * len(there):
        return None
    values = np.full(len(texts), np.nan)
    bad = []
    for i in there:
        number = _number(texts[i], written)
        if number is None:
            bad.append(i)
        elif abs(number) > LARGEST:
            infinite.append(i)
        else:
            values[i] = number
    return Numbers(values, written, unit, bad, sorted(infinite), unclear)


def _is_unclear(texts: list[str]) -> bool:
    """Return whether the commas may mark thousands or decimals: nothing tells."""
    marked = [text for text in texts if "," in text]
    if not marked or not all(_UNCLEAR.fullmatch(text) for text in marked):
        return False
    return not any(_POINT.fullmatch(text) and len(text) > 3 for text in texts)


def _without_unit(texts: list[str], asked: list[int]) -> tuple[list[str], str]:
    """Return texts without the one unit that nearly all numbers have, and that unit."""
    found = {i: _WITH_UNIT.fullmatch(texts[i]) for i in asked}
    units = Counter(
        (match["before"] or "") + (match["after"] or "")
        for match in found.values()
        if match
    )
    unit, often = units.most_common(1)[0] if units else ("", 0)
    if not unit or often < _ENOUGH * len(asked):
        return texts, ""
    bare = list(texts)
    for i, match in found.items():
        if match and (match["before"] or "") + (match["after"] or "") == unit:
            bare[i] = match["number"].strip()
    return bare, unit


def _fits(text: str, style: str) -> bool:
    pattern = {"1.5": _POINT, "1,5": _COMMA, "1,500.0": _GROUPED}[style]
    ours = pattern.fullmatch(text) is not None and any(c.isdecimal() for c in text)
    return ours or (style == "1,500.0" and _POINT.fullmatch(text) is not None)


def _number(text: str, written: str) -> float | None:
    if not _fits(text, written):
        return None
    text = text.replace("−", "-")
    if written == "1,5":
        text = re.sub(r"[. '\u00a0\u202f’]", "", text).replace(",", ".")
    else:
        text = re.sub(r"[, '\u00a0\u202f’]", "", text)
    try:
        return float(text)
    except ValueError:
        return None
