"""A class's folder becomes one submission per learner and lesson, whatever is in it."""

import contextlib
import functools
import json
import os
import signal
import socket
import stat
import struct
import time
import unicodedata
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from notebook_files import archive, as_bytes, code, notebook, put, solved

from helpers.errors import KitError
from helpers.grading import archives
from helpers.grading.cells import CantRead, cells_of
from helpers.grading.collect import collect
from helpers.grading.extract import extract, released
from helpers.grading.reader import Limits, Place, Reader
from helpers.grading.rows import MISSING, READ, UNREADABLE

MOODLE = "_assignsubmission_file_"


@pytest.fixture(scope="module")
def warm():
    """A child that serves all tests, as one serves all files of a class."""
    with Reader() as reader:
        yield reader


@pytest.fixture(autouse=True)
def _one_child(monkeypatch, warm):
    monkeypatch.setattr(
        "helpers.grading.collect.Reader", lambda: contextlib.nullcontext(warm)
    )


def by_name(folder, **options):
    """Collect; return the submissions by learner, of whom each has one."""
    found = collect(folder, **options)
    learners = {each.learner: each for each in found}
    assert len(learners) == len(found), [each.learner for each in found]
    return learners


def mark_of(submission):
    """Return what `solved` wrote into every exercise of a notebook."""
    assert submission.status == READ, submission.reason
    (mark,) = {source.split("mark = ")[1] for source in submission.exercises.values()}
    return mark


def aged(folder, ages):
    """Set the times of files: hours ago."""
    for name, hours in ages.items():
        then = 1_700_000_000 - 3600 * hours
        os.utime(folder / name, (then, then))


def remarks(submission):
    return " | ".join(submission.remarks)


# -- whose a file is -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "learners"),
    [
        (["ada/03.ipynb", "bob/x/y/03.ipynb", "cleo.ipynb"], ["ada", "bob", "cleo"]),
        (["Ada Lovelace_123456_assignsubmission_file_/03_x.ipynb"], ["Ada Lovelace"]),
        (["Ada Lovelace_123456_assignsubmission_file_03_x.ipynb"], ["Ada Lovelace"]),
        (["O_Neil, Ann_7_assignsubmission_file_/a_1_2_b.ipynb"], ["O_Neil, Ann"]),
        (["lovelaceada_12345_678901_03_x-1.ipynb"], ["lovelaceada"]),
        (["lovelaceada_LATE_12345_678901_03_x.ipynb"], ["lovelaceada"]),
        (["Ada Lovelace - 03_x.ipynb", "Bob - 03 (1).ipynb"], ["Ada Lovelace", "Bob"]),
        (["Week 3_adal_attempt_2026-03-01-10-22-33_03.ipynb"], ["adal"]),
        (["ada_03_imbalanced_data.ipynb"], ["ada"]),
        (["03_imbalanced_data - ada.ipynb"], ["ada"]),
        (
            ["ada (1).ipynb", "bob-Copy1.ipynb", "Copy of cy.ipynb"],
            ["ada", "bob", "cy"],
        ),
        (["ada.IPYNB", "bob.ipynb.txt"], ["ada", "bob"]),
        (["learner_01.ipynb", "learner_02.ipynb"], ["learner_01", "learner_02"]),
        (["01/a.ipynb", "02/a.ipynb", "03/a.ipynb"], ["01", "02", "03"]),
        (["03 (1).ipynb", "03 (2).ipynb"], ["03 (1)", "03 (2)"]),
        (
            ["submission (1).ipynb", "submission.ipynb"],
            ["submission", "submission (1)"],
        ),
        (["Untitled2.ipynb", "Untitled (3).ipynb"], ["Untitled2", "Untitled (3)"]),
        (["03_x - Ada.ipynb", "Feedback Lee.ipynb"], ["Ada", "Feedback Lee"]),
        (["course/ada/03.ipynb", "course/bob/03.ipynb"], ["ada", "bob"]),
        (["03/ada.ipynb", "03/bob.ipynb", "04/cy.ipynb", "04/d.ipynb"], list("abcd")),
        (["Anna Classen/a.ipynb", "Bob/b.ipynb"], ["Anna Classen", "Bob"]),
        (["x/canvas/a_1_2_x.ipynb"], ["x"]),
        (["Group 1/notebook.ipynb", "Group 2/notebook.ipynb"], ["Group 1", "Group 2"]),
        (["submission_1/a.ipynb", "submission_2/a.ipynb"], None),
        (["01/03_a.ipynb", "01/04_b.ipynb", "02/03_a.ipynb"], ["01", "02"]),
        (["12345.ipynb", "12345 (1).ipynb", "67890.ipynb"], ["12345", "67890"]),
        (["03/12345.ipynb", "03/67890.ipynb", "x.ipynb"], ["12345", "67890", "x"]),
        (["course/01.ipynb", "course/02.ipynb"], ["01", "02"]),
        (["Assignment 3/Ada - 03.ipynb", "x.ipynb"], ["Ada", "x"]),
    ],
)
def test_the_name_of_a_learner_is_read_from_every_platforms_names(
    tmp_path, files, learners
):
    put(tmp_path, {name: solved() for name in files})
    found = by_name(tmp_path)
    learners = learners or ["submission_1", "submission_2"]
    short = {"a": "ada", "b": "bob", "c": "cy"}
    wanted = [short.get(x, x) if learners == list("abcd") else x for x in learners]
    assert sorted(found) == sorted(wanted)
    assert {mark_of(each) for each in found.values()} == {"1"}
    assert {each.lesson for each in found.values()} == {"03"}


