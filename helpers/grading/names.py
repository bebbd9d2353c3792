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
_COPIES = (
    re.compile(r"(?P<base>.+?)[ _]?\((?P<n>\d{1,3})\)$"),
    re.compile(r"(?P<base>.+?)-Copy(?P<n>\d{1,3})$", re.IGNORECASE),
    re.compile(r"(?P<base>.+?) - (?:Copy|Kopie|Copie|copia)$", re.IGNORECASE),
    re.compile(r"(?P<base>.+?) copy(?: (?P<n>\d{1,3}))?$", re.IGNORECASE),
    re.compile(r"(?:Copy of|Kopie von|Copie de) (?P<base>.+)$", re.IGNORECASE),
)
_NOTEBOOK = re.compile(r"(?P<stem>.*)\.ipynb(?:\.txt|\.json)?$", re.IGNORECASE | re.S)
_A_LESSON = re.compile(
    r"(?:(?:lesson|week|unit|exercises?|assignment|homework|hw|ex|lab|task|day|session"
    r"|notebook|workshop|w)[ _.-]*)?\d{1,2}$",
    re.IGNORECASE,
)
_A_CLASS = re.compile(
    r".*(?:class|course|submissions?|hand-?ins?|abgaben?|assignments?|section|cohort)",
    re.IGNORECASE | re.S,
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


def platform_name(name: str) -> Named | None:
    """Return what Moodle's or Canvas's name of a file or folder says, or None."""
    if found := _MOODLE.match(name):
        return Named(Owner(found["name"].strip(), found["id"]), found["rest"])
    if found := _CANVAS.match(name):
        owner = Owner(found["name"], found["id"])
        again = re.search(r"-(\d{1,3})(?=\.[^.]+$)", found["rest"])
        copy = int(again[1]) if again else 0
        late, stamp = bool(found["late"]), int(found["stamp"][:18])
        return Named(owner, found["rest"], late, stamp, copy)
    return None


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
    stem, dot, ending = name.rpartition(".")
    return stem if dot and stem and re.fullmatch(r"\w{1,5}", ending) else name


def is_notebook(name: str) -> bool:
    """Whether a file is named like a notebook, or like one that a browser renamed."""
    return bool(_NOTEBOOK.match(name))


def is_archive(name: str) -> bool:
    """Whether a file is named like a zip."""
    return name.lower().endswith(".zip")


def is_lesson(stem: str) -> bool:
    """Whether a name is that of a lesson: "03", "lesson 3", "week3", "W1"."""
    return bool(_A_LESSON.match(stem))


def is_class(stem: str) -> bool:
    """Whether a name is that of a whole class: "class", "submissions", "lesson 3"."""
    return is_lesson(stem) or bool(_A_CLASS.match(stem))


def is_no_hand_in(name: str) -> bool:
    """Whether systems and editors made a file, not a learner."""
    return (
        name.startswith((".", "~$", "__MACOSX"))
        or name.lower() in ("thumbs.db", "desktop.ini", "icon\r", "__pycache__")
        or name.endswith("~")
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
