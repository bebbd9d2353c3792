"""pyproject, lock, environment.yml and the address of the kit say the same."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

import helpers
from helpers.environment import PackageState, package_states

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))[
    "project"
]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
LOCK_OF_EXTRAS = (ROOT / "requirements-extras.lock").read_text(encoding="utf-8")
LOCKED = re.compile(r"^([A-Za-z0-9_.-]+)(?:\[[^]]*\])?==([^ ;\\]+)", re.MULTILINE)


def locked_versions():
    versions = {}
    for name, version in LOCKED.findall(LOCK):
        versions.setdefault(name.lower().replace("_", "-"), []).append(Version(version))
    return versions


def wanted():
    extras = PROJECT["optional-dependencies"]
    lines = [*PROJECT["dependencies"], *extras["lab"], *extras["dev"]]
    return [Requirement(line) for line in lines]


@pytest.mark.parametrize("requirement", wanted(), ids=lambda r: r.name)
def test_the_lock_lies_in_the_ranges(requirement):
    versions = locked_versions()[requirement.name.lower()]
    assert all(requirement.specifier.contains(v) for v in versions)


def test_ranges_are_no_pins():
    for requirement in wanted():
        assert not any(s.operator in {"==", "==="} for s in requirement.specifier)


def test_the_peers_are_ranges_outside_the_lock_and_only_bench_installs_them(tmp_path):
    peers = [Requirement(line) for line in PROJECT["optional-dependencies"]["bench"]]
    known = {"flask", "pyod", "pysad", "river", "torch"}
    assert {peer.name for peer in peers} == known
    for peer in peers:
        assert {s.operator for s in peer.specifier} == {">=", "<"}
        assert peer.name not in locked_versions()
    for target, installs in (("bench", True), ("test", False), ("lock", False)):
        run = subprocess.run(
            ["make", "-n", "-C", ROOT, target, f"VENV={tmp_path / 'venv'}"],
            capture_output=True,
            text=True,
            check=True,
        )
        assert ("[bench]" in run.stdout) == installs, target
        assert "--extra bench" not in run.stdout


def printed(target, *settings):
    """Return the commands that make would run for a target."""
    run = subprocess.run(
        ["make", "-n", "-C", ROOT, target, f"PYTHON={sys.executable}", *settings],
        capture_output=True,
        text=True,
        check=True,
    )
    return run.stdout


@pytest.mark.parametrize("target", ["test-oldest", "test-newest"])
def test_the_bounds_are_run_with_all_tests_all_references_and_all_extras(target):
    commands = printed(target)
    assert re.search(r"-m pytest .*--nbval-lax .* tests solutions$", commands, re.M)
    named = re.search(r'--editable "\.\[(.*)\]"', commands)
    extras = named[1].split(",") if named else re.findall(r"--extra (\w+)", commands)
    assert set(extras) == set(PROJECT["optional-dependencies"]) - {"bench"}
    assert ("--resolution lowest-direct" in commands) == (target == "test-oldest")


def test_a_piece_of_the_bounds_can_be_run():
    commands = printed("test-oldest", "TESTS=tests/test_plots.py")
    assert re.search(r"-m pytest .*=300 tests/test_plots\.py$", commands, re.M)


def test_the_scheduled_workflow_runs_both_bounds_on_pythons_that_are_allowed():
    path = ROOT / ".github" / "workflows" / "newest.yml"
    workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
    steps = [job["steps"] for job in workflow["jobs"].values()]
    runs = {step["run"] for job in steps for step in job if "run" in step}
    assert runs == {"bash .ci/run test-oldest", "bash .ci/run test-newest"}
    pythons = [s["with"]["python-version"] for job in steps for s in job if "with" in s]
    assert sorted(pythons) == ["3.11", "3.12"]


def test_every_python_that_is_allowed_runs_the_locked_tests():
    path = ROOT / ".github" / "workflows" / "test.yml"
    workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
    pythons = workflow["jobs"]["test"]["strategy"]["matrix"]["python"]
    allowed = SpecifierSet(PROJECT["requires-python"])
    assert pythons == [f"3.{n}" for n in range(30) if allowed.contains(f"3.{n}.0")]


def test_a_package_has_one_lower_end_in_all_groups():
    whole = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = [
        whole["build-system"]["requires"],
        PROJECT["dependencies"],
        *PROJECT["optional-dependencies"].values(),
    ]
    ends = {}
    for line in (line for group in groups for line in group):
        requirement = Requirement(line)
        (low,) = [s.version for s in requirement.specifier if s.operator == ">="]
        ends.setdefault(requirement.name, set()).add(low)
    assert {name: low for name, low in ends.items() if len(low) > 1} == {}


@pytest.mark.parametrize("lock", [LOCK, LOCK_OF_EXTRAS], ids=["course", "extras"])
def test_every_locked_file_has_a_hash_and_no_address(lock):
    blocks = re.split(r"\n(?=[A-Za-z0-9])", lock[lock.index("\nabsl") + 1 :])
    assert len(blocks) == len(LOCKED.findall(lock))
    assert all("--hash=sha256:" in block for block in blocks)
    assert not re.search(r"https?://|--index|--find-links|--extra", lock)


def test_the_extras_change_no_version_of_the_course():
    course = dict(LOCKED.findall(LOCK))
    extras = dict(LOCKED.findall(LOCK_OF_EXTRAS))
    shared = course.keys() & extras.keys()
    assert {"numpy", "tensorflow", "ipython"} <= shared
    assert {n: extras[n] for n in shared} == {n: course[n] for n in shared}
    more = PROJECT["optional-dependencies"]
    for line in [*more["book"], *more["parquet"], *more["serve"], *more["ui"]]:
        wanted = Requirement(line)
        assert wanted.specifier.contains(extras[wanted.name])


def test_conda_supplies_python_and_pip_the_rest_from_the_lock():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    assert environment["name"] == PROJECT["name"]
    *conda, pip = environment["dependencies"]
    assert pip == {"pip": ["-r requirements.lock"]}
    names = [line.split("=")[0] for line in conda]
    assert names == ["python", "pip"]
    python = conda[0].split("=")[1]
    assert SpecifierSet(PROJECT["requires-python"]).contains(f"{python}.0")


def test_the_makefile_looks_for_the_pythons_of_pyproject():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    low, high = re.search(r"\((\d), (\d+)\) <= sys.version_info", makefile).groups()
    top = re.search(r"version_info < \((\d), (\d+)\)", makefile).groups()
    expected = f">={low}.{high},<{'.'.join(top)}"
    assert PROJECT["requires-python"] == expected


@pytest.mark.parametrize("python", ["/bin/false", "/no/such/python", ""])
def test_another_python_is_refused_in_one_line_before_anything_is_made(
    tmp_path, python
):
    venv = tmp_path / "venv"
    run = subprocess.run(
        ["make", "-C", ROOT, "lab", f"PYTHON={python}", f"VENV={venv}"],
        capture_output=True,
        text=True,
        check=False,
    )
    (line,) = [text for text in run.stdout.splitlines() if "make" not in text[:5]]
    assert line.startswith("This kit needs Python 3.11, 3.12 or 3.13; ")
    assert (f"{python} is not one" if python else "none was found") in line
    assert run.returncode
    assert not venv.exists()


def test_one_version():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert helpers.__version__ == PROJECT["version"] == str(citation["version"])


def test_importing_helpers_stays_light():
    code = "import sys, helpers; print(*sys.modules, sep='\\n')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    heavy = {"keras", "tensorflow", "seaborn", "pandas", "sklearn", "matplotlib"}
    assert "helpers" in done.stdout.splitlines(), done.stderr
    assert not heavy & set(done.stdout.splitlines())


def imported(*folders):
    """Return the top-level packages that the code in some folders imports."""
    names = set()
    for path in (path for folder in folders for path in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize(
    "requirement",
    [*map(Requirement, PROJECT["dependencies"])],
    ids=lambda r: r.name,
)
def test_what_is_declared_is_imported(requirement):
    modules = {"scikit-learn": "sklearn", "imbalanced-learn": "imblearn"}
    module = modules.get(requirement.name, requirement.name.replace("-", "_"))
    names = {name.lower() for name in imported("helpers", "solutions")}
    assert module in names


# what a declared package itself needs, and so always brings
BROUGHT_BY = {
    "h11": "uvicorn",
    "starlette": "fastapi",
    "joblib": "scikit-learn",
    "threadpoolctl": "scikit-learn",
    "platformdirs": "pooch",
    "requests": "pooch",
    "PIL": "matplotlib",
    "bs4": "nbconvert",
    "jupyter_client": "nbclient",
    "traitlets": "nbclient",
}
DISTRIBUTIONS = {
    "sklearn": "scikit-learn",
    "imblearn": "imbalanced-learn",
    "markdown_it": "markdown-it-py",
    "mdit_py_plugins": "mdit-py-plugins",
}


def test_what_is_imported_is_declared():
    declared = {requirement.name.lower() for requirement in wanted()}
    peers = {
        Requirement(line).name for line in PROJECT["optional-dependencies"]["bench"]
    }
    extras = PROJECT["optional-dependencies"]
    asked = [*extras["book"], *extras["parquet"], *extras["serve"]]
    more = {Requirement(line).name for line in asked}
    ours = {"helpers", "benchmarks"}
    for folders, known in (
        (("helpers", "solutions"), declared | more),
        (("benchmarks",), declared | peers),
    ):
        for name in imported(*folders) - ours:
            if name not in sys.stdlib_module_names:
                brought = BROUGHT_BY.get(name, name)
                assert DISTRIBUTIONS.get(brought, brought).lower() in known, name


@pytest.mark.parametrize("module", ["helpers", "helpers.plots"])
def test_seaborn_is_imported_when_it_draws_and_not_before(module):
    code = f"import sys, {module}; print('seaborn' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "False\n", done.stderr


def test_the_environment_table_reads_the_ranges_of_pyproject():
    table = package_states()
    ranges = {state.name: state.tested for state in table}
    assert ranges.pop("python") == SpecifierSet(PROJECT["requires-python"])
    declared = [Requirement(line) for line in PROJECT["dependencies"]]
    assert ranges == {r.name: r.specifier for r in declared}
    assert table.ok


@pytest.mark.parametrize(
    ("installed", "ok", "advice"),
    [
        ("2.4.0", True, ""),
        ("3.1", False, 'pip install "numpy<3,>=2.0"'),
        (None, False, 'pip install "numpy<3,>=2.0"'),
    ],
)
def test_a_row_outside_the_range_says_how_to_mend_it(installed, ok, advice):
    state = PackageState("numpy", installed, SpecifierSet(">=2.0,<3"))
    assert (state.ok, state.advice) == (ok, advice)
