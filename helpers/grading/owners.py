"""Whose each file is: by a platform's names, by the roster, else by folder or name.

A folder or zip is either one learner's or holds those of several (the class, a lesson);
which of the two is told by its name and by what is in it.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from helpers.grading.extract import lessons
from helpers.grading.found import FoundFile
from helpers.grading.names import (
    Named,
    Owner,
    blackboard_name,
    canvas_name,
    classroom_name,
    is_archive,
    is_class,
    is_lesson,
    is_notebook,
    moodle_name,
    stem_of,
    without_copy,
)
from helpers.grading.roster import Roster

_Way = tuple[str, ...]
_BESIDE = re.compile(
    r"(?:readme|licen[cs]e|index\.html|grades|feedback).*|.*\.(?:csv|tsv|xlsx?|ods|log)$",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True)
class Handed:
    """A file and who handed it in; late, stamp and copy order files of one learner."""

    file: FoundFile
    owner: Owner
    late: bool = False
    stamp: int = 0
    copy: int = 0
    within: _Way = ()  # the folder or archive that holds this learner and others


def owned(found: list[FoundFile], roster: Roster | None) -> dict[str, list[Handed]]:
    """Return the files of each learner by the name that reports show.

    Two learners of one name, whom a platform tells apart by a number, have it behind
    their names.
    """
    owners = _Owners(found, roster)
    handed = [each for file in found if (each := owners.of(file))]
    several = set(_of_several(handed, roster))
    learners: dict[str, list[Handed]] = {}
    for each in handed:
        name, number = each.owner
        told = f"{name} ({number})" if number and name in several else name
        learners.setdefault(told, []).append(each)
    return learners


def _of_several(handed: Iterable[Handed], roster: Roster | None) -> Iterator[str]:
    """Yield names that one export has with several numbers, unless one is listed."""
    numbers: dict[tuple[_Way, str], set[str]] = {}
    for each in handed:
        if each.owner.id:
            key = each.within, each.owner.name
            numbers.setdefault(key, set()).add(each.owner.id)
    for (_, name), found in numbers.items():
        if len(found) > 1 and not (roster and roster.named(Owner(name))):
            yield name


class _Owners:
    def __init__(self, found: list[FoundFile], roster: Roster | None):
        self.found, self.roster = found, roster
        self._holds: dict[_Way, bool] = {}

    def of(self, file: FoundFile) -> Handed | None:
        """Return a file with its owner; None for a file beside the submissions."""
        for index, part in enumerate(file.parts):
            if named := moodle_name(part):
                return _by_platform(file, index, named)
        at = self._first_of_a_learner(file.parts)
        is_file = at == len(file.parts) - 1 and not file.folder
        if is_file or is_archive(file.parts[at]):
            named = canvas_name(file.parts[at]) or blackboard_name(file.parts[at])
            if named:
                return _by_platform(file, at, named)
        if listed := self._on_roster(file.parts):
            return Handed(file, Owner(listed), copy=_copy(file.name))
        if is_file and _BESIDE.fullmatch(file.name):
            return None
        owner = self._owner(file.parts[at], is_file)
        return Handed(file, owner, copy=_copy(file.name), within=file.parts[:at])

    def _owner(self, part: str, is_file: bool) -> Owner:
        if not is_file and not is_archive(part):
            return Owner(stem_of(part) if is_notebook(part) else part)
        whole = stem_of(part)
        stem = without_copy(whole)[0]
        if self._is_lesson(stem):
            return Owner(whole)  # "03 (7).ipynb" is all that is known of its learner
        shorter = self._without_lesson(stem)
        return Owner(shorter if shorter != stem else classroom_name(stem))

    # the roster

    def _on_roster(self, parts: _Way) -> str:
        """Return the first part of a way that is the name of somebody listed."""
        if self.roster:
            for part in parts:
                for name in self._readings(part):
                    if self.roster.knows(name) and not self._is_lesson(name):
                        return name
        return ""

    def _readings(self, part: str) -> Iterator[str]:
        """Yield what in a folder's or file's name may be a learner's."""
        yield part
        stem = stem_of(part)
        yield stem
        stem = without_copy(stem)[0]
        yield stem
        yield self._without_lesson(stem)
        left, dash, right = stem.partition(" - ")
        if dash:
            yield from (left.strip(), right.strip())
        bare = re.sub(
            r"^(?:\d{1,2}|[wW]\d)[ _.-]+|[ _.-]+(?:\d{1,2}|[wW]\d)$", "", stem
        )
        yield bare

    # folders and archives of several learners

    def _first_of_a_learner(self, parts: _Way) -> int:
        """Return the index of the part of a way at which one learner's things begin."""
        at = 0
        while at < len(parts) - 1 and self._is_of_several(parts[: at + 1]):
            at += 1
        return at

    def _is_of_several(self, way: _Way) -> bool:
        if way not in self._holds:
            self._holds[way] = self._judged(way)
        return self._holds[way]

    def _judged(self, way: _Way) -> bool:
        name = stem_of(way[-1]) if is_archive(way[-1]) else way[-1]
        if self.roster and self.roster.knows(name):
            return False
        children = self._children.get(way, {})
        exported = {
            n.owner for c in children if (n := canvas_name(c) or moodle_name(c))
        }
        if len(exported) > 1:
            return True
        people = set(self._people(children))
        if is_lesson(name):
            return len(people) > 1
        if is_class(name):
            return bool(people)
        if len(way) == 1 and len(self._children[()]) == 1:
            folders = [child for child, has_files in children.items() if has_files]
            if is_archive(way[0]):
                return len(people) > 1 or folders == list(people)
            return len(people & set(folders)) > 1
        return self._same_work_of_several(way, children)

    def _people(self, children: dict[str, bool]) -> Iterator[str]:
        """Yield the folders, zips and notebooks that may be named for a learner."""
        for child, has_files in children.items():
            stem = child
            if is_notebook(child) or is_archive(child):
                stem = without_copy(stem_of(child))[0]
            elif not has_files:
                continue
            if not self._is_lesson(stem):
                yield stem

    def _same_work_of_several(self, way: _Way, children: dict[str, bool]) -> bool:
        """Whether three folders or more hold a notebook of one and the same name."""
        seen: dict[str, int] = {}
        for child, has_files in children.items():
            for name in self._children.get((*way, child), {}) if has_files else ():
                if is_notebook(name):
                    seen[name] = seen.get(name, 0) + 1
        return max(seen.values(), default=0) >= 3

    @cached_property
    def _children(self) -> dict[_Way, dict[str, bool]]:
        """What lies in each folder or archive: name -> whether it holds files."""
        children: dict[_Way, dict[str, bool]] = {(): {}}
        for file in self.found:
            for index, part in enumerate(file.parts):
                below = children.setdefault(file.parts[:index], {})
                below[part] = below.get(part, False) or index < len(file.parts) - 1
        top = children[()]
        for name in [x for x, has in top.items() if not has and _BESIDE.fullmatch(x)]:
            del top[name]
        return children

    # lessons' names

    def _is_lesson(self, stem: str) -> bool:
        return is_lesson(stem) or stem.casefold() in self._lessons

    @cached_property
    def _lessons(self) -> set[str]:
        return {path.stem.casefold() for path in lessons().values()}

    def _without_lesson(self, stem: str) -> str:
        """Return "ada" of "ada_03_imbalanced_data", and whatever else as it is."""
        low = stem.casefold()
        for lesson in self._lessons if len(low) == len(stem) else ():
            rest = low.removesuffix(lesson)
            if rest != low and rest.rstrip(" _.-") not in ("", rest):
                return stem[: len(rest)].rstrip(" _.-")
            rest = low.removeprefix(lesson)
            if rest != low and rest.lstrip(" _.-") not in ("", rest):
                return stem[len(stem) - len(rest) :].lstrip(" _.-")
        return stem


def _copy(name: str) -> int:
    return without_copy(stem_of(name))[1]


def _by_platform(file: FoundFile, at: int, named: Named) -> Handed:
    own = named.rest if at == len(file.parts) - 1 and named.rest else file.name
    copy = max(named.copy, _copy(own))
    return Handed(file, named.owner, named.late, named.stamp, copy, file.parts[:at])
