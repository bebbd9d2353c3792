"""Detectors on streams that drift: left as they were, and updated by an expert.

Reference: Li's thesis (Hannover, 2018). An LSTM encoder-decoder is fitted on the first
rows; then windows come in batches, are scored, and an expert says what they were. All
detectors here get the same windows, the same first windows, and the same labels after
the same batch. Those of tables are "updated" by being fitted again (`RefittedDetector`)
when the network would be trained further, under the same rule; the peers of river and
PySAD, which learn window by window, learn each window that the expert calls normal.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.covariance import LedoitWolf
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler
from tqdm import tqdm

from benchmarks import streaming_tables
from benchmarks.peers import stream_peers, why_no_stream_peers
from benchmarks.results import Table, Units, code_of
from benchmarks.training import seconds
from helpers.datasets import DatasetUnavailable
from helpers.datasets.streams import Stream, load_stream
from helpers.detectors import (
    Detector,
    IsolationForestDetector,
    KNNDetector,
    PCADetector,
)
from helpers.streams import (
    IteratorSource,
    RefittedDetector,
    StreamRun,
    known_labels,
    period_table,
    update_batches,
)
from helpers.streams.settings import StreamSettings
from helpers.streams.starting import starting_settings, with_calendar
from helpers.windows import sliding_windows

DEPENDS_ON = ("helpers.streams", "helpers.thresholds")

SEEDS = range(3)
PROCESSES = 2
STREAMS = ("power_demand", "smtp", "http", "smtp_http", "forest", "satellite")
NETWORK = "encoder-decoder"
ORACLE = "one column (oracle)"
CALENDAR = ("power_demand",)  # windows of whole weeks: raw ones know it by position


class Mahalanobis(Detector):
    """The distance of a row from the mean, by a regularised covariance."""

    def _fit(self, X: NDArray, y: ArrayLike | None) -> None:
        self.scaler_ = StandardScaler().fit(X)
        self.covariance_ = LedoitWolf().fit(self.scaler_.transform(X))

    def _score(self, X: NDArray) -> NDArray:
        return self.covariance_.mahalanobis(self.scaler_.transform(X))


# name -> seed -> a detector of tables: a window is one long row
TABULAR: dict[str, Callable[[int], Detector]] = {
    "Mahalanobis, raw windows": lambda seed: Mahalanobis(),
    "PCA": lambda seed: PCADetector(),
    "kNN": lambda seed: KNNDetector(n_neighbors=5),
    "isolation forest": lambda seed: IsolationForestDetector(random_state=seed),
}
REPEATABLE = ("Mahalanobis, raw windows", "PCA", "kNN")  # nothing is drawn


def table(units: Units) -> dict[str, Table]:
    """Return the tables of whole streams and of their periods."""
    absent = why_no_stream_peers()
    peers = () if absent else tuple(stream_peers(0))
    found, missing = [], {}
    for name in STREAMS:
        try:
            load_stream(name)
        except DatasetUnavailable as error:
            missing[name] = str(error).partition(": ")[0]
    works = [
        ({"stream": name, "method": method, "seed": seed}, _code(method))
        for seed in SEEDS
        for name in STREAMS
        if name not in missing
        for method in (ORACLE, *TABULAR, *peers, NETWORK)
        if seed == SEEDS[0] or method not in (*REPEATABLE, ORACLE)
    ]
    answers = units.get_all(works, unit, processes=PROCESSES)
    found = [{**work, **answer} for work, answer in tqdm(answers, total=len(works))]
    streams = {name: load_stream(name) for name in STREAMS if name not in missing}
    return streaming_tables.tables(found, streams, missing | _told(absent))


def unit(*, stream: str, method: str, seed: int) -> dict[str, Any]:
    """Return what a method finds on a stream, left alone ("static") and updated."""
    data = load_stream(stream)
    if method == NETWORK and stream in CALENDAR:
        data = with_calendar(data)
    if method == ORACLE:
        return {"static": one_column(data)}
    if method in TABULAR or method == NETWORK:
        return online(data, method, seed)
    return window_by_window(data, method, seed)


# ------------------------------------------------------------ the kit's own detectors


def online(data: Stream, method: str, seed: int) -> dict[str, Any]:
    """Return ROC-AUC, periods, updates and times of an `OnlineDetector`."""
    settings = _settings(data, method)
    updated, updated_time = followed(data, settings, method, seed, updates=True)
    static, static_time = followed(data, settings, method, seed, updates=False)
    after = update_batches(updated.record())
    return {
        "updated": judged(updated.record(), after) | _cost(updated, updated_time),
        "static": judged(static.record(), after) | _cost(static, static_time),
    }


def _settings(data: Stream, method: str) -> StreamSettings:
    """Return the stream's settings; to a detector of tables a window is one point."""
    settings = starting_settings(data)
    if method == NETWORK:
        return settings
    online = settings.online.model_copy(update={"hard_points": 1})
    return settings.model_copy(update={"online": online})


