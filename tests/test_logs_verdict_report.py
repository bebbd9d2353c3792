"""The report file: the verdict, the worst lines, and what the reader met."""

import os
import stat

import numpy as np
import pandas as pd
import pytest

from helpers.errors import KitError
from helpers.logs import (
    LogVectorizer,
    NormalRange,
    log_windows,
    read_log,
    write_report,
)
from helpers.simulation import simulate_network

RNG = np.random.default_rng(0)
NORMAL = NormalRange.from_scores(RNG.random(20_000), contamination=0.01)
LOG = simulate_network(1, 3, attacks=None, rows_per_day=1_500)
RECORDS, READ = read_log(LOG.to_text_lines())
QUIET = np.random.default_rng(1).random(len(RECORDS))


def with_burst(size=60, start=700):
    scores = QUIET.copy()
    scores[start : start + size] = 2 + np.arange(size)
    return scores


def test_the_report_of_a_normal_log(tmp_path):
    path = tmp_path / "report.md"
    verdict = write_report(path, RECORDS, QUIET, NORMAL, log_report=READ)
    text = path.read_text()
    assert verdict.within
    assert text.startswith("# Network log: within the normal range\n")
    assert "NOT within" not in text
    assert f"| Lines | {len(RECORDS):,} |" in text
    assert "An attack that stays below the threshold is not seen." in text


def test_the_report_of_an_attacked_log(tmp_path):
    path = tmp_path / "report.md"
    scores = with_burst()
    verdict = write_report(
        path, RECORDS, scores, NORMAL, log_report=READ, model="isolation | forest"
    )
    text = path.read_text()
    assert not verdict.within
    assert text.startswith("# Network log: NOT within the normal range\n")
    assert "| Model | isolation \\| forest |" in text
    assert f"| Above the threshold | {(scores > NORMAL.threshold).sum()} (" in text
    for position in range(755, 760):  # the five highest, as they stood in the log
        assert f"line {RECORDS.index[position]}  score {scores[position]:.4g}  " in text
        assert RECORDS["original"].iloc[position] in text
    assert "lines: text lines" in text


def test_the_same_input_gives_the_same_bytes(tmp_path):
    contents = []
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        path = tmp_path / folder / "r.md"
        write_report(path, RECORDS, with_burst(), NORMAL, log_report=READ)
        contents.append(path.read_bytes())
        assert [one.name for one in path.parent.iterdir()] == ["r.md"]
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o644
    assert contents[0] == contents[1]
    assert str(tmp_path).encode() not in contents[0]


def test_the_problems_of_the_reader_are_in_the_report(tmp_path):
    lines = LOG.to_json_lines()
    lines[4] = lines[4][:30]
    records, report = read_log(lines)
    path = tmp_path / "r.md"
    write_report(path, records, QUIET[: len(records)], NORMAL, log_report=report)
    assert "| torn lines | 1 | line 5: torn: the closing brace" in path.read_text()
    write_report(path, records, QUIET[: len(records)], NORMAL)
    assert "Not stated." in path.read_text()


def test_lines_that_would_break_the_page_do_not(tmp_path):
    hostile = RECORDS.head(300).copy()
    # as objects: strings of pandas with pyarrow hold no half of a pair
    line = "```\n# boo \x1b[31m \udc00 " + "x" * 1_000
    hostile["original"] = pd.Series([line] * 300, dtype=object)
    hostile["source"] = "`|`"
    path = tmp_path / "r.md"
    write_report(path, hostile, np.full(300, 5.0), NORMAL)
    text = path.read_text()
    assert "````text\n" in text
    assert "\n# boo" not in text
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) < 600


def test_a_failed_write_leaves_the_old_report(tmp_path, monkeypatch):
    path = tmp_path / "r.md"
    path.write_text("old")

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", fail)
    with pytest.raises(KitError, match="can't be written: No space left on device"):
        write_report(path, RECORDS, QUIET, NORMAL)
    assert path.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["r.md"]


def test_few_lines_and_no_alarms(tmp_path):
    path = tmp_path / "r.md"
    assert write_report(path, RECORDS.head(1), [0.0], NORMAL).within
    assert "No line is above the threshold." in path.read_text()
    assert not write_report(path, RECORDS.head(10), np.full(10, 9), NORMAL).within
    plain = LOG.records.head(200)  # a table that no reader made
    assert not write_report(path, plain, np.full(200, 9), NORMAL, worst=1).within
    assert "10.0.0." in path.read_text()


def test_from_file_to_report(tmp_path):
    """The whole way, with a model that is no detector: distance from the centre."""
    attacked = simulate_network(1, 5, attacks=["port scan"], rows_per_day=3_000)
    attacked.to_csv(tmp_path / "new.csv", labels=False)
    train = simulate_network(5, 6, attacks=None, rows_per_day=3_000).records
    clean = simulate_network(5, 7, attacks=None, rows_per_day=3_000).records
    vectorizer = LogVectorizer().fit(train)
    centre = vectorizer.transform(train).mean(axis=0)

    def score(records):
        array = vectorizer.transform(records) - centre
        windows = log_windows(array, steps=20, tail="overlap")
        return windows.line_scores(np.linalg.norm(windows.X.mean(axis=1), axis=1))

    normal = NormalRange.from_scores(score(clean), contamination=0.01)
    records, report = read_log(tmp_path / "new.csv")
    path = tmp_path / "report.md"
    verdict = write_report(path, records, score(records), normal, log_report=report)
    assert not verdict.within
    assert "| Log | new.csv |" in path.read_text()
    scan = attacked.episodes.iloc[0]
    first = path.read_text().split("### 1. ")[1]
    assert f"`{scan.source}`" in first.split("###")[0]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda p: write_report(p, RECORDS, QUIET[:5], NORMAL), "one score per line"),
        (lambda p: write_report(p, [1], [1], NORMAL), "table that read_log returns"),
        (
            lambda p: write_report(p, RECORDS, QUIET * np.nan, NORMAL),
            "missing or infinite",
        ),
        (lambda p: write_report(p, RECORDS, QUIET, NORMAL, worst=-1), "worst must be"),
    ],
)
def test_mistakes_are_named(call, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        call(tmp_path / "r.md")
    assert not list(tmp_path.iterdir())


def test_places_where_no_report_can_be(tmp_path):
    with pytest.raises(KitError, match="is a folder; name a file in it"):
        write_report(tmp_path, RECORDS, QUIET, NORMAL)
    with pytest.raises(KitError, match="is no folder; create it first"):
        write_report(tmp_path / "no" / "r.md", RECORDS, QUIET, NORMAL)


def test_times_in_the_report_are_those_of_the_log(tmp_path):
    write_report(tmp_path / "r.md", RECORDS, QUIET, NORMAL)
    first = pd.Timestamp(RECORDS["time"].min())
    assert f"{first:%Y-%m-%d %H:%M:%S} to " in (tmp_path / "r.md").read_text()
