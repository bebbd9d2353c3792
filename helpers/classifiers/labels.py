"""Labels of sequences: one per step, or one per sequence."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

__all__ = ["listed", "read_labels"]


def read_labels(y: ArrayLike, shape: tuple[int, ...], name: str = "y") -> NDArray:
    """Return labels (n, steps) or (n,) for X of `shape`, none of them missing."""
    rows, steps = shape[:2]
    wanted = f"one label per step ({rows}, {steps}) or per sequence ({rows},)"
    if y is None:
        raise ValueError(f"{name} is None; pass {wanted}")
    try:
        labels = np.asarray(y)
    except ValueError:
        raise ValueError(f"{name} has rows of different lengths; pass {wanted}") from (
            None
        )
    if labels.shape not in [(rows, steps), (rows,)]:
        hint = "; of one-hot labels take y.argmax(axis=-1)" if labels.ndim > 2 else ""
        raise ValueError(
            f"{name} has shape {labels.shape}, but X of shape {shape} needs {wanted}"
            f"{hint}"
        )
    _check_labels(labels, name)
    return np.array(labels.tolist()) if labels.dtype.kind == "O" else labels


def _check_labels(labels: NDArray, name: str) -> None:
    """Raise `ValueError` for missing labels, fractions, and numbers beside text."""
    missing = np.argwhere(pd.isna(labels))
    if len(missing):
        place = ", ".join(map(str, missing[0]))
        raise ValueError(
            f"{name} has {len(missing)} missing labels, first at [{place}]; "
            "drop those sequences or label them"
        )
    kinds = {type(label) for label in labels.flat} if labels.dtype.kind == "O" else ()
    if len(kinds) > 1:
        told = " and ".join(sorted(kind.__name__ for kind in kinds))
        raise ValueError(f"{name} mixes {told}; make the labels alike")
    if labels.dtype.kind == "f" and not (labels == np.floor(labels)).all():
        odd = labels[labels != np.floor(labels)].flat[0]
        raise ValueError(f"{name} holds {odd:g}; labels are classes, not quantities")


def listed(labels: NDArray) -> str:
    """Return the first labels as text, for a message."""
    shown = ", ".join(repr(label) for label in labels[:5].tolist())
    return f"{shown}, ..." if len(labels) > 5 else shown
