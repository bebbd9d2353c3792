"""What the loaders return: known values, equal copies, nothing shared."""

import dataclasses
import gzip
import hashlib
import io
import subprocess
import sys
import timeit

import numpy as np
import pandas as pd
import pytest

from helpers.datasets import card, load, names
from helpers.datasets.files import read_file
from helpers.datasets.readers.kdd import DEEPAD_COLUMNS


@pytest.fixture
def bytes_or_skip():
    """Return `read_file`, but skip with its one-line reason."""
    from helpers.datasets import DatasetUnavailable

    def read(name):
        try:
            return read_file(name)
        except DatasetUnavailable as error:
            pytest.skip(str(error))

    return read


# --- the contract -----------------------------------------------------------------


def test_a_data_set_is_frozen():
    dataset = load("heart")
    with pytest.raises(dataclasses.FrozenInstanceError):
        dataset.X = None
    with pytest.raises(TypeError):
        dataset.extra["table"] = None
    assert repr(dataset) == "<heart: 303 rows, 13 features, 138 anomalies (45.5 %)>"
    assert repr(load("taylor")) == "<taylor: 4,032 rows, 1 feature, no labels>"


@pytest.mark.parametrize("name", [name for name in names() if card(name).bundled])
def test_changing_a_data_set_does_not_change_the_next_load(name):
    first, untouched = load(name), load(name)
    for value in (first.X, *first.extra.values()):
        spoil(value)
    if first.y is not None:
        first.y[:] = 7
    again = load(name)
    pd.testing.assert_frame_equal(again.X, untouched.X)
    assert np.array_equal(again.y, untouched.y)
    for key, value in untouched.extra.items():
        assert pd.DataFrame(value).equals(pd.DataFrame(again.extra[key]))


def spoil(value):
    """Change a frame or an array in place."""
    if isinstance(value, pd.DataFrame):
        value.iloc[:, 0] = value.iloc[-1, 0]
        value["new"] = 1
    else:
        value[:] = value[-1]


def test_loading_shuttle_takes_under_half_a_second():
    """The best of three, so that a busy machine doesn't decide."""
    load("heart")  # imports
    assert min(timeit.repeat(lambda: load("shuttle"), number=1, repeat=3)) < 0.5


def test_importing_the_data_sets_is_light():
    heavy = [
        "sklearn",
        "scipy",
        "h5py",
        "pooch",
        "requests",
        "matplotlib",
        "keras",
        "tensorflow",
    ]
    code = (
        "import sys, helpers.datasets as d; before = set(sys.modules); d.load('heart');"
        f"print([m for m in {heavy} if m in before])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


# --- bundled tables ---------------------------------------------------------------


def test_heart_calls_disease_the_anomaly_and_keeps_the_table():
    heart = load("heart")
    table = heart.extra["table"]
    assert list(table.columns) == [*heart.feature_names, "target"]
    assert table.shape == (303, 14)
    assert np.array_equal(heart.y, 1 - table["target"])
    assert table.iloc[0].tolist() == [63, 1, 3, 145, 233, 1, 0, 150, 0, 2.3, 0, 0, 1, 1]


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("page-blocks0", {"height": (1, 804), "p_black": (0.052, 1)}),
        ("yeast4", {"mcg": (0.11, 1), "nuc": (0, 1)}),
        ("abalone19", {"length": (0.075, 0.815), "whole_weight": (0.002, 2.8255)}),
        ("shuttle", {"f1": (27, 126)}),
        ("wine", {"alcohol": (11.03, 14.34), "proline": (278, 1450)}),
    ],
)
def test_columns_have_their_names_and_ranges(name, columns):
    X = load(name).X
    for column, limits in columns.items():
        assert (X[column].min(), X[column].max()) == pytest.approx(limits)


def test_kdd_pairs_have_named_columns_and_text_columns():
    X = load("kddcup-land_vs_satan").X
    assert X.shape[1] == 41
    assert set(X["protocol_type"].unique()) <= {"tcp", "udp", "icmp"}
    assert (X["land"] == load("kddcup-land_vs_satan").y).all()


def test_satellite_and_satimage_2_keep_the_soil_class():
    satellite, satimage = load("satellite"), load("satimage-2")
    soil = satellite.extra["soil_class"]
    assert np.array_equal(satellite.y == 1, np.isin(soil, [2, 4, 5]))
    assert np.array_equal(satimage.y == 1, satimage.extra["soil_class"] == 2)
    assert satimage.X[satimage.y == 1].drop_duplicates().shape[0] == 69


