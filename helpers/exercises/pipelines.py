"""A pipeline for the heart table, judged by what it does: the check of exercise 2.3.

Every look goes through scikit-learn's public methods: `fit` on a clone, `transform` of
the steps before the last on patients that differ in one column.
"""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from helpers.exercises.answers import is_fitted
from helpers.exercises.declared import Mistake
from helpers.exercises.heart import (
    ALLOWED,
    HIDDEN,
    KINDS,
    heart_pipeline,
    patients_of_heart,
    preparation,
)
from helpers.exercises.judging import accuse
from helpers.exercises.outcomes import CannotCheck, Wrong
from helpers.text import first_line

UNIT = 100  # numbers are asked again in another unit
LIKE_SCALES = 0.05  # how far one number moves, as a share of another, over their ranges


def drawn_patients(random: np.random.Generator, rows: int = 100) -> dict[str, Any]:
    """Draw X (rows, 13) and y: patients of the heart table in another order.

    All with holes and all of the rare `restecg` 2 are among them.
    """
    X, y = patients_of_heart()
    rare = (X.isna().any(axis=1) | (X["restecg"] == 2)).to_numpy()
    others = random.permutation(np.flatnonzero(~rare))[: rows - rare.sum()]
    chosen = random.permutation(np.r_[np.flatnonzero(rare), others])
    return {"X": X.iloc[chosen].reset_index(drop=True), "y": y[chosen]}


