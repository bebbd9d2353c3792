"""A learner's own record: kept over lessons, by many kernels, whatever the file holds;
no check ever depends on it.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import helpers
from helpers.authoring.execute import learner_machine
from helpers.cli import app
from helpers.errors import KitError
from helpers.exercises import begin, check, engine, hint, progress
from helpers.exercises import record as module
from helpers.exercises.overview import page, parts
from helpers.exercises.record import Kept, Record, kept_record, the_record

NUMBERS = ("0.1", "3.1", "3.2", "12.5", "W1.1")
kept = st.builds(
    Kept, solved=st.booleans(), hints=st.integers(0, 9), at=st.integers(0, 2**32)
)
notes = st.lists(st.tuples(st.sampled_from(NUMBERS), kept), max_size=8)


@pytest.fixture
def path(tmp_path, monkeypatch):
    """Return where the record is kept, as in a learner's notebook and not in a test."""
    path = tmp_path / "data" / "progress.jsonl"
    monkeypatch.setenv("WORKSHOP_RECORD", str(path))
    monkeypatch.delenv("PYTEST_VERSION")
    yield path
    begin("00")


def right(number="0.1"):
    """Note a right answer, as another kernel does."""
    Record(the_record().path).open().note(number, solved=True, hints=0)


def written(path, noted):
    path.write_text("".join(module._line(*each) for each in noted))
    return Record(path)


# ------------------------------------------------------------------ what is kept of it


def test_an_attempt_is_noted_without_the_answer_and_a_blank_is_none(path):
    helpers.start("00")
    check("0.1", ..., None)
    assert Record(path).read() == {}
    hint("0.1")
    check("0.1", "my own words", None)
    (line,) = path.read_text().strip().splitlines()
    told = json.loads(line)
    assert abs(told.pop("at") - time.time()) < 60
    assert told == {"exercise": "0.1", "solved": False, "hints": 1}


def test_only_the_user_may_read_it(path):
    helpers.start("00")
    assert path.stat().st_mode & 0o777 == 0o600


def test_an_exercise_that_does_not_exist_is_not_noted(path):
    helpers.start("00")
    check("0.9", 1)
    check("nonsense\n", 1)
    assert Record(path).read() == {}


@given(notes)
def test_order_and_repetition_change_nothing(tmp_path_factory, noted):
    path = tmp_path_factory.mktemp("notes") / "record"
    known = written(path, noted).read()
    assert written(path, [*reversed(noted), *noted]).read() == known
    for number, one in noted:
        assert known[number] | one == known[number]


@given(notes, st.lists(st.binary(max_size=400), max_size=4))
def test_garbage_and_torn_lines_are_skipped(tmp_path_factory, noted, garbage):
    path = tmp_path_factory.mktemp("garbage") / "record"
    known = written(path, noted).read()
    with path.open("ab") as file:
        for piece in garbage:
            file.write(piece.replace(b"{", b"("))
            file.write(module._line("3.1", Kept(True, 1, 1)).encode()[:-20])
    record = Record(path)
    assert record.read() == known
    record.note("3.1", solved=True, hints=3)
    if not record.fault:
        assert record.read()["3.1"].hints >= 3


@pytest.mark.parametrize(
    "line",
    [
        '{"exercise": "3.1", "solved": 1, "hints": 0, "at": 1}',
        '{"exercise": "3.1", "solved": true, "hints": true, "at": 1}',
        '{"exercise": "3.1", "solved": true, "hints": 1e9999, "at": 1}',
        '{"exercise": "3.1", "solved": true, "hints": 0, "at": NaN}',
        '{"exercise": "3.1", "solved": true, "hints": 0, "at": 99999999999999}',
        '{"exercise": "3.1", "solved": true, "hints": -1, "at": 1}',
        '{"exercise": "<b>", "solved": true, "hints": 0, "at": 1}',
        '{"exercise": ["3.1"], "solved": true, "hints": 0, "at": 1}',
        '{"exercise": "3.1"}',
        '["exercise"]',
        "[" * 299,
        "1" * 299,
        "null",
    ],
)
def test_lines_of_other_shapes_say_nothing(tmp_path, line):
    (tmp_path / "record").write_text(f'{{"exercise"\n{line}\n')
    assert Record(tmp_path / "record").read() == {}


