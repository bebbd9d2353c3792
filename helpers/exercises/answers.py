"""Guards that checks share: read an answer, or say in one line what was expected.

They raise `CannotCheck` for an answer of the wrong kind, so that a check can go on to
the idea. None of them changes the answer.
"""

import math
from collections.abc import Callable, Iterator, KeysView, ValuesView
from decimal import Decimal
from itertools import islice
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from helpers.exercises.outcomes import CannotCheck, NotAttempted, Wrong
from helpers.text import first_line

KINDS = {
    "ndarray": "NumPy array",
    "int": "whole number",
    "str": "text",
    "str_": "text",
    "type": "class",
    "NAType": "missing value",
    "NoneType": "None",
    "ellipsis": "`...`",
}


def kind(answer: Any) -> str:
    """Return a short name for what `answer` is, without calling its own code."""
    name = type(answer).__name__
    return KINDS.get(name, name)


def _one(answer: Any) -> str:
    return "None" if answer is None else f"a {kind(answer)}"


def _is(answer: Any, types: type | tuple[type, ...]) -> bool:
    # isinstance would ask the answer for its __class__, which may raise
    return issubclass(type(answer), types)


def as_number(answer: Any, what: str) -> float:
    """Return `answer` as a finite float; `what` names it in the message.

    An array or a list with one entry is a number too, and so is such a tensor.
    """
    answer = _only_entry(answer)
    if _is(answer, str):
        raise CannotCheck(f"{what} should be a number without quotes; yours is a text.")
    if _is(answer, (bool, np.bool_)) or not _is(answer, (Real, Decimal)):
        raise CannotCheck(f"{what} should be one number; yours is {_one(answer)}.")
    try:
        number = float(answer)
    except (OverflowError, TypeError, ValueError):
        raise CannotCheck(f"{what} is not a number of ordinary size.") from None
    if not math.isfinite(number):
        raise CannotCheck(f"{what} should be a finite number; yours is {number}.")
    return number


def _only_entry(answer: Any) -> Any:
    """Return the one entry of a list, an array or a tensor, else the answer."""
    if not _is(answer, (list, tuple)) and not hasattr(type(answer), "__array__"):
        return answer
    try:
        array = np.asarray(answer)
    except Exception:
        return answer
    return array.ravel()[0] if array.size == 1 else answer


def as_array(
    answer: Any,
    what: str,
    *,
    length: int | None = None,
    dimensions: int = 1,
    finite: bool = True,
) -> np.ndarray:
    """Return `answer` as a float array of `dimensions` axes, `length` rows.

    A table of one row or one column is an array of one axis too, and so is what a
    generator gives. NaN and infinite values are refused, unless `finite` is False.
    """
    array = _as_floats(_collected(answer, what), what)
    if dimensions == 1 and array.ndim == 2 and 1 in array.shape:
        array = array.ravel()
    if array.ndim == 0:
        raise CannotCheck(f"{what} should be an array; yours is a single number.")
    if array.ndim != dimensions:
        raise CannotCheck(
            f"{what} should have {dimensions} dimension{'s' * (dimensions > 1)}; "
            f"yours has {array.ndim} (shape {array.shape})."
        )
    if length is not None and len(array) != length:
        raise CannotCheck(
            f"{what} should have {length} entries; yours has {len(array)}."
        )
    if finite and not np.isfinite(array).all():
        raise CannotCheck(
            f"There are NaN or infinite values in {what}; only numbers can be checked."
        )
    return array


_MOST_ENTRIES = 1_000_000  # that a generator may give


def _collected(answer: Any, what: str) -> Any:
    """Return what an iterator or a view of a dict gives as a list, else the answer."""
    if not _is(answer, (Iterator, KeysView, ValuesView)):
        return answer
    try:
        entries = list(islice(answer, _MOST_ENTRIES + 1))
    except Exception as error:
        raise CannotCheck(
            f"{what} is a {kind(answer)} that raised {type(error).__name__}: "
            f"{first_line(error)}"
        ) from None
    if len(entries) > _MOST_ENTRIES:
        raise CannotCheck(f"{what} is a {kind(answer)} that does not come to an end.")
    return entries


# what NumPy would silently turn into numbers, by the kind of its dtype
_NO_NUMBERS = {"U": "texts", "S": "texts", "c": "complex numbers"}
_NO_NUMBERS |= {"M": "dates", "m": "stretches of time"}


