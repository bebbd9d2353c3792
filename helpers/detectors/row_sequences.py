"""A table's row read as a sequence of its features."""

from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from helpers._arrays import LARGEST_SIZE, as_count, as_number, check_choice
from helpers.detectors.neural import NeuralDetector, squared_errors
from helpers.estimators.scaling import Scaling

if TYPE_CHECKING:
    from helpers.networks.onnx_graphs import Graph
    from helpers.networks.training import Source

__all__ = ["Seq2SeqDetector"]

# whether the decoder reads the true values (in training, in scoring)
_FORCED = {
    "never": (False, False),
    "training": (True, False),
    "always": (True, True),
}
_PUBLISHED: dict[str, Any] = {
    "units": 10,
    "dropout": 0.2,
    "teacher_forcing": "training",
    "epochs": 40,
    "batch_size": 256,
    "learning_rate": 0.01,
    "validation_fraction": 0.0,
    "patience": None,
    "scaling": "minmax",
}


class Seq2SeqDetector(NeuralDetector):
    """How badly a recurrent network retells a row, feature by feature.

    A row is read as a sequence of its features, one value a step, by a bidirectional
    LSTM; an LSTM decoder starts from the first value and what the encoder remembers,
    and says the second value, the third, ... and at last the first. The score is the
    mean over the features of (x - said x)^2, in units of `scaling`, every feature
    judged. In scoring the decoder reads its own last output (one loop inside the
    network, for all rows). Sutskever et al. (2014), Malhotra et al. (2016).

    Steps run one after the other, so training takes long: seconds an epoch for tens of
    thousands of rows, and more with each feature. "val_loss" in `history_` is the mean
    score of rows that were held out.

    Parameters
    ----------
    units : int, of each direction of the encoder; the decoder has twice as many
    dropout : share of rows of which an LSTM sees nothing but zeros in training
    teacher_forcing : when the decoder reads the true values instead of its own outputs:
        "never", in "training" (the published way) or "always", in scoring too: then a
        score is the error one step ahead
    and those of `TrainedNetwork` and of `Detector`
    """

    # `recurrent` stays False: a row is short, and compiling takes longer than it saves.

    contract_params: ClassVar[dict[str, Any]] = {
        **NeuralDetector.contract_params,
        "epochs": 1,
        "units": 4,
    }

    units: int = 10
    dropout: float = 0.0
    teacher_forcing: Literal["never", "training", "always"] = "never"
    epochs: int = 15
    batch_size: int | None = None
    learning_rate: float = 0.01
    patience: int | None = 5
    scaling: Scaling = "minmax"

    @classmethod
    def published(cls, **changes: Any) -> Self:
        """Return deepad's network for KDD99: 2 741 parameters (Cloudera, 2020).

        Its source scores 480 draws; here, as for all detectors, every row is scored.
        Keywords change single parameters.
        """
        return cls(**_PUBLISHED | changes)

    def reconstruct(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return X as the network retells it (n, features), in the units of X."""
        scaled = self._scaled(self._read(X))
        return self._unscaled(self._reconstruct(scaled))

    def _reconstruct(self, scaled: NDArray) -> NDArray[np.float64]:
        """Return the rows as the decoder says them, the first feature first."""
        return np.roll(self._computed(self.arrays_.say, scaled), 1, axis=1)

    def _build(self, seed: int) -> Any:
        from helpers.networks.sequences import SequenceShape, sequence_to_sequence

        shape = SequenceShape(
            steps=self.n_features_in_,
            units=int(self.units),
            dropout=self.dropout,
            output_activation="sigmoid" if self.scaling == "minmax" else None,
            forced=_FORCED[self.teacher_forcing],
        )
        return self._compile(sequence_to_sequence(shape, seed), "mean_squared_error")

    def _arrays(self, network: Any) -> Any:
        from helpers.networks.recurrences import SequenceArrays

        _, forced = _FORCED[self.teacher_forcing]
        return SequenceArrays(network, forced=forced)

    def _source(self, X: NDArray, y: ArrayLike | None) -> "Source":
        def source(rows: NDArray) -> tuple[NDArray, NDArray]:
            values = self._as_network_input(self._scaled(X[rows]))
            return values, np.roll(values, -1, axis=1)

        return source

    def _score(self, X: NDArray) -> NDArray:
        scaled = self._scaled(X)
        return squared_errors(scaled, self._reconstruct(scaled)).mean(axis=1)

    def _onnx_scores(self, graph: "Graph", scaled: str) -> str:
        from helpers.networks.onnx_recurrences import retold

        said = retold(graph, self._onnx_input(graph, scaled), self.arrays_)
        return graph.mean(graph.squared_errors(scaled, said), 1)

    def _check_parameters(self) -> None:
        super()._check_parameters()
        as_count(self.units, "units", least=1, most=LARGEST_SIZE)
        check_choice(self.teacher_forcing, "teacher_forcing", tuple(_FORCED))
        as_number(self.dropout, "dropout", least=0, below=1)
