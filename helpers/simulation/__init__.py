"""What makes data: logs with attacks, series with faults, streams that drift.

`simulate_network` makes the log of an office network, with attacks and ground truth;
`inject_faults` puts faults into a series that has none, at points that are then known,
`faulty_demand` draws days of electricity demand with such faults, and `drawn_part`
parts of the bundled ODDS sets;
`class_by_class` and its neighbours make a stream with known drifts out of a table;
`simulate_trace` makes the event trace of a kernel, normal or disturbed.
"""

from helpers.simulation.demand import faulty_demand
from helpers.simulation.drift import (
    Drift,
    RowStream,
    change_label,
    class_after_class,
    class_by_class,
    insert_chunks,
)
from helpers.simulation.faults import FaultySeries, inject_faults
from helpers.simulation.network import NetworkLog, simulate_network
from helpers.simulation.parts import DrawnPart, distance_from_mean, drawn_part
from helpers.simulation.traces import Trace, simulate_trace

__all__ = [
    "DrawnPart",
    "Drift",
    "FaultySeries",
    "NetworkLog",
    "RowStream",
    "Trace",
    "change_label",
    "class_after_class",
    "class_by_class",
    "distance_from_mean",
    "drawn_part",
    "faulty_demand",
    "inject_faults",
    "insert_chunks",
    "simulate_network",
    "simulate_trace",
]
