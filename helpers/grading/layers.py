"""A Keras layer that a learner wrote: its class stays in the box, and is asked there.

Outside stands a class that is a `keras.layers.Layer` for whoever asks, and whose
objects pass rows in and get values, weights and shapes back.
"""

from typing import Any

import numpy as np

from helpers.grading.plain import Node, decode, encode, plain_only

LAYER = "keras.src.layers.layer.Layer"
_DENSE = "keras.src.layers.core.dense.Dense"


# -- in the box ------------------------------------------------------------------------


def asked(task: Any, request: Node) -> Node:
    """Answer a request about a layer in the box; raises what the layer raises."""
    import keras

    what, held = request["what"], task.handles[request["at"]]
    if what == "make":
        made = held(*task.decoded(request["arguments"]))
        return {"handle": task.hand_out(made)}
    if what == "call":
        rows = keras.ops.convert_to_tensor(task.decoded(request["rows"]))
        values = held(rows)
        if values is None or values is ...:
            return {"values": None}
        return {"values": encode(keras.ops.convert_to_numpy(values), plain_only)}
    if what == "shape":
        made = held(keras.Input(tuple(request["shape"][1:])))
        return {"shape": list(made.shape)}
    if what == "assign":
        held.weights[request["place"]].assign(task.decoded(request["values"]))
        return {}
    return _state(held)


def _state(layer: Any) -> Node:
    import keras

    learned = {id(each) for each in layer.trainable_weights}
    parts = [*vars(layer).values()]
    parts += [p for each in parts if isinstance(each, list | tuple) for p in each]
    return {
        "dense": any(isinstance(each, keras.layers.Dense) for each in parts),
        "weights": [
            [
                id(each) in learned,
                encode(keras.ops.convert_to_numpy(each.value), plain_only),
            ]
            for each in layer.weights
        ],
    }


# -- outside ---------------------------------------------------------------------------


def layer_class(task: Any, name: str, handle: int, bases: list[Any]) -> type:
    """Return a class of layers that live in the box, a subclass of Keras' `Layer`."""
    import keras

    base: Any = keras.layers.Dense if _DENSE in bases else keras.layers.Layer

    class BoxedLayer(base):
        """A layer whose class was written by a learner."""

        def __init__(self, *arguments: Any) -> None:
            keras.layers.Layer.__init__(self)
            reply = task.ask(
                {
                    "do": "layer",
                    "what": "make",
                    "at": handle,
                    "arguments": encode(list(arguments), plain_only),
                }
            )
            self.__dict__["boxed"] = int(reply["handle"])

        def _ask(self, what: str, **more: Any) -> Node:
            own = vars(self)["boxed"]
            return task.ask({"do": "layer", "what": what, "at": own, **more})

        def __call__(self, rows: Any) -> Any:
            if isinstance(rows, keras.KerasTensor):
                reply = self._ask("shape", shape=list(rows.shape))
                return keras.KerasTensor(tuple(reply["shape"]), dtype=rows.dtype)
            plain = encode(keras.ops.convert_to_numpy(rows), plain_only)
            values = self._ask("call", rows=plain)["values"]
            if values is None:
                return None
            state = self._ask("state")
            if state["dense"] is True:
                self.__dict__["part"] = keras.layers.Dense(1)
            return keras.ops.convert_to_tensor(decode(values, plain_only))

        def _boxed_weights(self, learned_only: bool) -> list[Any]:
            found = self._ask("state")["weights"]
            return [
                _Weight(self, place, decode(node, plain_only))
                for place, (learned, node) in enumerate(found[:20])
                if learned or not learned_only
            ]

        @property
        def weights(self) -> list[Any]:
            """The layer's weights, learned and fixed ones."""
            return self._boxed_weights(False)

        @property
        def trainable_weights(self) -> list[Any]:
            """The weights that are learned."""
            return self._boxed_weights(True)

    BoxedLayer.__name__ = BoxedLayer.__qualname__ = name
    return BoxedLayer


class _Weight:
    """One weight of a layer in the box, as it was when it was asked for."""

    def __init__(self, layer: Any, place: int, values: np.ndarray):
        self.layer, self.place, self._values = layer, place, values
        self.shape = np.shape(values)

    @property
    def value(self) -> Any:
        """The weight's numbers."""
        import keras

        return keras.ops.convert_to_tensor(self._values)

    def assign(self, values: Any) -> None:
        """Put other numbers in its place, in the box."""
        plain = np.asarray(values, dtype=self._values.dtype)
        node = encode(plain, plain_only)
        self.layer._ask("assign", place=self.place, values=node)
        self._values = plain
