"""Pictures of how rows are split into folds, and of copies on both sides."""

from collections.abc import Iterable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from numpy.typing import ArrayLike, NDArray

from helpers._arrays import as_count
from helpers.plots.style import ANOMALY, OKABE_ITO, finish, new_axes
from helpers.text import count


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


# ------------------------------------------------------------------------ details

_FOLD_KINDS = (
    ("not used", "#EEEEEE"),
    ("training", OKABE_ITO["sky"]),
    ("test", OKABE_ITO["yellow"]),
    ("test, but its twin is in training", ANOMALY["color"]),
)


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
    ax.set_yticks(range(len(grid)), [str(1 + fold) for fold in range(len(grid))])
