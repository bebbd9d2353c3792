"""The six models as deepad published them: all their figures, on all three splits.

Each model is trained once a seed, on the 97 278 normal rows, and judged on the splits
8020, 9010 and "all": every row of the test file that is not in the validation part.
The measures, their names and the search for the threshold are those of deepad's
evaluation: the threshold with the best accuracy on the test labels (an oracle), rounded
to three decimals and then used as rounded. Beside it stands the exact one.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.metrics import roc_auc_score
from tqdm import tqdm

from benchmarks import deepad_figures, deepad_tables
from benchmarks.deepad_kdd import METHODS, part, published_draws
from benchmarks.results import Table, Units, code_of
from helpers.evaluation import confusion
from helpers.serving.measures import best_threshold, measures

DEPENDS_ON = ("helpers.evaluation", "helpers.serving.measures", "helpers.thresholds")

SEEDS = range(3)
SPLITS = (*deepad_tables.SPLITS, "all")
DECIMALS = 3
# model -> its row in `deepad_kdd`, and the module that its numbers depend on
PUBLISHED = {
    "PCA": (
        "PCA 2, distance from components, as published",
        "helpers.serving.published",
    ),
    "one-class SVM": ("one-class SVM, as published", "helpers.serving.published"),
    "BiGAN": ("BiGAN, 15 batches, as published", "helpers.detectors.bigan"),
    "VAE": ("VAE 15-7-2, as published", "helpers.detectors.autoencoders"),
    "autoencoder": (
        "autoencoder 15-7-2, as published",
        "helpers.detectors.autoencoders",
    ),
    "sequence to sequence": (
        "sequence to sequence, as published",
        "helpers.detectors.row_sequences",
    ),
}
REPEATABLE = ("PCA", "one-class SVM")  # nothing is drawn: one run says all


def table(units: Units) -> dict[str, Table]:
    """Return the table of published figures, and that of splits and rounding."""
    runs = found(units)
    rows = {model: name for model, (name, _) in PUBLISHED.items()}
    return {
        "deepad_metrics": deepad_figures.published_and_ours(runs, rows),
        "deepad_metrics_splits": deepad_figures.splits_and_rounding(
            runs, {split: part(split) for split in SPLITS}
        ),
    }


def found(units: Units) -> dict[str, list[dict[str, Any]]]:
    """Return what the runs of each model found, one for each seed."""
    works = [
        (model, seed)
        for seed in SEEDS
        for model in PUBLISHED
        if seed == SEEDS[0] or model not in REPEATABLE
    ]
    runs: dict[str, list[dict[str, Any]]] = {}
    for model, seed in tqdm(works, "deepad_metrics"):
        runs.setdefault(model, []).append(run_of(units, model, seed))
    return runs


def run_of(units: Units, model: str, seed: int) -> dict[str, Any]:
    """Return what one run of a model found, as `unit` or as kept."""
    code = code_of(PUBLISHED[model][1])
    return units.get({"model": model, "seed": seed}, unit, code)


def unit(*, model: str, seed: int) -> dict[str, Any]:
    """Return what one training of a model finds on all splits, and its 8020 scores."""
    detector = METHODS[PUBLISHED[model][0]][1](seed)
    detector.fit(part("8020").extra["train"].to_numpy(dtype=float))
    run: dict[str, Any] = {}
    for split in SPLITS:
        data = part(split)
        scores = detector.decision_function(data.X.to_numpy(dtype=float))
        run[split] = judged(data.y, scores)
        right = data.extra["y_corrected"]
        run[split]["ROC-AUC, right labels"] = float(roc_auc_score(right, scores))
        if split == "8020":
            draws = published_draws(data, seed)
            run[deepad_figures.DRAWS] = judged(data.y[draws], scores[draws])
            run["scores"] = np.asarray(scores, dtype=float).tolist()
    return run


def judged(y: ArrayLike, scores: ArrayLike) -> dict[str, Any]:
    """Return deepad's measures at the exact best threshold and at the rounded one."""
    best = best_threshold(y, scores)
    return {
        "exact": measured(y, scores, best),
        "rounded": measured(y, scores, round(best, DECIMALS)),
    }


def measured(y: ArrayLike, scores: ArrayLike, threshold: float) -> dict[str, float]:
    """Return deepad's measures, and counts and rates beside them."""
    counts = confusion(y, np.asarray(scores) > threshold)
    return measures(y, scores, threshold) | counts
