"""What cells printed and drew, in pieces: long tables are cut, and say so."""

import base64
import struct
from collections.abc import Collection, Iterator

from bs4 import BeautifulSoup, Tag
from nbformat import NotebookNode, from_dict

from helpers.book.lessons import alt_text
from helpers.book.slides.pieces import (
    GAP,
    PROSE_LETTERS,
    PROSE_LINE,
    ROOM,
    TEXT_LETTERS,
    TEXT_LINE,
    WIDTH,
    Piece,
    lines_of,
    output_cell,
    table_heights,
)
from helpers.playground.pages import BLANK

_FRAME = 12
_LINES_MOST = (ROOM - _FRAME) // TEXT_LINE
# How far a picture is blown up, and how small it may get beside other things: letters
# of 14 pixels in it are 18 on the slide. A tall one gives way to a line or two.
_LARGEST, _SMALLEST, _GIVES_WAY = 1.6, 1.3, 0.8
_SENTENCE = PROSE_LINE
_IN_NOTEBOOK = "The page to try is in the notebook."


def output_pieces(outputs: list[NotebookNode]) -> Iterator[Piece]:
    """Yield the outputs of a cell.

    The printed sentence of a picture is left to its alternative text: the picture gets
    the room.
    """
    told = {f"Figure: {alt_text(output)}" for output in outputs}
    for output in outputs:
        data = output.get("data", {})
        if output.output_type == "stream":
            yield from _text(output.text, without=told)
        elif "image/png" in data:
            yield _picture(output)
        elif "text/html" in data:
            yield _html(data["text/html"])
        elif "text/plain" in data:
            yield from _text(data["text/plain"])


def _text(text: str, without: Collection[str] = ()) -> Iterator[Piece]:
    """Yield text in parts of as many lines as a slide holds."""
    held: list[str] = []
    used = 0
    for line in text.rstrip("\n").split("\n"):
        if line in without:
            continue
        tall = lines_of(line, TEXT_LETTERS)
        if used + tall > _LINES_MOST:
            yield _lines(held, used)
            held, used = [], 0
        held.append(line)
        used += tall
    if any(held):
        yield _lines(held, used)


def _lines(lines: list[str], count: int) -> Piece:
    text = "\n".join(lines)
    output = from_dict({"output_type": "stream", "name": "stdout", "text": text})
    return Piece(output_cell(output), count * TEXT_LINE + _FRAME)


def picture_size(png: str) -> tuple[int, int]:
    """Return width and height of a PNG in base64, in pixels."""
    width, height = struct.unpack(">II", base64.b64decode(png[:64])[16:24])
    return width, height


def _picture(output: NotebookNode) -> Piece:
    """Return a picture as large as a slide has room for."""
    width, height = picture_size(output.data["image/png"])
    most = min(_LARGEST, WIDTH / width, (ROOM - GAP) / height)
    least = min(_SMALLEST, most * _GIVES_WAY)
    return Piece(output_cell(output), int(height * most), int(height * least))


def drawn(piece: Piece, room: int) -> NotebookNode:
    """Return a picture's cell with the size that it has in `room` pixels of height."""
    cell = piece.cell
    output = cell.outputs[0]
    width, tall = picture_size(output.data["image/png"])
    height = min(piece.height, room)
    about = output.metadata.setdefault("image/png", NotebookNode())
    about["width"], about["height"] = round(width * height / tall), height
    return cell


def _html(text: str) -> Piece:
    """Return a table, or other HTML; rows beyond a slide are left out with a word.

    So are frames, which are higher than a slide: what stands below them is kept.
    """
    soup = BeautifulSoup(text.replace(BLANK, _IN_NOTEBOOK), "html.parser")
    for each in soup.find_all(["style", "iframe"]):
        each.decompose()
    rows = soup.find_all("tr")
    if not rows:
        words = soup.get_text(" ", strip=True)
        height = PROSE_LINE * lines_of(words, PROSE_LETTERS) + 2 * _FRAME
        return _html_piece(soup, height)
    heights = table_heights([_cells(row) for row in rows])
    kept, height = 0, 0
    for tall in heights:
        if height + tall > ROOM - _SENTENCE:
            break
        kept, height = kept + 1, height + tall
    if kept < len(rows):
        heads = len(soup.select("thead tr"))
        for row in rows[kept:]:
            row.decompose()
        told = soup.new_tag("p")
        told.string = (
            f"The first {kept - heads} of {len(rows) - heads} rows; all of them are in "
            "the notebook."
        )
        soup.append(told)
        height += _SENTENCE
    return _html_piece(soup, height + _FRAME)


def _cells(row: Tag) -> list[str]:
    return [cell.get_text(" ", strip=True) for cell in row.find_all(["td", "th"])]


def _html_piece(soup: BeautifulSoup, height: int) -> Piece:
    data = {"text/html": str(soup)}
    output = from_dict({"output_type": "display_data", "data": data, "metadata": {}})
    return Piece(output_cell(output), height)
