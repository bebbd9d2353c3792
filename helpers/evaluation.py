"""The one results table of the course: every score next to chance.

Takes arrays, never detectors. Scores: higher = more anomalous; labels: 1 = anomaly; a
row is flagged when its score is greater than the threshold. Thresholds come frozen
from `helpers.thresholds`; one that was chosen on these very labels is an *oracle*, and
the table says so in the row's name.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import digamma

from helpers._arrays import (
    Floats,
    Labels,
    aligned,
    as_count,
    as_labelled_scores,
    as_labels,
    as_number,
    as_told,
    check_flag,
    check_threshold,
    same_length,
)
from helpers.thresholds import OracleThreshold, oracle_threshold

__all__ = [
    "FEW_ANOMALIES",
    "SeriesEvents",
    "average_precision_interval",
    "confusion",
    "evaluate",
    "events_from_labels",
    "expected_average_precision",
    "point_adjusted_f1",
    "point_report",
    "precision_at_k",
    "results_table",
    "roc_auc_interval",
]

FEW_ANOMALIES = 50  # below it the table prints an interval


@dataclass(frozen=True)
class SeriesEvents:
    """Judge alarms on a series the way an operator does: event by event.

    `points_per_day` is the sampling rate (48 for half-hours). An event is a run of
    points labelled 1. An alarm within `tolerance` points of an event, before or after,
    belongs to it. Other alarms are false; each silences the `tolerance` points that
    follow, so a burst counts once but flagging everything is not cheap.
    """

    points_per_day: float
    tolerance: int = 0

    def __post_init__(self) -> None:
        as_number(self.points_per_day, "points_per_day", least=0, above=True)
        as_count(self.tolerance, "tolerance")

    def report(self, y_true: ArrayLike, alarms: ArrayLike) -> dict[str, float]:
        """Return events, events found, false alarms, false alarms per day and delay.

        `y_true` and `alarms` are (n_points,) of 0/1, in time order. Delay is the mean
        number of points from the start of a found event to its first alarm (0 for an
        alarm that came early), NaN when no event was found.
        """
        alarms = aligned(y_true, alarms, names=("y_true", "alarms"))
        labels, flags = as_labels(y_true), as_labels(alarms, "alarms")
        same_length(labels, flags, names=("y_true", "alarms"))
        alarm_points = np.flatnonzero(flags)
        zones = [
            (start, start - self.tolerance, stop + self.tolerance)
            for start, stop in events_from_labels(labels)
        ]
        first_alarms = [_first_between(alarm_points, *zone[1:]) for zone in zones]
        delays = [
            max(0, alarm - zone[0])
            for alarm, zone in zip(first_alarms, zones, strict=True)
            if alarm is not None
        ]
        false_alarms = self._count_false(alarm_points, zones)
        return {
            "events": len(zones),
            "events found": len(delays),
            "false alarms": false_alarms,
            "false alarms per day": false_alarms * self.points_per_day / len(labels),
            "delay": float(np.mean(delays)) if delays else float("nan"),
        }

    def _count_false(self, alarm_points: Labels, zones: list) -> int:
        outside = np.ones(len(alarm_points), dtype=bool)
        for _, low, high in zones:
            outside &= (alarm_points < low) | (alarm_points >= high)
        points, position, count = alarm_points[outside], 0, 0
        while position < len(points):  # jumps from alarm to alarm
            count += 1
            position = np.searchsorted(points, points[position] + self.tolerance + 1)
        return count


def point_report(
    found: ArrayLike, truth: ArrayLike, *, tolerance: int = 0
) -> dict[str, float]:
    """Judge alarms at positions against wrong values at known positions.

    `found` and `truth` are positions in a series, in any order; each counts once. A
    wrong value is found if an alarm is at it or at most `tolerance` points later; such
    alarms are right, all others false, early ones too. Returns "points", "points
    found", "false alarms" and "delay": the mean number of points from a found one to
    its first alarm, NaN where none is found.
    """
    alarms, points = _positions(found, "found"), _positions(truth, "truth")
    late = alarms[None, :] - points[:, None]
    right = (late >= 0) & (late <= as_count(tolerance, "tolerance"))
    hit = right.any(axis=1)
    first = np.where(right, late, np.inf).min(axis=1, initial=np.inf)[hit]
    return {
        "points": len(points),
        "points found": int(hit.sum()),
        "false alarms": int((~right.any(axis=0)).sum()),
        "delay": float(first.mean()) if hit.any() else float("nan"),
    }


def _positions(positions: ArrayLike, name: str) -> Labels:
    array = np.asarray(positions)
    if array.ndim != 1 or array.dtype == bool:
        raise ValueError(f"{name} must be positions in a list, no flags of 0 and 1")
    if (array != np.round(array)).any() or (array < 0).any():
        raise ValueError(f"{name} must be positions, whole numbers from 0 on")
    return np.unique(array.astype(np.int64))


def events_from_labels(y: ArrayLike) -> list[tuple[int, int]]:
    """Return (start, stop) of each run of ones in `y` (n,), stop excluded."""
    edges = np.diff(as_labels(y, "y"), prepend=0, append=0)
    starts, stops = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    return list(zip(starts.tolist(), stops.tolist(), strict=True))


def confusion(y_true: ArrayLike, alarms: ArrayLike) -> dict[str, float]:
    """Return the four counts and the two rates of alarms on labelled rows.

    `y_true` and `alarms` are (n,) of 0/1. "tn", "fp", "fn" and "tp" count rows. "TPR",
    the share of anomalies that raise an alarm, is recall by another name; "FPR" is the
    share of normal rows that do, and needs no anomaly to be known. A ROC curve draws
    the one against the other (Fawcett, 2006, "An introduction to ROC analysis"). A
    rate is NaN where there is no row of its class.

    Raises `ValueError` on anything but 0 and 1, or on different lengths.
    """
    alarms = aligned(y_true, alarms, names=("y_true", "alarms"))
    labels, flags = as_labels(y_true), as_labels(alarms, "alarms")
    same_length(labels, flags, names=("y_true", "alarms"))
    counts = np.bincount(2 * labels + flags, minlength=4).tolist()
    tn, fp, fn, tp = counts
    return {
        **dict(zip(("tn", "fp", "fn", "tp"), counts, strict=True)),
        "TPR": tp / (tp + fn) if tp + fn else float("nan"),
        "FPR": fp / (fp + tn) if fp + tn else float("nan"),
    }


def point_adjusted_f1(
    y_true: ArrayLike, scores: ArrayLike, *, threshold: float | None = None
) -> float:
    """Return F1 after point adjustment: a trap, here to be shown and never to be used.

    `y_true` (n,) of 0/1 and `scores` (n,), in time order. All points of an event, a run
    of ones, count as found where one of them is flagged (Xu et al., 2018). So a long
    event is found by luck, and random scores come close to 1 (Kim et al., 2022).
    Without a `threshold` it is the best one on these labels, as tables are published: a
    second trap. `SeriesEvents` counts events instead, and false alarms beside them.

    Raises `ValueError` when only one class is present.
    """
    labels, values = as_labelled_scores(y_true, scores)
    check_threshold(threshold)
    adjusted = values.copy()
    for start, stop in events_from_labels(labels):
        adjusted[start:stop] = adjusted[start:stop].max()
    if threshold is None:
        threshold = oracle_threshold(labels, adjusted, metric="f1")
    alarms = adjusted > threshold
    from sklearn.metrics import fbeta_score

    return float(fbeta_score(labels, alarms, beta=1, zero_division=0))


def precision_at_k(y_true: ArrayLike, scores: ArrayLike, k: int) -> float:
    """Return the share of anomalies among the `k` highest scores.

    Equal scores at the border are taken in random order: the expected share is
    returned, so a constant score gets exactly the share of anomalies in the data.

    Raises `ValueError` when `k` is 0 or more than there are rows.
    """
    labels, values = as_labelled_scores(y_true, scores)
    if as_count(k, "k", least=1) > len(labels):
        raise ValueError(f"k = {k} alerts, but there are only {len(labels)} rows")
    border = np.partition(values, len(values) - k)[len(values) - k]
    surely, maybe = values > border, values == border
    left = k - surely.sum()
    return float((labels[surely].sum() + left * labels[maybe].mean()) / k)


def expected_average_precision(rows: int, anomalies: int) -> float:
    """Return the AP that random scores get on average: the chance level of AP.

    With n rows and m anomalies it is ((m - 1) + (n - m) H(n) / n) / (n - 1), where H(n)
    is 1 + 1/2 + ... + 1/n: the mean over all orders of the rows. It lies above m / n,
    the AP of a constant score, and visibly so when anomalies are few (Bestgen, 2015,
    "Exact expected average precision of the random baseline").

    Raises `ValueError` unless 1 <= anomalies <= rows.
    """
    rows = as_count(rows, "rows", least=1, most=_MOST_ROWS)
    anomalies = as_count(anomalies, "anomalies", least=1)
    if anomalies > rows:
        raise ValueError(f"{anomalies} anomalies among {rows} rows")
    if rows == anomalies:
        return 1.0
    harmonic = digamma(float(rows) + 1) + np.euler_gamma
    normal = (rows - anomalies) * harmonic / rows
    return float((anomalies - 1 + normal) / (rows - 1))


def average_precision_interval(
    y_true: ArrayLike,
    scores: ArrayLike,
    *,
    confidence: float = 0.95,
    replicates: int = 1000,
    seed: int = 0,
) -> tuple[float, float]:
    """Return a bootstrap interval for average precision: how far luck alone moves it.

    Anomalies and normal rows are resampled separately (stratified), `replicates`
    times. AP needs only *how many* normal rows reach each anomaly's score, so a
    replicate draws these counts at once instead of all rows: the same distribution,
    and a fraction of a second for 50 000 rows.

    Percentile interval (Efron, 1979); with ten anomalies read it as "at least this
    wide". Raises `ValueError` when only one class is present.
    """
    draws = _bootstrap(_average_precisions, y_true, scores, replicates, seed)
    return _percentile_interval(draws, confidence)


def roc_auc_interval(
    y_true: ArrayLike,
    scores: ArrayLike,
    *,
    confidence: float = 0.95,
    replicates: int = 1000,
    seed: int = 0,
) -> tuple[float, float]:
    """Return a stratified bootstrap interval for ROC-AUC.

    As `average_precision_interval`, for the other number.
    """
    draws = _bootstrap(_roc_aucs, y_true, scores, replicates, seed)
    return _percentile_interval(draws, confidence)


def evaluate(
    y_true: ArrayLike,
    scores: ArrayLike,
    *,
    threshold: float | None = None,
    alert_budget: int | None = None,
    oracle: bool = False,
    series: SeriesEvents | None = None,
) -> dict[str, Any]:
    """Return everything the course says about one score, as one row.

    `y_true` (n,) of 0/1 and `scores` (n,), rows by position; by label where both are
    pandas, and refused where those differ. Always: rows, anomalies, AP, chance AP (of
    random scores, on average), ROC-AUC; an AP interval when anomalies are fewer than
    `FEW_ANOMALIES`. With an `alert_budget` of k alerts: P@k. With a frozen `threshold`:
    flagged, precision, recall, F1, F2, and with `series` also events, false alarms per
    day and delay.
    `oracle=True`, or a threshold from `oracle_threshold`, marks the row.

    Raises `ValueError` when only one class is present, or on NaN.
    """
    labels, values = as_labelled_scores(y_true, scores)
    _check_options(threshold, alert_budget, series)
    check_flag(oracle, "oracle")
    row = _ranking_quality(labels, values)
    if alert_budget is not None:
        row[f"P@{alert_budget}"] = precision_at_k(labels, values, alert_budget)
    if threshold is not None:
        row |= _threshold_quality(labels, values > threshold, series)
    elif series is not None:
        raise ValueError("events can be counted only at a threshold; pass threshold=")
    row["oracle"] = bool(oracle) or isinstance(threshold, OracleThreshold)
    return row


def results_table(
    scores: Mapping[str, Any],
    *,
    y_true: ArrayLike | None = None,
    thresholds: Mapping[str, float] | float | None = None,
    alert_budget: int | None = None,
    series: SeriesEvents | None = None,
) -> pd.DataFrame:
    """Return the course's results table: one row per detector, chance at the bottom.

    `scores` maps a name to scores (n,), judged against `y_true`, or to a row that
    `evaluate` made (for detectors with a test set of their own). `thresholds` is one
    frozen number for all or one per name. Columns as in `evaluate`; those that no row
    has are left out. The last row is what random scores get on average: AP as
    `expected_average_precision`, P@k the share of anomalies, ROC-AUC 0.5; precision,
    recall, F1 and F2 are those of flagging every row.

    Values are rounded to three decimals; to two when anomalies are few but not rare.
    """
    _check_names(scores, thresholds)
    rows = {
        name: entry
        if isinstance(entry, Mapping)
        else evaluate(
            _required(y_true),
            entry,
            threshold=_threshold_of(name, thresholds),
            alert_budget=alert_budget,
            series=series,
        )
        for name, entry in scores.items()
    }
    table = {_row_name(name, row): _shown(row) for name, row in rows.items()}
    if len({(row["rows"], row["anomalies"]) for row in rows.values()}) == 1:
        table["chance"] = _shown(_chance(next(iter(rows.values()))))
    return _in_column_order(pd.DataFrame.from_dict(table, orient="index"))


# ---------------------------------------------------------------------- one row


def _check_options(threshold: object, alert_budget: object, series: object) -> None:
    check_threshold(threshold)
    if alert_budget is not None:
        as_count(alert_budget, "alert_budget", least=1)
    if series is not None and not isinstance(series, SeriesEvents):
        raise ValueError(
            f"series must be SeriesEvents(points_per_day=...); got {as_told(series)}"
        )


def _ranking_quality(labels: Labels, values: Floats) -> dict[str, Any]:
    from sklearn.metrics import average_precision_score, roc_auc_score

    row: dict[str, Any] = {
        "rows": len(labels),
        "anomalies": int(labels.sum()),
        "AP": float(average_precision_score(labels, values)),
    }
    if row["anomalies"] < FEW_ANOMALIES:
        row["AP interval"] = average_precision_interval(labels, values)
    row["chance AP"] = expected_average_precision(row["rows"], row["anomalies"])
    row["ROC-AUC"] = float(roc_auc_score(labels, values))
    return row


def _threshold_quality(
    labels: Labels, alarms: np.ndarray, series: SeriesEvents | None
) -> dict[str, Any]:
    from sklearn.metrics import fbeta_score, precision_score, recall_score

    row: dict[str, Any] = {
        "flagged": int(alarms.sum()),
        "precision": float(precision_score(labels, alarms, zero_division=0)),
        "recall": float(recall_score(labels, alarms)),
        "F1": float(fbeta_score(labels, alarms, beta=1, zero_division=0)),
        "F2": float(fbeta_score(labels, alarms, beta=2, zero_division=0)),
    }
    return row if series is None else row | series.report(labels, alarms)


def _chance(row: Mapping[str, Any]) -> dict[str, Any]:
    share, level = _share(row), row["chance AP"]
    chance = {"AP": level, "chance AP": level, "ROC-AUC": 0.5}
    chance |= {name: share for name in row if name.startswith("P@")}
    chance |= {"precision": share, "recall": 1.0}
    chance["F1"] = 2 * share / (1 + share)
    chance["F2"] = 5 * share / (1 + 4 * share)
    shown = {name: value for name, value in chance.items() if name in row}
    return shown | {"rows": row["rows"], "anomalies": row["anomalies"]}


def _share(row: Mapping[str, Any]) -> float:
    return row["anomalies"] / row["rows"]


# -------------------------------------------------------------------- the table

_COLUMNS = (
    "AP",
    "AP 95% interval",
    "chance AP",
    "ROC-AUC",
    "P@",
    "precision",
    "recall",
    "F1",
    "F2",
    "events found",
    "false alarms per day",
    "delay",
)


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    digits = _digits(row["anomalies"], _share(row))
    shown: dict[str, Any] = {
        name: _rounded(value, digits)
        for name, value in row.items()
        if name.startswith("P@") or name in _COLUMNS
    }
    if "AP interval" in row:
        low, high = row["AP interval"]
        shown["AP 95% interval"] = f"{low:.{digits}f} to {high:.{digits}f}"
    if "events found" in row:
        shown["events found"] = f"{row['events found']} of {row['events']}"
    return shown


def _digits(anomalies: int, share: float) -> int:
    """Few anomalies don't carry three decimals, unless two would show only zeros."""
    return 2 if anomalies < FEW_ANOMALIES and share >= 0.02 else 3


