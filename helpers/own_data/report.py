"""One page about your own data: self-contained HTML that prints, without a script.

Every name and every word of the file is escaped: a column may be called anything.
"""

import base64
import html
import io
import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from helpers.errors import KitError
from helpers.files import as_path, write_whole
from helpers.own_data.names import plain, short
from helpers.own_data.reading import OwnData
from helpers.plots.style import summary
from helpers.text import count, number

__all__ = ["QUESTIONS", "write_own_report"]

QUESTIONS = (
    "What is normal here?",
    "What score says “not normal”?",
    "Where is the threshold, and who chose it on what?",
    "How good is it, next to chance and next to the simplest thing that could work?",
    "What does it cost to be wrong?",
)
_MOST_ROWS = 12  # of a table on the page
_MOST_FOUND = 25  # sentences about the file
_STYLE = """
@page { size: A4; margin: 12mm }
body { font: 9pt/1.3 system-ui, "DejaVu Sans", sans-serif; color: #111;
  max-width: 190mm; margin: 8mm auto; overflow-wrap: break-word }
h1 { font-size: 15pt; margin: 0 0 1mm } h2 { font-size: 10.5pt; margin: 3mm 0 1mm }
p, ul { margin: 0 0 1.5mm } ul { padding-left: 5mm }
.found { columns: 2; column-gap: 6mm; font-size: 8pt } .sub { color: #444 }
table { border-collapse: collapse; font-size: 7.5pt; margin: 1mm 0 2mm }
th, td { border-bottom: 0.3pt solid #999; padding: 0.3mm 1.5mm; text-align: left }
td { max-width: 42mm }
td.number { text-align: right; font-variant-numeric: tabular-nums }
.answers { columns: 2; column-gap: 6mm }
.pictures { display: flex; flex-wrap: wrap; gap: 3mm; margin-top: 2mm }
figure { margin: 0; flex: 1 1 80mm; max-width: 94mm; break-inside: avoid }
img { max-width: 100%; max-height: 58mm } figcaption { font-size: 7.5pt; color: #444 }
h2, table, section { break-inside: avoid }
"""


def write_own_report(
    path: str | os.PathLike,
    data: OwnData,
    answers: Mapping[str, Any] | Sequence[Any],
    alerts: pd.DataFrame,
    *,
    pictures: Sequence[Axes | Figure] = (),
    limits: Sequence[str] = (),
) -> None:
    """Write the page: the file, what was found, five answers, alerts, pictures, limits.

    `answers` are five, in the order of `QUESTIONS` (or a dict that has them): each a
    text, a table, or a list of both. `alerts` is a table, the worst first. `pictures`
    are plots of `helpers.plots`, whose sentences become their captions. `limits` are
    sentences on what the page can't say.

    The page loads nothing, holds no script and no date: the same input gives the same
    bytes. It is written whole or not at all. Raises `ValueError` where an answer is
    missing or a picture has no sentence, `KitError` where the file can't be written.
    """
    place = as_path(path)
    if not isinstance(data, OwnData):
        raise ValueError("data must be what read_own returns")
    if not isinstance(alerts, pd.DataFrame):
        raise ValueError("alerts must be a table, as alerts() returns it")
    if isinstance(limits, str):
        raise ValueError("limits must be a list of sentences, not one text")
    told = _five(answers)
    page = _page(data, told, alerts, [_figure(each) for each in pictures], limits)
    try:
        write_whole(place, page.encode("utf-8", "replace"))
    except OSError as error:
        raise KitError(f"{place} can't be written: {error.strerror or error}") from None


def _five(answers: Any) -> list[Any]:
    if isinstance(answers, Mapping):
        missing = [question for question in QUESTIONS if question not in answers]
        if missing:
            raise ValueError(f"answers has none for {missing[0]!r}")
        return [answers[question] for question in QUESTIONS]
    if isinstance(answers, str) or not isinstance(answers, Sequence):
        raise ValueError("answers must be a list of five, one for each question")
    if len(answers) != len(QUESTIONS):
        raise ValueError(f"answers has {len(answers)}; five questions need five")
    return list(answers)


