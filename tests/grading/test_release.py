"""What a class receives: nothing that solves, and checks that say the same as at home.

Lessons 00 and 03 stand for all: every release asks all of its checks about right,
wrong and strange answers before it is written (`released_checks`).
"""

import io
import json
import subprocess
import sys
import zipfile
from typing import NamedTuple

import nbformat
import numpy as np
import pytest
from strange import FIXED
from typer.testing import CliRunner

from helpers.authoring.course import Course
from helpers.authoring.setup_cell import wheel_name
from helpers.cli import app
from helpers.errors import KitError
from helpers.exercises.costs import Scored, known_of
from helpers.exercises.declared import ANYTHING, exercises_of, marked
from helpers.exercises.draws import generator
from helpers.exercises.engine import ask
from helpers.exercises.outcomes import COULD_NOT_CHECK, NOT_ATTEMPTED, CannotCheck
from helpers.grading.plain import Unreadable
from helpers.grading.recorded import OTHER_VALUES, Table, key_of, node_of, value_of
from helpers.grading.release.bundle import packed, release
from helpers.grading.release.checks import load, questions_of, released_checks
from helpers.grading.release.leaks import (
    files_of,
    leaks,
    secret_lines,
    secret_names,
)
from helpers.grading.release.lite import site_files
from helpers.grading.release.own_values import Run, own_values, shown_by
from helpers.grading.release.program import Program
from helpers.grading.release.recording import Noted, Recorder
from helpers.grading.release.rewriting import released_modules

COURSE = Course.here()
LESSONS = COURSE.lessons([COURSE.find("00"), COURSE.find("03")])
ALL = COURSE.lessons()
NUMBERS = [each.number for each in ALL]
EXERCISES = [*exercises_of("00"), *exercises_of("03")]


def drawn_only(lesson):
    """The values of lesson 00; lesson 03 takes 25 s to run, so its draws have to do."""
    return own_values(lesson) if lesson.number == "00" else Run()


@pytest.fixture(scope="module")
def released():
    return release(COURSE, LESSONS, report=lambda line: None, values=drawn_only)


@pytest.fixture(scope="module")
def files(released):
    return dict(files_of(released.data))


@pytest.fixture(scope="module")
def checks(released, tmp_path_factory):
    return load(released.checks.modules, tmp_path_factory.mktemp("checks"))


# -- nothing that solves ---------------------------------------------------------------


def test_no_line_of_any_solution_or_wrong_answer_is_in_zip_or_wheel(files):
    lines = secret_lines(ALL)
    assert len(lines) > 400
    home = {
        path.relative_to(COURSE.root).as_posix(): path.read_bytes()
        for path in COURSE.root.glob("helpers/**/*.py")
    }
    for name, content in files.items():
        if name.endswith(".whl"):
            continue
        inside = name.split(".whl/")[-1]
        told = {line for line in lines if line.encode() in content}
        if told:  # the library has it for its own ends, whole and as it is at home
            assert home[inside] == content, (name, told)
            assert not inside.startswith(("helpers/exercises", "helpers/grading"))


def test_no_reference_and_no_wrong_function_is_named_among_the_checks(files):
    names = secret_names(ALL)
    assert {("lesson_03", "_floors"), ("lesson_00", "_strangest")} <= names
    assert not leaks(files, secret_lines(ALL), names)
    references = {
        each.reference.__name__
        for number in NUMBERS
        for each in exercises_of(number)
        if each.reference is not None
        and hasattr(each.reference, "__name__")
        and each.reference.__module__.startswith("helpers.exercises")
    } - {"<lambda>", "judge", "cut"}  # the last two are everybody's words
    references -= {name for lesson in ALL for _, name in shown_by(lesson)}
    assert len(references) > 40
    for name, content in files.items():
        words = set(content.replace(b".", b" ").replace(b"(", b" ").split())
        assert not {each.encode() for each in references} & words, name


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x/notebooks/03.ipynb", b'"    %s\\n",'),
        ("x/kit.whl/helpers/exercises/lesson_03.py", b"    %s\n"),
        ("x/README.md", b"%s"),
    ],
)
def test_a_line_of_a_solution_is_found_wherever_it_stands(name, content):
    lines = secret_lines(ALL)
    line = next(each for each in lines if '"' in each)
    told = json.dumps(line)[1:-1] if name.endswith("ipynb") else line
    found = leaks({name: content % told.encode()}, lines, [])
    assert any(line in each and name in each for each in found)


def test_a_line_without_an_idea_in_it_is_no_secret():
    """A check may return scores, too: otherwise no whole course can be released."""
    lines = secret_lines(ALL)
    assert not {"return scores", "return np.array("} & set(lines)
    assert any(line.startswith("return ") for line in lines)


