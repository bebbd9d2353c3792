"""Lesson 08: right answers in unusual forms, and wrong ones beside those it lists."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm, percentileofscore
from sklearn.base import clone
from sklearn.preprocessing import StandardScaler

from helpers.detectors import VAEDetector
from helpers.exercises import check
from helpers.exercises.declared import find
from helpers.exercises.engine import ask_drawn
from helpers.thresholds import quantile_threshold

COULD_NOT = "could not check"


def found(number, *answers):
    outcome = check(number, *answers)
    return outcome.diagnosis or outcome.status


def under_keys(number, function):
    """Return what is said of a function under several keys, each once."""
    outcomes = [
        ask_drawn(find(number), lambda given: (function,), bytes([key]))
        for key in range(6)
    ]
    return {outcome.diagnosis or outcome.status for outcome in outcomes}


# -- 8.1


def judging(*, teach=None, choose=None, give=None, copy=False):
    """Return a right `judge`, but for what is given.

    `teach` and `choose` take a table and its labels and return rows; `give` takes
    scores, threshold and detector and returns the answer.
    """

    def normal(X, y):
        return X[y == 0]

    def judge(detector, X_train, y_train, X_validation, y_validation, X_test):
        detector = clone(detector) if copy else detector
        detector.fit((teach or normal)(X_train, y_train))
        rows = (choose or normal)(X_validation, y_validation)
        threshold = np.quantile(detector.decision_function(rows), 0.99)
        scores = detector.decision_function(X_test)
        return give(scores, threshold, detector) if give else (scores, threshold)

    return judge


def choosing(rule):
    """Return a `judge` whose threshold is a rule of normal and odd scores."""

    def judge(detector, X_train, y_train, X_validation, y_validation, X_test):
        detector.fit(X_train[y_train == 0])
        scores = detector.decision_function(X_validation)
        odd = y_validation == 1
        return detector.decision_function(X_test), rule(scores[~odd], scores[odd])

    return judge


def one_by_one(detector, X_train, y_train, X_validation, y_validation, X_test):
    detector.fit(X_train[y_train < 1].to_numpy())
    ranked = sorted(detector.decision_function(X_validation)[y_validation != 1])
    scores = (detector.decision_function(X_test[i : i + 1]) for i in range(len(X_test)))
    return np.concatenate(list(scores)), ranked[round(0.99 * len(ranked))]


def with_the_kit(detector, X_train, y_train, X_validation, y_validation, X_test):
    detector.fit(X_train.loc[y_train == 0].sample(frac=1, random_state=0))
    normal = detector.decision_function(X_validation[y_validation == 0])
    return detector.decision_function(X_test), quantile_threshold(normal, 0.01)


def trained_twice(detector, X_train, y_train, X_validation, y_validation, X_test):
    answer = judging()(detector, X_train, y_train, X_validation, y_validation, X_test)
    detector.fit(X_train)
    return answer


def columns_added(detector, X_train, y_train, X_validation, y_validation, X_test):
    X_train["label"] = y_train
    X_train = X_train[X_train["label"] == 0].drop(columns="label")
    right = judging()
    labels = np.zeros(len(X_train))
    return right(detector, X_train, labels, X_validation, y_validation, X_test)


@pytest.mark.parametrize(
    ("judge", "outcome"),
    [
        (judging(), "correct"),
        (judging(copy=True), "correct"),
        (judging(teach=lambda X, y: X[~y.astype(bool)]), "correct"),
        (judging(give=lambda s, t, _: [s.tolist(), float(t)]), "correct"),
        (judging(give=lambda s, t, _: (pd.Series(s, index=s), [t])), "correct"),
        (judging(give=lambda s, t, _: (iter(s), np.array(t))), "correct"),
        (judging(give=lambda s, t, _: (s.astype("float32").reshape(-1, 1), t)),
         "correct"),
        (with_the_kit, "correct"),
        (judging(teach=lambda X, y: StandardScaler().fit_transform(X)[y == 0]),
         "other rows"),
        (judging(teach=lambda X, y: np.ones((30, 9))), "other rows"),
        (judging(teach=lambda X, y: X.assign(y=y)[y == 0]), "other rows"),
        (judging(teach=lambda X, y: X[y == 0].sample(frac=0.9, random_state=0)),
         "only some of the rows"),
        (judging(teach=lambda X, y: X[y > 0]), "inverted label"),
        (judging(choose=lambda X, y: X.sort_values("oddness")[:480]),
         "threshold"),
        (judging(give=lambda s, t, _: (s > t, t)), "labels in place of scores"),
        (judging(give=lambda s, t, _: (s / t, t)), "scores"),
        (judging(give=lambda s, t, _: (s.round(0), t)), "scores"),
        (judging(teach=lambda X, y: X[y == 0].astype("float32")), "correct"),
        (judging(give=lambda s, t, _: (s, 0.99)), "threshold"),
        (choosing(lambda normal, odd: np.percentile(normal, 0.99)), "wrong end"),
        (choosing(lambda normal, odd: np.argsort(normal)[-4]), "threshold"),
        (choosing(lambda normal, odd: odd.min()), "threshold from the anomalies"),
        (choosing(lambda normal, odd: np.quantile(np.r_[normal, odd], 0.8)),
         "threshold from the anomalies"),
        (choosing(lambda normal, odd: np.quantile(odd, 0.01)),
         "threshold from the anomalies"),
        (choosing(lambda normal, odd: np.quantile(odd, 0.99)), "inverted label"),
        (judging(give=lambda s, t, _: (s, 2 * t)), "threshold"),
        (judging(give=lambda s, t, _: (s, np.quantile(s, 0.99))),
         "threshold from the test part"),
        (judging(give=lambda s, t, _: (t, s)), COULD_NOT),
        (judging(give=lambda s, t, _: s), COULD_NOT),
        (judging(give=lambda s, t, _: {"scores": s, "threshold": t}), COULD_NOT),
        (judging(give=lambda s, t, _: (s, None)), "not attempted"),
        (judging(give=lambda s, t, _: (s, t, len(s))), COULD_NOT),
        (lambda d, X, y, V, v, T: (d.decision_function(T), 1.0), COULD_NOT),
        (lambda detector: detector, COULD_NOT),
        (columns_added, "changed its input"),
    ],
)  # fmt: skip
def test_judging(judge, outcome):
    assert found("8.1", judge) == outcome
    assert under_keys("8.1", judge) == {outcome}


@pytest.mark.parametrize(
    "judge", [judging(teach=lambda X, y: X[y == 0].to_numpy()), one_by_one]
)
def test_who_teaches_an_array_is_right_and_warned_at_the_line_that_scores(judge):
    with pytest.warns(UserWarning, match="has feature names, but Witness") as told:
        outcomes = {found("8.1", judge), *under_keys("8.1", judge)}
    assert outcomes == {"correct"}
    assert {warning.filename for warning in told} == {__file__}


def test_what_teaches_last_is_what_counts():
    assert found("8.1", trained_twice) == "trained on anomalies too"


def test_scores_before_fit_are_told_in_the_words_of_real_detectors():
    def judge(detector, X_train, y_train, X_validation, y_validation, X_test):
        return detector.decision_function(X_test), 1.0

    assert "NotFittedError" in check("8.1", judge).message


# -- 8.2


def loss_of(X, rebuilt, mean, log_variance, weight):
    divergence = 0.5 * (mean**2 + np.exp(log_variance) - 1 - log_variance)
    return ((X - rebuilt) ** 2).sum(1).mean() + weight * divergence.sum(1).mean()


def row_by_row(X, rebuilt, mean, log_variance, weight):
    total = 0
    for x, r, m, v in zip(X, rebuilt, mean, log_variance, strict=True):
        total += np.linalg.norm(x - r) ** 2
        total += (
            weight * sum(a * a + np.e**b - 1 - b for a, b in zip(m, v, strict=True)) / 2
        )
    return [total / len(X)]


def with_keras(X, rebuilt, mean, log_variance, weight):
    import keras

    error = X.shape[1] * keras.losses.mean_squared_error(X, rebuilt)
    terms = 1 + log_variance - mean**2 - keras.ops.exp(log_variance)
    return keras.ops.mean(error - weight * keras.ops.sum(terms, axis=1) / 2)


def with_pandas(X, rebuilt, mean, log_variance, weight):
    error = pd.DataFrame(X - rebuilt).pow(2).sum(axis=1)
    terms = 1 + log_variance - mean**2 - np.exp(log_variance)
    return (error - weight / 2 * pd.DataFrame(terms).sum(axis=1)).mean()


def with_sds(X, rebuilt, mean, log_variance, weight):
    sd = np.sqrt(np.exp(log_variance))
    terms = (sd**2 + mean**2 - 1) / 2 - np.log(sd)
    return np.float32(
        np.einsum("ij,ij", X - rebuilt, X - rebuilt) / len(X)
        + weight * terms.sum() / len(X)
    )


def in_place(X, rebuilt, mean, log_variance, weight):
    right = loss_of(X, rebuilt, mean, log_variance, weight)
    X -= rebuilt
    return right


def both_weighted(X, rebuilt, mean, log_variance, weight):
    return weight * loss_of(X, rebuilt, mean, log_variance, 1)


def of_the_row_means(X, rebuilt, mean, log_variance, weight):
    return loss_of(
        X, rebuilt, mean.mean(axis=0, keepdims=True),
        log_variance.mean(axis=0, keepdims=True), weight,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("vae_loss", "outcome"),
    [
        (loss_of, "correct"),
        (row_by_row, "correct"),
        (with_keras, "correct"),
        (with_pandas, "correct"),
        (with_sds, "correct"),
        (lambda X, r, m, v, w: np.array([loss_of(X, r, m, v, w)]), "correct"),
        (lambda X, r, m, v, w: loss_of(X, r, m, v, w).round(4), "correct"),
        (in_place, "changed its input"),
        (lambda X, r, m, v, w: loss_of(X, r, m, v, 1), "not weighted"),
        (lambda X, r, m, v, w: loss_of(X, r, m, v, 0), "reconstruction alone"),
        (lambda X, r, m, v, w: len(X) * loss_of(X, r, m, v, w), "sum over the rows"),
        (lambda X, r, m, v, w: loss_of(X, r, m, v / 2, w), "other"),
        (lambda X, r, m, v, w: np.median((X - r) ** 2), "other"),
        (lambda X, r, m, v, w: loss_of(X, r, m, np.zeros_like(v), w), "other"),
        (lambda X, r, m, v, w: loss_of(X, r, m, v, 1 / X.shape[1]), "other"),
        (lambda X, r, m, v, w: 3.1, "other"),
        (both_weighted, "other"),
        (of_the_row_means, "other"),
        (lambda X, r, m, v, w: ((X - r) ** 2).sum(axis=1), COULD_NOT),
        (lambda X, r, m, v, w: (((X - r) ** 2).sum(), 0.3), COULD_NOT),
        (lambda X, r, m, v, w: None, "not attempted"),
        (lambda X, r, m, v: 0.1, COULD_NOT),
        (lambda X, r, m, v, w: np.nan, COULD_NOT),
        (0.3, COULD_NOT),
    ],
)
def test_the_loss_of_a_vae(vae_loss, outcome):
    assert found("8.2", vae_loss) == outcome


@pytest.mark.parametrize("weight", [1.0, 0.3])
def test_the_loss_is_that_of_the_kit_s_network(weight):
    X = np.random.default_rng(0).random((60, 4))
    vae = VAEDetector(
        scaling=None, epochs=1, random_state=0, divergence_weight=weight
    ).fit(X)
    mean, log_variance = map(np.asarray, vae.network_.get_layer("encoder")(X))
    rebuilt = X - np.sqrt(vae.feature_errors(X))  # squared, signs don't matter
    whole = 4 * vae.network_.evaluate(X, X, verbose=0)
    assert loss_of(X, rebuilt, mean, log_variance, weight) == pytest.approx(
        whole, rel=1e-3
    )


# -- 8.3


def lowest(runs):
    return int(np.argmin([min(run["val_loss"]) for run in runs]))


def lowest_in_place(runs):
    for run in runs:
        run["val_loss"].sort()
    return int(np.argmin([run["val_loss"][0] for run in runs]))


def with_pandas_table(runs):
    return pd.DataFrame(runs)["val_loss"].map(min).idxmin()


@pytest.mark.parametrize(
    ("choose", "outcome"),
    [
        (lambda runs: np.int64(lowest(runs)), "correct"),
        (lambda runs: float(lowest(runs)), "correct"),
        (lambda runs: [lowest(runs)], "correct"),
        (lambda runs: pd.Series([lowest(runs)], index=[7]), "correct"),
        (lambda runs: np.argsort([min(run["val_loss"]) for run in runs])[0], "correct"),
        (lambda runs: runs.index(min(runs, key=lambda run: min(run["val_loss"]))),
         "correct"),
        (lambda runs: min((min(run["val_loss"]), i) for i, run in enumerate(runs))[1],
         "correct"),
        (with_pandas_table, "correct"),
        (lowest_in_place, "changed its input"),
        (lambda runs: max(range(len(runs)), key=lambda i: runs[i]["test AP"]),
         "best on the test part"),
        (lambda runs: int(np.argmin(runs[0]["val_loss"])), "other"),
        (lambda runs: lowest(runs[:2]), "other"),
        (lambda runs: 2, "other"),
        (lambda runs: np.argmin([min(run["val_loss"][1:]) for run in runs]), "other"),
        (lambda runs: np.argmin([min(run["val_loss"][:-1]) for run in runs]), "other"),
        (lambda runs: np.argmin([run["val_loss"][np.argmin(run["loss"])]
                                 for run in runs]), "other"),
        (lambda runs: np.argmin([run["val_loss"][0] for run in runs]), "other"),
        (lambda runs: np.argmin([np.median(run["val_loss"]) for run in runs]), "other"),
        (lambda runs: np.argmax([run["loss"][-1] for run in runs]), "other"),
        (lambda runs: lowest(runs) - len(runs), "other"),
        (lambda runs: 77, "other"),
        (lambda runs: runs[lowest(runs)], COULD_NOT),
        (lambda runs: runs["val_loss"], COULD_NOT),
        (lambda runs: f"seed {lowest(runs)}", COULD_NOT),
        (3, COULD_NOT),
    ],
)  # fmt: skip
def test_choosing(choose, outcome):
    assert found("8.3", choose) == outcome
    assert under_keys("8.3", choose) == {outcome}


# -- 8.4


def share(scores, normal):
    return np.array([np.mean(normal < score) for score in scores])


def share_in_place(scores, normal_scores):
    normal_scores.sort()
    return np.searchsorted(normal_scores, scores) / len(normal_scores)


@pytest.mark.parametrize(
    ("surprise", "outcome"),
    [
        (share, "correct"),
        (lambda s, n: list(share(s, n)), "correct"),
        (lambda s, n: pd.Series(share(s, n), index=s), "correct"),
        (lambda s, n: (np.mean(n < score) for score in s), "correct"),
        (lambda s, n: (n[:, np.newaxis] <= s).mean(axis=0), "correct"),
        (lambda s, n: (share(s, n) * len(n) + 1) / (len(n) + 1), "correct"),
        (lambda s, n: np.squeeze((n < s[:, np.newaxis]).mean(axis=1)), "correct"),
        (lambda s, n: percentileofscore(n, s, kind="strict") / 100, "correct"),
        (lambda s, n: share(s, n).round(3), "correct"),
        (lambda s, n: 1 - (n[:, np.newaxis] >= s).mean(axis=0), "correct"),
        (lambda s, n: pd.DataFrame(share(s, n)), "correct"),
        (share_in_place, "changed its input"),
        (lambda s, n: 1 - share(s, n), "inverted"),
        (lambda s, n: (s[:, np.newaxis] < n).mean(axis=0), "the other way round"),
        (lambda s, n: percentileofscore(n, s, kind="strict"), "percent"),
        (lambda s, n: share(s, n) * len(n) / 60, "other"),
        (lambda s, n: np.clip((s - n.min()) / np.ptp(n), 0, 1), "other"),
        (lambda s, n: s / n.max(), "other"),
        (lambda s, n: s > np.quantile(n, 0.99), "other"),
        (lambda s, n: share(s, n)[:5], "other"),
        (lambda s, n: share(s, n) ** 2, "other"),
        (lambda s, n: np.log(share(s, n) + 0.1), "other"),
        (lambda s, n: pd.Series(np.r_[s, n]).rank(pct=True)[: len(s)], "other"),
        (lambda s, n: np.full(len(s), 0.99), "other"),
        (lambda s, n: share(abs(s), abs(n)), "other"),
        (lambda s, n: np.where(s <= 0, 0, share(s, n)), "other"),
        (lambda s, n: norm.cdf((s - n.mean()) / n.std()), "other"),
        (lambda s, n: np.mean(n < s.mean()), COULD_NOT),
        (lambda s, n: "0.99", COULD_NOT),
        (lambda s, n: n < s, COULD_NOT),
    ],
)
def test_surprise(surprise, outcome):
    assert found("8.4", surprise) == outcome


# -- 8.5


def usual(seconds, calls):
    return seconds[0] + (calls - 1) * np.median(seconds[1:])


def time_in_place(seconds, calls):
    first = seconds[0]
    seconds[1:].sort()
    return first + (calls - 1) * np.median(seconds[1:])


def without_the_disturbed(seconds, calls):
    others = np.sort(seconds[1:])[:-1]
    return seconds[0] + (calls - 1) * others.mean()


@pytest.mark.parametrize(
    ("total_time", "outcome"),
    [
        (usual, "correct"),
        (without_the_disturbed, "correct"),
        (lambda s, n: [usual(s, n)], "correct"),
        (lambda s, n: pd.Series([usual(s, n)], index=["seconds"]), "correct"),
        (lambda s, n: s[0] - np.median(s[1:]) + n * np.median(s[1:]), "correct"),
        (lambda s, n: pd.Series(s).iloc[1:].median() * (n - 1) + s[0], "correct"),
        (lambda s, n: sum([s[0], *[np.median(s[1:])] * (n - 1)]), "correct"),
        (lambda s, n: usual(s, n).round(3), "correct"),
        (time_in_place, "changed its input"),
        (lambda s, n: max(s) + (n - 1) * np.median(s[1:]), "other"),
        (lambda s, n: s[0] + n * np.median(s[1:]), "one call too many"),
        (lambda s, n: n * np.median(s), "never compiled"),
        (lambda s, n: n * max(s), "other"),
        (lambda s, n: usual(s, n) if n > 1 else None, "other"),
        (lambda s, n: None, "not attempted"),
        (lambda s, n: usual(s, n) / n, "time per call"),
        (lambda s, n: 6 + (n - 1) * np.median(s[1:]), "other"),
        (lambda s, n: s[0] + (n - 1) * 0.2, "other"),
        (lambda s, n: np.median(s[1:]), "other"),
        (lambda s, n: n * np.min(s), "other"),
        (lambda s, n: 1000 * usual(s, n), "other"),
        (lambda s, n: s[0] + n, "other"),
        (lambda s, n: s[0] + (n - 1) * np.quantile(s[1:], 0.9), "other"),
        (lambda s, n: s, COULD_NOT),
        (lambda s, n: f"{usual(s, n)} s", COULD_NOT),
        (6.0, COULD_NOT),
    ],
)
def test_total_time(total_time, outcome):
    assert found("8.5", total_time) == outcome


def test_a_branch_that_returns_nothing_is_shown():
    outcome = check("8.5", lambda s, n: usual(s, n) if n > 1 else None)
    assert "1) gives None" in outcome.message
