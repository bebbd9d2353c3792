"""Building for real: execution, outputs, run times, the course map, staleness."""

import json
import shutil
import sys

import nbformat
import pytest
from authoring_course import LESSON, NAME, README, lesson_of, line_of, make_course
from nbformat import v4

from helpers.authoring import build as build_module
from helpers.authoring.build import build_lessons, stale
from helpers.authoring.course import Course
from helpers.authoring.course_map import readme_text
from helpers.authoring.execute import Run, execute, tidy_outputs
from helpers.authoring.linked import broken_links
from helpers.authoring.problems import LessonError
from helpers.authoring.reading import lesson_reading_ease
from helpers.authoring.rehearsal import cases, complaint, rehearse
from helpers.authoring.rhythm import rhythm
from helpers.authoring.run_times import LADDER, read_run_times, rung
from helpers.authoring.source import read_lesson
from helpers.errors import KitError

MAP_ROW = (
    "| 03 · Small steps | double a number | 5 | 2 s "
    "| [notebook]({}03_small_steps.ipynb) |"
)

EASE = lesson_reading_ease(lesson_of(LESSON))


def build(course, **options):
    lines = []
    build_lessons(course, course.lessons(), report=lines.append, **options)
    return lines


@pytest.fixture(scope="module", autouse=True)
def steady_clock():
    """Record 2 s for what was never timed: this machine may be busy."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build_module, "rung", lambda measured, recorded: recorded or 2)
        yield


@pytest.fixture(scope="module")
def built_once(tmp_path_factory):
    course = make_course(tmp_path_factory.mktemp("course"))
    build(course)
    return course


@pytest.fixture
def built(built_once, tmp_path):
    """A course that was built, to do with as one likes."""
    shutil.copytree(built_once.root, tmp_path / "course")
    return Course(tmp_path / "course")


def files_of(course):
    return {
        path.relative_to(course.root).as_posix(): path.read_bytes()
        for path in course.root.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def edit(course, old, new):
    path = course.solutions / f"{NAME}.py"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def cells_of(path):
    return {cell["id"]: cell for cell in json.loads(path.read_bytes())["cells"]}


# -- a good lesson


def test_the_reference_is_executed_and_says_nothing_of_the_machine(built_once):
    path = built_once.solutions / f"{NAME}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert notebook.metadata == {
        "kernelspec": {
            "display_name": "Python 3 (ipykernel)",
            "language": "python",
            "name": "python3",
        },
        "language_info": {"name": "python"},
    }
    assert all(set(cell.metadata) <= {"tags"} for cell in notebook.cells)
    assert "status='correct'" in path.read_text(encoding="utf-8")


def test_the_learners_notebook_shows_the_measured_time(built_once):
    first = next(iter(cells_of(built_once.notebooks / f"{NAME}.ipynb").values()))
    assert "the cells run in 2 seconds |" in "".join(first["source"])


def test_a_figure_summary_becomes_the_alt_text_of_its_image(built_once):
    cells = cells_of(built_once.solutions / f"{NAME}.ipynb").values()
    shown = [output for cell in cells for output in cell.get("outputs", [])]
    images = [output for output in shown if "image/png" in output.get("data", {})]
    assert [output["metadata"] for output in images] == [
        {"image/png": {"alt": "a line climbs from 21 to 42."}}
    ]


def test_a_second_build_changes_no_byte(built):
    before = files_of(built)
    assert build(built) != []
    assert files_of(built) == before


def test_deriving_without_running_changes_no_byte(built):
    before = files_of(built)
    assert build(built, run=False) == [f"{NAME}: derived, nothing executed, {EASE}"]
    assert files_of(built) == before
    assert stale(built) == []


# -- what another machine measures


CLOCK = """# %% tags=["machine-time"]
from time import perf_counter_ns

print("Figure: the time was", perf_counter_ns())
_ = plt.subplots(figsize=(1, 1))

# %% [markdown]
# ## Take away
"""
TIMED = LESSON.replace("# %% [markdown]\n# ## Take away\n", CLOCK)


def shown_time(course):
    """Return what the cell with the clock shows, and its image's alt text."""
    reference = course.solutions / f"{NAME}.ipynb"
    cell = next(c for c in cells_of(reference).values() if "machine-time" in str(c))
    printed = next(o["text"] for o in cell["outputs"] if o.get("name") == "stdout")
    alt = next(o["metadata"] for o in cell["outputs"] if "image/png" in str(o))
    return "".join(printed), alt


