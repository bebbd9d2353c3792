"""A detector that goes on learning while it scores a stream.

A batch of windows is scored first. Then, sooner or later or never, somebody says which
of its windows were anomalies; this is the only way in which a label gets in, and it
changes no score already given.

    online = OnlineDetector(detector=ForecastDetector(), batch=8, full=50)
    online.fit(first_windows)
    for windows in stream:
        scores = online.score(windows)
        online.reveal(labels_of_an_expert)

`helpers.streams.run_stream` does the loop, with a source, a checkpoint and a record.
After Li (2018), whose protocol is told in `reveal`.
"""

import copy
import hashlib
import inspect
import time
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone

from helpers._arrays import (
    Floats,
    Labels,
    as_count,
    as_floats,
    as_labels,
    as_number,
    as_told,
    check_choice,
    check_flag,
)
from helpers.detectors.base import Detector
from helpers.estimators.base import Estimator
from helpers.estimators.inputs import read_input
from helpers.streams.buffers import Buffers, fill_batch
from helpers.text import count
from helpers.thresholds import normal_share, quantile_threshold

__all__ = ["OnlineDetector"]

_THRESHOLDS = ("threshold_", "tau_")  # of windows, of points
COLUMNS = [
    ("batch", "i8"),
    ("window", "i8"),
    ("score", "f8"),
    ("share", "f8"),
    ("level", "f8"),
    ("version", "i8"),
    ("threshold", "f8"),
    ("alarm", "?"),
    ("points_above", "i8"),
    ("label", "f8"),
    ("hard", "?"),
    ("updated", "?"),
    ("normal_buffer", "i8"),
    ("abnormal_buffer", "i8"),
    ("errors_buffer", "i8"),
]


@dataclass
class _Scored:
    """A batch that was scored and waits for its labels."""

    windows: NDArray
    rows: NDArray  # of the record


