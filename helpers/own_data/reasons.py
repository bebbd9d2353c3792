"""Which column, or which step, made an alert.

Two answers. **Replaced**: put the usual value in the place of one column (all its
steps) and ask the detector again; how far the score falls is what that column gave to
it. It works with every detector, and asks about this detector, not about the world:
a column can be replaced although the others don't fit the usual value, and where two
columns say the same thing, neither is missed when it goes alone. **Rebuilt**: the share
of the squared error that a column has in what a detector rebuilds (PCA, autoencoders);
an error can be smeared over columns that are in order (Kim et al. call it the
reconstruction's residual; see Antwarg et al., 2021, who explain autoencoders by it).

scikit-learn's `permutation_importance` answers another question: which column matters
for all rows together, with labels.
"""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from helpers._arrays import Floats, Labels, as_count, as_number
from helpers.own_data.judging import Judged, shaped
from helpers.own_data.names import drawable, short
from helpers.own_data.parts import OwnParts
from helpers.plots.relations import heat_map
from helpers.text import percent

__all__ = [
    "named_share",
    "plant",
    "reasons_picture",
    "reasons_told",
    "rebuilt_errors",
    "replaced",
    "responsible",
]


def replaced(
    parts: OwnParts, judged: Judged, X: NDArray, *, by: str = "column"
) -> Floats:
    """Return how far the score of each window falls without each column (n, columns).

    A column's features get their usual value, in all steps. With `by="step"` all
    columns of one step get it (n, steps). A fall can be negative: then the column made
    the window look more usual.
    """
    before = judged.score(X)
    masks = _masks(parts, by)
    falls = []
    for mask in masks:
        changed = np.where(mask, parts.usual, X)
        falls.append(before - judged.score(changed))
    return np.column_stack(falls)


def _masks(parts: OwnParts, by: str) -> list[NDArray[np.bool_]]:
    steps, features = parts.window, len(parts.usual)
    if by == "step":
        return [
            np.repeat(np.arange(steps)[:, None] == s, features, 1) for s in range(steps)
        ]
    if by != "column":
        raise ValueError(f"by must be 'column' or 'step'; got {by!r}")
    return [
        np.repeat((parts.of_feature == c)[None, :], steps, 0)
        for c in range(len(parts.columns))
    ]


def rebuilt_errors(
    parts: OwnParts, judged: Judged, X: NDArray, *, by: str = "column"
) -> Floats:
    """Return the squared error of each column of each window (n, columns), or step.

    For detectors with `reconstruct`. Raises `ValueError` for others: `replaced` asks
    any detector.
    """
    detector = judged.detector
    if not hasattr(detector, "reconstruct"):
        raise ValueError(
            f"{type(detector).__name__} rebuilds nothing; replaced() asks any detector"
        )
    rebuilt = detector.reconstruct(shaped(detector, X)).reshape(X.shape)
    errors = np.square(X - rebuilt)
    return np.column_stack(
        [(errors * mask).sum(axis=(1, 2)) for mask in _masks(parts, by)]
    )


def responsible(
    parts: OwnParts,
    judged: Judged,
    rows: Sequence[int],
    *,
    by: str | None = None,
    most: int = 8,
) -> pd.DataFrame:
    """Return what each column gave to the score of some test rows, as a share.

    `replaced`, with what is negative as 0, divided by the sum. `by` is "column" or
    "step"; None takes columns, and steps where the only column of a series is all there
    is. Those that gave most are kept, the others are summed up as "others".
    """
    as_count(most, "most", least=2)
    if by is None:
        by = "step" if len(parts.columns) == 1 and parts.window > 1 else "column"
    X = parts.test.X[np.asarray(rows, dtype=int)]
    falls = np.maximum(replaced(parts, judged, X, by=by), 0)
    total = falls.sum(axis=1, keepdims=True)
    shares = np.divide(falls, total, out=np.zeros_like(falls), where=total > 0)
    names = parts.columns
    if by == "step":
        names = [f"{steps} rows before" for steps in range(parts.window - 1, 0, -1)]
        names = [*names, "the row itself"]
    table = pd.DataFrame(shares, columns=names)
    if table.shape[1] > most:
        kept = table.mean().sort_values(ascending=False).index[: most - 1]
        others = table.drop(columns=kept).sum(axis=1)
        table = table[list(kept)].assign(others=others)
    return table


