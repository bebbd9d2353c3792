"""What a source becomes: blanks, cell ids, metadata, bytes, and the first cell."""

import ast
import os
import re
import subprocess
import sys
from itertools import chain

import pytest
from authoring_course import LESSON, lesson_of, make_course
from hypothesis import given
from hypothesis import strategies as st

from helpers.authoring.blanks import BEGIN, END, blank, names_assigned
from helpers.authoring.derive import (
    Recipe,
    cell_ids,
    learner_notebook,
    reference_notebook,
    to_bytes,
)
from helpers.authoring.relinked import next_linked
from helpers.authoring.rules import problems
from helpers.authoring.setup_cell import setup_cell

RECIPE = Recipe(run_seconds=15, repository="", version="1.2.3")
CHECK = '\n\n# %% tags=["check", "nbval-check-output"]\ncheck("3.2"'
ADDRESS = "https://example.org/someone/anomaly-workshop"


def learner(text=LESSON):
    return learner_notebook(lesson_of(text), RECIPE)


def reference(text=LESSON):
    return reference_notebook(lesson_of(text), RECIPE)


def source_of(notebook, identity):
    return next(cell.source for cell in notebook.cells if cell.id == identity)


# -- blanks ----------------------------------------------------------------------------


def test_a_name_that_the_check_reads_becomes_a_blank():
    assert source_of(learner(), "exercise-3-2") == (
        "# Exercise 3.2\ngiven = 21\nanswer = ...  # YOUR CODE HERE"
    )


def test_a_function_keeps_its_head_and_returns_none():
    source = source_of(learner(), "exercise-3-1")
    assert source == (
        "# Exercise 3.1\ndef double(number):\n"
        '    """Return twice the number."""\n    ...  # YOUR CODE HERE'
    )
    namespace = {}
    exec(source, namespace)
    assert namespace["double"](21) is None


@pytest.mark.parametrize(
    ("solution", "names"),
    [
        ("a, (b, *c) = 1, (2, 3)", ["a", "b", "c"]),
        ("def f(x):\n    y = x\n    return y", ["f"]),
        ("class A:\n    b = 1", ["A"]),
        ("for i in range(3):\n    last = i", ["i", "last"]),
        ("with open('x') as file:\n    pass", ["file"]),
        ("total = [x for x in range(3)]", ["total"]),
        ("import numpy.linalg as la, os.path", ["la", "os"]),
        ("if (n := 3) > 2:\n    big: bool = True", ["n", "big"]),
        ("x = 1\nx += 1\nd['k'] = 2\no.a = 3", ["x"]),
        ("f = lambda q: (q, [w for w in q])", ["f"]),
    ],
)
def test_the_names_a_solution_binds(solution, names):
    assert sorted(names_assigned(solution)) == sorted(names)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            f"{BEGIN}\na = 1\n{END}\nb = 2\n{BEGIN}\na = 3\nc = a\n{END}",
            "a = ...  # YOUR CODE HERE\nb = 2\nc = ...  # YOUR CODE HERE",
        ),
        (f"{BEGIN}\nprint(1)\n{END}", "# YOUR CODE HERE"),
        (
            f"with x:\n    {BEGIN}\n    a = 1\n    {END}",
            "with x:\n    a = ...  # YOUR CODE HERE",
        ),
        (
            f"if x:\n    {BEGIN}\n    y = 1\n    {END}",
            "if x:\n    ...  # YOUR CODE HERE",
        ),
        (
            f"class A:\n  def f(self):\n    {BEGIN}\n    a = 1\n    {END}",
            "class A:\n  def f(self):\n    ...  # YOUR CODE HERE",
        ),
        (
            f"def f(a):\n    b = a\n    {BEGIN}\n    c = b\n    {END}\n    return c",
            "def f(a):\n    b = a\n    ...  # YOUR CODE HERE\n    return c",
        ),
    ],
)
def test_blanks_where_solutions_can_stand(source, expected):
    left = blank(source, 'check("1.1", a, key=c)')
    assert left == expected
    ast.parse(left)


def cells_of_random_markers():
    """An exercise cell's lines: markers in any order, some misspelt, and numbers."""
    markers = [BEGIN, END, "# BEGIN SOLUTION", "###END SOLUTION", "### Begin solution"]
    code = st.sampled_from(["answer", "other"])
    anything = st.lists(st.sampled_from(markers) | code, max_size=12)
    block = st.builds(
        lambda above, within: [*above, BEGIN, "other", *within, END],
        st.lists(code, max_size=3),
        st.lists(code, max_size=3),
    )
    orderly = st.lists(block, min_size=1, max_size=3).map(chain.from_iterable).map(list)
    return st.one_of(anything, orderly)


