"""A series whose index holds times: even steps, gaps, repeats, daylight saving."""

import datetime as dt
import warnings

import numpy as np
import pandas as pd
import pytest

from helpers.clock import stretches
from helpers.detectors import SeasonalNaiveDetector, WindowAutoencoderDetector
from helpers.forecasts import echo_free_errors
from helpers.simulation import inject_faults
from helpers.streams import IteratorSource
from helpers.windows import (
    forecast_windows,
    sliding_windows,
    window_labels,
    window_starts,
)

HOURS = pd.date_range("2024-05-01", periods=20, freq="h")
GAP = HOURS.delete([7, 8])
BERLIN = "Europe/Berlin"
SPRING = pd.date_range("2024-03-30 20:00", periods=30, freq="h", tz=BERLIN)
AUTUMN = pd.date_range("2024-10-26 20:00", periods=30, freq="h", tz=BERLIN)
HALF_AUTUMN = pd.date_range("2024-10-26 20:00", periods=30, freq="30min", tz=BERLIN)


def on(index):
    """Return a series that counts its rows."""
    return pd.Series(np.arange(len(index), dtype=float), index=index)


def refused(index, *words, gaps="split"):
    with pytest.raises(ValueError, match="series") as error:
        stretches(on(index), gaps=gaps)
    text = str(error.value)
    assert "\n" not in text
    for word in words:
        assert word in text, text


EVEN = {
    "hours": HOURS,
    "the hours of a zone in spring": SPRING,
    "the hours of a zone in autumn": AUTUMN,
    "the half hours of a zone in autumn": HALF_AUTUMN,
    "the days of a zone": pd.date_range("2024-03-25", periods=20, tz=BERLIN),
    "six o'clock and noon on the wall": pd.date_range(
        "2024-10-20", periods=60, freq="6h"
    ).tz_localize(BERLIN),
    "months": pd.date_range("2020-01-01", periods=30, freq="MS"),
    "quarters": pd.date_range("2020-01-01", periods=30, freq="QS"),
    "working days": pd.bdate_range("2024-05-01", periods=30),
    "periods": pd.period_range("2020-01", periods=30, freq="M"),
    "durations": pd.to_timedelta(np.arange(9), unit="min"),
    "jitter": HOURS + pd.to_timedelta(np.resize([0, 90, -90], 20), unit="s"),
    "seconds as unit": HOURS.as_unit("s"),
    "dates of datetime": pd.Index([dt.date(2024, 5, d) for d in range(1, 9)]),
    "one row": HOURS[:1],
    "no row": HOURS[:0],
}


@pytest.mark.parametrize("index", EVEN.values(), ids=EVEN)
def test_even_steps_are_one_part(index):
    assert stretches(on(index)) == [slice(0, len(index))]


@pytest.mark.parametrize(
    "series", [np.arange(5), [1, 2], on([3, 1, 9]), on(list("ab")), on(HOURS).tolist()]
)
def test_other_indices_say_nothing_of_time(series):
    assert stretches(series) == [slice(0, None)]


def test_a_gap_is_refused_with_its_place_and_the_way_out():
    refused(
        GAP,
        "1 gap, first between 2024-05-01 06:00:00 and 2024-05-01 09:00:00",
        "(position 7), 3 hours instead of 1 hour",
        'gaps="split"',
        "series.to_numpy()",
        gaps="refuse",
    )


GAPS = {
    "hours": (GAP, [slice(0, 7), slice(7, 18)]),
    "periods": (
        pd.period_range("2020-01", periods=9, freq="M").delete(4),
        [slice(0, 4), slice(4, 8)],
    ),
    "months": (
        pd.date_range("2020-01-01", periods=9, freq="MS").delete(4),
        [slice(0, 4), slice(4, 8)],
    ),
    "a holiday among working days": (
        pd.bdate_range("2024-05-01", periods=15).delete(4),
        [slice(0, 4), slice(4, 14)],
    ),
    "a missing hour in the night of a zone": (
        AUTUMN.delete(6),
        [slice(0, 6), slice(6, 29)],
    ),
    "a missing day of a zone": (
        pd.date_range("2024-03-25", periods=9, tz=BERLIN).delete(3),
        [slice(0, 3), slice(3, 8)],
    ),
    "quarters of days, of which one has five hours": (
        pd.date_range("2024-03-29 06:00", "2024-04-02 18:00", freq="6h")
        .tz_localize(BERLIN)
        .delete([12, 13]),
        [slice(0, 12), slice(12, 17)],
    ),
}


