"""Requests per second and latency: the kit's server beside one as deepad's.

All servers run at the same time, each a process of its own with one thread for its
arithmetic, and take turns: the same requests, the same autoencoder, the same clients.
deepad's pattern is Flask's own server and Keras' `predict`; to tell the server from the
scoring, a second one is Flask with the kit's scoring.
"""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import psutil

from benchmarks.results import NOTHING, Table, Units, code_of
from helpers.serving import training
from helpers.serving.poll import wait_for
from helpers.serving.tables import Parts

OURS, PATTERN, FLASK = "ours", "Flask, Keras' predict", "Flask, the kit's scoring"
OTHERS = (PATTERN, FLASK)
MODEL = "autoencoder"
FEATURES = 18
REPEATS = range(3)
ROUNDS = 3
# (rows in a request, clients at once) -> requests of each client in a round
LOADS = {(1, 1): 30, (1, 4): 15, (1000, 1): 4, (1000, 4): 2}
WANTED = "1.5"


def table(units: Units) -> Table:
    """Return how many times as fast the kit's server answers."""
    here = find_spec("flask") is not None
    others, notes = (OTHERS, []) if here else ((), [_NO_FLASK])
    code = code_of("helpers.serving", "benchmarks.serving_flask", "fastapi", "flask")
    runs = (
        [units.get({"repeat": repeat}, of_requests, code) for repeat in REPEATS]
        if others
        else []
    )
    rows = [
        _row(load, other, [run[_name(*load)] for run in runs])
        for load in LOADS
        for other in others
    ]
    return Table(_TITLE, _COLUMNS, rows, [_NOTE, *notes])


def of_requests(*, repeat: int) -> dict[str, dict[str, dict[str, float]]]:
    """Return for each load and server: seconds by the clock and of CPU, and waits.

    "wall" and "cpu" are seconds a request, all clients together; "median" and "late"
    (the 95th of 100) are seconds that a client waits for an answer.
    """
    with TemporaryDirectory() as folder, ExitStack() as stack:
        body = _body(_trained(Path(folder), repeat))
        ports = {
            name: stack.enter_context(_started(command))
            for name, command in _commands(Path(folder)).items()
        }
        for rows in {rows for rows, _ in LOADS}:
            _agree({name: _ask(port, body(rows)) for name, (port, _) in ports.items()})
        return {
            _name(rows, clients): _measured(ports, body(rows), clients, count)
            for (rows, clients), count in LOADS.items()
        }


# --------------------------------------------------------------- servers and requests


def _trained(folder: Path, seed: int) -> pd.DataFrame:
    """Write a folder with one model, trained for an epoch; return rows."""
    random = np.random.default_rng(seed)
    columns = [f"feature_{number}" for number in range(FEATURES)]
    X = pd.DataFrame(random.random((1000, FEATURES)), columns=columns)
    data = Parts("made", X, X, (np.arange(1000) < 100).astype(int))
    training.train_one(MODEL, data, folder, epochs=1)
    training.write_rows(data, folder)
    return X


def _body(X: pd.DataFrame) -> Callable[[int], bytes]:
    """Return what makes a request of n rows: records as `/data` gives them."""
    records = [
        {"id": at, "label": 0, **{str(k): v for k, v in row.items()}}
        for at, row in enumerate(X.to_dict("records"))
    ]
    return lambda n: json.dumps({"data": records[:n]}).encode()


def _commands(folder: Path) -> dict[str, list[str]]:
    file = str(folder / MODEL / "model.detector")
    flask = ["-m", "benchmarks.serving_flask", file, "PORT"]
    return {
        OURS: ["-m", "helpers.cli", "serve", str(folder), "--port", "PORT"],
        PATTERN: [*flask, "network"],
        FLASK: [*flask, "kit"],
    }


