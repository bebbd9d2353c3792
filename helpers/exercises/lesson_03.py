"""The checks of lesson 03, imbalanced data."""

import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd

from helpers.datasets import load
from helpers.exercises.answers import (
    as_array,
    as_estimator,
    as_function,
    as_number,
    call,
    is_fitted,
)
from helpers.exercises.costs import Costs, labelled_scores, require_cheapest
from helpers.exercises.engine import CannotCheck, Wrong, exercise, first_line


@exercise(
    "3.1",
    "What the laziest detector scores",
    hints=[
        "A detector that never raises an alarm is right on every normal row.",
        "y.mean() is the share of anomalies, because y is 1 for an anomaly.",
        "Give every row the same score and ask for its average precision: the precision "
        "of an alarm list that holds every row is the share of anomalies in it.",
    ],
)
def check_3_1(lazy_accuracy: object, chance_ap: object) -> str:
    """Check the accuracy of no alarm at all and the chance level of AP on abalone19."""
    accuracy = as_number(lazy_accuracy, "lazy_accuracy")
    chance = as_number(chance_ap, "chance_ap")
    share = float(load("abalone19").y.mean())
    if not 0 <= accuracy <= 1 or not 0 <= chance <= 1:
        raise Wrong(
            "percent",
            "Both are shares: numbers between 0 and 1, no counts and no per cent.",
        )
    if np.isclose(accuracy, share, atol=5e-4):
        raise Wrong(
            "inverted label",
            "That is the share of anomalies. A silent detector is wrong on those rows and "
            "right on all the others.",
        )
    if not _equal(accuracy, 1 - share) and np.isclose(accuracy, 1 - share, atol=5e-3):
        raise Wrong("rounded", f"lazy_accuracy: {_ROUNDED}")
    if not np.isclose(accuracy, 1 - share, atol=5e-4):
        raise Wrong(
            "accuracy",
            f"lazy_accuracy = {accuracy:.4g}: a silent detector is right exactly where the "
            "row is normal, so its accuracy needs only a count of abalone19's labels.",
        )
    if np.isclose(chance, 0.5, atol=5e-3):
        raise Wrong(
            "chance of another measure",
            "0.5 is what random scores get for ROC-AUC, however rare the anomalies are. "
            "Average precision is a mean of precisions, and the precision of a random list "
            "of rows depends on how many anomalies there are to be found.",
        )
    if _equal(chance, 1 - share):
        raise Wrong(
            "inverted label",
            "That is the share of normal rows. Precision counts the anomalies in a list.",
        )
    if not _equal(chance, share) and round(share, 2) == chance:
        raise Wrong("rounded", f"chance_ap: {_ROUNDED}")
    if not _equal(chance, share):
        raise Wrong(
            "chance",
            f"chance_ap = {chance:.4g}: draw rows blindly; which share of them is an "
            "anomaly, however many you draw? (One draw of random scores only comes near "
            "it.)",
        )
    return (
        f"Silence is {accuracy:.1%} accurate here and finds nothing, so accuracy can't "
        f"judge a detector; AP starts from {share:.4f}, so 0.05 would already be skill."
    )


_ROUNDED = (
    "rounded too early. Here all that matters happens in the third and fourth decimal."
)


def _equal(answer: float, value: float) -> bool:
    return bool(np.isclose(answer, value, atol=5e-4))


@exercise(
    "3.2",
    "Repair the leak",
    hints=[
        "Ask in which fold the twin of a made-up row sits.",
        "cross_val_score clones the model and fits it on each training part. Whatever has "
        "to happen to the training part alone belongs inside the model.",
        "imblearn.pipeline.make_pipeline takes samplers as steps, and skips them when it "
        "predicts; scikit-learn's own make_pipeline refuses them.",
    ],
)
def check_3_2(model: object) -> str:
    """Check that over-sampling happens inside the folds: clone, split noise, fit, score."""
    as_estimator(model, "model", "fit", "predict", "get_params")
    samplers = _samplers(model)
    if not samplers:
        raise Wrong(*_without_sampler(model))
    X, y = _coin_flips(rows=600, features=20, share=0.06, seed=7)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if not any(_adds_anomalies(sampler, X, y) for sampler in samplers):
            raise Wrong(
                "wrong direction",
                f"{type(samplers[0]).__name__} makes no new anomalies, it throws rows "
                "away; this exercise is about SMOTE, which makes new anomalies between "
                "existing ones.",
            )
        auc = _honest_auc(model, X, y)
    if not 0.25 < auc < 0.75:
        raise Wrong(
            "still too good",
            f"On fresh coin flips your model reaches ROC-AUC {auc:.2f}; an honest one stays "
            "near 0.5, because nothing can be learned.",
        )
    return (
        "On fresh coin flips your pipeline stays near chance: each training part is "
        "resampled on its own, and the test part is left as it came."
    )


