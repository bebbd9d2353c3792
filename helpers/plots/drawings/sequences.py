"""Networks that turn a sequence into a sequence: encoder and decoder, attention."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

import numpy as np
from matplotlib.axes import Axes

from helpers._arrays import as_count
from helpers.plots.drawings.canvas import Arrow, Box, Drawing, Note, draw, operation
from helpers.plots.drawings.recurrent import drawn_steps
from helpers.text import number

__all__ = ["attention_diagram", "encoder_decoder_diagram"]

Reads = Literal["own", "true", "code", "nothing"]

_CELL = (0.78, 0.5)
_VALUE = (0.66, 0.44)
_STEP = 1.2  # inches from a cell to the next
_READS = {
    "own": "reads its own last output",
    "true": "reads the true last value: teacher forcing",
    "code": "reads the code at every step",
    "nothing": "reads nothing but its state",
}


def encoder_decoder_diagram(
    steps: int = 5,
    *,
    cell: str = "LSTM",
    decoder_reads: Reads = "own",
    backwards: bool = True,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw a recurrent autoencoder: an encoder, its last state, a decoder.

    `decoder_reads` says what the decoder reads at each step: its "own" last output, the
    "true" last value, the "code", or "nothing"; `backwards` whether it rebuilds the
    last value first (Sutskever et al., 2014; Malhotra et al., 2016). At most three of
    the `steps` are drawn on each side.
    """
    steps = as_count(steps, "steps", least=2)
    if decoder_reads not in _READS:
        raise ValueError(
            f"no decoder_reads {decoder_reads!r}; choose from {', '.join(_READS)}"
        )
    shown = drawn_steps(steps, most=3)
    order = _told_order(steps, backwards)
    boxes, arrows, notes = _encoder(shown, cell)
    middle = _STEP * len(shown) + 0.5
    boxes.append(
        Box("code", (middle, 1.5), "code\n" + _state(cell, steps), size=(0.9, 0.62))
    )
    places = [middle + 0.1 + _STEP * (1 + place) for place in range(len(order))]
    more = _decoder(order, places, cell, decoder_reads)
    links = [Arrow(f"cell {len(shown) - 1}", "code"), Arrow("code", "told 0")]
    direction = "backwards, the last value first" if backwards else "forwards"
    return draw(
        Drawing(
            boxes=[*boxes, *more[0]],
            arrows=[*arrows, *more[1], *links],
            notes=[
                *notes,
                *more[2],
                Note((0.45 + _STEP * (len(shown) - 1) / 2, 2.05), "encoder"),
                Note((sum(places) / len(places), 3.0), "decoder"),
            ],
            equations=[
                ("decoder", f"rebuilds {direction}; {_READS[decoder_reads]}"),
                ("error", r"$e_t = |x_t - \hat{x}_t|$, one for each step"),
            ],
            name_width=0.85,
            least_width=7.6,
        ),
        title=title or f"{cell} encoder and decoder",
        text=f"recurrent autoencoder: the {cell} encoder reads {steps} values one by "
        "one and ends in a state, the code; the decoder starts from it and rebuilds "
        f"the {steps} values {direction}; it {_READS[decoder_reads]}",
        ax=ax,
    )


def _state(cell: str, steps: int) -> str:
    if cell.upper() == "LSTM":
        return f"$h_{{{steps}}}, c_{{{steps}}}$"
    return f"$h_{{{steps}}}$"


def _told_order(steps: int, backwards: bool) -> list[int]:
    """Return the steps that the decoder's drawn cells rebuild."""
    if not backwards:
        return drawn_steps(steps, most=3)
    return [steps, 1] if steps == 2 else [steps, steps - 1, 1]


