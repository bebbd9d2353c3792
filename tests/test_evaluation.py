"""Evaluation: equal to scikit-learn, honest about chance, luck and oracles."""

import time
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import (
    average_precision_score,
    confusion_matrix,
    f1_score,
    fbeta_score,
    recall_score,
    roc_auc_score,
    roc_curve,
)

from helpers.evaluation import (
    FEW_ANOMALIES,
    SeriesEvents,
    _average_precisions,
    _bins,
    _roc_aucs,
    average_precision_interval,
    confusion,
    evaluate,
    events_from_labels,
    expected_average_precision,
    point_adjusted_f1,
    precision_at_k,
    results_table,
    roc_auc_interval,
)
from helpers.thresholds import oracle_threshold, quantile_threshold

steady = settings(max_examples=50)


@st.composite
def labelled_scores(draw):
    rows = draw(st.integers(2, 60))
    y = draw(arrays(int, rows, elements=st.integers(0, 1)))
    y[0], y[-1] = 0, 1
    values = draw(
        st.sampled_from([st.sampled_from([0.0, 1.0, 2.5]), st.floats(-1e6, 1e6)])
    )
    return y, draw(arrays(float, rows, elements=values))


def sample(rows=1000, anomalies=100, shift=1.5, seed=0):
    y = np.zeros(rows, int)
    y[:anomalies] = 1
    return y, np.random.default_rng(seed).normal(size=rows) + shift * y


# ---------------------------------------------------------------------------- one row


@steady
@given(labelled_scores(), st.floats(-3, 3))
def test_a_row_says_what_scikit_learn_says(pair, threshold):
    y, scores = pair
    row = evaluate(y, scores, threshold=threshold)
    assert row["AP"] == pytest.approx(average_precision_score(y, scores))
    assert row["ROC-AUC"] == pytest.approx(roc_auc_score(y, scores))
    assert row["chance AP"] == expected_average_precision(len(y), y.sum())
    flagged = scores > threshold
    assert row["flagged"] == flagged.sum()
    assert row["F1"] == pytest.approx(f1_score(y, flagged, zero_division=0))
    assert row["F2"] == pytest.approx(fbeta_score(y, flagged, beta=2, zero_division=0))


@steady
@given(labelled_scores(), st.floats(-3, 3))
def test_a_confusion_is_a_point_of_the_roc_curve(pair, threshold):
    y, scores = pair
    found = confusion(y, scores > threshold)
    counts = confusion_matrix(y, scores > threshold).ravel().tolist()
    assert [found[name] for name in ("tn", "fp", "fn", "tp")] == counts
    assert found["TPR"] == recall_score(y, scores > threshold)
    false_rates, true_rates, _ = roc_curve(y, scores, drop_intermediate=False)
    assert (found["FPR"], found["TPR"]) in zip(false_rates, true_rates, strict=True)


def test_a_rate_without_rows_is_no_number():
    found = confusion([0, 0, 0, 0], [1, 0, 0, 0])
    assert found["FPR"] == 0.25
    assert np.isnan(found["TPR"])
    assert np.isnan(confusion([1], [1])["FPR"])


@pytest.mark.parametrize(
    ("alarms", "message"), [([0, 1], "y_true"), ([0, 1, 2], "alarms")]
)
def test_a_confusion_wants_an_alarm_or_none_for_each_row(alarms, message):
    with pytest.raises(ValueError, match=message):
        confusion([0, 1, 1], alarms)


@steady
@given(labelled_scores())
def test_statistics_on_bins_are_exact(pair):
    """What the bootstrap computes from bins equals scikit-learn, ties included."""
    y, scores = pair
    anomalies, normal = (counts[np.newaxis] for counts in _bins(y, scores))
    ap, auc = _average_precisions(anomalies, normal), _roc_aucs(anomalies, normal)
    assert ap[0] == pytest.approx(average_precision_score(y, scores))
    assert auc[0] == pytest.approx(roc_auc_score(y, scores))