@pytest.mark.parametrize(
    ("name", "files", "learners"),
    [
        ("class.zip", ["ada.ipynb", "bob.ipynb"], ["ada", "bob"]),
        ("03.zip", ["ada/03.ipynb", "bob/03.ipynb"], ["ada", "bob"]),
        ("x.zip", ["ada/03.ipynb", "bob/03.ipynb"], ["ada", "bob"]),
        ("x.zip", [f"Ada_1{MOODLE}/3.ipynb", f"Bob_2{MOODLE}/3.ipynb"], ["Ada", "Bob"]),
        ("x.zip", [f"Ada_1{MOODLE}3.ipynb", f"Bob_2{MOODLE}3.ipynb"], ["Ada", "Bob"]),
        ("x.zip", ["a_1_2_x.ipynb", "b_2_3_x.ipynb"], ["a", "b"]),
        ("Week 3-20260301T1-001.zip", ["Week 3/Ada - 03.ipynb"], ["Ada"]),
        ("class.zip", ["01.ipynb", "02.ipynb"], ["01", "02"]),
        ("x.zip", ["top/ada/3.ipynb", "top/bob/3.ipynb", "top/c/3.ipynb"], None),
        ("ada.zip", ["homework/03.ipynb"], None),
    ],
)
def test_one_zip_of_the_whole_class_holds_its_learners(tmp_path, name, files, learners):
    put(tmp_path, {name: archive([(file, solved()) for file in files])})
    found = by_name(tmp_path)
    assert all(each.status == READ for each in found.values())
    assert all(each.file.startswith(f"{name}/") for each in found.values())
    if learners:
        assert sorted(found) == learners
    assert by_name(tmp_path / name).keys() == found.keys()


def test_a_zip_per_learner_is_that_learners(tmp_path):
    files = {
        "ada.zip": archive([("work/03.ipynb", solved("7")), ("__MACOSX/._x", b"x")]),
        "bob (1).zip": archive([("a.ipynb", solved("8")), ("data/b.csv", b"x")]),
        "Cy Long - homework.zip": archive([("03_imbalanced_data.ipynb", solved("9"))]),
        f"Dee_12{MOODLE}x.zip": archive([("03.ipynb", solved("4"))]),
        f"Eve_13{MOODLE}/y.zip": archive([("03.ipynb", solved("5"))]),
        "faye_14_15_z.zip": archive([("03.ipynb", solved("6"))]),
    }
    found = by_name(put(tmp_path, files))
    assert {name: mark_of(each) for name, each in found.items()} == {
        "ada": "7",
        "bob": "8",
        "Cy Long": "9",
        "Dee": "4",
        "Eve": "5",
        "faye": "6",
    }


def test_zips_of_learners_in_the_zip_of_the_class_are_opened(tmp_path):
    inner = archive([("03.ipynb", solved("7"))])
    both = [("ada.zip", inner), ("bob.zip", archive([("x/03.ipynb", solved("8"))]))]
    found = by_name(put(tmp_path, {"class.zip": archive(both)}))
    assert {name: mark_of(each) for name, each in found.items()} == {
        "ada": "7",
        "bob": "8",
    }
    assert found["ada"].file == "class.zip/ada.zip/03.ipynb"


def test_names_that_differ_only_in_case_or_unicode_form_stay_apart(tmp_path):
    names = ["ada", "Ada", "ADA"]
    names += [unicodedata.normalize(form, "José") for form in ("NFC", "NFD")]
    files = {f"{name}.ipynb": solved(str(n)) for n, name in enumerate(names)}
    found = by_name(put(tmp_path, files))
    assert {name: mark_of(found[name]) for name in names} == {
        name: str(n) for n, name in enumerate(names)
    }
    assert "almost the same" in remarks(found["ada"])


def test_two_learners_of_one_name_are_told_apart_by_the_platforms_numbers(tmp_path):
    names = [f"Kim Lee_11{MOODLE}/a.ipynb", f"Kim Lee_12{MOODLE}/a.ipynb"]
    files = dict(zip(names, map(solved, "12"), strict=True))
    found = by_name(put(tmp_path, files))
    assert {name: mark_of(each) for name, each in found.items()} == {
        "Kim Lee (11)": "1",
        "Kim Lee (12)": "2",
    }


@pytest.mark.skipif(os.name != "posix", reason="names of bytes are Unix's")
def test_names_of_bytes_and_control_characters_are_shown_as_text(tmp_path):
    for name in (b"J\xf6rg.ipynb", "Jörg.ipynb".encode(), b"a\nb.ipynb", b"a\tb.ipynb"):
        with open(os.path.join(os.fsencode(tmp_path), name), "wb") as file:
            file.write(solved())
    found = by_name(tmp_path)
    assert len(found) == 4
    assert {"Jörg", r"a\x0ab", r"a\x09b"} < set(found)
    for each in found.values():
        assert mark_of(each) == "1"
        each.file.encode("utf-8")


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    names=st.lists(
        st.text(
            st.characters(exclude_characters="/\0.~", exclude_categories=["Cs", "Cc"]),
            min_size=1,
            max_size=20,
        ).map(lambda name: f"n{name}"),
        min_size=1,
        max_size=6,
        unique=True,
    )
)
def test_folders_with_any_names_are_as_many_learners(tmp_path_factory, names):
    folder = tmp_path_factory.mktemp("class")
    put(folder, {f"{name}/03.ipynb": b"{}" for name in names})
    found = by_name(folder)
    assert len(found) == len(names)
    assert all(each.status == UNREADABLE and each.reason for each in found.values())


# -- late and double -------------------------------------------------------------------


def test_of_several_the_newest_by_the_files_time_is_taken(tmp_path):
    put(tmp_path, {f"ada/{n}.ipynb": solved(n) for n in "abc"})
    aged(tmp_path, {"ada/a.ipynb": 2, "ada/b.ipynb": 1, "ada/c.ipynb": 3})
    ada = by_name(tmp_path)["ada"]
    assert mark_of(ada) == "b"
    assert ada.file == "ada/b.ipynb"
    for name in "abc":
        assert f"ada/{name}.ipynb" in remarks(ada)
    assert "time" in remarks(ada)


