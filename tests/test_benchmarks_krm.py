"""krmonline's networks: published sizes and readings, and tables from small fakes."""

import csv
from types import ModuleType

import numpy as np
import pytest

from benchmarks import (
    krm_forecast,
    krm_mnist,
    krm_models,
    krm_reconstruction,
    krm_tables,
    published,
    results,
)
from benchmarks.results import NOTHING, Units, mean, spread
from helpers.datasets import DatasetUnavailable
from helpers.detectors import AutoencoderDetector, ForecastDetector
from helpers.paths import kit_root


def days(points=453):
    return 9000 + 3000 * np.sin(np.arange(points) * 2 * np.pi / 48)


# -- published sizes


def test_the_forecaster_has_its_published_sizes():
    X, share = krm_forecast.published_windows(days())
    assert (len(X), share * len(X)) == (433, pytest.approx(143))
    detector = ForecastDetector.published(
        epochs=1, scaling=None, validation_fraction=share, random_state=0
    )
    training, validation = detector.fit(X / 9000)._split(433)
    assert (len(training), len(validation)) == (290, 143)
    assert validation[0] == 290
    found = krm_forecast.sizes(detector, detector.score_series(days()))
    expected = {name: int(published.FORECAST[name]) for name in found}
    assert found == expected
    assert len(found) == 2


def test_the_recurrent_autoencoder_has_its_published_sizes():
    X = krm_reconstruction.windows(days() / 9000)[:-1]
    assert len(X) == 448
    for changes in krm_reconstruction.NETWORKS.values():
        method = krm_reconstruction.RecurrentAutoencoder({**changes, "epochs": 1}, 0)
        method.fit(X)
        parameters = int(published.RECONSTRUCTION["parameters"])
        assert method.facts() == {"parameters": parameters}


def test_the_mnist_autoencoder_has_its_published_sizes():
    X = np.random.default_rng(0).random((12, 100))
    detector = AutoencoderDetector.published("mnist", epochs=1, scaling=None).fit(X)
    assert krm_mnist.parameters(detector) == int(published.MNIST["parameters"])
    assert krm_mnist.parameters(object()) == 0


def test_mnist_is_split_as_published():
    y = (np.arange(7603) < 700).astype(int)
    train, validation, test = krm_mnist.parts(y, 0)
    assert len(test) == 761
    assert (
        len(train) + len(validation) + y[test].sum()
        == 7603 - 761 - 700 + 2 * y[test].sum()
    )
    assert not y[train].any()
    assert not y[validation].any()
    assert not np.intersect1d(np.r_[train, validation], test).size
    assert (krm_mnist.parts(y, 1)[2] != test).any()


# -- published readings


def test_the_mnist_report_is_read_with_its_arguments_in_order():
    y = np.r_[np.ones(28 + 43), np.zeros(11 + 679)]
    alarms = np.r_[np.ones(28), np.zeros(43), np.ones(11), np.zeros(679)]
    found = krm_mnist.named(krm_mnist.flagged(y, alarms), "at 0.03")
    for measure, value in found.items():
        assert published.MNIST[measure].split(",")[0] == mean([value]), measure
    swapped = krm_mnist.flagged(alarms, y)
    assert (mean([swapped["precision"]]), mean([swapped["recall"]])) == ("0.39", "0.72")


def test_the_label_takes_part_in_scaling_and_changes_nothing():
    X = np.random.default_rng(0).normal(size=(20, 3))
    scaled = krm_mnist.published_scaling(X, np.arange(20) % 2)
    assert scaled.shape == (20, 3)
    np.testing.assert_allclose(scaled.min(axis=0), 0)
    np.testing.assert_allclose(scaled.max(axis=0), 1)


def test_three_components_find_the_four_published_detections(load_or_skip):
    first, fourth = (
        load_or_skip(f"krm_timeseries{number}").X.to_numpy().ravel()
        for number in (1, 4)
    )
    method = krm_reconstruction.make(krm_reconstruction.PCA_3, 0)
    method.fit(krm_reconstruction.windows(krm_forecast.own_range(first))[:-1])
    changed = krm_reconstruction.with_faults(fourth)
    assert np.flatnonzero(changed != fourth).tolist() == [10, 50, 90, 150]
    test = krm_reconstruction.windows(krm_forecast.own_range(changed))
    alarms = method.errors(test) > krm_reconstruction.PUBLISHED_THRESHOLD
    assert krm_reconstruction.marks(alarms) == [10, 51, 90, 150]
    assert krm_reconstruction.detections(alarms) == {
        "faults found": 4,
        "false alarms": 0,
    }


