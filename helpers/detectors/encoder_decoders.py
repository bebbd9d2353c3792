"""Windows rebuilt by an LSTM encoder-decoder, judged by a Gaussian of its errors."""

from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from helpers._arrays import (
    LARGEST_SIZE,
    Labels,
    as_count,
    as_labels,
    as_number,
    check_choice,
    check_flag,
)
from helpers.detectors.error_models import (
    LARGEST_ERROR,
    ErrorModel,
    Weighting,
    six_way_split,
)
from helpers.detectors.neural import NeuralDetector
from helpers.detectors.windows import WindowDetector
from helpers.estimators.scaling import Scaling
from helpers.thresholds import max_threshold, searched_threshold

if TYPE_CHECKING:
    from helpers.networks.onnx_graphs import Graph
    from helpers.networks.states import TrainingState
    from helpers.networks.training import Source

__all__ = ["EncoderDecoderDetector"]

_FEEDS = ("true", "own", "constant")
_SCORES = ("mahalanobis", "published_code")
_REDUCTIONS = ("max", "mean", "count")
_REESTIMATIONS = ("none", "running", "replace")
_PUBLISHED: dict[str, dict[str, Any]] = {
    "power_demand": {"units": 15, "window": 84, "batch_size": 1, "few_anomalies": 1},
    "smtp": {"units": 15, "reduce": "mean"},
    "http": {"units": 35, "window": 30},
    "smtp_http": {"units": 15, "reduce": "mean"},
    "forest": {"units": 25},
}


