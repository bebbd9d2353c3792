"""Links of the book: to files that it holds, and from a term to the glossary."""

import posixpath
import re
from collections.abc import Callable, Collection, Iterable

from helpers.authoring.markdown import without_code
from helpers.authoring.terms import Term

_LINK = re.compile(
    r"(?<!!)\[(?P<label>(?:[^\[\]]|\[[^\[\]]*\])*)\]\((?P<target>[^)\s]+)\)"
)
_BOLD = re.compile(r"(?<!\[)\*\*(?P<words>[^*]+)\*\*(?!\])")
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

    return _changed(text, _LINK, replaced)


def linked_terms(
    texts: Iterable[str], terms: Iterable[Term], *, glossary: str
) -> list[str]:
    """Return a page's markdown texts, where each term leads to its entry once.

    That is where it stands in bold first: so a lesson marks what it defines. `glossary`
    is the way to the page of all terms.
    """
    left = list(terms)

    def replaced(bold: re.Match[str]) -> str:
        label = bold.string[bold.start() : bold.end()]
        term = next((each for each in left if each.is_all_of(bold["words"])), None)
        if term is None:
            return label
        left.remove(term)
        return f"[{label}]({glossary}#{term.anchor})"

    return [_changed(text, _BOLD, replaced) for text in texts]


def _changed(
    text: str, pattern: re.Pattern[str], replaced: Callable[[re.Match[str]], str]
) -> str:
    """Return a text with what a pattern finds replaced; code is left as it is."""
    parts, end = [], 0
    for found in pattern.finditer(without_code(text)):
        parts += [text[end : found.start()], replaced(found)]
        end = found.end()
    return "".join([*parts, text[end:]])
