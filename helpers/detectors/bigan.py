"""The BiGAN detector: what a generative network rebuilds badly is an anomaly."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from helpers._arrays import HEAVIEST, LARGEST_SIZE, as_count, as_number, check_choice
from helpers.detectors.neural import NeuralDetector, as_sizes, check_layers
from helpers.estimators.inputs import BLOCK_VALUES
from helpers.estimators.scaling import Scaling

if TYPE_CHECKING:
    from helpers.networks.onnx_graphs import Graph

__all__ = ["BiGANDetector"]

_SCORES = ("reconstruction", "feature_matching")
_SHARE = 0.9  # of the reconstruction error in a score, as published
_PUBLISHED: dict[str, Any] = {
    "hidden_layers": (128,),
    "code_size": 2,
    "discriminator_layers": (128,),
    "score_type": "reconstruction",
    "reconstruction_weight": 0.0,
    "beta_1": 0.9,
    "epochs": 15,
    "batch_size": 256,
    "learning_rate": 0.01,
    "validation_fraction": 0.0,
    "patience": None,
    "scaling": "minmax",
}


class BiGANDetector(NeuralDetector):
    """A bidirectional generative adversarial network, scored by what it rebuilds badly.

    The discriminator learns to tell (x, E(x)) of a row x and its code from (G(z), z) of
    a random code z; encoder E and generator G learn to deceive it. Where they succeed,
    G(E(x)) is x for normal rows. The score is 0.9 |x - G(E(x))| + 0.1 d, absolute
    values summed over the features in units of `scaling`. With
    `score_type="reconstruction"`, d is what the discriminator's verdict on (x, E(x))
    costs as a binary cross-entropy; with "feature_matching", d is the sum of absolute
    differences of its last hidden layer between (x, E(x)) and (G(E(x)), E(x)).
    Donahue et al. (2017), Zenati et al. (2018).

    "loss" in `history_` is the sum of all losses, of the discriminator and of encoder
    and generator; it need not fall. "val_loss" is the mean absolute error of G(E(x)) on
    rows that were held out: by it training stops and the best epoch's weights are put
    back. Without that, and with `reconstruction_weight=0`, one seed in a few ends far
    from any good state.

    Parameters
    ----------
    hidden_layers : sizes of the encoder's hidden layers; the generator mirrors them
    code_size : int or None, numbers in a code. None: from the number of features
    discriminator_layers : sizes of its hidden layers
    dropout : share of what the discriminator reads that is left out in training
    score_type : "reconstruction" or "feature_matching". Set after `fit` it holds for
        scores from then on; the threshold stays that of the other score
    reconstruction_weight : float, how much the mean absolute error of G(E(x)) weighs in
        the loss of encoder and generator; 0 is the published loss
    label_smoothing : float in [0, 0.5), how far below 1 the discriminator's target for
        a real row is
    beta_1 : float in [0, 1), Adam's memory of past gradients
    and those of `TrainedNetwork` and of `Detector`
    """

    contract_params: ClassVar[dict[str, Any]] = {
        **NeuralDetector.contract_params,
        "epochs": 1,
        "hidden_layers": (8,),
        "discriminator_layers": (8,),
    }

    scoring_parameters: ClassVar[frozenset[str]] = frozenset({"score_type"})

    hidden_layers: Sequence[int] = (128,)
    code_size: int | None = None
    discriminator_layers: Sequence[int] = (128,)
    dropout: float = 0.2
    score_type: Literal["reconstruction", "feature_matching"] = "feature_matching"
    reconstruction_weight: float = 10.0
    label_smoothing: float = 0.0
    beta_1: float = 0.5
    epochs: int = 50
    batch_size: int | None = None
    learning_rate: float = 0.002
    patience: int | None = 5
    scaling: Scaling = "minmax"

    @classmethod
    def published(cls, **changes: Any) -> Self:
        """Return deepad's networks for KDD99 (Cloudera, 2020), trained for 15 epochs.

        Encoder, generator and discriminator have 2 690, 2 706 and 2 817 parameters for
        18 features. Its source stops after 15 batches, and scores a row by the mean
        verdict on all rows of the call; here each row has its own. Keywords change
        single parameters.
        """
        return cls(**_PUBLISHED | changes)

    def encode(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return the code E(x) of each row (n, code_size)."""
        scaled = self._scaled(self._read(X))
        return self._computed(self.arrays_.encode, scaled)

    def reconstruct(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return G(E(x)) of each row (n, features), in the units of X."""
        scaled = self._scaled(self._read(X))
        return self._unscaled(self._computed(self.arrays_.reconstruct, scaled))

    def generate(self, n: int, random_state: int | None = None) -> NDArray[np.float64]:
        """Return `n` rows G(z) (n, features), in the units of X, of random codes z.

        Raises `ValueError` where `n` or the seed is no whole number it can be.
        """
        self._require_current()
        as_count(n, "n", least=1, most=LARGEST_SIZE)
        if random_state is not None:
            as_count(random_state, "random_state")
        random = np.random.default_rng(random_state)
        width = self.arrays_.generator.width(self.state_.variables)
        codes = random.standard_normal((n, width), dtype=np.float32)
        return self._unscaled(self._computed(self.arrays_.generate, codes))

    def _code_size(self) -> int:
        if self.code_size is not None:
            return int(self.code_size)
        return max(2, round(np.sqrt(self.n_features_in_)))

    def _build(self, seed: int) -> Any:
        from helpers.networks.bigan import BiGAN, BiGANLoss, BiGANShape

        shape = BiGANShape(
            features=self.n_features_in_,
            code=self._code_size(),
            hidden=as_sizes(self.hidden_layers),
            discriminator=as_sizes(self.discriminator_layers),
            dropout=self.dropout,
            output_activation="sigmoid" if self.scaling == "minmax" else None,
        )
        loss = BiGANLoss(self.reconstruction_weight, self.label_smoothing)
        options = {"beta_1": self.beta_1} if self.optimizer == "adam" else {}
        return self._compile(BiGAN(shape, loss, seed), None, **options)

    def _arrays(self, network: Any) -> Any:
        from helpers.networks.bigan import BiGANArrays

        return BiGANArrays(network)

    def _scoring_outputs(self, scaled: NDArray) -> list[NDArray]:
        """Return G(E(x)), the verdict on (x, E(x)), and what the matching compares."""
        joined = self._computed(self.arrays_.scoring_outputs, scaled)
        hidden = (joined.shape[1] - self.n_features_in_ - 1) // 2
        ends = np.cumsum([self.n_features_in_, 1, hidden])
        return np.split(joined, ends, axis=1)

    def _score(self, X: NDArray) -> NDArray:
        check_choice(self.score_type, "score_type", _SCORES)
        values = len(X) * self.arrays_.scoring_width(self.state_.variables)
        parts = max(1, values // BLOCK_VALUES)
        if parts == 1:
            return self._score_few(X)
        return np.concatenate([self._score_few(X) for X in np.array_split(X, parts)])

    def _score_few(self, X: NDArray) -> NDArray:
        """Return the scores of so few rows that all the network says fits a block."""
        scaled = self._scaled(X)
        rebuilt, logits, hidden, hidden_rebuilt = self._scoring_outputs(scaled)
        if self.score_type == "reconstruction":
            discriminator_term = np.logaddexp(0.0, -logits[:, 0].astype(np.float64))
        else:
            discriminator_term = _distances(hidden, hidden_rebuilt)
        return _SHARE * _distances(scaled, rebuilt) + (1 - _SHARE) * discriminator_term

    def _onnx_scores(self, graph: "Graph", scaled: str) -> str:
        check_choice(self.score_type, "score_type", _SCORES)
        arrays, rows = self.arrays_, self._onnx_input(graph, scaled)
        codes = graph.chain(rows, arrays.encoder)
        rebuilt = graph.chain(codes, arrays.generator)
        hidden = self._onnx_hidden(graph, rows, codes)
        if self.score_type == "reconstruction":
            logit = graph.double(graph.chain(hidden, arrays.logit))
            cost = graph.op("Softplus", graph.op("Neg", logit))
            term = graph.op("Squeeze", cost, graph.axes(1))
        else:
            of_rebuilt = self._onnx_hidden(graph, rebuilt, codes)
            pair = map(graph.double, (hidden, of_rebuilt))
            term = graph.sum(graph.absolute_errors(*pair), 1)
        error = graph.sum(graph.absolute_errors(scaled, graph.double(rebuilt)), 1)
        parts = ((error, _SHARE), (term, 1 - _SHARE))
        return graph.op(
            "Add", *(graph.op("Mul", x, graph.constant(w)) for x, w in parts)
        )

    def _onnx_hidden(self, graph: "Graph", rows: str, codes: str) -> str:
        """Return the discriminator's last hidden layer for pairs of row and code."""
        return graph.chain(graph.op("Concat", rows, codes, axis=1), self.arrays_.hidden)

    def _check_parameters(self) -> None:
        super()._check_parameters()
        for name in ("hidden_layers", "discriminator_layers"):
            if getattr(self, name) is None:
                raise ValueError(f"{name} is None; name the sizes, such as (128,)")
            check_layers(getattr(self, name), name)
        if self.code_size is not None:
            as_count(self.code_size, "code_size", least=1, most=LARGEST_SIZE)
        check_choice(self.score_type, "score_type", _SCORES)
        weight = self.reconstruction_weight
        as_number(weight, "reconstruction_weight", least=0, below=HEAVIEST)
        for name, limit in (("dropout", 1), ("label_smoothing", 0.5), ("beta_1", 1)):
            as_number(getattr(self, name), name, least=0, below=limit)


def _distances(one: NDArray, other: NDArray) -> NDArray[np.float64]:
    """Return the sum of absolute differences of each row, kept finite."""
    difference = one.astype(np.float64) - other.astype(np.float64)
    return np.minimum(np.abs(difference), 1e150).sum(axis=1)