class OnlineDetector(Estimator):
    """A windows detector that is updated with what an expert says of its scores.

    **Comparable scores.** Each update makes another *version*, whose scores are on
    another scale. `share` is the share of normal scores *of the same version* that lie
    below (see `helpers.thresholds.normal_share`), from 0 to 1. `level` is the same, but
    goes on above the largest of them: 2 is twice as far from their median as that one.
    A version's normal scores are those of windows held out of its training, to which
    come those of the normal windows that it scored itself, once an expert called them
    normal. `score` is what the detector says, untouched.

    **Without updates** (`updates=False`) it is the stationary detector: labels are
    noted in the record and change nothing.

    Parameters
    ----------
    detector : a windows detector, fitted or not; a copy of it is used. Updates need its
        `partial_fit`. Where it has `point_scores(X)` (n, steps), points above `tau_`
        (or `threshold_`) are counted; else a window is one point, with its score. An
        update calls `reestimate(X, how=...)` and `find_thresholds(X, y)` where it has
        them; else `threshold_` is made of `contamination`
    batch : int, windows scored together
    hard_points : int, points above the threshold that make a normal window a hard one
    full : int, batches of hard windows that the normal buffer holds when an update is
        due, if the abnormal buffer is not empty
    updates : bool, False for a stationary detector
    update_epochs : int or None, epochs of an update; None: what the detector says
    reestimate : "none", "running" or "replace": whether an update leaves the threshold
        (and what the detector's `reestimate` is about: mean and covariance of the
        errors) as it was, mixes old and new by the windows behind them, or makes it new
    hold_out : share of the normal windows that train nobody, in (0, 0.5]; of those of
        the stream each k-th, k = 1 / hold_out rounded
    keep : int, the most windows that each buffer keeps, so that memory stays flat; the
        oldest leave

    Attributes
    ----------
    detector_ : the detector in use; version_ : int, how often it was updated
    threshold_ : its threshold; normal_scores_ : those of its version
    record_ : DataFrame, a row per window scored; versions_ : DataFrame, a row per
        version: after which batch had been scored, from how many windows, in which time
    """

    input_kind: ClassVar[str] = "windows"
    _how_to_fit: ClassVar[str] = "fit(X)"

    detector: Detector
    batch: int = 8
    hard_points: int = 1
    full: int = 50
    updates: bool = True
    update_epochs: int | None = 30
    reestimate: Literal["none", "running", "replace"] = "replace"
    hold_out: float = 0.2
    keep: int = 2000

    # ------------------------------------------------------------ what users call

    def fit(self, X: ArrayLike, y: ArrayLike | None = None) -> Self:
        """Fit a copy of the detector on windows (n, steps, features); return self.

        `y` marks anomalies among the windows (n,), or among their points (n, steps); a
        detector that has `find_thresholds` is given it, others are fitted on normal
        windows alone. The last normal windows, a share `hold_out`, train nobody: they
        say what scores are normal. A detector that splits the windows itself is given
        all, and its `split_` says which it held out.

        A detector that is fitted already is not fitted again: if `fit` of another
        `OnlineDetector` has done it, give X and y as there, and the same windows say
        what is normal. Without `fit` its training scores do, which are a little low.
        """
        self._check_parameters()
        windows = read_input(X, self.input_kind)
        labels = _as_marked(y, windows.shape[:2])
        detector = copy.deepcopy(self.detector)
        if not is_fitted(self.detector):
            detector = self._fitted(clone(self.detector), windows, labels)
        return self._begin(detector, self._normal_unseen(detector, windows, labels))

    def score(self, X: ArrayLike) -> Floats:
        """Return the scores (n,) of a batch of windows; it waits for `reveal`.

        They are the detector's own; the `record_` has `share` and `level` beside them.
        """
        self._require_begun()
        windows = np.array(self.detector_._read(X))  # X may be written over later
        scores, points_above = self._scored(windows)
        rows = np.zeros(len(windows), dtype=COLUMNS)
        rows["batch"] = self.n_batches_
        rows["window"] = self.n_windows_ + np.arange(len(windows))
        rows["score"] = scores
        rows["share"] = normal_share(scores, self.normal_scores_)
        rows["level"] = _level(scores, rows["share"], self.normal_scores_)
        rows["version"], rows["threshold"] = self.version_, self.threshold_
        rows["alarm"] = scores > self.threshold_
        rows["points_above"] = points_above
        rows["label"] = np.nan
        self.waiting_.append(_Scored(windows, rows))
        self.n_batches_ += 1
        self.n_windows_ += len(windows)
        return scores

    def reveal(self, labels: ArrayLike | None = None) -> bool:
        """Say what the windows of the oldest waiting batch were; update if it is due.

        `labels` (n,) are 1 (anomaly), 0 (normal) or NaN (nobody knows); None: nobody
        knows any of them. Returns whether the detector was updated.

        Anomalous windows go to the abnormal buffer. Normal ones go to the error buffer,
        and those with `hard_points` points above the threshold to the normal buffer,
        too. An update is due when the normal buffer holds `full` batches and the
        abnormal one is not empty: the detector is trained further on the hard windows,
        then `reestimate` is heeded, then the buffers are cleared.
        """
        self._require_begun()
        if not self.waiting_:
            raise ValueError("no batch waits for labels; score one first")
        known = _as_known(labels, len(self.waiting_[0].windows))
        scored = self.waiting_.pop(0)
        scored.rows["label"] = known
        if self.updates:
            self._keep(scored, known)
        for name in ("normal", "abnormal", "errors"):
            scored.rows[f"{name}_buffer"] = getattr(self.buffers_, name).seen
        self.settled_.append(scored.rows)
        if not (self.updates and self.buffers_.full(self.full * self.batch)):
            return False
        self._update()
        last = self.waiting_[-1] if self.waiting_ else scored
        last.rows["updated"] = True
        return True

    def decision_function(self, X: ArrayLike) -> Floats:
        """Return the scores (n,) of windows that are no part of the stream."""
        self._require_begun()
        return self.detector_.decision_function(X)

    @property
    def threshold_(self) -> float:
        """The threshold of the version in use."""
        self._require_begun()
        return float(self.detector_.threshold_)

    @property
    def record_(self) -> pd.DataFrame:
        """What was scored since the start, or since `take_record`: a row per window."""
        self._require_begun()
        parts = [*self.settled_, *(scored.rows for scored in self.waiting_)]
        return pd.DataFrame(np.concatenate([np.zeros(0, COLUMNS), *parts]))

    @property
    def versions_(self) -> pd.DataFrame:
        """A row per version: how it came to be, and its threshold."""
        self._require_begun()
        return pd.DataFrame(self.told_versions_)

    @property
    def n_updates_(self) -> int:
        """How often the detector was updated."""
        self._require_begun()
        return self.version_

    @property
    def update_seconds_(self) -> float:
        """How long all updates took."""
        return float(self.versions_["seconds"].iloc[1:].sum())

    def take_record(self) -> pd.DataFrame:
        """Return the rows that are complete, and forget them: somebody keeps them."""
        self._require_begun()
        taken = pd.DataFrame(np.concatenate([np.zeros(0, COLUMNS), *self.settled_]))
        self.settled_.clear()
        return taken

    # -------------------------------------------------------------- a stream's start

    def _fitted(self, detector: Detector, windows: NDArray, labels: Labels) -> Detector:
        if hasattr(detector, "find_thresholds"):
            return detector.fit(windows, labels if labels.any() else None)
        normal = windows[~_any_point(labels)]
        if len(normal) < 2:
            raise ValueError(
                f"X and y have {count(len(normal), 'normal window')}; pass at least "
                "two, one to fit on and one to hold out"
            )
        return detector.fit(normal[: -self._count_held_out(normal)])

    def _normal_unseen(
        self, detector: Detector, windows: NDArray, labels: Labels
    ) -> NDArray:
        """Return the normal windows of `fit` that train nobody."""
        normal = windows[~_any_point(labels)]
        split = getattr(detector, "split_", None)
        if split is not None:
            if len(windows) != len(
                detector.decision_scores_
            ):  # others than it has seen
                return normal
            return windows[np.concatenate([split.errors, split.threshold])]
        return normal[-self._count_held_out(normal) :]

    def _count_held_out(self, normal: NDArray) -> int:
        return max(1, round(self.hold_out * len(normal)))

    def _begin(self, detector: Detector, held_out: NDArray | None = None) -> Self:
        """Start a stream with a fitted detector and normal windows it never saw."""
        scores = detector.decision_scores_
        if held_out is not None:
            scores = detector.decision_function(held_out)
        self._check_update_size(detector)
        self._forget()
        self.detector_: Detector = detector
        self.n_features_in_ = detector.n_features_in_
        self.normal_scores_: Floats = scores[-self.keep :]
        self.version_: int = 0
        self.n_batches_: int = 0
        self.n_windows_: int = 0
        self.buffers_: Buffers = Buffers(self.keep, self.hold_out)
        self.waiting_: list[_Scored] = []
        self.settled_: list[NDArray] = []
        self.told_versions_: list[dict[str, float]] = []
        self.start_: str = _fingerprint(detector)
        self._tell_version(len(detector.decision_scores_), 0.0)
        return self

    # ------------------------------------------------------------------ an update

    def _keep(self, scored: _Scored, known: Floats) -> None:
        """Put windows into the buffers, and their scores to the normal ones."""
        rows, normal = scored.rows, known == 0
        rows["hard"] = normal & (rows["points_above"] >= self.hard_points)
        self.buffers_.add(scored.windows, known, rows["hard"])
        own = normal & (rows["version"] == self.version_)
        grown = np.concatenate([self.normal_scores_, rows["score"][own]])
        self.normal_scores_ = grown[-self.keep :]

    def _update(self) -> None:
        """Train on hard windows; make thresholds and normal scores those of the result.

        The buffers are cleared last: an update that is interrupted is due again.
        """
        started = time.perf_counter()
        detector = copy.deepcopy(self.detector_)
        hard = self.buffers_.training(fewest=detector._least_rows())
        detector.partial_fit(hard, **self._further(detector))
        self.normal_scores_ = self._estimated(detector, self.buffers_.held_out())
        self.detector_ = detector
        self.version_ += 1
        self.buffers_.clear()
        self._tell_version(len(hard), time.perf_counter() - started)

    def _further(self, detector: Detector) -> dict[str, Any]:
        takes = inspect.signature(detector.partial_fit).parameters
        if self.update_epochs is None or "epochs" not in takes:
            return {}
        return {"epochs": self.update_epochs}

    def _estimated(self, detector: Detector, normal: NDArray) -> Floats:
        """Set the thresholds of an updated detector; return its normal scores."""
        if hasattr(detector, "reestimate"):
            detector.reestimate(normal, how=self.reestimate)
        scores = detector.decision_function(normal)
        if self.reestimate != "none":
            self._find_thresholds(detector, normal, scores)
        weight = {"none": 0.0, "replace": 1.0}.get(
            self.reestimate, len(scores) / (len(scores) + len(self.normal_scores_))
        )
        for name in _THRESHOLDS:
            if hasattr(detector, name):
                before, found = getattr(self.detector_, name), getattr(detector, name)
                setattr(detector, name, (1 - weight) * before + weight * found)
        return scores

    def _find_thresholds(
        self, detector: Detector, normal: NDArray, normal_scores: Floats
    ) -> None:
        """Find thresholds anew: with the anomalies, if the detector knows how."""
        if not hasattr(detector, "find_thresholds"):
            share = detector.contamination
            detector.threshold_ = quantile_threshold(normal_scores, share)
            return
        abnormal = fill_batch(self.buffers_.abnormal.windows(), self.batch)
        labels = np.repeat([0, 1], [len(normal), len(abnormal)])
        detector.find_thresholds(np.concatenate([normal, abnormal]), labels)

    # --------------------------------------------------------------------- details

    def _tell_version(self, windows: int, seconds: float) -> None:
        self.told_versions_.append(
            {
                "version": self.version_,
                "after_batch": self.n_batches_ - 1,
                "windows": windows,
                "seconds": seconds,
                "threshold": self.threshold_,
                "normal_median": float(np.median(self.normal_scores_)),
            }
        )

    def _scored(self, windows: NDArray) -> tuple[Floats, Labels]:
        """Return the score of each window (n,), and how many of its points are above.

        A network is computed once for both, where the detector has a way to.
        """
        detector: Any = self.detector_
        if hasattr(detector, "scores_and_points"):
            scores, points = detector.scores_and_points(windows)
        else:
            scores = detector.decision_function(windows)
            if not hasattr(detector, "point_scores"):
                return scores, (scores > self.threshold_).astype(np.int64)
            points = np.asarray(detector.point_scores(windows))
        limit = getattr(detector, "tau_", self.threshold_)
        return scores, (points > limit).sum(axis=1)

    def _require_begun(self) -> None:
        """Raise `NotFittedError` before `fit`; take a fitted detector as it is."""
        if not self.__sklearn_is_fitted__() and self._takes_fitted():
            self._check_parameters()
            self._begin(copy.deepcopy(self.detector))
        self._require_fitted()

    def _takes_fitted(self) -> bool:
        return isinstance(self.detector, Detector) and is_fitted(self.detector)

    def _check_parameters(self) -> None:
        for name in ("batch", "hard_points", "full", "keep"):
            as_count(getattr(self, name), name, least=1)
        if self.update_epochs is not None:
            as_count(self.update_epochs, "update_epochs", least=1)
        check_flag(self.updates, "updates")
        check_choice(self.reestimate, "reestimate", ("none", "running", "replace"))
        if as_number(self.hold_out, "hold_out", least=0, above=True) > 0.5:
            raise ValueError(f"hold_out must be at most 0.5; got {self.hold_out!r}")
        self._check_detector()

    def _check_detector(self) -> None:
        kind = getattr(self.detector, "input_kind", None)
        if not isinstance(self.detector, Detector) or kind != "windows":
            raise ValueError(
                "detector must be a detector of windows, such as ForecastDetector(); "
                f"got {as_told(self.detector)}"
            )
        if self.updates and not hasattr(self.detector, "partial_fit"):
            raise ValueError(
                f"{type(self.detector).__name__} has no partial_fit, so it can't be "
                "updated; say updates=False"
            )

    def _check_update_size(self, detector: Detector) -> None:
        """Raise `ValueError` where an update would have too few windows to train on."""
        kept = min(self.full * self.batch, self.keep)
        trained = int(kept * (1 - self.hold_out))
        if self.updates and trained < detector._least_rows():
            raise ValueError(
                f"an update would train on {trained} of {kept} hard windows, "
                f"{type(detector).__name__} needs at least {detector._least_rows()}: "
                f"raise {'keep' if kept == self.keep else 'full or batch'}"
            )

    def __getstate__(self) -> dict[str, Any]:
        """Return what is kept in files, the record as one array."""
        state = dict(super().__getstate__())
        if state.get("settled_"):
            state["settled_"] = [np.concatenate(state["settled_"])]
        return state

    def __sklearn_is_fitted__(self) -> bool:
        return "detector_" in vars(self)


