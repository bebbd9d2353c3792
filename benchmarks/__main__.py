"""Run all benchmarks or the named ones, and write their tables to docs/results/.

    python -m benchmarks                  all of them
    python -m benchmarks letter heart     these two
    python -m benchmarks --fresh letter   from the start, whatever was kept

A benchmark whose data (or GPU) are not on this machine is skipped with the reason, and
its table stays as it was. PyOD, where it is compared, comes with the extra `bench`;
without it its lines are left out, and the table says so. Every library gets one thread.
"""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from benchmarks.peers import hold_threads
from benchmarks.results import (
    Skipped,
    Table,
    Units,
    fingerprint,
    write_index,
    write_table,
)
from helpers.datasets import DatasetUnavailable
from helpers.paths import kit_root
from helpers.text import listed

BENCHMARKS = (
    "krm_day_1",
    "heart",
    "letter",
    "krm_models",
    "deepad_kdd",
    "deepad_metrics",
    "scoring_times",
    "throughput",
    "serving",
    "streaming",
    "traces",
    "defaults",
    "odds",
    "workshops",
    "claims",
    "grading",
    "scale",
    "scoring_scale",
    "gpu",
)


def main(arguments: Sequence[str] | None = None, folder: Path | None = None) -> int:
    """Run the benchmarks that the arguments name; return the exit status."""
    parser = argparse.ArgumentParser("python -m benchmarks", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("name", nargs="*", help=", ".join(BENCHMARKS))
    parser.add_argument("--fresh", action="store_true", help="forget what was kept")
    options = parser.parse_args(arguments)
    for name in options.name:
        if name not in BENCHMARKS:
            parser.error(f"no benchmark {name!r}; there are {', '.join(BENCHMARKS)}")
    hold_threads()
    folder = folder or kit_root() / "docs" / "results"
    for name in options.name or BENCHMARKS:
        print(f"{name}: {run(name, folder, fresh=options.fresh)}", flush=True)
    write_index(folder)
    return 0


def run(name: str, folder: Path, *, fresh: bool = False) -> str:
    """Run one benchmark into `folder`; return in one line what came of it."""
    module = import_module(f"benchmarks.{name}")
    units = Units(folder / f"{name}.jsonl", fingerprint(module))
    if fresh:
        units.forget()
    try:
        found = module.table(units)
    except DatasetUnavailable as error:
        return f"skipped: {error}"
    except Skipped as skipped:
        if not (folder / f"{name}.md").exists():
            write_table(skipped.instead, folder / name)
        return f"skipped: {skipped}"
    tables = {name: found} if isinstance(found, Table) else found
    written = [write_table(each, folder / stem).name for stem, each in tables.items()]
    told = f"wrote {listed(written)}"
    if units.computed or units.kept:
        told += f", {units.computed} computed and {units.kept} kept units"
    return told


if __name__ == "__main__":
    sys.exit(main())
