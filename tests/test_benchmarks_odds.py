"""The ODDS benchmark and the peers beside it, on small fakes."""

import itertools
import sys
from collections import Counter
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from benchmarks import odds, odds_table, peers, results
from benchmarks.results import NOTHING, Units, code_of, fingerprint
from helpers.datasets import DatasetUnavailable, names
from helpers.detectors import (
    Detector,
    IsolationForestDetector,
    PCADetector,
    ZScoreDetector,
)
from helpers.paths import kit_root

# -- peers


@pytest.fixture
def without(monkeypatch):
    """Return a function that lets packages seem not to be installed."""

    def hide(*packages):
        monkeypatch.setattr(peers, "_installed", lambda name: name not in packages)

    return hide


@pytest.mark.parametrize(
    ("missing", "name", "told"),
    [
        ((), "PyOD VAE", ""),
        (("torch",), "PyOD ECOD", ""),
        (("torch",), "PyOD VAE", "torch not installed; `make bench` brings the peers"),
        (("pyod", "torch"), "PyOD ECOD", "pyod not installed; `make bench` brings"),
        (("pyod", "torch"), "PyOD VAE", "pyod and torch not installed"),
    ],
)
def test_why_a_peer_is_absent_takes_one_line(without, missing, name, told):
    without(*missing)
    why = peers.why_absent(name)
    assert why.startswith(told)
    assert bool(why) == bool(told)
    assert "\n" not in why


def test_an_unknown_peer_is_a_key_error():
    with pytest.raises(KeyError, match="PyOD EKOD"):
        peers.make_peer("PyOD EKOD", seed=0)


@pytest.mark.parametrize("name", peers.FAST)
def test_a_peer_keeps_the_contract_and_its_seed(name):
    if why := peers.why_absent(name):
        pytest.skip(why)
    X = np.random.default_rng(0).normal(size=(300, 4))
    odd = np.full((1, 4), 9.0)
    once, twice = (
        peers.make_peer(name, seed=5).fit(X).decision_function(np.vstack([X, odd]))
        for _ in range(2)
    )
    np.testing.assert_array_equal(once, twice)
    assert once.shape == (301,)
    assert once[-1] > np.quantile(once, 0.95)


@pytest.mark.parametrize("name", peers.DEEP)
def test_a_deep_peer_is_quiet_and_seeded(name, capsys):
    if why := peers.why_absent(name):
        pytest.skip(why)
    X = np.random.default_rng(0).normal(size=(60, 4)).astype("float32")
    options = {"epoch_num": 2, "batch_size": 30}
    made = [peers.make_peer(name, seed=seed, **options) for seed in (3, 3, 4)]
    one, same, other = (peer.fit(X).decision_function(X) for peer in made)
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()
    assert not capsys.readouterr().out


def test_all_libraries_get_the_same_number_of_threads(monkeypatch):
    told = []
    torch = SimpleNamespace(set_num_threads=lambda count: told.append(("torch", count)))
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setattr(peers, "threadpool_limits", lambda n: told.append(("pools", n)))
    for name in peers._THREADS:
        monkeypatch.setenv(name, "8")
    peers.hold_threads(3)
    assert told == [("pools", 3), ("torch", 3)]
    assert {peers.os.environ[name] for name in peers._THREADS} == {"3"}


# -- what numbers depend on