@given(pieces=cells_of_random_markers(), inside=st.booleans())
def test_no_solution_ever_reaches_a_learner(pieces, inside):
    lines, secrets, given_away, within = [], [], [], False
    for number, piece in enumerate(pieces, start=7000):
        if "solution" in piece.lower():
            within = "begin" in piece.lower()
            lines.append(piece)
        else:
            lines.append(f"{piece} = {number}")
            (secrets if within else given_away).append(str(number))
    if inside:
        lines = ["def f():", "    pass", *(f"    {line}" for line in lines)]
    begin, end = LESSON.index("given = 21"), LESSON.index(CHECK)
    text = LESSON[:begin] + "\n".join(lines) + LESSON[end:]
    lesson = lesson_of(text)
    if problems(lesson):  # then nothing is built
        return
    written = to_bytes(learner_notebook(lesson, RECIPE)).decode()
    assert not [secret for secret in secrets if secret in written]
    assert all(number in written for number in given_away)


def test_nothing_of_the_teachers_reaches_a_learner():
    written = to_bytes(learner()).decode()
    for private in ("secret_", "SOLUTION", "3 * number", "given * 3", "zero first"):
        assert private in LESSON
        assert private not in written


def test_the_reference_keeps_solutions_and_notes_and_no_wrong_answers():
    written = to_bytes(reference()).decode()
    assert "zero first" in written
    assert written.count("BEGIN SOLUTION") == LESSON.count("BEGIN SOLUTION")
    assert "3 * number" not in written


# -- notebooks -------------------------------------------------------------------------


def test_a_learners_notebook_has_no_outputs_and_only_tags_it_needs():
    notebook = learner()
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
    tags = {cell.id: cell.metadata for cell in notebook.cells if cell.metadata}
    assert tags == {
        "setup": {"tags": ["setup"]},
        "exercise-3-1": {"tags": ["exercise"]},
        "check-3-1": {"tags": ["check"]},
        "exercise-3-2": {"tags": ["exercise"]},
        "check-3-2": {"tags": ["check"]},
    }


def test_the_reference_tells_nbval_what_to_compare():
    compared = [
        cell.id
        for cell in reference().cells
        if "nbval-check-output" in cell.metadata.get("tags", [])
    ]
    assert compared == ["check-3-1", "check-3-2"]


def test_both_notebooks_name_their_cells_alike():
    teachers = [cell.id for cell in reference().cells]
    learners = [cell.id for cell in learner().cells]
    notes = [identity for identity in teachers if identity.startswith("teacher-note")]
    assert len(notes) == 1
    assert [identity for identity in teachers if identity not in notes] == learners
    assert len(set(teachers)) == len(teachers)


def test_ids_move_only_with_their_own_cell():
    before = [cell.id for cell in learner().cells]
    after = [cell.id for cell in learner(LESSON.replace("Some words.", "Few.")).cells]
    assert sum(a != b for a, b in zip(before, after, strict=True)) == 1


def test_equal_cells_have_different_ids():
    text = LESSON.replace("# %%\nimport", "# %%\n1 + 1\n\n# %%\n1 + 1\n\n# %%\nimport")
    ids = cell_ids(lesson_of(text).cells)
    assert len(set(ids)) == len(ids)
    assert sum(identity.endswith("-2") and "code-" in identity for identity in ids) == 1


def test_the_header_shows_the_measured_seconds():
    first = learner().cells[0].source
    assert "the cells run in 15 seconds" in first
    other = Recipe(run_seconds=20, repository="", version="1.2.3")
    assert learner_notebook(lesson_of(), other).cells[0].id == learner().cells[0].id


TAKE_AWAY = "- A [leak](../docs/glossary.md#leak).\n\n**Next**: "


@pytest.mark.parametrize(
    ("said", "linked"),
    [
        ("lesson 04 asks more.", "**Next**: [lesson 04](04_b.ipynb) asks more."),
        ("workshop W1 is last.", "**Next**: [workshop W1](w1_c.ipynb) is last."),
        ("take your own table.", "**[Next](04_b.ipynb)**: take your own table."),
        ("lesson 05 is not there.", "**Next**: lesson 05 is not there."),
    ],
)
def test_next_is_a_link_to_a_lesson_that_is_there(said, linked):
    names = ("03_a", "04_b", "w1_c")
    text = next_linked(TAKE_AWAY + said, name="03_a", names=names)
    assert text.splitlines()[-1] == linked


def test_after_the_last_lesson_nothing_follows():
    text = f"{TAKE_AWAY}take your own table."
    assert next_linked(text, name="w1_c", names=("03_a", "w1_c")) == text
    assert next_linked("## Take away", name="03_a", names=("03_a",)) == "## Take away"


def test_where_the_address_is_known_a_learners_links_are_absolute():
    lesson = lesson_of(LESSON + "#\n# See [AP](../docs/glossary.md#ap), [this](#x).\n")
    last = learner_notebook(lesson, Recipe(15, ADDRESS + "/", "1.2.3")).cells[-1].source
    there = f"{ADDRESS}/blob/v1.2.3/docs/glossary.md#ap"
    assert last.endswith(f"See [AP]({there}), [this](#x).")
    for relative in (
        learner_notebook(lesson, RECIPE),
        reference_notebook(lesson, Recipe(15, ADDRESS, "1.2.3")),
    ):
        assert relative.cells[-1].source.endswith(
            "[AP](../docs/glossary.md#ap), [this](#x)."
        )


