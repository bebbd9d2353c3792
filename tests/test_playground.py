"""Pages to play with: their numbers are exact, their size is small, no text escapes."""

import html
import json
import re

import nbformat
import numpy as np
import pytest
from browser import Visit, browser, needs_browser
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix

from helpers.paths import kit_root
from helpers.playground import playground, rebuilt_playground
from helpers.playground.pages import filled

RANDOM = np.random.default_rng(0)
Y = (RANDOM.random(3000) < 0.05).astype(int)
SCORES = RANDOM.normal(size=3000) + 2 * Y


def data_of(page):
    return json.loads(re.search(r"const D = (.*);\n", page)[1])


@settings(max_examples=40)
@given(
    labels=st.lists(st.integers(0, 1), min_size=2, max_size=400).filter(
        lambda labels: len(set(labels)) == 2
    ),
    ties=st.integers(1, 50),
    seed=st.integers(0, 1000),
)
def test_counts_are_those_of_a_confusion_matrix_at_every_threshold(labels, ties, seed):
    y = np.array(labels)
    scores = np.random.default_rng(seed).integers(0, ties, len(y)) / 8
    data = data_of(playground(scores, y).page)
    assert data["tp"][0] == y.sum()
    assert data["fp"][0] == (1 - y).sum()
    for threshold, tp, fp in zip(
        data["t"][1:], data["tp"][1:], data["fp"][1:], strict=True
    ):
        wanted = confusion_matrix(y, scores > threshold, labels=[0, 1])
        assert (tp, fp) == (wanted[1, 1], wanted[0, 1])
    assert data["tp"][-1] == data["fp"][-1] == 0


def test_a_page_of_a_million_rows_is_as_small_as_one_of_a_thousand():
    sizes = [
        len(
            playground(np.resize(SCORES, n) + np.arange(n) * 1e-9, np.resize(Y, n)).page
        )
        for n in (1_000, 1_000_000)
    ]
    assert max(sizes) < 14_000
    assert sizes[1] < 1.2 * sizes[0]


def test_the_sentence_outside_tells_the_numbers_of_the_start():
    shown = playground(SCORES, Y, threshold=1.5)
    flagged = SCORES > 1.5
    found, alarms = int((flagged & (Y == 1)).sum()), int((flagged & (Y == 0)).sum())
    said = f"{found} of {Y.sum()} anomalies (recall {found / Y.sum():.2f}) and {alarms}"
    assert said in shown.sentence
    html = shown._repr_html_()
    assert html.index("</iframe>") < html.index(said)
    assert shown._repr_mimebundle_()["text/plain"] == shown.sentence
    assert data_of(shown.page)["t"][data_of(shown.page)["start"]] == 1.5


@pytest.mark.parametrize(
    "text", ["</script><script>alert(1)</script>", '"><img src=x>']
)
def test_no_title_or_name_ends_the_script_or_the_frame(text):
    X = np.arange(6.0).reshape(2, 3)
    for shown in (
        playground(SCORES, Y, title=text),
        rebuilt_playground(
            X, X + 1, names=[text, "b", "c"], rows=[text, "2"], title=text
        ),
    ):
        assert text not in shown.page
        assert shown.page.count("</script>") == 1
        assert text not in shown._repr_html_()


@pytest.mark.parametrize(
    ("arguments", "named", "message"),
    [
        ((SCORES, Y[:-1]), {}, "length|rows"),
        ((np.full(3, np.nan), [0, 1, 0]), {}, "nan|NaN|finite|missing"),
        ((SCORES, np.zeros(3000)), {}, "only normal rows"),
        ((SCORES, Y), {"cost": (-1, 1)}, "cost of a missed anomaly"),
        ((SCORES, Y), {"threshold": np.inf}, "threshold"),
        ((SCORES, Y), {"rows_per_day": 0}, "rows_per_day"),
    ],
)
def test_bad_input_is_named(arguments, named, message):
    with pytest.raises(ValueError, match=message):
        playground(*arguments, **named)


@pytest.mark.parametrize(
    ("X", "rebuilt", "named", "message"),
    [
        (np.ones((2, 3)), np.ones((2, 2)), {}, "one shape"),
        (np.ones((41, 3)), np.ones((41, 3)), {}, "1 to 40 rows"),
        (np.ones((2, 3)), np.full((2, 3), np.inf), {}, "finite"),
        (np.ones((2, 3)), np.ones((2, 3)), {"names": ["a"]}, "1 names for 3 features"),
        (np.ones((2, 3)), np.ones((2, 3)), {"scores": [1.0]}, "1 scores for 2 rows"),
        (np.ones((2, 3)), np.ones((2, 3)), {"rows": ["a"]}, "1 names of rows for 2"),
    ],
)
def test_rows_that_do_not_belong_to_what_was_rebuilt_are_refused(
    X, rebuilt, named, message
):
    with pytest.raises(ValueError, match=message):
        rebuilt_playground(X, rebuilt, **named)


