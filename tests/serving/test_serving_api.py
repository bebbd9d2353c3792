"""Contract of each route, and what attackers send: 4xx in one line, never 500."""

import json

import numpy as np
import pytest

pytest.importorskip("fastapi", reason="needs the extra serve")
pytest.importorskip("httpx", reason="needs httpx")

from fastapi.testclient import TestClient

from helpers.errors import KitError
from helpers.serving.app import create_app
from helpers.serving.models import read_folder
from helpers.serving.requests import MOST_ROWS

COLUMNS = [f"f_{number}" for number in range(18)]  # those of `folder`
ROW = [0.1] * 18


@pytest.fixture(scope="module")
def client(folder):
    return TestClient(create_app(folder), raise_server_exceptions=False)


def _post(client, content, kind="application/json"):
    return client.post("/predict", content=content, headers={"content-type": kind})


def _predict(client, **body):
    return _post(client, json.dumps(body))


def test_training_writes_only_the_named_models_and_their_files(folder):
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["ocsvm", "pca", "rows.csv"]
    files = sorted(path.name for path in (folder / "pca").iterdir())
    pictures = ["histogram.png", "metrics.json", "metrics.png"]
    assert files == [*pictures, "model.detector", "roc.png"]


def test_metrics_are_those_written_by_training(client, folder):
    told = json.loads((folder / "pca" / "metrics.json").read_text())
    assert client.get("/metrics").json()["pca"] == told
    assert {"acc", "precision", "recall", "f1", "f2", "roc"} <= told.keys()


def test_data_gives_n_records_with_id_label_and_all_columns(client):
    rows = client.get("/data", params={"n": 300}).json()
    assert [row["id"] for row in rows] == list(range(300))
    assert set(rows[0]) == {"id", "label", *COLUMNS}


def test_colnames_names_the_columns_in_order(client):
    told = client.get("/colnames").json()
    assert told["colnames"] == COLUMNS
    assert told["coldesc"][0] == "f 0"


def test_health_lists_the_models(client):
    assert client.get("/health").json() == {"status": "ok", "models": ["ocsvm", "pca"]}


def test_predict_gives_the_detectors_own_scores_for_records_and_lists(client, folder):
    rows = client.get("/data", params={"n": 50}).json()
    models = read_folder(folder)
    wanted = models.scores("pca", models.rows.head(50).to_numpy())
    lists = [[row[name] for name in COLUMNS] for row in rows]
    for data in (rows, lists):
        found = _predict(client, data=data, model="pca").json()
        assert found["scores"] == pytest.approx(wanted.tolist(), rel=1e-12)
        above = wanted > models.detectors["pca"].threshold_
        assert found["predictions"] == above.astype(int).tolist()
        assert found["ids"] == list(range(50))


def test_predict_heeds_the_clients_threshold_and_gives_errors_by_feature(client):
    found = _predict(client, data=[ROW], model="pca", threshold=-1, errors=True).json()
    assert found["predictions"] == [1]
    assert np.shape(found["errors"]) == (1, 18)


def _record(**changes):
    return {**dict.fromkeys(COLUMNS, 0.0), **changes}


BAD = {
    "nothing": (b"", 400),
    "no JSON": (b"{", 400),
    "no UTF-8": (b"\xff\xfe", 400),
    "deep": (b"[" * 100_000, 400),
    "NaN": (json.dumps({"data": [[float("nan")] * 18]}), 400),
    "Infinity": (b'{"data": [[Infinity]]}', 400),
    "overflow": (json.dumps({"data": [ROW]}).replace("0.1", "1e999", 1), 422),
    "large numbers": (json.dumps({"data": [[1.7e308] * 18], "model": "pca"}), 422),
    "long integer": (json.dumps({"data": [[10**400, *ROW[1:]]]}), 422),
    "endless integer": (b'{"data": [[' + b"9" * 10_000 + b"]]}", 400),
    "key twice": (b'{"data": [], "data": []}', 400),
    "empty": (b"{}", 422),
    "null": (b"null", 422),
    "no rows": (b'{"data": []}', 422),
    "narrow": (json.dumps({"data": [ROW[1:]]}), 422),
    "wide": (json.dumps({"data": [[*ROW, 1]]}), 422),
    "text": (json.dumps({"data": [["0.1", *ROW[1:]]]}), 422),
    "truth": (json.dumps({"data": [[True, *ROW[1:]]]}), 422),
    "nested": (json.dumps({"data": [[[], *ROW[1:]]]}), 422),
    "column missing": (json.dumps({"data": [{"f_0": 1}]}), 422),
    "column unknown": (json.dumps({"data": [_record(strange=1)]}), 422),
    "surrogate": (json.dumps({"data": [_record(**{"\ud800": 1})]}), 422),
    "id is a list": (json.dumps({"data": [_record(id=[1])]}), 422),
    "id is a truth": (json.dumps({"data": [_record(id=True)]}), 422),
    "too many rows": (json.dumps({"data": [ROW] * (MOST_ROWS + 1)}), 422),
    "unknown model": (json.dumps({"data": [ROW], "model": "none"}), 404),
    "path as model": (json.dumps({"data": [ROW], "model": "../../etc/passwd"}), 404),
    "header as model": (json.dumps({"data": [ROW], "model": "a\r\nX: y"}), 404),
    "file as model": (json.dumps({"data": [ROW], "file": "x"}), 422),
    "huge": (b" " * 3_000_000, 413),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_bodies_are_refused_in_one_line(client, name):
    content, status = BAD[name]
    found = _post(client, content)
    assert found.status_code == status
    assert "\n" not in found.json()["error"]
    assert len(found.json()["error"]) < 300


def test_a_huge_body_without_a_length_is_refused(client):
    found = _post(client, (b" " * 100_000 for _ in range(40)))
    assert found.status_code == 413
    assert found.headers["content-length"] == str(len(found.content))


def test_an_id_that_can_not_be_written_is_refused(client):
    found = _predict(client, data=[_record(id="\ud800")])
    assert found.status_code == 422


@pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data", ""])
def test_other_content_types_are_refused(client, kind):
    assert _post(client, json.dumps({"data": [ROW]}), kind).status_code == 415


@pytest.mark.parametrize(
    ("verb", "route"),
    [("GET", "/predict"), ("PUT", "/predict"), ("DELETE", "/data"), ("POST", "/")],
)
def test_other_verbs_are_refused(client, verb, route):
    assert client.request(verb, route).status_code == 405


@pytest.mark.parametrize("n", ["0", "-1", "1001", "x", "1e9", "9" * 5000])
def test_data_refuses_a_bad_n(client, n):
    assert client.get("/data", params={"n": n}).status_code == 422


@pytest.mark.parametrize(
    "path", ["/../pyproject.toml", "/%2e%2e/etc/passwd", "/docs", "/app.js/../x"]
)
def test_no_other_file_is_served(client, path):
    assert client.get(path).status_code == 404


def test_every_answer_has_the_policy_also_a_refusal(client):
    for found in (client.get("/"), client.get("/nowhere"), _post(client, b"{")):
        assert "default-src 'none'" in found.headers["content-security-policy"]
        assert found.headers["x-content-type-options"] == "nosniff"


def test_the_schema_tells_the_body_of_predict(client):
    post = client.get("/openapi.json").json()["paths"]["/predict"]["post"]
    schema = post["requestBody"]["content"]["application/json"]["schema"]
    assert "data" in schema["properties"]


def test_a_folder_without_models_says_how_to_train(tmp_path):
    with pytest.raises(KitError, match="workshop train all"):
        read_folder(tmp_path)
