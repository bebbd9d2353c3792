"""Labels and scores of pandas go together by label, never by position in silence."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from helpers import evaluation, plots, thresholds

Y = pd.Series([0, 0, 1, 0, 1, 0], index=list("abcdef"))
SCORES = pd.Series([0.1, 0.2, 0.9, 0.6, 0.5, 0.4], index=Y.index)
ALARMS = (SCORES > 0.45).astype(int)
EVENTS = evaluation.SeriesEvents(points_per_day=2)

CALLS = {
    "evaluate": (evaluation.evaluate, SCORES),
    "results_table": (
        lambda y, s: evaluation.results_table({"one": s}, y_true=y).to_dict(),
        SCORES,
    ),
    "precision_at_k": (lambda y, s: evaluation.precision_at_k(y, s, 2), SCORES),
    "roc_auc_interval": (evaluation.roc_auc_interval, SCORES),
    "average_precision_interval": (evaluation.average_precision_interval, SCORES),
    "point_adjusted_f1": (evaluation.point_adjusted_f1, SCORES),
    "confusion": (evaluation.confusion, ALARMS),
    "events": (EVENTS.report, ALARMS),
    "sweep": (lambda y, s: thresholds.sweep_thresholds(y, s).thresholds.sum(), SCORES),
    "cost": (lambda y, s: thresholds.cost_threshold(y, s, 5, 1), SCORES),
    "oracle": (thresholds.oracle_threshold, SCORES),
    "group limits": (
        lambda y, s: np.sum(thresholds.group_limits(y, s, rule=thresholds.iqr_limits)),
        ALARMS,
    ),
}
each = pytest.mark.parametrize(("call", "values"), CALLS.values(), ids=CALLS)


@each
def test_the_same_labels_in_another_order_are_put_in_order(call, values):
    assert call(Y, values.iloc[[5, 2, 0, 4, 1, 3]]) == call(Y, values)


@each
def test_arrays_go_by_position(call, values):
    assert call(Y, values.to_numpy()) == call(Y.to_numpy(), values.to_numpy())
    assert call(Y.to_numpy(), values) == call(Y, values)


@each
def test_other_labels_are_refused(call, values):
    with pytest.raises(ValueError, match=r"different indices: 0 is only in .*to_numpy"):
        call(Y, values.reset_index(drop=True))
    twice = values.set_axis(list("aacdef"))
    with pytest.raises(ValueError, match="labels that are there twice"):
        call(Y, twice)


def drawn(picture):
    """Return the numbers of a picture: of its lines, bars and texts."""
    lines = [line.get_xydata().tolist() for line in picture.get_lines()]
    bars = [bar.get_height() for bar in picture.patches if hasattr(bar, "get_height")]
    found = [lines, bars, [text.get_text() for text in picture.texts]]
    plt.close(picture.figure)
    return found


PICTURES = {
    "confusion_matrix": lambda other: plots.confusion_matrix(Y, other(ALARMS)),
    "score_histogram": lambda other: plots.score_histogram(SCORES, other(Y)),
    "series_with_anomalies": lambda other: plots.series_with_anomalies(
        SCORES, other(ALARMS), events=other(Y)
    ),
    "score_over_time": lambda other: plots.score_over_time(
        SCORES, 0.45, events=other(Y)
    ),
}


@pytest.mark.parametrize("picture", PICTURES.values(), ids=PICTURES)
def test_pictures_go_by_label_too(picture):
    wanted = drawn(picture(lambda series: series))
    assert drawn(picture(lambda series: series[::-1])) == wanted
    assert drawn(picture(lambda series: series.to_numpy())) == wanted
    with pytest.raises(ValueError, match="have different indices"):
        picture(lambda series: series.reset_index(drop=True))


def test_a_column_of_a_table_is_aligned_too():
    assert evaluation.evaluate(Y.to_frame(), SCORES[::-1]) == evaluation.evaluate(
        Y, SCORES
    )


def test_moments_and_texts_of_them_are_other_labels():
    hours = pd.date_range("2024-05-01", periods=len(Y), freq="h")
    y, scores = Y.set_axis(hours), SCORES.set_axis(hours)
    texts = scores.set_axis(hours.astype(str))
    with pytest.raises(ValueError, match=r"different indices: .*2024-05-01"):
        evaluation.evaluate(y, texts)
    there = scores.tz_localize("UTC").tz_convert("Asia/Bangkok")[::-1]
    found = evaluation.evaluate(y.tz_localize("UTC"), there)
    assert found == evaluation.evaluate(Y, SCORES)
