"""What a check can say: it raises one of three exceptions, or the answer is correct."""

import html
import sys
from dataclasses import dataclass
from typing import Any

from helpers.translations import translated

CORRECT = "correct"
WRONG = "wrong"
NOT_ATTEMPTED = "not attempted"
COULD_NOT_CHECK = "could not check"

# an outcome for programs: exercise, status, diagnosis, message, idea, hints_used
OUTCOME_TYPE = "application/vnd.anomaly-workshop.outcome+json"

MARKS = {CORRECT: "✔", WRONG: "✘", NOT_ATTEMPTED: "…", COULD_NOT_CHECK: "?"}
_PLAIN_MARKS = {CORRECT: "+", WRONG: "x", NOT_ATTEMPTED: ".", COULD_NOT_CHECK: "?"}
_COLOURS = {
    CORRECT: "#009E73",
    WRONG: "#D55E00",
    NOT_ATTEMPTED: "#767676",
    COULD_NOT_CHECK: "#0072B2",
}


def mark(status: str) -> str:
    """Return the mark of a status; a plain one where the screen has no check mark."""
    try:
        MARKS[status].encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except (UnicodeEncodeError, LookupError):  # cp1252, in a Windows console
        return _PLAIN_MARKS[status]
    return MARKS[status]


class Wrong(Exception):
    """The answer shows a mistake: its `diagnosis` by name, and the idea behind it.

    `detail` is what this very answer gave: it may quote values, so where they must stay
    hidden, only the idea goes out.
    """

    def __init__(self, diagnosis: str, idea: str, detail: str = ""):
        super().__init__(f"{idea} {detail}".strip())
        self.diagnosis = diagnosis
        self.idea = idea


class NotAttempted(Exception):
    """The answer is still the placeholder; a message says what to do about it."""


class CannotCheck(Exception):
    """The check can't read an answer of this kind; the message says which it needs."""


@dataclass(frozen=True)
class Outcome:
    """What `check` found; Jupyter shows it as a coloured line, in its own language.

    `status` is one of "correct", "wrong", "not attempted" and "could not check";
    `diagnosis` names the mistake where the status is "wrong", and `idea` is the part of
    the message that quotes nothing of the data. Programs find all of it in the cell's
    output under the MIME type `OUTCOME_TYPE`.
    """

    exercise: str
    status: str
    message: str
    diagnosis: str | None = None
    idea: str = ""
    hints_used: int = 0

    def __repr__(self) -> str:
        named = f" ({translated(self.diagnosis)})" if self.diagnosis else ""
        head = f"{mark(self.status)} {translated(f'Exercise {self.exercise}')}: "
        head += f"{translated(self.status)}{named}."
        return f"{head} {self._told()}".rstrip()

    def _told(self) -> str:
        """Return the message in the notebook's language: the idea, then the rest."""
        if not self.idea or not self.message.startswith(self.idea):
            return translated(self.message)
        rest = self.message[len(self.idea) :]
        return translated(self.idea) + translated(rest)

    def as_dict(self) -> dict[str, Any]:
        """Return all that programs need, as plain data."""
        return {
            "exercise": self.exercise,
            "status": self.status,
            "diagnosis": self.diagnosis,
            "message": self.message,
            "idea": self.idea,
            "hints_used": self.hints_used,
        }

    def _repr_mimebundle_(self, **kwargs: object) -> dict[str, Any]:
        return {
            "text/plain": repr(self),
            "text/html": _panel(repr(self), _COLOURS[self.status]),
            OUTCOME_TYPE: self.as_dict(),
        }


def _panel(text: str, colour: str) -> str:
    return (
        f'<div style="border-left: 4px solid {colour}; padding: 0.4em 0.8em">'
        f"{html.escape(text)}</div>"
    )
