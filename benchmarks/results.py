"""Keep what units of work found, and write tables that are the same on every run.

Tables carry no dates, no versions and no machine. Times are CPU time of the process and
appear only as ratios that were measured side by side, on the same rows. (One table is
of a machine: that of a GPU names it, and tells rows per second by the clock.)
"""

import ast
import csv
import hashlib
import inspect
import io
import json
import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec
from itertools import product
from pathlib import Path
from threading import Thread
from types import ModuleType
from typing import Any

import numpy as np

from benchmarks import training
from helpers.files import write_whole

NOTHING = "–"  # a cell for which there is no number

# what a unit of work found: method -> measure -> value
Run = Mapping[str, Mapping[str, float]]

_PACKAGES = ("keras", "numpy", "scikit-learn", "tensorflow")
_KIT = ("helpers.", "benchmarks.")
_NO_CODE_BELOW = ("helpers.datasets", "benchmarks.results")  # checked, and only tables


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


class Skipped(Exception):
    """A machine has not what a benchmark measures; `instead` is a table that says so.

    It is written where no machine has measured the table yet.
    """

    def __init__(self, reason: str, instead: Table):
        super().__init__(reason)
        self.instead = instead


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
        self,
        parameters: Mapping[str, Any],
        compute: Callable[..., Mapping[str, Any]],
        code: str = "",
    ) -> Any:
        """Return `compute(**parameters)`, from the file if it is there already.

        `code` stands for what this unit depends on and others don't: see `code_of`.
        """
        key = self._key(parameters, code)
        if key in self._found:
            self.kept += 1
            return self._found[key]
        return self._keep(key, parameters, compute(**parameters))

    def has(self, parameters: Mapping[str, Any], code: str = "") -> bool:
        """Return whether a unit is in the file."""
        return self._key(parameters, code) in self._found

    def get_all(
        self,
        works: Iterable[tuple[Mapping[str, Any], str]],
        compute: Callable[..., dict[str, Any] | str],
        *,
        processes: int,
    ) -> Iterator[tuple[Mapping[str, Any], dict[str, Any] | str]]:
        """Yield each unit's parameters and what it found, as it comes; kept ones first.

        `works` are pairs of parameters and `code`. `compute` must be a function of a
        module, for it runs in other processes; where it returns text, it found nothing
        and says why: that is not kept, the next run tries again.
        """
        missing = []
        for parameters, code in works:
            key = self._key(parameters, code)
            if key in self._found:
                self.kept += 1
                yield parameters, self._found[key]
            else:
                missing.append((key, parameters))
        for key, parameters, found in _computed_all(compute, missing, processes):
            if not isinstance(found, str):
                found = self._keep(key, parameters, found)
            yield parameters, found

    def _key(self, parameters: Mapping[str, Any], code: str) -> str:
        return _code(json.dumps([self.code + code, dict(parameters)], sort_keys=True))

    def _keep(
        self, key: str, parameters: Mapping[str, Any], found: Mapping[str, Any]
    ) -> dict[str, Any]:
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


def _computed_all(
    compute: Callable[..., Any],
    missing: Sequence[tuple[str, Mapping[str, Any]]],
    processes: int,
) -> Iterator[tuple[str, Mapping[str, Any], Any]]:
    """Yield key, parameters and what was found, each as soon as it is there.

    The processes are the standard library's, and stay: joblib's end whenever they grow
    by 300 MB, which is what importing TensorFlow or PyTorch takes.
    """
    if processes == 1 or len(missing) < 2:
        yield from (_computed(compute, *work) for work in missing)
        return
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(
        processes, mp_context=fresh, initializer=_end_with_parent
    ) as pool:
        works = [pool.submit(_computed, compute, *work) for work in missing]
        try:
            for work in as_completed(works):
                yield work.result()
        finally:  # an error, an interruption, or nobody wants the rest
            pool.shutdown(wait=False, cancel_futures=True)


def _end_with_parent() -> None:
    """Let this process end when the one that started it is killed."""
    parent = multiprocessing.parent_process()

    def wait() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    Thread(target=wait, daemon=True).start()


def _computed(
    compute: Callable[..., Any], key: str, parameters: Mapping[str, Any]
) -> tuple[str, Mapping[str, Any], Any]:
    return key, parameters, compute(**parameters)


def fingerprint(module: ModuleType) -> str:
    """Return a code for everything a benchmark's numbers depend on but its data.

    That is the module's own source and what it names in `DEPENDS_ON`: see `code_of`.
    """
    versions = [f"{name} {metadata.version(name)}" for name in _PACKAGES]
    sources = [inspect.getsource(module), inspect.getsource(training), *versions]
    if below := getattr(module, "DEPENDS_ON", ()):
        sources.append(code_of(*below))
    return _code("\n".join(sources))


