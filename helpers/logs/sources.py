"""Several log files for one: a folder, a pattern, a list of paths; rotated in order."""

import os
import re
from collections.abc import Sequence
from glob import glob, has_magic
from pathlib import Path
from typing import Any, NamedTuple

from helpers.files import user_path
from helpers.logs.lines import LogUnreadable

__all__ = ["Paths", "are_pieces", "several_paths"]

_ROTATED = re.compile(
    r"(?P<base>.*?)(?:\.(?P<number>\d{1,4}|old)|[.-](?P<day>\d{4}-?\d\d-?\d\d(?:[-T]?\d+)?))?"
    r"(?P<end>\.log)?(?:\.(?:gz|bz2|xz))?",
    re.IGNORECASE,
)


class Paths(NamedTuple):
    """Files in the order in which they are read, and how each is called.

    searched: a folder or a pattern named them, so that other files may be among them
    """

    places: list[Path]
    names: list[str]
    searched: bool


def several_paths(source: Any) -> Paths | None:
    """Return the files of a folder, a pattern or a list of paths; None for others.

    Raises `LogUnreadable` for a folder without files and a pattern that fits none.
    """
    if isinstance(source, str | os.PathLike):
        return _searched(os.fspath(source))
    if not isinstance(source, Sequence) or isinstance(source, bytes) or not source:
        return None
    if not all(isinstance(one, str | os.PathLike) for one in source):
        return None
    first = source[:20]
    if not any(isinstance(one, os.PathLike) or _is_there(one) for one in first):
        return None
    named = [user_path(one) for one in source]
    within = [_files_in(one) if one.is_dir() else [one] for one in named]
    places = in_order([place for some in within for place in some])
    return Paths(places, _names(places), any(one.is_dir() for one in named))


def _is_there(text: str) -> bool:
    return 0 < len(text) < 4096 and os.path.exists(user_path(text))


def _files_in(folder: Path) -> list[Path]:
    """Return the files of a folder; raises `LogUnreadable` where there is none."""
    found = [
        one
        for one in sorted(folder.iterdir())
        if one.is_file() and not one.name.startswith(".")
    ]
    if not found:
        raise LogUnreadable(
            f"{folder} is a folder without a file; name a log, or those in the "
            "folders in it: folder/**/*.log"
        )
    return found


def _searched(text: Any) -> Paths | None:
    if not isinstance(text, str) or not 0 < len(text) < 4096:
        return None
    if set(text) & set("\n\0{"):
        return None
    place = user_path(text)
    if place.is_dir():
        found = _files_in(place)
    elif has_magic(text) and not place.exists():
        fits = sorted(glob(str(place), recursive=True))
        found = [Path(one) for one in fits if Path(one).is_file()]
        if not found:
            raise LogUnreadable(f"no file fits {text}; name a log")
    else:
        return None
    found = in_order(found)
    return Paths(found, _names(found), True)


def in_order(places: list[Path]) -> list[Path]:
    """Return files with those of one rotation together, the oldest first."""
    firsts: dict[tuple, int] = {}
    for place in places:
        firsts.setdefault(_base(place), len(firsts))
    return sorted(places, key=lambda one: (firsts[_base(one)], *_age(one)))


def are_pieces(one: Path, other: Path) -> bool:
    """Return whether two files are pieces of one log, by their names."""
    return _base(one) == _base(other)


def _parts(place: Path) -> re.Match:
    match = _ROTATED.fullmatch(place.name)
    assert match is not None  # every part of it may be empty
    return match


def _base(place: Path) -> tuple:
    base = _parts(place)["base"].removesuffix(".log")
    return place.parent, base


def _age(place: Path) -> tuple:
    parts = _parts(place)
    if parts["number"]:
        number = parts["number"].casefold()
        return 0, -1 if number == "old" else -int(number), ""
    if parts["day"]:
        return 0, 0, re.sub(r"\D", "", parts["day"])
    return 1, 0, ""


def _names(places: list[Path]) -> list[str]:
    """Return the shortest ends of the paths that tell them apart."""
    plain = [place.name for place in places]
    if len(set(plain)) == len(plain):
        return plain
    common = os.path.commonpath([place.absolute().parent for place in places])
    return [Path(os.path.relpath(place, common)).as_posix() for place in places]
