"""`workshop train` and `workshop serve`: what they write, and what they refuse."""

import json
import socket
import sys
import threading
import warnings
from http.server import BaseHTTPRequestHandler, HTTPServer

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

import helpers.extras
from helpers import cli
from helpers.datasets import DatasetUnavailable
from helpers.detectors import Detector, PCADetector
from helpers.errors import KitError
from helpers.paths import kit_root
from helpers.serving import measures, poll, published, tables, training
from helpers.serving.cli import serve as serve_models


def workshop(capsys, monkeypatch, *arguments):
    """Run a command; return its exit status and what it said on stderr."""
    monkeypatch.setattr(sys, "argv", ["workshop", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return ended.value.code, capsys.readouterr().err


# ------------------------------------------------------------------------ training


def test_train_writes_only_what_is_named_and_the_overview(
    data, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(tables, "parts", lambda split: (data, "made"))
    for name in ("pca", "ocsvm"):
        assert workshop(capsys, monkeypatch, "train", name, "--out", tmp_path)[0] == 0
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"pca", "ocsvm", "overview.png", "rows.csv"}


def test_a_network_tells_the_seconds_of_each_epoch(data, tmp_path):
    told = training.train_one("autoencoder", data, tmp_path, epochs=3)
    assert len(told["epoch_seconds"]) == 3
    assert 0 < sum(told["epoch_seconds"]) <= told["seconds"]
    kept = json.loads((tmp_path / "autoencoder" / "metrics.json").read_text("utf-8"))
    assert kept == told
    model = Detector.load(tmp_path / "autoencoder" / "model.detector")
    assert told["roc"] == roc_auc_score(data.y, model.decision_function(data.X))
    assert model.threshold_ == told["threshold"]


def test_models_of_other_data_are_not_in_the_overview(data, tmp_path):
    training.train_one("pca", data, tmp_path)
    other = tmp_path / "ocsvm"
    other.mkdir()
    (other / "metrics.json").write_text('{"data": "elsewhere"}')
    runs = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "overview", lambda run: runs.append(run))
        patch.setattr(training, "save_picture", lambda figure, path: path)
        training.draw_overview(data, tmp_path)
    assert [list(run) for run in runs] == [["PCA"]]


@pytest.mark.parametrize("name", ["pca", "ocsvm"])
def test_published_models_keep_their_scores_in_a_file(name, data, tmp_path):
    detector = published.MODELS[name].make(0).fit(data.train)
    detector.save(tmp_path / "model")
    again = Detector.load(tmp_path / "model").decision_function(data.X)
    assert np.array_equal(again, detector.decision_function(data.X))


def test_parts_of_the_published_score_of_pca_add_up(data):
    detector = published.ComponentDistanceDetector(signs=(1,)).fit(data.train)
    parts = detector.feature_errors(data.X)
    assert parts.shape == data.X.shape
    scores = detector.decision_function(data.X)
    np.testing.assert_allclose(np.sqrt(parts.sum(axis=1)), scores)


@pytest.mark.parametrize("signs", [(), (2,), (1, 0), (1,) * 19])
def test_bad_signs_are_refused(signs, data):
    with pytest.raises(ValueError, match=r"signs|components"):
        published.ComponentDistanceDetector(signs=signs).fit(data.train)


def test_the_six_measures_are_those_of_counts_by_hand():
    y, scores = [0, 0, 0, 1, 1], [0.1, 0.2, 0.9, 0.8, 0.3]
    found = measures.measures(y, scores, 0.5)  # one caught, one missed, one wrong
    assert found["acc"] == 0.6
    assert found["precision"] == found["recall"] == found["f1"] == found["f2"] == 0.5
    assert found["roc"] == pytest.approx(4 / 6)


def test_without_kdd99_the_bundled_table_stands_in(monkeypatch):
    load = tables.load

    def absent(name):
        if name.startswith("deepad"):
            raise DatasetUnavailable("not here")
        return load(name)

    monkeypatch.setattr(tables, "load", absent)
    found, told = tables.parts("9010")
    assert "stands in" in told
    assert found.name == tables.BUNDLED
    assert 0 < found.y.sum() < len(found.y) == len(found.X)


def test_an_unknown_model_or_split_is_a_line(capsys, monkeypatch, tmp_path):
    status, told = workshop(capsys, monkeypatch, "train", "gan", "--out", tmp_path)
    assert (status, told.count("\n")) == (1, 1)
    assert "name one of autoencoder, vae" in told
    with pytest.raises(KitError, match="8020, 9010"):
        tables.parts("7030")


# ------------------------------------------------------------------------- serving


@pytest.fixture
def serve(capsys, monkeypatch):
    pytest.importorskip("fastapi", reason="needs the extra serve")
    pytest.importorskip("uvicorn", reason="needs the extra serve")

    def run(*arguments):
        status, told = workshop(capsys, monkeypatch, "serve", *arguments)
        assert (status, told.count("\n")) == (1, 1), told
        return told

    return run


def test_an_empty_folder_says_how_to_train(serve, tmp_path):
    assert "workshop train all --out" in serve(tmp_path)


def test_a_port_in_use_is_a_line(serve, folder):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        told = serve(folder, "--port", taken.getsockname()[1])
    assert "name another --port" in told


def test_an_address_of_nobody_is_a_line(serve, folder):
    assert "can't listen on" in serve(folder, "--host", "192.0.2.1")


def test_no_warning_on_account_of_a_client_is_kept(folder, monkeypatch):
    server = pytest.importorskip("helpers.serving.server", reason="needs serve")

    class Served:
        def run(self, sockets):
            warnings.warn("a value that a client sent lies far off", stacklevel=1)

    monkeypatch.setattr(server, "server_of", lambda app: Served())
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        serve_models(folder, port=0)
    assert told == []


def copied(folder, place):
    for file in ("rows.csv", "pca/model.detector", "pca/metrics.json"):
        (place / file).parent.mkdir(exist_ok=True)
        (place / file).write_bytes((folder / file).read_bytes())
    return place


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("pca/model.detector", b"junk"),
        ("pca/model.detector", b""),
        ("pca/metrics.json", b"{"),
        ("pca/metrics.json", None),
        ("pca/metrics.json", b"1"),
        ("pca/metrics.json", b'{"acc": NaN}'),
        ("rows.csv", b""),
        ("rows.csv", b"f_0,label\n"),
        ("rows.csv", b"f_0,label\n1,\n"),
        ("rows.csv", b"f_0,label\ninf,1\n"),
        ("rows.csv", b"a,b\n1,2\n"),
        ("rows.csv", b"f_0,label\nx,1\n"),
    ],
)
def test_a_bad_file_is_named_in_a_line(serve, folder, tmp_path, file, content):
    place = copied(folder, tmp_path)
    if content is None:
        (place / file).unlink()
    else:
        (place / file).write_bytes(content)
    assert file.rpartition("/")[2] in serve(place)


