"""Say a text of the kit in the language of this notebook; English where it is unknown.

The kit writes English. A text is translated where it is shown, never where it is made,
so programs (a grader, a test) read one language. A message is found by its template,
as it stands in the code: `{len(scores)} days` is known when "365 days" is shown, and
the values go where the translation has the same `{len(scores)}`.

The language is the first of these that the kit has: the environment variable
`WORKSHOP_LANG`; the folder of the notebook, as in `notebooks/th/`; English.
"""

import calendar
import functools
import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["ENGLISH", "FILE", "TOKEN", "language", "languages", "translated", "wished"]

ENGLISH = "en"
FILE = "messages.json"
VARIABLE = "WORKSHOP_LANG"
HERE = Path(__file__).parent
# a value in a template: what stood in the braces of the code; `{{` is a plain brace
TOKEN = re.compile(r"\{\{|\}\}|\{[^{}]*\}")
_BOUNDARY = re.compile(r"(?<=[.?!:;,]) ")
_PIECE = re.compile(r"[.;,] ")  # with which a piece of a message begins
_FEW = 8  # characters of plain text, below which it takes in single words
_MONTHS = re.compile(rf"\b({'|'.join(calendar.month_name[1:])})\b")
_LONGEST = 5000  # characters of a text that is worth looking up


def languages() -> list[str]:
    """Return the languages of the kit beside English, as their folders are called."""
    return sorted(path.parent.name for path in HERE.glob(f"*/{FILE}"))


def wished() -> str:
    """Return what `WORKSHOP_LANG` asks for, "th" for "th_TH.UTF-8"; "" for nothing."""
    return re.split(r"[_.@-]", os.environ.get(VARIABLE, "").strip().lower())[0]


def language() -> str:
    """Return the language of this notebook: "th", or "en" where the kit has no other.

    A wish that the kit can't fulfil is English, not another guess.
    """
    asked = wished()
    there = languages()
    if asked:
        return asked if asked in there else ENGLISH
    found = (name for name in _folders() if name in there)
    return next(found, ENGLISH)


def _folders() -> Iterator[str]:
    """Yield the names of the folders that the notebook may lie in."""
    session = os.environ.get("JPY_SESSION_NAME", "")  # Jupyter: path of the notebook
    yield Path(session).parent.name
    main = sys.modules.get("__main__")  # VS Code
    yield Path(str(getattr(main, "__vsc_ipynb_file__", ""))).parent.name
    try:
        yield Path.cwd().name
    except OSError:  # the folder was deleted
        return


def translated(text: str, into: str | None = None) -> str:
    """Return `text` in the notebook's language, or `into` another; else as it is.

    What the catalogue knows of a longer text is translated, sentence by sentence.
    Never raises on account of the text.
    """
    spoken = into or language()
    if spoken == ENGLISH or not text.strip() or len(text) > _LONGEST:
        return text
    return _messages(spoken).say(text)


@functools.cache
def _messages(spoken: str) -> "_Messages":
    try:
        known = json.loads((HERE / spoken / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):  # a torn installation: English is better than nothing
        known = {}
    return _Messages(known)


@dataclass(frozen=True)
class _Template:
    """An English text with values in it, and its translation."""

    pattern: re.Pattern[str]
    names: list[str]
    longest: str  # plain text that must occur
    plain: int  # characters of all plain text
    said: str


@dataclass
class _Messages:
    """The messages of one language: English text or template -> translation."""

    known: Mapping[str, str]
    templates: list[_Template] = field(init=False)

    def __post_init__(self) -> None:
        made = [
            _template(*each) for each in self.known.items() if TOKEN.search(each[0])
        ]
        self.templates = sorted(made, key=lambda each: -each.plain)  # surest first

    def say(self, text: str) -> str:
        """Return a text, or as much of it as is known, translated."""
        return self._whole(text) or self._parts(text) or self._months(text)

    def _whole(self, text: str) -> str:
        """Return the translation of a text that is known as a whole, else ""."""
        if text in self.known:
            return self.known[text]
        for each in self.templates:
            if each.longest in text and (found := each.pattern.fullmatch(text)):
                values = dict(zip(each.names, found.groups(), strict=True))
                if each.plain < _FEW and not all(map(self._is_word, values.values())):
                    continue
                return _filled(each.said, {n: self.say(v) for n, v in values.items()})
        return ""

    def _is_word(self, value: str) -> bool:
        return " " not in value or value in self.known

    def _parts(self, text: str) -> str:
        """Return a text in which a piece or a sentence is known, else ""."""
        for found in reversed(list(_PIECE.finditer(text))):
            place = found.start()
            if place and (piece := self._whole(text[place:])):
                return f"{self.say(text[:place])}{piece}"
        places = [found.start() for found in _BOUNDARY.finditer(text)]
        for place in reversed(places):
            if head := self._whole(text[:place]):
                return f"{head} {self.say(text[place + 1 :])}"
        for place in places:
            if tail := self._whole(text[place + 1 :]):
                return f"{self._months(text[:place])} {tail}"
        return ""

    def _months(self, text: str) -> str:
        return _MONTHS.sub(lambda month: self.known.get(month[0], month[0]), text)


def _template(text: str, said: str) -> _Template:
    pattern, names, plain, at = "", [], [], 0
    for token in TOKEN.finditer(text):
        plain.append(text[at : token.start()])
        pattern += re.escape(plain[-1])
        at = token.end()
        if token[0] in ("{{", "}}"):
            pattern += re.escape(token[0][0])
        else:
            pattern += "(.*?)"
            names.append(token[0])
    plain.append(text[at:])
    pattern += re.escape(plain[-1])
    letters = sum(map(len, plain))
    longest = max(plain, key=len)
    return _Template(re.compile(pattern, re.DOTALL), names, longest, letters, said)


def _filled(said: str, values: Mapping[str, str]) -> str:
    def value(token: re.Match[str]) -> str:
        return values.get(token[0], token[0][0])

    return TOKEN.sub(value, said)
