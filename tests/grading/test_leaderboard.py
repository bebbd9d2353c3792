"""The board: attempts kept as lines, read tolerantly, drawn as one page."""

import math
import os

import pytest

from helpers.errors import KitError
from helpers.grading.leaderboard import Attempt, append_attempt, read_attempts

ADA = Attempt("Ada", "W2", "wine", "AP", 0.8, 0.08, 0.6, "2026-11-29T10:00:00")


def test_what_is_appended_is_read_again(tmp_path):
    others = [Attempt("Пётр <b>", "W1", "power demand", "points found", 31)]
    for each in [ADA, *others]:
        append_attempt(tmp_path / "attempts.jsonl", each)
    read, remarks = read_attempts(tmp_path)
    assert read[0] == ADA
    assert read[1].nickname == "Пётр <b>"
    assert math.isnan(read[1].chance)
    assert remarks == []


def test_a_torn_line_costs_itself_alone_and_is_remarked(tmp_path):
    path = tmp_path / "attempts.jsonl"
    append_attempt(path, ADA)
    with path.open("ab") as file:
        file.write(b'{"nickname": "Bo')
    append_attempt(path, ADA)
    read, remarks = read_attempts(tmp_path)
    assert read == [ADA, ADA]
    assert len(remarks) == 1
    assert remarks[0].startswith("attempts.jsonl, line 2: ")


def test_csv_files_are_read_with_a_byte_order_mark(tmp_path):
    (tmp_path / "board.csv").write_text(
        "\ufeffnickname,workshop,dataset,metric,value,chance,baseline,when\n"
        '"Lee, Kim",W2,wine,AP,0.5,0.08,,2026-11-29\n'
        "torn,W2\n",
        encoding="utf-8",
    )
    read, remarks = read_attempts(tmp_path)
    assert [each.nickname for each in read] == ["Lee, Kim"]
    assert math.isnan(read[0].baseline)
    assert len(remarks) == 1


@pytest.mark.parametrize(
    "line",
    [
        "[1]",
        "7",
        "null",
        '{"nickname": "", "workshop": "W2", "dataset": "d", "metric": "m", "value": 1}',
        '{"nickname": "a", "workshop": "W2", "dataset": "d", "metric": "m"}',
        '{"nickname": "a", "workshop": "W2", "dataset": "d", "metric": "m", '
        '"value": NaN}',
        '{"nickname": "a", "workshop": "W2", "dataset": "d", "metric": "m", '
        '"value": true}',
        '{"nickname": "a", "workshop": "W2", "dataset": "d", "metric": "m", '
        '"value": 1' + "0" * 400 + "}",
        '{"nickname": ["a"], "workshop": "W2", "dataset": "d", "metric": "m", '
        '"value": 1}',
        "[" * 9000,
        "x" * 20_000,
    ],
    ids=lambda line: line[:12] + str(len(line)),
)
def test_what_is_no_attempt_is_skipped_with_a_remark(tmp_path, line):
    (tmp_path / "a.jsonl").write_text(line + "\n")
    read, remarks = read_attempts(tmp_path)
    assert read == []
    assert len(remarks) == 1


def test_links_and_pipes_are_not_followed(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    append_attempt(tmp_path / "away.jsonl", ADA)
    (folder / "link.jsonl").symlink_to(tmp_path / "away.jsonl")
    os.mkfifo(folder / "pipe.jsonl")
    read, remarks = read_attempts(folder)
    assert read == []
    assert len(remarks) == 2


def test_an_attempt_without_a_value_is_not_kept(tmp_path):
    path = tmp_path / "attempts.jsonl"
    with pytest.raises(KitError, match="value"):
        append_attempt(path, Attempt("Ada", "W2", "wine", "AP", math.inf))
    assert not path.exists()


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(KitError, match="no folder"):
        read_attempts(tmp_path / "nowhere")