def _as_floats(answer: Any, what: str) -> np.ndarray:
    """Return `answer` as an array of floats; texts and dates are no numbers."""
    asked = f"{what} should be an array of numbers"
    if answer is None or answer is ...:
        raise CannotCheck(f"{asked}; yours is {kind(answer)}.")
    try:
        plain = np.asarray(answer)
        held = _NO_NUMBERS.get(plain.dtype.kind)
        if plain.dtype.kind == "O" and any(_is(one, str) for one in plain.flat):
            held = "texts"
        array = None if held else np.asarray(answer, dtype=float)
    except Exception as error:
        uneven = " of unequal rows" if "inhomogeneous" in first_line(error) else ""
        raise CannotCheck(f"{asked}; yours is {_described(answer)}{uneven}.") from None
    if array is None:
        raise CannotCheck(f"{asked}; yours holds {held}.")
    return array


def _described(answer: Any) -> str:
    """Return the kind of an answer, and of its first entry where that says more."""
    if _is(answer, np.ndarray) and answer.size:
        return f"a {kind(answer)} whose first entry is {_one(answer.flat[0])}"
    return _one(answer)


def as_flags(answer: Any, what: str, *, length: int) -> np.ndarray:
    """Return `answer` as a boolean array; 0/1 and True/False are both fine."""
    array = as_array(answer, what, length=length)
    if not np.isin(array, (0.0, 1.0)).all():
        other = array[~np.isin(array, (0.0, 1.0))][0]
        raise CannotCheck(
            f"{what} should hold only 0 and 1 (or False and True); "
            f"yours holds {other:g}."
        )
    return array.astype(bool)


def as_indices(answer: Any, what: str) -> set[int]:
    """Return `answer` as a set of whole numbers (positions, ids)."""
    array = as_array(list(answer) if _is(answer, (set, frozenset)) else answer, what)
    if not (array == np.round(array)).all():
        raise CannotCheck(f"{what} should hold whole numbers (positions).")
    return {int(value) for value in array}


def as_function(answer: Any, what: str) -> Callable:
    """Return `answer` if it can be called."""
    if not callable(answer) or _is(answer, type):
        raise CannotCheck(f"{what} should be a function; yours is {_one(answer)}.")
    return answer


def as_estimator(answer: Any, what: str, *methods: str) -> object:
    """Return `answer` if it is an object (not a class) that has all `methods`."""
    if _is(answer, type):
        raise CannotCheck(
            f"{what} is the class itself; call it to make an object: ...()"
        )
    missing = [
        name for name in methods if not callable(getattr(type(answer), name, None))
    ]
    if missing:
        raise CannotCheck(
            f"{what} should be an estimator; yours is {_one(answer)} "
            f"without {missing[0]}()."
        )
    return answer


def is_fitted(estimator: object) -> bool:
    """Say whether a scikit-learn estimator (see `as_estimator`) has been fitted."""
    from sklearn.exceptions import NotFittedError
    from sklearn.utils.validation import check_is_fitted

    try:
        check_is_fitted(estimator)
    except (NotFittedError, TypeError):
        return False
    return True


_BRACKETS = ". Join comparisons of arrays with | and &, each one in brackets."
_WHOLE_ARRAYS = ". It gets whole arrays: np.log, not math.log."
_NO_FUNCTION = (
    ". You call something that is no function: a parameter of that name? Or do the "
    "parameters stand in another order than in the exercise?"
)
_NO_SERIES = ". The check gives a NumPy array; pd.Series(...) makes a Series of it."
_NO_ARRAY = (
    ". Square brackets follow something that is no array. Do the parameters stand in "
    "another order than in the exercise?"
)
_ADVICE = {  # what learners meet most often, by the words of the error
    "truth value of a": _BRACKETS,
    "'bitwise_or' not supported": _BRACKETS,
    "'bitwise_and' not supported": _BRACKETS,
    "can be converted to Python scalars": _WHOLE_ARRAYS,
    "object is not callable": _NO_FUNCTION,
    "object is not subscriptable": _NO_ARRAY,
    "'numpy.ndarray' object has no attribute": _NO_SERIES,
    "inhomogeneous": ". The rows that you collect are not equally long.",
    "identically-labeled": (
        ". One side has one number per group, the other one per row: "
        "groupby(...).transform(...) gives one per row."
    ),
}


def call(function: Callable, *arguments: object) -> object:
    """Return `function(*arguments)`; a blank result is a blank answer.

    Raises `NotAttempted` when it returns None or `...`, be it as one of several things,
    and `CannotCheck` with the error's own line when it raises.
    """
    name = getattr(function, "__name__", "your function")
    try:
        result = function(*arguments)
    except Exception as error:
        reason = first_line(error)
        advice = next((tip for words, tip in _ADVICE.items() if words in reason), "")
        reason = reason.rstrip(".") if advice else reason
        raise CannotCheck(
            f"{name}() raised {type(error).__name__} when the check called it: "
            f"{reason}{advice}"
        ) from None
    if result is None or result is ...:
        raise NotAttempted(
            f"{name}() returns nothing: replace the `...`, or add the missing `return`,"
        )
    if _is(result, tuple) and any(part is None or part is ... for part in result):
        raise NotAttempted(
            f"One of the things that {name}() returns is still blank: fill it in"
        )
    return result