def test_the_bytes_are_those_of_a_text_file():
    written = to_bytes(learner())
    assert written == to_bytes(learner())
    assert written.endswith(b"}\n")
    assert b"\r" not in written
    assert "· Small steps".encode() in written
    assert b'"nbformat_minor": 5' in written
    assert not re.search(rb'"version": "3\.', written)


# -- the first cell --------------------------------------------------------------------


FAKE_PIP = """\
import pathlib, shutil, sys
kit = sys.argv[-1]
here = pathlib.Path(__file__).parent.parent
(here / "asked.txt").write_text(" ".join(sys.argv[1:]))
source = pathlib.Path(kit) if pathlib.Path(kit).is_dir() else here / "public"
shutil.copytree(source / "helpers", here / "helpers")
"""


@pytest.fixture
def alone(tmp_path):
    """Run a first cell in an empty folder without the kit, with a pip that copies."""
    library, folder = tmp_path / "library", tmp_path / "empty"
    (library / "pip").mkdir(parents=True)
    (library / "pip" / "__init__.py").touch()
    (library / "pip" / "__main__.py").write_text(FAKE_PIP)
    make_course(tmp_path / "clone", lessons={})
    make_course(library / "public", lessons={})
    folder.mkdir()

    def run(repository="", kit=None):
        environment = {k: v for k, v in os.environ.items() if k != "WORKSHOP_KIT"}
        environment |= {"PYTHONPATH": str(library)}
        environment |= {"WORKSHOP_KIT": str(kit)} if kit else {}
        code = setup_cell("03", repository=repository, version="1.2.3")
        done = subprocess.run(
            [sys.executable, "-S", "-c", code],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
        )
        asked = library / "asked.txt"
        return done, asked.read_text() if asked.exists() else None

    run.folder, run.clone = folder, tmp_path / "clone"
    return run


def test_the_first_cell_installs_from_a_clone(alone):
    done, asked = alone(kit=alone.clone)
    assert done.stdout == "ready for lesson 03\n", done.stderr
    assert asked == f"install -q --no-color --no-deps {alone.clone}"


def test_the_first_cell_installs_the_tag_it_was_built_from(alone):
    done, asked = alone(repository=ADDRESS + "/")
    assert done.stdout == "ready for lesson 03\n", done.stderr
    assert asked == f"install -q --no-color --no-deps git+{ADDRESS}@v1.2.3"


def test_a_clone_comes_before_the_public_address(alone):
    _, asked = alone(repository=ADDRESS, kit=alone.clone)
    assert asked == f"install -q --no-color --no-deps {alone.clone}"


@pytest.mark.parametrize("repository", ["", ADDRESS])
def test_the_newest_wheel_beside_the_notebook_comes_before_the_address(
    alone, repository
):
    for version in ("1.2.3", "1.9.0", "1.10.0", "0.20.0"):
        (alone.folder / f"anomaly_workshop-{version}-py3-none-any.whl").touch()
    again = "anomaly_workshop-1.10.0-py3-none-any (1).whl"  # as a browser names it
    (alone.folder / again).touch()
    done, asked = alone(repository=repository)
    assert done.stdout == "ready for lesson 03\n", done.stderr
    assert asked.endswith(" anomaly_workshop-1.10.0-py3-none-any.whl")


def test_an_older_wheel_does_not_come_before_the_address(alone):
    (alone.folder / "anomaly_workshop-1.2.2-py3-none-any.whl").touch()
    _, asked = alone(repository=ADDRESS)
    assert asked.endswith(f" git+{ADDRESS}@v1.2.3")


def test_where_the_kit_is_nothing_is_installed(alone):
    make_course(alone.folder, lessons={})
    done, asked = alone()
    assert (done.stdout, asked) == ("ready for lesson 03\n", None)


def test_another_folder_called_helpers_is_no_kit(alone):
    (alone.folder / "helpers").mkdir()
    (alone.folder / "helpers" / "notes.txt").write_text("mine")
    done, _ = alone(kit=alone.clone)
    assert done.stdout == "ready for lesson 03\n", done.stderr


def test_another_package_called_helpers_is_named(alone):
    (alone.folder / "helpers.py").write_text("mine = 1\n")
    done, _ = alone(kit=alone.clone)
    assert done.returncode == 1
    assert str(alone.folder / "helpers.py") in done.stderr


@pytest.mark.parametrize("repository", ["", ADDRESS])
def test_the_first_cell_is_short_plain_python(repository):
    code = setup_cell("W1", repository=repository, version="10.20.30")
    ast.parse(code)
    lines = code.splitlines()
    assert len(lines) <= 22
    assert max(map(len, lines)) <= 88
    assert lines[-1] == 'start("W1", alone)'
    # IPython 7.34 shows what is raised inside `except` as two tracebacks
    assert "except" not in code
