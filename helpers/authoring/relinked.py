"""Links of documents and lessons, where only some of the repository's files are."""

import posixpath
import re
from collections.abc import Callable, Collection, Sequence

from helpers.authoring.linked import ELSEWHERE
from helpers.authoring.markdown import without_code

_LINK = re.compile(
    r"(?<!!)\[(?P<label>(?:[^\[\]]|\[[^\[\]]*\])*)\]\((?P<target>[^)\s]+)\)"
)
_NEXT = re.compile(r"^\*\*Next\*\*: (?P<what>.*)", re.MULTILINE | re.DOTALL)
_NAMED = re.compile(r"\b(?:lesson|workshop) (\d\d|W\d)\b")


def relinked(text: str, *, page: str, pages: Collection[str], address: str) -> str:
    """Return markdown whose links lead to `pages`, to the web, or are plain words.

    `page` is where the text stands and `pages` what is there beside it, both from the
    root of the repository. A link to a file beyond them leads to `address`/file, or
    where there is no address, becomes its label. Code is left as it is.
    """

    def replaced(link: re.Match[str]) -> str:
        target = link["target"]
        if target.startswith((*ELSEWHERE, "#")):
            return text[link.start() : link.end()]
        file, hash_sign, fragment = target.partition("#")
        there = posixpath.normpath(posixpath.join(posixpath.dirname(page), file))
        if there in pages:
            return text[link.start() : link.end()]
        label = text[link.start("label") : link.end("label")]
        return (
            f"[{label}]({address}/{there}{hash_sign}{fragment})" if address else label
        )

    return changed(text, _LINK, replaced)


def changed(
    text: str, pattern: re.Pattern[str], replaced: Callable[[re.Match[str]], str]
) -> str:
    """Return a text with what a pattern finds replaced; code is left as it is."""
    parts, end = [], 0
    for found in pattern.finditer(without_code(text)):
        parts += [text[end : found.start()], replaced(found)]
        end = found.end()
    return "".join([*parts, text[end:]])


def next_linked(text: str, *, name: str, names: Sequence[str]) -> str:
    """Return a lesson's last cell with a link in its paragraph "**Next**: ...".

    The lesson that the paragraph names becomes the link, if it is among `names`
    ("03_imbalanced_data", in the course's order). Where it names none, the word Next
    leads to the one that follows `name`.
    """
    paragraph = _NEXT.search(text)
    if not paragraph:
        return text
    if named := _NAMED.search(text, paragraph.start("what")):
        start, end = named.span()
        found = [each for each in names if each.split("_")[0].upper() == named[1]]
    else:
        start, end = paragraph.start() + 2, paragraph.start() + 6
        found = [*names[names.index(name) + 1 :]] if name in names else []
    if not found:
        return text
    return f"{text[:start]}[{text[start:end]}]({found[0]}.ipynb){text[end:]}"
