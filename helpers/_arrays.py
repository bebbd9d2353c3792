"""Turn what a user passes into plain arrays, or say in one line what is wrong."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]

_REAL = int | float | np.integer | np.floating
_MOST_LETTERS = 60
LARGEST_SIZE = 2**31 - 1  # of what is built: layers, trees
HEAVIEST = 1e30  # a weight beyond leaves the range of single precision


def as_told(value: object) -> str:
    """Return `value` as a message shows it: in one line, and cut where it is long."""
    if isinstance(value, np.number | np.bool_ | np.str_):
        value = value.item()  # 0, not np.int64(0)
    return " ".join(repr(value).split())[:_MOST_LETTERS]


def as_values(values: ArrayLike, name: str = "scores", *, least: int = 1) -> Floats:
    """Return `values` as a finite 1-D float array of at least `least` numbers.

    Lists, Series and one-column tables are accepted. Raises `ValueError` on text,
    NaN, infinity, more than one column, or too few numbers.
    """
    array = as_floats(values, name)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise ValueError(f"{name} must be one number per row; got shape {array.shape}")
    if len(array) < least:
        numbers = "number" if least == 1 else "numbers"
        raise ValueError(
            f"{name} must hold at least {least} {numbers}; got {len(array)}"
        )
    bad = np.flatnonzero(~np.isfinite(array))
    if len(bad):
        raise ValueError(
            f"{name} has {len(bad)} missing or infinite values "
            f"(first at position {bad[0]}); fill or drop them first"
        )
    return array


def as_table(values: ArrayLike, name: str, *, columns: int | None = None) -> Floats:
    """Return `values` as a non-empty 2-D float array, with `columns` columns if given.

    Raises `ValueError` on text, another shape, or an empty table.
    """
    array = as_floats(values, name)
    if array.ndim != 2 or not array.size:
        raise ValueError(f"{name} must be a table of rows; got shape {array.shape}")
    if columns is not None and array.shape[1] != columns:
        raise ValueError(
            f"{name} must have {columns} columns to be drawn; it has "
            f"{array.shape[1]}: choose {columns} features or project with PCA"
        )
    return array


def as_labels(labels: ArrayLike, name: str = "y_true") -> Labels:
    """Return `labels` as a 1-D array of 0 (normal) and 1 (anomaly).

    Raises `ValueError` on any other value, naming the usual causes.
    """
    try:
        array = as_values(labels, name)
    except ValueError as error:
        raise ValueError(f"{error}{_text_hint(labels, name)}") from None
    strange = np.setdiff1d(array, (0.0, 1.0))
    if not len(strange):
        return array.astype(np.int64)
    shown = ", ".join(f"{value:g}" for value in strange[:3])
    raise ValueError(
        f"{name} must hold 0 (normal) and 1 (anomaly) only; it has {shown}"
        f"{_number_hint(array, strange, name)}"
    )


def _text_hint(labels: ArrayLike, name: str) -> str:
    cells = np.asarray(labels, dtype=object).flat
    text = next((str(cell) for cell in cells if isinstance(cell, str)), None)
    if text is None:
        return ""
    return f"; if {text[:30]!r} is the anomaly: ({name} == {text[:30]!r}).astype(int)"


def _number_hint(array: Floats, strange: Floats, name: str) -> str:
    if strange[0] == -1:
        return f"; scikit-learn's -1/1 becomes ({name} == -1).astype(int)"
    if len(np.unique(array)) > 2:
        return ""
    odd = f"{strange[-1]:g}"
    return f"; if {odd} is the anomaly: ({name} == {odd}).astype(int)"


def as_labelled_scores(y: ArrayLike, scores: ArrayLike) -> tuple[Labels, Floats]:
    """Return labels and scores of the same length, with both classes present.

    Where both are pandas, scores are put into the order of y's index: see `aligned`.
    Raises `ValueError` where lengths or indices differ or only one class is there.
    """
    scores = aligned(y, scores, names=("y_true", "scores"))
    labels, values = as_labels(y), as_values(scores)
    same_length(labels, values, names=("y_true", "scores"))
    if labels.min() == labels.max():
        kind = "anomalies" if labels[0] else "normal rows"
        raise ValueError(
            f"y_true holds only {kind} ({len(labels)} rows); "
            "a score can be judged only where both 0 and 1 occur"
        )
    return labels, values


def aligned(first: Any, second: Any, *, names: tuple[str, str]) -> Any:
    """Return `second` in the order of `first`, where both are pandas with an index.

    What is no pandas is returned as it is: then rows go by position. Raises
    `ValueError` where the indices hold different labels, or one label twice in another
    order.
    """
    pandas = pd.Series | pd.DataFrame
    if not (isinstance(first, pandas) and isinstance(second, pandas)):
        return second
    ours, theirs = first.index, second.index
    if len(ours) != len(theirs) or ours.equals(theirs):
        return second
    way_out = f"give both one index, or pass {names[1]}.to_numpy() to go by position"
    if not (ours.is_unique and theirs.is_unique):
        raise ValueError(
            f"{names[0]} and {names[1]} have different indices, with labels that are "
            f"there twice; {way_out}"
        )
    places = theirs.get_indexer(ours)
    if (places < 0).any():  # as many labels here, so one is missing there
        odd, name = theirs[ours.get_indexer(theirs) < 0], names[1]
        if not len(odd):  # texts of moments: pandas finds them among moments
            odd, name = ours[places < 0], names[0]
        raise ValueError(
            f"{names[0]} and {names[1]} have different indices: {as_told(odd[0])} is "
            f"only in that of {name}; {way_out}"
        )
    return second.iloc[places]


def same_length(*arrays: np.ndarray, names: Iterable[str]) -> None:
    """Raise `ValueError` unless all `arrays` have the same number of rows."""
    lengths = [len(array) for array in arrays]
    if len(set(lengths)) > 1:
        pairs = " and ".join(
            f"{name} has {length} rows"
            for name, length in zip(names, lengths, strict=True)
        )
        raise ValueError(f"{pairs}; they must be equally long")


def as_count(
    value: object, name: str, *, least: int = 0, most: int | None = None
) -> int:
    """Return `value` as an int from `least` to `most`, or raise `ValueError`."""
    if (
        not isinstance(value, int | np.integer)
        or isinstance(value, bool)
        or value < least
    ):
        raise ValueError(
            f"{name} must be a whole number of at least {least}; got {as_told(value)}"
        )
    if most is not None and value > most:
        raise ValueError(f"{name} must be at most {most}; got {as_told(value)}")
    return int(value)


def as_number(
    value: object,
    name: str,
    *,
    least: float,
    above: bool = False,
    below: float | None = None,
) -> float:
    """Return `value` as a finite float, at least (or strictly above) `least`.

    With `below` it must be less than that, too. Raises `ValueError` on anything else.
    """
    number = _finite_float(value)
    if number is None or number < least or (above and number == least):
        word = "above" if above else "of at least"
        raise ValueError(
            f"{name} must be a number {word} {least:g}; got {as_told(value)}"
        )
    if below is not None and number >= below:
        raise ValueError(f"{name} must be below {below:g}; got {as_told(value)}")
    return number


def as_several(value: object) -> list[Any]:
    """Return what `value` holds; a text, or one thing alone, is a list of one."""
    if isinstance(value, str) or not isinstance(value, Iterable):
        return [value]
    return list(value)


def check_choice(value: object, name: str, choices: tuple) -> None:
    """Raise `ValueError` unless `value` is one of `choices`."""
    if not (value is None or isinstance(value, str)) or value not in choices:
        told = ", ".join(map(repr, choices))
        raise ValueError(f"{name} must be one of {told}; got {as_told(value)}")


def check_flag(value: object, name: str) -> None:
    """Raise `ValueError` unless `value` is True or False."""
    if not isinstance(value, bool | np.bool_):
        raise ValueError(f"{name} must be True or False; got {as_told(value)}")


def check_seed(value: object, name: str = "random_state") -> None:
    """Raise `ValueError` unless NumPy's old generator can be seeded with `value`."""
    if value is None or value is np.random or isinstance(value, np.random.RandomState):
        return
    try:
        as_count(value, name, most=2**32 - 1)
    except ValueError:
        raise ValueError(
            f"{name} must be None, a whole number from 0 to 2**32 - 1, or a numpy "
            f"RandomState; got {as_told(value)}"
        ) from None


