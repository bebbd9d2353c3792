"""The controls of lesson 11: what a network of events foretells, beside tables."""

from collections import Counter, defaultdict
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.claims import claim
from helpers.detectors import CountProfileDetector, EventSeq2SeqDetector
from helpers.logs.event_predictions import rate_threshold
from helpers.logs.events import event_windows, window_starts
from helpers.logs.recording import record_events
from helpers.simulation import simulate_trace

SMALL: dict[str, Any] = {"embedding": 16, "units": 48}  # as in the lesson
PUBLISHED: dict[str, Any] = {"embedding": 64, "units": 128}


@cache
def _texts(kind: str, n_events: int, seed: int) -> list[str]:
    return simulate_trace(n_events, kind, random_state=seed).texts()


def _clean(seed: int) -> tuple[list[list[str]], list[str]]:
    """Return three clean traces to fit on, and one that trains nothing."""
    first = 100 * (seed + 1)
    traces = [_texts("clean", 20_000, first + number) for number in range(4)]
    return traces[:3], traces[3]


@cache
def _network(seed: int, published: bool = False) -> EventSeq2SeqDetector:
    """Return the lesson's network, fitted; or one of the published size."""
    clean, held = _clean(seed)
    made = EventSeq2SeqDetector(
        **(PUBLISHED if published else SMALL),
        stride=2,
        epochs=4,
        learning_rate=0.003 if published else 0.01,
        patience=None,
        random_state=seed,
    )
    return made.fit_events(clean, validation=[held])


@cache
def _counts(seed: int) -> CountProfileDetector:
    clean, held = _clean(seed)
    return CountProfileDetector().fit_events(clean, validation=[held])


Table = dict[tuple[int, ...], int]


def _tables(traces: list[list[int]], most: int) -> list[Table]:
    """Return for 0 to `most` last tokens the token that came most often after them."""
    found = []
    for order in range(most + 1):
        counts: dict[tuple[int, ...], Counter[int]] = defaultdict(Counter)
        for trace in traces:
            for i in range(order, len(trace)):
                counts[tuple(trace[i - order : i])][trace[i]] += 1
        found.append({seen: n.most_common(1)[0][0] for seen, n in counts.items()})
    return found


def _looked_up(tables: list[Table], seen: list[int]) -> int:
    for order in range(len(tables) - 1, -1, -1):
        guess = tables[order].get(tuple(seen[len(seen) - order :]))
        if guess is not None:
            return guess
    raise AssertionError("a table of no last token knows everything")


def _right(tables: list[Table], windows: tuple[NDArray, NDArray], own: bool) -> float:
    """Return the share foretold rightly, true events or the own ones being read."""
    right = []
    for row, wanted in zip(windows[0].tolist(), windows[1].tolist(), strict=True):
        seen = list(row)
        for true_event in wanted:
            guess = _looked_up(tables, seen)
            right.append(guess == true_event)
            seen.append(guess if own else true_event)
    return float(np.mean(right))


@cache
def _table_accuracy(seed: int, order: int) -> tuple[float, float]:
    """Return accuracies of a table, true events and own ones being read."""
    clean, held = _clean(seed)
    tokenizer: Any = _network(seed).tokenizer_
    tables = _tables([tokenizer.encode(trace).tolist() for trace in clean], order)
    trace = tokenizer.encode(held)
    read, truth = event_windows(trace, window_starts(len(trace), stride=5))
    windows = read[:, 1:], truth[:, 1:]
    return _right(tables, windows, False), _right(tables, windows, True)


@claim(
    says="A table that remembers the last five events foretells as well as the network",
    changed="what foretells; the network also with the published 64 and 128",
    measure="share of events of a held-out clean trace, true events being read",
    holds=lambda found: (
        max(found["network"], found["network, published size"])
        - found["table of the last five"]
        < 0.01
    ),
)
def table_of_the_last_five(seed: int) -> dict[str, float]:
    """Measure the accuracy of two networks and of tables on one held-out trace."""
    return {
        "table of the last five": _table_accuracy(seed, 5)[0],
        "table of the last": _table_accuracy(seed, 1)[0],
        "network": _network(seed).history_["val_accuracy"][-1],
        "network, published size": _network(seed, True).history_["val_accuracy"][-1],
    }


