"""Models as recipes: public class names, plain parameters, what `fit` was given.

A model never leaves the box itself. Outside, one is made anew: an estimator of
scikit-learn, imbalanced-learn or the kit by its class and parameters; a splitter; a
Keras network by its configuration and weights. A recipe is as hostile as anything that
comes out of a box, so only classes of these packages are made, by no other way than
their constructors, and numbers that would take all memory are refused.

A detector of the kit that was fitted is fitted again outside with the rows that `fit`
was given (`record_fits` notes them); of other estimators only the fact is kept.
"""

import functools
import importlib
import inspect
import json
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from helpers.grading.plain import Node, Unreadable

_PACKAGES = ("sklearn", "imblearn")
_ROOMS = (["detectors"], ["classifiers"], ["estimators"])  # of the kit
_LARGEST = 20_000  # for a whole number among a model's parameters
_MEMORY = ("cachedir", "caching")  # parameters that name a place on disk
_NO_PART = {"n_jobs", "memory", "verbose"}  # of what a model is: how it is worked out
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
    params = {str(name): decoded(each) for name, each in dict(node["params"]).items()}
    for name in _NO_PART & set(params):
        params[name] = inspect.signature(_class(node["class"])).parameters[name].default
    found = _class(node["class"])
    for name, value in params.items():
        _require_modest(found.__name__, name, value)
        params[name] = _few_rounds(name, value)
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
    try:
        found = getattr(importlib.import_module(module), own)
    except (ImportError, AttributeError, ValueError):
        raise Unreadable(f"there is no class {str(name)[:60]}") from None
    if not isinstance(found, type) or not (
        hasattr(found, "get_params") or hasattr(found, "split")
    ):
        raise Unreadable(f"{str(name)[:60]} is no model")
    return found


def _require_modest(model: str, name: str, value: Any) -> None:
    if name in _MEMORY and value is not None:
        raise Unreadable(f"{model} keeps files ({name}=...), which can't be graded")
    if name == "input" and value in ("filename", "file"):
        raise Unreadable(f"{model} reads files, which can't be graded")
    for part, number in _numbers_in(name, value):
        if abs(number) > _LARGEST and part not in _ANY_SIZE:
            raise Unreadable(
                f"{model} with {part}={number:.3g} is too large to be graded"
            )


def _numbers_in(name: str, value: Any) -> Iterator[tuple[str, int]]:
    """Yield the whole numbers of a parameter, each with the name it goes by.

    In the grid of a search that is the last part of its key: svc__C.
    """
    if isinstance(value, (int, np.integer)):
        yield name, int(value)
    elif isinstance(value, (list, tuple, set)):
        for each in value:
            yield from _numbers_in(name, each)
    elif isinstance(value, dict):
        for key, each in value.items():
            grid = name in ("param_grid", "param_distributions")
            part = str(key).rpartition("__")[2] if grid else name
            yield from _numbers_in(part, each)


def _few_rounds(name: str, value: Any) -> Any:
    """Return a parameter; more rounds than there is time for are as good as fewer."""
    counted = name in _ROUNDS and isinstance(value, (int, np.integer))
    return min(value, _LARGEST) if counted else value


def _fitted_again(made: Any, node: Node, decoded: Decoded) -> Any:
    fits = node.get("fits") or []
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
        *("__lambda__", "function"),
    )
)


def require_keras(config: Any, largest: int | None = _LARGEST) -> None:
    """Raise `Unreadable` for what isn't made of Keras' own parts, or is too large."""
    if isinstance(config, list):
        for each in config:
            require_keras(each, largest)
    elif isinstance(config, dict):
        module = config.get("module")
        name = config.get("class_name")
        foreign = module is not None and str(module).split(".")[0] != "keras"
        registered = config.get("registered_name") not in (None, name)
        if foreign or name in _NO_LAYERS or registered:
            raise Unreadable(f"it has a part that is not Keras' own, {str(name)[:40]}")
        for key, each in config.items():
            if key != "seed":
                require_keras(each, largest)
    elif isinstance(config, int) and largest is not None and abs(config) > largest:
        raise Unreadable(f"a network with {config:.3g} units is too large to be graded")
