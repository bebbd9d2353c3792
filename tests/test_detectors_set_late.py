"""Parameters set after `fit`: heeded, waiting or refused, for every one there is.

The contract of `Estimator`, for all detectors and all their parameters.
"""

import copy
import pickle
import timeit
from functools import cache

import numpy as np
import pytest
from sklearn.base import clone
from test_detectors_contract import FOUND, KINDS, data, every_detector, make

from helpers.classifiers import RNNClassifier
from helpers.detectors import (
    AutoencoderDetector,
    BiGANDetector,
    Detector,
    EncoderDecoderDetector,
    ForecastDetector,
    IsolationForestDetector,
    KNNDetector,
    OneClassSVMDetector,
    PCADetector,
    SeasonalNaiveDetector,
    Seq2SeqDetector,
    VAEDetector,
    ZScoreDetector,
)
from helpers.estimators.changes import is_same

WAITING = {
    "epochs",
    "batch_size",
    "learning_rate",
    "falling_rate",
    "validation_fraction",
    "patience",
    "min_delta",
    "checkpoint",
    "progress",
    "random_state",
}
HEEDED = {
    VAEDetector: {"contamination", "score_type"},
    BiGANDetector: {"contamination", "score_type"},
    EncoderDecoderDetector: {"contamination", "score_type", "reduce", "min_points"},
}


def waiting_for_fit(cls):
    """Return the parameters that say what is fitted."""
    return sorted(
        set(cls().get_params()) - WAITING - HEEDED.get(cls, {"contamination"})
    )


WHAT_IS_FITTED = [(cls, name) for cls in FOUND for name in waiting_for_fit(cls)]
ASKS = [
    "decision_function",
    "predict",
    "reconstruct",
    "feature_errors",
    "encode",
    "errors",
    "forecast",
]
X, Y = data(RNNClassifier), np.arange(80) % 2


@cache
def trained(cls):
    """Return one that every test leaves as it was."""
    return make(cls).fit(data(cls))


def planted(cls):
    return KINDS[cls.input_kind].planted()


@pytest.fixture
def of():
    """Return what gives a fitted detector of a class; put its parameters back."""
    lent = []

    def lend(cls):
        lent.append((trained(cls), trained(cls).get_params()))
        return trained(cls)

    yield lend
    for detector, before in lent:
        detector.set_params(**before)


def set_attributes(detector):
    """Return what sets parameters as attributes."""

    def set_them(**params):
        for name, value in params.items():
            setattr(detector, name, value)

    return set_them


def refused(ask, *arguments, words=()):
    with pytest.raises(ValueError, match="needs another fit: call fit") as error:
        ask(*arguments)
    assert "\n" not in str(error.value)
    for word in words:
        assert word in str(error.value), error.value


# ------------------------------------------------------------- what was fitted: refused


@pytest.mark.parametrize(
    ("cls", "name"), WHAT_IS_FITTED, ids=lambda part: getattr(part, "__name__", part)
)
def test_what_says_what_is_fitted_is_refused_until_it_is_set_back(cls, name, of):
    detector, rows = of(cls), planted(cls)
    expected, before = detector.decision_function(rows), getattr(detector, name)
    for change in (detector.set_params, set_attributes(detector)):
        change(**{name: "another"})
        for ask in ASKS:
            if hasattr(detector, ask):
                words = (f"{name}='another'", f"set {name} back", cls.__name__)
                refused(getattr(detector, ask), rows, words=words)
        detector.set_params(**{name: before})
        np.testing.assert_array_equal(detector.decision_function(rows), expected)


def test_all_that_was_set_is_named():
    detector = make(OneClassSVMDetector).fit(data(OneClassSVMDetector))
    detector.set_params(nu=0.2, gamma=3.0, random_state=9)
    with pytest.raises(ValueError, match="needs another") as error:
        detector.predict(X)
    assert str(error.value) == (
        "this OneClassSVMDetector was fitted with gamma='scale', nu=0.5; what was "
        "set since (gamma=3.0, nu=0.2) needs another fit: call fit(X), or set "
        "gamma, nu back"
    )


def test_what_asks_in_another_way_is_refused_too(of, tmp_path):
    encoder = of(AutoencoderDetector).set_params(hidden_layers=(4, 3))
    refused(encoder.decode, np.zeros((3, 2)))
    refused(encoder.to_onnx, tmp_path / "it.onnx")
    refused(of(BiGANDetector).set_params(code_size=7).generate, 2)
    naive = of(SeasonalNaiveDetector).set_params(period=4)
    refused(naive.score_series, np.arange(40.0))
    refused(naive.forecast_series, np.arange(40.0))
    assert not list(tmp_path.iterdir())


def test_a_classifier_refuses_as_well():
    model = RNNClassifier(units=2, epochs=1, random_state=0).fit(X, Y)
    expected = model.decision_function(X)
    for name in ("cell", "units", "dropout", "class_weight", "scaling", "optimizer"):
        before = getattr(model, name)
        model.set_params(**{name: "another"})
        for ask in (model.predict, model.predict_proba, model.decision_function):
            refused(ask, X, words=[f"{name}='another'", "call fit(X, y)"])
        refused(model.score, X, Y)
        model.set_params(**{name: before})
    model.set_params(normal=1, epochs=7, learning_rate=1.0, random_state=3)
    np.testing.assert_allclose(model.decision_function(X), 1 - expected)