@pytest.fixture(scope="module")
def timed_once(tmp_path_factory):
    course = make_course(tmp_path_factory.mktemp("timed"), lessons={NAME: TIMED})
    build(course)
    return course


@pytest.fixture
def timed(timed_once, tmp_path):
    shutil.copytree(timed_once.root, tmp_path / "course")
    return Course(tmp_path / "course")


def test_a_machines_time_stays_while_no_code_above_changes(timed):
    before = files_of(timed)
    build(timed)
    edit(timed, "Some words.", "Other words.")
    build(timed)
    edit(timed, "Other words.", "Some words.")
    build(timed)
    assert files_of(timed) == before
    assert stale(timed) == []


def test_a_machines_time_is_written_when_it_is_asked_for(timed):
    before = shown_time(timed)
    build(timed, record_times=True)
    printed, alt = shown_time(timed)
    assert printed != before[0]
    assert alt == {"image/png": {"alt": printed.removeprefix("Figure: ").strip()}}


def test_a_machines_time_is_measured_anew_when_code_above_it_changed(timed):
    before = shown_time(timed)
    edit(timed, "ax.plot([21, 42])", "ax.plot([21, 43])")
    build(timed)
    assert shown_time(timed) != before


# -- the course map


def test_the_map_is_in_the_readme_and_in_the_index(built_once):
    readme = built_once.readme.read_text(encoding="utf-8")
    assert MAP_ROW.format("notebooks/") in readme
    assert readme.endswith("\n\nThe end.\n")
    index = nbformat.read(built_once.index, as_version=4)
    nbformat.validate(index)
    text = "\n\n".join(cell.source for cell in index.cells)
    assert MAP_ROW.format("") in text
    assert "**Start with lesson 03.**" in text
    assert list(broken_links(text, folder=built_once.notebooks)) == []


def test_an_address_on_github_adds_colab_to_the_map_and_the_first_cell(built):
    shutil.rmtree(built.notebooks)
    path = built.root / "pyproject.toml"
    text = path.read_text().replace('""', '"https://github.com/someone/kit"')
    path.write_text(text)
    published = Course(built.root)
    build(published, run=False)
    colab = (
        "https://colab.research.google.com/github/someone/kit/blob/v1.2.3/notebooks/"
    )
    assert f"[Colab]({colab}{NAME}.ipynb)" in published.readme.read_text()
    setup = cells_of(published.notebooks / f"{NAME}.ipynb")["setup"]
    assert "git+https://github.com/someone/kit@v1.2.3" in "".join(setup["source"])
    assert stale(published) == []


@pytest.mark.parametrize("readme", ["# No map\n", README + README])
def test_a_readme_without_one_pair_of_markers_stops_the_build(tmp_path, readme):
    course = make_course(tmp_path)
    course.readme.write_text(readme)
    with pytest.raises(LessonError, match=r"README.md:1: put the course map's markers"):
        build(course)
    assert not course.notebooks.exists()


# -- what is stale


def stale_lines(course):
    return [str(problem) for problem in stale(course)]


def test_an_edited_notebook_is_found_out(built):
    path = built.notebooks / f"{NAME}.ipynb"
    path.write_text(path.read_text(encoding="utf-8").replace("Some words", "Other"))
    assert stale_lines(built) == [
        f"notebooks/{NAME}.ipynb:1: not what solutions/{NAME}.py builds: "
        "run the build, do not edit this file"
    ]


def test_a_changed_sentence_is_found_out_and_built_without_running(built):
    edit(built, "Some words", "Few words")
    assert len(stale_lines(built)) == 2
    assert build(built, run=False) == [f"{NAME}: derived, nothing executed, {EASE}"]
    assert stale(built) == []


def test_changed_code_cannot_pass_for_executed(built):
    edit(built, "given = 21", "given = 20 + 1")
    line = line_of(LESSON, '# %% tags=["exercise"]\n# Exercise 3.2')
    (report,) = build(built, run=False)
    assert report.endswith(f"code changed at line {line}: build it in full")
    assert stale_lines(built) == [
        f"solutions/{NAME}.py:{line}: code that was not executed since it changed: "
        "build it in full"
    ]
    outputs = [
        bool(c.get("outputs"))
        for c in cells_of(built.solutions / f"{NAME}.ipynb").values()
    ]
    assert any(outputs[:5])
    assert not any(outputs[-4:])


@pytest.mark.parametrize("broken", ["<<<<<<< HEAD\n{}", "[]", ""])
def test_a_broken_reference_must_be_built_again(built, broken):
    (built.solutions / f"{NAME}.ipynb").write_text(broken)
    assert "no executed reference that can be read" in stale_lines(built)[0]


