"""The benchmark on KDD99: its own pieces, and the published numbers that are exact."""

import json
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score

from benchmarks import (
    deepad_charts,
    deepad_columns,
    deepad_figures,
    deepad_kdd,
    deepad_metrics,
    deepad_times,
    published,
    timing,
)
from benchmarks.results import Units, write_table
from helpers.detectors import PCADetector
from helpers.serving.measures import MEASURES, overview
from helpers.serving.published import ComponentDistanceDetector
from helpers.thresholds import oracle_threshold

RANDOM = np.random.default_rng(0)
NORMAL = RANDOM.random((300, 4)) * [1.0, 0.4, 0.2, 0.1]


class Recorder:
    """A detector that remembers what it was given; its score is the first column."""

    def fit(self, X):
        self.rows = X
        return self

    def decision_function(self, X):
        return X[:, 0]


def split(normal=80, anomalies=20):
    y = np.r_[np.zeros(normal, int), np.ones(anomalies, int)]
    X = pd.DataFrame(RANDOM.random((len(y), 4)) + y[:, np.newaxis])
    extra = {
        "train": pd.DataFrame(NORMAL),
        "y_corrected": np.where(np.arange(len(y)) < 5, 1, y),
        "X_validation": pd.concat([X, X[y == 1]], ignore_index=True),
        "y_validation": np.r_[y, np.ones(anomalies, int)],
    }
    return SimpleNamespace(X=X, y=y, extra=extra)


# ------------------------------------------------------------------------ the methods


def test_the_published_score_of_pca_depends_on_signs_that_mean_nothing():
    scores = {
        signs: ComponentDistanceDetector(signs=signs)
        .fit(NORMAL)
        .decision_function(NORMAL)
        for signs in [(1, 1), (-1, -1)]
    }
    assert np.corrcoef(*scores.values())[0, 1] < 0.5
    mirrored = ComponentDistanceDetector(signs=(1, 1)).fit(NORMAL)
    assert (
        np.abs(mirrored.components_).argmax(1) == mirrored.components_.argmax(1)
    ).all()


@pytest.mark.parametrize(
    "method",
    [
        "PCA 2, distance from components, as published",
        "one-class SVM, as published",
    ],
)
def test_published_numbers_are_met(load_or_skip, method):
    data = load_or_skip("deepad_8020")
    detector = deepad_kdd.METHODS[method][1](0).fit(data.extra["train"].to_numpy())
    found = deepad_kdd.judged(detector, data, 0)
    told = (f"{found['ROC-AUC']:.3f}", f"{found['accuracy, oracle']:.3f}")
    assert published.DEEPAD[deepad_kdd.METHODS[method][0]] == told


def test_first_batches_are_fifteen():
    recorder = Recorder()
    deepad_kdd.FirstBatches(recorder).fit(np.zeros((9000, 2)))
    assert len(recorder.rows) == 15 * 256


def test_fewer_rows_are_drawn_once_each():
    recorder, X = Recorder(), np.arange(100.0)[:, np.newaxis]
    deepad_kdd.FewerRows(recorder, 30, seed=1).fit(X)
    assert len(np.unique(recorder.rows)) == 30
    deepad_kdd.FewerRows(recorder, 300, seed=1).fit(X)
    assert np.array_equal(recorder.rows, X)


def test_the_mean_of_networks_is_a_mean():
    parts = [PCADetector(n_components=k) for k in (1, 2)]
    mean = deepad_kdd.MeanOfNetworks(parts).fit(NORMAL)
    expected = sum(part.decision_function(NORMAL) for part in parts) / 2
    np.testing.assert_allclose(mean.decision_function(NORMAL), expected)
    assert deepad_kdd.parameters(mean) == 0


def test_every_method_can_be_made_or_says_what_it_lacks():
    for name, (family, make) in deepad_kdd.METHODS.items():
        assert family in (*published.DEEPAD, "")
        if not deepad_kdd._why_absent(name):
            assert hasattr(make(0), "decision_function")


def test_each_published_model_has_its_networks():
    names = (
        "autoencoder 15-7-2, as published",
        "VAE 15-7-2, as published",
        "BiGAN, 15 batches, as published",
        "sequence to sequence, as published",
    )
    X = RANDOM.random((40, 18))
    for name in names:
        count = published.DEEPAD_PARAMETERS[deepad_kdd.METHODS[name][0]]
        detector = deepad_kdd.METHODS[name][1](0)
        getattr(detector, "detector", detector).set_params(epochs=1)
        assert deepad_kdd.parameters(detector.fit(X) and detector) == count