def _rounded(value: float, digits: int) -> float:
    """Round to `digits` decimals; what would round to 0 keeps two significant ones."""
    rounded = round(float(value), digits)
    return float(f"{value:.2g}") if value and not rounded else rounded


def _in_column_order(table: pd.DataFrame) -> pd.DataFrame:
    def place(name: str) -> int:
        return _COLUMNS.index("P@" if name.startswith("P@") else name)

    table = table[sorted(table.columns, key=place)]
    text = table.columns.intersection(["AP 95% interval", "events found"])
    return table.fillna(dict.fromkeys(text, ""))


def _row_name(name: str, row: Mapping[str, Any]) -> str:
    told = "oracle" in str(name).lower() or not row.get("oracle")
    return name if told else f"{name} (oracle)"


def _check_names(scores: Mapping, thresholds: Mapping | float | None) -> None:
    if not isinstance(scores, Mapping) or not scores:
        raise ValueError("scores must be a dict of names and scores: {'name': scores}")
    if "chance" in scores:
        raise ValueError("'chance' is the table's own last row; choose another name")
    for name, entry in scores.items():
        if isinstance(entry, Mapping) and not {"rows", "anomalies", "AP"} <= set(entry):
            raise ValueError(f"{name!r} is a dict, but no row that evaluate() made")
    if isinstance(thresholds, Mapping) and (unknown := set(thresholds) - set(scores)):
        raise ValueError(
            f"thresholds names {sorted(unknown)[0]!r}, but scores has no such row; "
            f"it has {', '.join(map(str, scores))}"
        )


