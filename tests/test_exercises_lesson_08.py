"""Lesson 08: right answers in unusual forms, and wrong ones beside those it lists."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from helpers.exercises import check
from helpers.thresholds import quantile_threshold

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
            }[teach]
        )
        rows = {
            "normal": X_validation[y_validation == 0],
            "anomalies": X_validation[y_validation == 1],
            "training": X_train[y_train == 0],
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


def lowest(runs):
    return int(np.argmin([min(run["val_loss"]) for run in runs]))


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
        (lambda runs: 2, "another run"),
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


@pytest.mark.parametrize(
    ("surprise", "outcome"),
    [
        (share, "correct"),
        (lambda s, n: list(share(s, n)), "correct"),
        (lambda s, n: pd.Series(share(s, n)), "correct"),
        (lambda s, n: (n[:, np.newaxis] <= s).mean(axis=0), "correct"),
        (lambda s, n: (share(s, n) * len(n) + 1) / (len(n) + 1), "correct"),
        (lambda s, n: (s[:, np.newaxis] < n).mean(axis=0), "the other way round"),
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
)
def test_surprise(surprise, outcome):
    assert found("8.3", surprise) == outcome


@pytest.mark.parametrize(
    ("total_time", "outcome"),
    [
        (lambda s, n: s[0] + (n - 1) * np.min(s[1:]), "correct"),
        (lambda s, n: s[0] + (n - 1) * s[-2 if s[-1] > 3 else -1], "correct"),
        (lambda s, n: s[0] - np.median(s[1:]) + n * np.median(s[1:]), "correct"),
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
