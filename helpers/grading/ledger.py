"""What was said of answers, kept as soon as it is known, and under which names.

`work/verdicts.jsonl` of a run's folder has a line for each verdict. A line belongs to
an answer by a hash of all that may change the verdict: the answer itself, this kit, the
run's key and terms.
"""

import contextlib
import hashlib
import json
import os
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from helpers.grading.chunks import Answer
from helpers.grading.judge import Verdict
from helpers.paths import kit_root

Key = tuple[str, str]  # (of the cell alone, of the cell with the learner's other cells)


@dataclass
class Ledger:
    """Every verdict of a run's folder, by what was judged; written as it is known."""

    path: Path
    secret: bytes
    kit: str
    terms: str
    known: dict[str, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def in_folder(cls, out: Path, terms: str) -> "Ledger":
        """Open the ledger of `out`; what another kit said is left out."""
        work = out / "work"
        work.mkdir(mode=0o700, exist_ok=True)
        made = cls(work / "verdicts.jsonl", _secret(work / "key"), fingerprint(), terms)
        for line in _lines(made.path):
            if line.get("kit") == made.kit:
                made.known[str(line.get("of"))] = line
        return made

    def key_of(self, lesson: str, answer: Answer) -> Key:
        """Return under which names an answer's verdict may stand."""
        alone = [self.kit, self.terms, lesson, answer.exercise, answer.source]
        return digest(alone), digest([*alone, *answer.own, "others", *answer.others])

    def of(self, alone: str, with_own: str) -> Verdict | None:
        """Return what was said of an answer, or None."""
        for key in (alone, with_own):
            if key in self.known:
                return Verdict(**self.known[key]["verdict"])
        return None

    def note(self, key: Key, verdict: Verdict) -> None:
        """Keep a verdict, on disk before anything else; one at a time."""
        of = key[1] if verdict.own_cells else key[0]
        told = {
            "of": of,
            "kit": self.kit,
            "verdict": asdict(verdict),
        }
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(told) + "\n")
        self.known[of] = told


def _secret(path: Path) -> bytes:
    """Return the key of a run's folder, made at its first run, for its owner alone."""
    with contextlib.suppress(FileNotFoundError):
        found = path.read_bytes()
        if len(found) == 32:
            return found
    made = secrets.token_bytes(32)
    part = path.with_suffix(".part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
        file.write(made)
    part.replace(path)
    return made


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    """Yield a file's lines of JSON; one that was cut off is passed over."""
    if path.exists():
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            with contextlib.suppress(ValueError):
                found = json.loads(line)
                if isinstance(found, dict):
                    yield found


def fingerprint() -> str:
    """Return what changes whenever this kit's checks, lessons or data may."""
    hashed = hashlib.sha256()
    root = kit_root()
    files = [*(root / "helpers").rglob("*.py"), *(root / "solutions").glob("*.py")]
    for path in sorted([*files, root / "datasets" / "registry.toml"]):
        if path.is_file():
            hashed.update(path.relative_to(root).as_posix().encode())
            hashed.update(path.read_bytes())
    return hashed.hexdigest()


def digest(parts: Iterable[str]) -> str:
    """Return a hash of several texts, in their order."""
    text = json.dumps(list(parts))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
