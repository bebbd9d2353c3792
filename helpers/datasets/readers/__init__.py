"""One function per file format or family: Card in, Dataset out.

A card names its reader and its files; a further set of a known family (another KEEL
table, another ADBench archive, another NAB series) needs a card and a registry entry,
and no code.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from helpers.datasets.cards import Card
from helpers.datasets.dataset import Dataset
from helpers.datasets.readers import kdd, logs, odds, series, tabular

Reader = Callable[[Card], Dataset]

READERS: Mapping[str, Reader] = MappingProxyType(
    {
        "heart": tabular.heart,
        "keel": tabular.keel,
        "labelled_csv": tabular.labelled_csv,
        "covtype": tabular.covtype,
        "npz": tabular.npz,
        "matlab": tabular.matlab,
        "matlab73": tabular.matlab73,
        "satellite": odds.satellite,
        "satimage2": odds.satimage2,
        "optdigits": odds.optdigits,
        "breastw": odds.breastw,
        "wbc": odds.wbc,
        "scikit_learn": odds.scikit_learn,
        "elecdemand": series.elecdemand,
        "stamped": series.stamped,
        "plain_series": series.plain_series,
        "twin_series": series.twin_series,
        "ucr": series.ucr,
        "power_demand": series.power_demand,
        "nab": series.nab,
        "nab_labels": series.nab_labels,
        "kdd99": kdd.kdd99,
        "keel_pair": kdd.keel_pair,
        "nsl_kdd": kdd.nsl_kdd,
        "deepad_split": kdd.deepad_split,
        "deepad_train": kdd.deepad_train,
        "sessions": logs.sessions,
        "log_lines": logs.log_lines,
        "table": logs.table,
    }
)
