"""Pictures of how rare a high score is."""

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike
from scipy.stats import genpareto

from helpers._arrays import Floats, as_values
from helpers.plots.style import (
    OKABE_ITO,
    RECONSTRUCTION,
    SCORE,
    THRESHOLD,
    finish,
    new_axes,
)
from helpers.text import number
from helpers.thresholds import fitted_tail, peaks_threshold


def tail_plot(
    scores: ArrayLike,
    false_alarm_rate: float,
    level: float = 0.98,
    *,
    new: ArrayLike | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw how rare scores (n,) are above a level, the fitted tail and its threshold.

    The vertical axis has the share of rows that score higher, in powers of ten. `new`
    (m,) are scores that were not fitted: where they leave the fitted line, the
    assumption has failed.
    """
    values = as_values(scores)
    cut = peaks_threshold(values, false_alarm_rate, level)
    tail = fitted_tail(values, level)
    ax = new_axes(ax)
    parts = [("fitted", values, SCORE | {"linestyle": "", "marker": "."})]
    told = ""
    if new is not None:
        others = as_values(new, "new")
        parts.append(("new rows", others, {"color": OKABE_ITO["blue"], "lw": 2}))
        told = f"; {(others > cut).sum():,} of {len(others):,} new ones exceed it"
    for name, array, style in parts:
        x, rarity = _rarity(array, tail.start)
        ax.step(x, rarity, where="post", **style, label=f"{name} ({len(array):,})")
    x = np.linspace(tail.start, max(cut, *(each[1].max() for each in parts)), 200)
    above = tail.share * genpareto.sf(x - tail.start, tail.shape, scale=tail.scale)
    seen = above > false_alarm_rate / 10
    ax.plot(x[seen], above[seen], **RECONSTRUCTION, label=f"shape {tail.shape:.2f}")
    ax.axvline(cut, **THRESHOLD, label=f"threshold {number(cut)}")
    ax.set_yscale("log")
    return finish(
        ax,
        x="anomaly score",
        y="share of rows above",
        title=title or "How rare is a high score?",
        text=f"share of rows above a score, from {number(tail.start)} on: a tail of "
        f"shape {tail.shape:.2f} puts the threshold for one row in "
        f"{1 / false_alarm_rate:,.0f} at {number(cut)}; the largest of the "
        f"{len(values):,} fitted scores is {number(values.max())}{told}",
    )


def _rarity(values: Floats, start: float) -> tuple[Floats, Floats]:
    """Return scores above `start`, rising, and the share of `values` from each on."""
    high = np.sort(values[values > start])
    return high, np.arange(len(high), 0, -1) / len(values)
