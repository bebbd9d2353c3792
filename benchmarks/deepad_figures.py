"""The words and columns of the tables of deepad's figures, splits and rounding."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from benchmarks import published
from benchmarks.results import NOTHING, Table
from helpers.datasets import Dataset
from helpers.serving.measures import MEASURES
from helpers.text import listed

Runs = Mapping[str, Sequence[Mapping[str, Any]]]  # model -> one for each seed

# deepad judged its sequence model on draws from 8020
SEQUENCES, DRAWS = "sequence to sequence", "480 draws"


def published_and_ours(runs: Runs, rows: Mapping[str, str]) -> Table:
    """Return the table of deepad's 36 figures beside ours.

    `rows` maps a model to the name of its row in the table `deepad_kdd`.
    """
    return Table(
        "The 36 figures that deepad published, and ours",
        ("model", "our row in deepad_kdd", "judged on", "measure", "published", "ours",
         "worst to best seed", "ours, threshold not rounded", "seeds"),
        [
            (model, rows[model], _judged_on(model), name,
             published.DEEPAD_METRICS[model][key], *_figures(runs[model], model, key))
            for model in published.DEEPAD_METRICS
            for key, name in MEASURES.items()
        ],
        _FIGURES_NOTES,
    )  # fmt: skip


def splits_and_rounding(runs: Runs, data: Mapping[str, Dataset]) -> Table:
    """Return the table of all models on all splits, with the cost of rounding."""
    return Table(
        "deepad's six models on its three splits, and what rounding costs",
        _SPLITS_COLUMNS,
        [
            (split, model, *_split_cells([run[split] for run in runs[model]]))
            for split in (*data, DRAWS)
            for model in published.DEEPAD_METRICS
            if split != DRAWS or model == SEQUENCES
        ],
        [_levels(data), _rounding(runs, list(data)), *_SPLITS_NOTES],
    )


def cost_of_rounding(found: Mapping[str, Mapping[str, float]]) -> float:
    """Return how much accuracy a run loses when its threshold is rounded."""
    return found["exact"]["acc"] - found["rounded"]["acc"]


def commonest(data: Dataset) -> float:
    """Return the share of the anomalies that are one and the same row."""
    rows = pd.util.hash_pandas_object(data.X[data.y == 1], index=False)
    return float(rows.value_counts(normalize=True).max())


# ------------------------------------------------------------------------ details


def _judged_on(model: str) -> str:
    return DRAWS if model == SEQUENCES else "8020, 10 000 rows"


def _figures(
    runs: Sequence[Mapping[str, Any]], model: str, key: str
) -> tuple[str, ...]:
    part = DRAWS if model == SEQUENCES else "8020"
    rounded, exact = (
        [run[part][kind][key] for run in runs] for kind in ("rounded", "exact")
    )
    ours, unrounded = (f"{np.mean(values):.3f}" for values in (rounded, exact))
    return ours, _ends(rounded, 3), unrounded, _several(runs)


def _split_cells(found: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the cells of one model on one split."""

    def mean(key: str) -> str:
        return f"{np.mean([one['exact'][key] for one in found]):.3f}"

    costs = [cost_of_rounding(one) for one in found]
    key = "ROC-AUC, right labels"
    right = [one[key] for one in found if key in one]
    yield mean("acc")
    yield f"{np.mean([one['rounded']['acc'] for one in found]):.3f}"
    yield f"{np.mean(costs):.4f}"
    yield _ends(costs, 4)
    yield from map(mean, ("precision", "TPR", "FPR", "f1", "f2", "roc"))
    yield _ends([one["exact"]["roc"] for one in found], 3)
    yield f"{np.mean(right):.3f}" if right else NOTHING
    yield _several(found)


def _ends(values: Sequence[float], digits: int) -> str:
    low, high = (f"{value:.{digits}f}" for value in (min(values), max(values)))
    return f"{low} to {high}" if low != high else NOTHING


def _several(runs: Sequence[Any]) -> str:
    return str(len(runs)) if len(runs) > 1 else NOTHING


def _levels(data: Mapping[str, Dataset]) -> str:
    """Return in words what a constant answer is worth, and how alike attacks are."""
    shares = {split: float(part.y.mean()) for split, part in data.items()}
    told = (
        f"{max(share, 1 - share):.3f} on split {split}, where {share:.1%} of "
        f"{len(data[split].y):,} rows are anomalies"
        for split, share in shares.items()
    )
    alike = (f"{commonest(part):.1%} on {split}" for split, part in data.items())
    return (
        f"The same answer for every row has an accuracy of {listed(told)}. One single "
        f"row makes up {listed(alike)} of the anomalies: all of them are flagged or "
        "none."
    )


def _rounding(runs: Runs, splits: Sequence[str]) -> str:
    """Return in words the largest cost of rounding, and who pays it."""
    found = [
        (cost_of_rounding(run[split]), model, split, run[split])
        for model in runs
        for split in splits
        for run in runs[model]
    ]
    cost, model, split, one = max(found, key=lambda each: each[0])
    exact, rounded = one["exact"], one["rounded"]
    told = published.DEEPAD_METRICS["autoencoder"]["acc"]
    return (
        f"Rounding costs at most {cost:.4f} in accuracy ({model}, split {split}): the "
        f"threshold {exact['threshold']:.5f} finds {exact['tp']:,} of the "
        f"{exact['tp'] + exact['fn']:,} anomalies, {rounded['threshold']:.3f} finds "
        f"{rounded['tp']:,}. Attacks come in bundles of equal or almost equal scores, "
        f"and a bundle is found or missed as a whole. deepad reported {told} for its "
        "autoencoder, at one ROC-AUC; whether rounding was the reason, it doesn't say."
    )


_FIGURES_NOTES = (
    "The rows are the models as published, not the linear or the retuned ones of the "
    "same family. Ours are means over the seeds; a model in which nothing is drawn has "
    "one run. Thresholds are found as deepad finds them: the best accuracy on the test "
    "labels (an oracle), rounded to three decimals; the last column but one leaves "
    "them as they are. All labels are the published ones, which call unlisted attacks "
    "normal.",
    "deepad reported its autoencoder in May and in October 2020: two figures. It "
    "judged the sequence model on 480 draws from the first hundred rows of each kind, "
    "and so do we here; on all rows see [the splits](deepad_metrics_splits.md). Charts "
    "of all models are [here](deepad/README.md).",
)
_SPLITS_COLUMNS = (
    "split", "model", "accuracy (oracle)", "accuracy, threshold rounded",
    "cost of rounding", "cost, least to most", "precision", "TPR (recall)", "FPR",
    "F1", "F2", "ROC-AUC", "worst to best seed", "right labels: ROC-AUC", "seeds",
)  # fmt: skip
_SPLITS_NOTES = (
    "Each model, as published, was trained once a seed and judged on all splits. "
    "Precision, TPR, FPR, F1 and F2 are at the exact threshold with the best accuracy "
    'on the test labels. The split "all" is every row of the test file that is not '
    "in the validation part, 8020 and 9010 are drawn from it; so the three share rows. "
    "Accuracy, precision, F1 and F2 change with the share of anomalies; TPR and FPR "
    "change only with the threshold, which follows that share.",
)
