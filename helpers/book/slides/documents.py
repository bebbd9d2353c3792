"""Documents of the kit as slides: their text, and their pictures with a sentence."""

import base64
import re
from collections.abc import Iterator
from pathlib import Path

from nbformat import from_dict

from helpers.book.lessons import Shown
from helpers.book.slides.pieces import markdown_cell, output_cell

_PICTURE = re.compile(r"^!\[(?P<alt>.*)\]\((?P<file>[\w/.-]+\.png)\)$", re.M)


def document_cells(text: str, folder: Path) -> Iterator[Shown]:
    """Yield a markdown text in cells; a line with only a PNG is an output.

    `folder` is where the text stands. Raises `FileNotFoundError` for a lost picture.
    """
    end = 0
    for picture in _PICTURE.finditer(text):
        yield Shown(None, markdown_cell(text[end : picture.start()]))
        png = base64.b64encode((folder / picture["file"]).read_bytes()).decode()
        output = {
            "output_type": "display_data",
            "data": {"image/png": png},
            "metadata": {"image/png": {"alt": picture["alt"]}},
        }
        yield Shown(None, output_cell(from_dict(output)))
        end = picture.end()
    yield Shown(None, markdown_cell(text[end:]))