def test_of_several_of_one_time_the_highest_number_is_taken(tmp_path):
    names = ["ada.ipynb", "ada (10).ipynb", "ada (2).ipynb"]
    put(tmp_path, {name: solved(str(n)) for n, name in enumerate(names)})
    aged(tmp_path, dict.fromkeys(names, 1))
    ada = by_name(tmp_path)["ada"]
    assert ada.file == "ada (10).ipynb"
    assert "highest number" in remarks(ada)


def test_in_a_zip_the_entries_times_count(tmp_path):
    new = zipfile.ZipInfo("ada/old.ipynb", (2026, 3, 2, 0, 0, 0))
    old = zipfile.ZipInfo("ada/z_new.ipynb", (2026, 3, 1, 0, 0, 0))
    files = [(new, solved("new")), (old, solved("old")), ("bob/a.ipynb", solved())]
    found = by_name(put(tmp_path, {"class.zip": archive(files)}))
    assert mark_of(found["ada"]) == "new"


def test_the_platforms_stamp_counts_more_than_times(tmp_path):
    files = {
        "ada_LATE_1_5_x.ipynb": solved("late"),
        "ada_1_9_x.ipynb": solved("in time"),
        "bob_2_20_x.ipynb": solved("second"),
        "bob_2_9_x.ipynb": solved("first"),
        "W_cy_attempt_2026-03-01-10-00-00_x.ipynb": solved("first"),
        "W_cy_attempt_2026-03-02-10-00-00_x.ipynb": solved("second"),
    }
    put(tmp_path, files)
    aged(tmp_path, {name: hours for hours, name in enumerate(reversed(files))})
    aged(tmp_path, {"ada_LATE_1_5_x.ipynb": 99, "bob_2_20_x.ipynb": 99})
    found = by_name(tmp_path)
    assert {name: mark_of(each) for name, each in found.items()} == {
        "ada": "late",
        "bob": "second",
        "cy": "second",
    }
    assert "late" in remarks(found["ada"])
    assert "platform" in remarks(found["bob"])


def test_two_entries_of_one_name_are_two_files(tmp_path):
    with pytest.warns(UserWarning, match="Duplicate name"):
        data = archive([("x/03.ipynb", solved("1")), ("x/03.ipynb", solved("2"))])
    x = by_name(put(tmp_path, {"ada.zip": data, "bob.ipynb": solved()}))["ada"]
    assert mark_of(x) == "2"
    assert "2 times" in remarks(x)


def test_several_lessons_are_several_submissions(tmp_path):
    put(tmp_path, {f"ada/{n}.ipynb": solved(n, n) for n in ("03", "04")})
    assert [(s.learner, s.lesson, mark_of(s)) for s in collect(tmp_path)] == [
        ("ada", "03", "03"),
        ("ada", "04", "04"),
    ]


def test_the_lesson_is_told_by_what_is_inside_and_not_by_the_name(tmp_path):
    put(tmp_path, {"ada/07_autoencoders.ipynb": solved()})
    assert by_name(tmp_path)["ada"].lesson == "03"


def test_a_lesson_that_is_asked_for_is_all_that_is_collected(tmp_path):
    put(tmp_path, {f"ada/{n}.ipynb": solved(n, n) for n in ("03", "04")})
    put(tmp_path, {"bob.ipynb": solved("4", "04")})
    found = by_name(tmp_path, lesson="3")
    assert mark_of(found["ada"]) == "03"
    assert found["bob"].exercises == {}
    assert (found["bob"].lesson, found["bob"].status) == ("03", READ)
    assert "lesson 04" in remarks(found["bob"])


def test_a_torn_newest_file_leaves_the_one_before_it(tmp_path):
    put(tmp_path, {"ada/a.ipynb": solved("7"), "ada/b.ipynb": solved()[:5000]})
    aged(tmp_path, {"ada/a.ipynb": 5})
    ada = by_name(tmp_path)["ada"]
    assert mark_of(ada) == "7"
    assert "ada/b.ipynb was left" in remarks(ada)


def test_a_torn_file_of_another_lesson_has_its_own_row(tmp_path):
    put(tmp_path, {"ada/03.ipynb": solved("7"), "ada/04.ipynb": solved()[:5000]})
    put(tmp_path, {f"ada/{n}/04.ipynb": b"" for n in range(100)})
    aged(tmp_path, {f"ada/{n}/04.ipynb": n + 1 for n in range(100)})
    first, second = collect(tmp_path)
    assert mark_of(first) == "7"
    assert (second.learner, second.file) == ("ada", "ada/04.ipynb")
    assert second.status == UNREADABLE
    assert "breaks off" in second.reason


# -- the roster ------------------------------------------------------------------------


def roster(folder, text, encoding="utf-8"):
    path = folder / "class.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_a_roster_is_read_in_every_encoding(tmp_path, encoding, mark):
    lines = [["Name", "E-mail"], ["Jörg Müßig", "j@x.org"], ["Zoë", "z@x.org"]]
    text = "\r\n".join(mark.join(line) for line in lines)
    put(tmp_path, {"class/Jörg Müßig/3.ipynb": solved()})
    found = by_name(tmp_path / "class", roster=roster(tmp_path, text, encoding))
    assert list(found) == ["Jörg Müßig", "Zoë"]
    assert mark_of(found["Jörg Müßig"]) == "1"
    assert found["Zoë"].status == MISSING
    assert found["Zoë"].reason


def test_a_roster_in_any_script_is_matched_in_any_unicode_form(tmp_path):
    names = ["李雷", "Ольга Иванова", "محمد", "José Núñez", "नेहा"]
    files = {
        f"{unicodedata.normalize('NFD', name)}/3.ipynb": solved(str(n))
        for n, name in enumerate(names)
    }
    listed = roster(tmp_path, "\n".join(["learner", *names]), "utf-16")
    found = by_name(put(tmp_path / "class", files), roster=listed)
    assert {name: mark_of(each) for name, each in found.items()} == {
        name: str(n) for n, name in enumerate(names)
    }


