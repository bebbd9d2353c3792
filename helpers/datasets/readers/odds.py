"""ODDS variants of classic tables, rebuilt from the originals.

ODDS (Rayana 2016) turns a classification table into a detection task: some classes
are normal, another one is thinned out to a few anomalies. Which rows were drawn stands
in the cards (`options.drawn`, positions in the original); tests prove every set equal,
value by value and row by row, to the archive that ADBench (Han et al. 2022) uses.
"""

import numpy as np
import pandas as pd

from helpers.datasets.cards import Card
from helpers.datasets.dataset import Dataset, make
from helpers.datasets.readers.tabular import read_csv

_BANDS = [f"pixel{pixel}_band{band}" for pixel in range(1, 10) for band in range(1, 5)]
_PIXELS = [f"pixel_{row}_{column}" for row in range(8) for column in range(8)]
_CYTOLOGY = [
    "clump_thickness",
    "cell_size_uniformity",
    "cell_shape_uniformity",
    "marginal_adhesion",
    "epithelial_cell_size",
    "bare_nuclei",
    "bland_chromatin",
    "normal_nucleoli",
    "mitoses",
]


def _landsat(card: Card) -> tuple[pd.DataFrame, pd.Series]:
    """Return the Landsat table and its classes: training rows, then test rows."""
    parts = [read_csv(name, header=None, sep=" ") for name in card.files]
    table = pd.concat(parts, ignore_index=True)
    return table.iloc[:, :36].set_axis(_BANDS, axis=1), table[36]


def satellite(card: Card) -> Dataset:
    """Landsat, all rows: classes 2, 4 and 5 are the anomalies."""
    X, soil = _landsat(card)
    return make(card, X, soil.isin([2, 4, 5]), soil_class=soil.to_numpy())


def satimage2(card: Card) -> Dataset:
    """Landsat without class 2, then the rows of class 2 that ODDS drew."""
    X, soil = _landsat(card)
    rows, y = _normal_then_drawn(card, np.flatnonzero(soil != 2))
    return make(card, _take(X, rows), y, soil_class=soil.to_numpy()[rows])


def optdigits(card: Card) -> Dataset:
    """Digits 1 to 9 (test part, then training part), then the drawn zeros."""
    table = read_csv(card.files[0], header=None)
    digit = table[64].to_numpy()
    order = np.roll(np.arange(len(table)), 1797)  # the test part is the last 1797 rows
    rows, y = _normal_then_drawn(card, order[digit[order] != 0])
    X = table.iloc[:, :64].set_axis(_PIXELS, axis=1)
    return make(card, _take(X, rows), y, digit=digit[rows])


def _wisconsin(card: Card) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the nine graded properties, and the original table with identifiers."""
    table = read_csv(card.files[0]).drop(columns="rownames")
    X = table[[f"V{number}" for number in range(1, 10)]]
    return X.set_axis(_CYTOLOGY, axis=1), table


def breastw(card: Card) -> Dataset:
    """Wisconsin (original): the 683 complete rows, malignant is the anomaly."""
    X, table = _wisconsin(card)
    rows = np.flatnonzero(X.notna().all(axis=1))
    malignant = (table["class"] == "malignant").to_numpy()[rows]
    return make(card, _take(X, rows).astype(np.int64), malignant, table=table)


def wbc(card: Card) -> Dataset:
    """Wisconsin (original): the drawn malignant rows, then distinct benign rows."""
    X, table = _wisconsin(card)
    benign = X[(table["class"] == "benign") & X.notna().all(axis=1)]
    rows, y = _drawn_then_normal(card, benign.drop_duplicates().index.to_numpy())
    return make(card, _take(X, rows).astype(np.int64), y, table=table)


def scikit_learn(card: Card) -> Dataset:
    """Tables of scikit-learn: the drawn rows of one class, then all other rows.

    `options.loader` names the function of `sklearn.datasets`, `options.rare_class`
    the class that was thinned out.
    """
    from sklearn import datasets

    bunch = getattr(datasets, card.options["loader"])(as_frame=True)
    columns = [column.replace(" ", "_") for column in bunch.data.columns]
    normal = np.flatnonzero(bunch.target != card.options["rare_class"])
    rows, y = _drawn_then_normal(card, normal)
    return make(card, _take(bunch.data.set_axis(columns, axis=1), rows), y)


def _normal_then_drawn(card: Card, normal: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    drawn = np.array(card.options["drawn"])
    labels = np.repeat([0, 1], [len(normal), len(drawn)])
    return np.concatenate([normal, drawn]), labels


def _drawn_then_normal(card: Card, normal: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    drawn = np.array(card.options["drawn"])
    labels = np.repeat([1, 0], [len(drawn), len(normal)])
    return np.concatenate([drawn, normal]), labels


def _take(X: pd.DataFrame, rows: np.ndarray) -> pd.DataFrame:
    return X.iloc[rows].reset_index(drop=True)
