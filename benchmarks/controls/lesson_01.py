"""The controls of lesson 01's claims.

What is said of holidays rests on the ten of one year: where a claim has seeds, they
draw a forest, blobs, planted groups or a bootstrap, never another year.
"""

from functools import cache
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.cluster import DBSCAN
from sklearn.datasets import make_blobs
from sklearn.metrics import average_precision_score

from benchmarks.claims import claim
from helpers import detectors
from helpers.datasets import load

# -- DBSCAN and LOF on made-up points


@claim(
    says="With 0.2 no point of the dense blob is noise, but points of the wide ones "
    "are; with 0.6 blobs merge",
    changed="eps of DBSCAN, on three blobs of 1000 points",
    measure="count",
    holds=lambda found: (
        found["noise in the dense blob, eps 0.2"] == 0
        and found["noise in the wide blobs, eps 0.2"] > 0
        and found["large clusters, eps 0.6"] < 3
    ),
)
def one_distance_for_three_densities(seed: int) -> dict[str, float]:
    """Count noise per blob with a small eps, and large clusters with a large one."""
    centers, widths = [(1, 0.5), (2, 2), (1, -1)], [0.1, 0.4, 0.3]
    points, blob = make_blobs(
        1000, centers=centers, cluster_std=widths, random_state=seed
    )
    small, large = (
        DBSCAN(eps=eps, min_samples=2).fit_predict(points) for eps in (0.2, 0.6)
    )
    return {
        "noise in the dense blob, eps 0.2": int((small[blob == 0] == -1).sum()),
        "noise in the wide blobs, eps 0.2": int((small[blob != 0] == -1).sum()),
        "large clusters, eps 0.6": int((np.bincount(large[large >= 0]) > 50).sum()),
    }


@claim(
    says="With fewer neighbours than the group has members LOF finds none of it, with "
    "twice as many all or nearly all.",
    changed="neighbours of LOF; groups of 5, 10 and 20 points beside 250",
    measure="share of a group among the highest scores",
    holds=lambda found: (
        found["one fewer, most found"] == 0
        and found["twice as many, fewest found"] >= 0.8
    ),
)
def lof_needs_more_neighbours_than_members(seed: int) -> dict[str, float]:
    """Measure which share of planted groups LOF ranks first."""
    sizes = (5, 10, 20)
    return {
        "one fewer, most found": max(_found(m, m - 1, seed) for m in sizes),
        "twice as many, fewest found": min(_found(m, 2 * m, seed) for m in sizes),
    }


def _found(members: int, neighbours: int, seed: int) -> float:
    """Return the share of a planted group among as many highest scores of LOF."""
    random = np.random.default_rng(seed)
    crowd = random.normal(size=(250, 2))
    group = 6 + 0.3 * random.normal(size=(members, 2))
    lof = detectors.LOFDetector(n_neighbors=neighbours).fit(np.vstack([crowd, group]))
    return float(np.mean(np.argsort(-lof.decision_scores_)[:members] >= len(crowd)))


# -- 261 weekdays, ten of them holidays


@cache
def _weekdays() -> tuple[pd.DataFrame, NDArray]:
    """Return the 48 readings of each weekday and whether it is a holiday."""
    data = load("elecdemand")
    demand = data.X["Demand"]
    rows = pd.DataFrame(demand.to_numpy().reshape(365, 48), demand.index[::48])
    rows = rows[rows.index.day_of_week < 5]
    return rows, pd.Series(data.y, demand.index)[rows.index].to_numpy()


def _ap(scores: NDArray | pd.Series) -> float:
    return float(average_precision_score(_weekdays()[1], scores))


def _shapes() -> pd.DataFrame:
    """Return the readings, z-scored by day."""
    rows, _ = _weekdays()
    return rows.sub(rows.mean(axis=1), axis=0).div(rows.std(axis=1), axis=0)


def _unlike(rows: pd.DataFrame) -> pd.Series:
    """Return 1 - the cosine of each row with the mean of all rows."""
    mean = rows.mean()
    return 1 - rows @ mean / np.linalg.norm(rows, axis=1) / np.linalg.norm(mean)


def _hours(start: int) -> pd.Series:
    """Return the mean demand of each weekday in the two hours from `start`."""
    rows, _ = _weekdays()
    return rows.iloc[:, 2 * start : 2 * start + 4].mean(axis=1)


