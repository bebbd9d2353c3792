"""What grading passes on from step to step: a submission, its marks, a row.

`collect` makes a `Submission` of every file that was handed in, `judge` a `Mark` of
every exercise in it, and a `Row` is the line of one learner and one lesson, which all
reports are made of. All three are plain data.
"""

from dataclasses import dataclass, field

READ = "read"
MISSING = "missing"  # on the roster, and nothing was handed in
UNREADABLE = "unreadable"  # a file that is no notebook, or too large a one
GRADED = "graded"


@dataclass(frozen=True)
class Submission:
    """One notebook of one learner, as far as it can be read.

    `file` is its place below the folder of submissions ("class.zip/ada_12_03.ipynb"
    inside an archive). `exercises` holds the source of each exercise's cell by number,
    `own` the other code cells that the learner added or changed, in their order.
    `reason` says in a line why a file can't be read, `remarks` what a teacher should
    know and what costs nothing (late, handed in twice).
    """

    learner: str
    file: str = ""
    lesson: str | None = None
    status: str = READ
    reason: str = ""
    remarks: tuple[str, ...] = ()
    exercises: dict[str, str] = field(default_factory=dict)
    own: tuple[str, ...] = ()


@dataclass(frozen=True)
class Mark:
    """What one exercise earned, and why.

    `status` is that of `helpers.exercises.outcomes`; `diagnosis` names the mistake and
    `idea` says what is behind it, neither of them quotes hidden data. `incident` is a
    fact about the box ("its process was ended by signal 9"), `suspicion` what honest
    answers don't do; both are empty for most. `copied_is_right` marks exercises whose
    answer is the same for everybody.
    """

    exercise: str
    points: int
    of: int
    status: str
    diagnosis: str = ""
    idea: str = ""
    incident: str = ""
    suspicion: str = ""
    copied_is_right: bool = False


@dataclass(frozen=True)
class Row:
    """The line of one learner and one lesson in every report."""

    learner: str
    file: str
    lesson: str
    status: str
    marks: tuple[Mark, ...] = ()
    reason: str = ""
    remarks: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        """Points earned in all exercises of the lesson."""
        return sum(mark.points for mark in self.marks)

    @property
    def of(self) -> int:
        """Points that can be earned in the lesson."""
        return sum(mark.of for mark in self.marks)

    @property
    def flags(self) -> tuple[str, ...]:
        """ "incident" and "suspicious", where a mark has one."""
        said = (
            ("incident", any(mark.incident for mark in self.marks)),
            ("suspicious", any(mark.suspicion for mark in self.marks)),
        )
        return tuple(name for name, holds in said if holds)