def require_honest_pipeline(
    model: Any, X: pd.DataFrame, y: NDArray, numbers: Sequence[str]
) -> None:
    """Raise `Wrong` unless the model prepares patients well and can't leak.

    `model` has fit, predict and get_params; a search or a wrapper around a pipeline is
    fine. X (n, 13) with its holes and y (n,) are patients, `numbers` the columns that
    hold numbers. Raises `CannotCheck` where X has no holes any more.
    """
    holes = getattr(X, "isna", lambda: pd.DataFrame([False]))().any(axis=None)
    if not holes:
        raise CannotCheck(
            "X should be the table of the cells above, holes included: fill them "
            "inside the model, and run those cells again."
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        steps = _steps_of(model)
        _require_unfitted(model, X)
        _require_regression(steps[-1][1])
        prepared = _Prepared(_fitted(steps[:-1], X, y), X)
        _require_all_columns(prepared)
        _require_kinds(prepared)
        _require_order(prepared, numbers)
        _require_filled(prepared)
        _require_row_by_row(prepared)
        _require_rare_kind_and_scale(steps, X, y, numbers)
        _require_like_scales(prepared, numbers)
        _fitted(steps, X, y)


_ROWS_LOST = (
    "Your pipeline prepares fewer patients than it gets. Whoever has a hole would be "
    "left without a prediction: fill the holes, and keep the rows."
)


class _Prepared:
    """What a fitted preparation makes of patients, and of one that varies by column.

    `versions[column]` has a row for each of the column's `values`, all else equal.
    """

    def __init__(self, preparation: Any, X: pd.DataFrame):
        self.preparation, self.X = preparation, X
        self.values = {str(name): _telling_values(X[name]) for name in X}
        tables = [X, *(self._versions_of(name) for name in self.values)]
        made = self.matrix(pd.concat(tables, ignore_index=True))
        ends = np.cumsum([len(table) for table in tables])[:-1]
        self.patients, *parts = np.split(made, ends)
        self.versions = dict(zip(self.values, parts, strict=True))

    def matrix(self, X: pd.DataFrame) -> NDArray:
        try:
            made = self.preparation.transform(X)
        except Exception:
            raise accuse(PIPELINE_MISTAKES, "depends on the neighbours") from None
        made = made.toarray() if hasattr(made, "toarray") else made
        if len(made) != len(X):
            raise Wrong("rows lost", _ROWS_LOST)
        return np.asarray(made, dtype=float)

    def _versions_of(self, name: str) -> pd.DataFrame:
        rows = self.X.iloc[[0] * len(self.values[name])].reset_index(drop=True)
        return rows.assign(**{name: self.values[name]})


def _telling_values(column: pd.Series) -> NDArray:
    """Return what a column may hold: its codes, or two low values and the highest.

    A hole, where codes can be missing, comes last.
    """
    name = str(column.name)
    known = np.unique(column.dropna().astype(float))
    values = ALLOWED.get(name, (known[0], known[1], known[-1]))
    return np.array([*values, np.nan] if name in HIDDEN else values, dtype=float)


def _steps_of(model: Any) -> list[tuple[str, Any]]:
    """Return the steps of the pipeline, without samplers: they only work in fit()."""
    pipeline = _pipeline_in(model)
    if not hasattr(model if pipeline is None else pipeline.steps[-1][1], "predict"):
        raise Wrong(
            "no model",
            "This prepares patients and predicts nothing: the last step should be the "
            "logistic regression.",
        )
    if pipeline is None:
        alone = "leak" if is_fitted(model) else "no preparation"
        raise accuse(PIPELINE_MISTAKES, alone)
    steps = list(pipeline.steps)
    while getattr(steps[-1][1], "steps", None):  # a pipeline in the last place
        steps[-1:] = steps[-1][1].steps
    kept = [step for step in steps if not hasattr(step[1], "fit_resample")]
    if len(kept) == 1:
        raise accuse(PIPELINE_MISTAKES, "no preparation")
    return kept


def _pipeline_in(model: Any) -> Any:
    """Return the pipeline: the model itself, or what a search or a wrapper holds."""
    found = model
    while found is not None:
        steps = getattr(found, "steps", None)
        if steps and len(steps) > 1:
            return found
        found = steps[0][1] if steps else getattr(found, "estimator", None)
    return None


def _require_unfitted(model: Any, X: pd.DataFrame) -> None:
    parts = model.get_params(deep=True).values()
    if any(type(part).__name__ == "FrozenEstimator" for part in parts):
        raise Wrong(
            "leak",
            "A part of this model is frozen: it keeps what it learned from rows before "
            "the split, whoever fits the model. Let every part learn anew.",
        )
    if is_fitted(model):
        takes = getattr(model, "n_features_in_", X.shape[1]) == X.shape[1]
        raise accuse(PIPELINE_MISTAKES, "fitted" if takes else "leak")


def _fitted(steps: list[tuple[str, Any]], X: pd.DataFrame, y: NDArray) -> Any:
    from sklearn.base import clone
    from sklearn.pipeline import Pipeline

    try:
        return clone(Pipeline(steps)).fit(X, y)
    except Exception as error:
        text = first_line(error)
        if "NaN" in str(error) or "missing" in text:
            raise accuse(PIPELINE_MISTAKES, "holes left") from None
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
    dropped = [
        name
        for name, rows in prepared.versions.items()
        if not np.ptp(rows, axis=0).any()
    ]
    if dropped:
        names = ", ".join(dropped)
        told = f"Here what a patient has in {names} changes nothing."
        raise accuse(PIPELINE_MISTAKES, "columns dropped", told)


def _require_kinds(prepared: _Prepared) -> None:
    """Raise `Wrong` where codes lie on a line: 0 to 3 three times as far as 0 to 1."""
    on_a_line = [name for name in KINDS if _on_a_line(_known(prepared, name))]
    if on_a_line:
        told = f"Here {', '.join(on_a_line)} is taken so."
        raise accuse(PIPELINE_MISTAKES, "codes taken as numbers", told)


def _on_a_line(rows: NDArray) -> bool:
    steps = np.linalg.norm(np.diff(rows, axis=0), axis=1).sum()
    return bool(np.isclose(np.linalg.norm(rows[-1] - rows[0]), steps))


def _known(prepared: _Prepared, name: str) -> NDArray:
    return prepared.versions[name][~np.isnan(prepared.values[name])]


def _require_order(prepared: _Prepared, numbers: Sequence[str]) -> None:
    """Raise `Wrong` where numbers are kinds: 41 as far from 40 as 60 is."""
    for name in numbers:
        rows = _known(prepared, name)
        near, far = np.linalg.norm(rows[[1, -1]] - rows[0], axis=1)
        if np.isclose(near, far):
            told = f"Here {name} is taken so."
            raise accuse(PIPELINE_MISTAKES, "numbers taken as kinds", told)


def _require_filled(prepared: _Prepared) -> None:
    for name in HIDDEN:
        rows, known = prepared.versions[name], _known(prepared, name)
        differs = np.ptp(known, axis=0) > 1e-9
        known, filled = known[:, differs], rows[-1, differs]
        room = 0.2 * np.ptp(known, axis=0)
        if np.isnan(filled).any():
            raise accuse(PIPELINE_MISTAKES, "holes left")
        low, high = known.min(axis=0) - room, known.max(axis=0) + room
        if ((filled < low) | (filled > high)).any():
            raise accuse(PIPELINE_MISTAKES, "filled with a code")
        if name in KINDS and not np.isclose(known, filled).all(axis=1).any():
            raise Wrong(
                "holes left",
                "A patient with unknown thal becomes none of the three kinds there "
                "are, but a fourth of its own, which is hardly ever seen. Fill with a "
                "kind that exists, before you encode.",
            )


def _require_row_by_row(prepared: _Prepared) -> None:
    """Raise `Wrong` where patients look different among few than among all."""
    holes = [np.flatnonzero(prepared.X[name].isna())[0] for name in HIDDEN]
    few, among_all = prepared.matrix(prepared.X.iloc[holes]), prepared.patients[holes]
    if few.shape != among_all.shape or not np.allclose(few, among_all, atol=1e-8):
        raise accuse(PIPELINE_MISTAKES, "depends on the neighbours")


def _require_rare_kind_and_scale(
    steps: list[tuple[str, Any]], X: pd.DataFrame, y: NDArray, numbers: Sequence[str]
) -> None:
    """Raise `Wrong` where an unseen kind stops it, or another unit makes it larger."""
    rare = (X["restecg"] == 2).to_numpy()
    larger = X.assign(**{name: UNIT * X[name] for name in numbers})
    met = _fitted(steps[:-1], larger[~rare], y[~rare])
    try:
        made = met.transform(larger)
    except Exception:
        raise accuse(PIPELINE_MISTAKES, "unseen kind") from None
    made = made.toarray() if hasattr(made, "toarray") else made
    if np.std(np.asarray(made, dtype=float), axis=0).max() > 5:
        raise accuse(PIPELINE_MISTAKES, "not scaled")


def _require_like_scales(prepared: _Prepared, numbers: Sequence[str]) -> None:
    """Raise `Wrong` where one number moves much less than another, over its range."""
    moves = {}
    for name in numbers:
        known = _known(prepared, name)
        moves[name] = float(np.linalg.norm(known[-1] - known[0]))
    least, most = min(moves, key=moves.__getitem__), max(moves, key=moves.__getitem__)
    if moves[least] < LIKE_SCALES * moves[most]:
        raise Wrong(
            "not scaled",
            "After your preparation one number hardly moves beside another. Scale each "
            "number by its own values: a column at a time, not a patient at a time.",
            f"From its lowest to its highest value {least} moves the patient "
            f"{moves[most] / max(moves[least], 1e-9):.0f} times less than {most} does.",
        )


def _require_regression(last: Any) -> None:
    """Raise `Wrong` unless the last step is a logistic regression, tuned or not."""
    while getattr(last, "estimator", None) is not None:
        last = last.estimator
    name = type(last).__name__
    by_steps = name == "SGDClassifier" and last.loss == "log_loss"
    if name not in ("LogisticRegression", "LogisticRegressionCV") and not by_steps:
        told = f"Here the last step is {name}."
        raise accuse(PIPELINE_MISTAKES, "another model", told)


# -- what learners build instead -------------------------------------------------------


def _logistic(preparation: Any) -> Any:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    return make_pipeline(preparation, LogisticRegression(max_iter=1000))


def _filled(then: Any, **options: Any) -> Any:
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline

    return make_pipeline(SimpleImputer(**options), then)


def _leak(X: pd.DataFrame, y: NDArray, **_: Any) -> Any:
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import MinMaxScaler

    filled = X.fillna(X.median())
    scaled = MinMaxScaler().fit_transform(filled)
    return LogisticRegression(max_iter=1000).fit(scaled, y)


def _alone(**_: Any) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(max_iter=1000)


def _as_fitted(X: pd.DataFrame, y: NDArray, **_: Any) -> Any:
    return _logistic(preparation()).fit(X, y)


def _dropped(**_: Any) -> Any:
    return _logistic(preparation(remainder="drop"))


def _codes_as_numbers(**_: Any) -> Any:
    from sklearn.preprocessing import StandardScaler

    return _logistic(_filled(StandardScaler(), strategy="median"))


def _slope_as_number(numbers: list[str], kinds: list[str], **_: Any) -> Any:
    from sklearn.compose import make_column_transformer
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    known = OneHotEncoder(handle_unknown="ignore")
    return _logistic(
        make_column_transformer(
            (_filled(StandardScaler()), [*numbers, "slope"]),
            (
                _filled(known, strategy="most_frequent"),
                [kind for kind in kinds if kind != "slope"],
            ),
            remainder="passthrough",
        )
    )


def _all_encoded(**_: Any) -> Any:
    from sklearn.preprocessing import OneHotEncoder

    known = OneHotEncoder(handle_unknown="ignore")
    return _logistic(_filled(known, strategy="most_frequent"))


def _holes(**_: Any) -> Any:
    from sklearn.preprocessing import OneHotEncoder

    return _logistic(preparation(encode=OneHotEncoder(handle_unknown="ignore")))


def _minus_one(**_: Any) -> Any:
    from sklearn.preprocessing import StandardScaler

    filled = _filled(StandardScaler(), strategy="constant", fill_value=-1)
    return _logistic(preparation(scale=filled))


def _neighbours(**_: Any) -> Any:
    from sklearn.preprocessing import FunctionTransformer

    return _logistic(preparation(scale=_filled(FunctionTransformer(_centred))))


def _centred(values: NDArray) -> NDArray:
    return (values - values.mean(axis=0)) / 100


def _unscaled(**_: Any) -> Any:
    from sklearn.impute import SimpleImputer

    return _logistic(preparation(scale=SimpleImputer(strategy="median")))


def _strict(**_: Any) -> Any:
    from sklearn.preprocessing import OneHotEncoder

    return _logistic(
        preparation(encode=_filled(OneHotEncoder(), strategy="most_frequent"))
    )


def _forest(**_: Any) -> Any:
    from sklearn.ensemble import RandomForestClassifier

    return heart_pipeline(RandomForestClassifier())


PIPELINE_MISTAKES = (
    Mistake(
        "leak",
        "This model was fitted on rows that had been prepared outside of it, so "
        "filling and scaling have seen rows that will later be test rows. Put every "
        "step that learns into the pipeline, and leave the fitting to whoever splits.",
        _leak,
    ),
    Mistake(
        "no preparation",
        "A model alone gets the table as it is, with its holes, its kinds as numbers "
        "and its scales. Put the preparation in front of it, as steps of one pipeline.",
        _alone,
    ),
    Mistake(
        "fitted",
        "The pipeline has been fitted already. If all patients took part, those of the "
        "test part did, too. Leave it unfitted: whoever splits the rows fits it.",
        _as_fitted,
    ),
    Mistake(
        "columns dropped",
        "A column transformer drops the columns that it wasn't told about, without a "
        "word. All 13 are asked for.",
        _dropped,
    ),
    Mistake(
        "codes taken as numbers",
        "To your pipeline codes lie on a line: from the first to the last is as far as "
        "all the steps between. But chest pain 3 is not three times chest pain 1, it "
        "is another kind. Give each kind its own column.",
        _codes_as_numbers,
    ),
    Mistake(
        "codes taken as numbers",
        "To your pipeline codes lie on a line: from the first to the last is as far as "
        "all the steps between. But chest pain 3 is not three times chest pain 1, it "
        "is another kind. Give each kind its own column.",
        _slope_as_number,
    ),
    Mistake(
        "numbers taken as kinds",
        "To your pipeline 41 years are as far from 40 as 60 are. Numbers have an order "
        "and distances; one column per value throws both away.",
        _all_encoded,
    ),
    Mistake(
        "holes left",
        "The pipeline meets a hole (NaN) that it hasn't filled. Both numbers and kinds "
        "have some, and in X they are NaN, no longer codes. The branches of a column "
        "transformer work side by side: fill and scale in one branch, one after the "
        "other.",
        _holes,
    ),
    Mistake(
        "filled with a code",
        "A hole becomes a value that no patient can have. That is the old mistake with "
        "another number: fill with what is usual.",
        _minus_one,
    ),
    Mistake(
        "depends on the neighbours",
        "The same patient is prepared differently alone and among others: some step "
        "looks at the rows it is given, as get_dummies does, instead of what it "
        "learned in fit().",
        _neighbours,
    ),
    Mistake(
        "not scaled",
        "In another unit the numbers come out larger: then one step of cholesterol and "
        "one of oldpeak cost the regression the same. Scale the numbers.",
        _unscaled,
    ),
    Mistake(
        "unseen kind",
        "Trained without the patients of restecg 2, your pipeline stops with an error "
        "at the first of them. An encoder can be told what to do with a kind that it "
        "has never seen.",
        _strict,
    ),
    Mistake(
        "another model",
        "The last step should be a logistic regression; other models come later.",
        _forest,
    ),
)
