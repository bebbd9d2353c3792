"""The checks of lesson 03, imbalanced data."""

import warnings
from functools import partial

import numpy as np
import pandas as pd

from helpers.evaluation import expected_average_precision
from helpers.exercises.answers import (
    as_estimator,
    as_number,
    is_fitted,
)
from helpers.exercises.costs import Costs, labelled_scores, require_cheapest
from helpers.exercises.declared import ANYTHING, MODEL, VALUES, Mistake, exercise
from helpers.exercises.judging import judge, recognise
from helpers.exercises.outcomes import CannotCheck, Wrong
from helpers.text import first_line

# -- 3.1: what silence scores ------------------------------------------------------------


def _rare_labels(random: np.random.Generator) -> dict[str, np.ndarray]:
    """Draw labels y (n,) of which 6 to 9 in a thousand are 1: 0.01 when rounded."""
    rows = int(random.integers(2_000, 8_000))
    anomalies = round(rows * random.uniform(0.0062, 0.0088))
    return {"y": random.permutation(np.arange(rows) < anomalies).astype(int)}


def _floors(y: np.ndarray) -> tuple[float, float]:
    """Return the accuracy of no alarm at all, and the AP of one score for all rows."""
    share = float(np.mean(y))
    return 1 - share, share


def _of_random_scores(y: np.ndarray) -> tuple[float, float]:
    return 1 - np.mean(y), expected_average_precision(len(y), int(np.sum(y)))


_ROUNDED = (
    "rounded too early. Here all that matters happens in the third and fourth decimal."
)
_FLOOR_MISTAKES = [
    Mistake(
        "percent",
        "Both are shares: numbers between 0 and 1, no counts and no per cent.",
        lambda y: (100 * (1 - np.mean(y)), 100 * np.mean(y)),
    ),
    Mistake(
        "percent",
        "Both are shares: numbers between 0 and 1, no counts and no per cent.",
        lambda y: (len(y) - np.sum(y), np.sum(y)),
    ),
    Mistake(
        "inverted label",
        "lazy_accuracy is the share of anomalies. A silent detector is wrong on those "
        "rows and right on all the others.",
        lambda y: (np.mean(y), ANYTHING),
    ),
    Mistake(
        "inverted label",
        "constant_ap is the share of normal rows. Precision counts the anomalies in a "
        "list.",
        lambda y: (1 - np.mean(y), 1 - np.mean(y)),
    ),
    Mistake(
        "chance of another measure",
        "0.5 is what a constant score gets for ROC-AUC, however rare the anomalies are. "
        "Average precision is a mean of precisions, and the precision of a list with "
        "all rows in it depends on how many anomalies there are to be found.",
        lambda y: (1 - np.mean(y), 0.5),
    ),
    Mistake(
        "random, not constant",
        "constant_ap is what random scores get on average. An anomaly that comes first "
        "by luck counts fully, so that is a little more. Here all rows have one score.",
        _of_random_scores,
    ),
    Mistake(
        "rounded",
        f"lazy_accuracy: {_ROUNDED}",
        lambda y: (np.round(1 - np.mean(y), 2), ANYTHING),
    ),
    Mistake(
        "rounded",
        f"constant_ap: {_ROUNDED}",
        lambda y: (1 - np.mean(y), np.round(np.mean(y), 2)),
    ),
]


@exercise(
    "3.1",
    "What the laziest detector scores",
    answers=("lazy_accuracy", "constant_ap"),
    kind=VALUES,
    given=_rare_labels,
    reference=_floors,
    mistakes=_FLOOR_MISTAKES,
    hints=[
        "A detector that never raises an alarm is right on every normal row.",
        "y.mean() is the share of anomalies, because y is 1 for an anomaly.",
        "If every row has the same score, no row comes before another one: an alarm "
        "list holds all of them or none. Its precision is the share of anomalies.",
    ],
)
def check_3_1(lazy_accuracy: object, constant_ap: object, y: np.ndarray) -> str:
    """Check the accuracy of no alarm at all, and the AP of one score for all rows."""
    accuracy = as_number(lazy_accuracy, "lazy_accuracy")
    ap = as_number(constant_ap, "constant_ap")
    recognise(
        (accuracy, ap),
        {"y": np.asarray(y)},
        _floors,
        _FLOOR_MISTAKES,
        others=[
            (
                "accuracy",
                "lazy_accuracy: a silent detector is right exactly where the row is "
                "normal, so its accuracy needs only a count of the labels.",
            ),
            (
                "constant",
                "constant_ap: take any number of rows blindly; which share of them is "
                "an anomaly, however many you take?",
            ),
        ],
        same=lambda a, b: bool(np.isclose(a, b, atol=5e-4)),
    )
    return (
        f"Silence is {accuracy:.1%} accurate here and finds nothing, so accuracy can't "
        f"judge a detector. AP starts from {ap:.4f}, so 0.05 would already be skill."
    )


