"""Pictures of rows as points: who is far from whom."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray

from helpers._arrays import (
    as_labels,
    as_table,
    as_values,
    check_threshold,
    same_length,
)
from helpers.estimators.inputs import feature_names, named_as_fitted
from helpers.plots.fonts import families
from helpers.plots.style import (
    ANOMALY,
    GREY,
    NORMAL,
    SYNTHETIC,
    THRESHOLD,
    finish,
    line_styles,
    new_axes,
    scatter,
    wording,
)
from helpers.text import count, number, percent

SQUARE = (5.5, 4.5)
_MARKERS = "osD^vP*ph<>"


def decision_map(
    score_function: Callable[[NDArray], ArrayLike],
    X: ArrayLike,
    y: ArrayLike | None = None,
    *,
    threshold: float | None = None,
    names: Sequence[str] | None = None,
    title: str = "Where the score is high",
    ax: Axes | None = None,
) -> Axes:
    """Draw a score over the plane as shades, with its border at `threshold`.

    `score_function` takes (m, 2) and returns (m,): a detector's `decision_function`,
    or `lambda X: classifier.predict_proba(X)[:, 1]`. It gets a frame where it is a
    method of what was fitted with one, else an array. X (n, 2) are drawn on top.
    """
    check_threshold(threshold)
    points = as_table(X, "X", columns=2)
    labels = np.zeros(len(points), int) if y is None else as_labels(y, "y")
    same_length(points, labels, names=("X", "y"))
    ax = new_axes(ax, size=SQUARE)
    grid_x, grid_y = _grid(points)
    plane = np.column_stack([grid_x.ravel(), grid_y.ravel()])
    scores = as_values(
        score_function(_named(plane, X, score_function)),
        "the score function's result",
    )
    surface = scores.reshape(grid_x.shape)
    shades = ax.contourf(grid_x, grid_y, surface, levels=12, cmap="Greys", alpha=0.7)
    ax.figure.colorbar(shades, ax=ax).set_label(wording("score"), family=families())
    draw_classes(ax, points, labels)
    inside = _draw_border(ax, (grid_x, grid_y, surface), threshold)
    x_name, y_name = axis_names(X, names)
    return finish(
        ax,
        key="above",
        x=x_name,
        y=y_name,
        title=title,
        text=f"map of a score over {x_name} and {y_name}, from {number(scores.min())} "
        f"to {number(scores.max())} (darker is higher), with "
        f"{count(len(points), 'row')}, {labels.sum()} of them anomalies{inside}",
    )


def dbscan_clusters(
    X: ArrayLike,
    labels: ArrayLike,
    *,
    names: Sequence[str] | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw clusters of rows X (n, 2), with noise (label -1) as anomalies.

    `labels` (n,) are those of scikit-learn's `DBSCAN.labels_`.
    """
    points = as_table(X, "X", columns=2)
    clusters = as_values(labels, "labels").astype(int)
    same_length(points, clusters, names=("X", "labels"))
    ax = new_axes(ax, size=SQUARE)
    sizes = {}
    found = [int(label) for label in np.unique(clusters) if label != -1]
    looks = zip(found, line_styles(found), _cycled(found), strict=True)
    for label, (_, style), marker in looks:
        members = points[clusters == label]
        sizes[label] = len(members)
        scatter(ax, members, s=14, alpha=0.7, color=style["color"], marker=marker,
            label=f"cluster {label} ({len(members)})" if label < 5 else None,
        )  # fmt: skip
    noise = points[clusters == -1]
    scatter(
        ax, noise, s=60, edgecolor="white", **ANOMALY, label=f"noise ({len(noise)})"
    )
    x_name, y_name = axis_names(X, names)
    largest = ", ".join(f"{size:,}" for size in sorted(sizes.values())[:-6:-1])
    return finish(
        ax,
        key="beside",
        x=x_name,
        y=y_name,
        title=title or "Clusters and noise",
        text=f"{count(len(points), 'point')} in {count(len(sizes), 'cluster')} "
        f"(largest: {largest or 'none'}) and {count(len(noise), 'noise point')}",
    )


def lof_circles(
    X: ArrayLike,
    factors: ArrayLike,
    *,
    threshold: float | None = None,
    names: Sequence[str] | None = None,
    title: str = "Local outlier factors (wider circle, larger factor)",
    ax: Axes | None = None,
) -> Axes:
    """Draw rows X (n, 2) with circles as wide as their local outlier factor.

    `factors` (n,) are about 1 for ordinary rows (negative ones, as scikit-learn stores
    them, are turned round). Rows above `threshold` are drawn as anomalies.
    """
    check_threshold(threshold)
    points = as_table(X, "X", columns=2)
    sizes = np.abs(as_values(factors, "factors"))
    same_length(points, sizes, names=("X", "factors"))
    ax = new_axes(ax, size=SQUARE)
    flagged = sizes > threshold if threshold is not None else np.zeros(len(sizes), bool)
    excess = sizes - sizes.min()
    areas = 1500 * (excess / (excess.max() or 1)) ** 2
    ax.margins(0.2)
    scatter(ax, points, s=areas, facecolors="none", edgecolors=GREY)
    draw_classes(ax, points, flagged.astype(int))
    x_name, y_name = axis_names(X, names)
    top = int(np.argmax(sizes))
    return finish(
        ax,
        key="above",
        x=x_name,
        y=y_name,
        title=title,
        text=f"{count(len(points), 'point')} with circles that grow with the local "
        f"outlier factor, {number(sizes.min())} to {number(sizes.max())}; the largest "
        f"is at ({number(points[top, 0])}, {number(points[top, 1])})"
        + (
            f"; {flagged.sum()} exceed {number(threshold)}"
            if threshold is not None
            else ""
        ),
    )


