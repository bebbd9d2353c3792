"""A folder as the platform gave it in, one submission per learner and lesson out.

Nothing is lost: what can't be read is a submission that says why, who handed in nothing
is one where there is a roster, and of several files for a lesson the remarks say which
was taken and what was left.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from helpers.errors import KitError
from helpers.grading.cells import CantRead
from helpers.grading.extract import lessons
from helpers.grading.found import FoundFile, files_below
from helpers.grading.names import is_notebook, same, stem_of, without_copy
from helpers.grading.owners import Handed, owned
from helpers.grading.reader import Found, Reader
from helpers.grading.roster import Listed, Roster, read_roster
from helpers.grading.rows import MISSING, READ, UNREADABLE, Submission

MOST_NOTEBOOKS = 60  # of one learner
SECONDS_FOR_A_LEARNER = 240.0
_SAME_TIME = 2.0  # seconds; what a zip's clock can tell apart


def collect(
    folder: Path, *, lesson: str | None = None, roster: Path | None = None
) -> list[Submission]:
    """Return what a class handed in, by learner and lesson.

    `folder` holds a folder, a file or a zip per learner, or is a zip itself; `lesson`
    ("03") is what all of it is of, else each notebook's markers tell. With a `roster`
    its learners come first, in its order. Raises `KitError` where there is no such
    folder, lesson or roster; no file in the folder makes it raise.
    """
    folder = Path(folder)
    if not folder.exists():
        raise KitError(f"There is no folder {folder} of submissions.")
    if lesson is not None and lesson not in lessons():
        raise KitError(f"There is no lesson {lesson}: take {', '.join(lessons())}.")
    listed = Roster(read_roster(roster)) if roster else None
    with Reader() as reader:
        found = [f for f in files_below(folder, reader) if not _is(f, roster)]
        learners = _learners(owned(found, listed), listed)
        return [
            submission
            for learner in learners
            for submission in _Desk(reader, lesson).submissions(learner)
        ]


def _is(found: FoundFile, roster: Path | None) -> bool:
    return bool(
        roster
        and not found.place.chain
        and found.place.path.resolve() == roster.resolve()
    )


# -- learners --------------------------------------------------------------------------


@dataclass(frozen=True)
class _Learner:
    name: str
    handed: list[Handed]
    remarks: tuple[str, ...] = ()


def _learners(handed: dict[str, list[Handed]], roster: Roster | None) -> list[_Learner]:
    """Return who handed in what; with a roster its learners first, in its order."""
    alike: dict[str, list[str]] = {}
    for name in handed:
        alike.setdefault(same(name), []).append(name)
    learners = []
    by_listed = _by_listed(handed, roster) if roster else {}
    for listed in roster.listed if roster else []:
        name = by_listed.get(listed)
        learners.append(_Learner(listed.learner, handed.get(name or "", [])))
    left = sorted(set(handed) - set(by_listed.values()))
    for name in left:
        remarks = ("not on the roster",) if roster else ()
        learners.append(_Learner(name, handed[name], remarks))
    return [
        replace(each, remarks=(*each.remarks, *_alike(each, alike)))
        for each in learners
    ]


def _by_listed(handed: dict[str, list[Handed]], roster: Roster) -> dict[Listed, str]:
    """Return the name under which each learner on the roster handed in.

    Whoever is written exactly as on the roster goes first; of two others that could
    be meant only one is taken, and the other stays a learner of its own.
    """
    meant: dict[Listed, str] = {}
    for name, files in handed.items():
        listed = roster.named(files[0].owner)
        if listed is None:
            continue
        exact = files[0].owner.name in listed.names | listed.ids
        if listed not in meant or exact:
            meant[listed] = name
    return meant


def _alike(learner: _Learner, alike: dict[str, list[str]]) -> Iterator[str]:
    others = [x for x in alike.get(same(learner.name), []) if x != learner.name]
    if others and learner.handed:
        yield f"another learner's name is almost the same: {', '.join(others)}"


# -- what one learner handed in --------------------------------------------------------


@dataclass(frozen=True)
class _Read:
    """A file that was read: what it holds of one lesson, or why it can't be read."""

    handed: Handed
    found: Found | None = None
    problem: str = ""


