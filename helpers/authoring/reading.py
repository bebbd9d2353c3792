"""What a learner reads of a markdown text, and how easily it reads.

Code, tables, formulas, images and the addresses of links are no sentences: they are
left out. Syllables are counted by a rule of thumb, because libraries that know every
word download a dictionary first.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin

from helpers.authoring.source import Lesson

_PARSER = MarkdownIt("commonmark").enable("table").use(dollarmath_plugin)
_WORD = re.compile(r"[A-Za-z]+(?:['’-][A-Za-z]+)*")
_SENTENCE_END = re.compile(r"[.!?]+[\"'”’)]*(?=\s|$)")
_SPACES = ("softbreak", "hardbreak", "code_inline", "math_inline", "html_inline")


@dataclass(frozen=True)
class ReadingEase:
    """Flesch's reading ease (100 easy, 60 plain, 30 hard) and words per sentence."""

    score: float
    words_per_sentence: float

    def __str__(self) -> str:
        words = f"{self.words_per_sentence:.0f} words a sentence"
        return f"reading ease {self.score:.0f}, {words}"


def blocks(text: str, *, headings: bool = False, tables: bool = False) -> Iterator[str]:
    """Yield the paragraphs and list items of a markdown text, as plain words.

    With `headings` and `tables` theirs, too: one block per heading and per table cell.
    """
    wanted = {"heading_open": headings, "th_open": tables, "td_open": tables}
    opening = ""
    for token in _PARSER.parse(text):
        if token.type != "inline":
            opening = token.type
        elif wanted.get(opening, True):
            yield "".join(map(_plain, token.children or ())).strip()


def _plain(token: Token) -> str:
    if token.type == "text":
        return token.content
    return " " if token.type in _SPACES else ""


def reading_ease(texts: Iterable[str]) -> ReadingEase | None:
    """Return how easily markdown texts read, all together; None without a sentence.

    206.835 - 1.015 words per sentence - 84.6 syllables per word, after Flesch (1948).
    """
    sentences = [
        words
        for text in texts
        for block in blocks(text)
        for sentence in _SENTENCE_END.split(block)
        if (words := _WORD.findall(sentence))
    ]
    if not sentences:
        return None
    count = sum(map(len, sentences))
    per_sentence = count / len(sentences)
    per_word = sum(syllables(word) for words in sentences for word in words) / count
    return ReadingEase(206.835 - 1.015 * per_sentence - 84.6 * per_word, per_sentence)


def lesson_reading_ease(lesson: Lesson) -> ReadingEase | None:
    """Return how easily a lesson's prose reads, teacher's notes included."""
    prose = [cell.source for cell in lesson.cells if cell.kind == "markdown"]
    return reading_ease(prose)


def syllables(word: str) -> int:
    """Return about how many syllables an English word has.

    Groups of vowels, less a silent e near the end: "made", "makes", not "classes".
    """
    word = re.sub(r"[^a-z]", "", word.lower())
    spoken = re.sub(r"(?<=[^aeiouyl])e$", "", word)  # made, but little
    spoken = re.sub(r"(?<=[aeiouy]l)e$", "", spoken)  # while
    spoken = re.sub(r"(?<=[^aeiouytd])ed$", "", spoken)  # learned, but rated
    spoken = re.sub(r"(?<=[^aeiouyscgxzh])es$", "", spoken)  # makes, but classes
    return max(1, len(re.findall(r"[aeiouy]+", spoken)))
