"""The numbers in the flaws of cards, computed again; and the counter of flaws."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.datasets import card, load
from helpers.datasets.flaws import audit_stamps, audit_table


def said(name, *parts):
    """Assert that one flaw of the card has all parts of the text."""
    flaws = card(name).flaws
    assert any(all(part in flaw for part in parts) for flaw in flaws), (parts, flaws)


# --- bundled sets -----------------------------------------------------------------


def test_heart():
    heart = load("heart")
    table = heart.extra["table"]
    codes = (table["ca"] == 4).sum(), (table["thal"] == 0).sum()
    either = ((table["ca"] == 4) | (table["thal"] == 0)).sum()
    said("heart", "ca = 4 in {} rows and thal = 0 in {} rows".format(*codes))
    said("heart", f"{either} rows in all")
    assert np.flatnonzero(table.duplicated(keep=False)).tolist() == [163, 164]
    said("heart", "Rows 163 and 164")
    # disease goes with angina under effort and silent chest pain, as medicine has it
    assert heart.y[table["exang"] == 1].mean() > 2 * heart.y[table["exang"] == 0].mean()
    assert heart.y[table["cp"] == 0].mean() > 2 * heart.y[table["cp"] != 0].mean()
    said("heart", "target = 1 means healthy")
    men = table["sex"] == 1
    shares = [round(100 * heart.y[who].mean()) for who in (men, ~men)]
    said("heart", f"{men.sum()} men, {(~men).sum()} women")
    said("heart", "{} % of the men and {} % of the women".format(*shares))


def test_keel_tables():
    X = load("yeast4").X
    said("yeast4", f"erl has {X['erl'].nunique()} distinct values")
    said("yeast4", f"pox has {X['pox'].nunique()}.")
    X = load("abalone19").X
    parts = X[["shucked_weight", "viscera_weight", "shell_weight"]].sum(axis=1)
    said("abalone19", f"{(X['height'] == 0).sum()} animals have height 0")
    said("abalone19", f"{(X['whole_weight'] < parts).sum()} weigh less whole")


def test_elecdemand():
    dataset = load("elecdemand")
    events = dataset.extra["events"]
    days = dataset.X["Demand"].to_numpy().reshape(365, 48)
    means, dates = days.mean(axis=1), dataset.X.index[::48]
    starts = events["start"].to_numpy() // 48
    change = {}
    for name, start in zip(events["name"], starts, strict=True):
        near = [start + 7 * weeks for weeks in (-3, -2, -1, 1, 2, 3)]
        near = [day for day in near if 0 <= day < 365 and day not in starts]
        change[name] = means[start] / np.median(means[near]) - 1
    assert round(100 * change["Boxing Day"]) == -24
    assert min(change, key=change.get) == "Boxing Day"
    assert abs(change["Australia Day"]) < 0.03 > abs(change["Labour Day"])
    said("elecdemand", "24 % lower on Boxing Day", "within 3 % on Australia Day and")
    highest = dates[np.argsort(days.max(axis=1))[-5:]].sort_values()
    assert [day.strftime("%d %b") for day in highest] == [
        "14 Jan", "15 Jan", "16 Jan", "17 Jan", "28 Jan",
    ]  # fmt: skip
    said("elecdemand", "14 to 17 and 28 January")


def test_water_flow():
    low = load("water-flow").X["flow_l_per_s"].to_numpy() < 80
    edges = np.flatnonzero(np.diff(np.r_[0, low, 0]))
    stretches = zip(edges[::2], edges[1::2] - 1, strict=True)
    first, second, third = (f"{start}-{stop}" for start, stop in stretches)
    said("water-flow", f"positions {first}, {second} and {third}.")


def test_shuttle_and_landsat():
    assert card("shuttle").rows == 58_000 - 8_903  # 8,903 rows of class 4
    X = load("satellite").X.to_numpy()
    overlap = (X[1:, :4] == X[:-1, 4:8]).all(axis=1).mean()
    said("satellite", f"{100 * overlap:.0f} % of the rows start with the second pixel")
    anomalies = load("satimage-2").X[-71:]
    said("satimage-2", f"{len(anomalies.drop_duplicates())} are distinct")


def test_satellite_classes_are_of_unequal_difficulty():
    from sklearn.ensemble import IsolationForest
    from sklearn.metrics import roc_auc_score

    dataset = load("satellite")
    soil = dataset.extra["soil_class"]
    forest = IsolationForest(random_state=0).fit(dataset.X.to_numpy())
    scores = -forest.score_samples(dataset.X.to_numpy())
    for rare, published in ((2, 0.98), (5, 0.75), (4, 0.23)):
        rows = (dataset.y == 0) | (soil == rare)
        area = roc_auc_score(dataset.y[rows], scores[rows])
        assert area == pytest.approx(published, abs=0.04)
    said("satellite", "0.98 on class 2, 0.75 on class 5 and 0.23 on class 4")


def test_optdigits_zeros_are_no_better_than_chance():
    from sklearn.decomposition import PCA
    from sklearn.metrics import roc_auc_score

    dataset = load("optdigits")
    X = dataset.X.to_numpy(float)
    model = PCA(0.9).fit(X)
    residual = X - model.inverse_transform(model.transform(X))
    area = roc_auc_score(dataset.y, (residual**2).sum(axis=1))
    said("optdigits", f"ROC-AUC {area:.2f}")
    zeros = dataset.X[dataset.y == 1]
    said("optdigits", f"{len(zeros.drop_duplicates())} are distinct")


def test_wisconsin():
    table = load("breastw").extra["table"]
    said("breastw", f"{table['V6'].isna().sum()} of the {len(table)} rows lack")
    said("breastw", f"{table['ID'].duplicated().sum()} of the 699 rows carry")
    complete = table.dropna()
    benign = complete[complete["class"] == "benign"].filter(like="V")
    distinct = len(benign.drop_duplicates())
    said("WBC", f"{distinct} benign rows are the distinct ones of {len(benign)}")


# --- sets from the mirror ---------------------------------------------------------


@pytest.mark.parametrize("name", ["krm_http", "krm_smtp"])
def test_odds_variants_of_kdd(name, load_or_skip):
    dataset = load_or_skip(name)
    anomalies = dataset.X[dataset.y == 1]
    repeats = int(anomalies.duplicated().sum())
    distinct = len(anomalies) - repeats
    if name == "krm_smtp":
        said(name, f"{len(anomalies)} anomalies", f"{distinct} of them distinct")
        return
    normal = dataset.X[dataset.y == 0].drop_duplicates()
    twins = len(anomalies.merge(normal))
    said(name, f"{repeats:,} of the {len(anomalies):,}", f"{distinct} are distinct")
    said(name, f"{twins:,} are identical to rows labelled normal")
    assert dataset.X.min().tolist() == pytest.approx([np.log(0.1)] * 3)


def test_edited_points_stay_within_the_range(load_or_skip):
    for name in ("krm_timeseries2", "krm_timeseries5_anomaly"):
        dataset = load_or_skip(name)
        values = dataset.X["value"].to_numpy()
        edited, others = values[dataset.y == 1], values[dataset.y == 0]
        assert others.min() < edited.min() <= edited.max() < others.max()
        said(name, "within the range")


def test_power_demand(load_or_skip):
    dataset = load_or_skip("power_demand_nl_1997")
    peaks = dataset.X["demand"].to_numpy().reshape(357, 12).max(axis=1)
    labelled = dataset.y.reshape(357, 12).any(axis=1)
    days = dataset.X.index[::12]
    working = days.day_of_week < 5
    quiet = np.where(working & ~labelled, peaks, np.inf).argmin()
    assert days[quiet] == pd.Timestamp("1997-05-09")
    median = int(np.median(peaks[working]))
    said("power_demand_nl_1997", f"{peaks[quiet]:.0f} against a median of {median}")
    holidays, sundays = peaks[labelled & working], peaks[days.day_of_week == 6]
    said("power_demand_nl_1997", f"({holidays.min():.0f} to {holidays.max():.0f})")
    said("power_demand_nl_1997", f"({sundays.min():.0f} to {sundays.max():.0f})")


def test_kdd_files(load_or_skip):
    train, test = load_or_skip("kdd99_10pct_smtp"), load_or_skip("nsl_kdd_test")
    attacks = pd.Series(train.extra["attack"]).value_counts()
    said("kdd99_10pct_smtp", f"{train.y.sum()} attacks, {attacks['neptune']} of them")
    known = load_or_skip("nsl_kdd_train20").extra["attack"]
    unknown = ~pd.Series(test.extra["attack"]).isin(known).to_numpy()
    kinds = len(set(test.extra["attack"][unknown]))
    said("nsl_kdd_test", f"{kinds} kinds of attack ({unknown.sum():,} rows)")
    assert set(test.X["su_attempted"]) == {0, 1, 2}


@pytest.mark.parametrize("name", ["deepad_8020", "deepad_9010", "deepad_all"])
def test_deepad_labels(load_or_skip, name):
    dataset = load_or_skip(name)
    hidden = dataset.extra["y_corrected"][dataset.y == 0]
    share = f"({100 * hidden.mean():.1f} %)"
    said(name, f"{hidden.sum():,} of the {len(hidden):,} rows", share)
    assert dataset.extra["train"]["srv_count"].max() == 510
    assert dataset.X["srv_count"].max() == 511


def test_taxi_on_independence_day(load_or_skip):
    dataset = load_or_skip("nab_nyc_taxi")
    trips = dataset.X["value"].resample("D").sum()
    fridays = trips[trips.index.day_of_week == 4]
    fewer = 1 - trips["2014-07-04"] / fridays.median()
    said("nab_nyc_taxi", f"{100 * fewer:.0f} % fewer")
    assert not dataset.y[dataset.X.index.normalize() == "2014-07-04"].any()


def test_pima_zeros(load_or_skip):
    zeros = (load_or_skip("adbench_Pima").X == 0).sum()
    columns = ["glucose", "blood_pressure", "skin_fold", "insulin", "body_mass_index"]
    words = ("plasma glucose", "blood pressure", "skin fold", "insulin", "body mass")
    for column, word in zip(columns, words, strict=True):
        said("adbench_Pima", f"{zeros[column]} in {word}")


def test_hdfs_sessions(load_or_skip):
    dataset = load_or_skip("hdfs_sessions")
    sessions, abnormal = dataset.X["events"], dataset.y == 1
    known = {event for session in sessions[~abnormal] for event in session}
    unknown = sessions[abnormal].map(lambda session: not known.issuperset(session))
    said("hdfs_sessions", f"{unknown.sum():,} of the {abnormal.sum():,} abnormal")
    lengths = sessions.map(len)
    said("hdfs_sessions", f"{(lengths[abnormal] < 11).sum():,} abnormal sessions are")
    assert lengths[~abnormal].min() == 13


def test_blue_gene_templates_are_the_labels(load_or_skip):
    dataset = load_or_skip("loghub_BGL_2k")
    shares = pd.Series(dataset.y).groupby(dataset.X["EventId"]).mean()
    assert set(shares) == {0.0, 1.0}
    fatal = (dataset.X["Level"] == "FATAL").sum()
    said("loghub_BGL_2k", f"{fatal} lines are FATAL, {dataset.y.sum()} are alerts")


# --- the counter of flaws ---------------------------------------------------------


def test_flaws_of_a_small_table():
    X = pd.DataFrame({"a": [1, 1, 2, 3, 9], "b": 0, "c": [1, 1, None, 4, 5]})
    y = np.array([0, 1, 0, 0, 1])
    assert audit_table(X, y) == (
        "Repeated rows: 1 of 5.",
        "Missing values: 1.",
        "Constant columns: 1 of 3.",
        "Rows with a twin that has the other label: 2.",
    )


def test_labels_in_blocks_and_a_telling_column():
    X = pd.DataFrame({"good": range(40), "noise": [k * 7 % 40 for k in range(40)]})
    first, last = np.repeat([1, 0], [4, 36]), np.repeat([0, 1], [36, 4])
    for y, end in ((first, "first"), (last, "last")):
        assert audit_table(X, y) == (
            f"Anomalies come {end}: shuffle before you split by position.",
            "Column good alone reaches ROC-AUC 1.0000.",
        )


@given(st.lists(st.integers(0, 3), min_size=1, max_size=30), st.integers(0, 5))
def test_repeats_are_counted(values, copies):
    X = pd.DataFrame({"a": values + values[:1] * copies, "b": "x"})
    repeats = len(X) - len(set(values))
    sentence = f"Repeated rows: {repeats} of {len(X)}."
    assert (sentence in audit_table(X)) == (repeats > 0)


@given(st.data())
def test_gaps_and_repeats_of_time_stamps_are_counted(data):
    stamps = pd.date_range("2020-01-01", periods=60, freq="h").to_numpy()
    inner = st.integers(1, 58)
    dropped = data.draw(st.sets(inner, max_size=8))
    kept = [stamp for k, stamp in enumerate(stamps) if k not in dropped]
    twice = data.draw(st.sets(st.sampled_from(range(len(kept))), max_size=5))
    index = pd.DatetimeIndex(sorted(kept + [kept[k] for k in twice]))
    expected = [f"Repeated time stamps: {len(twice)}."] if twice else []
    expected += [f"Missing time steps: {len(dropped)}."] if dropped else []
    assert list(audit_stamps(index)) == expected
    backwards = audit_stamps(index[::-1])
    assert backwards == ("The time stamps are not in order.", *expected)
