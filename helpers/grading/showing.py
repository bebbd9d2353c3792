"""Text of strangers as reports show it: names, files and reasons that do nothing.

Pages are made by Jinja with every value escaped; before that, each text loses what
acts where it is shown: control characters (a terminal obeys them), marks that turn the
direction of what follows, lone surrogates. They are named instead ("\\x1b").
"""

import hashlib
import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

import jinja2

MOST_SHOWN = 600  # characters of one text in a page; grading.jsonl has all of it

_SPACES = re.compile("[\t\n\r\v\f\x85\u2028\u2029]+")
# controls; bidi embeddings, overrides, isolates; byte order mark; surrogates; no text
_ACTING = re.compile(
    "[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)
_TEMPLATES = Path(__file__).parent / "templates"


def shown(text: str, most: int | None = None) -> str:
    """Return `text` as one line in which nothing acts, cut after `most` characters."""
    line = _ACTING.sub(_named, _SPACES.sub(" ", text))
    if most is None or len(line) <= most:
        return line
    return f"{line[:most]}… ({len(line):,} characters)"


def _named(found: re.Match[str]) -> str:
    code = ord(found.group())
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"


def in_parts(text: str) -> list[str]:
    """Return a sentence cut at its `backticks`: what has an odd index is code."""
    parts = shown(text, MOST_SHOWN).split("`")
    return parts if len(parts) % 2 else [shown(text, MOST_SHOWN)]


def page(template: str, **values: Any) -> bytes:
    """Return a page made from one of the templates, in UTF-8."""
    return _environment().get_template(template).render(**values).encode("utf-8")


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        finalize=_finalized,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _finalized(value: Any) -> Any:
    """Return what a template shows of a value; what it made itself stays."""
    made_here = hasattr(value, "__html__")
    return (
        shown(value, MOST_SHOWN) if isinstance(value, str) and not made_here else value
    )


def file_name(name: str) -> str:
    """Return the name of a learner's page: a readable part and a hash of the name.

    Plain ASCII in lower case, so that it is one file on every file system, whatever
    the name.
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", plain.lower())[:40].strip("-") or "learner"
    exact = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{slug}-{exact[:12]}.html"


def in_order(number: str) -> tuple[Any, ...]:
    """Return a key that sorts exercises and lessons: "3.2", "3.10", "12.1", "W1.1"."""
    parts = re.split(r"(\d+)", number)
    numbers = tuple((0, int(p), "") if p.isdecimal() else (1, 0, p) for p in parts if p)
    return (*numbers, (-1, 0, number))
