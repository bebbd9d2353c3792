"""The checks of lesson 07, autoencoders."""

from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from typing import Any

import numpy as np

from helpers.exercises.answers import (
    as_array,
    as_estimator,
    as_flags,
    as_function,
    as_number,
    call,
    is_fitted,
    kind,
    require_unchanged,
)
from helpers.exercises.declared import MODEL, PAPER, VALUES, exercise
from helpers.exercises.outcomes import CannotCheck, Wrong


def _require_unchanged(handed: Sequence, given: Sequence, *names: str) -> None:
    """Raise if a function changed one of the arrays it was handed in several calls."""
    for after, before in zip(handed, given, strict=True):
        for each in zip(after, before, names, strict=True):
            require_unchanged(*each)


# -- 7.1: how badly was a row rebuilt ----------------------------------------------------

# the units differ; square tables first, so that a mean over the wrong axis computes
_X = np.array(
    [[120.0, 1.5, 40.0], [131.0, 0.9, 52.0], [150.0, 2.4, 61.0], [118.0, 1.1, 35.0]]
)
_REBUILT = np.array(
    [[126.0, 1.4, 34.0], [119.0, 1.5, 55.0], [150.0, 1.2, 66.0], [126.0, 1.3, 32.0]]
)
_SCALE = np.array([12.0, 0.4, 9.0])
# rows and columns of these: square tables, and others that a fixed 3 does not fit
_TABLES = tuple(
    (_X[rows, :columns], _REBUILT[rows, :columns], _SCALE[:columns])
    for rows, columns in (
        (slice(0, 3), 3),
        (slice(1, 4), 3),
        (slice(0, 4), 2),
        (slice(0, 4), 3),
    )
)
_Errors = Callable[[np.ndarray, np.ndarray, np.ndarray], Any]

_MISREBUILT: tuple[tuple[_Errors, str, str], ...] = (
    (
        lambda x, z, s: np.square((x - z) / s).mean(axis=0),
        "mean over the rows",
        "That is one number per feature: how badly a column is rebuilt. The score belongs "
        "to a row, so the mean runs over its features.",
    ),
    (
        lambda x, z, s: np.square((x - z) / s).mean(),
        "one number for all rows",
        "That is one number for the whole table: the loss. A score says it row by row, or "
        "no row could stand out.",
    ),
    (
        lambda x, z, s: ((x - z) / s).mean(axis=1),
        "signed error",
        "Errors with a sign cancel: too high in one feature and too low in another would "
        "be a perfect row. Square them before the mean.",
    ),
    (
        lambda x, z, s: np.square(((x - z) / s).mean(axis=1)),
        "squared too late",
        "You square after the mean. By then errors of opposite sign have cancelled: "
        "square each one first.",
    ),
    (
        lambda x, z, s: np.square(x - z).mean(axis=1),
        "different units",
        "Here each error is in the unit of its own feature, and the feature with the "
        "largest numbers decides alone. Measure it in units of scale first.",
    ),
    (
        lambda x, z, s: (np.square(x - z) / s).mean(axis=1),
        "scale not squared",
        "You divide the squared error by scale. Its unit is squared, too, so a unit is "
        "left over: divide first, then square.",
    ),
    (
        lambda x, z, s: np.square(x - z).mean(axis=1) / s.mean() ** 2,
        "one scale for all features",
        "You divide by one number. Each feature has a unit of its own: divide column by "
        "column, before the mean.",
    ),
    (
        lambda x, z, s: np.square((x - z) * s).mean(axis=1),
        "multiplied by the scale",
        "You multiply by scale, so what is large gets larger still. Divide: how many "
        "times its unit is the error?",
    ),
    (
        lambda x, z, s: np.abs((x - z) / s).mean(axis=1),
        "absolute error",
        "Sound, but that is the mean absolute error. Squared, one badly rebuilt feature "
        "weighs more than many that are slightly off, and it is what the network minimises.",
    ),
    (
        lambda x, z, s: np.square((x - z) / s).sum(axis=1),
        "sum",
        "That is the sum over the features. It ranks rows alike, but a wider table would "
        "look worse: take the mean.",
    ),
    (
        lambda x, z, s: np.square((x - z) / s).sum(axis=1) / len(x),
        "divided by the number of rows",
        "You add up over the features and divide by the number of rows. A mean divides "
        "by how many were added: the features.",
    ),
    (
        lambda x, z, s: np.square((x - z) / s).sum(axis=1) / 3,
        "three features only",
        "You count on three features. Another table has another number of them: take "
        ".mean(axis=1), or X.shape[1].",
    ),
    (
        lambda x, z, s: -_right_errors(x, z, s),
        "negated",
        "The right size with a minus: a badly rebuilt row should have the larger number.",
    ),
    (
        lambda x, z, s: np.sort(_right_errors(x, z, s)),
        "sorted",
        "The right numbers, sorted: nobody knows any more which row each belongs to.",
    ),
    (
        lambda x, z, s: np.sqrt(np.square((x - z) / s).mean(axis=1)),
        "root",
        "That is the root of it. It ranks rows alike, but a threshold for one is none for "
        "the other.",
    ),
    (
        lambda x, z, s: np.square((x - z) / s).max(axis=1),
        "worst feature",
        "That is the error of the worst feature alone. Several features that are a little "
        "off would go unseen; take the mean.",
    ),
    (
        lambda x, z, s: np.square((x - z) / s),
        "no mean yet",
        "Those are the errors of all features. Their mean over the features of a row is "
        "still missing.",
    ),
)


