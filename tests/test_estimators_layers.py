"""Imports run downwards: networks, then estimators, then detectors and classifiers."""

import ast
from pathlib import Path

import pytest

HELPERS = Path(__file__).parent.parent / "helpers"
ABOVE = {
    "networks": ("estimators", "detectors", "classifiers", "datasets"),
    "estimators": ("detectors", "classifiers", "datasets"),
    "detectors": ("classifiers", "datasets"),
    "classifiers": ("detectors", "datasets"),
}


def imported(source):
    """Return all modules that a source names in its imports, also inside functions."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "a relative import"
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("room", ABOVE)
def test_no_room_imports_one_above_it(room):
    above = tuple(f"helpers.{other}" for other in ABOVE[room])
    files = list((HELPERS / room).glob("*.py"))
    assert len(files) > 1
    upwards = {
        (file.name, name)
        for file in files
        for name in imported(file.read_text(encoding="utf-8"))
        if name.startswith(above)
    }
    assert not upwards


@pytest.mark.parametrize("room", ["estimators", "detectors", "classifiers"])
def test_networks_are_imported_only_where_one_is_needed(room):
    """At the top of a module they would bring Keras along, which takes seconds."""
    for file in (HELPERS / room).glob("*.py"):
        top = ast.parse(file.read_text(encoding="utf-8")).body
        source = "\n".join(
            ast.unparse(node)
            for node in top
            if isinstance(node, ast.Import | ast.ImportFrom)
        )
        heavy = ("helpers.networks", "keras", "tensorflow")
        assert not [name for name in imported(source) if name.startswith(heavy)]
