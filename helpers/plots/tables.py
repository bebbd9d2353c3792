"""Pictures of a table: its classes, and the values that are not there."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray

from helpers._arrays import as_labels
from helpers.plots.style import (
    ANOMALY,
    GREY,
    NORMAL,
    OKABE_ITO,
    finish,
    new_axes,
)
from helpers.text import count, percent


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
        f"({percent(ones / (zeros + ones))})"
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


# ------------------------------------------------------------------------ details

_CODED: dict[str, Any] = {
    "color": OKABE_ITO["orange"],
    "hatch": "//",
    "edgecolor": "white",
}


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
