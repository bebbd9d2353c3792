"""A file that reports the verdict on a new log, with the worst lines as they stood.

Nothing here knows a model: what goes in are lines, one score per line, and the range
that was frozen on normal lines.
"""

import os
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from helpers._arrays import Floats, as_count, as_values
from helpers.errors import KitError
from helpers.files import as_path, user_path, write_whole
from helpers.logs.normal_range import NormalRange, Verdict, stretch_counts
from helpers.logs.reading_report import LogReport
from helpers.text import listed, some

__all__ = ["write_report"]


def write_report(
    path: str | os.PathLike,
    records: pd.DataFrame,
    scores: ArrayLike,
    normal: NormalRange,
    *,
    log_report: LogReport | None = None,
    model: str = "not named",
    worst: int = 3,
    examples: int = 5,
) -> Verdict:
    """Judge a new log and write the report file (Markdown); return the verdict.

    `records` is the table of `read_log`, `scores` (lines,) one score per line, higher =
    more anomalous, `normal` the frozen range, `log_report` what the reader met, and
    `model` words that name the model. The report shows up to `worst` stretches with
    `examples` of their original lines each.

    The same input gives the same bytes: the report holds no date, duration or folder.
    It is written whole or not at all. Raises `ValueError` when scores do not fit the
    records, and `KitError` when the file can't be written.
    """
    values = as_values(scores)
    if not isinstance(records, pd.DataFrame) or "time" not in records:
        raise ValueError("records must be the table that read_log returns")
    if len(values) != len(records):
        raise ValueError(
            f"records has {len(records)} lines and scores has {len(values)}; one score "
            "per line is needed: LogWindows.line_scores turns windows into lines"
        )
    if not isinstance(normal, NormalRange):
        raise ValueError(
            "normal must be a NormalRange, frozen on validation scores; got "
            f"{type(normal).__name__}"
        )
    as_path(path)
    as_count(worst, "worst")
    as_count(examples, "examples", least=1)
    verdict = normal.judge(values)
    parts = [
        _head(verdict, records, normal, log_report, model),
        _stretches(records, values, normal, worst, examples),
        _problems(log_report),
    ]
    _write(user_path(path), "\n".join(parts))
    return verdict


# ------------------------------------------------------------------- its parts


def _head(
    verdict: Verdict,
    records: pd.DataFrame,
    normal: NormalRange,
    log_report: LogReport | None,
    model: str,
) -> str:
    rows = {
        "Log": log_report.source if log_report else "not named",
        "Lines": f"{verdict.lines:,}",
        "First and last": f"{_moment(records['time'].min())} to "
        f"{_moment(records['time'].max())}",
        "Above the threshold": f"{verdict.above:,} ({_percent(verdict.share)})",
        "Expected of a normal log": f"{_percent(normal.share)}, at most "
        f"{_percent(verdict.largest_share)} in a log of this length",
        f"Busiest {normal.stretch} lines": f"{verdict.busiest} above the threshold; a "
        f"normal log has at most {normal.limit}",
        "Threshold": f"{normal.threshold:.6g}, frozen on {normal.lines:,} normal lines",
        "Model": model,
    }
    table = [f"| {name} | {_cell(value)} |" for name, value in rows.items()]
    return "\n".join(
        [
            f"# Network log: {verdict}",
            "",
            _reason(verdict),
            "",
            "| | |",
            "|---|---|",
            *table,
            "",
        ]
    )


def _reason(verdict: Verdict) -> str:
    if verdict.within:
        return (
            "Neither the log as a whole nor any stretch of it has more lines above the "
            "threshold than a normal log has. An attack that stays below the threshold "
            "is not seen."
        )
    reasons = []
    if verdict.busiest > verdict.limit:
        reasons.append("at least one stretch has more lines above the threshold")
    if verdict.share > verdict.largest_share:
        reasons.append("the log as a whole has a larger share of lines above it")
    return f"Compared with a normal log, {listed(reasons)}. Look at the lines below."


