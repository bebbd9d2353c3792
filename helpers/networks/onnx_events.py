"""The network that foretells events, decoding step by step, as one ONNX graph.

Its steps stand one after the other, `length` of them: no loop is needed. What
`AttentionRun` computes beforehand are constants.
"""

from typing import Any

import numpy as np
from onnx import TensorProto, helper

from helpers.logs.events import START, UNKNOWN
from helpers.networks.attention import AttentionRun
from helpers.networks.onnx_graphs import Graph, finished

__all__ = ["foretelling_bytes"]

NOT_FORETOLD = -1
_ML = "ai.onnx.ml"
_END = np.iinfo(np.int64).max


def foretelling_bytes(detector: Any, facts: dict[str, str]) -> bytes:
    """Return a fitted `EventSeq2SeqDetector` as the bytes of an ONNX file.

    The graph reads X, whole numbers (n,), and gives "scores", double, and "foretold",
    the number foretold in the place of each event, -1 for none. `facts` are added to
    what every file says.
    """
    graph, length = Graph(detector.state_.variables), detector.length
    run = AttentionRun(detector.arrays_, detector.state_.variables)
    tokens = _tokens(graph, detector.known_)
    windows = _windows(graph, tokens, length)
    decoded = _Decoding(graph, run).foretell(*windows)
    zeros = graph.constant(np.zeros(length))
    scores = _in_place(graph, zeros, graph.double(decoded[1]))
    unseen = graph.op("Equal", tokens, graph.constant(UNKNOWN, np.int64))
    least = graph.constant(np.log(detector.n_events_ + 1))
    highest = graph.op("Max", scores, least)
    nothing = graph.constant(np.full(length, NOT_FORETOLD), np.int64)
    numbers = graph.constant(detector._numbers_of_tokens(), np.int64)
    foretold = graph.op("Gather", numbers, decoded[0])
    graph.named("Where", "scores", unseen, highest, scores)
    graph.named("Identity", "foretold", _in_place(graph, nothing, foretold))
    outputs = {"scores": TensorProto.DOUBLE, "foretold": TensorProto.INT64}
    return finished(
        graph,
        {"X": (TensorProto.INT64, ["n"])},
        {name: (kind, ["n"]) for name, kind in outputs.items()},
        facts,
        opsets=[helper.make_opsetid(_ML, 3)],
    )


def _tokens(graph: Graph, known: Any) -> str:
    """Return the token of each number in X (n,)."""
    places = range(START + 1, START + 1 + len(known))
    return graph.op(
        "LabelEncoder",
        "X",
        domain=_ML,
        keys_int64s=known.tolist(),
        values_int64s=list(places),
        default_int64=UNKNOWN,
    )


def _windows(graph: Graph, tokens: str, length: int) -> tuple[str, str]:
    """Return what is read and what follows, both (windows, length), 0 where nothing."""
    size = graph.axes(length)
    short = graph.op("Neg", graph.op("Shape", tokens))
    missing = graph.op("Mod", short, size)
    pads = graph.op("Concat", graph.axes(0), missing, axis=0)
    padded = graph.op("Pad", tokens, pads)
    rows = graph.op("Reshape", padded, graph.axes(-1, length))
    first = graph.axes(0)
    read = graph.op("Slice", rows, first, graph.axes(-1), first)
    return read, graph.op("Slice", rows, graph.axes(1), graph.axes(_END), first)


def _in_place(graph: Graph, before: str, values: str) -> str:
    """Return the values (windows, length) of each event, as many as X has."""
    flat = graph.op("Reshape", values, graph.axes(-1))
    both = graph.op("Concat", before, flat, axis=0)
    return graph.op("Slice", both, graph.axes(0), graph.op("Shape", "X"))