def test_a_model_of_other_columns_is_refused(serve, folder, data, tmp_path):
    place = copied(folder, tmp_path)
    PCADetector().fit(data.train.iloc[:, :5]).save(place / "pca" / "model.detector")
    assert "train it again" in serve(place)


def test_without_the_extra_it_is_named(capsys, monkeypatch, folder):
    monkeypatch.setattr(helpers.extras, "find_spec", lambda package: None)
    status, told = workshop(capsys, monkeypatch, "serve", folder)
    assert status == 1
    assert told.endswith('pip install "anomaly-workshop[serve]"\n')


# ---------------------------------------------------------------------------- poll


class Late(BaseHTTPRequestHandler):
    """Answers 503, and from the second request on 200."""

    asked = 0

    def do_GET(self):
        Late.asked += 1
        self.send_response(200 if Late.asked > 1 else 503)
        self.end_headers()

    def log_message(self, *_):
        pass


def test_poll_waits_until_the_server_answers(capsys, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")  # a school has one
    with HTTPServer(("127.0.0.1", 0), Late) as late:
        thread = threading.Thread(target=late.serve_forever, daemon=True)
        thread.start()
        address = f"http://127.0.0.1:{late.server_port}"
        assert poll.main([address]) == 0
        late.shutdown()
    assert Late.asked == 2
    assert capsys.readouterr().out == f"{address} answers\n"


def test_poll_gives_up():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
    assert not poll.wait_for(f"http://127.0.0.1:{port}", seconds=0.1)


def test_poll_without_an_address_says_what_is_missing(capsys):
    assert poll.main([]) == 2
    assert "name one address" in capsys.readouterr().out


# ------------------------------------------------------------------- other machines


@pytest.mark.parametrize(
    "file",
    ["Dockerfile", ".devcontainer/devcontainer.json", ".binder/requirements.txt"],
)
def test_other_machines_install_from_the_locks(file):
    text = (kit_root() / file).read_text("utf-8")
    for lock in ("requirements.lock", "requirements-extras.lock"):
        assert f"-r ../{lock}" in text or f"--require-hashes -r {lock}" in text
    if file.startswith(".binder"):
        text = (kit_root() / ".binder" / "postBuild").read_text("utf-8")
    assert "pip install" in text
    assert "--no-deps --no-build-isolation" in text
