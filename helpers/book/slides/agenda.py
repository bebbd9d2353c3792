"""The first page of the slides: the agenda, with a door to every deck and notebook."""

import re

from helpers.authoring.course_map import Row
from helpers.authoring.relinked import relinked

AGENDA = "docs/agenda.md"
LECTURE_DECK = "first-lecture.html"
_LECTURE = "(first-lecture.md)"
_NOTEBOOK = re.compile(r"\[(?P<label>[^\]]+)\]\(\.\./notebooks/(?P<name>\w+)\.ipynb\)")


def deck_name(lesson: str) -> str:
    """Return the file of a lesson's deck: "03_imbalanced_data.html"."""
    return f"{lesson}.html"


def agenda_text(text: str, rows: list[Row], *, address: str) -> str:
    """Return the agenda as markdown whose links lead to the decks beside it.

    Each lesson has its slides, its notebook, and how long its cells ran when they were
    measured. A lesson without a deck among `rows` is only named; other files are found
    at `address`, or are named where there is none.
    """
    decks = {row.name: row for row in rows}

    def doors(link: re.Match[str]) -> str:
        row = decks.get(link["name"])
        if row is None:
            return link["label"]
        ran = f" · cells run in {row.seconds} s" if row.seconds else ""
        return (
            f"{link['label']}: [slides]({deck_name(row.name)}) · "
            f"[notebook](notebooks/{row.name}.ipynb){ran}"
        )

    beside = {LECTURE_DECK, *map(deck_name, decks)}
    beside |= {f"notebooks/{name}.ipynb" for name in decks}
    linked = _NOTEBOOK.sub(doors, text).replace(_LECTURE, f"({LECTURE_DECK})")
    return relinked(linked, page="index.md", pages=beside, address=address)
