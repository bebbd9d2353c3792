"""The mnist autoencoder 100-64-32-16-32-64-100 on ODDS mnist, beside its linear twin.

Reference: the day-2 notebook `new/Anomaly_mnist_Autoencoder` of
krmonline/AnomalyDetection. All 101 columns, the label among them, min-max scaled over
the whole table; 90 % of the rows, drawn without a seed, to train, of these the normal
ones; linear layers, mean squares, Adam, 100 epochs of batch 32; threshold 0.03. Its
report has its arguments swapped: what it prints as precision is recall.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    confusion_matrix,
    precision_recall_fscore_support,
    roc_auc_score,
)
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import MinMaxScaler

from benchmarks.results import Run, Units, code_of
from benchmarks.training import seconds
from helpers.datasets import load
from helpers.detectors.autoencoders import AutoencoderDetector
from helpers.detectors.classical import (
    IsolationForestDetector,
    KNNDetector,
    PCADetector,
)
from helpers.thresholds import quantile_threshold

SEEDS = range(5)
PUBLISHED_THRESHOLD, FLAGGED_SHARE = 0.03, 0.05
NETWORK = "network 100-64-32-16, linear as published"
DEFAULT = "AutoencoderDetector(), its defaults"
PCA_16 = "PCA, 16 components"
METHODS: dict[str, Callable[[int], Any]] = {
    NETWORK: lambda seed: AutoencoderDetector.published(
        "mnist", scaling=None, random_state=seed, progress=False
    ),
    DEFAULT: lambda seed: AutoencoderDetector(random_state=seed, progress=False),
    PCA_16: lambda seed: PCADetector(
        n_components=16, standardize=False, score_type="reconstruction"
    ),
    "PCA, 16 components, standardised": lambda seed: PCADetector(
        n_components=16, score_type="reconstruction"
    ),
    "isolation forest": lambda seed: IsolationForestDetector(random_state=seed),
    "k nearest neighbours": lambda seed: KNNDetector(),
}
IN_PUBLISHED_UNITS = (NETWORK, PCA_16)  # scores are mean squares, columns 0 to 1


def all_runs(units: Units) -> list[Run]:
    """Return what all seeds found; raises `DatasetUnavailable`."""
    data = load("krm_mnist")
    work = partial(unit, data.X.to_numpy(dtype=float), data.y)
    code = code_of(__name__)
    return [units.get({"model": "mnist", "seed": seed}, work, code) for seed in SEEDS]


def unit(X: NDArray, y: NDArray, *, model: str, seed: int) -> Run:
    """Return what each method finds on the test part of one split."""
    scaled = published_scaling(X, y)
    train, validation, test = parts(y, seed)
    found = {}
    for name, make in METHODS.items():
        detector = make(seed)
        time = seconds(detector.fit, scaled[train])
        normal = detector.decision_function(scaled[validation])
        threshold = quantile_threshold(normal, FLAGGED_SHARE)
        alarms = detector.decision_function(scaled[test]) > threshold
        if name == NETWORK:  # as published, it learns from all normal rows
            detector = make(seed).fit(scaled[np.r_[train, validation]])
        scores = detector.decision_function(scaled[test])
        found[name] = {"parameters": parameters(detector), **ranked(y[test], scores)}
        if name in IN_PUBLISHED_UNITS:
            at_published = flagged(y[test], scores > PUBLISHED_THRESHOLD)
            found[name] |= named(at_published, f"at {PUBLISHED_THRESHOLD}")
        found[name] |= named(flagged(y[test], alarms), "validation threshold")
        found[name]["seconds"] = time
    return found


def parameters(detector: Any) -> int:
    """Return how many weights a network has; 0 for what is none."""
    network = getattr(detector, "network_", None)
    return 0 if network is None else network.count_params()


def published_scaling(X: NDArray, y: NDArray) -> NDArray:
    """Return X scaled as published: over all rows, with the label as a column more.

    The network never reads that column; that the test rows help to scale is the flaw.
    """
    return MinMaxScaler().fit_transform(np.column_stack([X, y]))[:, :-1]


def parts(y: NDArray, seed: int) -> tuple[NDArray, NDArray, NDArray]:
    """Return normal rows to train, normal rows to validate, and 761 rows to test.

    As published, a tenth of all rows is for the test. A tenth of the other normal rows
    is for the threshold.
    """
    rest, test = train_test_split(np.arange(len(y)), test_size=0.1, random_state=seed)
    normal = rest[y[rest] == 0]
    train, validation = train_test_split(normal, test_size=0.1, random_state=seed)
    return train, validation, test


def ranked(y: NDArray, scores: NDArray) -> dict[str, float]:
    """Return what needs no threshold."""
    return {
        "ROC-AUC": float(roc_auc_score(y, scores)),
        "AP": float(average_precision_score(y, scores)),
        "AP of chance": float(y.mean()),
    }


def flagged(y: NDArray, alarms: NDArray) -> dict[str, float]:
    """Return counts, precision, recall, F1 and accuracy, truth first."""
    _, fp, fn, tp = confusion_matrix(y, alarms).ravel().tolist()
    precision, recall, f1, _ = precision_recall_fscore_support(
        y, alarms, average="binary", zero_division=0
    )
    return {
        "true positives": tp,
        "false positives": fp,
        "false negatives": fn,
        "precision": float(precision),
        "recall": float(recall),
        "F1": float(f1),
        "accuracy": float(accuracy_score(y, alarms)),
    }


def named(found: dict[str, float], threshold: str) -> dict[str, float]:
    """Return the measures with the threshold they depend on in their names."""
    return {f"{measure}, {threshold}": value for measure, value in found.items()}
