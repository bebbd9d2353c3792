"""Models as recipes: public class names, plain parameters, what `fit` was given.

A model never leaves the box itself. Outside, one is made anew: an estimator of
scikit-learn, imbalanced-learn or the kit by its class and parameters; a splitter; a
Keras network by its configuration and weights. A recipe is as hostile as anything that
comes out of a box, so only classes of these packages are made, by no other way than
their constructors, and numbers that would take all memory are refused.

A detector of the kit that was fitted is fitted again outside with the rows that `fit`
was given (`record_fits` notes them); of other estimators only the fact is kept.
"""

import contextlib
import functools
import importlib
import inspect
import json
from collections.abc import Callable
from typing import Any

import numpy as np

from helpers.grading.plain import Node, Unreadable

_PACKAGES = ("sklearn", "imblearn")
_ROOMS = (["detectors"], ["classifiers"], ["estimators"])  # of the kit
_LARGEST = 20_000  # for a whole number among a model's parameters
_PLACES = ("cachedir", "caching", "checkpoint")  # name a place on disk
_NO_PART = {"n_jobs": None, "verbose": 0, "progress": False, "memory": None}
_NO_MODELS = ("tests", "conftest", "datasets", "experimental", "externals")
_ROUNDS = ("max_iter", "max_fun", "n_iter_no_change")  # no more are made than needed
_ANY_SIZE = frozenset(  # numbers that cost neither memory nor time
    (
        *("random_state", "seed", "C", "alpha", "class_weight", "subsample", "tol"),
        *("fill_value", "missing_values", "unknown_value", "threshold", "l1_ratio"),
        *("feature_range", "quantile_range", "categories", "cost_matrix", "gamma"),
        *("max_leaf_nodes", "max_samples", "max_no_improvement"),
        *("Cs", "alphas", "kw_args", "inv_kw_args", *_ROUNDS),
    )
)
_FITS = "_fits_in_the_box"
_MANY_FITS = 5


Encoded = Callable[[object], Node]
Decoded = Callable[[Node], Any]


# -- to a recipe, in the box (and outside, for what is given) --------------------------


def recipe_of(value: Any, encoded: Encoded) -> Node | None:
    """Return the recipe of a model, or None for what is none."""
    if is_network(value):
        return _network_recipe(value, encoded)
    if _is_random_state(value):
        return _random_recipe(value, encoded)
    if _is_scorer(value):
        return _scorer_recipe(value, encoded)
    of = _library_class(type(value))
    kind = None if of is None else _public_name(of)
    if of is None or kind is None:
        return None
    if hasattr(value, "get_params"):
        return _estimator_recipe(value, of, encoded)
    if hasattr(value, "split") and kind.startswith("sklearn.model_selection"):
        return _splitter_recipe(value, kind, encoded)
    return None


def _library_class(kind: type) -> Any:
    """Return a class, or the library's that it inherits from and adds nothing to.

    The kit's detectors note what their own `fit` gets, whatever a subclass makes of it.
    What checks make for themselves has no recipe.
    """
    if kind.__module__.startswith("helpers.exercises"):
        return None
    each: Any
    for each in kind.__mro__:
        if _is_known(each.__module__):
            usable = hasattr(each, "fit") or kind is each
            return each if usable else None
        own = {name for name, part in vars(each).items() if _is_own_code(name, part)}
        if own and not _is_detector(kind):
            return None
    return None


def _is_own_code(name: str, part: Any) -> bool:
    """Say whether a part of a class changes what its models do, not how they begin."""
    inherited = name.startswith("__") or name.endswith("_request")
    return not inherited and (callable(part) or isinstance(part, _CODE))


_CODE = (property, classmethod, staticmethod)


def _is_detector(kind: type) -> bool:
    return any(each.__module__.startswith("helpers.detectors") for each in kind.__mro__)


def _is_scorer(value: Any) -> bool:
    """Say whether a value is what scikit-learn's `make_scorer` makes."""
    kind = type(value)
    return kind.__name__ == "_Scorer" and kind.__module__ == "sklearn.metrics._scorer"


