"""One seed is one network, whatever of the kit a process imports first."""

import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

from helpers import environment
from helpers.environment import (
    EnvironmentTable,
    PackageState,
    add_missing,
    package_states,
)

NETWORK = """
import numpy as np
rows = np.random.default_rng(0).random((120, 4))
windows = np.random.default_rng(0).random((60, 6, 1))
found = {
    "forecaster": ForecastDetector(epochs=2, units=4, random_state=0).fit(windows),
    "bigan": BiGANDetector(epochs=1, hidden_layers=(4,), random_state=0).fit(rows),
}
print({name: detector.threshold_.hex() for name, detector in found.items()})
"""
IMPORT = "from helpers.detectors import BiGANDetector, ForecastDetector\n"


def run(code, **environment):
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("TF_", "KERAS_"))
    }
    clean["PYTHONPATH"] = os.pathsep.join(sys.path)
    command = [sys.executable, "-c", code]
    return subprocess.run(
        command, env=clean | environment, capture_output=True, text=True, check=True
    )


@pytest.fixture(scope="module")
def started():
    """Return what a notebook finds, whose first cell is `helpers.start`."""
    return run(f"import helpers; helpers.start('08')\n{IMPORT}{NETWORK}").stdout


def test_without_start_a_seed_is_the_same_network(started):
    assert run(IMPORT + NETWORK).stdout == started


def test_the_defaults_are_set_by_any_import_of_the_kit():
    code = "import os, helpers.text; print(os.environ['TF_ENABLE_ONEDNN_OPTS'])"
    assert run(code).stdout.strip() == "0"
    assert run(code, TF_ENABLE_ONEDNN_OPTS="1").stdout.strip() == "1"


def test_a_tensorflow_that_came_first_is_said_once():
    code = (
        "import sys, types\n"
        "sys.modules['tensorflow'] = types.ModuleType('tensorflow')\n"
        "import helpers, helpers.text, helpers.detectors; helpers.start('00')"
    )
    told = run(code).stderr
    assert told.count("TensorFlow was imported before helpers") == 1
    assert not run(code, TF_ENABLE_ONEDNN_OPTS="0").stderr


@pytest.mark.parametrize(("encoding", "mark"), [("cp1252", "+"), ("utf-8", "✔")])
def test_a_check_prints_on_every_screen(encoding, mark):
    code = (
        "import helpers\n"
        "from helpers.exercises.outcomes import Outcome\n"
        "print(Outcome('3.1', 'correct', 'p ≥ 0.5 → yes'))\n"
        "print(Outcome('3.1', 'wrong', ''))"
    )
    shell = {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | shell, capture_output=True
    )
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.decode(encoding).splitlines()
    assert first.startswith(f"{mark} Exercise 3.1: correct. p ")
    assert first.endswith("yes")
    assert second == f"{'x' if mark == '+' else '✘'} Exercise 3.1: wrong."


def test_the_table_shows_the_backend_and_whether_it_is_there(monkeypatch):
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    rows = repr(package_states()).splitlines()
    row = next(row for row in rows if "keras backend" in row)
    assert row.split()[:4] == ["OK", "keras", "backend", "tensorflow"]
    assert row.endswith("tested tensorflow")


def test_another_backend_gets_a_row_and_a_line_that_warn(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "no-such-backend")
    told = repr(package_states())
    row = next(row for row in told.splitlines() if "keras backend" in row)
    assert row.split() == [
        "WARN", "keras", "backend", "no-such-backend", "missing", "tested", "tensorflow"
    ]  # fmt: skip
    assert "KERAS_BACKEND is no-such-backend: lessons are tested on tensorflow" in told
    assert "<details open>" in package_states()._repr_html_()


def test_networks_are_refused_on_another_backend_before_they_are_built(monkeypatch):
    import keras

    from helpers.detectors import AutoencoderDetector

    rows = [[0.0, 1.0], [1.0, 0.0]] * 3
    fitted = AutoencoderDetector(epochs=1).fit(rows)
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    for train in (AutoencoderDetector(epochs=1).fit, fitted.partial_fit):
        with pytest.raises(ValueError, match=r"Keras runs on jax .*unset KERAS_BACKEN"):
            train(rows)


def test_a_backend_that_is_missing_is_named_before_keras_looks_for_it(monkeypatch):
    from helpers.detectors import AutoencoderDetector

    monkeypatch.delitem(sys.modules, "keras", raising=False)
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    with pytest.raises(ValueError, match="Keras runs on torch"):
        AutoencoderDetector(epochs=1).fit([[0.0, 1.0], [1.0, 0.0]] * 3)
    assert "keras" not in sys.modules


# -- the kit was installed alone -------------------------------------------------------


@pytest.fixture
def missing(monkeypatch):
    """A table with a package that is missing, and one in a version not tested."""
    rows = [
        PackageState("no-such-package", None, SpecifierSet(">=1.2,<2")),
        PackageState("numpy", "1.0", SpecifierSet(">=2")),
    ]
    monkeypatch.setattr(environment, "package_states", lambda: EnvironmentTable(rows))


def test_only_what_is_missing_is_added_and_nothing_else_moves(missing, monkeypatch):
    asked = []

    def pip(command, **options):
        held = Path(command[command.index("--constraint") + 1])
        asked.append((command, held.read_text(encoding="utf-8").splitlines()))
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(environment.subprocess, "run", pip)
    assert add_missing() == ""
    ((command, held),) = asked
    assert command[-1] == "no-such-package<2,>=1.2"
    assert not [word for word in command if "numpy" in word or "upgrade" in word]
    assert f"numpy=={metadata.version('numpy')}" in held
    assert len({line.split("==")[0].lower() for line in held}) == len(held)


def test_what_can_not_be_added_is_said_in_a_line(missing, monkeypatch, capsys):
    pytest.importorskip("pip", reason="this environment has no pip")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    environment.start("00", alone=True)
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("Could not be installed: no-such-package (Could not find a ")
    assert "<2,>=1.2" in line


def test_nothing_is_asked_of_pip_where_all_is_there_or_the_kit_was(monkeypatch):
    monkeypatch.setattr(environment.subprocess, "run", pytest.fail)
    assert add_missing() == ""
    environment.start("00", alone=True)