@pytest.mark.parametrize(("index", "parts"), GAPS.values(), ids=GAPS)
def test_split_parts_end_at_gaps(index, parts):
    assert stretches(on(index), gaps="split") == parts


def test_no_split_mends_a_moment_that_is_there_twice():
    refused(HOURS.insert(6, HOURS[5]), "1 moment twice", "05:00:00 (position 6)")
    months = pd.PeriodIndex(["2024-01", "2024-02", "2024-02"], freq="M")
    refused(months, "2024-02 (position 2)", "duplicated()")


def test_no_split_mends_disorder():
    refused(HOURS[::-1], "19 steps back", "(position 1)", "sort_index()")
    refused(HOURS[[0, 1, 5, 3, 6]], "03:00:00 (position 3)", "1 step back")


def test_no_split_mends_a_row_without_a_time():
    refused(HOURS.insert(5, pd.NaT), "1 row without a time", "position 5")


def test_no_split_mends_mixed_steps():
    half = pd.date_range("2024-05-01 20:00", periods=12, freq="30min")
    refused(HOURS.append(half), "mixed steps", "mostly 1 hour, but 30 minutes")
    quarter = pd.date_range("2024-05-01 20:00", periods=8, freq="75min")
    refused(HOURS.append(quarter), "mixed steps", "1.25 hours", "2024-05-01 21:15")
    refused(HOURS.insert(5, HOURS[4] + pd.Timedelta("7min")), "7 minutes", "position 5")


def test_several_series_in_one_are_refused():
    both = pd.MultiIndex.from_product([["a", "b"], HOURS[:3]])
    refused(both, "several series in one", "xs(key)")


def test_times_of_several_zones_are_refused():
    moments = [pd.Timestamp("2024-05-01", tz=zone) for zone in ("UTC", BERLIN, None)]
    refused(pd.Index(moments, dtype=object), "utc=True")


def test_a_clock_without_a_zone_is_told_of_daylight_saving():
    naive = SPRING.tz_localize(None)
    refused(naive, "01:00:00 and 2024-03-31 03:00", "tz_localize", gaps="refuse")
    refused(AUTUMN.tz_localize(None), "1 moment twice", 'ambiguous="infer"')
    refused(HALF_AUTUMN.tz_localize(None), "1 step back", 'ambiguous="infer"')


def test_windows_never_reach_over_a_gap():
    series = on(GAP)
    windows = sliding_windows(series, 3, gaps="split")
    starts = window_starts(series, 3, gaps="split")
    assert starts.tolist() == [*range(5), *range(7, 16)]
    np.testing.assert_array_equal(windows[:, :, 0], starts[:, None] + np.arange(3))
    labels = window_labels(on(GAP) == 7, 3, gaps="split")
    assert np.flatnonzero(labels).tolist() == [5]


def test_a_stride_begins_anew_after_a_gap():
    assert window_starts(on(GAP), 3, stride=2, gaps="split").tolist() == [
        0, 2, 4, 7, 9, 11, 13, 15
    ]  # fmt: skip
    assert len(sliding_windows(on(GAP), 3, stride=2, gaps="split")) == 8


def test_forecast_windows_have_no_gap_before_their_target():
    inputs, targets, index = forecast_windows(on(GAP), 3, horizon=2, gaps="split")
    assert index.tolist() == [4, 5, 6, *range(11, 18)]
    np.testing.assert_array_equal(targets[:, 0], index)
    np.testing.assert_array_equal(inputs[:, -1, 0], index - 2)


def test_points_in_parts_too_short_are_told():
    series = on(HOURS.delete([2, 3]))
    with pytest.warns(UserWarning, match="2 points between gaps, in 1 part shorter"):
        assert window_starts(series, 3, gaps="split")[0] == 2
    with pytest.raises(ValueError, match="longest part has 16"):
        sliding_windows(series, 17, gaps="split")


