"""Pictures of scores, thresholds and how good they are."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike
from scipy.stats import norm
from sklearn.metrics import (
    average_precision_score,
    precision_recall_curve,
    roc_auc_score,
    roc_curve,
)
from sklearn.metrics import confusion_matrix as count_confusions

from helpers._arrays import (
    Floats,
    aligned,
    as_labelled_scores,
    as_labels,
    as_values,
    check_threshold,
    same_length,
)
from helpers.plots.style import (
    ANOMALY,
    CHANCE,
    GREY,
    NORMAL,
    OKABE_ITO,
    SCORE,
    THRESHOLD,
    best,
    finish,
    line_styles,
    new_axes,
    span,
)
from helpers.text import count, number
from helpers.thresholds import iqr_limits

SQUARE = (6.5, 4.0)


def score_histogram(
    scores: ArrayLike,
    y: ArrayLike | None = None,
    threshold: float | None = None,
    *,
    bins: int = 40,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw how scores (n,) are distributed, by class where labels `y` are given.

    Bars are shares within each class, so that few anomalies can be seen beside many
    normal rows.
    """
    check_threshold(threshold)
    values, y = as_values(scores), aligned(scores, y, names=("scores", "y"))
    labels = None if y is None else as_labels(y, "y")
    if labels is not None:
        same_length(values, labels, names=("scores", "y"))
    ax = new_axes(ax)
    edges = np.histogram_bin_edges(values, bins=bins)
    for part, name, style in _score_parts(values, labels):
        weights = np.full(len(part), 1 / max(len(part), 1))
        ax.hist(
            part, bins=edges.tolist(), weights=weights, alpha=0.6, **style, label=name
        )
    text = (
        f"histogram of {count(len(values), 'score')}, from {number(values.min())} "
        f"to {number(values.max())}"
    )
    if threshold is not None:
        ax.axvline(threshold, **THRESHOLD, label=f"threshold {number(threshold)}")
        text += (
            f"; {_flagged_text(values > threshold, labels)} exceed the threshold "
            f"{number(threshold)}"
        )
    return finish(
        ax,
        x="anomaly score",
        y="share of the class",
        title=title or "Scores",
        text=text,
    )


