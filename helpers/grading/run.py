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
from helpers.grading.grounds import LessonGround, lesson_ground
from helpers.grading.judge import Verdict
from helpers.grading.ledger import Key, Ledger, digest
from helpers.grading.reports import write_reports
from helpers.grading.rows import GRADED, READ, Mark, Row, Submission
from helpers.locks import only_one_in

_SMALLEST, _LARGEST = 5, 60  # answers in a chunk
Progress = Callable[[int, int], None]  # of answers judged, and of all


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
        submissions = list(
            collect(order.folder, lesson=order.lesson, roster=order.roster)
        )
        class_ = _Class(submissions)
        wanted = class_.answers(ledger)
        missing = [each for each in wanted if ledger.of(*each[1]) is None]
        why = _judge(order, ledger, missing, progress)
        failed = sum(ledger.of(*key) is None for _, key, _ in missing)
        rows = tuple(class_.rows(ledger))
        facts = class_.facts(ledger)
        write_reports(rows, order.out, format=order.format, facts=facts)
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


class _Class:
    """The submissions of a run, and what their exercises are worth."""

    def __init__(self, submissions: Sequence[Submission]):
        self.submissions = sorted(
            submissions, key=lambda each: (each.learner, each.lesson or "", each.file)
        )
        self._grounds: dict[str, LessonGround] = {}
        self._blanks: dict[str, str] = {}

    def ground(self, lesson: str) -> LessonGround:
        """Return what a lesson gives to its exercises."""
        if lesson not in self._grounds:
            self._grounds[lesson] = lesson_ground(lesson)
        return self._grounds[lesson]

    def answers(self, ledger: Ledger) -> list[tuple[str, Key, Answer]]:
        """Return all answers that are no blanks, each once, with lesson and key."""
        found: dict[Key, tuple[str, Key, Answer]] = {}
        for each in self.submissions:
            for exercise in self._exercises(each):
                answer = self.answer(each, exercise)
                if answer is not None:
                    key = ledger.key_of(str(each.lesson), answer)
                    found.setdefault(key, (str(each.lesson), key, answer))
        return list(found.values())

    def answer(self, submission: Submission, exercise: Exercise) -> Answer | None:
        """Return what a learner handed in for an exercise; None for nothing."""
        source = submission.exercises.get(exercise.number)
        if source is None or self._is_blank(str(submission.lesson), exercise, source):
            return None
        others = tuple(
            cell
            for number, cell in sorted(submission.exercises.items())
            if number != exercise.number
        )
        return Answer(exercise.number, source, submission.own, others)

    def rows(self, ledger: Ledger) -> Iterator[Row]:
        """Yield the line of each learner and lesson."""
        for each in self.submissions:
            marks = tuple(
                self._mark(each, exercise, ledger) for exercise in self._exercises(each)
            )
            yield Row(
                each.learner,
                each.file,
                each.lesson or "",
                GRADED if each.status == READ else each.status,
                marks,
                each.reason,
                each.remarks,
            )

    def facts(self, ledger: Ledger) -> dict[str | tuple[str, str], dict[str, Any]]:
        """Return what explains a mark a year later, by file and exercise."""
        found: dict[str | tuple[str, str], dict[str, Any]] = {}
        for each in self.submissions:
            for exercise in self._exercises(each):
                answer = self.answer(each, exercise)
                if answer is not None:
                    verdict = ledger.of(*ledger.key_of(str(each.lesson), answer))
                    own = bool(verdict and verdict.own_cells)
                    found[each.file, exercise.number] = {
                        "graded": digest([answer.source, *(answer.own if own else ())]),
                        "other_cells_used": own,
                        "kit": ledger.kit,
                    }
        return found

    def _exercises(self, submission: Submission) -> tuple[Exercise, ...]:
        if submission.status != READ or submission.lesson is None:
            return ()
        return self.ground(submission.lesson).exercises

    def _is_blank(self, lesson: str, exercise: Exercise, source: str) -> bool:
        number = exercise.number
        if number not in self._blanks:
            self._blanks[number] = _squeezed(self.ground(lesson).blank(number))
        return _squeezed(source) in ("", self._blanks[number])

    def _mark(self, each: Submission, exercise: Exercise, ledger: Ledger) -> Mark:
        answer, number = self.answer(each, exercise), exercise.number
        copied = exercise.kind == PAPER
        if answer is None:
            return Mark(
                number, 0, exercise.points, NOT_ATTEMPTED, copied_is_right=copied
            )
        verdict = ledger.of(*ledger.key_of(str(each.lesson), answer)) or Verdict(
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


def _squeezed(source: str) -> str:
    """Return code with all white space alike, so that blanks can be told."""
    return " ".join(source.split())


# -- judging ---------------------------------------------------------------------------

Asked = tuple[str, Key, Answer]  # lesson, its names in the ledger, the answer


def _judge(
    order: Order, ledger: Ledger, missing: Sequence[Asked], progress: Progress
) -> str:
    """Judge what isn't known yet; each verdict is kept at once. Return what failed."""
    if not missing:
        return ""
    chunks = chunks_of(missing, order.jobs)
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
        kit = stack.enter_context(kit_for_boxes()) if order.sandbox else None
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


def chunks_of(missing: Sequence[Asked], jobs: int) -> list[list[Asked]]:
    """Return the answers in chunks of one lesson each, small enough to share out."""
    by_lesson: dict[str, list[Asked]] = {}
    for each in missing:
        by_lesson.setdefault(each[0], []).append(each)
    found = []
    for several in by_lesson.values():
        size = math.ceil(len(several) / jobs)
        size = max(_SMALLEST, min(_LARGEST, size))
        found += [several[at : at + size] for at in range(0, len(several), size)]
    return found