@steady
@given(labelled_scores(), st.data())
def test_precision_at_k_is_that_of_random_order_among_ties(pair, data):
    y, scores = pair
    k = data.draw(st.integers(1, len(y)))
    random = np.random.default_rng(0)
    orders = [np.lexsort((random.random(len(y)), -scores))[:k] for _ in range(300)]
    simulated = np.mean([y[order].mean() for order in orders])
    assert precision_at_k(y, scores, k) == pytest.approx(simulated, abs=0.12)


def test_precision_at_k_by_hand():
    y, scores = [1, 0, 1, 0, 0], [5, 4, 3, 2, 1]
    assert [precision_at_k(y, scores, k) for k in (1, 2, 3, 4, 5)] == pytest.approx(
        [1, 1 / 2, 2 / 3, 1 / 2, 2 / 5]
    )
    assert precision_at_k(y, [7] * 5, 2) == pytest.approx(2 / 5)


# -------------------------------------------------------------------------- intervals


def literal_bootstrap(statistic, y, scores, replicates=400, seed=0):
    random = np.random.default_rng(seed)
    kinds = [np.flatnonzero(y == kind) for kind in (0, 1)]
    draws = []
    for _ in range(replicates):
        rows = np.concatenate([random.choice(kind, len(kind)) for kind in kinds])
        draws.append(statistic(y[rows], scores[rows]))
    return np.quantile(draws, (0.025, 0.975))


@pytest.mark.parametrize(
    ("interval", "statistic"),
    [
        (average_precision_interval, average_precision_score),
        (roc_auc_interval, roc_auc_score),
    ],
)
def test_an_interval_is_that_of_resampled_rows(interval, statistic):
    y, scores = sample(300, 15)
    scores = np.round(scores, 1)  # with ties
    expected = literal_bootstrap(statistic, y, scores)
    assert interval(y, scores) == pytest.approx(expected, abs=0.06)


def test_an_interval_is_repeatable_and_wider_with_fewer_anomalies():
    few, many = sample(200, 10), sample(4000, 200)
    assert average_precision_interval(*few) == average_precision_interval(*few)
    low, high = np.array([average_precision_interval(*pair) for pair in (few, many)]).T
    assert high[0] - low[0] > 2 * (high[1] - low[1])
    narrow = average_precision_interval(*few, confidence=0.5)
    assert low[0] < narrow[0] < narrow[1] < high[0]


def test_an_interval_of_a_big_set_takes_no_time():
    y, scores = sample(50_000, 10, shift=3)
    start = time.perf_counter()
    average_precision_interval(y, scores, replicates=1000)
    assert time.perf_counter() - start < 1


def test_a_perfect_score_has_no_doubt():
    y = np.r_[np.ones(5), np.zeros(50)]
    assert average_precision_interval(y, y) == (1, 1)
    assert roc_auc_interval(y, y) == (1, 1)


# ------------------------------------------------------------------------- the table


def test_the_table_puts_chance_at_the_bottom():
    y, scores = sample()
    table = results_table(
        {"shifted": scores, "upside down": -scores},
        y_true=y,
        thresholds={"shifted": 1.0, "upside down": 0.0},
        alert_budget=50,
    )
    assert list(table.index) == ["shifted", "upside down", "chance"]
    assert list(table.columns) == [
        *("AP", "chance AP", "ROC-AUC", "P@50"),
        *("precision", "recall", "F1", "F2"),
    ]
    level = round(expected_average_precision(1000, 100), 3)
    chance = table.loc["chance"].to_dict()
    assert chance == chance | {"AP": level, "chance AP": level, "ROC-AUC": 0.5}
    assert chance == chance | {"P@50": 0.1, "precision": 0.1, "recall": 1.0}
    flag_all = np.ones(1000)
    assert table.loc["chance", "F1"] == round(f1_score(y, flag_all), 3)
    assert table.loc["chance", "F2"] == round(fbeta_score(y, flag_all, beta=2), 3)
    assert table.loc["shifted", "ROC-AUC"] == round(roc_auc_score(y, scores), 3)
    assert table.loc["upside down", "ROC-AUC"] < 0.5


