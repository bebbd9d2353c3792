"""The controls of lesson 02: copies of patients, leaks, trees and forests."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.model_selection import (
    GridSearchCV,
    StratifiedGroupKFold,
    StratifiedKFold,
    StratifiedShuffleSplit,
    cross_val_predict,
    cross_val_score,
    train_test_split,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler
from sklearn.tree import DecisionTreeClassifier

from benchmarks.claims import claim
from helpers.datasets import load
from helpers.exercises.heart import heart_pipeline, patients_of_heart


def _out_of_fold(model: Any, X: Any, y: NDArray, cv: Any) -> NDArray:
    return cross_val_predict(model, X, y, cv=cv, method="predict_proba")[:, 1]


def _folds(seed: int) -> StratifiedKFold:
    return StratifiedKFold(5, shuffle=True, random_state=seed)


def _training_part(seed: int) -> tuple[pd.DataFrame, NDArray]:
    X, y = patients_of_heart()
    X, _, y, _ = train_test_split(X, y, test_size=0.25, stratify=y, random_state=seed)
    return X, y


@claim(
    says="most test rows are patients that it has met in training, and it remembers "
    "them",
    changed="whether rows of one patient may fall on both sides of a split",
    measure="ROC-AUC of a forest on 1,025 rows of 302 patients",
    holds=lambda auc: auc["anywhere"] > 0.98 and auc["kept together"] < 0.95,
)
def copies_of_patients(seed: int) -> dict[str, float]:
    """Draw 1,025 rows of 302 patients, and split them by row and by patient."""
    X, y = patients_of_heart()
    again = np.r_[0:302, np.random.default_rng(seed).integers(302, size=723)]
    X_again, y_again = X.iloc[again], y[again]
    forest = RandomForestClassifier(60, random_state=seed)
    together = StratifiedGroupKFold(5, shuffle=True, random_state=seed)
    splits = {
        "anywhere": _folds(seed),
        "kept together": together.split(X_again, y_again, groups=again),
    }
    return {
        name: roc_auc_score(y_again, _out_of_fold(forest, X_again, y_again, cv))
        for name, cv in splits.items()
    }


@claim(
    says="This leak is harmless here.",
    changed="whether the scaler meets all rows or the training part only",
    measure="accuracy, mean of 100 test parts of 50 patients",
    holds=lambda accuracy: (
        abs(accuracy["scale, then split"] - accuracy["split, then scale"]) < 0.005
    ),
)
def scaler_on_all_rows(seed: int) -> dict[str, float]:
    """Scale before 100 splits, as published, and inside the pipeline."""
    heart = load("heart")
    cv = StratifiedShuffleSplit(100, test_size=50, random_state=seed)
    logistic = LogisticRegression(max_iter=1000)
    scaled = MinMaxScaler().fit_transform(heart.X)
    inside = make_pipeline(MinMaxScaler(), logistic)
    return {
        "scale, then split": cross_val_score(logistic, scaled, heart.y, cv=cv).mean(),
        "split, then scale": cross_val_score(inside, heart.X, heart.y, cv=cv).mean(),
    }


@claim(
    says="A step that has seen the labels can leak much more.",
    changed="whether the columns are chosen on all rows or on the training part only",
    measure="ROC-AUC on 2,000 columns of noise",
    holds=lambda auc: (
        auc["select, then split"] > 0.7 and 0.35 < auc["split, then select"] < 0.65
    ),
)
def columns_chosen_on_all_rows(seed: int) -> dict[str, float]:
    """Keep the 20 of 2,000 columns of noise that go best with the labels."""
    _, y = patients_of_heart()
    noise = np.random.default_rng(seed).normal(size=(len(y), 2000))
    best = SelectKBest(k=20).fit_transform(noise, y)
    logistic = LogisticRegression(max_iter=1000)
    inside = make_pipeline(SelectKBest(k=20), logistic)
    scores = {
        "select, then split": _out_of_fold(logistic, best, y, _folds(seed)),
        "split, then select": _out_of_fold(inside, noise, y, _folds(seed)),
    }
    return {name: roc_auc_score(y, each) for name, each in scores.items()}


@claim(
    says="A forest of sixty trees ranks better than a single tree, even one whose "
    "depth was chosen",
    changed="the number of trees; the depth of one tree is chosen on inner folds",
    measure="AP on heart, out of fold",
    holds=lambda ap: ap["forest of 60"] > max(ap.values()) - 1e-9,
)
def forest_and_tree(seed: int) -> dict[str, float]:
    """Compare a decision tree with forests of one tree and of sixty."""
    X, y = _training_part(seed)
    tree = DecisionTreeClassifier(random_state=seed)
    depths = {"max_depth": [1, 2, 3, 4, 5, None]}
    models = {
        "single tree": tree,
        "single tree, depth chosen": GridSearchCV(
            tree, depths, scoring="average_precision"
        ),
        "forest of 1": RandomForestClassifier(1, random_state=seed),
        "forest of 60": RandomForestClassifier(60, random_state=seed),
    }
    return {
        name: average_precision_score(
            y, _out_of_fold(heart_pipeline(model), X, y, _folds(seed))
        )
        for name, model in models.items()
    }