def test_the_name_of_a_reference_is_found_in_a_check():
    name, secret = "x.whl/helpers/exercises/lesson_03.py", ("lesson_03", "_floors")
    assert leaks({name: b"y = _floors(p)"}, {}, [secret])
    assert not leaks({name: b"y = not_floors(p)"}, {}, [secret])


def test_a_release_that_would_tell_is_refused(released):
    modules = dict(released.checks.modules)
    told = modules["lesson_03"].code + "_floors = None\n"
    checks = type(released.checks)(
        modules | {"lesson_03": type(modules["lesson_03"])(told, "{}")}, {}, [], []
    )
    with pytest.raises(KitError, match="the name _floors"):
        packed(COURSE, LESSONS, checks)


def test_the_teachers_rooms_sources_and_other_lessons_are_not_in_it(files):
    names = {name.split(".whl/")[-1] for name in files}
    assert not [n for n in names if n.startswith(("helpers/authoring", "solutions"))]
    assert not [n for n in names if n.endswith((".pyc", ".pkl", "solutions.txt"))]
    assert {n for n in names if n.startswith("helpers/grading/")} == {
        f"helpers/grading/{name}.py" for name in ("__init__", "plain", "recorded")
    }
    lessons = {n for n in names if n.startswith("helpers/exercises/lesson_")}
    assert lessons == {
        f"helpers/exercises/lesson_{number}.{kind}"
        for number in ("00", "03")
        for kind in ("py", "json")
    }


def test_translations_say_what_these_checks_say_and_nothing_of_others(files):
    names = [name for name in files if "translations/" in name]
    (path,) = [name for name in names if name.endswith("messages.json")]
    said = json.loads(files[path])
    assert not [name for name in names if name.endswith(".po")]
    assert "Higher score, stranger day: look for the highest score." in said  # 00
    assert (
        "A point anomaly needs no clock to be seen; a contextual one does." not in said
    )
    assert ", {hints} of {len(found.hints)} hints" in said


def test_released_classes_have_no_method_that_searches(released):
    code = released.checks.modules["costs"].code
    assert "def misses" in code
    for method in ("cheapest", "all_cheapest", "candidates", "best_f2", "known_of"):
        assert method in vars(Scored) or method == "known_of"
        assert f"def {method}(" not in code
    assert known_of in marked


# -- the same as at home ---------------------------------------------------------------


def test_no_check_of_these_lessons_stays_with_the_teacher(released):
    assert released.checks.withheld == {}


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda each: each.number)
def test_a_strange_answer_gets_the_same_sentence_as_at_home(exercise, checks):
    given = exercise.given_by(generator(exercise.number))
    names = exercise.parameters[len(exercise.answers) :]
    for answer in [..., *FIXED]:
        passed = (*(answer,) * len(exercise.answers), *(given[n] for n in names))
        ours = ask(exercise, passed, {}, generator(exercise.number))
        other = ask(checks[exercise.number], passed, {}, generator(exercise.number))
        assert ours == other, answer


def test_right_and_wrong_answers_get_the_same_sentences_as_at_home(checks):
    seen = set()
    for question in (each for x in LESSONS for each in questions_of(x, {})):
        found = question.found
        for answer in question.answers:
            given = found.given_by(generator(found.number))
            names = found.parameters[len(found.answers) :]
            passed = [
                (*answer.make(dict(given)), *(given[name] for name in names))
                for _ in range(2)
            ]
            ours = ask(found, passed[0], {}, generator(found.number))
            other = ask(checks[found.number], passed[1], {}, generator(found.number))
            assert ours == other, answer.told
            seen.add((found.number, ours.status))
    assert {status for _, status in seen} >= {"correct", "wrong", "could not check"}


def test_other_values_than_the_lessons_can_not_be_checked_and_are_no_mistake(checks):
    other = np.array([0, 1] * 40)
    outcome = ask(checks["3.1"], (0.5, 0.5, other), {}, generator("3.1"))
    assert (outcome.status, outcome.message) == (COULD_NOT_CHECK, OTHER_VALUES)


def test_a_check_that_stays_with_the_teacher_says_so(tmp_path):
    program = Program(["00"])
    program.withheld["0.1"] = "for this test"
    kept = program.kept()
    modules = released_modules(program, kept, Recorder())
    check = load(modules, tmp_path)["0.1"]
    assert "recognise" not in modules["lesson_00"].code
    said = ask(check, ("2014-03-01", None), {}, generator("0.1"))
    assert said.status == COULD_NOT_CHECK
    assert said.message == "Your teacher has the check of exercise 0.1."
    assert ask(check, (..., None), {}, generator("0.1")).status == NOT_ATTEMPTED