def reasons_told(shares: pd.DataFrame, *, most: int = 2) -> pd.Series:
    """Return in words who gave most to each alert: "area (84 %), height (16 %)"."""
    told = []
    for _, row in shares.iterrows():
        ranked = row.sort_values(ascending=False).head(most)
        named = [
            f"{short(n)} ({percent(round(s, 2))})"
            for n, s in ranked.items()
            if s >= 0.05
        ]
        told.append(", ".join(named) or "no column alone")
    return pd.Series(told, index=shares.index)


def reasons_picture(shares: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw the shares of `responsible` as shades, an alert a line; return the axes."""
    shown = shares.rename(columns=drawable)
    shown.index = pd.Index([drawable(name) for name in shares.index], name="alert")
    if ax is None:
        size = max(6.0, 2.2 + 0.62 * shown.shape[1]), 1.6 + 0.38 * len(shown)
        _, ax = plt.subplots(figsize=size, dpi=100, layout="constrained")
    heat_map(
        shown,
        name="share of the fall",
        title="What gave how much to the score",
        ax=ax,
    )
    ax.set_label(str(ax.get_label()).replace(r"\$", "$"))
    return ax


# ----------------------------------------------------------------- does it tell right?


def plant(
    parts: OwnParts, *, rows: int = 50, size: float = 6.0, random_state: int = 0
) -> tuple[Floats, Labels]:
    """Return usual test windows with one strange value each, and whose it is.

    Windows (rows, steps, features) and the column (rows,) in which the last step was
    moved by `size` standard deviations, up or down. Columns of words, and columns that
    hardly move, are left alone.
    """
    as_number(size, "size", least=0, above=True)
    random = np.random.default_rng(random_state)
    numbers = [
        place
        for place, column in enumerate(parts.columns)
        if parts.data.table[column].dtype != object
    ]
    if not numbers:
        raise ValueError("no column of numbers to plant a strange value in")
    usual = np.flatnonzero(parts.test.normal)
    X = parts.test.X[random.choice(usual, as_count(rows, "rows", least=1))].copy()
    columns = random.choice(numbers, rows)
    for window, column in zip(X, columns, strict=True):
        feature = int(np.flatnonzero(parts.of_feature == column)[0])
        window[-1, feature] += size * random.choice((-1, 1))
    return X, columns


def named_share(
    parts: OwnParts,
    judged: Mapping[str, Judged],
    *,
    rows: int = 50,
    size: float = 6.0,
    seeds: Sequence[int] = (0, 1, 2),
) -> pd.DataFrame:
    """Return how often the planted column is named first, per detector and way.

    "replaced" for all, "rebuilt" for those that rebuild; chance is one in the number of
    columns. Only windows that the detector scores above the 95 % quantile of its
    validation scores count: nobody asks about a row without an alarm; "rang" is their
    share.
    """
    table: dict[str, dict[str, float]] = {}
    for name, each in judged.items():
        limit = np.quantile(each.validation[parts.validation.normal], 0.95)
        hits: dict[str, list[float]] = {"rang": [], "replaced": [], "rebuilt": []}
        for seed in seeds:
            X, column = plant(parts, rows=rows, size=size, random_state=seed)
            rang = each.score(X) > limit
            hits["rang"].append(float(rang.mean()))
            if rang.any():
                X, column = X[rang], column[rang]
                named = replaced(parts, each, X).argmax(axis=1)
                hits["replaced"].append(float(np.mean(named == column)))
                if hasattr(each.detector, "reconstruct"):
                    named = rebuilt_errors(parts, each, X).argmax(axis=1)
                    hits["rebuilt"].append(float(np.mean(named == column)))
        table[name] = {
            way: float(np.mean(found)) if found else np.nan
            for way, found in hits.items()
        }
    chance = 1 / len(parts.columns)
    return pd.DataFrame(table).T.assign(chance=chance)
