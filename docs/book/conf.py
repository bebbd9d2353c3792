"""Sphinx settings of the web book; `workshop book` writes the sources it reads."""

import tomllib
from pathlib import Path

from docutils.nodes import SkipNode
from latex2mathml.converter import convert

_KIT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))

project = "Anomaly detection, learned by doing"
author = copyright = "The anomaly-workshop authors"
version = release = _KIT["project"]["version"]
language = "en"

extensions = ["myst_nb"]
exclude_patterns = ["extra", "downloads"]
nb_execution_mode = "off"  # the outputs are those of the tested references
nb_ipywidgets_js: dict = {}
nb_merge_streams = True
myst_enable_extensions = ["dollarmath", "colon_fence"]
myst_heading_anchors = 3

html_theme = "sphinx_book_theme"
html_theme_options = {
    "repository_url": _KIT["tool"]["workshop"]["repository"],
    "use_download_button": False,  # it would hand out the page, not the notebook
    "use_fullscreen_button": False,
    "navbar_persistent": [],
    "show_navbar_depth": 1,
    "collapse_navbar": True,  # pages below another are listed there, not on each page
}
html_context = {"default_mode": "auto"}  # else a first visit is an error to the theme
html_title = project
html_static_path = ["static"]
html_css_files = ["book.css"]
html_copy_source = html_show_sourcelink = False
html_math_renderer = "mathml"
epub_show_urls = "no"


def setup(app):
    """Draw formulas as MathML, which needs no script."""

    def inline(writer, node):
        writer.body.append(convert(node.astext()))
        raise SkipNode

    def block(writer, node):
        writer.body.append(convert(node.astext(), display="block"))
        raise SkipNode

    app.add_html_math_renderer("mathml", (inline, None), (block, None))
    app.connect("html-page-context", named_arrows, priority=900)


def named_arrows(app, page, template, context, doctree):
    """Give the arrows of the sidebar a name: the theme has none for screen readers."""
    if tree := context.get("generate_toctree_html"):
        named = '<summary aria-label="Pages below">'
        context["generate_toctree_html"] = lambda *given, **told: str(
            tree(*given, **told)
        ).replace("<summary>", named)
