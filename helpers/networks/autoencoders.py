"""The dense autoencoder and the variational autoencoder, as Keras models in parts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from helpers.networks.chains import Chain, chain_of, next_draws
from helpers.networks.engines import places_of
from helpers.networks.layers import (
    LOG_VARIANCES,
    GaussianSample,
    dense_output,
    dense_stack,
    seed_stream,
)

__all__ = [
    "AutoencoderArrays",
    "AutoencoderShape",
    "VariationalArrays",
    "autoencoder",
    "variational_autoencoder",
]

Values = Sequence[NDArray]


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
    layers = dense_stack(
        shape.hidden[:-1], inner, seeds, dropout=shape.dropout, says=False
    )
    for layer in layers:
        values = layer(values)
    mean, log_variance = (
        dense_output(shape.hidden[-1], None, seeds, name=name)(values)
        for name in ("mean", "log_variance")
    )
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


# ------------------------------------------------- the same networks, for NumPy


class AutoencoderArrays:
    """An autoencoder as chains of arrays, trained by mean squares."""

    def __init__(self, network: keras.Model):
        places = places_of(network)
        encoder, decoder = (network.get_layer(name) for name in ("encoder", "decoder"))
        self.encoder = chain_of([encoder], places)
        self.decoder = chain_of([decoder], places)
        self.both = Chain([*self.encoder.layers, *self.decoder.layers])

    def encode(self, x: NDArray, variables: Values) -> NDArray:
        """Return the codes of x (n, features)."""
        return self.encoder.forward(x, variables)

    def decode(self, codes: NDArray, variables: Values) -> NDArray:
        """Return the rows that codes (n, code) stand for."""
        return self.decoder.forward(codes, variables)

    def reconstruct(self, x: NDArray, variables: Values) -> NDArray:
        """Return x (n, features) as the network rebuilds it."""
        return self.both.forward(x, variables)

    def judge(self, x: NDArray, y: NDArray, variables: Values) -> float:
        """Return the mean square of what is said of x less y."""
        return _mean_square(self.both.forward(x, variables) - y)

    def learn(
        self, x: NDArray, y: NDArray, variables: Values, gradients: Values
    ) -> float:
        """Return that loss, and write its gradients."""
        said, tape = self.both.record(x, variables)
        error = said - y
        slope = error * np.float32(2 / error.size)
        self.both.back(slope, tape, variables, gradients)
        return _mean_square(error)


class VariationalArrays:
    """A variational autoencoder as chains of arrays; `weight` is the divergence's."""

    def __init__(self, network: keras.Model, weight: float):
        places = places_of(network)
        encoder = network.get_layer("encoder")
        heads = [encoder.get_layer(name) for name in ("mean", "log_variance")]
        trunk = [layer for layer in encoder.layers if layer not in heads]
        self.trunk = chain_of(trunk, places)
        self.mean, self.log_variance = (chain_of([head], places) for head in heads)
        self.decoder = chain_of([network.get_layer("decoder")], places)
        sample = next(la for la in network.layers if isinstance(la, GaussianSample))
        self.draws = places[id(sample.generator.state)]
        self.weight = np.float32(weight)

    def posterior(self, x: NDArray, variables: Values) -> NDArray:
        """Return mean and log variance of q(z | x), side by side (n, 2 code)."""
        hidden = self.trunk.forward(x, variables)
        mean = self.mean.forward(hidden, variables)
        log_variance = self.log_variance.forward(hidden, variables)
        return np.concatenate([mean, np.clip(log_variance, *LOG_VARIANCES)], axis=1)

    def encode(self, x: NDArray, variables: Values) -> NDArray:
        """Return the means of the codes of x (n, features)."""
        return self.mean.forward(self.trunk.forward(x, variables), variables)

    def reconstruct(self, x: NDArray, variables: Values) -> NDArray:
        """Return x (n, features) as the network rebuilds it without draws."""
        return self.decode(self.encode(x, variables), variables)

    def decode(self, codes: NDArray, variables: Values) -> NDArray:
        """Return the rows that codes (n, code) stand for."""
        return self.decoder.forward(codes, variables)

    def judge(self, x: NDArray, y: NDArray, variables: Values) -> float:
        """Return the loss without draws: each code is its mean."""
        mean, log_variance = np.split(self.posterior(x, variables), 2, axis=1)
        error = self.decoder.forward(mean, variables) - y
        return _mean_square(error) + self._divergence(mean, log_variance)

    def learn(
        self, x: NDArray, y: NDArray, variables: Values, gradients: Values
    ) -> float:
        """Return the loss of one draw of the codes, and write its gradients."""
        hidden, trunk = self.trunk.record(x, variables)
        mean, to_mean = self.mean.record(hidden, variables)
        free, to_variance = self.log_variance.record(hidden, variables)
        log_variance = np.clip(free, *LOG_VARIANCES)
        random = next_draws(variables[self.draws])
        noise = random.standard_normal(mean.shape, np.float32)
        noise = noise * np.exp(0.5 * log_variance)
        said, decoding = self.decoder.record(mean + noise, variables)
        error = said - y
        slope = self.decoder.back(
            error * np.float32(2 / error.size), decoding, variables, gradients
        )
        share: Any = self.weight / np.float32(len(x))
        of_variance = 0.5 * (slope * noise + share * (np.exp(log_variance) - 1))
        of_variance *= free == log_variance
        back = self.mean.back(slope + share * mean, to_mean, variables, gradients)
        back += self.log_variance.back(of_variance, to_variance, variables, gradients)
        self.trunk.back(back, trunk, variables, gradients)
        return _mean_square(error) + self._divergence(mean, log_variance)

    def _divergence(self, mean: NDArray, log_variance: NDArray) -> float:
        terms = mean * mean + np.exp(log_variance) - log_variance - 1
        return float(self.weight * 0.5 * terms.sum(dtype=np.float64) / len(mean))


def _mean_square(error: NDArray) -> float:
    return float(np.square(error).mean(dtype=np.float64))
