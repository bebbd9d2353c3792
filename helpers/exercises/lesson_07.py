"""The checks of lesson 07, autoencoders."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from typing import Any

import numpy as np
import pandas as pd

from helpers.detectors.autoencoders import AutoencoderDetector
from helpers.estimators.inputs import named_as_fitted
from helpers.exercises.answers import (
    alike,
    as_array,
    as_estimator,
    as_flags,
    as_number,
    is_fitted,
    kind,
)
from helpers.exercises.declared import (
    ANYTHING,
    MODEL,
    PAPER,
    VALUES,
    Mistake,
    exercise,
    expected,
)
from helpers.exercises.judging import OTHER, accuse, judge, recognise
from helpers.exercises.outcomes import CannotCheck, Wrong
from helpers.text import first_line
from helpers.thresholds import oracle_threshold

# -- 7.1: how badly was a row rebuilt ----------------------------------------------------


def _errors_of_rows(x: np.ndarray, z: np.ndarray, s: np.ndarray) -> np.ndarray:
    return np.square((x - z) / s).mean(axis=1)


_ERROR_MISTAKES = [
    Mistake(
        "mean over the rows",
        "That is one number per feature: how badly a column is rebuilt. The score belongs "
        "to a row, so the mean runs over its features.",
        lambda x, z, s: np.square((x - z) / s).mean(axis=0),
    ),
    Mistake(
        "one number for all rows",
        "That is one number for the whole table: the loss. With one number per row a row "
        "can stand out.",
        lambda x, z, s: np.square((x - z) / s).mean(),
    ),
    Mistake(
        "signed error",
        "Errors with a sign cancel: too high in one feature and too low in another would "
        "be a perfect row. Square them before the mean.",
        lambda x, z, s: ((x - z) / s).mean(axis=1),
    ),
    Mistake(
        "squared too late",
        "You square after the mean. By then errors of opposite sign have cancelled: "
        "square each one first.",
        lambda x, z, s: np.square(((x - z) / s).mean(axis=1)),
    ),
    Mistake(
        "different units",
        "Here each error is in the unit of its own feature, and the feature with the "
        "largest numbers decides alone. Measure it in units of scale first.",
        lambda x, z, s: np.square(x - z).mean(axis=1),
    ),
    Mistake(
        "scale not squared",
        "You divide the squared error by scale. Its unit is squared, too, so a unit is "
        "left over: divide first, then square.",
        lambda x, z, s: (np.square(x - z) / s).mean(axis=1),
    ),
    Mistake(
        "absolute error",
        "That is the mean absolute error. Squared, one badly rebuilt feature weighs more "
        "than many that are slightly off, and the squared error is what the network "
        "minimises.",
        lambda x, z, s: np.abs((x - z) / s).mean(axis=1),
    ),
    Mistake(
        "sum",
        "That is the sum over the features. It ranks rows alike, but a wider table would "
        "look worse: take the mean.",
        lambda x, z, s: np.square((x - z) / s).sum(axis=1),
    ),
    Mistake(
        "another divisor",
        "You add up over the features and divide by the number of rows. A mean divides "
        "by how many were added: the features.",
        lambda x, z, s: np.square((x - z) / s).sum(axis=1) / len(x),
    ),
    Mistake(
        "another divisor",
        "You count on three features. Another table has another number of them: take "
        ".mean(axis=1), or X.shape[1].",
        lambda x, z, s: np.square((x - z) / s).sum(axis=1) / 3,
    ),
    Mistake(
        "root",
        "That is the root of it. It ranks rows alike, but a threshold for one is none for "
        "the other.",
        lambda x, z, s: np.sqrt(_errors_of_rows(x, z, s)),
    ),
    Mistake(
        "no mean yet",
        "Those are the errors of all features. Their mean over the features of a row is "
        "still missing.",
        lambda x, z, s: np.square((x - z) / s),
    ),
]
# rows and columns: square tables, and others that neither a fixed 3 nor len(X) fits
_TABLE_SHAPES = ((3, 3), (3, 3), (4, 2), (4, 3), (2, 5))


def _rebuilt_tables(
    random: np.random.Generator,
) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Return (X, rebuilt, scale) with features in units that differ a lot."""
    return [_rebuilt_table(random, rows, columns) for rows, columns in _TABLE_SHAPES]


