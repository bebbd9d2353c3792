"""A class, graded: submissions in, gradebook and pages out, and nothing done twice.

Each answer is judged under the run's key, and what is said of it is kept under
`--out`, in `work/verdicts.jsonl`, as soon as it is known. So a run that was interrupted
goes on where it stopped, a second run judges only what changed, and equal answers are
judged once. The reports are made of that and of nothing else: the same class gives the
same bytes.
"""

import contextlib
import functools
import itertools
import math
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from helpers.errors import KitError
from helpers.exercises.declared import PAPER, Exercise
from helpers.exercises.outcomes import CORRECT, COULD_NOT_CHECK, NOT_ATTEMPTED
from helpers.grading.box import kit_for_boxes, why_not
from helpers.grading.chunks import Answer, Running, Terms, judge_chunk
from helpers.grading.cluster import Took, judge_on_cluster
from helpers.grading.collect import collect
from helpers.grading.gradebook import require_format
from helpers.grading.grounds import lesson_ground
from helpers.grading.judge import Verdict
from helpers.grading.ledger import Key, Ledger, digest
from helpers.grading.reports import write_reports
from helpers.grading.rows import GRADED, READ, Mark, Row, Submission
from helpers.locks import only_one_in

# answers in a chunk: to begin one takes as long as forty quick answers, and what a
# worker of a cluster judges is told, or lost with it, at the end of its chunk
_SMALLEST, _LARGEST, _LARGEST_ON_CLUSTER = 5, 100, 50
Progress = Callable[[int, int], None]  # of answers judged, and of all
Asked = tuple[str, Key, Answer]  # lesson, its names in the ledger, the answer


@dataclass(frozen=True)
class Order:
    """What the teacher asks for: see `workshop grade --help`."""

    folder: Path
    out: Path
    lesson: str | None = None
    roster: Path | None = None
    jobs: int = 2
    format: str | None = None
    scheduler: str | None = None
    sandbox: bool = True
    limits: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Graded:
    """What came of a run: the rows, how many answers could not be judged, and why."""

    rows: tuple[Row, ...]
    judged: int
    failed: int = 0
    why: str = ""


def grade(order: Order, progress: Progress = lambda done, of: None) -> Graded:
    """Grade a folder of submissions; return the rows, which are also written.

    Raises `KitError` for a folder that isn't there, where there can be no box and
    `sandbox` is wanted, and where another run works in the same `out`.
    """
    _require(order)
    order.out.mkdir(parents=True, exist_ok=True)
    with only_one_in(order.out):
        terms = repr((order.sandbox, order.limits))
        ledger = Ledger.in_folder(order.out, terms)
        submissions = collect(order.folder, lesson=order.lesson, roster=order.roster)
        class_ = _Class(submissions, ledger)
        missing = class_.missing()
        why = _judge(order, ledger, missing, progress)
        failed = sum(ledger.of(*key) is None for _, key, _ in missing)
        rows = tuple(class_.rows())
        write_reports(rows, order.out, format=order.format, facts=class_.facts())
    return Graded(rows, len(missing) - failed, failed, why)


def _require(order: Order) -> None:
    if not order.folder.is_dir():
        raise KitError(f"{order.folder} is no folder: name that of the submissions")
    if order.out.resolve().is_relative_to(order.folder.resolve()):
        raise KitError(
            f"{order.out} lies among the submissions: name a folder beside them"
        )
    require_format(order.format)
    if order.jobs < 1:
        raise KitError(f"--jobs is at least 1, not {order.jobs}")
    reason = why_not() if order.sandbox and not order.scheduler else None
    if reason:
        raise KitError(
            f"learners' code can't be kept in a box here: {reason}. (--no-sandbox runs "
            "it with all your rights: only for code that you have read.)"
        )


# -- a class ---------------------------------------------------------------------------


@dataclass(frozen=True)
class _Entry:
    """One exercise of one submission, and what was handed in for it, if anything."""

    exercise: Exercise
    answer: Answer | None = None
    key: Key | None = None  # the answer's names in the ledger


