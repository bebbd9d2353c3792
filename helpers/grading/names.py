"""Whose a file is, by its name: as Moodle, Canvas, Google Classroom and people name.

Moodle      Ada Lovelace_123456_assignsubmission_file_/03_x.ipynb, or all in one name
Canvas      lovelaceada_LATE_12345_678901_03_x-1.ipynb
Classroom   Ada Lovelace - 03_x.ipynb
people      ada/03.ipynb, ada.ipynb, ada (1).ipynb, ada.zip
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import NamedTuple

_MOODLE = re.compile(
    r"(?P<name>.+?)_(?P<id>\d+)_assignsubmission_(?:file|onlinetext)_?(?P<rest>.*)$",
    re.IGNORECASE,
)
_CANVAS = re.compile(
    r"(?P<name>[^_]+)_(?P<late>late_)?(?P<id>\d+)_(?P<stamp>\d+)_(?P<rest>.+)$",
    re.IGNORECASE,
)
_BLACKBOARD = re.compile(
    r".+_(?P<name>[^_]+)_attempt_(?P<when>\d{4}(?:-\d\d){5})_?(?P<rest>.*)$",
    re.IGNORECASE,
)
_COPIES = (
    re.compile(r"(?P<base>.+?)[ _]?\((?P<n>\d{1,3})\)$"),
    re.compile(r"(?P<base>.+?)-Copy(?P<n>\d{1,3})$", re.IGNORECASE),
    re.compile(r"(?P<base>.+?) - (?:Copy|Kopie|Copie|copia)$", re.IGNORECASE),
    re.compile(r"(?P<base>.+?) copy(?: (?P<n>\d{1,3}))?$", re.IGNORECASE),
    re.compile(r"(?:Copy of|Kopie von|Copie de) (?P<base>.+)$", re.IGNORECASE),
)
_NOTEBOOK = re.compile(r"(?P<stem>.*)\.ipynb(?:\.txt|\.json)?$", re.IGNORECASE | re.S)
_ENDING = re.compile(
    "pdf|docx?|odt|rtf|pptx?|xlsx?|ods|[ct]sv|txt|md|json|html?|xml|py|r|rmd|jl|m|png"
    "|jpe?g|gif|svg|heic|zip|7z|rar|tar|t?gz|bz2|xz|url|webloc|log",
    re.IGNORECASE,
)
_A_LESSON = re.compile(
    r"(?:(?:lesson|week|unit|exercises?|assignment|homework|hw|ex|lab|task|day|session"
    r"|notebook|workshop|w)[ _.-]*)?\d{1,2}$",
    re.IGNORECASE,
)
_OF_SYSTEMS = ("__macosx", "__pycache__", "thumbs.db", "desktop.ini", "icon\r")
_LARGEST_MAYBE = 20_000_000
_CLASS_WORD = re.compile(
    "class(es)?|courses?|submissions?|assignments?|sections?|cohort|groups?|handins?"
    "|students|learners|klassen?|kurs|abgaben?|all"
)


class Owner(NamedTuple):
    """A learner as a name tells: the name and, where a platform gives one, its id."""

    name: str
    id: str = ""


@dataclass(frozen=True)
class Named:
    """What a platform's name says: the owner, what is left of it, and when.

    `stamp` grows with time where the platform counts files; a late one is newer.
    """

    owner: Owner
    rest: str = ""
    late: bool = False
    stamp: int = 0
    copy: int = 0


def moodle_name(name: str) -> Named | None:
    """Return what Moodle's name of a file or folder says, or None."""
    found = _MOODLE.match(name)
    if not found:
        return None
    owner = Owner(found["name"].strip(), found["id"])
    return Named(owner, found["rest"], stamp=int(found["id"][:18]))


def canvas_name(name: str) -> Named | None:
    """Return what Canvas's name of a file says, or None."""
    found = _CANVAS.match(name)
    if not found or is_class(found["name"]):
        return None
    again = re.search(r"-(\d{1,3})(?=\.[^.]+$)", found["rest"])
    return Named(
        Owner(found["name"], found["id"]),
        found["rest"],
        late=bool(found["late"]),
        stamp=int(found["stamp"][:18]),
        copy=int(again[1]) if again else 0,
    )


def blackboard_name(name: str) -> Named | None:
    """Return what Blackboard's name of a file says, or None."""
    found = _BLACKBOARD.match(name)
    if not found:
        return None
    stamp = int(found["when"].replace("-", ""))
    return Named(Owner(found["name"]), found["rest"], stamp=stamp)


def classroom_name(stem: str) -> str:
    """Return the learner in Classroom's "Ada Lovelace - 03_x", else the whole stem."""
    left, dash, right = stem.partition(" - ")
    if not dash or not left.strip() or not right.strip():
        return stem
    return right.strip() if is_lesson(left.strip()) else left.strip()


def without_copy(stem: str) -> tuple[str, int]:
    """Return a stem without what programs add to copies, and the copy's number."""
    for pattern in _COPIES:
        if found := pattern.match(stem):
            number = found.groupdict().get("n")
            return found["base"], int(number) if number else 1
    return stem, 0


def stem_of(name: str) -> str:
    """Return a file's name without its ending."""
    if found := _NOTEBOOK.match(name):
        return found["stem"]
    stem, _, ending = name.rpartition(".")
    return stem if stem and _ENDING.fullmatch(ending) else name


def is_notebook(name: str) -> bool:
    """Whether a file is named like a notebook, or like one that a browser renamed."""
    return bool(_NOTEBOOK.match(name))


def may_be_notebook(name: str, size: int) -> bool:
    """Whether a file without a notebook's name is worth a look: a browser's work."""
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    return ending in ("", "json", "txt") and 0 < size < _LARGEST_MAYBE


def is_archive(name: str) -> bool:
    """Whether a file is named like a zip."""
    return name.lower().endswith(".zip")


def is_lesson(stem: str) -> bool:
    """Whether a name is that of a lesson: "03", "lesson 3", "week3", "W1"."""
    return bool(_A_LESSON.match(stem))


def is_class(stem: str) -> bool:
    """Whether a name is that of a whole class: "class", "submissions", "lesson 3"."""
    words = re.split(r"[\W\d_]+", stem.casefold())
    return is_lesson(stem) or any(map(_CLASS_WORD.fullmatch, words))


def is_no_hand_in(name: str) -> bool:
    """Whether systems and editors made a file, not a learner."""
    return (
        name.startswith((".", "~$"))
        or name.lower() in _OF_SYSTEMS
        or name.lower().endswith(".ipynb~")
    )


def same(name: str) -> str:
    """Return the form in which two ways to write a name are the same."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(c for c in unicodedata.normalize("NFKC", folded) if c.isalnum())


def shown(name: str) -> str:
    """Return a name as text that can be written anywhere.

    Bytes that are no UTF-8 are taken for Windows-1252; control characters are told
    by their number, so that two names stay two.
    """
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        raw = name.encode("utf-8", "surrogateescape")
        name = raw.decode("cp1252", "backslashreplace")
    return "".join(
        c if unicodedata.category(c) != "Cc" else f"\\x{ord(c):02x}" for c in name
    )