def test_ten_linear_weights_find_both_faults_of_the_second_series(load_or_skip):
    first, second = (
        krm_forecast.own_range(load_or_skip(name).X.to_numpy().ravel())
        for name in ("krm_timeseries1", "krm_timeseries2")
    )
    forecaster = krm_forecast.LinearForecaster(10).fit_series(first[:300])
    errors = np.abs(second - forecaster.forecast_series(second))
    assert np.flatnonzero(errors > 0.3).tolist() == [239, 240, 432]


# -- what counts as found


@pytest.mark.parametrize(
    ("alarms", "echo", "found", "false"),
    [
        ([], 1, 0, 0),
        ([20], 1, 1, 0),
        ([19], 1, 1, 0),
        ([21], 1, 1, 0),
        ([22], 1, 0, 1),
        ([22], 10, 0, 0),
        ([20, 30], 10, 1, 0),
        ([20, 31], 10, 1, 1),
        ([5, 6, 7, 20, 60, 61], 10, 2, 1),
        ([18], 10, 0, 1),
    ],
)
def test_a_fault_is_found_within_a_point_and_its_echo_is_not_false(
    alarms, echo, found, false
):
    flags = np.zeros(100, dtype=bool)
    flags[alarms] = True
    counts = krm_forecast.located(flags, (20, 60), echo=echo)
    assert counts == {"faults found": found, "false alarms": false}


def test_forecast_errors_are_judged_at_both_thresholds():
    errors = np.r_[np.full(10, np.nan), np.zeros(443)]
    errors[[239, 240, 432, 115, 300]] = [-0.38, 0.5, -0.31, 0.1, 0.05]
    normal = np.array([0.01, -0.04])
    found = krm_forecast.judged(normal, errors)
    assert found["faults found, at 0.3"] == 2
    assert found["faults found, validation threshold"] == 3
    assert found["false alarms, validation threshold"] == 1  # 300
    assert found["largest error away from faults"] == 0.05
    assert found["error at 240"] == 0.5
    assert found["MSE of the validation points"] == pytest.approx(0.00085)
    assert found["dots at 240 and 431 only"] == 0


def test_forecasts_that_are_too_low_move_the_dots():
    errors = np.r_[np.full(10, np.nan), np.zeros(443)]
    errors[[239, 240, 431, 432]] = [-0.35, 0.45, 0.23, -0.35]
    found = krm_forecast.judged(np.zeros(2), errors)
    assert found["dots at 240 and 431 only"] == 0
    assert found["the same, forecasts 0.08 too low"] == 1


def test_a_run_of_windows_is_one_detection_at_the_end_of_its_first():
    alarms = np.zeros(60, dtype=bool)
    alarms[[6, 7, 8, 47, 48]] = True
    assert krm_reconstruction.marks(alarms) == [10, 51]
    assert krm_reconstruction.detections(alarms) == {
        "faults found": 2,
        "false alarms": 0,
    }
    alarms[20] = True
    assert krm_reconstruction.detections(alarms)["false alarms"] == 1


def test_a_linear_forecaster_continues_a_line():
    series = np.arange(60.0)
    forecaster = krm_forecast.LinearForecaster(10).fit_series(series)
    said = forecaster.forecast_series(series)
    assert np.isnan(said[:10]).all()
    np.testing.assert_allclose(said[10:], series[10:], atol=1e-3)


# -- tables


def runs_of(name, *, f1=(0.25, 0.5)):
    """Return two runs in which all methods of a model have found something."""
    model = krm_tables.MODELS[name]
    names = dict.fromkeys((model.network, model.ours, model.simple))
    runs = []
    for value in f1:
        found = {method: {"F1": value, "seconds": 3.0} for method in names}
        found[model.network] |= {"parameters": 7, "MSE": value / 1000, "seconds": 60.0}
        found[model.simple] |= {"parameters": 0, "seconds": 0.02}
        runs.append(found)
    return runs


def test_the_summary_has_published_ours_and_a_twin_side_by_side():
    model = krm_tables.MODELS["mnist"]
    assert krm_tables.summary(model, runs_of("mnist")) == [
        ("mnist", "method", NOTHING, model.network, NOTHING, model.ours, model.simple),
        ("mnist", "F1", NOTHING, "0.38", "0.25 to 0.50", "0.38 (0.25 to 0.50)",
         "0.38 (0.25 to 0.50)"),
        ("mnist", "parameters", published.MNIST["parameters"], "7", NOTHING, NOTHING,
         NOTHING),
        ("mnist", "MSE", NOTHING, "0.00038", "0.00025 to 0.00050", NOTHING, NOTHING),
        ("mnist", "time to train, simple twin = 1", NOTHING, "about 3000", NOTHING,
         "about 200", "1"),
    ]  # fmt: skip