def test_optdigits_keeps_the_digits_of_scikit_learn():
    """The test part comes first, and is what scikit-learn calls `load_digits`."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    dataset = load("optdigits")
    kept = digits.data[digits.target != 0]
    assert np.array_equal(dataset.X.iloc[: len(kept)], kept)
    assert np.array_equal(dataset.y == 1, dataset.extra["digit"] == 0)


@pytest.mark.parametrize(
    "name",
    [
        "satellite",
        "satimage-2",
        "optdigits",
        "breastw",
        "WBC",
        "WDBC",
        "wine",
        "shuttle",
    ],
)
def test_odds_variants_equal_the_archives_of_adbench(name, load_or_skip):
    archive = load_or_skip(f"adbench_{name}")
    dataset = load(name)
    assert np.array_equal(dataset.X.to_numpy(), archive.X.to_numpy())
    assert np.array_equal(dataset.y, archive.y)


# --- series -----------------------------------------------------------------------


def assert_events_are_the_labels(dataset):
    y = np.zeros(len(dataset.X), dtype=int)
    for event in dataset.extra["events"].itertuples():
        assert 0 <= event.start < event.stop <= len(y)
        y[event.start : event.stop] = 1
    assert np.array_equal(y, dataset.y)


def assert_steps(index, step):
    assert (index[1:] - index[:-1] == pd.Timedelta(step)).all()


def test_victoria_has_ten_holidays_on_the_weekdays_off():
    dataset = load("elecdemand")
    table = dataset.extra["table"]
    off = (table["WorkDay"] == 0) & (table.index.day_of_week < 5)
    assert np.array_equal(dataset.y, off)
    assert len(dataset.extra["events"]) == 10
    assert dataset.feature_names == ("Demand", "Temperature")
    assert dataset.X.index[0] == pd.Timestamp("2014-01-01")
    assert_steps(dataset.X.index, "30min")
    assert_events_are_the_labels(dataset)


def test_taylor_is_twelve_weeks_from_a_monday():
    X = load("taylor").X
    assert X.index[0] == pd.Timestamp("2000-06-05")
    assert X.index[0].day_name() == "Monday"
    assert_steps(X.index, "30min")
    assert len(X) == 12 * 7 * 48


def test_water_flow_is_in_utc():
    index = load("water-flow").X.index
    assert index[0] == pd.Timestamp("2022-03-20T10:00:00Z")
    assert index.is_monotonic_increasing


def test_the_ucr_event_and_its_training_part():
    dataset = load("ucr-internalbleeding16")
    assert np.array_equal(np.flatnonzero(dataset.y), np.arange(4187, 4199))
    assert dataset.extra["train"].equals(dataset.X.iloc[:1200])
    assert_events_are_the_labels(dataset)


def test_injected_points_of_the_reference_course(load_or_skip):
    fifth, fourth = load_or_skip("krm_timeseries5"), load_or_skip("krm_timeseries4")
    difference = (fifth.X["value"] - fourth.X["value"]).round(2)
    assert np.flatnonzero(fifth.y).tolist() == [104, 204, 304, 422]
    assert difference[difference != 0].to_dict() == {
        104: 3000.0,
        204: 3000.0,
        304: 3000.0,
        422: -4000.0,
    }
    second = load_or_skip("krm_timeseries2")
    assert np.flatnonzero(second.y).tolist() == [115, 239, 431]
    assert second.X["value"][[115, 239, 431]].tolist() == [9474, 4791.70, 11068.09]
    assert_events_are_the_labels(fifth)
    assert_events_are_the_labels(second)


@pytest.mark.parametrize(
    ("number", "first", "last", "largest"),
    [
        (1, [7009.73, 5900.36, 5076.96], [9039.17, 9550.00], 15975.11),
        (2, [6826.22, 5707.21, 4923.98], [9045.36, 9567.79], 15844.00),
        (3, [7459.63, 6227.03, 5394.17], [10067.27, 10568.75], 17547.47),
        (4, [7539.44, 6344.32, 5492.83], [10057.20, 10562.77], 17604.59),
    ],
)
def test_series_of_the_reference_course(number, first, last, largest, load_or_skip):
    values = load_or_skip(f"krm_timeseries{number}").X["value"]
    assert len(values) == 453
    assert values.head(3).tolist() == first
    assert values.tail(2).tolist() == last
    assert values.max() == largest


def test_power_demand_is_51_weeks_with_nine_days(load_or_skip):
    dataset = load_or_skip("power_demand_nl_1997")
    index, y = dataset.X.index, dataset.y
    assert len(index) == 51 * 84
    assert index[0] == pd.Timestamp("1997-01-06")
    assert_steps(index, "2h")
    days = index[dataset.extra["events"]["start"]]
    assert [day.strftime("%a %d %b") for day in days] == [
        "Fri 28 Mar", "Mon 31 Mar", "Wed 30 Apr", "Mon 05 May", "Thu 08 May",
        "Mon 19 May", "Sat 04 Oct", "Thu 25 Dec", "Fri 26 Dec",
    ]  # fmt: skip
    weeks = np.flatnonzero(y.reshape(51, 84).any(axis=1))
    assert weeks.tolist() == [11, 12, 16, 17, 19, 38, 50]
    quarters = dataset.extra["quarter_hours"]["demand"]
    assert quarters.head().tolist() == [950, 939, 943, 971, 1014]
    assert quarters.mean() == pytest.approx(1144.04, abs=0.005)
    assert (quarters[index] == dataset.X["demand"]).all()
    assert_events_are_the_labels(dataset)


NAB = [name for name in names() if card(name).reader == "nab"]


@pytest.mark.parametrize("name", NAB)
def test_nab_windows(name, load_or_skip):
    dataset = load_or_skip(name)
    stamps = dataset.X.index
    inside = np.zeros(len(stamps), dtype=bool)
    for window in dataset.extra["windows"].itertuples():
        inside |= (stamps >= window.start) & (stamps <= window.stop)
    assert np.array_equal(dataset.y, inside)
    assert stamps.isin(dataset.extra["point_labels"])[inside].any()
    assert_events_are_the_labels(dataset)


def test_nab_cpu_is_the_published_series(load_or_skip):
    dataset = load_or_skip("nab_ec2_cpu_53ea38")
    values = dataset.X["value"]
    assert values.mean() == pytest.approx(1.82956, abs=5e-6)
    assert values.std() == pytest.approx(0.10146, abs=5e-6)
    assert dataset.extra["windows"].astype(str).to_numpy().tolist() == [
        ["2014-02-19 10:50:00", "2014-02-20 03:30:00"],
        ["2014-02-23 11:45:00", "2014-02-24 04:25:00"],
    ]


# --- MATLAB, NumPy archives -------------------------------------------------------


@pytest.mark.parametrize("name", ["http", "smtp", "letter", "cardio", "mnist"])
def test_matlab_files_equal_the_archives_of_adbench(name, load_or_skip):
    """http and smtp are HDF5, where X lies transposed."""
    matlab, archive = load_or_skip(f"krm_{name}"), load_or_skip(f"adbench_{name}")
    assert np.array_equal(matlab.X.to_numpy(), archive.X.to_numpy())
    assert np.array_equal(matlab.y, archive.y)


def test_smtp_has_the_published_moments(load_or_skip):
    X = load_or_skip("krm_smtp").X
    assert X.mean().tolist() == pytest.approx([-0.668439, 7.190579, 5.858137], abs=1e-6)
    assert X.std().tolist() == pytest.approx([1.762620, 0.630525, 0.234866], abs=1e-6)


# --- KDD Cup 1999 -----------------------------------------------------------------


@pytest.mark.parametrize("service", ["smtp", "http"])
def test_rows_of_a_service_equal_the_derived_files(
    service, load_or_skip, bytes_or_skip
):
    dataset = load_or_skip(f"kdd99_10pct_{service}")
    text = gzip.decompress(bytes_or_skip(f"kdd99_10pct_{service}"))
    derived = pd.read_csv(io.BytesIO(text))
    label = derived.pop("label").str.rstrip(".")
    pd.testing.assert_frame_equal(dataset.X, derived)
    assert (dataset.extra["attack"] == label).all()


def test_attacks_of_kdd99(load_or_skip):
    train, test = load_or_skip("kdd99_10pct"), load_or_skip("kdd99_corrected")
    known = set(train.extra["attack"])
    assert len(known) == 23
    assert len(set(test.extra["attack"])) == 38
    assert (~pd.Series(test.extra["attack"]).isin(known)).sum() == 18_729
    assert not any(name.endswith(".") for name in known)


def as_csv(X, y):
    return X.assign(target=y).to_csv(index=False, lineterminator="\n").encode()


def test_deepad_training_rows_are_rebuilt_bit_for_bit(load_or_skip, bytes_or_skip):
    dataset = load_or_skip("deepad_train_inliers")
    text = as_csv(dataset.X, dataset.y)
    blob = hashlib.sha1(b"blob %d\0" % len(text) + text).hexdigest()
    assert blob == "38c6ac88055d31c046f3af67b778f70341629f18"
    assert text == gzip.decompress(bytes_or_skip("deepad_train_inliers"))
    assert list(dataset.feature_names) == DEEPAD_COLUMNS


def test_deepad_rows_are_the_same_with_all_columns(load_or_skip):
    narrow, wide = (load_or_skip(f"deepad_8020{kind}") for kind in ("", "_all_columns"))
    names = list(narrow.feature_names)
    assert wide.X.shape[1] == 41
    assert np.array_equal(wide.X[names], narrow.X)
    for part in ("train", "X_validation"):
        assert np.array_equal(wide.extra[part][names], narrow.extra[part])
    assert np.array_equal(wide.extra["y_corrected"], narrow.extra["y_corrected"])


@pytest.mark.parametrize(("split", "hidden"), [("8020", 1896), ("9010", 2136)])
def test_deepad_splits_are_rebuilt_bit_for_bit(
    split, hidden, load_or_skip, bytes_or_skip
):
    dataset = load_or_skip(f"deepad_{split}")
    for target, kind in enumerate(["inliers", "outliers"]):
        rows = dataset.y == target
        published = bytes_or_skip(f"deepad_{split}_test_{kind}")
        assert as_csv(dataset.X[rows], target) == published
    assert dataset.extra["train"].shape == (97_278, 18)
    attack, corrected = dataset.extra["attack"], dataset.extra["y_corrected"]
    assert np.array_equal(corrected, attack != "normal")
    assert ((dataset.y == 0) & (corrected == 1)).sum() == hidden
    if split == "8020":  # the validation rows are the same in both
        assert_validation_rows(dataset, bytes_or_skip)


def test_deepads_whole_test_part_is_all_but_the_validation_rows(load_or_skip):
    whole, drawn = load_or_skip("deepad_all"), load_or_skip("deepad_8020")
    parts = [whole.extra["attack"], drawn.extra["attack_validation"]]
    everything = load_or_skip("kdd99_corrected").extra["attack"]
    assert sorted(np.concatenate(parts)) == sorted(everything)
    assert np.bincount(whole.y).tolist() == [63_458, 185_366]
    rows, others = ({*map(tuple, part.X.to_numpy())} for part in (drawn, whole))
    assert rows <= others


def assert_validation_rows(dataset, bytes_or_skip):
    y = dataset.extra["y_validation"]
    for target, kind in enumerate(["inliers", "outliers"]):
        rebuilt = as_csv(dataset.extra["X_validation"][y == target], target)
        assert rebuilt == bytes_or_skip(f"deepad_8020_val_{kind}")
    attack = dataset.extra["attack_validation"]
    assert np.array_equal(dataset.extra["y_corrected_validation"], attack != "normal")


def test_nsl_kdd_names_attacks_and_difficulty(load_or_skip):
    dataset = load_or_skip("nsl_kdd_test")
    assert dataset.extra["attack"][:3].tolist() == ["neptune", "neptune", "normal"]
    assert dataset.extra["difficulty"][:3].tolist() == [21, 21, 21]
    assert dataset.feature_names[-1] == "dst_host_srv_rerror_rate"


# --- logs -------------------------------------------------------------------------


def test_hdfs_sessions_are_tuples_of_events(load_or_skip):
    dataset = load_or_skip("hdfs_sessions")
    events = dataset.X["events"]
    assert events[0] == (5, 5, 5, 22, 11, 9, 11, 9, 11, 9, 26, 26, 26, 23, 23, 23,
                         21, 21, 21)  # fmt: skip
    assert events[:4855].map(len).sum() == 95_125
    assert events[4855:].map(len).sum() == 284_818
    assert dataset.y[:4855].sum() == 0
    assert dataset.y[4855:].all()


def test_blue_gene_alerts_are_not_in_x(load_or_skip):
    dataset = load_or_skip("loghub_BGL_2k")
    assert "Label" not in dataset.X
    assert np.array_equal(dataset.y, dataset.extra["alert"] != "-")
    assert dataset.X["EventId"].nunique() == 120


@pytest.mark.parametrize(
    ("name", "templates"),
    [("HDFS_2k", 14), ("OpenSSH_2k", 27), ("Linux_2k", 118), ("Zookeeper_2k", 50)],
)
def test_log_samples_keep_their_text(name, templates, load_or_skip):
    X = load_or_skip(f"loghub_{name}").X
    assert X["EventId"].nunique() == templates
    assert not X.isna().to_numpy().any()


def test_plain_tables(load_or_skip):
    attacks = load_or_skip("deepad_attack_types").X
    assert attacks["category"].value_counts().to_dict() == {
        "r2l": 8, "dos": 6, "probe": 4, "u2r": 4,
    }  # fmt: skip
    windows = load_or_skip("nab_combined_windows").X
    assert (windows["start"] < windows["stop"]).all()
    labels = load_or_skip("nab_combined_labels").X
    assert labels["timestamp"].dtype.kind == "M"
    assert set(labels["series"]) == set(windows["series"])
    assert load_or_skip("loghub_HDFS_templates").X["EventId"].is_unique
