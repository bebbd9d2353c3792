"""A pipeline for the heart table, judged by what it does: the check of exercise 2.3.

Every look goes through scikit-learn's public methods: `fit` on a clone, `transform` of
the steps before the last on patients that differ in one column.
"""

import warnings

import numpy as np
import pandas as pd

from helpers.exercises.answers import is_fitted
from helpers.exercises.heart import ALLOWED, HIDDEN, patients_of_heart, rows_of_heart
from helpers.exercises.outcomes import CannotCheck, Wrong
from helpers.text import first_line


def require_honest_pipeline(model: object) -> None:
    """Raise `Wrong` unless the model prepares patients well and can't leak.

    `model` has fit, predict and get_params; a search or wrapper around a pipeline is
    fine.
    """
    pipeline = _pipeline_in(model)
    if not hasattr(model if pipeline is None else pipeline, "predict"):
        raise Wrong(
            "no model",
            "This prepares patients and predicts nothing: the last step should be the "
            "logistic regression.",
        )
    X, y = patients_of_heart()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _require_no_leak(model, pipeline, X, y)
        prepared = _Prepared(_fitted(pipeline, X, y), X)
        _require_all_columns(prepared)
        _require_kinds(prepared)
        _require_order(prepared)
        _require_filled(prepared)
        _require_row_by_row(prepared)
        _require_scaled(prepared, pipeline)
        _require_rare_kind(pipeline, X, y)
        _require_skill(pipeline, X, y)


class _Prepared:
    """What a fitted pipeline's preparation makes of patients."""

    def __init__(self, pipeline, X: pd.DataFrame):
        self.preparation, self.X = _preparation_of(pipeline), X

    def matrix(self, X: pd.DataFrame) -> np.ndarray:
        try:
            made = self.preparation.transform(X)
        except Exception:
            raise Wrong(
                "depends on the neighbours",
                f"Fitted on all patients, your preparation stops at {len(X)} of them. "
                "Some step makes its columns from the rows it is given, as "
                "get_dummies does, and not from what it learned in fit().",
            ) from None
        made = made.toarray() if hasattr(made, "toarray") else made
        return np.asarray(made, dtype=float)

    def versions(self, column: str, values: object) -> np.ndarray:
        """Return one prepared row per value of one column, all else equal."""
        rows = self.X.iloc[[0] * len(values)].reset_index(drop=True)
        rows[column] = np.asarray(values, dtype=float)
        return self.matrix(rows)


def _preparation_of(pipeline):
    """Return the steps before the last, without samplers: they only work in fit()."""
    from sklearn.pipeline import Pipeline

    kept = [
        step for step in pipeline.steps[:-1] if not hasattr(step[1], "fit_resample")
    ]
    return Pipeline(kept)


def _pipeline_in(model: object):
    """Return the pipeline: the model itself, or what a search or a wrapper holds."""
    found = model
    while found is not None:
        steps = getattr(found, "steps", None)
        if steps and len(steps) > 1:
            return found
        found = steps[0][1] if steps else getattr(found, "estimator", None)
    return None


def _require_no_leak(model: object, pipeline, X: pd.DataFrame, y: np.ndarray) -> None:
    parts = model.get_params(deep=True).values()
    if any(type(part).__name__ == "FrozenEstimator" for part in parts):
        raise Wrong(
            "leak",
            "A part of this model is frozen: it keeps what it learned from rows before "
            "the split, whoever fits the model. Let every part learn anew.",
        )
    fitted = is_fitted(model)
    if fitted and (pipeline is None or not _takes(model, X, y)):
        raise Wrong(
            "leak",
            "This model was fitted on rows that had been prepared outside of it, so "
            "filling and scaling have seen rows that will later be test rows. Put "
            "every step that learns into the pipeline, and leave the fitting to "
            "whoever splits.",
        )
    if pipeline is None:
        raise Wrong(
            "no preparation",
            f"A {type(model).__name__} alone gets the table as it is, with its holes, "
            "its kinds as numbers and its scales. Put the preparation in front of it, "
            "as steps of one pipeline.",
        )
    if fitted and _is_fitted_on_all(model, X, y):
        raise Wrong(
            "fitted on all rows",
            "The right steps, but somebody has fitted them on all patients, those of "
            "the test part too. Leave it unfitted.",
        )


