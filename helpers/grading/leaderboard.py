"""The class's board: attempts at workshops W1 and W2 as one static page.

A table for each workshop, data set and metric: each nickname's best value, what the
simplest detector and guessing reach, and a picture of the attempts over time.
"""

import datetime
import os
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import helpers
from helpers.errors import KitError
from helpers.files import write_whole
from helpers.grading.attempts import Attempt, append_attempt, read_attempts
from helpers.grading.showing import in_order, page
from helpers.text import count

__all__ = ["Attempt", "append_attempt", "leaderboard", "read_attempts"]

DIGITS = 4  # significant ones, which are shown and decide a tie
MOST_REMARKS = 20
LEFT, RIGHT, TOP, BOTTOM = 10, 270, 12, 140  # of what is drawn in it; labels beside
LINE = 14  # height of a label


def leaderboard(folder: str | os.PathLike, out: str | os.PathLike) -> list[str]:
    """Draw the attempts below `folder` as the page `out`; return the remarks.

    Raises `KitError` where there is no such folder, and where the page can't be
    written.
    """
    attempts, remarks = read_attempts(folder)
    drawn = page(
        "leaderboard.html",
        boards=boards(attempts),
        remarks=remarks[:MOST_REMARKS],
        left_out=max(0, len(remarks) - MOST_REMARKS),
        told=told,
        count=count,
        version=helpers.__version__,
    )
    try:
        write_whole(out, drawn)
    except (OSError, ValueError) as error:
        raise KitError(f"the board can't be written: {error}") from None
    return remarks


@dataclass(frozen=True)
class Line:
    """A line of a board: a nickname's best attempt, or a reference without a rank."""

    name: str
    value: float
    rank: int | None = None
    attempts: int = 0
    when: str = ""


@dataclass(frozen=True)
class Board:
    """All attempts at one data set of a workshop, in the order of time."""

    workshop: str
    dataset: str
    metric: str
    attempts: tuple[Attempt, ...]

    @cached_property
    def chance(self) -> float | None:
        """What guessing reaches; the median where attempts differ about it."""
        return _median(each.chance for each in self.attempts)

    @cached_property
    def baseline(self) -> float | None:
        """What the simplest detector reaches; the median where attempts differ."""
        return _median(each.baseline for each in self.attempts)

    @cached_property
    def nicknames(self) -> dict[str, list[Attempt]]:
        """The attempts of each nickname; nicknames differ by any sign."""
        made: dict[str, list[Attempt]] = {}
        for each in self.attempts:
            made.setdefault(each.nickname, []).append(each)
        return made

    @cached_property
    def lines(self) -> list[Line]:
        """The lines of the table, the best first; equal values share a rank."""
        best = [max(made, key=_rounded) for made in self.nicknames.values()]
        values = sorted((_rounded(each) for each in best), reverse=True)
        found = [
            Line(
                each.nickname,
                each.value,
                rank=1 + values.index(_rounded(each)),
                attempts=len(self.nicknames[each.nickname]),
                when=each.when,
            )
            for each in best
        ]
        references = (("simplest detector", self.baseline), ("chance", self.chance))
        found += [Line(name, at) for name, at in references if at is not None]
        return sorted(found, key=_line_order)

    @cached_property
    def picture(self) -> "Picture":
        """The attempts over time."""
        return Picture(self)


@dataclass(frozen=True)
class Picture:
    """Where things lie in the picture of a board, in units of its SVG."""

    board: Board

    @cached_property
    def _span(self) -> tuple[float, float]:
        references = [self.board.chance, self.board.baseline]
        values = [each.value for each in self.board.attempts]
        values += [each for each in references if each is not None]
        return min(values), max(values)

    def height(self, value: float) -> float:
        """Return the y of a value; the largest lies on top."""
        low, high = self._span
        share = (value - low) / (high - low) if high > low else 0.5
        return round(BOTTOM - share * (BOTTOM - TOP), 1)

    def _across(self, place: int) -> float:
        last = len(self.board.attempts) - 1
        share = place / last if last else 0.5
        return round(LEFT + 5 + share * (RIGHT - LEFT - 10), 1)

    @property
    def labels(self) -> list[tuple[str, float, float]]:
        """What is named beside the picture: a text, its value, the y of the text."""
        best = max(each.value for each in self.board.attempts)
        known = (
            ("best", best),
            ("simplest detector", self.board.baseline),
            ("chance", self.board.chance),
        )
        found: list[tuple[str, float, float]] = []
        for name, at in sorted(known, key=lambda each: -(each[1] or 0)):
            if at is not None:
                free = found[-1][2] + LINE if found else 0.0
                found.append((name, at, max(free, self.height(at) + 4)))
        return found

    @property
    def dots(self) -> str:
        """The attempts, as the path of a line that is drawn as dots."""
        attempts = enumerate(self.board.attempts)
        return "".join(
            f"M{self._across(place)} {self.height(each.value)}h0"
            for place, each in attempts
        )

    @property
    def best(self) -> str:
        """The best value so far, as the path of a line of steps."""
        best, path = -float("inf"), ""
        for place, each in enumerate(self.board.attempts):
            if each.value > best:
                at, best = self._across(place), each.value
                path += f"H{at}V{self.height(best)}"
        first = f"M{self._across(0)} {self.height(self.board.attempts[0].value)}"
        return f"{first}{path}H{RIGHT}"


def boards(attempts: Iterable[Attempt]) -> list[Board]:
    """Return a board for each workshop, data set and metric, W1 first."""
    found: dict[tuple[str, str, str], list[Attempt]] = {}
    for each in attempts:
        key = (each.workshop, each.dataset, each.metric)
        found.setdefault(key, []).append(each)
    return [
        Board(*key, tuple(sorted(found[key], key=_time)))
        for key in sorted(found, key=lambda key: [in_order(part) for part in key])
    ]


def told(value: float) -> str:
    """Return a value as the board shows it: "0.8123", "31"."""
    return f"{value:,.{DIGITS}g}" if abs(value) < 10**DIGITS else f"{value:,.0f}"


def _rounded(of: Attempt | Line) -> float:
    """Return the value that a tie is decided by: the one shown."""
    return float(told(of.value).replace(",", ""))


def _line_order(line: Line) -> tuple[float, bool, str, str]:
    """Return what sorts lines: the larger value first, references after nicknames."""
    return -_rounded(line), line.rank is None, line.name.casefold(), line.name


def _time(attempt: Attempt) -> float:
    """Return when an attempt was made, in seconds; unknown times come first."""
    try:
        when = datetime.datetime.fromisoformat(attempt.when)
        if when.tzinfo is None:
            when = when.replace(tzinfo=datetime.UTC)
        return when.timestamp()
    except (ValueError, OverflowError):
        return -float("inf")


def _median(values: Iterable[float]) -> float | None:
    known: Sequence[float] = [each for each in values if each == each]
    return statistics.median(known) if known else None
