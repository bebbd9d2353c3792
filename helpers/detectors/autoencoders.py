"""Dense autoencoders: what a narrow network cannot rebuild is an anomaly."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from helpers._arrays import (
    HEAVIEST,
    LARGEST_SIZE,
    as_count,
    as_number,
    as_table,
    check_choice,
)
from helpers.detectors.neural import (
    NeuralDetector,
    as_sizes,
    check_layers,
    squared_errors,
)
from helpers.estimators.inputs import BLOCK_VALUES, blocks

if TYPE_CHECKING:
    from helpers.networks.onnx_graphs import Graph

_LARGEST_CODE = 1e10  # far beyond what training sees; single precision holds it

__all__ = ["AutoencoderDetector", "VAEDetector"]

_ACTIVATIONS = ("relu", "tanh", "sigmoid", "elu", "selu", "gelu", "linear", None)
_PUBLISHED: dict[str, dict[str, Any]] = {
    "deepad": {
        "hidden_layers": (15, 7, 2),
        "epochs": 14,
        "batch_size": 128,
        "learning_rate": 0.01,
        "scaling": "minmax",
    },
    "8-3-8": {
        "hidden_layers": (3,),
        "code_activation": "sigmoid",
        "output_activation": "sigmoid",
        "epochs": 2000,
        "batch_size": 8,
        "learning_rate": 3.5,
        "optimizer": "sgd",
        "scaling": None,
    },
    "mnist": {
        "hidden_layers": (100, 64, 32, 16),
        "decoder_layers": (32, 64),
        "activation": None,
        "output_activation": "linear",
        "epochs": 100,
        "batch_size": 32,
        "learning_rate": 0.001,
        "scaling": "minmax",
    },
}
_LEAST_NOISE = 1e-3  # smallest noise sd of a feature, in units of the scaler


class _DenseAutoencoder(NeuralDetector):
    """What the two share: a shape, and rebuilding rows."""

    contract_params: ClassVar[dict[str, Any]] = {
        **NeuralDetector.contract_params,
        "hidden_layers": (4, 2),
    }

    hidden_layers: Sequence[int] | None = None
    activation: str | None = "relu"
    output_activation: str | None = None
    dropout: float = 0.0

    def reconstruct(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return X as the network rebuilds it (n, features), in the units of X."""
        return self._unscaled(self._reconstruct(self._scaled(self._read(X))))

    def feature_errors(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return the squared error of each feature (n, features), in scaled units.

        Their mean over the features is the reconstruction error: which features made
        a row an anomaly?
        """
        scaled = self._scaled(self._read(X))
        return squared_errors(scaled, self._reconstruct(scaled))

    def encode(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return the code of each row (n, size of the code)."""
        scaled = self._scaled(self._read(X))
        return self._codes(scaled)

    def decode(self, codes: ArrayLike) -> NDArray[np.float64]:
        """Return the rows (n, features), in the units of X, that codes stand for."""
        self._require_current()
        codes = as_table(codes, "codes")
        if not np.isfinite(codes).all():
            raise ValueError("codes has missing or infinite values; fill them first")
        width = self._code_size()
        if codes.shape[1] != width:
            raise ValueError(f"codes must be (n, {width}); got shape {codes.shape}")
        if np.abs(codes).max() > _LARGEST_CODE:
            raise ValueError(f"codes holds values beyond {_LARGEST_CODE:g}; rescale")
        return self._unscaled(self._decoded(codes))

    # `arrays_` is None where a subclass builds another network: Keras computes that

    def _reconstruct(self, scaled: NDArray) -> NDArray[np.float64]:
        if self.arrays_ is None:
            return self._outputs(self.network_, scaled)
        return self._computed(self.arrays_.reconstruct, scaled)

    def _codes(self, scaled: NDArray) -> NDArray[np.float64]:
        if self.arrays_ is None:
            return self._outputs(self.network_.get_layer("encoder"), scaled)
        return self._computed(self.arrays_.encode, scaled)

    def _code_size(self) -> int:
        if self.arrays_ is None:
            return self.network_.get_layer("decoder").input_shape[-1]
        return self.arrays_.decoder.width(self.state_.variables)

    def _decoded(self, codes: NDArray) -> NDArray[np.float64]:
        if self.arrays_ is None:
            decoder = self.network_.get_layer("decoder")
            return self._forward(decoder, codes.astype(np.float32)).astype(np.float64)
        decoded = self.arrays_.decode(codes.astype(np.float32), self.state_.variables)
        return decoded.astype(np.float64)

    def _layer_sizes(self) -> tuple[int, ...]:
        """Return the sizes from the first hidden layer to the code."""
        if self.hidden_layers is not None:
            return as_sizes(self.hidden_layers)
        return default_hidden_layers(self.n_features_in_)

    def _shape(self, **more: Any) -> Any:
        from helpers.networks.autoencoders import AutoencoderShape

        output = self.output_activation
        if output is None:
            output = "sigmoid" if self.scaling == "minmax" else "linear"
        return AutoencoderShape(
            features=self.n_features_in_,
            hidden=self._layer_sizes(),
            activation=self.activation,
            output_activation=output,
            dropout=self.dropout,
            **more,
        )

    def _check_parameters(self) -> None:
        super()._check_parameters()
        check_layers(self.hidden_layers, "hidden_layers")
        check_choice(self.activation, "activation", _ACTIVATIONS)
        check_choice(self.output_activation, "output_activation", _ACTIVATIONS)
        as_number(self.dropout, "dropout", least=0, below=1)


class AutoencoderDetector(_DenseAutoencoder):
    """The mean squared error of a row after a narrow dense network rebuilt it.

    score = mean over features of (x - rebuilt x)^2, in units of `scaling`. Trained on
    normal rows, or mostly normal ones, with early stopping on rows that were held out.
    Wide enough, it rebuilds anomalies too; a linear one finds what PCA finds.

    Parameters
    ----------
    hidden_layers : sizes from the first hidden layer to the code; the decoder mirrors
        them: (15, 7, 2) is 18-15-7-2-7-15-18. None: three, from the number of features
    decoder_layers : sizes between the code and the output, where the decoder is no
        mirror (None: it is)
    activation, code_activation, output_activation : of the hidden layers, the code
        (None: linear) and the output (None: sigmoid with "minmax" scaling, else linear)
    dropout : share of the hidden units that each step of the training leaves out, so
        that a few anomalies among the training rows are learned less; 0: none
    and those of `TrainedNetwork` and of `Detector`
    """

    dropout: float = 0.1
    decoder_layers: Sequence[int] | None = None
    code_activation: str | None = None

    @classmethod
    def published(
        cls, which: Literal["deepad", "8-3-8", "mnist"] = "deepad", **changes: Any
    ) -> Self:
        """Return a published autoencoder; keywords change single parameters.

        "deepad": 18-15-7-2-7-15-18 for KDD99, 842 parameters (Cloudera, 2020). "8-3-8":
        eight one-hot rows through three sigmoids, and "mnist": 100 features through
        100-64-32-16-32-64-100, all linear, 28 328 parameters, for ODDS mnist (both
        krmonline, 2020). None of them holds rows out. Raises `ValueError` for another
        name.
        """
        check_choice(which, "which", tuple(_PUBLISHED))
        every = {"validation_fraction": 0.0, "patience": None, "dropout": 0.0}
        return cls(**every | _PUBLISHED[which] | changes)

    def _build(self, seed: int) -> Any:
        from helpers.networks.autoencoders import autoencoder

        decoder = self.decoder_layers
        shape = self._shape(
            code_activation=self.code_activation,
            decoder=None if decoder is None else as_sizes(decoder),
        )
        network = autoencoder(shape, seed)
        return self._compile(network, "mean_squared_error")

    def _arrays(self, network: Any) -> Any:
        from helpers.networks.autoencoders import AutoencoderArrays

        try:
            return AutoencoderArrays(network)
        except ValueError:  # no dense layers one after the other
            return None

    def _score(self, X: NDArray) -> NDArray:
        scaled = self._scaled(X)
        return squared_errors(scaled, self._reconstruct(scaled)).mean(axis=1)

    def _onnx_scores(self, graph: "Graph", scaled: str) -> str:
        if self.arrays_ is None:
            raise ValueError("only dense networks are written as ONNX; this is another")
        rebuilt = graph.chain(self._onnx_input(graph, scaled), self.arrays_.both)
        return graph.mean(graph.squared_errors(scaled, rebuilt), 1)

    def _check_parameters(self) -> None:
        super()._check_parameters()
        check_choice(self.code_activation, "code_activation", _ACTIVATIONS)
        check_layers(self.decoder_layers, "decoder_layers")


class VAEDetector(_DenseAutoencoder):
    """A variational autoencoder, scored over several draws of its code.

    `score_type="likelihood"` is -log p(x), estimated with draws of z from q(z | x) as
    importance samples (Burda et al., 2016): what the reconstruction costs under
    Gaussian noise, whose sd per feature is learned from the training rows, and how
    unusual the code is. `score_type="reconstruction"` is the squared error, averaged
    over features and over the same draws, which are the same for every row and call, so
    that scores are repeatable. Kingma and Welling (2014), An and Cho (2015).

    Parameters
    ----------
    hidden_layers, activation, output_activation, dropout : as in `AutoencoderDetector`
    n_draws : int, draws of the code per row when scoring
    score_type : "likelihood" or "reconstruction". Set after `fit` it holds for scores
        from then on; the threshold stays that of the other score
    divergence_weight : float, how much the divergence of q(z | x) from N(0, 1) weighs
        beside the reconstruction's squared error, summed over the features; 1 is the
        published loss, more of it is a beta-VAE (Higgins et al., 2017)
    and those of `TrainedNetwork` and of `Detector`
    """

    scoring_parameters: ClassVar[frozenset[str]] = frozenset({"score_type"})

    n_draws: int = 16
    score_type: Literal["reconstruction", "likelihood"] = "likelihood"
    divergence_weight: float = 1.0

    @classmethod
    def published(cls, **changes: Any) -> Self:
        """Return deepad's network for KDD99: 858 parameters, one draw (Cloudera, 2020).

        Its source draws anew in every call; here the one draw is kept. Keywords change
        single parameters.
        """
        every: dict[str, Any] = {
            "validation_fraction": 0.0,
            "patience": None,
            "n_draws": 1,
            "score_type": "reconstruction",
            "divergence_weight": 1.0,
        }
        return cls(**every | _PUBLISHED["deepad"] | {"epochs": 8} | changes)

    def _build(self, seed: int) -> Any:
        from helpers.networks.autoencoders import variational_autoencoder

        weight = self.divergence_weight / self.n_features_in_
        network = variational_autoencoder(self._shape(), seed, divergence_weight=weight)
        return self._compile(network, "mean_squared_error")

    def _arrays(self, network: Any) -> Any:
        from helpers.networks.autoencoders import VariationalArrays

        return VariationalArrays(network, self.divergence_weight / self.n_features_in_)

    def _after_training(self, X: NDArray) -> None:
        random = np.random.default_rng(self.seed_)
        self.noise_ = random.standard_normal((self.n_draws, self._layer_sizes()[-1]))
        squares = np.zeros(self.n_features_in_)
        for rows in blocks(X):
            scaled = self._scaled(X[rows])
            squares += squared_errors(scaled, self._reconstruct(scaled)).sum(axis=0)
        self.noise_sd_ = np.maximum(np.sqrt(squares / len(X)), _LEAST_NOISE)

    def _posterior(self, scaled: NDArray) -> tuple[NDArray, NDArray]:
        """Return mean and sd of q(z | x), each (n, size of the code)."""
        both = self._computed(self.arrays_.posterior, scaled)
        mean, log_variance = np.split(both, 2, axis=1)
        return mean, np.exp(0.5 * log_variance)

    def _score(self, X: NDArray) -> NDArray:
        self._check_score_type()
        scores = [self._scores_of(self._scaled(X[rows])) for rows in self._portions(X)]
        return np.concatenate(scores)

    def _portions(self, X: NDArray) -> Iterator[slice]:
        """Yield slices of rows whose draws are small enough to work on at once."""
        size = max(16, BLOCK_VALUES // (X.shape[1] * len(self.noise_)))
        for start in range(0, len(X), size):
            yield slice(start, start + size)

    def _scores_of(self, scaled: NDArray) -> NDArray[np.float64]:
        mean, deviation = self._posterior(scaled)
        if self.score_type == "reconstruction":
            return self._mean_error(scaled, mean, deviation)
        return self._negative_log_likelihood(scaled, mean, deviation)

    def _drawn_codes(self, mean: NDArray, deviation: NDArray) -> NDArray[np.float64]:
        """Return the draws of each code (n_draws, n, size of the code)."""
        return mean + deviation * self.noise_[:, np.newaxis]

    def _decoding_errors(self, scaled: NDArray, codes: NDArray) -> NDArray[np.float64]:
        """Return the squared errors (n_draws, n, features) of what `codes` stand for.

        All draws are one batch.
        """
        decoded = self._decoded(codes.reshape(-1, codes.shape[-1]))
        return squared_errors(scaled, decoded.reshape(len(codes), *scaled.shape))

    def _mean_error(
        self, scaled: NDArray, mean: NDArray, deviation: NDArray
    ) -> NDArray[np.float64]:
        codes = self._drawn_codes(mean, deviation)
        return self._decoding_errors(scaled, codes).mean(axis=(0, 2))

    def _negative_log_likelihood(
        self, scaled: NDArray, mean: NDArray, deviation: NDArray
    ) -> NDArray[np.float64]:
        codes = self._drawn_codes(mean, deviation)
        errors = self._decoding_errors(scaled, codes) / self.noise_sd_**2
        log_weights = -0.5 * (errors.sum(axis=2) + np.square(codes).sum(axis=2))
        log_weights += 0.5 * np.square(self.noise_).sum(axis=1, keepdims=True)
        log_weights += np.log(deviation).sum(axis=1)
        constant = np.log(self.noise_sd_ * np.sqrt(2 * np.pi)).sum()
        return constant + np.log(len(codes)) - np.logaddexp.reduce(log_weights, axis=0)

    def _onnx_scores(self, graph: "Graph", scaled: str) -> str:
        self._check_score_type()
        arrays = self.arrays_
        hidden = graph.chain(self._onnx_input(graph, scaled), arrays.trunk)
        mean = graph.double(graph.chain(hidden, arrays.mean))
        log_variance = self._onnx_log_variance(graph, hidden)
        half = graph.op("Mul", log_variance, graph.constant(0.5))
        noise = graph.constant(self.noise_[:, np.newaxis])
        drawn = graph.op("Mul", graph.op("Exp", half), noise)
        codes = graph.op("Add", mean, drawn)
        decoded = graph.chain(graph.single(codes), arrays.decoder)
        errors = graph.squared_errors(scaled, decoded)
        if self.score_type == "reconstruction":
            return graph.mean(errors, 0, 2)
        return self._onnx_likelihood(graph, errors, codes, half)

    def _onnx_log_variance(self, graph: "Graph", hidden: str) -> str:
        """Return the log variance of q(z | x), limited as in training."""
        from helpers.networks.layers import LOG_VARIANCES

        free = graph.double(graph.chain(hidden, self.arrays_.log_variance))
        return graph.op("Clip", free, *map(graph.constant, LOG_VARIANCES))

    def _onnx_likelihood(
        self, graph: "Graph", errors: str, codes: str, log_deviation: str
    ) -> str:
        """Return -log p(x) of squared errors (n_draws, n, features) and their codes."""
        costs = graph.op("Div", errors, graph.constant(self.noise_sd_**2))
        both = graph.sum(costs, 2), graph.sum(graph.squared(codes), 2)
        prior = np.square(self.noise_).sum(axis=1, keepdims=True)
        cost = graph.op("Sub", graph.op("Add", *both), graph.constant(prior))
        halved = graph.op("Mul", cost, graph.constant(-0.5))
        weights = graph.op("Add", halved, graph.sum(log_deviation, 1))
        constant = np.log(self.noise_sd_ * np.sqrt(2 * np.pi)).sum()
        constant = graph.constant(constant + np.log(len(self.noise_)))
        return graph.op("Sub", constant, graph.log_sum_exp(weights, 0))

    def _check_parameters(self) -> None:
        super()._check_parameters()
        as_count(self.n_draws, "n_draws", least=1, most=LARGEST_SIZE)
        as_number(self.divergence_weight, "divergence_weight", least=0, below=HEAVIEST)
        self._check_score_type()

    def _check_score_type(self) -> None:
        check_choice(self.score_type, "score_type", ("reconstruction", "likelihood"))


def default_hidden_layers(features: int) -> tuple[int, int, int]:
    """Return the layers of a network for so many features: wide, half, the code."""
    code = max(1, round(np.sqrt(features)))
    wide = max(4 * code, min(2 * features, 64))
    return wide, max(2 * code, wide // 2), code
