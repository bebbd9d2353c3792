"""Only one writes in a folder, whoever else tries, and however its process ends."""

import subprocess
import sys
import warnings

import pytest

from helpers import locks
from helpers.errors import KitError
from helpers.locks import only_one_in

HOLDS = """
import sys
from helpers.locks import only_one_in
with only_one_in(sys.argv[1]):
    print("in", flush=True)
    sys.stdin.read()
"""
COUNTS = """
import sys, time
from pathlib import Path
from helpers.errors import KitError
from helpers.locks import only_one_in
folder = Path(sys.argv[1], "work")
done = 0
while done < 50:
    try:
        with only_one_in(folder):
            path = folder / "count"
            number = int(path.read_text())
            time.sleep(0)
            path.write_text(str(number + 1))
        done += 1
    except KitError:
        time.sleep(0.0005)
"""


def program(text, folder):
    return subprocess.Popen(
        [sys.executable, "-c", text, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def holder(tmp_path):
    """Return a process that is at work in `tmp_path` until its input ends."""
    with program(HOLDS, tmp_path) as process:
        assert process.stdout.readline() == "in\n"
        yield process
        process.kill()


def refused(folder):
    with pytest.raises(KitError) as caught, only_one_in(folder):
        pytest.fail("two are in one folder")
    assert str(folder) in str(caught.value)
    assert "another run writes there" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_second_process_is_refused_until_the_first_has_ended(tmp_path, holder):
    refused(tmp_path)
    holder.communicate()
    with only_one_in(tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_killed_process_leaves_no_lock_behind(tmp_path, holder):
    holder.kill()
    holder.wait()
    with only_one_in(tmp_path):
        refused(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_second_run_in_this_process_is_refused_and_the_first_keeps_its_lock(tmp_path):
    with only_one_in(tmp_path):
        refused(tmp_path)
        refused(tmp_path)
    with pytest.raises(ZeroDivisionError), only_one_in(tmp_path):
        raise ZeroDivisionError
    with only_one_in(tmp_path):
        pass


def test_a_process_that_was_started_inside_does_not_keep_the_lock(tmp_path):
    with only_one_in(tmp_path):
        child = subprocess.Popen(["sleep", "60"], close_fds=False)
    try:
        with only_one_in(tmp_path):
            pass
    finally:
        child.kill()
        child.wait()


def test_folders_are_locked_each_by_itself(tmp_path):
    (tmp_path / "inner").mkdir()
    with only_one_in(tmp_path), only_one_in(tmp_path / "inner"):
        refused(tmp_path / "inner")


def test_many_processes_lose_no_count(tmp_path):
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "count").write_text("0")
    processes = [program(COUNTS, tmp_path) for _ in range(4)]
    for process in processes:
        process.communicate(timeout=60)
        assert process.returncode == 0
    assert (tmp_path / "work" / "count").read_text() == "200"


def test_a_folder_that_is_missing_is_named(tmp_path):
    told = r"nowhere/.* can't be written: No such file"
    with pytest.raises(KitError, match=told), only_one_in(tmp_path / "nowhere"):
        pass


def test_a_system_without_locks_says_so_and_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(locks, "fcntl", None)
    told = r"can't be locked .this system has no"
    with pytest.warns(RuntimeWarning, match=told), only_one_in(tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_vanishes_meanwhile_is_no_error(tmp_path):
    folder = tmp_path / "gone"
    folder.mkdir()
    with warnings.catch_warnings(action="error"), only_one_in(folder):
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()
    assert not folder.exists()
