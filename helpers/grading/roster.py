"""The list of a class: a CSV as schools' systems and spreadsheets write them."""

import csv
import io
import json
import re
from dataclasses import dataclass
from pathlib import Path

from helpers.errors import KitError
from helpers.grading.names import Owner, same, shown

_LARGEST = 20_000_000
_COLUMNS = {
    "learner": "learner|learnername|lerner",
    "name": "name|fullname|student|studentname|displayname|participant|vollstaendigername"
    "|vollständigername|nomcomplet|nombrecompleto",
    "first": "first|firstname|givenname|givennames|forename|vorname|prenom|prénom|nombre",
    "last": "last|lastname|surname|familyname|nachname|nom|apellidos|apellido",
    "id": "id|identifier|idnumber|studentid|learnerid|userid|username|user|login|loginid"
    "|sisid|sisuserid|sisloginid|matrikelnummer|number",
    "email": "email|emailaddress|mail|emailadresse|correo",
}


@dataclass(frozen=True)
class Listed:
    """A learner on the roster: the name in reports, and all that may name them."""

    learner: str
    names: frozenset[str]
    ids: frozenset[str]


def read_roster(path: Path) -> list[Listed]:
    """Return the learners on a roster, in its order.

    Columns are known by their names (name, learner, first and last, id, email, in any
    case and order); a file without such a line of names is a list of names. Raises
    `KitError` for what is no list of a class.
    """
    try:
        data = path.read_bytes()[:_LARGEST]
    except OSError as error:
        raise KitError(f"The roster {path} can't be read: {error.strerror}.") from None
    rows = _rows(_text(data))
    if not rows:
        raise KitError(f"The roster {path} is empty: one line per learner is needed.")
    columns = _columns(rows[0])
    body = rows[1:] if columns else rows
    listed = [_listed(row, columns or {"name": [0]}) for row in body]
    found = list(dict.fromkeys(each for each in listed if each))
    if not found:
        raise KitError(
            f"The roster {path} names nobody: it needs a column name, learner, id or "
            "email, or the columns first and last."
        )
    return _told_apart(found)


def _text(data: bytes) -> str:
    encoding = json.detect_encoding(data)
    if not encoding.startswith("utf-8"):
        text = data.decode(encoding, "replace")
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("cp1252", "replace")
    return text.replace("\0", "").lstrip("\ufeff")


def _rows(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.strip()]
    if lines and lines[0].lower().startswith("sep="):
        lines = lines[1:]
    if not lines:
        return []
    mark = max(";\t,|", key=lines[0].count)
    try:
        rows = list(csv.reader(io.StringIO("\n".join(lines)), delimiter=mark))
    except csv.Error as error:
        raise KitError(f"The roster is no CSV: {error}.") from None
    return [[cell.strip() for cell in row] for row in rows if any(map(str.strip, row))]


def _columns(head: list[str]) -> dict[str, list[int]]:
    columns: dict[str, list[int]] = {}
    for index, title in enumerate(head):
        told = "".join(c for c in title.casefold() if c.isalnum())
        for kind, names in _COLUMNS.items():
            if told in names.split("|"):
                columns.setdefault(kind, []).append(index)
    return columns


def _listed(row: list[str], columns: dict[str, list[int]]) -> Listed | None:
    def of(kind: str) -> list[str]:
        places = columns.get(kind, [])
        return [row[i] for i in places if i < len(row) and row[i]]

    whole = " ".join([*of("first")[:1], *of("last")[:1]])
    names = [*of("learner"), *of("name"), *([whole] if whole else [])]
    ids = [*of("id"), *of("email")]
    if (not names and not ids) or (names and same(names[0]) == "pointspossible"):
        return None
    more = [re.sub(r"^participant ", "", x, flags=re.IGNORECASE) for x in ids]
    more += [mail.partition("@")[0] for mail in of("email")]
    told = shown((names or ids)[0])
    return Listed(told, frozenset(names), frozenset([*ids, *more]))


def _told_apart(found: list[Listed]) -> list[Listed]:
    """Put an id behind names that several learners have."""
    names = [each.learner for each in found]
    return [
        Listed(f"{each.learner} ({min(each.ids)})", each.names, each.ids)
        if names.count(each.learner) > 1 and each.ids
        else each
        for each in found
    ]


class Roster:
    """Finds learners on a list by what a file's name tells of them."""

    def __init__(self, listed: list[Listed]):
        self.listed = listed
        self._by: list[dict[str, list[Listed]]] = [{} for _ in _FORMS]
        for each in listed:
            for name in each.names | each.ids:
                self._enter(each, name)

    def _enter(self, each: Listed, name: str) -> None:
        for known, forms in zip(self._by, _FORMS, strict=True):
            for form in forms(name):
                known.setdefault(form, []).append(each)

    def named(self, owner: Owner) -> Listed | None:
        """Return who is meant: by name, by its letters, by its words, else by id.

        None where nobody is, or where several may be.
        """
        found: set[Listed] = set()
        for known, forms in zip(self._by, _FORMS, strict=True):
            for form in [] if found else forms(owner.name):
                found |= set(known.get(form, []))
        if len(found) != 1 and owner.id:
            by_id = {each for each in found or self.listed if owner.id in each.ids}
            found = by_id or found
        return found.pop() if len(found) == 1 else None

    def knows(self, name: str) -> bool:
        """Whether a name is on the list, in whatever way it is written."""
        return any(
            form in known
            for known, forms in zip(self._by, _FORMS, strict=True)
            for form in forms(name)
        )


def _letters(name: str) -> list[str]:
    return [form for form in [same(name)] if form]


def _turned(name: str) -> list[str]:
    """Return a name's letters with any of its words first, as Canvas puts the last."""
    words = [same(word) for word in re.split(r"[\s,]+", name)]
    words = [word for word in words if word][:8]
    return ["".join(words[i:] + words[:i]) for i in range(len(words))]


_FORMS = (lambda name: [name], _letters, _turned)
