"""A folder as the platform gave it in, one submission per learner and lesson out.

Nothing is lost: what can't be read is a submission that says why, who handed in nothing
is one where there is a roster, and of several files for a lesson the remarks say which
was taken and what was left.
"""

import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from helpers.errors import KitError
from helpers.files import user_path
from helpers.grading.cells import CantRead
from helpers.grading.extract import lessons
from helpers.grading.found import FoundFile, files_below
from helpers.grading.names import is_notebook, may_be_notebook, same, stem_of
from helpers.grading.owners import Handed, owned
from helpers.grading.reader import Found, Reader
from helpers.grading.roster import Listed, Roster, read_roster
from helpers.grading.rows import MISSING, UNREADABLE, Submission

MOST_NOTEBOOKS = 60  # of one learner
SECONDS_FOR_A_LEARNER = 240.0
_LESSON = re.compile(r"(?<!\d)(?:\d\d|\b[wW]\d)(?!\d)")
_SAME_TIME = 2.0  # seconds; what a zip's clock can't tell apart
_MOST_TOLD = 5  # files in a remark


def collect(
    folder: Path, *, lesson: str | None = None, roster: Path | None = None
) -> list[Submission]:
    """Return what a class handed in, by learner and lesson.

    `folder` holds a folder, a file or a zip per learner, or is a zip itself; `lesson`
    ("03") is what all of it is of, else each notebook's markers tell. With a `roster`
    its learners come first, in its order. Raises `KitError` where there is no such
    folder, lesson or roster; no file in the folder makes it raise.
    """
    folder = user_path(folder)
    if not folder.exists():
        raise KitError(f"There is no folder {folder} of submissions.")
    lesson = _known(lesson)
    with Reader() as reader:
        found = [f for f in files_below(folder, reader) if not _is(f, roster)]
        told = "\n".join(each.file for each in found)
        listed = Roster(read_roster(Path(roster), told)) if roster else None
        learners = _learners(owned(found, listed), listed)
        desk = _Desk(reader, lesson)
        return [each for learner in learners for each in desk.submissions(learner)]


def _known(lesson: str | None) -> str | None:
    """Return a lesson as notebooks name it, "03" for "3"; raises `KitError`."""
    known = lessons()
    if not known:
        raise KitError(
            "The lessons' notebooks are not in this installation: grade from the kit's "
            "folder, where notebooks/ is."
        )
    if lesson is None:
        return None
    name = lesson.strip().upper().zfill(2)
    if name not in known:
        raise KitError(f"There is no lesson {lesson}: take {', '.join(known)}.")
    return name


def _is(found: FoundFile, roster: Path | None) -> bool:
    """Whether a file is the roster itself."""
    if roster is None or found.place.chain:
        return False
    return found.place.path.resolve() == Path(roster).resolve()


# -- learners --------------------------------------------------------------------------


@dataclass(frozen=True)
class _Learner:
    name: str
    handed: list[Handed]
    remarks: tuple[str, ...] = ()


def _learners(handed: dict[str, list[Handed]], roster: Roster | None) -> list[_Learner]:
    """Return who handed in what; with a roster its learners first, in its order."""
    meant = _meant(handed, roster) if roster else {}
    learners, taken = [], {name for names in meant.values() for name in names}
    for listed in roster.listed if roster else []:
        files = [each for name in meant.get(listed, []) for each in handed[name]]
        learners.append(_Learner(listed.learner, files))
    for name in sorted(set(handed) - taken):
        remarks = ("not on the roster",) if roster else ()
        learners.append(_Learner(name, handed[name], remarks))
    return list(_told_apart(learners))


def _meant(handed: dict[str, list[Handed]], roster: Roster) -> dict[Listed, list[str]]:
    """Return the names under which each learner on the roster handed in.

    One may be named in several ways, by several platforms. But of names that differ in
    case or Unicode form alone only one is taken, as the roster writes it if it does;
    the others stay learners of their own.
    """
    meant: dict[Listed, dict[str, str]] = {}
    for name in sorted(handed):
        owner = handed[name][0].owner
        listed = roster.named(owner)
        if listed is not None:
            by_form = meant.setdefault(listed, {})
            form = same(owner.name) + owner.id
            if form not in by_form or owner.name in listed.names | listed.ids:
                by_form[form] = name
    return {listed: list(names.values()) for listed, names in meant.items()}


