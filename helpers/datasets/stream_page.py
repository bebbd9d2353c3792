"""`datasets/STREAMS.md`: sizes, settings and drifts, made from the data themselves.

`python -m helpers.datasets.stream_page` writes it; a test fails while it is old.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict

import pandas as pd

from helpers.datasets.stream import Settings, Stream
from helpers.datasets.streams import load_stream, statistics, stream_names
from helpers.files import write_whole
from helpers.paths import datasets_dir

_PAGE = """\
# Streams

`load_stream("satellite")` of `helpers.datasets.streams` gives one: rows in the order
they arrive, labels, drifts, settings. PowerDemand, smtp, http, smtp_http and forest are
those of Li's thesis (Hannover, 2018), satellite is ours and ships with the kit. Numbers
here are counted from the files that a course can mirror; the three network streams and
forest exist in full, too: `load_stream("smtp", full=True)`. What was published is about
the full ones.

## Sizes

A window is anomalous when any of its rows is. *One column* is the single feature that
ranks the rows best by itself, as it is or upside down, chosen with the labels (oracle):
what a detector has to beat before it is worth its time.

{sizes}

## Settings

Rows for the initialisation; then windows in a batch, units, points over the threshold
that make a normal window hard, batches of hard windows that start an update. Published
are those of the runs behind the thesis. With the published triggers hardly anything
could happen on the smaller files: smtp has 972 windows and http 6,429, and 50 batches
are 400 windows; so ours shrink as the streams do.

{settings}

Window ROC-AUC that was published, without and with updates:

{results}

## Drifts

{drifts}

## Notes

{notes}

This page is made from the data: `python -m helpers.datasets.stream_page`.
"""


def page(streams: Iterable[Stream]) -> str:
    """Return the text of the page about `streams`."""
    told = list(streams)
    sizes = statistics(told).reset_index()
    return _PAGE.format(
        sizes=_table(sizes.columns, sizes.to_numpy(dtype=object)),
        settings=_settings(told),
        results=_results(told),
        drifts=_drifts(told),
        notes="\n".join(f"- {one.name}: {note}" for one in told for note in one.notes),
    )


def write() -> None:
    """Write the page; every stream must be here, in its smaller file."""
    text = page(load_stream(name) for name in stream_names())
    write_whole(datasets_dir() / "STREAMS.md", text.encode("utf-8"))


def _table(heading: Iterable[str], rows: Iterable[Sequence[object]]) -> str:
    names = list(heading)
    lines = [names, ["---"] + ["---:"] * (len(names) - 1)]
    lines += [[_cell(value) for value in row] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(value: object) -> str:
    if value is None or pd.isna(value):
        return "–"
    if isinstance(value, float):
        return f"{value:,.0f}" if value >= 1000 else f"{value:g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _settings(streams: Iterable[Stream]) -> str:
    names = [name.replace("_", " ") for name in Settings.__dataclass_fields__]
    rows: list[list[object]] = []
    for one in streams:
        rows.append([one.name, "ours", *asdict(one.settings).values()])
        if one.published is not None:
            published = asdict(one.published.settings).values()
            rows.append([one.name, "published", *published])
    return _table(["stream", "whose", *names], rows)


def _results(streams: Iterable[Stream]) -> str:
    heading = ["stream", "without updates", "with updates", "updates"]
    known = [(one.name, one.published) for one in streams if one.published]
    return _table(
        heading,
        [(name, p.auc_stationary, p.auc_adaptive, p.updates) for name, p in known],
    )


def _drifts(streams: Iterable[Stream]) -> str:
    lines = [(one.name, drift) for one in streams for drift in one.drifts]
    return _table(
        ["stream", "first row", "drift"],
        [(name, drift.position, drift.name) for name, drift in lines],
    )


if __name__ == "__main__":
    write()
