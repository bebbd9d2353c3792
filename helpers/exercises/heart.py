"""The heart table as lesson 02 uses it: code book, patients, preparation."""

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from helpers.datasets import load

HIDDEN = {"ca": 4, "thal": 0}  # codes that stand for "not known"
ALLOWED = {  # what the code book allows, where it lists values
    "sex": (0, 1),
    "cp": (0, 1, 2, 3),
    "fbs": (0, 1),
    "restecg": (0, 1, 2),
    "exang": (0, 1),
    "slope": (0, 1, 2),
    "ca": (0, 1, 2, 3),
    "thal": (1, 2, 3),
    "target": (0, 1),
}
NUMBERS = ["age", "trestbps", "chol", "thalach", "oldpeak", "ca"]
KINDS = ["cp", "restecg", "slope", "thal"]
YES_NO = ["sex", "fbs", "exang"]


def table_of_heart() -> pd.DataFrame:
    """Return the original table (303, 14), with `target`."""
    return _heart()[0].copy()


def patients_of_heart() -> tuple[pd.DataFrame, NDArray]:
    """Return X (302, 13) with NaN where nothing is known, and y, 1 for disease.

    The patient who was entered twice is there once.
    """
    _, X, y = _heart()
    first = ~X.duplicated().to_numpy()
    return X[first].reset_index(drop=True), y[first]


@cache
def _heart() -> tuple[pd.DataFrame, pd.DataFrame, NDArray]:
    heart = load("heart")
    X = heart.X.replace({name: {code: np.nan} for name, code in HIDDEN.items()})
    return heart.extra["table"], X, heart.y


def heart_pipeline(classifier: Any) -> Any:
    """Return an unfitted pipeline: fill and scale numbers, fill and encode kinds,
    keep yes and no; then classify.
    """
    from sklearn.pipeline import make_pipeline

    return make_pipeline(preparation(), classifier)


def preparation(
    *, scale: Any = None, encode: Any = None, remainder: str = "passthrough"
) -> Any:
    """Return the preparation of patients: numbers by `scale`, kinds by `encode`."""
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    usual = SimpleImputer(strategy="most_frequent")
    known = OneHotEncoder(handle_unknown="ignore")
    return make_column_transformer(
        (
            scale or make_pipeline(SimpleImputer(strategy="median"), StandardScaler()),
            NUMBERS,
        ),
        (encode or make_pipeline(usual, known), KINDS),
        remainder=remainder,
    )
