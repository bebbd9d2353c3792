"""Learners work on copies: nothing is overwritten, and updates come through."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from authoring_course import NAME, make_course

from helpers import lab
from helpers.authoring.build import stale
from helpers.authoring.course import Course
from helpers.errors import KitError
from helpers.lab import copy_missing, outdated, renewed

ROOT = Path(__file__).parent.parent
CLASS = 30


def kit(root, **texts):
    """Make a kit of notebooks; `n03="text"` is the text of 03_x.ipynb."""
    (root / "notebooks").mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (root / "notebooks" / f"{name[1:]}_x.ipynb").write_text(text, encoding="utf-8")
    return root


def work(root, number="03"):
    return root / "work" / f"{number}_x.ipynb"


def test_a_copy_is_made_once_and_never_overwritten(tmp_path):
    root = kit(tmp_path, n03="old", n04="four")
    assert copy_missing(root) == ["03_x.ipynb", "04_x.ipynb"]
    work(root).write_text("my answers", encoding="utf-8")
    kit(root, n03="new", n05="five")
    assert copy_missing(root) == ["05_x.ipynb"]
    assert work(root).read_text() == "my answers"
    assert outdated(root) == ["03_x.ipynb"]


def test_a_fresh_copy_keeps_every_old_one_by_another_name(tmp_path):
    root = kit(tmp_path, n03="blank")
    for turn in (1, 2):
        renewed(root, "3")
        work(root).write_text(f"turn {turn}", encoding="utf-8")
    new, old = renewed(root, "03_x.ipynb")
    assert (new.name, old.name) == ("03_x.ipynb", "03_x.old-2.ipynb")
    assert new.read_text() == "blank"
    assert old.with_name("03_x.old-1.ipynb").read_text() == "turn 1"
    assert old.read_text() == "turn 2"
    assert renewed(root, "03") == (new, None)  # nothing was done there


def test_notebooks_in_another_language_have_copies_of_their_own(tmp_path):
    root = kit(tmp_path, n03="english")
    (root / "notebooks/th").mkdir()
    (root / "notebooks/th/03_x.ipynb").write_text("thai", encoding="utf-8")
    (root / "notebooks/.ipynb_checkpoints").mkdir()
    (root / "notebooks/.ipynb_checkpoints/03_x.ipynb").write_text("", encoding="utf-8")
    assert copy_missing(root) == ["03_x.ipynb", "th/03_x.ipynb"]
    copy = root / "work/th/03_x.ipynb"
    copy.write_text("my answers", encoding="utf-8")
    new, old = renewed(root, "th/03")
    assert (new, new.read_text()) == (copy, "thai")
    assert old.read_text() == "my answers"
    assert work(root).read_text() == "english"
    assert renewed(root, "notebooks/03_x.ipynb") == (work(root), None)


def test_a_notebook_that_is_none_is_refused_with_those_there_are(tmp_path):
    with pytest.raises(KitError, match=r"no notebook '99'; there are: 03_x, 04_x"):
        renewed(kit(tmp_path, n03="", n04=""), "99")


def test_where_no_copy_can_be_written_one_line_says_why(tmp_path):
    root = kit(tmp_path, n03="blank")
    (root / "work").write_text("a file", encoding="utf-8")
    with pytest.raises(KitError, match=r"can't be written \(.*clone the kit"):
        copy_missing(root)


def git(folder, *arguments):
    who = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
    done = subprocess.run(
        ["git", *who, *arguments], cwd=folder, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(not shutil.which("git"), reason="needs git")
def test_a_class_of_thirty_clones_pulls_an_update_and_loses_nothing(tmp_path):
    teacher = kit(tmp_path / "teacher", n03="first")
    shutil.copy(ROOT / ".gitignore", teacher)
    git(teacher, "init", "-q", "-b", "main")
    git(teacher, "add", "-A")
    git(teacher, "commit", "-qm", "first")
    clones = [tmp_path / f"clone {number}" for number in range(CLASS)]
    for clone in clones:
        git(tmp_path, "clone", "-q", str(teacher), str(clone))
        copy_missing(clone)
        work(clone).write_text(clone.name, encoding="utf-8")
        assert git(clone, "status", "--porcelain") == ""
    kit(teacher, n03="second", n04="four")
    git(teacher, "add", "-A")
    git(teacher, "commit", "-qm", "update")
    for clone in clones:
        git(clone, "pull", "-q", "--ff-only")
        assert copy_missing(clone) == ["04_x.ipynb"]
        assert work(clone).read_text() == clone.name
        assert outdated(clone) == ["03_x.ipynb"]
        assert git(clone, "status", "--porcelain") == ""
    renewed(clones[0], "03")
    assert work(clones[0]).read_text() == "second"
    assert (clones[0] / "work/03_x.old-1.ipynb").read_text() == "clone 0"


# ----------------------------------------------- learning in notebooks/ itself


def test_that_somebody_learned_makes_no_notebook_stale_but_a_bad_commit_does(tmp_path):
    from helpers.authoring.build import build_lessons

    course = make_course(tmp_path)
    build_lessons(course, course.lessons(), report=lambda line: None)
    git(course.root, "init", "-q", "-b", "main")
    git(course.root, "add", "-A")
    git(course.root, "commit", "-qm", "built")
    path = course.notebooks / f"{NAME}.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    code = next(cell for cell in notebook["cells"] if cell["cell_type"] == "code")
    code["source"] = "my_answer = 1"
    path.write_text(json.dumps(notebook), encoding="utf-8")
    assert len(stale(course)) == 1  # changed, never run: an edit by hand
    code["execution_count"] = 1
    path.write_text(json.dumps(notebook), encoding="utf-8")
    (course.notebooks / "Untitled.ipynb").write_text("{}", encoding="utf-8")
    assert stale(Course(course.root)) == []
    git(course.root, "add", "-A")
    git(course.root, "commit", "-qm", "learned, and committed")
    assert len(stale(Course(course.root))) == 2


# ------------------------------------------------------------------ the relative line


@pytest.mark.parametrize("folder", ["a b", "เรียน รู้", "größe"])
def test_an_editable_install_is_found_by_a_line_of_ascii(tmp_path, folder):
    root = tmp_path / folder / "kit"
    packages = root / ".venv" / "lib" / "python3.11" / "site-packages"
    packages.mkdir(parents=True)
    (root / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "relative_pth.py", root / ".ci")
    line = packages / "_anomaly_workshop.pth"
    line.write_text(f"{root}\n", encoding="utf-8")
    command = [sys.executable, "-I", ".ci/relative_pth.py", ".venv"]
    done = subprocess.run(command, cwd=root, env=os.environ | {"LC_ALL": "C"})
    assert done.returncode == 0
    assert line.read_bytes().decode("ascii").strip() == os.path.join(*[".."] * 4)
    assert (packages / line.read_text().strip()).resolve() == root.resolve()


def test_an_environment_without_the_kit_is_named(tmp_path):
    command = [sys.executable, "-I", ROOT / ".ci" / "relative_pth.py", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.stderr.strip() == f"{tmp_path} has no editable install of the kit"
    assert done.returncode == 1


@pytest.mark.skipif(os.name != "posix", reason="Windows finds a home in other ways")
def test_a_home_is_made_where_nobody_else_has_one(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("HOME", str(tmp_path / "none"))
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert lab._environment()["HOME"] == str(tmp_path / "home")
    assert "There is no home folder to write in" in capsys.readouterr().err
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # another user's
    made = Path(lab._environment()["HOME"])
    assert made != tmp_path / "home"
    assert made.is_dir()
    made.rmdir()