def _public_name(kind: type) -> str | None:
    """Return where a class of the known packages is found, by its module and name."""
    module, name = kind.__module__, kind.__qualname__
    if "." in name or name.startswith("_") or not _is_known(module):
        return None
    return f"{module}:{name}"


def _is_known(module: str) -> bool:
    root, *below = module.split(".")
    return root in _PACKAGES or (root == "helpers" and below[:1] in _ROOMS)


def _estimator_recipe(value: Any, of: type, encoded: Encoded) -> Node:
    made: dict[str, Node] = {"is": "estimator", "class": _public_name(of)}
    as_it_is = of is type(value)
    params = value.get_params(deep=False) if as_it_is else _held(value, of)
    made["params"] = {name: encoded(each) for name, each in params.items()}
    made["output"] = _output_of(value)
    made["fitted"] = _is_fitted(value)
    made["fits"] = [
        [method, encoded(arguments), encoded(named)]
        for method, arguments, named in vars(value).get(_FITS, [])
    ]
    return made


def _held(value: Any, of: type) -> dict[str, Any]:
    """Return the parameters of a library's class that one of a subclass holds."""
    names = inspect.signature(of).parameters
    return {name: vars(value)[name] for name in names if name in vars(value)}


def _output_of(value: Any) -> Any:
    """Return which kind of table a transformer was told to make: "pandas", or None."""
    told = vars(value).get("_sklearn_output_config")
    return told.get("transform") if isinstance(told, dict) else None


def _is_fitted(value: Any) -> bool:
    from helpers.grading.fitted import is_fitted

    return is_fitted(value)


def _splitter_recipe(value: Any, kind: str, encoded: Encoded) -> Node:
    held = vars(value) | dict(getattr(value, "cvargs", {}))
    names = inspect.signature(type(value)).parameters
    params = {name: encoded(held[name]) for name in names if name in held}
    return {"is": "splitter", "class": kind, "params": params}


def _scorer_recipe(value: Any, encoded: Encoded) -> Node:
    parts = {name: encoded(vars(value)[f"_{name}"]) for name in _OF_SCORERS}
    return {"is": "scorer", "parts": parts}


_OF_SCORERS = ("score_func", "sign", "kwargs", "response_method")


def _is_random_state(value: Any) -> bool:
    return type(value) in (np.random.RandomState, np.random.Generator)


def _random_recipe(value: Any, encoded: Encoded) -> Node:
    old = type(value) is np.random.RandomState
    state = value.get_state(legacy=False) if old else value.bit_generator.state
    return {"is": "random", "old": old, "state": encoded(state)}


def is_network(value: Any) -> bool:
    """Say whether a value is a network of Keras, a learner's own class or not."""
    import sys

    keras = sys.modules.get("keras")
    return keras is not None and issubclass(type(value), keras.Model)


def _network_recipe(value: Any, encoded: Encoded) -> Node | None:
    """Return the recipe of a network, or None where a part of it is not Keras' own."""
    from helpers.grading.own_networks import own_config

    text = own_config(value)
    if text is None:
        return None
    weights = value.get_weights() if value.built else []
    return {"is": "network", "config": text, "weights": encoded(weights)}


def record_fits(kind: type) -> None:
    """Make a class note on each object what its `fit` and `partial_fit` were given."""
    for method in ("fit", "partial_fit"):
        original = kind.__dict__.get(method)
        if callable(original):
            setattr(kind, method, _recording(original, method))


def _recording(original: Callable[..., Any], method: str) -> Callable[..., Any]:
    @functools.wraps(original)
    def recording(self: Any, *arguments: Any, **named: Any) -> Any:
        noted = vars(self).setdefault(_FITS, [])
        nested = vars(self).get("_fits_nested", False)
        if not nested:
            if method == "fit":
                noted.clear()
            noted.append((method, arguments, named))
        vars(self)["_fits_nested"] = True
        try:
            return original(self, *arguments, **named)
        finally:
            vars(self)["_fits_nested"] = nested

    return recording


