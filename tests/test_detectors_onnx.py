"""Detectors as ONNX graphs: the same scores without this kit, from the same rows."""

import json
import re
import typing

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from optional import needs_onnx
from sklearn.exceptions import NotFittedError

import helpers
from helpers import extras
from helpers.classifiers import RNNClassifier
from helpers.detectors import (
    AutoencoderDetector,
    BiGANDetector,
    EncoderDecoderDetector,
    ForecastDetector,
    Seq2SeqDetector,
    VAEDetector,
    WindowAutoencoderDetector,
    all_detectors,
)
from helpers.detectors.neural import NeuralDetector
from helpers.paths import kit_root

NEURAL = [cls for cls in all_detectors() if issubclass(cls, NeuralDetector)]
FEATURES, STEPS = 4, 6


def choices(cls, name):
    """Return what a parameter may be, (None,) where there is no such parameter."""
    hint = typing.get_type_hints(cls).get(name)
    return typing.get_args(hint) or (None,)


CASES = [(cls, score) for cls in NEURAL for score in choices(cls, "score_type")]
VARIANTS = [
    *[
        (AutoencoderDetector, {"activation": name, "hidden_layers": (5, 3)})
        for name in ("relu", "tanh", "sigmoid", "elu", "selu", "gelu", "linear", None)
    ],
    (AutoencoderDetector, {"dropout": 0.3, "decoder_layers": (7,)}),
    (AutoencoderDetector, {"code_activation": "tanh", "output_activation": "elu"}),
    (VAEDetector, {"scaling": None, "n_draws": 1, "hidden_layers": (2,)}),
    (VAEDetector, {"scaling": "minmax", "score_type": "likelihood"}),
    (BiGANDetector, {"scaling": "standard", "discriminator_layers": (6, 3)}),
    (BiGANDetector, {"score_type": "reconstruction", "scaling": None}),
    *[
        (WindowAutoencoderDetector, {"cell": cell, "activation": activation})
        for cell in choices(WindowAutoencoderDetector, "cell")
        for activation in choices(WindowAutoencoderDetector, "activation")
    ],
    *[(ForecastDetector, {"cell": name}) for name in choices(ForecastDetector, "cell")],
    (ForecastDetector, {"output_scale": 100.0, "scaling": "minmax", "units": 32}),
    *[
        (Seq2SeqDetector, {"teacher_forcing": name})
        for name in choices(Seq2SeqDetector, "teacher_forcing")
    ],
    (Seq2SeqDetector, {"scaling": "standard", "dropout": 0.2}),
    *[
        (EncoderDecoderDetector, {"feed": name, "known_features": known})
        for name in choices(EncoderDecoderDetector, "feed")
        for known in (0, 1)
    ],
    (EncoderDecoderDetector, {"peepholes": False, "reduce": "mean"}),
    (EncoderDecoderDetector, {"reduce": "count", "min_points": 3}),
]


def rows_for(cls, count=60, seed=0):
    shape = (STEPS, FEATURES) if cls.input_kind == "windows" else (FEATURES,)
    random = np.random.default_rng(seed)
    mixed = random.normal(size=(count, *shape)) @ random.normal(size=(FEATURES,) * 2)
    return mixed + np.arange(FEATURES) * 100


def fitted(cls, **changes):
    if changes.get("score_type", "") is None:
        changes.pop("score_type")
    return cls(**cls.contract_params | changes).fit(rows_for(cls))


def runner(path):
    """Return what any reader of ONNX makes of the file, and its session."""
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return lambda X: session.run(["scores"], {"X": np.asarray(X, np.float64)})[0]


def written(estimator, folder):
    path = folder / "detector.onnx"
    estimator.to_onnx(path)
    return runner(path)


def agree(estimator, run, X):
    wanted, found = estimator.decision_function(X), run(X)
    assert found.dtype == np.float64
    assert found.shape == wanted.shape
    off = np.abs(found - wanted) / np.maximum(1, np.abs(wanted))
    assert off.max() < 1e-5, (off.max(), wanted[off.argmax()])


