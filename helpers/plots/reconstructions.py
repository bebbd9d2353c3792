"""Pictures of rows beside what a model rebuilds of them: as images, and as points."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray

from helpers._arrays import as_count, as_labels, as_table, same_length
from helpers.plots.points import SQUARE, axis_names, draw_classes
from helpers.plots.style import MARKERS, finish, line_styles, new_axes, scatter
from helpers.text import count, number


def image_rows(
    images: Mapping[str, ArrayLike],
    shape: tuple[int, int],
    *,
    names: Sequence[str] | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw rows of a table as images: {"original": X, "rebuilt": Z}, one line each.

    Each value is (n, height x width), `shape` is (height, width), `names` (n,) label
    the columns. The darker, the larger; each line has its own scale. The summary tells
    how far the second line is from the first.
    """
    height, width = (as_count(side, "shape", least=1) for side in shape)
    lines = _image_lines(images, height * width)
    columns = len(next(iter(lines.values())))
    names = [str(name) for name in (names if names is not None else range(columns))]
    if len(names) != columns:
        raise ValueError(f"{count(columns, 'image')}, but {count(len(names), 'name')}")
    ax = new_axes(ax, size=(1.2 + 0.85 * columns, 0.9 + 0.85 * len(lines)))
    mosaic = np.concatenate([_line(rows, height, width) for rows in lines.values()])
    ax.imshow(mosaic, cmap="gray_r", vmin=0, vmax=1, interpolation="nearest")
    ax.set_xticks((width + 1) * np.arange(columns) + width / 2, names, fontsize=8)
    ax.set_yticks((height + 1) * np.arange(len(lines)) + height / 2, list(lines))
    ax.tick_params(length=0)
    ax.spines[["left", "bottom"]].set_visible(False)
    return finish(
        ax,
        x="row of the table",
        y="image",
        title=title or "Rows as images",
        text=f"{count(columns, 'row')} as images of {height} x {width} pixels, "
        f"{' above '.join(lines)}{_distances(lines, names)}",
    )


def rebuilt_scatter(
    X: ArrayLike,
    rebuilt: Mapping[str, ArrayLike],
    *,
    y: ArrayLike | None = None,
    names: Sequence[str] | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw rows X (n, 2) and where each model puts them: {"PCA": (n, 2), ...}.

    `y` marks anomalies; a thin line leads from each of them to its reconstructions.
    """
    points = as_table(X, "X", columns=2)
    labels = as_labels(np.zeros(len(points)) if y is None else y, "y")
    same_length(points, labels, names=("X", "y"))
    ax = new_axes(ax, size=SQUARE)
    draw_classes(ax, points, labels)
    told = [f"{count(len(points), 'row')} and what models of them rebuild"]
    for place, name in enumerate(rebuilt):
        colour = _OTHERS[place % len(_OTHERS)]
        model = as_table(rebuilt[name], name, columns=2)
        same_length(points, model, names=("X", name))
        scatter(ax, model, s=12, marker=_OTHER_MARKERS[place % len(_OTHER_MARKERS)],
                   color=colour, linewidth=0,
                   label=f"rebuilt by {name}")  # fmt: skip
        for start, end in zip(points[labels == 1], model[labels == 1], strict=True):
            ax.plot(*np.transpose([start, end]), color=colour, linewidth=1)
        told.append(f"{name} with {_errors(points - model, labels)}")
    x_name, y_name = axis_names(X, names)
    return finish(
        ax,
        key="above",
        x=x_name,
        y=y_name,
        title=title or "Points and their reconstructions",
        text=": ".join([told[0], "; ".join(told[1:])]),
    )


# ------------------------------------------------------------------------ details

# the first look is that of the rows themselves
_OTHERS = [style["color"] for _, style in line_styles(range(6))][1:]
_OTHER_MARKERS = MARKERS[1:]


def _image_lines(
    images: Mapping[str, ArrayLike], pixels: int
) -> dict[str, NDArray[np.float64]]:
    if not isinstance(images, Mapping) or not images:
        raise ValueError("images must be a dict: {'original': rows, ...}")
    lines = {key: as_table(rows, key, columns=pixels) for key, rows in images.items()}
    same_length(*lines.values(), names=list(lines))
    return lines


def _line(rows: NDArray, height: int, width: int) -> NDArray:
    """Return images side by side, from 0 to 1, with a white gap after each."""
    low, high = rows.min(), rows.max()
    grey = (rows - low) / (high - low if high > low else 1)
    tiles = np.full((len(rows), height + 1, width + 1), np.nan)
    tiles[:, :-1, :-1] = grey.reshape(-1, height, width)
    return np.concatenate(list(tiles), axis=1)


def _distances(lines: dict[str, NDArray], names: Sequence[str]) -> str:
    if len(lines) < 2:
        return ""
    (first, original), (second, other) = list(lines.items())[:2]
    errors = np.square(original - other).mean(axis=1)
    told = (f"{name} {number(e)}" for name, e in zip(names, errors, strict=True))
    words = (" ".join(part.split()) for part in told)
    return f"; mean squared difference of {second} from {first}: {', '.join(words)}"


def _errors(differences: NDArray, labels: NDArray) -> str:
    errors = np.square(differences).mean(axis=1)
    told = f"a mean squared error of {number(errors[labels == 0].mean())}"
    if not labels.any():
        return told
    return f"{told}, for anomalies {number(errors[labels == 1].mean())}"