# ------------------------------------------------------------------- several at a time

WRITES = """
import sys
from helpers.exercises import record as module
module.LONG = 2000
record = module.Record(sys.argv[1])
for number in range(400):
    record.note(f"{sys.argv[2]}.{number}", solved=True, hints=1)
    assert not record.fault, record.fault
    if number % 50 == 0:
        record.open()
"""


def test_kernels_that_write_and_compact_at_once_lose_nothing(tmp_path):
    path = tmp_path / "record"
    command = [sys.executable, "-c", WRITES, str(path)]
    made = [subprocess.Popen([*command, str(number)]) for number in (1, 2, 3)]
    for each in made:
        assert each.wait(timeout=60) == 0
    assert len(Record(path).read()) == 1200
    for line in path.read_text().splitlines():
        assert not line or json.loads(line)["solved"]


@settings(max_examples=20)
@given(notes)
def test_compacting_keeps_what_is_known(tmp_path_factory, noted):
    path = tmp_path_factory.mktemp("long") / "record"
    record = written(path, [*noted, ("3.1", Kept(True, 1, 9))] * 1200)
    known = record.read()
    assert record.open().read() == known
    assert path.stat().st_size < 1000
    assert [each.name for each in path.parent.iterdir()] == ["record"]


def test_a_compaction_that_was_killed_loses_nothing(tmp_path):
    path = tmp_path / "record"
    written(path, [("3.1", Kept(True, 1, 1))])
    path.rename(tmp_path / "record.older")
    record = Record(path)
    record.note("3.2", solved=False, hints=0)
    assert set(record.read()) == {"3.1", "3.2"}
    assert set(record.open().read()) == {"3.1", "3.2"}
    assert [each.name for each in tmp_path.iterdir()] == ["record"]


def test_lines_of_a_kernel_that_had_opened_the_old_file_are_not_lost(
    tmp_path, monkeypatch
):
    """It writes after the compacting one has read: the old file stays for next time."""
    path = tmp_path / "record"
    record = written(path, [("3.1", Kept(True, 1, 1))] * 2000)
    append = module._append

    def late(place, text):
        with (tmp_path / "record.older").open("a") as file:
            file.write(module._line("3.2", Kept(True, 0, 2)))
        append(place, text)

    monkeypatch.setattr(module, "_append", late)
    record._compact()
    monkeypatch.undo()
    assert (tmp_path / "record.older").exists()
    assert set(record.read()) == {"3.1", "3.2"}
    assert set(record.open().read()) == {"3.1", "3.2"}
    assert not (tmp_path / "record.older").exists()


def test_a_line_into_a_file_that_was_put_aside_is_written_again(tmp_path, monkeypatch):
    path, write = tmp_path / "record", os.write
    record = written(path, [("3.1", Kept(True, 1, 1))])

    def late(file, text):
        if not (tmp_path / "gone").exists():
            path.rename(tmp_path / "gone")
        return write(file, text)

    monkeypatch.setattr(os, "write", late)
    record.note("3.2", solved=True, hints=0)
    monkeypatch.undo()
    assert set(Record(tmp_path / "gone").read()) == {"3.1", "3.2"}
    assert set(record.read()) == {"3.2"}


# ------------------------------------------------------------- where it can't be kept


def folder_in_its_place(path):
    path.mkdir(parents=True)


def file_for_its_folder(path):
    path.parent.write_text("")


def pipe(path):
    path.parent.mkdir()
    os.mkfifo(path)


def full_disk(path):
    path.parent.mkdir()
    path.symlink_to("/dev/full")


def thesis(path):
    path.parent.mkdir()
    path.write_text("My thesis. " * 10_000)


