"""Six detectors on KDD99 as deepad prepared it, published and ours, and today's peers.

Reference: fastforwardlabs/deepad (Cloudera, 2020). All are trained on the 97 278 normal
rows of the 10 % file, 18 columns, and score the 10 000 rows of the splits 8020 and
9010. The published labels call attacks normal that the training file does not know; we
judge with them, to compare, and with the right ones. The published threshold is an
oracle: the one with the best accuracy on the test labels. Ours is the one with the best
accuracy on the validation part, thinned to the split's share of anomalies.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, average_precision_score, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler
from tqdm import tqdm

from benchmarks import deepad_columns, deepad_tables, deepad_times
from benchmarks.deepad_tables import SPLITS
from benchmarks.peers import make_peer, why_absent
from benchmarks.results import Table, Units, code_of
from benchmarks.training import seconds
from helpers.datasets import Dataset, load
from helpers.detectors import (
    AutoencoderDetector,
    BiGANDetector,
    Detector,
    PCADetector,
    Seq2SeqDetector,
    VAEDetector,
)
from helpers.serving.published import (
    MODELS,
    ComponentDistanceDetector,
    support_vectors,
)
from helpers.thresholds import oracle_threshold

DEPENDS_ON = ("helpers.thresholds",)

SEEDS = range(5)
SEEDS_OF_SLOW = {"PyOD VAE": range(2)}  # thousands of times as long as PCA
PROCESSES = 2
MOST_FOR_PYOD_OCSVM = 10_000  # PyOD's nu of 0.5 makes half of the rows support vectors


class FirstBatches:
    """deepad's BiGAN: what it calls 15 epochs are 15 batches of 256 rows in all."""

    def __init__(self, detector: Detector):
        self.detector = detector

    def fit(self, X: NDArray) -> "FirstBatches":
        """Train on the first 15 batches, once."""
        self.detector.fit(X[: MODELS["bigan"].first])
        return self

    def decision_function(self, X: NDArray) -> NDArray:
        """Return one score per row."""
        return self.detector.decision_function(X)


class MeanOfNetworks:
    """The mean score of several networks that differ in their seeds only.

    One seed in three is poor, and nobody knows which before the labels come.
    """

    def __init__(self, detectors: Sequence[Detector]):
        self.detectors = detectors

    def fit(self, X: NDArray) -> "MeanOfNetworks":
        """Train one after the other."""
        for detector in self.detectors:
            detector.fit(X)
        return self

    def decision_function(self, X: NDArray) -> NDArray:
        """Return one score per row."""
        scores = [detector.decision_function(X) for detector in self.detectors]
        return np.mean(scores, axis=0)


class BestOfNetworks:
    """The one of several networks that is most accurate on the validation part.

    Normal rows that were held out don't tell: a network can rebuild them well and be
    poor all the same. So the labels of the validation part choose, as they choose the
    threshold.
    """

    def __init__(self, detectors: Sequence[Detector]):
        self.detectors = detectors

    def fit(self, X: NDArray) -> "BestOfNetworks":
        """Train one after the other, and judge them."""
        for detector in self.detectors:
            detector.fit(X)
        self.detector = max(self.detectors, key=validation_accuracy)
        return self

    def decision_function(self, X: NDArray) -> NDArray:
        """Return one score per row."""
        return self.detector.decision_function(X)


def several(count: int, seed: int) -> list[Detector]:
    """Return the published autoencoder with other seeds; it keeps its best epoch."""
    return [
        AutoencoderDetector.published(
            random_state=count * seed + number, validation_fraction=0.1, patience=14
        )
        for number in range(count)
    ]


def validation_accuracy(detector: Detector) -> float:
    """Return the best accuracy that any threshold has on the validation part."""
    y, scores = validation_scores(detector, part("8020"), seed=0)
    threshold = oracle_threshold(y, scores, metric="accuracy")
    return float(accuracy_score(y, scores > threshold))


class FewerRows:
    """A detector that gets a random part of the rows, where all would take hours."""

    def __init__(self, detector: Any, most: int, seed: int):
        self.detector, self.most, self.seed = detector, most, seed

    def fit(self, X: NDArray) -> "FewerRows":
        """Fit on at most so many rows."""
        random = np.random.default_rng(self.seed)
        rows = random.choice(len(X), min(self.most, len(X)), replace=False)
        self.detector.fit(X[np.sort(rows)])
        return self

    def decision_function(self, X: NDArray) -> NDArray:
        """Return one score per row."""
        return self.detector.decision_function(X)


