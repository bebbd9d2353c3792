"""Counts over many lines, for what no single line shows."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["daily_connections"]


def daily_connections(records: pd.DataFrame) -> NDArray[np.int64]:
    """Return for each line how many of its day have its source and destination (n,).

    `records` is a table of `read_log` or of `simulate_network`. Days are those of the
    clock in `time`; what goes on past midnight is counted afresh. A line without time,
    source or destination counts with those that lack the same.

    Raises `ValueError` where one of the three columns is missing.
    """
    missing = [
        name for name in ("time", "source", "destination") if name not in records
    ]
    if missing:
        raise ValueError(
            f"the log has no {' and no '.join(missing)}; pass a table of read_log"
        )
    day = pd.to_datetime(records["time"]).dt.date.rename("day")
    groups = records.groupby(
        [day, "source", "destination"], dropna=False, observed=True
    )
    return groups["source"].transform("size").to_numpy(dtype=np.int64)
