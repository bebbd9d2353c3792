"""Streams: where rows come from, and detectors that go on learning from them.

`StreamRun(OnlineDetector(...), CsvSource(...), known_labels()).run()` puts them
together, as `workshop stream` does.
"""

from helpers.streams.batches import START, Batch, Position, Rows, Source, batches
from helpers.streams.kafka import KafkaSource, publish
from helpers.streams.online import OnlineDetector
from helpers.streams.refitted import RefittedDetector
from helpers.streams.reports import period_table, update_batches
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