def agree_everywhere(estimator, run):
    cls = type(estimator)
    for seed in range(1, 4):
        X = rows_for(cls, 70, seed)
        for some in (X, X[:1], X[:16], X[:17]):
            agree(estimator, run, some)
        for factor in (-1e3, 1e8, 1e90):
            agree(estimator, run, X * factor)


# ------------------------------------------------------------- every neural detector


@needs_onnx
@pytest.mark.parametrize(("cls", "score"), CASES)
def test_every_neural_detector_scores_the_same_from_its_file(cls, score, tmp_path):
    detector = fitted(cls, score_type=score)
    agree_everywhere(detector, written(detector, tmp_path))


@needs_onnx
@pytest.mark.parametrize(("cls", "changes"), VARIANTS)
def test_whatever_its_parameters_are(cls, changes, tmp_path):
    detector = fitted(cls, **changes)
    agree_everywhere(detector, written(detector, tmp_path))


@needs_onnx
@pytest.mark.parametrize("cls", NEURAL)
def test_on_whatever_rows(cls, tmp_path):
    detector = fitted(cls)
    run = written(detector, tmp_path)
    shape = rows_for(cls).shape[1:]
    tables = st.integers(1, 5).flatmap(
        lambda n: arrays(np.float64, (n, *shape), elements=st.floats(-1e12, 1e12))
    )

    @given(tables)
    def same(X):
        agree(detector, run, X)

    same()