@claim(
    says="the accuracy of training flatters whoever has to go on alone:",
    changed="what is read: true events, or the own guesses",
    measure="share of events foretold rightly, held-out clean trace",
    holds=lambda found: (
        found["network, own"] < found["network, true"] - 0.1
        and found["table of the last five, own"]
        < found["table of the last five, true"] - 0.1
    ),
)
def own_guesses_read(seed: int) -> dict[str, float]:
    """Measure the network and the table with and without the truth to read."""
    true_read, own_read = _table_accuracy(seed, 5)
    network = _network(seed)
    wrong = network.predict_trace(_clean(seed)[1]).wrong
    return {
        "network, true": network.history_["val_accuracy"][-1],
        "network, own": 1 - float(wrong.mean()),
        "table of the last five, true": true_read,
        "table of the last five, own": own_read,
    }


@claim(
    says="on each seed counts find all of its segments, and the network at most two "
    "thirds",
    changed="the judge; the network also with the published 64 and 128",
    measure="disturbed segments of looping programs that are flagged",
    holds=lambda found: (
        max(found["network"], found["network, published size"]) < 2 / 3
        and found["counts"] >= 0.99
    ),
)
def loops_judged(seed: int) -> dict[str, float]:
    """Judge a full and a half loop by two networks and by counts."""
    judges = {
        "network": _network(seed),
        "network, published size": _network(seed, True),
        "counts": _counts(seed),
    }
    flags: dict[str, list[NDArray]] = {name: [] for name in judges}
    for kind in ("full-while", "half-while"):
        run = simulate_trace(60_000, kind, random_state=100 * (seed + 1) + 50)
        y = run.y.reshape(-1, 1000).max(axis=1)
        for name, judge in judges.items():
            flagged = judge.flag(run.texts())
            flags[name].append(flagged[y[: len(flagged)] == 1])
    return {name: float(np.concatenate(each).mean()) for name, each in flags.items()}


@claim(
    says="A rate of few events scatters more, so its bar is higher, and fewer "
    "disturbed segments exceed it.",
    changed="the events in a segment, 100 or 1,000",
    measure="bar, and disturbed segments of a fifo trace above it",
    holds=lambda found: (
        found["bar, 100"] > found["bar, 1,000"]
        and found["found, 100"] < found["found, 1,000"]
    ),
)
def short_segments(seed: int) -> dict[str, float]:
    """Judge one trace by segments of two lengths."""
    clean, held = _clean(seed)
    network = _network(seed)
    run = simulate_trace(60_000, "fifo", random_state=100 * (seed + 1) + 50)
    foretold = network.predict_trace(run.texts())
    usual = [network.predict_trace(each) for each in [*clean, held]]
    found = {}
    for size in (100, 1000):
        bar = rate_threshold([each.misclassification(size) for each in usual])
        above = foretold.misclassification(size) > bar
        y = run.y[::size][: len(above)]
        found[f"bar, {size:,}"] = bar
        found[f"found, {size:,}"] = float(above[y == 1].mean())
    return found


# -- a program of one's own


def _smaller(a: int, b: int) -> bool:
    return a < b


def _place(value: int, into: list[int], *, puts: bool) -> int:
    at = 0
    while at < len(into) and _smaller(into[at], value):
        at += 1
    if puts:
        _put(value, at, into)
    return at


def _put(value: int, at: int, into: list[int]) -> None:
    into.insert(at, value)


def _sort(values: list[int], *, puts: bool) -> None:
    done: list[int] = []
    for value in values:
        at = _place(value, done, puts=puts)
        if not puts:
            _put(value, at, done)


def _recorded(seed: int, *, changed: bool = False) -> list[str]:
    random = np.random.default_rng(seed)
    with record_events(__name__) as events:
        for _ in range(150):
            _sort(random.permutation(8).tolist(), puts=changed)
    return events


@claim(
    says="the order is wrong, and counts can't see it",
    changed="whether `place` calls `put` itself; as many calls either way",
    measure="segments of 200 events that are flagged",
    holds=lambda found: (
        found["network, changed"] >= 0.9
        and max(found["counts, changed"], found["network, usual"]) <= 0.1
    ),
)
def order_of_calls(seed: int) -> dict[str, float]:
    """Judge a new run of a program, and one in which two calls are nested."""
    usual = [_recorded(10 * seed + number) for number in range(3)]
    runs = {
        "usual": _recorded(10 * seed + 7),
        "changed": _recorded(10 * seed + 8, changed=True),
    }
    judges: dict[str, Any] = {
        "network": EventSeq2SeqDetector(
            embedding=8, units=16, epochs=4, learning_rate=0.02, segment=200,
            random_state=seed,
        ),
        "counts": CountProfileDetector(segment=200),
    }  # fmt: skip
    found = {}
    for name, judge in judges.items():
        judge.fit_events(usual)
        for run, events in runs.items():
            found[f"{name}, {run}"] = float(judge.flag(events).mean())
    return found
