"""Write decks by nbconvert, with formulas as MathML and reveal.js beside them."""

import shutil
from functools import cached_property
from importlib.resources import as_file, files
from pathlib import Path

from latex2mathml.converter import convert
from nbconvert.exporters import SlidesExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode

# of all that reveal.js has: what the template asks for, and the licences
_REVEAL = (
    "LICENSE",
    "dist/reset.css",
    "dist/reveal.css",
    "dist/reveal.js",
    "dist/theme/fonts/source-sans-pro",
    "plugin/notes/notes.js",
)


class _Renderer(IPythonRenderer):
    """Markdown as HTML that needs no script: formulas are MathML."""

    def block_math(self, body: str) -> str:
        return convert(body, display="block")

    def inline_math(self, body: str) -> str:
        return convert(body)


class _Exporter(SlidesExporter):
    """nbconvert's slides in the template of the course."""

    def markdown2html(self, source: str) -> str:
        renderer = _Renderer(escape=False, exclude_anchor_links=True)
        return MarkdownWithMath(renderer=renderer).render(source)


class Exporter:
    """Writes notebooks with slide types as pages; `folder` has template and style."""

    def __init__(self, folder: Path):
        self._folder = folder

    @cached_property
    def _exporter(self) -> _Exporter:
        return _Exporter(
            template_name="deck", extra_template_basedirs=[str(self._folder)]
        )

    def page(self, deck: NotebookNode, title: str) -> str:
        """Return a deck as a page of HTML."""
        deck.metadata = deck.metadata | {"title": title}
        page, _ = self._exporter.from_notebook_node(deck)
        return page

    def write_parts(self, folder: Path) -> None:
        """Copy the style and reveal.js, as PyPI has it, beside the decks."""
        shutil.copy(self._folder / "slides.css", folder)
        with as_file(files("sphinx_revealjs") / "_static" / "revealjs") as reveal:
            for name in _REVEAL:
                there = folder / "reveal" / name
                there.parent.mkdir(parents=True, exist_ok=True)
                if (reveal / name).is_dir():
                    shutil.copytree(reveal / name, there)
                else:
                    shutil.copy(reveal / name, there)