def test_a_missing_notebook_is_found_out(built):
    (built.notebooks / f"{NAME}.ipynb").unlink()
    assert len(stale(built)) == 1


def test_notebooks_without_a_source_are_found_out(built):
    shutil.copy(built.solutions / f"{NAME}.ipynb", built.solutions / "04_old.ipynb")
    shutil.copy(built.notebooks / f"{NAME}.ipynb", built.notebooks / "05_old.ipynb")
    assert stale_lines(built) == [
        "solutions/04_old.ipynb:1: no solutions/04_old.py builds this: delete it",
        "notebooks/05_old.ipynb:1: no solutions/05_old.py builds this: delete it",
    ]


def test_an_old_map_is_found_out(built):
    text = built.readme.read_text(encoding="utf-8")
    built.readme.write_text(text.replace("| 5 | 2 s", "| 5 | 9 s"), encoding="utf-8")
    built.index.unlink()
    assert [line.split(":")[0] for line in stale_lines(built)] == [
        "README.md",
        "notebooks/index.ipynb",
    ]


def test_no_lessons_are_nothing_to_complain_about(tmp_path):
    course = make_course(tmp_path, lessons={})
    build(course)
    assert stale(course) == []


# -- what must not be built


def refusal(tmp_path, text):
    """Return the lines of the error, having made sure that nothing was written."""
    course = make_course(tmp_path, lessons={NAME: text})
    with pytest.raises(LessonError) as caught:
        build(course)
    assert not (course.notebooks / f"{NAME}.ipynb").exists()
    assert not (course.solutions / f"{NAME}.ipynb").exists()
    assert read_run_times(course.run_times) == {}
    return [str(problem) for problem in caught.value.problems]


def test_everything_unfit_in_the_outputs_is_reported_at_once(tmp_path):
    untidy = (
        "import warnings\n"
        "import sys\n"
        "print('start', file=sys.stderr)\n"
        "warnings.warn('an old name', FutureWarning)\n"
        "print('WARNING:absl:no lock', file=sys.stderr)\n"
        "print('WARNING: All log messages', file=sys.stderr)\n"
        "print(object())\n"
        "print('10 %\\r20 %')\n"
        "_ = ax.plot"
    )
    text = LESSON.replace("_ = ax.plot", untidy)
    text = text.replace('print("Figure: a line', 'print("Picture: a line')
    cell = line_of(text, "# %%\nimport matplotlib")
    lines = refusal(tmp_path, text)
    assert [int(line.split(":")[1]) for line in lines] == [
        cell,
        cell,
        cell,
        cell,
        line_of(text, "warnings.warn"),
    ]
    shown = "\n".join(lines)
    assert "All log messages" not in shown
    for words in ("at 0x", "progress bar", "images: 1", "FutureWarning: an", "absl:no"):
        assert words in shown


def renumbered(text, number):
    for old, new in (
        ("03", f"0{number}"),
        (" 3.", f" {number}."),
        ('"3.', f'"{number}.'),
    ):
        text = text.replace(old, new)
    return text


def test_lessons_that_fail_name_the_line_and_leave_the_others_built(tmp_path):
    failing = renumbered(
        LESSON.replace("_ = ax.plot", "one = 1\none / 0\n_ = ax.plot"), 4
    )
    dying = renumbered(LESSON.replace("_ = ax.plot", "import os\nos._exit(1)"), 5)
    lessons = {NAME: LESSON, "04_fails": failing, "05_dies": dying}
    course = make_course(tmp_path, lessons=lessons)
    with pytest.raises(LessonError) as caught:
        build(course, jobs=2)
    fails, dies = map(str, caught.value.problems)
    where = f"solutions/04_fails.py:{line_of(failing, 'one / 0')}"
    assert fails == f"{where}: ZeroDivisionError: division by zero"
    cell = line_of(dying, "# %%\nimport matplotlib")
    assert dies.startswith(f"solutions/05_dies.py:{cell}: the kernel died")
    assert [path.name for path in sorted(course.notebooks.iterdir())] == [
        f"{NAME}.ipynb",
        "index.ipynb",
    ]
    assert set(read_run_times(course.run_times)) == {NAME}
    assert "| 04 · Small steps | double a number | 5 | – |" in course.readme.read_text()


