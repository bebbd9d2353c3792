"""The network simulator: truth, rhythm, order, and attacks easy and hard."""

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import average_precision_score, roc_auc_score

from helpers.logs import COLUMNS, LogVectorizer, split_by_time
from helpers.simulation import simulate_network
from helpers.simulation.network_attacks import ATTACKS


@pytest.fixture(scope="module")
def log():
    return simulate_network(14)


def test_records_are_what_the_readers_return(log):
    records = log.records
    assert tuple(records.columns) == COLUMNS
    assert str(records["time"].dtype) == "datetime64[us, UTC]"
    assert records["time"].is_monotonic_increasing
    assert not records.isna().any().any()
    assert (records[["duration", "bytes_sent", "bytes_received"]] >= 0).all().all()
    assert records["port"].between(1, 65_535).all()


def test_the_truth_agrees_with_itself(log):
    assert np.array_equal(log.y, (log.attack != "").astype(int))
    assert log.episodes["kind"].value_counts().to_dict() == dict.fromkeys(ATTACKS, 2)
    assert log.episodes["lines"].sum() == log.y.sum()
    for one in log.episodes.itertuples():
        times = log.records["time"][log.attack == one.kind]
        inside = times.between(one.start, one.stop)
        assert inside.sum() == one.lines
        assert times[inside].iloc[[0, -1]].tolist() == [one.start, one.stop]
    assert f"{log.y.sum():,} of attacks" in repr(log)


def test_each_half_has_every_attack(log):
    middle = pd.Timestamp("2024-01-15", tz="UTC")
    first = log.episodes[log.episodes["stop"] < middle]
    second = log.episodes[log.episodes["start"] >= middle]
    assert set(first["kind"]) == set(second["kind"]) == set(ATTACKS)
    assert len(first) + len(second) == len(log.episodes)


def test_people_have_a_daily_rhythm_and_free_days(log):
    time = log.records["time"][log.y == 0]
    working = time[time.dt.day_of_week < 5]
    by_hour = working.dt.hour.value_counts()
    assert by_hour[[9, 10, 11, 14, 15]].min() > 20 * by_hour[[1, 2, 3, 4]].max()
    by_day = time.dt.day_of_week.value_counts()
    assert 0.3 < by_day[[5, 6]].mean() / by_day[[0, 1, 2, 3, 4]].mean() < 0.6
    clock = log.records["time"][log.records["service"] == "ntp"].dt.hour
    assert clock.value_counts().max() < 3 * clock.value_counts().min()


def test_the_rate_is_the_one_asked_for():
    quiet = simulate_network(5, attacks=None, rows_per_day=3_000)
    assert abs(len(quiet) / 5 - 3_000) < 200
    assert quiet.y.sum() == 0
    assert quiet.episodes.empty


def test_sizes_have_heavy_tails(log):
    sent = log.records["bytes_sent"][log.y == 0].to_numpy(float)
    assert sent.max() > 500 * np.median(sent)
    assert sent.mean() > 4 * np.median(sent)


def test_lookups_come_before_visits(log):
    """There is an order to learn: after DNS, the same client opens a page."""
    normal = log.records[log.y == 0]
    after = normal.shift(-1)[(normal["service"] == "dns").to_numpy()]
    pages = ["http", "https"]
    assert after["service"].isin(pages).mean() > 0.8
    assert normal["service"].isin(pages).mean() < 0.7


def test_the_seed_decides_everything():
    one, same = (simulate_network(2, 7, rows_per_day=500) for _ in range(2))
    pd.testing.assert_frame_equal(one.records, same.records)
    pd.testing.assert_frame_equal(one.episodes, same.episodes)
    other = simulate_network(2, 8, rows_per_day=500)
    assert not one.records["time"].head(20).equals(other.records["time"].head(20))


def test_three_attacks_are_plain_and_one_hides(log):
    """Line by line; a model of sequences, or sums per host, may do better."""
    train, test, y_train, _, _, kind = split_by_time(
        log.records, log.y, log.attack, at="2024-01-15"
    )
    vectorizer = LogVectorizer().fit(train)
    model = HistGradientBoostingClassifier(random_state=0, max_iter=20)
    model.fit(vectorizer.transform(train), y_train)
    scores = model.predict_proba(vectorizer.transform(test))[:, 1]
    precision = {}
    for name in ATTACKS:
        rows = (kind == "") | (kind == name)
        y = kind[rows] == name
        precision[name] = average_precision_score(y, scores[rows])
        if name != "exfiltration":
            assert roc_auc_score(y, scores[rows]) > 0.98
    assert precision.pop("exfiltration") < 0.5
    assert min(precision.values()) > 0.9


def test_exfiltration_shows_in_sums(log):
    """What one line hides, the uploads of a day to one rare host show."""
    web = log.records[log.records["service"] == "https"].assign(kind=log.attack[
        (log.records["service"] == "https").to_numpy()
    ])  # fmt: skip
    pairs = web.groupby([web["time"].dt.date, "source", "destination"])
    busy = pairs.size().sort_values().tail(2)
    stealthy = web[web["kind"] == "exfiltration"].groupby(["source", "destination"])
    assert set(stealthy.groups) == {pair[1:] for pair in busy.index}


def test_clean_days_stay_clean():
    late = simulate_network(4, 1, clean_days=2, rows_per_day=500)
    assert (late.episodes["start"] >= pd.Timestamp("2024-01-10", tz="UTC")).all()
    assert set(late.episodes["kind"]) == set(ATTACKS)


@pytest.mark.parametrize("kind", ATTACKS)
def test_one_kind_alone(kind):
    log = simulate_network(
        1, attacks=[kind], episodes_per_attack=1, rows_per_day=200, clients=3
    )
    assert set(log.attack) == {"", kind}
    assert simulate_network(1, attacks=kind, rows_per_day=200).y.sum() > 0


def test_files_have_the_lines_that_are_returned(tmp_path):
    log = simulate_network(1, rows_per_day=100)
    for write in (log.to_json_lines, log.to_text_lines, log.to_csv):
        lines = write(tmp_path / "log")
        assert (tmp_path / "log").read_bytes() == ("\n".join(lines) + "\n").encode()
        assert lines == write()
        assert not any("attack" in line for line in write(labels=False))
    assert len(log.to_csv(dialects=[1])) == len(log) + 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"attacks": ["worm"]}, "'worm' is no attack of the simulator; choose from"),
        ({"days": 0}, "days must be a whole number of at least 1"),
        ({"days": 1.5}, "days must be a whole number"),
        ({"rows_per_day": 3}, "rows_per_day must be"),
        ({"clean_days": 7}, "leaves no time for attacks"),
        ({"episodes_per_attack": 0}, "episodes_per_attack must be"),
        ({"start": "2024-01-08 10:00"}, "start must be midnight"),
        ({"start": "yesterday-ish"}, "is no time"),
        ({"clients": 1}, "clients must be"),
        ({"attacks": 5}, "5 is no attack of the simulator"),
        ({"attacks": [["flood"]]}, "is no attack of the simulator"),
        ({"random_state": "x"}, "random_state must be None, a whole number"),
        ({"random_state": -1}, "random_state must be None, a whole number"),
        ({"random_state": 1.5}, "random_state must be None, a whole number"),
    ],
)
def test_impossible_networks_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message) as error:
        simulate_network(**arguments)
    assert "\n" not in str(error.value)


def test_impossible_dialects_are_refused():
    log = simulate_network(1, attacks=None, rows_per_day=50)
    for dialects in ([4], []):
        with pytest.raises(ValueError, match="dialects must name some of 0 to 3"):
            log.to_csv(dialects=dialects)
