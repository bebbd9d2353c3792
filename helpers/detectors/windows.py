"""Detectors of windows that also take a series: its points in, their scores out.

Windows are (n, steps, features). `SeriesDetector` cuts a series into them;
`WindowDetector` is what rebuilds windows, with an error for each of their steps: a
score per window, a score per point of a series, and alarms as runs of windows.

**Writing one.** Subclass `WindowDetector` and define `_window()` (how many points
`fit_series` puts into a window), `_fit(X, y)` and `_reconstruct(scaled)`; override
`_errors(X)` where a step's score is not its mean squared error, `_reduced(points)`
where a window's is not the mean of its steps'. With a network: `NeuralDetector` comes
second, `class MyDetector(WindowDetector, NeuralDetector)`.
"""

from abc import abstractmethod
from collections.abc import Callable
from typing import ClassVar, Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from helpers._arrays import check_choice, check_threshold
from helpers.clock import Gaps, step_of
from helpers.detectors.base import Detector
from helpers.detectors.neural import squared_errors
from helpers.estimators.inputs import blocks
from helpers.estimators.scaling import ScaledInput
from helpers.evaluation import events_from_labels
from helpers.text import duration
from helpers.windows import (
    as_series,
    point_scores_in_parts,
    sliding_windows,
    window_parts,
)

__all__ = ["SeriesDetector", "WindowDetector"]

Mark = Literal["first", "peak"]
_MARKS = ("first", "peak")
_WINDOW_NUMBERS = ["first window", "last window", "peak window"]


class SeriesDetector(ScaledInput, Detector):
    """What detectors of windows share: a series in place of its windows."""

    input_kind: ClassVar[str] = "windows"

    def fit_series(
        self, series: ArrayLike, *, stride: int = 1, gaps: Gaps = "refuse"
    ) -> Self:
        """Fit on the windows of a series (n_points,) or (n_points, features).

        They begin `stride` points apart: 1 is all of them. `decision_scores_` and
        `labels_` are of these windows. With `gaps="split"` none reaches over a gap of
        the series' clock: see `helpers.windows.sliding_windows`. Raises `ValueError` on
        missing values, gaps that nobody allowed, or a series shorter than a window.
        Where an index holds moments, `step_` (seconds) keeps how far rows are apart,
        and series with another step are warned of; `column_labels_` keeps what the
        columns of a DataFrame are called, and another order of them is refused.
        """
        self._check_parameters()
        points, window = _finite_series(series), self._window()
        parts = window_parts(series, window, gaps=gaps)
        cut = [sliding_windows(points[part], window, stride=stride) for part in parts]
        self.fit(cut[0] if len(cut) == 1 else np.concatenate(cut))
        if (step := step_of(series)) is not None:
            self.step_ = step
        if isinstance(series, pd.DataFrame):
            self.column_labels_ = list(series.columns)
        return self

    @abstractmethod
    def _window(self) -> int:
        """Return how many points `fit_series` puts into a window."""

    def _windows_of(
        self, series: ArrayLike, stride: int = 1, gaps: Gaps = "refuse"
    ) -> list[tuple[slice, NDArray]]:
        """Return the parts of a series without a gap, each with its windows as a view.

        The windows are as long as those of `fit`. Warns where rows are further apart,
        or nearer, than those of `fit_series`. Raises `ValueError` where columns are in
        another order than there.
        """
        self._require_current()
        points, window = _finite_series(series), self.n_steps_in_
        if isinstance(series, pd.DataFrame) and points.shape[1] == self.n_features_in_:
            self._check_labels(list(series.columns), "series")
        parts = window_parts(series, window, gaps=gaps)
        step, known = step_of(series), getattr(self, "step_", None)
        if step and known and not 0.9 < step / known < 1.1:
            self._warn(
                f"the series has a row every {duration(step)}, and what was fitted one "
                f"every {duration(known)}: windows are other stretches of time; "
                "resample it"
            )
        return [
            (part, sliding_windows(points[part], window, stride=stride))
            for part in parts
        ]