def _told_apart(learners: list[_Learner]) -> Iterator[_Learner]:
    """Yield learners; whose name is nearly another's has a remark that says so.

    One who is not on the roster and is called exactly as one who is has it in the name.
    """
    alike: dict[str, list[str]] = {}
    for each in learners:
        alike.setdefault(same(each.name), []).append(each.name)
    seen: set[str] = set()
    for each in learners:
        name = each.name
        while name in seen:
            name += " (another)"
        seen.add(name)
        others = [x for x in alike[same(each.name)] if x != each.name]
        told = [f"another learner is called almost the same: {', '.join(others)}"]
        remarks = (*each.remarks, *(told if others and each.handed else ()))
        yield replace(each, name=name, remarks=remarks)


# -- what one learner handed in --------------------------------------------------------


@dataclass(frozen=True)
class _Read:
    """A file that was read: what it holds of one lesson, or why it can't be read."""

    handed: Handed
    found: Found | None = None
    problem: str = ""

    @property
    def file(self) -> str:
        return self.handed.file.file


class _Desk:
    """Reads what learners handed in, and makes submissions of it."""

    def __init__(self, reader: Reader, lesson: str | None):
        self.reader, self.lesson = reader, lesson

    def submissions(self, learner: _Learner) -> list[Submission]:
        """Return a learner's submissions: one per lesson, at least one in all."""
        if not learner.handed:
            reason = "nothing was handed in"
            return [Submission(learner.name, "", self.lesson, MISSING, reason)]
        read = list(self._read(learner.handed))
        by_lesson: dict[str, list[_Read]] = {}
        for each in read:
            if each.found:
                by_lesson.setdefault(each.found.lesson, []).append(each)
        broken = [each for each in read if each.found is None]
        if not by_lesson:
            return [self._unreadable(learner, broken)]
        chosen = [_chosen(learner, by_lesson[x], broken) for x in sorted(by_lesson)]
        others = self._of_others(broken, by_lesson)
        return chosen + [self._unreadable(learner, each) for each in others]

    # reading

    def _read(self, handed: list[Handed]) -> Iterator[_Read]:
        """Yield what each file holds; files without a notebook's name only at need."""
        notebooks = [each for each in handed if is_notebook(each.file.name)]
        read = list(self._all(notebooks))
        yield from read
        others = [each for each in handed if not is_notebook(each.file.name)]
        if not any(each.found for each in read):
            maybe = [x for x in others if may_be_notebook(x.file.name, x.file.size)]
            tried = [each for each in self._all(maybe) if each.found]
            yield from tried
            others = [x for x in others if all(t.handed is not x for t in tried)]
        for each in others:
            yield _Read(each, problem=each.file.problem or _no_notebook(each.file.name))

    def _all(self, handed: list[Handed]) -> Iterator[_Read]:
        until = time.monotonic() + SECONDS_FOR_A_LEARNER
        newest = sorted(handed, key=lambda each: -(each.file.time or 0))
        for number, each in enumerate(newest):
            if number >= MOST_NOTEBOOKS:
                most = f"there are more than {MOST_NOTEBOOKS} notebooks of one learner"
                yield _Read(each, problem=most)
            elif time.monotonic() > until:
                yield _Read(
                    each, problem="reading all files of one learner takes too long"
                )
            else:
                yield from self._one(each)

    def _one(self, handed: Handed) -> Iterator[_Read]:
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

    # what can't be read

    def _unreadable(self, learner: _Learner, broken: list[_Read]) -> Submission:
        notebooks = [each for each in broken if is_notebook(each.handed.file.name)]
        newest, remarks = _newest(notebooks or broken)
        told = (*learner.remarks, *remarks)
        file, reason = newest.file, newest.problem
        return Submission(learner.name, file, self.lesson, UNREADABLE, reason, told)

    def _of_others(
        self, broken: list[_Read], by_lesson: Iterable[str]
    ) -> list[list[_Read]]:
        """Return notebooks that can't be read and are named for a lesson not read."""
        found: dict[tuple[str, ...], list[_Read]] = {}
        for each in broken if self.lesson is None else ():
            told = _LESSON.findall(stem_of(each.handed.file.name))
            told = told or _LESSON.findall(each.file)
            named = {number.upper() for number in told} & set(lessons())
            is_other = named and named.isdisjoint(by_lesson)
            if is_other and is_notebook(each.handed.file.name):
                found.setdefault(tuple(sorted(named)), []).append(each)
        return list(found.values())