@pytest.mark.parametrize(
    "place", [folder_in_its_place, file_for_its_folder, pipe, full_disk, thesis]
)
def test_a_place_that_cannot_hold_it_costs_no_check_and_is_told(path, place):
    begin("00")
    outcome = check("0.1", 3)
    place(path)
    held = path.read_bytes() if place is thesis else None
    helpers.start("00")
    assert check("0.1", 3) == outcome
    *as_before, told = progress().splitlines()
    assert as_before[-1] == "0 of 1 exercises solved"
    assert told.startswith(f"No record is kept over lessons: {path}: ")
    assert progress("all").splitlines()[-1] == told
    assert held is None or path.read_bytes() == held
    done = CliRunner().invoke(app, ["progress", "--forget"], input="y\n")
    assert path.is_symlink() or path.exists() or place is file_for_its_folder
    assert done.exit_code == 0 if place is file_for_its_folder else done.exception


def test_a_disk_that_fills_up_later_is_told_and_once_there_is_room_noted(
    path, monkeypatch
):
    helpers.start("00")
    with monkeypatch.context() as full:
        full.setattr(os, "write", lambda file, text: 3)
        assert check("0.1", 3).status == "could not check"
    assert progress().endswith(f"{path}: the disk is full")
    check("0.1", 3)
    assert "No record" not in progress()
    assert set(Record(path).read()) == {"0.1"}


def test_a_learner_who_replaces_what_the_record_needs_can_still_check(
    path, monkeypatch
):
    helpers.start("00")
    monkeypatch.setattr(time, "time", lambda: "noon")
    monkeypatch.setattr(json, "dumps", None)
    assert check("0.1", 3).status == "could not check"


@pytest.mark.parametrize("asked", ["progress.jsonl", "0", "~nobody-at-all/x"])
def test_a_place_that_is_no_full_path_is_refused_and_nothing_written(
    path, monkeypatch, tmp_path, asked
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WORKSHOP_RECORD", asked)
    helpers.start("00")
    check("0.1", 3)
    assert "WORKSHOP_RECORD is no full path" in progress()
    assert list(tmp_path.iterdir()) == []


def test_a_note_takes_less_than_two_milliseconds(path):
    record = Record(path).open()
    seconds = []
    for _ in range(101):
        began = time.perf_counter()
        record.note("3.1", solved=True, hints=0)
        seconds.append(time.perf_counter() - began)
    assert statistics.median(seconds) < 0.002


# -------------------------------------------------------------- whose notebook it is

STARTS = """
import sys
if sys.argv[1:]:
    sys.modules["ipykernel"] = sys
import helpers
from helpers.exercises import check
helpers.start("00")
check("0.1", 3)
"""


def home_after(home, *arguments, **environment):
    """Return the files in a home after a lesson has begun in another process."""
    clean = {
        name: value
        for name, value in os.environ.items()
        if name not in ("PYTEST_VERSION", "WORKSHOP_RECORD", "XDG_DATA_HOME")
    }
    clean |= {"HOME": str(home), "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", STARTS, *arguments]
    subprocess.run(command, env=clean | environment, check=True)
    return [path for path in home.rglob("*") if path.is_file()]


@pytest.mark.skipif(sys.platform != "linux", reason="the data folder is elsewhere")
def test_a_notebook_keeps_it_in_the_users_data_folder(tmp_path):
    (path,) = home_after(tmp_path, "notebook")
    assert path == tmp_path / ".local/share/anomaly-workshop/progress.jsonl"
    assert set(Record(path).read()) == {"0.1"}


def test_programs_tests_and_builds_keep_none(tmp_path):
    assert home_after(tmp_path) == []
    assert home_after(tmp_path, "notebook", PYTEST_VERSION="8") == []
    assert home_after(tmp_path, "notebook", WORKSHOP_RECORD="") == []
    with learner_machine() as (_, environment):
        assert environment["WORKSHOP_RECORD"] == ""


def test_a_check_before_the_first_cell_is_not_noted(path):
    begin("00")
    check("0.1", 3)
    assert not path.exists()


def test_tests_keep_none_even_where_a_place_is_named(path, monkeypatch):
    monkeypatch.setenv("PYTEST_VERSION", "8")
    assert kept_record() is None


# ------------------------------------------------------------------- how it is shown


def test_progress_is_as_before_where_nothing_else_is_known(path):
    begin("00")
    check("0.1", 3)
    before = progress()
    helpers.start("00")
    check("0.1", 3)
    assert progress() == before


def test_progress_tells_of_other_lessons_and_of_earlier_days(path):
    right("0.1")
    right("3.2")
    helpers.start("00")
    row, solved, told = progress().splitlines()
    assert row.endswith("not attempted, solved before")
    assert solved == "0 of 1 exercises solved"
    assert told.startswith("All lessons on this machine: 2 exercises solved, 3 points")


def test_the_table_has_every_lesson_and_their_sum(path):
    right("3.2")
    Record(path).note("3.3", solved=False, hints=2)
    Record(path).note("77.1", solved=True, hints=0)
    heading, *rows, total, told = progress("all").splitlines()
    assert heading.split() == ["lesson", "solved", "tried", "hints", "points", *LAST]
    names = [row.split()[0] for row in rows]
    assert names == [part.name for part in parts({})]
    assert rows[names.index("03")].split()[1:9] == ["1", "of", "4", *"222", "of", "5"]
    assert rows[names.index("05")].endswith("-")
    assert total.split()[:2] == ["all", "1"]
    assert str(path) in told


LAST = ["last", "attempt"]


def test_another_word_is_refused():
    with pytest.raises(KitError, match=r'progress\("all"\) of all lessons'):
        progress("03")


def test_without_a_record_the_table_says_so(monkeypatch):
    monkeypatch.setenv("WORKSHOP_RECORD", "")
    assert progress("all") == (
        "No record is kept over lessons: WORKSHOP_RECORD is empty."
    )


class Reader(HTMLParser):
    """Notes tags, attributes and text of a page."""

    def __init__(self):
        super().__init__()
        self.tags, self.attributes, self.texts = [], set(), []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data):
        self.texts.append(data)


