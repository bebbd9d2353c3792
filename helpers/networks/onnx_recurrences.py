"""Recurrent layers as nodes of an ONNX graph: RNN, GRU, LSTM, and a loop of them.

Keras orders the gates of an LSTM input, forget, candidate, output; ONNX input, output,
forget, candidate. Their GRUs agree, and so do their equations, peepholes included.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto, helper

from helpers.networks.onnx_graphs import Graph
from helpers.networks.recurrences import (
    EncoderDecoderArrays,
    Recurrence,
    RecurrentArrays,
    SequenceArrays,
)
from helpers.networks.window_autoencoders import WindowAutoencoderArrays

__all__ = ["rebuilt", "rebuilt_windows", "retold", "said_of_windows"]

_Decoding = SequenceArrays | EncoderDecoderArrays

_OPS = {1: "RNN", 3: "GRU", 4: "LSTM"}
_GATES = {1: [0], 3: [0, 1, 2], 4: [0, 3, 1, 2]}  # ONNX' order of Keras' gates
_WITH_RELU = {1: ["Relu"], 3: ["Sigmoid", "Relu"], 4: ["Sigmoid", "Relu", "Relu"]}
_PEEPHOLES = [0, 2, 1]  # input, forget, output in Keras' rows


def said_of_windows(graph: Graph, x: str, arrays: RecurrentArrays) -> str:
    """Return what `arrays.say` returns of windows x (n, steps, features)."""
    recurrence, steps = arrays.recurrence, graph.op("Transpose", x, perm=(1, 0, 2))
    layer = _weights(graph, recurrence)
    every, last, *_ = _run(graph, steps, recurrence, layer)
    if arrays.per_step:
        hidden = graph.op("Squeeze", every, graph.axes(1))
        hidden = graph.op("Transpose", hidden, perm=(1, 0, 2))
    else:
        hidden = graph.op("Squeeze", last, graph.axes(0))
    said = graph.chain(hidden, arrays.output)
    if arrays.softmax:
        said = graph.op("Softmax", said, axis=-1)
    return graph.op("Mul", said, graph.constant(arrays.scale, np.float32))


def rebuilt_windows(graph: Graph, x: str, arrays: WindowAutoencoderArrays) -> str:
    """Return what `arrays.say` returns of windows x (n, steps, features)."""
    steps = graph.op("Transpose", x, perm=(1, 0, 2))
    weights = [_weights(graph, part) for part in (arrays.encoder, arrays.decoder)]
    code = _run(graph, steps, arrays.encoder, weights[0])[1]
    repeated = graph.op("Tile", code, graph.axes(arrays.steps, 1, 1))
    every, *_ = _run(graph, repeated, arrays.decoder, weights[1])
    hidden = graph.op("Squeeze", every, graph.axes(1))
    hidden = graph.op("Transpose", hidden, perm=(1, 0, 2))
    return graph.chain(hidden, arrays.output)


def retold(graph: Graph, x: str, arrays: SequenceArrays) -> str:
    """Return rows x (n, steps) as the decoder says them, the first feature first."""
    values = graph.op("Unsqueeze", x, graph.axes(2))
    steps = graph.op("Transpose", values, perm=(1, 0, 2))
    ends = [
        _run(graph, steps, part, _weights(graph, part))[1:]
        for part in (arrays.ahead, arrays.back)
    ]
    state = [graph.op("Concat", *pair, axis=2) for pair in zip(*ends, strict=True)]
    if arrays.forced:
        said = _forced(graph, steps, state, arrays)
    else:
        first = graph.op("Slice", steps, graph.axes(0), graph.axes(1), graph.axes(0))
        said = _fed_back(graph, first, steps, state, arrays)
    rows = graph.op("Transpose", graph.op("Squeeze", said, graph.axes(2)), perm=(1, 0))
    return _rolled(graph, rows)


def _rolled(graph: Graph, rows: str) -> str:
    """Return rows (n, steps) with the last column first."""
    start, last, columns = graph.axes(0), graph.axes(-1), graph.axes(1)
    end = graph.axes(np.iinfo(np.int64).max)
    parts = [
        graph.op("Slice", rows, *ends, columns) for ends in ((last, end), (start, last))
    ]
    return graph.op("Concat", *parts, axis=1)


def rebuilt(graph: Graph, x: str, arrays: EncoderDecoderArrays) -> str:
    """Return what `arrays.say` returns of windows x (n, steps, features + known)."""
    steps = graph.op("Transpose", x, perm=(1, 0, 2))
    size, end = arrays.features, np.iinfo(np.int64).max
    values = _cut(graph, steps, 0, size, axis=2)
    state = _run(graph, values, arrays.encoder, _weights(graph, arrays.encoder))[1:]
    backwards = _reversed(graph, steps)
    known = _cut(graph, backwards, size, end, axis=2)
    ones = _ones_like(graph, values)
    first = _cut(graph, ones, 0, 1, axis=0)
    if arrays.feed == "own":
        said = _fed_back(graph, first, known, state, arrays)
    else:
        if arrays.feed == "true":
            before = _cut(graph, _cut(graph, backwards, 0, size, axis=2), 0, -1, axis=0)
            ones = graph.op("Concat", first, before, axis=0)
        read = graph.op("Concat", ones, known, axis=2)
        said = _forced(graph, read, state, arrays)
    return graph.op("Transpose", _reversed(graph, said), perm=(1, 0, 2))


def _cut(graph: Graph, x: str, start: int, end: int, *, axis: int) -> str:
    """Return x[start:end] of an axis; nothing is left where x is not so long."""
    return graph.op("Slice", x, *map(graph.axes, (start, end, axis)))


def _reversed(graph: Graph, x: str) -> str:
    """Return x with its first axis turned round."""
    ends = (-1, np.iinfo(np.int64).min, 0, -1)
    return graph.op("Slice", x, *map(graph.axes, ends))


def _ones_like(graph: Graph, x: str) -> str:
    nothing, one = (graph.constant(number, np.float32) for number in (0, 1))
    return graph.op("Add", graph.op("Mul", x, nothing), one)


def _forced(graph: Graph, steps: str, state: list, arrays: _Decoding) -> str:
    """Return what a decoder says (steps, n, D) that reads what stands beside it."""
    weights = _weights(graph, arrays.decoder)
    every, *_ = _run(graph, steps, arrays.decoder, weights, state)
    return graph.chain(graph.op("Squeeze", every, graph.axes(1)), arrays.output)


def _fed_back(
    graph: Graph, first: str, known: str, state: list, arrays: _Decoding
) -> str:
    """Return what a decoder says (steps, n, D) that reads its own last output.

    It reads `first` (1, n, D) in place of an output at the first step and, beside the
    output, what is `known` of each step (steps, n, K), where its kernel has room.
    """
    body = _feedback_body(graph, arrays)
    *_, said = graph.ops(
        "Scan", *state, first, known, outputs=4, body=body, num_scan_inputs=1
    )
    return said


def _feedback_body(graph: Graph, arrays: _Decoding) -> Any:
    """Return one step: h, c, last output, known -> h, c, output, output."""
    body, units = graph.inner(), arrays.decoder.units
    weights = _weights(graph, arrays.decoder)
    *state, last, known = names = [body.name() for _ in range(4)]
    size = len(graph.variables[arrays.output.layers[-1].bias])
    read = last
    if len(graph.variables[arrays.decoder.kernel]) > size:
        beside = body.op("Unsqueeze", known, body.axes(0))
        read = body.op("Concat", last, beside, axis=2)
    _, hidden, memory = _run(body, read, arrays.decoder, weights, state)
    output = body.chain(body.op("Squeeze", hidden, body.axes(0)), arrays.output)
    fed_back = body.op("Unsqueeze", output, body.axes(0))
    shapes = [(1, None, units), (1, None, units), (1, None, size)]
    inputs = _infos(names, [*shapes, (None, None)])
    outputs = _infos([hidden, memory, fed_back, output], [*shapes, (None, size)])
    return helper.make_graph(body.nodes, "step", inputs, outputs)


def _infos(names: list[str], shapes: list[tuple]) -> list[Any]:
    return [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
        for name, shape in zip(names, shapes, strict=True)
    ]


def _run(
    graph: Graph,
    steps: str,
    recurrence: Recurrence,
    weights: dict[str, str],
    state: list[str] | None = None,
) -> list[str]:
    """Add a layer on (steps, n, features).

    Returns the outputs h of all steps (steps, 1, n, units), and the last state: h, or h
    and c, each (1, n, units).
    """
    start = state or [""] * recurrence.states
    inputs = [steps, weights["W"], weights["R"], weights["B"], "", *start]
    if "P" in weights:
        inputs.append(weights["P"])
    options: dict[str, Any] = (
        {"linear_before_reset": 1} if recurrence.gates == 3 else {}
    )
    if recurrence.activation == "relu":
        options["activations"] = _WITH_RELU[recurrence.gates]
    return graph.ops(
        _OPS[recurrence.gates],
        *inputs,
        outputs=1 + recurrence.states,
        hidden_size=recurrence.units,
        direction="reverse" if recurrence.backwards else "forward",
        **options,
    )


def _weights(graph: Graph, recurrence: Recurrence) -> dict[str, str]:
    """Return the names of the constants W, R, B and, with peepholes, P."""
    arrays, gates = graph.variables, recurrence.gates
    bias = arrays[recurrence.bias]
    both = bias if gates == 3 else np.stack([bias, np.zeros_like(bias)])
    found = {
        "W": _by_gate(arrays[recurrence.kernel], gates).transpose(1, 0),
        "R": _by_gate(arrays[recurrence.recurrent], gates).transpose(1, 0),
        "B": _by_gate(both, gates).ravel(),
    }
    if recurrence.peepholes is not None:
        found["P"] = arrays[recurrence.peepholes][_PEEPHOLES].ravel()
    return {
        name: graph.constant(array[np.newaxis], np.float32)
        for name, array in found.items()
    }


def _by_gate(array: NDArray, gates: int) -> NDArray:
    """Return an array (n, gates x units) with its gates in ONNX' order."""
    parts = np.split(array, gates, axis=1)
    return np.concatenate([parts[number] for number in _GATES[gates]], axis=1)
