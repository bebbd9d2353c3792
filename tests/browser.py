"""A real browser for pages, in which every request to the outside fails and is told.

It is Debian's chromium, driven by Playwright (extra `ui`).
"""

import importlib.util
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
needs_browser = pytest.mark.skipif(
    CHROMIUM is None or importlib.util.find_spec("playwright") is None,
    reason="a browser is missing: apt install chromium, and pip install playwright",
)


@contextmanager
def browser() -> Iterator:
    """Yield a browser; one serves many pages."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )


INSIDE = ("file://", "data:", "blob:", "about:", "http://127.0.0.1:")


class Visit:
    """A page of a `width`, and the outside addresses that it asked for in vain.

    `inside` is what addresses may begin with.
    """

    def __init__(
        self,
        browser,
        width: int = 1280,
        height: int = 720,
        inside: tuple[str, ...] = INSIDE,
    ):
        self._inside = inside
        self.asked_outside: list[str] = []
        self.errors: list[str] = []
        self.page = browser.new_page(viewport={"width": width, "height": height})
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.route("**/*", self._decide)

    def _decide(self, route) -> None:
        address = route.request.url
        if address.startswith(self._inside):
            route.continue_()
        else:
            self.asked_outside.append(address)
            route.abort()

    def overflow(self) -> int:
        """Return by how many pixels the page is wider than the window."""
        measure = "document.documentElement.scrollWidth - window.innerWidth"
        return max(0, self.page.evaluate(measure))