def same_values(a: np.ndarray, b: np.ndarray, tolerance: float = 1e-6) -> bool:
    """Return whether two arrays have one shape, and values that differ by rounding."""
    return a.shape == b.shape and np.allclose(a, b, atol=tolerance)


def as_values(answer: Any) -> Any:
    """Return an answer as what `alike` compares, whatever its form.

    A number, a truth value, a text or a date stays; a list, an array, a Series, a
    column of one table or what a generator gives becomes an array; a tuple, the several
    things that a function returns, a tuple of such; sets and dicts are kept as such.
    """
    if _is(answer, tuple):
        return tuple(as_values(part) for part in answer)
    if _is(answer, (set, frozenset)):
        return frozenset(answer)
    if _is(answer, dict):
        return {key: as_values(value) for key, value in answer.items()}
    if _is(answer, (str, bytes, Real, np.generic, pd.Timestamp)):
        return answer
    answer = _collected(answer, "the answer")
    if not _is(answer, list) and not hasattr(type(answer), "__array__"):
        raise CannotCheck(f"A {kind(answer)} can't be compared with numbers.")
    try:
        array = np.asarray(answer)
    except Exception as error:
        raise CannotCheck(f"Your answer is no array: {first_line(error)}") from None
    return array if array.ndim else array[()]


def alike(a: Any, b: Any, *, tolerance: float = 1e-6) -> bool:
    """Return whether two answers, read by `as_values`, say the same.

    Numbers may differ by `tolerance`, as a share of the larger one or in units; a NaN
    is like a NaN. Shapes, lengths, keys and texts have to be equal.
    """
    if _is(a, tuple) or _is(b, tuple):
        return (
            _is(a, tuple)
            and _is(b, tuple)
            and len(a) == len(b)
            and all(
                alike(*pair, tolerance=tolerance) for pair in zip(a, b, strict=True)
            )
        )
    if _is(a, dict) or _is(b, dict):
        return (
            _is(a, dict)
            and _is(b, dict)
            and a.keys() == b.keys()
            and all(alike(a[key], b[key], tolerance=tolerance) for key in a)
        )
    if _is(a, frozenset) or _is(b, frozenset):
        return bool(a == b)
    first, second = np.asarray(a), np.asarray(b)
    if first.shape != second.shape:
        return False
    try:
        return bool(
            np.allclose(first, second, rtol=tolerance, atol=tolerance, equal_nan=True)
        )
    except (TypeError, ValueError):  # texts, dates
        return bool(np.all(first == second))


def shown(value: Any, *, most: int = 60) -> str:
    """Return a value as a short line for a message: a few entries of what is long."""
    if _is(value, (bool, np.bool_)):
        return str(bool(value))
    if _is(value, (Real, np.generic)) and not _is(value, np.datetime64):
        return f"{value:.4g}"
    if callable(value):
        return "a function"
    if _is(value, tuple):
        return f"({', '.join(shown(part, most=most) for part in value)})"
    if _is(value, (np.ndarray, list, pd.Series)):
        text = np.array2string(np.asarray(value), precision=3, threshold=6, edgeitems=2)
        if _is(getattr(value, "index", None), pd.DatetimeIndex) and len(value):
            text = f"{text} from {value.index[0]:%d %B %Y}"
    else:
        text = repr(value)
        most = 3 * most if _is(value, dict) else most
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def require_unchanged(given: Any, before: Any, what: str) -> None:
    """Raise `Wrong` where a function changed the array or table it was `given`.

    Meant for the end of a check: the message says that the values are right.
    """
    if not _unchanged(given, before):
        raise Wrong(
            "changed its input",
            f"The values are right, but your function changes the {what} that it was "
            "given, for everybody who uses it afterwards. Work on a copy.",
        )


def _unchanged(given: Any, before: Any) -> bool:
    """Say whether an argument is as it was; what can't be compared counts as such."""
    if _is(before, (pd.DataFrame, pd.Series)):
        return bool(given.equals(before))
    if _is(before, (np.ndarray, list, dict)):
        try:
            return alike(as_values(given), as_values(before), tolerance=0)
        except CannotCheck:
            return True
    return True
