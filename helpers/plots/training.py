"""Pictures of how good a model is by its epoch, and by its size."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray

from helpers._arrays import as_values
from helpers.plots.style import (
    ANOMALY,
    CHANCE,
    MARKERS,
    NORMAL,
    finish,
    line_styles,
    new_axes,
    span,
)
from helpers.text import count, number


def learning_curves(
    history: Mapping[str, ArrayLike] | object,
    *,
    metric: str | None = None,
    name: str | None = None,
    chance: float | None = None,
    log: bool = False,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw training curves, with the best validation epoch marked.

    `history` maps names to values per epoch; a Keras `History` does as well. With
    `metric` (default "loss" where there is one) its training and validation curve are
    drawn; without, all of them: for instance one per learning rate, and `name` says of
    what. `chance` draws a line to beat.
    """
    curves, metric = _chosen_curves(getattr(history, "history", history), metric)
    ax = new_axes(ax)
    told = [
        _draw_learning_curve(ax, key, np.asarray(curves[key], dtype=float), style)
        for key, style in line_styles(curves)
    ]
    if chance is not None:
        ax.axhline(chance, **CHANCE, label=f"chance {number(chance)}")
        told.append(f"chance {number(chance)}")
    if log:
        ax.set_yscale("log")
    return finish(
        ax,
        x="epoch",
        y=name or metric or "value",
        title=title or "Learning curves",
        text=f"{name or ''} over "
        f"{count(max(len(c) for c in curves.values()), 'epoch')}, {'; '.join(told)}",
    )


def size_curves(
    sizes: ArrayLike,
    curves: Mapping[str, ArrayLike],
    *,
    name: str = "value",
    x: str = "size of the code",
    chance: float | None = None,
    log: bool = False,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw what changes with a size: {"autoencoder": values, ...}, each (m,).

    `sizes` (m,) are drawn as equal steps; a curve may be shorter than the sizes. Curves
    named "normal" and "anomalies" look as these do in all lessons.
    `log` makes the vertical axis logarithmic, `chance` draws a line to beat.
    """
    steps = as_values(sizes, "sizes")
    if not isinstance(curves, Mapping) or not curves:
        raise ValueError("curves must be a dict: {'name': values, ...}")
    ax = new_axes(ax)
    told = []
    for place, (key, style) in enumerate(line_styles(curves)):
        values = as_values(curves[key], key)
        if len(values) > len(steps):
            raise ValueError(f"{key} has {len(values)} values for {len(steps)} sizes")
        marker = {"marker": MARKERS[place % len(MARKERS)]}
        ax.plot(values, **(style | marker | _KINDS.get(key, {})), label=key)
        top = int(values.argmax())
        told.append(f"{key} {span(values)}, highest at {number(steps[top])}")
    if chance is not None:
        ax.axhline(chance, **CHANCE, label=f"chance {number(chance)}")
        told.append(f"chance {number(chance)}")
    if log:
        ax.set_yscale("log")
    ax.set_xticks(range(len(steps)), [number(step) for step in steps])
    return finish(
        ax,
        x=x,
        y=name,
        title=title or f"The {name} by {x}",
        text=f"{name} by {x}, from {number(steps[0])} to {number(steps[-1])}: "
        f"{'; '.join(told)}",
    )


# ------------------------------------------------------------------------ details

_KINDS = {"normal": NORMAL, "anomalies": ANOMALY}


def _chosen_curves(curves: object, metric: str | None) -> tuple[dict, str | None]:
    if not isinstance(curves, Mapping) or not curves:
        raise ValueError("history must map names to values per epoch: {'loss': [...]}")
    metric = metric or ("loss" if "loss" in curves else None)
    wanted = curves if metric is None else (metric, f"val_{metric}")
    chosen = {name: curves[name] for name in wanted if name in curves}
    if not chosen:
        raise ValueError(f"history has no {metric!r}; it has {', '.join(curves)}")
    return chosen, metric


def _draw_learning_curve(ax: Axes, name: str, values: NDArray, style: dict) -> str:
    label = f"validation {name[4:]}" if name.startswith("val_") else name
    ax.plot(np.arange(1, len(values) + 1), values, **style, label=label)
    told = f"{label} goes from {number(values[0])} to {number(values[-1])}"
    if not name.startswith("val_"):
        return told
    falls = "loss" in name or "error" in name
    top = int(np.nanargmin(values) if falls else np.nanargmax(values))
    ax.plot(top + 1, values[top], "*", color="black", markersize=11,
            label=f"best epoch {top + 1}")  # fmt: skip
    return f"{told}, best {number(values[top])} in epoch {top + 1}"
