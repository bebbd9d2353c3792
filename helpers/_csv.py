"""Decimals from CSV are read to their last digit, whichever pandas is installed."""

from typing import Any

import pandas as pd
from packaging.version import Version

# From 3.1 pandas does so by itself, and warns of the option; before, it rounds anew.
EXACT: dict[str, Any] = (
    {}
    if Version(pd.__version__) >= Version("3.1")
    else {"float_precision": "round_trip"}
)
