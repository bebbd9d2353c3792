"""The course's data sets: `load("heart")` gives X, y and an honest card.

Bundled files come first, then the folder in `WORKSHOP_DATA_DIR`, then the download
cache (`WORKSHOP_CACHE_DIR`), then a download: from a class mirror in
`WORKSHOP_DATA_URL` if there is one, else from the pinned address. `WORKSHOP_OFFLINE=1`
forbids downloads. Every file is checked against `datasets/registry.toml`.
"""

from helpers.datasets.cards import Card, card, names
from helpers.datasets.dataset import Dataset
from helpers.datasets.errors import (
    DatasetDamaged,
    DatasetUnavailable,
    UnknownDataset,
)
from helpers.datasets.flaws import audit
from helpers.datasets.loading import fetch, load

__all__ = [
    "Card",
    "Dataset",
    "DatasetDamaged",
    "DatasetUnavailable",
    "UnknownDataset",
    "audit",
    "card",
    "fetch",
    "load",
    "names",
]
