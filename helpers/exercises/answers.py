"""Guards that checks share: read an answer, or say in one line what was expected.

They raise `CannotCheck` for an answer of the wrong kind, so that a check can go on to
the idea. None of them changes the answer.
"""

import math
from collections.abc import Callable
from numbers import Real

import numpy as np

from helpers.exercises.engine import CannotCheck, NotAttempted


def kind(answer: object) -> str:
    """Return a short name for what `answer` is, without calling its own code."""
    return type(answer).__name__


def _is(answer: object, types: type | tuple[type, ...]) -> bool:
    # isinstance would ask the answer for its __class__, which may raise
    return issubclass(type(answer), types)


def as_number(answer: object, what: str) -> float:
    """Return `answer` as a finite float; `what` names it in the message."""
    if _is(answer, (bool, np.bool_)) or not _is(answer, (Real, np.number)):
        raise CannotCheck(f"{what} should be one number; yours is a {kind(answer)}.")
    try:
        number = float(answer)
    except (OverflowError, TypeError):
        raise CannotCheck(f"{what} is not a number of ordinary size.") from None
    if not math.isfinite(number):
        raise CannotCheck(f"{what} should be a finite number; yours is {number}.")
    return number


def as_array(
    answer: object, what: str, *, length: int | None = None, dimensions: int = 1
) -> np.ndarray:
    """Return `answer` as a finite float array of `dimensions` axes, `length` rows."""
    try:
        array = np.asarray(answer, dtype=float)
    except Exception:
        raise CannotCheck(
            f"{what} should be an array of numbers; yours is a {kind(answer)}."
        ) from None
    if array.ndim != dimensions:
        raise CannotCheck(
            f"{what} should have {dimensions} dimension{'s' * (dimensions > 1)}; "
            f"yours has {array.ndim} (shape {array.shape})."
        )
    if length is not None and len(array) != length:
        raise CannotCheck(
            f"{what} should have {length} entries; yours has {len(array)}."
        )
    if not np.isfinite(array).all():
        raise CannotCheck(
            f"{what} holds NaN or infinite values; they cannot be ranked."
        )
    return array


def as_flags(answer: object, what: str, *, length: int) -> np.ndarray:
    """Return `answer` as a boolean array; 0/1 and True/False are both fine."""
    array = as_array(answer, what, length=length)
    if not np.isin(array, (0.0, 1.0)).all():
        raise CannotCheck(f"{what} should hold only 0 and 1 (or False and True).")
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


def call(function: Callable, *arguments: object) -> object:
    """Return `function(*arguments)`; a blank result is a blank answer.

    Raises `NotAttempted` when it returns None or `...`, and `CannotCheck` with the
    error's own line when it raises.
    """
    name = getattr(function, "__name__", "your function")
    try:
        result = function(*arguments)
    except Exception as error:
        reason = (str(error).strip().splitlines() or ["no message"])[0][:160]
        raise CannotCheck(
            f"{name}() raised {type(error).__name__} when the check called it: {reason}"
        ) from None
    if result is None or result is ...:
        raise NotAttempted(
            f"{name}() returns nothing: replace the `...`, or add the missing `return`,"
        )
    return result
