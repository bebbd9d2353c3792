"""Parameters as fields: one declaration, and all that scikit-learn makes of it."""

import inspect
import pickle
import re
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from helpers.classifiers import RNNClassifier
from helpers.detectors import Detector, all_detectors
from helpers.estimators.parameters import ParameterFieldsMixin
from helpers.estimators.trained import TrainedNetwork

ROOT = Path(__file__).parent.parent
EVERY = pytest.mark.parametrize(
    "cls", [*all_detectors(), RNNClassifier], ids=lambda cls: cls.__name__
)


class FirstColumn(Detector):
    """The size of the first column, in some unit.

    Parameters
    ----------
    unit : float
    signed : bool
    and those of `Detector`
    """

    note: ClassVar[str] = "no parameter"

    unit: float = 1.0
    signed: bool = True

    def _fit(self, X, y):
        self.width_ = X.shape[1]

    def _score(self, X):
        return (X[:, 0] if self.signed else np.abs(X[:, 0])) / self.unit


class InThousands(FirstColumn):
    unit: float = 1000.0
    contamination: float = 0.2


class ByHand(Detector):
    """Written as scikit-learn's classes are."""

    def __init__(self, power=2, contamination=0.3):
        self.power = power
        self.contamination = contamination

    def _fit(self, X, y):
        self.width_ = X.shape[1]

    def _score(self, X):
        return X[:, 0] ** self.power


class ByHandToo(ByHand):
    """Inherits an `__init__` that was written by hand."""


X = np.random.default_rng(0).normal(size=(40, 2))


# ----------------------------------------------------------------- one that is declared


def test_a_declared_parameter_is_one_of_scikit_learn():
    detector = FirstColumn(unit=2.0)
    assert detector.get_params() == {"contamination": 0.1, "signed": True, "unit": 2.0}
    assert "FirstColumn(unit=2.0)" in repr(detector)
    assert clone(detector.set_params(signed=False)).get_params() == {
        "contamination": 0.1,
        "signed": False,
        "unit": 2.0,
    }
    with pytest.raises(ValueError, match="Invalid parameter 'note'"):
        detector.set_params(note="other")


def test_parameters_are_passed_by_name():
    with pytest.raises(TypeError, match="positional"):
        FirstColumn(2.0)
    with pytest.raises(TypeError, match="units"):
        FirstColumn(units=2.0)


def test_the_signature_tells_names_defaults_and_types():
    parameters = inspect.signature(FirstColumn).parameters
    assert {p.kind for p in parameters.values()} == {inspect.Parameter.KEYWORD_ONLY}
    defaults = {name: p.default for name, p in parameters.items()}
    assert defaults == {"contamination": 0.1, "unit": 1.0, "signed": True}
    assert parameters["unit"].annotation is float


def test_a_subclass_changes_a_default_and_inherits_the_rest():
    assert InThousands().get_params() == {
        "contamination": 0.2,
        "signed": True,
        "unit": 1000.0,
    }
    assert FirstColumn().unit == 1.0
    np.testing.assert_array_equal(
        InThousands().fit(X).decision_function(X) * 1000,
        FirstColumn().fit(X).decision_function(X),
    )


def test_two_detectors_are_equal_only_when_they_are_one():
    assert FirstColumn() != FirstColumn()
    assert len({FirstColumn(), FirstColumn()}) == 2


def test_an_init_that_was_written_stays():
    for cls in (ByHand, ByHandToo):
        assert cls(3).get_params() == {"power": 3, "contamination": 0.3}
        assert clone(cls(3)).fit(X).power == 3


def test_grid_search_sets_declared_parameters():
    def spread(detector, X, y=None):
        return float(np.ptp(detector.decision_function(X)))

    grid = {"unit": [4.0, 0.5, 2.0]}
    search = GridSearchCV(FirstColumn(), grid, scoring=spread, cv=2).fit(X)
    assert search.best_params_ == {"unit": 0.5}


# --------------------------------------------------------------------- those of the kit


@EVERY
def test_parameters_survive_a_pickle_and_set_params(cls):
    changed = cls().set_params(**dict.fromkeys(cls().get_params(), "anything"))
    assert pickle.loads(pickle.dumps(changed)).get_params() == changed.get_params()
    assert set(changed.get_params().values()) == {"anything"}


@EVERY
def test_a_default_is_the_same_wherever_it_is_read(cls):
    """Of two bases that declare a parameter, the one that Python finds first counts."""
    for name, parameter in inspect.signature(cls).parameters.items():
        assert parameter.default is not inspect.Parameter.empty, name
        assert getattr(cls, name) == parameter.default == getattr(cls(), name), name


def documented(cls, known):
    """Return the names in the section "Parameters" of a docstring, and of those named.

    A line "a, b : what they are" documents two; "and those of `Other`" all of another.
    """
    section = re.search(
        r"Parameters\n\s*-+\n(.*?)(?:\n\s*\n|\Z)", inspect.getdoc(cls) or "", re.DOTALL
    )
    text = section[1] if section else ""
    lines = re.findall(r"^((?:\w+, )*\w+) :|; ((?:\w+, )*\w+) :", text, re.MULTILINE)
    names = {name for pair in lines for part in pair for name in part.split(", ")}
    others = re.search(r"^(?:and )?those of (.*)$", text, re.MULTILINE)
    for other in re.findall(r"`(\w+)`", others[1] if others else ""):
        names |= documented(known[other], known)
    return names - {""}


@pytest.mark.parametrize(
    "cls", [*all_detectors(), RNNClassifier, FirstColumn], ids=lambda cls: cls.__name__
)
def test_every_parameter_is_documented(cls):
    """In its class' docstring or in that of a base it refers to; and no other is."""
    known = {base.__name__: base for base in cls.__mro__}
    assert documented(cls, known) == set(cls().get_params())


def test_an_undocumented_parameter_is_noticed():
    class Silent(FirstColumn):
        power: float = 2.0

    assert documented(Silent, {"Detector": Detector}) < set(Silent().get_params())


def test_the_guides_example_is_a_detector():
    guide = (ROOT / "docs" / "writing-detectors.md").read_text(encoding="utf-8")
    names = {"__name__": "guide"}
    exec(re.search(r"```python\n(.*?)```", guide, re.DOTALL)[1], names)
    cls = names["RangeDetector"]
    assert documented(cls, {"Detector": Detector}) == set(cls().get_params())
    grid = [[0.0, 0.0], [10.0, 5.0], [5.0, 2.5]]
    scores = cls(trim=0.0).fit(grid).decision_function([*grid, [12.0, 0.0], [5, -5]])
    np.testing.assert_allclose(scores, [0, 0, 0, 0.2, 1])
    with pytest.raises(ValueError, match="trim must be below"):
        cls(trim=0.5).fit(grid)


def test_bases_declare_what_all_share():
    assert issubclass(TrainedNetwork, ParameterFieldsMixin)
    shared = set(inspect.signature(TrainedNetwork).parameters)
    assert shared <= set(RNNClassifier().get_params())
    assert "contamination" not in shared
