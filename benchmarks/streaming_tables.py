"""The tables of the streams: overall beside what was published, and per period."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks.results import NOTHING, Table
from helpers.datasets.streams import Stream

BASE = "PCA"  # whose time is 1
_MODES = {"static": "no", "updated": "yes"}
_NETWORK = "encoder-decoder"

Found = Sequence[Mapping[str, Any]]


def tables(
    found: Found, streams: Mapping[str, Stream], missing: Mapping[str, str]
) -> dict[str, Table]:
    """Return the table of whole streams and that of periods.

    `found` has a row per stream, method and seed; `missing` names what is not there,
    and why.
    """
    notes = [f"{name} is left out: {why}." for name, why in missing.items()]
    return {
        "streaming": Table(
            "Streams: detectors left alone, and updated by an expert",
            ("stream", "method", "updated", "published ROC-AUC", "ROC-AUC", "spread",
             "by level", "TPR", "FPR", "updates", "CPU time, PCA static = 1"),
            [row for stream in streams.values() for row in _of(stream, found)],
            [*_verdicts(found, streams), _NOTE, _CHOSEN, *notes],
        ),
        "streaming_periods": Table(
            "Streams: ROC-AUC per period between the network's updates, seed 0",
            ("stream", "method", "updated", "periods"),
            _periods(found, streams),
            [_PERIODS],
        ),
    }  # fmt: skip


def _of(stream: Stream, found: Found) -> list[tuple[str, ...]]:
    mine = [row for row in found if row["stream"] == stream.name]
    base = np.median([r["static"]["seconds"] for r in mine if r["method"] == BASE])
    rows = []
    for method in dict.fromkeys(row["method"] for row in mine):
        for mode, told in _MODES.items():
            runs = [r[mode] for r in mine if r["method"] == method and mode in r]
            if runs:
                published = _published(stream, method, mode)
                cells = _cells(runs, base)
                rows.append((stream.name, method, told, published, *cells))
    return rows


def _published(stream: Stream, method: str, mode: str) -> str:
    if method != _NETWORK or stream.published is None:
        return NOTHING
    told = stream.published
    return f"{told.auc_adaptive if mode == 'updated' else told.auc_stationary:.2f}"


def _cells(runs: Sequence[Mapping[str, Any]], base: float) -> tuple[str, ...]:
    areas = [run["whole"]["auc"] for run in runs]
    spread = f"{min(areas):.3f} to {max(areas):.3f}" if len(areas) > 1 else NOTHING
    times = [run["seconds"] / base for run in runs]
    updates = [run["updates"] for run in runs]
    return (
        f"{np.mean(areas):.3f}",
        spread,
        *(_mean(runs, name) for name in ("auc_level", "tpr", "fpr")),
        NOTHING if not any(updates) else f"{np.mean(updates):.2g}",
        NOTHING if not any(times) else _two_digits(float(np.median(times))),
    )


def _two_digits(ratio: float) -> str:
    return f"{float(f'{ratio:.2g}'):g}"


def _mean(runs: Sequence[Mapping[str, Any]], name: str) -> str:
    values = [run["whole"][name] for run in runs if name in run["whole"]]
    return f"{np.mean(values):.3f}" if values else NOTHING


def _verdicts(found: Found, streams: Mapping[str, Stream]) -> list[str]:
    """Say for each stream whether the network, updated, beats the best simple one."""
    return [_verdict(name, found) for name in streams]


def _verdict(name: str, found: Found) -> str:
    runs = _runs(name, "updated", found)
    means = {method: _comparable(each) for method, each in runs.items()}
    alone = _comparable(_runs(name, "static", found)[_NETWORK])
    network = means.pop(_NETWORK)
    best = max(means, key=means.__getitem__)
    word = "beats" if network > means[best] else "does not beat"
    cost = _seconds(runs[_NETWORK]) / _seconds(runs[best])
    return (
        f"{name}: the network, updated, {word} the best of the others, updated with "
        f"the same labels: {network:.3f}, {best} {means[best]:.3f}; it takes "
        f"{_two_digits(cost)} times the CPU time. Left alone it has {alone:.3f}."
    )


def _runs(name: str, mode: str, found: Found) -> dict[str, list[Mapping[str, Any]]]:
    """Return the runs on a stream in a mode ("static", "updated"), by method."""
    runs: dict[str, list[Mapping[str, Any]]] = {}
    for row in found:
        if row["stream"] == name and mode in row:
            runs.setdefault(row["method"], []).append(row[mode])
    return runs


def _seconds(runs: Sequence[Mapping[str, Any]]) -> float:
    return float(np.median([run["seconds"] for run in runs]))


def _comparable(runs: Sequence[Mapping[str, Any]]) -> float:
    """Return the mean ROC-AUC by level, where scores of several versions are pooled."""
    wholes = [run["whole"] for run in runs]
    return float(np.mean([each.get("auc_level", each["auc"]) for each in wholes]))


def _periods(found: Found, streams: Mapping[str, Stream]) -> list[tuple[str, ...]]:
    return [
        (row["stream"], row["method"], told, _listed(row[mode]["periods"]))
        for name in streams
        for row in found
        if row["stream"] == name and row["seed"] == 0
        for mode, told in _MODES.items()
        if "periods" in row.get(mode, {})
    ]


def _listed(areas: Sequence[float]) -> str:
    return ", ".join(NOTHING if np.isnan(area) else f"{area:.2f}" for area in areas)


_NOTE = (
    'ROC-AUC of windows, mean over seeds where something is drawn. "By level" is of '
    "scores that are comparable between versions (see docs/streams.md); the raw scores "
    "of several versions are on several scales. On power_demand levels rest on four "
    "held-out weeks, so they are coarse. The sentences above compare by level, "
    "peers by their raw scores. TPR and FPR are at the thresholds in use. "
    '"Published" is of the full files of KDD99 and cover types; here smtp, http '
    "and both are of the 10 % file, forest is of 15 120 rows, so only the protocol is "
    "the same. The column of an oracle was chosen with the test labels. A time counts "
    "the fit and the stream, all updates included."
)
_CHOSEN = (
    "Settings are those that `workshop stream prepare` writes (power_demand: with "
    "`--calendar`). What was chosen on what: of power_demand, the calendar and what is "
    "fed back, on the first twelve weeks alone, with holidays made of a Sunday, and "
    "the load up to 15 % lower or higher; it had been run with others before. Of "
    "forest, with one seed, on streams whose anomaly is type 3, 6 or 7, without type 4 "
    "(type 5, which no detector set apart, was left out); there updates helped with "
    "type 7 and harmed with 3 and 6. On forest itself they harm most detectors: the "
    "normal types 3 and 6 lie as low as type 4, and hide it once they were learned. "
    "Those of smtp_http and satellite were chosen on these streams, with one seed, "
    "so their lines are no test."
)
_PERIODS = (
    "A period ends with an update; a detector that was left alone is judged on the "
    "same periods. – where a period has no anomaly, or nothing else."
)
