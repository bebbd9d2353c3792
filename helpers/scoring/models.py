"""Detectors in files, of either kind, as what scores the rows of a table.

One is what `detector.save` writes, the other what `detector.to_onnx` does. To score
with the latter imports neither Keras nor scikit-learn.
"""

import json
import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from helpers.errors import KitError
from helpers.estimators.inputs import blocks, named_as_fitted, read_input
from helpers.extras import require
from helpers.windows import sliding_windows

__all__ = ["Model", "onnx_session", "read_model"]

_NEITHER = (
    "{} is no detector in a file; write one with detector.save(path), "
    'or with detector.to_onnx("name.onnx")'
)
_READS_EVENTS = "{} holds a {}, which reads events and no table"


@dataclass(frozen=True)
class Model:
    """A detector that was read from a file.

    `scores` takes an array of input: rows (n, features), or, with `steps`, windows (n,
    steps, features) whose last step is judged. `names` are the columns that it was
    fitted with, None where it knows none.
    """

    detector: str
    features: int
    threshold: float
    scores: Callable[[NDArray], NDArray[np.float64]]
    steps: int | None = None
    names: list[str] | None = None

    def score(self, rows: NDArray) -> NDArray[np.float64]:
        """Return the score of each row (n,) of rows (n, features).

        A detector of windows takes the rows as a series, one point after the other: the
        first points, which no window ends at, have NaN. Raises `ValueError` for rows
        that are too few, or that hold values too large to square.
        """
        read_input(rows, "tabular", doing="scoring")
        if self.steps is None:
            return self.scores(rows)
        if len(rows) < self.steps:
            raise ValueError(
                f"X has too few rows ({len(rows)}): this {self.detector} reads windows "
                f"of {self.steps}"
            )
        of_windows = self.scores(sliding_windows(rows, self.steps))
        return np.concatenate([np.full(self.steps - 1, np.nan), of_windows])


def read_model(path: Path, *, warn: Callable[[str], None]) -> Model:
    """Return the detector in a file; `warn` is told what else its reader should know.

    Raises `KitError` where there is none. A file of `detector.save` holds a pickle,
    which can run code.
    """
    try:
        with path.open("rb") as file:
            start = file.read(100)
    except OSError as error:
        raise KitError(f"{path} can't be read: {error.strerror}") from None
    if start.startswith(b"anomaly-workshop "):
        return _saved(path, warn)
    if path.suffix.lower() == ".onnx":
        return _onnx(path)
    raise KitError(_NEITHER.format(path))


# --------------------------------------------------------------- detector.save(path)


def _saved(path: Path, warn: Callable[[str], None]) -> Model:
    from helpers.detectors import Detector

    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", UserWarning)
        try:
            detector = Detector.load(path)
        except (OSError, ValueError) as error:
            raise KitError(str(error)) from None
    for warning in told:
        warn(str(warning.message))
    return _of_detector(detector, path)


def _of_detector(detector: Any, path: Path) -> Model:
    if detector.input_kind == "events":
        raise KitError(_READS_EVENTS.format(path, type(detector).__name__))
    names = getattr(detector, "feature_names_in_", None)

    def scores(X: NDArray) -> NDArray[np.float64]:
        return detector.decision_function(named_as_fitted(X, detector))

    return Model(
        type(detector).__name__,
        detector.n_features_in_,
        detector.threshold_,
        scores,
        getattr(detector, "n_steps_in_", None),
        None if names is None else list(names),
    )


# ------------------------------------------------------------- detector.to_onnx(path)


def _onnx(path: Path) -> Model:
    session, facts = onnx_session(path)
    if "threshold" not in facts:
        raise KitError(f"{path} holds a {facts['detector']}, which is no detector")
    if facts.get("input_kind") == "events":
        raise KitError(_READS_EVENTS.format(path, facts["detector"]))
    try:
        return _of_session(session, facts)
    except (ValueError, TypeError):
        raise KitError(f"{path} is damaged; write it again") from None


def _of_session(session: Any, facts: dict[str, str]) -> Model:
    *steps, features = session.get_inputs()[0].shape[1:]
    names = facts.get("feature_names")

    def scores(X: NDArray) -> NDArray[np.float64]:
        parts = (np.asarray(X[rows], dtype=np.float64) for rows in blocks(X))
        return np.concatenate([session.run(["scores"], {"X": x})[0] for x in parts])

    return Model(
        facts["detector"],
        features,
        float(facts["threshold"]),
        scores,
        steps[0] if steps else None,
        None if names is None else json.loads(names),
    )


def onnx_session(path: Path) -> tuple[Any, dict[str, str]]:
    """Return what runs the graph that `to_onnx` wrote, and what its file says.

    Raises `KitError` for any other file, and without the extra "onnx".
    """
    require("onnxruntime", f"scoring with {path}", extra="onnx")
    session = _session(path)
    facts = session.get_modelmeta().custom_metadata_map
    if not {"anomaly_workshop", "detector"} <= set(facts):
        raise KitError(f"{path} was not written by to_onnx of this kit")
    return session, facts


def _session(path: Path) -> Any:
    """Return what runs the graph in a file, on one core: the networks are small."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4  # what is wrong is said here, in one line
    try:
        return onnxruntime.InferenceSession(
            os.fspath(path), options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # it has a class of its own for every fault
        kind = type(error).__name__
        raise KitError(f"{path} is damaged, or no ONNX file ({kind})") from None
