"""Pictures of columns beside each other: every pair as points, and a table as shades.

seaborn draws them. It is imported when one is drawn, not before.
"""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from helpers._arrays import as_labels, same_length
from helpers.plots.style import ANOMALY, NORMAL, finish, new_axes
from helpers.text import count, number

MOST_COLUMNS = 8  # more pairs than these nobody reads


def pair_plot(
    X: pd.DataFrame, y: ArrayLike | None = None, *, title: str | None = None
) -> Figure:
    """Draw each pair of columns of X (n, 2 to 8) as points, each column as bars.

    `y` (n,) marks anomalies. Bars are shares within each class. It is a picture of many
    axes, so it makes a figure of its own and returns that; `summary` takes it.
    """
    import seaborn as sns

    table = _numbers(X, "X")
    if not 2 <= len(table.columns) <= MOST_COLUMNS:
        raise ValueError(
            f"X has {count(len(table.columns), 'column')}; choose 2 to {MOST_COLUMNS}"
        )
    labels = as_labels(np.zeros(len(table)) if y is None else y, "y")
    same_length(table.to_numpy(), labels, names=("X", "y"))
    kinds = np.where(labels == 1, "anomaly", "normal")
    shown = ["normal", "anomaly"] if labels.any() else ["normal"]
    grid = sns.pairplot(
        table.assign(kind=kinds), vars=list(table.columns), hue="kind",
        hue_order=shown, palette={kind: _LOOKS[kind]["color"] for kind in shown},
        markers=[_LOOKS[kind]["marker"] for kind in shown], corner=True, height=1.7,
        diag_kind="hist", plot_kws={"s": 22, "linewidth": 0.3},
        diag_kws={"common_norm": False, "stat": "probability"},
    )  # fmt: skip
    sns.move_legend(grid, "upper right", bbox_to_anchor=(0.95, 0.92), title=None)
    grid.figure.suptitle(title or "Pairs of columns", fontsize=11)
    text = f"pairs of {len(table.columns)} columns of {count(len(table), 'row')}"
    grid.axes[0, 0].set_label(f"Figure: P{text[1:]}{_told(table, labels)}.")
    return grid.figure


def heat_map(
    table: pd.DataFrame,
    *,
    name: str = "value",
    digits: int = 2,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw a table of numbers as shades, for instance `X.corr()`; each cell is written.

    Blue is below zero, orange above, both the stronger the farther from it. `name` says
    what the numbers are. The summary names the least and the most; where rows are
    columns, not those of a column with itself.
    """
    import seaborn as sns

    values = _numbers(table, "table")
    rows, columns = values.shape
    ax = new_axes(ax, size=(2.2 + 0.62 * columns, 1.6 + 0.38 * rows))
    reach = float(np.abs(values.to_numpy()).max()) or 1.0
    sns.heatmap(
        values, ax=ax, vmin=-reach, vmax=reach, cmap=_signed(), annot=True,
        fmt=f".{digits}f", annot_kws={"fontsize": 8}, linewidths=0.5,
        cbar_kws={"label": name},
    )  # fmt: skip
    ax.tick_params(length=0)
    least, most = _ends(values)
    return finish(
        ax,
        x=str(values.columns.name or "column"),
        y=str(values.index.name or "row"),
        title=title or f"The {name}, cell by cell",
        text=f"{name} in {count(rows, 'row')} and {count(columns, 'column')}: least "
        f"{least}, most {most}",
    )


# ------------------------------------------------------------------------ details

_LOOKS = {"normal": NORMAL, "anomaly": ANOMALY}


def _signed() -> LinearSegmentedColormap:
    ends = [NORMAL["color"], "white", ANOMALY["color"]]
    return LinearSegmentedColormap.from_list("signed", ends)


def _numbers(table: Any, name: str) -> pd.DataFrame:
    """Return a DataFrame of finite floats; raise `ValueError` on anything else."""
    if not isinstance(table, pd.DataFrame) or table.empty:
        raise ValueError(f"{name} must be a DataFrame with rows and columns")
    try:
        values = table.astype(float)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must hold numbers only") from None
    if not np.isfinite(values.to_numpy()).all():
        raise ValueError(f"{name} has missing or infinite values; drop or fill them")
    return values


def _ends(values: pd.DataFrame) -> tuple[str, str]:
    """Return the least and the most of a table, each with its row and column."""
    cells = values.to_numpy().copy()
    if len(values) > 1 and values.index.equals(values.columns):
        np.fill_diagonal(cells, np.nan)
    least, most = (
        np.unravel_index(find(cells), cells.shape)
        for find in (np.nanargmin, np.nanargmax)
    )
    return _told_cell(values, *least), _told_cell(values, *most)


def _told_cell(values: pd.DataFrame, row: np.intp, column: np.intp) -> str:
    told = f"{values.index[row]}, {values.columns[column]}"
    return f"{number(values.iloc[row, column])} ({told})"


def _told(table: pd.DataFrame, labels: NDArray) -> str:
    """Return in words which columns go together, and where anomalies are apart."""
    strength = table.corr().fillna(0).abs().to_numpy() - np.eye(len(table.columns))
    one, other = np.unravel_index(strength.argmax(), strength.shape)
    names = list(map(str, table.columns))
    r = table.iloc[:, one].corr(table.iloc[:, other])
    told = (
        f"; most related are {names[one]} and {names[other]}, correlation {number(r)}"
    )
    if not 0 < labels.sum() < len(labels):
        return told
    normal = table[labels == 0]
    apart = (table[labels == 1].mean() - normal.mean()) / normal.std().replace(
        0, np.nan
    )
    farthest = str(apart.abs().idxmax())
    anomalies = count(int(labels.sum()), "anomaly", "anomalies")
    return (
        f"{told}; {anomalies}, farthest from the normal rows in {farthest}, by "
        f"{number(apart[farthest])} standard deviations"
    )