@pytest.mark.parametrize(
    ("names", "page"),
    [
        (["Ольга", "Иван"], "cp1251"),
        (["Łukasz", "Żaneta"], "cp1250"),
        (["Ελένη", "Νίκος"], "cp1253"),
        (["李雷", "韩梅梅"], "gb18030"),
        (["佐藤", "鈴木"], "cp932"),
        (["Jörg", "Zoë"], "cp1252"),
    ],
)
def test_a_rosters_code_page_is_told_by_the_files_beside_it(tmp_path, names, page):
    put(tmp_path, {f"class/{names[0]}.ipynb": solved("7")})
    listed = roster(tmp_path, "\n".join(["name", *names]), page)
    found = by_name(tmp_path / "class", roster=listed)
    assert list(found) == names
    assert mark_of(found[names[0]]) == "7"


@pytest.mark.parametrize(
    "head_and_line",
    [
        "name,id\nAda Lovelace,s7",
        "Student;ID\nLovelace, Ada;12345",
        'Student,ID\n    Points Possible,\n"Lovelace, Ada",12345',
        "First name,Last name,Email address\nAda,Lovelace,ada@x.org",
        "Identifier,Full name\nParticipant 123456,Ada Lovelace",
        "Last;First\nLovelace;Ada",
        "Ada Lovelace",
        "sep=;\nname;group\nAda Lovelace;1",
    ],
)
@pytest.mark.parametrize(
    "file",
    [
        "Ada Lovelace.ipynb",
        "ada lovelace/3.ipynb",
        "Lovelace, Ada/3.ipynb",
        "lovelaceada_12345_6_x.ipynb",
        f"Ada Lovelace_123456{MOODLE}/x.ipynb",
        "Ada Lovelace - 03_x.ipynb",
        "03_Ada_Lovelace.ipynb",
        "03/Ada Lovelace/x.ipynb",
    ],
)
def test_learners_are_found_on_a_roster_however_they_are_named(
    tmp_path, head_and_line, file
):
    put(tmp_path, {f"class/{file}": solved()})
    listed = roster(tmp_path, head_and_line)
    (found,) = collect(tmp_path / "class", roster=listed)
    assert mark_of(found) == "1"
    assert found.remarks == ()
    assert found.learner.replace(",", "").split() in (
        ["Ada", "Lovelace"],
        ["Lovelace", "Ada"],
    )


@pytest.mark.parametrize(
    ("line", "file"),
    [
        ("id,email\ns7,ada@x.org", "s7.ipynb"),
        ("id,email\ns7,ada@x.org", "ada/x.ipynb"),
        ("name,id\nAda,s7", "s7/x.ipynb"),
        ("name,id\nAda,s7", "03_s7.ipynb"),
        ("name,id\nAda,77", f"Participant_77{MOODLE}/x.ipynb"),
    ],
)
def test_learners_are_found_by_ids_too(tmp_path, line, file):
    put(tmp_path, {f"class/{file}": solved()})
    (found,) = collect(tmp_path / "class", roster=roster(tmp_path, line))
    assert mark_of(found) == "1"
    assert found.learner in ("s7", "Ada")


def test_who_is_not_on_the_roster_is_kept_with_a_remark(tmp_path):
    put(tmp_path, {"class/ada.ipynb": solved(), "class/mallory.ipynb": solved("9")})
    found = by_name(tmp_path / "class", roster=roster(tmp_path, "name\nada\nbob"))
    assert list(found) == ["ada", "bob", "mallory"]
    assert mark_of(found["mallory"]) == "9"
    assert "not on the roster" in found["mallory"].remarks


def test_near_namesakes_of_a_listed_learner_stay_apart(tmp_path):
    put(tmp_path, {f"class/{n}.ipynb": solved(n) for n in ("ada", "Ada", "ADA")})
    found = by_name(tmp_path / "class", roster=roster(tmp_path, "name\nAda\nBob"))
    assert {n: mark_of(found[n]) for n in ("ada", "Ada", "ADA")} == {
        n: n for n in ("ada", "Ada", "ADA")
    }
    assert "not on the roster" not in remarks(found["Ada"])
    assert "not on the roster" in remarks(found["ada"])


def test_both_spellings_on_the_roster_are_two_learners(tmp_path):
    put(tmp_path, {f"class/{n}.ipynb": solved(n) for n in ("ada", "Ada")})
    found = by_name(tmp_path / "class", roster=roster(tmp_path, "name\nAda\nada\nADA"))
    assert [mark_of(found[n]) for n in ("Ada", "ada")] == ["Ada", "ada"]
    assert found["ADA"].status == MISSING


def test_listed_learners_of_one_name_are_told_apart_by_their_ids(tmp_path):
    files = {f"Kim Lee_{n}{MOODLE}/a.ipynb": solved(n) for n in ("11", "12")}
    listed = roster(tmp_path, "name,id\nKim Lee,12\nKim Lee,11\nKim Lee,13")
    found = by_name(put(tmp_path / "class", files), roster=listed)
    assert list(found) == ["Kim Lee (12)", "Kim Lee (11)", "Kim Lee (13)"]
    assert mark_of(found["Kim Lee (12)"]) == "12"
    assert found["Kim Lee (13)"].status == MISSING


def test_a_learner_named_by_two_platforms_is_one(tmp_path):
    files = {
        "lovelaceada_5_6_x.ipynb": solved("3"),
        f"Ada Lovelace_77{MOODLE}/x.ipynb": solved("4", "04"),
    }
    listed = roster(tmp_path, "name\nAda Lovelace")
    found = collect(put(tmp_path / "class", files), roster=listed)
    assert [(each.learner, each.lesson) for each in found] == [
        ("Ada Lovelace", "03"),
        ("Ada Lovelace", "04"),
    ]


def test_the_roster_may_lie_among_the_submissions(tmp_path):
    put(tmp_path, {"ada.ipynb": solved()})
    assert list(by_name(tmp_path, roster=roster(tmp_path, "name\nada"))) == ["ada"]