# ------------------------------------------------------------------------ the protocol


def test_the_validation_part_is_thinned_to_the_share_of_the_test():
    data = split()
    y = data.extra["y_validation"][deepad_kdd.thinned(data, 0)]
    assert y.mean() == data.y.mean() == 0.2
    assert (y == 0).sum() == 80


def test_the_published_draws_come_from_the_first_hundred_of_each_kind():
    data = split(normal=300, anomalies=200)
    draws = deepad_kdd.published_draws(data, 0)
    assert (data.y[draws] == 0).sum() == 400
    assert (data.y[draws] == 1).sum() == 80
    assert draws[data.y[draws] == 0].max() < 100
    assert draws[data.y[draws] == 1].max() < 400


def test_judging_tells_both_kinds_of_label_and_both_thresholds():
    found = deepad_kdd.judged(Recorder(), split(), 0)
    assert found["ROC-AUC"] == 1.0
    assert found["ROC-AUC, right labels"] < 1.0
    assert found["accuracy, oracle"] == 1.0
    assert found["accuracy, validation"] <= found["accuracy, oracle"]


def test_the_table_has_every_method_on_both_splits(tmp_path, monkeypatch):
    found = {"parameters": 0, "times PCA": 2.0, "times PCA to score": 3.0}
    judged = {
        name: deepad_kdd.judged(Recorder(), split(), 1) for name in ("8020", "9010")
    }
    found |= {
        name: deepad_kdd.judged(Recorder(), split(), 0) for name in ("8020", "9010")
    }

    def unit(*, method, seed):
        both = {"also": {deepad_kdd.SECOND_SCORE: judged}}
        return found | (both if method == "BiGAN, trained, feature matching" else {})

    monkeypatch.setattr(deepad_kdd, "unit", unit)
    monkeypatch.setattr(deepad_kdd, "PROCESSES", 1)
    monkeypatch.setattr(deepad_kdd.deepad_times, "table", lambda units: "times")
    monkeypatch.setattr(deepad_kdd.deepad_columns, "table", lambda units: "columns")
    monkeypatch.setattr(deepad_kdd.deepad_columns, "attacks_table", lambda units: "")
    monkeypatch.setattr(
        deepad_kdd, "_why_absent", lambda name: "why" if "ECOD" in name else ""
    )
    units = Units(tmp_path / "units.jsonl", "code")
    tables = deepad_kdd.table(units)
    main = tables["deepad_kdd"]
    assert len(main.rows) == 2 * len(deepad_kdd.METHODS)
    assert {row[0] for row in main.rows} == {"8020", "9010"}
    assert any("PyOD ECOD is left out: why" in note for note in main.notes)
    chance = found["8020"]["chance AP"]
    assert main.notes[0].startswith(f"Chance AP is on split 8020 {chance:.2f}, with")
    told = {row[1]: row[2] for row in main.rows if row[0] == "8020"}
    pca = told["PCA 2, distance from components, as published"]
    assert pca == published.DEEPAD["PCA"][0]
    again = Units(tmp_path / "units.jsonl", "code")
    deepad_kdd.table(again)
    assert again.computed == 0
    assert again.kept == units.computed


# --------------------------------------------------------------------- time, columns


def test_the_slow_search_and_ours_find_the_same():
    y, scores = RANDOM.integers(0, 2, 400), RANDOM.random(400).round(2)
    slow = deepad_times.try_each(y, scores)
    ours = oracle_threshold(y, scores, metric="accuracy")
    assert accuracy_score(y, scores > slow) == accuracy_score(y, scores > ours)


def test_shares_are_of_our_time(monkeypatch):
    took = iter([2.0, 9.0, 2.0] + [8.0] * 3 + [4.0] * 3)
    monkeypatch.setattr(timing, "seconds", lambda work: next(took))
    monkeypatch.setattr(timing, "LEAST_TIME", 0.0)
    works = dict.fromkeys(["ours", "Keras", "PyOD"], print)
    assert timing.shares(works) == {"Keras": 0.25, "PyOD": 0.5}


def test_the_floor_and_the_curve_find_what_the_kit_finds():
    random = np.random.default_rng(1)
    X = random.random((300, 18))
    ours = deepad_times.published(0).set_params(epochs=1).fit(X)
    floor = deepad_times.floor_of(ours)
    np.testing.assert_allclose(floor(X), ours.decision_function(X), rtol=1e-4)
    with pytest.raises(ValueError, match="finite numbers"):
        floor(X[:, :3])
    y, scores = random.integers(0, 2, 400), random.random(400).round(2)
    cut = deepad_times.from_curve(y, scores)
    best = oracle_threshold(y, scores, metric="accuracy")
    assert accuracy_score(y, scores >= cut) == accuracy_score(y, scores > best)