@exercise(
    "3.2",
    "Repair the leak",
    answers=("model",),
    kind=MODEL,
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
    answers=("threshold",),
    kind=VALUES,
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


# -- 3.4: probabilities for the real world -----------------------------------------------


def _corrected(p: np.ndarray, share: float) -> np.ndarray:
    """Return the probabilities of a balanced model for a world with `share` anomalies."""
    odds = p / (1 - p) * share / (1 - share)
    return odds / (1 + odds)


def _inverted_prior(p: np.ndarray, share: float) -> np.ndarray:
    return _corrected(p, 1 - share)


def _odds(p: np.ndarray, share: float) -> np.ndarray:
    return p / (1 - p) * share / (1 - share)


_CORRECTION_MISTAKES = [
    Mistake(
        "unchanged",
        "These are the probabilities that came in, unchanged.",
        lambda p, share: p,
    ),
    Mistake(
        "scaled probability",
        "Multiplying a probability by the share can never give more than the share, "
        "even for a row that is surely an anomaly. Scale the odds instead.",
        lambda p, share: p * share,
    ),
    Mistake(
        "scaled probability",
        "Twice the share makes 0.5 right and everything else wrong. It is the odds, "
        "p / (1 - p), that shrink by the same factor everywhere.",
        lambda p, share: 2 * p * share,
    ),
    Mistake(
        "inverted prior",
        "That makes anomalies more likely still. Training showed the model half "
        "anomalies; the world has fewer, so every odds must shrink.",
        _inverted_prior,
    ),
    Mistake(
        "odds",
        "Those are the odds. Turn them back into a probability: odds / (1 + odds).",
        _odds,
    ),
    Mistake(
        "odds",
        "Those are the odds that came in. Scale them, then turn them back into a "
        "probability: odds / (1 + odds).",
        lambda p, share: p / (1 - p),
    ),
    Mistake(
        "share as odds",
        "The odds of a share are share / (1 - share), not the share itself. Where "
        "anomalies are rare the two are close, but 0.5 has to become the share exactly.",
        lambda p, share: p / (1 - p) * share / (1 + p / (1 - p) * share),
    ),
    Mistake(
        "inverted label",
        "Those are the probabilities of a normal row.",
        lambda p, share: 1 - _corrected(p, share),
    ),
    Mistake(
        "percent",
        "A probability lies between 0 and 1: no per cent.",
        lambda p, share: 100 * _corrected(p, share),
    ),
    Mistake(
        "rounded",
        "Right, but rounded: where anomalies are rare, all probabilities are small, and "
        "nothing would be left of them.",
        lambda p, share: _corrected(p, share).round(2),
    ),
    Mistake(
        "rounded",
        "Right, but rounded: where anomalies are rare, all probabilities are small, and "
        "nothing would be left of them.",
        lambda p, share: _corrected(p, share).round(3),
    ),
    *(
        Mistake(
            "fixed share",
            "Right for one share of anomalies only: use the argument `share`, not a "
            "number.",
            partial(lambda p, share, fixed: _corrected(p, fixed), fixed=fixed),
        )
        for fixed in (0.01, 0.1)
    ),
]


def _balanced_probabilities(
    random: np.random.Generator,
) -> list[tuple[np.ndarray, float]]:
    """Return (p, share): 0.5 among the probabilities, and three shares, two of them
    those that learners fix."""
    p = np.r_[0.5, random.uniform(0.02, 0.98, size=6)]
    shares = (0.1, 0.01, random.uniform(0.002, 0.3))
    return [(random.permutation(p), float(share)) for share in shares]


@exercise(
    "3.4",
    "Undo what resampling did to the probabilities",
    answers=("corrected",),
    reference=_corrected,
    mistakes=_CORRECTION_MISTAKES,
    hints=[
        "Work with odds, p / (1 - p): resampling multiplied them by a constant.",
        "Training on half and half made the odds of an anomaly larger by the factor "
        "(1 - share) / share. Divide by it, then turn odds back into a probability.",
        "A score of 0.5 must become the share itself.",
    ],
)
def check_3_4(corrected: object, random: np.random.Generator) -> str:
    """Check the prior correction of a balanced model's probabilities."""
    judge(
        corrected,
        _balanced_probabilities(random),
        _corrected,
        _CORRECTION_MISTAKES,
        name="corrected",
        changes="probabilities",
    )
    return (
        "The ranking stays as it was, and 0.5 becomes the share again: the "
        "probabilities mean something once more."
    )


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