class _Desk:
    def __init__(self, reader: Reader, lesson: str | None):
        self.reader, self.lesson = reader, lesson

    def submissions(self, learner: _Learner) -> list[Submission]:
        """Return a learner's submissions: one per lesson, at least one in all."""
        if not learner.handed:
            return [Submission(learner.name, lesson=self.lesson, status=MISSING)]
        read = list(self._read(learner.handed))
        by_lesson: dict[str, list[_Read]] = {}
        for each in read:
            if each.found:
                by_lesson.setdefault(each.found.lesson, []).append(each)
        broken = [each for each in read if each.found is None]
        if not by_lesson:
            return [self._unreadable(learner, broken)]
        return [
            self._chosen(learner, by_lesson[lesson], broken)
            for lesson in sorted(by_lesson)
        ]

    def _read(self, handed: list[Handed]) -> Iterator[_Read]:
        until = time.monotonic() + SECONDS_FOR_A_LEARNER
        notebooks = [each for each in handed if is_notebook(each.file.name)]
        for each in handed:
            if each not in notebooks:
                problem = each.file.problem or f"{each.file.name} is no notebook"
                yield _Read(each, problem=problem)
            elif time.monotonic() > until:
                yield _Read(each, problem="reading all files takes too long")
            else:
                yield from self._notebook(each)

    def _notebook(self, handed: Handed) -> Iterator[_Read]:
        try:
            if handed.file.problem:
                raise CantRead(handed.file.problem)
            found = self.reader.notebook(handed.file.place, self.lesson)
        except CantRead as error:
            yield _Read(handed, problem=str(error))
            return
        for each in found:
            yield _Read(handed, each)
        if not found:
            yield _Read(handed, problem="no exercise of the course is in it")

    def _unreadable(self, learner: _Learner, broken: list[_Read]) -> Submission:
        notebooks = [each for each in broken if is_notebook(each.handed.file.name)]
        newest, remarks = _newest(notebooks or broken)
        return Submission(
            learner.name,
            newest.handed.file.file,
            self.lesson,
            UNREADABLE,
            newest.problem,
            (*learner.remarks, *remarks),
        )

    def _chosen(
        self, learner: _Learner, read: list[_Read], broken: list[_Read]
    ) -> Submission:
        newest, remarks = _newest(read)
        assert newest.found
        late = ["handed in late, as the platform says"] if newest.handed.late else []
        lost = [
            f"{each.handed.file.file} was left: {each.problem}"
            for each in broken
            if is_notebook(each.handed.file.name)
        ]
        return Submission(
            learner.name,
            newest.handed.file.file,
            newest.found.lesson,
            READ,
            remarks=(*learner.remarks, *late, *remarks, *lost, *newest.found.remarks),
            exercises=newest.found.exercises,
            own=tuple(newest.found.own),
        )


def _newest(read: list[_Read]) -> tuple[_Read, list[str]]:
    """Return the newest of several files, and a remark on which was taken and why."""
    if len(read) == 1:
        return read[0], []
    last = max(each.handed.file.time or 0.0 for each in read)

    def age(each: _Read) -> tuple:
        handed = each.handed
        told = handed.file.time or 0.0
        tied = told > last - _SAME_TIME
        return (
            handed.late,
            handed.stamp,
            last if tied else told,
            handed.copy,
            told,
            handed.file.file,
        )

    ordered = sorted(read, key=age, reverse=True)
    taken, others = ordered[0], ordered[1:]
    left = ", ".join(each.handed.file.file for each in others[:5])
    why = _why(taken.handed, others[0].handed)
    return taken, [
        f"handed in {len(read)} times: {taken.handed.file.file} was taken ({why}), left: {left}"
    ]


def _why(taken: Handed, other: Handed) -> str:
    if (taken.late, taken.stamp) > (other.late, other.stamp):
        return "the newest, as the platform says"
    if abs((taken.file.time or 0) - (other.file.time or 0)) >= _SAME_TIME:
        return "the newest by the file's time"
    return "the highest number" if taken.copy > other.copy else "the last by its name"


__all__ = ["collect", "stem_of", "without_copy"]
