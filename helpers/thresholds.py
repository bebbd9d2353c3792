"""From scores of normal data to one number.

One rule everywhere: a row is an **anomaly when its score is greater than the
threshold**. A threshold is chosen from training or validation scores, then frozen; the
test set is read once. What needs test labels is called an *oracle*, in its name and in
every table.

Thresholds are found with one sort and cumulative sums, never by trying each score.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from helpers._arrays import (
    Floats,
    Labels,
    aligned,
    as_count,
    as_labelled_scores,
    as_number,
    as_told,
    as_values,
    check_choice,
    same_length,
)

__all__ = [
    "OracleThreshold",
    "Sweep",
    "Tail",
    "budget_threshold",
    "cost_threshold",
    "fitted_tail",
    "group_limits",
    "iqr_limits",
    "mad_limits",
    "mad_threshold",
    "max_threshold",
    "normal_share",
    "oracle_threshold",
    "peaks_threshold",
    "quantile_threshold",
    "searched_threshold",
    "sigma_limits",
    "sigma_threshold",
    "sweep_thresholds",
    "threshold_costs",
]

MAD_TO_SIGMA = 1.482602218505602  # 1 / normal quantile at 0.75
MEAN_DEVIATION_TO_SIGMA = 1.2533141373155001  # sqrt(pi / 2)
FEWEST_PEAKS = 10  # that a tail is fitted to


class OracleThreshold(float):
    """A threshold that was chosen on the labels of the test set.

    It is a float in every way, but `helpers.evaluation` recognises it and writes
    "(oracle)" beside each result that was made with it.
    """


class Sweep(NamedTuple):
    """Confusion counts at every threshold that makes a difference.

    Arrays of equal length, thresholds falling: the first raises no alarm, the last
    flags every row.
    """

    thresholds: Floats
    true_positives: Labels
    false_positives: Labels
    false_negatives: Labels
    true_negatives: Labels


class Tail(NamedTuple):
    """What lies above `start`: a `share` of the scores, as far as shape and scale say.

    The chance that a score exceeds `start` by x is `share * genpareto.sf(x, shape,
    scale=scale)`. With a shape below 0 the tail ends, with 0 it is exponential, above 0
    it is heavier than that.
    """

    start: float
    share: float
    shape: float
    scale: float


# ---------------------------------------------------------------- from normal data


def quantile_threshold(scores: ArrayLike, contamination: float = 0.05) -> float:
    """Return the score that at most a share `contamination` of `scores` exceeds.

    The smallest such score, so ties never push the flagged share above the promise:
    with many equal scores fewer rows are flagged. This is the rule behind
    `Detector.threshold_`. Contamination is an assumption, never a result.

    Raises `ValueError` when `contamination` is outside (0, 0.5].
    """
    values = as_values(scores)
    check_contamination(contamination)
    return float(np.quantile(values, 1 - contamination, method="inverted_cdf"))


def sigma_limits(values: ArrayLike, k: float = 3.0) -> tuple[float, float]:
    """Return mean - k sd and mean + k sd of `values` (sd with n - 1).

    The 3-sigma rule; sensible where values are roughly normal and outliers few, since
    the outliers themselves inflate the sd.
    """
    array = as_values(values, "values", least=2)
    with np.errstate(over="ignore", invalid="ignore"):
        return _around(array.mean(), array.std(ddof=1), k)


def mad_limits(values: ArrayLike, k: float = 3.5) -> tuple[float, float]:
    """Return median - k s and median + k s, where s = 1.4826 MAD.

    The modified z-score of Iglewicz and Hoaglin (1993), whose advice is k = 3.5. When
    more than half of the values are equal the MAD is 0; the mean absolute deviation,
    times 1.2533, then takes its place, as they propose.
    """
    array = as_values(values, "values")
    with np.errstate(over="ignore", invalid="ignore"):
        return _around(*median_and_scale(array), k)


def iqr_limits(values: ArrayLike, k: float = 1.5) -> tuple[float, float]:
    """Return q1 - k IQR and q3 + k IQR: the ends of Tukey's whiskers.

    Quartiles are linearly interpolated. A value *on* a limit is not an outlier.
    """
    array = as_values(values, "values")
    lower, upper = np.quantile(array, (0.25, 0.75))
    reach = as_number(k, "k", least=0) * (float(upper) - float(lower))
    return _finite(float(lower) - reach), _finite(float(upper) + reach)


def group_limits(
    values: ArrayLike,
    groups: ArrayLike,
    rule: Callable[[Floats], tuple[float, float]] = sigma_limits,
) -> tuple[Floats, Floats]:
    """Return low and high limits (n,): for each of `values` (n,) those of its group.

    `groups` (n,) names the group of each value, a month say; `rule` is one of the
    `..._limits` here. Raises `ValueError` where the lengths differ, and what `rule`
    raises of a group.
    """
    array = as_values(values, "values")
    if not callable(rule):
        raise ValueError(
            f"rule must be a function, as sigma_limits; got {as_told(rule)}"
        )
    group = _numbered(aligned(values, groups, names=("values", "groups")))
    same_length(array, group, names=("values", "groups"))
    limits = [rule(array[group == i]) for i in range(group.max() + 1)]
    for pair in limits:
        if np.shape(pair) != (2,):
            raise ValueError(f"rule must return (low, high); got {as_told(pair)}")
    low, high = np.transpose(limits)
    return low[group], high[group]


def sigma_threshold(scores: ArrayLike, k: float = 3.0) -> float:
    """Return mean + k sd of `scores`: the upper one of `sigma_limits`."""
    return sigma_limits(as_values(scores, least=2), k)[1]


def mad_threshold(scores: ArrayLike, k: float = 3.5) -> float:
    """Return median + k * 1.4826 MAD of `scores`: the upper one of `mad_limits`."""
    return mad_limits(as_values(scores), k)[1]


def max_threshold(scores: ArrayLike, factor: float = 1.0) -> float:
    """Return `factor` times the largest score of normal data.

    With factor 1 no row of that data is flagged. One wild row decides everything; use
    `quantile_threshold` when the data may not be clean.
    """
    largest = float(as_values(scores).max())
    return _finite(as_number(factor, "factor", least=0, above=True) * largest)


def budget_threshold(scores: ArrayLike, alerts: int) -> float:
    """Return the lowest score that raises at most `alerts` alarms on `scores`.

    `alerts` is what your team can read in the time these validation scores span. Ties
    at the border are all left out.

    Raises `ValueError` when there are fewer scores than `alerts`.
    """
    values = as_values(scores)
    if as_count(alerts, "alerts") > len(values):
        raise ValueError(
            f"alerts = {alerts} is more than the {len(values)} scores given; "
            "state the budget for as many rows as these"
        )
    if alerts == len(values):
        return float(np.nextafter(values.min(), -np.inf))
    border = len(values) - alerts - 1
    return float(np.partition(values, border)[border])


def peaks_threshold(
    scores: ArrayLike, false_alarm_rate: float, level: float = 0.98
) -> float:
    """Return the score that new normal rows exceed at that rate, by the fitted tail.

    Peaks over threshold (Siffer et al., 2017): a generalised Pareto distribution is
    fitted to what the highest scores have above `level`, a share of `scores` (n,), and
    says how much higher a score has to be for a rate that n rows can't show, 1e-5 say.

    It assumes that the scores are of normal rows, are independent, and have one
    continuous tail: check that on rows that were not fitted. A series gives peaks in
    clusters; keep the highest of each.

    Raises `ValueError` with fewer than `FEWEST_PEAKS` distinct peaks, constant scores
    among them, for a rate that the level exceeds itself, and for a tail so heavy that
    its mean is infinite: no rate can be told from such scores.
    """
    from scipy.stats import genpareto  # it takes half a second

    rate = as_number(false_alarm_rate, "false_alarm_rate", least=0, above=True)
    tail = fitted_tail(scores, level)
    if rate >= tail.share:
        raise ValueError(
            f"{tail.share:.3g} of the scores lie above the level already; take "
            f"quantile_threshold for a false_alarm_rate of {rate:g}, or a lower level"
        )
    height = genpareto.isf(rate / tail.share, tail.shape, scale=tail.scale)
    return _finite(tail.start + float(height))


def fitted_tail(scores: ArrayLike, level: float = 0.98) -> Tail:
    """Return the generalised Pareto tail of `scores` (n,) above a level in (0, 1).

    Maximum likelihood, in units of the peaks' mean; the search begins at an exponential
    tail. Raises `ValueError` as `peaks_threshold` does.
    """
    from scipy.stats import genpareto  # it takes half a second

    values = as_values(scores)
    as_number(level, "level", least=0, above=True, below=1)
    start = float(np.quantile(values, level, method="inverted_cdf"))
    with np.errstate(over="ignore"):
        peaks = values[values > start] - start
    _check_peaks(peaks, level)
    unit = peaks.mean()
    shape, _, scale = genpareto.fit(peaks / unit, 0.0, floc=0, scale=1.0)
    if shape >= 1:
        raise ValueError(
            "the scores have so heavy a tail that its mean is infinite; fit their "
            "logarithms, and take exp() of the threshold"
        )
    share = len(peaks) / len(values)
    return Tail(start, share, float(shape), float(scale * unit))


def normal_share(scores: ArrayLike, normal_scores: ArrayLike) -> Floats:
    """Return for each of `scores` the share of `normal_scores` that lie below it (n,).

    The empirical distribution function of normal scores, from the left: 0.99 means that
    one normal row in a hundred scores as high or higher, whatever the detector, so that
    scores of several detectors can be compared and averaged. `normal_scores` (m,) must
    come from rows that trained nobody. Above the largest of them all is 1.
    """
    ordered = np.sort(as_values(normal_scores, "normal_scores"))
    return np.searchsorted(ordered, as_values(scores)) / len(ordered)


# ------------------------------------------------------------------- from labels


def sweep_thresholds(y: ArrayLike, scores: ArrayLike) -> Sweep:
    """Return the confusion counts at each distinct score, in O(n log n).

    `y` (n,) is 0/1 and `scores` (n,) higher = more anomalous. A last threshold below
    the lowest score, where every row is flagged, is added.

    Raises `ValueError` when only one class is present.
    """
    labels, values = as_labelled_scores(y, scores)
    order = np.argsort(-values, kind="stable")
    ranked, ranked_labels = values[order], labels[order]
    starts = np.flatnonzero(np.diff(ranked, prepend=np.inf))
    flagged = np.append(starts, len(ranked))
    true_positives = np.concatenate(([0], np.cumsum(ranked_labels)))[flagged]
    false_positives = flagged - true_positives
    positives = labels.sum()
    return Sweep(
        np.append(ranked[starts], np.nextafter(ranked[-1], -np.inf)),
        true_positives,
        false_positives,
        positives - true_positives,
        len(labels) - positives - false_positives,
    )


def threshold_costs(
    y: ArrayLike,
    scores: ArrayLike,
    *,
    cost_false_negative: float,
    cost_false_positive: float,
) -> tuple[Floats, Floats]:
    """Return every threshold (falling) and what its mistakes cost in total.

    Labels must be those of validation rows. Raises `ValueError` on negative costs,
    and where both are 0.
    """
    missed = as_number(cost_false_negative, "cost_false_negative", least=0)
    false_alarm = as_number(cost_false_positive, "cost_false_positive", least=0)
    if not missed and not false_alarm:
        raise ValueError(
            "cost_false_negative and cost_false_positive are both 0: then every "
            "threshold costs the same; say what a mistake costs"
        )
    sweep = sweep_thresholds(y, scores)
    with np.errstate(over="ignore"):
        costs = missed * sweep.false_negatives + false_alarm * sweep.false_positives
    _finite(costs.max())
    return sweep.thresholds, costs


def cost_threshold(
    y_validation: ArrayLike,
    scores: ArrayLike,
    cost_false_negative: float,
    cost_false_positive: float,
) -> float:
    """Return the threshold whose mistakes cost least on labelled validation rows.

    Of equally cheap thresholds the highest, which raises the fewest alarms.
    """
    thresholds, costs = threshold_costs(
        y_validation,
        scores,
        cost_false_negative=cost_false_negative,
        cost_false_positive=cost_false_positive,
    )
    return float(thresholds[np.argmin(costs)])


def searched_threshold(
    normal_scores: ArrayLike,
    abnormal_scores: ArrayLike,
    *,
    beta: float = 0.5,
    candidates: int = 20,
) -> float:
    """Return the best of a few thresholds by F-beta, as a streaming thesis searches.

    Both kinds of scores, (n,) and (m,), come from validation rows. `candidates` equally
    spaced thresholds are tried, from the median of normal scores on, towards that of
    abnormal ones, which is not tried itself. Of equally good ones the first is kept.

    F-beta = (1 + beta^2) P R / (beta^2 P + R). With beta below 1 precision P counts
    more: few false alarms. The published code (Li, 2018) says beta = 0.5, but takes
    false alarms for misses and misses for false alarms, so it maximises the F-beta of
    1 / beta = 2, where recall R counts more: pass `beta=2` for that.

    Where anomalies are very few, use `max_threshold(normal_scores, factor=2)`, as the
    thesis does. Raises `ValueError` where `beta` or `candidates` is not positive.
    """
    normal = np.sort(as_values(normal_scores, "normal_scores"))
    abnormal = np.sort(as_values(abnormal_scores, "abnormal_scores"))
    as_number(beta, "beta", least=0, above=True)
    ends = np.median(normal), np.median(abnormal)
    count = as_count(candidates, "candidates", least=1)
    tried = np.linspace(*ends, count, endpoint=False)
    missed = np.searchsorted(abnormal, tried, side="right")
    kept = np.searchsorted(normal, tried, side="right")
    sweep = Sweep(tried, len(abnormal) - missed, len(normal) - kept, missed, kept)
    return float(tried[np.argmax(_f_score(beta)(sweep))])


def oracle_threshold(
    y_test: ArrayLike, scores: ArrayLike, *, metric: str = "f1"
) -> OracleThreshold:
    """Return the threshold that looks best on the test labels. Never use it.

    Nobody has these labels when the threshold is chosen, so what it promises cannot be
    had: it is an upper bound, shown beside an honest threshold to measure the
    difference. Several published tables, deepad's among them, are made this way.

    `metric` is "f1", "f2" or "accuracy".
    """
    quality = {"f1": _f_score(1), "f2": _f_score(2), "accuracy": _accuracy}
    check_choice(metric, "metric", tuple(quality))
    sweep = sweep_thresholds(y_test, scores)
    return OracleThreshold(sweep.thresholds[np.argmax(quality[metric](sweep))])


# ---------------------------------------------------------------------- details


def _numbered(groups: ArrayLike) -> Labels:
    """Return the number of each row's group (n,), counted from 0."""
    try:
        group = pd.factorize(np.asarray(groups))[0]
    except (TypeError, ValueError):
        raise ValueError("groups must be one name or number per row") from None
    if (group < 0).any() or np.ma.is_masked(groups):
        raise ValueError("groups has missing values; name the group of each value")
    return group


