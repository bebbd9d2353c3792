"""A trained network and the score made of it as one ONNX graph, from plain arrays.

The graph computes what `decision_function` computes, in the same precisions: scaling
and errors in double, the network in single precision. Values are names of the graph;
each method of `Graph` adds nodes and returns the name of what they give. Recurrent
layers are in `helpers.networks.onnx_recurrences`.
"""

import json
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

import numpy as np
import onnx
from numpy.typing import ArrayLike, NDArray
from onnx import TensorProto, helper, numpy_helper
from sklearn.preprocessing import StandardScaler

import helpers
from helpers.networks.chains import Activation, Chain

__all__ = ["Graph", "facts_of", "finished", "onnx_bytes"]

# old enough for every onnxruntime since 1.14 (2023)
_OPSET, _IR_VERSION = 18, 8
_LARGEST_ERROR = 1e150  # as in the detectors: its square is finite
_DOUBLE, _SINGLE = TensorProto.DOUBLE, TensorProto.FLOAT

_SIMPLE = {
    "relu": "Relu",
    "tanh": "Tanh",
    "sigmoid": "Sigmoid",
    "elu": "Elu",
    "selu": "Selu",
}


class Graph:
    """An ONNX graph that is being built; `variables` are those of the network."""

    def __init__(self, variables: Sequence[NDArray]):
        self.variables = variables
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self._numbers = count()

    def inner(self) -> "Graph":
        """Return a graph for the body of a loop; constants are those of this one."""
        body = Graph(self.variables)
        body.constants, body._numbers = self.constants, self._numbers
        return body

    # ------------------------------------------------------------------ its nodes

    def name(self) -> str:
        """Return a name that nothing has yet."""
        return f"v{next(self._numbers)}"

    def ops(self, kind: str, *inputs: str, outputs: int, **attributes: Any) -> list:
        """Add a node; return the names of its outputs."""
        names = [self.name() for _ in range(outputs)]
        made = helper.make_node(kind, inputs, names, name=names[0], **attributes)
        self.nodes.append(made)  # by its own name: onnxruntime 1.20 mixes up others
        return names

    def op(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Add a node with one output; return its name."""
        return self.ops(kind, *inputs, outputs=1, **attributes)[0]

    def named(self, kind: str, name: str, *inputs: str) -> None:
        """Add a node whose output has this name."""
        self.nodes.append(helper.make_node(kind, inputs, [name], name=name))

    def constant(self, values: ArrayLike, dtype: Any = np.float64) -> str:
        """Return the name of a constant, double unless another `dtype` is named."""
        array, name = np.ascontiguousarray(values, dtype=dtype), self.name()
        array = array.reshape(np.shape(values))  # a number stays one
        self.constants.append(numpy_helper.from_array(array, name))
        return name

    def axes(self, *numbers: int) -> str:
        """Return the name of a constant that lists axes, or other whole numbers."""
        return self.constant(numbers, np.int64)

    # ------------------------------------------------------- what detectors use

    def scaled(self, x: str, scaler: Any) -> str:
        """Return x (n, ..., features) in units of the scaler, None for x's own."""
        if scaler is None:
            return x
        if isinstance(scaler, StandardScaler):
            centred = self.op("Sub", x, self.constant(scaler.mean_))
            return self.op("Div", centred, self.constant(scaler.scale_))
        stretched = self.op("Mul", x, self.constant(scaler.scale_))
        return self.op("Add", stretched, self.constant(scaler.min_))

    def single(self, x: str) -> str:
        """Return x in single precision."""
        return self.op("Cast", x, to=_SINGLE)

    def double(self, x: str) -> str:
        """Return x in double precision."""
        return self.op("Cast", x, to=_DOUBLE)

    def limited(self, x: str, limit: float) -> str:
        """Return double x, cut to [-limit, limit]."""
        return self.op("Clip", x, self.constant(-limit), self.constant(limit))

    def chain(self, x: str, chain: Chain) -> str:
        """Return what dense layers say of x (..., inputs), in single precision."""
        for layer in chain.layers:
            kernel, bias = (
                self.constant(self.variables[place], np.float32)
                for place in (layer.kernel, layer.bias)
            )
            sums = self.op("Add", self.op("MatMul", x, kernel), bias)
            x = self._activated(sums, layer.activation)
        return x

    def _activated(self, x: str, activation: Activation) -> str:
        if activation.name == "linear":
            return x
        if activation.name == "leaky":
            return self.op("LeakyRelu", x, alpha=activation.slope)
        if activation.name == "gelu":
            root, half, one = (
                self.constant(number, np.float32) for number in (np.sqrt(0.5), 0.5, 1)
            )
            share = self.op("Add", one, self.op("Erf", self.op("Mul", x, root)))
            return self.op("Mul", self.op("Mul", half, x), share)
        return self.op(_SIMPLE[activation.name], x)

    def squared_errors(self, scaled: str, said: str) -> str:
        """Return (scaled - said)^2 in double precision, kept finite."""
        error = self.op("Sub", scaled, self.double(said))
        return self.squared(self.limited(error, _LARGEST_ERROR))

    def absolute_errors(self, one: str, other: str) -> str:
        """Return |one - other| of doubles, kept finite."""
        size = self.op("Abs", self.op("Sub", one, other))
        return self.op("Min", size, self.constant(_LARGEST_ERROR))

    def squared(self, x: str) -> str:
        """Return x^2."""
        return self.op("Mul", x, x)

    def sum(self, x: str, *axes: int, keep: bool = False) -> str:
        """Return the sum of x over axes."""
        return self.op("ReduceSum", x, self.axes(*axes), keepdims=int(keep))

    def mean(self, x: str, *axes: int) -> str:
        """Return the mean of x over axes."""
        return self.op("ReduceMean", x, self.axes(*axes), keepdims=0)

    def log_sum_exp(self, x: str, axis: int) -> str:
        """Return log(sum(exp(x))) over an axis, without overflow."""
        top = self.op("ReduceMax", x, self.axes(axis), keepdims=1)
        shares = self.op("Exp", self.op("Sub", x, top))
        total = self.op("Log", self.sum(shares, axis))
        return self.op("Add", total, self.op("Squeeze", top, self.axes(axis)))


def onnx_bytes(estimator: Any, scores: Callable[[Graph, str], str]) -> bytes:
    """Return a fitted estimator as the bytes of an ONNX file.

    `scores(graph, scaled)` adds what the estimator makes of scaled input. The graph
    reads X, double, (n, features) or (n, steps, features), and gives `scores`, double.
    """
    graph = Graph(estimator.state_.variables)
    found = scores(graph, graph.scaled("X", estimator.scaler_))
    per_step = bool(getattr(estimator, "per_step_", False))
    shape = [getattr(estimator, "n_steps_in_", None), estimator.n_features_in_]
    sizes = [size for size in shape if size is not None]
    _refuse_missing(graph, found, len(sizes), per_step=per_step)
    per_row = sizes[:per_step]
    return finished(
        graph,
        {"X": (_DOUBLE, ["n", *sizes])},
        {"scores": (_DOUBLE, ["n", *per_row])},
        facts_of(estimator),
    )


def _refuse_missing(graph: Graph, found: str, axes: int, *, per_step: bool) -> None:
    """Give as `scores` what was found, NaN where X has NaN or infinity."""
    nothing = graph.op("Mul", "X", graph.constant(0.0))
    total = graph.sum(nothing, *range(1, axes + 1))
    if per_step:
        total = graph.op("Unsqueeze", total, graph.axes(1))
    graph.named("Add", "scores", found, total)


def finished(
    graph: Graph,
    inputs: dict[str, tuple[int, list]],
    outputs: dict[str, tuple[int, list]],
    facts: dict[str, str],
    *,
    opsets: Sequence[Any] = (),
) -> bytes:
    """Return the bytes of a file: a graph, name -> type and shape of what it reads and
    gives, and what its reader should know. `opsets` are those beside ONNX' own.
    """
    reads, gives = (
        [
            helper.make_tensor_value_info(name, kind, shape)
            for name, (kind, shape) in values.items()
        ]
        for values in (inputs, outputs)
    )
    body = helper.make_graph(graph.nodes, "scores", reads, gives, graph.constants)
    model = helper.make_model(
        body,
        producer_name="anomaly-workshop",
        producer_version=helpers.__version__,
        opset_imports=[helper.make_opsetid("", _OPSET), *opsets],
        ir_version=_IR_VERSION,
    )
    helper.set_model_props(model, facts)
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString()


def facts_of(estimator: Any) -> dict[str, str]:
    """Return what a reader needs beside the graph, as text."""
    facts = {
        "detector": type(estimator).__name__,
        "anomaly_workshop": helpers.__version__,
        "input_kind": estimator.input_kind,
    }
    if hasattr(estimator, "threshold_"):
        facts["threshold"] = repr(float(estimator.threshold_))
    if hasattr(estimator, "feature_names_in_"):
        facts["feature_names"] = json.dumps(list(estimator.feature_names_in_))
    return facts
