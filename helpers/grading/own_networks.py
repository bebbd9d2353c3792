"""A Keras network with parts that a learner wrote: it stays in the box, asked there.

Outside stands an object with a network's public face: what it computes, its weights,
its layers. A layer that is wholly Keras' own is made anew by its configuration; one
with an activation of the learner's keeps the rest, and asks for that; any other layer
only takes values and gives values.
"""

import json
from types import FunctionType
from typing import Any

import numpy as np

from helpers.grading.plain import Node, Unreadable, decode, encode, plain_only

_MOST_LAYERS = 200


# -- in the box ------------------------------------------------------------------------


def described(value: Any, task: Any) -> Node:
    """Return the node of a network, or of a layer, that stays in the box."""
    import keras

    made = {"kind": type(value).__name__[:80], "handle": task.hand_out(value)}
    if not isinstance(value, keras.Model):
        return {"is": "own_layer", **made, **_dense(value, task)}
    layers = value.layers[:_MOST_LAYERS]
    made |= {"is": "own_network", "built": bool(value.built)}
    made["input_shape"] = encode(getattr(value, "input_shape", None), plain_only)
    made["parameters"] = int(value.count_params()) if value.built else 0
    made["layers"] = [_layer(each, task) for each in layers]
    return made


def _layer(layer: Any, task: Any) -> Node:
    import keras

    if isinstance(layer, keras.Model):
        return task.kept(layer)
    config = own_config(layer)
    if config is None:
        return described(layer, task)
    return {"is": "network", "config": config, "weights": []}


def _dense(layer: Any, task: Any) -> Node:
    """Return what remains of a dense layer whose activation is a learner's function."""
    import keras

    if not isinstance(layer, keras.layers.Dense):
        return {}
    return {"units": int(layer.units), "activation": task.hand_out(layer.activation)}


def own_config(value: Any) -> str | None:
    """Return a network's or layer's configuration where all of it is Keras' own."""
    import keras

    from helpers.grading.recipes import require_keras

    if type(value).__module__.split(".")[0] != "keras" or _has_own_function(value):
        return None
    try:
        made = keras.saving.serialize_keras_object(value)
        made.pop("compile_config", None)  # how it learned is no part of what it is
        text = json.dumps(made, default=str)
        require_keras(json.loads(text), largest=None)
        # it can be made; what is read here is changed by that
        keras.saving.deserialize_keras_object(json.loads(text), safe_mode=True)
    except Exception:  # of a get_config of the learner's, or a part without one
        return None
    return text


def _has_own_function(value: Any) -> bool:
    """Say whether a part holds a function that is not Keras' own, whatever its name.

    Keras writes down no more of it than the name, and reads its own of that name.
    """
    held = [each for each in vars(value).values() if isinstance(each, FunctionType)]
    if any(each.__globals__["__name__"].split(".")[0] != "keras" for each in held):
        return True
    inner = getattr(value, "layers", ())[:_MOST_LAYERS]
    return any(_has_own_function(each) for each in inner if each is not value)


def asked(task: Any, request: Node) -> Node:
    """Answer a request about a network in the box; raises what the network raises."""
    import keras

    what, held = request["what"], task.handles[request["at"]]
    if what == "call":
        rows = keras.ops.convert_to_tensor(task.decoded(request["rows"]))
        named = {"training": request["training"]} if request["layer"] else {}
        values = keras.ops.convert_to_numpy(held(rows, **named))
        return {"values": encode(values, plain_only), "built": _is_built(held)}
    if what == "weights":
        return {"weights": encode(held.get_weights(), plain_only)}
    if what == "put":
        held.set_weights(task.decoded(request["weights"]))
        return {}
    raise ValueError(what)


def _is_built(held: Any) -> bool:
    return bool(getattr(held, "built", True))


# -- outside ---------------------------------------------------------------------------


def own_part(task: Any, node: Node, boxed: type, name: str) -> Any:
    """Return what stands outside for a network or a layer, a subclass of `boxed`."""
    handle = int(node["handle"])
    if node["is"] == "own_network":
        layers = [task.value(each) for each in node["layers"][:_MOST_LAYERS]]
        shape = decode(node["input_shape"], plain_only)
        told = {"layers": layers, "built": node["built"] is True}
        told |= {} if shape is None else {"input_shape": shape}
        told |= {"_parameters": int(node["parameters"])}
        return _made(name, (_OwnNetwork, boxed), task, handle, told)
    if "activation" in node:
        return _dense_layer(task, node)
    return _made(name, (_OwnPart, boxed), task, handle, {})


def _made(name: str, bases: tuple, task: Any, handle: int, told: Node) -> Any:
    made = type(name, bases, {})()
    vars(made).update(_task=task, _handle=handle, **told)
    return made


def _dense_layer(task: Any, node: Node) -> Any:
    """Return Keras' dense layer with an activation that is asked in the box."""
    import keras

    units = int(node["units"])
    if not 0 < units <= 20_000:
        raise Unreadable("a network with that many units is too large to be graded")
    layer = keras.layers.Dense(units)
    activation = _made("activation", (_OwnFunction,), task, int(node["activation"]), {})
    layer.activation = activation
    return layer


class _OwnFunction:
    """A function of tensors that is asked in the box."""

    _task: Any
    _handle: int
    _is_layer = False

    def __call__(self, rows: Any, training: bool = False, **named: Any) -> Any:
        import keras

        reply = self._ask(
            "call",
            rows=encode(keras.ops.convert_to_numpy(rows), plain_only),
            training=bool(training),
            layer=self._is_layer,
        )
        vars(self)["built"] = reply["built"] is True
        return keras.ops.convert_to_tensor(decode(reply["values"], plain_only))

    def _ask(self, what: str, **more: Any) -> Node:
        own = {"do": "network", "what": what, "at": self._handle}
        return self._task.ask(own | more)


class _OwnPart(_OwnFunction):
    """A layer in the box."""

    _is_layer = True

    def get_weights(self) -> list[np.ndarray]:
        """Return its weights, as they are now."""
        found = decode(self._ask("weights")["weights"], plain_only)
        return [np.asarray(each) for each in found]

    def set_weights(self, weights: Any) -> None:
        """Put other numbers in their place, in the box."""
        plain = [np.asarray(each) for each in weights]
        self._ask("put", weights=encode(plain, plain_only))


class _OwnNetwork(_OwnPart):
    """A network in the box; `layers` are its own, `built` whether it has weights."""

    layers: list[Any]
    _parameters: int

    def count_params(self) -> int:
        """Return how many numbers it learns."""
        return self._parameters

    def summary(self) -> None:
        """Say nothing: nobody looks."""

    def predict(self, rows: Any, **named: Any) -> np.ndarray:
        """Return what it makes of rows, as an array."""
        return np.asarray(self(rows))
