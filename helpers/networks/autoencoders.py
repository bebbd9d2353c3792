"""The dense autoencoder and the variational autoencoder, as Keras models in parts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras

from helpers.networks.layers import GaussianSample, dense, dense_stack, seed_stream

__all__ = ["AutoencoderShape", "autoencoder", "variational_autoencoder"]


@dataclass(frozen=True)
class AutoencoderShape:
    """Layer sizes, from the input to the code, and their activations.

    The decoder mirrors the encoder: `hidden` (15, 7, 2) for 18 features is
    18-15-7-2-7-15-18. The last hidden layer is the code. With `decoder`, sizes between
    the code and the output, it need not be a mirror.
    """

    features: int
    hidden: Sequence[int]
    activation: str | None = "relu"
    code_activation: str | None = None
    output_activation: str | None = None
    dropout: float = 0.0
    decoder: Sequence[int] | None = None

    @property
    def decoder_sizes(self) -> list[int]:
        """Sizes of the decoder's layers, the output among them."""
        mirrored = reversed(self.hidden[:-1])
        return [*(mirrored if self.decoder is None else self.decoder), self.features]

    @property
    def decoder_activations(self) -> list[str | None]:
        """Activations of the decoder's layers."""
        inner = len(self.decoder_sizes) - 1
        return [self.activation] * inner + [self.output_activation]


def autoencoder(shape: AutoencoderShape, seed: int) -> keras.Model:
    """Return an autoencoder; its layers "encoder" and "decoder" are models too."""
    seeds = seed_stream(seed)
    activations = [shape.activation] * (len(shape.hidden) - 1) + [shape.code_activation]
    encoder = keras.Sequential(
        [
            keras.Input((shape.features,)),
            *dense_stack(shape.hidden, activations, seeds, dropout=shape.dropout),
        ],
        name="encoder",
    )
    decoder = _decoder(shape, seeds)
    inputs = keras.Input((shape.features,))
    return keras.Model(inputs, decoder(encoder(inputs)), name="autoencoder")


def variational_autoencoder(
    shape: AutoencoderShape, seed: int, *, divergence_weight: float
) -> keras.Model:
    """Return a variational autoencoder for a reconstruction loss of mean squares.

    Its layer "encoder" returns the mean and the logarithm of the variance of q(z | x);
    the divergence from N(0, 1) joins the loss with `divergence_weight`. The published
    loss, features x mean squares + divergence, is one with weight 1 / features, times
    a constant that Adam does not feel.
    """
    seeds = seed_stream(seed)
    inputs = keras.Input((shape.features,))
    inner = [shape.activation] * (len(shape.hidden) - 1)
    values: Any = inputs
    layers = dense_stack(shape.hidden[:-1], inner, seeds, dropout=shape.dropout)
    for layer in layers:
        values = layer(values)
    mean = dense(shape.hidden[-1], None, seeds, name="mean")(values)
    log_variance = dense(shape.hidden[-1], None, seeds, name="log_variance")(values)
    encoder = keras.Model(inputs, [mean, log_variance], name="encoder")
    sample = GaussianSample(weight=divergence_weight, seed=next(seeds))
    decoder = _decoder(shape, seeds)
    outputs = decoder(sample(encoder(inputs)))
    return keras.Model(inputs, outputs, name="variational_autoencoder")


def _decoder(shape: AutoencoderShape, seeds: Any) -> keras.Model:
    layers = dense_stack(
        shape.decoder_sizes, shape.decoder_activations, seeds, dropout=shape.dropout
    )
    code = keras.Input((shape.hidden[-1],))
    return keras.Sequential([code, *layers], name="decoder")
