"""What a slide is made of, and how much room it takes.

A slide is 1280 x 720 pixels. Heights are estimates on the safe side, for the sizes of
letters in `docs/slides/slides.css`; a test measures every slide in a browser.
"""

from dataclasses import dataclass
from textwrap import wrap

from nbformat import NotebookNode, from_dict

# below the title and above the number, in pixels; between two pieces
ROOM, GAP = 590, 12
WIDTH = 1160
# pixels of a line, and the letters that one holds
PROSE_LINE, PROSE_LETTERS = 36, 88
CODE_LINE, CODE_LETTERS = 25, 92
TEXT_LINE, TEXT_LETTERS = 24, 102
TABLE_LINE, TABLE_LETTERS, TABLE_PADDING = 28, 100, 9
# cells that are only seen by their outputs, as nbconvert is told
OUTPUT = "output"


@dataclass(frozen=True)
class Piece:
    """A cell that isn't cut further: its height, and the least that it can do with.

    `level` is that of the heading that it is, else 0.
    """

    cell: NotebookNode
    height: int
    least: int = 0
    level: int = 0

    @property
    def needs(self) -> int:
        """The room without which it goes on the next slide, in pixels."""
        return (self.least or self.height) + GAP


def lines_of(text: str, letters: int) -> int:
    """Return how many lines a text takes, `letters` in a line."""
    return sum(max(1, len(wrap(line, letters))) for line in text.splitlines() or [""])


def table_heights(rows: list[list[str]]) -> list[int]:
    """Return the height of each row of a table, in pixels; cells are plain text.

    A browser gives columns room by what they hold, so that all wrap about as often.
    """
    columns = max(map(len, rows), default=0)
    wide = [
        max([len(row[at]) + 2 for row in rows if at < len(row)], default=2)
        for at in range(columns)
    ]
    share = min(1.0, TABLE_LETTERS / (sum(wide) or 1))
    return [
        TABLE_PADDING
        + TABLE_LINE
        * max(
            (
                lines_of(text, max(6, int(wide[at] * share)))
                for at, text in enumerate(row)
            ),
            default=1,
        )
        for row in rows
    ]


def markdown_cell(source: str, *tags: str) -> NotebookNode:
    """Return a cell with text."""
    return _cell("markdown", source, tags)


def code_cell(source: str) -> NotebookNode:
    """Return a cell with code and no output."""
    return _cell("code", source, (), execution_count=None, outputs=[])


def output_cell(output: NotebookNode) -> NotebookNode:
    """Return a cell that shows an output and no code."""
    return _cell("code", "", (OUTPUT,), execution_count=None, outputs=[output])


def _cell(kind: str, source: str, tags: tuple[str, ...], **more) -> NotebookNode:
    """Return a cell; nbformat's own makers look over each one, which takes seconds."""
    metadata = {"tags": list(tags)}
    return from_dict(
        {"cell_type": kind, "metadata": metadata, "source": source, **more}
    )