def test_the_worst_row_and_feature_are_named():
    X = np.zeros((3, 4))
    rebuilt = X.copy()
    rebuilt[1, 2] = 5
    said = rebuilt_playground(X, rebuilt, names=list("abcd")).sentence
    assert "error: row 1, 6.25, furthest off in c." in said
    assert "furthest off in step 2" in rebuilt_playground(X, rebuilt).sentence


@needs_browser
@pytest.mark.parametrize("width", [390, 1280])
def test_both_play_by_keyboard_in_a_browser_without_a_network(tmp_path, width):
    X = RANDOM.normal(size=(5, 4))
    first, second = (
        playground(SCORES, Y, cost=(20, 1)),
        rebuilt_playground(X, X / 2, names=list("abcd")),
    )
    page = tmp_path / "page.html"
    page.write_text(
        f"<body>{first._repr_html_()}{second._repr_html_()}", encoding="utf-8"
    )
    with browser() as chromium:
        visit = Visit(chromium, width)
        visit.page.goto(page.as_uri())
        frame, other = visit.page.frames[1:]
        before = frame.locator("[role=status]").inner_text()
        frame.locator("#t").focus()
        visit.page.keyboard.press("ArrowRight")
        after = frame.locator("[role=status]").inner_text()
        assert after != before
        data = data_of(first.page)
        k = data["start"] + 1
        assert (
            f"{data['tp'][k]} of {Y.sum()} anomalies found, {data['fp'][k]} " in after
        )
        frame.locator("#cheap").click()
        costs = [
            20 * (data["tp"][0] - tp) + fp
            for tp, fp in zip(data["tp"], data["fp"], strict=True)
        ]
        assert f"cost {min(costs):,}" in frame.locator("[role=status]").inner_text()
        other.locator("#next").click()
        assert other.locator("[role=status]").inner_text().startswith("row 1: furthest")
        assert visit.overflow() == 0
        assert visit.errors == visit.asked_outside == []


@needs_browser
def test_a_screen_reader_hears_one_sentence_a_move_and_reads_every_value(tmp_path):
    X = RANDOM.normal(size=(3, 4))
    with browser() as chromium:
        page = Visit(chromium).page
        page.goto(playground(SCORES, Y).save(tmp_path / "t.html").as_uri())
        spoken = "output:not([aria-live=off]), [role=status]"
        assert page.locator(spoken).evaluate_all("all => all.map(one => one.id)") == [
            "said"
        ]
        told = page.locator("#t").get_attribute("aria-valuetext")
        assert told == page.locator("#shown").inner_text()
        for names in (list("abcd"), None):
            made = rebuilt_playground(X, X / 2, names=names)
            page.goto(made.save(tmp_path / "r.html").as_uri())
            page.locator("#next").press("Enter")
            page.locator("summary").press("Enter")
            cells = page.get_by_role("row").all_inner_texts()
            assert len(cells) == 1 + 4
            what, value, rebuilt, error = cells[1].split()
            assert what == ("0" if names is None else "a")
            found = [float(text) for text in (value, rebuilt, error)]
            x = X[1, 0]
            assert found == pytest.approx([x, x / 2, (x / 2) ** 2], rel=0.01)


TEMPLATES = {
    **dict.fromkeys(["02", "03", "08", "12"], "thresholds.html"),
    **dict.fromkeys(["07", "09"], "rebuilt.html"),
}


@pytest.mark.parametrize(("number", "template"), TEMPLATES.items())
def test_a_lesson_holds_its_page_as_the_kit_makes_it_today(number, template):
    place = next((kit_root() / "solutions").glob(f"{number}_*.ipynb"))
    reference = nbformat.read(place, as_version=4)
    stored = [
        output.data
        for cell in reference.cells
        for output in cell.get("outputs", [])
        if "<iframe srcdoc" in output.get("data", {}).get("text/html", "")
    ]
    assert len(stored) == 1
    frame = re.search('srcdoc="([^"]*)"', stored[0]["text/html"])
    page = html.unescape(frame[1])
    told = data_of(page)
    assert page == filled(template, told, told["title"])
    assert html.escape(stored[0]["text/plain"]) in stored[0]["text/html"]
