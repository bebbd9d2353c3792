"""The five answers, put together from the tables of the template."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from helpers.own_data.judging import RANDOM, told_rate
from helpers.own_data.parts import OwnParts
from helpers.text import count, number, percent

__all__ = ["own_answers"]


def own_answers(
    parts: OwnParts,
    name: str,
    rate: float,
    *,
    normal: str,
    tables: Mapping[str, pd.DataFrame],
) -> list[list[Any]]:
    """Return the answers to the five questions, each a list of texts and tables.

    `name` is the detector that was chosen, `rate` the promised rate of alarms, `normal`
    your own words, `tables` those of `agreement`, `own_thresholds`, `alert_costs`, and
    `compare` where there are labels, by these names.
    """
    costs = tables["alert_costs"]
    return [
        [normal, parts.said[-1]],
        [_about_score(name, tables), *_there(tables, "agreement")],
        [_about_threshold(parts, rate), tables["own_thresholds"]],
        [_about_quality(parts, name, tables), *_there(tables, "compare")],
        [_about_costs(parts, costs), costs],
    ]


def _there(tables: Mapping[str, pd.DataFrame], name: str) -> list[pd.DataFrame]:
    return [tables[name]] if name in tables else []


def _about_score(name: str, tables: Mapping[str, pd.DataFrame]) -> str:
    if "agreement" not in tables:
        return f"The score of: {name}."
    table = tables["agreement"]
    row = table.loc[name]
    return (
        f"The score of: {name}. Of its highest test rows the other detectors have "
        f"{percent(row['with others'])} among theirs, and two fits on a half of the "
        f"training rows each share {percent(row['with itself'])}; chance is "
        f"{percent(row['chance'])}. Agreement is no proof."
    )


def _about_threshold(parts: OwnParts, rate: float) -> str:
    rows = int(parts.validation.normal.sum())
    which = " labelled normal" if parts.validation.labels is not None else ""
    rare = "" if rate * rows >= 5 else (
        " So few rows can hardly tell so rare a rate: at most "
        f"{number(rate * rows)} of them may lie above it."
    )  # fmt: skip
    return (
        f"Chosen for {told_rate(rate)}, on {count(rows, 'validation row')}{which}, "
        f"before the test part was read.{rare} The tail's threshold assumes more: see "
        "lesson 12."
    )


def _about_quality(
    parts: OwnParts, name: str, tables: Mapping[str, pd.DataFrame]
) -> str:
    if "compare" not in tables:
        return (
            "Nobody can say: no label tells which test rows are anomalies. Look at the "
            "alerts below and note which were right; then there are labels."
        )
    table = tables["compare"]
    simple = table.loc[[row for row in table.index if row not in (RANDOM, "chance")]]
    best = simple["AP"].idxmax()
    labels = parts.test.labels
    anomalies = int(np.nansum(labels)) if labels is not None else 0
    told = (
        f"AP {table.loc[name, 'AP']:.2f} on "
        f"{count(anomalies, 'test anomaly', 'test anomalies')}; chance is "
        f"{table.loc['chance', 'AP']:.2f}."
    )
    if best != name:
        told += f" The highest is that of {best}, {table.loc[best, 'AP']:.2f}."
    return told


def _about_costs(parts: OwnParts, costs: pd.DataFrame) -> str:
    told = ""
    if "total" in costs:
        cheapest = costs["total"].idxmin()
        told = f"Cheapest on the test rows: {cheapest}. "
    share = costs.attrs.get("pays from")
    if share:
        told += f"Looking pays when {percent(share)} of the alarms are right."
    return told or "Costs per 1,000 rows."
