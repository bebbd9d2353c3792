"""The dashboard in a real browser; a request to the outside fails the test."""

import pytest
from browser import Visit, browser, needs_browser


@needs_browser
@pytest.mark.parametrize("width", [1280, 390])
def test_both_views_ask_nothing_outside_and_back_returns(address, width):
    with browser() as chromium:
        visit = Visit(chromium, width, 900, inside=(address,))
        visit.page.goto(address)
        _look_around(visit)
        _go_and_come_back(visit)
        _set_the_threshold(visit)
    assert (visit.asked_outside, visit.errors) == ([], [])


def _look_around(visit):
    page = visit.page
    status = page.get_by_role("status")
    status.get_by_text("Showing 12 of 21 columns, 300 rows").wait_for()
    assert page.locator("#rows tbody tr").count() == 300
    assert page.locator("#measures tr").count() == 6
    assert visit.overflow() == 0
    page.locator("#model").select_option("pca")
    status.get_by_text("Showing 12").wait_for()
    panels = page.locator(".charts > *").evaluate_all(
        "all => [all[0].parentElement, ...all].map(one => one.getBoundingClientRect())"
        ".map(box => box.right)"
    )
    assert max(panels[1:]) == pytest.approx(panels[0], abs=2)  # no empty space


WHERE = """[document.getElementById("scroller").scrollTop, window.scrollY,
            document.activeElement.textContent,
            document.querySelector("[aria-current]").dataset.row]"""


def _go_and_come_back(visit):
    page = visit.page
    row = page.get_by_role("button", name="Row 93 in detail")
    row.scroll_into_view_if_needed()
    row.focus()
    scrolled = page.evaluate("[scroller.scrollTop, scrollY]")
    assert scrolled[0] > 0
    for leave in (
        lambda: page.get_by_role("button", name="Back").press("Enter"),
        lambda: page.go_back(),
    ):
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="Row 93").wait_for()
        assert page.locator("#fields tbody tr").count() == 21
        assert visit.overflow() == 0
        leave()
        row.wait_for()
        assert page.evaluate(WHERE) == [*scrolled, "93", "93"]


def _set_the_threshold(visit):
    page = visit.page
    page.locator("#threshold").press("Home")
    page.get_by_role("status").get_by_text("300 alarms").wait_for()
    told = page.locator("#threshold").get_attribute("aria-valuetext")
    assert told == page.locator("#value").text_content()
    spoken = page.locator("output:not([aria-live=off]), [role=status]")
    assert spoken.evaluate_all("all => all.map(one => one.id)") == ["status"]
    page.get_by_role("link", name="Skip the rows").press("Enter")
    assert page.evaluate("document.activeElement.id") == "guidance"


@needs_browser
def test_a_row_has_an_address_of_its_own_and_keeps_its_slider(address):
    with browser() as chromium:
        page = Visit(chromium, 1280, 900, inside=(address,)).page
        page.goto(f"{address}/#row-7")
        page.get_by_role("heading", name="Row 7").wait_for()
        page.locator("#threshold").press("End")
        page.locator("#fields tbody tr").first.get_by_text("0").wait_for()
        assert page.evaluate("document.activeElement.id") == "threshold"
        page.get_by_role("button", name="Back").click()
        page.get_by_role("button", name="Row 7 in detail").wait_for()
        assert page.url == f"{address}/"


# rows are alike; axe looks at each cell
FEWER = 'document.querySelectorAll("#rows tr:nth-child(n+12)").forEach(r => r.remove())'


@needs_browser
def test_a_screen_reader_meets_no_obstacle(address):
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright",
        reason="axe is missing: pip install axe-playwright-python",
    )
    found = {}
    with browser() as chromium:
        for width in (1280, 390):
            page = Visit(chromium, width, 900, inside=(address,)).page
            page.goto(address)
            page.get_by_role("status").get_by_text("Showing").wait_for()
            page.evaluate(FEWER)
            found[width, "rows"] = axe.Axe().run(page)
            page.get_by_role("button", name="Row 3 in detail").click()
            page.get_by_role("heading", name="Row 3").wait_for()
            found[width, "a row"] = axe.Axe().run(page)
    assert all(one.response["passes"] for one in found.values())
    told = {view: one.generate_report() for view, one in found.items()}
    assert [view for view, one in found.items() if one.violations_count] == [], told
