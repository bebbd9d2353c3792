"""How far a learner is, over all lessons: a line, a table, a page to hand in.

All three are made of the learner's own record and of what the lessons' exercises
declare. What the record says of exercises that this kit doesn't have is left out.
"""

import html
import pkgutil
import time
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

import helpers.exercises
from helpers.exercises.declared import Exercise, exercises_of, lesson_of
from helpers.exercises.record import VARIABLE, Everything, Kept, Record
from helpers.text import count
from helpers.translations import translated

_MODULE = "lesson_"
HEADINGS = ("lesson", "solved", "tried", "hints", "points", "last attempt")


@dataclass(frozen=True)
class Part:
    """Some exercises, such as a lesson's, and what the record knows of them."""

    name: str
    exercises: tuple[Exercise, ...]
    known: Everything

    @property
    def solved(self) -> list[Exercise]:
        """Those that were right at least once."""
        return [each for each in self.exercises if self._of(each).solved]

    @property
    def cells(self) -> tuple[str, ...]:
        """What a row of the table shows, under its headings."""
        all_kept = [self._of(each) for each in self.exercises]
        last = max((kept.at for kept in all_kept), default=0)
        return (
            self.name,
            f"{len(self.solved)} of {len(self.exercises)}",
            str(sum(each.number in self.known for each in self.exercises)),
            str(sum(kept.hints for kept in all_kept)),
            f"{_points(self.solved)} of {_points(self.exercises)}",
            shown_time(last),
        )

    def _of(self, found: Exercise) -> Kept:
        return self.known.get(found.number, Kept(False, 0, 0))


def parts(known: Everything) -> list[Part]:
    """Return a `Part` per lesson of this kit, in order."""
    names = (
        module.name.removeprefix(_MODULE).upper()
        for module in pkgutil.iter_modules(helpers.exercises.__path__)
        if module.name.startswith(_MODULE)
    )
    return [Part(name, tuple(exercises_of(name)), known) for name in sorted(names)]


def everything(record: Record | None) -> str:
    """Return the table over all lessons as text, and where the record is."""
    if record is None:
        return translated(f"No record is kept over lessons: {VARIABLE} is empty.")
    lessons = parts(record.read())
    headings = tuple(map(translated, HEADINGS))
    rows = [headings, *(each.cells for each in lessons), _total(lessons).cells]
    told = no_record(record) if record.fault else _where(record)
    return "\n".join([*_aligned(rows), translated(told)])


def in_a_line(known: Everything) -> str:
    """Return what is known of all lessons in a line; lessons not tried aren't read."""
    lessons = [
        Part(lesson, tuple(exercises_of(lesson)), known)
        for lesson in sorted({lesson_of(number) for number in known})
        if _there(lesson)
    ]
    solved = _total(lessons).solved
    return (
        f"All lessons on this machine: {count(len(solved), 'exercise')} solved, "
        f'{count(_points(solved), "point")}; progress("all") shows them'
    )


def no_record(record: Record) -> str:
    """Say in a line that the record isn't kept, and why."""
    return f"No record is kept over lessons: {record.path}: {record.fault}"


def page(record: Record, name: str = "") -> str:
    """Return the record as one page of HTML that stands alone and can be printed."""
    lessons = parts(record.read())
    whom = html.escape(name) if name else "_" * 30
    return _PAGE.format(
        name=whom,
        date=shown_time(int(time.time())),
        lessons=_rows([*(each.cells for each in lessons), _total(lessons).cells]),
        headings=_row(HEADINGS, "th"),
        exercises=_rows(_exercise_cells(lessons)),
    )


def shown_time(at: int) -> str:
    """Return a time as "2026-11-29 14:05", on this machine's clock; 0 is "-"."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at)) if at else "-"


# ------------------------------------------------------------------------ details


def _there(lesson: str) -> bool:
    known = pkgutil.iter_modules(helpers.exercises.__path__)
    return f"{_MODULE}{lesson.lower()}" in {module.name for module in known}


def _total(lessons: Iterable[Part]) -> Part:
    lessons = list(lessons)
    together = tuple(each for lesson in lessons for each in lesson.exercises)
    return Part("all", together, lessons[0].known if lessons else {})


def _points(found: Iterable[Exercise]) -> int:
    return sum(each.points for each in found)


def _where(record: Record) -> str:
    if not record.exists():
        return f"Nothing is noted yet; lessons will note it in {record.path}."
    return (
        f"Kept in {record.path} and nowhere else. In a terminal, workshop progress "
        "--export page.html makes a page of it, --forget deletes it."
    )


def _aligned(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell + " " * (width - _width(cell))
            for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    ]


def _width(text: str) -> int:
    """Return how many places a text takes: marks above and below letters take none."""
    return sum(unicodedata.category(letter) != "Mn" for letter in text)


def _exercise_cells(lessons: list[Part]) -> Iterable[tuple[str, ...]]:
    for lesson in lessons:
        for each in lesson.exercises:
            kept = lesson.known.get(each.number)
            if kept:
                state = "solved" if kept.solved else "tried"
                yield (
                    each.number,
                    each.title,
                    state,
                    f"{kept.hints} of {len(each.hints)}",
                    f"{each.points if kept.solved else 0} of {each.points}",
                    shown_time(kept.at),
                )


def _rows(rows: Iterable[tuple[str, ...]]) -> str:
    return "\n".join(_row(row) for row in rows)


def _row(cells: tuple[str, ...], tag: str = "td") -> str:
    inside = "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in cells)
    return f"<tr>{inside}</tr>"


_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy"
  content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Progress in the anomaly-detection workshop</title>
<style>
body {{ font: 1rem/1.5 sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem;
  color: #1a1a1a; background: #fff }}
table {{ border-collapse: collapse; width: 100%; margin: 1rem 0 }}
th, td {{ border-bottom: 1px solid #767676; padding: 0.3rem 0.6rem; text-align: left }}
tr {{ break-inside: avoid }}
@media print {{ body {{ margin: 0; max-width: none; font-size: 10pt }} }}
</style>
</head>
<body>
<h1>Progress in the anomaly-detection workshop</h1>
<p>Name: {name}<br>Made: {date}</p>
<p>This is the learner's own record, kept on the learner's machine. It says which
exercises were checked there, and with what result; it holds no answers. Anyone can
change it, so it is no proof.</p>
<h2>Lessons</h2>
<table>
<thead>{headings}</thead>
<tbody>
{lessons}
</tbody>
</table>
<h2>Exercises that were tried</h2>
<table>
<thead><tr><th>exercise</th><th>title</th><th>result</th><th>hints</th><th>points</th>
<th>last attempt</th></tr></thead>
<tbody>
{exercises}
</tbody>
</table>
</body>
</html>
"""
