"""Keep what units of work found, and write tables that are the same on every run.

Tables carry no dates, no versions and no machine. Times appear only as ratios that were
measured side by side in one unit.
"""

import csv
import hashlib
import inspect
import io
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from itertools import product
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from benchmarks import training

NOTHING = "–"  # a cell for which there is no number

# what a unit of work found: method -> measure -> value
Run = Mapping[str, Mapping[str, float]]

_PACKAGES = ("keras", "numpy", "scikit-learn", "tensorflow")


@dataclass(frozen=True)
class Table:
    """A table of text: a title, columns, rows as wide as the columns, and notes."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    notes: Sequence[str] = ()

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(f"{len(row)} cells in {len(self.columns)} columns")


class Units:
    """What the units of one benchmark found: a JSON line each, written as they come.

    A unit is known by its parameters, the code that computes it and the versions of the
    packages below it (`fingerprint`); when one of them changes, it is computed anew.
    """

    def __init__(self, path: Path, code: str):
        self.path, self.code = path, code
        self.computed = self.kept = 0
        self._found = _read_lines(path)

    def get(
        self, parameters: Mapping[str, Any], compute: Callable[..., dict[str, Any]]
    ) -> dict[str, Any]:
        """Return `compute(**parameters)`, from the file if it is there already."""
        known = json.dumps([self.code, dict(parameters)], sort_keys=True)
        key = hashlib.sha256(known.encode()).hexdigest()[:16]
        if key in self._found:
            self.kept += 1
            return self._found[key]
        found = compute(**parameters)
        self.computed += 1
        line = json.dumps({"key": key, "unit": dict(parameters), "found": found})
        _append(self.path, line)
        # as the next run will read it: lists for tuples, words for keys
        self._found[key] = json.loads(line)["found"]
        return self._found[key]

    def forget(self) -> None:
        """Begin from the start."""
        self.path.unlink(missing_ok=True)
        self._found.clear()


def fingerprint(module: ModuleType) -> str:
    """Return a code for everything a benchmark's numbers depend on but its data."""
    versions = [f"{name} {metadata.version(name)}" for name in _PACKAGES]
    sources = [inspect.getsource(module), inspect.getsource(training), *versions]
    return hashlib.sha256("\n".join(sources).encode()).hexdigest()[:16]


def measured(
    runs: Sequence[Run], published: Mapping[str, Mapping[str, str]], *, one: str
) -> list[tuple[str, ...]]:
    """Return (measure, method, published, mean, spread over the runs), by measure.

    `published` maps a method to what its reference reports. The measure "seconds" is
    told as a ratio to method `one`'s, within each run.
    """
    rows = []
    measures = dict.fromkeys(name for found in runs[0].values() for name in found)
    for measure, method in product(measures, runs[0]):
        if measure not in runs[0][method] or (measure, method) == ("seconds", one):
            continue
        values = [run[method][measure] for run in runs]
        told = published.get(method, {}).get(measure, NOTHING)
        if measure == "seconds":
            ratios = [run[method][measure] / run[one][measure] for run in runs]
            name = f"time to train, {one} = 1"
            rows.append((name, method, told, _ratio(ratios), NOTHING))
        else:
            rows.append((measure, method, told, mean(values), spread(values)))
    return rows


def mean(values: Sequence[float]) -> str:
    """Return the mean: two decimals; one for counts, none if they are all the same."""
    if all(isinstance(value, int) for value in values):
        return f"{np.mean(values):.{int(len(set(values)) > 1)}f}"
    return f"{np.mean(values):.2f}"


def spread(values: Sequence[float]) -> str:
    """Return "smallest to largest", or no number where they don't differ."""
    whole = all(isinstance(value, int) for value in values)
    low, high = (f"{v:.{0 if whole else 2}f}" for v in (min(values), max(values)))
    return NOTHING if low == high else f"{low} to {high}"


def _ratio(values: Sequence[float]) -> str:
    """Return the median with the one digit that counts: "about 300"."""
    return f"about {float(f'{np.median(values):.1g}'):g}"


def write_table(table: Table, stem: Path) -> Path:
    """Write `stem`.csv and `stem`.md and return the latter's path."""
    sheet = io.StringIO()
    writer = csv.writer(sheet, lineterminator="\n")
    writer.writerows([table.columns, *table.rows])
    _write(stem.with_suffix(".csv"), sheet.getvalue())
    lines = [_markdown_row(table.columns), "|" + "---|" * len(table.columns)]
    lines += [_markdown_row(row) for row in table.rows]
    parts = [f"# {table.title}", "\n".join(lines), *table.notes]
    return _write(stem.with_suffix(".md"), "\n\n".join(parts) + "\n")


def write_index(folder: Path) -> Path:
    """Write README.md, which lists the tables of the folder by their titles."""
    tables = [path for path in sorted(folder.glob("*.md")) if path.name != "README.md"]
    links = [f"- [{_title(path)}]({path.name})" for path in tables]
    text = "\n\n".join([_INDEX, "\n".join(links) or "No table yet."])
    return _write(folder / "README.md", text + "\n")


_INDEX = """# Results

`make bench` writes these tables, each as Markdown and as CSV; `python -m benchmarks
letter` writes one. "Published" is what the reference reports, "ours" what this kit
finds with the same data and protocol, and "spread" goes from the smallest to the
largest of several runs. A number may move in its last digit on another machine."""


def _read_lines(path: Path) -> dict[str, dict[str, Any]]:
    """Return what a file of units holds; a line torn by an interruption is left out."""
    found = {}
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    for line in lines:
        try:
            unit = json.loads(line)
            found[unit["key"]] = unit["found"]
        except (ValueError, KeyError, TypeError):
            continue
    return found


def _append(path: Path, line: str) -> None:
    """Add a line to a file, on the disk when this returns, after a torn line too."""
    path.parent.mkdir(parents=True, exist_ok=True)
    before = path.read_bytes() if path.exists() else b""
    torn = bool(before) and not before.endswith(b"\n")
    with path.open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n" if torn else f"{line}\n")
        file.flush()
        os.fsync(file.fileno())


def _title(path: Path) -> str:
    return path.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")


def _markdown_row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _write(path: Path, text: str) -> Path:
    """Write a whole file or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.new")
    new.write_text(text, encoding="utf-8", newline="\n")
    return new.replace(path)
