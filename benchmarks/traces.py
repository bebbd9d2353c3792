"""Detectors of event logs: kernel traces that were made up, and sessions of HDFS.

Reference: W. Liu's sequence-to-sequence network on traces of QNX, which are not public,
so traces come from the kit's generator. Beside the network, with our settings and with
the published ones, stand a count profile and columns of one number a segment. All get
the same clean traces, and a threshold of the same rule: mean + 3 sd of the segments of
these.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score
from tqdm import tqdm

from benchmarks import event_times, traces_tables
from benchmarks.results import Table, Units, code_of
from benchmarks.training import seconds
from helpers.datasets import DatasetUnavailable
from helpers.datasets.sessions import hdfs_sessions
from helpers.detectors import CountProfileDetector, EventSeq2SeqDetector
from helpers.logs.event_predictions import rate_threshold
from helpers.logs.events import short_sessions, unknown_events
from helpers.simulation.trace_vocabulary import CLEAN_FILES as FILES
from helpers.simulation.traces import simulate_trace

DEPENDS_ON = ("helpers.detectors.events", "helpers.logs.events")

SEEDS = range(3)
PROCESSES = 2
SEGMENT = 1000
EVENTS = 20_000  # of each clean file, to fit on; the last one is held out
TO_SCORE = 200_000  # events of each kind to judge; of the clean ones, of all files
UNSEEN_RUN = 11  # unseen events in a row: the longest run that was published
# clean traces in which so many events of every second segment are changed
CHANGED = {"unseen": UNSEEN_RUN, "order": 400}
KINDS = ("clean", "fifo", "sporadic", "full-while", "half-while", *CHANGED)
NETWORK, PUBLISHED = "network", "network, as published"
COUNTS, UNKNOWN, ORACLE = "count profile", "unseen events", "one kind's count (oracle)"
METHODS = (NETWORK, PUBLISHED, COUNTS, UNKNOWN, ORACLE)
SHARE_HELD_OUT, ALARMS = 0.3, (0.01, 0.05)
_QUICK: dict[str, Any] = {"stride": 5, "progress": False}

Session = NDArray[np.int64]


def table(units: Units) -> dict[str, Table]:
    """Return the tables of kinds of traces, of trainings, of sessions and of times."""
    works = [
        ({"method": method, "seed": seed}, code_of("helpers.simulation.traces"))
        for seed in SEEDS
        for method in METHODS
    ]
    found = _all(units, works, of_traces)
    works = [({"sessions": seed}, "") for seed in SEEDS]
    try:
        hdfs_sessions()
        sessions, absent = _all(units, works, of_sessions), ""
    except DatasetUnavailable as error:
        sessions, absent = [], str(error).partition(": ")[0]
    code = code_of("benchmarks.event_times")
    times = [units.get({"times": n}, event_times.unit, code) for n in SEEDS]
    return traces_tables.tables(found, sessions, times, absent)


def _all(
    units: Units, works: Sequence[tuple[dict[str, Any], str]], unit: Callable
) -> list[dict[str, Any]]:
    answers = units.get_all(works, unit, processes=PROCESSES)
    return [{**work, **answer} for work, answer in tqdm(answers, total=len(works))]


# ------------------------------------------------------------------------ traces


def of_traces(*, method: str, seed: int) -> dict[str, Any]:
    """Return for each kind of trace how many segments a method flags, and rightly."""
    clean = [_trace(name, EVENTS, 100 * seed + n)[0] for n, name in enumerate(FILES)]
    judged = {kind: _traces(kind, 1000 + 100 * seed) for kind in KINDS}
    told: dict[str, Any] = {}

    def work() -> None:
        values, threshold, more = _MAKE[method](clean, judged, seed)
        told.update(more)
        told["kinds"] = {
            kind: _counted(found, threshold, judged[kind])
            for kind, found in values.items()
        }

    return {"seconds": seconds(work), **told}


def _traces(kind: str, seed: int) -> list[tuple[list[str], NDArray]]:
    """Return the traces of a kind: clean ones of each file, of the others one."""
    if kind != "clean":
        return [_trace(kind, TO_SCORE, seed)]
    events = TO_SCORE // len(FILES)
    return [_trace(name, events, seed + n) for n, name in enumerate(FILES)]


def _trace(kind: str, events: int, seed: int) -> tuple[list[str], NDArray]:
    """Return the texts of a trace, and 1 for each event of an odd segment."""
    made = simulate_trace(events, "clean" if kind in CHANGED else kind, seed)
    texts, y = made.texts(), np.array(made.y)
    if kind not in CHANGED:
        return texts, y
    random = np.random.default_rng(seed)
    for start in range(SEGMENT // 2, events, 2 * SEGMENT):
        end = start + CHANGED[kind]
        changed = [f"unseen {seed}"] * UNSEEN_RUN
        if kind == "order":
            changed = random.permutation(texts[start:end]).tolist()
        texts[start:end] = changed
        y[start // SEGMENT * SEGMENT :][:SEGMENT] = 1
    return texts, y


Judged = Mapping[str, list[tuple[list[str], NDArray]]]
Values = dict[str, list[NDArray]]  # kind -> of each trace, a value a segment
Answer = tuple[Values, float, dict[str, Any]]


def _of_all(judged: Judged, value: Callable[[list[str]], NDArray]) -> Values:
    return {kind: [value(texts) for texts, _ in made] for kind, made in judged.items()}


def _by_detector(detector: Any, clean: list, judged: Judged) -> Answer:
    detector.fit_events(clean)
    values = _of_all(judged, detector.segment_values)
    return values, detector.segment_threshold_, {}


def _by_network(detector: Any, clean: list, judged: Judged) -> Answer:
    values, threshold, _ = _by_detector(detector, clean, judged)
    curve = {name: numbers[-1] for name, numbers in detector.history_.items()}
    rates = np.concatenate(detector.segment_values_)
    told = {"epochs": len(detector.history_["loss"]), "curve": curve}
    told |= {"parameters": detector.network_.count_params(), "threshold": threshold}
    return values, threshold, told | {"mean": rates.mean(), "sd": rates.std()}


def _by_unseen(clean: list, judged: Judged) -> Answer:
    known = set().union(*clean)

    def unseen(texts: list[str]) -> NDArray:
        return np.array(
            [sum(e not in known for e in part) for part in _segments(texts)]
        )

    return _of_all(judged, unseen), 0.0, {}


def _by_one_kind(clean: list, judged: Judged) -> Answer:
    """Count the kind of event that separates best, chosen for each kind of trace."""
    kinds = sorted(set().union(*clean))
    before = [_counts(texts, kinds) for texts in clean]
    means = np.concatenate(before).mean(axis=0)
    limits = [rate_threshold([np.abs(b - means)[:, n] for b in before])
              for n in range(len(kinds))]  # fmt: skip
    values, chosen = {}, {}
    for kind in KINDS[1:]:
        [(texts, y)] = judged[kind]
        far = np.abs(_counts(texts, kinds) - means)
        truth = _truth(y, len(far), 0)
        best = int(np.argmax([roc_auc_score(truth, column) for column in far.T]))
        values[kind] = [far[:, best] - limits[best]]
        chosen[kind] = kinds[best]
    return values, 0.0, {"chosen": chosen}


def _segments(texts: list[str]) -> list[list[str]]:
    return [
        texts[start : start + SEGMENT]
        for start in range(0, len(texts) - SEGMENT + 1, SEGMENT)
    ]


def _counts(texts: list[str], kinds: list[str]) -> NDArray:
    """Return how often each kind comes in each segment (n_segments, kinds)."""
    place = {kind: at for at, kind in enumerate(kinds)}
    cells = [[place.get(e, len(kinds)) for e in part] for part in _segments(texts)]
    return np.array([np.bincount(c, minlength=len(kinds) + 1)[:-1] for c in cells])


def _counted(
    values: list[NDArray], threshold: float, made: list[tuple[list[str], NDArray]]
) -> dict[str, Any]:
    """Return segments, odd ones, and how many of both are flagged; and the ROC-AUC."""
    pairs = [(len(v), y) for v, (_, y) in zip(values, made, strict=True)]
    late = 5 * any(segments < len(y) // SEGMENT for segments, y in pairs)
    truth = np.concatenate([_truth(y, segments, late) for segments, y in pairs])
    scores = np.concatenate(values)
    flagged = scores > threshold
    both = 0 < truth.sum() < len(truth)
    return {
        "segments": len(truth),
        "odd": int(truth.sum()),
        "flagged": int(flagged.sum()),
        "found": int(flagged[truth == 1].sum()),
        "auc": float(roc_auc_score(truth, scores)) if both else None,
    }


def _truth(y: NDArray, segments: int, first: int) -> NDArray:
    """Return 1 for each segment that is odd for the most part, from event `first`."""
    parts = [y[first + at * SEGMENT :][:SEGMENT] for at in range(segments)]
    return np.array([part.mean() > 0.5 for part in parts], np.int64)


_MAKE: dict[str, Callable[[list, Judged, int], Answer]] = {
    NETWORK: lambda clean, judged, seed: _by_network(
        EventSeq2SeqDetector(random_state=seed, **_QUICK), clean, judged
    ),
    PUBLISHED: lambda clean, judged, seed: _by_network(
        EventSeq2SeqDetector.published(
            random_state=seed, validation_fraction=0.1, **_QUICK
        ),
        clean,
        judged,
    ),
    COUNTS: lambda clean, judged, seed: _by_detector(
        CountProfileDetector(segment=SEGMENT), clean, judged
    ),
    UNKNOWN: lambda clean, judged, seed: _by_unseen(clean, judged),
    ORACLE: lambda clean, judged, seed: _by_one_kind(clean, judged),
}


# ---------------------------------------------------------------------- sessions


def of_sessions(*, sessions: int) -> dict[str, Any]:
    """Return what is found of HDFS' abnormal sessions at rates of false alarms."""
    data = hdfs_sessions(SHARE_HELD_OUT, sessions)
    known = np.unique(np.concatenate(data.train))
    parts: dict[str, Any] = {"held out": data.held_out, "abnormal": data.abnormal}
    rules = {
        name: unknown_events(part, known) | short_sessions(part, 10)
        for name, part in parts.items()
    }
    found: dict[str, Any] = {"rules": {name: r.mean() for name, r in rules.items()}}
    for method, scores in _session_scores(data.train, parts, sessions).items():
        found[method] = {
            str(rate): _recall(scores["held out"], scores["abnormal"], rate)
            for rate in ALARMS
        }
        left = scores["abnormal"][~rules["abnormal"]]
        found[method]["beyond the rules"] = {
            str(rate): _recall(scores["held out"], left, rate) for rate in ALARMS
        }
    sizes = {name: len(part) for name, part in parts.items()}
    return {"found": found, "sizes": sizes | {"train": len(data.train)}}


