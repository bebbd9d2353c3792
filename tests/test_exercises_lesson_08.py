"""Lesson 08: right answers in unusual forms, and wrong ones beside those it lists."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import percentileofscore
from sklearn.base import clone
from sklearn.preprocessing import StandardScaler

from helpers.exercises import check
from helpers.thresholds import oracle_threshold, quantile_threshold, sigma_threshold

COULD_NOT = "could not check"


def found(number, *answers):
    outcome = check(number, *answers)
    return outcome.diagnosis or outcome.status


def judging(*, teach="normal", choose="normal", give=None, q=0.99, copy=False):
    """Return a `judge` with the given faults."""

    def judge(detector, X_train, y_train, X_validation, y_validation, X_test):
        detector = clone(detector) if copy else detector
        detector.fit(
            {
                "normal": X_train[y_train == 0],
                "half": X_train[y_train == 0][:50],
                "anomalies": X_train[y_train == 1],
                "validation too": pd.concat(
                    [X_train[y_train == 0], X_validation[y_validation == 0]]
                ),
                "test too": pd.concat([X_train[y_train == 0], X_test]),
                "scaled": StandardScaler()
                .fit(X_train)
                .transform(X_train[y_train == 0]),
                "of the notebook": np.ones((30, 9)),
                "with label": X_train.assign(y=y_train)[y_train == 0],
            }[teach]
        )
        rows = {
            "normal": X_validation[y_validation == 0],
            "anomalies": X_validation[y_validation == 1],
            "training": X_train[y_train == 0],
            "all training": X_train,
        }[choose]
        scores = detector.decision_function(X_test)
        threshold = np.quantile(detector.decision_function(rows), q)
        return give(scores, threshold, detector) if give else (scores, threshold)

    return judge


@pytest.mark.parametrize(
    ("judge", "outcome"),
    [
        (judging(), "correct"),
        (judging(copy=True), "correct"),
        (judging(give=lambda s, t, _: [s.tolist(), float(t)]), "correct"),
        (judging(give=lambda s, t, _: (pd.Series(s), t)), "correct"),
        (judging(give=lambda s, t, _: (s.astype("float32").reshape(-1, 1), t)),
         "correct"),
        (judging(teach="scaled"), "other rows"),
        (judging(teach="of the notebook"), "other rows"),
        (judging(teach="with label"), "other rows"),
        (judging(choose="all training"), "threshold from training rows"),
        (judging(give=lambda s, t, _: (np.sort(s), t)), "another order"),
        (judging(teach="half"), "only some of the rows"),
        (judging(teach="anomalies"), "inverted label"),
        (judging(teach="validation too"), "trained on the validation part"),
        (judging(teach="test too"), "trained on the test part"),
        (judging(choose="anomalies"), "inverted label"),
        (judging(choose="training"), "threshold from training rows"),
        (judging(q=0.01), "wrong end"),
        (judging(q=1.0), "no false alarm at all"),
        (judging(q=0.9), "threshold"),
        (judging(give=lambda s, t, d: (s, d.threshold_)),
         "threshold from training rows"),
        (judging(give=lambda s, t, _: (-s, t)), "inverted score"),
        (judging(give=lambda s, t, _: (s > t, t)), "labels in place of scores"),
        (judging(give=lambda s, t, _: (s[:9], t)), "scores of other rows"),
        (judging(give=lambda s, t, _: (s / t, t)), "scores"),
        (judging(give=lambda s, t, _: (t, s)), COULD_NOT),
        (judging(give=lambda s, t, _: s), COULD_NOT),
        (judging(give=lambda s, t, _: (s, None)), "not attempted"),
        (lambda d, X, y, V, v, T: (d.decision_function(T), 1.0), COULD_NOT),
        (lambda d, X, y, V, v, T: (np.ones(len(T)), 1.0), "not taught"),
        (lambda detector: detector, COULD_NOT),
    ],
)  # fmt: skip
def test_judging(judge, outcome):
    assert found("8.1", judge) == outcome


def test_the_kit_s_own_threshold_is_right():
    def judge(detector, X_train, y_train, X_validation, y_validation, X_test):
        detector.fit(X_train[y_train == 0].to_numpy())
        normal = detector.decision_function(X_validation[y_validation == 0])
        threshold = quantile_threshold(normal, 0.01)
        return detector.decision_function(X_test), threshold

    assert found("8.1", judge) == "correct"


@pytest.mark.parametrize(
    ("rule", "outcome"),
    [
        (lambda normal, all_scores, labels: sigma_threshold(normal), "another rule"),
        (lambda normal, all_scores, labels: normal.mean() + 2 * normal.std(),
         "another rule"),
        (lambda normal, all_scores, labels: oracle_threshold(labels, all_scores),
         "threshold from the anomalies"),
        (lambda normal, all_scores, labels: np.percentile(normal, 0.99), "wrong end"),
        (lambda normal, all_scores, labels: normal.max(), "no false alarm at all"),
        (lambda normal, all_scores, labels: 0.99, "threshold"),
    ],
)  # fmt: skip
def test_other_thresholds(rule, outcome):
    def judge(detector, X_train, y_train, X_validation, y_validation, X_test):
        detector.fit(X_train[y_train == 0])
        scores = detector.decision_function(X_validation)
        threshold = rule(scores[y_validation == 0], scores, y_validation)
        return detector.decision_function(X_test), threshold

    assert found("8.1", judge) == outcome


def test_a_table_that_is_changed():
    def judge(detector, X_train, y_train, X_validation, y_validation, X_test):
        X_train["label"] = y_train
        X_train = X_train[X_train["label"] == 0].drop(columns="label")
        return judging()(
            detector,
            X_train,
            np.zeros(len(X_train)),
            X_validation,
            y_validation,
            X_test,
        )

    assert found("8.1", judge) == "changed its input"


def test_scores_before_fit_are_told_in_the_words_of_real_detectors():
    def judge(detector, X_train, y_train, X_validation, y_validation, X_test):
        return detector.decision_function(X_test), 1.0

    assert "NotFittedError" in check("8.1", judge).message


def lowest(runs):
    return int(np.argmin([min(run["val_loss"]) for run in runs]))


def lowest_in_place(runs):
    for run in runs:
        run["val_loss"].sort()
    return int(np.argmin([run["val_loss"][0] for run in runs]))


@pytest.mark.parametrize(
    ("choose", "outcome"),
    [
        (lambda runs: np.int64(lowest(runs)), "correct"),
        (lambda runs: sorted(range(6), key=lambda i: min(runs[i]["val_loss"]))[0],
         "correct"),
        (lambda runs: lowest(runs) + 1, "counted from one"),
        (lambda runs: min(min(run["val_loss"]) for run in runs), "loss, not position"),
        (lambda runs: runs[lowest(runs)]["test AP"], "AP, not position"),
        (lambda runs: int(np.argmin([run["loss"][-1] for run in runs])),
         "training loss"),
        (lambda runs: int(np.argmin([np.mean(run["val_loss"]) for run in runs])),
         "mean over the epochs"),
        (lambda runs: int(np.argmin(runs[0]["val_loss"])), "epoch, not run"),
        (lambda runs: 0, "always the same"),
        (lambda runs: runs.index(min(runs, key=lambda run: min(run["val_loss"]))),
         "correct"),
        (lowest_in_place, "changed its input"),
        (lambda runs: lowest(runs[:5]), "the first five only"),
        (lambda runs: 2, "always the same"),
        (lambda runs: np.argmin([run["val_loss"][0] for run in runs]), "another run"),
        (lambda runs: 77, "no position"),
        (lambda runs: runs[lowest(runs)], COULD_NOT),
        (lambda runs: runs["val_loss"], COULD_NOT),
        (3, COULD_NOT),
    ],
)  # fmt: skip
def test_choosing(choose, outcome):
    assert found("8.2", choose) == outcome


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
        (lambda s, n: pd.Series(share(s, n)), "correct"),
        (lambda s, n: (n[:, np.newaxis] <= s).mean(axis=0), "correct"),
        (lambda s, n: (share(s, n) * len(n) + 1) / (len(n) + 1), "correct"),
        (lambda s, n: (s[:, np.newaxis] < n).mean(axis=0), "the other way round"),
        (lambda s, n: np.squeeze((n < s[:, np.newaxis]).mean(axis=1)), "correct"),
        (lambda s, n: percentileofscore(n, s, kind="strict") / 100, "correct"),
        (share_in_place, "changed its input"),
        (lambda s, n: share(s, n) * len(n) / 60, "fixed number of rows"),
        (lambda s, n: np.searchsorted(n, s) / len(n), "searched in a disorder"),
        (lambda s, n: np.sort(share(s, n)), "sorted"),
        (lambda s, n: np.clip((s - n.min()) / np.ptp(n), 0, 1),
         "stretched, not counted"),
        (lambda s, n: (np.mean(n < score) for score in s), COULD_NOT),
        (lambda s, n: pd.Series(s).rank(pct=True), "rank among the test rows"),
        (lambda s, n: pd.Series(s).rank(), "rank among the test rows"),
        (lambda s, n: 1 - share(s, n), "inverted"),
        (lambda s, n: 100 * share(s, n), "percent"),
        (lambda s, n: s, "unchanged"),
        (lambda s, n: s / n.max(), "stretched, not counted"),
        (lambda s, n: (s - s.min()) / np.ptp(s), "stretched, not counted"),
        (lambda s, n: s > np.quantile(n, 0.99), "an alarm, not a share"),
        (lambda s, n: share(s, n)[:5], "one for each score"),
        (lambda s, n: share(s, n) ** 2, "share"),
        (lambda s, n: np.log(share(s, n) + 0.1), "no share"),
        (lambda s, n: np.mean(n < s.mean()), COULD_NOT),
        (lambda s, n: "0.99", COULD_NOT),
        (lambda s, n: n < s, COULD_NOT),
    ],
)  # fmt: skip
def test_surprise(surprise, outcome):
    assert found("8.3", surprise) == outcome


def test_a_wrong_share_is_told_for_one_score():
    message = check("8.3", lambda s, n: share(s, n) * len(n) / 100).message
    assert "60 of 60 normal scores" in message
    assert "0.6" in message


def time_in_place(seconds, calls):
    seconds.sort()
    return seconds[-1] + (calls - 1) * np.median(seconds[:-1])


@pytest.mark.parametrize(
    ("total_time", "outcome"),
    [
        (lambda s, n: s[0] + (n - 1) * np.min(s[1:]), "correct"),
        (lambda s, n: s[0] + (n - 1) * s[-2 if s[-1] > 3 else -1], "correct"),
        (lambda s, n: s[0] - np.median(s[1:]) + n * np.median(s[1:]), "correct"),
        (time_in_place, "changed its input"),
        (lambda s, n: s[0] + n * np.median(s[1:]), "one call too many"),
        (lambda s, n: s[0] + (n - 1) * s[1], "somebody else's work"),
        (lambda s, n: s[0] + (n - 1) * s[-1], "somebody else's work"),
        (lambda s, n: 6 + (n - 1) * np.median(s[1:]), "one call"),
        (lambda s, n: s[0] + (n - 1) * 0.2, "one more call"),
        (lambda s, n: int(s[0] + (n - 1) * np.median(s[1:])), "one more call"),
        (lambda s, n: np.median(s[1:]), "one call"),
        (lambda s, n: sum(s), "the calls that were measured"),
        (lambda s, n: sum(s[:n]), "the calls that were measured"),
        (lambda s, n: n * np.min(s), "one call"),
        (lambda s, n: n * np.median(s[1:]), "never compiled"),
        (lambda s, n: n * max(s), "compiled in every call"),
        (lambda s, n: 1000 * (s[0] + (n - 1) * np.median(s[1:])), "milliseconds"),
        (lambda s, n: (s[0] + (n - 1) * np.median(s[1:])) / n, "time per call"),
        (lambda s, n: s[0] + n, "one call"),
        (lambda s, n: s[0] + (n - 1) * 0.5, "one more call"),
        (lambda s, n: s, COULD_NOT),
        (6.0, COULD_NOT),
    ],
)
def test_total_time(total_time, outcome):
    assert found("8.4", total_time) == outcome


def test_a_time_that_is_named_is_one_that_is_wrong():
    message = check("8.4", lambda s, n: s[0] + (n - 1) * 0.2).message
    assert message.startswith("The calls took 12, 1.5")
