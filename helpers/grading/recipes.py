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
_LARGEST = 20_000  # for any whole number among a model's parameters
_PLACES = ("memory", "cachedir", "caching", "checkpoint")  # name a place on disk
_NO_PART = {"n_jobs": None, "verbose": 0, "progress": False}  # of what a model is
_NO_MODELS = ("tests", "conftest", "datasets", "experimental", "externals")
_FITS = "_fits_in_the_box"
_MANY_FITS = 5

_SEEDS = ("random_state", "seed")

Encoded = Callable[[object], Node]
Decoded = Callable[[Node], Any]


# -- to a recipe, in the box (and outside, for what is given) --------------------------


def recipe_of(value: Any, encoded: Encoded) -> Node | None:
    """Return the recipe of a model, or None for what is none."""
    if _is_network(value):
        return _network_recipe(value, encoded)
    if _is_random_state(value):
        return _random_recipe(value, encoded)
    kind = _public_name(type(value))
    if kind is None:
        return None
    if hasattr(value, "get_params"):
        return _estimator_recipe(value, kind, encoded)
    if hasattr(value, "split") and kind.startswith("sklearn.model_selection"):
        return _splitter_recipe(value, kind, encoded)
    return None


def _public_name(kind: type) -> str | None:
    """Return where a class of the known packages is found, by its module and name."""
    module, name = kind.__module__, kind.__qualname__
    if "." in name or name.startswith("_") or not _is_known(module):
        return None
    return f"{module}:{name}"


def _is_known(module: str) -> bool:
    root, *below = module.split(".")
    return root in _PACKAGES or (root == "helpers" and below[:1] in _ROOMS)


def _estimator_recipe(value: Any, kind: str, encoded: Encoded) -> Node:
    made: dict[str, Node] = {"is": "estimator", "class": kind}
    made["params"] = {
        name: encoded(each) for name, each in value.get_params(deep=False).items()
    }
    made["fitted"] = _is_fitted(value)
    made["fits"] = [
        [method, encoded(arguments), encoded(named)]
        for method, arguments, named in vars(value).get(_FITS, [])
    ]
    return made


def _is_fitted(value: Any) -> bool:
    from helpers.grading.fitted import is_fitted

    return is_fitted(value)


def _splitter_recipe(value: Any, kind: str, encoded: Encoded) -> Node:
    held = vars(value) | dict(getattr(value, "cvargs", {}))
    names = inspect.signature(type(value)).parameters
    params = {name: encoded(held[name]) for name in names if name in held}
    return {"is": "splitter", "class": kind, "params": params}


def _is_random_state(value: Any) -> bool:
    return type(value) in (np.random.RandomState, np.random.Generator)


def _random_recipe(value: Any, encoded: Encoded) -> Node:
    old = type(value) is np.random.RandomState
    state = value.get_state(legacy=False) if old else value.bit_generator.state
    return {"is": "random", "old": old, "state": encoded(state)}


def _is_network(value: Any) -> bool:
    import sys

    keras = sys.modules.get("keras")
    return keras is not None and issubclass(type(value), keras.Model)


def _network_recipe(value: Any, encoded: Encoded) -> Node:
    import keras

    if type(value).__module__.split(".")[0] != "keras":
        return {
            "is": "object",
            "kind": type(value).__name__,
            "of": "a class of its own",
        }
    text = json.dumps(keras.saving.serialize_keras_object(value), default=str)
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
    found = _class(node["class"])
    params = {
        str(name): _modest(found.__name__, str(name), decoded(each))
        for name, each in dict(node["params"]).items()
    }
    if kind == "splitter":
        return found(**params)
    return _fitted_again(found(**params), node, decoded)


RECIPES = ("estimator", "splitter", "network", "random")


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


def _modest(model: str, name: str, value: Any) -> Any:
    """Return a parameter's value as a model may have it out here.

    What a search tries counts as well: dicts whose keys are names of parameters
    (`{"forest__n_jobs": [4]}`). Raises `Unreadable` for places on disk and for what
    is too large.
    """
    own = name.rpartition("__")[2]
    if isinstance(value, dict):
        return {
            key: _modest(model, key if isinstance(key, str) else name, _listed(each))
            for key, each in value.items()
        }
    if isinstance(value, (list, tuple, set, frozenset)):
        return type(value)(_modest(model, name, each) for each in value)
    if own in _NO_PART:
        return False if isinstance(value, bool) else _NO_PART[own]
    if own in _PLACES and value is not None:
        raise Unreadable(f"{model} keeps files ({name}=...), which can't be graded")
    if own == "input" and isinstance(value, str) and value in ("filename", "file"):
        raise Unreadable(f"{model} reads files, which can't be graded")
    is_number = isinstance(value, (int, np.integer)) and own not in _SEEDS
    if is_number and abs(int(value)) > _LARGEST:
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


def _network(node: Node, decoded: Decoded) -> Any:
    import keras

    try:
        config = json.loads(node["config"])
    except (ValueError, RecursionError):
        raise Unreadable("it is no Keras network") from None
    _require_keras(config)
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


def _require_keras(config: Any) -> None:
    """Raise `Unreadable` for what isn't made of Keras' own parts, or is too large."""
    if isinstance(config, list):
        for each in config:
            _require_keras(each)
    elif isinstance(config, dict):
        if "class_name" in config:
            _require_part(config)
        for key, each in config.items():
            if key != "seed":
                _require_keras(each)
    elif isinstance(config, int) and abs(config) > _LARGEST:
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