@pytest.mark.parametrize(
    "text", ["", "\n\n", "colour,size\n", "name\n", '"', "name,id\n,\n,", "\0\0\0"]
)
def test_a_roster_of_nobody_is_said_in_a_line(tmp_path, text):
    put(tmp_path, {"class/ada.ipynb": solved()})
    with pytest.raises(KitError, match="roster") as error:
        collect(tmp_path / "class", roster=roster(tmp_path, text))
    assert "\n" not in str(error.value)


def test_what_is_asked_for_and_not_there_is_said_in_a_line(tmp_path):
    with pytest.raises(KitError, match="no folder"):
        collect(tmp_path / "nowhere")
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    with pytest.raises(KitError, match="can't be opened"):
        collect(fifo)
    with pytest.raises(KitError, match="no lesson 99"):
        collect(tmp_path, lesson="99")
    with pytest.raises(KitError, match="roster"):
        collect(tmp_path, roster=tmp_path / "nowhere.csv")


# -- files that are no notebooks -------------------------------------------------------


def test_an_empty_class_has_no_submissions(tmp_path):
    assert collect(tmp_path) == []


def test_what_systems_made_is_passed_over(tmp_path):
    files = {
        "ada/03.ipynb": solved("7"),
        "ada/.ipynb_checkpoints/03-checkpoint.ipynb": solved("1"),
        "ada/.DS_Store": b"x",
        "ada/._03.ipynb": b"x",
        "ada/~$report.docx": b"x",
        "ada/data.csv": b"x",
        "__MACOSX/bob/03.ipynb": solved(),
        ".git/cy.ipynb": solved(),
        ".hidden.ipynb": solved(),
        "Thumbs.db": b"x",
        "README.md": b"x",
        "grades.csv": b"x",
    }
    put(tmp_path, files)
    aged(tmp_path, {"ada/03.ipynb": 9})
    found = by_name(tmp_path)
    assert list(found) == ["ada"]
    assert mark_of(found["ada"]) == "7"
    assert found["ada"].remarks == ()


@pytest.mark.parametrize(
    ("file", "data", "reason"),
    [
        ("bob.pdf", b"%PDF-1.4", ".pdf"),
        ("bob.docx", b"PK\x03\x04", ".docx"),
        ("bob.py", b"print(1)", ".py"),
        ("bob.html", b"<html>", ".html"),
        ("bob/report.pdf", b"%PDF-1.4", ".pdf"),
        ("bob", b"x", "a file"),
        ("bob.ipynb", b"", "empty"),
        ("bob.ipynb", b" \n\t \n", "empty"),
        ("bob.ipynb", b"\0" * 500, "empty"),
        ("bob.ipynb", b"\xef\xbb\xbf", "empty"),
        ("bob.ipynb", b"%PDF-1.4", "PDF"),
        ("bob.ipynb", b"PK\x03\x04abc", "zip"),
        ("bob.ipynb", b"<!DOCTYPE html><html>Please log in", "web page"),
        ("bob.ipynb", b"\n\n <html>", "web page"),
        ("bob.ipynb", b"\x1f\x8b\x08", "compressed"),
        ("bob.ipynb", b"version https://git-lfs.github.com/spec/v1", "Git"),
        ("bob.ipynb", b"hello", "begin with {"),
        ("bob.ipynb", b"\xff\xfeh\0i\0", "begin with {"),
        ("bob.ipynb", b"[]", "begin with {"),
        ("bob.ipynb", b"{}", "no list of cells"),
        ("bob.ipynb", b'{"cells": 1}', "no list of cells"),
        ("bob.ipynb", b'{"cells": []}', "no exercise"),
        ("bob.ipynb", b'{"cells": [],}', "line 1"),
        ("bob.ipynb", b"{'cells': []}", "line 1"),
        ("bob.ipynb", b'{"cells": [{"source": "x', "breaks off"),
        ("bob.ipynb", b'{"cells": [', "breaks off"),
        ("bob.ipynb", b'{"cells":' * 200_000, "deep"),
        ("bob.ipynb", b'{"cells":' + b"[" * 200_000, "deep"),
        ("bob.zip", b"", "empty"),
        ("bob.zip", b"PK\x03\x04abc", "torn"),
        ("bob.zip", b"<html>", "web page"),
        ("bob.zip", b"7z\xbc\xaf\x27\x1c", "another kind"),
        ("bob.zip", archive([]), "empty"),
        ("bob.zip", archive([("__MACOSX/x.ipynb", b"x")]), "empty"),
        ("bob.zip", archive([("03.ipynb", solved())])[:-200], "torn"),
        ("bob.zip", archive([("report.pdf", b"x")]), ".pdf"),
        ("bob.7z", b"7z\xbc\xaf\x27\x1c", ".7z"),
        ("bob.rar", b"Rar!", ".rar"),
    ],
)
def test_each_file_that_is_no_notebook_is_a_row_with_a_reason(
    tmp_path, file, data, reason
):
    found = by_name(put(tmp_path, {file: data, "ada.ipynb": solved()}))
    assert sorted(found) == ["ada", "bob"]
    assert mark_of(found["ada"]) == "1"
    assert found["bob"].status == UNREADABLE
    assert reason in found["bob"].reason
    assert "\n" not in found["bob"].reason


