"""A recurrent classifier for sequences with labels: is this step in the normal range?

Unlike the detectors of `helpers.detectors` it needs labels, and answers per step: a
sequence of log lines goes in, one probability per line and class comes out.
"""

from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassifierMixin
from sklearn.utils.class_weight import compute_class_weight

from helpers._arrays import LARGEST_SIZE, as_count, as_number, check_choice, check_flag
from helpers.classifiers.labels import listed, read_labels
from helpers.estimators.inputs import blocks, read_input
from helpers.estimators.rollback import rollback
from helpers.estimators.trained import TrainedNetwork

if TYPE_CHECKING:
    from helpers.networks.onnx_graphs import Graph
    from helpers.networks.states import TrainingState
    from helpers.networks.training import Source

__all__ = ["RNNClassifier"]

_CELLS = ("rnn", "lstm", "gru")
_STARTS = ("orthogonal", "glorot")

# sequences, and the number of the class of each step or sequence
LabelledSequences = tuple[NDArray, NDArray[np.int64]]


class RNNClassifier(ClassifierMixin, TrainedNetwork):
    """A recurrent network with a softmax over classes, as a scikit-learn classifier.

    X is (n, steps, features). With labels per step, y (n, steps), every step gets an
    answer that knows the steps before it. With one label per sequence, y (n,), there is
    one answer, after the last step; then all shapes below are without `steps`. Labels
    may be numbers or text. `published()` is the configuration of the reference article
    on network logs.

    Parameters
    ----------
    cell : "lstm", "gru" or "rnn"; units : int, size of its state
    peepholes : bool, whether the gates of the LSTM see its memory (Gers et al., 2002)
    recurrent_start : "orthogonal" or "glorot", how the recurrent weights start; the
        others start from Glorot uniform weights
    dropout : share of the states left out in training; l2 : weight of the squared
        weights in the loss. Both work against over-fitting
    class_weight : None, or "balanced": rare classes weigh more, by their share
    normal : the label that is not an anomaly, for `decision_function`; set after `fit`
        it holds from then on
    momentum, nesterov : of the optimizer "sgd"
    clip : float or None, each element of a gradient is cut to [-clip, clip]
    and those of `TrainedNetwork`

    Attributes
    ----------
    classes_ : (classes,) the labels, sorted; per_step_ : bool, how y was given
    history_, best_epoch_, network_, state_ : as in `TrainedNetwork`
    """

    recurrent: ClassVar[bool] = True
    input_kind: ClassVar[str] = "windows"
    scoring_parameters: ClassVar[frozenset[str]] = frozenset({"normal"})
    _how_to_fit: ClassVar[str] = "fit(X, y)"
    _kept_in_training: ClassVar[frozenset[str]] = TrainedNetwork._kept_in_training | {
        "class_weight"
    }

    cell: Literal["rnn", "lstm", "gru"] = "lstm"
    units: int = 32
    peepholes: bool = False
    recurrent_start: Literal["orthogonal", "glorot"] = "orthogonal"
    dropout: float = 0.0
    l2: float = 0.0
    class_weight: Literal["balanced"] | None = None
    normal: Any = 0
    momentum: float = 0.0
    nesterov: bool = False
    clip: float | None = None
    batch_size: int | None = 32
    learning_rate: float = 0.006

    @classmethod
    def published(cls, **changes: Any) -> Self:
        """Return the reference article's configuration, with `changes` if any.

        Seed 123; stochastic gradient descent, one update a batch, learning rate 0.005,
        Nesterov momentum 0.9, gradients clipped element by element at 0.5; an LSTM of
        10 units, tanh, Glorot ("Xavier") weights; softmax and cross-entropy per step.
        The article states neither epochs nor batch size nor any result. Its layer is
        a "Graves LSTM", one with peepholes: `published(peepholes=True)`; without, it is
        the usual LSTM of today.
        """
        published: dict[str, Any] = {
            "cell": "lstm",
            "units": 10,
            "recurrent_start": "glorot",
            "optimizer": "sgd",
            "learning_rate": 0.005,
            "momentum": 0.9,
            "nesterov": True,
            "clip": 0.5,
            "random_state": 123,
        }
        return cls(**(published | changes))

    # ------------------------------------------------------------ what users call

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        *,
        validation_data: tuple[ArrayLike, ArrayLike] | None = None,
    ) -> Self:
        """Learn from sequences X (n, steps, features) and labels y; return self.

        `validation_data` is (X, y) of a later time, to decide when to stop; without it
        a share `validation_fraction` of the sequences, drawn at random, does. When it
        fails, everything stays as it was. Raises `ValueError` on bad input.
        """
        with rollback(self):
            self._check_parameters()
            array = read_input(X, "windows")
            self._learn_shapes(array, y)
            training = array, self._class_indices(y, array)
            validation = self._validation(validation_data)
            self._class_weights(training[1])
            self._initialize(array)
            self._train(training, validation, None, self.epochs)
        return self

    def partial_fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        *,
        epochs: int | None = None,
        validation_data: tuple[ArrayLike, ArrayLike] | None = None,
    ) -> Self:
        """Train the fitted network further, for `epochs` more; return self.

        Weights, optimizer and curve go on from where they are, after `load` too;
        classes, their weights and the scaling stay. A `learning_rate` set since then is
        the one used. Without a `fit` before, this is one. Raises `ValueError` on bad
        input, or when parameters set since `fit` ask for another network or optimizer;
        then nothing has changed.
        """
        further = self._further_epochs(epochs)
        if not self.__sklearn_is_fitted__():
            return self.fit(X, y, validation_data=validation_data)
        with self._going_on(X) as array:
            training = array, self._class_indices(y, array)
            validation = self._validation(validation_data)
            self._train(training, validation, self.state_, further)
        return self

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return the probability of each class (n, steps, classes), by `classes_`."""
        array = self._read(X)
        parts = [self._said(self._scaled(array[rows])) for rows in blocks(array)]
        probabilities = np.concatenate(parts)
        return probabilities / probabilities.sum(axis=-1, keepdims=True)

    def predict(self, X: ArrayLike) -> NDArray:
        """Return the most probable class of each step (n, steps)."""
        numbers = self.predict_proba(X).argmax(axis=-1)
        return self.classes_[numbers]

    def decision_function(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return 1 - p(normal) of each step (n, steps); higher = more anomalous.

        Raises `ValueError` when `normal` is none of the classes.
        """
        self._require_current()
        others = self._not_normal()
        return self.predict_proba(X)[..., others].sum(axis=-1)

    def score(self, X: ArrayLike, y: ArrayLike) -> float:
        """Return the share of steps (or sequences) whose class is right."""
        codes = self._class_indices(y, self._read(X))
        return float((self.predict_proba(X).argmax(axis=-1) == codes).mean())

    def describe(self) -> dict[str, Any]:
        """Return the configuration of the fitted network, as Keras states it."""
        self._require_fitted()
        steps = self.network_.optimizer.get_config()
        layer = next(part for part in self.network_.layers if hasattr(part, "cell"))
        cell, output = layer.cell.get_config(), self.network_.layers[-1].get_config()
        loss = self.network_.loss
        return {
            "seed": self.random_state,
            "optimizer": type(self.network_.optimizer).__name__,
            "learning_rate": round(float(steps["learning_rate"]), 9),
            "momentum": steps.get("momentum"),
            "nesterov": steps.get("nesterov"),
            "clip": steps["clipvalue"],
            "layer": type(layer.cell).__name__.removesuffix("Cell"),
            "units": cell["units"],
            "activation": cell["activation"],
            "start": _initializer_name(cell["kernel_initializer"]),
            "recurrent_start": _initializer_name(cell["recurrent_initializer"]),
            "answers": "per step" if layer.return_sequences else "per sequence",
            "output": output["activation"],
            "output_start": _initializer_name(output["kernel_initializer"]),
            "classes": output["units"],
            "loss": loss if isinstance(loss, str) else loss.__name__,
            "parameters": self.network_.count_params(),
        }

    # ------------------------------------------------------------------- details

    def _not_normal(self) -> NDArray[np.bool_]:
        """Return which of the classes are anomalies."""
        one_label = np.ndim(self.normal) == 0
        others = self.classes_ != self.normal if one_label else True
        if np.all(others):
            raise ValueError(
                f"normal={self.normal!r} is none of the classes "
                f"{listed(self.classes_)}; name the one: set_params(normal=...)"
            )
        return np.asarray(others)

    def _onnx_scores(self, graph: "Graph", scaled: str) -> str:
        from helpers.networks.onnx_recurrences import said_of_windows

        said = said_of_windows(graph, self._onnx_input(graph, scaled), self.arrays_)
        said = graph.double(said)
        shares = graph.op("Div", said, graph.sum(said, -1, keep=True))
        weights = graph.constant(self._not_normal(), np.float64)
        return graph.sum(graph.op("Mul", shares, weights), -1)

    def _build(self, seed: int) -> Any:
        from helpers.networks.recurrent import ClassifierShape, classifier

        shape = ClassifierShape(
            steps=self.n_steps_in_,
            features=self.n_features_in_,
            classes=len(self.classes_),
            cell=self.cell,
            units=int(self.units),
            per_step=self.per_step_,
            peepholes=bool(self.peepholes),
            recurrent_start=self.recurrent_start,
            dropout=self.dropout,
            l2=float(self.l2),
        )
        options: dict[str, Any] = {"clipvalue": self.clip}
        if self.optimizer == "sgd":
            options |= {"momentum": self.momentum, "nesterov": self.nesterov}
        return self._compile(classifier(shape, seed), self._loss(), **options)

    def _arrays(self, network: Any) -> Any:
        from helpers.networks.recurrences import RecurrentArrays

        return RecurrentArrays(network)

    def _loss(self) -> Any:
        if self.class_weight is None:
            return "categorical_crossentropy"
        from helpers.networks.recurrent import weighted_crossentropy

        return weighted_crossentropy(self.class_weights_)

    def _train(
        self,
        training: LabelledSequences,
        validation: LabelledSequences | None,
        state: "TrainingState | None",
        epochs: int,
    ) -> None:
        X, codes = training
        rows, validation_rows = np.arange(len(X)), None
        if validation is not None:
            validation_rows = len(X) + np.arange(len(validation[0]))
        else:
            rows, validation_rows = self._split(len(X))
        plan = self._plan(X, epochs, state, codes, *(validation or ()))
        source = self._source(training, validation)
        self._train_on(source, rows, validation_rows, plan=plan, state=state)
        self._remember_parameters()

    def _source(
        self, training: LabelledSequences, validation: LabelledSequences | None
    ) -> "Source":
        """Return what reads rows of the training data, then of the validation data."""
        one_hot = np.eye(len(self.classes_), dtype=np.float32)
        first = len(training[0])

        def source(rows: NDArray) -> tuple[NDArray, NDArray]:
            later = rows[0] >= first
            X, codes = validation if later and validation is not None else training
            numbers = rows - first * later
            inputs = self._as_network_input(self._scaled(X[numbers]))
            return inputs, one_hot[codes[numbers]]

        return source

    def _learn_shapes(self, X: NDArray, y: ArrayLike) -> None:
        """Set what X and y decide before any training."""
        self._require_rows(X)
        self._forget()
        labels = read_labels(y, X.shape)
        self._remember_width(X)
        self.per_step_ = labels.ndim == 2
        self.classes_ = np.unique(labels)
        if len(self.classes_) < 2:
            raise ValueError(
                f"y holds one class only ({self.classes_[0]}); a classifier needs two. "
                "Where only normal data are known, use a detector of helpers.detectors"
            )

    def _class_indices(
        self, y: ArrayLike, X: NDArray, name: str = "y"
    ) -> NDArray[np.int64]:
        """Return the number of each label's class."""
        labels = read_labels(y, X.shape, name)
        if (labels.ndim == 2) != self.per_step_:
            wanted = "step" if self.per_step_ else "sequence"
            raise ValueError(
                f"{name} has shape {labels.shape}, but in fit there was one label per "
                f"{wanted}; pass the same kind"
            )
        unknown = np.setdiff1d(labels, self.classes_)
        if len(unknown):
            raise ValueError(
                f"{name} has labels that fit did not see: {listed(unknown)}; the "
                f"classes are {listed(self.classes_)}"
            )
        return np.searchsorted(self.classes_, labels)

    def _validation(
        self, data: tuple[ArrayLike, ArrayLike] | None
    ) -> LabelledSequences | None:
        if data is None:
            return None
        if not isinstance(data, tuple | list) or len(data) != 2:
            raise ValueError("validation_data must be a pair: (X, y)")
        X = read_input(data[0], "windows")
        self._check_width(X)
        return X, self._class_indices(data[1], X, "the y of validation_data")

    def _class_weights(self, codes: NDArray) -> None:
        numbers = np.arange(len(self.classes_))
        self.class_weights_ = compute_class_weight(
            self.class_weight, classes=numbers, y=codes.ravel()
        ).astype(np.float64)

    def __sklearn_is_fitted__(self) -> bool:
        return "state_" in vars(self)

    def _check_parameters(self) -> None:
        super()._check_parameters()
        check_choice(self.cell, "cell", _CELLS)
        check_flag(self.peepholes, "peepholes")
        if self.peepholes and self.cell != "lstm":
            raise ValueError(
                f"peepholes are those of an LSTM; set cell='lstm' (it is {self.cell!r})"
            )
        check_choice(self.recurrent_start, "recurrent_start", _STARTS)
        check_choice(self.class_weight, "class_weight", ("balanced", None))
        as_count(self.units, "units", least=1, most=LARGEST_SIZE)
        as_number(self.l2, "l2", least=0)
        for name in ("dropout", "momentum"):
            as_number(getattr(self, name), name, least=0, below=1)
        if self.clip is not None:
            as_number(self.clip, "clip", least=0, above=True)


def _initializer_name(initializer: Any) -> str:
    """Return the name of an initializer in a Keras configuration."""
    return initializer["class_name"]