class _Decoding:
    """The nodes of an encoder, and of a decoder that reads its own likeliest token."""

    def __init__(self, graph: Graph, run: AttentionRun):
        self.graph, self.run, self.units = graph, run, run.units
        self.of = {
            name: [self._weight(array) for array in run.of[name]]
            for name in ("keys", "query", "logits")
        }
        self.weigh = self._weight(run.of["weigh"][0])

    def foretell(self, read: str, follows: str) -> tuple[str, str]:
        """Return the likeliest tokens and the surprises, both (windows, length)."""
        graph, length = self.graph, self.run.arrays.length
        encoded, state = self._encode(read)
        keys = self._dense("keys", encoded)
        table = self._weight(self.run.said_table)
        last = self._weight(self.run.said_table[[START]])
        kernel = self._weight(self.run.context_kernel)
        found: list[tuple[str, str]] = []
        for step in range(length):
            context = self._look_back(encoded, keys, state)
            sums = graph.op("Add", graph.op("MatMul", context, kernel), last)
            state = self._decoder_state(sums, state)
            found.append(self._say(state, self._column(follows, step)))
            last = graph.op("Gather", table, found[-1][0])
        tokens, surprises = (
            graph.op("Concat", *map(self._as_column, part), axis=1)
            for part in zip(*found, strict=True)
        )
        return tokens, surprises

    def _encode(self, read: str) -> tuple[str, str]:
        """Return the states after each token (n, length + 1, units), and the last."""
        graph, run = self.graph, self.run
        first = self._column(read, 0)
        state = graph.op("Gather", self._weight(run.second), first)
        nothing = graph.op("Mul", state, self._weight(0))
        states = [graph.op("Add", nothing, self._weight(run.first)), state]
        arrays = run.read_table, run.read_recurrent, run.read_bias
        if run.arrays.length > 1:
            table, kernel, bias = map(self._weight, arrays)
        for step in range(1, run.arrays.length):
            sums = graph.op("Gather", table, self._column(read, step))
            inner = graph.op("Add", graph.op("MatMul", state, kernel), bias)
            state = self._gru(sums, inner, state)
            states.append(state)
        rows = [graph.op("Unsqueeze", one, graph.axes(1)) for one in states]
        return graph.op("Concat", *rows, axis=1), state

    def _look_back(self, encoded: str, keys: str, state: str) -> str:
        """Return the sum of the states read (n, units), by their weights."""
        graph = self.graph
        query = graph.op("Unsqueeze", self._dense("query", state), graph.axes(1))
        looked = graph.op("Tanh", graph.op("Add", keys, query))
        scores = graph.op("MatMul", looked, self.weigh)
        weights = graph.op("Softmax", scores, axis=1)
        return graph.sum(graph.op("Mul", weights, encoded), 1)

    def _decoder_state(self, sums: str, state: str) -> str:
        run = self.run
        if not run.arrays.carry_state:
            nothing = self._weight(np.zeros((1, self.units)))
            return self._gru(sums, self._weight(run.said_bias[np.newaxis]), nothing)
        product = self.graph.op("MatMul", state, self._weight(run.said_recurrent))
        inner = self.graph.op("Add", product, self._weight(run.said_bias))
        return self._gru(sums, inner, state)

    def _gru(self, sums: str, inner: str, state: str) -> str:
        """Return the next state of x K + b and h R + b (n, 3 units)."""
        graph = self.graph
        of_x, of_inner = (
            graph.ops("Split", part, outputs=3, axis=1, num_outputs=3)
            for part in (sums, inner)
        )
        kept, reset = (
            graph.op("Sigmoid", graph.op("Add", of_x[gate], of_inner[gate]))
            for gate in (0, 1)
        )
        candidate = graph.op("Add", of_x[2], graph.op("Mul", reset, of_inner[2]))
        candidate = graph.op("Tanh", candidate)
        change = graph.op("Mul", kept, graph.op("Sub", state, candidate))
        return graph.op("Add", candidate, change)

    def _say(self, state: str, truth: str) -> tuple[str, str]:
        """Return the likeliest tokens (n,), and the surprise at the true ones."""
        graph, logits = self.graph, self._dense("logits", state)
        top = graph.op("ReduceMax", logits, graph.axes(1), keepdims=1)
        below = graph.op("Sub", logits, top)
        total = graph.op("Log", graph.sum(graph.op("Exp", below), 1))
        true = graph.op("GatherElements", below, self._as_column(truth), axis=1)
        surprise = graph.op("Sub", total, graph.op("Squeeze", true, graph.axes(1)))
        return graph.op("ArgMax", logits, axis=1, keepdims=0), surprise

    def _dense(self, name: str, x: str) -> str:
        kernel, bias = self.of[name]
        return self.graph.op("Add", self.graph.op("MatMul", x, kernel), bias)

    def _column(self, rows: str, number: int) -> str:
        return self.graph.op(
            "Gather", rows, self.graph.constant(number, np.int64), axis=1
        )

    def _as_column(self, values: str) -> str:
        return self.graph.op("Unsqueeze", values, self.graph.axes(1))

    def _weight(self, array: Any) -> str:
        return self.graph.constant(array, np.float32)