@pytest.mark.skipif(os.name != "posix", reason="links, pipes and devices of Unix")
def test_nothing_but_regular_files_is_opened(tmp_path):
    secret = tmp_path / "secret.ipynb"
    secret.write_bytes(solved("secret"))
    folder = put(tmp_path / "class", {"ada.ipynb": solved(), "hal/x.txt": b"x"})
    (folder / "bob.ipynb").symlink_to(secret)
    (folder / "cy").symlink_to(tmp_path)
    (folder / "dee").mkdir()
    (folder / "dee" / "03.ipynb").symlink_to(secret)
    (folder / "eve.ipynb").mkdir()
    os.mkfifo(folder / "faye.ipynb")
    (folder / "gus").mkdir()
    (folder / "loop.ipynb").symlink_to("loop.ipynb")
    os.mkfifo(folder / "hal" / "03.ipynb")
    with socket.socket(socket.AF_UNIX) as server:
        place = os.getcwd()
        os.chdir(folder)
        server.bind("ira.ipynb")
        os.chdir(place)
        began = time.monotonic()
        found = by_name(folder)
    assert time.monotonic() - began < 10
    reasons = {
        "bob": "link",
        "cy": "link",
        "dee": "link",
        "eve": "folder",
        "faye": "pipe",
        "gus": "empty",
        "hal": "pipe",
        "ira": "socket",
        "loop": "link",
    }
    assert set(found) == {"ada", *reasons}
    for name, reason in reasons.items():
        assert found[name].status == UNREADABLE
        assert reason in found[name].reason, name


def test_a_folder_under_a_notebooks_name_is_looked_into(tmp_path):
    put(tmp_path, {"ada.ipynb/03.ipynb": solved("7"), "bob.ipynb": solved()})
    assert mark_of(by_name(tmp_path)["ada"]) == "7"


def test_a_notebook_whose_name_lost_its_ending_is_read_with_a_remark(tmp_path):
    put(
        tmp_path, {"ada": solved("7"), "bob.json": solved("8"), "cy/a.txt": solved("9")}
    )
    found = by_name(tmp_path)
    assert [mark_of(found[name]) for name in ("ada", "bob", "cy")] == ["7", "8", "9"]
    assert all(".ipynb" in remarks(each) for each in found.values())


# -- odd notebooks ---------------------------------------------------------------------


def odd(make):
    made = notebook(answers={"3.3": "# Exercise 3.3\nthreshold = 'ü'"})
    return make(made) or as_bytes(made)


def _ids_gone(made):
    for cell in made["cells"]:
        cell.pop("id", None)
    made["nbformat_minor"] = 4


def _no_metadata(made):
    for cell in made["cells"]:
        cell.pop("metadata")
        cell.pop("outputs", None)


def _as_lists(made):
    for cell in made["cells"]:
        cell["source"] = "".join(cell["source"]).splitlines(keepends=True)


def _twice_the_keys(made):
    data = as_bytes(made)
    return data[:-2] + b', "metadata": {}, "cells": ' + data.split(b'"cells": ', 1)[1]


def _third(made):
    cells = [
        {"cell_type": "code", "input": cell["source"], "language": "python"}
        if cell["cell_type"] == "code"
        else {"cell_type": "markdown", "source": cell["source"]}
        for cell in made["cells"]
    ]
    sheets = [{"cells": cells, "metadata": {}}]
    return json.dumps({"nbformat": 3, "worksheets": sheets, "metadata": {}}).encode()


def _colab(made):
    _ids_gone(made)
    for cell in made["cells"]:
        cell["metadata"] = {"id": "AbC", "colab": {"base_uri": "x"}}
    made["metadata"]["colab"] = {"provenance": [], "cells": [{"source": "x"}]}


def _junk_cells(made):
    made["cells"][3:3] = [None, 1, "x", [], {}, {"cell_type": "code", "source": 5}]