# -- and a model of it, outside --------------------------------------------------------


def made_of(node: Node, decoded: Decoded) -> Any:
    """Return the model of a recipe; raises `Unreadable` for one that isn't allowed."""
    kind = node["is"]
    if kind == "network":
        return _network(node, decoded)
    if kind == "random":
        return _random(node, decoded)
    if kind == "scorer":
        return _scorer(node, decoded)
    found = _class(node["class"])
    params = {
        str(name): _modest(found.__name__, str(name), decoded(each))
        for name, each in dict(node["params"]).items()
    }
    if kind == "splitter":
        return found(**params)
    made = found(**params)
    if node.get("output") == "pandas" and hasattr(made, "set_output"):
        made.set_output(transform="pandas")
    return _fitted_again(made, node, decoded)


RECIPES = ("estimator", "splitter", "network", "random", "scorer")


def _class(name: Any) -> type:
    module, _, own = str(name).partition(":")
    if not _is_known(module) or not own.isidentifier() or own.startswith("_"):
        raise Unreadable(f"it is of a class that is not known here, {str(name)[:60]}")
    if any(part in _NO_MODELS for part in module.split(".")):
        raise Unreadable(f"{str(name)[:60]} is no model")
    try:
        found = getattr(importlib.import_module(module), own)
    except (ImportError, AttributeError, ValueError):
        raise Unreadable(f"there is no class {str(name)[:60]}") from None
    if not isinstance(found, type) or not (
        hasattr(found, "get_params") or hasattr(found, "split")
    ):
        raise Unreadable(f"{str(name)[:60]} is no model")
    if _public_name(found) != name:
        raise Unreadable(f"{str(name)[:60]} is of another place")
    return found


def _modest(model: str, name: str, value: Any, any_size: bool = False) -> Any:
    """Return a parameter's value as a model may have it out here.

    What a search tries counts as well: dicts whose keys are names of parameters
    (`{"forest__n_jobs": [4]}`). Raises `Unreadable` for places on disk and for what
    is too large.
    """
    own = name.rpartition("__")[2]
    any_size = any_size or own in _ANY_SIZE
    if isinstance(value, dict):
        return {
            key: _modest(
                model, key if isinstance(key, str) else name, _listed(each), any_size
            )
            for key, each in value.items()
        }
    if isinstance(value, (list, tuple, set, frozenset)):
        return type(value)(_modest(model, name, each, any_size) for each in value)
    if own in _NO_PART:
        return False if isinstance(value, bool) else _NO_PART[own]
    if own in _PLACES and value is not None:
        raise Unreadable(f"{model} keeps files ({name}=...), which can't be graded")
    if own == "input" and isinstance(value, str) and value in ("filename", "file"):
        raise Unreadable(f"{model} reads files, which can't be graded")
    is_number = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if own in _ROUNDS and is_number:  # more than there is time for are as good as fewer
        return min(value, _LARGEST)
    if is_number and abs(int(value)) > _LARGEST and not any_size:
        raise Unreadable(f"{model} with {name}={value:.3g} is too large to be graded")
    return value


def _listed(value: Any) -> Any:
    """Return the values that a search tries as a list, where they are an array."""
    if isinstance(value, range):
        return list(value)
    return value.tolist() if hasattr(type(value), "tolist") else value


def _fitted_again(made: Any, node: Node, decoded: Decoded) -> Any:
    fits = node.get("fits") or []
    if fits and not type(made).__module__.startswith("helpers."):
        raise Unreadable("it is no plain data")
    for method, arguments, named in fits[:_MANY_FITS]:
        if method not in ("fit", "partial_fit"):
            raise Unreadable("it is no plain data")
        getattr(made, method)(*decoded(arguments), **decoded(named))
    if node.get("fitted") is True and not fits:
        made.fitted_ = True  # what scikit-learn looks for: a name that ends so
    return made


