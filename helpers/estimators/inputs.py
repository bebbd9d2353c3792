"""What detectors accept, and the one line they answer to anything else.

A detector's `input_kind` says which of three shapes it reads: "tabular"
(n, features), "windows" (n, steps, features) or "events" (n,) whole numbers. Every
message names the problem and the way out. Checks read big inputs in blocks, so they
never take memory of the size of the input.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from helpers._arrays import as_told

__all__ = [
    "blocks",
    "feature_names",
    "lost_digits",
    "named_as_fitted",
    "other_labels",
    "read_input",
]

BLOCK_VALUES = 2**20  # numbers read at a time: 8 MB of float64 ...
BLOCK_ROWS = 2**14  # ... and rows, because some detectors need more per row
_ROUNDINGS, _WHOLE = 1000, 2.0**53
LARGEST = {4: 1e16, 8: 1e100}  # by bytes per number: sums of squares stay finite

_SHAPES = {
    "tabular": (2, "a table (rows, features)"),
    "windows": (3, "an array of windows (n, steps, features)"),
    "events": (1, "a sequence of event numbers (n,)"),
}


def blocks(X: NDArray) -> Iterator[slice]:
    """Yield slices of rows of X that are small enough to work on at once."""
    width = max(1, int(np.prod(X.shape[1:])))
    rows = max(1, min(BLOCK_ROWS, BLOCK_VALUES // width))
    for start in range(0, len(X), rows):
        yield slice(start, start + rows)


def feature_names(X: Any) -> NDArray | None:
    """Return the column names of a frame whose columns are all text, or None.

    Of pandas, or of another library whose frames have `columns`, such as polars.
    """
    columns = getattr(X, "columns", None)
    if columns is None or callable(columns) or isinstance(X, type):
        return None
    named = all(isinstance(name, str) for name in columns)
    return np.asarray(list(columns), dtype=object) if named else None


def other_labels(X: Any) -> list[Any] | None:
    """Return the column labels of a pandas frame that are not all text, or None.

    scikit-learn knows no names of numbers or pairs; they say an order all the same.
    """
    if not isinstance(X, pd.DataFrame) or feature_names(X) is not None:
        return None
    return list(X.columns)


def named_as_fitted(rows: NDArray, estimator: Any) -> NDArray | pd.DataFrame:
    """Return rows (n, features) with the names that `estimator`, of the kit or of
    scikit-learn, was fitted with; as they are where it knows none, or not so many.
    """
    names = getattr(estimator, "feature_names_in_", None)
    if names is None or len(names) != rows.shape[-1]:
        return rows
    return pd.DataFrame(rows, columns=names)


def lost_digits(X: Any, array: NDArray, names: NDArray | None) -> str | None:
    """Say where floats blur the numbers of X (…, features), or None where nowhere.

    array: what `read_input` made of X. Blurred are whole numbers beyond 2^53 that were
    no floats, and a column that varies by less than a thousand roundings of its
    largest value, as a clock in nanoseconds does, or a sensor that nearly stands still.
    """
    if array.ndim < 2:
        return None
    columns = array.reshape(-1, array.shape[-1])
    low, high = columns.min(axis=0), columns.max(axis=0)
    largest = np.maximum(np.abs(low), np.abs(high)).astype(np.float64)
    whole = getattr(np.asarray(X), "dtype", np.dtype(float)).kind in "iu"
    rounding = float(np.finfo(array.dtype).eps) * largest
    with np.errstate(over="ignore"):
        span = high.astype(np.float64) - low
    blurred = np.flatnonzero((span > 0) & (span < _ROUNDINGS * rounding))
    beyond = np.flatnonzero(whole & (largest > _WHOLE))
    if len(beyond):
        told = f"has whole numbers as large as {largest[beyond[0]]:.3g}"
    elif len(blurred):
        place = blurred[0]
        told = f"varies by {span[place]:.3g} around {high[place]:.3g}"
    else:
        return None
    first = (beyond if len(beyond) else blurred)[0]
    column = f"{first}" if names is None else repr(names[first])
    return (
        f"column {column} {told}, of which {array.dtype} keeps few digits or none: "
        "scores of it are rounding; subtract its usual value before, or leave it out"
    )


def read_input(X: ArrayLike, input_kind: str, *, doing: str = "fit") -> NDArray:
    """Return X as a finite array of the shape that `input_kind` asks for.

    Floats keep their precision; whole numbers and booleans become floats (events stay
    whole). Raises `ValueError` on another shape, an empty input, text, or missing or
    infinite values; `doing` ("fit", "scoring") completes the advice.
    """
    names = feature_names(X)
    array = _to_array(X)
    _check_shape(array, input_kind)
    if input_kind == "events":
        return _as_events(array, doing)
    array = _as_floats(array, names)
    _check_finite(array, names, doing)
    return array


def _to_array(X: ArrayLike) -> NDArray:
    if sparse.issparse(X):
        raise ValueError("X is a sparse matrix; pass X.toarray()")
    if X is None:
        raise ValueError("X is None; pass the data to look at")
    if isinstance(X, pd.DataFrame):
        return _frame_to_array(X)
    if np.ma.is_masked(X):  # what is masked is missing, whatever number lies below
        return np.ma.filled(np.ma.masked_array(X, dtype=object), np.nan)
    try:
        array = np.asarray(X)
    except ValueError:
        raise ValueError("X has rows of different lengths; make them alike") from None
    _refuse_containers(array, X)
    return array


def _refuse_containers(array: NDArray, X: Any) -> None:
    """Raise `ValueError` for what numpy takes as one object, or as rows with names."""
    if array.dtype.names or (array.ndim == 1 and isinstance(next(iter(X), 0), Mapping)):
        raise ValueError("X is a list of records; pass pd.DataFrame(X)")
    if array.ndim == 0 and array.dtype == object:
        way_out = "pd.DataFrame(X)" if isinstance(X, Mapping) else "an array"
        raise ValueError(f"X is a {type(X).__name__}, not an array; pass {way_out}")


def _frame_to_array(frame: pd.DataFrame) -> NDArray:
    """Return the frame's values; mixed numeric columns become float64, not objects."""
    kinds = set(frame.dtypes)
    if len(kinds) == 1 and isinstance(next(iter(kinds)), np.dtype):
        return frame.to_numpy()
    if all(_is_real(kind) for kind in kinds):
        return frame.to_numpy(np.float64, na_value=np.nan)
    return frame.to_numpy(object)


