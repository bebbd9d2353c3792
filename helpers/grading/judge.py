"""The judge: asks checks about answers that stay in a box, in nbval's clean kernel.

Nothing of a learner's runs here. A cell of the grading notebook is `judge.ask(7)`; it
runs the seventh answer's cell in the box under the run's key, hands stand-ins for the
answers to the exercise's check, and shows a verdict, which nbval compares with the
notebook's. All that is told of an answer is written into `records.jsonl`, too.
"""

import contextlib
import hashlib
import hmac
import io
import json
import os
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from helpers.exercises.declared import VALUES, Exercise, find
from helpers.exercises.draws import generator
from helpers.exercises.engine import ask_drawn
from helpers.exercises.outcomes import (
    CORRECT,
    COULD_NOT_CHECK,
    WRONG,
    Outcome,
)
from helpers.grading.box import WITH_TENSORFLOW, Box, Incident, Limits
from helpers.grading.plain import encode, plain_only
from helpers.grading.proxies import ENDED, Ground, Raised, Task
from helpers.grading.rows import KERNEL
from helpers.grading.withheld import OwnCodeWanted

RECORDS = "records.jsonl"
LIBRARY_ANSWER = "library answer"
_REFUSED = OwnCodeWanted.__name__
_WANTS_KERAS = re.compile(r"^\s*(?:import|from)\s+(?:keras|tensorflow)\b", re.MULTILINE)
TYPED_IN = "the same answer for other data"
_TYPED_IN_IDEA = (
    "The answer is the same whatever the data: it was typed in, or computed from what "
    "the exercise does not give."
)


@dataclass(frozen=True)
class Verdict:
    """What is said of one answer; shown, it is the line that nbval compares."""

    exercise: str
    status: str
    diagnosis: str = ""
    idea: str = ""
    incident: str = ""
    suspicion: str = ""
    own_cells: bool = False  # whether the learner's other cells were wanted

    def __repr__(self) -> str:
        named = f" ({self.diagnosis})" if self.diagnosis else ""
        return f"{self.exercise}: {self.status}{named}"


def expected(exercise: str) -> str:
    """Return the line that stands in the grading notebook: a correct answer's."""
    return repr(Verdict(exercise, CORRECT))


@dataclass
class _Attempt:
    """All that happens while one answer is asked about, over its draws."""

    tasks: list[Task] = field(default_factory=list)
    endings: list[str] = field(default_factory=list)

    @property
    def incident(self) -> str:
        """The first thing that went wrong with its processes, as far as is known."""
        broken = [task.incident for task in self.tasks if task.incident]
        if broken and broken[0] != ENDED:
            return broken[0]
        return (self.endings + broken)[0] if broken or self.endings else ""

    @property
    def was_broken(self) -> bool:
        return any(task.incident for task in self.tasks)

    @property
    def suspicion(self) -> str:
        return "; ".join(dict.fromkeys(s for task in self.tasks for s in task.seen))

    @property
    def raised(self) -> list[str]:
        return [kind for task in self.tasks for kind in task.raised]


