"""What deepad's 18 columns can't see: right labels, attack by attack, other columns.

The 18 are counts and rates over many connections. What a single connection is, its
service, its bytes, its flags, stands in the 23 columns that were left out.
"""

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.compose import make_column_transformer
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from tqdm import tqdm

from benchmarks import deepad_tables
from benchmarks.results import NOTHING, Table, Units, code_of
from helpers.datasets import Dataset, load
from helpers.datasets.readers.kdd import COLUMNS, DEEPAD_COLUMNS
from helpers.detectors import (
    AutoencoderDetector,
    IsolationForestDetector,
    OneClassSVMDetector,
    PCADetector,
)

SEEDS = range(5)
VALIDATION_ROWS = 20_000
WORDS = ["protocol_type", "service", "flag"]
# amounts that go from none to millions
AMOUNTS = ["duration", "src_bytes", "dst_bytes", "hot", "num_compromised", "num_root",
           "num_file_creations", "count", "srv_count"]  # fmt: skip
CHOICES = {
    "18, deepad's": DEEPAD_COLUMNS,
    "23, the others": [name for name in COLUMNS if name not in DEEPAD_COLUMNS],
    "all 41": COLUMNS,
}
METHODS = {
    "PCA 5, reconstruction": lambda seed: PCADetector(
        n_components=5, score_type="reconstruction"
    ),
    "isolation forest": lambda seed: IsolationForestDetector(random_state=seed),
    "one-class SVM": lambda seed: OneClassSVMDetector(nu=0.01, random_state=seed),
    "autoencoder, linear, code of 5": lambda seed: AutoencoderDetector(
        hidden_layers=(5,), activation=None, dropout=0.0, epochs=14,
        batch_size=128, random_state=seed,
    ),
}  # fmt: skip
BEST = ("23, the others", "isolation forest")


def table(units: Units) -> Table:
    """Return how simple detectors do with right labels, on which columns."""
    rows = []
    works = [(choice, method) for choice in CHOICES for method in METHODS]
    for choice, method in tqdm(works, "deepad_columns"):
        runs = [_found(units, choice, method, seed) for seed in SEEDS]
        rows.append((choice, method, *_told(runs)))
    return Table(
        "KDD99 with right labels: which columns see the attacks",
        ("columns", "method", "validation ROC-AUC", "ROC-AUC", "worst to best seed",
         "AP", "published labels: ROC-AUC"),
        rows,
        [deepad_tables.COLUMNS_NOTE],
    )  # fmt: skip


def attacks_table(units: Units) -> Table:
    """Return how each attack of the test part ranks among normal rows."""
    deepad = [_found(units, "18, deepad's", "PCA 5, reconstruction", s) for s in SEEDS]
    best = [_found(units, *BEST, seed) for seed in SEEDS]
    rows = []
    for name, (count, twins, known, _) in deepad[0]["attacks"].items():
        aucs = [
            f"{np.mean([run['attacks'][name][3] for run in runs]):.2f}"
            for runs in (deepad, best)
        ]
        rows.append((name, str(count), "yes" if known else "no", f"{twins:.0%}", *aucs))
    return Table(
        "KDD99 attack by attack: which ones look normal",
        ("attack", "rows", "in the training file", "rows equal to a normal training "
         "row in the 18 columns", "ROC-AUC, PCA 5 on the 18", "ROC-AUC, isolation "
         "forest on the other 23"),
        rows,
        [deepad_tables.ATTACKS_NOTE],
    )  # fmt: skip


def unit(*, columns: str, method: str, seed: int) -> dict[str, Any]:
    """Return what a method finds on some columns, with right labels."""
    data = everything()
    train, test, validation, right = prepared(columns)
    detector = METHODS[method](seed).fit(train)
    scores = detector.decision_function(test)
    y = data.extra["y_corrected"]
    return {
        "validation": float(
            roc_auc_score(right, detector.decision_function(validation))
        ),
        "ROC-AUC": float(roc_auc_score(y, scores)),
        "AP": float(average_precision_score(y, scores)),
        "published labels": float(roc_auc_score(data.y, scores)),
        "attacks": attacks(data, scores),
    }


def attacks(
    data: Dataset, scores: NDArray
) -> dict[str, tuple[int, float, bool, float]]:
    """Return per attack of 10 rows or more: rows, twins, listed, ROC-AUC.

    "Twins" is the share of its rows that equal a normal training row.
    """
    names = pd.Series(data.extra["attack"])
    twin = twins(data)
    normal = scores[names == "normal"]
    found = {}
    for name, count in names.value_counts().items():
        if name == "normal" or count < 10:
            continue
        rows = (names == name).to_numpy()
        y = np.r_[np.zeros(len(normal)), np.ones(count)]
        auc = float(roc_auc_score(y, np.r_[normal, scores[rows]]))
        known = bool(data.y[rows].all())
        found[name] = (int(count), float(twin[rows].mean()), known, auc)
    return found


def twins(data: Dataset) -> NDArray[np.bool_]:
    """Return which test rows equal a training row in deepad's 18 columns."""
    known = pd.util.hash_pandas_object(data.extra["train"][DEEPAD_COLUMNS], index=False)
    rows = pd.util.hash_pandas_object(data.X[DEEPAD_COLUMNS], index=False)
    return np.isin(rows, known)


@cache
def everything() -> Dataset:
    """Return the split with all columns; raises `DatasetUnavailable`."""
    return load("deepad_8020_all_columns")


@cache
def prepared(choice: str) -> tuple[NDArray, NDArray, NDArray, NDArray]:
    """Return training, test and validation rows as numbers, and the last one's labels.

    Words become one column each, amounts their logarithm, all is standardised: learned
    from the training rows only.
    """
    data, columns = everything(), CHOICES[choice]
    amounts = [name for name in AMOUNTS if name in columns]
    words = [name for name in WORDS if name in columns]
    rest = [name for name in columns if name not in words + amounts]
    encoder = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore", sparse_output=False), words),
        (make_pipeline(FunctionTransformer(np.log1p), StandardScaler()), amounts),
        (StandardScaler(), rest),
    )
    train = encoder.fit_transform(data.extra["train"][columns])
    validation = data.extra["X_validation"]
    rows = np.random.default_rng(0).choice(
        len(validation), VALIDATION_ROWS, replace=False
    )
    return (
        train,
        encoder.transform(data.X[columns]),
        encoder.transform(validation.iloc[rows][columns]),
        data.extra["y_corrected_validation"][rows],
    )


def _found(units: Units, columns: str, method: str, seed: int) -> dict[str, Any]:
    work = {"columns": columns, "method": method, "seed": seed}
    below = "helpers.detectors.neural", "helpers.detectors.classical", __name__
    return units.get(work, unit, code_of(*below))


def _told(runs: list[dict[str, Any]]) -> tuple[str, ...]:
    def mean(measure: str) -> str:
        return f"{np.mean([run[measure] for run in runs]):.3f}"

    aucs = [f"{run['ROC-AUC']:.3f}" for run in runs]
    span = f"{min(aucs)} to {max(aucs)}" if min(aucs) < max(aucs) else NOTHING
    spans = (mean("validation"), mean("ROC-AUC"), span, mean("AP"))
    return (*spans, mean("published labels"))
