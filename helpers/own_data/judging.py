"""Detectors side by side on your parts, and what can be said of them.

With labels: average precision beside chance. Without: whether detectors agree, and
whether one agrees with itself when it learns from other rows. Agreement is no proof:
all may follow the same fault of measuring.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from helpers import thresholds
from helpers._arrays import Floats, as_count, as_number
from helpers.detectors import (
    AutoencoderDetector,
    Detector,
    IsolationForestDetector,
    KNNDetector,
    PCADetector,
    WindowAutoencoderDetector,
    ZScoreDetector,
)
from helpers.evaluation import events_from_labels, results_table
from helpers.own_data.parts import OwnParts
from helpers.text import number

__all__ = [
    "Judged",
    "agreement",
    "alert_costs",
    "alerts",
    "compare",
    "fit_detectors",
    "own_detectors",
    "own_thresholds",
]

Make = Callable[[], Detector]
RANDOM = "random numbers"


@dataclass(frozen=True, eq=False)
class Judged:
    """A detector that was fitted, and its scores of validation and test windows."""

    detector: Detector
    validation: Floats
    test: Floats

    def score(self, X: NDArray) -> Floats:
        """Return the scores of windows (n, steps, features), as in a part."""
        return self.detector.decision_function(shaped(self.detector, X))


def own_detectors(
    parts: OwnParts, *, epochs: int = 60, random_state: int = 0
) -> dict[str, Make]:
    """Return simple and deep detectors for a table, or for windows of a series.

    A dict of names and functions that make one: each call of `fit_detectors` needs
    detectors of its own. Add yours: `{"mine": lambda: MyDetector()}`.
    """
    settings = {"random_state": random_state, "batch_size": 64}
    makers: dict[str, Make] = {
        "largest z-score": ZScoreDetector,
        "PCA": lambda: PCADetector(score_type="reconstruction"),
        "5 nearest neighbours": lambda: KNNDetector(random_state=random_state),
        "isolation forest": lambda: IsolationForestDetector(random_state=random_state),
        "autoencoder": lambda: AutoencoderDetector(epochs=epochs).set_params(
            **settings
        ),
    }
    if parts.window > 1:
        few = max(1, epochs // 3)  # a recurrent network takes longer, and learns more
        makers["GRU autoencoder"] = lambda: WindowAutoencoderDetector(
            units=16, epochs=few
        ).set_params(**settings)
    return makers


def shaped(detector: Detector, X: NDArray) -> NDArray:
    """Return windows as a detector reads them: as they are, or each as one row."""
    return X if detector.input_kind == "windows" else X.reshape(len(X), -1)


def fit_detectors(parts: OwnParts, detectors: Mapping[str, Make]) -> dict[str, Judged]:
    """Fit each detector on the training part; score the other two parts."""
    return {
        name: _fitted(make, parts.train.X, parts) for name, make in detectors.items()
    }


def _fitted(make: Make, X: NDArray, parts: OwnParts) -> Judged:
    detector = make()
    detector.fit(shaped(detector, X))
    judged = (part.X for part in (parts.validation, parts.test))
    return Judged(
        detector,
        *(detector.decision_function(shaped(detector, each)) for each in judged),
    )


# ------------------------------------------------------------------------- how good?


def compare(
    parts: OwnParts, judged: Mapping[str, Judged], *, budget: int
) -> pd.DataFrame:
    """Return the course's results table on the test rows with a known label.

    `budget` alerts are read. A row of random numbers is judged by the same protocol.
    Raises `ValueError` where the test part doesn't hold both kinds.
    """
    if not parts.can_judge:
        raise ValueError(
            "the test part has no normal rows and anomalies that are known; "
            "agreement() needs no labels"
        )
    scores = {name: each.test[parts.known] for name, each in judged.items()}
    scores[RANDOM] = np.random.default_rng(0).random(int(parts.known.sum()))
    assert parts.test.labels is not None
    labels = parts.test.labels[parts.known].astype(int)
    return results_table(scores, y_true=labels, alert_budget=min(budget, len(labels)))


def agreement(
    parts: OwnParts,
    judged: Mapping[str, Judged],
    detectors: Mapping[str, Make],
    *,
    budget: int,
) -> pd.DataFrame:
    """Return how far detectors agree about the `budget` highest test scores.

    "with others": the share of a detector's top rows that another one has among its
    own, on average over the others; "with itself": the same of two fits, each on one
    half of the training part. Random numbers are in the last row, and chance is what
    they get on average: the budget as a share of the test rows.
    """
    budget = min(as_count(budget, "budget", least=1), len(parts.test))
    tops = {name: _top(each.test, budget) for name, each in judged.items()}
    random = np.random.default_rng(0)
    tops[RANDOM] = _top(random.random(len(parts.test)), budget)
    shared: dict[str, list[float]] = {name: [] for name in tops}
    for one, other in combinations(tops, 2):
        both = len(tops[one] & tops[other]) / budget
        if other != RANDOM:
            shared[one].append(both)
        shared[other].append(both)
    itself = {name: _stability(parts, detectors[name], budget) for name in judged}
    again = [_top(random.random(len(parts.test)), budget) for _ in range(2)]
    itself[RANDOM] = len(again[0] & again[1]) / budget
    table = pd.DataFrame(
        {
            "with others": {name: np.mean(each) for name, each in shared.items()},
            "with itself": itself,
        }
    )
    return table.assign(chance=budget / len(parts.test)).round(2)


def _stability(parts: OwnParts, make: Make, budget: int) -> float:
    """Return the share of top rows that two fits, on a half each, have in common."""
    if parts.window > 1:  # neighbours in time share points: halves in time
        halves = np.array_split(np.arange(len(parts.train)), 2)
    else:
        order = np.random.default_rng(0).permutation(len(parts.train))
        halves = np.array_split(order, 2)
    tops = [
        _top(_fitted(make, parts.train.X[np.sort(half)], parts).test, budget)
        for half in halves
    ]
    return len(tops[0] & tops[1]) / budget


def _top(scores: Floats, budget: int) -> set[int]:
    return set(np.argsort(-scores, kind="stable")[:budget].tolist())


# ------------------------------------------------------------ thresholds and alerts


def own_thresholds(
    parts: OwnParts, judged: Judged, rate: float, *, level: float = 0.9
) -> pd.DataFrame:
    """Return a quantile and a tail's threshold for a rate of alarms, and what they do.

    Both are chosen on the validation rows that may stand for normal ones. "alarms":
    those in the test part; "promised": `rate` times its rows. With labels the share of
    anomalies found and of normal rows that ring. A tail that can't be fitted says why.
    """
    as_number(rate, "rate", least=0, above=True, below=0.5)
    scores = judged.validation[parts.validation.normal]
    cuts: dict[str, float | str] = {}
    for name, choose in (
        ("quantile", lambda: thresholds.quantile_threshold(scores, rate)),
        ("tail", lambda: thresholds.peaks_threshold(scores, rate, level)),
    ):
        try:
            cuts[name] = choose()
        except ValueError as error:
            cuts[name] = str(error)
    rows = {name: _at_cut(parts, judged.test, cut, rate) for name, cut in cuts.items()}
    return pd.DataFrame.from_dict(rows, orient="index")


def _at_cut(
    parts: OwnParts, scores: Floats, cut: float | str, rate: float
) -> dict[str, object]:
    if isinstance(cut, str):
        return {"threshold": np.nan, "note": cut}
    flags = scores > cut
    row: dict[str, object] = {
        "threshold": cut,
        "alarms": int(flags.sum()),
        "promised": round(rate * len(scores), 1),
        "note": "",
    }
    if parts.can_judge:
        labels = parts.test.labels
        assert labels is not None
        row["anomalies found"] = float(flags[labels == 1].mean())
        row["false alarms"] = float(flags[labels == 0].mean())
    return row


def alerts(
    parts: OwnParts, judged: Judged, threshold: float, *, most: int = 10
) -> pd.DataFrame:
    """Return the highest alerts of the test part, the highest first.

    In a series the rows of one run are one alert, told by its highest row. Columns:
    "row" (the position in the part), "line" (in the file), "time" in a series, "score",
    "rows" (how many rang), "label" in words where there are labels.
    """
    flags = judged.test > threshold
    runs = _runs(parts, flags)
    found = []
    for start, stop in runs:
        peak = start + int(judged.test[start:stop].argmax())
        found.append((peak, stop - start))
    found.sort(key=lambda each: -judged.test[each[0]])
    peaks = np.array([peak for peak, _ in found[:most]], dtype=int)
    rows = parts.test.rows[peaks]
    table = {"row": peaks, "line": parts.data.lines[rows]}
    if parts.data.times is not None:
        table["time"] = parts.data.times[rows]
    table["score"] = judged.test[peaks]
    table["rows"] = np.array([size for _, size in found[:most]], dtype=int)
    if parts.test.labels is not None:
        words = {0.0: "normal", 1.0: "anomaly"}
        table["label"] = [
            words.get(each, "unknown") for each in parts.test.labels[peaks]
        ]
    return pd.DataFrame(table, index=range(1, len(peaks) + 1))


def _runs(parts: OwnParts, flags: NDArray) -> list[tuple[int, int]]:
    """Return (start, stop) of alarms in a row; of a table single rows."""
    if not parts.data.ordered:
        return [(int(row), int(row) + 1) for row in np.flatnonzero(flags)]
    steps = np.diff(parts.test.rows)
    breaks = np.flatnonzero(steps > 1.5 * np.median(steps)) + 1
    ends = [0, *breaks.tolist(), len(flags)]
    return [
        (begin + start, begin + stop)
        for begin, end in pairwise(ends)
        for start, stop in events_from_labels(flags[begin:end].astype(np.int64))
    ]


# --------------------------------------------------------------------------- costs


def alert_costs(
    parts: OwnParts, flags: Mapping[str, ArrayLike], *, miss: float, alarm: float
) -> pd.DataFrame:
    """Return what 1,000 rows cost, by each rule: a missed anomaly, a look at an alarm.

    `flags` has (test rows,) of 0/1 by name. Beside them "never ring" and "always ring".
    Every alarm costs `alarm`, a right one too: somebody looks. Without labels only the
    cost of looking is known; "pays from" is the share of alarms that has to be right so
    that looking is cheaper than never ringing.
    """
    as_number(miss, "miss", least=0, above=True)
    as_number(alarm, "alarm", least=0, above=True)
    rules = {
        "never ring": np.zeros(len(parts.test)),
        **{name: np.asarray(each) for name, each in flags.items()},
        "always ring": np.ones(len(parts.test)),
    }
    labels = parts.test.labels if parts.can_judge else None
    rows = {}
    for name, each in rules.items():
        rang = np.asarray(each, dtype=bool)
        looks = 1000 * alarm * rang.mean()
        row = {"alarms in 1,000": 1000 * rang.mean(), "looking": looks}
        if labels is not None:
            kept = parts.known
            missed = np.mean((labels[kept] == 1) & ~rang[kept])
            row["missing"] = 1000 * miss * missed
            row["total"] = row["missing"] + 1000 * alarm * rang[kept].mean()
        rows[name] = row
    table = pd.DataFrame.from_dict(rows, orient="index").round(0).astype(int)
    table.attrs["pays from"] = alarm / miss
    return table


def told_rate(rate: float) -> str:
    """Return a rate of alarms as "5 in 1,000 rows"."""
    return f"{number(1000 * rate)} in 1,000 rows"