def as_generator(value: object, name: str = "random_state") -> np.random.Generator:
    """Return NumPy's generator for a seed: a whole number, None, or a generator.

    Raises `ValueError` on anything else.
    """
    if value is None or isinstance(value, np.random.Generator):
        return np.random.default_rng(value)
    try:
        return np.random.default_rng(as_count(value, name))
    except ValueError:
        raise ValueError(
            f"{name} must be None, a whole number of at least 0, or a numpy "
            f"Generator; got {as_told(value)}"
        ) from None


def _finite_float(value: object) -> float | None:
    """Return a real, finite number as a float, None for anything else."""
    if isinstance(value, bool) or not isinstance(value, _REAL):
        return None
    try:
        number = float(value)
    except OverflowError:  # a whole number that is too large
        return None
    return number if np.isfinite(number) else None


def check_threshold(threshold: object) -> None:
    """Raise `ValueError` unless `threshold` is None or one finite number."""
    if threshold is None:
        return
    if _finite_float(threshold) is None:
        raise ValueError(
            "threshold must be one number, frozen before the test set is read; "
            f"got {as_told(threshold)}"
        )


def _from_objects(cells: NDArray) -> Floats:
    """Return objects as floats, what is missing as NaN.

    Raises `TypeError` for text, digits too: nobody reads "1" as a number here, and for
    whatever else is no number.
    """
    found = np.empty(cells.shape)
    for index, cell in np.ndenumerate(cells):
        if isinstance(cell, str | bytes):
            raise TypeError(
                f"it has the text {str(cell)[:30]!r}; turn text into numbers"
            )
        if cell is None or cell is pd.NA or cell is pd.NaT:
            found[index] = np.nan
        elif isinstance(cell, Real | Decimal | np.bool_):
            found[index] = float(cell)
        else:
            raise TypeError(f"it has {as_told(cell)}, which is no number")
    return found