@pytest.mark.parametrize(
    "call",
    [
        lambda s: sliding_windows(s, 3),
        lambda s: sliding_windows(s.to_frame(), 3),
        lambda s: window_starts(s, 3),
        lambda s: forecast_windows(s, 3),
        lambda s: window_labels(s > 3, 3),
        lambda s: SeasonalNaiveDetector(period=2).fit_series(s),
        lambda s: fitted().score_series(s),
        lambda s: fitted().forecast_series(s),
        lambda s: rebuilding().score_series(s),
        lambda s: rebuilding().alarms(s),
        lambda s: inject_faults(s, spikes=1, apart=2),
        lambda s: inject_faults(s, at=[3], change=4),
        lambda s: list(IteratorSource(s).read()),
        lambda s: echo_free_errors(lambda values: values, s, 1.0),
    ],
)
def test_whoever_reads_a_series_in_order_refuses_gaps(call):
    call(on(HOURS))
    with pytest.raises(ValueError, match=r"1 gap, first between 2024-05-01 06:00:00"):
        call(on(GAP))


def fitted():
    return SeasonalNaiveDetector(period=2).fit_series(np.arange(20.0) % 3)


def rebuilding():
    return WindowAutoencoderDetector(window=3, epochs=1, random_state=0).fit_series(
        np.arange(20.0) % 3
    )


def test_forecasts_and_scores_begin_anew_after_a_gap():
    detector = fitted()
    forecast = detector.forecast_series(on(GAP), gaps="split")
    assert np.flatnonzero(np.isnan(forecast)).tolist() == [0, 1, 7, 8]
    np.testing.assert_allclose(forecast[[2, 6, 9, 17]], [0, 4, 7, 15], atol=1e-9)
    scores = detector.score_series(on(GAP), gaps="split")
    assert np.flatnonzero(np.isnan(scores)).tolist() == [0, 1, 7, 8]


def test_fit_series_learns_from_the_windows_of_all_parts():
    detector = SeasonalNaiveDetector(period=2).fit_series(on(GAP), gaps="split")
    assert len(detector.decision_scores_) == 5 + 9


def test_a_part_is_scored_as_if_it_were_alone():
    detector, series = rebuilding(), on(GAP)
    scores = detector.score_series(series, gaps="split")
    np.testing.assert_allclose(scores[:7], detector.score_series(series[:7]))
    np.testing.assert_allclose(scores[7:], detector.score_series(series[7:]))


def test_alarms_do_not_go_on_over_a_gap():
    runs = rebuilding().alarms(on(GAP), threshold=-1.0, gaps="split")
    assert runs[["first window", "last window"]].to_numpy().tolist() == [
        [0, 4],
        [5, 13],
    ]
    assert runs["position"].tolist() == [2, 9]
    peaks = rebuilding().alarms(on(GAP), threshold=-1.0, gaps="split", mark="peak")
    assert peaks["position"].iloc[0] < 7
    assert peaks["position"].iloc[1] >= 7


def test_a_stuck_sensor_never_repeats_a_value_from_before_a_gap():
    index = pd.date_range("2024-05-01", periods=60, freq="h").delete([20, 21, 40])
    series = pd.Series(np.random.default_rng(0).normal(size=57), index=index)
    for seed in range(20):
        made = inject_faults(
            series,
            spikes=0,
            stuck=2,
            length=6,
            apart=3,
            random_state=seed,
            gaps="split",
        )
        for start in made.faults["start"]:
            assert not any(start - 1 < gap <= start + 5 for gap in (20, 38)), seed
    with pytest.raises(ValueError, match="leave no place"):
        inject_faults(series, spikes=0, stuck=1, length=25, apart=3, gaps="split")


def test_an_even_clock_changes_nothing():
    series = pd.Series(np.random.default_rng(0).normal(size=20), index=HOURS)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        windows = sliding_windows(series, 4)
        split = sliding_windows(series, 4, gaps="split")
        drawn = inject_faults(series, spikes=2, apart=3).series.to_numpy()
    assert np.shares_memory(windows, series.to_numpy())
    np.testing.assert_array_equal(windows, sliding_windows(series.to_numpy(), 4))
    np.testing.assert_array_equal(windows, split)
    plain = inject_faults(series.to_numpy(), spikes=2, apart=3).series
    np.testing.assert_array_equal(drawn, plain)