@needs_onnx
@pytest.mark.parametrize("cls", NEURAL)
def test_the_draws_are_those_of_fit_and_a_loaded_detector_writes_the_same(
    cls, tmp_path
):
    detector = fitted(cls)
    detector.to_onnx(tmp_path / "one.onnx")
    detector.save(tmp_path / "saved")
    cls.load(tmp_path / "saved").to_onnx(tmp_path / "two.onnx")
    one, two = (tmp_path / f"{name}.onnx" for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()
    assert detector.decision_scores_ == pytest.approx(runner(two)(rows_for(cls)))


@needs_onnx
@pytest.mark.parametrize("cls", NEURAL)
def test_a_missing_or_infinite_value_gives_no_score_to_its_row_alone(cls, tmp_path):
    detector = fitted(cls)
    run = written(detector, tmp_path)
    X = rows_for(cls, 5)
    good = run(X)
    for row, value in ((1, np.nan), (2, np.inf), (3, -np.inf)):
        X[row].flat[0] = value
    found = run(X)
    assert np.isnan(found).tolist() == [False, True, True, True, False]
    assert found[[0, 4]] == pytest.approx(good[[0, 4]])


@needs_onnx
@pytest.mark.parametrize("cls", NEURAL)
def test_the_file_says_what_a_reader_needs_to_predict(cls, tmp_path):
    import onnxruntime

    X = rows_for(cls)
    names = list("dcba")
    table = pd.DataFrame(X, columns=names) if X.ndim == 2 else X
    detector = cls(**cls.contract_params).fit(table)
    detector.to_onnx(tmp_path / "it.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "it.onnx")
    facts = session.get_modelmeta().custom_metadata_map
    assert facts["detector"] == cls.__name__
    assert facts["anomaly_workshop"] == helpers.__version__
    assert facts["input_kind"] == cls.input_kind
    assert float(facts["threshold"]) == detector.threshold_
    told = json.loads(facts["feature_names"]) if X.ndim == 2 else None
    assert told == (names if X.ndim == 2 else None)
    (read,) = session.get_inputs()
    assert (read.name, read.type) == ("X", "tensor(double)")
    assert read.shape == ["n", *X.shape[1:]]


@needs_onnx
def test_the_reader_in_the_documentation_predicts(tmp_path, monkeypatch):
    page = kit_root() / "docs" / "detectors-in-use.md"
    (code,) = re.findall(r"```python\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    detector = fitted(AutoencoderDetector)
    rows = rows_for(AutoencoderDetector, seed=5)
    monkeypatch.chdir(tmp_path)
    detector.to_onnx("name.onnx")
    found = {"rows": rows}
    exec(code, found)
    assert found["labels"].tolist() == detector.predict(rows).tolist()
    assert 0 < found["labels"].sum() < len(rows)


@needs_onnx
def test_the_score_type_set_after_fit_is_the_one_written(tmp_path):
    detector = fitted(VAEDetector).set_params(score_type="likelihood")
    agree_everywhere(detector, written(detector, tmp_path))


@needs_onnx
def test_offsets_that_single_precision_would_lose_are_kept(tmp_path):
    X = rows_for(AutoencoderDetector) + 1.7e9
    detector = AutoencoderDetector(**AutoencoderDetector.contract_params).fit(X)
    agree(detector, written(detector, tmp_path), X)


# ---------------------------------------------------------------- the classifier


@needs_onnx
@pytest.mark.parametrize(
    "changes",
    [{}, {"cell": "gru"}, {"cell": "rnn"}, {"peepholes": True}, {"normal": 2}],
    ids=str,
)
@pytest.mark.parametrize("per_step", [True, False])
def test_the_classifier_says_the_same_from_its_file(changes, per_step, tmp_path):
    X = rows_for(RNNClassifier)
    y = np.random.default_rng(0).integers(0, 3, X.shape[:2])
    network = RNNClassifier(units=5, epochs=2, random_state=0, **changes)
    network.fit(X, y if per_step else y[:, 0])
    run = written(network, tmp_path)
    agree_everywhere(network, run)
    X[1, 0, 0] = np.nan
    assert np.isnan(run(X)).reshape(len(X), -1).any(axis=1).sum() == 1


# ----------------------------------------------------------------- what is refused


def test_before_fit_there_is_nothing_to_write(tmp_path):
    with pytest.raises(NotFittedError, match="call fit"):
        AutoencoderDetector().to_onnx(tmp_path / "it.onnx")


def test_without_the_extra_one_line_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError) as error:
        fitted(AutoencoderDetector).to_onnx(tmp_path / "it.onnx")
    assert str(error.value) == (
        'to_onnx needs onnx: pip install "anomaly-workshop[onnx]"'
    )
    assert not list(tmp_path.iterdir())


@needs_onnx
def test_a_network_without_a_graph_says_what_it_lacks(tmp_path, monkeypatch):
    detector = fitted(AutoencoderDetector)
    monkeypatch.delattr(AutoencoderDetector, "_onnx_scores")
    with pytest.raises(NotImplementedError, match="doesn't define _onnx_scores"):
        detector.to_onnx(tmp_path / "it.onnx")
    assert not list(tmp_path.iterdir())


@needs_onnx
def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path):
    detector = fitted(AutoencoderDetector)
    with pytest.raises(FileNotFoundError, match="create it first"):
        detector.to_onnx(tmp_path / "nowhere" / "it.onnx")
    with pytest.raises(IsADirectoryError, match="is a folder"):
        detector.to_onnx(tmp_path)
    assert not list(tmp_path.iterdir())


@needs_onnx
def test_a_wrong_score_type_or_normal_class_is_refused(tmp_path):
    for cls in (VAEDetector, BiGANDetector):
        wrong = fitted(cls).set_params(score_type="no")
        with pytest.raises(ValueError, match="score_type must be one of"):
            wrong.to_onnx(tmp_path / "it.onnx")
    X = rows_for(RNNClassifier)
    network = RNNClassifier(units=2, epochs=1).fit(X, np.arange(len(X)) % 2)
    with pytest.raises(ValueError, match="none of the classes"):
        network.set_params(normal=7).to_onnx(tmp_path / "it.onnx")
    assert not list(tmp_path.iterdir())