def _with_outputs(made):
    shown = {
        "cells": [{"cell_type": "code", "source": "# Exercise 3.3\nthreshold = 1"}]
    }
    output = {"output_type": "display_data", "data": {"application/json": shown}}
    for cell in made["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = [output]


@pytest.mark.parametrize(
    "make",
    [
        lambda made: None,
        _ids_gone,
        _no_metadata,
        _as_lists,
        _twice_the_keys,
        _third,
        _colab,
        _junk_cells,
        _with_outputs,
        lambda made: b"\xef\xbb\xbf" + as_bytes(made),
        lambda made: as_bytes(made).decode().encode("utf-16"),
        lambda made: as_bytes(made).decode().encode("utf-16-le"),
        lambda made: as_bytes(made).decode().encode("utf-32"),
        lambda made: as_bytes(made).decode().encode("cp1252", "replace"),
        lambda made: as_bytes(made).replace(b"\n", b"\r\n"),
        lambda made: b"\n\n" + as_bytes(made) + b"\n\0\0\0\0",
        lambda made: as_bytes(made)[:-2] + b', "x": [NaN, -Infinity, 1e999]}',
        lambda made: as_bytes(made)[:-2] + b', "x": ' + b"9" * 6000 + b"}",
        lambda made: as_bytes(made | {"nbformat": 99}),
        lambda made: as_bytes({"cells": made["cells"]}),
        lambda made: as_bytes(made).replace(b"\\n", b"\\r\\n"),
    ],
)
def test_odd_notebooks_are_read_all_the_same(tmp_path, make):
    ada = by_name(put(tmp_path, {"ada.ipynb": odd(make)}))["ada"]
    assert ada.status == READ, ada.reason
    assert ada.lesson == "03"
    assert ada.exercises["3.3"] == "# Exercise 3.3\nthreshold = 'ü'"
    assert set(ada.exercises) == {"3.1", "3.2", "3.3", "3.4"}
    assert ada.own == ()


@pytest.mark.parametrize("raw", ["\\u0000", "\\ud800", "\0", "\\udfff\\ud800"])
def test_what_is_no_text_in_a_source_is_replaced_with_a_remark(tmp_path, raw):
    data = odd(lambda made: None).replace("ü".encode(), raw.encode())
    ada = by_name(put(tmp_path, {"ada.ipynb": data}))["ada"]
    assert "\ufffd" in ada.exercises["3.3"]
    assert "no text" in remarks(ada)
    ada.exercises["3.3"].encode("utf-8")


def test_the_outputs_size_does_not_matter(tmp_path):
    made = notebook(answers={"3.3": "# Exercise 3.3\nthreshold = 7"})
    lines = ["epoch 17: loss 0.123456\n"] * 400_000
    made["cells"][1]["outputs"] = [{"output_type": "stream", "text": lines}]
    picture = {"output_type": "display_data", "data": {"image/png": "A" * 30_000_000}}
    made["cells"][3]["outputs"] = [picture]
    ada = by_name(put(tmp_path, {"ada.ipynb": as_bytes(made)}))["ada"]
    assert ada.exercises["3.3"].endswith("threshold = 7")


def test_a_file_over_the_bound_says_so(tmp_path):
    folder = put(tmp_path, {"ada.ipynb": solved(), "bob.ipynb": b"{"})
    with open(folder / "bob.ipynb", "r+b") as file:
        file.truncate(archives.LARGEST_FILE + 1)
    found = by_name(folder)
    assert "300 MB" in found["bob"].reason
    assert "at most 300" in found["bob"].reason
    assert mark_of(found["ada"]) == "1"


def test_very_long_cells_are_left_out_and_the_others_read(tmp_path):
    made = notebook(answers={"3.3": "# Exercise 3.3\nthreshold = 7"})
    made["cells"].insert(2, code("x = '" + "a" * 5_000_000 + "'"))
    made["cells"] += [code(f"y = {n}") for n in range(7000)]
    ada = by_name(put(tmp_path, {"ada.ipynb": as_bytes(made)}))["ada"]
    assert ada.exercises["3.3"].endswith("threshold = 7")
    assert "left out" in remarks(ada)
    assert len(ada.own) < 6000


# -- hostile archives ------------------------------------------------------------------


def entry(name, kind=stat.S_IFREG):
    info = zipfile.ZipInfo(name, (2026, 3, 1, 0, 0, 0))
    info.external_attr = (kind | 0o644) << 16
    return info


def locked():
    data = bytearray(archive([("03.ipynb", solved())]))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def packed_in_another_way():
    data = bytearray(archive([("03.ipynb", solved())]))
    data[8] = 9
    data[data.index(b"PK\x01\x02") + 10] = 9
    return bytes(data)


def damaged():
    data = bytearray(archive([("03.ipynb", solved())]))
    data[200:260] = bytes(60)
    return bytes(data)


def lying():
    """Return a zip whose entry says that it holds 10 bytes, and holds many more."""
    data = bytearray(archive([("03.ipynb", solved())]))
    at = data.index(b"PK\x01\x02")
    data[at + 24 : at + 28] = struct.pack("<L", 10)
    return bytes(data)


def overlapping():
    """Return a zip in which 500 entries share one place."""
    one = archive([("03.ipynb", solved())])
    start = one.index(b"PK\x01\x02")
    end = one.index(b"PK\x05\x06")
    listed = one[start:end] * 500
    tail = bytearray(one[end:])
    tail[8:16] = struct.pack("<HHL", 500, 500, len(listed))
    return one[:start] + listed + bytes(tail)


def quine_like(depth):
    data = archive([("03.ipynb", solved())])
    for _ in range(depth):
        data = archive([("inner.zip", data)])
    return data


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: archive([("../../03.ipynb", solved())]), "out of the archive"),
        (lambda: archive([("/etc/03.ipynb", solved())]), "out of the archive"),
        (lambda: archive([("..\\03.ipynb", solved())]), "out of the archive"),
        (lambda: archive([("C:/x/03.ipynb", solved())]), "out of the archive"),
        (lambda: archive([(entry("03.ipynb", stat.S_IFLNK), b"/etc/passwd")]), "link"),
        (lambda: archive([(entry("03.ipynb", stat.S_IFIFO), b"")]), "regular"),
        (locked, "password"),
        (packed_in_another_way, "usual zip"),
        (damaged, "broken"),
        (lying, "broken"),
        (overlapping, "bomb"),
        (lambda: quine_like(8), "archives within archives"),
        (lambda: archive([("03.ipynb", b"")]), "empty"),
        (lambda: archive([("x.zip", b"no zip")]), "torn"),
        (lambda: archive([(f"{n}.txt", b"") for n in range(20_001)]), "20,000"),
    ],
)
def test_hostile_archives_are_rows_with_a_reason(tmp_path, make, reason):
    files = {"bob.zip": make(), f"Cy_1{MOODLE}/x.zip": make(), "ada.ipynb": solved()}
    began = time.monotonic()
    found = by_name(put(tmp_path, files))
    assert time.monotonic() - began < 20
    assert sorted(found) == ["Cy", "ada", "bob"]
    assert mark_of(found["ada"]) == "1"
    for name in ("bob", "Cy"):
        assert found[name].status == UNREADABLE
        assert reason in found[name].reason
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        ["bob.zip", f"Cy_1{MOODLE}", "ada.ipynb"]
    )


def test_a_bad_entry_costs_only_its_learner(tmp_path):
    inside = [
        ("ada/03.ipynb", solved("7")),
        (entry("bob/03.ipynb", stat.S_IFLNK), b"/etc/passwd"),
        ("cy/03.ipynb", solved()[:300]),
        ("dee/x.zip", quine_like(6)),
        ("../eve.ipynb", solved()),
        ("faye/", b""),
        ("gus/03.ipynb", solved("8")),
    ]
    found = by_name(put(tmp_path, {"class.zip": archive(inside)}))
    assert sorted(found) == ["ada", "bob", "cy", "dee", "eve", "faye", "gus"]
    assert [mark_of(found[name]) for name in ("ada", "gus")] == ["7", "8"]
    for name in ("bob", "cy", "dee", "eve", "faye"):
        assert found[name].status == UNREADABLE
        assert found[name].reason


def test_a_bomb_by_its_ratio_is_not_unpacked(tmp_path):
    bomb = archive([("03.ipynb", bytes(310_000_000))])
    files = {"bob.zip": bomb, "ada.ipynb": solved()}
    files[f"Cy_1{MOODLE}/x.zip"] = archive([("inner.zip", bytes(310_000_000))])
    found = by_name(put(tmp_path, files))
    assert "310 MB" in found["bob"].reason
    assert "310 MB" in found["Cy"].reason
    assert mark_of(found["ada"]) == "1"


