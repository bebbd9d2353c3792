"""The two tables of the ODDS benchmark: means and ranks, and every set by itself."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import studentized_range

from benchmarks.results import NOTHING, Table, ratio
from helpers.text import listed

MEASURES = ("ROC-AUC", "AP")
YARDSTICK = "PCADetector"
# Ranks are of figures as they are shown: what is equal there is equal in rank.
DIGITS = 3


@dataclass
class Results:
    """What the units found, and what there was nothing to find for.

    most_to_fit, most_to_score: rows of one split, at most
    deep: the methods that train a network
    found: one dict a unit, of data, copy, method, seed and its figures
    absent: data set or method -> why it is not here
    failed: (data, method) -> what it said
    """

    most_to_fit: int
    most_to_score: int
    deep: Sequence[str] = ()
    found: list[dict[str, Any]] = field(default_factory=list)
    absent: dict[str, str] = field(default_factory=dict)
    failed: dict[tuple[str, str], str] = field(default_factory=dict)


def tables(results: Results) -> dict[str, Table]:
    """Return "odds", a line per detector, and "odds_sets", a column per set.

    Raises `ValueError` where nothing was found at all.
    """
    if not results.found:
        reasons = {*results.absent.values(), *results.failed.values()}
        raise ValueError(f"no unit found anything: {'; '.join(sorted(reasons))}")
    units = pd.DataFrame(results.found).sort_values(["data", "method", "seed"])
    units = units[[where not in results.failed for where in _places_of(units)]]
    figures = {measure: _by_set(units, measure) for measure in MEASURES}
    ranks = pd.DataFrame({name: mean_ranks(part) for name, part in figures.items()})
    ranks = ranks.sort_values(list(MEASURES))
    sets = len(figures["AP"].columns)
    means = Table(
        f"{len(ranks)} detectors on {sets} ODDS sets",
        (
            "detector", "kind", "mean ROC-AUC", "spread over seeds", "seeds", "mean AP",
            "mean rank, ROC-AUC", "mean rank, AP", "sets won", f"time, {YARDSTICK} = 1",
        ),
        [_line(name, units, figures, ranks, results.deep) for name in ranks.index],
        [
            *_places(ranks, results.deep, sets),
            *_twins(pd.concat(figures, axis=1).round(DIGITS)),
            *_protocol(units, results),
            *_left_out(results),
        ],
    )  # fmt: skip
    each = Table(
        f"{len(ranks)} detectors on each of {sets} ODDS sets",
        ("measure", "detector", *figures["AP"].columns),
        [*_sizes(units), *_matrix(figures, ranks.index)],
        ["Means over the seeds; detectors in order of mean rank. Read with odds.md."],
    )
    return {"odds": means, "odds_sets": each}


def mean_ranks(figures: pd.DataFrame) -> pd.Series:
    """Return each method's mean rank over the sets; best is 1, equal ones share.

    `figures` is (methods, sets); a method without a figure on a set comes last there.
    """
    return figures.round(DIGITS).rank(ascending=False, na_option="bottom").mean(axis=1)


def critical_distance(methods: int, sets: int) -> float:
    """Return how far apart two mean ranks must be to differ (Nemenyi, 5 %).

    Demšar, Statistical comparisons of classifiers over multiple data sets, 2006.
    """
    quantile = studentized_range.ppf(0.95, methods, np.inf) / np.sqrt(2)
    return float(quantile * np.sqrt(methods * (methods + 1) / (6 * sets)))


# ------------------------------------------------------------------------ details


def _by_set(units: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Return the means over the seeds (methods, sets)."""
    means = units.pivot_table(index="method", columns="data", values=measure)
    return means[sorted(means.columns, key=str.lower)]


def _line(
    name: str,
    units: pd.DataFrame,
    figures: dict[str, pd.DataFrame],
    ranks: pd.DataFrame,
    deep: Sequence[str],
) -> tuple[str, ...]:
    own = units[units["method"] == name]
    seeds = own.groupby("seed")["ROC-AUC"].mean()
    areas = figures["ROC-AUC"]
    won = int((areas.loc[name].round(DIGITS) == areas.max().round(DIGITS)).sum())
    return (
        name,
        "deep" if name in deep else "simple",
        f"{areas.loc[name].mean():.3f}",
        f"{seeds.min():.3f} to {seeds.max():.3f}",
        str(len(seeds)),
        f"{figures['AP'].loc[name].mean():.3f}",
        f"{ranks.loc[name, 'ROC-AUC']:.1f}",
        f"{ranks.loc[name, 'AP']:.1f}",
        str(won),
        "1" if name == YARDSTICK else ratio(own["times PCA"].to_list()),
    )