def resampled_scatter(
    X: ArrayLike,
    y: ArrayLike,
    X_resampled: ArrayLike,
    y_resampled: ArrayLike,
    *,
    indices: ArrayLike | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw what resampling did to X (n, 2): rows kept, dropped, copied or made up.

    `indices` (m,) are the sampler's `sample_indices_`: which row of X each resampled
    row is. A sampler without them, like SMOTE, returns the rows of X first, then those
    that it made.
    """
    before, labels = as_table(X, "X", columns=2), as_labels(y, "y")
    after = as_table(X_resampled, "X_resampled", columns=2)
    labels_after = as_labels(y_resampled, "y_resampled")
    same_length(before, labels, names=("X", "y"))
    same_length(after, labels_after, names=("X_resampled", "y_resampled"))
    taken = np.arange(len(before)) if indices is None else np.asarray(indices)
    ax = new_axes(ax, size=SQUARE)
    kept = np.isin(np.arange(len(before)), taken)
    dropped = before[~kept]
    label = f"dropped ({len(dropped):,})" if len(dropped) else None
    scatter(ax, dropped, s=10, color=GREY, marker="x", alpha=0.4, label=label)
    draw_classes(ax, before[kept], labels[kept])
    made = after[len(taken) :]
    label = f"synthetic ({len(made):,})" if len(made) else None
    scatter(ax, made, s=30, linewidth=0.9, **SYNTHETIC, label=label)
    x_name, y_name = axis_names(X, None)
    copies = len(taken) - int(kept.sum())
    return finish(
        ax,
        key="above",
        x=x_name,
        y=y_name,
        title=title
        or f"{labels.sum()} anomalies of {len(before)} rows become "
        f"{labels_after.sum()} of {len(after)}",
        text=f"resampling turns {count(len(before), 'row')} with {labels.sum()} "
        f"anomalies into {count(len(after), 'row')} with {labels_after.sum()}: "
        f"{len(made):,} synthetic points, {copies:,} copies, {len(dropped):,} dropped",
    )


# ------------------------------------------------------------------------ details


def draw_classes(ax: Axes, points: NDArray, labels: NDArray) -> None:
    """Draw points (n, 2), anomalies on top, as they look in all lessons."""
    normal, anomalies = points[labels == 0], points[labels == 1]
    scatter(ax, normal, s=14, alpha=0.6, linewidth=0, **NORMAL,
               label=f"normal ({len(normal):,})")  # fmt: skip
    if len(anomalies):
        scatter(ax, anomalies, s=55, edgecolor="white", linewidth=0.6, **ANOMALY,
                   zorder=3, label=f"anomaly ({len(anomalies):,})")  # fmt: skip


def _draw_border(ax: Axes, surface: tuple, threshold: float | None) -> str:
    if threshold is None:
        return ""
    share = (surface[2] > threshold).mean()
    if 0 < share < 1:
        border: Any = ax.contour(
            *surface,
            levels=[threshold],
            colors=THRESHOLD["color"],
            linestyles=THRESHOLD["linestyle"],
        )
        handle = border.legend_elements()[0][0]
        handle.set_label(f"threshold {number(threshold)}")
        ax.add_line(handle)
    return (
        f"; {percent(share)} of the area lies above the threshold {number(threshold)}"
    )


def _named(plane: NDArray, X: ArrayLike, score_function: Callable) -> Any:
    """Return the plane as what its scores are asked of knows it: with names, or not."""
    estimator = getattr(score_function, "__self__", None)
    named = named_as_fitted(plane, estimator)
    names = feature_names(X)
    if names is None or not isinstance(named, pd.DataFrame):
        return named
    return named.set_axis(names, axis=1)  # the detector says so if it knows others


def _grid(points: NDArray, steps: int = 120) -> tuple[NDArray, NDArray]:
    low, high = points.min(axis=0), points.max(axis=0)
    margin = 0.12 * np.where(high > low, high - low, 1.0)
    low, high = low - margin, high + margin
    x, y = np.meshgrid(*np.linspace(low, high, steps).T)
    return x, y


def axis_names(X: ArrayLike, names: Sequence[str] | None) -> tuple[str, str]:
    """Return the labels of two axes: `names`, or the columns of a DataFrame."""
    columns = names if names is not None else getattr(X, "columns", None)
    if columns is None:
        return "feature 1", "feature 2"
    if len(columns) != 2:
        raise ValueError(f"names must be two labels, x then y; got {list(columns)}")
    return str(columns[0]), str(columns[1])


def _cycled(items: list) -> list[str]:
    return [_MARKERS[i % len(_MARKERS)] for i in range(len(items))]
