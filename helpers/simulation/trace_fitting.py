"""How often each episode must come for the published counts of events to come out.

Not needed to make a trace: `trace_weights` keeps the result as data. A test computes
it anew.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from helpers.simulation.trace_episodes import EPISODES, VOCABULARY, contents
from helpers.simulation.trace_layout import (
    BETWEEN,
    ODD,
    SEGMENT,
    WEAK,
    WEAK_SHARE,
    segment_modes,
)
from helpers.simulation.trace_vocabulary import (
    CLEAN_COUNTS,
    CLEAN_FILES,
    FILE_COUNTS,
    FILE_ROWS,
    FILES,
    Event,
)

__all__ = ["computed_weights"]

_SIGNAL, _ERROR = ("COMM", "SIGNAL"), ("COMM", "MSG_ERROR")
_FOLLOWS: dict[Event, Event] = {
    ("CONTROL", "TIME"): ("CONTROL", "BUFFER"),
    ("KER_CALL", "MSG_ERROR/13"): _ERROR,
    ("KER_EXIT", "MSG_ERROR/13"): _ERROR,
    ("KER_CALL", "SIGNAL_RETURN/27"): _SIGNAL,
    ("KER_EXIT", "SIGNAL_RETURN/27"): _SIGNAL,
    ("KER_CALL", "TIMER_ALARM/74"): _SIGNAL,
    ("KER_EXIT", "TIMER_ALARM/74"): _SIGNAL,
}
"""Events that come with one whose count is published for each file."""

_TOTAL = sum(CLEAN_COUNTS.values())
_RECEIVED = ("COMM", "REC_PULSE")
_PULSES = np.array([name.startswith("pulse") for name in EPISODES])
"""Which episodes receive a pulse (episodes,)."""


def computed_weights() -> dict[str, list[int]]:
    """Return what `trace_weights` holds, computed anew: in ten million events.

    A clean file has one set of weights. Any other has those of its odd segments, and
    as `NAME, between` or `NAME, weak` those of the mode of that name.
    """
    clean = fit_weights(CLEAN_COUNTS)
    found = {"clean": clean}
    found |= {name: fit_weights(file_counts(name)) for name in CLEAN_FILES}
    for name in FILES:
        if name not in CLEAN_FILES:
            found |= _disturbed(name, clean)
    return {name: _in_ten_million(weights) for name, weights in found.items()}


def file_counts(name: str) -> dict[Event, float]:
    """Return the counts of a clean file: ten are published, the rest has the others.

    An event of an episode that a published one is in follows that one; all others
    share what is left of the file as they do in all ten files together.
    """
    counts = {event: float(rows[name]) for event, rows in FILE_COUNTS.items()}
    for event, leader in _FOLLOWS.items():
        counts[event] = counts[leader] * CLEAN_COUNTS[event] / CLEAN_COUNTS[leader]
    others = {e: n for e, n in CLEAN_COUNTS.items() if e not in counts}
    scale = (FILE_ROWS[name] - sum(counts.values())) / sum(others.values())
    return counts | {event: scale * count for event, count in others.items()}


def fit_weights(
    counts: Mapping[Event, float], pull: float = 3e-3
) -> NDArray[np.float64]:
    """Return how often each episode must come for the events to come `counts` times.

    Non-negative least squares of relative errors over the events in `counts`; an
    episode with an event that is not in it has no weight. `pull` draws each weight
    towards a share of its rarest event, so that variants of an episode stay in.
    """
    target = np.array([counts.get(event, 0.0) for event in VOCABULARY])
    inside = contents()
    known = target > 0
    usable = np.asarray(~(inside[~known] > 0).any(axis=0))
    share = target[:, None] / inside.sum(axis=1)[:, None]
    prior = np.where(inside > 0, share, np.inf).min(axis=0)[usable]
    system = inside[np.ix_(known, usable)] / target[known, None]
    weights = np.zeros(len(usable))
    weights[usable] = _solve(system, np.ones(known.sum()), prior, pull)
    return weights


def _disturbed(name: str, clean: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    """Return the weights of the segments of a file that are not as in clean ones."""
    shares = _shares(name)
    counts = {e: count[name] / FILE_ROWS[name] for e, count in FILE_COUNTS.items()}
    found = {}
    target = {e: rate - shares[0] * _rate(clean, e) for e, rate in counts.items()}
    if shares[2]:
        between = _with_fewer_pulses(clean, max(target[_RECEIVED], 0) / shares[2])
        found[f"{name}, between"] = between
        target = {e: n - shares[2] * _rate(between, e) for e, n in target.items()}
    odd = found[name] = _fit_odd(target, counts, shares[1], clean)
    if name == "half-while":
        found[f"{name}, weak"] = _mixed(odd, clean, WEAK_SHARE)
    return found


def _mixed(
    one: NDArray[np.float64], other: NDArray[np.float64], share: float
) -> NDArray[np.float64]:
    """Return weights of a mixture; of its events a `share` comes from `one`."""
    lengths = contents().sum(axis=0)
    return share * one / (one @ lengths) + (1 - share) * other / (other @ lengths)


def _with_fewer_pulses(
    weights: NDArray[np.float64], wanted: float
) -> NDArray[np.float64]:
    """Return `weights` in which a share `wanted` of the events are received pulses."""
    inside = contents()
    lengths = inside.sum(axis=0)
    weights = weights / (weights @ lengths)
    rate = weights @ inside[VOCABULARY.index(_RECEIVED)]
    part = (weights * _PULSES) @ lengths
    factor = wanted * (1 - part) / (rate - wanted * part)
    return np.where(_PULSES, factor * weights, weights)


def _shares(name: str) -> tuple[float, float, float]:
    """Return a file's shares of clean, of odd and of normal episodes in a burst."""
    modes = segment_modes(
        -(-FILE_ROWS[name] // SEGMENT), name, np.random.default_rng(0)
    )
    share = np.bincount(modes, minlength=4) / len(modes)
    odd = share[ODD] + WEAK_SHARE * share[WEAK]
    return 1 - odd - share[BETWEEN], odd, share[BETWEEN]


def _rate(weights: NDArray[np.float64], event: Event) -> float:
    """Return the share of an event in a trace of episodes with these weights."""
    inside = contents()
    return float(weights @ inside[VOCABULARY.index(event)] / (weights @ inside.sum(0)))


def _fit_odd(
    target: Mapping[Event, float],
    counts: Mapping[Event, float],
    share: float,
    clean: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return weights of odd segments, which are a `share` of the file.

    Fitted to what is left of the ten published rows of counts, with errors relative to
    the counts of the file; what isn't published is drawn to the clean weights (ours).
    """
    inside = contents()
    scale = np.array([max(rate, 1e-6) for rate in counts.values()])
    parts = inside[[VOCABULARY.index(event) for event in counts]]
    system = np.vstack([share * parts / scale[:, None], inside.sum(axis=0)])
    prior = np.maximum(clean / _TOTAL, 1e-3)
    wanted = np.maximum(list(target.values()), 0) / scale
    return _solve(system, np.append(wanted, 1.0), prior, 3e-4)


def _solve(
    system: NDArray[np.float64],
    wanted: NDArray[np.float64],
    prior: NDArray[np.float64],
    pull: float,
) -> NDArray[np.float64]:
    """Return non-negative weights (episodes,), weakly drawn to `prior`."""
    system = np.vstack([system, np.diag(pull / prior)])
    return nnls(system, np.append(wanted, np.full(len(prior), pull)))[0]


def _in_ten_million(weights: NDArray[np.float64]) -> list[int]:
    per_event = weights / (weights @ contents().sum(axis=0))
    return np.round(1e7 * per_event).astype(int).tolist()