def _is_real(kind: Any) -> bool:
    types = pd.api.types
    return types.is_numeric_dtype(kind) and not types.is_complex_dtype(kind)


def _check_shape(array: NDArray, input_kind: str) -> None:
    dimensions, wanted = _SHAPES[input_kind]
    if array.ndim != dimensions:
        raise ValueError(
            f"X has shape {array.shape}, but {wanted} is "
            f"wanted{_shape_advice(array.ndim, input_kind)}"
        )
    if not array.size:
        raise ValueError(_empty(array))


def _empty(array: NDArray) -> str:
    if len(array):
        return (
            f"X is empty: 0 feature(s) (shape={array.shape}) while a minimum of 1 is "
            "required."
        )
    return f"X is empty (shape={array.shape}); pass at least one row"


def _shape_advice(dimensions: int, input_kind: str) -> str:
    return {
        (0, "tabular"): "; pass a 2-D array",
        (1, "tabular"): ". Reshape your data: X.reshape(-1, 1) is one feature "
        "(X.to_frame() where X is a Series), X.reshape(1, -1) one row",
        (3, "tabular"): "; use X.reshape(len(X), -1) to flatten windows into rows",
        (1, "windows"): "; cut the series with helpers.windows.sliding_windows",
        (2, "windows"): "; use X[:, :, np.newaxis] for one feature, or cut the series "
        "with helpers.windows.sliding_windows",
        (2, "events"): "; use X.ravel() for a single column",
    }.get((dimensions, input_kind), "")


