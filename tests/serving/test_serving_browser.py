"""The dashboard in a real browser; a request to the outside fails the test."""

import os
import shutil
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest

from helpers.serving import training
from helpers.serving.poll import wait_for
from helpers.serving.tables import Parts

pytest.importorskip("fastapi", reason="needs the extra serve")
pytest.importorskip("uvicorn", reason="needs the extra serve")
httpx = pytest.importorskip("httpx", reason="needs httpx")
CHROMIUM = shutil.which("chromium")


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    random = np.random.default_rng(0)
    names = [f"f_{number}" for number in range(18)]
    train = pd.DataFrame(random.normal(size=(300, 18)), columns=names)
    X = pd.DataFrame(random.normal(size=(400, 18)), columns=names)
    X.iloc[:80] += 6 * random.normal(size=(80, 18))
    data = Parts("made", train, X, (np.arange(400) < 80).astype(int))
    out = tmp_path_factory.mktemp("models")
    for name in ("pca", "ocsvm"):
        training.train_one(name, data, out)
    training.write_rows(data, out)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "helpers.cli", "serve", str(out), "--port"]
    server = subprocess.Popen([*command, str(port)], env=os.environ)
    try:
        assert wait_for(f"http://127.0.0.1:{port}")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(10)


def test_100_clients_at_once_get_the_same_scores(address):
    body = {"data": [[0.5] * 18], "model": "pca"}

    def score(_):
        return httpx.post(f"{address}/predict", json=body, timeout=30).json()["scores"]

    with ThreadPoolExecutor(100) as pool:
        found = list(pool.map(score, range(100)))
    assert found == [found[0]] * 100


def test_1000_bad_requests_leave_the_server_answering(address):
    with httpx.Client() as client:
        sent = [
            client.post(f"{address}/predict", json={"data": 1}) for _ in range(1000)
        ]
    assert {one.status_code for one in sent} == {422}
    assert httpx.get(f"{address}/health").json()["status"] == "ok"


@pytest.fixture(scope="module")
def browser():
    reason = "needs playwright (extra ui) and chromium"
    api = pytest.importorskip("playwright.sync_api", reason=reason)
    if CHROMIUM is None:
        pytest.skip(reason)
    with api.sync_playwright() as play:
        yield play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])


@pytest.mark.parametrize("width", [1280, 390])
def test_group_view_detail_view_and_back_ask_nothing_outside(browser, address, width):
    page = browser.new_page(viewport={"width": width, "height": 900})
    outside, errors = [], []

    def only_ours(route):
        if route.request.url.startswith(address):
            route.continue_()
        else:
            outside.append(route.request.url)
            route.abort()

    page.route("**/*", only_ours)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(address)
    status = page.get_by_role("status")
    status.get_by_text("Showing 12 of 21 columns, 300 rows").wait_for()
    assert page.locator("#rows tbody tr").count() == 300
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.locator("#model").select_option("pca")
    status.get_by_text("Showing 12").wait_for()
    page.get_by_role("button", name="Row 3 in detail").press("Enter")
    page.get_by_role("heading", name="Row 3").wait_for()
    assert page.locator("#fields tbody tr").count() == 21
    page.get_by_role("button", name="Back").press("Enter")
    assert page.evaluate("document.activeElement.textContent") == "3"
    page.locator("#threshold").press("Home")
    status.get_by_text("300 alarms").wait_for()
    assert (outside, errors) == ([], [])
