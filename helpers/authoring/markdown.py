"""What the build reads in markdown: headings, images, links. Code in it is ignored."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_FENCE = re.compile(
    r"^ {0,3}(`{3,}|~{3,}).*?^ {0,3}\1[`~]*[ ]*$", re.DOTALL | re.MULTILINE
)
_CODE_SPAN = re.compile(r"(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)", re.DOTALL)
_HEADING = re.compile(r"^ {0,3}(#{1,6})[ ]+(.+?)[ ]*#*$", re.MULTILINE)
_IMAGE = re.compile(r"!\[(?P<alt>[^\]]*)\](?=[(\[])")
_HTML_IMAGE = re.compile(r"<img\b[^>]*>", re.IGNORECASE)
_HTML_ALT = re.compile(
    r"""\balt\s*=\s*(["'])(?P<alt>.*?)\1""", re.IGNORECASE | re.DOTALL
)
_LINK = re.compile(r"\]\(\s*<?(?P<target>[^)\s>]+)>?(?:\s+[\"'][^)]*)?\)")
_HTML_LINK = re.compile(r"""\b(?:href|src)\s*=\s*(["'])(?P<target>.*?)\1""")
_REFERENCE = re.compile(r"^ {0,3}\[[^\]]+\]:[ ]*<?(?P<target>[^\s>]+)", re.MULTILINE)


@dataclass(frozen=True)
class Heading:
    """A heading: its level 1-6, its text, and the character offset where it stands."""

    level: int
    text: str
    offset: int


def without_code(text: str) -> str:
    """Return `text` with code blanked to the same length, so that offsets hold."""
    for pattern in (_FENCE, _CODE_SPAN):
        text = pattern.sub(lambda code: re.sub(r"[^\n]", " ", code[0]), text)
    return text


def headings(text: str) -> list[Heading]:
    """Return the headings of a markdown text, in order."""
    # a heading's own text may hold code, so only fenced blocks are ignored here
    prose = _FENCE.sub(lambda code: re.sub(r"[^\n]", " ", code[0]), text)
    return [Heading(len(h[1]), h[2], h.start()) for h in _HEADING.finditer(prose)]


def images_without_alt(text: str) -> list[int]:
    """Return the offsets of images that have no alt text, or an empty one."""
    prose = without_code(text)
    written = [
        image.start() for image in _IMAGE.finditer(prose) if not image["alt"].strip()
    ]
    return written + [
        image.start()
        for image in _HTML_IMAGE.finditer(prose)
        if not _html_alt(image[0])
    ]


def _html_alt(tag: str) -> str:
    found = _HTML_ALT.search(tag)
    return found["alt"].strip() if found else ""


def links(text: str) -> Iterator[tuple[int, str]]:
    """Yield (offset, target) of every link and image in a markdown text."""
    prose = without_code(text)
    for pattern in (_LINK, _HTML_LINK, _REFERENCE):
        for link in pattern.finditer(prose):
            yield link.start("target"), link["target"]


def anchor(heading: str) -> str:
    """Return the fragment GitHub gives a heading: "Take away" -> "take-away"."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
