"""The precision of networks: float32, or mixed, whatever the user set for others.

In mixed precision each layer has Keras' dtype policy of that name: it keeps its weights
in float32, and multiplies in bfloat16 or float16, which a GPU with tensor cores does
several times as fast. Layers whose results are compared or summed say "float32" of
themselves: outputs, codes and divergences.
"""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import keras

__all__ = ["mixed_precision", "single_precision"]


def mixed_precision(policy: str) -> AbstractContextManager[None]:
    """Build networks whose layers have `policy`: "mixed_bfloat16" or "mixed_float16".

    With the latter, Keras' `compile` scales the losses, so that small gradients are not
    rounded to 0. Afterwards the user's settings are back, as after `single_precision`.
    """
    return _precision(policy)


def single_precision() -> AbstractContextManager[None]:
    """Build, train or run networks in float32; then put the user's settings back.

    They are `keras.config.floatx()`, one for all threads, and the dtype policy, one a
    thread.
    """
    return _precision("float32")


@contextmanager
def _precision(policy: str) -> Iterator[None]:
    before = keras.config.dtype_policy()
    with _FLOATX:
        keras.config.set_dtype_policy(policy)
        try:
            yield
        finally:
            keras.config.set_dtype_policy(before)


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
