"""The checks of lesson 03, imbalanced data."""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from helpers.evaluation import expected_average_precision
from helpers.exercises.answers import as_estimator, as_number
from helpers.exercises.costs import (
    Costs,
    Parts,
    Scored,
    drawn_parts,
    require_cheapest,
    threshold_mistakes,
)
from helpers.exercises.declared import ANYTHING, MODEL, VALUES, Mistake, exercise
from helpers.exercises.judging import judge, recognise
from helpers.exercises.resampled import (
    RESAMPLING_MISTAKES,
    at_real_share,
    coin_flips,
    require_smote_inside,
    smote_then_forest,
)

# -- 3.1: what silence scores ----------------------------------------------------------

_SHARE = 32 / 4174  # of the anomalies in abalone19


def _rare_labels(random: np.random.Generator) -> dict[str, np.ndarray]:
    """Draw labels y (n,) of which 6 to 9 in a thousand are 1: 0.01 when rounded.

    The AP of random scores is another number than 0.01, and the share another one than
    that of abalone19.
    """
    while True:
        rows = int(random.integers(2_000, 8_000))
        anomalies = round(rows * random.uniform(0.0062, 0.0088))
        of_random = expected_average_precision(rows, anomalies)
        copied = abs(anomalies / rows - _SHARE) < 7e-4
        if abs(of_random - 0.01) > 1e-3 and not copied:
            break
    return {"y": random.permutation(np.arange(rows) < anomalies).astype(int)}


def _floors(y: np.ndarray) -> tuple[float, float]:
    """Return the accuracy of no alarm at all, and the AP of one score for all rows."""
    share = float(np.mean(y))
    return 1 - share, share


def _same_share(ours: float, theirs: float) -> bool:
    """Return whether shares agree, to as many decimals as ours has, three at least."""
    rounded = [d for d in range(3, 7) if abs(round(ours, d) - ours) < 1e-9]
    tolerance = {3: 5e-4, 4: 5e-4, 5: 6e-6, 6: 6e-7}.get(min(rounded, default=7), 2e-7)
    return bool(np.isclose(ours, theirs, rtol=0, atol=tolerance))


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
        "0.5 is what a constant score gets for ROC-AUC, however rare the anomalies "
        "are. Average precision is a mean of precisions, and the precision of a list "
        "with all rows in it depends on how many anomalies there are to be found.",
        lambda y: (1 - np.mean(y), 0.5),
    ),
    Mistake(
        "random, not constant",
        "constant_ap is what random scores get on average. An anomaly that comes first "
        "by luck counts fully, so that is a little more. Here all rows have one score.",
        _of_random_scores,
    ),
    Mistake(
        "odds",
        "constant_ap is the anomalies divided by the normal rows. A list of all rows "
        "holds both, so divide by all.",
        lambda y: (1 - np.mean(y), np.mean(y) / (1 - np.mean(y))),
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
        same=_same_share,
    )
    return (
        f"Silence is {accuracy:.1%} accurate here and finds nothing, so accuracy can't "
        f"judge a detector. AP starts from {ap:.4f}, so 0.05 would already be skill."
    )


# -- 3.2: SMOTE inside the folds -------------------------------------------------------


def _noise(random: np.random.Generator) -> dict[str, NDArray]:
    X_noise, y_noise = coin_flips(random, rows=200)
    return {"X_noise": X_noise, "y_noise": y_noise}


@exercise(
    "3.2",
    "Repair the leak",
    answers=("model",),
    kind=MODEL,
    points=2,
    given=_noise,
    reference=smote_then_forest,
    mistakes=RESAMPLING_MISTAKES,
    hints=[
        "Ask in which fold the twin of a made-up row sits.",
        "cross_val_score clones the model and fits it on each training part. Whatever "
        "has to happen to the training part alone belongs inside the model.",
        "imblearn.pipeline.make_pipeline takes samplers as steps, and skips them when "
        "it predicts; scikit-learn's own make_pipeline refuses them.",
    ],
)
def check_3_2(model: object, random: np.random.Generator) -> str:
    """Check that a forest learns from new anomalies, made of its training part only."""
    as_estimator(model, "model", "fit", "predict", "get_params")
    require_smote_inside(model, random)
    return (
        "On fresh coin flips your model stays near chance: each training part is "
        "resampled on its own, and the test part is left as it came."
    )