SCRIPT = """
import sys
import helpers
from helpers.exercises import begin, check, hint, progress, solution
from helpers.paths import solutions_dir
assert not solutions_dir().exists() and sys.argv[1] in helpers.__file__
begin("03")
print(solution("3.2"))
print(hint("3.2"))
print(check("3.4", lambda p, share: p * share / (p * share + (1 - p) * (1 - share))))
print(check("3.4", lambda p, share: p * share))
print(check("3.4", lambda p, share: p * share + 1).message)
print(progress().splitlines()[-1])
"""


def test_the_wheel_alone_checks_diagnoses_and_hints(files, tmp_path):
    (wheel,) = (content for name, content in files.items() if name.endswith(".whl"))
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        archive.extractall(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path)],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path), "PATH": ""},
        capture_output=True,
        text=True,
    )
    assert not done.stderr
    told = done.stdout.splitlines()
    assert told[0] == "Your teacher has the solution of exercise 3.2."
    assert told[1].startswith("Hint 1 of 3: Ask in which fold")
    assert told[2].startswith("✔ Exercise 3.4: correct.")
    assert told[3].startswith("✘ Exercise 3.4: wrong (scaled probability).")
    assert "; right is [" in told[4]
    assert told[5] == "1 of 4 exercises solved"


# -- the zip ---------------------------------------------------------------------------


def test_notebooks_are_the_learners_and_the_map_shows_no_others(files):
    top = "anomaly-workshop/notebooks/"
    names = {name.removeprefix(top) for name in files if name.startswith(top)}
    wheel = wheel_name(COURSE.version)  # where the first cell looks for it
    inside = {name for name in names if name.startswith(f"{wheel}/")}
    lessons = {"00_start_here.ipynb", "03_imbalanced_data.ipynb", "index.ipynb"}
    assert names - inside == lessons | {wheel}
    index = files[top + "index.ipynb"].decode()
    assert "03_imbalanced_data.ipynb" in index
    assert "04_dense_networks.ipynb" not in index
    assert "Your teacher has the solutions." in index
    lesson = nbformat.reads(files[top + "03_imbalanced_data.ipynb"].decode(), 4)
    tags = {tag for cell in lesson.cells for tag in cell.metadata.get("tags", [])}
    assert tags == {"setup", "exercise", "check"}
    assert any("# YOUR CODE HERE" in cell.source for cell in lesson.cells)
    assert all(
        wheel in files[f"{top}{name}"].decode()
        for name in names & lessons
        if name != "index.ipynb"
    )


def test_two_commands_begin_and_name_files_that_are_there(files):
    top = "anomaly-workshop/"
    text = files[top + "README.md"].decode()
    assert "python -m pip install -r requirements.txt" in text
    assert "python -m jupyter lab notebooks/index.ipynb" in text
    lines = files[top + "requirements.txt"].decode().splitlines()
    assert top + lines[2].removeprefix("./").removesuffix("[lab]") in files
    assert lines[1] == "--constraint versions.txt"
    versions = files[top + "versions.txt"].decode().splitlines()
    assert all("==" in line and "hash" not in line for line in versions)
    assert any(line.startswith("jupyterlab==") for line in versions)


def test_bundled_data_are_there_with_their_licences(files):
    for path in (COURSE.root / "datasets").rglob("*"):
        if path.is_file():
            place = path.relative_to(COURSE.root).as_posix()
            assert files[f"anomaly-workshop/{place}"] == path.read_bytes()


def test_the_same_release_has_the_same_bytes(released, tmp_path):
    assert packed(COURSE, LESSONS, released.checks) == released.data
    (first,) = (x for x in LESSONS if x.number == "00")
    questions = questions_of(first, own_values(first).values)
    again = released_checks(["00"], questions, tmp_path)
    once = released_checks(
        ["00"], questions_of(first, own_values(first).values), tmp_path
    )
    assert again == once


# -- in the browser --------------------------------------------------------------------


@pytest.fixture(scope="module")
def release_zip(released, tmp_path_factory):
    path = tmp_path_factory.mktemp("zip") / "release.zip"
    path.write_bytes(released.data)
    return path


def test_a_site_is_built_of_released_files_with_a_first_cell_for_browsers(
    files, release_zip
):
    site = dict(site_files(release_zip))
    wheel = wheel_name(COURSE.version)
    lessons = {"00_start_here.ipynb", "03_imbalanced_data.ipynb"}
    assert set(site) == {wheel} | {f"contents/{name}" for name in lessons}
    assert site[wheel] == files[f"anomaly-workshop/notebooks/{wheel}"]
    for name in lessons:
        made = nbformat.reads(site[f"contents/{name}"].decode(), 4)
        ours = nbformat.reads(files[f"anomaly-workshop/notebooks/{name}"].decode(), 4)
        differ = [
            (new.id, new.source)
            for new, old in zip(made.cells, ours.cells, strict=True)
            if new != old
        ]
        ((identity, source),) = differ
        assert identity == "setup"
        assert "'scikit-learn'" in source
        assert not [each for each in ("keras", "tensorflow", "h5py") if each in source]
        assert source.endswith(f'start("{name[:2]}")')


