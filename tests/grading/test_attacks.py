"""Messages of a hostile box, each for itself: what is refused before anything is made.

What learners' code may try as a whole is in `hostile.py`.
"""

import json
import signal
import subprocess
import sys

import numpy as np
import pytest

from helpers.grading.calls import filter_of_calls
from helpers.grading.chunks import _kill_kernel
from helpers.grading.plain import Unreadable, decode, encode
from helpers.grading.recipes import RECIPES, made_of, recipe_of
from helpers.grading.rows import KERNEL
from helpers.grading.uses import forbidden_use, names_used

SEARCH = "sklearn.model_selection._search:GridSearchCV"
TREE = {"is": "estimator", "class": "sklearn.tree._classes:DecisionTreeClassifier"}
TREE |= {"params": {}, "fits": []}


def value_of(node):
    """Return what stands outside for a node, as it does for the judge."""

    def reached(inner):
        if inner.get("is") in RECIPES:
            return made_of(inner, value_of)
        raise Unreadable("it is no plain data")

    return decode(node, reached)


def node_of(value):
    return encode(value, lambda part: recipe_of(part, node_of))


def _search(name, *values):
    """A search that tries values of one parameter."""
    grid = {"is": "dict", "keys": [name], "items": [list(values)]}
    params = {"estimator": TREE, "param_grid": grid}
    return {"is": "estimator", "class": SEARCH, "params": params, "fits": []}


def _of(name, **params):
    return {"is": "estimator", "class": name, "params": params, "fits": []}


FIT = ["fit", {"is": "tuple", "items": [[[1], [2]], [0, 1]]}, node_of({})]
NO_MODELS = {
    "checkpoint of a detector": _of(
        "helpers.detectors.autoencoders:AutoencoderDetector", checkpoint="/x"
    ),
    "reads files": _search("words__input", "filename"),
    "a billion trees in a search": _search("n_estimators", 10**9),
    "a billion trees in an array": _of(
        SEARCH, estimator=TREE, param_grid=node_of({"n": np.array([10**9])})
    ),
    "a million trees in a range": _of(
        SEARCH, estimator=TREE, param_grid=node_of({"n": range(999_999, 10**6)})
    ),
    "fitted by somebody": TREE | {"fits": [FIT]},
    "a test's class": _of("sklearn.tests.metadata_routing_common:ConsumingClassifier"),
    "a name of another place": _of("sklearn.pipeline:BaseEstimator"),
    "no class of models": _of("sklearn.pipeline:Bunch"),
    "a foreign package": _of("os:system", command="true"),
    "a relative way": _of("sklearn..os:system"),
    "storage of the kit": _of("helpers.estimators.storage:Path"),
}


@pytest.mark.parametrize("node", NO_MODELS.values(), ids=NO_MODELS)
def test_no_recipe_reaches_files_or_takes_what_there_is(node):
    with pytest.raises(Unreadable):
        value_of(node)


def test_places_to_keep_files_in_are_left_behind():
    pipeline = value_of(_of("sklearn.pipeline:Pipeline", steps=[], memory="/x"))
    assert pipeline.memory is None
    for grid in (
        _search("memory", None, "/x"),
        _of(SEARCH, estimator=TREE, param_grid=node_of({"memory": np.array(["/x"])})),
    ):
        assert set(value_of(grid).param_grid["memory"]) == {None}
    deeper = value_of(_search("a__b__memory", "/x")).param_grid
    assert deeper == {"a__b__memory": [None]}


def test_processes_and_prints_are_no_part_of_a_model():
    made = value_of(_search("n_jobs", 4, -1))
    assert made.param_grid == {"n_jobs": [None, None]}
    forest = _of("sklearn.ensemble._forest:RandomForestClassifier", verbose=9, n_jobs=4)
    made = value_of(forest)
    assert (made.verbose, made.n_jobs) == (0, None)


def test_honest_searches_come_out_as_they_were():
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    grid = {"svc__C": np.array([0.1, 10.0]), "svc__kernel": ["rbf", "linear"]}
    made = value_of(node_of(GridSearchCV(make_pipeline(StandardScaler(), SVC()), grid)))
    assert made.param_grid == {"svc__C": [0.1, 10.0], "svc__kernel": ["rbf", "linear"]}
    assert [name for name, _ in made.estimator.steps] == ["standardscaler", "svc"]


ARRAY = {"is": "array", "dtype": "<f8", "shape": [0], "data": ""}
NO_DATA = {
    "a fraction of texts": {"is": "fraction", "items": ["1e99999999"]},
    "rows without entries": ARRAY | {"shape": [2**50, 0]},
    "texts without entries": ARRAY | {"dtype": "<U0", "shape": [2**50]},
    "objects": ARRAY | {"dtype": "O"},
    "a record": ARRAY | {"dtype": "f8,O"},
    "a range without end": {"is": "range", "items": [0, 2**50, 1]},
    "a thin table": {
        "is": "sparse",
        "shape": [2**40, 2**40],
        "format": "csr",
        "items": [ARRAY] * 3,
    },
    "a file as a time zone": {
        "is": "index",
        "values": {"is": "zoned", "at": ARRAY, "zone": "dateutil//etc/localtime"},
        "freq": None,
        "name": None,
    },
    "a handle": {"is": "mine", "at": 0},
}


@pytest.mark.parametrize("node", NO_DATA.values(), ids=NO_DATA)
def test_no_node_is_endless_work_or_another_thing(node):
    with pytest.raises(Unreadable):
        value_of(node)


def _part(kind, module="keras.layers", /, **config):
    return {"module": module, "class_name": kind, "config": config}


