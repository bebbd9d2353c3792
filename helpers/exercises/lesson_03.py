"""The checks of lesson 03, imbalanced data."""

import numpy as np

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
from helpers.exercises.engine import CannotCheck, Wrong, exercise


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
            "percent", "Both are shares: numbers between 0 and 1, not per cent."
        )
    if np.isclose(accuracy, share, atol=5e-4):
        raise Wrong(
            "inverted label",
            "That is the share of anomalies. A silent detector is wrong on those rows and "
            "right on all the others.",
        )
    if not np.isclose(accuracy, 1 - share, atol=5e-4):
        raise Wrong(
            "accuracy",
            f"lazy_accuracy = {accuracy:.4f}: a silent detector is right exactly where the "
            "row is normal, so its accuracy needs only a count of the labels.",
        )
    if np.isclose(chance, 0.5, atol=5e-3):
        raise Wrong(
            "chance of another measure",
            "0.5 is what random scores get for ROC-AUC, however rare the anomalies are. "
            "Average precision is a mean of precisions, and the precision of a random list "
            "of rows depends on how many anomalies there are to be found.",
        )
    if not np.isclose(chance, share, atol=5e-4):
        raise Wrong(
            "chance",
            f"chance_ap = {chance:.4f}: draw rows blindly; which share of them is an "
            "anomaly, however many you draw?",
        )
    return (
        f"Silence is {accuracy:.1%} accurate here and finds nothing, so accuracy can't "
        f"judge a detector; AP starts from {share:.4f}, so 0.05 would already be skill."
    )


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
    from sklearn.base import clone
    from sklearn.model_selection import cross_val_score

    as_estimator(model, "model", "fit", "get_params")
    samplers = _samplers(model)
    if not samplers and is_fitted(model):
        raise Wrong(
            "leak",
            "This model has been fitted already, on rows that SMOTE made before anybody "
            "split them: the test folds hold neighbours of rows the model has seen. Give "
            "check an unfitted pipeline that resamples inside each training part.",
        )
    if not samplers:
        raise Wrong(
            "no resampling",
            "No leak, but no SMOTE either: the model sees the anomalies as rare as they "
            "are. Put the sampler in front of the forest, as a step of one pipeline.",
        )
    X, y = _coin_flips(rows=240, features=20, share=0.15, seed=7)
    if len(clone(samplers[0]).fit_resample(X, y)[1]) <= len(y):
        raise Wrong(
            "wrong direction",
            f"{type(samplers[0]).__name__} throws normal rows away; this exercise is about "
            "SMOTE, which makes new anomalies between existing ones.",
        )
    auc = cross_val_score(clone(model), X, y, cv=4, scoring="roc_auc").mean()
    if not np.isfinite(auc):
        raise CannotCheck("model could not be scored: it needs predict_proba().")
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
    answer = as_array(call(function, p, share), "corrected(p, share)", length=len(p))
    target = p * share / (p * share + (1 - p) * (1 - share))
    if np.allclose(answer, target, atol=1e-6):
        other = as_array(call(function, p, 0.004), "corrected(p, share)", length=len(p))
        if np.allclose(other, p * 0.004 / (p * 0.004 + (1 - p) * 0.996), atol=1e-6):
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
    raise Wrong(
        "formula",
        f"For p = 0.5 and a share of 0.1 you give {answer[2]:.3f}; it should be the share, "
        "because 0.5 says only 'as likely as in training, half and half'.",
    )


def _coin_flips(*, rows: int, features: int, share: float, seed: int):
    rng = np.random.default_rng(seed)
    y = np.zeros(rows, dtype=int)
    y[: round(rows * share)] = 1
    return rng.normal(size=(rows, features)), rng.permutation(y)


def _samplers(model: object) -> list:
    inner = getattr(model, "estimator", model)
    steps = [step for _, step in getattr(inner, "steps", [])]
    return [step for step in steps if hasattr(step, "fit_resample")]
