"""`load` and `fetch`: from a name to data, from a name to files on this machine."""

from helpers.datasets.cards import card
from helpers.datasets.dataset import Dataset
from helpers.datasets.files import read_file
from helpers.datasets.readers import READERS


def load(name: str) -> Dataset:
    """Return the data set `name`: X, y (1 = anomaly), feature_names, card and extra.

    Every call reads the files afresh, checked against their SHA-256. Raises
    `UnknownDataset` for a name that no data set has, `DatasetUnavailable` when a file
    is not here and can't be fetched, `DatasetDamaged` for a torn or changed file.

    >>> load("shuttle")
    <shuttle: 49,097 rows, 9 features, 3,511 anomalies (7.15 %)>
    """
    found = card(name)
    return READERS[found.reader](found)


def fetch(name: str) -> None:
    """Make all files of a data set present and sound on this machine.

    Downloads what is missing into the cache; raises as `load` does.
    """
    for file in card(name).files:
        read_file(file)