DENSE = {"units": 2, "name": "d"}
NO_PARTS = {
    "code by a layer's name": _part("Lambda", function="x"),
    "code without a module": {"class_name": "Lambda", "config": {}},
    "code under another module": _part("Lambda", "keras.src.layers.core.lambda_layer"),
    "a saved model": _part("TFSMLayer", filepath="/x"),
    "words of a file": _part("TextVectorization", vocabulary="/x"),
    "words of a file, by its base": _part(
        "IndexLookup", "keras.src.layers.preprocessing.index_lookup", vocabulary="/x"
    ),
    "a setting as activation": _part(
        "Dense", **DENSE, activation=_part("set_epsilon", "keras.config")
    ),
    "a download as initializer": _part(
        "Dense", **DENSE, kernel_initializer=_part("get_file", "keras.utils")
    ),
    "weights of the internet": _part(
        "Dense", **DENSE, activation=_part("ResNet50", "keras.applications")
    ),
    "a callback": _part("CSVLogger", "keras.callbacks", filename="/x"),
    "a function": _part("function", "builtins"),
    "another's": _part("Popen", "subprocess", args="true"),
    "a type of TensorFlow": _part("__typespec__", "tensorflow"),
    "a class that is registered": _part("Dense", **DENSE) | {"registered_name": "x>y"},
}


@pytest.mark.parametrize("part", NO_PARTS.values(), ids=NO_PARTS)
def test_networks_are_made_of_parts_that_run_no_code_and_read_no_file(part):
    inner = {"name": "s", "layers": [part]}
    network = {"module": "keras", "class_name": "Sequential", "config": inner}
    with pytest.raises(Unreadable, match="not Keras' own"):
        value_of({"is": "network", "config": json.dumps(network), "weights": []})


def test_honest_networks_come_out_as_they_were():
    import keras

    x = keras.Input((4,))
    h = keras.layers.Dense(3, "relu", kernel_regularizer=keras.regularizers.L2(0.1))(x)
    y = keras.layers.Dense(1, keras.activations.sigmoid)(keras.ops.add(h, h))
    network = keras.Model(x, y)
    network.compile(keras.optimizers.Adam(0.1), keras.losses.MeanSquaredError())
    rows = np.ones((2, 4), dtype="float32")
    np.testing.assert_allclose(value_of(node_of(network))(rows), network(rows))


LSTM = "keras.layers.LSTM"
BORROWED = {
    "after many names": ";".join(f"a{n}" for n in range(6000)) + f";{LSTM}(3)",
    "a part of it": "from keras.layers import LSTM as f\nf.__init__.__closure__",
}
GIVEN = {
    "a list": "kept.append(L)",
    "a list by another name": "other = kept\nother.append(L)",
    "a list that is returned": "def all_of():\n    return kept\nall_of().append(L)",
    "a method of a list": "push = kept.append\npush(L)",
    "an item": "kept[:] = [L]",
    "a frame": "import inspect\ninspect.stack()[0].frame.kept = L",
    "a module by another name": "import sys as s\nprint(s.version)\nx = L",
    "a library": "import numpy as np, numpy as n\nn.sum = L\nkept = [np.sum]",
}
TRIED = {
    "a list of the answer's own": "mine = []\nmine.append(answer(1))",
    "a list of results": "found = []\nfound.append(L(3))",
    "a look at its text": "import inspect, sys\nsys.version, inspect.getdoc(L)",
    "a table of results": "found = {}\nfound.setdefault(1, []).append(L(3))",
}


@pytest.mark.parametrize("cell", BORROWED.values(), ids=BORROWED)
def test_no_cell_hides_what_it_borrows(cell):
    assert forbidden_use(names_used(["import keras"], [cell]), [LSTM]) == LSTM


def _borrowed_by(cell):
    return forbidden_use(names_used(["import keras"], [cell], ["answer"]), [LSTM])


@pytest.mark.parametrize("way", GIVEN.values(), ids=GIVEN)
def test_what_is_given_to_an_object_is_part_of_it(way):
    start, end = "kept = []\ndef answer(x):\n    return kept[0](x)\n", f"L = {LSTM}\n"
    assert _borrowed_by(start + end + way) == LSTM


@pytest.mark.parametrize("way", TRIED.values(), ids=TRIED)
def test_what_a_trial_collects_is_no_part_of_an_answer(way):
    start = "def answer(x):\n    out = []\n    out.append(x)\n    return out\n"
    assert _borrowed_by(f"{start}L = {LSTM}\n{way}") is None


def test_code_that_is_too_intricate_is_not_taken_for_honest():
    with pytest.raises(RecursionError):
        names_used([], ["a" + ".b" * 5000])


def test_the_filter_of_calls_is_there_for_the_usual_machines():
    for machine in ("x86_64", "aarch64"):
        program = filter_of_calls(machine)
        assert len(program) % 8 == 0
        assert 400 < len(program) < 4096 * 8
    assert filter_of_calls("pdp11") == b""


def test_a_busy_judge_ends_with_its_run_and_nobody_else_does(tmp_path):
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    for folder in (ours, theirs):
        folder.mkdir()
    sleeping = [sys.executable, "-c", "import time; time.sleep(30)"]
    processes = [subprocess.Popen(sleeping, cwd=each) for each in (ours, theirs)]
    try:
        for process in processes:
            (ours / KERNEL).write_text(str(process.pid))
            _kill_kernel(ours)
        assert processes[0].wait(timeout=10) == -signal.SIGKILL
        assert processes[1].poll() is None
    finally:
        for process in processes:
            process.kill()
            process.wait()