def test_random_scores_get_what_the_chance_row_says():
    y = sample(20_000, 2000)[0]
    scores = np.random.default_rng(1).random(20_000)
    table = results_table({"random": scores}, y_true=y, alert_budget=4000)
    np.testing.assert_allclose(*table.astype(float).to_numpy(), atol=0.02)


@given(st.integers(1, 7), st.integers(1, 7))
def test_the_chance_level_is_the_mean_over_all_orders(anomalies, normal):
    rows = anomalies + normal
    aps = [
        average_precision_score(np.isin(np.arange(rows), found), -np.arange(rows))
        for found in combinations(range(rows), anomalies)
    ]
    assert expected_average_precision(rows, anomalies) == pytest.approx(np.mean(aps))


def test_a_chance_level_needs_anomalies_among_rows():
    assert expected_average_precision(5, 5) == 1
    for rows, anomalies in ((5, 0), (5, 6), (0, 0), (10**400, 1)):
        with pytest.raises(ValueError, match=r"anomalies|rows"):
            expected_average_precision(rows, anomalies)


def test_few_anomalies_get_an_interval_and_two_decimals():
    y, scores = sample(400, FEW_ANOMALIES - 1)
    table = results_table({"one": scores}, y_true=y)
    low, high = table.loc["one", "AP 95% interval"].split(" to ")
    assert float(low) < table.loc["one", "AP"] < float(high)
    assert table.loc["chance", "AP 95% interval"] == ""
    assert table.loc["one", "AP"] == round(average_precision_score(y, scores), 2)
    y, scores = sample(400, FEW_ANOMALIES)
    assert "AP 95% interval" not in results_table({"one": scores}, y_true=y)


def test_a_rare_chance_level_is_not_rounded_to_nothing():
    y, scores = sample(95_156, 30)
    assert results_table({"one": scores}, y_true=y).loc["chance", "AP"] == 0.00043


def test_an_oracle_cannot_hide():
    y, scores = sample()
    oracle = oracle_threshold(y, scores)
    table = results_table(
        {"lof": scores, "honest": scores, "my oracle": scores},
        y_true=y,
        thresholds={
            "lof": oracle,
            "honest": quantile_threshold(scores),
            "my oracle": oracle,
        },
    )
    assert list(table.index) == ["lof (oracle)", "honest", "my oracle", "chance"]
    assert evaluate(y, scores, threshold=oracle)["oracle"]
    assert evaluate(y, scores, threshold=0.7, oracle=True)["oracle"]
    assert not evaluate(y, scores, threshold=0.7)["oracle"]


def test_rows_with_test_sets_of_their_own():
    rows = {
        "easy": evaluate(*sample(200, 60)),
        "rare": evaluate(*sample(5000, 60)),
    }
    table = results_table(rows)
    assert list(table.index) == ["easy", "rare"]  # no single chance level
    assert table["chance AP"].tolist() == [0.317, 0.014]


def test_the_table_prints_the_same_twice():
    y, scores = sample(300, 12)
    tables = [results_table({"a": scores}, y_true=y, alert_budget=9) for _ in range(2)]
    assert repr(tables[0]) == repr(tables[1])
    assert isinstance(tables[0], pd.DataFrame)


# ---------------------------------------------------------------------------- events


def test_events_are_runs_of_ones():
    assert events_from_labels([0, 1, 1, 0, 0, 1]) == [(1, 3), (5, 6)]
    assert events_from_labels([1, 1]) == [(0, 2)]
    assert events_from_labels([0, 0]) == []


@steady
@given(arrays(int, st.integers(1, 50), elements=st.integers(0, 1)))
def test_events_rebuild_the_labels(y):
    rebuilt = np.zeros_like(y)
    for start, stop in events_from_labels(y):
        assert start < stop
        rebuilt[start:stop] = 1
    assert np.array_equal(rebuilt, y)


def flags(points, *positions):
    return np.isin(np.arange(points), positions).astype(int)


def test_a_report_as_an_operator_reads_it():
    y = flags(96, 20, 21, 22, 60)
    alarms = flags(96, 21, 22, 40, 61, 80, 81)
    report = SeriesEvents(points_per_day=48, tolerance=2).report(y, alarms)
    assert report == {
        "events": 2,
        "events found": 2,
        "false alarms": 2,  # 40, and the burst 80-81
        "false alarms per day": 1.0,
        "delay": 1.0,
    }
    strict = SeriesEvents(points_per_day=48).report(y, alarms)
    assert (strict["events found"], strict["false alarms"]) == (1, 4)


