"""Forecasters: what comes out far from its forecast is an anomaly.

They read windows (n, steps, features) whose **last step is the point judged** and whose
other steps are what its forecast is made from; `sliding_windows(series, steps)` of
`helpers.windows` cuts them. `fit_series` and `score_series` do that for you.

An error speaks about the last point of a window. But a fault also stands in the input
of the windows after it, so the next points are often forecast badly: one fault, several
high scores. The first of them is the fault.
"""

from abc import abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from helpers._arrays import HEAVIEST, LARGEST_SIZE, as_count, as_number, check_choice
from helpers.clock import Gaps
from helpers.detectors.neural import NeuralDetector
from helpers.detectors.windows import SeriesDetector
from helpers.estimators.inputs import blocks

if TYPE_CHECKING:
    from helpers.networks.onnx_graphs import Graph
    from helpers.networks.training import Source

__all__ = ["ForecastDetector", "SeasonalNaiveDetector"]

_CELLS = ("rnn", "lstm", "gru")
_LARGEST_ERROR = 1e150


class _Forecaster(SeriesDetector):
    """What forecasters share: errors and forecasts, of windows and of series.

    After `fit_series`, `decision_scores_` and `labels_` are of the points from the
    first one that can be forecast on.
    """

    def forecast(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return the forecast of each window's last step (n, features), in units of X.

        The last step itself is not looked at.
        """
        array = self._read(X)
        parts = [self._forecast(self._scaled(array[rows])) for rows in blocks(array)]
        return self._unscaled(np.concatenate(parts))

    def forecast_series(
        self, series: ArrayLike, *, gaps: Gaps = "refuse"
    ) -> NDArray[np.float64]:
        """Return the forecast of each point, in the shape and the units of `series`.

        NaN for the first points, which nobody could forecast; with `gaps="split"` also
        for the first ones after each gap of the series' clock.
        """
        return self._per_point(series, self.forecast, gaps).reshape(np.shape(series))

    def score_series(
        self, series: ArrayLike, *, gaps: Gaps = "refuse"
    ) -> NDArray[np.float64]:
        """Return the score of each point (n_points,), where the error is.

        NaN where there is no forecast: see `forecast_series`.
        """
        return self._per_point(series, self.decision_function, gaps)

    # ------------------------------------------------------- what forecasters define

    @abstractmethod
    def _forecast(self, scaled: NDArray) -> NDArray[np.float64]:
        """Return the forecast of the last step, all in units of the scaler."""

    # --------------------------------------------------------------------- details

    def _score(self, X: NDArray) -> NDArray:
        scaled = self._scaled(X)
        errors = np.abs(scaled[:, -1] - self._forecast(scaled))
        return np.minimum(errors, _LARGEST_ERROR).mean(axis=1)

    def _per_point(
        self, series: ArrayLike, method: Callable, gaps: Gaps
    ) -> NDArray[np.float64]:
        """Return what `method` says of each point, NaN for the first of each part."""
        answer = None
        for part, windows in self._windows_of(series, gaps=gaps):
            values = method(windows)
            if answer is None:
                n_points = len(np.asarray(series))
                answer = np.full((n_points, *values.shape[1:]), np.nan)
            answer[part.start + self.n_steps_in_ - 1 : part.stop] = values
        return np.asarray(answer)  # there is a part, or nothing fits


class ForecastDetector(_Forecaster, NeuralDetector):
    """The absolute error of a recurrent network's forecast, one step ahead.

    score = mean over features of |x - forecast of x|, in units of `scaling`: with
    "minmax", as published, 0.3 is three tenths of the range seen in `fit`. `forecast`
    and `forecast_series` answer in units of X. LSTM: Hochreiter and Schmidhuber (1997);
    GRU: Cho et al. (2014); `published()` is the reference course's.

    Parameters
    ----------
    cell : "lstm", "gru" or "rnn" (the simple recurrent cell)
    units : int, size of the cell's state
    window : int, how many points `fit_series` forecasts from. `fit` takes windows of
        any length: all steps but the last
    output_scale : float, times what the output layer says
    validation_fraction : as in `TrainedNetwork`, but the **last** share of the windows:
        windows overlap, so those drawn at random would hold what was trained on
    and those of `TrainedNetwork` and of `Detector`
    """

    recurrent: ClassVar[bool] = True
    ordered: ClassVar[bool] = True
    contract_params: ClassVar[dict[str, Any]] = {
        **NeuralDetector.contract_params,
        "units": 4,
    }

    cell: Literal["rnn", "lstm", "gru"] = "lstm"
    units: int = 32
    window: int = 10
    output_scale: float = 1.0
    epochs: int = 200
    batch_size: int | None = 32
    learning_rate: float = 0.006
    patience: int | None = 40

    @classmethod
    def published(cls, **changes: Any) -> Self:
        """Return the forecaster of the reference course, with `changes` if any.

        An LSTM of 32 units on windows of 10 values scaled to 0..1, a dense output times
        100: 4 385 parameters. Mean squares, Adam at 0.001, batches of 10, 200 epochs,
        never stopped early. Its threshold on the test series was 0.3.
        """
        published: dict[str, Any] = {
            "cell": "lstm",
            "units": 32,
            "window": 10,
            "output_scale": 100.0,
            "epochs": 200,
            "batch_size": 10,
            "learning_rate": 0.001,
            "optimizer": "adam",
            "validation_fraction": 0.0,
            "patience": None,
            "scaling": "minmax",
        }
        return cls(**(published | changes))

    def _build(self, seed: int) -> Any:
        from helpers.networks.recurrent import ForecasterShape, forecaster

        shape = ForecasterShape(
            steps=self.n_steps_in_ - 1,
            features=self.n_features_in_,
            cell=self.cell,
            units=int(self.units),
            output_scale=float(self.output_scale),
        )
        return self._compile(forecaster(shape, seed), "mean_squared_error")

    def _fit(self, X: NDArray, y: ArrayLike | None) -> None:
        if X.shape[1] < 2:
            raise ValueError(
                "X has windows of 1 step; a forecast needs at least 2: what it is made "
                "from, and the last one, which is forecast"
            )
        super()._fit(X, y)

    def _source(self, X: NDArray, y: ArrayLike | None) -> "Source":
        def source(rows: NDArray) -> tuple[NDArray, NDArray]:
            values = self._as_network_input(self._scaled(X[rows]))
            return values[:, :-1], values[:, -1]

        return source

    def _arrays(self, network: Any) -> Any:
        from helpers.networks.recurrences import RecurrentArrays

        return RecurrentArrays(network)

    def _forecast(self, scaled: NDArray) -> NDArray[np.float64]:
        return self._said(scaled[:, :-1])

    def _onnx_scores(self, graph: "Graph", scaled: str) -> str:
        from helpers.networks.onnx_recurrences import said_of_windows

        last, before, end = graph.axes(-1), graph.axes(0), graph.axes(2**63 - 1)
        steps = graph.axes(1)
        windows = graph.op("Slice", scaled, before, last, steps)
        judged = graph.op("Slice", scaled, last, end, steps)
        said = said_of_windows(graph, self._onnx_input(graph, windows), self.arrays_)
        point = graph.op("Squeeze", judged, steps)
        return graph.mean(graph.absolute_errors(point, graph.double(said)), 1)

    def _window(self) -> int:
        return self.window + 1

    def _check_parameters(self) -> None:
        super()._check_parameters()
        check_choice(self.cell, "cell", _CELLS)
        as_count(self.units, "units", least=1, most=LARGEST_SIZE)
        as_count(self.window, "window", least=1)
        scale = self.output_scale
        as_number(scale, "output_scale", least=0, above=True, below=HEAVIEST)


class SeasonalNaiveDetector(_Forecaster):
    """The absolute error of the simplest forecast: the value one period earlier.

    score = mean over features of |x - x one period before|, in units of `scaling`. The
    baseline that a forecasting network has to beat (Hyndman and Athanasopoulos, 2018);
    nothing is learned but the units.

    Parameters
    ----------
    period : int, steps in a season: 48 half hours are a day. Windows hold at least
        `period` + 1 steps
    scaling : as in `ScaledInput`; the same as the network's makes the errors comparable
    contamination : see `Detector`
    """

    contract_params: ClassVar[dict[str, Any]] = {"period": 5}

    period: int = 48

    def _fit(self, X: NDArray, y: ArrayLike | None) -> None:
        if X.shape[1] <= self.period:
            raise ValueError(
                f"X has windows of {X.shape[1]} steps, but period = {self.period} "
                f"needs {self.period + 1}: the last one and the one a period before"
            )
        self.scaler_ = self._fit_scaler(X)
        self.period_ = int(self.period)

    def _forecast(self, scaled: NDArray) -> NDArray[np.float64]:
        return scaled[:, -1 - self.period_]

    def _window(self) -> int:
        return self.period + 1

    def _check_parameters(self) -> None:
        super()._check_parameters()
        as_count(self.period, "period", least=1)