class Judge:
    """Asks about the answers of one chunk: tasks of one lesson, under one key."""

    def __init__(self, folder: Path):
        chunk = json.loads((folder / "chunk.json").read_text(encoding="utf-8"))
        self.tasks: list[dict[str, Any]] = chunk["tasks"]
        self.key = bytes.fromhex(chunk["key"])
        self.kit = Path(chunk["kit"]) if chunk["kit"] else None
        self.imports = tuple(chunk["imports"])
        self.functions: dict[str, list[str]] = chunk["functions"]
        self.limits = WITH_TENSORFLOW if chunk["networks"] else Limits()
        if chunk.get("limits"):
            self.limits = Limits(**(asdict(self.limits) | chunk["limits"]))
        self._usual = self.limits
        self._may_grow = "memory" not in (chunk.get("limits") or {})
        self.records = folder / RECORDS
        self._box: Box | None = None

    @classmethod
    def of(cls, folder: str | Path) -> "Judge":
        """Return the judge of the chunk in `folder`, its box warmed up."""
        made = cls(Path(folder))
        (Path(folder) / KERNEL).write_text(str(os.getpid()))
        made._warm_box()
        return made

    def ask(self, place: int) -> Verdict:
        """Return what is said of a task's answer, and write it down.

        Where the cell alone misses a name, the learner's other cells run before it.
        """
        with _in_silence():
            verdict = self._verdict(self.tasks[place])
        told = asdict(verdict) | {"place": place}
        with self.records.open("a", encoding="utf-8") as file:
            file.write(json.dumps(told) + "\n")
        return verdict

    def close(self) -> None:
        """End the box."""
        if self._box is not None:
            self._box.close()

    # -- one answer --

    def _verdict(self, task: dict[str, Any]) -> Verdict:
        found, cell = find(task["exercise"]), task["source"]
        self._make_room(cell, *task["own"])
        verdict, missed = self._judged(found, cell, (), ())
        own, others = tuple(task["own"]), tuple(task["others"])
        if verdict.status == CORRECT or not (own or others):
            return verdict
        hidden = not verdict.incident and binds_a_name_of(own, cell, found.answers)
        if missed or hidden:
            verdict, _ = self._judged(found, cell, own, others)
            if verdict.incident:  # a long trial, perhaps, that it doesn't need
                verdict, _ = self._judged(found, cell, own, others, sparing=True)
        wrong = verdict.status != CORRECT and not verdict.incident
        if wrong and self._change_given(found, (*own, *others)):
            again, _ = self._judged(found, cell, own, others, changed=True)
            verdict = again if again.status == CORRECT else verdict
        return verdict

    def _change_given(self, found: Exercise, cells: Sequence[str]) -> bool:
        """Say whether cells may change what an exercise gives: table["x"] = ..."""
        changed = {
            word
            for source in cells
            for left in _LEFT_OF_EQUALS.findall(source)
            for word in re.findall(r"\w+", left)
        }
        return bool(changed) and not changed.isdisjoint(
            found.given_by(generator(found.number, self.key))
        )

    def _judged(
        self,
        found: Exercise,
        cell: str,
        own: tuple[str, ...],
        others: tuple[str, ...],
        sparing: bool = False,
        changed: bool = False,
    ) -> tuple[Verdict, bool]:
        """Return the verdict, and whether a name was missed on the way to it."""
        ground = self._ground_of(found, own, others)
        ground = replace(ground, sparing=sparing, changed=changed)
        attempt = _Attempt()
        np.random.seed(ground.seed % 2**32)  # noqa: NPY002 - models without a seed
        outcome = self._outcome(found, cell, ground, attempt)
        refused = outcome.status == COULD_NOT_CHECK and _REFUSED in attempt.raised
        if found.may_not_call and (outcome.status == CORRECT or refused):
            outcome = self._not_borrowed(outcome, found, cell, ground)
        listed = {mistake.diagnosis for mistake in found.mistakes}
        if (
            found.kind == VALUES
            and outcome.status == WRONG
            and not (outcome.diagnosis in listed or attempt.was_broken)
        ):
            outcome = self._typed_in(outcome, found, cell, ground)
        verdict = Verdict(
            found.number,
            COULD_NOT_CHECK if attempt.was_broken else outcome.status,
            "" if attempt.was_broken else (outcome.diagnosis or ""),
            _told(outcome, attempt),
            attempt.incident,
            attempt.suspicion,
            bool(own or others),
        )
        return verdict, "NameError" in attempt.raised

    def _ground_of(
        self, found: Exercise, own: tuple[str, ...], others: tuple[str, ...]
    ) -> Ground:
        told = f"{found.number}:unseeded".encode()
        digest = hmac.new(self.key, told, hashlib.sha256).digest()
        return Ground(
            imports=self.imports,
            functions=tuple(self.functions[found.number]),
            own=own,
            others=others,
            may_not_call=found.may_not_call,
            seed=int.from_bytes(digest[:6]),
        )

    def _outcome(
        self, found: Exercise, cell: str, ground: Ground, attempt: _Attempt
    ) -> Outcome:
        """Ask the check under the run's key, a fresh process for every draw."""
        last: list[Task] = []

        def answer(given: dict[str, Any]) -> tuple[object, ...]:
            self._finish(last, attempt)
            last.append(Task(self._warm_box().task()))
            attempt.tasks.append(last[0])
            return last[0].run(ground, cell, given, found.answers)

        try:
            return ask_drawn(found, answer, self.key)
        except (Raised, Incident) as problem:
            return Outcome(found.number, COULD_NOT_CHECK, str(problem))
        except Exception as problem:  # of `answer`: what could not be handed over
            attempt.raised.append(type(problem).__name__)
            return Outcome(found.number, COULD_NOT_CHECK, type(problem).__name__)
        finally:
            self._finish(last, attempt)

    def _finish(self, last: list[Task], attempt: _Attempt) -> None:
        while last and self._box is not None:
            ended = self._box.finish(last.pop().channel)
            attempt.endings += [ended] if ended else []

    def _not_borrowed(
        self, outcome: Outcome, found: Exercise, cell: str, ground: Ground
    ) -> Outcome:
        """Return the outcome, or that an answer uses what it may not call.

        One that is not right was refused it, by whatever way it came to it. A right
        one owes nothing to what is in no box, even where it names it.
        """
        if outcome.status == CORRECT and self.kit is not None:
            named = found.may_not_call
            on_disk = tuple(each for each in named if not each.startswith("helpers."))
            if not on_disk:
                return outcome
            ground = replace(ground, may_not_call=on_disk)
        try:
            with self._fresh_task() as task:
                borrowed = task.borrows(ground, cell, found.answers)
        except Incident as problem:
            idea = f"The exercise asks for your own code, and {problem}."
            return Outcome(found.number, WRONG, idea, LIBRARY_ANSWER, idea)
        if borrowed is None and outcome.status == CORRECT:
            return outcome
        what = borrowed or "what it asks you to write"
        idea = f"The exercise asks for your own code; this answer uses {what}."
        return Outcome(found.number, WRONG, idea, LIBRARY_ANSWER, idea)

    def _typed_in(
        self, outcome: Outcome, found: Exercise, cell: str, ground: Ground
    ) -> Outcome:
        """Return the outcome, or that the answer doesn't follow from the data."""
        told = []
        for draw in ("one", "another"):
            key = hmac.new(self.key, draw.encode(), hashlib.sha256).digest()
            told.append(self._answers_under(key, found, cell, ground))
        if told[0] is None or told[0] != told[1]:
            return outcome
        return Outcome(found.number, WRONG, _TYPED_IN_IDEA, TYPED_IN, _TYPED_IN_IDEA)

    def _answers_under(
        self, key: bytes, found: Exercise, cell: str, ground: Ground
    ) -> str | None:
        given = found.given_by(generator(found.number, key))
        try:
            with self._fresh_task() as task:
                values = task.run(ground, cell, given, found.answers)
                return json.dumps([encode(each, plain_only) for each in values])
        except Exception:  # what comes out of a box may be anything
            return None

    # -- the box --

    def _make_room(self, *cells: str) -> None:
        """Take a box of the usual size, or one with room for Keras where cells ask."""
        limits = self._usual
        if self._may_grow and any(map(_WANTS_KERAS.search, cells)):
            limits = replace(
                limits,
                memory=max(limits.memory, WITH_TENSORFLOW.memory),
                group_memory=max(limits.group_memory, WITH_TENSORFLOW.group_memory),
                processes=max(limits.processes, WITH_TENSORFLOW.processes),
            )
        if limits != self.limits:
            self.close()
            self.limits, self._box = limits, None

    @contextmanager
    def _fresh_task(self) -> Iterator[Task]:
        task = Task(self._warm_box().task())
        try:
            yield task
        finally:
            if self._box is not None:
                self._box.finish(task.channel)

    def _warm_box(self) -> Box:
        if self._box is None or not self._box.alive:
            self.close()
            self._box = Box(self.kit, list(self.imports), self.limits)
        return self._box


