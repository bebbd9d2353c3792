"""The heart table as lesson 02 has it, and what its code book allows."""

from functools import cache

import numpy as np
import pandas as pd

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


def table_of_heart() -> pd.DataFrame:
    """Return the original table (303, 14), with `target`."""
    return _heart()[0].copy()


def rows_of_heart() -> tuple[pd.DataFrame, np.ndarray]:
    """Return X (303, 13) with NaN for the codes, and y, 1 for disease."""
    return _heart()[1].copy(), _heart()[2].copy()


def patients_of_heart() -> tuple[pd.DataFrame, np.ndarray]:
    """Return X (302, 13) and y as `rows_of_heart`, each patient once."""
    X, y = rows_of_heart()
    first = ~X.duplicated().to_numpy()
    return X[first].reset_index(drop=True), y[first]


@cache
def _heart() -> tuple[pd.DataFrame, pd.DataFrame, np.ndarray]:
    heart = load("heart")
    X = heart.X.replace({name: {code: np.nan} for name, code in HIDDEN.items()})
    return heart.extra["table"], X, heart.y
