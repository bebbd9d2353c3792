"""The folder of models that the server answers with: never a file of a client's."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from helpers.detectors import Detector
from helpers.errors import KitError

__all__ = ["ModelFolder", "read_folder"]


@dataclass
class ModelFolder:
    """Models by name, their measures, and labelled rows; one scores at a time."""

    detectors: dict[str, Detector]
    metrics: dict[str, dict[str, Any]]
    rows: pd.DataFrame  # without labels
    labels: NDArray
    lock: Lock = field(default_factory=Lock)

    @property
    def columns(self) -> list[str]:
        """The names of the features, in order."""
        return list(self.rows.columns)

    @property
    def records(self) -> list[dict[str, Any]]:
        """The rows with their ids and labels, as they are sent."""
        return [
            {"id": at, "label": int(self.labels[at])}
            | {str(name): value for name, value in row.items()}
            for at, row in enumerate(self.rows.to_dict("records"))
        ]

    def scores(self, name: str, X: NDArray) -> NDArray[np.float64]:
        """Return the scores of X (n, features); raise `ValueError` where none exist."""
        with self.lock:
            return self.detectors[name].decision_function(self._named(X))

    def errors(self, name: str, X: NDArray) -> NDArray | None:
        """Return the squared error of each feature (n, features), or None.

        In the detector's own scale, or in standard deviations of the shown rows; None
        where the model rebuilds nothing.
        """
        detector = self.detectors[name]
        with self.lock:
            if hasattr(detector, "feature_errors"):
                return detector.feature_errors(self._named(X))
            if hasattr(detector, "reconstruct"):
                spread = self.rows.std().replace(0, 1).to_numpy()
                return np.square((X - detector.reconstruct(self._named(X))) / spread)
        return None

    def _named(self, X: NDArray) -> pd.DataFrame:
        return pd.DataFrame(X, columns=self.rows.columns)


def read_folder(folder: Path) -> ModelFolder:
    """Return the models in a folder; raise `KitError` where none can be served."""
    files = sorted(folder.glob("*/model.detector"))
    if not files or not (folder / "rows.csv").is_file():
        raise KitError(f"no models in {folder}: workshop train all --out {folder}")
    table, labels = _rows(folder / "rows.csv")
    detectors, metrics = {}, {}
    for file in files:
        name = file.parent.name
        detectors[name] = _read(file, list(table.columns))
        metrics[name] = _metrics(file.parent / "metrics.json")
    return ModelFolder(detectors, metrics, table, labels)


def _rows(file: Path) -> tuple[pd.DataFrame, NDArray]:
    try:
        table = pd.read_csv(file).astype(float)
        labels = table.pop("label").to_numpy()
        if not (len(table) and np.isfinite(table).all(axis=None)):
            raise ValueError("rows of finite numbers are needed")
        if not np.isin(labels, (0, 1)).all():
            raise ValueError("a label is 0 or 1")
    except (OSError, KeyError, ValueError) as error:
        told = f"no column {error}" if isinstance(error, KeyError) else error
        raise KitError(f"{file}: {told}; train again") from None
    return table, labels.astype(int)


def _metrics(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text("utf-8"))
        json.dumps(found, allow_nan=False)
        return {**found}
    except (OSError, ValueError, TypeError) as error:
        raise KitError(f"{file}: {error}; train again") from None


def _read(file: Path, columns: list[str]) -> Detector:
    try:
        detector = Detector.load(file)
    except ValueError as error:
        raise KitError(f"{file}: {error}") from None
    if list(getattr(detector, "feature_names_in_", [])) != columns:
        raise KitError(f"{file} has other columns than rows.csv: train it again")
    return detector
