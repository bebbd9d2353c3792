"""The tables of event logs: kinds of traces, trainings, sessions, times."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks.event_times import COMPILED, EAGER, OURS
from benchmarks.published import QNX_FLAGGED, QNX_TRAINING
from benchmarks.results import NOTHING, Table
from helpers.text import percent

WANTED = {("train", COMPILED): "1.5", ("decode", COMPILED): "5", ("decode", EAGER): "5"}
RULES = "two rules: an unseen event, or fewer than 10 events"
_BASE = "count profile"  # whose time is 1
_BEYOND = "beyond the rules"

Runs = Sequence[Mapping[str, Any]]


def tables(traces: Runs, sessions: Runs, times: Runs, absent: str) -> dict[str, Table]:
    """Return all tables; `absent` says why there are no sessions."""
    left_out = [f"HDFS' sessions are left out: {absent}."] if absent else []
    found = {
        "traces": Table(
            "Kernel traces: segments that are flagged",
            ("trace", "method", "segments", "flagged", "spread", "published, flagged",
             "of odd ones", "of normal ones", "ROC-AUC"),
            _kinds(traces), [_kind_verdict(traces), _TRACES, *left_out],
        ),
        "traces_training": Table(
            "Kernel traces: networks after training, and clean traces",
            ("measure", "published", *_networks(traces)),
            _training(traces), [_TRAINING],
        ),
        "traces_times": Table(
            "Windows of events per second: the kit beside a tutorial's loop",
            ("work", "beside", "wanted, at least", "windows per second, beside = 1",
             "spread"), _times(times), [_TIMES],
        ),
    }  # fmt: skip
    if sessions:
        found["traces_sessions"] = Table(
            "HDFS sessions: abnormal ones found at a rate of false alarms",
            ("method", "false alarms", "found", "spread",
             "of those that the rules miss", "with the rules"),
            _sessions(sessions), [_sizes(sessions), _SESSIONS],
        )  # fmt: skip
    return found


# ------------------------------------------------------------------------ traces


def _kinds(runs: Runs) -> list[tuple[str, ...]]:
    rows = []
    for kind in runs[0]["kinds"]:
        for method in dict.fromkeys(run["method"] for run in runs):
            kinds = [run["kinds"] for run in runs if run["method"] == method]
            mine = [cells[kind] for cells in kinds if kind in cells]
            published = QNX_FLAGGED.get(kind, NOTHING)
            if mine:
                rows.append((kind, method, *_flags(mine, published)))
    return rows


def _flags(runs: Runs, published: str) -> tuple[str, ...]:
    """Return what a method flags of one kind of trace, all seeds taken together."""
    shares = [run["flagged"] / run["segments"] for run in runs]
    total, odd, flagged, found = (
        sum(run[name] for run in runs)
        for name in ("segments", "odd", "flagged", "found")
    )
    areas = [run["auc"] for run in runs if run["auc"] is not None]
    return (
        str(total),
        percent(flagged / total),
        f"{percent(min(shares))} to {percent(max(shares))}",
        published,
        _share(found, odd),
        _share(flagged - found, total - odd),
        f"{np.mean(areas):.3f}" if areas else NOTHING,
    )


def _share(part: int, whole: int) -> str:
    return f"{part:,} of {whole:,} ({percent(part / whole)})" if whole else NOTHING


def _kind_verdict(runs: Runs) -> str:
    """Say on which kinds a network separates segments better than the count profile."""
    networks, told = _networks(runs), []
    for kind, cell in runs[0]["kinds"].items():
        if cell["auc"] is None:
            continue
        best = max(networks, key=lambda name: _area(runs, name, kind))
        areas = _area(runs, best, kind), _area(runs, _BASE, kind)
        word = "beats" if areas[0] > areas[1] else "does not beat"
        told.append(f"{kind}: {best} {word} the count profile ({areas[0]:.3f}, "
                    f"{areas[1]:.3f})")  # fmt: skip
    return f"ROC-AUC of segments, mean over seeds. {'; '.join(told)}."


def _area(runs: Runs, method: str, kind: str) -> float:
    areas = [run["kinds"][kind]["auc"] for run in runs if run["method"] == method]
    return float(np.mean(areas))


def _networks(runs: Runs) -> list[str]:
    return list(dict.fromkeys(run["method"] for run in runs if "curve" in run))


def _training(runs: Runs) -> list[tuple[str, ...]]:
    measures = {
        "parameters": lambda run: f"{run['parameters']}",
        "epochs": lambda run: f"{run['epochs']}",
        "loss": lambda run: f"{run['curve']['loss']:.3f}",
        "training accuracy": lambda run: f"{run['curve']['accuracy']:.3f}",
        "validation accuracy": lambda run: f"{run['curve']['val_accuracy']:.3f}",
        "clean rate, mean": lambda run: f"{run['mean']:.3f}",
        "clean rate, sd": lambda run: f"{run['sd']:.4f}",
        "threshold": lambda run: f"{run['threshold']:.3f}",
    }
    return [
        (
            name,
            QNX_TRAINING.get(name, NOTHING),
            *(_told(runs, method, measure) for method in _networks(runs)),
        )
        for name, measure in measures.items()
    ] + [_cost(runs)]


def _told(runs: Runs, method: str, measure: Any) -> str:
    """Return the values of a method's runs, once where they are equal."""
    values = [measure(run) for run in runs if run["method"] == method]
    return ", ".join(values if len(set(values)) > 1 else values[:1])