def _rebuilt_table(
    random: np.random.Generator, rows: int, columns: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    units = 10.0 ** random.permutation(np.linspace(-0.6, 1.6, columns))
    scale = units * random.uniform(1.1, 1.9, size=columns)
    X = units * random.uniform(5, 20, size=(rows, columns))
    off = random.uniform(0.3, 2, size=X.shape) * random.choice([-1, 1], size=X.shape)
    return X, X + units * off, scale


def _read_errors(answer: Any) -> Any:
    """Return a number, a row of numbers or a table; one column is a row of numbers."""
    what = "what row_errors returns"
    if issubclass(type(answer), str | dict | set):
        raise CannotCheck(
            f"row_errors should return an array; yours gives a {kind(answer)}."
        )
    if not issubclass(type(answer), Iterator) and np.ndim(answer) == 0:
        return as_number(answer, what)
    wide = np.ndim(answer) == 2 and 1 not in np.shape(answer)
    return as_array(answer, what, dimensions=2 if wide else 1)


@exercise(
    "7.1",
    "How badly was a row rebuilt?",
    points=2,
    answers=("row_errors",),
    reference=_errors_of_rows,
    mistakes=_ERROR_MISTAKES,
    hints=[
        "Three steps: how far off, in which unit; make it positive; then one number a row.",
        "(X - rebuilt) / scale divides column by column: scale has one value per feature.",
        "Square that, then .mean(axis=1): axis 1 runs along the features of a row.",
    ],
)
def check_7_1(row_errors: object, random: np.random.Generator) -> str:
    """Check the mean squared error of each row, in units of `scale`."""
    judge(
        row_errors,
        _rebuilt_tables(random),
        _errors_of_rows,
        _ERROR_MISTAKES,
        name="row_errors",
        read=_read_errors,
        same=partial(alike, tolerance=1e-4),  # single precision will do
        changes="arrays",
    )
    return (
        "One number per row, without units. Rows can be ranked by it, and a feature "
        "counts the same whether it is measured in metres or in miles."
    )


# -- 7.2: who may teach ------------------------------------------------------------------


class _LinearAutoencoder(AutoencoderDetector):
    """What stands for `autoencoder(code)` where data are drawn: trained at once.

    It finds the best linear encoder and decoder of its code by singular values, and is
    in all else the detector that the lesson makes.
    """

    def _fit(self, X: Any, y: Any) -> None:
        self.scaler_ = self._fit_scaler(X)
        self._learn(X)

    def partial_fit(self, X: Any, y: Any = None, *, epochs: Any = None) -> Any:
        """Learn from X alone; the scaling stays."""
        if not self.__sklearn_is_fitted__():
            return self.fit(X, y)
        array = self._read(X)
        self._learn(array)
        self._finish(array)
        return self

    def _learn(self, X: np.ndarray) -> None:
        scaled = self._scaled(X)
        self.centre_ = scaled.mean(axis=0)
        axes = np.linalg.svd(scaled - self.centre_, full_matrices=False)[2]
        self.axes_ = axes[: self._layer_sizes()[-1]]

    def _codes(self, scaled: np.ndarray) -> np.ndarray:
        return (scaled - self.centre_) @ self.axes_.T

    def _reconstruct(self, scaled: np.ndarray) -> np.ndarray:
        return self.centre_ + self._codes(scaled) @ self.axes_


def _linear_autoencoder(code: int, seed: int = 0) -> AutoencoderDetector:
    return _LinearAutoencoder(
        hidden_layers=(128, code),
        dropout=0.0,
        scaling="minmax",
        contamination=0.01,
        random_state=seed,
    )


_FEATURES, _ROWS, _INNER = 36, 240, 5


def _soil(random: np.random.Generator) -> dict[str, Any]:
    """Draw tables of 36 features that a few numbers explain, with rare odd rows."""
    weights = random.normal(size=(_INNER, _FEATURES))
    place = random.uniform(20, 90, size=_FEATURES)
    columns = [f"x{number}" for number in range(1, _FEATURES + 1)]

    def part() -> tuple[pd.DataFrame, np.ndarray]:
        y = random.permutation(np.arange(_ROWS) < 8).astype(int)
        inner = random.normal(size=(_ROWS, _INNER)) @ weights
        rows = place + 5 * inner + random.normal(size=inner.shape)
        rows[y == 1] += 40 * random.uniform(0.5, 1, size=(8, _FEATURES))
        return pd.DataFrame(rows, columns=columns), y

    (X_train, y_train), (X_test, y_test) = part(), part()
    return {
        "X_train": X_train,
        "y_train": y_train,
        "X_test": X_test,
        "y_test": y_test,
        "autoencoder": _linear_autoencoder,
    }


_TAUGHT = "What a network has practised, it can rebuild: only normal rows may teach."


def _teaching(diagnosis: str, says: str, rows: Callable, code: int = 6) -> Mistake:
    """Return the mistake of fitting on `rows(X_train, y_train, X_test)`."""

    def made(X_train, y_train, X_test, autoencoder, **others: Any) -> Any:
        return autoencoder(code).fit(rows(X_train, y_train, X_test))

    return Mistake(diagnosis, says, made)


def _scaled_by(seen: pd.DataFrame, rows: pd.DataFrame) -> np.ndarray:
    from sklearn.preprocessing import MinMaxScaler

    return MinMaxScaler().fit(seen.to_numpy()).transform(rows.to_numpy())


def _all_rows_then_normal(X_train, y_train, autoencoder, **others: Any) -> Any:
    return autoencoder(6).fit(X_train).partial_fit(X_train[y_train == 0])


_TEACHERS = [
    _teaching(
        "trained on anomalies too",
        f"Among the rows it learned are anomalies. {_TAUGHT} A y handed to fit is not "
        "used: pick the normal rows yourself.",
        lambda X, y, T: X,
    ),
    _teaching(
        "inverted label",
        "It learned the anomalies, and only them: now normal rows are what it cannot "
        "rebuild. 0 is normal.",
        lambda X, y, T: X[y == 1],
    ),
    _teaching(
        "trained on test rows",
        "Among the rows it learned are rows of the test part. They must be new to it, or "
        "the table says nothing about new rows.",
        lambda X, y, T: T,
    ),
    _teaching(
        "trained on test rows",
        "Among the rows it learned are rows of the test part. They must be new to it, or "
        "the table says nothing about new rows.",
        lambda X, y, T: pd.concat([X, T]),
    ),
    _teaching(
        "scaler fitted on everything",
        "Normal rows taught the network, but other rows taught the scaler: it has seen "
        "how large anomalies get. In real life they come later. The detector scales by "
        "itself, from the rows that fit gets.",
        lambda X, y, T: _scaled_by(pd.concat([X, T]), X[y == 0]),
    ),
    _teaching(
        "scaler fitted on everything",
        "Normal rows taught the network, but other rows taught the scaler: it has seen "
        "how large anomalies get. In real life they come later. The detector scales by "
        "itself, from the rows that fit gets.",
        lambda X, y, T: _scaled_by(X, X[y == 0]),
    ),
    _teaching(
        "scaled twice",
        "Sound, but the detector scales by itself, and X_test would have to be scaled by "
        "hand from now on. Hand it the rows as they are.",
        lambda X, y, T: _scaled_by(X[y == 0], X[y == 0]),
    ),
    _teaching(
        "code as wide as the input",
        "The code has as many numbers as there are features: nothing has to be left out, "
        "so nothing stops the network from copying anomalies through as well.",
        lambda X, y, T: X[y == 0],
        code=_FEATURES,
    ),
    _teaching(
        "few rows",
        "It learned a small part of the normal rows. All of them may teach; more rows "
        "show more of what is normal.",
        lambda X, y, T: X[y == 0][:40],
    ),
    Mistake(
        "trained on other rows first",
        "Before its last training, rows that are not all normal taught it, scaling "
        "included, and partial_fit keeps what they taught. Make a new detector, and fit "
        "it on the normal rows alone.",
        _all_rows_then_normal,
    ),
    Mistake(
        "not fitted",
        "The network is still untrained: its weights are random. Call fit with the rows "
        "that may teach it.",
        lambda autoencoder, **others: autoencoder(6),
    ),
]
_accused = partial(accuse, _TEACHERS)


@exercise(
    "7.2",
    "Who may teach?",
    points=2,
    answers=("detector",),
    kind=MODEL,
    given=_soil,
    mistakes=_TEACHERS,
    hints=[
        "Step 2 of the recipe. y_train says which rows of X_train are normal: 0.",
        "The detector scales the columns itself, by the rows that fit gets. Hand it the "
        "rows as they are.",
        "autoencoder(code).fit(X_train[y_train == 0]), with a code much narrower than the "
        "36 features.",
    ],
)
def check_7_2(
    detector: object, X_train: object, y_train: object, X_test: object
) -> str:
    """Check that an autoencoder learned from normal training rows alone."""
    train, labels, test = _tables(X_train, y_train, X_test)
    model: Any = _fitted_autoencoder(detector, train.shape[1])
    width = int(np.shape(model.encode(named_as_fitted(train[:1], model)))[1])
    if width >= train.shape[1]:
        raise _accused("code as wide as the input")
    learned = np.asarray(model.decision_scores_, dtype=float)
    _require_normal_rows(model, learned, train[~labels], train[labels], test)
    taught = f"{len(learned):,} normal rows taught it, scaling included"
    if 2 * width > train.shape[1]:
        return (
            f"{taught}. But a code of {width} for {train.shape[1]} features leaves out "
            "little: a narrower one has less room for what they never showed."
        )
    return f"{taught}, and a code of {width} leaves out most of what a row could be."


def _tables(
    X_train: object, y_train: object, X_test: object
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the lesson's rows and labels; say so if the learner has changed them."""
    again = "Run the cell that makes them again, and give what you pick another name."
    train = as_array(X_train, "X_train", dimensions=2)
    test = as_array(X_test, "X_test", dimensions=2)
    count = len(as_array(y_train, "y_train"))
    if len(train) != count or train.shape[1] != test.shape[1]:
        raise CannotCheck(f"X_train, y_train or X_test have changed. {again}")
    labels = as_flags(y_train, "y_train", length=count)
    if not 0 < labels.mean() < 0.5:
        raise CannotCheck(f"y_train has changed. {again}")
    if _is_scaled(train) or _is_scaled(np.vstack([train, test])):
        raise _accused(
            "scaler fitted on everything",
            "X_train itself has been scaled: run the cell that makes it again.",
        )
    return train, labels, test


def _is_scaled(rows: np.ndarray) -> bool:
    """Say whether every column runs from 0 to 1, or has mean 0 and sd 1."""
    ends = np.r_[rows.min(axis=0), 1 - rows.max(axis=0)]
    moments = np.r_[rows.mean(axis=0), 1 - rows.std(axis=0)]
    return any(np.abs(off).max() < 1e-6 for off in (ends, moments))


def _fitted_autoencoder(detector: object, features: int) -> object:
    model: Any = as_estimator(detector, "detector", "fit", "decision_function")
    if not all(hasattr(type(model), name) for name in ("reconstruct", "encode")):
        raise CannotCheck(
            f"detector should come from autoencoder(code); yours is a {kind(model)}."
        )
    if not is_fitted(model):
        raise _accused("not fitted")
    if model.n_features_in_ != features:
        raise Wrong(
            "other features",
            "It learned rows of another width than X_train. The label is no feature, and "
            "every feature is needed.",
        )
    return model


def _require_normal_rows(
    model: Any,
    learned: np.ndarray,
    normal: np.ndarray,
    anomalies: np.ndarray,
    test: np.ndarray,
) -> None:
    """Find out from its own training scores which rows the detector has learned."""
    train = np.vstack([normal, anomalies])
    every = np.vstack([train, test])
    _require_one_fit(model, learned, (train, anomalies, test, every))
    if not (strange := learned[~_found(model, normal, learned)]).size:
        if _how_many(learned) < len(normal) // 4:
            raise _accused("few rows")
        return
    if _found(model, every, learned).mean() > _ENOUGH:
        raise _strangers(model, learned, strange, anomalies, test)
    _name_the_scaling(model, learned, normal, train, every)
    raise Wrong(
        "other rows",
        "Not all that it learned are normal rows of X_train as they are. Hand these to "
        "fit, unscaled: the detector scales by itself.",
    )


def _how_many(learned: np.ndarray) -> int:
    """Return how many different rows were learned: the same row has the same score."""
    return len(np.unique(np.round(learned / max(learned.max(), 1e-12), 6)))


def _require_one_fit(
    model: Any, learned: np.ndarray, others: Sequence[np.ndarray]
) -> None:
    """Raise if the scaler tells of a `fit` on other rows before a `partial_fit`."""
    scaler = model.scaler_
    if scaler is None or scaler.n_samples_seen_ == len(learned):
        return
    for rows in others:
        same = np.allclose(type(scaler)().fit(rows).scale_, scaler.scale_)
        if same and scaler.n_samples_seen_ == len(rows):
            raise _accused("trained on other rows first")


def _strangers(
    model: Any,
    learned: np.ndarray,
    strange: np.ndarray,
    anomalies: np.ndarray,
    test: np.ndarray,
) -> Wrong:
    """Return what is wrong with a detector that learned more than normal rows."""
    odd = _found(model, anomalies, strange)
    scaler = model.scaler_
    alone = scaler is None or scaler.n_samples_seen_ == len(learned)
    if (
        alone and odd.all() and len(strange) > len(learned) / 2
    ):  # some equal a normal row
        return _accused("inverted label")
    if len(strange) > odd.sum() and _found(model, test, strange[~odd]).all():
        return _accused("trained on test rows")
    told = f"{odd.sum():,} of the {len(learned):,} rows of the last training are anomalies."
    return _accused("trained on anomalies too", told)


def _name_the_scaling(
    model: Any,
    learned: np.ndarray,
    normal: np.ndarray,
    train: np.ndarray,
    every: np.ndarray,
) -> None:
    """Look for a scaler before the detector's own."""
    from sklearn.preprocessing import MinMaxScaler, StandardScaler

    for scaler in (MinMaxScaler(), StandardScaler()):
        for seen in (train, every):
            scaled = scaler.fit(seen).transform
            if _found(model, scaled(normal), learned).mean() > _ENOUGH:
                raise _accused("scaler fitted on everything")
            if _found(model, scaled(seen), learned).mean() > _ENOUGH:
                raise _accused("trained on anomalies too")
        scaled = scaler.fit(normal).transform
        if _found(model, scaled(normal), learned).mean() > _ENOUGH:
            raise _accused("scaled twice")


_ENOUGH = 0.99  # the same row may score a little differently in other company


def _found(model: Any, rows: np.ndarray, learned: np.ndarray) -> np.ndarray:
    """Say of every score in `learned` whether one of the rows has it."""
    try:
        scores = np.sort(model.decision_function(named_as_fitted(rows, model)))
    except Exception:
        return np.zeros(len(learned), dtype=bool)
    place = np.clip(np.searchsorted(scores, learned), 1, len(scores) - 1)
    nearest = np.minimum(
        np.abs(scores[place] - learned), np.abs(scores[place - 1] - learned)
    )
    return nearest <= 1e-5 * np.abs(learned) + 1e-12


# -- 7.3: keep the promise ---------------------------------------------------------------

_SHARE = 0.01
_METHODS: tuple[Any, ...] = ("linear", "inverted_cdf", "higher", "lower")


def _three_kinds_of_errors(random: np.random.Generator) -> dict[str, np.ndarray]:
    """Draw errors of training, held-out and test rows; the first are too small.

    The shapes are fixed, so that each rule's threshold keeps its distance from the
    others: tails are so long that rules of mean, spread or quartiles promise other
    shares, and test rows are so much worse that a pool of all is told from held-out
    rows. Units, numbers and order are drawn.
    """
    unit = 10 ** random.uniform(-3, -1.2)
    sizes = random.integers([1500, 900, 2300], [2000, 1300, 2700])

    def errors(size: int, factor: float) -> np.ndarray:
        grid = (np.arange(size) + random.uniform(0.3, 0.7)) / size
        return random.permutation(unit * factor * 2.5 * (-np.log1p(-grid)) ** 0.9)

    training, held_out, test = map(errors, sizes, (0.8, 1.0, 1.25))
    is_zero = random.permutation(np.arange(len(test)) < len(test) // 40).astype(int)
    test = test + 14 * unit * is_zero
    return {
        "training_errors": training,
        "held_out_errors": held_out,
        "test_errors": test,
        "is_zero": is_zero,
    }


def _promised(held_out_errors: np.ndarray, **others: Any) -> float:
    return float(np.quantile(held_out_errors, 1 - _SHARE))


def _quantile(
    diagnosis: str,
    says: str,
    pick: Callable,
    share: float = 1 - _SHARE,
    methods: Sequence[Any] = _METHODS,
) -> list[Mistake]:
    """Return the mistakes of quantiles of `pick(training, held_out, test, y)`.

    Where rows are pooled only one definition is listed: the others give the error of
    one row, and that may be a held-out one.
    """

    def made(
        training_errors: np.ndarray,
        held_out_errors: np.ndarray,
        test_errors: np.ndarray,
        is_zero: np.ndarray,
        *,
        method: Any,
    ) -> float:
        rows = pick(training_errors, held_out_errors, test_errors, is_zero)
        return float(np.quantile(rows, share, method=method))

    return [Mistake(diagnosis, says, partial(made, method=m)) for m in methods]


_pooled = partial(_quantile, methods=_METHODS[:1])


_PEEKED = (
    "That was chosen with the labels of the test part. Nobody has them when the "
    "threshold is set, and what is then read off the test part is no longer a test."
)
_MIXED = (
    "Those are all test rows, anomalies included. They take the top places, so the "
    "threshold rises with every anomaly it should find."
)


def _of_held_out(diagnosis: str, says: str, rule: Callable) -> Mistake:
    return Mistake(
        diagnosis, says, lambda held_out_errors, **others: float(rule(held_out_errors))
    )


_THRESHOLD_MISTAKES = [
    *_quantile(
        "threshold on training rows",
        "The right quantile of the wrong rows. The network was made to rebuild exactly "
        "these; new ones fare worse, and more of them ring than you promised.",
        lambda t, h, e, y: t,
    ),
    *_pooled(
        "threshold on training rows",
        "You pool training and held-out rows. The first are rebuilt too well, and pull "
        "the threshold down: take the held-out ones alone.",
        lambda t, h, e, y: np.r_[t, h],
    ),
    *_quantile("threshold on test labels", _PEEKED, lambda t, h, e, y: e[y == 0]),
    *_pooled(
        "threshold on test labels", _PEEKED, lambda t, h, e, y: np.r_[h, e[y == 0]]
    ),
    *_pooled(
        "threshold on test labels", _PEEKED, lambda t, h, e, y: np.r_[t, h, e[y == 0]]
    ),
    *(
        Mistake(
            "threshold on test labels",
            _PEEKED,
            lambda test_errors, is_zero, metric=metric, **others: float(
                oracle_threshold(is_zero, test_errors, metric=metric)
            ),
        )
        for metric in ("f1", "f2", "accuracy")
    ),
    *_quantile("anomalies among the normal", _MIXED, lambda t, h, e, y: e),
    _of_held_out(
        "percentile",
        "np.percentile counts in per cent: 0.99 is less than one per cent to it. It "
        "wants 99, np.quantile wants 0.99.",
        lambda h: np.percentile(h, 1 - _SHARE),
    ),
    *_quantile(
        "the other tail",
        "The right rows, the other end: 99 of 100 normal rows lie above this, and all "
        "of those would ring. An anomaly has a large error.",
        lambda t, h, e, y: h,
        share=_SHARE,
    ),
    *_quantile(
        "another share",
        "The right rows, another promise: more than one in a hundred of them exceed this.",
        lambda t, h, e, y: h,
        share=0.95,
    ),
    *(
        _of_held_out(
            "another rule",
            "Mean plus some standard deviations promises a share only for bell curves, "
            "and errors have a long right tail. Count rows: use a quantile.",
            partial(lambda h, k, ddof: h.mean() + k * h.std(ddof=ddof), k=k, ddof=ddof),
        )
        for k in (2, 3)
        for ddof in (0, 1)
    ),
    *(
        _of_held_out(
            "share, not error",
            "That is a share of rows. The threshold is an error: the one that so many "
            "rows stay below.",
            partial(lambda h, share: share, share=share),
        )
        for share in (_SHARE, 1 - _SHARE)
    ),
    _of_held_out(
        "no alarm at all",
        "No held-out row exceeds that; one in a hundred may. The largest error is the "
        "oddest normal row you happen to have, and it hides the anomalies below it.",
        np.max,
    ),
]


@exercise(
    "7.3",
    "Keep the promise",
    points=2,
    answers=("threshold",),
    kind=VALUES,
    given=_three_kinds_of_errors,
    reference=_promised,
    mistakes=_THRESHOLD_MISTAKES,
    hints=[
        "Which of these errors belong to normal rows that the network has never seen?",
        "The test part is for judging, read once. That leaves held_out_errors.",
        "The value that 99 of 100 of them stay below: np.quantile(..., 0.99), or "
        "quantile_threshold(..., 0.01).",
    ],
)
def check_7_3(
    threshold: object,
    training_errors: object,
    held_out_errors: object,
    test_errors: object,
    is_zero: object,
) -> str:
    """Check a threshold that one in a hundred held-out normal rows exceeds."""
    value = as_number(threshold, "threshold")
    given = _errors_given(training_errors, held_out_errors, test_errors, is_zero)
    held_out = given["held_out_errors"]
    if not any(_close(value, np.quantile(held_out, 0.99, method=m)) for m in _METHODS):
        _require_kept(value, given)
    flagged = int((held_out > value).sum())
    return (
        f"{flagged} of {len(held_out):,} held-out rows exceed it. They are as new to "
        "the network as those that will come, so the promise should hold."
    )


def _require_kept(value: float, given: dict[str, np.ndarray]) -> None:
    """Raise for a threshold of other rows or another rule; a rounded one is right."""
    held_out, test = given["held_out_errors"], given["test_errors"]
    for mistake in _THRESHOLD_MISTAKES:
        if _close(value, mistake.function(**given)):
            raise Wrong(mistake.diagnosis, mistake.says)
    if value in test:
        raise Wrong(
            "threshold on test rows",
            "That is the error of one of the test rows. They are for judging, read once: "
            "what is chosen on them is no longer tested by them.",
        )
    flagged, wanted = int((held_out > value).sum()), _SHARE * len(held_out)
    if int(wanted) - 1 <= flagged <= int(wanted) + 2:
        return
    if not flagged:
        raise accuse(_THRESHOLD_MISTAKES, "no alarm at all")
    way = "Too many alarms" if flagged > wanted else "Too few alarms"
    raise Wrong(
        "threshold",
        "One in a hundred normal rows may exceed it: look for the quantile of held-out "
        "errors that leaves a hundredth above it.",
        f"{way}: {flagged} of {len(held_out):,} held-out normal rows exceed {value:.3g}.",
    )


def _close(a: float, b: float) -> bool:
    return bool(np.isclose(a, b, rtol=1e-6, atol=0))


def _errors_given(
    training: object, held_out: object, test: object, is_zero: object
) -> dict[str, np.ndarray]:
    """Return the lesson's errors by name; say so where they can't be those."""
    given = {
        "training_errors": as_array(training, "training_errors"),
        "held_out_errors": as_array(held_out, "held_out_errors"),
        "test_errors": as_array(test, "test_errors"),
    }
    if any(len(errors) < 100 or np.ptp(errors) == 0 for errors in given.values()):
        raise CannotCheck("the errors have changed; run the cells above again.")
    labels = as_flags(is_zero, "is_zero", length=len(given["test_errors"]))
    if labels.all() or not labels.any():
        raise CannotCheck("is_zero has only one class; run the cells above again.")
    return given | {"is_zero": labels.astype(int)}


# -- 7.4: who is to blame ----------------------------------------------------------------


def _blamed(e: np.ndarray, n: np.ndarray) -> int:
    return int((e / n.mean(axis=0)).argmax())


_NO_MEAN = (
    "You compare with something else than the mean of the normal errors. Asked for is "
    "the multiple of the mean: errors have long tails, and other measures of what is "
    "usual name other features."
)
_BLAME_MISTAKES = [
    Mistake(
        "largest error",
        "That is the largest error. Some features are rebuilt badly in every row, and lead "
        "every such list. Divide each by what is usual for it; one number for all changes "
        "no order.",
        lambda e, n: e.argmax(),
    ),
    Mistake(
        "difference, not multiple",
        "You subtract what is usual. Then features with large errors still win, by size. "
        "How many times its usual error is it?",
        lambda e, n: (e - n.mean(axis=0)).argmax(),
    ),
    Mistake(
        "mean over the features",
        "Your means are those of the rows: one per row. What is usual for a feature is "
        "its mean over the rows, axis=0.",
        lambda e, n: (e / n.mean(axis=1)).argmax(),
    ),
    Mistake(
        "upside down",
        "That is the feature that is rebuilt best, compared with what is usual: the one "
        "with the largest multiple is to blame.",
        lambda e, n: (n.mean(axis=0) / e).argmax(),
    ),
    Mistake(
        "counted from one",
        "Off by one: positions are counted from 0.",
        lambda e, n: _blamed(e, n) + 1,
    ),
    Mistake(
        "multiple, not position",
        "That is how many times the usual error it is. Which feature was it? argmax says.",
        lambda e, n: (e / n.mean(axis=0)).max(),
    ),
    Mistake(
        "the row had no say",
        "That is the feature that is rebuilt worst in normal rows. It is the same for "
        "every alarm: compare the row with it.",
        lambda e, n: n.mean(axis=0).argmax(),
    ),
    Mistake(
        "multiplied",
        "You multiply by what is usual, so features that are always rebuilt badly win "
        "twice. Divide.",
        lambda e, n: (e * n.mean(axis=0)).argmax(),
    ),
    Mistake(
        "root of one side",
        "You compare the root of an error with a mean of squared ones. Both are squared "
        "already: divide them as they are.",
        lambda e, n: (np.sqrt(e) / n.mean(axis=0)).argmax(),
    ),
    Mistake(
        "not the mean",
        _NO_MEAN,
        lambda e, n: (e / np.median(n, axis=0)).argmax(),
    ),
    Mistake(
        "not the mean",
        _NO_MEAN,
        lambda e, n: (e / np.exp(np.log(n).mean(axis=0))).argmax(),
    ),
    Mistake("not the mean", _NO_MEAN, lambda e, n: (e / n.max(axis=0)).argmax()),
    Mistake("not the mean", _NO_MEAN, lambda e, n: (e / n[0]).argmax()),
    Mistake("not the mean", _NO_MEAN, lambda e, n: (e / n).mean(axis=0).argmax()),
    Mistake(
        "in standard deviations",
        "You count in standard deviations of the normal errors. Asked for is the multiple "
        "of the mean: how many times the usual error is it?",
        lambda e, n: ((e - n.mean(axis=0)) / n.std(axis=0)).argmax(),
    ),
    Mistake(
        "in standard deviations",
        "You count in standard deviations of the normal errors. Asked for is the multiple "
        "of the mean: how many times the usual error is it?",
        lambda e, n: (e / n.std(axis=0)).argmax(),
    ),
]
# rows and features of the normal errors: square ones, where means over the wrong axis
# compute something, and others
_BLAME_SHAPES = ((4, 4), (5, 5), (6, 6), (3, 3), (12, 5), (20, 7), (25, 4), (30, 6))
_CLEAR = 1.1  # by so much the largest multiple exceeds the next
_MOST_DRAWS = 500


def _rows_to_blame(random: np.random.Generator) -> list[tuple[np.ndarray, np.ndarray]]:
    """Draw (errors, normal_errors) on which no two of the ideas agree everywhere.

    In a third of them all features come near the one to blame, in a third few do.
    """
    for _ in range(_MOST_DRAWS):
        cases = [
            _row_to_blame(random, shape, spread)
            for spread in (0.1, 0.4, 1.0)
            for shape in _BLAME_SHAPES
        ]
        said = {_told_by(idea.function, cases) for idea in _BLAME_MISTAKES}
        said.add(_told_by(_blamed, cases))
        if len(said) == len(_BLAME_MISTAKES) + 1:
            return cases
    raise CannotCheck("no rows were found that tell the ideas apart; run it again.")


def _row_to_blame(
    random: np.random.Generator, shape: tuple[int, int], spread: float
) -> tuple[np.ndarray, np.ndarray]:
    """Draw an odd row's errors, and normal ones whose tails differ by feature.

    Where the multiples of the mean hardly spread, whoever divides by another measure
    blames the feature in which that measure is smallest beside the mean.
    """
    features = shape[1]
    usual = 10 ** random.permutation(np.linspace(-1.2, 0.9, features) * min(1, spread))
    tails = random.permutation(np.linspace(0.2, 1.8, features))
    normal = random.lognormal(sigma=tails, size=shape)
    normal *= usual / normal.mean(axis=0)
    multiples = 2 * random.lognormal(sigma=spread, size=features)
    multiples[random.integers(features)] = _CLEAR * multiples.max()
    return multiples * usual, normal


def _told_by(idea: Callable, cases: Sequence[tuple]) -> tuple[float | None, ...]:
    told: list[float | None] = []
    for errors, normal in cases:
        try:
            told.append(round(float(idea(errors, normal)), 6))
        except ValueError:  # means over the wrong axis
            told.append(None)
    return tuple(told)


@exercise(
    "7.4",
    "Who is to blame?",
    points=2,
    answers=("blame",),
    reference=_blamed,
    mistakes=_BLAME_MISTAKES,
    hints=[
        "A feature with usual error 5 and error 6 is less odd than one with 0.1 and 1.",
        "What is usual for each feature is its mean over the normal rows: axis=0.",
        "(errors / usual).argmax()",
    ],
)
def check_7_4(blame: object, random: np.random.Generator) -> str:
    """Check which feature is blamed for an anomaly: the largest multiple of its mean."""
    judge(
        blame,
        _rows_to_blame(random),
        _blamed,
        _BLAME_MISTAKES,
        name="blame",
        read=partial(as_number, what="what blame returns"),
        changes="arrays",
    )
    return (
        "The error that is largest for its feature, not the largest error. Now an "
        "alarm says where to look."
    )


# -- 7.5: what the published report says -------------------------------------------------

ALARMS, ANOMALIES, PRINTED_RECALL = 39, 71, 0.72
_COUNTS = ("found", "false_alarms", "missed")


def _read_rightly() -> tuple[int, int, int]:
    found = round(PRINTED_RECALL * ALARMS)
    return found, ALARMS - found, ANOMALIES - found


_AS_PRINTED = (
    "You take the printed recall for the recall, or the printed precision for the "
    "precision. Then the number of anomalies would stand under support. What was taken "
    "for the truth instead?"
)
_STILL_SWAPPED = (
    "found is right, and the other two are not. The rows that rang and were no anomalies "
    "are the false alarms; support says how many rows rang."
)
_NO_SUM = (
    "The counts don't add up. Every anomaly was found or missed; every alarm found one "
    "or was false, and one number of the report counts the alarms."
)
_REPORT_MISTAKES = [
    Mistake("read as printed", _AS_PRINTED, lambda: (51, ANYTHING, 20)),
    Mistake("read as printed", _AS_PRINTED, lambda: (15, ANYTHING, 56)),
    Mistake("arguments still swapped", _STILL_SWAPPED, lambda: (28, 44, 11)),
    Mistake("arguments still swapped", _STILL_SWAPPED, lambda: (28, 43, 11)),
    Mistake(
        "shares",
        "Those are shares. How many rows is that, and of what: of the alarms, or of the "
        "anomalies?",
        lambda: (0.39, 0.28, 0.61),
    ),
    Mistake(
        "not whole rows",
        "There is no such thing as a fraction of a row: the report rounds to two "
        "decimals, so round your counts.",
        lambda: (28.08, 10.92, 42.92),
    ),
    Mistake("does not add up", _NO_SUM, lambda: (28, 39, 43)),
]


@exercise(
    "7.5",
    "What the published report says",
    points=2,
    answers=_COUNTS,
    kind=PAPER,
    reference=_read_rightly,
    mistakes=_REPORT_MISTAKES,
    hints=[
        "support counts rows of what was handed over as the truth. There are 71 anomalies: "
        "what are the 39?",
        "39 are the alarms. The printed recall is then a share of the alarms: those that "
        "were right.",
        "found is 0.72 of 39; the other alarms were false; 71 - found were missed.",
    ],
)
def check_7_5(found: object, false_alarms: object, missed: object) -> str:
    """Check the counts behind a report whose two arguments were swapped."""
    pairs = zip((found, false_alarms, missed), _COUNTS, strict=True)
    counts = [as_number(value, name) for value, name in pairs]
    told = _misread(*counts)
    recognise(counts, {}, _read_rightly, _REPORT_MISTAKES, others=[told] * 3)
    return (
        "Precision 0.72 and recall 0.39, where 0.39 and 0.72 were printed: it misses six "
        "of ten anomalies, and most of its alarms are right."
    )


def _misread(hits: float, false: float, lost: float) -> tuple[str, str]:
    """Return diagnosis and idea for counts that are wrong in a way nobody listed."""
    says = {each.diagnosis: each.says for each in _REPORT_MISTAKES}
    counts = np.array([hits, false, lost])
    diagnosis = "counts"
    if (counts >= 0).all() and (counts <= 1).all() and counts.any():
        diagnosis = "shares"
    elif not np.allclose(counts, np.round(counts), atol=1e-6):
        diagnosis = "not whole rows"
    elif hits + lost != ANOMALIES or hits + false != ALARMS:
        diagnosis = "does not add up"
    else:
        return diagnosis, (
            "The sums are right, but not the share of the alarms that were right. Which "
            "of the printed numbers has the alarms below the line?"
        )
    return diagnosis, says[diagnosis]


# -- 7.6: write the layers ---------------------------------------------------------------

_WIDE = 128
_LESSON_SIZES = (64, 8)  # where they are not drawn
_ASKED = 60  # rows: among fewer a unit may happen to be positive for all


def _network(
    sizes: Sequence[int], activations: Sequence[str | None], features: int
) -> Any:
    import keras

    layers = [
        keras.layers.Dense(units, activation=activation)
        for units, activation in zip(sizes, activations, strict=True)
    ]
    return keras.Sequential([keras.Input((features,)), *layers])


def _built(
    features: int,
    code: int,
    *,
    hidden: str | None = "relu",
    inner: str | None = None,
    output: str | None = "sigmoid",
) -> Any:
    sizes = (_WIDE, code, _WIDE, features)
    return _network(sizes, (hidden, inner, hidden, output), features)


@expected
@cache
def _known_behaviour(mistake: int | None, features: int, code: int) -> tuple:
    """Return how the right network behaves, or that of a mistake by its place."""
    build = _built if mistake is None else _OWN_LAYERS[mistake].function
    network = build(features, code)
    return _behaviour(network, network.input_shape[1])


_OWN_LAYERS = [
    Mistake(
        "linear layers",
        "The hidden layers have no activation, so all before the output is one linear "
        "map: PCA's code, found slowly.",
        lambda features, code: _built(features, code, hidden=None),
    ),
    Mistake(
        "activation on the code",
        "The code has an activation here. ReLU throws away what is negative, so part of "
        "the few numbers that pass the middle is lost; the code stays linear.",
        lambda features, code: _built(features, code, inner="relu"),
    ),
    Mistake(
        "wrong output activation",
        "The output has no activation, so it can be any number. The columns are scaled "
        "to 0..1, and a sigmoid keeps to that.",
        lambda features, code: _built(features, code, output=None),
    ),
    Mistake(
        "wrong output activation",
        "ReLU at the output can be any positive number. The columns are scaled to 0..1, "
        "and a sigmoid keeps to that.",
        lambda features, code: _built(features, code, output="relu"),
    ),
    Mistake(
        "wrong output activation",
        "Softmax makes the features share 1 among them. Each is a value of its own: a "
        "sigmoid for each.",
        lambda features, code: _built(features, code, output="softmax"),
    ),
    Mistake(
        "another activation",
        "A sound network, but another one: the hidden layers asked for are ReLUs.",
        lambda features, code: _built(features, code, hidden="tanh"),
    ),
    Mistake(
        "another activation",
        "A sound network, but another one: the hidden layers asked for are ReLUs.",
        lambda features, code: _built(features, code, hidden="sigmoid"),
    ),
    Mistake(
        "no decoder",
        "That is the encoder alone: rows go in and codes come out. The decoder leads back "
        "to as many values as came in.",
        lambda features, code: _network((_WIDE, code), ("relu", None), features),
    ),
    Mistake(
        "a layer is missing",
        "The decoder mirrors the encoder, so a wide layer lies on either side of the code.",
        lambda features, code: _network(
            (_WIDE, code, features), ("relu", None, "sigmoid"), features
        ),
    ),
    Mistake(
        "no code",
        "Nothing is narrow in it: the code is missing, and without it the network may "
        "copy its input.",
        lambda features, code: _network(
            (_WIDE, _WIDE, features), ("relu", "relu", "sigmoid"), features
        ),
    ),
    Mistake(
        "inputs counted as a layer",
        "Your first layer is a full layer of units that learn. The inputs are no units: "
        "keras.Input is all they need.",
        lambda features, code: _network(
            (features, _WIDE, code, _WIDE, features),
            ("relu", "relu", None, "relu", "sigmoid"),
            features,
        ),
    ),
    Mistake(
        "fixed sizes",
        "Right for one number of features and one code only: use the names `features` "
        "and `code`.",
        lambda features, code: _built(*_LESSON_SIZES),
    ),
]


_FEATURES_DRAWN, _CODES_DRAWN = (9, 12, 20), (2, 3, 4)


def _sizes(random: np.random.Generator) -> dict[str, int]:
    """Draw a number of features and the size of a code."""
    features, code = random.choice(_FEATURES_DRAWN), random.choice(_CODES_DRAWN)
    return {"features": int(features), "code": int(code)}


@exercise(
    "7.6",
    "Write the layers",
    points=3,
    answers=("network",),
    kind=MODEL,
    given=_sizes,
    mistakes=_OWN_LAYERS,
    may_not_call=("helpers.networks.autoencoders.autoencoder",),
    hints=[
        "keras.Sequential takes a list: keras.Input((features,)) first, then a "
        "keras.layers.Dense for each layer that learns. There are four of them.",
        "Encoder: 128 units with ReLU, then the code without an activation. The decoder "
        "has the same sizes in reverse order, and ends with `features` values.",
        'keras.layers.Dense(128, activation="relu"); the last one is '
        'keras.layers.Dense(features, activation="sigmoid").',
    ],
)
def check_7_6(network: object, features: int, code: int) -> str:
    """Check a dense autoencoder by what it computes with weights that are put in."""
    ours = _behaviour(network, features)
    right = _known_behaviour(None, features, code)
    if alike(ours, right, tolerance=1e-4):
        _require_same_in_training(network, features)
        count = sum(int(np.prod(shape)) for shape in ours[0])
        return (
            f"{count:,} parameters, and with the same weights it computes what the kit's "
            "network computes."
        )
    for place, mistake in enumerate(_OWN_LAYERS):
        theirs = _known_behaviour(place, features, code)
        if alike(ours, theirs, tolerance=1e-4):
            raise Wrong(mistake.diagnosis, mistake.says)
    shapes = " and ".join(str(shape) for shape in ours[0])
    raise Wrong(
        OTHER,
        _ANOTHER_NETWORK,
        "The sizes are right: look at the activations."
        if ours[0] == right[0]
        else f"Yours has weights of shapes {shapes}.",
    )


_ANOTHER_NETWORK = (
    "Another network than the one asked for: features-128-code-128-features, hidden "
    "layers with ReLU, the code without activation, a sigmoid at the end."
)


def _require_same_in_training(network: Any, features: int) -> None:
    """Raise for layers that act in training alone, like dropout; they have no weights."""
    rows = np.random.default_rng(0).normal(size=(6, features)).astype("float32")
    scoring, training = (
        np.asarray(network(rows, training=each)) for each in (False, True)
    )
    if not np.allclose(scoring, training, atol=1e-5):
        raise Wrong(
            OTHER,
            _ANOTHER_NETWORK,
            "It has a layer that acts in training alone, like dropout.",
        )


def _behaviour(network: Any, features: int) -> tuple[tuple, np.ndarray]:
    """Return the shapes of a network's weights, and what it makes of drawn weights.

    The weights that it had are put back.
    """
    _require_network(network)
    random = np.random.default_rng(0)
    try:
        width = network.input_shape[1] if network.built else features
        rows = random.normal(size=(_ASKED, width or features)).astype("float32")
        network(rows, training=False)  # builds one that has no Input
        kept = network.get_weights()
        drawn = [
            random.normal(size=w.shape, scale=1 / max(w.shape[0], 1) ** 0.5)
            for w in kept
        ]
        network.set_weights(drawn)
        said = np.asarray(network(rows, training=False), dtype=float)
        network.set_weights(kept)
    except Exception as error:
        raise CannotCheck(f"network can't be asked: {first_line(error)}") from None
    return tuple(w.shape for w in kept), said


def _require_network(network: Any) -> None:
    if issubclass(type(network), type) or not all(
        hasattr(type(network), name) for name in ("get_weights", "summary")
    ):
        raise CannotCheck(
            f"network should be a Keras model; yours is a {kind(network)}."
        )
