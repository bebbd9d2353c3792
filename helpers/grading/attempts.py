"""An attempt at a workshop, kept as one line of JSON, and read again.

A folder of such files (or of CSV files with the same columns) is what a teacher
collects; strangers may have written in it, so a line that is none costs itself alone.
"""

import csv
import dataclasses
import json
import math
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helpers.errors import KitError
from helpers.files import user_path
from helpers.text import count

LONGEST_LINE = 10_000  # characters; an attempt takes some 200
LARGEST_FILE = 20_000_000  # bytes
LARGEST = 1e12  # value that is ranked
ENDINGS = (".jsonl", ".csv")


@dataclass(frozen=True)
class Attempt:
    """One attempt: who reached which value of which metric on which data.

    A larger `value` is better. `chance` is what guessing reaches and `baseline` what
    the simplest detector reaches on the same data; `math.nan` where nobody knows.
    `when` is a date or time as ISO 8601 writes it, "" where it is unknown.
    """

    nickname: str
    workshop: str
    dataset: str
    metric: str
    value: float
    chance: float = math.nan
    baseline: float = math.nan
    when: str = ""


_FIELDS = tuple(field.name for field in dataclasses.fields(Attempt))
_NUMBERS = ("value", "chance", "baseline")


def append_attempt(path: str | os.PathLike, attempt: Attempt) -> None:
    """Add `attempt` to a file of JSON lines, which is made where it is missing.

    The line is written in one piece after a line that may be torn. Raises `KitError`
    for an attempt that can't be ranked, and where the file can't be written.
    """
    path = user_path(path)
    if path.suffix != ".jsonl":
        raise KitError(f"{path}: attempts are JSON lines; name a file that ends .jsonl")
    line = _as_line(_sound(dataclasses.asdict(attempt)))
    try:
        with path.open("ab+") as file:
            if file.tell() and _last_byte(file) != b"\n":
                line = b"\n" + line
            file.write(line)
    except OSError as error:
        raise KitError(f"{path} can't be written: {error.strerror}") from None


def read_attempts(folder: str | os.PathLike) -> tuple[list[Attempt], list[str]]:
    """Return the attempts below `folder`, and a remark for each line that is none.

    Reads every *.jsonl and *.csv file (UTF-8, the columns of `Attempt`), in the order
    of their names. Raises `KitError` where there is no such folder.
    """
    folder = user_path(folder)
    if not folder.is_dir():
        raise KitError(f"{folder} is no folder; name the one that holds the attempts")
    attempts: list[Attempt] = []
    remarks: list[str] = []
    for path in sorted(each for each in folder.rglob("*") if each.suffix in ENDINGS):
        name = path.relative_to(folder).as_posix()
        try:
            lines = _lines(path)
        except KitError as problem:
            remarks.append(f"{name}: {problem}")
            continue
        _read_into(attempts, remarks, name, lines)
    return attempts, remarks


def attempts_in(path: str | os.PathLike) -> list[Attempt]:
    """Return the attempts in one file; lines that are none are left out.

    Raises `KitError` where the file can't be read.
    """
    path = user_path(path)
    attempts: list[Attempt] = []
    _read_into(attempts, [], path.name, _lines(path))
    return attempts


def _read_into(
    attempts: list[Attempt], remarks: list[str], name: str, lines: list[str]
) -> None:
    """Add what a file's lines hold; a line that is no attempt gets a remark."""
    reads = _csv_records(lines) if name.endswith(".csv") else _json_records(lines)
    for place, record in reads:
        try:
            if record is None:
                raise KitError("can't be read; it is torn, or written by hand")
            attempts.append(_sound(record))
        except KitError as problem:
            remarks.append(f"{name}, line {place}: {problem}")


def _lines(path: Path) -> list[str]:
    """Return the lines of an ordinary file; what is no UTF-8 in it is replaced."""
    try:
        found = path.lstat()
        if not stat.S_ISREG(found.st_mode):
            raise KitError("no ordinary file, so it isn't read")
        if found.st_size > LARGEST_FILE:
            raise KitError(f"has {count(found.st_size, 'byte')}, too many to read")
        text = path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        raise KitError(f"can't be read ({error.strerror})") from None
    return text.replace("\r", "\n").split("\n")


def _json_records(lines: list[str]) -> Iterator[tuple[int, Any]]:
    """Yield number and content of each line that isn't empty, None for a torn one."""
    for place, line in enumerate(lines, 1):
        if line.strip():
            yield place, _from_json(line) if len(line) <= LONGEST_LINE else None


def _from_json(line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _csv_records(lines: list[str]) -> Iterator[tuple[int, Any]]:
    """Yield number and content of each line below the header."""
    header: list[str] | None = None
    for place, line in enumerate(lines, 1):
        if not line.strip():
            continue
        cells = _cells(line)
        if header is None:
            header = [cell.strip() for cell in cells or []]
        else:
            fits = cells is not None and len(cells) == len(header)
            yield place, dict(zip(header, cells, strict=True)) if fits else None


def _cells(line: str) -> Any:
    try:
        return next(csv.reader([line], strict=True)) if len(line) < LONGEST_LINE else []
    except (csv.Error, StopIteration):
        return None


def _sound(record: Any) -> Attempt:
    """Return the record as an attempt; raise `KitError` for what can't be ranked."""
    if not isinstance(record, dict):
        raise KitError("is no record of an attempt")
    texts = {name: _text(record, name) for name in _FIELDS if name not in _NUMBERS}
    numbers = {name: _number(record, name) for name in _NUMBERS}
    for name in ("nickname", "workshop", "dataset", "metric"):
        if not texts[name]:
            raise KitError(f"names no {name}")
    if math.isnan(numbers["value"]):
        raise KitError("value is no number")
    return Attempt(**texts, **numbers)  # type: ignore[arg-type]


def _text(record: dict[str, Any], name: str) -> str:
    """Return a field as one line of text, its spaces made single ones."""
    found = record.get(name)
    if not isinstance(found, str | int | float | None):
        raise KitError(f"{name} is no text")
    return "" if found is None else " ".join(str(found).split())


def _number(record: dict[str, Any], name: str) -> float:
    """Return a field as a number; NaN where there is none."""
    found = record.get(name)
    if found is None or found == "":
        return math.nan
    try:
        if isinstance(found, str | int | float) and not isinstance(found, bool):
            value = float(found)
            if math.isnan(value) or abs(value) <= LARGEST:
                return value
    except (ValueError, OverflowError):
        pass
    raise KitError(f"{name} is no number")


def _as_line(attempt: Attempt) -> bytes:
    """Return the attempt as a line of JSON in ASCII; unknown numbers are null."""
    known = {
        name: None if isinstance(found, float) and math.isnan(found) else found
        for name, found in dataclasses.asdict(attempt).items()
    }
    return json.dumps(known).encode() + b"\n"


def _last_byte(file: Any) -> bytes:
    file.seek(-1, os.SEEK_END)
    return file.read(1)
