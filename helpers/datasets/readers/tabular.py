"""Tables of rows and features: CSV, KEEL, NumPy archives, MATLAB files."""

from io import BytesIO
from typing import Any

import numpy as np
import pandas as pd

from helpers._csv import EXACT
from helpers.datasets.cards import Card
from helpers.datasets.dataset import Dataset, make
from helpers.datasets.files import read_file


def read_csv(name: str, **options: Any) -> pd.DataFrame:
    """Return a registered text file as a frame; `.gz` is seen by its first bytes."""
    content = read_file(name)
    gzipped = content.startswith(b"\x1f\x8b")
    return pd.read_csv(
        BytesIO(content), compression="gzip" if gzipped else None, **EXACT, **options
    )


def heart(card: Card) -> Dataset:
    """Heart disease: y = 1 for disease, where the table's own `target` is 0.

    The original table is in `extra["table"]`.
    """
    table = read_csv(card.files[0], encoding="utf-8-sig")
    sick = table["target"] == 0
    return make(card, table.drop(columns="target"), sick, table=table)


def keel(card: Card) -> Dataset:
    """Read a KEEL table: no header, the last column says positive or negative."""
    table = read_csv(card.files[0], header=None, skipinitialspace=True)
    X = table.iloc[:, :-1].set_axis(card.options["columns"], axis=1)
    return make(card, X, table.iloc[:, -1] == "positive")


def labelled_csv(card: Card) -> Dataset:
    """Read a CSV with header whose column `options.label` holds 0 and 1."""
    table = read_csv(card.files[0])
    label = card.options["label"]
    return make(card, table.drop(columns=label), table[label])


def covtype(card: Card) -> Dataset:
    """Read forest cover, all types: y = 1 for type 4, the type in `extra["type"]`.

    The original file has no header (`options.header = false`): ten measures, 44 flags
    of area and soil, the type.
    """
    columns, kind = list(card.options["columns"]), "Cover_Type"
    if card.options.get("header", True):
        table = read_csv(card.files[0])
    else:
        places = [*range(len(columns)), 54]
        table = read_csv(card.files[0], header=None, usecols=places)
        table.columns = [*columns, kind]
    kinds = table[kind].to_numpy()
    return make(card, table[columns], kinds == 4, type=kinds)


def npz(card: Card) -> Dataset:
    """Read an ADBench archive: arrays X and y."""
    archive = np.load(BytesIO(read_file(card.files[0])), allow_pickle=False)
    return make(card, _frame(card, archive["X"]), archive["y"])


def matlab(card: Card) -> Dataset:
    """Read an ODDS file in MATLAB's format 5: matrices X and y."""
    from scipy.io import loadmat

    content = loadmat(BytesIO(read_file(card.files[0])))
    return make(card, _frame(card, content["X"]), content["y"].ravel())


def matlab73(card: Card) -> Dataset:
    """Read an ODDS file in MATLAB's format 7.3, which is HDF5: X lies transposed."""
    import h5py

    with h5py.File(BytesIO(read_file(card.files[0])), "r") as content:
        values, labels = content["X"][:].T, content["y"][:].ravel()
    return make(card, _frame(card, np.ascontiguousarray(values)), labels)


def _frame(card: Card, values: np.ndarray) -> pd.DataFrame:
    """Return an array as a frame with the card's column names, or x1, x2, …"""
    width = values.shape[1]
    columns = card.options.get("columns") or [f"x{i + 1}" for i in range(width)]
    return pd.DataFrame(values, columns=columns)
