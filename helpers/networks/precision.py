"""Networks compute in the precision that is asked for, whatever the user set."""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import keras

__all__ = ["mixed_precision", "single_precision"]


def mixed_precision() -> AbstractContextManager[None]:
    """Build networks that multiply in float16 and keep their variables in float32.

    That is quicker on a GPU with such units, and slower on a CPU. Afterwards the user's
    settings are put back, as by `single_precision`.
    """
    return _policy("mixed_float16")


def single_precision() -> AbstractContextManager[None]:
    """Build, train or run networks in float32; then put the user's settings back.

    They are `keras.config.floatx()`, one for all threads, and the dtype policy, one a
    thread.
    """
    return _policy("float32")


@contextmanager
def _policy(name: str) -> Iterator[None]:
    policy = keras.config.dtype_policy()
    with _FLOATX:
        keras.config.set_dtype_policy(name)
        try:
            yield
        finally:
            keras.config.set_dtype_policy(policy)


class _SharedFloatx:
    """Keep floatx at float32 as long as any thread is inside."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._before = ""

    def __enter__(self) -> None:
        with self._lock:
            if not self._inside:
                self._before = keras.config.floatx()
                keras.config.set_floatx("float32")
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside:
                keras.config.set_floatx(self._before)


_FLOATX = _SharedFloatx()
