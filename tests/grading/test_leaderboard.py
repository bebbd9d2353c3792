"""The board: attempts kept as lines, read tolerantly, drawn as one page."""

import dataclasses
import math
import os
import subprocess
import sys

import pytest
import typer
from hypothesis import given, settings
from hypothesis import strategies as st
from pages import Page
from typer.testing import CliRunner

from helpers.errors import KitError
from helpers.grading.leaderboard import (
    Attempt,
    append_attempt,
    boards,
    leaderboard,
    read_attempts,
)
from helpers.grading.leaderboard_cli import draw
from helpers.grading.showing import shown

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


def test_attempts_are_kept_where_nothing_can_draw_them(tmp_path):
    """A learner's kit has no Jinja; the command that draws says what to install."""
    code = f"""
import sys
sys.modules["jinja2"] = None
from helpers.grading.leaderboard import Attempt, append_attempt
append_attempt({str(tmp_path / "a.jsonl")!r}, Attempt("Ada", "W2", "wine", "AP", 0.5))
"""
    subprocess.run([sys.executable, "-c", code], check=True)
    read, _ = read_attempts(tmp_path)
    assert [each.value for each in read] == [0.5]


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


# -- the page --------------------------------------------------------------------------


def attempt(nickname, value, when="", dataset="wine", workshop="W2"):
    return Attempt(nickname, workshop, dataset, "AP", value, 0.1, 0.5, when)


def table(attempts):
    (board,) = boards(attempts)
    return [(line.rank, line.name, line.value, line.attempts) for line in board.lines]


def page_of(folder, attempts):
    for each in attempts:
        append_attempt(folder / "attempts.jsonl", each)
    leaderboard(folder, folder / "board.html")
    return Page((folder / "board.html").read_bytes())


def test_ties_share_a_rank_and_references_have_none():
    attempts = [attempt("a", 0.9), attempt("b", 0.9), attempt("c", 0.3)]
    assert table([*attempts, attempt("a", 0.2)]) == [
        (1, "a", 0.9, 2),
        (1, "b", 0.9, 1),
        (None, "simplest detector", 0.5, 0),
        (3, "c", 0.3, 1),
        (None, "chance", 0.1, 0),
    ]


def test_what_is_shown_as_equal_is_equal():
    ranks = [line[0] for line in table([attempt("a", 0.81231), attempt("b", 0.81234)])]
    assert ranks[:2] == [1, 1]


def test_nicknames_differ_by_any_sign():
    names = ["ada", "Ada", "é", "e\u0301", "😀"]
    found = {line[1] for line in table([attempt(name, 0.7) for name in names])}
    assert {*names} <= found


def test_unknown_references_are_left_out():
    (board,) = boards([Attempt("a", "W1", "d", "found", 3)])
    assert [line.name for line in board.lines] == ["a"]


def test_each_workshop_and_data_set_has_a_table_w1_first(tmp_path):
    attempts = [attempt("a", 1), attempt("a", 1, dataset="glass")]
    page = page_of(tmp_path, [*attempts, attempt("a", 1, workshop="W1")])
    places = [page.text.index(part) for part in ("W1: wine", "W2: glass", "W2: wine")]
    assert places == sorted(places)
    assert page.tags.count("table") == page.tags.count("svg") == 3


def test_the_picture_has_a_dot_for_each_attempt_in_the_order_of_time():
    times = ["2026-11-03", "2026-11-01T10:00:00Z", "2026-11-02T10:00:00+05:00"]
    (board,) = boards(
        [attempt("a", v, t) for v, t in zip([3, 1, 2], times, strict=True)]
    )
    assert [each.value for each in board.attempts] == [1, 2, 3]
    assert board.picture.dots.count("M") == 3
    assert board.picture.best.count("V") == 3


@pytest.mark.parametrize("when", ["yesterday", "0001-01-01T00:00:00+23:59", "9" * 99])
def test_a_time_that_is_none_breaks_nothing(tmp_path, when):
    page = page_of(tmp_path, [attempt("a", 0.4, when), attempt("b", 0.6, "2026-11-01")])
    assert "2 attempts by 2 nicknames" in page.text


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(exclude_categories=()), min_size=1).filter(str.split))
def test_a_nickname_is_shown_and_does_nothing(tmp_path_factory, name):
    folder = tmp_path_factory.mktemp("board")
    page = page_of(folder, [attempt(name, 0.4)])
    assert " ".join(shown(" ".join(name.split()), 600).split()) in page.text


@pytest.mark.parametrize("field", ["nickname", "dataset", "metric", "workshop", "when"])
def test_markup_in_any_field_or_in_a_files_name_does_nothing(tmp_path, field):
    text = "</style><script>alert(1)</script>\u202e\x1b[31m" + "'\""
    known = dataclasses.asdict(ADA) | {field: text}
    (tmp_path / "<img src=x onerror=alert(1)>.jsonl").write_text("torn")
    page = page_of(tmp_path, [Attempt(**known)])
    assert "Lines that are no attempts" in page.text
    assert "onerror=alert(1)>.jsonl, line 1" in page.text


@pytest.mark.parametrize("value", [0, 1e12, -1e12, 1e-300, 12_345_678.9])
def test_values_of_any_size_are_drawn(tmp_path, value):
    page = page_of(tmp_path, [attempt("a", value), attempt("b", 1)])
    assert "nan" not in (tmp_path / "board.html").read_text()
    assert page.tags.count("tr") == 5


def test_an_empty_folder_has_a_page_that_says_so(tmp_path):
    assert "No attempts yet" in page_of(tmp_path, []).text


def test_the_same_attempts_give_the_same_bytes(tmp_path):
    for name in "ab":
        (tmp_path / name).mkdir()
        page_of(tmp_path / name, [attempt("x", 0.3), attempt("y", 0.2)])
    first, second = ((tmp_path / name / "board.html").read_bytes() for name in "ab")
    assert first == second


def command():
    app = typer.Typer()
    app.command()(draw)
    return app


def test_the_command_writes_the_page_and_names_what_it_passed_over(tmp_path):
    (tmp_path / "a.jsonl").write_text("torn\n")
    out = tmp_path / "board.html"
    done = CliRunner().invoke(command(), [str(tmp_path), "--out", str(out)])
    assert done.exit_code == 0
    assert "a.jsonl, line 1" in done.output
    assert out.is_file()


def test_the_command_refuses_an_out_that_is_a_folder(tmp_path):
    done = CliRunner().invoke(command(), [str(tmp_path), "--out", str(tmp_path)])
    assert isinstance(done.exception, KitError)