def _session_scores(
    train: list[Session], parts: Mapping[str, list[Session]], seed: int
) -> dict[str, dict[str, NDArray]]:
    """Return method -> part -> the score of each session."""
    network = EventSeq2SeqDetector(random_state=seed, progress=False, segment=5)
    network.fit_events(train)
    counts = CountProfileDetector(segment=SEGMENT).fit_events(train)
    middle = float(np.median([len(one) for one in train]))
    ways: dict[str, Callable[[Session], float]] = {
        "network, the most surprising event": lambda s: network.score_events(s).max(),
        "network, mean surprise": lambda s: network.score_events(s).mean(),
        COUNTS: lambda s: counts.segment_distances(s)[0],
        "length, from the median": lambda s: abs(len(s) - middle),
    }
    return {
        method: {name: _of_each(part, way) for name, part in parts.items()}
        for method, way in ways.items()
    }


def _of_each(sessions: list[Session], score: Callable[[Session], float]) -> NDArray:
    """Return the score of each session; equal ones are scored once."""
    known = {tuple(one): 0.0 for one in sessions}
    scores = {one: float(score(np.array(one))) for one in known}
    return np.array([scores[tuple(one)] for one in sessions])


def _recall(normal: NDArray, abnormal: NDArray, rate: float) -> float:
    """Return the share of `abnormal` above a threshold that `rate` of `normal` pass."""
    threshold = np.quantile(normal, 1 - rate, method="higher")
    return float((abnormal > threshold).mean())