def _encoder(shown: list[int], cell: str) -> tuple[list[Box], list[Arrow], list[Note]]:
    boxes, arrows = [], []
    for place, step in enumerate(shown):
        x = 0.45 + _STEP * place
        boxes.append(Box(f"cell {place}", (x, 1.5), cell, "learned", _CELL))
        boxes.append(Box(f"x {place}", (x, 0.6), f"$x_{{{step}}}$", size=_VALUE))
        arrows.append(Arrow(f"x {place}", f"cell {place}"))
    links, notes = _chain("cell", [0.45 + _STEP * p for p in range(len(shown))], shown)
    return boxes, arrows + links, notes


def _decoder(
    order: list[int], places: list[float], cell: str, reads: Reads
) -> tuple[list[Box], list[Arrow], list[Note]]:
    boxes, arrows = [], []
    for place, (step, x) in enumerate(zip(order, places, strict=True)):
        boxes.append(Box(f"told {place}", (x, 1.5), cell, "learned", _CELL))
        label = rf"$\hat{{x}}_{{{step}}}$"
        boxes.append(Box(f"out {place}", (x, 2.5), label, size=_VALUE))
        arrows.append(Arrow(f"told {place}", f"out {place}"))
    links, notes = _chain("told", places, order)
    inputs = {"own": _own, "true": _true, "code": _repeated}.get(reads)
    more = inputs(order, places) if inputs else ([], [])
    return boxes + more[0], arrows + links + more[1], notes


def _chain(
    name: str, places: Sequence[float], steps: Sequence[int]
) -> tuple[list[Arrow], list[Note]]:
    """Return the arrows from cell to cell, dots where steps are left out."""
    arrows, notes = [], []
    pairs = zip(pairwise(places), pairwise(steps), strict=True)
    for place, ((left, right), (before, after)) in enumerate(pairs):
        start, end = f"{name} {place}", f"{name} {place + 1}"
        if abs(after - before) == 1:
            arrows.append(Arrow(start, end))
            continue
        middle = (left + right) / 2
        notes.append(Note((middle, 1.5), r"$\cdots$"))
    return arrows, notes


def _own(order: list[int], places: list[float]) -> tuple[list[Box], list[Arrow]]:
    """Return the way of each output into the next cell."""
    arrows = []
    for place, (left, right) in enumerate(pairwise(places)):
        if abs(order[place] - order[place + 1]) > 1:
            continue
        way = left + 0.5
        arrows.append(
            Arrow(f"out {place}", f"told {place + 1}", over=True, style="--",
                  via=[(way, 2.5), (way, 0.95), (right, 0.95)])
        )  # fmt: skip
    if abs(order[-2] - order[-1]) > 1:
        arrows.append(Arrow((places[-1], 0.95), f"told {len(order) - 1}", style="--"))
    return [], arrows


def _true(order: list[int], places: list[float]) -> tuple[list[Box], list[Arrow]]:
    """Return what a forced decoder reads: a start, then the value it was to say."""
    direction = 1 if order[1] > order[0] else -1
    labels = ["start"] + [f"$x_{{{step - direction}}}$" for step in order[1:]]
    boxes = [
        Box(f"true {place}", (x, 0.6), label, size=_VALUE)
        for place, (x, label) in enumerate(zip(places, labels, strict=True))
    ]
    return boxes, [Arrow(box.name, f"told {i}") for i, box in enumerate(boxes)]


def _repeated(order: list[int], places: list[float]) -> tuple[list[Box], list[Arrow]]:
    """Return the code's way to every step."""
    along = [
        Arrow("code.bottom", (x, 1.25), via=[(places[0] - 0.1 - _STEP, 0.8), (x, 0.8)])
        for x in places
    ]
    return [], along


