"""The benchmark of servers: its table, its requests, and the server as deepad's."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pandas as pd
import psutil
import pytest

from benchmarks import serving, serving_flask
from benchmarks.results import Units
from helpers.detectors import ZScoreDetector


def a_run(repeat):
    def times(seconds):
        return dict.fromkeys(("wall", "cpu", "median", "late"), seconds)

    servers = {
        serving.OURS: times(1.0),
        serving.PATTERN: times(4.0 + repeat),
        serving.FLASK: times(0.5),
    }
    return {serving._name(*load): servers for load in serving.LOADS}


def test_the_table_tells_how_many_times_as_fast_ours_is(tmp_path, monkeypatch):
    monkeypatch.setattr(serving, "of_requests", lambda repeat: a_run(repeat))
    monkeypatch.setattr(serving, "find_spec", lambda package: package)
    monkeypatch.setattr(serving, "code_of", lambda *names: "code")
    table = serving.table(Units(tmp_path / "units.jsonl", "code"))
    assert len(table.rows) == len(serving.LOADS) * 2
    first, second = table.rows[:2]
    assert first[2:6] == (serving.PATTERN, "1.5", "5", "4 to 6")
    assert second[2:6] == (serving.FLASK, "–", "0.5", "0.5 to 0.5")


def test_without_flask_the_table_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(serving, "find_spec", lambda package: None)
    monkeypatch.setattr(serving, "code_of", lambda *names: "code")
    units = Units(tmp_path / "units.jsonl", "code")
    table = serving.table(units)
    assert (table.rows, units.computed) == ([], 0)
    assert "flask not installed" in table.notes[-1]


class Echo(BaseHTTPRequestHandler):
    """Answers with the number of rows that came, or 422 to none."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        sent = json.loads(self.rfile.read(int(self.headers["content-length"])))
        body = json.dumps({"scores": [0.0] * len(sent["data"])}).encode()
        self.send_response(200 if sent["data"] else 422)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def test_each_request_is_timed_and_a_refusal_is_no_figure(monkeypatch):
    monkeypatch.setattr(serving, "ROUNDS", 2)
    body = serving._body(pd.DataFrame({"a": [0.5, 1.5]}))
    assert json.loads(body(1))["data"] == [{"id": 0, "label": 0, "a": 0.5}]
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as echo:
        threading.Thread(target=echo.serve_forever, daemon=True).start()
        port = echo.server_port
        ports = {"echo": (port, psutil.Process())}
        found = serving._measured(ports, body(2), 3, 4)["echo"]
        assert 0 < found["median"] <= found["late"]
        assert found["wall"] > 0
        with pytest.raises(RuntimeError, match="answers 422"):
            serving._ask(port, body(0))
        echo.shutdown()


def test_servers_with_the_same_scoring_must_agree():
    one = {"scores": [1.0], "predictions": [0], "ids": [0]}
    serving._agree({serving.OURS: one, serving.FLASK: one})
    with pytest.raises(RuntimeError, match="predictions"):
        serving._agree({serving.OURS: one, serving.FLASK: {**one, "predictions": [1]}})
    with pytest.raises(AssertionError):
        serving._agree({serving.OURS: one, serving.FLASK: {**one, "scores": [1.1]}})


def test_a_server_that_never_answers_is_told(monkeypatch):
    monkeypatch.setattr(serving, "wait_for", lambda address: False)
    with (
        pytest.raises(RuntimeError, match="no answer from -c pass"),
        serving._started(["-c", "pass"]),
    ):
        pass


def test_the_server_as_deepads_answers_with_the_detectors_scores():
    pytest.importorskip("flask", reason="flask is missing: it comes with extra bench")
    X = np.random.default_rng(0).normal(size=(50, 2))
    detector = ZScoreDetector().fit(X)
    app = serving_flask.create_app(detector, detector.decision_function)
    rows = [{"id": at, "label": 0, "a": a, "b": b} for at, (a, b) in enumerate(X)]
    found = app.test_client().post("/predict", json={"data": rows}).json
    np.testing.assert_allclose(found["scores"], detector.decision_function(X))
    assert found["predictions"] == detector.predict(X).tolist()
    assert found["ids"] == list(range(50))
    assert app.test_client().get("/health").json == {"status": "ok"}
