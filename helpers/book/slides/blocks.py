"""Markdown and code in pieces: what may not be parted stays whole."""

import ast
import re
from collections.abc import Iterator
from itertools import takewhile

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin

from helpers.authoring.blanks import BEGIN, END
from helpers.book.slides.pieces import (
    CODE_LINE,
    PROSE_LETTERS,
    PROSE_LINE,
    ROOM,
    Piece,
    code_cell,
    lines_of,
    markdown_cell,
    table_heights,
)

_PARSER = MarkdownIt("commonmark").enable("table").use(dollarmath_plugin)
_LINK = re.compile(r"\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\([^)\s]+\)")
_CODE_FRAME = 24
_CODE_MOST = (ROOM - _CODE_FRAME) // CODE_LINE
_FORMULA = 80
_HEADING = 64
# what ends a sentence, also a bold one
_SENTENCE = re.compile(r"(?<=[.!?:])\s+|(?<=[.!?:]\*\*)\s+")


def markdown_pieces(text: str) -> Iterator[Piece]:
    """Yield the blocks of a markdown text, those taller than a slide in parts."""
    lines = text.splitlines()
    tokens = _PARSER.parse(text)
    for at, token in enumerate(tokens):
        if token.level or token.nesting < 0 or token.map is None:
            continue
        inside = list(takewhile(lambda each: each.level, tokens[at + 1 :]))
        source = "\n".join(lines[slice(*token.map)]).strip("\n")
        yield from _block(token, inside, source, lines)


def _block(
    token: Token, inside: list[Token], source: str, lines: list[str]
) -> Iterator[Piece]:
    if token.type == "heading_open":
        level = int(token.tag[1])
        yield _piece(source, _HEADING * lines_of(source, 60), level)
    elif token.type == "table_open":
        yield from _table(inside, source)
    elif token.type in ("bullet_list_open", "ordered_list_open"):
        yield from _filled(list(_items(inside, lines)), "\n")
    elif token.type == "fence":
        height = CODE_LINE * source.count("\n") + _CODE_FRAME
        yield _piece(source, height)
    elif token.type.startswith("math_block"):
        yield _piece(source, _FORMULA * (source.count("\\\\") + 1))
    elif _prose(source) <= ROOM:
        yield _piece(source, _prose(source))
    else:
        yield from _filled(_SENTENCE.split(source), " ")


def _piece(source: str, height: int, level: int = 0) -> Piece:
    return Piece(markdown_cell(source), height, level=level)


def _prose(source: str) -> int:
    """Return the height of a paragraph or an item, in pixels."""
    words = _LINK.sub(r"\1", " ".join(source.split()))
    return PROSE_LINE * lines_of(words, PROSE_LETTERS)


def _items(inside: list[Token], lines: list[str]) -> Iterator[str]:
    for token in inside:
        if token.type == "list_item_open" and token.level == 1 and token.map:
            yield "\n".join(lines[slice(*token.map)]).rstrip()


def _filled(parts: list[str], glue: str) -> Iterator[Piece]:
    """Yield parts joined by `glue`, as many in a piece as a slide holds."""
    held: list[str] = []
    for part in parts:
        if held and sum(map(_prose, [*held, part])) > ROOM:
            yield _piece(glue.join(held), sum(map(_prose, held)))
            held = []
        held.append(part)
    yield _piece(glue.join(held), sum(map(_prose, held)))


def _table(inside: list[Token], source: str) -> Iterator[Piece]:
    """Yield a table in parts with the same head, none taller than a slide."""
    cells: list[list[str]] = []
    for token in inside:
        if token.type == "tr_open":
            cells.append([])
        elif token.type == "inline":
            cells[-1].append(_LINK.sub(r"\1", token.content))
    heights = table_heights(cells)
    head, rows = source.splitlines()[:2], source.splitlines()[2:]
    held: list[str] = []
    height = heights[0]
    for row, tall in zip(rows, heights[1:], strict=True):
        if held and height + tall > ROOM:
            yield _piece("\n".join([*head, *held]), height)
            held, height = [], heights[0]
        held.append(row)
        height += tall
    yield _piece("\n".join([*head, *held]), height)


def code_pieces(source: str) -> Iterator[Piece]:
    """Yield code in parts that a slide holds, parted between statements if possible.

    The marks around a solution are left out.
    """
    lines = [line for line in source.splitlines() if line.strip() not in (BEGIN, END)]
    while len(lines) > _CODE_MOST:
        cut = max(
            (start for start in _starts(lines) if 3 < start <= _CODE_MOST),
            default=_CODE_MOST,
        )
        yield _code(lines[:cut])
        lines = lines[cut:]
    if lines:
        yield _code(lines)


def _code(lines: list[str]) -> Piece:
    source = "\n".join(lines).strip("\n")
    height = CODE_LINE * (source.count("\n") + 1) + _CODE_FRAME
    return Piece(code_cell(source), height)


def _starts(lines: list[str]) -> Iterator[int]:
    """Yield the lines before which code can be parted: statements with their comments.

    Where a part is no Python by itself, there is none.
    """
    try:
        body = ast.parse("\n".join(lines)).body
    except SyntaxError:
        return
    for node in body:
        start = min([node.lineno, *(d.lineno for d in _decorators(node))]) - 1
        while start and lines[start - 1].startswith("#"):
            start -= 1
        yield start


def _decorators(node: ast.stmt) -> list[ast.expr]:
    return getattr(node, "decorator_list", [])
