"""Links of the documents, in a book that holds only some of the repository's files."""

import posixpath
import re
from collections.abc import Collection

from helpers.authoring.markdown import without_code

_LINK = re.compile(
    r"(?<!!)\[(?P<label>(?:[^\[\]]|\[[^\[\]]*\])*)\]\((?P<target>[^)\s]+)\)"
)
_ELSEWHERE = ("http://", "https://", "mailto:", "#")


def relinked(text: str, *, page: str, pages: Collection[str], address: str) -> str:
    """Return markdown whose links lead to `pages`, to the web, or are plain words.

    `page` is where the text stands and `pages` what the book holds, both from the
    root of the repository. A link to a file beyond them leads to `address`/file, or
    where there is no address, becomes its label. Code is left as it is.
    """

    def replaced(link: re.Match[str]) -> str:
        target = link["target"]
        if target.startswith(_ELSEWHERE):
            return text[link.start() : link.end()]
        file, hash_sign, fragment = target.partition("#")
        there = posixpath.normpath(posixpath.join(posixpath.dirname(page), file))
        if there in pages:
            return text[link.start() : link.end()]
        label = text[link.start("label") : link.end("label")]
        return (
            f"[{label}]({address}/{there}{hash_sign}{fragment})" if address else label
        )

    parts, end = [], 0
    for link in _LINK.finditer(without_code(text)):
        parts += [text[end : link.start()], replaced(link)]
        end = link.end()
    return "".join([*parts, text[end:]])
