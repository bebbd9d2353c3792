"""Pictures of how good several models are, measure by measure."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes

from helpers._arrays import as_number
from helpers.plots.style import OKABE_ITO, best, finish, new_axes

# colour and hatch: two cues for each model
_BARS = (
    ("blue", ""),
    ("orange", "//"),
    ("green", ".."),
    ("purple", "\\\\"),
    ("sky", "xx"),
    ("black", "--"),
    ("vermillion", "++"),
    ("yellow", "oo"),
)


def metric_bars(
    values: Mapping[str, Mapping[str, float]],
    *,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the measures of one model or of several as bars, side by side.

    `values` maps a model to {measure: value}, all models with the same measures. Each
    measure, 0 or more, is a group of bars, in which the models can be compared.

    Raises `ValueError` when there is no model, more than eight, or when the measures
    differ.
    """
    measures = _common_measures(values)
    ax = new_axes(ax, size=(7.0, 1.0 + len(measures) * (0.15 + 0.15 * len(values))))
    height = 0.8 / len(values)
    for place, (model, found) in enumerate(values.items()):
        rows = np.arange(len(measures)) - 0.4 + height * (place + 0.5)
        numbers = [
            as_number(found[name], f"{model}: {name}", least=0) for name in measures
        ]
        colour, hatch = _BARS[place]
        bars = ax.barh(
            rows, numbers, height, color=OKABE_ITO[colour], hatch=hatch,
            edgecolor="white", linewidth=0.5, label=model,
        )  # fmt: skip
        ax.bar_label(bars, fmt="{:.3f}", padding=2, fontsize=7)
    ax.set_yticks(range(len(measures)), measures)
    ax.invert_yaxis()
    ax.margins(x=0.1, y=0.02)
    return finish(
        ax,
        key="beside" if len(values) > 1 else None,
        x="value",
        y="measure",
        title=title or "How good, measure by measure",
        text=_told(values, measures),
    )


def _common_measures(values: Mapping[str, Mapping[str, float]]) -> list[str]:
    if not isinstance(values, Mapping) or not values:
        raise ValueError("values must be a dict: {'model': {'measure': value}, ...}")
    if len(values) > len(_BARS):
        raise ValueError(f"values has {len(values)} models; {len(_BARS)} is the most")
    first, *others = values
    measures = list(values[first])
    if not measures:
        raise ValueError(f"{first!r} has no measures")
    for model in others:
        if odd := sorted(set(values[model]) ^ set(measures)):
            raise ValueError(f"{odd[0]!r} is a measure of {first!r} or {model!r} only")
    return measures


def _told(values: Mapping[str, Mapping[str, float]], measures: list[str]) -> str:
    if len(values) == 1:
        ((model, found),) = values.items()
        listed = ", ".join(f"{name} {found[name]:.3f}" for name in measures)
        return f"bars of the measures of {model}: {listed}"
    leaders = [
        f"{name} {best({model: found[name] for model, found in values.items()})}"
        for name in measures
    ]
    return f"bars of {len(values)} models; largest in {', in '.join(leaders)}"