@claim(
    says="With less of the level the cosine ranks better",
    changed="which share of its mean is subtracted from each day",
    measure="AP",
    holds=lambda found: list(found.values()) == sorted(found.values()),
    seeds=(0,),
)
def level_holds_the_cosine_back(seed: int) -> dict[str, float]:
    """Measure how the cosine with the mean day ranks the holidays."""
    rows, _ = _weekdays()
    mean = rows.mean(axis=1)
    return {
        f"{share:.0%} of the mean": _ap(_unlike(rows.sub(share * mean, axis=0)))
        for share in (0, 0.5, 0.8, 0.9, 1)
    }


@claim(
    says="Each detector gains more by the change of features than the four differ from "
    "one another.",
    changed="48 readings as they are, or z-scored by day; then the detector",
    measure="difference in AP",
    holds=lambda found: (
        found["smallest gain by shape"] > found["largest between detectors"]
    ),
)
def features_decide(seed: int) -> dict[str, float]:
    """Measure what the features change, and what the detector does."""
    readings = _aps_of_four(_weekdays()[0], seed)
    shapes = _aps_of_four(_shapes(), seed)
    pairs = [*combinations(readings, 2), *combinations(shapes, 2)]
    return {
        "smallest gain by shape": min(np.subtract(shapes, readings)),
        "largest between detectors": max(abs(one - other) for one, other in pairs),
    }


def _four(seed: int) -> list[detectors.Detector]:
    return [
        detectors.ZScoreDetector(),
        detectors.IQRDetector(),
        detectors.LOFDetector(),
        detectors.IsolationForestDetector(random_state=seed),
    ]


def _aps_of_four(rows: pd.DataFrame, seed: int) -> list[float]:
    return [_ap(detector.fit(rows).decision_scores_) for detector in _four(seed)]


@claim(
    says="On readings all four put one of the five hottest days first",
    changed="the detector, on 48 readings per day",
    measure="days with a higher score than any of the five hottest",
    holds=lambda found: max(found.values()) == 0,
)
def heat_comes_first(seed: int) -> dict[str, float]:
    """Count the days that each detector puts before the five hottest."""
    rows, _ = _weekdays()
    warmest = load("elecdemand").X["Temperature"].resample("D").max()
    hottest = rows.index.isin(warmest.nlargest(5).index)
    found: dict[str, float] = {}
    for detector in _four(seed):
        scores = detector.fit(rows).decision_scores_
        name = type(detector).__name__.removesuffix("Detector")
        found[name] = int((scores > scores[hottest].max()).sum())
    return found


@claim(
    says="To know that holidays are low lifts it to 0.71, above all of them; to know "
    "the hours as well lifts it to 0.95, the highest AP of both tables,",
    changed="what is known: nothing, the direction, the direction and the hours",
    measure="AP",
    holds=lambda found: (
        found["far from average"] < found["low mean"]
        and found["best of four on readings"] < found["low mean"]
        and found["best of four on shapes"] < found["low from 7 to 9"]
    ),
)
def knowledge_beats_detectors(seed: int) -> dict[str, float]:
    """Measure how one number per day ranks the holidays, beside the four detectors."""
    rows, _ = _weekdays()
    mean = rows.mean(axis=1)
    return {
        "far from average": _ap((mean - mean.mean()).abs()),
        "low mean": _ap(-mean),
        "low from 7 to 9": _ap(-_hours(7)),
        "best of four on readings": max(_aps_of_four(rows, seed)),
        "best of four on shapes": max(_aps_of_four(_shapes(), seed)),
    }


@claim(
    says="with ten holidays, that much may be luck",
    changed="the score: LOF on shapes, or 1 - cosine of shapes; 10 holidays, bootstrap",
    measure="difference in AP, 95 % interval",
    holds=lambda found: found["from"] < 0 < found["to"],
)
def lof_and_cosine_are_not_told_apart(seed: int) -> dict[str, float]:
    """Measure how the difference of two APs varies when days are drawn again."""
    return _interval(_lof_on_shapes(), _unlike(_shapes()).to_numpy(), seed)


