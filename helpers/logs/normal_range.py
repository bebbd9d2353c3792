"""The normal range: what scores do on normal lines, frozen before new logs come.

Nothing here knows a model: what goes in is one score per line. What comes out is a
verdict, whether a new log is within the range, and the counts that say so.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from helpers._arrays import Floats, as_count, as_values, check_threshold
from helpers.thresholds import quantile_threshold
from helpers.windows import sliding_windows

__all__ = ["NormalRange", "Verdict"]

WITHIN = "within the normal range"
OUTSIDE = "NOT within the normal range"


@dataclass(frozen=True)
class NormalRange:
    """What scores do on a normal log, frozen before new logs come.

    threshold: a line is above it when its score is greater
    share: lines above it in a normal log, 0 to 1
    stretch: consecutive lines looked at together
    limit: lines above the threshold that a normal stretch may have
    spread: standard deviation of their number between normal stretches
    lines: normal lines that these numbers come from
    """

    threshold: float
    share: float
    stretch: int
    limit: int
    spread: float
    lines: int

    @classmethod
    def from_scores(
        cls,
        normal_scores: ArrayLike,
        *,
        threshold: float | None = None,
        contamination: float = 0.01,
        stretch: int = 100,
    ) -> Self:
        """Freeze the range on scores (lines,) of normal lines outside the training set.

        The threshold is the score that a share `contamination` of these lines exceeds,
        unless one is given. The limit is half as much again as the busiest stretch
        seen, plus 3: the busiest stretch of the next log may be a little busier.

        Let the normal log span the hours and days that new logs will span. Raises
        `ValueError` with fewer lines than two stretches.
        """
        scores = as_values(normal_scores, "normal_scores")
        as_count(stretch, "stretch", least=2)
        if len(scores) < 2 * stretch:
            raise ValueError(
                f"{len(scores)} normal scores are fewer than two stretches of "
                f"{stretch}; take more lines or a shorter stretch"
            )
        check_threshold(threshold)
        if threshold is None:
            threshold = quantile_threshold(scores, contamination)
        above = (scores > threshold).astype(np.float64)
        share = float(above.mean())
        counts = above[: len(above) // stretch * stretch].reshape(-1, stretch).sum(1)
        by_chance = stretch * share * (1 - share)
        spread = float(np.sqrt(max(counts.var(ddof=1), by_chance)))
        busiest = sliding_windows(above, stretch)[..., 0].sum(axis=1).max()
        limit = min(int(1.5 * busiest + 3), stretch)
        return cls(float(threshold), share, int(stretch), limit, spread, len(scores))

    def largest_share(self, n_lines: int) -> float:
        """Return the share above the threshold that a normal log of that length has.

        Three standard errors more than the mean share; those of the normal log count
        too. Stretches, not lines, are taken as independent: alarms come in groups.
        """
        as_count(n_lines, "n_lines", least=1)
        here = self.stretch * (1 / n_lines + 1 / self.lines)
        return float(min(self.share + 3 * self.spread / self.stretch * here**0.5, 1.0))

    def judge(self, scores: ArrayLike) -> "Verdict":
        """Return the verdict on the scores (lines,) of a new log."""
        values = as_values(scores)
        above = values > self.threshold
        counts = stretch_counts(above, self.stretch)
        return Verdict(
            lines=len(values),
            above=int(above.sum()),
            largest_share=self.largest_share(len(values)),
            busiest=int(counts.max()),
            limit=self.limit,
        )


@dataclass(frozen=True)
class Verdict:
    """Whether a log is within the normal range, and the counts that say so.

    lines, above: lines scored, and those above the threshold
    largest_share: the share above that a normal log of this length may have
    busiest: most lines above the threshold in any stretch
    limit: as many as a normal stretch may have
    """

    lines: int
    above: int
    largest_share: float
    busiest: int
    limit: int

    @property
    def within(self) -> bool:
        """Whether neither the whole log nor a stretch has too many lines above."""
        return self.busiest <= self.limit and self.share <= self.largest_share

    @property
    def share(self) -> float:
        """The share of lines above the threshold, 0 to 1."""
        return self.above / self.lines

    def __str__(self) -> str:
        return WITHIN if self.within else OUTSIDE


def stretch_counts(above: np.ndarray, stretch: int) -> Floats:
    """Return the lines above the threshold in every stretch of consecutive lines."""
    sums = np.concatenate(([0], np.cumsum(above)))
    width = min(stretch, len(above))
    return sums[width:] - sums[:-width]