def code_of(*names: str) -> str:
    """Return a code for modules of the kit and for packages.

    A module counts with its source and that of all modules of the kit which it imports,
    but for the data sets; a package counts with its version, or with its absence.
    """
    modules = {name for name in names if name.startswith(_KIT)}
    sources = [f"{name}\n{text}" for name, text in sorted(_sources(modules).items())]
    return _code("\n".join([*sources, *map(_version, sorted({*names} - modules))]))


def _sources(names: set[str]) -> dict[str, str]:
    """Return the sources of modules, of what they import, and of packages' parts."""
    found: dict[str, str] = {}
    waiting = sorted(names)
    while waiting:
        name = waiting.pop()
        path = None if name in found else _path(name)
        if path is None:
            continue
        found[name] = path.read_text(encoding="utf-8")
        if path.name == "__init__.py":
            waiting += [f"{name}.{part.stem}" for part in path.parent.glob("*.py")]
        waiting += _imported(found[name])
    return found


def _path(name: str) -> Path | None:
    """Return the file of a module of the kit, or None for anything else."""
    if not name.startswith(_KIT) or name.startswith(_NO_CODE_BELOW):
        return None
    try:
        spec = find_spec(name)
    except ModuleNotFoundError:  # `from module import function`
        return None
    return Path(spec.origin) if spec and spec.origin else None


def _imported(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _version(package: str) -> str:
    try:
        return f"{package} {metadata.version(package)}"
    except metadata.PackageNotFoundError:
        return f"{package} absent"


def _code(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def measured(
    runs: Sequence[Run], published: Mapping[str, Mapping[str, str]], *, one: str
) -> list[tuple[str, ...]]:
    """Return (measure, method, published, mean, spread over the runs), by measure.

    `published` maps a method to what its reference reports. Measures "seconds" (to
    train) and "seconds to ..." are told as ratios to method `one`'s, within each run.
    """
    rows: list[tuple[str, ...]] = []
    measures = dict.fromkeys(name for found in runs[0].values() for name in found)
    for measure, method in product(measures, runs[0]):
        timed = measure.startswith("seconds")
        if measure not in runs[0][method] or (timed and method == one):
            continue
        values = [run[method][measure] for run in runs]
        told = published.get(method, {}).get(measure, NOTHING)
        if timed:
            ratios = [run[method][measure] / run[one][measure] for run in runs]
            name = f"time{measure.removeprefix('seconds') or ' to train'}, {one} = 1"
            rows.append((name, method, told, ratio(ratios), NOTHING))
        else:
            rows.append((measure, method, told, mean(values), spread(values)))
    return rows


def mean(values: Sequence[float]) -> str:
    """Return the mean: two decimals; one for counts, none if they are all the same.

    Where all values are below 0.01 it has two digits that count: "0.00079".
    """
    if all(isinstance(value, int) for value in values):
        return f"{np.mean(values):.{int(len(set(values)) > 1)}f}"
    return _shown(float(np.mean(values)), values)


def spread(values: Sequence[float]) -> str:
    """Return "smallest to largest", or no number where they don't differ."""
    whole = all(isinstance(value, int) for value in values)
    ends = (min(values), max(values))
    low, high = (str(v) if whole else _shown(v, values) for v in ends)
    return NOTHING if low == high else f"{low} to {high}"


def _shown(value: float, values: Sequence[float]) -> str:
    """Return a value with as many digits as it takes to tell `values` from nothing."""
    if 0 < max(map(abs, values)) < 0.01:
        power = int(f"{value:.1e}".partition("e")[2])
        return f"{value:.{1 - power}f}"
    return f"{value:.2f}"


def ratio(values: Sequence[float], digits: int = 1) -> str:
    """Return the median with the digits that count: "about 300"."""
    return f"about {float(f'{np.median(values):.{digits}g}'):g}"


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
largest of several runs. Times are CPU time of the process, one thread, and ratios.

On another machine a number of a simple method may move in its last digit. A network can
become another one: training multiplies last digits, and whether a seed ends well or
collapses can hang on them. (Trained by TensorFlow from one seed, deepad's autoencoder
ended at a ROC-AUC of 0.38 with oneDNN's kernels and of 0.95 without.) So compare means
over seeds and their spreads, never one seed.

**Every peer gets what the kit gets**: the same rows, scaling, threads, seeds and first
call before times are taken, compiled or tuned calls where it has them, and the same
epochs where a table says "the same". A peer with its defaults is said to have them.

Lines that begin with "PyOD" need the extra `bench`, which `make bench` installs: PyOD
and PyTorch, some gigabytes with its GPU libraries; a CPU build of PyTorch that is there
already is kept. Without the two these lines are left out, and the table says so."""


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
    write_whole(path, text.encode("utf-8"))
    return path