@claim(
    says="From the mean of the day to the hours from 7 to 9 is more than luck.",
    changed="which hours are averaged; 10 holidays, bootstrap",
    measure="difference in AP, 95 % interval",
    holds=lambda found: found["from"] > 0,
)
def hours_beat_the_mean(seed: int) -> dict[str, float]:
    """Measure how the difference of two APs varies when days are drawn again."""
    mean = _weekdays()[0].mean(axis=1)
    return _interval(-_hours(7).to_numpy(), -mean.to_numpy(), seed)


@claim(
    says="From the best detector on readings to the mean of the day may be luck,",
    changed="low mean demand, or the z-score of 48 readings; 10 holidays, bootstrap",
    measure="difference in AP, 95 % interval",
    holds=lambda found: found["from"] < 0 < found["to"],
)
def mean_and_z_score_are_not_told_apart(seed: int) -> dict[str, float]:
    """Measure how the difference of two APs varies when days are drawn again."""
    rows, _ = _weekdays()
    z_score = detectors.ZScoreDetector().fit(rows).decision_scores_
    return _interval(-rows.mean(axis=1).to_numpy(), z_score, seed)


@claim(
    says="so may be the step from LOF on shapes to the hours.",
    changed="low demand from 7 to 9, or LOF on shapes; 10 holidays, bootstrap",
    measure="difference in AP, 95 % interval",
    holds=lambda found: found["from"] < 0 < found["to"],
)
def hours_and_lof_are_not_told_apart(seed: int) -> dict[str, float]:
    """Measure how the difference of two APs varies when days are drawn again."""
    return _interval(-_hours(7).to_numpy(), _lof_on_shapes(), seed)


def _lof_on_shapes(neighbours: int = 20) -> NDArray:
    return detectors.LOFDetector(n_neighbors=neighbours).fit(_shapes()).decision_scores_


def _interval(first: NDArray, second: NDArray, seed: int) -> dict[str, float]:
    """Return the 95 % bootstrap interval of AP(first) - AP(second), classes apart."""
    _, y = _weekdays()
    random = np.random.default_rng(seed)
    classes = [np.flatnonzero(y == 1), np.flatnonzero(y == 0)]
    differences = []
    for _ in range(1000):
        drawn = np.concatenate([random.choice(rows, len(rows)) for rows in classes])
        first_ap, second_ap = (
            average_precision_score(y[drawn], scores[drawn])
            for scores in (first, second)
        )
        differences.append(first_ap - second_ap)
    low, high = np.quantile(differences, [0.025, 0.975])
    return {"from": float(low), "to": float(high)}


@claim(
    says="Two hours that begin at 5, 6, 8 or 9 rank the holidays better than the mean "
    "of the day, too.",
    changed="which hours are averaged, the lowest first",
    measure="AP",
    holds=lambda found: all(
        ap > found["the whole day"] for name, ap in found.items() if "from" in name
    ),
    seeds=(0,),
)
def other_hours_would_do(seed: int) -> dict[str, float]:
    """Measure how low demand in two hours ranks the holidays."""
    hours = {f"two hours from {start}": _ap(-_hours(start)) for start in (5, 6, 8, 9)}
    return {"the whole day": _ap(-_weekdays()[0].mean(axis=1)), **hours}


@claim(
    says="a search over all windows of hours, with the labels, finds one with a "
    "perfect AP,",
    changed="who chooses the hours: we did, from 7 to 9, or a search with the labels",
    measure="AP",
    holds=lambda found: found["searched (oracle)"] > 0.9999,
    seeds=(0,),
)
def an_oracle_finds_perfect_hours(seed: int) -> dict[str, float]:
    """Measure the best AP of low demand over all windows of half hours."""
    rows, _ = _weekdays()
    windows = combinations(range(49), 2)
    searched = max(_ap(-rows.iloc[:, a:b].mean(axis=1)) for a, b in windows)
    return {"from 7 to 9": _ap(-_hours(7)), "searched (oracle)": searched}


@claim(
    says="On shapes, too, LOF needs more neighbours: ten holidays are a group, and "
    "with 5 its AP is far below that with 20.",
    changed="neighbours of LOF on shapes",
    measure="AP",
    holds=lambda found: list(found.values()) == sorted(found.values()),
    seeds=(0,),
)
def lof_on_shapes_needs_neighbours(seed: int) -> dict[str, float]:
    """Measure how LOF on shapes ranks the ten holidays."""
    return {f"{k} neighbours": _ap(_lof_on_shapes(k)) for k in (5, 10, 20)}
