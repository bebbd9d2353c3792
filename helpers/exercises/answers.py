"""Guards that checks share: read an answer, or say in one line what was expected.

They raise `CannotCheck` for an answer of the wrong kind, so that a check can go on to
the idea. None of them changes the answer.
"""

import math
from collections.abc import Callable, Iterator
from numbers import Real

import numpy as np

from helpers.exercises.engine import CannotCheck, NotAttempted, Wrong, first_line

_KINDS = {
    "ndarray": "NumPy array",
    "int": "whole number",
    "str": "text",
    "str_": "text",
    "type": "class",
    "NAType": "missing value",
    "NoneType": "None",
    "ellipsis": "`...`",
}


def kind(answer: object) -> str:
    """Return a short name for what `answer` is, without calling its own code."""
    name = type(answer).__name__
    return _KINDS.get(name, name)


def _is(answer: object, types: type | tuple[type, ...]) -> bool:
    # isinstance would ask the answer for its __class__, which may raise
    return issubclass(type(answer), types)


def as_number(answer: object, what: str) -> float:
    """Return `answer` as a finite float; `what` names it in the message.

    An array without axes is a number too, and so is such a tensor.
    """
    answer = _without_axes(answer)
    if _is(answer, str):
        raise CannotCheck(f"{what} should be a number without quotes; yours is a text.")
    if _is(answer, (bool, np.bool_)) or not _is(answer, Real):
        raise CannotCheck(f"{what} should be one number; yours is a {kind(answer)}.")
    try:
        number = float(answer)
    except (OverflowError, TypeError):
        raise CannotCheck(f"{what} is not a number of ordinary size.") from None
    if not math.isfinite(number):
        raise CannotCheck(f"{what} should be a finite number; yours is {number}.")
    return number


def _without_axes(answer: object) -> object:
    """Return the one entry of an array or a tensor without axes, else the answer."""
    if not hasattr(type(answer), "__array__"):
        return answer
    try:
        array = np.asarray(answer)
    except Exception:
        return answer
    return answer if array.ndim else array[()]


def as_array(
    answer: object,
    what: str,
    *,
    length: int | None = None,
    dimensions: int = 1,
    finite: bool = True,
) -> np.ndarray:
    """Return `answer` as a float array of `dimensions` axes, `length` rows.

    A table of one row or one column is an array of one axis too. NaN and infinite
    values are refused, unless `finite` is False.
    """
    if _is(answer, Iterator):
        raise CannotCheck(
            f"{what} should be an array; yours is a {kind(answer)}, which gives its "
            "values only one by one. list(...) collects them."
        )
    array = _as_floats(answer, what)
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


# what NumPy would silently turn into numbers, by the kind of its dtype
_NO_NUMBERS = {"U": "texts", "S": "texts", "c": "complex numbers"}
_NO_NUMBERS |= {"M": "dates", "m": "stretches of time"}


def _as_floats(answer: object, what: str) -> np.ndarray:
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
        raise CannotCheck(
            f"{asked}; yours is a {_described(answer)}{uneven}."
        ) from None
    if array is None:
        raise CannotCheck(f"{asked}; yours holds {held}.")
    return array


def _described(answer: object) -> str:
    """Return the kind of an answer, and of its first entry where that says more."""
    if _is(answer, np.ndarray) and answer.size:
        return f"{kind(answer)} whose first entry is a {kind(answer.flat[0])}"
    return kind(answer)


def as_flags(answer: object, what: str, *, length: int) -> np.ndarray:
    """Return `answer` as a boolean array; 0/1 and True/False are both fine."""
    array = as_array(answer, what, length=length)
    if not np.isin(array, (0.0, 1.0)).all():
        other = array[~np.isin(array, (0.0, 1.0))][0]
        raise CannotCheck(
            f"{what} should hold only 0 and 1 (or False and True); "
            f"yours holds {other:g}."
        )
    return array.astype(bool)


def as_indices(answer: object, what: str) -> set[int]:
    """Return `answer` as a set of whole numbers (positions, ids)."""
    array = as_array(list(answer) if _is(answer, (set, frozenset)) else answer, what)
    if not (array == np.round(array)).all():
        raise CannotCheck(f"{what} should hold whole numbers (positions).")
    return {int(value) for value in array}


def as_function(answer: object, what: str) -> Callable:
    """Return `answer` if it can be called."""
    if not callable(answer) or _is(answer, type):
        raise CannotCheck(f"{what} should be a function; yours is a {kind(answer)}.")
    return answer


def as_estimator(answer: object, what: str, *methods: str) -> object:
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
            f"{what} should be an estimator; yours is a {kind(answer)} "
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
_ADVICE = {  # what learners meet most often, by the words of the error
    "truth value of a": _BRACKETS,
    "'bitwise_or' not supported": _BRACKETS,
    "'bitwise_and' not supported": _BRACKETS,
    "can be converted to Python scalars": _WHOLE_ARRAYS,
    "object is not callable": _NO_FUNCTION,
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


def require_unchanged(given: object, before: object, what: str) -> None:
    """Raise `Wrong` where a function changed the array or table it was `given`.

    Meant for the end of a check: the message says that the values are right.
    """
    same = (
        np.allclose(given, before, equal_nan=True)
        if _is(before, np.ndarray)
        else given.equals(before)
    )
    if not same:
        raise Wrong(
            "changed its input",
            f"The values are right, but your function changes the {what} that it was "
            "given, for everybody who uses it afterwards. Work on a copy.",
        )