def test_an_attack_is_ranked_among_normal_rows():
    columns = deepad_columns.DEEPAD_COLUMNS
    attack = np.array(["normal"] * 20 + ["loud"] * 10 + ["quiet"] * 10 + ["rare"] * 3)
    X = pd.DataFrame(np.zeros((len(attack), len(columns))), columns=columns)
    X.iloc[20:30] = 7.0
    data = SimpleNamespace(
        X=X, y=(attack != "quiet").astype(int) * (attack != "normal"),
        extra={"attack": attack, "train": X[:20]},
    )  # fmt: skip
    scores = np.where(attack == "loud", 2.0, np.where(attack == "quiet", -1.0, 0.0))
    found = deepad_columns.attacks(data, scores)
    assert found == {"loud": (10, 0.0, True, 1.0), "quiet": (10, 1.0, False, 0.0)}


def test_columns_are_prepared_from_training_rows_only(load_or_skip, monkeypatch):
    data = load_or_skip("deepad_8020_all_columns")
    deepad_columns.prepared.cache_clear()
    train, test, *_ = deepad_columns.prepared("23, the others")
    assert np.isfinite(test).all()
    numbers = train[:, train.std(axis=0) > 0][:, -10:]
    np.testing.assert_allclose(numbers.mean(axis=0), 0, atol=1e-6)
    changed = SimpleNamespace(X=data.X.assign(src_bytes=10**9), extra=data.extra)
    monkeypatch.setattr(deepad_columns, "everything", lambda: changed)
    deepad_columns.prepared.cache_clear()
    again, *_ = deepad_columns.prepared("23, the others")
    deepad_columns.prepared.cache_clear()
    assert np.array_equal(train, again)


# -------------------------------------------------------- deepad's measures and keys


def by_trying(y, scores):
    """Return what deepad's evaluation does: each score tried, the best one rounded.

    Of equally good ones the highest; deepad's sort leaves that open.
    """
    tried = sorted(set(scores), reverse=True)
    best = max(tried, key=lambda score: accuracy_score(y, scores > score))
    rounded = round(best, 3)
    return rounded, accuracy_score(y, scores > rounded)


def a_run(y, scores):
    found = deepad_metrics.judged(y, scores)
    right = {"ROC-AUC, right labels": 0.5}
    parts = dict.fromkeys(deepad_metrics.SPLITS, found | right)
    return {**parts, "480 draws": found, "scores": list(scores)}


def runs_of(y, scores):
    return {model: [a_run(y, scores)] * 2 for model in published.DEEPAD_METRICS}


def test_the_threshold_is_rounded_after_it_was_found():
    y = np.array([0, 0, 0, 1, 1])
    scores = np.array([0.1, 0.2004, 0.2004, 0.2006, 0.3])
    found = deepad_metrics.judged(y, scores)
    assert (found["exact"]["threshold"], found["exact"]["acc"]) == (0.2004, 1.0)
    # 0.2 lies below the two equal scores: two normal rows are flagged
    assert (found["rounded"]["threshold"], found["rounded"]["acc"]) == (0.2, 0.6)
    assert deepad_figures.cost_of_rounding(found) == pytest.approx(0.4)


@pytest.mark.parametrize("seed", range(5))
def test_the_rounded_search_is_deepads(seed):
    random = np.random.default_rng(seed)
    y = random.permutation(np.repeat([0, 1], [80, 20]))
    scores = random.normal(size=100) + y
    found = deepad_metrics.judged(y, scores)["rounded"]
    threshold, accuracy = by_trying(y, scores)
    assert (found["threshold"], found["acc"]) == (threshold, accuracy)


@pytest.mark.parametrize("model", deepad_metrics.REPEATABLE)
def test_all_published_figures_of_what_is_not_drawn_are_met(load_or_skip, model):
    load_or_skip("deepad_8020")
    data = deepad_kdd.part("8020")
    detector = deepad_kdd.METHODS[deepad_metrics.PUBLISHED[model][0]][1](0)
    detector.fit(data.extra["train"].to_numpy())
    scores = detector.decision_function(data.X.to_numpy())
    found = deepad_metrics.judged(data.y, scores)["rounded"]
    told = {key: f"{found[key]:.3f}" for key in MEASURES}
    assert told == published.DEEPAD_METRICS[model]
    assert f"{found['threshold']:.3f}" == {"PCA": "5.361"}.get(model, "0.005")


