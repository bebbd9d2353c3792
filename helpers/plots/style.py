"""Colours, markers and the text summary that all pictures share.

The palette is Okabe and Ito's (2008), which colour-blind readers can tell apart, and
nothing is told by colour alone. Nothing here changes matplotlib's global settings.
"""

from collections.abc import Mapping
from itertools import cycle
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from helpers._arrays import Floats
from helpers.plots.fonts import families, missing_font, needs_a_font
from helpers.text import number
from helpers.translations import translated

OKABE_ITO: dict[str, str] = {
    "black": "#000000",
    "orange": "#E69F00",
    "sky": "#56B4E9",
    "green": "#009E73",
    "yellow": "#F0E442",
    "blue": "#0072B2",
    "vermillion": "#D55E00",
    "purple": "#CC79A7",
}
GREY = "#7F7F7F"

# how the same thing looks in every lesson
NORMAL: dict[str, Any] = {"color": OKABE_ITO["blue"], "marker": "o"}
ANOMALY: dict[str, Any] = {"color": OKABE_ITO["vermillion"], "marker": "X"}
SYNTHETIC: dict[str, Any] = {"color": OKABE_ITO["green"], "marker": "+"}
SCORE: dict[str, Any] = {"color": OKABE_ITO["purple"], "linestyle": "-"}
THRESHOLD: dict[str, Any] = {"color": OKABE_ITO["black"], "linestyle": "--"}
RECONSTRUCTION: dict[str, Any] = {"color": OKABE_ITO["orange"], "linestyle": "-."}
CHANCE: dict[str, Any] = {"color": GREY, "linestyle": ":"}
EVENT: dict[str, Any] = {"color": OKABE_ITO["yellow"], "alpha": 0.35}

FIGURE_SIZE = (7.0, 3.5)  # inches; at 100 dpi readable and small
_LINES = (
    {"color": OKABE_ITO["blue"], "linestyle": "-"},
    {"color": OKABE_ITO["orange"], "linestyle": "--"},
    {"color": OKABE_ITO["green"], "linestyle": "-."},
    {"color": OKABE_ITO["purple"], "linestyle": (0, (5, 1, 1, 1, 1, 1))},
    {"color": OKABE_ITO["sky"], "linestyle": (0, (8, 2))},
    {"color": OKABE_ITO["black"], "linestyle": (0, (1, 1))},
)
MARKERS = "os^DvP"  # for several curves or models in one picture


def summary(picture: Axes | Figure) -> str:
    """Return the sentence that tells what a plot of this module shows.

    For a figure with several plots, all their sentences. Print it under the plot: it
    is what a screen reader reads. Where no font has the letters of the notebook's
    language, a line says so once. Raises `ValueError` for a plot made elsewhere.
    """
    axes = picture.axes if isinstance(picture, Figure) else [_one_axes(picture)]
    labels = [str(ax.get_label()) for ax in axes]
    told = [label for label in labels if label.startswith("Figure: ")]
    if not told:
        raise ValueError(
            "this plot has no summary; make it with a function of helpers.plots"
        )
    figure = f"{translated('Figure')}: "
    sentences = " ".join(figure + label.removeprefix("Figure: ") for label in told)
    return "\n".join([sentences, *missing_font()])


# ----------------------------------------------------- for the modules of this package


def new_axes(ax: Axes | None, *, size: tuple[float, float] = FIGURE_SIZE) -> Axes:
    """Return `ax`, or the axes of a new figure of `size` inches."""
    if ax is not None:
        return _one_axes(ax)
    _, ax = plt.subplots(figsize=size, dpi=100, layout="constrained")
    return ax


def _one_axes(ax: object) -> Axes:
    if isinstance(ax, Axes):
        return ax
    way_out = "pass one from plt.subplots()"
    if isinstance(ax, np.ndarray) and ax.size:
        way_out = f"pass one of them: ax[{', '.join('0' * ax.ndim)}]"
    elif isinstance(ax, Figure):
        way_out = "pass figure.add_subplot()"
    raise ValueError(
        f"ax must be one matplotlib Axes, not {type(ax).__name__}; {way_out}"
    )


def finish(
    ax: Axes, *, x: str, y: str, title: str, text: str, key: str | None = "inside"
) -> Axes:
    """Label both axes, set the title, place the legend, keep `text` as the summary.

    `key` is where the legend goes: "inside", "above" or "beside"; None for none.
    """
    ax.set_xlabel(wording(x), family=families())
    ax.set_ylabel(wording(y), family=families())
    place = _add_legend(ax, key)
    pad = 22 if place == "above" else 6
    ax.set_title(wording(title), fontsize=11, pad=pad, family=families())
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    sentence = " ".join(text.split())
    told = translated(sentence)
    if told == sentence:
        told = f"{sentence[0].upper()}{sentence[1:].rstrip('.')}."
    ax.set_label(f"Figure: {told}")
    return ax


def wording(text: str) -> str:
    """Return a text as a picture shows it: translated where a font has the letters."""
    return text if needs_a_font() else translated(text)


def _add_legend(ax: Axes, key: str | None) -> str | None:
    handles, labels = ax.get_legend_handles_labels()
    if key is None or not handles:
        return None
    place = "beside" if len(handles) > 5 else key
    options: dict[str, dict[str, Any]] = {
        "inside": {},
        "above": {
            "loc": "lower center",
            "bbox_to_anchor": (0.5, 1.0),
            "ncols": len(handles),
            "columnspacing": 1.2,
            "handletextpad": 0.5,
        },
        "beside": {"loc": "upper left", "bbox_to_anchor": (1.0, 1.0)},
    }
    shown = [wording(label) for label in labels]
    prop = {"size": 8, "family": families()}
    ax.legend(handles, shown, prop=prop, frameon=False, **options[place])
    return place


def scatter(ax: Axes, points: NDArray, **style: Any) -> None:
    """Draw points (n, 2); `style` is matplotlib's."""
    ax.scatter(points[:, 0], points[:, 1], **style)


def line_styles(names: Any) -> list[tuple[str, dict[str, Any]]]:
    """Return a colour and a line style for each name."""
    return list(zip(names, cycle(_LINES)))


def best(values: Mapping[str, float]) -> str:
    """Return "name (0.912)" of the largest value."""
    name = max(values, key=lambda key: values[key])
    return f"{name} ({values[name]:.3f})"


def span(values: Floats) -> str:
    """Return "low to high" of the values."""
    return f"{number(values.min())} to {number(values.max())}"