@contextmanager
def _started(command: Sequence[str]) -> Iterator[tuple[int, psutil.Process]]:
    """Start a server; yield its port and process once it answers, and end it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [str(port) if word == "PORT" else word for word in command]
    quiet = subprocess.DEVNULL
    server = subprocess.Popen([sys.executable, *words], stdout=quiet, stderr=quiet)
    try:
        if not wait_for(f"http://127.0.0.1:{port}"):
            raise RuntimeError(f"no answer from {' '.join(command)}")
        yield port, psutil.Process(server.pid)
    finally:
        server.terminate()
        server.wait(10)


def _ask(
    port: int, body: bytes, connection: HTTPConnection | None = None
) -> dict[str, Any]:
    """Return the answer to one request, over a connection that may be open."""
    connection = connection or HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"content-type": "application/json"}
    connection.request("POST", "/predict", body, headers)
    answer = connection.getresponse()
    text = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"port {port} answers {answer.status}: {text[:200]!r}")
    return json.loads(text)


def _agree(answers: Mapping[str, Mapping[str, Any]]) -> None:
    """Raise where two servers with the same scoring differ."""
    ours, other = answers[OURS], answers[FLASK]
    np.testing.assert_allclose(ours["scores"], other["scores"])
    for key in ("predictions", "ids"):
        if ours[key] != other[key]:
            raise RuntimeError(f"the servers' {key} differ")


def _measured(
    ports: Mapping[str, tuple[int, psutil.Process]],
    body: bytes,
    clients: int,
    count: int,
) -> dict[str, dict[str, float]]:
    """Let the servers take turns; return what `of_requests` says of each."""
    wall, cpu = dict.fromkeys(ports, 0.0), dict.fromkeys(ports, 0.0)
    waits: dict[str, list[float]] = {name: [] for name in ports}
    for _ in range(ROUNDS):
        for name, (port, process) in ports.items():
            before, began = _cpu(process), time.perf_counter()
            waits[name] += _round(port, body, clients, count)
            wall[name] += time.perf_counter() - began
            cpu[name] += _cpu(process) - before
    asked = ROUNDS * clients * count
    return {
        name: {
            "wall": wall[name] / asked,
            "cpu": cpu[name] / asked,
            "median": float(np.median(waits[name])),
            "late": float(np.quantile(waits[name], 0.95)),
        }
        for name in ports
    }


def _cpu(process: psutil.Process) -> float:
    spent = process.cpu_times()
    return spent.user + spent.system


def _round(port: int, body: bytes, clients: int, count: int) -> list[float]:
    """Return the seconds that each request waited for its answer."""

    def client(_: int) -> list[float]:
        waits, connection = [], HTTPConnection("127.0.0.1", port, timeout=60)
        for _ in range(count):
            began = time.perf_counter()
            _ask(port, body, connection)
            waits.append(time.perf_counter() - began)
        connection.close()
        return waits

    with ThreadPoolExecutor(clients) as pool:
        return [wait for waits in pool.map(client, range(clients)) for wait in waits]


# ------------------------------------------------------------------------ the table


def _name(rows: int, clients: int) -> str:
    return f"{rows} rows, {clients} clients"


def _row(
    load: tuple[int, int], other: str, runs: Sequence[Mapping[str, Mapping[str, float]]]
) -> tuple[str, ...]:
    rows, clients = load
    gains = {
        key: [run[other][key] / run[OURS][key] for run in runs]
        for key in ("wall", "median", "late", "cpu")
    }
    spread = f"{min(gains['wall']):.2g} to {max(gains['wall']):.2g}"
    told = {key: f"{np.median(values):.2g}" for key, values in gains.items()}
    wanted = WANTED if other == PATTERN else NOTHING
    return (f"{rows:,}", str(clients), other, wanted, told["wall"], spread,
            told["median"], told["late"], told["cpu"])  # fmt: skip


_TITLE = "Serving: requests per second and waits beside a server as deepad's"
_COLUMNS = (
    "rows in a request", "clients at once", "beside", "wanted, at least",
    "requests per second, beside = 1", "spread", "beside's median wait, ours = 1",
    "beside's 95 % wait, ours = 1", "beside's CPU a request, ours = 1",
)  # fmt: skip
_NOTE = (
    f"An autoencoder of {FEATURES} features; rows are records by name, as `/data` "
    "gives them. The servers run side by side on one machine and take turns, "
    f"{ROUNDS} rounds for each load; {len(REPEATS)} runs: the median, and the spread "
    "of the first figure. \"Flask, Keras' predict\" is deepad's pattern: Flask's own "
    "server with threads, a pandas table of what comes, `predict` of rows that it "
    'takes as scaled; it checks nothing, and its log of requests is off. "Flask, the '
    "kit's scoring\" has the same detector as ours. Ours checks each row by name and "
    "number. Waits and requests per second are by the clock, and the clients share "
    "the machine; CPU is that of the server's process."
)
_NO_FLASK = (
    "All lines are left out: flask not installed; `make bench` brings the peers."
)
