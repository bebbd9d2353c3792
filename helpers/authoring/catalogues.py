"""The catalogues of a language: what is to be translated, and how far it is.

One `.po` file per lesson and one per room of the kit that speaks to learners, in
`helpers/translations/LANGUAGE/`. In a lesson's file, prose has the lesson and the id of
its cell as context and the English text as msgid; messages of its checks and titles of
its pictures have none. Where the English changed, `renew` keeps the translation as
fuzzy, with the English that it was of; a fuzzy translation isn't used.
"""

import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import PoFileError, read_po, unescape, write_po

from helpers.authoring import markdown
from helpers.authoring.course import Course
from helpers.authoring.derive import LEARNER_DROPS, cell_ids
from helpers.authoring.messages import PICTURE_WORDS, WORDS, messages, units
from helpers.authoring.problems import Problem
from helpers.authoring.source import RUN_SECONDS, Cell, Lesson
from helpers.errors import KitError
from helpers.translations.spoken import FILE, TOKEN

# rooms that speak to learners of every lesson: name of the catalogue -> files, and
# whether they draw
ROOMS = {
    "exercises": (
        "helpers/environment.py",
        "helpers/exercises/answers.py",
        "helpers/exercises/declared.py",
        "helpers/exercises/engine.py",
        "helpers/exercises/judging.py",
        "helpers/exercises/outcomes.py",
        "helpers/exercises/overview.py",
        "helpers/exercises/record.py",
        "helpers/exercises/source.py",
    ),
    "plots": ("helpers/plots/*.py",),
}
GLOSSARY = "glossary.toml"
# ends the opening of a translated lesson: Colab tells no folder
SWITCH = (
    "If checks answer in English, as on Colab, add a cell above the first code cell "
    "with `%env WORKSHOP_LANG={language}` in it, and run both."
)
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_CODE = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
_PIECE = re.compile(r"[.;,]? ")  # how a piece of a longer message begins
_QUOTED = re.compile(r'"(?:\\.|[^"\\])*"')  # a text, or a line of it, in a catalogue
_BOLD = re.compile(r"\*\*(?=\S)[^*]+\*\*")
_FORMULA = re.compile(r"\$([^$]+)\$")


@dataclass(frozen=True)
class Counts:
    """How far a catalogue is: messages in all, fuzzy ones, and those without a text."""

    messages: int
    fuzzy: int
    untranslated: int

    @property
    def whole(self) -> bool:
        """Whether every message is translated."""
        return not self.fuzzy and not self.untranslated

    def __str__(self) -> str:
        done = self.messages - self.fuzzy - self.untranslated
        left = f"{self.fuzzy} fuzzy and {self.untranslated} untranslated stay English"
        return f"{done} of {self.messages} messages translated" + (
            "" if self.whole else f"; {left}"
        )


def folder(course: Course, spoken: str) -> Path:
    """Return where a language's catalogues lie; `KitError` for what names none."""
    if not _LANGUAGE.fullmatch(spoken) or spoken == "en":
        raise KitError(
            f"{spoken!r} is no language to translate into: two or three small letters, "
            "such as th."
        )
    return course.root / "helpers" / "translations" / spoken


def path_of(course: Course, spoken: str, domain: str) -> Path:
    """Return the catalogue of a room or of a lesson's number ("00", "W1")."""
    return folder(course, spoken) / f"{domain.lower()}.po"


def context(lesson: Lesson, cell_id: str) -> str:
    """Return the context of a cell's prose: "00/markdown-1a2b3c4d"."""
    return f"{lesson.number}/{cell_id}"


def prose(lesson: Lesson) -> Iterator[tuple[str, Cell]]:
    """Yield (cell id, cell) of the texts that a learner's notebook has."""
    for identity, cell in zip(cell_ids(lesson.cells), lesson.cells, strict=True):
        if cell.kind == "markdown" and cell.role not in LEARNER_DROPS:
            yield identity, cell


# ------------------------------------------------------------- what is to be translated


def asked_of_room(course: Course, room: str) -> Catalog:
    """Return the messages of a room, none translated."""
    asked = Catalog()
    for pattern in ROOMS[room]:
        for path in sorted(course.root.glob(pattern)):
            code = path.read_text(encoding="utf-8")
            _add(asked, messages(code, pictures=room == "plots"), course.label(path))
    if room == "exercises":
        _add(asked, [*WORDS, SWITCH], "helpers/authoring/messages.py")
    if room == "plots":
        _add(asked, PICTURE_WORDS, "helpers/authoring/messages.py")
    return asked


