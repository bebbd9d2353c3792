"""Parts of the bundled ODDS sets, drawn: rows that no file holds, columns in disguise.

A part has normal rows to learn from, and rows to score with anomalies among them. Each
row lies between two neighbours of one class of the set, so that looking it up finds
nothing; columns are left out, permuted, mirrored and put on scales of their own.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from helpers._arrays import as_count

__all__ = ["ODDS_SETS", "DrawnPart", "distance_from_mean", "drawn_part"]

ODDS_SETS = (
    "breastw",
    "optdigits",
    "satellite",
    "satimage-2",
    "shuttle",
    "WBC",
    "WDBC",
    "wine",
)
_NEIGHBOURS = 3
_POOL = 3000  # rows of a class, at most, that parts are drawn from
_KEPT = 0.8  # of the columns


@dataclass(frozen=True, eq=False)
class DrawnPart:
    """Rows to learn from and rows to score; `name` is the set they were drawn from.

    X_train: normal rows (n_train, features)
    X_test: rows to score (n_test, features)
    y_test: 1 where a row to score is an anomaly (n_test,)
    """

    X_train: NDArray[np.float64]
    X_test: NDArray[np.float64]
    y_test: NDArray[np.int64]
    name: str


class _Pool(NamedTuple):
    """Rows of one class (n, features), and which of them are next to each."""

    rows: NDArray[np.float64]
    near: NDArray[np.int64]


def drawn_part(
    random: np.random.Generator, name: str, *, train: int = 300, test: int = 400
) -> DrawnPart:
    """Draw a part of the ODDS set `name`: `train` normal rows, `test` rows to score.

    One in 12 to one in 6 of the rows to score are anomalies. `random` draws all of it:
    rows, their order, columns, scales.

    Raises `ValueError` for another name, or too few rows.
    """
    if name not in ODDS_SETS:
        raise ValueError(f"no set {name!r}; there are {', '.join(ODDS_SETS)}")
    as_count(train, "train", least=10)
    anomalies = round(as_count(test, "test", least=40) * random.uniform(1 / 12, 1 / 6))
    learned, later, odd = _pools(name)
    rows = [
        _between(random, learned, train),
        _between(random, later, test - anomalies),
        _between(random, odd, anomalies),
    ]
    disguised = _disguised(random, np.concatenate(rows), known=train)
    order = random.permutation(test)
    labels = np.repeat([0, 1], [test - anomalies, anomalies])
    return DrawnPart(disguised[:train], disguised[train:][order], labels[order], name)


@lru_cache
def _pools(name: str) -> tuple[_Pool, _Pool, _Pool]:
    """Return normal rows to learn from, other normal rows, and anomalies of a set."""
    from helpers.datasets import load

    data = load(name)
    rows = data.X.to_numpy(float)
    spread = rows.std(axis=0)
    scaled = rows / np.where(spread > 0, spread, 1)
    some = np.random.default_rng(0).permutation(len(rows))
    normal, odd = (some[data.y[some] == label][:_POOL] for label in (0, 1))
    half = len(normal) // 2
    parts = normal[:half], normal[half:], odd
    return tuple(_pool(rows[part], scaled[part]) for part in parts)  # type: ignore[return-value]


def _pool(rows: NDArray, scaled: NDArray) -> _Pool:
    from sklearn.neighbors import NearestNeighbors

    near = NearestNeighbors(n_neighbors=_NEIGHBOURS).fit(scaled)
    return _Pool(rows, near.kneighbors(return_distance=False))


def _between(random: np.random.Generator, pool: _Pool, count: int) -> NDArray:
    """Return `count` rows, each between a row of the pool and one of its neighbours."""
    first = random.integers(len(pool.rows), size=count)
    second = pool.near[first, random.integers(_NEIGHBOURS, size=count)]
    share = random.uniform(0.05, 0.5, size=(count, 1))
    return pool.rows[first] + share * (pool.rows[second] - pool.rows[first])


def _disguised(random: np.random.Generator, rows: NDArray, known: int) -> NDArray:
    """Return the rows with other columns, in another order and on other scales."""
    spread = rows[:known].std(axis=0)
    columns = random.permutation(np.flatnonzero(spread > 0))
    columns = columns[: max(2, round(_KEPT * len(columns)))]
    scale = 10 ** random.uniform(-3, 3, len(columns)) / spread[columns]
    scale *= random.choice([-1, 1], len(columns))
    middle = rows[:known, columns].mean(axis=0)
    shift = random.normal(0, 3, len(columns))
    return scale * (rows[:, columns] - middle) + shift * np.abs(scale * spread[columns])


def distance_from_mean(X_train: NDArray, X_test: NDArray) -> NDArray[np.float64]:
    """Return scores (n_test,): the squared distance from the mean, in sd per column.

    The simplest baseline of workshop W2. A column that is constant in `X_train`
    (n_train, features) counts nothing.
    """
    spread = X_train.std(axis=0)
    known = spread > 0
    away = (X_test - X_train.mean(axis=0))[:, known] / spread[known]
    return (away**2).sum(axis=1)
