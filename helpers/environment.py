"""The first cell of every notebook: is this environment one the lessons run in?

The tested ranges are those of `pyproject.toml`, read from the installed kit's own
metadata, so they stand in one place. Nothing is imported to look up a version.
"""

import html
import importlib
import io
import os
import platform
import re
import subprocess
import sys
import warnings
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from helpers.translations import language, languages, translated
from helpers.translations.spoken import wished

KIT = "anomaly-workshop"

# Read by TensorFlow and Keras when they are first imported. TensorFlow's start-up
# log would bury a lesson's own output. Its oneDNN kernels add in another order: with
# them the same seed trains another network, and one that is good without them can be
# useless.
_DEFAULTS = {
    "KERAS_BACKEND": "tensorflow",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "0",
}
_TOO_LATE = (
    "TensorFlow was imported before helpers, with its oneDNN kernels on: the same seed "
    "may train another network here than elsewhere. Restart, and import helpers first "
    "(or set TF_ENABLE_ONEDNN_OPTS=0)"
)
_OTHER_BACKEND = (
    "KERAS_BACKEND is {}: lessons are tested on tensorflow alone, and networks are not "
    "trained on another one; unset KERAS_BACKEND, and restart"
)
_NO_LANGUAGE = "WORKSHOP_LANG is {}: checks speak English here; the kit has {}"


@dataclass(frozen=True)
class PackageState:
    """One row of the environment table: a package, what is there, what was tested."""

    name: str
    installed: str | None
    tested: SpecifierSet

    @property
    def ok(self) -> bool:
        """True when the installed version lies in the tested range."""
        return self.installed is not None and self.tested.contains(
            self.installed, prereleases=True
        )

    @property
    def advice(self) -> str:
        """The command that mends a FAIL row; empty for an OK row."""
        if self.ok:
            return ""
        if self.name == "python":
            return "choose another Python for this kernel"
        return f'pip install "{self.name}{self.tested}"'


class EnvironmentTable(tuple):
    """The rows of `package_states()`, shown as an OK / FAIL table."""

    @property
    def ok(self) -> bool:
        """True when every row is OK."""
        return all(state.ok for state in self)

    @property
    def verdict(self) -> str:
        """One line that says whether to go on."""
        failed = sum(not state.ok for state in self)
        found = f"{failed} FAIL: mend before you go on" if failed else "all OK"
        return translated(f"{len(self)} packages checked, {found}")

    def __repr__(self) -> str:
        lines = [
            f"{'OK' if state.ok else 'FAIL':5}{state.name:18}"
            f"{state.installed or 'missing':12}tested {state.tested!s:14}"
            f"  {state.advice}".rstrip()
            for state in self
        ]
        return "\n".join([*lines, *_backend_line(), self.verdict])

    def _repr_html_(self) -> str:
        # folded while all is well: one line, and the table behind it
        return (
            f"<details{'' if self.ok and not _other_backend() else ' open'}>"
            f"<summary>{self.verdict}</summary>"
            f"<pre>{html.escape(repr(self))}</pre></details>"
        )


def set_defaults() -> None:
    """Set quiet and repeatable defaults for TensorFlow, never overriding the user's.

    `import helpers` does it, whatever of the kit is imported first. Warns where
    TensorFlow was there before.
    """
    if "tensorflow" in sys.modules and "TF_ENABLE_ONEDNN_OPTS" not in os.environ:
        warnings.warn(_TOO_LATE, RuntimeWarning, stacklevel=3)
    for name, value in _DEFAULTS.items():
        os.environ.setdefault(name, value)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="replace")  # cp1252 lacks signs: no crash


def start(lesson: str, alone: bool = False) -> EnvironmentTable:
    """Prepare this notebook for `lesson` ("03", "W1") and return the OK / FAIL table.

    Begins to count exercises, which `progress()` shows. In a notebook, attempts are
    also noted in the learner's own record on this machine (`helpers.exercises.record`).
    `alone` says that the kit was installed just now, without what it needs: then
    packages that are missing are added (`add_missing`).
    """
    if alone and (line := add_missing()):
        print(line)
    from helpers.exercises import begin
    from helpers.exercises.record import kept_record

    begin(lesson, kept_record())
    if _other_backend():
        name = os.environ["KERAS_BACKEND"]
        warnings.warn(_OTHER_BACKEND.format(name), RuntimeWarning, stacklevel=2)
    if wished() not in ("", language()):
        told = _NO_LANGUAGE.format(wished(), ", ".join(["en", *languages()]))
        warnings.warn(told, RuntimeWarning, stacklevel=2)
    return package_states()


def package_states() -> EnvironmentTable:
    """Return one `PackageState` per package the lessons need, Python first."""
    kit = metadata.distribution(KIT)
    python = PackageState(
        "python",
        platform.python_version(),
        SpecifierSet(kit.metadata["Requires-Python"]),
    )
    requirements = (Requirement(line) for line in kit.requires or ())
    return EnvironmentTable(
        [
            python,
            *(
                PackageState(r.name, _installed_version(r.name), r.specifier)
                for r in requirements
                if not (r.marker and "extra" in str(r.marker))
            ),
        ]
    )


def add_missing() -> str:
    """Install the packages that the kit needs and that are missing; touch no other.

    pip may neither replace nor remove what is there, so a package whose version was
    not tested stays, and is a FAIL row of the table. Returns "" where all is well, or a
    line that names what is still missing, and why.
    """
    missing = [each for each in package_states() if each.installed is None]
    if not missing:
        return ""
    with TemporaryDirectory(prefix="workshop-") as folder:
        held = Path(folder, "held.txt")
        held.write_text(_held(), encoding="utf-8")
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--constraint"]
        done = subprocess.run(
            [*pip, str(held), *(f"{each.name}{each.tested}" for each in missing)],
            capture_output=True,
            text=True,
        )
    importlib.invalidate_caches()
    if done.returncode == 0:
        return ""
    names = ", ".join(each.name for each in missing)
    said = re.findall("(?:ERROR|python): (.+)", done.stderr) or ["pip says nothing"]
    return (
        f"Could not be installed: {names} ({said[0]}). Cells that need it stop; with a "
        "network, the table below has the commands."
    )


def _held() -> str:
    """Return a constraint for each package that is there: the version it has."""
    lines: dict[str, str] = {}
    for each in metadata.distributions():
        try:
            line = str(Requirement(f"{each.name}=={each.version}"))
        except InvalidRequirement:  # Debian has versions of its own making
            continue
        lines.setdefault(canonicalize_name(each.name), line)  # the first is imported
    return "\n".join(lines.values())


def _backend_line() -> list[str]:
    """Return the row of Keras' backend: which, whether it is there, what was tested."""
    name = os.environ.get("KERAS_BACKEND", "tensorflow")
    found = _installed_version(name) or "missing"
    row = f"{'keras backend':18}{name:12} {found:12}tested tensorflow"
    if not _other_backend():
        return [f"{'OK':5}{row}"]
    return [f"{'WARN':5}{row}", _OTHER_BACKEND.format(name)]


def _other_backend() -> bool:
    return os.environ.get("KERAS_BACKEND", "tensorflow") != "tensorflow"


def _installed_version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
