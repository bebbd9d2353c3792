"""Pictures of ideas: classes, folds, training, activations, networks."""

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import ListedColormap
from numpy.typing import ArrayLike, NDArray

from helpers._arrays import as_count, as_labels, as_values
from helpers.plots.style import (
    ANOMALY,
    CHANCE,
    GREY,
    NORMAL,
    OKABE_ITO,
    count,
    finish,
    line_styles,
    new_axes,
    number,
)

ACTIVATIONS: dict[str, Callable[[NDArray], NDArray]] = {
    "linear": lambda x: x,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "tanh": np.tanh,
    "relu": lambda x: np.maximum(x, 0),
}


def class_counts(
    y: ArrayLike | Mapping[str, ArrayLike],
    *,
    names: tuple[str, str] = ("normal", "anomaly"),
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw how many rows of each class there are, on a logarithmic scale.

    `y` is 0/1 labels (n,), or {name: labels} to compare, for instance before and after
    resampling.
    """
    sets = y if isinstance(y, Mapping) else {"all rows": y}
    counts = {
        str(name): np.bincount(as_labels(labels, str(name)), minlength=2)
        for name, labels in sets.items()
    }
    ax = new_axes(ax, size=(7.0, 1.4 + 0.6 * len(counts)))
    _draw_class_bars(ax, counts, names)
    told = [
        f"{name}: {zeros:,} {names[0]} and {ones:,} {names[1]} "
        f"({number(100 * ones / (zeros + ones))} %)"
        for name, (zeros, ones) in counts.items()
    ]
    return finish(
        ax,
        key="beside",
        x="rows (logarithmic)",
        y="data",
        title=title or "How many of each class",
        text=f"class counts, {'; '.join(told)}",
    )


def missing_values(
    table: pd.DataFrame,
    codes: Mapping[str, ArrayLike] | None = None,
    *,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the share of missing and of coded values in each column that has any.

    `codes` maps a column to the value, or values, that stand for "not known".
    """
    if not isinstance(table, pd.DataFrame):
        raise ValueError(
            f"table must be a DataFrame, not {type(table).__name__}; its column names "
            "are drawn"
        )
    gaps = _count_gaps(table, codes or {})
    shown = gaps[gaps.any(axis=1)]
    ax = new_axes(ax, size=(7.0, 1.4 + 0.35 * max(len(shown), 1)))
    rows, totals = np.arange(len(shown)), shown.sum(axis=1)
    ax.barh(rows, shown["missing"], color=GREY, label="missing")
    bars = ax.barh(
        rows,
        shown["coded"],
        left=shown["missing"],
        label="hidden behind a code",
        **_CODED,
    )
    ax.bar_label(bars, [f"{total:,}" for total in totals], padding=3, fontsize=8)
    ax.set_yticks(rows, [str(column) for column in shown.index])
    ax.set_xlim(0, 1.15 * max(totals.max() if len(totals) else 0, 1))
    ax.invert_yaxis()
    told = [f"{row.Index} {row.missing} missing and {row.coded} coded"
            for row in shown.itertuples()]  # fmt: skip
    return finish(
        ax,
        x=f"rows, of {len(table):,}",
        y="column",
        title=title or "Values that are not there",
        text=f"of {count(len(table), 'row')} and {table.shape[1]} columns, "
        f"{count(len(shown), 'column')} lack values: {'; '.join(told) or 'none'}",
    )


def cv_folds(
    splits: Iterable[tuple[ArrayLike, ArrayLike]],
    n_rows: int,
    *,
    sources: ArrayLike | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw which rows each fold trains on and tests on; and where the copies went.

    `splits` are (train, test) index arrays, as from `cv.split(X, y)`. `sources`
    (n_rows,) names the original each row was made from: a test row is marked as leaked
    when a row of the same origin is in the training part.
    """
    folds = [(np.asarray(train), np.asarray(test)) for train, test in splits]
    if not folds:
        raise ValueError("splits is empty; pass cv.split(X, y)")
    grid = _fold_grid(folds, as_count(n_rows, "n_rows", least=1), sources)
    ax = new_axes(ax, size=(8.0, 1.6 + 0.28 * len(folds)))
    _draw_folds(ax, grid)
    leaked, tested = (grid == 3).sum(), (grid >= 2).sum()
    told = f"; {leaked:,} of {tested:,} test rows have a twin in the training part"
    return finish(
        ax,
        key="above",
        x="row",
        y="fold",
        title=title or "Who trains, who tests",
        text=f"{count(len(folds), 'fold')} of {count(n_rows, 'row')}, testing on "
        f"{', '.join(f'{len(test):,}' for _, test in folds)}"
        f"{told if sources is not None else ''}",
    )


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

_CODED = {"color": OKABE_ITO["orange"], "hatch": "//", "edgecolor": "white"}
_FOLD_KINDS = (
    ("not used", "#EEEEEE"),
    ("training", OKABE_ITO["sky"]),
    ("test", OKABE_ITO["yellow"]),
    ("test, but its twin is in training", ANOMALY["color"]),
)


def _draw_class_bars(
    ax: Axes, counts: Mapping[str, NDArray], names: tuple[str, str]
) -> None:
    styles = ({"color": NORMAL["color"]}, {"color": ANOMALY["color"], "hatch": "//"})
    for kind, style in enumerate(styles):
        rows = np.arange(len(counts)) + (0.2 if kind else -0.2)
        amounts = [pair[kind] for pair in counts.values()]
        bars = ax.barh(
            rows, amounts, 0.36, edgecolor="white", **style, label=names[kind]
        )
        ax.bar_label(bars, [f"{amount:,}" for amount in amounts], padding=3, fontsize=8)
    ax.set_xscale("symlog", linthresh=1)
    ax.set_xlim(0, 4 * max(pair.max() for pair in counts.values()))
    ax.set_yticks(range(len(counts)), list(counts))
    ax.invert_yaxis()


def _count_gaps(table: pd.DataFrame, codes: Mapping[str, ArrayLike]) -> pd.DataFrame:
    """Return how many values of each column are missing, and how many coded."""
    unknown = [column for column in codes if column not in table.columns]
    if unknown:
        raise ValueError(f"codes names column {unknown[0]!r}, which the table lacks")
    gaps = pd.DataFrame({"missing": table.isna().sum(), "coded": 0})
    for column, code in codes.items():
        gaps.loc[column, "coded"] = table[column].isin(np.atleast_1d(code)).sum()
    return gaps


def _fold_grid(folds: list, n_rows: int, sources: ArrayLike | None) -> NDArray:
    """Return the number in `_FOLD_KINDS` of each row in each fold."""
    grid = np.zeros((len(folds), n_rows), int)
    for fold, (train, test) in enumerate(folds):
        grid[fold, train], grid[fold, test] = 1, 2
        if sources is not None:
            origin = np.asarray(sources)
            grid[fold, test[np.isin(origin[test], origin[train])]] = 3
    return grid


def _draw_folds(ax: Axes, grid: NDArray) -> None:
    colours = ListedColormap([colour for _, colour in _FOLD_KINDS])
    ax.imshow(
        grid, aspect="auto", interpolation="nearest", cmap=colours, vmin=0, vmax=3
    )
    for kind, (label, colour) in enumerate(_FOLD_KINDS):
        if (grid == kind).any():
            ax.plot([], [], "s", color=colour, markersize=9, label=label)
    if grid.shape[1] <= 150:  # a second cue beside the colour, where there is room
        twins = np.argwhere(grid == 3)
        ax.plot(twins[:, 1], twins[:, 0], "x", color="black", markersize=4)
    ax.set_yticks(range(len(grid)), range(1, len(grid) + 1))


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
        ax.scatter(
            *np.transpose(neurons), s=70, color=colour, edgecolor="white", zorder=2
        )
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