# method -> its family (as in `deepad_tables`, or ""), and seed -> detector
METHODS: dict[str, tuple[str, Callable[[int], Any]]] = {
    "autoencoder 15-7-2, as published": (
        "autoencoder",
        MODELS["autoencoder"].make,
    ),
    "autoencoder 15-7-2, mean of ten networks": (
        "autoencoder",
        lambda seed: MeanOfNetworks(several(10, seed)),
    ),
    "autoencoder 15-7-2, best of five on validation": (
        "autoencoder",
        lambda seed: BestOfNetworks(several(5, seed)),
    ),
    "autoencoder, linear, code of 5": (
        "autoencoder",
        lambda seed: AutoencoderDetector(
            hidden_layers=(5,),
            activation=None,
            dropout=0.0,
            epochs=14,
            batch_size=128,
            random_state=seed,
        ),
    ),
    "VAE 15-7-2, as published": (
        "VAE",
        MODELS["vae"].make,
    ),
    "VAE 15-7-2, likelihood of 16 draws": (
        "VAE",
        lambda seed: VAEDetector.published(
            n_draws=16, score_type="likelihood", random_state=seed
        ),
    ),
    "VAE, linear, code of 5": (
        "VAE",
        lambda seed: VAEDetector(
            hidden_layers=(5,),
            activation=None,
            score_type="reconstruction",
            divergence_weight=0.1,
            epochs=10,
            batch_size=128,
            random_state=seed,
        ),
    ),
    "BiGAN, 15 batches, as published": (
        "BiGAN",
        lambda seed: FirstBatches(MODELS["bigan"].make(seed)),
    ),
    "BiGAN, trained, feature matching": (
        "BiGAN",
        lambda seed: BiGANDetector(score_type="feature_matching", random_state=seed),
    ),
    "sequence to sequence, as published": (
        "sequence to sequence",
        MODELS["seq2seq"].make,
    ),
    "sequence to sequence": (
        "sequence to sequence",
        lambda seed: Seq2SeqDetector(random_state=seed),
    ),
    "PCA 2, distance from components, as published": (
        "PCA",
        MODELS["pca"].make,
    ),
    "PCA 2, distance from components, other signs": (
        "PCA",
        lambda seed: ComponentDistanceDetector(signs=(1, 1)),
    ),
    "PCA 5, reconstruction": (
        "PCA",
        lambda seed: PCADetector(n_components=5, score_type="reconstruction"),
    ),
    "PCA, all axes, by their sd": ("PCA", lambda seed: PCADetector()),
    "one-class SVM, as published": (
        "one-class SVM",
        MODELS["ocsvm"].make,
    ),
    "one-class SVM, gamma 0.2, nu 0.001": (
        "one-class SVM",
        lambda seed: support_vectors(gamma=0.2, nu=1e-3),
    ),
    "PyOD AutoEncoder": ("", lambda seed: make_peer("PyOD AutoEncoder", seed=seed)),
    "PyOD VAE": ("", lambda seed: make_peer("PyOD VAE", seed=seed)),
    "PyOD PCA": ("", lambda seed: make_peer("PyOD PCA", seed=seed)),
    "PyOD OCSVM": (
        "",
        lambda seed: FewerRows(
            make_pipeline(MinMaxScaler(), make_peer("PyOD OCSVM", seed=seed)),
            MOST_FOR_PYOD_OCSVM,
            seed,
        ),
    ),
    "PyOD ECOD": ("", lambda seed: make_peer("PyOD ECOD", seed=seed)),
    "PyOD IForest": ("", lambda seed: make_peer("PyOD IForest", seed=seed)),
}
SIMPLEST = "PCA 5, reconstruction"
SECOND_SCORE = "BiGAN, trained, reconstruction and discriminator"
# nothing is drawn: one run says all
REPEATABLE = {
    name
    for name in METHODS
    if name.startswith(("PCA", "one-class SVM", "PyOD PCA", "PyOD ECOD"))
}


def table(units: Units) -> dict[str, Table]:
    """Return the tables of the six models, of times, of columns and of attacks."""
    absent = {name: why for name in METHODS if (why := _why_absent(name))}
    works: list[tuple[dict[str, Any], str]] = [
        ({"method": name, "seed": seed}, _code(name))
        for seed in SEEDS
        for name in METHODS
        if name not in absent
        and seed in SEEDS_OF_SLOW.get(name, SEEDS)
        and (seed == SEEDS[0] or name not in REPEATABLE)
    ]
    answers = units.get_all(works, unit, processes=PROCESSES)
    found = {
        (work["method"], work["seed"]): answer
        for work, answer in tqdm(answers, "deepad_kdd", len(works))
    }
    runs: dict[str, list[dict[str, Any]]] = {}
    for method, seed in ((work["method"], work["seed"]) for work, _ in works):
        one = found[method, seed]
        runs.setdefault(method, []).append(one)
        for name, judged_again in one.get("also", {}).items():
            runs.setdefault(name, []).append(one | judged_again)
    families = {name: family for name, (family, _) in METHODS.items()} | {
        SECOND_SCORE: "BiGAN"
    }
    return {
        "deepad_kdd": deepad_tables.models(runs, families, absent),
        "deepad_kdd_times": deepad_times.table(units),
        "deepad_kdd_columns": deepad_columns.table(units),
        "deepad_kdd_attacks": deepad_columns.attacks_table(units),
    }  # fmt: skip


