"""The reports of a graded class, all made of its rows: gradebook, pages, record.

`gradebook.csv` (and what Moodle or Canvas import), a page per learner in `learners/`,
`class.html` for the teacher, and `grading.jsonl`, which explains each grade later. The
same rows give the same bytes, in whichever order they come.
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from helpers.errors import KitError
from helpers.files import write_files
from helpers.grading.gradebook import (
    FORMATS,
    as_csv,
    exported,
    gradebook,
    require_format,
)
from helpers.grading.pages import class_page, learner_page
from helpers.grading.record import Facts, as_lines
from helpers.grading.rows import Row
from helpers.grading.showing import file_name, in_order

PAGES = "learners"
_OURS = re.compile(r"[a-z0-9-]+-[0-9a-f]{12}\.html")


def write_reports(
    rows: Iterable[Row],
    out: Path,
    *,
    format: str | None = None,
    facts: Facts | None = None,
) -> list[Path]:
    """Write all reports of a class into the folder `out`; return the files.

    `format` ("moodle", "canvas") adds the table that platform imports; `facts` go into
    grading.jsonl: what else is known of an exercise ("3.1"), or of one exercise in one
    file (file, "3.1"). All files are written, or none. Pages of learners who are no
    longer among the rows are removed.

    Raises `KitError` for an unknown format, and where `out` can't be written.
    """
    require_format(format)
    out, ordered = Path(out), sorted(rows, key=_place)
    contents = {out / name: [it] for name, it in _files(ordered, format, facts).items()}
    try:
        (out / PAGES).mkdir(parents=True, exist_ok=True)
        write_files(contents)
        _remove_others(out, set(contents))
    except OSError as error:
        raise KitError(f"the reports can't be written: {error}") from None
    return list(contents)


def _place(row: Row) -> tuple:
    """Return what sorts rows: by the learner's name, then by the lesson."""
    name = row.learner.casefold()
    return name, row.learner, in_order(row.lesson), row.file, row.status, repr(row)


def _files(
    rows: Sequence[Row], form: str | None, facts: Facts | None
) -> dict[str, bytes]:
    """Return the content of every report, by its name below the folder."""
    files = {
        "gradebook.csv": as_csv(gradebook(rows)),
        "class.html": class_page(rows),
        "grading.jsonl": as_lines(rows, facts),
    }
    if form is not None:
        files[f"gradebook_{form}.csv"] = as_csv(exported(rows, form))
    for learner in dict.fromkeys(row.learner for row in rows):
        theirs = [row for row in rows if row.learner == learner]
        files[f"{PAGES}/{file_name(learner)}"] = learner_page(learner, theirs)
    return files


def _remove_others(out: Path, written: set[Path]) -> None:
    """Remove pages and exports of an earlier class that weren't written this time."""
    old = [path for path in (out / PAGES).iterdir() if _OURS.fullmatch(path.name)]
    old += [out / f"gradebook_{form}.csv" for form in FORMATS]
    for path in old:
        if path not in written and path.is_file():
            path.unlink()