# -- 3.3: the threshold ----------------------------------------------------------------

COSTS = Costs(miss=20, false_alarm=1)


def _block_parts(
    y_train: NDArray,
    training_scores: NDArray,
    y_validation: NDArray,
    validation_scores: NDArray,
    y_test: NDArray,
    test_scores: NDArray,
) -> Parts:
    return Parts(
        Scored.of(y_train, training_scores),
        Scored.of(y_validation, validation_scores),
        Scored.of(y_test, test_scores),
        COSTS,
    )


def _scored_blocks(random: np.random.Generator) -> dict[str, NDArray]:
    """Draw labels and scores of three parts, one row in seven an anomaly."""
    drawn = drawn_parts(random, COSTS, share=0.15, out_of_fold=False)
    return {
        "y_train": drawn.training.y.astype(int),
        "training_scores": drawn.training.scores,
        "y_validation": drawn.validation.y.astype(int),
        "validation_scores": drawn.validation.scores,
        "y_test": drawn.test.y.astype(int),
        "test_scores": drawn.test.scores,
    }


_THRESHOLD_MISTAKES = threshold_mistakes(_block_parts)


@exercise(
    "3.3",
    "Choose the threshold by cost",
    answers=("threshold",),
    kind=VALUES,
    given=_scored_blocks,
    reference=lambda **given: _block_parts(**given).validation.cheapest(COSTS),
    mistakes=_THRESHOLD_MISTAKES,
    draws=3,
    hints=[
        "Write the cost first: misses * 20 + false alarms * 1, for one threshold.",
        "Which of the three parts is new to the model, and may be used for a choice? "
        "Its scores are the candidates, np.unique(): between two of them nothing "
        "changes.",
        "helpers.thresholds.cost_threshold does the search with one sort.",
    ],
)
def check_3_3(
    threshold: object,
    y_train: NDArray,
    training_scores: NDArray,
    y_validation: NDArray,
    validation_scores: NDArray,
    y_test: NDArray,
    test_scores: NDArray,
) -> str:
    """Check that the threshold minimises the cost 20 : 1 on the validation part."""
    chosen = as_number(threshold, "threshold")
    parts = _block_parts(
        y_train, training_scores, y_validation, validation_scores, y_test, test_scores
    )
    require_cheapest(chosen, parts, _THRESHOLD_MISTAKES)
    validation = parts.validation
    return (
        f"On the validation part your threshold costs {validation.cost(chosen, COSTS):.0f}; "
        f"the usual 0.5 would cost {validation.cost(0.5, COSTS):.0f}. On the test part, "
        f"which had no say, it costs {parts.test.cost(chosen, COSTS):.0f}."
    )


# -- 3.4: probabilities for the real world ---------------------------------------------


def _inverted_prior(p: np.ndarray, share: float) -> np.ndarray:
    return at_real_share(p, 1 - share)


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
        "anomalies are rare the two are close, but 0.5 has to become the share "
        "exactly.",
        lambda p, share: p / (1 - p) * share / (1 + p / (1 - p) * share),
    ),
    Mistake(
        "inverted label",
        "Those are the probabilities of a normal row.",
        lambda p, share: 1 - at_real_share(p, share),
    ),
    Mistake(
        "percent",
        "A probability lies between 0 and 1: no per cent.",
        lambda p, share: 100 * at_real_share(p, share),
    ),
    Mistake(
        "rounded",
        "Right, but rounded: where anomalies are rare, all probabilities are small, "
        "and nothing would be left of them.",
        lambda p, share: at_real_share(p, share).round(2),
    ),
    Mistake(
        "rounded",
        "Right, but rounded: where anomalies are rare, all probabilities are small, "
        "and nothing would be left of them.",
        lambda p, share: at_real_share(p, share).round(3),
    ),
    *(
        Mistake(
            "fixed share",
            "Right for one share of anomalies only: use the argument `share`, not a "
            "number.",
            partial(lambda p, share, fixed: at_real_share(p, fixed), fixed=fixed),
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
    reference=at_real_share,
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
        at_real_share,
        _CORRECTION_MISTAKES,
        name="corrected",
        changes="probabilities",
    )
    return (
        "The ranking stays as it was, and 0.5 becomes the share again: the "
        "probabilities mean something once more."
    )