def unit(*, method: str, seed: int) -> dict[str, Any]:
    """Return what one method finds on both splits, and times as ratios to PCA's."""
    data = {split: part(split) for split in SPLITS}
    train = data["8020"].extra["train"].to_numpy(dtype=float)
    detector = METHODS[method][1](seed)
    time = seconds(detector.fit, train)
    simplest = METHODS[SIMPLEST][1](seed)
    found = {
        "parameters": parameters(detector),
        "times PCA": time / min(seconds(simplest.fit, train) for _ in range(2)),
        **{split: judged(detector, data[split], seed) for split in SPLITS},
        "times PCA to score": times_to_score(detector, simplest, data["8020"]),
    }
    if isinstance(detector, BiGANDetector):  # one training, two scores
        detector.set_params(score_type="reconstruction")
        again = {split: judged(detector, data[split], seed) for split in SPLITS}
        found["also"] = {SECOND_SCORE: again}
    return found


def times_to_score(detector: Any, simplest: Any, data: Dataset) -> float:
    """Return the CPU time to score the test part, compiled before, as a ratio."""
    X = data.X.to_numpy(dtype=float)
    one, other = (
        min(seconds(each.decision_function, X) for _ in range(3))
        for each in (detector, simplest)
    )
    return one / other


def judged(detector: Any, data: Dataset, seed: int) -> dict[str, float]:
    """Return how good the scores of a split's test part are, by both kinds of label."""
    X = data.X.to_numpy(dtype=float)
    scores = detector.decision_function(X)
    right = data.extra["y_corrected"]
    # of the validation part: no oracle for the test part
    threshold = oracle_threshold(
        *validation_scores(detector, data, seed), metric="accuracy"
    )
    oracle = oracle_threshold(data.y, scores, metric="accuracy")
    draws = published_draws(data, seed)
    return {
        "ROC-AUC": float(roc_auc_score(data.y, scores)),
        "AP": float(average_precision_score(data.y, scores)),
        "chance AP": float(data.y.mean()),
        "ROC-AUC, right labels": float(roc_auc_score(right, scores)),
        "AP, right labels": float(average_precision_score(right, scores)),
        "chance AP, right labels": float(right.mean()),
        "ROC-AUC, 480 draws": float(roc_auc_score(data.y[draws], scores[draws])),
        "accuracy, oracle": float(accuracy_score(data.y, scores > oracle)),
        "accuracy, validation": float(accuracy_score(data.y, scores > threshold)),
        "accuracy, right labels": float(accuracy_score(right, scores > threshold)),
    }


def validation_scores(
    detector: Any, data: Dataset, seed: int
) -> tuple[NDArray, NDArray]:
    """Return labels and scores of the thinned validation part."""
    rows = thinned(data, seed)
    X = data.extra["X_validation"].iloc[rows].to_numpy(dtype=float)
    return data.extra["y_validation"][rows], detector.decision_function(X)


def thinned(data: Dataset, seed: int) -> NDArray:
    """Return rows of the validation part with as many anomalies in 100 as the test."""
    y = data.extra["y_validation"]
    normal, anomalies = np.flatnonzero(y == 0), np.flatnonzero(y == 1)
    wanted = round(len(normal) * data.y.mean() / (1 - data.y.mean()))
    random = np.random.default_rng(seed)
    return np.r_[normal, random.choice(anomalies, wanted, replace=False)]


def published_draws(data: Dataset, seed: int) -> NDArray:
    """Return deepad's test rows for its sequence model: 480, drawn with replacement.

    400 are from the first 100 normal rows and 80 from the first 100 anomalies.
    """
    random = np.random.default_rng(seed)
    first = [np.flatnonzero(data.y == label)[:100] for label in (0, 1)]
    return np.r_[random.choice(first[0], 400), random.choice(first[1], 80)]


@cache
def part(split: str) -> Dataset:
    """Return a split; raises `DatasetUnavailable`."""
    return load(f"deepad_{split}")


def parameters(detector: Any) -> int:
    """Return how many weights its networks have; 0 for what has none."""
    if isinstance(detector, MeanOfNetworks):
        return sum(map(parameters, detector.detectors))
    network = getattr(_innermost(detector), "network_", None)
    return 0 if network is None else network.count_params()


def _innermost(detector: Any) -> Any:
    """Return the detector that the classes above, or a pipeline, wrap."""
    if isinstance(detector, MeanOfNetworks | BestOfNetworks):
        return detector.detectors[0]
    return getattr(detector, "detector", detector)


def _why_absent(method: str) -> str:
    return why_absent(method) if method.startswith("PyOD") else ""


def _code(method: str) -> str:
    """Return a code for what this method's numbers depend on."""
    return code_of("pyod", "torch") if method.startswith("PyOD") else _kit_code(method)


@cache
def _kit_code(method: str) -> str:
    return code_of(type(_innermost(METHODS[method][1](0))).__module__)