def test_problems_of_all_sources_are_reported_together(tmp_path):
    bad = {
        "03_one": LESSON.replace("# ## Take away", "# ## End"),
        "04_two": "x = 1\n",
        "04_three": LESSON,
    }
    course = make_course(tmp_path, lessons=bad)
    with pytest.raises(LessonError, match="lesson number 04 is taken"):
        course.one_number_each()
    with pytest.raises(LessonError, match=r"04_two.py:1: no cell here"):
        course.lessons()
    (course.solutions / "04_two.py").unlink()
    with pytest.raises(LessonError) as caught:
        build(course)
    assert {problem.path for problem in caught.value.problems} == {
        "solutions/03_one.py",
        "solutions/04_three.py",
    }


def test_a_slow_lesson_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(build_module, "execute", lambda *a, **k: Run(61.4, []))
    monkeypatch.setattr(build_module, "tidy_outputs", lambda notebook: [])
    assert refusal(tmp_path, LESSON) == [
        f"solutions/{NAME}.py:1: runs 61 s; a lesson may take 60 s"
    ]


def test_the_kernel_has_what_a_learner_has(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKSHOP_DATA_DIR", "/somewhere")
    monkeypatch.setenv("MPLBACKEND", "Agg")
    make_course(tmp_path, lessons={})
    code = (
        "import os, sys, helpers\n"
        "print(os.listdir(), os.environ.get('WORKSHOP_DATA_DIR'))\n"
        "print(os.environ['WORKSHOP_OFFLINE'], sys.executable)\n"
        "print(helpers.__file__)\n"
        "print('b' * 9, file=sys.stderr)\n"
        "print('last')"
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    run = execute(notebook, import_path=tmp_path)
    assert run.faults == []
    assert tidy_outputs(notebook) == []
    (stdout,) = notebook.cells[0].outputs
    assert stdout.text.splitlines() == [
        "[] None",
        f"1 {sys.executable}",
        str(tmp_path / "helpers" / "__init__.py"),
        "last",
    ]


# -- run times


@pytest.mark.parametrize(
    ("measured", "recorded", "expected"),
    [
        (0.1, None, 2),
        (2.0, None, 2),
        (2.1, None, 3),
        (14.2, None, 15),
        (14.2, 15, 15),
        (6.1, 15, 15),
        (5.9, 15, 8),
        (15.1, 15, 20),
        (90, None, 60),
    ],
)
def test_a_recorded_time_moves_only_when_it_no_longer_fits(
    measured, recorded, expected
):
    assert rung(measured, recorded) == expected
    assert expected in LADDER


def test_the_recorded_time_is_kept_and_lessons_that_are_gone_are_not(built):
    built.run_times.write_text(f"{NAME} = 30\n99_gone = 5\n")
    build(built, run=False)
    assert read_run_times(built.run_times) == {NAME: 30}
    assert "cells run in 30 seconds" in (built.notebooks / f"{NAME}.ipynb").read_text()


# -- finding lessons


@pytest.mark.parametrize(
    "wanted", ["03", "3", NAME, f"{NAME}.py", f"solutions/{NAME}.py", "03_SMALL_STEPS"]
)
def test_a_lesson_is_found_by_number_or_name(tmp_path, wanted):
    course = make_course(tmp_path)
    assert course.find(wanted) == course.solutions / f"{NAME}.py"


def test_an_unknown_lesson_names_those_there_are(tmp_path):
    with pytest.raises(KitError, match=f"no lesson '9'; there are: {NAME}"):
        make_course(tmp_path).find("9")


# -- rehearsals and measures


def complaints(text):
    results = rehearse(lesson_of(text))
    assert list(results) == cases(lesson_of(text))
    return [c for case, outcome in results.items() if (c := complaint(case, outcome))]


def test_every_answer_of_a_good_lesson_gets_its_outcome():
    assert len(cases(lesson_of())) == 10
    assert len({case.id for case in cases(lesson_of())}) == 10
    assert complaints(LESSON) == []


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('diagnosis="tripled"', 'diagnosis="squared"', "should be wrong (squared)"),
        ("    return number\n", "    return 2 * number\n", "is correct (None)"),
        ("answer = given * 3", "answer = giben * 3", "raised NameError"),
        ("answer = secret_step * 2", "answer = secret_step", "should be correct"),
        ('message="Not twice."', 'message=" "', "no sentence about the idea"),
        ("value is None or value is ...", "value is None", "should be not attempted"),
    ],
)
def test_an_answer_with_another_outcome_is_complained_about(old, new, words):
    found = complaints(LESSON.replace(old, new, 1))
    assert found
    assert all(words in line for line in found), found


