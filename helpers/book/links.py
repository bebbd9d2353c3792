"""Links of the book from a term to the glossary."""

import re
from collections.abc import Iterable

from helpers.authoring.relinked import changed
from helpers.authoring.terms import Term

_BOLD = re.compile(r"(?<!\[)\*\*(?P<words>[^*]+)\*\*(?!\])")


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

    return [changed(text, _BOLD, replaced) for text in texts]
