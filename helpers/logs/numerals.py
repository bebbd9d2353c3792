"""Which mark stands before the decimals of a file's numbers, and what they are.

`1,5` and `1.234,5` prove a decimal comma, `1.5`, `1,234.5` and `1,23,456` (lakhs) a
point; blanks and apostrophes mark thousands beside either. `1.234` proves nothing.
"""

import math
import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from helpers.logs.clocks import Undecided

__all__ = ["Decimals", "as_float", "decimals_of", "has_groups", "is_written"]

_BLANKS = " '’\u00a0\u202f\u2009"
_POWER = r"(?:[eE][+-]?\d+)?"
_UNIT = re.compile(r"\s*[a-zA-Zµμ]+$")
_UNCLEAR = re.compile(r"[+-]?[1-9]\d{0,2}([.,])\d{3}")
_PLAIN = re.compile(r"\d+(?:\.\d+)?")
_LONG = re.compile(r"[+-]?\d{4,}")
_LAKHS = r"[1-9]\d?(?:,\d\d)+,\d{3}"  # 12,34,567 of South Asia
_IN_LAKHS = re.compile(rf"[+\-−]?{_LAKHS}(?:\.\d*)?")


class Decimals(NamedTuple):
    """The mark before the decimals, and a sentence if it is worth one."""

    mark: str
    notes: tuple[str, ...] = ()


def _number(mark: str) -> re.Pattern:
    """Return the pattern of numbers that have `mark` before their decimals."""
    other = "," if mark == "." else r"\."
    point = re.escape(mark)
    grouped = (
        rf"[1-9]\d{{0,2}}(?:[{_BLANKS}]\d{{3}})+|[1-9]\d{{0,2}}(?:{other}\d{{3}})+"
    )
    grouped += f"|{_LAKHS}" if mark == "." else ""
    return re.compile(
        rf"[+\-−]?(?:(?:{grouped}|\d+)(?:{point}\d*)?|{point}\d+){_POWER}"
    )


_FITS = {mark: _number(mark) for mark in ".,"}
_UNGROUPED = {
    mark: re.compile(rf"[^{_BLANKS}{other}]*") for mark, other in (".,", ",.")
}


def is_written(text: str, mark: str) -> bool:
    """Say whether a text is a number whose decimals, if any, stand behind `mark`."""
    return _FITS[mark].fullmatch(text) is not None


def has_groups(text: str, mark: str) -> bool:
    """Say whether such a number has marks for thousands, as 1,500 or 1 500.5."""
    return not _UNGROUPED[mark].fullmatch(text)


def as_float(text: str, mark: str) -> float:
    """Return a number whose decimals stand behind `mark`; NaN if it is none."""
    text = text.strip()
    if mark == "." and text.isascii() and _PLAIN.fullmatch(text):
        return float(text)
    if not _FITS[mark].fullmatch(text):
        special = text.casefold().lstrip("+-") in ("inf", "infinity")
        return math.inf if special else math.nan
    other = "," if mark == "." else "."
    plain = re.sub(rf"[{_BLANKS}{other}]", "", text).replace("−", "-")
    return float(plain.replace(",", "."))


def decimals_of(
    columns: Mapping[str, Iterable[str]], *, no_thousands: str = ""
) -> Decimals:
    """Return the decimal mark of a file from the texts of its columns of numbers.

    `no_thousands` is a mark that is known to stand before decimals only.
    Raises `Undecided` where numbers are written in two ways, or prove nothing.
    """
    proofs: dict[str, str] = {}
    unclear: dict[str, str] = {}
    lakhs: list[str] = []
    for texts in columns.values():
        lakhs += _look(set(texts), proofs, unclear, no_thousands)
    if len(proofs) == 2:
        raise Undecided(
            f"numbers are written in two ways ({proofs['.']!r} and {proofs[',']!r}); "
            "write them in one"
        )
    if not proofs and unclear:
        one = next(iter(unclear.values()))
        raise Undecided(
            f"{one!r} may be a whole number with a mark for thousands, or have "
            'decimals; pass decimal="." or decimal=","'
        )
    mark = next(iter(proofs), ".")
    if mark == ",":
        return Decimals(mark, (f"numbers have a decimal comma, as {proofs[mark]}",))
    grouped = unclear.get(",", "")
    notes = [f"numbers mark thousands, as {grouped}"] if grouped else []
    notes += [f"numbers mark lakhs, as {min(lakhs)}"] if lakhs else []
    return Decimals(mark, tuple(notes))


def _look(
    texts: set[str], proofs: dict[str, str], unclear: dict[str, str], known: str
) -> list[str]:
    """Note what the texts of one column prove, or leave open; return those in lakhs."""
    bare = {_UNIT.sub("", text.strip()): text.strip() for text in texts}
    open_marks = {}
    for number, text in bare.items():
        if match := _UNCLEAR.fullmatch(number):
            open_marks[match[1]] = text
        elif "." in number or "," in number:
            fits = [mark for mark in ".," if _FITS[mark].fullmatch(number)]
            if len(fits) == 1:
                proofs.setdefault(fits[0], text)
    ungrouped = any(_LONG.fullmatch(number) for number in bare)
    for mark, text in open_marks.items():
        alone = ungrouped and len(open_marks) == 1  # no marks for thousands here
        if alone or mark == known:
            proofs.setdefault(mark, text)
        else:
            unclear.setdefault(mark, text)
    return [text for number, text in bare.items() if _IN_LAKHS.fullmatch(number)]
