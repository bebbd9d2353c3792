"""A bidirectional generative adversarial network: three networks, one Keras model."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from helpers.networks.chains import Chain, chain_of, leaky, linear_layer
from helpers.networks.engines import places_of
from helpers.networks.layers import dense, dense_output, dense_stack, seed_stream

__all__ = ["BiGAN", "BiGANArrays", "BiGANLoss", "BiGANShape", "Discriminator"]

_ENCODER_SLOPE, _DISCRIMINATOR_SLOPE = 0.2, 0.1  # of LeakyReLU, as published


@dataclass(frozen=True)
class BiGANShape:
    """Layer sizes: `hidden` of the encoder, mirrored by the generator, and the code's.

    `discriminator` holds the hidden sizes of the network that judges (row, code); its
    last hidden layer is what feature matching compares.
    """

    features: int
    code: int
    hidden: Sequence[int]
    discriminator: Sequence[int]
    dropout: float = 0.2
    output_activation: str | None = "sigmoid"


@dataclass(frozen=True)
class BiGANLoss:
    """What is added to the adversarial losses, and their targets.

    `reconstruction` weighs the mean absolute error of G(E(x)) beside the adversarial
    loss of encoder and generator. `smoothing` is how far from 1 the discriminator's
    target for a real row is.
    """

    reconstruction: float = 0.0
    smoothing: float = 0.0


class Discriminator(keras.layers.Layer):
    """Tell (x, E(x)), a positive logit, from (G(z), z), a negative one.

    Returns the logits (n, 1) and the last hidden layer (n, units). When `frozen`,
    gradients pass through to the rows and codes but do not reach the weights.
    """

    def __init__(self, shape: BiGANShape, seeds: Iterator[int], **options: Any):
        super().__init__(**options)
        self.hidden = [dense(size, None, seeds) for size in shape.discriminator]
        self.logit = dense(1, None, seeds)
        self.dropouts = [
            keras.layers.Dropout(shape.dropout, seed=next(seeds))
            for _ in range(2 + len(self.hidden))
        ]
        width = shape.features + shape.code
        for layer in [*self.hidden, self.logit]:
            layer.build((None, width))
            width = layer.units
        self.built = True

    def call(
        self, rows: Any, codes: Any, training: bool = False, frozen: bool = False
    ) -> tuple[Any, Any]:
        """Judge pairs of a row (n, features) and a code (n, code)."""
        row_dropout, code_dropout, *dropouts = self.dropouts
        pair = (
            row_dropout(rows, training=training),
            code_dropout(codes, training=training),
        )
        values = keras.ops.concatenate(pair, axis=-1)
        hidden = values
        for layer, dropout in zip(self.hidden, dropouts, strict=True):
            logits = _apply(layer, values, frozen)
            hidden = keras.ops.leaky_relu(logits, _DISCRIMINATOR_SLOPE)
            values = dropout(hidden, training=training)
        logits = _apply(self.logit, values, frozen)
        return keras.ops.cast(logits, "float32"), hidden


class BiGAN(keras.Model):
    """Encoder E, generator G and discriminator D, all trained in every step.

    In training a call adds two losses: that of D takes E(x) and G(z) as constants;
    that of E and G, with the targets swapped, takes the weights of D as constants. So
    each weight's gradient is that of its own loss. Without training, the loss is the
    mean absolute error of G(E(x)). A call returns G(E(x)) (n, features).
    Donahue et al. (2017).
    """

    def __init__(self, shape: BiGANShape, loss_terms: BiGANLoss, seed: int):
        super().__init__(name="bigan", autocast=False)  # rows stay float32
        seeds = seed_stream(seed)
        self.shape, self.loss_terms = shape, loss_terms
        self.encoder = _encoder(shape, seeds)
        self.generator = _generator(shape, seeds)
        self.discriminator = Discriminator(shape, seeds, name="discriminator")
        self.noise = keras.random.SeedGenerator(next(seeds))
        self.built = True

    def call(self, rows: Any, training: bool = False) -> Any:
        """Rebuild rows, and add what that costs."""
        codes = self.encoder(rows)
        rebuilt = self.generator(codes)
        error = keras.ops.mean(keras.ops.abs(rows - rebuilt))
        if training:
            self.add_loss(self.loss_terms.reconstruction * error)
            for loss in self.adversarial_losses(rows, codes):
                self.add_loss(loss)
        else:
            self.add_loss(error)
        return rebuilt

    def adversarial_losses(self, rows: Any, codes: Any) -> tuple[Any, Any]:
        """Return the loss of the discriminator, and that of encoder and generator."""
        draws = keras.random.normal(keras.ops.shape(codes), seed=self.noise)
        pairs = _concatenate(rows, self.generator(draws)), _concatenate(codes, draws)
        real, fake = self._logits(*map(keras.ops.stop_gradient, pairs))
        target = 1.0 - self.loss_terms.smoothing
        discriminator_loss = _cross_entropy(real, target) + _cross_entropy(fake, 0.0)
        real, fake = self._logits(*pairs, frozen=True)
        return discriminator_loss, _cross_entropy(real, 0.0) + _cross_entropy(fake, 1.0)

    def _logits(self, rows: Any, codes: Any, *, frozen: bool = False) -> Any:
        """Return the logits of the real half of the pairs, and of the made half."""
        logits, _ = self.discriminator(rows, codes, training=True, frozen=frozen)
        return keras.ops.split(logits, 2)


class BiGANArrays:
    """The three networks as chains of arrays, to score."""

    def __init__(self, network: BiGAN):
        places = places_of(network)
        self.encoder = chain_of([network.encoder], places)
        self.generator = chain_of([network.generator], places)
        judge = network.discriminator
        pairs = [
            (places[id(layer.kernel)], places[id(layer.bias)])
            for layer in [*judge.hidden, judge.logit]
        ]
        *hidden, logit = (linear_layer(*pair) for pair in pairs)
        self.hidden = Chain([leaky(layer, _DISCRIMINATOR_SLOPE) for layer in hidden])
        self.logit = Chain([logit])

    def encode(self, x: NDArray, variables: Sequence[NDArray]) -> NDArray:
        """Return the codes E(x) of x (n, features)."""
        return self.encoder.forward(x, variables)

    def generate(self, codes: NDArray, variables: Sequence[NDArray]) -> NDArray:
        """Return the rows G(z) of codes z (n, code)."""
        return self.generator.forward(codes, variables)

    def reconstruct(self, x: NDArray, variables: Sequence[NDArray]) -> NDArray:
        """Return G(E(x)) of x (n, features)."""
        return self.generate(self.encode(x, variables), variables)

    def scoring_width(self, variables: Sequence[NDArray]) -> int:
        """Return how many numbers `scoring_outputs` makes of a row."""
        hidden = self.logit.width(variables)
        return self.encoder.width(variables) + 1 + 2 * hidden

    def scoring_outputs(self, x: NDArray, variables: Sequence[NDArray]) -> NDArray:
        """Return side by side what the scores need of x (n, features).

        That is G(E(x)), the logit of (x, E(x)), and the discriminator's last hidden
        layer for (x, E(x)) and for (G(E(x)), E(x)).
        """
        codes = self.encode(x, variables)
        rebuilt = self.generate(codes, variables)
        pairs = (np.concatenate([rows, codes], axis=1) for rows in (x, rebuilt))
        hidden, hidden_rebuilt = (self.hidden.forward(p, variables) for p in pairs)
        logits = self.logit.forward(hidden, variables)
        return np.concatenate([rebuilt, logits, hidden, hidden_rebuilt], axis=1)


def _encoder(shape: BiGANShape, seeds: Iterator[int]) -> keras.Model:
    layers: list[Any] = [keras.Input((shape.features,))]
    for size in shape.hidden:
        slope = keras.layers.LeakyReLU(negative_slope=_ENCODER_SLOPE)
        layers += [dense(size, None, seeds), slope]
    layers.append(dense_output(shape.code, None, seeds))
    return keras.Sequential(layers, name="encoder")


def _generator(shape: BiGANShape, seeds: Iterator[int]) -> keras.Model:
    sizes = [*reversed(shape.hidden), shape.features]
    activations = ["relu"] * len(shape.hidden) + [shape.output_activation]
    layers = dense_stack(sizes, activations, seeds)
    return keras.Sequential([keras.Input((shape.code,)), *layers], name="generator")


def _apply(layer: keras.layers.Dense, values: Any, frozen: bool) -> Any:
    """Return what a dense layer says, its weights taken as constants when `frozen`."""
    kernel, bias = layer.kernel, layer.bias
    if frozen:
        kernel, bias = map(keras.ops.stop_gradient, (kernel, bias))
    return keras.ops.matmul(values, kernel) + bias


def _concatenate(real: Any, made: Any) -> Any:
    return keras.ops.concatenate([real, made])


def _cross_entropy(logits: Any, target: float) -> Any:
    """Return the mean binary cross-entropy of logits that should say `target`."""
    return keras.ops.mean(keras.ops.softplus(logits) - target * logits)