def test_an_answer_leaves_no_trace_in_the_lesson():
    text = LESSON.replace("answer = given * 3", "answer = given * 3\ntable[0] = 99")
    text = text.replace("given = 21", "given = table[0]").replace(
        "from types", "table = [21]\n\nfrom types"
    )
    assert complaints(text) == []


def test_a_lesson_that_fails_spoils_only_the_cases_after_it():
    text = LESSON.replace("# # ###", "").replace("given = 21", "given = 21 / 0")
    found = complaints(text)
    assert len(found) == 5
    assert all("3.2 raised ZeroDivisionError" in line for line in found)


def test_the_rhythm_is_that_of_a_learners_notebook():
    measured = rhythm(lesson_of())
    assert (measured.cells, measured.most_code_in_a_row) == (11, 3)
    assert measured.prose_share == pytest.approx(4 / 11)
    assert measured.most_code_lines == 9


@pytest.mark.parametrize(
    ("link", "broken"),
    [
        ("there.md", False),
        ("there.md#a-heading-with-code", False),
        ("there.md#none", True),
        ("#top-of-it", False),
        ("#nowhere", True),
        ("gone.md", True),
        ("sub/", False),
        ("../", False),
        ("https://example.org/x", False),
        ("with%20space.md", False),
    ],
)
def test_links_inside_the_repository_must_lead_somewhere(tmp_path, link, broken):
    (tmp_path / "there.md").write_text("# A heading, with `code`\n")
    (tmp_path / "with space.md").touch()
    (tmp_path / "sub").mkdir()
    text = f"# Top of it\n\n[link]({link})\n"
    assert list(broken_links(text, folder=tmp_path)) == ([(3, link)] if broken else [])


# -- what maintainers run into ---------------------------------------------------------


def test_a_windows_editor_does_no_harm(tmp_path):
    """CRLF line ends and a byte order mark."""
    course = make_course(tmp_path)
    source = course.sources()[0]
    plain = read_lesson(source)
    source.write_bytes(b"\xef\xbb\xbf" + LESSON.replace("\n", "\r\n").encode())
    assert read_lesson(source).cells == plain.cells


def test_another_encoding_is_named_with_its_line(tmp_path):
    course = make_course(tmp_path)
    text = LESSON.replace("Some words", "Café").encode("cp1252")
    course.sources()[0].write_bytes(text)
    with pytest.raises(LessonError, match=f":{line_of(LESSON, '# # 03')}: not UTF"):
        course.lessons()


def test_a_source_that_is_no_file_is_a_problem(tmp_path):
    course = make_course(tmp_path)
    (course.solutions / "05_folder.py").mkdir()
    with pytest.raises(LessonError, match=r"05_folder.py:1: Is a directory"):
        course.lessons()


def test_a_merge_conflict_in_what_the_build_wrote_is_one_line(tmp_path):
    course = make_course(tmp_path)
    for text in ("<<<<<<< HEAD\n", '"03_small_steps" = "fast"\n'):
        course.run_times.write_text(text)
        with pytest.raises(KitError, match=r"run_times\.toml can't be read: delete it"):
            read_run_times(course.run_times)
    (tmp_path / "pyproject.toml").write_text("x =")
    with pytest.raises(KitError, match=r"pyproject\.toml is no valid TOML"):
        _ = course.version


def test_an_answer_that_leaves_is_an_outcome_and_stops_nobody():
    text = LESSON.replace("answer = given * 3", "import sys; sys.exit()")
    assert any("raised SystemExit" in line for line in complaints(text))
    text = LESSON.replace("import matplotlib", "exit()\nimport matplotlib")
    assert complaints(text) == []


def test_a_title_with_a_bar_keeps_the_map_whole(tmp_path):
    text = LESSON.replace("# 03 · Small steps", "# 03 · P(a | b)")
    course = make_course(tmp_path, lessons={NAME: text})
    assert r"| 03 · P(a \| b) |" in readme_text(course)


def test_too_much_output_and_an_empty_summary_are_refused(tmp_path):
    notebook = v4.new_notebook(
        cells=[
            v4.new_code_cell(
                "", outputs=[v4.new_output("stream", name="stdout", text="x" * 10**6)]
            ),
            v4.new_code_cell(
                "",
                outputs=[
                    v4.new_output("stream", name="stdout", text="Figure: \n"),
                    v4.new_output("display_data", data={"image/png": "aGk="}),
                ],
            ),
        ]
    )
    many, empty = tidy_outputs(notebook)
    assert many.message.startswith("an output of 1,000,000 characters; show at most")
    assert empty.message.startswith("images: 1, printed lines")