def _as_array(values: ArrayLike) -> NDArray:
    """Return what is a sequence of rows as an array; raise `TypeError` otherwise."""
    if sparse.issparse(values):
        raise TypeError("it is a sparse matrix; pass .toarray()")
    try:
        array = np.asarray(values)
    except ValueError:
        raise TypeError("its rows differ in length") from None
    if array.ndim == 0 and array.dtype == object and not isinstance(values, Decimal):
        raise TypeError(f"it is a {type(values).__name__}; pass a list or an array")
    return array


def as_floats(values: ArrayLike, name: str, *, keep_single: bool = False) -> NDArray:
    """Return `values` as a float64 array of any shape; NaN may be among them.

    With `keep_single` float32 stays float32, so that nothing is copied. Masked values
    become NaN. Raises `ValueError` on what is no number: text, dates,
    complex numbers, rows of different lengths.
    """
    if values is None:
        raise ValueError(f"{name} is None; pass numbers")
    if np.ma.is_masked(values):
        values = np.ma.filled(np.ma.masked_array(values, dtype=object), np.nan)
    try:
        array = _as_array(values)
        if keep_single and array.dtype == np.float32:
            return array
        if array.dtype.kind == "O":
            return _from_objects(array)
        if array.dtype.kind in "biuf":
            return array.astype(np.float64, copy=False)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"{name} must be numbers, all rows alike: {error}") from None
    raise ValueError(f"{name} must be numbers; got {array.dtype}")


def coded(texts: Sequence[str]) -> tuple[NDArray[np.int64], list[str]]:
    """Return each text's place (n,) among the texts that differ, and these texts.

    As `pandas.factorize` does it; but pandas before 3 reads a text up to its first NUL
    only. Raises `TypeError` where something is no text.
    """
    if "\0" in "".join(texts):
        places: dict[str, int] = {}
        codes = [places.setdefault(text, len(places)) for text in texts]
        return np.array(codes, np.int64), list(places)
    values = np.empty(len(texts), object)
    values[:] = texts
    found, names = pd.factorize(values)
    return found, [str(name) for name in names]
