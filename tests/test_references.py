"""The page of references: complete, with links that say what they lead to."""

import re
from urllib.parse import unquote

import pytest

from helpers.authoring.course import Course
from helpers.paths import kit_root

ROOT = kit_root()
PAGE = (ROOT / "docs" / "references.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in PAGE.splitlines()
    if line.startswith("| ") and not line.startswith("| Source")
]
LESSONS = {lesson.number for lesson in Course.here().lessons()}
LINK = re.compile(r"\[([^\]]+)\]\((\S+?)\)(?=[\s;,|]|$)")
# "Kingma and Welling (2014)", "Cho et al. (2014)", "(Efron, 1979)" in a docstring
CITED = re.compile(
    r"([A-Z][a-zäöü]+)(?:\s+and\s+[A-Z][a-zäöü]+|\s+et\s+al\.)?,?\s+\(?((?:19|20)\d\d)\)"
)


def cited():
    """Return (surname, year) of the papers that the code names as its sources."""
    for path in sorted(ROOT.glob("helpers/**/*.py")):
        yield from CITED.findall(path.read_text(encoding="utf-8"))


def test_every_paper_that_the_code_names_is_listed():
    named = set(cited())
    assert {("Donahue", "2017"), ("Efron", "1979"), ("Malhotra", "2016")} <= named
    sources = [row[0] for row in ROWS]
    missing = [
        (name, year)
        for name, year in named
        if not any(name in source and f"({year})" in source for source in sources)
    ]
    assert missing == []


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:30])
def test_a_row_says_what_it_gave_and_to_which_lessons(row):
    source, gave, lessons = row
    assert gave
    assert lessons == "–" or set(lessons.split(", ")) <= LESSONS
    assert LINK.search(source) or "*" in source or "without data" in source


@pytest.mark.parametrize(
    ("text", "target"), LINK.findall(PAGE), ids=lambda text: text[:30]
)
def test_an_identifier_is_that_of_its_link(text, target):
    kind, _, identifier = text.partition(":")
    if kind == "doi":
        assert unquote(target) == f"https://doi.org/{identifier}"
    elif kind == "arXiv":
        assert target == f"https://arxiv.org/abs/{identifier}"
        assert re.fullmatch(r"\d{4}\.\d{4,5}", identifier)
    else:
        assert target.startswith(("http://", "https://", "results/"))


def test_no_source_stands_twice():
    targets = [target for _, target in LINK.findall(PAGE)]
    assert len(targets) == len(set(targets))