def test_an_early_alarm_has_no_negative_delay():
    report = SeriesEvents(48, tolerance=3).report(flags(48, 20), flags(48, 18))
    assert (report["events found"], report["delay"]) == (1, 0)


def test_flagging_everything_is_not_cheap():
    y = flags(4800, 100)
    judge = SeriesEvents(points_per_day=48, tolerance=5)
    everything = judge.report(y, np.ones(4800))
    assert everything["events found"] == 1
    assert everything["false alarms per day"] > 7
    nothing = judge.report(y, np.zeros(4800))
    assert nothing["false alarms per day"] == 0
    assert np.isnan(nothing["delay"])


def test_the_table_of_a_series_has_the_operators_columns():
    y = flags(960, *range(100, 110), *range(500, 505))
    scores = flags(960, 103, 300) + 0.1 * y
    table = results_table(
        {"spikes": scores}, y_true=y, thresholds=0.5, series=SeriesEvents(48)
    )
    assert table.columns[-3:].tolist() == [
        "events found",
        "false alarms per day",
        "delay",
    ]
    assert table.loc["spikes"].tolist()[-3:] == ["1 of 2", 0.05, 3.0]


# ------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: evaluate([0, 0], [1, 2]), "only normal rows"),
        (lambda: evaluate([1, 1], [1, 2]), "only anomalies"),
        (lambda: evaluate([0, 1], [1, np.nan]), "missing or infinite"),
        (lambda: evaluate([0, 1], [1, 2, 3]), "equally long"),
        (lambda: evaluate([-1, 1], [1, 2]), r"\(y_true == -1\)"),
        (lambda: evaluate(["a", "b"], [1, 2]), "y_true must be numbers"),
        (lambda: evaluate([0, 1], [1, 2], alert_budget=3), "only 2 rows"),
        (lambda: evaluate([0, 1], [1, 2], series=SeriesEvents(4)), "threshold="),
        (lambda: precision_at_k([0, 1], [1, 2], 0), "k must be a whole number"),
        (lambda: results_table({"a": [1, 2]}), "y_true="),
        (lambda: results_table([1, 2], y_true=[0, 1]), "scores must be a dict"),
        (
            lambda: results_table({"a": [1, 2]}, y_true=[0, 1], thresholds={"b": 1}),
            "no such row; it has a",
        ),
        (lambda: SeriesEvents(0), "points_per_day"),
        (lambda: SeriesEvents(48, tolerance=-1), "tolerance"),
        (lambda: SeriesEvents(48).report([0, 1], [0, 5]), "alarms must hold 0"),
        (
            lambda: average_precision_interval([0, 1], [1, 2], confidence=2),
            "confidence",
        ),
    ],
)
def test_bad_input_is_told_in_one_line(call, message):
    with pytest.raises(ValueError, match=message) as error:
        call()
    assert "\n" not in str(error.value)


# ------------------------------------------------------------------ strange arguments


@pytest.mark.parametrize(
    "threshold", [np.nan, "1", 1j, [1.0, 2.0], np.ones(4), pd.Series([1.0])]
)
def test_a_threshold_is_one_number(threshold):
    """A NaN would flag nothing, one number per row would be no threshold at all."""
    with pytest.raises(ValueError, match="threshold must be one number") as error:
        evaluate([0, 1, 0, 1], [1.0, 2, 3, 4], threshold=threshold)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("budget", [0, -1, 2.5, "3", True])
def test_an_alert_budget_is_named(budget):
    with pytest.raises(ValueError, match="alert_budget must be a whole number"):
        evaluate([0, 1, 0, 1], [1.0, 2, 3, 4], alert_budget=budget)