def test_texts_of_moments_are_moments():
    """As `read_csv(index_col=0)` leaves an index."""
    for spelling in ("%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%SZ"):
        refused(GAP.strftime(spelling), "1 gap", "3 hours instead", gaps="refuse")
        assert len(stretches(on(GAP.strftime(spelling)), gaps="split")) == 2
        assert stretches(on(HOURS.strftime(spelling))) == [slice(0, 20)]
    zoned = SPRING.map(lambda moment: moment.isoformat())  # of two offsets
    assert stretches(on(zoned)) == [slice(0, 30)]
    days = pd.date_range("2024-05-01", periods=9).delete(4).strftime("%Y-%m-%d")
    refused(days, "1 gap", "2 days instead of 1 day", gaps="refuse")


@pytest.mark.parametrize(
    "spelling",
    ["%m/%d/%Y %H:%M", "%d.%m.%Y", "%d/%m/%y %H:%M", "%Y/%m/%d %H:%M", "%d %b %Y",
     "%d-%b-%y", "%b %d, %Y %I:%M %p", "%a, %d %b %Y %H:%M", "%Y%m%dT%H%M%S"],
)  # fmt: skip
def test_times_in_other_spellings_are_refused_and_no_rows_are_counted(spelling):
    with pytest.raises(ValueError, match=r"has times as text, such as .*to_datetime"):
        stretches(on(GAP.strftime(spelling)))


@pytest.mark.parametrize(
    "wrap",
    [
        pd.CategoricalIndex,
        lambda index: pd.CategoricalIndex(index.astype(str)),
        lambda index: pd.IntervalIndex.from_arrays(index, index + pd.Timedelta("1h")),
    ],
)
def test_categories_and_intervals_of_times_are_a_clock(wrap):
    refused(wrap(GAP), "1 gap", "3 hours instead", gaps="refuse")
    assert len(stretches(on(wrap(GAP)), gaps="split")) == 2
    assert stretches(on(wrap(HOURS))) == [slice(0, 20)]
    names = pd.CategoricalIndex(["a", "b", "a"])
    assert stretches(on(names)) == [slice(0, None)]


def test_other_texts_say_nothing_of_time():
    versions = ["1.2.3", "1.2.24", "10.0.0.1", "05-01", "12345678", "May", "1/2/3"]
    assert stretches(on(pd.Index(versions))) == [slice(0, None)]
    for one in versions:
        assert stretches(on(pd.Index([one, one]))) == [slice(0, None)]
    for texts in (list("abca"), ["2024-05-01", "b", "b"], ["2024-05-01-x", "y"], [""]):
        assert stretches(on(pd.Index(texts))) in ([slice(0, None)],)


@pytest.mark.parametrize("names", [["load", "temp"], [0, 1]])
def test_a_series_with_its_columns_in_another_order_is_refused(names, tmp_path):
    values = np.c_[np.sin(np.arange(60) / 3), 100 + np.arange(60) % 5]
    frame = pd.DataFrame(values, columns=names)
    detector = SeasonalNaiveDetector(period=6).fit_series(frame)
    detector.save(tmp_path / "two.detector")
    for each in (detector, SeasonalNaiveDetector.load(tmp_path / "two.detector")):
        for method in (each.score_series, each.forecast_series):
            with pytest.raises(ValueError, match=r"series has column .* where fit saw"):
                method(frame[names[::-1]])
            expected = method(frame)
            np.testing.assert_array_equal(method(frame[each.column_labels_]), expected)
            np.testing.assert_array_equal(method(values), expected)
            named = frame.set_axis(["a", "b"], axis=1)  # nobody knows them
            np.testing.assert_array_equal(method(named), expected)
    with pytest.raises(ValueError, match="features"):
        detector.score_series(frame[names[1:]])


def test_a_series_with_another_step_than_what_was_fitted_is_said(tmp_path):
    hours = pd.date_range("2024-05-01", periods=60, freq="h")
    values = np.sin(np.arange(60) / 3)
    detector = SeasonalNaiveDetector(period=6)
    fitted = detector.fit_series(pd.Series(values, hours))
    fitted.save(tmp_path / "hours.detector")
    minutes = pd.Series(values, pd.date_range("2024-05-01", periods=60, freq="min"))
    for each in (fitted, SeasonalNaiveDetector.load(tmp_path / "hours.detector")):
        for method in (each.score_series, each.forecast_series):
            with pytest.warns(
                UserWarning, match=r"every 1 minute, .* every 1 hour: wi"
            ):
                method(minutes)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fitted.score_series(pd.Series(values, hours + pd.Timedelta("365D")))
        fitted.score_series(minutes.to_numpy())
        fitted.fit_series(values).score_series(minutes)
