"""What tests ask of a page: which tags, attributes and texts a browser finds in it."""

import re
from html.parser import HTMLParser

TAGS = {"html", "head", "meta", "title", "style", "body", "header", "main", "section"}
TAGS |= {"footer", "nav", "h1", "h2", "h3", "p", "ul", "li", "a", "bdi", "b", "strong"}
TAGS |= {"code", "span", "div", "table", "thead", "tbody", "tr", "th", "td"}
TAGS |= {"svg", "rect", "text", "line", "path"}
EMPTY = {"meta"}
ATTRIBUTES = {"lang", "charset", "name", "content", "http-equiv", "class", "id", "href"}
ATTRIBUTES |= {"scope", "style", "role", "aria-label", "aria-hidden", "data-name"}
ATTRIBUTES |= {"viewbox", "x", "y", "x1", "x2", "y1", "y2", "width", "height", "fill"}
ATTRIBUTES |= {"d", "stroke", "stroke-width", "stroke-dasharray", "stroke-linecap"}
OUR_LINKS = re.compile(r"#[a-z]+(-\d+)?|learners/[a-z0-9-]+-[0-9a-f]{12}\.html")
OUR_STYLE = re.compile(r"width: \d{1,3}%")


class Page(HTMLParser):
    """A page as a browser reads it; raises where a tag or an attribute isn't ours."""

    def __init__(self, content: bytes):
        super().__init__(convert_charrefs=True)
        self.texts, self.tags, self.links, self.styles = [], [], [], []
        self.lang = self.title = ""
        self._open = []
        self.feed(content.decode("utf-8"))
        self.close()
        assert self._open == []

    @property
    def text(self):
        """All text, as one line."""
        return " ".join(" ".join(self.texts).split())

    def handle_starttag(self, tag, attributes):
        assert tag in TAGS, tag
        self.tags.append(tag)
        for name, value in attributes:
            assert name in ATTRIBUTES, (tag, name)
            if name == "href":
                assert OUR_LINKS.fullmatch(value), value
                self.links.append(value)
            if name == "style":
                assert OUR_STYLE.fullmatch(value), value
            if name == "aria-label":
                self.texts.append(value)
        self.lang = dict(attributes).get("lang", self.lang)
        if tag not in EMPTY:
            self._open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        self.handle_endtag(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        if "style" in self._open:
            self.styles.append(data)
        else:
            self.texts.append(data)
        if "title" in self._open:
            self.title += data

    def handle_comment(self, data):
        raise AssertionError(f"a comment: {data}")

    def handle_pi(self, data):
        raise AssertionError(f"an instruction: {data}")

    def handle_decl(self, declaration):
        assert declaration == "DOCTYPE html"

    def unknown_decl(self, data):
        raise AssertionError(f"a declaration: {data}")
