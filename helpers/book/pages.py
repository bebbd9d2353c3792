"""Pages that only the book has: the front, the cards, where to get help, llms.txt."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from string import Template

from helpers.authoring.course_map import Row
from helpers.authoring.markdown import headings
from helpers.datasets.cards import Card

RESULTS = "docs/results/README.md"
_DATA = (
    "datasets/README.md",
    "datasets/cards.md",
    "datasets/STREAMS.md",
    "datasets/LICENSES.md",
)
_PARTS = (
    (
        "Look up",
        (
            "docs/agenda.md",
            "docs/first-lecture.md",
            "docs/algorithms.md",
            "docs/glossary.md",
            "docs/domains.md",
            "docs/references.md",
            "help.md",
        ),
    ),
    (
        "Tools",
        ("docs/detectors-in-use.md", "docs/streams.md", "docs/traces.md"),
    ),
    (
        "For the teacher",
        (
            "docs/instructor-guide.md",
            "docs/writing-lessons.md",
            "docs/writing-detectors.md",
        ),
    ),
)
_EDITION = (
    "**This is the teacher's edition**, with solutions and notes: not for a class.\n\n"
)
_CARDS = """\
# The cards of all data sets

What each set is, where it comes from, and what is wrong with it.
`workshop data card NAME` prints the same.
"""


def front_page(
    template: str, rows: Sequence[Row], pages: Collection[str], *, teacher: bool
) -> str:
    """Return the first page with the map of lessons, and the order of all pages."""
    table = "\n".join(
        f"| [{row.number} · {row.title}](notebooks/{row.name}.ipynb) | {row.outcomes} "
        f"| {row.minutes} |"
        for row in rows
    )
    note = _EDITION if teacher else ""
    text = Template(template).substitute(rows=table, note=note)
    lessons = [f"notebooks/{row.name}" for row in rows]
    parts = [_toctree("Lessons", lessons)]
    for caption, names in _PARTS:
        parts += [_toctree(caption, [each for each in names if each in pages])]
    parts += [_toctree("Results", [RESULTS]), _toctree("Data sets", list(_DATA))]
    return "\n".join([text, *parts])


def results_page(text: str, pages: Sequence[str]) -> str:
    """Return the page of the results, with the order of those below it."""
    below = [each for each in pages if each.startswith("docs/results/")]
    names = [each.removeprefix("docs/results/") for each in below if each != RESULTS]
    return f"{text}\n{_toctree('Tables', names)}"


def _toctree(caption: str, pages: Sequence[str]) -> str:
    if not pages:
        return ""
    names = "\n".join(name.removesuffix(".md") for name in pages)
    options = f":caption: {caption}\n:maxdepth: 1\n:hidden:"
    return f"```{{toctree}}\n{options}\n\n{names}\n```\n"


def cards_page(cards: Iterable[Card]) -> str:
    """Return the page with the cards of all data sets."""
    return "\n".join([_CARDS, *map(_card, cards)])


def _card(card: Card) -> str:
    facts = {
        "Kind": card.kind,
        "Size": card.size,
        "y = 1": card.label or "no labels",
        "Origin": card.origin,
        "Citation": card.citation,
        "Licence": card.licence,
        **{f"`extra[{key!r}]`": text for key, text in card.extra.items()},
    }
    rows = "\n".join(f"| {key} | {_cell(text)} |" for key, text in facts.items())
    flaws = "\n".join(f"- {flaw}" for flaw in card.flaws)
    head = f"## {card.name}\n\n{card.title}.\n\n"
    tail = f"\n\nKnown flaws:\n\n{flaws}\n" if flaws else "\n"
    return f"{head}| | |\n|---|---|\n{rows}{tail}"


def _cell(text: str) -> str:
    return text.replace("|", r"\|")


def help_page(template: str, repository: str) -> str:
    """Return the page on help; with an address it leads to the form for issues."""
    form = f"[this form]({repository}/issues/new/choose)."
    issue = form if repository else "tell whoever gave you the kit."
    return Template(template).substitute(issue=issue)


def llms_text(rows: Sequence[Row], pages: Mapping[str, str]) -> str:
    """Return llms.txt: what the site holds, a line a page (llmstxt.org's form)."""
    lessons = [
        f"- [{row.number} {row.title}](notebooks/{row.name}.html): {row.outcomes}"
        for row in rows
    ]
    others = [
        f"- [{_title(text)}]({name.removesuffix('.md')}.html)"
        for name, text in sorted(pages.items())
        if name not in ("index.md", RESULTS)
    ]
    head = "# Anomaly detection, learned by doing\n\n> A course in Jupyter notebooks."
    return "\n".join(
        [head, "\n## Lessons\n", *lessons, "\n## Reference\n", *others, ""]
    )


def _title(text: str) -> str:
    return headings(text)[0].text