def test_a_list_changed_in_place_is_noticed(tmp_path):
    sizes = [4, 2]
    detector = make(AutoencoderDetector, hidden_layers=sizes)
    detector.fit(data(AutoencoderDetector)).predict(planted(AutoencoderDetector))
    sizes[0] = 9
    refused(detector.predict, planted(AutoencoderDetector), words=["[9, 2]", "[4, 2]"])
    detector.save(tmp_path / "it")
    loaded = Detector.load(tmp_path / "it").set_params(hidden_layers=(4, 2))
    np.testing.assert_array_equal(loaded.predict(data(type(loaded))), detector.labels_)


@pytest.mark.parametrize(
    ("value", "kept", "same"),
    [
        ([4, 2], (4, 2), True),
        (np.array([4, 2]), (4, 2), True),
        (np.array([4, 2]), np.array([4, 2]), True),
        ((np.int64(4), 2), (4, 2), True),
        (np.int64(5), 5, True),
        (np.float64(0.5), 0.5, True),
        (float("nan"), np.nan, True),
        ([4, 2], [4, 2], True),
        ([[4], 2], [[4], 2], True),
        ([4, np.int64(2)], [4, 2], True),
        ([4, 2], (4, 3), False),
        ([4, 2], [4, 3], False),
        ([4, 2], [4.0, 2], False),
        (np.array([4, 2]), np.array([4, 3]), False),
        (1, 1.0, False),
        (1, True, False),
        (None, 0, False),
        ("scale", 0.5, False),
    ],
)
def test_what_means_the_same_is_no_change(value, kept, same):
    assert is_same(value, kept) is same


# ----------------------------------------------------------------- what waits, or holds


@pytest.mark.parametrize("cls", FOUND, ids=lambda cls: cls.__name__)
def test_what_says_how_to_train_waits(cls, of):
    detector, rows = of(cls), planted(cls)
    expected, flagged = detector.decision_function(rows), detector.predict(rows)
    waiting = WAITING & set(detector.get_params())
    detector.set_params(**dict.fromkeys(waiting, "another"))
    np.testing.assert_array_equal(detector.decision_function(rows), expected)
    np.testing.assert_array_equal(detector.predict(rows), flagged)


@every_detector
@pytest.mark.filterwarnings("ignore:all 80 training rows")
@pytest.mark.parametrize("by_name", [False, True], ids=["set_params", "attribute"])
def test_contamination_moves_the_threshold_at_once(cls, by_name, of):
    detector = of(cls)
    scores, rows = detector.decision_scores_, planted(cls)
    expected = detector.decision_function(rows)
    for share in (0.4, 0.05):
        if by_name:
            detector.contamination = share
        else:
            assert detector.set_params(contamination=share) is detector
        fresh = make(cls, contamination=share).fit(data(cls))
        assert detector.threshold_ == fresh.threshold_
        np.testing.assert_array_equal(detector.labels_, fresh.labels_)
        np.testing.assert_array_equal(detector.predict(rows), fresh.predict(rows))
        np.testing.assert_array_equal(detector.decision_function(rows), expected)
    assert detector.decision_scores_ is scores


@every_detector
@pytest.mark.parametrize("wrong", [0, 0.6, "auto", None, True, np.nan])
def test_a_wrong_contamination_changes_nothing(cls, wrong, of):
    detector = of(cls)
    before = dict(vars(detector))
    with pytest.raises(ValueError, match=r"at most 0\.5"):
        detector.contamination = wrong
    with pytest.raises(ValueError, match=r"at most 0\.5"):
        detector.set_params(contamination=wrong)
    assert vars(detector) == before


def test_set_params_sets_all_or_none():
    detector = KNNDetector(n_neighbors=3).fit(data(KNNDetector))
    for bad in ({"contamination": 7}, {"no_such": 1}):
        with pytest.raises(ValueError, match=r"at most 0.5|no_such"):
            detector.set_params(n_neighbors=9, **bad)
        assert detector.n_neighbors == 3
    assert detector.predict(X[:, 0][:, [0, 1, 0]]).shape == (80,)


@pytest.mark.parametrize("cls", [VAEDetector, BiGANDetector])
def test_a_score_type_holds_from_then_on(cls, of):
    other = "reconstruction"
    assert trained(cls).score_type != other
    fresh = make(cls, score_type=other).fit(data(cls))
    rows = planted(cls)
    scores = of(cls).set_params(score_type=other).decision_function(rows)
    np.testing.assert_array_equal(scores, fresh.decision_function(rows))


# ----------------------------------------------------------------- what goes on working


