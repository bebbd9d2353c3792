"""The dashboard in a real browser; a request to the outside fails the test."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from browser import Visit, browser, needs_browser

httpx = pytest.importorskip("httpx", reason="needs httpx")


def test_100_clients_at_once_get_the_same_scores(address):
    body = {"data": [[0.5] * 18], "model": "pca"}

    def score(_):
        return httpx.post(f"{address}/predict", json=body, timeout=30).json()["scores"]

    with ThreadPoolExecutor(100) as pool:
        found = list(pool.map(score, range(100)))
    assert found == [found[0]] * 100


@needs_browser
@pytest.mark.parametrize("width", [1280, 390])
def test_group_view_detail_view_and_back_ask_nothing_outside(address, width):
    with browser() as chromium:
        visit = Visit(chromium, width, 900, inside=(address,))
        visit.page.goto(address)
        _look_around(visit)
    assert (visit.asked_outside, visit.errors) == ([], [])


def _look_around(visit):
    page = visit.page
    status = page.get_by_role("status")
    status.get_by_text("Showing 12 of 21 columns, 300 rows").wait_for()
    assert page.locator("#rows tbody tr").count() == 300
    assert visit.overflow() == 0
    page.locator("#model").select_option("pca")
    status.get_by_text("Showing 12").wait_for()
    page.get_by_role("button", name="Row 3 in detail").press("Enter")
    page.get_by_role("heading", name="Row 3").wait_for()
    assert page.locator("#fields tbody tr").count() == 21
    page.get_by_role("button", name="Back").press("Enter")
    assert page.evaluate("document.activeElement.textContent") == "3"
    page.locator("#threshold").press("Home")
    status.get_by_text("300 alarms").wait_for()