@exercise(
    "3.3",
    "Choose the threshold by cost",
    hints=[
        "Write the cost first: misses * 20 + false alarms * 1, for one threshold.",
        "The candidates are the validation scores themselves; between two of them nothing "
        "changes. np.unique(validation_scores) lists them.",
        "helpers.thresholds.cost_threshold does the search with one sort.",
    ],
)
def check_3_3(threshold: object, validation: object, test: object) -> str:
    """Check that the threshold minimises the cost 20 : 1 on the validation part."""
    chosen, costs = as_number(threshold, "threshold"), Costs(miss=20, false_alarm=1)
    on_validation = labelled_scores(validation, "validation")
    on_test = labelled_scores(test, "test")
    require_cheapest(chosen, on_validation, on_test, costs)
    return (
        f"On the validation part your threshold costs "
        f"{on_validation.cost(chosen, costs):.0f}; the usual 0.5 would cost "
        f"{on_validation.cost(0.5, costs):.0f}. On the test part, which had no say, it "
        f"costs {on_test.cost(chosen, costs):.0f}."
    )


@exercise(
    "3.4",
    "Undo what resampling did to the probabilities",
    hints=[
        "Work with odds, p / (1 - p): resampling multiplied them by a constant.",
        "Training on half and half made the odds of an anomaly larger by the factor "
        "(1 - share) / share. Divide by it, then turn odds back into a probability.",
        "A score of 0.5 must become the share itself.",
    ],
)
def check_3_4(corrected: object) -> str:
    """Check the prior correction of a balanced model's probability."""
    function = as_function(corrected, "corrected")
    p, share = np.array([0.05, 0.3, 0.5, 0.8, 0.99]), 0.1
    answer, other = (_corrected(function, p, one) for one in (share, 0.004))
    target = _prior_corrected(p, share)
    if np.allclose(answer, target, atol=1e-6):
        if np.allclose(other, _prior_corrected(p, 0.004), atol=1e-6):
            return (
                "The ranking stays as it was, and 0.5 becomes the share again: the "
                "probabilities mean something once more."
            )
        raise Wrong(
            "fixed share",
            "Right for a share of 0.1, wrong for 0.004: use the argument, not the number.",
        )
    if np.allclose(answer, p, atol=1e-6):
        raise Wrong("unchanged", "These are the probabilities that came in, unchanged.")
    if np.allclose(answer, p * share, atol=1e-6):
        raise Wrong(
            "scaled probability",
            "Multiplying a probability by the share can never give more than the share, "
            "even for a row that is surely an anomaly. Scale the odds instead.",
        )
    inverted = p * (1 - share) / (p * (1 - share) + (1 - p) * share)
    if np.allclose(answer, inverted, atol=1e-6):
        raise Wrong(
            "inverted prior",
            "That makes anomalies more likely still. Training showed the model half "
            "anomalies; the world has fewer, so every odds must shrink.",
        )
    if np.allclose(answer, target / (1 - target), rtol=1e-6):
        raise Wrong("odds", "Those are the odds. Turn them back: odds / (1 + odds).")
    if np.allclose(answer, 1 - target, atol=1e-6):
        raise Wrong("inverted label", "Those are the probabilities of a normal row.")
    if np.allclose(answer, target, atol=2e-2) and np.allclose(answer, answer.round(3)):
        raise Wrong(
            "rounded",
            "Right, but rounded: where anomalies are rare, all probabilities are small, "
            "and nothing would be left of them.",
        )
    if (answer < 0).any() or (answer > 1).any():
        worst = answer[np.argmax(np.abs(answer - 0.5))]
        raise Wrong(
            "no probability",
            f"A probability lies between 0 and 1, and one of yours is {worst:.3g}. Odds "
            "become a probability by odds / (1 + odds).",
        )
    if np.allclose(answer, other):
        raise Wrong(
            "fixed share",
            "The same comes back for a share of 0.1 and of 0.004: use the argument share.",
        )
    if np.isclose(answer[2], share):
        raise Wrong(
            "formula",
            "0.5 becomes the share, as it must, but other values are off: 0.99 becomes "
            f"{answer[4]:.3g}. It is the odds, p / (1 - p), that shrink by the same factor "
            "everywhere.",
        )
    raise Wrong(
        "formula",
        f"For p = 0.5 and a share of 0.1 you give {answer[2]:.3g}; it should be the share, "
        "because 0.5 says only 'as likely as in training, half and half'.",
    )


