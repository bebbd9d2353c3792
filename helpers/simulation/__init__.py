"""What makes data: a network's log with attacks, and faults put into a series.

`simulate_network` makes the log of an office network, with attacks and ground truth;
`inject_faults` puts faults into a series that has none, at points that are then known.
"""

from helpers.simulation.faults import FaultySeries, inject_faults
from helpers.simulation.network import NetworkLog, simulate_network

__all__ = [
    "FaultySeries",
    "NetworkLog",
    "inject_faults",
    "simulate_network",
]
