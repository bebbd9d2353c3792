"""Cells that are numbers, in the ways that people and programs write them.

How a number is written, and which mark stands before its decimals, is what
`helpers.logs.numerals` says; here are gaps, units and what is too large.
"""

import re
from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from helpers._arrays import Floats
from helpers.logs.numerals import (
    Decimals,
    as_float,
    decimals_of,
    has_groups,
    is_written,
)

__all__ = ["Numbers", "as_numbers", "decimals_in", "is_gap", "is_number"]

GAPS = {
    "", "-", "--", "?", ".", "na", "n/a", "#n/a", "#na", "nan", "null", "none", "nil",
    "nat", "<na>", "missing", "(missing)", "(null)", "\\n", "#value!", "#ref!",
}  # fmt: skip
_INFINITE = re.compile(r"[+-]?(inf|infinity|∞|#div/0!|1\.#inf)", re.IGNORECASE)
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
    mark: str  # before the decimals
    grouped: bool  # whether thousands are marked
    unit: str
    bad: list[int]  # cells that are neither numbers nor gaps
    infinite: list[int]


def is_gap(cell: str) -> bool:
    """Return whether a cell says that there is no value."""
    return cell.strip().casefold() in GAPS


def is_number(cell: str) -> bool:
    """Return whether a cell is a number, however it is written."""
    text = cell.strip()
    return text.isascii() and any(is_written(text, mark) for mark in ".,")


def decimals_in(columns: Mapping[str, list[str]], separator: str) -> Decimals:
    """Return the decimal mark of a file, from its columns of numbers.

    Where commas part the cells (`separator`), a point is no mark for thousands.
    Raises `Undecided` where numbers are written in two ways, or prove nothing.
    """
    texts = {}
    for name, cells in columns.items():
        bare, there, _ = _asked(cells)
        if _share(bare, there, ".") >= _ENOUGH or _share(bare, there, ",") >= _ENOUGH:
            texts[name] = [bare[i] for i in there]
    return decimals_of(texts, no_thousands="." if separator == "," else "")


def as_numbers(cells: list[str], mark: str = ".") -> Numbers | None:
    """Return a column of cells as numbers, or None where too few are.

    `mark` stands before the decimals of the file's numbers.
    """
    texts, there, unit = _asked(cells)
    infinite = [i for i in there if _INFINITE.fullmatch(texts[i])]
    there = sorted(set(there) - set(infinite))
    if not there or _share(texts, there, mark) < _ENOUGH:
        return None
    values = np.full(len(texts), np.nan)
    bad = []
    for i in there:
        number = as_float(texts[i], mark)
        if np.isnan(number):
            bad.append(i)
        elif abs(number) > LARGEST:
            infinite.append(i)
        else:
            values[i] = number
    read = np.flatnonzero(~np.isnan(values))
    grouped = any(has_groups(texts[i], mark) for i in read)
    return Numbers(values, mark, grouped, unit, bad, sorted(infinite))


def _asked(cells: list[str]) -> tuple[list[str], list[int], str]:
    """Return texts without their unit, the positions of those there, and the unit."""
    texts = [cell.strip() for cell in cells]
    asked = [i for i, text in enumerate(texts) if not is_gap(text)]
    bare, unit = _without_unit(texts, asked)
    return bare, asked, unit


def _share(texts: list[str], there: list[int], mark: str) -> float:
    fits = sum(is_written(texts[i], mark) for i in there)
    return fits / len(there) if there else 0.0


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
