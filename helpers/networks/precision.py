"""Networks compute in single precision, whatever the user set for other models."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import keras

__all__ = ["single_precision"]


@contextmanager
def single_precision() -> Iterator[None]:
    """Build, train or run networks in float32; then put the user's settings back.

    They are `keras.config.floatx()`, one for all threads, and the dtype policy, one a
    thread.
    """
    policy = keras.config.dtype_policy()
    with _FLOATX:
        keras.config.set_dtype_policy("float32")
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
