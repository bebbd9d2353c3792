"""What built pages say, as plain text; and what they must not say to learners."""

import html
import re
import zipfile

from helpers.authoring.course import Course


def words_of(folder) -> str:
    """All that a site says, in pages, downloads and the EPUB, as plain text."""
    texts = []
    for path in sorted(folder.rglob("*")):
        if path.suffix in {".html", ".ipynb", ".txt", ".js", ".md"}:
            texts.append(path.read_text(encoding="utf-8"))
        elif path.suffix == ".epub":
            with zipfile.ZipFile(path) as archive:
                names = [n for n in archive.namelist() if n.endswith(".xhtml")]
                texts += [archive.read(name).decode("utf-8") for name in names]
    return plain("\n".join(texts))


def plain(page: str) -> str:
    """Text of a page without tags, in one line: spans of coloured code fall away."""
    return squeezed(html.unescape(re.sub(r"<[^>]+>", "", page)))


def squeezed(text: str) -> str:
    """Text in one line, with straight quotation marks."""
    return " ".join(text.translate(str.maketrans("“”‘’", "\"\"''")).split())


def notes(lessons) -> list[str]:
    """The sentences of the teacher's notes that are plain words."""
    root = Course.here().root
    claims = (root / "docs/results/claims.md").read_text(encoding="utf-8")
    return [
        sentence
        for lesson in lessons
        for cell in lesson.cells
        if cell.role == "teacher-note"
        for sentence in re.findall(r"[A-Z][^`*_\[\]$\n]{30,}?[.?]", cell.source)
        if sentence not in claims
    ]
