"""Prose that points to a lesson, a workshop or an exercise which is not there."""

import re
from collections.abc import Collection, Iterator

from helpers.authoring import markdown

_NUMBER = r"(?:\d\d|[Ww]\d)"
_AND = r"(?:\s*,\s*(?:and\s+|or\s+)?|\s+(?:and|or|to)\s+|\s*–\s*)"
_LESSONS = re.compile(
    rf"\b(?:lessons?|workshops?)\s+({_NUMBER}\b(?:{_AND}{_NUMBER}\b)*)", re.IGNORECASE
)
_OWNER = re.compile(rf"(?<![\w.,])({_NUMBER})(?='s\b)")  # 02's table
_EXERCISE = re.compile(r"\bexercises?\s+(\d{1,2}|[Ww]\d)\.\d", re.IGNORECASE)


def dangling(text: str, numbers: Collection[str]) -> Iterator[tuple[int, str]]:
    """Yield (line from 1, number) of lessons that `text` names and `numbers` lacks.

    `text` is markdown; code in it is ignored. Numbers are those of
    `Lesson.number`: "03", "W1". A range names its two ends.
    """
    prose = markdown.without_code(text)
    seen = {
        (match.start() + offset, number)
        for pattern in (_LESSONS, _OWNER, _EXERCISE)
        for match in pattern.finditer(prose)
        for offset, number in _numbers(match)
    }
    for offset, number in sorted(seen):
        if number not in numbers:
            yield prose.count("\n", 0, offset) + 1, number


def _numbers(match: re.Match[str]) -> Iterator[tuple[int, str]]:
    """Yield (offset in the match, number as a lesson has it)."""
    first = match.start(1) - match.start()
    for number in re.finditer(r"\d{1,2}|[Ww]\d", match[1]):
        yield first + number.start(), number[0].upper().zfill(2)