def _no_notebook(name: str) -> str:
    ending = name.rpartition(".")[2] if "." in name else ""
    kind = f"a file of the kind .{ending[:10].lower()}" if ending else "a file"
    return f"{kind} was handed in, not a notebook"


# -- several files of one lesson -------------------------------------------------------


def _chosen(learner: _Learner, read: list[_Read], broken: list[_Read]) -> Submission:
    """Return the submission that the newest of several notebooks makes."""
    fitting = [
        each for each in read if each.found and each.found.lesson in each.found.of
    ]
    newest, remarks = _newest(fitting or read)
    found = newest.found
    assert found is not None
    told = [*learner.remarks, *_about(newest, found), *remarks]
    told += _left(broken) + found.remarks
    return Submission(
        learner.name,
        newest.file,
        found.lesson,
        remarks=tuple(told),
        exercises=found.exercises,
        own=tuple(found.own),
    )


def _about(taken: _Read, found: Found) -> Iterator[str]:
    if taken.handed.late:
        yield "handed in late, as the platform says"
    if not is_notebook(taken.handed.file.name):
        yield "the file's name does not end in .ipynb"
    if not found.of:
        yield "no exercise of the course is in it"
    elif found.lesson not in found.of:
        yield f"the notebook is of lesson {', '.join(found.of)}"
    elif len(found.of) > 1:
        yield f"the notebook holds lessons {', '.join(found.of)}"


def _left(broken: list[_Read]) -> list[str]:
    """Return remarks on notebooks that can't be read beside one that can."""
    lost = [each for each in broken if is_notebook(each.handed.file.name)]
    told = [f"{each.file} was left: {each.problem}" for each in lost[:_MOST_TOLD]]
    more = len(lost) - _MOST_TOLD
    return [*told, f"and {more} more files like that"] if more > 0 else told


def _newest(read: list[_Read]) -> tuple[_Read, list[str]]:
    """Return the newest of several files, and a remark: which was taken, and why."""
    if len(read) == 1:
        return read[0], []
    last = max(each.handed.file.time or 0.0 for each in read)
    ordered = sorted(read, key=lambda each: _age(each.handed, last), reverse=True)
    taken, others = ordered[0], ordered[1:]
    left = ", ".join(each.file for each in others[:_MOST_TOLD])
    left += ", ..." if len(others) > _MOST_TOLD else ""
    why = _why(taken.handed, others[0].handed)
    return taken, [
        f"handed in {len(read)} times: {taken.file} was taken ({why}); left: {left}"
    ]


def _age(handed: Handed, last: float) -> tuple:
    """Return what orders files: the platform's stamp, the time, the copy's number."""
    told = handed.file.time or 0.0
    rough = last if told > last - _SAME_TIME else told
    return (
        handed.late,
        handed.stamp,
        rough,
        handed.copy,
        told,
        handed.file.place.chain,
        handed.file.file,
    )


def _why(taken: Handed, other: Handed) -> str:
    if (taken.late, taken.stamp) > (other.late, other.stamp):
        return "the newest, as the platform says"
    if abs((taken.file.time or 0) - (other.file.time or 0)) >= _SAME_TIME:
        return "the newest by its time"
    return "the highest number" if taken.copy > other.copy else "the last of them"