@exercise(
    "7.1",
    "How badly was a row rebuilt?",
    answers=("row_errors",),
    hints=[
        "Three steps: how far off, in which unit; make it positive; then one number a row.",
        "(X - rebuilt) / scale divides column by column: scale has one value per feature.",
        "Square that, then .mean(axis=1): axis 1 runs along the features of a row.",
    ],
)
def check_7_1(row_errors: object) -> str:
    """Check the mean squared error of each row, in units of `scale`."""
    function = as_function(row_errors, "row_errors")
    handed = deepcopy(_TABLES)
    answers = [_answer_7_1(function, *table) for table in handed]
    if _same_errors(_right_errors, answers):
        _require_unchanged(handed, _TABLES, "X", "rebuilt", "scale")
        return (
            "One number per row, without units. Rows can be ranked by it, and a feature "
            "counts the same whether it is measured in metres or in miles."
        )
    for mistake, diagnosis, message in _MISREBUILT:
        if _same_errors(mistake, answers):
            raise Wrong(diagnosis, message)
    whole = answers[-1]
    if whole.shape == ():
        raise Wrong(
            "one number for all rows",
            "That is one number for the whole table. A score says it row by row, or no row "
            "could stand out: axis=1.",
        )
    if whole.shape != (len(_X),):
        told = " x ".join(map(str, whole.shape))
        raise Wrong(
            "shape",
            f"For {len(_X)} rows of {_X.shape[1]} features you return {told}; one number "
            "per row is asked for.",
        )
    if (whole < 0).any():
        raise Wrong(
            "signed error",
            "Some of your errors are negative. Nothing is rebuilt better than perfectly: "
            "square the differences.",
        )
    raise _one_row_by_hand(answers)


def _one_row_by_hand(answers: list[np.ndarray]) -> Wrong:
    """Return what is said of the first row whose error is not right."""
    for answer, (x, z, s) in zip(reversed(answers), reversed(_TABLES), strict=True):
        if answer.shape != (len(x),):
            continue
        for row in np.flatnonzero(~_alike(answer, _right_errors(x, z, s))):
            return Wrong(
                "row errors",
                f"For the row {_row_text(x[row])}, rebuilt as {_row_text(z[row])}, with "
                f"scale {_row_text(s)}, you return {answer[row]:.3g}. Do it by hand: "
                f"{len(s)} differences, each in its unit, squared, and their mean.",
            )
    return Wrong(
        "row errors",
        "Your function is right for one table and not for another: it should work for "
        "any number of rows and of features.",
    )


def _right_errors(x: np.ndarray, z: np.ndarray, s: np.ndarray) -> np.ndarray:
    return np.square((x - z) / s).mean(axis=1)


def _answer_7_1(
    function: Callable, x: np.ndarray, z: np.ndarray, s: np.ndarray
) -> np.ndarray:
    what = "what row_errors returns"
    answer = call(function, x, z, s)
    if issubclass(type(answer), str | dict | set):
        raise CannotCheck(
            f"row_errors should return an array; yours gives a {kind(answer)}."
        )
    if np.ndim(answer) == 0 and not issubclass(type(answer), Iterator):
        return np.array(as_number(answer, what))
    dimensions = 2 if np.ndim(answer) == 2 and 1 not in np.shape(answer) else 1
    return as_array(answer, what, dimensions=dimensions)