def test_the_page_stands_alone_and_runs_nothing(path):
    right("3.2")
    name = '<script>alert(1)</script> {0} & "Zoë" \''
    text = page(Record(path), name)
    reader = Reader()
    reader.feed(text)
    assert not {"script", "link", "img", "iframe"} & set(reader.tags)
    assert not {"src", "href", "onload"} & reader.attributes
    assert any(name in part for part in reader.texts)
    assert "no proof" in " ".join(text.split())
    assert "Repair the leak" in reader.texts
    assert "charset" in reader.attributes


# ------------------------------------------------------------------- the command line


def command(*arguments, **options):
    return CliRunner().invoke(app, ["progress", *map(str, arguments)], **options)


def test_the_command_prints_the_table_and_creates_nothing(path):
    done = command()
    assert done.exit_code == 0
    assert f"Nothing is noted yet; lessons will note it in {path}" in done.output
    assert not path.parent.exists()
    right("3.2")
    assert command().output.strip() == progress("all")


def test_the_command_writes_the_page(path, tmp_path):
    out = tmp_path / "page.html"
    assert "nothing is recorded yet" in str(command("--export", out).exception)
    right("3.2")
    assert command("--export", out, "--name", "Ada").exit_code == 0
    assert "Name: Ada<br>" in out.read_text(encoding="utf-8")
    for bad in (tmp_path, tmp_path / "no" / "page.html", path):
        done = command("--export", bad)
        assert isinstance(done.exception, KitError)
        assert str(bad if bad != tmp_path / "no" / "page.html" else bad.parent) in str(
            done.exception
        )
    assert set(Record(path).read()) == {"3.2"}


@pytest.mark.parametrize("answer", ["n\n", "", "\n"])
def test_the_record_is_deleted_only_after_a_yes(path, answer):
    right()
    assert command("--forget", input=answer).exit_code == 1
    assert path.exists()
    (path.parent / "progress.jsonl.older").write_text("")
    assert command("--forget", input="y\n").exit_code == 0
    assert list(path.parent.iterdir()) == []
    assert "There is no record" in command("--forget").output


def test_after_it_was_deleted_a_running_kernel_begins_anew(path):
    helpers.start("00")
    check("0.1", 3)
    Record(path).forget()
    assert "No record" not in progress()
    check("0.1", 3)
    assert set(Record(path).read()) == {"0.1"}
    assert engine._session.record.fault == ""