def test_the_figures_are_36_each_beside_the_row_of_the_published_model():
    y, scores = np.repeat([0, 1], [8, 2]), np.arange(10) / 10
    rows = {model: name for model, (name, _) in deepad_metrics.PUBLISHED.items()}
    assert set(rows) == set(published.DEEPAD_METRICS)
    assert all(name.endswith("as published") for name in rows.values())
    table = deepad_figures.published_and_ours(runs_of(y, scores), rows)
    assert len(table.rows) == 36
    assert {row[2] for row in table.rows if "sequence" in row[0]} == {"480 draws"}
    assert {row[5] for row in table.rows} == {"1.000"}


def test_a_model_is_trained_once_and_judged_on_all_splits(monkeypatch):
    fitted = []

    class Watched(Recorder):
        def fit(self, X):
            fitted.append(len(X))
            return self

    data = split(200, 100)
    name = deepad_metrics.PUBLISHED["VAE"][0]
    monkeypatch.setitem(deepad_kdd.METHODS, name, ("VAE", lambda seed: Watched()))
    monkeypatch.setattr(deepad_metrics, "part", lambda name: data)
    run = deepad_metrics.unit(model="VAE", seed=0)
    assert fitted == [300]
    assert run["scores"] == data.X[0].tolist()
    for name in ("8020", "9010", "all", "480 draws"):
        assert run[name]["exact"]["roc"] == 1.0
    assert run["all"]["ROC-AUC, right labels"] < 1.0


def test_the_splits_table_says_what_rounding_costs(tmp_path, monkeypatch):
    y = np.array([0, 0, 0, 1, 1])
    scores = np.array([0.1, 0.2004, 0.2004, 0.2006, 0.3])
    data = SimpleNamespace(X=pd.DataFrame({"a": [1, 2, 3, 4, 4]}), y=y)
    monkeypatch.setattr(deepad_metrics, "part", lambda name: data)
    monkeypatch.setattr(deepad_metrics, "unit", lambda model, seed: a_run(y, scores))
    units = Units(tmp_path / "units.jsonl", "code")
    tables = deepad_metrics.table(units)
    table = tables["deepad_metrics_splits"]
    assert len(table.rows) == 6 * 3 + 1
    columns = list(table.columns)
    cost, rate = columns.index("cost of rounding"), columns.index("FPR")
    assert {(row[cost], row[rate]) for row in table.rows} == {("0.4000", "0.000")}
    assert "accuracy of 0.600 on split 8020, where 40.0%" in table.notes[0]
    assert "One single row makes up 100.0% on 8020" in table.notes[0]
    assert "at most 0.4000 in accuracy" in table.notes[1]
    assert units.computed == 4 * 3 + 2
    assert write_table(table, tmp_path / "splits").exists()


# ----------------------------------------------------------------- deepad's files


def test_each_model_gets_deepads_files(tmp_path):
    y, scores = np.repeat([0, 1], [80, 20]), RANDOM.random(100)
    runs = {model: run[0] for model, run in runs_of(y, scores).items()}
    written = deepad_charts.write_all(tmp_path, y, runs)
    assert len(written) == 6 * 4 + 3
    assert not plt.get_fignums()
    for model in ("autoencoder", "one_class_SVM", "sequence_to_sequence"):
        names = {path.name for path in (tmp_path / model).iterdir()}
        assert names == {"histogram.png", "roc.png", "metrics.png", "metrics.json"}
    found = json.loads((tmp_path / "PCA" / "metrics.json").read_text("utf-8"))
    assert list(found) == ["acc", "precision", "recall", "f1", "f2", "roc", "threshold"]
    assert (found["threshold"], found["acc"]) == by_trying(y, scores)
    page = (tmp_path / "README.md").read_text("utf-8")
    pictures = [path for path in written if path.suffix == ".png"]
    assert page.count("](") == len(pictures) + 1
    for path in pictures:
        assert f"]({path.relative_to(tmp_path).as_posix()})" in page
        assert path.stat().st_size < 1000 * deepad_charts.MOST_KILOBYTES


def test_the_overview_has_a_panel_for_each_model():
    y, scores = np.repeat([0, 1], [80, 20]), RANDOM.random(100)
    runs = {model: run[0] for model, run in runs_of(y, scores).items()}
    judged = {name: deepad_charts._judged(y, run) for name, run in runs.items()}
    figure = overview(judged)
    titles = [ax.get_title() for ax in figure.axes]
    assert [title.partition(",")[0] for title in titles] == list(runs)
    plt.close(figure)