def _takes(model: object, X: pd.DataFrame, y: np.ndarray) -> bool:
    """Say whether a model that was fitted somewhere can be fitted on these rows."""
    from sklearn.base import clone

    try:
        clone(model).fit(X, y)
    except Exception:
        return False
    return getattr(model, "n_features_in_", X.shape[1]) == X.shape[1]


def _is_fitted_on_all(model: object, X: pd.DataFrame, y: np.ndarray) -> bool:
    """Say whether a fresh copy, fitted on every patient, gives the same scores."""
    from sklearn.base import clone

    try:
        scores = _scores(model, X)
        return any(
            np.allclose(scores, _scores(clone(model).fit(*rows), X), atol=1e-6)
            for rows in ((X, y), rows_of_heart())
        )
    except Exception:
        return False


def _scores(model, X: pd.DataFrame) -> np.ndarray:
    scorer = getattr(model, "predict_proba", None) or model.predict
    return np.asarray(scorer(X), dtype=float)


def _fitted(pipeline, X: pd.DataFrame, y: np.ndarray):
    from sklearn.base import clone

    try:
        return clone(pipeline).fit(X, y)
    except Exception as error:
        text = first_line(error)
        if "NaN" in str(error) or "missing" in text:
            raise Wrong(
                "holes left",
                "The pipeline meets a hole (NaN) that it hasn't filled, and stops. "
                "Both numbers and kinds have some, and in X they are NaN, no longer "
                "codes. The branches of a column transformer work side by side: fill "
                "and scale in one branch, one after the other.",
            ) from None
        if "only supported for dataframes" in text:
            raise CannotCheck(
                "A step hands on an array without column names, and the column "
                "transformer after it looks for names. Let the column transformer come "
                "first, and fill inside its branches."
            ) from None
        raise CannotCheck(
            f"model.fit(X, y) raised {type(error).__name__}: {text}"
        ) from None


def _require_all_columns(prepared: _Prepared) -> None:
    ends = {name: (column.min(), column.max()) for name, column in prepared.X.items()}
    rows = {name: prepared.versions(name, pair) for name, pair in ends.items()}
    dropped = [name for name, (low, high) in rows.items() if np.array_equal(low, high)]
    if dropped:
        raise Wrong(
            "columns dropped",
            f"What a patient has in {', '.join(dropped)} changes nothing. A column "
            "transformer drops the columns it wasn't told about, without a word.",
        )


def _require_kinds(prepared: _Prepared) -> None:
    """Raise `Wrong` where codes lie on a line: 0 to 3 three times as far as 0 to 1."""
    on_a_line = []
    for name in ("cp", "restecg", "thal"):
        rows = prepared.versions(name, ALLOWED[name])
        whole = np.linalg.norm(rows[-1] - rows[0])
        if np.isclose(whole, np.linalg.norm(np.diff(rows, axis=0), axis=1).sum()):
            on_a_line.append(name)
    if on_a_line:
        raise Wrong(
            "codes taken as numbers",
            f"To your pipeline the codes of {', '.join(on_a_line)} lie on a line: from "
            "the first to the last is as far as all the steps between. But chest "
            "pain 3 is not three times chest pain 1, it is another kind. Give each "
            "kind its own column.",
        )


def _require_order(prepared: _Prepared) -> None:
    """Raise `Wrong` where ages are kinds: 41 as far from 40 as 60 is."""
    forty, next_year, sixty = prepared.versions("age", [40, 41, 60])
    near, far = np.linalg.norm(next_year - forty), np.linalg.norm(sixty - forty)
    if np.isclose(near, far):
        raise Wrong(
            "numbers taken as kinds",
            "To your pipeline 41 years are as far from 40 as 60 are. Numbers have an "
            "order and distances; one column per value throws both away.",
        )


