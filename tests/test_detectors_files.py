"""Saved detectors: whole or not there, and never silently something else."""

import json
import pickle

import numpy as np
import pytest

from helpers.detectors import Detector, PCADetector, ZScoreDetector
from helpers.estimators import storage

X = np.random.default_rng(0).normal(size=(40, 3))


@pytest.fixture
def path(tmp_path):
    target = tmp_path / "detector.bin"
    ZScoreDetector().fit(X).save(target)
    return target


def refused(path, *words):
    with pytest.raises(ValueError, match=r".") as error:
        Detector.load(path)
    text = str(error.value)
    assert "\n" not in text
    assert all(word in text for word in [path.name, *words]), text


def test_the_header_is_readable_without_running_anything(path):
    first, second = path.read_bytes().split(b"\n")[:2]
    assert first == b"anomaly-workshop detector 1"
    header = json.loads(second)
    assert header["class"] == "ZScoreDetector"
    assert header["module"] == "helpers.detectors.classical"
    assert set(header["versions"]) >= {"python", "numpy", "scikit-learn"}


@pytest.mark.parametrize("share", [0.0, 0.02, 0.1, 0.5, 0.99])
def test_a_torn_file_is_refused(path, share):
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    refused(path)


def test_a_changed_file_is_refused(path):
    content = bytearray(path.read_bytes())
    content[-20] ^= 1
    path.write_bytes(content)
    refused(path, "damaged", "save it again")


def test_any_changed_byte_is_noticed(path):
    content = path.read_bytes()
    for place in range(0, len(content), 7):
        changed = bytearray(content)
        changed[place] ^= 0x15
        path.write_bytes(changed)
        refused(path)


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n", b"age,sex\n1,2\n", b"{}"])
def test_another_kind_of_file_is_refused(path, content):
    path.write_bytes(content)
    refused(path, "not a saved detector")


class Bomb:
    def __reduce__(self):
        return (pytest.fail, ("the pickle was run",))


def test_a_plain_pickle_is_refused_and_not_run(path):
    path.write_bytes(pickle.dumps(Bomb()))
    refused(path, "not a saved detector")


def test_something_else_in_our_wrapping_is_refused(path):
    storage.write_estimator({"not": "a detector"}, path)
    refused(path, "holds a dict, not a Detector")


def test_a_class_that_is_gone_is_told(path, monkeypatch):
    class Vanished(ZScoreDetector):
        pass

    monkeypatch.setattr(f"{__name__}.Vanished", Vanished, raising=False)
    Vanished.__qualname__ = "Vanished"
    Vanished().fit(X).save(path)
    monkeypatch.delattr(f"{__name__}.Vanished")
    refused(path, "Vanished", "cannot be read here", "numpy")


def test_a_failed_save_keeps_the_old_file(path, monkeypatch):
    before = path.read_bytes()
    monkeypatch.setattr("os.replace", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        PCADetector().fit(X).save(path)
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_saving_replaces_the_old_file(path):
    PCADetector().fit(X).save(path)
    assert isinstance(Detector.load(path), PCADetector)
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_missing_file_is_missing(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nothing\.bin"):
        Detector.load(tmp_path / "nothing.bin")


def test_a_place_that_cannot_hold_the_file_is_named(tmp_path, path):
    detector = ZScoreDetector().fit(X)
    with pytest.raises(IsADirectoryError, match="is a folder; name a file"):
        detector.save(tmp_path)
    with pytest.raises(IsADirectoryError, match="is a folder; name the file"):
        Detector.load(tmp_path)
    with pytest.raises(FileNotFoundError, match="models is no folder; create it"):
        detector.save(tmp_path / "models" / "first.bin")
    with pytest.raises(FileNotFoundError, match="is no folder"):
        detector.save(path / "first.bin")
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_paths_are_text_or_path_objects(path):
    assert np.array_equal(
        Detector.load(str(path)).decision_function(X),
        Detector.load(path).decision_function(X),
    )