def is_fitted(detector: Detector) -> bool:
    """Say whether a detector was fitted."""
    return detector.__sklearn_is_fitted__()


def _fingerprint(detector: Detector) -> str:
    """Return what tells this fitted detector from another one."""
    told = f"{detector!r} {detector.threshold_!r}".encode()
    return hashlib.sha256(told + detector.decision_scores_.tobytes()).hexdigest()


def _as_marked(y: ArrayLike | None, shape: tuple[int, ...]) -> Labels:
    """Return labels 0/1 of windows (n,) or of their points (n, steps)."""
    if y is None:
        return np.zeros(shape[0], dtype=np.int64)
    marked = np.asarray(y)
    if marked.shape not in (shape, shape[:1]):
        raise ValueError(
            f"y must be one label per window ({shape[0]},) or per point {shape}; got "
            f"shape {marked.shape}"
        )
    return as_labels(marked.ravel(), "y").reshape(marked.shape)


def _any_point(labels: Labels) -> NDArray[np.bool_]:
    return labels.reshape(len(labels), -1).max(axis=1) == 1


def _as_known(labels: ArrayLike | None, count: int) -> Floats:
    """Return what is known of `count` windows: 0, 1, or NaN for nothing."""
    if labels is None:
        return np.full(count, np.nan)
    known = as_floats(labels, "labels")
    if known.shape != (count,):
        raise ValueError(
            f"labels must be one per window ({count},); got shape {known.shape}"
        )
    strange = known[~np.isin(known, (0, 1)) & ~np.isnan(known)]
    if len(strange):
        raise ValueError(
            f"labels must be 1 (anomaly), 0 (normal) or NaN (nobody knows); it has "
            f"{strange[0]:g}"
        )
    return known


def _level(scores: Floats, share: Floats, normal_scores: Floats) -> Floats:
    """Return the share, going on above 1 where a score is above all normal ones."""
    top, middle = normal_scores.max(), np.median(normal_scores)
    beyond = (scores - top) / ((top - middle) or 1.0)
    return np.where(scores > top, 1 + beyond, share)