def _random(node: Node, decoded: Decoded) -> Any:
    state = decoded(node["state"])
    if node["old"]:
        made = np.random.RandomState()
        made.set_state(state)
        return made
    kind = getattr(np.random, str(state["bit_generator"]))
    if not issubclass(kind, np.random.BitGenerator):
        raise Unreadable("it is no plain data")
    generator = kind()
    generator.state = state
    return np.random.Generator(generator)


def _scorer(node: Node, decoded: Decoded) -> Any:
    from sklearn.metrics import make_scorer

    function, sign, named, response = (decoded(node["parts"][n]) for n in _OF_SCORERS)
    if not callable(function) or isinstance(function, type):
        raise Unreadable("it is no plain data")
    return make_scorer(
        function, response_method=response, greater_is_better=sign > 0, **named
    )


def _network(node: Node, decoded: Decoded) -> Any:
    import keras

    try:
        config = json.loads(node["config"])
    except (ValueError, RecursionError):
        raise Unreadable("it is no Keras network") from None
    require_keras(config)
    made = keras.saving.deserialize_keras_object(config, safe_mode=True)
    weights = decoded(node["weights"])
    if weights:
        made.set_weights(weights)
    return made


# layers that run code of their own, or read a file that their configuration names
_NO_LAYERS = frozenset(
    (
        *("Lambda", "TorchModuleWrapper", "JaxLayer", "FlaxLayer", "TFSMLayer"),
        *("StringLookup", "IntegerLookup", "TextVectorization", "FeatureSpace"),
        *("IndexLookup", "__lambda__", "__typespec__", "function"),
    )
)
_KERAS_ROOMS = (  # where parts of networks are, in `keras` and in `keras.src`
    *("activations", "constraints", "dtype_policies", "initializers", "layers"),
    *("losses", "metrics", "models", "ops", "optimizers", "regularizers"),
)
_PLAIN_PARTS = ("__keras_tensor__", "__tensor__", "__numpy__", "__slice__")


def require_keras(config: Any, largest: int | None = _LARGEST) -> None:
    """Raise `Unreadable` for what isn't made of Keras' own parts, or is too large."""
    if isinstance(config, list):
        for each in config:
            require_keras(each, largest)
    elif isinstance(config, dict):
        if "class_name" in config:
            _require_part(config)
        for key, each in config.items():
            if key != "seed":
                require_keras(each, largest)
    elif isinstance(config, int) and largest is not None and abs(config) > largest:
        raise Unreadable(f"a network with {config:.3g} units is too large to be graded")


def _require_part(config: dict[str, Any]) -> None:
    """Raise `Unreadable` unless a configuration is of a class of networks' parts."""
    name, module = str(config["class_name"]), config.get("module")
    if name in _PLAIN_PARTS:
        return
    registered = config.get("registered_name") not in (None, name)
    known = module is not None and not registered and name not in _NO_LAYERS
    found = _keras_class(str(module), name) if known else None
    if found is None or any(each.__name__ in _NO_LAYERS for each in found.__mro__):
        raise Unreadable(f"it has a part that is not Keras' own, {name[:40]}")


def _keras_class(module: str, name: str) -> type | None:
    """Return a class of layers, initializers, losses and the like, or None."""
    import keras

    root, *below = module.replace("keras.src.", "keras.", 1).split(".")
    if root != "keras" or (below and below[0] not in _KERAS_ROOMS):
        return None
    with contextlib.suppress(ImportError):
        found = getattr(importlib.import_module(module), name, None)
        kinds = (
            *(keras.Operation, keras.initializers.Initializer, keras.losses.Loss),
            *(keras.regularizers.Regularizer, keras.constraints.Constraint),
            *(keras.metrics.Metric, keras.optimizers.Optimizer),
            *(keras.optimizers.schedules.LearningRateSchedule, keras.DTypePolicy),
        )
        if isinstance(found, type) and issubclass(found, kinds):
            return found
    return None