def _page(
    data: OwnData,
    answers: list[Any],
    alerts: pd.DataFrame,
    pictures: list[str],
    limits: Sequence[str],
) -> str:
    title = f"Anomalies in {short(data.name, 60)}"
    sizes = plain(repr(data)[1:-1])
    parts = [
        "<!DOCTYPE html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">",
        f"<title>{_safe(title)}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{_safe(title)}</h1>",
        f'<p class="sub">{_safe(sizes)}</p>',
        "<h2>What was found in the file, and done</h2>",
        _bullets(_shortened(data.found), "found"),
    ]
    parts.append('<div class="answers">')
    for place, question, answer in zip(range(1, 6), QUESTIONS, answers, strict=True):
        parts.append(f"<section><h2>{place}. {_safe(question)}</h2>")
        parts += [_told(each) for each in _listed(answer)]
        parts.append("</section>")
    parts += ["<section><h2>The highest alerts of the test part</h2>"]
    parts += [_table(alerts) if len(alerts) else "<p>None.</p>", "</section></div>"]
    if pictures:
        parts += ['<div class="pictures">', *pictures, "</div>"]
    if limits:
        parts += ["<section><h2>What this page can't say</h2>", _bullets(limits, "")]
        parts.append("</section>")
    return "\n".join([*parts, "</body></html>", ""])


def _listed(answer: Any) -> list[Any]:
    return list(answer) if isinstance(answer, list | tuple) else [answer]


def _shortened(found: Sequence[str]) -> list[str]:
    left = len(found) - _MOST_FOUND
    more = [f"And {count(left, 'more sentence')}: OwnData.report() has all."]
    return [*found[:_MOST_FOUND], *(more if left > 0 else [])]


def _told(answer: Any) -> str:
    if isinstance(answer, pd.DataFrame):
        return _table(answer)
    return f"<p>{_safe(answer)}</p>"


def _bullets(sentences: Sequence[str], name: str) -> str:
    items = "".join(f"<li>{_safe(each)}</li>" for each in sentences)
    return f'<ul class="{name}">{items}</ul>'


def _table(table: pd.DataFrame) -> str:
    """Return a table's first rows, its index as the first column."""
    table = table.loc[
        :, [not (table.iloc[:, i] == "").all() for i in range(table.shape[1])]
    ]
    heads = "".join(f"<th>{_safe(short(name))}</th>" for name in ["", *table.columns])
    lines = [f"<table><tr>{heads}</tr>"]
    for name, row in table.head(_MOST_ROWS).iterrows():
        cells = f"<td>{_safe(short(name, 60))}</td>"
        cells += "".join(_cell(value) for value in row)
        lines.append(f"<tr>{cells}</tr>")
    return "".join([*lines, "</table>"])


def _cell(value: Any) -> str:
    if isinstance(value, float | np.floating):
        told = "–" if np.isnan(value) else number(float(value))
        return f'<td class="number">{_safe(told)}</td>'
    if isinstance(value, int | np.integer) and not isinstance(value, bool):
        return f'<td class="number">{int(value):,}</td>'
    return f"<td>{_safe(short(value, 160))}</td>"


def _figure(picture: Axes | Figure) -> str:
    """Return a picture inside the page, its sentence as text and as caption."""
    told = summary(picture).partition(": ")[2]
    figure = picture if isinstance(picture, Figure) else picture.get_figure(root=True)
    assert figure is not None
    figure.draw_without_rendering()  # its layout moves at the first drawing
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=130, metadata={"Software": None})
    data = base64.b64encode(file.getvalue()).decode()
    return (
        f'<figure><img alt="{_safe(told)}" src="data:image/png;base64,{data}">'
        f"<figcaption>{_safe(told)}</figcaption></figure>"
    )


def _safe(text: object) -> str:
    return html.escape(plain(text), quote=True)
