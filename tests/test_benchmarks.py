"""Benchmarks: units that survive an interruption, tables that are always the same."""

import csv
import sys
import time
from types import ModuleType

import numpy as np
import pytest

from benchmarks import __main__ as command
from benchmarks import heart, krm_day_1, letter
from benchmarks.results import (
    NOTHING,
    Table,
    Units,
    fingerprint,
    mean,
    measured,
    ratio,
    spread,
    write_index,
    write_table,
)
from benchmarks.training import seconds
from helpers.datasets import DatasetUnavailable
from helpers.paths import kit_root

TABLE = Table(
    "Two methods",
    ("method", "published", "ours"),
    [("a | b", "0.91", "0.90, twice"), ("c", NOTHING, "1")],
    ["A note."],
)


class Interrupted(Exception):
    pass


@pytest.fixture
def unit():
    """Return a unit of work that counts its calls, and fails where it is told to."""

    def work(*, seed):
        work.calls.append(seed)
        if seed == work.fails_at:
            raise Interrupted
        return {"method": {"F1": seed / 10, "found": seed}}

    work.calls, work.fails_at = [], None
    return work


def run(units, unit):
    return [units.get({"seed": seed}, unit) for seed in range(4)]


# -- units


def test_an_interrupted_run_goes_on_where_it_stopped(tmp_path, unit):
    path = tmp_path / "units.jsonl"
    unit.fails_at = 2
    with pytest.raises(Interrupted):
        run(Units(path, "code"), unit)
    unit.fails_at = None
    units = Units(path, "code")
    found = run(units, unit)
    assert unit.calls == [0, 1, 2, 2, 3]
    assert [row["method"]["found"] for row in found] == [0, 1, 2, 3]
    assert (units.computed, units.kept) == (2, 2)


def test_a_line_torn_by_the_interruption_is_computed_again(tmp_path, unit):
    path = tmp_path / "units.jsonl"
    whole = run(Units(path, "code"), unit)
    path.write_text(path.read_text()[:-20])
    units = Units(path, "code")
    assert run(units, unit) == whole
    assert (units.computed, units.kept) == (1, 3)
    units = Units(path, "code")
    assert run(units, unit) == whole
    assert (units.computed, units.kept) == (0, 4)


def test_new_code_and_new_parameters_are_new_units(tmp_path, unit):
    path = tmp_path / "units.jsonl"
    run(Units(path, "code"), unit)
    units = Units(path, "other code")
    run(units, unit)
    assert (units.computed, units.kept) == (4, 0)
    units.get({"seed": 7}, unit)
    assert units.computed == 5


def test_forgetting_begins_from_the_start(tmp_path, unit):
    path = tmp_path / "units.jsonl"
    run(Units(path, "code"), unit)
    units = Units(path, "code")
    units.forget()
    assert not path.exists()
    run(units, unit)
    assert units.computed == 4


def test_a_unit_found_now_equals_one_read_later(tmp_path):
    path = tmp_path / "units.jsonl"
    now = Units(path, "code").get({}, lambda: {1: (2, 3.5)})
    assert now == Units(path, "code").get({}, lambda: None) == {"1": [2, 3.5]}