def _cost(runs: Runs) -> tuple[str, ...]:
    times = {
        method: np.median([run["seconds"] for run in runs if run["method"] == method])
        for method in (*_networks(runs), _BASE)
    }
    ratios = (f"{times[name] / times[_BASE]:.2g}" for name in _networks(runs))
    return ("CPU time, count profile = 1", NOTHING, *ratios)


# ---------------------------------------------------------------------- sessions


def _sessions(runs: Runs) -> list[tuple[str, ...]]:
    rules = [run["found"]["rules"] for run in runs]
    alarms = _range([rule["held out"] for rule in rules])[0]
    found = _range([rule["abnormal"] for rule in rules])
    rows: list[tuple[str, ...]] = [(RULES, alarms, *found, NOTHING, NOTHING)]
    for method in (name for name in runs[0]["found"] if name != "rules"):
        for rate in (key for key in runs[0]["found"][method] if key != _BEYOND):
            cells = [run["found"][method] for run in runs]
            beyond = [cell[_BEYOND][rate] for cell in cells]
            both = [
                rule["abnormal"] + (1 - rule["abnormal"]) * share
                for rule, share in zip(rules, beyond, strict=True)
            ]
            whole = _range([cell[rate] for cell in cells])
            more = (_range(beyond)[0], _range(both)[0])
            rows.append((method, f"at most {percent(float(rate))}", *whole, *more))
    return rows


def _range(shares: Sequence[float]) -> tuple[str, str]:
    spread = f"{percent(min(shares))} to {percent(max(shares))}"
    return percent(float(np.mean(shares))), spread


def _sizes(runs: Runs) -> str:
    sizes = [run["sizes"] for run in runs]
    told = ", ".join(f"{size['held out']:,} of {size['held out'] + size['train']:,}"
                     for size in sizes)  # fmt: skip
    return (
        f"Held out of the normal sessions, seed by seed: {told}; abnormal ones: "
        f"{sizes[0]['abnormal']:,}."
    )


# ------------------------------------------------------------------------- times


def _times(runs: Runs) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for work, rates in runs[0].items():
        for beside in (name for name in rates if name != OURS):
            gains = [run[work][OURS] / run[work][beside] for run in runs]
            wanted = WANTED.get((work.partition(" ")[0], beside), NOTHING)
            spread = f"{min(gains):.2g} to {max(gains):.2g}"
            rows.append((work, beside, wanted, f"{np.median(gains):.2g}", spread))
    return rows


_TRACES = (
    "Traces are made up (`helpers.simulation.traces`): those of QNX are not public, "
    "and a made-up trace is easier or harder than a true one as its maker chose, so "
    'compare methods, and not with "published", which is of the true files. Per seed, '
    "20 000 events of each of the ten clean files to fit on; to judge, 200 000 events "
    "of each kind, of the clean ones 20 000 of each file; counts are of all seeds "
    'together. "unseen" is a clean trace with a run of eleven unseen events in every '
    'second segment, "order" one with 400 of its events in random order. A threshold '
    "is mean + 3 sd of the segments fitted on (of clean-01 alone: as published); of "
    "unseen events one is enough. The oracle's kind of event was chosen with the "
    "labels of what is judged, for each kind of trace. A segment of the network "
    "begins after the first window; it is odd where most of its events are of an odd "
    "one."
)
_TRAINING = (
    "Seed by seed. Accuracies are of true events read (teacher forcing); a rate is "
    "the share foretold wrongly of a clean segment, its own events read. Published: "
    "28 686 steps an epoch on 7 343 905 events, after an earlier run; no validation "
    "accuracy was taken. Ours, both: every fifth window of 20 000 events of clean-01 "
    "to clean-09; clean-10, where most pulses are sent, is held out. With the "
    "published settings two epochs, the others at most ten. Parameters are fewer than "
    "published where a rare event did not occur."
)
_SESSIONS = (
    "Normal test sessions are not in the registry: three tenths of the distinct "
    "normal sequences are held out, with all their copies. A threshold is the lowest "
    "that at most that share of them lies above. A session with at most 10 events "
    "makes one window, which is padded; what is padded is not counted; an event that "
    "was never seen has at least log(n + 1), and a session of at most 5 known events "
    "has the score 0. The rules need no model; their false alarms are of the same "
    "sessions."
)
_TIMES = (
    "CPU time, one thread, three runs: the median, and the spread. The loop is that "
    "of TensorFlow's tutorial with attention, batches of 256, its steps called "
    "eagerly or compiled. The kit decodes with NumPy, equal windows once: a trace "
    "repeats itself."
)