@contextmanager
def _in_silence() -> Iterator[None]:
    """Let nothing be shown but the verdict, be it a warning or a model's own words."""
    with (
        warnings.catch_warnings(),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        warnings.simplefilter("ignore")
        yield


def binds_a_name_of(own: Sequence[str], cell: str, answers: Sequence[str]) -> bool:
    """Say whether cells may bind a name that a cell finds another thing under.

    A helper called like a function of the lesson's is missed without a `NameError`.
    """
    found = [name for source in own for pair in _BOUND.findall(source) for name in pair]
    words = set(re.findall(r"\w+", cell)) - {"", *answers}
    return not words.isdisjoint(found)


_BOUND = re.compile(
    r"^(?:async +)?(?:def|class) +(\w+)|^(\w+) *(?::[^=\n]*)?=(?!=)", re.MULTILINE
)


_LEFT_OF_EQUALS = re.compile(r"^([^=\n#]*)=(?!=)", re.MULTILINE)


def _told(outcome: Outcome, attempt: _Attempt) -> str:
    """Return what a learner may read: the idea, never a value of a hidden draw."""
    if attempt.incident and outcome.status != CORRECT:
        return f"Your code was stopped: {attempt.incident}."
    if outcome.status == CORRECT:
        return ""
    if outcome.status != COULD_NOT_CHECK:
        return outcome.idea
    kind = next((kind for kind in attempt.raised if kind in _KNOWN), None)
    if attempt.raised:
        return (
            f"On other data than the notebook's your code raised {kind or 'an error'}."
        )
    return "The answer is not of the kind that the exercise asks for."


_KNOWN = frozenset(
    name
    for name, value in vars(__import__("builtins")).items()
    if isinstance(value, type) and issubclass(value, BaseException)
) | {"NotFittedError", "InvalidParameterError", "LinAlgError"}