def test_names_in_a_zip_are_read_in_utf8_marked_or_not_and_in_cp437(tmp_path):
    plain = archive([("J--rg.ipynb", solved("2")), ("Zo-.ipynb", solved("3"))])
    plain = plain.replace(b"J--rg", "Jörg".encode()).replace(
        b"Zo-", "Zoë".encode("cp437")
    )
    found = by_name(put(tmp_path, {"class.zip": plain}))
    assert {name: mark_of(each) for name, each in found.items()} == {
        "Jörg": "2",
        "Zoë": "3",
    }
    marked = archive([("Ольга.ipynb", solved()), ("李雷.ipynb", solved())])
    assert sorted(by_name(put(tmp_path, {"class.zip": marked}))) == ["Ольга", "李雷"]


# -- the child -------------------------------------------------------------------------


def test_a_file_that_ends_the_reader_costs_only_its_row(tmp_path, monkeypatch):
    monkeypatch.setattr("helpers.grading.collect.Reader", Reader)
    folder = put(tmp_path, {f"{name}.ipynb": solved(name) for name in "abc"})
    asked = []
    exchange = Reader._exchange

    def killing(self, line):
        asked.append(line)
        if b"/b.ipynb" in line:
            self._child.kill()
        return exchange(self, line)

    monkeypatch.setattr(Reader, "_exchange", killing)
    found = by_name(folder)
    assert [found[name].status for name in "abc"] == [READ, UNREADABLE, READ]
    assert "memory" in found["b"].reason
    assert len(asked) == 4


def test_a_file_that_takes_too_long_costs_only_its_row(tmp_path, monkeypatch):
    quick = functools.partial(Reader, Limits(seconds=1.5))
    monkeypatch.setattr("helpers.grading.collect.Reader", quick)
    folder = put(tmp_path, {f"{name}.ipynb": solved(name) for name in "abc"})
    exchange = Reader._exchange

    def stopping(self, line):
        if b"/b.ipynb" in line:
            os.kill(self._child.pid, signal.SIGSTOP)
        return exchange(self, line)

    monkeypatch.setattr(Reader, "_exchange", stopping)
    found = by_name(folder)
    assert [found[name].status for name in "abc"] == [READ, UNREADABLE, READ]
    assert "too long" in found["b"].reason


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (Limits(memory=400_000_000), "memory"),
        (Limits(processor_seconds=1), "too long"),
    ],
)
def test_the_child_has_limits(tmp_path, limits, reason):
    large = b'{"cells": [' + b"[1]," * 8_000_000 + b"1]}"
    put(tmp_path, {"large.ipynb": large, "ada.ipynb": solved()})
    with Reader(limits) as reader:
        with pytest.raises(CantRead, match=reason):
            reader.notebook(Place(tmp_path / "large.ipynb"), None)
        (found,) = reader.notebook(Place(tmp_path / "ada.ipynb"), None)
    assert found.lesson == "03"


def test_no_child_is_left_behind(tmp_path):
    put(tmp_path, {"ada.ipynb": solved()})
    with Reader() as reader:
        reader.notebook(Place(tmp_path / "ada.ipynb"), None)
        child = reader._child
        assert child.poll() is None
    assert child.poll() is not None


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_mangled_files_never_raise_and_always_give_a_row(tmp_path_factory, data):
    names = [*"abcdefgh"]
    files = {}
    for name in names:
        ending = data.draw(st.sampled_from([".ipynb", ".zip", "/x.ipynb", "/x.zip"]))
        files[name + ending] = mangled(data)
    found = by_name(put(tmp_path_factory.mktemp("class"), files))
    assert sorted(found) == names
    for each in found.values():
        assert each.status == READ or each.reason
        assert json.dumps([each.exercises, each.own, each.remarks]).isascii()


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_mangled_bytes_raise_nothing_else_and_their_sources_are_text(data):
    try:
        cells, told = cells_of(mangled(data))
    except CantRead:
        return
    found = extract(cells, released("03"))
    assert all(isinstance(remark, str) for remark in [*told, *found.remarks])
    assert set(found.exercises) <= {"3.1", "3.2", "3.3", "3.4"}
    "".join([*found.exercises.values(), *found.own]).encode("utf-8")


def mangled(data):
    whole = data.draw(st.sampled_from(_WHOLE))
    start = data.draw(st.integers(0, len(whole)))
    length = data.draw(st.sampled_from([0, 1, 2, 100, 10_000]))
    return whole[:start] + data.draw(st.binary(max_size=12)) + whole[start + length :]


_WHOLE = [solved(), archive([("x.ipynb", solved())]), as_bytes(notebook())[:3000]]


def test_the_same_class_collected_twice_is_the_same(tmp_path):
    put(tmp_path, {f"{n}/{m}.ipynb": solved(m) for n in "abc" for m in "xyz"})
    aged(tmp_path, {f"{n}/{m}.ipynb": 1 for n in "abc" for m in "xyz"})
    assert collect(tmp_path) == collect(tmp_path)


def test_very_long_names_and_ways_are_rows(tmp_path):
    long = "a" * 60_000
    files = [(f"{long}{n}/03.ipynb", solved(str(n))) for n in range(2)]
    files.append(
        ("/".join(["bob", *"abcdefghijklmnopqrstuvwxyz", "03.ipynb"]), solved())
    )
    found = by_name(put(tmp_path, {"class.zip": archive(files)}))
    assert len(found) == 3
    assert all(len(name) < 300 for name in found)
    assert "folders" in found["bob"].reason
    assert sorted(mark_of(each) for each in found.values() if each.exercises) == [
        "0",
        "1",
    ]


def test_a_folder_may_be_named_from_where_one_stands(tmp_path, monkeypatch):
    put(tmp_path / "class", {"bob.ipynb": solved()})
    monkeypatch.chdir(tmp_path)
    (found,) = collect(Path("class"))
    assert (found.status, found.file) == (READ, "bob.ipynb")
