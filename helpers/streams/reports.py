"""What a record says: ROC-AUC overall and per period, TPR and FPR."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

__all__ = ["period_table", "update_batches"]

_SCORES = {"score": "auc", "share": "auc_share", "level": "auc_level"}


def period_table(
    record: pd.DataFrame, *, after: Sequence[int] | None = None
) -> pd.DataFrame:
    """Return a row for the whole stream, and one per period between updates.

    `record` is that of an `OnlineDetector`. A period is what one version scored; with
    `after`, batches of another run's updates (`update_batches`), it ends after each of
    them: so a stationary detector is judged on the same periods as an adaptive one.

    `auc` is of the raw scores. Those of several versions are not on one scale, so over
    the whole stream it mixes them; `auc_share` and `auc_level` are of the comparable
    ones. `tpr` and `fpr` are at the thresholds that were in use. Windows that nobody
    labelled are counted in `windows` only. NaN where a class is missing.
    """
    if after is None:
        period = record["version"].to_numpy()
    else:
        period = np.searchsorted(np.asarray(after), record["batch"].to_numpy())
    rows = {"all": _quality(record)}
    for number in np.unique(period):
        rows[f"period {number + 1}"] = _quality(record[period == number])
    return pd.DataFrame.from_dict(rows, orient="index")


def update_batches(record: pd.DataFrame) -> list[int]:
    """Return the numbers of the batches after which the detector was updated."""
    return sorted(set(record.loc[record["updated"], "batch"].tolist()))


def _quality(record: pd.DataFrame) -> dict[str, float]:
    known = record[record["label"].notna()]
    labels = known["label"].to_numpy().astype(np.int64)
    row: dict[str, float] = {"windows": len(record), "anomalies": int(labels.sum())}
    both = len(np.unique(labels)) == 2
    for column, name in _SCORES.items():
        row[name] = roc_auc_score(labels, known[column]) if both else np.nan
    flagged = known["alarm"].to_numpy().astype(bool)
    row["tpr"] = _share(flagged[labels == 1])
    row["fpr"] = _share(flagged[labels == 0])
    return row


def _share(flags: np.ndarray) -> float:
    return float(flags.mean()) if len(flags) else np.nan
