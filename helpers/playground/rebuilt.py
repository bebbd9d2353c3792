"""What a detector rebuilds, row by row: each feature's value, and its error."""

from collections.abc import Sequence, Sized
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from helpers._arrays import as_floats, as_values
from helpers.playground.pages import BLANK, Playground, filled, rounded
from helpers.text import count, number

_ROWS = 40  # that a page holds
_STEPS = 400  # features or time steps of a row


def rebuilt_playground(
    X: ArrayLike,
    rebuilt: ArrayLike,
    *,
    names: Sequence[str] | None = None,
    scores: ArrayLike | None = None,
    rows: Sequence[Any] | None = None,
    title: str = "What the network rebuilds",
) -> Playground:
    """Return a page that shows rows of X beside what `detector.reconstruct(X)` made.

    X, rebuilt : rows (n, features), or windows of one series (n, steps), at most 40
    names : of the features; without them the values are steps of a window, drawn as a
        line. `rows` : what each row is called. `scores` (n,) : of the detector

    Features are drawn in units of their own range over the rows shown, so that a large
    one doesn't hide the others. Raises `ValueError` for arrays that don't belong
    together, and for more rows than a page holds.
    """
    values, made = _tables(X, rebuilt)
    low, span = _ranges(values, made, each=names is not None)
    numbered = [f"row {each}" for each in range(len(values))]
    labels = numbered if rows is None else [str(each) for each in rows]
    told = None if scores is None else as_values(scores)
    _one_each(labels, len(values), "names of rows", "rows")
    _one_each(told, len(values), "scores", "rows")
    _one_each(names, values.shape[1], "names", "features")
    data = {
        "x": [rounded(row) for row in values],
        "r": [rounded(row) for row in made],
        "low": rounded(low),
        "span": rounded(span),
        "names": None if names is None else [str(name) for name in names],
        "rows": labels,
        "scores": None if told is None else rounded(told),
        "title": title,
    }
    return Playground(
        filled("rebuilt.html", data, title),
        _told(values, made, span, names, labels),
        title,
        460 if names is None else min(230 + 18 * len(names), 860),
    )


def _tables(X: ArrayLike, rebuilt: ArrayLike) -> tuple[NDArray, NDArray]:
    values, made = (
        np.asarray(as_floats(a, n)) for a, n in ((X, "X"), (rebuilt, "rebuilt"))
    )
    if values.shape == made.shape and values.ndim == 3 and values.shape[2] == 1:
        values, made = values[:, :, 0], made[:, :, 0]
    if values.ndim != 2 or values.shape != made.shape:
        raise ValueError(
            "X and rebuilt are tables of one shape (rows, features); got "
            f"{values.shape} and {made.shape}"
        )
    rows, features = values.shape
    if not 1 <= rows <= _ROWS:
        raise ValueError(
            f"a page holds 1 to {_ROWS} rows; got {rows}: choose, as X[:40]"
        )
    if not 1 <= features <= _STEPS:
        raise ValueError(f"a page holds 1 to {_STEPS} features; got {features}")
    if not (np.isfinite(values).all() and np.isfinite(made).all()):
        raise ValueError("X and rebuilt must be finite: fill or drop missing values")
    return values, made


def _ranges(values: NDArray, made: NDArray, *, each: bool) -> tuple[NDArray, NDArray]:
    """Return the least value and the range, of each feature or of all together."""
    both = np.stack([values, made])
    axes = (0, 1) if each else None
    low = np.broadcast_to(both.min(axis=axes), values.shape[1:])
    span = np.broadcast_to(both.max(axis=axes), values.shape[1:]) - low
    return low, np.where(span > 0, span, 1)


def _one_each(given: Sized | None, wanted: int, what: str, of: str) -> None:
    if given is not None and len(given) != wanted:
        raise ValueError(f"{len(given)} {what} for {wanted} {of}: one each, please")


def _told(
    values: NDArray,
    made: NDArray,
    span: NDArray,
    names: Sequence[str] | None,
    rows: list[str],
) -> str:
    errors = np.square(values - made)
    worst = int(errors.mean(axis=1).argmax())
    where = int((errors[worst] / span**2).argmax())
    part = f"step {where}" if names is None else str(names[where])
    return (
        f"{count(len(values), 'row')} and what was rebuilt of them. Largest mean "
        f"squared error: {rows[worst]}, {number(errors[worst].mean())}, furthest off "
        f"in {part}. {BLANK}"
    )
