"""deepad's files of each model: metrics.json, three charts; and all in one picture.

    python -m benchmarks.deepad_charts            into docs/results/deepad
    python -m benchmarks.deepad_charts FOLDER     into another folder

Per model, as deepad writes them: `histogram.png` (scores with the threshold),
`roc.png`, `metrics.png` (bars) and `metrics.json`, of the first seed on split 8020. For
all six: `overview.png`, `metrics.png`, and `README.md`, which says in words what each
picture shows. What `python -m benchmarks deepad_metrics` kept is not trained again.
"""

import io
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike
from PIL import Image

from benchmarks import deepad_metrics, published
from benchmarks.deepad_figures import MEASURES
from benchmarks.results import Units, fingerprint
from helpers import plots
from helpers.files import write_whole
from helpers.paths import kit_root

KEYS = (*MEASURES, "threshold")  # of deepad's `metrics.json`
MOST_KILOBYTES = 40  # a picture is small enough to be kept with the tables
_DPI, _COLOURS = 72, 64

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
    for model, run in runs.items():
        place = folder / model.replace(" ", "_").replace("-", "_")
        written.append(write_metrics(place / "metrics.json", run["8020"]["rounded"]))
        for name, ax in charts(model, y, run).items():
            path = place / f"{name}.png"
            told[path] = plots.summary(ax)
            written.append(_save(ax.figure, path))
    for name, picture in (("overview", overview(y, runs)), ("metrics", bars(runs))):
        path = folder / f"{name}.png"
        told[path] = plots.summary(picture)
        figure = picture if isinstance(picture, Figure) else picture.figure
        written.append(_save(figure, path))
    return [*written, _write_page(folder, told)]


def write_metrics(path: Path, found: Mapping[str, float]) -> Path:
    """Write a `metrics.json` with deepad's keys, in its order."""
    text = json.dumps({key: found[key] for key in KEYS})
    return _write(path, f"{text}\n")


def charts(model: str, y: ArrayLike, run: Run) -> dict[str, Axes]:
    """Return deepad's three charts of a model: {"histogram", "roc", "metrics"}."""
    found, scores = run["8020"]["rounded"], np.asarray(run["scores"])
    return {
        "histogram": plots.score_histogram(
            scores, y, found["threshold"], title=f"{model}: scores and threshold"
        ),
        "roc": plots.roc_curves({model: (y, scores)}, title=f"{model}: ROC curve"),
        "metrics": plots.metric_bars(
            {model: _measures(run)}, title=f"{model}: measures"
        ),
    }


def bars(runs: Mapping[str, Run]) -> Axes:
    """Return the bars of all models."""
    return plots.metric_bars(
        {model: _measures(run) for model, run in runs.items()},
        title="KDD99, split 8020: six models as published",
    )


def overview(y: ArrayLike, runs: Mapping[str, Run]) -> Figure:
    """Return one picture of all models: a panel of scores and threshold for each."""
    figure, panels = plt.subplots(2, 3, figsize=(11.0, 5.6), layout="constrained")
    for ax, (model, run) in zip(panels.flat, runs.items(), strict=True):
        found, scores = run["8020"]["rounded"], np.asarray(run["scores"])
        title = f"{model}, ROC-AUC {found['roc']:.3f}"
        plots.score_histogram(scores, y, found["threshold"], title=title, ax=ax)
    return figure


# ------------------------------------------------------------------------ details


def _measures(run: Run) -> dict[str, float]:
    return {name: run["8020"]["rounded"][key] for key, name in MEASURES.items()}


def _save(figure: Any, path: Path) -> Path:
    """Write a small picture that is the same on every run, and close it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = io.BytesIO()
    figure.savefig(whole, dpi=_DPI)
    plt.close(figure)
    Image.open(whole).convert("RGB").quantize(_COLOURS).save(path, optimize=True)
    return path


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