def _stretches(
    records: pd.DataFrame,
    scores: Floats,
    normal: NormalRange,
    worst: int,
    examples: int,
) -> str:
    lines = ["## Worst stretches", ""]
    found = _worst_stretches(scores, normal, worst)
    if not found:
        lines += ["No line is above the threshold.", ""]
    for number, (start, stop) in enumerate(found, start=1):
        part, values = records.iloc[start:stop], scores[start:stop]
        lines += [*_stretch(number, part, values, normal, examples), ""]
    return "\n".join(lines)


def _worst_stretches(
    scores: Floats, normal: NormalRange, worst: int
) -> list[tuple[int, int]]:
    """Return the busiest stretches, none overlapping, as positions (start, stop)."""
    above = scores > normal.threshold
    counts = stretch_counts(above, normal.stretch).astype(np.float64)
    width = min(normal.stretch, len(scores))
    found: list[tuple[int, int]] = []
    while len(found) < worst and counts.max() > 0:
        start = int(np.argmax(counts))
        found.append((start, start + width))
        counts[max(0, start - width + 1) : start + width] = 0
    return found


def _stretch(
    number: int,
    part: pd.DataFrame,
    scores: Floats,
    normal: NormalRange,
    examples: int,
) -> list[str]:
    above = int((scores > normal.threshold).sum())
    ranked = np.argsort(-scores, kind="stable")[:examples]
    shown = np.sort(ranked[scores[ranked] > normal.threshold])
    texts = [
        f"line {part.index[i]}  score {scores[i]:.4g}  {_original(part, i)}"
        for i in shown
    ]
    fence = "`" * max(3, 1 + max(_longest_ticks(text) for text in texts))
    return [
        f"### {number}. Lines {part.index[0]} to {part.index[-1]}",
        "",
        f"{_moment(part['time'].min())} to {_moment(part['time'].max())}: {above} of "
        f"{len(part)} lines above the threshold, highest score {scores.max():.4g}. "
        f"{_hosts(part[scores > normal.threshold])} The highest:",
        "",
        f"{fence}text",
        *texts,
        fence,
    ]


def _hosts(part: pd.DataFrame) -> str:
    """Return who the flagged lines come from and go to."""
    sentences = []
    for column, word in (("source", "From"), ("destination", "To")):
        if column in part:
            counts = Counter(part[column].tolist())
            ranked = sorted(counts.items(), key=lambda item: (-item[1], str(item[0])))
            told = [f"`{_plain(host)}` ({count})" for host, count in ranked]
            sentences.append(f"{word} {some(told, 3)}.")
    return " ".join(sentences)


def _original(part: pd.DataFrame, position: int) -> str:
    """Return the line as it stood in the log, on one line and not too long."""
    if "original" in part:
        return _plain(part["original"].iloc[position], 240)
    row = part.iloc[position]
    return _plain("  ".join(str(value) for value in row if str(value)), 240)


def _problems(log_report: LogReport | None) -> str:
    lines = ["## What the reader met", ""]
    if log_report is None:
        return "\n".join([*lines, "Not stated.", ""])
    lines += [_plain(str(log_report), 1000) + ".", ""]
    table = log_report.table()
    if len(table):
        lines += ["| problem | count | details |", "|---|---|---|"]
        lines += [
            f"| {_cell(row.problem)} | {row.count_:,} | {_cell(row.details)} |"
            for row in table.rename(columns={"count": "count_"}).itertuples()
        ]
        lines.append("")
    return "\n".join(lines)


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"


def _moment(time: pd.Timestamp) -> str:
    return f"{time:%Y-%m-%d %H:%M:%S}"


def _plain(value: object, size: int = 80) -> str:
    """Return one printable line of at most `size` characters."""
    text = " ".join(str(value).split())
    text = "".join(
        one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text
    )
    return text if len(text) <= size else text[: size - 1] + "…"


def _cell(value: object) -> str:
    return _plain(value, 1000).replace("\\", "\\\\").replace("|", "\\|")


def _longest_ticks(text: str) -> int:
    longest = run = 0
    for letter in text:
        run = run + 1 if letter == "`" else 0
        longest = max(longest, run)
    return longest


def _write(path: Path, text: str) -> None:
    try:
        write_whole(path, text.encode("utf-8", "replace"))
    except OSError as error:
        if error.strerror is None:
            raise KitError(str(error)) from None
        raise KitError(f"{path} can't be written: {error.strerror}") from None
