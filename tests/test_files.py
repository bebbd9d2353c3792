"""Files are written whole or not at all, under their own name or under none."""

import os
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.files import as_path, user_path, write_files, write_whole


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@given(st.lists(st.binary(max_size=50), max_size=4))
def test_the_parts_are_the_file(tmp_path_factory, parts):
    path = tmp_path_factory.mktemp("parts") / "file"
    path.write_bytes(b"longer than what comes now" * 20)
    write_whole(str(path), *parts)
    assert path.read_bytes() == b"".join(parts)
    assert names(path.parent) == ["file"]
    assert path.stat().st_mode & 0o044


@pytest.mark.parametrize("stop", [KeyboardInterrupt, ZeroDivisionError])
def test_what_stops_the_writing_leaves_the_old_file(tmp_path, stop):
    path = tmp_path / "file"
    path.write_text("old")

    def parts():
        yield b"half of"
        raise stop

    with pytest.raises(stop):
        write_files({path: parts()})
    assert path.read_text() == "old"
    assert names(tmp_path) == ["file"]


def test_all_files_or_none(tmp_path):
    (tmp_path / "one").write_text("old")
    with pytest.raises(TypeError):
        write_files({tmp_path / "one": [b"new"], tmp_path / "two": [None]})
    with pytest.raises(FileNotFoundError):
        write_files({tmp_path / "one": [b"new"], tmp_path / "no" / "two": [b""]})
    assert names(tmp_path) == ["one"]
    assert (tmp_path / "one").read_text() == "old"
    write_files({tmp_path / "one": [b"new"], tmp_path / "two": [b"new"]})
    assert names(tmp_path) == ["one", "two"]
    assert (tmp_path / "one").read_text() == "new"


def test_a_place_that_cannot_hold_the_file_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(IsADirectoryError, match="is a folder; name a file"):
        write_whole(tmp_path, b"")
    with pytest.raises(FileNotFoundError, match="models is no folder; create it first"):
        write_whole(tmp_path / "models" / "first", b"")
    with pytest.raises(FileNotFoundError, match="file is no folder"):
        write_whole(tmp_path / "file" / "first", b"")
    assert names(tmp_path) == ["file"]


@pytest.mark.parametrize("step", ["tempfile.mkstemp", "os.fsync", "os.replace"])
def test_an_error_of_the_disk_names_the_file_and_not_ours(tmp_path, monkeypatch, step):
    path = tmp_path / "first.bin"
    path.write_text("old")

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied", "/x/.secret.part")

    with monkeypatch.context() as patch:
        patch.setattr(step, refuse)
        with pytest.raises(PermissionError, match="Permission denied") as caught:
            write_whole(path, b"new")
    assert caught.value.filename == os.fspath(path)
    assert ".part" not in str(caught.value)
    assert path.read_text() == "old"
    assert names(tmp_path) == ["first.bin"]


class PathOfBytes:
    def __fspath__(self):
        return b"first"


class PathOfNothing:
    def __fspath__(self):
        return 3


@pytest.mark.parametrize(
    "path", ["", "a\0b", "\ud800", b"first", None, 3, PathOfBytes(), PathOfNothing()]
)
def test_what_names_no_file_is_refused_in_one_line(path):
    with pytest.raises(ValueError, match="path must name a file; got ") as error:
        as_path(path)
    assert "\n" not in str(error.value)


def test_a_pipe_is_never_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FileExistsError, match="pipe is no ordinary file; name another"):
        write_whole(tmp_path / "pipe", b"new")
    assert (tmp_path / "pipe").is_fifo()
    assert names(tmp_path) == ["pipe"]


def test_a_link_stays_and_its_file_is_replaced(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "folder" / "file")
    for content in (b"first", b"second"):
        write_whole(tmp_path / "link", content)
        assert (tmp_path / "link").is_symlink()
        assert (tmp_path / "folder" / "file").read_bytes() == content
    assert names(tmp_path / "folder") == ["file"]


def test_a_write_protected_file_stays(tmp_path, monkeypatch):
    path = tmp_path / "file"
    path.write_text("old")
    monkeypatch.setattr("os.access", lambda *_: False)  # as for all but root
    with pytest.raises(PermissionError, match="file is write-protected"):
        write_whole(path, b"new")
    assert path.read_text() == "old"


def test_the_longest_name_can_be_written(tmp_path):
    write_whole(tmp_path / ("n" * 255), b"")
    assert names(tmp_path) == ["n" * 255]


# ------------------------------------------------------------- what people name by ~


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    return tmp_path


def test_a_tilde_is_the_home_folder_and_nobodys_home_stays(home):
    assert user_path("~/x.log") == home / "x.log"
    assert as_path("~/x.log") == home / "x.log"
    assert user_path("a/~/x.log") == Path("a/~/x.log")
    assert user_path("~no_such_user/x.log") == Path("~no_such_user/x.log")


def test_a_log_a_table_and_a_saved_detector_are_found_at_home(home):
    from helpers.detectors import ZScoreDetector
    from helpers.logs.lines import as_lines
    from helpers.own_data.cells import read_cells

    (home / "x.log").write_text("one\ntwo\n", encoding="utf-8")
    assert as_lines("~/x.log").texts == ["one", "two"]
    (home / "t.csv").write_text("a,b\n1,2\n3,4\n", encoding="utf-8")
    assert read_cells("~/t.csv", 10, None).lines == [2, 3]
    fitted = ZScoreDetector().fit([[0.0], [1.0], [2.0]])
    fitted.save("~/z.detector")
    assert (home / "z.detector").is_file()
    loaded = ZScoreDetector.load("~/z.detector")
    assert loaded.decision_function([[5.0]]) == fitted.decision_function([[5.0]])


def callbacks(app):
    """Yield the function behind each command of a Typer app, and of its groups."""
    yield from (command.callback for command in app.registered_commands)
    for group in app.registered_groups:
        yield from callbacks(group.typer_instance)


def test_every_path_of_the_command_line_is_a_users_path():
    """Shells don't expand `--out=~/x`, and PowerShell no `~` at all."""
    from helpers.cli import app

    parsers = {}
    for callback in callbacks(app):
        for name, hint in get_type_hints(callback, include_extras=True).items():
            told = get_args(hint)
            if told and Path in (told[0], *get_args(told[0])):
                parsers[callback.__name__, name] = told[1].parser
    assert {("grade", "out"), ("score", "table"), ("release", "out")} <= set(parsers)
    assert set(parsers.values()) == {user_path}
