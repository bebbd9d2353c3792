"""Pictures of a dense network: its layers, and its activation functions."""

import itertools
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from numpy.typing import ArrayLike, NDArray

from helpers._arrays import as_count, as_values
from helpers.plots.style import (
    GREY,
    NORMAL,
    OKABE_ITO,
    finish,
    line_styles,
    new_axes,
    scatter,
)
from helpers.text import number

ACTIVATIONS: dict[str, Callable[[NDArray], NDArray]] = {
    "linear": lambda x: x,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "tanh": np.tanh,
    "relu": lambda x: np.maximum(x, 0),
}


def activation_curves(
    functions: Sequence[str] | Mapping[str, Callable[[NDArray], ArrayLike]] = (
        "sigmoid",
        "tanh",
        "relu",
    ),
    *,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw activation functions from -4 to 4: names we know, or {name: function}."""
    if not isinstance(functions, Mapping):
        unknown = [name for name in functions if name not in ACTIVATIONS]
        if unknown:
            raise ValueError(
                f"no activation {unknown[0]!r}; choose from {', '.join(ACTIVATIONS)} "
                "or pass {name: function}"
            )
        functions = {name: ACTIVATIONS[name] for name in functions}
    ax = new_axes(ax, size=(5.5, 3.5))
    grid = np.linspace(-4, 4, 401)
    told = []
    for (name, style), function in zip(
        line_styles(functions), functions.values(), strict=True
    ):
        values = as_values(function(grid), name)
        ax.plot(grid, values, **style, linewidth=2, label=name)
        told.append(f"{name} from {number(values[0])} to {number(values[-1])}")
    ax.axhline(0, color=GREY, linewidth=0.6)
    ax.axvline(0, color=GREY, linewidth=0.6)
    return finish(
        ax,
        x="weighted sum of the inputs",
        y="output",
        title=title or "Activation functions",
        text=f"activation functions between -4 and 4: {', '.join(told)}",
    )


def network_diagram(
    layer_sizes: Sequence[int],
    *,
    names: Sequence[str] | None = None,
    most: int = 10,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw a dense network: its neurons, its connections, its number of parameters.

    `layer_sizes` go from the input to the output, for instance (13, 64, 32, 2). Layers
    larger than `most` are drawn with a gap.
    """
    sizes = [as_count(size, "layer size", least=1) for size in layer_sizes]
    if len(sizes) < 2:
        raise ValueError("layer_sizes needs an input and an output: (13, 64, 32, 2)")
    names = list(names or _layer_names(len(sizes)))
    if len(names) != len(sizes):
        raise ValueError(f"{len(sizes)} layers, but {len(names)} names")
    ax = new_axes(ax)
    _draw_network(ax, sizes, most)
    parameters = [
        (inputs + 1) * outputs for inputs, outputs in itertools.pairwise(sizes)
    ]
    ticks = [f"{name}\n{size}" for name, size in zip(names, sizes, strict=True)]
    ax.set_xticks(range(len(sizes)), ticks)
    ax.set_yticks([])
    ax.set_xlim(-0.4, len(sizes) - 0.6)
    ax.spines[["left", "bottom"]].set_visible(False)
    return finish(
        ax,
        x="layer and number of units",
        y="units",
        title=title or f"{sum(parameters):,} parameters",
        text=f"dense network {'-'.join(map(str, sizes))} with {sum(parameters):,} "
        f"parameters, layer by layer {', '.join(f'{p:,}' for p in parameters)}",
    )


# ------------------------------------------------------------------------ details


def _draw_network(ax: Axes, sizes: Sequence[int], most: int) -> None:
    layers = [_neurons(x, size, most) for x, size in enumerate(sizes)]
    lines = [
        pair
        for left, right in itertools.pairwise(layers)
        for pair in itertools.product(left, right)
    ]
    ax.add_collection(LineCollection(lines, colors=GREY, linewidths=0.3, zorder=1))
    for x, (neurons, size) in enumerate(zip(layers, sizes, strict=True)):
        colour = NORMAL["color"] if 0 < x < len(sizes) - 1 else OKABE_ITO["orange"]
        scatter(ax, np.array(neurons), s=70, color=colour, edgecolor="white", zorder=2)
        if size > most:
            ax.text(x, 0, "⋮", ha="center", va="center", fontsize=14, zorder=3)


def _layer_names(layers: int) -> list[str]:
    hidden = [f"hidden {i}" for i in range(1, layers - 1)]
    return ["input", *hidden, "output"]


def _neurons(x: int, size: int, most: int) -> list[tuple[int, float]]:
    drawn = min(size, most)
    heights = np.arange(drawn) - (drawn - 1) / 2
    if size > most:  # leave room for the dots
        heights = heights + np.where(heights > 0, 0.6, -0.6)
    return [(x, float(height)) for height in heights]
