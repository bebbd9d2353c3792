"""Streams: where rows come from, and detectors that go on learning from them.

`StreamRun(OnlineDetector(...), CsvSource(...), known_labels()).run()` puts them
together, as `workshop stream` does. Names are imported when they are asked for: every
`workshop` command loads this package, and none but its own should wait for
scikit-learn.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from helpers.streams.kafka import KafkaSource, publish
    from helpers.streams.online import OnlineDetector
    from helpers.streams.refitted import RefittedDetector
    from helpers.streams.reports import period_table, update_batches
    from helpers.streams.rows import (
        START,
        Batch,
        Position,
        Rows,
        Source,
        batches,
    )
    from helpers.streams.running import StreamRun, known_labels, read_record
    from helpers.streams.sources import CsvSource, IteratorSource

__all__ = [
    "START",
    "Batch",
    "CsvSource",
    "IteratorSource",
    "KafkaSource",
    "OnlineDetector",
    "Position",
    "RefittedDetector",
    "Rows",
    "Source",
    "StreamRun",
    "batches",
    "known_labels",
    "period_table",
    "publish",
    "read_record",
    "update_batches",
]

_MODULES = ("rows", "kafka", "online", "refitted", "reports", "running", "sources")


def __getattr__(name: str) -> Any:
    """Return one of the names above from the module that has it."""
    if name in __all__:
        for module in _MODULES:
            found = import_module(f"helpers.streams.{module}")
            if name in getattr(found, "__all__", ()):
                return getattr(found, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
