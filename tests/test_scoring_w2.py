"""`workshop score w2`: what a file of scores is worth, and what is wrong with one."""

import json
import re

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score
from typer.testing import CliRunner

from helpers.cli import app
from helpers.datasets import load
from helpers.simulation import distance_from_mean

WINE = load("wine")
SCORES = distance_from_mean(*2 * [WINE.X.to_numpy(float)])


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def score(*arguments):
    return CliRunner().invoke(app, ["score", "w2", *arguments])


def write(scores, **options):
    options = {"index": False} | options
    pd.DataFrame({"score": scores}).to_csv("scores.csv", **options)


def refused(*arguments):
    done = score("scores.csv", *arguments)
    assert done.exit_code == 1
    message = str(done.exception)
    assert "\n" not in message
    return message


def test_ap_roc_auc_rank_chance_and_the_simplest_baseline_are_told(here):
    scores = SCORES + np.arange(129)
    write(scores)
    done = score("scores.csv")
    assert done.exit_code == 0, done.output
    ap = average_precision_score(WINE.y, scores)
    auc = roc_auc_score(WINE.y, scores)
    simplest = average_precision_score(WINE.y, SCORES)
    assert "wine: 129 rows, 10 anomalies" in done.output
    assert f"AP       {ap:.3f}   chance 0.078, simplest baseline {simplest:.3f}" in (
        done.output
    )
    assert f"ROC-AUC  {auc:.3f}   chance 0.500" in done.output
    assert re.search(r"rank     \d+ of 25 by AP", done.output)


def test_a_perfect_file_is_first(here):
    write(WINE.y * 1.5)
    done = score("scores.csv")
    assert "AP       1.000" in done.output
    assert "rank     1 of 25" in done.output
    assert "Two different scores only" in done.output


def test_scores_turned_round_get_a_hint(here):
    write(-WINE.y.astype(float) - np.arange(129) / 1000)
    assert "do higher scores mean more anomalous" in score("scores.csv").output


@pytest.mark.parametrize("form", ["no header", "among others", "with an index"])
def test_a_file_may_have_other_forms(here, form):
    if form == "no header":
        np.savetxt("scores.csv", SCORES)
    elif form == "among others":
        pd.DataFrame({"id": range(129), "score": SCORES}).to_csv(
            "scores.csv", index=False
        )
    else:
        write(SCORES, index=True)
    done = score("scores.csv")
    simplest = average_precision_score(WINE.y, SCORES)
    assert f"AP       {simplest:.3f}" in done.output, done.exception


@pytest.mark.parametrize(
    ("scores", "told"),
    [
        (SCORES[:100], "has 100 scores, and no set of W2 as many rows: breastw 683"),
        ([*SCORES[:5], np.nan, *SCORES[6:]], "line 7 is empty or NaN"),
        ([*SCORES[:5], np.inf, *SCORES[6:]], "line 7 holds inf"),
        ([*SCORES[:5], "high", *SCORES[6:]], 'line 7 holds "high"'),
        ([*["no"] * 129], "(129 lines like that)"),
        (np.full(129, 0.5), "all 129 scores are 0.5; nothing is ranked"),
    ],
)
def test_a_bad_file_gets_one_line_that_says_why(here, scores, told):
    write(scores)
    assert told in refused()


def test_the_scores_of_another_set_are_recognised(here):
    write(np.arange(223))
    message = refused("--data", "wine")
    assert message.endswith("has 223 scores, and wine has 129 rows; WBC has as many")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (None, "No such file"),
        ("", "is empty"),
        ("score\n", "has no rows"),
        ("a,b\n1,2\n3,4\n", "has 2 columns; write one, or name one score"),
    ],
)
def test_a_file_without_scores_gets_one_line(here, text, told):
    if text is not None:
        (here / "scores.csv").write_text(text)
    assert told in refused()


def test_an_unknown_set_and_half_a_board_are_refused(here):
    write(SCORES)
    assert "no set 'beer' in W2; there are breastw," in refused("--data", "beer")
    assert "name both, or neither" in refused("--nickname", "ada")
    assert "neither --out nor --no-header" in refused("--out", "x.csv")


def test_an_attempt_is_added_to_a_board_and_placed_on_it(here):
    write(SCORES)
    for nickname in ("ada", "=1+1"):
        done = score("scores.csv", "--nickname", nickname, "--board", "b.jsonl")
    assert "board    =1+1 is 1 of 2" in done.output
    write(WINE.y)
    done = score("scores.csv", "--nickname", "bob", "--board", "b.jsonl")
    assert "board    bob is 1 of 3 with AP 1.000" in done.output
    lines = [json.loads(line) for line in (here / "b.jsonl").read_text().splitlines()]
    assert [line["nickname"] for line in lines] == ["ada", "=1+1", "bob"]
    assert {(line["workshop"], line["dataset"]) for line in lines} == {("W2", "wine")}
    assert all(line["value"] >= line["chance"] for line in lines)


def test_nothing_is_written_where_the_file_is_refused(here):
    write(np.zeros(129))
    refused("--nickname", "ada", "--board", "b.jsonl")
    assert not (here / "b.jsonl").exists()


def test_the_other_command_is_as_it_was(here):
    write(SCORES)
    done = CliRunner().invoke(app, ["score", "absent.detector", "scores.csv"])
    assert done.exit_code == 1
    assert "absent.detector" in str(done.exception)
    options = ["score", "d.detector", "scores.csv", "--data", "wine"]
    assert "go with `workshop score w2`" in str(
        CliRunner().invoke(app, options).exception
    )
