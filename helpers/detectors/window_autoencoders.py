"""Windows rebuilt by a recurrent network: what it can't rebuild is an anomaly."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray

from helpers._arrays import LARGEST_SIZE, as_count, check_choice, check_flag
from helpers.detectors.neural import NeuralDetector
from helpers.detectors.windows import WindowDetector
from helpers.estimators.scaling import Scaling

if TYPE_CHECKING:
    from helpers.networks.onnx_graphs import Graph
    from helpers.networks.training import Plan

__all__ = ["WindowAutoencoderDetector"]

_CELLS = ("gru", "lstm")
_ACTIVATIONS = ("tanh", "relu")
_PUBLISHED: dict[str, Any] = {
    "cell": "gru",
    "units": 50,
    "window": 5,
    "activation": "relu",
    "epochs": 1000,
    "batch_size": 32,
    "learning_rate": 0.001,
    "falling_rate": False,
    "optimizer": "adam",
    "validation_fraction": 0.0,
    "patience": None,
    "scaling": "minmax",
}


class WindowAutoencoderDetector(WindowDetector, NeuralDetector):
    """How badly a recurrent autoencoder rebuilds a window (n, steps, features).

    An encoder reads the window, step by step, and is left with one state, the code; a
    decoder gets the code at every step, and a dense layer says the step's features from
    its state. The error of a step is the mean over features of (x - rebuilt x)^2, in
    units of `scaling`; a window's score is the mean over its steps, the published one.
    `fit_series`, `score_series` and `alarms` take a series and speak of its points.
    Cho et al. (2014), Malhotra et al. (2016); `published()` is the reference course's.

    The defaults were chosen on two half-hourly series of demand, "taylor" and
    "elecdemand", with spikes and stuck values put in, one seed each. Twice as many
    steps, in batches half as large, told more there than units or cell did.

    Parameters
    ----------
    cell : "gru" or "lstm", of both the encoder and the decoder
    units : int, size of the state of either, and so of the code. With as many units as
        a window has numbers, the code is no bottleneck: it need not leave anything out
    activation : "tanh" or "relu", of the state
    window : int, how many points `fit_series` puts into a window. `fit` takes windows
        of any length
    falling_rate : bool, let the learning rate fall to 0 over `epochs`, on half a cosine
    validation_fraction : as in `TrainedNetwork`, but the **last** share of the windows:
        windows overlap, so those drawn at random would hold what was trained on
    and those of `TrainedNetwork` and of `Detector`
    """

    recurrent: ClassVar[bool] = True
    ordered: ClassVar[bool] = True
    training_parameters: ClassVar[frozenset[str]] = frozenset({"falling_rate"})
    contract_params: ClassVar[dict[str, Any]] = {
        **NeuralDetector.contract_params,
        "units": 4,
    }

    cell: Literal["gru", "lstm"] = "gru"
    units: int = 32
    activation: Literal["tanh", "relu"] = "tanh"
    window: int = 10
    falling_rate: bool = True
    epochs: int = 100
    batch_size: int | None = None
    learning_rate: float = 0.01
    patience: int | None = 30
    scaling: Scaling = "minmax"

    @classmethod
    def published(cls, **changes: Any) -> Self:
        """Return the autoencoder of the reference course, with `changes` if any.

        GRUs of 50 units with ReLU on windows of 5 values scaled to 0..1: 23 301
        parameters. Mean squares, Adam at 0.001, batches of 32, 1000 epochs, nothing
        held out. Its loop ended one window early: `fit_series(series[:-1])` has its 448
        windows. Its threshold on the test series was 0.001.
        """
        return cls(**(_PUBLISHED | changes))

    def _build(self, seed: int) -> Any:
        from helpers.networks.window_autoencoders import (
            WindowAutoencoderShape,
            window_autoencoder,
        )

        shape = WindowAutoencoderShape(
            steps=self.n_steps_in_,
            features=self.n_features_in_,
            cell=self.cell,
            units=int(self.units),
            activation=self.activation,
        )
        return self._compile(window_autoencoder(shape, seed), "mean_squared_error")

    def _arrays(self, network: Any) -> Any:
        """Return the network as NumPy computes it; None for another, of a subclass."""
        from helpers.networks.window_autoencoders import (
            WindowAutoencoderArrays,
            is_window_autoencoder,
        )

        known = is_window_autoencoder(network)
        return WindowAutoencoderArrays(network) if known else None

    def _plan(self, *arguments: Any) -> "Plan":
        return replace(super()._plan(*arguments), falling=self.falling_rate)

    def _reconstruct(self, scaled: NDArray) -> NDArray[np.float64]:
        return self._said(scaled)

    def _onnx_scores(self, graph: "Graph", scaled: str) -> str:
        from helpers.networks.onnx_recurrences import rebuilt_windows

        if self.arrays_ is None:
            return super()._onnx_scores(graph, scaled)
        said = rebuilt_windows(graph, self._onnx_input(graph, scaled), self.arrays_)
        return graph.mean(graph.squared_errors(scaled, said), 1, 2)

    def _window(self) -> int:
        return self.window

    def _check_parameters(self) -> None:
        super()._check_parameters()
        check_choice(self.cell, "cell", _CELLS)
        check_choice(self.activation, "activation", _ACTIVATIONS)
        as_count(self.units, "units", least=1, most=LARGEST_SIZE)
        as_count(self.window, "window", least=1)
        check_flag(self.falling_rate, "falling_rate")