def test_series_wants_series_events():
    with pytest.raises(ValueError, match=r"SeriesEvents\(points_per_day"):
        evaluate([0, 1], [1.0, 2.0], threshold=1.5, series=48)


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        ({"chance": [1.0, 2.0]}, "own last row"),
        ({"kNN": {"AP": 0.5}}, "no row that evaluate"),
    ],
)
def test_a_table_refuses_what_it_cannot_show(scores, message):
    with pytest.raises(ValueError, match=message):
        results_table(scores, y_true=[0, 1])


def test_a_name_may_be_a_number():
    assert list(results_table({5: [1.0, 2.0]}, y_true=[0, 1]).index) == [5, "chance"]


@pytest.mark.parametrize(
    ("labels", "hint"),
    [
        (["normal", "fraud", "normal"], "if 'normal' is the anomaly: (y_true =="),
        (pd.Series(["n", "o", "n"], dtype="category"), "(y_true == 'n').astype(int)"),
        ([1, 2, 1], "if 2 is the anomaly: (y_true == 2).astype(int)"),
        ([1, -1, 1], "(y_true == -1).astype(int)"),
        (None, "y_true is None"),
        (np.ma.masked_equal([0, 1, 0], 1), "1 missing"),
        ([10**400, 0, 1], "y_true must be numbers"),
    ],
)
def test_other_labels_get_a_way_out(labels, hint):
    with pytest.raises(ValueError, match="y_true") as error:
        evaluate(labels, [1.0, 2.0, 3.0])
    assert hint in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("seed", [-1, 0.5, "1", None, np.array(1), True, [1, "a"]])
def test_a_seed_that_is_none_is_refused(seed):
    with pytest.raises(ValueError, match="seed must be a whole number of at least 0"):
        average_precision_interval([0, 1, 1], [1, 2, 3], seed=seed)


@pytest.mark.parametrize("oracle", ["no", 1, None, pd.NA, np.array([True, False])])
def test_oracle_is_a_flag(oracle):
    with pytest.raises(ValueError, match="oracle must be True or False"):
        evaluate([0, 1, 1], [1, 2, 3], oracle=oracle)


def test_chance_is_known_for_any_number_of_rows():
    assert expected_average_precision(10**30, 1) < 1e-28


# ---------------------------------------------------------------- point adjustment

_TWO_EVENTS = np.array([0, 1, 1, 1, 0, 0, 1, 1, 0, 0])


def test_one_alarm_in_an_event_adjusts_all_its_points():
    alarms = np.array([0, 0, 1, 0, 0, 0, 0, 0, 0, 1])  # 3 of 5 points, 1 false alarm
    f1 = point_adjusted_f1(_TWO_EVENTS, alarms, threshold=0.5)
    assert f1 == pytest.approx(2 * 3 / (2 * 3 + 1 + 2))


def test_events_of_one_point_need_no_adjustment():
    y = np.tile([0, 0, 1, 0], 30)
    scores = np.random.default_rng(0).random(120)
    adjusted = point_adjusted_f1(y, scores, threshold=0.7)
    assert adjusted == pytest.approx(f1_score(y, scores > 0.7))


def test_without_a_threshold_the_best_of_all_is_taken():
    scores = np.random.default_rng(0).random(10)
    each = [
        point_adjusted_f1(_TWO_EVENTS, scores, threshold=cut) for cut in [-1.0, *scores]
    ]
    assert point_adjusted_f1(_TWO_EVENTS, scores) == max(each)


def test_random_scores_come_close_to_one_where_events_are_long():
    y, random = np.zeros(20_000, int), np.random.default_rng(0)
    y[3000:4000] = y[9000:10_000] = 1
    scores = random.random(20_000)
    assert point_adjusted_f1(y, scores) > 0.95
    assert evaluate(y, scores, threshold=0.99)["F1"] < 0.05


def test_point_adjustment_leaves_its_input_and_wants_both_classes():
    scores = np.arange(10.0)
    point_adjusted_f1(_TWO_EVENTS, scores)
    assert np.array_equal(scores, np.arange(10.0))
    with pytest.raises(ValueError, match="only normal rows"):
        point_adjusted_f1(np.zeros(10), scores)
    with pytest.raises(ValueError, match="threshold must be one number"):
        point_adjusted_f1(_TWO_EVENTS, scores, threshold="best")