def _sizes(units: pd.DataFrame) -> list[tuple[str, ...]]:
    sizes = units.groupby("data")[["rows to fit", "rows to score", "chance AP"]].mean()
    sizes = sizes.loc[sorted(sizes.index, key=str.lower)]
    return [
        *(
            (measure, NOTHING, *(f"{value:.0f}" for value in sizes[measure]))
            for measure in ("rows to fit", "rows to score")
        ),
        ("AP", "chance", *(f"{share:.{DIGITS}f}" for share in sizes["chance AP"])),
    ]


def _matrix(
    figures: dict[str, pd.DataFrame], order: Sequence[str]
) -> list[tuple[str, ...]]:
    return [
        (measure, name, *map(_cell, part.loc[name]))
        for measure, part in figures.items()
        for name in order
    ]


def _cell(value: float) -> str:
    return NOTHING if np.isnan(value) else f"{value:.{DIGITS}f}"


def _places(ranks: pd.DataFrame, deep: Sequence[str], sets: int) -> list[str]:
    """Return in words where the deep detectors stand, and what luck alone may do."""
    distance = critical_distance(len(ranks), sets)
    luck = (
        f"With {len(ranks)} detectors on {sets} sets, two mean ranks less than "
        f"{distance:.1f} apart may differ by luck (Nemenyi, 5 %)."
    )
    present = [name for name in ranks.index if name in deep]
    if not present:
        return [luck]
    places = {
        measure: ranks[measure].rank(method="min").astype(int) for measure in MEASURES
    }
    told = ", ".join(
        f"{name} {places['ROC-AUC'][name]} and {places['AP'][name]}" for name in present
    )
    best = min(places["ROC-AUC"][present])
    before = ranks.index[places["ROC-AUC"] < best]
    front = f" Simple ones in front of all of them: {', '.join(before)}."
    return [
        f"The deep detectors' places among all {len(ranks)}, by mean rank of ROC-AUC "
        f"and of AP: {told}.{front if len(before) else ''} {luck}"
    ]


def _twins(figures: pd.DataFrame) -> list[str]:
    """Return in words which detectors find the same on every set."""
    alike = figures.groupby(list(figures.columns), dropna=False).groups.values()
    twins = sorted(listed(sorted(names)) for names in alike if len(names) > 1)
    if not twins:
        return []
    return [f"The same on every set, being the same algorithm: {'; '.join(twins)}."]


def _protocol(units: pd.DataFrame, results: Results) -> list[str]:
    """Return in words how the figures were found."""
    mirrored = units.loc[units["copy"] != units["data"], "data"].unique()
    kit = units.loc[units["copy"] == units["data"], "data"].unique()
    most = (results.most_to_fit, results.most_to_score)
    limits = (f"{rows:,}".replace(",", " ") for rows in most)
    return [
        "60 % of a set's rows are fitted without their labels, anomalies among them, "
        "40 % are scored, split at random with the same share of anomalies; at most "
        "{} rows are fitted and {} scored. Columns have mean 0 and standard deviation "
        "1 in the part that is fitted. Detectors have their defaults and no choice was "
        "made by labels. A seed draws the split and whatever the detector "
        "draws.".format(*limits),
        f"Sets bundled with the kit: {_by_name(kit)}; from ADBench's copy of ODDS: "
        f"{_by_name(mirrored)}.",
        "Figures are means over the sets of the means over the seeds. The spread goes "
        "from the lowest to the highest mean of one seed; deep detectors have fewer "
        "seeds, because each training takes long. Ranks are of each set's mean "
        f"to {DIGITS} decimals, 1 is best; sets won are by ROC-AUC and count shared "
        "first places. Times to fit and to score, together, are ratios to "
        f"{YARDSTICK}'s beside it, one thread each, median over sets and seeds.",
    ]


def _by_name(names: Iterable[str]) -> str:
    return ", ".join(sorted(names, key=str.lower)) or "none"


def _places_of(units: pd.DataFrame) -> Iterable[tuple[str, str]]:
    return zip(units["data"], units["method"], strict=True)


def _left_out(results: Results) -> list[str]:
    """Return what is missing and why, one sentence per reason."""
    absent: dict[str, list[str]] = {}
    for name, why in results.absent.items():
        absent.setdefault(why, []).append(name)
    failed: dict[tuple[str, str], list[str]] = {}
    for (data, method), why in results.failed.items():
        failed.setdefault((method, why), []).append(data)
    return [
        *(f"Left out: {', '.join(names)}: {why}" for why, names in absent.items()),
        *(
            f"No figure for {method} on {_by_name(sets)}: {why}. It counts as last "
            "there, and its means are over the other sets."
            for (method, why), sets in sorted(failed.items())
        ),
    ]