def _require_filled(prepared: _Prepared) -> None:
    for name in HIDDEN:
        rows = prepared.versions(name, [*ALLOWED[name], np.nan])
        differs = np.ptp(rows[:-1], axis=0) > 1e-9
        known, filled = rows[:-1, differs], rows[-1, differs]
        room = 0.2 * np.ptp(known, axis=0)
        if np.isnan(filled).any():
            raise Wrong("holes left", f"The holes of {name} are still NaN afterwards.")
        low, high = known.min(axis=0) - room, known.max(axis=0) + room
        if ((filled < low) | (filled > high)).any():
            raise Wrong(
                "filled with a code",
                f"A hole in {name} becomes a value that no patient can have. That is "
                "the old mistake with another number: fill with what is usual.",
            )
        if name == "thal" and not np.isclose(known, filled).all(axis=1).any():
            raise Wrong(
                "holes left",
                "A patient with unknown thal becomes none of the three kinds there "
                "are, but a fourth of its own, seen twice in this table. Fill with a "
                "kind that exists, before you encode.",
            )


def _require_row_by_row(prepared: _Prepared) -> None:
    """Raise `Wrong` where a patient looks different without the others."""
    among_others = prepared.matrix(prepared.X)
    holes = np.flatnonzero(prepared.X.isna().any(axis=1))
    for row in (0, *holes):
        alone = prepared.matrix(prepared.X.iloc[[row]])
        if alone.shape[1] != among_others.shape[1] or not np.allclose(
            alone[0], among_others[row], atol=1e-8
        ):
            raise Wrong(
                "depends on the neighbours",
                "The same patient is prepared differently alone and among others: "
                "some step looks at the rows it is given instead of what it learned "
                "in fit().",
            )


def _require_scaled(prepared: _Prepared, pipeline) -> None:
    last = type(pipeline.steps[-1][1]).__name__
    if any(word in last for word in ("Forest", "Tree", "Boosting")):
        return
    spread = prepared.matrix(prepared.X).std(axis=0)
    if spread.max() > 5:
        raise Wrong(
            "not scaled",
            "Cholesterol still speaks in hundreds and oldpeak in ones, so one unit of "
            "either costs the regression the same. Scale the numbers.",
        )


def _require_rare_kind(pipeline, X: pd.DataFrame, y: np.ndarray) -> None:
    from sklearn.base import clone

    rare = (X["restecg"] == 2).to_numpy()
    try:
        clone(_preparation_of(pipeline)).fit(X[~rare], y[~rare]).transform(X[rare])
    except Exception:
        raise Wrong(
            "unseen kind",
            f"Trained without the {rare.sum()} patients of restecg 2, your pipeline "
            "stops with an error at the first of them. An encoder can be told what to "
            "do with a kind that it has never seen.",
        ) from None


def _require_skill(pipeline, X: pd.DataFrame, y: np.ndarray) -> None:
    """Fit on two thirds of the patients, and ask for more than chance on the others."""
    third = np.arange(len(y)) % 3 == 0
    predictions = np.asarray(_fitted(pipeline, X[~third], y[~third]).predict(X[third]))
    last = type(pipeline.steps[-1][1]).__name__
    if not np.isin(predictions, (0, 1)).all():
        raise Wrong(
            "not a classifier",
            f"The preparation is right, but {last} predicts numbers, not 0 or 1.",
        )
    accuracy = float((predictions == y[third]).mean())
    if accuracy < 0.7:
        raise Wrong(
            "hardly better than chance",
            f"The preparation is right, but {last} is right on {accuracy:.0%} of "
            "patients it has not seen; calling everybody healthy gets 54%.",
        )