def _threshold_of(name: str, thresholds: Mapping | float | None) -> float | None:
    return thresholds.get(name) if isinstance(thresholds, Mapping) else thresholds


def _required(y_true: ArrayLike | None) -> ArrayLike:
    if y_true is None:
        raise ValueError("scores need labels to be judged against; pass y_true=")
    return y_true


# ---------------------------------------------------------------------- bootstrap

_DRAWS_AT_ONCE = 4_000_000
_MOST_ROWS = 10**30  # more than anybody has, and a float can hold it


def _bootstrap(
    statistic: Callable[[Labels, Labels], Floats],
    y_true: ArrayLike,
    scores: ArrayLike,
    replicates: int,
    seed: int,
) -> Floats:
    """Return `statistic` of each stratified resample (replicates,)."""
    as_count(replicates, "replicates", least=1)
    counts = _bins(*as_labelled_scores(y_true, scores))
    random = np.random.default_rng(as_count(seed, "seed"))
    at_once = max(1, _DRAWS_AT_ONCE // len(counts[1]))
    sizes = [
        min(at_once, replicates - start) for start in range(0, replicates, at_once)
    ]
    draws = [
        statistic(*(_resample(count, size, random) for count in counts))
        for size in sizes
    ]
    return np.concatenate(draws)


def _bins(labels: Labels, values: Floats) -> tuple[Labels, Labels]:
    """Count anomalies (m,) at each of their m scores, and normal rows around them.

    Best score first. Normal rows (2m + 1,): bin 2j + 1 counts those that equal the
    j-th score, bin 2j those above it and below the one before.
    """
    cuts, anomalies = np.unique(-values[labels == 1], return_counts=True)
    normal = -values[labels == 0]
    places = np.searchsorted(cuts, normal, "left")
    places += np.searchsorted(cuts, normal, "right")
    return anomalies, np.bincount(places, minlength=2 * len(cuts) + 1)


def _resample(counts: Labels, size: int, random: np.random.Generator) -> Labels:
    total = counts.sum()
    return random.multinomial(total, counts / total, size=size)


def _average_precisions(anomalies: Labels, normal: Labels) -> Floats:
    found = anomalies.cumsum(axis=1)
    flagged = found + normal.cumsum(axis=1)[:, 1::2]
    precision = found / np.maximum(flagged, 1)
    return (anomalies * precision).sum(axis=1) / found[:, -1]


def _roc_aucs(anomalies: Labels, normal: Labels) -> Floats:
    reached = normal.cumsum(axis=1)
    below = reached[:, -1:] - reached[:, 1::2] + 0.5 * normal[:, 1::2]
    pairs = anomalies.sum(axis=1) * reached[:, -1]
    return (anomalies * below).sum(axis=1) / pairs


def _percentile_interval(draws: Floats, confidence: float) -> tuple[float, float]:
    if not 0 < as_number(confidence, "confidence", least=0) < 1:
        raise ValueError(
            f"confidence must be between 0 and 1; got {as_told(confidence)}"
        )
    tail = (1 - confidence) / 2
    low, high = np.quantile(draws, (tail, 1 - tail))
    return float(low), float(high)


def _first_between(points: Labels, low: int, high: int) -> int | None:
    position = np.searchsorted(points, low)
    inside = position < len(points) and points[position] < high
    return int(points[position]) if inside else None