def test_the_fingerprint_follows_the_code(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    codes = []
    for value in (1, 2):
        name = f"bench_{value}"
        (tmp_path / f"{name}.py").write_text(f"VALUE = {value}\n")
        codes.append(fingerprint(__import__(name)))
        sys.modules.pop(name)
    assert codes[0] != codes[1]
    assert fingerprint(letter) == fingerprint(letter)


# -- tables


def test_a_table_is_written_as_csv_and_markdown(tmp_path):
    path = write_table(TABLE, tmp_path / "two")
    assert path.read_text(encoding="utf-8") == (
        "# Two methods\n\n"
        "| method | published | ours |\n"
        "|---|---|---|\n"
        "| a \\| b | 0.91 | 0.90, twice |\n"
        f"| c | {NOTHING} | 1 |\n\n"
        "A note.\n"
    )
    with (tmp_path / "two.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == [
            list(TABLE.columns),
            *map(list, TABLE.rows),
        ]


def test_writing_a_table_twice_changes_nothing(tmp_path):
    write_table(TABLE, tmp_path / "two")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    write_table(TABLE, tmp_path / "two")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert sorted(before) == ["two.csv", "two.md"]


def test_a_row_of_another_width_is_refused():
    with pytest.raises(ValueError, match="2 cells in 3 columns"):
        Table("t", ("a", "b", "c"), [("1", "2")])


def test_the_index_lists_the_tables_by_their_titles(tmp_path):
    assert "No table yet." in write_index(tmp_path).read_text(encoding="utf-8")
    write_table(TABLE, tmp_path / "two")
    index = write_index(tmp_path).read_text(encoding="utf-8")
    assert index.endswith("- [Two methods](two.md)\n")


def test_means_and_spreads_know_counts_from_shares():
    assert (mean([0.25, 0.5]), spread([0.25, 0.5])) == ("0.38", "0.25 to 0.50")
    assert (mean([3, 4]), spread([3, 4])) == ("3.5", "3 to 4")
    assert (mean([3, 3]), spread([3, 3])) == ("3", NOTHING)
    assert spread([0.501, 0.502]) == NOTHING


def test_measured_puts_methods_under_each_measure_and_times_side_by_side():
    runs = [
        {
            "network": {"F1": f1, "seconds": 310 * slow},
            "simple": {"F1": 0.5, "seconds": slow},
        }
        for f1, slow in ((0.25, 1.0), (0.5, 9.0))
    ]
    assert measured(runs, {"network": {"F1": "0.69"}}, one="simple") == [
        ("F1", "network", "0.69", "0.38", "0.25 to 0.50"),
        ("F1", "simple", NOTHING, "0.50", NOTHING),
        ("time to train, simple = 1", "network", NOTHING, "about 300", NOTHING),
    ]


def test_times_to_score_are_ratios_too_with_the_digits_asked_for():
    run = {"net": {"seconds to score": 0.75}, "simple": {"seconds to score": 0.5}}
    assert measured([run], {}, one="simple") == [
        ("time to score, simple = 1", "net", NOTHING, "about 2", NOTHING)
    ]
    assert ratio([1.5, 0.71, 2.4], digits=2) == "about 1.5"


def test_seconds_runs_the_work_once():
    calls = []
    assert seconds(calls.append, 1) >= 0
    assert calls == [1]


def test_seconds_are_of_the_processor_not_of_waiting():
    assert 0 < seconds(time.sleep, 0.2) < 0.1


# -- the command


@pytest.fixture
def benchmarks(monkeypatch):
    """Put two small benchmarks in place of the real ones."""

    def missing(units):
        raise DatasetUnavailable("letters (9 kB) are not on this machine")

    def there(units):
        units.get({"seed": 1}, lambda seed: {"seed": seed})
        return TABLE

    for name, table in (("absent", missing), ("present", there)):
        module = ModuleType(f"benchmarks.{name}")
        module.table = table
        monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(command, "fingerprint", lambda module: "code")
    monkeypatch.setattr(command, "BENCHMARKS", ("absent", "present"))


def test_missing_data_skip_with_one_line_and_leave_the_table(
    tmp_path, benchmarks, capsys
):
    (tmp_path / "absent.md").write_text("# As it was\n")
    assert command.main([], tmp_path) == 0
    assert capsys.readouterr().out.splitlines() == [
        "absent: skipped: letters (9 kB) are not on this machine",
        "present: wrote present.md, 1 computed and 0 kept units",
    ]
    assert (tmp_path / "absent.md").read_text() == "# As it was\n"
    assert "[As it was](absent.md)" in (tmp_path / "README.md").read_text()


def test_named_benchmarks_run_and_keep_units_until_told_to_begin_afresh(
    tmp_path, benchmarks, capsys
):
    for arguments, told in (
        (["present"], "1 computed and 0 kept"),
        (["present"], "0 computed and 1 kept"),
        (["--fresh", "present"], "1 computed and 0 kept"),
    ):
        assert command.main(arguments, tmp_path) == 0
        assert told in capsys.readouterr().out


def test_an_unknown_benchmark_is_named_with_those_there_are(
    tmp_path, benchmarks, capsys
):
    with pytest.raises(SystemExit) as stopped:
        command.main(["lettre"], tmp_path)
    assert stopped.value.code == 2
    error = capsys.readouterr().err
    assert "no benchmark 'lettre'; there are absent, present" in error


# -- the benchmarks themselves, where that is quick


@pytest.mark.parametrize(
    "part", [krm_day_1.integers, krm_day_1.lof_points, krm_day_1.cosine]
)
def test_published_numbers_that_need_no_file_are_equal(part):
    for measure, published, ours in part():
        assert ours == published, measure


def test_the_letter_split_is_the_published_one(load_or_skip):
    y = load_or_skip("krm_letter").y
    parts = letter.published_split(len(y))
    assert [len(part) for part in parts] == [1072, 264, 264]
    assert [int(y[part].sum()) for part in parts] == [67, 15, 18]


def test_the_heart_split_has_the_published_sizes():
    train, test = heart.published_split(303, 0)
    assert (len(train), len(test)) == (203, 50)
    assert not np.intersect1d(train, test).size


def test_letters_are_judged_at_a_half():
    found = letter.judged(np.array([0, 0, 1, 1]), np.array([0.1, 0.6, 0.4, 0.9]))
    counts = ("true negatives", "false positives", "false negatives", "true positives")
    assert [found[name] for name in counts] == [1, 1, 1, 1]
    assert found["F1"] == found["accuracy"] == 0.5


def test_a_benchmark_may_write_several_tables(tmp_path, monkeypatch):
    module = ModuleType("benchmarks.both")
    module.table = lambda units: {"both": TABLE, "both_more": TABLE}
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(command, "fingerprint", lambda module: "code")
    told = command.run("both", tmp_path)
    assert told == "wrote both.md and both_more.md"
    assert (tmp_path / "both_more.csv").exists()


TABLES = sorted((kit_root() / "docs" / "results").glob("*.md"))


def test_every_benchmark_has_its_table():
    assert set(command.BENCHMARKS) <= {path.stem for path in TABLES}


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.stem)
def test_a_committed_table_has_no_date_path_or_bare_time(path):
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# ")
    for word in ("/work", "/home", "seconds", "2025-", "2026-"):
        assert word not in text


def test_the_committed_first_day_is_equal_but_for_two_factors():
    path = kit_root() / "docs" / "results" / "krm_day_1.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    other = [(row["method"], row["measure"]) for row in rows if row["equal"] != "yes"]
    assert other == [("LOF, 20 neighbours", "factors")]
    assert len(rows) > 15
