"""Parameters set after `fit`: what they were, and whether they are that still."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import numpy as np

from helpers._arrays import as_told

__all__ = ["as_kept", "as_settings", "is_same"]

_CAN_CHANGE = (list, dict, set, np.ndarray)
_SIMPLE = frozenset({bool, int, float, str})


def as_kept(value: Any) -> Any:
    """Return `value`, or a copy where it could be changed in place."""
    return deepcopy(value) if isinstance(value, _CAN_CHANGE) else value


def is_same(value: Any, kept: Any) -> bool:
    """Say whether two values of a parameter mean the same: (4, 2) and [4, 2] do.

    1 and 1.0 do not: as `max_samples` one is a row, the other all of them.
    """
    if value is kept:
        return True
    kind = type(value)
    if kind is type(kept):
        if kind in _SIMPLE:
            return bool(value == kept) or (value != value and kept != kept)  # NaN
        if kind is list and _are_equal_and_simple(value, kept):
            return True  # what the last line says, too: later
    if isinstance(value, np.ndarray) and isinstance(kept, np.ndarray):
        return np.array_equal(value, kept)
    return repr(_plain(value)) == repr(_plain(kept))


def as_settings(values: Mapping[str, Any]) -> str:
    """Return "nu=0.5, gamma='scale'", in one line."""
    return ", ".join(f"{name}={as_told(value)}" for name, value in values.items())


def _are_equal_and_simple(value: list, kept: list) -> bool:
    types = [*map(type, value)]
    return _SIMPLE.issuperset(types) and types == [*map(type, kept)] and value == kept


def _plain(value: Any) -> Any:
    """Return a number or sequence of numpy as Python's, a list as a tuple."""
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return tuple(_plain(part) for part in value)
    return value
