"""Two bundled data sets as the files that people have: with gaps, commas, odd dates."""

import os
from pathlib import Path

import numpy as np
import pandas as pd

from helpers.datasets import load
from helpers.files import as_path, write_whole

__all__ = ["write_examples"]


def write_examples(folder: str | os.PathLike) -> tuple[Path, Path]:
    """Write `pages.csv` and `demand.csv` into a folder; return both paths.

    `pages.csv`: the blocks of scanned pages of page-blocks0, labelled, with semicolons,
    decimal commas, a number for each row, a column that never changes, words, and gaps.
    `demand.csv`: hourly demand and temperature of Victoria, 2014, without labels: dates
    with the day first, rows out of order, a day missing, one written twice. What was
    made worse here is in no way part of the originals.
    """
    place = as_path(folder, "folder")
    paths = place / "pages.csv", place / "demand.csv"
    for path, text in zip(paths, (_pages(), _demand()), strict=True):
        write_whole(path, text.encode())
    return paths


def _pages() -> str:
    blocks = load("page-blocks0")
    table = blocks.X.round(3)
    random = np.random.default_rng(0)
    gaps = random.choice(len(table), 40, replace=False)
    last = table.columns[6]
    written = table[last].map("{:.2f}".format).str.replace(".", ",")
    table[last] = written.astype(object).where(~table.index.isin(gaps), "n/a")
    table.insert(0, "block no", range(1, len(table) + 1))
    table["scanner"] = random.choice(["north", "south"], len(table))
    table["resolution"] = "300 dpi"
    table["verdict"] = np.where(blocks.y == 1, "not text", "text")
    return table.to_csv(sep=";", decimal=",", index=False)


def _demand() -> str:
    series = load("elecdemand").X[["Demand", "Temperature"]].resample("h").mean()
    series = series.drop(series.loc["2014-03-08"].index)  # a day without a row
    table = series.round(3).reset_index(names="date")
    order = np.arange(len(table))
    order[500:600] = order[500:600][::-1]
    table = table.iloc[[*order, 4000]]  # out of order, and one row twice
    table["date"] = table["date"].dt.strftime("%d/%m/%Y %H:%M")
    table["Temperature"] = table["Temperature"].map("{:.1f} °C".format)
    return pd.DataFrame(table).to_csv(index=False)
