"""Fill slides with the pieces of a lesson: a notebook that nbconvert's exporter takes.

Types of slides are derived from what cells are for; lessons carry no word of them.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from nbformat import NotebookNode, from_dict

from helpers.authoring.derive import NOTEBOOK_METADATA
from helpers.book.lessons import SOLUTION, Shown
from helpers.book.slides.blocks import code_pieces, markdown_pieces
from helpers.book.slides.outputs import drawn, output_pieces
from helpers.book.slides.pieces import GAP, ROOM, Piece, markdown_cell

_TITLE = "running-title"
_PREDICT = "**Predict**"


def deck(shown: Iterable[Shown]) -> NotebookNode:
    """Return the slides of a lesson as a notebook with slide types.

    Headings begin slides, what does not fit goes on a slide below with the same title.
    What the class is asked to predict comes with a key. Notes go to the speaker's view.
    """
    filled = _Deck()
    predict = False
    for each in shown:
        if each.role == "teacher-note":
            filled.note(each.cell)
        elif each.cell.cell_type == "markdown":
            filled.add(markdown_pieces(each.cell.source))
            predict = _PREDICT in each.cell.source
        else:
            if each.role == SOLUTION:
                filled.turn()
            code = list(code_pieces(each.cell.source))
            outputs = list(output_pieces(each.cell.outputs))
            filled.keep_together([*code, *outputs])
            filled.add(code)
            filled.add(outputs, fragment=predict)
            predict = False
            if each.role == "check":
                filled.close()
    about = {"nbformat": 4, "nbformat_minor": 4, "metadata": NOTEBOOK_METADATA}
    return from_dict({**about, "cells": filled.cells})


@dataclass
class _Deck:
    """The cells so far, the titles that hold, and the room left on the slide."""

    cells: list[NotebookNode] = field(default_factory=list)
    section: str = ""
    title: str = ""
    room: int = ROOM
    bare: bool = False  # nothing but the title stands on the slide

    def add(self, pieces: Iterable[Piece], *, fragment: bool = False) -> None:
        """Put pieces on the slide, or on the next one what it has no room for."""
        for piece in pieces:
            if piece.level in (1, 2, 3):
                self._begin(piece)
                continue
            if piece.needs > self.room and not self.bare:
                self.turn()
            free = self.room - GAP
            cell = drawn(piece, free) if piece.least else piece.cell
            self.cells.append(_typed(cell, "fragment" if fragment else "-"))
            self.room -= min(piece.height, free) + GAP
            self.bare = False

    def keep_together(self, pieces: Iterable[Piece]) -> None:
        """Turn to the next slide if that has room for all pieces, and this has not."""
        needed = sum(piece.needs for piece in pieces)
        if self.room < needed <= ROOM and not self.bare:
            self.turn()

    def turn(self) -> None:
        """Begin a slide below, with the title that holds."""
        self._start(markdown_cell(f"## {self.title}", _TITLE), "subslide")

    def close(self) -> None:
        """End a part of the section: what follows has the section's title again."""
        self.title, self.room = self.section, 0

    def note(self, cell: NotebookNode) -> None:
        """Put a note on the slide, where only the speaker sees it."""
        self.cells.append(_typed(cell, "notes"))

    def _begin(self, heading: Piece) -> None:
        self.title = heading.cell.source.lstrip("# ")
        if heading.level < 3:
            self.section = self.title
        self._start(heading.cell, "slide" if heading.level < 3 else "subslide")

    def _start(self, cell: NotebookNode, kind: str) -> None:
        self.cells.append(_typed(cell, kind))
        self.room, self.bare = ROOM, True


def _typed(cell: NotebookNode, kind: str) -> NotebookNode:
    cell.metadata["slideshow"] = {"slide_type": kind}
    return cell