@pytest.mark.parametrize("cls", FOUND, ids=lambda cls: cls.__name__)
def test_setting_then_fitting_is_as_making_anew(cls):
    changes = {"contamination": 0.3}
    if "scaling" in cls().get_params():
        changes["scaling"] = None
    if "n_neighbors" in cls().get_params():
        changes["n_neighbors"] = 7
    late = make(cls).fit(data(cls)).set_params(**changes)
    clone(late).fit(data(cls)).predict(planted(cls))
    late.fit(data(cls))
    fresh = make(cls, **changes).fit(data(cls))
    np.testing.assert_array_equal(late.decision_scores_, fresh.decision_scores_)
    np.testing.assert_array_equal(late.predict(data(cls)), fresh.predict(data(cls)))


@pytest.mark.parametrize(
    "duplicate",
    [copy.copy, copy.deepcopy, lambda it: pickle.loads(pickle.dumps(it))],
    ids=["copy", "deepcopy", "pickle"],
)
@pytest.mark.parametrize("cls", FOUND, ids=lambda cls: cls.__name__)
def test_a_copy_remembers_and_is_one_of_its_own(cls, duplicate):
    first, rows = trained(cls), planted(cls)
    expected, threshold = first.decision_function(rows), first.threshold_
    other = duplicate(first)
    np.testing.assert_array_equal(other.decision_function(rows), expected)
    other.set_params(contamination=0.4)
    for name in waiting_for_fit(cls):
        setattr(other, name, "another")
        refused(other.predict, rows)
        setattr(other, name, getattr(first, name))
    assert (first.threshold_, first.contamination) == (threshold, 0.1)
    np.testing.assert_array_equal(first.decision_function(rows), expected)


@pytest.mark.parametrize("cls", FOUND, ids=lambda cls: cls.__name__)
def test_a_file_of_before_scores_as_before(cls, tmp_path):
    """Files had no memory of the parameters: nothing in them is refused."""
    rows = planted(cls)
    old = make(cls).fit(data(cls))
    expected, flagged = old.decision_function(rows), old.predict(rows)
    del old.fitted_with_
    vars(old)["contamination"] = 0.4
    for name in ("n_neighbors", "nu", "hidden_layers", "units", "n_components"):
        if name in old.get_params():
            setattr(old, name, 3)
    old.save(tmp_path / "old")
    loaded = Detector.load(tmp_path / "old")
    np.testing.assert_array_equal(loaded.decision_function(rows), expected)
    np.testing.assert_array_equal(loaded.predict(rows), flagged)


@pytest.mark.parametrize(
    ("cls", "change"),
    [
        (AutoencoderDetector, {"dropout": 0.5}),
        (VAEDetector, {"n_draws": 3}),
        (BiGANDetector, {"reconstruction_weight": 1.0}),
        (Seq2SeqDetector, {"teacher_forcing": "training"}),
        (ForecastDetector, {"output_scale": 2.0}),
    ],
)
def test_what_training_heeds_is_refused_until_it_goes_on(cls, change):
    detector, rows = make(cls).fit(data(cls)).set_params(**change), planted(cls)
    refused(detector.decision_function, rows)
    detector.partial_fit(data(cls), epochs=1)
    assert np.isfinite(detector.decision_function(rows)).all()
    detector.set_params(**{name: getattr(trained(cls), name) for name in change})
    refused(detector.decision_function, rows)


def test_what_training_keeps_cannot_be_set_for_it():
    detector = make(AutoencoderDetector).fit(data(AutoencoderDetector))
    detector.set_params(scaling="minmax")
    with pytest.raises(ValueError, match=r"\(scaling\) stays as it was in fit"):
        detector.partial_fit(data(AutoencoderDetector))
    model = (
        RNNClassifier(units=2, epochs=1).fit(X, Y).set_params(class_weight="balanced")
    )
    with pytest.raises(ValueError, match=r"\(class_weight\) stays as it was in fit"):
        model.partial_fit(X, Y)


def test_what_a_class_says_scoring_reads_is_added_to_its_bases():
    class Powers(ZScoreDetector):
        scoring_parameters = frozenset({"power"})
        training_parameters = frozenset({"haste"})
        power: float = 1.0
        haste: float = 1.0
        depth: float = 1.0

        def _score(self, X):
            return super()._score(X) ** self.power

    class MorePowers(Powers):
        more: float = 1.0

    rows = data(ZScoreDetector)
    detector = MorePowers().fit(rows)
    assert detector.fitted_with_ == {"depth": 1.0, "more": 1.0}
    detector.set_params(power=2.0, haste=5.0, contamination=0.2)
    squared = ZScoreDetector().fit(rows).decision_function(rows) ** 2
    np.testing.assert_array_equal(detector.decision_function(rows), squared)
    refused(detector.set_params(more=3.0).predict, rows)


@pytest.mark.parametrize(
    "cls", [AutoencoderDetector, VAEDetector, PCADetector, IsolationForestDetector]
)
def test_asking_costs_microseconds(cls):
    changes = {"hidden_layers": [4, 2]} if "hidden_layers" in vars(trained(cls)) else {}
    detector = make(cls, **changes).fit(data(cls))
    for one in (detector, pickle.loads(pickle.dumps(detector))):
        times = timeit.repeat(one._require_current, number=2000, repeat=7)
        assert min(times) / 2000 < 20e-6  # 1 to 2 where nothing else runs
