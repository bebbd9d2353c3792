"""deepad's files of each model: metrics.json, three charts; and all in one picture.

    python -m benchmarks.deepad_charts            into docs/results/deepad
    python -m benchmarks.deepad_charts FOLDER     into another folder

Per model, as deepad writes them: `histogram.png` (scores with the threshold),
`roc.png`, `metrics.png` (bars) and `metrics.json`, of the first seed on split 8020. For
all six: `overview.png`, `metrics.png`, and `README.md`, which says in words what each
picture shows. What `python -m benchmarks deepad_metrics` kept is not trained again.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from benchmarks import deepad_metrics, published
from benchmarks.results import Units, fingerprint
from helpers import plots
from helpers.files import write_whole
from helpers.paths import kit_root
from helpers.serving.measures import (
    MEASURES,
    Judged,
    charts,
    overview,
    save_picture,
)

KEYS = (*MEASURES, "threshold")  # of deepad's `metrics.json`
MOST_KILOBYTES = 40  # a picture is small enough to be kept with the tables

Run = Mapping[str, Any]


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the files of all models into the folder that the arguments name."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    results = kit_root() / "docs" / "results"
    folder = Path(given[0]) if given else results / "deepad"
    code = fingerprint(deepad_metrics)
    units = Units(results / "deepad_metrics.jsonl", code)
    runs = {
        model: deepad_metrics.run_of(units, model, deepad_metrics.SEEDS[0])
        for model in published.DEEPAD_METRICS
    }
    y = deepad_metrics.part("8020").y
    for path in write_all(folder, y, runs):
        print(path)
    return 0


def write_all(folder: Path, y: ArrayLike, runs: Mapping[str, Run]) -> list[Path]:
    """Write all files of {model: run} on labels y (n,); return their paths."""
    told, written = {}, []
    judged = {model: _judged(y, run) for model, run in runs.items()}
    for model, run in judged.items():
        place = folder / model.replace(" ", "_").replace("-", "_")
        written.append(write_metrics(place / "metrics.json", run.found))
        for name, ax in charts(model, run).items():
            path = place / f"{name}.png"
            told[path] = plots.summary(ax)
            written.append(save_picture(ax.figure, path))
    for name, picture in (("overview", overview(judged)), ("metrics", bars(judged))):
        path = folder / f"{name}.png"
        told[path] = plots.summary(picture)
        figure = picture if isinstance(picture, Figure) else picture.figure
        written.append(save_picture(figure, path))
    return [*written, _write_page(folder, told)]


def write_metrics(path: Path, found: Mapping[str, float]) -> Path:
    """Write a `metrics.json` with deepad's keys, in its order."""
    text = json.dumps({key: found[key] for key in KEYS})
    return _write(path, f"{text}\n")


def bars(runs: Mapping[str, Judged]) -> Axes:
    """Return the bars of all models."""
    return plots.metric_bars(
        {model: run.bars for model, run in runs.items()},
        title="KDD99, split 8020: six models as published",
    )


# ------------------------------------------------------------------------ details


def _judged(y: ArrayLike, run: Run) -> Judged:
    return Judged(y, np.asarray(run["scores"]), run["8020"]["rounded"])


def _write_page(folder: Path, told: Mapping[Path, str]) -> Path:
    """Write the page that shows all pictures, each with its sentence."""
    pictures = [
        f"![{text}]({path.relative_to(folder).as_posix()})\n\n{text}"
        for path, text in reversed(list(told.items()))
    ]
    return _write(folder / "README.md", "\n\n".join([_PAGE, *pictures]) + "\n")


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, text.encode("utf-8"))
    return path


_PAGE = """# deepad's six models in pictures

`python -m benchmarks.deepad_charts` writes these files: one seed of each model as
published, on split 8020 with the published labels. Thresholds are those with the best
accuracy on the test labels (an oracle), rounded to three decimals, as deepad did. Means
and spread over the seeds are in [the table](../deepad_metrics.md)."""


if __name__ == "__main__":
    sys.exit(main())
