"""The tables of the ODDS benchmark: means and ranks, shares, twins, every set."""

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
ALL, CLEAN = PROTOCOLS = ("all rows", "clean")
TWINS = {
    "AutoencoderDetector": "PyOD AutoEncoder",
    "IsolationForestDetector": "PyOD IForest",
    "KNNDetector": "PyOD KNN",
    "LOFDetector": "PyOD LOF",
    "OneClassSVMDetector": "PyOD OCSVM",
    "PCADetector": "PyOD PCA",
    "VAEDetector": "PyOD VAE",
}


@dataclass
class Results:
    """What the units found, and what there was nothing to find for.

    most_to_fit, most_to_score: rows of one split, at most
    deep: the methods that train a network
    found: one dict a unit, of data, copy, method, seed, training and its figures
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
    """Return "odds", a line per detector; its shares, its twins; a column per set.

    Raises `ValueError` where nothing was found at all.
    """
    if not results.found:
        reasons = {*results.absent.values(), *results.failed.values()}
        raise ValueError(f"no unit found anything: {'; '.join(sorted(reasons))}")
    units = pd.DataFrame(results.found).sort_values(["data", "method", "seed"])
    units = units[[where not in results.failed for where in _places_of(units)]]
    figures = {
        (training, measure): _by_set(units[units["training"] == training], measure)
        for training in PROTOCOLS
        for measure in MEASURES
    }
    ranks = pd.DataFrame({name: mean_ranks(part) for name, part in figures.items()})
    ranks = ranks.sort_values([(ALL, "AP"), (ALL, "ROC-AUC")])
    shares = _mean_of_shares(units)
    sets = len(figures[ALL, "AP"].columns)
    means = Table(
        f"{len(ranks)} detectors on {sets} ODDS sets",
        _COLUMNS,
        [
            _line(name, units[units["method"] == name], figures, ranks, shares)
            for name in ranks.index
        ],
        [
            *_places(ranks, results.deep, sets),
            *_same(pd.concat(figures, axis=1).round(DIGITS)),
            *_protocol(units, results),
            *_left_out(results),
        ],
    )
    found = {"odds": means, "odds_sets": _each_set(units, figures, ranks)}
    if not shares.empty:
        found["odds_robust"] = _robust(units, shares.reindex(ranks.index).dropna())
    if twins := _twins(units):
        found["odds_twins"] = Table(
            "The kit's detectors and their twins in PyOD, with the defaults of each",
            _TWIN_COLUMNS, twins, [_TWIN_NOTE],
        )  # fmt: skip
    return found


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
    own: pd.DataFrame,
    figures: dict[tuple[str, str], pd.DataFrame],
    ranks: pd.DataFrame,
    shares: pd.DataFrame,
) -> tuple[str, ...]:
    cells = [
        cell
        for training in PROTOCOLS
        for cell in (
            *_mean_and_spread(figures[training, "AP"].loc[name], own, training),
            f"{figures[training, 'ROC-AUC'].loc[name].mean():.3f}",
            f"{ranks.loc[name, (training, 'AP')]:.1f}",
        )
    ]
    both = own[own["training"] == ALL]["times PCA"].to_list()
    return (
        name,
        *cells,
        _kept(shares, name),
        "1" if name == YARDSTICK else ratio(both),
    )


def _mean_and_spread(
    by_set: pd.Series, own: pd.DataFrame, training: str
) -> tuple[str, str]:
    """Return mean AP, and its lowest and highest seed with the number of seeds."""
    seeds = own[own["training"] == training].groupby("seed")["AP"].mean()
    return (
        f"{by_set.mean():.3f}",
        f"{seeds.min():.3f} to {seeds.max():.3f} ({len(seeds)})",
    )


def _kept(shares: pd.DataFrame, name: str) -> str:
    """Return which part of the AP on clean rows is left with a tenth of anomalies."""
    if name not in shares.index or shares.loc[name].isna().any():
        return NOTHING
    return f"{shares.loc[name].iloc[-1] / shares.loc[name].iloc[0]:.2f}"


def _mean_of_shares(units: pd.DataFrame) -> pd.DataFrame:
    """Return mean AP (methods, shares of anomalies), over sets that all have."""
    mixed = units[~units["training"].isin(PROTOCOLS)]
    if mixed.empty:
        return pd.DataFrame()
    by_set = mixed.pivot_table(
        index=["method", "training"], columns="data", values="AP"
    )
    means = by_set.mean(axis=1).unstack()
    return means[sorted(means.columns, key=lambda share: float(share.split()[0]))]


def _robust(units: pd.DataFrame, shares: pd.DataFrame) -> Table:
    mixed = units[~units["training"].isin(PROTOCOLS)]
    sets, absent = ({*part["data"]} for part in (mixed, units))
    lines = [
        (
            name,
            *(f"{value:.{DIGITS}f}" for value in row),
            f"{row.iloc[-1] - row.iloc[0]:+.{DIGITS}f}",
        )
        for name, row in shares.sort_values(
            shares.columns[-1], ascending=False
        ).iterrows()
    ]
    columns = ("detector", *(f"AP, {share}" for share in shares.columns))
    return Table(
        "What anomalies among the training rows cost",
        (*columns, f"{shares.columns[-1]} less {shares.columns[0]}"),
        lines,
        [
            "Mean AP by the share of anomalies in the training rows. The normal rows "
            "are the same for every share, the anomalies of a smaller share are among "
            "those of a larger, and the rows to score are those of odds.md. Two splits "
            "of each set, one for the BiGAN; the two slowest networks are left out.",
            f"Sets: {_by_name(sets)}. Too few anomalies for it: "
            f"{_by_name(absent - sets)}. A detector without a figure on some set is "
            "averaged over the others.",
        ],
    )


def _twins(units: pd.DataFrame) -> list[tuple[str, ...]]:
    """Return a line a twin and protocol: AP of both on the same splits, and times."""
    lines = []
    for ours, theirs in TWINS.items():
        for training in PROTOCOLS:
            part = units[units["training"] == training]
            both = part.pivot_table(
                index=["data", "seed"], columns="method", values=["AP", "seconds"]
            )
            if {ours, theirs} <= {*part["method"]}:
                lines.append((ours, theirs, training, *_compared(both, ours, theirs)))
    return lines


def _compared(both: pd.DataFrame, ours: str, theirs: str) -> tuple[str, ...]:
    pairs = both["AP"][[ours, theirs]].dropna()
    by_set = pairs.groupby("data").mean()
    apart = pairs[ours] - pairs[theirs]
    seeds = apart.groupby("seed").mean()
    times = both["seconds"].loc[pairs.index].sum()
    return (
        str(len(by_set)),
        *(f"{by_set[name].mean():.{DIGITS}f}" for name in (ours, theirs)),
        f"{apart.groupby('data').mean().mean():+.{DIGITS}f}",
        f"{seeds.min():+.{DIGITS}f} to {seeds.max():+.{DIGITS}f}",
        f"{times[ours] / times[theirs]:.2g}",
    )


def _each_set(
    units: pd.DataFrame,
    figures: dict[tuple[str, str], pd.DataFrame],
    ranks: pd.DataFrame,
) -> Table:
    names = figures[ALL, "AP"].columns
    return Table(
        f"{len(ranks)} detectors on each of {len(names)} ODDS sets",
        ("training rows", "measure", "detector", *names),
        [*_sizes(units[units["training"] == ALL]), *_matrix(figures, ranks.index)],
        ["Means over the seeds; detectors in order of mean rank. Read with odds.md."],
    )


def _sizes(units: pd.DataFrame) -> list[tuple[str, ...]]:
    sizes = units.groupby("data")[["rows to fit", "rows to score", "chance AP"]].mean()
    sizes = sizes.loc[sorted(sizes.index, key=str.lower)]
    return [
        *(
            (ALL, measure, NOTHING, *(f"{value:.0f}" for value in sizes[measure]))
            for measure in ("rows to fit", "rows to score")
        ),
        (
            NOTHING,
            "AP",
            "chance",
            *(f"{share:.{DIGITS}f}" for share in sizes["chance AP"]),
        ),
    ]


def _matrix(
    figures: dict[tuple[str, str], pd.DataFrame], order: Sequence[str]
) -> list[tuple[str, ...]]:
    return [
        (training, measure, name, *map(_cell, part.loc[name]))
        for (training, measure), part in figures.items()
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
    ranked = ranks.rank(method="min").astype(int)
    told = ", ".join(
        f"{name} {listed([str(place) for place in ranked.loc[name, _AP]])}"
        for name in present
    )
    best = min(ranked.loc[present, _AP[0]])
    before = ranks.index[ranked[_AP[0]] < best]
    front = f" Simple ones in front of all of them: {', '.join(before)}."
    return [
        f"The deep detectors' places among all {len(ranks)}, by mean rank of AP, all "
        f"rows and clean: {told}.{front if len(before) else ''} {luck}"
    ]


def _same(figures: pd.DataFrame) -> list[str]:
    """Return in words which detectors find the same on every set."""
    alike = figures.groupby(list(figures.columns), dropna=False).groups.values()
    equal = sorted(listed(sorted(names)) for names in alike if len(names) > 1)
    if not equal:
        return []
    return [f"The same on every set, being the same algorithm: {'; '.join(equal)}."]


def _protocol(units: pd.DataFrame, results: Results) -> list[str]:
    """Return in words how the figures were found."""
    mirrored = units.loc[units["copy"] != units["data"], "data"].unique()
    kit = units.loc[units["copy"] == units["data"], "data"].unique()
    most = (results.most_to_fit, results.most_to_score)
    limits = (f"{rows:,}".replace(",", " ") for rows in most)
    return [
        "All rows: 60 % of a set's rows are fitted without their labels, anomalies "
        "among them, 40 % are scored, split at random with the same share of "
        "anomalies; at most {} rows are fitted and {} scored. Clean: of the rows to "
        "fit, the normal ones alone, and the same rows are scored. Columns have mean 0 "
        "and standard deviation 1 in the part that is fitted, for every detector. "
        "Detectors have their defaults; those of the kit were chosen on other sets, "
        "see defaults.md. A seed draws the split and whatever the detector "
        "draws.".format(*limits),
        f"Sets bundled with the kit: {_by_name(kit)}; from ADBench's copy of ODDS: "
        f"{_by_name(mirrored)}.",
        "Figures are means over the sets of the means over the seeds. The spread goes "
        "from the lowest to the highest mean of one seed, with the number of seeds: "
        "networks that train for long have fewer. "
        f"Ranks are of each set's mean to {DIGITS} decimals, 1 is best. AP kept is the "
        "mean AP with a tenth of anomalies among the training rows, divided by that "
        "with none: see odds_robust.md. Times to fit and to score, together, are "
        f"ratios of CPU time to {YARDSTICK}'s beside it, one thread each, median over "
        "sets and seeds, all rows.",
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


_AP = [(training, "AP") for training in PROTOCOLS]
_COLUMNS = (
    "detector",
    *(
        f"{column}, {training}"
        for training in PROTOCOLS
        for column in ("AP", "spread (seeds)", "ROC-AUC", "rank of AP")
    ),
    "AP kept",
    f"time, {YARDSTICK} = 1",
)
_TWIN_COLUMNS = (
    "ours", "PyOD's", "training rows", "sets", "our AP", "PyOD's AP", "difference",
    "over seeds", "CPU time, PyOD's = 1",
)  # fmt: skip
_TWIN_NOTE = (
    "Mean AP over the sets on which both have finite scores, on the same splits as in "
    "odds.md; the difference is ours less PyOD's, with that of the lowest and of the "
    "highest seed. CPU time is that to fit and to score of all splits together."
)