class EncoderDecoderDetector(WindowDetector, NeuralDetector):
    """How unusual the errors are with which a network rebuilds a window.

    An LSTM reads a window (steps, D); its last state begins a second one, which says
    the window in reverse, the last step first. The error of a step is e = |x - rebuilt
    x|, D values in units of `scaling`. mu and Sigma, its mean and covariance on normal
    windows that trained nobody, make of it the score of a point, (e - mu)' Sigma^-1
    (e - mu): about D where all is normal. Malhotra et al. (2016), Li (2018).

    **Labels.** `fit(X, y)` takes labels 0/1 of windows (n,) or of points (n, steps);
    without, every window is normal. `six_way_split` says, in the order of X, which
    windows train, which give mu and Sigma, thresholds, the end of the training; the
    second half of the abnormal ones is left for a test (`split_.abnormal_test`).
    Windows with an abnormal point are never trained on.

    **Thresholds.** `tau_` is for points, `threshold_` for windows. With abnormal
    windows in y both are searched (`searched_threshold`) or, where the first half of
    these is fewer than `few_anomalies`, twice the largest score of the held-out normal
    ones. Without, `tau_` is that too, and `threshold_` comes from `contamination`.

    **Known covariates.** What is known of a step before it is seen, such as weekday and
    hour, can stand behind the values in X, as its last `known_features` columns. The
    decoder reads them of the step that it has to say; the encoder doesn't, and they
    are neither rebuilt nor scored. What makes a step an anomaly must not be among
    them: with a column for holidays, an empty office on a holiday is as expected.

    Parameters
    ----------
    units : int, size of the state of encoder and decoder
    peepholes : bool, whether gates see the memory, as published
    feed : what the decoder reads of the step that it has said last, in training and in
        scoring: its "true" value (the published code), its "own" output, or a
        "constant" 1 (the thesis' text). Before the first step that is 1
    known_features : int, how many of the last features are known covariates
    score_type : "mahalanobis", as above, or "published_code", sqrt((e - mu)' Sigma
        (e - mu)), which the published code computes
    reduce : what makes a window's score of those of its points: their "max", their
        "mean", or by "count" the `min_points`-th largest: it is greater than a
        threshold where at least so many points are
    min_points : int, see `reduce`
    beta : float, of the F-beta by which thresholds are searched; 2 is what the
        published code does where it says 0.5
    few_anomalies : int, see above; published: a batch
    window : int, how many points `fit_series` puts into a window
    validation_fraction : share of the normal windows, the last of them, that say when
        to stop; as in `six_way_split`. In `partial_fit` the others are all trained on
    and those of `TrainedNetwork` and of `Detector`

    `score_type`, `reduce` and `min_points` set after `fit` hold for scores from then
    on; thresholds stay until `find_thresholds`.

    Attributes
    ----------
    error_model_ : `ErrorModel`, mu and Sigma
    tau_ : float, the threshold of a point's score
    split_ : `SixWaySplit`, the numbers of the windows of `fit`
    searched_ : float or None, the threshold of a window that labels gave
    """

    recurrent: ClassVar[bool] = True
    ordered: ClassVar[bool] = True
    contract_params: ClassVar[dict[str, Any]] = {
        **NeuralDetector.contract_params,
        "units": 4,
    }
    scoring_parameters: ClassVar[frozenset[str]] = frozenset(
        {"score_type", "reduce", "min_points"}
    )

    units: int = 15
    peepholes: bool = True
    feed: Literal["true", "own", "constant"] = "true"
    known_features: int = 0
    score_type: Literal["mahalanobis", "published_code"] = "mahalanobis"
    reduce: Literal["max", "mean", "count"] = "max"
    min_points: int = 1
    beta: float = 0.5
    few_anomalies: int = 8
    window: int = 10
    epochs: int = 300
    batch_size: int | None = 8
    learning_rate: float = 0.003
    patience: int | None = 20
    min_delta: float = 1e-4
    scaling: Scaling = "minmax"

    @classmethod
    def published(
        cls,
        dataset: Literal[
            "power_demand", "smtp", "http", "smtp_http", "forest"
        ] = "power_demand",
        **changes: Any,
    ) -> Self:
        """Return the network of Li's thesis (2018) for a data set, with `changes`.

        Its settings as its code runs: true values fed back, `score_type` and `beta` of
        the code, Adam at 0.001, at most 300 epochs.
        """
        check_choice(dataset, "dataset", tuple(_PUBLISHED))
        code: dict[str, Any] = {
            "score_type": "published_code",
            "beta": 2.0,
            "learning_rate": 0.001,
        }
        return cls(**(code | _PUBLISHED[dataset] | changes))

    # ------------------------------------------------------------ what users call

    def errors(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return |x - rebuilt x| (n, steps, D), in units of `scaling`.

        Steps are in the windows' own order. Known covariates have no error.
        """
        return self._in_blocks(self._feature_errors, self._read(X))

    def reestimate(
        self,
        X: ArrayLike,
        how: Literal["none", "running", "replace"] = "running",
        *,
        weighting: Weighting = "samples",
    ) -> Self:
        """Learn mu and Sigma from further normal windows X; return self.

        - "running": of all errors since `fit`. `weighting="published"` is that of the
          published code, which all but ignores what is new: see `ErrorModel.updated`.
        - "replace": of the errors of X alone.
        - "none": they stay.

        The network, `tau_` and `threshold_` stay as they are: see `find_thresholds`.
        """
        check_choice(how, "how", _REESTIMATIONS)
        errors = self.errors(X)
        if how == "replace":
            self.error_model_ = ErrorModel.of(errors)
        elif how == "running":
            self.error_model_ = self.error_model_.updated(errors, weighting)
        return self

    def find_thresholds(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Set `tau_`, `threshold_` and `labels_` by labelled windows X; return self.

        y is as in `fit`; windows that trained the network tell too little. Raises
        `ValueError` where no window is normal.
        """
        array = self._read(X)
        labels = _point_labels(y, array)
        self._set_thresholds(self._in_blocks(self._errors, array), labels)
        self._use_searched_threshold()
        return self

    # ------------------------------------------------------------------- training

    def _build(self, seed: int) -> Any:
        from helpers.networks.sequences import EncoderDecoderShape, encoder_decoder

        shape = EncoderDecoderShape(
            steps=self.n_steps_in_,
            features=self._rebuilt_features(),
            known=int(self.known_features),
            units=int(self.units),
            peepholes=bool(self.peepholes),
            feed=self.feed,
        )
        return self._compile(encoder_decoder(shape, seed), "mean_squared_error")

    def _arrays(self, network: Any) -> Any:
        from helpers.networks.recurrences import EncoderDecoderArrays

        features = self._rebuilt_features()
        return EncoderDecoderArrays(network, features=features, feed=self.feed)

    def _source(self, X: NDArray, y: ArrayLike | None) -> "Source":
        def source(rows: NDArray) -> tuple[NDArray, NDArray]:
            values = self._as_network_input(self._scaled(X[rows]))
            return values, values[..., : self._rebuilt_features()]

        return source

    def _train(
        self,
        X: NDArray,
        y: ArrayLike | None,
        state: "TrainingState | None",
        epochs: int,
    ) -> None:
        labels = _point_labels(y, X)
        first = state is None
        split = self._split_of_fit if first else self._split_later
        training, validation = split(labels.max(axis=1))
        plan = self._plan(X, epochs, state, labels)
        source = self._source(X, y)
        self._train_on(source, training, validation, plan=plan, state=state)
        if first:
            self._learn_errors(X, labels)

    def _split_of_fit(self, abnormal: Labels) -> tuple[NDArray, NDArray | None]:
        """Return the windows to train and to validate on; keep all six parts."""
        self.split_ = six_way_split(
            abnormal, validation_fraction=self.validation_fraction
        )
        validation = self.split_.validation
        return self.split_.train, validation if len(validation) else None

    def _split_later(self, abnormal: Labels) -> tuple[NDArray, NDArray | None]:
        """Return the normal windows to train on, and the last ones to validate on."""
        normal = np.flatnonzero(abnormal == 0)
        if not len(normal):
            raise ValueError(
                "y says that no window is normal; there's none to train on"
            )
        training, validation = self._split(len(normal))
        return normal[training], None if validation is None else normal[validation]

    def _learn_errors(self, X: NDArray, labels: Labels) -> None:
        """Learn mu and Sigma, and thresholds, each from its part of the windows."""
        held_out = self._in_blocks(self._feature_errors, X[self.split_.errors])
        self.error_model_ = ErrorModel.of(held_out)
        rows = np.r_[self.split_.threshold, self.split_.abnormal_threshold]
        points = self._in_blocks(self._errors, X[rows])
        self._set_thresholds(points, labels[rows])

    # ----------------------------------------------------------------- thresholds

    def _set_thresholds(self, points: NDArray, labels: Labels) -> None:
        """Set `tau_` and `searched_` by points' scores and labels (n, steps)."""
        abnormal = labels.any(axis=1)
        if abnormal.all():
            raise ValueError("y says that no window is normal; thresholds need some")
        windows = self._reduced(points)
        few = abnormal.sum() < max(1, self.few_anomalies)
        if few:
            self.tau_ = max_threshold(points[~abnormal].ravel(), 2)
            searched = max_threshold(windows[~abnormal], 2)
        else:
            self.tau_ = self._searched(points[labels == 0], points[labels == 1])
            searched = self._searched(windows[~abnormal], windows[abnormal])
        if self.reduce == "count":
            searched = self.tau_
        self.searched_ = searched if abnormal.any() else None

    def _searched(self, normal: NDArray, abnormal: NDArray) -> float:
        return searched_threshold(normal, abnormal, beta=self.beta)

    def _finish(self, array: NDArray) -> None:
        super()._finish(array)
        self._use_searched_threshold()

    def _use_searched_threshold(self) -> None:
        """Let what labels say decide, if there were any abnormal windows."""
        if self.searched_ is not None:
            self.threshold_ = self.searched_
            self.labels_ = (self.decision_scores_ > self.threshold_).astype(np.int64)

    # -------------------------------------------------------------------- scoring

    def _rebuilt_features(self) -> int:
        """Return D, the number of features that are rebuilt."""
        return self.n_features_in_ - int(self.known_features)

    def _rebuilt(self, scaled: NDArray) -> NDArray[np.float64]:
        """Return what the decoder says (n, steps, D), all in units of the scaler."""
        return self._computed(self.arrays_.say, scaled)

    def _reconstruct(self, scaled: NDArray) -> NDArray[np.float64]:
        """Return the windows as they are rebuilt, what is known as it is."""
        known = scaled[..., self._rebuilt_features() :]
        return np.concatenate([self._rebuilt(scaled), known], axis=2)

    def _feature_errors(self, X: NDArray) -> NDArray[np.float64]:
        """Return the errors (n, steps, D) of checked windows."""
        scaled = self._scaled(X)
        values = scaled[..., : self._rebuilt_features()]
        errors = np.abs(values - self._rebuilt(scaled))
        return np.minimum(errors, LARGEST_ERROR, out=errors)

    def _errors(self, X: NDArray) -> NDArray[np.float64]:
        """Return the scores of points (n, steps) of checked windows."""
        check_choice(self.score_type, "score_type", _SCORES)
        return self.error_model_.scores(self._feature_errors(X), self.score_type)

    def _reduced(self, points: NDArray) -> NDArray[np.float64]:
        """Return the scores of windows (n,) from those of their points (n, steps)."""
        check_choice(self.reduce, "reduce", _REDUCTIONS)
        if self.reduce == "max":
            return points.max(axis=1)
        if self.reduce == "mean":
            return points.mean(axis=1)
        place = points.shape[1] - self._checked_min_points()
        return np.partition(points, place, axis=1)[:, place]

    def _onnx_scores(self, graph: "Graph", scaled: str) -> str:
        from helpers.networks.onnx_recurrences import rebuilt

        said = rebuilt(graph, self._onnx_input(graph, scaled), self.arrays_)
        ends = 0, self._rebuilt_features(), 2
        values = graph.op("Slice", scaled, *map(graph.axes, ends))
        errors = graph.op("Abs", graph.op("Sub", values, graph.double(said)))
        errors = graph.op("Min", errors, graph.constant(LARGEST_ERROR))
        return self._onnx_reduced(graph, self._onnx_points(graph, errors))

    def _onnx_points(self, graph: "Graph", errors: str) -> str:
        check_choice(self.score_type, "score_type", _SCORES)
        model = self.error_model_
        off = graph.op("Sub", errors, graph.constant(model.mean))
        weights = graph.constant(model.weights(self.score_type))
        squares = graph.op("Mul", graph.op("MatMul", off, weights), off)
        sums = graph.op("Max", graph.sum(squares, 2), graph.constant(0.0))
        return graph.op("Sqrt", sums) if self.score_type == "published_code" else sums

    def _onnx_reduced(self, graph: "Graph", points: str) -> str:
        check_choice(self.reduce, "reduce", _REDUCTIONS)
        if self.reduce == "mean":
            return graph.mean(points, 1)
        if self.reduce == "max":
            return graph.op("ReduceMax", points, graph.axes(1), keepdims=0)
        number = graph.axes(self._checked_min_points())
        largest, _ = graph.ops("TopK", points, number, outputs=2, axis=1)
        return graph.op("ReduceMin", largest, graph.axes(1), keepdims=0)

    # ----------------------------------------------------------------- parameters

    def _window(self) -> int:
        return self.window

    def _checked_min_points(self) -> int:
        return as_count(self.min_points, "min_points", least=1, most=self.n_steps_in_)

    def _check_parameters(self) -> None:
        super()._check_parameters()
        as_count(self.units, "units", least=1, most=LARGEST_SIZE)
        check_flag(self.peepholes, "peepholes")
        check_choice(self.feed, "feed", _FEEDS)
        as_count(self.known_features, "known_features")
        check_choice(self.score_type, "score_type", _SCORES)
        check_choice(self.reduce, "reduce", _REDUCTIONS)
        as_count(self.min_points, "min_points", least=1)
        as_number(self.beta, "beta", least=0, above=True)
        as_count(self.few_anomalies, "few_anomalies")
        as_count(self.window, "window", least=1)

    def _fit(self, X: NDArray, y: ArrayLike | None) -> None:
        if self._rebuilt_features() < 1:
            raise ValueError(
                f"known_features = {self.known_features} leaves none of the "
                f"{self.n_features_in_} features of X to rebuild; put what is known "
                "behind the values"
            )
        self._checked_min_points()
        super()._fit(X, y)


def _point_labels(y: ArrayLike | None, X: NDArray) -> Labels:
    """Return labels of points (n, steps) for windows X; y is of windows or points.

    Raises `ValueError` on other labels than 0/1, or another number of them.
    """
    shape = X.shape[:2]
    if y is None:
        return np.zeros(shape, dtype=np.int64)
    if getattr(y, "shape", None) == shape:
        return as_labels(np.ravel(y), "y").reshape(shape)
    labels = as_labels(y, "y")
    if len(labels) != len(X):
        raise ValueError(
            f"y has {len(labels)} labels for {len(X)} windows; pass one a window, "
            f"or one a point: shape {shape}"
        )
    return np.repeat(labels[:, np.newaxis], shape[1], axis=1)