@pytest.fixture
def kit(tmp_path, monkeypatch):
    """Return a function that writes a module of a small kit `fakekit.`."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(results, "_KIT", ("fakekit.",))
    monkeypatch.setattr(results, "_NO_CODE_BELOW", ("fakekit.data",))

    def write(name, text):
        path = tmp_path / "fakekit" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    write("__init__", "")
    yield write
    for name in [name for name in sys.modules if name.split(".")[0] == "fakekit"]:
        del sys.modules[name]


def test_a_code_follows_what_is_imported_even_inside_functions(kit):
    kit("deep", "def fit():\n    from fakekit.layers import dense\n")
    kit("layers", "import fakekit.maths\ndense = 1\n")
    kit("maths", "two = 2\n")
    kit("other", "")
    before = code_of("fakekit.deep")
    assert code_of("fakekit.deep") == before
    kit("other", "something = 'else'\n")
    assert code_of("fakekit.deep") == before
    kit("maths", "two = 2.0\n")
    assert code_of("fakekit.deep") != before


def test_a_package_counts_with_its_parts_and_the_data_sets_do_not(kit):
    kit("nets/__init__", "")
    kit("nets/layers", "")
    kit("data", "")
    kit("deep", "from fakekit import nets\nfrom fakekit.data import load\n")
    before = code_of("fakekit.deep")
    kit("data", "load = None\n")
    assert code_of("fakekit.deep") == before
    kit("nets/layers", "dense = 1\n")
    assert code_of("fakekit.deep") != before


def test_a_package_of_others_counts_with_its_version_or_its_absence():
    assert code_of("numpy") == code_of("numpy") != code_of("scipy")
    assert code_of("no-such-package") != code_of("no-such-package", "numpy")


def test_a_benchmark_names_what_else_it_depends_on(monkeypatch):
    before = fingerprint(odds)
    monkeypatch.setattr(odds, "DEPENDS_ON", (*odds.DEPENDS_ON, "numpy"))
    assert fingerprint(odds) != before


def test_only_its_own_code_makes_a_unit_new(tmp_path):
    units = Units(tmp_path / "units.jsonl", "code")
    for code in ("a", "b", "a", ""):
        units.get({}, lambda: {}, code)
    assert (units.computed, units.kept) == (3, 1)


def double(*, seed):
    """A unit of work that other processes can find."""
    return {"twice": 2 * seed} if seed != 3 else "three is a crowd"


@pytest.mark.parametrize("processes", [1, 2])
def test_units_of_several_processes_are_kept_and_reasons_are_not(tmp_path, processes):
    path = tmp_path / "units.jsonl"
    works = [({"seed": seed}, "") for seed in range(5)]
    expected = {0: {"twice": 0}, 1: {"twice": 2}, 2: {"twice": 4}, 4: {"twice": 8}}
    for computed, kept in ((4, 0), (0, 4)):
        units = Units(path, "code")
        answers = units.get_all(works, double, processes=processes)
        found = {work["seed"]: answer for work, answer in answers}
        assert found == expected | {3: "three is a crowd"}
        assert (units.computed, units.kept) == (computed, kept)
    one_by_one = Units(path, "code")
    assert one_by_one.get({"seed": 2}, double) == {"twice": 4}
    assert one_by_one.kept == 1


# -- the tables


def found(data, method, seed, area, **more):
    figures = {"ROC-AUC": area, "AP": area / 2, "chance AP": 0.1, "times PCA": 3.0}
    sizes = {"rows to fit": 60, "rows to score": 40, "copy": data, "seconds": 1.0}
    unit = {"data": data, "method": method, "seed": seed, "training": odds.ALL}
    return unit | figures | sizes | more


def made(areas, **options):
    """Return `Results` of {(data, method): [an area for each seed]}.

    Detectors rank in clean training as in all rows, with half of what is missing.
    """
    units = [
        found(data, method, seed, area if training == odds.ALL else (1 + area) / 2)
        | {"training": training}
        for (data, method), values in areas.items()
        for seed, area in enumerate(values)
        for training in (odds.ALL, odds.CLEAN)
    ]
    return odds_table.Results(1000, 2000, found=units, **options)


THREE = {
    ("a", "net"): [0.8, 0.9],
    ("a", "PCADetector"): [0.7, 0.7],
    ("a", "far"): [0.95, 0.95],
    ("b", "net"): [0.6, 0.6],
    ("b", "PCADetector"): [0.6, 0.6],
    ("b", "far"): [0.9, 0.8],
}


def test_a_line_tells_means_spread_and_ranks_in_both_protocols():
    table = odds_table.tables(made(THREE, deep=["net"]))["odds"]
    assert table.title == "3 detectors on 2 ODDS sets"
    assert table.rows == [
        ("far", "0.450", "0.438 to 0.463 (2)", "0.900", "1.0",
         "0.475", "0.469 to 0.481 (2)", "0.950", "1.0", NOTHING, "about 3"),
        ("net", "0.363", "0.350 to 0.375 (2)", "0.725", "2.2",
         "0.431", "0.425 to 0.438 (2)", "0.863", "2.2", NOTHING, "about 3"),
        ("PCADetector", "0.325", "0.325 to 0.325 (2)", "0.650", "2.8",
         "0.412", "0.412 to 0.412 (2)", "0.825", "2.8", NOTHING, "1"),
    ]  # fmt: skip


def test_the_deep_ones_place_is_told_with_who_is_in_front():
    notes = odds_table.tables(made(THREE, deep=["net"]))["odds"].notes
    assert "by mean rank of AP, all rows and clean: net 2 and 2." in notes[0]
    assert "Simple ones in front of all of them: far." in notes[0]
    first = odds_table.tables(made(THREE, deep=["far"]))["odds"].notes
    assert "far 1 and 1. With" in first[0]
    assert odds_table.tables(made(THREE))["odds"].notes[0].startswith("With 3 det")


def test_shares_of_anomalies_have_a_table_and_a_column():
    results = made(THREE)
    for share, area in (("0 %", 0.8), ("10 %", 0.6), ("1 %", 0.7)):
        results.found.append(found("a", "far", 0, area) | {"training": share})
    tables = odds_table.tables(results)
    robust = tables["odds_robust"]
    assert robust.columns == (
        "detector", "AP, 0 %", "AP, 1 %", "AP, 10 %", "10 % less 0 %"
    )  # fmt: skip
    assert robust.rows == [("far", "0.400", "0.350", "0.300", "-0.100")]
    assert "Sets: a. Too few anomalies for it: b." in robust.notes[1]
    kept = {row[0]: row[-2] for row in tables["odds"].rows}
    assert kept == {"far": "0.75", "net": NOTHING, "PCADetector": NOTHING}


def test_twins_are_compared_on_the_splits_that_both_have():
    areas = {
        ("a", "PCADetector"): [0.8, 0.6], ("a", "PyOD PCA"): [0.6, 0.6],
        ("b", "PCADetector"): [0.4, 0.4],
    }  # fmt: skip
    results = made(areas)
    for unit in results.found:
        unit["seconds"] = 2.0 if unit["method"] == "PCADetector" else 4.0
    twins = odds_table.tables(results)["odds_twins"].rows
    assert twins[0] == (
        "PCADetector", "PyOD PCA", "all rows", "1", "0.350", "0.300", "+0.050",
        "+0.000 to +0.100", "0.5",
    )  # fmt: skip
    assert [row[2] for row in twins] == ["all rows", "clean"]
    assert "odds_twins" not in odds_table.tables(made(THREE))


def test_detectors_that_find_the_same_everywhere_are_named():
    areas = {(data, f"PyOD {method}"): [0.9] for data in "ab" for method in ("A", "B")}
    notes = odds_table.tables(made(THREE | areas))["odds"].notes
    assert any(note.endswith("algorithm: PyOD A and PyOD B.") for note in notes)
    assert not any(
        "the same algorithm" in n for n in odds_table.tables(made(THREE))["odds"].notes
    )


def test_each_set_has_its_column_and_its_chance():
    table = odds_table.tables(made(THREE))["odds_sets"]
    assert table.columns == ("training rows", "measure", "detector", "a", "b")
    assert table.rows[:4] == [
        ("all rows", "rows to fit", NOTHING, "60", "60"),
        ("all rows", "rows to score", NOTHING, "40", "40"),
        (NOTHING, "AP", "chance", "0.100", "0.100"),
        ("all rows", "ROC-AUC", "far", "0.950", "0.850"),
    ]


def test_what_failed_on_a_set_comes_last_there_and_says_why():
    results = made(THREE, failed={("a", "far"): "infinite scores"})
    tables = odds_table.tables(results)
    ranks = {row[0]: row[4] for row in tables["odds"].rows}
    assert ranks == {"net": "1.8", "far": "2.0", "PCADetector": "2.2"}
    assert ("all rows", "ROC-AUC", "far", NOTHING, "0.850") in tables["odds_sets"].rows
    assert tables["odds"].notes[-1] == (
        "No figure for far on a: infinite scores. It counts as last there, and its "
        "means are over the other sets."
    )


def test_what_is_absent_is_told_once_per_reason():
    absent = {"PyOD A": "not installed", "PyOD B": "not installed", "c": "no file c"}
    notes = odds_table.tables(made(THREE, absent=absent))["odds"].notes
    assert notes[-2:] == [
        "Left out: PyOD A, PyOD B: not installed",
        "Left out: c: no file c",
    ]


def test_nothing_found_is_one_line():
    results = odds_table.Results(1, 1, absent={"a": "no file a"})
    with pytest.raises(ValueError, match=r"^no unit found anything: no file a$"):
        odds_table.tables(results)


def test_ranks_share_ties_and_put_missing_figures_last():
    figures = pd.DataFrame(
        {"a": [0.9, 0.9, 0.5], "b": [0.2, np.nan, 0.1]}, index=["x", "y", "z"]
    )
    assert odds_table.mean_ranks(figures).to_dict() == {"x": 1.25, "y": 2.25, "z": 2.5}


def test_the_critical_distance_is_that_of_the_textbook():
    # Demšar 2006, section 3.2.3: four classifiers on fourteen sets
    assert odds_table.critical_distance(4, 14) == pytest.approx(1.25, abs=0.005)


# -- the benchmark


class Stubborn(Detector):
    """Fail on what is called `b`: the set with three features."""

    def _fit(self, X, y):
        if X.shape[1] == 3:
            raise ValueError("three is\na crowd")

    def _score(self, X):
        return X[:, 0]


@pytest.fixture
def small(monkeypatch):
    """Replace data and detectors by small ones; return what was loaded, counted."""
    loaded = Counter()

    def fetch(name):
        if name == "gone":
            raise DatasetUnavailable("gone (9 kB) is absent: put it at /here/gone.npz")

    def load(name):
        loaded[name] += 1
        width = {"adbench_a": 2, "b": 3}[name]
        X = np.random.default_rng(width).normal(size=(200, width)) + [5.0] * width
        X[:20] *= 3
        y = (np.arange(200) < 20).astype(int)
        return SimpleNamespace(X=pd.DataFrame(X), y=y)

    kit = [IsolationForestDetector, PCADetector, Stubborn, ZScoreDetector]
    kinds = {kind.__name__: kind for kind in kit}
    monkeypatch.setattr(odds, "SETS", ("a", "b", "gone"))
    monkeypatch.setattr(odds, "REPEATS", {odds.ALL: 2, odds.CLEAN: 1, "10 %": 1})
    monkeypatch.setattr(odds, "SHARES", {"10 %": 0.1})
    monkeypatch.setattr(odds, "LEAST_MIXED", 100)
    monkeypatch.setattr(odds, "names", lambda: ["adbench_a", "b", "gone"])
    monkeypatch.setattr(odds, "fetch", fetch)
    monkeypatch.setattr(odds, "load", load)
    monkeypatch.setattr(odds, "PROCESSES", 1)
    monkeypatch.setattr(odds, "tabular_detectors", lambda: kinds)
    monkeypatch.setattr(odds, "why_absent", lambda name: "pyod not installed")
    for cached in (odds.parts, odds.loaded_set, odds.warm_up):
        cached.cache_clear()
    yield loaded
    for cached in (odds.parts, odds.loaded_set, odds.warm_up):
        cached.cache_clear()


def test_missing_data_missing_peers_and_failures_leave_the_rest(
    tmp_path, small, capsys
):
    tables = odds.table(Units(tmp_path / "units.jsonl", "code"))
    assert tables["odds_sets"].columns[3:] == ("a", "b")
    assert {row[0] for row in tables["odds"].rows} == {
        "IsolationForestDetector", "PCADetector", "Stubborn", "ZScoreDetector",
    }  # fmt: skip
    told = tables["odds"].notes[-3:]
    assert told[0].startswith("Left out: PyOD ECOD, PyOD COPOD,")
    assert told[0].endswith("PyOD AutoEncoder, PyOD VAE: pyod not installed")
    assert told[1] == "Left out: gone: gone (9 kB) is absent"
    assert "No figure for Stubborn on b: three is. It counts" in told[2]
    assert any(
        "kit: b; from ADBench's copy of ODDS: a." in x for x in tables["odds"].notes
    )


def test_a_second_run_reads_all_units_and_loads_nothing(tmp_path, small):
    path = tmp_path / "units.jsonl"
    first = Units(path, "code")
    before = odds.table(first)
    assert first.computed == 4 * 2 * 4 - 4
    assert small["adbench_a"] == 1
    odds.parts.cache_clear()
    small.clear()
    second = Units(path, "code")
    assert odds.table(second) == before
    assert (second.computed, second.kept) == (0, first.computed)
    assert small["adbench_a"] == 0


def test_parts_are_standardised_capped_and_stratified(small, monkeypatch):
    monkeypatch.setattr(odds, "MOST_TO_FIT", 60)
    X, X_test, y_test = odds.parts("a", 0, odds.ALL)
    assert (len(X), len(X_test), y_test.sum()) == (60, 80, 8)
    np.testing.assert_allclose(X.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(X.std(axis=0), 1)
    assert not {tuple(row) for row in X} & {tuple(row) for row in X_test}
    again = odds.parts("a", 1, odds.ALL)[1]
    assert (again != X_test).any()


def test_clean_parts_have_no_anomalies_and_the_same_rows_to_score(small):
    whole, clean = (odds.parts("a", 3, training) for training in (odds.ALL, odds.CLEAN))
    assert (len(whole[0]), len(clean[0])) == (120, 108)
    np.testing.assert_array_equal(whole[2], clean[2])
    np.testing.assert_allclose(clean[0].std(axis=0), 1)
    assert np.abs(clean[0]).max() < 4  # anomalies are three times as far out
    told = np.corrcoef(whole[1][:, 0], clean[1][:, 0])[0, 1]
    assert told == pytest.approx(1)  # the same rows, scaled otherwise


@pytest.mark.parametrize("odd", [12, 40, 300])
def test_mixed_rows_have_their_share_of_anomalies(odd):
    y = np.r_[np.zeros(900, int), np.ones(odd, int)]
    rows = np.random.default_rng(0).permutation(len(y))
    found = {share: odds.mixed(rows, y, share, 1) for share in odds.SHARES.values()}
    normal = [set(part[y[part] == 0]) for part in found.values()]
    assert all(part == normal[0] for part in normal)
    assert len(normal[0]) == min(900, 9 * odd)
    anomalies = [set(part[y[part] == 1]) for part in found.values()]
    assert all(few <= many for few, many in itertools.pairwise(anomalies))
    for share, part in found.items():
        assert abs(y[part].sum() - share * len(part)) <= 0.5


def test_a_set_with_few_anomalies_has_no_shares(small, monkeypatch):
    works = odds.all_works(["a"], ["ZScoreDetector", "Seq2SeqDetector"])
    assert Counter((work["method"], work["training"]) for work in works) == {
        ("ZScoreDetector", odds.ALL): 2, ("ZScoreDetector", odds.CLEAN): 1,
        ("ZScoreDetector", "10 %"): 1, ("Seq2SeqDetector", odds.ALL): 1,
        ("Seq2SeqDetector", odds.CLEAN): 1,
    }  # fmt: skip
    first = [work["method"] for work in works if work["seed"] == 0]
    assert first[-2:] == ["Seq2SeqDetector"] * 2
    monkeypatch.setattr(odds, "LEAST_MIXED", 200)
    assert not odds.allows_shares("a")


def test_a_unit_is_repeatable_but_for_its_time(small):
    work = {"data": "a", "method": "IsolationForestDetector", "seed": 1}
    work |= {"training": odds.ALL}
    one, same = odds.unit(**work), odds.unit(**work)
    for timed in (one, same):
        assert timed.pop("times PCA") > 0
        assert timed.pop("seconds") > 0
    assert one == same
    assert one["chance AP"] == 0.1
    assert one["ROC-AUC"] > 0.5


def test_scores_that_are_not_finite_are_no_figure(small, monkeypatch):
    monkeypatch.setattr(
        ZScoreDetector, "decision_function", lambda self, X: X[:, 0] / 0
    )
    with pytest.raises(ValueError, match="its scores are not finite"):
        odds.unit(data="a", method="ZScoreDetector", seed=0, training=odds.ALL)


def test_detectors_are_found_by_being_there_and_get_their_seed():
    kinds = odds.tabular_detectors()
    assert "PCADetector" in kinds
    assert all(kind.input_kind == "tabular" for kind in kinds.values())
    assert odds.make("IsolationForestDetector", 7).random_state == 7
    assert not odds.is_deep(PCADetector)


def test_every_mirrored_odds_set_is_in_and_the_bundled_copy_goes_first():
    mirrored = {name.removeprefix("adbench_") for name in names() if "adbench_" in name}
    assert set(odds.SETS) == mirrored
    assert odds.source("wine") == "wine"
    assert odds.source("glass") == "adbench_glass"
    assert {odds.source(name) for name in odds.SETS} <= set(names())


def test_the_committed_tables_tell_of_deep_detectors_among_the_simple_ones():
    text = (kit_root() / "docs" / "results" / "odds.md").read_text(encoding="utf-8")
    assert "PyOD ECOD" in text
    assert "may differ by luck" in text