def asked_of_lesson(course: Course, lesson: Lesson) -> Catalog:
    """Return the prose and the messages of a lesson, none translated."""
    asked = Catalog()
    for identity, cell in prose(lesson):
        asked.add(cell.source, context=context(lesson, identity))
    for cell in lesson.cells:
        if cell.kind == "code" and cell.role is None:
            _add(asked, units(cell.source), lesson.label)
            if "plots." in cell.source:
                _add(asked, messages(cell.source, pictures=True), lesson.label)
    path = course.root / f"helpers/exercises/lesson_{lesson.number.lower()}.py"
    if path.is_file():
        code = path.read_text(encoding="utf-8")
        _add(asked, messages(code), course.label(path))
    return asked


def _add(asked: Catalog, texts: Iterable[str], label: str) -> None:
    for text in texts:
        asked.add(text, locations=[(label, 0)])


# --------------------------------------------------------------------- files and counts


def read(path: Path) -> Catalog:
    """Return a catalogue; an empty one where there is no file.

    Raises `KitError` with the line for a file that is none.
    """
    if not path.is_file():
        return Catalog()
    try:
        with path.open("rb") as file:
            found = read_po(file, charset="utf-8", abort_invalid=True)
    except (PoFileError, IndexError, ValueError) as error:
        raise KitError(f"{path.name} is no catalogue: {error}") from None
    for each in found:
        _take_in_previous(each)
    return found


def _take_in_previous(message: Message) -> None:
    """Turn a "#| msgid" line, which Babel reads as a comment, into what it says."""
    lines = [line for line in message.user_comments if line.startswith("|")]
    if lines:
        message.user_comments = [
            line for line in message.user_comments if line not in lines
        ]
        said = " ".join(line.removeprefix("|").strip() for line in lines)
        if message.fuzzy:
            message.previous_id = ["".join(map(unescape, _QUOTED.findall(said)))]


def renewed(path: Path, asked: Catalog, spoken: str) -> tuple[Catalog, Counts, int]:
    """Return the catalogue at `path` for what is `asked` now, its counts, what is new.

    Translations of texts that changed become fuzzy and keep the English they were of;
    those of texts that are gone stay at the file's end.
    """
    catalogue = read(path)
    known = {(each.id, each.context) for each in catalogue}
    if not path.is_file():
        catalogue = Catalog(
            locale=spoken,
            project="anomaly-workshop",
            version="the course",
            msgid_bugs_address="see CONTRIBUTING.md",
            last_translator="The anomaly-workshop authors",
            language_team=spoken,
            header_comment=f"# Translations of the course: {spoken}",
            creation_date=datetime.now(UTC),
            fuzzy=False,
        )
    earlier = {(each.id, each.context): each.previous_id for each in catalogue}
    catalogue.update(asked, update_header_comment=False, update_creation_date=False)
    for each in catalogue:
        if each.fuzzy and not each.previous_id:  # Babel forgets it
            each.previous_id = earlier.get((each.id, each.context), [])
    for key, gone in list(catalogue.obsolete.items()):
        if not gone.string:
            del catalogue.obsolete[key]
    new = sum((each.id, each.context) not in known for each in asked if each.id)
    return catalogue, counts(catalogue), new


def as_bytes(catalogue: Catalog) -> bytes:
    """Return a catalogue as a file: lines as they are written, no line numbers.

    Nor does it say which Babel wrote it: then each one would write another file.
    """
    file = BytesIO()
    write_po(file, catalogue, width=0, include_previous=True)
    lines = file.getvalue().rstrip(b"\n").splitlines(keepends=True)
    return b"".join(x for x in lines if not x.startswith(b'"Generated-By: ')) + b"\n"


def counts(catalogue: Catalog) -> Counts:
    """Count a catalogue's messages."""
    entries = [each for each in catalogue if each.id]
    fuzzy = sum(bool(each.string) and each.fuzzy for each in entries)
    return Counts(len(entries), fuzzy, sum(not each.string for each in entries))


def translation(catalogue: Catalog, text: str, where: str | None = None) -> str:
    """Return a text's translation; "" where it is none, or a fuzzy one."""
    found = catalogue.get(text, where)
    return str(found.string) if found and found.string and not found.fuzzy else ""