def test_all_methods_are_told_but_for_parameters_that_are_none():
    rows = krm_tables.details(krm_tables.MODELS["mnist"], runs_of("mnist"))
    told = [row[2] for row in rows if row[1] == "parameters"]
    assert told == [krm_mnist.NETWORK]
    assert {row[1] for row in rows} >= {"F1", "MSE"}


def test_small_numbers_keep_the_digits_that_count():
    assert mean([0.000776, 0.0008]) == "0.00079"
    assert spread([0.000776, 0.0008]) == "0.00078 to 0.00080"
    assert (mean([0.0000647]), mean([0.00297589])) == ("0.000065", "0.0030")
    assert (mean([0.0, 0.0]), mean([0.004, 0.02])) == ("0.00", "0.01")


@pytest.fixture
def fakes(monkeypatch):
    """Replace all models by quick ones; return a function that makes one fail."""
    heart = ModuleType("benchmarks.heart")
    heart.calls = []

    def all_runs(units):
        def work(*, split):
            heart.calls.append(split)
            return runs_of("heart")[split]

        return [units.get({"split": split}, work) for split in (0, 1)]

    heart.all_runs = all_runs
    monkeypatch.setattr(krm_models, "heart", heart)
    monkeypatch.setattr(krm_models, "fingerprint", lambda module: "code")
    parts = {
        name: lambda units, name=name: [
            units.get({"model": name, "seed": seed}, lambda run=run, **_: run)
            for seed, run in enumerate(runs_of(name))
        ]
        for name in ("letter", "mnist", "forecast", "reconstruction")
    }
    first = {"heart": krm_models.RUNS["heart"]}
    monkeypatch.setattr(krm_models, "RUNS", first | parts)

    def fail(*names, error):
        def absent(units):
            raise error

        for name in names:
            monkeypatch.setitem(krm_models.RUNS, name, absent)

    fail.heart = heart
    return fail


def test_a_second_run_computes_nothing(tmp_path, fakes):
    path = tmp_path / "krm_models.jsonl"
    first, second = Units(path, "code"), Units(path, "code")
    before = krm_models.table(first)
    second._found = results._read_lines(path)
    assert krm_models.table(second) == before
    assert (first.computed, second.computed, second.kept) == (10, 0, 10)
    assert set(before) == {"krm_models", "krm_models_methods"}


def test_heart_is_read_from_its_own_units(tmp_path, fakes):
    own = Units(tmp_path / "heart.jsonl", "code")
    fakes.heart.all_runs(own)
    krm_models.table(Units(tmp_path / "krm_models.jsonl", "code"))
    assert fakes.heart.calls == [0, 1]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (DatasetUnavailable("krm_x (9 kB) is absent: put it at /here"), "is absent."),
        (ImportError("No module named 'keras'"), "No module named 'keras'."),
    ],
)
def test_a_model_without_its_data_is_left_out_with_the_reason(
    tmp_path, fakes, capsys, error, told
):
    fakes("mnist", error=error)
    tables = krm_models.table(Units(tmp_path / "krm_models.jsonl", "code"))
    summary = tables["krm_models"]
    assert "mnist" not in {row[0] for row in summary.rows}
    assert summary.notes[-1].startswith("mnist is left out: ")
    assert summary.notes[-1].endswith(told)
    assert "mnist: left out: " in capsys.readouterr().out
    assert {row[0] for row in tables["krm_models_methods"].rows} == {
        "timeseries, forecasts",
        "timeseries, reconstruction",
    }


def test_without_any_data_the_benchmark_is_skipped(tmp_path, fakes):
    fakes(*krm_models.RUNS, error=DatasetUnavailable("nothing is here: go away"))
    with pytest.raises(DatasetUnavailable, match="nothing is here") as stopped:
        krm_models.table(Units(tmp_path / "krm_models.jsonl", "code"))
    assert "go away" not in str(stopped.value)


def test_the_committed_table_has_every_published_number():
    path = kit_root() / "docs" / "results" / "krm_models.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for model in krm_tables.MODELS.values():
        found = {r["measure"]: r["published"] for r in rows if r["model"] == model.told}
        assert found.items() >= model.published.items()
    parts = (published.HEART, published.LETTER, published.MNIST, published.FORECAST,
             published.RECONSTRUCTION)  # fmt: skip
    same = {part["parameters"] for part in parts}
    same |= {published.FORECAST["forecasts"], published.RECONSTRUCTION["windows"]}
    equal = {
        row["published"] for row in rows if row["published"] == row["as published"]
    }
    assert equal >= same
