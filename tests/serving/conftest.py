"""A folder of two models, trained once on made-up rows of KDD99's width; a server."""

import os
import socket
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from helpers.serving import training
from helpers.serving.poll import wait_for
from helpers.serving.tables import Parts

COLUMNS = [f"f_{number}" for number in range(18)]


@pytest.fixture(scope="session")
def data():
    """Made-up rows; 80 of the 400 labelled ones are anomalies."""
    random = np.random.default_rng(0)
    train = pd.DataFrame(random.normal(size=(300, 18)), columns=COLUMNS)
    X = pd.DataFrame(random.normal(size=(400, 18)), columns=COLUMNS)
    X.iloc[:80] += 6 * random.normal(size=(80, 18))
    return Parts("made", train, X, (np.arange(400) < 80).astype(int))


@pytest.fixture(scope="session")
def folder(data, tmp_path_factory):
    """Models `pca` and `ocsvm`."""
    out = tmp_path_factory.mktemp("models")
    for name in ("pca", "ocsvm"):
        training.train_one(name, data, out)
    training.write_rows(data, out)
    return out


@pytest.fixture(scope="session")
def served(folder):
    """`workshop serve` in a process of its own: its address and its process."""
    for package in ("fastapi", "uvicorn"):
        pytest.importorskip(package, reason="needs the extra serve")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "helpers.cli", "serve", str(folder), "--port"]
    server = subprocess.Popen(
        [*command, str(port)], env=os.environ, stderr=subprocess.PIPE, text=True
    )
    try:
        assert wait_for(f"http://127.0.0.1:{port}")
        yield f"http://127.0.0.1:{port}", server
    finally:
        server.terminate()
        told = server.communicate(timeout=20)[1]
    assert told == ""  # no traceback, whatever was sent


@pytest.fixture(scope="session")
def address(served):
    """The address of `served`."""
    return served[0]
