"""Train Keras networks as published, without paying for each epoch anew."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray


def fit_epochs(
    model: Any, X: NDArray, y: NDArray, *, epochs: int, batch_size: int, seed: int
) -> None:
    """Fit a compiled model on `epochs` passes over X (n, features), each shuffled.

    All passes go into one call of `fit`. Keras spends some 50 ms on each epoch, more
    than on the steps of a small table, and here pays once. The one difference: a batch
    may hold the end of one pass and the beginning of the next.
    """
    random = np.random.default_rng(seed)
    order = np.concatenate([random.permutation(len(X)) for _ in range(epochs)])
    model.fit(X[order], y[order], batch_size=batch_size, shuffle=False, verbose=0)


def seconds(work: Callable[..., Any], *arguments: Any, **options: Any) -> float:
    """Return the CPU seconds that `work(...)` takes; for ratios within one run only.

    All threads of the process count. What else runs on the machine does not.
    """
    began = time.process_time()
    work(*arguments, **options)
    return time.process_time() - began


def outputs(model: Any, X: NDArray) -> NDArray:
    """Return what a model says of X; called once, so nothing need be compiled."""
    import keras

    return keras.ops.convert_to_numpy(model(X))
