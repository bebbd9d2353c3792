"""A recurrent network unrolled over time, and the insides of an LSTM and a GRU cell.

In all equations W multiplies the last state, U the input; a circled dot is the product
element by element, and sigma the logistic function.
"""

from itertools import pairwise

from matplotlib.axes import Axes

from helpers._arrays import as_count
from helpers.plots.drawings.canvas import (
    Arrow,
    Box,
    Drawing,
    Frame,
    Note,
    draw,
    operation,
)

__all__ = ["gru_diagram", "lstm_diagram", "rnn_diagram"]

_STATE = (0.62, 0.42)
_GATE = (1.0, 0.55)
_LSTM_GATES = {
    "forget": (2.0, "forget gate\n" + r"$\sigma$"),
    "input": (3.3, "input gate\n" + r"$\sigma$"),
    "candidate": (4.6, "candidate\n" + r"$\tanh$"),
    "output": (5.9, "output gate\n" + r"$\sigma$"),
}


def rnn_diagram(
    steps: int = 4,
    *,
    every_step: bool = False,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw a simple recurrent network: folded, and unrolled over its `steps`.

    With `every_step` each step gives an output, as in a classifier of steps; without,
    only the last, as in a forecaster. Elman (1990).
    """
    steps = as_count(steps, "steps", least=2)
    shown = drawn_steps(steps)
    at = {step: 2.95 + 1.45 * place for place, step in enumerate(shown)}
    boxes, arrows = _folded()
    for step, x in at.items():
        more, links = _unrolled_step(step, x, output=every_step or step == steps)
        boxes += more
        arrows += links
    arrows += _between_steps(shown, at)
    boxes.append(Box("h0", (2.0, 1.5), "$h_0$", size=_STATE))
    arrows.append(Arrow("h0", f"cell {shown[0]}"))
    outputs = "every step" if every_step else "the last step"
    return draw(
        Drawing(
            boxes=boxes,
            arrows=arrows,
            notes=[Note((1.4, 1.5), "$=$"), *gaps(shown, at, y=1.5)],
            equations=[
                ("state", r"$h_t = \tanh(W\,h_{t-1} + U\,x_t + b)$"),
                ("output", r"$\hat{y}_t = V\,h_t + c$, at " + outputs),
            ],
            name_width=0.8,
        ),
        title=title or f"A recurrent network, unrolled over {steps} steps",
        text=f"recurrent network unrolled over {steps} steps: at each step the same "
        "cell, with the same weights, reads the input of the step and the state of the "
        f"step before; {outputs} gives an output",
        ax=ax,
    )


def drawn_steps(steps: int, most: int = 4) -> list[int]:
    """Return the steps that are drawn: all, or the first `most` - 1 and the last."""
    if steps <= most:
        return list(range(1, steps + 1))
    return [*range(1, most), steps]


def gaps(shown: list[int], at: dict[int, float], *, y: float) -> list[Note]:
    """Return three dots for each gap between the steps that are drawn."""
    return [
        Note(((at[left] + at[right]) / 2, y), r"$\cdots$")
        for left, right in pairwise(shown)
        if right > left + 1
    ]


def _folded() -> tuple[list[Box], list[Arrow]]:
    boxes = [
        Box("cell", (0.45, 1.5), r"$\tanh$", "learned", (0.8, 0.5)),
        Box("x", (0.45, 0.6), "$x_t$", size=_STATE),
        Box("y", (0.45, 2.4), r"$\hat{y}_t$", size=_STATE),
    ]
    loop = Arrow(
        (0.85, 1.62), (0.85, 1.38), via=[(1.1, 1.62), (1.1, 1.38)],
        label="$h_t$", label_at=(1.05, 1.82),
    )  # fmt: skip
    return boxes, [Arrow("x", "cell"), Arrow("cell", "y"), loop]


def _unrolled_step(
    step: int, x: float, *, output: bool
) -> tuple[list[Box], list[Arrow]]:
    cell = f"cell {step}"
    boxes = [
        Box(cell, (x, 1.5), r"$\tanh$", "learned", (0.8, 0.5)),
        Box(f"x{step}", (x, 0.6), f"$x_{{{step}}}$", size=_STATE),
    ]
    arrows = [
        Arrow(f"x{step}", cell, label="$U$", label_at=(x + 0.16, 1.02)),
    ]
    if output:
        boxes.append(Box(f"y{step}", (x, 2.4), rf"$\hat{{y}}_{{{step}}}$", size=_STATE))
        arrows.append(Arrow(cell, f"y{step}", label="$V$", label_at=(x + 0.16, 1.95)))
    return boxes, arrows


def _between_steps(shown: list[int], at: dict[int, float]) -> list[Arrow]:
    arrows = []
    for left, right in pairwise(shown):
        middle = (at[left] + at[right]) / 2
        start, end = f"cell {left}", f"cell {right}"
        if right == left + 1:
            above = Arrow(start, end, label=f"$h_{{{left}}}$", label_at=(middle, 1.66))
            arrows += [above, Arrow(start, end, label="$W$", label_at=(middle, 1.34))]
        else:
            arrows += [Arrow(start, (middle - 0.16, 1.5), head=False)]
            arrows += [Arrow((middle + 0.16, 1.5), end)]
    return arrows


def lstm_diagram(*, title: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw an LSTM cell: its gates, its two states, its equations.

    Hochreiter and Schmidhuber (1997), with the forget gate of Gers et al. (2000); what
    `keras.layers.LSTM` computes.
    """
    return draw(
        Drawing(
            boxes=_lstm_boxes(),
            arrows=_lstm_arrows(),
            frames=[Frame((0.95, 0.65), (7.3, 3.55))],
            junctions=[(1.35, 1.0), (6.85, 3.2)]
            + [(x, 1.0) for x, _ in list(_LSTM_GATES.values())[:3]],
            equations=_lstm_equations(),
        ),
        title=title or "An LSTM cell",
        text="LSTM cell with 3 gates and 2 states: the forget gate says how much of "
        "the old cell state is kept, the input gate how much of the candidate is "
        "added to it, the output gate how much of its tanh becomes the hidden state; "
        "all read the last hidden state and the input",
        ax=ax,
    )


def _gate(name: str) -> str:
    return rf"${name}_t = \sigma(W_{name}\,h_{{t-1}} + U_{name}\,x_t + b_{name})$"


def _lstm_equations() -> list[tuple[str, str]]:
    return [
        ("forget gate", _gate("f")),
        ("input gate", _gate("i")),
        ("output gate", _gate("o")),
        ("candidate", r"$\tilde{c}_t = \tanh(W_c\,h_{t-1} + U_c\,x_t + b_c)$"),
        ("cell state", r"$c_t = f_t \odot c_{t-1} + i_t \odot \tilde{c}_t$"),
        ("hidden state", r"$h_t = o_t \odot \tanh(c_t)$"),
    ]


def _lstm_boxes() -> list[Box]:
    gates = (
        Box(name, (x, 1.75), label, "learned", _GATE)
        for name, (x, label) in _LSTM_GATES.items()
    )
    return [
        *gates,
        Box("c_last", (0.4, 3.2), "$c_{t-1}$", size=_STATE),
        Box("h_last", (0.4, 1.0), "$h_{t-1}$", size=_STATE),
        Box("x", (1.35, 0.2), "$x_t$", size=_STATE),
        Box("c", (7.85, 3.2), "$c_t$", size=_STATE),
        Box("h", (7.85, 1.0), "$h_t$", size=_STATE),
        operation("keep", (2.0, 3.2), r"$\odot$"),
        operation("add", (3.95, 3.2), "$+$"),
        operation("write", (3.95, 2.45), r"$\odot$"),
        operation("squash", (6.85, 2.55), r"$\tanh$", size=(0.5, 0.5)),
        operation("show", (6.85, 1.75), r"$\odot$"),
    ]


def _lstm_arrows() -> list[Arrow]:
    read = [Arrow((x, 1.0), name) for name, (x, _) in _LSTM_GATES.items()]
    return [
        Arrow("h_last", (5.9, 1.0), head=False),
        Arrow("x", (1.35, 1.0), head=False),
        *read,
        Arrow("c_last", "keep"),
        Arrow("keep", "add"),
        Arrow("add", "c"),
        Arrow("forget", "keep", label="$f_t$", label_at=(2.18, 2.5)),
        Arrow("input", "write", via=[(3.3, 2.45)], label="$i_t$", label_at=(3.12, 2.3)),
        Arrow("candidate", "write", via=[(4.6, 2.45)],
              label=r"$\tilde{c}_t$", label_at=(4.8, 2.3)),
        Arrow("write", "add"),
        Arrow((6.85, 3.2), "squash"),
        Arrow("squash", "show"),
        Arrow("output", "show", label="$o_t$", label_at=(6.54, 1.92)),
        Arrow("show", "h", via=[(6.85, 1.0)]),
    ]  # fmt: skip


def gru_diagram(
    *, reset_after: bool = True, title: str | None = None, ax: Axes | None = None
) -> Axes:
    """Draw a GRU cell: its gates, its state, its equations.

    `reset_after`, as in `keras.layers.GRU`: whether the reset gate multiplies the last
    state after its weights (the default there) or before them (Cho et al., 2014).
    """
    return draw(
        Drawing(
            boxes=_gru_boxes(reset_after),
            arrows=_gru_arrows(reset_after),
            frames=[Frame((0.95, 0.65), (7.3, 3.95))],
            junctions=[(1.25, 3.6), (2.0, 3.6), (2.2, 1.25), (1.8, 0.9), (3.75, 0.9),
                       (5.4, 2.25)],
            equations=_gru_equations(reset_after),
        ),
        title=title or "A GRU cell",
        text="GRU cell with 2 gates and 1 state: the update gate says how much of the "
        "old state is kept, the rest is filled with the candidate; the reset gate says "
        "how much of the old state the candidate reads, "
        f"{'after' if reset_after else 'before'} the weights",
        ax=ax,
    )  # fmt: skip


def _gru_boxes(reset_after: bool) -> list[Box]:
    boxes = [
        Box("reset", (2.0, 1.75), "reset gate\n" + r"$\sigma$", "learned", _GATE),
        Box("candidate", (3.75, 1.75), "candidate\n" + r"$\tanh$", "learned", _GATE),
        Box("update", (5.4, 1.75), "update gate\n" + r"$\sigma$", "learned", _GATE),
        Box("h_last", (0.4, 3.6), "$h_{t-1}$", size=_STATE),
        Box("x", (0.4, 0.9), "$x_t$", size=_STATE),
        Box("h", (7.85, 3.6), "$h_t$", size=_STATE),
        operation("forget", (2.0, 2.5), r"$\odot$"),
        operation("keep", (5.4, 3.6), r"$\odot$"),
        operation("rest", (6.1, 2.25), "$1-$", size=(0.42, 0.42)),
        operation("write", (6.75, 2.8), r"$\odot$"),
        operation("add", (6.75, 3.6), "$+$"),
    ]
    if reset_after:
        boxes.append(Box("weigh", (2.0, 3.1), "$W_h$", "learned", (0.55, 0.36)))
    return boxes


def _gru_equations(reset_after: bool) -> list[tuple[str, str]]:
    remembered = r"W_h(r_t \odot h_{t-1})"
    if reset_after:
        remembered = r"r_t \odot (W_h\,h_{t-1} + d_h)"
    return [
        ("update gate", _gate("z")),
        ("reset gate", _gate("r")),
        ("candidate", rf"$\tilde{{h}}_t = \tanh({remembered} + U_h\,x_t + b_h)$"),
        ("state", r"$h_t = z_t \odot h_{t-1} + (1 - z_t) \odot \tilde{h}_t$"),
    ]


def _gru_arrows(reset_after: bool) -> list[Arrow]:
    weighed = [Arrow((2.0, 3.6), "weigh"), Arrow("weigh", "forget")]
    return [
        Arrow("h_last", "keep"),
        Arrow("keep", "add"),
        Arrow("add", "h"),
        Arrow((1.25, 3.6), (5.6, 1.25), via=[(1.25, 1.25)], head=False),
        Arrow("x", (1.8, 0.9), head=False),
        Arrow((1.8, 0.9), (5.2, 1.475), via=[(5.2, 0.9)], over=True),
        Arrow((2.2, 1.25), (2.2, 1.475)),
        Arrow((5.6, 1.25), (5.6, 1.475)),
        Arrow((1.8, 0.9), (1.8, 1.475), over=True),
        Arrow((3.75, 0.9), "candidate", over=True),
        *(weighed if reset_after else [Arrow((2.0, 3.6), "forget")]),
        Arrow("reset", "forget", label="$r_t$", label_at=(2.17, 2.18)),
        Arrow("forget", "candidate", via=[(2.85, 2.5), (2.85, 1.75)]),
        Arrow("update", "keep", label="$z_t$", label_at=(5.22, 2.3)),
        Arrow((5.4, 2.25), "rest"),
        Arrow("rest", "write", via=[(6.75, 2.25)]),
        Arrow("candidate", "write", via=[(3.75, 2.8)], over=True,
              label=r"$\tilde{h}_t$", label_at=(3.92, 2.5)),
        Arrow("write", "add"),
    ]  # fmt: skip
