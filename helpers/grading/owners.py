"""Whose each file is: by a platform's names, by the roster, else by folder or name."""

from dataclasses import dataclass

from helpers.grading.found import FoundFile
from helpers.grading.names import (
    Named,
    Owner,
    classroom_name,
    platform_name,
    stem_of,
    without_copy,
)
from helpers.grading.roster import Roster


@dataclass(frozen=True)
class Handed:
    """A file and who handed it in; late, stamp and copy order files of one learner."""

    file: FoundFile
    owner: Owner
    late: bool = False
    stamp: int = 0
    copy: int = 0


def owned(found: list[FoundFile], roster: Roster | None) -> dict[str, list[Handed]]:
    """Return the files of each learner by the name that reports show.

    Two learners whom a platform tells apart by a number have it behind their names.
    """
    handed = [each for file in found if (each := _Owners(found, roster).of(file))]
    numbers: dict[str, set[str]] = {}
    for each in handed:
        if each.owner.id:
            numbers.setdefault(each.owner.name, set()).add(each.owner.id)
    learners: dict[str, list[Handed]] = {}
    for each in handed:
        several = len(numbers.get(each.owner.name, ())) > 1 and each.owner.id
        name = f"{each.owner.name} ({each.owner.id})" if several else each.owner.name
        learners.setdefault(name, []).append(each)
    return learners


class _Owners:
    def __init__(self, found: list[FoundFile], roster: Roster | None):
        self.found, self.roster = found, roster

    def of(self, file: FoundFile) -> Handed | None:
        """Return a file with its owner; None for a file beside the submissions."""
        for index, part in enumerate(file.parts):
            if named := platform_name(part):
                return _by_platform(file, named)
        owner = Owner(classroom_name(stem_of(file.parts[0])))
        return Handed(file, owner, copy=without_copy(stem_of(file.name))[1])


def _by_platform(file: FoundFile, named: Named) -> Handed:
    stem = stem_of(named.rest or file.name)
    copy = max(named.copy, without_copy(stem)[1])
    return Handed(file, named.owner, named.late, named.stamp, copy)