def test_the_site_holds_the_notebooks_and_the_wheel_and_no_solution(
    release_zip, tmp_path
):
    for package in ("jupyterlite_core", "jupyterlite_pyodide_kernel"):
        pytest.importorskip(package, reason='pip install ".[lite]"')
    out = tmp_path / "site"
    done = CliRunner().invoke(app, ["lite", str(release_zip), "--out", str(out)])
    assert done.exit_code == 0, done.exception
    assert "don't run without a network" in done.stdout
    notebooks = {path.name for path in (out / "files").rglob("*")}
    assert notebooks == {"00_start_here.ipynb", "03_imbalanced_data.ipynb"}
    wheels = json.loads((out / "pypi" / "all.json").read_text(encoding="utf-8"))
    (built,) = wheels["anomaly-workshop"]["releases"][COURSE.version]
    wheel = (out / "pypi" / built["filename"]).read_bytes()
    held = dict(files_of(wheel, "site.whl/"))
    held |= {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in (out / "files").rglob("*.ipynb")
    }
    assert not leaks(held, secret_lines(ALL), secret_names(ALL))


@pytest.mark.parametrize("content", [None, b"no zip", "empty"])
def test_what_is_no_release_makes_no_site(content, tmp_path):
    path = tmp_path / "release.zip"
    if content == "empty":
        zipfile.ZipFile(path, "w").close()
    elif content:
        path.write_bytes(content)
    with pytest.raises(KitError, match=r"release\.zip (is no release|has no wheel)"):
        dict(site_files(path))


def test_a_file_that_is_there_is_refused_and_stays(tmp_path):
    out = tmp_path / "release.zip"
    out.write_bytes(b"mine")
    done = CliRunner().invoke(app, ["release", "--out", str(out)])
    assert isinstance(done.exception, KitError)
    assert "--force" in str(done.exception)
    assert out.read_bytes() == b"mine"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--lesson", "99"], "There is no lesson '99'"),
        (["--out", "missing/release.zip"], "is no folder"),
        (["--out", "."], "is a folder"),
    ],
)
def test_what_can_not_be_released_is_said_in_a_line_and_nothing_is_written(
    options, told, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["release", *options])
    assert isinstance(done.exception, KitError)
    assert told in str(done.exception)
    assert list(tmp_path.iterdir()) == []


# -- tables ----------------------------------------------------------------------------


class Pair(NamedTuple):
    left: np.ndarray
    right: float


def test_a_result_comes_back_as_it_was_and_fresh():
    result = [Pair(np.arange(3.0), 2.0), (1, ANYTHING), {"a": {"x", "y"}}]
    node = json.loads(json.dumps(node_of(result, __name__)))
    one, two = (value_of(node, globals()) for _ in range(2))
    assert isinstance(one[0], Pair)
    assert one[1][1] is ANYTHING
    assert one[2] == {"a": {"x", "y"}}
    one[0].left[:] = 9
    assert two[0].left.tolist() == [0, 1, 2]


def test_what_is_no_plain_data_is_no_table():
    with pytest.raises(Unreadable):
        node_of(lambda x: x, __name__)
    with pytest.raises(Unreadable):
        node_of(Pair(np.arange(2.0), 1.0), "another module")


def test_a_last_bit_makes_no_other_arguments_and_all_else_does():
    x = np.array([0.1, 0.2])
    key = key_of([x, 1], {})
    assert key == key_of([np.nextafter(x, 1), 1], {})
    others = ([x[::-1], 1], [x, 2], [x, 1.0], [x.astype(int), 1], [[0.1, 0.2], 1], [x])
    assert len({key, *(key_of(each, {}) for each in others)}) == len(others) + 1
    assert key_of([], {"x": 1}) == key_of([], {"x": 1}) != key_of([], {"y": 1})


def test_a_table_draws_as_the_function_did_raises_what_it_raised_and_knows_no_more():
    def draw(random, n):
        if n < 0:
            raise ValueError("negative dimensions are not allowed")
        return random.normal(size=n)

    noted = Noted()
    watched = Recorder().watched(draw, noted)
    random = np.random.default_rng(3)
    right = watched(random, 4)
    after = random.normal()
    with pytest.raises(ValueError, match="negative"):
        watched(np.random.default_rng(4), -1)
    table = Table("draw", noted.entries, {})
    random = np.random.default_rng(3)
    assert np.array_equal(table(random, 4), right)
    assert random.normal() == after
    with pytest.raises(ValueError, match="negative"):
        table(np.random.default_rng(4), -1)
    with pytest.raises(CannotCheck, match="Your teacher has a check"):
        table(np.random.default_rng(5), 4)