def check_contamination(contamination: object) -> None:
    """Raise `ValueError` unless `contamination` is a number in (0, 0.5]."""
    if (
        isinstance(contamination, bool)
        or not isinstance(contamination, int | float | np.integer | np.floating)
        or not 0 < contamination <= 0.5
    ):
        raise ValueError(
            "contamination is the share of rows to flag, above 0 and at most 0.5; "
            f"got {as_told(contamination)}"
        )


def median_and_scale(values: Floats) -> tuple[float, float]:
    """Return median and robust sd (from the MAD, or the mean deviation where 0)."""
    centre = np.median(values)
    deviations = np.abs(values - centre)
    scale = MAD_TO_SIGMA * np.median(deviations)
    if scale == 0:
        scale = MEAN_DEVIATION_TO_SIGMA * deviations.mean()
    return float(centre), float(scale)


def _around(centre: float, scale: float, k: float) -> tuple[float, float]:
    reach = as_number(k, "k", least=0) * float(scale)
    return _finite(float(centre) - reach), _finite(float(centre) + reach)


def _check_peaks(peaks: Floats, level: float) -> None:
    """Raise `ValueError` unless a tail can be fitted to `peaks` (k,)."""
    different = len(np.unique(peaks))
    if different < FEWEST_PEAKS:
        raise ValueError(
            f"only {different} different scores lie above the level {level:g}, and a "
            f"tail needs {FEWEST_PEAKS}; give more scores, or a lower level"
        )
    with np.errstate(over="ignore"):
        _finite(float(peaks.sum()))


def _finite(limit: float) -> float:
    """Return a limit; raise `ValueError` where it has left the range of floats."""
    if not math.isfinite(limit):
        raise ValueError("values are too large to reckon with as floats; rescale them")
    return limit


def _f_score(beta: float):
    def score(sweep: Sweep) -> Floats:
        hits = (1 + beta**2) * sweep.true_positives
        return hits / (hits + beta**2 * sweep.false_negatives + sweep.false_positives)

    return score


def _accuracy(sweep: Sweep) -> Floats:
    return (sweep.true_positives + sweep.true_negatives).astype(np.float64)