def spoken_messages(course: Course, spoken: str) -> bytes:
    """Return `messages.json` of a language: what checks and pictures say, no prose."""
    said: dict[str, str] = {}
    for path in sorted(folder(course, spoken).glob("*.po")):
        for each in read(path):
            if each.id and not each.context and each.string and not each.fuzzy:
                said[str(each.id)] = str(each.string)
    text = json.dumps(dict(sorted(said.items())), ensure_ascii=False, indent=0)
    return (text + "\n").encode("utf-8")


def messages_path(course: Course, spoken: str) -> Path:
    """Return where a language's `messages.json` lies."""
    return folder(course, spoken) / FILE


def glossary(course: Course, spoken: str) -> dict[str, list[str]]:
    """Return English term -> the words that may stand for it; empty without a file."""
    path = folder(course, spoken) / GLOSSARY
    if not path.is_file():
        return {}
    try:
        terms = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise KitError(f"{course.label(path)} is no valid TOML: {error}") from None
    return {
        term: [said] if isinstance(said, str) else said for term, said in terms.items()
    }


# ------------------------------------------------------ is a translation a sound one?


def problems(
    catalogue: Catalog, label: str, terms: dict[str, list[str]]
) -> Iterator[Problem]:
    """Yield what a translation lacks or adds: values, code, links, formulas, headings.

    Fuzzy and missing ones are no problems. `terms` is the glossary.
    """
    for each in catalogue:
        if each.id and each.string and not each.fuzzy:
            for fault in _faults(each, terms):
                yield Problem(label, each.lineno or 1, fault)


def _faults(message: Message, terms: dict[str, list[str]]) -> Iterator[str]:
    english, said = str(message.id), str(message.string)
    parts = _parts_of_prose if message.context else _parts_of_message
    for name, of in parts().items():
        missing, extra = of(english) - of(said), of(said) - of(english)
        if name == "number":  # a language may write "ten" as 10
            extra.clear()
        for word, found in (("lacks", missing), ("has another", extra)):
            if found:
                yield f"{word} {name}: {', '.join(map(str, found))}"
    if message.context:
        words = markdown.without_code(english)
        for term, wanted in terms.items():
            there = re.search(rf"\b{_plural(term)}\b", words, re.IGNORECASE)
            if there and not any(word in said for word in wanted):
                yield f"has no {' or '.join(wanted)}, which the glossary has for {term}"


def _plural(term: str) -> str:
    """Return a pattern of an English term and its plural."""
    stem = re.escape(term.removesuffix("y"))
    return f"{stem}(?:y|ies)" if term.endswith("y") else f"{stem}s?"


def _parts_of_message() -> dict:
    return {
        "value": lambda text: Counter(_values(text)),
        "code": lambda text: Counter(found[2] for found in _CODE.finditer(text)),
        "number": lambda text: Counter(_NUMBER.findall(TOKEN.sub(" ", text))),
        "space at an end": lambda text: Counter(_ends(text)),
    }


def _values(text: str) -> list[str]:
    """Return the values of a template; a plural's ending needs no translation."""
    found = [token[0] for token in TOKEN.finditer(text)]
    return [each for each in found if not each.startswith(("{'", "{{", "}}"))]


def _ends(text: str) -> list[str]:
    found = {"at the start": _PIECE.match(text), "at the end": text.endswith(" ")}
    return [place for place, there in found.items() if there]


def _parts_of_prose() -> dict:
    return {
        "code": lambda text: Counter(found[2] for found in _CODE.finditer(text)),
        "link": lambda text: Counter(target for _, target in markdown.links(text)),
        "formula": lambda text: Counter(_FORMULA.findall(markdown.without_code(text))),
        "heading of level": lambda text: Counter(
            each.level for each in markdown.headings(text)
        ),
        "row of a table with bars": lambda text: Counter(_rows(text)),
        "list item": lambda text: Counter(re.findall(r"^ {0,3}[-*] ", text, re.M)),
        "place for": lambda text: Counter(re.findall(re.escape(RUN_SECONDS), text)),
        "number": lambda text: Counter(_NUMBER.findall(text)),
        "words in bold": lambda text: Counter(bold=len(_BOLD.findall(text))),
    }


def _rows(text: str) -> list[int]:
    """Return how many bars each row of the tables in a text has."""
    lines = markdown.without_code(text).split("\n")
    return [line.count("|") for line in lines if line.startswith("|")]
