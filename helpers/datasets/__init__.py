"""The course's data sets: `load("heart")` gives X, y and an honest card.

Bundled files come first, then the folder in `WORKSHOP_DATA_DIR`, then the download
cache (`WORKSHOP_CACHE_DIR`), then a download: from a class mirror in
`WORKSHOP_DATA_URL` if there is one, else from the pinned address. `WORKSHOP_OFFLINE=1`
forbids downloads. Every file is checked against `datasets/registry.toml`.

`simulate_network` makes the log of an office network, with attacks and ground truth;
`inject_faults` puts faults into a series that has none, at points that are then known.
"""

from helpers.datasets.cards import Card, card, names
from helpers.datasets.dataset import Dataset
from helpers.datasets.errors import (
    DatasetDamaged,
    DatasetUnavailable,
    UnknownDataset,
)
from helpers.datasets.faults import FaultySeries, inject_faults
from helpers.datasets.flaws import audit
from helpers.datasets.loading import fetch, load
from helpers.datasets.network_simulator import NetworkLog, simulate_network

__all__ = [
    "Card",
    "Dataset",
    "DatasetDamaged",
    "DatasetUnavailable",
    "FaultySeries",
    "NetworkLog",
    "UnknownDataset",
    "audit",
    "card",
    "fetch",
    "inject_faults",
    "load",
    "names",
    "simulate_network",
]
