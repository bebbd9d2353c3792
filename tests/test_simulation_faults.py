"""Faults in a series: where they are, what they change, and what they leave alone."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.evaluation import events_from_labels
from helpers.simulation import inject_faults

WAVE = 10 + 3 * np.sin(np.arange(600) / 7.3)


@given(
    spikes=st.integers(0, 6),
    stuck=st.integers(0, 4),
    apart=st.integers(1, 30),
    seed=st.integers(0, 1000),
)
def test_faults_are_where_the_labels_say_and_apart(spikes, stuck, apart, seed):
    options = {"length": 5, "apart": apart, "random_state": seed}
    if not spikes + stuck:
        with pytest.raises(ValueError, match="no faults asked for"):
            inject_faults(WAVE, spikes=0, stuck=0, **options)
        return
    made = inject_faults(WAVE, spikes=spikes, stuck=stuck, **options)
    events = events_from_labels(made.y)
    starts = made.faults["start"].tolist()
    stops = (made.faults["start"] + made.faults["points"]).tolist()
    assert events == list(zip(starts, stops, strict=True))
    assert (np.diff([0, *starts]) >= apart).all()
    assert all(b - a >= apart for a, b in zip(stops, [*starts[1:], 600], strict=True))
    assert np.array_equal(made.series[made.y == 0], WAVE[made.y == 0])
    kinds = made.faults["kind"].value_counts().to_dict()
    assert (kinds.get("spike", 0), kinds.get("stuck", 0)) == (spikes, stuck)


def test_a_spike_is_one_value_of_the_size_asked_for():
    made = inject_faults(WAVE, spikes=8, size=(0.5, 0.8))
    moved = (made.series - WAVE)[made.y == 1] / WAVE.std()
    assert len(moved) == 8
    assert ((np.abs(moved) >= 0.5) & (np.abs(moved) <= 0.8)).all()
    assert {-1, 1} == set(np.sign(moved))
    assert np.allclose(made.faults["change"], moved * WAVE.std())


def test_a_stuck_sensor_repeats_its_last_good_value():
    made = inject_faults(WAVE, spikes=0, stuck=3, length=9)
    for start, stop in events_from_labels(made.y):
        assert stop - start == 9
        assert (made.series[start:stop] == WAVE[start - 1]).all()


def test_a_pandas_series_keeps_its_times_and_the_given_one_is_left_alone():
    times = pd.date_range("2000-06-05", periods=600, freq="30min")
    given_series = pd.Series(WAVE, times, name="demand")
    made = inject_faults(given_series)
    assert made.series.index.equals(times)
    assert made.series.name == "demand"
    assert given_series.equals(pd.Series(WAVE, times, name="demand"))
    assert repr(made) == "<series of 600 points with faults: 4 spike>"


def test_the_same_seed_makes_the_same_faults():
    first, second, other = (inject_faults(WAVE, random_state=s) for s in (1, 1, 2))
    assert np.array_equal(first.series, second.series)
    assert not np.array_equal(first.y, other.y)


def test_spikes_at_named_points_change_the_series_by_exactly_so_much():
    whole = np.round(WAVE * 1000)
    made = inject_faults(whole, at=[104, 422, 204], change=[3000, -4000, 3000])
    moved = made.series - whole
    assert np.flatnonzero(moved).tolist() == [104, 204, 422]
    assert moved[[104, 204, 422]].tolist() == [3000, 3000, -4000]
    assert np.array_equal(made.y, moved != 0)
    assert made.faults["change"].tolist() == [3000, 3000, -4000]
    assert made.faults["kind"].tolist() == ["spike"] * 3


def test_one_change_is_for_all_named_points_and_neighbours_are_allowed():
    made = inject_faults(WAVE, at=(0, 1, 599), change=2.5)
    assert np.flatnonzero(made.y).tolist() == [0, 1, 599]
    assert made.series - WAVE == pytest.approx(2.5 * made.y)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"at": [5]}, "give both"),
        ({"change": 3}, "give both"),
        ({"at": [], "change": 3}, "at names no position"),
        ({"at": [600], "change": 3}, "at has position 600; the series ends at 599"),
        ({"at": [-1], "change": 3}, "a position in at"),
        ({"at": [2.5], "change": 3}, "a position in at"),
        ({"at": [5, 5], "change": 3}, "position twice"),
        ({"at": [5, 6, 7], "change": [3, 4]}, "change has 2 numbers for 3 positions"),
        ({"at": [5], "change": 0}, "a change of 0 is no fault"),
        ({"at": [5], "change": np.nan}, "change has 1 missing"),
        ({"at": [5], "change": 3, "stuck": 1}, "leave out spikes and stuck"),
        ({"at": [5], "change": 3, "spikes": 2}, "leave out spikes and stuck"),
        ({"spikes": 30}, "30 faults and gaps of 24 need 774 points"),
        ({"size": 2}, "size must be"),
        ({"size": (2, 1)}, "the most of size"),
        ({"size": (0, 1)}, "the least size"),
        ({"stuck": 1, "length": 1}, "length"),
        ({"spikes": -1}, "spikes"),
        ({"apart": 0}, "apart"),
        ({"random_state": "x"}, "random_state"),
        ({"random_state": 1.5}, "random_state"),
        ({"at": [5], "change": 1e-30}, "spike at position 5 would change"),
    ],
)
def test_what_cannot_be_is_said_in_a_line(options, words):
    with pytest.raises(ValueError, match=words) as error:
        inject_faults(WAVE, **options)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("series", [np.ones(600), 1e200 * WAVE])
def test_spikes_without_a_size_are_no_faults(series):
    with pytest.raises(ValueError, match=r"would change .* with at and change"):
        inject_faults(series)


def test_a_sensor_may_be_stuck_where_nothing_changes():
    assert inject_faults(np.ones(600), spikes=0, stuck=1).y.sum() == 12


def test_a_gap_in_the_series_is_refused():
    with pytest.raises(ValueError, match="series"):
        inject_faults([1.0, np.nan] * 300)
