"""One seed is one network, whatever of the kit a process imports first."""

import os
import subprocess
import sys

import pytest

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