def distribution_plot(
    values: ArrayLike,
    limits: tuple[float, float] | None = None,
    *,
    bins: int = 20,
    name: str = "value",
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw values (n,) as a density with the fitted normal curve and two limits.

    `limits` is (low, high), for instance from `thresholds.sigma_limits`.
    """
    array = as_values(values, "values", least=2)
    ax = new_axes(ax)
    ax.hist(
        array, bins=bins, density=True, color=NORMAL["color"], alpha=0.5, label=name
    )
    mean, sd = array.mean(), array.std(ddof=1)
    if sd > 0:
        grid = np.linspace(*_ends(array, limits), 300)
        ax.plot(grid, norm.pdf(grid, mean, sd), color=GREY, label="fitted normal")
    text = (
        f"distribution of {len(array):,} values of {name} with mean {number(mean)} and "
        f"standard deviation {number(sd)}"
    )
    text += _draw_limits(ax, array, limits)
    return finish(
        ax, x=name, y="density", title=title or f"Distribution of the {name}", text=text
    )


def box_plot(
    values: ArrayLike,
    k: float = 1.5,
    *,
    name: str = "value",
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw a box plot of values (n,) with whiskers of at most k IQR."""
    array = as_values(values, "values")
    low, high = iqr_limits(array, k)
    outside = array[(array < low) | (array > high)]
    ax = new_axes(ax, size=(7.0, 2.2))
    ax.boxplot(array, whis=k, orientation="horizontal", widths=0.5, **_BOX)
    for limit in (low, high):
        ax.axvline(limit, **THRESHOLD, linewidth=1)
    ax.set_yticks([])
    lower, median, upper = np.quantile(array, (0.25, 0.5, 0.75))
    return finish(
        ax,
        x=name,
        y="all values",
        title=title or f"Box plot with whiskers of {number(k)} IQR",
        text=f"box plot of {len(array):,} values of {name}: quartiles {number(lower)} "
        f"and {number(upper)}, median {number(median)}, limits {number(low)} and "
        f"{number(high)}; {len(outside)} lie outside",
    )


def roc_curves(
    curves: Mapping[str, tuple[ArrayLike, ArrayLike]],
    *,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw ROC curves of {name: (y, scores)}, with the diagonal of chance."""
    ax = new_axes(ax, size=SQUARE)
    areas = {}
    for (name, pair), style in _styled(curves):
        labels, values = as_labelled_scores(*pair)
        areas[name] = roc_auc_score(labels, values)
        false_rate, true_rate, _ = roc_curve(labels, values)
        ax.plot(false_rate, true_rate, **style, label=f"{name} {areas[name]:.3f}")
    ax.plot([0, 1], [0, 1], **CHANCE, label="chance 0.500")
    return finish(
        ax,
        key="beside",
        x="false positive rate",
        y="true positive rate",
        title=title or "ROC curves and the area under them",
        text=f"ROC curves with areas {_listed(areas)}, chance 0.5; best {best(areas)}",
    )


def precision_recall_curves(
    curves: Mapping[str, tuple[ArrayLike, ArrayLike]],
    *,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw precision against recall of {name: (y, scores)}, with chance lines.

    Chance is the share of anomalies: one line where all data sets share it, otherwise
    one each.
    """
    ax = new_axes(ax, size=SQUARE)
    precisions, shares = {}, {}
    for (name, pair), style in _styled(curves):
        labels, values = as_labelled_scores(*pair)
        precisions[name] = average_precision_score(labels, values)
        shares[name] = labels.mean()
        precision, recall, _ = precision_recall_curve(labels, values)
        ax.step(
            recall,
            precision,
            where="post",
            **style,
            label=f"{name} {precisions[name]:.3f}",
        )
    for share in sorted(set(shares.values())):
        ax.axhline(share, **CHANCE, label=f"chance {share:.3f}")
    ax.set_ylim(0, 1.03)
    return finish(
        ax,
        key="beside",
        x="recall",
        y="precision",
        title=title or "Precision and recall, and their average precision",
        text=f"precision-recall curves with average precision {_listed(precisions)}; "
        f"chance is {', '.join(f'{s:.3f}' for s in sorted(set(shares.values())))}",
    )


def confusion_matrix(
    y: ArrayLike,
    predictions: ArrayLike,
    *,
    names: tuple[str, str] = ("normal", "anomaly"),
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the four counts of 0/1 predictions against labels, both (n,)."""
    predictions = aligned(y, predictions, names=("y", "predictions"))
    labels, guesses = as_labels(y, "y"), as_labels(predictions, "predictions")
    same_length(labels, guesses, names=("y", "predictions"))
    counts = count_confusions(labels, guesses, labels=(0, 1))
    (tn, fp), (fn, tp) = counts
    ax = new_axes(ax, size=(4.2, 3.6))
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    ax.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    words = (("true negative", "false positive"), ("false negative", "true positive"))
    for (row, column), amount in np.ndenumerate(counts):
        ax.text(
            column,
            row,
            f"{amount:,}\n{words[row][column]}",
            ha="center",
            va="center",
            fontsize=10,
            color="white" if shares[row, column] > 0.55 else "black",
        )
    ax.set_xticks((0, 1), names)
    ax.set_yticks((0, 1), names, rotation=90, va="center")
    return finish(
        ax,
        x="predicted",
        y="true",
        title=title or "Confusion matrix",
        text=f"confusion matrix of {count(len(labels), 'row')}: {tn} true negatives, "
        f"{fp} false positives, {fn} false negatives, {tp} true positives",
    )


def cost_curve(
    thresholds: ArrayLike,
    costs: ArrayLike,
    *,
    chosen: float | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw what each threshold costs, with the cheapest and the `chosen` one.

    Arrays (m,) as `thresholds.threshold_costs` returns them.
    """
    x, y = as_values(thresholds, "thresholds"), as_values(costs, "costs")
    same_length(x, y, names=("thresholds", "costs"))
    ax = new_axes(ax)
    order = np.argsort(x)
    ax.step(x[order], y[order], where="post", **SCORE, label="total cost")
    lowest = int(np.argmin(y))
    ax.plot(x[lowest], y[lowest], "v", color=OKABE_ITO["green"], markersize=9,
            label=f"cheapest: {number(y[lowest])} at {number(x[lowest])}")  # fmt: skip
    text = f"cost of {count(len(x), 'threshold')}: least {number(y[lowest])} at "
    text += f"{number(x[lowest])}, most {number(y.max())}"
    if chosen is not None:
        ax.axvline(chosen, **THRESHOLD, label=f"chosen {number(chosen)}")
        text += f"; the chosen threshold {number(chosen)} costs "
        text += number(_cost_at(chosen, x[order], y[order]))
    return finish(
        ax,
        x="threshold",
        y="total cost",
        title=title or "What mistakes cost",
        text=text,
    )


def calibration_curves(
    curves: Mapping[str, tuple[ArrayLike, ArrayLike]],
    *,
    bins: int = 10,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw how often rows given a probability are anomalies: {name: (y, p)}.

    Bins hold equally many rows. On the diagonal, "20 %" happens in 20 % of the cases.
    """
    ax = new_axes(ax, size=SQUARE)
    told = []
    for (name, (y, p)), style in _styled(curves):
        labels, values = as_labelled_scores(y, p)
        _check_probabilities(name, values)
        parts = np.array_split(
            np.argsort(values, kind="stable"), min(bins, len(values))
        )
        means = [(values[part].mean(), labels[part].mean()) for part in parts]
        ax.plot(*np.transpose(means), **style, marker="o", markersize=4, label=name)
        told.append(f"{name} says {values.mean():.3f} on average")
    ax.plot([0, 1], [0, 1], **CHANCE, label="well calibrated")
    return finish(
        ax,
        x="predicted probability",
        y="share of anomalies",
        title=title or "Do the probabilities hold?",
        text=f"calibration curves: {', '.join(told)}, where the share of anomalies is "
        f"{labels.mean():.3f}",
    )


def spread(
    values: Mapping[str, ArrayLike],
    *,
    name: str = "score",
    chance: float | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw each result over seeds or folds as a dot, with the mean as a bar.

    `values` maps a method to its results (m,); `chance` draws a line to beat.
    """
    results = {key: as_values(value, key) for key, value in values.items()}
    if not results:
        raise ValueError("values is empty; pass {'method': results, ...}")
    ax = new_axes(ax, size=(7.0, 1.2 + 0.45 * len(results)))
    random = np.random.default_rng(0)
    for row, result in enumerate(results.values()):
        jitter = row + random.uniform(-0.12, 0.12, len(result))
        ax.plot(result, jitter, linestyle="", alpha=0.7, markersize=6, **NORMAL)
        ax.plot([result.mean()] * 2, [row - 0.3, row + 0.3], color="black", linewidth=2)
    if chance is not None:
        ax.axvline(chance, **CHANCE, label=f"chance {number(chance)}")
    ax.set_yticks(range(len(results)), list(results))
    ax.set_ylim(len(results) - 0.5, -0.5)
    large = max(np.abs(result).max() for result in results.values()) >= 10
    shown = number if large else "{:.3f}".format
    told = [
        f"{key} {shown(result.mean())} ({shown(result.min())} to {shown(result.max())})"
        for key, result in results.items()
    ]
    return finish(
        ax,
        x=name,
        y="method",
        title=title or f"Spread of the {name}",
        text=f"mean and range of the {name}: {', '.join(told)}"
        + (f"; chance {number(chance)}" if chance is not None else ""),
        key="above",
    )


# ------------------------------------------------------------------------ details


_BOX: dict[str, Any] = {
    "patch_artist": True,
    "boxprops": {"facecolor": OKABE_ITO["sky"], "alpha": 0.6},
    "medianprops": {"color": OKABE_ITO["black"]},
    "flierprops": {
        "marker": ANOMALY["marker"],
        "markerfacecolor": ANOMALY["color"],
        "markeredgecolor": "white",
        "markersize": 8,
    },
}


def _styled(curves: Mapping[str, tuple[ArrayLike, ArrayLike]]) -> list:
    if not isinstance(curves, Mapping) or not curves:
        raise ValueError("curves must be a dict: {'name': (y, scores), ...}")
    for name, curve in curves.items():
        if not isinstance(curve, tuple | list) or len(curve) != 2:
            raise ValueError(f"curves[{name!r}] must be a pair: (y, scores)")
    styles = [style for _, style in line_styles(curves)]
    return list(zip(curves.items(), styles, strict=True))


def _listed(values: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:.3f}" for name, value in values.items())


def _check_probabilities(name: str, values: Floats) -> None:
    if values.min() < 0 or values.max() > 1:
        raise ValueError(
            f"{name!r} holds {span(values)}; "
            "calibration needs probabilities between 0 and 1"
        )


def _score_parts(values: Floats, labels: ArrayLike | None) -> list:
    if labels is None:
        return [(values, f"scores ({len(values):,})", {"color": SCORE["color"]})]
    normal, anomalies = values[labels == 0], values[labels == 1]
    return [
        (normal, f"normal ({len(normal):,})", {"color": NORMAL["color"]}),
        (
            anomalies,
            f"anomaly ({len(anomalies):,})",
            {"color": ANOMALY["color"], "hatch": "//", "edgecolor": "white"},
        ),
    ]


def _flagged_text(flagged: np.ndarray, labels: np.ndarray | None) -> str:
    if labels is None:
        return f"{flagged.sum():,}"
    anomalies, normal = flagged[labels == 1], flagged[labels == 0]
    return (
        f"{anomalies.sum():,} of {count(len(anomalies), 'anomaly', 'anomalies')} and "
        f"{normal.sum():,} of {count(len(normal), 'normal row')}"
    )


def _ends(array: Floats, limits: tuple[float, float] | None) -> tuple[float, float]:
    ends = np.concatenate([array, limits]) if limits is not None else array
    return float(ends.min()), float(ends.max())


def _draw_limits(ax: Axes, array: Floats, limits: tuple[float, float] | None) -> str:
    if limits is None:
        return ""
    low, high = limits
    ax.axvline(low, **THRESHOLD, label=f"limits {number(low)}, {number(high)}")
    ax.axvline(high, **THRESHOLD)
    return (
        f"; {(array < low).sum()} lie below the limit {number(low)} and "
        f"{(array > high).sum()} above {number(high)}"
    )


def _cost_at(chosen: float, thresholds: Floats, costs: Floats) -> float:
    position = int(np.searchsorted(thresholds, chosen, side="right")) - 1
    return float(costs[max(position, 0)])
