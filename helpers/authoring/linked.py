"""Find links that lead nowhere inside the repository."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from helpers.authoring import markdown

ELSEWHERE = ("http://", "https://", "mailto:", "data:", "attachment:")


def broken_links(text: str, *, folder: Path) -> Iterator[tuple[int, str]]:
    """Yield (line, target) of links in `text` to files or headings that are not there.

    `folder` is where the text stands; addresses outside the repository are not tried.
    """
    for offset, target in markdown.links(text):
        if not target.startswith(ELSEWHERE) and not _leads_somewhere(
            text, target, folder
        ):
            yield text.count("\n", 0, offset) + 1, target


def _leads_somewhere(text: str, target: str, folder: Path) -> bool:
    file_part, _, fragment = unquote(target).partition("#")
    path = folder / file_part
    if file_part and not path.exists():
        return False
    if not fragment or path.suffix not in ("", ".md"):
        return True
    there = path.read_text(encoding="utf-8") if path.is_file() else text
    return fragment in {markdown.anchor(h.text) for h in markdown.headings(there)}
