"""krmonline's networks: heart, letter, mnist, forecasts and reconstruction.

Each is built and trained as published, over several seeds, beside what we would do in
its place and beside a simple twin. Heart and letter have tables of their own; their
units are read from there. Reference: the notebooks of krmonline/AnomalyDetection.
"""

from collections.abc import Callable
from types import ModuleType

from tqdm import tqdm

from benchmarks import (
    heart,
    krm_forecast,
    krm_mnist,
    krm_reconstruction,
    krm_tables,
    letter,
)
from benchmarks.results import Run, Table, Units, fingerprint
from helpers.datasets import DatasetUnavailable

RUNS: dict[str, Callable[[Units], list[Run]]] = {
    "heart": lambda units: kept_elsewhere(units, heart),
    "letter": lambda units: kept_elsewhere(units, letter),
    "mnist": krm_mnist.all_runs,
    "forecast": krm_forecast.all_runs,
    "reconstruction": krm_reconstruction.all_runs,
}


def table(units: Units) -> dict[str, Table]:
    """Return the summary of all models, and all methods beside the last three.

    A model whose data are missing is left out with the reason; raises
    `DatasetUnavailable` where that is all of them.
    """
    runs: dict[str, list[Run]] = {}
    absent: dict[str, str] = {}
    for name in (bar := tqdm(RUNS, "krm_models")):
        bar.set_postfix_str(name)
        try:
            runs[name] = RUNS[name](units)
        except (DatasetUnavailable, ImportError) as error:
            tqdm.write(f"{name}: left out: {error}")
            absent[name] = str(error).partition(": ")[0]  # beyond it are paths
    if not runs:
        raise DatasetUnavailable("; ".join(absent.values()))
    return krm_tables.tables(runs, absent)


def kept_elsewhere(units: Units, benchmark: ModuleType) -> list[Run]:
    """Return the runs of a benchmark with a table of its own, from its own units."""
    name = benchmark.__name__.rpartition(".")[2]
    own = Units(units.path.with_name(f"{name}.jsonl"), fingerprint(benchmark))
    runs = benchmark.all_runs(own)
    units.computed += own.computed
    units.kept += own.kept
    return runs