def followed(
    data: Stream, settings: StreamSettings, method: str, seed: int, *, updates: bool
) -> tuple[StreamRun, float]:
    """Return a run over the rows after the first ones, and its CPU seconds."""
    first = data.initial // data.window * data.window
    detector = settings.online_detector(made(settings, method, seed), updates=updates)
    source = IteratorSource(data.X[first:], data.y[first:])
    run = StreamRun(detector, source, known_labels(settings.online.anomalous_points))

    def work() -> None:
        detector.fit(*first_windows(data))
        run.run()

    return run, seconds(work)


def made(settings: StreamSettings, method: str, seed: int) -> Detector:
    """Return a detector of windows, not fitted."""
    if method != NETWORK:
        return RefittedDetector(detector=TABULAR[method](seed))
    return settings.detector().set_params(random_state=seed, progress=False)


def first_windows(data: Stream) -> tuple[NDArray, NDArray]:
    """Return the windows of the initialisation, and the labels of their points."""
    first = data.initial // data.window * data.window
    windows, labels = (
        sliding_windows(part[:first], data.window, stride=data.window)
        for part in (data.X, data.y)
    )
    return windows, labels[:, :, 0].astype(np.int64)


def judged(record: pd.DataFrame, after: list[int]) -> dict[str, Any]:
    """Return ROC-AUC, TPR and FPR of all windows, and per period between updates."""
    told = period_table(record, after=after)
    return {
        "whole": told.loc["all"].to_dict(),
        "periods": told.drop(index="all")["auc"].tolist(),
    }


def _cost(run: StreamRun, time: float) -> dict[str, float]:
    return {"updates": run.online.n_updates_, "seconds": time}


# -------------------------------------------------------------------- simple and peers


def one_column(data: Stream) -> dict[str, Any]:
    """Return the ROC-AUC of the column, and of its mean, largest or smallest value in
    a window, that ranks the windows of the stream best: an oracle, test labels choose.
    """
    _, windows, labels = parts(data)
    areas = {
        (column, name): roc_auc_score(labels, sign * reduce(windows[:, :, column], 1))
        for column in range(windows.shape[2])
        for name, sign, reduce in _SUMMARIES
    }
    best = max(areas, key=areas.__getitem__)
    told = f"{data.feature_names[best[0]]}, {best[1]}"
    return {"whole": {"auc": areas[best]}, "column": told, "updates": 0, "seconds": 0.0}


_SUMMARIES: tuple[tuple[str, int, Callable[..., NDArray]], ...] = (
    ("largest", 1, np.max),
    ("smallest", -1, np.min),
    ("highest mean", 1, np.mean),
    ("lowest mean", -1, np.mean),
)


def window_by_window(data: Stream, method: str, seed: int) -> dict[str, Any]:
    """Return ROC-AUC of a peer that learns single windows, static and learning on."""
    first, windows, labels = parts(data)
    found = {}
    for name, learns in (("static", False), ("updated", True)):
        scores: list[float] = []
        time = seconds(
            lambda learns=learns, scores=scores: scores.extend(
                scored(
                    stream_peers(seed, len(first))[method],
                    first,
                    windows,
                    labels,
                    learns,
                )
            )
        )
        area = float(roc_auc_score(labels, scores))
        found[name] = {"whole": {"auc": area}, "updates": 0, "seconds": time}
    return found


def scored(
    peer: Any, first: NDArray, windows: NDArray, labels: NDArray, learns: bool
) -> Iterator[float]:
    """Yield the score of each window; then, if it was normal, let the peer learn it."""
    scaler = StandardScaler().fit(first.reshape(len(first), -1))
    for row in scaler.transform(first.reshape(len(first), -1)):
        peer.learn(row)
    for row, label in zip(
        scaler.transform(windows.reshape(len(windows), -1)), labels, strict=True
    ):
        yield peer.score(row)
        if learns and not label:
            peer.learn(row)


def parts(data: Stream) -> tuple[NDArray, NDArray, NDArray]:
    """Return the first normal windows, those of the stream, and the latter's labels."""
    least = starting_settings(data).online.anomalous_points
    windows, points = first_windows(data)
    at = len(windows) * data.window
    stream = sliding_windows(data.X[at:], data.window, stride=data.window)
    labels = data.window_labels(least=least)[len(windows) :]
    return windows[~points.any(axis=1)], stream, labels


def _code(method: str) -> str:
    if method == NETWORK:
        return code_of("helpers.detectors.encoder_decoders")
    if method in TABULAR:
        return code_of("helpers.detectors.classical")
    return code_of("river", "pysad") if method != ORACLE else ""


def _told(absent: str) -> dict[str, str]:
    return {"peers": absent} if absent else {}