class _Class:
    """The submissions of a run, and what their exercises are worth."""

    def __init__(self, submissions: Sequence[Submission], ledger: Ledger):
        self.ledger = ledger
        self._blanks: dict[str, str] = {}
        self.entries = [
            (each, [self._entry(each, exercise) for exercise in _exercises(each)])
            for each in sorted(
                submissions,
                key=lambda each: (each.learner, each.lesson or "", each.file),
            )
        ]

    def missing(self) -> list[Asked]:
        """Return the answers that have no verdict yet, each once."""
        found: dict[Key, Asked] = {}
        for submission, entries in self.entries:
            for each in entries:
                if each.answer and each.key and self.ledger.of(*each.key) is None:
                    asked = (str(submission.lesson), each.key, each.answer)
                    found.setdefault(each.key, asked)
        return list(found.values())

    def rows(self) -> Iterator[Row]:
        """Yield the line of each learner and lesson."""
        for each, entries in self.entries:
            yield Row(
                each.learner,
                each.file,
                each.lesson or "",
                GRADED if each.status == READ else each.status,
                tuple(self._mark(entry) for entry in entries),
                each.reason,
                each.remarks,
            )

    def facts(self) -> dict[str | tuple[str, str], dict[str, Any]]:
        """Return what explains a mark a year later, by file and exercise."""
        return {
            (submission.file, each.exercise.number): self._fact(each.answer, each.key)
            for submission, entries in self.entries
            for each in entries
            if each.answer and each.key
        }

    def _fact(self, answer: Answer, key: Key) -> dict[str, Any]:
        verdict = self.ledger.of(*key)
        own = bool(verdict and verdict.own_cells)
        return {
            "graded": digest([answer.source, *(answer.own if own else ())]),
            "other_cells_used": own,
            "kit": self.ledger.kit,
        }

    def _entry(self, submission: Submission, exercise: Exercise) -> _Entry:
        lesson, number = str(submission.lesson), exercise.number
        source = submission.exercises.get(number)
        if source is None or self._is_blank(lesson, number, source):
            return _Entry(exercise)
        others = tuple(
            cell
            for other, cell in sorted(submission.exercises.items())
            if other != number
        )
        answer = Answer(number, source, submission.own, others)
        return _Entry(exercise, answer, self.ledger.key_of(lesson, answer))

    def _is_blank(self, lesson: str, number: str, source: str) -> bool:
        if number not in self._blanks:
            self._blanks[number] = _squeezed(lesson_ground(lesson).blank(number))
        return _squeezed(source) in ("", self._blanks[number])

    def _mark(self, entry: _Entry) -> Mark:
        exercise, number = entry.exercise, entry.exercise.number
        copied = exercise.kind == PAPER
        if entry.key is None:
            return Mark(
                number, 0, exercise.points, NOT_ATTEMPTED, copied_is_right=copied
            )
        verdict = self.ledger.of(*entry.key) or Verdict(
            number, COULD_NOT_CHECK, incident="it could not be judged in this run"
        )
        return Mark(
            number,
            exercise.points if verdict.status == CORRECT else 0,
            exercise.points,
            verdict.status,
            verdict.diagnosis,
            verdict.idea,
            verdict.incident,
            verdict.suspicion,
            copied,
        )


def _exercises(submission: Submission) -> tuple[Exercise, ...]:
    if submission.status != READ or submission.lesson is None:
        return ()
    return lesson_ground(submission.lesson).exercises


def _squeezed(source: str) -> str:
    """Return code with all white space alike, so that blanks can be told."""
    return " ".join(source.split())


# -- judging ---------------------------------------------------------------------------


def _judge(
    order: Order, ledger: Ledger, missing: Sequence[Asked], progress: Progress
) -> str:
    """Judge what isn't known yet; each verdict is kept at once. Return what failed."""
    if not missing:
        return ""
    largest = _LARGEST if order.scheduler is None else _LARGEST_ON_CLUSTER
    chunks = chunks_of(missing, order.jobs, largest)
    lock, done = threading.Lock(), itertools.count(1)
    progress(0, len(missing))

    def took(number: int, place: int, verdict: Verdict) -> None:
        with lock:
            ledger.note(chunks[number][place][1], verdict)
            progress(next(done), len(missing))

    if order.scheduler is None:
        return _by_threads(order, ledger, chunks, took)
    asked = [
        {
            "lesson": chunk[0][0],
            "answers": [asdict(answer) for _, _, answer in chunk],
            "key": ledger.secret.hex(),
            "boxed": order.sandbox,
            "limits": order.limits,
        }
        for chunk in chunks
    ]
    return judge_on_cluster(order.scheduler, asked, ledger.kit, took)


def _by_threads(
    order: Order, ledger: Ledger, chunks: list[list[Asked]], took: Took
) -> str:
    """Judge chunks side by side on this machine; an interruption ends all of them."""
    running, why = Running(), ""
    with contextlib.ExitStack() as stack:
        lessons = {chunk[0][0] for chunk in chunks}
        kit = stack.enter_context(kit_for_boxes(lessons)) if order.sandbox else None
        terms = Terms(ledger.secret, kit, order.limits)
        pool = stack.enter_context(ThreadPoolExecutor(order.jobs))
        stack.callback(running.stop)

        def judge(number: int) -> None:
            answers = [answer for _, _, answer in chunks[number]]
            told = functools.partial(took, number)
            judge_chunk(chunks[number][0][0], answers, terms, told, running)

        for future in as_completed([pool.submit(judge, n) for n in range(len(chunks))]):
            try:
                future.result()
            except KitError as problem:
                why = str(problem)
    return why


def chunks_of(
    missing: Sequence[Asked], jobs: int, largest: int = _LARGEST
) -> list[list[Asked]]:
    """Return the answers in chunks of one lesson each, as many for every job."""
    by_lesson: dict[str, list[Asked]] = {}
    for each in missing:
        by_lesson.setdefault(each[0], []).append(each)
    found = []
    for several in by_lesson.values():
        chunks = jobs * math.ceil(len(several) / (jobs * largest))
        size = max(_SMALLEST, math.ceil(len(several) / chunks))
        found += [several[at : at + size] for at in range(0, len(several), size)]
    return found