def attention_diagram(
    weights: Sequence[float] = (0.05, 0.15, 0.6, 0.15, 0.05),
    *,
    cell: str = "GRU",
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw one step of a decoder that looks at all states of the encoder.

    `weights` are the attention weights of this step, one per input (2 to 6 of them, not
    negative, with sum 1): the thicker a line, the larger its weight. Bahdanau et al.
    (2015).
    """
    weights = _as_weights(weights)
    last = 0.5 + _STEP * (len(weights) - 1)
    middle = max((0.5 + last) / 2, 2.3)
    decoder = max(middle + 2.5, last + 0.1)
    boxes, arrows = _attended(weights, cell)
    boxes += [
        Box("state", (0.5, 4.2), "$s_{t-1}$", size=_VALUE),
        operation("sum", (middle, 4.2), r"$\Sigma$", size=(0.42, 0.42)),
        Box("context", (middle + 1.15, 4.2), "context\n$c_t$", size=(0.85, 0.6)),
        Box("decoder", (decoder, 4.2), cell, "learned", (0.9, 0.6)),
        Box("before", (decoder, 3.2), "$y_{t-1}$", size=_VALUE),
        Box("output", (decoder + 1.35, 4.2), "softmax", "learned", (0.9, 0.6)),
        Box("token", (decoder + 2.5, 4.2), r"$\hat{y}_t$", size=_VALUE),
    ]
    arrows += [
        Arrow("state", "sum", style="--", label=r"decides the $\alpha$",
              label_at=((0.83 + middle - 0.2) / 2, 4.02)),
        Arrow("state.top", "decoder.top", via=[(0.5, 4.85), (decoder, 4.85)]),
        Arrow("sum", "context"),
        Arrow("context", "decoder"),
        Arrow("before", "decoder"),
        Arrow("decoder", "output", label="$s_t$", label_at=(decoder + 0.67, 4.36)),
        Arrow("output", "token"),
    ]  # fmt: skip
    told = ", ".join(number(weight) for weight in weights)
    return draw(
        Drawing(
            boxes=boxes,
            arrows=arrows,
            equations=[
                ("score", r"$e_{ti} = v^\top \tanh(W\,s_{t-1} + U\,h_i)$"),
                ("weight", r"$\alpha_{ti} = \exp(e_{ti})\,/\,\Sigma_j \exp(e_{tj})$"),
                ("context", r"$c_t = \Sigma_i\, \alpha_{ti}\, h_i$"),
            ],
            name_width=0.9,
        ),
        title=title or "Attention: each output looks at all inputs",
        text=f"one step of a decoder with attention over {len(weights)} inputs: its "
        f"last state decides the weights, here {told}; the context is the sum of the "
        "encoder's states times their weights, and the decoder reads it beside the "
        "last output",
        ax=ax,
    )


def _as_weights(weights: Sequence[float]) -> list[float]:
    values = np.asarray(weights, dtype=float)
    if values.ndim != 1 or not 2 <= len(values) <= 6:
        raise ValueError("weights are 2 to 6 numbers, one per input")
    if not (values >= 0).all() or not np.isclose(values.sum(), 1, atol=0.02):
        raise ValueError(
            f"weights are not negative and their sum is 1, not {number(values.sum())}"
        )
    return values.tolist()


def _attended(weights: Sequence[float], cell: str) -> tuple[list[Box], list[Arrow]]:
    """Return the encoder with a line from each of its states to the weighted sum."""
    boxes, arrows = [], []
    for place, weight in enumerate(weights):
        step, x = place + 1, 0.5 + _STEP * place
        boxes += [
            Box(f"x{step}", (x, 0.3), f"$x_{step}$", size=_VALUE),
            Box(f"cell {step}", (x, 1.1), cell, "learned", _CELL),
            Box(f"h{step}", (x, 2.0), _weighted(step, weight), size=(0.85, 0.6)),
        ]
        arrows += [
            Arrow(f"x{step}", f"cell {step}"),
            Arrow(f"cell {step}", f"h{step}"),
            Arrow(f"h{step}.top", "sum", width=0.8 + 5 * weight, head=False),
        ]
        if place:
            arrows.append(Arrow(f"cell {place}", f"cell {step}"))
    return boxes, arrows


def _weighted(step: int, weight: float) -> str:
    return f"$h_{step}$\n" + rf"$\alpha$ = {number(weight)}"
