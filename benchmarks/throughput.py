"""Windows scored per second: one at a time, in batches, over a long stream.

The other way is `model.predict` of the same Keras network, which is what tutorials
call: with its default of 32 windows a batch, and with all in one. It gets windows that
are scaled, and returns no scores. A long stream is scored window by window, batch after
batch, through an `OnlineDetector`, and the memory of the process is looked at on the
way. Two independent streams are scored by one process and by two.
"""

import resource
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.results import Table, Units, code_of
from benchmarks.timing import shares
from helpers.detectors import (
    Detector,
    EncoderDecoderDetector,
    ForecastDetector,
    WindowAutoencoderDetector,
)
from helpers.streams import OnlineDetector

DEPENDS_ON = ("benchmarks.timing",)

SIZES = (1, 256, 10_000)
REPEATS = range(3)
PREDICT, ONE_BATCH = "Keras, predict", "Keras, predict in one batch"
WANTED = {1: "15", 256: "3"}
LONG_STREAM = 1_000_000  # windows
BATCH = 256
TWO_STREAMS = 200_000  # windows of each
_QUICK: dict[str, Any] = {"epochs": 1, "random_state": 0, "progress": False}

# name -> detector, (steps, features) of a window
DETECTORS: dict[str, tuple[Callable[[], Detector], tuple[int, int]]] = {
    "forecaster, LSTM 32": (lambda: ForecastDetector(**_QUICK), (11, 1)),
    "GRU autoencoder 50, as published": (
        lambda: WindowAutoencoderDetector.published(**_QUICK),
        (5, 1),
    ),
    "GRU autoencoder 32": (lambda: WindowAutoencoderDetector(**_QUICK), (96, 1)),
    "encoder-decoder 15, SMTP": (
        lambda: EncoderDecoderDetector(units=15, **_QUICK),
        (10, 34),
    ),
    "encoder-decoder 15, PowerDemand": (
        lambda: EncoderDecoderDetector(units=15, **_QUICK),
        (84, 1),
    ),
}
STREAMED = "encoder-decoder 15, SMTP"


def table(units: Units) -> dict[str, Table]:
    """Return how many times as fast the kit is, and what a long stream needs."""
    code = code_of("helpers.detectors")
    runs = [units.get({"repeat": repeat}, of_calls, code) for repeat in REPEATS]
    rows = [
        (name, str(size), other, WANTED.get(size, "–") if other == PREDICT else "–",
         *_told([run[name][str(size)][other] for run in runs]))
        for name in DETECTORS
        for size in SIZES
        for other in (PREDICT, ONE_BATCH)
    ]  # fmt: skip
    online = code_of("helpers.detectors", "helpers.streams.online")
    streams = [units.get({"stream": repeat}, of_streams, online) for repeat in REPEATS]
    return {
        "throughput": Table(
            "Windows per second: the kit beside Keras' predict",
            ("detector", "windows", "beside", "wanted, at least",
             "windows per second, beside = 1", "spread"), rows, [_CALLS],
        ),
        "throughput_streams": Table(
            "A stream of a million windows, and two streams at once",
            ("what", "median", "spread"), _stream_rows(streams), [_STREAMS],
        ),
    }  # fmt: skip


def of_calls(*, repeat: int) -> dict[str, dict[str, dict[str, float]]]:
    """Return for each detector, and number of windows, others' time, ours = 1."""
    return {name: _of_one(name, repeat) for name in DETECTORS}


def _of_one(name: str, repeat: int) -> dict[str, dict[str, float]]:
    make, shape = DETECTORS[name]
    random = np.random.default_rng(repeat)
    detector = make().fit(random.normal(size=(200, *shape)))
    found = {}
    for size in SIZES:
        X = random.normal(size=(size, *shape))
        works = _works(detector, X)
        for work in works.values():
            work()  # a first call compiles
        ours = shares(works)
        found[str(size)] = {other: 1 / share for other, share in ours.items()}
    return found


def _works(detector: Any, X: NDArray) -> dict[str, Callable[[], Any]]:
    steps = detector.network_.input_shape[1]
    read = X[:, :steps].astype(np.float32)
    predict = partial(detector.network_.predict, verbose=0)
    return {
        "ours": partial(detector.decision_function, X),
        PREDICT: partial(predict, read),
        ONE_BATCH: partial(predict, read, batch_size=len(read)),
    }


def of_streams(*, stream: int) -> dict[str, float]:
    """Return megabytes at a tenth and at the end, and the gain of two processes."""
    online = _started(stream)
    early = 0.0
    random = np.random.default_rng(stream)
    batch = random.normal(size=(BATCH, *DETECTORS[STREAMED][1]))
    for number in range(LONG_STREAM // BATCH):
        _go_on(online, batch)
        if number == LONG_STREAM // BATCH // 10:
            early = megabytes()
    return {
        "megabytes at a tenth": early,
        "megabytes at the end": megabytes(),
        "two processes": _gain_of_two(stream),
    }


def _started(seed: int) -> OnlineDetector:
    make, shape = DETECTORS[STREAMED]
    random = np.random.default_rng(seed)
    online = OnlineDetector(detector=make(), batch=BATCH, updates=False)
    return online.fit(random.normal(size=(200, *shape)))


def _go_on(online: OnlineDetector, batch: NDArray) -> None:
    online.score(batch)
    online.reveal()
    online.take_record()


def _gain_of_two(seed: int) -> float:
    """Return the time of two streams in one process, in two processes = 1."""
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        list(pool.map(_one_stream, [(seed, BATCH)] * 2))  # starts, imports, compiles
        one = _wall(lambda: pool.submit(_two_streams, seed).result())
        works = [(seed, TWO_STREAMS)] * 2
        two = _wall(lambda: list(pool.map(_one_stream, works)))
    return one / two


def _one_stream(work: tuple[int, int]) -> None:
    seed, windows = work
    online = _started(seed)
    batch = np.random.default_rng(seed).normal(size=(BATCH, *DETECTORS[STREAMED][1]))
    for _ in range(windows // BATCH):
        _go_on(online, batch)


def _two_streams(seed: int) -> None:
    for _ in range(2):
        _one_stream((seed, TWO_STREAMS))


def _wall(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def megabytes() -> float:
    """Return the most memory that this process has held so far."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / 1024 / (1024 if sys.platform == "darwin" else 1)


def _stream_rows(runs: Sequence[dict[str, float]]) -> list[tuple[str, str, str]]:
    grown = [run["megabytes at the end"] - run["megabytes at a tenth"] for run in runs]
    gains = [run["two processes"] for run in runs]
    return [
        ("megabytes more after a million windows than after a tenth", *_told(grown)),
        ("two streams: one process' time, that of two = 1", *_told(gains)),
    ]


def _told(values: Sequence[float]) -> tuple[str, str]:
    return f"{np.median(values):.2g}", f"{min(values):.2g} to {max(values):.2g}"


_CALLS = (
    'CPU time, one thread, three runs: the median, and the spread. "Keras, predict" '
    "has its default of 32 windows a batch. It computes the network only, of windows "
    "that are scaled, and had been called before; the kit's calls go from raw windows "
    "to scores."
)
_STREAMS = (
    f"{STREAMED}: windows of 10 rows and 34 features in batches of {BATCH}, through an "
    "`OnlineDetector` that is never updated and whose record is taken after each "
    "batch. Two processes, by the clock, as each of two streams runs on a core of its "
    f"own; {TWO_STREAMS:,} windows each. Three runs: the median, and the spread."
)