def _corrected(function: Callable, p: np.ndarray, share: float) -> np.ndarray:
    what = "corrected(p, share)"
    return as_array(call(function, p.copy(), share), what, length=len(p))


def _prior_corrected(p: np.ndarray, share: float) -> np.ndarray:
    return p * share / (p * share + (1 - p) * (1 - share))


def _without_sampler(model: object) -> tuple[str, str]:
    """Return diagnosis and sentence for a model that has no sampler among its steps."""
    if is_fitted(model):
        return (
            "leak",
            "This model has been fitted already, and holds no sampler. If SMOTE made some "
            "of its rows, it did so before anybody split them: the test folds hold "
            "neighbours of rows the model has seen. Give check an unfitted pipeline that "
            "resamples inside each training part.",
        )
    if type(model).__module__.startswith("imblearn.ensemble"):
        return (
            "no SMOTE",
            f"{type(model).__name__} does resample, inside each of its own parts, and "
            "nothing leaks. But this exercise is about SMOTE, as a step in front of a "
            "random forest.",
        )
    return (
        "no resampling",
        "No leak, but no sampler among the steps either: the forest sees the anomalies as "
        "rare as they are. Put SMOTE in front of it, as a step of one pipeline.",
    )


def _adds_anomalies(sampler: object, X: pd.DataFrame, y: np.ndarray) -> bool:
    from sklearn.base import clone

    if issubclass(type(sampler), type):
        raise CannotCheck(
            f"{sampler.__name__} is the class itself; call it: {sampler.__name__}()"
        )
    try:
        resampled = clone(sampler).fit_resample(X, y)[1]
    except Exception as error:
        raise CannotCheck(
            f"{type(sampler).__name__} stops: {first_line(error)}"
        ) from None
    return bool(np.sum(resampled) > y.sum())


def _honest_auc(model: object, X: pd.DataFrame, y: np.ndarray) -> float:
    """Return the cross-validated ROC-AUC of a model, with at most 20 trees."""
    from sklearn.base import clone
    from sklearn.model_selection import cross_val_score
    from sklearn.pipeline import Pipeline

    inner = getattr(model, "estimator", model)  # of a search: what it searches with
    if isinstance(inner, Pipeline):
        _require_usable(inner)
    model = clone(inner)
    for name, value in model.get_params(deep=True).items():
        if name.endswith("n_estimators") and isinstance(value, int):
            model.set_params(**{name: min(value, 20)})
        if name.endswith("n_jobs"):
            model.set_params(**{name: None})
    if not hasattr(model, "predict_proba") and not hasattr(model, "decision_function"):
        raise CannotCheck("model must be able to score rows: it needs predict_proba().")
    try:
        return cross_val_score(
            model, X, y, cv=4, scoring="roc_auc", error_score="raise"
        ).mean()
    except Exception as error:
        raise CannotCheck(f"model can't be fitted: {first_line(error)}") from None


def _require_usable(pipeline: object) -> None:
    if hasattr(pipeline.steps[-1][1], "fit_resample"):
        raise Wrong(
            "order",
            "The sampler stands last, and a sampler can't predict. It prepares the rows "
            "for the forest, so it comes before it.",
        )
    if not type(pipeline).__module__.startswith("imblearn"):
        raise Wrong(
            "the other Pipeline",
            "The right idea in scikit-learn's Pipeline, which takes no samplers. That of "
            "imblearn.pipeline does, and skips them when it predicts.",
        )


def _coin_flips(*, rows: int, features: int, share: float, seed: int):
    rng = np.random.default_rng(seed)
    y = np.zeros(rows, dtype=int)
    y[: round(rows * share)] = 1
    names = [f"x{number}" for number in range(features)]
    X = pd.DataFrame(rng.normal(size=(rows, features)), columns=names)
    return X, rng.permutation(y)


def _samplers(model: object) -> list:
    """Return the samplers among the steps, also those of pipelines within."""
    inner = getattr(model, "estimator", model)
    steps = [step for _, step in getattr(inner, "steps", None) or []]
    found = [step for step in steps if hasattr(step, "fit_resample")]
    return found + [one for step in steps for one in _samplers(step)]
