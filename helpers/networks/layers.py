"""Layers with seeds of their own, so that no network touches a global random state."""

from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np

__all__ = ["GaussianSample", "dense", "dense_output", "dense_stack", "seed_stream"]

# what the code's variance may be: beyond, a single odd row makes the loss infinite
LOG_VARIANCES = (-12.0, 6.0)


def seed_stream(seed: int) -> Iterator[int]:
    """Yield an endless row of seeds, all decided by the first."""
    random = np.random.default_rng(seed)
    while True:
        yield int(random.integers(2**31))


def dense(
    units: int, activation: str | None, seeds: Iterator[int], **options: Any
) -> keras.layers.Dense:
    """Return a dense layer that starts from Glorot uniform weights of its own seed."""
    start = keras.initializers.GlorotUniform(seed=next(seeds))
    activation = None if activation == "linear" else activation
    return keras.layers.Dense(
        units, activation=activation, kernel_initializer=start, **options
    )


def dense_output(
    units: int, activation: str | None, seeds: Iterator[int], **options: Any
) -> keras.layers.Dense:
    """Return a dense layer that says what is compared or added up: in float32."""
    return dense(units, activation, seeds, dtype="float32", **options)


def dense_stack(
    sizes: Sequence[int],
    activations: Sequence[str | None],
    seeds: Iterator[int],
    *,
    dropout: float = 0.0,
    says: bool = True,
) -> list[keras.layers.Layer]:
    """Return dense layers, each but the last followed by dropout if there is any.

    The last one is a `dense_output` where the stack `says` something.
    """
    layers: list[keras.layers.Layer] = []
    for place, (size, activation) in enumerate(zip(sizes, activations, strict=True)):
        last = says and place == len(sizes) - 1
        layers.append((dense_output if last else dense)(size, activation, seeds))
        if dropout:
            layers.append(keras.layers.Dropout(dropout, seed=next(seeds)))
    return layers[:-1] if dropout else layers


class GaussianSample(keras.layers.Layer):
    """Draw z from N(mean, exp(log_variance)) and add the KL divergence from N(0, 1).

    Reads [mean, log_variance], both (n, latent); returns z (n, latent). The divergence,
    summed over the latent dimensions and averaged over rows, joins the network's loss
    times `weight`. Kingma and Welling (2014). Without training, z is the mean.
    In float32, whatever the precision of the layers around it: the variance may be
    e^-12, and a divergence is beyond float16 soon.
    """

    def __init__(self, *, weight: float, seed: int, **options: Any):
        super().__init__(**{"dtype": "float32"} | options)
        self.weight = weight
        self.generator = keras.random.SeedGenerator(seed)

    def call(self, inputs: Sequence[Any], training: bool | None = None) -> Any:
        """Return a draw in training, else the mean."""
        mean, log_variance = inputs
        log_variance = keras.ops.clip(log_variance, *LOG_VARIANCES)
        terms = 1 + log_variance - keras.ops.square(mean) - keras.ops.exp(log_variance)
        divergence = -0.5 * keras.ops.sum(terms, axis=-1)
        self.add_loss(self.weight * keras.ops.mean(divergence))
        if not training:
            return mean
        noise = keras.random.normal(keras.ops.shape(mean), seed=self.generator)
        return mean + keras.ops.exp(0.5 * log_variance) * noise