def _as_floats(array: NDArray, names: NDArray | None) -> NDArray:
    kind = array.dtype.kind
    if kind == "f" and array.dtype.itemsize in (4, 8):
        return array
    if kind in "biuf":
        return array.astype(np.result_type(array.dtype, np.float32), copy=False)
    if kind in "OSU":
        return _from_objects(array, names)
    if kind == "c":
        raise ValueError("Complex data not supported; pass X.real, or abs(X)")
    raise ValueError(f"X holds {array.dtype} values; turn them into numbers first")


def _from_objects(array: NDArray, names: NDArray | None) -> NDArray:
    cells = array.astype(object)
    for index, value in np.ndenumerate(cells):
        if _is_missing(value):
            cells[index] = np.nan
        elif not isinstance(value, Real | Decimal | np.bool_):
            raise ValueError(
                f"X is not numeric: it has {as_told(value)} in "
                f"{_position(index, names)}; {_conversion_advice(value)}"
            )
    try:
        return cells.astype(np.float64)
    except OverflowError:
        raise ValueError("X holds whole numbers too large for floats; rescale X") from (
            None
        )


def _is_missing(value: Any) -> bool:
    if isinstance(value, Decimal):
        return value.is_nan()  # pandas can't ask one that signals
    return bool(pd.api.types.is_scalar(value) and pd.isna(value))


def _conversion_advice(value: Any) -> str:
    if isinstance(value, str | bytes):
        return "encode text as numbers first"
    if isinstance(value, complex):
        return "Complex data not supported; pass the real part, or abs()"
    if isinstance(value, date | np.datetime64 | pd.Period):
        return "turn times into numbers first, such as the hour of the day"
    return "turn it into numbers first"


def _check_finite(array: NDArray, names: NDArray | None, doing: str) -> None:
    missing = infinite = 0
    first = None
    for rows in blocks(array):
        finite = np.isfinite(array[rows])
        if finite.all():
            _check_size(array[rows])
            continue
        if first is None:
            position = np.argwhere(~finite)[0]
            first = (int(position[0]) + rows.start, *position[1:])
        missing += np.isnan(array[rows]).sum()
        infinite += np.isinf(array[rows]).sum()
    if first is None:
        return
    kinds = ((missing, "missing (NaN)"), (infinite, "infinite (inf)"))
    counted = " and ".join(f"{amount} {kind}" for amount, kind in kinds if amount)
    plural = "s" if missing + infinite > 1 else ""
    raise ValueError(
        f"X has {counted} value{plural}, first in {_position(first, names)}; "
        f"fill or drop them before {doing}"
    )


def _check_size(array: NDArray) -> None:
    largest = max(float(array.max()), -float(array.min()))
    if largest > LARGEST.get(array.dtype.itemsize, LARGEST[8]):
        raise ValueError(
            f"X holds values as large as {largest:.3g}, too large to square as "
            f"{array.dtype}; rescale X"
        )


def _as_events(array: NDArray, doing: str) -> NDArray:
    numbers = _as_floats(array, None) if array.dtype.kind not in "iu" else array
    if numbers.dtype.kind == "f":
        _check_finite(numbers, None, doing)
        if (numbers != np.floor(numbers)).any():
            raise ValueError("X holds fractions; events are whole numbers (token ids)")
    if numbers.min() < 0:
        raise ValueError(
            f"X holds {numbers.min():g}; event numbers start at 0: renumber the events"
        )
    return numbers.astype(np.int64, copy=False)


def _position(index: tuple[int, ...], names: NDArray | None) -> str:
    if len(index) == 1:
        return f"position {index[0]}"
    if len(index) == 3:
        return f"window {index[0]}, step {index[1]}, feature {index[2]}"
    column = index[1] if names is None else repr(names[index[1]])
    return f"row {index[0]}, column {column}"
