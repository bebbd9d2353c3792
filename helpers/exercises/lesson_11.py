"""The checks of lesson 11, event logs."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from helpers.exercises.answers import as_array, as_function, as_number, call
from helpers.exercises.declared import VALUES, Mistake, exercise
from helpers.exercises.judging import judge, recognise
from helpers.exercises.outcomes import CannotCheck

# -- 11.1: windows ---------------------------------------------------------------------


def _cutting(
    last: int = 0, shift: int = 0, step: int | None = None
) -> Callable[[NDArray, int, int], tuple[NDArray, NDArray]]:
    """Return a function that cuts windows, `last` too many and `shift` too late."""

    def cut(trace: NDArray, length: int, stride: int) -> tuple[NDArray, NDArray]:
        starts = np.arange(0, len(trace) - 2 * length + last, step or stride)
        places = starts[:, None] + np.arange(length)
        later = np.minimum(places + length + shift, len(trace) - 1)
        return trace[places], trace[later]

    return cut


windows_of = _cutting()


def _one_early(trace: NDArray, length: int, stride: int) -> tuple[NDArray, NDArray]:
    starts = np.arange(0, len(trace) - 2 * length, stride)
    places = starts[:, None] + np.arange(length)
    return trace[places], trace[places + 1]


def _swapped(trace: NDArray, length: int, stride: int) -> tuple[NDArray, NDArray]:
    read, truth = windows_of(trace, length, stride)
    return truth, read


_WINDOW_MISTAKES = [
    Mistake(
        "one window too many",
        "The task says i < N - 2 length. Yours goes one step further: the source's rule "
        "leaves out the window that just fits.",
        _cutting(last=1),
    ),
    Mistake(
        "only one event later",
        "What is to be foretold begins one event after the window's start here. Then "
        "four of its five events were just read. It begins where reading ends.",
        _one_early,
    ),
    Mistake(
        "an event is skipped",
        "There is a gap of one event between what is read and what is foretold.",
        _cutting(shift=1),
    ),
    Mistake(
        "stride ignored",
        "Your windows start at every event, whatever the stride.",
        _cutting(step=1),
    ),
    Mistake(
        "stride is the length",
        "Your windows start `length` events apart, whatever the stride.",
        lambda trace, length, stride: windows_of(trace, length, length),
    ),
    Mistake(
        "swapped",
        "First what is read, then what is foretold; yours are the other way round.",
        _swapped,
    ),
    Mistake(
        "the last window is lost",
        "There is one window too few: the last start is below N - 2 length, and counts.",
        _cutting(last=-1),
    ),
]


def _trace_cases(random: np.random.Generator) -> list[tuple[NDArray, int, int]]:
    """Return (trace, length, stride): each start at the end that tells mistakes apart."""
    cases = []
    for length, stride, starts in [(5, 1, 7), (5, 2, 6), (3, 4, 5), (4, 3, 4)]:
        for more in (0, 1):
            n = 2 * length + (starts - 1) * stride + 1 - more
            cases.append((random.permutation(100)[:n] + 3, length, stride))
    return cases


def _two_tables(answer: Any) -> tuple[NDArray, NDArray]:
    if not issubclass(type(answer), tuple | list) or len(answer) != 2:
        raise CannotCheck(
            "windows() should return two arrays: what is read, and what is foretold."
        )
    one, other = (
        as_array(part, what, dimensions=2)
        for part, what in zip(answer, ("what is read", "what is foretold"), strict=True)
    )
    return one, other


@exercise(
    "11.1",
    "Windows of events",
    points=2,
    answers=("windows",),
    reference=windows_of,
    mistakes=_WINDOW_MISTAKES,
    may_not_call=("helpers.logs.events.event_windows",),
    hints=[
        "starts = np.arange(0, len(trace) - 2 * length, stride) are the i of the task.",
        "starts[:, None] + np.arange(length) is a table of places: a row per window.",
        "trace[places] is what is read; trace[places + length] what comes after it.",
    ],
)
def check_11_1(windows: object, random: np.random.Generator) -> str:
    """Check windows of a trace by several lengths, strides and ends."""
    judge(
        windows,
        _trace_cases(random),
        windows_of,
        _WINDOW_MISTAKES,
        name="windows",
        read=_two_tables,
        changes="trace",
    )
    return (
        "Five read, the five after them foretold, whatever the stride; clean-01 of the "
        "source has 136,011 such windows at stride 5."
    )


# -- 11.2: the rate of a segment -------------------------------------------------------


def rates_of(wrong: NDArray, per_segment: int) -> NDArray:
    """Return the share of wrong events of each whole segment (n_segments,)."""
    whole = len(wrong) // per_segment
    cells = np.asarray(wrong)[: whole * per_segment]
    return cells.reshape(whole, -1).mean(axis=1)


def _with_the_rest(wrong: NDArray, per_segment: int) -> NDArray:
    parts = np.split(wrong, range(per_segment, len(wrong), per_segment))
    return np.array([part.mean() for part in parts])


def _rolling(wrong: NDArray, per_segment: int) -> NDArray:
    rates = wrong.mean(axis=1)
    return np.convolve(rates, np.ones(per_segment) / per_segment, "valid")


_RATE_MISTAKES = [
    Mistake(
        "windows, not events",
        "You count windows with an error in them. A window with one wrong event of five "
        "is not like one with five: count events.",
        lambda wrong, n: rates_of(wrong.any(axis=1, keepdims=True), n),
    ),
    Mistake(
        "counts, not shares",
        "Those are counts of wrong events. A rate divides them by all events of the "
        "segment.",
        lambda wrong, n: rates_of(wrong, n) * n * wrong.shape[1],
    ),
    Mistake(
        "divided by windows",
        "You divide by the windows of a segment. Each has several events.",
        lambda wrong, n: rates_of(wrong, n) * wrong.shape[1],
    ),
    Mistake(
        "rest kept",
        "Your last segment is shorter than the others, and its rate scatters more. "
        "Leave out what does not fill a segment.",
        _with_the_rest,
    ),
    Mistake(
        "per window",
        "Those are rates of windows. A segment is several windows, one after the other.",
        lambda wrong, n: wrong.mean(axis=1),
    ),
    Mistake(
        "share of right ones",
        "Those are the shares of events foretold rightly.",
        lambda wrong, n: 1 - rates_of(wrong, n),
    ),
    Mistake(
        "overlapping segments",
        "Your segments overlap: one begins at every window. They stand side by side.",
        _rolling,
    ),
]


def _wrong_cases(random: np.random.Generator) -> list[tuple[NDArray, int]]:
    """Return (wrong, windows per segment): with a rest, without one, other lengths."""
    cases = []
    for windows, length, size in [(23, 5, 4), (24, 5, 6), (17, 3, 5)]:
        share = random.uniform(0.25, 0.6)
        cases.append((random.random((windows, length)) < share, size))
    return cases


@exercise(
    "11.2",
    "The rate of a segment",
    points=2,
    answers=("rates",),
    reference=rates_of,
    mistakes=_RATE_MISTAKES,
    hints=[
        "How many whole segments are there? len(wrong) // per_segment.",
        "Keep the windows of whole segments: wrong[: whole * per_segment].",
        "reshape(whole, -1) puts all events of a segment into one row; mean(axis=1).",
    ],
)
def check_11_2(rates: object, random: np.random.Generator) -> str:
    """Check the share of wrong events per segment."""
    judge(
        rates,
        _wrong_cases(random),
        rates_of,
        _RATE_MISTAKES,
        name="rates",
        read=lambda answer: as_array(answer, "what rates() returns"),
        changes="table",
    )
    return "A share of events for each whole segment; the rest at the end is left out."


# -- 11.3: the bar ---------------------------------------------------------------------


def _clean_rates(random: np.random.Generator) -> dict[str, Any]:
    """Draw rates of five clean traces of unequal length.

    They are drawn anew while two of the answers that a learner may give are close.
    """
    while True:
        drawn = {"clean_rates": _drawn_rates(random)}
        answers = [float(each.function(**drawn)) for each in _BAR_MISTAKES]
        ordered = np.sort([bar_of(**drawn), *answers])
        if np.diff(ordered).min() > _APART:
            return drawn


_APART = 3e-3


def _drawn_rates(random: np.random.Generator) -> list[NDArray]:
    level = random.uniform(0.2, 0.5)
    traces = []
    for size in random.permutation([11, 17, 23, 31, 40]):
        own = level + random.uniform(0, 0.08)
        spread = random.uniform(0.01, 0.04)
        traces.append(random.normal(own, spread, size=int(size)))
    return traces


def bar_of(clean_rates: list[NDArray]) -> float:
    """Return mean + 3 sd of the segments of all traces."""
    every = np.concatenate([np.asarray(each, dtype=float) for each in clean_rates])
    return float(every.mean() + 3 * every.std())


def _bars(clean_rates: list[NDArray]) -> NDArray:
    return np.array([bar_of([each]) for each in clean_rates])


_BAR_MISTAKES = [
    Mistake(
        "one trace only",
        "That is the bar of the first trace. Its segments scatter around its own mean; "
        "that traces differ is not in it.",
        lambda clean_rates: bar_of(clean_rates[:1]),
    ),
    Mistake(
        "mean of bars",
        "You average the traces' own bars. Each knows only the spread inside its trace, "
        "and short traces count like long ones.",
        lambda clean_rates: _bars(clean_rates).mean(),
    ),
    Mistake(
        "highest bar",
        "That is the highest of the traces' own bars. Put all segments together first.",
        lambda clean_rates: _bars(clean_rates).max(),
    ),
    Mistake(
        "spread of the traces",
        "Mean and sd are of the traces' means here. A segment scatters more than the "
        "mean of a trace does, and segments are what the bar judges.",
        lambda clean_rates: bar_of([np.array([each.mean() for each in clean_rates])]),
    ),
    Mistake(
        "mean alone",
        "Without the 3 sd about half of all clean segments are above the bar.",
        lambda clean_rates: np.concatenate(clean_rates).mean(),
    ),
    Mistake(
        "one sd",
        "That is mean + 1 sd; three are asked for.",
        lambda clean_rates: (
            np.concatenate(clean_rates).mean() + np.concatenate(clean_rates).std()
        ),
    ),
    Mistake(
        "below",
        "Mean - 3 sd: a segment is odd when its rate is high.",
        lambda clean_rates: (
            np.concatenate(clean_rates).mean() - 3 * np.concatenate(clean_rates).std()
        ),
    ),
    Mistake(
        "variance",
        "That is three times the variance, the square of the sd.",
        lambda clean_rates: (
            np.concatenate(clean_rates).mean() + 3 * np.concatenate(clean_rates).var()
        ),
    ),
    Mistake(
        "quantile",
        "That is a quantile of the rates. The task asks for mean + 3 sd, which can lie "
        "above every clean segment.",
        lambda clean_rates: np.quantile(np.concatenate(clean_rates), 0.9973),
    ),
    Mistake(
        "maximum",
        "That is the largest clean rate. One segment decides alone there.",
        lambda clean_rates: np.concatenate(clean_rates).max(),
    ),
]


def _same_bar(ours: float, theirs: float) -> bool:
    """Return whether two bars agree; sd by n or by n - 1, or three decimals."""
    return abs(ours - theirs) < 8e-4


@exercise(
    "11.3",
    "The bar over all clean traces",
    answers=("bar",),
    kind=VALUES,
    given=_clean_rates,
    reference=bar_of,
    mistakes=_BAR_MISTAKES,
    hints=[
        "np.concatenate(clean_rates) is one array of all segments.",
        "every.mean() + 3 * every.std()",
    ],
)
def check_11_3(bar: object, clean_rates: list) -> str:
    """Check mean + 3 sd of the rates of all clean segments."""
    recognise(
        (as_number(bar, "bar"),),
        {"clean_rates": [np.asarray(each, dtype=float) for each in clean_rates]},
        bar_of,
        _BAR_MISTAKES,
        others=[
            (
                "another number",
                "Put the rates of all clean traces into one array; the bar is its mean "
                "plus three times its sd.",
            )
        ],
        same=_same_bar,
    )
    return f"Right: {bar_of(clean_rates):.3f}, from all segments of all clean traces."


# -- 11.4: the profile of counts -------------------------------------------------------


def distance_of(counts: NDArray, shares: NDArray) -> float:
    """Return the chi-square distance of counts (kinds,) from what shares expect."""
    counts = np.asarray(counts, dtype=float)
    expected = counts.sum() * np.asarray(shares, dtype=float)
    return float((np.square(counts - expected) / expected).sum())


_PROFILE_MISTAKES = [
    Mistake(
        "shares against counts",
        "You compare counts with shares. Multiply the shares by the number of events in "
        "the segment first: that is how many are expected.",
        lambda counts, shares: np.sum((counts - shares) ** 2 / shares),
    ),
    Mistake(
        "a fixed size",
        "Right for segments of 1,000 events only. Count the events of the segment.",
        lambda counts, shares: np.sum((counts - 1000 * shares) ** 2 / (1000 * shares)),
    ),
    Mistake(
        "not weighed",
        "Without the division a kind that comes 300 times outvotes a rare one that never "
        "came before: divide each square by what is expected.",
        lambda counts, shares: np.sum((counts - counts.sum() * shares) ** 2),
    ),
    Mistake(
        "divided by the counts",
        "You divide by what came. Divide by what is expected: a kind that does not come "
        "at all would end in a division by zero.",
        lambda counts, shares: np.sum(
            np.square(counts - counts.sum() * shares) / np.maximum(counts, 1e-12)
        ),
    ),
    Mistake(
        "no square",
        "Without the square too many and too few cancel out: all differences add up to "
        "zero.",
        lambda counts, shares: np.sum(
            (counts - counts.sum() * shares) / (counts.sum() * shares)
        ),
    ),
    Mistake(
        "mean over kinds",
        "You divide by the number of kinds; the sum is asked for.",
        lambda counts, shares: distance_of(counts, shares) / len(counts),
    ),
    Mistake(
        "root",
        "You take the root; the sum itself is asked for.",
        lambda counts, shares: np.sqrt(distance_of(counts, shares)),
    ),
    Mistake(
        "per event",
        "You compare shares with shares. Then a segment of ten events counts like one of "
        "a thousand.",
        lambda counts, shares: distance_of(counts, shares) / np.sum(counts),
    ),
]


def _profile_cases(random: np.random.Generator) -> list[tuple[NDArray, NDArray]]:
    """Return (counts, shares): usual segments, and one with a rare kind too often."""
    cases = []
    for size, odd in [(1000, 0), (1000, 40), (400, 25), (37, 2)]:
        shares = random.dirichlet(np.r_[20.0, 12, 8, 5, 3, 1.5])
        shares = (shares + 0.004) / (shares + 0.004).sum()
        counts = random.multinomial(size - odd, shares)
        counts[int(np.argmin(shares))] += odd
        counts += counts == 0
        cases.append((counts, shares))
    return cases


@exercise(
    "11.4",
    "How far from the usual counts",
    answers=("distance",),
    reference=distance_of,
    mistakes=_PROFILE_MISTAKES,
    hints=[
        "expected = counts.sum() * shares: so many of each kind.",
        "The squares of counts - expected, each divided by expected; then the sum.",
    ],
)
def check_11_4(distance: object, random: np.random.Generator) -> str:
    """Check the chi-square distance of a segment's counts."""
    judge(
        as_function(distance, "distance"),
        _profile_cases(random),
        distance_of,
        _PROFILE_MISTAKES,
        name="distance",
        use=_as_one_number,
        changes="counts",
    )
    return "The chi-square distance: rare kinds that come too often weigh most."


def _as_one_number(function: Callable, *arguments: object) -> object:
    result = call(function, *arguments)
    return as_number(result, "what distance() returns")