class WindowDetector(SeriesDetector):
    """What rebuilds windows and judges each of their steps.

    A window's score is the mean of the errors of its steps; the error of a step is the
    mean over features of (x - rebuilt x)^2, in units of `scaling`.
    """

    # ------------------------------------------------------------ what users call

    def errors(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return the error of each step of each window (n, steps)."""
        return self.point_scores(X)

    def point_scores(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return the score of each step of each window (n, steps)."""
        return self._in_blocks(self._errors, self._read(X))

    def scores_and_points(
        self, X: ArrayLike
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return what `decision_function` (n,) and `point_scores` (n, steps) return.

        The network is computed once for both.
        """
        array = self._read(X)
        points = self._in_blocks(self._errors, array)
        return self._checked(self._reduced(points), array), points

    def reconstruct(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return windows as they are rebuilt (n, steps, features), in units of X."""
        array = self._read(X)
        rebuilt = self._in_blocks(
            lambda rows: self._reconstruct(self._scaled(rows)), array
        )
        return self._unscaled(rebuilt.reshape(-1, array.shape[2])).reshape(array.shape)

    def score_series(
        self,
        series: ArrayLike,
        *,
        stride: int = 1,
        reduce: Literal["max", "mean"] = "max",
        gaps: Gaps = "refuse",
    ) -> NDArray[np.float64]:
        """Return the score of each point of a series (n_points,).

        That is the largest (or the mean) error that it has in the windows that cover
        it. NaN where none does: where a `stride` above 1 leaves a tail, or a part
        between `gaps` is too short. Errors of a few windows at a time are kept, however
        long the series is.
        """
        scores = np.empty(0)
        for part, windows in self._windows_of(series, stride, gaps):
            if not len(scores):  # it is a series, or there were no windows
                scores = np.full(len(np.asarray(series)), np.nan)
            scores[part] = point_scores_in_parts(
                (self.point_scores(windows[rows]) for rows in blocks(windows)),
                n_points=part.stop - part.start,
                window=self.n_steps_in_,
                stride=stride,
                reduce=reduce,
            )
        return scores

    def alarms(
        self,
        series: ArrayLike,
        threshold: float | None = None,
        *,
        mark: Mark = "first",
        stride: int = 1,
        gaps: Gaps = "refuse",
    ) -> pd.DataFrame:
        """Return the runs of windows whose score is greater than the threshold.

        One row a run, which is one detection however many windows it has: "first
        window", "last window", "peak window" (the highest score), "score" (that of the
        peak), and "position", the point of the series that is marked. With `mark`:

        - "first": the last point of the first window. That point has come in when the
          alarm begins: a fault is seen once it enters a window.
        - "peak": the point with the largest error in the peak window. It is nearer to
          the fault, and known when the run has ended.

        `threshold` None takes `threshold_`. Windows begin `stride` points apart. With
        `gaps="split"` no run goes on over a gap, and windows are counted through all
        parts, as `sliding_windows` cuts them. Raises `ValueError` on a series with
        missing values, with gaps that nobody allowed, or shorter than a window.
        """
        check_choice(mark, "mark", _MARKS)
        check_threshold(threshold)
        self._require_fitted()
        limit = self.threshold_ if threshold is None else threshold
        found, before = [], 0
        for part, windows in self._windows_of(series, stride, gaps):
            runs = self._alarms_of(windows, limit, mark, stride)
            runs["position"] += part.start
            runs[_WINDOW_NUMBERS] += before
            found.append(runs)
            before += len(windows)
        return pd.concat(found, ignore_index=True) if len(found) > 1 else found[0]

    def _alarms_of(
        self, windows: NDArray, limit: float, mark: Mark, stride: int
    ) -> pd.DataFrame:
        """Return the alarms of a part of a series, counted from its beginning."""
        scores = self.decision_function(windows)
        runs = _runs(scores, scores > limit)
        if mark == "first":
            place = np.full(len(runs), self.n_steps_in_ - 1)
        else:
            place = self._worst_steps(windows[runs["peak window"].to_numpy()])
        starts = runs["first window" if mark == "first" else "peak window"]
        return runs.assign(position=starts * stride + place)

    # ------------------------------------------------------- what detectors define

    @abstractmethod
    def _reconstruct(self, scaled: NDArray) -> NDArray[np.float64]:
        """Return windows as they are rebuilt, all in units of the scaler."""

    def _errors(self, X: NDArray) -> NDArray[np.float64]:
        """Return the error of each step of checked windows (n, steps)."""
        scaled = self._scaled(X)
        return squared_errors(scaled, self._reconstruct(scaled)).mean(axis=2)

    def _reduced(self, points: NDArray) -> NDArray[np.float64]:
        """Return the scores of windows (n,) from those of their points (n, steps)."""
        return points.mean(axis=1)

    # --------------------------------------------------------------------- details

    def _score(self, X: NDArray) -> NDArray:
        return self._reduced(self._errors(X))

    def _in_blocks(
        self, work: Callable[[NDArray], NDArray], X: NDArray
    ) -> NDArray[np.float64]:
        """Return what `work` says of windows, some of which it gets at a time."""
        return np.concatenate([work(X[rows]) for rows in blocks(X)])

    def _worst_steps(self, windows: NDArray) -> NDArray[np.int64]:
        """Return the step with the largest error of each window (n,)."""
        if not len(windows):
            return np.zeros(0, dtype=np.int64)
        return self.point_scores(windows).argmax(axis=1)


def _runs(scores: NDArray, flags: NDArray) -> pd.DataFrame:
    """Return the runs of flagged windows, and the peak of their scores (n,)."""
    rows = []
    for start, stop in events_from_labels(flags.astype(np.int64)):
        peak = start + int(scores[start:stop].argmax())
        rows.append((start, stop - 1, peak, float(scores[peak])))
    columns = dict.fromkeys(_WINDOW_NUMBERS, int)
    return pd.DataFrame(rows, columns=[*columns, "score"]).astype(
        columns | {"score": float}
    )


def _finite_series(series: ArrayLike) -> NDArray:
    """Return (n_points, features); raise `ValueError` where values are missing."""
    points = as_series(series)
    finite = [np.isfinite(points[rows]).all(axis=1) for rows in blocks(points)]
    bad = np.flatnonzero(~np.concatenate([*finite, []]).astype(bool))
    if len(bad):
        raise ValueError(
            f"series has {len(bad)} points with missing or infinite values, first at "
            f"position {bad[0]}; fill them first"
        )
    return points