def _same_errors(rule: _Errors, answers: list[np.ndarray]) -> bool:
    for answer, table in zip(answers, _TABLES, strict=True):
        expected = np.asarray(rule(*table))
        if answer.shape != expected.shape or not _alike(answer, expected).all():
            return False
    return True


def _alike(answer: np.ndarray, expected: np.ndarray) -> np.ndarray:
    return np.isclose(answer, expected, rtol=1e-3, atol=1e-9)  # half precision will do


def _row_text(row: np.ndarray) -> str:
    return f"[{', '.join(f'{value:g}' for value in row)}]"


# -- 7.2: who may teach ------------------------------------------------------------------


@exercise(
    "7.2",
    "Who may teach?",
    answers=("detector",),
    kind=MODEL,
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
    train, labels, test = _parts_7_2(X_train, y_train, X_test)
    model: Any = _fitted_autoencoder(detector, train.shape[1])
    learned = np.asarray(model.decision_scores_, dtype=float)
    _require_narrow(model, train.shape[1])
    _require_normal_rows(model, learned, train, labels, test)
    width = _code_width(model)
    taught = f"{len(learned):,} normal rows taught it, scaling included"
    if 2 * width > train.shape[1]:
        return (
            f"{taught}. But a code of {width} for {train.shape[1]} features leaves out "
            "little: a narrower one has less room for what they never showed."
        )
    return f"{taught}, and a code of {width} leaves no room for what they never showed."


def _parts_7_2(
    X_train: object, y_train: object, X_test: object
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the lesson's rows and labels; say so if the learner has changed them."""
    train = as_array(X_train, "X_train", dimensions=2)
    test = as_array(X_test, "X_test", dimensions=2)
    count = len(as_array(y_train, "y_train"))
    if len(train) != count:
        raise CannotCheck(
            f"X_train has {len(train):,} rows and y_train {count:,} labels: one of them "
            "has changed. Run the cell that makes them again, and call the normal rows "
            "something else."
        )
    labels = as_flags(y_train, "y_train", length=count)
    if train.shape[1] != test.shape[1] or not 0 < labels.mean() < 0.5:
        raise CannotCheck(
            "X_train, y_train and X_test have changed. Run the cell that makes them "
            "again, and call what you pick of them something else."
        )
    if _is_scaled(train) or _is_scaled(np.vstack([train, test])):
        raise Wrong(
            "scaler fitted on everything",
            "X_train has been scaled, and anomalies helped to choose the scale. Run the "
            "cell that makes X_train again and hand its rows over as they are: the "
            "detector scales by itself, from the rows that fit gets.",
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
        raise Wrong(
            "not fitted",
            "The network is still untrained: its weights are random. Call fit with the "
            "rows that may teach it.",
        )
    if model.n_features_in_ != features:
        raise Wrong(
            "other features",
            f"It learned rows of {model.n_features_in_} numbers; X_train has {features}. "
            "The label is no feature, and every feature is needed. (Further down X_train "
            "becomes another table: run the cell above that makes it again.)",
        )
    return model


def _code_width(model: Any) -> int:
    return int(np.shape(model.encode(np.zeros((1, model.n_features_in_))))[1])


def _require_narrow(model: Any, features: int) -> None:
    width = _code_width(model)
    if width >= features:
        raise Wrong(
            "code as wide as the input",
            f"The code has {width} numbers for {features} features: nothing has to be left "
            "out, so nothing stops the network from copying anomalies through as well. If "
            "such a detector works, it is by luck.",
        )


def _require_normal_rows(
    model: Any,
    learned: np.ndarray,
    train: np.ndarray,
    labels: np.ndarray,
    test: np.ndarray,
) -> None:
    """Find out from its own training scores which rows the detector has learned."""
    normal, anomalies = train[~labels], train[labels]
    every = np.vstack([train, test])
    _require_one_fit(model, learned, (train, anomalies, test, every))
    _require_no_strangers(model, learned, normal, anomalies, test)
    for rows in (normal, anomalies, train, test, every):
        if len(rows) == len(learned) and _scored(model, rows, learned):
            _judge_rows(rows, normal, anomalies, train)
            return
    if _scored(model, normal, learned):
        if len(learned) < len(normal) // 4:
            raise Wrong(
                "few rows",
                f"It learned {len(learned):,} of {len(normal):,} normal rows. All of them "
                "may teach; more rows show more of what is normal.",
            )
        return
    _name_the_scaling(model, learned, normal, train, every)
    if _scored(model, train, learned):
        raise Wrong(
            "trained on anomalies too",
            "Among the rows it learned are anomalies. What it has practised it can "
            "rebuild: only normal rows may teach.",
        )
    if _scored(model, every, learned):
        raise Wrong(
            "trained on test rows",
            "Among the rows it learned are some of the test part. They must be new to it, "
            "or the table says nothing about new rows.",
        )
    raise Wrong(
        "other rows",
        f"It learned {len(learned):,} rows, and not all of them are normal rows of X_train "
        "as they are. Hand these to fit, unscaled: the detector scales by itself.",
    )


def _require_one_fit(
    model: Any, learned: np.ndarray, others: tuple[np.ndarray, ...]
) -> None:
    """Raise if the scaler tells of a `fit` on other rows before a `partial_fit`."""
    scaler = model.scaler_
    if scaler is None or scaler.n_samples_seen_ == len(learned):
        return
    for rows in others:
        same = np.allclose(type(scaler)().fit(rows).scale_, scaler.scale_)
        if same and scaler.n_samples_seen_ == len(rows):
            raise Wrong(
                "trained on other rows first",
                f"Before its last training, {len(rows):,} rows that are not all normal "
                "taught it, scaling included, and partial_fit keeps what they taught. "
                "Make a new detector, and fit it on the normal rows alone.",
            )


def _require_no_strangers(
    model: Any,
    learned: np.ndarray,
    normal: np.ndarray,
    anomalies: np.ndarray,
    test: np.ndarray,
) -> None:
    """Raise if among nearly only normal rows a few others were learned."""
    strange = learned[~_found(model, normal, learned)]
    if not len(strange) or len(strange) > (1 - _ENOUGH) * len(learned):
        return
    if (among := _found(model, anomalies, strange)).any():
        raise Wrong(
            "trained on anomalies too",
            f"Among the {len(learned):,} rows it learned are anomalies, {among.sum()} of "
            "them: few, but what it has practised it can rebuild. y_train says which "
            "rows are normal.",
        )
    if _found(model, test, strange).all():
        raise Wrong(
            "trained on test rows",
            f"Among the rows it learned are some of the test part, {len(strange)} of "
            "them. They must be new to it, or the table says nothing about new rows.",
        )


def _judge_rows(
    rows: np.ndarray, normal: np.ndarray, anomalies: np.ndarray, train: np.ndarray
) -> None:
    if rows is normal:
        return
    if rows is anomalies:
        raise Wrong(
            "inverted label",
            "It learned the anomalies, and only them: now normal rows are what it cannot "
            "rebuild. 0 is normal.",
        )
    if rows is train:
        raise Wrong(
            "trained on anomalies too",
            f"It learned all {len(rows):,} rows, with {len(anomalies)} anomalies among "
            "them. What it has practised it can rebuild. A y handed to fit is not used: "
            "pick the normal rows yourself.",
        )
    raise Wrong(
        "trained on test rows",
        "It learned the test part. These rows must be new to it, or the table says nothing "
        "about new rows.",
    )


def _name_the_scaling(
    model: Any,
    learned: np.ndarray,
    normal: np.ndarray,
    train: np.ndarray,
    every: np.ndarray,
) -> None:
    """Look for a scaler before the detector's own; return if it saw normal rows only."""
    from sklearn.preprocessing import MinMaxScaler, StandardScaler

    for scaler in (MinMaxScaler(), StandardScaler()):
        for seen in (train, every):
            scaled = scaler.fit(seen).transform
            if _scored(model, scaled(normal), learned):
                raise Wrong(
                    "scaler fitted on everything",
                    "Normal rows taught the network, but other rows taught the scaler: it "
                    "has seen how large anomalies get. In real life they come later. The "
                    "detector scales by itself, from the rows that fit gets.",
                )
            if _scored(model, scaled(seen), learned):
                raise Wrong(
                    "trained on anomalies too",
                    "It learned normal rows and anomalies alike. What it has practised it "
                    "can rebuild: only normal rows may teach.",
                )
        if _scored(model, scaler.fit(normal).transform(normal), learned):
            raise Wrong(
                "scaled twice",
                "Sound, but the detector scales by itself, and X_test would have to be "
                "scaled by hand from now on. Hand it the rows as they are.",
            )


_ENOUGH = 0.99  # the same row may score a little differently in other company


def _scored(model: Any, rows: np.ndarray, learned: np.ndarray) -> bool:
    """Say whether the scores in `learned` are those of some of the rows."""
    return bool(_found(model, rows, learned).mean() > _ENOUGH)


def _found(model: Any, rows: np.ndarray, learned: np.ndarray) -> np.ndarray:
    """Say of every score in `learned` whether one of the rows has it."""
    try:
        scores = np.sort(model.decision_function(rows))
    except Exception:
        return np.zeros(len(learned), dtype=bool)
    place = np.clip(np.searchsorted(scores, learned), 1, len(scores) - 1)
    nearest = np.minimum(
        np.abs(scores[place] - learned), np.abs(scores[place - 1] - learned)
    )
    return nearest <= 1e-5 * np.abs(learned) + 1e-12


# -- 7.3: keep the promise ---------------------------------------------------------------

_SHARE = 0.01


@exercise(
    "7.3",
    "Keep the promise",
    answers=("threshold",),
    kind=VALUES,
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
    test_part: object,
) -> str:
    """Check a threshold that one in a hundred held-out normal rows exceeds."""
    value = as_number(threshold, "threshold")
    training = as_array(training_errors, "training_errors")
    held_out = as_array(held_out_errors, "held_out_errors")
    labels, test = _test_part(test_part)
    if min(len(training), len(held_out), len(test)) < 100:
        raise CannotCheck("there are too few errors; run the cells above again.")
    if np.ptp(held_out) == 0 or np.ptp(training) == 0:
        raise CannotCheck("the errors are all alike; run the cells above again.")
    _name_the_rows(value, training, labels, test)
    _name_the_pool(value, training, held_out)
    flagged = int((held_out > value).sum())
    expected = _SHARE * len(held_out)
    if expected - 1.5 <= flagged <= expected + 1.5:
        return (
            f"{flagged} of {len(held_out):,} held-out rows exceed it. They are as new to "
            "the network as those that will come, so the promise should hold."
        )
    _name_the_rule(value, held_out)
    way = "Too many alarms" if flagged > expected else "Too few alarms"
    raise Wrong(
        "threshold",
        f"{flagged} of {len(held_out):,} held-out normal rows exceed {value:.3g}; one in a "
        f"hundred was promised. {way}: look for the quantile that leaves a hundredth "
        "above it.",
    )


def _test_part(answer: object) -> tuple[np.ndarray, np.ndarray]:
    if not issubclass(type(answer), tuple | list) or len(answer) != 2:
        raise CannotCheck("the last argument should be the pair (y_test, test_errors).")
    test = as_array(answer[1], "test_errors")
    labels = as_flags(answer[0], "y_test", length=len(test))
    if labels.all() or not labels.any():
        raise CannotCheck("y_test has only one class; run the cells above again.")
    return labels, test


def _quantiles(errors: np.ndarray, share: float) -> list[float]:
    methods = ("linear", "inverted_cdf", "higher", "lower")
    return [float(np.quantile(errors, share, method=method)) for method in methods]


def _is_one_of(value: float, candidates: list[float]) -> bool:
    return any(np.isclose(value, c, rtol=1e-6, atol=0) for c in candidates)


def _name_the_rows(
    value: float, training: np.ndarray, labels: np.ndarray, test: np.ndarray
) -> None:
    """Raise for a threshold that comes from other rows than the held-out ones."""
    from helpers.thresholds import oracle_threshold

    if _is_one_of(value, _quantiles(training, 1 - _SHARE)):
        raise Wrong(
            "threshold on training rows",
            "The right quantile of the wrong rows. The network was made to rebuild exactly "
            "these; new ones fare worse, and more of them ring than you promised.",
        )
    metrics = ("f1", "f2", "accuracy")
    oracles = [float(oracle_threshold(labels, test, metric=m)) for m in metrics]
    share = 1 - labels.mean()
    known = [*_quantiles(test[~labels], 1 - _SHARE), *_quantiles(test, share), *oracles]
    if _is_one_of(value, known):
        raise Wrong(
            "threshold on test labels",
            "That was chosen with the labels of the test part. Nobody has them when the "
            "threshold is set, and what is then read off the test part is no longer a test.",
        )
    if _is_one_of(value, _quantiles(test, 1 - _SHARE)):
        raise Wrong(
            "anomalies among the normal",
            "Those are all test rows, anomalies included. They take the top places, so "
            "the threshold rises with every anomaly it should find.",
        )
    if value in test:
        raise Wrong(
            "threshold on test rows",
            "That is the error of one of the test rows. They are for judging, read once: "
            "what is chosen on them is no longer tested by them.",
        )
    pooled = np.concatenate([training, test])
    if _is_one_of(value, _quantiles(pooled, 1 - _SHARE)):
        raise Wrong(
            "anomalies among the normal",
            "You pool training and test rows: the first are too well rebuilt, and among "
            "the others are the anomalies.",
        )


def _name_the_pool(value: float, training: np.ndarray, held_out: np.ndarray) -> None:
    """Raise for a threshold that training rows had a say in."""
    pooled = np.concatenate([training, held_out])
    if _is_one_of(value, _quantiles(pooled, 1 - _SHARE)):
        raise Wrong(
            "threshold on training rows",
            "You pool training and held-out rows. The first are rebuilt too well, and "
            "pull the threshold down: take the held-out ones alone.",
        )


def _name_the_rule(value: float, held_out: np.ndarray) -> None:
    """Raise for another rule on the right rows."""
    if _is_one_of(value, [float(np.percentile(held_out, 1 - _SHARE))]):
        raise Wrong(
            "percentile",
            "np.percentile counts in per cent: 0.99 is less than one per cent to it. It "
            "wants 99, np.quantile wants 0.99.",
        )
    if _is_one_of(value, _quantiles(held_out, _SHARE)):
        raise Wrong(
            "the other tail",
            "The right rows, the other end: 99 of 100 normal rows lie above this, and all "
            "of those would ring. An anomaly has a large error.",
        )
    if _is_one_of(value, _quantiles(held_out, 0.95) + _quantiles(held_out, 0.9)):
        raise Wrong(
            "another share",
            "The right rows, another promise: more than one in a hundred of them exceed "
            "this.",
        )
    mean, sd = held_out.mean(), (held_out.std(ddof=1), held_out.std())
    if _is_one_of(value, [mean + k * s for k in (2, 3) for s in sd]):
        raise Wrong(
            "another rule",
            "Mean plus some standard deviations promises a share only for bell curves, and "
            "errors have a long right tail. Count rows: use a quantile.",
        )
    if _is_one_of(value, [_SHARE, 1 - _SHARE]):
        raise Wrong(
            "share, not error",
            "That is a share of rows. The threshold is an error: the one that so many rows "
            "stay below.",
        )
    largest = held_out.max()
    if np.isclose(value, largest):
        raise Wrong(
            "no alarm at all",
            "No held-out row exceeds that; one in a hundred may. The largest error is the "
            "oddest normal row you happen to have, and it hides the anomalies below it.",
        )
    if value > largest:
        raise Wrong(
            "no alarm at all",
            f"No held-out row exceeds {value:.3g}: their largest error is {largest:.3g}. "
            "One in a hundred of them may ring.",
        )


# -- 7.4: who is to blame ----------------------------------------------------------------


def _normal_errors(usual: list[float], rows: int) -> np.ndarray:
    """Return errors of normal rows whose features have these means."""
    pattern = np.linspace(0.4, 1.6, rows)
    shifted = [np.roll(pattern, 2 * place) for place in range(len(usual))]
    return (np.array(usual)[:, np.newaxis] * shifted).T


# errors of a row, usual errors, number of normal rows; square first, so that a mean over
# the wrong axis computes something
_ROWS: tuple[tuple[list[float], list[float], int], ...] = (
    ([8.0, 2.0, 0.9, 5.0], [7.0, 1.5, 0.1, 9.0], 4),
    ([0.4, 6.0, 3.0, 4.0], [0.04, 3.0, 1.0, 5.0], 4),
    ([3.0, 2.0, 9.0, 0.5, 4.0], [2.0, 1.0, 8.0, 0.5, 0.8], 5),
    ([0.02, 0.5, 7.0], [0.01, 0.05, 4.0], 7),
    ([1.0, 6.0], [0.2, 5.0], 6),
)
# each other way to say what is usual finds another feature than the mean, which finds the
# first; by column: a wild row; none; a perfect row; a perfect first row; tiny; even
_WILD = (
    np.array([100.0, 4.0, 2.0, 2.0, 0.02, 1.9]),
    np.array(
        [
            [10.0, 0.40, 1.00, 0.05, 0.015, 1.36],
            [10.0, 0.40, 0.01, 1.50, 0.005, 0.64],
            [10.0, 0.40, 1.50, 1.50, 0.015, 1.36],
            [10.0, 0.45, 0.60, 0.95, 0.005, 0.64],
            [10.0, 0.45, 1.40, 1.00, 0.015, 1.36],
            [10.0, 0.40, 0.99, 1.00, 0.005, 0.64],
            [10.0, 2.75, 1.00, 1.00, 0.015, 1.36],
            [90.0, 2.75, 1.50, 1.00, 0.005, 0.64],
        ]
    ),
)
_SQUARE = 3  # so many of them are square
_Blame = Callable[[np.ndarray, np.ndarray], Any]
_MISBLAMED: tuple[tuple[_Blame, str, str], ...] = (
    (
        lambda e, n: (e / n.max(axis=0)).argmax(),
        "compared with the worst",
        "You compare with the largest error among the normal rows. A single wild row "
        "then decides what is usual: take their mean.",
    ),
    (
        lambda e, n: (e / n[0]).argmax(),
        "compared with one row",
        "You compare with one normal row, the first. What is usual, all of them say: "
        "take their mean, axis=0.",
    ),
    (
        lambda e, n: (np.sqrt(e) / n.mean(axis=0)).argmax(),
        "root of one side",
        "You compare the root of an error with a mean of squared ones. Both are squared "
        "already: divide them as they are.",
    ),
    (
        lambda e, n: (e / n).mean(axis=0).argmax(),
        "one row decides",
        "A single normal row that was rebuilt to perfection decides for its feature. "
        "First the mean of the normal rows, axis=0; then divide by that.",
    ),
    (
        lambda e, n: (e / n.std(axis=0)).argmax(),
        "compared with the spread",
        "You divide by how much the errors of normal rows differ. What is usual is their "
        "mean.",
    ),
    (
        lambda e, n: e.argmax(),
        "largest error",
        "That is the largest error. Some features are rebuilt badly in every row, and lead "
        "every such list. Divide each by what is usual for it; one number for all changes "
        "no order.",
    ),
    (
        lambda e, n: (e - n.mean(axis=0)).argmax(),
        "difference, not multiple",
        "You subtract what is usual. Then features with large errors still win, by size. "
        "How many times its usual error is it?",
    ),
    (
        lambda e, n: (n.mean(axis=0) / e).argmax(),
        "upside down",
        "That is the feature that is rebuilt best, compared with what is usual: you divide "
        "the usual by the row's error.",
    ),
    (
        lambda e, n: (e / n.mean(axis=0)).argmin(),
        "smallest multiple",
        "argmin finds the feature that fits best; the one that fits worst is to blame.",
    ),
    (
        lambda e, n: (e / n.mean(axis=0)).argmax() + 1,
        "counted from one",
        "Off by one: positions are counted from 0.",
    ),
    (
        lambda e, n: (e / n.mean(axis=0)).max(),
        "multiple, not position",
        "That is how many times the usual error it is. Which feature was it? argmax says.",
    ),
    (
        lambda e, n: n.mean(axis=0).argmax(),
        "the row had no say",
        "That is the feature that is rebuilt worst in normal rows. It is the same for "
        "every alarm: compare the row with it.",
    ),
    (
        lambda e, n: (e * n.mean(axis=0)).argmax(),
        "multiplied",
        "You multiply by what is usual, so features that are always rebuilt badly win "
        "twice. Divide.",
    ),
)


@exercise(
    "7.4",
    "Who is to blame?",
    answers=("blame",),
    hints=[
        "A feature with usual error 5 and error 6 is less odd than one with 0.1 and 1.",
        "What is usual for each feature is its mean over the normal rows: axis=0.",
        "(errors / usual).argmax()",
    ],
)
def check_7_4(blame: object) -> str:
    """Check which feature is blamed for an anomaly: the largest multiple of its usual."""
    function = as_function(blame, "blame")
    cases = [(np.array(e), _normal_errors(u, rows)) for e, u, rows in _ROWS]
    cases.append(_WILD)
    handed = deepcopy(cases)
    answers = _blamed(function, handed[:_SQUARE])
    try:
        answers += _blamed(function, handed[_SQUARE:])
    except CannotCheck:
        _require_means_of_features(answers, cases[:_SQUARE])
        raise
    right = [int((e / n.mean(axis=0)).argmax()) for e, n in cases]
    if answers == right:
        _require_unchanged(handed, cases, "errors", "normal_errors")
        return (
            "The error that is largest for its feature, not the largest error. Now an "
            "alarm says where to look."
        )
    for mistake, diagnosis, message in _MISBLAMED:
        if np.allclose(answers, [mistake(e, n) for e, n in cases]):
            raise Wrong(diagnosis, message)
    first = next(i for i in range(len(right)) if answers[i] != right[i])
    errors, normal = cases[first]
    raise Wrong(
        "blame",
        f"For a row with errors {_row_text(errors)}, where normal rows have "
        f"{_row_text(normal.mean(axis=0))} on the mean, you return {answers[first]:g}. "
        "Divide one by the other by hand: which is the largest, and at which position, "
        "counted from 0?",
    )


def _blamed(
    function: Callable, cases: list[tuple[np.ndarray, np.ndarray]]
) -> list[float]:
    return [as_number(call(function, *case), "what blame returns") for case in cases]


def _require_means_of_features(
    answers: list[float], square: list[tuple[np.ndarray, np.ndarray]]
) -> None:
    """Raise if these answers came from means over the wrong axis."""
    if answers == [int((e / n.mean(axis=1)).argmax()) for e, n in square]:
        raise Wrong(
            "mean over the features",
            "Your means are those of the rows: one per row. What is usual for a feature is "
            "its mean over the rows, axis=0.",
        )


# -- 7.5: what the published report says -------------------------------------------------

_ALARMS, _ANOMALIES, _FOUND = 39, 71, 28


@exercise(
    "7.5",
    "What the published report says",
    answers=(
        "found",
        "false_alarms",
        "missed",
    ),
    kind=PAPER,
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
    names = ("found", "false_alarms", "missed")
    answers = [
        as_number(value, name)
        for value, name in zip((found, false_alarms, missed), names, strict=True)
    ]
    if all(0 <= value <= 1 for value in answers) and any(answers):
        raise Wrong(
            "shares",
            "Those are shares. How many rows is that, and of what: of the alarms, or of "
            "the anomalies?",
        )
    if not np.allclose(answers, np.round(answers), atol=1e-6):
        raise Wrong(
            "not whole rows",
            "There is no such thing as a fraction of a row: the report rounds to two "
            "decimals, so round your counts.",
        )
    hits, false, lost = (float(np.round(value)) for value in answers)
    if (hits, false, lost) != (_FOUND, _ALARMS - _FOUND, _ANOMALIES - _FOUND):
        raise _misread(hits, false, lost)
    return (
        "Precision 0.72 and recall 0.39, where 0.39 and 0.72 were printed: it misses six "
        "of ten anomalies, and most of its alarms are right."
    )


def _misread(hits: float, false: float, lost: float) -> Wrong:
    """Return what is wrong with whole counts that are not those behind the report."""
    if hits in (51, 52) and lost in (19, 20):
        return Wrong(
            "read as printed",
            "You take the printed recall for the recall. Then 71 would stand under "
            "support; 39 stands there. What, of which there are 39, was taken for the "
            "truth?",
        )
    if hits == _FOUND and false in (43, 44) and lost == 11:
        return Wrong(
            "arguments still swapped",
            "found is right, and the other two stand in each other's place. 39 rows rang "
            "in all; those that were not found among them are false alarms.",
        )
    if hits in (15, 16) and lost >= 20:
        return Wrong(
            "read as printed",
            "Precision as printed, of the right number of alarms. But with the arguments "
            "swapped the printed precision is a share of something else.",
        )
    if hits + lost != _ANOMALIES:
        return Wrong(
            "does not add up",
            f"found and missed make {hits + lost:g}, but every anomaly is one or the other, "
            f"and there are {_ANOMALIES}.",
        )
    if hits + false != _ALARMS:
        return Wrong(
            "does not add up",
            f"found and false_alarms make {hits + false:g} alarms. How many alarms were "
            "there? One number of the report counts them.",
        )
    return Wrong(
        "counts",
        f"The sums are right, but {hits:g} of {_ALARMS} alarms is not the share that the "
        "report prints. Which of its numbers has the alarms below the line?",
    )
